/* SPDX-License-Identifier: MIT */
#ifndef EGM_TARGET_H
#define EGM_TARGET_H

#include <egm/mixture.h>
#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Density to sample from: exp(-V(x)) / Z on R^d, or on a box, with
 *
 *      V(x) = beta * U(x) + ||x||^2 / (2 tau^2)
 *
 *  U is the energy, beta an inverse temperature, and tau the standard deviation of a normal prior, which is optional.
 *  A target keeps its networks alive, is constant after creation, and may be shared by samplers in several threads.
 */
typedef struct egm_target egm_target;

/** Energy function of a program. Writes U and its gradient at `rows` points x [rows, dims] to energies [rows] and
 *  gradients [rows, dims] (dU/dx), which are never NULL. All arrays have the dtype of the target. In f32, differences
 *  below 6e-8 |U| are lost, so leave out large constants.
 *
 *  A return value other than 0 stops the call that needs the energy, which then returns EGM_ERR_STOPPED. An energy or a
 *  gradient that is not finite marks a point that cannot be accepted. The function may use other handles and free the
 *  target. Functions of the sampler that called it return EGM_ERR_STATE meanwhile (see egm_sampler). */
typedef int (*egm_energy_fn)(int64_t rows, const void *x, void *energies, void *gradients, void *user);

/** Density of a latent target in z. U is the energy network and G the generator. */
enum {
	EGM_LATENT_ENERGY = 1,    /**< exp(-beta U(G(z))): no prior; improper if U(G(z)) is bounded */
	EGM_LATENT_POSTERIOR = 2, /**< exp(-beta U(G(z)) - ||z||^2 / (2 tau^2)): at tau = 1, x = G(z) has the density
	                               p_G(x) exp(-beta U(x)), where p_G is that of the generator */
	EGM_LATENT_PULLBACK = 3   /**< exp(-beta U(G(z))) sqrt(det J^T J), J = dG/dz: x = G(z) has the density exp(-beta U)
	                               on the generator's manifold. At most 8 latent dimensions. Temperatures and
	                               egm_target_ais treat the determinant as part of U */
};

typedef struct egm_target_options {
	size_t struct_size;
	double beta; /**< > 0, default 1 */
	/** tau > 0. 0 (default): 1 for EGM_LATENT_POSTERIOR, otherwise no prior. With EGM_LATENT_POSTERIOR a smaller value
	 *  truncates the prior. EGM_LATENT_ENERGY and EGM_LATENT_PULLBACK accept only 0. */
	double prior_scale;
	const double *lower; /**< [dims] lower bounds, -INFINITY where there is none; NULL (default): none. Copied */
	const double *upper; /**< [dims] upper bounds, INFINITY where there is none; lower < upper; NULL: none. Copied */
	/** Of callback targets. 1: the energy function may be called from several threads at once. 0 (default): a sampler
	 *  calls it from the thread that runs the sampler; samplers that run in several threads need 1. */
	int32_t concurrent;
	int32_t reserved; /**< 0 */
	/** Of callback targets with `concurrent`, and of mixtures: most points in one call, >= 1, default 32. Without
	 *  `concurrent` the energy function gets the points of all chains (with tempered, at all levels) in one call. */
	int64_t max_rows;
} egm_target_options;

#define EGM_TARGET_OPTIONS_INIT                                \
	{                                                          \
		sizeof(egm_target_options), 1, 0, NULL, NULL, 0, 0, 32 \
	}

/** Creates a target whose U is an energy network, which has one output. */
EGM_API EGM_CHECKED egm_status egm_target_model(egm_target **out, egm_model *energy, const egm_target_options *options);
/** Creates a target with U(G(z)) in the latent space of `generator`; `kind` is one of EGM_LATENT_*. Draws are z;
 *  egm_model_run with the generator turns them into x.
 *
 *  EGM_LATENT_ENERGY is what "Maximum Entropy Generators for Energy-Based Models" (Kumar et al. 2019) samples. If the
 *  generator's output is bounded (tanh, sigmoid, layer_norm), it is not a density for any energy network; the context's
 *  log then contains a warning. EGM_ERR_ARGUMENT if the networks come from different contexts. */
EGM_API EGM_CHECKED egm_status egm_target_latent(egm_target **out, egm_model *energy, egm_model *generator,
                                                 int32_t kind, const egm_target_options *options);
/** Creates a target whose U is a function of the program, in `dims` dimensions. When the target and all samplers on it
 *  are freed, user_free is called with `user`, on the thread that freed the last of them. If user_free is NULL, `user`
 *  must be valid until then. If this call fails, user_free is not called. */
EGM_API EGM_CHECKED egm_status egm_target_callback(egm_target **out, egm_context *context, egm_dtype dtype,
                                                   int64_t dims, const egm_target_options *options,
                                                   egm_energy_fn energy, void *user, void (*user_free)(void *user));
