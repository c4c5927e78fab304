/* SPDX-License-Identifier: MIT */
/* What each elementwise kernel should give, in long double, and how far it may be off. */
#ifndef EGM_TESTS_TENSOR_TILE_ORACLE_H
#define EGM_TESTS_TENSOR_TILE_ORACLE_H

#include "paths.h"

static const char *const tile_names[EGM__TILE_COUNT] = {
    "fill", "splat",     "affine", "lin_vv",     "lin_vs",     "mul_vv",  "mul_vs",     "leaky",     "step",
    "exp",  "log",       "sqrt",   "recip",      "tanh",       "sigmoid", "softplus",   "erf",       "logistic",
    "elu",  "elu_slope", "silu",   "silu_slope", "silu_curve", "gelu",    "gelu_slope", "gelu_curve"};

static inline int tile_uses_b_array(int op)
{
	return op == EGM__TILE_LIN_VV || op == EGM__TILE_MUL_VV;
}

static inline int tile_uses_b(int op)
{
	return tile_uses_b_array(op) || op == EGM__TILE_LIN_VS || op == EGM__TILE_MUL_VS;
}

static inline long double tile_value(int op, long double a, long double b, const double c[3])
{
	switch (op) {
	case EGM__TILE_FILL:
		return c[0];
	case EGM__TILE_SPLAT:
		return a;
	case EGM__TILE_AFFINE:
		return c[0] * a + c[1];
	case EGM__TILE_LIN_VV:
	case EGM__TILE_LIN_VS:
		return c[0] * a + c[1] * b + c[2];
	case EGM__TILE_MUL_VV:
	case EGM__TILE_MUL_VS:
		return c[0] * a * b + c[1];
	case EGM__TILE_LEAKY:
		return a > 0 ? a : c[0] * a;
	case EGM__TILE_STEP:
		return isnan(a) ? a : a > 0 ? 1 : c[0];
	case EGM__TILE_EXP:
		return expl(a);
	case EGM__TILE_LOG:
		return logl(a);
	case EGM__TILE_SQRT:
		return sqrtl(a);
	case EGM__TILE_RECIP:
		return a == 0 ? 0 : 1 / a;
	case EGM__TILE_TANH:
		return tanhl(a);
	case EGM__TILE_SIGMOID:
		return a > 0 ? 1 / (1 + expl(-a)) : expl(a) / (1 + expl(a));
	case EGM__TILE_SOFTPLUS:
		return (a > 0 ? a : 0) + log1pl(expl(-fabsl(a)));
	case EGM__TILE_ERF:
		return erfl(a);
	default:
		return NAN;
	}
}

/* eps = 2u is the spacing at 1; one ulp of y is at most eps |y|, and one smallest subnormal d near 0.
 *  - linear forms: each term passes at most three roundings, 3u/(1-3u) < 2 eps of the sum of magnitudes;
 *  - exp, log, tanh, erf: 4 ulp is what glibc promises for its vector functions;
 *  - sigmoid: e = exp(-|a|) is 4 ulp off, s = 1/(1+e) passes that on at most by half and adds two roundings, e s one
 *    more: 4 + 2 + 1.5 < 8;
 *  - softplus: log1p does not enlarge a relative error, adds 4 ulp and the sum rounds once: 4 + 4 + 1 = 9;
 *  - leaky, sqrt, recip: one rounding. */
static inline long double tile_bound(int op, egm_dtype type, long double a, long double b, const double c[3])
{
	long double eps = egm_test_epsilon(type), y = fabsl(tile_value(op, a, b, c));
	long double d = type == EGM_F64 ? 0x1p-1074L : 0x1p-149L;
	switch (op) {
	case EGM__TILE_AFFINE:
		return 2 * eps * (fabsl(c[0] * a) + fabs(c[1])) + 2 * d;
	case EGM__TILE_LIN_VV:
	case EGM__TILE_LIN_VS:
		return 2 * eps * (fabsl(c[0] * a) + fabsl(c[1] * b) + fabs(c[2])) + 3 * d;
	case EGM__TILE_MUL_VV:
	case EGM__TILE_MUL_VS:
		return 2 * eps * (fabsl(c[0] * a * b) + fabs(c[1])) + 3 * d;
	case EGM__TILE_LEAKY:
	case EGM__TILE_SQRT:
	case EGM__TILE_RECIP:
		return eps / 2 * y * (1 + eps) + d;
	case EGM__TILE_EXP:
	case EGM__TILE_LOG:
	case EGM__TILE_TANH:
	case EGM__TILE_ERF:
		return 4 * (eps * y + d);
	case EGM__TILE_SIGMOID:
		return 8 * (eps * y + d);
	case EGM__TILE_SOFTPLUS:
		return 9 * (eps * y + d);
	default:
		return 0;
	}
}

/* Arguments over what the type holds: ordinary sizes, the tails of exp, and tiny and huge magnitudes. Products of two
 * stay finite. */
static inline double tile_argument(int op, egm_dtype type, uint64_t *state)
{
	double kind = egm_test_random(state), u = egm_test_random(state), sign = egm_test_random(state) < .5 ? -1 : 1;
	double range = type == EGM_F64 ? 700 : 87, decades = type == EGM_F64 ? 150 : 18;
	double x = kind < .5 ? sign * 10 * u : kind < .75 ? sign * range * u : sign * pow(10, decades * (2 * u - 1));
	if (op == EGM__TILE_LOG || op == EGM__TILE_SQRT) x = fabs(x);
	return op == EGM__TILE_EXP && x > range ? range * u : x;
}

#endif
