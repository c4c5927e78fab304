/* SPDX-License-Identifier: MIT */
#include "core/cpu_impl.h"
#include "core/progress_impl.h"

/* A callback takes some microseconds in C and in Python, and a person who stops a call does not feel 40 ms. */
enum { SHORT_NS = 10000000, LONG_NS = 40000000 };

void egm__progress_start(egm__progress *p, egm_progress_fn callback, void *user)
{
	*p = (egm__progress){.callback = callback, .user = user, .portion = 1};
	if (callback) p->asked_ns = egm__cpu_clock_ns();
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
	egm_progress what = {.struct_size = sizeof what, .step = done, .done = done, .total = total};
	if (!p->callback) return 0;
	int64_t spent = egm__cpu_clock_ns() - p->asked_ns;
	if (spent < SHORT_NS && p->portion <= INT64_MAX / 2) p->portion *= 2;
	if (spent > LONG_NS && p->portion > 1) p->portion /= 2;
	int stop = p->callback(&what, p->user);
	p->steps = 0;
	p->asked_ns = egm__cpu_clock_ns();
	return stop;
}
