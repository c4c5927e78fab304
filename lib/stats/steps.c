/* SPDX-License-Identifier: MIT */
/* Steps of long work on one or several threads, between which the progress callback is asked. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <stats/steps_impl.h>

void egm__steps_start(egm__steps *s, egm_context *context, int64_t total, egm_progress_fn progress, void *user)
{
	*s = (egm__steps){.context = context, .total = total};
	egm__context_retain(context);
	egm__progress_start(&s->progress, progress, user);
}

void egm__steps_end(egm__steps *s)
{
	egm_context_free(s->context);
}

static egm_status ask(egm__steps *s)
{
	if (!egm__progress_ask(&s->progress, s->done, s->total)) return EGM_OK;
	return egm__fail(EGM_ERR_STOPPED, "the callback stopped it after step %lld of %lld", (long long)s->done,
	                 (long long)s->total);
}

egm_status egm__steps_count(egm__steps *s)
{
	s->done++;
	return egm__progress_due(&s->progress) ? ask(s) : EGM_OK;
}

egm_status egm__steps_finish(egm__steps *s)
{
	return s->progress.steps > 0 ? ask(s) : EGM_OK;
}

static void run_worker(int32_t worker, void *argument)
{
	const egm__steps_range *range = argument;
	range->work(range, worker);
}

/* After the first step each portion has work for every thread. */
egm_status egm__steps_run(egm__steps *s, int64_t n, int32_t workers,
                          void (*work)(const egm__steps_range *range, int32_t worker), const void *argument)
{
	egm_status st = EGM_OK;
	for (int64_t first = 0; first < n && st == EGM_OK;) {
		int64_t portion = egm__progress_portion(&s->progress);
		if (portion < workers && s->done > 0) portion = workers;
		egm__steps_range range = {work, argument, first, first + egm__least(n - first, portion)};
		egm__parallel(s->context, workers, run_worker, &range);
		s->done += range.last - first;
		first = range.last;
		st = ask(s);
	}
	return st;
}
