/* SPDX-License-Identifier: MIT */
/* Whether this process is a forked child of the one that made something. */
#ifndef EGM_CORE_FORK_IMPL_H
#define EGM_CORE_FORK_IMPL_H

#include <sys/types.h>

typedef struct egm__fork_mark {
	pid_t pid;           /* the process that made the mark */
	unsigned char *page; /* a page with a 1 that the kernel clears in a forked child; NULL if it cannot */
} egm__fork_mark;

egm__fork_mark egm__fork_mark_create(void);
void egm__fork_mark_free(egm__fork_mark *mark);
int egm__fork_is_child(const egm__fork_mark *mark);

#endif
