/* SPDX-License-Identifier: MIT */
/* What a long training has cost and reached, as a file that a stopped program goes on with. */
#ifndef MODE_CURVE_H
#define MODE_CURVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct mode_point {
	int64_t step;
	double cpu_seconds; /* of the training so far, all threads */
	int64_t modes;      /* -1: this checkpoint was not judged */
	double kl;
} mode_point;

typedef struct mode_curve {
	mode_point *points;
	size_t count, room;
} mode_curve;

/* Reads the points up to `last_step` of a CSV file that mode_curve_save wrote, or ends the program. */
void mode_curve_load(mode_curve *curve, const char *path, int64_t last_step);
void mode_curve_add(mode_curve *curve, mode_point point);
/* The last point that was judged, or NULL. */
const mode_point *mode_curve_judged(const mode_curve *curve);
/* step,cpu_seconds,modes,kl with the last two empty where nothing was judged; replaced as a whole, or the program
 * ends. */
void mode_curve_save(const mode_curve *curve, const char *path);
/* Modes and KL over CPU seconds; nothing without a judged point. 0 or -1. */
int mode_curve_draw(const mode_curve *curve, const char *path);
void mode_curve_free(mode_curve *curve);

#endif
