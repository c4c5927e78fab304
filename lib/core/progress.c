/* SPDX-License-Identifier: MIT */
/* When progress callbacks are called, and the description of what they get. */
#include "core/cpu_impl.h"
#include "core/options_impl.h"
#include "core/progress_impl.h"

/* A callback takes some microseconds in C and in Python, and a person who stops a call does not notice 40 ms. */
enum { SHORT_NS = 10000000, LONG_NS = 40000000 };

static const egm_progress nothing = {.struct_size = sizeof nothing};
static const egm__option progress_members[] = {
    EGM__RESULT(egm_progress, step, "Steps since the handle was created."),
    EGM__RESULT(egm_progress, done, "Steps done in this call."),
    EGM__RESULT(egm_progress, total, "Steps that this call will do, at most."),
    EGM__RESULT(egm_progress, term_count, "Number of terms; 0 if the call has none."),
    EGM__RESULT(egm_progress, term_names, "[term_count] names of the terms."),
    EGM__RESULT(egm_progress, terms, "[term_count] values of the terms at their last evaluation."),
    EGM__RESULT(egm_progress, learning_rate, "Learning rate of the step; 0 if there is none."),
};
EGM__OPTIONS(egm__options_progress, egm_progress, nothing, progress_members);

void egm__progress_start(egm__progress *p, egm_progress_fn callback, void *user)
{
	*p = (egm__progress){.callback = callback, .user = user, .portion = 1};
	if (callback) p->called_ns = egm__cpu_clock_ns();
}

int64_t egm__progress_portion(const egm__progress *p)
{
	return p->callback ? p->portion : INT64_MAX;
}

int egm__progress_due(egm__progress *p)
{
	return p->callback && ++p->steps >= p->portion;
}

int egm__progress_ask(egm__progress *p, int64_t done, int64_t total)
{
	egm_progress report = {.struct_size = sizeof report, .step = done, .done = done, .total = total};
	if (!p->callback) return 0;
	int64_t spent = egm__cpu_clock_ns() - p->called_ns;
	if (spent < SHORT_NS && p->portion <= INT64_MAX / 2) p->portion *= 2;
	if (spent > LONG_NS && p->portion > 1) p->portion /= 2;
	int stop = p->callback(&report, p->user);
	p->steps = 0;
	p->called_ns = egm__cpu_clock_ns();
	return stop;
}
