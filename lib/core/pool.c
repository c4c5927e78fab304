/* SPDX-License-Identifier: MIT */
/* A pool of threads that runs one job at a time. A job is the tasks 0 to count - 1; `unclaimed` is how many no thread
 * has taken yet, `unfinished` how many are not done.
 *
 * A thread that lowers `unclaimed` by one owns a task, and may read the fields of the job only while it owns one. The
 * caller writes these fields before it raises `unclaimed`, and starts no other job before `unfinished` is 0. A worker
 * that wakes late therefore finds no task, or one of the current job, and a short job waits for no worker that is
 * asleep.
 *
 * Training a small network makes thousands of calls in a second, 10 to 100 us apart. To wake a worker costs more than
 * such a call, so workers and the caller first spin for a while. If there are more threads than processors they do not,
 * because a spinning thread would keep the one it waits for from running. OpenMP is not used because a forked child
 * hangs in libgomp, and because its threads compete with those of the host program. */
#include "core/cpu_impl.h"
#include "core/os_impl.h"
#include "core/pool_impl.h"
#include "core/status_impl.h"

#include <pthread.h>

enum { SPIN_NS = 100000, LINE = 64 };

struct egm__pool {
	/* The job: written by its caller before it starts, constant while it runs. */
	void (*task)(int32_t index, void *argument);
	void *argument;
	int32_t count;

	_Alignas(LINE) int32_t unclaimed;
	_Alignas(LINE) int32_t unfinished;
	_Alignas(LINE) int32_t sleepers; /* workers that sleep or are about to; changed under the lock */
	int32_t waiting;                 /* 1: the caller sleeps or is about to */
	int32_t stop;
	int32_t busy; /* 1: a caller uses the pool */

	pthread_mutex_t lock;
	pthread_cond_t work, done;
	int64_t spin_ns;
	egm__fork_mark starter; /* the process that started the threads */
	int32_t workers;
	pthread_t threads[];
};

/* ---- waiting */
static int has_work(egm__pool *pool)
{
	return __atomic_load_n(&pool->unclaimed, __ATOMIC_SEQ_CST) > 0 || __atomic_load_n(&pool->stop, __ATOMIC_SEQ_CST);
}

static int is_done(egm__pool *pool)
{
	return __atomic_load_n(&pool->unfinished, __ATOMIC_SEQ_CST) == 0;
}

/* Spins for spin_ns at most. Returns whether the condition became true. */
static int spin(egm__pool *pool, int (*condition)(egm__pool *))
{
	if (condition(pool)) return 1;
	if (pool->spin_ns == 0) return 0;
	int64_t end = egm__cpu_clock_ns() + pool->spin_ns;
	do {
		for (int i = 0; i < 16; ++i) {
			if (condition(pool)) return 1;
			egm__cpu_relax();
		}
	} while (egm__cpu_clock_ns() < end);
	return 0;
}

/* Sleeping and waking are in sequentially consistent order: the sleeper announces itself and then reads the condition;
 * the waker makes the condition true and then looks for sleepers. One of them therefore sees the other. */
static void sleep_until_work(egm__pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	__atomic_add_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
	while (!has_work(pool)) pthread_cond_wait(&pool->work, &pool->lock);
	__atomic_sub_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&pool->lock);
}

static void wake_workers(egm__pool *pool, int32_t wanted)
{
	int32_t sleepers = __atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST);
	if (sleepers == 0) return;
	pthread_mutex_lock(&pool->lock);
	if (wanted >= sleepers)
		pthread_cond_broadcast(&pool->work);
	else
		for (int32_t i = 0; i < wanted; ++i) pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

static void sleep_until_done(egm__pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	__atomic_store_n(&pool->waiting, 1, __ATOMIC_SEQ_CST);
	while (!is_done(pool)) pthread_cond_wait(&pool->done, &pool->lock);
	__atomic_store_n(&pool->waiting, 0, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&pool->lock);
}

static void wake_caller(egm__pool *pool)
{
	if (!__atomic_load_n(&pool->waiting, __ATOMIC_SEQ_CST)) return;
	pthread_mutex_lock(&pool->lock);
	pthread_cond_signal(&pool->done);
	pthread_mutex_unlock(&pool->lock);
}

