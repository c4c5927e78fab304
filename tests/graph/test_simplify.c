/* SPDX-License-Identifier: MIT */
/* The rules of simplification one by one: which ops are left, and that the value is the same as without them.
 *
 * The rules reorder a few sums of at most 20 terms of order 1, in double; the bound is 1e-13. */
#include "graph_support.h"
#include <graph/op_impl.h>

enum { LEAVES = 5, ROOM = 64 };
static const egm__shape leaf_shapes[LEAVES] = {
    {2, {3, 4, 1, 1}}, {2, {3, 4, 1, 1}}, {2, {4, 5, 1, 1}}, {2, {4, 5, 1, 1}}, {2, {1, 4, 1, 1}}};

typedef egm__id builder(egm__graph *g, const egm__id *x);
#define RULE(n, expr)                                 \
	static egm__id n(egm__graph *g, const egm__id *x) \
	{                                                 \
		return expr;                                  \
	}
#define A x[0]
#define B x[1]
#define P x[2]
#define Q x[3]
#define ROW x[4]
#define SCALE(y, c) egm__scale(g, y, c)
#define M(a, b) egm__matmul(g, a, b, 0, 0)

static egm__id join(egm__graph *g, egm__id a, egm__id b, int32_t axis)
{
	egm__id in[2] = {a, b};
	return egm__concat(g, 2, in, axis);
}

static egm__id derivative(egm__graph *g, egm__id y, egm__id x)
{
	egm__id d;
	egm__gradient(g, y, 1, &x, &d);
	return d;
}

