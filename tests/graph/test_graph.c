/* SPDX-License-Identifier: MIT */
/* Building a graph: sharing, errors, and what a gradient is. The rules of simplification are in test_simplify.c. */
#include "graph_support.h"
#include <graph/op_impl.h>

static egm_context *context;
static egm__graph *g;

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F64), EGM_OK);
}

static void teardown(void)
{
	egm__graph_free(g);
	egm_context_free(context);
}

static egm__id leaf(int64_t rows, int64_t columns)
{
	return egm__leaf(g, 1, 0, egm__shape2(rows, columns));
}

/* The value of a node if slot 1 is `data`. */
static void evaluate(egm__id id, double *data, double *out)
{
	void *bases[EGM__MAX_SLOTS] = {[1] = data, [8] = out};
	egm__graph_output(g, id, 8, 0);
	ck_assert_msg(egm__graph_interpret(g, bases, 1, 1) == EGM_OK, "%s", egm_last_error());
}

START_TEST(test_graph__equal_requests_share_one_node)
{
	egm__id x = leaf(3, 4), y = egm__leaf(g, 1, 12, egm__shape2(3, 4)), d[2], e[2];
	ck_assert_int_eq(leaf(3, 4), x);
	ck_assert_int_eq(egm__tanh(g, x), egm__tanh(g, x));
	ck_assert_int_eq(egm__add(g, x, y), egm__add(g, y, x));
	ck_assert_int_eq(egm__mul(g, x, y), egm__mul(g, y, x));
	ck_assert_int_eq(egm__matmul(g, x, y, 0, 1), egm__matmul(g, x, y, 0, 1));
	ck_assert_int_eq(egm__normal(g, 3, egm__shape2(2, 2)), egm__normal(g, 3, egm__shape2(2, 2)));
	egm__id loss = egm__mean(g, egm__square(g, egm__tanh(g, egm__matmul(g, x, y, 0, 1))));
	egm__id in[2] = {x, y};
	egm__gradient(g, loss, 2, in, d);
	int32_t n = g->n;
	egm__gradient(g, loss, 2, in, e);
	ck_assert_int_eq(g->n, n); /* asked twice, no new node */
	ck_assert_int_eq(d[0], e[0]);
	ck_assert_int_eq(d[1], e[1]);
}
END_TEST

START_TEST(test_graph__requests_that_differ_in_anything_are_not_shared)
{
	egm__shape s = egm__shape2(3, 4);
	egm__id x = leaf(3, 4);
	ck_assert_int_ne(egm__leaf(g, 2, 0, s), x);
	ck_assert_int_ne(egm__leaf(g, 1, 1, s), x);
	ck_assert_int_ne(leaf(4, 3), x);
	ck_assert_int_ne(egm__leaf(g, 1, 0, (egm__shape){3, {3, 4, 1, 1}}), x);
	ck_assert_int_ne(egm__normal(g, 0, s), egm__normal(g, 1, s));
	ck_assert_int_ne(egm__normal(g, 0, s), egm__uniform(g, 0, s));
	ck_assert_int_ne(egm__leaky(g, x, 0.2), egm__leaky(g, x, 0.1));
	ck_assert_int_ne(egm__slice(g, x, 0, 0, 2), egm__slice(g, x, 0, 1, 2));
	ck_assert_int_ne(egm__matmul(g, x, x, 0, 1), egm__matmul(g, x, x, 1, 0));
	ck_assert_int_ne(egm__sum(g, x, 1), egm__max(g, x, 1));
}
END_TEST

/* The table grows with thousands of nodes and still finds each. */
START_TEST(test_graph__sharing_survives_growth)
{
	egm__id x = leaf(2, 2), first[3000];
	for (int i = 0; i < 3000; i++) first[i] = egm__leaky(g, x, i + 2);
	int32_t n = g->n;
	for (int i = 0; i < 3000; i++) ck_assert_int_eq(egm__leaky(g, x, i + 2), first[i]);
	ck_assert_int_eq(g->n, n);
}
END_TEST

