/* SPDX-License-Identifier: MIT */
#ifndef EGM_SAMPLER_H
#define EGM_SAMPLER_H

#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is sampled: the density exp(-V(x)) / Z on R^d, or on a box, with
 *
 *      V(x) = beta * U(x) + ||x||^2 / (2 tau^2)
 *
 *  U the energy, beta an inverse temperature, tau the standard deviation of a normal prior (none unless said).
 *  A target keeps its nets alive, is constant after creation, and may be shared by samplers in several threads.
 */
typedef struct egm_target egm_target;

/** A program's own energy at `rows` points x [rows, dims]: energies [rows] = U, gradients [rows, dims] = dU/dx, in the
 *  target's dtype: in f32 differences below 6e-8 |U| are lost, so give it without large constants. Non-zero stops the
 *  call, which then returns EGM_ERR_STOPPED. An energy of +infinity, or anything that is not finite, marks a point
 *  that cannot be accepted. x is the library's: read it only. The function may use other handles and free the target;
 *  the sampler that called it rejects calls meanwhile (see egm_sampler). */
typedef int (*egm_energy_fn)(int64_t rows, const void *x, void *energies, void *gradients, void *user);

/** Which density a latent target has, with U the energy net and G the generator. */
enum {
	EGM_LATENT_ENERGY = 1,    /**< exp(-beta U(G(z))): no prior, improper when U(G(z)) is bounded */
	EGM_LATENT_POSTERIOR = 2, /**< exp(-beta U(G(z)) - ||z||^2 / (2 tau^2)): at tau = 1 x = G(z) has the density
	                               p_G(x) exp(-beta U(x)), p_G that of the generator */
	EGM_LATENT_PULLBACK = 3   /**< exp(-beta U(G(z))) sqrt(det J^T J), J = dG/dz: x = G(z) has the density exp(-beta U)
	                               on the generator's manifold; latent width <= 8. The determinant
	                               counts as part of U where temperatures or bridges weigh U */
};

typedef struct egm_target_options {
	size_t struct_size;
	double beta; /**< > 0, default 1 */
	/** tau > 0. 0 (default): 1 for EGM_LATENT_POSTERIOR, where less than 1 truncates the prior, and no prior elsewhere;
	 *  EGM_LATENT_ENERGY and EGM_LATENT_PULLBACK take nothing else. */
	double prior_scale;
	const double *lower; /**< [dims] bounds, -INFINITY where there is none; NULL (default): no bounds. Copied. */
	const double *upper; /**< [dims], INFINITY where there is none; lower < upper */
	/** Callback targets: 1 = it may be called from several threads at once. Default 0: a sampler calls it from the
	 *  thread that runs the sampler; samplers in several threads need 1. */
	int32_t concurrent;
	int32_t reserved; /**< 0 */
	/** Callback targets with `concurrent`: most rows of a call, >= 1, default 32. Others get every chain (tempered: on
	 *  every level) in one call. */
	int64_t rows;
} egm_target_options;

EGM_API egm_status egm_target_options_init(egm_target_options *options, size_t size);

/** U = an energy net (one output), in x. */
EGM_API egm_status egm_target_model(egm_target **out, egm_model *energy, const egm_target_options *options);
/** U(G(z)) in the latent space of `generator`, `kind` one of EGM_LATENT_*. Draws are z; egm_model_run makes x of them.
 *  EGM_LATENT_ENERGY is what "Maximum Entropy Generators for Energy-Based Models" (Kumar et al. 2019) samples; with a
 *  generator whose output is bounded (tanh, sigmoid, layer_norm) no energy net makes it a density, and the context's
 *  log says so. */
EGM_API egm_status egm_target_latent(egm_target **out, egm_model *energy, egm_model *generator, int32_t kind,
                                     const egm_target_options *options);
/** A callback's energy in `dims` dimensions. */
EGM_API egm_status egm_target_callback(egm_target **out, egm_context *context, egm_dtype dtype, int64_t dims,
                                       egm_energy_fn energy, void *user, const egm_target_options *options);
EGM_API void egm_target_free(egm_target *target);
EGM_API int64_t egm_target_dims(const egm_target *target);
EGM_API egm_dtype egm_target_dtype(const egm_target *target);
/** V (without bounds' Jacobian) and, unless NULL, dV/dx at x [rows, dims]: what a program checks its callback or its
 *  chains with. A point outside of the box is ARGUMENT. Results that are not finite are passed on. Every call compiles
 *  the nets. */
