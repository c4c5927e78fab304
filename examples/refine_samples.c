/* SPDX-License-Identifier: MIT */
/* Improves the samples of a generator with its energy. Some samples of a generator are between the modes, where the
 * energy is high. Chains in the generator's latent space move them to where the energy is low: MALA on
 *
 *  exp(-beta U(G(z)) - |z|^2 / 2),  so that x = G(z) has the density p_G(x) exp(-beta U(x))
 *
 * (EGM_LATENT_POSTERIOR), started at the z of the generator's own samples. The cheap way to better samples is shown
 * beside it: truncation, z ~ N(0, tau^2 I) with tau < 1, which loses modes. */
#include <egm.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/options.h"
#include "support/plane.h"
#include "support/plane_gan.h"
#include "support/program.h"
#include "support/report.h"
#include "support/toy_data.h"

enum { WAYS = 3 };

typedef struct settings {
	int32_t toy;
	const char *out, *model;
	int64_t steps, warmup, transitions, threads;
	double tau;
	egm_target_options posterior;
	egm_mala_options mala;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	program_option options[] = {
	    OPTION_REQUIRED("out", &s->out, "Folder for the results; created if missing."),
	    OPTION_CHOICE("data", &s->toy, TOY_25GAUSSIANS, "25gaussians|8gaussians: The distribution."),
	    OPTION_TEXT("model", &s->model, "Folder with networks of toy_density; without it they are trained."),
	    OPTION_NUMBER("steps", &s->steps, 1, 1e9, "Training steps."),
	    OPTION_NUMBER("samples", &s->mala.chains, 1, 1e6, "Number of samples, and of chains."),
	    OPTION_NUMBER("warmup", &s->warmup, 1, 1e6, "Transitions that adapt the step size of each chain."),
	    OPTION_NUMBER("transitions", &s->transitions, 1, 1e6, "Transitions after the warm-up."),
	    OPTION_MEMBER("beta", egm_target_options, &s->posterior, beta),
	    OPTION_NUMBER("tau", &s->tau, 1e-3, 1, "Standard deviation of truncated z."),
	    OPTION_NUMBER("seed", &s->mala.seed, 0, 1e15, "Seed of data, networks, training and chains."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTIONS_END,
	};
	options_read(argc, argv, "--out DIR [options]",
	             "Moves a generator's samples to where the energy is low, by chains in latent space.", options, 0);
}

/* Samples x = G(z), and their scores. */
typedef struct way {
	const char *name;
	float *x; /* [samples, 2] */
	egm_mode_coverage score;
	double mean_energy;
} way;

static void make_samples(way *w, const plane_gan *nets, egm_context *context, const toy_distribution *toy,
                         const float *z, int64_t n)
{
	float *u = program_alloc((size_t)n, sizeof *u);
	w->x = program_alloc((size_t)n, 2 * sizeof *w->x);
	check(egm_model_run(nets->generator, egm_f32(z, n, nets->latent), egm_f32_out(w->x, n, 2)));
	check(egm_model_energy(nets->energy, egm_f32(w->x, n, 2), egm_f32_out(u, n, 1)));
	for (int64_t i = 0; i < n; i++) w->mean_energy += u[i] / (double)n;
	check(toy_score(toy, context, w->x, (size_t)n, &w->score));
	free(u);
}

/* One chain for each sample, so that the samples are independent. */
static egm_sampler *make_chains(const plane_gan *nets, const settings *s)
{
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	check(egm_target_latent(&target, nets->energy, nets->generator, EGM_LATENT_POSTERIOR, &s->posterior));
	check(egm_sampler_mala(&sampler, target, &s->mala));
	egm_target_free(target);
	return sampler;
}

static void draw(const settings *s, const plane_gan *nets, const toy_distribution *toy, const way ways[WAYS])
{
	char path[PROGRAM_PATH], titles[2][96];
	const way *first = &ways[0], *last = &ways[WAYS - 1];
	const char *form = "%s: %.1f %% within 3 sigma of a mode";
	snprintf(titles[0], sizeof titles[0], form, "Generator", 100 * first->score.high_quality);
	snprintf(titles[1], sizeof titles[1], form, "After latent MALA", 100 * last->score.high_quality);
	const plane_panel panels[2] = {{titles[0], first->x}, {titles[1], last->x}};
	check_done(
	    plane_draw(program_path(path, s->out, "refined.png"), nets->energy, toy->extent, panels, s->mala.chains));
}

int main(int argc, char **argv)
{
	settings s = {TOY_25GAUSSIANS, NULL, NULL, 7000, 100, 100, 2, 0.7, EGM_TARGET_OPTIONS_INIT, EGM_MALA_OPTIONS_INIT};
	s.posterior.beta = 100;
	s.mala.chains = 10000;
	s.mala.seed = 1;
	read_settings(&s, argc, argv);
	program_folder(s.out);

	const toy_distribution toy = toy_of(s.toy);
	egm_context *context = program_context(s.threads);
	plane_gan nets =
	    s.model ? plane_gan_load(context, s.model) : plane_gan_train(context, &toy, s.mala.seed, s.steps, s.out);
	egm_sampler *sampler = make_chains(&nets, &s);
	egm_sampler_statistics statistics = EGM_SAMPLER_STATISTICS_INIT;
	way ways[WAYS] = {{.name = "generator"}, {.name = "truncated"}, {.name = "latent_mala"}};
	int64_t n = s.mala.chains;
	float *z = program_alloc((size_t)(n * nets.latent), sizeof *z);
	const egm_out points = egm_f32_out(z, n, nets.latent);
	check(egm_sampler_points(sampler, points)); /* chains start at draws from the prior */
	make_samples(&ways[0], &nets, context, &toy, z, n);
	for (int64_t i = 0; i < n * nets.latent; i++) z[i] *= (float)s.tau;
	make_samples(&ways[1], &nets, context, &toy, z, n);
	check(egm_sampler_warmup(sampler, s.warmup, NULL, NULL));
	check(egm_sampler_run(sampler, 1, s.transitions, points, egm_no_out(), NULL, NULL));
	make_samples(&ways[2], &nets, context, &toy, z, n);
	check(egm_sampler_stats(sampler, -1, &statistics));
	draw(&s, &nets, &toy, ways);

	report_open(NULL);
	report_text("data", toy.name);
	report_integer("samples", n);
	report_number("beta", s.posterior.beta);
	report_number("tau", s.tau);
	for (int w = 0; w < WAYS; w++) {
		report_open(ways[w].name);
		report_number("high_quality", ways[w].score.high_quality);
		report_integer("modes", ways[w].score.covered);
		report_number("reverse_kl", ways[w].score.reverse_kl);
		report_number("mean_energy", ways[w].mean_energy);
		report_close();
	}
	report_number("acceptance", statistics.acceptance);
	report_integer("gradients", statistics.gradients);
	report_close();
	for (int w = 0; w < WAYS; w++) free(ways[w].x);
	free(z);
	egm_sampler_free(sampler);
	plane_gan_free(&nets);
	egm_context_free(context);
	return EXIT_SUCCESS;
}
