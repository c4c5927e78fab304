/* SPDX-License-Identifier: MIT */
/* Trains an energy GAN with a maximum-entropy generator on points in the plane, where it can be seen and counted
 * whether the energy is low at the data and the samples cover every mode.
 *
 * The defaults are those that brought most samples onto the modes in a given time: nets of three hidden layers of 128,
 * a learning rate that falls from 1e-3, averaged parameters, and an entropy term of weight 0.01, enough to reach every
 * mode without holding the samples off it. Those of Kumar et al. 2019 are --width 512 --lr 1e-4 --lr-final 0 --ema 0
 * --entropy-weight 1. */
#include <egm.h>
#include <stdio.h>
#include <stdlib.h>

#include "energy_gan.h"
#include "picture.h"
#include "program.h"
#include "progress.h"
#include "toy_data.h"

enum { POINTS = 100000, SAMPLES = 10000, DRAWN = 2500, LATENT = 2, GRID = 240 };

typedef struct settings {
	const char *data, *out, *load, *curve;
	int64_t steps, threads, width, curve_every;
	double minutes, final_rate;
	gan_choices gan;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"data", OPTION_TEXT, &s->data, 0, 0, "25gaussians, 8gaussians or swissroll"},
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"seed", OPTION_INTEGER, &s->gan.seed, 0, 1e15, "of data, nets and training"},
	    {"steps", OPTION_INTEGER, &s->steps, 1, 1e12, "training steps of this run"},
	    {"minutes", OPTION_NUMBER, &s->minutes, 0, 1e6, "stop after this time; 0: never"},
	    {"load", OPTION_TEXT, &s->load, 0, 0, "go on from this checkpoint"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	    {"batch", OPTION_INTEGER, &s->gan.batch, 1, POINTS, "rows of a mini-batch"},
	    {"width", OPTION_INTEGER, &s->width, 1, 65536, "units of a hidden layer"},
	    {"lr", OPTION_NUMBER, &s->gan.rate, 1e-12, 1e3, "learning rate"},
	    {"lr-final", OPTION_NUMBER, &s->final_rate, 0, 1e3, "its value at step --steps, reached linearly; 0: --lr"},
	    GAN_OPTIONS(&s->gan),
	    {"curve", OPTION_TEXT, &s->curve, 0, 0, "CSV file for the scores during training"},
	    {"curve-every", OPTION_INTEGER, &s->curve_every, 1, 1e12, "steps between its rows"},
	};
	int rest =
	    program_options(argc, argv, "--data LAW --out DIR [options]",
	                    "Trains an energy and a generator on points in the plane; pictures and models go to DIR.",
	                    options, sizeof options / sizeof options[0]);
	if (rest != argc || !s->out) program_misuse(argv, rest != argc ? "unexpected argument" : "--out DIR is missing");
	gan_choices_check(&s->gan, argv);
	if (s->final_rate > s->gan.rate) program_misuse(argv, "--lr-final is above --lr");
}

typedef struct job {
	const settings *settings;
	toy_law law;
	egm_context *context;
	egm_data *data;
	float *points, *samples; /* [POINTS, 2], [SAMPLES, 2] */
	double *field;           /* [GRID, GRID] */
	gan_settings setup;
	gan gan;
	progress progress;
	egm_mode_coverage score; /* of the samples */
	double seconds;          /* of training, scoring for --curve included */
} job;

static egm_status prepare(job *j)
{
	const settings *s = j->settings;
	TRY(program_context(&j->context, s->threads));
	toy_law_draw(&j->law, (uint64_t)s->gan.seed, j->points, POINTS);
	TRY(egm_data_copy(&j->data, j->context, egm_f32(j->points, POINTS, 2)));
	TRY(gan_settings_choose(&j->setup, &s->gan));
	j->setup.columns = 2;
	j->setup.latent = LATENT;
	for (int i = 0; i < 3; i++) j->setup.energy_hidden[i] = j->setup.generator_hidden[i] = s->width;
	if (s->final_rate > 0) {
		j->setup.training.schedule = EGM_SCHEDULE_LINEAR;
		j->setup.training.schedule_steps = s->steps;
		j->setup.training.final_fraction = s->final_rate / s->gan.rate;
	}
	return gan_create(&j->gan, j->context, &j->setup, s->load);
}

static egm_status score_samples(job *j)
{
	TRY(gan_update(&j->gan, &j->setup));
	TRY(egm_model_generate(j->gan.final_generator, (uint64_t)j->settings->gan.seed,
	                       egm_f32_out(j->samples, SAMPLES, egm_model_outputs(j->gan.final_generator))));
	return toy_law_score(&j->law, j->context, j->samples, SAMPLES, &j->score);
}

