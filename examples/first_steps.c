/* SPDX-License-Identifier: MIT */
/* Trains an energy on data, saves and loads it, scores new points and draws samples. Build: cc first_steps.c
 * $(pkg-config --cflags --libs egm) -lm */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Every call returns EGM_OK, or an error that egm_last_error explains. */
static void check(egm_status status)
{
	if (status == EGM_OK) return;
	fprintf(stderr, "%s\n", egm_last_error());
	exit(EXIT_FAILURE);
}

int main(void)
{
	egm_context *context;
	check(egm_context_create(&context, NULL));

	/* 1. Data: 1000 points on a circle, one in each row. */
	static float points[1000][2];
	for (int i = 0; i < 1000; i++) {
		points[i][0] = cosf(0.1f * (float)i);
		points[i][1] = sinf(0.1f * (float)i);
	}
	egm_data *data;
	check(egm_data_copy(&data, context, egm_f32(points[0], 1000, 2)));

	/* 2. A network U(x) with 2 inputs and 1 output. egm_model_build reports the error of a layer. */
	egm_model *network;
	check(egm_model_create(&network, context, "energy", 2));
	egm_model_dense(network, 64);
	egm_model_silu(network);
	egm_model_dense(network, 64);
	egm_model_silu(network);
	egm_model_dense(network, 1);
	check(egm_model_build(network, EGM_F32, 1));

	/* 3. Training: exp(-U(x)) / Z becomes the density of the points with normal noise of sigma added. */
	egm_loss *loss;
	egm_dsm_options denoising = EGM_DSM_OPTIONS_INIT;
	denoising.sigma = 0.1;
	check(egm_loss_dsm(&loss, network, &denoising));
	egm_trainer *trainer;
	egm_trainer_options training = EGM_TRAINER_OPTIONS_INIT;
	training.learning_rate = 1e-3;
	check(egm_trainer_create(&trainer, loss, &training));
	check(egm_trainer_fit(trainer, data, 2000, NULL, NULL));
	check(egm_model_save(network, "energy.safetensors"));
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(network);
	egm_data_free(data);

	/* 4. Scores, perhaps in another program: low = likely. */
	egm_model *energy;
	check(egm_model_load(&energy, context, "energy.safetensors", NULL));
	const float x[3][2] = {{0, 1}, {0, 0}, {3, 0}};
	float u[3];
	check(egm_model_energy(energy, egm_f32(x[0], 3, 2), egm_f32_out(u, 3, 1)));
	printf("energy on the circle %.1f, at its centre %.1f, far away %.1f\n", u[0], u[1], u[2]);

	/* 5. Samples: 1000 draws from each of 4 Markov chains, after a warm-up that adapts their step sizes. */
	static float samples[4 * 1000][2];
	egm_target *target;
	egm_sampler *sampler;
	check(egm_target_model(&target, energy, NULL));
	check(egm_sampler_nuts(&sampler, target, NULL));
	check(egm_sampler_warmup(sampler, 500, NULL, NULL));
	check(egm_sampler_run(sampler, 1000, 1, egm_f32_out(samples[0], 4 * 1000, 2), egm_no_out(), NULL, NULL));
	double distance = 0;
	for (int i = 0; i < 4 * 1000; i++) distance += hypot(samples[i][0], samples[i][1]) / (4 * 1000);
	printf("mean distance of the samples from the centre %.2f\n", distance);
	egm_sampler_free(sampler);
	egm_target_free(target);
	egm_model_free(energy);
	egm_context_free(context);
	return EXIT_SUCCESS;
}