EGM_API egm_status egm_target_evaluate(const egm_target *target, egm_dtype dtype, const void *x, int64_t rows,
                                       void *energies, void *gradients);

/** Markov chains on a target, each with random numbers of its own: what chain i does depends on the seed and i, not on
 *  the number of chains or threads.
 *
 *  During egm_sampler_run and egm_sampler_warmup the energy callback of the target can call none of the functions of
 *  this sampler: they return EGM_ERR_STATE. The progress callback can call egm_sampler_points, egm_sampler_stats,
 *  egm_sampler_scale and egm_sampler_save, which see all chains after the same number of transitions; the others return
 *  EGM_ERR_STATE. egm_sampler_free in either callback frees the sampler when the call returns. */
typedef struct egm_sampler egm_sampler;

/** Kernels. Steps are in the epsilon form: x' = x - (eps/2) C grad V + sqrt(eps C) xi, C the diagonal of `scale`
 *  squared; for hmc and nuts `step_size` is the leapfrog step h, with h = sqrt(eps) between the two conventions. */
enum {
	EGM_SAMPLER_ULA = 1,  /**< unadjusted Langevin: biased by O(eps), never rejects. Roberts and Tweedie 1996 */
	EGM_SAMPLER_MALA = 2, /**< the same with the Metropolis-Hastings ratio: exact. Roberts and Tweedie 1996 */
	EGM_SAMPLER_HMC = 3,  /**< Hamiltonian Monte Carlo, leapfrog. Neal 2011, section 5.3 */
	EGM_SAMPLER_NUTS = 4, /**< no-U-turn: multinomial, biased progressive. Betancourt 2017, appendix A */
	/** ULA down a schedule of temperatures, then a denoising step: one draw = one pass from the chain's point. For
	 *  energies that were trained over noise levels. Li, Chen, Sommer 2019 */
	EGM_SAMPLER_ANNEALED_LANGEVIN = 5,
	EGM_SAMPLER_TEMPERED = 6 /**< MALA on a ladder of temperatures with exchanges between neighbours; draws are those of
	                              the coldest. Geyer 1991 */
};

typedef struct egm_sampler_options {
	size_t struct_size;
	int32_t kernel;   /**< EGM_SAMPLER_*, set by egm_sampler_options_init */
	int32_t reserved; /**< 0 */
	int64_t chains;   /**< >= 1, default 4 */
	uint64_t seed;    /**< default 0 */
	double step_size; /**< > 0; eps of ula, mala, annealed_langevin, tempered (default 0.01, 0.1, 0.01, 0.1), h of hmc
	                       and nuts (default 0.1); the start when a warm-up adapts it */
	/** hmc and, since 0.5, mala: in [0, 1), default 0; each transition uses h, of mala sqrt(eps), times
	 *  U[1-jitter, 1+jitter). */
	double jitter;
	/** Standard deviation of the chains' first points, N(0, start_scale^2 I) before the bounds' transform; 0 (default):
	 *  the target's prior_scale, 1 without a prior. */
	double start_scale;
	double target_accept;   /**< in (0, 1): what a warm-up aims at; default 0.574 mala and tempered, 0.8 hmc and nuts */
	const double *scale;    /**< [dims] > 0, the scale of each coordinate (diagonal preconditioner; C = scale^2 is the
	                             inverse mass). NULL (default): ones. Copied. */
	int64_t leapfrog_steps; /**< hmc: >= 1, default 10 */
	int64_t max_depth;      /**< nuts: at most 2^max_depth - 1 leapfrog steps, 1 to 16, default 10 */
	double divergence; /**< hmc, nuts: energy error > 0 beyond which a trajectory counts as divergent and nuts ends it;
	                        default 1000 */
	/** annealed_langevin: [levels] > 0 falling temperatures T; tempered: [levels] rising temperatures from 1. At each U
	 *  is divided by T, the prior is not. Langevin steps at T are step_size * T, and so tempered levels start. NULL,
	 *  with one level: T = 1. Copied. */
	const double *temperatures;
	int64_t levels; /**< 1 to 256, default 1 */
	/** annealed_langevin: >= 1, default 100; tempered: MALA steps between exchanges, default 1. */
	int64_t steps_per_level;
	double denoise; /**< annealed_langevin: sigma0 >= 0, the draw is x - sigma0^2 grad V(x); default 0: x itself */
	/** mala, hmc, nuts: 1 = a warm-up also estimates `scale`, for each chain; default 0, nuts 1. */
	int32_t adapt_scale;
	int32_t reserved2; /**< 0 */
} egm_sampler_options;

