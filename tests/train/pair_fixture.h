/* SPDX-License-Identifier: MIT */
/* The toy loss of two networks of equal size, under a trainer whose options a test may change. */
#ifndef EGM_TESTS_PAIR_FIXTURE_H
#define EGM_TESTS_PAIR_FIXTURE_H

#include "train_support.h"
#include <math.h>

enum { ROWS = 23, COLUMNS = 3, LATENT = 2 };

/* Options are changed between open and make. `context` NULL: one of its own. */
static inline void pair_open(pair *p, egm_context *context, egm_dtype dtype, int64_t hidden)
{
	p->context = context;
	if (!context) ck_assert_int_eq(egm_context_create(&p->context, NULL), EGM_OK);
	p->energy = toy_net(p->context, "energy", COLUMNS, hidden, 1, dtype);
	p->generator = toy_net(p->context, "generator", LATENT, hidden, COLUMNS, dtype);
	p->loss = toy_pair(p->energy, p->generator);
	p->data = toy_data(p->context, dtype, ROWS, COLUMNS);
	ck_assert_ptr_nonnull(p->loss);
	ck_assert_ptr_nonnull(p->data);
	p->options = (egm_trainer_options)EGM_TRAINER_OPTIONS_INIT;
	p->options.batch = 4;
	p->options.learning_rate = 0.01;
	p->options.seed = 11;
}

static inline void pair_make(pair *p)
{
	ck_assert_msg(egm_trainer_create(&p->trainer, p->loss, &p->options) == EGM_OK, "%s", egm_last_error());
}

static inline void assert_same_parameters(const egm_model *a, const egm_model *b)
{
	size_t size = (size_t)egm_model_parameter_count(a) * (egm_model_dtype(a) == EGM_F64 ? 8 : 4);
	void *x = toy_parameters(a), *y = toy_parameters(b);
	ck_assert_mem_eq(x, y, size);
	free(x);
	free(y);
}

#endif
