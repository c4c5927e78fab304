/* SPDX-License-Identifier: MIT */
/* R-hat and effective sample sizes of one dimension.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021, "Rank-normalization, folding, and localization: an
 * improved R-hat for assessing convergence of MCMC". Every chain is cut into halves; the middle one of an odd number of
 * draws is left out. M halves of n draws, W the mean of their variances, B / n the variance of their means:
 *     var+ = (n - 1)/n W + B/n,   R-hat = sqrt(var+ / W),
 *     rho(t) = 1 - (W - C(t)) / var+,   C(t) the mean autocovariance at lag t (divisor n),
 *     ESS = M n / tau,   tau = -1 + 2 sum_t rho(t), the sum ending as in Geyer 1992: see autocorrelation_time.
 *
 * The end of the sum, the bound of tau and the treatment of a single last term are those of Stan and ArviZ, so that
 * numbers can be compared. A constant chain among others that move is no special case: it has no variance, and R-hat
 * shows how much the others differ from it. Where ArviZ has a number for what was not measured, we have NaN: if all
 * draws are equal (it has ESS = N), if all indicators of a quantile are equal (the same), and if the halves are too
 * short for a second pair of lags (its bound, N log10 N). If no half moves but halves differ, R-hat is infinite, which
 * ArviZ rounds to some 1e15. And a single chain has an R-hat, that of its halves. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <stats/diagnostics_impl.h>

enum { LEAST_DRAWS = 4, LEAST_HALF = 5 };

/* One dimension of one or all chains. */
typedef struct sample {
	egm_context *context;
	int64_t chains, n;              /* kept draws of a chain */
	int64_t half;                   /* n / 2 */
	int64_t count;                  /* draws in the halves: 2 * chains * half */
	double *x;                      /* [2 chains, half] */
	double *scores;                 /* [2 chains, half]; normal scores, or an indicator */
	double *rho;                    /* [half] */
	egm__sort_item *sorted, *spare; /* [chains * n] */
	egm__diagnostics_fourier fourier;
} sample;

static void sample_clear(sample *s)
{
	egm__free(s->context, s->x);
	egm__free(s->context, s->sorted);
	egm__diagnostics_fourier_clear(&s->fourier, s->context);
}

/* d->row * n numbers are in memory, so no smaller size overflows. */
static egm_status sample_create(sample *s, const egm_diagnostics *d, int64_t chain)
{
	egm_status st = EGM_OK;
	int64_t chains = chain < 0 ? d->chains : 1, n = d->kept;
	*s = (sample){.context = d->context, .chains = chains, .n = n, .half = n / 2, .count = chains * (n - n % 2)};
	s->x = egm__alloc(s->context, 2 * s->count + s->half, sizeof *s->x);
	s->sorted = egm__alloc(s->context, chains * n, 2 * sizeof *s->sorted);
	if (!s->x || !s->sorted)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory to sort %lld draws of %lld chains", (long long)n, (long long)chains);
	s->scores = s->x + s->count;
	s->rho = s->scores + s->count;
	s->spare = s->sorted + chains * n;
	EGM_TRY(egm__diagnostics_fourier_create(&s->fourier, s->context, s->half));
out:
	return st;
}

/* The halves into x, all draws into `sorted`. The middle one of an odd number of draws is in no half, but counts for
 * the quantiles. */
static void gather(sample *s, const egm_diagnostics *d, int64_t dim, int64_t chain)
{
	int64_t first = chain < 0 ? 0 : chain;
	for (int64_t c = 0; c < s->chains; c++)
		for (int64_t t = 0; t < s->n; t++) {
			double value = d->draws[t * d->row + (first + c) * d->dims + dim];
			int64_t place = 2 * s->half * c + (t < s->half ? t : t - s->n % 2);
			if (s->n % 2 && t == s->half) place = -1;
			s->sorted[c * s->n + t] = (egm__sort_item){value, place};
			if (place >= 0) s->x[place] = value;
		}
	egm__sort(s->sorted, s->spare, s->chains * s->n);
}

/* Of the halves in y. NaN, as 0/0, only if all of y are equal; infinite if no half moves but halves differ. Both need
 * that the computed mean of equal numbers is exactly this number. */
