/* SPDX-License-Identifier: MIT */
/* egm-bench: the time of one step of a known workload, as one line of JSON.
 *
 *   W1  toy_meg        energy GAN, networks 3 x 512, batch 64: one generator and one energy phase
 *   W1s toy_meg_d64    the same, 64 wide
 *   W2  wgangp_mlp     WGAN-GP, 784-512-256-1 and 128-256-512-784, batch 64
 *   W3  wgangp_mlp_wide  the same, 784-2048-2048-1 and 128-2048-2048-784, batch 256
 *   W4  dcgan28        energy GAN on images of 28 x 28, two convolutions in each network, batch norm, batch 64
 *   W5  dsm_mlp        denoising score matching, 784-1024-1024-1 SiLU, batch 128
 *   W6  latent_mala    100 MALA transitions of 64 chains in the latent space of the networks of W2
 *   W7  langevin_gauss 1000 ULA transitions of 1000 chains on a normal distribution of 100 dimensions, dense precision
 *   gauss100_*         chains on a callback of 100 dimensions, condition number 1000 (gauss100.c)
 *
 * gflop counts the minimal matrix products of a step. roofline_ratio = (gflop / gemm_gflops) / median seconds, with
 * the rate of a BLAS on a large square product, measured in the same process; --roof 0 leaves that out, for profilers.
 * first_step_at is the time of CLOCK_MONOTONIC at the end of the first step, for whoever started the process.
 * arena_mb is the memory of a trainer's programs, or all that target and sampler have allocated; rss_mb the peak
 * of the process after its first step. */
#include "bench.h"
#include "blas.h"

#include <core/context_impl.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	void (*set_up)(bench *b);
} works[] = {
    {"toy_meg", bench_training},          {"toy_meg_d64", bench_training},    {"wgangp_mlp", bench_training},
    {"wgangp_mlp_wide", bench_training},  {"dcgan28", bench_training},        {"dsm_mlp", bench_training},
    {"latent_mala", bench_latent},        {"langevin_gauss", bench_langevin}, {"gauss100_mala", bench_gauss100},
    {"gauss100_hmc", bench_gauss100},     {"gauss100_nuts", bench_gauss100},  {"gauss100_lean_mala", bench_gauss100},
    {"gauss100_lean_hmc", bench_gauss100}};

enum { WORKS = sizeof works / sizeof *works };

static long allocations;
static size_t allocated;

static void *count_alloc(size_t size, size_t alignment, void *user)
{
	void *p = NULL;
	__atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&allocated, size, __ATOMIC_RELAXED);
	return posix_memalign(&p, alignment < sizeof p ? sizeof p : alignment, size ? size : 1) ? NULL : p;
}

static void count_free(void *p, size_t size, void *user)
{
	__atomic_sub_fetch(&allocated, size, __ATOMIC_RELAXED);
	free(p);
}

size_t bench_allocated(void)
{
	return __atomic_load_n(&allocated, __ATOMIC_RELAXED);
}

/* ---- measuring */

/* A large square product, whose columns are divided among the threads. */
typedef struct square {
	blas calls;
	egm_dtype dtype;
	int n, parts;
	const void *a, *b;
	void *c;
} square;

static void multiply_part(int32_t index, void *argument)
{
	const square *s = argument;
	int n = s->n, first = n * index / s->parts, columns = n * (index + 1) / s->parts - first;
	if (s->dtype == EGM_F32)
		s->calls.sgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, n, columns, n, 1, s->a, n, (const float *)s->b + first, n, 0,
		               (float *)s->c + first, n);
	else
		s->calls.dgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, n, columns, n, 1, s->a, n, (const double *)s->b + first, n, 0,
		               (double *)s->c + first, n);
}

