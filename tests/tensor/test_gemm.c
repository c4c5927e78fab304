/* SPDX-License-Identifier: MIT */
/* Products against a plain sum in long double, and what their bits depend on. */
#include <core/os_impl.h>

#include "gemm_operands.h"

/* With exactly the scratch memory that it needs. */
static void run(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c)
{
	enum { GUARD = 64 };
	size_t bytes = (size_t)egm__gemm_scratch(context, p);
	unsigned char *scratch = egm_test_aligned(bytes + GUARD, 64);
	if (!scratch) abort();
	memset(scratch, 0xff, bytes + GUARD);
	egm__gemm_run(context, p, a, b, c, scratch);
	for (size_t i = 0; i < GUARD; i++)
		if (scratch[bytes + i] != 0xff) abort();
	egm_test_aligned_free(scratch);
}

static void run_and_check(egm_context *context, egm__gemm p, int64_t gap)
{
	operands o = make_operands(p, gap);
	run(context, &o.p, o.a, o.b, o.c);
	check_product(&o);
	free_operands(&o);
}

static void run_forms(egm_context *context, egm__gemm p)
{
	for (int form = 0; form < 16; form++) {
		p.dtype = form & 8 ? EGM_F64 : EGM_F32;
		p.ta = form & 1;
		p.tb = form >> 1 & 1;
		p.alpha = form & 4 ? 1 : -0.75;
		p.beta = form >> 2 & 1;
		run_and_check(context, p, form % 3);
	}
}

START_TEST(test_gemm__matches_naive_for_every_form)
{
	static const int64_t sizes[] = {0, 1, 2, 3, 7, 16, 17, 33, 65};
	enum { COUNT = sizeof sizes / sizeof *sizes };
	egm_context *context = egm_test_context_on(1, _i);
	for (int i = 0; i < COUNT && context; i++) {
		for (int j = 0; j < COUNT; j++) {
			for (int l = 0; l < COUNT; l += 1 + (i + j) % 2) {
				run_forms(context, (egm__gemm){.m = sizes[i], .n = sizes[j], .k = sizes[l]});
			}
		}
	}
	egm_context_free(context);
}
END_TEST

START_TEST(test_gemm__alpha_zero_is_beta_c)
{
	egm_context *context = egm_test_context_on(1, _i);
	for (int beta = 0; beta < 2 && context; beta++) {
		egm__gemm p = {.m = 5, .n = 7, .k = 3, .alpha = 0, .beta = beta, .dtype = EGM_F32};
		operands o = make_operands(p, 2);
		for (int i = 0; i < 3; i++) egm_test_set(EGM_F32, o.a, i, NAN);
		run(context, &o.p, o.a, o.b, o.c);
		check_product(&o);
		free_operands(&o);
	}
	egm_context_free(context);
}
END_TEST

/* With beta = 0, C is only an output. Widths of 1 have paths of their own; the last row is spread over threads. */
START_TEST(test_gemm__beta_zero_ignores_nan_in_c)
{
	static const int64_t sizes[][3] = {{9, 11, 5}, {40, 1, 30}, {1, 40, 30}, {1, 1, 8}, {9, 11, 0}, {128, 160, 64}};
	egm_context *context = egm_test_context_on(2, _i);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes && context; s++) {
		for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
			egm__gemm p = {sizes[s][0], sizes[s][1], sizes[s][2], 0, 0, 0, 1, 0, dtype, 0, 0};
			operands o = make_operands(p, 0);
			for (int64_t i = 0; i < p.m * p.n; i++) egm_test_set((egm_dtype)dtype, o.c, i, i % 2 ? NAN : INFINITY);
			run(context, &o.p, o.a, o.b, o.c);
			check_product(&o);
			free_operands(&o);
		}
	}
	egm_context_free(context);
}
END_TEST

static const int64_t large[][3] = {{64, 512, 512},  {512, 64, 512}, {257, 300, 129}, {33, 1000, 77},  {1000, 33, 77},
                                   {100, 101, 102}, {4096, 1, 300}, {1, 4096, 300},  {300, 1000, 33}, {17, 31, 2000}};

/* Every second row and third column covers each part and its edges. */
static void check_sample(const operands *o)
{
	for (int64_t i = 0; i < o->p.m; i += 2) {
		for (int64_t j = 0; j < o->p.n; j += 3) check_element(o, i, j);
	}
}

static int same_elements(const operands *o, const void *c)
{
	for (int64_t i = 0; i < o->p.m * o->p.ldc; i++)
		if (!egm_test_same((egm_dtype)o->p.dtype, o->c, i, c, i)) return 0;
	return 1;
}

