/* SPDX-License-Identifier: MIT */
/* Negative samples: where chains start, what the buffer takes, what is refused, and that a phase which fails leaves
 * energy and buffer alone. */
#include "negatives_fixture.h"

/* So short that a point stays where it started: 3 steps of 1e-6 times a normal. */
#define STILL 1e-12
#define NEAR 1e-4

static double distance(const double *a, const double *b)
{
	double most = 0;
	for (int j = 0; j < COLUMNS; j++) most = fmax(most, fabs(a[j] - b[j]));
	return most;
}

static double *points_of(const machine *m)
{
	return m->trainer->negatives->points;
}

/* ---- starts */

START_TEST(test_cd__starts_at_the_rows_of_the_batch)
{
	recipe r = usual;
	machine m;
	r.start = EGM_NEGATIVES_CD;
	r.step_size = STILL;
	machine_open(&m, NULL, &r);
	for (int k = 0; k < 5; k++) {
		machine_steps(&m, 1);
		for (int i = 0; i < r.batch; i++) {
			double *x = (double *)m.trainer->batch + i * COLUMNS, *y = points_of(&m) + i * COLUMNS;
			ck_assert(distance(x, y) <= NEAR);
			ck_assert(distance(x, y) > 0);
		}
	}
	ck_assert_ptr_null(m.trainer->negatives->buffer);
	machine_close(&m);
}
END_TEST

/* n numbers of N(0, s^2): mean within five of s/sqrt(n), mean square within five of s^2 sqrt(2/n). */
static void assert_normal(const double *x, int64_t n, double s)
{
	double sum = 0, squares = 0;
	for (int64_t i = 0; i < n; i++) {
		sum += x[i];
		squares += x[i] * x[i];
	}
	ck_assert(fabs(sum / (double)n) <= 5 * s / sqrt((double)n));
	ck_assert(fabs(squares / (double)n / (s * s) - 1) <= 5 * sqrt(2.0 / (double)n));
}

START_TEST(test_short_run__starts_at_new_noise_each_time)
{
	recipe r = usual;
	machine m;
	double *first;
	r.start = EGM_NEGATIVES_SHORT_RUN;
	r.step_size = STILL;
	r.start_scale = _i ? 3 : 0;
	r.batch = 2000;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 1);
	first = malloc(sizeof(double) * 2000 * COLUMNS);
	memcpy(first, points_of(&m), sizeof(double) * 2000 * COLUMNS);
	assert_normal(first, 2000 * COLUMNS, _i ? 3 : 1);
	machine_steps(&m, 1);
	assert_normal(points_of(&m), 2000 * COLUMNS, _i ? 3 : 1);
	for (int i = 0; i < 2000; i++) ck_assert(distance(first + i * COLUMNS, points_of(&m) + i * COLUMNS) > NEAR);
	free(first);
	machine_close(&m);
}
END_TEST

