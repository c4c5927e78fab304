/* SPDX-License-Identifier: MIT */
/* Spectral normalisation: the singular value that it divides by, the rate of convergence, its gradient, and how the
 * buffers u and v behave in a model. */
#include <compile/program_impl.h>
#include <fixture.h>
#include <model/model_impl.h>
#include <oracle/interpret.h>
#include <singular.h>

/* ---- a layer, its tensors as doubles */

typedef struct layer {
	int64_t units, inputs;
	double w[SINGULAR_MAX * SINGULAR_MAX], u[SINGULAR_MAX], v[SINGULAR_MAX];
} layer;

static void get(const egm_model *model, const char *name, int64_t n, double *out)
{
	double raw[SINGULAR_MAX * SINGULAR_MAX];
	ck_assert_int_eq(egm_model_tensor(model, name, egm_out_of(egm_model_dtype(model), raw, n, 1)), EGM_OK);
	for (int64_t i = 0; i < n; i++) out[i] = at(egm_model_dtype(model), raw, i);
}

static void set(egm_model *model, const char *name, int64_t n, const double *values)
{
	double raw[SINGULAR_MAX * SINGULAR_MAX];
	store(egm_model_dtype(model), n, values, raw);
	ck_assert_int_eq(egm_model_set_tensor(model, name, egm_array_of(egm_model_dtype(model), raw, n, 1)), EGM_OK);
}

static egm_model *spectral(egm_dtype dtype, int64_t units, int64_t inputs, const double *weight)
{
	const net_spec net = {inputs, 1, {{"spectral_dense", units, 0}}};
	egm_model *model = new_model(context, "spectral", &net, dtype, 5);
	const double zeros[SINGULAR_MAX] = {0};
	set(model, "0.bias", units, zeros);
	if (weight) set(model, "0.weight", units * inputs, weight);
	return model;
}

static layer read_layer(const egm_model *model)
{
	layer l = {.units = model->layers[0].outputs, .inputs = model->layers[0].inputs};
	get(model, "0.weight", l.units * l.inputs, l.w);
	get(model, "0.u", l.units, l.u);
	get(model, "0.v", l.inputs, l.v);
	return l;
}

/* u^T W v */
static double estimate(const egm_model *model)
{
	layer l = read_layer(model);
	long double sum = 0;
	for (int64_t o = 0; o < l.units; o++)
		for (int64_t i = 0; i < l.inputs; i++) sum += (long double)l.u[o] * l.w[o * l.inputs + i] * l.v[i];
	return (double)sum;
}

/* All parameters of an f64 model with at most 64. */
static int64_t get_all(const egm_model *model, double out[64])
{
	int64_t n = egm_model_parameter_count(model);
	ck_assert_int_le(n, 64);
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(out, n, 1)), EGM_OK);
	return n;
}

static double epsilon_of(egm_dtype dtype)
{
	return dtype == EGM_F32 ? 0x1p-23 : 0x1p-52;
}

static const double diagonal[4] = {3, 0, 0, 1};
/* E26: 3 u v^T + u2 e2^T with u = (1, -1)/sqrt2, v = e1, u2 = (1, 1)/sqrt2 */
static const double blind[4] = {3 * M_SQRT1_2, M_SQRT1_2, -3 * M_SQRT1_2, M_SQRT1_2};

/* ---- the value */

START_TEST(test_spectral__divides_diag_3_1_by_3)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	egm_model *model = spectral(dtype, 2, 2, diagonal);
	const double identity[4] = {1, 0, 0, 1}, want[4] = {1, 0, 0, 1.0 / 3};
	double x[4], y[4];
	/* 100 rounds shrink the angle by 9^100: what is left is rounding, of u and of v once each and of the product */
	ck_assert(fabs(estimate(model) - 3) <= 3 * 3 * epsilon_of(dtype));
	store(dtype, 4, identity, x);
	ck_assert_int_eq(
	    egm_model_run(model, egm_array_of(dtype, x, 2, 2), egm_out_of(dtype, y, 2, egm_model_outputs(model))), EGM_OK);
	for (int i = 0; i < 4; i++) ck_assert(fabs(at(dtype, y, i) - want[i]) <= 6 * epsilon_of(dtype));
	egm_model_free(model);
}
END_TEST

