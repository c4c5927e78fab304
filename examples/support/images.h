/* SPDX-License-Identifier: MIT */
/* Images from IDX files, plain or .gz, as MNIST has them. */
#ifndef IMAGES_H
#define IMAGES_H

#include <egm.h>
#include <stdbool.h>

/* The file folder/name, or folder/name.gz. Pixels become [-1, 1], labels stay as they are. With max_rows > 0 the first
 * rows. */
egm_data *images_load(egm_context *context, const char *folder, const char *name, int64_t max_rows, bool labels);
void images_shape(const egm_data *images, int64_t *height, int64_t *width);

/* Images to train on, and some that are kept back: the last sixth, 5000 at most. */
typedef struct image_split {
	egm_data *train, *held_out;
	int64_t height, width, held; /* held: how many are kept back */
} image_split;

/* Of train-images-idx3-ubyte in the folder; NULL: of drawn_images.h. */
image_split image_split_make(egm_context *context, const char *folder);
void image_split_free(image_split *split);

#endif
