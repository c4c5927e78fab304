/* SPDX-License-Identifier: MIT */
/* An energy in the plane on a grid of side x side cells of [-extent, extent]^2; row 0 has the lowest y. */
#ifndef PLANE_H
#define PLANE_H

#include <egm.h>

/* Returns the centers of the cells, [side * side, 2]; the caller frees them. */
float *plane_centres(double extent, int side);
/* Returns the energies at the centers, [side * side]; the caller frees them. */
double *plane_energies(const egm_model *energy, double extent, int side);
/* Returns the logarithm of the sum over cells of exp(-U) times the area of a cell. */
double plane_log_z(const egm_model *energy, double extent, int side);

/* Draws two samples [count, 2] side by side, each on the energy as colours. Returns 0, or -1 with the reason on
 * stderr. */
typedef struct plane_panel {
	const char *title;
	const float *xy;
} plane_panel;
int plane_draw(const char *path, const egm_model *energy, double extent, const plane_panel panels[2], int64_t count);

#endif
