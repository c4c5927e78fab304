/* SPDX-License-Identifier: MIT */
/* Batch normalisation compared with its formulas in long double: on a batch, with the next running statistics, and row
 * by row with running statistics. */
#include <compile/program_impl.h>
#include <fixture.h>
#include <float.h>
#include <model/model_impl.h>
#include <oracle/interpret.h>

enum { SLOT_X = 1, SLOT_NET, SLOT_Y, SLOT_STATISTICS, SLOT_DX, SLOT_W };
enum { MOST = 1024, MOST_C = 32 };

#define EPSILON 1e-3
#define MOMENTUM 0.3

typedef struct shape {
	int64_t rows, pixels, channels; /* pixels 0: no image */
} shape;

static const shape shapes[] = {{4, 0, 3}, {2, 0, 1}, {3, 4, 2}, {1, 6, 5}, {7, 1, 4}, {5, 9, 17}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static int64_t width_of(const shape *s)
{
	return (s->pixels ? s->pixels : 1) * s->channels;
}

static egm_model *norm_net(egm_context *c, const shape *s, egm_dtype dtype)
{
	egm_model *m = NULL;
	ck_assert_int_eq(egm_model_create(&m, c, "norm", width_of(s)), EGM_OK);
	if (s->pixels) ck_assert_int_eq(egm_model_image(m, 1, s->pixels, s->channels), EGM_OK);
	ck_assert_int_eq(egm_model_batch_norm(m, EPSILON, MOMENTUM), EGM_OK);
	ck_assert_int_eq(egm_model_build(m, dtype, 1), EGM_OK);
	return m;
}

/* ---- the oracle */

typedef struct moments {
	long double mean[MOST_C], var[MOST_C];
} moments;

static moments moments_of(const shape *s, const double *x)
{
	moments m = {{0}, {0}};
	int64_t c = s->channels, n = s->rows * width_of(s);
	long double each = (long double)c / (long double)n;
	for (int64_t i = 0; i < n; i++) m.mean[i % c] += x[i] * each;
	for (int64_t i = 0; i < n; i++) m.var[i % c] += (x[i] - m.mean[i % c]) * (x[i] - m.mean[i % c]) * each;
	return m;
}

/* p: weight, bias, ... */
static double norm_at(const shape *s, const moments *m, const double *p, const double *x, int64_t i)
{
	int64_t c = i % s->channels;
	return (double)((x[i] - m->mean[c]) / sqrtl(m->var[c] + EPSILON) * p[c] + p[s->channels + c]);
}

static void follow(const shape *s, moments *running, const moments *batch)
{
	long double n = (long double)(s->rows * (s->pixels ? s->pixels : 1));
	for (int64_t c = 0; c < s->channels; c++) {
		running->mean[c] = (1 - MOMENTUM) * running->mean[c] + MOMENTUM * batch->mean[c];
		running->var[c] = (1 - MOMENTUM) * running->var[c] + MOMENTUM * batch->var[c] * n / (n - 1);
	}
}

/* ---- a batch through the net, and then another; sum of w y by x of the first */

typedef struct pass {
	double x[2 * MOST], y[2 * MOST], w[MOST], dx[MOST], statistics[2 * MOST_C];
} pass;

static void run_twice(const egm_model *m, const shape *s, pass *p, int interpret)
{
	egm__graph *g = NULL;
	egm__program *program = NULL;
	int64_t n = s->rows * width_of(s), c = s->channels;
	egm__shape rows = egm__shape2(s->rows, width_of(s));
	egm__id tensors[8], dx;
	for (int i = 0; i < 8; i++) tensors[i] = EGM__NONE;
	ck_assert_int_eq(egm__graph_create(&g, m->context, m->dtype), EGM_OK);
	egm__id x = egm__leaf(g, SLOT_X, 0, rows), w = egm__leaf(g, SLOT_W, 0, rows);
	egm__id y = egm__model_apply_batch(g, m, SLOT_NET, x, tensors);
	egm__id z = egm__model_apply_batch(g, m, SLOT_NET, egm__leaf(g, SLOT_X, n, rows), tensors);
	egm__gradient(g, egm__mul(g, y, w), 1, &x, &dx);
	egm__graph_output(g, y, SLOT_Y, 0);
	egm__graph_output(g, z, SLOT_Y, n);
	egm__graph_output(g, dx, SLOT_DX, 0);
	egm__graph_output(g, tensors[2], SLOT_STATISTICS, 0);
	egm__graph_output(g, tensors[3], SLOT_STATISTICS, c);
	ck_assert_msg(egm__graph_status(g) == EGM_OK, "%s", egm_last_error());
	static float f[6][2 * MOST];
	double *arrays[6] = {p->x, NULL, p->y, p->statistics, p->dx, p->w};
	void *bases[EGM__MAX_SLOTS] = {NULL, p->x, m->parameters, p->y, p->statistics, p->dx, p->w};
	for (int i = 0; m->dtype == EGM_F32 && i < 6; i++) {
		if (!arrays[i]) continue;
		int64_t size = arrays[i] == p->x || arrays[i] == p->y ? 2 * n : arrays[i] == p->statistics ? 2 * c : n;
		store(EGM_F32, size, arrays[i], f[i]);
		bases[i + 1] = f[i];
	}
	if (interpret) {
		ck_assert_int_eq(egm__graph_interpret(g, bases, 0, 0), EGM_OK);
	} else {
		ck_assert_int_eq(egm__program_create(&program, g), EGM_OK);
		egm__program_run(program, bases, 0, 0);
	}
	for (int i = 2; m->dtype == EGM_F32 && i < 5; i++) {
		int64_t size = i == 2 ? 2 * n : i == 3 ? 2 * c : n;
		for (int64_t k = 0; k < size; k++) arrays[i][k] = at(EGM_F32, f[i], k);
	}
	egm__program_free(program);
	egm__graph_free(g);
}

/* Parameters and points that f32 has exactly. */
static void draw(egm_model *m, const shape *s, pass *p, double *parameters)
{
	static float buffer[4 * MOST_C];
	int64_t n = s->rows * width_of(s), c = s->channels;
	memset(p, 0, sizeof *p);
	fill_numbers(7, 4 * c, parameters);
	for (int64_t i = 0; i < c; i++) parameters[3 * c + i] = 1 + parameters[3 * c + i] / 2;
	fill_numbers(8, 2 * n, p->x);
	fill_numbers(9, n, p->w);
	for (int64_t i = 0; i < 4 * c; i++) parameters[i] = (double)(float)parameters[i];
	for (int64_t i = 0; i < 2 * n; i++) p->x[i] = (double)(float)(p->x[i] + 3 * (double)(i % c));
	for (int64_t i = 0; i < n; i++) p->w[i] = (double)(float)p->w[i];
	store(m->dtype, 4 * c, parameters, m->dtype == EGM_F32 ? (void *)buffer : parameters);
	ck_assert_msg(egm_model_set_parameters(
	                  m, egm_array_of(m->dtype, m->dtype == EGM_F32 ? (void *)buffer : parameters, 4 * c, 1)) == EGM_OK,
	              "%s", egm_last_error());
}

static void check_batch(egm_context *context_, const shape *s, egm_dtype dtype)
{
	static pass p;
	double parameters[4 * MOST_C];
	egm_model *m = norm_net(context_, s, dtype);
	int64_t n = s->rows * width_of(s), c = s->channels;
	draw(m, s, &p, parameters);
	run_twice(m, s, &p, 0);
	moments running, batch[2] = {moments_of(s, p.x), moments_of(s, p.x + n)};
	for (int64_t k = 0; k < c; k++) {
		running.mean[k] = parameters[2 * c + k];
		running.var[k] = parameters[3 * c + k];
	}
	for (int i = 0; i < 2; i++) follow(s, &running, &batch[i]);
	/* The mean of values up to 3 c is off by up to n roundings of it, which the division by sqrt(var + eps) >= 0.03
	 * enlarges; rounded by a wide margin, far below what another formula gives. */
	double u = dtype == EGM_F32 ? FLT_EPSILON : DBL_EPSILON, tol = u * (double)(s->rows + 8) * (3 * (double)c + 4) * 32;
	for (int i = 0; i < 2; i++)
		for (int64_t k = 0; k < n; k++) {
			double want = norm_at(s, &batch[i], parameters, p.x + i * n, k);
			ck_assert_msg(fabs(p.y[i * n + k] - want) <= tol, "batch %d, number %d: %.9g, not %.9g", i, (int)k,
			              p.y[i * n + k], want);
		}
	for (int64_t k = 0; k < c; k++) {
		ck_assert(fabs(p.statistics[k] - (double)running.mean[k]) <= tol);
		ck_assert_msg(fabs(p.statistics[c + k] - (double)running.var[k]) <= tol, "%.9g, not %.9g", p.statistics[c + k],
		              (double)running.var[k]);
	}
	egm_model_free(m);
}

START_TEST(test_batch_norm__on_batches_is_its_formula)
{
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
		egm_context *c = NULL;
		o.simd = simd;
		if (egm_context_create(&c, &o) != EGM_OK) continue; /* this CPU lacks the path */
		check_batch(c, &shapes[_i], EGM_F32);
		check_batch(c, &shapes[_i], EGM_F64);
		egm_context_free(c);
	}
}
END_TEST

