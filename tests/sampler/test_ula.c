/* SPDX-License-Identifier: MIT */
/* The unadjusted Langevin algorithm on a normal distribution, where it is an autoregression: x' = (1 - eps C k / 2)
 * x + sqrt(eps C) xi has the variance 1 / (k (1 - eps C k / 4)), which is not that of the target. This bias and no
 * other fixes the meaning of the step (E5) and of beta (E6). */
#include "sampler_support.h"

enum { CHAINS = 200, FORGET = 300, DRAWS = 2000 };

/* x_t[j] x_(t+1)[j] of consecutive draws. */
static sample products(const sample *s, int64_t j)
{
	sample p = {s->n - 1, s->chains, 1, (double *)malloc((size_t)((s->n - 1) * s->chains) * sizeof(double))};
	ck_assert_ptr_nonnull(p.draws);
	for (int64_t i = 0; i < p.n * p.chains; i++)
		p.draws[i] = s->draws[i * s->dims + j] * s->draws[(i + s->chains) * s->dims + j];
	return p;
}

/* xi = (x' - x + (eps/2) C k x) / sqrt(eps C): what the noise must have been, if the drift is right. */
static sample noises(const sample *s, int64_t j, double step, double k, double c)
{
	sample p = products(s, j);
	for (int64_t i = 0; i < p.n * p.chains; i++) {
		double x = s->draws[i * s->dims + j], next = s->draws[(i + s->chains) * s->dims + j];
		p.draws[i] = (next - x + step / 2 * c * k * x) / sqrt(step * c);
	}
	return p;
}

/* Everything that is known of coordinate j with precision k, step eps and preconditioner c. */
static void assert_autoregression(const sample *s, int64_t j, double step, double k, double c)
{
	double variance = 1 / (k * (1 - step * c * k / 4)), factor = 1 - step * c * k / 2;
	sample lagged = products(s, j), noise = noises(s, j, step, k, c);
	assert_normal(s, j, 0, sqrt(variance));
	ck_assert_expect(&lagged, mean_of, 0, 0, factor * variance);
	assert_normal(&noise, 0, 0, 1);
	free(lagged.draws);
	free(noise.draws);
}

static const double steps[] = {0.1, 0.5, 1, 2, 3.9};

/* variances 1.025641, 1.142857, 1.333333, 2, 40; in the form x' = x - s grad U + sqrt(2 s) xi the second and the third
 * would be 1.333 and 2 */
START_TEST(test_ula__bias_of_a_normal_distribution)
{
	double step = steps[_i];
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	any_kernel_options o = sampler_options(ANY_ULA, CHAINS, step, 7);
	sample s = sample_distribution(&dist, NULL, &o, FORGET, DRAWS, 1);
	assert_autoregression(&s, 0, step, 1, 1);
	free(s.draws);
}
END_TEST

START_TEST(test_ula__bias_in_f32)
{
	distribution dist = normal_distribution(EGM_F32, 1, 1, 1);
	any_kernel_options o = sampler_options(ANY_ULA, CHAINS, 0.5, 8);
	sample s = sample_distribution(&dist, NULL, &o, FORGET, DRAWS, 1);
	assert_autoregression(&s, 0, 0.5, 1, 1);
	free(s.draws);
}
END_TEST

/* Precisions 1, 10, 100; without the scale eps = 0.3 would diverge in the last. The second scale is not the
 * distribution's own.
 */
START_TEST(test_ula__scale_is_the_root_of_the_preconditioner)
{
	const double scales[2][3] = {{1, 0.31622776601683794, 0.1}, {1.5, 0.2, 0.05}};
	const double *scale = scales[_i / 2];
	distribution dist = normal_distribution(_i % 2 ? EGM_F32 : EGM_F64, 3, 1, 100);
	any_kernel_options o = sampler_options(ANY_ULA, CHAINS, 0.3, 9);
	o.scale = scale;
	sample s = sample_distribution(&dist, NULL, &o, FORGET, DRAWS, 1);
	for (int64_t j = 0; j < 3; j++) {
		double c = dist.dtype == EGM_F32 ? (double)(float)scale[j] : scale[j];
		assert_autoregression(&s, j, 0.3, normal_precision(&dist, j), c * c);
	}
	free(s.draws);
}
END_TEST

