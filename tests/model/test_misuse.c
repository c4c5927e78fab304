/* SPDX-License-Identifier: MIT */
/* Wrong arguments of every public call of models, and every allocation failing once and permanently. */
#include <fixture.h>

/* ---- R17: misuse */

START_TEST(test_misuse__null_is_an_argument_error)
{
	egm_model *model = new_model(context, "net", &small_net, EGM_F64, 1), *out = model;
	double x[3] = {0}, y[3];
	const char *name;
	int64_t shape[4];
	int32_t rank;
	char text[8];
	egm_model_free(NULL);
	const egm_status got[] = {
	    egm_model_create(NULL, context, "m", 1),
	    egm_model_create(&out, NULL, "m", 1),
	    egm_model_create(&out, context, NULL, 1),
	    egm_model_set_initializer(NULL, 1),
	    egm_model_dense(NULL, 1),
	    egm_model_relu(NULL),
	    egm_model_leaky_relu(NULL, 0.1),
	    egm_model_elu(NULL, 1),
	    egm_model_softplus(NULL),
	    egm_model_silu(NULL),
	    egm_model_tanh(NULL),
	    egm_model_sigmoid(NULL),
	    egm_model_gelu(NULL),
	    egm_model_layer_norm(NULL, 1),
	    egm_model_build(NULL, EGM_F64, 1),
	    egm_model_tensor_shape(NULL, 0, &name, shape, &rank),
	    egm_model_tensor_shape(model, 0, NULL, shape, &rank),
	    egm_model_tensor_shape(model, 0, &name, NULL, &rank),
	    egm_model_tensor_shape(model, 0, &name, shape, NULL),
	    egm_model_tensor_shape(model, -1, &name, shape, &rank),
	    egm_model_tensor_shape(model, 6, &name, shape, &rank),
	    egm_model_parameters(NULL, egm_f64_out(y, 29, 1)),
	    egm_model_parameters(model, egm_out_of(EGM_F64, NULL, 29, 1)),
	    egm_model_set_parameters(NULL, egm_f64(y, 29, 1)),
	    egm_model_set_parameters(model, egm_array_of(EGM_F64, NULL, 29, 1)),
	    egm_model_tensor(NULL, "3.bias", egm_f64_out(y, 1, 1)),
	    egm_model_tensor(model, NULL, egm_f64_out(y, 1, 1)),
	    egm_model_tensor(model, "3.bias", egm_out_of(EGM_F64, NULL, 1, 1)),
	    egm_model_set_tensor(NULL, "3.bias", egm_f64(y, 1, 1)),
	    egm_model_set_tensor(model, NULL, egm_f64(y, 1, 1)),
	    egm_model_set_tensor(model, "3.bias", egm_array_of(EGM_F64, NULL, 1, 1)),
	    egm_model_run(NULL, egm_f64(x, 1, 3), egm_f64_out(y, 1, egm_model_outputs(NULL))),
	    egm_model_run(model, egm_array_of(EGM_F64, NULL, 1, 3), egm_f64_out(y, 1, egm_model_outputs(model))),
	    egm_model_run(model, egm_f64(x, 1, 3), egm_out_of(EGM_F64, NULL, 1, egm_model_outputs(model))),
	    egm_model_energy(NULL, egm_f64(x, 1, 3), egm_f64_out(y, 1, 1)),
	    egm_model_energy(model, egm_array_of(EGM_F64, NULL, 1, 3), egm_f64_out(y, 1, 1)),
	    egm_model_energy(model, egm_f64(x, 1, 3), egm_out_of(EGM_F64, NULL, 1, 1)),
	    egm_model_energy_gradient(NULL, egm_f64(x, 1, 3), egm_f64_out(y, 1, 1), egm_f64_out(y, 1, 3)),
	    egm_model_energy_gradient(model, egm_array_of(EGM_F64, NULL, 1, 3), egm_f64_out(y, 1, 1), egm_f64_out(y, 1, 3)),
	    egm_model_energy_gradient(model, egm_f64(x, 1, 3), egm_f64_out(y, 1, 1), egm_out_of(EGM_F64, NULL, 1, 3)),
	    egm_model_generate(NULL, 1, egm_f64_out(y, 1, egm_model_outputs(NULL))),
	    egm_model_generate(model, 1, egm_out_of(EGM_F64, NULL, 1, egm_model_outputs(model))),
	    egm_model_clone(NULL, model),
	    egm_model_clone(&out, NULL),
	    egm_model_summary(NULL, text, sizeof text, NULL),
	    egm_model_summary(model, NULL, 8, NULL),
	};
	for (size_t i = 0; i < sizeof got / sizeof got[0]; i++)
		ck_assert_msg(got[i] == EGM_ERR_ARGUMENT, "call %d: %s", (int)i, egm_status_name(got[i]));
	ck_assert_ptr_null(out);
	ck_assert_str_eq(egm_model_name(NULL), "");
	ck_assert_int_eq(egm_model_inputs(NULL) + egm_model_outputs(NULL) + egm_model_parameter_count(NULL), 0);
	ck_assert_int_eq((int)egm_model_dtype(NULL) + egm_model_tensor_count(NULL), 0);
	egm_model_free(model);
}
END_TEST

