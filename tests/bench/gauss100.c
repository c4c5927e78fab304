/* SPDX-License-Identifier: MIT */
/* gauss100_*: the cost of a gradient and of an effective draw beside the target itself. The target is a normal
 * distribution of 100 dimensions with a dense precision, eigenvalues evenly spaced in their logarithm from 1 to 1000,
 * as a callback with one product: matrix by vector for one chain, matrix by matrix for more. The kernels find their
 * step sizes in a warm-up; gauss100_lean_* is the loop of lean.c on the same callback with the step size that the
 * kernel of the library has found.
 *
 * Beside the times of a step, which is about 100,000 gradients:
 *   ns_per_gradient  time of a step / its gradients; a gradient of one chain
 *   matvec_ns        the product alone, in this process and after each step, for one row
 *   overhead_ns      the difference
 *   ess_per_second   least bulk effective sample size of a dimension, over all chains and steps, by their time
 * both times being the least of the steps. Trajectories of hmc vary by a fifth in length, so that no direction always
 * comes full circle. They have about 50 steps: of 10, 15, 20, 30, 40, 50, 60 and 80 these gave the most effective draws
 * a second. */
#include "any_kernel.h"
#include "blas.h"
#include "chains.h"
#include "draws.h"
#include "lean.h"

#include <egm/diagnostics.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double JITTER = 0.2;

enum { D = LEAN, GRADIENTS = 100000, TRAJECTORY = 50, WARMUP = 1000, PRODUCTS = 2000 };

typedef struct gauss {
	egm_dtype dtype;
	blas calls;
	void *precision;
	egm_target *target;
	egm_sampler *sampler;
	lean *lean; /* NULL: the sampler runs */
	egm_diagnostics *diagnostics;
	int64_t chains, n, thin; /* draws of a step, transitions between them */
	void *draws;
	double *product; /* seconds of a bare product of all chains, for each step */
	int done;        /* steps with `between` */
	int64_t steps;
} gauss;

/* ---- the target */

static void multiply(const gauss *g, int rows, const void *x, void *y)
{
	if (g->dtype == EGM_F64 && rows == 1)
		g->calls.dgemv(ROW_MAJOR, AS_IT_IS, D, D, 1, g->precision, D, x, 1, 0, y, 1);
	else if (g->dtype == EGM_F64)
		g->calls.dgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, rows, D, D, 1, x, D, g->precision, D, 0, y, D);
	else if (rows == 1)
		g->calls.sgemv(ROW_MAJOR, AS_IT_IS, D, D, 1, g->precision, D, x, 1, 0, y, 1);
	else
		g->calls.sgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, rows, D, D, 1, x, D, g->precision, D, 0, y, D);
}

static int energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	const gauss *g = user;
	multiply(g, (int)rows, x, gradients);
	for (int64_t i = 0; i < rows; i++) {
		if (g->dtype == EGM_F64)
			((double *)energies)[i] =
			    g->calls.ddot(D, (const double *)x + i * D, 1, (double *)gradients + i * D, 1) / 2;
		else
			((float *)energies)[i] = g->calls.sdot(D, (const float *)x + i * D, 1, (float *)gradients + i * D, 1) / 2;
	}
	return 0;
}

static void make_target(bench *b, gauss *g)
{
	egm_target_options o = EGM_TARGET_OPTIONS_INIT;
	double eigenvalues[D];
	for (int i = 0; i < D; i++) eigenvalues[i] = pow(1000, (double)i / (D - 1));
	if (posix_memalign(&g->precision, 64, D * D * sizeof(double))) bench_must(EGM_ERR_MEMORY);
	bench_precision(b, D, eigenvalues, 0, g->precision);
	o.concurrent = 1;
	o.max_rows = (b->chains + b->threads - 1) / b->threads;
	bench_must(egm_target_callback(&g->target, b->context, b->dtype, D, &o, energy, g, NULL));
}

/* ---- a step */

static void step(bench *b)
{
	gauss *g = b->own;
	if (g->lean)
		lean_run(g->lean, g->n, g->thin, g->draws);
	else
		bench_must(egm_sampler_run(g->sampler, g->n, g->thin, draws_out(g->sampler, g->n, g->draws), egm_no_out(), NULL,
		                           NULL));
	g->steps++;
}

static void measure_product(gauss *g, double *seconds)
{
	char *y = calloc((size_t)g->chains, D * sizeof(double));
	if (!y) bench_must(EGM_ERR_MEMORY);
	int n = PRODUCTS / (int)g->chains + 1;
	double t = bench_seconds();
	for (int i = 0; i < n; i++) multiply(g, (int)g->chains, g->draws, y);
	*seconds = (bench_seconds() - t) / n;
	free(y);
}

static void between(bench *b)
{
	gauss *g = b->own;
	bench_must(
	    egm_diagnostics_add(g->diagnostics, egm_array_of(g->dtype, g->draws, g->n * egm_sampler_chains(g->sampler),
	                                                     egm_sampler_dims(g->sampler))));
	measure_product(g, &g->product[g->done++]);
}

/* ---- set-up */

static egm_sampler_statistics statistics(const gauss *g)
{
	egm_sampler_statistics s = EGM_SAMPLER_STATISTICS_INIT;
	bench_must(egm_sampler_stats(g->sampler, -1, &s));
	return s;
}

