/* SPDX-License-Identifier: MIT */
/* Cost and results of a long training, in a file with which a stopped run continues. */
#ifndef MODE_CURVE_H
#define MODE_CURVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct mode_point {
	int64_t step;
	double cpu_seconds; /* of the training so far, all threads */
	int64_t modes;      /* -1: the modes of this checkpoint were not counted */
	double kl;
} mode_point;

typedef struct mode_curve {
	mode_point *points;
	size_t count, room;
} mode_curve;

/* Reads the points up to `last_step` of a file of mode_curve_save. Ends the program if that fails. */
void mode_curve_load(mode_curve *curve, const char *path, int64_t last_step);
void mode_curve_add(mode_curve *curve, mode_point point);
/* Returns the last point whose modes were counted, or NULL. */
const mode_point *mode_curve_last_count(const mode_curve *curve);
/* Writes a CSV file with the columns step,cpu_seconds,modes,kl; the last two are empty if modes were not counted. The
 * file is replaced as a whole. Ends the program if that fails. */
void mode_curve_save(const mode_curve *curve, const char *path);
/* Draws modes and KL over CPU seconds, if modes were counted at all. Returns 0 or -1. */
int mode_curve_draw(const mode_curve *curve, const char *path);
void mode_curve_free(mode_curve *curve);

#endif
