/* SPDX-License-Identifier: MIT */
#ifndef EGM_MIXTURE_H
#define EGM_MIXTURE_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A mixture of normal distributions, p(x) = sum_k w_k N(x; m_k, C_k), fitted by expectation-maximisation (EM).
 *
 *  The density is normalised. A mixture can therefore be an energy whose log Z is 0 (egm_target_mixture), a baseline
 *  for networks, or a metric.
 *
 *  All numbers are stored and computed in double. Data are arrays [rows, columns] of either dtype. EGM_ERR_NONFINITE if
 *  a number in them is not finite. The message names its row and column. Results do not depend on the number of
 *  threads. Several threads may read a mixture at the same time while no thread calls egm_mixture_step.
 *
 *  Source: Dempster, Laird, Rubin 1977. */
typedef struct egm_mixture egm_mixture;

/** Form of the covariances C_k, and the shape of arrays of them. */
enum {
	EGM_COVARIANCE_FULL = 1,     /**< symmetric positive definite matrices C_k: [components, dims, dims] */
	EGM_COVARIANCE_DIAGONAL = 2, /**< diagonal matrices, one variance for each dimension: [components, dims] */
	EGM_COVARIANCE_SPHERICAL = 3 /**< C_k = v_k I, one variance v_k: [components] */
};

/** Parameters that EM does not change: bits of the option `fixed`. */
enum { EGM_MIXTURE_FIX_WEIGHTS = 1, EGM_MIXTURE_FIX_MEANS = 2, EGM_MIXTURE_FIX_COVARIANCES = 4 };

typedef struct egm_mixture_options {
	size_t struct_size;
	int64_t components; /**< for egm_mixture_fit: number of components, >= 1, default 1 */
	int32_t covariance; /**< EGM_COVARIANCE_*, default EGM_COVARIANCE_FULL */
	/** Bitwise or of EGM_MIXTURE_FIX_*. Fixed parameters keep the values of egm_mixture_create. In egm_mixture_fit they
	 *  keep the values of the start: equal weights, the k-means++ centers, and one variance for all components. 0
	 *  (default): nothing is fixed. */
	int32_t fixed;
	/** Floor > 0 of the fitted variances in each column, in squared data units: f_j of egm_mixture_step, the same for
	 *  all columns j. 0 (default): f_j = 1e-6 u_j^2, where u_j is the unit of column j, see egm_mixture_fit, in the
	 *  data of the fit or of the first step. EGM_ERR_ARGUMENT if no column of these data varies. */
	double covariance_floor;
	uint64_t seed;  /**< for egm_mixture_fit: seed of the starts, default 0 */
	int64_t starts; /**< for egm_mixture_fit: number of starts, >= 1, default 4. The one that ends at the highest
	                     likelihood is kept */
	int64_t max_iterations; /**< for egm_mixture_fit: largest number of steps of each start, >= 1, default 200 */
	double tolerance;       /**< for egm_mixture_fit: >= 0, default 1e-6, in nats for each row. A start ends when a step
	                             increases the log likelihood by no more than this */
} egm_mixture_options;

#define EGM_MIXTURE_OPTIONS_INIT                                                   \
	{                                                                              \
		sizeof(egm_mixture_options), 1, EGM_COVARIANCE_FULL, 0, 0, 0, 4, 200, 1e-6 \
	}

/** How a fit has ended. */
typedef struct egm_mixture_result {
	size_t struct_size;
	double log_likelihood;   /**< mean of log p over the rows, in nats, of the mixture that is returned */
	double covariance_floor; /**< smallest floor over the columns, see egm_mixture_floors */
	int64_t iterations;      /**< number of steps of the start that was kept */
	int64_t start;           /**< index of the start that was kept, from 0: the first one within 1e-10 nats of the
	                              best */
	int64_t dead;            /**< number of dead components, see egm_mixture_step */
	int32_t converged;       /**< 1: the start ended because of `tolerance`; 0: because of max_iterations */
	int32_t reserved;        /**< always 0 */
} egm_mixture_result;

#define EGM_MIXTURE_RESULT_INIT                         \
	{                                                   \
		sizeof(egm_mixture_result), 0, 0, 0, 0, 0, 0, 0 \
	}

