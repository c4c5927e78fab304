/* SPDX-License-Identifier: MIT */
/* The memory of a node: the caller's, or a buffer of the arena, which is made when the first operand needs it. */
#include <compile/passes_impl.h>
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

static int32_t buffer_of(egm__lower *l, egm__id id, int32_t reader)
{
	int64_t bytes = egm__shape_count(&l->g->nodes[id].shape) * (int64_t)egm__dtype_size(l->p->dtype);
	if (l->buffer[id] < 0) l->buffer[id] = egm__buffer_new(l, bytes, l->first[id]);
	if (l->status != EGM_OK) return l->buffer[id];
	egm__buffer *b = &l->p->buffers[l->buffer[id]];
	if (reader > b->last) b->last = reader;
	return l->buffer[id];
}

egm__mem egm__memory(egm__lower *l, egm__id id, int32_t reader)
{
	const egm__node *n = &l->g->nodes[id];
	egm__mem m = {.buffer = -1};
	egm__strides st = egm__contiguous(&n->shape);
	memcpy(m.s, st.s, sizeof m.s);
	if (egm__is_callers_leaf(l, id, reader)) {
		m.slot = (int32_t)n->a[0];
		m.offset = n->a[1];
	} else if (l->bound[id]) {
		m.slot = l->slot[id];
		m.offset = l->offset[id];
	} else {
		m.buffer = buffer_of(l, id, reader);
	}
	return m;
}

egm__mem egm__view_memory(egm__lower *l, egm__id id, int32_t reader)
{
	egm__id root = id;
	egm__strides st = {0};
	int ok = egm__view_root(l, id, reader, &root, &st);
	EGM_INVARIANT(ok);
	(void)ok;
	egm__mem m = egm__memory(l, root, reader);
	m.offset += st.offset;
	memcpy(m.s, st.s, sizeof m.s);
	return m;
}
