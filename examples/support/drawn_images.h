/* SPDX-License-Identifier: MIT */
/* Small grey images for programs that are run without a data set. */
#ifndef DRAWN_IMAGES_H
#define DRAWN_IMAGES_H

#include <stddef.h>
#include <stdint.h>

enum { DRAWN_SIDE = 28, DRAWN_PIXELS = DRAWN_SIDE * DRAWN_SIDE };

/* Returns `count` images of DRAWN_SIDE x DRAWN_SIDE pixels in [-1, 1], white on black: lines, rings, crosses, triangles
 * and arcs in turn, of random size, place, angle and thickness. Image i depends only on (seed, i). */
void drawn_images(float *pixels, size_t count, uint64_t seed);

#endif
