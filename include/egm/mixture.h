/* SPDX-License-Identifier: MIT */
#ifndef EGM_MIXTURE_H
#define EGM_MIXTURE_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A mixture of normal laws, p(x) = sum_k w_k N(x; m_k, C_k), fitted by expectation-maximisation (EM): Dempster, Laird,
 *  Rubin 1977. A density with its normaliser, so it serves as an energy whose log Z is 0, as a baseline for nets, and
 *  as a metric.
 *
 *  All numbers are held and computed in double; data are arrays [rows, columns] of either dtype, and NaN or infinity in
 *  them is NONFINITE, naming row and column. Results do not depend on the number of threads.
 *  A handle may be read from several threads at once while nobody steps it.
 */
typedef struct egm_mixture egm_mixture;

/** Which C_k there are, and how they are stored. */
enum {
	EGM_COVARIANCE_FULL = 1,     /**< any symmetric positive definite C_k: [components, dims, dims] */
	EGM_COVARIANCE_DIAGONAL = 2, /**< one variance a dimension: [components, dims] */
	EGM_COVARIANCE_SPHERICAL = 3 /**< one variance v_k, C_k = v_k I: [components] */
};

/** What a step leaves as it is; joined by or. */
enum { EGM_MIXTURE_FIX_WEIGHTS = 1, EGM_MIXTURE_FIX_MEANS = 2, EGM_MIXTURE_FIX_COVARIANCES = 4 };

typedef struct egm_mixture_options {
	size_t struct_size;
	int64_t components; /**< >= 1, default 1: one normal law */
	int32_t covariance; /**< EGM_COVARIANCE_*, default EGM_COVARIANCE_FULL */
	/** EGM_MIXTURE_FIX_* or 0 (default): held at the numbers of egm_mixture_create, and by egm_mixture_fit at those of
	 *  the start: equal weights, the centres, their common variance. */
	int32_t fixed;
	/** f > 0 in squared data units: no eigenvalue of a C_k that is fitted is below it. 0 (default): 1e-6 of the mean
	 *  variance of the columns, from the data of the fit or of the first step; data that do not vary are then refused.
	 */
	double covariance_floor;
	uint64_t seed;  /**< egm_mixture_fit: of the starts, default 0 */
	int64_t starts; /**< egm_mixture_fit: >= 1, default 4; the one that ends at the highest likelihood is kept */
	int64_t max_iterations; /**< egm_mixture_fit: steps of one start, >= 1, default 200 */
	double tolerance; /**< egm_mixture_fit: nats a row, >= 0, default 1e-6: ends when a step gains no more than that */
	/** egm_mixture_fit: called after every step of EM, of all starts; NULL (default): never. Its one term is
	 *  "log_likelihood", the mean of log p over the rows after the step, in nats. `total` is starts * max_iterations,
	 *  which is reached only if no start converges. */
	egm_progress_fn progress;
	void *user; /**< passed to `progress` */
} egm_mixture_options;

EGM_API egm_status egm_mixture_options_init(egm_mixture_options *options, size_t size);

/** How a fit ended. */
typedef struct egm_mixture_result {
	size_t struct_size;
	double log_likelihood;   /**< mean of log p over the rows, nats, of the mixture that is returned */
	double covariance_floor; /**< in use */
	int64_t iterations;      /**< steps of the start that was kept */
	int64_t start;           /**< which one that is, from 0; of equal ones the first */
	int64_t dead;            /**< components that ended with less than 1e-30 rows */
	int32_t converged;       /**< 1: the last step gained no more than `tolerance`; 0: max_iterations ended it */
	int32_t reserved;        /**< 0 */
} egm_mixture_result;

EGM_API egm_status egm_mixture_result_init(egm_mixture_result *result, size_t size);

/** Fits x [rows, columns]: k-means++ centres (Arthur and Vassilvitskii 2007) as means, equal weights, the mean squared
 *  distance to the nearest centre over `columns` as the one variance of all, then egm_mixture_step until it gains
 *  nothing. `options` and `result` may be NULL.
 *  If `progress` stops the fit, it returns EGM_ERR_STOPPED, and *out is the best mixture so far all the same, which the
 *  caller frees: that of the start that had been reached or of an earlier one. egm_mixture_step continues it.
 *  Errors: ARGUMENT when the data have fewer distinct rows than components, or do not vary and no covariance_floor is
 *  given; NONFINITE when squared distances overflow.
 */
EGM_API egm_status egm_mixture_fit(egm_mixture **out, egm_context *context, egm_dtype dtype, const void *x,
                                   int64_t rows, int64_t columns, const egm_mixture_options *options,
                                   egm_mixture_result *result);

