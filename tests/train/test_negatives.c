/* SPDX-License-Identifier: MIT */
/* Negative samples: where chains start, what is stored in the buffer, which distribution they have, and what their
 * bits depend on. */
#include "negatives_fixture.h"

/* So short that a point stays where it started: 3 steps of 1e-6 times a normal. */
#define STILL 1e-12
#define NEAR 1e-4

static double distance(const double *a, const double *b)
{
	double most = 0;
	for (int j = 0; j < COLUMNS; j++) most = egm_test_worse(most, fabs(a[j] - b[j]));
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

/* Without a call: 20 steps of mala with jitter, whose step is adapted, from a buffer of 10000, with a twentieth
 * restarted. */
START_TEST(test_pcd__is_the_default)
{
	recipe r = usual;
	machine m;
	egm_trainer_options o = trainer_options(&r);
	egm_negatives_options defaults;
	machine_prepare(&m, NULL, &r);
	OK(egm_trainer_create(&m.trainer, m.loss, &o));
	defaults = (egm_negatives_options)EGM_NEGATIVES_OPTIONS_INIT;
	ck_assert_int_eq(defaults.start, EGM_NEGATIVES_PCD);
	ck_assert(defaults.steps == 20 && defaults.buffer == 0 && defaults.restart == 0.05);
	const egm__negatives *n = m.trainer->negatives;
	ck_assert_int_eq(n->options.buffer, 10000);
	ck_assert(defaults.adapt_step == 0 && n->options.adapt_step == 1);
	ck_assert_str_eq(n->sampler->method->name, "mala");
	ck_assert(n->sampler->options.step_size == 0.1 && n->sampler->options.jitter == 0.9);
	ck_assert_int_eq(n->sampler->options.chains, 4);
	assert_normal(n->buffer, 10000 * COLUMNS, 1);
	machine_steps(&m, 1);
	OK(egm_trainer_set_negatives(m.trainer, NULL, NULL)); /* the same again */
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

/* A restarted chain is far from its row. Of n, the number is binomial: p n within five of sqrt(n p (1-p)), and
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

/* ---- starts of the default, by a kernel density estimate from the mini-batch */

enum { MANY = 2000 };

/* A trainer whose chains are all restarted near the data, with steps so short that they stay there: the default kernel,
 * or with `bounded` that of a sampler. */
static void open_near(machine *m, const double *x, int bounded)
{
	recipe r = usual;
	r.batch = MANY;
	r.bounded = bounded;
	machine_prepare(m, NULL, &r);
	egm_data_free(m->data);
	OK(egm_data_copy(&m->data, m->context, egm_f64(x, MANY, COLUMNS)));
	egm_trainer_options o = trainer_options(&r);
	OK(egm_trainer_create(&m->trainer, m->loss, &o));
	ways w = ways_of(&r);
	w.negatives.restart = 1;
	w.negatives.buffer = MANY;
	w.negatives.near_data = bounded;
	egm_target *target = NULL;
	OK(egm_target_model(&target, m->energy, &w.target));
	OK(bounded ? set_negatives(m->trainer, target, &w) : egm_trainer_set_negatives(m->trainer, NULL, &w.negatives));
	egm_target_free(target);
	egm_sampler *s = m->trainer->negatives->sampler;
	for (int64_t i = 0; i < s->n_walkers; i++) s->walkers[i].step = 1e-30;
}

/* Uniform rows; column j is unit[j] times the same numbers. */
static void uniform_rows(double *x, const double *unit)
{
	egm__rng rng = {.seed = 5};
	for (int i = 0; i < MANY * COLUMNS; i++) {
		uint32_t words[4];
		egm__rng_block(&rng, (uint32_t)i, words);
		x[i] = unit[i % COLUMNS] * (3 + egm__rng_unit(words));
	}
}

/* Scott's rule: from its row of the mini-batch a start is off by N(0, (s n^(-1/7))^2) in three dimensions, s =
 * 1/sqrt(12) for a uniform column of width 1. Its estimate from the batch has a relative standard
 * error of sqrt((9/5 - 1)/4n) = 0.01 at n = 2000, far below what assert_normal allows. Units that are powers of 2 scale
 * starts without rounding. */
START_TEST(test_pcd__chains_of_the_default_begin_near_data)
{
	static const double ones[] = {1, 1, 1}, units[] = {0x1p-20, 0x1p3, 0x1p10};
	static double x[MANY * COLUMNS], first[MANY * COLUMNS], off[MANY * COLUMNS];
	const double width = pow(MANY, -1.0 / 7) / sqrt(12);
	for (int pass = 0; pass < 2; pass++) {
		machine m;
		uniform_rows(x, pass ? units : ones);
		open_near(&m, x, 0);
		machine_steps(&m, 1);
		const double *batch = m.trainer->batch, *y = points_of(&m);
		for (int i = 0; i < MANY * COLUMNS; i++) {
			off[i] = (y[i] - batch[i]) / (width * (pass ? units : ones)[i % COLUMNS]);
			if (pass) ck_assert(y[i] == units[i % COLUMNS] * first[i]);
			first[i] = y[i];
		}
		assert_normal(off, MANY * COLUMNS, 1);
		machine_close(&m);
	}
}
END_TEST

/* Half of the rows are outside of the bounds, where no chain can begin: those begin at noise, N(0, 1) before the
 * transform x = exp(y) - 4 of the bound. The others begin near their row: with rows in [3, 4) y has a standard
 * deviation of 0.038 at most, and six of Scott's bandwidths are less than 0.2. Noise would be off by 2 on average. */
START_TEST(test_pcd__rows_outside_of_the_bounds_give_way_to_noise)
{
	static const double ones[] = {1, 1, 1};
	static double x[MANY * COLUMNS], logs[MANY * COLUMNS];
	int outside = 0;
	machine m;
	uniform_rows(x, ones);
	for (int i = 0; i < MANY; i += 2) x[i * COLUMNS + 1] = i % 4 ? -4 : -5;
	open_near(&m, x, 1);
	machine_steps(&m, 1);
	const double *batch = m.trainer->batch, *y = points_of(&m);
	for (int i = 0; i < MANY; i++) {
		for (int j = 0; j < COLUMNS; j++) ck_assert(y[i * COLUMNS + j] > -4);
		if (batch[i * COLUMNS + 1] > -4) {
			for (int j = 0; j < COLUMNS; j++)
				ck_assert(fabs(log((y[i * COLUMNS + j] + 4) / (batch[i * COLUMNS + j] + 4))) <= 0.2);
			continue;
		}
		for (int j = 0; j < COLUMNS; j++) logs[outside++] = log(y[i * COLUMNS + j] + 4);
	}
	ck_assert_int_eq(outside, MANY / 2 * COLUMNS);
	assert_normal(logs, outside, 1);
	machine_close(&m);
}
END_TEST

/* ---- steps that follow the energy */

/* U = k/2 |x|^2 in the only way a network of dense layers can have it: as its tanh layer near 0 cannot, a softplus
 * pair, softplus(a x) + softplus(-a x) = 2 log 2 + a^2 x^2/4 + O(a^4 x^4), does. */
static egm_model *parabola(egm_context *context, double k)
{
	const double a = 0.1, zeros[2] = {0, 0}, first[2] = {a, -a}, last[2] = {2 * k / (a * a), 2 * k / (a * a)};
	egm_model *net = NULL;
	OK(egm_model_create(&net, context, "energy", 1));
	OK(egm_model_dense(net, 2));
	OK(egm_model_softplus(net));
	OK(egm_model_dense(net, 1));
	OK(egm_model_build(net, EGM_F64, 1));
	OK(egm_model_set_tensor(net, "0.weight", egm_f64(first, 2, 1)));
	OK(egm_model_set_tensor(net, "0.bias", egm_f64(zeros, 2, 1)));
	OK(egm_model_set_tensor(net, "2.weight", egm_f64(last, 2, 1)));
	return net;
}

/* The step and the acceptance after `steps` training steps on U = k x^2 / 2, which the learning rate leaves alone. */
static egm_negatives_statistics adapted(double k, double step_size, double target, int64_t steps)
{
	egm_context *context = machine_context(1);
	egm_model *net = parabola(context, k);
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_negatives_statistics found;
	recipe r = usual;
	r.batch = r.buffer = 500;
	r.kernel = ANY_MALA;
	r.adapt = 1;
	r.restart = 0;
	r.steps = 10;
	r.start_scale = 1 / sqrt(k);
	r.step_size = step_size;
	r.learning_rate = 1e-300;
	ways w = ways_of(&r);
	w.sampler.target_accept = target;
	egm_trainer_options o = trainer_options(&r);
	double x[500];
	for (int i = 0; i < 500; i++) x[i] = (i - 249.5) / (250 * sqrt(k)); /* where the chains are, more or less */
	egm_data *data = NULL;
	OK(egm_data_copy(&data, context, egm_f64(x, 500, 1)));
	OK(egm_loss_ml(&loss, net, NULL));
	OK(egm_trainer_create(&trainer, loss, &o));
	egm_target *on = NULL;
	OK(egm_target_model(&on, net, NULL));
	OK(set_negatives(trainer, on, &w));
	egm_target_free(on);
	OK(egm_trainer_fit(trainer, data, steps, NULL, NULL));
	found = (egm_negatives_statistics)EGM_NEGATIVES_STATISTICS_INIT;
	OK(egm_trainer_negatives_stats(trainer, &found));
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_data_free(data);
	egm_model_free(net);
	egm_context_free(context);
	return found;
}

/* On N(0, 1/k) mala accepts 4/pi arctan sqrt(r) of proposals, r = (w - t)/(w + t), t = e^2/4, w = sqrt(t^2 + 4 e), e =
 * eps k (tests/sampler/test_mala.c): 0.7 at e = 2.1557. The last acceptance is a mean over 5000 transitions whose
 * standard deviation is below 0.5: five standard errors are 0.035. The step moves by exp(0.5 (acceptance - 0.7)) a
 * batch around where they agree, and the acceptance falls by 0.2 for each unit of ln eps there: 0.035/0.2 = 0.18. */
START_TEST(test_step__finds_the_acceptance_that_is_asked_for)
{
	const double k = _i ? 4e4 : 1;
	egm_negatives_statistics s = adapted(k, 10, 0.7, 150);
	double e = s.step_size * k, t = e * e / 4, w = sqrt(t * t + 4 * e);
	ck_assert_msg(fabs(s.acceptance - 0.7) <= 0.035, "acceptance %g", s.acceptance);
	ck_assert_msg(fabs(4 / acos(-1) * atan(sqrt((w - t) / (w + t))) - 0.7) <= 0.035, "eps k %g", e);
	ck_assert(s.gap_limit == 120 && s.restarted == 0 && s.ran_away == 0);
}
END_TEST

/* However much is accepted, the step is never above the one that was given. */
START_TEST(test_step__never_exceeds_the_one_that_was_given)
{
	egm_negatives_statistics s = adapted(1, 0.01, 0.7, 10);
	ck_assert(fabs(s.step_size - 0.01) <= 1e-15);
	ck_assert(s.acceptance >= 0.9);
}
END_TEST

/* ---- rows that run away */

/* A row from which x -> 10 x0 - 10 x1 is infinity minus infinity, and one that is only far from all data: both are
 * restarted at noise, and training continues. Only if the loss computes infinity where the chains do, whose products
 * are always the library's own: one with fused multiply-add has infinity there, one without has NaN, and a BLAS may
 * differ. */
START_TEST(test_pcd__rows_that_ran_away_begin_anew)
{
	recipe r = usual;
	machine m;
	const double far[COLUMNS] = {_i ? 1e308 : 1e4, _i ? 1e308 : 0, 0}, opposite[COLUMNS] = {10, -10, 0};
	double weights[HIDDEN * COLUMNS];
	r.kernel = _i == 2 ? ANY_MALA : ANY_ULA;
	r.restart = 0;
	machine_open(&m, egm_test_own_context_on(1, EGM_SIMD_AUTO), &r);
	OK(egm_model_tensor(m.energy, "0.weight", egm_f64_out(weights, HIDDEN * COLUMNS, 1)));
	memcpy(weights, opposite, sizeof opposite);
	OK(egm_model_set_tensor(m.energy, "0.weight", egm_f64(weights, HIDDEN * COLUMNS, 1)));
	double *buffer = m.trainer->negatives->buffer;
	memcpy(buffer + 5 * COLUMNS, far, sizeof far);
	machine_steps(&m, 3); /* every row once */
	for (int i = 0; i < 12 * COLUMNS; i++) ck_assert(fabs(buffer[i]) <= 10);
	egm_negatives_statistics s = EGM_NEGATIVES_STATISTICS_INIT;
	OK(egm_trainer_negatives_stats(m.trainer, &s));
	ck_assert(s.ran_away > 0 && s.ran_away <= 0.02 / 4 + 1e-12); /* one of 4 chains once, with the weight 1 - 0.98 */
	ck_assert_int_eq(egm_trainer_steps(m.trainer), 3);
	machine_close(&m);
}
END_TEST

/* U = (softplus(10 x0) + softplus(-10 x0)) / 100, infinite at x0 = 1e308: a chain that is put there freezes. All rows
 * are put there, so that every chain freezes and is restarted. */
START_TEST(test_pcd__every_row_may_run_away)
{
	recipe r = usual;
	machine m;
	const double far[COLUMNS] = {1e308, 0, 0}, first[2 * COLUMNS] = {10, 0, 0, -10, 0, 0}, last[2] = {0.01, 0.01};
	r.restart = 0;
	r.kernel = _i ? ANY_MALA : ANY_ULA;
	machine_prepare(&m, NULL, &r);
	egm_loss_free(m.loss);
	egm_model_free(m.energy);
	OK(egm_model_create(&m.energy, m.context, "energy", COLUMNS));
	OK(egm_model_dense(m.energy, 2));
	OK(egm_model_softplus(m.energy));
	OK(egm_model_dense(m.energy, 1));
	OK(egm_model_build(m.energy, EGM_F64, 1));
	OK(egm_model_set_tensor(m.energy, "0.weight", egm_f64(first, 2 * COLUMNS, 1)));
	OK(egm_model_set_tensor(m.energy, "2.weight", egm_f64(last, 2, 1)));
	OK(egm_loss_ml(&m.loss, m.energy, NULL));
	egm_trainer_options o = trainer_options(&r);
	OK(egm_trainer_create(&m.trainer, m.loss, &o));
	OK(machine_negatives(&m, &r));
	double *buffer = m.trainer->negatives->buffer;
	for (int row = 0; row < 12; row++) memcpy(buffer + row * COLUMNS, far, sizeof far);
	for (int step = 0; step < 3; step++) { /* every row once */
		machine_steps(&m, 1);
		ck_assert_int_eq(m.trainer->negatives->ran_away, 4);
	}
	for (int i = 0; i < 12 * COLUMNS; i++) ck_assert(fabs(buffer[i]) <= 10);
	machine_close(&m);
}
END_TEST

/* ---- targets and kernels */

/* The mean of the negatives of U = slope x on x > 0 at inverse temperature beta: an exponential distribution with mean
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
	r.step_size = kernel == ANY_HMC ? 0.4 : 0.1;
	r.learning_rate = 1e-300;
	ways w = ways_of(&r);
	egm_trainer_options o = trainer_options(&r);
	OK(egm_model_set_tensor(line, "0.weight", egm_f64(&slope, 1, 1)));
	OK(egm_loss_ml(&loss, line, NULL));
	OK(egm_trainer_create(&trainer, loss, &o));
	w.target.beta = beta;
	w.target.lower = &lower;
	w.target.upper = &upper;
	OK(egm_target_model(&target, line, &w.target));
	OK(set_negatives(trainer, target, &w));
	egm_target_free(target);
	for (int i = 0; i < CHAINS; i++) x[i] = i + 1;
	egm_data *data = NULL;
	OK(egm_data_copy(&data, context, egm_f64(x, CHAINS, 1)));
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

/* 500 transitions of MALA or HMC, which are exact, in 2000 independent chains: the mean of an exponential distribution
 * has the standard error mean/sqrt(2000). */
START_TEST(test_target__temperature_and_bounds_shape_the_distribution)
{
	const double beta = _i % 2 ? 4 : 1, w = 0.5;
	double mean = exponential_mean(beta, w, _i / 2 ? ANY_HMC : ANY_MALA);
	ck_assert(fabs(mean * beta * w - 1) <= 5 / sqrt(2000));
}
END_TEST

/* A step allocates nothing, whatever draws for it. */
START_TEST(test_step__allocates_nothing)
{
	for (int k = 0; k < KERNELS; k++)
		for (int bounded = 0; bounded < 2; bounded++) {
			egm_test_allocator allocator = {0};
			recipe r = usual;
			machine m;
			r.start = _i;
			r.kernel = 1 + k;
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

/* The sampler is a model: the trainer's chains have its kernel, all of its options and its target, as many of them as
 * the batch has rows, and the trainer's seed; they begin at noise, and the sampler itself stays where it is. */
START_TEST(test_sampler__is_the_model_of_the_chains)
{
	recipe r = usual;
	machine m;
	const double scale[COLUMNS] = {1, 2, 3}, falling[] = {3, 2, 1};
	double before[2 * COLUMNS], after[2 * COLUMNS];
	egm_annealed_langevin_options o = EGM_ANNEALED_LANGEVIN_OPTIONS_INIT;
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	machine_open(&m, NULL, &r);
	ways w = ways_of(&r);
	o.chains = 2;
	o.seed = 5;
	o.step_size = 0.02;
	o.start_scale = 0.5;
	o.scale = scale;
	o.temperatures = falling;
	o.levels = 3;
	o.steps_per_level = 2;
	o.denoise = 0.25;
	OK(egm_target_model(&target, m.energy, &w.target));
	OK(egm_sampler_annealed_langevin(&sampler, target, &o));
	OK(egm_sampler_points(sampler, egm_f64_out(before, 2, COLUMNS)));
	OK(egm_trainer_set_negatives(m.trainer, sampler, &w.negatives));
	const egm_sampler *s = m.trainer->negatives->sampler;
	ck_assert_ptr_eq(s->target, target);
	ck_assert_str_eq(s->method->name, "annealed_langevin");
	ck_assert_int_eq(egm_sampler_chains(s), r.batch);
	ck_assert_uint_eq(s->options.seed, r.seed);
	ck_assert(s->options.step_size == 0.02 && s->options.start_scale == 0.5);
	ck_assert_mem_eq(s->options.scale, scale, sizeof scale);
	const egm_annealed_langevin_options *own = s->own;
	ck_assert(own->levels == 3 && own->steps_per_level == 2 && own->denoise == 0.25);
	ck_assert_mem_eq(own->temperatures, falling, sizeof falling);
	ck_assert(own->temperatures != falling && own->scale != scale);
	OK(egm_trainer_fit(m.trainer, m.data, 2, NULL, NULL));
	OK(egm_sampler_points(sampler, egm_f64_out(after, 2, COLUMNS)));
	ck_assert_mem_eq(before, after, sizeof before);
	egm_sampler_free(sampler);
	egm_target_free(target);
	machine_steps(&m, 2);
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
	r.kernel = _i / 3 ? ANY_MALA : ANY_ULA;
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
	tcase_add_test(t, test_pcd__chains_of_the_default_begin_near_data);
	tcase_add_test(t, test_pcd__rows_outside_of_the_bounds_give_way_to_noise);
	tcase_add_loop_test(t, test_step__finds_the_acceptance_that_is_asked_for, 0, 2);
	tcase_add_test(t, test_step__never_exceeds_the_one_that_was_given);
	tcase_add_loop_test(t, test_pcd__rows_that_ran_away_begin_anew, 0, 3);
	tcase_add_loop_test(t, test_pcd__every_row_may_run_away, 0, 2);
	tcase_add_loop_test(t, test_target__temperature_and_bounds_shape_the_distribution, 0, 4);
	tcase_add_loop_test(t, test_step__allocates_nothing, EGM_NEGATIVES_CD, EGM_NEGATIVES_SHORT_RUN + 1);
	tcase_add_test(t, test_sampler__is_the_model_of_the_chains);
	tcase_add_loop_test(t, test_bits__depend_on_the_seed_and_not_on_threads, 0, 6);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
