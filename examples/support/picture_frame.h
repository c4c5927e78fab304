/* SPDX-License-Identifier: MIT */
/* The part of the drawing that all pictures share: a canvas, text, and a frame that maps data to pixels. */
#ifndef PICTURE_FRAME_H
#define PICTURE_FRAME_H

#include <cairo.h>
#include <stdint.h>

#include "picture.h"

enum { PICTURE_WIDTH = 900, FRAME_LEFT = 84, FRAME_TOP = 46, FRAME_BOTTOM = 56, FRAME_RIGHT = 24 };

/* The plot's rectangle in pixels, and the data that its edges stand for. */
typedef struct frame {
	double left, top, width, height;
	double x0, x1, y0, y1;
} frame;

/* A white canvas. Errors stay in the canvas until frame_close. */
cairo_t *frame_open(int width, int height);
/* Writes the PNG and frees the canvas; 0, or -1 with the reason on stderr. */
int frame_close(cairo_t *cr, const char *path);

/* Gives a range a width, so that the map to pixels exists, and `margin` of its width on either side. */
void frame_widen(double *low, double *high, double margin);
double frame_x(const frame *f, double x);
double frame_y(const frame *f, double y);

/* Text with its reference point at `align` (0 left or top, 0.5 middle, 1 right or bottom) of its box. */
void frame_text(cairo_t *cr, double x, double y, double align_x, double align_y, double size, const char *line);
/* The step 1, 2 or 5 times a power of ten that cuts `range` into about `parts`. */
double frame_tick_step(double range, double parts);
/* A tick's number with the decimals that `step` needs. */
void frame_tick_text(char line[32], double value, double step);

void frame_axes(cairo_t *cr, const frame *f, const char *title, const char *x_label, const char *y_label);
/* Drawn last, over what lies in the frame. */
void frame_border(cairo_t *cr, const frame *f);
/* A legend entry that ends at `right`, on the line of the title; returns where the one to its left ends. */
double frame_legend(cairo_t *cr, const frame *f, double right, const double colour[3], const char *label);

/* The quantiles `a` and `b` of the finite ones among the values of some sets; 0, or -1 without memory. */
int frame_quantiles(const picture_values *sets, size_t count, double a, double b, double *low, double *high);
/* Paints an image of columns x rows pixels, given as colours from the top left, over the rectangle; 0 or -1. */
int frame_paint(cairo_t *cr, const frame *f, const uint32_t *colours, int columns, int rows, int smooth);

#endif
