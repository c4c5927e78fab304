/* SPDX-License-Identifier: MIT */
#ifndef EGM_SAMPLER_H
#define EGM_SAMPLER_H

#include <egm/target.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Markov chains on a target, each with random numbers of its own: what chain i does depends on the seed and i, not on
 *  the number of chains or threads.
 *
 *  During egm_sampler_run and egm_sampler_warmup the energy callback of the target can call none of the functions of
 *  this sampler: they return EGM_ERR_STATE. The progress callback can call egm_sampler_points, egm_sampler_stats,
 *  egm_sampler_scale and egm_sampler_save, which see all chains after the same number of transitions; the others return
 *  EGM_ERR_STATE. egm_sampler_free in either callback frees the sampler when the call returns. */
typedef struct egm_sampler egm_sampler;

/* Kernels: each has a constructor and an options struct. The sampler keeps the target alive; its chains are set up at
 * points drawn from the seed. `options` NULL: the defaults. Errors: EGM_ERR_ARGUMENT names the option that is out of
 * its range, with the range.
 *
 * Steps are in the epsilon form: x' = x - (eps/2) C grad V + sqrt(eps C) xi, C the diagonal of `scale` squared; for hmc
 * and nuts `step_size` is the leapfrog step h, with h = sqrt(eps) between the two conventions.
 *
 * All structs begin with the same members:
 *
 *  chains       >= 1, default 4
 *  seed         default 0
 *  step_size    > 0; where a warm-up starts that adapts it
 *  start_scale  standard deviation of the first points, N(0, start_scale^2 I) before the transform of bounds; >= 0.
 *               0 (default): the target's prior_scale, 1 without a prior
 *  scale        [dims] > 0, the scale of each coordinate: a diagonal preconditioner, C = scale^2 is the inverse mass.
 *               NULL (default): ones. Copied
 *
 * and these mean the same wherever they stand:
 *
 *  jitter         in [0, 1), default 0: each transition uses the leapfrog step h, for mala sqrt(eps), times
 *                 U[1-jitter, 1+jitter)
 *  target_accept  in (0, 1): the mean acceptance probability that a warm-up aims at
 *  divergence     energy error > 0 beyond which a trajectory counts as divergent, and with nuts ends; default 1000
 *  adapt_scale    1: a warm-up also estimates `scale`, for each chain; 0: it does not
 *  temperatures   [levels] > 0: at temperature T, U is divided by T, the prior is not. NULL (default), with
 *                 one level: T = 1. Copied
 *  levels         1 to 256, default 1 */

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

/** Unadjusted Langevin: biased by O(eps), never rejects, has no warm-up. Roberts and Tweedie 1996. */
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
	int32_t reserved;     /**< 0 */
} egm_mala_options;

#define EGM_MALA_OPTIONS_INIT                                        \
	{                                                                \
		sizeof(egm_mala_options), 4, 0, 0.1, 0, NULL, 0, 0.574, 0, 0 \
	}

/** Langevin with the Metropolis-Hastings ratio: exact. Roberts and Tweedie 1996. */
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
	int32_t leapfrog_steps; /**< >= 1, default 10 */
	int32_t adapt_scale;    /**< default 0 */
} egm_hmc_options;

#define EGM_HMC_OPTIONS_INIT                                             \
	{                                                                    \
		sizeof(egm_hmc_options), 4, 0, 0.1, 0, NULL, 0, 0.8, 1000, 10, 0 \
	}

/** Hamiltonian Monte Carlo, leapfrog. Neal 2011, section 5.3. */
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
	int32_t max_depth;   /**< at most 2^max_depth - 1 leapfrog steps, 1 to 16, default 10 */
	int32_t adapt_scale; /**< default 1 */
} egm_nuts_options;

#define EGM_NUTS_OPTIONS_INIT                                          \
	{                                                                  \
		sizeof(egm_nuts_options), 4, 0, 0.1, 0, NULL, 0.8, 1000, 10, 1 \
	}

/** No-U-turn: multinomial, biased progressive. Betancourt 2017, appendix A. */
EGM_API EGM_CHECKED egm_status egm_sampler_nuts(egm_sampler **out, egm_target *target, const egm_nuts_options *options);

typedef struct egm_annealed_langevin_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps at temperature 1, default 0.01: at T it is eps * T */
	double start_scale;
	const double *scale;
	const double *temperatures; /**< falling */
	int64_t levels;
	int64_t steps_per_level; /**< 1 to 2^31 - 1, default 100 */
	double denoise;          /**< sigma0 > 0: the draw is x - sigma0^2 grad V(x); 0 (default): x itself */
} egm_annealed_langevin_options;