/** From numbers: weights [components] >= 0, divided by their sum (NULL: equal); means [components, dims]; covariances
 *  as `options->covariance` says. `options` NULL: one full component. Errors: ARGUMENT names the component whose
 *  covariance is not symmetric positive definite; NONFINITE.
 */
EGM_API egm_status egm_mixture_create(egm_mixture **out, egm_context *context, int64_t dims, const double *weights,
                                      const double *means, const double *covariances,
                                      const egm_mixture_options *options);
EGM_API void egm_mixture_free(egm_mixture *mixture);

/** One step of EM on x [rows, columns]. *log_likelihood (may be NULL): mean of log p over the rows *before* the step,
 *  which the step gets for nothing. With r_ik = w_k N(x_i; m_k, C_k) / p(x_i) and n_k = sum_i r_ik,
 *
 *      w_k = n_k / rows,   m_k = sum_i r_ik x_i / n_k,   S_k = sum_i r_ik (x_i - m_k)(x_i - m_k)^T / n_k,
 *      full       C_k = V max(L, f) V^T,  S_k = V L V^T
 *      diagonal   max(S_k,jj, f)
 *      spherical  max(tr S_k / dims, f)
 *
 *  where what is fixed keeps its value, also as the m_k of S_k. These are the exact maxima under the floor f, so the
 *  likelihood never falls, up to rounding. Two exceptions, by design: a C_k of egm_mixture_create that is below the
 *  floor is lifted by the first step, at whatever cost; and a component with n_k < 1e-30 is dead: its weight is 0 from
 *  then on (unless weights are fixed), its mean and C_k stay as they were.
 *  Errors: SHAPE; NONFINITE names the first row where p is 0 in double precision, some 1e154 standard deviations from
 *  every component; ARGUMENT when the floor is too small for a C_k to be inverted. The mixture is then as it was.
 */
EGM_API egm_status egm_mixture_step(egm_mixture *mixture, egm_dtype dtype, const void *x, int64_t rows, int64_t columns,
                                    double *log_likelihood);

EGM_API int64_t egm_mixture_components(const egm_mixture *mixture);
EGM_API int64_t egm_mixture_dims(const egm_mixture *mixture);
/** EGM_COVARIANCE_*. */
EGM_API int32_t egm_mixture_covariance(const egm_mixture *mixture);
/** Copies the numbers out, in the shapes of egm_mixture_create; each pointer may be NULL. */
EGM_API egm_status egm_mixture_parameters(const egm_mixture *mixture, double *weights, double *means,
                                          double *covariances);

/** log p of each row, in nats: out [rows], -INFINITY where p is 0 in double precision. */
EGM_API egm_status egm_mixture_log_density(const egm_mixture *mixture, egm_dtype dtype, const void *x, int64_t rows,
                                           int64_t columns, double *out);
/** r_ik, the share of component k in row i: out [rows, components], rows sum to 1. NONFINITE as in egm_mixture_step;
 *  what `out` then holds is undefined. */
EGM_API egm_status egm_mixture_responsibilities(const egm_mixture *mixture, egm_dtype dtype, const void *x,
                                                int64_t rows, int64_t columns, double *out);

/** U = -log p and, unless `gradients` is NULL, dU/dx, in the type of an egm_energy_fn (egm/sampler.h), for a target of
 *  dtype EGM_F32 and of EGM_F64: which of the two is passed has to agree with the dtype of the target, and its dims
 *  with those of the mixture.
 *
 *      egm_target_callback(&target, context, EGM_F64, dims, egm_mixture_energy_f64, mixture, &options)
 *
 *  `user` is the mixture. The target does not keep it: free it after the target and all that was made of it, and do not
 *  step it meanwhile. May be called from several threads (`concurrent` = 1). exp(-U) integrates to 1. Where p is 0 in
 *  double precision U is infinite. Takes workspace from the mixture's context in each call; non-zero when there is
 * none.
 */
EGM_API int egm_mixture_energy_f32(int64_t rows, const void *x, void *energies, void *gradients, void *user);
EGM_API int egm_mixture_energy_f64(int64_t rows, const void *x, void *energies, void *gradients, void *user);

/** Independent draws, out [rows, dims]. Row i depends on the seed and i alone, and is the same number in both dtypes.
 */
EGM_API egm_status egm_mixture_sample(const egm_mixture *mixture, uint64_t seed, egm_dtype dtype, int64_t rows,
                                      void *out);

#ifdef __cplusplus
}
#endif
#endif
