/* SPDX-License-Identifier: MIT */
/* R-hat and sample sizes where they are known: autoregressions, independent draws, chains at different places, constant
 * chains; and their parts against direct computation. */
#include "diagnostics_support.h"
#include <stats/diagnostics_impl.h>

enum { REPLICATIONS = 100, LONG = 4000, CHAINS = 4 };

/* x' = phi x + noise has ESS/N = 1/tau = (1 - phi)/(1 + phi): .0526316 for phi = .9, 3 for phi = -.5.
 *
 * The mean of 100 independent estimates of 4 chains of 4,000, as ratio to the truth, may be off by
 * - 4 standard errors, from the spread s of the 100. s itself is held below what Madras and Sokal 1988 give for a sum
 * of autocorrelations up to lag w, s^2 = 2 (2 w + 1)/N, with w = 80, where phi^w = 2e-4: .14;
 * - s^2, as E[tau/tau^] = 1 + s^2 + ... ;
 * - the pairs of noise that Geyer's sum takes in until one is negative. Beyond the autocorrelation a pair has variance
 *   2 tau/N (Bartlett), hence a positive part of sqrt(2 tau/N)/sqrt(2 pi) in the mean, is counted twice, and the k-th
 * is reached with chance 2^-k: 4 sqrt(2 tau/N)/sqrt(2 pi) of tau. */
START_TEST(test_diagnostics__sample_size_of_an_autoregression)
{
	static const double phis[] = {0.9, 0.0, -0.5};
	double phi = phis[_i], truth = (1 - phi) / (1 + phi), sum[2] = {0}, squares[2] = {0};
	const double noise = 4 * sqrt(truth / (M_PI * LONG * CHAINS));
	double *x = malloc(sizeof(double) * LONG * CHAINS);
	for (int r = 0; r < REPLICATIONS; r++) {
		for (int c = 0; c < CHAINS; c++) autoregressive((uint64_t)(1000 * r + c), phi, LONG, CHAINS, x + c);
		egm_diagnosis d = diagnose_draws(x, LONG, CHAINS, -1);
		const double ratios[2] = {d.ess_mean / (LONG * CHAINS) / truth, d.ess_bulk / (LONG * CHAINS) / truth};
		for (int k = 0; k < 2; k++) {
			sum[k] += ratios[k];
			squares[k] += ratios[k] * ratios[k];
		}
		if (phi < 0) ck_assert(d.ess_mean > LONG * CHAINS);
	}
	for (int k = 0; k < 2; k++) {
		double mean = sum[k] / REPLICATIONS;
		double s = sqrt((squares[k] / REPLICATIONS - mean * mean) * REPLICATIONS / (REPLICATIONS - 1));
		ck_assert_msg(s <= 0.14, "spread %g", s);
		ck_assert_msg(fabs(mean - 1) <= 4 * s / sqrt(REPLICATIONS) + s * s + noise,
		              "phi %g: ESS/N %g of the truth, spread %g", phi, mean, s);
	}
	free(x);
}
END_TEST

/* R-hat^2 = 1 + (F - 1)/n for M halves of n, F = B/W with M - 1 = 7 and many degrees of freedom for independent draws;
 * F > 6 has a chance below 1e-6, so R-hat lies between 1 - 1/(2n) and 1 + 5/(2n). */
START_TEST(test_diagnostics__independent_draws_have_r_hat_1)
{
	static double x[LONG * CHAINS];
	for (int c = 0; c < CHAINS; c++) autoregressive((uint64_t)(70 + c), 0, LONG, CHAINS, x + c);
	egm_diagnosis d = diagnose_draws(x, LONG, CHAINS, -1);
	double n = LONG / 2.0;
	ck_assert(d.r_hat - 1 <= 5 / (2 * n) && d.r_hat - 1 >= -1 / (2 * n));
	/* and the spread of ESS/N of the test above, at its bound, 4 times */
	ck_assert(fabs(d.ess_bulk / (LONG * CHAINS) - 1) <= 0.56);
	ck_assert(fabs(d.ess_tail / (LONG * CHAINS) - 1) <= 0.56);
	ck_assert(fabs(d.mcse - d.sd / sqrt(d.ess_mean)) <= 1e-15);
}
END_TEST

