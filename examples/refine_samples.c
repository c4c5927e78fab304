/* SPDX-License-Identifier: MIT */
/* A generator draws too widely; its energy knows better. Chains in the generator's latent space move samples to where
 * the energy is low: MALA on
 *
 *  exp(-beta U(G(z)) - |z|^2 / 2),  so that x = G(z) has the density p_G(x) exp(-beta U(x))
 *
 * (EGM_LATENT_POSTERIOR), started at the z that the generator would have used. Beside it the cheap way to better
 * samples, truncation: z ~ N(0, tau^2 I) with tau < 1, which pays with modes. */
#include <egm.h>
#include <stdio.h>
#include <stdlib.h>

#include "energy_gan.h"
#include "picture.h"
#include "program.h"
#include "progress.h"
#include "toy_data.h"

enum { POINTS = 100000, DRAWN = 2500, GRID = 240, WAYS = 3 };

static const char *const ways[WAYS] = {"generator", "truncated", "latent_mala"};

typedef struct settings {
	const char *data, *out, *model;
	int64_t seed, steps, samples, warmup, transitions, threads;
	double beta, tau;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"data", OPTION_TEXT, &s->data, 0, 0, "25gaussians or 8gaussians"},
	    {"model", OPTION_TEXT, &s->model, 0, 0, "folder of toy_density with nets to use; without it they are trained"},
	    {"steps", OPTION_INTEGER, &s->steps, 1, 1e9, "training steps"},
	    {"samples", OPTION_INTEGER, &s->samples, 1, 1e6, "samples, and chains"},
	    {"warmup", OPTION_INTEGER, &s->warmup, 1, 1e6, "transitions that find each chain's step size"},
	    {"transitions", OPTION_INTEGER, &s->transitions, 1, 1e6, "transitions behind them"},
	    {"beta", OPTION_NUMBER, &s->beta, 1e-6, 1e6, "weight of the energy"},
	    {"tau", OPTION_NUMBER, &s->tau, 1e-3, 1, "standard deviation of truncated z"},
	    {"seed", OPTION_INTEGER, &s->seed, 0, 1e15, "of data, nets, training and chains"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	};
	int rest = program_options(argc, argv, "--out DIR [options]",
	                           "Moves a generator's samples to where the energy is low, by chains in latent space.",
	                           options, sizeof options / sizeof options[0]);
	if (rest != argc || !s->out) program_misuse(argv, rest != argc ? "unexpected argument" : "--out DIR is missing");
}

typedef struct job {
	const settings *settings;
	toy_law law;
	egm_context *context;
	gan gan;
	egm_model *energy, *generator; /* those of the gan, or read from files */
	int64_t latent;
	progress progress;
	egm_target *target;
	egm_sampler *sampler;
	float *z, *x[WAYS], *scratch; /* [samples, latent], [samples, 2], [samples] */
	egm_mode_coverage score[WAYS];
	double mean_energy[WAYS];
	egm_sampler_statistics stats;
} job;

/* ---- the nets */

/* toy_density in short: after a third of its steps the samples stand near the modes, and many between them. */
static egm_status train(job *j)
{
	const settings *s = j->settings;
	gan_settings setup;
	egm_data *data = NULL;
	float *points = program_alloc(POINTS, 2 * sizeof *points);
	toy_law_draw(&j->law, (uint64_t)s->seed, points, POINTS);
	egm_status status = egm_data_copy(&data, j->context, egm_f32(points, POINTS, 2));
	free(points);
	TRY(status);
	TRY(gan_settings_init(&setup));
	setup.columns = setup.latent = 2;
	for (int i = 0; i < 3; i++) setup.energy_hidden[i] = setup.generator_hidden[i] = 128;
	setup.loss.energy_steps = 1;
	setup.loss.entropy_weight = 0.01;
	setup.training.seed = (uint64_t)s->seed;
	setup.training.batch = 256;
	setup.training.learning_rate = 1e-3;
	setup.training.average_decay = 0.999;
	status = gan_create(&j->gan, j->context, &setup, NULL);
	if (status == EGM_OK) {
		progress_start(&j->progress, j->gan.loss, 0, s->steps, 0);
		status = gan_train(&j->gan, data, s->steps, &j->progress);
		progress_clear();
	}
	egm_data_free(data);
	TRY(status);
	TRY(gan_update(&j->gan, &setup));
	j->energy = j->gan.final_energy;
	j->generator = j->gan.final_generator;
	return gan_save(&j->gan, s->out);
}

