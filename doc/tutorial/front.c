/* SPDX-License-Identifier: MIT */
/* The program of the front page. */
#include "support.h"

int main(void)
{
	static float points[1000][2], u[2];
	const float x[2][2] = {{0, 1}, {0, 0}};
	for (int i = 0; i < 1000; i++) points[i][0] = cosf(0.1f * (float)i), points[i][1] = sinf(0.1f * (float)i);
	egm_context *context;
	egm_data *data;
	egm_model *energy;
	egm_loss *loss;
	egm_trainer *trainer;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.learning_rate = 1e-2;
	check(egm_context_create(&context, NULL));
	check(egm_data_copy(&data, context, egm_f32(points[0], 1000, 2)));
	check(egm_model_create(&energy, context, "energy", 2));
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 1);
	check(egm_model_build(energy, EGM_F32, 1));
	check(egm_loss_dsm(&loss, energy, NULL));
	check(egm_trainer_create(&trainer, loss, &options));
	check(egm_trainer_fit(trainer, data, 5000, NULL, NULL));
	check(egm_model_energy(energy, egm_f32(x[0], 2, 2), egm_f32_out(u, 2, 1)));
	printf("energy on the circle %.1f, at its centre %.1f\n", u[0], u[1]);
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_data_free(data);
	egm_context_free(context);
	return 0;
}
