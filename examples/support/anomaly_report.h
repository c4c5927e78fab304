/* SPDX-License-Identifier: MIT */
/* Scores of the test set, as a table, JSON and pictures. */
#ifndef ANOMALY_REPORT_H
#define ANOMALY_REPORT_H

#include <egm.h>

#include "anomaly_energy.h"
#include "digit_split.h"

enum { ANOMALY_SCORES = 4, ANOMALY_SETS = 2 };

typedef struct anomaly_scores {
	double *of[ANOMALY_SCORES]; /* energy, norm of its gradient, Gaussian, nearest neighbour: [rows of the test set] */
	egm_ranking found[ANOMALY_SETS][ANOMALY_SCORES]; /* with all anomalies, with a natural share of them */
} anomaly_scores;

void anomaly_scores_alloc(anomaly_scores *s, int64_t rows);
void anomaly_scores_free(anomaly_scores *s);

/* Draws histograms of the two scores of the energy, and the images with the largest errors. */
void anomaly_draw(const digit_split *d, const anomaly_scores *s, const anomaly_training *training, const char *folder);
/* Prints a table, and the same as JSON in the last line. */
void anomaly_print(const digit_split *d, const anomaly_scores *s, const anomaly_training *training);

#endif
