/* SPDX-License-Identifier: MIT */
/* Energies of a program as targets, and log Z: the integral of exp(-x^2 / 2) is sqrt(2 pi), its logarithm 0.919. */
#include <egm.h>
#include <stdio.h>

static int normal(int64_t rows, const void *points, void *energies, void *gradients, void *user)
{
	const double *x = points;
	double *u = energies, *g = gradients;
	(void)user;
	for (int64_t i = 0; i < rows; i++) u[i] = x[i] * x[i] / 2, g[i] = x[i];
	return 0;
}

int main(void)
{
	egm_context *context = NULL;
	egm_target *target = NULL;
	egm_ais_options options = EGM_AIS_OPTIONS_INIT;
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	options.base_scale = 2;
	int failed = egm_context_create(&context, NULL) ||
	             egm_target_callback(&target, context, EGM_F64, 1, NULL, normal, NULL, NULL) ||
	             egm_target_ais(target, &options, &result, egm_no_out(), NULL, NULL);
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("log Z = %.3f +- %.3f\n", result.log_z, result.standard_error);
	egm_target_free(target);
	egm_context_free(context);
	return failed;
}
