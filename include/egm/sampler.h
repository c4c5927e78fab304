/* SPDX-License-Identifier: MIT */
#ifndef EGM_SAMPLER_H
#define EGM_SAMPLER_H

#include <egm/target.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Markov chains on a target. Each chain has its own random numbers: what chain i does depends on the seed and on i,
 *  not on the number of chains or threads.
 *
 *  Calls from callbacks, while egm_sampler_run or egm_sampler_warmup runs:
 *  - From the energy function of the target, every function of this sampler that returns a status returns
 *    EGM_ERR_STATE.
 *  - From the progress callback, egm_sampler_points, egm_sampler_stats, egm_sampler_scale, egm_sampler_save and
 *    egm_sampler_save_memory work. All chains have then made the same number of transitions. The other functions that
 *    return a status return EGM_ERR_STATE.
 *  - Both may call egm_sampler_free. The sampler is then freed when the run or warm-up returns. */
typedef struct egm_sampler egm_sampler;

/* Kernels: the rules by which chains move. Each kernel has an options struct and a function that creates a sampler;
 * `options` may be NULL. The chains start at random points, which depend on the seed.
 *
 * The Langevin kernels (ula, mala, annealed_langevin, tempered) have step_size = eps in
 *
 *      x' = x - (eps/2) C grad V + sqrt(eps C) xi,   xi ~ N(0, I),
 *
 * where C is diagonal with the squares of `scale`. The Hamiltonian kernels (hmc, nuts) have step_size = h, the leapfrog
 * step. h = sqrt(eps) describes the same step. With bounds, chains move in unconstrained coordinates: read y and W of
 * egm_ais_options for x and V above. Step sizes and scales are then those of y; points, draws and energies are always x
 * and V(x).
 *
 * All structs begin with the same members:
 *
 *  chains         >= 1, default 4: number of chains
 *  seed           default 0
 *  step_size      > 0; the default differs between kernels. A warm-up starts with it and adapts it
 *  start_scale    >= 0: standard deviation of the first points, N(0, start_scale^2 I) in unconstrained coordinates. 0
 *                 (default): tau of the target, or 1 if it has no prior
 *  scale          [dims] > 0: scale of each coordinate, a diagonal preconditioner; C = scale^2 is the inverse mass.
 *                 NULL (default): all 1. The array is copied
 *
 * Other members mean the same in all structs that have them:
 *
 *  jitter         in [0, 1), default 0: each transition multiplies the leapfrog step h (with mala sqrt(eps)) by a
 *                 uniform draw from [1-jitter, 1+jitter)
 *  target_accept  in (0, 1); the default differs between kernels: mean acceptance probability towards which a warm-up
 *                 adapts the step size
 *  divergence     > 0, default 1000: energy error above which a trajectory counts as divergent; with nuts the
 *                 trajectory also ends
 *  adapt_scale    1: a warm-up also estimates `scale`, separately for each chain. 0: it does not
 *  temperatures   [levels] > 0: at temperature T, the energy U is divided by T, but the prior is not. NULL (default)
 *                 is allowed if levels is 1: T = 1. The array is copied
 *  levels         1 to 256, default 1: number of temperatures
 *
 * Errors of all kernels:
 *  - EGM_ERR_ARGUMENT if a scale is infinite, 0 or subnormal in the target's dtype;
 *  - EGM_ERR_ARGUMENT if start_scale makes a first point overflow in the dtype;
 *  - EGM_ERR_ARGUMENT if N = chains * levels is 2^27 or more, or N * (dims + 3) is 2^34 or more in f32, 2^33 in f64. */

typedef struct egm_ula_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps, default 0.01 */
	double start_scale;
	const double *scale;
} egm_ula_options;

#define EGM_ULA_OPTIONS_INIT                         \
	{                                                \
		sizeof(egm_ula_options), 4, 0, 0.01, 0, NULL \
	}

/** Creates a sampler with unadjusted Langevin steps (ULA). It never rejects, so its stationary distribution has an
 *  error of O(eps). It has no warm-up.
 *  Source: Roberts and Tweedie 1996. */
EGM_API EGM_CHECKED egm_status egm_sampler_ula(egm_sampler **out, egm_target *target, const egm_ula_options *options);

typedef struct egm_mala_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps, default 0.1 */
	double start_scale;
	const double *scale;
	double jitter;
	double target_accept; /**< default 0.574 */
	int32_t adapt_scale;  /**< default 0 */
	int32_t reserved;     /**< must be 0 */
} egm_mala_options;

#define EGM_MALA_OPTIONS_INIT                                        \
	{                                                                \
		sizeof(egm_mala_options), 4, 0, 0.1, 0, NULL, 0, 0.574, 0, 0 \
	}