/* Gradients of a transition. */
static double each(const egm_sampler_statistics *s)
{
	return (double)s->gradients / (double)s->transitions;
}

static void make_sampler(bench *b, gauss *g, const char *kernel)
{
	any_kernel_options o;
	int hmc = !strcmp(kernel, "hmc"), nuts = !strcmp(kernel, "nuts");
	bench_must(any_kernel_init(&o, hmc ? ANY_HMC : nuts ? ANY_NUTS : ANY_MALA));
	o.chains = b->chains;
	o.seed = 1;
	if (hmc) {
		o.leapfrog_steps = b->leapfrogs ? b->leapfrogs : TRAJECTORY;
		o.jitter = JITTER;
	}
	bench_must(any_kernel_sampler(&g->sampler, g->target, &o));
	bench_must(egm_sampler_warmup(g->sampler, WARMUP, NULL, NULL));
	bench_must(egm_sampler_run(g->sampler, 20, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_statistics s = statistics(g);
	g->thin = hmc || nuts ? 1 : 50;
	g->n = (int64_t)(GRADIENTS / (each(&s) * (double)(g->thin * b->chains))) + 1;
	b->gflop = 1e-9 * 2 * D * D * each(&s) * (double)(g->n * g->thin * b->chains);
}

static void make_lean(const bench *b, gauss *g, const char *kernel)
{
	lean *l = g->lean = calloc(1, sizeof *l);
	if (!l) bench_must(EGM_ERR_MEMORY);
	l->energy = energy;
	l->user = g;
	l->table = egm__kernels_get(b->context->simd, EGM_F64);
	l->rng = (egm__rng){.seed = 4};
	l->state = 5;
	l->steps = !strcmp(kernel, "hmc") ? b->leapfrogs ? b->leapfrogs : TRAJECTORY : 1;
	l->h = statistics(g).step_size;
	if (l->steps == 1)
		l->h = sqrt(l->h);
	else
		l->jitter = JITTER;
	bench_must(egm_sampler_points(g->sampler, points_out(g->sampler, EGM_F64, l->x)));
	lean_start(l);
}

static void release(bench *b)
{
	gauss *g = b->own;
	egm_diagnostics_free(g->diagnostics);
	egm_sampler_free(g->sampler);
	egm_target_free(g->target);
	free(g->lean);
	free(g->draws);
	free(g->product);
	free(g->precision);
	free(g);
}

/* ---- the line */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double least_sample_size(const gauss *g)
{
	double least = INFINITY;
	for (int i = 0; i < D; i++) {
		egm_diagnosis d = EGM_DIAGNOSIS_INIT;
		bench_must(egm_diagnostics_compute(g->diagnostics, i, -1, &d));
		if (!(d.ess_bulk >= least)) least = d.ess_bulk;
	}
	return least;
}

static void report(bench *b, const double *ms)
{
	gauss *g = b->own;
	egm_sampler_statistics s = statistics(g);
	double least = 1e-3 * ms[0], size = least_sample_size(g), transitions = (double)(g->n * g->thin);
	double accept = g->lean ? g->lean->accept_sum / (transitions * (double)g->steps) : s.acceptance;
	qsort(g->product, (size_t)g->done, sizeof *g->product, ascending);
	double product = 1e9 * g->product[0] / (double)g->chains,
	       whole = 1e9 * least / (each(&s) * transitions * (double)g->chains);
	printf(", \"chains\": %lld, \"ns_per_gradient\": %.1f, \"matvec_ns\": %.1f, \"overhead_ns\": %.1f, "
	       "\"ess\": %.1f, \"ess_per_second\": %.1f, \"acceptance\": %.3f, \"step_size\": %.5g, "
	       "\"gradients_per_transition\": %.1f",
	       (long long)g->chains, whole, product, whole - product, size, size / (least * b->iters), accept, s.step_size,
	       each(&s));
}

void bench_gauss100(bench *b)
{
	const char *kernel = strrchr(b->work, '_') + 1;
	int by_hand = strstr(b->work, "lean") != NULL;
	if (!b->chains) b->chains = 1;
	if (by_hand && (b->dtype != EGM_F64 || b->chains != 1)) {
		fprintf(stderr, "egm-bench: %s is one chain of f64\n", b->work);
		exit(2);
	}
	gauss *g = calloc(1, sizeof *g);
	if (!g) bench_must(EGM_ERR_MEMORY);
	g->dtype = b->dtype;
	g->chains = b->chains;
	size_t before = bench_allocated();
	blas_open(&g->calls, NULL);
	make_target(b, g);
	make_sampler(b, g, kernel);
	b->memory = bench_allocated() - before;
	if (by_hand) make_lean(b, g, kernel);
	g->draws = calloc((size_t)(g->n * g->chains), D * sizeof(double));
	g->product = calloc((size_t)b->iters, sizeof *g->product);
	if (!g->draws || !g->product) bench_must(EGM_ERR_MEMORY);
	bench_must(egm_diagnostics_create(&g->diagnostics, b->context, g->chains, D, g->n * b->iters + 8));
	b->own = g;
	b->step = step;
	b->between = between;
	b->report = report;
	b->release = release;
}
