/* SPDX-License-Identifier: MIT */
/* Support for tests of training: the toy loss of two networks under a trainer, comparisons of files, texts of
 * errors. */
#ifndef EGM_TESTS_TRAIN_SUPPORT_H
#define EGM_TESTS_TRAIN_SUPPORT_H

#include "toy_loss.h"
#include <io/io_support.h>

#define OK(call) ck_assert_msg((call) == EGM_OK, "%s", egm_last_error())

/* Two networks, their loss, data and trainer, on a context of their own. A test fills it in by pair_open: that of
 * pair_fixture.h or its own. */
typedef struct pair {
	egm_context *context;
	egm_model *energy, *generator;
	egm_loss *loss;
	egm_data *data;
	egm_trainer *trainer;
	egm_trainer_options options;
} pair;

static inline void pair_close(pair *p)
{
	egm_trainer_free(p->trainer);
	egm_data_free(p->data);
	egm_loss_free(p->loss);
	egm_model_free(p->energy);
	egm_model_free(p->generator);
	egm_context_free(p->context);
}

static inline void pair_steps(pair *p, int64_t n)
{
	OK(egm_trainer_fit(p->trainer, p->data, n, NULL, NULL));
}

/* Two trainers are in the same state when they write the same bytes. */
static inline void assert_same_files(const char *a, const char *b)
{
	size_t na, nb;
	unsigned char *x = io_read(a, &na), *y = io_read(b, &nb);
	ck_assert_uint_eq(na, nb);
	ck_assert_mem_eq(x, y, na);
	free(x);
	free(y);
}

static inline void assert_error_has(const char *text)
{
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "'%s' is not in: %s", text, egm_last_error());
}

#endif
