/* SPDX-License-Identifier: MIT */
/* Long work in steps, between which a progress callback is asked. The size of the work alone decides how it is cut into
 * steps; neither the callback nor the number of threads changes a result. */
#ifndef EGM_STATS_STEPS_IMPL_H
#define EGM_STATS_STEPS_IMPL_H

#include <core/context_impl.h>
#include <core/progress_impl.h>

typedef struct egm__steps {
	egm_context *context; /* retained, as the callback may free it */
	egm__progress progress;
	int64_t done, total;
} egm__steps;

void egm__steps_start(egm__steps *s, egm_context *context, int64_t total, egm_progress_fn progress, void *user);
/* Ends the call, also one that failed or was never started. */
void egm__steps_end(egm__steps *s);
/* Counts a step that is done. STOPPED if the callback stops the call. */
egm_status egm__steps_count(egm__steps *s);
/* After the last step: asks once more if steps were done since the last question. */
egm_status egm__steps_finish(egm__steps *s);
/* Does steps 0 .. n-1 on `workers` threads: `work` does those of [first, last) that are the worker's. */
typedef struct egm__steps_range egm__steps_range;
struct egm__steps_range {
	void (*work)(const egm__steps_range *range, int32_t worker);
	const void *argument;
	int64_t first, last;
};
egm_status egm__steps_run(egm__steps *s, int64_t n, int32_t workers,
                          void (*work)(const egm__steps_range *range, int32_t worker), const void *argument);

#endif
