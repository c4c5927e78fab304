/* SPDX-License-Identifier: MIT */
#ifndef EGM_TARGET_H
#define EGM_TARGET_H

#include <egm/mixture.h>
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
 *  the sampler that called it rejects calls meanwhile (see egm_sampler). energies and gradients are never NULL. */
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

#define EGM_TARGET_OPTIONS_INIT                                \
	{                                                          \
		sizeof(egm_target_options), 1, 0, NULL, NULL, 0, 0, 32 \
	}

/** U = an energy net (one output), in x. */
EGM_API EGM_CHECKED egm_status egm_target_model(egm_target **out, egm_model *energy, const egm_target_options *options);
/** U(G(z)) in the latent space of `generator`, `kind` one of EGM_LATENT_*. Draws are z; egm_model_run makes x of them.
 *  EGM_LATENT_ENERGY is what "Maximum Entropy Generators for Energy-Based Models" (Kumar et al. 2019) samples; with a
 *  generator whose output is bounded (tanh, sigmoid, layer_norm) no energy net makes it a density, and the context's
 *  log says so. EGM_ERR_ARGUMENT if the nets come from different contexts. */
EGM_API EGM_CHECKED egm_status egm_target_latent(egm_target **out, egm_model *energy, egm_model *generator,
                                                 int32_t kind, const egm_target_options *options);
/** A callback's energy in `dims` dimensions. When the target and all samplers on it are gone, user_free is called with
 *  `user`, on the thread that freed the last of them; NULL: `user` stays the program's, and must be valid until then.
 *  If the call fails, user_free is not called. */
EGM_API EGM_CHECKED egm_status egm_target_callback(egm_target **out, egm_context *context, egm_dtype dtype,
                                                   int64_t dims, const egm_target_options *options,
                                                   egm_energy_fn energy, void *user, void (*user_free)(void *user));
/** U = -log p of a mixture, which the target keeps alive. exp(-U) integrates to 1. Where p is 0 in double precision U
 *  is infinite. egm_mixture_step changes the target, and chains continue in the new density; it must not be called
 *  while another thread uses the target. Threads share the target whatever `concurrent` says, in calls of up to `rows`
 *  points. */
EGM_API EGM_CHECKED egm_status egm_target_mixture(egm_target **out, egm_mixture *mixture, egm_dtype dtype,
                                                  const egm_target_options *options);
EGM_API void egm_target_free(egm_target *target);
EGM_API int64_t egm_target_dims(const egm_target *target);
EGM_API egm_dtype egm_target_dtype(const egm_target *target);
/** energies [rows] = V (without bounds' Jacobian) and, unless egm_no_out(), gradients [rows, dims] = dV/dx at x [rows,
 *  dims]: what a program checks its callback or its chains with. EGM_ERR_NONFINITE if x is not finite, EGM_ERR_ARGUMENT
 *  for a point outside of the box. Results that are not finite are passed on. Every call compiles the nets. */
EGM_API EGM_CHECKED egm_status egm_target_evaluate(const egm_target *target, egm_array x, egm_out energies,
                                                   egm_out gradients);

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
} egm_ais_options;

#define EGM_AIS_OPTIONS_INIT                             \
	{                                                    \
		sizeof(egm_ais_options), 0, 256, 200, 5, 0, 0, 2 \
	}

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

#define EGM_AIS_RESULT_INIT                      \
	{                                            \
		sizeof(egm_ais_result), 0, 0, 0, 0, 0, 0 \
	}

/** Estimates log Z. `options` may be NULL. log_weights, f64 [particles], -INFINITY for the lost, may be egm_no_out():
 *  log_z is the logarithm of the mean of their exponentials. The bits of a result depend on target, options and seed,
 *  not on the number of threads. An energy callback that is not concurrent gets up to 256 points a call.
 *
 *  progress may be NULL; steps are transitions of the pilot run, and then levels of each group of 64 particles (256 for
 *  a callback that is not concurrent). EGM_ERR_NONFINITE if every particle is lost; EGM_ERR_STOPPED if the energy or
 *  the progress callback stopped it. After an error nothing is written. */
EGM_API EGM_CHECKED egm_status egm_target_ais(const egm_target *target, const egm_ais_options *options,
                                              egm_ais_result *result, egm_out log_weights, egm_progress_fn progress,
                                              void *user);

#ifdef __cplusplus
}
#endif
#endif