/** Creates a sampler with Metropolis-adjusted Langevin steps (MALA), whose stationary distribution is exact. Source:
 *  Roberts and Tweedie 1996. */
EGM_API EGM_CHECKED egm_status egm_sampler_mala(egm_sampler **out, egm_target *target, const egm_mala_options *options);

typedef struct egm_hmc_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< h, default 0.1 */
	double start_scale;
	const double *scale;
	double jitter;
	double target_accept; /**< default 0.8 */
	double divergence;
	int32_t leapfrog_steps; /**< leapfrog steps of each transition, >= 1, default 10 */
	int32_t adapt_scale;    /**< default 0 */
} egm_hmc_options;

#define EGM_HMC_OPTIONS_INIT                                             \
	{                                                                    \
		sizeof(egm_hmc_options), 4, 0, 0.1, 0, NULL, 0, 0.8, 1000, 10, 0 \
	}

/** Creates a sampler with Hamiltonian Monte Carlo (HMC), with leapfrog steps. Its stationary distribution is exact.
 *  Source: Neal 2011, section 5.3. */
EGM_API EGM_CHECKED egm_status egm_sampler_hmc(egm_sampler **out, egm_target *target, const egm_hmc_options *options);

typedef struct egm_nuts_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< h, default 0.1 */
	double start_scale;
	const double *scale;
	double target_accept; /**< default 0.8 */
	double divergence;
	int32_t max_depth;   /**< 1 to 16, default 10: a transition makes at most 2^max_depth - 1 leapfrog steps */
	int32_t adapt_scale; /**< default 1 */
} egm_nuts_options;

#define EGM_NUTS_OPTIONS_INIT                                          \
	{                                                                  \
		sizeof(egm_nuts_options), 4, 0, 0.1, 0, NULL, 0.8, 1000, 10, 1 \
	}

/** Creates a no-U-turn sampler (NUTS), multinomial with biased progressive sampling. Its stationary distribution is
 *  exact. Source: Betancourt 2017, appendix A. */
EGM_API EGM_CHECKED egm_status egm_sampler_nuts(egm_sampler **out, egm_target *target, const egm_nuts_options *options);

typedef struct egm_annealed_langevin_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps at temperature 1, default 0.01; at temperature T it is eps * T */
	double start_scale;
	const double *scale;
	const double *temperatures; /**< no temperature may be above the one before it */
	int64_t levels;
	int64_t steps_per_level; /**< Langevin steps at each temperature, 1 to 2^31 - 1, default 100 */
	double denoise;          /**< sigma0 > 0: a draw is x - sigma0^2 grad V(x). 0 (default): a draw is x */
} egm_annealed_langevin_options;

#define EGM_ANNEALED_LANGEVIN_OPTIONS_INIT                                          \
	{                                                                               \
		sizeof(egm_annealed_langevin_options), 4, 0, 0.01, 0, NULL, NULL, 1, 100, 0 \
	}

/** Creates a sampler with annealed Langevin passes, for energies that were trained over noise levels
 *  (egm_loss_annealed_dsm). One transition is one pass: ULA steps at each temperature, from the first to the last, from
 *  the present point of the chain. With the option `denoise`, draws are denoised. There is no warm-up.
 *  Source: Li, Chen, Sommer 2019.
 *
 *  EGM_ERR_ARGUMENT if a temperature is above the one before it; EGM_ERR_UNSUPPORTED if denoise > 0 and the target has
 *  bounds. */
EGM_API EGM_CHECKED egm_status egm_sampler_annealed_langevin(egm_sampler **out, egm_target *target,
                                                             const egm_annealed_langevin_options *options);

typedef struct egm_tempered_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps at temperature 1, default 0.1; temperature T starts with eps * T */
	double start_scale;
	const double *scale;
	const double *temperatures; /**< the first is 1, each is above the one before it */
	int64_t levels;
	int64_t steps_per_level; /**< MALA steps between exchanges, 1 to 2^31 - 1, default 1 */
	double target_accept;    /**< default 0.574 */
} egm_tempered_options;

#define EGM_TEMPERED_OPTIONS_INIT                                           \
	{                                                                       \
		sizeof(egm_tempered_options), 4, 0, 0.1, 0, NULL, NULL, 1, 1, 0.574 \
	}

/** Creates a sampler with parallel tempering: each chain has one MALA walker at each temperature, and after
 *  steps_per_level steps neighbouring temperatures exchange their points. Draws are the points at temperature 1.
 *  Source: Geyer 1991.
 *
 *  EGM_ERR_ARGUMENT if the temperatures do not rise from 1. */
