/* SPDX-License-Identifier: MIT */
/* What mixtures reject, and that a failed allocation neither leaks nor leaves half a mixture. */
#include "mixture_support.h"

#include <stddef.h>
#include <stdio.h>

enum { ROWS = 40, D = 2 };

static egm_context *context;
static egm_mixture *mixture;
static double x[ROWS * D];

static void fill(void)
{
	uint64_t random = 6;
	for (int i = 0; i < ROWS * D; i++) x[i] = random_normal(&random) + (i / D % 2 ? 9 : 0);
}

static void setup(void)
{
	const double m[2] = {0, 9}, c[2] = {1, 1};
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_DIAGONAL);
	context = new_context();
	fill();
	ck_assert_egm(egm_mixture_create(&mixture, context, egm_no_array(), egm_f64(m, 1, D), egm_f64(c, 1, D), &o));
}

static void teardown(void)
{
	egm_mixture_free(mixture);
	egm_context_free(context);
}

START_TEST(test_mixture__defaults_are_those_of_the_header)
{
	egm_mixture_options o = EGM_MIXTURE_OPTIONS_INIT;
	egm_mixture_result r = EGM_MIXTURE_RESULT_INIT;
	ck_assert(o.struct_size == sizeof o && o.components == 1 && o.covariance == EGM_COVARIANCE_FULL && o.fixed == 0);
	ck_assert(o.covariance_floor == 0 && o.seed == 0 && o.starts == 4 && o.max_iterations == 200 &&
	          o.tolerance == 1e-6);
	if (sizeof(size_t) == 8) ck_assert_uint_eq(sizeof o, 64);
	ck_assert(r.struct_size == sizeof r && r.iterations == 0 && r.reserved == 0);
	if (sizeof(size_t) == 8) ck_assert_uint_eq(sizeof r, 56);
}
END_TEST

/* What a program leaves at 0 is the default. */
START_TEST(test_mixture__zeros_are_the_defaults)
{
	egm_mixture_options zeros = {.struct_size = sizeof zeros}, defaults = EGM_MIXTURE_OPTIONS_INIT;
	egm_mixture *m[2] = {NULL, NULL};
	defaults.tolerance = 0; /* a number as good as any */
	ck_assert_egm(egm_mixture_fit(&m[0], context, egm_f64(x, ROWS, D), egm_no_array(), &zeros, NULL, NULL, NULL));
	ck_assert_egm(egm_mixture_fit(&m[1], context, egm_f64(x, ROWS, D), egm_no_array(), &defaults, NULL, NULL, NULL));
	mixture_numbers a = read_mixture(m[0]), b = read_mixture(m[1]);
	ck_assert(a.k == 1 && egm_mixture_covariance(m[0]) == EGM_COVARIANCE_FULL);
	ck_assert_mem_eq(a.m, b.m, D * sizeof *a.m);
	ck_assert_mem_eq(a.c, b.c, D * D * sizeof *a.c);
	for (int i = 0; i < 2; i++) egm_mixture_free(m[i]);
}
END_TEST

