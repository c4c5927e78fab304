/* SPDX-License-Identifier: MIT */
/* Vectors of VECTOR_BYTES: their types, loads and stores, and functions that have no operator. */
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif
#ifdef PATH_NEON
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline, unused))
enum { F32_LANES = VECTOR_BYTES / 4, F64_LANES = VECTOR_BYTES / 8 };

typedef float vf __attribute__((vector_size(VECTOR_BYTES)));
#if VECTOR_BYTES < 32
typedef float vf_half __attribute__((vector_size(VECTOR_BYTES / 2)));
#endif
typedef double vd __attribute__((vector_size(VECTOR_BYTES)));
#if VECTOR_BYTES == 64
typedef double vd_half __attribute__((vector_size(VECTOR_BYTES / 2)));
#endif
typedef double vd_pair __attribute__((vector_size(16)));
typedef int32_t vf_bits __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t vf_words __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t vd_bits __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t vq __attribute__((vector_size(VECTOR_BYTES)));

INLINE vf load_f32(const float *p)
{
	vf x;
	memcpy(&x, p, sizeof x);
	return x;
}

INLINE vd load_f64(const double *p)
{
	vd x;
	memcpy(&x, p, sizeof x);
	return x;
}

INLINE void store_f32(float *p, vf x)
{
	memcpy(p, &x, sizeof x);
}

INLINE void store_f64(double *p, vd x)
{
	memcpy(p, &x, sizeof x);
}

/* The first k elements, and 1 in the other lanes, where every function is then cheap and raises no exception. */
#if VECTOR_BYTES == 64
INLINE vf load_part_f32(const float *p, int64_t k)
{
	return _mm512_mask_loadu_ps(_mm512_set1_ps(1), (__mmask16)((1u << k) - 1), p);
}

INLINE vd load_part_f64(const double *p, int64_t k)
{
	return _mm512_mask_loadu_pd(_mm512_set1_pd(1), (__mmask8)((1u << k) - 1), p);
}

INLINE void store_part_f32(float *p, vf x, int64_t k)
{
	_mm512_mask_storeu_ps(p, (__mmask16)((1u << k) - 1), x);
}

INLINE void store_part_f64(double *p, vd x, int64_t k)
{
	_mm512_mask_storeu_pd(p, (__mmask8)((1u << k) - 1), x);
}
#elif VECTOR_BYTES == 32
INLINE vf_bits first_f32(int64_t k)
{
	return (vf_bits){0, 1, 2, 3, 4, 5, 6, 7} < (vf_bits){0} + (int32_t)k;
}

INLINE vd_bits first_f64(int64_t k)
{
	return (vd_bits){0, 1, 2, 3} < (vd_bits){0} + k;
}

INLINE vf load_part_f32(const float *p, int64_t k)
{
	__m256i mask = (__m256i)first_f32(k);
	return _mm256_blendv_ps(_mm256_set1_ps(1), _mm256_maskload_ps(p, mask), (__m256)mask);
}

INLINE vd load_part_f64(const double *p, int64_t k)
{
	__m256i mask = (__m256i)first_f64(k);
	return _mm256_blendv_pd(_mm256_set1_pd(1), _mm256_maskload_pd(p, mask), (__m256d)mask);
}

INLINE void store_part_f32(float *p, vf x, int64_t k)
{
	_mm256_maskstore_ps(p, (__m256i)first_f32(k), x);
}

INLINE void store_part_f64(double *p, vd x, int64_t k)
{
	_mm256_maskstore_pd(p, (__m256i)first_f64(k), x);
}
#elif defined(PATH_NEON)
INLINE vf load_part_f32(const float *p, int64_t k)
{
	float32x4_t x = vdupq_n_f32(1);
	if (k & 2) {
		x = vcombine_f32(vld1_f32(p), vdup_n_f32(1));
		if (k & 1) x = vld1q_lane_f32(p + 2, x, 2);
	} else if (k & 1) {
		x = vld1q_lane_f32(p, x, 0);
	}
	return x;
}

