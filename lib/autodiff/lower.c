/* SPDX-License-Identifier: MIT */
/* From graph to kernels. Nodes are taken in order; each product starts a kernel, each elementwise node joins the latest
 * group that has its inputs, where shapes agree, or starts one. Cheap nodes (factors, masks) and views get no kernel:
 * their readers compute or address them. So an activation, its mask, the product with an incoming adjoint and the sum
 * that makes the bias gradient end up in one pass over memory. */
#include <autodiff/kernel_impl.h>
#include <string.h>

void *egm__lower_grow(egm__lower *l, void *array, int32_t *cap, int32_t n, size_t size)
{
	if (n < *cap) return array;
	int32_t grown = *cap ? 2 * *cap : 8;
	void *r = egm__realloc(l->p->context, array, (size_t)grown, size);
	if (!r) {
		l->status = egm__fail(EGM_ERR_MEMORY, "program: out of memory");
		return NULL;
	}
	*cap = grown;
	return r;
}

egm__id egm__real(const egm__graph *g, egm__id id)
{
	while (g->nodes[id].op->cls == EGM__CLASS_ALIAS) id = g->nodes[id].in[0];
	return id;
}

egm__strides egm__contiguous(const egm__shape *s)
{
	egm__strides st = {0};
	int64_t run = 1;
	for (int i = s->rank - 1; i >= 0; i--) {
		st.s[i] = run;
		run *= s->d[i];
	}
	return st;
}

int egm__resolve(const egm__lower *l, egm__id id, int32_t reader, egm__id *root, egm__strides *st)
{
	id = egm__real(l->g, id);
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls != EGM__CLASS_VIEW || (l->at[id] >= 0 && l->at[id] < reader)) {
		*root = id;
		*st = egm__contiguous(&n->shape);
		return 1;
	}
	return egm__resolve(l, n->in[0], reader, root, st) &&
	       n->op->view(n, &l->g->nodes[egm__real(l->g, n->in[0])].shape, st);
}

/* ---- kernels in the making */

static egm__draft *add_draft(egm__lower *l, egm__kernel_kind kind, egm__id node)
{
	egm__draft *d = egm__lower_grow(l, l->drafts, &l->cap_drafts, l->n_drafts, sizeof *d);
	if (!d) return NULL;
	l->drafts = d;
	d = &l->drafts[l->n_drafts++];
	memset(d, 0, sizeof *d);
	d->kind = kind;
	d->node = node;
	return d;
}

static void add_member(egm__lower *l, int32_t kernel, egm__id id)
{
	egm__draft *d = &l->drafts[kernel];
	egm__id *m = egm__lower_grow(l, d->members, &d->cap_members, d->n_members, sizeof *m);
	if (!m) return;
	d->members = m;
	m[d->n_members++] = id;
}

static void add_store(egm__lower *l, int32_t kernel, egm__store store)
{
	egm__draft *d = &l->drafts[kernel];
	egm__store *s = egm__lower_grow(l, d->stores, &d->cap_stores, d->n_stores, sizeof *s);
	if (!s) return;
	d->stores = s;
	s[d->n_stores++] = store;
}

/* What a group would read: the latest kernel it waits for, and whether it must come after that kernel or may be in it.
 */
typedef struct needs {
	int32_t latest;
	int strict;
	int n;
	egm__id base[2]; /* elementwise nodes have two inputs at most, cheap ones one */
} needs;

static void need(needs *w, egm__id id, int32_t at, int strict)
{
	if (at > w->latest)
		w->latest = at, w->strict = strict;
	else if (at == w->latest)
		w->strict |= strict;
	EGM_INVARIANT(w->n < 2);
	w->base[w->n++] = id;
}

static void force(egm__lower *l, egm__id id);

/* What a reader asks of memory: of tiles, neighbours along the last axis one element or none apart; of products, a
 * leading dimension; of images, no strides at all. */
typedef enum layout { LAYOUT_TILES, LAYOUT_PRODUCT, LAYOUT_ANY, LAYOUT_CONTIGUOUS } layout;