RULE(r_identity, egm__affine(g, A, 1, 0))
RULE(r_nothing, SCALE(A, 0))
RULE(r_affines, egm__affine(g, egm__affine(g, A, 2, 3), -4, 5))
RULE(r_add_number, egm__add(g, A, egm__const(g, 2.5, leaf_shapes[0])))
RULE(r_number_add, egm__add(g, egm__const(g, 2.5, egm__shape2(1, 1)), A))
RULE(r_mul_number, egm__mul(g, A, egm__const(g, 2.5, egm__shape2(1, 4))))
RULE(r_numbers, egm__exp(g, egm__mul(g, egm__const(g, 2, leaf_shapes[0]), egm__const(g, 0.25, leaf_shapes[0]))))
RULE(r_twice, egm__add(g, A, A))
RULE(r_less_itself, egm__sub(g, A, A))
RULE(r_sum_of_scales, egm__add(g, SCALE(A, 2), SCALE(A, 0.5)))
RULE(r_common_scale, egm__add(g, SCALE(A, 3), SCALE(B, 3)))
RULE(r_shift_out, egm__add(g, egm__affine(g, A, 2, 1), B))
RULE(r_mul_scales, egm__mul(g, SCALE(A, 2), SCALE(B, 3)))
RULE(r_mul_signs, egm__mul(g, egm__neg(g, A), egm__neg(g, B)))
RULE(r_steps, egm__mul(g, egm__step(g, A, 0.2), egm__step(g, A, 0.5)))
RULE(r_matmul_scales, M(SCALE(A, 2), SCALE(P, 3)))
RULE(r_matmul_transposes, egm__matmul(g, egm__transpose(g, P), egm__transpose(g, A), 0, 0))
RULE(r_matmul_flags, egm__matmul(g, egm__transpose(g, A), egm__transpose(g, P), 1, 1))
RULE(r_outer, egm__matmul(g, egm__slice(g, A, 0, 1, 1), egm__slice(g, P, 0, 2, 1), 1, 0))
RULE(r_column, egm__matmul(g, A, ROW, 0, 1))
RULE(r_row, M(ROW, P))
RULE(r_matmul_number, M(egm__const(g, 0.5, leaf_shapes[0]), P))
RULE(r_number_matmul, M(A, egm__const(g, 0.5, leaf_shapes[2])))
RULE(r_transposes, egm__transpose(g, egm__transpose(g, A)))
RULE(r_transpose_row, egm__transpose(g, ROW))
RULE(r_transpose_scale, egm__transpose(g, SCALE(A, 2)))
RULE(r_reshapes, egm__reshape(g, egm__reshape(g, A, egm__shape2(2, 6)), egm__shape2(12, 1)))
RULE(r_reshape_back, egm__reshape(g, egm__reshape(g, A, egm__shape2(2, 6)), egm__shape2(3, 4)))
RULE(r_reshape_scale, egm__reshape(g, SCALE(A, 2), egm__shape2(2, 6)))
RULE(r_broadcasts, egm__broadcast(g, egm__broadcast(g, egm__sum(g, A, 3), egm__shape2(1, 5)), egm__shape2(3, 5)))
RULE(r_broadcast_same, egm__broadcast(g, A, leaf_shapes[0]))
RULE(r_broadcast_scale, egm__broadcast(g, SCALE(ROW, 2), leaf_shapes[0]))
RULE(r_sum_broadcast, egm__sum(g, egm__broadcast(g, ROW, leaf_shapes[0]), 1))
RULE(r_sum_broadcast_all, egm__sum(g, egm__broadcast(g, ROW, leaf_shapes[0]), 3))
RULE(r_sum_sum, egm__sum(g, egm__sum(g, A, 1), 2))
RULE(r_sum_affine, egm__sum(g, egm__affine(g, A, 2, 3), 2))
RULE(r_sum_number, egm__sum(g, egm__const(g, 0.5, leaf_shapes[0]), 1))
RULE(r_sum_one, egm__sum(g, ROW, 1))
RULE(r_slices, egm__slice(g, egm__slice(g, A, 1, 1, 3), 1, 1, 2))
RULE(r_slice_all, egm__slice(g, A, 0, 0, 3))
RULE(r_slice_part, egm__slice(g, join(g, A, B, 0), 0, 3, 3))
RULE(r_slice_in_part, egm__slice(g, join(g, A, B, 0), 0, 4, 2))
RULE(r_slice_pad, egm__slice(g, egm__pad(g, A, 1, 2, 3), 1, 2, 4))
RULE(r_slice_zeros, egm__slice(g, egm__pad(g, A, 1, 2, 3), 1, 6, 2))
RULE(r_slice_broadcast, egm__slice(g, egm__broadcast(g, ROW, leaf_shapes[0]), 0, 1, 2))
RULE(r_slice_scale, egm__slice(g, SCALE(A, 2), 0, 1, 2))
RULE(r_pad_nothing, egm__pad(g, A, 0, 0, 0))
RULE(r_pad_zeros, egm__pad(g, egm__const(g, 0, leaf_shapes[0]), 0, 1, 1))
RULE(r_pad_scale, egm__pad(g, SCALE(A, 2), 0, 1, 1))
RULE(r_pads, egm__add(g, egm__pad(g, A, 0, 0, 3), egm__pad(g, B, 0, 3, 0)))
RULE(r_pads_turned, egm__add(g, egm__pad(g, SCALE(A, 2), 1, 4, 0), egm__neg(g, egm__pad(g, B, 1, 0, 4))))
RULE(r_pads_apart, egm__add(g, egm__pad(g, A, 0, 0, 4), egm__pad(g, B, 0, 4, 0)))
RULE(r_concat_one, egm__concat(g, 1, x, 0))
RULE(r_left_factor, egm__add(g, M(A, P), M(A, Q)))
RULE(r_right_factor, egm__sub(g, M(A, P), SCALE(M(B, P), 0.5)))
RULE(r_factor_in_sum, egm__add(g, egm__add(g, M(A, P), M(B, Q)), M(A, Q)))
RULE(r_factor_in_scaled, egm__add(g, SCALE(egm__add(g, M(A, P), egm__tanh(g, M(B, Q))), 2), M(A, Q)))
RULE(r_no_factor, egm__add(g, M(A, P), M(B, Q)))

#define IMAGES(y, ...) egm__reshape(g, y, (egm__shape){4, {__VA_ARGS__}})
#define WINDOW(...) (&(const egm__window){__VA_ARGS__})
#define LINE WINDOW({1, 2}, {1, 1}, {0, 0})
RULE(r_pixels, egm__patches(g, IMAGES(A, 1, 3, 4, 1), WINDOW({1, 1}, {1, 1}, {0, 0})))
RULE(r_whole, egm__patches(g, IMAGES(A, 1, 3, 2, 2), WINDOW({3, 2}, {1, 1}, {0, 0})))
RULE(r_some_pixels, egm__patches(g, IMAGES(A, 1, 3, 4, 1), WINDOW({1, 1}, {1, 2}, {0, 0})))
RULE(r_patches_zero, egm__patches(g, egm__const(g, 0, (egm__shape){4, {1, 3, 4, 1}}), LINE))
RULE(r_patches_scale, egm__patches(g, IMAGES(SCALE(A, 2), 1, 3, 4, 1), LINE))
RULE(r_fold_pixels, egm__fold(g, IMAGES(A, 1, 3, 4, 1), WINDOW({1, 1}, {1, 1}, {0, 0}), 3, 4))
RULE(r_fold_zero, egm__fold(g, egm__const(g, 0, (egm__shape){4, {1, 3, 2, 2}}), LINE, 3, 3))
RULE(r_fold_scale, egm__fold(g, IMAGES(SCALE(A, 2), 1, 3, 2, 2), LINE, 3, 3))
RULE(r_folds, egm__add(g, egm__fold(g, IMAGES(A, 1, 3, 2, 2), LINE, 3, 3),
                       SCALE(egm__fold(g, IMAGES(B, 1, 3, 2, 2), LINE, 3, 3), -2)))
