/* SPDX-License-Identifier: MIT */
/* Draws from an energy that is a C function, not a network. Diagnoses the draws as if the distribution were unknown,
 * and then compares them with its exact moments. The distribution is the "banana" (Haario, Saksman, Tamminen 1999), a
 * normal distribution that is bent along a parabola:
 *
 *  x0 = a z0,  x1 = b (x0^2 - a^2) + c z1,  z ~ N(0, I)
 *  U(x) = x0^2 / (2 a^2) + (x1 - b (x0^2 - a^2))^2 / (2 c^2)
 *
 * The means are 0, and the variances a^2 and c^2 + 2 a^4 b^2. Try --kernel ula: R-hat shows that the chains have not
 * found the same distribution. Try --bend 0.8: divergences show that the far ends of the banana are missing, before the
 * standard deviation does. */
#include <egm.h>
#include <math.h>
#include <stdlib.h>

#include "support/chains.h"
#include "support/options.h"
#include "support/program.h"

enum { DIMS = 2, ULA = 1, MALA, HMC, NUTS };

static const double A = 1.5, C = 0.8, EXTENT = 7;

/* The energy function (egm_energy_fn): writes energies and gradients of `rows` points. `user` points to b. */
static int banana(int64_t rows, const void *points, void *energies, void *gradients, void *user)
{
	const double *x = points, b = *(const double *)user;
	double *u = energies, *g = gradients;
	for (int64_t i = 0; i < rows; i++, x += DIMS, g += DIMS) {
		double off = (x[1] - b * (x[0] * x[0] - A * A)) / (C * C);
		u[i] = x[0] * x[0] / (2 * A * A) + off * off * C * C / 2;
		g[0] = x[0] / (A * A) - 2 * b * x[0] * off;
		g[1] = off;
	}
	return 0;
}

static double normal_density(double x, double sd)
{
	return exp(-x * x / (2 * sd * sd)) / (sd * sqrt(2 * M_PI));
}

/* The marginal density of x0 or x1. That of x1 is an integral over x0, by the trapezoid rule; for a smooth function
 * that vanishes at both ends this rule is exact up to rounding. */
static double marginal(int dim, double x, const void *user)
{
	enum { PARTS = 400 };
	double b = *(const double *)user, sum = 0, step = 16 * A / PARTS;
	if (dim == 0) return normal_density(x, A);
	for (int i = 0; i <= PARTS; i++) {
		double x0 = -8 * A + step * i;
		sum += step * normal_density(x0, A) * normal_density(x - b * (x0 * x0 - A * A), C);
	}
	return sum;
}

typedef struct settings {
	const char *out;
	int32_t kernel;
	int64_t chains, draws, warmup, threads;
	uint64_t seed;
	double bend, accept, step;
} settings;

