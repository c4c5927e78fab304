/* SPDX-License-Identifier: MIT */
/* Opening a CBLAS: libraries with every fault that fake_blas.c has, and what can be missing in the process. */
#include "core/blas_impl.h"
#include "core/cpu_impl.h"
#include "core/products_impl.h"
#include "core/status_impl.h"
#include "support.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer ends a forked child of a process with threads that starts one. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CHILD_MAY_START_THREADS 0
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CHILD_MAY_START_THREADS 0
#endif
#ifndef CHILD_MAY_START_THREADS
#define CHILD_MAY_START_THREADS 1
#endif

/* A build for tests may give AUTO another meaning. */
#ifdef EGM_PRODUCTS_FORCED
enum { AUTO_IS_AUTO = 0 };
#else
enum { AUTO_IS_AUTO = 1 };
#endif

/* How the reason begins that the C library gives. */
#if defined(__GLIBC__)
#define NO_SUCH_FILE "cannot"
#else
#define NO_SUCH_FILE "No such file"
#endif

#define FAKE(fault) FAKE_BLAS fault ".so"

static void expect_error(const char *name, egm_status code, const char *text)
{
	egm__blas blas;
	uint32_t mode = 0;
	ck_assert_msg(egm__blas_open(&blas, name) == code, "%s: %s", name, egm_last_error());
	ck_assert(blas.sgemm == NULL);
	ck_assert_int_eq(egm__blas_enter(&blas, &mode), 0);
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "'%s' lacks '%s'", egm_last_error(), text);
	egm__blas_close(&blas);
}

START_TEST(test_open__a_blas_can_be_called)
{
	egm__blas blas;
	const double a[2] = {2, 3}, b[2] = {5, 7};
	double c = 1;
	uint32_t mode = 0;
	ck_assert_msg(egm__blas_open(&blas, FAKE("none")) == EGM_OK, "%s", egm_last_error());
	ck_assert_str_eq(blas.text, "fake_blas_none.so (FakeBLAS 1.2)");
	ck_assert_int_eq(blas.serial, 0);
	ck_assert_int_eq(egm__blas_enter(&blas, &mode), 1);
	blas.dgemm(EGM__BLAS_ROW_MAJOR, EGM__BLAS_AS_IT_IS, EGM__BLAS_TRANSPOSED, 1, 1, 2, 1, a, 2, b, 2, 1, &c, 1);
	egm__blas_leave(&blas, mode);
	ck_assert(c == 32);
	egm__blas_close(&blas);
	ck_assert_int_eq(egm__blas_enter(&blas, &mode), 0);
}
END_TEST

