/* SPDX-License-Identifier: MIT */
/* Images with labels: those of MNIST, or drawn shapes without a data set. */
#ifndef LABELLED_IMAGES_H
#define LABELLED_IMAGES_H

#include <egm.h>

typedef struct labelled_images {
	float *pixels;         /* [count, height * width], in [-1, 1] */
	unsigned char *labels; /* [count] */
	int64_t count, height, width;
	int64_t first; /* number of images of the first file, on which a classifier trains */
} labelled_images;

/* Reads the images of train-images-idx3-ubyte, then those of t10k-images-idx3-ubyte, with their labels, plain or .gz;
 * with max_rows > 0 only the first images of each file. Ends the program if images and labels do not fit. */
void labelled_images_load(labelled_images *out, egm_context *context, const char *folder, int64_t max_rows);
/* Draws shapes of five kinds, with labels 0 to 4. */
void labelled_images_draw(labelled_images *out, int64_t count);
void labelled_images_free(labelled_images *images);

#endif