#define EGM_ANNEALED_LANGEVIN_OPTIONS_INIT                                          \
	{                                                                               \
		sizeof(egm_annealed_langevin_options), 4, 0, 0.01, 0, NULL, NULL, 1, 100, 0 \
	}

/** ULA down a schedule of temperatures, then a denoising step: one draw = one pass from the chain's point. For energies
 *  that were trained over noise levels. Has no warm-up. Li, Chen, Sommer 2019. EGM_ERR_UNSUPPORTED for denoise > 0 on a
 *  target with bounds. */
EGM_API EGM_CHECKED egm_status egm_sampler_annealed_langevin(egm_sampler **out, egm_target *target,
                                                             const egm_annealed_langevin_options *options);

typedef struct egm_tempered_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps at temperature 1, default 0.1: levels start at eps * T */
	double start_scale;
	const double *scale;
	const double *temperatures; /**< rising from 1 */
	int64_t levels;
	int64_t steps_per_level; /**< MALA steps between exchanges, 1 to 2^31 - 1, default 1 */
	double target_accept;    /**< default 0.574 */
} egm_tempered_options;

#define EGM_TEMPERED_OPTIONS_INIT                                           \
	{                                                                       \
		sizeof(egm_tempered_options), 4, 0, 0.1, 0, NULL, NULL, 1, 1, 0.574 \
	}

/** MALA on a ladder of temperatures with exchanges between neighbours; draws are those of the coldest. Geyer 1991. */
EGM_API EGM_CHECKED egm_status egm_sampler_tempered(egm_sampler **out, egm_target *target,
                                                    const egm_tempered_options *options);

EGM_API void egm_sampler_free(egm_sampler *sampler);

/* What a sampler is made for; 0 of NULL. */
EGM_API int64_t egm_sampler_chains(const egm_sampler *sampler);
EGM_API int64_t egm_sampler_dims(const egm_sampler *sampler);
EGM_API egm_dtype egm_sampler_dtype(const egm_sampler *sampler);

/** Puts the chains at points [chains, dims]; frozen chains thaw. Counters and adaptation stay. EGM_ERR_NONFINITE names
 *  chain and dimension; EGM_ERR_ARGUMENT a point outside of the box. */
EGM_API EGM_CHECKED egm_status egm_sampler_set_points(egm_sampler *sampler, egm_array points);
/** Where the chains stand, [chains, dims]. */
EGM_API EGM_CHECKED egm_status egm_sampler_points(const egm_sampler *sampler, egm_out points);

/** `steps` transitions that adapt each chain's step size by dual averaging towards target_accept (Hoffman and Gelman
 *  2014, section 3.2) and, with adapt_scale, its scale in windows that double (Stan's schedule; below 50 transitions
 *  none), then fix both. A coordinate times c gets a scale times c: the variance of a window is shrunk towards
 *  sqrt(var x / var g), g the gradient, and before the first window such estimates replace scales that are far off. If
 *  fewer than 10 transitions follow the start or the last window (because `steps` is small or a callback stopped), the
 *  chain keeps the step size it had at that point. A stopped warm-up leaves what was found so far, the scale of the
 *  last whole window, and the chains at their last whole transition.
 *
 *  If the progress callback stopped it after k transitions (`done` of the last report), egm_sampler_warmup with
 *  steps - k continues it, with the same bits as if it had not been stopped. Any other number begins a new warm-up, and
 *  so does every one after a call of egm_sampler_run, egm_sampler_set_points or egm_sampler_restore in between; a
 *  file of egm_sampler_save does not contain the warm-up under way.
 *
 *  Chains that freeze are treated as in egm_sampler_run. All counters of egm_sampler_stats but
 *  `frozen` are 0 afterwards, also if the warm-up was stopped. EGM_ERR_STATE for kernels that adapt nothing, ula and
 *  annealed_langevin: let those run until they have forgotten the start. */
EGM_API EGM_CHECKED egm_status egm_sampler_warmup(egm_sampler *sampler, int64_t steps, egm_progress_fn progress,
                                                  void *user);

