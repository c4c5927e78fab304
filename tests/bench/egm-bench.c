/* SPDX-License-Identifier: MIT */
/* egm-bench: the time of one training step of a known workload, as one line of JSON.
 *
 *   W1  toy_meg        energy GAN, nets 3 x 512, batch 64: one generator and one energy phase
 *   W1s toy_meg_d64    the same, 64 wide
 *   W2  wgangp_mlp     WGAN-GP, 784-512-256-1 and 128-256-512-784, batch 64
 *   W3  wgangp_mlp_wide  the same, 784-2048-2048-1 and 128-2048-2048-784, batch 256
 *   W5  dsm_mlp        denoising score matching, 784-1024-1024-1 SiLU, batch 128
 *
 * gflop counts the minimal matrix products of a step (for W5: 6F - F1 - 3FL, F the forward pass, F1 and FL its first
 * and last layer; for the others as their phases add up). roofline_ratio = (gflop / gemm_gflops) / median seconds, with
 * the rate of a large square product measured in the same process. */
#include "wgangp.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <tensor/gemm_impl.h>
#include <time.h>

typedef struct bench {
	const char *work;
	int threads, iters, warmup;
	egm_dtype dtype;
	egm_context *context;
	egm_loss *loss;
	egm_trainer *trainer;
	egm_data *data;
	int64_t batch, width;
	double gflop;
} bench;

static long allocations;

static void *count_alloc(size_t size, size_t alignment, void *user)
{
	void *p = NULL;
	__atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
	return posix_memalign(&p, alignment < sizeof p ? sizeof p : alignment, size ? size : 1) ? NULL : p;
}

static void count_free(void *p, size_t size, void *user)
{
	free(p);
}

