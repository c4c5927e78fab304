/* SPDX-License-Identifier: MIT */
/* Parts along one axis: slice, which is a view; pad, its adjoint; and concat. */
#include <graph/op_impl.h>
#include <string.h>

/* Looks at an array as [outer, size of the axis, inner]. */
static void around(const egm__shape *s, int64_t axis, int64_t *outer, int64_t *inner)
{
	*outer = *inner = 1;
	for (int i = 0; i < s->rank; i++)
		if (i != axis) *(i < axis ? outer : inner) *= s->d[i];
}

/* ---- slice: a[0] axis, a[1] start. Before the shape rule runs, shape.d[0] is the size. */

static egm_status slice_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	int64_t axis = n->a[0], start = n->a[1], count = n->shape.d[0];
	if (axis < 0 || axis >= x->rank || start < 0 || count < 1 || start > x->d[axis] - count)
		return egm__fail(EGM_ERR_SHAPE,
		                 "slice: %lld elements from %lld on; must be at least 1 and inside axis %lld of size %lld",
		                 (long long)count, (long long)start, (long long)axis,
		                 (long long)(axis >= 0 && axis < x->rank ? x->d[axis] : 0));
	n->shape = *x;
	n->shape.d[axis] = count;
	return EGM_OK;
}

static egm__id slice_of_concat(egm__graph *g, const egm__node *n, const egm__node *cat)
{
	int32_t axis = (int32_t)n->a[0];
	int64_t at = 0, count = n->shape.d[axis];
	for (int i = 0; i < cat->n_in && cat->a[0] == axis; i++) {
		int64_t size = egm__graph_shape(g, cat->in[i])->d[axis];
		if (n->a[1] >= at && n->a[1] + count <= at + size) return egm__slice(g, cat->in[i], axis, n->a[1] - at, count);
		at += size;
	}
	return EGM__NONE;
}

static egm__id slice_of_pad(egm__graph *g, const egm__node *n, const egm__node *pad)
{
	int32_t axis = (int32_t)n->a[0];
	int64_t start = n->a[1], count = n->shape.d[axis];
	int64_t first = pad->a[1], size = egm__graph_shape(g, pad->in[0])->d[axis];
	if (pad->a[0] != axis) return EGM__NONE;
	if (start >= first && start + count <= first + size) return egm__slice(g, pad->in[0], axis, start - first, count);
	if (start + count <= first || start >= first + size) return egm__const(g, 0, n->shape);
	return EGM__NONE;
}

static egm__id slice_simplify(egm__graph *g, const egm__node *n)
{
	double c;
	egm__id x = n->in[0];
	const egm__node *p = egm__node_at(g, x);
	int32_t axis = (int32_t)n->a[0];
	if (egm__shape_equal(&p->shape, &n->shape)) return x;
	if (egm__is_const(g, x, &c)) return egm__const(g, c, n->shape);
	if (p->op == n->op && p->a[0] == axis) return egm__slice(g, p->in[0], axis, p->a[1] + n->a[1], n->shape.d[axis]);
	if (p->op->cls == EGM__CLASS_CONCAT) return slice_of_concat(g, n, p);
	if (p->op == &egm__op_pad) return slice_of_pad(g, n, p);
	if (p->op == &egm__op_broadcast && egm__graph_shape(g, p->in[0])->d[axis] == 1)
		return egm__broadcast(g, p->in[0], n->shape);
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__slice(g, y, axis, n->a[1], n->shape.d[axis]), c);
}

static void slice_eval(const egm__eval *e)
{
	int64_t outer, inner, axis = e->node->a[0];
	around(e->in_shape[0], axis, &outer, &inner);
	int64_t run = e->node->shape.d[axis] * inner, step = e->in_shape[0]->d[axis] * inner;
	for (int64_t o = 0; o < outer; o++)
		memcpy(e->out + o * run, e->in[0] + o * step + e->node->a[1] * inner, (size_t)run * sizeof *e->out);
}

static egm__id slice_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	int32_t axis = (int32_t)n->a[0];
	int64_t size = egm__graph_shape(g, n->in[0])->d[axis];
	return egm__pad(g, ybar, axis, n->a[1], size - n->a[1] - n->shape.d[axis]);
}

static int slice_view(const egm__node *n, const egm__shape *in, egm__strides *st)
{
	st->offset += n->a[1] * st->s[n->a[0]];
	return 1;
}

static const egm__op slice_op = {.name = "slice",
                                 .cls = EGM__CLASS_VIEW,
                                 .shape = slice_shape,
                                 .simplify = slice_simplify,
                                 .eval = slice_eval,
                                 .adjoint = slice_adjoint,
                                 .view = slice_view};

egm__id egm__slice(egm__graph *g, egm__id x, int32_t axis, int64_t start, int64_t count)
{
	egm__node n = {.op = &slice_op, .n_in = 1, .in = {x}, .a = {axis, start}, .shape = {1, {count, 1, 1, 1}}};
	return egm__emit(g, &n);
}

/* ---- pad: a[0] axis, a[1] zeros before. Before the shape rule runs, shape.d[0] is the number of zeros after. */

