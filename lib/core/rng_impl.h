/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011) by Random123. A draw depends only on seed, stream,
 * step and index. The key is the seed; the counter is block of the index, step (low half, high half), stream. */
#ifndef EGM_CORE_RNG_IMPL_H
#define EGM_CORE_RNG_IMPL_H

#include <stddef.h>
#include <stdint.h>

typedef struct egm__rng {
	uint64_t seed;
	uint64_t step;
	uint32_t stream;
} egm__rng;

/* One stream for each purpose, so that no two purposes share draws. Noise in programs uses the streams 0, 1, ... */
#define EGM__STREAM_INIT UINT32_C(0x80000000)
#define EGM__STREAM_SHUFFLE UINT32_C(0x80000001)
#define EGM__STREAM_GENERATE UINT32_C(0x80000002)
#define EGM__STREAM_START UINT32_C(0x80000003)     /* initial points of chains */
#define EGM__STREAM_MOMENTUM UINT32_C(0x80000004)  /* normals of a transition */
#define EGM__STREAM_DECISION UINT32_C(0x80000005)  /* uniforms of a transition */
#define EGM__STREAM_EXCHANGE UINT32_C(0x80000006)  /* exchanges between temperatures */
#define EGM__STREAM_INNER UINT32_C(0x80000007)     /* normals of the steps inside of a transition */
#define EGM__STREAM_BUFFER UINT32_C(0x80000008)    /* order of a replay buffer */
#define EGM__STREAM_RESTART UINT32_C(0x80000009)   /* which rows of it are replaced */
#define EGM__STREAM_NEW_POINT UINT32_C(0x8000000a) /* points that replace them */
#define EGM__STREAM_SLICES UINT32_C(0x8000000b)    /* directions of the sliced distance */
#define EGM__STREAM_MIXTURE UINT32_C(0x8000000c)   /* draws of a mixture */
#define EGM__STREAM_CENTRES UINT32_C(0x8000000d)   /* of k-means++ */

/* The words 4 block to 4 block + 3. */
void egm__rng_block(const egm__rng *rng, uint32_t block, uint32_t out[4]);

/* Two words as a number in [0, 1) of 53 bits. */
static inline double egm__rng_unit(const uint32_t words[2])
{
	return (double)(((uint64_t)words[0] << 32 | words[1]) >> 11) * 0x1p-53;
}

/* Fills permutation[0 .. n-1] with a uniform random order of 0 .. n-1 (Fisher-Yates, unbiased bounded integers). */
void egm__rng_permutation(const egm__rng *rng, int64_t n, int64_t *permutation);

#endif