/* Two chains 10 sd apart share the normal scores between them, the lower half for one: means -+ sqrt(2/pi), variance
 * 1 - 2/pi. With the four halves' means -m, -m, m, m, B/n = 4/3 m^2, so R-hat^2 = 1 + (4/3)(2/pi)/(1 - 2/pi) = 3.336
 * whatever the distribution of the draws. Each half's mean and variance vary by 1/sqrt(500) or less: 10 % covers them.
 */
START_TEST(test_diagnostics__chains_far_apart_have_a_large_r_hat)
{
	enum { N = 1000 };
	static double x[2 * N];
	const double expected = sqrt(1 + 4.0 / 3 * (2 / M_PI) / (1 - 2 / M_PI));
	for (int c = 0; c < 2; c++) autoregressive((uint64_t)(30 + c), 0, N, 2, x + c);
	for (int t = 0; t < N; t++) x[2 * t + 1] += 10;
	egm_diagnosis d = diagnose_draws(x, N, 2, -1), alone = diagnose_draws(x, N, 2, 1);
	ck_assert_msg(fabs(d.r_hat - expected) <= 0.1 * expected, "%g", d.r_hat);
	ck_assert(d.r_hat > 1.1);
	ck_assert(d.ess_bulk < 10 && d.ess_mean < 10);
	ck_assert(alone.r_hat < 1.01 && alone.ess_bulk > N / 2.0);
}
END_TEST

/* The same mean, but one chain three times as wide: only the folded draws see it. */
START_TEST(test_diagnostics__chains_of_different_scale_have_a_large_r_hat)
{
	enum { N = 1000 };
	static double x[2 * N];
	for (int c = 0; c < 2; c++) autoregressive((uint64_t)(40 + c), 0, N, 2, x + c);
	for (int t = 0; t < N; t++) x[2 * t + 1] *= 3;
	ck_assert(diagnose_draws(x, N, 2, -1).r_hat > 1.1);
}
END_TEST

static void assert_no_verdict(const egm_diagnosis *d)
{
	ck_assert(isnan(d->r_hat) && isnan(d->ess_bulk) && isnan(d->ess_tail) && isnan(d->ess_mean) && isnan(d->mcse));
	ck_assert(isfinite(d->mean) && isfinite(d->sd) && isfinite(d->median));
}

/* Chain 1 of three is constant in the draws from .. to; n = 200, or 201 with the one in the middle dropped. By itself
 * it has no R-hat if it never moved, and has one if half of it did. Among the others it has no variance, so W lacks its
 * share: a sixth for each of its halves (test_diagnostics_arviz.c has such chains as an independent program sees them).
 */
START_TEST(test_diagnostics__a_chain_that_stands_still_among_others_has_a_large_r_hat)
{
	enum { N = 201 };
	static const int stills[][3] = {{200, 0, 200},   {201, 0, 201}, {200, 0, 100},
	                                {200, 100, 200}, {201, 0, 100}, {201, 101, 201}};
	const int *still = stills[_i], n = still[0];
	double x[3 * N];
	for (int c = 0; c < 3; c++) autoregressive((uint64_t)(90 + c), 0, n, 3, x + c);
	for (int t = still[1]; t < still[2]; t++) x[3 * t + 1] = 0.1;
	egm_diagnosis all = diagnose_draws(x, n, 3, -1), it = diagnose_draws(x, n, 3, 1),
	              other = diagnose_draws(x, n, 3, 0);
	ck_assert_msg(all.r_hat > 1.05 && isfinite(all.r_hat), "%g", all.r_hat);
	ck_assert(isfinite(all.ess_bulk) && isfinite(all.ess_tail) && isfinite(all.ess_mean) && isfinite(all.mcse));
	if (still[2] - still[1] == n)
		assert_no_verdict(&it);
	else
		ck_assert(it.r_hat > 1.2 && isfinite(it.r_hat) && isfinite(it.ess_bulk));
	ck_assert(isfinite(other.r_hat) && isfinite(other.ess_bulk) && isfinite(other.ess_tail));
}
END_TEST

