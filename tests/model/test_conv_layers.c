/* SPDX-License-Identifier: MIT */
/* Layers of images: values compared with loops over pixels, errors and their texts, starting values, failing
 * allocations. Derivatives of ops are tested with the ops; here that the gradient of a network is that of its energy.
 */
#include <fixture.h>
#include <float.h>
#include <singular.h>

/* ---- an oracle: images one number at a time, from the formulas of model.h */

typedef struct image {
	int64_t h, w, c;
	double x[4096];
} image;

static double *pixel(image *i, int64_t y, int64_t x)
{
	return i->x + (y * i->w + x) * i->c;
}

typedef struct window {
	int64_t channels, kernel, stride, padding, beyond;
} window;

/* For each pixel of `coarse`, the pixels of `fine` that its window sees. */
static void each_window(image *coarse, image *fine, const window *k,
                        void (*visit)(double *coarse, double *fine, int64_t tap, void *user), void *user)
{
	for (int64_t i = 0; i < coarse->h * coarse->w * k->kernel * k->kernel; i++) {
		int64_t kx = i % k->kernel, ky = i / k->kernel % k->kernel, at = i / k->kernel / k->kernel;
		int64_t cy = at / coarse->w, cx = at % coarse->w;
		int64_t y = cy * k->stride + ky - k->padding, x = cx * k->stride + kx - k->padding;
		if (y < 0 || x < 0 || y >= fine->h || x >= fine->w) continue;
		visit(pixel(coarse, cy, cx), pixel(fine, y, x), ky * k->kernel + kx, user);
	}
}

typedef struct kernel {
	int64_t taps, coarse, fine; /* kernel^2, channels */
	const double *w;            /* conv: [coarse, taps, fine], and transposed the same */
} kernel;

static void gather(double *coarse, double *fine, int64_t tap, void *user)
{
	const kernel *k = user;
	for (int64_t o = 0; o < k->coarse; o++)
		for (int64_t c = 0; c < k->fine; c++) coarse[o] += k->w[(o * k->taps + tap) * k->fine + c] * fine[c];
}

static void scatter(double *coarse, double *fine, int64_t tap, void *user)
{
	const kernel *k = user;
	for (int64_t c = 0; c < k->coarse; c++)
		for (int64_t o = 0; o < k->fine; o++) fine[o] += k->w[(c * k->taps + tap) * k->fine + o] * coarse[c];
}

static void set_bias(image *y, const double *b)
{
	for (int64_t i = 0; i < y->h * y->w * y->c; i++) y->x[i] = b[i % y->c];
}

static image oracle_conv(image *x, const window *k, const double *w)
{
	image y = {(x->h + 2 * k->padding - k->kernel) / k->stride + 1,
	           (x->w + 2 * k->padding - k->kernel) / k->stride + 1,
	           k->channels,
	           {0}};
	kernel u = {k->kernel * k->kernel, y.c, x->c, w};
	set_bias(&y, w + y.c * u.taps * x->c);
	each_window(&y, x, k, gather, &u);
	return y;
}

static image oracle_transpose(image *x, const window *k, const double *w)
{
	int64_t grown = k->kernel - 2 * k->padding + k->beyond;
	image y = {(x->h - 1) * k->stride + grown, (x->w - 1) * k->stride + grown, k->channels, {0}};
	kernel u = {k->kernel * k->kernel, x->c, y.c, w};
	set_bias(&y, w + x->c * u.taps * y.c);
	each_window(x, &y, k, scatter, &u);
	return y;
}

static image oracle_pool(image *x, int64_t size)
{
	image y = {x->h / size, x->w / size, x->c, {0}};
	for (int64_t i = 0; i < y.h * size * y.w * size * x->c; i++) {
		int64_t c = i % x->c, at = i / x->c % (y.w * size), line = i / x->c / (y.w * size);
		pixel(&y, line / size, at / size)[c] += pixel(x, line, at)[c] / (double)(size * size);
	}
	return y;
}

