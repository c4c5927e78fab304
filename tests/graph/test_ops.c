/* SPDX-License-Identifier: MIT */
/* Every op: value, first and second derivative, on odd shapes, in f64. */
#include "formula_check.h"

#include <core/cpu_impl.h>

#define S(r, c)        \
	{                  \
		2,             \
		{              \
			r, c, 1, 1 \
		}              \
	}
#define X x[0]
#define FORMULA(n, expr)                              \
	static egm__id n(egm__graph *g, const egm__id *x) \
	{                                                 \
		return expr;                                  \
	}

FORMULA(f_add, egm__add(g, X, x[1]))
FORMULA(f_sub, egm__sub(g, X, x[1]))
FORMULA(f_mul, egm__mul(g, X, x[1]))
FORMULA(f_mul_self, egm__mul(g, egm__mul(g, X, X), egm__add(g, X, X)))
FORMULA(f_div, egm__div(g, X, x[1]))
FORMULA(f_affine, egm__square(g, egm__affine(g, X, -1.5, 0.25)))
FORMULA(f_exp, egm__exp(g, X))
FORMULA(f_log, egm__ln(g, X))
FORMULA(f_sqrt, egm__sqrt(g, X))
FORMULA(f_recip, egm__recip(g, X))
FORMULA(f_tanh, egm__tanh(g, X))
FORMULA(f_sigmoid, egm__sigmoid(g, X))
FORMULA(f_softplus, egm__softplus(g, X))
FORMULA(f_erf, egm__erf(g, X))
FORMULA(f_leaky, egm__square(g, egm__leaky(g, X, 0.2)))
FORMULA(f_relu, egm__mul(g, egm__relu(g, X), egm__tanh(g, X)))
FORMULA(f_step, egm__mul(g, egm__step(g, X, 0.3), egm__mul(g, egm__step(g, X, 0.5), egm__square(g, X))))
FORMULA(f_elu, egm__elu(g, X, 1.3))
FORMULA(f_silu, egm__silu(g, X))
FORMULA(f_gelu, egm__gelu(g, X))
FORMULA(f_logistic, egm__logistic(g, X, 1.5, -0.7))

/* what stands for a second or third derivative, to be differentiated further */
static egm__id derivative(egm__graph *g, egm__id y, egm__id x, int times)
{
	for (int i = 0; i < times; i++) egm__gradient(g, y, 1, &x, &y);
	return y;
}

FORMULA(f_elu_slope, derivative(g, egm__elu(g, X, 1.3), X, 1))
FORMULA(f_silu_slope, derivative(g, egm__silu(g, X), X, 1))
FORMULA(f_silu_curve, derivative(g, egm__silu(g, X), X, 2))
FORMULA(f_gelu_slope, derivative(g, egm__gelu(g, X), X, 1))
FORMULA(f_gelu_curve, derivative(g, egm__gelu(g, X), X, 2))
FORMULA(f_sum_rows, egm__square(g, egm__sum(g, egm__exp(g, X), 1)))
FORMULA(f_sum_columns, egm__square(g, egm__sum(g, egm__exp(g, X), 2)))
FORMULA(f_sum_all, egm__square(g, egm__sum(g, egm__square(g, X), 3)))
FORMULA(f_mean, egm__exp(g, egm__mean(g, X)))
FORMULA(f_row_norm, egm__row_norm(g, X))
FORMULA(f_lse_columns, egm__log_sum_exp(g, X, 2))
FORMULA(f_lse_rows, egm__log_sum_exp(g, egm__scale(g, X, 3), 1))
FORMULA(f_log_softmax, egm__log_softmax(g, egm__scale(g, X, 3), 2))
FORMULA(f_broadcast_row, egm__mul(g, egm__exp(g, X), x[1]))
FORMULA(f_broadcast_column, egm__square(g, egm__sub(g, X, egm__exp(g, x[1]))))
FORMULA(f_broadcast_both, egm__mul(g, egm__exp(g, X), egm__tanh(g, x[1])))
FORMULA(f_reshape, egm__matmul(g, egm__exp(g, X), egm__reshape(g, egm__square(g, X), (egm__shape)S(5, 3)), 0, 0))
FORMULA(f_transpose, egm__mul(g, egm__transpose(g, egm__exp(g, X)), x[1]))
FORMULA(f_slice_rows, egm__square(g, egm__slice(g, egm__exp(g, X), 0, 1, 2)))
FORMULA(f_slice_columns, egm__square(g, egm__slice(g, X, 1, 1, 3)))
FORMULA(f_slice_product, egm__matmul(g, egm__slice(g, egm__exp(g, X), 1, 2, 3), egm__slice(g, X, 1, 0, 3), 0, 1))
FORMULA(f_pad, egm__mul(g, egm__pad(g, egm__exp(g, X), 1, 2, 1), egm__pad(g, egm__square(g, X), 1, 1, 2)))
FORMULA(f_halves, egm__add(g, egm__square(g, egm__slice(g, X, 0, 0, 2)), egm__exp(g, egm__slice(g, X, 0, 2, 2))))
FORMULA(f_matmul, egm__square(g, egm__matmul(g, X, x[1], 0, 0)))
FORMULA(f_matmul_tn, egm__square(g, egm__matmul(g, X, x[1], 1, 0)))
FORMULA(f_matmul_nt, egm__square(g, egm__matmul(g, X, x[1], 0, 1)))
FORMULA(f_matmul_tt, egm__square(g, egm__matmul(g, X, x[1], 1, 1)))
FORMULA(f_matmul_view, egm__matmul(g, egm__transpose(g, egm__exp(g, X)), egm__transpose(g, x[1]), 1, 0))
FORMULA(f_products, egm__square(g, egm__add(g, egm__scale(g, egm__matmul(g, X, x[1], 0, 0), 0.5),
                                            egm__matmul(g, egm__tanh(g, X), egm__exp(g, x[1]), 0, 0))))