static double r_hat(const sample *s, const double *y)
{
	double n = (double)s->half, halves = 2 * (double)s->chains, within = 0, between = 0;
	double grand = egm__diagnostics_mean(y, s->count);
	for (int64_t h = 0; h < 2 * s->chains; h++) {
		const double *row = y + h * s->half;
		double mean = egm__diagnostics_mean(row, s->half), sum = 0;
		for (int64_t t = 0; t < s->half; t++) sum += (row[t] - mean) * (row[t] - mean);
		within += sum / (n - 1) / halves;
		between += (mean - grand) * (mean - grand) / (halves - 1);
	}
	return sqrt((n - 1) / n + between / within);
}

/* Variance of the means of the halves. */
static double between_halves(const sample *s, const double *y)
{
	double grand = egm__diagnostics_mean(y, s->count), sum = 0;
	for (int64_t h = 0; h < 2 * s->chains; h++) {
		double d = egm__diagnostics_mean(y + h * s->half, s->half) - grand;
		sum += d * d;
	}
	return sum / (double)(2 * s->chains - 1);
}

/* Geyer's initial monotone sequence over rho[0 .. n-1], n >= 5. For a reversible chain the pairs P(k) = rho(2k) +
 * rho(2k+1) are positive and fall, so they are summed up to the first that is not positive, and none counts for more
 * than the one before it. The even lag of the pair that ended the sum is added once if it is positive, as in Stan, for
 * antithetic chains; there tau >= 1 / log10(count) bounds the noise. */
static double autocorrelation_time(double *rho, int64_t n, double count)
{
	double tau = -1, sum = rho[0] + rho[1], least = sum;
	int64_t t = 1; /* the last lag that was used */
	while (t < n - 3 && sum > 0) {
		tau += 2 * least;
		sum = rho[t + 1] + rho[t + 2];
		if (sum < least) least = sum;
		t += 2;
	}
	if (rho[t - 1] > 0 || sum >= 0) tau += rho[t - 1];
	return fmax(tau, 1 / log10(count));
}

static double sample_size(sample *s, const double *y)
{
	double n = (double)s->half, *rho = s->rho;
	egm__diagnostics_autocovariance(&s->fourier, y, 2 * s->chains, rho);
	double variance = rho[0] + between_halves(s, y), within = rho[0] * n / (n - 1);
	if (!(variance > 0)) return NAN;
	for (int64_t t = 1; t < s->half; t++) rho[t] = 1 - (within - rho[t]) / variance;
	rho[0] = 1;
	return (double)s->count / autocorrelation_time(rho, s->half, (double)s->count);
}

static double tail_size(sample *s, double quantile)
{
	for (int64_t i = 0; i < s->count; i++) s->scores[i] = s->x[i] <= quantile;
	return egm__diagnostics_constant(s->scores, s->count) ? NAN : sample_size(s, s->scores);
}

/* Halves sorted draws whose differences could overflow. */
static void halve_if_large(egm__sort_item *sorted, int64_t n)
{
	if (!(fmax(fabs(sorted[0].value), fabs(sorted[n - 1].value)) > DBL_MAX / 2)) return;
	for (int64_t i = 0; i < n; i++) sorted[i].value /= 2;
}

/* R-hat of the folded draws compares scales. It is 0/0 if all draws are equally far from the median, as with two
 * values: then no chain is wider than another, and R-hat of the draws alone counts. */
static void diagnose_ranks(sample *s, egm_diagnosis *result)
{
	int64_t n = 0;
	for (int64_t i = 0; i < s->chains * s->n; i++)
		if (s->sorted[i].place >= 0) s->sorted[n++] = s->sorted[i];
	egm__diagnostics_scores(s->sorted, n, s->scores);
	result->r_hat = r_hat(s, s->scores);
	if (s->half >= LEAST_HALF) result->ess_bulk = sample_size(s, s->scores);
	halve_if_large(s->sorted, n);
	egm__diagnostics_fold(s->sorted, n, s->spare);
	egm__diagnostics_scores(s->spare, n, s->scores);
	result->r_hat = fmax(result->r_hat, r_hat(s, s->scores));
}

