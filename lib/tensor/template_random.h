/* SPDX-License-Identifier: MIT */
/* Random numbers, for one T, from Philox4x32-10 (Salmon et al. 2011), for F64_LANES counters at once. Each of the four
 * words of a block has its own vector with 64 bits for a lane, as the widening product leaves it; the upper half of a
 * lane is not part of the word. The constants are those of Random123.
 *
 * Element i of a stream is made from word i % 4 of block i / 4 in f32, and from words 2 (i % 2), the low half, and
 * 2 (i % 2) + 1 of block i / 2 in f64. Normals are made in pairs by Box-Muller (template_normal.h). Unlike a rejection
 * method it runs in vectors, and each element has a fixed position in the stream. */
#ifndef TEMPLATE_PHILOX
#define TEMPLATE_PHILOX
#include <Random123/philox.h>

#include "template_normal.h"

/* What all blocks of a stream share. The keys are 64 bits in memory, because an instruction can repeat them for each
 * lane from there at no cost; from a general register this takes another instruction. */
typedef struct philox_stream {
	uint64_t keys[20], step_low, step_high, stream;
} philox_stream;

INLINE philox_stream philox_open(const egm__rng *rng)
{
	philox_stream s = {.step_low = rng->step & 0xffffffffu, .step_high = rng->step >> 32, .stream = rng->stream};
	for (uint32_t round = 0; round < 10; round++) {
		s.keys[2 * round] = (uint32_t)rng->seed + round * PHILOX_W32_0;
		s.keys[2 * round + 1] = (uint32_t)(rng->seed >> 32) + round * PHILOX_W32_1;
	}
	return s;
}

#ifdef PATH_NEON
/* Two vectors of blocks, with a word of all four blocks in one register until the last round: each half of a product is
 * collected by one instruction, and the rest of a round is done for four blocks at once. */
INLINE void philox_four(const philox_stream *s, uint32_t block, vq x[2][4])
{
	static const uint32_t numbers[4] = {0, 1, 2, 3};
	uint32x4_t x0 = vaddq_u32(vdupq_n_u32(block), vld1q_u32(numbers)), x1 = vdupq_n_u32((uint32_t)s->step_low),
	           x2 = vdupq_n_u32((uint32_t)s->step_high), x3 = vdupq_n_u32((uint32_t)s->stream);
	UNROLL
	for (int round = 0; round < 10; round++) {
		uint32x4_t p0 = vreinterpretq_u32_u64(vmull_n_u32(vget_low_u32(x0), PHILOX_M4x32_0)),
		           q0 = vreinterpretq_u32_u64(vmull_high_n_u32(x0, PHILOX_M4x32_0)),
		           p1 = vreinterpretq_u32_u64(vmull_n_u32(vget_low_u32(x2), PHILOX_M4x32_1)),
		           q1 = vreinterpretq_u32_u64(vmull_high_n_u32(x2, PHILOX_M4x32_1));
		x0 = veorq_u32(veorq_u32(x1, vdupq_n_u32((uint32_t)s->keys[2 * round])), vuzp2q_u32(p1, q1));
		x1 = vuzp1q_u32(p1, q1);
		x2 = veorq_u32(veorq_u32(x3, vdupq_n_u32((uint32_t)s->keys[2 * round + 1])), vuzp2q_u32(p0, q0));
		x3 = vuzp1q_u32(p0, q0);
	}
	const uint32x4_t words[4] = {x0, x1, x2, x3};
	UNROLL
	for (int i = 0; i < 4; i++) {
		x[0][i] = (vq)vmovl_u32(vget_low_u32(words[i]));
		x[1][i] = (vq)vmovl_high_u32(words[i]);
	}
}
#endif

/* `many` vectors of F64_LANES blocks. Two at a time are nearly twice as fast as one, because every round waits for the
 * multiplications of the previous one. */
INLINE void philox(const philox_stream *s, uint32_t block, const int many, vq x[][4])
{
#ifdef PATH_NEON
	if (many == 2) {
		philox_four(s, block, x);
		return;
	}
#endif
	UNROLL
	for (int i = 0; i < many; i++) {
		vq x0 = {0};
		x[i][1] = x0 + s->step_low, x[i][2] = x0 + s->step_high, x[i][3] = x0 + s->stream;
		for (int j = 0; j < F64_LANES; j++) x0[j] = (uint64_t)j;
		x[i][0] = x0 + (uint32_t)(block + (uint32_t)(i * F64_LANES));
	}
	UNROLL
	for (int round = 0; round < 10; round++) {
		UNROLL
		for (int i = 0; i < many; i++) {
			vq p0 = multiply_words(x[i][0], PHILOX_M4x32_0), p1 = multiply_words(x[i][2], PHILOX_M4x32_1);
			x[i][0] = (p1 >> 32) ^ x[i][1] ^ s->keys[2 * round];
			x[i][1] = p1;
			x[i][2] = (p0 >> 32) ^ x[i][3] ^ s->keys[2 * round + 1];
			x[i][3] = p0;
		}
	}
}

