/* SPDX-License-Identifier: MIT */
/* A sampler that is saved and loaded continues as if it had not been. */
#include "any_kernel.h"
#include "sampler_file_fixture.h"

/* `straight` has run; a second sampler of the same target, which has done other things, takes over from its file. */
static void expect_resume(egm_sampler *straight, const any_kernel_options *other)
{
	egm_sampler *resumed = make_sampler(straight->target, other);
	ck_assert_egm(egm_sampler_run(resumed, 3, 1, egm_no_out(), egm_no_out(), NULL, NULL)); /* is forgotten */
	save(straight, "middle.egm");
	load(resumed, "middle.egm");
	save(resumed, "again.egm");
	assert_same_files("middle.egm", "again.egm");
	assert_go_on_alike(straight, resumed);
	egm_sampler_free(resumed);
}

static void expect_resume_of(egm_target *target, int32_t kernel)
{
	any_kernel_options options = options_of(kernel, 5), other = options_of(kernel, 6);
	other.step_size = 0.07;
	egm_sampler *straight = make_sampler(target, &options);
	if (straight->method->metropolis) ck_assert_egm(egm_sampler_warmup(straight, 60, NULL, NULL));
	ck_assert_egm(egm_sampler_run(straight, BEFORE, THIN, egm_no_out(), egm_no_out(), NULL, NULL));
	expect_resume(straight, &other);
	egm_sampler_free(straight);
}

START_TEST(test_sampler_file__resumes_bit_for_bit)
{
	egm_context *context = threaded_context(1);
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		static const double lower[] = {-1, -INFINITY, 0}, upper[] = {INFINITY, 1, 2};
		distribution dist = normal_distribution((egm_dtype)dtype, DIMS, 0.5, 20);
		egm_target_options bounds = EGM_TARGET_OPTIONS_INIT;
		bounds.lower = lower;
		bounds.upper = upper;
		for (int box = 0; box <= 1; box++) {
			egm_target *target = distribution_target(context, &dist, box ? &bounds : NULL);
			if (!(box && _i == ANY_ANNEALED_LANGEVIN)) expect_resume_of(target, _i); /* its denoise: no box */
			egm_target_free(target);
		}
	}
	egm_context_free(context);
}
END_TEST

/* A network is evaluated in blocks of chains: none of 70 chains may depend on being evaluated again with others. */
START_TEST(test_sampler_file__resumes_on_nets_with_other_threads)
{
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		egm_sampler *samplers[2] = {NULL, NULL};
		for (int i = 0; i < 2; i++) {
			egm_context *context = threaded_context(i ? 3 : 1);
			egm_model *energy = NULL;
			egm_target *target = NULL;
			egm_target_options prior = EGM_TARGET_OPTIONS_INIT;
			prior.prior_scale = 2;
			any_kernel_options options = options_of(_i, (uint64_t)i);
			options.chains = 70;
			ck_assert_egm(egm_model_create(&energy, context, "energy", DIMS));
			egm_model_dense(energy, 40);
			egm_model_silu(energy);
			egm_model_dense(energy, 1);
			ck_assert_egm(egm_model_build(energy, (egm_dtype)dtype, 3));
			ck_assert_egm(egm_target_model(&target, energy, &prior));
			samplers[i] = make_sampler(target, &options);
			egm_target_free(target);
			egm_model_free(energy);
			egm_context_free(context);
		}
		if (samplers[0]->method->metropolis) ck_assert_egm(egm_sampler_warmup(samplers[0], 30, NULL, NULL));
		ck_assert_egm(egm_sampler_run(samplers[0], BEFORE, THIN, egm_no_out(), egm_no_out(), NULL, NULL));
		save(samplers[0], "net.egm");
		load(samplers[1], "net.egm");
		assert_go_on_alike(samplers[0], samplers[1]);
		for (int i = 0; i < 2; i++) egm_sampler_free(samplers[i]);
	}
}
END_TEST

START_TEST(test_sampler_file__keeps_a_scale_that_all_share)
{
	static const double wide[] = {3, 1, 0.5}, ones[] = {1, 1, 1};
	egm_context *context = threaded_context(1);
	distribution dist = normal_distribution(EGM_F32, DIMS, 1, 1);
	egm_target *target = distribution_target(context, &dist, NULL);
	any_kernel_options options = options_of(ANY_ULA, 1), other = options;
	options.scale = wide;
	other.scale = ones;
	egm_sampler *straight = make_sampler(target, &options);
	expect_resume(straight, &other);
	egm_sampler_free(straight);
	egm_target_free(target);
	egm_context_free(context);
}
END_TEST

START_TEST(test_sampler_file__loads_before_the_first_transition)
{
	egm_context *context = threaded_context(1);
	distribution dist = normal_distribution(EGM_F64, DIMS, 1, 1);
	egm_target *target = distribution_target(context, &dist, NULL);
	any_kernel_options options = options_of(_i, 1), other = options_of(_i, 2);
	egm_sampler *straight = make_sampler(target, &options);
	expect_resume(straight, &other);
	egm_sampler_free(straight);
	egm_target_free(target);
	egm_context_free(context);
}
END_TEST

