/* SPDX-License-Identifier: MIT */
#ifndef EGM_DIAGNOSTICS_H
#define EGM_DIAGNOSTICS_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Draws of several chains, collected to be judged: have the chains found the same distribution, and how many
 *  independent draws are the correlated ones worth. Feed it all draws at once or as they come.
 *
 *  Memory grows with the draws and holds at most `capacity` a chain: when it is full, every second one is dropped and
 *  from then on only every second one is taken. Mean and standard deviation are of all draws; the rest is of those that
 *  are kept, and effective sample sizes are then lower bounds.
 */
typedef struct egm_diagnostics egm_diagnostics;

/** `chains` and `dims` >= 1; `capacity` >= 8 draws a chain, 0: the default of 4096. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_create(egm_diagnostics **out, egm_context *context, int64_t chains,
                                                      int64_t dims, int64_t capacity);
EGM_API void egm_diagnostics_free(egm_diagnostics *diagnostics);

/** draws [n * chains, dims] of either dtype, as egm_sampler_run writes them. NONFINITE names the draw, the chain and
 *  the dimension; then nothing of the call has been taken. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_add(egm_diagnostics *diagnostics, egm_array draws);
/** Draws a chain that were given, and that are kept. Either pointer may be NULL. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_count(const egm_diagnostics *diagnostics, int64_t *given, int64_t *kept);

/** One dimension, all chains together. Chains are cut in halves; of an odd number of draws the one in the middle counts
 *  for the quantiles alone. What cannot be computed is NaN:
 *  - everything but mean and sd with fewer than 4 kept draws a chain;
 *  - the sample sizes and mcse with fewer than 10 kept draws a chain;
 *  - r_hat, the sample sizes and mcse when all draws are the same number, as those of one chain that never moved are;
 *  - ess_tail when the 95 % quantile is the largest draw.
 *
 *  A chain that stands still among others that move makes r_hat large: four chains of N(0, 1), one of which stays at 0,
 *  have 1.53. Its sample sizes count the draws that stand still, so r_hat is to be read first. When no half of a chain
 *  moves, but not all are at the same place, r_hat is +INFINITY. Write the test as `!(r_hat <= 1.01)`: it is true for
 *  NaN too, where `r_hat > 1.01` is false.
 *
 *  Draws of any scale are judged alike: multiplied by a power of two they have the same r_hat and sample sizes, bit for
 *  bit, from 1e-300 to 1e300. */
typedef struct egm_diagnosis {
	size_t struct_size;
	double mean;
	double sd;       /**< standard deviation, divisor draws - 1 */
	double mcse;     /**< standard error of the mean: sd / sqrt(ess_mean) */
	double r_hat;    /**< larger of rank-normalised split R-hat and that of the folded draws; at most 1.01 is good.
	                      Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021, section 4, as the first two sizes */
	double ess_bulk; /**< of the rank-normalised split chains */
	double ess_tail; /**< the smaller of those of the 5 % and the 95 % quantile */
	double ess_mean; /**< of the draws as they are: Geyer's initial monotone sequence over split chains. This and the
	                      other two are at most N log10 N, N the draws */
	double q05;      /**< quantiles, linear between order statistics */
	double median;
	double q95;
} egm_diagnosis;

/* Of NaN: nobody takes a blank for a good value. */
/* clang-format off */
#define EGM_DIAGNOSIS_INIT                                                                       \
	{sizeof(egm_diagnosis), 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0,               \
	                        0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0, 0.0 / 0.0}
/* clang-format on */

/** Of dimension `dim` over all chains with `chain` -1, or of one chain alone; R-hat then compares its halves. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_compute(const egm_diagnostics *diagnostics, int64_t dim, int64_t chain,
                                                       egm_diagnosis *diagnosis);
/** Autocorrelation of the kept draws at lags 0 .. lags-1, out, f64 [lags], 1 <= lags <= kept draws: the mean over the
 *  chains of each chain's own with `chain` -1, or that of one chain. NaN when one of them never moved. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_autocorrelation(const egm_diagnostics *diagnostics, int64_t dim,
                                                               int64_t chain, egm_out out);
/** Energies [n, chains] of either dtype, judged for one chain: sum (u_t - u_(t-1))^2 / sum (u_t - mean)^2, near 2 when
 *  the draws are independent. Of the total energies of a Hamiltonian sampler this is the estimated Bayesian fraction of
 *  missing information (Betancourt 2016), with the rule to distrust a chain below 0.3. egm_sampler_run writes potential
 *  energies; of these it is 2 (1 - autocorrelation at lag 1) with any kernel, and a chain below 0.3 is slow from one
 *  energy to another. NaN when the energies never change or n < 3; NONFINITE names the draw and the chain. */
EGM_API EGM_CHECKED egm_status egm_diagnostics_bfmi(egm_array energies, int64_t chain, double *out);

#ifdef __cplusplus
}
#endif
#endif
