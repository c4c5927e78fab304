/* SPDX-License-Identifier: MIT */
#ifndef EGM_MIXTURE_H
#define EGM_MIXTURE_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A mixture of normal distributions, p(x) = sum_k w_k N(x; m_k, C_k), fitted by expectation-maximisation (EM):
 *  Dempster, Laird, Rubin 1977. A density with its normaliser, so it serves as an energy whose log Z is 0, as a
 *  baseline for nets, and as a metric.
 *
 *  All numbers are held and computed in double; data are arrays [rows, columns] of either dtype, and NaN or infinity in
 *  them is EGM_ERR_NONFINITE, naming row and column. Results do not depend on the number of threads.
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
	int64_t components; /**< egm_mixture_fit: >= 1, default 1: one normal distribution */
	int32_t covariance; /**< EGM_COVARIANCE_*, default EGM_COVARIANCE_FULL */
	/** EGM_MIXTURE_FIX_* or 0 (default): held at the numbers of egm_mixture_create, and by egm_mixture_fit at those of
	 *  the start: equal weights, the centres, their common variance. */
	int32_t fixed;
	/** f > 0 in squared data units: the floor f_j of every column j, below which no variance is fitted. 0 (default):
	 *  f_j = 1e-6 u_j^2 with u_j the unit of column j, found in the data of the fit or of the first step; data in which
	 *  no column varies are then refused. egm_mixture_fit describes u_j, egm_mixture_step what the floor does. */
	double covariance_floor;
	uint64_t seed;  /**< egm_mixture_fit: of the starts, default 0 */
	int64_t starts; /**< egm_mixture_fit: >= 1, default 4; the one that ends at the highest likelihood is kept */
	int64_t max_iterations; /**< egm_mixture_fit: steps of one start, >= 1, default 200 */
	double tolerance; /**< egm_mixture_fit: nats a row, >= 0, default 1e-6: ends when a step gains no more than that */
} egm_mixture_options;

#define EGM_MIXTURE_OPTIONS_INIT                                                   \
	{                                                                              \
		sizeof(egm_mixture_options), 1, EGM_COVARIANCE_FULL, 0, 0, 0, 4, 200, 1e-6 \
	}

/** How a fit ended. */
typedef struct egm_mixture_result {
	size_t struct_size;
	double log_likelihood;   /**< mean of log p over the rows, nats, of the mixture that is returned */
	double covariance_floor; /**< the smallest over the columns, see egm_mixture_floors */
	int64_t iterations;      /**< steps of the start that was kept */
	int64_t start;           /**< which one that is, from 0; of those within 1e-10 nats the first */
	int64_t dead;            /**< components that ended with less than 1e-30 rows (of the heaviest weight) */
	int32_t converged;       /**< 1: the last step gained no more than `tolerance`; 0: max_iterations ended it */
	int32_t reserved;        /**< 0 */
} egm_mixture_result;

#define EGM_MIXTURE_RESULT_INIT                         \
	{                                                   \
		sizeof(egm_mixture_result), 0, 0, 0, 0, 0, 0, 0 \
	}

/** Fits x [rows, columns]: k-means++ centres (Arthur and Vassilvitskii 2007) as means, equal weights, one variance for
 *  all components in units of the columns: the mean squared distance to the nearest centre over `columns`. Then
 *  egm_mixture_step until it gains nothing. `options` and `result` may be NULL.
 *
 *  row_weights, f64 [rows] >= 0: how often each row counts: 3 is the row three times, 0 as if it were absent. A common
 *  factor changes nothing but rounding. egm_no_array(): 1 each.
 *
 *  progress is called after every step of EM, of all starts; NULL: never. Its one term is "log_likelihood", the mean of
 *  log p over the rows after the step, in nats. `total` is starts * max_iterations, which is reached only if no start
 *  converges.
 *
 *  The start and the default floor measure column j in its own unit u_j: a column times c yields the same fit with that
 *  column times c, up to rounding. u_j is the interquartile range over 1.349, the standard deviation of a normal
 *  column, which single rows cannot move far. If the quartiles are equal, it is the distance between the quantiles 1/16
 *  and 15/16 over 3.068, then that between 1/64 and 63/64 over 4.308, then the range over 4.308. A column that never
 *  varies has the magnitude of its value as unit, or 1 if that is 0. EGM_COVARIANCE_SPHERICAL is one variance for all
 *  columns, and so has one unit, the root mean square of the u_j (0 for columns that do not vary): bring the columns to
 *  one unit first.
 *
 *  If `progress` stops the fit, it returns EGM_ERR_STOPPED. *out is then the best mixture so far, of the start under
 *  way or of an earlier one. The caller frees it as after a success, and egm_mixture_step can continue it.
 *
 *  Errors: EGM_ERR_ARGUMENT if the data have fewer distinct rows (of positive weight) than components; if no column
 *  varies and no covariance_floor is given; if the spread of a column has a square that underflows; if a row weight is
 *  negative or not finite, or all are 0. EGM_ERR_NONFINITE if squared distances overflow.
 */
