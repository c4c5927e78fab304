/* SPDX-License-Identifier: MIT */
/* e^x, log, tanh and erf for one T and its whole range, where glibc's libmvec is missing. They are made of the
 * exponential in parts and the quotient for the normal distribution of template_functions.h, which do not need an
 * instruction for a b + c to be accurate. Lanes are independent, NaN gives NaN, and tanh and erf keep the sign of 0.
 * Where the processor treats subnormal numbers as 0, a subnormal argument or result is 0, and all other results are the
 * same. In the comments t = |x| and Phi is the distribution function of N(0, 1). The error bounds are in
 * tests/tensor/test_math.c. */

/* The exponent of e^x is raised for x <= 0, as in exp_of, and lowered for x > 0, so that 2^n stays in range. */
INLINE V FN(v_exp)(V x)
{
	V in = FN(larger)(FN(vector)(LEAST_EXPONENT), FN(smaller)(FN(vector)(MOST_EXPONENT), x));
#if VECTOR_BYTES == 64
	FN(power) e = FN(exp_of)(in);
	return FN(scale)(1 + e.p, e);
#else
	const V zero = {0};
	V shifter = FN(where_less)(zero, x, FN(vector)(LOWERED_SHIFTER), FN(vector)(SHIFTER));
	FN(power) e = FN(exp_shifted)(in, shifter);
	return (1 + e.p) * e.factor * FN(where_less)(zero, x, FN(vector)(TWO_TO_RAISED), FN(vector)(1 / TWO_TO_RAISED));
#endif
}

/* For 0 < x < infinity: x = 2^n (1 + f), sqrt(1/2) <= 1 + f < sqrt 2, and with y = f / (1 + f/2)
 *     log(1 + f) = 2 artanh(y/2) = y + y^3 tail(y^2) = f - (f^2/2 - y (f^2/4 + y^2 tail(y^2))).
 * In the last form f is exact, and the rounding of y counts little (Ng, in fdlibm 1993). Subnormal numbers are scaled
 * up first. */
INLINE V FN(log_of)(V x)
{
	const W sign = (W)FN(vector)(-0.0);
	const double integers = (double)((int64_t)1 << FRACTION_BITS); /* the spacing there is 1 */
	const double half_range = (double)((int64_t)1 << (8 * sizeof(T) - FRACTION_BITS - 1));
	V least = FN(vector)(LEAST_NORMAL), up = FN(vector)(integers), zero = {0};
	W bits = (W)(x * FN(where_less)(x, least, up, FN(vector)(1)));
	W above = bits - (W)FN(vector)(M_SQRT1_2);
	V f = (V)(bits - (above & ~(W){0} << FRACTION_BITS)) - 1;
	V n = (V)((above ^ sign) >> FRACTION_BITS | (W)up) - FN(vector)(integers + half_range);
	n = n - FN(where_less)(x, least, FN(vector)(FRACTION_BITS), zero);
	V y = f / FN(madd)(f, FN(vector)(0.5), FN(vector)(1)), half = FN(vector)(0.5) * f * f;
	V rest = FN(madd)(y * y, FN(series)(y * y, LOG_TAIL), FN(vector)(0.5) * half);
	rest = FN(madd)(y, rest, n * FN(vector)(LOG2_LOW));
	return FN(madd)(n, FN(vector)(LOG2_HIGH), f - (half - rest));
}

INLINE V FN(v_log)(V x)
{
	const V zero = {0}, infinity = FN(vector)(INFINITY);
	V special = FN(where_less)(x, zero, FN(vector)(NAN), -infinity);
	V y = FN(where_less)(zero, x, FN(log_of)(x), special);
	return FN(where_less)(x, infinity, y, x + x);
}

/* The magnitude of y with the sign of x. */
INLINE V FN(with_sign)(V y, V x)
{
	return FN(select)((B)FN(vector)(-0.0), x, y);
}

/* x + x^3 tail(x^2) for t < 0.55, else 1 - 2 e / (1 + e) with e = e^-2t, whose last term is then below 1/2. */
INLINE V FN(v_tanh)(V x)
{
	V near = FN(madd)(x, x * x * FN(series)(x * x, TANH_TAIL), x);
	V m = FN(below_zero)(x, LEAST_EXPONENT / 2);
	FN(power) power = FN(exp_of)(m + m);
	V e = FN(scale)(1 + power.p, power), far = 1 - (e + e) / (1 + e);
	return FN(with_sign)(FN(where_less)(FN(vector)(-0.55), m, near, far), x);
}

/* x + x tail(x^2) for t < 1, else 1 - 2 Phi(-sqrt(2) t), where the error of e^(-t^2) counts little beside 1. From t = 6
 * this is 1. */
INLINE V FN(v_erf)(V x)
{
	V raised = x * FN(vector)(TWO_TO_RAISED); /* x tail may be flushed to 0 where x is not */
	V near = FN(madd)(raised, FN(series)(x * x, ERF_TAIL), raised) * FN(vector)(1 / TWO_TO_RAISED);
	V m = FN(below_zero)(x, -6), quotient = FN(normal_tail)(m * FN(vector)(-M_SQRT2));
	V far = 1 - FN(times)(quotient + quotient, FN(exp_of)(-m * m));
	return FN(with_sign)(FN(where_less)(FN(vector)(-1), m, near, far), x);
}
