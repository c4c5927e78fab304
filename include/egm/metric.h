/* SPDX-License-Identifier: MIT */
#ifndef EGM_METRIC_H
#define EGM_METRIC_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Measures of how far samples are from data, of how many known modes they cover, and of how well a score ranks rows.
 * doc/systems/metrics.md explains which errors each measure detects and which it does not.
 *
 * Samples are arrays x [x_rows, columns] and y [y_rows, columns] of the same dtype. All arithmetic is in double.
 * Results do not depend on the number of threads. Numbers may have any scale from 1e-300 to 1e300: a distance that a
 * double can represent is computed even if its square overflows or underflows. A result is written only if the call
 * succeeds. Functions that need neither memory nor threads have no context.
 *
 * `options` may be NULL. A context with several threads makes as many steps at the same time. The progress callback may
 * free the context.
 *
 * Errors of all functions:
 * - EGM_ERR_ARGUMENT if a sample has too few rows. The message says how many there are and how many are needed;
 * - EGM_ERR_DTYPE, EGM_ERR_SHAPE if y has another type or another number of columns than x;
 * - EGM_ERR_NONFINITE if a number is not finite, or if the result overflows. The message names row and column of the
 *   number;
 * - EGM_ERR_STOPPED if `progress` stopped the call. */

/* ---- between distributions on cells */

/** Computes the shares of the rows of x [rows, columns] that are in the cells of a grid. x has either dtype and 1 to 3
 *  columns.
 *
 *  lower, upper and bins, each [columns], are the ends of the interval of each column and its number of equal cells. A
 *  cell contains its lower end, and the last cell also its upper end. masses, f64 [product of the bins + 1], are the
 *  shares of the cells, where the last column varies fastest. The last element is the share of the rows outside of the
 *  grid, so the masses sum to 1.
 *
 *  EGM_ERR_ARGUMENT if x has more than 3 columns, if a number of bins is below 1, or unless lower < upper, both
 *  finite. */
EGM_API EGM_CHECKED egm_status egm_metric_histogram(egm_array x, const double *lower, const double *upper,
                                                    const int64_t *bins, egm_out masses);

/* Divergences of masses p and q, f64 [n]: numbers >= 0 whose sum is 1 to within 1e-6. Only n matters, not the shape of
 * the array. 0 log 0 counts as 0. Results are in nats, >= 0.
 *
 * Errors: EGM_ERR_SHAPE if q does not have as many numbers as p. EGM_ERR_ARGUMENT if a mass is negative, or if the sum
 * is not 1. */

/** Computes KL(p||q) = sum p log(p/q). The result is +INFINITY, which is no error, if q is 0 where p is not, or if p/q
 *  overflows. */
EGM_API EGM_CHECKED egm_status egm_metric_kl(egm_array p, egm_array q, double *out);
/** Computes Jeffreys' divergence KL(p||q) + KL(q||p), without a factor 1/2. It is +INFINITY if one of the two summands
 *  is. */
EGM_API EGM_CHECKED egm_status egm_metric_jeffreys(egm_array p, egm_array q, double *out);
/** Computes the Jensen-Shannon divergence KL(p||m)/2 + KL(q||m)/2, m = (p + q)/2. It is always finite, at most
 *  log 2. */
EGM_API EGM_CHECKED egm_status egm_metric_js(egm_array p, egm_array q, double *out);

/* ---- between samples */

/** Whether a mean over pairs of points of one sample includes the pairs of a point with itself. */
enum {
	EGM_ESTIMATOR_UNBIASED = 1, /**< excludes them. Needs 2 rows in each sample. Negative about half of the time if the
	                                 distributions are equal */
	EGM_ESTIMATOR_BIASED = 2    /**< includes them. The result is the discrepancy of the samples themselves, >= 0. As an
	                                 estimate for the distributions from which they were drawn it is too large by
	                                 O(1/rows) */
};

typedef struct egm_mmd_options {
	size_t struct_size;
	const double *bandwidths; /**< [bandwidth_count] h > 0, in data units; the kernel is the mean over them. NULL
	                               (default), with count 0: one, the result of egm_metric_median for x and y */
	int64_t bandwidth_count;  /**< number of bandwidths, default 0 */
	int32_t estimator;        /**< EGM_ESTIMATOR_*, default EGM_ESTIMATOR_UNBIASED */
	int32_t reserved;         /**< must be 0 */
} egm_mmd_options;

#define EGM_MMD_OPTIONS_INIT                                        \
	{                                                               \
		sizeof(egm_mmd_options), NULL, 0, EGM_ESTIMATOR_UNBIASED, 0 \
	}