START_TEST(test_open__names_what_is_wrong_with_a_library)
{
	static const struct {
		const char *name;
		egm_status code;
		const char *text;
	} rows[] = {
	    {"libegm-no-such-blas.so.7", EGM_ERR_IO,
	     "'libegm-no-such-blas.so.7', must be a library that can be opened: " NO_SUCH_FILE},
	    {"/", EGM_ERR_IO, "blas is '/', must be a library"},
	    {"/etc/passwd", EGM_ERR_IO, "blas is '/etc/passwd', must be a library that can be opened: "},
	    {"libc.so.6", EGM_ERR_UNSUPPORTED, "blas is 'libc.so.6', which has no cblas_sgemm, must be a CBLAS"},
	    {FAKE("no_sgemm"), EGM_ERR_UNSUPPORTED, "which has no cblas_sgemm, must be a CBLAS"},
	    {FAKE("no_dgemm"), EGM_ERR_UNSUPPORTED, "which has no cblas_dgemm, must be a CBLAS"},
	    {FAKE("int64"), EGM_ERR_UNSUPPORTED, "has integers of 64 bits"},
	    {FAKE("wrong"), EGM_ERR_UNSUPPORTED, "as element (64, 66) of a product of 65 x 67 x 66 with"},
	    {FAKE("wrong_transposed"), EGM_ERR_UNSUPPORTED, "whose cblas_sgemm computes"},
	    {FAKE("reads_c"), EGM_ERR_UNSUPPORTED, "nan as element (0, 0)"},
	    {FAKE("less_precise"), EGM_ERR_UNSUPPORTED, "whose cblas_sgemm computes"},
	    {FAKE("ignores_alpha"), EGM_ERR_UNSUPPORTED, "with alpha = -2 and beta = 1, must be"},
	    {FAKE("ignores_beta"), EGM_ERR_UNSUPPORTED, "with alpha = -2 and beta = 1, must be"},
	    {FAKE("writes_beyond"), EGM_ERR_UNSUPPORTED, "whose cblas_sgemm writes to A, to B or beyond the rows of C"},
	    {FAKE("writes_a"), EGM_ERR_UNSUPPORTED, "whose cblas_sgemm writes to A, to B or beyond the rows of C"},
	    {FAKE("reads_beyond"), EGM_ERR_UNSUPPORTED, "computes nan as element (0, 0)"},
	    {FAKE("many_threads"), EGM_ERR_MEMORY, "no memory"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_error(rows[i].name, rows[i].code, rows[i].text);
}
END_TEST

/* Of a library that was linked with -ffast-math, loading it changes the mode of the thread; of another, each call. */
START_TEST(test_open__keeps_the_floating_point_mode)
{
	egm__blas blas;
	uint32_t mode = egm__cpu_fp_mode(), before = 0;
	const double one = 1;
	double c = 0;
	ck_assert_int_eq(egm__blas_open(&blas, _i ? FAKE("fast_calls") : FAKE("fast_math")), EGM_OK);
	ck_assert_uint_eq(egm__cpu_fp_mode(), mode);
	ck_assert_int_eq(egm__blas_enter(&blas, &before), 1);
	blas.dgemm(EGM__BLAS_ROW_MAJOR, EGM__BLAS_AS_IT_IS, EGM__BLAS_AS_IT_IS, 1, 1, 1, 1, &one, 1, &one, 1, 0, &c, 1);
	egm__blas_leave(&blas, before);
	ck_assert_uint_eq(egm__cpu_fp_mode(), mode);
	egm__blas_close(&blas);
}
END_TEST

/* As in a program that is linked with another BLAS, whose functions have the same names. */
START_TEST(test_open__a_library_uses_its_own_functions)
{
	egm__blas blas;
	if (dlsym(RTLD_DEFAULT, "__sanitizer_set_report_path")) return; /* these do not allow it */
	ck_assert_ptr_nonnull(dlopen(FAKE("wrong"), RTLD_NOW | RTLD_GLOBAL));
#ifdef RTLD_DEEPBIND
	ck_assert_msg(egm__blas_open(&blas, FAKE("none")) == EGM_OK, "%s", egm_last_error());
#else
	/* musl cannot do it; that the products are those of the other library is found out. */
	ck_assert_int_eq(egm__blas_open(&blas, FAKE("none")), EGM_ERR_UNSUPPORTED);
#endif
	egm__blas_close(&blas);
}
END_TEST

/* A function of a library of fake_blas.c. */
static int told_by(const char *name, const char *function)
{
	int (*tell)(void);
	void *address = dlsym(dlopen(name, RTLD_NOW), function);
	ck_assert_ptr_nonnull(address);
	memcpy(&tell, &address, sizeof tell);
	return tell();
}

static rlim_t mapped_bytes(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%llu", &pages), 1);
	fclose(file);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* OpenBLAS would try for ever to map its buffers. The limit leaves sanitizers some room of their own. */
START_TEST(test_open__without_memory_is_an_error)
{
	struct rlimit limit;
	if (getenv("EGM_TEST_EMULATED")) return; /* QEMU does not limit the address space */
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = mapped_bytes() + ((rlim_t)90 << 20);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	expect_error(FAKE("none"), EGM_ERR_MEMORY, "no memory for its buffers");
	expect_error("libopenblas.so.0", EGM_ERR_MEMORY, "no memory for its buffers");
}
END_TEST

/* Returns what `child` returns in a forked child. */
static int in_child(int (*child)(void *argument), void *argument)
{
	int status = 0;
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(60); /* a child that hangs is a failure */
		_exit(child(argument));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int opens_without_threads(void *name)
{
	struct rlimit limit = {1, 1};
	if (getuid() == 0 && setuid(65533)) return 0; /* root has no limit */
	if (setrlimit(RLIMIT_NPROC, &limit)) return 0;
	egm__blas blas;
	egm_status st = egm__blas_open(&blas, name);
	return st == EGM_ERR_MEMORY && strstr(egm_last_error(), "for its threads") ? 0 : 1;
}

/* OpenBLAS would send SIGINT to the process. */
START_TEST(test_open__without_threads_is_an_error)
{
	char name[] = "libopenblas.so.0";
	if (getenv("EGM_TEST_EMULATED") || sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
	ck_assert_int_eq(in_child(opens_without_threads, name), 0);
}
END_TEST

static void *call_often(void *argument)
{
	const egm__blas *blas = argument;
	enum { WIDTH = 24 };
	static const double factor[WIDTH * WIDTH];
	double c[WIDTH * WIDTH];
	uint32_t mode = 0;
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(egm__blas_enter(blas, &mode), 1);
		blas->dgemm(EGM__BLAS_ROW_MAJOR, EGM__BLAS_AS_IT_IS, EGM__BLAS_AS_IT_IS, WIDTH, WIDTH, WIDTH, 1, factor, WIDTH,
		            factor, WIDTH, 0, c, WIDTH);
		egm__blas_leave(blas, mode);
	}
	return NULL;
}

/* Two threads with a context each call the library. Returns how many calls overlapped. */
static int overlaps_of(const char *name)
{
	egm__blas blas[2];
	pthread_t threads[2];
	for (int i = 0; i < 2; i++) ck_assert_int_eq(egm__blas_open(&blas[i], name), EGM_OK);
	for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, &blas[i]), 0);
	for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) egm__blas_close(&blas[i]);
	return told_by(name, "fake_overlaps");
}

START_TEST(test_enter__a_serial_library_has_one_caller_at_a_time)
{
	ck_assert_int_eq(overlaps_of(_i ? FAKE("tells_nothing") : FAKE("serial")), 0);
}
END_TEST

#if defined(__x86_64__)
/* As a BLAS may leave a register, and what is in its upper half afterwards. */
static void set_upper_half(void)
{
	__asm__ volatile("vxorps %%ymm15, %%ymm15, %%ymm15\n\tvcmpps $0, %%ymm15, %%ymm15, %%ymm15" ::: "xmm15");
}

static int upper_half_is_set(void)
{
	int mask;
	__asm__ volatile("vmovmskps %%ymm15, %0" : "=r"(mask));
	return mask >> 4;
}

START_TEST(test_leave__clears_the_upper_halves_of_registers)
{
	egm__blas blas;
	uint32_t mode = 0;
	if (!__builtin_cpu_supports("avx")) return;
	ck_assert_int_eq(egm__blas_open(&blas, FAKE("none")), EGM_OK);
	ck_assert_int_eq(egm__blas_enter(&blas, &mode), 1);
	set_upper_half();
	int before = upper_half_is_set();
	egm__blas_leave(&blas, mode);
	int after = upper_half_is_set();
	ck_assert_int_eq(before, 15);
	ck_assert_int_eq(after, 0);
	egm__blas_close(&blas);
}
END_TEST
#endif

static int enters(void *argument)
{
	uint32_t mode = 0;
	return egm__blas_enter(argument, &mode);
}

START_TEST(test_enter__a_forked_child_does_not_call_the_library)
{
	egm__blas blas;
	uint32_t mode = 0;
	ck_assert_int_eq(egm__blas_open(&blas, _i ? FAKE("openmp") : FAKE("none")), EGM_OK);
	ck_assert_int_eq(in_child(enters, &blas), 0);
	ck_assert_int_eq(egm__blas_enter(&blas, &mode), 1);
	egm__blas_leave(&blas, mode);
	egm__blas_close(&blas);
}
END_TEST

static int is_inside; /* 1 while call_until has a library */

static int open_status(void *argument)
{
	egm__blas blas;
	uint32_t mode = 0;
	egm_status st = egm__blas_open(&blas, argument);
	int calls = egm__blas_enter(&blas, &mode);
	if (calls) egm__blas_leave(&blas, mode);
	egm__blas_close(&blas);
	return st == EGM_OK ? calls : -st;
}

START_TEST(test_open__a_child_whose_parent_had_one_gets_an_error_instead_of_hanging)
{
	egm__blas blas;
	char openmp[] = FAKE("openmp"), serial[] = FAKE("serial"), threads[] = FAKE("none");
	ck_assert_int_eq(in_child(open_status, openmp), 1); /* nothing was open yet */
	ck_assert_int_eq(egm__blas_open(&blas, openmp), EGM_OK);
	ck_assert_int_eq(in_child(open_status, openmp), -EGM_ERR_UNSUPPORTED);
	ck_assert_int_eq(in_child(open_status, serial), -EGM_ERR_UNSUPPORTED);
	ck_assert_int_eq(in_child(open_status, threads), 1);
	egm__blas_close(&blas);
}
END_TEST

static void *call_until(void *argument)
{
	const egm__blas *blas = argument;
	uint32_t mode = 0;
	egm__blas_enter(blas, &mode);
	__atomic_store_n(&is_inside, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&is_inside, __ATOMIC_SEQ_CST)) sched_yield();
	egm__blas_leave(blas, mode);
	return NULL;
}

