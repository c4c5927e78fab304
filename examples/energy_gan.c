/* SPDX-License-Identifier: MIT */
/* The order of creation is that of the library: nets, loss, trainer, each holding on to what it is made from. */
#include "energy_gan.h"

#include <string.h>

#include "program.h"

/* EGM_ENTROPY_*, 0 for a name that is none. */
static int32_t entropy_of(const char *name)
{
	static const char *const names[] = {[EGM_ENTROPY_INFOGAN] = "infogan",
	                                    [EGM_ENTROPY_JSD] = "jsd",
	                                    [EGM_ENTROPY_NWJ] = "nwj",
	                                    [EGM_ENTROPY_DV] = "dv"};
	for (int32_t i = 1; i < (int32_t)(sizeof names / sizeof names[0]); i++)
		if (strcmp(name, names[i]) == 0) return i;
	return 0;
}

void gan_choices_check(const gan_choices *choices, char **argv)
{
	if (!entropy_of(choices->entropy)) program_misuse(argv, "--entropy: expected infogan, jsd, nwj or dv");
}

egm_status gan_settings_init(gan_settings *settings)
{
	memset(settings, 0, sizeof *settings);
	settings->loss = (egm_energy_gan_options)EGM_ENERGY_GAN_OPTIONS_INIT;
	return settings->training = (egm_trainer_options)EGM_TRAINER_OPTIONS_INIT;
}

egm_status gan_settings_choose(gan_settings *settings, const gan_choices *choices)
{
	TRY(gan_settings_init(settings));
	settings->loss.entropy = entropy_of(choices->entropy);
	settings->loss.energy_steps = (int32_t)choices->energy_steps;
	settings->loss.penalty = choices->penalty;
	settings->loss.entropy_weight = choices->weight;
	settings->loss.noise = choices->noise;
	settings->training.seed = (uint64_t)choices->seed;
	settings->training.batch = choices->batch;
	settings->training.learning_rate = choices->rate;
	settings->training.average_decay = choices->average;
	return EGM_OK;
}

/* The layers report their first error through egm_model_build, so one check is enough. */
static egm_status make_net(egm_model **out, egm_context *context, const char *name, int64_t inputs,
                           const int64_t hidden[GAN_HIDDEN_MAX], double slope, int64_t outputs, int tanh_output,
                           uint64_t seed)
{
	TRY(egm_model_create(out, context, name, inputs));
	for (int i = 0; i < GAN_HIDDEN_MAX && hidden[i] > 0; i++) {
		egm_model_dense(*out, hidden[i]);
		if (slope > 0)
			egm_model_leaky_relu(*out, slope);
		else
			egm_model_relu(*out);
	}
	egm_model_dense(*out, outputs);
	if (tanh_output) egm_model_tanh(*out);
	return egm_model_build(*out, EGM_F32, seed);
}

static egm_status make_nets(gan *g, egm_context *context, const gan_settings *s)
{
	uint64_t seed = 3 * s->training.seed;
	if (s->nets) {
		TRY(s->nets(g, context, s, s->nets_user));
	} else {
		TRY(make_net(&g->energy, context, "energy", s->columns, s->energy_hidden, 0.2, 1, 0, seed));
		TRY(make_net(&g->generator, context, "generator", s->latent, s->generator_hidden, 0, s->columns,
		             s->generator_tanh, seed + 1));
	}
	if (g->third) return EGM_OK;
	if (s->loss.entropy == EGM_ENTROPY_INFOGAN)
		return make_net(&g->third, context, "encoder", s->columns, s->energy_hidden, 0.2, s->latent, 0, seed + 2);
	return make_net(&g->third, context, "statistics", s->columns + s->latent, s->energy_hidden, 0.2, 1, 0, seed + 2);
}

egm_status gan_create(gan *g, egm_context *context, const gan_settings *settings, const char *checkpoint)
{
	memset(g, 0, sizeof *g);
	TRY(make_nets(g, context, settings));
	TRY(egm_loss_energy_gan(&g->loss, g->energy, g->generator, g->third, &settings->loss));
	TRY(egm_trainer_create(&g->trainer, g->loss, &settings->training));
	return checkpoint ? egm_trainer_restore(g->trainer, checkpoint, NULL) : EGM_OK;
}

void gan_free(gan *g)
{
	egm_model_free(g->final_energy);
	egm_model_free(g->final_generator);
	egm_trainer_free(g->trainer);
	egm_loss_free(g->loss);
	egm_model_free(g->third);
	egm_model_free(g->generator);
	egm_model_free(g->energy);
	memset(g, 0, sizeof *g);
}

egm_status gan_train(gan *g, const egm_data *data, int64_t steps, progress *watch)
{
	egm_status status = egm_trainer_fit(g->trainer, data, steps, progress_step, watch);
	return status == EGM_ERR_STOPPED ? EGM_OK : status;
}

static egm_status update_net(const gan *g, const egm_model *net, int averaged, egm_model **out)
{
	egm_model_free(*out);
	*out = NULL;
	return averaged ? egm_trainer_average(out, g->trainer, net) : egm_model_clone(out, net);
}

egm_status gan_update(gan *g, const gan_settings *settings)
{
	int averaged = settings->training.average_decay > 0;
	TRY(update_net(g, g->energy, averaged, &g->final_energy));
	return update_net(g, g->generator, averaged, &g->final_generator);
}

egm_status gan_save(const gan *g, const char *folder)
{
	char path[PROGRAM_PATH];
	TRY(egm_model_save(g->final_energy, program_path(path, folder, "energy.safetensors")));
	TRY(egm_model_save(g->final_generator, program_path(path, folder, "generator.safetensors")));
	return egm_trainer_save(g->trainer, program_path(path, folder, "checkpoint.safetensors"));
}
