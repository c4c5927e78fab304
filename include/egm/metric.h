/* SPDX-License-Identifier: MIT */
#ifndef EGM_METRIC_H
#define EGM_METRIC_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How far samples are from data, how many known modes they cover, and how well a score ranks rows. What each measure
 * sees, and what it is blind to, is in doc/systems/metrics.md. Functions that need neither memory nor threads have no
 * context.
 *
 * Samples are arrays x [x_rows, columns] and y [y_rows, columns] of one dtype. All arithmetic is in double. Results do
 * not depend on the number of threads. The scale of the numbers, from 1e-300 to 1e300, has no influence: a distance
 * that a double can represent is found even if its square overflows or underflows.
 *
 * Errors: EGM_ERR_NONFINITE names the row and the column of a number that is NaN or infinite, or says that the result
 * overflows. EGM_ERR_ARGUMENT says how many rows there are and how many are needed. EGM_ERR_DTYPE and EGM_ERR_SHAPE if
 * y has another type or another number of columns than x. A result is written only if the call succeeds.
 *
 * If progress stops a call, it returns EGM_ERR_STOPPED. A context with several threads does as many steps at the same
 * time. The callback may free the context. */

/* ---- between distributions on cells */

/** Computes the shares of the rows of x [rows, columns], of either dtype with 1 to 3 columns, that lie in the cells of
 *  a grid.
 *
 *  lower, upper, bins [columns] are the interval of each column and its number of equal cells. A cell contains its
 *  lower end, and the last one also its upper end. masses, f64 [product of the bins + 1]: the last column varies
 *  fastest, and the last element is the share of the rows outside of the grid, so that the masses sum to 1. */
EGM_API EGM_CHECKED egm_status egm_metric_histogram(egm_array x, const double *lower, const double *upper,
                                                    const int64_t *bins, egm_out masses);

/* Divergences of masses p, q [n], f64: numbers >= 0 whose sum is 1 to within 1e-6. Only n matters, not how it is split
 * into rows and columns. EGM_ERR_SHAPE if q does not have as many numbers as p. 0 log 0 = 0. Results are in nats, >= 0.
 */

/** KL(p||q) = sum p log(p/q). +INFINITY, which is no error, if q is 0 where p is not, or if p/q overflows. */
EGM_API EGM_CHECKED egm_status egm_metric_kl(egm_array p, egm_array q, double *out);
/** Jeffreys' divergence KL(p||q) + KL(q||p), which is not halved. +INFINITY if one of the two is. */
EGM_API EGM_CHECKED egm_status egm_metric_jeffreys(egm_array p, egm_array q, double *out);
/** Jensen-Shannon divergence KL(p||m)/2 + KL(q||m)/2, m = (p + q)/2: always finite, at most log 2. */
EGM_API EGM_CHECKED egm_status egm_metric_js(egm_array p, egm_array q, double *out);

/* ---- between samples */

/** Whether a mean over pairs of points of one sample includes the pairs of a point with itself. */
enum {
	EGM_ESTIMATOR_UNBIASED = 1, /**< excludes them. Needs 2 rows in each sample. Negative about half of the time if the
	                                 distributions are equal */
	EGM_ESTIMATOR_BIASED = 2    /**< includes them. The discrepancy of the samples themselves, >= 0; as an estimate for
	                                 the distributions that they were drawn from it is too large by O(1/rows) */
};

typedef struct egm_mmd_options {
	size_t struct_size;
	const double *bandwidths; /**< [bandwidth_count] h > 0, in data units; the kernel is the mean over them. NULL
	                               (default), with count 0: one, that of egm_metric_median */
	int64_t bandwidth_count;  /**< default 0 */
	int32_t estimator;        /**< EGM_ESTIMATOR_*, default EGM_ESTIMATOR_UNBIASED */
	int32_t reserved;         /**< 0 */
} egm_mmd_options;

#define EGM_MMD_OPTIONS_INIT                                        \
	{                                                               \
		sizeof(egm_mmd_options), NULL, 0, EGM_ESTIMATOR_UNBIASED, 0 \
	}

