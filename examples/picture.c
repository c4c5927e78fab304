/* SPDX-License-Identifier: MIT */
/* Every kind of picture is a frame (picture_frame.h) and what lies in it. */
#include "picture.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture_frame.h"

enum { PICTURE_WIDTH = 900, CHART_HEIGHT = 300, FIELD_SIDE = 690, LEFT = 84, TOP = 46, BOTTOM = 56, RIGHT = 24 };

static const double curve_colours[][3] = {
    {0.12, 0.40, 0.70}, {0.84, 0.33, 0.10}, {0.17, 0.55, 0.27}, {0.55, 0.30, 0.65}, {0.45, 0.45, 0.45}};
enum { CURVE_COLOURS = sizeof curve_colours / sizeof curve_colours[0] };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The quantiles `a` and `b` of the finite ones among the values of some sets. */
static int quantiles(const picture_values *sets, size_t count, double a, double b, double *low, double *high)
{
	size_t total = 0, finite = 0;
	for (size_t i = 0; i < count; i++) total += sets[i].count;
	double *sorted = calloc(total ? total : 1, sizeof *sorted);
	if (!sorted) return fprintf(stderr, "picture: no memory for %zu numbers\n", total), -1;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sets[i].count; j++)
			if (isfinite(sets[i].values[j])) sorted[finite++] = sets[i].values[j];
	qsort(sorted, finite, sizeof *sorted, compare);
	*low = finite ? sorted[(size_t)(a * (double)(finite - 1))] : 0;
	*high = finite ? sorted[(size_t)(b * (double)(finite - 1))] : 1;
	free(sorted);
	return 0;
}

/* ---- bins of a histogram */

enum { BINS = 80 };

/* Returns the highest bin. Values outside the frame count into the area and are not drawn. */
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

/* With bars the x axis shows what holds nearly all of them, the y axis everything from 0. */
static int bar_ranges(const picture_chart *chart, frame *f, double bins[BINS])
{
	if (quantiles(chart->bars, 1, 0.001, 0.999, &f->x0, &f->x1) != 0) return -1;
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
	if (quantiles(ys, count, 0.005, 0.995, &f->y0, &f->y1) != 0) return -1;
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
	frame f = {
	    .left = LEFT, .top = top + TOP, .width = PICTURE_WIDTH - LEFT - RIGHT, .height = CHART_HEIGHT - TOP - BOTTOM};
	double right = f.left + f.width, bins[BINS];
	size_t sets = chart->count + (chart->bars != NULL);
	if ((chart->bars ? bar_ranges(chart, &f, bins) : chart_ranges(chart, &f)) != 0) return -1;
	frame_axes(cr, &f, chart->title, chart->x_label, chart->y_label);
	if (chart->bars) draw_bins(cr, &f, bins, curve_colours[chart->count % CURVE_COLOURS]);
	/* The first curve lies on top. */
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
	enum { HEIGHT = 480 };
	double bins[2][BINS], right = PICTURE_WIDTH - RIGHT;
	frame f = {.left = LEFT, .top = TOP, .width = PICTURE_WIDTH - LEFT - RIGHT, .height = HEIGHT - TOP - BOTTOM};
	if (quantiles(sets, 2, 0.001, 0.999, &f.x0, &f.x1) != 0) return -1;
	frame_widen(&f.x0, &f.x1, 0.05);
	f.y1 = 1.08 * fmax(count_bins(&sets[0], &f, bins[0]), count_bins(&sets[1], &f, bins[1]));
	if (!(f.y1 > 0)) f.y1 = 1;

	cairo_t *cr = frame_open(PICTURE_WIDTH, HEIGHT);
	frame_axes(cr, &f, title, x_label, "density");
	for (int i = 0; i < 2; i++) draw_bins(cr, &f, bins[i], curve_colours[i]);
	for (int i = 1; i >= 0; i--) right = frame_legend(cr, &f, right, curve_colours[i], sets[i].label);
	frame_border(cr, &f);
	return frame_close(cr, path);
}

/* ---- field and points */

/* viridis (van der Walt and Smith, matplotlib, CC0) at eleven equal steps: lightness grows evenly, so that equal steps
 * of the value look equal, in grey as well. */