/* v after round k is along (9^k, 3) / ..., from u = (1, 1): its tangent is 3 * 9^-k, the squared sine t^2 / (1 + t^2),
 * and |W v|^2 = (9 + t^2) / (1 + t^2). */
START_TEST(test_spectral__round_shrinks_the_angle_by_the_squared_ratio)
{
	const double start[2] = {M_SQRT1_2, M_SQRT1_2};
	egm_model *model = spectral(EGM_F64, 2, 2, diagonal);
	double tangent = 3, before = 0;
	set(model, "0.u", 2, start);
	for (int k = 1; k <= 7; k++) {
		egm__model_refresh(model);
		layer l = read_layer(model);
		double error = 3 - estimate(model);
		tangent /= 9;
		/* two products and two normalisations a round, each of a few roundings, all relative: diag keeps them apart */
		ck_assert(fabs(l.v[1] / l.v[0] - tangent) <= 1e-14 * tangent);
		ck_assert(fabs(error - (3 - sqrt((9 + tangent * tangent) / (1 + tangent * tangent)))) <= 4e-15);
		/* (s2/s1)^4 = 1/81 up to the next order, 2 t^2 = 1/5 at k = 1, while rounding of 4e-15 is far below */
		if (k > 1 && k < 5) ck_assert(fabs(error / before * 81 - 1) <= 0.2);
		before = error;
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_spectral__sees_what_an_all_ones_start_is_blind_to)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	const double ones[2] = {1, 1};
	egm_model *model = spectral(dtype, 2, 2, blind);
	ck_assert(fabs(estimate(model) - 3) <= 3 * 4 * epsilon_of(dtype)); /* as for diag(3, 1), and W itself rounded */
	set(model, "0.u", 2, ones);
	for (int k = 0; k < 5; k++) egm__model_refresh(model);
	ck_assert(fabs(estimate(model) - 1) <= 4 * epsilon_of(dtype)); /* the loop that E26 is about */
	set(model, "0.weight", 4, blind);
	ck_assert(fabs(estimate(model) - 3) <= 3 * 4 * epsilon_of(dtype));
	egm_model_free(model);
}
END_TEST

/* u of the old matrix, (1, 0), is a singular vector of the new one, too: not that of the largest value. */
START_TEST(test_spectral__a_new_weight_forgets_the_old_vectors)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	const double turned[4] = {1, 0, 0, 3};
	egm_model *model = spectral(dtype, 2, 2, diagonal);
	set(model, "0.weight", 4, turned);
	ck_assert(fabs(estimate(model) - 3) <= 3 * 3 * epsilon_of(dtype));
	egm_model_free(model);
}
END_TEST

static const int64_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 9}, {9, 2}, {17, 31}, {31, 17}, {32, 32}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static void check_shape(egm_dtype dtype, int64_t units, int64_t inputs, double scale)
{
	double w[SINGULAR_MAX * SINGULAR_MAX] = {0}, second;
	fill_numbers((uint64_t)(units * 100 + inputs), units * inputs, w);
	for (int64_t i = 0; i < units * inputs; i++) w[i] = scale * (w[i] + 0.5);
	egm_model *model = spectral(dtype, units, inputs, w);
	layer l = read_layer(model);
	for (int64_t i = 0; i < units * inputs; i++) l.w[i] /= scale; /* squares in the oracle stay in range */
	double largest = largest_singular_value(units, inputs, l.w, &second), got = estimate(model) / scale;
	/* What 100 rounds leave of the other vectors: (s2/s1)^200 of an angle whose tangent starts below 1e4. The rest is
	 * rounding: u and v of length 1 within an epsilon, errors of direction count squared. */
	ck_assert_msg(pow(second / largest, 400) <= 1e-24, "singular values %g and %g", largest, second);
	ck_assert_msg(fabs(got - largest) <= 4 * epsilon_of(dtype) * largest, "%d x %d: %.17g, not %.17g", (int)units,
	              (int)inputs, got, largest);
	egm_model_free(model);
}

START_TEST(test_spectral__equals_jacobi_for_every_shape)
{
	check_shape(EGM_F32, shapes[_i][0], shapes[_i][1], 1);
	check_shape(EGM_F64, shapes[_i][0], shapes[_i][1], 1);
}
END_TEST

