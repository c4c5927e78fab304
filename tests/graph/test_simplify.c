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

RULE(identity_rule, egm__affine(g, A, 1, 0))
RULE(nothing_rule, SCALE(A, 0))
RULE(affines_rule, egm__affine(g, egm__affine(g, A, 2, 3), -4, 5))
RULE(add_number_rule, egm__add(g, A, egm__const(g, 2.5, leaf_shapes[0])))
RULE(number_add_rule, egm__add(g, egm__const(g, 2.5, egm__shape2(1, 1)), A))
RULE(mul_number_rule, egm__mul(g, A, egm__const(g, 2.5, egm__shape2(1, 4))))
RULE(numbers_rule, egm__exp(g, egm__mul(g, egm__const(g, 2, leaf_shapes[0]), egm__const(g, 0.25, leaf_shapes[0]))))
RULE(twice_rule, egm__add(g, A, A))
RULE(less_itself_rule, egm__sub(g, A, A))
RULE(sum_of_scales_rule, egm__add(g, SCALE(A, 2), SCALE(A, 0.5)))
RULE(common_scale_rule, egm__add(g, SCALE(A, 3), SCALE(B, 3)))
RULE(shift_out_rule, egm__add(g, egm__affine(g, A, 2, 1), B))
RULE(mul_scales_rule, egm__mul(g, SCALE(A, 2), SCALE(B, 3)))
RULE(mul_signs_rule, egm__mul(g, egm__neg(g, A), egm__neg(g, B)))
RULE(steps_rule, egm__mul(g, egm__step(g, A, 0.2), egm__step(g, A, 0.5)))
RULE(matmul_scales_rule, M(SCALE(A, 2), SCALE(P, 3)))
RULE(matmul_transposes_rule, egm__matmul(g, egm__transpose(g, P), egm__transpose(g, A), 0, 0))
RULE(matmul_flags_rule, egm__matmul(g, egm__transpose(g, A), egm__transpose(g, P), 1, 1))
RULE(outer_rule, egm__matmul(g, egm__slice(g, A, 0, 1, 1), egm__slice(g, P, 0, 2, 1), 1, 0))
RULE(column_rule, egm__matmul(g, A, ROW, 0, 1))
RULE(row_rule, M(ROW, P))
RULE(matmul_number_rule, M(egm__const(g, 0.5, leaf_shapes[0]), P))
RULE(number_matmul_rule, M(A, egm__const(g, 0.5, leaf_shapes[2])))
RULE(transposes_rule, egm__transpose(g, egm__transpose(g, A)))
RULE(transpose_row_rule, egm__transpose(g, ROW))
RULE(transpose_scale_rule, egm__transpose(g, SCALE(A, 2)))
RULE(reshapes_rule, egm__reshape(g, egm__reshape(g, A, egm__shape2(2, 6)), egm__shape2(12, 1)))
RULE(reshape_back_rule, egm__reshape(g, egm__reshape(g, A, egm__shape2(2, 6)), egm__shape2(3, 4)))
RULE(reshape_scale_rule, egm__reshape(g, SCALE(A, 2), egm__shape2(2, 6)))
RULE(broadcasts_rule, egm__broadcast(g, egm__broadcast(g, egm__sum(g, A, 3), egm__shape2(1, 5)), egm__shape2(3, 5)))
RULE(broadcast_same_rule, egm__broadcast(g, A, leaf_shapes[0]))
RULE(broadcast_scale_rule, egm__broadcast(g, SCALE(ROW, 2), leaf_shapes[0]))
RULE(sum_broadcast_rule, egm__sum(g, egm__broadcast(g, ROW, leaf_shapes[0]), 1))
RULE(sum_broadcast_all_rule, egm__sum(g, egm__broadcast(g, ROW, leaf_shapes[0]), 3))
RULE(sum_sum_rule, egm__sum(g, egm__sum(g, A, 1), 2))
RULE(sum_affine_rule, egm__sum(g, egm__affine(g, A, 2, 3), 2))
RULE(sum_number_rule, egm__sum(g, egm__const(g, 0.5, leaf_shapes[0]), 1))
RULE(sum_one_rule, egm__sum(g, ROW, 1))
RULE(slices_rule, egm__slice(g, egm__slice(g, A, 1, 1, 3), 1, 1, 2))
RULE(slice_all_rule, egm__slice(g, A, 0, 0, 3))
RULE(slice_part_rule, egm__slice(g, join(g, A, B, 0), 0, 3, 3))
RULE(slice_in_part_rule, egm__slice(g, join(g, A, B, 0), 0, 4, 2))
RULE(slice_pad_rule, egm__slice(g, egm__pad(g, A, 1, 2, 3), 1, 2, 4))
RULE(slice_zeros_rule, egm__slice(g, egm__pad(g, A, 1, 2, 3), 1, 6, 2))
RULE(slice_broadcast_rule, egm__slice(g, egm__broadcast(g, ROW, leaf_shapes[0]), 0, 1, 2))
RULE(slice_scale_rule, egm__slice(g, SCALE(A, 2), 0, 1, 2))
RULE(pad_nothing_rule, egm__pad(g, A, 0, 0, 0))
RULE(pad_zeros_rule, egm__pad(g, egm__const(g, 0, leaf_shapes[0]), 0, 1, 1))
RULE(pad_scale_rule, egm__pad(g, SCALE(A, 2), 0, 1, 1))
RULE(pads_rule, egm__add(g, egm__pad(g, A, 0, 0, 3), egm__pad(g, B, 0, 3, 0)))
RULE(pads_turned_rule, egm__add(g, egm__pad(g, SCALE(A, 2), 1, 4, 0), egm__neg(g, egm__pad(g, B, 1, 0, 4))))
RULE(pads_apart_rule, egm__add(g, egm__pad(g, A, 0, 0, 4), egm__pad(g, B, 0, 4, 0)))
RULE(concat_one_rule, egm__concat(g, 1, x, 0))
RULE(left_factor_rule, egm__add(g, M(A, P), M(A, Q)))
RULE(right_factor_rule, egm__sub(g, M(A, P), SCALE(M(B, P), 0.5)))
RULE(factor_in_sum_rule, egm__add(g, egm__add(g, M(A, P), M(B, Q)), M(A, Q)))
RULE(factor_in_scaled_rule, egm__add(g, SCALE(egm__add(g, M(A, P), egm__tanh(g, M(B, Q))), 2), M(A, Q)))
RULE(no_factor_rule, egm__add(g, M(A, P), M(B, Q)))

