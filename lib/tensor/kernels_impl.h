/* SPDX-License-Identifier: MIT */
/* Numeric kernels over plain arrays, one table for each code path and element type. The executor looks its table up
 * once; tests force each path. Arrays are contiguous, may be unaligned, and may be the same array where a and y have
 * the same index range (y == a, y == b), never overlap otherwise. */
#ifndef EGM_TENSOR_KERNELS_IMPL_H
#define EGM_TENSOR_KERNELS_IMPL_H

#include <core/context_impl.h>
#include <core/rng_impl.h>
#include <tensor/product_impl.h>

/* Elementwise kernels, each for one tile of an array: y[i] = f(a[i], b[i]; c). A row gives the name in EGM__TILE_*
 * and that in the listing of a program. b is an array in VV and one number in VS. s is the logistic sigmoid. */
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
	const char *name; /* "portable", "avx2", "avx512" */
	int32_t lanes;    /* elements of a vector */
	int32_t depth;    /* products of an accumulator, see product_impl.h */
	egm__tile_fn tile[EGM__TILE_COUNT];

	/* Sums run in several lanes; the result depends on n and the values alone. NaN and infinity carry through. */
	double (*sum)(int64_t n, const void *a);
	double (*sum_squares)(int64_t n, const void *a); /* accumulated in double, as all of these */
	double (*dot)(int64_t n, const void *a, const void *b);
	double (*max)(int64_t n, const void *a);               /* n >= 1; NaN if any is */
	void (*accumulate)(int64_t n, void *y, const void *a); /* y += a */
	int (*all_finite)(int64_t n, const void *a);

	/* One pass over weights w, gradient g, moments. Adam as Kingma and Ba 2015, algorithm 1:
	 * w -= lr (m / correction1) / (sqrt(v / correction2) + epsilon). */
	void (*adam)(int64_t n, void *w, const void *g, void *m, void *v, const egm__adam *p);
	/* v = beta2 v + (1 - beta2) g^2; w -= lr g / (sqrt(v) + epsilon) */
	void (*rmsprop)(int64_t n, void *w, const void *g, void *v, const egm__adam *p);
	/* b = momentum b + g; w -= lr b, momentum in p->beta1 */
	void (*sgd)(int64_t n, void *w, const void *g, void *b, const egm__adam *p);
	/* y = decay y + (1 - decay) w */
	void (*average)(int64_t n, void *y, const void *w, double decay);

	/* N(0,1) by Box-Muller and U[0,1), elements start .. start+n-1 of the stream (start a multiple of 4). Element i
	 * is the same whatever start and n are. f32 uses one 32-bit word an element, f64 two. */
	void (*normal)(int64_t n, void *y, const egm__rng *rng, int64_t start);
	void (*uniform)(int64_t n, void *y, const egm__rng *rng, int64_t start);

	/* p += a s g and then y = x + b s p, s = 1 where it is NULL; y may be x. */
	void (*leapfrog)(int64_t n, void *y, void *p, const void *x, const void *g, const void *s, double a, double b);

	/* y = x + b (z + a g) with z the elements start .. start+n-1 of `normal`, in the bits that normal and leapfrog
	 * give. y is apart from x and g. 0 when an element of y is not finite. */
	int (*langevin)(int64_t n, void *y, const void *x, const void *g, const egm__rng *rng, int64_t start, double a,
	                double b);

	/* Products, see product_impl.h: R where it is, with product_room(k) elements of scratch memory, 64-byte aligned. */
	int64_t (*product_room)(int64_t k);
	void (*product)(const egm__product *p, const void *left, const void *right, void *c, void *scratch);

	/* The same with R packed before, left_step 1 and C not transposed. packed_count: elements that op(B), k x n, takes,
	 * -1 when an int64_t does not hold them. pack: B is stored k x n, with tb n x k, ldb elements between rows; packed
	 * is 64-byte aligned. */
	int64_t (*packed_count)(int64_t n, int64_t k);
	void (*pack)(int64_t n, int64_t k, const void *b, int64_t ldb, int tb, void *packed);
	void (*multiply)(const egm__product *p, const void *left, const void *packed, void *c);
} egm__kernels;

/* The table for a resolved EGM_SIMD_* and an egm_dtype. */
const egm__kernels *egm__kernels_get(int32_t simd, egm_dtype dtype);

#endif
