/* SPDX-License-Identifier: MIT */
/* How egm.hpp converts the arguments of a C function: containers, structs, handles, texts, and omitted arguments. */
#include "support.hpp"

#include <limits>
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#endif

using namespace egm_test;

static void expect(const egm_array &a, egm_dtype dtype, const void *data, int64_t rows, int64_t columns)
{
	ck_assert_int_eq(a.dtype, dtype);
	ck_assert_ptr_eq(a.data, data);
	ck_assert_int_eq(a.rows, rows);
	ck_assert_int_eq(a.columns, columns);
}

static void expect(const egm_out &o, egm_dtype dtype, const void *data, int64_t rows, int64_t columns)
{
	expect(egm_array_of(o.dtype, o.data, o.rows, o.columns), dtype, data, rows, columns);
}

START_TEST(test_array__of_each_container)
{
	std::vector<float> flat(6);
	const std::vector<double> doubles(6);
	points pairs(5);
	const float matrix[3][2] = {{0, 0}, {0, 0}, {0, 0}};
	double cube[2][3][4];
	std::array<double, 4> four;
	std::array<std::array<float, 3>, 2> nested;
	expect(egm::array(flat), EGM_F32, flat.data(), 6, 1);
	expect(egm::array(flat, 3), EGM_F32, flat.data(), 2, 3);
	expect(egm::array(doubles, 6), EGM_F64, doubles.data(), 1, 6);
	expect(egm::array(pairs), EGM_F32, pairs.data(), 5, 2);
	expect(egm::array(pairs, 10), EGM_F32, pairs.data(), 1, 10);
	expect(egm::array(matrix), EGM_F32, matrix, 3, 2);
	expect(egm::array(cube), EGM_F64, cube, 2, 12);
	expect(egm::array(four), EGM_F64, four.data(), 4, 1);
	expect(egm::array(nested), EGM_F32, nested.data(), 2, 3);
	expect(egm::array(flat.data(), 2, 2), EGM_F32, flat.data(), 2, 2);
	expect(egm::array(egm::span<float>(flat), 2), EGM_F32, flat.data(), 3, 2);
	expect(egm::array(egm::span<const double>(doubles), 2), EGM_F64, doubles.data(), 3, 2);
	expect(egm::array(std::vector<float>()), EGM_F32, nullptr, 0, 1);
}
END_TEST

START_TEST(test_out__of_each_container)
{
	std::vector<double> flat(6);
	points pairs(5);
	float matrix[3][2];
	std::array<float, 4> four;
	egm::span<double> view(flat);
	expect(egm::out(flat), EGM_F64, flat.data(), 6, 1);
	expect(egm::out(flat, 2), EGM_F64, flat.data(), 3, 2);
	expect(egm::out(pairs), EGM_F32, pairs.data(), 5, 2);
	expect(egm::out(matrix), EGM_F32, matrix, 3, 2);
	expect(egm::out(four, 2), EGM_F32, four.data(), 2, 2);
	expect(egm::out(view, 3), EGM_F64, flat.data(), 2, 3);
	expect(egm::out(egm::span<double>(flat), 3), EGM_F64, flat.data(), 2, 3);
	expect(egm::out(flat.data(), 1, 2), EGM_F64, flat.data(), 1, 2);
}
END_TEST

START_TEST(test_array__of_rows_that_do_not_fit)
{
	std::vector<float> seven(7);
	egm::error e = thrown_by<egm::error>([&] { egm::array(seven, 2); });
	ck_assert_int_eq(e.status(), EGM_ERR_SHAPE);
	ck_assert_str_eq(e.what(), "egm::array: 7 numbers are not rows of 2 columns");
	for (int64_t columns : {int64_t(0), int64_t(-1), std::numeric_limits<int64_t>::min()}) {
		e = thrown_by<egm::error>([&] { egm::array(seven, columns); });
		ck_assert_int_eq(e.status(), EGM_ERR_SHAPE);
		e = thrown_by<egm::error>([&] { egm::out(seven, columns); });
		ck_assert_int_eq(e.status(), EGM_ERR_SHAPE);
	}
}
END_TEST

/* Replacements for functions of egm.h, which record their arguments. */
static struct {
	int64_t count;
	uint64_t seed;
	egm_dtype dtype;
	const char *text;
	const egm_dsm_options *options;
	double sigma;
	egm_array array;
	egm_out out;
	egm_progress_fn progress;
	void *user;
} seen;

