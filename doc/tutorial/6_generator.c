/* SPDX-License-Identifier: MIT */
/* Step 6: a generator learns to draw points in one evaluation, from the energy of step 3. */
#include "support.h"

static egm_model *network(egm_context *context, const char *name, int64_t inputs, int64_t outputs, uint64_t seed)
{
	egm_model *model;
	check(egm_model_create(&model, context, name, inputs));
	egm_model_dense(model, 64);
	egm_model_silu(model);
	egm_model_dense(model, 64);
	egm_model_silu(model);
	egm_model_dense(model, outputs);
	check(egm_model_build(model, EGM_F32, seed));
	return model;
}

/* How far 1000 points of the generator are from 1000 of the data: 0 if the distributions are equal. */
static double distance(egm_context *context, const egm_model *generator)
{
	static float x[1000][2], y[1000][2];
	double result;
	check(egm_model_generate(generator, 1, egm_f32_out(x[0], 1000, 2)));
	moons(y, 1000, 2);
	check(egm_metric_energy(context, egm_f32(x[0], 1000, 2), egm_f32(y[0], 1000, 2), EGM_ESTIMATOR_BIASED, &result,
	                        NULL, NULL));
	return result;
}

int main(void)
{
	egm_context *context;
	egm_model *energy, *average;
	check(egm_context_create(&context, NULL));
	check(egm_model_load(&energy, context, "energy.safetensors", NULL));
	egm_model *generator = network(context, "generator", 4, 2, 1);   /* from 4 normal numbers to a point */
	egm_model *own_energy = network(context, "own_energy", 2, 1, 2); /* of the generator's points */

	egm_loss *loss;
	egm_dde_options dde = EGM_DDE_OPTIONS_INIT;
	dde.sigma = 0.2; /* the noise of step 3 */
	check(egm_loss_dde(&loss, energy, own_energy, generator, &dde));

	egm_trainer *trainer;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.batch = 128;
	options.learning_rate = 1e-3;
	options.schedule = EGM_SCHEDULE_LINEAR;
	options.schedule_steps = 1200;
	options.average_decay = 0.99;
	check(egm_trainer_create(&trainer, loss, &options));
	double before = distance(context, generator);
	check(egm_trainer_fit(trainer, NULL, 1200, NULL, NULL)); /* no data: the energy is all it needs */

	check(egm_trainer_average(&average, trainer, generator));
	check(egm_model_save(average, "generator.safetensors"));
	printf("energy distance to the data: at first %.2f, now %.3f\n", before, distance(context, average));

	egm_model_free(average);
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(own_energy);
	egm_model_free(generator);
	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
