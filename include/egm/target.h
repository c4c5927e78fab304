/* SPDX-License-Identifier: MIT */
#ifndef EGM_TARGET_H
#define EGM_TARGET_H

#include <egm/mixture.h>
#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Density to sample from: exp(-V(x)) / Z, where Z is the integral of exp(-V), on R^d or on a box, with
 *
 *      V(x) = beta * U(x) + ||x||^2 / (2 tau^2)
 *
 *  U is the energy, beta an inverse temperature, and tau the standard deviation of a normal prior, which is optional. A
 *  target does not change after creation (except by egm_mixture_step, see egm_target_mixture), and may be shared by
 *  samplers in several threads. */
typedef struct egm_target egm_target;

/** Energy function of a program. It reads `rows` points x [rows, dims], and writes U to energies [rows] and dU/dx to
 *  gradients [rows, dims]; neither is NULL. All arrays have the dtype of the target. If the target has bounds, samplers
 *  and egm_target_ais pass only points strictly inside of them, and U needs no correction for the bounds. In f32,
 *  differences of energies below 6e-8 |U| are lost, so leave out large constants. The function returns 0, or another
 *  number to stop the call that needs the energy, which then returns EGM_ERR_STOPPED.
 *
 *  If it writes an energy or a gradient that is not finite, samplers do not accept this point. The function may use
 *  other handles and may free the target. While it runs, functions of the sampler that called it return EGM_ERR_STATE
 *  (see egm_sampler). */
typedef int (*egm_energy_fn)(int64_t rows, const void *x, void *energies, void *gradients, void *user);

/** Density of a latent target in z, where U is the energy network and G the generator. */
enum {
	EGM_LATENT_ENERGY = 1,    /**< exp(-beta U(G(z))), without a prior. Has no finite integral if U(G(z)) is bounded */
	EGM_LATENT_POSTERIOR = 2, /**< exp(-beta U(G(z)) - ||z||^2 / (2 tau^2)). With tau = 1, x = G(z) has the density
	                               p_G(x) exp(-beta U(x)) up to a constant, where p_G is the density of G(z) */
	EGM_LATENT_PULLBACK = 3   /**< exp(-beta U(G(z))) sqrt(det J^T J), J = dG/dz. x = G(z) has the density
	                               exp(-beta U(x)) on the generator's manifold, up to a constant. For at most 8 latent
	                               dimensions. Temperatures and egm_target_ais treat the determinant as part of U */
};

/** Options of all targets. EGM_ERR_ARGUMENT if one of these conditions does not hold in the target's dtype:
 *  - beta and 1 / prior_scale^2 must be positive, finite and not subnormal;
 *  - a finite bound must remain finite, the distance between two finite bounds must be finite, and there must be a
 *    number strictly between them. */
typedef struct egm_target_options {
	size_t struct_size;
	double beta; /**< > 0, default 1 */
	/** tau > 0, the standard deviation of the prior. 0 (default): 1 for EGM_LATENT_POSTERIOR, otherwise no prior. With
	 *  EGM_LATENT_POSTERIOR, values below 1 keep z closer to 0, similar to a truncated prior. EGM_LATENT_ENERGY and
	 *  EGM_LATENT_PULLBACK accept only 0. */
	double prior_scale;
	const double *lower; /**< [dims] lower bounds, -INFINITY for none. NULL (default): no lower bounds. The array is
	                          copied */
	const double *upper; /**< [dims] upper bounds, > lower, INFINITY for none. NULL (default): none. The array is
	                          copied */
	/** For egm_target_callback. 1: the energy function may be called from several threads at once. 0 (default): each
	 *  sampler calls it only from the thread that runs the sampler. If samplers on the target run in several threads at
	 *  the same time, `concurrent` must be 1. */
	int32_t concurrent;
	int32_t reserved; /**< must be 0 */
	/** For egm_target_callback with concurrent = 1, and for egm_target_mixture: largest number of points in one call of
	 *  the energy function, >= 1, default 32. With concurrent = 0 a sampler passes the points of all chains (with
	 *  tempered, those at all levels) in one call. */
	int64_t max_rows;
} egm_target_options;

