/* SPDX-License-Identifier: MIT */
/* Compiled programs: equal bits on any number of threads, both types and all code paths against the interpreter,
 * failing allocations. test_random_graphs.c has random formulas. */
#include "program_runs.h"

/* elementwise chains and every kind of sum, over many blocks; no product */
static int64_t build_sums(egm__graph *g)
{
	egm__id x = egm__leaf(g, IN, 0, egm__shape2(210, 601)), n = egm__normal(g, 1, egm__shape2(210, 601));
	egm__id y = egm__mul(g, egm__tanh(g, egm__add(g, x, egm__scale(g, n, 0.5))), egm__exp(g, x));
	egm__id d;
	egm__gradient(g, egm__mean(g, egm__square(g, y)), 1, &x, &d);
	egm__graph_output(g, egm__sum(g, y, 1), OUT, 0);
	egm__graph_output(g, egm__sum(g, y, 2), OUT, 1000);
	egm__graph_output(g, egm__sum(g, y, 3), OUT, 2000);
	egm__graph_output(g, d, OUT, 3000);
	egm__graph_output(g, egm__uniform(g, 2, egm__shape2(20000, 1)), OUT, 3000 + 210 * 601);
	return 3000 + 210 * 601 + 20000;
}

/* a penalty of a network: products large enough for several threads, and second derivatives */
static int64_t build_net(egm__graph *g)
{
	egm__id x = egm__leaf(g, IN, 0, egm__shape2(300, 32)), w = egm__leaf(g, IN, 9600, egm__shape2(80, 32)), d[2], s;
	egm__id b = egm__leaf(g, IN, 13000, egm__shape2(1, 80)), v = egm__leaf(g, IN, 14000, egm__shape2(1, 80));
	egm__id scaled = egm__scale(g, w, 0.2), wrt[2] = {w, v};
	egm__id u = egm__matmul(g, egm__tanh(g, egm__linear(g, x, scaled, b)), v, 0, 1);
	egm__gradient(g, u, 1, &x, &s);
	egm__id y = egm__add(g, egm__mean(g, egm__square(g, egm__affine(g, egm__row_norm(g, s), 1, -1))), egm__mean(g, u));
	egm__gradient(g, y, 2, wrt, d);
	egm__graph_output(g, u, OUT, 0);
	egm__graph_output(g, d[0], OUT, 300);
	egm__graph_output(g, d[1], OUT, 300 + 2560);
	return 300 + 2560 + 80;
}

static double largest(const double *x, int64_t n)
{
	double m = 0;
	for (int64_t i = 0; i < n; i++) m = fabs(x[i]) > m ? fabs(x[i]) : m;
	return m;
}

static void compare(const char *what, int64_t n, double tolerance)
{
	double scale = largest(want, n);
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(fabs(out64[i] - want[i]) <= tolerance * scale, "%s: element %lld is %.17g, not %.17g", what,
		              (long long)i, out64[i], want[i]);
}

/* ---- threads */

static void same_bits(build_graph *build, egm_dtype dtype, int32_t simd)
{
	static double first[MOST];
	const void *out = dtype == EGM_F64 ? (const void *)out64 : out32;
	size_t size = dtype == EGM_F64 ? sizeof(double) : sizeof(float);
	for (int32_t threads = 1; threads <= 5; threads++) {
		egm_context *c = egm_test_context_on(threads, simd);
		if (!c) return; /* the CPU lacks it */
		int64_t n = run(c, dtype, build, 0);
		if (threads == 1) memcpy(first, out, (size_t)n * size);
		ck_assert_msg(!memcmp(first, out, (size_t)n * size), "%d threads", threads);
		egm_context_free(c);
	}
}

/* Fused passes, sums, noise, and products. */
START_TEST(test_program__threads_do_not_show)
{
	fill(17);
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++)
		for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
			same_bits(build_sums, (egm_dtype)dtype, simd);
			same_bits(build_net, (egm_dtype)dtype, simd);
		}
}
END_TEST

/* ---- code paths and types */

/* Every path against the interpreter in f64. Noise: the same draws, from the same table. Sums of 126210 terms of order
 * 1 whose sum is of the size of the largest output: each partial sum rounds once an add, eps sqrt(n) ~ 1e-13; vector
 * functions are good to 4 ulp. 1e-12. f32: inputs are floats exactly; 4 ulp of 6e-8 a function, chains of ten of them,
 * sums in blocks: 1e-5 is expected and 1e-4 is the gate. */
START_TEST(test_program__code_paths_agree)
{
	build_graph *const builds[] = {build_sums, build_net};
	fill(17);
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context *c = egm_test_context_on(1, simd);
		if (!c) continue; /* the CPU lacks it */
		for (int b = 0; b < 2; b++)
			for (int f32 = 0; f32 < 2; f32++) {
				/* noise in f32 are other numbers than in f64: the interpreter takes the graph's type */
				int64_t n = run(c, f32 ? EGM_F32 : EGM_F64, builds[b], 1);
				for (int64_t i = 0; i < n; i++) want[i] = f32 ? (double)out32[i] : out64[i];
				run(c, f32 ? EGM_F32 : EGM_F64, builds[b], 0);
				for (int64_t i = 0; i < n && f32; i++) out64[i] = out32[i];
				compare(egm_context_backend(c), n, f32 ? 1e-4 : 1e-12);
			}
		egm_context_free(c);
	}
}
END_TEST

