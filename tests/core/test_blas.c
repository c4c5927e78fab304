/* SPDX-License-Identifier: MIT */
/* How libegm behaves with a BLAS that this machine does not have. The functions that libegm finds by weak references
 * are defined here, so the program's own stand before those of the BLAS; the products are still the BLAS's. */
#include "core/blas_impl.h"
#include "support.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int openblas_get_parallel(void);
int openblas_get_num_threads(void);
void openblas_set_num_threads(int threads);
char *openblas_get_config(void);
char *openblas_get_corename(void);

static struct {
	int parallel, threads, set_calls;
	char config[256], core[256];
} fake;

int openblas_get_parallel(void)
{
	return fake.parallel;
}

int openblas_get_num_threads(void)
{
	return fake.threads;
}

void openblas_set_num_threads(int threads)
{
	fake.threads = threads;
	++fake.set_calls;
}

char *openblas_get_config(void)
{
	return fake.config;
}

char *openblas_get_corename(void)
{
	return fake.core;
}

enum { SERIAL = 0, PTHREADS = 1, OPENMP = 2 };

static void pretend(int parallel, int threads)
{
	memset(&fake, 0, sizeof fake);
	fake.parallel = parallel;
	fake.threads = threads;
	strcpy(fake.config, "OpenBLAS 9.8.7 DYNAMIC_ARCH X MAX_THREADS=64");
	strcpy(fake.core, "Abacus");
}

static void keep_line(int32_t level, const char *message, void *user)
{
	ck_assert_int_eq(level, EGM_LOG_WARNING);
	strncat(user, message, 500);
}

static egm_context *create(int32_t blas_threads, int32_t simd, char log[2048])
{
	egm_context *context = NULL;
	egm_context_options o;
	egm_context_options_init(&o, sizeof o);
	o.threads = 2;
	o.blas_threads = blas_threads;
	o.simd = simd;
	o.log = keep_line;
	o.log_user = log;
	log[0] = '\0';
	ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
	return context;
}

