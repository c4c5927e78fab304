/* SPDX-License-Identifier: MIT */
/* Where the value of a node lives: behind which aliases and views, in which buffer or slot, at what strides. While
 * kernels are chosen, only whether it will be readable there as it must be, or is copied or computed first; while they
 * are written out, the place itself, and a buffer on demand. */
#include <compile/kernel_impl.h>
#include <string.h>

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
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls != EGM__CLASS_VIEW || (l->at[id] >= 0 && l->at[id] < reader)) {
		*root = id;
		*st = egm__contiguous(&n->shape);
		return 1;
	}
	return egm__resolve(l, n->in[0], reader, root, st) && n->op->view(n, &l->g->nodes[n->in[0]].shape, st);
}

/* ---- while kernels are chosen */

static int suits(const egm__shape *s, const egm__strides *st, egm__layout want)
{
	egm__strides whole = egm__contiguous(s);
	int last = s->rank - 1, ok = 1;
	if (want == EGM__LAYOUT_TILES) ok = s->d[last] == 1 || st->s[last] == 1 || st->s[last] == 0;
	if (want == EGM__LAYOUT_PRODUCT) {
		for (int i = 0; i < 2; i++) ok = ok && (s->d[i] == 1 || st->s[i] > 0);
		ok = ok && (st->s[1] == 1 || st->s[0] == 1 || s->d[0] == 1 || s->d[1] == 1);
	}
	for (int i = 0; want == EGM__LAYOUT_CONTIGUOUS && i < s->rank; i++)
		ok = ok && (s->d[i] == 1 || st->s[i] == whole.s[i]);
	return ok;
}

egm__id egm__ensure_memory(egm__lower *l, egm__id id, egm__layout want)
{
	egm__id root;
	egm__strides st;
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls == EGM__CLASS_VIEW && l->at[id] < 0) {
		egm__ensure_memory(l, n->in[0], EGM__LAYOUT_ANY);
		if (egm__resolve(l, id, INT32_MAX, &root, &st) && suits(&n->shape, &st, want)) return root;
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

/* ---- while they are written out */

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
