/* SPDX-License-Identifier: MIT */
/* Comparisons at one scale: small panels of points in rows, and curves with their names at their ends. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"
#include "picture_frame.h"

/* ---- panels of points */

enum { SIDE = 168, GAP = 10, HEAD = 38, COLUMNS = 6 };

/* Squares instead of discs: at this size they look the same, and the file is smaller. */
static void draw_squares(cairo_t *cr, const frame *f, const picture_points *set)
{
	cairo_save(cr);
	cairo_rectangle(cr, f->left, f->top, f->width, f->height);
	cairo_clip(cr);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
	cairo_set_source_rgb(cr, set->colour[0], set->colour[1], set->colour[2]);
	for (size_t i = 0; i < set->count; i++)
		cairo_rectangle(cr, frame_x(f, set->xy[2 * i]) - set->radius, frame_y(f, set->xy[2 * i + 1]) - set->radius,
		                2 * set->radius, 2 * set->radius);
	cairo_fill(cr);
	cairo_restore(cr);
}

int picture_scatters(const char *path, const picture_scatter *panels, size_t count, double extent)
{
	size_t columns = count < COLUMNS ? count : COLUMNS, rows = (count + columns - 1) / columns;
	cairo_t *cr = frame_open((int)(columns * (SIDE + GAP)) + GAP, (int)(rows * (SIDE + GAP + HEAD)));
	for (size_t i = 0; i < count; i++) {
		frame f = {.left = (double)(GAP + i % columns * (SIDE + GAP)),
		           .top = (double)(HEAD + i / columns * (SIDE + GAP + HEAD)),
		           .width = SIDE,
		           .height = SIDE,
		           .x0 = -extent,
		           .x1 = extent,
		           .y0 = -extent,
		           .y1 = extent};
		for (size_t k = 0; k < panels[i].count; k++) draw_squares(cr, &f, &panels[i].sets[k]);
		cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
		frame_text(cr, f.left, f.top - 18, 0, 1, 13, panels[i].title);
		cairo_set_source_rgb(cr, 0.35, 0.35, 0.35);
		frame_text(cr, f.left, f.top - 4, 0, 1, 11, panels[i].note);
		frame_border(cr, &f);
	}
	return frame_close(cr, path);
}

/* ---- curves named at their ends */

enum { RACE_WIDTH = PICTURE_WIDTH, RACE_HEIGHT = 620, RACE_CURVES = 64, LINE_HEIGHT = 17 };

/* Eight hues that differ in lightness too, in three kinds of line. */
static const double hues[][3] = {{0.12, 0.40, 0.70}, {0.84, 0.33, 0.10}, {0.17, 0.55, 0.27}, {0.55, 0.30, 0.65},
                                 {0.75, 0.60, 0.05}, {0.05, 0.60, 0.65}, {0.85, 0.25, 0.55}, {0.40, 0.40, 0.40}};
enum { HUES = sizeof hues / sizeof hues[0] };

static void set_pen(cairo_t *cr, size_t curve)
{
	static const double dashes[3][2] = {{1, 0}, {6, 3}, {2, 2}};
	const double *hue = hues[curve % HUES];
	cairo_set_source_rgb(cr, hue[0], hue[1], hue[2]);
	cairo_set_line_width(cr, 1.5);
	cairo_set_dash(cr, dashes[curve / HUES % 3], curve < HUES ? 0 : 2, 0);
}

/* The end of a curve, and the place of its name. */
typedef struct runner {
	size_t curve;
	double x, y, label;
} runner;

static int by_height(const void *a, const void *b)
{
	const runner *p = a, *q = b;
	return p->y != q->y ? (p->y > q->y) - (p->y < q->y) : (p->curve > q->curve) - (p->curve < q->curve);
}

/* Places the names: first from the top down, each at the end of its curve or just below the name before it; then from
 * the bottom up, so that no name is outside of the frame. */
static void place_labels(runner *runners, size_t count, const frame *f)
{
	double limit = f->top - LINE_HEIGHT;
	qsort(runners, count, sizeof *runners, by_height);
	for (size_t i = 0; i < count; i++) limit = runners[i].label = fmax(runners[i].y, limit + LINE_HEIGHT);
	limit = f->top + f->height + LINE_HEIGHT;
	for (size_t i = count; i-- > 0;) limit = runners[i].label = fmin(runners[i].label, limit - LINE_HEIGHT);
}

static runner draw_runner(cairo_t *cr, const frame *f, const picture_curve *curve, size_t index)
{
	runner r = {index, f->left, f->top + f->height, 0};
	cairo_new_path(cr);
	for (size_t i = 0; i < curve->count; i++)
		if (isfinite(curve->x[i]) && isfinite(curve->y[i]))
			cairo_line_to(cr, r.x = frame_x(f, curve->x[i]), r.y = frame_y(f, curve->y[i]));
	set_pen(cr, index);
	cairo_stroke(cr);
	return r;
}

static void name_runner(cairo_t *cr, const frame *f, const runner *r, const char *label)
{
	double right = f->left + f->width;
	cairo_set_source_rgb(cr, 0.75, 0.75, 0.75);
	cairo_set_line_width(cr, 0.7);
	cairo_set_dash(cr, NULL, 0, 0);
	cairo_move_to(cr, r->x, r->y);
	cairo_line_to(cr, right, r->y);
	cairo_line_to(cr, right + 14, r->label);
	cairo_stroke(cr);
	set_pen(cr, r->curve);
	cairo_move_to(cr, right + 14, r->label);
	cairo_line_to(cr, right + 34, r->label);
	cairo_stroke(cr);
	cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
	frame_text(cr, right + 38, r->label, 0, 0.5, 12, label);
}

int picture_race(const char *path, const picture_chart *chart)
{
	frame f = {.left = FRAME_LEFT,
	           .top = FRAME_TOP,
	           .width = RACE_WIDTH - FRAME_LEFT - 190,
	           .height = RACE_HEIGHT - FRAME_TOP - FRAME_BOTTOM,
	           .y1 = 1};
	runner runners[RACE_CURVES];
	size_t count = chart->count < RACE_CURVES ? chart->count : RACE_CURVES;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < chart->curves[i].count; j++) f.x1 = fmax(f.x1, chart->curves[i].x[j]);
	frame_widen(&f.x0, &f.x1, 0);
	cairo_t *cr = frame_open(RACE_WIDTH, RACE_HEIGHT);
	frame_axes(cr, &f, chart->title, chart->x_label, chart->y_label);
	for (size_t i = 0; i < count; i++) runners[i] = draw_runner(cr, &f, &chart->curves[i], i);
	place_labels(runners, count, &f);
	for (size_t i = 0; i < count; i++) name_runner(cr, &f, &runners[i], chart->curves[runners[i].curve].label);
	cairo_set_dash(cr, NULL, 0, 0);
	frame_border(cr, &f);
	return frame_close(cr, path);
}