/* Halves that do not move have W = 0. All at one place: 0/0. At different ones: infinite, with 0.1, whose sums are
 * rounded, as with 1. The test to write is !(r_hat <= 1.01), which also finds NaN. With all autocorrelations 1 and
 * halves of n = 100, tau = -1 + 2 (sum of pairs, up to lag n - 4) + 1 = 2 n - 8: 600/192 = 3.125 draws, about one a
 * chain. */
START_TEST(test_diagnostics__chains_that_all_stand_still)
{
	enum { N = 200 };
	double x[3 * N];
	for (int i = 0; i < 3 * N; i++) x[i] = 0.1;
	egm_diagnosis d = diagnose_draws(x, N, 3, -1);
	assert_no_verdict(&d);
	ck_assert(d.mean == 0.1 && d.sd == 0);
	for (int t = 0; t < N; t++) x[3 * t] = 0.3;
	d = diagnose_draws(x, N, 3, -1);
	ck_assert(isinf(d.r_hat) && d.r_hat > 0 && !(d.r_hat <= 1.01));
	ck_assert_msg(fabs(d.ess_bulk - 3.125) <= 1e-12 && fabs(d.ess_mean - 3.125) <= 1e-12, "%g", d.ess_bulk);
	for (int t = 0; t < N / 2; t++) x[3 * t + 1] = -7; /* one jump, between the halves */
	d = diagnose_draws(x, N, 3, 1);
	ck_assert(isinf(d.r_hat) && d.r_hat > 0);
}
END_TEST

START_TEST(test_diagnostics__a_constant_chain_has_no_autocorrelation)
{
	enum { N = 50 };
	double x[2 * N], out[N], bfmi = 0;
	egm_context *context = NULL;
	autoregressive(5, 0.5, N, 2, x);
	for (int t = 0; t < N; t++) x[2 * t + 1] = 0.1; /* 50 times 0.1 does not sum to 5: a variance that is not 0 */
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_diagnostics *d = make_diagnostics(context, 2, 1, 0);
	add_draws(d, x, N);
	for (int chain = -1; chain < 2; chain++) {
		ck_assert_int_eq(egm_diagnostics_autocorrelation(d, 0, chain, egm_f64_out(out, N, 1)), EGM_OK);
		for (int t = 0; t < N; t++) ck_assert(chain == 0 ? fabs(out[t]) <= 1 : isnan(out[t]));
		ck_assert(chain != 0 || out[0] == 1);
	}
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(x, N, 2), 1, &bfmi), EGM_OK);
	ck_assert(isnan(bfmi));
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(x, 2, 2), 0, &bfmi), EGM_OK);
	ck_assert(isnan(bfmi));
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(x, 1, 2), 0, &bfmi), EGM_OK);
	ck_assert(isnan(bfmi));
	egm_diagnostics_free(d);
	egm_context_free(context);
}
END_TEST

/* 1, 2, 4: steps 1 and 2 squared make 5; deviations -4/3, -1/3, 5/3 squared make 42/9. */
START_TEST(test_diagnostics__bfmi_by_hand)
{
	const double energies[] = {1, 7, 2, 7, 4, 8};
	double bfmi = 0;
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(energies, 3, 2), 0, &bfmi), EGM_OK);
	ck_assert(fabs(bfmi - 45.0 / 42) <= 1e-15);
}
END_TEST

/* -1 and 1 by turns of chance: all draws are equally far from the median 0, and the 95 % quantile is the largest. Too
 * few draws: a verdict for as much as can be computed. */
