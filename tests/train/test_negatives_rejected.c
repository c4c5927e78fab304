/* SPDX-License-Identifier: MIT */
/* Negative samples that are rejected, and phases or allocations that fail without a change of energy or buffer. */
#include "negatives_fixture.h"

/* ---- rejections */

static int no_energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	(void)rows, (void)x, (void)energies, (void)gradients, (void)user;
	return 1;
}

/* Rejected, and the previous negatives continue. */
static void expect_kept(machine *m, egm_target *target, const ways *w, egm_status status, const char *text)
{
	egm__negatives *before = m->trainer->negatives;
	ck_assert_int_eq(set_negatives(m->trainer, target, w), status);
	assert_error_has(text);
	ck_assert_ptr_eq(m->trainer->negatives, before);
}

START_TEST(test_rejected__targets_of_something_else)
{
	recipe r = usual;
	machine m;
	ways w = ways_of(&r);
	egm_target *target = NULL;
#define REJECTED(what)                                                                                                 \
	"egm_trainer_set_negatives: the target of the sampler is " what ", must be egm_target_model of the loss's energy " \
	"'energy'"
	machine_open(&m, NULL, &r);
	egm_model *other = toy_net(m.context, "other", COLUMNS, 4, 1, EGM_F64);
	egm_model *generator = toy_net(m.context, "generator", 2, 4, COLUMNS, EGM_F64);
	OK(egm_target_model(&target, other, NULL));
	expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, REJECTED("of another network"));
	egm_target_free(target);
	OK(egm_target_latent(&target, m.energy, generator, EGM_LATENT_POSTERIOR, NULL));
	expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, REJECTED("egm_target_latent"));
	egm_target_free(target);
	OK(egm_target_callback(&target, m.context, EGM_F64, COLUMNS, NULL, no_energy, NULL, NULL));
	expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, REJECTED("of no network"));
	egm_target_free(target);
	egm_model_free(other);
	egm_model_free(generator);
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

