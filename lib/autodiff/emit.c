/* SPDX-License-Identifier: MIT */
/* Writes out the kernels that lower.c chose: instructions of the fused groups with their operands and registers, and
 * the operands of products, noise and copies. */
#include <autodiff/kernel_impl.h>
#include <string.h>

int32_t egm__buffer_new(egm__lower *l, int64_t bytes, int32_t first)
{
	egm__program *p = l->p;
	egm__buffer *b = egm__lower_grow(l, p->buffers, &p->cap_buffers, p->n_buffers, sizeof *b);
	if (!b) return 0;
	p->buffers = b;
	b[p->n_buffers] = (egm__buffer){bytes, 0, first, first};
	return p->n_buffers++;
}

egm__mem egm__memory(egm__lower *l, egm__id id, int32_t reader)
{
	const egm__node *n = &l->g->nodes[id];
	egm__mem m = {.buffer = -1};
	egm__strides st = egm__contiguous(&n->shape);
	memcpy(m.s, st.s, sizeof m.s);
	if (n->op == &egm__op_leaf && (l->at[id] < 0 || reader <= l->at[id])) {
		m.slot = (int32_t)n->a[0];
		m.offset = n->a[1];
	} else if (l->bound[id]) {
		m.slot = l->slot[id];
		m.offset = l->offset[id];
	} else {
		if (l->buffer[id] < 0)
			l->buffer[id] =
			    egm__buffer_new(l, egm__shape_count(&n->shape) * (int64_t)egm__dtype_size(l->p->dtype), l->first[id]);
		m.buffer = l->buffer[id];
		if (l->status != EGM_OK) return m;
		egm__buffer *b = &l->p->buffers[m.buffer];
		if (reader > b->last) b->last = reader;
	}
	return m;
}

egm__mem egm__view_memory(egm__lower *l, egm__id id, int32_t reader)
{
	egm__id root = id;
	egm__strides st = {0};
	int ok = egm__resolve(l, id, reader, &root, &st);
	EGM_INVARIANT(ok);
	(void)ok;
	egm__mem m = egm__memory(l, root, reader);
	m.offset += st.offset;
	memcpy(m.s, st.s, sizeof m.s);
	return m;
}

/* ---- groups */

typedef struct emit {
	egm__lower *l;
	egm__group *group;
	int32_t kernel;
	int32_t cap_instr, cap_mem, cap_closer;
} emit;

static int32_t add_mem(emit *e, egm__mem m)
{
	for (int32_t i = 0; i < e->group->n_mem; i++)
		if (!memcmp(&e->group->mem[i], &m, sizeof m)) return ~i;
	egm__mem *a = egm__lower_grow(e->l, e->group->mem, &e->cap_mem, e->group->n_mem, sizeof *a);
	if (!a) return ~0;
	e->group->mem = a;
	a[e->group->n_mem] = m;
	return ~e->group->n_mem++;
}

/* y is a fresh register unless given */
static int32_t add_instr(emit *e, int32_t op, int32_t y, int32_t a, int32_t b, double c0, double c1, double c2)
{
	egm__instr *in = egm__lower_grow(e->l, e->group->instr, &e->cap_instr, e->group->n_instr, sizeof *in);
	if (!in) return 0;
	e->group->instr = in;
	if (y >= 0) y = e->group->n_regs++;
	in[e->group->n_instr++] = (egm__instr){op, y, a, b, {c0, c1, c2}};
	return y;
}

/* 1: the operand is one number for the columns of a row, or for the whole shape */
static int is_scalar(const emit *e, int32_t ref)
{
	const egm__shape *s = &e->group->shape;
	if (ref >= 0 || egm__shape_count(s) == 1 || e->l->status != EGM_OK) return 0; /* after a failure mem may be short */
	const egm__mem *m = &e->group->mem[~ref];
	int one = 1;
	for (int i = 0; i < s->rank; i++) one = one && (s->d[i] == 1 || m->s[i] == 0);
	return one || (s->d[s->rank - 1] > 1 && m->s[s->rank - 1] == 0);
}

