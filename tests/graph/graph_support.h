/* SPDX-License-Identifier: MIT */
/* A formula under test: leaves in slots 1 .. n, value, gradient and Hessian-vector product by program and by
 * interpreter. */
#ifndef EGM_TESTS_GRAPH_SUPPORT_H
#define EGM_TESTS_GRAPH_SUPPORT_H

#include <compile/nan_arena.h>
#include <graph/op_impl.h>
#include <math.h>
#include <oracle/interpret.h>
#include <string.h>
#include <support.h>

enum { T_MAX_IN = 4, T_MAX_ELEMENTS = 4096, T_SLOT_OUT = 8 };

typedef struct formula {
	const char *name;
	int n_in;
	egm__shape in[T_MAX_IN];
	egm__id (*build)(egm__graph *g, const egm__id *x);
	double low, high; /* range of the inputs; |x| is kept above `gap` */
	double gap;
} formula;

/* uniform in (-1, 1), from a plain generator of its own */
static inline double t_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(int64_t)(*state >> 11) / 4503599627370496.0 - 1;
}

static inline void t_fill(const formula *f, int which, double *x, uint64_t *state)
{
	int64_t n = egm__shape_count(&f->in[which]);
	for (int64_t i = 0; i < n; i++) {
		double u = 0.5 * (t_random(state) + 1);
		x[i] = f->low + (f->high - f->low) * u;
		if (fabs(x[i]) < f->gap) x[i] = x[i] < 0 ? x[i] - f->gap : x[i] + f->gap;
	}
}

enum { T_VALUE, T_GRADIENT, T_HESSIAN };

/* Outputs of one order, one after another in slot T_SLOT_OUT. Seeds r (order 1) are leaf slot 5, directions v are slot
 * 6. Returns the number of outputs. */
static inline int64_t t_outputs(const formula *f, egm__graph *g, int order)
{
	egm__id x[T_MAX_IN], d[T_MAX_IN];
	int64_t at = 0, at_v = 0;
	for (int i = 0; i < f->n_in; i++) x[i] = egm__leaf(g, 1 + i, 0, f->in[i]);
	egm__id y = f->build(g, x);
	if (order == T_VALUE) {
		egm__graph_output(g, y, T_SLOT_OUT, 0);
		return egm__shape_count(egm__graph_shape(g, y));
	}
	egm__id s = egm__mul(g, y, egm__leaf(g, 5, 0, *egm__graph_shape(g, y)));
	egm__gradient(g, s, f->n_in, x, d);
	if (order == T_HESSIAN) {
		egm__id t = egm__const(g, 0, egm__shape2(1, 1));
		for (int i = 0; i < f->n_in; i++) {
			egm__id dv = egm__mul(g, d[i], egm__leaf(g, 6, at_v, f->in[i]));
			egm__shape one = egm__shape2(1, 1);
			t = egm__add(g, t, egm__reshape(g, egm__sum(g, dv, 15), one));
			at_v += egm__shape_count(&f->in[i]);
		}
		egm__gradient(g, t, f->n_in, x, d);
	}
	for (int i = 0; i < f->n_in; i++) {
		egm__graph_output(g, d[i], T_SLOT_OUT, at);
		at += egm__shape_count(&f->in[i]);
	}
	return at;
}

typedef struct t_data {
	double in[T_MAX_IN][T_MAX_ELEMENTS], seed[T_MAX_ELEMENTS], direction[T_MAX_ELEMENTS], out[T_MAX_ELEMENTS];
} t_data;

static inline void t_bases(t_data *d, void **bases)
{
	memset(bases, 0, EGM__MAX_SLOTS * sizeof *bases);
	for (int i = 0; i < T_MAX_IN; i++) bases[1 + i] = d->in[i];
	bases[5] = d->seed;
	bases[6] = d->direction;
	bases[T_SLOT_OUT] = d->out;
}

static inline void t_prepare(const formula *f, t_data *d, uint64_t seed)
{
	uint64_t state = seed;
	for (int i = 0; i < f->n_in; i++) t_fill(f, i, d->in[i], &state);
	for (int i = 0; i < T_MAX_ELEMENTS; i++) d->seed[i] = t_random(&state), d->direction[i] = t_random(&state);
}

/* Runs one order into d->out; returns the number of elements. compiled: the program of the simplified graph, else the
 * interpreter on the graph as written. */
static inline int64_t t_run(const formula *f, egm_context *c, t_data *d, int order, int compiled)
{
	egm__graph *g = NULL;
	void *bases[EGM__MAX_SLOTS];
	t_bases(d, bases);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	g->simplify = compiled == 1;
	int64_t n = t_outputs(f, g, order);
	ck_assert_msg(egm__graph_status(g) == EGM_OK, "%s: %s", f->name, egm_last_error());
	if (compiled) {
		egm__program *p = NULL;
		ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "%s: %s", f->name, egm_last_error());
		ck_assert_uint_eq(egm__program_arena_bytes(p), egm__program_arena_used(p));
		egm__program_run(p, bases, 1, 1);
		run_on_nan(c, p, bases, 1, 1);
		egm__program_free(p);
	} else {
		ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_OK);
	}
	egm__graph_free(g);
	return n;
}

#endif
