/* SPDX-License-Identifier: MIT */
/* The energy Bayesian fraction of missing information: the mean squared step of the energy over its variance. */
#include <core/array_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <stats/diagnostics_impl.h>

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
			return egm__fail(EGM_ERR_NONFINITE, "energy %lld of chain %lld is %s, must be finite", (long long)t,
			                 (long long)chain, egm__nonfinite_name(u));
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

/* Mean squared step and variance both have the divisor n - 1, which cancels. */
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
