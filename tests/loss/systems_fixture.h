/* SPDX-License-Identifier: MIT */
/* The fixture of tests over all systems: the networks, a loss, data, negatives and copied parameters. */
#ifndef EGM_TESTS_SYSTEMS_FIXTURE_H
#define EGM_TESTS_SYSTEMS_FIXTURE_H

#include "systems.h"

static egm_context *context;
static egm_model *net[EGM__MAX_NETS];
static egm_loss *loss;
static loss_claim claim;
static phase_io io;
static double negatives[64], old[EGM__MAX_NETS][MOST_PARAMETERS];

static inline void setup(void)
{
	uint64_t random = 11;
	context = new_context();
	memset(&io, 0, sizeof io);
	io.batch = 3, io.seed = 5, io.step = 6;
	for (int i = 0; i < 64; i++) io.data[i] = 0.5 + 0.5 * random_signed(&random);
	for (int i = 0; i < 64; i++) negatives[i] = random_signed(&random);
	io.negatives = negatives;
}

static inline void drop(void)
{
	egm_loss_free(loss);
	loss = NULL;
	for (int i = 0; i < EGM__MAX_NETS; i++) {
		egm_model_free(net[i]);
		net[i] = NULL;
	}
}

static inline void teardown(void)
{
	drop();
	egm_context_free(context);
}

/* Makes old parameters differ a little from the current ones, so that terms that compare them are not 0. No variance
 * becomes negative. */
static inline void remember_old(void)
{
	uint64_t random = 17;
	for (int32_t i = 0; i < loss->n_nets; i++) {
		const double *w = loss->nets[i]->parameters;
		for (int64_t j = 0; j < loss->nets[i]->count; j++) old[i][j] = w[j] + 0.1 * random_signed(&random);
		io.old[i] = old[i];
	}
}

#endif