/** Squared maximum mean discrepancy, E k(x, x') + E k(y, y') - 2 E k(x, y), k(a, b) = exp(-|a - b|^2 / (2 h^2)).
 *
 *  Source: Gretton, Borgwardt, Rasch, Schoelkopf, Smola 2012, "A Kernel Two-Sample Test", lemma 6. Cost: time columns *
 *  (x_rows + y_rows)^2 / 2, memory for some tiles of 64 rows. A step compares 64 rows with a hundred to some thousand
 *  others, which takes some milliseconds for one bandwidth. */
EGM_API EGM_CHECKED egm_status egm_metric_mmd(egm_context *context, egm_array x, egm_array y,
                                              const egm_mmd_options *options, double *out, egm_progress_fn progress,
                                              void *user);

/** Median distance between two points of both samples together, the usual bandwidth. y may be egm_no_array().
 *
 *  It is exact up to 500 rows in each sample. Of a larger sample only 500 rows are used, evenly spaced: for rows in
 *  random order the result is then a quantile of all distances whose level has a standard deviation of at most 1/sqrt(2
 *  n) around 1/2, n the number of rows used, so that 19 times of 20 it is between 0.43 and 0.57 for 500 rows and
 *  between 0.45 and 0.55 for 1000. Shuffle rows whose order has a period, for which that does not hold. All pairs of
 *  large samples would take several times as long as egm_metric_mmd itself, which does not need such precision. To
 *  compare several models, compute the bandwidth once, from the data. EGM_ERR_ARGUMENT if the median is 0, because half
 *  of all pairs are the same point. */
EGM_API EGM_CHECKED egm_status egm_metric_median(egm_context *context, egm_array x, egm_array y, double *out);

/** Energy distance 2 E|x - y| - E|x - x'| - E|y - y'|, in data units; `estimator` is one of EGM_ESTIMATOR_*.
 *
 *  Source: Szekely and Rizzo 2013, "Energy statistics". It has nothing to tune. Some programs return its square root.
 *  Cost and steps: those of egm_metric_mmd. */
EGM_API EGM_CHECKED egm_status egm_metric_energy(egm_context *context, egm_array x, egm_array y, int32_t estimator,
                                                 double *out, egm_progress_fn progress, void *user);

typedef struct egm_sliced_options {
	size_t struct_size;
	uint64_t seed;       /**< seed of the directions, default 0 */
	int64_t projections; /**< number of directions, 1 to 2^31 - 1, default 128 */
	int32_t power;       /**< p, 1 or 2, default 2 */
	int32_t reserved;    /**< 0 */
} egm_sliced_options;

#define EGM_SLICED_OPTIONS_INIT                  \
	{                                            \
		sizeof(egm_sliced_options), 0, 128, 2, 0 \
	}

/** Sliced Wasserstein distance (mean over directions t of W_p^p(t.x, t.y))^(1/p), t uniform on the sphere, in data
 *  units. With one column there is only one direction, and the result is W_p.
 *
 *  W_p^p of two samples on a line is the integral over u in (0, 1) of |F^-1(u) - G^-1(u)|^p, where F^-1 and G^-1 are
 *  their quantile functions. These are step functions, so the row counts may differ. Source: Bonneel, Rabin, Peyre,
 *  Pfister 2015, "Sliced and Radon Wasserstein Barycenters of Measures". Cost: time projections * rows * (columns + log
 *  rows); memory for one column of both samples, in each thread. A step is one direction. */
EGM_API EGM_CHECKED egm_status egm_metric_sliced(egm_context *context, egm_array x, egm_array y,
                                                 const egm_sliced_options *options, double *out,
                                                 egm_progress_fn progress, void *user);

/** Frechet distance of two Gaussians fitted to the rows, |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), in squared data
 *  units. The covariances have the divisor rows - 1, so each sample needs at least 2 rows.
 *
 *  Computed from features of a fixed network, this is the FID; the program computes the features. The distance is too
 *  large by a term of order columns^2 / rows: compare only at equal row counts, which are larger than `columns`.
 *  Source: Dowson and Landau 1982; Heusel et al. 2017. Cost: time rows * columns^2 + some 40 * columns^3, about a
 *  second for 512 columns; memory for four matrices. A step is 256 rows in one of two passes over a sample, a row of a
 *  matrix of `columns` rows in its factorisation or in one sweep of rotations over it, or the product of two such
 *  matrices. `total` counts 60 sweeps, of which about 10 are usual. */
EGM_API EGM_CHECKED egm_status egm_metric_frechet(egm_context *context, egm_array x, egm_array y, double *out,
                                                  egm_progress_fn progress, void *user);

