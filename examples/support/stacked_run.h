/* SPDX-License-Identifier: MIT */
/* A run of stacked_mnist: its options, and the files in its folder, from which a later run continues. */
#ifndef STACKED_RUN_H
#define STACKED_RUN_H

#include <egm.h>

#include "digit_triples.h"
#include "energy_gan.h"
#include "mode_curve.h"
#include "run_record.h"

typedef struct stacked_run {
	const char *data, *out, *classifier;
	int32_t dense; /* 1: dense networks; 0: convolutional ones */
	bool resume;
	int64_t steps, threads, samples, classifier_steps, width;
	double hours, every, energy_rate;
	gan_settings gan;
	char record[RUN_RECORD]; /* of the settings that determine the result */
} stacked_run;

/* Creates the folder, or with `resume` compares the options with those of the run in it. */
void stacked_run_begin(stacked_run *run, const program_option *options);
/* Returns the classifier of digits: read from a file, read from the folder with `resume`, or trained and saved there.
 * Also computes its accuracy, and the modes that it counts for real images. */
egm_model *stacked_run_classifier(const stacked_run *run, egm_context *context, const labelled_images *digits,
                                  double *accuracy, triple_modes *best);
/* Reads curve.csv up to a step. */
void stacked_run_curve(const stacked_run *run, mode_curve *curve, int64_t last_step);
/* Returns whether the training is over. */
bool stacked_run_over(const egm_trainer *trainer, const progress *watch);
/* Writes settings, curve, networks and checkpoint, and after a count of modes also samples.png. */
void stacked_run_save(const stacked_run *run, const gan *g, const mode_curve *curve);
void stacked_run_report(const stacked_run *run, const mode_point *last, double kl_of_data, double accuracy);

#endif