/* Batches far from 0 against their spread, in f32. With R the largest |x - x_0| and u = 2^-24, the n differences are
 * off by u R, their sum in f32 by n u n R, so the mean and each d by (n + 2) u R; squares, sum and root add n + 8
 * roundings of the quotient, bias and weight four. A mean of x itself would be off by u |x|: 1e-3 of y here. */
START_TEST(test_batch_norm__of_far_batches_in_f32)
{
	static pass p;
	const shape *s = &shapes[_i];
	double parameters[4 * MOST_C];
	const double u = 0x1p-24, far = 1e4;
	egm_model *m = norm_net(context, s, EGM_F32);
	int64_t c = s->channels, n = s->rows * width_of(s);
	draw(m, s, &p, parameters);
	for (int64_t i = 0; i < 2 * n; i++) p.x[i] = (double)(float)(p.x[i] + far);
	run_twice(m, s, &p, 0);
	for (int batch = 0; batch < 2; batch++) {
		const double *x = p.x + batch * n;
		moments of = moments_of(s, x);
		for (int64_t k = 0; k < n; k++) {
			double range = 0, pixels = (double)(n / c), sigma = (double)sqrtl(of.var[k % c] + EPSILON);
			for (int64_t i = k % c; i < n; i += c) range = fmax(range, fabs(x[i] - x[k % c]));
			double want = norm_at(s, &of, parameters, x, k), gain = fabs(parameters[k % c]);
			double tol =
			    u * ((pixels + 2) * range / sigma * gain + (pixels + 12) * range / sigma * gain + 4 * fabs(want));
			ck_assert_msg(fabs(p.y[batch * n + k] - want) <= tol, "number %d: %.9g, not %.9g", (int)k,
			              p.y[batch * n + k], want);
		}
	}
	egm_model_free(m);
}
END_TEST