static int32_t as_vector(emit *e, int32_t ref)
{
	return is_scalar(e, ref) ? add_instr(e, EGM__TILE_SPLAT, 0, ref, 0, 0, 0, 0) : ref;
}

static int32_t value(emit *e, egm__id id);

/* whether id is computed inside this group, as opposed to read from memory */
static int inside(const emit *e, egm__id id)
{
	return e->l->at[id] == e->kernel && e->l->g->nodes[id].op->cls != EGM__CLASS_REDUCE;
}

/* A cheap factor in front of an operand of a sum goes into the coefficient. */
static egm__id absorb(emit *e, egm__id id, double *scale, double *shift)
{
	const egm__node *n = &e->l->g->nodes[id];
	*scale = 1, *shift = 0;
	if (n->op != &egm__op_affine || e->l->at[id] >= 0) return id;
	*scale = n->c[0], *shift = n->c[1];
	return egm__real(e->l->g, n->in[0]);
}

static int32_t binary(emit *e, const egm__node *n, int32_t y)
{
	const egm__graph *g = e->l->g;
	int add = n->op == &egm__op_add;
	double s[2] = {1, 1}, t[2] = {0, 0};
	egm__id x[2] = {egm__real(g, n->in[0]), egm__real(g, n->in[1])};
	for (int i = 0; add && i < 2; i++) x[i] = absorb(e, x[i], &s[i], &t[i]);
	int32_t a = value(e, x[0]), b = value(e, x[1]);
	if (is_scalar(e, a)) {
		int32_t swap = a;
		double c = s[0];
		a = b, b = swap;
		s[0] = s[1], s[1] = c;
	}
	a = as_vector(e, a);
	int vs = is_scalar(e, b);
	if (add) return add_instr(e, vs ? EGM__TILE_LIN_VS : EGM__TILE_LIN_VV, y, a, b, s[0], s[1], t[0] + t[1]);
	return add_instr(e, vs ? EGM__TILE_MUL_VS : EGM__TILE_MUL_VV, y, a, b, 1, 0, 0);
}

static int32_t compute(emit *e, egm__id id, int32_t y)
{
	const egm__node *n = &e->l->g->nodes[id];
	if (n->op == &egm__op_const) return add_instr(e, EGM__TILE_FILL, y, 0, 0, n->c[0], 0, 0);
	if (n->op == &egm__op_add || n->op == &egm__op_mul) return binary(e, n, y);
	int32_t a = as_vector(e, value(e, egm__real(e->l->g, n->in[0])));
	return add_instr(e, n->op->tile, y, a, 0, n->c[0], n->c[1], 0);
}

/* Register or operand that holds a node's value in this group. */
static int32_t value(emit *e, egm__id id)
{
	egm__lower *l = e->l;
	id = egm__real(l->g, id);
	if (l->stamp[id] == e->kernel) return l->value[id];
	const egm__node *n = &l->g->nodes[id];
	int32_t ref;
	int cheap = n->op->cls == EGM__CLASS_CHEAP || n->op->cls == EGM__CLASS_CONST;
	if (inside(e, id)) {
		int32_t y = l->stored[id] ? add_mem(e, egm__memory(l, id, e->kernel)) : 0;
		ref = compute(e, id, y);
	} else if (cheap && (l->at[id] < 0 || l->at[id] > e->kernel)) {
		ref = compute(e, id, 0);
	} else {
		ref = add_mem(e, egm__view_memory(l, id, e->kernel));
	}
	l->stamp[id] = e->kernel;
	l->value[id] = ref;
	return ref;
}

