/* SPDX-License-Identifier: MIT */
/* Ranking figures: by hand, against direct sums, their limits, and published counts. */
#include "metric_support.h"

static egm_ranking rank_share(const double *scores, const uint8_t *positive, int64_t count, double share)
{
	egm_ranking r = EGM_RANKING_INIT;
	assert_ok(egm_metric_ranking(context, egm_f64(scores, count, 1), positive, share, &r));
	return r;
}

static egm_ranking rank(const double *scores, const uint8_t *positive, int64_t count)
{
	return rank_share(scores, positive, count, 0);
}

/* A few roundings of numbers up to 1 for each of at most 200 rows. */
#define ck_assert_close(x, y) assert_close(x, y, 1e-13)

/* Scores .9 .8 .7 .6 with positives first and third: 3 of 4 pairs in order; precision 1 at recall 1/2, 2/3 at 1. */
START_TEST(test_ranking__by_hand)
{
	egm_ranking r = rank((const double[]){0.6, 0.9, 0.7, 0.8}, (const uint8_t[]){0, 1, 1, 0}, 4);
	ck_assert_int_eq(r.positives, 2);
	ck_assert_close(r.prevalence, 0.5);
	ck_assert_close(r.auroc, 0.75);
	ck_assert_close(r.average_precision, (1 + 2.0 / 3) / 2);
}
END_TEST

/* Three equal scores, one positive, and a single positive below: the tie is one threshold, whatever the order of rows.
 * Pairs: 2 * 1/2 + 2 * 0 of 4. Precision: 1/3 for the first, 2/4 for the second. */
START_TEST(test_ranking__ties_do_not_depend_on_the_order)
{
	static const uint8_t orders[3][4] = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}};
	for (int i = 0; i < 3; i++) {
		egm_ranking r = rank((const double[]){5, 5, 5, 1}, orders[i], 4);
		ck_assert_close(r.auroc, 0.25);
		ck_assert_close(r.average_precision, (1.0 / 3 + 2.0 / 4) / 2);
	}
}
END_TEST

START_TEST(test_ranking__limits)
{
	static const double up[] = {1, 2, 3, INFINITY}, same[] = {7, 7, 7, 7};
	static const uint8_t last[] = {0, 0, 0, 1}, first[] = {1, 0, 0, 0}, none[] = {0, 0, 0, 0}, all[] = {1, 1, 1, 1};
	ck_assert_close(rank(up, last, 4).auroc, 1);
	ck_assert_close(rank(up, last, 4).average_precision, 1);
	ck_assert_close(rank(up, first, 4).auroc, 0);
	ck_assert_close(rank(up, first, 4).average_precision, 0.25); /* the least there is: found last */
	ck_assert_close(rank(same, last, 4).auroc, 0.5);
	ck_assert_close(rank(same, last, 4).average_precision, 0.25); /* prevalence */
	egm_ranking r = rank(up, none, 4);
	ck_assert(r.prevalence == 0 && isnan(r.auroc) && isnan(r.average_precision) && isnan(r.best_f1) && isnan(r.f1));
	r = rank(up, all, 4);
	ck_assert(r.prevalence == 1 && isnan(r.auroc));
	ck_assert_close(r.average_precision, 1);
	ck_assert_close(r.best_f1, 1);
}
END_TEST

/* Every pair, and every threshold, one by one. */
static egm_ranking direct(const double *scores, const uint8_t *positive, int count)
{
	egm_ranking r = {.auroc = 0, .average_precision = 0, .best_f1 = 0};
	double pairs = 0, before = 0, positives = 0;
	for (int i = 0; i < count; i++) positives += positive[i];
	for (int i = 0; i < count; i++)
		for (int k = 0; k < count; k++)
			if (positive[i] && !positive[k]) {
				pairs++;
				r.auroc += scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0;
			}
	r.auroc /= pairs;
	for (int threshold = 10; threshold >= 0; threshold--) {
		double taken = 0, right = 0;
		for (int i = 0; i < count; i++)
			if (scores[i] >= threshold) taken++, right += positive[i];
		if (taken > 0) r.average_precision += (right - before) / positives * right / taken;
		if (2 * right / (taken + positives) > r.best_f1) {
			r.best_f1 = 2 * right / (taken + positives);
			r.best_threshold = threshold;
		}
		before = right;
	}
	return r;
}

START_TEST(test_ranking__agrees_with_direct_sums)
{
	enum { N = 200 };
	double scores[N];
	uint8_t positive[N];
	srand(5);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < N; i++) {
			positive[i] = rand() % 4 == 0;
			scores[i] = (double)(rand() % 8 + (positive[i] ? rand() % 3 : 0));
		}
		egm_ranking expected = direct(scores, positive, N), r = rank(scores, positive, N);
		ck_assert_close(r.auroc, expected.auroc);
		ck_assert_close(r.average_precision, expected.average_precision);
		ck_assert_close(r.best_f1, expected.best_f1);
		ck_assert(r.best_threshold == expected.best_threshold);
	}
}
END_TEST