static int opens_and_calls(void *argument)
{
	char serial[] = FAKE("serial"), threads[] = FAKE("none");
	if (enters(argument) != 0) return 0;
	if (!CHILD_MAY_START_THREADS) return 1;
	return open_status(serial) == -EGM_ERR_UNSUPPORTED && open_status(threads) == 1;
}

/* Another thread of the parent is inside of a call and has the lock. */
START_TEST(test_open__a_child_does_not_wait_for_a_thread_of_its_parent)
{
	egm__blas blas;
	pthread_t thread;
	ck_assert_int_eq(egm__blas_open(&blas, FAKE("serial")), EGM_OK);
	ck_assert_int_eq(pthread_create(&thread, NULL, call_until, &blas), 0);
	while (!__atomic_load_n(&is_inside, __ATOMIC_SEQ_CST)) sched_yield();
	ck_assert_int_eq(in_child(opens_and_calls, &blas), 1);
	__atomic_store_n(&is_inside, 0, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	egm__blas_close(&blas);
}
END_TEST

enum { NOT_PERMITTED = 77 };

static int neither_enters_nor_opens(void *argument)
{
	char openmp[] = FAKE("openmp");
	return getpid() == 1 && enters(argument) == 0 && open_status(openmp) == -EGM_ERR_UNSUPPORTED;
}

#ifndef CLONE_NEWPID /* a system without PID namespaces */
#define CLONE_NEWPID 0
static int unshare(int flags)
{
	return -1;
}
#endif

/* The first process of a PID namespace opens a library and forks into another namespace: both are process 1. */
static int forks_as_process_one(void *argument)
{
	egm__blas blas;
	char openmp[] = FAKE("openmp");
	(void)argument;
	if (getpid() != 1 || egm__blas_open(&blas, openmp) != EGM_OK || unshare(CLONE_NEWPID)) return 2;
	return in_child(neither_enters_nor_opens, &blas) ? 0 : 3;
}

static int unshares(void *argument)
{
	return unshare(CLONE_NEWPID) ? NOT_PERMITTED : in_child(forks_as_process_one, argument);
}

START_TEST(test_open__knows_a_child_with_the_number_of_its_parent)
{
	int status = in_child(unshares, NULL);
	if (status == NOT_PERMITTED)
		printf("# skipped: a PID namespace needs root\n");
	else
		ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- the choice of a context */

static void keep_line(int32_t level, const char *message, void *user)
{
	char *line = user;
	line[0] = (char)('0' + level);
	strncpy(line + 1, message, 1000);
}

static int open_files(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");
	while (folder && readdir(folder)) count++;
	if (folder) closedir(folder);
	return count;
}

static void expect_no_context(int32_t products, const char *blas, egm_status code, const char *text)
{
	egm_test_allocator a = {0};
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = (egm_context *)(uintptr_t)64;
	o.alloc = egm_test_alloc;
	o.dealloc = egm_test_dealloc;
	o.alloc_user = &a;
	o.threads = 2;
	o.products = products;
	o.blas = blas;
	int files = open_files();
	ck_assert_msg(egm_context_create(&context, &o) == code, "%s", egm_last_error());
	ck_assert_int_eq(open_files(), files);
	ck_assert_ptr_null(context);
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "'%s' lacks '%s'", egm_last_error(), text);
	ck_assert_int_eq(a.live, 0);
}

START_TEST(test_create__a_blas_that_cannot_be_used_is_an_error_if_it_was_chosen)
{
	expect_no_context(EGM_PRODUCTS_BLAS, "libno.so", EGM_ERR_IO, "egm_context_create: blas is 'libno.so', must be");
	expect_no_context(EGM_PRODUCTS_BLAS, FAKE("wrong"), EGM_ERR_UNSUPPORTED, "of a product of");
	expect_no_context(EGM_PRODUCTS_BLAS, "", EGM_ERR_ARGUMENT, "blas is ''");
	expect_no_context(EGM_PRODUCTS_AUTO, "", EGM_ERR_ARGUMENT, "blas is '', must be the name of a library or NULL");
	expect_no_context(EGM_PRODUCTS_BLAS, "lib\n\x1b[31m.so", EGM_ERR_IO, "blas is 'lib\\x0a\\x1b[31m.so', must be");
	expect_no_context(EGM_PRODUCTS_BLAS, "lib\xff.so", EGM_ERR_IO, "blas is 'lib\\xff.so', must be");
	expect_no_context(EGM_PRODUCTS_OWN, FAKE("none"), EGM_ERR_ARGUMENT, "must be NULL if products is EGM_PRODUCTS_OWN");
	expect_no_context(3, NULL, EGM_ERR_ARGUMENT, "products is 3, must be one of EGM_PRODUCTS_*");
	expect_no_context(INT32_MIN, FAKE("none"), EGM_ERR_ARGUMENT, "products is -2147483648, must be one of");
	if (!egm__products_default()[0])
		expect_no_context(EGM_PRODUCTS_BLAS, NULL, EGM_ERR_UNSUPPORTED, "blas is NULL, must name a CBLAS");
}
END_TEST

START_TEST(test_create__a_name_may_be_long)
{
	enum { LENGTH = 1000000 };
	char *name = malloc(LENGTH + 1);
	ck_assert_ptr_nonnull(name);
	memset(name, 'x', LENGTH);
	name[LENGTH] = '\0';
	expect_no_context(EGM_PRODUCTS_BLAS, name, EGM_ERR_IO, "egm_context_create: blas is 'xxx");
	free(name);
}
END_TEST

/* R1: the n-th allocation fails, once or also all later ones. Memory of the library is not the allocator's. */
START_TEST(test_create__survives_every_failing_allocation)
{
	egm_test_allocator a = {0};
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	o.alloc = egm_test_alloc;
	o.dealloc = egm_test_dealloc;
	o.alloc_user = &a;
	o.threads = 3;
	o.products = EGM_PRODUCTS_BLAS;
	o.blas = FAKE("none");
	for (long n = 1; n <= 3; n++) {
		a = (egm_test_allocator){.fail_at = n, .for_ever = _i};
		egm_status st = egm_context_create(&context, &o);
		ck_assert_int_eq(st, n <= 2 ? EGM_ERR_MEMORY : EGM_OK); /* the context and its pool */
		egm_context_free(context);
		ck_assert_int_eq(a.live, 0);
	}
}
END_TEST

static void *create_often(void *argument)
{
	for (int i = 0; i < 10; i++) {
		egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
		egm_context *context = NULL;
		char *name = strdup(argument);
		o.products = EGM_PRODUCTS_BLAS;
		o.blas = name;
		ck_assert_msg(egm_context_create(&context, &o) == EGM_OK, "%s", egm_last_error());
		free(name); /* is not kept */
		ck_assert_ptr_nonnull(strstr(egm_context_backend(context), "products by fake_blas_"));
		egm_context_free(context);
	}
	return NULL;
}

START_TEST(test_create__threads_may_open_libraries_at_the_same_time)
{
	enum { THREADS = 8 };
	char names[][sizeof FAKE_BLAS + 16] = {FAKE("none"), FAKE("serial"), FAKE("openmp"), FAKE("tells_nothing")};
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, create_often, names[i % 4]), 0);
	for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
	ck_assert_int_eq(told_by(FAKE("serial"), "fake_overlaps"), 0);
	ck_assert_int_eq(told_by(FAKE("tells_nothing"), "fake_overlaps"), 0);
}
END_TEST

