/* SPDX-License-Identifier: MIT */
/* Runs the list of kernels. Here are the dispatch and the kernels that are one loop: noise, maxima, copies, packed
 * products. */
#include <compile/kernel_impl.h>
#include <core/cpu_impl.h>
#include <math.h>
#include <string.h>

enum {
	PARALLEL_ELEMENTS = 200000, /* copied, below which waking a thread costs more than it saves */
	NOISE_BLOCK = 8192
};

typedef struct run {
	const egm__program *p;
	const egm__kernel *k;
	char *base[EGM__MAX_SLOTS];
	uint64_t seed, step;
	int32_t tasks;
	int64_t es; /* bytes of an element */
} run;

static char *at(const run *r, const egm__mem *m)
{
	return r->base[m->slot] + m->offset;
}

static void noise_task(int32_t index, void *argument)
{
	const run *r = argument;
	int64_t count = egm__shape_count(&r->k->shape), from = (int64_t)index * NOISE_BLOCK;
	int64_t n = count - from < NOISE_BLOCK ? count - from : NOISE_BLOCK;
	egm__rng rng = {.seed = r->seed, .step = r->step, .stream = r->k->stream};
	char *out = at(r, &r->k->a) + from * r->es;
	if (r->k->uniform)
		r->p->table->uniform(n, out, &rng, from);
	else
		r->p->table->normal(n, out, &rng, from);
}

static void run_noise(run *r)
{
	int64_t count = egm__shape_count(&r->k->shape);
	int32_t tasks = (int32_t)((count + NOISE_BLOCK - 1) / NOISE_BLOCK);
	egm__parallel(r->p->context, tasks, noise_task, r);
}

static void strided_max(const run *r)
{
	const egm__kernel *k = r->k;
	const char *a = at(r, &k->a);
	char *b = at(r, &k->b);
	int64_t rows = k->shape.d[0], cols = k->shape.d[1], width = k->axes & EGM__OVER_COLUMNS ? 1 : cols;
	int64_t n = (k->axes & EGM__OVER_ROWS ? 1 : rows) * width;
	for (int64_t i = 0; i < n; i++) egm__number_put(r->p->dtype, b, i, -INFINITY);
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < cols; j++) {
			char *y = b + ((k->axes & EGM__OVER_ROWS ? 0 : i) * width + (k->axes & EGM__OVER_COLUMNS ? 0 : j)) * r->es;
			double x = egm__number(r->p->dtype, a + (i * k->a.s[0] + j * k->a.s[1]) * r->es, 0);
			if (x > egm__number(r->p->dtype, y, 0) || isnan(x)) egm__number_put(r->p->dtype, y, 0, x);
		}
}

/* n elements that are `step` bytes apart. */
static void copy_row(int64_t n, int64_t size, char *to, const char *from, int64_t step)
{
	if (step == size)
		memcpy(to, from, (size_t)(n * size));
	else if (size == sizeof(float))
		for (int64_t i = 0; i < n; i++) memcpy(to + i * 4, from + i * step, 4);
	else
		for (int64_t i = 0; i < n; i++) memcpy(to + i * 8, from + i * step, 8);
}

static void copy_task(int32_t index, void *argument)
{
	const run *r = argument;
	const egm__kernel *k = r->k;
	int last = k->shape.rank - 1;
	int64_t width = k->shape.d[last], rows = egm__shape_count(&k->shape) / width;
	for (int64_t row = rows * index / r->tasks; row < rows * (index + 1) / r->tasks; row++) {
		int64_t rest = row, offset = 0;
		for (int d = last - 1; d >= 0; d--) {
			offset += rest % k->shape.d[d] * k->a.s[d];
			rest /= k->shape.d[d];
		}
		copy_row(width, r->es, at(r, &k->b) + row * width * r->es, at(r, &k->a) + offset * r->es, k->a.s[last] * r->es);
	}
}

static void strided_copy(run *r)
{
	r->tasks = egm__shape_count(&r->k->shape) < PARALLEL_ELEMENTS ? 1 : r->p->context->threads;
	egm__parallel(r->p->context, r->tasks, copy_task, r);
}

/* On this thread alone: samplers, for which it is made, run one block of chains on each thread. */
static void run_packed(const run *r)
{
	const egm__gemm *g = &r->k->gemm;
	egm__product product = {
	    .rows = g->m, .columns = g->n, .k = g->k, .left_row = g->lda, .left_step = 1, .ldc = g->ldc};
	product.alpha = g->alpha;
	product.beta = g->beta;
	r->p->table->multiply(&product, at(r, &r->k->a), r->p->packed + r->p->packs[r->k->pack].at, at(r, &r->k->c));
}

static void run_kernel(run *r)
{
	const egm__program *p = r->p;
	const egm__kernel *k = r->k;
	char *a = at(r, &k->a), *b = at(r, &k->b), *c = at(r, &k->c);
	switch (k->kind) {
	case EGM__KERNEL_GROUP:
		egm__run_group(p, k, r->base);
		break;
	case EGM__KERNEL_GEMM:
		egm__gemm_run(p->context, &k->gemm, a, b, c, p->arena + p->scratch_at);
		break;
	case EGM__KERNEL_PACKED:
		run_packed(r);
		break;
	case EGM__KERNEL_NOISE:
		run_noise(r);
		break;
	case EGM__KERNEL_MAX:
		strided_max(r);
		break;
	case EGM__KERNEL_COPY:
		strided_copy(r);
		break;
	case EGM__KERNEL_CONV:
		egm__run_conv(p, k, a, b, c, at(r, &k->conv.partial));
		break;
	default:
		egm__run_image(p, k, a, b);
		break;
	}
}

void egm__program_run_for(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint32_t slots, uint64_t seed,
                          uint64_t step)
{
	uint32_t mode = egm__cpu_fp_flush();
	run r = {.p = p, .seed = seed, .step = step, .es = (int64_t)egm__dtype_size(p->dtype)};
	for (int i = 1; i < EGM__MAX_SLOTS; i++) r.base[i] = bases[i];
	r.base[EGM__SLOT_ARENA] = p->arena;
	for (int32_t i = 0; i < p->n_kernels; i++) {
		r.k = &p->kernels[i];
		if (r.k->serves & slots) run_kernel(&r);
	}
	egm__cpu_fp_set(mode);
}

void egm__program_run(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint64_t seed, uint64_t step)
{
	egm__program_run_for(p, bases, UINT32_MAX, seed, step);
}
