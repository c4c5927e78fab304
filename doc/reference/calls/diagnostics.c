/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	static double draws[250][4], energies[250][4];
	const double mean = 0, variance = 1;
	egm_context *context = NULL;
	egm_mixture *mixture = NULL;
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	check(egm_context_create(&context, NULL));
	check(egm_mixture_create(&mixture, context, egm_no_array(), egm_f64(&mean, 1, 1), egm_f64(&variance, 1, 1), NULL));
	check(egm_target_mixture(&target, mixture, EGM_F64, NULL));
	check(egm_sampler_nuts(&sampler, target, NULL));
	check(egm_sampler_warmup(sampler, 200, NULL, NULL));

	/* For the draws of 4 chains in one dimension. 0: up to 4096 draws of each chain are kept. */
	egm_diagnostics *diagnostics = NULL;
	check(egm_diagnostics_create(&diagnostics, context, 4, 1, 0));

	/* Draws are added as a sampler writes them. */
	egm_out x = egm_f64_out(draws[0], 250 * 4, 1), u = egm_f64_out(energies[0], 250, 4);
	for (int part = 0; part < 4; part++) {
		check(egm_sampler_run(sampler, 250, 1, x, u, NULL, NULL));
		check(egm_diagnostics_add(diagnostics, egm_f64(draws[0], 250 * 4, 1)));
	}

	/* How many draws of each chain were added, and how many of these are kept. */
	int64_t given, kept;
	check(egm_diagnostics_count(diagnostics, &given, &kept));
	expect(given == 1000 && kept == 1000);

	/* Dimension 0 of all chains. If R-hat is above 1.01 or NaN, the chains need more steps. */
	egm_diagnosis all = EGM_DIAGNOSIS_INIT;
	check(egm_diagnostics_compute(diagnostics, 0, -1, &all));
	printf("mean %.2f +- %.2f, R-hat %.3f, %.0f effective draws\n", all.mean, all.mcse, all.r_hat, all.ess_bulk);
	if (!(all.r_hat <= 1.01)) printf("not converged\n");

	/* The correlation of draws at a distance of 0, 1, ..., 9: where it is near 0, draws are nearly independent. */
	double correlation[10];
	check(egm_diagnostics_autocorrelation(diagnostics, 0, -1, egm_f64_out(correlation, 10, 1)));
	expect(correlation[0] == 1 && fabs(correlation[9]) < 0.5);

	/* Whether a chain moves between energies: above 0.3. */
	double fraction;
	check(egm_diagnostics_bfmi(egm_f64(energies[0], 250, 4), 0, &fraction));
	expect(fraction > 0.3);

	egm_diagnostics_free(diagnostics);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_mixture_free(mixture);
	egm_context_free(context);
	return 0;
}