/* Each evaluating call with the same arguments. */
static void expect_each(const egm_model *model, egm_dtype dtype, int64_t rows, int64_t columns, egm_status want)
{
	double x[3] = {0}, y[8] = {1234};
	ck_assert_int_eq(egm_model_run(model, egm_array_of(dtype, x, rows, columns),
	                               egm_out_of(dtype, y, rows, egm_model_outputs(model))),
	                 want);
	ck_assert_int_eq(egm_model_energy(model, egm_array_of(dtype, x, rows, columns), egm_out_of(dtype, y, rows, 1)),
	                 want);
	ck_assert_int_eq(egm_model_energy_gradient(model, egm_array_of(dtype, x, rows, columns), egm_no_out(),
	                                           egm_out_of(dtype, y, rows, columns)),
	                 want);
	if (columns == 3)
		ck_assert_int_eq(egm_model_generate(model, 1, egm_out_of(dtype, y, rows, egm_model_outputs(model))), want);
	ck_assert(y[0] == 1234);
}

START_TEST(test_misuse__refuses_arrays_that_do_not_fit)
{
	egm_model *model = new_model(context, "net", &small_net, EGM_F64, 1), *raw = empty_model("raw", 3);
	expect_each(model, EGM_F32, 1, 3, EGM_ERR_DTYPE);
	expect_text("samples is f32, must be f64");
	expect_each(model, (egm_dtype)0, 1, 3, EGM_ERR_ARGUMENT);
	expect_each(model, EGM_F64, 1, 4, EGM_ERR_SHAPE);
	expect_text("x has 4 columns, must have 3");
	expect_each(model, EGM_F64, 1, -3, EGM_ERR_ARGUMENT);
	expect_each(model, EGM_F64, 0, 3, EGM_ERR_ARGUMENT);
	expect_text("samples has 0 rows of 1 numbers, must have at least 1 of each");
	expect_each(model, EGM_F64, -1, 3, EGM_ERR_ARGUMENT);
	expect_each(model, EGM_F64, INT64_MAX, 3, EGM_ERR_ARGUMENT);
	expect_each(model, EGM_F64, INT64_MAX / 3, 3, EGM_ERR_ARGUMENT); /* the count fits, the bytes do not */
	ck_assert_int_eq(egm_model_dense(raw, 1), EGM_OK);
	expect_each(raw, EGM_F64, 1, 3, EGM_ERR_STATE);
	double values[4];
	const char *name;
	int64_t shape[4];
	int32_t rank;
	ck_assert_int_eq(egm_model_parameters(raw, egm_f64_out(values, 4, 1)), EGM_ERR_STATE);
	ck_assert_int_eq(egm_model_set_parameters(raw, egm_f64(values, 4, 1)), EGM_ERR_STATE);
	ck_assert_int_eq(egm_model_tensor(raw, "0.bias", egm_f64_out(values, 1, 1)), EGM_ERR_STATE);
	ck_assert_int_eq(egm_model_tensor_shape(raw, 0, &name, shape, &rank), EGM_ERR_STATE);
	egm_model_free(raw);
	egm_model_free(model);
}
END_TEST

/* 2^32 + 2^16 weights: 2^16 where a count loses its upper half on the way to 32 bits. The machines with room for them
 * are spared that. */
START_TEST(test_misuse__weights_beyond_the_address_space)
{
#if SIZE_MAX == UINT32_MAX
	egm_model *model;
	ck_assert_int_eq(egm_model_create(&model, context, "energy", 65536), EGM_OK);
	ck_assert_int_eq(egm_model_dense(model, 65536), EGM_OK);
	ck_assert_int_eq(egm_model_build(model, EGM_F32, 1), EGM_ERR_MEMORY);
	egm_model_free(model);
#endif
}
END_TEST

