/* SPDX-License-Identifier: MIT */
/* Events in a run: a callback stops it, a chain reaches points without an energy, the parameters of a network
 * change. After the first call no run allocates memory. */
#include "loop_fixture.h"
#include <stdio.h>

enum { CHAINS = 8, DRAWS = 4 };

/* Of the samplers that are made without a fixture's target. */
static const loop_target wide = {.dtype = EGM_F64, .dims = LOOP_MOST};

/* ---- stops */

/* The chains of a sampler that was stopped, against the draws that it would have made. */
static void assert_whole_transitions(egm_sampler *sampler, const double *draws, const record *all, const double *starts)
{
	const int64_t dims = all->draws.dims;
	double points[CHAINS * LOOP_MOST];
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points)));
	for (int64_t c = 0; c < CHAINS; c++) {
		int64_t made = sampler_stats(sampler, c).transitions;
		ck_assert_int_le(made, DRAWS);
		const double *last = made ? drawn(all, made - 1, c) : starts + c * dims;
		ck_assert_mem_eq(points + c * dims, last, (size_t)dims * sizeof *points);
		for (int64_t n = 0; n < DRAWS; n++)
			for (int64_t j = 0; j < dims; j++) {
				double x = draws[(n * CHAINS + c) * dims + j];
				ck_assert(n < made ? x == drawn(all, n, c)[j] : isnan(x));
			}
	}
}

/* Stops at call `stop_at`, checks the chains, and continues. */
static void stop_and_go_on(int kind, const any_kernel_options *o, long stop_at, const record *all)
{
	loop_target t;
	open_target(&t, kind, 1);
	egm_sampler *sampler = make_sampler(t.target, o);
	double starts[CHAINS * LOOP_MOST], draws[DRAWS * CHAINS * LOOP_MOST];
	int tempered = o->kernel == ANY_TEMPERED;
	for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) draws[i] = NAN;
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, starts)));
	t.distribution.stop_at = stop_at;
	ck_assert_int_eq(egm_sampler_run(sampler, DRAWS, 1, draws_out(sampler, DRAWS, draws), egm_no_out(), NULL, NULL),
	                 EGM_ERR_STOPPED);
	ck_assert_int_eq(t.distribution.calls, stop_at);
	if (!tempered) assert_whole_transitions(sampler, draws, all, starts);
	int64_t before[CHAINS];
	for (int64_t c = 0; c < CHAINS; c++) before[c] = sampler_stats(sampler, c).transitions;
	ck_assert_egm(egm_sampler_run(sampler, DRAWS, 1, draws_out(sampler, DRAWS, draws), egm_no_out(), NULL, NULL));
	int64_t made = sampler_stats(sampler, 0).transitions - before[0];
	ck_assert_int_ge(made, tempered ? 1 : DRAWS);
	for (int64_t c = 0; c < CHAINS; c++) /* each chain continues as if it had not been stopped */
		for (int64_t n = before[c]; n < DRAWS; n++)
			ck_assert_mem_eq(draws + ((n - before[c]) * CHAINS + c) * t.dims, drawn(all, n, c),
			                 (size_t)t.dims * sizeof *draws);
	ck_assert_int_eq(sampler_stats(sampler, -1).frozen, 0);
	egm_sampler_free(sampler);
	close_target(&t);
}

START_TEST(test_events__a_callback_stops_at_every_call)
{
	int kind = (_i % 2 ? CONCURRENT : CALLBACK) + (_i / 2 % 2 ? WIDE : 0);
	any_kernel_options o = loop_options(1 + _i / 4, CHAINS);
	loop_target t;
	open_target(&t, kind, 1);
	egm_sampler *sampler = make_sampler(t.target, &o);
	record all = record_run(sampler, &t, CHAINS, DRAWS, 1, EGM_OK);
	egm_sampler_free(sampler);
	close_target(&t);
	ck_assert_int_ge(t.distribution.calls, DRAWS + 1);
	for (long call = 1; call <= t.distribution.calls; call++) stop_and_go_on(kind, &o, call, &all);
	free_record(&all);
}
END_TEST

