/* SPDX-License-Identifier: MIT */
#ifndef EGM_DIAGNOSTICS_H
#define EGM_DIAGNOSTICS_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Collects draws of several Markov chains and diagnoses them: whether the chains have reached the same distribution,
 *  and how many independent draws would be as precise as the correlated draws. Draws may be added all at once or in
 *  parts.
 *
 *  At most `capacity` draws of each chain are kept in memory. When this number is reached, every second kept draw is
 *  dropped, and of the later draws only every second one is kept; the next time only every fourth, and so on. Mean and
 *  standard deviation include all draws. Everything else is computed from the kept draws. If draws have been dropped,
 *  effective sample sizes are lower bounds. */
typedef struct egm_diagnostics egm_diagnostics;

/** Creates an empty collection for `chains` >= 1 chains of `dims` >= 1 dimensions. `capacity` is the number of draws to
 *  keep of each chain, >= 8, or 0 for 4096. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_create(egm_diagnostics **out, egm_context *context, int64_t chains,
                                                      int64_t dims, int64_t capacity);
EGM_API void egm_diagnostics_free(egm_diagnostics *diagnostics);

/** Adds n draws of each chain: draws [n * chains, dims] of either dtype, in the order in which egm_sampler_run writes
 *  them. If the call fails, nothing is added.
 *
 *  Errors:
 *  - EGM_ERR_SHAPE if the number of rows is not a multiple of `chains`;
 *  - EGM_ERR_NONFINITE if a number is not finite; the message names its draw, chain and dimension. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_add(egm_diagnostics *diagnostics, egm_array draws);
/** Writes how many draws of each chain have been added, and how many of them are kept. `given` and `kept` may be NULL.
 */
EGM_API EGM_CHECKED egm_status egm_diagnostics_count(const egm_diagnostics *diagnostics, int64_t *given, int64_t *kept);

/** Diagnosis of one dimension, over all chains or of one chain.
 *
 *  Read r_hat first: it compares the two halves of every chain with all other halves. The chains have not converged if
 *  `!(r_hat <= 1.01)`. This condition is also true for NaN, unlike `r_hat > 1.01`. If one chain does not move and
 *  others do, r_hat is large (1.53 for three chains of N(0, 1) and one that stays at 0), but the draws of that chain
 *  still count in the effective sample sizes. If no half of any chain moves, but the halves are at different places,
 *  r_hat is +INFINITY.
 *
 *  If the number of draws is odd, the middle one belongs to no half and is used only for the quantiles. What cannot be
 *  computed is NaN:
 *  - everything except mean and sd, if each chain has fewer than 4 kept draws;
 *  - the effective sample sizes and mcse, if each chain has fewer than 10 kept draws;
 *  - r_hat, the effective sample sizes and mcse, if all draws are the same number;
 *  - ess_tail, if the 95 % quantile is the largest draw.
 *
 *  r_hat and the effective sample sizes do not depend on the scale of the draws: if all draws are multiplied by the
 *  same power of two, and stay within 1e-300 to 1e300, the results have the same bits. */
typedef struct egm_diagnosis {
	size_t struct_size;
	double mean;
	double sd;       /**< standard deviation, with divisor (number of draws - 1) */
	double mcse;     /**< standard error of the mean: sd / sqrt(ess_mean) */
	double r_hat;    /**< the larger of the rank-normalised split R-hat of the draws and that of the folded draws; good
	                      if at most 1.01. Source of r_hat, ess_bulk and ess_tail: Vehtari, Gelman, Simpson, Carpenter,
	                      Buerkner 2021, section 4 */
	double ess_bulk; /**< effective sample size of the rank-normalised split chains. No effective sample size is above N
	                      log10 N, where N is the number of draws */
	double ess_tail; /**< the smaller of the effective sample sizes for the 5 % and the 95 % quantile */
	double ess_mean; /**< effective sample size for the mean, from the draws themselves (not their ranks): Geyer's
	                      initial monotone sequence over split chains */
	double q05;      /**< 5 % quantile; all three quantiles are interpolated linearly between the sorted draws */
	double median;   /**< 50 % quantile */
	double q95;      /**< 95 % quantile */
} egm_diagnosis;

/* All numbers are NaN, so that a diagnosis that was never computed does not look good. */
/* clang-format off */
#define EGM_DIAGNOSIS_INIT                                                                       \
	{sizeof(egm_diagnosis), 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0,               \
	                        0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0}
/* clang-format on */

/** Diagnoses dimension `dim`, from 0. `chain` is -1 for all chains together, or the index of one chain, from 0. r_hat
 *  of one chain compares its two halves. `diagnosis` begins as EGM_DIAGNOSIS_INIT. EGM_ERR_ARGUMENT if there is no such
 *  dimension or chain. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_compute(const egm_diagnostics *diagnostics, int64_t dim, int64_t chain,
                                                       egm_diagnosis *diagnosis);
/** Computes the autocorrelation of the kept draws of dimension `dim` at lags 0, 1, ..., lags-1: out, f64 [lags]. If
 *  `chain` is -1, the result is the mean of the autocorrelations of all chains, otherwise the autocorrelation of chain
 *  `chain`, from 0. All numbers are NaN if one of these chains never moved.
 *
 *  EGM_ERR_ARGUMENT if there is no such dimension or chain, or if there are more lags than kept draws. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_autocorrelation(const egm_diagnostics *diagnostics, int64_t dim,
                                                               int64_t chain, egm_out out);
/** Computes how much the energy u of a chain changes from draw to draw, compared with its variance:
 *
 *      *out = sum_t (u_t - u_(t-1))^2 / sum_t (u_t - mean u)^2
 *
 *  energies [n, chains], of either dtype, are those that egm_sampler_run writes. `chain` is the index of a chain, from
 *  0. The result is near 2 if draws are independent, and NaN if the energies never change or n < 3.
 *
 *  egm_sampler_run writes potential energies. For these the result is about 2 (1 - autocorrelation at lag 1) with any
 *  kernel, and a chain with a result below 0.3 moves slowly between energies. For the total energies of a Hamiltonian
 *  sampler the result is the estimated Bayesian fraction of missing information (Betancourt 2016); a chain with a
 *  result below 0.3 is then unreliable.
 *
 *  Errors:
 *  - EGM_ERR_ARGUMENT if there is no such chain;
 *  - EGM_ERR_NONFINITE if an energy of the chain is not finite; the message names its draw and chain. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_bfmi(egm_array energies, int64_t chain, double *out);

#ifdef __cplusplus
}
#endif
#endif