static egm_status read_nets(job *j)
{
	char path[PROGRAM_PATH];
	const char *folder = j->settings->model;
	TRY(egm_model_load(&j->gan.final_energy, j->context, program_path(path, folder, "energy.safetensors"), NULL));
	TRY(egm_model_load(&j->gan.final_generator, j->context, program_path(path, folder, "generator.safetensors"), NULL));
	j->energy = j->gan.final_energy;
	j->generator = j->gan.final_generator;
	if (egm_model_inputs(j->energy) == 2 && egm_model_outputs(j->generator) == 2) return EGM_OK;
	fprintf(stderr, "%s: these nets are not of points in the plane\n", folder);
	exit(EXIT_FAILURE);
}

/* ---- three ways to samples */

static egm_status make_samples(job *j, int way)
{
	int64_t n = j->settings->samples;
	TRY(egm_model_run(j->generator, egm_f32(j->z, n, j->latent),
	                  egm_f32_out(j->x[way], n, egm_model_outputs(j->generator))));
	TRY(egm_model_energy(j->energy, egm_f32(j->x[way], n, 2), egm_f32_out(j->scratch, n, 1)));
	for (int64_t i = 0; i < n; i++) j->mean_energy[way] += j->scratch[i] / (double)n;
	return toy_law_score(&j->law, j->context, j->x[way], (size_t)n, &j->score[way]);
}

/* One chain a sample: after enough transitions each stands at a draw that owes nothing to the others. */
static egm_status make_chains(job *j)
{
	const settings *s = j->settings;
	egm_target_options target = EGM_TARGET_OPTIONS_INIT;
	egm_sampler_options options;
	target.beta = s->beta;
	target.prior_scale = 1;
	TRY(egm_target_latent(&j->target, j->energy, j->generator, EGM_LATENT_POSTERIOR, &target));
	TRY(egm_sampler_options_init(&options, sizeof options, EGM_SAMPLER_MALA));
	options.chains = s->samples;
	options.seed = (uint64_t)s->seed;
	return egm_sampler_create(&j->sampler, j->target, &options);
}

static egm_status sample(job *j)
{
	const settings *s = j->settings;
	int64_t numbers;
	j->latent = egm_model_inputs(j->generator);
	numbers = s->samples * j->latent;
	j->z = program_alloc((size_t)numbers, sizeof *j->z);
	j->scratch = program_alloc((size_t)s->samples, sizeof *j->scratch);
	for (int w = 0; w < WAYS; w++) j->x[w] = program_alloc((size_t)s->samples, 2 * sizeof *j->x[w]);
	TRY(make_chains(j));
	TRY(egm_sampler_points(j->sampler,
	                       points_out(j->sampler, EGM_F32, j->z))); /* chains begin at draws from the prior */
	TRY(make_samples(j, 0));
	for (int64_t i = 0; i < numbers; i++) j->z[i] *= (float)s->tau;
	TRY(make_samples(j, 1));
	TRY(egm_sampler_warmup(j->sampler, s->warmup, NULL, NULL));
	TRY(egm_sampler_run(j->sampler, 1, s->transitions, draws_out(j->sampler, 1, j->z), egm_no_out(), NULL, NULL));
	j->stats = (egm_sampler_statistics)EGM_SAMPLER_STATISTICS_INIT;
	TRY(egm_sampler_stats(j->sampler, -1, &j->stats));
	return make_samples(j, 2);
}

/* ---- results */

