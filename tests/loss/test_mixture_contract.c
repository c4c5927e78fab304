/* SPDX-License-Identifier: MIT */
/* What mixtures refuse, and that nothing is lost or half built when memory ends. */
#include "mixture_support.h"

#include <stddef.h>

enum { ROWS = 40, D = 2 };

static egm_context *context;
static egm_mixture *mixture;
static double x[ROWS * D];

static void fill(void)
{
	uint64_t random = 6;
	for (int i = 0; i < ROWS * D; i++) x[i] = l_normal(&random) + (i / D % 2 ? 9 : 0);
}

static void setup(void)
{
	const double m[2] = {0, 9}, c[2] = {1, 1};
	egm_mixture_options o = mx_options(1, EGM_COVARIANCE_DIAGONAL);
	context = l_context();
	fill();
	ck_assert_egm(egm_mixture_create(&mixture, context, egm_no_array(), egm_f64(m, COMPONENTS, D),
	                                 COVARIANCES(c, COMPONENTS, D), &o));
}

static void teardown(void)
{
	egm_mixture_free(mixture);
	egm_context_free(context);
}

START_TEST(test_mixture__defaults_are_those_of_the_header)
{
	egm_mixture_options o;
	egm_mixture_result r;
	ck_assert_egm(egm_mixture_options_init(&o, sizeof o));
	ck_assert(o.struct_size == sizeof o && o.components == 1 && o.covariance == EGM_COVARIANCE_FULL && o.fixed == 0);
	ck_assert(o.covariance_floor == 0 && o.seed == 0 && o.starts == 4 && o.max_iterations == 200 &&
	          o.tolerance == 1e-6 && o.row_weights == NULL);
	ck_assert(!o.progress && !o.user);
	if (sizeof(size_t) == 8)
		ck_assert_uint_eq(offsetof(egm_mixture_options, tolerance), 56); /* the last member of 0.4 */
	ck_assert_egm(egm_mixture_result_init(&r, sizeof r));
	ck_assert(r.struct_size == sizeof r && r.iterations == 0 && r.reserved == 0);
	if (sizeof(size_t) == 8) ck_assert_uint_eq(sizeof r, 56);
	ck_assert_int_eq(egm_mixture_options_init(NULL, sizeof o), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_result_init(NULL, sizeof r), EGM_ERR_ARGUMENT);
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
    {offsetof(egm_mixture_options, components), 1, {.i = 0}, "mixture: components = 0 is below 1"},
    {offsetof(egm_mixture_options, components), 1, {.i = INT64_MAX}, "mixture: 9223372036854775807 components"},
    {offsetof(egm_mixture_options, covariance), 0, {.n = 0}, "mixture: covariance = 0 is no EGM_COVARIANCE_*"},
    {offsetof(egm_mixture_options, covariance), 0, {.n = 4}, "mixture: covariance = 4 is no EGM_COVARIANCE_*"},
    {offsetof(egm_mixture_options, fixed), 0, {.n = 8}, "mixture: fixed = 8 is no EGM_MIXTURE_FIX_*"},
    {offsetof(egm_mixture_options, fixed), 0, {.n = -1}, "mixture: fixed = -1 is no EGM_MIXTURE_FIX_*"},
    {offsetof(egm_mixture_options, covariance_floor), 1, {.d = -1}, "covariance_floor = -1 is not a number >= 0"},
    {offsetof(egm_mixture_options, covariance_floor), 1, {.d = NAN}, "covariance_floor = nan is not a number >= 0"},
    {offsetof(egm_mixture_options, covariance_floor), 1, {.d = INFINITY}, "covariance_floor = inf is not a"},
    {offsetof(egm_mixture_options, starts), 1, {.i = 0}, "mixture: starts = 0 is below 1"},
    {offsetof(egm_mixture_options, max_iterations), 1, {.i = 0}, "mixture: max_iterations = 0 is below 1"},
    {offsetof(egm_mixture_options, tolerance), 1, {.d = -1}, "mixture: tolerance = -1 is not a number >= 0"},
    {offsetof(egm_mixture_options, tolerance), 1, {.d = NAN}, "mixture: tolerance = nan is not a number >= 0"},
    {offsetof(egm_mixture_options, struct_size), 1, {.i = 3}, "egm_mixture_options_init was not called"}};

