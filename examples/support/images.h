/* SPDX-License-Identifier: MIT */
/* Images from IDX files, plain or .gz, such as those of MNIST. */
#ifndef IMAGES_H
#define IMAGES_H

#include <egm.h>
#include <stdbool.h>

/* Reads folder/name, or folder/name.gz. Pixels are scaled to [-1, 1], labels are not scaled. With max_rows > 0 only the
 * first rows are read. */
egm_data *images_load(egm_context *context, const char *folder, const char *name, int64_t max_rows, bool labels);
void images_shape(const egm_data *images, int64_t *height, int64_t *width);

/* Images to train on, and the last sixth, at most 5000, which are held out. */
typedef struct image_split {
	egm_data *train, *held_out;
	int64_t height, width, held; /* held: number of held-out images */
} image_split;

/* Reads train-images-idx3-ubyte in the folder; NULL: images of drawn_images.h. */
image_split image_split_make(egm_context *context, const char *folder);
void image_split_free(image_split *split);

#endif