/* ---- errors */

static egm__id rank3(void)
{
	return egm__leaf(g, 1, 0, (egm__shape){3, {2, 3, 4, 1}});
}

#define ERROR_CASE(n, expr) \
	static egm__id n(void)  \
	{                       \
		return expr;        \
	}
ERROR_CASE(bad_add, egm__add(g, leaf(3, 5), leaf(3, 4)))
ERROR_CASE(bad_sub, egm__sub(g, leaf(3, 5), leaf(2, 5)))
ERROR_CASE(bad_mul, egm__mul(g, leaf(6, 5), leaf(3, 5)))
ERROR_CASE(bad_div, egm__div(g, leaf(3, 5), leaf(3, 4)))
ERROR_CASE(bad_rank, egm__add(g, leaf(2, 3), rank3()))
ERROR_CASE(bad_broadcast, egm__broadcast(g, leaf(3, 5), egm__shape2(6, 5)))
ERROR_CASE(bad_broadcast_rank, egm__broadcast(g, leaf(1, 1), (egm__shape){3, {2, 2, 2, 1}}))
ERROR_CASE(bad_reshape, egm__reshape(g, leaf(3, 5), egm__shape2(4, 4)))
ERROR_CASE(bad_transpose, egm__transpose(g, rank3()))
ERROR_CASE(bad_slice_end, egm__slice(g, leaf(3, 5), 1, 3, 3))
ERROR_CASE(bad_slice_start, egm__slice(g, leaf(3, 5), 0, -1, 2))
ERROR_CASE(bad_slice_count, egm__slice(g, leaf(3, 5), 0, 1, 0))
ERROR_CASE(bad_slice_axis, egm__slice(g, leaf(3, 5), 2, 0, 1))
ERROR_CASE(bad_slice_huge, egm__slice(g, leaf(3, 5), 0, 2, INT64_MAX))
ERROR_CASE(bad_pad, egm__pad(g, leaf(3, 5), 0, -2, 1))
ERROR_CASE(bad_pad_axis, egm__pad(g, leaf(3, 5), 7, 0, 1))
ERROR_CASE(bad_matmul, egm__matmul(g, leaf(3, 5), leaf(4, 6), 0, 0))
ERROR_CASE(bad_matmul_t, egm__matmul(g, leaf(3, 5), leaf(5, 6), 1, 0))
ERROR_CASE(bad_matmul_rank, egm__matmul(g, rank3(), leaf(4, 6), 0, 0))
ERROR_CASE(bad_linear, egm__linear(g, leaf(3, 768), leaf(10, 784), leaf(1, 10)))
ERROR_CASE(bad_bias, egm__linear(g, leaf(3, 784), leaf(10, 784), leaf(1, 11)))
ERROR_CASE(bad_slope, egm__leaky(g, leaf(3, 5), -0.5))
ERROR_CASE(bad_slope_nan, egm__leaky(g, leaf(3, 5), NAN))
ERROR_CASE(bad_axes_max, egm__max(g, rank3(), 2))

static egm__id concat(egm__id a, egm__id b, int32_t n, int32_t axis)
{
	egm__id x[2] = {a, b};
	return egm__concat(g, n, x, axis);
}
ERROR_CASE(bad_concat, concat(leaf(3, 5), leaf(2, 4), 2, 0))
ERROR_CASE(bad_concat_axis, concat(leaf(3, 5), leaf(3, 5), 2, 2))
ERROR_CASE(bad_concat_rank, concat(leaf(3, 5), rank3(), 2, 0))
ERROR_CASE(bad_concat_none, concat(leaf(3, 5), leaf(3, 5), 0, 0))
ERROR_CASE(bad_concat_many, concat(leaf(3, 5), leaf(3, 5), 7, 0))

