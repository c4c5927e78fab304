/* SPDX-License-Identifier: MIT */
/* Where outputs are written. A node with memory of its own writes straight to the caller; any other output is copied
 * there after all readers of the caller's memory. */
#include <compile/passes_impl.h>

static int slot_is_read(const egm__lower *l, int32_t slot)
{
	for (egm__id id = 0; id < l->g->n; id++)
		if (l->live[id] && l->g->nodes[id].op == &egm__op_leaf && l->g->nodes[id].a[0] == slot) return 1;
	return 0;
}

/* If a slot is both read and written, an earlier output could overwrite the caller's memory that a later output is to
 * be read from. Such an output is first copied to memory of the program. */
static void keep_old_values(egm__lower *l)
{
	int both = 0;
	for (int32_t i = 0; i < l->g->n_out; i++) both |= slot_is_read(l, l->g->outputs[i].slot);
	for (int32_t i = 0; both && i < l->g->n_out; i++) {
		egm__id id = l->g->outputs[i].id;
		const egm__node *n = &l->g->nodes[id];
		if (l->at[id] >= 0 || n->op->cls == EGM__CLASS_CONST) continue;
		if (n->op->cls == EGM__CLASS_VIEW) egm__ensure_memory(l, n->in[0], EGM__LAYOUT_ANY);
		egm__force(l, id);
	}
}

egm_status egm__pass_outputs(egm__lower *l)
{
	keep_old_values(l);
	int32_t end = l->n_drafts;
	for (int32_t i = 0; i < l->g->n_out; i++) {
		const egm__output *o = &l->g->outputs[i];
		egm__id id = o->id;
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
		egm__store_into(l, id, &n->shape, (egm__store){id, EGM__NONE, st, o->slot}, end);
	}
	return l->status;
}
