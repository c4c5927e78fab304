/* SPDX-License-Identifier: MIT */
/* The kernels of activations, their slopes and curvatures against mpmath, on every code path. */
#include "activation_reference.h"
#include "paths.h"

typedef struct kernel {
	int op; /* -1: none */
	double c[3];
} kernel;

/* In the order of `activations`. The curvatures of sigmoid and tanh are products of these. */
static const kernel kernels[N_ACTIVATIONS][ORDERS] = {
    {{EGM__TILE_ELU, {ELU_ALPHA}}, {EGM__TILE_ELU_SLOPE, {ELU_ALPHA}}, {-1, {0}}},
    {{EGM__TILE_SOFTPLUS, {0}}, {EGM__TILE_SIGMOID, {0}}, {EGM__TILE_LOGISTIC, {1, 1}}},
    {{EGM__TILE_SIGMOID, {0}}, {EGM__TILE_LOGISTIC, {1, 1}}, {-1, {0}}},
    {{EGM__TILE_TANH, {0}}, {EGM__TILE_LOGISTIC, {4, 2}}, {-1, {0}}},
    {{EGM__TILE_SILU, {0}}, {EGM__TILE_SILU_SLOPE, {0}}, {EGM__TILE_SILU_CURVE, {0}}},
    {{EGM__TILE_GELU, {0}}, {EGM__TILE_GELU_SLOPE, {0}}, {EGM__TILE_GELU_CURVE, {0}}},
};

static void check_kernel(const egm__kernels *table, egm_dtype type, const activation *a, int order, const kernel *k)
{
	double x[MOST_ROWS], in[MOST_ROWS], out[MOST_ROWS];
	int at[MOST_ROWS], n = activation_arguments(a, type, x, at);
	ck_assert_int_ge(n, 100);
	for (int i = 0; i < n; i++) egm_test_set(type, in, i, x[i]);
	table->tile[k->op](n, out, in, NULL, k->c);
	for (int i = 0; i < n; i++) {
		const activation_row *row = &a->rows[at[i]];
		long double got = egm_test_get(type, out, i);
		ck_assert_msg(activation_agrees(a, row, order, type, got), "%s %s %s, derivative %d at %a: %La, not %La",
		              table->name, egm__dtype_name(type), a->name, order, row->x, got, row->y[order]);
	}
}

START_TEST(test_activations__kernels_agree_with_mpmath)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++)
		for (int order = 0; order < ORDERS; order++)
			if (kernels[_i][order].op >= 0)
				check_kernel(tables[p], types[p], &activations[_i], order, &kernels[_i][order]);
}
END_TEST

/* Six digits by mpmath, at points where e^x - 1, 1/2 + erf/2 and 1 - s have one correct digit or none in f32. */
START_TEST(test_activations__keep_small_and_negative_values)
{
	static const struct {
		int op;
		double x, y;
	} points[] = {{EGM__TILE_GELU, -5, -1.43326e-6},     {EGM__TILE_GELU, -5.5, -1.04443e-7},
	              {EGM__TILE_GELU, -10, -7.61985e-23},   {EGM__TILE_ELU, -1e-8, -1e-8},
	              {EGM__TILE_ELU, 1e-8, 1e-8},           {EGM__TILE_ELU, 1e-6, 1e-6},
	              {EGM__TILE_SIGMOID, -80, 1.80485e-35}, {EGM__TILE_SOFTPLUS, -80, 1.80485e-35}};
	const egm__kernels *tables[6];
	egm_dtype types[6];
	const double c[3] = {1};
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++)
		for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
			double x, y;
			egm_test_set(types[p], &x, 0, points[i].x);
			tables[p]->tile[points[i].op](1, &y, &x, NULL, c);
			/* half of the sixth digit */
			ck_assert(fabsl(egm_test_get(types[p], &y, 0) / points[i].y - 1) <= 5e-6L);
		}
}
END_TEST

START_TEST(test_activations__infinite_arguments_give_limits_and_nan_stays)
{
	static const double limits[N_ACTIVATIONS][ORDERS][2] = {/* at -infinity, at infinity */
	                                                        {{-ELU_ALPHA, INFINITY}, {0, 1}, {0, 0}},
	                                                        {{0, INFINITY}, {0, 1}, {0, 0}},
	                                                        {{0, 1}, {0, 0}, {0, 0}},
	                                                        {{-1, 1}, {0, 0}, {0, 0}},
	                                                        {{0, INFINITY}, {0, 1}, {0, 0}},
	                                                        {{0, INFINITY}, {0, 1}, {0, 0}}};
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++)
		for (int order = 0; order < ORDERS; order++) {
			const kernel *k = &kernels[_i][order];
			double x[3], y[3];
			if (k->op < 0) continue;
			for (int i = 0; i < 3; i++) egm_test_set(types[p], x, i, i == 0 ? -INFINITY : i == 1 ? INFINITY : NAN);
			tables[p]->tile[k->op](3, y, x, NULL, k->c);
			for (int i = 0; i < 2; i++) ck_assert(egm_test_get(types[p], y, i) == limits[_i][order][i]);
			ck_assert(isnan(egm_test_get(types[p], y, 2)));
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("activations");
	TCase *t = tcase_create("kernels");
	tcase_set_tags(t, "K26");
	tcase_add_loop_test(t, test_activations__kernels_agree_with_mpmath, 0, N_ACTIVATIONS);
	tcase_add_test(t, test_activations__keep_small_and_negative_values);
	tcase_add_loop_test(t, test_activations__infinite_arguments_give_limits_and_nan_stays, 0, N_ACTIVATIONS);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
