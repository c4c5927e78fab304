/* SPDX-License-Identifier: MIT */
/* Samples an energy that is a C function, no net in sight, and judges the draws as if nothing were known of the law;
 * then compares with what is known. The law is a normal one that was bent along a parabola, "banana" (Haario, Saksman,
 * Tamminen 1999):
 *
 *  x0 = a z0,  x1 = b (x0^2 - a^2) + c z1,  z ~ N(0, I)
 *  U(x) = x0^2 / (2 a^2) + (x1 - b (x0^2 - a^2))^2 / (2 c^2)
 *
 * Means are 0, the variances a^2 and c^2 + 2 a^4 b^2. Try --kernel ula: R-hat says that its chains have not met, and
 * --bend 0.8: divergences say that the far ends of the banana are missing before the standard deviation does. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "program.h"

enum { DIMS = 2, CURVE = 400, GRID = 240, TRACE = 500, CHAINS_DRAWN = 4 };

static const double A = 1.5, C = 0.8, EXTENT = 7;

/* ---- the law */

/* The egm_energy_fn: energies and gradients of `rows` points. `user` is b. */
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

/* Of x1: the integral over x0 by the trapezoid rule, which for a smooth function that vanishes at both ends is exact to
 * rounding. */
static double marginal(int dim, double b, double x)
{
	enum { PARTS = 400 };
	double sum = 0, step = 16 * A / PARTS;
	if (dim == 0) return normal_density(x, A);
	for (int i = 0; i <= PARTS; i++) {
		double x0 = -8 * A + step * i;
		sum += step * normal_density(x0, A) * normal_density(x - b * (x0 * x0 - A * A), C);
	}
	return sum;
}

static double exact_sd(int dim, double b)
{
	return dim == 0 ? A : sqrt(C * C + 2 * A * A * A * A * b * b);
}

/* ---- the program */

typedef struct settings {
	const char *out, *kernel;
	int64_t chains, draws, warmup, seed, threads;
	double bend, accept, step;
} settings;

static const char *const kernels[] = {
    [EGM_SAMPLER_ULA] = "ula", [EGM_SAMPLER_MALA] = "mala", [EGM_SAMPLER_HMC] = "hmc", [EGM_SAMPLER_NUTS] = "nuts"};

/* EGM_SAMPLER_* or 0. */
static int32_t find_kernel(const char *name)
{
	for (int32_t i = 1; i < (int32_t)(sizeof kernels / sizeof kernels[0]); i++)
		if (strcmp(name, kernels[i]) == 0) return i;
	return 0;
}

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the pictures; made if missing"},
	    {"bend", OPTION_NUMBER, &s->bend, 0, 10, "b of the law; from 0.5 on nuts warns of the far ends that it misses"},
	    {"kernel", OPTION_TEXT, &s->kernel, 0, 0, "nuts, hmc, mala or ula"},
	    {"chains", OPTION_INTEGER, &s->chains, 1, 10000, "chains, from points drawn at random"},
	    {"draws", OPTION_INTEGER, &s->draws, 20, 1e7, "draws of each chain"},
	    {"warmup", OPTION_INTEGER, &s->warmup, 1, 1e7, "transitions before them, which find step size and scales"},
	    {"accept", OPTION_NUMBER, &s->accept, 0, 0.999, "acceptance that the warm-up aims at; 0: the kernel's default"},
	    {"step", OPTION_NUMBER, &s->step, 0, 1e3, "step size where the warm-up begins; ula's own; 0: the default"},
	    {"seed", OPTION_INTEGER, &s->seed, 0, 1e15, "of the chains"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	};
	int rest = program_options(argc, argv, "--out DIR [options]",
	                           "Draws from an energy that is a C function, and judges the draws; pictures go to DIR.",
	                           options, sizeof options / sizeof options[0]);
	if (rest != argc || !s->out) program_misuse(argv, rest != argc ? "unexpected argument" : "--out DIR is missing");
	if (!find_kernel(s->kernel)) program_misuse(argv, "--kernel: expected nuts, hmc, mala or ula");
}

typedef struct job {
	const settings *settings;
	egm_context *context;
	egm_target *target;
	egm_sampler *sampler;
	egm_diagnostics *diagnostics;
	double bend;
	double *draws; /* [draws, chains, DIMS] */
	egm_diagnosis found[DIMS];
	egm_sampler_statistics stats;
} job;

