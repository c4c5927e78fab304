/* SPDX-License-Identifier: MIT */
/* The calls that make and evaluate targets: what each rejects and with which text, which handles it keeps alive, and
 * failing allocations. */
#include <float.h>
#include <target_support.h>

static int square(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	int *calls = user;
	for (int64_t i = 0; i < rows; i++) {
		double at_row = ((const double *)x)[i];
		((double *)energies)[i] = at_row * at_row / 2;
		((double *)gradients)[i] = at_row;
	}
	return calls && --*calls == 0;
}

static int barrier(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	for (int64_t i = 0; i < rows; i++) {
		int outside = ((const double *)x)[i] < 0;
		((double *)energies)[i] = outside ? INFINITY : 1;
		((double *)gradients)[i] = outside ? NAN : 0;
	}
	return 0;
}

static egm_target *square_target(int *calls, const egm_target_options *o)
{
	egm_target *t;
	ck_assert_egm(egm_target_callback(&t, context, EGM_F64, 1, o, square, calls, NULL));
	return t;
}

/* ---- options */

START_TEST(test_target__default_options)
{
	egm_target_options o = target_options();
	ck_assert(o.beta == 1);
	ck_assert(o.prior_scale == 0);
	ck_assert_ptr_null(o.lower);
	ck_assert_ptr_null(o.upper);
	ck_assert_int_eq(o.concurrent, 0);
	ck_assert_int_eq(o.max_rows, 32);
}
END_TEST

static void reject(egm_dtype dtype, const egm_target_options *o, egm_status st, const char *text)
{
	int there;
	egm_target *t = (egm_target *)(void *)&there;
	fails(egm_target_callback(&t, context, dtype, 2, o, square, NULL, NULL), st, text);
	ck_assert_ptr_null(t);
}

START_TEST(test_target__rejects_numbers)
{
	egm_target_options o = target_options();
	const double betas[] = {-1, NAN, INFINITY};
	const char *const shown[] = {"-1", "nan", "inf"};
	char text[128];
	for (int i = 0; i < 3; i++) {
		o.beta = betas[i];
		snprintf(text, sizeof text, "egm_target_callback: beta is %s, must be above 0 and finite", shown[i]);
		reject(EGM_F64, &o, EGM_ERR_ARGUMENT, text);
	}
	o.beta = 1e39;
	reject(EGM_F32, &o, EGM_ERR_ARGUMENT, "egm_target_callback: beta is 1e+39, must be a positive finite f32");
	o.beta = 1;
	o.prior_scale = -1;
	reject(EGM_F64, &o, EGM_ERR_ARGUMENT, "egm_target_callback: prior_scale is -1, must be at least 0 and finite");
	o.prior_scale = NAN;
	reject(EGM_F64, &o, EGM_ERR_ARGUMENT, "egm_target_callback: prior_scale is nan, must be at least 0 and finite");
	o.prior_scale = 1e-20;
	reject(EGM_F32, &o, EGM_ERR_ARGUMENT,
	       "egm_target_callback: prior_scale is 1e-20, must be 0 or positive with 1 / prior_scale^2 a finite f32");
	o.prior_scale = 0;
	o.concurrent = 2;
	reject(EGM_F64, &o, EGM_ERR_ARGUMENT, "egm_target_callback: concurrent is 2, must be 0 or 1");
	o.concurrent = 0;
	o.reserved = 3;
	reject(EGM_F64, &o, EGM_ERR_ARGUMENT, "egm_target_callback: reserved is 3, must be 0");
	o.reserved = 0;
	o.max_rows = -1;
	reject(EGM_F64, &o, EGM_ERR_ARGUMENT, "egm_target_callback: max_rows is -1, must be at least 1");
	o.max_rows = 1;
	o.struct_size = 5;
	reject(EGM_F64, &o, EGM_ERR_ARGUMENT,
	       "egm_target_callback: struct_size is 5, must be sizeof(egm_target_options), which its initialiser sets");
}
END_TEST