static int suits(const egm__shape *s, const egm__strides *st, layout want)
{
	egm__strides whole = egm__contiguous(s);
	int last = s->rank - 1, ok = 1;
	if (want == LAYOUT_TILES) ok = s->d[last] == 1 || st->s[last] == 1 || st->s[last] == 0;
	if (want == LAYOUT_PRODUCT) {
		for (int i = 0; i < 2; i++) ok = ok && (s->d[i] == 1 || st->s[i] > 0);
		ok = ok && (st->s[1] == 1 || st->s[0] == 1 || s->d[0] == 1 || s->d[1] == 1);
	}
	for (int i = 0; want == LAYOUT_CONTIGUOUS && i < s->rank; i++) ok = ok && (s->d[i] == 1 || st->s[i] == whole.s[i]);
	return ok;
}

/* Makes id addressable for a kernel. */
static egm__id ensure_memory(egm__lower *l, egm__id id, layout want)
{
	egm__id root;
	egm__strides st;
	id = egm__real(l->g, id);
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls == EGM__CLASS_VIEW && l->at[id] < 0) {
		ensure_memory(l, n->in[0], LAYOUT_ANY);
		if (egm__resolve(l, id, INT32_MAX, &root, &st) && suits(&n->shape, &st, want)) return root;
	}
	if (l->at[id] < 0 && n->op->cls != EGM__CLASS_LEAF) force(l, id);
	l->stored[id] = 1;
	return id;
}

static void collect(egm__lower *l, egm__id id, needs *w)
{
	id = egm__real(l->g, id);
	const egm__node *n = &l->g->nodes[id];
	int32_t at = l->at[id];
	int in_group = at >= 0 && l->drafts[at].kind == EGM__KERNEL_GROUP;
	switch (n->op->cls) {
	case EGM__CLASS_CONST:
		break;
	case EGM__CLASS_ELEMENTWISE:
		need(w, id, at, !in_group);
		break;
	case EGM__CLASS_CHEAP:
		if (at >= 0) {
			l->stored[id] = 1;
			need(w, id, at, 1);
		} else {
			collect(l, n->in[0], w);
		}
		break;
	default: {
		egm__id root = ensure_memory(l, id, LAYOUT_TILES);
		need(w, root, l->at[root], 1);
	}
	}
}

static int shares_input(const egm__lower *l, int32_t kernel, const needs *w)
{
	const egm__draft *d = &l->drafts[kernel];
	for (int32_t i = 0; i < d->n_members; i++) {
		const egm__node *n = &l->g->nodes[d->members[i]];
		for (int j = 0; j < n->n_in; j++)
			for (int k = 0; k < w->n; k++)
				if (egm__real(l->g, n->in[j]) == w->base[k]) return 1;
	}
	return 0;
}

static int may_join(const egm__lower *l, int32_t kernel, const egm__shape *shape)
{
	const egm__draft *d = &l->drafts[kernel];
	return d->kind == EGM__KERNEL_GROUP && egm__shape_equal(&d->shape, shape) && d->n_members + d->n_stores < 64;
}

/* The group in which to compute over `shape` what has the needs w; earliest: not before this kernel. */
static int32_t place(egm__lower *l, const egm__shape *shape, const needs *w, int32_t earliest)
{
	int32_t p = w->latest;
	if (p >= earliest && p >= 0 && !w->strict && may_join(l, p, shape)) return p;
	for (int32_t q = l->n_drafts - 1; q > p && q >= earliest; q--)
		if (may_join(l, q, shape) && shares_input(l, q, w)) return q;
	if (l->n_drafts - 1 > p && l->n_drafts - 1 >= earliest && egm__shape_count(shape) == 1 &&
	    may_join(l, l->n_drafts - 1, shape))
		return l->n_drafts - 1;
	egm__draft *d = add_draft(l, EGM__KERNEL_GROUP, EGM__NONE);
	if (!d) return -1;
	d->shape = *shape;
	return l->n_drafts - 1;
}

/* Elementwise inputs that are computed in other kernels must be in memory. */
static void store_foreign(egm__lower *l, const needs *w, int32_t kernel)
{
	for (int i = 0; i < w->n; i++)
		if (l->at[w->base[i]] != kernel) l->stored[w->base[i]] = 1;
}

