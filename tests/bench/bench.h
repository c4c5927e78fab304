/* SPDX-License-Identifier: MIT */
/* A workload of egm-bench: what is timed, and what is reported beside the time. */
#ifndef BENCH_H
#define BENCH_H

#include <egm/context.h>
#include <stdint.h>

typedef struct bench bench;
struct bench {
	const char *work;
	int threads, iters, warmup;
	egm_dtype dtype;
	int64_t chains, leapfrogs; /* of the gauss100 workloads; 0: the workload's own */
	int64_t batch, width;      /* of toy_meg and dsm_mlp; 0: the workload's own */
	int roof;                  /* whether the rate of a large product is measured */
	egm_context *context;
	double gflop;              /* of a step: its minimal matrix products */
	size_t memory;             /* bytes: of the arena of a trainer, or all that a sampler has allocated */
	void (*step)(bench *b);    /* what is timed */
	void (*between)(bench *b); /* after each timed step; NULL: nothing */
	void (*report)(bench *b,
	               const double *ms); /* prints further members of the line, from the sorted times; NULL: none */
	void (*release)(bench *b);
	void *own;
};

void bench_must(egm_status st);
double bench_seconds(void);
size_t bench_allocated(void); /* bytes allocated by the allocator of the context */

/* Set-ups fill in the members after `context`. */
void bench_training(bench *b); /* training.c */
void bench_latent(bench *b);   /* chains.c */
void bench_langevin(bench *b);
void bench_gauss100(bench *b); /* gauss100.c */

#endif
