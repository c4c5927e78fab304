/* SPDX-License-Identifier: MIT */
/* Finds the table of a code path. The context has checked that the CPU can run it. */
#include <tensor/kernel_paths_impl.h>

const egm__kernels *egm__kernels_get(int32_t simd, egm_dtype dtype)
{
	int index = dtype == EGM_F64;
#if defined(__x86_64__)
	if (simd == EGM_SIMD_AVX512) return &egm__kernels_avx512[index];
	if (simd == EGM_SIMD_AVX2) return &egm__kernels_avx2[index];
#elif defined(__AARCH64EL__)
	if (simd == EGM_SIMD_NEON) return &egm__kernels_neon[index];
#endif
	return &egm__kernels_portable[index];
}
