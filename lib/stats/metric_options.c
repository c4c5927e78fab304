/* SPDX-License-Identifier: MIT */
/* Options and results of the metrics. */
#include <core/options_impl.h>
#include <stats/metric_impl.h>

/* ---- options */

static const egm_choice estimator_choices[] = {{"unbiased", EGM_ESTIMATOR_UNBIASED}, {"biased", EGM_ESTIMATOR_BIASED}};
static EGM__FAMILY(estimators, "EGM_ESTIMATOR_", estimator_choices);

static const egm_mmd_options mmd_defaults = EGM_MMD_OPTIONS_INIT;
static const egm__option mmd_members[] = {
    EGM__ARRAY(egm_mmd_options, bandwidths, "[bandwidth_count] bandwidths > 0 of the kernel, in data units."),
    EGM__WEIGHT(egm_mmd_options, bandwidth_count, "Number of bandwidths; 0: one, the median distance."),
    EGM__CHOICE(egm_mmd_options, estimator, estimators, "Whether a point is paired with itself."),
    EGM__RESERVED(egm_mmd_options, reserved),
};
EGM__OPTIONS(egm__options_mmd, egm_mmd_options, mmd_defaults, mmd_members);

static const egm_sliced_options sliced_defaults = EGM_SLICED_OPTIONS_INIT;
static const egm__option sliced_members[] = {
    EGM__SEED(egm_sliced_options, seed, "Seed of the directions."),
    EGM__BETWEEN(egm_sliced_options, projections, 1, INT32_MAX, "Number of random directions."),
    EGM__BETWEEN(egm_sliced_options, power, 1, 2, "The power p of the distance W_p."),
    EGM__RESERVED(egm_sliced_options, reserved),
};
EGM__OPTIONS(egm__options_sliced, egm_sliced_options, sliced_defaults, sliced_members);

static const egm_mode_coverage_options mode_defaults = EGM_MODE_COVERAGE_OPTIONS_INIT;
static const egm__option mode_members[] = {
    EGM__ARRAY(egm_mode_coverage_options, weights, "[modes] masses of the modes, which sum to 1; NULL: all equal."),
    EGM__POSITIVE(egm_mode_coverage_options, radius,
                  "Distance to its centre up to which a point is of high quality, in sigma."),
    EGM__WEIGHT(egm_mode_coverage_options, least_points,
                "Points of high quality from which a mode counts as covered; 0: 20 for each 10000 rows."),
};
EGM__OPTIONS(egm__options_mode, egm_mode_coverage_options, mode_defaults, mode_members);

/* ---- results */

static const egm_mode_coverage no_coverage = EGM_MODE_COVERAGE_INIT;
static const egm__option coverage_members[] = {
    EGM__RESULT(egm_mode_coverage, covered, "Number of modes with enough points of high quality."),
    EGM__RESULT(egm_mode_coverage, high_quality, "Share of the rows that are of high quality."),
    EGM__RESULT(egm_mode_coverage, reverse_kl, "KL divergence of the shares of the modes from their weights, in nats."),
    EGM__RESULT(egm_mode_coverage, kl_floor, "What reverse_kl is on average for draws from the weights, in nats."),
};
EGM__OPTIONS(egm__options_mode_coverage, egm_mode_coverage, no_coverage, coverage_members);

static const egm_ranking no_ranking = EGM_RANKING_INIT;
static const egm__option ranking_members[] = {
    EGM__RESULT(egm_ranking, positives, "Number of positive rows."),
    EGM__RESULT(egm_ranking, prevalence, "Share of the rows that are positive."),
    EGM__RESULT(egm_ranking, auroc, "Probability that a positive row scores higher than a negative one."),
    EGM__RESULT(egm_ranking, average_precision, "Average precision: the area under the step curve."),
    EGM__RESULT(egm_ranking, least_average_precision, "Average precision of the worst order."),
    EGM__RESULT(egm_ranking, best_f1, "Largest F1 over all thresholds."),
    EGM__RESULT(egm_ranking, best_threshold, "Score from which rows are flagged for the largest F1."),
    EGM__RESULT(egm_ranking, flagged, "Share of the rows that are flagged."),
    EGM__RESULT(egm_ranking, precision, "Share of the flagged rows that are positive."),
    EGM__RESULT(egm_ranking, recall, "Share of the positive rows that are flagged."),
    EGM__RESULT(egm_ranking, f1, "F1 of the flagged rows."),
    EGM__RESULT(egm_ranking, f1_of_chance, "F1 of flagging as many rows at random."),
    EGM__RESULT(egm_ranking, f1_of_everything, "F1 of flagging all rows."),
};
EGM__OPTIONS(egm__options_ranking, egm_ranking, no_ranking, ranking_members);