/* Squares of these elements leave the range of the dtype. */
START_TEST(test_spectral__holds_at_every_scale)
{
	check_shape(EGM_F32, 5, 3, 0x1p-100);
	check_shape(EGM_F32, 5, 3, 0x1p100);
	check_shape(EGM_F64, 5, 3, 0x1p-800);
	check_shape(EGM_F64, 5, 3, 0x1p800);
}
END_TEST

START_TEST(test_spectral__zero_weight_is_the_bias)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	const double zeros[6] = {0}, bias[3] = {1, -2, 0.5}, points[4] = {1, 2, -3, 4};
	double x[4], y[6], u[3], after[3];
	egm_model *model = spectral(dtype, 3, 2, zeros);
	set(model, "0.bias", 3, bias);
	store(dtype, 4, points, x);
	ck_assert_int_eq(
	    egm_model_run(model, egm_array_of(dtype, x, 2, 2), egm_out_of(dtype, y, 2, egm_model_outputs(model))), EGM_OK);
	for (int i = 0; i < 6; i++) ck_assert(at(dtype, y, i) == bias[i % 3]);
	get(model, "0.u", 3, u);
	egm__model_refresh(model);
	get(model, "0.u", 3, after);
	ck_assert_mem_eq(u, after, sizeof u); /* it waits for a weight */
	ck_assert(u[0] != 0 && u[1] != 0 && u[2] != 0);
	egm_model_free(model);
	model = spectral(dtype, 1, 2, zeros);
	ck_assert_int_eq(
	    egm_model_energy_gradient(model, egm_array_of(dtype, x, 2, 2), egm_no_out(), egm_out_of(dtype, y, 2, 2)),
	    EGM_OK);
	for (int i = 0; i < 4; i++) ck_assert(at(dtype, y, i) == 0);
	egm_model_free(model);
}
END_TEST

START_TEST(test_spectral__leaves_a_u_that_says_nothing)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	const double flat[4] = {3, 4, 0, 0}, starts[2][2] = {{0, 1}, {0, 0}};
	for (int k = 0; k < 2; k++) {
		egm_model *model = spectral(dtype, 2, 2, flat);
		set(model, "0.u", 2, starts[k]); /* W^T u = 0 */
		egm__model_refresh(model);
		ck_assert(fabs(estimate(model) - 5) <= 5 * 3 * epsilon_of(dtype)); /* rank 1: exact after one round */
		egm_model_free(model);
	}
}
END_TEST

START_TEST(test_spectral__a_weight_that_is_no_number_leaves_u)
{
	double u[2], after[2];
	egm_model *model = spectral(EGM_F64, 2, 2, diagonal);
	get(model, "0.u", 2, u);
	((double *)model->parameters)[1] = NAN; /* as a step that is far too long leaves it */
	egm__model_refresh(model);
	get(model, "0.u", 2, after);
	ck_assert_mem_eq(u, after, sizeof u);
	egm_model_free(model);
}
END_TEST

/* ---- the gradient, u and v held */

enum { SLOT_X = 1, SLOT_NET, SLOT_C, SLOT_VALUE, SLOT_GRADIENT };

typedef egm__id objective(egm__graph *graph, const egm_model *model, egm__id x, egm__id y);

/* L and dL/dW of tensor `tensor` by program, or L alone by the interpreter (gradient NULL). */
static double run_objective(const egm_model *model, int32_t tensor, objective *f, int64_t rows, double *x, double *c,
                            double *gradient)
{
	egm__graph *graph;
	egm__program *program;
	double value = NAN;
	ck_assert_int_eq(egm__graph_create(&graph, context, EGM_F64), EGM_OK);
	egm__id leaf = egm__leaf(graph, SLOT_X, 0, egm__shape2(rows, model->inputs));
	egm__id l = f(graph, model, leaf, egm__model_apply(graph, model, SLOT_NET, leaf));
	egm__graph_output(graph, egm__sum(graph, l, 3), SLOT_VALUE, 0);
	void *bases[EGM__MAX_SLOTS] = {NULL, x, model->parameters, c, &value, gradient};
	if (gradient) {
		egm__id w = egm__model_leaf(graph, model, SLOT_NET, tensor), slope;
		egm__gradient(graph, l, 1, &w, &slope);
		egm__graph_output(graph, slope, SLOT_GRADIENT, 0);
		ck_assert_msg(egm__program_create(&program, graph) == EGM_OK, "%s", egm_last_error());
		egm__program_run(program, bases, 0, 0);
		egm__program_free(program);
	} else {
		ck_assert_int_eq(egm__graph_interpret(graph, bases, 0, 0), EGM_OK);
	}
	egm__graph_free(graph);
	return value;
}

