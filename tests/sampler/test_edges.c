/* SPDX-License-Identifier: MIT */
/* Limits of numbers: more rows per call than chains, points that are infinite in the dtype, and statistics of chains
 * with several walkers. */
#include "sampler_support.h"

/* U = sum tanh(x): finite where x is not. Its gradient drives away. */
static int saturated(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	int64_t dims = *(const int64_t *)user;
	for (int64_t i = 0; i < rows; i++) {
		((double *)energies)[i] = 0;
		for (int64_t j = 0; j < dims; j++) {
			double value = ((const double *)x)[i * dims + j];
			((double *)energies)[i] += tanh(value);
			((double *)gradients)[i * dims + j] = isfinite(value) ? 1e307 : 0;
		}
	}
	return 0;
}

static int not_a_number(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	(void)x, (void)user;
	for (int64_t i = 0; i < rows; i++) ((double *)energies)[i] = ((double *)gradients)[i] = NAN;
	return 0;
}

static egm_context *context;

static void setup(void)
{
	ck_assert_egm(egm_context_create(&context, NULL));
}

static void teardown(void)
{
	egm_context_free(context);
}

static egm_target *callback_target(int64_t dims, egm_energy_fn energy, void *user, int64_t rows)
{
	egm_target *target = NULL;
	egm_target_options o = target_options();
	o.concurrent = rows > 0;
	if (rows > 0) o.max_rows = rows;
	ck_assert_egm(egm_target_callback(&target, context, EGM_F64, dims, &o, energy, user, NULL));
	return target;
}

static any_kernel_options options_of(int32_t kernel, int64_t chains)
{
	any_kernel_options o;
	ck_assert_egm(any_kernel_init(&o, kernel));
	o.chains = chains;
	return o;
}

/* `rows` is the most that a call may have: it costs no memory beyond the chains that there are. */
START_TEST(test_edges__rows_beyond_all_chains_cost_nothing)
{
	const int64_t rows[] = {5, INT64_C(1) << 30, INT64_MAX};
	distribution normal = normal_distribution(EGM_F64, 2, 1, 1);
	egm_target *target = callback_target(2, energy_of_distribution, &normal, rows[_i]);
	any_kernel_options o = options_of(ANY_TEMPERED, 4);
	const double temperatures[2] = {1, 2};
	o.temperatures = temperatures;
	o.levels = 2;
	egm_sampler *sampler = make_sampler(target, &o);
	ck_assert_egm(egm_sampler_run(sampler, 5, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_free(sampler);
	egm_target_free(target);
}
END_TEST

/* Every draw is a valid first point: no chain is at infinity, even if the energy has a value there. */
START_TEST(test_edges__a_point_beyond_the_dtype_freezes_its_chain)
{
	int64_t dims = 2 + _i; /* 2: chain by chain; 4: all rows of a block at once */
	egm_target *target = callback_target(dims, saturated, &dims, 0);
	any_kernel_options o = options_of(ANY_ULA, 3);
	double points[3 * 4];
	o.step_size = 10;
	egm_sampler *sampler = make_sampler(target, &o);
	ck_assert_int_eq(egm_sampler_run(sampler, 50, 1, egm_no_out(), egm_no_out(), NULL, NULL), EGM_ERR_NONFINITE);
	ck_assert_int_eq(sampler_stats(sampler, -1).frozen, 3);
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points)));
	for (int64_t i = 0; i < 3 * dims; i++) ck_assert(isfinite(points[i]));
	ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, points)));
	egm_sampler_free(sampler);
	egm_target_free(target);
}
END_TEST

START_TEST(test_edges__all_chains_frozen_is_an_error_in_every_call)
{
	egm_target *target = callback_target(1, not_a_number, NULL, 0);
	any_kernel_options o = options_of(ANY_TEMPERED, 2);
	const double temperatures[3] = {1, 2, 4};
	o.temperatures = temperatures;
	o.levels = 3;
	egm_sampler *sampler = make_sampler(target, &o);
	for (int call = 0; call < 3; call++) {
		ck_assert_int_eq(egm_sampler_run(sampler, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL), EGM_ERR_NONFINITE);
		ck_assert_int_eq(sampler_stats(sampler, -1).frozen, 2); /* chains, not their levels */
		ck_assert_int_eq(sampler_stats(sampler, 1).frozen, 1);
	}
	egm_sampler_free(sampler);
	egm_target_free(target);
}
END_TEST

/* A start that the dtype or a bound's exponential cannot hold is rejected, not frozen later. */
START_TEST(test_edges__a_start_beyond_the_dtype_is_rejected)
{
	distribution normal = normal_distribution(EGM_F64, 2, 1, 1);
	const double lower[2] = {0, 0};
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_target_options bounded;
	any_kernel_options o = options_of(ANY_MALA, 4);
	bounded = (egm_target_options)EGM_TARGET_OPTIONS_INIT;
	bounded.lower = lower;
	ck_assert_egm(egm_target_callback(&target, context, EGM_F64, 2, &bounded, energy_of_distribution, &normal, NULL));
	o.start_scale = 1e4;
	ck_assert_int_eq(any_kernel_sampler(&sampler, target, &o), EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "start_scale is 10000"));
	ck_assert_ptr_null(sampler);
	o.start_scale = 10;
	ck_assert_egm(any_kernel_sampler(&sampler, target, &o));
	egm_sampler_free(sampler);
	egm_target_free(target);
}
END_TEST

/* What `thin` counts is what the statistics count, with every kernel. */
START_TEST(test_edges__transitions_are_what_thin_counts)
{
	distribution normal = normal_distribution(EGM_F64, 2, 1, 1);
	egm_target *target = callback_target(2, energy_of_distribution, &normal, 0);
	const double temperatures[3] = {1, 2, 4};
	any_kernel_options o = options_of(1 + _i, 2);
	if (o.kernel == ANY_TEMPERED) {
		o.temperatures = temperatures;
		o.levels = 3;
		o.steps_per_level = 4;
	}
	egm_sampler *sampler = make_sampler(target, &o);
	ck_assert_egm(egm_sampler_run(sampler, 5, 2, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(sampler_stats(sampler, 0).transitions, 10);
	ck_assert_int_eq(sampler_stats(sampler, -1).transitions, 20);
	egm_sampler_free(sampler);
	egm_target_free(target);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edges");
	TCase *tc = fixture_case(suite, "edges", "R16 R17", setup, teardown);
	tcase_add_loop_test(tc, test_edges__rows_beyond_all_chains_cost_nothing, 0, 3);
	tcase_add_loop_test(tc, test_edges__a_point_beyond_the_dtype_freezes_its_chain, 0, 3);
	tcase_add_test(tc, test_edges__all_chains_frozen_is_an_error_in_every_call);
	tcase_add_test(tc, test_edges__a_start_beyond_the_dtype_is_rejected);
	tcase_add_loop_test(tc, test_edges__transitions_are_what_thin_counts, 0, 6);
	return egm_test_main(suite);
}