static uint32_t viridis(double t)
{
	static const unsigned char table[11][3] = {{68, 1, 84},    {72, 36, 117},  {65, 68, 135},  {53, 95, 141},
	                                           {42, 120, 142}, {33, 145, 140}, {34, 168, 132}, {68, 191, 112},
	                                           {122, 209, 81}, {189, 223, 38}, {253, 231, 37}};
	double position = 10 * fmin(fmax(t, 0), 1);
	int i = position < 10 ? (int)position : 9;
	uint32_t colour = 0;
	for (int c = 0; c < 3; c++)
		colour = colour << 8 | (uint32_t)lround(table[i][c] + (position - i) * (table[i + 1][c] - table[i][c]));
	return colour;
}

/* Paints an image of `columns` x `rows` pixels, given as colours from the top left, over a rectangle. */
static int paint_pixels(cairo_t *cr, const frame *f, const uint32_t *colours, int columns, int rows, int smooth)
{
	cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows);
	cairo_status_t status = cairo_surface_status(image);
	if (status == CAIRO_STATUS_SUCCESS) {
		size_t stride = (size_t)cairo_image_surface_get_stride(image) / sizeof(uint32_t);
		uint32_t *pixels = (uint32_t *)(void *)cairo_image_surface_get_data(image);
		for (int y = 0; y < rows; y++)
			for (int x = 0; x < columns; x++)
				pixels[(size_t)y * stride + (size_t)x] = colours[(size_t)y * (size_t)columns + (size_t)x];
		cairo_surface_mark_dirty(image);
		cairo_save(cr);
		cairo_rectangle(cr, f->left, f->top, f->width, f->height);
		cairo_translate(cr, f->left, f->top);
		cairo_scale(cr, f->width / columns, f->height / rows);
		cairo_set_source_surface(cr, image, 0, 0);
		cairo_pattern_set_filter(cairo_get_source(cr), smooth ? CAIRO_FILTER_BILINEAR : CAIRO_FILTER_NEAREST);
		cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
		cairo_fill(cr);
		cairo_restore(cr);
	}
	cairo_surface_destroy(image);
	if (status != CAIRO_STATUS_SUCCESS) fprintf(stderr, "picture: %s\n", cairo_status_to_string(status));
	return status == CAIRO_STATUS_SUCCESS ? 0 : -1;
}

static int draw_field(cairo_t *cr, const frame *f, const picture_field *field, double low, double high)
{
	size_t side = field->side;
	uint32_t *colours = calloc(side * side, sizeof *colours);
	if (!colours) return fprintf(stderr, "picture: no memory for a field of %zu x %zu\n", side, side), -1;
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			colours[(side - 1 - y) * side + x] = viridis((high - field->values[y * side + x]) / (high - low));
	int result = paint_pixels(cr, f, colours, (int)side, (int)side, 1);
	free(colours);
	return result;
}

static int draw_colour_bar(cairo_t *cr, const frame *f, const char *label, double low, double high)
{
	uint32_t colours[256];
	frame bar = {f->left + f->width + 18, f->top, 20, f->height, 0, 1, low, high};
	for (int i = 0; i < 256; i++) colours[i] = viridis(i / 255.0);
	if (paint_pixels(cr, &bar, colours, 1, 256, 1) != 0) return -1;
	frame_border(cr, &bar);
	double step = frame_tick_step(high - low, 10), right = bar.left + bar.width;
	char line[32];
	cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
	for (double k = ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
		double y = floor(frame_y(&bar, k * step)) + 0.5;
		cairo_move_to(cr, right, y);
		cairo_line_to(cr, right + 4, y);
		cairo_stroke(cr);
		frame_tick_text(line, k * step, step);
		frame_text(cr, right + 7, y, 0, 0.5, 13, line);
	}
	frame_text(cr, right + 52, f->top - 10, 1, 1, 13, label);
	return 0;
}

static void draw_points(cairo_t *cr, const frame *f, const picture_points *set)
{
	cairo_save(cr);
	cairo_rectangle(cr, f->left, f->top, f->width, f->height);
	cairo_clip(cr);
	cairo_set_source_rgba(cr, set->colour[0], set->colour[1], set->colour[2], 0.8);
	for (size_t i = 0; i < set->count; i++) {
		cairo_arc(cr, frame_x(f, set->xy[2 * i]), frame_y(f, set->xy[2 * i + 1]), set->radius, 0, 2 * M_PI);
		cairo_fill(cr);
	}
	cairo_restore(cr);
}

