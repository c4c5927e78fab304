/* SPDX-License-Identifier: MIT */
/* The code paths that this build and this CPU have, and access to elements of either type as long double. */
#ifndef EGM_TESTS_TENSOR_PATHS_H
#define EGM_TESTS_TENSOR_PATHS_H

#include <float.h>
#include <math.h>
#include <string.h>
#include <support.h>
#include <tensor/kernels_impl.h>
#include <tensor/shape_impl.h>

/* The tables of all paths for both types, each path once. Returns their number, at most 6. */
static inline int egm_test_paths(const egm__kernels *tables[6], egm_dtype types[6])
{
	int count = 0;
	for (int32_t simd = EGM_TEST_FIRST_PATH; simd < EGM_TEST_PATHS_END; simd++) {
		int present = simd == EGM_SIMD_PORTABLE;
#if defined(__x86_64__)
		if (simd == EGM_SIMD_AVX2) present = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
		if (simd == EGM_SIMD_AVX512) {
			present = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
			          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
		}
#elif defined(__AARCH64EL__)
		if (simd == EGM_SIMD_NEON) present = 1;
#endif
		for (int t = 0; t < 2 && present; t++) {
			types[count] = t ? EGM_F64 : EGM_F32;
			tables[count] = egm__kernels_get(simd, types[count]);
			count++;
		}
	}
	return count;
}

static inline long double egm_test_get(egm_dtype type, const void *x, int64_t i)
{
	return type == EGM_F64 ? ((const double *)x)[i] : ((const float *)x)[i];
}

static inline void egm_test_set(egm_dtype type, void *x, int64_t i, double value)
{
	if (type == EGM_F64) {
		((double *)x)[i] = value;
	} else {
		((float *)x)[i] = (float)value;
	}
}

static inline long double egm_test_epsilon(egm_dtype type)
{
	return type == EGM_F64 ? DBL_EPSILON : FLT_EPSILON;
}

/* The same bits, or both NaN. */
static inline int egm_test_same(egm_dtype type, const void *x, int64_t i, const void *y, int64_t j)
{
	size_t size = egm__dtype_size(type);
	long double a = egm_test_get(type, x, i), b = egm_test_get(type, y, j);
	if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
	return memcmp((const char *)x + (size_t)i * size, (const char *)y + (size_t)j * size, size) == 0;
}

/* A linear congruential generator (Knuth, MMIX), so that tests of the generator of the library do not depend on it. */
static inline double egm_test_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(*state >> 11) * 0x1p-53;
}

#endif
