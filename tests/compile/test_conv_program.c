/* SPDX-License-Identifier: MIT */
/* Products with windows in programs: which of them become one kernel, equal bits on any number of threads, both types
 * and all code paths against the interpreter, failing allocations. test_image_ops.c tests the ops themselves. */
#include "program_runs.h"

/* forward, input and weight gradient of a convolution; returns the number of outputs */
static int64_t three(egm__graph *g, egm__shape images, int64_t channels, const egm__window *w)
{
	int64_t n = egm__shape_count(&images), k = w->kernel[0] * (int64_t)w->kernel[1] * images.d[3];
	egm__id in[2] = {egm__leaf(g, IN, 0, images), egm__leaf(g, IN, n, egm__shape2(channels, k))}, d[2];
	egm__id y = egm__conv(g, in[0], in[1], w);
	int64_t m = egm__shape_count(egm__graph_shape(g, y));
	egm__gradient(g, egm__mul(g, y, egm__leaf(g, IN, n + k * channels, *egm__graph_shape(g, y))), 2, in, d);
	egm__graph_output(g, y, OUT, 0);
	egm__graph_output(g, d[0], OUT, m);
	egm__graph_output(g, d[1], OUT, m + n);
	return m + n + k * channels;
}

/* lines of windows long enough for products of their own */
static int64_t wide(egm__graph *g)
{
	return three(g, (egm__shape){4, {11, 9, 10, 33}}, 17, &(egm__window){{3, 2}, {2, 1}, {1, 0}});
}

/* short ones, in many blocks */
static int64_t narrow(egm__graph *g)
{
	return three(g, (egm__shape){4, {13, 28, 27, 1}}, 24, &(egm__window){{4, 3}, {2, 2}, {1, 1}});
}

/* what moves pixels without a product */
static int64_t moves(egm__graph *g)
{
	egm__shape s = {4, {6, 32, 30, 2}};
	egm__id x = egm__leaf(g, IN, 0, s), y = egm__average_pool(g, x, 2), z = egm__upsample(g, y, 2);
	egm__id p = egm__patches(g, egm__square(g, x), &(egm__window){{3, 3}, {2, 2}, {1, 1}});
	egm__id f = egm__fold(g, egm__square(g, p), &(egm__window){{3, 3}, {2, 2}, {1, 1}}, 32, 30);
	egm__id middle = egm__sum(g, egm__square(g, x), 6);
	egm__id turned = egm__reshape(g, egm__transpose(g, egm__reshape(g, x, egm__shape2(192, 60))), s);
	egm__id all[5] = {z, f, egm__patches(g, turned, &(egm__window){{2, 2}, {2, 2}, {0, 0}}), p, middle};
	int64_t at = 0;
	for (int i = 0; i < 5; i++) {
		egm__graph_output(g, all[i], OUT, at);
		at += egm__shape_count(egm__graph_shape(g, all[i]));
	}
	return at;
}

static build_graph *const builds[] = {wide, narrow, moves};
enum { N_BUILDS = sizeof builds / sizeof *builds };

START_TEST(test_conv_program__threads_do_not_show)
{
	static double first[2][MOST];
	int32_t simd = EGM_TEST_FIRST_PATH + _i / N_BUILDS;
	fill(29);
	for (int32_t threads = 1; threads <= 5; threads++) {
		egm_context *c = egm_test_context_on(threads, simd);
		if (!c) return; /* the CPU lacks it */
		for (int f32 = 0; f32 < 2; f32++) {
			size_t size = (size_t)run(c, f32 ? EGM_F32 : EGM_F64, builds[_i % N_BUILDS], 0) * (f32 ? 4 : 8);
			if (threads == 1) memcpy(first[f32], f32 ? (void *)out32 : out64, size);
			ck_assert_msg(!memcmp(first[f32], f32 ? (void *)out32 : out64, size), "%d threads, f32 %d", threads, f32);
		}
		egm_context_free(c);
	}
}
END_TEST

/* Sums of at most 13 x 14 x 14 terms of order 1 each, in double and in float, against those of the interpreter: their
 * roundings add up to a few hundred eps of the largest, at worst 2548. */
START_TEST(test_conv_program__types_and_paths_agree)
{
	fill(29);
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	int64_t n = run(c, EGM_F64, builds[_i], 1);
	double scale = 1;
	egm_context_free(c);
	memcpy(want, out64, sizeof want);
	for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs(want[i]));
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		if (!(c = egm_test_context_on(2, simd))) continue;
		run(c, EGM_F64, builds[_i], 0);
		run(c, EGM_F32, builds[_i], 0);
		for (int64_t i = 0; i < n; i++) {
			ck_assert(fabs(out64[i] - want[i]) <= 2600 * DBL_EPSILON * scale);
			ck_assert(fabs((double)out32[i] - want[i]) <= 2600 * (double)FLT_EPSILON * scale);
		}
		egm_context_free(c);
	}
}
END_TEST

static void listing(build_graph *build, int fixed, char *text, size_t size)
{
	egm__graph *g = NULL;
	egm__program *p = NULL;
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F32), EGM_OK);
	if (fixed) egm__graph_fix_slot(g, IN);
	build(g);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	ck_assert_uint_le(egm__program_describe(p, text, size), size);
	egm__program_free(p);
	egm__graph_free(g);
	egm_context_free(c);
}

/* No matrix of patches is left: three kernels beside that of the product's gradient. With a fixed slot they stay, and
 * the forward product is a packed one. */
START_TEST(test_conv_program__makes_windows_where_they_are_multiplied)
{
	static char text[65536];
	listing(wide, 0, text, sizeof text);
	ck_assert_ptr_null(strstr(text, "patches"));
	ck_assert_ptr_null(strstr(text, "fold"));
	ck_assert_ptr_nonnull(strstr(text, "conv 495 x 17 x 198 NT"));
	ck_assert_ptr_nonnull(strstr(text, "conv 495 x 198 x 17 NN"));
	ck_assert_ptr_nonnull(strstr(text, "conv 17 x 198 x 495 TN"));
	listing(wide, 1, text, sizeof text);
	ck_assert_ptr_null(strstr(text, "conv"));
	ck_assert_ptr_nonnull(strstr(text, "patches"));
	ck_assert_ptr_nonnull(strstr(text, "packed"));
}
END_TEST

typedef struct compilation {
	egm_context *context;
	build_graph *build;
} compilation;

static egm_status compile(void *user)
{
	const compilation *u = user;
	egm__graph *g = NULL;
	egm__program *p = NULL;
	egm_status st = egm__graph_create(&g, u->context, EGM_F64);
	if (st == EGM_OK) {
		u->build(g);
		st = egm__program_create(&p, g);
	}
	egm__program_free(p);
	egm__graph_free(g);
	return st;
}

START_TEST(test_conv_program__survives_any_failed_allocation)
{
	egm_test_allocator a = {0};
	compilation u = {egm_test_context(&a), builds[_i]};
	ck_assert_int_gt(egm_test_fail_each(&a, compile, &u), 10);
	egm_context_free(u.context);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conv_program");
	TCase *t = tcase_create("programs");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_conv_program__threads_do_not_show, 0, EGM_TEST_PATHS * N_BUILDS);
	tcase_add_loop_test(t, test_conv_program__types_and_paths_agree, 0, N_BUILDS);
	tcase_add_test(t, test_conv_program__makes_windows_where_they_are_multiplied);
	tcase_add_loop_test(t, test_conv_program__survives_any_failed_allocation, 0, N_BUILDS);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
