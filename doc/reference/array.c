/* SPDX-License-Identifier: MIT */
/* Arrays: numbers that a function reads, and memory that it writes to. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	const float x[3][2] = {{0, 0}, {1, 0}, {3, 4}}, y[2][2] = {{0, 0}, {1, 1}};
	const double lower[2] = {0, 0}, upper[2] = {4, 4};
	const int64_t bins[2] = {2, 2};
	double masses[5], distance;
	egm_context *context = NULL;
	int failed =
	    egm_context_create(&context, NULL) ||
	    egm_metric_histogram(egm_f32(x[0], 3, 2), lower, upper, bins, egm_f64_out(masses, 5, 1)) ||
	    egm_metric_median(context, egm_f32(x[0], 3, 2), egm_f32(y[0], 2, 2), &distance) ||
	    egm_metric_median(context, egm_f32(x[0], 3, 2), egm_no_array(), &distance); /* an array that is absent */
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("share of the first cell %.2f, median distance %.2f\n", masses[0], distance);
	egm_context_free(context);
	return failed;
}
