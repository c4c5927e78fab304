/* SPDX-License-Identifier: MIT */
/* Computes the log-likelihood of held-out points. An energy alone tells which of two points is likelier; with log Z it
 * tells how likely each is: log q(x) = -U(x) - log Z. Z is estimated by annealed importance sampling, and compared with
 * the sum of exp(-U) over a fine grid, which is possible in the plane. The mean log-likelihood of the energy is then
 * between that of a Gaussian and that of the distribution from which the points were drawn.
 *
 * The network is trained by denoising score matching (plane_energy.h). It learns the energy of the distribution with
 * noise of sigma added, so it cannot have a better mean log-likelihood than that distribution. It learns nothing about
 * the energy far from the points; therefore the density is restricted to a box, a target with bounds. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/options.h"
#include "support/plane.h"
#include "support/plane_energy.h"
#include "support/program.h"
#include "support/report.h"
#include "support/toy_data.h"

enum { POINTS = 100000, HELD_OUT = 10000, FINE = 600, ROWS = 4 };

typedef struct settings {
	const char *out;
	int32_t toy;
	int64_t threads;
	plane_training training;
	egm_ais_options ais;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	program_option options[] = {
	    OPTION_REQUIRED("out", &s->out, "Folder for the results; created if missing."),
	    OPTION_CHOICE("data", &s->toy, TOY_25GAUSSIANS, "25gaussians|8gaussians|swissroll: The distribution."),
	    OPTION_MEMBER("sigma", egm_dsm_options, &s->training.dsm, sigma),
	    OPTION_NUMBER("steps", &s->training.steps, 1, 1e9, "Training steps."),
	    OPTION_NUMBER("minutes", &s->training.minutes, 0, 1e6, "Stop the training after this time; 0: never."),
	    OPTION_MEMBER("particles", egm_ais_options, &s->ais, particles),
	    OPTION_MEMBER("levels", egm_ais_options, &s->ais, levels),
	    OPTION_NUMBER("seed", &s->ais.seed, 0, 1e15, "Seed of data, network, training and particles."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTIONS_END,
	};
	options_read(argc, argv, "--out DIR [options]",
	             "Learns an energy in the plane, estimates log Z, and computes how likely new points are.", options, 0);
	s->training.seed = s->ais.seed;
}

static egm_ais_result sample_log_z(egm_model *energy, double extent, const egm_ais_options *options)
{
	const double lower[2] = {-extent, -extent}, upper[2] = {extent, extent};
	egm_target *target = NULL;
	egm_target_options box = EGM_TARGET_OPTIONS_INIT;
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	box.lower = lower;
	box.upper = upper;
	check(egm_target_model(&target, energy, &box));
	check(egm_target_ais(target, options, &result, egm_no_out(), NULL, NULL));
	egm_target_free(target);
	return result;
}

static const char *const row_names[ROWS] = {"exact", "exact_with_noise", "energy", "gaussian"};
typedef double log_densities[ROWS][HELD_OUT];

/* log q of the held-out points in each of the four ways. The Gaussian is a mixture of one component. */
static void find_log_densities(log_densities of, const toy_distribution *toy, double sigma, const egm_model *energy,
                               double log_z, egm_context *context, const float *points, const float *held_out)
{
	float *u = program_alloc(HELD_OUT, sizeof *u);
	egm_mixture *gaussian = NULL;
	check(egm_model_energy(energy, egm_f32(held_out, HELD_OUT, 2), egm_f32_out(u, HELD_OUT, 1)));
	check(egm_mixture_fit(&gaussian, context, egm_f32(points, POINTS, 2), egm_no_array(), NULL, NULL, NULL, NULL));
	check(egm_mixture_log_density(gaussian, egm_f32(held_out, HELD_OUT, 2), egm_f64_out(of[3], HELD_OUT, 1)));
	for (int i = 0; i < HELD_OUT; i++) {
		of[0][i] = toy_log_density(toy, &held_out[2 * i], 0);
		of[1][i] = toy_log_density(toy, &held_out[2 * i], sigma);
		of[2][i] = -u[i] - log_z;
	}
	egm_mixture_free(gaussian);
	free(u);
}

