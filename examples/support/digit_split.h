/* SPDX-License-Identifier: MIT */
/* Images of all digits but one to train on, and a test set that has that one too. */
#ifndef DIGIT_SPLIT_H
#define DIGIT_SPLIT_H

#include "labelled_images.h"

typedef struct digit_split {
	int64_t digit; /* what was left out */
	int64_t height, width, columns;
	float *train; /* [n_train, columns] */
	/* First the normal rows, then the anomalies, of which the first n_natural are as many as a random test set has. */
	float *test;
	int64_t n_train, n_normal, n_anomalies, n_natural;
} digit_split;

/* Four fifths of the normal images are trained on. Too few images end the program. */
void digit_split_make(digit_split *d, const labelled_images *images, int64_t digit, uint64_t seed);
void digit_split_free(digit_split *d);

#endif