/* Chains that are stopped again and again, at calls that do not depend on where they are, keep their distribution. */
START_TEST(test_events__stops_do_not_change_the_distribution)
{
	enum { MANY = 300, LOOKS = 100 };
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	any_kernel_options o = sampler_options(_i ? ANY_HMC : ANY_MALA, MANY, _i ? 1.1 : 1.2, 71);
	if (_i) o.leapfrog_steps = 2;
	egm_sampler *sampler = sampler_of(&dist, NULL, &o);
	double points[LOOKS][MANY];
	for (long i = 0; i < LOOKS * 4; i++) {
		dist.stop_at = dist.calls + 2 + i * 7 % 6;
		ck_assert_int_eq(egm_sampler_run(sampler, 100, 1, egm_no_out(), egm_no_out(), NULL, NULL), EGM_ERR_STOPPED);
		ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points[i / 4])));
	}
	sample s = {LOOKS, MANY, 1, &points[0][0]};
	assert_normal(&s, 0, 0, 1);
	ck_assert_int_ge(sampler_stats(sampler, 0).transitions, LOOKS * 2);
	egm_sampler_free(sampler);
}
END_TEST

/* ---- chains that freeze */

/* N(0, I) where x_0 < numbers[3], nothing beyond: no energy, no gradient, or minus infinity. */
static double holed_energy(const distribution *dist, const double *x, double *gradient)
{
	static const double nothing[] = {INFINITY, NAN, -INFINITY};
	double u = normal_energy(dist, x, gradient);
	if (x[0] < dist->numbers[3]) return u;
	if (dist->numbers[4] < 3) return nothing[(int)dist->numbers[4]];
	gradient[1] = NAN;
	return u;
}

static distribution holed_distribution(double hole, int how)
{
	return (distribution){.dtype = EGM_F64, .dims = LOOP_MOST, .energy = holed_energy, .numbers = {1, 1, 0, hole, how}};
}

static char warning[256]; /* the last one */
static int warnings;

static void keep_warning(int32_t level, const char *message, void *user)
{
	if (level != EGM_LOG_WARNING) return;
	warnings++;
	snprintf(warning, sizeof warning, "%s", message);
}

static egm_context *logging_context(void (*log)(int32_t level, const char *message, void *user), void *user)
{
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	o.log = log;
	o.log_user = user;
	ck_assert_egm(egm_context_create(&context, &o));
	return context;
}

static egm_sampler *holed_sampler(distribution *dist, int32_t kernel)
{
	egm_context *context = logging_context(keep_warning, NULL);
	egm_target *target = distribution_target(context, dist, NULL);
	any_kernel_options o = loop_options(kernel, CHAINS);
	o.start_scale = 0.1; /* far from the hole */
	egm_sampler *sampler = make_sampler(target, &o);
	egm_target_free(target);
	egm_context_free(context);
	return sampler;
}