/* ---- a share of the rows */

/* Scores 9 8 8 8 1 1, positives at 9, one of the 8 and one of the 1. */
START_TEST(test_ranking__ties_at_the_cut_count_on_average)
{
	const double scores[6] = {8, 1, 9, 8, 1, 8};
	const uint8_t positive[6] = {0, 1, 1, 1, 0, 0};
	const double right[7] = {0, 1, 1 + 1 / 3.0, 1 + 2 / 3.0, 2, 2.5, 3};
	for (int k = 1; k <= 6; k++) {
		egm_ranking r = rank_share(scores, positive, 6, k / 6.0);
		ck_assert_close(r.flagged, k / 6.0);
		ck_assert_close(r.precision, right[k] / k);
		ck_assert_close(r.recall, right[k] / 3);
		ck_assert_close(r.f1, 2 * right[k] / (k + 3));
		ck_assert_close(r.f1_of_chance, 2 * 0.5 * (k / 6.0) / (0.5 + k / 6.0));
		ck_assert_close(r.f1_of_everything, 2 / 3.0);
	}
	egm_ranking as_many = rank(scores, positive, 6); /* three are flagged */
	ck_assert_close(as_many.precision, as_many.recall);
	ck_assert_close(as_many.f1, right[3] / 3);
	ck_assert_close(rank_share(scores, positive, 6, 1e-9).precision, 1); /* at least one row */
	ck_assert_close(as_many.best_f1, 2 / 3.0);                           /* 2 of 4 and of 3: 4/7; all: 6/9; one: 1/2 */
	ck_assert(as_many.best_threshold == 1);
}
END_TEST

/* E14. 198,371 normal rows and 48,640 anomalies, the fifth of the highest scores flagged: a perfect score has all
 * anomalies in that fifth, so that P = .1969 / .2 at R = 1. The printed digits bound the error. */
START_TEST(test_ranking__perfect_scores_of_kdd)
{
	enum { NORMAL = 198371, ODD = 48640, N = NORMAL + ODD };
	double *scores = malloc(N * sizeof *scores);
	uint8_t *positive = malloc(N);
	for (int i = 0; i < N; i++) scores[i] = positive[i] = i % 5 == 0 && i / 5 < ODD;
	egm_ranking r = rank_share(scores, positive, N, 0.2);
	ck_assert_int_eq(r.positives, ODD);
	assert_close(r.prevalence, 0.1969, 5e-5);
	assert_close(r.precision, 0.9846, 5e-5);
	ck_assert(r.recall == 1);
	assert_close(r.recall / r.precision, 1.0157, 5e-5);
	assert_close(r.f1, 0.9922, 5e-5);
	assert_close(r.f1_of_chance, 0.198, 5e-4);
	ck_assert(r.auroc == 1 && r.best_f1 == 1 && r.best_threshold == 1);
	/* chance: scores independent of the labels. AP is within 5 sd of pi, sd below sqrt(pi / positives); F1 within 5 of
	 * 2 sd(right) / (flagged + positives), right hypergeometric */
	uint64_t state = 14;
	for (int i = 0; i < N; i++) scores[i] = uniform(&state);
	r = rank_share(scores, positive, N, 0.2);
	double pi = r.prevalence, k = 0.2 * N, sd = sqrt(k * pi * (1 - pi) * 0.8);
	assert_close(r.average_precision, pi, 5 * sqrt(pi / ODD));
	assert_close(r.f1, r.f1_of_chance, 5 * 2 * sd / (k + ODD) + 1.0 / N);
	free(scores);
	free(positive);
}
END_TEST

/* E15. All images of one digit of MNIST among a fifth of the others, the images of both files: prevalence and least AP
 * are those printed. The worst order finds the i-th of P positives behind all N negatives: AP = sum_i i / (N + i) / P,
 * for many rows 1 + (1 - pi) log(1 - pi) / pi by its integral, which a sum of rising terms misses by less than 1 / P.
 */