START_TEST(test_mixture__refuses_options_by_name)
{
	const double ones[4] = {1, 0, 0, 1};
	egm_mixture_options o = mx_options(1, EGM_COVARIANCE_FULL);
	egm_mixture *m = mixture;
	memcpy((char *)&o + bad_options[_i].member, &bad_options[_i].value, bad_options[_i].wide ? 8 : 4);
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(x, ROWS, D), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
	ck_assert_msg(strstr(egm_last_error(), bad_options[_i].message) != NULL, "%s", egm_last_error());
	m = mixture;
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(ones, COMPONENTS, D),
	                                    COVARIANCES(ones, COMPONENTS, D), &o),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
	ck_assert_msg(strstr(egm_last_error(), bad_options[_i].message) != NULL, "%s", egm_last_error());
	if (o.components == INT64_MAX) /* egm_mixture_fit has rows to compare with */
		ck_assert_str_eq(egm_last_error(), "mixture: 9223372036854775807 components in 2 dimensions are too many");
}
END_TEST

START_TEST(test_mixture__refuses_numbers_by_component)
{
	const struct {
		double w[2], m[2], c[8];
		egm_status code;
		const char *message;
	} cases[] = {
	    {{1, -1}, {0, 0}, {1, 0, 0, 1, 1, 0, 0, 1}, EGM_ERR_ARGUMENT, "mixture: weight 1 is -1, not a number >= 0"},
	    {{NAN, 1}, {0, 0}, {1, 0, 0, 1, 1, 0, 0, 1}, EGM_ERR_ARGUMENT, "mixture: weight 0 is nan, not a number >= 0"},
	    {{0, 0}, {0, 0}, {1, 0, 0, 1, 1, 0, 0, 1}, EGM_ERR_ARGUMENT, "mixture: the weights sum to 0"},
	    {{1e308, 1e308}, {0, 0}, {1, 0, 0, 1, 1, 0, 0, 1}, EGM_ERR_ARGUMENT, "mixture: the weights sum to inf"},
	    {{1, 1},
	     {0, NAN},
	     {1, 0, 0, 1, 1, 0, 0, 1},
	     EGM_ERR_NONFINITE,
	     "mixture: the mean of component 0 is not finite"},
	    {{1, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, INFINITY},
	     EGM_ERR_NONFINITE,
	     "mixture: the covariance of component 1 is not finite"},
	    {{1, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0.5, 0.4, 1},
	     EGM_ERR_ARGUMENT,
	     "mixture: the covariance of component 1 is not symmetric"},
	    {{1, 1},
	     {0, 0},
	     {1, 2, 2, 1, 1, 0, 0, 1},
	     EGM_ERR_ARGUMENT,
	     "mixture: the covariance of component 0 is not positive definite"},
	    {{1, 1},
	     {0, 0},
	     {1, 0, 0, 1, 1, 0, 0, 0},
	     EGM_ERR_ARGUMENT,
	     "mixture: the covariance of component 1 is not positive definite"}};
	egm_mixture_options o = mx_options(2, EGM_COVARIANCE_FULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		egm_mixture *m = mixture;
		const double means[4] = {cases[i].m[0], cases[i].m[1], 0, 0};
		ck_assert_int_eq(egm_mixture_create(&m, context, egm_f64(cases[i].w, COMPONENTS, 1),
		                                    egm_f64(means, COMPONENTS, 2), COVARIANCES(cases[i].c, COMPONENTS, 2), &o),
		                 cases[i].code);
		ck_assert_ptr_null(m);
		ck_assert_str_eq(egm_last_error(), cases[i].message);
	}
	o.covariance = EGM_COVARIANCE_SPHERICAL;
	egm_mixture *m = NULL;
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64((double[]){0, 0}, COMPONENTS, 1),
	                                    COVARIANCES((double[]){1, -1}, COMPONENTS, 1), &o),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(test_mixture__null_in_every_place)
{
	const double one[4] = {1, 0, 0, 1};
	double out[ROWS];
	egm_mixture *m = NULL;
	ck_assert_int_eq(egm_mixture_create(NULL, context, egm_no_array(), egm_f64(one, COMPONENTS, 2),
	                                    COVARIANCES(one, COMPONENTS, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, NULL, egm_no_array(), egm_f64(one, COMPONENTS, 2),
	                                    COVARIANCES(one, COMPONENTS, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(NULL, COMPONENTS, 2),
	                                    COVARIANCES(one, COMPONENTS, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(one, COMPONENTS, 2),
	                                    COVARIANCES(NULL, COMPONENTS, 2), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(one, COMPONENTS, 0),
	                                    COVARIANCES(one, COMPONENTS, 0), NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_create(&m, context, egm_no_array(), egm_f64(one, COMPONENTS, INT64_MAX),
	                                    COVARIANCES(one, COMPONENTS, INT64_MAX), NULL),
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
	ck_assert_int_eq(egm_mixture_parameters(NULL, out, out, out), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_components(NULL) + egm_mixture_dims(NULL) + egm_mixture_covariance(NULL), 0);
	ck_assert_egm(egm_mixture_parameters(mixture, NULL, NULL, NULL));
	egm_mixture_free(NULL);
	ck_assert_ptr_null(m);
}
END_TEST

/* Whoever takes data refuses the same things, and a step that fails leaves the mixture as it was. */
START_TEST(test_mixture__refuses_data_by_row_and_column)
{
	double out[ROWS];
	mx_numbers before = mx_read(mixture), after;
	const struct {
		egm_dtype dtype;
		int64_t rows, columns;
		double value; /* of row 7, column 1 */
		egm_status code;
		const char *message;
	} cases[] = {
	    {(egm_dtype)3, ROWS, D, 0, EGM_ERR_ARGUMENT, ": dtype 3 is neither EGM_F32 nor EGM_F64"},
	    {EGM_F64, 0, D, 0, EGM_ERR_ARGUMENT, ": x has 0 rows of 2 numbers, it takes 1 rows of 1 or more"},
	    {EGM_F64, -4, D, 0, EGM_ERR_ARGUMENT, ": x has -4 rows of 2 numbers, it takes 1 rows of 1 or more"},
	    {EGM_F64, INT64_MAX, D, 0, EGM_ERR_ARGUMENT, ": x, 9223372036854775807 rows of 2 numbers, is too large"},
	    {EGM_F64, ROWS, D, NAN, EGM_ERR_NONFINITE, ": row 7, column 1 (from 0) of x is nan"},
	    {EGM_F64, ROWS, D, -INFINITY, EGM_ERR_NONFINITE, ": row 7, column 1 (from 0) of x is -inf"},
	    {EGM_F64, ROWS / 2, 2 * D, 0, EGM_ERR_SHAPE, ": x has 4 columns, the mixture 2 dimensions"}};
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
	after = mx_read(mixture);
	ck_assert(!memcmp(&before.w, &after.w, sizeof *before.w) && !memcmp(before.m, after.m, D * sizeof *before.m));
}
END_TEST

/* Squares that overflow, and a floor that a double cannot hold beside the data, are said and leave no mixture. */
START_TEST(test_mixture__numbers_beyond_double)
{
	egm_mixture *m = NULL;
	egm_mixture_options o = mx_options(1, EGM_COVARIANCE_FULL);
	double wide[4] = {1e200, 0, -1e200, 0}, narrow[4] = {1e-200, 0, -1e-200, 0};
	double far[10] = {0, 0, 1, 1, 2, 2, 3, 3, 1e200, 0};
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(wide, 2, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "mixture: the variance of column 0 overflows");
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(narrow, 2, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "mixture: column 0 has a spread of 1.48"));
	ck_assert_int_eq(egm_mixture_fit(&m, context, egm_f64(far, 5, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "mixture: squared distances of the data overflow");
	/* a singular S: where rounding puts its pivot below 0, 1e-40 cannot lift it */
	int refused = 0;
	o.covariance_floor = 1e-40;
	for (int k = 1; k < 20; k++) {
		const double line[6] = {1, k / 7.0, 2, k / 3.5, 4, k / 1.75};
		egm_status st = egm_mixture_fit(&m, context, egm_f64(line, 3, 2), egm_no_array(), &o, NULL, NULL, NULL);
		egm_mixture_free(m);
		if (st == EGM_OK) continue;
		refused++;
		ck_assert_ptr_null(m);
		ck_assert_int_eq(st, EGM_ERR_ARGUMENT);
		ck_assert_str_eq(egm_last_error(),
		                 "mixture: component 0 has no covariance that can be inverted; covariance_floor = 1e-40");
	}
	ck_assert_int_gt(refused, 0);
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
	ck_assert_egm(egm_mixture_result_init(&r, sizeof r));
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
	egm_mixture_options o = mx_options(2, kind);
	st = egm_mixture_fit(&fitted, c, egm_f64(x, ROWS, D), egm_no_array(), &o, NULL, NULL, NULL);
	ck_assert((st == EGM_OK) == (fitted != NULL));
	if (st == EGM_OK) st = egm_mixture_parameters(fitted, w, means, covariances);
	if (st == EGM_OK)
		st = egm_mixture_create(&made, c, egm_f64(w, COMPONENTS, 1), egm_f64(means, COMPONENTS, D),
		                        COVARIANCES(covariances, COMPONENTS, D), &o);
	ck_assert(st == EGM_OK || !made);
	if (st == EGM_OK) st = egm_mixture_step(made, egm_f64(x, ROWS, D), egm_no_array(), NULL);
	if (st == EGM_OK) st = egm_mixture_log_density(made, egm_f64(x, ROWS, D), egm_f64_out(out, ROWS, 1));
	if (st == EGM_OK)
		st = egm_mixture_responsibilities(made, egm_f64(x, ROWS, D),
		                                  egm_f64_out(out, ROWS, egm_mixture_components(made)));
	if (st == EGM_OK) st = egm_mixture_sample(made, 1, egm_f64_out(out, ROWS, egm_mixture_dims(made)));
	if (st == EGM_OK) st = egm_mixture_energy_f64(ROWS, x, u, out, made) ? EGM_ERR_MEMORY : EGM_OK;
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
	egm_mixture_options o = mx_options(2, EGM_COVARIANCE_FULL);
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

static egm_status fit_until(egm_mixture_options *o, int64_t at, stopper *s, egm_mixture **m, egm_mixture_result *r)
{
	*s = (stopper){.at = at};
	o->progress = stop_at;
	o->user = s;
	ck_assert_egm(egm_mixture_result_init(r, sizeof *r));
	return egm_mixture_fit(m, context, egm_f64(x, ROWS, D), egm_no_array(), o, r, NULL, NULL);
}

static void assert_same_mixture(const egm_mixture *a, const egm_mixture *b)
{
	mx_numbers n = mx_read(a), m = mx_read(b);
	ck_assert_mem_eq(n.w, m.w, 2 * sizeof *n.w);
	ck_assert_mem_eq(n.m, m.m, 2 * D * sizeof *n.m);
	ck_assert_mem_eq(n.c, m.c, 2 * D * D * sizeof *n.c);
}

/* Of one start: stopped after k steps it is the fit of k steps, and goes on to the fit of k + 2. */
START_TEST(test_mixture__a_stopped_fit_goes_on)
{
	egm_mixture *stopped = NULL, *whole = NULL;
	egm_mixture_options o = mx_options(2, EGM_COVARIANCE_FULL);
	egm_mixture_result r, of_whole;
	stopper s;
	fill();
	for (int i = 0; i < ROWS * D; i++) x[i] = i / D % 2 ? x[i] - 8 : x[i]; /* overlapping: EM takes its time */
	o.starts = 1;
	o.tolerance = 0;
	for (int64_t k = 1; k < 8; k++) {
		o.max_iterations = 20;
		ck_assert_int_eq(fit_until(&o, k, &s, &stopped, &r), EGM_ERR_STOPPED);
		ck_assert_ptr_nonnull(strstr(egm_last_error(), "egm_mixture_fit: the progress callback stopped it after step"));
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
	egm_mixture_options o = mx_options(2, EGM_COVARIANCE_FULL);
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
	TCase *t = tcase_create("refusals");
	tcase_set_tags(t, "R17 R18");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_mixture__defaults_are_those_of_the_header);
	tcase_add_loop_test(t, test_mixture__refuses_options_by_name, 0, sizeof bad_options / sizeof *bad_options);
	tcase_add_test(t, test_mixture__refuses_numbers_by_component);
	tcase_add_test(t, test_mixture__null_in_every_place);
	tcase_add_test(t, test_mixture__refuses_data_by_row_and_column);
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
