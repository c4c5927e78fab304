/* SPDX-License-Identifier: MIT */
/* Step 5: Markov chains draw new points from the energy, and their diagnosis says whether to believe them. */
#include "support.h"

enum { CHAINS = 8, DRAWS = 2000 };

int main(void)
{
	egm_context *context;
	egm_model *energy;
	check(egm_context_create(&context, NULL));
	check(egm_model_load(&energy, context, "energy.safetensors", NULL));

	egm_target *target;
	egm_sampler *sampler;
	egm_nuts_options nuts = EGM_NUTS_OPTIONS_INIT;
	nuts.chains = CHAINS;
	check(egm_target_model(&target, energy, NULL));
	check(egm_sampler_nuts(&sampler, target, &nuts));

	static float draws[DRAWS * CHAINS][2];
	check(egm_sampler_warmup(sampler, 300, NULL, NULL));
	check(egm_sampler_run(sampler, DRAWS, 1, egm_f32_out(draws[0], DRAWS * CHAINS, 2), egm_no_out(), NULL, NULL));

	egm_diagnostics *diagnostics;
	check(egm_diagnostics_create(&diagnostics, context, CHAINS, 2, 0));
	check(egm_diagnostics_add(diagnostics, egm_f32(draws[0], DRAWS * CHAINS, 2)));
	for (int j = 0; j < 2; j++) {
		egm_diagnosis d = EGM_DIAGNOSIS_INIT;
		check(egm_diagnostics_compute(diagnostics, j, -1, &d));
		printf("column %d: mean %5.2f, standard deviation %.2f, R-hat %.2f: %s\n", j, d.mean, d.sd, d.r_hat,
		       d.r_hat <= 1.01 ? "converged" : "not converged");
	}

	egm_diagnostics_free(diagnostics);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
