/* SPDX-License-Identifier: MIT */
/* An energy says which of two points is likelier; with log Z it says how likely each is: log q(x) = -U(x) - log Z. Here
 * Z comes from annealed importance sampling, and is compared with what in the plane, and nowhere else, is to be had:
 * the sum of exp(-U) over a fine grid. The mean log-likelihood of held-out points then stands between that of a
 * Gaussian and that of the law which drew the points.
 *
 * The net learns by denoising score matching: its energy is that of the law with noise of sigma added, whose mean
 * log-likelihood is the best that it can reach. Nothing is learnt about the energy far from the points, so the density
 * lives on a box: a target with bounds. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"
#include "program.h"
#include "progress.h"
#include "toy_data.h"

enum { POINTS = 100000, HELD_OUT = 10000, DRAWN = 1500, GRID = 240, FINE = 600, ROWS = 4 };

static const char *const row_names[ROWS] = {"law", "law_with_noise", "energy", "gaussian"};

typedef struct settings {
	const char *data, *out;
	int64_t seed, steps, particles, levels, threads;
	double sigma, minutes;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"data", OPTION_TEXT, &s->data, 0, 0, "25gaussians, 8gaussians or swissroll"},
	    {"sigma", OPTION_NUMBER, &s->sigma, 1e-3, 1, "standard deviation of the noise that the net learns with"},
	    {"steps", OPTION_INTEGER, &s->steps, 1, 1e9, "training steps"},
	    {"minutes", OPTION_NUMBER, &s->minutes, 0, 1e6, "stop the training after this time; 0: never"},
	    {"particles", OPTION_INTEGER, &s->particles, 2, 1e6, "of the annealed importance sampling"},
	    {"levels", OPTION_INTEGER, &s->levels, 1, 1e6, "densities from its base to the energy"},
	    {"seed", OPTION_INTEGER, &s->seed, 0, 1e15, "of data, net, training and particles"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	};
	int rest = program_options(argc, argv, "--out DIR [options]",
	                           "Learns an energy in the plane, finds its log Z, and says how likely new points are.",
	                           options, sizeof options / sizeof options[0]);
	if (rest != argc || !s->out) program_misuse(argv, rest != argc ? "unexpected argument" : "--out DIR is missing");
}

typedef struct job {
	const settings *settings;
	toy_law law;
	egm_context *context;
	egm_data *data;
	egm_model *net, *energy; /* as trained, averaged */
	egm_loss *loss;
	egm_trainer *trainer;
	egm_target *target;
	progress progress;
	float *points, *held_out; /* [POINTS, 2], [HELD_OUT, 2] */
	float *grid, *energies;   /* [FINE * FINE, 2], [FINE * FINE] */
	egm_ais_result ais;
	double log_z_grid;
	double mean[ROWS], error[ROWS]; /* of the log-likelihood, and its standard error */
} job;

/* ---- the energy */

static egm_status make_net(job *j)
{
	TRY(egm_model_create(&j->net, j->context, "energy", 2));
	for (int i = 0; i < 3; i++) {
		egm_model_dense(j->net, 128);
		egm_model_silu(j->net);
	}
	egm_model_dense(j->net, 1);
	return egm_model_build(j->net, EGM_F32, (uint64_t)j->settings->seed);
}

static egm_status train(job *j)
{
	const settings *s = j->settings;
	egm_dsm_options loss = EGM_DSM_OPTIONS_INIT;
	egm_trainer_options training = EGM_TRAINER_OPTIONS_INIT;
	TRY(egm_data_copy(&j->data, j->context, egm_f32(j->points, POINTS, 2)));
	TRY(make_net(j));
	loss.sigma = s->sigma;
	TRY(egm_loss_dsm(&j->loss, j->net, &loss));
	training.seed = (uint64_t)s->seed;
	training.batch = 512;
	training.learning_rate = 2e-3;
	training.beta1 = 0.9;
	training.beta2 = 0.99;
	training.schedule = EGM_SCHEDULE_COSINE;
	training.schedule_steps = s->steps;
	training.average_decay = 0.995;
	TRY(egm_trainer_create(&j->trainer, j->loss, &training));
	progress_start(&j->progress, j->loss, 0, s->steps, s->minutes);
	egm_status status = egm_trainer_fit(j->trainer, j->data, s->steps, progress_step, &j->progress);
	progress_clear();
	if (status != EGM_OK && status != EGM_ERR_STOPPED) return status;
	return egm_trainer_average(&j->energy, j->trainer, j->net);
}

/* ---- log Z, twice */