static void close_sum(emit *e, egm__id id)
{
	egm__lower *l = e->l;
	const egm__node *n = &l->g->nodes[id];
	int32_t source = as_vector(e, value(e, n->in[0]));
	egm__closer *c = egm__lower_grow(l, e->group->closer, &e->cap_closer, e->group->n_closer, sizeof *c);
	if (!c) return;
	e->group->closer = c;
	c += e->group->n_closer++;
	*c = (egm__closer){.kind = (int32_t)n->a[0], .source = source, .partial = {.buffer = -1}};
	if (e->group->shape.d[0] == 1 || e->group->shape.d[1] == 1) c->kind = 3; /* one number, then */
	c->out = add_mem(e, egm__memory(l, id, e->kernel));
}

static void emit_store(emit *e, const egm__store *s)
{
	egm__mem m = {.buffer = -1, .slot = s->slot};
	if (s->target != EGM__NONE) m = egm__memory(e->l, s->target, e->kernel);
	m.offset += s->at.offset;
	memcpy(m.s, s->at.s, sizeof m.s);
	for (int i = 0; i < EGM__MAX_RANK; i++)
		if (i >= e->group->shape.rank) m.s[i] = 0;
	if (s->value == EGM__NONE) {
		add_instr(e, EGM__TILE_FILL, add_mem(e, m), 0, 0, 0, 0, 0);
		return;
	}
	int32_t v = as_vector(e, value(e, s->value));
	add_instr(e, EGM__TILE_AFFINE, add_mem(e, m), v, 0, 1, 0, 0);
}

/* Virtual registers become few: one is free again after its last reader. */
static egm_status assign_registers(egm__lower *l, egm__group *gr)
{
	if (!gr->n_regs) return EGM_OK;
	int32_t n = gr->n_regs, used = 0;
	int32_t *last = egm__alloc_zero(l->p->context, (size_t)n * 2 + 1, sizeof *last), *real = last ? last + n : NULL;
	unsigned char *busy = egm__alloc_zero(l->p->context, (size_t)n, 1);
	if (!last || !busy) {
		egm__free(l->p->context, last);
		egm__free(l->p->context, busy);
		return egm__fail(EGM_ERR_MEMORY, "program: out of memory for %d registers", n);
	}
	for (int32_t i = 0; i < gr->n_instr; i++) {
		egm__instr *in = &gr->instr[i];
		if (in->a >= 0) last[in->a] = i;
		if (in->b >= 0) last[in->b] = i;
	}
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].source >= 0) last[gr->closer[i].source] = gr->n_instr;
	for (int32_t i = 0; i < gr->n_instr; i++) {
		egm__instr *in = &gr->instr[i];
		int32_t a = in->a, b = in->b;
		if (a >= 0) in->a = real[a];
		if (b >= 0) in->b = real[b];
		if (in->y >= 0) {
			int32_t r = 0;
			while (busy[r]) r++;
			busy[r] = 1;
			real[in->y] = r;
			if (r + 1 > used) used = r + 1;
			in->y = r;
		}
		if (a >= 0 && last[a] == i) busy[real[a]] = 0;
		if (b >= 0 && last[b] == i) busy[real[b]] = 0;
	}
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].source >= 0) gr->closer[i].source = real[gr->closer[i].source];
	gr->n_regs = used;
	egm__free(l->p->context, last);
	egm__free(l->p->context, busy);
	return EGM_OK;
}

