/* SPDX-License-Identifier: MIT */
/* Random numbers, for one T, out of Philox4x32-10 (Salmon et al. 2011) on F64_LANES counters at once. Each of the four
 * words has a vector of its own with 64 bits a lane, because that is where the widening product leaves it; the upper
 * half of a lane holds what is left over. Constants are those of Random123.
 *
 * f32: word i % 4 of block i / 4. f64: words 2 (i % 2), the low half, and 2 (i % 2) + 1 of block i / 2. Normals come in
 * pairs by Box-Muller, sqrt(-2 log u) (cos, sin)(2 pi t) with u in (0, 1] and t in [-1/2, 1/2): its log and sine run in
 * vectors, where a rejection method would not, and an element's place in the stream is fixed. */
#ifndef TEMPLATE_PHILOX
#define TEMPLATE_PHILOX
#include <Random123/philox.h>

INLINE void philox(const egm__rng *rng, uint32_t block, vq x[4])
{
	vq x0 = {0}, x1 = x0 + (rng->step & 0xffffffffu), x2 = x0 + (rng->step >> 32), x3 = x0 + rng->stream;
	uint32_t key0 = (uint32_t)rng->seed, key1 = (uint32_t)(rng->seed >> 32);
	for (int j = 0; j < F64_LANES; j++) x0[j] = (uint64_t)j;
	x0 += block;
	for (int round = 0; round < 10; round++) {
		vq p0 = multiply_words(x0, PHILOX_M4x32_0), p1 = multiply_words(x2, PHILOX_M4x32_1);
		x0 = (p1 >> 32) ^ x1 ^ key0;
		x1 = p1;
		x2 = (p0 >> 32) ^ x3 ^ key1;
		x3 = p0;
		key0 += PHILOX_W32_0;
		key1 += PHILOX_W32_1;
	}
	x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3;
}

/* Lane by lane, x in the low half and y in the high one. */
INLINE vq join(vq x, vq y)
{
	return (x & 0xffffffffu) | (y << 32);
}

/* x < 2^53 as doubles, exactly: each half set into the fraction of 2^52 or 2^84. */
INLINE vd double_of(vq x)
{
	vd low = (vd)((x & 0xffffffffu) | 0x4330000000000000u) - 0x1p52;
	vd high = (vd)((x >> 32) | 0x4530000000000000u) - 0x1p84;
	return high + low;
}

/* Lanes of p: words 0 and 2 of the blocks in turn, of q: words 1 and 3. u keeps 31 bits, of which a float holds all
 * where it matters, near 0: the largest |z| is sqrt(64 log 2) = 6.7. */
INLINE void normal_of_f32(const vq x[4], vf z[2])
{
	vf_words p = (vf_words)join(x[0], x[2]);
	vf_bits q = (vf_bits)join(x[1], x[3]);
	vf u = (__builtin_convertvector((vf_bits)(p >> 1), vf) + 0.5f) * 0x1p-31f;
	vf angle = __builtin_convertvector(q >> 8, vf) * (float)(2 * M_PI * 0x1p-24);
	vf radius = v_sqrt_f32(-2 * v_log_f32(u));
	vf c = radius * v_cos_f32(angle), s = radius * v_sin_f32(angle);
	z[0] = LOW_F32(c, s);
	z[1] = HIGH_F32(c, s);
}

INLINE void normal_of_f64(const vq x[4], vd z[2])
{
	vd u = (double_of(join(x[0], x[1]) >> 11) + 1) * 0x1p-53;
	vd angle = (double_of(join(x[2], x[3]) >> 11) - 0x1p52) * (2 * M_PI * 0x1p-53);
	vd radius = v_sqrt_f64(-2 * v_log_f64(u));
	vd c = radius * v_cos_f64(angle), s = radius * v_sin_f64(angle);
	z[0] = LOW_F64(c, s);
	z[1] = HIGH_F64(c, s);
}

INLINE void uniform_of_f32(const vq x[4], vf z[2])
{
	vq p = join(x[0], x[1]), q = join(x[2], x[3]);
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

/* F64_LANES blocks fill two vectors, of either type. The block number has 32 bits: a stream of a step has 2^34 words.
 */
INLINE void FN(draw)(int64_t n, T *y, const egm__rng *rng, int64_t start, void (*of)(const vq x[4], V z[2]))
{
	uint32_t block = (uint32_t)(start / (16 / (int64_t)sizeof(T)));
	for (int64_t i = 0; i < n; i += 2 * LANES, block += F64_LANES) {
		vq x[4];
		V z[2];
		philox(rng, block, x);
		of(x, z);
		if (i + 2 * LANES <= n) {
			FN(store)(y + i, z[0]);
			FN(store)(y + i + LANES, z[1]);
		} else {
			memcpy(y + i, z, (size_t)(n - i) * sizeof(T));
		}
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