static void read_settings(settings *s, int argc, char **argv)
{
	program_option options[] = {
	    OPTION_REQUIRED("out", &s->out, "Folder for the pictures; created if missing."),
	    OPTION_NUMBER("bend", &s->bend, 0, 10,
	                  "b of the distribution; from 0.5 on nuts reports divergences at the far ends."),
	    OPTION_CHOICE("kernel", &s->kernel, ULA, "ula|mala|hmc|nuts: Kernel of the chains."),
	    OPTION_NUMBER("chains", &s->chains, 1, 10000, "Number of chains, which start at random points."),
	    OPTION_NUMBER("draws", &s->draws, 20, 1e7, "Number of draws from each chain."),
	    OPTION_NUMBER("warmup", &s->warmup, 1, 1e7, "Transitions before the draws, which adapt step size and scales."),
	    OPTION_NUMBER("accept", &s->accept, 0, 0.999, "Acceptance that the warm-up aims at; 0: the kernel's default."),
	    OPTION_NUMBER("step", &s->step, 0, 1e3, "Step size of ula, or first step size of the warm-up; 0: the default."),
	    OPTION_NUMBER("seed", &s->seed, 0, 1e15, "Seed of the chains."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTIONS_END,
	};
	options_read(argc, argv, "--out DIR [options]",
	             "Draws from an energy that is a C function, and diagnoses the draws; pictures go to DIR.", options, 0);
}

/* The options of all kernels begin with the same members; a member that is 0 has the default of the kernel. The first
 * points are spread wider than the distribution: R-hat is only meaningful if the chains start far apart. */
static egm_status make_sampler(egm_sampler **out, egm_target *target, const settings *s)
{
	const double wide = 2, aim = s->accept;
	const egm_ula_options ula = {sizeof ula, s->chains, s->seed, s->step, wide, NULL};
	const egm_mala_options mala = {sizeof mala, s->chains, s->seed, s->step, wide, .target_accept = aim};
	const egm_hmc_options hmc = {sizeof hmc, s->chains, s->seed, s->step, wide, .target_accept = aim};
	const egm_nuts_options nuts = {sizeof nuts,          s->chains,       s->seed, s->step, wide,
	                               .target_accept = aim, .adapt_scale = 1};
	if (s->kernel == ULA) return egm_sampler_ula(out, target, &ula);
	if (s->kernel == MALA) return egm_sampler_mala(out, target, &mala);
	return s->kernel == HMC ? egm_sampler_hmc(out, target, &hmc) : egm_sampler_nuts(out, target, &nuts);
}

int main(int argc, char **argv)
{
	static const char *const kernels[] = {"", "ula", "mala", "hmc", "nuts"};
	settings s = {
	    .kernel = NUTS, .bend = 0.3, .accept = 0.9, .chains = 4, .draws = 1000, .warmup = 500, .seed = 1, .threads = 2};
	read_settings(&s, argc, argv);
	program_folder(s.out);

	egm_context *context = program_context(s.threads);
	egm_target *target = NULL;
	egm_target_options about = EGM_TARGET_OPTIONS_INIT;
	about.concurrent = 1; /* banana may be called from several threads at once */
	check(egm_target_callback(&target, context, EGM_F64, DIMS, &about, banana, &s.bend, NULL));

	egm_sampler *sampler = NULL;
	egm_sampler_statistics statistics = EGM_SAMPLER_STATISTICS_INIT;
	double *x = program_alloc((size_t)(s.draws * s.chains), DIMS * sizeof *x);
	check(make_sampler(&sampler, target, &s));
	if (s.kernel == ULA) /* it has no warm-up: the first transitions are discarded instead */
		check(egm_sampler_run(sampler, 1, s.warmup, egm_no_out(), egm_no_out(), NULL, NULL));
	else
		check(egm_sampler_warmup(sampler, s.warmup, NULL, NULL));
	check(egm_sampler_run(sampler, s.draws, 1, egm_f64_out(x, s.draws * s.chains, DIMS), egm_no_out(), NULL, NULL));
	check(egm_sampler_stats(sampler, -1, &statistics));

	egm_diagnostics *diagnostics = NULL;
	egm_diagnosis found[DIMS];
	check(egm_diagnostics_create(&diagnostics, context, s.chains, DIMS, s.draws));
	check(egm_diagnostics_add(diagnostics, egm_f64(x, s.draws * s.chains, DIMS)));
	for (int d = 0; d < DIMS; d++) {
		found[d] = (egm_diagnosis)EGM_DIAGNOSIS_INIT;
		check(egm_diagnostics_compute(diagnostics, d, -1, &found[d]));
	}

	const double exact_sd[DIMS] = {A, sqrt(C * C + 2 * A * A * A * A * s.bend * s.bend)};
	const double range[DIMS] = {6 * exact_sd[0], 6 * exact_sd[1]};
	const chain_draws drawn = {kernels[s.kernel], x, (size_t)s.draws, (size_t)s.chains, DIMS};
	char path[PROGRAM_PATH];
	chain_table(&drawn, found, exact_sd, &statistics);
	check_done(chain_traces(program_path(path, s.out, "trace.png"), &drawn));
	check_done(chain_marginals(program_path(path, s.out, "marginals.png"), &drawn, marginal, range, &s.bend));
	check_done(chain_plane(program_path(path, s.out, "draws.png"), &drawn, banana, EXTENT, &s.bend));
	chain_report(&drawn, found, exact_sd, &statistics);
	egm_diagnostics_free(diagnostics);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_context_free(context);
	free(x);
	return EXIT_SUCCESS;
}
