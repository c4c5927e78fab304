/* SPDX-License-Identifier: MIT */
/* Values of the activations at a few hundred arguments each, and error bounds: 4 units in the last place for value and
 * slope, 8 for the curvature. The unit is that of the result, or, for formulas with roots, that of the largest summand:
 *   silu' = s + x s (1 - s),  silu'' = 2 q - q x tanh(x/2),  gelu' = Phi + x phi,  gelu'' = 2 phi - x^2 phi.
 * A subnormal result may also be 0, because programs flush those. */
#ifndef EGM_TESTS_ACTIVATION_REFERENCE_H
#define EGM_TESTS_ACTIVATION_REFERENCE_H

#include <egm/model.h>
#include <float.h>
#include <math.h>
#include <support.h>

enum { VALUE, SLOPE, CURVE, ORDERS, MOST_ROWS = 400 };

typedef struct activation_row {
	double x;
	long double y[ORDERS];
} activation_row;

#include "activation_rows/elu.h"
#include "activation_rows/gelu.h"
#include "activation_rows/sigmoid.h"
#include "activation_rows/silu.h"
#include "activation_rows/softplus.h"
#include "activation_rows/tanh.h"

typedef struct activation {
	const char *name;
	const activation_row *rows;
	int n;
	void (*summands)(long double x, long double largest[ORDERS]); /* NULL: the formula has one summand */
} activation;

#define ELU_ALPHA 1.25

static inline void silu_summands(long double x, long double largest[ORDERS])
{
	long double t = fminl(fabsl(x), 5000), e = expl(-t), q = e / ((1 + e) * (1 + e)),
	            s = x < 0 ? e / (1 + e) : 1 / (1 + e);
	largest[SLOPE] = fmaxl(s, t * q);
	largest[CURVE] = fmaxl(2 * q, t * q * tanhl(t / 2));
}

static inline void gelu_summands(long double x, long double largest[ORDERS])
{
	long double t = fminl(fabsl(x), 100), phi = expl(-t * t / 2) * 0.398942280401432677939946L;
	largest[SLOPE] = fmaxl(erfcl((x < 0 ? t : -t) * sqrtl(0.5L)) / 2, t * phi);
	largest[CURVE] = fmaxl(2 * phi, t * t * phi);
}

#define ACTIVATION(name, summands)                                             \
	{                                                                          \
#name, name##_rows, sizeof name##_rows / sizeof *name##_rows, summands \
	}
static const activation activations[] = {ACTIVATION(elu, NULL),           ACTIVATION(softplus, NULL),
                                         ACTIVATION(sigmoid, NULL),       ACTIVATION(tanh, NULL),
                                         ACTIVATION(silu, silu_summands), ACTIVATION(gelu, gelu_summands)};
enum { N_ACTIVATIONS = sizeof activations / sizeof *activations };

/* One unit in the last place of y in the type, at least that of its subnormal numbers. */
static inline long double last_place(egm_dtype type, long double y)
{
	int exponent = -10000, digits = type == EGM_F64 ? DBL_MANT_DIG : FLT_MANT_DIG;
	int least = type == EGM_F64 ? DBL_MIN_EXP : FLT_MIN_EXP;
	if (y != 0) frexpl(y, &exponent);
	return ldexpl(1, (exponent < least ? least : exponent) - digits);
}

/* Whether `got` is within the bound of `order` of the row, in the type. */
static inline int activation_agrees(const activation *a, const activation_row *row, int order, egm_dtype type,
                                    long double got)
{
	long double want = row->y[order], largest[ORDERS] = {fabsl(want), fabsl(want), fabsl(want)};
	long double normal = type == EGM_F64 ? DBL_MIN : FLT_MIN;
	if (a->summands) a->summands(row->x, largest);
	if (fabsl(want) < normal && got == 0) return 1;
	return fabsl(got - want) <= (order == CURVE ? 8 : 4) * last_place(type, largest[order]);
}

/* Writes the arguments that are numbers of the type to x and returns how many; at[i] is the row of x[i]. */
static inline int activation_arguments(const activation *a, egm_dtype type, double x[MOST_ROWS], int at[MOST_ROWS])
{
	int n = 0;
	for (int i = 0; i < a->n; i++) {
		double v = a->rows[i].x;
		if (type == EGM_F32 && (fabs(v) > FLT_MAX || (float)v != v || (v != 0 && fabs(v) < FLT_MIN))) continue;
		x[n] = v;
		at[n++] = i;
	}
	return n;
}

#endif