FORMULA(f_common, egm__square(g, egm__add(g, egm__scale(g, egm__matmul(g, X, x[1], 0, 0), 0.5),
                                          egm__matmul(g, X, egm__exp(g, x[1]), 0, 0))))
FORMULA(f_linear, egm__tanh(g, egm__linear(g, X, x[1], x[2])))
FORMULA(f_stop, egm__mul(g, X, egm__exp(g, X)))

static egm__id f_concat_columns(egm__graph *g, const egm__id *x)
{
	egm__id part[3] = {egm__exp(g, x[0]), x[1], egm__square(g, x[0])};
	return egm__square(g, egm__concat(g, 3, part, 1));
}

static egm__id f_concat_rows(egm__graph *g, const egm__id *x)
{
	egm__id part[2] = {egm__matmul(g, x[0], x[1], 0, 0), egm__tanh(g, x[0])};
	egm__id all = egm__concat(g, 2, part, 0);
	return egm__mul(g, egm__exp(g, all), all);
}

/* the gradient penalty of a two-layer net: third derivatives of the tanh appear in its Hessian-vector product */
static egm__id f_penalty(egm__graph *g, const egm__id *x)
{
	egm__id h = egm__tanh(g, egm__linear(g, x[0], x[1], x[2]));
	egm__id u = egm__matmul(g, h, x[3], 0, 1), d;
	egm__gradient(g, u, 1, x, &d);
	egm__id n = egm__row_norm(g, d);
	return egm__add(g, egm__mean(g, egm__square(g, egm__affine(g, n, 1, -1))), egm__mean(g, u));
}

static egm__id f_layer_norm(egm__graph *g, const egm__id *x)
{
	double w = (double)egm__graph_shape(g, x[0])->d[1];
	egm__id c = egm__sub(g, x[0], egm__scale(g, egm__row_sum(g, x[0]), 1 / w));
	egm__id v = egm__scale(g, egm__row_sum(g, egm__square(g, c)), 1 / w);
	return egm__mul(g, c, egm__recip(g, egm__sqrt(g, egm__affine(g, v, 1, 1e-2))));
}

static egm__id f_rank3(egm__graph *g, const egm__id *x)
{
	egm__shape s = {3, {2, 3, 5, 1}};
	egm__id y = egm__exp(g, egm__reshape(g, x[0], s));
	egm__id a = egm__sum(g, y, 4), b = egm__sum(g, y, 1), c = egm__sum(g, y, 6);
	egm__id z = egm__mul(g, egm__mul(g, egm__mul(g, y, a), b), c);
	return egm__reshape(g, z, egm__shape2(6, 5));
}