#define IMAGES(y, ...) egm__reshape(g, y, (egm__shape){4, {__VA_ARGS__}})
#define WINDOW(...) (&(const egm__window){__VA_ARGS__})
#define LINE WINDOW({1, 2}, {1, 1}, {0, 0})
RULE(pixels_rule, egm__patches(g, IMAGES(A, 1, 3, 4, 1), WINDOW({1, 1}, {1, 1}, {0, 0})))
RULE(whole_rule, egm__patches(g, IMAGES(A, 1, 3, 2, 2), WINDOW({3, 2}, {1, 1}, {0, 0})))
RULE(some_pixels_rule, egm__patches(g, IMAGES(A, 1, 3, 4, 1), WINDOW({1, 1}, {1, 2}, {0, 0})))
RULE(patches_zero_rule, egm__patches(g, egm__const(g, 0, (egm__shape){4, {1, 3, 4, 1}}), LINE))
RULE(patches_scale_rule, egm__patches(g, IMAGES(SCALE(A, 2), 1, 3, 4, 1), LINE))
RULE(fold_pixels_rule, egm__fold(g, IMAGES(A, 1, 3, 4, 1), WINDOW({1, 1}, {1, 1}, {0, 0}), 3, 4))
RULE(fold_zero_rule, egm__fold(g, egm__const(g, 0, (egm__shape){4, {1, 3, 2, 2}}), LINE, 3, 3))
RULE(fold_scale_rule, egm__fold(g, IMAGES(SCALE(A, 2), 1, 3, 2, 2), LINE, 3, 3))
RULE(folds_rule, egm__add(g, egm__fold(g, IMAGES(A, 1, 3, 2, 2), LINE, 3, 3),
                          SCALE(egm__fold(g, IMAGES(B, 1, 3, 2, 2), LINE, 3, 3), -2)))
RULE(folds_apart_rule, egm__add(g, egm__fold(g, IMAGES(A, 1, 3, 2, 2), LINE, 3, 3),
                                egm__fold(g, IMAGES(B, 1, 3, 2, 2), WINDOW({1, 2}, {1, 2}, {0, 1}), 3, 3)))