/* V = beta U + |x|^2 / (2 tau^2): precision 4 * 1 + 1 / 0.5^2 = 8 without a change of the noise. */
START_TEST(test_ula__beta_multiplies_the_energy)
{
	double step = 0.25;
	egm_target_options t = target_options();
	t.beta = 4;
	t.prior_scale = _i ? 0.5 : 0;
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	any_kernel_options o = sampler_options(ANY_ULA, CHAINS, step, 10);
	sample s = sample_distribution(&dist, &t, &o, FORGET, DRAWS, 1);
	assert_autoregression(&s, 0, step, _i ? 8 : 4, 1);
	free(s.draws);
}
END_TEST

/* At eps k = 4 the factor is -1: from 0 the variance after n steps is n eps, for ever. */
START_TEST(test_ula__walks_at_the_edge_of_stability)
{
	enum { N = 50, MANY = 2000 };
	distribution dist = normal_distribution(EGM_F64, 1, 2, 2);
	any_kernel_options o = sampler_options(ANY_ULA, MANY, 2, 11);
	egm_sampler *sampler = sampler_of(&dist, NULL, &o);
	static const double zeros[MANY];
	ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, zeros)));
	for (int64_t n = N; n <= 2 * N; n += N) {
		sample s = run_sampler(sampler, EGM_F64, 1, MANY, 1, N);
		ck_assert_expect(&s, square_of, 0, 0, (double)n * 2);
		free(s.draws);
	}
	egm_sampler_free(sampler);
}
END_TEST

/* eps k = 8: x grows by 3 a step, and U = x^2 / 2 overflows beyond 1.3e154 in f64 and 1.8e19 in f32, after some
 * log(1.3e154) / log 3 = 323 and 40 steps. */
START_TEST(test_ula__freezes_where_it_diverges)
{
	enum { N = 400 };
	egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	distribution dist = normal_distribution(dtype, 1, 1, 1);
	any_kernel_options o = sampler_options(ANY_ULA, 3, 8, 12);
	egm_sampler *sampler = sampler_of(&dist, NULL, &o);
	double draws[N][3], energies[N][3];
	const float *narrow = (const float *)(const void *)draws;
	ck_assert_int_eq(
	    egm_sampler_run(sampler, N, 1, draws_out(sampler, N, draws), energies_out(sampler, N, energies), NULL, NULL),
	    EGM_ERR_NONFINITE);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "chain 0"));
	egm_sampler_statistics all = sampler_stats(sampler, -1);
	ck_assert_int_eq(all.frozen, 3);
	ck_assert(isnan(all.acceptance));
	ck_assert_int_eq(all.divergences, 0);
	for (int64_t c = 0; c < 3; c++) {
		int64_t made = sampler_stats(sampler, c).transitions;
		ck_assert_int_ge(made, _i ? 35 : 315);
		ck_assert_int_le(made, _i ? 45 : 330);
		for (int64_t n = made; n < N; n++) {
			double x = _i ? (double)narrow[n * 3 + c] : draws[n][c];
			double last = _i ? (double)narrow[(made - 1) * 3 + c] : draws[made - 1][c];
			ck_assert(isfinite(x) && x == last);
		}
	}
	egm_sampler_free(sampler);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("langevin");
	TCase *distributions = new_case(suite, "normal distributions", "K12 E5");
	tcase_add_loop_test(distributions, test_ula__bias_of_a_normal_distribution, 0, 5);
	tcase_add_test(distributions, test_ula__bias_in_f32);
	tcase_add_loop_test(distributions, test_ula__scale_is_the_root_of_the_preconditioner, 0, 4);
	TCase *weights = new_case(suite, "beta and prior", "E6");
	tcase_add_loop_test(weights, test_ula__beta_multiplies_the_energy, 0, 2);
	TCase *edge = new_case(suite, "stability", "K12 R16");
	tcase_add_test(edge, test_ula__walks_at_the_edge_of_stability);
	tcase_add_loop_test(edge, test_ula__freezes_where_it_diverges, 0, 2);
	return egm_test_main(suite);
}