/* A field with its points, in the square that starts `left` pixels from the left. */
static int draw_panel(cairo_t *cr, const picture_panel *panel, double left)
{
	const picture_field *field = &panel->field;
	picture_values all = {field->label, field->values, field->side * field->side};
	double low, high, e = field->extent, right = left + LEFT + FIELD_SIDE;
	frame f = {left + LEFT, TOP, FIELD_SIDE, FIELD_SIDE, -e, e, -e, e};
	if (field->side < 2 || field->side > 4096) return fprintf(stderr, "picture: side %zu\n", field->side), -1;
	if (quantiles(&all, 1, 0, 0.95, &low, &high) != 0) return -1;
	frame_widen(&low, &high, 0);
	frame_axes(cr, &f, field->title, "x", "y");
	if (draw_field(cr, &f, field, low, high) != 0) return -1;
	if (draw_colour_bar(cr, &f, field->label, low, high) != 0) return -1;
	for (size_t i = 0; i < panel->count; i++) draw_points(cr, &f, &panel->sets[i]);
	for (size_t i = panel->count; i-- > 0;)
		right = frame_legend(cr, &f, right, panel->sets[i].colour, panel->sets[i].label);
	frame_border(cr, &f);
	return 0;
}

int picture_densities(const char *path, const picture_panel *panels, size_t count)
{
	cairo_t *cr = frame_open(PICTURE_WIDTH * (int)count, TOP + FIELD_SIDE + BOTTOM);
	for (size_t i = 0; i < count; i++)
		if (draw_panel(cr, &panels[i], PICTURE_WIDTH * (double)i) != 0) return cairo_destroy(cr), -1;
	return frame_close(cr, path);
}

int picture_density(const char *path, const picture_field *field, const picture_points *sets, size_t count)
{
	return picture_densities(path, &(picture_panel){*field, sets, count}, 1);
}

/* ---- images */

/* 0xRRGGBB of a pixel with 1 or 3 values in [-1, 1]. */
static uint32_t pixel_colour(const float *values, size_t channels)
{
	uint32_t colour = 0;
	for (size_t c = 0; c < 3; c++) {
		float bright = 127.5f * (values[channels == 3 ? c : 0] + 1);
		colour = colour << 8 | (bright >= 255 ? 255 : bright > 0 ? (uint32_t)(bright + 0.5f) : 0);
	}
	return colour;
}

int picture_images(const char *path, const float *pixels, size_t rows, size_t columns, size_t height, size_t width,
                   size_t channels)
{
	enum { GAP = 2, LARGEST = 16384 };
	if (rows - 1 >= 1024 || columns - 1 >= 1024 || height - 1 >= 4096 || width - 1 >= 4096)
		return fprintf(stderr, "%s: cannot draw %zu x %zu images of %zu x %zu\n", path, rows, columns, height, width),
		       -1;
	size_t gaps = (columns + 1) * GAP, zoom = gaps < PICTURE_WIDTH ? (PICTURE_WIDTH - gaps) / (columns * width) : 1;
	if (zoom < 1) zoom = 1;
	size_t cell_x = width * zoom + GAP, cell_y = height * zoom + GAP;
	uint32_t *colours = calloc(height * width, sizeof *colours);
	if (!colours || columns * cell_x > LARGEST || rows * cell_y > LARGEST)
		return free(colours), fprintf(stderr, "%s: sheet too large\n", path), -1;

	cairo_t *cr = frame_open((int)(columns * cell_x + GAP), (int)(rows * cell_y + GAP));
	cairo_set_source_rgb(cr, 0.3, 0.3, 0.3);
	cairo_paint(cr);
	int result = 0;
	for (size_t i = 0; i < rows * columns && result == 0; i++) {
		frame f = {.left = (double)(GAP + i % columns * cell_x),
		           .top = (double)(GAP + i / columns * cell_y),
		           .width = (double)(width * zoom),
		           .height = (double)(height * zoom)};
		for (size_t j = 0; j < height * width; j++)
			colours[j] = pixel_colour(pixels + (i * height * width + j) * channels, channels);
		result = paint_pixels(cr, &f, colours, (int)width, (int)height, 0);
	}
	free(colours);
	if (result == 0) return frame_close(cr, path);
	cairo_destroy(cr);
	return -1;
}
