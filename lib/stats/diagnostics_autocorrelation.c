/* SPDX-License-Identifier: MIT */
/* What one chain's own order tells: autocorrelation of the draws, and how far the energy moves in a step. */
#include <core/array_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <stats/diagnostics_impl.h>
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
		EGM_FAIL(EGM_ERR_ARGUMENT, "out has room for %lld lags, must be at most the %lld draws that are kept",
		         (long long)lags, (long long)d->kept);
	x = egm__alloc(d->context, d->kept, 2 * sizeof *x);
	if (!x) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %lld draws", (long long)d->kept);
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

static egm_status check_energies(egm_array energies, int64_t chain, const double *out)
{
	egm_status st = egm__array_fits(energies, "energies", 0, 0);
	if (st != EGM_OK) return st;
	if (chain < 0 || chain >= energies.columns)
		return egm__fail(EGM_ERR_ARGUMENT, "chain is %lld, must be in [0, %lld]", (long long)chain,
		                 (long long)energies.columns - 1);
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	for (int64_t t = 0; t < energies.rows; t++) {
		double u = egm__number(energies.dtype, energies.data, t * energies.columns + chain);
		if (!isfinite(u))
			return egm__fail(EGM_ERR_NONFINITE, "energy %lld of chain %lld is %s", (long long)t, (long long)chain,
			                 egm__nonfinite_name(u));
	}
	return EGM_OK;
}

static double largest_energy(egm_array energies, int64_t chain)
{
	double largest = 0;
	for (int64_t t = 0; t < energies.rows; t++) {
		double size = fabs(egm__number(energies.dtype, energies.data, t * energies.columns + chain));
		largest = size > largest ? size : largest;
	}
	return largest;
}

/* Both means have the divisor n - 1, which cancels. */
egm_status egm_diagnostics_bfmi(egm_array energies, int64_t chain, double *out)
{
	egm_status st = EGM_OK;
	double mean = 0, steps = 0, variance = 0, last = 0;
	const int64_t n = energies.rows;
	int moved = 0;
	EGM_TRY(check_energies(energies, chain, out));
	double unit = egm__diagnostics_unit(largest_energy(energies, chain));
	for (int64_t t = 0; t < n; t++)
		mean += egm__number(energies.dtype, energies.data, t * energies.columns + chain) * unit / (double)n;
	for (int64_t t = 0; t < n; t++) {
		double u = egm__number(energies.dtype, energies.data, t * energies.columns + chain) * unit;
		double step = t ? u - last : 0;
		moved |= step != 0;
		steps += step * step;
		variance += (u - mean) * (u - mean);
		last = u;
	}
	*out = n >= 3 && moved ? steps / variance : NAN;
out:
	return egm__named(__func__, st);
}
