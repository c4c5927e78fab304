/* SPDX-License-Identifier: MIT */
/* Sums and maxima over rows, columns or both of a matrix. Arrays of another rank are looked at as matrices, one run of
 * neighbouring axes at a time; a sum over a run in the middle is one over blocks of an image. The maximum has no
 * derivative: it only shifts exponentials. */
#include <graph/op_impl.h>
#include <math.h>

static egm_status shape(const egm__graph *g, egm__node *n)
{
	n->shape = *egm__graph_shape(g, n->in[0]);
	if (n->a[0] & 1) n->shape.d[0] = 1;
	if (n->a[0] & 2) n->shape.d[1] = 1;
	return EGM_OK;
}

/* sum of a broadcast: a factor for each repeated axis that is summed */
static egm__id fold_broadcast(egm__graph *g, const egm__node *n)
{
	const egm__node *b = egm__node_at(g, n->in[0]);
	if (b->op != &egm__op_broadcast) return EGM__NONE;
	egm__id x = b->in[0];
	egm__shape small = b->shape;
	double count = 1;
	for (int i = 0; i < 2; i++)
		if ((n->a[0] >> i & 1) && egm__graph_shape(g, x)->d[i] == 1 && small.d[i] > 1) {
			count *= (double)small.d[i];
			small.d[i] = 1;
		}
	if (count == 1) return EGM__NONE;
	return egm__scale(g, egm__sum(g, egm__broadcast(g, x, small), (uint32_t)n->a[0]), count);
}

static egm__id fold_sum(egm__graph *g, const egm__node *n)
{
	double c, s;
	egm__shape in = *egm__graph_shape(g, n->in[0]);
	double count = (double)egm__shape_count(&in) / (double)egm__shape_count(&n->shape);
	if (egm__is_const(g, n->in[0], &c)) return egm__const(g, c * count, n->shape);
	const egm__node *x = egm__node_at(g, n->in[0]);
	if (x->op == &egm__op_affine) {
		s = x->c[0], c = x->c[1];
		return egm__affine(g, egm__sum(g, x->in[0], (uint32_t)n->a[0]), s, c * count);
	}
	if (x->op == &egm__op_sum) return egm__sum(g, x->in[0], (uint32_t)(x->a[0] | n->a[0]));
	return fold_broadcast(g, n);
}

static void eval(const egm__eval *e)
{
	int64_t rows = e->in_shape[0]->d[0], cols = e->in_shape[0]->d[1], axes = e->node->a[0];
	int64_t out_cols = axes & 2 ? 1 : cols, n = egm__shape_count(&e->node->shape);
	int is_max = e->node->op->is_max;
	for (int64_t i = 0; i < n; i++) e->out[i] = is_max ? -INFINITY : 0;
	for (int64_t i = 0; i < rows * cols; i++) {
		double x = e->in[0][i], *y = &e->out[(axes & 1 ? 0 : i / cols) * out_cols + (axes & 2 ? 0 : i % cols)];
		*y = !is_max ? *y + x : (x > *y || isnan(x)) ? x : *y;
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__broadcast(g, ybar, *egm__graph_shape(g, egm__node_at(g, y)->in[0]));
}

const egm__op egm__op_sum = {
    .name = "sum", .cls = EGM__CLASS_REDUCE, .shape = shape, .fold = fold_sum, .eval = eval, .adjoint = adjoint};
const egm__op egm__op_max = {.name = "max", .cls = EGM__CLASS_REDUCE, .shape = shape, .eval = eval, .is_max = 1};

static egm__id reduce_matrix(egm__graph *g, const egm__op *op, egm__id x, uint32_t axes)
{
	egm__node n = {.op = op, .n_in = 1, .in = {x}, .a = {axes}};
	return egm__emit(g, &n);
}

/* Other ranks than 2: the axes from .. to - 1, which stand together. */
static egm__id reduce_run(egm__graph *g, const egm__op *op, egm__id x, int from, int to)
{
	egm__shape s = *egm__graph_shape(g, x), out = s;
	int64_t outer = 1, size = 1, inner = 1;
	for (int i = 0; i < s.rank; i++) *(i < from ? &outer : i < to ? &size : &inner) *= s.d[i];
	for (int i = from; i < to; i++) out.d[i] = 1;
	if (inner == 1) {
		x = reduce_matrix(g, op, egm__reshape(g, x, egm__shape2(outer, size)), 2);
	} else if (outer == 1) {
		x = reduce_matrix(g, op, egm__reshape(g, x, egm__shape2(size, inner)), 1);
	} else {
		egm__shape middle = {4, {outer, size, 1, inner}};
		if (op->is_max)
			return egm__graph_fail(g, EGM_ERR_UNSUPPORTED, "%s: axis %d of rank %d does not stand at one end", op->name,
			                       to - 1, s.rank);
		x = egm__block_sum(g, egm__reshape(g, x, middle), size, 1);
	}
	return egm__reshape(g, x, out);
}

/* Sizes of 1 between two axes belong to their run. */
static egm__id reduce_runs(egm__graph *g, const egm__op *op, egm__id x, uint32_t axes)
{
	egm__shape s = *egm__graph_shape(g, x);
	for (int to = s.rank; to > 0; to--) {
		int from = to;
		if (!(axes >> (to - 1) & 1)) continue;
		while (from > 0 && ((axes >> (from - 1) & 1) || s.d[from - 1] == 1)) from--;
		x = reduce_run(g, op, x, from, to);
		to = from + 1;
	}
	return x;
}

static egm__id reduce(egm__graph *g, const egm__op *op, egm__id x, uint32_t axes)
{
	if (x < 0 || g->status != EGM_OK) return EGM__NONE;
	const egm__shape *s = egm__graph_shape(g, x);
	for (int i = 0; i < EGM__MAX_RANK; i++)
		if (i >= s->rank || s->d[i] == 1) axes &= ~(1u << i);
	if (!axes) return x;
	return s->rank == 2 ? reduce_matrix(g, op, x, axes) : reduce_runs(g, op, x, axes);
}

egm__id egm__sum(egm__graph *g, egm__id x, uint32_t axes)
{
	return reduce(g, &egm__op_sum, x, axes);
}

egm__id egm__max(egm__graph *g, egm__id x, uint32_t axes)
{
	return reduce(g, &egm__op_max, x, axes);
}