/* By differences of the interpreter's values: h = 1e-6 leaves h^2 f''' and eps f / h near 1e-9 where the variance is
 * above EPSILON = 1e-3, whose root divides twice. */
START_TEST(test_batch_norm__gradient_runs_through_the_statistics)
{
	static pass p, q;
	const shape *s = &shapes[_i];
	const double h = 1e-6;
	double parameters[4 * MOST_C];
	egm_model *m = norm_net(context, s, EGM_F64);
	int64_t n = s->rows * width_of(s);
	draw(m, s, &p, parameters);
	run_twice(m, s, &p, 0);
	for (int64_t i = 0; i < n; i++) {
		double f[2] = {0, 0};
		for (int side = 0; side < 2; side++) {
			q = p;
			q.x[i] += side ? h : -h;
			run_twice(m, s, &q, 1);
			for (int64_t k = 0; k < n; k++) f[side] += p.w[k] * q.y[k];
		}
		double want = (f[1] - f[0]) / (2 * h);
		ck_assert_msg(fabs(p.dx[i] - want) <= 1e-5 * fmax(1, fabs(want)), "%.9g, not %.9g", p.dx[i], want);
	}
	egm_model_free(m);
}
END_TEST

START_TEST(test_batch_norm__row_by_row_uses_running_statistics)
{
	static pass p;
	static float f[MOST], g[MOST], before[4 * MOST_C], after[4 * MOST_C];
	static double y[MOST], one[MOST];
	const shape *s = &shapes[_i];
	double parameters[4 * MOST_C];
	for (int t = 0; t < 2; t++) {
		egm_dtype dtype = t ? EGM_F64 : EGM_F32;
		egm_model *m = norm_net(context, s, dtype);
		int64_t width = width_of(s), n = s->rows * width, c = s->channels;
		size_t row = (size_t)width * (t ? 8 : 4);
		draw(m, s, &p, parameters);
		moments running;
		for (int64_t k = 0; k < c; k++) {
			running.mean[k] = parameters[2 * c + k];
			running.var[k] = parameters[3 * c + k];
		}
		store(EGM_F32, n, p.x, f);
		const void *x = t ? (void *)p.x : f;
		void *out = t ? (void *)y : g;
		ck_assert_int_eq(egm_model_parameters(m, egm_out_of(dtype, t ? (void *)one : before, 4 * c, 1)), EGM_OK);
		ck_assert_int_eq(egm_model_run(m, egm_array_of(dtype, x, s->rows, width),
		                               egm_out_of(dtype, out, s->rows, egm_model_outputs(m))),
		                 EGM_OK);
		for (int64_t k = 0; k < n; k++) {
			double want = norm_at(s, &running, parameters, p.x, k), got = at(dtype, out, k);
			/* var >= 1/2; five roundings of numbers up to 3 c + 4 */
			ck_assert(fabs(got - want) <= 16 * (t ? DBL_EPSILON : FLT_EPSILON) * (3 * (double)c + 4));
		}
		/* the last row alone: the same bits */
		ck_assert_int_eq(egm_model_run(m, egm_array_of(dtype, (const char *)x + (size_t)(s->rows - 1) * row, 1, width),
		                               egm_out_of(dtype, one, 1, egm_model_outputs(m))),
		                 EGM_OK);
		ck_assert_mem_eq(one, (char *)out + (size_t)(s->rows - 1) * row, row);
		/* and nothing has moved */
		ck_assert_int_eq(egm_model_parameters(m, egm_out_of(dtype, t ? (void *)y : after, 4 * c, 1)), EGM_OK);
		if (!t) ck_assert_mem_eq(before, after, (size_t)(4 * c) * sizeof *before);
		if (t) ck_assert_mem_eq(parameters, y, (size_t)(4 * c) * sizeof *y);
		egm_model_free(m);
	}
}
END_TEST