EGM_API EGM_CHECKED egm_status egm_sampler_tempered(egm_sampler **out, egm_target *target,
                                                    const egm_tempered_options *options);

EGM_API void egm_sampler_free(egm_sampler *sampler);

/** Returns the number of chains. */
EGM_API int64_t egm_sampler_chains(const egm_sampler *sampler);
/** Returns the number of dimensions of a point. */
EGM_API int64_t egm_sampler_dims(const egm_sampler *sampler);
/** Returns the type of points and energies. */
EGM_API egm_dtype egm_sampler_dtype(const egm_sampler *sampler);

/** Sets the points of the chains to `points` [chains, dims]; with tempered, at all temperatures. Frozen chains (see
 *  egm_sampler_run) are no longer frozen. Counters and adapted values are unchanged.
 *
 *  Errors, which name chain and dimension:
 *  - EGM_ERR_NONFINITE if a number is not finite;
 *  - EGM_ERR_ARGUMENT if a point is outside of the bounds or on one. */
EGM_API EGM_CHECKED egm_status egm_sampler_set_points(egm_sampler *sampler, egm_array points);
/** Copies the current points of the chains, [chains, dims]. */
EGM_API EGM_CHECKED egm_status egm_sampler_points(const egm_sampler *sampler, egm_out points);

/** Warms up: makes `steps` >= 1 transitions of each chain, which adapt its step size and, with adapt_scale, its scale.
 *  Both are fixed afterwards. All counters of egm_sampler_stats except `frozen` are then 0, even if the warm-up was
 *  stopped. A step of the progress callback is one transition of every chain.
 *
 *  The step size is adapted towards target_accept by dual averaging (Hoffman and Gelman 2014, section 3.2). If fewer
 *  than 10 transitions follow the start or the last window (because `steps` is small or a callback stopped), the chain
 *  keeps the step size it had at that point.
 *
 *  The scale is estimated in windows of doubling length (Stan's schedule; there is none if steps < 50). Its square is
 *  the variance of x in a window, shrunk towards q = sqrt(var x / var g), where g is the gradient. q has the unit of
 *  x^2, so coordinates may have different units. Before the first window, sqrt(q) replaces the scales if the ratios
 *  between the two differ among the coordinates by a factor of more than 100.
 *
 *  A stopped warm-up leaves the step sizes found so far, the scales of the last complete window, and every chain at its
 *  last complete transition. egm_sampler_save does not save the state of a stopped warm-up. If the progress callback
 *  stopped it after k transitions (`done` of the last report), a call of egm_sampler_warmup with steps - k continues
 *  it, and yields the bits of a warm-up that was not stopped. The call begins a new warm-up instead:
 *  - if `steps` is another number;
 *  - if egm_sampler_run, egm_sampler_set_points or egm_sampler_restore was called in between;
 *  - if the energy function stopped the first call.
 *
 *  Errors:
 *  - EGM_ERR_STATE for ula and annealed_langevin, which adapt nothing. Discard their first draws instead;
 *  - EGM_ERR_STOPPED if a callback stopped it;
 *  - EGM_ERR_NONFINITE if all chains are frozen, see egm_sampler_run. */
EGM_API EGM_CHECKED egm_status egm_sampler_warmup(egm_sampler *sampler, int64_t steps, egm_progress_fn progress,
                                                  void *user);

/** Makes `n` >= 1 draws from each chain, one after every `thin` >= 1 transitions.
 *
 *  - draws [n * chains, dims]: first draw 0 of all chains, then draw 1 of all chains, and so on;
 *  - energies [n, chains]: V at the draws.
 *
 *  Both may be egm_no_out(). A step of the progress callback is one transition of every chain. With nuts, chains with
 *  smaller trees wait for the others before each report: see doc/samplers/README.md. Only the first call of a sampler
 *  allocates memory.
 *
 *  Frozen chains: a chain whose point or gradient is no longer finite is frozen: it stays at its last finite point, and
 *  the rest of its draws are this point. The other chains continue, the call returns EGM_OK, and the context's log gets
 *  a warning. `frozen` of egm_sampler_stats counts the chain until egm_sampler_set_points is called. A kernel with a
 *  Metropolis test rejects a proposal whose energy or gradient is not finite, and counts a divergence; it freezes a
 *  chain only if the energy or gradient is not finite where the chain starts (at its first point, or at a point of
 *  egm_sampler_set_points).
 *
 *  Some kernels do not compute the energy of a network at every point. An energy that overflows although its gradient
 *  is finite is noticed:
 *  - with ula, after the last transition of a call, and at each draw if `energies` is wanted;
 *  - with hmc, at the end of a trajectory;
 *  - with annealed_langevin, at the end of a pass;
 *  - with the other kernels, at every point.
 *  Energies of callbacks, mixtures and EGM_LATENT_PULLBACK are computed at every point.
 *
 *  Errors:
 *  - EGM_ERR_NONFINITE if all chains are frozen. The message names the chain with the fewest transitions. The draws are
 *    written;
 *  - EGM_ERR_STOPPED if the progress callback stopped the call after k transitions. The first k / thin draws (rounded
 *    down) of each chain are written. The chains can be saved and continued: each has made k transitions, so the next
 *    draw of the stopped call is due after thin - k % thin further transitions. Further calls yield the bits of a call
 *    that was not stopped;
 *  - EGM_ERR_STOPPED, at once, if the energy function stopped the call. Every chain is left at its last complete
 *    transition (with tempered, each level at its own). egm_sampler_stats writes how many transitions each chain has
 *    made. Later calls continue each chain from there, with the bits of a call that was not stopped. Later draws of the
 *    stopped call are not written. */