/* _i: kernel, and what is wrong at the bad point, where chain 5 is put */
START_TEST(test_events__a_chain_at_a_bad_point_freezes_alone)
{
	enum { BAD = 5 };
	distribution dist = holed_distribution(50, _i / LOOP_KERNELS);
	egm_sampler *good = holed_sampler(&dist, 1 + _i % LOOP_KERNELS);
	egm_sampler *bad = holed_sampler(&dist, 1 + _i % LOOP_KERNELS);
	double points[CHAINS][LOOP_MOST], back[CHAINS][LOOP_MOST];
	ck_assert_egm(egm_sampler_points(good, points_out(good, EGM_F64, points)));
	ck_assert_egm(egm_sampler_set_points(good, points_in(good, EGM_F64, points)));
	points[BAD][0] = 60;
	ck_assert_egm(egm_sampler_set_points(bad, points_in(bad, EGM_F64, points)));
	record a = record_run(good, &wide, CHAINS, DRAWS, 1, EGM_OK);
	ck_assert_int_eq(warnings, 0);
	record b = record_run(bad, &wide, CHAINS, DRAWS, 1, EGM_OK);
	ck_assert_int_eq(warnings, 1);
	ck_assert_str_eq(warning,
	                 "egm_sampler_run: energy or gradient of chain 5 is not finite after 0 transitions; 1 of 8 "
	                 "chains are frozen");
	for (int64_t n = 0; n < DRAWS; n++)
		for (int64_t c = 0; c < CHAINS; c++) {
			if (c != BAD) assert_same_draw(&a, n, &b, n, c);
			if (c == BAD) ck_assert_mem_eq(drawn(&b, n, c), points[c], sizeof points[c]);
			if (c == BAD) ck_assert(isnan(b.energies[n * CHAINS + c]));
		}
	ck_assert_int_eq(sampler_stats(bad, -1).frozen, sampler_stats(bad, BAD).frozen);
	ck_assert_int_ge(sampler_stats(bad, BAD).frozen, 1);
	ck_assert_int_eq(sampler_stats(bad, 0).frozen, 0);

	/* one warning; the chain stays frozen until its point is set */
	long rows = dist.rows;
	ck_assert_egm(egm_sampler_run(bad, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(warnings, 1);
	ck_assert_int_ge(sampler_stats(bad, BAD).frozen, 1);
	ck_assert_int_ge(dist.rows - rows, 2 * (CHAINS - 1));
	ck_assert_egm(egm_sampler_points(bad, points_out(bad, EGM_F64, back)));
	ck_assert_mem_eq(back[BAD], points[BAD], sizeof points[BAD]);
	back[BAD][0] = 0;
	ck_assert_egm(egm_sampler_set_points(bad, points_in(bad, EGM_F64, back)));
	ck_assert_egm(egm_sampler_run(bad, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(sampler_stats(bad, -1).frozen, 0);
	ck_assert_int_ge(sampler_stats(bad, BAD).transitions, 2);
	free_record(&a);
	free_record(&b);
	egm_sampler_free(good);
	egm_sampler_free(bad);
}
END_TEST

/* A chain that steps into the hole freezes without a Metropolis test, and continues with one. */
START_TEST(test_events__a_chain_that_steps_into_nothing)
{
	enum { LONG = 300 };
	distribution whole = holed_distribution(INFINITY, 0), holed = holed_distribution(2, _i);
	egm_sampler *a = holed_sampler(&whole, ANY_ULA);
	egm_sampler *b = holed_sampler(&holed, ANY_ULA);
	record r = record_run(a, &wide, CHAINS, LONG, 1, EGM_OK);
	record f = record_run(b, &wide, CHAINS, LONG, 1, EGM_OK);
	int64_t frozen = 0;
	for (int64_t c = 0; c < CHAINS; c++) {
		int64_t n = 0;
		while (n < LONG && drawn(&r, n, c)[0] < 2) assert_same_draw(&r, n, &f, n, c), n++;
		frozen += n < LONG;
		ck_assert_int_eq(sampler_stats(b, c).frozen, n < LONG);
		ck_assert_int_eq(sampler_stats(b, c).transitions, n);
		for (int64_t k = n; k < LONG && n > 0; k++) assert_same_draw(&r, n - 1, &f, k, c);
	}
	ck_assert_int_ge(frozen, 2);
	egm_sampler *m = holed_sampler(&holed, ANY_MALA);
	ck_assert_egm(egm_sampler_run(m, LONG, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_ge(sampler_stats(m, -1).divergences, 1);
	egm_sampler_free(m);
	egm_sampler_free(a);
	egm_sampler_free(b);
	free_record(&r);
	free_record(&f);
}
END_TEST

/* Where no chain moves any more: an error, also in later calls, that names the chain that froze first. _i: kernel, and
 * with those that have one a warm-up in place of a run */
START_TEST(test_events__no_chain_moves_any_more)
{
	const int32_t kernel = 1 + _i % LOOP_KERNELS;
	const int warms = _i >= LOOP_KERNELS && any_kernel_adapts(kernel);
	char text[200];
	distribution dist = holed_distribution(50, 0);
	egm_sampler *s = holed_sampler(&dist, kernel);
	double points[CHAINS][LOOP_MOST], back[CHAINS][LOOP_MOST];
	/* chain 2 is the only one that makes a few transitions before it reaches the hole */
	ck_assert_egm(egm_sampler_run(s, 1, 3, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_points(s, points_out(s, EGM_F64, points)));
	for (int64_t c = 0; c < CHAINS; c++) points[c][0] = c == 2 ? 0 : 60;
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, points)));
	ck_assert_egm(egm_sampler_run(s, 1, 4, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(sampler_stats(s, -1).frozen, CHAINS - 1);
	ck_assert_int_eq(warnings, 1);
	points[2][0] = 60;
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, points)));
	for (int call = 0; call < 3; call++) {
		egm_status st = warms ? egm_sampler_warmup(s, 30, NULL, NULL)
		                      : egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL);
		ck_assert_int_eq(st, EGM_ERR_NONFINITE);
		snprintf(
		    text, sizeof text,
		    "egm_sampler_%s: energy or gradient of chain 0 is not finite after 3 transitions, and all 8 chains are "
		    "frozen; egm_sampler_set_points lets them move again",
		    warms ? "warmup" : "run");
		ck_assert_str_eq(egm_last_error(), text);
		ck_assert_int_eq(sampler_stats(s, -1).frozen, CHAINS);
		ck_assert_egm(egm_sampler_points(s, points_out(s, EGM_F64, back)));
		ck_assert_mem_eq(back, points, sizeof points);
	}
	ck_assert_int_eq(warnings, 1);
	points[7][0] = 0;
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, points)));
	ck_assert_egm(egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(sampler_stats(s, -1).frozen, CHAINS - 1);
	egm_sampler_free(s);
}
END_TEST