/* One long row, if all operands are contiguous or one number and no sum keeps rows or columns apart. */
static void flatten(egm__group *gr)
{
	egm__strides full = egm__contiguous(&gr->shape);
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].kind != 3) return;
	for (int32_t i = 0; i < gr->n_mem; i++) {
		int closer_out = 0, whole = 1, one = 1;
		for (int32_t j = 0; j < gr->n_closer; j++) closer_out |= ~gr->closer[j].out == i;
		for (int a = 0; a < gr->shape.rank; a++) {
			if (gr->shape.d[a] == 1) continue;
			whole = whole && gr->mem[i].s[a] == full.s[a];
			one = one && gr->mem[i].s[a] == 0;
		}
		if (!closer_out && !whole && !one) return;
		/* one number for a row would have been splat; what stays a vector must be whole */
	}
	for (int32_t i = 0; i < gr->n_mem; i++) {
		int one = 1;
		for (int a = 0; a < gr->shape.rank; a++)
			if (gr->shape.d[a] > 1 && gr->mem[i].s[a] != 0) one = 0;
		memset(gr->mem[i].s, 0, sizeof gr->mem[i].s);
		gr->mem[i].s[0] = !one;
	}
	gr->flat = 1;
	gr->columns *= gr->rows;
	gr->rows = 1;
	gr->shape = (egm__shape){1, {gr->columns, 1, 1, 1}};
}

static int64_t blocks(int64_t n, int64_t per)
{
	return (n + per - 1) / per;
}

/* Few columns, as channels are, would make blocks of so many rows that f32 loses what is added last. */
static int64_t rows_of_block(const egm__group *gr)
{
	enum { MOST_ADDED = 256 };
	int64_t rows = gr->columns >= EGM__BLOCK_SIZE ? 1 : EGM__BLOCK_SIZE / gr->columns;
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].kind == 1 && rows > MOST_ADDED) rows = MOST_ADDED;
	return rows;
}

static void cut_into_blocks(egm__lower *l, egm__group *gr, int32_t kernel)
{
	int64_t es = (int64_t)egm__dtype_size(l->p->dtype);
	gr->per_block = gr->rows > 1 ? rows_of_block(gr) : EGM__BLOCK_SIZE;
	gr->n_blocks = blocks(gr->rows > 1 ? gr->rows : gr->columns, gr->per_block);
	for (int32_t i = 0; i < gr->n_closer; i++) {
		egm__closer *c = &gr->closer[i];
		int64_t bytes = c->kind == 3 ? gr->n_blocks * 8 : c->kind == 1 ? gr->n_blocks * gr->columns * es : 0;
		if (bytes) c->partial.buffer = egm__buffer_new(l, bytes, kernel);
	}
}

static egm_status emit_group(egm__lower *l, int32_t kernel)
{
	egm__draft *d = &l->drafts[kernel];
	egm__group *gr = &l->p->kernels[kernel].group;
	emit e = {.l = l, .group = gr, .kernel = kernel};
	gr->shape = d->shape;
	gr->columns = gr->shape.d[gr->shape.rank - 1];
	gr->rows = egm__shape_count(&gr->shape) / gr->columns;
	for (int32_t i = 0; i < d->n_members; i++)
		if (l->g->nodes[d->members[i]].op->cls != EGM__CLASS_REDUCE) value(&e, d->members[i]);
	for (int32_t i = 0; i < d->n_members; i++)
		if (l->g->nodes[d->members[i]].op->cls == EGM__CLASS_REDUCE) close_sum(&e, d->members[i]);
	for (int32_t i = 0; i < d->n_stores; i++) emit_store(&e, &d->stores[i]);
	if (l->status != EGM_OK) return l->status;
	flatten(gr);
	cut_into_blocks(l, gr, kernel);
	return l->status == EGM_OK ? assign_registers(l, gr) : l->status;
}

/* ---- the other kernels */

/* Leading dimension and whether the memory runs down the columns. */
static int64_t leading(const egm__mem *m, const egm__shape *s, int *flipped)
{
	int down = m->s[1] != 1 && s->d[1] > 1;
	*flipped = down;
	if (down) return s->d[1] > 1 && m->s[1] > 0 ? m->s[1] : s->d[0];
	return s->d[0] > 1 && m->s[0] > 0 ? m->s[0] : s->d[1];
}

