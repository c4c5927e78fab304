/* SPDX-License-Identifier: MIT */
/* A formula under test. Its inputs are leaves in slots 1 to n. Value, gradient and Hessian-vector product are computed
 * by the compiled program and by the interpreter. */
#ifndef EGM_TESTS_GRAPH_SUPPORT_H
#define EGM_TESTS_GRAPH_SUPPORT_H

#include <compile/nan_arena.h>
#include <graph/op_impl.h>
#include <math.h>
#include <oracle/interpret.h>
#include <oracle/listing.h>
#include <string.h>
#include <support.h>

enum { MOST_INPUTS = 4, MOST_ELEMENTS = 4096, SLOT_OUT = 8 };

typedef struct formula {
	const char *name;
	int n_in;
	egm__shape in[MOST_INPUTS];
	egm__id (*build)(egm__graph *g, const egm__id *x);
	double low, high; /* range of the inputs; |x| is at least `gap` */
	double gap;
} formula;

/* Uniform in (-1, 1), by a generator that is not the one of the library. */
static inline double graph_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(int64_t)(*state >> 11) / 4503599627370496.0 - 1;
}

static inline void fill_input(const formula *f, int which, double *x, uint64_t *state)
{
	int64_t n = egm__shape_count(&f->in[which]);
	for (int64_t i = 0; i < n; i++) {
		double u = 0.5 * (graph_random(state) + 1);
		x[i] = f->low + (f->high - f->low) * u;
		if (fabs(x[i]) < f->gap) x[i] = x[i] < 0 ? x[i] - f->gap : x[i] + f->gap;
	}
}

enum { ORDER_VALUE, ORDER_GRADIENT, ORDER_HESSIAN };

/* Writes the results of one order one after another to SLOT_OUT. Slot 5 has the weights of the value, of whose weighted
 * sum the gradient is taken, slot 6 the direction of the Hessian-vector product. Returns the number of results. */
static inline int64_t formula_outputs(const formula *f, egm__graph *g, int order)
{
	egm__id x[MOST_INPUTS], d[MOST_INPUTS];
	int64_t at = 0, at_v = 0;
	for (int i = 0; i < f->n_in; i++) x[i] = egm__leaf(g, 1 + i, 0, f->in[i]);
	egm__id y = f->build(g, x);
	if (order == ORDER_VALUE) {
		egm__graph_output(g, y, SLOT_OUT, 0);
		return egm__shape_count(egm__graph_shape(g, y));
	}
	egm__id s = egm__mul(g, y, egm__leaf(g, 5, 0, *egm__graph_shape(g, y)));
	egm__gradient(g, s, f->n_in, x, d);
	if (order == ORDER_HESSIAN) {
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
		egm__graph_output(g, d[i], SLOT_OUT, at);
		at += egm__shape_count(&f->in[i]);
	}
	return at;
}

typedef struct formula_data {
	double in[MOST_INPUTS][MOST_ELEMENTS], seed[MOST_ELEMENTS], direction[MOST_ELEMENTS], out[MOST_ELEMENTS];
} formula_data;

static inline void formula_bases(formula_data *d, void **bases)
{
	memset(bases, 0, EGM__MAX_SLOTS * sizeof *bases);
	for (int i = 0; i < MOST_INPUTS; i++) bases[1 + i] = d->in[i];
	bases[5] = d->seed;
	bases[6] = d->direction;
	bases[SLOT_OUT] = d->out;
}

static inline void prepare_formula(const formula *f, formula_data *d, uint64_t seed)
{
	uint64_t state = seed;
	for (int i = 0; i < f->n_in; i++) fill_input(f, i, d->in[i], &state);
	for (int i = 0; i < MOST_ELEMENTS; i++) d->seed[i] = graph_random(&state), d->direction[i] = graph_random(&state);
}

/* Computes one order into d->out and returns the number of elements. compiled: 0 the interpreter on the graph as
 * written, 1 the program of the simplified graph, 2 the program of the graph as written. */
static inline int64_t run_formula(const formula *f, egm_context *c, formula_data *d, int order, int compiled)
{
	egm__graph *g = NULL;
	void *bases[EGM__MAX_SLOTS];
	formula_bases(d, bases);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	g->simplify = compiled == 1;
	int64_t n = formula_outputs(f, g, order);
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
