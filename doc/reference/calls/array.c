/* SPDX-License-Identifier: MIT */
#include "support.h"

/* The energies of rows of a type that is known only at run time. */
static void evaluate(const egm_model *energy, egm_dtype dtype, const void *x, int64_t rows, void *u)
{
	egm_array points = egm_array_of(dtype, x, rows, 2);
	egm_out energies = egm_out_of(dtype, u, rows, 1);
	check(egm_model_energy(energy, points, energies));
}

int main(void)
{
	const float x[3][2] = {{0, 0}, {1, 0}, {0, 1}};
	float u[3], again[3], gradient[3][2];
	egm_context *context = NULL;
	check(egm_context_create(&context, NULL));
	egm_model *energy = network(context, "energy", 2, 1);

	/* Three points of two numbers are 3 rows and 2 columns; their energies are a vector, 3 rows and 1 column. */
	check(egm_model_energy(energy, egm_f32(x[0], 3, 2), egm_f32_out(u, 3, 1)));

	/* The gradient alone: the energies are not wanted. */
	check(egm_model_energy_gradient(energy, egm_f32(x[0], 3, 2), egm_no_out(), egm_f32_out(gradient[0], 3, 2)));

	evaluate(energy, EGM_F32, x, 3, again);
	expect(memcmp(u, again, sizeof u) == 0);

	/* The same in double: the shares of the rows in 2 cells, and outside of them. */
	const double numbers[4] = {0.1, 0.2, 0.7, 3}, lower = 0, upper = 1;
	const int64_t bins = 2;
	double masses[3];
	check(egm_metric_histogram(egm_f64(numbers, 4, 1), &lower, &upper, &bins, egm_f64_out(masses, 3, 1)));
	expect(masses[0] == 0.5 && masses[1] == 0.25 && masses[2] == 0.25);

	/* One sample instead of two: the second array is absent. */
	double bandwidth;
	check(egm_metric_median(context, egm_f64(numbers, 4, 1), egm_no_array(), &bandwidth));
	expect(bandwidth > 0);

	printf("gradient at the first point (%.2f, %.2f)\n", gradient[0][0], gradient[0][1]);
	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
