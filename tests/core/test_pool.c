/* SPDX-License-Identifier: MIT */
/* egm__parallel runs every task once: with several callers, with calls inside of tasks, and after a fork. */
#include "core/context_impl.h"
#include "core/pool_impl.h"
#include "core/rng_impl.h"
#include "support.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static egm_context *create(int32_t threads)
{
	return egm_test_own_context_on(threads, EGM_SIMD_AUTO);
}

enum { MANY = 1000 };

/* How often each task ran. */
typedef struct tally {
	egm_context *context;
	int runs[MANY];
} tally;

static void count_run(int32_t index, void *argument)
{
	tally *t = argument;
	__atomic_add_fetch(&t->runs[index], 1, __ATOMIC_RELAXED);
}

static void expect_once(const tally *t, int32_t count)
{
	int wrong = 0;
	for (int32_t i = 0; i < MANY; ++i) wrong += t->runs[i] != (i < count);
	ck_assert_int_eq(wrong, 0);
}

START_TEST(test_parallel__runs_every_task_once)
{
	static const int32_t counts[] = {-1, 0, 1, 2, 3, 4, 5, 17, MANY};
	static const int32_t threads[] = {1, 2, 4, 9};
	egm_context *context = create(threads[_i]);
	for (int repeat = 0; repeat < 200; ++repeat)
		for (size_t c = 0; c < sizeof counts / sizeof *counts; ++c) {
			tally t = {0};
			egm__parallel(context, counts[c], count_run, &t);
			expect_once(&t, counts[c]);
		}
	egm_context_free(context);
}
END_TEST

/* Tasks that wait for each other end only if each has a thread; otherwise the time limit of the test ends them. */
typedef struct meeting {
	int expected, arrived, met;
	pthread_t caller;
	sigset_t masks[8];
	int on_worker[8];
} meeting;

static void meet(int32_t index, void *argument)
{
	meeting *m = argument;
	m->on_worker[index] = !pthread_equal(pthread_self(), m->caller);
	pthread_sigmask(SIG_BLOCK, NULL, &m->masks[index]);
	__atomic_add_fetch(&m->arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&m->arrived, __ATOMIC_SEQ_CST) < m->expected) sched_yield();
	__atomic_add_fetch(&m->met, 1, __ATOMIC_SEQ_CST);
}

/* Workers that sleep, that are about to, and that spin: pauses are 0 to 180 us, and workers spin for 100 us. The tasks
 * wait for each other, so they hang if the wake-up of a worker is lost, and the caller hangs if its own is lost. */
START_TEST(test_parallel__wakes_workers_at_any_time)
{
	egm_context *context = create(2 + _i);
	for (int repeat = 0; repeat < 3000; ++repeat) {
		meeting m = {.expected = 2 + _i, .caller = pthread_self()};
		struct timespec pause = {.tv_nsec = repeat * 60};
		egm__parallel(context, 2 + _i, meet, &m);
		ck_assert_int_eq(m.met, 2 + _i);
		nanosleep(&pause, NULL);
	}
	egm_context_free(context);
}
END_TEST

START_TEST(test_parallel__uses_as_many_threads_as_asked)
{
	int workers = 0;
	egm_context *context = create(4);
	meeting m = {.expected = 4, .caller = pthread_self()};
	egm__parallel(context, 4, meet, &m);
	ck_assert_int_eq(m.met, 4);
	for (int i = 0; i < 4; ++i) workers += m.on_worker[i];
	ck_assert_int_eq(workers, 3);
	egm_context_free(context);
}
END_TEST

