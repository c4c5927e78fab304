/* SPDX-License-Identifier: MIT */
/* Draws samples from trained networks: outputs of a generator, or chains that start at noise and do not use the data.
 * There is one chain for each sample, so that samples are independent. */
#include <math.h>
#include <stdlib.h>

#include "program.h"
#include "systems.h"

egm_status draw_law(learner *l, uint64_t seed, int64_t count, float *xy)
{
	toy_draw(l->toy, seed + 1, xy, (size_t)count); /* other points than those of the training */
	return EGM_OK;
}

egm_status draw_mixture(learner *l, uint64_t seed, int64_t count, float *xy)
{
	return egm_mixture_sample(l->mixture, seed, egm_f32_out(xy, count, egm_mixture_dims(l->mixture)));
}

egm_status draw_generator(learner *l, uint64_t seed, int64_t count, float *xy)
{
	return egm_model_generate(l->final_generator, seed, egm_f32_out(xy, count, 2));
}

/* The decoder's output is the mean of x given z; a draw of x also needs the noise. */
egm_status draw_decoder(learner *l, uint64_t seed, int64_t count, float *xy)
{
	TRY(egm_model_generate(l->final_generator, seed, egm_f32_out(xy, count, 2)));
	toy_add_noise(seed, l->sigma, xy, (size_t)count);
	return EGM_OK;
}

/* Writes the points of the chains after warm-up and transitions to `points` [count, width of the target]. */
static egm_status run_chains(const learner *l, egm_sampler *sampler, int64_t count, float *points)
{
	if (l->warmup > 0) TRY(egm_sampler_warmup(sampler, l->warmup, NULL, NULL));
	return egm_sampler_run(sampler, 1, l->transitions, egm_f32_out(points, count, egm_sampler_dims(sampler)),
	                       egm_no_out(), NULL, NULL);
}

egm_status draw_chains(learner *l, uint64_t seed, int64_t count, float *xy)
{
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_annealed_langevin_options options = l->chains;
	options.chains = count;
	options.seed = seed;
	egm_status status = egm_target_model(&target, l->final_energy, &l->target);
	if (status == EGM_OK) status = egm_sampler_annealed_langevin(&sampler, target, &options);
	if (status == EGM_OK) status = run_chains(l, sampler, count, xy);
	egm_sampler_free(sampler);
	egm_target_free(target);
	return status;
}

/* The posterior exp(-beta U(G(z)) - |z|^2 / 2): see refine_samples. */
egm_status draw_latent_chains(learner *l, uint64_t seed, int64_t count, float *xy)
{
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_mala_options options = EGM_MALA_OPTIONS_INIT;
	int64_t latent = egm_model_inputs(l->final_generator);
	float *z = program_alloc((size_t)(count * latent), sizeof *z);
	options.chains = count;
	options.seed = seed;
	egm_status status =
	    egm_target_latent(&target, l->final_energy, l->final_generator, EGM_LATENT_POSTERIOR, &l->target);
	if (status == EGM_OK) status = egm_sampler_mala(&sampler, target, &options);
	if (status == EGM_OK) status = run_chains(l, sampler, count, z);
	if (status == EGM_OK)
		status = egm_model_run(l->final_generator, egm_f32(z, count, latent), egm_f32_out(xy, count, 2));
	egm_sampler_free(sampler);
	egm_target_free(target);
	free(z);
	return status;
}

/* The gradient of the energy from a denoiser r: (y - r(y)) / sigma^2. There is no energy, and Langevin steps need none.
 * If r is not finite, neither is the gradient, and the sampler reports it. */
static int denoiser_gradient(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	const learner *l = user;
	const float *y = x;
	float *u = energies, *g = gradients, scale = (float)(1 / (l->sigma * l->sigma));
	int finite = egm_model_run(l->final_generator, egm_f32(x, rows, 2), egm_f32_out(gradients, rows, 2)) == EGM_OK;
	for (int64_t i = 0; i < 2 * rows; i++) g[i] = finite ? scale * (y[i] - g[i]) : NAN;
	for (int64_t i = 0; i < rows; i++) u[i] = 0;
	return 0;
}

/* The distribution of the chains is that of noisy data; r removes the noise. */
egm_status draw_denoiser(learner *l, uint64_t seed, int64_t count, float *xy)
{
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_ula_options options = EGM_ULA_OPTIONS_INIT;
	float *noisy = program_alloc((size_t)count, 2 * sizeof *noisy);
	options.chains = count;
	options.seed = seed;
	options.step_size = l->step_size;
	egm_status status = egm_target_callback(&target, l->context, EGM_F32, 2, &l->target, denoiser_gradient, l, NULL);
	if (status == EGM_OK) status = egm_sampler_ula(&sampler, target, &options);
	if (status == EGM_OK) status = run_chains(l, sampler, count, noisy);
	if (status == EGM_OK)
		status = egm_model_run(l->final_generator, egm_f32(noisy, count, 2), egm_f32_out(xy, count, 2));
	egm_sampler_free(sampler);
	egm_target_free(target);
	free(noisy);
	return status;
}
