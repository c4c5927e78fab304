/* SPDX-License-Identifier: MIT */
/* gemm-shapes: the rate of the product of the library, and of others, on the shapes of the workloads and on squares.
 *
 *   gemm-shapes [f32|f64] [auto|portable|avx2|avx512|neon] [THREADS] LIBRARY...
 *
 * LIBRARY is the file of a CBLAS, which a context opens as a program's would, or one that exports dnnl_sgemm, the
 * product of oneDNN, which has no form for f64. The table gives GFLOP/s, the best of several rounds in which the
 * candidates alternate. A shape has four sets of operands that are used in turn, like the layers of a network, so that
 * a product finds as much in the cache as in a training step; large products, whose operands no cache holds, have one.
 *
 * With several threads each round begins after a pause, because the threads of the candidate before still wait for work
 * in a loop: for 200 ms those of Intel's OpenMP. */
#include "bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tensor/gemm_impl.h>
#include <time.h>

enum { SETS = 4, ROUNDS = 7, LIBRARIES = 8, LARGE = 1 << 30 };

typedef int dnnl_sgemm_fn(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                          const float *b, int64_t ldb, float beta, float *c, int64_t ldc);

typedef struct library {
	const char *name;
	egm_context *context;
	dnnl_sgemm_fn *sgemm; /* of oneDNN, instead of the context */
} library;

typedef struct shape {
	const char *use;
	int64_t m, n, k;
	int ta, tb;
} shape;

static const shape shapes[] = {
    {"W1 forward", 64, 512, 512, 0, 1},
    {"W1 dX", 64, 512, 512, 0, 0},
    {"W1 dW", 512, 512, 64, 1, 0},
    {"W1 forward, 2B", 128, 512, 512, 0, 1},
    {"W1s forward", 64, 64, 64, 0, 1},
    {"W1s dW", 64, 64, 64, 1, 0},
    {"W2 forward", 64, 512, 784, 0, 1},
    {"W2 dX", 64, 784, 512, 0, 0},
    {"W2 dW", 512, 784, 64, 1, 0},
    {"W3 forward", 256, 2048, 2048, 0, 1},
    {"W3 dX", 256, 2048, 2048, 0, 0},
    {"W3 dW", 2048, 2048, 256, 1, 0},
    {"W4 forward", 3136, 128, 1024, 0, 1},
    {"W4 dX", 3136, 1024, 128, 0, 0},
    {"W4 dW", 128, 1024, 3136, 1, 0},
    {"W5 forward", 128, 1024, 1024, 0, 1},
    {"W5 dX", 128, 1024, 1024, 0, 0},
    {"W5 dW", 1024, 1024, 128, 1, 0},
    {"W6 dX", 64, 512, 784, 0, 0},
    {"W7", 1000, 100, 100, 0, 0},
    {"square", 256, 256, 256, 0, 0},
    {"square", 512, 512, 512, 0, 0},
    {"square", 1024, 1024, 1024, 0, 0},
    {"square", 2048, 2048, 2048, 0, 0},
    {"square", 4096, 4096, 4096, 0, 0},
    /* on which the rule of lib/tensor/gemm_blas.c rests */
    {"small", 8, 8, 8, 0, 0},
    {"small", 16, 16, 16, 0, 0},
    {"small", 32, 32, 32, 0, 0},
    {"narrow", 1024, 16, 16, 0, 1},
    {"narrow", 1024, 2, 64, 0, 1},
    {"row", 1, 512, 512, 0, 1},
    {"column", 512, 1, 512, 0, 0},
};

