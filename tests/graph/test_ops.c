/* SPDX-License-Identifier: MIT */
/* Every op, on odd shapes, in f64: value, first and second derivative by the checks of formula_check.h. */
#include "formula_check.h"

#include <core/cpu_impl.h>

FORMULA(add_formula, egm__add(g, X, x[1]))
FORMULA(sub_formula, egm__sub(g, X, x[1]))
FORMULA(mul_formula, egm__mul(g, X, x[1]))
FORMULA(mul_self_formula, egm__mul(g, egm__mul(g, X, X), egm__add(g, X, X)))
FORMULA(div_formula, egm__div(g, X, x[1]))
FORMULA(affine_formula, egm__square(g, egm__affine(g, X, -1.5, 0.25)))
FORMULA(exp_formula, egm__exp(g, X))
FORMULA(log_formula, egm__ln(g, X))
FORMULA(sqrt_formula, egm__sqrt(g, X))
FORMULA(recip_formula, egm__recip(g, X))
FORMULA(tanh_formula, egm__tanh(g, X))
FORMULA(sigmoid_formula, egm__sigmoid(g, X))
FORMULA(softplus_formula, egm__softplus(g, X))
FORMULA(erf_formula, egm__erf(g, X))
FORMULA(leaky_formula, egm__square(g, egm__leaky(g, X, 0.2)))
FORMULA(relu_formula, egm__mul(g, egm__relu(g, X), egm__tanh(g, X)))
FORMULA(step_formula, egm__mul(g, egm__step(g, X, 0.3), egm__mul(g, egm__step(g, X, 0.5), egm__square(g, X))))
FORMULA(elu_formula, egm__elu(g, X, 1.3))
FORMULA(silu_formula, egm__silu(g, X))
FORMULA(gelu_formula, egm__gelu(g, X))
FORMULA(logistic_formula, egm__logistic(g, X, 1.5, -0.7))

/* a derivative, to be differentiated further */
static egm__id derivative(egm__graph *g, egm__id y, egm__id x, int times)
{
	for (int i = 0; i < times; i++) egm__gradient(g, y, 1, &x, &y);
	return y;
}