static void must(egm_status st)
{
	if (st == EGM_OK) return;
	fprintf(stderr, "egm-bench: %s: %s\n", egm_status_name(st), egm_last_error());
	exit(1);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- nets: widths closed by 0 */

enum { RELU, LEAKY, SILU };

static egm_model *mlp(bench *b, const char *name, const int64_t *widths, int activation, int tanh_last)
{
	egm_model *m = NULL;
	must(egm_model_create(&m, b->context, name, widths[0]));
	for (int i = 1; widths[i]; i++) {
		egm_model_dense(m, widths[i]);
		if (!widths[i + 1]) break;
		if (activation == RELU)
			egm_model_relu(m);
		else if (activation == LEAKY)
			egm_model_leaky_relu(m, 0.2);
		else
			egm_model_silu(m);
	}
	if (tanh_last) egm_model_tanh(m);
	must(egm_model_build(m, b->dtype, 1));
	return m;
}

/* forward products of a net at a batch size, in flop; its first and last layer in *first and *last */
static double forward(const int64_t *w, double batch, double *first, double *last)
{
	double sum = 0;
	*first = *last = 0;
	for (int i = 1; w[i]; i++) {
		double f = 2 * batch * (double)w[i - 1] * (double)w[i];
		if (i == 1) *first = f;
		*last = f;
		sum += f;
	}
	return sum;
}

static void toy(bench *b, int64_t d)
{
	int64_t g[] = {2, d, d, d, 2, 0}, e[] = {2, d, d, d, 1, 0}, h[] = {4, d, d, d, 1, 0};
	egm_energy_gan_options o;
	must(egm_energy_gan_options_init(&o, sizeof o));
	o.energy_steps = 1;
	o.entropy_weight = 0.5;
	o.marginal = EGM_MARGINAL_DERANGEMENT;
	b->batch = 64, b->width = 2;
	egm_model *nets[] = {mlp(b, "energy", e, LEAKY, 0), mlp(b, "generator", g, RELU, 0),
	                     mlp(b, "statistics", h, LEAKY, 0)};
	must(egm_energy_gan_create(&b->loss, nets[0], nets[1], nets[2], &o));
	for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	double g1, gl, e1, el, h1, hl;
	double fg = forward(g, 64, &g1, &gl), fe = forward(e, 64, &e1, &el), fh = forward(h, 128, &h1, &hl);
	b->gflop = 1e-9 * (fg + 7 * fe - el - e1 + 3 * fg - g1 + 2 * fe + 3 * fh);
}

static void wgangp(bench *b, const int64_t *g, const int64_t *d, int64_t batch)
{
	b->batch = batch, b->width = 784;
	egm_model *critic = mlp(b, "critic", d, LEAKY, 0), *generator = mlp(b, "generator", g, RELU, 1);
	must(bench_wgangp_create(&b->loss, critic, generator));
	egm_model_free(critic);
	egm_model_free(generator);
	double g1 = 0, gl = 0, d1 = 0, dl = 0, fg = forward(g, (double)batch, &g1, &gl),
	       fd = forward(d, (double)batch, &d1, &dl);
	b->gflop = 1e-9 * (fg + 2 * (3 * fd - d1) + 4 * fd - dl + 3 * fg - g1 + 2 * fd);
}

static void dsm(bench *b)
{
	int64_t e[] = {784, 1024, 1024, 1, 0};
	egm_dsm_options o;
	must(egm_dsm_options_init(&o, sizeof o));
	b->batch = 128, b->width = 784;
	egm_model *energy = mlp(b, "energy", e, SILU, 0);
	must(egm_dsm_create(&b->loss, energy, &o));
	egm_model_free(energy);
	double f1, fl, f = forward(e, 128, &f1, &fl);
	b->gflop = 1e-9 * (6 * f - f1 - 3 * fl);
}

static void set_up(bench *b)
{
	static const int64_t g2[] = {128, 256, 512, 784, 0}, d2[] = {784, 512, 256, 1, 0};
	static const int64_t g3[] = {128, 2048, 2048, 784, 0}, d3[] = {784, 2048, 2048, 1, 0};
	if (!strcmp(b->work, "toy_meg"))
		toy(b, 512);
	else if (!strcmp(b->work, "toy_meg_d64"))
		toy(b, 64);
	else if (!strcmp(b->work, "wgangp_mlp"))
		wgangp(b, g2, d2, 64);
	else if (!strcmp(b->work, "wgangp_mlp_wide"))
		wgangp(b, g3, d3, 256);
	else if (!strcmp(b->work, "dsm_mlp"))
		dsm(b);
	else {
		fprintf(stderr, "egm-bench: no workload '%s': toy_meg toy_meg_d64 wgangp_mlp wgangp_mlp_wide dsm_mlp\n",
		        b->work);
		exit(1);
	}
}

static void make_data(bench *b)
{
	int64_t rows = 16 * b->batch, n = rows * b->width;
	size_t es = b->dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	void *x = malloc((size_t)n * es);
	if (!x) must(EGM_ERR_MEMORY);
	for (int64_t i = 0; i < n; i++) {
		double v = (double)((uint64_t)i * 2654435761u % 65536) / 32768 - 1;
		if (b->dtype == EGM_F32)
			((float *)x)[i] = (float)v;
		else
			((double *)x)[i] = v;
	}
	must(egm_data_create(&b->data, b->context, b->dtype, x, rows, b->width));
	free(x);
}

/* ---- measuring */

static double gemm_rate(const bench *b)
{
	int64_t n = b->dtype == EGM_F32 ? 2048 : 1536;
	size_t es = b->dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	char *x = calloc(3 * (size_t)(n * n), es);
	if (!x) must(EGM_ERR_MEMORY);
	egm__gemm p = {n, n, n, n, n, n, 1, 0, (int32_t)b->dtype, 0, 0};
	double best = 0;
	for (int i = 0; i < 6; i++) {
		double t = seconds();
		egm__gemm_run(b->context, &p, x, x + (size_t)(n * n) * es, x + 2 * (size_t)(n * n) * es);
		double rate = 2e-9 * (double)(n * n * n) / (seconds() - t);
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

static void measure(bench *b)
{
	double *times = malloc((size_t)b->iters * sizeof *times);
	if (!times) must(EGM_ERR_MEMORY);
	double gemm = gemm_rate(b);
	must(egm_trainer_fit(b->trainer, b->data, b->warmup, NULL, NULL));
	long before = allocations;
	for (int i = 0; i < b->iters; i++) {
		double t = seconds();
		must(egm_trainer_fit(b->trainer, b->data, 1, NULL, NULL));
		times[i] = 1e3 * (seconds() - t);
	}
	long made = allocations - before;
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	qsort(times, (size_t)b->iters, sizeof *times, ascending);
	double median = times[b->iters / 2], rate = b->gflop / median * 1e3;
	printf(
	    "{\"work\": \"%s\", \"threads\": %d, \"iters\": %d, \"dtype\": \"%s\", \"median_ms\": %.4f, \"min_ms\": %.4f, "
	    "\"gflop\": %.6f, \"gflops\": %.2f, \"gemm_gflops\": %.2f, \"roofline_ratio\": %.4f, "
	    "\"allocs_per_step\": %g, \"arena_mb\": %.3f, \"rss_mb\": %.1f, \"backend\": \"%s\"}\n",
	    b->work, b->threads, b->iters, b->dtype == EGM_F32 ? "f32" : "f64", median, times[0], b->gflop, rate, gemm,
	    rate / gemm, (double)made / b->iters, (double)egm_trainer_arena_bytes(b->trainer) / 1048576,
	    (double)usage.ru_maxrss / 1024, egm_context_backend(b->context));
	free(times);
}

static void parse(bench *b, int argc, char **argv)
{
	static const struct option longs[] = {{"work", 1, 0, 'w'},   {"threads", 1, 0, 't'}, {"iters", 1, 0, 'i'},
	                                      {"warmup", 1, 0, 'u'}, {"dtype", 1, 0, 'd'},   {0}};
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'w')
			b->work = optarg;
		else if (c == 't')
			b->threads = atoi(optarg);
		else if (c == 'i')
			b->iters = atoi(optarg);
		else if (c == 'u')
			b->warmup = atoi(optarg);
		else if (c == 'd')
			b->dtype = strcmp(optarg, "f64") ? EGM_F32 : EGM_F64;
		else
			b->iters = 0;
	}
	if (b->work && b->threads > 0 && b->iters > 0 && optind == argc) return;
	fprintf(stderr, "egm-bench --work NAME [--threads N] [--iters K] [--warmup W] [--dtype f32|f64]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	bench b = {.threads = 1, .iters = 50, .warmup = 5, .dtype = EGM_F32};
	egm_context_options o;
	egm_trainer_options t;
	parse(&b, argc, argv);
	must(egm_context_options_init(&o, sizeof o));
	o.alloc = count_alloc;
	o.dealloc = count_free;
	o.threads = b.threads;
	o.blas_threads = 1;
	must(egm_context_create(&b.context, &o));
	set_up(&b);
	make_data(&b);
	must(egm_trainer_options_init(&t, sizeof t));
	t.batch = b.batch;
	must(egm_trainer_create(&b.trainer, b.loss, &t));
	measure(&b);
	egm_trainer_free(b.trainer);
	egm_loss_free(b.loss);
	egm_data_free(b.data);
	egm_context_free(b.context);
	return 0;
}
