/* SPDX-License-Identifier: MIT */
/* Small grey images for programs that have no data set at hand. */
#ifndef DRAWN_IMAGES_H
#define DRAWN_IMAGES_H

#include <stddef.h>
#include <stdint.h>

enum { DRAWN_SIDE = 28, DRAWN_PIXELS = DRAWN_SIDE * DRAWN_SIDE };

/* count images of DRAWN_SIDE x DRAWN_SIDE pixels in [-1, 1], white on black: lines, rings, crosses, triangles and arcs
 * by turns, of random size, place, angle and thickness. Image i depends on (seed, i) alone. */
void drawn_images(float *pixels, size_t count, uint64_t seed);

#endif
