/* SPDX-License-Identifier: MIT */
/* How well scores rank rows: one pass over the scores from the highest down, a group of equal ones at a time.
 *
 * With P positives and N negatives, p and n of them in a group and T and F above it:
 *     AUROC             sum n (T + p/2) / (P N)
 *     average precision sum p / P * (T + p) / (T + p + F + n)
 *     F1                2 (T + p) / (T + p + F + n + P)
 * If the limit of `share` falls inside a group, the positives among its flagged rows are counted in proportion. */
#include <core/options_impl.h>
#include <core/sort_impl.h>
#include <math.h>
#include <stats/metric_impl.h>

static const egm_ranking nothing = {sizeof nothing, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
static const egm_ranking no_ranking = EGM_RANKING_INIT;
static const egm__option ranking_members[] = {
    EGM__RESULT(egm_ranking, positives, "Number of positive rows."),
    EGM__RESULT(egm_ranking, prevalence, "Share of the rows that are positive."),
    EGM__RESULT(egm_ranking, auroc, "Probability that a positive row scores higher than a negative one."),
    EGM__RESULT(egm_ranking, average_precision, "Average precision: the area under the step curve."),
    EGM__RESULT(egm_ranking, least_average_precision, "Average precision of the worst order."),
    EGM__RESULT(egm_ranking, best_f1, "Largest F1 over all thresholds."),
    EGM__RESULT(egm_ranking, best_threshold, "Lowest score that is flagged at the largest F1."),
    EGM__RESULT(egm_ranking, flagged, "Share of the rows that are flagged."),
    EGM__RESULT(egm_ranking, precision, "Share of the flagged rows that are positive."),
    EGM__RESULT(egm_ranking, recall, "Share of the positive rows that are flagged."),
    EGM__RESULT(egm_ranking, f1, "F1 of the flagged rows."),
    EGM__RESULT(egm_ranking, f1_of_chance, "F1 if as many rows are flagged at random."),
    EGM__RESULT(egm_ranking, f1_of_everything, "F1 if all rows are flagged."),
};
EGM__OPTIONS(egm__options_ranking, egm_ranking, no_ranking, ranking_members);

static egm_status check(const egm_context *context, egm_array scores, const uint8_t *positive, double share)
{
	egm_status st = EGM_OK;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__array_fits(scores, "scores", 0, 1));
	if (!positive) EGM_FAIL(EGM_ERR_ARGUMENT, "positive is NULL");
	if (!(share >= 0 && share <= 1)) EGM_FAIL(EGM_ERR_ARGUMENT, "share is %g, must be in [0, 1]", share);
	for (int64_t i = 0; i < scores.rows; i++)
		if (isnan(egm__number(scores.dtype, scores.data, i)))
			EGM_FAIL(EGM_ERR_NONFINITE, "score %lld (from 0) is nan, must be a number", (long long)i);
out:
	return st;
}

/* The rows above a threshold. */
typedef struct counts {
	double positives, rows;
} counts;

/* Precision, recall and F1 if the last flagged row is in this group. */
static void score_flagged(egm_ranking *r, counts above, counts group, double flagged)
{
	double right = above.positives + group.positives * (flagged - above.rows) / group.rows;
	r->precision = right / flagged;
	r->recall = right / (double)r->positives;
	r->f1 = 2 * right / (flagged + (double)r->positives);
}

/* All figures that need a positive row, from ascending items. AUROC is 0/0 = NaN without a negative. */
static void scan(egm_ranking *r, const egm__sort_item *items, const uint8_t *positive, int64_t count, double flagged)
{
	double positives = (double)r->positives, pairs = 0;
	counts above = {0, 0};
	r->average_precision = r->best_f1 = 0;
	for (int64_t i = count - 1; i >= 0;) {
		double score = items[i].value;
		counts group = {0, 0};
		for (; i >= 0 && items[i].value == score; i--) group.rows++, group.positives += positive[items[i].place] != 0;
		if (above.rows < flagged && flagged <= above.rows + group.rows) score_flagged(r, above, group, flagged);
		pairs += (group.rows - group.positives) * (above.positives + group.positives / 2);
		above = (counts){above.positives + group.positives, above.rows + group.rows};
		r->average_precision += group.positives / positives * (above.positives / above.rows);
		double f1 = 2 * above.positives / (above.rows + positives);
		if (f1 > r->best_f1) r->best_f1 = f1, r->best_threshold = score;
	}
	r->auroc = pairs / (positives * ((double)count - positives));
}

/* Of the worst order: the i-th positive comes after all negatives. */
static double least_average_precision(int64_t positives, int64_t count)
{
	double sum = 0;
	for (int64_t i = 1; i <= positives; i++) sum += (double)i / (double)(count - positives + i);
	return sum / (double)positives;
}

static egm_ranking rank(const egm__sort_item *items, const uint8_t *positive, int64_t count, double share)
{
	egm_ranking r = nothing;
	for (int64_t i = 0; i < count; i++) r.positives += positive[i] != 0;
	double pi = r.prevalence = (double)r.positives / (double)count;
	double flagged = share == 0 ? (double)r.positives : fmax(round(share * (double)count), 1);
	if (r.positives == 0) return r;
	r.flagged = flagged / (double)count;
	scan(&r, items, positive, count, flagged);
	r.least_average_precision = least_average_precision(r.positives, count);
	r.f1_of_chance = 2 * pi * r.flagged / (pi + r.flagged);
	r.f1_of_everything = 2 * pi / (1 + pi);
	return r;
}

egm_status egm_metric_ranking(egm_context *context, egm_array scores, const uint8_t *positive, double share,
                              egm_ranking *ranking)
{
	egm_status st = EGM_OK;
	egm_ranking result = nothing;
	egm__sort_item *items = NULL;
	int64_t n = scores.rows;
	if (!ranking) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "ranking is NULL"));
	st = check(context, scores, positive, share);
	if (st != EGM_OK) return egm__named(__func__, st);
	EGM_TRY(egm__result_check("egm_ranking", ranking));
	items = egm__alloc(context, n, 2 * sizeof *items);
	if (!items) EGM_FAIL(EGM_ERR_MEMORY, "no memory to sort %lld scores", (long long)n);
	for (int64_t i = 0; i < n; i++) items[i] = (egm__sort_item){egm__number(scores.dtype, scores.data, i), i};
	egm__sort(items, items + n, n);
	result = rank(items, positive, n, share);
	EGM_TRY(egm__options_init("egm_ranking", ranking, ranking->struct_size, &result, sizeof result));
out:
	egm__free(context, items);
	return egm__named(__func__, st);
}
