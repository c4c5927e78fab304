/* SPDX-License-Identifier: MIT */
/* R-hat, sample sizes, quantiles, bfmi and autocorrelations against ArviZ, an independent implementation.
 *
 * arviz_reference.h contains ArviZ's numbers, written by arviz_reference.py. Both programs make the same draws, bit for
 * bit, from integers and correctly rounded operations.
 *
 * ArviZ differs from us in cases that these draws avoid: for constant draws, and for an indicator of a quantile that is
 * always true, it has ESS = N and we have NaN; for fewer than 10 draws it has ESS = N log10 N and we have NaN; for a
 * single chain it has no R-hat; and it may miss, by rounding, a position of a quantile, (N - 1) p, that is a whole
 * number.
 *
 * Tolerance 1e-9 relative: sums of 2,000 terms in another order than NumPy's differ by up to 2,000 * 1.1e-16 = 2e-13 of
 * the sum of magnitudes, and 1 - rho, a sum of up to 250 autocorrelations, loses at most a factor 1,000 to cancellation
 * (tau down to 0.3 out of sums below 300). A wrong rank or one lag more or less shows at 1e-5 and above. Seen: 1e-13.
 * The test needs -ffp-contract=off, as the whole project does: if the last bits of the draws differ, the two draws in
 * the middle are no longer equally far from the median, and this tie has one of the extreme ranks of the folded draws.
 */
#include "arviz_reference.h"
#include "diagnostics_support.h"

enum { CASES = sizeof references / sizeof *references, MEMBERS = 10 };

static void assert_near(const char *what, const char *name, double value, double expected)
{
	double error = fabs(value - expected);
	ck_assert_msg(error <= 1e-9 * fmax(fabs(expected), 1e-3) || (isnan(value) && isnan(expected)),
	              "%s of '%s' is %.15g, ArviZ has %.15g", what, name, value, expected);
}

static void fill_cauchy(uint64_t seed, int64_t n, int64_t stride, double *x)
{
	for (int64_t t = 0; t < n; t++) {
		double above = bell(&seed);
		x[t * stride] = above / bell(&seed);
	}
}

/* series() of arviz_reference.py */
static void make_chain(const char *name, int64_t chain, uint64_t seed, int64_t n, int64_t stride, double *x)
{
	static const struct {
		const char *name;
		double phi, offset, scale; /* offset of chain 3, scale of chain 1 */
	} kinds[] = {{"independent", 0, 0, 1}, {"slow", 0.9, 0, 1},          {"antithetic", -0.5, 0, 1},
	             {"offset", 0.5, 2, 1},    {"ties", 0.5, 0, 1},          {"scale", 0.5, 0, 3},
	             {"stuck", 0.99, 0, 1},    {"alternating", -0.95, 0, 1}, {"still", 0, 0, 1},
	             {"half_still", 0.5, 0, 1}};
	if (strcmp(name, "cauchy") == 0) {
		fill_cauchy(seed, n, stride, x);
		return;
	}
	size_t k = 0;
	while (strcmp(kinds[k].name, name) != 0) k++;
	autoregressive(seed, kinds[k].phi, n, stride, x);
	for (int64_t t = 0; t < n; t++) {
		if (chain == 3) x[t * stride] += kinds[k].offset;
		if (chain == 1) x[t * stride] *= kinds[k].scale;
		if (strcmp(name, "still") == 0 && chain == 3) x[t * stride] = 0.1;
		if (strcmp(name, "half_still") == 0 && chain == 0 && t < n / 2) x[t * stride] = 0.1;
		if (strcmp(name, "ties") == 0) x[t * stride] = floor(2 * x[t * stride]);
	}
}

/* Draws [n, chains] of case `number`; freed by the caller. */
static double *make_draws(int number)
{
	const reference *r = references + number;
	double *draws = malloc((size_t)r->draws * (size_t)r->chains * sizeof *draws);
	ck_assert_ptr_nonnull(draws);
	for (int c = 0; c < r->chains; c++)
		make_chain(r->name, c, (uint64_t)(1000 * (number + 1) + c), r->draws, r->chains, draws + c);
	return draws;
}

