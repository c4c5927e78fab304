/* SPDX-License-Identifier: MIT */
/* A forked child has the memory of its parent but none of its threads. Two signs are checked. The process id differs,
 * unless parent and child are each the first process of a PID namespace. A page that Linux clears in a child
 * (since 4.14) always shows it, unless an emulator of system calls ignores the advice. Handlers of pthread_atfork would
 * need global state, which would remain after the library is unloaded. */
#include "core/fork_impl.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

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
