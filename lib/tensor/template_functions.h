/* SPDX-License-Identifier: MIT */
/* Activation functions with their first and second derivatives (slope, curve), for one T and its whole range: no result
 * is a difference of numbers that nearly cancel, and no factor overflows or underflows before the result does. All are
 * made of exponentials of arguments <= 0, which are kept in parts,
 *
 *     e^x = (1 + p) 2^n,  n = round(x / log 2),  1 + p = e^r,  r = x - n log 2
 *
 * with log 2 in two parts (Cody and Waite 1980). A factor is multiplied with 1 + p before the power of two, which may
 * underflow. Slopes for a > 0 follow from f'(a) + f'(-a) = 1. In the comments t = |a|, e = e^-t, d = 1 + e, s is the
 * logistic sigmoid, Phi the distribution function of N(0, 1) and phi its density. The error bounds are in
 * tests/tensor/tile_oracle.h. */

/* (1 + p) 2^n. Without an instruction for 2^n: factor = 2^n TWO_TO_RAISED, which does not underflow where 2^n does. */
typedef struct FN(power) {
	V p;
#if VECTOR_BYTES == 64
	V n;
#else
	V factor;
#endif
} FN(power);

/* x in every lane, by x - 0: 0 + x would lose the sign of -0. */
INLINE V FN(vector)(double x)
{
	return (T)x - (V){0};
}

/* max(-|a|, least); NaN for NaN */
INLINE V FN(below_zero)(V a, double least)
{
	return FN(larger)(FN(vector)(least), (V)((B)a | (B)FN(vector)(-0.0)));
}

INLINE V FN(series)(V x, const T *c, int n)
{
	V y = FN(vector)(c[n - 1]);
	UNROLL
	for (int i = n - 2; i >= 0; i--) y = FN(madd)(y, x, FN(vector)(c[i]));
	return y;
}

/* The low bits of shifted = n + SHIFTER are the exponent of `factor`. */
INLINE FN(power) FN(power_of)(V shifted, V n, V r)
{
	FN(power) e = {.p = FN(madd)(r * r, FN(series)(r, EXP_TAIL), r)};
#if VECTOR_BYTES == 64
	(void)shifted;
	e.n = n;
#else
	(void)n;
	e.factor = (V)((W)shifted << FRACTION_BITS);
#endif
	return e;
}

/* e^x, with shifted = n + shifter */
INLINE FN(power) FN(exp_shifted)(V x, V shifter)
{
	V shifted = FN(madd)(x, FN(vector)(1.4426950408889634), shifter), n = shifted - shifter;
	V r = FN(madd)(n, FN(vector)(-LOG2_LOW), FN(madd)(n, FN(vector)(-LOG2_HIGH), x));
	return FN(power_of)(shifted, n, r);
}

/* e^x, LEAST_EXPONENT <= x <= 0 */
INLINE FN(power) FN(exp_of)(V x)
{
	return FN(exp_shifted)(x, FN(vector)(SHIFTER));
}

/* e^(x + y), y small */
INLINE FN(power) FN(exp_of_sum)(V x, V y)
{
	V shifted = FN(madd)(x + y, FN(vector)(1.4426950408889634), FN(vector)(SHIFTER)), n = shifted - FN(vector)(SHIFTER);
	V r = FN(madd)(n, FN(vector)(-LOG2_HIGH), x) + FN(madd)(n, FN(vector)(-LOG2_LOW), y);
	return FN(power_of)(shifted, n, r);
}

/* x 2^n */
INLINE V FN(scale)(V x, FN(power) e)
{
#if VECTOR_BYTES == 64
	return SCALE(x, e.n);
#else
	return x * e.factor * FN(vector)(1 / TWO_TO_RAISED);
#endif
}

/* f e^x */
INLINE V FN(times)(V f, FN(power) e)
{
	return FN(scale)(FN(madd)(f, e.p, f), e);
}

/* 1 / d, or e / d for a < 0, so that the relative error is small on both sides */
INLINE V FN(sigmoid_of)(V a)
{
	FN(power) power = FN(exp_of)(FN(below_zero)(a, LEAST_EXPONENT));
	V e = FN(scale)(1 + power.p, power), s = 1 / (1 + e);
	return FN(where_less)(a, FN(vector)(0), e * s, s);
}

/* max(a, 0) + log(1 + e) */
INLINE V FN(softplus_of)(V a)
{
	FN(power) power = FN(exp_of)(FN(below_zero)(a, LEAST_EXPONENT));
	V e = FN(scale)(1 + power.p, power), y = e / FN(madd)(e, FN(vector)(0.5), FN(vector)(1));
	return FN(larger)(FN(vector)(0), a) + FN(madd)(y * (y * y), FN(series)(y * y, LOG_TAIL), y);
}

/* f s(a) s(-a) = f e / d^2, d^2 = 1 + e (2 + e) */
INLINE V FN(logistic_of)(V a, V f)
{
	FN(power) power = FN(exp_of)(FN(below_zero)(a, LEAST_EXPONENT));
	V e = FN(scale)(1 + power.p, power);
	return FN(times)(f / FN(madd)(e, 2 + e, FN(vector)(1)), power);
}

