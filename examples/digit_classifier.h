/* SPDX-License-Identifier: MIT */
/* A small net that tells the digits of MNIST apart: the judge of what a generator draws. */
#ifndef DIGIT_CLASSIFIER_H
#define DIGIT_CLASSIFIER_H

#include <egm.h>

#include "labelled_images.h"

enum { DIGIT_SIDE = 28, DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE, DIGITS = 10 };

/* Trains on the digits of the first file. EGM_ERR_STOPPED after Ctrl-C. */
egm_status digit_classifier_train(egm_model **out, egm_context *context, const labelled_images *digits, int64_t steps,
                                  uint64_t seed);
/* Reads what egm_model_save wrote; a net of other widths ends the program. */
egm_status digit_classifier_load(egm_model **out, egm_context *context, const char *path);
/* The digit that the net takes each image [count, DIGIT_PIXELS] for. */
egm_status digit_classifier_verdicts(const egm_model *net, const float *pixels, int64_t count, unsigned char *verdicts);
/* The share of the digits of the second file that it takes for what they are. */
egm_status digit_classifier_accuracy(const egm_model *net, const labelled_images *digits, double *accuracy);

#endif