static void assert_diagnosis(const char *name, const egm_diagnosis *d, const double expected[MEMBERS])
{
	static const char *const members[MEMBERS] = {"mean",     "sd",       "mcse", "r_hat",  "ess_bulk",
	                                             "ess_tail", "ess_mean", "q05",  "median", "q95"};
	const double values[MEMBERS] = {d->mean,     d->sd,       d->mcse, d->r_hat,  d->ess_bulk,
	                                d->ess_tail, d->ess_mean, d->q05,  d->median, d->q95};
	for (int i = 0; i < MEMBERS; i++) assert_near(members[i], name, values[i], expected[i]);
}

START_TEST(test_diagnostics__all_chains_agree_with_arviz)
{
	const reference *r = references + _i;
	double *draws = make_draws(_i);
	egm_diagnosis d = diagnose_draws(draws, r->draws, r->chains, -1);
	assert_diagnosis(r->name, &d, r->all);
	free(draws);
}
END_TEST

START_TEST(test_diagnostics__one_chain_agrees_with_arviz)
{
	const reference *r = references + _i;
	double *draws = make_draws(_i);
	egm_diagnosis d = diagnose_draws(draws, r->draws, r->chains, 1);
	assert_diagnosis(r->name, &d, r->one);
	free(draws);
}
END_TEST

/* Three dimensions and four chains in one array [n, chains, dims]: no dimension or chain is taken for another. */
START_TEST(test_diagnostics__dimensions_of_one_array_agree_with_arviz)
{
	enum { N = 500, CHAINS = 4, DIMS = 3 };
	egm_context *context = NULL;
	double *draws = malloc(sizeof(double) * N * CHAINS * DIMS);
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	for (int k = 0; k < DIMS; k++) {
		double *one = make_draws(_i + k);
		for (int i = 0; i < N * CHAINS; i++) draws[i * DIMS + k] = one[i];
		free(one);
	}
	egm_diagnostics *d = make_diagnostics(context, CHAINS, DIMS, 0);
	add_draws(d, draws, N);
	for (int k = 0; k < DIMS; k++) {
		const reference *r = references + _i + k;
		egm_diagnosis all = diagnose(d, k, -1), one = diagnose(d, k, 1);
		assert_diagnosis(r->name, &all, r->all);
		assert_diagnosis(r->name, &one, r->one);
	}
	egm_diagnostics_free(d);
	egm_context_free(context);
	free(draws);
}
END_TEST

START_TEST(test_diagnostics__bfmi_agrees_with_arviz)
{
	const reference *r = references + _i;
	double *draws = make_draws(_i);
	for (int c = 0; c < r->chains; c++) {
		double bfmi = NAN;
		ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(draws, r->draws, r->chains), c, &bfmi), EGM_OK);
		assert_near("bfmi", r->name, bfmi, r->bfmi[c]);
	}
	free(draws);
}
END_TEST

START_TEST(test_diagnostics__autocorrelation_agrees_with_arviz)
{
	const reference *r = references + _i;
	double *draws = make_draws(_i), *out = malloc((size_t)r->draws * sizeof *out);
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_diagnostics *d = make_diagnostics(context, r->chains, 1, 0);
	add_draws(d, draws, r->draws);
	ck_assert_int_eq(egm_diagnostics_autocorrelation(d, 0, -1, egm_f64_out(out, r->draws, 1)), EGM_OK);
	for (int k = 0; k < REFERENCE_LAGS; k++)
		assert_near("autocorrelation", r->name, out[reference_lags[k]], r->correlation[k]);
	egm_diagnostics_free(d);
	egm_context_free(context);
	free(draws);
	free(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diagnostics");
	TCase *tc = tcase_create("diagnostics_arviz");
	tcase_set_tags(tc, "K21");
	tcase_add_loop_test(tc, test_diagnostics__all_chains_agree_with_arviz, 0, CASES);
	tcase_add_loop_test(tc, test_diagnostics__one_chain_agrees_with_arviz, 0, CASES);
	tcase_add_loop_test(tc, test_diagnostics__dimensions_of_one_array_agree_with_arviz, 0, 4);
	tcase_add_loop_test(tc, test_diagnostics__bfmi_agrees_with_arviz, 0, CASES);
	tcase_add_loop_test(tc, test_diagnostics__autocorrelation_agrees_with_arviz, 0, CASES);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
