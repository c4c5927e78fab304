/* SPDX-License-Identifier: MIT */
/* The distance of ticks is 1, 2 or 5 times a power of ten. Lines are at half pixels, where cairo draws them sharp. */
#include "picture_frame.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

cairo_t *frame_open(int width, int height)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	cairo_t *cr = cairo_create(surface);
	cairo_surface_destroy(surface);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	return cr;
}

/* cairo keeps the first error in the context, so one check at the end is enough. */
int frame_close(cairo_t *cr, const char *path)
{
	cairo_status_t status = cairo_status(cr);
	if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(cairo_get_target(cr), path);
	if (status != CAIRO_STATUS_SUCCESS) fprintf(stderr, "%s: %s\n", path, cairo_status_to_string(status));
	cairo_destroy(cr);
	return status == CAIRO_STATUS_SUCCESS ? 0 : -1;
}

void frame_text(cairo_t *cr, double x, double y, double align_x, double align_y, double size, const char *line)
{
	cairo_text_extents_t box;
	cairo_font_extents_t font;
	cairo_set_font_size(cr, size);
	cairo_text_extents(cr, line, &box);
	cairo_font_extents(cr, &font);
	cairo_move_to(cr, x - align_x * box.x_advance, y + (1 - align_y) * font.ascent - align_y * font.descent);
	cairo_show_text(cr, line);
}

double frame_x(const frame *f, double x)
{
	return f->left + f->width * (x - f->x0) / (f->x1 - f->x0);
}

double frame_y(const frame *f, double y)
{
	return f->top + f->height * (f->y1 - y) / (f->y1 - f->y0);
}

double frame_tick_step(double range, double parts)
{
	double raw = range / parts, power = pow(10, floor(log10(raw))), lead = raw / power;
	return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

void frame_tick_text(char line[32], double value, double step)
{
	const char *unit = step >= 1e6 ? "M" : step >= 1e3 ? "k" : "";
	double scale = step >= 1e6 ? 1e6 : step >= 1e3 ? 1e3 : 1;
	int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
	if (fabs(value) < step / 2) value = 0, unit = "";
	if (decimals > 6)
		snprintf(line, 32, "%.3g", value);
	else
		snprintf(line, 32, "%.*f%s", decimals, value / scale, unit);
}

void frame_widen(double *low, double *high, double margin)
{
	if (!(*low <= *high)) *low = 0, *high = 1;
	double pad = margin * (*high - *low);
	double least = 1e-9 * fmax(fabs(*low), fabs(*high)) + DBL_MIN * 1e9;
	if (*high - *low <= least) pad = fmax(least, 0.5 * fmax(fabs(*low), 1e-3));
	*low -= pad;
	*high += pad;
}

static void x_ticks(cairo_t *cr, const frame *f)
{
	double step = frame_tick_step(f->x1 - f->x0, f->width / 80), bottom = f->top + f->height;
	char line[32];
	for (double k = ceil(f->x0 / step - 1e-9); k * step <= f->x1 + 1e-9 * step; k++) {
		double x = floor(frame_x(f, k * step)) + 0.5;
		cairo_set_source_rgb(cr, 0.9, 0.9, 0.9);
		cairo_move_to(cr, x, f->top);
		cairo_line_to(cr, x, bottom);
		cairo_stroke(cr);
		cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
		frame_tick_text(line, k * step, step);
		frame_text(cr, x, bottom + 5, 0.5, 0, 13, line);
	}
}

static void y_ticks(cairo_t *cr, const frame *f)
{
	double step = frame_tick_step(f->y1 - f->y0, fmax(f->height / (f->height > f->width / 2 ? 80 : 50), 2));
	char line[32];
	for (double k = ceil(f->y0 / step - 1e-9); k * step <= f->y1 + 1e-9 * step; k++) {
		double y = floor(frame_y(f, k * step)) + 0.5;
		cairo_set_source_rgb(cr, 0.9, 0.9, 0.9);
		cairo_move_to(cr, f->left, y);
		cairo_line_to(cr, f->left + f->width, y);
		cairo_stroke(cr);
		cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
		frame_tick_text(line, k * step, step);
		frame_text(cr, f->left - 7, y, 1, 0.5, 13, line);
	}
}

void frame_axes(cairo_t *cr, const frame *f, const char *title, const char *x_label, const char *y_label)
{
	cairo_set_line_width(cr, 1);
	x_ticks(cr, f);
	y_ticks(cr, f);
	cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
	frame_text(cr, f->left, f->top - 9, 0, 1, 16, title);
	frame_text(cr, f->left + f->width / 2, f->top + f->height + 24, 0.5, 0, 14, x_label);
	cairo_save(cr);
	cairo_translate(cr, f->left - 70, f->top + f->height / 2);
	cairo_rotate(cr, -M_PI / 2);
	frame_text(cr, 0, 0, 0.5, 0.5, 14, y_label);
	cairo_restore(cr);
}

void frame_border(cairo_t *cr, const frame *f)
{
	cairo_set_line_width(cr, 1);
	cairo_set_source_rgb(cr, 0.35, 0.35, 0.35);
	cairo_rectangle(cr, floor(f->left) + 0.5, floor(f->top) + 0.5, floor(f->width), floor(f->height));
	cairo_stroke(cr);
}

double frame_legend(cairo_t *cr, const frame *f, double right, const double colour[3], const char *label)
{
	cairo_text_extents_t box;
	cairo_set_font_size(cr, 13);
	cairo_text_extents(cr, label, &box);
	cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
	frame_text(cr, right, f->top - 10, 1, 1, 13, label);
	cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
	cairo_rectangle(cr, right - box.x_advance - 20, f->top - 22, 14, 9);
	cairo_fill_preserve(cr);
	cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
	cairo_stroke(cr);
	return right - box.x_advance - 38;
}

/* ---- numbers and pixels */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int frame_quantiles(const picture_values *sets, size_t count, double a, double b, double *low, double *high)
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

int frame_paint(cairo_t *cr, const frame *f, const uint32_t *colours, int columns, int rows, int smooth)
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
