/* SPDX-License-Identifier: MIT */
/* The threads of a context, used through egm__parallel. */
#ifndef EGM_CORE_POOL_IMPL_H
#define EGM_CORE_POOL_IMPL_H

#include "core/context_impl.h"

/* Starts `workers` threads, at least 1, which wait for work. If one does not start, the others are ended and the error
 * is EGM_ERR_MEMORY. */
egm_status egm__pool_create(egm__pool **out, egm_context *context, int32_t workers);

/* Ends the threads and frees the memory; in a forked child, which has no threads, only frees the memory. `pool` may be
 * NULL. No job may run. */
void egm__pool_free(egm_context *context, egm__pool *pool);

#endif
