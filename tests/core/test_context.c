/* SPDX-License-Identifier: MIT */
/* Creating and freeing contexts: options out of range, failing allocations, and effects on the host that must not be.
 */
#include "core/context_impl.h"
#include "core/cpu_impl.h"
#include "core/pool_impl.h"
#include "support.h"

#include <dirent.h>
#include <fenv.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static egm_context_options options_with(int32_t threads, int32_t simd)
{
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	o.threads = threads;
	o.simd = simd;
	return o;
}

static void use_allocator(egm_context_options *o, egm_test_allocator *a)
{
	o->alloc = egm_test_alloc;
	o->dealloc = egm_test_dealloc;
	o->alloc_user = a;
}

/* create fails with this code and a text that contains this one, and *out is NULL. */
static void expect_error(const egm_context_options *o, egm_status code, const char *text)
{
	egm_context *context = (egm_context *)(uintptr_t)64;
	ck_assert_int_eq(egm_context_create(&context, o), code);
	ck_assert_ptr_null(context);
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "'%s' lacks '%s'", egm_last_error(), text);
}

START_TEST(test_create__accepts_null_for_the_defaults)
{
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	ck_assert_int_eq(context->threads, 1);
	ck_assert_ptr_null(context->pool);
	egm_context_free(context);
	egm_context_free(NULL);
}
END_TEST

START_TEST(test_create__rejects_options_out_of_range)
{
	static const struct {
		int32_t threads, simd;
		const char *text;
	} rows[] = {
	    {-1, 0, "threads is -1"},
	    {257, 0, "egm_context_create: threads is 257, must be in [1, 256]"},
	    {INT32_MIN, 0, "threads is -2147483648"},
	    {1, -1, "simd is -1"},
	    {1, EGM_TEST_PATHS_END, "simd is 5, must be one of EGM_SIMD_* (0 to 4)"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
		egm_context_options o = options_with(rows[i].threads, rows[i].simd);
		expect_error(&o, EGM_ERR_ARGUMENT, rows[i].text);
	}
}
END_TEST

START_TEST(test_create__rejects_half_an_allocator_and_null)
{
	egm_context_options o = options_with(1, 0);
	o.alloc = egm_test_alloc;
	expect_error(&o, EGM_ERR_ARGUMENT, "dealloc is NULL, must be given together with alloc");
	o.alloc = NULL;
	o.dealloc = egm_test_dealloc;
	expect_error(&o, EGM_ERR_ARGUMENT, "alloc is NULL, must be given together with dealloc");
	ck_assert_int_eq(egm_context_create(NULL, NULL), EGM_ERR_ARGUMENT);
	o.struct_size = 3;
	expect_error(&o, EGM_ERR_ARGUMENT, "struct_size is 3");
	ck_assert_str_eq(egm_context_backend(NULL), "");
}
END_TEST

static _Alignas(64) char crooked[4096];

static void *crooked_alloc(size_t size, size_t alignment, void *user)
{
	(void)alignment;
	++*(int *)user;
	return size < sizeof crooked - 16 ? crooked + 16 : NULL;
}

static void crooked_dealloc(void *pointer, size_t size, void *user)
{
	(void)pointer, (void)size;
	--*(int *)user;
}

START_TEST(test_create__rejects_an_allocator_that_does_not_align)
{
	int live = 0;
	egm_context_options o = options_with(1, 0);
	o.alloc = crooked_alloc;
	o.dealloc = crooked_dealloc;
	o.alloc_user = &live;
	expect_error(&o, EGM_ERR_ARGUMENT,
	             "alloc returned an address that is 16 after a multiple of 64, must be a multiple");
	ck_assert_int_eq(live, 0);
}
END_TEST

/* R1: the n-th allocation fails, once or also all later ones, for every n. */
static void fail_at_every_call(int32_t threads, int for_ever)
{
	egm_test_allocator a = {0};
	egm_context_options o = options_with(threads, 0);
	egm_context *context = NULL;
	use_allocator(&o, &a);
	ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
	long calls = a.calls;
	egm_context_free(context);
	ck_assert_int_eq(calls, threads > 1 ? 2 : 1);
	for (long n = 1; n <= calls; ++n) {
		a = (egm_test_allocator){.fail_at = n, .for_ever = for_ever};
		expect_error(&o, EGM_ERR_MEMORY, "no memory for");
		ck_assert_int_eq(a.live, 0);
		ck_assert_int_eq(a.bytes, 0);
	}
}

START_TEST(test_create__survives_every_failing_allocation)
{
	fail_at_every_call(1, _i);
	fail_at_every_call(3, _i);
}
END_TEST

static int tasks_of_process(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/task");
	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

/* A thread does not start if its stack is larger than the address space. musl makes such a stack smaller; there it does
 * not start because its user may have no more. */
static void allow_threads(int allowed)
{
#if defined(__GLIBC__)
	pthread_attr_t attributes;
	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, allowed ? (size_t)1 << 20 : SIZE_MAX / 16 * 15), 0);
	ck_assert_int_eq(pthread_setattr_default_np(&attributes), 0);
#else
	struct rlimit limit = {1, 1};
	if (allowed) return;                            /* the process of this test ends */
	ck_assert(getuid() != 0 || setuid(65533) == 0); /* root has no limit */
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &limit), 0);
#endif
}

