/* SPDX-License-Identifier: MIT */
/* Does a generator lose modes? Stacked MNIST has 1000 that can be counted: an image's red, green and blue are three
 * random digits. Trains an energy GAN on such images, and every few minutes has 26,000 of its samples judged by a
 * classifier of single digits (digit_classifier.c, which this library trains first): how many of the 1000 combinations
 * there are, and KL(p || uniform) of their shares. Real images do not get 0: 26,000 of 1000 modes leave 999/52000 =
 * 0.0192 nats, and MNIST's digits, which are not equally frequent, 0.0043 more. The program counts them too.
 *
 * Nets as Kumar et al. 2019 have them at half the width (image_nets.c), one energy phase at four times the generator's
 * learning rate in place of five at the same. One phase at equal rates falls onto a single image and is slow to leave
 * it: 27 modes after 552 CPU seconds, where these settings have 573 after 372 (6000 samples, decay 0.99, one seed).
 * Theirs: --width 512 --energy-steps 5 --energy-lr 0 --ema 0 --penalty 0.0128, which is 10/784, for they take the mean
 * over the pixels.
 *
 * The images are drawn anew all the time: a pool that each row leaves once (digit_triples.c), then the next one. What a
 * run has cost, in seconds of all cores, is kept with its checkpoints, and so are the settings that shape it: --resume
 * refuses others, and goes on with the bits that an unbroken run would have, on the same machine, with the same digits
 * and number of threads. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "digit_classifier.h"
#include "digit_triples.h"
#include "energy_gan.h"
#include "image_nets.h"
#include "mode_curve.h"
#include "picture.h"
#include "program.h"
#include "progress.h"
#include "run_record.h"

enum { POOL = 8192, SHEET = 10 };

typedef struct settings {
	const char *data, *out, *classifier, *net;
	int64_t steps, threads, samples, classifier_steps, width;
	double hours, every, energy_rate;
	int resume;
	gan_choices gan;
	char record[RUN_RECORD]; /* of those that shape the run */
} settings;

/* What may change when a run goes on: its length, the part of the machine, where files are, how it is judged. */
static const char *const unbound[] = {"data",    "out",        "resume",           "hours",   "steps", "every",
                                      "samples", "classifier", "classifier-steps", "threads", NULL};

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"data", OPTION_TEXT, &s->data, 0, 0, "folder of MNIST's IDX files, plain or .gz"},
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"resume", OPTION_FLAG, &s->resume, 0, 0, "go on from the checkpoint in --out"},
	    {"hours", OPTION_NUMBER, &s->hours, 0, 1e4, "stop after this time; 0: never"},
	    {"steps", OPTION_INTEGER, &s->steps, 0, 1e12, "stop after this many steps of this run; 0: never"},
	    {"every", OPTION_NUMBER, &s->every, 0, 1e6, "CPU minutes of training between two counts of modes"},
	    {"samples", OPTION_INTEGER, &s->samples, 1, 1e9, "images that are counted"},
	    {"classifier", OPTION_TEXT, &s->classifier, 0, 0, "use this classifier.safetensors instead of training one"},
	    {"classifier-steps", OPTION_INTEGER, &s->classifier_steps, 1, 1e9, "training steps of the classifier"},
	    {"net", OPTION_TEXT, &s->net, 0, 0, "conv or dense"},
	    {"width", OPTION_INTEGER, &s->width, 8, 4096, "conv: channels of the last convolution; published: 512"},
	    {"seed", OPTION_INTEGER, &s->gan.seed, 0, 1e15, "of nets, images and training"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	    {"batch", OPTION_INTEGER, &s->gan.batch, 1, POOL, "images of a mini-batch"},
	    {"lr", OPTION_NUMBER, &s->gan.rate, 1e-12, 1e3, "learning rate"},
	    {"energy-lr", OPTION_NUMBER, &s->energy_rate, 0, 1e3, "that of the energy; 0: as --lr"},
	    GAN_OPTIONS(&s->gan),
	};
	const size_t count = sizeof options / sizeof options[0];
	int rest = program_options(argc, argv, "--data DIR --out DIR [--hours H] [--resume] [options]",
	                           "Trains an energy GAN on stacked MNIST and counts its modes; Ctrl-C keeps everything.",
	                           options, count);
	if (rest != argc) program_misuse(argv, "unexpected argument");
	if (!s->data || !s->out) program_misuse(argv, s->data ? "--out DIR is missing" : "--data DIR is missing");
	if (strcmp(s->net, "conv") != 0 && strcmp(s->net, "dense") != 0)
		program_misuse(argv, "--net: expected conv or dense");
	gan_choices_check(&s->gan, argv);
	run_record_text(s->record, options, count, unbound);
}

