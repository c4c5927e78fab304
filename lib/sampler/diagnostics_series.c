/* SPDX-License-Identifier: MIT */
/* What one chain's own order tells: autocorrelation of the draws, and how far the energy moves in a step. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/diagnostics_impl.h>
#include <string.h>

int egm__diagnostics_constant(const double *x, int64_t n)
{
	for (int64_t i = 1; i < n; i++)
		if (x[i] != x[0]) return 0;
	return 1;
}

/* Adds C(lag) / C(0) of one chain, or NaN. x and covariance [kept] are scratch. */
static void add_chain(const egm_diagnostics *d, egm__diagnostics_fourier *fourier, int64_t column, int64_t lags,
                      double *x, double *covariance, double *out)
{
	for (int64_t t = 0; t < d->kept; t++) x[t] = d->draws[t * d->row + column];
	egm__diagnostics_rescale(x, d->kept);
	egm__diagnostics_autocovariance(fourier, x, 1, covariance);
	double variance = egm__diagnostics_constant(x, d->kept) ? NAN : covariance[0];
	for (int64_t t = 0; t < lags; t++) out[t] += covariance[t] / variance;
}

egm_status egm_diagnostics_autocorrelation(const egm_diagnostics *diagnostics, int64_t dim, int64_t chain, int64_t lags,
                                           double *out)
{
	egm_status st = EGM_OK;
	const egm_diagnostics *d = diagnostics;
	egm__diagnostics_fourier fourier = {0};
	double *x = NULL;
	EGM_TRY(egm__diagnostics_check("egm_diagnostics_autocorrelation", d, dim, chain));
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	if (lags < 1 || lags > d->kept)
		EGM_FAIL(EGM_ERR_ARGUMENT, "lags is %lld, kept draws are %lld", (long long)lags, (long long)d->kept);
	x = egm__alloc(d->context, d->kept, 2 * sizeof *x);
	if (!x) EGM_FAIL(EGM_ERR_MEMORY, "diagnostics: no memory for %lld draws", (long long)d->kept);
	EGM_TRY(egm__diagnostics_fourier_create(&fourier, d->context, d->kept));
	memset(out, 0, (size_t)lags * sizeof *out);
	int64_t first = chain < 0 ? 0 : chain, chains = chain < 0 ? d->chains : 1;
	for (int64_t c = first; c < first + chains; c++)
		add_chain(d, &fourier, c * d->dims + dim, lags, x, x + d->kept, out);
	for (int64_t t = 0; t < lags; t++) out[t] /= (double)chains;
out:
	if (d) {
		egm__diagnostics_fourier_clear(&fourier, d->context);
		egm__free(d->context, x);
	}
	return egm__named(__func__, st);
}

static egm_status check_energies(egm_dtype dtype, const void *energies, int64_t n, int64_t chains, int64_t chain,
                                 const double *out)
{
	int64_t count;
	if (dtype != EGM_F32 && dtype != EGM_F64)
		return egm__fail(EGM_ERR_ARGUMENT, "bfmi: dtype %d is neither EGM_F32 nor EGM_F64", (int)dtype);
	if (n < 0 || chains < 1 || egm__size_mul(n, chains, &count) || egm__size_mul(count, sizeof(double), &count))
		return egm__fail(EGM_ERR_ARGUMENT, "bfmi: n is %lld energies of %lld chains", (long long)n, (long long)chains);
	if (chain < 0 || chain >= chains)
		return egm__fail(EGM_ERR_ARGUMENT, "bfmi: chain is %lld of %lld", (long long)chain, (long long)chains);
	if (n && !energies) return egm__fail(EGM_ERR_ARGUMENT, "bfmi: energies is NULL, n is %lld", (long long)n);
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "bfmi: out is NULL");
	for (int64_t t = 0; t < n; t++) {
		double u = egm__number(dtype, energies, t * chains + chain);
		if (!isfinite(u))
			return egm__fail(EGM_ERR_NONFINITE, "bfmi: energy %lld of chain %lld is %s", (long long)t, (long long)chain,
			                 egm__nonfinite_name(u));
	}
	return EGM_OK;
}

static double largest_energy(egm_dtype dtype, const void *energies, int64_t n, int64_t chains, int64_t chain)
{
	double largest = 0;
	for (int64_t t = 0; t < n; t++) {
		double size = fabs(egm__number(dtype, energies, t * chains + chain));
		largest = size > largest ? size : largest;
	}
	return largest;
}

/* Both means have the divisor n - 1, which cancels. */
egm_status egm_diagnostics_bfmi(egm_dtype dtype, const void *energies, int64_t n, int64_t chains, int64_t chain,
                                double *out)
{
	egm_status st = EGM_OK;
	double mean = 0, steps = 0, variance = 0;
	int moved = 0;
	EGM_TRY(check_energies(dtype, energies, n, chains, chain, out));
	double unit = egm__diagnostics_unit(largest_energy(dtype, energies, n, chains, chain));
	for (int64_t t = 0; t < n; t++) mean += egm__number(dtype, energies, t * chains + chain) * unit / (double)n;
	for (int64_t t = 0; t < n; t++) {
		double u = egm__number(dtype, energies, t * chains + chain) * unit;
		double step = t ? u - egm__number(dtype, energies, (t - 1) * chains + chain) * unit : 0;
		moved |= step != 0;
		steps += step * step;
		variance += (u - mean) * (u - mean);
	}
	*out = n >= 3 && moved ? steps / variance : NAN;
out:
	return egm__named(__func__, st);
}
