/* SPDX-License-Identifier: MIT */
/* Sums over blocks of pixels that lie side by side, and the way back, which repeats: what average pooling, nearest
 * upsampling and sums over an axis in the middle are made of. Each is the adjoint of the other. */
#include <graph/op_impl.h>
#include <limits.h>

static egm_status refuse(const egm__node *n, const egm__shape *x)
{
	char text[64];
	return egm__fail(EGM_ERR_SHAPE, "%s: blocks of %lld x %lld and %s", n->op->name, (long long)n->a[0],
	                 (long long)n->a[1], egm__shape_text(x, text));
}

static egm_status block_sum_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	const int64_t *size = n->a;
	if (x->rank != 4 || size[0] < 1 || size[1] < 1 || x->d[1] % size[0] || x->d[2] % size[1]) return refuse(n, x);
	n->shape = (egm__shape){4, {x->d[0], x->d[1] / size[0], x->d[2] / size[1], x->d[3]}};
	return EGM_OK;
}

static egm_status repeat_shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	const int64_t *size = n->a;
	if (x->rank != 4 || size[0] < 1 || size[1] < 1 || x->d[1] > INT64_MAX / size[0] || x->d[2] > INT64_MAX / size[1])
		return refuse(n, x);
	n->shape = (egm__shape){4, {x->d[0], x->d[1] * size[0], x->d[2] * size[1], x->d[3]}};
	return EGM_OK;
}

static egm__id fold_linear(egm__graph *g, const egm__node *n, double factor)
{
	double c;
	egm__id x = n->in[0];
	if (egm__shape_equal(egm__graph_shape(g, x), &n->shape)) return x;
	if (egm__is_const(g, x, &c)) return egm__const(g, c * factor, n->shape);
	egm__id y = egm__peel_scale(g, x, &c);
	return y == x ? EGM__NONE : egm__scale(g, egm__emit_like(g, n, y), c);
}

static egm__id block_sum_fold(egm__graph *g, const egm__node *n)
{
	const egm__node *x = egm__node_at(g, n->in[0]);
	double count = (double)n->a[0] * (double)n->a[1];
	if (x->op == &egm__op_repeat && x->a[0] == n->a[0] && x->a[1] == n->a[1]) return egm__scale(g, x->in[0], count);
	return fold_linear(g, n, count);
}

/* Sizes of 1 repeat as a view does, which costs nothing. */
static egm__id repeat_fold(egm__graph *g, const egm__node *n)
{
	const egm__shape *x = egm__graph_shape(g, n->in[0]);
	if ((x->d[1] == 1 || n->a[0] == 1) && (x->d[2] == 1 || n->a[1] == 1)) return egm__broadcast(g, n->in[0], n->shape);
	return fold_linear(g, n, 1);
}

/* The element of the coarse image in whose block element i of the fine one lies. */
static int64_t block_of(const egm__node *n, const egm__shape *fine, int64_t i)
{
	int64_t c = i % fine->d[3], x = i / fine->d[3] % fine->d[2], row = i / fine->d[3] / fine->d[2];
	return (row / n->a[0] * (fine->d[2] / n->a[1]) + x / n->a[1]) * fine->d[3] + c;
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
                                   .fold = block_sum_fold,
                                   .eval = block_sum_eval,
                                   .adjoint = block_sum_adjoint};
const egm__op egm__op_repeat = {.name = "repeat",
                                .cls = EGM__CLASS_IMAGE,
                                .shape = repeat_shape,
                                .fold = repeat_fold,
                                .eval = repeat_eval,
                                .adjoint = repeat_adjoint};

static egm__id emit(egm__graph *g, const egm__op *op, egm__id x, int64_t height, int64_t width)
{
	if (height > INT_MAX || width > INT_MAX)
		return egm__graph_fail(g, EGM_ERR_SHAPE, "%s: blocks of %lld x %lld", op->name, (long long)height,
		                       (long long)width);
	egm__window w = {{(int32_t)height, (int32_t)width}, {(int32_t)height, (int32_t)width}, {0, 0}};
	return egm__emit_image(g, op, x, &w, 0, 0);
}

egm__id egm__block_sum(egm__graph *g, egm__id x, int64_t height, int64_t width)
{
	return emit(g, &egm__op_block_sum, x, height, width);
}

egm__id egm__repeat(egm__graph *g, egm__id x, int64_t height, int64_t width)
{
	return emit(g, &egm__op_repeat, x, height, width);
}
