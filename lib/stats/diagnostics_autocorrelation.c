/* SPDX-License-Identifier: MIT */
/* Autocorrelation of the draws of one chain, or its mean over all chains. */
#include <core/array_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <stats/diagnostics_impl.h>
#include <string.h>

/* Adds C(lag) / C(0) of one chain, NaN if it is constant. x and covariance [kept] are scratch. */
static void add_chain(const egm_diagnostics *d, egm__diagnostics_fourier *fourier, int64_t column, int64_t lags,
                      double *x, double *covariance, double *out)
{
	for (int64_t t = 0; t < d->kept; t++) x[t] = d->draws[t * d->row + column];
	egm__diagnostics_rescale(x, d->kept);
	egm__diagnostics_autocovariance(fourier, x, 1, covariance);
	double variance = egm__diagnostics_constant(x, d->kept) ? NAN : covariance[0];
	for (int64_t t = 0; t < lags; t++) out[t] += covariance[t] / variance;
}

egm_status egm_diagnostics_autocorrelation(const egm_diagnostics *diagnostics, int64_t dim, int64_t chain, egm_out out)
{
	egm_status st = EGM_OK;
	const egm_diagnostics *d = diagnostics;
	egm__diagnostics_fourier fourier = {0};
	double *x = NULL, *mean = out.data;
	int64_t lags;
	EGM_TRY(egm__diagnostics_check(d, dim, chain));
	EGM_TRY(egm__out_fits(out, "out", EGM_F64, out.rows, out.columns));
	lags = out.rows * out.columns;
	if (lags > d->kept)
		EGM_FAIL(EGM_ERR_ARGUMENT, "out has %lld lags, must have at most %lld, the number of draws that are kept",
		         (long long)lags, (long long)d->kept);
	x = egm__alloc(d->context, d->kept, 2 * sizeof *x);
	if (!x) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld draws", (long long)d->kept);
	EGM_TRY(egm__diagnostics_fourier_create(&fourier, d->context, d->kept));
	memset(mean, 0, (size_t)lags * sizeof *mean);
	int64_t first = chain < 0 ? 0 : chain, chains = chain < 0 ? d->chains : 1;
	for (int64_t c = first; c < first + chains; c++)
		add_chain(d, &fourier, c * d->dims + dim, lags, x, x + d->kept, mean);
	for (int64_t t = 0; t < lags; t++) mean[t] /= (double)chains;
out:
	if (d) {
		egm__diagnostics_fourier_clear(&fourier, d->context);
		egm__free(d->context, x);
	}
	return egm__named(__func__, st);
}