#define EGM_TARGET_OPTIONS_INIT                                \
	{                                                          \
		sizeof(egm_target_options), 1, 0, NULL, NULL, 0, 0, 32 \
	}

/** Creates a target whose U is an energy network.
 *
 *  EGM_ERR_STATE if the network is not built, EGM_ERR_SHAPE if it does not have 1 output. */
EGM_API EGM_CHECKED egm_status egm_target_model(egm_target **out, egm_model *energy, const egm_target_options *options);
/** Creates a target in the latent space of `generator`, with the energy U(G(z)); `kind` is one of EGM_LATENT_*. Draws
 *  are z [generator inputs]; egm_model_run with the generator computes x = G(z).
 *
 *  "Maximum Entropy Generators for Energy-Based Models" (Kumar et al. 2019) draws from EGM_LATENT_ENERGY. If a layer of
 *  the generator bounds its output (tanh, sigmoid, layer_norm), the integral of exp(-beta U(G(z))) is infinite for
 *  every energy network, and chains move away without end. The context's log then gets a warning, unless z has bounds
 *  on all sides.
 *
 *  Errors:
 *  - EGM_ERR_STATE if a network is not built;
 *  - EGM_ERR_SHAPE if the energy does not have 1 output, or if its inputs are not the outputs of the generator;
 *  - EGM_ERR_SHAPE if EGM_LATENT_PULLBACK has more than 8 latent dimensions, or more than the generator has outputs;
 *  - EGM_ERR_DTYPE if the networks differ in dtype;
 *  - EGM_ERR_ARGUMENT if the networks come from different contexts. */
EGM_API EGM_CHECKED egm_status egm_target_latent(egm_target **out, egm_model *energy, egm_model *generator,
                                                 int32_t kind, const egm_target_options *options);
/** Creates a target whose U is the function `energy` of the program, in `dims` >= 1 dimensions, with numbers of
 *  `dtype`.
 *
 *  `user` must be valid until the target and all samplers on it are freed. user_free is then called with `user`, on the
 *  thread that freed the last of them. user_free may be NULL. If this call fails, user_free is not called. */
EGM_API EGM_CHECKED egm_status egm_target_callback(egm_target **out, egm_context *context, egm_dtype dtype,
                                                   int64_t dims, const egm_target_options *options,
                                                   egm_energy_fn energy, void *user, void (*user_free)(void *user));
/** Creates a target with U = -log p of a mixture, so that exp(-U) integrates to 1. U is infinite where p is 0 in double
 *  precision.
 *
 *  egm_mixture_step changes the target too, and chains continue on the new density. A program must not call
 *  egm_mixture_step while another thread uses the target. Samplers use all threads of the context, whatever the option
 *  `concurrent` says. */
EGM_API EGM_CHECKED egm_status egm_target_mixture(egm_target **out, egm_mixture *mixture, egm_dtype dtype,
                                                  const egm_target_options *options);
EGM_API void egm_target_free(egm_target *target);

/** Returns the number of dimensions of a point. */
EGM_API int64_t egm_target_dims(const egm_target *target);
/** Returns the type of points, energies and gradients. */
EGM_API egm_dtype egm_target_dtype(const egm_target *target);

/** Evaluates V at x [rows, dims], to check an energy function or chains: energies [rows] = V(x), and gradients [rows,
 *  dims] = dV/dx, which may be egm_no_out(). With bounds, too, V and its gradient are in the coordinates x, without a
 *  Jacobian. All arrays have the dtype of the target. Results may be infinite or NaN, which is no error. Every call
 *  compiles the networks. An energy function gets up to 64 points at a time, which may lie on the bounds.
 *
 *  Errors:
 *  - EGM_ERR_NONFINITE if a number of x is not finite; the message names row and dimension;
 *  - EGM_ERR_ARGUMENT if a point is outside of the bounds; the message names row and dimension;
 *  - EGM_ERR_STOPPED if the energy function stopped the call. */
