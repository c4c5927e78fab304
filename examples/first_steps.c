/* SPDX-License-Identifier: MIT */
/* The life of an energy: learned from points on a circle, saved, loaded, asked about new points, sampled.
 * Build: cc first_steps.c $(pkg-config --cflags --libs egm) -lm */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A call returns EGM_OK, or the last error says what was wrong and what would be right. */
static void check(egm_status status)
{
	if (status == EGM_OK) return;
	fprintf(stderr, "%s\n", egm_last_error());
	exit(EXIT_FAILURE);
}

/* Trains a network U(x) whose density exp(-U(x)) / Z is that of the points, blurred by sigma, and saves it. */
static void learn(egm_context *context, const char *path)
{
	float points[1000][2];
	for (int i = 0; i < 1000; i++) points[i][0] = cosf(0.1f * i), points[i][1] = sinf(0.1f * i);
	egm_data *data = NULL;
	check(egm_data_copy(&data, context, egm_f32(points[0], 1000, 2)));

	egm_model *energy = NULL;
	check(egm_model_create(&energy, context, "energy", 2));
	for (int layer = 0; layer < 2; layer++) egm_model_dense(energy, 64), egm_model_silu(energy);
	egm_model_dense(energy, 1);
	check(egm_model_build(energy, EGM_F32, 1)); /* reports an error of the layers as well */

	egm_loss *loss = NULL;
	egm_dsm_options denoising = EGM_DSM_OPTIONS_INIT;
	denoising.sigma = 0.1;
	check(egm_loss_dsm(&loss, energy, &denoising));

	egm_trainer *trainer = NULL;
	egm_trainer_options training = EGM_TRAINER_OPTIONS_INIT;
	training.learning_rate = 1e-3;
	check(egm_trainer_create(&trainer, loss, &training));
	check(egm_trainer_fit(trainer, data, 2000, NULL, NULL));
	check(egm_model_save(energy, path));

	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_data_free(data);
}

/* Low energy: likely. */
static void score(const egm_model *energy)
{
	const float x[3][2] = {{0, 1}, {0, 0}, {3, 0}};
	float u[3];
	check(egm_model_energy(energy, egm_f32(x[0], 3, 2), egm_f32_out(u, 3, 1)));
	printf("energy on the circle %.1f, at its centre %.1f, far away %.1f\n", u[0], u[1], u[2]);
}

/* 4 chains of 1000 draws by the no-U-turn sampler, after a warm-up that finds their step size. */
static void sample(egm_model *energy)
{
	static float x[4000][2];
	double radius = 0;
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	check(egm_target_model(&target, energy, NULL));
	check(egm_sampler_nuts(&sampler, target, NULL));
	check(egm_sampler_warmup(sampler, 500, NULL, NULL));
	check(egm_sampler_run(sampler, 1000, 1, egm_f32_out(x[0], 4000, 2), egm_no_out(), NULL, NULL));
	for (int i = 0; i < 4000; i++) radius += hypot(x[i][0], x[i][1]) / 4000;
	printf("mean distance of the samples from the centre %.2f\n", radius);
	egm_sampler_free(sampler);
	egm_target_free(target);
}

int main(void)
{
	egm_context *context = NULL;
	egm_model *energy = NULL;
	check(egm_context_create(&context, NULL));
	learn(context, "energy.safetensors");
	check(egm_model_load(&energy, context, "energy.safetensors", NULL));
	score(energy);
	sample(energy);
	egm_model_free(energy);
	egm_context_free(context);
	return EXIT_SUCCESS;
}
