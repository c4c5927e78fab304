/* SPDX-License-Identifier: MIT */
/* Numeric kernels over plain arrays, one table for each code path and element type. Tests call every path. Arrays are
 * contiguous and may be unaligned. An output may be the same array as an input of the same length (y == a, y == b);
 * otherwise arrays must not overlap. */
#ifndef EGM_TENSOR_KERNELS_IMPL_H
#define EGM_TENSOR_KERNELS_IMPL_H

#include <core/context_impl.h>
#include <core/rng_impl.h>
#include <tensor/product_impl.h>

/* The elementwise kernels, y[i] = f(a[i], b[i]; c). A row is a name for EGM__TILE_* and the name in listings of
 * programs. b is an array in VV and one number in VS; s is the logistic sigmoid. */
#define EGM__TILES(X)                                                                          \
	X(FILL, "fill")     /* c0 */                                                               \
	X(SPLAT, "splat")   /* a[0] for every i */                                                 \
	X(AFFINE, "affine") /* c0 a + c1; c0 = 1, c1 = 0 is a copy and keeps every bit */          \
	X(LIN_VV, "lin")    /* c0 a + c1 b + c2 */                                                 \
	X(LIN_VS, "lin_s")                                                                         \
	X(MUL_VV, "mul") /* c0 a b + c1 */                                                         \
	X(MUL_VS, "mul_s")                                                                         \
	X(LEAKY, "leaky") /* a > 0 ? a : c0 a; NaN for NaN */                                      \
	X(STEP, "step")   /* a > 0 ? 1 : c0; NaN for NaN */                                        \
	X(EXP, "exp")                                                                              \
	X(LOG, "log")                                                                              \
	X(SQRT, "sqrt")                                                                            \
	X(RECIP, "recip") /* 1/a, but 0 where a = 0: this makes the derivatives of norms finite */ \
	X(TANH, "tanh")                                                                            \
	X(SIGMOID, "sigmoid")                                                                      \
	X(SOFTPLUS, "softplus") /* max(a, 0) + log1p(exp(-|a|)) */                                 \
	X(ERF, "erf")                                                                              \
	X(LOGISTIC, "logistic")   /* c0 s(c1 a) s(-c1 a) */                                        \
	X(ELU, "elu")             /* a > 0 ? a : c0 (e^a - 1) */                                   \
	X(ELU_SLOPE, "elu_slope") /* a > 0 ? 1 : c0 e^a; NaN for NaN */                            \
	X(SILU, "silu")           /* a s(a) */                                                     \
	X(SILU_SLOPE, "silu_slope")                                                                \
	X(SILU_CURVE, "silu_curve") /* second derivative */                                        \
	X(GELU, "gelu")             /* a Phi(a), Phi the distribution function of N(0, 1) */       \
	X(GELU_SLOPE, "gelu_slope")                                                                \
	X(GELU_CURVE, "gelu_curve")

#define EGM__TILE_ENUM(NAME, text) EGM__TILE_##NAME,
typedef enum egm__tile_op { EGM__TILES(EGM__TILE_ENUM) EGM__TILE_COUNT } egm__tile_op;
#undef EGM__TILE_ENUM

typedef void (*egm__tile_fn)(int64_t n, void *y, const void *a, const void *b, const double c[3]);

typedef struct egm__adam {
	double learning_rate, beta1, beta2, epsilon;
	double correction1, correction2; /* 1 - beta1^t, 1 - beta2^t */
	double gradient_scale;           /* from clipping, usually 1 */
} egm__adam;

typedef struct egm__kernels {
	const char *name; /* of the path: "portable", "avx2", "avx512" or "neon" */
	int32_t lanes;    /* elements of a vector */
	int32_t depth;    /* products that one accumulator adds up, see product_impl.h */
	egm__tile_fn tile[EGM__TILE_COUNT];

	/* Reductions are accumulated in double, in several lanes. The result depends only on n and the values. NaN and
	 * infinity propagate. */
	double (*sum)(int64_t n, const void *a);
	double (*sum_squares)(int64_t n, const void *a);
	double (*dot)(int64_t n, const void *a, const void *b);
	double (*max)(int64_t n, const void *a);               /* n >= 1; NaN if an element is */
	void (*accumulate)(int64_t n, void *y, const void *a); /* y += a */
	int (*all_finite)(int64_t n, const void *a);

	/* Optimiser steps on weights w with gradient g. Adam is algorithm 1 of Kingma and Ba 2015 with moments m, v:
	 * w -= lr (m / correction1) / (sqrt(v / correction2) + epsilon). */
	void (*adam)(int64_t n, void *w, const void *g, void *m, void *v, const egm__adam *p);
	/* v = beta2 v + (1 - beta2) g^2; w -= lr g / (sqrt(v) + epsilon) */
	void (*rmsprop)(int64_t n, void *w, const void *g, void *v, const egm__adam *p);
	/* b = momentum b + g; w -= lr b. The momentum is p->beta1. */
	void (*sgd)(int64_t n, void *w, const void *g, void *b, const egm__adam *p);
	/* y = decay y + (1 - decay) w */
	void (*average)(int64_t n, void *y, const void *w, double decay);

	/* Elements start .. start + n - 1 of a stream of N(0,1), by Box-Muller, or of U[0,1). start must be a multiple
	 * of 4. Element i does not depend on start and n. f32 uses one 32-bit word for an element, f64 two. */
	void (*normal)(int64_t n, void *y, const egm__rng *rng, int64_t start);
	void (*uniform)(int64_t n, void *y, const egm__rng *rng, int64_t start);

	/* p += a s g, then y = x + b s p; s is 1 if it is NULL. y may be x. */
	void (*leapfrog)(int64_t n, void *y, void *p, const void *x, const void *g, const void *s, double a, double b);

	/* y = x + b (z + a g) with z the elements start .. start + n - 1 of `normal`. The bits are those of normal followed
	 * by leapfrog. y must be neither x nor g. Returns 0 if an element of y is not finite. */
	int (*langevin)(int64_t n, void *y, const void *x, const void *g, const egm__rng *rng, int64_t start, double a,
	                double b);

	/* Products, see product_impl.h. R is read where it is; scratch is product_room(k) elements, 64-byte aligned. */
	int64_t (*product_room)(int64_t k);
	void (*product)(const egm__product *p, const void *left, const void *right, void *c, void *scratch);

	/* The same with R packed in advance; left_step must be 1 and C not transposed. packed_count: the elements of packed
	 * op(B), k x n, or -1 if int64_t overflows. pack: B is stored as k x n, or as n x k if tb, with ldb elements from
	 * row to row; packed must be 64-byte aligned. */
	int64_t (*packed_count)(int64_t n, int64_t k);
	void (*pack)(int64_t n, int64_t k, const void *b, int64_t ldb, int tb, void *packed);
	void (*multiply)(const egm__product *p, const void *left, const void *packed, void *c);
} egm__kernels;

/* The table of a code path, EGM_SIMD_* but not AUTO, and an element type. */
const egm__kernels *egm__kernels_get(int32_t simd, egm_dtype dtype);

#endif