typedef struct job {
	const settings *settings;
	egm_context *context;
	labelled_images digits;
	egm_model *classifier;
	double accuracy;
	triple_modes best; /* what the same number of real images gets */
	image_nets nets;
	gan_settings setup;
	gan gan;
	egm_data *pool; /* the images of `round`, NULL before the first */
	int64_t round, round_steps;
	progress progress;
	mode_curve curve;
} job;

enum { FILES = 8 };
static const char *const files[FILES] = {"curve.csv",
                                         "curve.png",
                                         "samples.png",
                                         "checkpoint.safetensors",
                                         "generator.safetensors",
                                         "energy.safetensors",
                                         "classifier.safetensors",
                                         "settings.txt"};
enum { CURVE, CURVE_PICTURE, SAMPLES, CHECKPOINT, CLASSIFIER = 6, SETTINGS };

static double cpu_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- preparation */

static egm_status find_classifier(job *j)
{
	const settings *s = j->settings;
	char path[PROGRAM_PATH];
	const char *cached = program_path(path, s->out, files[CLASSIFIER]);
	if (s->classifier) {
		TRY(digit_classifier_load(&j->classifier, j->context, s->classifier));
	} else if (s->resume && access(cached, F_OK) == 0) {
		TRY(digit_classifier_load(&j->classifier, j->context, cached));
	} else {
		fprintf(stderr, "training the classifier\n");
		TRY(digit_classifier_train(&j->classifier, j->context, &j->digits, s->classifier_steps, 1));
	}
	TRY(digit_classifier_accuracy(j->classifier, &j->digits, &j->accuracy));
	TRY(triple_modes_drawn(&j->best, &j->digits, j->classifier, s->samples, (uint64_t)s->gan.seed));
	fprintf(stderr, "the classifier knows %.2f %% of the test digits; of real images it counts %lld modes, KL %.4f\n",
	        100 * j->accuracy, (long long)j->best.modes, j->best.kl);
	return egm_model_save(j->classifier, cached);
}

static egm_status make_gan(job *j)
{
	const settings *s = j->settings;
	char path[PROGRAM_PATH];
	TRY(gan_settings_choose(&j->setup, &s->gan));
	j->setup.columns = TRIPLE_VALUES;
	j->setup.latent = 128;
	for (int i = 0; i < 2; i++) j->setup.energy_hidden[i] = j->setup.generator_hidden[i] = 512;
	j->setup.generator_tanh = 1;
	j->nets = (image_nets){.height = DIGIT_SIDE, .width = DIGIT_SIDE, .channels = TRIPLE_CHANNELS, .kernel = 5};
	for (int i = 0; i < IMAGE_STAGES; i++) j->nets.filters[i] = s->width >> (IMAGE_STAGES - 1 - i);
	if (strcmp(s->net, "conv") == 0) j->setup.nets = image_nets_make, j->setup.nets_user = &j->nets;
	TRY(gan_create(&j->gan, j->context, &j->setup, s->resume ? program_path(path, s->out, files[CHECKPOINT]) : NULL));
	return s->energy_rate > 0 ? egm_trainer_set_learning_rate(j->gan.trainer, j->gan.energy, s->energy_rate) : EGM_OK;
}