static const struct {
	size_t member;
	int wide; /* 8 bytes, or 4 */
	union {
		int64_t i;
		int32_t n;
		double d;
	} value;
	const char *message;
} bad_options[] = {
    {offsetof(egm_mixture_options, components), 1, {.i = -1}, "components is -1, must be at least 1"},
    {offsetof(egm_mixture_options, covariance),
     0,
     {.n = -1},
     "covariance is -1, must be one of EGM_COVARIANCE_* (1 to 3)"},
    {offsetof(egm_mixture_options, covariance),
     0,
     {.n = 4},
     "covariance is 4, must be one of EGM_COVARIANCE_* (1 to 3)"},
    {offsetof(egm_mixture_options, fixed), 0, {.n = 8}, "fixed is 8, must be EGM_MIXTURE_FIX_* joined by or (0 to 7)"},
    {offsetof(egm_mixture_options, fixed),
     0,
     {.n = -1},
     "fixed is -1, must be EGM_MIXTURE_FIX_* joined by or (0 to 7)"},
    {offsetof(egm_mixture_options, covariance_floor),
     1,
     {.d = -1},
     "covariance_floor is -1, must be at least 0 and finite"},
    {offsetof(egm_mixture_options, covariance_floor),
     1,
     {.d = NAN},
     "covariance_floor is nan, must be at least 0 and finite"},
    {offsetof(egm_mixture_options, covariance_floor),
     1,
     {.d = INFINITY},
     "covariance_floor is inf, must be at least 0 and finite"},
    {offsetof(egm_mixture_options, starts), 1, {.i = -2}, "starts is -2, must be at least 1"},
    {offsetof(egm_mixture_options, max_iterations), 1, {.i = -1}, "max_iterations is -1, must be at least 1"},
    {offsetof(egm_mixture_options, tolerance), 1, {.d = -1}, "tolerance is -1, must be at least 0 and finite"},
    {offsetof(egm_mixture_options, tolerance), 1, {.d = NAN}, "tolerance is nan, must be at least 0 and finite"},
    {offsetof(egm_mixture_options, struct_size), 1, {.i = 3}, "struct_size is 3"}};

static void said(const char *function, const char *text)
{
	char start[200];
	snprintf(start, sizeof start, "%s: %s", function, text);
	ck_assert_msg(strncmp(egm_last_error(), start, strlen(start)) == 0, "%s, not %s", egm_last_error(), start);
}

START_TEST(test_mixture__rejects_options_by_name)
{
	const double ones[4] = {1, 0, 0, 1};
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_FULL);
	egm_mixture *m = mixture;
	memcpy((char *)&o + bad_options[_i].member, &bad_options[_i].value, bad_options[_i].wide ? 8 : 4);
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(x, ROWS, D), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
	said("egm_mixture_fit", bad_options[_i].message);
	m = mixture;
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(ones, 1, D), egm_f64(ones, D, D), &o),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
	said("egm_mixture_create", bad_options[_i].message);
}
END_TEST

/* More components than there are rows, whatever that number is: nothing is asked for. */
START_TEST(test_mixture__rejects_more_components_than_rows)
{
	egm_mixture_options o = mixture_options(INT64_MAX, EGM_COVARIANCE_FULL);
	egm_mixture *m = mixture;
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(x, ROWS, D), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_mixture_fit: components is 9223372036854775807, must be at most the 40 rows of x");
}
END_TEST

