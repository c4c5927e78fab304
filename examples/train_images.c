/* SPDX-License-Identifier: MIT */
/* Trains an energy and a generator on grey images, MNIST or another IDX file, and shows that the energy separates what
 * it was made for: the energies of real images that the training never saw, against those of generated ones. Batch,
 * latent and penalty are those of Kumar et al. 2019 for images; one energy step, a faster learning rate, averaged
 * parameters and a lighter entropy term give readable digits sooner. Theirs: --net conv --energy-steps 5 --lr 1e-4
 * --ema 0 --entropy-weight 1. */
#include <egm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drawn_images.h"
#include "energy_gan.h"
#include "image_nets.h"
#include "picture.h"
#include "program.h"
#include "progress.h"

enum { DRAWN = 20000, HELD_OUT_MAX = 5000, SHEET = 10 };

typedef struct settings {
	const char *data, *out, *load, *net;
	int64_t steps, threads;
	double minutes;
	gan_choices gan;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"data", OPTION_TEXT, &s->data, 0, 0, "folder of train-images-idx3-ubyte or .gz; without it images are drawn"},
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"seed", OPTION_INTEGER, &s->gan.seed, 0, 1e15, "of nets and training"},
	    {"minutes", OPTION_NUMBER, &s->minutes, 0, 1e6, "stop after this time; 0: never"},
	    {"steps", OPTION_INTEGER, &s->steps, 0, 1e12, "stop after this many steps of this run; 0: never"},
	    {"load", OPTION_TEXT, &s->load, 0, 0, "go on from this checkpoint"},
	    {"net", OPTION_TEXT, &s->net, 0, 0, "dense, or conv: two convolutions with stride 2 and their way back"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	    {"batch", OPTION_INTEGER, &s->gan.batch, 1, 65536, "images of a mini-batch"},
	    {"lr", OPTION_NUMBER, &s->gan.rate, 1e-12, 1e3, "learning rate"},
	    GAN_OPTIONS(&s->gan),
	};
	int rest =
	    program_options(argc, argv, "[--data DIR] --out DIR [options]",
	                    "Trains an energy and a generator on images; Ctrl-C ends the training and keeps the results.",
	                    options, sizeof options / sizeof options[0]);
	if (rest != argc || !s->out) program_misuse(argv, rest != argc ? "unexpected argument" : "--out DIR is missing");
	if (strcmp(s->net, "conv") != 0 && strcmp(s->net, "dense") != 0)
		program_misuse(argv, "--net: expected conv or dense");
	gan_choices_check(&s->gan, argv);
}

typedef struct job {
	const settings *settings;
	egm_context *context;
	egm_data *images, *held_out; /* to train on, and those kept back */
	int64_t height, width;
	float *generated;             /* as many as are held out, SHEET * SHEET at least */
	float *scratch;               /* [held out] */
	double *energies[2], mean[2]; /* of the real and the generated */
	image_nets nets;
	gan_settings setup;
	gan gan;
	progress progress;
} job;

enum { FILES = 6 };
static const char *const files[FILES] = {"samples.png",        "energies.png",          "losses.png",
                                         "energy.safetensors", "generator.safetensors", "checkpoint.safetensors"};

/* The last sixth of the images is kept back, HELD_OUT_MAX at most. */
static egm_status split_images(job *j, const float *values, int64_t rows)
{
	int64_t held = rows / 6 < HELD_OUT_MAX ? rows / 6 : HELD_OUT_MAX, pixels = j->height * j->width;
	if (held == 0) {
		fprintf(stderr, "%lld images: of fewer than 6 none can be held out\n", (long long)rows);
		exit(EXIT_FAILURE);
	}
	TRY(egm_data_copy(&j->images, j->context, egm_f32(values, rows - held, pixels)));
	return egm_data_copy(&j->held_out, j->context, egm_f32(values + (rows - held) * pixels, held, pixels));
}

static egm_status load_images(job *j)
{
	char path[PROGRAM_PATH];
	egm_data_options options = EGM_DATA_OPTIONS_INIT;
	egm_data *all = NULL;
	int64_t shape[8];
	options.scale = 1 / 127.5;
	options.offset = -1;
	if (access(program_path(path, j->settings->data, "train-images-idx3-ubyte"), F_OK) != 0)
		program_path(path, j->settings->data, "train-images-idx3-ubyte.gz");
	TRY(egm_data_load_idx(&all, j->context, path, &options));
	int32_t rank = egm_data_shape(all, shape);
	j->height = rank == 3 ? shape[1] : 1;
	j->width = egm_data_columns(all) / j->height;
	egm_status status = split_images(j, egm_data_values(all), egm_data_rows(all));
	egm_data_free(all);
	return status;
}

static egm_status draw_images(job *j)
{
	float *pixels = program_alloc(DRAWN, DRAWN_PIXELS * sizeof *pixels);
	fprintf(stderr, "no --data: drawing %d images of lines, rings, crosses, triangles and arcs\n", DRAWN);
	if (drawn_images(pixels, DRAWN, 1) != 0) exit(EXIT_FAILURE);
	j->height = j->width = DRAWN_SIDE;
	egm_status status = split_images(j, pixels, DRAWN);
	free(pixels);
	return status;
}

