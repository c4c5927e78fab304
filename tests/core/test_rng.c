/* SPDX-License-Identifier: MIT */
/* Philox against the vectors of its authors, and draws from it against the uniform distribution.
 *
 * Chi-square bounds: the quantile of probability 1 - 1e-6 after Wilson and Hilferty,
 * k (1 - 2/(9k) + z sqrt(2/(9k)))^3, z = 4.7534. The seeds are fixed, 1, 2, ..., so a test passes always
 * or never. A correct generator fails for a given seed with a probability of 1e-6. */
#include "core/rng_impl.h"
#include "support.h"

#include <math.h>
#include <string.h>

static double chi_square_bound(int freedom)
{
	double c = 2.0 / (9.0 * freedom), root = 1 - c + 4.7534 * sqrt(c);
	return freedom * root * root * root;
}

static double chi_square(const long *counts, int cells, double expected)
{
	double sum = 0;
	for (int i = 0; i < cells; ++i) sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
	return sum;
}

/* The three vectors of philox4x32-10 in the file kat_vectors of Random123: counter, key, result. */
START_TEST(test_block__gives_the_known_answers)
{
	static const uint32_t rows[][10] = {
	    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
	    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
	     0x6d5451fd},
	    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
	     0x24126ea1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
		const uint32_t *r = rows[i];
		egm__rng rng = {.seed = r[4] | (uint64_t)r[5] << 32, .step = r[1] | (uint64_t)r[2] << 32, .stream = r[3]};
		uint32_t out[4];
		egm__rng_block(&rng, r[0], out);
		for (int w = 0; w < 4; ++w) ck_assert_uint_eq(out[w], r[6 + w]);
	}
}
END_TEST

START_TEST(test_block__depends_on_the_counter_alone)
{
	static uint32_t forwards[1000][4];
	egm__rng rng = {.seed = 1, .step = 2, .stream = 3}, other = {.seed = 9};
	uint32_t out[4];
	for (uint32_t b = 0; b < 1000; ++b) egm__rng_block(&rng, b, forwards[b]);
	for (uint32_t b = 1000; b-- > 0;) {
		egm__rng_block(&other, b, out);
		egm__rng_block(&rng, b, out);
		ck_assert_mem_eq(out, forwards[b], sizeof out);
	}
}
END_TEST

/* Each bit of seed, step, stream and block changes the words. Of 128 bits 64 flip on average, with a standard
 * deviation of sqrt(32) = 5.7. The bound of 28 is 5 of these: 6e-7 for each of 224 rows. */
START_TEST(test_block__every_bit_of_the_counter_matters)
{
	egm__rng base = {.seed = 1, .step = 2, .stream = 3};
	uint32_t before[4], after[4];
	egm__rng_block(&base, 4, before);
	for (int bit = 0; bit < 64 + 64 + 32 + 32; ++bit) {
		egm__rng rng = base;
		uint32_t block = 4;
		int flipped = 0;
		if (bit < 64)
			rng.seed ^= UINT64_C(1) << bit;
		else if (bit < 128)
			rng.step ^= UINT64_C(1) << (bit - 64);
		else if (bit < 160)
			rng.stream ^= UINT32_C(1) << (bit - 128);
		else
			block ^= UINT32_C(1) << (bit - 160);
		egm__rng_block(&rng, block, after);
		for (int w = 0; w < 4; ++w) flipped += __builtin_popcount(before[w] ^ after[w]);
		ck_assert_int_ge(flipped, 64 - 28);
		ck_assert_int_le(flipped, 64 + 28);
	}
}
END_TEST

START_TEST(test_block__bytes_are_uniform)
{
	enum { BLOCKS = 20000 };
	static long counts[16][256];
	egm__rng rng = {.seed = 1};
	for (uint32_t b = 0; b < BLOCKS; ++b) {
		uint32_t out[4];
		egm__rng_block(&rng, b, out);
		for (int k = 0; k < 16; ++k) ++counts[k][out[k / 4] >> 8 * (k % 4) & 255];
	}
	for (int k = 0; k < 16; ++k) ck_assert(chi_square(counts[k], 256, BLOCKS / 256.0) <= chi_square_bound(255));
}
END_TEST

START_TEST(test_permutation__contains_every_index_once)
{
	static const int64_t sizes[] = {0, 1, 2, 3, 10, 1000, 60000};
	static int64_t order[60000 + 1];
	static char seen[60000];
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
		int64_t n = sizes[s];
		egm__rng rng = {.seed = 7, .stream = EGM__STREAM_SHUFFLE};
		memset(seen, 0, sizeof seen);
		order[n] = -99;
		egm__rng_permutation(&rng, n, order);
		for (int64_t i = 0; i < n; ++i) {
			ck_assert(order[i] >= 0 && order[i] < n);
			ck_assert(!seen[order[i]]);
			seen[order[i]] = 1;
		}
		ck_assert_int_eq(order[n], -99);
	}
}
END_TEST

/* The number of a permutation of n things, 0 to n! - 1 (Lehmer code). */
static int order_number(const int64_t *order, int n)
{
	int number = 0;
	for (int i = 0; i < n; ++i) {
		int smaller = 0;
		for (int j = i + 1; j < n; ++j) smaller += order[j] < order[i];
		number = number * (n - i) + smaller;
	}
	return number;
}

/* All n! permutations are equally frequent, about 400 each, over the steps of one seed, as the epochs of a training use
 * them. */
START_TEST(test_permutation__orders_are_equally_likely)
{
	int factorial = 1, n = _i;
	long counts[120] = {0};
	for (int i = 2; i <= n; ++i) factorial *= i;
	for (uint64_t step = 0; step < 400u * (unsigned)factorial; ++step) {
		egm__rng rng = {.seed = 1, .step = step, .stream = EGM__STREAM_SHUFFLE};
		int64_t order[5];
		egm__rng_permutation(&rng, n, order);
		++counts[order_number(order, n)];
	}
	ck_assert(chi_square(counts, factorial, 400) <= chi_square_bound(factorial - 1));
}
END_TEST

START_TEST(test_permutation__depends_on_seed_step_and_stream_alone)
{
	egm__rng rng = {.seed = 1, .step = 2, .stream = EGM__STREAM_SHUFFLE}, others[3] = {rng, rng, rng};
	int64_t first[100], again[100], other[100];
	others[0].seed = 2;
	others[1].step = 3;
	others[2].stream = EGM__STREAM_INIT;
	egm__rng_permutation(&rng, 100, first);
	for (int i = 0; i < 3; ++i) {
		egm__rng_permutation(&others[i], 100, other);
		ck_assert_mem_ne(first, other, sizeof first);
	}
	egm__rng_permutation(&rng, 100, again);
	ck_assert_mem_eq(first, again, sizeof first);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rng");
	TCase *tc = tcase_create("rng");
	tcase_set_tags(tc, "R15");
	tcase_add_test(tc, test_block__gives_the_known_answers);
	tcase_add_test(tc, test_block__depends_on_the_counter_alone);
	tcase_add_test(tc, test_block__every_bit_of_the_counter_matters);
	tcase_add_test(tc, test_block__bytes_are_uniform);
	tcase_add_test(tc, test_permutation__contains_every_index_once);
	tcase_add_loop_test(tc, test_permutation__orders_are_equally_likely, 2, 6);
	tcase_add_test(tc, test_permutation__depends_on_seed_step_and_stream_alone);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