/* Without a call: 20 steps of ula with its defaults, from a buffer of 10000, a twentieth anew. */
START_TEST(test_pcd__is_the_default)
{
	recipe r = usual;
	machine m;
	egm_trainer_options o = trainer_options(&r);
	egm_negatives_options defaults;
	machine_prepare(&m, NULL, &r);
	OK(egm_trainer_create(&m.trainer, m.loss, &o));
	OK(egm_negatives_options_init(&defaults, sizeof defaults));
	ck_assert_int_eq(defaults.start, EGM_NEGATIVES_PCD);
	ck_assert(defaults.steps == 20 && defaults.buffer == 0 && defaults.restart == 0.05);
	const egm__negatives *n = m.trainer->negatives;
	ck_assert_int_eq(n->options.buffer, 10000);
	ck_assert_str_eq(n->sampler->method->name, "ula");
	ck_assert(n->sampler->options.step_size == 0.01 && n->sampler->options.chains == 4);
	assert_normal(n->buffer, 10000 * COLUMNS, 1);
	machine_steps(&m, 1);
	OK(egm_trainer_set_negatives(m.trainer, NULL, NULL, NULL)); /* the same again */
	ck_assert_int_eq(m.trainer->negatives->options.buffer, 10000);
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

/* Three batches of 4 are the 12 rows of the buffer, in an order that differs from epoch to epoch; a step writes its own
 * rows, with the points that the loss has seen, and no others. */
START_TEST(test_pcd__uses_each_row_once_in_an_epoch)
{
	recipe r = usual;
	machine m;
	int64_t order[2][12];
	double before[12 * COLUMNS];
	machine_open(&m, NULL, &r);
	egm__negatives *n = m.trainer->negatives;
	for (int epoch = 0; epoch < 2; epoch++) {
		int seen[12] = {0};
		for (int k = 0; k < 3; k++) {
			memcpy(before, n->buffer, sizeof before);
			machine_steps(&m, 1);
			int mine[12] = {0};
			for (int i = 0; i < 4; i++) {
				int64_t row = n->rows[i];
				order[epoch][4 * k + i] = row;
				seen[row]++;
				mine[row] = 1;
				ck_assert_mem_eq((double *)n->buffer + row * COLUMNS, points_of(&m) + i * COLUMNS, 8 * COLUMNS);
			}
			for (int i = 0; i < 12; i++)
				ck_assert(mine[i] || !memcmp((double *)n->buffer + i * COLUMNS, before + i * COLUMNS, 8 * COLUMNS));
		}
		for (int i = 0; i < 12; i++) ck_assert_int_eq(seen[i], 1);
	}
	ck_assert_mem_ne(order[0], order[1], sizeof order[0]);
	machine_close(&m);
}
END_TEST

/* A chain that begins anew is far from its row. Of n, the number is binomial: p n within five of sqrt(n p (1-p)), and
 * exactly none or all at the ends. */
START_TEST(test_pcd__share_that_begins_anew)
{
	enum { BATCH = 400, STEPS = 20, SCALE = 5 };
	const double p = (const double[]){0, 0.05, 0.3, 1}[_i];
	static double before[BATCH * COLUMNS], born[BATCH * STEPS * COLUMNS];
	recipe r = usual;
	machine m;
	int64_t n_born = 0;
	r.batch = r.buffer = BATCH;
	r.step_size = STILL;
	r.start_scale = SCALE;
	r.restart = p;
	machine_open(&m, NULL, &r);
	egm__negatives *n = m.trainer->negatives;
	for (int k = 0; k < STEPS; k++) {
		memcpy(before, n->buffer, sizeof before);
		machine_steps(&m, 1);
		for (int i = 0; i < BATCH; i++) {
			const double *now = points_of(&m) + i * COLUMNS;
			if (distance(before + n->rows[i] * COLUMNS, now) <= NEAR) continue;
			memcpy(born + n_born++ * COLUMNS, now, COLUMNS * sizeof *now);
		}
	}
	ck_assert(fabs((double)n_born - p * BATCH * STEPS) <= 5 * sqrt(BATCH * STEPS * p * (1 - p)));
	if (n_born) assert_normal(born, n_born * COLUMNS, SCALE);
	machine_close(&m);
}
END_TEST

/* ---- targets and kernels */

/* The mean of the negatives of U = slope x on x > 0 at inverse temperature beta: an exponential law with mean
 * 1/(beta slope), if chains respect bound and temperature. */
static double exponential_mean(double beta, double slope, int32_t kernel)
{
	enum { CHAINS = 2000 };
	const double lower = 0, upper = INFINITY;
	double x[CHAINS], sum = 0;
	egm_context *context = machine_context(1);
	egm_model *line = toy_net(context, "line", 1, 0, 1, EGM_F64);
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_target *target = NULL;
	recipe r = usual;
	r.batch = r.buffer = CHAINS;
	r.kernel = kernel;
	r.restart = 0;
	r.steps = 100;
	r.step_size = kernel == EGM_SAMPLER_HMC ? 0.4 : 0.1;
	r.learning_rate = 1e-300;
	ways w = ways_of(&r);
	egm_trainer_options o = trainer_options(&r);
	OK(egm_model_set_tensor(line, "0.weight", EGM_F64, &slope, 1));
	OK(egm_ml_create(&loss, line, NULL));
	OK(egm_trainer_create(&trainer, loss, &o));
	w.target.beta = beta;
	w.target.lower = &lower;
	w.target.upper = &upper;
	OK(egm_target_model(&target, line, &w.target));
	OK(egm_trainer_set_negatives(trainer, target, &w.negatives, &w.sampler));
	egm_target_free(target);
	for (int i = 0; i < CHAINS; i++) x[i] = i + 1;
	egm_data *data = NULL;
	OK(egm_data_create(&data, context, EGM_F64, x, CHAINS, 1));
	OK(egm_trainer_fit(trainer, data, 5, NULL, NULL));
	for (int i = 0; i < CHAINS; i++) {
		double y = ((double *)trainer->negatives->buffer)[i];
		ck_assert(y > 0);
		sum += y;
	}
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_data_free(data);
	egm_model_free(line);
	egm_context_free(context);
	return sum / CHAINS;
}

/* 500 transitions of MALA or HMC, which are exact, in 2000 independent chains: the mean of an exponential law has the
 * standard error mean/sqrt(2000). */
START_TEST(test_target__temperature_and_bounds_shape_the_law)
{
	const double beta = _i % 2 ? 4 : 1, w = 0.5;
	double mean = exponential_mean(beta, w, _i / 2 ? EGM_SAMPLER_HMC : EGM_SAMPLER_MALA);
	ck_assert(fabs(mean * beta * w - 1) <= 5 / sqrt(2000));
}
END_TEST

static const int32_t kernels[] = {
    EGM_SAMPLER_ULA,     EGM_SAMPLER_MALA, EGM_SAMPLER_HMC, EGM_SAMPLER_NUTS, EGM_SAMPLER_ANNEALED_LANGEVIN,
    EGM_SAMPLER_TEMPERED};
enum { KERNELS = sizeof kernels / sizeof *kernels };

/* A step allocates nothing, whatever draws for it. */
START_TEST(test_step__allocates_nothing)
{
	for (int k = 0; k < KERNELS; k++)
		for (int bounded = 0; bounded < 2; bounded++) {
			egm_test_allocator allocator = {0};
			recipe r = usual;
			machine m;
			r.start = _i;
			r.kernel = kernels[k];
			r.bounded = bounded;
			machine_open(&m, egm_test_context(&allocator), &r);
			machine_steps(&m, 1);
			long calls = allocator.calls;
			machine_steps(&m, 10);
			ck_assert_int_eq(allocator.calls, calls);
			machine_close(&m);
			ck_assert_int_eq(allocator.live, 0);
		}
}
END_TEST

/* A program of an older header has a shorter struct: what it lacks takes the default of its kernel. */
START_TEST(test_options__of_an_older_program)
{
	recipe r = usual;
	machine m;
	egm_sampler_options o;
	machine_open(&m, NULL, &r);
	OK(egm_sampler_options_init(&o, sizeof o, EGM_SAMPLER_NUTS));
	o.struct_size = offsetof(egm_sampler_options, target_accept);
	OK(egm_trainer_set_negatives(m.trainer, NULL, NULL, &o));
	ck_assert(m.trainer->negatives->sampler->options.target_accept == 0.8);
	ck_assert_int_eq(m.trainer->negatives->sampler->options.max_depth, 10);
	machine_close(&m);
}
END_TEST

/* ---- the same bits */

static void *parameters_after(const recipe *r, int steps, size_t *size)
{
	machine m;
	machine_open(&m, NULL, r);
	machine_steps(&m, steps);
	void *values = toy_parameters(m.energy);
	*size = (size_t)egm_model_parameter_count(m.energy) * (r->dtype == EGM_F64 ? 8 : 4);
	machine_close(&m);
	return values;
}

START_TEST(test_bits__depend_on_the_seed_and_not_on_threads)
{
	recipe r = usual;
	size_t size;
	r.start = _i % 3 + 1;
	r.kernel = _i / 3 ? EGM_SAMPLER_MALA : EGM_SAMPLER_ULA;
	r.dtype = EGM_F32;
	r.batch = 40;
	r.buffer = 80;
	void *one = parameters_after(&r, 8, &size);
	for (r.threads = 1; r.threads <= 3; r.threads++) {
		void *other = parameters_after(&r, 8, &size);
		ck_assert_mem_eq(one, other, size);
		free(other);
	}
	r.threads = 1;
	r.seed++;
	void *other = parameters_after(&r, 8, &size);
	ck_assert_mem_ne(one, other, size);
	free(other);
	free(one);
}
END_TEST

/* ---- refusals */

static int no_energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	(void)rows, (void)x, (void)energies, (void)gradients, (void)user;
	return 1;
}