START_TEST(test_diagnostics__two_values_and_few_draws)
{
	enum { N = 400 };
	double x[2 * N];
	uint64_t state = 4;
	for (int i = 0; i < 2 * N; i += 2) {
		x[i] = uniform(&state) < 0.5 ? -1 : 1;
		x[i + 1] = -x[i]; /* as many of either */
	}
	egm_diagnosis d = diagnose_draws(x, N, 2, -1);
	ck_assert(fabs(d.r_hat - 1) <= 0.02);
	ck_assert(isfinite(d.ess_bulk) && isfinite(d.ess_mean) && isnan(d.ess_tail));
	autoregressive(6, 0, 40, 1, x);
	for (int n = 0; n <= 12; n++) {
		d = diagnose_draws(x, n, 2, -1);
		ck_assert(n ? isfinite(d.mean) && isfinite(d.sd) : isnan(d.mean) && isnan(d.sd));
		ck_assert(n < 4 ? isnan(d.r_hat) && isnan(d.median) : isfinite(d.r_hat) && isfinite(d.median));
		ck_assert(n < 10 ? isnan(d.ess_bulk) && isnan(d.mcse) : isfinite(d.ess_bulk) && isfinite(d.mcse));
	}
	ck_assert(isnan(diagnose_draws(x, 1, 1, -1).sd));
}
END_TEST

/* A monotone map of the draws changes neither R-hat of the ranks nor the sample sizes that rest on order. */
START_TEST(test_diagnostics__order_alone_decides)
{
	enum { N = 500 };
	double x[2 * N], y[2 * N];
	for (int c = 0; c < 2; c++) autoregressive((uint64_t)(15 + c), 0.7, N, 2, x + c);
	egm_diagnosis a = diagnose_draws(x, N, 2, -1), b;
	for (int i = 0; i < 2 * N; i++) y[i] = x[i] * x[i] * x[i];
	b = diagnose_draws(y, N, 2, -1);
	ck_assert(a.ess_bulk == b.ess_bulk);
}
END_TEST

/* Phi(x) = erfc(-x/sqrt 2)/2 returns p. An error of 1e-15 in x, from the sixteen steps of the rational function and
 * a logarithm, comes back times |d ln Phi / d ln x| ~ x^2, and erfc and the step to its argument add some 1e-16 (1 +
 * x^2): 1e-15 (1 + x^2), 1e-14 of p from p = .002 on. And the values that Wichura printed to check transcriptions. */
START_TEST(test_diagnostics__normal_quantile)
{
	static const double table[][2] = {
	    {0.25, -0.6744897501960817}, {0.001, -3.090232306167814}, {1e-20, -9.262340089798408}};
	for (size_t i = 0; i < 3; i++)
		ck_assert(fabs(egm__diagnostics_normal_quantile(table[i][0]) - table[i][1]) <= 1e-15 * -table[i][1]);
	ck_assert(egm__diagnostics_normal_quantile(0.5) == 0);
	for (double p = 1e-12; p <= 0.5; p *= 1.01) {
		double x = egm__diagnostics_normal_quantile(p), back = 0.5 * erfc(-x * M_SQRT1_2);
		ck_assert_msg(fabs(back - p) <= 1e-15 * (1 + x * x) * p, "p %.17g comes back as %.17g", p, back);
		/* 1 - p is rounded, but 1 - (1 - p) is exact and the lower tail's p of the same |x| */
		ck_assert(egm__diagnostics_normal_quantile(1 - p) == -egm__diagnostics_normal_quantile(1 - (1 - p)));
	}
}
END_TEST

static int by_value(const void *a, const void *b)
{
	double x = ((const egm__sort_item *)a)->value, y = ((const egm__sort_item *)b)->value;
	return (x > y) - (x < y);
}

/* Sizes around powers of two, with many equal values; places tell that the order of equal ones is kept. */
START_TEST(test_diagnostics__sorting_and_folding_against_direct_computation)
{
	enum { N = 300 };
	static egm__sort_item items[N], spare[N], folded[N];
	uint64_t state = 8;
	for (int n = 1; n <= N; n++) {
		for (int i = 0; i < n; i++) items[i] = (egm__sort_item){floor(uniform(&state) * 60) / 7, i};
		egm__sort(items, spare, n);
		for (int i = 1; i < n; i++)
			ck_assert(items[i - 1].value < items[i].value ||
			          (items[i - 1].value == items[i].value && items[i - 1].place < items[i].place));
		double median = egm__sort_quantile(items, n, 0.5);
		egm__diagnostics_fold(items, n, folded);
		for (int i = 0; i < n; i++) spare[i] = (egm__sort_item){fabs(items[i].value - median), 0};
		qsort(spare, (size_t)n, sizeof *spare, by_value);
		int64_t places = 0;
		for (int i = 0; i < n; i++) {
			ck_assert(folded[i].value == spare[i].value);
			places += folded[i].place;
		}
		ck_assert_int_eq(places, (int64_t)n * (n - 1) / 2);
	}
}
END_TEST