START_TEST(test_misuse__an_energy_has_one_output)
{
	net_spec net = {3, 1, {{"dense", 2, 0}}};
	double x[3] = {0}, y[3];
	egm_model *model = new_model(context, "pair", &net, EGM_F64, 1);
	expect(egm_model_energy(model, egm_f64(x, 1, 3), egm_f64_out(y, 1, 1)), EGM_ERR_SHAPE,
	       "model 'pair' has 2 outputs, must have 1");
	expect(egm_model_energy_gradient(model, egm_f64(x, 1, 3), egm_f64_out(y, 1, 1), egm_f64_out(y, 1, 3)),
	       EGM_ERR_SHAPE, "model 'pair' has 2 outputs, must have 1");
	ck_assert_int_eq(egm_model_run(model, egm_f64(x, 1, 3), egm_f64_out(y, 1, egm_model_outputs(model))), EGM_OK);
	egm_model_free(model);
}
END_TEST

/* ---- R1: every allocation fails */

/* Calls again after a failure for want of memory: a handle must still be usable. Returns whether it failed at all. */
#define AGAIN(failed, call)                         \
	do {                                            \
		egm_status st_ = (call);                    \
		if (st_ != EGM_OK) {                        \
			ck_assert_int_eq(st_, EGM_ERR_MEMORY);  \
			ck_assert_str_ne(egm_last_error(), ""); \
			failed = 1;                             \
			st_ = (call);                           \
		}                                           \
		if (st_ != EGM_OK) {                        \
			ck_assert_int_eq(st_, EGM_ERR_MEMORY);  \
			goto out;                               \
		}                                           \
	} while (0)

/* Everything a model can do. Returns 1 when an allocation failed on the way. */
static int live_a_life(egm_test_allocator *a)
{
	double x[20 * 3], u[20], g[20 * 3];
	egm_model *model = NULL, *copy = NULL;
	int failed = 0;
	egm_context *own = egm_test_context(a);
	if (!own) return 1;
	fill_numbers(1, 60, x);
	AGAIN(failed, egm_model_create(&model, own, "life", 3));
	for (int i = 0; i < small_net.n; i++) {
		egm_status st = add_layer(model, &small_net.layers[i]);
		if (st == EGM_OK) continue;
		ck_assert_int_eq(st, EGM_ERR_MEMORY);
		ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_ERR_MEMORY); /* kept: a layer is missing */
		failed = 1;
		goto out;
	}
	AGAIN(failed, egm_model_build(model, EGM_F64, 1));
	AGAIN(failed, egm_model_run(model, egm_f64(x, 3, 3), egm_f64_out(u, 3, egm_model_outputs(model))));
	AGAIN(failed, egm_model_energy(model, egm_f64(x, 20, 3), egm_f64_out(u, 20, 1)));
	AGAIN(failed, egm_model_energy_gradient(model, egm_f64(x, 20, 3), egm_f64_out(u, 20, 1), egm_f64_out(g, 20, 3)));
	AGAIN(failed, egm_model_generate(model, 1, egm_f64_out(u, 20, egm_model_outputs(model))));
	AGAIN(failed, egm_model_clone(&copy, model));
	AGAIN(failed, egm_model_energy(copy, egm_f64(x, 20, 3), egm_f64_out(u, 20, 1)));
out:
	egm_model_free(model);
	egm_model_free(copy);
	egm_context_free(own);
	return failed;
}

START_TEST(test_misuse__every_allocation_may_fail)
{
	int failed = 1;
	long n = 0;
	while (failed && n < 100000) {
		egm_test_allocator a = {.fail_at = ++n, .for_ever = _i};
		failed = live_a_life(&a);
		ck_assert_msg(a.live == 0 && a.bytes == 0, "allocation %ld failed: %ld blocks left", n, a.live);
		ck_assert(failed == (a.calls >= n)); /* every failure was seen */
	}
	ck_assert_int_eq(failed, 0);
	ck_assert_int_gt(n, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("misuse");
	TCase *tc = new_case(suite, "misuse", "R17");
	tcase_add_test(tc, test_misuse__null_is_an_argument_error);
	tcase_add_test(tc, test_misuse__refuses_arrays_that_do_not_fit);
	tcase_add_test(tc, test_misuse__weights_beyond_the_address_space);
	tcase_add_test(tc, test_misuse__an_energy_has_one_output);
	tc = new_case(suite, "memory", "R1");
	tcase_add_loop_test(tc, test_misuse__every_allocation_may_fail, 0, 2);
	return egm_test_main(suite);
}