static egm_status sample_log_z(job *j)
{
	const double e = j->law.extent, lower[2] = {-e, -e}, upper[2] = {e, e};
	egm_target_options box = EGM_TARGET_OPTIONS_INIT;
	egm_ais_options options = EGM_AIS_OPTIONS_INIT;
	box.lower = lower;
	box.upper = upper;
	TRY(egm_target_model(&j->target, j->energy, &box));
	options.seed = (uint64_t)j->settings->seed;
	options.particles = j->settings->particles;
	options.levels = j->settings->levels;
	j->ais = (egm_ais_result)EGM_AIS_RESULT_INIT;
	return egm_target_ais(j->target, &options, &j->ais, egm_no_out(), NULL, NULL);
}

/* The centres of side x side cells, row 0 the lowest y. */
static void fill_grid(job *j, int side)
{
	for (int i = 0; i < side * side; i++) {
		j->grid[2 * i] = (float)(j->law.extent * ((2 * (i % side) + 1.0) / side - 1));
		j->grid[2 * i + 1] = (float)(j->law.extent * ((2 * (i / side) + 1.0) / side - 1));
	}
}

static egm_status add_up_log_z(job *j)
{
	double least = INFINITY, sum = 0, cell = 2 * j->law.extent / FINE;
	fill_grid(j, FINE);
	TRY(egm_model_energy(j->energy, egm_f32(j->grid, FINE * FINE, 2), egm_f32_out(j->energies, FINE * FINE, 1)));
	for (int i = 0; i < FINE * FINE; i++) {
		if (j->energies[i] < least) least = j->energies[i];
	}
	for (int i = 0; i < FINE * FINE; i++) sum += exp(least - j->energies[i]);
	j->log_z_grid = log(sum) - least + 2 * log(cell);
	return EGM_OK;
}

/* ---- log-likelihoods of the held-out points */

typedef struct gaussian {
	double mean[2], xx, xy, yy;
} gaussian;

static gaussian fit_gaussian(const float *xy, size_t count)
{
	gaussian g = {{0, 0}, 0, 0, 0};
	double n = (double)count;
	for (size_t i = 0; i < 2 * count; i++) g.mean[i % 2] += xy[i] / n;
	for (size_t i = 0; i < count; i++) {
		double x = xy[2 * i] - g.mean[0], y = xy[2 * i + 1] - g.mean[1];
		g.xx += x * x / n;
		g.xy += x * y / n;
		g.yy += y * y / n;
	}
	return g;
}

static double gaussian_log_density(const gaussian *g, const float point[2])
{
	double x = point[0] - g->mean[0], y = point[1] - g->mean[1], determinant = g->xx * g->yy - g->xy * g->xy;
	double square = (g->yy * x * x - 2 * g->xy * x * y + g->xx * y * y) / determinant;
	return -square / 2 - log(2 * M_PI) - log(determinant) / 2;
}

/* A point outside of the box has density 0 under the energy, which one such point would make of the whole product; the
 * laws leave the box so rarely that the mean is taken over the others, and report() says how many. */
static int outside(const job *j, const float point[2])
{
	return fabsf(point[0]) >= (float)j->law.extent || fabsf(point[1]) >= (float)j->law.extent;
}

static double log_density(const job *j, int row, const gaussian *g, int64_t i)
{
	const float *point = &j->held_out[2 * i];
	switch (row) {
	case 0:
		return toy_law_log_density(&j->law, point, 0);
	case 1:
		return toy_law_log_density(&j->law, point, j->settings->sigma);
	case 2:
		return -j->energies[i] - j->ais.log_z;
	default:
		return gaussian_log_density(g, point);
	}
}

static egm_status measure(job *j)
{
	gaussian g = fit_gaussian(j->points, POINTS);
	TRY(egm_model_energy(j->energy, egm_f32(j->held_out, HELD_OUT, 2), egm_f32_out(j->energies, HELD_OUT, 1)));
	for (int row = 0; row < ROWS; row++) {
		double n = 0, mean = 0, squares = 0; /* Welford 1962 */
		for (int64_t i = 0; i < HELD_OUT; i++) {
			if (outside(j, &j->held_out[2 * i])) continue;
			double value = log_density(j, row, &g, i), away = value - mean;
			mean += away / ++n;
			squares += away * (value - mean);
		}
		j->mean[row] = mean;
		j->error[row] = sqrt(squares / (n * (n - 1)));
	}
	/* That of log Z moves all points alike. */
	j->error[2] = sqrt(j->error[2] * j->error[2] + j->ais.standard_error * j->ais.standard_error);
	return EGM_OK;
}

/* ---- results */

