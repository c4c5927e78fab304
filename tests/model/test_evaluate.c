/* SPDX-License-Identifier: MIT */
/* Evaluation in chunks: any number of rows gives the same as single rows, and writes no other rows. Numbers that are
 * not finite are an error and are not written. */
#include <fixture.h>
#include <float.h>

static const net_spec energy_net = {
    5, 5, {{"dense", 23, 0}, {"silu", 0, 0}, {"dense", 17, 0}, {"leaky_relu", 0, 0.2}, {"dense", 1, 0}}};
static const net_spec generator_net = {3, 3, {{"dense", 259, 0}, {"tanh", 0, 0}, {"dense", 7, 0}}};
enum { COLUMNS = 5, OUTPUTS = 7, MAX_ROWS = 600 };

static double x[MAX_ROWS * COLUMNS], u[MAX_ROWS], g[MAX_ROWS * COLUMNS];

START_TEST(test_evaluate__chunks_equal_single_rows)
{
	static const int64_t counts[] = {1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 600};
	egm_model *model = new_model(context, "chunks", &energy_net, EGM_F64, 4);
	fill_numbers(1, MAX_ROWS * COLUMNS, x);
	for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
		ck_assert_int_eq(egm_model_energy_gradient(model, egm_f64(x, counts[k], COLUMNS), egm_f64_out(u, counts[k], 1),
		                                           egm_f64_out(g, counts[k], COLUMNS)),
		                 EGM_OK);
		for (int64_t r = 0; r < counts[k]; r++) {
			double one, slope[COLUMNS], alone;
			ck_assert_int_eq(egm_model_energy_gradient(model, egm_f64(x + r * COLUMNS, 1, COLUMNS),
			                                           egm_f64_out(&one, 1, 1), egm_f64_out(slope, 1, COLUMNS)),
			                 EGM_OK);
			ck_assert_int_eq(egm_model_energy(model, egm_f64(x + r * COLUMNS, 1, COLUMNS), egm_f64_out(&alone, 1, 1)),
			                 EGM_OK);
			/* products of another size may add in another order: 23 terms below 1, three layers, 2^-53 each */
			ck_assert(fabs(u[r] - one) <= 1e-14 && fabs(u[r] - alone) <= 1e-14);
			for (int i = 0; i < COLUMNS; i++) ck_assert(fabs(g[r * COLUMNS + i] - slope[i]) <= 1e-14);
		}
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__writes_its_rows_and_no_more)
{
	egm_model *model = new_model(context, "bounds", &generator_net, EGM_F64, 4);
	double in[17 * 3], out[17 * OUTPUTS + 1];
	fill_numbers(2, 17 * 3, in);
	for (int64_t rows = 1; rows <= 17; rows++) {
		for (int i = 0; i <= 17 * OUTPUTS; i++) out[i] = 1234;
		ck_assert_int_eq(egm_model_run(model, egm_f64(in, rows, 3), egm_f64_out(out, rows, egm_model_outputs(model))),
		                 EGM_OK);
		for (int64_t i = 0; i <= 17 * OUTPUTS; i++) ck_assert((out[i] == 1234) == (i >= rows * OUTPUTS));
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__gradient_without_energies)
{
	double with[40 * COLUMNS];
	egm_model *model = new_model(context, "null", &energy_net, EGM_F64, 4);
	fill_numbers(3, 40 * COLUMNS, x);
	ck_assert_int_eq(egm_model_energy_gradient(model, egm_f64(x, 40, COLUMNS), egm_f64_out(u, 40, 1),
	                                           egm_f64_out(with, 40, COLUMNS)),
	                 EGM_OK);
	ck_assert_int_eq(
	    egm_model_energy_gradient(model, egm_f64(x, 40, COLUMNS), egm_no_out(), egm_f64_out(g, 40, COLUMNS)), EGM_OK);
	ck_assert(!memcmp(g, with, sizeof with));
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__later_calls_allocate_nothing)
{
	egm_model *model = new_model(context, "warm", &energy_net, EGM_F32, 4);
	float xf[100 * COLUMNS] = {0}, uf[100], gf[100 * COLUMNS];
	static const int64_t counts[] = {1, 30, 100};
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(egm_model_energy(model, egm_f32(xf, counts[i], COLUMNS), egm_f32_out(uf, counts[i], 1)),
		                 EGM_OK);
		ck_assert_int_eq(egm_model_energy_gradient(model, egm_f32(xf, counts[i], COLUMNS),
		                                           egm_f32_out(uf, counts[i], 1), egm_f32_out(gf, counts[i], COLUMNS)),
		                 EGM_OK);
	}
	long calls = allocator.calls;
	for (int64_t rows = 1; rows <= 100; rows++) {
		ck_assert_int_eq(egm_model_energy(model, egm_f32(xf, rows, COLUMNS), egm_f32_out(uf, rows, 1)), EGM_OK);
		ck_assert_int_eq(egm_model_energy_gradient(model, egm_f32(xf, rows, COLUMNS), egm_f32_out(uf, rows, 1),
		                                           egm_f32_out(gf, rows, COLUMNS)),
		                 EGM_OK);
	}
	ck_assert_int_eq(allocator.calls, calls);
	egm_model_free(model);
}
END_TEST

