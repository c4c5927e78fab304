/* SPDX-License-Identifier: MIT */
/* Counts the modes of a generator. Stacked MNIST has 1000 modes: the red, green and blue channels of an image are three
 * random digits. Trains an energy GAN on such images. Every few minutes a classifier of single digits, which is trained
 * first (digit_classifier.c), counts how many of the 1000 combinations are among 26,000 samples, and KL(p || uniform)
 * of their shares. The KL of real images is not 0: with 26,000 samples of 1000 modes it is 999/52000 = 0.0192 nats, and
 * 0.0043 more because the digits of MNIST are not equally frequent. The program measures this, too.
 *
 * The networks are those of Kumar et al. 2019 at half the width. There is one energy phase at four times the learning
 * rate of the generator, instead of five phases at the same rate: with one phase at equal rates the samples collapse to
 * a single image and recover slowly (27 modes after 552 CPU seconds; with these settings 573 modes after 372). The
 * settings of the paper are --width 512 --energy-steps 5 --energy-lr 0 --ema 0 --penalty 0.0128, which is 10/784,
 * because there the penalty is a mean over the pixels.
 *
 * New images are drawn all the time: each row of a pool is used once (digit_triples.h), then a new pool is drawn. The
 * cost of a run so far is saved with its checkpoints, and so are the settings that determine it (stacked_run.h):
 * --resume rejects other settings, and continues with the bits of an uninterrupted run, on the same machine with the
 * same number of threads. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/digit_triples.h"
#include "support/energy_gan.h"
#include "support/image_nets.h"
#include "support/mode_curve.h"
#include "support/options.h"
#include "support/program.h"
#include "support/progress.h"
#include "support/stacked_run.h"

enum { POOL = 8192 };

static void read_settings(stacked_run *run, int argc, char **argv)
{
	gan_settings *g = &run->gan;
	program_option options[] = {
	    OPTION_REQUIRED("data", &run->data, "Folder of the IDX files of MNIST, plain or .gz."),
	    OPTION_REQUIRED("out", &run->out, "Folder for the results; created if missing."),
	    OPTION_FLAG("resume", &run->resume, "Continue from the checkpoint in --out."),
	    OPTION_NUMBER("hours", &run->hours, 0, 1e4, "Stop after this time; 0: never."),
	    OPTION_NUMBER("steps", &run->steps, 0, 1e12, "Stop after this many steps of this run; 0: never."),
	    OPTION_NUMBER("every", &run->every, 0, 1e6, "CPU minutes of training between two counts of modes."),
	    OPTION_NUMBER("samples", &run->samples, 1, 1e9, "Number of samples in a count of modes."),
	    OPTION_TEXT("classifier", &run->classifier, "File of a trained classifier; without it one is trained."),
	    OPTION_NUMBER("classifier-steps", &run->classifier_steps, 1, 1e9, "Training steps of the classifier."),
	    OPTION_CHOICE("net", &run->dense, 0, "conv|dense: Kind of the networks."),
	    OPTION_NUMBER("width", &run->width, 8, 4096, "conv: Channels of the last convolution; published: 512."),
	    OPTION_NUMBER("seed", &g->training.seed, 0, 1e15, "Seed of networks, images and training."),
	    OPTION_NUMBER("threads", &run->threads, 1, 256, "Threads at most."),
	    OPTION_MEMBER("batch", egm_trainer_options, &g->training, batch),
	    OPTION_MEMBER("lr", egm_trainer_options, &g->training, learning_rate),
	    OPTION_NUMBER("energy-lr", &run->energy_rate, 0, 1e3, "Learning rate of the energy; 0: that of --lr."),
	    GAN_OPTIONS(g),
	    OPTIONS_END,
	};
	options_read(argc, argv, "--data DIR --out DIR [--hours H] [--resume] [options]",
	             "Trains an energy GAN on stacked MNIST and counts its modes; Ctrl-C saves everything.", options, 0);
	stacked_run_begin(run, options);
}

static void make_gan(gan *g, egm_context *context, stacked_run *run)
{
	char path[PROGRAM_PATH];
	image_nets nets = {DIGIT_SIDE, DIGIT_SIDE, TRIPLE_CHANNELS, .kernel = 5};
	for (int i = 0; i < IMAGE_STAGES; i++) nets.filters[i] = run->width >> (IMAGE_STAGES - 1 - i);
	run->gan.columns = TRIPLE_VALUES;
	run->gan.energy_hidden[0] = run->gan.generator_hidden[1] = 512;
	if (!run->dense) image_nets_make(g, context, &nets, &run->gan);
	gan_create(g, context, &run->gan, run->resume ? program_path(path, run->out, "checkpoint.safetensors") : NULL);
	if (run->energy_rate > 0) check(egm_trainer_set_learning_rate(g->trainer, g->energy, run->energy_rate));
}

/* Trains on one pool of images after another, until the progress pauses or the run is over. */
static void train(gan *g, triple_stream *stream, int64_t round_steps, progress *watch)
{
	for (double paused = watch->paused; watch->paused == paused && !stacked_run_over(g->trainer, watch);) {
		int64_t step = egm_trainer_steps(g->trainer), round = step / round_steps,
		        left = round_steps - step % round_steps;
		if (watch->last > 0 && watch->last - step < left) left = watch->last - step;
		progress_fit(watch, g->trainer, triple_stream_at(stream, round), left);
	}
}

