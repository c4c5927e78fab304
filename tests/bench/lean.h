/* SPDX-License-Identifier: MIT */
/* One chain of HMC (MALA with one step) on a callback, written for this case alone: arrays on the stack, no options, no
 * checks. It is the reference for the overhead of a sampler of the library. Its normals are those of the library; drawn
 * one by one, by Marsaglia's polar method, they would take more than twice the time. */
#ifndef BENCH_LEAN_H
#define BENCH_LEAN_H

#include <egm/sampler.h>
#include <tensor/kernels_impl.h>

enum { LEAN = 100 };

typedef struct lean {
	egm_energy_fn energy;
	void *user;
	const egm__kernels *table; /* of f64: its normals */
	egm__rng rng;
	uint64_t state; /* of the uniforms */
	double h, jitter;
	int64_t steps; /* leapfrog */
	double x[LEAN], g[LEAN], value;
	double accept_sum;
} lean;

void lean_start(lean *l);
/* n draws of `thin` transitions, draws [n, 100]. */
void lean_run(lean *l, int64_t n, int64_t thin, double *draws);

#endif
