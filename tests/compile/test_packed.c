/* SPDX-License-Identifier: MIT */
/* Programs whose weights are in a fixed slot: they agree with the interpreter and with programs without a fixed slot,
 * the result for a row does not depend on other rows, and the right products are packed. */
#include "packed_net.h"

static double want[MOST];

static void interpret(egm_context *c, int64_t rows)
{
	void *bases[EGM__MAX_SLOTS];
	egm__graph *g = NULL;
	set_bases(EGM_F64, bases);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	build_net(g, rows);
	ck_assert_int_eq(egm__graph_interpret(g, bases, 0, 0), EGM_OK);
	egm__graph_free(g);
	memcpy(want, out64, sizeof want);
}

static int count_kernels(const egm__program *p, egm__kernel_kind kind)
{
	int n = 0;
	for (int32_t i = 0; i < p->n_kernels; i++) n += p->kernels[i].kind == kind;
	return n;
}

/* ---- numbers */

/* Sums of at most 50 terms of magnitude 0.3, over three layers and back: eps 50 a layer, some 1e-13 of the largest, and
 * 6e-6 in f32. Gates 1e-12 and 1e-4. */
static void check_rows(egm_context *c, egm_dtype dtype, int64_t rows)
{
	double tolerance = dtype == EGM_F64 ? 1e-12 : 1e-4, scale = 0;
	interpret(c, rows);
	for (int64_t i = 0; i < rows * ROW_OUT; i++) scale = fmax(scale, fabs(want[i]));
	for (int fixed = 0; fixed < 2; fixed++) {
		egm__program *p = compile(c, dtype, fixed, rows);
		ck_assert_ptr_nonnull(p);
		/* forward and backward of two layers; the last layer is a sum in a group */
		ck_assert_int_eq(count_kernels(p, EGM__KERNEL_PACKED), fixed ? 4 : 0);
		if (fixed) ck_assert_int_eq(count_kernels(p, EGM__KERNEL_GEMM), 0);
		ck_assert_uint_eq(egm__program_arena_bytes(p), egm__program_arena_used(p));
		prepare(p);
		run(p, 0, rows);
		for (int64_t i = 0; i < rows * ROW_OUT; i++)
			ck_assert_msg(fabs(out64[i] - want[i]) <= tolerance * scale, "%s, %lld rows, fixed %d: %lld is %g, not %g",
			              egm_context_backend(c), (long long)rows, fixed, (long long)i, out64[i], want[i]);
		egm__program_free(p);
	}
}

START_TEST(test_packed__programs_match_the_interpreter)
{
	static const int64_t rows[] = {1, 2, 7, 32, ROWS};
	fill(17);
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		egm_context *c = egm_test_context_on(1, simd);
		if (!c) continue; /* the CPU lacks it */
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			check_rows(c, EGM_F64, rows[i]);
			check_rows(c, EGM_F32, rows[i]);
		}
		egm_context_free(c);
	}
}
END_TEST

/* Energy and gradient of a row, from a program of `rows` rows over the inputs from first_row on, against `want`, that
 * of all ROWS rows. */
static void check_bits(egm_context *c, egm_dtype dtype, int64_t first_row, int64_t rows)
{
	egm__program *p = compile(c, dtype, 1, rows);
	ck_assert_ptr_nonnull(p);
	prepare(p);
	run(p, first_row, rows);
	for (int64_t i = 0; i < rows; i++) {
		int same = !memcmp(&out64[i], &want[first_row + i], sizeof *want) &&
		           !memcmp(&out64[rows + i * WIDTH], &want[ROWS + (first_row + i) * WIDTH], WIDTH * sizeof *want);
		ck_assert_msg(same, "%s: row %lld differs in a program of %lld rows from %lld on", egm_context_backend(c),
		              (long long)(first_row + i), (long long)rows, (long long)first_row);
	}
	egm__program_free(p);
}

/* The bits of a row depend on the row alone: not on its place, the number of rows, or of threads. */
START_TEST(test_packed__a_row_does_not_depend_on_others)
{
	static const int64_t parts[][2] = {{0, 1}, {57, 1}, {100, 1}, {0, 2}, {13, 7}, {5, 32}, {40, 61}, {1, 100}};
	fill(18);
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++)
		for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
			egm_context *c = egm_test_context_on(1, simd), *d = egm_test_context_on(3, simd);
			if (!c) continue; /* the CPU lacks it */
			egm__program *p = compile(c, (egm_dtype)dtype, 1, ROWS);
			ck_assert_ptr_nonnull(p);
			prepare(p);
			run(p, 0, ROWS);
			memcpy(want, out64, sizeof want);
			for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
				check_bits(i % 2 ? c : d, (egm_dtype)dtype, parts[i][0], parts[i][1]);
			check_bits(d, (egm_dtype)dtype, 0, ROWS);
			egm__program_free(p);
			egm_context_free(c);
			egm_context_free(d);
		}
}
END_TEST

START_TEST(test_packed__prepare_takes_up_new_weights)
{
	static double old[MOST];
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	fill(19);
	egm__program *p = compile(c, EGM_F64, 1, 9);
	prepare(p);
	run(p, 0, 9);
	memcpy(old, out64, sizeof old);
	for (int64_t i = 0; i < widths[0] * widths[1]; i++) weights64[i] *= -1.25; /* the first factor */
	run(p, 0, 9);
	ck_assert(!memcmp(old, out64, 9 * ROW_OUT * sizeof *old)); /* still the copy */
	interpret(c, 9);
	prepare(p);
	run(p, 0, 9);
	for (int64_t i = 0; i < 9 * ROW_OUT; i++) ck_assert(fabs(out64[i] - want[i]) <= 1e-12);
	ck_assert(fabs(want[0] - old[0]) > 1e-6);
	egm__program_free(p);
	egm_context_free(c);
}
END_TEST

