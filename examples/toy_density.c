/* SPDX-License-Identifier: MIT */
/* Trains an energy GAN with a maximum-entropy generator on points in the plane. There one can see whether the energy is
 * low at the data, and count whether the samples cover every mode.
 *
 * The defaults gave the largest share of samples on the modes in a given time: networks with three hidden layers of 128
 * units, a learning rate that falls from 1e-3, averaged parameters, and an entropy term of weight 0.01, which is enough
 * to reach every mode and does not push the samples away from them. The settings of Kumar et al. 2019 are --width 512
 * --lr 1e-4 --lr-final 0 --ema 0 --entropy-weight 1. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/energy_gan.h"
#include "support/options.h"
#include "support/picture.h"
#include "support/plane.h"
#include "support/program.h"
#include "support/progress.h"
#include "support/report.h"
#include "support/toy_data.h"

enum { POINTS = 100000, SAMPLES = 10000, DRAWN = 2500, GRID = 240 };

typedef struct settings {
	const char *out, *load, *curve;
	int32_t toy;
	int64_t steps, threads, width, curve_every;
	double minutes, final_rate;
	gan_settings gan;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	program_option options[] = {
	    OPTION_CHOICE("data", &s->toy, TOY_25GAUSSIANS, "25gaussians|8gaussians|swissroll: The distribution."),
	    OPTION_REQUIRED("out", &s->out, "Folder for the results; created if missing."),
	    OPTION_NUMBER("seed", &s->gan.training.seed, 0, 1e15, "Seed of data, networks and training."),
	    OPTION_NUMBER("steps", &s->steps, 1, 1e12, "Training steps of this run."),
	    OPTION_NUMBER("minutes", &s->minutes, 0, 1e6, "Stop after this time; 0: never."),
	    OPTION_TEXT("load", &s->load, "Continue from this checkpoint."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTION_NUMBER("width", &s->width, 1, 65536, "Units of a hidden layer."),
	    OPTION_MEMBER("batch", egm_trainer_options, &s->gan.training, batch),
	    OPTION_MEMBER("lr", egm_trainer_options, &s->gan.training, learning_rate),
	    OPTION_NUMBER("lr-final", &s->final_rate, 0, 1e3,
	                  "Learning rate at step --steps, reached linearly; 0: that of --lr."),
	    GAN_OPTIONS(&s->gan),
	    OPTION_TEXT("curve", &s->curve, "CSV file for the scores during training."),
	    OPTION_NUMBER("curve-every", &s->curve_every, 1, 1e12, "Steps between two rows of --curve."),
	    OPTIONS_END,
	};
	options_read(argc, argv, "--data NAME --out DIR [options]",
	             "Trains an energy and a generator on points in the plane; pictures and models go to DIR.", options, 0);
	if (s->final_rate > s->gan.training.learning_rate) options_misuse(argv, "--lr-final is above --lr");
	for (int i = 0; i < 3; i++) s->gan.energy_hidden[i] = s->gan.generator_hidden[i] = s->width;
	if (s->final_rate == 0) return;
	s->gan.training.schedule = EGM_SCHEDULE_LINEAR;
	s->gan.training.schedule_steps = s->steps;
	s->gan.training.final_fraction = s->final_rate / s->gan.training.learning_rate;
}

/* Trains, with --curve in pieces of curve_every steps, after each of which a row of scores is written. Returns the last
 * samples and their score. */
static void train(const settings *s, gan *g, const egm_data *data, progress *watch, const toy_distribution *toy,
                  egm_context *context, float *samples, egm_mode_coverage *score)
{
	int64_t done, piece = s->curve ? s->curve_every : s->steps;
	FILE *curve = s->curve ? fopen(s->curve, "w") : NULL;
	if (s->curve && !curve) perror(s->curve), exit(EXIT_FAILURE);
	if (curve) fprintf(curve, "step,seconds,modes,high_quality,reverse_kl\n");
	while (!progress_over(watch) && (done = egm_trainer_steps(g->trainer)) < watch->last) {
		progress_fit(watch, g->trainer, data, piece < watch->last - done ? piece : watch->last - done);
		gan_update(g, &s->gan);
		check(egm_model_generate(g->final_generator, s->gan.training.seed, egm_f32_out(samples, SAMPLES, 2)));
		check(toy_score(toy, context, samples, SAMPLES, score));
		if (!curve) continue;
		fprintf(curve, "%lld,%.2f,%lld,%.4f,%.5f\n", (long long)egm_trainer_steps(g->trainer), progress_seconds(watch),
		        (long long)score->covered, score->high_quality, score->reverse_kl);
		fflush(curve);
	}
	if (curve && fclose(curve) != 0) perror(s->curve), exit(EXIT_FAILURE);
}

static void draw(const settings *s, const gan *g, const progress *watch, const toy_distribution *toy,
                 const float *points, const float *samples)
{
	char path[PROGRAM_PATH], title[128];
	double *energies = plane_energies(g->final_energy, toy->extent, GRID);
	const picture_points sets[] = {{"data", points, DRAWN, 2.2, {1, 1, 1}},
	                               {"samples", samples, DRAWN, 1.2, {0.9, 0.1, 0.1}}};
	const picture_field field = {title, "energy", energies, GRID, toy->extent};
	snprintf(title, sizeof title, "Energy, data and samples: %s, step %lld", toy->name,
	         (long long)egm_trainer_steps(g->trainer));
	check_done(picture_density(program_path(path, s->out, "density.png"), &field, sets, 2));
	check_done(progress_draw(watch, program_path(path, s->out, "losses.png")));
	free(energies);
}

int main(int argc, char **argv)
{
	settings s = {
	    .steps = 20000, .threads = 2, .toy = TOY_25GAUSSIANS, .width = 128, .curve_every = 1000, .final_rate = 1e-4};
	s.gan = gan_of_the_plane();
	read_settings(&s, argc, argv);
	program_folder(s.out);

	toy_distribution toy = toy_of(s.toy);
	float *points = toy_points(&toy, s.gan.training.seed, POINTS);
	float *samples = program_alloc(SAMPLES, 2 * sizeof *samples);
	egm_context *context = program_context(s.threads);
	egm_data *data = NULL;
	egm_mode_coverage score = {0};
	gan g = {0};
	progress watch;
	check(egm_data_copy(&data, context, egm_f32(points, POINTS, 2)));
	gan_create(&g, context, &s.gan, s.load);
	progress_start(&watch, g.loss, egm_trainer_steps(g.trainer), s.steps, s.minutes);
	train(&s, &g, data, &watch, &toy, context, samples, &score);
	double seconds = progress_seconds(&watch); /* includes the scoring for --curve */
	gan_save(&g, s.out);
	draw(&s, &g, &watch, &toy, points, samples);

	report_open(NULL);
	report_text("data", toy.name);
	report_integer("seed", (long long)s.gan.training.seed);
	report_integer("steps", egm_trainer_steps(g.trainer));
	report_number("modes", toy.modes > 0 ? (double)score.covered : NAN);
	report_number("high_quality", score.high_quality);
	report_number("reverse_kl", score.reverse_kl);
	report_number("seconds", seconds);
	report_close();
	progress_free(&watch);
	gan_free(&g);
	egm_data_free(data);
	egm_context_free(context);
	free(points);
	free(samples);
	return EXIT_SUCCESS;
}