INLINE vd load_part_f64(const double *p, int64_t k)
{
	float64x2_t x = vdupq_n_f64(1);
	return k & 1 ? vld1q_lane_f64(p, x, 0) : x;
}

INLINE void store_part_f32(float *p, vf x, int64_t k)
{
	if (k & 2) {
		vst1_f32(p, vget_low_f32(x));
		if (k & 1) vst1q_lane_f32(p + 2, x, 2);
	} else if (k & 1) {
		vst1q_lane_f32(p, x, 0);
	}
}

INLINE void store_part_f64(double *p, vd x, int64_t k)
{
	if (k & 1) vst1q_lane_f64(p, x, 0);
}
#else
INLINE vf load_part_f32(const float *p, int64_t k)
{
	float x[F32_LANES];
	for (int j = 0; j < F32_LANES; j++) x[j] = j < k ? p[j] : 1;
	return load_f32(x);
}

INLINE vd load_part_f64(const double *p, int64_t k)
{
	double x[F64_LANES];
	for (int j = 0; j < F64_LANES; j++) x[j] = j < k ? p[j] : 1;
	return load_f64(x);
}

INLINE void store_part_f32(float *p, vf x, int64_t k)
{
	for (int64_t j = 0; j < k; j++) p[j] = x[j];
}

INLINE void store_part_f64(double *p, vd x, int64_t k)
{
	for (int64_t j = 0; j < k; j++) p[j] = x[j];
}
#endif

/* F64_LANES elements as doubles; a part has 0 in the other lanes, for sums. By intrinsics, because gcc converts a
 * quarter at a time. */
INLINE vd load_wide_f32(const float *p)
{
#if VECTOR_BYTES == 64
	return _mm512_cvtps_pd(_mm256_loadu_ps(p));
#elif VECTOR_BYTES == 32
	return _mm256_cvtps_pd(_mm_loadu_ps(p));
#elif defined(PATH_NEON)
	return vcvt_f64_f32(vld1_f32(p));
#else
	vf_half x;
	memcpy(&x, p, sizeof x);
	return __builtin_convertvector(x, vd);
#endif
}

INLINE vd load_wide_f64(const double *p)
{
	return load_f64(p);
}

#if VECTOR_BYTES == 64
INLINE vd load_wide_part_f32(const float *p, int64_t k)
{
	return _mm512_cvtps_pd(_mm256_maskz_loadu_ps((__mmask8)((1u << k) - 1), p));
}

INLINE vd load_wide_part_f64(const double *p, int64_t k)
{
	return _mm512_maskz_loadu_pd((__mmask8)((1u << k) - 1), p);
}
#elif defined(PATH_NEON)
INLINE vd load_wide_part_f32(const float *p, int64_t k)
{
	float32x2_t x = vdup_n_f32(0);
	return vcvt_f64_f32(k & 1 ? vld1_lane_f32(p, x, 0) : x);
}

INLINE vd load_wide_part_f64(const double *p, int64_t k)
{
	float64x2_t x = vdupq_n_f64(0);
	return k & 1 ? vld1q_lane_f64(p, x, 0) : x;
}
#else
INLINE vd load_wide_part_f32(const float *p, int64_t k)
{
	double x[F64_LANES];
	for (int j = 0; j < F64_LANES; j++) x[j] = j < k ? p[j] : 0;
	return load_f64(x);
}

INLINE vd load_wide_part_f64(const double *p, int64_t k)
{
	double x[F64_LANES];
	for (int j = 0; j < F64_LANES; j++) x[j] = j < k ? p[j] : 0;
	return load_f64(x);
}
#endif

