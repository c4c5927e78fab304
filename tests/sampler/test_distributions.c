/* SPDX-License-Identifier: MIT */
/* MALA and HMC, which are exact, on distributions with moments and quantiles in closed form: badly scaled, bounded,
 * curved, and with two modes. Neither can sample Neal's funnel with a fixed step: a test shows the symptoms. */
#include "densities.h"

enum { CHAINS = 100 };

/* _i: mala and hmc in f64, then in f32 */
static int is_hmc(int i)
{
	return i % 2;
}

static egm_dtype dtype_of(int i)
{
	return i / 2 % 2 ? EGM_F32 : EGM_F64;
}

static any_kernel_options options_of(int i, double eps, double h, int64_t leapfrogs, uint64_t seed)
{
	any_kernel_options o = sampler_options(is_hmc(i) ? ANY_HMC : ANY_MALA, CHAINS, is_hmc(i) ? h : eps, seed);
	if (!is_hmc(i)) return o;
	o.leapfrog_steps = leapfrogs;
	o.jitter = 0.2;
	return o;
}

/* ---- standard deviations from 0.1 to 1, about 2 */

START_TEST(test_distributions__normal_of_unequal_scales)
{
	int scaled = _i >= 4;
	double scale[10];
	distribution dist = normal_distribution(dtype_of(_i), 10, 1, 100);
	dist.numbers[2] = 2;
	for (int64_t j = 0; j < 10; j++) scale[j] = 1 / sqrt(normal_precision(&dist, j));
	any_kernel_options o = scaled ? options_of(_i, 1, 0.7, 3, 31) : options_of(_i, 0.015, 0.1, 15, 32);
	if (scaled) o.scale = scale;
	int slow = !scaled && !is_hmc(_i);
	sample s = sample_distribution(&dist, NULL, &o, slow ? 2000 : 200, slow ? 800 : 1000, slow ? 8 : 1);
	for (int64_t j = 0; j < 10; j++) assert_normal(&s, j, 2, scale[j]);
	free(s.draws);
}
END_TEST

/* ---- bounds of every kind at once: N(0,1), N(0,1) cut to (-1, 2), Exp(2) above 3, U(0, 1e-3) */

static double boxed_energy(const distribution *dist, const double *x, double *gradient)
{
	gradient[0] = x[0];
	gradient[1] = x[1];
	gradient[2] = 2;
	gradient[3] = 0;
	return (x[0] * x[0] + x[1] * x[1]) / 2 + 2 * x[2];
}

static double normal_share(double x) /* Phi */
{
	return erfc(-x / sqrt(2)) / 2;
}

static double normal_density(double x)
{
	return exp(-x * x / 2) / sqrt(2 * acos(-1));
}

START_TEST(test_distributions__bounds_of_every_kind)
{
	const double lower[4] = {-INFINITY, -1, 3, 0}, upper[4] = {INFINITY, 2, INFINITY, 1e-3};
	egm_target_options t = target_options();
	t.lower = lower;
	t.upper = upper;
	distribution dist = {.dtype = dtype_of(_i), .dims = 4, .energy = boxed_energy};
	any_kernel_options o = options_of(_i, 0.8, 0.6, 5, 33);
	sample s = sample_distribution(&dist, &t, &o, 300, 1500, 2);
	assert_normal(&s, 0, 0, 1);
	double inside = normal_share(2) - normal_share(-1), mean = (normal_density(-1) - normal_density(2)) / inside;
	double second = 1 + (-normal_density(-1) - 2 * normal_density(2)) / inside;
	ck_assert_expect(&s, mean_of, 1, 0, mean);
	ck_assert_expect(&s, square_of, 1, 0, second);
	for (double x = -0.75; x < 2; x += 0.5)
		ck_assert_expect(&s, is_below, 1, x, (normal_share(x) - normal_share(-1)) / inside);
	ck_assert_expect(&s, mean_of, 2, 3, 0.5);
	ck_assert_expect(&s, square_of, 2, 3.5, 0.25);
	ck_assert_expect(&s, is_below, 2, 3 + log(2) / 2, 0.5);
	ck_assert_expect(&s, mean_of, 3, 5e-4, 0);
	ck_assert_expect(&s, square_of, 3, 5e-4, 1e-6 / 12);
	ck_assert_expect(&s, is_below, 3, 1e-4, 0.1);
	free(s.draws);
}
END_TEST

/* ---- 0.3 N((-1.5, 1), I) + 0.7 N((1.5, -1), I) */

static double unequal_mixture(const distribution *dist, const double *x, double *gradient)
{
	double a = log(0.3) - ((x[0] + 1.5) * (x[0] + 1.5) + (x[1] - 1) * (x[1] - 1)) / 2;
	double b = log(0.7) - ((x[0] - 1.5) * (x[0] - 1.5) + (x[1] + 1) * (x[1] + 1)) / 2;
	double most = fmax(a, b), log_sum = most + log(exp(a - most) + exp(b - most)), share = exp(a - log_sum);
	gradient[0] = x[0] + share * 1.5 - (1 - share) * 1.5;
	gradient[1] = x[1] - share + (1 - share);
	return -log_sum;
}