static egm_status draw(job *j, int *failed)
{
	char path[PROGRAM_PATH], titles[2][96];
	double *fields[2], worst = 0;
	picture_panel panels[2];
	const picture_points data = {"held-out points", j->held_out, DRAWN, 1, {1, 1, 1}};
	for (int k = 0; k < 2; k++) fields[k] = program_alloc(GRID * GRID, sizeof *fields[k]);
	fill_grid(j, GRID);
	egm_status status =
	    egm_model_energy(j->energy, egm_f32(j->grid, GRID * GRID, 2), egm_f32_out(j->energies, GRID * GRID, 1));
	for (int i = 0; i < GRID * GRID; i++) {
		fields[0][i] = -toy_law_log_density(&j->law, &j->grid[2 * i], j->settings->sigma);
		fields[1][i] = j->energies[i] + j->ais.log_z;
	}
	/* Both in the same colours: as far up as the law with noise goes, 8 nats above its lowest. */
	for (int i = 0; i < GRID * GRID; i++) {
		if (i == 0 || fields[0][i] < worst) worst = fields[0][i];
	}
	for (int i = 0; i < GRID * GRID; i++)
		for (int k = 0; k < 2; k++) fields[k][i] = fmin(fmax(fields[k][i], worst), worst + 8);
	snprintf(titles[0], sizeof titles[0], "%s with noise of %g", j->law.name, j->settings->sigma);
	snprintf(titles[1], sizeof titles[1], "Learnt energy + log Z");
	for (int k = 0; k < 2; k++)
		panels[k] = (picture_panel){{titles[k], k ? "-log q" : "-log p", fields[k], GRID, j->law.extent}, &data, 1};
	if (status == EGM_OK)
		*failed = picture_densities(program_path(path, j->settings->out, "density.png"), panels, 2) != 0 ||
		          progress_draw(&j->progress, program_path(path, j->settings->out, "losses.png")) != 0;
	for (int k = 0; k < 2; k++) free(fields[k]);
	return status;
}

static void report(const job *j)
{
	int left_out = 0;
	for (int i = 0; i < HELD_OUT; i++) left_out += outside(j, &j->held_out[2 * i]);
	printf("log Z: %.4f +- %.4f by annealed importance sampling (effective %.0f of %lld particles, %lld lost),\n"
	       "       %.4f by a grid of %d x %d\n",
	       j->ais.log_z, j->ais.standard_error, j->ais.ess, (long long)j->settings->particles, (long long)j->ais.lost,
	       j->log_z_grid, FINE, FINE);
	printf("mean log-likelihood of %d held-out points in nats, %d outside of the box left out\n", HELD_OUT - left_out,
	       left_out);
	for (int row = 0; row < ROWS; row++) printf("  %-15s %8.4f +- %.4f\n", row_names[row], j->mean[row], j->error[row]);
	printf("{\"data\": \"%s\", \"sigma\": %g, \"steps\": %lld, \"log_z\": ", j->law.name, j->settings->sigma,
	       (long long)egm_trainer_steps(j->trainer));
	program_json_number(j->ais.log_z);
	printf(", \"log_z_error\": ");
	program_json_number(j->ais.standard_error);
	printf(", \"log_z_grid\": ");
	program_json_number(j->log_z_grid);
	printf(", \"ess\": ");
	program_json_number(j->ais.ess);
	for (int row = 0; row < ROWS; row++) {
		printf(", \"%s\": [", row_names[row]);
		program_json_number(j->mean[row]);
		printf(", ");
		program_json_number(j->error[row]);
		printf("]");
	}
	printf("}\n");
}

static egm_status run(job *j, int *failed)
{
	TRY(program_context(&j->context, j->settings->threads));
	toy_law_draw(&j->law, (uint64_t)j->settings->seed, j->points, POINTS);
	toy_law_draw(&j->law, (uint64_t)j->settings->seed + 1, j->held_out, HELD_OUT);
	TRY(train(j));
	TRY(sample_log_z(j));
	TRY(add_up_log_z(j));
	TRY(measure(j));
	return draw(j, failed);
}

int main(int argc, char **argv)
{
	settings s = {
	    .data = "25gaussians", .sigma = 0.1, .seed = 1, .steps = 10000, .particles = 1000, .levels = 300, .threads = 2};
	job j = {.settings = &s};
	int failed = 0;
	read_settings(&s, argc, argv);
	if (toy_law_init(&j.law, s.data) != 0)
		program_misuse(argv, "--data: expected 25gaussians, 8gaussians or swissroll");
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	j.points = program_alloc(POINTS, 2 * sizeof *j.points);
	j.held_out = program_alloc(HELD_OUT, 2 * sizeof *j.held_out);
	j.grid = program_alloc(FINE * FINE, 2 * sizeof *j.grid);
	j.energies = program_alloc(FINE * FINE, sizeof *j.energies);
	if (run(&j, &failed) != EGM_OK) {
		progress_clear();
		fprintf(stderr, "%s\n", egm_last_error());
		failed = 1;
	}
	if (!failed) report(&j);
	progress_free(&j.progress);
	egm_target_free(j.target);
	egm_model_free(j.energy);
	egm_trainer_free(j.trainer);
	egm_loss_free(j.loss);
	egm_model_free(j.net);
	egm_data_free(j.data);
	egm_context_free(j.context);
	free(j.points);
	free(j.held_out);
	free(j.grid);
	free(j.energies);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