/* Square roots are correctly rounded in every instruction set, so the bits are the same. */
#if VECTOR_BYTES == 64
#define SQRT_F32(x) _mm512_sqrt_ps(x)
#define SQRT_F64(x) _mm512_sqrt_pd(x)
#elif VECTOR_BYTES == 32
#define SQRT_F32(x) _mm256_sqrt_ps(x)
#define SQRT_F64(x) _mm256_sqrt_pd(x)
#elif defined(__SSE2__)
#define SQRT_F32(x) _mm_sqrt_ps(x)
#define SQRT_F64(x) _mm_sqrt_pd(x)
#elif defined(PATH_NEON)
#define SQRT_F32(x) vsqrtq_f32(x)
#define SQRT_F64(x) vsqrtq_f64(x)
#endif

#ifdef SQRT_F32
INLINE vf v_sqrt_f32(vf x)
{
	return SQRT_F32(x);
}

INLINE vd v_sqrt_f64(vd x)
{
	return SQRT_F64(x);
}
#else
INLINE vf v_sqrt_f32(vf x)
{
	for (int j = 0; j < F32_LANES; j++) x[j] = sqrtf(x[j]);
	return x;
}

INLINE vd v_sqrt_f64(vd x)
{
	for (int j = 0; j < F64_LANES; j++) x[j] = sqrt(x[j]);
	return x;
}
#endif

/* a b + c, rounded once if the path has an instruction for it. */
#if VECTOR_BYTES == 64
#define MADD_F32(a, b, c) _mm512_fmadd_ps(a, b, c)
#define MADD_F64(a, b, c) _mm512_fmadd_pd(a, b, c)
#elif VECTOR_BYTES == 32
#define MADD_F32(a, b, c) _mm256_fmadd_ps(a, b, c)
#define MADD_F64(a, b, c) _mm256_fmadd_pd(a, b, c)
#elif defined(__aarch64__)
#include <arm_neon.h>
#define MADD_F32(a, b, c) vfmaq_f32(c, a, b)
#define MADD_F64(a, b, c) vfmaq_f64(c, a, b)
#else
#define MADD_F32(a, b, c) ((a) * (b) + (c))
#define MADD_F64(a, b, c) ((a) * (b) + (c))
#endif

INLINE vf madd_f32(vf a, vf b, vf c)
{
	return MADD_F32(a, b, c);
}

INLINE vd madd_f64(vd a, vd b, vd c)
{
	return MADD_F64(a, b, c);
}

/* The larger or smaller of x and y, which is y if either is NaN; and a < b ? x : y. By intrinsics, because compilers do
 * not turn masks into one instruction. */
#if VECTOR_BYTES == 64
#define LARGER(suffix, name, x, y) _mm512_max_##name(x, y)
#define SMALLER(suffix, name, x, y) _mm512_min_##name(x, y)
#define WHERE_LESS(suffix, name, a, b, x, y) _mm512_mask_blend_##name(_mm512_cmp_##name##_mask(a, b, _CMP_LT_OQ), y, x)
#define SCALE_F32(x, n) _mm512_scalef_ps(x, n) /* x 2^n */
#define SCALE_F64(x, n) _mm512_scalef_pd(x, n)
#elif VECTOR_BYTES == 32
#define LARGER(suffix, name, x, y) _mm256_max_##name(x, y)
#define SMALLER(suffix, name, x, y) _mm256_min_##name(x, y)
#define WHERE_LESS(suffix, name, a, b, x, y) _mm256_blendv_##name(y, x, _mm256_cmp_##name(a, b, _CMP_LT_OQ))
#else
#if defined(__SSE2__)
#define LARGER(suffix, name, x, y) _mm_max_##name(x, y)
#define SMALLER(suffix, name, x, y) _mm_min_##name(x, y)
#else
#define LARGER(suffix, name, x, y) select_##suffix(x > y, x, y)
#define SMALLER(suffix, name, x, y) select_##suffix(x < y, x, y)
#endif
#define WHERE_LESS(suffix, name, a, b, x, y) select_##suffix(a < b, x, y)
#endif