/** The defaults of a kernel. Members that the kernel does not use are 0 and have to stay so. */
EGM_API egm_status egm_sampler_options_init(egm_sampler_options *options, size_t size, int32_t kernel);

/** Sets up the chains, at points drawn from the seed. Keeps the target alive. `options` NULL: nuts with its defaults.
 */
EGM_API egm_status egm_sampler_create(egm_sampler **out, egm_target *target, const egm_sampler_options *options);
EGM_API void egm_sampler_free(egm_sampler *sampler);

/** Puts the chains at points [chains, dims]; frozen chains thaw. Counters and adaptation stay. NONFINITE names chain
 *  and dimension; ARGUMENT a point outside of the box. */
EGM_API egm_status egm_sampler_set_points(egm_sampler *sampler, egm_dtype dtype, const void *points);
/** Where the chains stand, [chains, dims]. */
EGM_API egm_status egm_sampler_points(const egm_sampler *sampler, egm_dtype dtype, void *points);

/** The callback that egm_sampler_run and egm_sampler_warmup report to from now on; NULL (default): none. A step is one
 *  transition of every chain, so a draw is made every `thin` steps. With nuts, chains with smaller trees wait for the
 *  others before each report: see doc/samplers/README.md. */
EGM_API egm_status egm_sampler_set_progress(egm_sampler *sampler, egm_progress_fn progress, void *user);

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
 *  so does every one after a call of egm_sampler_run, egm_sampler_set_points or egm_sampler_load in between; a file of
 *  egm_sampler_save does not contain the warm-up under way.
 *
 *  All counters of egm_sampler_stats are 0 afterwards, also if the warm-up was stopped. EGM_ERR_STATE for kernels that
 *  adapt nothing, ula and annealed_langevin: let those run until they have forgotten the start. */
EGM_API egm_status egm_sampler_warmup(egm_sampler *sampler, int64_t steps);

/** n draws a chain, each after `thin` >= 1 transitions: draws [n, chains, dims], energies [n, chains] = V at them, both
 *  may be NULL. Allocates nothing after the first call of a sampler.
 *
 *  A chain whose point or gradient goes non-finite is frozen at its last good point, which fills the rest of its draws;
 *  the others go on, and the call then returns NONFINITE naming the lowest such chain. Later calls go on without it and
 *  return OK while any chain moves; `frozen` of the statistics counts it until egm_sampler_set_points thaws it.
 *  A proposal with a non-finite energy is no such case where there is a Metropolis test: it is rejected, a divergence.
 *  An energy that overflows while its gradient is finite counts where it is reported or decides, for nets: with ula
 *  behind the last transition of a call and at draws with `energies`, with hmc at the end of a trajectory, with
 *  annealed_langevin at the end of a pass, with the other kernels at every point. On the way there it neither freezes a
 *  chain nor rejects. Energies of callbacks and EGM_LATENT_PULLBACK count everywhere.
 *
 *  If the progress callback stops the call after k transitions, the first k / thin draws (rounded down) are written and
 *  later ones are not touched. The chains can be saved and continued: further calls give the draws that an unstopped
 *  call would have given, bit for bit, the next of them after thin - k % thin transitions. A chain that froze meanwhile
 *  is not reported as NONFINITE, but counted in `frozen`.
 *
 *  If the energy callback stops the call, it returns STOPPED at once and every chain is left at its last whole
 *  transition (of tempered, at those of its levels): egm_sampler_stats says how many each chain has made, and each
 *  continues, bit for bit, from there. Later draws are not written. */
EGM_API egm_status egm_sampler_run(egm_sampler *sampler, int64_t n, int64_t thin, void *draws, void *energies);

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

EGM_API egm_status egm_sampler_statistics_init(egm_sampler_statistics *statistics, size_t size);
/** Of chain 0 .. chains-1, or of all together with chain = -1. */
EGM_API egm_status egm_sampler_stats(const egm_sampler *sampler, int64_t chain, egm_sampler_statistics *statistics);
/** The scale [dims] that chain `chain` uses. */
EGM_API egm_status egm_sampler_scale(const egm_sampler *sampler, int64_t chain, double *scale);