/** Creates a mixture and fits it to x [rows, columns].
 *
 *  `options` may be NULL. `result` may be NULL; otherwise it begins as EGM_MIXTURE_RESULT_INIT.
 *
 *  row_weights, f64 [rows] >= 0, says how often each row counts: with 3 as three equal rows, with 0 as if it were
 *  absent. A factor common to all weights changes only the rounding. egm_no_array(): all weights are 1.
 *
 *  Each start begins with k-means++ centers as means (Arthur and Vassilvitskii 2007), equal weights, and one variance
 *  for all components: the mean squared distance to the nearest center, in units of the columns, divided by `columns`.
 *  Then egm_mixture_step is repeated until it increases the log likelihood by no more than `tolerance`.
 *
 *  The start and the default floor measure each column j in its own unit u_j. If a column of the data is multiplied by
 *  c, that column of the fit is therefore multiplied by c, up to rounding, and nothing else changes. u_j is the first
 *  of these that is not 0:
 *  - the interquartile range over 1.349, which is the standard deviation of a normal column, and which single rows
 *    cannot change much;
 *  - the distance between the quantiles 1/16 and 15/16 over 3.068;
 *  - the distance between the quantiles 1/64 and 63/64 over 4.308;
 *  - the range over 4.308;
 *  - the absolute value of a column that never varies, or 1 if it is 0.
 *
 *  EGM_COVARIANCE_SPHERICAL has one variance for all columns, and therefore one unit: the root mean square of the u_j,
 *  where columns that never vary count as 0. The columns of the data should then have the same unit.
 *
 *  `progress` may be NULL; it is called after every step of EM, in all starts. It has one term, "log_likelihood": the
 *  mean of log p over the rows after the step, in nats. `total` is starts * max_iterations, which is reached only if no
 *  start converges.
 *
 *  Errors:
 *  - EGM_ERR_STOPPED if `progress` stopped the fit. *out is then the best mixture so far, of the present start or of an
 *    earlier one, and *result describes it. The caller must free it. egm_mixture_step can continue the fit;
 *  - EGM_ERR_ARGUMENT if the data have fewer distinct rows (of positive weight) than components;
 *  - EGM_ERR_ARGUMENT if no column varies and no covariance_floor is given;
 *  - EGM_ERR_ARGUMENT if the square of the unit of a column underflows;
 *  - EGM_ERR_ARGUMENT if a row weight is negative or not finite, or if all are 0;
 *  - EGM_ERR_NONFINITE if squared distances overflow. */
EGM_API EGM_CHECKED egm_status egm_mixture_fit(egm_mixture **out, egm_context *context, egm_array x,
                                               egm_array row_weights, const egm_mixture_options *options,
                                               egm_mixture_result *result, egm_progress_fn progress, void *user);

/** Creates a mixture from its parameters, all f64.
 *
 *  weights [components] >= 0 are divided by their sum; egm_no_array() means equal ones. means is [components, dims].
 *  covariances has the shape that EGM_COVARIANCE_* says for `options->covariance`. `options` may be NULL. The option
 *  `components` is ignored, because `means` has one row for each component.
 *
 *  Errors:
 *  - EGM_ERR_SHAPE if the arrays do not fit each other;
 *  - EGM_ERR_ARGUMENT if a weight is negative or not finite, or if all are 0;
 *  - EGM_ERR_ARGUMENT if a covariance is not symmetric positive definite. The message names the component;
 *  - EGM_ERR_NONFINITE if a mean or a covariance is not finite. */
EGM_API EGM_CHECKED egm_status egm_mixture_create(egm_mixture **out, egm_context *context, egm_array weights,
                                                  egm_array means, egm_array covariances,
                                                  const egm_mixture_options *options);
EGM_API void egm_mixture_free(egm_mixture *mixture);

