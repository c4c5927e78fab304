/* SPDX-License-Identifier: MIT */
#ifndef EGM_METRIC_H
#define EGM_METRIC_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How far samples are from data, how many known modes they cover, and how well a score ranks rows. What each measure
 * sees, and what it is blind to, is in doc/systems/metrics.md.
 *
 * Samples are row-major arrays x [x_rows, columns] and y [y_rows, columns] of one dtype; all arithmetic is in double.
 * Results do not depend on the number of threads. Samples of any scale, 1e-300 or 1e300, are measured alike: a
 * distance that a double can represent is found even if its square overflows or underflows.
 * Errors: EGM_ERR_NONFINITE names the row and the column of a number that is NaN or infinite, or says that the result
 * overflows. EGM_ERR_ARGUMENT says how many rows there are and how many are needed. EGM_ERR_DTYPE and EGM_ERR_SHAPE if
 * y has another type or another number of columns than x. A result is written only if the call succeeds.
 *
 * progress may be NULL. If it stops a call, that returns EGM_ERR_STOPPED. A context with several threads does as many
 * steps at once. The callback may free the context. */

/* ---- between laws on cells */

/** Shares of the rows of x [rows, columns] that lie in the cells of a grid, 1 to 3 columns.
 *
 *  lower, upper, bins [columns]: the interval of each column and its number of equal cells. A cell holds its lower end;
 *  the last one holds both. masses, f64 [product of the bins + 1]: the last column varies fastest, and the
 *  last element is the share of the rows outside of the grid, so that the masses sum to 1 and no point goes unseen.
 *  EGM_ERR_SHAPE if `masses` has room for another number of them. */
EGM_API EGM_CHECKED egm_status egm_metric_histogram(egm_array x, const double *lower, const double *upper,
                                                    const int64_t *bins, egm_out masses);

/* p, q [n], f64, are masses: none negative, their sum 1 to 1e-6. Only their number matters, not how it is split into
 * rows and columns. EGM_ERR_SHAPE if q has not as many as p. 0 log 0 = 0; results are in nats, >= 0. */

/** KL(p||q) = sum p log(p/q). It is +INFINITY when some p > 0 = q (or p/q overflows): a value, not an error. */
EGM_API EGM_CHECKED egm_status egm_metric_kl(egm_array p, egm_array q, double *out);
/** Jeffreys' divergence KL(p||q) + KL(q||p): not halved. +INFINITY when either is. */
EGM_API EGM_CHECKED egm_status egm_metric_jeffreys(egm_array p, egm_array q, double *out);
/** Jensen-Shannon divergence KL(p||m)/2 + KL(q||m)/2, m = (p + q)/2: always finite, at most log 2. */
EGM_API EGM_CHECKED egm_status egm_metric_js(egm_array p, egm_array q, double *out);

/* ---- between samples */

/** Of a mean over pairs within a sample: whether a point is paired with itself. */
enum {
	EGM_ESTIMATOR_UNBIASED = 1, /**< excludes the pairing of a point with itself. Needs 2 rows in each sample.
	                                  Negative about half of the time if the distributions are equal */
	EGM_ESTIMATOR_BIASED = 2    /**< includes it. The discrepancy of the samples themselves, >= 0; too large by
	                                  O(1/rows) for the distributions that they were drawn from */
};

typedef struct egm_mmd_options {
	size_t struct_size;
	const double *bandwidths; /**< h > 0 [bandwidth_count], in data units; the kernel is the mean over them */
	int64_t bandwidth_count;  /**< default 0: one, that of egm_metric_median */
	int32_t estimator;        /**< EGM_ESTIMATOR_*, default EGM_ESTIMATOR_UNBIASED */
	int32_t reserved;         /**< 0 */
} egm_mmd_options;

#define EGM_MMD_OPTIONS_INIT                                        \
	{                                                               \
		sizeof(egm_mmd_options), NULL, 0, EGM_ESTIMATOR_UNBIASED, 0 \
	}