START_TEST(test_create__names_a_worker_that_does_not_start)
{
	egm_test_allocator a = {0};
	egm_context_options o = options_with(3, 0);
	use_allocator(&o, &a);
	allow_threads(0);
	int tasks = tasks_of_process();
	expect_error(&o, EGM_ERR_MEMORY, "worker thread 1 of 2 did not start");
	ck_assert_int_eq(a.live, 0);
	ck_assert_int_eq(tasks_of_process(), tasks);
	allow_threads(1);
}
END_TEST

/* 10^4 cycles, or what 40 s allow under valgrind. One in a hundred has threads, and a BLAS where AUTO uses one: that is
 * opened in a millisecond, the rest is a hundred times as fast. */
START_TEST(test_free__leaves_nothing_after_many_cycles)
{
	time_t end = time(NULL) + 40;
	egm_test_allocator a = {0};
	egm_context *first = NULL;
	egm_context_options three = options_with(3, 0);
	use_allocator(&three, &a);
	ck_assert_int_eq(egm_context_create(&first, &three), EGM_OK);
	egm_context_free(first);
	first = egm_test_context(&a);
	/* Now ThreadSanitizer has started the thread that it adds to any process with threads. */
	int tasks = tasks_of_process();
	for (int i = 0; i < 10000 && time(NULL) < end; ++i) {
		egm_context *context = NULL;
		egm_context_options o = options_with(i % 100 == 0 ? 3 : 1, 0);
		use_allocator(&o, &a);
		o.products = i % 100 == 0 ? EGM_PRODUCTS_AUTO : EGM_PRODUCTS_OWN;
		ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
		egm_context_free(context);
	}
	egm_context_free(first);
	ck_assert_int_eq(a.live, 0);
	ck_assert_int_eq(a.bytes, 0);
	/* A thread has been joined shortly before the kernel takes it off the list. One that was not joined stays. */
	for (end = time(NULL) + 40; tasks_of_process() != tasks && time(NULL) < end;) usleep(1000);
	ck_assert_int_eq(tasks_of_process(), tasks);
}
END_TEST

START_TEST(test_free__waits_for_the_last_reference)
{
	egm_test_allocator a = {0};
	egm_context *context = egm_test_context(&a);
	egm__context_retain(context);
	egm_context_free(context);
	ck_assert_int_gt(a.live, 0);
	void *pointer = egm__alloc(context, 1, 1);
	ck_assert_ptr_nonnull(pointer);
	egm__free(context, pointer);
	egm_context_free(context);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

/* R21: the mode is unchanged: rounding up and, with SSE, flush-to-zero (0x8000) and denormals-are-zero (0x40). No
 * exception flag is raised. */
START_TEST(test_create__keeps_the_floating_point_state)
{
	static const int rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	egm_context *context = NULL;
	egm_context_options o = options_with(2, 0);
	ck_assert_int_eq(fesetround(rounding[_i]), 0);
#if EGM__CPU_SSE
	if (_i % 2) __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#endif
	uint32_t mode = egm__cpu_fp_mode();
	feclearexcept(FE_ALL_EXCEPT);
	ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
	egm_context_free(context);
	ck_assert_int_eq(fetestexcept(FE_ALL_EXCEPT), 0);
	ck_assert_int_eq(fegetround(), rounding[_i]);
	ck_assert_uint_eq(egm__cpu_fp_mode(), mode);
}
END_TEST

START_TEST(test_create__accepts_every_code_path_of_this_cpu)
{
	static const char *const names[EGM_TEST_PATHS_END] = {"", ", portable", ", avx2", ", avx512", ", neon"};
	int32_t best = 0;
	ck_assert_int_eq(egm__cpu_resolve(EGM_SIMD_AUTO, &best), EGM_OK);
	ck_assert_int_ge(best, EGM_SIMD_PORTABLE);
#if defined(__x86_64__)
	ck_assert_int_le(best, EGM_SIMD_AVX512);
#elif defined(__AARCH64EL__)
	ck_assert_int_eq(best, EGM_SIMD_NEON);
#else
	ck_assert_int_eq(best, EGM_SIMD_PORTABLE);
#endif
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; ++simd) {
		egm_context *context = NULL;
		egm_context_options o = options_with(1, simd);
		if (simd != EGM_SIMD_PORTABLE && (best == EGM_SIMD_NEON ? simd != best : simd > best)) {
			expect_error(&o, EGM_ERR_UNSUPPORTED, names[simd] + 2);
			expect_error(&o, EGM_ERR_UNSUPPORTED, "must be one of auto, portable");
			expect_error(&o, EGM_ERR_UNSUPPORTED, names[best]);
			continue;
		}
		ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
		ck_assert_int_eq(context->simd, simd);
		const char *backend = egm_context_backend(context), *comma = strchr(backend, ',');
		ck_assert_ptr_nonnull(comma);
		ck_assert_msg(strncmp(comma, names[simd], strlen(names[simd])) == 0, "%s", backend);
		ck_assert_ptr_nonnull(strstr(comma, " products"));
		ck_assert_ptr_ne(comma, backend);
		egm_context_free(context);
	}
}
END_TEST

