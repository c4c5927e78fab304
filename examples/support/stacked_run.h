/* SPDX-License-Identifier: MIT */
/* A run of stacked_mnist: what was asked for, and the files in its folder, from which a later one goes on. */
#ifndef STACKED_RUN_H
#define STACKED_RUN_H

#include <egm.h>

#include "digit_triples.h"
#include "energy_gan.h"
#include "mode_curve.h"
#include "run_record.h"

typedef struct stacked_run {
	const char *data, *out, *classifier;
	int32_t dense; /* whether the networks are */
	bool resume;
	int64_t steps, threads, samples, classifier_steps, width;
	double hours, every, energy_rate;
	gan_settings gan;
	char record[RUN_RECORD]; /* of the settings that shape the run */
} stacked_run;

/* Makes the folder, or with `resume` compares the options with those that the run in it was started with. */
void stacked_run_begin(stacked_run *run, const program_option *options);
/* The classifier of digits: from a file, from the folder with `resume`, or trained and saved there. Its accuracy, and
 * the modes that it counts of real images. */
egm_model *stacked_run_classifier(const stacked_run *run, egm_context *context, const labelled_images *digits,
                                  double *accuracy, triple_modes *best);
/* Reads curve.csv up to a step. */
void stacked_run_curve(const stacked_run *run, mode_curve *curve, int64_t last_step);
/* Whether training ends for good. */
bool stacked_run_over(const egm_trainer *trainer, const progress *watch);
/* Writes settings, curve, networks, checkpoint, and after a count of modes also samples.png. */
void stacked_run_save(const stacked_run *run, const gan *g, const mode_curve *curve);
void stacked_run_report(const stacked_run *run, const mode_point *last, double kl_of_data, double accuracy);

#endif