/** Squared maximum mean discrepancy, E k(x, x') + E k(y, y') - 2 E k(x, y), k(a, b) = exp(-|a - b|^2 / (2 h^2)).
 *
 *  Source: Gretton, Borgwardt, Rasch, Schoelkopf, Smola 2012, "A Kernel Two-Sample Test", lemma 6.
 *  Cost: columns * (x_rows + y_rows)^2 / 2, in memory of some tiles of 64 rows. A step compares 64 rows with some
 *  hundred to thousand others, which takes some milliseconds for one bandwidth. */
EGM_API EGM_CHECKED egm_status egm_metric_mmd(egm_context *context, egm_array x, egm_array y,
                                              const egm_mmd_options *options, double *out, egm_progress_fn progress,
                                              void *user);

/** The median distance between two points of both samples together, the usual bandwidth. y may be egm_no_array().
 *
 *  It is exact up to 500 rows in each sample. Of a larger sample only 500 rows are used, evenly spaced: for rows in
 *  random order the result is then a quantile of all distances whose level has a standard deviation of at most
 *  1/sqrt(2 n) around 1/2, n the number of rows used, so that 19 times of 20 it is between 0.43 and 0.57 for 500 rows
 *  and between 0.45 and 0.55 for 1000. Rows in an order that repeats with a period can do worse: shuffle them. All
 *  pairs of large samples would take as long as egm_metric_mmd itself, several times over, and its kernel does not
 *  need them. To compare several models, compute it once, from the data. Errors: EGM_ERR_ARGUMENT if it is 0, as half
 *  of all pairs are then the same point. */
EGM_API EGM_CHECKED egm_status egm_metric_median(egm_context *context, egm_array x, egm_array y, double *out);

/** Energy distance 2 E|x - y| - E|x - x'| - E|y - y'|, in data units; EGM_ESTIMATOR_*.
 *
 *  Source: Szekely and Rizzo 2013, "Energy statistics". It has nothing to tune. Programs that return a square root mean
 *  that of this. Cost and steps: those of egm_metric_mmd. */
EGM_API EGM_CHECKED egm_status egm_metric_energy(egm_context *context, egm_array x, egm_array y, int32_t estimator,
                                                 double *out, egm_progress_fn progress, void *user);

typedef struct egm_sliced_options {
	size_t struct_size;
	uint64_t seed;       /**< of the directions, default 0 */
	int64_t projections; /**< directions, 1 to 2^31 - 1, default 128 */
	int32_t power;       /**< p, 1 or 2, default 2 */
	int32_t reserved;    /**< 0 */
} egm_sliced_options;

#define EGM_SLICED_OPTIONS_INIT                  \
	{                                            \
		sizeof(egm_sliced_options), 0, 128, 2, 0 \
	}

/** Sliced Wasserstein distance (mean over directions t of W_p^p(t.x, t.y))^(1/p), t uniform on the sphere, in data
 *  units. In one column the only direction is taken once, and the result is W_p.
 *
 *  W_p^p of two samples on a line is the integral over u in (0, 1) of |F^-1(u) - G^-1(u)|^p, F^-1 and G^-1 their
 *  quantile functions, which are steps: the row counts may differ. Source: Bonneel, Rabin, Peyre, Pfister 2015, "Sliced
 *  and Radon Wasserstein Barycenters of Measures".
 *  Cost: projections * rows * (columns + log rows); memory for both samples of one column, in each thread. A step is
 *  one direction. */
EGM_API EGM_CHECKED egm_status egm_metric_sliced(egm_context *context, egm_array x, egm_array y,
                                                 const egm_sliced_options *options, double *out,
                                                 egm_progress_fn progress, void *user);

/** Frechet distance of two Gaussians fitted to the rows, |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), in squared data
 *  units; 2 rows of each at least, covariances with the divisor rows - 1.
 *
 *  Of features of a fixed net this is the FID; the features are the caller's. Source: Dowson and Landau 1982; Heusel et
 *  al. 2017. It is too large by a term of order columns^2 / rows: compare at equal row counts only, and above
 *  `columns`.
 *  Cost: rows * columns^2 + some 40 * columns^3: a second or so for 512 columns. Memory: four matrices. A step is 256
 *  rows in one of two passes over a sample, a row of a matrix of `columns` rows in its factorisation or in one sweep of
 *  rotations over it, or the product of two such matrices. `total` counts 60 sweeps, of which about 10 are usual. */
