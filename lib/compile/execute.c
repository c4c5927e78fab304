/* SPDX-License-Identifier: MIT */
/* Runs the list of kernels. Work is cut into blocks whose bounds do not depend on the number of threads, and partial
 * sums are added in an order of the blocks: any number of threads gives the same bits. So do products (gemm_impl.h). */
#include <compile/kernel_impl.h>
#include <core/cpu_impl.h>
#include <math.h>
#include <string.h>

enum {
	PARALLEL_WORK = 200000, /* tile elements below which waking a thread costs more than it saves */
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

/* ---- fused groups */

/* One task's view of a group: its registers, and where each operand stands in the current row. */
typedef struct pass {
	const run *r;
	const egm__group *g;
	char *registers;
	char *row[64 * 3];
} pass;

static void enter_row(pass *t, int64_t row)
{
	const egm__group *g = t->g;
	int64_t index[EGM__MAX_RANK] = {0};
	for (int a = g->shape.rank - 2; a > 0; a--) {
		index[a] = row % g->shape.d[a];
		row /= g->shape.d[a];
	}
	index[0] = row;
	for (int32_t i = 0; i < g->n_mem; i++) {
		int64_t offset = 0;
		for (int a = 0; a < g->shape.rank - 1; a++) offset += index[a] * g->mem[i].s[a];
		t->row[i] = at(t->r, &g->mem[i]) + offset * t->r->es;
	}
}

static char *operand(const pass *t, int32_t ref, int64_t column)
{
	if (ref >= 0) return t->registers + ref * EGM__TILE_SIZE * t->r->es;
	const egm__mem *m = &t->g->mem[~ref];
	return t->row[~ref] + column * m->s[t->g->shape.rank - 1] * t->r->es;
}

static void close_tile(const pass *t, int64_t block, int64_t column, int64_t n, double *sums)
{
	const egm__group *g = t->g;
	for (int32_t i = 0; i < g->n_closer; i++) {
		const egm__closer *c = &g->closer[i];
		const char *x = operand(t, c->source, column);
		if (c->kind != 1) {
			sums[i] += t->r->p->table->sum(n, x);
		} else {
			char *partial = at(t->r, &c->partial) + (block * g->columns + column) * t->r->es;
			t->r->p->table->accumulate(n, partial, x);
		}
	}
}

static void run_row(pass *t, int64_t block, int64_t from, int64_t to, double *sums)
{
	const egm__group *g = t->g;
	const egm__tile_fn *tile = t->r->p->table->tile;
	for (int64_t column = from; column < to; column += EGM__TILE_SIZE) {
		int64_t n = to - column < EGM__TILE_SIZE ? to - column : EGM__TILE_SIZE;
		for (int32_t i = 0; i < g->n_instr; i++) {
			const egm__instr *in = &g->instr[i];
			tile[in->op](n, operand(t, in->y, column), operand(t, in->a, column), operand(t, in->b, column), in->c);
		}
		if (g->n_closer) close_tile(t, block, column, n, sums);
	}
}

/* Row sums are done with the row, partial sums with the block. */
static void close_row(const pass *t, int64_t row, double *sums)
{
	const egm__group *g = t->g;
	for (int32_t i = 0; i < g->n_closer; i++) {
		if (g->closer[i].kind != 2) continue;
		egm__number_put(t->r->p->dtype, at(t->r, &g->mem[~g->closer[i].out]), row, sums[i]);
		sums[i] = 0;
	}
}

static void run_block(pass *t, int64_t block)
{
	const egm__group *g = t->g;
	double sums[64] = {0};
	int64_t from = block * g->per_block, to = from + g->per_block;
	for (int32_t i = 0; i < g->n_closer; i++)
		if (g->closer[i].kind == 1)
			memset(at(t->r, &g->closer[i].partial) + block * g->columns * t->r->es, 0, (size_t)(g->columns * t->r->es));
	if (g->rows == 1) {
		enter_row(t, 0);
		run_row(t, block, from, to < g->columns ? to : g->columns, sums);
		close_row(t, 0, sums);
	} else {
		for (int64_t row = from; row < to && row < g->rows; row++) {
			enter_row(t, row);
			run_row(t, block, 0, g->columns, sums);
			close_row(t, row, sums);
		}
	}
	for (int32_t i = 0; i < g->n_closer; i++)
		if (g->closer[i].kind == 3) ((double *)(void *)at(t->r, &g->closer[i].partial))[block] = sums[i];
}

static void group_task(int32_t index, void *argument)
{
	const run *r = argument;
	const egm__group *g = &r->k->group;
	pass t = {.r = r, .g = g};
	t.registers = r->base[EGM__SLOT_ARENA] + r->p->scratch_at + index * r->p->scratch_bytes;
	int64_t from = g->n_blocks * index / r->tasks, to = g->n_blocks * (index + 1) / r->tasks;
	for (int64_t b = from; b < to; b++) run_block(&t, b);
}

/* Sums of columns, in pairs, pairs of pairs and so on: a sum of equal numbers one after the other loses a digit for
 * every ten of them. */
static void add_columns(const run *r, const egm__group *g, char *out, char *partial)
{
	int64_t bytes = g->columns * r->es;
	for (int64_t step = 1; step < g->n_blocks; step *= 2)
		for (int64_t b = 0; b + step < g->n_blocks; b += 2 * step)
			r->p->table->accumulate(g->columns, partial + b * bytes, partial + (b + step) * bytes);
	memcpy(out, partial, (size_t)bytes);
}

static void add_partials(const run *r, const egm__group *g)
{
	for (int32_t i = 0; i < g->n_closer; i++) {
		const egm__closer *c = &g->closer[i];
		char *out = at(r, &g->mem[~c->out]), *partial = c->kind == 2 ? NULL : at(r, &c->partial);
		if (c->kind == 3) {
			double sum = 0;
			for (int64_t b = 0; b < g->n_blocks; b++) sum += ((const double *)(const void *)partial)[b];
			egm__number_put(r->p->dtype, out, 0, sum);
		} else if (c->kind == 1) {
			add_columns(r, g, out, partial);
		}
	}
}

static void run_group(run *r)
{
	const egm__group *g = &r->k->group;
	int64_t work = g->rows * g->columns * (g->n_instr + g->n_closer);
	r->tasks = r->p->context->threads;
	if (g->n_blocks < r->tasks) r->tasks = (int32_t)g->n_blocks;
	if (work < PARALLEL_WORK) r->tasks = 1;
	if (r->tasks == 1)
		group_task(0, r);
	else
		egm__parallel(r->p->context, r->tasks, group_task, r);
	add_partials(r, g);
}

/* ---- noise */

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

/* ---- the two plain ones */

static void strided_max(const run *r)
{
	const egm__kernel *k = r->k;
	const char *a = at(r, &k->a);
	char *b = at(r, &k->b);
	int64_t rows = k->shape.d[0], cols = k->shape.d[1], width = k->axes & 2 ? 1 : cols;
	int64_t n = (k->axes & 1 ? 1 : rows) * width;
	for (int64_t i = 0; i < n; i++) egm__number_put(r->p->dtype, b, i, -INFINITY);
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < cols; j++) {
			char *y = b + ((k->axes & 1 ? 0 : i) * width + (k->axes & 2 ? 0 : j)) * r->es;
			double x = egm__number(r->p->dtype, a + (i * k->a.s[0] + j * k->a.s[1]) * r->es, 0);
			if (x > egm__number(r->p->dtype, y, 0) || isnan(x)) egm__number_put(r->p->dtype, y, 0, x);
		}
}

