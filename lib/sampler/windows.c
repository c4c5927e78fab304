/* SPDX-License-Identifier: MIT */
/* The windows of a warm-up: Stan's, and other ones if there are too few transitions for these. */
#include <sampler/windows_impl.h>

/* If the next window, which is twice as long, would not fit, this one extends to the end. Stan does this from the
 * second window on: its last window of 151 transitions has a single point, which makes the scales useless. */
static void stretch(egm__windows *w)
{
	if (w->last + 2 * w->size >= w->end) w->last = w->end - 1;
}

void egm__windows_start(egm__windows *w, int64_t steps)
{
	enum { BEFORE = 75, BASE = 25, BEHIND = 50, LEAST = 50 };
	*w = (egm__windows){0};
	if (steps < LEAST) return;
	int usual = steps >= BEFORE + BASE + BEHIND;
	w->first = usual ? BEFORE : (int64_t)(0.15 * (double)steps);
	w->end = steps - (steps / 2 < BEHIND ? steps / 2 : BEHIND);
	w->size = usual ? BASE : w->end - w->first;
	w->last = w->first + w->size - 1;
	stretch(w);
}

void egm__windows_next(egm__windows *w)
{
	w->size *= 2;
	w->last += w->size;
	stretch(w);
}
