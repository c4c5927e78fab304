/* SPDX-License-Identifier: MIT */
/* Views: a node of class VIEW is the memory of its input, seen through other strides, unless an earlier kernel has
 * copied it. */
#include <compile/passes_impl.h>

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

int egm__strides_equal(const egm__shape *s, const int64_t *x, const int64_t *y)
{
	int equal = 1;
	for (int i = 0; i < s->rank; i++) equal = equal && (s->d[i] == 1 || x[i] == y[i]);
	return equal;
}

int egm__view_root(const egm__lower *l, egm__id id, int32_t reader, egm__id *root, egm__strides *st)
{
	const egm__node *n = &l->g->nodes[id];
	if (n->op->cls != EGM__CLASS_VIEW || (l->at[id] >= 0 && l->at[id] < reader)) {
		*root = id;
		*st = egm__contiguous(&n->shape);
		return 1;
	}
	return egm__view_root(l, n->in[0], reader, root, st) && n->op->view(n, &l->g->nodes[n->in[0]].shape, st);
}

int egm__is_callers_leaf(const egm__lower *l, egm__id id, int32_t reader)
{
	return l->g->nodes[id].op == &egm__op_leaf && (l->at[id] < 0 || reader <= l->at[id]);
}
