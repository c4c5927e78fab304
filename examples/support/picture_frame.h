/* SPDX-License-Identifier: MIT */
/* What all pictures share: a canvas, text, and a frame that maps data to pixels. */
#ifndef PICTURE_FRAME_H
#define PICTURE_FRAME_H

#include <cairo.h>
#include <stdint.h>

#include "picture.h"

enum { PICTURE_WIDTH = 900, FRAME_LEFT = 84, FRAME_TOP = 46, FRAME_BOTTOM = 56, FRAME_RIGHT = 24 };

/* The rectangle of the plot in pixels, and the data values at its edges. */
typedef struct frame {
	double left, top, width, height;
	double x0, x1, y0, y1;
} frame;

/* Creates a white canvas. frame_close reports its errors. */
cairo_t *frame_open(int width, int height);
/* Writes the PNG and frees the canvas. Returns 0, or -1 with the reason on stderr. */
int frame_close(cairo_t *cr, const char *path);

/* Widens a range of width 0, so that it can be mapped to pixels, and adds `margin` of its width on both sides. */
void frame_widen(double *low, double *high, double margin);
double frame_x(const frame *f, double x);
double frame_y(const frame *f, double y);

/* Draws text; `align` is the reference point in its box: 0 left or top, 0.5 middle, 1 right or bottom. */
void frame_text(cairo_t *cr, double x, double y, double align_x, double align_y, double size, const char *line);
/* Returns the step, 1, 2 or 5 times a power of ten, that divides `range` into about `parts` parts. */
double frame_tick_step(double range, double parts);
/* Writes the number of a tick with as many decimals as `step` needs. */
void frame_tick_text(char line[32], double value, double step);

void frame_axes(cairo_t *cr, const frame *f, const char *title, const char *x_label, const char *y_label);
/* Draws the frame itself; called last, after its contents. */
void frame_border(cairo_t *cr, const frame *f);
/* Draws a legend entry that ends at `right`, on the line of the title. Returns where the entry to its left ends. */
double frame_legend(cairo_t *cr, const frame *f, double right, const double colour[3], const char *label);

/* Computes the quantiles `a` and `b` of the finite values of some sets. Returns 0, or -1 without memory. */
int frame_quantiles(const picture_values *sets, size_t count, double a, double b, double *low, double *high);
/* Draws an image of columns x rows pixels, given as colours from the top left, into the rectangle. Returns 0 or -1. */
int frame_paint(cairo_t *cr, const frame *f, const uint32_t *colours, int columns, int rows, int smooth);

#endif