static egm__id images(int64_t h, int64_t w, int64_t c)
{
	return egm__leaf(g, 1, 0, (egm__shape){4, {2, h, w, c}});
}
#define WINDOW(...) (&(const egm__window){__VA_ARGS__})
ERROR_CASE(bad_patches, egm__patches(g, leaf(3, 5), WINDOW({1, 1}, {1, 1}, {0, 0})))
ERROR_CASE(bad_kernel, egm__patches(g, images(4, 5, 1), WINDOW({3, 0}, {1, 1}, {0, 0})))
ERROR_CASE(bad_stride, egm__patches(g, images(4, 5, 1), WINDOW({3, 3}, {0, 1}, {0, 0})))
ERROR_CASE(bad_padding, egm__patches(g, images(4, 5, 1), WINDOW({3, 3}, {1, 1}, {0, -1})))
ERROR_CASE(bad_large, egm__patches(g, images(4, 5, 1), WINDOW({3, 8}, {1, 1}, {0, 1})))
ERROR_CASE(bad_huge, egm__patches(g, images(4, 5, 1 << 30), WINDOW({1 << 20, 1 << 20}, {1, 1}, {1 << 20, 1 << 20})))
ERROR_CASE(bad_fold, egm__fold(g, rank3(), WINDOW({1, 1}, {1, 1}, {0, 0}), 3, 4))
ERROR_CASE(bad_fold_size, egm__fold(g, images(2, 2, 8), WINDOW({2, 2}, {2, 2}, {0, 0}), 6, 5))
ERROR_CASE(bad_fold_channels, egm__fold(g, images(2, 2, 9), WINDOW({2, 2}, {2, 2}, {0, 0}), 4, 4))
ERROR_CASE(bad_fold_image, egm__fold(g, images(2, 2, 8), WINDOW({2, 2}, {2, 2}, {0, 0}), 0, 4))
ERROR_CASE(bad_conv, egm__conv(g, images(4, 5, 2), leaf(3, 9), WINDOW({3, 3}, {1, 1}, {0, 0})))
ERROR_CASE(bad_conv_transpose, egm__conv_transpose(g, leaf(4, 5), leaf(5, 9), WINDOW({3, 3}, {1, 1}, {0, 0}), 6, 6))
ERROR_CASE(bad_conv_weight, egm__conv_transpose(g, images(4, 5, 2), leaf(3, 9), WINDOW({3, 3}, {1, 1}, {0, 0}), 6, 7))
ERROR_CASE(bad_pool, egm__average_pool(g, images(4, 5, 2), 2))
ERROR_CASE(bad_pool_zero, egm__average_pool(g, images(4, 5, 2), 0))
ERROR_CASE(bad_upsample, egm__upsample(g, rank3(), 2))
ERROR_CASE(bad_block, egm__block_sum(g, images(4, 5, 2), 1, INT64_MAX))

/* Sizes in bytes that would overflow, of small networks with a large batch. */
ERROR_CASE(huge_leaf, leaf(INT64_C(1) << 40, INT64_C(1) << 40))
ERROR_CASE(huge_repeat, egm__repeat(g, images(1 << 15, 1 << 15, 1), 1 << 15, 1 << 15))
ERROR_CASE(huge_broadcast, egm__broadcast(g, leaf(1, 1 << 30), egm__shape2(1 << 30, 1 << 30)))