RULE(transposed_convs_rule,
     egm__add(g, egm__conv_transpose(g, IMAGES(A, 1, 3, 1, 4), P, WINDOW({1, 5}, {1, 1}, {0, 0}), 3, 5),
              egm__conv_transpose(g, IMAGES(B, 1, 3, 1, 4), P, WINDOW({1, 5}, {1, 1}, {0, 0}), 3, 5)))
RULE(convs_rule, egm__add(g, egm__conv(g, IMAGES(P, 4, 1, 5, 1), egm__slice(g, A, 1, 0, 2), LINE),
                          egm__conv(g, IMAGES(Q, 4, 1, 5, 1), egm__slice(g, A, 1, 0, 2), LINE)))
RULE(blocks_of_repeats_rule, egm__block_sum(g, egm__repeat(g, IMAGES(A, 1, 3, 4, 1), 2, 3), 2, 3))
RULE(repeat_once_rule, egm__repeat(g, IMAGES(A, 1, 3, 4, 1), 1, 1))
RULE(repeat_a_pixel_rule, egm__repeat(g, IMAGES(A, 3, 1, 1, 4), 2, 3))
RULE(block_sum_number_rule, egm__block_sum(g, egm__const(g, 0.5, (egm__shape){4, {1, 4, 4, 1}}), 2, 2))

/* second derivatives of piecewise linear networks are never built */
RULE(leaky_twice_rule, derivative(g, derivative(g, M(egm__leaky(g, M(A, P), 0.2), egm__transpose(g, Q)), A), A))
RULE(relu_twice_rule, derivative(g, derivative(g, egm__relu(g, A), A), A))
RULE(step_derivative_rule, derivative(g, egm__mul(g, B, egm__step(g, A, 0.2)), A))
RULE(linear_twice_rule, derivative(g, derivative(g, M(A, P), A), A))

