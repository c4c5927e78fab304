/* SPDX-License-Identifier: MIT */
#include "anomaly_energy.h"

#include "program.h"
#include "progress.h"

/* Stores it in a gan without a generator, so that both models are trained and freed in the same way. */
static void make_dsm(gan *g, egm_context *context, int64_t columns, const egm_dsm_options *dsm,
                     const egm_trainer_options *training)
{
	check(egm_model_create(&g->energy, context, "energy", columns));
	egm_model_dense(g->energy, 1024);
	egm_model_silu(g->energy);
	egm_model_dense(g->energy, 512);
	egm_model_silu(g->energy);
	egm_model_dense(g->energy, 1);
	check(egm_model_build(g->energy, EGM_F32, training->seed));
	check(egm_loss_dsm(&g->loss, g->energy, dsm));
	check(egm_trainer_create(&g->trainer, g->loss, training));
}

egm_model *anomaly_energy_learn(egm_context *context, const float *rows, int64_t count, int64_t columns,
                                anomaly_training *t, const char *folder)
{
	char path[PROGRAM_PATH];
	gan g = {0};
	egm_data *data = NULL;
	egm_model *energy = NULL;
	progress watch;
	t->gan.columns = columns;
	if (t->gan.training.batch > count) t->gan.training.batch = count;
	check(egm_data_copy(&data, context, egm_f32(rows, count, columns)));
	if (t->model == ANOMALY_GAN)
		gan_create(&g, context, &t->gan, NULL);
	else
		make_dsm(&g, context, columns, &t->dsm, &t->gan.training);
	progress_start(&watch, g.loss, 0, t->steps, t->minutes);
	progress_fit(&watch, g.trainer, data, t->steps > 0 ? t->steps : INT32_MAX);
	t->seconds = progress_seconds(&watch);
	t->steps_done = egm_trainer_steps(g.trainer);
	check(egm_trainer_average(&energy, g.trainer, g.energy));
	check_done(progress_draw(&watch, program_path(path, folder, "losses.png")));
	progress_free(&watch);
	gan_free(&g);
	egm_data_free(data);
	return energy;
}