static egm_status draw(const job *j, int *failed)
{
	char path[PROGRAM_PATH], titles[2][96];
	double *field = program_alloc(GRID * GRID, sizeof *field);
	float *grid = program_alloc(GRID * GRID, 2 * sizeof *grid),
	      *energies = program_alloc(GRID * GRID, sizeof *energies);
	size_t shown = j->settings->samples < DRAWN ? (size_t)j->settings->samples : DRAWN;
	for (int i = 0; i < GRID * GRID; i++) {
		grid[2 * i] = (float)(j->law.extent * ((2 * (i % GRID) + 1.0) / GRID - 1));
		grid[2 * i + 1] = (float)(j->law.extent * ((2 * (i / GRID) + 1.0) / GRID - 1));
	}
	egm_status status =
	    egm_model_energy(j->energy, egm_f32(grid, GRID * GRID, 2), egm_f32_out(energies, GRID * GRID, 1));
	for (int i = 0; i < GRID * GRID; i++) field[i] = energies[i];
	picture_points sets[2];
	picture_panel panels[2];
	for (int k = 0; k < 2; k++) {
		int way = k == 0 ? 0 : WAYS - 1;
		snprintf(titles[k], sizeof titles[k], "%s: %.1f %% within 3 sigma of a mode",
		         k == 0 ? "Generator" : "After latent MALA", 100 * j->score[way].high_quality);
		sets[k] = (picture_points){"samples", j->x[way], shown, 1.3, {0.9, 0.1, 0.1}};
		panels[k] = (picture_panel){{titles[k], "energy", field, GRID, j->law.extent}, &sets[k], 1};
	}
	if (status == EGM_OK)
		*failed = picture_densities(program_path(path, j->settings->out, "refined.png"), panels, 2) != 0;
	free(field);
	free(grid);
	free(energies);
	return status;
}

static void print_results(const job *j)
{
	printf("%-12s  within 3 sigma  modes  reverse KL  mean energy\n", "");
	for (int w = 0; w < WAYS; w++)
		printf("%-12s  %14.4f  %5lld  %10.4f  %11.4f\n", ways[w], j->score[w].high_quality,
		       (long long)j->score[w].covered, j->score[w].reverse_kl, j->mean_energy[w]);
	printf("latent MALA: %lld chains of %lld transitions after %lld, acceptance %.3f, step size %.4g\n",
	       (long long)j->settings->samples, (long long)j->settings->transitions, (long long)j->settings->warmup,
	       j->stats.acceptance, j->stats.step_size);
	printf("{\"data\": \"%s\", \"samples\": %lld, \"beta\": %g, \"tau\": %g", j->law.name,
	       (long long)j->settings->samples, j->settings->beta, j->settings->tau);
	for (int w = 0; w < WAYS; w++) {
		printf(", \"%s\": {\"high_quality\": ", ways[w]);
		program_json_number(j->score[w].high_quality);
		printf(", \"modes\": %lld, \"reverse_kl\": ", (long long)j->score[w].covered);
		program_json_number(j->score[w].reverse_kl);
		printf(", \"mean_energy\": ");
		program_json_number(j->mean_energy[w]);
		printf("}");
	}
	printf(", \"acceptance\": %.4f, \"gradients\": %lld}\n", j->stats.acceptance, (long long)j->stats.gradients);
}

static egm_status run(job *j, int *failed)
{
	TRY(program_context(&j->context, j->settings->threads));
	TRY(j->settings->model ? read_nets(j) : train(j));
	TRY(sample(j));
	return draw(j, failed);
}

int main(int argc, char **argv)
{
	settings s = {.data = "25gaussians",
	              .seed = 1,
	              .steps = 7000,
	              .samples = 10000,
	              .warmup = 100,
	              .transitions = 100,
	              .beta = 100,
	              .tau = 0.7,
	              .threads = 2};
	job j = {.settings = &s};
	int failed = 0;
	read_settings(&s, argc, argv);
	if (toy_law_init(&j.law, s.data) != 0 || j.law.modes == 0) /* modes are what is counted */
		program_misuse(argv, "--data: expected 25gaussians or 8gaussians");
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	if (run(&j, &failed) != EGM_OK) {
		progress_clear();
		fprintf(stderr, "%s\n", egm_last_error());
		failed = 1;
	}
	if (!failed) print_results(&j);
	egm_sampler_free(j.sampler);
	egm_target_free(j.target);
	progress_free(&j.progress);
	gan_free(&j.gan);
	egm_context_free(j.context);
	free(j.z);
	free(j.scratch);
	for (int w = 0; w < WAYS; w++) free(j.x[w]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