typedef struct operands {
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

static double flops(const shape *s)
{
	return 2.0 * (double)s->m * (double)s->n * (double)s->k;
}

static int is_large(const shape *s)
{
	return flops(s) > LARGE * 4.0;
}

static int sets_of(const shape *s)
{
	return is_large(s) ? 1 : SETS;
}

static void call(const library *l, const operands *o, int64_t set)
{
	const shape *s = o->s;
	egm__gemm p = gemm_of(o);
	const void *a = o->a + set * s->m * s->k * (int64_t)o->es, *b = o->b + set * s->k * s->n * (int64_t)o->es;
	void *c = o->c + set * s->m * s->n * (int64_t)o->es;
	if (l->sgemm)
		l->sgemm(s->ta ? 'T' : 'N', s->tb ? 'T' : 'N', s->m, s->n, s->k, 1, a, p.lda, b, p.ldb, 0, c, p.ldc);
	else
		egm__gemm_run(l->context, &p, a, b, c, o->scratch);
}

/* GFLOP/s of one round of about 20 ms. */
static double rate(const library *l, const operands *o)
{
	double start = bench_seconds(), now;
	int64_t calls = 0;
	do {
		for (int set = 0; set < sets_of(o->s); set++) call(l, o, set);
		calls += sets_of(o->s);
		now = bench_seconds();
	} while (now - start < 0.02);
	return 1e-9 * flops(o->s) * (double)calls / (now - start);
}

static void measure(const library *libraries, int n, const operands *o, int threads)
{
	const struct timespec pause = {0, 250000000};
	double best[LIBRARIES + 1] = {0};
	const shape *s = o->s;
	for (int round = 0; round < (is_large(s) ? 3 : ROUNDS); round++)
		for (int i = 0; i < n; i++) {
			if (libraries[i].sgemm && o->dtype != EGM_F32) continue;
			if (threads > 1) nanosleep(&pause, NULL);
			double r = rate(&libraries[i], o);
			if (r > best[i]) best[i] = r;
		}
	printf("| %s | %lld x %lld x %lld %c%c |", s->use, (long long)s->m, (long long)s->n, (long long)s->k,
	       s->ta ? 'T' : 'N', s->tb ? 'T' : 'N');
	for (int i = 0; i < n; i++)
		if (best[i] > 0)
			printf(" %.1f |", best[i]);
		else
			printf(" |");
	printf("\n");
	fflush(stdout);
}

static egm_context *create(egm_context_options options, int32_t products, const char *blas)
{
	egm_context *context;
	options.products = products;
	options.blas = blas;
	bench_must(egm_context_create(&context, &options));
	return context;
}

static int open_libraries(library *libraries, const egm_context_options *options, int argc, char **argv)
{
	int n = 1;
	libraries[0] = (library){"libegm", create(*options, EGM_PRODUCTS_OWN, NULL), NULL};
	for (int i = 0; i < argc && n <= LIBRARIES; i++, n++) {
		void *file = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL), *sgemm = file ? dlsym(file, "dnnl_sgemm") : NULL;
		libraries[n] = (library){.name = argv[i]};
		memcpy(&libraries[n].sgemm, &sgemm, sizeof sgemm);
		if (!sgemm) libraries[n].context = create(*options, EGM_PRODUCTS_BLAS, argv[i]);
	}
	return n;
}

/* The numbers of threads of the candidates, unless the environment sets them. */
static void set_threads(const char *number)
{
	static const char *const names[] = {"OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS",
	                                    "OMP_NUM_THREADS"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) setenv(names[i], number, 0);
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
	options.threads = next < argc ? atoi(argv[next]) : 0;
	if (options.threads > 0)
		set_threads(argv[next++]);
	else
		set_threads("1"), options.threads = 1;
	operands o = {.dtype = type == 1 ? EGM_F64 : EGM_F32};
	options.simd = path >= 0 ? path : EGM_SIMD_AUTO;
	int n = open_libraries(libraries, &options, argc - next, argv + next);
	o.es = o.dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	printf("| product | m x n x k |");
	for (int i = 0; i < n; i++)
		printf(" %s |", libraries[i].context ? egm_context_backend(libraries[i].context) : libraries[i].name);
	printf("\n|---|---|");
	for (int i = 0; i < n; i++) printf("---|");
	printf("\n");
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		const shape *s = o.s = &shapes[i];
		o.a = numbers(&o, sets_of(s) * s->m * s->k);
		o.b = numbers(&o, sets_of(s) * s->k * s->n);
		o.c = numbers(&o, sets_of(s) * s->m * s->n);
		egm__gemm p = gemm_of(&o);
		if (posix_memalign((void **)&o.scratch, 64, (size_t)egm__gemm_scratch(libraries[0].context, &p) + 64))
			bench_must(EGM_ERR_MEMORY);
		measure(libraries, n, &o, options.threads);
		free(o.scratch);
		free(o.a);
		free(o.b);
		free(o.c);
	}
	for (int i = 0; i < n; i++) egm_context_free(libraries[i].context);
	return 0;
}
