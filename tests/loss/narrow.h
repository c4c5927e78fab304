/* SPDX-License-Identifier: MIT */
/* A phase of a loss in f32, by its program and by the interpreter, which computes in double from the same parameters
 * and draws. */
#ifndef EGM_TESTS_NARROW_H
#define EGM_TESTS_NARROW_H

#include "loss_support.h"

enum { NARROW_DATA = 64 };

typedef struct narrow {
	float data[NARROW_DATA], negatives[NARROW_DATA], terms[EGM__MAX_TERMS], state[EGM__MAX_STATE];
	float gradient[EGM__MAX_NETS][MOST_PARAMETERS];
} narrow;

static inline void run_narrow(const egm_loss *l, int32_t phase, int64_t batch, narrow *n, int compiled)
{
	void *bases[EGM__MAX_SLOTS] = {[EGM__SLOT_DATA] = n->data,
	                               [EGM__SLOT_TERMS] = n->terms,
	                               [EGM__SLOT_STATE] = n->state,
	                               [EGM__SLOT_NEGATIVES] = n->negatives,
	                               [EGM__SLOT_CONSTANTS] = l->constants};
	egm__graph *g = graph_of_phase(l, phase, batch);
	egm__program *p = NULL;
	uint32_t terms;
	for (int i = 0; i < l->n_nets; i++) {
		bases[EGM__SLOT_NET + i] = bases[EGM__SLOT_OLD + i] = l->nets[i]->parameters;
		bases[EGM__SLOT_GRADIENT + i] = n->gradient[i];
	}
	ck_assert_int_le(batch * l->data_width, NARROW_DATA);
	ck_assert_int_eq(egm__loss_compile(l, phase, batch, &p, &terms), EGM_OK);
	if (compiled)
		run_on_nan(l->context, p, bases, 1, 1);
	else
		ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_OK);
	egm__program_free(p);
	egm__graph_free(g);
}

/* Within 1e-4 of the largest number, or of `least` where all are smaller. */
static inline void check_narrow(const char *what, const float *got, const float *want, int64_t n, double least)
{
	double scale = least;
	for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs((double)want[i]));
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(fabs((double)got[i] - (double)want[i]) <= 1e-4 * scale, "%s %lld: %.9g, in double %.9g", what,
		              (long long)i, (double)got[i], (double)want[i]);
}

#endif
