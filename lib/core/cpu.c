/* SPDX-License-Identifier: MIT */
/* Chooses the code path of the kernels, once for each context. target_clones would do it too, but then a test could not
 * run every path on one machine, and ifunc resolvers crash under ThreadSanitizer and do not link with musl. */
#include "core/cpu_impl.h"
#include "core/status_impl.h"

#if defined(__x86_64__)
/* The builtins include whether the operating system saves the wide registers. */
int32_t egm__cpu_best(void)
{
	__builtin_cpu_init();
	int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	if (avx2 && avx512) return EGM_SIMD_AVX512;
	return avx2 ? EGM_SIMD_AVX2 : EGM_SIMD_PORTABLE;
}
#else
int32_t egm__cpu_best(void)
{
	return EGM_SIMD_PORTABLE;
}
#endif

egm_status egm__cpu_resolve(int32_t wanted, int32_t *resolved)
{
	if (wanted < EGM_SIMD_AUTO || wanted > EGM_SIMD_AVX512)
		return egm__fail(EGM_ERR_ARGUMENT, "simd is %d, must be 0 to %d, an EGM_SIMD_*", (int)wanted, EGM_SIMD_AVX512);
	int32_t have = egm__cpu_best();
	if (wanted > have)
		return egm__fail(EGM_ERR_UNSUPPORTED, "simd is %s, must be at most %s on this CPU", egm__cpu_name(wanted),
		                 egm__cpu_name(have));
	*resolved = wanted == EGM_SIMD_AUTO ? have : wanted;
	return EGM_OK;
}

const char *egm__cpu_name(int32_t simd)
{
	if (simd == EGM_SIMD_AVX512) return "avx512";
	return simd == EGM_SIMD_AVX2 ? "avx2" : "portable";
}