START_TEST(test_workers__leave_signals_to_the_host)
{
	sigset_t before, after;
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	egm_context *context = create(3);
	meeting m = {.expected = 3, .caller = pthread_self()};
	egm__parallel(context, 3, meet, &m);
	ck_assert_int_eq(m.met, 3);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	for (int i = 0; i < 3; ++i) {
		static const int host[] = {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR1, SIGPROF};
		if (!m.on_worker[i]) continue;
		for (size_t s = 0; s < sizeof host / sizeof *host; ++s) ck_assert_int_eq(sigismember(&m.masks[i], host[s]), 1);
		ck_assert_int_eq(sigismember(&m.masks[i], SIGSEGV), 0);
	}
	for (int s = 1; s < 32; ++s) ck_assert_int_eq(sigismember(&before, s), sigismember(&after, s));
	egm_context_free(context);
}
END_TEST

/* Sums over disjoint parts, in float: the same bits whatever the threads. */
enum { PARTS = 64, LENGTH = 500 };

static void sum_part(int32_t index, void *argument)
{
	float *sums = argument;
	egm__rng rng = {.seed = 5, .step = 1, .stream = (uint32_t)index};
	float sum = 0;
	for (uint32_t i = 0; i < LENGTH; ++i) {
		uint32_t words[4];
		egm__rng_block(&rng, i, words);
		sum += (float)words[0] * 0x1p-32f / 3;
	}
	sums[index] = sum;
}

START_TEST(test_parallel__results_do_not_depend_on_threads)
{
	static const int rounding[] = {FE_TONEAREST, FE_UPWARD};
	float one[PARTS], many[PARTS];
	egm_context *context = create(1);
	fesetround(rounding[_i]);
	egm__parallel(context, PARTS, sum_part, one);
	fesetround(FE_TONEAREST);
	egm_context_free(context);
	for (int32_t threads = 2; threads <= 5; ++threads) {
		context = create(threads);
		fesetround(rounding[_i]); /* after the workers started with another mode */
		for (int repeat = 0; repeat < 20; ++repeat) {
			memset(many, 0xff, sizeof many);
			egm__parallel(context, PARTS, sum_part, many);
			ck_assert_mem_eq(one, many, sizeof one);
		}
		fesetround(FE_TONEAREST);
		egm_context_free(context);
	}
}
END_TEST

static void read_rounding(int32_t index, void *argument)
{
	int *modes = argument;
	modes[index] = fegetround();
}

START_TEST(test_parallel__tasks_see_the_rounding_of_the_caller)
{
	static const int rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	fesetround(rounding[_i % 4]);
	egm_context *context = create(4);
	fesetround(rounding[_i / 4]);
	for (int repeat = 0; repeat < 200; ++repeat) {
		int modes[32];
		egm__parallel(context, 32, read_rounding, modes);
		for (int i = 0; i < 32; ++i) ck_assert_int_eq(modes[i], rounding[_i / 4]);
	}
	egm_context_free(context);
}
END_TEST

static void call_again(int32_t index, void *argument)
{
	tally *t = (tally *)argument + index;
	egm__parallel(t->context, 50, count_run, t);
}

START_TEST(test_parallel__may_be_called_by_a_task)
{
	static tally tallies[10];
	egm_context *context = create(3);
	for (int repeat = 0; repeat < 50; ++repeat) {
		memset(tallies, 0, sizeof tallies);
		for (int i = 0; i < 10; ++i) tallies[i].context = context;
		egm__parallel(context, 10, call_again, tallies);
		for (int i = 0; i < 10; ++i) expect_once(&tallies[i], 50);
	}
	egm_context_free(context);
}
END_TEST

static void *call_from_thread(void *argument)
{
	egm_context *context = argument;
	uintptr_t wrong = 0;
	for (int repeat = 0; repeat < 500; ++repeat) {
		tally t = {0};
		egm__parallel(context, 20, count_run, &t);
		for (int i = 0; i < MANY; ++i) wrong += t.runs[i] != (i < 20);
	}
	return (void *)wrong; /* NULL when every task ran once */
}

