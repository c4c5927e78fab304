/* SPDX-License-Identifier: MIT */
#include "labelled_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drawn_images.h"
#include "images.h"
#include "program.h"

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
	int64_t columns = egm_data_columns(images[0]), at = 0;
	images_shape(images[0], &out->height, &out->width);
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

void labelled_images_load(labelled_images *out, egm_context *context, const char *folder, int64_t max_rows)
{
	egm_data *images[2] = {images_load(context, folder, "train-images-idx3-ubyte", max_rows, false),
	                       images_load(context, folder, "t10k-images-idx3-ubyte", max_rows, false)};
	egm_data *labels[2] = {images_load(context, folder, "train-labels-idx1-ubyte", max_rows, true),
	                       images_load(context, folder, "t10k-labels-idx1-ubyte", max_rows, true)};
	if (!fit_together(images, labels)) {
		fprintf(stderr, "%s: images and labels do not fit together\n", folder);
		exit(EXIT_FAILURE);
	}
	join(out, images, labels);
	for (int f = 0; f < 2; f++) {
		egm_data_free(images[f]);
		egm_data_free(labels[f]);
	}
}

void labelled_images_draw(labelled_images *out, int64_t count)
{
	out->count = out->first = count;
	out->height = out->width = DRAWN_SIDE;
	out->pixels = program_alloc((size_t)count, DRAWN_PIXELS * sizeof *out->pixels);
	out->labels = program_alloc((size_t)count, 1);
	drawn_images(out->pixels, (size_t)count, 1);
	for (int64_t i = 0; i < count; i++) out->labels[i] = (unsigned char)(i % 5);
}

void labelled_images_free(labelled_images *images)
{
	free(images->pixels);
	free(images->labels);
	memset(images, 0, sizeof *images);
}