/* Refused, and what drew before goes on drawing. */
static void expect_kept(machine *m, egm_target *target, const ways *w, egm_status status, const char *text)
{
	egm__negatives *before = m->trainer->negatives;
	ck_assert_int_eq(egm_trainer_set_negatives(m->trainer, target, &w->negatives, &w->sampler), status);
	assert_error_has(text);
	ck_assert_ptr_eq(m->trainer->negatives, before);
}

START_TEST(test_refused__targets_of_something_else)
{
	recipe r = usual;
	machine m;
	ways w = ways_of(&r);
	egm_target *target = NULL;
	const char *const text = "negatives: the target is not egm_target_model of the loss's energy 'energy'";
	machine_open(&m, NULL, &r);
	egm_model *other = toy_net(m.context, "other", COLUMNS, 4, 1, EGM_F64);
	egm_model *generator = toy_net(m.context, "generator", 2, 4, COLUMNS, EGM_F64);
	OK(egm_target_model(&target, other, NULL));
	expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, text);
	egm_target_free(target);
	OK(egm_target_latent(&target, m.energy, generator, EGM_LATENT_POSTERIOR, NULL));
	expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, text);
	egm_target_free(target);
	OK(egm_target_callback(&target, m.context, EGM_F64, COLUMNS, no_energy, NULL, NULL));
	expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, text);
	egm_target_free(target);
	egm_model_free(other);
	egm_model_free(generator);
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