START_TEST(test_parallel__may_be_called_by_several_threads)
{
	pthread_t callers[6];
	egm_context *context = create(3);
	for (int i = 0; i < 6; ++i) ck_assert_int_eq(pthread_create(&callers[i], NULL, call_from_thread, context), 0);
	for (int i = 0; i < 6; ++i) {
		void *wrong = context;
		pthread_join(callers[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
	egm_context_free(context);
}
END_TEST

static void backwards(int32_t count, void (*task)(int32_t index, void *argument), void *argument, void *user)
{
	*(int32_t *)user += count;
	for (int32_t i = count; i-- > 0;) task(i, argument);
}

START_TEST(test_parallel__passes_tasks_to_the_hook)
{
	int32_t handed = 0;
	tally t = {0};
	egm_context *context = NULL;
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	o.threads = 4;
	o.parallel = backwards;
	o.parallel_user = &handed;
	ck_assert_int_eq(egm_context_create(&context, &o), EGM_OK);
	ck_assert_ptr_null(context->pool);
	handed = 0;
	egm__parallel(context, 30, count_run, &t);
	expect_once(&t, 30);
	ck_assert_int_eq(handed, 30);
	egm__parallel(context, 1, count_run, &t); /* one task runs on the calling thread */
	ck_assert_int_eq(handed, 30);
	egm_context_free(context);
}
END_TEST

/* Limits of sanitizers in a process that forks. ThreadSanitizer ends a forked child that starts a thread.
 * AddressSanitizer allocates while a thread starts or ends, and a child that is forked meanwhile waits forever for the
 * locks of its allocator. qemu-user 7.2 fails in an assertion of its own (plugins/core.c) when a child of a process
 * with threads starts one. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CHILD_MAY_START_THREADS 0
#elif __has_feature(address_sanitizer)
#define FORK_MAY_MEET_STARTS 0
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CHILD_MAY_START_THREADS 0
#elif defined(__SANITIZE_ADDRESS__)
#define FORK_MAY_MEET_STARTS 0
#endif
#ifndef CHILD_MAY_START_THREADS
#define CHILD_MAY_START_THREADS 1
#endif
#ifndef FORK_MAY_MEET_STARTS
#define FORK_MAY_MEET_STARTS 1
#endif

/* Whether all threads of the context take part. After it, all have started. */
static int all_meet(egm_context *context, int32_t threads)
{
	meeting m = {.expected = threads, .caller = pthread_self()};
	egm__parallel(context, threads, meet, &m);
	return m.met == threads;
}

/* Whether a new pool works in the child. */
static int second_context_works(void)
{
	egm_context *context = create(3);
	int all = all_meet(context, 3);
	egm_context_free(context);
	return all;
}

static void use_in_child(egm_context *context)
{
	alarm(1200); /* ends a child that hangs; no machine is so slow */
	for (int repeat = 0; repeat < 100; ++repeat) {
		tally t = {0};
		egm__parallel(context, 40, count_run, &t);
		for (int i = 0; i < MANY; ++i)
			if (t.runs[i] != (i < 40)) _exit(1);
	}
	egm_context_free(context); /* has no thread to join */
	_exit(!CHILD_MAY_START_THREADS || getenv("EGM_TEST_EMULATED") || second_context_works() ? 0 : 2);
}

static int fork_and_use(egm_context *context)
{
	int status = -1;
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) use_in_child(context);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(test_parallel__works_in_a_forked_child)
{
	egm_context *context = create(4);
	if (!FORK_MAY_MEET_STARTS) ck_assert(all_meet(context, 4));
	for (int repeat = 0; repeat < 5; ++repeat) {
		tally t = {0};
		egm__parallel(context, 100, count_run, &t);
		if (repeat % 2) nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* until the workers sleep */
		int status = fork_and_use(context);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %d", status);
	}
	tally t = {0};
	egm__parallel(context, 100, count_run, &t);
	expect_once(&t, 100);
	egm_context_free(context);
}
END_TEST

/* A pool that has a job nearly all the time, from when all of its threads run until `stop`. */
typedef struct busy_pool {
	egm_context *context;
	int started, stop;
} busy_pool;

static void *keep_busy(void *argument)
{
	busy_pool *b = argument;
	__atomic_store_n(&b->started, all_meet(b->context, 3) ? 1 : -1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&b->stop, __ATOMIC_SEQ_CST)) {
		tally t = {0};
		egm__parallel(b->context, 20, count_run, &t);
	}
	return NULL;
}

START_TEST(test_parallel__works_in_a_child_forked_during_a_job)
{
	pthread_t caller;
	busy_pool b = {.context = create(3)};
	ck_assert_int_eq(pthread_create(&caller, NULL, keep_busy, &b), 0);
	while (!__atomic_load_n(&b.started, __ATOMIC_SEQ_CST)) sched_yield();
	ck_assert_int_eq(b.started, 1);
	for (int repeat = 0; repeat < 5; ++repeat) {
		int status = fork_and_use(b.context);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %d", status);
	}
	__atomic_store_n(&b.stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(caller, NULL);
	egm_context_free(b.context);
}
END_TEST

#ifndef CLONE_NEWPID /* a system without PID namespaces */
#define CLONE_NEWPID 0
static int unshare(int flags)
{
	return -1;
}
#endif

/* The first process of a new PID namespace creates a pool and forks into another new namespace, so both are process 1.
 * After the second unshare no thread can start here, only in the child. */
static void fork_as_process_one(void)
{
	if (getpid() != 1) _exit(3);
	egm_context *context = create(4);
	if (!all_meet(context, 4) || unshare(CLONE_NEWPID)) _exit(4);
	int status = -1;
	pid_t child = fork();
	if (child == 0 && getpid() != 1) _exit(5);
	if (child == 0) use_in_child(context);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) _exit(6);
	if (WEXITSTATUS(status)) _exit(10 + WEXITSTATUS(status));
	egm_context_free(context); /* its threads are in this process */
	_exit(0);
}

enum { NOT_PERMITTED = 77 };

/* In a separate process, because the runner and sanitizers do not expect a process that has called unshare. */
static void fork_into_namespace(void)
{
	int status = -1;
	if (unshare(CLONE_NEWPID)) _exit(NOT_PERMITTED);
	pid_t child = fork();
	if (child == 0) fork_as_process_one();
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) _exit(2);
	_exit(WEXITSTATUS(status));
}

START_TEST(test_parallel__works_in_a_child_with_the_same_number)
{
	int status = -1;
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) fork_into_namespace();
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "wait status %x", status);
	if (WEXITSTATUS(status) == NOT_PERMITTED)
		printf("# skipped: a PID namespace needs root\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tc = tcase_create("pool");
	tcase_set_tags(tc, "R8 R13 R15 R20 R21");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_parallel__runs_every_task_once, 0, 4);
	tcase_add_loop_test(tc, test_parallel__wakes_workers_at_any_time, 0, 2);
	tcase_add_test(tc, test_parallel__uses_as_many_threads_as_asked);
	tcase_add_test(tc, test_workers__leave_signals_to_the_host);
	tcase_add_loop_test(tc, test_parallel__results_do_not_depend_on_threads, 0, 2);
	tcase_add_loop_test(tc, test_parallel__tasks_see_the_rounding_of_the_caller, 0, 16);
	tcase_add_test(tc, test_parallel__may_be_called_by_a_task);
	tcase_add_test(tc, test_parallel__may_be_called_by_several_threads);
	tcase_add_test(tc, test_parallel__passes_tasks_to_the_hook);
	tcase_add_test(tc, test_parallel__works_in_a_forked_child);
	tcase_add_test(tc, test_parallel__works_in_a_child_forked_during_a_job);
	tcase_add_test(tc, test_parallel__works_in_a_child_with_the_same_number);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
