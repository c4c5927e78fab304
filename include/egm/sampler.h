/* SPDX-License-Identifier: MIT */
#ifndef EGM_SAMPLER_H
#define EGM_SAMPLER_H

#include <egm/target.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Markov chains on a target, each with its own random numbers: what chain i does depends on the seed and i, not on the
 *  number of chains or threads.
 *
 *  During egm_sampler_run and egm_sampler_warmup all functions of this sampler return EGM_ERR_STATE if the energy
 *  callback of the target calls them. The progress callback can call egm_sampler_points, egm_sampler_stats,
 *  egm_sampler_scale, egm_sampler_save and egm_sampler_save_memory, which see all chains after the same number of
 *  transitions; the others return EGM_ERR_STATE. egm_sampler_free in either callback frees the sampler when the call
 *  returns. */
typedef struct egm_sampler egm_sampler;

/* Kernels. Each has a constructor and an options struct. The sampler keeps the target alive. Its chains start at points
 * that are drawn from the seed. `options` NULL: the defaults. Errors: EGM_ERR_ARGUMENT names the option that is out of
 * its range, with the range.
 *
 * step_size of ula, mala and the annealed and tempered kernels is eps in x' = x - (eps/2) C grad V + sqrt(eps C) xi,
 * xi ~ N(0, I), where C is diagonal with the squares of `scale`. step_size of hmc and nuts is the leapfrog step h. The
 * two are related by h = sqrt(eps).
 *
 * All structs begin with the same members:
 *
 *  chains         >= 1, default 4
 *  seed           default 0
 *  step_size      > 0, default with each kernel. A warm-up that adapts it starts from here
 *  start_scale    >= 0, standard deviation of the first points, N(0, start_scale^2 I) in unconstrained coordinates (see
 *                 egm_ais_options). 0 (default): the target's prior_scale, or 1 if it has no prior
 *  scale          [dims] > 0, scale of each coordinate: a diagonal preconditioner; C = scale^2 is the inverse mass.
 *                 NULL (default): ones. Copied
 *
 * These members mean the same in all structs that have them:
 *
 *  jitter         in [0, 1), default 0: each transition multiplies the leapfrog step h (of mala sqrt(eps)) by a draw
 *                 from U[1-jitter, 1+jitter)
 *  target_accept  in (0, 1), default with each kernel: mean acceptance probability that a warm-up aims at
 *  divergence     > 0, default 1000: energy error beyond which a trajectory counts as divergent; with nuts it also ends
 *  adapt_scale    1: a warm-up also estimates `scale`, for each chain; 0: it does not
 *  temperatures   [levels] > 0: at temperature T, U is divided by T and the prior is not. NULL (default), with one
 *                 level: T = 1. Copied
 *  levels         1 to 256, default 1: number of temperatures */

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

/** Unadjusted Langevin: biased by O(eps), never rejects, has no warm-up. Source: Roberts and Tweedie 1996. */
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

/** Metropolis-adjusted Langevin: exact. Source: Roberts and Tweedie 1996. */
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

/** Hamiltonian Monte Carlo with leapfrog steps. Source: Neal 2011, section 5.3. */
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

/** No-U-turn sampler, multinomial with biased progressive sampling. Source: Betancourt 2017, appendix A. */
EGM_API EGM_CHECKED egm_status egm_sampler_nuts(egm_sampler **out, egm_target *target, const egm_nuts_options *options);

typedef struct egm_annealed_langevin_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps at temperature 1, default 0.01: at T it is eps * T */
	double start_scale;
	const double *scale;
	const double *temperatures; /**< in falling order */
	int64_t levels;
	int64_t steps_per_level; /**< steps at each temperature, 1 to 2^31 - 1, default 100 */
	double denoise;          /**< sigma0 > 0: a draw is x - sigma0^2 grad V(x); 0 (default): x itself */
} egm_annealed_langevin_options;

#define EGM_ANNEALED_LANGEVIN_OPTIONS_INIT                                          \
	{                                                                               \
		sizeof(egm_annealed_langevin_options), 4, 0, 0.01, 0, NULL, NULL, 1, 100, 0 \
	}

/** ULA through a schedule of falling temperatures, then a denoising step. One transition is such a pass, which begins
 *  where the chain is. For energies that were trained over noise levels (egm_loss_annealed_dsm). Has no warm-up.
 *  Source: Li, Chen, Sommer 2019. EGM_ERR_UNSUPPORTED if denoise > 0 and the target has bounds. */