/* A point of the curve. The modes are counted if `every` minutes have passed since the last count, or at the end. */
static mode_point measure(const gan *g, const egm_model *classifier, const stacked_run *run, const mode_curve *curve,
                          double cpu_seconds, bool over)
{
	const mode_point *last = mode_curve_last_count(curve);
	mode_point point = {egm_trainer_steps(g->trainer), cpu_seconds, -1, NAN};
	if (!over && cpu_seconds - (last ? last->cpu_seconds : 0) < 60 * run->every) return point;
	triple_modes found = triple_modes_generated(g->final_generator, classifier, run->samples, run->gan.training.seed);
	point.modes = found.modes;
	point.kl = found.kl;
	fprintf(stderr, "step %lld, %.0f CPU seconds: %lld modes, KL %.4f\n", (long long)point.step, cpu_seconds,
	        (long long)point.modes, point.kl);
	return point;
}

int main(int argc, char **argv)
{
	stacked_run run = {.threads = 2,
	                   .width = 256,
	                   .samples = 26000,
	                   .classifier_steps = 3000,
	                   .hours = 1,
	                   .every = 10,
	                   .energy_rate = 4e-4,
	                   .gan = gan_of_images(1e-4, 1)};
	read_settings(&run, argc, argv);

	egm_context *context = program_context(run.threads);
	labelled_images digits;
	gan g = {0};
	mode_curve curve = {0};
	progress watch;
	triple_modes best; /* the count for the same number of real images */
	double accuracy;
	digits_load(&digits, context, run.data);
	make_gan(&g, context, &run);
	if (run.resume) stacked_run_curve(&run, &curve, egm_trainer_steps(g.trainer));
	egm_model *classifier = stacked_run_classifier(&run, context, &digits, &accuracy, &best);
	int64_t step_images = run.gan.training.batch * run.gan.loss.energy_steps;
	int64_t round_steps = (POOL + step_images - 1) / step_images;
	triple_stream stream = {context, &digits, round_steps * step_images, run.gan.training.seed, NULL, 0};

	double cpu_seconds = curve.count ? curve.points[curve.count - 1].cpu_seconds : 0;
	progress_start(&watch, g.loss, egm_trainer_steps(g.trainer), run.steps, 60 * run.hours);
	watch.pause_after = 60;
	for (bool over = false; !over;) {
		double before = cpu_now();
		train(&g, &stream, round_steps, &watch);
		cpu_seconds += cpu_now() - before;
		over = stacked_run_over(g.trainer, &watch); /* Ctrl-C from here on takes effect in the next round */
		gan_update(&g, &run.gan);
		mode_curve_add(&curve, measure(&g, classifier, &run, &curve, cpu_seconds, over));
		stacked_run_save(&run, &g, &curve);
	}
	stacked_run_report(&run, mode_curve_last_count(&curve), best.kl, accuracy);

	mode_curve_free(&curve);
	progress_free(&watch);
	triple_stream_free(&stream);
	egm_model_free(classifier);
	gan_free(&g);
	labelled_images_free(&digits);
	egm_context_free(context);
	return EXIT_SUCCESS;
}
