/* SPDX-License-Identifier: MIT */
/* Draws times 2^k: R-hat and sample sizes are bit-identical, moments and quantiles are times 2^k, within the range of
 * numbers. Powers of two do not round, so any difference comes from a square or a difference that left the range. */
#include "diagnostics_support.h"
#include <float.h>

enum { N = 301, CHAINS = 3, LAGS = 60, KINDS = 5 };

static const int powers[] = {-1020, -1010, -1000, -700, -540, -512, -400, -150, -1, 1, 130, 400, 511, 700, 1000, 1018};
enum { POWERS = sizeof powers / sizeof *powers };

/* Numbers up to some 30: with 2^1018 they end at 2^1023. */
static void make(int kind, double *x)
{
	for (int c = 0; c < CHAINS; c++) {
		autoregressive((uint64_t)(10 * kind + c), kind == 1 ? 0.95 : 0.3, N, CHAINS, x + c);
		for (int t = 0; t < N; t++) {
			double *at = x + t * CHAINS + c;
			if (kind == 2) *at = floor(2 * *at);                     /* ties */
			if (kind == 3) *at = 20 + *at / (c == 1 ? 1 << 20 : 64); /* far from 0; another scale */
			if (kind == 4) *at = c == 2 ? 0.7 : *at;                 /* is constant */
			if (kind == 1) *at = fmax(-30, fmin(30, *at));
		}
	}
}

/* What a number times 2^k is when it is below the normal ones: rounded, some times on the way. */
static void assert_scaled(const char *what, double got, double one, int k)
{
	double expected = ldexp(one, k);
	ck_assert_msg(fabs(got - expected) <= 3 * 0x1p-1074 || (fabs(expected) >= DBL_MIN && got == expected) ||
	                  (isnan(one) && isnan(got)),
	              "%s times 2^%d is %g, not %g", what, k, got, expected);
}

static void assert_same_bits(const char *what, double got, double one, int k)
{
	ck_assert_msg(got == one || (isnan(one) && isnan(got)), "%s times 2^%d is %.17g, not %.17g", what, k, got, one);
}

START_TEST(test_scale__diagnoses_follow_the_draws)
{
	double x[N * CHAINS], y[N * CHAINS];
	make(_i % KINDS, x);
	for (int p = 0; p < POWERS; p++) {
		int k = powers[p];
		/* of the smallest the last bits would be rounded away: these are multiples of 2^-50 at least */
		if (k < -1000 && _i % KINDS != 2) continue;
		for (int i = 0; i < N * CHAINS; i++) y[i] = ldexp(x[i], k);
		for (int chain = -1; chain < CHAINS; chain++) {
			egm_diagnosis a = diagnose_draws(x, N, CHAINS, chain), b = diagnose_draws(y, N, CHAINS, chain);
			assert_same_bits("r_hat", b.r_hat, a.r_hat, k);
			assert_same_bits("ess_bulk", b.ess_bulk, a.ess_bulk, k);
			assert_same_bits("ess_tail", b.ess_tail, a.ess_tail, k);
			assert_same_bits("ess_mean", b.ess_mean, a.ess_mean, k);
			assert_scaled("mean", b.mean, a.mean, k);
			assert_scaled("sd", b.sd, a.sd, k);
			assert_scaled("mcse", b.mcse, a.mcse, k);
			assert_scaled("q05", b.q05, a.q05, k);
			assert_scaled("median", b.median, a.median, k);
			assert_scaled("q95", b.q95, a.q95, k);
		}
	}
}
END_TEST

static void correlate(const double *x, double out[LAGS])
{
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_diagnostics *d = make_diagnostics(context, CHAINS, 1, 0);
	egm_context_free(context);
	add_draws(d, x, N);
	ck_assert_int_eq(egm_diagnostics_autocorrelation(d, 0, -1, egm_f64_out(out, LAGS, 1)), EGM_OK);
	egm_diagnostics_free(d);
}