/* sum c y */
static egm__id weighted(egm__graph *g, const egm_model *model, egm__id x, egm__id y)
{
	return egm__mul(g, y, egm__leaf(g, SLOT_C, 0, *egm__graph_shape(g, y)));
}

static egm__id squared(egm__graph *g, const egm_model *model, egm__id x, egm__id y)
{
	return egm__square(g, y);
}

/* sum |dy/dx|^2, as a gradient penalty has it: its gradient is a second derivative */
static egm__id slopes(egm__graph *g, const egm_model *model, egm__id x, egm__id y)
{
	egm__id slope;
	egm__gradient(g, y, 1, &x, &slope);
	return egm__square(g, slope);
}

enum { G_UNITS = 4, G_INPUTS = 3 };

/* d(W/s) = (dW - (W/s) <u v^T, dW>) / s, so for L = c^T y at one x: dL/dW = (c x^T - (c^T W x / s) u v^T) / s. */
START_TEST(test_spectral__gradient_is_the_formula)
{
	double x[G_INPUTS], c[G_UNITS], g[G_UNITS * G_INPUTS];
	egm_model *model = spectral(EGM_F64, G_UNITS, G_INPUTS, NULL);
	layer l = read_layer(model);
	double s = estimate(model), level = 0;
	fill_numbers(1, G_INPUTS, x);
	fill_numbers(2, G_UNITS, c);
	run_objective(model, 0, weighted, 1, x, c, g);
	for (int o = 0; o < G_UNITS; o++)
		for (int i = 0; i < G_INPUTS; i++) level += c[o] * l.w[o * G_INPUTS + i] * x[i] / s;
	for (int o = 0; o < G_UNITS; o++)
		for (int i = 0; i < G_INPUTS; i++) {
			double want = (c[o] * x[i] - level * l.u[o] * l.v[i]) / s;
			/* a dozen terms below 1, over s of about 0.8 */
			ck_assert(fabs(g[o * G_INPUTS + i] - want) <= 1e-14);
		}
	egm_model_free(model);
}
END_TEST

/* No step of W moves u^T (W/s) v = 1: of what a step does to W/s, the part along u v^T is projected out. And W/s does
 * not see the length of W: <W, dL/dW> = 0 for every L. */
START_TEST(test_spectral__gradient_projects_out_the_leading_pair)
{
	double g[G_UNITS * G_INPUTS], x[2 * G_INPUTS], along = 0;
	egm_model *model = spectral(EGM_F64, G_UNITS, G_INPUTS, NULL);
	layer l = read_layer(model);
	ck_assert(fabs(run_objective(model, 0, weighted, 1, l.v, l.u, g) - 1) <= 1e-15);
	/* u v^T - u v^T over s of about 0.8: products of 12 terms, 1e-16 each */
	for (int i = 0; i < G_UNITS * G_INPUTS; i++) ck_assert(fabs(g[i]) <= 2e-15);
	fill_numbers(3, 2 * G_INPUTS, x);
	run_objective(model, 0, squared, 2, x, NULL, g);
	double size = 0;
	for (int i = 0; i < G_UNITS * G_INPUTS; i++) {
		along += l.w[i] * g[i];
		size += fabs(g[i]);
	}
	ck_assert(size > 0.1 && fabs(along) <= 1e-14); /* sums of 24 terms below 1 */
	egm_model_free(model);
}
END_TEST

static const net_spec deep_net = {3, 3, {{"spectral_dense", 5, 0}, {"silu", 0, 0}, {"spectral_dense", 2, 0}}};