/* The warning is logged within the call: the log function may read the chains, and may free the sampler. */
typedef struct listener {
	egm_sampler *sampler;
	int64_t frozen;
	egm_status moved;
} listener;

static void look_and_free(int32_t level, const char *message, void *user)
{
	listener *w = (listener *)user;
	double points[CHAINS * LOOP_MOST];
	w->frozen = sampler_stats(w->sampler, -1).frozen;
	ck_assert_egm(egm_sampler_points(w->sampler, points_out(w->sampler, EGM_F64, points)));
	w->moved = egm_sampler_set_points(w->sampler, points_in(w->sampler, EGM_F64, points));
	egm_sampler_free(w->sampler);
}

START_TEST(test_events__who_is_told_of_frozen_chains_may_look)
{
	listener w = {0};
	distribution dist = holed_distribution(50, 0);
	egm_context *context = logging_context(look_and_free, &w);
	egm_target *target = distribution_target(context, &dist, NULL);
	any_kernel_options o = loop_options(ANY_MALA, CHAINS);
	double points[CHAINS][LOOP_MOST] = {{0}};
	w.sampler = make_sampler(target, &o);
	egm_target_free(target);
	egm_context_free(context);
	points[3][0] = points[4][0] = 60;
	ck_assert_egm(egm_sampler_set_points(w.sampler, points_in(w.sampler, EGM_F64, points)));
	ck_assert_egm(egm_sampler_warmup(w.sampler, 20, NULL, NULL));
	ck_assert_int_eq(w.frozen, 2);
	ck_assert_int_eq(w.moved, EGM_ERR_STATE);
}
END_TEST

/* What a log does with the library is not what stopped the call. */
static void fail_elsewhere(int32_t level, const char *message, void *user)
{
	ck_assert_int_eq(egm_context_create(NULL, NULL), EGM_ERR_ARGUMENT);
	++*(int *)user;
}

START_TEST(test_events__a_warning_leaves_the_error_of_a_stop)
{
	int told = 0;
	distribution dist = holed_distribution(50, 0);
	egm_context *context = logging_context(fail_elsewhere, &told);
	egm_target *target = distribution_target(context, &dist, NULL);
	any_kernel_options o = loop_options(ANY_MALA, CHAINS);
	egm_sampler *s = make_sampler(target, &o);
	double points[CHAINS][LOOP_MOST] = {{0}};
	stopper at_once = {.at = 1};
	egm_target_free(target);
	egm_context_free(context);
	points[3][0] = 60;
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, points)));
	ck_assert_int_eq(egm_sampler_run(s, 5, 1, egm_no_out(), egm_no_out(), stop_from, &at_once), EGM_ERR_STOPPED);
	ck_assert_int_eq(told, 1);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_sampler_run: the progress callback stopped the call after 1 of 5 transitions per chain");
	egm_sampler_free(s);
}
END_TEST

/* ---- memory, rows, parameters */