START_TEST(test_scale__autocorrelation_and_bfmi_do_not_see_it)
{
	double x[N * CHAINS], y[N * CHAINS], a[LAGS], b[LAGS], one, other;
	make(_i, x);
	correlate(x, a);
	for (int p = 0; p < POWERS; p++) {
		if (powers[p] < -1000 && _i != 2) continue;
		for (int i = 0; i < N * CHAINS; i++) y[i] = ldexp(x[i], powers[p]);
		correlate(y, b);
		for (int t = 0; t < LAGS; t++) assert_same_bits("autocorrelation", b[t], a[t], powers[p]);
		for (int c = 0; c < CHAINS; c++) {
			ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(x, N, CHAINS), c, &one), EGM_OK);
			ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(y, N, CHAINS), c, &other), EGM_OK);
			assert_same_bits("bfmi", other, one, powers[p]);
			ck_assert(isfinite(one) || (_i == 4 && c == 2));
		}
	}
}
END_TEST

/* Floats to the ends of their range; the least are subnormal and still exact, as multiples of 1/2. */
START_TEST(test_scale__floats_to_the_ends_of_their_range)
{
	static const int ends[] = {-148, -126, -70, 70, 122};
	double x[N * CHAINS];
	float y[N * CHAINS];
	make(2, x);
	egm_diagnosis a = diagnose_draws(x, N, CHAINS, -1);
	for (size_t p = 0; p < sizeof ends / sizeof *ends; p++) {
		egm_context *context = NULL;
		ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
		egm_diagnostics *d = make_diagnostics(context, CHAINS, 1, 0);
		egm_context_free(context);
		for (int i = 0; i < N * CHAINS; i++) {
			y[i] = (float)ldexp(x[i], ends[p]);
			ck_assert((double)y[i] == ldexp(x[i], ends[p]));
		}
		ck_assert_int_eq(egm_diagnostics_add(d, egm_f32(y, N * CHAINS, 1)), EGM_OK);
		egm_diagnosis b = diagnose(d, 0, -1);
		assert_same_bits("ess_mean", b.ess_mean, a.ess_mean, ends[p]);
		assert_same_bits("r_hat", b.r_hat, a.r_hat, ends[p]);
		assert_scaled("mean", b.mean, a.mean, ends[p]);
		assert_scaled("mcse", b.mcse, a.mcse, ends[p]);
		egm_diagnostics_free(d);
	}
}
END_TEST

/* Draws whose scale changes on the way, up or down, and chains of different scales. With c = 1e200, n values near
 * +-c and n near 0 have the mean m/2 and the variance (n c^2 + n m^2 / 2)/(2n - 1), m the mean of the large ones: 0,
 * for they alternate. 1e-15 a draw. */
START_TEST(test_scale__changes_on_the_way)
{
	enum { HALF = 200 };
	static const double scales[] = {1e-300, 1e-200, 1e-20, 1, 1e20, 1e200, 1e300};
	double x[4 * HALF];
	for (size_t a = 0; a < sizeof scales / sizeof *scales; a++)
		for (size_t b = 0; b < a; b++)
			for (int order = 0; order < 3; order++) {
				for (int t = 0; t < 2 * HALF; t++) {
					int large = order == 2 ? t % 2 : (t < HALF) == order; /* 2: two chains in turn */
					int sign = order == 2 ? t / 2 % 2 : t % 2;
					x[t] = (sign ? -1 : 1) * (large ? scales[a] : scales[b]);
				}
				int chains = order == 2 ? 2 : 1;
				egm_diagnosis d = diagnose_draws(x, 2 * HALF / chains, chains, -1);
				double ratio = scales[b] / scales[a];
				double sd = sqrt(HALF * (1 + ratio * ratio) / (2 * HALF - 1));
				ck_assert_msg(fabs(d.sd / scales[a] - sd) <= 1e-13, "%g %g: %g not %g", scales[a], scales[b],
				              d.sd / scales[a], sd);
				ck_assert(fabs(d.mean / scales[a]) <= 1e-13);
			}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diagnostics");
	TCase *tc = tcase_create("diagnostics_scale");
	tcase_set_tags(tc, "K21");
	tcase_add_loop_test(tc, test_scale__diagnoses_follow_the_draws, 0, KINDS);
	tcase_add_loop_test(tc, test_scale__autocorrelation_and_bfmi_do_not_see_it, 0, KINDS);
	tcase_add_test(tc, test_scale__floats_to_the_ends_of_their_range);
	tcase_add_test(tc, test_scale__changes_on_the_way);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