#define WIDE -1.5, 1.5, 0.05
static const formula formulas[] = {
    {"add", 2, {S(3, 5), S(3, 5)}, f_add, WIDE},
    {"sub", 2, {S(1, 7), S(1, 7)}, f_sub, WIDE},
    {"mul", 2, {S(3, 5), S(3, 5)}, f_mul, WIDE},
    {"mul self", 1, {S(3, 5)}, f_mul_self, WIDE},
    {"div", 2, {S(3, 5), S(3, 5)}, f_div, 0.5, 1.5, 0},
    {"affine", 1, {S(3, 5)}, f_affine, WIDE},
    {"exp", 1, {S(5, 3)}, f_exp, WIDE},
    {"exp 1x1", 1, {S(1, 1)}, f_exp, WIDE},
    {"log", 1, {S(5, 3)}, f_log, 0.3, 2, 0},
    {"sqrt", 1, {S(5, 3)}, f_sqrt, 0.3, 2, 0},
    {"recip", 1, {S(5, 3)}, f_recip, 0.4, 2, 0},
    {"tanh", 1, {S(5, 3)}, f_tanh, WIDE},
    {"sigmoid", 1, {S(5, 3)}, f_sigmoid, WIDE},
    {"softplus", 1, {S(5, 3)}, f_softplus, WIDE},
    {"erf", 1, {S(5, 3)}, f_erf, WIDE},
    {"leaky", 1, {S(5, 3)}, f_leaky, WIDE},
    {"relu", 1, {S(5, 3)}, f_relu, WIDE},
    {"step", 1, {S(5, 3)}, f_step, WIDE},
    {"elu", 1, {S(5, 3)}, f_elu, WIDE},
    {"silu", 1, {S(5, 3)}, f_silu, WIDE},
    {"gelu", 1, {S(5, 3)}, f_gelu, WIDE},
    {"logistic", 1, {S(5, 3)}, f_logistic, WIDE},
    {"elu'", 1, {S(5, 3)}, f_elu_slope, WIDE},
    {"silu'", 1, {S(5, 3)}, f_silu_slope, -6, 6, 0},
    {"silu''", 1, {S(5, 3)}, f_silu_curve, -6, 6, 0},
    {"gelu'", 1, {S(5, 3)}, f_gelu_slope, -4, 4, 0},
    {"gelu''", 1, {S(5, 3)}, f_gelu_curve, -4, 4, 0},
    {"sum over rows", 1, {S(5, 3)}, f_sum_rows, WIDE},
    {"sum over rows, wide", 1, {S(3, 600)}, f_sum_rows, WIDE},
    {"sum over columns", 1, {S(5, 3)}, f_sum_columns, WIDE},
    {"sum over columns, wide", 1, {S(3, 600)}, f_sum_columns, WIDE},
    {"sum over columns, one row", 1, {S(1, 9)}, f_sum_columns, WIDE},
    {"sum over rows, one column", 1, {S(9, 1)}, f_sum_rows, WIDE},
    {"sum over all", 1, {S(5, 3)}, f_sum_all, WIDE},
    {"sum over all, one column", 1, {S(9, 1)}, f_sum_all, WIDE},
    {"mean", 1, {S(5, 3)}, f_mean, WIDE},
    {"row norm", 1, {S(5, 3)}, f_row_norm, WIDE},
    {"row norm, width 1", 1, {S(5, 1)}, f_row_norm, WIDE},
    {"row norm, batch 1", 1, {S(1, 5)}, f_row_norm, WIDE},
    {"log-sum-exp, columns", 1, {S(5, 3)}, f_lse_columns, WIDE},
    {"log-sum-exp, rows", 1, {S(5, 3)}, f_lse_rows, WIDE},
    {"log-softmax", 1, {S(5, 3)}, f_log_softmax, WIDE},
    {"broadcast a row", 2, {S(1, 5), S(3, 5)}, f_broadcast_row, WIDE},
    {"broadcast a column", 2, {S(3, 5), S(3, 1)}, f_broadcast_column, WIDE},
    {"broadcast one number", 2, {S(4, 3), S(1, 1)}, f_broadcast_column, WIDE},
    {"broadcast one number to a column", 2, {S(4, 1), S(1, 1)}, f_broadcast_column, WIDE},
    {"broadcast both", 2, {S(1, 5), S(3, 1)}, f_broadcast_both, WIDE},
    {"reshape", 1, {S(3, 5)}, f_reshape, WIDE},
    {"transpose", 2, {S(3, 5), S(5, 3)}, f_transpose, WIDE},
    {"transpose a row", 2, {S(1, 5), S(5, 1)}, f_transpose, WIDE},
    {"slice rows", 1, {S(4, 5)}, f_slice_rows, WIDE},
    {"slice columns", 1, {S(3, 5)}, f_slice_columns, WIDE},
    {"slice in a product", 1, {S(3, 5)}, f_slice_product, WIDE},
    {"pad", 1, {S(3, 4)}, f_pad, WIDE},
    {"halves", 1, {S(4, 3)}, f_halves, WIDE},
    {"concat columns", 2, {S(3, 5), S(3, 2)}, f_concat_columns, WIDE},
    {"concat rows", 2, {S(3, 5), S(5, 5)}, f_concat_rows, WIDE},
    {"matmul", 2, {S(3, 5), S(5, 4)}, f_matmul, WIDE},
    {"matmul, transposed a", 2, {S(5, 3), S(5, 4)}, f_matmul_tn, WIDE},
    {"matmul, transposed b", 2, {S(3, 5), S(4, 5)}, f_matmul_nt, WIDE},
    {"matmul, both transposed", 2, {S(5, 3), S(4, 5)}, f_matmul_tt, WIDE},
    {"matmul, k = 1", 2, {S(3, 1), S(1, 4)}, f_matmul, WIDE},
    {"matmul, k = 1, both transposed", 2, {S(1, 3), S(4, 1)}, f_matmul_tt, WIDE},
    {"matmul, n = 1", 2, {S(3, 5), S(5, 1)}, f_matmul, WIDE},
    {"matmul, n = 1, transposed a", 2, {S(5, 3), S(5, 1)}, f_matmul_tn, WIDE},
    {"matmul, n = 1, transposed b", 2, {S(3, 5), S(1, 5)}, f_matmul_nt, WIDE},
    {"matmul, n = 1, both", 2, {S(5, 3), S(1, 5)}, f_matmul_tt, WIDE},
    {"matmul, m = 1", 2, {S(1, 5), S(5, 4)}, f_matmul, WIDE},
    {"matmul, m = 1, transposed a", 2, {S(5, 1), S(5, 4)}, f_matmul_tn, WIDE},
    {"matmul, m = 1, transposed b", 2, {S(1, 5), S(4, 5)}, f_matmul_nt, WIDE},
    {"matmul, m = 1, both", 2, {S(5, 1), S(4, 5)}, f_matmul_tt, WIDE},
    {"matmul, 1x1x1", 2, {S(1, 1), S(1, 1)}, f_matmul, WIDE},
    {"matmul of views", 2, {S(3, 5), S(4, 5)}, f_matmul_view, WIDE},
    {"sum of products", 2, {S(3, 5), S(5, 4)}, f_products, WIDE},
    {"sum of products with a common factor", 2, {S(3, 5), S(5, 4)}, f_common, WIDE},
    {"linear", 3, {S(3, 5), S(4, 5), S(1, 4)}, f_linear, WIDE},
    {"linear, batch 1", 3, {S(1, 5), S(4, 5), S(1, 4)}, f_linear, WIDE},
    {"linear, width 1", 3, {S(3, 1), S(1, 1), S(1, 1)}, f_linear, WIDE},
    {"gradient penalty", 4, {S(3, 5), S(4, 5), S(1, 4), S(1, 4)}, f_penalty, WIDE},
    {"gradient penalty, batch 1", 4, {S(1, 2), S(4, 2), S(1, 4), S(1, 4)}, f_penalty, WIDE},
    {"layer norm", 1, {S(3, 7)}, f_layer_norm, WIDE},
    {"rank 3", 1, {S(6, 5)}, f_rank3, WIDE},
    {"mul exp", 1, {S(2, 3)}, f_stop, WIDE},
};
enum { N_FORMULAS = sizeof formulas / sizeof *formulas };