/** n draws a chain, each after `thin` >= 1 transitions: draws [n * chains, dims], all chains of a draw side by
 *  side, and energies [n, chains] = V at them; both may be egm_no_out(). Allocates nothing after the first call of
 *  a sampler.
 *
 *  progress may be NULL. A step is one transition of every chain, so a draw is made every `thin` steps. With nuts,
 *  chains with smaller trees wait for the others before each report: see doc/samplers/README.md.
 *
 *  A chain whose point or gradient goes non-finite is frozen at its last good point, which fills the rest of its draws;
 *  the others go on, and the call returns EGM_OK. The context's log gets a warning, and `frozen` of the statistics
 *  counts the chain until egm_sampler_set_points thaws it. While all chains are frozen the call returns
 *  EGM_ERR_NONFINITE, which names the one with the fewest transitions; the draws are then written all the same.
 *  A proposal with a non-finite energy is no such case where there is a Metropolis test: it is rejected, a divergence.
 *  An energy that overflows while its gradient is finite counts where it is reported or decides, for nets: with ula
 *  behind the last transition of a call and at draws with `energies`, with hmc at the end of a trajectory, with
 *  annealed_langevin at the end of a pass, with the other kernels at every point. On the way there it neither freezes a
 *  chain nor rejects. Energies of callbacks and EGM_LATENT_PULLBACK count everywhere.
 *
 *  If the progress callback stops the call after k transitions, the first k / thin draws (rounded down) are written and
 *  later ones are not touched. The chains can be saved and continued: further calls give the draws that an unstopped
 *  call would have given, bit for bit, the next of them after thin - k % thin transitions.
 *
 *  If the energy callback stops the call, it returns STOPPED at once and every chain is left at its last whole
 *  transition (of tempered, at those of its levels): egm_sampler_stats says how many each chain has made, and each
 *  continues, bit for bit, from there. Later draws are not written. */
EGM_API EGM_CHECKED egm_status egm_sampler_run(egm_sampler *sampler, int64_t n, int64_t thin, egm_out draws,
                                               egm_out energies, egm_progress_fn progress, void *user);

/** What the chains have done since they were made or warmed up. */
typedef struct egm_sampler_statistics {
	size_t struct_size;
	int64_t transitions; /**< as `thin` counts them: of tempered, rounds of steps_per_level on every level */
	int64_t gradients;   /**< evaluations of energy and gradient at one point */
	double acceptance;   /**< mean acceptance probability; NaN without a Metropolis test */
	int64_t divergences; /**< transitions with an energy that is not finite, or an energy error beyond `divergence` */
	double step_size;    /**< in use; mean over chains */
	double leapfrogs;    /**< hmc, nuts: mean number of leapfrog steps a transition, else 0 */
	int64_t saturated;   /**< nuts: transitions that reached max_depth */
	double energy;       /**< V where the chain stands, NaN before a run; mean over chains */
	double exchange;     /**< tempered: share of accepted exchanges, NaN before the first and for other kernels */
	int64_t frozen;      /**< chains that stand still because they went non-finite */
} egm_sampler_statistics;

#define EGM_SAMPLER_STATISTICS_INIT                                  \
	{                                                                \
		sizeof(egm_sampler_statistics), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/** Of chain 0 .. chains-1, or of all together with chain = -1: counts are then sums over the chains. */
EGM_API EGM_CHECKED egm_status egm_sampler_stats(const egm_sampler *sampler, int64_t chain,
                                                 egm_sampler_statistics *statistics);
/** The scale, f64 [dims], that chain `chain` uses. */
EGM_API EGM_CHECKED egm_status egm_sampler_scale(const egm_sampler *sampler, int64_t chain, egm_out scale);

/** Writes points, step sizes, scales, counters and seed as one safetensors file, replaced as a whole. n draws, save,
 *  load, m draws gives the same bits as n + m draws. */
EGM_API EGM_CHECKED egm_status egm_sampler_save(const egm_sampler *sampler, const char *path);
/** The same into memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_sampler_save_memory(const egm_sampler *sampler, void *buffer, size_t size,
                                                       size_t *needed);
/** Reads it into a sampler made with the same kernel, number of chains, dims, dtype and levels; FORMAT names what
 *  differs, and nothing has then changed. Options that are not state (temperatures, leapfrog_steps, ...) stay those of
 *  the sampler. The next call asks once more for the gradient where each chain stands, and counts it. */
EGM_API EGM_CHECKED egm_status egm_sampler_restore(egm_sampler *sampler, const char *path);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_sampler_restore_memory(egm_sampler *sampler, const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif
#endif
