/* SPDX-License-Identifier: MIT */
/* The fixture of the tests of the energy GAN: a context, three networks, a loss, and the memory of two runs. */
#ifndef EGM_TESTS_GAN_FIXTURE_H
#define EGM_TESTS_GAN_FIXTURE_H

#include "loss_support.h"

/* phases and terms, in the order of the library */
enum { ENERGY, GENERATOR };
enum { REAL, FAKE, PENALTY, GENERATOR_ENERGY, ENTROPY };

static egm_context *context;
static egm_model *energy, *generator, *information;
static egm_loss *loss;
static egm_energy_gan_options options;
static phase_io io, other;

static void setup(void)
{
	uint64_t random = 3;
	context = new_context();
	energy = generator = information = NULL;
	loss = NULL;
	options = (egm_energy_gan_options)EGM_ENERGY_GAN_OPTIONS_INIT;
	memset(&io, 0, sizeof io);
	io.batch = 3, io.seed = 5, io.step = 6;
	for (int i = 0; i < 64; i++) io.data[i] = random_signed(&random);
}

static void teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_model_free(generator);
	egm_model_free(information);
	egm_context_free(context);
}

static void create(void)
{
	egm_loss_free(loss);
	ck_assert_msg(egm_loss_energy_gan(&loss, energy, generator, information, &options) == EGM_OK, "%s",
	              egm_last_error());
}

/* An information network that no energy phase looks at. */
static void create_energy_only(int64_t data, int64_t latent)
{
	options.entropy = EGM_ENTROPY_JSD;
	if (!information)
		information = dense_net(context, "information", 2, (int64_t[]){data + latent, 1}, NULL, EGM_F64, 4);
	create();
}

/* Generator of one point: x = b, whatever z is. */
static egm_model *point(int64_t data, const double *b)
{
	egm_model *m = dense_net(context, "generator", 2, (int64_t[]){1, data}, NULL, EGM_F64, 2);
	set_tensor(m, "0.weight", data, (double[8]){0});
	set_tensor(m, "0.bias", data, b);
	return m;
}

#endif
