/* SPDX-License-Identifier: MIT */
/* Building, describing and copying models, and their parameters. */
#include <fixture.h>
#include <model/model_impl.h>

/* ---- building */

START_TEST(test_model__first_error_stays)
{
	egm_model *model = empty_model("energy", 3);
	const char *text = "slope of layer 1 (leaky_relu) of model 'energy' is 1.5, must be in [0, 1)";
	ck_assert_int_eq(egm_model_dense(model, 4), EGM_OK);
	expect(egm_model_leaky_relu(model, 1.5), EGM_ERR_ARGUMENT, text);
	expect(egm_model_dense(model, -1), EGM_ERR_ARGUMENT, text);
	expect(egm_model_set_initializer(model, EGM_INIT_ZEROS), EGM_ERR_ARGUMENT, text);
	expect(egm_model_tanh(model), EGM_ERR_ARGUMENT, text);
	egm_model_free(NULL); /* no failure in between may matter */
	expect(egm_model_build(NULL, EGM_F32, 1), EGM_ERR_ARGUMENT, "model is NULL");
	expect(egm_model_build(model, EGM_F32, 1), EGM_ERR_ARGUMENT, text);
	ck_assert_int_eq(egm_model_parameter_count(model), 0);
	egm_model_free(model);
}
END_TEST

static void refuse(const layer_spec *layer, const char *text)
{
	egm_model *model = empty_model("m", 3);
	expect(add_layer(model, layer), EGM_ERR_ARGUMENT, text);
	egm_model_free(model);
}

START_TEST(test_model__refuses_values_out_of_range)
{
	refuse(&(layer_spec){"dense", 0, 0}, "units of layer 0 (dense) of model 'm' is 0, must be at least 1");
	refuse(&(layer_spec){"dense", INT64_MIN, 0},
	       "units of layer 0 (dense) of model 'm' is -9223372036854775808, must be at least 1");
	refuse(&(layer_spec){"leaky_relu", 0, -0.1},
	       "slope of layer 0 (leaky_relu) of model 'm' is -0.1, must be in [0, 1)");
	refuse(&(layer_spec){"leaky_relu", 0, 1}, "slope of layer 0 (leaky_relu) of model 'm' is 1, must be in [0, 1)");
	refuse(&(layer_spec){"leaky_relu", 0, NAN}, "slope of layer 0 (leaky_relu) of model 'm' is nan, must be in [0, 1)");
	refuse(&(layer_spec){"elu", 0, 0}, "alpha of layer 0 (elu) of model 'm' is 0, must be above 0 and finite");
	refuse(&(layer_spec){"elu", 0, INFINITY}, "alpha of layer 0 (elu) of model 'm' is inf, must be above 0 and finite");
	refuse(&(layer_spec){"layer_norm", 0, 0},
	       "epsilon of layer 0 (layer_norm) of model 'm' is 0, must be above 0 and finite");
	refuse(&(layer_spec){"layer_norm", 0, -1},
	       "epsilon of layer 0 (layer_norm) of model 'm' is -1, must be above 0 and finite");
	egm_model *model = empty_model("m", 3);
	ck_assert_int_eq(egm_model_leaky_relu(model, 0), EGM_OK); /* 0 belongs to the range */
	expect(egm_model_set_initializer(model, 9), EGM_ERR_ARGUMENT,
	       "initializer of model 'm' is 9, must be one of EGM_INIT_* (1 to 8)");
	ck_assert_int_eq(egm_model_dense(model, 1), EGM_ERR_ARGUMENT);
	egm_model_free(model);
	ck_assert_ptr_null(egm__layer_kind_find("attention"));
}
END_TEST