START_TEST(test_distributions__mixture_of_two_normals)
{
	const double center[2] = {1.5, -1};
	distribution dist = {.dtype = dtype_of(_i), .dims = 2, .energy = unequal_mixture};
	any_kernel_options o = options_of(_i, 1.5, 0.6, 4, 34);
	sample s = sample_distribution(&dist, NULL, &o, 500, 1000, 4);
	for (int64_t j = 0; j < 2; j++) {
		double m = center[j];
		ck_assert_expect(&s, mean_of, j, 0, 0.4 * m);
		ck_assert_expect(&s, square_of, j, 0, 1 + m * m);
		for (double x = -3; x <= 3; x += 1)
			ck_assert_expect(&s, is_below, j, x, 0.3 * normal_share(x + m) + 0.7 * normal_share(x - m));
	}
	free(s.draws);
}
END_TEST

/* ---- Rosenbrock: x ~ N(1, 1/2), y given x ~ N(x^2, 1/10), so E y = 3/2 and var y = 1/10 + 4/2 + 2/4 */

static double rosenbrock_energy(const distribution *dist, const double *x, double *gradient)
{
	double away = x[0] - 1, off = x[1] - x[0] * x[0];
	gradient[0] = 2 * away - 20 * off * x[0];
	gradient[1] = 10 * off;
	return away * away + 5 * off * off;
}

START_TEST(test_distributions__rosenbrock)
{
	distribution dist = {.dtype = dtype_of(_i), .dims = 2, .energy = rosenbrock_energy};
	any_kernel_options o = options_of(_i, 0.02, 0.06, 20, 35);
	sample s = sample_distribution(&dist, NULL, &o, 500, 1500, is_hmc(_i) ? 2 : 12);
	assert_normal(&s, 0, 1, sqrt(0.5));
	ck_assert_expect(&s, mean_of, 1, 0, 1.5);
	ck_assert_expect(&s, square_of, 1, 1.5, 2.6);
	for (int64_t i = 0; i < s.n * s.chains; i++) s.draws[2 * i + 1] -= s.draws[2 * i] * s.draws[2 * i];
	assert_normal(&s, 1, 0, sqrt(0.1));
	free(s.draws);
}
END_TEST

/* ---- Neal's funnel: v ~ N(0, 9), x_1 .. x_9 given v ~ N(0, e^v) */

/* 5 % of the distribution has v < -4.93, where the scale of x is 0.085 and a step made for the rest is far too long. No
 * chain gets there. The variance of v comes out as 4 to 5 (mala) and 6 to 7.6 (hmc, over twelve seeds) for 9, and the
 * acceptance looks well: 0.72 and 0.82. Signs of the failure are a few divergences of hmc, an R-hat of v above 1.1, and
 * chains that never move, for which R-hat is NaN. A smaller step only moves the limit; sampling x / e^(v/2) in place of
 * x solves the problem. */
START_TEST(test_distributions__funnel_is_not_sampled)
{
	distribution dist = distribution_of(funnel_energy, 10, 0);
	any_kernel_options o = options_of(_i, 0.2, 0.3, 10, 36);
	egm_sampler *sampler = sampler_of(&dist, NULL, &o);
	ck_assert_egm(egm_sampler_run(sampler, 1, 1000, egm_no_out(), egm_no_out(), NULL, NULL));
	sample s = run_sampler(sampler, EGM_F64, 10, CHAINS, 1000, 1);
	egm_sampler_statistics all = sampler_stats(sampler, -1);
	estimate square = expect(&s, square_of, 0, 0);
	ck_assert(expect(&s, is_below, 0, -4.9345608808543688).value <= 0.005);
	ck_assert(is_hmc(_i) || square.value + STANDARD_ERRORS * square.error < 9);
	ck_assert(all.acceptance > 0.6 && all.acceptance < 0.9);
	ck_assert(is_hmc(_i) ? all.divergences > 0 : all.divergences == 0);
	free(s.draws);
	egm_sampler_free(sampler);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("distributions");
	TCase *smooth = new_case(suite, "distributions in closed form", "K13 E17 E4");
	tcase_add_loop_test(smooth, test_distributions__normal_of_unequal_scales, 0, 8);
	tcase_add_loop_test(smooth, test_distributions__bounds_of_every_kind, 0, 4);
	tcase_add_loop_test(smooth, test_distributions__mixture_of_two_normals, 0, 4);
	tcase_add_loop_test(smooth, test_distributions__rosenbrock, 0, 4);
	TCase *known = new_case(suite, "known failures", NULL);
	tcase_add_loop_test(known, test_distributions__funnel_is_not_sampled, 0, 2);
	return egm_test_main(suite);
}
