/* SPDX-License-Identifier: MIT */
/* Small networks with random or given weights, and one phase of a loss run by its program or by the interpreter. */
#ifndef EGM_TESTS_LOSS_SUPPORT_H
#define EGM_TESTS_LOSS_SUPPORT_H

#include <any_loss.h>
#include <compile/nan_arena.h>
#include <loss/loss_impl.h>
#include <math.h>
#include <numbers.h>
#include <oracle/interpret.h>
#include <string.h>
#include <support.h>

enum { MOST_PARAMETERS = 64, MOST_DATA = 1 << 16 };

typedef egm_status add_activation(egm_model *);

/* What a run of a phase reads and writes besides the parameters. */
typedef struct phase_io {
	int64_t batch;
	uint64_t seed, step;
	uint32_t written; /* bit i: the program writes term i */
	double data[MOST_DATA], terms[EGM__MAX_TERMS], state[EGM__MAX_STATE], gradient[EGM__MAX_NETS][MOST_PARAMETERS];
	double statistics[MOST_PARAMETERS];
	double *negatives;          /* [batch, data width] of the phases that read them; NULL: the data */
	double *old[EGM__MAX_NETS]; /* copied parameters of a network; NULL: its current ones */
} phase_io;

/* Dense layers of the given widths with an activation between them (NULL: none). */
static inline egm_model *dense_net(egm_context *c, const char *name, int n, const int64_t *width,
                                   add_activation *activation, egm_dtype dtype, uint64_t seed)
{
	egm_model *m = NULL;
	ck_assert_int_eq(egm_model_create(&m, c, name, width[0]), EGM_OK);
	for (int i = 1; i < n; i++) {
		ck_assert_int_eq(egm_model_dense(m, width[i]), EGM_OK);
		if (i + 1 < n && activation) ck_assert_int_eq(activation(m), EGM_OK);
	}
	ck_assert_msg(egm_model_build(m, dtype, seed) == EGM_OK, "%s", egm_last_error());
	return m;
}