static const struct error_case {
	egm__id (*build)(void);
	egm_status status;
	const char *text; /* the whole text */
} error_cases[] = {
    {bad_add, EGM_ERR_SHAPE, "add: the shapes are [3, 5] and [3, 4]; must have equal sizes, or 1 on one side"},
    {bad_sub, EGM_ERR_SHAPE, "add: the shapes are [3, 5] and [2, 5]; must have equal sizes, or 1 on one side"},
    {bad_mul, EGM_ERR_SHAPE, "mul: the shapes are [6, 5] and [3, 5]; must have equal sizes, or 1 on one side"},
    {bad_div, EGM_ERR_SHAPE, "mul: the shapes are [3, 5] and [3, 4]; must have equal sizes, or 1 on one side"},
    {bad_rank, EGM_ERR_SHAPE, "add: the shapes are [2, 3] and [2, 3, 4]; must have equal sizes, or 1 on one side"},
    {bad_broadcast, EGM_ERR_SHAPE, "broadcast: the shape is [3, 5]; must have the sizes of [6, 5], or 1"},
    {bad_broadcast_rank, EGM_ERR_SHAPE, "broadcast: the shape is [1, 1]; must have the sizes of [2, 2, 2], or 1"},
    {bad_reshape, EGM_ERR_SHAPE, "reshape: the shape is [3, 5]; must have as many elements as [4, 4]"},
    {bad_transpose, EGM_ERR_SHAPE, "transpose: the rank is 3; must be 2"},
    {bad_slice_end, EGM_ERR_SHAPE, "slice: 3 elements from 3 on; must be at least 1 and inside axis 1 of size 5"},
    {bad_slice_start, EGM_ERR_SHAPE, "slice: 2 elements from -1 on; must be at least 1 and inside axis 0 of size 3"},
    {bad_slice_count, EGM_ERR_SHAPE, "slice: 0 elements from 1 on; must be at least 1 and inside axis 0 of size 3"},
    {bad_slice_axis, EGM_ERR_SHAPE, "slice: 1 elements from 0 on; must be at least 1 and inside axis 2 of size 0"},
    {bad_slice_huge, EGM_ERR_SHAPE,
     "slice: 9223372036854775807 elements from 2 on; must be at least 1 and inside axis 0 of size 3"},
    {bad_pad, EGM_ERR_SHAPE, "pad: -2 zeros before and 1 after axis 0; must be at least 0, along an axis 0 to 1"},
    {bad_pad_axis, EGM_ERR_SHAPE, "pad: 0 zeros before and 1 after axis 7; must be at least 0, along an axis 0 to 1"},
    {bad_matmul, EGM_ERR_SHAPE, "matmul: the operands are [3, 5] and [4, 6]; must be matrices with equal inner sizes"},
    {bad_matmul_t, EGM_ERR_SHAPE,
     "matmul: the operands are [3, 5]^T and [5, 6]; must be matrices with equal inner sizes"},
    {bad_matmul_rank, EGM_ERR_SHAPE,
     "matmul: the operands are [2, 3, 4] and [4, 6]; must be matrices with equal inner sizes"},
    {bad_linear, EGM_ERR_SHAPE,
     "matmul: the operands are [3, 768] and [10, 784]^T; must be matrices with equal inner sizes"},
    {bad_bias, EGM_ERR_SHAPE, "add: the shapes are [3, 10] and [1, 11]; must have equal sizes, or 1 on one side"},
    {bad_slope, EGM_ERR_ARGUMENT, "leaky: slope is -0.5; must be at least 0"},
    {bad_slope_nan, EGM_ERR_ARGUMENT, "leaky: slope is nan; must be at least 0"},
    {bad_axes_max, EGM_ERR_UNSUPPORTED, "max: the axes are 1 to 1 of rank 3; must be the first or the last"},
    {bad_concat, EGM_ERR_SHAPE, "concat: the shapes are [3, 5] and [2, 4]; must be equal but for axis 0"},
    {bad_concat_axis, EGM_ERR_SHAPE, "concat: the axis is 2; must be 0 to 1"},
    {bad_concat_rank, EGM_ERR_SHAPE, "concat: the shapes are [3, 5] and [2, 3, 4]; must be equal but for axis 0"},
    {bad_concat_none, EGM_ERR_ARGUMENT, "concat: the number of inputs is 0; must be 1 to 6"},
    {bad_concat_many, EGM_ERR_ARGUMENT, "concat: the number of inputs is 7; must be 1 to 6"},
    {bad_patches, EGM_ERR_SHAPE, "patches: the shape of the input is [3, 5]; must be [n, height, width, channels]"},
    {bad_kernel, EGM_ERR_SHAPE, "patches: the kernel is 3 x 0; must be at least 1 x 1"},
    {bad_stride, EGM_ERR_SHAPE, "patches: the stride is 0 x 1; must be at least 1 x 1"},
    {bad_padding, EGM_ERR_SHAPE, "patches: the padding is 0 x -1; must be at least 0 x 0"},
    {bad_large, EGM_ERR_SHAPE, "patches: the kernel is 3 x 8; must fit into the image of 4 x 5 with padding 0 x 1"},
    {bad_huge, EGM_ERR_SHAPE,
     "patches: there are 2 x 1048581 x 1048582 windows of 1048576 x 1048576 x 1073741824; must be at most 2^48 "
     "numbers"},
    {bad_fold, EGM_ERR_SHAPE,
     "fold: the shape of the input is [2, 3, 4]; must be [n, rows of windows, windows of a row, elements]"},
    {bad_fold_size, EGM_ERR_SHAPE,
     "fold: the shape of the input is [2, 2, 2, 8]; must have 3 x 2 windows of 2 x 2, those of 6 x 5 images"},
    {bad_fold_channels, EGM_ERR_SHAPE,
     "fold: the shape of the input is [2, 2, 2, 9]; must have 2 x 2 windows of 2 x 2, those of 4 x 4 images"},
    {bad_fold_image, EGM_ERR_SHAPE, "fold: the image is 0 x 4; must be at least 1 x 1"},
    {bad_conv, EGM_ERR_SHAPE,
     "matmul: the operands are [12, 18] and [3, 9]^T; must be matrices with equal inner sizes"},
    {bad_conv_transpose, EGM_ERR_SHAPE,
     "conv_transpose: the shape of the input is [4, 5]; must be [n, height, width, channels]"},
    {bad_conv_weight, EGM_ERR_SHAPE,
     "matmul: the operands are [40, 2] and [3, 9]; must be matrices with equal inner sizes"},
    {bad_pool, EGM_ERR_SHAPE,
     "block sum: the blocks are 2 x 2 and the images [2, 4, 5, 2]; must be blocks of at least 1 x 1 that fill the "
     "images"},
    {bad_pool_zero, EGM_ERR_SHAPE,
     "block sum: the blocks are 0 x 0 and the images [2, 4, 5, 2]; must be blocks of at least 1 x 1 that fill the "
     "images"},
    {bad_upsample, EGM_ERR_SHAPE,
     "repeat: the blocks are 2 x 2 and the images [2, 3, 4]; must be blocks of at least 1 x 1 that fill the images"},
    {bad_block, EGM_ERR_SHAPE,
     "block sum: the blocks are 1 x 9223372036854775807; must be at most 2147483647 x 2147483647"},
    {huge_leaf, EGM_ERR_SHAPE, "leaf: the shape is [1099511627776, 1099511627776]; must have at most 2^48 elements"},
    {huge_repeat, EGM_ERR_SHAPE,
     "repeat: the shape is [2, 1073741824, 1073741824, 1]; must have at most 2^48 elements"},
    {huge_broadcast, EGM_ERR_SHAPE,
     "broadcast: the shape is [1073741824, 1073741824]; must have at most 2^48 elements"},
};

