/* SPDX-License-Identifier: MIT */
/* Linux and macOS. */
#include "core/os_impl.h"

#include <dlfcn.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

/* ---- memory */

void *egm__os_alloc(size_t size, size_t alignment)
{
	void *pointer = NULL;
	return posix_memalign(&pointer, alignment, size) ? NULL : pointer;
}

void egm__os_free(void *pointer)
{
	free(pointer);
}

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

void *egm__os_map(size_t bytes)
{
	void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return room == MAP_FAILED ? NULL : room;
}

void egm__os_unmap(void *pointer, size_t bytes)
{
	munmap(pointer, bytes);
}

/* ---- processors, threads and processes */

int32_t egm__os_processors(void)
{
#if defined(__linux__)
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) ? 0 : CPU_COUNT(&set);
#else
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	return count > 0 ? (int32_t)count : 0;
#endif
}

/* Workers block signals, so that these go to the threads of the host program. The signals that a thread raises by its
 * own fault are not blocked: their effect would be undefined, and a crash reporter of the host would miss them. */
static void mask_of_workers(sigset_t *mask)
{
	static const int own_fault[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
	sigfillset(mask);
	for (size_t i = 0; i < sizeof own_fault / sizeof *own_fault; ++i) sigdelset(mask, own_fault[i]);
}

/* A thread inherits the mask of its creator, unless the C library can set another one (glibc since 2.32). */
int egm__os_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
	sigset_t mask;
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);
	if (error) return error;
	mask_of_workers(&mask);
#if EGM_HAVE_ATTR_SIGMASK
	error = pthread_attr_setsigmask_np(&attributes, &mask);
	if (!error) error = pthread_create(thread, &attributes, run, argument);
#else
	sigset_t before;
	pthread_sigmask(SIG_SETMASK, &mask, &before);
	error = pthread_create(thread, &attributes, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
	pthread_attr_destroy(&attributes);
	return error;
}

/* A forked child has the memory of its parent but none of its threads. Two signs are checked. The process id differs,
 * unless parent and child are each the first process of a PID namespace. A page that Linux clears in a child
 * (since 4.14) always shows it, unless an emulator of system calls ignores the advice. Handlers of pthread_atfork would
 * need global state, which would remain after the library is unloaded. */
#if defined(__linux__)
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

static unsigned char *create_page(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) return NULL;
	if (madvise(page, size, MADV_WIPEONFORK)) {
		munmap(page, size);
		return NULL;
	}
	*(unsigned char *)page = 1;
	return page;
}
#else
static unsigned char *create_page(void)
{
	return NULL;
}
#endif

egm__fork_mark egm__fork_mark_create(void)
{
	return (egm__fork_mark){getpid(), create_page()};
}

void egm__fork_mark_free(egm__fork_mark *mark)
{
	if (mark->page) munmap(mark->page, (size_t)sysconf(_SC_PAGESIZE));
	mark->page = NULL;
}

int egm__fork_is_child(const egm__fork_mark *mark)
{
	return mark->pid != getpid() || (mark->page && __atomic_load_n(mark->page, __ATOMIC_RELAXED) == 0);
}

/* ---- libraries */

/* Otherwise, in a program that is linked with another OpenBLAS, one half of its functions would be those of the other
 * library. The sanitizers end a process that does this. macOS finds functions by library and name in any case. */
static int own_functions_first(void)
{
#ifdef RTLD_DEEPBIND
	return dlsym(RTLD_DEFAULT, "__sanitizer_set_report_path") ? 0 : RTLD_DEEPBIND;
#else
	return 0;
#endif
}

void *egm__os_library_open(const char *name)
{
	return dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | own_functions_first());
}

void *egm__os_library_find(void *library, const char *function)
{
	return dlsym(library, function);
}

const char *egm__os_library_error(char *buffer, size_t size)
{
	const char *why = dlerror();
	return why ? why : "no reason is known";
}

/* ---- text */

/* strerror_r comes in two forms. */
const char *egm__os_error_text(int error, char *buffer, size_t size)
{
#if defined(__GLIBC__)
	return strerror_r(error, buffer, size);
#else
	return strerror_r(error, buffer, size) == 0 ? buffer : "unknown error";
#endif
}

int egm__os_locale_begin(egm__os_locale *locale)
{
	locale->c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!locale->c) return 0;
	locale->before = uselocale(locale->c);
	return 1;
}

void egm__os_locale_end(const egm__os_locale *locale)
{
	uselocale(locale->before);
	freelocale(locale->c);
}

void *egm__os_strtod_create(void)
{
	return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void egm__os_strtod_free(void *c)
{
	if (c) freelocale(c);
}

double egm__os_strtod(const char *text, char **end, void *c)
{
	return strtod_l(text, end, c);
}