/* Mean and standard error over the points inside of the box, by the method of Welford 1962. Returns the number of these
 * points. A point outside of the box has density 0 under the energy, so that one such point would make the mean
 * -infinity; the distributions leave the box so rarely that these points are left out. */
static int mean_and_error(const double *of, const float *held_out, double extent, double result[2])
{
	double n = 0, mean = 0, squares = 0;
	for (int i = 0; i < HELD_OUT; i++) {
		if (fabsf(held_out[2 * i]) >= (float)extent || fabsf(held_out[2 * i + 1]) >= (float)extent) continue;
		double away = of[i] - mean;
		mean += away / ++n;
		squares += away * (of[i] - mean);
	}
	result[0] = mean;
	result[1] = sqrt(squares / (n * (n - 1)));
	return (int)n;
}

int main(int argc, char **argv)
{
	settings s = {NULL, TOY_25GAUSSIANS, 2, {EGM_DSM_OPTIONS_INIT, .steps = 10000}, EGM_AIS_OPTIONS_INIT};
	s.training.dsm.sigma = 0.1;
	s.ais.seed = 1;
	s.ais.particles = 1000;
	s.ais.levels = 300;
	read_settings(&s, argc, argv);
	program_folder(s.out);

	const toy_distribution toy = toy_of(s.toy);
	float *points = toy_points(&toy, s.ais.seed, POINTS), *held_out = toy_points(&toy, s.ais.seed + 1, HELD_OUT);
	log_densities *densities = program_alloc(1, sizeof *densities);
	egm_context *context = program_context(s.threads);
	egm_model *energy = plane_energy_learn(context, points, POINTS, &s.training, s.out);
	egm_ais_result ais = sample_log_z(energy, toy.extent, &s.ais);
	double log_z_grid = plane_log_z(energy, toy.extent, FINE), likelihood[ROWS][2];
	int inside = 0;
	find_log_densities(*densities, &toy, s.training.dsm.sigma, energy, ais.log_z, context, points, held_out);
	for (int r = 0; r < ROWS; r++) inside = mean_and_error((*densities)[r], held_out, toy.extent, likelihood[r]);
	likelihood[2][1] = hypot(likelihood[2][1], ais.standard_error); /* the error of log Z is the same for all points */
	plane_energy_draw(energy, ais.log_z, &toy, s.training.dsm.sigma, held_out, s.out);

	printf("log Z: %.4f +- %.4f by annealed importance sampling (effective %.0f of %lld particles, %lld lost),\n"
	       "       %.4f by a grid of %d x %d\n",
	       ais.log_z, ais.standard_error, ais.ess, (long long)s.ais.particles, (long long)ais.lost, log_z_grid, FINE,
	       FINE);
	printf("mean log-likelihood of %d held-out points in nats, %d outside of the box left out\n", inside,
	       HELD_OUT - inside);
	for (int r = 0; r < ROWS; r++) printf("  %-16s %8.4f +- %.4f\n", row_names[r], likelihood[r][0], likelihood[r][1]);
	report_open(NULL);
	report_text("data", toy.name);
	report_number("sigma", s.training.dsm.sigma);
	report_integer("steps", s.training.steps);
	report_number("log_z", ais.log_z);
	report_number("log_z_error", ais.standard_error);
	report_number("log_z_grid", log_z_grid);
	report_number("ess", ais.ess);
	for (int r = 0; r < ROWS; r++) report_numbers(row_names[r], likelihood[r], 2);
	report_close();
	egm_model_free(energy);
	egm_context_free(context);
	free(points);
	free(held_out);
	free(densities);
	return EXIT_SUCCESS;
}