FORMULA(elu_slope_formula, derivative(g, egm__elu(g, X, 1.3), X, 1))
FORMULA(silu_slope_formula, derivative(g, egm__silu(g, X), X, 1))
FORMULA(silu_curve_formula, derivative(g, egm__silu(g, X), X, 2))
FORMULA(gelu_slope_formula, derivative(g, egm__gelu(g, X), X, 1))
FORMULA(gelu_curve_formula, derivative(g, egm__gelu(g, X), X, 2))
FORMULA(sum_rows_formula, egm__square(g, egm__sum(g, egm__exp(g, X), 1)))
FORMULA(sum_columns_formula, egm__square(g, egm__sum(g, egm__exp(g, X), 2)))
FORMULA(sum_all_formula, egm__square(g, egm__sum(g, egm__square(g, X), 3)))
FORMULA(mean_formula, egm__exp(g, egm__mean(g, X)))
FORMULA(row_norm_formula, egm__row_norm(g, X))
FORMULA(lse_columns_formula, egm__log_sum_exp(g, X, 2))
FORMULA(lse_rows_formula, egm__log_sum_exp(g, egm__scale(g, X, 3), 1))
FORMULA(log_softmax_formula, egm__log_softmax(g, egm__scale(g, X, 3), 2))
FORMULA(broadcast_row_formula, egm__mul(g, egm__exp(g, X), x[1]))
FORMULA(broadcast_column_formula, egm__square(g, egm__sub(g, X, egm__exp(g, x[1]))))
FORMULA(broadcast_both_formula, egm__mul(g, egm__exp(g, X), egm__tanh(g, x[1])))
FORMULA(reshape_formula, egm__matmul(g, egm__exp(g, X), egm__reshape(g, egm__square(g, X), (egm__shape)S(5, 3)), 0, 0))
FORMULA(transpose_formula, egm__mul(g, egm__transpose(g, egm__exp(g, X)), x[1]))
FORMULA(slice_rows_formula, egm__square(g, egm__slice(g, egm__exp(g, X), 0, 1, 2)))
FORMULA(slice_columns_formula, egm__square(g, egm__slice(g, X, 1, 1, 3)))
FORMULA(slice_product_formula, egm__matmul(g, egm__slice(g, egm__exp(g, X), 1, 2, 3), egm__slice(g, X, 1, 0, 3), 0, 1))
FORMULA(pad_formula, egm__mul(g, egm__pad(g, egm__exp(g, X), 1, 2, 1), egm__pad(g, egm__square(g, X), 1, 1, 2)))
FORMULA(halves_formula, egm__add(g, egm__square(g, egm__slice(g, X, 0, 0, 2)), egm__exp(g, egm__slice(g, X, 0, 2, 2))))
FORMULA(matmul_formula, egm__square(g, egm__matmul(g, X, x[1], 0, 0)))
FORMULA(matmul_tn_formula, egm__square(g, egm__matmul(g, X, x[1], 1, 0)))
FORMULA(matmul_nt_formula, egm__square(g, egm__matmul(g, X, x[1], 0, 1)))
FORMULA(matmul_tt_formula, egm__square(g, egm__matmul(g, X, x[1], 1, 1)))
FORMULA(matmul_view_formula, egm__matmul(g, egm__transpose(g, egm__exp(g, X)), egm__transpose(g, x[1]), 1, 0))
FORMULA(products_formula, egm__square(g, egm__add(g, egm__scale(g, egm__matmul(g, X, x[1], 0, 0), 0.5),
                                                  egm__matmul(g, egm__tanh(g, X), egm__exp(g, x[1]), 0, 0))))
FORMULA(common_formula, egm__square(g, egm__add(g, egm__scale(g, egm__matmul(g, X, x[1], 0, 0), 0.5),
                                                egm__matmul(g, X, egm__exp(g, x[1]), 0, 0))))
FORMULA(linear_formula, egm__tanh(g, egm__linear(g, X, x[1], x[2])))
FORMULA(stop_formula, egm__mul(g, X, egm__exp(g, X)))

static egm__id concat_columns_formula(egm__graph *g, const egm__id *x)
{
	egm__id part[3] = {egm__exp(g, x[0]), x[1], egm__square(g, x[0])};
	return egm__square(g, egm__concat(g, 3, part, 1));
}

static egm__id concat_rows_formula(egm__graph *g, const egm__id *x)
{
	egm__id part[2] = {egm__matmul(g, x[0], x[1], 0, 0), egm__tanh(g, x[0])};
	egm__id all = egm__concat(g, 2, part, 0);
	return egm__mul(g, egm__exp(g, all), all);
}

/* the gradient penalty of a network of two layers: its Hessian-vector product contains third derivatives of tanh */
static egm__id penalty_formula(egm__graph *g, const egm__id *x)
{
	egm__id h = egm__tanh(g, egm__linear(g, x[0], x[1], x[2]));
	egm__id u = egm__matmul(g, h, x[3], 0, 1), d;
	egm__gradient(g, u, 1, x, &d);
	egm__id n = egm__row_norm(g, d);
	return egm__add(g, egm__mean(g, egm__square(g, egm__affine(g, n, 1, -1))), egm__mean(g, u));
}

static egm__id layer_norm_formula(egm__graph *g, const egm__id *x)
{
	double w = (double)egm__graph_shape(g, x[0])->d[1];
	egm__id c = egm__sub(g, x[0], egm__scale(g, egm__row_sum(g, x[0]), 1 / w));
	egm__id v = egm__scale(g, egm__row_sum(g, egm__square(g, c)), 1 / w);
	return egm__mul(g, c, egm__recip(g, egm__sqrt(g, egm__affine(g, v, 1, 1e-2))));
}