static egm_status sample(job *j)
{
	const settings *s = j->settings;
	egm_target_options target = EGM_TARGET_OPTIONS_INIT;
	egm_sampler_options options;
	TRY(program_context(&j->context, s->threads));
	target.concurrent = 1; /* banana may run in several threads at once */
	TRY(egm_target_callback(&j->target, j->context, EGM_F64, DIMS, &target, banana, &j->bend));
	TRY(egm_sampler_options_init(&options, sizeof options, find_kernel(s->kernel)));
	options.chains = s->chains;
	options.seed = (uint64_t)s->seed;
	options.start_scale = 2; /* wider than the law: chains that start apart can show that they have met */
	if (s->step > 0) options.step_size = s->step;
	if (s->accept > 0 && options.target_accept > 0) options.target_accept = s->accept;
	TRY(egm_sampler_create(&j->sampler, j->target, &options));
	if (options.kernel == EGM_SAMPLER_ULA) /* adapts nothing: run to forget the start */
		TRY(egm_sampler_run(j->sampler, 1, s->warmup, egm_no_out(), egm_no_out(), NULL, NULL));
	else
		TRY(egm_sampler_warmup(j->sampler, s->warmup, NULL, NULL));
	return egm_sampler_run(j->sampler, s->draws, 1, draws_out(j->sampler, s->draws, j->draws), egm_no_out(), NULL,
	                       NULL);
}

static egm_status judge(job *j)
{
	const settings *s = j->settings;
	TRY(egm_diagnostics_create(&j->diagnostics, j->context, s->chains, DIMS, s->draws));
	TRY(egm_diagnostics_add(j->diagnostics, egm_f64(j->draws, s->draws * CHAINS, DIMS)));
	for (int d = 0; d < DIMS; d++) {
		j->found[d] = (egm_diagnosis)EGM_DIAGNOSIS_INIT;
		TRY(egm_diagnostics_compute(j->diagnostics, d, -1, &j->found[d]));
	}
	j->stats = (egm_sampler_statistics)EGM_SAMPLER_STATISTICS_INIT;
	return egm_sampler_stats(j->sampler, -1, &j->stats);
}

static void print_table(const job *j)
{
	printf("      mean   exact    mcse      sd   exact   R-hat  ESS bulk  ESS tail\n");
	for (int d = 0; d < DIMS; d++) {
		const egm_diagnosis *f = &j->found[d];
		printf("x%d %7.3f %7.3f %7.3f %7.3f %7.3f %7.4f %9.0f %9.0f\n", d, f->mean, 0.0, f->mcse, f->sd,
		       exact_sd(d, j->bend), f->r_hat, f->ess_bulk, f->ess_tail);
	}
	printf("%s: %lld chains of %lld draws, step size %.4g, %.1f gradients a draw", j->settings->kernel,
	       (long long)j->settings->chains, (long long)j->settings->draws, j->stats.step_size,
	       (double)j->stats.gradients / (double)j->stats.transitions);
	if (isfinite(j->stats.acceptance)) /* ula rejects nothing */
		printf(", acceptance %.3f, %lld divergences", j->stats.acceptance, (long long)j->stats.divergences);
	printf("\n");
}

/* ---- pictures */

/* The first TRACE draws of up to CHAINS_DRAWN chains, one chart a dimension. */
static int draw_traces(const job *j)
{
	const settings *s = j->settings;
	size_t length = s->draws < TRACE ? (size_t)s->draws : TRACE, stride = (size_t)s->chains * DIMS;
	size_t chains = s->chains < CHAINS_DRAWN ? (size_t)s->chains : CHAINS_DRAWN;
	char path[PROGRAM_PATH], labels[CHAINS_DRAWN][24], titles[DIMS][48];
	double *step = program_alloc(length, sizeof *step), *values = program_alloc(length * chains * DIMS, sizeof *values);
	picture_curve curves[DIMS][CHAINS_DRAWN];
	picture_chart charts[DIMS];
	for (size_t i = 0; i < length; i++) step[i] = (double)i;
	for (size_t d = 0; d < DIMS; d++) {
		for (size_t c = 0; c < chains; c++) {
			double *own = values + (d * chains + c) * length;
			for (size_t i = 0; i < length; i++) own[i] = j->draws[i * stride + c * DIMS + d];
			snprintf(labels[c], sizeof labels[c], "chain %zu", c);
			curves[d][c] = (picture_curve){labels[c], step, own, length};
		}
		snprintf(titles[d], sizeof titles[d], "Trace of x%zu (%s)", d, s->kernel);
		charts[d] = (picture_chart){
		    .title = titles[d], .x_label = "draw", .y_label = d ? "x1" : "x0", .curves = curves[d], .count = chains};
	}
	int result = picture_charts(program_path(path, s->out, "trace.png"), charts, DIMS);
	free(step);
	free(values);
	return result;
}