enum { COUNTS = 4 };
static const int32_t thread_counts[COUNTS] = {1, 2, 3, 5};

/* Products large enough to be split, on each path: correct, and with the bits of one thread. */
START_TEST(test_gemm__spread_over_threads)
{
	int32_t simd = EGM_TEST_FIRST_PATH + _i / COUNTS;
	egm_context *context = egm_test_context_on(thread_counts[_i % COUNTS], simd);
	egm_context *single = egm_test_context_on(1, simd);
	for (size_t s = 0; s < sizeof large / sizeof *large && context; s++) {
		for (int form = 0; form < 8; form++) {
			int dtype = form & 4 ? EGM_F64 : EGM_F32;
			egm__gemm p = {large[s][0], large[s][1], large[s][2], 0, 0, 0, 1, 1, dtype, form & 1, form >> 1 & 1};
			operands o = make_operands(p, 1), alone = make_operands(p, 1);
			run(context, &o.p, o.a, o.b, o.c);
			run(single, &o.p, o.a, o.b, alone.c);
			check_sample(&o);
			ck_assert(same_elements(&o, alone.c));
			free_operands(&o);
			free_operands(&alone);
		}
	}
	egm_context_free(context);
	egm_context_free(single);
}
END_TEST

/* ---- bits */

static int64_t below(uint64_t *random, int64_t n)
{
	return (int64_t)(egm_test_random(random) * (double)n);
}

/* Rows `first` .. of A and C as a product of their own, elsewhere in memory. */
static void check_rows_alone(egm_context *context, const operands *o, int64_t first, int64_t rows)
{
	const egm__gemm *p = &o->p;
	egm_dtype type = (egm_dtype)p->dtype;
	egm__gemm q = *p;
	q.m = rows;
	operands s = make_operands(q, 2);
	for (int64_t i = 0; i < rows; i++) {
		for (int64_t l = 0; l < p->k; l++) {
			int64_t from = p->ta ? l * p->lda + first + i : (first + i) * p->lda + l;
			egm_test_set(type, s.a, p->ta ? l * s.p.lda + i : i * s.p.lda + l, (double)egm_test_get(type, o->a, from));
		}
		for (int64_t j = 0; j < p->n; j++)
			egm_test_set(type, s.c, i * s.p.ldc + j, (double)egm_test_get(type, o->before, (first + i) * p->ldc + j));
	}
	s.p.ldb = p->ldb;
	run(context, &s.p, s.a, o->b, s.c);
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < p->n; j++)
			if (!egm_test_same(type, s.c, i * s.p.ldc + j, o->c, (first + i) * p->ldc + j))
				ck_abort_msg("%lldx%lldx%lld ta %d tb %d: %lld rows from %lld on differ from their product alone",
				             (long long)p->m, (long long)p->n, (long long)p->k, p->ta, p->tb, (long long)rows,
				             (long long)first);
	free_operands(&s);
}

/* Random shapes of all proportions, so that either factor is the one read in vectors; any number of rows, from any
 * position, with any number of threads. */
START_TEST(test_gemm__bits_of_a_row_do_not_depend_on_its_position)
{
	uint64_t random = 5;
	egm_context *contexts[COUNTS];
	for (int i = 0; i < COUNTS; i++) contexts[i] = egm_test_own_context_on(thread_counts[i], _i);
	static const int64_t most[] = {4, 30, 130, 500};
	for (int round = 0; round < 150 && contexts[0]; round++) {
		egm__gemm p = {.alpha = round % 3 ? 1 : 0.3, .beta = round % 2, .dtype = round % 5 < 3 ? EGM_F32 : EGM_F64};
		p.m = 1 + below(&random, most[below(&random, 4)]);
		p.n = 1 + below(&random, most[below(&random, 4)]);
		p.k = 1 + below(&random, round % 10 ? most[below(&random, 3)] : 1200);
		p.ta = (int32_t)below(&random, 2);
		p.tb = (int32_t)below(&random, 2);
		operands o = make_operands(p, below(&random, 3));
		run(contexts[round % COUNTS], &o.p, o.a, o.b, o.c);
		check_sample(&o);
		for (int cut = 0; cut < COUNTS; cut++) {
			int64_t first = below(&random, p.m);
			check_rows_alone(contexts[cut], &o, first, cut ? 1 + below(&random, p.m - first) : 1);
		}
		free_operands(&o);
	}
	for (int i = 0; i < COUNTS; i++) egm_context_free(contexts[i]);
}
END_TEST