/* Not even one that the caller names, and whatever the code path of the context. */
START_TEST(test_create__opens_no_blas_beside_vector_kernels)
{
#ifndef EGM_PRODUCTS_FORCED
	int vectors = egm__cpu_best() != EGM_SIMD_PORTABLE;
	for (int32_t simd = EGM_SIMD_AUTO; simd <= EGM_SIMD_PORTABLE; simd++) {
		egm_context *context = NULL;
		egm_context_options o = options_with(1, simd);
		o.blas = "libno.so";
		ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
		const char *backend = egm_context_backend(context);
		ck_assert_msg(!strstr(backend, "own products (this CPU has vector kernels)") == !vectors, "%s", backend);
		egm_context_free(context);
	}
#endif
}
END_TEST

START_TEST(test_features__are_those_of_the_build)
{
	ck_assert_uint_eq(egm_features() & ~(uint32_t)(EGM_FEATURE_GZIP | EGM_FEATURE_LIBMVEC | EGM_FEATURE_BLAS), 0);
}
END_TEST

static void keep_line(int32_t level, const char *message, void *user)
{
	char *line = user;
	line[0] = (char)('0' + level);
	strncpy(line + 1, message, 1000);
}

START_TEST(test_log__goes_to_the_hook)
{
	char line[1024] = "", name[2000];
	egm_context *context = NULL;
	egm_context_options o = options_with(1, 0);
	o.log = keep_line;
	o.log_user = line;
	ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
	egm__log(context, EGM_LOG_INFO, "step %d of %s", 3, "nine");
	ck_assert_str_eq(line, "2step 3 of nine");
	egm__log(context, EGM_LOG_INFO, "net '%s'", "a\nb\xe2\x80\xae\xff");
	ck_assert_str_eq(line, "2net 'a\\x0ab\\u202e\\xff'");
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	egm__log(context, EGM_LOG_WARNING, "%s", name);
	ck_assert_uint_lt(strlen(line), sizeof name);
	egm_context_free(context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("context");
	TCase *tc = tcase_create("context");
	tcase_set_tags(tc, "R1 R17 R21 R23 R24");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_create__accepts_null_for_the_defaults);
	tcase_add_test(tc, test_create__rejects_options_out_of_range);
	tcase_add_test(tc, test_create__rejects_half_an_allocator_and_null);
	tcase_add_test(tc, test_create__rejects_an_allocator_that_does_not_align);
	tcase_add_loop_test(tc, test_create__survives_every_failing_allocation, 0, 2);
	tcase_add_test(tc, test_create__names_a_worker_that_does_not_start);
	tcase_add_test(tc, test_free__leaves_nothing_after_many_cycles);
	tcase_add_test(tc, test_free__waits_for_the_last_reference);
	tcase_add_loop_test(tc, test_create__keeps_the_floating_point_state, 0, 4);
	tcase_add_test(tc, test_create__accepts_every_code_path_of_this_cpu);
	tcase_add_test(tc, test_create__opens_no_blas_beside_vector_kernels);
	tcase_add_test(tc, test_features__are_those_of_the_build);
	tcase_add_test(tc, test_log__goes_to_the_hook);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