START_TEST(test_target__rejects_bounds)
{
	static const struct {
		double lower, upper;
		egm_dtype dtype;
		const char *text;
	} cases[] = {
	    {1, 1, EGM_F64, "lower[1] is 1, must be below upper[1], 1"},
	    {2, 1, EGM_F64, "lower[1] is 2, must be below upper[1], 1"},
	    {NAN, 1, EGM_F64, "lower[1] is nan, must be below upper[1], 1"},
	    {0, NAN, EGM_F64, "lower[1] is 0, must be below upper[1], nan"},
	    {INFINITY, INFINITY, EGM_F64, "lower[1] is inf, must be below upper[1], inf"},
	    {-INFINITY, -INFINITY, EGM_F64, "lower[1] is -inf, must be below upper[1], -inf"},
	    {-1e308, 1e308, EGM_F64, "dimension 1 has the bounds -1e+308 and 1e+308, must have a finite width in f64"},
	    {-1e39, INFINITY, EGM_F32, "dimension 1 has the bounds -1e+39 and inf, must be infinite or finite in f32"},
	    {0.25, 0.25000001, EGM_F32,
	     "dimension 1 has the bounds 0.25 and 0.25000000999999999, must have a number between them in f32"},
	    {DBL_MAX, INFINITY, EGM_F64,
	     "dimension 1 has the bounds 1.7976931348623157e+308 and inf, must have a number between them in f64"},
	    {-INFINITY, -DBL_MAX, EGM_F64,
	     "dimension 1 has the bounds -inf and -1.7976931348623157e+308, must have a number between them in f64"},
	    {FLT_MAX, INFINITY, EGM_F32,
	     "dimension 1 has the bounds 3.4028234663852886e+38 and inf, must have a number between them in f32"},
	    {-INFINITY, -FLT_MAX, EGM_F32,
	     "dimension 1 has the bounds -inf and -3.4028234663852886e+38, must have a number between them in f32"},
	};
	char text[160];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const double lower[2] = {0, cases[i].lower}, upper[2] = {1, cases[i].upper};
		egm_target_options o = target_options();
		o.lower = lower;
		o.upper = upper;
		snprintf(text, sizeof text, "egm_target_callback: %s", cases[i].text);
		reject(cases[i].dtype, &o, EGM_ERR_ARGUMENT, text);
	}
}
END_TEST

/* As many dimensions as a target takes: those who need memory for them say so, and no size overflows on the way. */
START_TEST(test_target__most_dimensions)
{
	for (int i = 0; i < 2; i++) {
		egm_target *t;
		egm_sampler *s;
		egm_ais_result r = EGM_AIS_RESULT_INIT;
		ck_assert_egm(
		    egm_target_callback(&t, context, i ? EGM_F32 : EGM_F64, INT64_MAX / 64, NULL, square, NULL, NULL));
		for (int32_t kernel = ANY_ULA; kernel <= ANY_NUTS; kernel++) {
			any_kernel_options o = sampler_options(kernel, 1, 0.1, 1);
			ck_assert_int_eq(any_kernel_sampler(&s, t, &o), EGM_ERR_ARGUMENT);
			ck_assert_ptr_nonnull(strstr(egm_last_error(), "144115188075855871 dimensions, must be fewer"));
			ck_assert_ptr_null(s);
		}
		fails(egm_target_ais(t, NULL, &r, egm_no_out(), NULL, NULL), EGM_ERR_ARGUMENT,
		      "egm_target_ais: 256 particles in 144115188075855871 dimensions, must be fewer: the counters of random "
		      "numbers do not suffice");
		egm_target_free(t);
	}
}
END_TEST

/* ---- the three constructors */