START_TEST(test_refused__options)
{
	recipe r = usual;
	machine m;
	machine_open(&m, NULL, &r);
	for (int i = 0; i < 9; i++) {
		static const char *const text[] = {"negatives: start = 0 is none of EGM_NEGATIVES_*",
		                                   "negatives: start = 4 is none of EGM_NEGATIVES_*",
		                                   "negatives: reserved = 1 is not 0",
		                                   "negatives: steps = 0 is below 1",
		                                   "negatives: restart = -0.1 is not in [0, 1]",
		                                   "negatives: restart = ",
		                                   "negatives: a buffer of 3 rows is smaller than a batch of 4",
		                                   "ula: step_size = -1",
		                                   "kernel 77 is none of EGM_SAMPLER_*"};
		ways w = ways_of(&r);
		if (i < 2) w.negatives.start = i ? 4 : 0;
		if (i == 2) w.negatives.reserved = 1;
		if (i == 3) w.negatives.steps = 0;
		if (i == 4) w.negatives.restart = -0.1;
		if (i == 5) w.negatives.restart = NAN;
		if (i == 6) w.negatives.buffer = 3;
		if (i == 7) w.sampler.step_size = -1;
		if (i == 8) w.sampler.kernel = 77;
		expect_kept(&m, NULL, &w, EGM_ERR_ARGUMENT, text[i]);
	}
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

START_TEST(test_refused__losses_without_negatives)
{
	egm_context *context = machine_context(1);
	egm_model *energy = toy_net(context, "energy", COLUMNS, 4, 1, EGM_F64);
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	OK(egm_dsm_create(&loss, energy, NULL));
	OK(egm_trainer_create(&trainer, loss, NULL));
	ck_assert_int_eq(egm_trainer_set_negatives(trainer, NULL, NULL, NULL), EGM_ERR_STATE);
	assert_error_has("egm_trainer_set_negatives: dsm reads no negative samples");
	ck_assert_int_eq(egm_trainer_set_negatives(NULL, NULL, NULL, NULL), EGM_ERR_ARGUMENT);
	assert_error_has("trainer is NULL");
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_context_free(context);
}
END_TEST

/* cd on rows that the bounds exclude: the row is named, nothing moves. */
START_TEST(test_refused__data_outside_of_the_bounds)
{
	recipe r = usual;
	machine m;
	double x[ROWS * COLUMNS];
	r.start = EGM_NEGATIVES_CD;
	r.bounded = 1;
	machine_open(&m, NULL, &r);
	for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = -5;
	egm_data *outside = NULL;
	OK(egm_data_create(&outside, m.context, EGM_F64, x, ROWS, COLUMNS));
	ck_assert_int_eq(egm_trainer_fit(m.trainer, outside, 1, NULL, NULL), EGM_ERR_ARGUMENT);
	assert_error_has("chain 0, dimension 0 is not inside of -4 to inf");
	ck_assert_int_eq(egm_trainer_steps(m.trainer), 0);
	machine_steps(&m, 1);
	egm_data_free(outside);
	machine_close(&m);
}
END_TEST

/* ---- failures */

/* Scales the last layer, so that energies or what is made of them overflow. */
static void scale_energy(machine *m, double factor)
{
	double v[HIDDEN];
	OK(egm_model_get_tensor(m->energy, "2.weight", EGM_F64, v, HIDDEN));
	for (int i = 0; i < HIDDEN; i++) v[i] *= factor;
	OK(egm_model_set_tensor(m->energy, "2.weight", EGM_F64, v, HIDDEN));
}

static void expect_nothing_moved(machine *m, const char *text)
{
	double buffer[12 * COLUMNS], *before = toy_parameters(m->energy), *after;
	size_t size = (size_t)egm_model_parameter_count(m->energy) * 8;
	int64_t steps = egm_trainer_steps(m->trainer);
	memcpy(buffer, m->trainer->negatives->buffer, sizeof buffer);
	for (int i = 0; i < 2; i++) { /* the second time as well */
		ck_assert_int_eq(egm_trainer_fit(m->trainer, m->data, 1, NULL, NULL), EGM_ERR_NONFINITE);
		assert_error_has(text);
	}
	after = toy_parameters(m->energy);
	ck_assert_mem_eq(before, after, size);
	ck_assert_mem_eq(buffer, m->trainer->negatives->buffer, sizeof buffer);
	ck_assert_int_eq(egm_trainer_steps(m->trainer), steps);
	free(before);
	free(after);
}

/* Gradients of 1e300 throw a chain beyond f64 in one step of 1e20: the kernel without a Metropolis test freezes, the
 * one with it stays. The trainer saved in between can be read again. */
START_TEST(test_failure__of_a_chain_changes_nothing)
{
	recipe r = usual;
	machine m;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 2);
	scale_energy(&m, 1e300);
	r.step_size = 1e20;
	OK(machine_negatives(&m, &r));
	expect_nothing_moved(&m, "ula: energy or gradient of chain 0 is not finite");
	OK(egm_trainer_save(m.trainer, "frozen.egm"));
	OK(egm_trainer_load(m.trainer, "frozen.egm", NULL));
	expect_nothing_moved(&m, "ula: energy or gradient of chain 0 is not finite");
	scale_energy(&m, 1e-300);
	r.step_size = 0.05;
	OK(machine_negatives(&m, &r));
	machine_steps(&m, 3);
	ck_assert_int_eq(egm_trainer_steps(m.trainer), 5);
	machine_close(&m);
}
END_TEST