START_TEST(test_events__no_memory_after_the_first_call)
{
	egm_test_allocator allocator = {0};
	loop_target t;
	open_target_in(&t, egm_test_context(&allocator), _i / LOOP_KERNELS);
	any_kernel_options o = loop_options(1 + _i % LOOP_KERNELS, 70);
	egm_sampler *sampler = make_sampler(t.target, &o);
	double *draws = (double *)malloc(3 * 70 * LOOP_MOST * sizeof *draws);
	ck_assert_egm(egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), egm_no_out(), NULL, NULL));
	long calls = allocator.calls;
	ck_assert_egm(egm_sampler_run(sampler, 3, 2, draws_out(sampler, 3, draws), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_run(sampler, 1, 5, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, t.dtype, draws)));
	sampler_stats(sampler, -1);
	ck_assert_int_eq(allocator.calls, calls);
	ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, t.dtype, draws)));
	calls = allocator.calls;
	if (t.energy) { /* with other parameters networks are prepared again, without an allocation */
		double parameters[2048];
		int64_t count = egm_model_parameter_count(t.energy);
		ck_assert_egm(egm_model_parameters(t.energy, egm_out_of(t.dtype, parameters, count, 1)));
		ck_assert_egm(egm_model_set_parameters(t.energy, egm_array_of(t.dtype, parameters, count, 1)));
		calls = allocator.calls;
	}
	ck_assert_egm(egm_sampler_run(sampler, 3, 1, draws_out(sampler, 3, draws), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(allocator.calls, calls);
	free(draws);
	egm_sampler_free(sampler);
	close_target(&t);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

typedef struct watch {
	distribution distribution;
	int64_t least; /* rows that a call had */
} watch;

static int watched(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	watch *w = (watch *)user;
	int64_t seen = __atomic_load_n(&w->least, __ATOMIC_RELAXED);
	while (rows < seen && !__atomic_compare_exchange_n(&w->least, &seen, rows, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
	}
	return energy_of_distribution(rows, x, energies, gradients, &w->distribution);
}

/* All chains in one call, or at most `rows` where several threads may call. */
START_TEST(test_events__rows_of_a_call)
{
	enum { MANY = 50, N = 20 };
	watch w = {normal_distribution(EGM_F64, 3, 1, 1), INT64_MAX};
	egm_context *context = threaded_context(2);
	egm_target *target = NULL;
	egm_target_options t = target_options();
	t.concurrent = _i > 0;
	t.max_rows = _i > 1 ? 7 : 100;
	ck_assert_egm(egm_target_callback(&target, context, EGM_F64, 3, &t, watched, &w, NULL));
	any_kernel_options o = sampler_options(ANY_MALA, MANY, 1, 72);
	egm_sampler *sampler = make_sampler(target, &o);
	ck_assert_egm(egm_sampler_run(sampler, N, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(w.distribution.rows, MANY * (N + 1));
	ck_assert_int_eq(w.distribution.most, _i > 1 ? 7 : MANY);
	ck_assert_int_ge(w.least, _i > 1 ? 1 : MANY);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_context_free(context);
}
END_TEST

START_TEST(test_events__other_parameters_are_seen)
{
	loop_target t;
	open_target(&t, (_i % 2 ? LATENT : NET_64) + (_i / 2 ? WIDE : 0), 1);
	any_kernel_options o = loop_options(_i / 2 ? ANY_ULA : ANY_MALA, CHAINS);
	egm_sampler *sampler = make_sampler(t.target, &o);
	egm_model *changed = _i % 2 ? t.generator : t.energy;
	double draws[CHAINS * LOOP_MOST], energies[CHAINS], expected[CHAINS], parameters[2048], before[CHAINS];
	int64_t count = egm_model_parameter_count(changed);
	ck_assert_egm(egm_sampler_run(sampler, 3, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_model_parameters(changed, egm_f64_out(parameters, count, 1)));
	for (int64_t i = 0; i < count; i++) parameters[i] *= -1.5;
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, draws)));
	ck_assert_egm(egm_target_evaluate(t.target, egm_f64(draws, CHAINS, egm_target_dims(t.target)),
	                                  egm_f64_out(before, CHAINS, 1), egm_no_out()));
	ck_assert_egm(egm_model_set_parameters(changed, egm_f64(parameters, count, 1)));
	for (int n = 0; n < 5; n++) {
		ck_assert_egm(egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), energies_out(sampler, 1, energies),
		                              NULL, NULL));
		ck_assert_egm(egm_target_evaluate(t.target, egm_f64(draws, CHAINS, egm_target_dims(t.target)),
		                                  egm_f64_out(expected, CHAINS, 1), egm_no_out()));
		for (int64_t c = 0; c < CHAINS; c++) ck_assert_near(energies[c], expected[c], 1e-12);
		if (n == 0) ck_assert(fabs(energies[0] - before[0]) > 0.01);
	}
	ck_assert_int_eq(sampler_stats(sampler, -1).gradients, CHAINS * (1 + 3 + 1 + 5));
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop events");
	TCase *stops = new_case(suite, "stops", "R19");
	tcase_add_loop_test(stops, test_events__a_callback_stops_at_every_call, 0, 4 * LOOP_KERNELS);
	tcase_add_loop_test(stops, test_events__stops_do_not_change_the_distribution, 0, 2);
	TCase *frozen = new_case(suite, "frozen chains", "R16");
	tcase_add_loop_test(frozen, test_events__a_chain_at_a_bad_point_freezes_alone, 0, 4 * LOOP_KERNELS);
	tcase_add_loop_test(frozen, test_events__a_chain_that_steps_into_nothing, 0, 4);
	tcase_add_loop_test(frozen, test_events__no_chain_moves_any_more, 0, 2 * LOOP_KERNELS);
	tcase_add_test(frozen, test_events__who_is_told_of_frozen_chains_may_look);
	tcase_add_test(frozen, test_events__a_warning_leaves_the_error_of_a_stop);
	TCase *rest = new_case(suite, "memory, rows, parameters", NULL);
	tcase_add_loop_test(rest, test_events__no_memory_after_the_first_call, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(rest, test_events__rows_of_a_call, 0, 3);
	tcase_add_loop_test(rest, test_events__other_parameters_are_seen, 0, 4);
	return egm_test_main(suite);
}