START_TEST(test_rejected__options)
{
	recipe r = usual;
	machine m;
	machine_open(&m, NULL, &r);
	egm_target *target = NULL;
	OK(egm_target_model(&target, m.energy, NULL));
	for (int i = 0; i < 10; i++) {
		static const char *const text[] = {"start is -1, must be one of EGM_NEGATIVES_* (1 to 3)",
		                                   "start is 4, must be one of EGM_NEGATIVES_* (1 to 3)",
		                                   "steps is -1, must be at least 1",
		                                   "restart is -0.1, must be in [0, 1]",
		                                   "restart is nan, must be in [0, 1]",
		                                   "buffer is 3, must be at least the 4 rows of a batch",
		                                   "buffer is -1, must be at least 0",
		                                   "adapt_step is 2, must be 0 or 1",
		                                   "adapt_step is -1, must be 0 or 1",
		                                   "adapt_step is 1, must be 0 for ula, which has no Metropolis test"};
		ways w = ways_of(&r);
		char whole[160];
		if (i < 2) w.negatives.start = i ? 4 : -1;
		if (i == 2) w.negatives.steps = -1;
		if (i == 3) w.negatives.restart = -0.1;
		if (i == 4) w.negatives.restart = NAN;
		if (i == 5) w.negatives.buffer = 3;
		if (i == 6) w.negatives.buffer = -1;
		if (i >= 7) w.negatives.adapt_step = (const int32_t[]){2, -1, 1}[i - 7];
		snprintf(whole, sizeof whole, "egm_trainer_set_negatives: %s", text[i]);
		expect_kept(&m, target, &w, EGM_ERR_ARGUMENT, whole);
	}
	egm_target_free(target);
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

START_TEST(test_rejected__losses_without_negatives)
{
	egm_context *context = machine_context(1);
	egm_model *energy = toy_net(context, "energy", COLUMNS, 4, 1, EGM_F64);
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	OK(egm_loss_dsm(&loss, energy, NULL));
	OK(egm_trainer_create(&trainer, loss, NULL));
	ck_assert_int_eq(egm_trainer_set_negatives(trainer, NULL, NULL), EGM_ERR_STATE);
	assert_error_has("egm_trainer_set_negatives: dsm reads no negative samples");
	ck_assert_int_eq(egm_trainer_set_negatives(NULL, NULL, NULL), EGM_ERR_ARGUMENT);
	assert_error_has("trainer is NULL");
	egm_negatives_statistics s = EGM_NEGATIVES_STATISTICS_INIT;
	ck_assert_int_eq(egm_trainer_negatives_stats(trainer, &s), EGM_ERR_STATE);
	assert_error_has("egm_trainer_negatives_stats: dsm reads no negative samples");
	ck_assert_int_eq(egm_trainer_negatives_stats(NULL, &s), EGM_ERR_ARGUMENT);
	assert_error_has("trainer is NULL");
	ck_assert_int_eq(egm_trainer_negatives_stats(trainer, NULL), EGM_ERR_ARGUMENT);
	assert_error_has("statistics is NULL");
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_context_free(context);
}
END_TEST

/* cd on rows that the bounds exclude: the row is named, nothing moves. */
START_TEST(test_rejected__data_outside_of_the_bounds)
{
	recipe r = usual;
	machine m;
	double x[ROWS * COLUMNS];
	r.start = EGM_NEGATIVES_CD;
	r.bounded = 1;
	machine_open(&m, NULL, &r);
	for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = -5;
	egm_data *outside = NULL;
	OK(egm_data_copy(&outside, m.context, egm_f64(x, ROWS, COLUMNS)));
	ck_assert_int_eq(egm_trainer_fit(m.trainer, outside, 1, NULL, NULL), EGM_ERR_ARGUMENT);
	assert_error_has("chain 0, dimension 0, must be above -4 and below inf");
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
	OK(egm_model_tensor(m->energy, "2.weight", egm_f64_out(v, HIDDEN, 1)));
	for (int i = 0; i < HIDDEN; i++) v[i] *= factor;
	OK(egm_model_set_tensor(m->energy, "2.weight", egm_f64(v, HIDDEN, 1)));
}

static void expect_nothing_moved_by(machine *m, egm_status status, const char *text)
{
	double buffer[12 * COLUMNS], *before = toy_parameters(m->energy), *after;
	size_t size = (size_t)egm_model_parameter_count(m->energy) * 8;
	int64_t steps = egm_trainer_steps(m->trainer);
	memcpy(buffer, m->trainer->negatives->buffer, sizeof buffer);
	for (int i = 0; i < 2; i++) { /* the second time as well */
		ck_assert_int_eq(egm_trainer_fit(m->trainer, m->data, 1, NULL, NULL), status);
		assert_error_has(text);
	}
	after = toy_parameters(m->energy);
	ck_assert_mem_eq(before, after, size);
	ck_assert_mem_eq(buffer, m->trainer->negatives->buffer, sizeof buffer);
	ck_assert_int_eq(egm_trainer_steps(m->trainer), steps);
	free(before);
	free(after);
}

static void expect_nothing_moved(machine *m, const char *text)
{
	expect_nothing_moved_by(m, EGM_ERR_NONFINITE, text);
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
	expect_nothing_moved(&m, "egm_trainer_fit: energy or gradient of chain 0 of the negatives is not finite after ");
	OK(egm_trainer_save(m.trainer, "frozen.egm"));
	OK(egm_trainer_restore(m.trainer, "frozen.egm", NULL));
	expect_nothing_moved(&m, "egm_trainer_fit: energy or gradient of chain 0 of the negatives is not finite after ");
	scale_energy(&m, 1e-300);
	r.step_size = 0.05;
	OK(machine_negatives(&m, &r));
	machine_steps(&m, 3);
	ck_assert_int_eq(egm_trainer_steps(m.trainer), 5);
	machine_close(&m);
}
END_TEST

/* Chains that froze are restarted: the same sampler continues when the energy is finite again. */
START_TEST(test_failure__is_over_when_the_energy_is_good_again)
{
	recipe r = usual;
	machine m;
	egm_sampler_statistics s;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 2);
	double *good = toy_parameters(m.energy), weight[HIDDEN * COLUMNS] = {0}, bias[HIDDEN], last[HIDDEN];
	for (int i = 0; i < HIDDEN; i++) bias[i] = 10, last[i] = 1e308; /* U is 8e308 tanh(10) everywhere */
	OK(egm_model_set_tensor(m.energy, "0.weight", egm_f64(weight, HIDDEN * COLUMNS, 1)));
	OK(egm_model_set_tensor(m.energy, "0.bias", egm_f64(bias, HIDDEN, 1)));
	OK(egm_model_set_tensor(m.energy, "2.weight", egm_f64(last, HIDDEN, 1)));
	expect_nothing_moved(&m, "egm_trainer_fit: energy or gradient of chain 0 of the negatives is not finite after ");
	OK(egm_model_set_parameters(m.energy, egm_f64(good, egm_model_parameter_count(m.energy), 1)));
	free(good);
	machine_steps(&m, 3);
	s = (egm_sampler_statistics)EGM_SAMPLER_STATISTICS_INIT;
	OK(egm_sampler_stats(m.trainer->negatives->sampler, -1, &s));
	ck_assert_int_eq(s.frozen, 0);
	machine_close(&m);
}
END_TEST

