/* SPDX-License-Identifier: MIT */
#include "labelled_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drawn_images.h"
#include "program.h"

/* One pair of files. */
static egm_status read_files(egm_context *context, const char *folder, const char *set, int64_t max_rows,
                             egm_data **images, egm_data **labels)
{
	char path[2][PROGRAM_PATH], name[64];
	static const char *const kinds[2] = {"images-idx3-ubyte", "labels-idx1-ubyte"};
	egm_data_options options = EGM_DATA_OPTIONS_INIT;
	for (int k = 0; k < 2; k++) {
		snprintf(name, sizeof name, "%s-%s", set, kinds[k]);
		if (access(program_path(path[k], folder, name), F_OK) == 0) continue;
		snprintf(name, sizeof name, "%s-%s.gz", set, kinds[k]);
		program_path(path[k], folder, name);
	}
	options.max_rows = max_rows;
	TRY(egm_data_load_idx(labels, context, path[1], &options));
	options.scale = 1 / 127.5;
	options.offset = -1;
	return egm_data_load_idx(images, context, path[0], &options);
}

static int fit_together(egm_data *const images[2], egm_data *const labels[2])
{
	for (int f = 0; f < 2; f++)
		if (egm_data_rows(labels[f]) != egm_data_rows(images[f]) || egm_data_columns(labels[f]) != 1 ||
		    egm_data_columns(images[f]) != egm_data_columns(images[0]))
			return 0;
	return 1;
}

static void join(labelled_images *out, egm_data *const images[2], egm_data *const labels[2])
{
	int64_t shape[8], columns = egm_data_columns(images[0]), at = 0;
	out->height = egm_data_shape(images[0], shape) == 3 ? shape[1] : 1;
	out->width = columns / out->height;
	out->first = egm_data_rows(images[0]);
	out->count = out->first + egm_data_rows(images[1]);
	out->pixels = program_alloc((size_t)out->count, (size_t)columns * sizeof *out->pixels);
	out->labels = program_alloc((size_t)out->count, 1);
	for (int f = 0; f < 2; f++) {
		int64_t rows = egm_data_rows(images[f]);
		const float *label = egm_data_values(labels[f]);
		memcpy(out->pixels + at * columns, egm_data_values(images[f]), (size_t)(rows * columns) * sizeof *out->pixels);
		for (int64_t i = 0; i < rows; i++) out->labels[at + i] = (unsigned char)label[i];
		at += rows;
	}
}

egm_status labelled_images_load(labelled_images *out, egm_context *context, const char *folder, int64_t max_rows)
{
	egm_data *images[2] = {NULL, NULL}, *labels[2] = {NULL, NULL};
	egm_status status = read_files(context, folder, "train", max_rows, &images[0], &labels[0]);
	if (status == EGM_OK) status = read_files(context, folder, "t10k", max_rows, &images[1], &labels[1]);
	if (status == EGM_OK && !fit_together(images, labels)) {
		fprintf(stderr, "%s: images and labels do not fit together\n", folder);
		exit(EXIT_FAILURE);
	}
	if (status == EGM_OK) join(out, images, labels);
	for (int f = 0; f < 2; f++) {
		egm_data_free(images[f]);
		egm_data_free(labels[f]);
	}
	return status;
}

void labelled_images_draw(labelled_images *out, int64_t count)
{
	fprintf(stderr, "no --data: drawing %lld images of lines, rings, crosses, triangles and arcs\n", (long long)count);
	out->count = out->first = count;
	out->height = out->width = DRAWN_SIDE;
	out->pixels = program_alloc((size_t)count, DRAWN_PIXELS * sizeof *out->pixels);
	out->labels = program_alloc((size_t)count, 1);
	if (drawn_images(out->pixels, (size_t)count, 1) != 0) exit(EXIT_FAILURE);
	for (int64_t i = 0; i < count; i++) out->labels[i] = (unsigned char)(i % 5);
}

void labelled_images_free(labelled_images *images)
{
	free(images->pixels);
	free(images->labels);
	memset(images, 0, sizeof *images);
}
