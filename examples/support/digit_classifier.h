/* SPDX-License-Identifier: MIT */
/* A small network that classifies the digits of MNIST, to count the modes of a generator. */
#ifndef DIGIT_CLASSIFIER_H
#define DIGIT_CLASSIFIER_H

#include <egm.h>

#include "labelled_images.h"

enum { DIGIT_SIDE = 28, DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE, DIGITS = 10 };

/* Loads images as labelled_images_load does; ends the program if they do not have the sizes of MNIST. */
void digits_load(labelled_images *digits, egm_context *context, const char *folder);

/* Trains on the digits of the first file; Ctrl-C ends the program. The caller frees the network. */
egm_model *digit_classifier_train(egm_context *context, const labelled_images *digits, int64_t steps, uint64_t seed);
/* Reads a file of egm_model_save; ends the program if the network has other widths. The caller frees the network. */
egm_model *digit_classifier_load(egm_context *context, const char *path);
/* Writes the digit that the network finds in each image [count, DIGIT_PIXELS]. */
void digit_classifier_verdicts(const egm_model *net, const float *pixels, int64_t count, unsigned char *verdicts);
/* Returns the share of the digits of the second file that it classifies correctly. */
double digit_classifier_accuracy(const egm_model *net, const labelled_images *digits);

#endif