static void diagnose(sample *s, egm_diagnosis *result)
{
	int64_t n = s->chains * s->n;
	result->q05 = egm__sort_quantile(s->sorted, n, 0.05);
	result->median = egm__sort_quantile(s->sorted, n, 0.5);
	result->q95 = egm__sort_quantile(s->sorted, n, 0.95);
	diagnose_ranks(s, result);
	if (s->half < LEAST_HALF) return;
	double low = tail_size(s, result->q05), high = tail_size(s, result->q95);
	result->ess_tail = isnan(low) || isnan(high) ? NAN : fmin(low, high);
	egm__diagnostics_rescale(s->x, s->count);
	result->ess_mean = sample_size(s, s->x);
	result->mcse = result->sd / sqrt(result->ess_mean);
}

/* Moments of all draws from those of the chains, in the smallest unit of a chain: the sums of squares add up, and the
 * mean m_c of a chain contributes n (m_c - m)^2. */
static void moments(const egm_diagnostics *d, int64_t dim, int64_t chain, egm_diagnosis *result)
{
	int64_t first = chain < 0 ? 0 : chain, chains = chain < 0 ? d->chains : 1;
	double n = (double)d->given, mean = 0, square = 0, unit = INFINITY;
	if (d->given == 0) return;
	for (int64_t c = first; c < first + chains; c++) unit = fmin(unit, d->unit[c * d->dims + dim]);
	for (int64_t c = first; c < first + chains; c++)
		mean += d->mean[c * d->dims + dim] * (unit / d->unit[c * d->dims + dim]) / (double)chains;
	for (int64_t c = first; c < first + chains; c++) {
		int64_t i = c * d->dims + dim;
		double ratio = unit / d->unit[i], delta = d->mean[i] * ratio - mean;
		square += d->square[i] * ratio * ratio + n * delta * delta;
	}
	result->mean = mean / unit;
	if (n * (double)chains > 1) result->sd = sqrt(square / (n * (double)chains - 1)) / unit;
}

static const egm_diagnosis none = EGM_DIAGNOSIS_INIT;
static const egm__option members[] = {
    EGM__RESULT(egm_diagnosis, mean, "Mean of the draws."),
    EGM__RESULT(egm_diagnosis, sd, "Standard deviation of the draws."),
    EGM__RESULT(egm_diagnosis, mcse, "Standard error of the mean."),
    EGM__RESULT(egm_diagnosis, r_hat, "Rank-normalised split R-hat; up to 1.01 is good."),
    EGM__RESULT(egm_diagnosis, ess_bulk, "Effective sample size of the rank-normalised draws."),
    EGM__RESULT(egm_diagnosis, ess_tail, "Smaller of the effective sample sizes of the 5 % and 95 % quantiles."),
    EGM__RESULT(egm_diagnosis, ess_mean, "Effective sample size of the mean."),
    EGM__RESULT(egm_diagnosis, q05, "5 % quantile."),
    EGM__RESULT(egm_diagnosis, median, "Median."),
    EGM__RESULT(egm_diagnosis, q95, "95 % quantile."),
};
EGM__OPTIONS(egm__options_diagnosis, egm_diagnosis, none, members);

egm_status egm_diagnostics_compute(const egm_diagnostics *diagnostics, int64_t dim, int64_t chain,
                                   egm_diagnosis *diagnosis)
{
	egm_status st = EGM_OK;
	sample s = {0};
	egm_diagnosis result = none;
	if (!diagnosis) EGM_FAIL(EGM_ERR_ARGUMENT, "diagnosis is NULL");
	EGM_TRY(egm__diagnostics_check(diagnostics, dim, chain));
	EGM_TRY(egm__result_check("egm_diagnosis", diagnosis));
	moments(diagnostics, dim, chain, &result);
	if (diagnostics->kept >= LEAST_DRAWS) {
		EGM_TRY(sample_create(&s, diagnostics, chain));
		gather(&s, diagnostics, dim, chain);
		diagnose(&s, &result);
	}
	EGM_TRY(egm__options_init("egm_diagnosis", diagnosis, diagnosis->struct_size, &result, sizeof result));
out:
	if (s.context) sample_clear(&s);
	return egm__named(__func__, st);
}