#define CHOICES(suffix, type, bits, name)                           \
	INLINE type select_##suffix(bits mask, type x, type y)          \
	{                                                               \
		return (type)(((bits)x & mask) | ((bits)y & ~mask));        \
	}                                                               \
	INLINE type larger_##suffix(type x, type y)                     \
	{                                                               \
		return LARGER(suffix, name, x, y);                          \
	}                                                               \
	INLINE type smaller_##suffix(type x, type y)                    \
	{                                                               \
		return SMALLER(suffix, name, x, y);                         \
	}                                                               \
	INLINE type where_less_##suffix(type a, type b, type x, type y) \
	{                                                               \
		return WHERE_LESS(suffix, name, a, b, x, y);                \
	}
CHOICES(f32, vf, vf_bits, ps)
CHOICES(f64, vd, vd_bits, pd)
#undef CHOICES

/* For loops of constant length over vectors: without unrolling, these would be in memory instead of registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 24")
#endif

/* The vector functions of glibc: errors up to 4 ulp, and lanes independent of each other. They are called by their
 * names in the vector ABI, because compilers call them only under -ffast-math, which breaks tests for NaN. Where they
 * are missing, template_math.h has others. */
#if EGM_HAVE_MVEC
#define BOTH(name, function)             \
	vf MVEC_F32(function##f)(vf);        \
	vd MVEC_F64(function)(vd);           \
	INLINE vf name##_f32(vf x)           \
	{                                    \
		return MVEC_F32(function##f)(x); \
	}                                    \
	INLINE vd name##_f64(vd x)           \
	{                                    \
		return MVEC_F64(function)(x);    \
	}
BOTH(v_exp, exp)
BOTH(v_log, log)
BOTH(v_tanh, tanh)
BOTH(v_erf, erf)
#undef BOTH
#endif

/* Interleaves x0 x1 .. and y0 y1 ..: LOW is the first half of x0 y0 x1 y1 .., HIGH the second. */
#if VECTOR_BYTES == 64
#define LOW_F32(x, y) __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_F32(x, y) __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define LOW_F64(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_F64(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#elif VECTOR_BYTES == 32
#define LOW_F32(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_F32(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW_F64(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define HIGH_F64(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
#else
#define LOW_F32(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define HIGH_F32(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
#define LOW_F64(x, y) __builtin_shufflevector(x, y, 0, 2)
#define HIGH_F64(x, y) __builtin_shufflevector(x, y, 1, 3)
#endif

#define INTERLEAVE(suffix, type, LOW, HIGH)   \
	INLINE type low_##suffix(type x, type y)  \
	{                                         \
		return LOW(x, y);                     \
	}                                         \
	INLINE type high_##suffix(type x, type y) \
	{                                         \
		return HIGH(x, y);                    \
	}
INTERLEAVE(f32, vf, LOW_F32, HIGH_F32)
INTERLEAVE(f64, vd, LOW_F64, HIGH_F64)
#undef INTERLEAVE

/* The low 32 bits of each lane times m, in 64 bits. By intrinsics, because gcc would multiply 64 bits. */
INLINE vq multiply_words(vq x, uint32_t m)
{
#if VECTOR_BYTES == 64
	return (vq)_mm512_mul_epu32((__m512i)x, _mm512_set1_epi64(m));
#elif VECTOR_BYTES == 32
	return (vq)_mm256_mul_epu32((__m256i)x, _mm256_set1_epi64x(m));
#elif defined(__SSE2__)
	return (vq)_mm_mul_epu32((__m128i)x, _mm_set1_epi64x(m));
#elif defined(PATH_NEON)
	return (vq)vmull_u32(vmovn_u64((uint64x2_t)x), vdup_n_u32(m));
#else
	return (x & 0xffffffffu) * (uint64_t)m;
#endif
}