RULE(r_folds_apart, egm__add(g, egm__fold(g, IMAGES(A, 1, 3, 2, 2), LINE, 3, 3),
                             egm__fold(g, IMAGES(B, 1, 3, 2, 2), WINDOW({1, 2}, {1, 2}, {0, 1}), 3, 3)))
RULE(r_transposed_convs,
     egm__add(g, egm__conv_transpose(g, IMAGES(A, 1, 3, 1, 4), P, WINDOW({1, 5}, {1, 1}, {0, 0}), 3, 5),
              egm__conv_transpose(g, IMAGES(B, 1, 3, 1, 4), P, WINDOW({1, 5}, {1, 1}, {0, 0}), 3, 5)))
RULE(r_convs, egm__add(g, egm__conv(g, IMAGES(P, 4, 1, 5, 1), egm__slice(g, A, 1, 0, 2), LINE),
                       egm__conv(g, IMAGES(Q, 4, 1, 5, 1), egm__slice(g, A, 1, 0, 2), LINE)))
RULE(r_blocks_of_repeats, egm__block_sum(g, egm__repeat(g, IMAGES(A, 1, 3, 4, 1), 2, 3), 2, 3))
RULE(r_repeat_once, egm__repeat(g, IMAGES(A, 1, 3, 4, 1), 1, 1))
RULE(r_repeat_a_pixel, egm__repeat(g, IMAGES(A, 3, 1, 1, 4), 2, 3))
RULE(r_block_sum_number, egm__block_sum(g, egm__const(g, 0.5, (egm__shape){4, {1, 4, 4, 1}}), 2, 2))

/* second derivatives of piecewise linear networks are never built */
RULE(r_leaky_twice, derivative(g, derivative(g, M(egm__leaky(g, M(A, P), 0.2), egm__transpose(g, Q)), A), A))
RULE(r_relu_twice, derivative(g, derivative(g, egm__relu(g, A), A), A))
RULE(r_step_derivative, derivative(g, egm__mul(g, B, egm__step(g, A, 0.2)), A))
RULE(r_linear_twice, derivative(g, derivative(g, M(A, P), A), A))