/** Makes one step of EM on x [rows, columns].
 *
 *  log_likelihood (may be NULL) receives the mean of log p over the rows, in nats, before the step, at no extra cost.
 *  With r_ik = w_k N(x_i; m_k, C_k) / p(x_i) and n_k = sum_i r_ik,
 *
 *      w_k = n_k / rows,   m_k = sum_i r_ik x_i / n_k,   S_k = sum_i r_ik (x_i - m_k)(x_i - m_k)^T / n_k,
 *      full       C_k = F V max(L, 1) V^T F,  F^-1 S_k F^-1 = V L V^T,  F = diag sqrt(f_j)
 *      diagonal   C_k,jj = max(S_k,jj, f_j)
 *      spherical  v_k = max(tr S_k / dims, f), f the one floor of all columns
 *
 *  f_j are the floors, see egm_mixture_floors. Fixed parameters keep their values. If the means are fixed, S_k is
 *  computed about them. If all f_j are f, C_k in the full case is V max(L, f) V^T, where S_k = V L V^T. In general C_k
 *  minus diag f_j has no negative eigenvalue: no direction has a variance below the floor.
 *
 *  These are the exact maxima under the floor, so the likelihood never falls, up to rounding. Exceptions:
 *  - If a C_k of egm_mixture_create is below the floor, the first step raises it to the floor, even if the likelihood
 *    falls.
 *  - A component with n_k < 1e-30 is dead: its weight is 0 from then on (unless weights are fixed), and its mean and
 *    C_k stay as they were. With row weights the limit is 1e-30 times the largest power of 2 that does not exceed the
 *    largest weight.
 *
 *  With row_weights, f64 [rows], row i counts row_weights[i] times: r_ik is multiplied by the weight, `rows` is
 *  replaced by the sum of the weights, and *log_likelihood is the weighted mean. egm_no_array(): all weights are 1.
 *
 *  Errors, after which the mixture is unchanged:
 *  - EGM_ERR_SHAPE if x does not have as many columns as the mixture has dimensions, or if row_weights does not have as
 *    many numbers as x has rows;
 *  - EGM_ERR_ARGUMENT if a row weight is negative or not finite, or if all are 0;
 *  - EGM_ERR_ARGUMENT if the floor is too small for a C_k to be inverted;
 *  - EGM_ERR_NONFINITE if p is 0 in double precision at a row, which is then about 1e154 standard deviations away from
 *    every component. The message names the first such row;
 *  - the errors of egm_mixture_fit that concern columns, in the first step if covariance_floor is 0. */
EGM_API EGM_CHECKED egm_status egm_mixture_step(egm_mixture *mixture, egm_array x, egm_array row_weights,
                                                double *log_likelihood);

/** Returns the number of components. */
EGM_API int64_t egm_mixture_components(const egm_mixture *mixture);
/** Returns the number of dimensions. */
EGM_API int64_t egm_mixture_dims(const egm_mixture *mixture);
/** Returns the form of the covariances, EGM_COVARIANCE_*. */
EGM_API int32_t egm_mixture_covariance(const egm_mixture *mixture);
/** Copies weights, means and covariances, all f64, in the shapes of egm_mixture_create. Each may be egm_no_out(). If
 *  one has a wrong size, nothing is written. */
EGM_API EGM_CHECKED egm_status egm_mixture_parameters(const egm_mixture *mixture, egm_out weights, egm_out means,
                                                      egm_out covariances);

/** Copies the floors f_j in use: floors, f64 [dims]. They are the option covariance_floor, or its default for the data
 *  of the fit or of the first step. In a mixture of egm_mixture_create whose covariance_floor is 0, they are 0 before
 *  the first step, and also afterwards if the covariances are fixed. */
EGM_API EGM_CHECKED egm_status egm_mixture_floors(const egm_mixture *mixture, egm_out floors);

/** Computes log p of each row of x [rows, dims]: out, f64 [rows], in nats. It is -INFINITY where p is 0 in double
 *  precision. */
EGM_API EGM_CHECKED egm_status egm_mixture_log_density(const egm_mixture *mixture, egm_array x, egm_out out);
/** Computes r_ik, the share of component k in row i of x [rows, dims]: out, f64 [rows, components], whose rows sum
 *  to 1. EGM_ERR_NONFINITE as in egm_mixture_step if p is 0 at a row. */
EGM_API EGM_CHECKED egm_status egm_mixture_responsibilities(const egm_mixture *mixture, egm_array x, egm_out out);

/** Draws independent samples: out [rows, dims], of either dtype, as many as out.rows says. Row i depends only on the
 *  seed and on i. It is the same point in both dtypes, up to rounding. */
EGM_API EGM_CHECKED egm_status egm_mixture_sample(const egm_mixture *mixture, uint64_t seed, egm_out out);

#ifdef __cplusplus
}
#endif
#endif