/** Writes points, step sizes, scales, counters and seed as one safetensors file, replaced as a whole. n draws, save,
 *  load, m draws gives the same bits as n + m draws. */
EGM_API egm_status egm_sampler_save(const egm_sampler *sampler, const char *path);
/** Reads it into a sampler made with the same kernel, number of chains, dims, dtype and levels; FORMAT names what
 *  differs, and nothing has then changed. Options that are not state (temperatures, leapfrog_steps, ...) stay those of
 *  the sampler. The next call asks once more for the gradient where each chain stands, and counts it. */
EGM_API egm_status egm_sampler_load(egm_sampler *sampler, const char *path);

/** log Z of a target by annealed importance sampling (Neal 2001): particles from the base N(0, base_scale^2 I), moved
 *  by one HMC transition at each of `levels` - 1 densities exp(-W_b) between base and target,
 *      W_b(y) = b W(y) + (1 - b) ||y||^2 / (2 base_scale^2),  0 < b < 1.
 *  Without bounds y = x and W = V. With bounds y are the unconstrained coordinates, x = l + e^y above a lower bound,
 *  u - e^-y below an upper one, l + (u - l) / (1 + e^-y) between two, and W(y) = V(x(y)) - log |dx/dy|: the base is
 *  normal in y, and log_z is the integral over the box all the same. */
typedef struct egm_ais_options {
	size_t struct_size;
	uint64_t seed;
	int64_t particles;      /**< >= 2, default 256 */
	int64_t levels;         /**< >= 1, default 200 */
	int64_t leapfrog_steps; /**< >= 1, default 5 */
	double step_size;       /**< leapfrog step h > 0 of every level, or 0 (default): found for each level by a pilot run
	                             of other particles (1 + 20/k transitions at level k), so that the estimate of Z stays
	                             unbiased. Transitions use h times U[0.7, 1.3) either way */
	double base_scale;      /**< > 0 with a square that the dtype holds, or 0 (default): 2 with bounds, else tau with a
	                           prior, else 1. With tau the prior is the base, and b weights beta U alone */
	double power;           /**< b = (level/levels)^power, > 0; default 2: more levels near the base */
	/** Called from time to time; NULL (default): never. Steps are transitions of the pilot run, and then levels of each
	 *  group of 64 particles (256 for a callback that is not concurrent). */
	egm_progress_fn progress;
	void *user; /**< passed to `progress` */
} egm_ais_options;

typedef struct egm_ais_result {
	size_t struct_size;
	double log_z; /**< natural logarithm of the integral of exp(-V(x)) dx over R^d or the box; the prior counts as
	                   exp(-||x||^2 / (2 tau^2)), not normalised. log q(x) = -V(x) - log_z */
	double standard_error; /**< of log_z: sd of the weights / (mean weight * sqrt(particles)) */
	double ess;            /**< (sum w)^2 / sum w^2, of `particles`; below a tenth distrust log_z */
	double acceptance;     /**< mean over levels and particles; NaN with one level */
	int64_t gradients;     /**< evaluations at one point, the pilot's included */
	int64_t lost;          /**< particles of weight 0: those that began where V or its gradient is not finite */
} egm_ais_result;

EGM_API egm_status egm_ais_options_init(egm_ais_options *options, size_t size);
EGM_API egm_status egm_ais_result_init(egm_ais_result *result, size_t size);
/** log_weights [particles], -INFINITY for the lost, may be NULL: log_z is the logarithm of the mean of their
 *  exponentials. The bits of a result depend on target, options and seed, not on the number of threads. An energy
 *  callback that is not concurrent gets up to 256 points a call. EGM_ERR_NONFINITE if every particle is lost;
 *  EGM_ERR_STOPPED if the energy or the progress callback stopped it. After an error nothing is written. */
EGM_API egm_status egm_ais_run(egm_target *target, const egm_ais_options *options, egm_ais_result *result,
                               double *log_weights);

EGM_API egm_status egm_sampler_save_memory(const egm_sampler *sampler, void *buffer, size_t size, size_t *needed);
EGM_API egm_status egm_sampler_restore_memory(egm_sampler *sampler, const void *bytes, size_t size);
#ifdef __cplusplus
}
#endif
#endif