static egm_status pad_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	int64_t axis = n->a[0], after = n->shape.d[0];
	if (axis < 0 || axis >= x->rank || n->a[1] < 0 || after < 0)
		return egm__fail(EGM_ERR_SHAPE,
		                 "pad: %lld zeros before and %lld after axis %lld; must be at least 0, along an axis 0 to %d",
		                 (long long)n->a[1], (long long)after, (long long)axis, x->rank - 1);
	n->shape = *x;
	n->shape.d[axis] += n->a[1] + after;
	return EGM_OK;
}

static egm__id pad_simplify(egm__graph *g, const egm__node *n)
{
	double c;
	egm__id x = n->in[0];
	const egm__shape *s = egm__graph_shape(g, x);
	int32_t axis = (int32_t)n->a[0];
	if (egm__shape_equal(s, &n->shape)) return x;
	if (egm__is_const(g, x, &c) && c == 0) return egm__const(g, 0, n->shape);
	int64_t after = n->shape.d[axis] - s->d[axis] - n->a[1];
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__pad(g, y, axis, n->a[1], after), c);
}

static void pad_eval(const egm__eval *e)
{
	int64_t outer, inner, axis = e->node->a[0];
	around(e->in_shape[0], axis, &outer, &inner);
	int64_t run = e->in_shape[0]->d[axis] * inner, step = e->node->shape.d[axis] * inner;
	memset(e->out, 0, (size_t)(outer * step) * sizeof *e->out);
	for (int64_t o = 0; o < outer; o++)
		memcpy(e->out + o * step + e->node->a[1] * inner, e->in[0] + o * run, (size_t)run * sizeof *e->out);
}

static egm__id pad_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	int32_t axis = (int32_t)n->a[0];
	return egm__slice(g, ybar, axis, n->a[1], egm__graph_shape(g, n->in[0])->d[axis]);
}

const egm__op egm__op_pad = {.name = "pad",
                             .cls = EGM__CLASS_PAD,
                             .shape = pad_shape,
                             .simplify = pad_simplify,
                             .eval = pad_eval,
                             .adjoint = pad_adjoint};

egm__id egm__pad(egm__graph *g, egm__id x, int32_t axis, int64_t before, int64_t after)
{
	egm__node n = {.op = &egm__op_pad, .n_in = 1, .in = {x}, .a = {axis, before}, .shape = {1, {after, 1, 1, 1}}};
	return egm__emit(g, &n);
}

/* ---- concat along a[0] */

static egm_status concat_shape(const egm__graph *g, egm__node *n)
{
	egm__shape s = *egm__graph_shape(g, n->in[0]);
	char ta[64], tb[64];
	int64_t axis = n->a[0];
	if (axis < 0 || axis >= s.rank)
		return egm__fail(EGM_ERR_SHAPE, "concat: the axis is %lld; must be 0 to %d", (long long)axis, s.rank - 1);
	for (int i = 1; i < n->n_in; i++) {
		const egm__shape *x = egm__graph_shape(g, n->in[i]);
		int fits = x->rank == s.rank;
		for (int a = 0; fits && a < s.rank; a++) fits = a == axis || x->d[a] == s.d[a];
		if (!fits)
			return egm__fail(EGM_ERR_SHAPE, "concat: the shapes are %s and %s; must be equal but for axis %lld",
			                 egm__shape_text(&s, ta), egm__shape_text(x, tb), (long long)axis);
		s.d[axis] += x->d[axis];
	}
	n->shape = s;
	return EGM_OK;
}

static egm__id concat_simplify(egm__graph *g, const egm__node *n)
{
	return n->n_in == 1 ? n->in[0] : EGM__NONE;
}

static void concat_eval(const egm__eval *e)
{
	int64_t outer, inner, axis = e->node->a[0], at = 0;
	around(&e->node->shape, axis, &outer, &inner);
	int64_t step = e->node->shape.d[axis] * inner;
	for (int i = 0; i < e->node->n_in; i++) {
		int64_t run = e->in_shape[i]->d[axis] * inner;
		for (int64_t o = 0; o < outer; o++)
			memcpy(e->out + o * step + at, e->in[i] + o * run, (size_t)run * sizeof *e->out);
		at += run;
	}
}

static egm__id concat_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	int32_t axis = (int32_t)n->a[0];
	int64_t at = 0;
	for (int i = 0; i < which; i++) at += egm__graph_shape(g, n->in[i])->d[axis];
	return egm__slice(g, ybar, axis, at, egm__graph_shape(g, n->in[which])->d[axis]);
}

static const egm__op concat_op = {.name = "concat",
                                  .cls = EGM__CLASS_CONCAT,
                                  .shape = concat_shape,
                                  .simplify = concat_simplify,
                                  .eval = concat_eval,
                                  .adjoint = concat_adjoint};

egm__id egm__concat(egm__graph *g, int32_t n_in, const egm__id *x, int32_t axis)
{
	egm__node n = {.op = &concat_op, .n_in = n_in, .a = {axis, 0}};
	if (n_in < 1 || n_in > EGM__MAX_INPUTS)
		return egm__graph_fail(g, EGM_ERR_ARGUMENT, "concat: the number of inputs is %d; must be 1 to %d", n_in,
		                       EGM__MAX_INPUTS);
	memcpy(n.in, x, (size_t)n_in * sizeof *x);
	return egm__emit(g, &n);
}