/* The f32 program against the interpreter of the f64 graph. */
START_TEST(test_program__f32_follows_f64)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	fill(17);
	int64_t n = run(c, EGM_F64, build_net, 1);
	memcpy(want, out64, sizeof want);
	run(c, EGM_F32, build_net, 0);
	for (int64_t i = 0; i < n; i++) out64[i] = out32[i];
	compare("f32", n, 1e-4);
	egm_context_free(c);
}
END_TEST

/* ---- shapes around the sizes of tiles (512) and blocks (16384) */

static const int64_t shapes[][2] = {{1, 40000}, {40000, 1}, {33, 1500},  {5000, 7},  {3, 20000},
                                    {2, 512},   {2, 513},   {16384, 1},  {1, 16385}, {1, 16384},
                                    {2, 8193},  {32769, 2}, {1, 131072}, {129, 128}, {700, 23}};
static egm__shape shape;

static int64_t build_all_sums(egm__graph *g)
{
	egm__id x = egm__leaf(g, IN, 0, shape), y = egm__affine(g, egm__square(g, x), 1, 0.5), all, d;
	int64_t at = 0, n = egm__shape_count(&shape);
	all = egm__sum(g, y, 3);
	egm__gradient(g, egm__square(g, egm__sum(g, egm__exp(g, egm__scale(g, egm__sum(g, y, 1), 1e-5)), 3)), 1, &x, &d);
	egm__id outs[] = {all, egm__sum(g, y, 1), egm__sum(g, y, 2),
	                  d,   egm__max(g, x, 1), egm__mul(g, egm__sum(g, y, 2), egm__tanh(g, x))};
	for (int i = 0; i < 6; i++) {
		int64_t count = egm__shape_count(egm__graph_shape(g, outs[i]));
		if (at + count > MOST) break;
		egm__graph_output(g, outs[i], OUT, at);
		at += count;
	}
	ck_assert_int_gt(at, n);
	return at;
}

/* sums of up to 131072 terms of one sign: eps sqrt(n) = 1e-13 */
START_TEST(test_program__wide_and_long_shapes)
{
	egm_context *c = egm_test_context_on(2, EGM_SIMD_AUTO);
	shape = egm__shape2(shapes[_i][0], shapes[_i][1]);
	fill(17);
	int64_t n = run(c, EGM_F64, build_all_sums, 1);
	memcpy(want, out64, sizeof want);
	run(c, EGM_F64, build_all_sums, 0);
	compare("sums", n, 1e-12);
	egm_context_free(c);
}
END_TEST

/* ---- one graph, several programs; memory */

static int64_t build_channel_sums(egm__graph *g)
{
	egm__graph_output(g, egm__sum(g, egm__leaf(g, IN, 0, egm__shape2(MOST / 4, 4)), 1), OUT, 0);
	return 4;
}

/* Pixels of few channels with a large mean, as batch normalisation sums them up. An f32 sum of 65536 numbers of about
 * 10000.3, one after the other, is soon a multiple of 8, 16, 32 and loses the same part of each: 5e-5 of it and more.
 * In 256 rows and 8 pairings there are 264 roundings of at most FLT_EPSILON / 2. */
START_TEST(test_program__sums_of_many_rows_keep_their_digits)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	double sums[4] = {0};
	fill(17);
	for (int i = 0; i < MOST; i++) {
		in32[i] = 10000.3F + 0.25F * in32[i];
		sums[i % 4] += (double)in32[i];
	}
	run(c, EGM_F32, build_channel_sums, 0);
	for (int i = 0; i < 4; i++)
		ck_assert_msg(fabs((double)out32[i] - sums[i]) <= 264 * FLT_EPSILON / 2 * sums[i], "%.9g, not %.9g",
		              (double)out32[i], sums[i]);
	egm_context_free(c);
}
END_TEST

START_TEST(test_program__two_of_one_graph_are_equal)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm__graph *g = NULL;
	egm__program *p[2] = {NULL, NULL};
	void *bases[EGM__MAX_SLOTS] = {[IN] = in64, [OUT] = out64};
	char text[2][20000];
	fill(17);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	int64_t n = build_net(g);
	for (int i = 0; i < 2; i++) ck_assert_int_eq(egm__program_create(&p[i], g), EGM_OK);
	egm__graph_free(g); /* not needed any more */
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_lt(egm__program_describe(p[i], text[i], sizeof text[i]), sizeof text[i]);
		egm__program_run(p[i], bases, 3, 4);
		if (i == 0) memcpy(want, out64, sizeof want);
		ck_assert(!memcmp(want, out64, (size_t)n * sizeof *want));
	}
	ck_assert_str_eq(text[0], text[1]);
	ck_assert_uint_eq(egm__program_describe(p[0], NULL, 0), strlen(text[0]) + 1);
	for (int i = 0; i < 2; i++) egm__program_free(p[i]);
	egm_context_free(c);
}
END_TEST

