/* SPDX-License-Identifier: MIT */
/* Activation layers compared with mpmath: energies and gradients of models, and programs with second derivatives, fused
 * and not, on every code path. */
#include <compile/program_impl.h>
#include <graph/op_impl.h>
#include <oracle/interpret.h>
#include <reference.h>
#include <string.h>
#include <tensor/activation_reference.h>

/* NULL where the CPU lacks the path. */
static egm_context *context_of(int32_t simd)
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	options.simd = simd;
	egm_status st = egm_context_create(&context, &options);
	ck_assert(st == EGM_OK || (st == EGM_ERR_UNSUPPORTED && simd != EGM_SIMD_PORTABLE));
	return context;
}

static void expect(const activation *a, const int *rows, int n, int order, egm_dtype dtype, const void *got,
                   const char *what)
{
	for (int i = 0; i < n; i++) {
		const activation_row *row = &a->rows[rows[i]];
		double y = at(dtype, got, i);
		ck_assert_msg(activation_agrees(a, row, order, dtype, y), "%s, %s %s, derivative %d at %a: %a, not %La", what,
		              a->name, dtype == EGM_F64 ? "f64" : "f32", order, row->x, y, row->y[order]);
	}
}

/* alone, and between two dense layers that change nothing: weight 1, bias 0 */
static void check_model(egm_context *context, const activation *a, egm_dtype dtype, int between)
{
	net_spec net = {1, 1, {{a->name, 0, ELU_ALPHA}}};
	double x[MOST_ROWS], in[MOST_ROWS], u[MOST_ROWS], g[MOST_ROWS], v[MOST_ROWS], unit[4] = {1, 0, 1, 0};
	int rows[MOST_ROWS], n = activation_arguments(a, dtype, x, rows);
	if (between) net = (net_spec){1, 3, {{"dense", 1, 0}, {a->name, 0, ELU_ALPHA}, {"dense", 1, 0}}};
	egm_model *model = new_model(context, "activation", &net, dtype, 1);
	store(dtype, 4, unit, v);
	if (between) ck_assert_int_eq(egm_model_set_parameters(model, egm_array_of(dtype, v, 4, 1)), EGM_OK);
	store(dtype, n, x, in);
	ck_assert_int_eq(egm_model_energy(model, egm_array_of(dtype, in, n, 1), egm_out_of(dtype, v, n, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_energy_gradient(model, egm_array_of(dtype, in, n, 1), egm_out_of(dtype, u, n, 1),
	                                           egm_out_of(dtype, g, n, 1)),
	                 EGM_OK);
	expect(a, rows, n, VALUE, dtype, v, between ? "energy between dense layers" : "energy");
	expect(a, rows, n, VALUE, dtype, u, between ? "energy with gradient between dense layers" : "energy with gradient");
	expect(a, rows, n, SLOPE, dtype, g, between ? "gradient between dense layers" : "gradient");
	egm_model_free(model);
}

static egm__id apply(egm__graph *g, const char *name, egm__id x)
{
	if (!strcmp(name, "elu")) return egm__elu(g, x, ELU_ALPHA);
	if (!strcmp(name, "softplus")) return egm__softplus(g, x);
	if (!strcmp(name, "sigmoid")) return egm__sigmoid(g, x);
	if (!strcmp(name, "tanh")) return egm__tanh(g, x);
	if (!strcmp(name, "silu")) return egm__silu(g, x);
	ck_assert_str_eq(name, "gelu");
	return egm__gelu(g, x);
}

/* The derivatives of all orders that `wanted` has a bit for, in one program: 7 fuses them, 1, 2 and 4 take each alone.
 */
static void check_program(egm_context *context, const activation *a, egm_dtype dtype, int wanted, int simplify)
{
	double x[MOST_ROWS], in[MOST_ROWS], out[ORDERS][MOST_ROWS];
	int rows[MOST_ROWS], n = activation_arguments(a, dtype, x, rows);
	egm__graph *g;
	egm__program *p;
	egm__id y[ORDERS];
	ck_assert_int_eq(egm__graph_create(&g, context, dtype), EGM_OK);
	g->simplify = simplify;
	egm__id leaf = egm__leaf(g, 1, 0, egm__shape2(n, 1));
	y[VALUE] = apply(g, a->name, leaf);
	egm__gradient(g, y[VALUE], 1, &leaf, &y[SLOPE]);
	egm__gradient(g, y[SLOPE], 1, &leaf, &y[CURVE]);
	for (int order = 0; order < ORDERS; order++)
		if (wanted >> order & 1) egm__graph_output(g, y[order], 2 + order, 0);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	store(dtype, n, x, in);
	void *bases[EGM__MAX_SLOTS] = {NULL, in, out[VALUE], out[SLOPE], out[CURVE]};
	egm__program_run(p, bases, 0, 0);
	for (int order = 0; order < ORDERS; order++)
		if (wanted >> order & 1) expect(a, rows, n, order, dtype, out[order], simplify ? "program" : "plain program");
	egm__program_free(p);
	egm__graph_free(g);
}

START_TEST(test_activation_layers__agree_with_mpmath)
{
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context *context = context_of(simd);
		for (int f64 = 0; context && f64 < 2; f64++) {
			egm_dtype dtype = f64 ? EGM_F64 : EGM_F32;
			for (int between = 0; between < 2; between++) check_model(context, &activations[_i], dtype, between);
			for (int wanted = 1; wanted < 8; wanted += wanted == 2 ? 2 : wanted == 4 ? 3 : 1)
				for (int simplify = 0; simplify < 2; simplify++)
					check_program(context, &activations[_i], dtype, wanted, simplify);
		}
		egm_context_free(context);
	}
}
END_TEST

/* Limits at infinity, and NaN. */
START_TEST(test_activation_layers__infinite_rows_give_limits)
{
	static const double limits[N_ACTIVATIONS][4] = {
	    /* values at -infinity and infinity, slopes */
	    {-ELU_ALPHA, INFINITY, 0, 1}, {0, INFINITY, 0, 1}, {0, 1, 0, 0}, {-1, 1, 0, 0},
	    {0, INFINITY, 0, 1},          {0, INFINITY, 0, 1}};
	const activation *a = &activations[_i];
	double x[3] = {-INFINITY, INFINITY, NAN}, out[2][3];
	egm_context *context = new_context();
	egm__graph *g;
	egm__program *p;
	egm__id slope;
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F64), EGM_OK);
	egm__id leaf = egm__leaf(g, 1, 0, egm__shape2(3, 1)), y = apply(g, a->name, leaf);
	egm__gradient(g, y, 1, &leaf, &slope);
	egm__graph_output(g, y, 2, 0);
	egm__graph_output(g, slope, 3, 0);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	void *bases[EGM__MAX_SLOTS] = {NULL, x, out[0], out[1]};
	for (int compiled = 0; compiled < 2; compiled++) {
		memset(out, 0xff, sizeof out);
		if (compiled)
			egm__program_run(p, bases, 0, 0);
		else
			ck_assert_int_eq(egm__graph_interpret(g, bases, 0, 0), EGM_OK);
		for (int i = 0; i < 4; i++) ck_assert(out[i / 2][i % 2] == limits[_i][i]);
		ck_assert(isnan(out[0][2]) && isnan(out[1][2]));
	}
	egm__program_free(p);
	egm__graph_free(g);
	egm_context_free(context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("activation layers");
	TCase *tc = tcase_create("activation layers");
	tcase_set_tags(tc, "K26");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_activation_layers__agree_with_mpmath, 0, N_ACTIVATIONS);
	tcase_add_loop_test(tc, test_activation_layers__infinite_rows_give_limits, 0, N_ACTIVATIONS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
