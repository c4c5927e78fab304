/* SPDX-License-Identifier: MIT */
/* Runs a group: all instructions on one tile, then on the next, so that values stay in the first cache. Blocks do not
 * depend on the number of threads, and partial sums are added in the order of the blocks: any number of threads gives
 * the same bits. */
#include <compile/kernel_impl.h>
#include <string.h>

enum { PARALLEL_WORK = 200000 /* elements times instructions; less is faster on one thread, without waking another */ };

typedef struct run {
	const egm__program *p;
	const egm__kernel *k;
	char *const *base; /* of each slot */
	int32_t tasks;
	int64_t es; /* bytes of an element */
} run;

static char *at(const run *r, const egm__mem *m)
{
	return r->base[m->slot] + m->offset;
}

/* One task's view of a group: its registers, and the address of each operand in the current row. */
typedef struct pass {
	const run *r;
	const egm__group *g;
	char *registers;
	char *row[3 * EGM__MOST_IN_GROUP];
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

static void close_tile(const pass *t, int64_t block, int64_t column, int64_t n, double *totals)
{
	const egm__group *g = t->g;
	for (int32_t i = 0; i < g->n_sums; i++) {
		const egm__group_sum *c = &g->sums[i];
		const char *x = operand(t, c->source, column);
		if (c->axes != EGM__OVER_ROWS) {
			totals[i] += t->r->p->table->sum(n, x);
		} else {
			char *partial = at(t->r, &c->partial) + (block * g->columns + column) * t->r->es;
			t->r->p->table->accumulate(n, partial, x);
		}
	}
}

static void run_row(pass *t, int64_t block, int64_t from, int64_t to, double *totals)
{
	const egm__group *g = t->g;
	const egm__tile_fn *tile = t->r->p->table->tile;
	for (int64_t column = from; column < to; column += EGM__TILE_SIZE) {
		int64_t n = to - column < EGM__TILE_SIZE ? to - column : EGM__TILE_SIZE;
		for (int32_t i = 0; i < g->n_instr; i++) {
			const egm__instr *in = &g->instr[i];
			tile[in->op](n, operand(t, in->y, column), operand(t, in->a, column), operand(t, in->b, column), in->c);
		}
		if (g->n_sums) close_tile(t, block, column, n, totals);
	}
}

/* Sums over the columns are complete with the row, partial sums with the block. */
static void close_row(const pass *t, int64_t row, double *totals)
{
	const egm__group *g = t->g;
	for (int32_t i = 0; i < g->n_sums; i++) {
		if (g->sums[i].axes != EGM__OVER_COLUMNS) continue;
		egm__number_put(t->r->p->dtype, at(t->r, &g->mem[~g->sums[i].out]), row, totals[i]);
		totals[i] = 0;
	}
}

static void run_block(pass *t, int64_t block)
{
	const egm__group *g = t->g;
	double totals[EGM__MOST_IN_GROUP] = {0};
	int64_t from = block * g->per_block, to = from + g->per_block;
	for (int32_t i = 0; i < g->n_sums; i++)
		if (g->sums[i].axes == EGM__OVER_ROWS)
			memset(at(t->r, &g->sums[i].partial) + block * g->columns * t->r->es, 0, (size_t)(g->columns * t->r->es));
	if (g->rows == 1) {
		enter_row(t, 0);
		run_row(t, block, from, to < g->columns ? to : g->columns, totals);
		close_row(t, 0, totals);
	} else {
		for (int64_t row = from; row < to && row < g->rows; row++) {
			enter_row(t, row);
			run_row(t, block, 0, g->columns, totals);
			close_row(t, row, totals);
		}
	}
	for (int32_t i = 0; i < g->n_sums; i++)
		if (g->sums[i].axes == EGM__OVER_BOTH) ((double *)(void *)at(t->r, &g->sums[i].partial))[block] = totals[i];
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

/* Adds the rows of all blocks in pairs, pairs of pairs and so on: if equal numbers are added one after the other, the
 * rounding error grows with their number. */
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
	for (int32_t i = 0; i < g->n_sums; i++) {
		const egm__group_sum *c = &g->sums[i];
		char *out = at(r, &g->mem[~c->out]), *partial = c->axes == EGM__OVER_COLUMNS ? NULL : at(r, &c->partial);
		if (c->axes == EGM__OVER_BOTH) {
			double sum = 0;
			for (int64_t b = 0; b < g->n_blocks; b++) sum += ((const double *)(const void *)partial)[b];
			egm__number_put(r->p->dtype, out, 0, sum);
		} else if (c->axes == EGM__OVER_ROWS) {
			add_columns(r, g, out, partial);
		}
	}
}

void egm__run_group(const egm__program *p, const egm__kernel *k, char *const base[EGM__MAX_SLOTS])
{
	const egm__group *g = &k->group;
	run r = {.p = p, .k = k, .base = base, .tasks = p->context->threads, .es = (int64_t)egm__dtype_size(p->dtype)};
	int64_t work = g->rows * g->columns * (g->n_instr + g->n_sums);
	if (g->n_blocks < r.tasks) r.tasks = (int32_t)g->n_blocks;
	if (work < PARALLEL_WORK) r.tasks = 1;
	egm__parallel(p->context, r.tasks, group_task, &r);
	add_partials(&r, g);
}
