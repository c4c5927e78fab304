/* SPDX-License-Identifier: MIT */
#ifndef EGM_DIAGNOSTICS_H
#define EGM_DIAGNOSTICS_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Collects draws of several chains and judges them: whether the chains have found the same distribution, and how many
 *  independent draws the correlated ones are worth. Draws can be added all at once or as they come.
 *
 *  At most `capacity` draws of each chain are kept. When memory is full, every second draw is dropped, and from then on
 *  only every second one is kept. Mean and standard deviation are those of all draws. Everything else is computed from
 *  the kept draws, and effective sample sizes are then lower bounds.
 */
typedef struct egm_diagnostics egm_diagnostics;

/** Creates an empty collection. `chains` and `dims` >= 1; `capacity` >= 8 draws in each chain, or 0 for 4096. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_create(egm_diagnostics **out, egm_context *context, int64_t chains,
                                                      int64_t dims, int64_t capacity);
EGM_API void egm_diagnostics_free(egm_diagnostics *diagnostics);

/** Adds draws [n * chains, dims] of either dtype, in the order of egm_sampler_run. EGM_ERR_NONFINITE names the draw,
 *  the chain and the dimension of a number that is not finite; nothing is then added. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_add(egm_diagnostics *diagnostics, egm_array draws);
/** Writes how many draws of each chain were given, and how many are kept. Either pointer may be NULL. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_count(const egm_diagnostics *diagnostics, int64_t *given, int64_t *kept);

/** Diagnosis of one dimension, over all chains or of one chain. Chains are split in halves; of an odd number of draws
 *  the middle one is used only for the quantiles. These are NaN because they cannot be computed:
 *  - everything except mean and sd, with fewer than 4 kept draws in each chain;
 *  - the effective sample sizes and mcse, with fewer than 10 kept draws in each chain;
 *  - r_hat, the sample sizes and mcse, if all draws are the same number, as those of one chain that never moved;
 *  - ess_tail, if the 95 % quantile is the largest draw.
 *
 *  Read r_hat first. A chain that does not move among others that move makes r_hat large (four chains of N(0, 1), one
 *  of which stays at 0, have 1.53), but its draws count in the sample sizes. If no half of a chain moves, but not all
 *  are at the same place, r_hat is +INFINITY. Write the test as `!(r_hat <= 1.01)`, which is true for NaN, too; `r_hat
 *  > 1.01` is false there.
 *
 *  r_hat and sample sizes do not depend on the scale of the draws: multiplied by a power of two, from 1e-300 to 1e300,
 *  draws have the same bits. */
typedef struct egm_diagnosis {
	size_t struct_size;
	double mean;
	double sd;       /**< standard deviation, divisor draws - 1 */
	double mcse;     /**< standard error of the mean: sd / sqrt(ess_mean) */
	double r_hat;    /**< the larger of rank-normalised split R-hat and that of the folded draws; at most 1.01 is good.
	                      Source, also of ess_bulk and ess_tail: Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021,
	                      section 4 */
	double ess_bulk; /**< effective sample size of the rank-normalised split chains. All three are at most N log10 N,
	                      where N is the number of draws */
	double ess_tail; /**< the smaller effective sample size of the 5 % and the 95 % quantile */
	double ess_mean; /**< effective sample size of the draws as they are: Geyer's initial monotone sequence over split
	                      chains */
	double q05;      /**< 5 % quantile, linear between order statistics, as the next two */
	double median;
	double q95;
} egm_diagnosis;

/* All NaN, so that nobody takes a diagnosis that was never computed for a good one. */
/* clang-format off */
#define EGM_DIAGNOSIS_INIT                                                                       \
	{sizeof(egm_diagnosis), 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0,               \
	                        0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0}
/* clang-format on */

/** Diagnoses dimension `dim`, from 0, over all chains with `chain` = -1, or of one chain; r_hat then compares its
 *  halves. `diagnosis` begins as EGM_DIAGNOSIS_INIT. EGM_ERR_ARGUMENT if there is no such dimension or chain. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_compute(const egm_diagnostics *diagnostics, int64_t dim, int64_t chain,
                                                       egm_diagnosis *diagnosis);
/** Autocorrelation of the kept draws of dimension `dim` at lags 0, 1 and so on: out, f64 [lags], has 1 to as many
 *  numbers as there are kept draws. With `chain` = -1 it is the mean of the autocorrelations of all chains, otherwise
 *  that of one chain. NaN if one of these chains never moved. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_autocorrelation(const egm_diagnostics *diagnostics, int64_t dim,
                                                               int64_t chain, egm_out out);
/** Writes sum (u_t - u_(t-1))^2 / sum (u_t - mean)^2 of the energies u of one chain, from 0; energies [n, chains], of
 *  either dtype, as egm_sampler_run writes them. It is near 2 if the draws are independent.
 *
 *  For the total energies of a Hamiltonian sampler this is the estimated Bayesian fraction of missing information
 *  (Betancourt 2016), and a chain below 0.3 is not to be trusted. egm_sampler_run writes potential energies: for these
 *  it is 2 (1 - autocorrelation at lag 1) with any kernel, and a chain below 0.3 moves slowly between energies. NaN if
 *  the energies never change or n < 3. EGM_ERR_NONFINITE names the draw and the chain of an energy that is not finite.
 */
EGM_API EGM_CHECKED egm_status egm_diagnostics_bfmi(egm_array energies, int64_t chain, double *out);

#ifdef __cplusplus
}
#endif
#endif