START_TEST(test_program__a_run_allocates_nothing)
{
	egm_test_allocator a = {0};
	egm_context *c = egm_test_context(&a);
	egm__graph *g = NULL;
	egm__program *p[2] = {NULL, NULL};
	void *bases[EGM__MAX_SLOTS] = {[IN] = in64, [OUT] = out64};
	fill(17);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
		if (i)
			build_net(g);
		else
			build_sums(g);
		long before = a.bytes;
		ck_assert_int_eq(egm__program_create(&p[i], g), EGM_OK);
		ck_assert_int_ge(a.bytes - before, (long)egm__program_arena_bytes(p[i]));
		egm__graph_free(g);
	}
	long calls = a.calls;
	for (int i = 0; i < 20; i++) egm__program_run(p[i % 2], bases, 1, (uint64_t)i);
	ck_assert_int_eq(a.calls, calls);
	for (int i = 0; i < 2; i++) egm__program_free(p[i]);
	egm_context_free(c);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

static egm_status build_and_compile(void *context)
{
	egm__graph *g = NULL;
	egm__program *p = NULL;
	egm_status st = egm__graph_create(&g, context, EGM_F32);
	if (st == EGM_OK) {
		build_net(g);
		build_sums(g);
		st = egm__program_create(&p, g);
		if (st != EGM_OK) ck_assert_ptr_null(p);
	}
	egm__program_free(p);
	egm__graph_free(g);
	return st;
}

START_TEST(test_program__every_allocation_may_fail)
{
	egm_test_allocator a = {0};
	egm_context *c = egm_test_context(&a);
	ck_assert_int_gt(egm_test_fail_each(&a, build_and_compile, c), 20);
	egm_context_free(c);
}
END_TEST

/* ---- noise and numbers that stay between runs */

START_TEST(test_program__noise_depends_on_seed_stream_and_step_alone)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm__graph *g = NULL;
	egm__program *p = NULL;
	void *bases[EGM__MAX_SLOTS] = {[OUT] = out64};
	double first[30];
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	for (uint32_t i = 0; i < 3; i++) egm__graph_output(g, egm__normal(g, i, egm__shape2(2, 5)), OUT, 10 * i);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	egm__program_run(p, bases, 3, 4);
	memcpy(first, out64, sizeof first);
	for (int i = 0; i < 10; i++) ck_assert(first[i] != first[i + 10] && first[i] != first[i + 20]);
	egm__program_run(p, bases, 3, 5);
	for (int i = 0; i < 30; i++) ck_assert(first[i] != out64[i]);
	egm__program_run(p, bases, 4, 4);
	for (int i = 0; i < 30; i++) ck_assert(first[i] != out64[i]);
	egm__program_run(p, bases, 3, 4);
	ck_assert(!memcmp(first, out64, sizeof first));
	egm__program_free(p);
	egm__graph_free(g);
	egm_context_free(c);
}
END_TEST

/* (a, b, c) becomes (b, 2 a, a + b): each from the values before the run */
START_TEST(test_program__state_is_read_before_it_is_written)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm__graph *g = NULL;
	egm__program *p = NULL;
	double state[3] = {3, 5, 7};
	void *bases[EGM__MAX_SLOTS] = {[2] = state, [OUT] = out64};
	egm__shape one = egm__shape2(1, 1);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	egm__id a = egm__leaf(g, 2, 0, one), b = egm__leaf(g, 2, 1, one);
	egm__graph_output(g, b, 2, 0);
	egm__graph_output(g, egm__scale(g, a, 2), 2, 1);
	egm__graph_output(g, egm__add(g, a, b), 2, 2);
	egm__graph_output(g, egm__leaf(g, 2, 0, egm__shape2(1, 3)), OUT, 0);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	egm__program_run(p, bases, 1, 1);
	ck_assert(state[0] == 5 && state[1] == 6 && state[2] == 8);
	ck_assert(out64[0] == 3 && out64[1] == 5 && out64[2] == 7);
	egm__program_run(p, bases, 1, 2);
	ck_assert(state[0] == 6 && state[1] == 10 && state[2] == 11);
	egm__program_free(p);
	egm__graph_free(g);
	egm_context_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("program");
	TCase *t = tcase_create("numbers");
	tcase_set_tags(t, "R24");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_program__threads_do_not_show);
	tcase_add_test(t, test_program__code_paths_agree);
	tcase_add_test(t, test_program__f32_follows_f64);
	tcase_add_loop_test(t, test_program__wide_and_long_shapes, 0, sizeof shapes / sizeof *shapes);
	tcase_add_test(t, test_program__sums_of_many_rows_keep_their_digits);
	suite_add_tcase(s, t);
	t = tcase_create("memory");
	tcase_set_tags(t, "R1");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_program__two_of_one_graph_are_equal);
	tcase_add_test(t, test_program__a_run_allocates_nothing);
	tcase_add_test(t, test_program__every_allocation_may_fail);
	tcase_add_test(t, test_program__noise_depends_on_seed_stream_and_step_alone);
	tcase_add_test(t, test_program__state_is_read_before_it_is_written);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