static const struct rule {
	const char *name;
	builder *build;
	const char *top;    /* op of the result */
	int others;         /* nodes below it, without leaves */
	const char *absent; /* an op that must be gone */
} rules[] = {
    {"1 x + 0", r_identity, "leaf", 0, "affine"},
    {"0 x", r_nothing, "const", 0, "affine"},
    {"affine of affine", r_affines, "affine", 0, NULL},
    {"x + c", r_add_number, "affine", 0, "add"},
    {"c + x", r_number_add, "affine", 0, "add"},
    {"c x", r_mul_number, "affine", 0, "mul"},
    {"numbers alone", r_numbers, "const", 0, "exp"},
    {"x + x", r_twice, "affine", 0, "add"},
    {"x - x", r_less_itself, "const", 0, "add"},
    {"2 x + x/2", r_sum_of_scales, "affine", 0, "add"},
    {"3 x + 3 y", r_common_scale, "affine", 1, NULL},
    {"(2 x + 1) + y", r_shift_out, "affine", 2, NULL},
    {"2 x 3 y", r_mul_scales, "affine", 1, NULL},
    {"-x -y", r_mul_signs, "mul", 0, "affine"},
    {"step step", r_steps, "step", 0, "mul"},
    {"2 A 3 B", r_matmul_scales, "affine", 1, NULL},
    {"A^T B^T", r_matmul_transposes, "matmul", 0, "transpose"},
    {"flags of transposes", r_matmul_flags, "matmul", 0, "transpose"},
    {"k = 1", r_outer, "mul", 5, "matmul"},
    {"n = 1", r_column, "sum", 2, "matmul"},
    {"m = 1", r_row, "sum", 3, "matmul"},
    {"number times B", r_matmul_number, "affine", 2, "matmul"},
    {"A times number", r_number_matmul, "affine", 2, "matmul"},
    {"transposed twice", r_transposes, "leaf", 0, "transpose"},
    {"row transposed", r_transpose_row, "reshape", 0, "transpose"},
    {"scale out of transpose", r_transpose_scale, "affine", 1, NULL},
    {"reshaped twice", r_reshapes, "reshape", 0, NULL},
    {"reshaped back", r_reshape_back, "leaf", 0, "reshape"},
    {"scale out of reshape", r_reshape_scale, "affine", 1, NULL},
    {"broadcast twice", r_broadcasts, "broadcast", 1, NULL},
    {"broadcast to itself", r_broadcast_same, "leaf", 0, "broadcast"},
    {"scale out of broadcast", r_broadcast_scale, "affine", 1, NULL},
    {"sum of repeated rows", r_sum_broadcast, "affine", 0, "sum"},
    {"sum of repeated rows and columns", r_sum_broadcast_all, "affine", 1, "broadcast"},
    {"sum of sum", r_sum_sum, "sum", 0, NULL},
    {"sum of affine", r_sum_affine, "affine", 1, NULL},
    {"sum of a number", r_sum_number, "const", 0, "sum"},
    {"sum over size 1", r_sum_one, "leaf", 0, "sum"},
    {"slice of slice", r_slices, "slice", 0, NULL},
    {"slice of all", r_slice_all, "leaf", 0, "slice"},
    {"slice that is a part", r_slice_part, "leaf", 0, "concat"},
    {"slice in a part", r_slice_in_part, "slice", 0, "concat"},
    {"slice of what was padded", r_slice_pad, "leaf", 0, "pad"},
    {"slice of the zeros", r_slice_zeros, "const", 0, "pad"},
    {"slice of a broadcast", r_slice_broadcast, "broadcast", 0, "slice"},
    {"scale out of slice", r_slice_scale, "affine", 1, NULL},
    {"pad by nothing", r_pad_nothing, "leaf", 0, "pad"},
    {"pad of zeros", r_pad_zeros, "const", 0, "pad"},
    {"scale out of pad", r_pad_scale, "affine", 1, NULL},
    {"pad + pad", r_pads, "concat", 0, "pad"},
    {"pad + pad, turned and scaled", r_pads_turned, "concat", 2, "pad"},
    {"pad + pad with a gap", r_pads_apart, NULL, 0, NULL},
    {"concat of one", r_concat_one, "leaf", 0, "concat"},
    {"A B + A C", r_left_factor, "matmul", 1, NULL},
    {"A C - B C / 2", r_right_factor, "matmul", 2, NULL},
    {"A B + C D + A D", r_factor_in_sum, "add", 3, NULL},
    {"2 (A B + tanh C D) + A D", r_factor_in_scaled, "affine", 6, NULL},
    {"A B + C D", r_no_factor, "add", 2, NULL},
    {"patches of pixels", r_pixels, "reshape", 0, "patches"},
    {"patches that are the image", r_whole, "reshape", 0, "patches"},
    {"patches of some pixels", r_some_pixels, "patches", 1, NULL},
    {"patches of zeros", r_patches_zero, "const", 0, "patches"},
    {"scale out of patches", r_patches_scale, "affine", 2, NULL},
    {"fold of pixels", r_fold_pixels, "reshape", 0, "fold"},
    {"fold of zeros", r_fold_zero, "const", 0, "fold"},
    {"scale out of fold", r_fold_scale, "affine", 2, NULL},
    {"fold - 2 fold", r_folds, "fold", 4, NULL},
    {"folds that differ", r_folds_apart, "add", 4, NULL},
    {"transposed convolutions with one weight", r_transposed_convs, "fold", 3, NULL},
    {"convolutions with one weight", r_convs, "matmul", 6, NULL},
    {"blocks of repeats", r_blocks_of_repeats, "affine", 1, "repeat"},
    {"repeat once", r_repeat_once, "reshape", 0, "repeat"},
    {"repeat a pixel", r_repeat_a_pixel, "broadcast", 1, "repeat"},
    {"blocks of a number", r_block_sum_number, "const", 0, "block sum"},
    {"leaky net, twice", r_leaky_twice, "const", 0, "matmul"},
    {"relu, twice", r_relu_twice, "const", 0, "step"},
    {"step", r_step_derivative, "const", 0, "step"},
    {"linear, twice", r_linear_twice, "const", 0, "matmul"},
};

static int is_op(const egm__graph *g, egm__id id, const char *name)
{
	return !strcmp(egm__node_at(g, id)->op->name, name);
}

