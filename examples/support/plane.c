/* SPDX-License-Identifier: MIT */
#include "plane.h"

#include <math.h>
#include <stdlib.h>

#include "picture.h"
#include "program.h"

float *plane_centres(double extent, int side)
{
	float *xy = program_alloc((size_t)side * (size_t)side, 2 * sizeof *xy);
	for (int i = 0; i < side * side; i++) {
		xy[2 * i] = (float)(extent * ((2 * (i % side) + 1.0) / side - 1));
		xy[2 * i + 1] = (float)(extent * ((2 * (i / side) + 1.0) / side - 1));
	}
	return xy;
}

double *plane_energies(const egm_model *energy, double extent, int side)
{
	int64_t count = (int64_t)side * side;
	float *xy = plane_centres(extent, side), *u = program_alloc((size_t)count, sizeof *u);
	double *energies = program_alloc((size_t)count, sizeof *energies);
	check(egm_model_energy(energy, egm_f32(xy, count, 2), egm_f32_out(u, count, 1)));
	for (int64_t i = 0; i < count; i++) energies[i] = u[i];
	free(xy);
	free(u);
	return energies;
}

double plane_log_z(const egm_model *energy, double extent, int side)
{
	double *u = plane_energies(energy, extent, side), least = INFINITY, sum = 0;
	for (int i = 0; i < side * side; i++) least = fmin(least, u[i]);
	for (int i = 0; i < side * side; i++) sum += exp(least - u[i]);
	free(u);
	return log(sum) - least + 2 * log(2 * extent / side);
}

int plane_draw(const char *path, const egm_model *energy, double extent, const plane_panel panels[2], int64_t count)
{
	enum { GRID = 240, DRAWN = 2500 };
	double *u = plane_energies(energy, extent, GRID);
	picture_points sets[2];
	picture_panel pictures[2];
	for (int k = 0; k < 2; k++) {
		sets[k] =
		    (picture_points){"samples", panels[k].xy, count < DRAWN ? (size_t)count : DRAWN, 1.3, {0.9, 0.1, 0.1}};
		pictures[k] = (picture_panel){{panels[k].title, "energy", u, GRID, extent}, &sets[k], 1};
	}
	int result = picture_densities(path, pictures, 2);
	free(u);
	return result;
}