/* Histograms of all draws under the exact densities. */
static int draw_marginals(const job *j)
{
	const settings *s = j->settings;
	size_t count = (size_t)(s->draws * s->chains);
	char path[PROGRAM_PATH], titles[DIMS][48];
	double *values = program_alloc(count * DIMS, sizeof *values), x[DIMS][CURVE], y[DIMS][CURVE];
	picture_values bars[DIMS];
	picture_curve curves[DIMS];
	picture_chart charts[DIMS];
	for (int d = 0; d < DIMS; d++) {
		for (size_t i = 0; i < count; i++) values[(size_t)d * count + i] = j->draws[i * DIMS + (size_t)d];
		for (int i = 0; i < CURVE; i++) {
			x[d][i] = exact_sd(d, j->bend) * 6 * (2.0 * i / (CURVE - 1) - 1);
			y[d][i] = marginal(d, j->bend, x[d][i]);
		}
		snprintf(titles[d], sizeof titles[d], "x%d: draws and law (%s)", d, s->kernel);
		bars[d] = (picture_values){"draws", values + (size_t)d * count, count};
		curves[d] = (picture_curve){"exact density", x[d], y[d], CURVE};
		charts[d] = (picture_chart){titles[d], d ? "x1" : "x0", "density", &curves[d], 1, &bars[d]};
	}
	int result = picture_charts(program_path(path, s->out, "marginals.png"), charts, DIMS);
	free(values);
	return result;
}

/* The energy as colours, draws of all chains on it. */
static int draw_plane(const job *j)
{
	const settings *s = j->settings;
	size_t all = (size_t)(s->draws * s->chains), shown = all < 2500 ? all : 2500;
	double bend = j->bend;
	char path[PROGRAM_PATH];
	double *field = program_alloc(GRID * GRID, sizeof *field);
	float *points = program_alloc(shown, DIMS * sizeof *points);
	for (int y = 0; y < GRID; y++)
		for (int x = 0; x < GRID; x++) {
			double point[DIMS] = {EXTENT * ((2 * x + 1.0) / GRID - 1), EXTENT * ((2 * y + 1.0) / GRID - 1)},
			       ignored[DIMS];
			banana(1, point, &field[y * GRID + x], ignored, &bend);
			field[y * GRID + x] = fmin(field[y * GRID + x], 20); /* further up the colours would show nothing else */
		}
	for (size_t i = 0; i < shown * DIMS; i++) points[i] = (float)j->draws[i / DIMS * (all / shown) * DIMS + i % DIMS];
	const picture_points draws = {"draws", points, shown, 1.4, {0.9, 0.1, 0.1}};
	const picture_field energy = {"Energy and draws", "energy", field, GRID, EXTENT};
	int result = picture_density(program_path(path, s->out, "draws.png"), &energy, &draws, 1);
	free(field);
	free(points);
	return result;
}

static void report(const job *j)
{
	static const char *const names[] = {"mean", "mcse", "sd", "r_hat", "ess_bulk", "ess_tail"};
	printf("{\"kernel\": \"%s\", \"chains\": %lld, \"draws\": %lld", j->settings->kernel,
	       (long long)j->settings->chains, (long long)j->settings->draws);
	for (int n = 0; n < 6; n++) {
		printf(", \"%s\": [", names[n]);
		for (int d = 0; d < DIMS; d++) {
			const egm_diagnosis *f = &j->found[d];
			const double values[] = {f->mean, f->mcse, f->sd, f->r_hat, f->ess_bulk, f->ess_tail};
			if (d > 0) printf(", ");
			program_json_number(values[n]);
		}
		printf("]");
	}
	printf(", \"exact_sd\": [%.6g, %.6g], \"acceptance\": ", exact_sd(0, j->bend), exact_sd(1, j->bend));
	program_json_number(j->stats.acceptance);
	printf(", \"step_size\": %.6g, \"gradients\": %lld, \"divergences\": %lld}\n", j->stats.step_size,
	       (long long)j->stats.gradients, (long long)j->stats.divergences);
}

int main(int argc, char **argv)
{
	settings s = {.kernel = "nuts",
	              .bend = 0.3,
	              .accept = 0.9,
	              .chains = 4,
	              .draws = 1000,
	              .warmup = 500,
	              .seed = 1,
	              .threads = 2};
	job j = {.settings = &s};
	read_settings(&s, argc, argv);
	j.bend = s.bend;
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	j.draws = program_alloc((size_t)(s.draws * s.chains), DIMS * sizeof(double));
	int failed = sample(&j) != EGM_OK || judge(&j) != EGM_OK;
	if (failed) {
		fprintf(stderr, "%s\n", egm_last_error());
	} else {
		print_table(&j);
		failed = draw_traces(&j) != 0 || draw_marginals(&j) != 0 || draw_plane(&j) != 0;
	}
	if (!failed) report(&j);
	egm_diagnostics_free(j.diagnostics);
	egm_sampler_free(j.sampler);
	egm_target_free(j.target);
	egm_context_free(j.context);
	free(j.draws);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
