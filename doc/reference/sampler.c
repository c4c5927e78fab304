/* SPDX-License-Identifier: MIT */
/* Markov chains: warm-up, draws, and what the chains did. */
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
	static double draws[500 * 4], energies[500 * 4];
	egm_context *context = NULL;
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_sampler_statistics statistics = EGM_SAMPLER_STATISTICS_INIT;
	int failed =
	    egm_context_create(&context, NULL) ||
	    egm_target_callback(&target, context, EGM_F64, 1, NULL, normal, NULL, NULL) ||
	    egm_sampler_hmc(&sampler, target, NULL) || egm_sampler_warmup(sampler, 500, NULL, NULL) ||
	    egm_sampler_run(sampler, 500, 1, egm_f64_out(draws, 500 * 4, 1), egm_f64_out(energies, 500, 4), NULL, NULL) ||
	    egm_sampler_stats(sampler, -1, &statistics);
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("acceptance %.2f, step size %.2f\n", statistics.acceptance, statistics.step_size);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_context_free(context);
	return failed;
}
