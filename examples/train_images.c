/* SPDX-License-Identifier: MIT */
/* Trains an energy and a generator on grey images, MNIST or another IDX file, and compares the energies of real images
 * that were not trained on with those of generated images. Batch, latent dimensions and penalty are those of Kumar et
 * al. 2019 for images; one energy step, a larger learning rate, averaged parameters and a smaller entropy term give
 * readable digits sooner. The settings of the paper are --net conv --energy-steps 5 --lr 1e-4 --ema 0
 * --entropy-weight 1. */
#include <egm.h>
#include <stdlib.h>

#include "support/energy_gan.h"
#include "support/image_nets.h"
#include "support/images.h"
#include "support/options.h"
#include "support/picture.h"
#include "support/program.h"
#include "support/progress.h"
#include "support/report.h"

enum { SHEET = 10, FILES = 6 };
static const char *const files[FILES] = {"samples.png",        "energies.png",          "losses.png",
                                         "energy.safetensors", "generator.safetensors", "checkpoint.safetensors"};

typedef struct settings {
	const char *data, *out, *load;
	int32_t conv;
	int64_t steps, threads;
	double minutes;
	gan_settings gan;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	program_option options[] = {
	    OPTION_TEXT("data", &s->data, "Folder of train-images-idx3-ubyte or .gz; without it images are drawn."),
	    OPTION_REQUIRED("out", &s->out, "Folder for the results; created if missing."),
	    OPTION_NUMBER("seed", &s->gan.training.seed, 0, 1e15, "Seed of networks and training."),
	    OPTION_NUMBER("minutes", &s->minutes, 0, 1e6, "Stop after this time; 0: never."),
	    OPTION_NUMBER("steps", &s->steps, 0, 1e12, "Stop after this many steps of this run; 0: never."),
	    OPTION_TEXT("load", &s->load, "Continue from this checkpoint."),
	    OPTION_CHOICE("net", &s->conv, 0, "dense|conv: conv has two convolutions with stride 2, also transposed."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTION_MEMBER("batch", egm_trainer_options, &s->gan.training, batch),
	    OPTION_MEMBER("lr", egm_trainer_options, &s->gan.training, learning_rate),
	    GAN_OPTIONS(&s->gan),
	    OPTIONS_END,
	};
	options_read(argc, argv, "[--data DIR] --out DIR [options]",
	             "Trains an energy and a generator on images; Ctrl-C ends the training and saves the results.", options,
	             0);
}

/* Computes the energies of as many images as are held out, and returns their mean. */
static double measure(const gan *g, const image_split *im, const float *pixels, double *energies)
{
	double mean = 0;
	float *u = program_alloc((size_t)im->held, sizeof *u);
	check(egm_model_energy(g->final_energy, egm_f32(pixels, im->held, im->height * im->width),
	                       egm_f32_out(u, im->held, 1)));
	for (int64_t i = 0; i < im->held; i++) mean += (energies[i] = u[i]) / (double)im->held;
	free(u);
	return mean;
}

/* Writes models, checkpoint and pictures. A picture that cannot be written does not end the training. */
static int write_results(const settings *s, gan *g, const image_split *im, const progress *watch, double mean[2])
{
	char path[PROGRAM_PATH];
	size_t held = (size_t)im->held, drawn = held > SHEET * SHEET ? held : SHEET * SHEET;
	float *generated = program_alloc(drawn, (size_t)(im->height * im->width) * sizeof *generated);
	double *energies[2] = {program_alloc(held, sizeof(double)), program_alloc(held, sizeof(double))};
	const picture_values sets[2] = {{"held-out images", energies[0], held}, {"generated images", energies[1], held}};
	gan_update(g, &s->gan);
	gan_save(g, s->out);
	check(egm_model_generate(g->final_generator, s->gan.training.seed,
	                         egm_f32_out(generated, (int64_t)drawn, im->height * im->width)));
	mean[0] = measure(g, im, egm_data_values(im->held_out), energies[0]);
	mean[1] = measure(g, im, generated, energies[1]);
	int failed = picture_images(program_path(path, s->out, files[0]), generated, SHEET, SHEET, (size_t)im->height,
	                            (size_t)im->width, 1) ||
	             picture_histograms(program_path(path, s->out, files[1]), "Energies", "energy (low = likely)", sets) ||
	             progress_draw(watch, program_path(path, s->out, files[2]));
	free(generated);
	for (int i = 0; i < 2; i++) free(energies[i]);
	return failed;
}

int main(int argc, char **argv)
{
	settings s = {.threads = 2, .minutes = 10, .gan = gan_of_images(2e-4, 0.1)};
	read_settings(&s, argc, argv);
	program_folder(s.out);

	egm_context *context = program_context(s.threads);
	image_split im = image_split_make(context, s.data);
	gan g = {0};
	s.gan.columns = im.height * im.width;
	const image_nets nets = {im.height, im.width, 1, .kernel = 4, .filters = {64, 128}};
	if (s.conv) image_nets_make(&g, context, &nets, &s.gan);
	gan_create(&g, context, &s.gan, s.load);

	/* The progress pauses the training every minute, so that results are saved, until a limit or a signal ends it. */
	progress watch;
	double mean[2];
	int failed;
	progress_start(&watch, g.loss, egm_trainer_steps(g.trainer), s.steps, s.minutes);
	watch.pause_after = 60;
	do {
		progress_fit(&watch, g.trainer, im.train,
		             watch.last > 0 ? watch.last - egm_trainer_steps(g.trainer) : INT32_MAX);
		failed = write_results(&s, &g, &im, &watch, mean);
	} while (!progress_over(&watch) && egm_trainer_steps(g.trainer) != watch.last);
	check_done(failed);

	report_open(NULL);
	report_integer("images", egm_data_rows(im.train));
	report_integer("steps", egm_trainer_steps(g.trainer));
	report_number("seconds", progress_seconds(&watch));
	report_number("energy_real", mean[0]);
	report_number("energy_fake", mean[1]);
	report_files(s.out, files, FILES);
	report_close();
	progress_free(&watch);
	gan_free(&g);
	image_split_free(&im);
	egm_context_free(context);
	return EXIT_SUCCESS;
}