/* In each lane, x is the low half and y the high half. */
INLINE vq join(vq x, vq y)
{
#if VECTOR_BYTES == 64
	return (vq)_mm512_mask_shuffle_epi32((__m512i)x, 0xaaaa, (__m512i)y, _MM_PERM_CCAA);
#elif VECTOR_BYTES == 32
	return (vq)_mm256_blend_epi32((__m256i)x, (__m256i)(y << 32), 0xaa);
#elif defined(PATH_NEON)
	return (vq)vsliq_n_u64((uint64x2_t)x, (uint64x2_t)y, 32);
#else
	return (x & 0xffffffffu) | (y << 32);
#endif
}

/* Words in the order of memory: word 2 j is the low half of lane j of x, word 2 j + 1 that of y. On a big-endian
 * machine the high half of a lane comes first in memory. */
INLINE vf_words in_turn(vq x, vq y)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (vf_words)join(y, x);
#else
	return (vf_words)join(x, y);
#endif
}

/* p is words 0 and 2 of the blocks in turn, which give u; words 1 and 3 give the angle. u has 31 bits; near 0, where it
 * matters, a float represents all of them. The largest |z| is sqrt(64 log 2) = 6.7. */
INLINE void normal_of_f32(const vq x[4], vf z[2])
{
	vf_words p = in_turn(x[0], x[2]);
	vf u = madd_f32(__builtin_convertvector((vf_bits)(p >> 1), vf), (vf){0} + 0x1p-31f, (vf){0} + 0x1p-32f);
	vf radius = v_sqrt_f32(squared_radius_f32(u)), c, s;
	directions_f32(in_turn(x[1], x[3]), &c, &s);
	c *= radius, s *= radius;
	z[0] = LOW_F32(c, s);
	z[1] = HIGH_F32(c, s);
}

INLINE void normal_of_f64(const vq x[4], vd z[2])
{
	vd u = madd_f64(double_of(join(x[0], x[1]) >> 11), (vd){0} + 0x1p-53, (vd){0} + 0x1p-53);
	vd radius = v_sqrt_f64(squared_radius_f64(u)), c, s;
	directions_f64(join(x[2], x[3]) ^ 0x8000000000000000, &c, &s);
	c *= radius, s *= radius;
	z[0] = LOW_F64(c, s);
	z[1] = HIGH_F64(c, s);
}

INLINE void uniform_of_f32(const vq x[4], vf z[2])
{
	vq p = (vq)in_turn(x[0], x[1]), q = (vq)in_turn(x[2], x[3]);
	vf_words low = (vf_words)LOW_F64(p, q), high = (vf_words)HIGH_F64(p, q);
	z[0] = __builtin_convertvector((vf_bits)(low >> 8), vf) * 0x1p-24f;
	z[1] = __builtin_convertvector((vf_bits)(high >> 8), vf) * 0x1p-24f;
}

INLINE void uniform_of_f64(const vq x[4], vd z[2])
{
	vd p = double_of(join(x[0], x[1]) >> 11) * 0x1p-53, q = double_of(join(x[2], x[3]) >> 11) * 0x1p-53;
	z[0] = LOW_F64(p, q);
	z[1] = HIGH_F64(p, q);
}
#endif

/* F64_LANES blocks fill two vectors of either type. Block numbers have 32 bits: a stream has 2^34 words in a step. */
INLINE void FN(draw)(int64_t n, T *y, const egm__rng *rng, int64_t start, void (*of)(const vq x[4], V z[2]))
{
	const philox_stream stream = philox_open(rng);
	uint32_t block = (uint32_t)(start / (16 / (int64_t)sizeof(T)));
	vq x[2][4];
	V z[4];
	for (int64_t i = 0; i < n; i += 4 * LANES, block += 2 * F64_LANES) {
		int64_t left = n - i;
		if (left > 2 * LANES) {
			philox(&stream, block, 2, x);
			of(x[0], z);
			of(x[1], z + 2);
		} else {
			philox(&stream, block, 1, x);
			of(x[0], z);
		}
		if (left < 4 * LANES) {
			memcpy(y + i, z, (size_t)left * sizeof(T));
			return;
		}
		for (int k = 0; k < 4; k++) FN(store)(y + i + k * LANES, z[k]);
	}
}

static void FN(normal)(int64_t n, void *y, const egm__rng *rng, int64_t start)
{
	FN(draw)(n, y, rng, start, FN(normal_of));
}

static void FN(uniform)(int64_t n, void *y, const egm__rng *rng, int64_t start)
{
	FN(draw)(n, y, rng, start, FN(uniform_of));
}
