/* SPDX-License-Identifier: MIT */
/* Which nodes are computed by one pass over memory, a group. An elementwise node, a sum or a store joins the group that
 * computed its inputs, else the latest one that reads one of them, if the shapes agree; else it starts a group. So an
 * activation, its mask, the product with an incoming adjoint and the sum that makes the bias gradient become one pass.
 *
 * A group reads memory, and what is not in memory as the group needs it has to be copied or computed first, perhaps by
 * a group: collect, egm__ensure_memory, egm__force and egm__into_group call each other. */
#include <compile/passes_impl.h>

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

/* What a node reads: the latest kernel that it waits for, and whether it must come after that kernel (strict) or may be
 * in it. */
typedef struct needs {
	int32_t latest;
	int strict;
	int n;
	egm__id base[2]; /* elementwise nodes have at most two inputs, cheap ones one */
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

static void collect(egm__lower *l, egm__id id, needs *w)
{
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
		egm__id root = egm__ensure_memory(l, id, EGM__LAYOUT_TILES);
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
				if (n->in[j] == w->base[k]) return 1;
	}
	return 0;
}

static int may_join(const egm__lower *l, int32_t kernel, const egm__shape *shape)
{
	const egm__draft *d = &l->drafts[kernel];
	return d->kind == EGM__KERNEL_GROUP && egm__shape_equal(&d->shape, shape) &&
	       d->n_members + d->n_stores < EGM__MOST_IN_GROUP;
}

/* The group over `shape`, no kernel before `earliest`, for what has the needs w. */
static int32_t choose_group(egm__lower *l, const egm__shape *shape, const needs *w, int32_t earliest)
{
	int32_t p = w->latest;
	if (p >= earliest && p >= 0 && !w->strict && may_join(l, p, shape)) return p;
	for (int32_t q = l->n_drafts - 1; q > p && q >= earliest; q--)
		if (may_join(l, q, shape) && shares_input(l, q, w)) return q;
	if (l->n_drafts - 1 > p && l->n_drafts - 1 >= earliest && egm__shape_count(shape) == 1 &&
	    may_join(l, l->n_drafts - 1, shape))
		return l->n_drafts - 1;
	egm__draft *d = egm__draft_new(l, EGM__KERNEL_GROUP, EGM__NONE);
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

void egm__into_group(egm__lower *l, egm__id id, const egm__shape *shape)
{
	const egm__node *n = &l->g->nodes[id];
	needs w = {.latest = -1};
	for (int i = 0; i < n->n_in; i++) collect(l, n->in[i], &w);
	int32_t k = choose_group(l, shape, &w, 0);
	if (k < 0) return;
	store_foreign(l, &w, k);
	add_member(l, k, id);
	l->at[id] = k;
	l->first[id] = k;
}

void egm__store_into(egm__lower *l, egm__id value, const egm__shape *shape, egm__store store, int32_t earliest)
{
	needs w = {.latest = -1};
	if (value != EGM__NONE) collect(l, value, &w);
	int32_t k = choose_group(l, shape, &w, earliest);
	if (k < 0) return;
	store_foreign(l, &w, k);
	add_store(l, k, store);
	if (store.target == EGM__NONE) return;
	if (l->first[store.target] < 0 || k < l->first[store.target]) l->first[store.target] = k;
	if (k > l->at[store.target]) l->at[store.target] = k;
}

/* ---- values in memory */

static int suits(const egm__shape *s, const egm__strides *st, egm__layout want)
{
	int last = s->rank - 1, ok = 1;
	if (want == EGM__LAYOUT_TILES) ok = s->d[last] == 1 || st->s[last] == 1 || st->s[last] == 0;
	if (want == EGM__LAYOUT_PRODUCT) {
		for (int i = 0; i < 2; i++) ok = ok && (s->d[i] == 1 || st->s[i] > 0);
		ok = ok && (st->s[1] == 1 || st->s[0] == 1 || s->d[0] == 1 || s->d[1] == 1);
	}
	if (want == EGM__LAYOUT_CONTIGUOUS) ok = egm__strides_equal(s, st->s, egm__contiguous(s).s);
	return ok;
}

egm__id egm__ensure_memory(egm__lower *l, egm__id id, egm__layout want)
{
	egm__id root;
	egm__strides st;
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls == EGM__CLASS_VIEW && l->at[id] < 0) {
		egm__ensure_memory(l, n->in[0], EGM__LAYOUT_ANY);
		if (egm__view_root(l, id, INT32_MAX, &root, &st) && suits(&n->shape, &st, want)) return root;
	}
	if (l->at[id] < 0 && n->op->cls != EGM__CLASS_LEAF) egm__force(l, id);
	l->stored[id] = 1;
	return id;
}

void egm__force(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls == EGM__CLASS_VIEW || n->op->cls == EGM__CLASS_LEAF) {
		egm__draft_alone(l, EGM__KERNEL_COPY, id);
		return;
	}
	egm__into_group(l, id, &n->shape);
	l->stored[id] = 1;
}