START_TEST(test_model__refuses_sizes_that_overflow)
{
	int64_t wide = (int64_t)1 << 60;
	egm_model *model = empty_model("huge", wide);
	expect(egm_model_dense(model, wide), EGM_ERR_ARGUMENT,
	       "weight of layer 0 (dense) of model 'huge' has too many numbers, for 1152921504606846976 inputs and "
	       "1152921504606846976 outputs, must fit in memory");
	egm_model_free(model);
	/* each layer fits, their sum does not */
	model = empty_model("sum", 1);
	for (int i = 0; i < 20; i++) ck_assert_int_eq(egm_model_layer_norm(model, 1), EGM_OK);
	model->layers[0].inputs = model->layers[0].outputs = INT64_MAX / 8;
	model->layers[1].inputs = model->layers[1].outputs = INT64_MAX / 8;
	for (int i = 2; i < 20; i++) model->layers[i].inputs = model->layers[i].outputs = INT64_MAX / 8;
	expect(egm_model_build(model, EGM_F32, 1), EGM_ERR_ARGUMENT,
	       "the parameters of model 'sum' in 20 layers are too many, must fit in memory");
	egm_model_free(model);
	/* a net without parameters, too wide for a chunk of rows */
	model = empty_model("wide", wide);
	ck_assert_int_eq(egm_model_tanh(model), EGM_OK);
	ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_OK);
	double sample;
	ck_assert_int_eq(egm_model_generate(model, 1, egm_f64_out(&sample, 1, egm_model_outputs(model))), EGM_ERR_ARGUMENT);
	egm_model_free(model);
	model = empty_model("wide", (int64_t)1 << 57);
	ck_assert_int_eq(egm_model_tanh(model), EGM_OK);
	ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_OK);
	ck_assert_int_eq(egm_model_generate(model, 1, egm_f64_out(&sample, 1, egm_model_outputs(model))), EGM_ERR_MEMORY);
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__limits_its_depth)
{
	egm_model *model = empty_model("deep", 1);
	egm_status st = EGM_OK;
	int n = 0;
	while (st == EGM_OK && n < 10000) {
		st = egm_model_relu(model);
		n += st == EGM_OK;
	}
	expect(st, EGM_ERR_ARGUMENT, "model 'deep' has 1024 layers, must not have more");
	ck_assert_int_eq(n, 1024);
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__is_built_once)
{
	egm_model *model = empty_model("once", 2);
	expect(egm_model_build(model, EGM_F32, 1), EGM_ERR_STATE, "model 'once' has no layer, must have at least 1");
	ck_assert_int_eq(egm_model_dense(model, 1), EGM_OK);
	expect(egm_model_build(model, (egm_dtype)7, 1), EGM_ERR_ARGUMENT, "dtype is 7, must be EGM_F32 or EGM_F64");
	ck_assert_int_eq(egm_model_build(model, EGM_F32, 1), EGM_OK);
	expect(egm_model_build(model, EGM_F32, 1), EGM_ERR_STATE,
	       "model 'once' is built; it can only be changed before egm_model_build");
	ck_assert_int_eq(egm_model_dense(model, 1), EGM_ERR_STATE);
	ck_assert_int_eq(egm_model_set_initializer(model, EGM_INIT_ZEROS), EGM_ERR_STATE);
	float x[2] = {1, 2}, u; /* and none of that harmed it */
	ck_assert_int_eq(egm_model_energy(model, egm_f32(x, 1, 2), egm_f32_out(&u, 1, 1)), EGM_OK);
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__checks_its_name)
{
	egm_model *model = (egm_model *)&allocator;
	char name[80];
	memset(name, 'a', sizeof name);
	name[64] = 0;
	ck_assert_int_eq(egm_model_create(&model, context, name, 1), EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(model);
	ck_assert_int_eq(egm_model_create(&model, context, "", 1), EGM_ERR_ARGUMENT);
	expect(egm_model_create(&model, context, "a b", 1), EGM_ERR_ARGUMENT,
	       "character 2 of name 'a b' must be a letter, a digit, _ or -");
	ck_assert_int_eq(egm_model_create(&model, context, "na\xc3\xafve", 1), EGM_ERR_ARGUMENT);
	expect(egm_model_create(&model, context, "m", 0), EGM_ERR_ARGUMENT, "inputs is 0, must be at least 1");
	name[63] = 0;
	ck_assert_int_eq(egm_model_create(&model, context, name, 1), EGM_OK);
	ck_assert_str_eq(egm_model_name(model), name);
	egm_model_free(model);
	egm_model_free(empty_model("Az09_-", 1));
}
END_TEST

/* ---- what it tells */

START_TEST(test_model__describes_its_tensors)
{
	static const struct {
		const char *name;
		int32_t rank;
		int64_t shape[2];
	} want[] = {{"0.weight", 2, {4, 3}}, {"0.bias", 1, {4, 1}},   {"2.weight", 1, {4, 1}},
	            {"2.bias", 1, {4, 1}},   {"3.weight", 2, {1, 4}}, {"3.bias", 1, {1, 1}}};
	egm_model *model = new_model(context, "net", &small_net, EGM_F32, 1);
	ck_assert_str_eq(egm_model_name(model), "net");
	ck_assert_int_eq(egm_model_inputs(model), 3);
	ck_assert_int_eq(egm_model_outputs(model), 1);
	ck_assert_int_eq(egm_model_dtype(model), EGM_F32);
	ck_assert_int_eq(egm_model_parameter_count(model), 12 + 4 + 4 + 4 + 4 + 1);
	ck_assert_int_eq(egm_model_tensor_count(model), 6);
	for (int i = 0; i < 6; i++) {
		const char *name;
		int64_t shape[4];
		int32_t rank;
		ck_assert_int_eq(egm_model_tensor_shape(model, i, &name, shape, &rank), EGM_OK);
		ck_assert_str_eq(name, want[i].name);
		ck_assert_int_eq(rank, want[i].rank);
		for (int k = 0; k < rank; k++) ck_assert_int_eq(shape[k], want[i].shape[k]);
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__counts_are_zero_before_build)
{
	egm_model *model = empty_model("net", 3);
	ck_assert_int_eq(egm_model_dense(model, 4), EGM_OK);
	ck_assert_int_eq(egm_model_outputs(model), 0);
	ck_assert_int_eq(egm_model_parameter_count(model), 0);
	ck_assert_int_eq(egm_model_tensor_count(model), 0);
	ck_assert_int_eq(egm__model_outputs(model), 4);
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__summary_is_a_table)
{
	static const char want[] = "model 'net': f32, 3 inputs, 1 outputs, 29 parameters\n"
	                           "  #  layer          inputs   outputs  parameters\n"
	                           "  0  dense               3         4          16  weight [4, 3], bias [4]\n"
	                           "  1  leaky_relu          4         4           0  slope 0.2\n"
	                           "  2  layer_norm          4         4           8  weight [4], bias [4]  epsilon 1e-05\n"
	                           "  3  dense               4         1           5  weight [1, 4], bias [1]\n";
	char text[1024];
	size_t needed = 0;
	egm_model *model = new_model(context, "net", &small_net, EGM_F32, 1);
	ck_assert_int_eq(egm_model_summary(model, text, sizeof text, &needed), EGM_OK);
	ck_assert_str_eq(text, want);
	ck_assert_int_eq(needed, sizeof want);
	ck_assert_int_eq(egm_model_summary(model, NULL, 0, &needed), EGM_OK);
	ck_assert_int_eq(needed, sizeof want);
	for (size_t size = 1; size <= sizeof want; size++) {
		memset(text, 'x', sizeof text);
		ck_assert_int_eq(egm_model_summary(model, text, size, NULL), EGM_OK);
		ck_assert(!memcmp(text, want, size - 1) && text[size - 1] == 0 && text[size] == 'x');
	}
	ck_assert_int_eq(egm_model_summary(model, NULL, 1, &needed), EGM_ERR_ARGUMENT);
	egm_model_free(model);
}
END_TEST

/* ---- parameters */

static void check_round_trip(egm_dtype dtype)
{
	egm_model *model = new_model(context, "net", &small_net, dtype, 1);
	double numbers[29], raw[29], back[29];
	size_t size = dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	fill_numbers(4, 29, numbers);
	store(dtype, 29, numbers, raw);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_array_of(dtype, raw, 29, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(model, egm_out_of(dtype, back, 29, 1)), EGM_OK);
	ck_assert(!memcmp(raw, back, 29 * size));
	/* tensor by tensor: 2.weight stands behind 12 + 4 */
	ck_assert_int_eq(egm_model_tensor(model, "2.weight", egm_out_of(dtype, back, 4, 1)), EGM_OK);
	ck_assert(!memcmp((char *)raw + 16 * size, back, 4 * size));
	ck_assert_int_eq(egm_model_set_tensor(model, "2.weight", egm_array_of(dtype, raw, 4, 1)), EGM_OK);
	memcpy((char *)raw + 16 * size, raw, 4 * size);
	ck_assert_int_eq(egm_model_parameters(model, egm_out_of(dtype, back, 29, 1)), EGM_OK);
	ck_assert(!memcmp(raw, back, 29 * size));
	egm_model_free(model);
}

START_TEST(test_model__parameters_come_back)
{
	check_round_trip(EGM_F32);
	check_round_trip(EGM_F64);
}
END_TEST

START_TEST(test_model__refuses_wrong_parameters)
{
	egm_model *model = new_model(context, "net", &small_net, EGM_F64, 1);
	double before[29], after[29], values[29] = {0};
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(before, 29, 1)), EGM_OK);
	values[13] = NAN;
	expect(egm_model_set_parameters(model, egm_f64(values, 29, 1)), EGM_ERR_NONFINITE,
	       "0.bias[1] of model 'net' is nan, must be finite");
	values[13] = 0;
	values[28] = INFINITY;
	expect(egm_model_set_parameters(model, egm_f64(values, 29, 1)), EGM_ERR_NONFINITE,
	       "3.bias[0] of model 'net' is inf, must be finite");
	expect(egm_model_set_tensor(model, "3.bias", egm_f64(values + 28, 1, 1)), EGM_ERR_NONFINITE,
	       "3.bias[0] of model 'net' is inf, must be finite");
	expect(egm_model_set_parameters(model, egm_array_of(EGM_F32, values, 29, 1)), EGM_ERR_DTYPE,
	       "values is f32, must be f64");
	expect(egm_model_set_parameters(model, egm_f64(values, 28, 1)), EGM_ERR_SHAPE,
	       "values has 28 x 1 numbers, must have 29");
	expect(egm_model_tensor(model, "3.weight", egm_f64_out(values, 5, 1)), EGM_ERR_SHAPE,
	       "tensor '3.weight': out has room for 5 x 1 numbers, must have room for 4 x 1");
	expect(egm_model_tensor(model, "1.weight", egm_f64_out(values, 4, 1)), EGM_ERR_ARGUMENT,
	       "model 'net' has no tensor '1.weight'; egm_model_tensor_shape gives the names");
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(after, 29, 1)), EGM_OK);
	ck_assert(!memcmp(before, after, sizeof before));
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__may_have_no_parameters)
{
	net_spec net = {2, 1, {{"tanh", 0, 0}}};
	double x[2] = {0, 0}, y[2];
	egm_model *model = new_model(context, "bare", &net, EGM_F64, 1), *copy;
	ck_assert_int_eq(egm_model_parameter_count(model), 0);
	ck_assert_int_eq(egm_model_parameters(model, egm_out_of(EGM_F64, NULL, 0, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_array_of(EGM_F64, NULL, 0, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_run(model, egm_f64(x, 1, 2), egm_f64_out(y, 1, egm_model_outputs(model))), EGM_OK);
	ck_assert(y[0] == 0 && y[1] == 0);
	ck_assert_int_eq(egm_model_clone(&copy, model), EGM_OK);
	egm_model_free(copy);
	egm_model_free(model);
}
END_TEST

/* ---- copies and references */

START_TEST(test_model__clone_is_independent)
{
	egm_model *model = new_model(context, "net", &small_net, EGM_F64, 1), *copy;
	double before[29], after[29], zeros[29] = {0}, x[3] = {1, 2, 3}, u, v;
	char text[2][1024];
	ck_assert_int_eq(egm_model_energy(model, egm_f64(x, 1, 3), egm_f64_out(&u, 1, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_clone(&copy, model), EGM_OK);
	ck_assert_int_eq(egm_model_energy(copy, egm_f64(x, 1, 3), egm_f64_out(&v, 1, 1)), EGM_OK);
	ck_assert(u == v);
	ck_assert_int_eq(egm_model_summary(model, text[0], sizeof text[0], NULL), EGM_OK);
	ck_assert_int_eq(egm_model_summary(copy, text[1], sizeof text[1], NULL), EGM_OK);
	ck_assert_str_eq(text[0], text[1]);
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(before, 29, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_set_parameters(copy, egm_f64(zeros, 29, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(after, 29, 1)), EGM_OK);
	ck_assert(!memcmp(before, after, sizeof before));
	egm_model_free(model); /* before its copy */
	ck_assert_int_eq(egm_model_energy(copy, egm_f64(x, 1, 3), egm_f64_out(&v, 1, 1)), EGM_OK);
	ck_assert(v == 0);
	egm_model_free(copy);
}
END_TEST

START_TEST(test_model__clone_of_an_unfinished_model)
{
	egm_model *model = empty_model("half", 3), *copy;
	ck_assert_int_eq(egm_model_dense(model, 2), EGM_OK);
	ck_assert_int_eq(egm_model_clone(&copy, model), EGM_OK);
	ck_assert_int_eq(egm_model_dense(copy, 1), EGM_OK);
	ck_assert_int_eq(egm_model_build(copy, EGM_F32, 1), EGM_OK);
	ck_assert_int_eq(egm_model_outputs(copy), 1);
	ck_assert_int_eq(egm_model_build(model, EGM_F32, 1), EGM_OK);
	ck_assert_int_eq(egm_model_outputs(model), 2);
	egm_model_free(copy);
	egm_model_free(model);
	model = empty_model("bad", 3);
	ck_assert_int_eq(egm_model_dense(model, 0), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_model_clone(&copy, model), EGM_OK);
	expect(egm_model_build(copy, EGM_F32, 1), EGM_ERR_ARGUMENT,
	       "units of layer 0 (dense) of model 'bad' is 0, must be at least 1");
	egm_model_free(copy);
	egm_model_free(model);
}
END_TEST

START_TEST(test_model__outlives_its_context_and_is_counted)
{
	egm_test_allocator own = {0};
	egm_context *other = egm_test_context(&own);
	ck_assert_ptr_nonnull(other);
	egm_model *model = new_model(other, "net", &small_net, EGM_F64, 1);
	egm_context_free(other);
	egm__model_retain(model);
	egm_model_free(model);
	double x[3] = {1, 2, 3}, u;
	ck_assert_int_eq(egm_model_energy(model, egm_f64(x, 1, 3), egm_f64_out(&u, 1, 1)), EGM_OK);
	ck_assert_int_gt(own.live, 0);
	egm_model_free(model);
	ck_assert_int_eq(own.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *tc = new_case(suite, "build", NULL);
	tcase_add_test(tc, test_model__first_error_stays);
	tcase_add_test(tc, test_model__refuses_values_out_of_range);
	tcase_add_test(tc, test_model__refuses_sizes_that_overflow);
	tcase_add_test(tc, test_model__limits_its_depth);
	tcase_add_test(tc, test_model__is_built_once);
	tcase_add_test(tc, test_model__checks_its_name);
	tc = new_case(suite, "describe", NULL);
	tcase_add_test(tc, test_model__describes_its_tensors);
	tcase_add_test(tc, test_model__counts_are_zero_before_build);
	tcase_add_test(tc, test_model__summary_is_a_table);
	tc = new_case(suite, "parameters", NULL);
	tcase_add_test(tc, test_model__parameters_come_back);
	tcase_add_test(tc, test_model__refuses_wrong_parameters);
	tcase_add_test(tc, test_model__may_have_no_parameters);
	tc = new_case(suite, "copies", NULL);
	tcase_add_test(tc, test_model__clone_is_independent);
	tcase_add_test(tc, test_model__clone_of_an_unfinished_model);
	tcase_add_test(tc, test_model__outlives_its_context_and_is_counted);
	return egm_test_main(suite);
}
