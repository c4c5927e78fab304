/* SPDX-License-Identifier: MIT */
/* Products by a BLAS: by a library of plain loops (tests/core/fake_blas.c), which counts its calls and ends the process
 * at arguments that CBLAS does not allow, and by the one that was found when libegm was built. */
#include <core/products_impl.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <tensor/gemm_blas_impl.h>
#include <unistd.h>

#include "gemm_operands.h"

#define FAKE FAKE_BLAS "none.so"

/* A context that computes products by this library; NULL if there is none. */
static egm_context *context_with(const char *blas, int32_t threads)
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	if (!blas && !egm__products_default()[0]) return NULL;
	options.threads = threads;
	options.products = EGM_PRODUCTS_BLAS;
	options.blas = blas;
	ck_assert_msg(egm_context_create(&context, &options) == EGM_OK, "%s", egm_last_error());
	return context;
}

static int of_fake(const char *name)
{
	int (*function)(void);
	void *address = dlsym(dlopen(FAKE, RTLD_NOW), name);
	memcpy(&function, &address, sizeof function);
	return function();
}

static int calls(void)
{
	return of_fake("fake_calls");
}

typedef void product(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch);

static void run(product *function, egm_context *context, const operands *o)
{
	void *scratch;
	if (posix_memalign(&scratch, 64, (size_t)egm__gemm_scratch(context, &o->p) + 64)) abort();
	function(context, &o->p, o->a, o->b, o->c, scratch);
	free(scratch);
}

/* Returns how often the library of plain loops was called. */
static int run_and_check(product *function, egm_context *context, const operands *o)
{
	int before = calls();
	run(function, context, o);
	check_product(o);
	return calls() - before;
}

static void fill_with_nan(const operands *o)
{
	for (int64_t i = 0; i < o->p.m * o->p.ldc; i++) egm_test_set((egm_dtype)o->p.dtype, o->c, i, NAN);
}

static egm__gemm form(int i, int64_t m, int64_t n, int64_t k)
{
	return (egm__gemm){.m = m,
	                   .n = n,
	                   .k = k,
	                   .dtype = i & 8 ? EGM_F64 : EGM_F32,
	                   .ta = i & 1,
	                   .tb = i >> 1 & 1,
	                   .alpha = i & 4 ? 1 : -0.75,
	                   .beta = i >> 2 & 1};
}

/* With beta = 0 the old C is NaN and must not be read. */
START_TEST(test_blas__matches_naive_for_every_form)
{
	static const int64_t sizes[] = {1, 2, 7, 33, 65};
	enum { COUNT = sizeof sizes / sizeof *sizes, ALL = COUNT * COUNT * COUNT };
	egm_context *context = context_with(_i ? NULL : FAKE, 1);
	for (int s = 0; s < ALL && context; s++)
		for (int f = 0; f < 16; f++) {
			int64_t m = sizes[s % COUNT], n = sizes[s / COUNT % COUNT], k = sizes[s / COUNT / COUNT];
			operands o = make_operands(form(f, m, n, k), f % 3);
			if (o.p.beta == 0) fill_with_nan(&o);
			ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), !_i);
			free_operands(&o);
		}
	egm_context_free(context);
}
END_TEST

START_TEST(test_blas__is_not_called_where_cblas_has_no_such_product)
{
	egm_context *context = context_with(FAKE, 1);
	static const int64_t empty[][3] = {{0, 5, 7}, {5, 0, 7}, {5, 7, 0}};
	for (int f = 0; f < 16; f++) {
		operands o;
		for (int e = 0; e < 3; e++) {
			o = make_operands(form(f, empty[e][0], empty[e][1], empty[e][2]), 1);
			ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), 0);
			free_operands(&o);
		}
		o = make_operands(form(f, 5, 7, 3), 1);
		o.p.alpha = 0;
		ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), 0);
		free_operands(&o);
		/* rows that overlap, and the same row again and again */
		for (int64_t ld = 0; ld < 3; ld++) {
			o = make_operands(form(f, 5, 7, 3), 0);
			*(f & 4 ? &o.p.lda : &o.p.ldb) = ld;
			ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), 0);
			free_operands(&o);
		}
	}
	egm_context_free(context);
}
END_TEST

/* The stride of a single row does not matter; CBLAS ends the process if it is too short. */
START_TEST(test_blas__a_single_row_may_have_any_stride)
{
	egm_context *context = context_with(FAKE, 1);
	static const int64_t strides[] = {0, 1, (int64_t)1 << 40};
	for (int i = 0; i < 3; i++)
		for (int f = 0; f < 16; f++) {
			operands o = make_operands(form(f, f & 1 ? 4 : 1, f & 2 ? 1 : 4, f & 1 || !(f & 2) ? 1 : 6), 0);
			if (o.rows_a == 1) o.p.lda = strides[i];
			if (o.rows_b == 1) o.p.ldb = strides[i];
			ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), 1);
			free_operands(&o);
		}
	egm_context_free(context);
}
END_TEST