static void emit_gemm(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	const egm__node *n = &l->g->nodes[d->matmul];
	const egm__shape *sa = egm__graph_shape(l->g, n->in[0]), *sb = egm__graph_shape(l->g, n->in[1]);
	int fa, fb;
	k->a = egm__view_memory(l, egm__real(l->g, n->in[0]), kernel);
	k->b = egm__view_memory(l, egm__real(l->g, n->in[1]), kernel);
	k->c = egm__memory(l, d->node, kernel);
	k->gemm = (egm__gemm){.m = n->shape.d[0],
	                      .n = n->shape.d[1],
	                      .k = sa->d[!n->a[0]],
	                      .lda = leading(&k->a, sa, &fa),
	                      .ldb = leading(&k->b, sb, &fb),
	                      .ldc = n->shape.d[1],
	                      .alpha = d->alpha,
	                      .beta = d->beta,
	                      .dtype = (int32_t)l->p->dtype};
	k->gemm.ta = (int32_t)n->a[0] ^ fa;
	k->gemm.tb = (int32_t)n->a[1] ^ fb;
	egm__pack_right(l, kernel, egm__real(l->g, n->in[1]));
	l->p->flops += 2.0 * (double)k->gemm.m * (double)k->gemm.n * (double)k->gemm.k;
}

static void emit_other(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	const egm__node *n = &l->g->nodes[d->node];
	k->shape = n->shape;
	if (d->kind == EGM__KERNEL_NOISE) {
		k->stream = (uint32_t)n->a[0];
		k->uniform = (int32_t)n->a[1];
		k->a = egm__memory(l, d->node, kernel);
		return;
	}
	if (n->op == &egm__op_leaf) { /* the caller's memory up to this kernel, the copy behind it */
		k->a = egm__memory(l, d->node, kernel);
		k->b = egm__memory(l, d->node, kernel + 1);
		return;
	}
	egm__id x = egm__real(l->g, n->in[0]);
	k->a = egm__view_memory(l, x, kernel);
	k->b = egm__memory(l, d->node, kernel);
	if (n->op->cls == EGM__CLASS_IMAGE) {
		int makes = n->op == &egm__op_fold || n->op == &egm__op_repeat;
		egm__windows_of(l, n, makes ? &n->shape : &l->g->nodes[x].shape, &k->image);
	} else if (d->kind == EGM__KERNEL_MAX) {
		k->shape = l->g->nodes[x].shape;
		k->axes = (int32_t)n->a[0];
	} else {
		/* A copy of a view: seen through the view when it has strides of its own, else the input in its order. */
		egm__strides st;
		memcpy(st.s, k->a.s, sizeof st.s);
		st.offset = 0;
		if (n->op->view(n, &l->g->nodes[x].shape, &st)) {
			k->a.offset += st.offset;
			memcpy(k->a.s, st.s, sizeof st.s);
		} else {
			k->shape = l->g->nodes[x].shape;
		}
	}
}

egm_status egm__emit_kernels(egm__lower *l)
{
	egm__program *p = l->p;
	p->kernels = egm__alloc_zero(p->context, (size_t)l->n_drafts + 1, sizeof *p->kernels);
	if (!p->kernels) return egm__fail(EGM_ERR_MEMORY, "program: out of memory for %d kernels", l->n_drafts);
	p->n_kernels = l->n_drafts;
	for (egm__id i = 0; i < l->g->n; i++) l->stamp[i] = -1;
	for (int32_t i = 0; i < l->n_drafts && l->status == EGM_OK; i++) {
		p->kernels[i].kind = l->drafts[i].kind;
		p->kernels[i].a.buffer = p->kernels[i].b.buffer = p->kernels[i].c.buffer = -1;
		p->kernels[i].conv.partial.buffer = -1;
		if (l->drafts[i].kind == EGM__KERNEL_GROUP)
			l->status = emit_group(l, i);
		else if (l->drafts[i].kind == EGM__KERNEL_GEMM)
			emit_gemm(l, i);
		else if (l->drafts[i].kind == EGM__KERNEL_CONV)
			egm__conv_emit(l, i);
		else
			emit_other(l, i);
	}
	return l->status;
}