START_TEST(test_graph__rejects_what_does_not_fit)
{
	const struct error_case *r = &error_cases[_i];
	ck_assert_int_eq(r->build(), EGM__NONE);
	ck_assert_int_eq(egm__graph_status(g), r->status);
	ck_assert_str_eq(egm_last_error(), r->text);
}
END_TEST

START_TEST(test_graph__first_error_stays)
{
	egm__id x = leaf(3, 5), bad = bad_add(), d[2] = {7, 7}, wrt[2] = {x, bad};
	egm__program *p = (void *)g;
	void *bases[EGM__MAX_SLOTS] = {0};
	int32_t n = g->n;
	ck_assert_int_eq(bad, EGM__NONE);
	ck_assert_int_eq(egm__tanh(g, bad), EGM__NONE);
	ck_assert_int_eq(egm__tanh(g, x), EGM__NONE); /* also for inputs without an error */
	ck_assert_int_eq(egm__matmul(g, x, x, 0, 0), EGM__NONE);
	ck_assert_int_eq(egm__mean(g, bad), EGM__NONE);
	ck_assert_int_eq(concat(x, bad, 2, 0), EGM__NONE);
	egm__gradient(g, bad, 2, wrt, d);
	ck_assert_int_eq(d[0], EGM__NONE);
	ck_assert_int_eq(d[1], EGM__NONE);
	egm__graph_output(g, bad, 8, 0);
	ck_assert_int_eq(g->n, n);
	ck_assert_int_eq(g->n_out, 0);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_ERR_SHAPE);
	ck_assert_ptr_null(p);
	ck_assert_str_eq(egm_last_error(),
	                 "add: the shapes are [3, 5] and [3, 4]; must have equal sizes, or 1 on one side");
	ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_ERR_SHAPE);
	ck_assert_str_eq(egm_last_error(),
	                 "add: the shapes are [3, 5] and [3, 4]; must have equal sizes, or 1 on one side");
}
END_TEST