static egm_status prepare(job *j)
{
	const settings *s = j->settings;
	TRY(program_context(&j->context, s->threads));
	TRY(s->data ? load_images(j) : draw_images(j));
	TRY(gan_settings_choose(&j->setup, &s->gan));
	j->setup.columns = j->height * j->width;
	j->setup.latent = 128;
	j->setup.energy_hidden[0] = j->setup.generator_hidden[1] = 1024;
	j->setup.energy_hidden[1] = j->setup.generator_hidden[0] = 512;
	j->setup.generator_tanh = 1;
	j->nets = (image_nets){.height = j->height, .width = j->width, .channels = 1, .kernel = 4, .filters = {64, 128}};
	if (strcmp(s->net, "conv") == 0) j->setup.nets = image_nets_make, j->setup.nets_user = &j->nets;
	int64_t held = egm_data_rows(j->held_out), drawn = held > SHEET * SHEET ? held : SHEET * SHEET;
	j->generated = program_alloc((size_t)drawn, (size_t)j->setup.columns * sizeof(float));
	j->scratch = program_alloc((size_t)held, sizeof(float));
	for (int i = 0; i < 2; i++) j->energies[i] = program_alloc((size_t)held, sizeof(double));
	return gan_create(&j->gan, j->context, &j->setup, s->load);
}

/* Energies and their mean of as many images as are held out; `which` 0 real, 1 generated. */
static egm_status measure(job *j, int which, const float *images)
{
	int64_t held = egm_data_rows(j->held_out);
	TRY(egm_model_energy(j->gan.final_energy, egm_f32(images, held, j->setup.columns),
	                     egm_f32_out(j->scratch, held, 1)));
	j->mean[which] = 0;
	for (int64_t i = 0; i < held; i++) {
		j->energies[which][i] = j->scratch[i];
		j->mean[which] += j->scratch[i] / (double)held;
	}
	return EGM_OK;
}

static int draw(const job *j)
{
	char path[PROGRAM_PATH];
	size_t held = (size_t)egm_data_rows(j->held_out);
	const picture_values sets[2] = {{"held-out images", j->energies[0], held},
	                                {"generated images", j->energies[1], held}};
	const char *out = j->settings->out;
	if (picture_images(program_path(path, out, files[0]), j->generated, SHEET, SHEET, (size_t)j->height,
	                   (size_t)j->width, 1) != 0)
		return -1;
	if (picture_histograms(program_path(path, out, files[1]), "Energies", "energy (low = likely)", sets) != 0)
		return -1;
	return progress_draw(&j->progress, program_path(path, out, files[2]));
}

/* Models, checkpoint and pictures of the present state. A picture that cannot be written does not end the training. */
static egm_status write_results(job *j, int *pictures_failed)
{
	int64_t held = egm_data_rows(j->held_out), drawn = held > SHEET * SHEET ? held : SHEET * SHEET;
	TRY(gan_update(&j->gan, &j->setup));
	TRY(gan_save(&j->gan, j->settings->out));
	TRY(egm_model_generate(j->gan.final_generator, (uint64_t)j->settings->gan.seed,
	                       egm_f32_out(j->generated, drawn, egm_model_outputs(j->gan.final_generator))));
	TRY(measure(j, 0, egm_data_values(j->held_out)));
	TRY(measure(j, 1, j->generated));
	*pictures_failed = draw(j) != 0;
	return EGM_OK;
}

/* Trains until a limit or a signal; the progress pauses it every minute to save what there is. */
static egm_status run(job *j, int *pictures_failed)
{
	TRY(prepare(j));
	progress *p = &j->progress;
	progress_start(p, j->gan.loss, egm_trainer_steps(j->gan.trainer), j->settings->steps, j->settings->minutes);
	p->pause_after = 60;
	do {
		int64_t left = p->last > 0 ? p->last - egm_trainer_steps(j->gan.trainer) : INT32_MAX;
		TRY(gan_train(&j->gan, j->images, left, p));
		progress_clear();
		TRY(write_results(j, pictures_failed));
	} while (!progress_over(p) && egm_trainer_steps(j->gan.trainer) != p->last);
	return EGM_OK;
}

static void report(const job *j)
{
	char path[PROGRAM_PATH];
	printf(
	    "{\"images\": %lld, \"steps\": %lld, \"seconds\": %.2f, \"energy_real\": ", (long long)egm_data_rows(j->images),
	    (long long)egm_trainer_steps(j->gan.trainer), progress_seconds(&j->progress));
	program_json_number(j->mean[0]);
	printf(", \"energy_fake\": ");
	program_json_number(j->mean[1]);
	printf(", \"files\": [");
	for (int i = 0; i < FILES; i++) {
		if (i > 0) printf(", ");
		program_json_text(program_path(path, j->settings->out, files[i]));
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	settings s = {.net = "dense",
	              .threads = 2,
	              .minutes = 10,
	              .gan = {.entropy = "jsd",
	                      .seed = 1,
	                      .batch = 64,
	                      .energy_steps = 1,
	                      .rate = 2e-4,
	                      .penalty = 10,
	                      .weight = 0.1,
	                      .average = 0.999}};
	job j = {.settings = &s};
	int failed = 0;
	read_settings(&s, argc, argv);
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	if (run(&j, &failed) != EGM_OK) {
		progress_clear();
		fprintf(stderr, "%s\n", egm_last_error());
		failed = 1;
	}
	if (!failed) report(&j);

	progress_free(&j.progress);
	gan_free(&j.gan);
	egm_data_free(j.images);
	egm_data_free(j.held_out);
	egm_context_free(j.context);
	free(j.generated);
	free(j.scratch);
	for (int i = 0; i < 2; i++) free(j.energies[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