static egm__id rank3_formula(egm__graph *g, const egm__id *x)
{
	egm__shape s = {3, {2, 3, 5, 1}};
	egm__id y = egm__exp(g, egm__reshape(g, x[0], s));
	egm__id a = egm__sum(g, y, 4), b = egm__sum(g, y, 1), c = egm__sum(g, y, 6);
	egm__id z = egm__mul(g, egm__mul(g, egm__mul(g, y, a), b), c);
	return egm__reshape(g, z, egm__shape2(6, 5));
}

#define WIDE -1.5, 1.5, 0.05
static const formula formulas[] = {
    {"add", 2, {S(3, 5), S(3, 5)}, add_formula, WIDE},
    {"sub", 2, {S(1, 7), S(1, 7)}, sub_formula, WIDE},
    {"mul", 2, {S(3, 5), S(3, 5)}, mul_formula, WIDE},
    {"mul self", 1, {S(3, 5)}, mul_self_formula, WIDE},
    {"div", 2, {S(3, 5), S(3, 5)}, div_formula, 0.5, 1.5, 0},
    {"affine", 1, {S(3, 5)}, affine_formula, WIDE},
    {"exp", 1, {S(5, 3)}, exp_formula, WIDE},
    {"exp 1x1", 1, {S(1, 1)}, exp_formula, WIDE},
    {"log", 1, {S(5, 3)}, log_formula, 0.3, 2, 0},
    {"sqrt", 1, {S(5, 3)}, sqrt_formula, 0.3, 2, 0},
    {"recip", 1, {S(5, 3)}, recip_formula, 0.4, 2, 0},
    {"tanh", 1, {S(5, 3)}, tanh_formula, WIDE},
    {"sigmoid", 1, {S(5, 3)}, sigmoid_formula, WIDE},
    {"softplus", 1, {S(5, 3)}, softplus_formula, WIDE},
    {"erf", 1, {S(5, 3)}, erf_formula, WIDE},
    {"leaky", 1, {S(5, 3)}, leaky_formula, WIDE},
    {"relu", 1, {S(5, 3)}, relu_formula, WIDE},
    {"step", 1, {S(5, 3)}, step_formula, WIDE},
    {"elu", 1, {S(5, 3)}, elu_formula, WIDE},
    {"silu", 1, {S(5, 3)}, silu_formula, WIDE},
    {"gelu", 1, {S(5, 3)}, gelu_formula, WIDE},
    {"logistic", 1, {S(5, 3)}, logistic_formula, WIDE},
    {"elu'", 1, {S(5, 3)}, elu_slope_formula, WIDE},
    {"silu'", 1, {S(5, 3)}, silu_slope_formula, -6, 6, 0},
    {"silu''", 1, {S(5, 3)}, silu_curve_formula, -6, 6, 0},
    {"gelu'", 1, {S(5, 3)}, gelu_slope_formula, -4, 4, 0},
    {"gelu''", 1, {S(5, 3)}, gelu_curve_formula, -4, 4, 0},
    {"sum over rows", 1, {S(5, 3)}, sum_rows_formula, WIDE},
    {"sum over rows, wide", 1, {S(3, 600)}, sum_rows_formula, WIDE},
    {"sum over columns", 1, {S(5, 3)}, sum_columns_formula, WIDE},
    {"sum over columns, wide", 1, {S(3, 600)}, sum_columns_formula, WIDE},
    {"sum over columns, one row", 1, {S(1, 9)}, sum_columns_formula, WIDE},
    {"sum over rows, one column", 1, {S(9, 1)}, sum_rows_formula, WIDE},
    {"sum over all", 1, {S(5, 3)}, sum_all_formula, WIDE},
    {"sum over all, one column", 1, {S(9, 1)}, sum_all_formula, WIDE},
    {"mean", 1, {S(5, 3)}, mean_formula, WIDE},
    {"row norm", 1, {S(5, 3)}, row_norm_formula, WIDE},
    {"row norm, width 1", 1, {S(5, 1)}, row_norm_formula, WIDE},
    {"row norm, batch 1", 1, {S(1, 5)}, row_norm_formula, WIDE},
    {"log-sum-exp, columns", 1, {S(5, 3)}, lse_columns_formula, WIDE},
    {"log-sum-exp, rows", 1, {S(5, 3)}, lse_rows_formula, WIDE},
    {"log-softmax", 1, {S(5, 3)}, log_softmax_formula, WIDE},
    {"broadcast a row", 2, {S(1, 5), S(3, 5)}, broadcast_row_formula, WIDE},
    {"broadcast a column", 2, {S(3, 5), S(3, 1)}, broadcast_column_formula, WIDE},
    {"broadcast one number", 2, {S(4, 3), S(1, 1)}, broadcast_column_formula, WIDE},
    {"broadcast one number to a column", 2, {S(4, 1), S(1, 1)}, broadcast_column_formula, WIDE},
    {"broadcast both", 2, {S(1, 5), S(3, 1)}, broadcast_both_formula, WIDE},
    {"reshape", 1, {S(3, 5)}, reshape_formula, WIDE},
    {"transpose", 2, {S(3, 5), S(5, 3)}, transpose_formula, WIDE},
    {"transpose a row", 2, {S(1, 5), S(5, 1)}, transpose_formula, WIDE},
    {"slice rows", 1, {S(4, 5)}, slice_rows_formula, WIDE},
    {"slice columns", 1, {S(3, 5)}, slice_columns_formula, WIDE},
    {"slice in a product", 1, {S(3, 5)}, slice_product_formula, WIDE},
    {"pad", 1, {S(3, 4)}, pad_formula, WIDE},
    {"halves", 1, {S(4, 3)}, halves_formula, WIDE},
    {"concat columns", 2, {S(3, 5), S(3, 2)}, concat_columns_formula, WIDE},
    {"concat rows", 2, {S(3, 5), S(5, 5)}, concat_rows_formula, WIDE},
    {"matmul", 2, {S(3, 5), S(5, 4)}, matmul_formula, WIDE},
    {"matmul, transposed a", 2, {S(5, 3), S(5, 4)}, matmul_tn_formula, WIDE},
    {"matmul, transposed b", 2, {S(3, 5), S(4, 5)}, matmul_nt_formula, WIDE},
    {"matmul, both transposed", 2, {S(5, 3), S(4, 5)}, matmul_tt_formula, WIDE},
    {"matmul, k = 1", 2, {S(3, 1), S(1, 4)}, matmul_formula, WIDE},
    {"matmul, k = 1, both transposed", 2, {S(1, 3), S(4, 1)}, matmul_tt_formula, WIDE},
    {"matmul, n = 1", 2, {S(3, 5), S(5, 1)}, matmul_formula, WIDE},
    {"matmul, n = 1, transposed a", 2, {S(5, 3), S(5, 1)}, matmul_tn_formula, WIDE},
    {"matmul, n = 1, transposed b", 2, {S(3, 5), S(1, 5)}, matmul_nt_formula, WIDE},
    {"matmul, n = 1, both", 2, {S(5, 3), S(1, 5)}, matmul_tt_formula, WIDE},
    {"matmul, m = 1", 2, {S(1, 5), S(5, 4)}, matmul_formula, WIDE},
    {"matmul, m = 1, transposed a", 2, {S(5, 1), S(5, 4)}, matmul_tn_formula, WIDE},
    {"matmul, m = 1, transposed b", 2, {S(1, 5), S(4, 5)}, matmul_nt_formula, WIDE},
    {"matmul, m = 1, both", 2, {S(5, 1), S(4, 5)}, matmul_tt_formula, WIDE},
    {"matmul, 1x1x1", 2, {S(1, 1), S(1, 1)}, matmul_formula, WIDE},
    {"matmul of views", 2, {S(3, 5), S(4, 5)}, matmul_view_formula, WIDE},
    {"sum of products", 2, {S(3, 5), S(5, 4)}, products_formula, WIDE},
    {"sum of products with a common factor", 2, {S(3, 5), S(5, 4)}, common_formula, WIDE},
    {"linear", 3, {S(3, 5), S(4, 5), S(1, 4)}, linear_formula, WIDE},
    {"linear, batch 1", 3, {S(1, 5), S(4, 5), S(1, 4)}, linear_formula, WIDE},
    {"linear, width 1", 3, {S(3, 1), S(1, 1), S(1, 1)}, linear_formula, WIDE},
    {"gradient penalty", 4, {S(3, 5), S(4, 5), S(1, 4), S(1, 4)}, penalty_formula, WIDE},
    {"gradient penalty, batch 1", 4, {S(1, 2), S(4, 2), S(1, 4), S(1, 4)}, penalty_formula, WIDE},
    {"layer norm", 1, {S(3, 7)}, layer_norm_formula, WIDE},
    {"rank 3", 1, {S(6, 5)}, rank3_formula, WIDE},
    {"mul exp", 1, {S(2, 3)}, stop_formula, WIDE},
};
enum { N_FORMULAS = sizeof formulas / sizeof *formulas };

