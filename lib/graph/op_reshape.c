/* SPDX-License-Identifier: MIT */
/* Reshape and transpose: views, which read the same memory with other strides. */
#include <graph/op_impl.h>
#include <string.h>

static void copy_eval(const egm__eval *e)
{
	memcpy(e->out, e->in[0], (size_t)egm__shape_count(&e->node->shape) * sizeof *e->out);
}

/* ---- reshape: the same elements in the same order */

static egm_status reshape_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	char tx[64], ty[64];
	if (egm__shape_count(x) == egm__shape_count(&n->shape)) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "reshape: the shape is %s; must have as many elements as %s",
	                 egm__shape_text(x, tx), egm__shape_text(&n->shape, ty));
}

static egm__id reshape_simplify(egm__graph *g, const egm__node *n)
{
	double c;
	egm__id x = n->in[0];
	if (egm__shape_equal(egm__graph_shape(g, x), &n->shape)) return x;
	if (egm__is_const(g, x, &c)) return egm__const(g, c, n->shape);
	if (egm__node_at(g, x)->op == &egm__op_reshape) return egm__reshape(g, egm__node_at(g, x)->in[0], n->shape);
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__reshape(g, y, n->shape), c);
}

static egm__id reshape_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__reshape(g, ybar, *egm__graph_shape(g, egm__node_at(g, y)->in[0]));
}

/* Contiguous memory can have any shape. Other memory can only lose and gain axes of size 1. */
static int reshape_view(const egm__node *n, const egm__shape *in, egm__strides *st)
{
	egm__strides y = *st;
	int64_t run = 1;
	int contiguous = 1, from = in->rank - 1;
	for (int i = in->rank - 1; i >= 0; i--) {
		if (in->d[i] > 1 && st->s[i] != run) contiguous = 0;
		run *= in->d[i];
	}
	run = 1;
	for (int i = n->shape.rank - 1; i >= 0; i--) {
		if (contiguous) {
			y.s[i] = run;
			run *= n->shape.d[i];
			continue;
		}
		if (n->shape.d[i] == 1) continue;
		while (from >= 0 && in->d[from] == 1) from--;
		if (from < 0 || in->d[from] != n->shape.d[i]) return 0;
		y.s[i] = st->s[from--];
	}
	*st = y;
	return 1;
}

const egm__op egm__op_reshape = {.name = "reshape",
                                 .cls = EGM__CLASS_VIEW,
                                 .shape = reshape_shape,
                                 .simplify = reshape_simplify,
                                 .eval = copy_eval,
                                 .adjoint = reshape_adjoint,
                                 .view = reshape_view};

egm__id egm__reshape(egm__graph *g, egm__id x, egm__shape shape)
{
	egm__node n = {.op = &egm__op_reshape, .n_in = 1, .in = {x}, .shape = shape};
	return egm__emit(g, &n);
}

/* ---- transpose of a matrix */

static egm_status transpose_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	if (x->rank != 2) return egm__fail(EGM_ERR_SHAPE, "transpose: the rank is %d; must be 2", x->rank);
	n->shape = egm__shape2(x->d[1], x->d[0]);
	return EGM_OK;
}

static egm__id transpose_simplify(egm__graph *g, const egm__node *n)
{
	double c;
	egm__id x = n->in[0];
	const egm__node *p = egm__node_at(g, x);
	if (p->op == &egm__op_transpose) return p->in[0];
	if (p->shape.d[0] == 1 || p->shape.d[1] == 1) return egm__reshape(g, x, n->shape);
	if (egm__is_const(g, x, &c)) return egm__const(g, c, n->shape);
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__transpose(g, y), c);
}

static void transpose_eval(const egm__eval *e)
{
	int64_t rows = e->node->shape.d[0], cols = e->node->shape.d[1];
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < cols; j++) e->out[i * cols + j] = e->in[0][j * rows + i];
}

static egm__id transpose_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__transpose(g, ybar);
}

static int transpose_view(const egm__node *n, const egm__shape *in, egm__strides *st)
{
	int64_t s = st->s[0];
	st->s[0] = st->s[1];
	st->s[1] = s;
	return 1;
}

const egm__op egm__op_transpose = {.name = "transpose",
                                   .cls = EGM__CLASS_VIEW,
                                   .shape = transpose_shape,
                                   .simplify = transpose_simplify,
                                   .eval = transpose_eval,
                                   .adjoint = transpose_adjoint,
                                   .view = transpose_view};

egm__id egm__transpose(egm__graph *g, egm__id x)
{
	egm__node n = {.op = &egm__op_transpose, .n_in = 1, .in = {x}};
	return egm__emit(g, &n);
}
