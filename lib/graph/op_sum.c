/* SPDX-License-Identifier: MIT */
/* Sums and repetitions, which are adjoints of each other: sum and broadcast for whole axes, block_sum and repeat for
 * blocks of pixels. They are one file because their rules use each other in a circle. */
#include <graph/op_impl.h>
#include <limits.h>
#include <math.h>

/* ---- sum and max over rows, columns or both of a matrix; max only shifts exponentials and has no derivative */

static egm_status shape(const egm__graph *g, egm__node *n)
{
	n->shape = *egm__graph_shape(g, n->in[0]);
	if (n->a[0] & 1) n->shape.d[0] = 1;
	if (n->a[0] & 2) n->shape.d[1] = 1;
	return EGM_OK;
}

/* The sum over a repeated axis is a factor. */
static egm__id sum_of_broadcast(egm__graph *g, const egm__node *n)
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

static egm__id sum_simplify(egm__graph *g, const egm__node *n)
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
	if (x->op == n->op) return egm__sum(g, x->in[0], (uint32_t)(x->a[0] | n->a[0]));
	return sum_of_broadcast(g, n);
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

static const egm__op sum_op = {.name = "sum",
                               .cls = EGM__CLASS_REDUCE,
                               .shape = shape,
                               .simplify = sum_simplify,
                               .eval = eval,
                               .adjoint = adjoint};
static const egm__op max_op = {.name = "max", .cls = EGM__CLASS_REDUCE, .shape = shape, .eval = eval, .is_max = 1};

static egm__id reduce_matrix(egm__graph *g, const egm__op *op, egm__id x, uint32_t axes)
{
	egm__node n = {.op = op, .n_in = 1, .in = {x}, .a = {axes}};
	return egm__emit(g, &n);
}

/* Reduces the neighbouring axes from .. to - 1 of an array of any rank as a matrix, or, where axes of more than one
 * element are on both sides, as blocks of an image. */
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
			return egm__graph_fail(g, EGM_ERR_UNSUPPORTED,
			                       "%s: the axes are %d to %d of rank %d; must be the first or the last", op->name,
			                       from, to - 1, s.rank);
		x = egm__block_sum(g, egm__reshape(g, x, middle), size, 1);
	}
	return egm__reshape(g, x, out);
}

/* One run of neighbouring axes after another. An axis of size 1 between two axes of a run belongs to it. */
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
	return reduce(g, &sum_op, x, axes);
}

egm__id egm__max(egm__graph *g, egm__id x, uint32_t axes)
{
	return reduce(g, &max_op, x, axes);
}

/* ---- broadcast: axes of size 1 are repeated */

static egm_status broadcast_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	char tx[64], ty[64];
	int fits = x->rank == n->shape.rank;
	for (int i = 0; fits && i < x->rank; i++) fits = x->d[i] == n->shape.d[i] || x->d[i] == 1;
	if (fits) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "broadcast: the shape is %s; must have the sizes of %s, or 1",
	                 egm__shape_text(x, tx), egm__shape_text(&n->shape, ty));
}

static egm__id broadcast_simplify(egm__graph *g, const egm__node *n)
{
	double c;
	egm__id x = n->in[0];
	if (egm__shape_equal(egm__graph_shape(g, x), &n->shape)) return x;
	if (egm__is_const(g, x, &c)) return egm__const(g, c, n->shape);
	if (egm__node_at(g, x)->op == &egm__op_broadcast) return egm__broadcast(g, egm__node_at(g, x)->in[0], n->shape);
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__broadcast(g, y, n->shape), c);
}

static void broadcast_eval(const egm__eval *e)
{
	const egm__shape *x = e->in_shape[0], *y = &e->node->shape;
	int64_t n = egm__shape_count(y);
	for (int64_t i = 0; i < n; i++) {
		int64_t rest = i, from = 0, stride = 1;
		for (int a = y->rank - 1; a >= 0; a--) {
			if (x->d[a] > 1) from += rest % y->d[a] * stride;
			rest /= y->d[a];
			stride *= x->d[a];
		}
		e->out[i] = e->in[0][from];
	}
}

static egm__id broadcast_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	uint32_t axes = 0;
	for (int i = 0; i < x->rank; i++)
		if (x->d[i] == 1 && n->shape.d[i] > 1) axes |= 1u << i;
	return egm__sum(g, ybar, axes);
}

static int broadcast_view(const egm__node *n, const egm__shape *in, egm__strides *st)
{
	for (int i = 0; i < in->rank; i++)
		if (in->d[i] == 1) st->s[i] = 0;
	return 1;
}

const egm__op egm__op_broadcast = {.name = "broadcast",
                                   .cls = EGM__CLASS_VIEW,
                                   .shape = broadcast_shape,
                                   .simplify = broadcast_simplify,
                                   .eval = broadcast_eval,
                                   .adjoint = broadcast_adjoint,
                                   .view = broadcast_view};

egm__id egm__broadcast(egm__graph *g, egm__id x, egm__shape shape)
{
	egm__node n = {.op = &egm__op_broadcast, .n_in = 1, .in = {x}, .shape = shape};
	return egm__emit(g, &n);
}