static egm_status prepare(job *j)
{
	const settings *s = j->settings;
	char path[PROGRAM_PATH];
	TRY(program_context(&j->context, s->threads));
	TRY(labelled_images_load(&j->digits, j->context, s->data, 0));
	if (j->digits.height != DIGIT_SIDE || j->digits.width != DIGIT_SIDE) {
		fprintf(stderr, "%s: images of %lld x %lld are not MNIST's\n", s->data, (long long)j->digits.height,
		        (long long)j->digits.width);
		exit(EXIT_FAILURE);
	}
	TRY(make_gan(j));
	if (s->resume &&
	    mode_curve_load(&j->curve, program_path(path, s->out, files[CURVE]), egm_trainer_steps(j->gan.trainer)) != 0)
		exit(EXIT_FAILURE);
	int64_t images = s->gan.batch * s->gan.energy_steps; /* of one step */
	j->round_steps = (POOL + images - 1) / images;
	return find_classifier(j);
}

/* ---- training */

static egm_status next_pool(job *j, int64_t round)
{
	const settings *s = j->settings;
	egm_data_free(j->pool);
	j->pool = NULL;
	j->round = round;
	return digit_triples(&j->pool, j->context, &j->digits, j->round_steps * s->gan.batch * s->gan.energy_steps,
	                     (uint64_t)s->gan.seed, (uint64_t)round);
}

static int is_over(const job *j)
{
	const progress *p = &j->progress;
	return progress_over(p) || (p->last > 0 && egm_trainer_steps(j->gan.trainer) == p->last);
}

/* Round after round until the progress pauses or the run is over. */
static egm_status train(job *j)
{
	progress *p = &j->progress;
	double paused = p->paused;
	while (p->paused == paused && !is_over(j)) {
		int64_t step = egm_trainer_steps(j->gan.trainer), round = step / j->round_steps;
		if (!j->pool || round != j->round) TRY(next_pool(j, round));
		int64_t left = (round + 1) * j->round_steps - step;
		if (p->last > 0 && p->last - step < left) left = p->last - step;
		TRY(gan_train(&j->gan, j->pool, left, p));
	}
	return EGM_OK;
}

/* ---- results */

static egm_status draw(const job *j)
{
	char path[PROGRAM_PATH];
	float *images = program_alloc(SHEET * SHEET * TRIPLE_VALUES, sizeof *images);
	egm_status status =
	    egm_model_generate(j->gan.final_generator, (uint64_t)j->settings->gan.seed,
	                       egm_f32_out(images, SHEET * SHEET, egm_model_outputs(j->gan.final_generator)));
	if (status == EGM_OK)
		picture_images(program_path(path, j->settings->out, files[SAMPLES]), images, SHEET, SHEET, DIGIT_SIDE,
		               DIGIT_SIDE, TRIPLE_CHANNELS);
	free(images);
	return status;
}

/* A point of the curve; judged when it is time to, or at the end. */
static egm_status judge(job *j, double cpu_seconds, int over)
{
	const mode_point *last = mode_curve_judged(&j->curve);
	mode_point point = {egm_trainer_steps(j->gan.trainer), cpu_seconds, -1, NAN};
	triple_modes found;
	if (over || cpu_seconds - (last ? last->cpu_seconds : 0) >= 60 * j->settings->every) {
		TRY(triple_modes_generated(&found, j->gan.final_generator, j->classifier, j->settings->samples,
		                           (uint64_t)j->settings->gan.seed));
		point.modes = found.modes;
		point.kl = found.kl;
		progress_clear();
		fprintf(stderr, "step %lld, %.0f CPU seconds: %lld modes, KL %.4f\n", (long long)point.step, cpu_seconds,
		        (long long)point.modes, point.kl);
		TRY(draw(j));
	}
	mode_curve_add(&j->curve, point);
	return EGM_OK;
}