static void into_group(egm__lower *l, egm__id id, const egm__shape *shape)
{
	const egm__node *n = &l->g->nodes[id];
	needs w = {.latest = -1};
	for (int i = 0; i < n->n_in; i++) collect(l, n->in[i], &w);
	int32_t k = place(l, shape, &w, 0);
	if (k < 0) return;
	store_foreign(l, &w, k);
	add_member(l, k, id);
	l->at[id] = k;
	l->first[id] = k;
}

static void store_into(egm__lower *l, egm__id value, const egm__shape *shape, egm__store store, int32_t earliest)
{
	needs w = {.latest = -1};
	if (value != EGM__NONE) collect(l, value, &w);
	int32_t k = place(l, shape, &w, earliest);
	if (k < 0) return;
	store_foreign(l, &w, k);
	add_store(l, k, store);
	if (store.target == EGM__NONE) return;
	if (l->first[store.target] < 0 || k < l->first[store.target]) l->first[store.target] = k;
	if (k > l->at[store.target]) l->at[store.target] = k;
}

/* ---- one function for each class */

static void lower_concat(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	int64_t axis = n->a[0], from = 0;
	egm__strides whole = egm__contiguous(&n->shape);
	int32_t last = -1;
	for (int i = 0; i < n->n_in; i++) {
		const egm__shape *s = egm__graph_shape(l->g, n->in[i]);
		egm__strides part = whole;
		part.offset = from * whole.s[axis];
		store_into(l, egm__real(l->g, n->in[i]), s, (egm__store){egm__real(l->g, n->in[i]), id, part, 0}, 0);
		if (l->at[id] > last) last = l->at[id];
		from += s->d[axis];
	}
	l->at[id] = last;
	l->stored[id] = 1;
}

static void lower_pad(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	egm__strides whole = egm__contiguous(&n->shape), part = whole;
	store_into(l, EGM__NONE, &n->shape, (egm__store){EGM__NONE, id, whole, 0}, l->n_drafts);
	part.offset = n->a[1] * whole.s[n->a[0]];
	egm__id x = egm__real(l->g, n->in[0]);
	int32_t after = l->n_drafts;
	store_into(l, x, egm__graph_shape(l->g, x), (egm__store){x, id, part, 0}, after);
	l->stored[id] = 1;
}

static void lower_noise(egm__lower *l, egm__id id)
{
	if (!add_draft(l, EGM__KERNEL_NOISE, id)) return;
	l->at[id] = l->first[id] = l->n_drafts - 1;
	l->stored[id] = 1;
}

static void lower_max(egm__lower *l, egm__id id)
{
	ensure_memory(l, l->g->nodes[id].in[0], LAYOUT_TILES);
	if (!add_draft(l, EGM__KERNEL_MAX, id)) return;
	l->at[id] = l->first[id] = l->n_drafts - 1;
	l->stored[id] = 1;
}

static egm__kernel_kind image_kernel(const egm__op *op)
{
	if (op == &egm__op_patches) return EGM__KERNEL_PATCHES;
	if (op == &egm__op_fold) return EGM__KERNEL_FOLD;
	return op == &egm__op_block_sum ? EGM__KERNEL_BLOCK_SUM : EGM__KERNEL_REPEAT;
}

static void lower_image(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	ensure_memory(l, n->in[0], LAYOUT_CONTIGUOUS);
	if (!add_draft(l, image_kernel(n->op), id)) return;
	l->at[id] = l->first[id] = l->n_drafts - 1;
	l->stored[id] = 1;
}

/* A sum of products is one run of accumulating products: the first overwrites, the others add. */
static void lower_products(egm__lower *l, egm__id root, egm__id id, double alpha)
{
	const egm__node *n = &l->g->nodes[id];
	if (n->op == &egm__op_affine) {
		lower_products(l, root, egm__real(l->g, n->in[0]), alpha * n->c[0]);
	} else if (n->op == &egm__op_add) {
		for (int i = 0; i < 2; i++) lower_products(l, root, egm__real(l->g, n->in[i]), alpha);
	} else {
		for (int i = 0; i < 2; i++) ensure_memory(l, n->in[i], LAYOUT_PRODUCT);
		int start = l->at[root] < 0;
		egm__draft *d = add_draft(l, EGM__KERNEL_GEMM, root);
		if (!d) return;
		d->matmul = id;
		d->alpha = alpha;
		d->beta = start ? 0 : 1;
		l->at[root] = l->n_drafts - 1;
		if (start) l->first[root] = l->at[root];
	}
	l->stored[root] = 1;
}

