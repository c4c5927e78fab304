/* SPDX-License-Identifier: MIT */
/* Chooses the code path of the kernels, once for each context. target_clones would do it too, but then a test could not
 * run every path on one machine, and ifunc resolvers crash under ThreadSanitizer and do not link with musl. */
#include "core/cpu_impl.h"
#include "core/status_impl.h"

#include <stdio.h>

static const char *const names[] = {
    [EGM_SIMD_AUTO] = "auto",     [EGM_SIMD_PORTABLE] = "portable", [EGM_SIMD_AVX2] = "avx2",
    [EGM_SIMD_AVX512] = "avx512", [EGM_SIMD_NEON] = "neon",
};
enum { COUNT = sizeof names / sizeof *names };

#if defined(__x86_64__)
/* The builtins include whether the operating system saves the wide registers. */
static int has(int32_t simd)
{
	__builtin_cpu_init();
	int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	if (simd == EGM_SIMD_AVX512) return avx2 && avx512;
	return simd == EGM_SIMD_PORTABLE || (simd == EGM_SIMD_AVX2 && avx2);
}
#elif defined(__AARCH64EL__)
/* Every CPU of this architecture has these instructions. */
static int has(int32_t simd)
{
	return simd == EGM_SIMD_PORTABLE || simd == EGM_SIMD_NEON;
}
#else
static int has(int32_t simd)
{
	return simd == EGM_SIMD_PORTABLE;
}
#endif

/* No CPU has both AVX and NEON, so the last path that it has is the best. */
int32_t egm__cpu_best(void)
{
	int32_t simd = COUNT - 1;
	while (!has(simd)) simd--;
	return simd;
}

egm_status egm__cpu_resolve(int32_t wanted, int32_t *resolved)
{
	char there[64] = "";
	size_t used = 0;
	if (wanted < EGM_SIMD_AUTO || wanted >= COUNT)
		return egm__fail(EGM_ERR_ARGUMENT, "simd is %d, must be 0 to %d, an EGM_SIMD_*", (int)wanted, COUNT - 1);
	if (wanted != EGM_SIMD_AUTO && !has(wanted)) {
		for (int32_t simd = EGM_SIMD_AUTO; simd < COUNT; simd++)
			if (simd == EGM_SIMD_AUTO || has(simd))
				used += (size_t)snprintf(there + used, sizeof there - used, "%s%s", used ? ", " : "", names[simd]);
		return egm__fail(EGM_ERR_UNSUPPORTED, "simd is %s, must be one of %s on this CPU", names[wanted], there);
	}
	*resolved = wanted == EGM_SIMD_AUTO ? egm__cpu_best() : wanted;
	return EGM_OK;
}

const char *egm__cpu_name(int32_t simd)
{
	return names[simd];
}
