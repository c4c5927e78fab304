/* SPDX-License-Identifier: MIT */
/* Long work in steps, between which a progress callback is asked. */
#ifndef EGM_STATS_STEPS_IMPL_H
#define EGM_STATS_STEPS_IMPL_H

#include <core/context_impl.h>
#include <core/progress_impl.h>

/* ---- steps. The work is cut into steps by its size alone; when the callback is asked, and how many threads share the
 * steps, changes no result. */

typedef struct egm__steps {
	egm_context *context; /* held, as the callback may free it */
	egm__progress progress;
	int64_t done, total;
} egm__steps;

void egm__steps_start(egm__steps *s, egm_context *context, int64_t total, egm_progress_fn progress, void *user);
/* The call is over, whatever became of it; nothing where it has not begun. */
void egm__steps_end(egm__steps *s);
/* One step was done. STOPPED if the callback wants no more of them. */
egm_status egm__steps_count(egm__steps *s);
/* The last step was done: asks if it has not been asked about. */
egm_status egm__steps_finish(egm__steps *s);
/* Steps 0 .. n-1 on `workers` threads: `work` does those of [first, last) that are the worker's. */
typedef struct egm__steps_range egm__steps_range;
struct egm__steps_range {
	void (*work)(const egm__steps_range *range, int32_t worker);
	const void *argument;
	int64_t first, last;
};
egm_status egm__steps_run(egm__steps *s, int64_t n, int32_t workers,
                          void (*work)(const egm__steps_range *range, int32_t worker), const void *argument);

#endif
