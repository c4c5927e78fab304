/* SPDX-License-Identifier: MIT */
/* Derivatives of a formula against differences, and its program against the interpreter, in f64.
 *
 * The interpreter on the graph as written is held against central differences; the compiled, simplified and fused
 * program is held against the interpreter. Differences: h = 1e-5; truncation h^2/6 f''' and rounding eps f / h are both
 * near 1e-11 for values and derivatives of order 1 to 100, sums over up to a hundred terms; 1e-6 leaves two powers of
 * ten. Program against interpreter: both in double, reordered sums of at most a few hundred terms of order 10 and
 * vector functions of 4 ulp: 1e-11 relative to the largest element. */
#ifndef EGM_TESTS_FORMULA_CHECK_H
#define EGM_TESTS_FORMULA_CHECK_H

#include "graph_support.h"

static t_data data, plus, minus;

static inline double t_largest(const double *x, int64_t n)
{
	double m = 1;
	for (int64_t i = 0; i < n; i++) m = fabs(x[i]) > m ? fabs(x[i]) : m;
	return m;
}

/* d out / d in[which][i], weighted: sum_j w_j (out+_j - out-_j) / 2h */
static inline double t_difference(const formula *f, egm_context *c, int order, int which, int64_t i, const double *w)
{
	const double h = 1e-5;
	double sum = 0;
	plus = minus = data;
	plus.in[which][i] += h;
	minus.in[which][i] -= h;
	int64_t n = t_run(f, c, &plus, order, 0);
	t_run(f, c, &minus, order, 0);
	for (int64_t j = 0; j < n; j++) sum += w[j] * (plus.out[j] - minus.out[j]);
	return sum / (2 * h);
}

/* derivative of `order` by the interpreter against differences of the order below */
static inline void check_derivative(const formula *f, egm_context *c, int order)
{
	static double got[T_MAX_ELEMENTS];
	int64_t n = t_run(f, c, &data, order, 0), at = 0;
	memcpy(got, data.out, (size_t)n * sizeof *got);
	double scale = t_largest(got, n);
	for (int k = 0; k < f->n_in; k++) {
		int64_t count = egm__shape_count(&f->in[k]);
		for (int64_t i = 0; i<count; i += count> 100 ? 97 : 1) {
			double want = t_difference(f, c, order - 1, k, i, order == T_GRADIENT ? data.seed : data.direction);
			double err = fabs(got[at + i] - want);
			ck_assert_msg(err <= 1e-6 * scale, "%s: derivative %d of input %d at %lld: %.12g, differences %.12g",
			              f->name, order, k, (long long)i, got[at + i], want);
		}
		at += count;
	}
}

static inline void check_program(const formula *f, egm_context *c, int order)
{
	static double want[T_MAX_ELEMENTS];
	int64_t n = t_run(f, c, &data, order, 0);
	memcpy(want, data.out, (size_t)n * sizeof *want);
	double scale = t_largest(want, n);
	for (int compiled = 1; compiled <= 2; compiled++) { /* 2: compiled without simplification */
		for (int64_t i = 0; i < n; i++) data.out[i] = NAN;
		t_run(f, c, &data, order, compiled);
		for (int64_t i = 0; i < n; i++) {
			double err = fabs(data.out[i] - want[i]);
			ck_assert_msg(err <= 1e-11 * scale, "%s: order %d, compiled %d, element %lld: %.17g, interpreter %.17g",
			              f->name, order, compiled, (long long)i, data.out[i], want[i]);
		}
	}
}

static inline egm_context *context(void)
{
	egm_context *c = NULL;
	ck_assert_int_eq(egm_context_create(&c, NULL), EGM_OK);
	return c;
}

#endif