static image oracle_upsample(image *x, int64_t factor)
{
	image y = {x->h * factor, x->w * factor, x->c, {0}};
	for (int64_t i = 0; i < y.h * y.w * y.c; i++)
		y.x[i] = pixel(x, i / y.c / y.w / factor, i / y.c % y.w / factor)[i % y.c];
	return y;
}

/* ---- values */

static const struct {
	int64_t h, w, c;
	window k;
} shapes[] = {
    {5, 4, 2, {3, 3, 1, 1, 0}}, {6, 6, 1, {4, 4, 2, 1, 0}},  {7, 5, 3, {2, 3, 2, 0, 0}}, {4, 4, 5, {6, 1, 1, 0, 0}},
    {3, 3, 2, {4, 3, 1, 0, 0}}, {5, 8, 1, {1, 5, 3, 2, 1}},  {1, 1, 6, {3, 1, 1, 0, 0}}, {4, 3, 2, {3, 3, 2, 1, 1}},
    {8, 8, 3, {4, 2, 2, 0, 0}}, {2, 6, 17, {9, 2, 3, 1, 2}},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes, ROWS = 3 };

static egm_context *path_context(int32_t simd)
{
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *c = NULL;
	o.simd = simd;
	return egm_context_create(&c, &o) == EGM_OK ? c : NULL; /* this CPU may lack the path */
}

typedef egm_status add_fn(egm_model *, const window *);
typedef image oracle_fn(image *, const window *, const double *);

static egm_status add_conv(egm_model *m, const window *k)
{
	return egm_model_conv(m, k->channels, k->kernel, k->stride, k->padding);
}

static egm_status add_transpose(egm_model *m, const window *k)
{
	return egm_model_conv_transpose(m, k->channels, k->kernel, k->stride, k->padding, k->beyond);
}

static egm_status add_pool(egm_model *m, const window *k)
{
	return egm_model_average_pool(m, k->stride);
}

static egm_status add_upsample(egm_model *m, const window *k)
{
	return egm_model_upsample(m, k->stride);
}

static image pool(image *x, const window *k, const double *w)
{
	return oracle_pool(x, k->stride);
}

static image upsample(image *x, const window *k, const double *w)
{
	return oracle_upsample(x, k->stride);
}

/* Numbers that are small multiples of 1/8, and their products of 1/64, are exact in either type in any order; the mean
 * of a pool of 3 x 3 is not: one rounding of the factor 1/9 and one of the product. */
static void check_layer(egm_context *c, egm_dtype dtype, int s, add_fn *add, oracle_fn *oracle)
{
	static double p[8192], x[ROWS * 1024];
	static float buffer[2 * 8192], out[2 * ROWS * 4096];
	const window *k = &shapes[s].k;
	image in = {shapes[s].h, shapes[s].w, shapes[s].c, {0}};
	int64_t width = in.h * in.w * in.c;
	egm_model *m = NULL;
	ck_assert_int_eq(egm_model_create(&m, c, "m", width), EGM_OK);
	ck_assert_int_eq(egm_model_image(m, in.h, in.w, in.c), EGM_OK);
	ck_assert_msg(add(m, k) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_eq(egm_model_build(m, dtype, 1), EGM_OK);
	int64_t n = egm_model_parameter_count(m), outputs = egm_model_outputs(m);
	ck_assert_int_le(n, 8192);
	fill_numbers((uint64_t)s + 1, n, p);
	fill_numbers((uint64_t)s + 50, ROWS * width, x);
	for (int64_t i = 0; i < n; i++) p[i] = floor(8 * p[i]) / 8;
	for (int64_t i = 0; i < ROWS * width; i++) x[i] = floor(8 * x[i]) / 8;
	store(dtype, n, p, buffer);
	ck_assert_int_eq(egm_model_set_parameters(m, egm_array_of(dtype, buffer, n, 1)), EGM_OK);
	store(dtype, ROWS * width, x, buffer);
	ck_assert_msg(egm_model_run(m, egm_array_of(dtype, buffer, ROWS, width),
	                            egm_out_of(dtype, out, ROWS, egm_model_outputs(m))) == EGM_OK,
	              "%s", egm_last_error());
	for (int r = 0; r < ROWS; r++) {
		memcpy(in.x, x + r * width, (size_t)width * sizeof *x);
		image want = oracle(&in, k, p);
		ck_assert_int_eq(want.h * want.w * want.c, outputs);
		for (int64_t i = 0; i < outputs; i++) {
			double tol = 2 * (dtype == EGM_F32 ? FLT_EPSILON : DBL_EPSILON) * fabs(want.x[i]);
			double y = at(dtype, out, r * outputs + i);
			ck_assert_msg(fabs(y - want.x[i]) <= tol, "shape %d, row %d, number %d: %.17g, not %.17g", s, r, (int)i, y,
			              want.x[i]);
		}
	}
	egm_model_free(m);
}

START_TEST(test_conv_layers__are_their_formulas)
{
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context *c = path_context(simd);
		if (!c) continue;
		for (int t = 0; t < 2; t++) {
			egm_dtype dtype = t ? EGM_F64 : EGM_F32;
			check_layer(c, dtype, _i, add_conv, oracle_conv);
			check_layer(c, dtype, _i, add_transpose, oracle_transpose);
			if (shapes[_i].h >= shapes[_i].k.stride) check_layer(c, dtype, _i, add_pool, pool);
			check_layer(c, dtype, _i, add_upsample, upsample);
		}
		egm_context_free(c);
	}
}
END_TEST

