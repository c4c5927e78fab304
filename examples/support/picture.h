/* SPDX-License-Identifier: MIT */
/* PNG pictures of what the examples compute: charts, histograms, a field with points over it, a sheet of images.
 * Every function writes one file and returns 0, or says on stderr what failed and returns -1. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>

/* A line through (x[i], y[i]); points that are not finite are left out. */
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

/* The charts one below the other. The y axis shows what lies between the 0.5 and the 99.5 percent quantile, so that a
 * few wild first steps do not flatten the rest; with bars it shows all, from 0. */
int picture_charts(const char *path, const picture_chart *charts, size_t count);

/* Two histograms over common bins, each of area one. */
int picture_histograms(const char *path, const char *title, const char *x_label, const picture_values sets[2]);

/* Values on the square [-extent, extent]^2, [side, side], row 0 the lowest y; low is bright. Values above the
 * 95 percent quantile share one colour: what matters is the low part. */
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

/* The same side by side, each field in the colours of its own values. */
typedef struct picture_panel {
	picture_field field;
	const picture_points *sets;
	size_t count;
} picture_panel;

int picture_densities(const char *path, const picture_panel *panels, size_t count);

/* Points alone, in the square [-extent, extent]^2 without axes; the first set lies lowest. */
typedef struct picture_scatter {
	const char *title, *note; /* two lines above the square */
	const picture_points *sets;
	size_t count;
} picture_scatter;

/* Small panels in rows, all at one scale. */
int picture_scatters(const char *path, const picture_scatter *panels, size_t count, double extent);

/* One tall chart for many curves with values in [0, 1], each named at its end. It takes no bars. */
int picture_race(const char *path, const picture_chart *chart);

/* rows x columns images [height, width, channels] with values in [-1, 1]: 1 channel grey, black to white, 3 red, green,
 * blue. */
int picture_images(const char *path, const float *pixels, size_t rows, size_t columns, size_t height, size_t width,
                   size_t channels);

#endif
