/* SPDX-License-Identifier: MIT */
/* How well a score tells positives from negatives, over all thresholds. */
#ifndef RANKING_H
#define RANKING_H

#include <stddef.h>

typedef struct ranking {
	size_t count, positives;
	double prevalence;        /* positives / count: the average precision of scores that know nothing */
	double auroc;             /* chance that a positive has the higher score than a negative, ties count half */
	double average_precision; /* sum over thresholds of (recall - recall before) * precision; tied scores are one
	                             threshold. The area under the step curve, not under its chords, which promises more
	                             than any threshold gives (Davis and Goadrich 2006) */
} ranking;

/* High scores are to mean positive; is_positive[i] is 0 or 1. Figures that do not exist (no positive, no negative, a
 * score that is NaN) are NaN. 0, or -1 when memory is short. */
int ranking_of(ranking *out, const double *scores, const unsigned char *is_positive, size_t count);

#endif