/* Marks the nodes that id needs. Inputs have smaller ids. */
static void mark(const egm__graph *g, egm__id id, unsigned char *needed)
{
	needed[id] = 1;
	for (; id >= 0; id--)
		for (int i = 0; needed[id] && i < egm__node_at(g, id)->n_in; i++) needed[egm__node_at(g, id)->in[i]] = 1;
}

static void check_nodes(const struct rule *r, const egm__graph *g, egm__id id)
{
	unsigned char needed[512] = {0};
	int others = 0;
	if (!r->top) return;
	ck_assert_msg(is_op(g, id, r->top), "%s: result is %s", r->name, egm__node_at(g, id)->op->name);
	mark(g, id, needed);
	for (egm__id i = 0; i <= id; i++) {
		if (!needed[i]) continue;
		others += i != id && !is_op(g, i, "leaf");
		ck_assert_msg(!r->absent || !is_op(g, i, r->absent), "%s: %s is still there", r->name, r->absent);
	}
	ck_assert_msg(others == r->others, "%s: %d nodes below the result, not %d", r->name, others, r->others);
}

static int64_t run(const struct rule *r, egm_context *c, int simplify, double *out)
{
	double data[LEAVES][ROOM];
	uint64_t random = 5;
	egm__graph *g = NULL;
	egm__id x[LEAVES];
	void *bases[EGM__MAX_SLOTS] = {[8] = out};
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	g->simplify = simplify;
	for (int i = 0; i < LEAVES; i++) {
		for (int j = 0; j < ROOM; j++) data[i][j] = graph_random(&random);
		bases[1 + i] = data[i];
		x[i] = egm__leaf(g, 1 + i, 0, leaf_shapes[i]);
	}
	egm__id id = r->build(g, x);
	ck_assert_msg(egm__graph_status(g) == EGM_OK, "%s: %s", r->name, egm_last_error());
	if (simplify) check_nodes(r, g, id);
	egm__graph_output(g, id, 8, 0);
	ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_OK);
	int64_t n = egm__shape_count(egm__graph_shape(g, id));
	egm__graph_free(g);
	return n;
}

START_TEST(test_simplify__rule_keeps_the_value)
{
	double want[4 * ROOM], got[4 * ROOM];
	const struct rule *r = &rules[_i];
	egm_context *c = NULL;
	ck_assert_int_eq(egm_context_create(&c, NULL), EGM_OK);
	int64_t n = run(r, c, 0, want);
	ck_assert_int_eq(run(r, c, 1, got), n);
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(fabs(got[i] - want[i]) <= 1e-13, "%s: element %lld is %.17g, without the rule %.17g", r->name,
		              (long long)i, got[i], want[i]);
	egm_context_free(c);
}
END_TEST

/* Energy and penalty at the same points share nodes: the gradient by the input, which the penalty needs, has the
 * adjoints that the gradient of the energy needs. For a network of two layers, U = w . leaky(x V^T), the products are x
 * V^T, u V, its forward adjoint p V^T, and one for V, which would be two if nodes were not shared. */
START_TEST(test_simplify__energy_and_penalty_share_their_chains)
{
	egm_context *c = NULL;
	egm__graph *g = NULL;
	ck_assert_int_eq(egm_context_create(&c, NULL), EGM_OK);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	egm__id x = egm__leaf(g, 1, 0, egm__shape2(6, 3)), v = egm__leaf(g, 2, 0, egm__shape2(5, 3)), slope;
	egm__id w = egm__leaf(g, 3, 0, egm__shape2(1, 5)), wrt[2] = {v, w}, d[2];
	egm__id u = egm__matmul(g, egm__leaky(g, egm__matmul(g, x, v, 0, 1), 0.2), w, 0, 1);
	egm__gradient(g, u, 1, &x, &slope);
	egm__id penalty = egm__mean(g, egm__row_sum(g, egm__square(g, slope)));
	egm__gradient(g, egm__add(g, egm__mean(g, u), egm__scale(g, penalty, 0.1)), 2, wrt, d);
	unsigned char needed[512] = {0};
	int products = 0;
	mark(g, d[0] > d[1] ? d[0] : d[1], needed);
	mark(g, d[0] > d[1] ? d[1] : d[0], needed);
	for (egm__id i = 0; i < g->n; i++) products += needed[i] && is_op(g, i, "matmul");
	ck_assert_int_eq(products, 4);
	egm__graph_free(g);
	egm_context_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("simplify");
	TCase *t = tcase_create("rules");
	tcase_add_loop_test(t, test_simplify__rule_keeps_the_value, 0, sizeof rules / sizeof *rules);
	tcase_add_test(t, test_simplify__energy_and_penalty_share_their_chains);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