static egm_status numbers(int64_t count, uint64_t seed, egm_dtype dtype, double number)
{
	seen.count = count, seen.seed = seed, seen.dtype = dtype, seen.sigma = number;
	return EGM_OK;
}
static egm_status texts(const char *text)
{
	seen.text = text;
	return EGM_OK;
}
static egm_status structs(const egm_dsm_options *options, double *result, const double *list, egm_dsm_options *filled)
{
	seen.options = options;
	seen.sigma = list ? list[1] : 0;
	if (result) *result = 5;
	if (filled) filled->sigma = 7;
	return EGM_OK;
}
static egm_status ends(int64_t count, egm_array array, egm_out out, const egm_dsm_options *options,
                       egm_progress_fn progress, void *user)
{
	seen.count = count, seen.array = array, seen.out = out;
	seen.options = options, seen.progress = progress, seen.user = user;
	return EGM_OK;
}

START_TEST(test_arguments__numbers)
{
	std::vector<int> three(3);
	egm::call(numbers, three.size(), 5, EGM_F64, 2);
	ck_assert_int_eq(seen.count, 3);
	ck_assert_uint_eq(seen.seed, 5);
	ck_assert_int_eq(seen.dtype, EGM_F64);
	ck_assert(seen.sigma == 2);
}
END_TEST

START_TEST(test_arguments__texts)
{
	std::string name = "name";
	egm::call(texts, name);
	ck_assert_ptr_eq(seen.text, name.c_str());
	egm::call(texts, "literal");
	ck_assert_str_eq(seen.text, "literal");
	egm::call(texts, nullptr);
	ck_assert_ptr_null(seen.text);
}
END_TEST

START_TEST(test_arguments__structs_and_results)
{
	egm_dsm_options options = EGM_DSM_OPTIONS_INIT, filled = EGM_DSM_OPTIONS_INIT;
	double result = 0;
	egm::call(structs, options, result, std::vector<double>{1, 3}, filled);
	ck_assert_ptr_eq(seen.options, &options);
	ck_assert(result == 5 && seen.sigma == 3 && filled.sigma == 7);
	result = 0;
	egm::call(structs, &options, &result, nullptr, &filled);
	ck_assert_ptr_eq(seen.options, &options);
	ck_assert(result == 5 && seen.sigma == 0);
	egm::call(structs);
	ck_assert_ptr_null(seen.options);
}
END_TEST

START_TEST(test_arguments__left_out)
{
	int user = 0;
	seen.user = &user;
	egm::call(ends, 1);
	ck_assert_int_eq(seen.count, 1);
	expect(seen.array, egm_no_array().dtype, nullptr, 0, 0);
	expect(seen.out, egm_no_out().dtype, nullptr, 0, 0);
	ck_assert(!seen.options && !seen.progress && !seen.user);
	std::vector<float> x(2), y(2);
	egm::call(ends, 1, nullptr, nullptr);
	expect(seen.array, egm_no_array().dtype, nullptr, 0, 0);
	egm::call(ends, 1, x, y);
	expect(seen.array, EGM_F32, x.data(), 2, 1);
	expect(seen.out, EGM_F32, y.data(), 2, 1);
	egm::call(ends, 1, egm_f32(x.data(), 1, 2), egm_f32_out(y.data(), 1, 2), nullptr, nullptr, &user);
	expect(seen.array, EGM_F32, x.data(), 1, 2);
	ck_assert_ptr_eq(seen.user, &user);
}
END_TEST

static int c_progress(const egm_progress *, void *)
{
	return 0;
}

START_TEST(test_arguments__a_c_progress_function_stays_itself)
{
	int user = 0;
	egm::call(ends, 1, nullptr, nullptr, nullptr, c_progress, &user);
	ck_assert(seen.progress == c_progress);
	ck_assert_ptr_eq(seen.user, &user);
	egm::call(ends, 1, nullptr, nullptr, nullptr, [](const egm_progress &) {});
	ck_assert(seen.progress != c_progress && seen.user != nullptr);
}
END_TEST