static void check_differences(egm_model *model, int32_t tensor, objective *f)
{
	const egm__tensor *t = &model->tensors[tensor];
	double x[4 * 3], g[64], *w = (double *)model->parameters + t->offset, h = 1e-5;
	fill_numbers(4, 4 * 3, x);
	run_objective(model, tensor, f, 4, x, NULL, g);
	for (int64_t i = 0; i < t->count; i++) {
		double keep = w[i], value[2];
		for (int side = 0; side < 2; side++) {
			w[i] = side ? keep + h : keep - h;
			value[side] = run_objective(model, tensor, f, 4, x, NULL, NULL);
		}
		w[i] = keep;
		double want = (value[1] - value[0]) / (2 * h);
		/* h^2/6 L''' = 2e-11 L''' with L''' below 1e4 as s > 0.5, rounding 1e-16 L / h = 1e-11 L with L below 100 */
		ck_assert_msg(fabs(g[i] - want) <= 1e-6 * fmax(1, fabs(want)), "%s[%d]: %.12g, differences %.12g", t->name,
		              (int)i, g[i], want);
	}
}

START_TEST(test_spectral__gradient_equals_differences)
{
	egm_model *model = new_model(context, "deep", &deep_net, EGM_F64, 3);
	for (int32_t t = 0; t < model->n_tensors; t++) {
		if (!model->tensors[t].trained) continue;
		check_differences(model, t, squared);
		check_differences(model, t, slopes);
	}
	egm_model_free(model);
}
END_TEST

/* ---- buffers among the parameters */

START_TEST(test_spectral__buffers_are_parameters_that_are_not_trained)
{
	static const char *const names[] = {"0.weight", "0.bias", "0.u", "0.v"};
	static const int64_t sizes[] = {5 * 3, 5, 5, 3};
	egm_model *model = new_model(context, "deep", &deep_net, EGM_F32, 3);
	ck_assert_int_eq(egm_model_tensor_count(model), 8);
	ck_assert_int_eq(egm_model_parameter_count(model), 5 * 3 + 5 + 5 + 3 + 2 * 5 + 2 + 2 + 5);
	for (int32_t i = 0; i < 8; i++) ck_assert_int_eq(model->tensors[i].trained, i % 4 < 2);
	for (int32_t i = 0; i < 4; i++) {
		const char *name;
		int64_t shape[4];
		int32_t rank;
		ck_assert_int_eq(egm_model_tensor_shape(model, i, &name, shape, &rank), EGM_OK);
		ck_assert_str_eq(name, names[i]);
		ck_assert_int_eq(rank, i ? 1 : 2);
		ck_assert_int_eq(shape[0] * (i ? 1 : shape[1]), sizes[i]);
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_spectral__summary_keeps_its_columns)
{
	static const char want[] =
	    "model 'deep': f32, 3 inputs, 2 outputs, 47 parameters\n"
	    "  #  layer          inputs   outputs  parameters\n"
	    "  0  spectral_dense      3         5          28  weight [5, 3], bias [5], u [5], v [3]\n"
	    "  1  silu                5         5           0\n"
	    "  2  spectral_dense      5         2          19  weight [2, 5], bias [2], u [2], v [5]\n";
	char text[1024];
	egm_model *model = new_model(context, "deep", &deep_net, EGM_F32, 3);
	ck_assert_int_eq(egm_model_summary(model, text, sizeof text, NULL), EGM_OK);
	ck_assert_str_eq(text, want);
	egm_model_free(model);
}
END_TEST

START_TEST(test_spectral__weights_start_as_those_of_dense)
{
	const net_spec dense = {4, 1, {{"dense", 6, 0}}}, net = {4, 1, {{"spectral_dense", 6, 0}}};
	double a[30], b[30], c[30], u[6];
	egm_model *one = new_model(context, "one", &dense, EGM_F64, 9), *two = new_model(context, "two", &net, EGM_F64, 9);
	get(one, "0.weight", 24, a);
	get(two, "0.weight", 24, b);
	get(one, "0.bias", 6, a + 24);
	get(two, "0.bias", 6, b + 24);
	ck_assert_mem_eq(a, b, sizeof a);
	egm_model_free(one);
	egm_model_free(two);
	/* the initialiser holds for both kinds; of a zero weight u is the draw itself: not all ones, and the seed's */
	for (int k = 0; k < 2; k++) {
		egm_model *model = empty_model("zeros", 4);
		egm_model_set_initializer(model, EGM_INIT_ZEROS);
		egm_model_spectral_dense(model, 6);
		ck_assert_int_eq(egm_model_build(model, EGM_F64, (uint64_t)k), EGM_OK);
		get(model, "0.weight", 24, a);
		for (int i = 0; i < 24; i++) ck_assert(a[i] == 0);
		get(model, "0.u", 6, k ? u : c);
		egm_model_free(model);
	}
	for (int i = 0; i < 6; i++) ck_assert(u[i] != c[i] && u[i] != u[(i + 1) % 6]);
}
END_TEST

START_TEST(test_spectral__buffers_come_and_go_as_they_are)
{
	double before[64], given[64], after[64], x[3] = {1, -2, 0.5}, y[2][2];
	egm_model *model = new_model(context, "deep", &deep_net, EGM_F64, 3), *copy;
	int64_t n = get_all(model, before);
	fill_numbers(8, n, given);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_f64(given, n, 1)), EGM_OK);
	get_all(model, after);
	ck_assert_mem_eq(given, after, (size_t)n * sizeof *given); /* u and v of any length */
	ck_assert_int_eq(egm_model_clone(&copy, model), EGM_OK);
	get_all(copy, after);
	ck_assert_mem_eq(given, after, (size_t)n * sizeof *given);
	for (int k = 0; k < 2; k++)
		ck_assert_int_eq(egm_model_run(k ? copy : model, egm_f64(x, 1, 3),
		                               egm_f64_out(y[k], 1, egm_model_outputs(k ? copy : model))),
		                 EGM_OK);
	ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
	get_all(model, after);
	ck_assert_mem_eq(given, after, (size_t)n * sizeof *given); /* a net at rest is a fixed function */
	/* tensor by tensor, in the order of the tensors, gives the same bits as all at once */
	for (int32_t t = 0; t < model->n_tensors; t++)
		set(model, model->tensors[t].name, model->tensors[t].count, before + model->tensors[t].offset);
	get_all(model, after);
	ck_assert_mem_eq(before, after, (size_t)n * sizeof *before);
	/* a bias moves no buffer */
	set(model, "0.u", 5, given);
	set(model, "0.bias", 5, given);
	get(model, "0.u", 5, after);
	ck_assert_mem_eq(given, after, 5 * sizeof *given);
	egm_model_free(copy);
	egm_model_free(model);
}
END_TEST

