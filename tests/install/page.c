/* SPDX-License-Identifier: MIT */
/* Makes a program of the example of a page of doc/systems/: PAGE is a file with its statements. They can use a context
 * and points of the plane, as data and as arrays, and return a status. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1000 };
static float real[N][2], fake[N][2];

static egm_status page(egm_context *context, egm_data *data, const float *points, int64_t n)
{
	(void)context, (void)data, (void)points, (void)n;
#include PAGE
	return EGM_OK;
}

int main(void)
{
	egm_context *context = NULL;
	egm_data *data = NULL;
	for (int i = 0; i < N; i++) {
		real[i][0] = cosf(0.1f * (float)i), real[i][1] = sinf(0.1f * (float)i);
		fake[i][0] = 0.9f * real[i][0], fake[i][1] = 0.9f * real[i][1] + 0.1f;
	}
	egm_status st = egm_context_create(&context, NULL);
	if (st == EGM_OK) st = egm_data_copy(&data, context, egm_f32(real[0], N, 2));
	if (st == EGM_OK) st = page(context, data, real[0], N);
	if (st != EGM_OK) fprintf(stderr, "%s\n", egm_last_error());
	egm_data_free(data);
	egm_context_free(context);
	return st != EGM_OK;
}