/* ---- tensors and misuse */

START_TEST(test_batch_norm__starts_as_the_identity_it_can_be)
{
	double p[12];
	const double want[12] = {1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1};
	egm_model *m = empty_model("m", 3), *copy = NULL;
	egm_model_set_initializer(m, EGM_INIT_DCGAN_NORMAL); /* has no say */
	egm_model_batch_norm(m, 1e-5, 1);
	ck_assert_int_eq(egm_model_build(m, EGM_F64, 1), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(m, egm_f64_out(p, 12, 1)), EGM_OK);
	ck_assert_mem_eq(p, want, sizeof want);
	ck_assert_int_eq(egm_model_set_tensor(m, "0.running_mean", egm_f64((double[]){1, -2, 3}, 3, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_set_tensor(m, "0.weight", egm_f64((double[]){4, 5, 6}, 3, 1)), EGM_OK);
	egm__model_clip(m, 0.5); /* trained tensors alone */
	ck_assert_int_eq(egm_model_clone(&copy, m), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(copy, egm_f64_out(p, 12, 1)), EGM_OK);
	ck_assert(p[0] == 0.5 && p[6] == 1 && p[7] == -2 && p[8] == 3 && p[9] == 1);
	ck_assert_int_eq(copy->statistics, 6);
	egm_model_free(copy);
	egm_model_free(m);
}
END_TEST

START_TEST(test_batch_norm__refuses_what_is_out_of_range)
{
	static const struct {
		double epsilon, momentum;
		const char *text;
	} rows[] = {
	    {0, 0.1, "epsilon of layer 0 (batch_norm) of model 'm' is 0, must be above 0 and finite"},
	    {NAN, 0.1, "epsilon of layer 0 (batch_norm) of model 'm' is nan, must be above 0 and finite"},
	    {1e-5, 0, "momentum of layer 0 (batch_norm) of model 'm' is 0, must be in (0, 1]"},
	    {1e-5, 1.5, "momentum of layer 0 (batch_norm) of model 'm' is 1.5, must be in (0, 1]"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		egm_model *m = empty_model("m", 3);
		expect(egm_model_batch_norm(m, rows[i].epsilon, rows[i].momentum), EGM_ERR_ARGUMENT, rows[i].text);
		egm_model_free(m);
	}
	ck_assert_int_eq(egm_model_batch_norm(NULL, 1e-5, 0.1), EGM_ERR_ARGUMENT);
	double p[4] = {1, 0, 0, -0.5}, q[4];
	const shape one = {1, 0, 1};
	egm_model *m = norm_net(context, &one, EGM_F64);
	expect(egm_model_set_parameters(m, egm_f64(p, 4, 1)), EGM_ERR_ARGUMENT,
	       "0.running_var[0] of model 'norm' is -0.5, must be at least 0");
	expect(egm_model_set_tensor(m, "0.running_var", egm_f64(p + 3, 1, 1)), EGM_ERR_ARGUMENT,
	       "0.running_var[0] of model 'norm' is -0.5, must be at least 0");
	p[3] = NAN;
	ck_assert_int_eq(egm_model_set_parameters(m, egm_f64(p, 4, 1)), EGM_ERR_NONFINITE);
	ck_assert_int_eq(egm_model_parameters(m, egm_f64_out(q, 4, 1)), EGM_OK);
	ck_assert(q[3] == 1);
	egm_model_free(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("batch_norm");
	TCase *tc = new_case(suite, "values", "R3");
	tcase_add_loop_test(tc, test_batch_norm__on_batches_is_its_formula, 0, N_SHAPES);
	tcase_add_loop_test(tc, test_batch_norm__of_far_batches_in_f32, 0, N_SHAPES);
	tcase_add_loop_test(tc, test_batch_norm__gradient_runs_through_the_statistics, 0, N_SHAPES);
	tcase_add_loop_test(tc, test_batch_norm__row_by_row_uses_running_statistics, 0, N_SHAPES);
	tc = new_case(suite, "tensors", "R17");
	tcase_add_test(tc, test_batch_norm__starts_as_the_identity_it_can_be);
	tcase_add_test(tc, test_batch_norm__refuses_what_is_out_of_range);
	return egm_test_main(suite);
}