EGM_API EGM_CHECKED egm_status egm_sampler_annealed_langevin(egm_sampler **out, egm_target *target,
                                                             const egm_annealed_langevin_options *options);

typedef struct egm_tempered_options {
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size; /**< eps at temperature 1, default 0.1: levels start at eps * T */
	double start_scale;
	const double *scale;
	const double *temperatures; /**< in rising order, from 1 */
	int64_t levels;
	int64_t steps_per_level; /**< MALA steps between exchanges, 1 to 2^31 - 1, default 1 */
	double target_accept;    /**< default 0.574 */
} egm_tempered_options;

#define EGM_TEMPERED_OPTIONS_INIT                                           \
	{                                                                       \
		sizeof(egm_tempered_options), 4, 0, 0.1, 0, NULL, NULL, 1, 1, 0.574 \
	}

/** Parallel tempering: MALA at each of several temperatures, with exchanges between neighbours. Draws are those at
 *  temperature 1. Source: Geyer 1991. */
EGM_API EGM_CHECKED egm_status egm_sampler_tempered(egm_sampler **out, egm_target *target,
                                                    const egm_tempered_options *options);

EGM_API void egm_sampler_free(egm_sampler *sampler);

/* Properties of a sampler; 0 for NULL. */
EGM_API int64_t egm_sampler_chains(const egm_sampler *sampler);
EGM_API int64_t egm_sampler_dims(const egm_sampler *sampler);
EGM_API egm_dtype egm_sampler_dtype(const egm_sampler *sampler);

/** Moves the chains to `points` [chains, dims]. Frozen chains can move again. Counters and adapted values are
 *  unchanged. EGM_ERR_NONFINITE names chain and dimension of a number that is not finite, EGM_ERR_ARGUMENT a point
 *  outside of the bounds. */
EGM_API EGM_CHECKED egm_status egm_sampler_set_points(egm_sampler *sampler, egm_array points);
/** Copies the current points of the chains, [chains, dims]. */
EGM_API EGM_CHECKED egm_status egm_sampler_points(const egm_sampler *sampler, egm_out points);

/** Warms up: makes `steps` transitions that adapt the step size of each chain and, with adapt_scale, its scale. Both
 *  are fixed afterwards. A step of the progress callback is one transition of every chain.
 *
 *  The step size is adapted towards target_accept by dual averaging (Hoffman and Gelman 2014, section 3.2). The scale
 *  is estimated in windows of doubling length (Stan's schedule; none if steps < 50): the variance of a window is shrunk
 *  towards sqrt(var x / var g), g the gradient, and before the first window such estimates replace scales that are far
 *  off. A coordinate in another unit thus gets a scale in that unit. If fewer than 10 transitions follow the start or
 *  the last window (because `steps` is small or a callback stopped), the chain keeps the step size it had at that
 *  point.
 *
 *  A stopped warm-up leaves the step sizes found so far, the scales of the last complete window, and the chains at
 *  their last complete transition. If the progress callback stopped it after k transitions (`done` of the last report),
 *  egm_sampler_warmup with steps - k continues it, with the same bits as if it had not been stopped. With any other
 *  number a new warm-up begins, and also if egm_sampler_run, egm_sampler_set_points or egm_sampler_restore was called
 *  in between. A file of egm_sampler_save does not contain a warm-up under way.
 *
 *  Chains that freeze are treated as in egm_sampler_run. All counters of egm_sampler_stats except `frozen` are 0
 *  afterwards, also if the warm-up was stopped. EGM_ERR_STATE for ula and annealed_langevin, which adapt nothing:
 *  discard their first draws instead. */
EGM_API EGM_CHECKED egm_status egm_sampler_warmup(egm_sampler *sampler, int64_t steps, egm_progress_fn progress,
                                                  void *user);