/* ---- which products */

typedef egm__id (*product)(egm__graph *g, egm__id a, egm__id w);

static egm__id plain(egm__graph *g, egm__id a, egm__id w)
{
	return egm__matmul(g, a, w, 0, 0);
}

/* two products, one with alpha -2, that share a copy */
static egm__id twice(egm__graph *g, egm__id a, egm__id w)
{
	egm__id x = egm__matmul(g, a, w, 0, 0), y = egm__matmul(g, egm__tanh(g, a), w, 0, 0);
	return egm__add(g, egm__tanh(g, x), egm__scale(g, y, -2));
}

/* a sum of products: the second adds to the first */
static egm__id accumulated(egm__graph *g, egm__id a, egm__id w)
{
	egm__id v = egm__leaf(g, WEIGHTS, 100, *egm__graph_shape(g, w));
	return egm__add(g, egm__matmul(g, a, w, 0, 0), egm__matmul(g, egm__tanh(g, a), v, 0, 0));
}

/* the same square matrix both ways: two copies */
static egm__id both_ways(egm__graph *g, egm__id a, egm__id w)
{
	egm__id s = egm__slice(g, w, 1, 0, 8);
	return egm__matmul(g, egm__matmul(g, a, s, 0, 0), s, 0, 1);
}

static egm__id of_a_view(egm__graph *g, egm__id a, egm__id w)
{
	return egm__matmul(g, egm__slice(g, a, 1, 0, 6), egm__slice(g, egm__slice(g, w, 0, 2, 6), 1, 3, 5), 0, 0);
}

static egm__id fixed_left(egm__graph *g, egm__id a, egm__id w)
{
	return egm__matmul(g, egm__slice(g, w, 1, 0, 8), egm__tanh(g, a), 0, 1);
}

static egm__id left_transposed(egm__graph *g, egm__id a, egm__id w)
{
	return egm__matmul(g, egm__tanh(g, egm__reshape(g, a, egm__shape2(8, 4))), w, 1, 0);
}

static egm__id computed(egm__graph *g, egm__id a, egm__id w)
{
	return egm__matmul(g, a, egm__tanh(g, w), 0, 0);
}

static const struct {
	product build;
	int packed, gemm, copies;
} products[] = {{plain, 1, 0, 1},     {twice, 2, 0, 1},      {accumulated, 2, 0, 2},     {both_ways, 2, 0, 2},
                {of_a_view, 1, 0, 1}, {fixed_left, 0, 1, 0}, {left_transposed, 0, 1, 0}, {computed, 0, 1, 0}};

/* a [4, 8] in IN, w [8, 9] in WEIGHTS. Sums of 9 terms below 1 in double: 1e-14. */
START_TEST(test_packed__products_with_a_fixed_right_factor)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	void *bases[EGM__MAX_SLOTS];
	fill(20);
	set_bases(EGM_F64, bases);
	for (int as_written = 0; as_written < 2; as_written++) {
		egm__graph *g = NULL;
		egm__program *p = NULL;
		ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
		g->simplify = !as_written;
		egm__graph_fix_slot(g, WEIGHTS);
		egm__id a = egm__leaf(g, IN, 0, egm__shape2(4, 8)), w = egm__leaf(g, WEIGHTS, 5, egm__shape2(8, 9));
		egm__id y = products[_i].build(g, a, w);
		egm__graph_output(g, y, OUT, 0);
		int64_t n = egm__shape_count(egm__graph_shape(g, y));
		ck_assert_int_eq(egm__graph_interpret(g, bases, 0, 0), EGM_OK);
		memcpy(want, out64, sizeof want);
		ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
		ck_assert_int_eq(count_kernels(p, EGM__KERNEL_PACKED), products[_i].packed);
		ck_assert_int_eq(count_kernels(p, EGM__KERNEL_GEMM), products[_i].gemm);
		ck_assert_int_eq(p->n_packs, products[_i].copies);
		egm__program_prepare(p, bases);
		egm__program_run(p, bases, 0, 0);
		for (int64_t i = 0; i < n; i++) ck_assert(fabs(out64[i] - want[i]) <= 1e-14);
		egm__program_free(p);
		egm__graph_free(g);
	}
	egm_context_free(c);
}
END_TEST

/* Without a fixed slot, egm__program_prepare reads nothing. */
START_TEST(test_packed__nothing_to_prepare)
{
	egm_context *c = egm_test_context_on(1, EGM_SIMD_AUTO);
	void *none[EGM__MAX_SLOTS] = {NULL};
	fill(23);
	egm__program *p = compile(c, EGM_F64, 0, 4);
	egm__program_prepare(p, none);
	interpret(c, 4);
	run(p, 0, 4);
	for (int64_t i = 0; i < 4 * ROW_OUT; i++) ck_assert(fabs(out64[i] - want[i]) <= 1e-12);
	egm__program_free(p);
	egm_context_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("packed");
	TCase *t = tcase_create("numbers");
	tcase_set_tags(t, "R24");
	tcase_add_test(t, test_packed__programs_match_the_interpreter);
	tcase_add_test(t, test_packed__a_row_does_not_depend_on_others);
	tcase_add_test(t, test_packed__prepare_takes_up_new_weights);
	tcase_add_loop_test(t, test_packed__products_with_a_fixed_right_factor, 0, sizeof products / sizeof *products);
	tcase_add_test(t, test_packed__nothing_to_prepare);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