START_TEST(test_spectral__rounds_allocate_nothing_and_repeat)
{
	double once[64], again[64];
	egm_model *model = new_model(context, "deep", &deep_net, EGM_F64, 3), *twin;
	ck_assert_int_eq(egm_model_clone(&twin, model), EGM_OK);
	long calls = allocator.calls;
	uint64_t version = model->version;
	for (int k = 0; k < 3; k++) egm__model_refresh(model);
	for (int k = 0; k < 3; k++) egm__model_refresh(twin);
	ck_assert_int_eq(allocator.calls, calls);
	ck_assert_uint_gt(model->version, version); /* programs with copies of the parameters look again */
	int64_t n = get_all(model, once);
	get_all(twin, again);
	ck_assert_mem_eq(once, again, (size_t)n * sizeof *once);
	egm_model_free(twin);
	egm_model_free(model);
}
END_TEST

/* ---- what is refused */

START_TEST(test_spectral__refuses_what_dense_refuses)
{
	const double bad[2] = {1, NAN};
	egm_model *model = empty_model("m", (int64_t)1 << 60);
	expect(egm_model_spectral_dense(NULL, 1), EGM_ERR_ARGUMENT, "model is NULL");
	expect(egm_model_spectral_dense(model, 0), EGM_ERR_ARGUMENT,
	       "units of layer 0 (spectral_dense) of model 'm' is 0, must be at least 1");
	egm_model_free(model);
	model = empty_model("m", (int64_t)1 << 60);
	expect(egm_model_spectral_dense(model, 4), EGM_ERR_ARGUMENT,
	       "weight of layer 0 (spectral_dense) of model 'm' has too many numbers, for 1152921504606846976 inputs and 4 "
	       "outputs, must fit in memory");
	egm_model_free(model);
	model = spectral(EGM_F64, 2, 2, diagonal);
	expect(egm_model_set_tensor(model, "0.u", egm_f64(bad, 2, 1)), EGM_ERR_NONFINITE,
	       "0.u[1] of model 'spectral' is nan, must be finite");
	expect(egm_model_set_tensor(model, "0.v", egm_f64(bad, 1, 1)), EGM_ERR_SHAPE,
	       "tensor '0.v': values has 1 x 1 numbers, must have 2");
	ck_assert(fabs(estimate(model) - 3) <= 3 * 3 * 0x1p-52);
	egm_model_free(model);
}
END_TEST