/* ---- coverage of known modes */

typedef struct egm_mode_coverage_options {
	size_t struct_size;
	const double *weights; /**< [modes] masses of the modes, as in egm_metric_kl; NULL (default): all equal */
	double radius; /**< > 0, default 3: a point within this many sigma of its nearest centre is of high quality */
	int64_t least_points; /**< points of high quality that a covered mode has at least; 0 (default): 20 for each 10,000
	                           rows */
} egm_mode_coverage_options;

#define EGM_MODE_COVERAGE_OPTIONS_INIT                \
	{                                                 \
		sizeof(egm_mode_coverage_options), NULL, 3, 0 \
	}

typedef struct egm_mode_coverage {
	size_t struct_size;
	int64_t covered;     /**< number of modes with enough points of high quality */
	double high_quality; /**< share of the rows that are of high quality */
	double reverse_kl;   /**< KL(q||weights) in nats, q the share of all rows to which each centre is the nearest;
	                          +INFINITY if a mode of weight 0 has such rows */
	double kl_floor;     /**< (modes - 1) / (2 rows): mean of reverse_kl for rows drawn from the weights themselves, to
	                          first order in 1 / rows. A smaller reverse_kl cannot be distinguished from 0 */
} egm_mode_coverage;

#define EGM_MODE_COVERAGE_INIT                \
	{                                         \
		sizeof(egm_mode_coverage), 0, 0, 0, 0 \
	}

/** Computes which modes, with the given centers, f64 [modes, columns], and standard deviation sigma > 0, the rows of
 *  x [rows, columns] cover. Of equally near centers the first counts as the nearest. `options` may be NULL. `coverage`
 *  begins as EGM_MODE_COVERAGE_INIT. */
EGM_API EGM_CHECKED egm_status egm_metric_mode_coverage(egm_context *context, egm_array x, egm_array centers,
                                                        double sigma, const egm_mode_coverage_options *options,
                                                        egm_mode_coverage *coverage);

/* ---- scores against labels */

/** How well scores separate positives from negatives. pi is the prevalence. A figure is NaN if there are no rows of a
 *  kind that it needs. Rows of equal score share one threshold, so no figure depends on the order of the rows. */
typedef struct egm_ranking {
	size_t struct_size;
	int64_t positives;              /**< number of positive rows */
	double prevalence;              /**< pi = positives / count, which is also the average precision of random scores */
	double auroc;                   /**< probability that a positive scores higher than a negative; a tie counts half */
	double average_precision;       /**< sum over thresholds of (recall - recall before) * precision: the area under the
	                                     step curve. The area under its chords would be more than any threshold reaches
	                                     (Davis and Goadrich 2006) */
	double least_average_precision; /**< smallest possible average precision, with all negatives first: for many rows
	                                     1 + (1 - pi) log(1 - pi) / pi */
	double best_f1;                 /**< largest F1 over all thresholds, chosen by looking at the labels */
	double best_threshold;          /**< its threshold: rows with score >= best_threshold are flagged */
	double flagged;                 /**< share of the rows with the highest scores that precision, recall and f1 flag */
	double precision;               /**< precision; of rows tied at the cut, the mean over random choices */
	double recall;                  /**< recall, likewise */
	double f1;                      /**< F1, 2 true positives / (flagged rows + positives), likewise */
	double f1_of_chance;            /**< F1 of flagging the same share at random, 2 pi flagged / (pi + flagged) */
	double f1_of_everything;        /**< F1 of flagging all rows, 2 pi / (1 + pi) */
} egm_ranking;

#define EGM_RANKING_INIT                                           \
	{                                                              \
		sizeof(egm_ranking), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/** Compares scores [count] of either dtype, high = positive, with labels: positive [count], 0 for negatives. Scores may
 *  be infinite. `share`, in (0, 1], is the share of the rows that is flagged, to the nearest row and at least one; 0:
 *  as many rows as there are positives. `ranking` begins as EGM_RANKING_INIT. EGM_ERR_NONFINITE names the row of a
 *  score that is NaN.
 */
EGM_API EGM_CHECKED egm_status egm_metric_ranking(egm_context *context, egm_array scores, const uint8_t *positive,
                                                  double share, egm_ranking *ranking);

#ifdef __cplusplus
}
#endif
#endif