/* The table of the header: products are split over our threads when the BLAS runs one, or was set to one. */
START_TEST(test_start__splits_products_over_one_thread_of_the_blas)
{
	static const struct {
		int parallel, threads, option, split, sets;
		const char *log;
	} rows[] = {
	    {PTHREADS, 4, 0, 0, 0, ""},     {PTHREADS, 1, 0, 1, 0, ""},
	    {PTHREADS, 4, 1, 1, 1, ""},     {SERIAL, 1, 0, 1, 0, "one at a time"},
	    {OPENMP, 4, 0, 0, 0, "OpenMP"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
		char log[2048];
		pretend(rows[i].parallel, rows[i].threads);
		egm_context *context = create(rows[i].option, EGM_SIMD_PORTABLE, log);
		ck_assert_int_eq(context->blas_split, rows[i].split);
		ck_assert_int_eq(fake.set_calls, rows[i].sets);
		ck_assert_int_eq(fake.threads, rows[i].sets ? 1 : rows[i].threads);
		ck_assert(rows[i].log[0] ? strstr(log, rows[i].log) != NULL : log[0] == '\0');
		egm_context_free(context);
	}
}
END_TEST

/* Kernels that compute products themselves: nobody waits for this BLAS, so nothing is wrong and nothing is warmed up.
 */
START_TEST(test_start__asks_nothing_of_a_blas_that_computes_no_products)
{
	char log[2048] = "";
	egm_test_allocator a = {0};
	pretend(SERIAL, 1);
	egm_context *context = egm_test_context(&a);
	context->log = keep_line;
	context->log_user = log;
	for (int32_t simd = EGM_SIMD_AVX2; simd <= EGM_SIMD_AVX512; simd++) {
		int64_t calls = (int64_t)a.calls;
		context->simd = simd;
		ck_assert_int_eq(egm__blas_start(context, 0), EGM_OK);
		ck_assert_int_eq((int64_t)a.calls, calls);
		ck_assert_str_eq(log, "");
	}
	egm_context_free(context);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

START_TEST(test_start__leaves_the_blas_alone_when_memory_is_out)
{
	egm_test_allocator a = {0};
	pretend(PTHREADS, 4);
	egm_context *context = egm_test_context(&a);
	a.fail_at = a.calls + 1;
	context->simd = EGM_SIMD_PORTABLE;
	ck_assert_int_eq(egm__blas_start(context, 1), EGM_ERR_MEMORY);
	ck_assert_int_eq(fake.set_calls, 0);
	egm_context_free(context);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

START_TEST(test_backend__is_name_version_core_and_path)
{
	char log[2048];
	pretend(PTHREADS, 1);
	egm_context *context = create(0, EGM_SIMD_AUTO, log);
	ck_assert_int_eq(strncmp(egm_context_backend(context), "OpenBLAS 9.8.7 Abacus, ", 23), 0);
	egm_context_free(context);
}
END_TEST

START_TEST(test_describe__takes_short_and_long_answers)
{
	char text[96];
	pretend(PTHREADS, 1);
	strcpy(fake.config, "OpenBLAS");
	egm__blas_describe(text, sizeof text);
	ck_assert_str_eq(text, "OpenBLAS Abacus");
	strcpy(fake.config, "");
	egm__blas_describe(text, sizeof text);
	ck_assert_str_eq(text, " Abacus");
	memset(fake.core, 'x', sizeof fake.core - 1);
	egm__blas_describe(text, sizeof text);
	ck_assert_uint_eq(strlen(text), sizeof text - 1);
}
END_TEST

/* A read and a write with time between them: two callers at once lose a count. Not atomic, so that ThreadSanitizer sees
 * it too when the lock does not order them. */
enum { CALLERS = 4, ROUNDS = 20000 };
static volatile int entered;

static void *enter_and_leave(void *argument)
{
	(void)argument;
	for (int i = 0; i < ROUNDS; ++i) {
		egm__blas_enter();
		int seen = entered;
		for (volatile int pause = 0; pause < 20; ++pause) {
		}
		entered = seen + 1;
		egm__blas_leave();
	}
	return NULL;
}

START_TEST(test_enter__lets_one_caller_into_a_serial_blas)
{
	pthread_t threads[CALLERS];
	pretend(SERIAL, 1);
	for (int i = 0; i < CALLERS; ++i) ck_assert_int_eq(pthread_create(&threads[i], NULL, enter_and_leave, NULL), 0);
	for (int i = 0; i < CALLERS; ++i) pthread_join(threads[i], NULL);
	ck_assert_int_eq(entered, CALLERS * ROUNDS);
}
END_TEST

START_TEST(test_enter__does_not_lock_a_blas_that_has_its_own_locks)
{
	pretend(PTHREADS, 1);
	egm__blas_enter();
	egm__blas_enter(); /* would hang */
	egm__blas_leave();
	egm__blas_leave();
}
END_TEST

/* R13: fork while a product runs, here in the forking thread itself; its holder is the parent all the same. */
START_TEST(test_enter__works_in_a_child_forked_during_a_product)
{
	int status = -1;
	pretend(SERIAL, 1);
	egm__blas_enter();
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		alarm(10);
		egm__blas_enter();
		egm__blas_leave();
		egm__blas_enter();
		egm__blas_leave();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	egm__blas_leave();
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blas");
	TCase *tc = tcase_create("blas");
	tcase_set_tags(tc, "R1 R13 R14");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_start__splits_products_over_one_thread_of_the_blas);
	tcase_add_test(tc, test_start__asks_nothing_of_a_blas_that_computes_no_products);
	tcase_add_test(tc, test_start__leaves_the_blas_alone_when_memory_is_out);
	tcase_add_test(tc, test_backend__is_name_version_core_and_path);
	tcase_add_test(tc, test_describe__takes_short_and_long_answers);
	tcase_add_test(tc, test_enter__lets_one_caller_into_a_serial_blas);
	tcase_add_test(tc, test_enter__does_not_lock_a_blas_that_has_its_own_locks);
	tcase_add_test(tc, test_enter__works_in_a_child_forked_during_a_product);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