/* Where the CPU can, a program takes subnormal numbers for zero, whoever's thread computes; everywhere it leaves its
 * caller's mode as it was. */
FORMULA(f_leaky_alone, egm__leaky(g, X, 0.5))
START_TEST(test_program__flushes_subnormals_and_keeps_the_mode)
{
#if EGM__CPU_SSE || defined(__aarch64__)
	const double expected = 0;
#else
	const double expected = 1e-310;
#endif
	static const formula f = {"subnormal", 1, {S(3, 600)}, f_leaky_alone, 0, 0, 0};
	egm_context *c = context();
	uint32_t mode = egm__cpu_fp_mode();
	t_prepare(&f, &data, 1);
	for (int i = 0; i < 1800; i++) data.in[0][i] = 1e-310;
	t_run(&f, c, &data, T_VALUE, 0);
	ck_assert(data.out[0] == 1e-310 && data.out[1799] == 1e-310);
	t_run(&f, c, &data, T_VALUE, 1);
	for (int i = 0; i < 1800; i++) ck_assert(data.out[i] == expected);
	ck_assert_uint_eq(egm__cpu_fp_mode(), mode);
	egm_context_free(c);
}
END_TEST

/* elu'(0) = alpha: exact zeros are what an all-zero row and zero biases give, and no difference quotient sees them. The
 * values are exact: 1.3 (e^0 - 1) and 1.3 e^0. */
START_TEST(test_elu__has_slope_alpha_at_zero)
{
	static const formula f = {"elu at 0", 1, {S(1, 3)}, f_elu, 0, 0, 0};
	egm_context *c = context();
	t_prepare(&f, &data, 1);
	for (int i = 0; i < 3; i++) data.in[0][i] = 0, data.seed[i] = 1;
	for (int compiled = 0; compiled <= 2; compiled++) {
		t_run(&f, c, &data, T_VALUE, compiled);
		for (int i = 0; i < 3; i++) ck_assert(data.out[i] == 0);
		t_run(&f, c, &data, T_GRADIENT, compiled);
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
