/* SPDX-License-Identifier: MIT */
/* cairo draws each shape with anti-aliasing on one 8-bit surface, which is reused. */
#include "drawn_images.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* SplitMix64, as in toy_data.c. */
static double uniform(uint64_t *state, double low, double high)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return low + (high - low) * (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* A path in [-1, 1]^2. */
static void trace_shape(cairo_t *cr, size_t kind)
{
	switch (kind) {
	case 0: /* line */
		cairo_move_to(cr, -1, 0);
		cairo_line_to(cr, 1, 0);
		break;
	case 1: /* ring; the scale makes it an ellipse */
		cairo_arc(cr, 0, 0, 1, 0, 2 * M_PI);
		cairo_close_path(cr);
		break;
	case 2: /* cross */
		cairo_move_to(cr, -1, 0);
		cairo_line_to(cr, 1, 0);
		cairo_move_to(cr, 0, -1);
		cairo_line_to(cr, 0, 1);
		break;
	case 3: /* triangle */
		for (int i = 0; i < 3; i++) cairo_line_to(cr, cos(i * 2 * M_PI / 3), sin(i * 2 * M_PI / 3));
		cairo_close_path(cr);
		break;
	default: /* arc */
		cairo_arc(cr, 0, 0, 1, 0, M_PI);
		break;
	}
}

static void draw_shape(cairo_t *cr, size_t kind, uint64_t *state)
{
	double size = uniform(state, 6, 10);
	cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
	cairo_paint(cr);
	cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
	cairo_save(cr);
	cairo_translate(cr, DRAWN_SIDE / 2.0 + uniform(state, -2, 2), DRAWN_SIDE / 2.0 + uniform(state, -2, 2));
	cairo_rotate(cr, uniform(state, 0, 2 * M_PI));
	cairo_scale(cr, size, size * uniform(state, 0.6, 1));
	trace_shape(cr, kind);
	cairo_restore(cr); /* so that the pen is not scaled */
	cairo_set_line_width(cr, uniform(state, 1.6, 3));
	cairo_stroke(cr);
}

void drawn_images(float *pixels, size_t count, uint64_t seed)
{
	fprintf(stderr, "no --data: drawing %zu images of lines, rings, crosses, triangles and arcs\n", count);
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, DRAWN_SIDE, DRAWN_SIDE);
	cairo_t *cr = cairo_create(surface);
	cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	for (size_t i = 0; i < count && cairo_status(cr) == CAIRO_STATUS_SUCCESS; i++) {
		uint64_t state = (seed << 32) + i;
		draw_shape(cr, i % 5, &state);
		cairo_surface_flush(surface);
		const unsigned char *bytes = cairo_image_surface_get_data(surface);
		size_t stride = (size_t)cairo_image_surface_get_stride(surface);
		for (size_t p = 0; bytes && p < DRAWN_PIXELS; p++)
			pixels[i * DRAWN_PIXELS + p] = (float)bytes[p / DRAWN_SIDE * stride + p % DRAWN_SIDE] / 127.5f - 1;
	}
	cairo_status_t status = cairo_status(cr);
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	if (status == CAIRO_STATUS_SUCCESS) return;
	fprintf(stderr, "drawing images: %s\n", cairo_status_to_string(status));
	exit(EXIT_FAILURE);
}