static inline void set_tensor(egm_model *m, const char *tensor, int64_t n, const double *values)
{
	egm_status st = egm_model_set_tensor(m, tensor, egm_f64(values, n, 1));
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
}
#define SET_TENSOR(m, tensor, ...) \
	set_tensor(m, tensor, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

/* y = w . x + b */
static inline egm_model *linear_net(egm_context *c, const char *name, int64_t inputs, const double *w, double b)
{
	egm_model *m = dense_net(c, name, 2, (int64_t[]){inputs, 1}, NULL, EGM_F64, 1);
	set_tensor(m, "0.weight", inputs, w);
	SET_TENSOR(m, "0.bias", b);
	return m;
}

/* A quadratic form as a network: silu(t) + silu(-t) = t tanh(t/2) = t^2/2 - t^4/24 + ..., so that
 *
 *   sum_i q_i l_i(x)^2 / 2 + b,  l_i linear,
 *
 * is a network with units +- A l_i and weights q_i / A^2, up to A^2 l^2 / 12 relative: 1e-5 at l = 1 for A = 0.01. */
#define QUADRATIC_SCALE 0.01
static inline egm_model *quadratic_net(egm_context *c, const char *name, int64_t inputs, int n, const double *l,
                                       const double *q, double b)
{
	double w[64], v[16];
	egm_model *m = dense_net(c, name, 3, (int64_t[]){inputs, 2 * n, 1}, egm_model_silu, EGM_F64, 1);
	for (int i = 0; i < 2 * n; i++) {
		for (int64_t j = 0; j < inputs; j++)
			w[i * inputs + j] = (i % 2 ? -QUADRATIC_SCALE : QUADRATIC_SCALE) * l[i / 2 * inputs + j];
		v[i] = q[i / 2] / (QUADRATIC_SCALE * QUADRATIC_SCALE);
	}
	set_tensor(m, "0.weight", 2 * n * inputs, w);
	set_tensor(m, "0.bias", 2 * n, (double[16]){0});
	set_tensor(m, "2.weight", 2 * n, v);
	SET_TENSOR(m, "2.bias", b);
	return m;
}

static inline void phase_bases(const egm_loss *loss, phase_io *s, void **bases)
{
	memset(bases, 0, EGM__MAX_SLOTS * sizeof *bases);
	bases[EGM__SLOT_DATA] = s->data;
	bases[EGM__SLOT_TERMS] = s->terms;
	bases[EGM__SLOT_STATE] = s->state;
	for (int32_t i = 0; i < loss->n_nets; i++) {
		ck_assert_int_le(loss->nets[i]->count, MOST_PARAMETERS);
		bases[EGM__SLOT_NET + i] = loss->nets[i]->parameters;
		bases[EGM__SLOT_GRADIENT + i] = s->gradient[i];
		bases[EGM__SLOT_OLD + i] = s->old[i] ? (void *)s->old[i] : loss->nets[i]->parameters;
	}
	bases[EGM__SLOT_NEGATIVES] = s->negatives ? s->negatives : s->data;
	bases[EGM__SLOT_CONSTANTS] = loss->constants;
	bases[EGM__SLOT_STATISTICS] = s->statistics;
}

static inline void run_phase(const egm_loss *loss, int32_t phase, phase_io *s)
{
	void *bases[EGM__MAX_SLOTS];
	egm__program *p = NULL;
	phase_bases(loss, s, bases);
	ck_assert_int_le(s->batch * loss->data_width, MOST_DATA);
	ck_assert_msg(egm__loss_compile(loss, phase, s->batch, &p, &s->written) == EGM_OK, "%s", egm_last_error());
	run_on_nan(loss->context, p, bases, s->seed, s->step);
	egm__program_free(p);
}

/* The graph of a phase. */
static inline egm__graph *graph_of_phase(const egm_loss *loss, int32_t phase, int64_t batch)
{
	egm__graph *g = NULL;
	uint32_t terms;
	ck_assert_int_eq(egm__graph_create(&g, loss->context, loss->dtype), EGM_OK);
	ck_assert_msg(egm__loss_write(loss, phase, batch, g, &terms) == EGM_OK, "%s", egm_last_error());
	return g;
}

static inline void interpret_phase(const egm_loss *loss, int32_t phase, phase_io *s)
{
	void *bases[EGM__MAX_SLOTS];
	egm__graph *g = graph_of_phase(loss, phase, s->batch);
	phase_bases(loss, s, bases);
	ck_assert_int_eq(egm__graph_interpret(g, bases, s->seed, s->step), EGM_OK);
	egm__graph_free(g);
}

/* After a creation that returned st: compiles every phase and frees the loss. A failure must leave nothing. */
static inline egm_status compile_phases(egm_status st, egm_loss *loss)
{
	if (st != EGM_OK) ck_assert_ptr_null(loss);
	for (int32_t i = 0; st == EGM_OK && i < loss->n_phases; i++) {
		egm__program *p = NULL;
		uint32_t terms;
		st = egm__loss_compile(loss, i, 4, &p, &terms);
		if (st != EGM_OK) ck_assert_ptr_null(p);
		egm__program_free(p);
	}
	egm_loss_free(loss);
	return st;
}

/* The sum of weight x term. */
static inline double objective_value(const phase_objective *o, const phase_io *s)
{
	double sum = 0;
	for (int i = 0; i < o->n; i++) sum += o->weight[i] * s->terms[o->term[i]];
	return sum;
}

/* Compares the gradients of a phase with central differences of the interpreter's terms, and the program with the
 * interpreter.
 *
 * h = 1e-5: truncation h^2/6 f''' and rounding eps f / h are both near 1e-11 for derivatives of order 1 to 100 in
 * networks this small: 1e-6 leaves two powers of ten. Program and interpreter differ in the order of sums of at most a
 * hundred terms of order 10 and in vector functions of 4 ulp: 1e-11. */
static inline void check_gradients(egm_loss *loss, int32_t phase, const phase_objective *o, phase_io *s)
{
	const double h = 1e-5;
	phase_io *by = malloc(sizeof *by), *at = malloc(sizeof *at);
	ck_assert(by && at);
	*at = *by = *s;
	run_phase(loss, phase, s);
	interpret_phase(loss, phase, by);
	for (int i = 0; i < EGM__MAX_STATE; i++) ck_assert(fabs(s->state[i] - by->state[i]) <= 1e-11);
	for (int i = 0; i < o->n; i++) {
		double t = by->terms[o->term[i]];
		ck_assert(fabs(s->terms[o->term[i]] - t) <= 1e-11 * fmax(1, fabs(t)));
	}
	for (int32_t net = 0; net < loss->n_nets; net++) {
		double *w = loss->nets[net]->parameters;
		for (int64_t i = 0; (loss->phases[phase].moves >> net & 1) && i < loss->nets[net]->count; i++) {
			double keep = w[i], got = s->gradient[net][i], oracle = by->gradient[net][i], f[2];
			for (int side = 0; side < 2; side++) {
				phase_io *d = at;
				memcpy(d->state, (double[EGM__MAX_STATE]){0}, sizeof d->state);
				w[i] = side ? keep + h : keep - h;
				interpret_phase(loss, phase, d);
				f[side] = objective_value(o, d);
			}
			w[i] = keep;
			double want = (f[1] - f[0]) / (2 * h), scale = fmax(1, fabs(want));
			ck_assert_msg(fabs(got - want) <= 1e-6 * scale,
			              "%s of '%s', parameter %lld: gradient %.12g, differences %.12g", loss->phases[phase].name,
			              loss->nets[net]->name, (long long)i, got, want);
			ck_assert_msg(fabs(got - oracle) <= 1e-11 * scale, "parameter %lld: %.17g, interpreter %.17g", (long long)i,
			              got, oracle);
		}
	}
	free(by);
	free(at);
}

#endif