EGM_API EGM_CHECKED egm_status egm_mixture_fit(egm_mixture **out, egm_context *context, egm_array x,
                                               egm_array row_weights, const egm_mixture_options *options,
                                               egm_mixture_result *result, egm_progress_fn progress, void *user);

/** From numbers, all f64: weights [components] >= 0, divided by their sum (egm_no_array(): equal); means [components,
 *  dims], which say how many components there are; covariances as `options->covariance` says. The option `components`
 *  has no meaning here. `options` NULL: full covariances. Errors: EGM_ERR_SHAPE if the arrays are not those of one
 *  mixture; EGM_ERR_ARGUMENT names the component whose covariance is not symmetric positive definite;
 *  EGM_ERR_NONFINITE.
 */
EGM_API EGM_CHECKED egm_status egm_mixture_create(egm_mixture **out, egm_context *context, egm_array weights,
                                                  egm_array means, egm_array covariances,
                                                  const egm_mixture_options *options);
EGM_API void egm_mixture_free(egm_mixture *mixture);

/** One step of EM on x [rows, columns]. *log_likelihood (may be NULL): mean of log p over the rows *before* the step,
 *  which the step gets for nothing. With r_ik = w_k N(x_i; m_k, C_k) / p(x_i) and n_k = sum_i r_ik,
 *
 *      w_k = n_k / rows,   m_k = sum_i r_ik x_i / n_k,   S_k = sum_i r_ik (x_i - m_k)(x_i - m_k)^T / n_k,
 *      full       C_k = F V max(L, 1) V^T F,  F^-1 S_k F^-1 = V L V^T,  F = diag sqrt(f_j)
 *      diagonal   max(S_k,jj, f_j)
 *      spherical  max(tr S_k / dims, f), f the one floor of all columns
 *
 *  What is fixed keeps its value; fixed means are also the m_k of S_k. With equal f_j the full case is V max(L, f) V^T,
 *  where S_k = V L V^T. In general C_k - diag f_j has no negative eigenvalue: no direction has a variance below that of
 *  the floor.
 *
 *  These are the exact maxima under the floor, so the likelihood never falls, up to rounding. There are two exceptions:
 *  - A C_k of egm_mixture_create that is below the floor is lifted by the first step, whatever likelihood that costs.
 *  - A component with n_k < 1e-30 is dead: its weight is 0 from then on (unless weights are fixed), and its mean and
 *    C_k stay as they were.
 *
 *  With row_weights, f64 [rows], row i counts row_weights[i] times: r_ik is multiplied by the weight, `rows` is
 *  replaced by the sum of the weights, and *log_likelihood is the weighted mean. egm_no_array(): 1 each.
 *
 *  Errors, after which the mixture is as it was: EGM_ERR_SHAPE if x has not as many columns as the mixture has
 *  dimensions, or if row_weights has not as many numbers as x has rows. EGM_ERR_ARGUMENT if a weight is negative or not
 *  finite, if all are 0, or if the floor is too small for a C_k to be inverted. EGM_ERR_NONFINITE names the first row
 *  where p is 0 in double precision, some 1e154 standard deviations from every component.
 */
EGM_API EGM_CHECKED egm_status egm_mixture_step(egm_mixture *mixture, egm_array x, egm_array row_weights,
                                                double *log_likelihood);

EGM_API int64_t egm_mixture_components(const egm_mixture *mixture);
EGM_API int64_t egm_mixture_dims(const egm_mixture *mixture);
/** EGM_COVARIANCE_*. */
EGM_API int32_t egm_mixture_covariance(const egm_mixture *mixture);
/** Copies the numbers out, f64, in the shapes of egm_mixture_create; each may be egm_no_out(). EGM_ERR_SHAPE if one has
 *  another size: nothing is then written. */
EGM_API EGM_CHECKED egm_status egm_mixture_parameters(const egm_mixture *mixture, egm_out weights, egm_out means,
                                                      egm_out covariances);

/** The floors f_j, f64 [dims], in use: the option covariance_floor, or what its default was for the data of the fit or
 *  of the first step; 0 before that step. */
EGM_API EGM_CHECKED egm_status egm_mixture_floors(const egm_mixture *mixture, egm_out floors);

/** log p of each row, in nats: out, f64 [rows], -INFINITY where p is 0 in double precision. */
EGM_API EGM_CHECKED egm_status egm_mixture_log_density(const egm_mixture *mixture, egm_array x, egm_out out);
/** r_ik, the share of component k in row i: out, f64 [rows, components], rows sum to 1. EGM_ERR_NONFINITE as
 *  in egm_mixture_step; what `out` then holds is undefined. */
EGM_API EGM_CHECKED egm_status egm_mixture_responsibilities(const egm_mixture *mixture, egm_array x, egm_out out);

/** Independent draws, out [rows, dims], as many as out.rows says. Row i depends on the seed and i alone, and is the
 *  same number in both dtypes.
 */
EGM_API EGM_CHECKED egm_status egm_mixture_sample(const egm_mixture *mixture, uint64_t seed, egm_out out);

#ifdef __cplusplus
}
#endif
#endif