/* A normal distribution whose energy is infinite at evaluation numbers[3], and that alone. */
static double brittle_energy(const distribution *dist, const double *x, double *gradient)
{
	distribution *mutable = (distribution *)(uintptr_t)dist;
	double u = normal_energy(dist, x, gradient);
	return ++mutable->numbers[4] == dist->numbers[3] ? INFINITY : u;
}

/* Freezes at every evaluation at which the kernel can: without a Metropolis test at any, with one where a point is
 * asked for the second time, of one level of a ladder for example. The frozen chain shows the same draws and energies.
 */
START_TEST(test_sampler_file__keeps_frozen_chains)
{
	egm_context *context = threaded_context(1);
	int froze = 0;
	for (int at = 1; at <= 150; at++) {
		distribution dist = {.dtype = EGM_F64, .dims = DIMS, .energy = brittle_energy, .numbers = {1, 1, 0, at}};
		egm_target *target = distribution_target(context, &dist, NULL);
		any_kernel_options options = options_of(_i, 1), other = options_of(_i, 2);
		egm_sampler *straight = make_sampler(target, &options), *resumed = make_sampler(target, &other);
		ck_assert_egm(egm_sampler_run(straight, 1, BEFORE, egm_no_out(), egm_no_out(), NULL, NULL));
		if (sampler_stats(straight, -1).frozen > 0) {
			froze++;
			save(straight, "frozen.egm");
			load(resumed, "frozen.egm");
			assert_go_on_alike(straight, resumed);
		}
		egm_sampler_free(straight);
		egm_sampler_free(resumed);
		egm_target_free(target);
	}
	ck_assert_int_ge(froze, CHAINS); /* the first evaluation of each chain at least */
	egm_context_free(context);
}
END_TEST

START_TEST(test_sampler_file__resumes_after_a_callback_that_stopped)
{
	egm_context *context = threaded_context(1);
	for (int at = 1; at <= BEFORE * THIN; at++) { /* calls that every kernel makes */
		distribution dist = normal_distribution(EGM_F64, DIMS, 1, 1);
		dist.stop_at = at;
		egm_target *target = distribution_target(context, &dist, NULL);
		any_kernel_options options = options_of(_i, 1), other = options_of(_i, 2);
		egm_sampler *straight = make_sampler(target, &options);
		ck_assert_int_eq(egm_sampler_run(straight, BEFORE, THIN, egm_no_out(), egm_no_out(), NULL, NULL),
		                 EGM_ERR_STOPPED);
		expect_resume(straight, &other);
		egm_sampler_free(straight);
		egm_target_free(target);
	}
	egm_context_free(context);
}
END_TEST

/* The file of a sampler that its progress callback stopped is byte for byte that of a sampler whose call ended there.
 * Both continue alike, from the file or without it. */
START_TEST(test_sampler_file__resumes_after_a_progress_callback_that_stopped)
{
	egm_context *context = threaded_context(1);
	for (int64_t at = 1; at <= 7; at++) {
		distribution dist = normal_distribution(EGM_F64, DIMS, 1, 9);
		egm_target *target = distribution_target(context, &dist, NULL);
		any_kernel_options options = options_of(_i, 1), other = options_of(_i, 2);
		egm_sampler *stopped = make_sampler(target, &options), *straight = make_sampler(target, &options);
		stopper s = {.at = at};
		ck_assert_int_eq(egm_sampler_run(stopped, 1000, 1000, egm_no_out(), egm_no_out(), stop_from, &s),
		                 EGM_ERR_STOPPED);
		ck_assert_egm(egm_sampler_run(straight, s.done, 1, egm_no_out(), egm_no_out(), NULL, NULL));
		save(stopped, "stopped.egm");
		save(straight, "straight.egm");
		assert_same_files("stopped.egm", "straight.egm");
		expect_resume(stopped, &other);
		egm_sampler_free(straight);
		egm_sampler_free(stopped);
		egm_target_free(target);
	}
	egm_context_free(context);
}
END_TEST

int main(void)
{
	enum { FIRST = ANY_ULA, END = ANY_TEMPERED + 1 };
	Suite *suite = suite_create("train/sampler_file");
	TCase *tc = add_case(suite, "resume", "K24 R15");
	tcase_add_loop_test(tc, test_sampler_file__resumes_bit_for_bit, FIRST, END);
	tcase_add_loop_test(tc, test_sampler_file__resumes_on_nets_with_other_threads, FIRST, END);
	tcase_add_test(tc, test_sampler_file__keeps_a_scale_that_all_share);
	tcase_add_loop_test(tc, test_sampler_file__loads_before_the_first_transition, FIRST, END);
	tcase_add_loop_test(tc, test_sampler_file__keeps_frozen_chains, FIRST, END);
	tcase_add_loop_test(tc, test_sampler_file__resumes_after_a_callback_that_stopped, FIRST, END);
	tcase_add_loop_test(tc, test_sampler_file__resumes_after_a_progress_callback_that_stopped, FIRST, END);
	return egm_test_main(suite);
}