/* ---- generate */

START_TEST(test_evaluate__generate_feeds_normal_numbers)
{
	/* y = z: moments of z, bounds of 5 standard errors (mean 1/n, square 2/n, product of neighbours 1/n) */
	enum { DIMENSIONS = 3, ROWS = 4000, COUNT = ROWS * DIMENSIONS };
	static double z[COUNT];
	net_spec net = {DIMENSIONS, 1, {{"dense", DIMENSIONS, 0}}};
	double identity[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, m1 = 0, m2 = 0, beside = 0, below = 0;
	egm_model *model = new_model(context, "normal", &net, EGM_F64, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_f64(identity, 12, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_generate(model, 7, egm_f64_out(z, ROWS, egm_model_outputs(model))), EGM_OK);
	for (int i = 0; i < COUNT; i++) {
		m1 += z[i] / COUNT;
		m2 += z[i] * z[i] / COUNT;
		beside += i % DIMENSIONS ? z[i] * z[i - 1] / (ROWS * (DIMENSIONS - 1)) : 0;
		below += i >= DIMENSIONS ? z[i] * z[i - DIMENSIONS] / (COUNT - DIMENSIONS) : 0;
	}
	ck_assert(fabs(m1) <= 5 / sqrt(COUNT));
	ck_assert(fabs(m2 - 1) <= 5 * sqrt(2.0 / COUNT));
	ck_assert(fabs(beside) <= 5 / sqrt(ROWS * (DIMENSIONS - 1)));
	ck_assert(fabs(below) <= 5 / sqrt(COUNT - DIMENSIONS));
	egm_model_free(model);
}
END_TEST

/* ---- R16: what is not finite */

START_TEST(test_evaluate__names_the_row_of_a_bad_input)
{
	static const double bad[3] = {NAN, INFINITY, -INFINITY};
	static const char *const texts[3] = {"row 299, column 3 (from 0) of x is nan, must be finite",
	                                     "row 299, column 3 (from 0) of x is inf, must be finite",
	                                     "row 299, column 3 (from 0) of x is -inf, must be finite"};
	egm_model *model = new_model(context, "digits", &energy_net, EGM_F64, 4);
	for (int k = 0; k < 3; k++) {
		fill_numbers(9, 300 * COLUMNS, x);
		x[299 * COLUMNS + 3] = bad[k];
		for (int i = 0; i < 300; i++) u[i] = 1234;
		ck_assert_int_eq(egm_model_energy(model, egm_f64(x, 300, COLUMNS), egm_f64_out(u, 300, 1)), EGM_ERR_NONFINITE);
		expect_text(texts[k]);
		for (int i = 0; i < 300; i++) ck_assert(u[i] == 1234);
		ck_assert_int_eq(egm_model_run(model, egm_f64(x, 300, COLUMNS), egm_f64_out(u, 300, egm_model_outputs(model))),
		                 EGM_ERR_NONFINITE);
		ck_assert_int_eq(egm_model_energy_gradient(model, egm_f64(x, 300, COLUMNS), egm_f64_out(u, 300, 1),
		                                           egm_f64_out(g, 300, COLUMNS)),
		                 EGM_ERR_NONFINITE);
		ck_assert_int_eq(egm_model_energy(model, egm_f64(x, 299, COLUMNS), egm_f64_out(u, 299, 1)), EGM_OK);
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__names_the_row_of_a_bad_output)
{
	/* U = FLT_MAX x: infinite for x = 2 */
	net_spec net = {1, 1, {{"dense", 1, 0}}};
	float parameters[2] = {FLT_MAX, 0}, in[300] = {0}, out[300];
	egm_model *model = new_model(context, "digits", &net, EGM_F32, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_f32(parameters, 2, 1)), EGM_OK);
	in[12] = 2;
	for (int i = 0; i < 20; i++) out[i] = 1234;
	ck_assert_int_eq(egm_model_energy(model, egm_f32(in, 20, 1), egm_f32_out(out, 20, 1)), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "egm_model_energy: the output of model 'digits' at row 12 (from 0) is inf");
	for (int i = 0; i < 20; i++) ck_assert(out[i] == 1234);
	ck_assert_int_eq(egm_model_run(model, egm_f32(in, 20, 1), egm_f32_out(out, 20, egm_model_outputs(model))),
	                 EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "egm_model_run: the output of model 'digits' at row 12 (from 0) is inf");
	in[12] = 0;
	in[271] = 2; /* in the second chunk: the rows before it are delivered, its own are not */
	ck_assert_int_eq(egm_model_energy(model, egm_f32(in, 300, 1), egm_f32_out(out, 300, 1)), EGM_ERR_NONFINITE);
	expect_text("the output of model 'digits' at row 271 (from 0) is inf");
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__names_the_row_of_a_bad_gradient_and_sample)
{
	/* U = tanh(M M x) has slope M M = infinity at 0, where it is 0 */
	net_spec net = {1, 3, {{"dense", 1, 0}, {"dense", 1, 0}, {"tanh", 0, 0}}};
	float parameters[4] = {FLT_MAX, 0, FLT_MAX, 0}, in[3] = {0}, out[3], slope[3];
	egm_model *model = new_model(context, "steep", &net, EGM_F32, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_f32(parameters, 4, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_energy(model, egm_f32(in, 3, 1), egm_f32_out(out, 3, 1)), EGM_OK);
	ck_assert_int_eq(
	    egm_model_energy_gradient(model, egm_f32(in, 3, 1), egm_f32_out(out, 3, 1), egm_f32_out(slope, 3, 1)),
	    EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_model_energy_gradient: the gradient of model 'steep' at row 0 (from 0) is inf");
	egm_model_free(model);

	net.n = 2;
	model = new_model(context, "steep", &net, EGM_F32, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_f32(parameters, 4, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_generate(model, 1, egm_f32_out(out, 3, egm_model_outputs(model))), EGM_ERR_NONFINITE);
	expect_text("the output of model 'steep' at row 0 (from 0) is -inf");
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__follows_the_parameters)
{
	net_spec net = {2, 1, {{"dense", 1, 0}}};
	double parameters[3] = {2, 3, 1}, in[2] = {10, 100}, out, slope[2];
	egm_model *model = new_model(context, "fresh", &net, EGM_F64, 4);
	ck_assert_int_eq(
	    egm_model_energy_gradient(model, egm_f64(in, 1, 2), egm_f64_out(&out, 1, 1), egm_f64_out(slope, 1, 2)), EGM_OK);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_f64(parameters, 3, 1)), EGM_OK);
	ck_assert_int_eq(
	    egm_model_energy_gradient(model, egm_f64(in, 1, 2), egm_f64_out(&out, 1, 1), egm_f64_out(slope, 1, 2)), EGM_OK);
	ck_assert(out == 321 && slope[0] == 2 && slope[1] == 3); /* small integers: exact */
	egm_model_free(model);
}
END_TEST

/* One row needs 1025^2 = 1050625 numbers, one more than 2^26 / 64 allows in a chunk of 64 rows: 16 rows are held at a
 * time, of at most that many floats each, whatever the number of rows. The rest is the program and its small buffers.
 */
START_TEST(test_evaluate__wide_rows_are_held_by_sixteen)
{
	egm_test_allocator a = {0};
	egm_context *own = egm_test_context(&a);
	egm_model *model;
	float in[17], out[17];
	for (int i = 0; i < 17; i++) in[i] = (float)i - 8;
	ck_assert_int_eq(egm_model_create(&model, own, "wide", 1), EGM_OK);
	egm_model_image(model, 1, 1, 1);
	egm_model_upsample(model, 1025);
	egm_model_average_pool(model, 1025);
	ck_assert_int_eq(egm_model_build(model, EGM_F32, 1), EGM_OK);
	if (_i)
		ck_assert_int_eq(egm_model_generate(model, 1, egm_f32_out(out, 1, egm_model_outputs(model))), EGM_OK);
	else
		ck_assert_int_eq(egm_model_energy(model, egm_f32(in, 17, 1), egm_f32_out(out, 17, 1)), EGM_OK);
	/* the mean of equal numbers, by a sum that is off by as many roundings as a tree of 2^21 has levels at most */
	for (int i = 0; i < 17 && !_i; i++) ck_assert_double_le(fabs(out[i] - in[i]), 21 * FLT_EPSILON * fabs(in[i]));
	ck_assert_int_le(a.bytes, 16 * 1050628 * 4L + 100000); /* what it had, it keeps for the next call */
	egm_model_free(model);
	egm_context_free(own);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("evaluate");
	TCase *tc = new_case(suite, "rows", NULL);
	tcase_add_test(tc, test_evaluate__chunks_equal_single_rows);
	tcase_add_test(tc, test_evaluate__writes_its_rows_and_no_more);
	tcase_add_test(tc, test_evaluate__gradient_without_energies);
	tcase_add_loop_test(tc, test_evaluate__wide_rows_are_held_by_sixteen, 0, 2);
	tcase_add_test(tc, test_evaluate__later_calls_allocate_nothing);
	tcase_add_test(tc, test_evaluate__follows_the_parameters);
	tcase_add_test(tc, test_evaluate__generate_feeds_normal_numbers);
	tc = new_case(suite, "finite", "R16");
	tcase_add_test(tc, test_evaluate__names_the_row_of_a_bad_input);
	tcase_add_test(tc, test_evaluate__names_the_row_of_a_bad_output);
	tcase_add_test(tc, test_evaluate__names_the_row_of_a_bad_gradient_and_sample);
	return egm_test_main(suite);
}
