/* SPDX-License-Identifier: MIT */
/* Writes out a group: one instruction for each of its nodes, then its sums, then its stores. Each value has a register
 * of its own, of which registers.c makes few. */
#include <compile/passes_impl.h>
#include <string.h>

typedef struct emit {
	egm__lower *l;
	egm__group *group;
	int32_t kernel;
	int32_t cap_instr, cap_mem, cap_sums;
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

/* y >= 0 asks for a new register; otherwise it is the ~operand to write. Returns where the value is. */
static int32_t add_instr(emit *e, int32_t op, int32_t y, int32_t a, int32_t b, double c0, double c1, double c2)
{
	egm__instr *in = egm__lower_grow(e->l, e->group->instr, &e->cap_instr, e->group->n_instr, sizeof *in);
	if (!in) return 0;
	e->group->instr = in;
	if (y >= 0) y = e->group->n_regs++;
	in[e->group->n_instr++] = (egm__instr){op, y, a, b, {c0, c1, c2}};
	return y;
}

/* Whether the operand is one number for each row, or for the whole shape. */
static int is_scalar(const emit *e, int32_t ref)
{
	const egm__shape *s = &e->group->shape;
	if (ref >= 0 || egm__shape_count(s) == 1 || e->l->status != EGM_OK) return 0; /* after a failure mem may be short */
	const int64_t *st = e->group->mem[~ref].s;
	return egm__strides_equal(s, st, (const int64_t[EGM__MAX_RANK]){0}) || (s->d[s->rank - 1] > 1 && !st[s->rank - 1]);
}

static int32_t as_vector(emit *e, int32_t ref)
{
	return is_scalar(e, ref) ? add_instr(e, EGM__TILE_SPLAT, 0, ref, 0, 0, 0, 0) : ref;
}

static int32_t value(emit *e, egm__id id);

/* Whether this group computes id, as opposed to reading it from memory. */
static int inside(const emit *e, egm__id id)
{
	return e->l->at[id] == e->kernel && e->l->g->nodes[id].op->cls != EGM__CLASS_REDUCE;
}

/* The factor and the constant of an operand of a sum become coefficients of the sum. */
static egm__id absorb(emit *e, egm__id id, double *scale, double *shift)
{
	const egm__node *n = &e->l->g->nodes[id];
	*scale = 1, *shift = 0;
	if (n->op != &egm__op_affine || e->l->at[id] >= 0) return id;
	*scale = n->c[0], *shift = n->c[1];
	return n->in[0];
}

static int32_t binary(emit *e, const egm__node *n, int32_t y)
{
	int add = n->op == &egm__op_add;
	double s[2] = {1, 1}, t[2] = {0, 0};
	egm__id x[2] = {n->in[0], n->in[1]};
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
	int32_t a = as_vector(e, value(e, n->in[0]));
	return add_instr(e, n->op->tile, y, a, 0, n->c[0], n->c[1], 0);
}

/* The register or operand of a node's value in this group; the value is computed once however many nodes read it. */
static int32_t value(emit *e, egm__id id)
{
	egm__lower *l = e->l;
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

static void emit_sum(emit *e, egm__id id)
{
	egm__lower *l = e->l;
	const egm__node *n = &l->g->nodes[id];
	int32_t source = as_vector(e, value(e, n->in[0]));
	egm__group_sum *c = egm__lower_grow(l, e->group->sums, &e->cap_sums, e->group->n_sums, sizeof *c);
	if (!c) return;
	e->group->sums = c;
	c += e->group->n_sums++;
	*c = (egm__group_sum){.axes = (int32_t)n->a[0], .source = source, .partial = {.buffer = -1}};
	if (e->group->shape.d[0] == 1 || e->group->shape.d[1] == 1) c->axes = EGM__OVER_BOTH;
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

void egm__emit_group(egm__lower *l, int32_t kernel)
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
		if (l->g->nodes[d->members[i]].op->cls == EGM__CLASS_REDUCE) emit_sum(&e, d->members[i]);
	for (int32_t i = 0; i < d->n_stores; i++) emit_store(&e, &d->stores[i]);
	if (l->status == EGM_OK) egm__cut_into_blocks(l, gr, kernel);
}
