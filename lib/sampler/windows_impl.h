/* SPDX-License-Identifier: MIT */
/* Windows: when a warm-up estimates scales. */
#ifndef EGM_SAMPLER_WINDOWS_IMPL_H
#define EGM_SAMPLER_WINDOWS_IMPL_H

#include <stdint.h>

/* Transitions are counted from 0. Windows follow each other from `first` to `end`-1; `last` is the last transition of
 * the current window, `size` its length before it was extended to the end. first == end: scales are not adapted. */
typedef struct egm__windows {
	int64_t first, end, last, size;
} egm__windows;

/* As in Stan: 75 transitions before the windows, 50 after them, and between them windows of 25, 50, 100, ... with the
 * last one extended to the end. Below 150 transitions there is one window, with 15 % of the transitions before it and
 * half of them, at most 50, after it (Stan: 10 %, too few for the step to converge); below 50 there is none. */
void egm__windows_start(egm__windows *w, int64_t steps);
/* The window after the one that ended with transition w->last. */
void egm__windows_next(egm__windows *w);

#endif