/* ---- gradients */

START_TEST(test_gradient__is_zero_through_stop)
{
	double x[2] = {3, -2}, out[2];
	egm__id leaf_x = leaf(1, 2), d;
	/* d/dx (x stop(x^2)) = x^2, not 3 x^2 */
	egm__gradient(g, egm__mul(g, leaf_x, egm__stop(g, egm__square(g, leaf_x))), 1, &leaf_x, &d);
	evaluate(d, x, out);
	ck_assert(out[0] == 9);
	ck_assert(out[1] == 4);
	egm__gradient(g, egm__stop(g, leaf_x), 1, &leaf_x, &d);
	evaluate(d, x, out);
	ck_assert(out[0] == 0);
}
END_TEST

START_TEST(test_gradient__is_zero_where_nothing_depends)
{
	egm__id x = leaf(3, 4), other = egm__leaf(g, 1, 12, egm__shape2(2, 5)), y = egm__sum(g, x, 3);
	egm__id later = egm__variable(g, y), wrt[3] = {other, later, egm__variable(g, egm__step(g, x, 0))}, d[3];
	egm__gradient(g, y, 3, wrt, d);
	for (int i = 0; i < 3; i++) {
		double c = NAN;
		ck_assert(egm__is_const(g, d[i], &c));
		ck_assert(c == 0);
		ck_assert(egm__shape_equal(egm__graph_shape(g, d[i]), egm__graph_shape(g, wrt[i])));
	}
	egm__gradient(g, egm__max(g, x, 3), 1, &x, d);
	double c = NAN;
	ck_assert(egm__is_const(g, d[0], &c));
	ck_assert(c == 0);
}
END_TEST

/* With h = tanh x and y = sum h^3, dy/dh = 3 h^2, whatever h is computed from; dy/dx continues from there. */
START_TEST(test_gradient__accepts_variables)
{
	double x[2] = {0.3, -1.2}, out[2];
	egm__id leaf_x = leaf(1, 2), h = egm__variable(g, egm__tanh(g, leaf_x));
	egm__id y = egm__variable(g, egm__sum(g, egm__mul(g, h, egm__square(g, h)), 3)), wrt[3] = {h, leaf_x, y}, d[3];
	egm__gradient(g, y, 3, wrt, d);
	for (int i = 0; i < 3; i++) egm__graph_output(g, d[i], 9, 2 * i);
	double all[6];
	void *bases[EGM__MAX_SLOTS] = {[1] = x, [8] = out, [9] = all};
	ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_OK);
	for (int i = 0; i < 2; i++) { /* a handful of roundings */
		double t = tanh(x[i]), inner = 3 * t * t;
		ck_assert(fabs(all[i] - inner) <= 1e-14);
		ck_assert(fabs(all[2 + i] - inner * (1 - t * t)) <= 1e-14);
	}
	ck_assert(all[4] == 1); /* dy/dy */
}
END_TEST

