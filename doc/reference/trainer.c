/* SPDX-License-Identifier: MIT */
/* Training: a checkpoint continues with the same bits. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	static float points[256][2];
	for (int i = 0; i < 256; i++) points[i][0] = (float)(i % 16) / 8 - 1, points[i][1] = (float)(i / 16) / 8 - 1;
	egm_context *context = NULL;
	egm_data *data = NULL;
	egm_model *energy = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.learning_rate = 1e-3;
	options.clip_norm = 1;
	int failed = egm_context_create(&context, NULL) || egm_data_view(&data, context, egm_f32(points[0], 256, 2)) ||
	             egm_model_create(&energy, context, "energy", 2) || egm_model_dense(energy, 16) ||
	             egm_model_silu(energy) || egm_model_dense(energy, 1) || egm_model_build(energy, EGM_F32, 1) ||
	             egm_loss_dsm(&loss, energy, NULL) || egm_trainer_create(&trainer, loss, &options) ||
	             egm_trainer_fit(trainer, data, 100, NULL, NULL) ||
	             egm_trainer_save(trainer, "checkpoint.safetensors") || egm_trainer_fit(trainer, data, 50, NULL, NULL);
	double straight = egm_trainer_term(trainer, 0);
	failed = failed || egm_trainer_restore(trainer, "checkpoint.safetensors", NULL) ||
	         egm_trainer_fit(trainer, data, 50, NULL, NULL);
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("%s: %s\n", egm_loss_term_name(loss, 0),
		       egm_trainer_term(trainer, 0) == straight ? "equal" : "different");
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_data_free(data);
	egm_context_free(context);
	return failed;
}