/* ---- a net */

static egm_model *image_net(egm_context *c, egm_dtype dtype)
{
	egm_model *m = NULL;
	if (egm_model_create(&m, c, "net", 6 * 6 * 2) != EGM_OK) return NULL;
	egm_model_set_initializer(m, EGM_INIT_HE_NORMAL);
	egm_model_image(m, 6, 6, 2);
	egm_model_conv(m, 4, 3, 1, 1);
	egm_model_softplus(m);
	egm_model_average_pool(m, 2);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_upsample(m, 2);
	egm_model_layer_norm(m, 1e-5);
	egm_model_spectral_conv(m, 3, 4, 2, 1);
	egm_model_silu(m);
	egm_model_conv_transpose(m, 2, 4, 2, 1, 0);
	egm_model_tanh(m);
	egm_model_dense(m, 1);
	if (egm_model_build(m, dtype, 3) == EGM_OK) return m;
	egm_model_free(m);
	return NULL;
}

/* h = 1e-5: h^2/6 f''' and eps f / h are below 1e-9 for a net of slopes near 1. */
START_TEST(test_conv_layers__gradient_is_that_of_the_energy)
{
	enum { D = 72 };
	double x[2 * D], g[2 * D], u[2], v[2];
	const double h = 1e-5;
	egm_model *m = image_net(context, EGM_F64);
	fill_numbers(5, 2 * D, x);
	ck_assert_msg(egm_model_energy_gradient(m, egm_f64(x, 2, D), egm_f64_out(u, 2, 1), egm_f64_out(g, 2, D)) == EGM_OK,
	              "%s", egm_last_error());
	double size = 0;
	for (int i = 0; i < 2 * D; i++) {
		double keep = x[i];
		x[i] = keep + h;
		ck_assert_int_eq(egm_model_energy(m, egm_f64(x, 2, D), egm_f64_out(u, 2, 1)), EGM_OK);
		x[i] = keep - h;
		ck_assert_int_eq(egm_model_energy(m, egm_f64(x, 2, D), egm_f64_out(v, 2, 1)), EGM_OK);
		x[i] = keep;
		ck_assert(fabs((u[i / D] - v[i / D]) / (2 * h) - g[i]) <= 1e-8);
		ck_assert(u[1 - i / D] == v[1 - i / D]); /* the other row does not see it */
		size = fmax(size, fabs(g[i]));
	}
	ck_assert(size >= 1e-3); /* there was something to compare */
	egm_model_free(m);
}
END_TEST

