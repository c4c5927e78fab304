/* SPDX-License-Identifier: MIT */
#include "stacked_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "picture.h"
#include "program.h"
#include "report.h"

enum { SHEET = 10, FILES = 8 };
static const char *const files[FILES] = {"curve.csv",
                                         "curve.png",
                                         "samples.png",
                                         "checkpoint.safetensors",
                                         "generator.safetensors",
                                         "energy.safetensors",
                                         "classifier.safetensors",
                                         "settings.txt"};
enum { CURVE, CURVE_PICTURE, SAMPLES, CHECKPOINT, CLASSIFIER = 6, SETTINGS };

/* Options that may change when a run continues: its length, threads, paths, and how modes are counted. */
static const char *const unbound[] = {"data",    "out",        "resume",           "hours",   "steps", "every",
                                      "samples", "classifier", "classifier-steps", "threads", NULL};

void stacked_run_begin(stacked_run *run, const program_option *options)
{
	char path[PROGRAM_PATH];
	run_record_text(run->record, options, unbound);
	if (run->resume) run_record_check(run->record, program_path(path, run->out, files[SETTINGS]));
	program_folder(run->out);
}

egm_model *stacked_run_classifier(const stacked_run *run, egm_context *context, const labelled_images *digits,
                                  double *accuracy, triple_modes *best)
{
	char path[PROGRAM_PATH];
	const char *cached = program_path(path, run->out, files[CLASSIFIER]);
	egm_model *net = NULL;
	if (run->classifier) {
		net = digit_classifier_load(context, run->classifier);
	} else if (run->resume && access(cached, F_OK) == 0) {
		net = digit_classifier_load(context, cached);
	} else {
		fprintf(stderr, "training the classifier\n");
		net = digit_classifier_train(context, digits, run->classifier_steps, 1);
	}
	*accuracy = digit_classifier_accuracy(net, digits);
	*best = triple_modes_drawn(digits, net, run->samples, run->gan.training.seed);
	fprintf(stderr,
	        "the classifier recognises %.2f %% of the test digits; for real images it counts %lld modes, KL %.4f\n",
	        100 * *accuracy, (long long)best->modes, best->kl);
	check(egm_model_save(net, cached));
	return net;
}

void stacked_run_curve(const stacked_run *run, mode_curve *curve, int64_t last_step)
{
	char path[PROGRAM_PATH];
	mode_curve_load(curve, program_path(path, run->out, files[CURVE]), last_step);
}

bool stacked_run_over(const egm_trainer *trainer, const progress *watch)
{
	return progress_over(watch) || (watch->last > 0 && egm_trainer_steps(trainer) == watch->last);
}

static void draw_samples(const stacked_run *run, const egm_model *generator)
{
	char path[PROGRAM_PATH];
	float *images = program_alloc(SHEET * SHEET * TRIPLE_VALUES, sizeof *images);
	check(egm_model_generate(generator, run->gan.training.seed, egm_f32_out(images, SHEET * SHEET, TRIPLE_VALUES)));
	picture_images(program_path(path, run->out, files[SAMPLES]), images, SHEET, SHEET, DIGIT_SIDE, DIGIT_SIDE,
	               TRIPLE_CHANNELS);
	free(images);
}

/* Writes the settings of a new run before its first checkpoint. The checkpoint of an earlier run is removed before
 * that: if the program is killed between the two, an old checkpoint must not be beside new settings. */
static void write_settings(const stacked_run *run)
{
	char path[PROGRAM_PATH];
	remove(program_path(path, run->out, files[CHECKPOINT]));
	run_record_save(run->record, program_path(path, run->out, files[SETTINGS]));
}

void stacked_run_save(const stacked_run *run, const gan *g, const mode_curve *curve)
{
	char path[PROGRAM_PATH];
	if (curve->points[curve->count - 1].modes >= 0) draw_samples(run, g->final_generator);
	if (curve->count == 1) write_settings(run);
	mode_curve_save(curve, program_path(path, run->out, files[CURVE]));
	gan_save(g, run->out);
	mode_curve_draw(curve, program_path(path, run->out, files[CURVE_PICTURE]));
}

void stacked_run_report(const stacked_run *run, const mode_point *last, double kl_of_data, double accuracy)
{
	report_open(NULL);
	report_integer("modes", last->modes);
	report_number("kl", last->kl);
	report_number("kl_of_data", kl_of_data);
	report_integer("steps", last->step);
	report_number("cpu_seconds", last->cpu_seconds);
	report_number("classifier_accuracy", accuracy);
	report_files(run->out, files, FILES);
	report_close();
}
