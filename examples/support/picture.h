/* SPDX-License-Identifier: MIT */
/* PNG pictures for the examples: charts, histograms, a field with points on it, a sheet of images. Every function
 * writes one file and returns 0, or prints what failed to stderr and returns -1. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>

/* A line through the points (x[i], y[i]) that are finite. */
typedef struct picture_curve {
	const char *label;
	const double *x, *y;
	size_t count;
} picture_curve;

typedef struct picture_values {
	const char *label;
	const double *values;
	size_t count;
} picture_values;

typedef struct picture_chart {
	const char *title, *x_label, *y_label;
	const picture_curve *curves;
	size_t count;
	const picture_values *bars; /* a histogram of area one behind the curves, or NULL */
} picture_chart;

/* Draws charts, one below the other. The y axis reaches from the 0.5 to the 99.5 percent quantile, so that a few
 * extreme first steps do not flatten the rest; with bars it starts at 0 and shows everything. */
int picture_charts(const char *path, const picture_chart *charts, size_t count);

/* Draws two histograms with the same bins, each of area one. */
int picture_histograms(const char *path, const char *title, const char *x_label, const picture_values sets[2]);

/* Values [side, side] on the square [-extent, extent]^2; row 0 has the lowest y, and low values are bright. Values
 * above the 95 percent quantile have one colour, because the low values matter. */
typedef struct picture_field {
	const char *title, *label;
	const double *values;
	size_t side;
	double extent;
} picture_field;

/* Points (xy[2i], xy[2i+1]) as discs of `radius` pixels, in the colour red, green, blue of [0, 1]. */
typedef struct picture_points {
	const char *label;
	const float *xy;
	size_t count;
	double radius, colour[3];
} picture_points;

int picture_density(const char *path, const picture_field *field, const picture_points *sets, size_t count);

/* Draws fields side by side, each coloured by its own values. */
typedef struct picture_panel {
	picture_field field;
	const picture_points *sets;
	size_t count;
} picture_panel;

int picture_densities(const char *path, const picture_panel *panels, size_t count);

/* Points in the square [-extent, extent]^2, without axes or a field; the first set is drawn first. */
typedef struct picture_scatter {
	const char *title, *note; /* two lines above the square */
	const picture_points *sets;
	size_t count;
} picture_scatter;

/* Draws small panels in rows, all at the same scale. */
int picture_scatters(const char *path, const picture_scatter *panels, size_t count, double extent);

/* Draws one tall chart without bars for many curves with values in [0, 1], with the name of each at its end. */
int picture_race(const char *path, const picture_chart *chart);

/* Draws rows x columns images [height, width, channels] with values in [-1, 1]. 1 channel is grey, from black to white;
 * 3 channels are red, green, blue. */
int picture_images(const char *path, const float *pixels, size_t rows, size_t columns, size_t height, size_t width,
                   size_t channels);

#endif
