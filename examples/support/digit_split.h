/* SPDX-License-Identifier: MIT */
/* Images of all digits but one to train on, and a test set that also contains the digit that was left out. */
#ifndef DIGIT_SPLIT_H
#define DIGIT_SPLIT_H

#include "labelled_images.h"

typedef struct digit_split {
	int64_t digit; /* that was left out */
	int64_t height, width, columns;
	float *train; /* [n_train, columns] */
	/* First the normal rows, then the anomalies. A random test set would have the first n_natural of these. */
	float *test;
	int64_t n_train, n_normal, n_anomalies, n_natural;
} digit_split;

/* Splits images: four fifths of the normal ones are for training. Ends the program if there are too few images. */
void digit_split_make(digit_split *d, const labelled_images *images, int64_t digit, uint64_t seed);
void digit_split_free(digit_split *d);

#endif