/* In pieces of curve_every steps when there is a file for the scores, else in one. */
static egm_status train(job *j, FILE *curve)
{
	int64_t done, piece = curve ? j->settings->curve_every : j->settings->steps;
	if (curve) fprintf(curve, "step,seconds,modes,high_quality,reverse_kl\n");
	while (!progress_over(&j->progress) && (done = egm_trainer_steps(j->gan.trainer)) < j->progress.last) {
		int64_t left = j->progress.last - done;
		TRY(gan_train(&j->gan, j->data, piece < left ? piece : left, &j->progress));
		TRY(score_samples(j));
		if (!curve) continue;
		fprintf(curve, "%lld,%.2f,%lld,%.4f,%.5f\n", (long long)egm_trainer_steps(j->gan.trainer),
		        progress_seconds(&j->progress), (long long)j->score.covered, j->score.high_quality,
		        j->score.reverse_kl);
		fflush(curve);
	}
	j->seconds = progress_seconds(&j->progress);
	progress_clear();
	return gan_save(&j->gan, j->settings->out);
}

/* Energies at the centres of the grid's cells, row 0 the lowest y. */
static egm_status energy_field(job *j)
{
	float row[GRID][2], energies[GRID];
	for (int y = 0; y < GRID; y++) {
		for (int x = 0; x < GRID; x++) {
			row[x][0] = (float)(j->law.extent * ((2 * x + 1.0) / GRID - 1));
			row[x][1] = (float)(j->law.extent * ((2 * y + 1.0) / GRID - 1));
		}
		TRY(egm_model_energy(j->gan.final_energy, egm_f32(row, GRID, 2), egm_f32_out(energies, GRID, 1)));
		for (int x = 0; x < GRID; x++) j->field[y * GRID + x] = energies[x];
	}
	return EGM_OK;
}

static int draw(const job *j)
{
	char path[PROGRAM_PATH], title[128];
	const picture_points sets[] = {{"data", j->points, DRAWN, 2.2, {1, 1, 1}},
	                               {"samples", j->samples, DRAWN, 1.2, {0.9, 0.1, 0.1}}};
	picture_field field = {title, "energy", j->field, GRID, j->law.extent};
	snprintf(title, sizeof title, "Energy, data and samples: %s, step %lld", j->law.name,
	         (long long)egm_trainer_steps(j->gan.trainer));
	if (picture_density(program_path(path, j->settings->out, "density.png"), &field, sets, 2) != 0) return -1;
	return progress_draw(&j->progress, program_path(path, j->settings->out, "losses.png"));
}

static void report(const job *j)
{
	printf("{\"data\": \"%s\", \"seed\": %lld, \"steps\": %lld, \"modes\": ", j->law.name,
	       (long long)j->settings->gan.seed, (long long)egm_trainer_steps(j->gan.trainer));
	if (j->law.modes > 0)
		printf("%lld", (long long)j->score.covered);
	else
		printf("null");
	printf(", \"high_quality\": ");
	program_json_number(j->score.high_quality);
	printf(", \"reverse_kl\": ");
	program_json_number(j->score.reverse_kl);
	printf(", \"seconds\": %.2f}\n", j->seconds);
}

static egm_status run(job *j, FILE *curve)
{
	const settings *s = j->settings;
	TRY(prepare(j));
	progress_start(&j->progress, j->gan.loss, egm_trainer_steps(j->gan.trainer), s->steps, s->minutes);
	TRY(train(j, curve));
	return energy_field(j);
}

int main(int argc, char **argv)
{
	settings s = {.data = "25gaussians",
	              .steps = 20000,
	              .threads = 2,
	              .width = 128,
	              .curve_every = 1000,
	              .final_rate = 1e-4,
	              .gan = {.entropy = "jsd",
	                      .seed = 1,
	                      .batch = 256,
	                      .energy_steps = 1,
	                      .rate = 1e-3,
	                      .penalty = 0.1,
	                      .weight = 0.01,
	                      .average = 0.999}};
	job j = {.settings = &s};
	read_settings(&s, argc, argv);
	if (toy_law_init(&j.law, s.data) != 0)
		program_misuse(argv, "--data: expected 25gaussians, 8gaussians or swissroll");
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	FILE *curve = s.curve ? fopen(s.curve, "w") : NULL;
	if (s.curve && !curve) return perror(s.curve), EXIT_FAILURE;
	j.points = program_alloc(POINTS, 2 * sizeof(float));
	j.samples = program_alloc(SAMPLES, 2 * sizeof(float));
	j.field = program_alloc(GRID * GRID, sizeof(double));

	egm_status status = run(&j, curve);
	int result = status == EGM_OK ? draw(&j) : -1;
	if (status != EGM_OK) {
		progress_clear();
		fprintf(stderr, "%s\n", egm_last_error());
	}
	if (curve && fclose(curve) != 0) perror(s.curve), result = -1;
	if (result == 0) report(&j);
	progress_free(&j.progress);
	gan_free(&j.gan);
	egm_data_free(j.data);
	egm_context_free(j.context);
	free(j.points);
	free(j.samples);
	free(j.field);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
