/* SPDX-License-Identifier: MIT */
/* One pass over the scores from the highest down, a group of equal ones at a time. */
#include "ranking.h"

#include <math.h>
#include <stdlib.h>

typedef struct scored {
	double score;
	int positive;
} scored;

static int by_falling_score(const void *a, const void *b)
{
	double x = ((const scored *)a)->score, y = ((const scored *)b)->score;
	return (x < y) - (x > y);
}

/* Sorted; both kinds are there. */
static void scan(ranking *r, const scored *s)
{
	double positives = (double)r->positives, negatives = (double)(r->count - r->positives);
	double true_ones = 0, false_ones = 0, pairs = 0, precision = 0;
	for (size_t i = 0; i < r->count;) {
		size_t start = i;
		double in_group = 0;
		while (i < r->count && s[i].score == s[start].score) in_group += s[i++].positive;
		double out_of_group = (double)(i - start) - in_group;
		pairs += out_of_group * (true_ones + in_group / 2);
		true_ones += in_group;
		false_ones += out_of_group;
		precision += in_group * true_ones / (true_ones + false_ones);
	}
	r->auroc = pairs / (positives * negatives);
	r->average_precision = precision / positives;
}

int ranking_of(ranking *out, const double *scores, const unsigned char *is_positive, size_t count)
{
	scored *sorted = malloc((count ? count : 1) * sizeof *sorted);
	int comparable = 1;
	if (!sorted) return -1;
	*out = (ranking){.count = count, .prevalence = NAN, .auroc = NAN, .average_precision = NAN};
	for (size_t i = 0; i < count; i++) {
		sorted[i] = (scored){scores[i], is_positive[i] != 0};
		out->positives += is_positive[i] != 0;
		if (isnan(scores[i])) comparable = 0;
	}
	if (count > 0) out->prevalence = (double)out->positives / (double)count;
	if (comparable && out->positives > 0 && out->positives < count) {
		qsort(sorted, count, sizeof *sorted, by_falling_score);
		scan(out, sorted);
	}
	free(sorted);
	return 0;
}