/* ---- tasks */
/* Takes a task. Returns how many were unclaimed before, 0 if there was none. */
static int32_t claim(egm__pool *pool)
{
	int32_t left = __atomic_load_n(&pool->unclaimed, __ATOMIC_RELAXED);
	while (left > 0 &&
	       !__atomic_compare_exchange_n(&pool->unclaimed, &left, left - 1, 1, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
	}
	return left;
}

static void run_tasks(egm__pool *pool, int is_worker)
{
	for (int32_t left; (left = claim(pool)) > 0;) {
		pool->task(pool->count - left, pool->argument);
		if (__atomic_sub_fetch(&pool->unfinished, 1, __ATOMIC_SEQ_CST) == 0 && is_worker) wake_caller(pool);
	}
}

static void *worker_main(void *argument)
{
	egm__pool *pool = argument;
	while (!__atomic_load_n(&pool->stop, __ATOMIC_SEQ_CST)) {
		run_tasks(pool, 1);
		if (!spin(pool, has_work)) sleep_until_work(pool);
	}
	return NULL;
}

/* Returns 0 and runs nothing if another caller uses the pool, which includes a task of this job, or after a fork. */
static int run_job(egm__pool *pool, int32_t count, void (*task)(int32_t index, void *argument), void *argument)
{
	/* First, because `busy` in a forked child is what it was in the parent. */
	if (egm__fork_is_child(&pool->starter)) return 0;
	if (__atomic_exchange_n(&pool->busy, 1, __ATOMIC_ACQUIRE)) return 0;
	pool->task = task;
	pool->argument = argument;
	pool->count = count;
	__atomic_store_n(&pool->unfinished, count, __ATOMIC_SEQ_CST);
	__atomic_store_n(&pool->unclaimed, count, __ATOMIC_SEQ_CST);
	wake_workers(pool, count - 1);
	run_tasks(pool, 0);
	if (!spin(pool, is_done)) sleep_until_done(pool);
	__atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
	return 1;
}

/* A task with the floating-point mode of its caller, whatever the mode of the thread that runs it. */
typedef struct mode_task {
	void (*task)(int32_t index, void *argument);
	void *argument;
	uint32_t mode;
} mode_task;

static void run_with_mode(int32_t index, void *argument)
{
	const mode_task *m = argument;
	uint32_t own = egm__cpu_fp_mode();
	if (own != m->mode) egm__cpu_fp_set(m->mode);
	m->task(index, m->argument);
	if (own != m->mode) egm__cpu_fp_set(own);
}

void egm__parallel(egm_context *context, int32_t count, void (*task)(int32_t index, void *argument), void *argument)
{
	mode_task m = {task, argument, egm__cpu_fp_mode()};
	if (count > 1 && context->parallel) {
		context->parallel(count, run_with_mode, &m, context->parallel_user);
		return;
	}
	if (count > 1 && context->pool && run_job(context->pool, count, run_with_mode, &m)) return;
	for (int32_t i = 0; i < count; ++i) task(i, argument);
}

/* ---- creation and release */
static egm_status start_workers(egm__pool *pool, int32_t workers)
{
	for (; pool->workers < workers; ++pool->workers) {
		int error = egm__os_thread_start(&pool->threads[pool->workers], worker_main, pool);
		if (error)
			return egm__fail(EGM_ERR_MEMORY, "worker thread %d of %d did not start, error %d", (int)pool->workers + 1,
			                 (int)workers, error);
	}
	return EGM_OK;
}

static int64_t spin_time(int32_t threads)
{
	int32_t processors = egm__os_processors();
	return processors == 0 || threads <= processors ? SPIN_NS : 0;
}

egm_status egm__pool_create(egm__pool **out, egm_context *context, int32_t workers)
{
	egm_status st = EGM_OK;
	*out = NULL;
	egm__pool *pool = egm__alloc_zero(context, 1, sizeof *pool + (size_t)workers * sizeof pool->threads[0]);
	if (!pool) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %d worker threads", (int)workers);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->starter = egm__fork_mark_create();
	pool->spin_ns = spin_time(workers + 1);
	EGM_TRY(start_workers(pool, workers));
	*out = pool;
	pool = NULL;
out:
	egm__pool_free(context, pool);
	return st;
}

static void end_workers(egm__pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	__atomic_store_n(&pool->stop, 1, __ATOMIC_SEQ_CST);
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (int32_t i = 0; i < pool->workers; ++i) pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
}

void egm__pool_free(egm_context *context, egm__pool *pool)
{
	if (!pool) return;
	/* In a forked child the condition variables still count the sleepers of the parent; to destroy them would wait for
	 * these. */
	if (!egm__fork_is_child(&pool->starter)) end_workers(pool);
	egm__fork_mark_free(&pool->starter);
	egm__free(context, pool);
}