/* Ranks 1, 2.5, 2.5, 4 of four, so p = (r - 3/8)/4.25. */
START_TEST(test_diagnostics__scores_of_equal_values_share_their_ranks)
{
	const egm__sort_item sorted[4] = {{-3, 2}, {5, 0}, {5, 3}, {7, 1}};
	const double ranks[4] = {2.5, 4, 1, 2.5}; /* by place */
	double scores[4];
	egm__diagnostics_scores(sorted, 4, scores);
	for (int i = 0; i < 4; i++)
		ck_assert(fabs(0.5 * erfc(-scores[i] * M_SQRT1_2) - (ranks[i] - 0.375) / 4.25) <= 1e-15);
	ck_assert(fabs(egm__sort_quantile(sorted, 4, 0.95) - 6.7) <= 1e-15 * 7);
}
END_TEST

/* Five rows, an odd number, of lengths around powers of two, against the sum itself. 1e-13 of the variance: 12 stages
 * of the transform, each with an error of a few 1e-16. */
START_TEST(test_diagnostics__autocovariance_against_the_direct_sum)
{
	enum { ROWS = 5, LONGEST = 130 };
	double x[ROWS * LONGEST], out[LONGEST];
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	for (int n = 1; n <= LONGEST; n++) {
		egm__diagnostics_fourier f = {0};
		for (int r = 0; r < ROWS; r++) {
			autoregressive((uint64_t)(n * ROWS + r), 0.8, n, 1, x + r * n);
			for (int t = 0; t < n; t++) x[r * n + t] = x[r * n + t] * (r + 1) + 10 * r;
		}
		ck_assert_int_eq(egm__diagnostics_fourier_create(&f, context, n), EGM_OK);
		egm__diagnostics_autocovariance(&f, x, ROWS, out);
		double variance = 0;
		for (int lag = 0; lag < n; lag++) {
			double sum = 0;
			for (int r = 0; r < ROWS; r++) {
				double mean = egm__diagnostics_mean(x + r * n, n);
				for (int t = 0; t + lag < n; t++) sum += (x[r * n + t] - mean) * (x[r * n + t + lag] - mean) / n / ROWS;
			}
			if (lag == 0) variance = sum;
			ck_assert_msg(fabs(out[lag] - sum) <= 1e-13 * variance, "n %d lag %d: %g, not %g", n, lag, out[lag], sum);
		}
		egm__diagnostics_fourier_clear(&f, context);
	}
	egm_context_free(context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diagnostics");
	TCase *tc = tcase_create("diagnostics_values");
	tcase_set_tags(tc, "K21");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_diagnostics__sample_size_of_an_autoregression, 0, 3);
	tcase_add_test(tc, test_diagnostics__independent_draws_have_r_hat_1);
	tcase_add_test(tc, test_diagnostics__chains_far_apart_have_a_large_r_hat);
	tcase_add_test(tc, test_diagnostics__chains_of_different_scale_have_a_large_r_hat);
	tcase_add_loop_test(tc, test_diagnostics__a_chain_that_stands_still_among_others_has_a_large_r_hat, 0, 6);
	tcase_add_test(tc, test_diagnostics__chains_that_all_stand_still);
	tcase_add_test(tc, test_diagnostics__a_constant_chain_has_no_autocorrelation);
	tcase_add_test(tc, test_diagnostics__bfmi_by_hand);
	tcase_add_test(tc, test_diagnostics__two_values_and_few_draws);
	tcase_add_test(tc, test_diagnostics__order_alone_decides);
	tcase_add_test(tc, test_diagnostics__normal_quantile);
	tcase_add_test(tc, test_diagnostics__sorting_and_folding_against_direct_computation);
	tcase_add_test(tc, test_diagnostics__scores_of_equal_values_share_their_ranks);
	tcase_add_test(tc, test_diagnostics__autocovariance_against_the_direct_sum);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