/* A model from its making to its gradient; 0 when some allocation failed. */
static int live_a_life(egm_test_allocator *a)
{
	const double x[6] = {1, 2, 3, 4, 5, 6};
	double y[6];
	egm_model *model = NULL, *copy = NULL;
	egm_context *own = egm_test_context(a);
	egm_status st = own ? egm_model_create(&model, own, "life", 3) : EGM_ERR_MEMORY;
	if (st == EGM_OK) st = egm_model_spectral_dense(model, 5);
	if (st == EGM_OK) st = egm_model_silu(model);
	if (st == EGM_OK) st = egm_model_spectral_dense(model, 1);
	if (st == EGM_OK) st = egm_model_build(model, EGM_F64, 1);
	if (st == EGM_OK) st = egm_model_energy_gradient(model, egm_f64(x, 2, 3), egm_no_out(), egm_f64_out(y, 2, 3));
	if (st == EGM_OK) st = egm_model_clone(&copy, model);
	if (st == EGM_OK) st = egm_model_set_tensor(copy, "0.weight", egm_f64((double[15]){1}, 15, 1));
	ck_assert(st == EGM_OK || st == EGM_ERR_MEMORY);
	egm_model_free(model);
	egm_model_free(copy);
	egm_context_free(own);
	return st == EGM_OK;
}

START_TEST(test_spectral__every_allocation_may_fail)
{
	int whole = 0;
	long n = 0;
	while (!whole && n < 100000) {
		egm_test_allocator a = {.fail_at = ++n, .for_ever = _i};
		whole = live_a_life(&a);
		ck_assert_msg(a.live == 0 && a.bytes == 0, "allocation %ld failed: %ld blocks left", n, a.live);
		ck_assert(whole == (a.calls < n)); /* every failure was seen */
	}
	ck_assert_int_gt(n, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spectral");
	TCase *tc = new_case(suite, "value", "K19 E26");
	tcase_add_loop_test(tc, test_spectral__divides_diag_3_1_by_3, 0, 2);
	tcase_add_test(tc, test_spectral__round_shrinks_the_angle_by_the_squared_ratio);
	tcase_add_loop_test(tc, test_spectral__sees_what_an_all_ones_start_is_blind_to, 0, 2);
	tcase_add_loop_test(tc, test_spectral__a_new_weight_forgets_the_old_vectors, 0, 2);
	tcase_add_loop_test(tc, test_spectral__equals_jacobi_for_every_shape, 0, N_SHAPES);
	tcase_add_test(tc, test_spectral__holds_at_every_scale);
	tcase_add_loop_test(tc, test_spectral__zero_weight_is_the_bias, 0, 2);
	tcase_add_loop_test(tc, test_spectral__leaves_a_u_that_says_nothing, 0, 2);
	tcase_add_test(tc, test_spectral__a_weight_that_is_no_number_leaves_u);
	tc = new_case(suite, "gradient", "K19");
	tcase_add_test(tc, test_spectral__gradient_is_the_formula);
	tcase_add_test(tc, test_spectral__gradient_projects_out_the_leading_pair);
	tcase_add_test(tc, test_spectral__gradient_equals_differences);
	tc = new_case(suite, "buffers", NULL);
	tcase_add_test(tc, test_spectral__buffers_are_parameters_that_are_not_trained);
	tcase_add_test(tc, test_spectral__summary_keeps_its_columns);
	tcase_add_test(tc, test_spectral__weights_start_as_those_of_dense);
	tcase_add_test(tc, test_spectral__buffers_come_and_go_as_they_are);
	tcase_add_test(tc, test_spectral__rounds_allocate_nothing_and_repeat);
	tc = new_case(suite, "refused", "R1 R17");
	tcase_add_test(tc, test_spectral__refuses_what_dense_refuses);
	tcase_add_loop_test(tc, test_spectral__every_allocation_may_fail, 0, 2);
	return egm_test_main(suite);
}