/* ---- block sum and repeat: height a[0], width a[1] of a block */

static egm_status misfit(const egm__node *n, const egm__shape *x)
{
	char text[64];
	return egm__fail(
	    EGM_ERR_SHAPE,
	    "%s: the blocks are %lld x %lld and the images %s; must be blocks of at least 1 x 1 that fill the images",
	    n->op->name, (long long)n->a[0], (long long)n->a[1], egm__shape_text(x, text));
}

static egm_status block_sum_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	const int64_t *size = n->a;
	if (x->rank != 4 || size[0] < 1 || size[1] < 1 || x->d[1] % size[0] || x->d[2] % size[1]) return misfit(n, x);
	n->shape = (egm__shape){4, {x->d[0], x->d[1] / size[0], x->d[2] / size[1], x->d[3]}};
	return EGM_OK;
}

static egm_status repeat_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	const int64_t *size = n->a;
	if (x->rank != 4 || size[0] < 1 || size[1] < 1 || x->d[1] > INT64_MAX / size[0] || x->d[2] > INT64_MAX / size[1])
		return misfit(n, x);
	n->shape = (egm__shape){4, {x->d[0], x->d[1] * size[0], x->d[2] * size[1], x->d[3]}};
	return EGM_OK;
}

static egm__id simplify_linear(egm__graph *g, const egm__node *n, double factor)
{
	double c;
	egm__id x = n->in[0];
	if (egm__shape_equal(egm__graph_shape(g, x), &n->shape)) return x;
	if (egm__is_const(g, x, &c)) return egm__const(g, c * factor, n->shape);
	egm__id y = egm__split_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__emit_like(g, n, y), c);
}

static egm__id block_sum_simplify(egm__graph *g, const egm__node *n)
{
	const egm__node *x = egm__node_at(g, n->in[0]);
	double count = (double)n->a[0] * (double)n->a[1];
	if (x->op == &egm__op_repeat && x->a[0] == n->a[0] && x->a[1] == n->a[1]) return egm__scale(g, x->in[0], count);
	return simplify_linear(g, n, count);
}

/* Repeating an axis of size 1 is a broadcast: a view, which costs nothing. */
static egm__id repeat_simplify(egm__graph *g, const egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	if ((x->d[1] == 1 || n->a[0] == 1) && (x->d[2] == 1 || n->a[1] == 1)) return egm__broadcast(g, n->in[0], n->shape);
	return simplify_linear(g, n, 1);
}

/* The element of the small image whose block contains element i of the large image. */
static int64_t block_of(const egm__node *n, const egm__shape *large, int64_t i)
{
	int64_t c = i % large->d[3], x = i / large->d[3] % large->d[2], row = i / large->d[3] / large->d[2];
	return (row / n->a[0] * (large->d[2] / n->a[1]) + x / n->a[1]) * large->d[3] + c;
}

static void block_sum_eval(const egm__eval *e)
{
	int64_t count = egm__shape_count(&e->node->shape), from = egm__shape_count(e->in_shape[0]);
	for (int64_t i = 0; i < count; i++) e->out[i] = 0;
	for (int64_t i = 0; i < from; i++) e->out[block_of(e->node, e->in_shape[0], i)] += e->in[0][i];
}

static void repeat_eval(const egm__eval *e)
{
	int64_t count = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < count; i++) e->out[i] = e->in[0][block_of(e->node, &e->node->shape, i)];
}

static egm__id block_sum_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	return egm__repeat(g, ybar, n->a[0], n->a[1]);
}

static egm__id repeat_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	return egm__block_sum(g, ybar, n->a[0], n->a[1]);
}

const egm__op egm__op_block_sum = {.name = "block sum",
                                   .cls = EGM__CLASS_IMAGE,
                                   .shape = block_sum_shape,
                                   .simplify = block_sum_simplify,
                                   .eval = block_sum_eval,
                                   .adjoint = block_sum_adjoint};
const egm__op egm__op_repeat = {.name = "repeat",
                                .cls = EGM__CLASS_IMAGE,
                                .shape = repeat_shape,
                                .simplify = repeat_simplify,
                                .eval = repeat_eval,
                                .adjoint = repeat_adjoint};

static egm__id emit_blocks(egm__graph *g, const egm__op *op, egm__id x, int64_t height, int64_t width)
{
	if (height > INT_MAX || width > INT_MAX)
		return egm__graph_fail(g, EGM_ERR_SHAPE, "%s: the blocks are %lld x %lld; must be at most %d x %d", op->name,
		                       (long long)height, (long long)width, INT_MAX, INT_MAX);
	egm__window w = {{(int32_t)height, (int32_t)width}, {(int32_t)height, (int32_t)width}, {0, 0}};
	return egm__emit_image(g, op, x, &w, 0, 0);
}

egm__id egm__block_sum(egm__graph *g, egm__id x, int64_t height, int64_t width)
{
	return emit_blocks(g, &egm__op_block_sum, x, height, width);
}

egm__id egm__repeat(egm__graph *g, egm__id x, int64_t height, int64_t width)
{
	return emit_blocks(g, &egm__op_repeat, x, height, width);
}