START_TEST(test_target__callback_misuse)
{
	egm_target *t;
	fails(egm_target_callback(NULL, context, EGM_F64, 1, NULL, square, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: out is NULL");
	fails(egm_target_callback(&t, NULL, EGM_F64, 1, NULL, square, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: context is NULL");
	fails(egm_target_callback(&t, context, EGM_F64, 1, NULL, NULL, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: energy is NULL");
	fails(egm_target_callback(&t, context, (egm_dtype)3, 1, NULL, square, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: dtype is 3, must be EGM_F32 or EGM_F64");
	fails(egm_target_callback(&t, context, EGM_F64, 0, NULL, square, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: dims is 0, must be at least 1");
	fails(egm_target_callback(&t, context, EGM_F64, INT64_MAX, NULL, square, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: dims is 9223372036854775807, must be at most 144115188075855871");
	fails(egm_target_callback(&t, context, EGM_F32, INT64_MAX / 64 + 1, NULL, square, NULL, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_callback: dims is 144115188075855872, must be at most 144115188075855871");
	ck_assert_ptr_null(t);
	egm_target_free(NULL);
	ck_assert_int_eq(egm_target_dims(NULL), 0);
	ck_assert_int_eq(egm_target_dtype(NULL), 0);
}
END_TEST

START_TEST(test_target__model_misuse)
{
	egm_model *two = net(context, "two", 3, "2", EGM_F64), *raw;
	egm_target *t;
	ck_assert_egm(egm_model_create(&raw, context, "raw", 3));
	fails(egm_target_model(NULL, two, NULL), EGM_ERR_ARGUMENT, "egm_target_model: out is NULL");
	fails(egm_target_model(&t, NULL, NULL), EGM_ERR_ARGUMENT, "egm_target_model: energy is NULL");
	fails(egm_target_model(&t, raw, NULL), EGM_ERR_STATE,
	      "egm_target_model: energy 'raw' is not built: call egm_model_build first");
	fails(egm_target_model(&t, two, NULL), EGM_ERR_SHAPE, "egm_target_model: energy 'two' has 2 outputs, must have 1");
	ck_assert_ptr_null(t);
	egm_model_free(two);
	egm_model_free(raw);
}
END_TEST

START_TEST(test_target__latent_misuse)
{
	egm_context *other = counting_context(1);
	egm_model *u = net(context, "u", 4, "5 tanh 1", EGM_F64), *two = net(context, "two", 4, "2", EGM_F64);
	egm_model *g = net(context, "g", 2, "4", EGM_F64), *gf = net(context, "gf", 2, "4", EGM_F32), *raw;
	egm_model *narrow = net(context, "narrow", 2, "3", EGM_F64), *far = net(other, "far", 2, "4", EGM_F64);
	egm_model *wide = net(context, "wide", 5, "4", EGM_F64), *nine = net(context, "nine", 9, "4", EGM_F64);
	egm_target_options o = target_options();
	egm_target *t;
	const int32_t posterior = EGM_LATENT_POSTERIOR, pullback = EGM_LATENT_PULLBACK;
	ck_assert_egm(egm_model_create(&raw, context, "raw", 2));
	fails(egm_target_latent(NULL, u, g, posterior, NULL), EGM_ERR_ARGUMENT, "egm_target_latent: out is NULL");
	fails(egm_target_latent(&t, u, g, 0, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_latent: kind is 0, must be one of EGM_LATENT_* (1 to 3)");
	fails(egm_target_latent(&t, u, g, 4, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_latent: kind is 4, must be one of EGM_LATENT_* (1 to 3)");
	fails(egm_target_latent(&t, NULL, g, posterior, NULL), EGM_ERR_ARGUMENT, "egm_target_latent: energy is NULL");
	fails(egm_target_latent(&t, u, NULL, posterior, NULL), EGM_ERR_ARGUMENT, "egm_target_latent: generator is NULL");
	fails(egm_target_latent(&t, u, raw, posterior, NULL), EGM_ERR_STATE,
	      "egm_target_latent: generator 'raw' is not built: call egm_model_build first");
	fails(egm_target_latent(&t, two, g, posterior, NULL), EGM_ERR_SHAPE,
	      "egm_target_latent: energy 'two' has 2 outputs, must have 1");
	fails(egm_target_latent(&t, u, gf, posterior, NULL), EGM_ERR_DTYPE,
	      "egm_target_latent: generator 'gf' is f32 and energy 'u' is f64, must be the same");
	fails(egm_target_latent(&t, u, far, posterior, NULL), EGM_ERR_ARGUMENT,
	      "egm_target_latent: generator 'far' and energy 'u' have different contexts, must have the same");
	fails(egm_target_latent(&t, u, narrow, posterior, NULL), EGM_ERR_SHAPE,
	      "egm_target_latent: generator 'narrow' has 3 outputs and energy 'u' has 4 inputs, must be equal");
	fails(egm_target_latent(&t, u, wide, pullback, NULL), EGM_ERR_SHAPE,
	      "egm_target_latent: generator 'wide' has 4 outputs, must have at least 5, its inputs: det J^T J is 0");
	fails(egm_target_latent(&t, u, nine, pullback, NULL), EGM_ERR_SHAPE,
	      "egm_target_latent: generator 'nine' has 9 inputs, must have at most 8 for EGM_LATENT_PULLBACK");
	o.prior_scale = 0.5;
	fails(egm_target_latent(&t, u, g, EGM_LATENT_ENERGY, &o), EGM_ERR_ARGUMENT,
	      "egm_target_latent: prior_scale is 0.5, must be 0 for EGM_LATENT_ENERGY; only EGM_LATENT_POSTERIOR has a "
	      "prior");
	fails(egm_target_latent(&t, u, g, pullback, &o), EGM_ERR_ARGUMENT,
	      "egm_target_latent: prior_scale is 0.5, must be 0 for EGM_LATENT_PULLBACK; only EGM_LATENT_POSTERIOR has a "
	      "prior");
	ck_assert_ptr_null(t);
	egm_model *all[] = {u, two, g, gf, raw, narrow, far, wide, nine};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) egm_model_free(all[i]);
	egm_context_free(other);
}
END_TEST

/* ---- evaluating */

START_TEST(test_evaluate__misuse)
{
	const double low = -1, high = 1;
	egm_target_options o = target_options();
	o.lower = &low;
	o.upper = &high;
	int calls = 0;
	egm_target *t = square_target(&calls, &o);
	double x[2] = {0.5, 0.25}, v[2], g[2];
	fails(egm_target_evaluate(NULL, egm_f64(x, 2, egm_target_dims(NULL)), egm_f64_out(v, 2, 1),
	                          egm_f64_out(g, 2, egm_target_dims(NULL))),
	      EGM_ERR_ARGUMENT, "egm_target_evaluate: target is NULL");
	fails(egm_target_evaluate(t, egm_array_of(EGM_F64, NULL, 2, egm_target_dims(t)), egm_f64_out(v, 2, 1),
	                          egm_f64_out(g, 2, egm_target_dims(t))),
	      EGM_ERR_ARGUMENT, "egm_target_evaluate: x is NULL");
	fails(egm_target_evaluate(t, egm_f64(x, 2, egm_target_dims(t)), egm_out_of(EGM_F64, NULL, 2, 1),
	                          egm_f64_out(g, 2, egm_target_dims(t))),
	      EGM_ERR_ARGUMENT, "egm_target_evaluate: energies is NULL");
	fails(egm_target_evaluate(t, egm_array_of(EGM_F32, x, 2, 1), egm_f64_out(v, 2, 1), egm_f64_out(g, 2, 1)),
	      EGM_ERR_DTYPE, "egm_target_evaluate: x is f32, must be f64");
	fails(egm_target_evaluate(t, egm_f64(x, 0, egm_target_dims(t)), egm_f64_out(v, 0, 1),
	                          egm_f64_out(g, 0, egm_target_dims(t))),
	      EGM_ERR_ARGUMENT, "egm_target_evaluate: x has 0 rows of 1 numbers, must have at least 1 of each");
	fails(egm_target_evaluate(t, egm_f64(x, INT64_MAX, egm_target_dims(t)), egm_f64_out(v, INT64_MAX, 1),
	                          egm_f64_out(g, INT64_MAX, egm_target_dims(t))),
	      EGM_ERR_ARGUMENT, "egm_target_evaluate: x has 9223372036854775807 rows of 1 numbers, must fit in memory");
	fails(egm_target_evaluate(t, egm_f64(x, 1, 2), egm_f64_out(v, 1, 1), egm_no_out()), EGM_ERR_SHAPE,
	      "egm_target_evaluate: x has 2 columns, must have 1");
	fails(egm_target_evaluate(t, egm_f64(x, 2, 1), egm_f64_out(v, 1, 1), egm_no_out()), EGM_ERR_SHAPE,
	      "egm_target_evaluate: energies has room for 1 x 1 numbers, must have room for 2 x 1");
	fails(egm_target_evaluate(t, egm_f64(x, 2, 1), egm_f64_out(v, 2, 1), egm_f64_out(g, 1, 1)), EGM_ERR_SHAPE,
	      "egm_target_evaluate: gradients has room for 1 x 1 numbers, must have room for 2 x 1");
	x[1] = NAN;
	fails(egm_target_evaluate(t, egm_f64(x, 2, egm_target_dims(t)), egm_f64_out(v, 2, 1),
	                          egm_f64_out(g, 2, egm_target_dims(t))),
	      EGM_ERR_NONFINITE, "egm_target_evaluate: x is nan in row 1, dimension 0, must be finite");
	x[1] = 1.5;
	fails(egm_target_evaluate(t, egm_f64(x, 2, egm_target_dims(t)), egm_f64_out(v, 2, 1),
	                          egm_f64_out(g, 2, egm_target_dims(t))),
	      EGM_ERR_ARGUMENT, "egm_target_evaluate: x is 1.5 in row 1, dimension 0, must be in [-1, 1]");
	ck_assert_int_eq(calls, 0);
	x[1] = 1; /* the box is closed here */
	ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 2, egm_target_dims(t)), egm_f64_out(v, 2, 1), egm_no_out()));
	ck_assert(v[1] == 0.5);
	egm_target_free(t);
}
END_TEST

START_TEST(test_evaluate__callback_stops)
{
	int calls = 2;
	egm_target *t = square_target(&calls, NULL);
	double x[200] = {0}, v[200];
	fails(egm_target_evaluate(t, egm_f64(x, 200, egm_target_dims(t)), egm_f64_out(v, 200, 1), egm_no_out()),
	      EGM_ERR_STOPPED, "egm_target_evaluate: the energy callback returned 1, which stops the call");
	ck_assert_int_eq(calls, 0);
	egm_target_free(t);
}
END_TEST

/* Here, where a program checks its callback, a gradient that is not finite does not hide the energy. */
START_TEST(test_evaluate__passes_on_what_is_not_finite)
{
	egm_target *t;
	egm_target_options o = target_options();
	double x[2] = {1, -1}, v[2], g[2];
	o.beta = 2;
	ck_assert_egm(egm_target_callback(&t, context, EGM_F64, 1, &o, barrier, NULL, NULL));
	ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 2, egm_target_dims(t)), egm_f64_out(v, 2, 1),
	                                  egm_f64_out(g, 2, egm_target_dims(t))));
	ck_assert(v[0] == 2 && g[0] == 0);
	ck_assert(v[1] == INFINITY && isnan(g[1]));
	egm_target_free(t);
}
END_TEST

/* Any number of rows, in the bits of one. */
START_TEST(test_evaluate__any_number_of_rows)
{
	enum { N = 200 };
	egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	size_t size = _i ? sizeof(float) : sizeof(double);
	egm_model *u = net(context, "u", 3, "20 tanh 1", dtype);
	egm_target_options o = target_options();
	egm_target *t;
	static double x[3 * N], stored[3 * N], v[N], g[3 * N];
	const int64_t counts[] = {1, 2, 63, 64, 65, 128, 129, N};
	o.prior_scale = 0.8;
	ck_assert_egm(egm_target_model(&t, u, &o));
	draw_all(7, 3 * N, 2, x);
	store(dtype, 3 * N, x, stored);
	ck_assert_egm(egm_target_evaluate(t, egm_array_of(dtype, stored, N, egm_target_dims(t)), egm_out_of(dtype, v, N, 1),
	                                  egm_out_of(dtype, g, N, egm_target_dims(t))));
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		int64_t n = counts[c];
		static double some[N], slopes[3 * N];
		ck_assert_egm(egm_target_evaluate(t, egm_array_of(dtype, stored, n, egm_target_dims(t)),
		                                  egm_out_of(dtype, some, n, 1),
		                                  egm_out_of(dtype, slopes, n, egm_target_dims(t))));
		ck_assert_mem_eq(some, v, (size_t)n * size);
		ck_assert_mem_eq(slopes, g, (size_t)n * 3 * size);
	}
	egm_target_free(t);
	egm_model_free(u);
}
END_TEST

/* ---- life */

/* Nets and context may go before the target; bounds are copied. */
START_TEST(test_target__keeps_what_it_needs)
{
	egm_context *mine = counting_context(1);
	egm_model *u = net(mine, "u", 4, "5 tanh 1", EGM_F64), *g = net(mine, "g", 2, "4", EGM_F64);
	double lower[2] = {-1, -1}, x[2] = {0.5, 0.5}, first;
	egm_target_options o = target_options();
	egm_target *t;
	o.lower = lower;
	ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_POSTERIOR, &o));
	first = value_at(t, x);
	egm_model_free(u);
	egm_model_free(g);
	egm_context_free(mine);
	lower[0] = lower[1] = 7;
	ck_assert(value_at(t, x) == first);
	egm__target_retain(t);
	egm_target_free(t);
	ck_assert(value_at(t, x) == first);
	egm_target_free(t);
}
END_TEST

static void count_frees(void *user)
{
	++*(int *)user;
}

/* Once, when target and samplers are gone; not by a call that fails. */
START_TEST(test_target__frees_the_user_of_a_callback)
{
	int freed = 0;
	egm_target *t;
	egm_sampler *s = NULL;
	fails(egm_target_callback(&t, context, EGM_F64, 0, NULL, square, &freed, count_frees), EGM_ERR_ARGUMENT,
	      "egm_target_callback: dims is 0, must be at least 1");
	ck_assert_int_eq(freed, 0);
	ck_assert_egm(egm_target_callback(&t, context, EGM_F64, 1, NULL, square, &freed, count_frees));
	ck_assert_egm(egm_sampler_ula(&s, t, NULL));
	egm_target_free(t);
	ck_assert_int_eq(freed, 0);
	egm_sampler_free(s);
	ck_assert_int_eq(freed, 1);
}
END_TEST

/* What stops the call is the program's callback, whoever frees its user. */
START_TEST(test_target__a_callback_with_a_user_to_free_stops)
{
	int calls = 1; /* stops at the first */
	const double x = 1;
	double v;
	egm_target *t;
	ck_assert_egm(egm_target_callback(&t, context, EGM_F64, 1, NULL, square, &calls, count_frees));
	fails(egm_target_evaluate(t, egm_f64(&x, 1, 1), egm_f64_out(&v, 1, 1), egm_no_out()), EGM_ERR_STOPPED,
	      "egm_target_evaluate: the energy callback returned 1, which stops the call");
	ck_assert_int_eq(calls, 0);
	egm_target_free(t);
	ck_assert_int_eq(calls, 1);
}
END_TEST

/* Each allocation of making and evaluating a target fails once: the error is EGM_ERR_MEMORY, and nothing leaks. */
START_TEST(test_target__allocations_fail_one_by_one)
{
	const double lower[2] = {-1, -INFINITY};
	egm_model *u = net(context, "u", 4, "5 tanh 1", EGM_F64), *g = net(context, "g", 2, "4", EGM_F64);
	egm_target_options o = target_options();
	double x[2] = {0.5, 0.5}, v;
	long live = allocator.live;
	o.lower = lower;
	for (long k = 1;; k++) {
		egm_target *t = NULL;
		allocator.calls = 0;
		allocator.fail_at = k;
		egm_status st = egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, &o);
		ck_assert((st == EGM_OK) == (t != NULL));
		if (st == EGM_OK)
			st = egm_target_evaluate(t, egm_f64(x, 1, egm_target_dims(t)), egm_f64_out(&v, 1, 1), egm_no_out());
		allocator.fail_at = 0;
		egm_target_free(t);
		ck_assert_int_eq(allocator.live, live);
		if (st == EGM_OK) {
			ck_assert_int_gt(k, 20);
			break;
		}
		ck_assert_int_eq(st, EGM_ERR_MEMORY);
	}
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler/target_calls");
	TCase *tc = fixture_case(suite, "misuse", NULL, setup, teardown);
	tcase_add_test(tc, test_target__default_options);
	tcase_add_test(tc, test_target__rejects_numbers);
	tcase_add_test(tc, test_target__rejects_bounds);
	tcase_add_test(tc, test_target__most_dimensions);
	tcase_add_test(tc, test_target__callback_misuse);
	tcase_add_test(tc, test_target__model_misuse);
	tcase_add_test(tc, test_target__latent_misuse);
	tc = fixture_case(suite, "evaluate", NULL, setup, teardown);
	tcase_add_test(tc, test_evaluate__misuse);
	tcase_add_test(tc, test_evaluate__callback_stops);
	tcase_add_test(tc, test_evaluate__passes_on_what_is_not_finite);
	tcase_add_loop_test(tc, test_evaluate__any_number_of_rows, 0, 2);
	tc = fixture_case(suite, "life", NULL, setup, teardown);
	tcase_add_test(tc, test_target__keeps_what_it_needs);
	tcase_add_test(tc, test_target__frees_the_user_of_a_callback);
	tcase_add_test(tc, test_target__a_callback_with_a_user_to_free_stops);
	tcase_add_test(tc, test_target__allocations_fail_one_by_one);
	return egm_test_main(suite);
}
