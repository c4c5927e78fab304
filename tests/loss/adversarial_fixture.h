/* SPDX-License-Identifier: MIT */
/* The fixture of systems with a network that judges and one that generates: a context, the networks, a loss, and what
 * a run of a phase reads and writes. */
#ifndef EGM_TESTS_ADVERSARIAL_FIXTURE_H
#define EGM_TESTS_ADVERSARIAL_FIXTURE_H

#include "loss_support.h"

static egm_context *context;
static egm_model *judge, *generator, *decoder; /* decoder: only of autoencoders */
static egm_loss *loss;
static phase_io io;

static void fixture_setup(void)
{
	uint64_t random = 3;
	context = new_context();
	judge = generator = decoder = NULL;
	loss = NULL;
	memset(&io, 0, sizeof io);
	io.batch = 3, io.seed = 5, io.step = 6;
	for (int i = 0; i < 64; i++) io.data[i] = random_signed(&random);
}

static void fixture_teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(judge);
	egm_model_free(generator);
	egm_model_free(decoder);
	egm_context_free(context);
}

/* Generator of one point: x = b, whatever z is. */
static inline egm_model *point_generator(int64_t data, const double *b)
{
	egm_model *m = dense_net(context, "generator", 2, (int64_t[]){1, data}, NULL, EGM_F64, 2);
	set_tensor(m, "0.weight", data, (double[8]){0});
	set_tensor(m, "0.bias", data, b);
	return m;
}

/* All rows of the batch at one point. */
static inline void fill_data(int64_t data, const double *x)
{
	for (int64_t i = 0; i < io.batch; i++) memcpy(io.data + i * data, x, (size_t)data * sizeof *x);
}

static inline void check_finite(const double *x, int n)
{
	for (int i = 0; i < n; i++) ck_assert(isfinite(x[i]));
}

static inline void check_rejected(egm_status got, const char *text)
{
	ck_assert_int_eq(got, EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), text);
	ck_assert_ptr_null(loss);
}

#endif