START_TEST(test_mixture__rejects_numbers_by_component)
{
	const struct {
		double w[2], m[2], c[8];
		egm_status code;
		const char *message;
	} cases[] = {
	    {{1, -1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, 1},
	     EGM_ERR_ARGUMENT,
	     "weights[1] is -1, must be at least 0 and finite"},
	    {{NAN, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, 1},
	     EGM_ERR_ARGUMENT,
	     "weights[0] is nan, must be at least 0 and finite"},
	    {{0, 0},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, 1},
	     EGM_ERR_ARGUMENT,
	     "the sum of weights is 0, must be above 0 and finite"},
	    {{1e308, 1e308},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, 1},
	     EGM_ERR_ARGUMENT,
	     "the sum of weights is inf, must be above 0 and finite"},
	    {{1, 1}, {0, NAN}, {1, 0, 0, 1, 1, 0, 0, 1}, EGM_ERR_NONFINITE, "the mean of component 0 is not finite"},
	    {{1, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, INFINITY},
	     EGM_ERR_NONFINITE,
	     "the covariance of component 1 is not finite"},
	    {{1, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0.5, 0.4, 1},
	     EGM_ERR_ARGUMENT,
	     "the covariance of component 1 is not symmetric"},
	    {{1, 1},
	     {0, 0},
	     {1, 2, 2, 1, 1, 0, 0, 1},
	     EGM_ERR_ARGUMENT,
	     "the covariance of component 0 is not positive definite"},
	    {{1, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, 0},
	     EGM_ERR_ARGUMENT,
	     "the covariance of component 1 is not positive definite"}};
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		egm_mixture *m = mixture;
		const double means[4] = {cases[i].m[0], cases[i].m[1], 0, 0};
		ck_assert_int_eq(egm_mixture_create(&m, context, egm_f64(cases[i].w, 2, 1), egm_f64(means, 2, 2),
		                                    egm_f64(cases[i].c, 4, 2), &o),
		                 cases[i].code);
		ck_assert_ptr_null(m);
		said("egm_mixture_create", cases[i].message);
	}
	o.covariance = EGM_COVARIANCE_SPHERICAL;
	egm_mixture *m = NULL;
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64((double[]){0, 0}, 2, 1),
	                                    egm_f64((double[]){1, -1}, 2, 1), &o),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(test_mixture__null_in_every_place)
{
	const double one[4] = {1, 0, 0, 1};
	double out[ROWS];
	egm_mixture *m = NULL;
	ck_assert_int_eq(egm_mixture_create(NULL, context, egm_no_array(), egm_f64(one, 1, 2), egm_f64(one, 2, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, NULL, egm_no_array(), egm_f64(one, 1, 2), egm_f64(one, 2, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(NULL, 1, 2), egm_f64(one, 2, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(one, 1, 2), egm_f64(NULL, 2, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(one, 1, 0), egm_f64(one, 2, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(
	    egm_mixture_create(&m, context, egm_no_array(), egm_f64(one, 1, INT64_MAX), egm_f64(one, 2, 2), NULL),
	    EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_fit(NULL, context, egm_f64(x, ROWS, D), egm_no_array(), NULL, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_fit(&m, NULL, egm_f64(x, ROWS, D), egm_no_array(), NULL, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(
	    egm_mixture_fit(&m, context, egm_array_of(EGM_F64, NULL, ROWS, D), egm_no_array(), NULL, NULL, NULL, NULL),
	    EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_step(NULL, egm_f64(x, ROWS, D), egm_no_array(), NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_step(mixture, egm_array_of(EGM_F64, NULL, ROWS, D), egm_no_array(), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_log_density(NULL, egm_f64(x, ROWS, D), egm_f64_out(out, ROWS, 1)), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_log_density(mixture, egm_f64(x, ROWS, D), egm_out_of(EGM_F64, NULL, ROWS, 1)),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_responsibilities(mixture, egm_f64(x, ROWS, D),
	                                              egm_out_of(EGM_F64, NULL, ROWS, egm_mixture_components(mixture))),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_sample(NULL, 0, egm_f64_out(out, 1, egm_mixture_dims(NULL))), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_sample(mixture, 0, egm_out_of(EGM_F64, NULL, 1, egm_mixture_dims(mixture))),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_sample(mixture, 0, egm_f64_out(out, 0, egm_mixture_dims(mixture))), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_sample(mixture, 0, egm_out_of((egm_dtype)9, out, 1, egm_mixture_dims(mixture))),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_parameters(NULL, egm_no_out(), egm_no_out(), egm_no_out()), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_components(NULL) + egm_mixture_dims(NULL) + egm_mixture_covariance(NULL), 0);
	ck_assert_egm(egm_mixture_parameters(mixture, egm_no_out(), egm_no_out(), egm_no_out()));
	egm_mixture_free(NULL);
	ck_assert_ptr_null(m);
}
END_TEST

/* All functions with data reject the same input, and a step that fails leaves the mixture as it was. */
START_TEST(test_mixture__rejects_data_by_row_and_column)
{
	double out[ROWS];
	mixture_numbers before = read_mixture(mixture), after;
	const struct {
		egm_dtype dtype;
		int64_t rows, columns;
		double value; /* of row 7, column 1 */
		egm_status code;
		const char *message;
	} cases[] = {
	    {(egm_dtype)3, ROWS, D, 0, EGM_ERR_ARGUMENT, ": x has dtype 3, must be EGM_F32 or EGM_F64"},
	    {EGM_F64, 0, D, 0, EGM_ERR_ARGUMENT, ": x has 0 rows of 2 numbers, must have at least 1 of each"},
	    {EGM_F64, -4, D, 0, EGM_ERR_ARGUMENT, ": x has -4 rows of 2 numbers, must have at least 1 of each"},
	    {EGM_F64, INT64_MAX, D, 0, EGM_ERR_ARGUMENT,
	     ": x has 9223372036854775807 rows of 2 numbers, must fit in memory"},
	    {EGM_F64, ROWS, D, NAN, EGM_ERR_NONFINITE, ": row 7, column 1 (from 0) of x is nan, must be finite"},
	    {EGM_F64, ROWS, D, -INFINITY, EGM_ERR_NONFINITE, ": row 7, column 1 (from 0) of x is -inf, must be finite"},
	    {EGM_F64, ROWS / 2, 2 * D, 0, EGM_ERR_SHAPE, ": x has 4 columns, must have 2"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int call = 0; call < 4; call++) {
			egm_mixture *m = mixture;
			egm_status st;
			x[7 * D + 1] = cases[i].value;
			egm_dtype dtype = cases[i].dtype;
			int64_t rows = cases[i].rows, columns = cases[i].columns;
			if (call == 3 && cases[i].code == EGM_ERR_SHAPE) continue;
			st = call == 0   ? egm_mixture_step(mixture, egm_array_of(dtype, x, rows, columns), egm_no_array(), out)
			     : call == 1 ? egm_mixture_log_density(mixture, egm_array_of(dtype, x, rows, columns),
			                                           egm_f64_out(out, rows, 1))
			     : call == 2 ? egm_mixture_responsibilities(mixture, egm_array_of(dtype, x, rows, columns),
			                                                egm_f64_out(out, rows, egm_mixture_components(mixture)))
			                 : egm_mixture_fit(&m, context, egm_array_of(dtype, x, rows, columns), egm_no_array(), NULL,
			                                   NULL, NULL, NULL);
			ck_assert_msg(st == cases[i].code, "case %zu, call %d: %s", i, call, egm_last_error());
			ck_assert_msg(strstr(egm_last_error(), cases[i].message) != NULL, "%s", egm_last_error());
			ck_assert(call < 3 || !m);
		}
	after = read_mixture(mixture);
	ck_assert(!memcmp(&before.w, &after.w, sizeof *before.w) && !memcmp(before.m, after.m, D * sizeof *before.m));
}
END_TEST

/* Arrays and results of other sizes or types. What is rejected writes nothing. */
START_TEST(test_mixture__rejects_arrays_that_do_not_fit)
{
	const double ones[8] = {1, 0, 0, 1, 1, 0, 0, 1};
	const float narrow[8] = {1, 0, 0, 1, 1, 0, 0, 1};
	const egm_array means = egm_f64(ones, 2, 2), all = egm_f64(x, ROWS, D), none = egm_no_array();
	const egm_out no_out = egm_no_out();
	float out32[ROWS * D];
	double out[ROWS * D];
	egm_mixture *m = mixture;
	egm_mixture_options o = mixture_options(7, EGM_COVARIANCE_FULL); /* the number of means, whatever `components` is */
	for (int i = 0; i < ROWS * D; i++) out[i] = 7;
#define REJECTED(call, code, text)          \
	ck_assert_int_eq(call, EGM_ERR_##code); \
	ck_assert_str_eq(egm_last_error(), text)
#define CREATE(w, m_, c, code, text)                                                            \
	m = mixture;                                                                                \
	REJECTED(egm_mixture_create(&m, context, w, m_, c, &o), code, "egm_mixture_create: " text); \
	ck_assert_ptr_null(m)
	CREATE(none, none, means, ARGUMENT, "means is NULL");
	CREATE(none, means, none, ARGUMENT, "covariances is NULL");
	CREATE(egm_f64(ones, 3, 1), means, egm_f64(ones, 2, 4), SHAPE, "weights has 3 x 1 numbers, must have 2");
	CREATE(egm_f32(narrow, 2, 1), means, egm_f64(ones, 2, 4), DTYPE, "weights is f32, must be f64");
	CREATE(none, egm_f32(narrow, 2, 2), egm_f64(ones, 2, 4), DTYPE, "means is f32, must be f64");
	CREATE(none, means, egm_f32(narrow, 2, 4), DTYPE, "covariances is f32, must be f64");
	CREATE(none, means, egm_f64(ones, 2, 2), SHAPE, "covariances has 2 x 2 numbers, must have 8");
	CREATE(none, egm_f64(ones, 1, INT64_C(1) << 59), egm_f64(ones, 2, 2), SHAPE,
	       "covariances has 2 x 2 numbers, must have 9223372036854775807");
	o.covariance = EGM_COVARIANCE_DIAGONAL;
	CREATE(none, means, egm_f64(ones, 2, 4), SHAPE, "covariances has 2 x 4 numbers, must have 4");
	o.covariance = EGM_COVARIANCE_SPHERICAL;
	CREATE(none, means, egm_f64(ones, 2, 2), SHAPE, "covariances has 2 x 2 numbers, must have 2");
	ck_assert_egm(egm_mixture_create(&m, context, none, means, egm_f64((double[]){1, 2}, 1, 2), &o));
	ck_assert_int_eq(egm_mixture_components(m), 2);
#define NAMED(function, arguments, code, text) REJECTED(function arguments, code, #function ": " text)
	NAMED(egm_mixture_parameters, (m, egm_f64_out(out, 1, 1), no_out, no_out), SHAPE,
	      "weights has room for 1 x 1 numbers, must have room for 2 x 1");
	NAMED(egm_mixture_parameters, (m, egm_f64_out(out, 2, 1), egm_f64_out(out, 2, 1), no_out), SHAPE,
	      "means has room for 2 x 1 numbers, must have room for 2 x 2");
	NAMED(egm_mixture_parameters, (m, egm_f64_out(out, 2, 1), no_out, egm_f64_out(out, 2, 2)), SHAPE,
	      "covariances has room for 2 x 2 numbers, must have room for 2 x 1");
	NAMED(egm_mixture_parameters, (m, egm_f32_out(out32, 2, 1), no_out, no_out), DTYPE, "weights is f32, must be f64");
	NAMED(egm_mixture_parameters, (m, no_out, egm_f32_out(out32, 2, 2), no_out), DTYPE, "means is f32, must be f64");
	NAMED(egm_mixture_parameters, (m, no_out, no_out, egm_f32_out(out32, 2, 1)), DTYPE,
	      "covariances is f32, must be f64");
	NAMED(egm_mixture_floors, (m, no_out), ARGUMENT, "floors is NULL");
	NAMED(egm_mixture_floors, (m, egm_f64_out(out, 3, 1)), SHAPE,
	      "floors has room for 3 x 1 numbers, must have room for 2 x 1");
	NAMED(egm_mixture_floors, (m, egm_f32_out(out32, 2, 1)), DTYPE, "floors is f32, must be f64");
	NAMED(egm_mixture_floors, (NULL, egm_f64_out(out, 2, 1)), ARGUMENT, "mixture is NULL");
	NAMED(egm_mixture_log_density, (m, all, egm_f64_out(out, ROWS - 1, 1)), SHAPE,
	      "out has room for 39 x 1 numbers, must have room for 40 x 1");
	NAMED(egm_mixture_log_density, (m, all, egm_f32_out(out32, ROWS, 1)), DTYPE, "out is f32, must be f64");
	NAMED(egm_mixture_responsibilities, (m, all, egm_f64_out(out, ROWS, 1)), SHAPE,
	      "out has room for 40 x 1 numbers, must have room for 40 x 2");
	NAMED(egm_mixture_responsibilities, (m, all, egm_f32_out(out32, ROWS, 2)), DTYPE, "out is f32, must be f64");
	NAMED(egm_mixture_sample, (m, 1, egm_f64_out(out, 3, 3)), SHAPE,
	      "out has room for 3 x 3 numbers, must have room for 3 x 2");
	NAMED(egm_mixture_sample, (m, 1, no_out), ARGUMENT, "out is NULL");
	NAMED(egm_mixture_step, (m, none, none, NULL), ARGUMENT, "x is NULL");
	NAMED(egm_mixture_step, (m, egm_f64(x, ROWS, 1), none, NULL), SHAPE, "x has 1 columns, must have 2");
#undef NAMED
#undef CREATE
#undef REJECTED
	for (int i = 0; i < ROWS * D; i++) ck_assert(out[i] == 7);
	egm_mixture_free(m);
}
END_TEST

/* Squares that overflow, and a floor that a double cannot hold beside the data, are reported and leave no mixture. */
START_TEST(test_mixture__numbers_beyond_double)
{
	egm_mixture *m = NULL;
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_FULL);
	double wide[4] = {1e200, 0, -1e200, 0}, narrow[4] = {1e-200, 0, -1e-200, 0};
	double far[10] = {0, 0, 1, 1, 2, 2, 3, 3, 1e200, 0};
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(wide, 2, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_mixture_fit: the variance of column 0 (from 0) of x is infinite, must be finite");
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(narrow, 2, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "egm_mixture_fit: column 0 (from 0) of x has a spread of 1.48"));
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(far, 5, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_mixture_fit: the squared distances of the rows of x are infinite, must be finite");
	/* a singular S: where rounding puts its pivot below 0, 1e-40 cannot lift it */
	int rejected = 0;
	o.covariance_floor = 1e-40;
	for (int k = 1; k < 20; k++) {
		const double line[6] = {1, k / 7.0, 2, k / 3.5, 4, k / 1.75};
		egm_status st = egm_mixture_fit(&m, context, egm_f64(line, 3, 2), egm_no_array(), &o, NULL, NULL, NULL);
		egm_mixture_free(m);
		if (st == EGM_OK) continue;
		rejected++;
		ck_assert_ptr_null(m);
		ck_assert_int_eq(st, EGM_ERR_ARGUMENT);
		ck_assert_str_eq(egm_last_error(), "egm_mixture_fit: the covariance of component 0 cannot be inverted, "
		                                   "covariance_floor is 1e-40, must be larger");
	}
	ck_assert_int_gt(rejected, 0);
}
END_TEST

/* A program of an older header has a shorter result: nothing beyond it is written. After an error nothing is. */
START_TEST(test_mixture__short_and_unwritten_results)
{
	egm_mixture *m = NULL;
	egm_mixture_result r;
	memset(&r, 0x7f, sizeof r);
	r.struct_size = offsetof(egm_mixture_result, covariance_floor);
	ck_assert_egm(egm_mixture_fit(&m, context, egm_f64(x, ROWS, D), egm_no_array(), NULL, &r, NULL, NULL));
	ck_assert(isfinite(r.log_likelihood) && r.iterations == INT64_C(0x7f7f7f7f7f7f7f7f));
	ck_assert_uint_eq(r.struct_size, offsetof(egm_mixture_result, covariance_floor));
	egm_mixture_free(m);
	r = (egm_mixture_result)EGM_MIXTURE_RESULT_INIT;
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(x, 0, D), egm_no_array(), NULL, &r, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert(r.log_likelihood == 0 && r.covariance_floor == 0);
	r.struct_size = 1;
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(x, ROWS, D), egm_no_array(), NULL, &r, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
}
END_TEST

/* ---- memory */

/* Everything that allocates, in one go; the first failure ends it. */
static egm_status use(egm_context *c, int32_t kind)
{
	egm_status st;
	egm_mixture *fitted = NULL, *made = NULL;
	double out[ROWS * D], u[ROWS], covariances[8], means[4], w[2];
	const int64_t each = kind == EGM_COVARIANCE_FULL ? D * D : kind == EGM_COVARIANCE_DIAGONAL ? D : 1;
	egm_mixture_options o = mixture_options(2, kind);
	st = egm_mixture_fit(&fitted, c, egm_f64(x, ROWS, D), egm_no_array(), &o, NULL, NULL, NULL);
	ck_assert((st == EGM_OK) == (fitted != NULL));
	if (st == EGM_OK)
		st = egm_mixture_parameters(fitted, egm_f64_out(w, 2, 1), egm_f64_out(means, 2, D),
		                            egm_f64_out(covariances, 2, each));
	if (st == EGM_OK)
		st = egm_mixture_create(&made, c, egm_f64(w, 2, 1), egm_f64(means, 2, D), egm_f64(covariances, 2, each), &o);
	ck_assert(st == EGM_OK || !made);
	if (st == EGM_OK) st = egm_mixture_step(made, egm_f64(x, ROWS, D), egm_no_array(), NULL);
	if (st == EGM_OK) st = egm_mixture_log_density(made, egm_f64(x, ROWS, D), egm_f64_out(out, ROWS, 1));
	if (st == EGM_OK)
		st = egm_mixture_responsibilities(made, egm_f64(x, ROWS, D),
		                                  egm_f64_out(out, ROWS, egm_mixture_components(made)));
	if (st == EGM_OK) st = egm_mixture_sample(made, 1, egm_f64_out(out, ROWS, egm_mixture_dims(made)));
	if (st == EGM_OK) st = egm__mixture_energy_f64(ROWS, x, u, out, made) ? EGM_ERR_MEMORY : EGM_OK;
	egm_mixture_free(made);
	egm_mixture_free(fitted);
	return st;
}

START_TEST(test_mixture__every_allocation_may_fail)
{
	long fail_at = 0;
	egm_status st;
	fill();
	do {
		egm_test_allocator allocator = {0};
		egm_context *c = egm_test_context(&allocator);
		allocator.fail_at = allocator.calls + ++fail_at;
		st = use(c, EGM_COVARIANCE_FULL + _i);
		ck_assert_msg(st == EGM_OK || st == EGM_ERR_MEMORY, "%s", egm_last_error());
		ck_assert(st == EGM_OK || strstr(egm_last_error(), "memory"));
		egm_context_free(c);
		ck_assert_int_eq(allocator.live, 0);
	} while (st != EGM_OK);
	ck_assert_int_gt(fail_at, 15);
}
END_TEST

/* The mixture keeps its context; steps leave as many blocks as they found. */
START_TEST(test_mixture__owns_its_context)
{
	egm_test_allocator allocator = {0};
	egm_context *c = egm_test_context(&allocator);
	egm_mixture *m = NULL;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL);
	fill();
	ck_assert_egm(egm_mixture_fit(&m, c, egm_f64(x, ROWS, D), egm_no_array(), &o, NULL, NULL, NULL));
	egm_context_free(c);
	long live = allocator.live;
	for (int i = 0; i < 100; i++) ck_assert_egm(egm_mixture_step(m, egm_f64(x, ROWS, D), egm_no_array(), NULL));
	ck_assert_int_eq(allocator.live, live);
	egm_mixture_free(m);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

/* ---- stops */

typedef struct stopper {
	int64_t at, calls;
	double last; /* the term */
} stopper;

static int stop_at(const egm_progress *p, void *user)
{
	stopper *s = (stopper *)user;
	s->calls++;
	ck_assert_uint_eq(p->struct_size, sizeof *p);
	ck_assert(p->done == s->calls && p->step == p->done && p->done <= p->total);
	ck_assert_int_eq(p->term_count, 1);
	ck_assert_str_eq(p->term_names[0], "log_likelihood");
	s->last = p->terms[0];
	return p->done == s->at;
}

static egm_status fit_until(const egm_mixture_options *o, int64_t at, stopper *s, egm_mixture **m,
                            egm_mixture_result *r)
{
	*s = (stopper){.at = at};
	*r = (egm_mixture_result)EGM_MIXTURE_RESULT_INIT;
	return egm_mixture_fit(m, context, egm_f64(x, ROWS, D), egm_no_array(), o, r, stop_at, s);
}

static void assert_same_mixture(const egm_mixture *a, const egm_mixture *b)
{
	mixture_numbers n = read_mixture(a), m = read_mixture(b);
	ck_assert_mem_eq(n.w, m.w, 2 * sizeof *n.w);
	ck_assert_mem_eq(n.m, m.m, 2 * D * sizeof *n.m);
	ck_assert_mem_eq(n.c, m.c, 2 * D * D * sizeof *n.c);
}

/* Of one start: stopped after k steps it is the fit of k steps, and goes on to the fit of k + 2. */
START_TEST(test_mixture__a_stopped_fit_goes_on)
{
	egm_mixture *stopped = NULL, *whole = NULL;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL);
	egm_mixture_result r, of_whole;
	stopper s;
	fill();
	for (int i = 0; i < ROWS * D; i++) x[i] = i / D % 2 ? x[i] - 8 : x[i]; /* overlapping: EM needs many steps */
	o.starts = 1;
	o.tolerance = 0;
	for (int64_t k = 1; k < 8; k++) {
		o.max_iterations = 20;
		ck_assert_int_eq(fit_until(&o, k, &s, &stopped, &r), EGM_ERR_STOPPED);
		ck_assert_ptr_nonnull(strstr(egm_last_error(), "egm_mixture_fit: the callback stopped it after step"));
		ck_assert(s.calls == k && r.iterations == k && r.converged == 0 && r.log_likelihood == s.last);
		o.max_iterations = k;
		ck_assert_egm(fit_until(&o, 0, &s, &whole, &of_whole));
		ck_assert(of_whole.log_likelihood == r.log_likelihood);
		assert_same_mixture(stopped, whole);
		egm_mixture_free(whole);
		for (int i = 0; i < 2; i++) ck_assert_egm(egm_mixture_step(stopped, egm_f64(x, ROWS, D), egm_no_array(), NULL));
		o.max_iterations = k + 2;
		ck_assert_egm(fit_until(&o, 0, &s, &whole, &of_whole));
		assert_same_mixture(stopped, whole);
		egm_mixture_free(whole);
		egm_mixture_free(stopped);
	}
}
END_TEST

/* Of several starts: the best so far. In the first step of the second one, the first. */
START_TEST(test_mixture__a_stopped_fit_is_the_best_so_far)
{
	egm_mixture *stopped = NULL, *first = NULL;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL);
	egm_mixture_result r, of_first;
	stopper s;
	fill();
	o.starts = 1;
	ck_assert_egm(fit_until(&o, 0, &s, &first, &of_first));
	const int64_t steps = s.calls;
	ck_assert(steps == of_first.iterations);
	o.starts = 3;
	ck_assert_egm(fit_until(&o, 0, &s, &stopped, &r));
	ck_assert(s.calls > steps);
	egm_mixture_free(stopped);
	ck_assert_int_eq(fit_until(&o, steps + 1, &s, &stopped, &r), EGM_ERR_STOPPED);
	ck_assert(r.log_likelihood == (r.start ? s.last : of_first.log_likelihood));
	ck_assert(r.start ? s.last > of_first.log_likelihood : s.last <= of_first.log_likelihood + 1e-6);
	if (r.start == 0) assert_same_mixture(stopped, first);
	egm_mixture_free(stopped);
	egm_mixture_free(first);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mixture_contract");
	TCase *t = tcase_create("rejections");
	tcase_set_tags(t, "R17 R18");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_mixture__defaults_are_those_of_the_header);
	tcase_add_loop_test(t, test_mixture__rejects_options_by_name, 0, sizeof bad_options / sizeof *bad_options);
	tcase_add_test(t, test_mixture__zeros_are_the_defaults);
	tcase_add_test(t, test_mixture__rejects_more_components_than_rows);
	tcase_add_test(t, test_mixture__rejects_arrays_that_do_not_fit);
	tcase_add_test(t, test_mixture__rejects_numbers_by_component);
	tcase_add_test(t, test_mixture__null_in_every_place);
	tcase_add_test(t, test_mixture__rejects_data_by_row_and_column);
	tcase_add_test(t, test_mixture__numbers_beyond_double);
	tcase_add_test(t, test_mixture__short_and_unwritten_results);
	suite_add_tcase(s, t);
	t = tcase_create("stops");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_mixture__a_stopped_fit_goes_on);
	tcase_add_test(t, test_mixture__a_stopped_fit_is_the_best_so_far);
	suite_add_tcase(s, t);
	t = tcase_create("memory");
	tcase_set_tags(t, "R1");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_mixture__every_allocation_may_fail, 0, 3);
	tcase_add_test(t, test_mixture__owns_its_context);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
