/* SPDX-License-Identifier: MIT */
/* Derivatives of a formula against differences, and its program against the interpreter, in f64.
 *
 * The interpreter, on the graph as written, is compared with central differences. The compiled program, simplified and
 * fused, is compared with the interpreter.
 *
 * Differences: for h = 1e-5 and values and derivatives of order 1 to 100, truncation h^2/6 f''' and rounding eps f / h
 * are both near 1e-11. They add up in sums of up to a hundred terms; the bound 1e-6 leaves two powers of ten. Program:
 * both sides are in double, with reordered sums of at most a few hundred terms of order 10 and vector functions of 4
 * ulp. The bound is 1e-11 of the largest element. */
#ifndef EGM_TESTS_FORMULA_CHECK_H
#define EGM_TESTS_FORMULA_CHECK_H

#include "graph_support.h"

/* A shape of rank 2, the first input, and a formula by name, for rows of `formulas`. */
#define S(r, c)        \
	{                  \
		2,             \
		{              \
			r, c, 1, 1 \
		}              \
	}
#define X x[0]
#define FORMULA(n, expr)                              \
	static egm__id n(egm__graph *g, const egm__id *x) \
	{                                                 \
		return expr;                                  \
	}

static formula_data data, plus, minus;

static inline double largest_of(const double *x, int64_t n)
{
	double m = 1;
	for (int64_t i = 0; i < n; i++) m = fabs(x[i]) > m ? fabs(x[i]) : m;
	return m;
}

/* sum_j w_j d out_j / d in[which][i] by sum_j w_j (out+_j - out-_j) / 2h */
static inline double difference_quotient(const formula *f, egm_context *c, int order, int which, int64_t i,
                                         const double *w)
{
	const double h = 1e-5;
	double sum = 0;
	plus = minus = data;
	plus.in[which][i] += h;
	minus.in[which][i] -= h;
	int64_t n = run_formula(f, c, &plus, order, 0);
	run_formula(f, c, &minus, order, 0);
	for (int64_t j = 0; j < n; j++) sum += w[j] * (plus.out[j] - minus.out[j]);
	return sum / (2 * h);
}

/* The derivative of `order` by the interpreter against differences of the order below. */
static inline void check_derivative(const formula *f, egm_context *c, int order)
{
	static double got[MOST_ELEMENTS];
	int64_t n = run_formula(f, c, &data, order, 0), at = 0;
	memcpy(got, data.out, (size_t)n * sizeof *got);
	double scale = largest_of(got, n);
	for (int k = 0; k < f->n_in; k++) {
		int64_t count = egm__shape_count(&f->in[k]);
		for (int64_t i = 0; i<count; i += count> 100 ? 97 : 1) {
			double want =
			    difference_quotient(f, c, order - 1, k, i, order == ORDER_GRADIENT ? data.seed : data.direction);
			double err = fabs(got[at + i] - want);
			ck_assert_msg(err <= 1e-6 * scale, "%s: derivative %d of input %d at %lld: %.12g, differences %.12g",
			              f->name, order, k, (long long)i, got[at + i], want);
		}
		at += count;
	}
}

static inline void check_program(const formula *f, egm_context *c, int order)
{
	static double want[MOST_ELEMENTS];
	int64_t n = run_formula(f, c, &data, order, 0);
	memcpy(want, data.out, (size_t)n * sizeof *want);
	double scale = largest_of(want, n);
	for (int compiled = 1; compiled <= 2; compiled++) { /* 2: compiled without simplification */
		for (int64_t i = 0; i < n; i++) data.out[i] = NAN;
		run_formula(f, c, &data, order, compiled);
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
