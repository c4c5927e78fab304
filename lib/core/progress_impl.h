/* SPDX-License-Identifier: MIT */
/* When a long call asks its progress callback: after portions of work that last about 20 ms, cut by the clock, so that
 * what asking costs does not depend on how short the steps are. The first portion is one step. */
#ifndef EGM_CORE_PROGRESS_IMPL_H
#define EGM_CORE_PROGRESS_IMPL_H

#include <egm/context.h>

typedef struct egm__progress {
	egm_progress_fn callback; /* NULL: nobody asks */
	void *user;
	int64_t portion; /* steps between two questions */
	int64_t steps;   /* since the last one, as egm__progress_due counts them */
	int64_t asked_ns;
} egm__progress;

/* A call begins. */
void egm__progress_start(egm__progress *p, egm_progress_fn callback, void *user);
/* Steps to do before the next question; INT64_MAX without a callback. */
int64_t egm__progress_portion(const egm__progress *p);
/* For calls that do one step at a time: counts one, and says whether it is time to ask. */
int egm__progress_due(egm__progress *p);
/* Asks, and sets the next portion. What the callback returned; 0 without one. */
int egm__progress_ask(egm__progress *p, int64_t done, int64_t total);

#endif
