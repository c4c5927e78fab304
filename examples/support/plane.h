/* SPDX-License-Identifier: MIT */
/* An energy in the plane, on the grid that pictures show: side x side cells of [-extent, extent]^2, row 0 the lowest
 * y. */
#ifndef PLANE_H
#define PLANE_H

#include <egm.h>

/* The centers of the cells: xy [side * side, 2], freed by the caller. */
float *plane_centres(double extent, int side);
/* The energy there: [side * side], freed by the caller. */
double *plane_energies(const egm_model *energy, double extent, int side);
/* The logarithm of the sum of exp(-U) times the area of a cell. */
double plane_log_z(const egm_model *energy, double extent, int side);

/* Two samples [count, 2] side by side, each on the energy as colours. 0, or -1 with the reason on stderr. */
typedef struct plane_panel {
	const char *title;
	const float *xy;
} plane_panel;
int plane_draw(const char *path, const egm_model *energy, double extent, const plane_panel panels[2], int64_t count);

#endif