static double gemm_rate(const bench *b)
{
	square s = {.dtype = b->dtype, .n = b->dtype == EGM_F32 ? 2048 : 1536, .parts = b->threads};
	size_t bytes = (size_t)s.n * (size_t)s.n * (b->dtype == EGM_F32 ? sizeof(float) : sizeof(double));
	char *x = calloc(3, bytes);
	double best = 0;
	if (!x) bench_must(EGM_ERR_MEMORY);
	blas_open(&s.calls, NULL);
	s.a = x, s.b = x + bytes, s.c = x + 2 * bytes;
	for (int i = 0; i < 6; i++) {
		double t = bench_seconds();
		egm__parallel(b->context, s.parts, multiply_part, &s);
		double rate = 2e-9 * s.n * (double)s.n * s.n / (bench_seconds() - t);
		if (rate > best) best = rate;
	}
	free(x);
	return best;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Times of the steps in ms, sorted; the allocations made in them. */
static long run(bench *b, double *ms)
{
	long made = 0;
	for (int i = 0; i < b->warmup; i++) b->step(b);
	for (int i = 0; i < b->iters; i++) {
		long before = allocations;
		double t = bench_seconds();
		b->step(b);
		ms[i] = 1e3 * (bench_seconds() - t);
		made += allocations - before;
		if (b->between) b->between(b);
	}
	qsort(ms, (size_t)b->iters, sizeof *ms, ascending);
	return made;
}

/* Memory is measured before the large product allocates its matrices. */
static void measure(bench *b)
{
	double *ms = malloc((size_t)b->iters * sizeof *ms);
	struct rusage usage;
	if (!ms) bench_must(EGM_ERR_MEMORY);
	b->step(b);
	double first = bench_seconds();
	getrusage(RUSAGE_SELF, &usage);
	double gemm = b->roof ? gemm_rate(b) : 0;
	long made = run(b, ms);
	double median = ms[b->iters / 2], rate = b->gflop / median * 1e3;
	printf(
	    "{\"work\": \"%s\", \"threads\": %d, \"iters\": %d, \"dtype\": \"%s\", \"median_ms\": %.4f, \"min_ms\": %.4f, "
	    "\"gflop\": %.6f, \"gflops\": %.2f, ",
	    b->work, b->threads, b->iters, b->dtype == EGM_F32 ? "f32" : "f64", median, ms[0], b->gflop, rate);
	if (b->roof) printf("\"gemm_gflops\": %.2f, \"roofline_ratio\": %.4f, ", gemm, rate / gemm);
	printf(
	    "\"first_step_at\": %.4f, \"allocs_per_step\": %g, \"arena_mb\": %.3f, \"rss_mb\": %.1f, \"backend\": \"%s\"",
	    first, (double)made / b->iters, (double)b->memory / 1048576, (double)usage.ru_maxrss / 1024,
	    egm_context_backend(b->context));
	if (b->report) b->report(b, ms);
	printf("}\n");
	free(ms);
}

/* ---- the command line */

static void usage(void)
{
	fprintf(stderr, "usage: egm-bench --work NAME [--threads N] [--iters K] [--warmup W] [--dtype f32|f64]\n"
	                "          [--roof 0]                      without the rate of a large product\n"
	                "          [--chains C] [--leapfrogs L]    gauss100_* alone, trajectories of its hmc\n"
	                "          [--batch B] [--width W]         toy_meg and dsm_mlp alone\nworkloads:");
	for (int i = 0; i < WORKS; i++) fprintf(stderr, " %s", works[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static int integer(const char *name, int low)
{
	char *end;
	errno = 0;
	long value = strtol(optarg, &end, 10);
	if (!errno && end != optarg && !*end && value >= low && value <= INT_MAX) return (int)value;
	fprintf(stderr, "egm-bench: --%s: expected an integer from %d on, got '%s'\n", name, low, optarg);
	exit(2);
}

static egm_dtype type(void)
{
	if (!strcmp(optarg, "f32")) return EGM_F32;
	if (!strcmp(optarg, "f64")) return EGM_F64;
	fprintf(stderr, "egm-bench: --dtype: expected f32 or f64, got '%s'\n", optarg);
	exit(2);
}

/* Rejects options that the workload would ignore. */
static void reject(const bench *b, const char *name, int64_t value, int reads)
{
	if (!value || reads) return;
	fprintf(stderr, "egm-bench: %s reads no --%s\n", b->work, name);
	exit(2);
}

static void check(const bench *b)
{
	int sized = !strcmp(b->work, "toy_meg") || !strcmp(b->work, "dsm_mlp");
	int gauss = !strncmp(b->work, "gauss100_", 9);
	reject(b, "batch", b->batch, sized);
	reject(b, "width", b->width, sized);
	reject(b, "chains", b->chains, gauss);
	reject(b, "leapfrogs", b->leapfrogs, gauss && strstr(b->work, "hmc") != NULL);
}

static void parse(bench *b, int argc, char **argv)
{
	static const struct option longs[] = {{"work", 1, 0, 'w'},
	                                      {"threads", 1, 0, 't'},
	                                      {"iters", 1, 0, 'i'},
	                                      {"warmup", 1, 0, 'u'},
	                                      {"dtype", 1, 0, 'd'},
	                                      {"chains", 1, 0, 'c'},
	                                      {"leapfrogs", 1, 0, 'l'},
	                                      {"batch", 1, 0, 'b'},
	                                      {"width", 1, 0, 'h'},
	                                      {"roof", 1, 0, 'r'},
	                                      {0}};
	for (int c, at; (c = getopt_long(argc, argv, "", longs, &at)) != -1;) {
		if (c == 'w')
			b->work = optarg;
		else if (c == 't')
			b->threads = integer(longs[at].name, 1);
		else if (c == 'i')
			b->iters = integer(longs[at].name, 1);
		else if (c == 'u')
			b->warmup = integer(longs[at].name, 0);
		else if (c == 'd')
			b->dtype = type();
		else if (c == 'c')
			b->chains = integer(longs[at].name, 1);
		else if (c == 'l')
			b->leapfrogs = integer(longs[at].name, 1);
		else if (c == 'b')
			b->batch = integer(longs[at].name, 1);
		else if (c == 'h')
			b->width = integer(longs[at].name, 1);
		else if (c == 'r')
			b->roof = integer(longs[at].name, 0);
		else
			usage();
	}
	if (!b->work || optind != argc) usage();
}

int main(int argc, char **argv)
{
	bench b = {.threads = 1, .iters = 50, .warmup = 5, .dtype = EGM_F32, .roof = 1};
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	int i = 0;
	parse(&b, argc, argv);
	while (i < WORKS && strcmp(b.work, works[i].name)) i++;
	if (i == WORKS) {
		fprintf(stderr, "egm-bench: no workload '%s'\n", b.work);
		usage();
	}
	check(&b);
	o.alloc = count_alloc;
	o.dealloc = count_free;
	o.threads = b.threads;
	bench_must(egm_context_create(&b.context, &o));
	works[i].set_up(&b);
	measure(&b);
	b.release(&b);
	egm_context_free(b.context);
	return 0;
}
