/* SPDX-License-Identifier: MIT */
/* When a warm-up estimates scales. */
#include <sampler/windows_impl.h>

/* A window behind which the next, twice as long, would not fit takes what is left. Stan asks this from the second
 * window on, and gives 151 transitions a last window of one point, which destroys the metric. */
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
