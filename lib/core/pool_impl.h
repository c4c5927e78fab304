/* SPDX-License-Identifier: MIT */
#ifndef EGM_CORE_POOL_IMPL_H
#define EGM_CORE_POOL_IMPL_H

#include "core/context_impl.h"

/* Starts `workers` threads (at least 1), which sleep until there is work. MEMORY names the one that did not start; the
 * others are gone by then. */
egm_status egm__pool_create(egm__pool **out, egm_context *context, int32_t workers);

/* Ends the threads; in a forked child, where they never were, only frees the memory. NULL allowed. No job may run. */
void egm__pool_free(egm_context *context, egm__pool *pool);

/* Runs the tasks on the workers and the calling thread. 0: nothing was run, because another caller has the pool (a task
 * that calls again is one) or because this process is a fork of the one that has the threads. */
int egm__pool_run(egm__pool *pool, int32_t count, void (*task)(int32_t index, void *argument), void *argument);

#endif