START_TEST(test_model__results_are_of_the_type_of_the_points)
{
	egm::context context = egm::make(egm_context_create);
	egm::model f32 = energy_net(context), f64 = energy_net(context, EGM_F64);
	points x = circle(3);
	std::vector<float> u = f32.energy(x), flat(6), into(3);
	for (std::size_t i = 0; i < 6; i++) flat[i] = x[i / 2][i % 2];
	ck_assert_uint_eq(u.size(), 3);
	f32.energy(x, into);
	ck_assert(into == u);
	f32.run(x, egm::out(into));
	ck_assert(into == u);
	ck_assert(f32.energy(egm::array(flat, 2)) == u); /* the same numbers, row after row */
	ck_assert(f32.run(x) == u);
	std::vector<double> v = f64.energy(std::vector<std::array<double, 2>>(4));
	ck_assert_uint_eq(v.size(), 4);
	points gradients(3);
	f32.energy_gradient(x, nullptr, gradients);
	ck_assert_int_eq(thrown_by<egm::error>([&] { f32.energy(std::vector<double>(2)); }).status(), EGM_ERR_DTYPE);
	egm::error e = thrown_by<egm::error>([&] { f32.energy(flat); });
	ck_assert_int_eq(e.status(), EGM_ERR_SHAPE);
	ck_assert_msg(contains(e.what(), "egm_model_energy: "), "%s", e.what());
}
END_TEST

START_TEST(test_data__values_and_rows)
{
	egm::context context = egm::make(egm_context_create);
	points x = circle(5), two(2);
	egm::data data = egm::make(egm_data_copy, context, x);
	egm::span<const float> values = data.values<float>();
	ck_assert_uint_eq(values.size(), 10);
	ck_assert(values[9] == x[4][1] && *values.begin() == x[0][0]);
	ck_assert_int_eq(thrown_by<egm::error>([&] { data.values<double>(); }).status(), EGM_ERR_DTYPE);
	data.read(std::vector<int64_t>{4, 0}, two);
	ck_assert(two[0] == x[4] && two[1] == x[0]);
	ck_assert(data.shape() == (std::vector<int64_t>{5, 2}));
	egm_column column = EGM_COLUMN_INIT;
	data.column(1, column);
	ck_assert_int_eq(column.kind, EGM_COLUMN_NUMBER);
}
END_TEST

START_TEST(test_metrics__write_into_variables)
{
	egm::context context = egm::make(egm_context_create);
	std::vector<double> p{0.5, 0.5}, q{0.25, 0.75};
	double kl = 0, mmd = 0;
	egm::call(egm_metric_kl, p, q, kl);
	/* sum p log(p/q) = log 2 / 2 + log(2/3) / 2 = log(4/3) / 2; some roundings of numbers below 1 */
	ck_assert_double_eq_tol(kl, std::log(4.0 / 3) / 2, 1e-15);
	egm_mmd_options options = EGM_MMD_OPTIONS_INIT;
	options.estimator = EGM_ESTIMATOR_BIASED;
	points x = circle(20);
	egm::call(egm_metric_mmd, context, x, x, options, mmd);
	ck_assert_double_eq_tol(mmd, 0, 1e-12); /* a sample with itself: means of the same numbers, which are at most 1 */
}
END_TEST

START_TEST(test_span__is_a_range)
{
	std::vector<float> x{1, 2, 3};
	egm::span<float> view(x);
	egm::span<const float> reading(view), none;
	float sum = 0;
	for (float number : reading) sum += number;
	ck_assert(sum == 6 && reading.size() == 3 && none.empty());
	view[1] = 5;
	ck_assert(x[1] == 5);
#if __cplusplus >= 202002L
	static_assert(std::ranges::contiguous_range<egm::span<float>> && std::ranges::borrowed_range<egm::span<float>>);
	std::span<float> standard(view);
	std::span<const float> temporary = egm::span<float>(x);
	egm::span<const float> back(standard);
	ck_assert(standard.data() == x.data() && temporary.size() == 3 && back.data() == x.data());
	expect(egm::array(standard, 3), EGM_F32, x.data(), 1, 3);
	egm::call(ends, 1, standard, std::span<float>(x));
	expect(seen.out, EGM_F32, x.data(), 3, 1);
#endif
}
END_TEST

TCase *arguments_tests()
{
	TCase *tests = tcase_create("arguments");
	tcase_add_test(tests, test_array__of_each_container);
	tcase_add_test(tests, test_out__of_each_container);
	tcase_add_test(tests, test_array__of_rows_that_do_not_fit);
	tcase_add_test(tests, test_arguments__numbers);
	tcase_add_test(tests, test_arguments__texts);
	tcase_add_test(tests, test_arguments__structs_and_results);
	tcase_add_test(tests, test_arguments__left_out);
	tcase_add_test(tests, test_arguments__a_c_progress_function_stays_itself);
	tcase_add_test(tests, test_model__results_are_of_the_type_of_the_points);
	tcase_add_test(tests, test_data__values_and_rows);
	tcase_add_test(tests, test_metrics__write_into_variables);
	tcase_add_test(tests, test_span__is_a_range);
	return tests;
}
