/* SPDX-License-Identifier: MIT */
#include "chains.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"
#include "plane.h"
#include "program.h"

enum { DIMS_MAX = 4, TRACE = 500, CHAINS_DRAWN = 4, CURVE = 400, GRID = 240, POINTS = 2500 };

static const char *const axis_names[DIMS_MAX] = {"x0", "x1", "x2", "x3"};

int chain_traces(const char *path, const chain_draws *d)
{
	size_t length = d->count < TRACE ? d->count : TRACE, chains = d->chains < CHAINS_DRAWN ? d->chains : CHAINS_DRAWN;
	char labels[CHAINS_DRAWN][24], titles[DIMS_MAX][48];
	double *step = program_alloc(length, sizeof *step),
	       *values = program_alloc(length * chains * d->dims, sizeof *values);
	picture_curve curves[DIMS_MAX][CHAINS_DRAWN];
	picture_chart charts[DIMS_MAX];
	for (size_t i = 0; i < length; i++) step[i] = (double)i;
	for (size_t k = 0; k < d->dims; k++) {
		for (size_t c = 0; c < chains; c++) {
			double *own = values + (k * chains + c) * length;
			for (size_t i = 0; i < length; i++) own[i] = d->draws[(i * d->chains + c) * d->dims + k];
			snprintf(labels[c], sizeof labels[c], "chain %zu", c);
			curves[k][c] = (picture_curve){labels[c], step, own, length};
		}
		snprintf(titles[k], sizeof titles[k], "Trace of %s (%s)", axis_names[k], d->name);
		charts[k] = (picture_chart){titles[k], "draw", axis_names[k], curves[k], chains, NULL};
	}
	int result = picture_charts(path, charts, d->dims);
	free(step);
	free(values);
	return result;
}

int chain_marginals(const char *path, const chain_draws *d, double (*density)(int dim, double x, const void *user),
                    const double *range, const void *user)
{
	size_t count = d->count * d->chains;
	char titles[DIMS_MAX][48];
	double *values = program_alloc(count * d->dims, sizeof *values), x[DIMS_MAX][CURVE], y[DIMS_MAX][CURVE];
	picture_values bars[DIMS_MAX];
	picture_curve curves[DIMS_MAX];
	picture_chart charts[DIMS_MAX];
	for (size_t k = 0; k < d->dims; k++) {
		for (size_t i = 0; i < count; i++) values[k * count + i] = d->draws[i * d->dims + k];
		for (int i = 0; i < CURVE; i++) {
			x[k][i] = range[k] * (2.0 * i / (CURVE - 1) - 1);
			y[k][i] = density((int)k, x[k][i], user);
		}
		snprintf(titles[k], sizeof titles[k], "%s: draws and distribution (%s)", axis_names[k], d->name);
		bars[k] = (picture_values){"draws", values + k * count, count};
		curves[k] = (picture_curve){"exact density", x[k], y[k], CURVE};
		charts[k] = (picture_chart){titles[k], axis_names[k], "density", &curves[k], 1, &bars[k]};
	}
	int result = picture_charts(path, charts, d->dims);
	free(values);
	return result;
}

int chain_plane(const char *path, const chain_draws *d, egm_energy_fn energy, double extent, void *user)
{
	enum { CELLS = GRID * GRID };
	size_t all = d->count * d->chains, shown = all < POINTS ? all : POINTS;
	double *u = program_alloc(CELLS, sizeof *u), *xy = program_alloc(CELLS, 4 * sizeof *xy);
	float *centers = plane_centres(extent, GRID), *points = program_alloc(shown, 2 * sizeof *points);
	for (int i = 0; i < 2 * CELLS; i++) xy[i] = (double)centers[i];
	energy(CELLS, xy, u, xy + 2 * CELLS, user);
	for (int i = 0; i < CELLS; i++) u[i] = fmin(u[i], 20); /* larger values would leave few colours for the rest */
	for (size_t i = 0; i < shown * 2; i++) points[i] = (float)d->draws[i / 2 * (all / shown) * 2 + i % 2];
	const picture_points draws = {"draws", points, shown, 1.4, {0.9, 0.1, 0.1}};
	const picture_field field = {"Energy and draws", "energy", u, GRID, extent};
	int result = picture_density(path, &field, &draws, 1);
	free(u);
	free(xy);
	free(centers);
	free(points);
	return result;
}