/** Makes n draws from each chain, one after every `thin` >= 1 transitions: draws [n * chains, dims], first the draw 0
 *  of all chains, and energies [n, chains] = V at them. Both may be egm_no_out(). A step of the progress callback is
 *  one transition of every chain. With nuts, chains with smaller trees wait for the others before each report: see
 *  doc/samplers/README.md. After the first call of a sampler nothing is allocated.
 *
 *  A chain whose point or gradient becomes non-finite is frozen at its last finite point, which fills the rest of its
 *  draws. The other chains continue, and the call returns EGM_OK. The context's log gets a warning, and `frozen` of
 *  egm_sampler_stats counts the chain until egm_sampler_set_points moves it. While all chains are frozen the call
 *  returns EGM_ERR_NONFINITE, which names the one with the fewest transitions; the draws are written all the same. A
 * kernel with a Metropolis test rejects a proposal with a non-finite energy, which counts as a divergence and freezes
 * nothing.
 *
 *  The energy of a network is not computed at every point, so that an energy that overflows while its gradient is
 *  finite is noticed only
 *  - with ula, after the last transition of a call and at draws with `energies`;
 *  - with hmc, at the end of a trajectory;
 *  - with annealed_langevin, at the end of a pass;
 *  - with the other kernels, at every point.
 *  Energies of callbacks, mixtures and EGM_LATENT_PULLBACK are computed at every point.
 *
 *  If the progress callback stops the call after k transitions, the first k / thin draws (rounded down) are written and
 *  later ones are not. The chains can be saved and continued: further calls yield the draws that an unstopped call
 *  would have written, bit for bit, the next one after thin - k % thin transitions.
 *
 *  If the energy callback stops the call, it returns EGM_ERR_STOPPED at once. Every chain is left at its last complete
 *  transition (with tempered, each level at its own): egm_sampler_stats says how many each chain has made, and each
 *  continues from there, bit for bit. Later draws are not written. */
EGM_API EGM_CHECKED egm_status egm_sampler_run(egm_sampler *sampler, int64_t n, int64_t thin, egm_out draws,
                                               egm_out energies, egm_progress_fn progress, void *user);

/** What the chains have done since they were created or warmed up. */
typedef struct egm_sampler_statistics {
	size_t struct_size;
	int64_t transitions; /**< as `thin` counts them; one of tempered is steps_per_level steps at every level */
	int64_t gradients;   /**< evaluations of energy and gradient at one point */
	double acceptance;   /**< mean acceptance probability; NaN without a Metropolis test */
	int64_t divergences; /**< transitions with an energy that is not finite, or an energy error beyond `divergence` */
	double step_size;    /**< in use; mean over chains */
	double leapfrogs;    /**< hmc, nuts: mean number of leapfrog steps in a transition; 0 for other kernels */
	int64_t saturated;   /**< nuts: transitions that reached max_depth */
	double energy;       /**< V at the current point, NaN before a run; mean over chains */
	double exchange;     /**< tempered: share of accepted exchanges, NaN before the first and for other kernels */
	int64_t frozen;      /**< chains that are frozen because they became non-finite, see egm_sampler_run */
} egm_sampler_statistics;

#define EGM_SAMPLER_STATISTICS_INIT                                  \
	{                                                                \
		sizeof(egm_sampler_statistics), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/** Writes the statistics of chain 0 .. chains-1, or with chain = -1 of all together: counts are then sums over the
 *  chains. `statistics` begins as EGM_SAMPLER_STATISTICS_INIT. */
EGM_API EGM_CHECKED egm_status egm_sampler_stats(const egm_sampler *sampler, int64_t chain,
                                                 egm_sampler_statistics *statistics);
/** Copies the scale that chain `chain`, from 0, uses: f64 [dims]. */
EGM_API EGM_CHECKED egm_status egm_sampler_scale(const egm_sampler *sampler, int64_t chain, egm_out scale);

/** Writes points, step sizes, scales, counters and seed to a safetensors file, which is replaced as egm_model_save
 *  does. n draws, save, restore, m draws yields the same bits as n + m draws. */
EGM_API EGM_CHECKED egm_status egm_sampler_save(const egm_sampler *sampler, const char *path);
/** The same into memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_sampler_save_memory(const egm_sampler *sampler, void *buffer, size_t size,
                                                       size_t *needed);
/** Reads such a file into a sampler with the same kernel, number of chains, dims, dtype and levels. EGM_ERR_FORMAT
 *  names what differs, EGM_ERR_UNSUPPORTED the limit of the options that the file exceeds; the sampler is then
 *  unchanged. Options that are not state (temperatures, leapfrog_steps and so on) stay those of the sampler. The next
 *  call computes the gradient at the point of each chain once more, and counts it. `options` may be NULL. */
EGM_API EGM_CHECKED egm_status egm_sampler_restore(egm_sampler *sampler, const char *path,
                                                   const egm_load_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_sampler_restore_memory(egm_sampler *sampler, const void *bytes, size_t size,
                                                          const egm_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
