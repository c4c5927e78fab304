/* SPDX-License-Identifier: MIT */
/* gemm-shapes: the rate of the product of the library and of any CBLAS on the shapes of the workloads.
 *
 *   gemm-shapes [f32|f64] [portable|avx2|avx512|neon] LIBRARY...
 *
 * LIBRARY is the file of a CBLAS. The table gives GFLOP/s, the best of several rounds in which the candidates
 * alternate. Each shape has four sets of operands that are used in turn, like the layers of a network, so that a
 * product finds as much in the cache as in a training step. */
#include "bench.h"
#include "blas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tensor/gemm_impl.h>

enum { SETS = 4, ROUNDS = 7, LIBRARIES = 6 };

typedef struct library {
	const char *name;
	int own; /* the product of libegm */
	blas calls;
} library;

typedef struct shape {
	const char *use;
	int64_t m, n, k;
	int ta, tb;
} shape;

static const shape shapes[] = {
    {"W1 forward", 64, 512, 512, 0, 1},      {"W1 dX", 64, 512, 512, 0, 0},     {"W1 dW", 512, 512, 64, 1, 0},
    {"W1 forward, 2B", 128, 512, 512, 0, 1}, {"W1s forward", 64, 64, 64, 0, 1}, {"W1s dW", 64, 64, 64, 1, 0},
    {"W2 forward", 64, 512, 784, 0, 1},      {"W2 dX", 64, 784, 512, 0, 0},     {"W2 dW", 512, 784, 64, 1, 0},
    {"W3 forward", 256, 2048, 2048, 0, 1},   {"W3 dX", 256, 2048, 2048, 0, 0},  {"W3 dW", 2048, 2048, 256, 1, 0},
    {"W4 forward", 3136, 128, 1024, 0, 1},   {"W4 dX", 3136, 1024, 128, 0, 0},  {"W4 dW", 128, 1024, 3136, 1, 0},
    {"W5 forward", 128, 1024, 1024, 0, 1},   {"W5 dX", 128, 1024, 1024, 0, 0},  {"W5 dW", 1024, 1024, 128, 1, 0},
    {"W6 dX", 64, 512, 784, 0, 0},           {"W7", 1000, 100, 100, 0, 0},      {"square", 1024, 1024, 1024, 0, 0},
};

typedef struct operands {
	egm_context *context;
	egm_dtype dtype;
	size_t es;
	char *a, *b, *c, *scratch;
	const shape *s;
} operands;

static egm__gemm gemm_of(const operands *o)
{
	const shape *s = o->s;
	return (egm__gemm){s->m,  s->n, s->k, s->ta ? s->m : s->k, s->tb ? s->k : s->n, s->n, 1, 0, (int32_t)o->dtype,
	                   s->ta, s->tb};
}

static void call(const library *l, const operands *o, int64_t set)
{
	const shape *s = o->s;
	int ta = s->ta ? TRANSPOSED : AS_IT_IS, tb = s->tb ? TRANSPOSED : AS_IT_IS;
	int m = (int)s->m, n = (int)s->n, k = (int)s->k, lda = s->ta ? m : k, ldb = s->tb ? k : n;
	const void *a = o->a + set * s->m * s->k * (int64_t)o->es, *b = o->b + set * s->k * s->n * (int64_t)o->es;
	void *c = o->c + set * s->m * s->n * (int64_t)o->es;
	if (l->own) {
		egm__gemm p = gemm_of(o);
		egm__gemm_run(o->context, &p, a, b, c, o->scratch);
	} else if (o->dtype == EGM_F32) {
		l->calls.sgemm(ROW_MAJOR, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, n);
	} else {
		l->calls.dgemm(ROW_MAJOR, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, n);
	}
}

/* GFLOP/s of one round of about 20 ms. */
static double rate(const library *l, const operands *o)
{
	double flop = 2.0 * (double)o->s->m * (double)o->s->n * (double)o->s->k, start = bench_seconds(), now;
	int64_t calls = 0;
	do {
		for (int set = 0; set < SETS; set++) call(l, o, set);
		calls += SETS;
		now = bench_seconds();
	} while (now - start < 0.02);
	return 1e-9 * flop * (double)calls / (now - start);
}

static void measure(const library *libraries, int n, const operands *o)
{
	double best[LIBRARIES + 1] = {0};
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < n; i++) {
			double r = rate(&libraries[i], o);
			if (r > best[i]) best[i] = r;
		}
	const shape *s = o->s;
	printf("| %s | %lld x %lld x %lld %c%c |", s->use, (long long)s->m, (long long)s->n, (long long)s->k,
	       s->ta ? 'T' : 'N', s->tb ? 'T' : 'N');
	for (int i = 0; i < n; i++) printf(" %.1f |", best[i]);
	printf("\n");
	fflush(stdout);
}

static int open_libraries(library *libraries, int argc, char **argv)
{
	int n = 1;
	libraries[0] = (library){.name = "libegm", .own = 1};
	for (int i = 0; i < argc && n <= LIBRARIES; i++, n++) {
		libraries[n] = (library){.name = argv[i]};
		blas_open(&libraries[n].calls, argv[i]);
	}
	return n;
}

static void *numbers(const operands *o, int64_t count)
{
	char *x = malloc((size_t)count * o->es);
	if (!x) bench_must(EGM_ERR_MEMORY);
	for (int64_t i = 0; i < count; i++) {
		double v = (double)(i * 7919 % 1000) / 500 - 1;
		if (o->dtype == EGM_F32)
			((float *)(void *)x)[i] = (float)v;
		else
			((double *)(void *)x)[i] = v;
	}
	return x;
}

/* The index of a word, -1 if it is none of them. */
static int which(const char *word, int n, const char *const *words)
{
	int i = n - 1;
	while (i >= 0 && (!word || strcmp(word, words[i]) != 0)) i--;
	return i;
}

int main(int argc, char **argv)
{
	static const char *const types[] = {"f32", "f64"}, *const paths[] = {"auto", "portable", "avx2", "avx512", "neon"};
	library libraries[LIBRARIES + 1];
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	int next = 1, type = which(argv[next], 2, types);
	next += type >= 0;
	int path = which(next < argc ? argv[next] : NULL, 5, paths);
	next += path >= 0;
	operands o = {.dtype = type == 1 ? EGM_F64 : EGM_F32};
	int n = open_libraries(libraries, argc - next, argv + next);
	o.es = o.dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	options.simd = path >= 0 ? path : EGM_SIMD_AUTO;
	bench_must(egm_context_create(&o.context, &options));
	printf("| product | m x n x k |");
	for (int i = 0; i < n; i++) printf(" %s |", libraries[i].name);
	printf("\n|---|---|");
	for (int i = 0; i < n; i++) printf("---|");
	printf("\n");
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		const shape *s = o.s = &shapes[i];
		o.a = numbers(&o, SETS * s->m * s->k);
		o.b = numbers(&o, SETS * s->k * s->n);
		o.c = numbers(&o, SETS * s->m * s->n);
		egm__gemm p = gemm_of(&o);
		if (posix_memalign((void **)&o.scratch, 64, (size_t)egm__gemm_scratch(o.context, &p) + 64))
			bench_must(EGM_ERR_MEMORY);
		measure(libraries, n, &o);
		free(o.scratch);
		free(o.a);
		free(o.b);
		free(o.c);
	}
	egm_context_free(o.context);
	return 0;
}
