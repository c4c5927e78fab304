/* SPDX-License-Identifier: MIT */
/* A small network that tells the digits of MNIST apart: the judge of what a generator draws. */
#ifndef DIGIT_CLASSIFIER_H
#define DIGIT_CLASSIFIER_H

#include <egm.h>

#include "labelled_images.h"

enum { DIGIT_SIDE = 28, DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE, DIGITS = 10 };

/* labelled_images_load, which ends the program if they are not MNIST's. */
void digits_load(labelled_images *digits, egm_context *context, const char *folder);

/* Trains on the digits of the first file; Ctrl-C ends the program. Freed by the caller, as the next one. */
egm_model *digit_classifier_train(egm_context *context, const labelled_images *digits, int64_t steps, uint64_t seed);
/* Reads what egm_model_save wrote; a network of other widths ends the program. */
egm_model *digit_classifier_load(egm_context *context, const char *path);
/* The digit that the network takes each image [count, DIGIT_PIXELS] for. */
void digit_classifier_verdicts(const egm_model *net, const float *pixels, int64_t count, unsigned char *verdicts);
/* The share of the digits of the second file that it takes for what they are. */
double digit_classifier_accuracy(const egm_model *net, const labelled_images *digits);

#endif
