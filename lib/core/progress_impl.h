/* SPDX-License-Identifier: MIT */
/* When a long call calls its progress callback: after portions of steps that last about 20 ms by the clock, so that the
 * cost of callbacks does not depend on how short steps are. The first portion is one step. */
#ifndef EGM_CORE_PROGRESS_IMPL_H
#define EGM_CORE_PROGRESS_IMPL_H

#include <egm/context.h>

typedef struct egm__progress {
	egm_progress_fn callback; /* may be NULL */
	void *user;
	int64_t portion; /* steps between two calls */
	int64_t steps;   /* since the last call, counted by egm__progress_due */
	int64_t called_ns;
} egm__progress;

void egm__progress_start(egm__progress *p, egm_progress_fn callback, void *user);
/* Steps to do before the next egm__progress_ask; INT64_MAX without a callback. */
int64_t egm__progress_portion(const egm__progress *p);
/* For callers that do one step at a time: counts a step and returns whether egm__progress_ask is due. */
int egm__progress_due(egm__progress *p);
/* Calls the callback and sets the next portion. Returns what the callback returns, 0 without one. */
int egm__progress_ask(egm__progress *p, int64_t done, int64_t total);

#endif
