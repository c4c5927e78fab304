/* SPDX-License-Identifier: MIT */
#include "digit_split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* A random order (Fisher and Yates) from a linear congruential generator (Knuth's MMIX); its high bits are good enough
 * for this. */
static void shuffle(int64_t *order, int64_t n, uint64_t state)
{
	for (int64_t i = n - 1; i > 0; i--) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		int64_t k = (int64_t)((state >> 33) % (uint64_t)(i + 1)), swapped = order[i];
		order[i] = order[k];
		order[k] = swapped;
	}
}

static void copy_rows(float *to, const labelled_images *images, const int64_t *rows, int64_t n, int64_t columns)
{
	for (int64_t i = 0; i < n; i++)
		memcpy(to + i * columns, images->pixels + rows[i] * columns, (size_t)columns * sizeof *to);
}

void digit_split_make(digit_split *d, const labelled_images *images, int64_t digit, uint64_t seed)
{
	int64_t *normal = program_alloc((size_t)images->count, 2 * sizeof *normal), *odd = normal + images->count, n = 0;
	*d = (digit_split){.digit = digit, .height = images->height, .width = images->width};
	d->columns = d->height * d->width;
	for (int64_t i = 0; i < images->count; i++)
		if (images->labels[i] == digit)
			odd[d->n_anomalies++] = i;
		else
			normal[n++] = i;
	shuffle(normal, n, seed);
	shuffle(odd, d->n_anomalies, seed + 1);
	d->n_train = n * 4 / 5;
	d->n_normal = n - d->n_train;
	d->n_natural = (d->n_anomalies + 4) / 5;
	if (d->n_train == 0 || d->n_anomalies == 0) {
		fprintf(stderr, "%lld normal images and %lld of digit %lld are too few\n", (long long)n,
		        (long long)d->n_anomalies, (long long)digit);
		exit(EXIT_FAILURE);
	}
	size_t row = (size_t)d->columns * sizeof(float);
	d->train = program_alloc((size_t)d->n_train, row);
	d->test = program_alloc((size_t)(d->n_normal + d->n_anomalies), row);
	copy_rows(d->train, images, normal, d->n_train, d->columns);
	copy_rows(d->test, images, normal + d->n_train, d->n_normal, d->columns);
	copy_rows(d->test + d->n_normal * d->columns, images, odd, d->n_anomalies, d->columns);
	free(normal);
}

void digit_split_free(digit_split *d)
{
	free(d->train);
	free(d->test);
}