/* A program that was compiled with the struct of an earlier release has other memory after it. */
START_TEST(test_create__a_shorter_struct_has_the_defaults)
{
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	o.struct_size = offsetof(egm_context_options, products);
	o.products = -1;
	o.reserved = -1;
	o.blas = "";
	ck_assert_msg(egm_context_create(&context, &o) == EGM_OK, "%s", egm_last_error());
	ck_assert_ptr_nonnull(strstr(egm_context_backend(context), "products"));
	egm_context_free(context);
}
END_TEST

START_TEST(test_create__a_chosen_blas_is_opened_and_named)
{
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	o.products = EGM_PRODUCTS_BLAS;
	o.blas = FAKE("none");
	ck_assert_msg(egm_context_create(&context, &o) == EGM_OK, "%s", egm_last_error());
	ck_assert(context->blas.sgemm != NULL);
	ck_assert_msg(strstr(egm_context_backend(context), ", products by fake_blas_none.so (FakeBLAS 1.2)") != NULL, "%s",
	              egm_context_backend(context));
	egm_context_free(context);
}
END_TEST

/* A context with options `products` and `blas` on a CPU with this best path; its backend in text. */
static int has_blas(int32_t products, const char *blas, int32_t best, char line[1024], char text[EGM__PRODUCTS_TEXT])
{
	egm_context context = {.log = keep_line, .log_user = line};
	line[0] = '\0';
	ck_assert_int_eq(egm__products_choose(&context, products, blas, best, text), EGM_OK);
	int open = context.blas.sgemm != NULL;
	egm__blas_close(&context.blas);
	return open;
}

