/* SPDX-License-Identifier: MIT */
/* A function of the plane as colours, with points on it. */
#include "picture.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture_frame.h"

/* viridis (van der Walt and Smith, matplotlib, CC0) at eleven equal steps. Its lightness grows evenly, so that equal
 * differences of the value look equal, also in grey. */
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

enum { FIELD_SIDE = 690 };

static int draw_field(cairo_t *cr, const frame *f, const picture_field *field, double low, double high)
{
	size_t side = field->side;
	uint32_t *colours = calloc(side * side, sizeof *colours);
	if (!colours) return fprintf(stderr, "picture: no memory for a field of %zu x %zu\n", side, side), -1;
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			colours[(side - 1 - y) * side + x] = viridis((high - field->values[y * side + x]) / (high - low));
	int result = frame_paint(cr, f, colours, (int)side, (int)side, 1);
	free(colours);
	return result;
}

static int draw_colour_bar(cairo_t *cr, const frame *f, const char *label, double low, double high)
{
	uint32_t colours[256];
	frame bar = {f->left + f->width + 18, f->top, 20, f->height, 0, 1, low, high};
	for (int i = 0; i < 256; i++) colours[i] = viridis(i / 255.0);
	if (frame_paint(cr, &bar, colours, 1, 256, 1) != 0) return -1;
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
	double low, high, e = field->extent, right = left + FRAME_LEFT + FIELD_SIDE;
	frame f = {left + FRAME_LEFT, FRAME_TOP, FIELD_SIDE, FIELD_SIDE, -e, e, -e, e};
	if (field->side < 2 || field->side > 4096) return fprintf(stderr, "picture: side %zu\n", field->side), -1;
	if (frame_quantiles(&all, 1, 0, 0.95, &low, &high) != 0) return -1;
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
	cairo_t *cr = frame_open(PICTURE_WIDTH * (int)count, FRAME_TOP + FIELD_SIDE + FRAME_BOTTOM);
	for (size_t i = 0; i < count; i++)
		if (draw_panel(cr, &panels[i], PICTURE_WIDTH * (double)i) != 0) return cairo_destroy(cr), -1;
	return frame_close(cr, path);
}

int picture_density(const char *path, const picture_field *field, const picture_points *sets, size_t count)
{
	return picture_densities(path, &(picture_panel){*field, sets, count}, 1);
}
