/* SPDX-License-Identifier: MIT */
/* Step 3: the energy is trained on the data. */
#include "support.h"

static int report(const egm_progress *progress, void *user)
{
	double *sum = user;
	*sum += progress->terms[0];
	if (progress->done % 1000 == 0) {
		printf("steps %4lld to %4lld: mean %s %.2f\n", (long long)progress->done - 999, (long long)progress->done,
		       progress->term_names[0], *sum / 1000);
		*sum = 0;
	}
	return 0; /* another number would stop the training */
}

int main(void)
{
	static float points[4000][2];
	moons(points, 4000, 1);

	egm_context *context;
	egm_data *data;
	egm_model *energy, *average;
	check(egm_context_create(&context, NULL));
	check(egm_data_copy(&data, context, egm_f32(points[0], 4000, 2)));
	check(egm_model_create(&energy, context, "energy", 2));
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 1);
	check(egm_model_build(energy, EGM_F32, 1));

	egm_loss *loss;
	egm_dsm_options noise = EGM_DSM_OPTIONS_INIT;
	noise.sigma = 0.2;
	check(egm_loss_dsm(&loss, energy, &noise));

	egm_trainer *trainer;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.batch = 128;
	options.learning_rate = 3e-3;
	options.schedule = EGM_SCHEDULE_COSINE;
	options.schedule_steps = 3000;
	options.average_decay = 0.999;
	check(egm_trainer_create(&trainer, loss, &options));
	double sum = 0;
	check(egm_trainer_fit(trainer, data, 3000, report, &sum));

	check(egm_trainer_average(&average, trainer, energy));
	check(egm_model_save(average, "energy.safetensors"));

	egm_model_free(average);
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_data_free(data);
	egm_context_free(context);
	return 0;
}
