/* SPDX-License-Identifier: MIT */
/* Runs a product with windows, block by block as conv_plan.c cuts it. The patches of some lines, or of one line of each
 * window over more lines, are written to scratch memory of the task and multiplied there; for a fold the product is
 * written to scratch memory and folded from there. Blocks and the order of their sums follow from the sizes alone. */
#include <compile/kernel_impl.h>
#include <string.h>

enum { PARALLEL_FLOPS = 1000000 /* below, waking a thread costs more than it saves */ };

typedef struct task {
	const egm__program *p;
	const egm__kernel *k;
	const char *a, *b;
	char *c, *partial, *scratch;
	int32_t tasks;
} task;

/* The image with the windows cut down to group g of their lines. */
static egm__image group_of(const egm__kernel *k, int64_t g)
{
	egm__image m = k->image;
	if (k->conv.groups == 1) return m;
	m.window.kernel[0] = 1;
	m.window.padding[0] -= (int32_t)g;
	return m;
}

static int64_t count_of(const egm__conv_plan *v, int64_t block)
{
	int64_t left = v->units - block * v->per_block;
	return left < v->per_block ? left : v->per_block;
}

/* The scratch memory of a task has the patches, then what the product works in. */
static void multiply(const task *t, const egm__gemm *p, const char *a, const char *b, char *c, char *scratch)
{
	egm__gemm_serial(t->p->context, p, a, b, c, scratch + t->k->conv.patches);
}

/* C rows of a block from its patches. */
static void left_block(const task *t, int64_t block, char *scratch)
{
	const egm__conv_plan *v = &t->k->conv;
	int64_t first = block * v->per_block, count = count_of(v, block), es = t->k->image.size;
	egm__gemm p = egm__conv_plan_product(t->k, count);
	for (int64_t g = 0; g < v->groups; g++) {
		egm__image m = group_of(t->k, g);
		egm__image_patches(t->p->table, &m, t->a, scratch, first, count);
		const char *b = t->b + g * v->width * (p.tb ? 1 : p.ldb) * es;
		multiply(t, &p, scratch, b, t->c + first * v->rows * p.ldc * es, scratch);
		p.beta = 1;
	}
}

/* The columns of group g of C: what the blocks from .. to - 1 add to them. */
static void right_blocks(const task *t, int64_t g, int64_t from, int64_t to, double beta, char *c, char *scratch)
{
	const egm__conv_plan *v = &t->k->conv;
	egm__image m = group_of(t->k, g);
	for (int64_t block = from; block < to; block++) {
		int64_t first = block * v->per_block, count = count_of(v, block);
		egm__gemm p = egm__conv_plan_product(t->k, count);
		p.beta = block == from ? beta : 1;
		egm__image_patches(t->p->table, &m, t->a, scratch, first, count);
		const char *left = t->b + first * v->rows * (p.ta ? p.lda : 1) * m.size;
		multiply(t, &p, left, scratch, c + g * v->width * m.size, scratch);
	}
}

static void right_part(const task *t, int64_t part, char *scratch)
{
	const egm__conv_plan *v = &t->k->conv;
	const egm__gemm *p = &t->k->gemm;
	if (v->groups > 1 || v->parts == 1) {
		right_blocks(t, part, 0, v->blocks, p->beta, t->c, scratch);
		return;
	}
	char *own = t->partial + part * p->m * p->n * t->k->image.size;
	right_blocks(t, 0, v->blocks * part / v->parts, v->blocks * (part + 1) / v->parts, 0, own, scratch);
}

static void fold_block(const task *t, int64_t block, char *scratch)
{
	const egm__conv_plan *v = &t->k->conv;
	const egm__image *whole = &t->k->image;
	int64_t first = block * v->per_block, count = count_of(v, block), es = whole->size;
	egm__gemm p = egm__conv_plan_product(t->k, count);
	char *lines = t->c + first * whole->h * whole->w * whole->c * es;
	memset(lines, 0, (size_t)(count * whole->h * whole->w * whole->c * es));
	for (int64_t g = 0; g < v->groups; g++) {
		egm__image m = group_of(t->k, g);
		const char *b = t->b + g * v->width * (p.tb ? p.ldb : 1) * es;
		multiply(t, &p, t->a + first * v->rows * p.lda * es, b, scratch, scratch);
		egm__image_fold_add(t->p->table, &m, scratch, lines, 0, count * m.h);
	}
}

static void run_task(int32_t index, void *argument)
{
	const task *t = argument;
	const egm__conv_plan *v = &t->k->conv;
	char *scratch = t->scratch + index * t->p->scratch_bytes;
	for (int64_t part = v->parts * index / t->tasks; part < v->parts * (index + 1) / t->tasks; part++) {
		if (v->role == EGM__CONV_LEFT)
			left_block(t, part, scratch);
		else if (v->role == EGM__CONV_RIGHT)
			right_part(t, part, scratch);
		else
			fold_block(t, part, scratch);
	}
}

/* Adds the parts of a product that has one group, in their order. */
static void add_parts(const task *t)
{
	const egm__gemm *p = &t->k->gemm;
	int64_t count = p->m * p->n;
	if (t->k->conv.partial.buffer < 0) return;
	if (p->beta == 0) memset(t->c, 0, (size_t)(count * t->k->image.size));
	for (int64_t i = 0; i < t->k->conv.parts; i++)
		t->p->table->accumulate(count, t->c, t->partial + i * count * t->k->image.size);
}

void egm__run_conv(const egm__program *p, const egm__kernel *k, const void *a, const void *b, void *c, void *partial)
{
	const egm__gemm *g = &k->gemm;
	task t = {.p = p, .k = k, .a = a, .b = b, .c = c, .partial = partial};
	t.scratch = p->arena + p->scratch_at;
	t.tasks = p->context->threads;
	if (k->conv.parts < t.tasks) t.tasks = (int32_t)k->conv.parts;
	if (2.0 * (double)g->m * (double)g->n * (double)g->k < PARALLEL_FLOPS) t.tasks = 1;
	egm__parallel(p->context, t.tasks, run_task, &t);
	add_parts(&t);
}