/* E30: the regularizer overflows where energies do not. The term is named; no number is put in its place. */
START_TEST(test_failure__of_the_loss_changes_nothing)
{
	recipe r = usual;
	machine m;
	r.regularizer = 0.1;
	r.step_size = 1e-220;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 1);
	ck_assert(isfinite(egm_trainer_term(m.trainer, 2)));
	scale_energy(&m, 1e200);
	expect_nothing_moved(&m, "egm_trainer_fit: term 'regularizer' of loss 'ml' is inf at step 2");
	scale_energy(&m, 1e-200);
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

/* Chains that do not move, at noise ten times as wide as the data: U rises there without end, which is an error. Other
 * negatives have a new watch. */
START_TEST(test_diverged__chains_that_do_not_follow)
{
	recipe r = usual;
	machine m;
	r.kernel = _i ? ANY_MALA : ANY_ULA;
	r.step_size = 1e-12;
	r.start_scale = 10;
	r.learning_rate = 0.5;
	machine_open(&m, NULL, &r);
	ck_assert_int_eq(egm_trainer_fit(m.trainer, m.data, 1000, NULL, NULL), EGM_ERR_DIVERGED);
	assert_error_has("the negatives have far higher energies than the data");
	assert_error_has("must be within +-160");
	assert_error_has(_i ? "mala, step_size 1e-12, acceptance 1: nothing adapts the step" : "ula, step_size 1e-12");
	expect_nothing_moved_by(&m, EGM_ERR_DIVERGED, "far higher");
	egm_negatives_statistics s = EGM_NEGATIVES_STATISTICS_INIT;
	OK(egm_trainer_negatives_stats(m.trainer, &s));
	ck_assert(s.gap_limit == 160 && s.gap <= 160 && s.gap >= 100);
	r.step_size = 0.05;
	OK(machine_negatives(&m, &r));
	machine_steps(&m, 1);
	machine_close(&m);
}
END_TEST

/* From rest, by hand: n runs with the same values leave 1 - 0.98^n of them. A run counts as four limits at most, and
 * 4 (1 - 0.98^n) passes 1 at n = 15; a share of all chains passes a half at 35, a gap of 1.01 limits at 229. */
START_TEST(test_watch__needs_many_runs)
{
	static const struct {
		double gap, share;
		int runs;
	} cases[] = {{1e300, 0, 15},       {-1e300, 0, 15},       {4 * 160, 0, 15},
	             {1.01 * 160, 0, 229}, {-1.01 * 160, 0, 229}, {0, 1, 35}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		egm__watch w = {0};
		int n = 0;
		for (; n < 1000 && !egm__watch_alarm(&w, 160); n++) w = egm__watch_after(&w, 160, cases[i].gap, cases[i].share);
		ck_assert_int_eq(n, cases[i].runs);
	}
	ck_assert(egm__watch_limit(3, 0) == 160 && egm__watch_limit(3, 1) == 1600);
	egm__watch w = {0};
	for (int n = 0; n < 10000; n++) w = egm__watch_after(&w, 160, n % 2 ? 159 : -159, 0.49);
	ck_assert_ptr_null(egm__watch_alarm(&w, 160));
}
END_TEST

START_TEST(test_terms__a_regulariser_of_zero_is_nan)
{
	machine m;
	machine_open(&m, NULL, &usual);
	machine_steps(&m, 1);
	ck_assert(isfinite(egm_trainer_term(m.trainer, 0)) && isfinite(egm_trainer_term(m.trainer, 1)));
	ck_assert(isnan(egm_trainer_term(m.trainer, 2)));
	ck_assert_str_eq(egm_loss_term_name(m.loss, 2), "regularizer");
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
	ck_assert_int_gt(n, 30); /* network, optimiser, program, sampler, buffer */
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
	Suite *s = suite_create("train/negatives_rejected");
	TCase *t = tcase_create("rejections");
	tcase_set_tags(t, "R16");
	tcase_add_test(t, test_rejected__targets_of_something_else);
	tcase_add_test(t, test_rejected__options);
	tcase_add_test(t, test_rejected__losses_without_negatives);
	tcase_add_test(t, test_rejected__data_outside_of_the_bounds);
	suite_add_tcase(s, t);
	t = tcase_create("failures");
	tcase_set_tags(t, "E30 R1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, enter_folder, leave_folder);
	tcase_add_test(t, test_failure__of_a_chain_changes_nothing);
	tcase_add_test(t, test_failure__is_over_when_the_energy_is_good_again);
	tcase_add_test(t, test_failure__of_the_loss_changes_nothing);
	tcase_add_loop_test(t, test_diverged__chains_that_do_not_follow, 0, 2);
	tcase_add_test(t, test_watch__needs_many_runs);
	tcase_add_test(t, test_terms__a_regulariser_of_zero_is_nan);
	tcase_add_test(t, test_memory__creation_reports_each_failure);
	tcase_add_loop_test(t, test_memory__set_negatives_reports_each_failure, EGM_NEGATIVES_CD,
	                    EGM_NEGATIVES_SHORT_RUN + 1);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
