/* SPDX-License-Identifier: MIT */
/* The value of each elementwise kernel in long double, and its error bound. */
#ifndef EGM_TESTS_TENSOR_TILE_ORACLE_H
#define EGM_TESTS_TENSOR_TILE_ORACLE_H

#include "paths.h"

#define TILE_NAME(name, text) #name,
static const char *const tile_names[EGM__TILE_COUNT] = {EGM__TILES(TILE_NAME)};

static inline int tile_uses_b_array(int op)
{
	return op == EGM__TILE_LIN_VV || op == EGM__TILE_MUL_VV;
}

static inline int tile_uses_b(int op)
{
	return tile_uses_b_array(op) || op == EGM__TILE_LIN_VS || op == EGM__TILE_MUL_VS;
}

/* s(a) s(-a), s the logistic sigmoid */
static inline long double tile_bell(long double a)
{
	long double e = expl(-fabsl(a));
	return e / ((1 + e) * (1 + e));
}

static inline long double tile_sigmoid(long double a)
{
	return a > 0 ? 1 / (1 + expl(-a)) : expl(a) / (1 + expl(a));
}

static inline long double tile_density(long double a)
{
	return expl(-a * a / 2) * 0.398942280401432677939946L;
}

/* The two summands of slopes and curvatures; 0 and the value for others. Beyond 2000 neither changes any more. */
static inline void tile_summands(int op, long double a, long double x[2])
{
	long double t = a > 2000 ? 2000 : a < -2000 ? -2000 : a;
	x[0] = x[1] = 0;
	if (op == EGM__TILE_SILU_SLOPE) x[0] = tile_sigmoid(t), x[1] = t * tile_bell(t);
	if (op == EGM__TILE_SILU_CURVE) x[0] = 2 * tile_bell(t), x[1] = -t * tanhl(t / 2) * tile_bell(t);
	if (op == EGM__TILE_GELU_SLOPE) x[0] = erfcl(-t * sqrtl(0.5L)) / 2, x[1] = t * tile_density(t);
	if (op == EGM__TILE_GELU_CURVE) x[0] = 2 * tile_density(t), x[1] = -t * t * tile_density(t);
}

static inline long double tile_largest(int op, long double a)
{
	long double x[2];
	tile_summands(op, a, x);
	return fmaxl(fabsl(x[0]), fabsl(x[1]));
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
		return tile_sigmoid(a);
	case EGM__TILE_SOFTPLUS:
		return (a > 0 ? a : 0) + log1pl(expl(-fabsl(a)));
	case EGM__TILE_ERF:
		return erfl(a);
	case EGM__TILE_LOGISTIC:
		return c[0] * tile_bell(c[1] * a);
	case EGM__TILE_ELU:
		return a > 0 ? a : c[0] * expm1l(a);
	case EGM__TILE_ELU_SLOPE:
		return a > 0 ? 1 : c[0] * expl(a);
	case EGM__TILE_SILU:
		return a * tile_sigmoid(a);
	case EGM__TILE_GELU:
		return a * erfcl(-a * sqrtl(0.5L)) / 2;
	case EGM__TILE_SILU_SLOPE:
	case EGM__TILE_SILU_CURVE:
	case EGM__TILE_GELU_SLOPE:
	case EGM__TILE_GELU_CURVE: {
		long double x[2];
		tile_summands(op, a, x);
		return x[0] + x[1];
	}
	default:
		return NAN;
	}
}

/* eps = 2u is the spacing at 1; one ulp of y is at most eps |y|, and one smallest subnormal d near 0.
 *  - linear forms: each term passes at most three roundings, 3u/(1-3u) < 2 eps of the sum of magnitudes;
 *  - exp, log, tanh, erf: 4 ulp, as documented by glibc for its vector functions;
 *  - sigmoid, softplus: 4 ulp. The error of e = (1 + p) 2^n is less than 1.5 ulp: r is rounded and below 0.35, p is
 * rounded and below 0.42, which is 1/4 ulp for each; 1 + p rounds by 1/2; the error of the polynomial is less than 1/4.
 *    1/(1 + e) inherits half of that at most and rounds twice, e s rounds once. y = e / (1 + e/2) inherits all of it
 * and rounds twice; the sum of its series and the sum with a round once each;
 *  - activations and slopes: 4 ulp of the largest summand, curvatures: 8, as in activation_reference.h. They have
 * between 5 and 9 divisions, products and sums of polynomials whose coefficients have one sign, half an ulp each. The
 * largest errors among 10^7 arguments of each on each path are 3.95 and 4.7;
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
	case EGM__TILE_SOFTPLUS:
	case EGM__TILE_LOGISTIC:
	case EGM__TILE_ELU:
	case EGM__TILE_ELU_SLOPE:
	case EGM__TILE_SILU:
	case EGM__TILE_GELU:
		return 4 * (eps * y + d);
	case EGM__TILE_SILU_SLOPE:
	case EGM__TILE_GELU_SLOPE:
		return 4 * (eps * tile_largest(op, a) + d);
	case EGM__TILE_SILU_CURVE:
	case EGM__TILE_GELU_CURVE:
		return 8 * (eps * tile_largest(op, a) + d);
	default:
		return 0;
	}
}

/* Arguments over the range of the type: ordinary sizes, the tails of exp, and tiny and huge magnitudes. The product of
 * two is finite. */
static inline double tile_argument(int op, egm_dtype type, uint64_t *state)
{
	double kind = egm_test_random(state), u = egm_test_random(state), sign = egm_test_random(state) < .5 ? -1 : 1;
	double range = type == EGM_F64 ? 700 : 87, decades = type == EGM_F64 ? 150 : 18;
	double x = kind < .5 ? sign * 10 * u : kind < .75 ? sign * range * u : sign * pow(10, decades * (2 * u - 1));
	if (op == EGM__TILE_LOG || op == EGM__TILE_SQRT) x = fabs(x);
	return op == EGM__TILE_EXP && x > range ? range * u : x;
}

#endif
