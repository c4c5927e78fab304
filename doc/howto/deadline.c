/* SPDX-License-Identifier: MIT */
/* A training that ends after half a second at the latest, and can be continued. */
#include <egm.h>
#include <stdio.h>
#include <time.h>

static double now(void)
{
	struct timespec t;
	timespec_get(&t, TIME_UTC);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int too_late(const egm_progress *progress, void *user)
{
	const double *end = user;
	(void)progress;
	return now() > *end;
}

int main(void)
{
	static float points[256][2];
	for (int i = 0; i < 256; i++) points[i][0] = (float)(i % 16) / 8 - 1, points[i][1] = (float)(i / 16) / 8 - 1;
	egm_context *context = NULL;
	egm_data *data = NULL;
	egm_model *energy = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	double end = now() + 0.5;
	egm_status status = EGM_OK;
	int failed = egm_context_create(&context, NULL) || egm_data_copy(&data, context, egm_f32(points[0], 256, 2)) ||
	             egm_model_create(&energy, context, "energy", 2) || egm_model_dense(energy, 64) ||
	             egm_model_silu(energy) || egm_model_dense(energy, 1) || egm_model_build(energy, EGM_F32, 1) ||
	             egm_loss_dsm(&loss, energy, NULL) || egm_trainer_create(&trainer, loss, NULL);
	if (!failed) status = egm_trainer_fit(trainer, data, 1000000, too_late, &end);
	if (failed || (status != EGM_OK && status != EGM_ERR_STOPPED))
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("%s after %lld steps\n", egm_status_name(status), (long long)egm_trainer_steps(trainer));
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_data_free(data);
	egm_context_free(context);
	return failed || (status != EGM_OK && status != EGM_ERR_STOPPED);
}
