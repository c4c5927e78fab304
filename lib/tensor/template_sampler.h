/* SPDX-License-Identifier: MIT */
/* Updates of Langevin and Hamiltonian chains, for one T. leapfrog changes the momentum by the gradient and then the
 * position by the momentum, in one pass over the arrays: p += a s g, y = x + b s p. langevin does the same with a
 * momentum that is drawn and not kept, which stays in registers. */

INLINE void FN(leapfrog_at)(int64_t k, T *y, T *p, const T *x, const T *g, const T *s, V a, V b)
{
	V slope = FN(load_k)(g, k), momentum = FN(load_k)(p, k), place = FN(load_k)(x, k);
	if (s) a *= FN(load_k)(s, k), b *= FN(load_k)(s, k);
	momentum = FN(madd)(a, slope, momentum);
	FN(store_k)(p, momentum, k);
	FN(store_k)(y, FN(madd)(b, momentum, place), k);
}

INLINE void FN(leapfrog_over)(int64_t n, T *y, T *p, const T *x, const T *g, const T *s, V a, V b)
{
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FN(leapfrog_at)(LANES, y + i, p + i, x + i, g + i, s ? s + i : NULL, a, b);
	if (i < n) FN(leapfrog_at)(n - i, y + i, p + i, x + i, g + i, s ? s + i : NULL, a, b);
}

static void FN(leapfrog)(int64_t n, void *y, void *p, const void *x, const void *g, const void *s, double a, double b)
{
	if (s)
		FN(leapfrog_over)(n, y, p, x, g, s, FN(vector)(a), FN(vector)(b));
	else
		FN(leapfrog_over)(n, y, p, x, g, NULL, FN(vector)(a), FN(vector)(b));
}

/* One vector of y = x + b (z + a g). `finite` stays 0 in the lanes where every y was finite, as in all_finite. */
INLINE V FN(langevin_at)(int64_t k, T *y, const T *x, const T *g, V z, V a, V b, V finite)
{
	V place = FN(madd)(b, FN(madd)(a, FN(load_k)(g, k), z), FN(load_k)(x, k));
	FN(store_k)(y, place, k);
	return FN(madd)(place, (V){0}, finite);
}

static int FN(langevin)(int64_t n, void *vy, const void *vx, const void *vg, const egm__rng *rng, int64_t start,
                        double kick, double drift)
{
	const philox_stream stream = philox_open(rng);
	uint32_t block = (uint32_t)(start / (16 / (int64_t)sizeof(T)));
	V a = FN(vector)(kick), b = FN(vector)(drift), finite = {0}, z[4];
	vq words[2][4];
	T *y = vy;
	const T *x = vx, *g = vg;
	for (; n > 0; n -= 4 * LANES, y += 4 * LANES, x += 4 * LANES, g += 4 * LANES, block += 2 * F64_LANES) {
		philox(&stream, block, 2, words);
		FN(normal_of)(words[0], z);
		FN(normal_of)(words[1], z + 2);
		if (n < 4 * LANES) break;
		UNROLL
		for (int k = 0; k < 4; k++)
			finite = FN(langevin_at)(LANES, y + k * LANES, x + k * LANES, g + k * LANES, z[k], a, b, finite);
	}
	for (int k = 0; n > 0; n -= LANES, k++)
		finite =
		    FN(langevin_at)(n < LANES ? n : LANES, y + k * LANES, x + k * LANES, g + k * LANES, z[k], a, b, finite);
	return FN(all_zero)(finite);
}
