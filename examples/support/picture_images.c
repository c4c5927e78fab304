/* SPDX-License-Identifier: MIT */
/* Small images on a sheet. */
#include "picture.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture_frame.h"

/* Returns 0xRRGGBB of a pixel with 1 or 3 values in [-1, 1]. */
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
		result = frame_paint(cr, &f, colours, (int)width, (int)height, 0);
	}
	free(colours);
	if (result == 0) return frame_close(cr, path);
	cairo_destroy(cr);
	return -1;
}
