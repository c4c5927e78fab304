/* SPDX-License-Identifier: MIT */
/* Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * With a generator that has a state, numbers would depend on the order in which threads draw them; here a number
 * depends only on where it is used. The authors recommend ten rounds; seven already pass BigCrush. */
#include "core/rng_impl.h"

/* A number of rounds above 16 would end the host, where the compiler does not remove the check. */
#define R123_ASSERT(condition) ((void)0)
#include <Random123/philox.h>
#include <string.h>

void egm__rng_block(const egm__rng *rng, uint32_t block, uint32_t out[4])
{
	philox4x32_ctr_t counter = {{block, (uint32_t)rng->step, (uint32_t)(rng->step >> 32), rng->stream}};
	philox4x32_key_t key = {{(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)}};
	philox4x32_ctr_t words = philox4x32(counter, key);
	memcpy(out, words.v, 4 * sizeof *out);
}

/* Reads the words of one (seed, stream, step) from the first on, two for each draw. */
typedef struct cursor {
	const egm__rng *rng;
	uint32_t block, words[4];
	int left;
} cursor;

static uint64_t next(cursor *c)
{
	if (c->left == 0) {
		egm__rng_block(c->rng, c->block++, c->words);
		c->left = 4;
	}
	c->left -= 2;
	return c->words[2 - c->left] | (uint64_t)c->words[3 - c->left] << 32;
}

/* Uniform in 0 .. bound - 1. x % bound alone would favour small values. x is therefore drawn again if it is in the
 * last, incomplete run of `bound` values below 2^64, which is if first + bound - 1 overflows. */
static uint64_t bounded(cursor *c, uint64_t bound)
{
	for (;;) {
		uint64_t x = next(c), remainder = x % bound, first = x - remainder;
		if (first <= UINT64_MAX - (bound - 1)) return remainder;
	}
}

/* Fisher-Yates, inside out: each of the n! orders has the probability 1/n! of one sequence of draws. The 2^32 blocks of
 * a step are enough for n = 2^33. */
void egm__rng_permutation(const egm__rng *rng, int64_t n, int64_t *permutation)
{
	cursor c = {.rng = rng};
	for (int64_t i = 0; i < n; ++i) {
		int64_t j = (int64_t)bounded(&c, (uint64_t)i + 1);
		permutation[i] = permutation[j];
		permutation[j] = i;
	}
}
