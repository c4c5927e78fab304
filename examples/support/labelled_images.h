/* SPDX-License-Identifier: MIT */
/* Images of which it is known what they show: MNIST's, or drawn shapes where there are none. */
#ifndef LABELLED_IMAGES_H
#define LABELLED_IMAGES_H

#include <egm.h>

typedef struct labelled_images {
	float *pixels;         /* [count, height * width], in [-1, 1] */
	unsigned char *labels; /* [count] */
	int64_t count, height, width;
	int64_t first; /* how many of them the first file has: what a classifier trains on */
} labelled_images;

/* The images of train-images-idx3-ubyte and t10k-images-idx3-ubyte with their labels, plain or .gz, one after the
 * other; with max_rows > 0 the first ones of each file. Files that do not fit together end the program. */
void labelled_images_load(labelled_images *out, egm_context *context, const char *folder, int64_t max_rows);
/* Shapes of five kinds, labels 0 to 4. */
void labelled_images_draw(labelled_images *out, int64_t count);
void labelled_images_free(labelled_images *images);

#endif
