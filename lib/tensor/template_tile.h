/* SPDX-License-Identifier: MIT */
/* Elementwise kernels, for one T. Each is a function on vectors, FN(op_NAME), that FN(map) applies to arrays. All of it
 * is inlined with constant arguments, so that a kernel is one loop. y may be a or b, because every element is read once
 * and before it is written. */

typedef V (*FN(tile_op))(V a, V b, const V *c);

/* What a kernel reads: nothing, a, a and an array b, a and a number b. */
#ifndef TILE_OPERANDS
#define TILE_OPERANDS
enum { NO_INPUT, INPUT, INPUT_ARRAY, INPUT_NUMBER };
#endif

/* The first k of LANES elements. If k is the constant LANES, this is a plain move. */
INLINE V FN(load_k)(const T *p, int64_t k)
{
	return k == LANES ? FN(load)(p) : FN(load_part)(p, k);
}

INLINE void FN(store_k)(T *p, V x, int64_t k)
{
	if (k == LANES) {
		FN(store)(p, x);
	} else {
		FN(store_part)(p, x, k);
	}
}

/* Elements i .. i + k - 1. a and b may be NULL if `inputs` excludes them. */
INLINE void FN(map_at)(int64_t i, int64_t k, T *y, const T *a, const T *b, int inputs, V number, const V *c,
                       FN(tile_op) op)
{
	V x = inputs == NO_INPUT ? number : FN(load_k)(a + i, k);
	FN(store_k)(y + i, op(x, inputs == INPUT_ARRAY ? FN(load_k)(b + i, k) : number, c), k);
}

/* Only the first `used` constants are read. */
INLINE void FN(map)(int64_t n, T *y, const T *a, const T *b, const double *constants, int inputs, int used,
                    FN(tile_op) op)
{
	V c[3] = {{0}};
	for (int j = 0; j < used; j++) c[j] = FN(vector)(constants[j]);
	V number = FN(vector)(inputs == INPUT_NUMBER ? *b : 0);
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FN(map_at)(i, LANES, y, a, b, inputs, number, c, op);
	if (i < n) FN(map_at)(i, n - i, y, a, b, inputs, number, c, op);
}

#define TILE(name, inputs, used, expression)                                                         \
	INLINE V FN(op_##name)(V a, V b, const V *c)                                                     \
	{                                                                                                \
		(void)a, (void)b, (void)c;                                                                   \
		return expression;                                                                           \
	}                                                                                                \
	static void FN(tile_##name)(int64_t n, void *y, const void *a, const void *b, const double c[3]) \
	{                                                                                                \
		FN(map)(n, y, a, b, c, inputs, used, FN(op_##name));                                         \
	}

INLINE V FN(step_of)(V a, V low)
{
	return FN(select)(a != a, a, FN(select)(a > 0, FN(vector)(1), low));
}

/* 1/a, and 0 at 0, where nothing is divided by 0. */
INLINE V FN(recip_of)(V a)
{
	B zero = a == 0;
	return (V)((B)(1 / FN(select)(zero, FN(vector)(1), a)) & ~zero);
}

TILE(FILL, NO_INPUT, 1, c[0])
TILE(scale_shift, INPUT, 2, c[0] * a + c[1])
TILE(LIN_VV, INPUT_ARRAY, 3, c[0] * a + c[1] * b + c[2])
TILE(LIN_VS, INPUT_NUMBER, 3, c[0] * a + c[1] * b + c[2])
TILE(MUL_VV, INPUT_ARRAY, 2, c[0] * a * b + c[1])
TILE(MUL_VS, INPUT_NUMBER, 2, c[0] * a * b + c[1])
TILE(LEAKY, INPUT, 1, FN(select)(a > 0, a, c[0] * a))
TILE(STEP, INPUT, 1, FN(step_of)(a, c[0]))
TILE(EXP, INPUT, 0, FN(v_exp)(a))
TILE(LOG, INPUT, 0, FN(v_log)(a))
TILE(SQRT, INPUT, 0, FN(v_sqrt)(a))
TILE(RECIP, INPUT, 0, FN(recip_of)(a))
TILE(TANH, INPUT, 0, FN(v_tanh)(a))
TILE(SIGMOID, INPUT, 0, FN(sigmoid_of)(a))
TILE(SOFTPLUS, INPUT, 0, FN(softplus_of)(a))
TILE(ERF, INPUT, 0, FN(v_erf)(a))
TILE(LOGISTIC, INPUT, 2, FN(logistic_of)(c[1] * a, c[0]))
TILE(ELU, INPUT, 1, FN(elu_of)(a, c[0]))
TILE(ELU_SLOPE, INPUT, 1, FN(elu_slope_of)(a, c[0]))
TILE(SILU, INPUT, 0, FN(silu_of)(a))
TILE(SILU_SLOPE, INPUT, 0, FN(silu_slope_of)(a))
TILE(SILU_CURVE, INPUT, 0, FN(silu_curve_of)(a))
TILE(GELU, INPUT, 0, FN(gelu_of)(a))
TILE(GELU_SLOPE, INPUT, 0, FN(gelu_slope_of)(a))
TILE(GELU_CURVE, INPUT, 0, FN(gelu_curve_of)(a))
#undef TILE

static void FN(tile_SPLAT)(int64_t n, void *y, const void *a, const void *b, const double c[3])
{
	(void)c;
	const double number[3] = {n > 0 ? *(const T *)a : 0, 0, 0};
	FN(tile_FILL)(n, y, a, b, number);
}

static void FN(tile_AFFINE)(int64_t n, void *y, const void *a, const void *b, const double c[3])
{
	if (c[0] != 1 || c[1] != 0) {
		FN(tile_scale_shift)(n, y, a, b, c);
	} else if (y != a && n > 0) {
		memcpy(y, a, (size_t)n * sizeof(T));
	}
}

INLINE V FN(add_op)(V a, V b, const V *c)
{
	(void)c;
	return a + b;
}

static void FN(accumulate)(int64_t n, void *y, const void *a)
{
	FN(map)(n, y, y, a, NULL, INPUT_ARRAY, 0, FN(add_op));
}