/* A node that has no kernel of its own gets memory: a view or leaf is copied, a cheap node or a number computed. */
static void force(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls == EGM__CLASS_VIEW || n->op->cls == EGM__CLASS_LEAF) {
		if (!add_draft(l, EGM__KERNEL_COPY, id)) return;
		l->at[id] = l->first[id] = l->n_drafts - 1;
		l->stored[id] = 1;
		return;
	}
	into_group(l, id, &n->shape);
	l->stored[id] = 1;
}

static void lower_node(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	if (l->sum[id]) {
		if (!l->absorbed[id]) lower_products(l, id, id, 1);
		return;
	}
	switch (n->op->cls) {
	case EGM__CLASS_NOISE:
		lower_noise(l, id);
		break;
	case EGM__CLASS_ELEMENTWISE:
		into_group(l, id, &n->shape);
		break;
	case EGM__CLASS_REDUCE:
		if (n->op->is_max)
			lower_max(l, id);
		else
			into_group(l, id, egm__graph_shape(l->g, n->in[0]));
		l->stored[id] = 1;
		break;
	case EGM__CLASS_CONCAT:
		lower_concat(l, id);
		break;
	case EGM__CLASS_PAD:
		lower_pad(l, id);
		break;
	case EGM__CLASS_IMAGE:
		lower_image(l, id);
		break;
	default:
		break;
	}
}

/* ---- after: where results go */

static int slot_is_read(const egm__lower *l, int32_t slot)
{
	for (egm__id id = 0; id < l->g->n; id++)
		if (l->live[id] && l->g->nodes[id].op == &egm__op_leaf && l->g->nodes[id].a[0] == slot) return 1;
	return 0;
}

/* Where a slot is read and written, an output that looks into memory of the caller could find it overwritten by an
 * output before it: such a one is taken to memory of the program first. */
static void keep_old_values(egm__lower *l)
{
	int both = 0;
	for (int32_t i = 0; i < l->g->n_out; i++) both |= slot_is_read(l, l->g->outputs[i].slot);
	for (int32_t i = 0; both && i < l->g->n_out; i++) {
		egm__id id = egm__real(l->g, l->g->outputs[i].id);
		const egm__node *n = &l->g->nodes[id];
		if (l->at[id] >= 0 || n->op->cls == EGM__CLASS_CONST) continue;
		if (n->op->cls == EGM__CLASS_VIEW) ensure_memory(l, n->in[0], LAYOUT_ANY);
		force(l, id);
	}
}

/* A node with memory of its own writes straight to the caller; any other is copied there behind all readers. */
static void bind_outputs(egm__lower *l)
{
	keep_old_values(l);
	int32_t end = l->n_drafts;
	for (int32_t i = 0; i < l->g->n_out; i++) {
		const egm__output *o = &l->g->outputs[i];
		egm__id id = egm__real(l->g, o->id);
		const egm__node *n = &l->g->nodes[id];
		int own = l->at[id] >= 0 && n->op->cls != EGM__CLASS_NOISE && n->op->cls != EGM__CLASS_VIEW &&
		          n->op->cls != EGM__CLASS_LEAF;
		if (own && !l->bound[id] && !slot_is_read(l, o->slot)) {
			l->bound[id] = l->stored[id] = 1;
			l->slot[id] = o->slot;
			l->offset[id] = o->offset;
			continue;
		}
		egm__strides st = egm__contiguous(&n->shape);
		st.offset = o->offset;
		store_into(l, id, &n->shape, (egm__store){id, EGM__NONE, st, o->slot}, end);
	}
}

egm_status egm__lower_graph(egm__lower *l)
{
	egm__lower_mark(l);
	for (egm__id id = 0; id < l->g->n && l->status == EGM_OK; id++)
		if (l->live[id]) lower_node(l, id);
	if (l->status == EGM_OK) bind_outputs(l);
	return l->status;
}