/* Frozen chains thaw: the same sampler goes on when the energy is good again. */
START_TEST(test_failure__is_over_when_the_energy_is_good_again)
{
	recipe r = usual;
	machine m;
	egm_sampler_statistics s;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 2);
	double *good = toy_parameters(m.energy), weight[HIDDEN * COLUMNS] = {0}, bias[HIDDEN], last[HIDDEN];
	for (int i = 0; i < HIDDEN; i++) bias[i] = 10, last[i] = 1e308; /* U is 8e308 tanh(10) everywhere */
	OK(egm_model_set_tensor(m.energy, "0.weight", EGM_F64, weight, HIDDEN * COLUMNS));
	OK(egm_model_set_tensor(m.energy, "0.bias", EGM_F64, bias, HIDDEN));
	OK(egm_model_set_tensor(m.energy, "2.weight", EGM_F64, last, HIDDEN));
	expect_nothing_moved(&m, "ula: energy or gradient of chain 0 is not finite");
	OK(egm_model_set_parameters(m.energy, EGM_F64, good, egm_model_parameter_count(m.energy)));
	free(good);
	machine_steps(&m, 3);
	OK(egm_sampler_statistics_init(&s, sizeof s));
	OK(egm_sampler_stats(m.trainer->negatives->sampler, -1, &s));
	ck_assert_int_eq(s.frozen, 0);
	machine_close(&m);
}
END_TEST

/* E30: the regulariser overflows where energies do not. The term is named; no number is put in its place. */
START_TEST(test_failure__of_the_loss_changes_nothing)
{
	recipe r = usual;
	machine m;
	r.regulariser = 0.1;
	r.step_size = 1e-220;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 1);
	ck_assert(isfinite(egm_trainer_term(m.trainer, 2)));
	scale_energy(&m, 1e200);
	expect_nothing_moved(&m, "ml: term 'regulariser' is inf at step 2");
	scale_energy(&m, 1e-200);
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