/** Computes the squared maximum mean discrepancy of two samples, E k(x, x') + E k(y, y') - 2 E k(x, y), with the kernel
 *  k(a, b) = exp(-|a - b|^2 / (2 h^2)).
 *
 *  A step of the progress callback compares 64 rows with a hundred to a few thousand others, which takes a few
 *  milliseconds with one bandwidth. The time is proportional to columns * (x_rows + y_rows)^2 / 2; the memory is that
 *  of a few blocks of 64 rows. Without bandwidths, the errors of egm_metric_median are also possible.
 *
 *  Source: Gretton, Borgwardt, Rasch, Schoelkopf, Smola 2012, "A Kernel Two-Sample Test", lemma 6. */
EGM_API EGM_CHECKED egm_status egm_metric_mmd(egm_context *context, egm_array x, egm_array y,
                                              const egm_mmd_options *options, double *out, egm_progress_fn progress,
                                              void *user);

/** Computes the median distance between two points of both samples together, in data units: the usual bandwidth. y may
 *  be egm_no_array(); x then needs 2 rows.
 *
 *  The result is exact if no sample has more than 500 rows. Of a larger sample only 500 rows are used, evenly spaced.
 *  If its rows are in random order, the result is then a quantile of all distances; the level of this quantile is 1/2
 *  with a standard deviation of at most 1/sqrt(2 n), where n is the number of rows used. In 19 of 20 cases the level is
 *  between 0.43 and 0.57 with 500 rows, and between 0.45 and 0.55 with 1000. If the order of the rows is periodic,
 *  shuffle them first. Using all pairs of large samples would take several times as long as egm_metric_mmd itself,
 *  which does not need such precision.
 *
 *  To compare several models, compute the bandwidth once, from the data. EGM_ERR_ARGUMENT if the median is 0, which it
 *  is if half of all pairs are the same point. */
EGM_API EGM_CHECKED egm_status egm_metric_median(egm_context *context, egm_array x, egm_array y, double *out);

/** Computes the energy distance 2 E|x - y| - E|x - x'| - E|y - y'|, in data units. `estimator` is one of
 *  EGM_ESTIMATOR_*.
 *
 *  It has no bandwidth to choose. Some programs return its square root. Time, memory and steps are those of
 *  egm_metric_mmd.
 *  Source: Szekely and Rizzo 2013, "Energy statistics". */
EGM_API EGM_CHECKED egm_status egm_metric_energy(egm_context *context, egm_array x, egm_array y, int32_t estimator,
                                                 double *out, egm_progress_fn progress, void *user);

typedef struct egm_sliced_options {
	size_t struct_size;
	uint64_t seed;       /**< seed of the directions, default 0 */
	int64_t projections; /**< number of directions, 1 to 2^31 - 1, default 128 */
	int32_t power;       /**< p of W_p, 1 or 2, default 2 */
	int32_t reserved;    /**< must be 0 */
} egm_sliced_options;

#define EGM_SLICED_OPTIONS_INIT                  \
	{                                            \
		sizeof(egm_sliced_options), 0, 128, 2, 0 \
	}

/** Computes the sliced Wasserstein distance (mean over t of W_p^p(t.x, t.y))^(1/p), in data units, where t are
 *  directions that are uniform on the sphere. With one column there is only one direction, and the result is W_p.
 *
 *  W_p^p of two samples on a line is the integral over u in (0, 1) of |F^-1(u) - G^-1(u)|^p, where F^-1 and G^-1 are
 *  their quantile functions. These are step functions, so the row counts may differ.
 *
 *  A step is one direction. The time is proportional to projections * rows * (columns + log rows); the memory is one
 *  column of both samples, for each thread.
 *
 *  Source: Bonneel, Rabin, Peyre, Pfister 2015, "Sliced and Radon Wasserstein Barycenters of Measures". */
EGM_API EGM_CHECKED egm_status egm_metric_sliced(egm_context *context, egm_array x, egm_array y,
                                                 const egm_sliced_options *options, double *out,
                                                 egm_progress_fn progress, void *user);

/** Computes the Frechet distance of two normal distributions fitted to the rows, |m1 - m2|^2 +
 *  tr(C1 + C2 - 2 (C1 C2)^(1/2)), in squared data units. The covariances have the divisor rows - 1, so each sample
 *  needs 2 rows.
 *
 *  If the rows are features of a fixed network, which the program computes, this is the Frechet inception distance
 *  (FID). The distance is too large by a term of order columns^2 / rows. Compare only distances of equal numbers of
 *  rows, larger than `columns`.
 *
 *  A step is one of these. `total` of the progress is for 60 sweeps, but about 10 are usual:
 *  - 256 rows in one of two passes over a sample;
 *  - a row of a matrix of `columns` rows in its factorisation, or in one sweep of rotations over it;
 *  - the product of two such matrices.
 *
 *  The time is proportional to rows * columns^2 + about 40 * columns^3, about a second for 512 columns; the memory is
 *  four matrices.
 *
 *  Source: Dowson and Landau 1982; Heusel et al. 2017. */