/* If the CPU can, a program treats subnormal numbers as zero on every thread. The mode of the caller is unchanged on
 * every CPU. */
FORMULA(leaky_alone_formula, egm__leaky(g, X, 0.5))
START_TEST(test_program__flushes_subnormals_and_keeps_the_mode)
{
#if EGM__CPU_SSE || defined(__aarch64__)
	const double expected = 0;
#else
	const double expected = 1e-310;
#endif
	static const formula f = {"subnormal", 1, {S(3, 600)}, leaky_alone_formula, 0, 0, 0};
	egm_context *c = context();
	uint32_t mode = egm__cpu_fp_mode();
	prepare_formula(&f, &data, 1);
	for (int i = 0; i < 1800; i++) data.in[0][i] = 1e-310;
	run_formula(&f, c, &data, ORDER_VALUE, 0);
	ck_assert(data.out[0] == 1e-310 && data.out[1799] == 1e-310);
	run_formula(&f, c, &data, ORDER_VALUE, 1);
	for (int i = 0; i < 1800; i++) ck_assert(data.out[i] == expected);
	ck_assert_uint_eq(egm__cpu_fp_mode(), mode);
	egm_context_free(c);
}
END_TEST

/* elu'(0) = alpha. Rows and biases of zeros give exact zeros, which no difference quotient tests. The values are exact:
 * 1.3 (e^0 - 1) and 1.3 e^0. */
START_TEST(test_elu__has_slope_alpha_at_zero)
{
	static const formula f = {"elu at 0", 1, {S(1, 3)}, elu_formula, 0, 0, 0};
	egm_context *c = context();
	prepare_formula(&f, &data, 1);
	for (int i = 0; i < 3; i++) data.in[0][i] = 0, data.seed[i] = 1;
	for (int compiled = 0; compiled <= 2; compiled++) {
		run_formula(&f, c, &data, ORDER_VALUE, compiled);
		for (int i = 0; i < 3; i++) ck_assert(data.out[i] == 0);
		run_formula(&f, c, &data, ORDER_GRADIENT, compiled);
		for (int i = 0; i < 3; i++) ck_assert(data.out[i] == 1.3);
	}
	egm_context_free(c);
}
END_TEST

#include "formula_loops.h"

int main(void)
{
	Suite *s = suite_create("ops");
	add_formulas(s);
	TCase *t = tcase_create("kinks");
	tcase_add_test(t, test_elu__has_slope_alpha_at_zero);
	tcase_add_test(t, test_program__flushes_subnormals_and_keeps_the_mode);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
