/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "drawn_images.h"
#include "program.h"

enum { DRAWN = 20000, HELD_OUT_MAX = 5000 };

egm_data *images_load(egm_context *context, const char *folder, const char *name, int64_t max_rows, bool labels)
{
	char path[PROGRAM_PATH], zipped[64];
	egm_data *data = NULL;
	egm_data_options options = EGM_DATA_OPTIONS_INIT;
	options.max_rows = max_rows;
	options.scale = labels ? 1 : 1 / 127.5;
	options.offset = labels ? 0 : -1;
	snprintf(zipped, sizeof zipped, "%s.gz", name);
	if (access(program_path(path, folder, name), F_OK) != 0) program_path(path, folder, zipped);
	check(egm_data_load_idx(&data, context, path, &options));
	return data;
}

void images_shape(const egm_data *images, int64_t *height, int64_t *width)
{
	int64_t shape[8];
	*height = egm_data_shape(images, shape) == 3 ? shape[1] : 1;
	*width = egm_data_columns(images) / *height;
}

image_split image_split_make(egm_context *context, const char *folder)
{
	image_split s = {.height = DRAWN_SIDE, .width = DRAWN_SIDE};
	egm_data *all = NULL;
	if (folder) {
		all = images_load(context, folder, "train-images-idx3-ubyte", 0, false);
		images_shape(all, &s.height, &s.width);
	} else {
		float *pixels = program_alloc(DRAWN, DRAWN_PIXELS * sizeof *pixels);
		drawn_images(pixels, DRAWN, 1);
		check(egm_data_copy(&all, context, egm_f32(pixels, DRAWN, DRAWN_PIXELS)));
		free(pixels);
	}
	int64_t rows = egm_data_rows(all), columns = egm_data_columns(all);
	const float *values = egm_data_values(all);
	s.held = rows / 6 < HELD_OUT_MAX ? rows / 6 : HELD_OUT_MAX;
	if (s.held == 0) {
		fprintf(stderr, "%lld images: of fewer than 6 none can be held out\n", (long long)rows);
		exit(EXIT_FAILURE);
	}
	check(egm_data_copy(&s.train, context, egm_f32(values, rows - s.held, columns)));
	check(egm_data_copy(&s.held_out, context, egm_f32(values + (rows - s.held) * columns, s.held, columns)));
	egm_data_free(all);
	return s;
}

void image_split_free(image_split *split)
{
	egm_data_free(split->train);
	egm_data_free(split->held_out);
}