EGM_API EGM_CHECKED egm_status egm_metric_frechet(egm_context *context, egm_array x, egm_array y, double *out,
                                                  egm_progress_fn progress, void *user);

/* ---- coverage of known modes */

typedef struct egm_mode_coverage_options {
	size_t struct_size;
	const double *weights; /**< [modes] masses of the modes, as in egm_metric_kl; NULL (default): all equal */
	double radius;         /**< > 0, default 3: a row within this many sigma of its nearest center is of high quality */
	int64_t least_points;  /**< smallest number of rows of high quality with which a mode counts as covered; 0
	                            (default): 20 for each 10,000 rows */
} egm_mode_coverage_options;

#define EGM_MODE_COVERAGE_OPTIONS_INIT                \
	{                                                 \
		sizeof(egm_mode_coverage_options), NULL, 3, 0 \
	}

/** Which modes the rows cover, and how evenly. */
typedef struct egm_mode_coverage {
	size_t struct_size;
	int64_t covered;     /**< number of modes with enough rows of high quality */
	double high_quality; /**< share of the rows that are of high quality */
	double reverse_kl;   /**< KL(q||weights) in nats, where q are the shares of all rows by their nearest center.
	                          +INFINITY if a mode of weight 0 has such rows */
	double kl_floor;     /**< (modes - 1) / (2 rows): mean of reverse_kl for rows drawn from the weights themselves, to
	                          first order in 1 / rows. A smaller reverse_kl cannot be distinguished from 0 */
} egm_mode_coverage;

#define EGM_MODE_COVERAGE_INIT                \
	{                                         \
		sizeof(egm_mode_coverage), 0, 0, 0, 0 \
	}

/** Computes which of the known modes the rows of x [rows, columns] cover.
 *
 *  centers, f64 [modes, columns], are the modes, and sigma > 0 is their standard deviation. If several centers are
 *  equally near, the first counts as the nearest. `coverage` begins as EGM_MODE_COVERAGE_INIT. */
EGM_API EGM_CHECKED egm_status egm_metric_mode_coverage(egm_context *context, egm_array x, egm_array centers,
                                                        double sigma, const egm_mode_coverage_options *options,
                                                        egm_mode_coverage *coverage);

/* ---- scores against labels */

/** How well scores separate positives from negatives. A number is NaN if there are no rows of a kind that it needs.
 *  Rows of equal score have the same threshold, so no number depends on the order of the rows. */
typedef struct egm_ranking {
	size_t struct_size;
	int64_t positives;              /**< number of positive rows */
	double prevalence;              /**< pi = positives / rows, which is also the average precision of random scores */
	double auroc;                   /**< probability that a positive scores higher than a negative; a tie counts half */
	double average_precision;       /**< sum over thresholds of (recall - recall at the threshold before) * precision:
	                                     the area under the curve of precision over recall, as a step function. Linear
	                                     interpolation would yield too large an area (Davis and Goadrich 2006) */
	double least_average_precision; /**< smallest possible average precision, with all negatives first. For many rows it
	                                     is 1 + (1 - pi) log(1 - pi) / pi */
	double best_f1;                 /**< largest F1 over all thresholds. The threshold is chosen with the labels */
	double best_threshold;          /**< threshold of best_f1: rows with score >= best_threshold are flagged */
	double flagged;                 /**< share of the rows, those with the highest scores, that are flagged for the next
	                                     three numbers */
	double precision;               /**< share of the flagged rows that are positive. If rows of equal score are only
	                                     partly flagged, the mean over random choices among them */
	double recall;                  /**< share of the positive rows that are flagged, with the same mean */
	double f1;                      /**< F1 = 2 true positives / (flagged rows + positives), with the same mean */
	double f1_of_chance;            /**< F1 of flagging the same share at random, 2 pi flagged / (pi + flagged) */
	double f1_of_everything;        /**< F1 of flagging all rows, 2 pi / (1 + pi) */
} egm_ranking;

#define EGM_RANKING_INIT                                           \
	{                                                              \
		sizeof(egm_ranking), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/** Computes how well scores [rows], of either dtype, separate positive rows from negative ones.
 *
 *  A high score means positive; scores may be infinite. positive [rows] are the labels: 0 for a negative row, any other
 *  number for a positive one. `share`, in (0, 1], is the share of the rows that is flagged, to the nearest row and at
 *  least one; 0: as many rows as there are positives. `ranking` begins as EGM_RANKING_INIT. EGM_ERR_NONFINITE if a
 *  score is NaN; the message names its row. */
EGM_API EGM_CHECKED egm_status egm_metric_ranking(egm_context *context, egm_array scores, const uint8_t *positive,
                                                  double share, egm_ranking *ranking);

#ifdef __cplusplus
}
#endif
#endif
