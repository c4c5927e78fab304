/* SPDX-License-Identifier: MIT */
/* The ranking figures of the examples: by hand, against direct sums, and their limits. */
#include "../../examples/ranking.h"
#include <math.h>
#include <support.h>

#define ck_assert_close(x, y) ck_assert_msg(fabs((x) - (y)) <= 1e-12, "%s = %.17g, not %.17g", #x, (x), (double)(y))

static ranking rank(const double *scores, const unsigned char *positive, size_t count)
{
	ranking r;
	ck_assert_int_eq(ranking_of(&r, scores, positive, count), 0);
	ck_assert_uint_eq(r.count, count);
	return r;
}

/* Scores .9 .8 .7 .6 with positives first and third: 3 of 4 pairs in order; precision 1 at recall 1/2, 2/3 at 1. */
START_TEST(test_ranking__by_hand)
{
	ranking r = rank((const double[]){0.6, 0.9, 0.7, 0.8}, (const unsigned char[]){0, 1, 1, 0}, 4);
	ck_assert_uint_eq(r.positives, 2);
	ck_assert_close(r.prevalence, 0.5);
	ck_assert_close(r.auroc, 0.75);
	ck_assert_close(r.average_precision, (1 + 2.0 / 3) / 2);
}
END_TEST

/* Three equal scores, one positive, and a lone positive below: the tie is one threshold, whatever the order of rows.
 * Pairs: 2 * 1/2 + 2 * 0 of 4. Precision: 1/3 for the first, 2/4 for the second. */
START_TEST(test_ranking__ties_do_not_depend_on_the_order)
{
	static const unsigned char orders[3][4] = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}};
	for (int i = 0; i < 3; i++) {
		ranking r = rank((const double[]){5, 5, 5, 1}, orders[i], 4);
		ck_assert_close(r.auroc, 0.25);
		ck_assert_close(r.average_precision, (1.0 / 3 + 2.0 / 4) / 2);
	}
}
END_TEST

START_TEST(test_ranking__limits)
{
	static const double up[] = {1, 2, 3, INFINITY}, same[] = {7, 7, 7, 7}, bad[] = {1, 2, NAN, 4};
	static const unsigned char last[] = {0, 0, 0, 1}, first[] = {1, 0, 0, 0}, none[] = {0, 0, 0, 0},
	                           all[] = {1, 1, 1, 1};
	ck_assert_close(rank(up, last, 4).auroc, 1);
	ck_assert_close(rank(up, last, 4).average_precision, 1);
	ck_assert_close(rank(up, first, 4).auroc, 0);
	ck_assert_close(rank(up, first, 4).average_precision, 0.25); /* the least there is: found last */
	ck_assert_close(rank(same, last, 4).auroc, 0.5);
	ck_assert_close(rank(same, last, 4).average_precision, 0.25); /* prevalence */
	ck_assert(isnan(rank(up, none, 4).auroc) && isnan(rank(up, none, 4).average_precision));
	ck_assert(isnan(rank(up, all, 4).auroc) && rank(up, all, 4).prevalence == 1);
	ck_assert(isnan(rank(bad, last, 4).auroc) && isnan(rank(bad, last, 4).average_precision));
	ck_assert(isnan(rank(up, last, 0).prevalence) && isnan(rank(up, last, 0).auroc));
}
END_TEST

/* Every pair, and every threshold, one by one. */
static ranking direct(const double *scores, const unsigned char *positive, size_t count)
{
	ranking r = {.auroc = 0, .average_precision = 0};
	double pairs = 0, before = 0, positives = 0;
	for (size_t i = 0; i < count; i++) positives += positive[i];
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			if (positive[i] && !positive[k]) {
				pairs++;
				r.auroc += scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0;
			}
	r.auroc /= pairs;
	for (int threshold = 10; threshold >= 0; threshold--) {
		double taken = 0, right = 0;
		for (size_t i = 0; i < count; i++)
			if (scores[i] >= threshold) taken++, right += positive[i];
		if (taken > 0) r.average_precision += (right - before) / positives * right / taken;
		before = right;
	}
	return r;
}

START_TEST(test_ranking__agrees_with_direct_sums)
{
	enum { N = 200 };
	double scores[N];
	unsigned char positive[N];
	srandom(5);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < N; i++) {
			positive[i] = random() % 4 == 0;
			scores[i] = (double)(random() % 8 + (positive[i] ? random() % 3 : 0));
		}
		ranking expected = direct(scores, positive, N), r = rank(scores, positive, N);
		ck_assert_close(r.auroc, expected.auroc);
		ck_assert_close(r.average_precision, expected.average_precision);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("examples/ranking");
	TCase *tc = tcase_create("ranking");
	tcase_add_test(tc, test_ranking__by_hand);
	tcase_add_test(tc, test_ranking__ties_do_not_depend_on_the_order);
	tcase_add_test(tc, test_ranking__limits);
	tcase_add_test(tc, test_ranking__agrees_with_direct_sums);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