START_TEST(test_ranking__least_average_precision)
{
	static const struct {
		int64_t positives; /* of the digits 1 4 5 7 9 */
		double prevalence, least;
	} cases[] = {
	    {7877, 0.388, 0.226}, {6824, 0.351, 0.200}, {6313, 0.331, 0.188}, {7293, 0.368, 0.212}, {6958, 0.356, 0.204}};
	static double scores[70000];
	static uint8_t positive[70000];
	int64_t positives = cases[_i].positives, count = positives + (70000 - positives) / 5;
	for (int i = 0; i < count; i++) {
		scores[i] = i;
		positive[i] = i < positives;
	}
	egm_ranking r = rank(scores, positive, count);
	double pi = r.prevalence;
	ck_assert(r.auroc == 0);
	assert_close(pi, cases[_i].prevalence, 5e-4);
	assert_close(r.average_precision, r.least_average_precision, 1e-12); /* 8000 roundings of sums below 1 */
	assert_close(r.least_average_precision, cases[_i].least, 5e-4);
	assert_close(r.least_average_precision, 1 + (1 - pi) * log(1 - pi) / pi, 1 / (double)positives);
}
END_TEST

START_TEST(test_ranking__rejections)
{
	const double scores[2] = {1, NAN};
	const uint8_t positive[2] = {1, 0};
	const egm_array one = egm_f64(scores, 1, 1);
	egm_ranking r = EGM_RANKING_INIT;
#define REJECTED(code, text, ...)                            \
	ck_assert_int_eq(egm_metric_ranking(__VA_ARGS__), code); \
	ck_assert_str_eq(egm_last_error(), "egm_metric_ranking: " text)
	REJECTED(EGM_ERR_ARGUMENT, "context is NULL", NULL, one, positive, 0, &r);
	REJECTED(EGM_ERR_ARGUMENT, "ranking is NULL", context, one, positive, 0, NULL);
	REJECTED(EGM_ERR_ARGUMENT, "scores is NULL", context, egm_no_array(), positive, 0, &r);
	REJECTED(EGM_ERR_ARGUMENT, "positive is NULL", context, one, NULL, 0, &r);
	REJECTED(EGM_ERR_SHAPE, "scores has 2 columns, must have 1", context, egm_f64(scores, 1, 2), positive, 0, &r);
	REJECTED(EGM_ERR_ARGUMENT, "scores has 0 rows of 1 numbers, must have at least 1 of each", context,
	         egm_f64(scores, 0, 1), positive, 0, &r);
	REJECTED(EGM_ERR_ARGUMENT, "scores has 9223372036854775807 rows of 1 numbers, must fit in memory", context,
	         egm_f64(scores, INT64_MAX, 1), positive, 0, &r);
	REJECTED(EGM_ERR_ARGUMENT, "scores has dtype 3, must be EGM_F32 or EGM_F64", context,
	         egm_array_of((egm_dtype)3, scores, 1, 1), positive, 0, &r);
	REJECTED(EGM_ERR_ARGUMENT, "share is -0.1, must be in [0, 1]", context, one, positive, -0.1, &r);
	REJECTED(EGM_ERR_ARGUMENT, "share is 1.1, must be in [0, 1]", context, one, positive, 1.1, &r);
	REJECTED(EGM_ERR_ARGUMENT, "share is nan, must be in [0, 1]", context, one, positive, NAN, &r);
	REJECTED(EGM_ERR_NONFINITE, "score 1 (from 0) is nan, must be a number", context, egm_f64(scores, 2, 1), positive,
	         0, &r);
#undef REJECTED
	ck_assert(r.struct_size == sizeof r && r.positives == 0 && r.auroc == 0);
	r.struct_size = 5;
	ck_assert_int_eq(egm_metric_ranking(context, one, positive, 0, &r), EGM_ERR_ARGUMENT);
}
END_TEST

START_TEST(test_ranking__of_floats)
{
	const float narrow[4] = {0.6f, 0.9f, 0.7f, 0.8f};
	const double wide[4] = {0.6f, 0.9f, 0.7f, 0.8f};
	const uint8_t positive[4] = {0, 1, 7, 0}; /* any number but 0 */
	egm_ranking a = rank(wide, positive, 4), b;
	b = (egm_ranking)EGM_RANKING_INIT;
	assert_ok(egm_metric_ranking(context, egm_f32(narrow, 4, 1), positive, 0, &b));
	ck_assert(memcmp(&a, &b, sizeof a) == 0);
	ck_assert_int_eq(a.positives, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("ranking");
	tcase_set_tags(tc, "E14 E15");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_ranking__by_hand);
	tcase_add_test(tc, test_ranking__ties_do_not_depend_on_the_order);
	tcase_add_test(tc, test_ranking__limits);
	tcase_add_test(tc, test_ranking__agrees_with_direct_sums);
	tcase_add_test(tc, test_ranking__ties_at_the_cut_count_on_average);
	tcase_add_test(tc, test_ranking__perfect_scores_of_kdd);
	tcase_add_loop_test(tc, test_ranking__least_average_precision, 0, 5);
	tcase_add_test(tc, test_ranking__rejections);
	tcase_add_test(tc, test_ranking__of_floats);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