START_TEST(test_choose__auto_uses_a_blas_on_a_cpu_without_vector_kernels)
{
	char line[1024], text[EGM__PRODUCTS_TEXT];
	ck_assert_int_eq(has_blas(EGM_PRODUCTS_AUTO, FAKE("none"), EGM_SIMD_PORTABLE, line, text), 1);
	ck_assert_str_eq(text, "large products by fake_blas_none.so (FakeBLAS 1.2)");
	ck_assert_str_eq(line, "");
	ck_assert_int_eq(has_blas(EGM_PRODUCTS_OWN, NULL, EGM_SIMD_PORTABLE, line, text), 0);
	ck_assert_str_eq(text, "own products");
	/* nothing is opened, not even looked for */
	ck_assert_int_eq(has_blas(EGM_PRODUCTS_AUTO, "libno.so", EGM_SIMD_AVX2, line, text), 0);
	ck_assert_str_eq(text, "own products (this CPU has vector kernels)");
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(test_choose__auto_logs_a_blas_that_cannot_be_used)
{
	char line[1024], text[EGM__PRODUCTS_TEXT];
	static const char *const names[] = {"libno.so", FAKE("no_sgemm"), FAKE("wrong"), FAKE("int64")};
	egm__fail(EGM_ERR_STATE, "an earlier failure");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ck_assert_int_eq(has_blas(EGM_PRODUCTS_AUTO, names[i], EGM_SIMD_PORTABLE, line, text), 0);
		ck_assert_msg(strstr(line, "1products are computed without a BLAS: blas is '") == line, "%s", line);
		ck_assert_ptr_nonnull(strstr(line, names[i]));
		ck_assert_msg(strstr(text, "own products (blas is '") == text, "%s", text);
		ck_assert_str_eq(egm_last_error(), "an earlier failure");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blas");
	TCase *tc = tcase_create("blas");
	tcase_set_tags(tc, "R13 R14 R21");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_open__a_blas_can_be_called);
	tcase_add_test(tc, test_open__names_what_is_wrong_with_a_library);
	tcase_add_loop_test(tc, test_open__keeps_the_floating_point_mode, 0, 2);
	tcase_add_test(tc, test_open__a_library_uses_its_own_functions);
	tcase_add_test(tc, test_open__without_memory_is_an_error);
	tcase_add_test(tc, test_open__without_threads_is_an_error);
	tcase_add_loop_test(tc, test_enter__a_serial_library_has_one_caller_at_a_time, 0, 2);
#if defined(__x86_64__)
	tcase_add_test(tc, test_leave__clears_the_upper_halves_of_registers);
#endif
	tcase_add_loop_test(tc, test_enter__a_forked_child_does_not_call_the_library, 0, 2);
	tcase_add_test(tc, test_open__a_child_whose_parent_had_one_gets_an_error_instead_of_hanging);
	tcase_add_test(tc, test_open__a_child_does_not_wait_for_a_thread_of_its_parent);
	tcase_add_test(tc, test_open__knows_a_child_with_the_number_of_its_parent);
	tcase_add_test(tc, test_create__a_blas_that_cannot_be_used_is_an_error_if_it_was_chosen);
	tcase_add_test(tc, test_create__a_name_may_be_long);
	tcase_add_loop_test(tc, test_create__survives_every_failing_allocation, 0, 2);
	tcase_add_test(tc, test_create__threads_may_open_libraries_at_the_same_time);
	tcase_add_test(tc, test_create__a_shorter_struct_has_the_defaults);
	tcase_add_test(tc, test_create__a_chosen_blas_is_opened_and_named);
	if (AUTO_IS_AUTO) {
		tcase_add_test(tc, test_choose__auto_uses_a_blas_on_a_cpu_without_vector_kernels);
		tcase_add_test(tc, test_choose__auto_logs_a_blas_that_cannot_be_used);
	}
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