/* As if int ended at 16: the stored rows of A are m, and of both factors k. */
START_TEST(test_blas__sizes_beyond_int_are_cut)
{
	egm_context *context = context_with(FAKE, 1);
	context->blas.largest = 16;
	int largest = of_fake("fake_largest");
	for (int f = 0; f < 16; f++) {
		operands o = make_operands(form(f, f & 1 ? 5 : 50, 7, f & 1 && !(f & 2) ? 70 : 9), 2);
		fill_with_nan(&o);
		if (o.p.beta != 0) memcpy(o.c, o.before, (size_t)(o.p.m * o.p.ldc) * egm__dtype_size((egm_dtype)o.p.dtype));
		ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), f & 1 ? (f & 2 ? 1 : 5) : 4);
		free_operands(&o);
		o = make_operands(form(f, 20, 17, 20), 0); /* strides beyond int */
		ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), 0);
		free_operands(&o);
	}
	ck_assert_int_eq(of_fake("fake_largest"), largest); /* of the products that were checked first */
	egm_context_free(context);
}
END_TEST

/* On x86 without AVX a BLAS is ahead only where A is transposed. */
START_TEST(test_blas__auto_leaves_small_and_thin_products_to_the_library)
{
#if defined(__x86_64__) || defined(__i386__)
	int always = __builtin_cpu_supports("avx") != 0;
#else
	int always = 1;
#endif
	egm_context *context = context_with(FAKE, 1);
	context->products = EGM_PRODUCTS_AUTO;
	for (int f = 0; f < 16; f++) {
		operands small = make_operands(f % 3 ? form(f, 8, 8, 8) : form(f, f % 2 ? 1 : 64, f % 2 ? 64 : 1, 64), 0);
		operands large = make_operands(form(f, 64, 64, 64), 0);
		ck_assert_int_eq(run_and_check(egm__gemm_run, context, &small), 0);
		ck_assert_int_eq(run_and_check(egm__gemm_run, context, &large), always || large.p.ta);
		free_operands(&small);
		free_operands(&large);
	}
	egm_context_free(context);
}
END_TEST

START_TEST(test_blas__is_not_called_by_threads_of_a_context)
{
	for (int32_t threads = 1; threads <= 2; threads++) {
		egm_context *context = context_with(FAKE, threads);
		operands o = make_operands(form(0, 33, 34, 35), 0);
		ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), 1);
		ck_assert_int_eq(run_and_check(egm__gemm_serial, context, &o), 0);
		free_operands(&o);
		egm_context_free(context);
	}
}
END_TEST

START_TEST(test_blas__is_not_called_in_a_forked_child)
{
	egm_context *context = context_with(_i ? NULL : FAKE, 2);
	if (!context) return;
	operands o = make_operands(form(1, 65, 64, 63), 0);
	run(egm__gemm_run, context, &o);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int called = run_and_check(egm__gemm_run, context, &o);
		egm_context_free(context);
		_exit(called);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(run_and_check(egm__gemm_run, context, &o), !_i);
	free_operands(&o);
	egm_context_free(context);
}
END_TEST

/* Neither the number of threads of this library nor the context matters, only those of the BLAS. */
START_TEST(test_blas__repeats_its_bits)
{
	egm_context *one = context_with(NULL, 1), *two = context_with(NULL, 2);
	for (int f = 0; f < 16 && one; f++) {
		operands o = make_operands(form(f & 11, 129, 130, 131), 0);
		size_t bytes = (size_t)(o.p.m * o.p.ldc) * egm__dtype_size((egm_dtype)o.p.dtype);
		run(egm__gemm_run, one, &o);
		memcpy(o.before, o.c, bytes);
		for (int round = 0; round < 10; round++) {
			run(egm__gemm_run, round % 2 ? one : two, &o);
			ck_assert_int_eq(memcmp(o.before, o.c, bytes), 0);
		}
		free_operands(&o);
	}
	egm_context_free(two);
	egm_context_free(one);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gemm_blas");
	TCase *tc = tcase_create("blas");
	tcase_set_tags(tc, "R13 R14");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_blas__matches_naive_for_every_form, 0, 2);
	tcase_add_test(tc, test_blas__is_not_called_where_cblas_has_no_such_product);
	tcase_add_test(tc, test_blas__a_single_row_may_have_any_stride);
	tcase_add_test(tc, test_blas__sizes_beyond_int_are_cut);
	tcase_add_test(tc, test_blas__auto_leaves_small_and_thin_products_to_the_library);
	tcase_add_test(tc, test_blas__is_not_called_by_threads_of_a_context);
	tcase_add_loop_test(tc, test_blas__is_not_called_in_a_forked_child, 0, 2);
	tcase_add_test(tc, test_blas__repeats_its_bits);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
