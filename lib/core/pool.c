/* SPDX-License-Identifier: MIT */
/* A pool of threads for one job at a time.
 *
 *   job = tasks 0 .. count-1,   unclaimed: tasks nobody has taken,   unfinished: tasks not yet done
 *
 * Whoever lowers `unclaimed` by one owns a task. The job's fields may be read by a thread only while it owns a task:
 * the caller writes them before it raises `unclaimed` and does not come back for the next job before `unfinished` is 0.
 * A worker that wakes late therefore finds nothing to claim, or claims a task of the job that is current, and nobody
 * waits for workers that slept through a short job.
 *
 * Steps of a small net make thousands of calls a second, 10 to 100 us apart: the time of the passes between two
 * products. A worker that went to sleep costs such a call more than the work itself, so workers and the caller spin for
 * a while first; not when there are more threads than processors, where whoever spins keeps the one it waits for from
 * running. No OpenMP: a forked child hangs in libgomp, and its threads fight with the host's. */
#include "core/cpu_impl.h"
#include "core/pool_impl.h"
#include "core/status_impl.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SPIN_NS = 100000, LINE = 64 };

struct egm__pool {
	/* Written by the owner of the pool before a job, constant during it. */
	void (*task)(int32_t index, void *argument);
	void *argument;
	int32_t count;

	_Alignas(LINE) int32_t unclaimed;
	_Alignas(LINE) int32_t unfinished;
	_Alignas(LINE) int32_t sleepers; /* workers in wait(work) or about to be; changed under the lock */
	int32_t waiting;                 /* the caller is in wait(done) or about to be */
	int32_t stop;
	int32_t busy; /* a caller has the pool */

	pthread_mutex_t lock;
	pthread_cond_t work, done;
	int64_t spin_ns;
	pid_t pid;           /* the process that has the threads */
	unsigned char *mark; /* a page with a 1, which the kernel clears in a forked child; NULL: it cannot */
	int32_t workers;
	pthread_t threads[];
};

/* ---- whose threads they are */

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* A forked child has the memory of the pool and none of its threads. The number of the process tells, but not where
 * parent and child are each the first process of a PID namespace; the page that Linux clears in a child (since 4.14)
 * tells always. Either alone is not enough: an emulator of system calls may ignore the advice. Handlers of
 * pthread_atfork would need state of the whole process, which a library that is unloaded leaves behind. */
static unsigned char *create_mark(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *mark = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mark == MAP_FAILED) return NULL;
	if (madvise(mark, page, MADV_WIPEONFORK)) {
		munmap(mark, page);
		return NULL;
	}
	*(unsigned char *)mark = 1;
	return mark;
}

static void free_mark(unsigned char *mark)
{
	if (mark) munmap(mark, (size_t)sysconf(_SC_PAGESIZE));
}

static int is_forked(const egm__pool *pool)
{
	return pool->pid != getpid() || (pool->mark && __atomic_load_n(pool->mark, __ATOMIC_RELAXED) == 0);
}

/* ---- waiting */
static int has_work(egm__pool *pool)
{
	return __atomic_load_n(&pool->unclaimed, __ATOMIC_SEQ_CST) > 0 || __atomic_load_n(&pool->stop, __ATOMIC_SEQ_CST);
}

static int is_done(egm__pool *pool)
{
	return __atomic_load_n(&pool->unfinished, __ATOMIC_SEQ_CST) == 0;
}

/* Whether the condition came true within the time that spinning is worth. */
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

/* Both sides of sleeping and waking use the same pattern, in sequentially consistent order: the sleeper announces
 * itself and then looks at the condition, the waker makes it true and then looks for sleepers. One of them sees the
 * other. */
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
/* Takes a task of the current job: the number of tasks that were unclaimed, 0 when there is none. */
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

int egm__pool_run(egm__pool *pool, int32_t count, void (*task)(int32_t index, void *argument), void *argument)
{
	/* The process first: what the lock of a forked child says is what it said in the parent. */
	if (is_forked(pool)) return 0;
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

/* A task rounds and flushes as its caller does, whoever's thread it runs on. */
typedef struct moded {
	void (*task)(int32_t index, void *argument);
	void *argument;
	uint32_t mode;
} moded;

static void run_moded(int32_t index, void *argument)
{
	const moded *m = argument;
	uint32_t own = egm__cpu_fp_mode();
	if (own != m->mode) egm__cpu_fp_set(m->mode);
	m->task(index, m->argument);
	if (own != m->mode) egm__cpu_fp_set(own);
}

void egm__parallel(egm_context *context, int32_t count, void (*task)(int32_t index, void *argument), void *argument)
{
	moded m = {task, argument, egm__cpu_fp_mode()};
	if (count > 1 && context->parallel) {
		context->parallel(count, run_moded, &m, context->parallel_user);
		return;
	}
	if (count > 1 && context->pool && egm__pool_run(context->pool, count, run_moded, &m)) return;
	for (int32_t i = 0; i < count; ++i) task(i, argument);
}

/* ---- life */
/* Signals are the host's affair and go to its threads. Those that a thread raises by its own fault stay open: blocked,
 * their effect is undefined, and a crash reporter of the host would miss them. */
static void mask_of_workers(sigset_t *mask)
{
	static const int own_fault[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
	sigfillset(mask);
	for (size_t i = 0; i < sizeof own_fault / sizeof *own_fault; ++i) sigdelset(mask, own_fault[i]);
}

/* A thread starts with the mask of its creator unless the C library can be told another one (glibc since 2.32). */
static int start_worker(pthread_t *thread, egm__pool *pool, const sigset_t *mask)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);
	if (error) return error;
#if EGM_HAVE_ATTR_SIGMASK
	error = pthread_attr_setsigmask_np(&attributes, mask);
	if (!error) error = pthread_create(thread, &attributes, worker_main, pool);
#else
	sigset_t before;
	pthread_sigmask(SIG_SETMASK, mask, &before);
	error = pthread_create(thread, &attributes, worker_main, pool);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
	pthread_attr_destroy(&attributes);
	return error;
}

static egm_status start_workers(egm__pool *pool, int32_t workers)
{
	sigset_t mask;
	mask_of_workers(&mask);
	for (; pool->workers < workers; ++pool->workers) {
		int error = start_worker(&pool->threads[pool->workers], pool, &mask);
		if (error)
			return egm__fail(EGM_ERR_MEMORY, "worker thread %d of %d did not start, error %d", (int)pool->workers + 1,
			                 (int)workers, error);
	}
	return EGM_OK;
}

static int64_t spin_time(int32_t threads)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set)) return SPIN_NS;
	return threads <= CPU_COUNT(&set) ? SPIN_NS : 0;
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
	pool->pid = getpid();
	pool->mark = create_mark();
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
	/* In a forked child the conditions still count the parent's sleepers; destroying them would wait for those. */
	if (!is_forked(pool)) end_workers(pool);
	free_mark(pool->mark);
	egm__free(context, pool);
}