/* Products move factors out of their inputs: y of 2 x would be built on x, and its derivative by 2 x would be 0. */
START_TEST(test_gradient__rejects_what_is_no_variable)
{
	egm__id x = leaf(1, 2), twice = egm__scale(g, x, 2), y = egm__mul(g, twice, leaf(1, 2)), d = 7;
	egm__gradient(g, y, 1, &twice, &d);
	ck_assert_int_eq(d, EGM__NONE);
	ck_assert_int_eq(egm__graph_status(g), EGM_ERR_UNSUPPORTED);
	ck_assert_str_eq(egm_last_error(), "gradient: node 1 is computed by affine; must be a leaf, noise or a variable");
}
END_TEST

/* d/dv of (v x)(v x) at v = 2 x is 2 v x^2 = 4 x^3, and continues to x. Asked for twice, v is one node. */
START_TEST(test_gradient__passes_through_a_variable)
{
	double x[2] = {3, -2}, out[4];
	egm__id leaf_x = leaf(1, 2), v = egm__variable(g, egm__scale(g, leaf_x, 2)), d, e;
	ck_assert_int_eq(egm__variable(g, egm__scale(g, leaf_x, 2)), v);
	ck_assert_int_eq(egm__variable(g, v), v);
	ck_assert_int_eq(egm__variable(g, leaf_x), leaf_x);
	egm__id u = egm__mul(g, v, leaf_x);
	egm__gradient(g, egm__square(g, u), 1, &v, &d);
	egm__gradient(g, egm__square(g, u), 1, &leaf_x, &e); /* (2 x^2)^2: 16 x^3 */
	egm__graph_output(g, d, 8, 0);
	egm__graph_output(g, e, 8, 2);
	void *bases[EGM__MAX_SLOTS] = {[1] = x, [8] = out};
	ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_OK);
	for (int i = 0; i < 2; i++) ck_assert(out[i] == 4 * x[i] * x[i] * x[i] && out[2 + i] == 16 * x[i] * x[i] * x[i]);
}
END_TEST

/* The gradient of a matrix y is that of sum(y). */
START_TEST(test_gradient__of_a_matrix_is_that_of_its_sum)
{
	egm__id x = leaf(3, 4), y = egm__exp(g, x), d[2];
	egm__gradient(g, y, 1, &x, &d[0]);
	egm__gradient(g, egm__sum(g, y, 3), 1, &x, &d[1]);
	ck_assert_int_eq(d[0], d[1]);
	ck_assert_int_eq(d[0], y);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("graph");
	TCase *t = tcase_create("building");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_graph__equal_requests_share_one_node);
	tcase_add_test(t, test_graph__requests_that_differ_in_anything_are_not_shared);
	tcase_add_test(t, test_graph__sharing_survives_growth);
	suite_add_tcase(s, t);
	t = tcase_create("errors");
	tcase_set_tags(t, "R17");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_graph__rejects_what_does_not_fit, 0, sizeof error_cases / sizeof *error_cases);
	tcase_add_test(t, test_graph__first_error_stays);
	suite_add_tcase(s, t);
	t = tcase_create("gradients");
	tcase_set_tags(t, "K1");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_gradient__is_zero_through_stop);
	tcase_add_test(t, test_gradient__is_zero_where_nothing_depends);
	tcase_add_test(t, test_gradient__accepts_variables);
	tcase_add_test(t, test_gradient__rejects_what_is_no_variable);
	tcase_add_test(t, test_gradient__passes_through_a_variable);
	tcase_add_test(t, test_gradient__of_a_matrix_is_that_of_its_sum);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