START_TEST(test_terms__a_regulariser_of_zero_is_nan)
{
	machine m;
	machine_open(&m, NULL, &usual);
	machine_steps(&m, 1);
	ck_assert(isfinite(egm_trainer_term(m.trainer, 0)) && isfinite(egm_trainer_term(m.trainer, 1)));
	ck_assert(isnan(egm_trainer_term(m.trainer, 2)));
	ck_assert_str_eq(egm_loss_term_name(m.loss, 2), "regulariser");
	machine_close(&m);
}
END_TEST

/* ---- memory */

START_TEST(test_memory__creation_reports_each_failure)
{
	egm_test_allocator allocator = {0};
	recipe r = usual;
	machine m;
	egm_trainer_options o = trainer_options(&r);
	machine_prepare(&m, egm_test_context(&allocator), &r);
	long live = allocator.live, n = 0;
	for (egm_status st = EGM_ERR_MEMORY; st != EGM_OK;) {
		allocator.fail_at = allocator.calls + ++n;
		m.trainer = (egm_trainer *)&m;
		st = egm_trainer_create(&m.trainer, m.loss, &o);
		if (st == EGM_OK) break;
		ck_assert_int_eq(st, EGM_ERR_MEMORY);
		ck_assert_ptr_null(m.trainer);
		ck_assert_int_eq(allocator.live, live);
	}
	ck_assert_int_gt(n, 30); /* net, optimiser, program, sampler, buffer */
	allocator.fail_at = 0;
	machine_steps(&m, 1);
	machine_close(&m);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

START_TEST(test_memory__set_negatives_reports_each_failure)
{
	egm_test_allocator allocator = {0};
	recipe r = usual;
	machine m;
	machine_open(&m, egm_test_context(&allocator), &r);
	machine_steps(&m, 1);
	long live = allocator.live, n = 0;
	r.start = _i;
	r.bounded = 1;
	for (egm_status st = EGM_ERR_MEMORY; st != EGM_OK;) {
		egm__negatives *before = m.trainer->negatives;
		allocator.fail_at = allocator.calls + ++n;
		st = machine_negatives(&m, &r);
		if (st == EGM_OK) break;
		ck_assert_int_eq(st, EGM_ERR_MEMORY);
		ck_assert_ptr_eq(m.trainer->negatives, before);
		ck_assert_int_eq(allocator.live, live);
		allocator.fail_at = 0;
		machine_steps(&m, 1);
	}
	ck_assert_int_gt(n, 10);
	allocator.fail_at = 0;
	machine_steps(&m, 1);
	machine_close(&m);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("train/negatives");
	TCase *t = tcase_create("starts");
	tcase_set_tags(t, "E5 E6 K2");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_cd__starts_at_the_rows_of_the_batch);
	tcase_add_loop_test(t, test_short_run__starts_at_new_noise_each_time, 0, 2);
	tcase_add_test(t, test_pcd__is_the_default);
	tcase_add_test(t, test_pcd__uses_each_row_once_in_an_epoch);
	tcase_add_loop_test(t, test_pcd__share_that_begins_anew, 0, 4);
	tcase_add_loop_test(t, test_target__temperature_and_bounds_shape_the_law, 0, 4);
	tcase_add_loop_test(t, test_step__allocates_nothing, EGM_NEGATIVES_CD, EGM_NEGATIVES_SHORT_RUN + 1);
	tcase_add_test(t, test_options__of_an_older_program);
	tcase_add_loop_test(t, test_bits__depend_on_the_seed_and_not_on_threads, 0, 6);
	suite_add_tcase(s, t);
	t = tcase_create("refusals");
	tcase_set_tags(t, "R16");
	tcase_add_test(t, test_refused__targets_of_something_else);
	tcase_add_test(t, test_refused__options);
	tcase_add_test(t, test_refused__losses_without_negatives);
	tcase_add_test(t, test_refused__data_outside_of_the_bounds);
	suite_add_tcase(s, t);
	t = tcase_create("failures");
	tcase_set_tags(t, "E30 R1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, enter_folder, leave_folder);
	tcase_add_test(t, test_failure__of_a_chain_changes_nothing);
	tcase_add_test(t, test_failure__is_over_when_the_energy_is_good_again);
	tcase_add_test(t, test_failure__of_the_loss_changes_nothing);
	tcase_add_test(t, test_terms__a_regulariser_of_zero_is_nan);
	tcase_add_test(t, test_memory__creation_reports_each_failure);
	tcase_add_loop_test(t, test_memory__set_negatives_reports_each_failure, EGM_NEGATIVES_CD,
	                    EGM_NEGATIVES_SHORT_RUN + 1);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
