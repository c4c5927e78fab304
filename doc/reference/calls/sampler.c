/* SPDX-License-Identifier: MIT */
#include "support.h"

/* Kernels, each with options that a program may need to set. */
static void kernels(egm_target *target)
{
	/* The sampler to begin with: it chooses path lengths and, in the warm-up, step size and scales. */
	egm_sampler *nuts = NULL;
	egm_nuts_options four = EGM_NUTS_OPTIONS_INIT;
	four.chains = 4;
	four.seed = 1;
	check(egm_sampler_nuts(&nuts, target, &four));

	/* Hamiltonian steps of a fixed length: 20 leapfrog steps each. */
	egm_sampler *hmc = NULL;
	egm_hmc_options leapfrog = EGM_HMC_OPTIONS_INIT;
	leapfrog.leapfrog_steps = 20;
	leapfrog.jitter = 0.2; /* avoids paths that return to where they began */
	check(egm_sampler_hmc(&hmc, target, &leapfrog));

	/* The cheapest exact step: one gradient for each transition. */
	egm_sampler *mala = NULL;
	egm_mala_options langevin = EGM_MALA_OPTIONS_INIT;
	langevin.chains = 100;
	check(egm_sampler_mala(&mala, target, &langevin));

	/* Without a test: a small step keeps the error small. */
	egm_sampler *ula = NULL;
	egm_ula_options unadjusted = EGM_ULA_OPTIONS_INIT;
	unadjusted.step_size = 0.01;
	check(egm_sampler_ula(&ula, target, &unadjusted));

	/* From temperature 16 down to 1, for energies of egm_loss_annealed_dsm. Each draw is a pass. */
	const double cooling[5] = {16, 8, 4, 2, 1};
	egm_sampler *annealed = NULL;
	egm_annealed_langevin_options passes = EGM_ANNEALED_LANGEVIN_OPTIONS_INIT;
	passes.temperatures = cooling;
	passes.levels = 5;
	passes.steps_per_level = 20;
	check(egm_sampler_annealed_langevin(&annealed, target, &passes));

	/* For modes far apart: points at higher temperatures cross between them, and are exchanged. */
	const double rising[4] = {1, 2, 4, 8};
	egm_sampler *tempered = NULL;
	egm_tempered_options exchange = EGM_TEMPERED_OPTIONS_INIT;
	exchange.temperatures = rising;
	exchange.levels = 4;
	check(egm_sampler_tempered(&tempered, target, &exchange));

	egm_sampler *all[] = {nuts, hmc, mala, ula, annealed, tempered};
	for (int i = 0; i < 6; i++) egm_sampler_free(all[i]);
}

static void draws(egm_target *target)
{
	egm_sampler *sampler = NULL;
	check(egm_sampler_nuts(&sampler, target, NULL));

	/* Chains that begin at points of one's own, for example at rows of the data. */
	const double start[4] = {-3, -3, 3, 3};
	expect(egm_sampler_chains(sampler) == 4 && egm_sampler_dims(sampler) == 1);
	expect(egm_sampler_dtype(sampler) == EGM_F64);
	check(egm_sampler_set_points(sampler, egm_f64(start, 4, 1)));

	/* Warm up, then 250 draws of each of the 4 chains, with their energies. */
	static double x[250][4], energies[250][4];
	check(egm_sampler_warmup(sampler, 200, NULL, NULL));
	check(egm_sampler_run(sampler, 250, 1, egm_f64_out(x[0], 1000, 1), egm_f64_out(energies[0], 250, 4), NULL, NULL));

	/* What the chains did: divergences or frozen chains mean that the draws cannot be trusted. */
	egm_sampler_statistics all = EGM_SAMPLER_STATISTICS_INIT;
	check(egm_sampler_stats(sampler, -1, &all));
	printf("acceptance %.2f, step size %.2f, %.1f leapfrog steps each\n", all.acceptance, all.step_size, all.leapfrogs);
	expect(all.divergences == 0 && all.frozen == 0 && all.transitions == 4 * 250);

	/* The scale that the warm-up found for chain 0. */
	double scale;
	check(egm_sampler_scale(sampler, 0, egm_f64_out(&scale, 1, 1)));
	printf("scale %.2f\n", scale);

	/* Where the chains are now: at their last draws. */
	double now[4];
	check(egm_sampler_points(sampler, egm_f64_out(now, 4, 1)));
	expect(memcmp(now, x[249], sizeof now) == 0);

	/* To continue after the end of the program. */
	check(egm_sampler_save(sampler, "chains.safetensors"));
	double next[4], again[4];
	check(egm_sampler_run(sampler, 1, 1, egm_f64_out(next, 4, 1), egm_no_out(), NULL, NULL));

	/* A sampler with the same target and options continues with the same bits. */
	egm_sampler *later = NULL;
	check(egm_sampler_nuts(&later, target, NULL));
	check(egm_sampler_restore(later, "chains.safetensors", NULL));
	check(egm_sampler_run(later, 1, 1, egm_f64_out(again, 4, 1), egm_no_out(), NULL, NULL));
	expect(memcmp(next, again, sizeof next) == 0);

	/* The same in memory. */
	size_t size;
	check(egm_sampler_save_memory(sampler, NULL, 0, &size));
	void *state = malloc(size);
	expect(state != NULL);
	check(egm_sampler_save_memory(sampler, state, size, NULL));
	check(egm_sampler_restore_memory(later, state, size, NULL));

	free(state);
	egm_sampler_free(later);
	egm_sampler_free(sampler);
}

int main(void)
{
	const double means[2] = {-3, 3}, variances[2] = {1, 1};
	egm_context *context = NULL;
	egm_mixture *mixture = NULL;
	egm_target *target = NULL;
	check(egm_context_create(&context, NULL));
	check(egm_mixture_create(&mixture, context, egm_no_array(), egm_f64(means, 2, 1), egm_f64(variances, 2, 1), NULL));
	check(egm_target_mixture(&target, mixture, EGM_F64, NULL));
	kernels(target);
	draws(target);
	egm_target_free(target);
	egm_mixture_free(mixture);
	egm_context_free(context);
	return 0;
}