/* ---- sizes */

enum { A, B, BT, AT, C, WHERE };

/* Two rows of a few numbers, further apart than INT_MAX elements: 8 GiB of address space, two pages of memory. */
START_TEST(test_gemm__rows_further_apart_than_int)
{
	int where = _i % WHERE;
	egm_context *context = egm_test_context_on(1, EGM_TEST_FIRST_PATH + _i / WHERE);
	if (!context) return; /* the CPU lacks the path */
	int64_t far = (int64_t)INT32_MAX + 17, k = 2, n = 2, m = 2;
	size_t bytes = (size_t)(far + 16) * sizeof(float);
	float *wide = egm__os_map(bytes);
	if (!wide) { /* an address space limit: nothing to test here */
		egm_context_free(context);
		return;
	}
	float left[4] = {1, 2, 3, 4}, right[4] = {5, 6, 7, 8}, c[4];
	egm__gemm p = {m, n, k, 2, 2, 2, 1, 0, EGM_F32, 0, 0};
	const float *stored = where == B || where == BT ? right : left;
	memcpy(wide, stored, 2 * sizeof(float));
	memcpy(wide + far, stored + 2, 2 * sizeof(float));
	p.ta = where == AT;
	p.tb = where == BT;
	if (where == A || where == AT) p.lda = far;
	if (where == B || where == BT) p.ldb = far;
	if (where == C) p.ldc = far;
	run(context, &p, p.lda == far ? wide : left, p.ldb == far ? wide : right, p.ldc == far ? wide : c);
	if (where == C) {
		memcpy(c, wide, 2 * sizeof(float));
		memcpy(c + 2, wide + far, 2 * sizeof(float));
	}
	/* [1 2; 3 4] [5 6; 7 8], with the transpositions of the case. */
	static const float want[5][4] = {
	    {19, 22, 43, 50}, {19, 22, 43, 50}, {17, 23, 39, 53}, {26, 30, 38, 44}, {19, 22, 43, 50}};
	for (int i = 0; i < 4; i++) ck_assert(c[i] == want[where][i]);
	egm_context_free(context);
	egm__os_unmap(wide, bytes);
}
END_TEST

typedef struct callers {
	egm_context *context;
	operands o[2];
} callers;

static void multiply(int32_t index, void *argument)
{
	callers *x = argument;
	run(x->context, &x->o[index].p, x->o[index].a, x->o[index].b, x->o[index].c);
}

/* Callers at the same time, as samplers in several threads are. */
START_TEST(test_gemm__concurrent_callers)
{
	callers x = {.context = egm_test_context_on(2, _i)};
	for (int round = 0; round < 50 && x.context; round++) {
		for (int i = 0; i < 2; i++) {
			x.o[i] = make_operands((egm__gemm){65 + round, 64, 63, 0, 0, 0, 1, 0, EGM_F32, i, 0}, 0);
		}
		egm__parallel(x.context, 2, multiply, &x);
		for (int i = 0; i < 2; i++) {
			check_product(&x.o[i]);
			free_operands(&x.o[i]);
		}
	}
	egm_context_free(x.context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gemm");
	TCase *tc = tcase_create("edges");
	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "R14");
	tcase_add_loop_test(tc, test_gemm__alpha_zero_is_beta_c, EGM_TEST_FIRST_PATH, EGM_TEST_PATHS_END);
	tcase_add_loop_test(tc, test_gemm__beta_zero_ignores_nan_in_c, EGM_TEST_FIRST_PATH, EGM_TEST_PATHS_END);
	tcase_add_loop_test(tc, test_gemm__rows_further_apart_than_int, 0, EGM_TEST_PATHS * WHERE);
	suite_add_tcase(suite, tc);
	tc = tcase_create("gemm");
	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "R14 R15 long");
	tcase_add_loop_test(tc, test_gemm__matches_naive_for_every_form, EGM_TEST_FIRST_PATH, EGM_TEST_PATHS_END);
	tcase_add_loop_test(tc, test_gemm__spread_over_threads, 0, EGM_TEST_PATHS * COUNTS);
	tcase_add_loop_test(tc, test_gemm__bits_of_a_row_do_not_depend_on_its_position, EGM_TEST_FIRST_PATH,
	                    EGM_TEST_PATHS_END);
	tcase_add_loop_test(tc, test_gemm__concurrent_callers, EGM_TEST_FIRST_PATH, EGM_TEST_PATHS_END);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