EGM_API EGM_CHECKED egm_status egm_sampler_run(egm_sampler *sampler, int64_t n, int64_t thin, egm_out draws,
                                               egm_out energies, egm_progress_fn progress, void *user);

/** What the chains have done since they were created or last warmed up. */
typedef struct egm_sampler_statistics {
	size_t struct_size;
	int64_t transitions; /**< number of transitions; with tempered, one is steps_per_level steps at every level */
	int64_t gradients;   /**< evaluations of energy and gradient at one point */
	double acceptance;   /**< mean acceptance probability; NaN before the first transition, and for kernels without a
	                          Metropolis test */
	int64_t divergences; /**< number of transitions with an energy that is not finite, or with an energy error above the
	                          option `divergence` */
	double step_size;    /**< step size in use: eps, with tempered at temperature 1, or h; mean over chains */
	double leapfrogs;    /**< hmc, nuts: mean number of leapfrog steps in a transition; 0 for other kernels */
	int64_t saturated;   /**< nuts: transitions that reached max_depth */
	double energy;       /**< V at the current point, mean over chains; NaN before a run */
	double exchange;     /**< tempered: share of accepted exchanges; NaN before the first, and with other kernels */
	int64_t frozen;      /**< number of frozen chains, see egm_sampler_run */
} egm_sampler_statistics;

#define EGM_SAMPLER_STATISTICS_INIT                                  \
	{                                                                \
		sizeof(egm_sampler_statistics), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/** Writes the statistics of chain `chain`, from 0, or of all chains together if `chain` is -1; counts are then sums
 *  over the chains. `statistics` begins as EGM_SAMPLER_STATISTICS_INIT. EGM_ERR_ARGUMENT if there is no such chain. */
EGM_API EGM_CHECKED egm_status egm_sampler_stats(const egm_sampler *sampler, int64_t chain,
                                                 egm_sampler_statistics *statistics);
/** Copies the scale that chain `chain`, from 0, uses: f64 [dims]. EGM_ERR_ARGUMENT if there is no such chain. */
EGM_API EGM_CHECKED egm_status egm_sampler_scale(const egm_sampler *sampler, int64_t chain, egm_out scale);

/** Writes points, step sizes, scales, counters and seed to a safetensors file, which is replaced as egm_model_save
 *  does. n draws, save, restore and m draws yield the same bits as n + m draws. EGM_ERR_IO if the file cannot be
 *  written. */
EGM_API EGM_CHECKED egm_status egm_sampler_save(const egm_sampler *sampler, const char *path);
/** Writes the same bytes to memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_sampler_save_memory(const egm_sampler *sampler, void *buffer, size_t size,
                                                       size_t *needed);
/** Reads a file of egm_sampler_save into a sampler with the same kernel, number of chains, dims, dtype and levels.
 *  `options` may be NULL. Options that do not change during a run (temperatures, leapfrog_steps and so on) stay those
 *  of the sampler. The next run computes the gradient at the point of each chain once more, and counts these
 *  evaluations.
 *
 *  Errors, after which the sampler is unchanged:
 *  - EGM_ERR_IO if the file cannot be read;
 *  - EGM_ERR_FORMAT if it is malformed, or if one of these properties differs; the message names it;
 *  - EGM_ERR_NONFINITE if a number in it that must be finite is not;
 *  - EGM_ERR_UNSUPPORTED if it exceeds a limit of the options; the message names it. */
EGM_API EGM_CHECKED egm_status egm_sampler_restore(egm_sampler *sampler, const char *path,
                                                   const egm_load_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_sampler_restore_memory(egm_sampler *sampler, const void *bytes, size_t size,
                                                          const egm_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
