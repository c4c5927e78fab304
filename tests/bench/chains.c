/* SPDX-License-Identifier: MIT */
/* W6 and W7: chains on compiled targets.
 *
 * W6 uses only public functions: a step sets the points anew, so that its first evaluation is at the start, and makes
 * 101 evaluations in all. W7 has a target of its own whose gradient is one product, x P, with the precision P as a
 * constant of the program; the energy is half the sum of x times that. One step evaluates the 1000 chains 1001 times,
 * at the start and after each move; gflop counts 1000. */
#include "chains.h"
#include "any_kernel.h"
#include "draws.h"
#include "nets.h"

#include <math.h>
#include <sampler/target_impl.h>
#include <stdlib.h>
#include <string.h>
#include <tensor/kernels_impl.h>

typedef struct chains {
	egm_target *target;
	egm_sampler *sampler;
	int64_t transitions; /* of a step */
	void *points, *draws, *energies;
	void *precision;
	egm__rng rng;
} chains;

static size_t element(const bench *b)
{
	return b->dtype == EGM_F32 ? sizeof(float) : sizeof(double);
}

static void *numbers(const bench *b, int64_t n)
{
	void *x = NULL;
	size_t bytes = (size_t)n * element(b);
	if (posix_memalign(&x, 64, bytes)) bench_must(EGM_ERR_MEMORY);
	return memset(x, 0, bytes);
}

static void put(const bench *b, void *x, int64_t i, double value)
{
	if (b->dtype == EGM_F32)
		((float *)x)[i] = (float)value;
	else
		((double *)x)[i] = value;
}

/* ---- a step */

static void step(bench *b)
{
	chains *c = b->own;
	bench_must(egm_sampler_set_points(c->sampler, points_in(c->sampler, b->dtype, c->points)));
	bench_must(egm_sampler_run(c->sampler, 1, c->transitions, draws_out(c->sampler, 1, c->draws),
	                           energies_out(c->sampler, 1, c->energies), NULL, NULL));
}

static void step_from_normals(bench *b)
{
	chains *c = b->own;
	const egm__kernels *table = egm__kernels_get(b->context->simd, b->dtype);
	c->rng.step++;
	table->normal(b->chains * egm_target_dims(c->target), c->points, &c->rng, 0);
	step(b);
}

static void release(bench *b)
{
	chains *c = b->own;
	egm_sampler_free(c->sampler);
	egm_target_free(c->target);
	free(c->points);
	free(c->draws);
	free(c->energies);
	free(c->precision);
	free(c);
}

static chains *set_up(bench *b)
{
	chains *c = calloc(1, sizeof *c);
	if (!c) bench_must(EGM_ERR_MEMORY);
	b->own = c;
	b->step = step;
	b->release = release;
	return c;
}

static void make_sampler(bench *b, int32_t kernel, double eps)
{
	chains *c = b->own;
	any_kernel_options o;
	int64_t dims = egm_target_dims(c->target);
	bench_must(any_kernel_init(&o, kernel));
	o.chains = b->chains;
	o.seed = 1;
	o.step_size = eps;
	bench_must(any_kernel_sampler(&c->sampler, c->target, &o));
	c->points = numbers(b, b->chains * dims);
	c->draws = numbers(b, b->chains * dims);
	c->energies = numbers(b, b->chains);
}

/* ---- W6 */

void bench_latent(bench *b)
{
	chains *c = set_up(b);
	egm_model *critic = bench_mlp(b, "critic", bench_critic, BENCH_LEAKY, 0),
	          *generator = bench_mlp(b, "generator", bench_generator, BENCH_RELU, 1);
	size_t before = bench_allocated();
	bench_must(egm_target_latent(&c->target, critic, generator, EGM_LATENT_ENERGY, NULL));
	egm_model_free(critic);
	egm_model_free(generator);
	b->chains = 64;
	c->transitions = 100;
	make_sampler(b, ANY_MALA, 0.02);
	b->memory = bench_allocated() - before;
	c->rng = (egm__rng){.seed = 2};
	b->step = step_from_normals;
	double f1, fl, g = bench_forward(bench_generator, 64, &f1, &fl), d = bench_forward(bench_critic, 64, &f1, &fl);
	b->gflop = 1e-9 * 101 * 2 * (g + d);
}

/* ---- W7 */

enum { GAUSS = 100 };

static egm__id build_gauss(const egm_target *target, egm__graph *g, egm__id x, egm__id *gradient)
{
	egm__id p = egm__leaf(g, EGM__SLOT_TARGET_CONSTANTS, 0, egm__shape2(GAUSS, GAUSS));
	*gradient = egm__matmul(g, x, p, 0, 0);
	return egm__scale(g, egm__row_sum(g, egm__mul(g, x, *gradient)), 0.5);
}

void bench_langevin(bench *b)
{
	chains *c = set_up(b);
	double ones[GAUSS];
	for (int i = 0; i < GAUSS; i++) ones[i] = 1;
	c->precision = numbers(b, GAUSS * GAUSS);
	bench_precision(b, GAUSS, ones, -0.45, c->precision);
	size_t before = bench_allocated();
	bench_must(egm__target_create(&c->target, b->context, b->dtype, GAUSS, 0, NULL));
	c->target->build = build_gauss;
	c->target->constants = c->precision;
	c->target->gradient_suffices = 1;
	b->chains = 1000;
	c->transitions = 1000;
	make_sampler(b, ANY_ULA, 0.1);
	b->memory = bench_allocated() - before;
	b->gflop = 1e-9 * 1000 * 2 * 1000 * GAUSS * GAUSS;
}

/* ---- dense precisions */

static double dot(int64_t n, const double *x, const double *y)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) sum += x[i] * y[i];
	return sum;
}

/* Makes the rows of q [d, d] orthonormal by two passes of Gram and Schmidt. */
static void orthonormalise(int64_t d, double *q)
{
	for (int64_t i = 0; i < d; i++) {
		for (int64_t again = 0; again < 2; again++)
			for (int64_t j = 0; j < i; j++) {
				double along = dot(d, q + i * d, q + j * d);
				for (int64_t k = 0; k < d; k++) q[i * d + k] -= along * q[j * d + k];
			}
		double length = sqrt(dot(d, q + i * d, q + i * d));
		for (int64_t k = 0; k < d; k++) q[i * d + k] /= length;
	}
}

void bench_precision(const bench *b, int64_t d, const double *diagonal, double beside, void *p)
{
	double *q = malloc((size_t)(2 * d * d) * sizeof *q), *m = q + d * d;
	egm__rng rng = {.seed = 3};
	if (!q) bench_must(EGM_ERR_MEMORY);
	egm__kernels_get(b->context->simd, EGM_F64)->normal(d * d, q, &rng, 0);
	orthonormalise(d, q);
	/* rows of q are the axes: P = q^T M q, m = M q */
	for (int64_t i = 0; i < d; i++)
		for (int64_t k = 0; k < d; k++)
			m[i * d + k] = diagonal[i] * q[i * d + k] + (i ? beside * q[(i - 1) * d + k] : 0) +
			               (i + 1 < d ? beside * q[(i + 1) * d + k] : 0);
	for (int64_t i = 0; i < d; i++)
		for (int64_t k = i; k < d; k++) {
			double sum = 0;
			for (int64_t j = 0; j < d; j++) sum += q[j * d + i] * m[j * d + k];
			put(b, p, i * d + k, sum);
			put(b, p, k * d + i, sum);
		}
	free(q);
}