EGM_API EGM_CHECKED egm_status egm_metric_frechet(egm_context *context, egm_array x, egm_array y, double *out,
                                                  egm_progress_fn progress, void *user);

/* ---- modes that are known */

typedef struct egm_mode_coverage_options {
	size_t struct_size;
	const double *weights; /**< [modes] masses of the modes, as egm_metric_kl has them; NULL (default): all equal */
	double radius;         /**< > 0, default 3: a point within this many sigma of its centre is of high quality */
	int64_t least_points;  /**< of high quality from which a mode counts; 0 (default): 20 for each 10,000 rows */
} egm_mode_coverage_options;

#define EGM_MODE_COVERAGE_OPTIONS_INIT                \
	{                                                 \
		sizeof(egm_mode_coverage_options), NULL, 3, 0 \
	}

typedef struct egm_mode_coverage {
	size_t struct_size;
	int64_t covered;     /**< modes with enough points of high quality */
	double high_quality; /**< share of the rows that are of high quality */
	double reverse_kl;   /**< KL(q||weights) in nats, q the shares of the nearest centres over all rows; +INFINITY when
	                          a mode of weight 0 is somebody's nearest */
	double kl_floor;     /**< (modes - 1) / (2 rows): what reverse_kl is on average for rows drawn from the weights
	                          themselves, to first order in 1 / rows. Less cannot be told from none */
} egm_mode_coverage;

#define EGM_MODE_COVERAGE_INIT                \
	{                                         \
		sizeof(egm_mode_coverage), 0, 0, 0, 0 \
	}

/** Modes with the centres, f64 [modes, columns], and the standard deviation sigma > 0 that x [rows, columns] covers. Of
 *  equally near centres the first is the nearest. `coverage` begins as EGM_MODE_COVERAGE_INIT. */
EGM_API EGM_CHECKED egm_status egm_metric_mode_coverage(egm_context *context, egm_array x, egm_array centres,
                                                        double sigma, const egm_mode_coverage_options *options,
                                                        egm_mode_coverage *coverage);

/* ---- scores against labels */

/** How well scores tell positives from negatives. pi is the prevalence; what needs a kind of row that is not there is
 *  NaN. Rows of equal score are one threshold: no figure depends on the order of the rows. */
typedef struct egm_ranking {
	size_t struct_size;
	int64_t positives;
	double prevalence;              /**< pi = positives / count: also the average precision of scores that know
	                                     nothing */
	double auroc;                   /**< chance that a positive scores higher than a negative, a tie counting half */
	double average_precision;       /**< sum over thresholds of (recall - recall before) * precision: the area under the
	                                     step curve, not under its chords, which promise more than any threshold gives
	                                     (Davis and Goadrich 2006) */
	double least_average_precision; /**< that of the worst order, every negative first: for many rows
	                                     1 + (1 - pi) log(1 - pi) / pi. Below it no score can be */
	double best_f1;                 /**< largest over all thresholds, chosen by looking at the labels */
	double best_threshold;          /**< where: score >= best_threshold is flagged */
	double flagged;                 /**< share of the rows that the next three flag */
	double precision;               /**< of the top rows; of those tied at the cut, what random picks give on average */
	double recall;
	double f1;               /**< 2 right / (flagged + positives) */
	double f1_of_chance;     /**< of flagging that share at random, 2 pi flagged / (pi + flagged) */
	double f1_of_everything; /**< of flagging all rows, 2 pi / (1 + pi) */
} egm_ranking;

#define EGM_RANKING_INIT                                           \
	{                                                              \
		sizeof(egm_ranking), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/** scores [count], high = positive, may be infinite; positive [count], 0 or not. `share` of the rows, in (0, 1], is
 *  flagged: to the nearest row, at least one; 0: as many as there are positives. `ranking` begins as EGM_RANKING_INIT.
 *  EGM_ERR_NONFINITE names the row of a score that is NaN. */
EGM_API EGM_CHECKED egm_status egm_metric_ranking(egm_context *context, egm_array scores, const uint8_t *positive,
                                                  double share, egm_ranking *ranking);

#ifdef __cplusplus
}
#endif
#endif
