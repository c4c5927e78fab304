/* SPDX-License-Identifier: MIT */
#include <egm.h>
#include <math.h>
#include <stdio.h>

/* Learns an energy from points on a circle, then compares a point of the circle with its centre: low = likely. */
int main(void)
{
	float points[1000][2], u[2];
	const float questions[2][2] = {{0, 1}, {0, 0}};
	for (int i = 0; i < 1000; i++) points[i][0] = cosf(0.1f * i), points[i][1] = sinf(0.1f * i);

	egm_context *context = NULL;
	egm_data *data = NULL;
	egm_model *energy = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.learning_rate = 1e-3;

	int failed = egm_context_create(&context, NULL) || egm_data_copy(&data, context, egm_f32(points[0], 1000, 2)) ||
	             egm_model_create(&energy, context, "energy", 2) || egm_model_dense(energy, 64) ||
	             egm_model_silu(energy) || egm_model_dense(energy, 64) || egm_model_silu(energy) ||
	             egm_model_dense(energy, 1) || egm_model_build(energy, EGM_F32, 1) ||
	             egm_loss_dsm(&loss, energy, NULL) || egm_trainer_create(&trainer, loss, &options) ||
	             egm_trainer_fit(trainer, data, 2000, NULL, NULL) ||
	             egm_model_energy(energy, egm_f32(questions[0], 2, 2), egm_f32_out(u, 2, 1));
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("energy on the circle %.2f, at its centre %.2f\n", u[0], u[1]);

	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_data_free(data);
	egm_context_free(context);
	return failed || !(u[0] < u[1]);
}
