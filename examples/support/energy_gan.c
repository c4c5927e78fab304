/* SPDX-License-Identifier: MIT */
/* Networks, loss and trainer are created in this order; each keeps alive the handles that it uses. */
#include "energy_gan.h"

#include <string.h>

#include "program.h"

static gan_settings defaults(void)
{
	gan_settings s = {.loss = EGM_ENERGY_GAN_OPTIONS_INIT, .training = EGM_TRAINER_OPTIONS_INIT};
	s.loss.energy_steps = 1;
	s.training.seed = 1;
	s.training.average_decay = 0.999;
	return s;
}

gan_settings gan_of_the_plane(void)
{
	gan_settings s = defaults();
	s.columns = s.latent = 2;
	for (int i = 0; i < GAN_HIDDEN_MAX; i++) s.energy_hidden[i] = s.generator_hidden[i] = 128;
	s.loss.penalty = 0.1;
	s.loss.entropy_weight = 0.01;
	s.training.batch = 256;
	s.training.learning_rate = 1e-3;
	return s;
}

gan_settings gan_of_images(double rate, double entropy_weight)
{
	gan_settings s = defaults();
	s.latent = 128;
	s.energy_hidden[0] = s.generator_hidden[1] = 1024;
	s.energy_hidden[1] = s.generator_hidden[0] = 512;
	s.generator_tanh = true;
	s.loss.penalty = 10;
	s.loss.entropy_weight = entropy_weight;
	s.training.batch = 64;
	s.training.learning_rate = rate;
	return s;
}

/* egm_model_build returns the first error of the layers, so one check is enough. */
static egm_model *make_net(egm_context *context, const char *name, int64_t inputs, const int64_t hidden[GAN_HIDDEN_MAX],
                           double slope, int64_t outputs, bool tanh_output, uint64_t seed)
{
	egm_model *net = NULL;
	check(egm_model_create(&net, context, name, inputs));
	for (int i = 0; i < GAN_HIDDEN_MAX && hidden[i] > 0; i++) {
		egm_model_dense(net, hidden[i]);
		if (slope > 0)
			egm_model_leaky_relu(net, slope);
		else
			egm_model_relu(net);
	}
	egm_model_dense(net, outputs);
	if (tanh_output) egm_model_tanh(net);
	check(egm_model_build(net, EGM_F32, seed));
	return net;
}

static void make_nets(gan *g, egm_context *context, const gan_settings *s)
{
	uint64_t seed = 3 * s->training.seed;
	if (!g->energy) g->energy = make_net(context, "energy", s->columns, s->energy_hidden, 0.2, 1, false, seed);
	if (!g->generator)
		g->generator =
		    make_net(context, "generator", s->latent, s->generator_hidden, 0, s->columns, s->generator_tanh, seed + 1);
	if (g->information) return;
	if (s->loss.entropy == EGM_ENTROPY_INFOGAN)
		g->information = make_net(context, "encoder", s->columns, s->energy_hidden, 0.2, s->latent, false, seed + 2);
	else
		g->information =
		    make_net(context, "statistics", s->columns + s->latent, s->energy_hidden, 0.2, 1, false, seed + 2);
}

void gan_create(gan *g, egm_context *context, const gan_settings *settings, const char *checkpoint)
{
	make_nets(g, context, settings);
	check(egm_loss_energy_gan(&g->loss, g->energy, g->generator, g->information, &settings->loss));
	check(egm_trainer_create(&g->trainer, g->loss, &settings->training));
	if (checkpoint) check(egm_trainer_restore(g->trainer, checkpoint, NULL));
}

void gan_free(gan *g)
{
	egm_model_free(g->final_energy);
	egm_model_free(g->final_generator);
	egm_trainer_free(g->trainer);
	egm_loss_free(g->loss);
	egm_model_free(g->information);
	egm_model_free(g->generator);
	egm_model_free(g->energy);
	memset(g, 0, sizeof *g);
}

static void update_net(const gan *g, const egm_model *net, bool averaged, egm_model **out)
{
	egm_model_free(*out);
	*out = NULL;
	check(averaged ? egm_trainer_average(out, g->trainer, net) : egm_model_clone(out, net));
}

void gan_update(gan *g, const gan_settings *settings)
{
	bool averaged = settings->training.average_decay > 0;
	update_net(g, g->energy, averaged, &g->final_energy);
	update_net(g, g->generator, averaged, &g->final_generator);
}

void gan_save(const gan *g, const char *folder)
{
	char path[PROGRAM_PATH];
	check(egm_model_save(g->final_energy, program_path(path, folder, "energy.safetensors")));
	check(egm_model_save(g->final_generator, program_path(path, folder, "generator.safetensors")));
	check(egm_trainer_save(g->trainer, program_path(path, folder, "checkpoint.safetensors")));
}