/* n elements that stand `step` bytes apart. */
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
	r->tasks = egm__shape_count(&r->k->shape) < PARALLEL_WORK ? 1 : r->p->context->threads;
	if (r->tasks == 1)
		copy_task(0, r);
	else
		egm__parallel(r->p->context, r->tasks, copy_task, r);
}

/* On this thread: samplers, for which it is, run one block of chains a thread. */
static void run_packed(const run *r)
{
	const egm__gemm *g = &r->k->gemm;
	egm__product product = {
	    .rows = g->m, .columns = g->n, .k = g->k, .left_row = g->lda, .left_step = 1, .ldc = g->ldc};
	product.alpha = g->alpha;
	product.beta = g->beta;
	r->p->table->multiply(&product, at(r, &r->k->a), r->p->packed + r->p->packs[r->k->pack].at, at(r, &r->k->c));
}

void egm__program_run_for(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint32_t slots, uint64_t seed,
                          uint64_t step)
{
	uint32_t mode = egm__cpu_fp_flush();
	run r = {.p = p, .seed = seed, .step = step, .es = (int64_t)egm__dtype_size(p->dtype)};
	for (int i = 1; i < EGM__MAX_SLOTS; i++) r.base[i] = bases[i];
	r.base[EGM__SLOT_ARENA] = p->arena;
	for (int32_t i = 0; i < p->n_kernels; i++) {
		const egm__kernel *k = r.k = &p->kernels[i];
		if (!(k->serves & slots)) continue;
		switch (k->kind) {
		case EGM__KERNEL_GROUP:
			run_group(&r);
			break;
		case EGM__KERNEL_GEMM:
			egm__gemm_run(p->context, &k->gemm, at(&r, &k->a), at(&r, &k->b), at(&r, &k->c), p->arena + p->scratch_at);
			break;
		case EGM__KERNEL_PACKED:
			run_packed(&r);
			break;
		case EGM__KERNEL_NOISE:
			run_noise(&r);
			break;
		case EGM__KERNEL_MAX:
			strided_max(&r);
			break;
		case EGM__KERNEL_COPY:
			strided_copy(&r);
			break;
		case EGM__KERNEL_CONV:
			egm__run_conv(p->context, p, k, at(&r, &k->a), at(&r, &k->b), at(&r, &k->c), at(&r, &k->conv.partial));
			break;
		default:
			egm__run_image(p->context, p->table, k, at(&r, &k->a), at(&r, &k->b));
			break;
		}
	}
	egm__cpu_fp_set(mode);
}

void egm__program_run(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint64_t seed, uint64_t step)
{
	egm__program_run_for(p, bases, ~UINT32_C(0), seed, step);
}