static const struct rule {
	const char *name;
	builder *build;
	const char *top;    /* op of the result */
	int others;         /* nodes below it, without leaves */
	const char *absent; /* an op that must be gone */
} rules[] = {
    {"1 x + 0", identity_rule, "leaf", 0, "affine"},
    {"0 x", nothing_rule, "const", 0, "affine"},
    {"affine of affine", affines_rule, "affine", 0, NULL},
    {"x + c", add_number_rule, "affine", 0, "add"},
    {"c + x", number_add_rule, "affine", 0, "add"},
    {"c x", mul_number_rule, "affine", 0, "mul"},
    {"numbers alone", numbers_rule, "const", 0, "exp"},
    {"x + x", twice_rule, "affine", 0, "add"},
    {"x - x", less_itself_rule, "const", 0, "add"},
    {"2 x + x/2", sum_of_scales_rule, "affine", 0, "add"},
    {"3 x + 3 y", common_scale_rule, "affine", 1, NULL},
    {"(2 x + 1) + y", shift_out_rule, "affine", 2, NULL},
    {"2 x 3 y", mul_scales_rule, "affine", 1, NULL},
    {"-x -y", mul_signs_rule, "mul", 0, "affine"},
    {"step step", steps_rule, "step", 0, "mul"},
    {"2 A 3 B", matmul_scales_rule, "affine", 1, NULL},
    {"A^T B^T", matmul_transposes_rule, "matmul", 0, "transpose"},
    {"flags of transposes", matmul_flags_rule, "matmul", 0, "transpose"},
    {"k = 1", outer_rule, "mul", 5, "matmul"},
    {"n = 1", column_rule, "sum", 2, "matmul"},
    {"m = 1", row_rule, "sum", 3, "matmul"},
    {"number times B", matmul_number_rule, "affine", 2, "matmul"},
    {"A times number", number_matmul_rule, "affine", 2, "matmul"},
    {"transposed twice", transposes_rule, "leaf", 0, "transpose"},
    {"row transposed", transpose_row_rule, "reshape", 0, "transpose"},
    {"scale out of transpose", transpose_scale_rule, "affine", 1, NULL},
    {"reshaped twice", reshapes_rule, "reshape", 0, NULL},
    {"reshaped back", reshape_back_rule, "leaf", 0, "reshape"},
    {"scale out of reshape", reshape_scale_rule, "affine", 1, NULL},
    {"broadcast twice", broadcasts_rule, "broadcast", 1, NULL},
    {"broadcast to itself", broadcast_same_rule, "leaf", 0, "broadcast"},
    {"scale out of broadcast", broadcast_scale_rule, "affine", 1, NULL},
    {"sum of repeated rows", sum_broadcast_rule, "affine", 0, "sum"},
    {"sum of repeated rows and columns", sum_broadcast_all_rule, "affine", 1, "broadcast"},
    {"sum of sum", sum_sum_rule, "sum", 0, NULL},
    {"sum of affine", sum_affine_rule, "affine", 1, NULL},
    {"sum of a number", sum_number_rule, "const", 0, "sum"},
    {"sum over size 1", sum_one_rule, "leaf", 0, "sum"},
    {"slice of slice", slices_rule, "slice", 0, NULL},
    {"slice of all", slice_all_rule, "leaf", 0, "slice"},
    {"slice that is a part", slice_part_rule, "leaf", 0, "concat"},
    {"slice in a part", slice_in_part_rule, "slice", 0, "concat"},
    {"slice of what was padded", slice_pad_rule, "leaf", 0, "pad"},
    {"slice of the zeros", slice_zeros_rule, "const", 0, "pad"},
    {"slice of a broadcast", slice_broadcast_rule, "broadcast", 0, "slice"},
    {"scale out of slice", slice_scale_rule, "affine", 1, NULL},
    {"pad by nothing", pad_nothing_rule, "leaf", 0, "pad"},
    {"pad of zeros", pad_zeros_rule, "const", 0, "pad"},
    {"scale out of pad", pad_scale_rule, "affine", 1, NULL},
    {"pad + pad", pads_rule, "concat", 0, "pad"},
    {"pad + pad, turned and scaled", pads_turned_rule, "concat", 2, "pad"},
    {"pad + pad with a gap", pads_apart_rule, NULL, 0, NULL},
    {"concat of one", concat_one_rule, "leaf", 0, "concat"},
    {"A B + A C", left_factor_rule, "matmul", 1, NULL},
    {"A C - B C / 2", right_factor_rule, "matmul", 2, NULL},
    {"A B + C D + A D", factor_in_sum_rule, "add", 3, NULL},
    {"2 (A B + tanh C D) + A D", factor_in_scaled_rule, "affine", 6, NULL},
    {"A B + C D", no_factor_rule, "add", 2, NULL},
    {"patches of pixels", pixels_rule, "reshape", 0, "patches"},
    {"patches that are the image", whole_rule, "reshape", 0, "patches"},
    {"patches of some pixels", some_pixels_rule, "patches", 1, NULL},
    {"patches of zeros", patches_zero_rule, "const", 0, "patches"},
    {"scale out of patches", patches_scale_rule, "affine", 2, NULL},
    {"fold of pixels", fold_pixels_rule, "reshape", 0, "fold"},
    {"fold of zeros", fold_zero_rule, "const", 0, "fold"},
    {"scale out of fold", fold_scale_rule, "affine", 2, NULL},
    {"fold - 2 fold", folds_rule, "fold", 4, NULL},
    {"folds that differ", folds_apart_rule, "add", 4, NULL},
    {"transposed convolutions with one weight", transposed_convs_rule, "fold", 3, NULL},
    {"convolutions with one weight", convs_rule, "matmul", 6, NULL},
    {"blocks of repeats", blocks_of_repeats_rule, "affine", 1, "repeat"},
    {"repeat once", repeat_once_rule, "reshape", 0, "repeat"},
    {"repeat a pixel", repeat_a_pixel_rule, "broadcast", 1, "repeat"},
    {"blocks of a number", block_sum_number_rule, "const", 0, "block sum"},
    {"leaky network, twice", leaky_twice_rule, "const", 0, "matmul"},
    {"relu, twice", relu_twice_rule, "const", 0, "step"},
    {"step", step_derivative_rule, "const", 0, "step"},
    {"linear, twice", linear_twice_rule, "const", 0, "matmul"},
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
START_TEST(test_simplify__energy_and_penalty_share_nodes)
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
	tcase_add_test(t, test_simplify__energy_and_penalty_share_nodes);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