START_TEST(test_conv_layers__names_shapes_and_summary)
{
	char text[4096];
	const char *name;
	int64_t shape[4];
	int32_t rank;
	egm_model *m = image_net(context, EGM_F32);
	static const struct {
		const char *name;
		int32_t rank;
		int64_t shape[4];
	} want[] = {
	    {"1.weight", 4, {4, 3, 3, 2}},
	    {"1.bias", 1, {4, 1, 1, 1}},
	    {"4.weight", 1, {4, 1, 1, 1}},
	    {"4.bias", 1, {4, 1, 1, 1}},
	    {"4.running_mean", 1, {4, 1, 1, 1}},
	    {"4.running_var", 1, {4, 1, 1, 1}},
	    {"6.weight", 1, {144, 1, 1, 1}},
	    {"6.bias", 1, {144, 1, 1, 1}},
	    {"7.weight", 4, {3, 4, 4, 4}},
	    {"7.bias", 1, {3, 1, 1, 1}},
	    {"7.u", 1, {3, 1, 1, 1}},
	    {"7.v", 1, {64, 1, 1, 1}},
	    {"9.weight", 4, {3, 4, 4, 2}},
	    {"9.bias", 1, {2, 1, 1, 1}},
	    {"11.weight", 2, {1, 72, 1, 1}},
	    {"11.bias", 1, {1, 1, 1, 1}},
	};
	ck_assert_int_eq(egm_model_tensor_count(m), (int)(sizeof want / sizeof *want));
	for (int i = 0; i < egm_model_tensor_count(m); i++) {
		ck_assert_int_eq(egm_model_tensor_shape(m, i, &name, shape, &rank), EGM_OK);
		ck_assert_str_eq(name, want[i].name);
		ck_assert_int_eq(rank, want[i].rank);
		ck_assert_mem_eq(shape, want[i].shape, sizeof shape);
	}
	ck_assert_int_eq(egm_model_summary(m, text, sizeof text, NULL), EGM_OK);
	static const char *const lines[] = {
	    "  0  image              72        72           0  height 6  width 6  channels 2\n",
	    "  1  conv               72       144          76  weight [4, 3, 3, 2], bias [4]  6x6x2 -> 6x6x4  channels 4  "
	    "kernel 3  stride 1  padding 1\n",
	    "  3  average_pool      144        36           0  6x6x4 -> 3x3x4  size 2\n",
	    "  4  batch_norm         36        36          16  weight [4], bias [4], running_mean [4], running_var [4]  "
	    "epsilon 1e-05  momentum 0.1\n",
	    " 11  dense              72         1          73  weight [1, 72], bias [1]  6x6x2 -> 1\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "'%s' is not in\n%s", lines[i], text);
	egm_model_free(m);
}
END_TEST

START_TEST(test_conv_layers__f32_follows_f64)
{
	enum { D = 72 };
	double x[D], u, w[1024];
	float f[D], v, g[1024];
	egm_model *a = image_net(context, EGM_F64), *b = image_net(context, EGM_F32);
	int64_t n = egm_model_parameter_count(a);
	ck_assert_int_le(n, 1024);
	ck_assert_int_eq(egm_model_parameters(b, egm_f32_out(g, n, 1)), EGM_OK);
	for (int64_t i = 0; i < n; i++) w[i] = (double)g[i];
	ck_assert_int_eq(egm_model_set_parameters(a, egm_f64(w, n, 1)), EGM_OK);
	fill_numbers(6, D, x);
	for (int i = 0; i < D; i++) f[i] = (float)x[i];
	for (int i = 0; i < D; i++) x[i] = (double)f[i];
	ck_assert_int_eq(egm_model_energy(a, egm_f64(x, 1, D), egm_f64_out(&u, 1, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_energy(b, egm_f32(f, 1, D), egm_f32_out(&v, 1, 1)), EGM_OK);
	/* 12 layers of numbers near 1, sums of up to 144: sqrt(144) 12 2^-24 = 9e-6, with room */
	ck_assert(fabs((double)v - u) <= 1e-4);
	egm_model_free(a);
	egm_model_free(b);
}
END_TEST

/* ---- starting values */

START_TEST(test_conv_layers__are_drawn_by_their_fans)
{
	/* in 8, kernel 4, out 16: 2048 weights */
	static double w[2048], b[16];
	for (int transposed = 0; transposed < 2; transposed++) {
		double inner = transposed ? 16 * 16 : 16 * 8, outer = transposed ? 16 * 8 : 16 * 16;
		const struct {
			int32_t law;
			double sd;
		} laws[] = {{EGM_INIT_FAN_IN_UNIFORM, 1 / sqrt(3 * inner)},
		            {EGM_INIT_GLOROT_NORMAL, sqrt(2 / (inner + outer))},
		            {EGM_INIT_HE_NORMAL, sqrt(2 / inner)},
		            {EGM_INIT_DCGAN_NORMAL, 0.02}};
		for (int i = 0; i < 4; i++) {
			egm_model *m = empty_model("m", 4 * 4 * 8);
			double squares = 0, most = 0;
			egm_model_set_initializer(m, laws[i].law);
			egm_model_image(m, 4, 4, 8);
			if (transposed)
				egm_model_conv_transpose(m, 16, 4, 2, 1, 0);
			else
				egm_model_conv(m, 16, 4, 2, 1);
			ck_assert_int_eq(egm_model_build(m, EGM_F64, 9), EGM_OK);
			ck_assert_int_eq(egm_model_tensor(m, "1.weight", egm_f64_out(w, 2048, 1)), EGM_OK);
			ck_assert_int_eq(egm_model_tensor(m, "1.bias", egm_f64_out(b, 16, 1)), EGM_OK);
			for (int k = 0; k < 2048; k++) squares += w[k] * w[k] / 2048;
			for (int k = 0; k < 16; k++) most = egm_test_worse(most, fabs(b[k]));
			/* the mean square of n draws has a relative error of at most sqrt(2/n): 3.1 %; five of them, halved by the
			 * root */
			ck_assert_msg(fabs(sqrt(squares) / laws[i].sd - 1) <= 0.08, "law %d: %g, not %g", (int)laws[i].law,
			              sqrt(squares), laws[i].sd);
			if (i == 0)
				ck_assert(most > 0 && most <= 1 / sqrt(inner));
			else
				ck_assert(most == 0);
			egm_model_free(m);
		}
	}
}
END_TEST

START_TEST(test_conv_layers__spectral_conv_divides_by_the_singular_value)
{
	enum { OUT = 5, IN = 3, K = 2, COLUMNS = K * K * IN };
	double p[2 * OUT * COLUMNS], x[3 * 3 * IN], y[4 * OUT], second;
	egm_model *m = empty_model("m", 3 * 3 * IN);
	egm_model_image(m, 3, 3, IN);
	egm_model_spectral_conv(m, OUT, K, 1, 0);
	ck_assert_int_eq(egm_model_build(m, EGM_F64, 4), EGM_OK);
	int64_t n = egm_model_parameter_count(m);
	ck_assert_int_eq(n, OUT * COLUMNS + OUT + OUT + COLUMNS);
	ck_assert_int_eq(egm_model_parameters(m, egm_f64_out(p, n, 1)), EGM_OK);
	double sigma = largest_singular_value(OUT, COLUMNS, p, &second);
	ck_assert(pow(second / sigma, 400) <= 1e-13); /* what 100 rounds leave */
	for (int i = 0; i < OUT * COLUMNS; i++) p[i] /= sigma;
	image in = {3, 3, IN, {0}};
	fill_numbers(3, 3 * 3 * IN, x);
	memcpy(in.x, x, sizeof x);
	image want = oracle_conv(&in, &(window){OUT, K, 1, 0, 0}, p);
	ck_assert_int_eq(egm_model_run(m, egm_f64(x, 1, 3 * 3 * IN), egm_f64_out(y, 1, egm_model_outputs(m))), EGM_OK);
	for (int i = 0; i < 4 * OUT; i++) ck_assert(fabs(y[i] - want.x[i]) <= 1e-12);
	egm_model_free(m);
}
END_TEST

/* ---- misuse */

#define REFUSED(make, text)                                    \
	do {                                                       \
		egm_model *m = empty_model("m", 24);                   \
		egm_status st_ = EGM_OK;                               \
		make;                                                  \
		expect(st_, EGM_ERR_ARGUMENT, text);                   \
		ck_assert_int_eq(egm_model_build(m, EGM_F32, 1), st_); \
		egm_model_free(m);                                     \
	} while (0)

START_TEST(test_conv_layers__refuse_what_does_not_fit)
{
	REFUSED(st_ = egm_model_image(m, 4, 3, 3),
	        "layer 0 (image) of model 'm': height 4 x width 3 x channels 3 is 36, must be 24, the numbers of a row");
	REFUSED(st_ = egm_model_image(m, 0, 3, 3), "height of layer 0 (image) of model 'm' is 0, must be at least 1");
	REFUSED(st_ = egm_model_image(m, 4, -1, 3), "width of layer 0 (image) of model 'm' is -1, must be at least 1");
	REFUSED(st_ = egm_model_image(m, INT64_MAX, 1, 1),
	        "height of layer 0 (image) of model 'm' is 9223372036854775807, must be at most 2147483647");
	REFUSED(st_ = egm_model_image(m, INT32_MAX, INT32_MAX, INT32_MAX),
	        "layer 0 (image) of model 'm': an image of 2147483647x2147483647x2147483647 numbers is too large, must "
	        "have at most 2147483647");
	REFUSED(st_ = egm_model_conv(m, 3, 2, 1, 0), "layer 0 (conv) of model 'm': its input is a row of 24 numbers, must "
	                                             "be an image: call egm_model_image before it");
	REFUSED(st_ = egm_model_average_pool(m, 2), "layer 0 (average_pool) of model 'm': its input is a row of 24 "
	                                            "numbers, must be an image: call egm_model_image before it");
	REFUSED(egm_model_image(m, 4, 3, 2); egm_model_flatten(m);
	        st_ = egm_model_upsample(m, 2), "layer 2 (upsample) of model 'm': its input is a row of 24 numbers, must "
	                                        "be an image: call egm_model_image before it");
	REFUSED(egm_model_image(m, 4, 3, 2); egm_model_dense(m, 24);
	        st_ = egm_model_conv_transpose(m, 1, 1, 1, 0, 0),
	        "layer 2 (conv_transpose) of model 'm': its input is a row of 24 numbers, must be an image: call "
	        "egm_model_image before it");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_conv(m, 0, 2, 1, 0), "channels of layer 1 (conv) of model 'm' is 0, must be at least 1");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_conv(m, 1, 0, 1, 0), "kernel of layer 1 (conv) of model 'm' is 0, must be at least 1");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_conv(m, 1, 2, 0, 0), "stride of layer 1 (conv) of model 'm' is 0, must be at least 1");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_conv(m, 1, 2, 1, -1), "padding of layer 1 (conv) of model 'm' is -1, must be at least 0");
	REFUSED(
	    egm_model_image(m, 4, 3, 2);
	    st_ = egm_model_conv(m, 1, 2, 1, 2),
	    "layer 1 (conv) of model 'm': padding is 2, must be below the kernel, 2, so that no window has zeros alone");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_spectral_conv(m, 1, 6, 1, 1),
	        "layer 1 (spectral_conv) of model 'm': kernel is 6, must be at most the image of 4x3 with "
	        "padding 1");
	REFUSED(egm_model_image(m, 4, 3, 2); st_ = egm_model_conv(m, 1, 40000, 1, 1),
	                                     "kernel of layer 1 (conv) of model 'm' is 40000, must be at most 32767");
	REFUSED(
	    egm_model_image(m, 4, 3, 2);
	    st_ = egm_model_conv(m, INT32_MAX, 2, 1, 0),
	    "layer 1 (conv) of model 'm': an image of 3x2x2147483647 numbers is too large, must have at most 2147483647");
	REFUSED(egm_model_image(m, 4, 3, 2); st_ = egm_model_conv(m, 1, 20000, 1, 19999),
	                                     "layer 1 (conv) of model 'm': 400100006 windows of 20000x20000x2 numbers are "
	                                     "too large, must have at most 2147483647 together");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_conv_transpose(m, 1, 3, 2, 1, 2),
	        "layer 1 (conv_transpose) of model 'm': output_padding is 2, must be below the stride, 2");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_conv_transpose(m, 1, 5, 1, 4, 0),
	        "layer 1 (conv_transpose) of model 'm': padding is 4, must leave at least one pixel of an image of 4x3");
	REFUSED(egm_model_image(m, 4, 3, 2);
	        st_ = egm_model_average_pool(m, 4),
	        "layer 1 (average_pool) of model 'm': size is 4, must be at most the image of 4x3");
	REFUSED(egm_model_image(m, 4, 3, 2); st_ = egm_model_upsample(m, 30000),
	                                     "layer 1 (upsample) of model 'm': an image of 120000x90000x2 numbers "
	                                     "is too large, must have at most 2147483647");
}
END_TEST