EGM_API EGM_CHECKED egm_status egm_target_evaluate(const egm_target *target, egm_array x, egm_out energies,
                                                   egm_out gradients);

/** Options of annealed importance sampling (Neal 2001), which estimates log Z of a target. Particles are drawn from the
 *  base N(0, base_scale^2 I). Each is then moved by one HMC transition at each of `levels` - 1 densities exp(-W_b)
 *  between base and target,
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
	int64_t particles;      /**< 2 to 2^27 - 1, default 256: number of independent particles */
	int64_t levels;         /**< 1 to 2^31 - 1, default 200: the base is level 0, and the target is level `levels` */
	int64_t leapfrog_steps; /**< 1 to 2^31 - 1, default 5: leapfrog steps of each transition */
	/** Leapfrog step h > 0 of every level. Each transition uses h times a uniform draw from [0.7, 1.3). 0 (default): a
	 *  pilot run of 64 other particles, with 1 + 20/k (rounded down) transitions at level k, adapts h of each level
	 *  towards an acceptance of 0.8. Because these particles are not weighted, the estimate of Z stays unbiased. */
	double step_size;
	/** Standard deviation of the base: 6e-20 to 9e18 in f32, 1e-150 to 1e150 in f64. 0 (default): 2 with bounds,
	 *  otherwise tau if there is a prior, otherwise 1. If it is tau, the base is the prior, and b multiplies beta U
	 *  alone. */
	double base_scale;
	double power; /**< > 0: b = (level/levels)^power; default 2, which puts more levels near the base */
} egm_ais_options;

#define EGM_AIS_OPTIONS_INIT                             \
	{                                                    \
		sizeof(egm_ais_options), 0, 256, 200, 5, 0, 0, 2 \
	}

/** Estimate of log Z and its precision. w are the weights of the particles. */
typedef struct egm_ais_result {
	size_t struct_size;
	/** Natural logarithm of the integral of exp(-V(x)) dx over R^d or the box; then log q(x) = -V(x) - log_z. The prior
	 *  in V is exp(-||x||^2 / (2 tau^2)), without its normaliser. */
	double log_z;
	double standard_error; /**< of log_z: standard deviation of w / (mean of w * sqrt(particles)) */
	double ess;            /**< effective number of particles, (sum w)^2 / sum w^2; if < particles / 10, log_z is
	                            unreliable */
	double acceptance;     /**< mean acceptance probability over levels and particles; NaN with one level */
	int64_t gradients;     /**< evaluations of energy and gradient at one point, including those of the pilot run */
	int64_t lost;          /**< number of particles of weight 0: V or its gradient is not finite where they began */
} egm_ais_result;

#define EGM_AIS_RESULT_INIT                      \
	{                                            \
		sizeof(egm_ais_result), 0, 0, 0, 0, 0, 0 \
	}

/** Estimates log Z of a target by annealed importance sampling. `options` may be NULL; `result` begins as
 *  EGM_AIS_RESULT_INIT. log_weights, f64 [particles], may be egm_no_out(): log_z is the logarithm of the mean of
 *  exp(log_weights), and lost particles have -INFINITY.
 *
 *  A step of the progress callback is first one transition of the pilot run, then one level of one group of 64
 *  particles. If the energy function is not concurrent, a group has 256 particles, and the function gets up to 256
 *  points in one call.
 *
 *  Errors, after which nothing is written:
 *  - EGM_ERR_NONFINITE if all particles are lost;
 *  - EGM_ERR_ARGUMENT if base_scale, or tau in its place, is out of range for the dtype;
 *  - EGM_ERR_ARGUMENT if particles * (dims + 3) is 2^34 or more in f32, 2^33 or more in f64;
 *  - EGM_ERR_STOPPED if the energy function or the progress callback stopped the call. */
EGM_API EGM_CHECKED egm_status egm_target_ais(const egm_target *target, const egm_ais_options *options,
                                              egm_ais_result *result, egm_out log_weights, egm_progress_fn progress,
                                              void *user);

#ifdef __cplusplus
}
#endif
#endif