/* a > 0 ? a : alpha (e^a - 1), where e^a - 1 = 2^n p + (2^n - 1) */
INLINE V FN(elu_of)(V a, V alpha)
{
	const V zero = {0}, one = FN(vector)(1);
	FN(power) e = FN(exp_of)(FN(larger)(FN(vector)(LEAST_EXPONENT), FN(smaller)(zero, a)));
	V scale = FN(scale)(one, e);
	return FN(where_less)(zero, a, a, alpha * FN(madd)(scale, e.p, scale - 1));
}

/* a > 0 ? 1 : alpha e^a, as e^(a/2) alpha e^(a/2), because alpha may be large where e^a underflows */
INLINE V FN(elu_slope_of)(V a, V alpha)
{
	const V zero = {0}, half = FN(vector)(0.5);
	FN(power) e = FN(exp_of)(FN(larger)(FN(vector)(LEAST_EXPONENT), half * FN(smaller)(zero, a)));
	V root = FN(scale)(1 + e.p, e);
	return FN(where_less)(zero, a, FN(vector)(1), root * alpha * root);
}

/* a s(a) = a / d, or -t e / d for a < 0 */
INLINE V FN(silu_of)(V a)
{
	V m = FN(below_zero)(a, LEAST_EXPONENT);
	FN(power) power = FN(exp_of)(m);
	V r = 1 / (1 + FN(scale)(1 + power.p, power));
	return FN(where_less)(a, FN(vector)(0), FN(times)(m * r, power), a * r);
}

/* s(a) + a s(a) s(-a) = e (d - t) / d^2 for a < 0 */
INLINE V FN(silu_slope_of)(V a)
{
	V m = FN(below_zero)(a, LEAST_EXPONENT);
	FN(power) power = FN(exp_of)(m);
	V e = FN(scale)(1 + power.p, power);
	V left = FN(times)((1 + e + m) / FN(madd)(e, 2 + e, FN(vector)(1)), power);
	return FN(where_less)(a, FN(vector)(0), left, 1 - left);
}

/* s(a) s(-a) (2 - a tanh(a/2)) = e (2 d - t (1 - e)) / d^3 on both sides */
INLINE V FN(silu_curve_of)(V a)
{
	V m = FN(below_zero)(a, LEAST_EXPONENT);
	FN(power) power = FN(exp_of)(m);
	V e = FN(scale)(1 + power.p, power), d = 1 + e;
	return FN(times)(FN(madd)(m, 1 - e, 2 * d) / (d * FN(madd)(e, 2 + e, FN(vector)(1))), power);
}

/* e^(-t^2/2). The square is kept in two parts, because its rounding would be a relative error of t^2/2 roundings. */
INLINE FN(power) FN(bell)(V t)
{
	V head = (V)((B)t & ~(B){0} << (FRACTION_BITS / 2 + 1)), rest = t - head;
	return FN(exp_of_sum)(head * head * FN(vector)(-0.5), rest * (t + head) * FN(vector)(-0.5));
}

/* e^(t^2/2) Phi(-t), t >= 0 */
INLINE V FN(normal_tail)(V t)
{
	V p = FN(series)(t, NORMAL_P);
	return p / FN(madd)(t * p, FN(vector)(2.5066282746310005), FN(series)(t, NORMAL_N));
}

/* a Phi(a) = -t Phi(-t) for a < 0, and a - t Phi(-t) for a > 0; a/2 near 0, where t Phi(-t) may be flushed to 0 and a
 * not */
INLINE V FN(gelu_of)(V a)
{
	V m = FN(below_zero)(a, LEAST_DEVIATIONS), p = m * FN(series)(-m, NORMAL_P);
	V quotient = p / FN(madd)(p, FN(vector)(-2.5066282746310005), FN(series)(-m, NORMAL_N));
	V y = FN(larger)(FN(vector)(0), a) + FN(times)(quotient, FN(bell)(-m));
	return FN(where_less)(FN(vector)(-0x1p-60), m, FN(vector)(0.5) * a, y);
}

/* Phi(a) + a phi(a) = Phi(-t) - t phi(t) for a < 0 */
INLINE V FN(gelu_slope_of)(V a)
{
	V t = -FN(below_zero)(a, LEAST_DEVIATIONS), tail = FN(normal_tail)(t);
	V left = FN(times)(FN(madd)(t, FN(vector)(-0.39894228040143268), tail), FN(bell)(t));
	return FN(where_less)(a, FN(vector)(0), left, 1 - left);
}

/* phi(a) (2 - a^2) */
INLINE V FN(gelu_curve_of)(V a)
{
	V t = FN(below_zero)(a, LEAST_DEVIATIONS);
	return FN(times)(FN(vector)(0.39894228040143268) * FN(madd)(-t, t, FN(vector)(2)), FN(bell)(t));
}
