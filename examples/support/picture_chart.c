/* SPDX-License-Identifier: MIT */
/* Curves and histograms in frames (picture_frame.h). */
#include "picture.h"

#include <math.h>

#include "picture_frame.h"

enum { CHART_HEIGHT = 300, HISTOGRAM_HEIGHT = 480, BINS = 80 };

static const double curve_colours[][3] = {
    {0.12, 0.40, 0.70}, {0.84, 0.33, 0.10}, {0.17, 0.55, 0.27}, {0.55, 0.30, 0.65}, {0.45, 0.45, 0.45}};
enum { CURVE_COLOURS = sizeof curve_colours / sizeof curve_colours[0] };

/* ---- bins of a histogram */

/* Returns the highest bin. Values outside of the frame count in the area but are not drawn. */
static double count_bins(const picture_values *set, const frame *f, double bins[BINS])
{
	double highest = 0, weight = BINS / ((f->x1 - f->x0) * (double)(set->count ? set->count : 1));
	for (int i = 0; i < BINS; i++) bins[i] = 0;
	for (size_t i = 0; i < set->count; i++) {
		double position = BINS * (set->values[i] - f->x0) / (f->x1 - f->x0);
		if (position >= 0 && position < BINS) bins[(int)position] += weight;
	}
	for (int i = 0; i < BINS; i++) highest = fmax(highest, bins[i]);
	return highest;
}

static void draw_bins(cairo_t *cr, const frame *f, const double bins[BINS], const double colour[3])
{
	double step = f->width / BINS;
	cairo_move_to(cr, f->left, frame_y(f, 0));
	for (int i = 0; i < BINS; i++) {
		cairo_line_to(cr, f->left + step * i, frame_y(f, bins[i]));
		cairo_line_to(cr, f->left + step * (i + 1), frame_y(f, bins[i]));
	}
	cairo_line_to(cr, f->left + f->width, frame_y(f, 0));
	cairo_set_source_rgba(cr, colour[0], colour[1], colour[2], 0.35);
	cairo_fill_preserve(cr);
	cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
	cairo_set_line_width(cr, 1.4);
	cairo_stroke(cr);
}

/* ---- charts */

/* With bars, the x axis covers nearly all values, and the y axis starts at 0 and covers everything. */
static int bar_ranges(const picture_chart *chart, frame *f, double bins[BINS])
{
	if (frame_quantiles(chart->bars, 1, 0.001, 0.999, &f->x0, &f->x1) != 0) return -1;
	frame_widen(&f->x0, &f->x1, 0.05);
	f->y1 = count_bins(chart->bars, f, bins);
	for (size_t i = 0; i < chart->count; i++)
		for (size_t j = 0; j < chart->curves[i].count; j++) f->y1 = fmax(f->y1, chart->curves[i].y[j]);
	f->y1 = f->y1 > 0 ? 1.08 * f->y1 : 1;
	return 0;
}

static int chart_ranges(const picture_chart *chart, frame *f)
{
	picture_values ys[16];
	size_t count = chart->count < 16 ? chart->count : 16;
	f->x0 = INFINITY, f->x1 = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		const picture_curve *curve = &chart->curves[i];
		ys[i] = (picture_values){curve->label, curve->y, curve->count};
		for (size_t j = 0; j < curve->count; j++)
			if (isfinite(curve->x[j])) f->x0 = fmin(f->x0, curve->x[j]), f->x1 = fmax(f->x1, curve->x[j]);
	}
	if (frame_quantiles(ys, count, 0.005, 0.995, &f->y0, &f->y1) != 0) return -1;
	frame_widen(&f->x0, &f->x1, 0);
	frame_widen(&f->y0, &f->y1, 0.08);
	return 0;
}

static void draw_curve(cairo_t *cr, const frame *f, const picture_curve *curve, const double colour[3])
{
	cairo_save(cr);
	cairo_rectangle(cr, f->left, f->top, f->width, f->height);
	cairo_clip(cr);
	for (size_t i = 0; i < curve->count; i++)
		if (isfinite(curve->x[i]) && isfinite(curve->y[i]))
			cairo_line_to(cr, frame_x(f, curve->x[i]), frame_y(f, curve->y[i]));
	cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
	cairo_set_line_width(cr, 1.4);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_BEVEL);
	cairo_stroke(cr);
	cairo_restore(cr);
}

static int draw_chart(cairo_t *cr, const picture_chart *chart, double top)
{
	frame f = {.left = FRAME_LEFT,
	           .top = top + FRAME_TOP,
	           .width = PICTURE_WIDTH - FRAME_LEFT - FRAME_RIGHT,
	           .height = CHART_HEIGHT - FRAME_TOP - FRAME_BOTTOM};
	double right = f.left + f.width, bins[BINS];
	size_t sets = chart->count + (chart->bars != NULL);
	if ((chart->bars ? bar_ranges(chart, &f, bins) : chart_ranges(chart, &f)) != 0) return -1;
	frame_axes(cr, &f, chart->title, chart->x_label, chart->y_label);
	if (chart->bars) draw_bins(cr, &f, bins, curve_colours[chart->count % CURVE_COLOURS]);
	/* The first curve is drawn last. */
	for (size_t i = chart->count; i-- > 0;) draw_curve(cr, &f, &chart->curves[i], curve_colours[i % CURVE_COLOURS]);
	for (size_t i = sets; sets > 1 && i-- > 0;)
		right = frame_legend(cr, &f, right, curve_colours[i % CURVE_COLOURS],
		                     i < chart->count ? chart->curves[i].label : chart->bars->label);
	frame_border(cr, &f);
	return 0;
}

int picture_charts(const char *path, const picture_chart *charts, size_t count)
{
	cairo_t *cr = frame_open(PICTURE_WIDTH, CHART_HEIGHT * (int)count);
	for (size_t i = 0; i < count; i++)
		if (draw_chart(cr, &charts[i], CHART_HEIGHT * (double)i) != 0) return cairo_destroy(cr), -1;
	return frame_close(cr, path);
}

/* ---- histograms */

int picture_histograms(const char *path, const char *title, const char *x_label, const picture_values sets[2])
{
	double bins[2][BINS], right = PICTURE_WIDTH - FRAME_RIGHT;
	frame f = {.left = FRAME_LEFT,
	           .top = FRAME_TOP,
	           .width = PICTURE_WIDTH - FRAME_LEFT - FRAME_RIGHT,
	           .height = HISTOGRAM_HEIGHT - FRAME_TOP - FRAME_BOTTOM};
	if (frame_quantiles(sets, 2, 0.001, 0.999, &f.x0, &f.x1) != 0) return -1;
	frame_widen(&f.x0, &f.x1, 0.05);
	f.y1 = 1.08 * fmax(count_bins(&sets[0], &f, bins[0]), count_bins(&sets[1], &f, bins[1]));
	if (!(f.y1 > 0)) f.y1 = 1;

	cairo_t *cr = frame_open(PICTURE_WIDTH, HISTOGRAM_HEIGHT);
	frame_axes(cr, &f, title, x_label, "density");
	for (int i = 0; i < 2; i++) draw_bins(cr, &f, bins[i], curve_colours[i]);
	for (int i = 1; i >= 0; i--) right = frame_legend(cr, &f, right, curve_colours[i], sets[i].label);
	frame_border(cr, &f);
	return frame_close(cr, path);
}