START_TEST(test_conv_layers__null_is_an_argument_error)
{
	const egm_status got[] = {egm_model_image(NULL, 1, 1, 1),
	                          egm_model_flatten(NULL),
	                          egm_model_conv(NULL, 1, 1, 1, 0),
	                          egm_model_conv_transpose(NULL, 1, 1, 1, 0, 0),
	                          egm_model_spectral_conv(NULL, 1, 1, 1, 0),
	                          egm_model_average_pool(NULL, 1),
	                          egm_model_upsample(NULL, 1)};
	for (size_t i = 0; i < sizeof got / sizeof *got; i++) ck_assert_int_eq(got[i], EGM_ERR_ARGUMENT);
	egm_model *m = image_net(context, EGM_F32);
	ck_assert_int_eq(egm_model_flatten(m), EGM_ERR_STATE);
	egm_model_free(m);
}
END_TEST

/* ---- memory */

static egm_status live(egm_context *c)
{
	double x[72] = {0}, u, g[72];
	egm_model *copy = NULL, *m = image_net(c, EGM_F64);
	egm_status st = m ? EGM_OK : EGM_ERR_MEMORY;
	if (st == EGM_OK)
		st = egm_model_energy_gradient(m, egm_f64(x, 1, 72), egm_f64_out(&u, 1, 1), egm_f64_out(g, 1, 72));
	if (st == EGM_OK) st = egm_model_clone(&copy, m);
	if (st == EGM_OK) st = egm_model_energy(copy, egm_f64(x, 1, 72), egm_f64_out(&u, 1, 1));
	egm_model_free(copy);
	egm_model_free(m);
	return st;
}