/* Of a new run, before its first checkpoint; that of an earlier run goes first, for a kill between the two must not
 * leave it beside settings that are not its own. */
static int write_settings(const job *j)
{
	char path[PROGRAM_PATH];
	remove(program_path(path, j->settings->out, files[CHECKPOINT]));
	return run_record_save(j->settings->record, program_path(path, j->settings->out, files[SETTINGS]));
}

static egm_status write_results(job *j, double cpu_seconds, int over)
{
	char path[PROGRAM_PATH];
	TRY(gan_update(&j->gan, &j->setup));
	TRY(judge(j, cpu_seconds, over));
	if (j->curve.count == 1 && write_settings(j) != 0) exit(EXIT_FAILURE);
	if (mode_curve_save(&j->curve, program_path(path, j->settings->out, files[CURVE])) != 0) exit(EXIT_FAILURE);
	TRY(gan_save(&j->gan, j->settings->out));
	mode_curve_draw(&j->curve, program_path(path, j->settings->out, files[CURVE_PICTURE]));
	return EGM_OK;
}

static egm_status run(job *j)
{
	TRY(prepare(j));
	size_t points = j->curve.count;
	double cpu_seconds = points ? j->curve.points[points - 1].cpu_seconds : 0;
	progress_start(&j->progress, j->gan.loss, egm_trainer_steps(j->gan.trainer), j->settings->steps,
	               60 * j->settings->hours);
	j->progress.pause_after = 60;
	for (int over = 0; !over;) {
		double before = cpu_now();
		TRY(train(j));
		cpu_seconds += cpu_now() - before;
		progress_clear();
		over = is_over(j); /* Ctrl-C from here on waits for the next round: the last point is a judged one */
		TRY(write_results(j, cpu_seconds, over));
	}
	return EGM_OK;
}

static void report(const job *j)
{
	char path[PROGRAM_PATH];
	const mode_point *last = mode_curve_judged(&j->curve);
	printf("{\"modes\": %lld, \"kl\": ", (long long)last->modes);
	program_json_number(last->kl);
	printf(", \"kl_of_data\": ");
	program_json_number(j->best.kl);
	printf(", \"steps\": %lld, \"cpu_seconds\": %.2f, \"classifier_accuracy\": %.4f, \"files\": [",
	       (long long)last->step, last->cpu_seconds, j->accuracy);
	for (int i = 0; i < FILES; i++) {
		if (i > 0) printf(", ");
		program_json_text(program_path(path, j->settings->out, files[i]));
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	settings s = {.net = "conv",
	              .width = 256,
	              .threads = 2,
	              .samples = 26000,
	              .classifier_steps = 3000,
	              .hours = 1,
	              .every = 10,
	              .energy_rate = 4e-4,
	              .gan = {.entropy = "jsd",
	                      .seed = 1,
	                      .batch = 64,
	                      .energy_steps = 1,
	                      .rate = 1e-4,
	                      .penalty = 10,
	                      .weight = 1,
	                      .average = 0.999}};
	job j = {.settings = &s};
	char path[PROGRAM_PATH];
	read_settings(&s, argc, argv);
	if (s.resume) run_record_check(s.record, program_path(path, s.out, files[SETTINGS]));
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	egm_status status = run(&j);
	if (status == EGM_OK)
		report(&j);
	else
		fprintf(stderr, "%s\n",
		        status == EGM_ERR_STOPPED ? "stopped before the classifier was ready" : egm_last_error());

	mode_curve_free(&j.curve);
	progress_free(&j.progress);
	gan_free(&j.gan);
	egm_data_free(j.pool);
	egm_model_free(j.classifier);
	labelled_images_free(&j.digits);
	egm_context_free(j.context);
	return status == EGM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
