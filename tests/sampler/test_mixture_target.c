/* SPDX-License-Identifier: MIT */
/* A mixture of normal laws as a target: its moments are known, and its log Z is 0. The law of the test is one that the
 * mixture gets to hold and the sampler gets as an energy; both sides are compared with closed form. */
#include "ais_fixture.h"

#include <egm/mixture.h>

/* Overlapping enough for single chains to cross: E x = sum w m, E x x^T = sum w (C + m m^T). */
static const double weights[3] = {0.5, 0.3, 0.2}, means[6] = {0, 0, 1.5, 1, -1, 2};
static const double covariances[12] = {1, 0.3, 0.3, 0.8, 0.5, -0.1, -0.1, 0.6, 0.9, 0, 0, 0.4};

static egm_mixture *mixture;

static void open_mixture(egm_context *c, egm_dtype dtype)
{
	egm_mixture_options o;
	egm_target_options to = target_options();
	const egm_energy_fn energy = dtype == EGM_F32 ? egm_mixture_energy_f32 : egm_mixture_energy_f64;
	ck_assert_egm(egm_mixture_options_init(&o, sizeof o));
	o.components = 3;
	ck_assert_egm(egm_mixture_create(&mixture, c, egm_f64(weights, COMPONENTS, 1), egm_f64(means, COMPONENTS, 2),
	                                 COVARIANCES(covariances, COMPONENTS, 2), &o));
	to.concurrent = 1;
	ck_assert_egm(egm_target_callback(&target, c, dtype, 2, &to, energy, mixture));
}

static void close_mixture(void)
{
	teardown();
	egm_mixture_free(mixture);
}

static double moment(int i, int j)
{
	double sum = 0;
	for (int k = 0; k < 3; k++)
		sum += weights[k] *
		       (j < 0 ? means[2 * k + i] : covariances[4 * k + 2 * i + j] + means[2 * k + i] * means[2 * k + j]);
	return sum;
}

static double product_of(const double *x, int64_t j, double c)
{
	return x[0] * x[1];
}

static void check_moments(const sample *s)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_expect(s, mean_of, i, 0, moment(i, -1));
		ck_assert_expect(s, square_of, i, 0, moment(i, i));
	}
	ck_assert_expect(s, product_of, 0, 0, moment(0, 1));
}

/* 100 chains of 300 draws behind 100 transitions unseen, in which the start N(0, 1) is forgotten: the step of either
 * kernel crosses the law in a few. Standard errors are those between chains. */
START_TEST(test_mixture__chains_have_its_moments)
{
	enum { CHAINS = 100 };
	const egm_dtype dtype = _i % 2 ? EGM_F32 : EGM_F64;
	open_mixture(context, dtype);
	egm_sampler_options o =
	    sampler_options(_i < 2 ? EGM_SAMPLER_HMC : EGM_SAMPLER_MALA, CHAINS, _i < 2 ? 0.25 : 0.8, 3);
	sampler = make_sampler(target, &o);
	ck_assert_egm(egm_sampler_run(sampler, 1, 100, egm_no_out(), egm_no_out(), NULL, NULL));
	sample s = run_sampler(sampler, dtype, 2, CHAINS, 300, _i < 2 ? 1 : 4);
	check_moments(&s);
	free(s.draws);
}
END_TEST

/* The integral of a density is 1. */
START_TEST(test_mixture__log_z_is_zero)
{
	open_mixture(context, _i ? EGM_F32 : EGM_F64);
	egm_ais_options o = ais_options(1000, 100, 5);
	egm_ais_result r = run_ais(&o, NULL);
	ck_assert(r.standard_error < 0.03);
	ck_assert_near(r.log_z, 0, 3 * r.standard_error);
	ck_assert_int_eq(r.lost, 0);
}
END_TEST

/* Concurrent calls see one mixture: the same bits with one thread and with three. */
START_TEST(test_mixture__threads_change_no_bit_of_a_chain)
{
	enum { CHAINS = 70, N = 40 };
	static double first[N * CHAINS * 2], other[N * CHAINS * 2];
	for (int32_t threads = 1; threads <= 3; threads += 2) {
		egm_context *c = threaded_context(threads);
		open_mixture(c, EGM_F64);
		egm_sampler_options o = sampler_options(EGM_SAMPLER_HMC, CHAINS, 0.3, 9);
		sampler = make_sampler(target, &o);
		ck_assert_egm(egm_sampler_run(sampler, N, 1, draws_out(sampler, N, threads == 1 ? first : other), egm_no_out(),
		                              NULL, NULL));
		close_sampler();
		egm_mixture_free(mixture);
		mixture = NULL;
		egm_context_free(c);
	}
	ck_assert(!memcmp(first, other, sizeof first));
}
END_TEST

/* Draws of the mixture itself have the same moments: what chains are compared with in practice. */
START_TEST(test_mixture__own_draws_have_its_moments)
{
	sample s = {300, 100, 2, malloc(300 * 100 * 2 * sizeof(double))};
	ck_assert_ptr_nonnull(s.draws);
	open_mixture(context, EGM_F64);
	ck_assert_egm(egm_mixture_sample(mixture, 4, egm_f64_out(s.draws, s.n * s.chains, egm_mixture_dims(mixture))));
	check_moments(&s);
	free(s.draws);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mixture_target");
	TCase *t = fixture_case(s, "mixture_target", NULL, setup, close_mixture);
	tcase_add_loop_test(t, test_mixture__chains_have_its_moments, 0, 4);
	tcase_add_loop_test(t, test_mixture__log_z_is_zero, 0, 2);
	tcase_add_test(t, test_mixture__threads_change_no_bit_of_a_chain);
	tcase_add_test(t, test_mixture__own_draws_have_its_moments);
	return egm_test_main(s);
}