START_TEST(test_conv_layers__every_allocation_may_fail)
{
	egm_status st = EGM_ERR_MEMORY;
	long n = 0;
	while (st != EGM_OK && n < 100000) {
		egm_test_allocator a = {.fail_at = ++n, .for_ever = _i};
		egm_context *c = egm_test_context(&a);
		st = c ? live(c) : EGM_ERR_MEMORY;
		egm_context_free(c);
		ck_assert_msg(st == EGM_OK || st == EGM_ERR_MEMORY, "allocation %ld: %s", n, egm_last_error());
		ck_assert_msg(a.live == 0 && a.bytes == 0, "allocation %ld failed: %ld blocks left", n, a.live);
		ck_assert((st != EGM_OK) == (a.calls >= n));
	}
	ck_assert_int_eq(st, EGM_OK);
	ck_assert_int_gt(n, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conv_layers");
	TCase *tc = new_case(suite, "values", NULL);
	tcase_add_loop_test(tc, test_conv_layers__are_their_formulas, 0, N_SHAPES);
	tcase_add_test(tc, test_conv_layers__gradient_is_that_of_the_energy);
	tcase_add_test(tc, test_conv_layers__names_shapes_and_summary);
	tcase_add_test(tc, test_conv_layers__f32_follows_f64);
	tcase_add_test(tc, test_conv_layers__are_drawn_by_their_fans);
	tcase_add_test(tc, test_conv_layers__spectral_conv_divides_by_the_singular_value);
	tc = new_case(suite, "misuse", "R17");
	tcase_add_test(tc, test_conv_layers__refuse_what_does_not_fit);
	tcase_add_test(tc, test_conv_layers__null_is_an_argument_error);
	tc = new_case(suite, "memory", "R1");
	tcase_add_loop_test(tc, test_conv_layers__every_allocation_may_fail, 0, 2);
	return egm_test_main(suite);
}