/** Creates a target with U = -log p of a mixture, which the target keeps alive. exp(-U) integrates to 1. Where p is 0
 *  in double precision, U is infinite. egm_mixture_step changes the target, and chains continue in the new density; it
 *  must not be called while another thread uses the target. Samplers use all threads, whatever `concurrent` says, in
 *  calls of up to `max_rows` points. */
EGM_API EGM_CHECKED egm_status egm_target_mixture(egm_target **out, egm_mixture *mixture, egm_dtype dtype,
                                                  const egm_target_options *options);
EGM_API void egm_target_free(egm_target *target);
EGM_API int64_t egm_target_dims(const egm_target *target);
EGM_API egm_dtype egm_target_dtype(const egm_target *target);
/** Evaluates the target at x [rows, dims], to check a callback or chains: energies [rows] = V, without the Jacobian of
 *  bounds, and gradients [rows, dims] = dV/dx, which may be egm_no_out(). Results may be infinite or NaN, which is no
 *  error. EGM_ERR_NONFINITE if x is not finite, EGM_ERR_ARGUMENT if a point is outside of the bounds. Every call
 *  compiles the networks. */
EGM_API EGM_CHECKED egm_status egm_target_evaluate(const egm_target *target, egm_array x, egm_out energies,
                                                   egm_out gradients);

/** Options of annealed importance sampling (Neal 2001), which estimates log Z of a target. Particles are drawn from the
 *  base N(0, base_scale^2 I) and moved by one HMC transition at each of `levels` - 1 densities exp(-W_b) between base
 *  and target,
 *
 *      W_b(y) = b W(y) + (1 - b) ||y||^2 / (2 base_scale^2),  0 < b < 1.
 *
 *  Without bounds y = x and W = V. With bounds y are unconstrained coordinates and W(y) = V(x(y)) - log |dx/dy|:
 *
 *      x = l + e^y                      above a lower bound l
 *      x = u - e^-y                     below an upper bound u
 *      x = l + (u - l) / (1 + e^-y)     between two bounds
 *
 *  The base is then normal in y, and log_z is still the integral over the box. */
typedef struct egm_ais_options {
	size_t struct_size;
	uint64_t seed;
	int64_t particles;      /**< >= 2, default 256 */
	int64_t levels;         /**< >= 1, default 200 */
	int64_t leapfrog_steps; /**< >= 1, default 5 */
	/** Leapfrog step h > 0 at every level. 0 (default): a pilot run of other particles (1 + 20/k transitions at level
	 *  k) finds h for each level, so that the estimate of Z stays unbiased. Each transition uses h times a draw from
	 *  U[0.7, 1.3). */
	double step_size;
	/** > 0, and its square must be a finite number above 0 in the dtype. 0 (default): 2 with bounds, otherwise tau if
	 *  there is a prior, otherwise 1. If it is tau, the prior is the base, and b weights only beta U. */
	double base_scale;
	double power; /**< > 0, b = (level/levels)^power; default 2: more levels near the base */
} egm_ais_options;

#define EGM_AIS_OPTIONS_INIT                             \
	{                                                    \
		sizeof(egm_ais_options), 0, 256, 200, 5, 0, 0, 2 \
	}

typedef struct egm_ais_result {
	size_t struct_size;
	/** Natural logarithm of the integral of exp(-V(x)) dx over R^d or the box. The prior contributes
	 *  exp(-||x||^2 / (2 tau^2)), which is not normalised. log q(x) = -V(x) - log_z. */
	double log_z;
	double standard_error; /**< of log_z: standard deviation of the weights / (mean weight * sqrt(particles)) */
	double ess;        /**< effective number of particles, (sum w)^2 / sum w^2; below particles / 10 distrust log_z */
	double acceptance; /**< mean acceptance probability over levels and particles; NaN with one level */
	int64_t gradients; /**< evaluations of energy and gradient at one point, including those of the pilot run */
	int64_t lost;      /**< particles of weight 0: those that began where V or its gradient is not finite */
} egm_ais_result;

#define EGM_AIS_RESULT_INIT                      \
	{                                            \
		sizeof(egm_ais_result), 0, 0, 0, 0, 0, 0 \
	}

/** Estimates log Z of a target by annealed importance sampling. `options` may be NULL, `result` begins as
 *  EGM_AIS_RESULT_INIT. log_weights, f64 [particles], may be egm_no_out(): log_z is the logarithm of the mean of their
 *  exponentials, and those of lost particles are -INFINITY. The bits of a result depend on target, options and seed,
 *  not on the number of threads. An energy function that is not concurrent gets up to 256 points in one call.
 *
 *  Steps of the progress callback are transitions of the pilot run, then levels of each group of 64 particles (of 256
 *  if the energy function is not concurrent). EGM_ERR_NONFINITE if all particles are lost; EGM_ERR_STOPPED if the
 *  energy or the progress callback stopped the call. If the call fails, nothing is written. */
EGM_API EGM_CHECKED egm_status egm_target_ais(const egm_target *target, const egm_ais_options *options,
                                              egm_ais_result *result, egm_out log_weights, egm_progress_fn progress,
                                              void *user);

#ifdef __cplusplus
}
#endif
#endif
