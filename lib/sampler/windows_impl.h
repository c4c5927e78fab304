/* SPDX-License-Identifier: MIT */
/* When a warm-up estimates scales: Stan's schedule, and ours where it has too little time. */
#ifndef EGM_SAMPLER_WINDOWS_IMPL_H
#define EGM_SAMPLER_WINDOWS_IMPL_H

#include <stdint.h>

/* Transitions are counted from 0. Those of first .. end-1 feed the scales, in windows that follow each other; `last` is
 * the last of the window under way, `size` how many it was planned with. first == end: no scales. */
typedef struct egm__windows {
	int64_t first, end, last, size;
} egm__windows;

/* 75 transitions before, 50 behind, windows of 25 that double between them, the last stretched to the end: Stan's.
 * Below 150 transitions one window, with 15 % before and half of all, 50 at most, behind it; below 50 none. Stan leaves
 * 10 % behind, too few for a step to settle. */
void egm__windows_start(egm__windows *w, int64_t steps);
/* The window that closed with transition w->last gives way to the next. */
void egm__windows_next(egm__windows *w);

#endif
