/* SPDX-License-Identifier: MIT */
/* NaN and infinity reach the outputs of a program, so that a training step in which one appears is rejected. */
#include <graph/graph_support.h>

enum { IN = 1, OUT = 8, MOST = 64 };

static double in64[MOST], out64[MOST];
static float in32[MOST], out32[MOST];

static void fill(void)
{
	uint64_t random = 17;
	for (int i = 0; i < MOST; i++) in32[i] = (float)(in64[i] = (float)graph_random(&random));
}

static egm_context *context(int32_t simd)
{
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *c = NULL;
	o.simd = simd;
	return egm_context_create(&c, &o) == EGM_OK ? c : NULL;
}

/* Compiles `build` and runs it once on the inputs as they are. */
static int64_t run(egm_context *c, int f32, egm__id (*build)(egm__graph *, egm__id))
{
	egm__graph *g = NULL;
	egm__program *p = NULL;
	void *bases[EGM__MAX_SLOTS] = {[IN] = f32 ? (void *)in32 : in64, [OUT] = f32 ? (void *)out32 : out64};
	memset(out64, 0, sizeof out64);
	memset(out32, 0, sizeof out32);
	ck_assert_int_eq(egm__graph_create(&g, c, f32 ? EGM_F32 : EGM_F64), EGM_OK);
	egm__id y = build(g, egm__leaf(g, IN, 0, egm__shape2(2, 21)));
	int64_t n = egm__shape_count(egm__graph_shape(g, y));
	ck_assert_int_le(n, MOST);
	egm__graph_output(g, y, OUT, 0);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	egm__program_run(p, bases, 1, 1);
	egm__program_free(p);
	egm__graph_free(g);
	return n;
}

#define BAD(n, expr)                           \
	static egm__id n(egm__graph *g, egm__id x) \
	{                                          \
		return expr;                           \
	}
BAD(n_add, egm__add(g, x, egm__square(g, x)))
BAD(n_exp, egm__exp(g, x))
BAD(n_log, egm__ln(g, x))
BAD(n_sqrt, egm__sqrt(g, x))
BAD(n_recip, egm__recip(g, x))
BAD(n_tanh, egm__tanh(g, x))
BAD(n_sigmoid, egm__sigmoid(g, x))
BAD(n_softplus, egm__softplus(g, x))
BAD(n_erf, egm__erf(g, x))
BAD(n_leaky, egm__leaky(g, x, 0.2))
BAD(n_relu, egm__relu(g, x))
BAD(n_step, egm__step(g, x, 0.2))
BAD(n_elu, egm__elu(g, x, 1))
BAD(n_silu, egm__silu(g, x))
BAD(n_gelu, egm__gelu(g, x))
BAD(n_sum, egm__sum(g, x, 3))
BAD(n_rows, egm__sum(g, x, 1))
BAD(n_columns, egm__sum(g, x, 2))
BAD(n_max, egm__max(g, x, 3))
BAD(n_norm, egm__row_norm(g, x))
BAD(n_lse, egm__log_sum_exp(g, x, 3))
BAD(n_matmul, egm__matmul(g, x, x, 0, 1))
BAD(n_transpose, egm__transpose(g, x))
#define PIXELS egm__reshape(g, x, (egm__shape){4, {2, 3, 7, 1}})
#define WINDOW(...) (&(const egm__window){__VA_ARGS__})
BAD(n_patches, egm__patches(g, PIXELS, WINDOW({1, 1}, {1, 1}, {0, 0})))
BAD(n_fold, egm__fold(g, egm__reshape(g, x, (egm__shape){4, {2, 3, 1, 7}}), WINDOW({1, 7}, {1, 1}, {0, 0}), 3, 7))
BAD(n_block_sum, egm__block_sum(g, PIXELS, 3, 1))
BAD(n_repeat, egm__repeat(g, egm__slice(g, egm__block_sum(g, PIXELS, 1, 7), 0, 0, 2), 1, 2))
BAD(n_conv, egm__conv(g, PIXELS, egm__slice(g, egm__reshape(g, x, egm__shape2(21, 2)), 0, 0, 2),
                      WINDOW({2, 1}, {1, 1}, {0, 0})))
static egm__id (*const bad_ops[])(egm__graph *, egm__id) = {
    n_add,  n_exp,    n_log,       n_sqrt,    n_recip, n_tanh,      n_sigmoid, n_softplus, n_erf, n_leaky,
    n_relu, n_step,   n_elu,       n_silu,    n_gelu,  n_sum,       n_rows,    n_columns,  n_max, n_norm,
    n_lse,  n_matmul, n_transpose, n_patches, n_fold,  n_block_sum, n_repeat,  n_conv};

/* NaN in any element comes out, in every type and path, first, middle or last in a vector. */
START_TEST(test_program__nan_comes_through)
{
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context *c = context(simd);
		for (int at = 0; c && at < 42; at++)
			for (int f32 = 0; f32 < 2; f32++) {
				fill();
				in32[at] = (float)(in64[at] = NAN);
				int64_t n = run(c, f32, bad_ops[_i]), bad = 0;
				for (int64_t i = 0; i < n; i++) bad += f32 ? isnan(out32[i]) : isnan(out64[i]);
				ck_assert_msg(bad > 0, "op %d, element %d, path %d, f32 %d", _i, at, simd, f32);
			}
		egm_context_free(c);
	}
}
END_TEST

BAD(n_huge, egm__exp(g, egm__affine(g, egm__square(g, x), 1e5, 1e3)))
BAD(n_huge_sum, egm__sum(g, n_huge(g, x), 3))
BAD(n_log_negative, egm__ln(g, egm__affine(g, egm__square(g, x), -1, -1)))

START_TEST(test_program__overflow_is_infinite_and_not_a_large_number)
{
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context *c = context(simd);
		for (int f32 = 0; c && f32 < 2; f32++) {
			fill();
			int64_t n = run(c, f32, n_huge);
			for (int64_t i = 0; i < n; i++) ck_assert(f32 ? out32[i] == INFINITY : out64[i] == INFINITY);
			run(c, f32, n_huge_sum);
			ck_assert(f32 ? out32[0] == INFINITY : out64[0] == INFINITY);
			n = run(c, f32, n_log_negative);
			for (int64_t i = 0; i < n; i++) ck_assert(f32 ? isnan(out32[i]) : isnan(out64[i]));
		}
		egm_context_free(c);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nonfinite");
	TCase *t = tcase_create("numbers");
	tcase_set_tags(t, "R24");
	tcase_add_loop_test(t, test_program__nan_comes_through, 0, sizeof bad_ops / sizeof *bad_ops);
	tcase_add_test(t, test_program__overflow_is_infinite_and_not_a_large_number);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
