/* SPDX-License-Identifier: MIT */
/* Normal and uniform draws: the words are those of Random123, and the distributions are right. */
#include <Random123/philox.h>

#include "paths.h"

static const egm__rng stream = {.seed = 0x0123456789abcdefu, .step = 0xfedcba9876543210u, .stream = 7};

/* The function of Random123, with which egm__rng_block and the vector kernels are compared. */
static void reference(const egm__rng *r, uint32_t block, uint32_t out[4])
{
	philox4x32_ctr_t counter = {{block, (uint32_t)r->step, (uint32_t)(r->step >> 32), r->stream}};
	philox4x32_key_t key = {{(uint32_t)r->seed, (uint32_t)(r->seed >> 32)}};
	counter = philox4x32(counter, key);
	for (int i = 0; i < 4; i++) out[i] = counter.v[i];
}

static uint64_t pair(const uint32_t *w)
{
	return w[0] | (uint64_t)w[1] << 32;
}

static double expected_uniform(egm_dtype type, const egm__rng *r, int64_t i)
{
	uint32_t w[4];
	reference(r, (uint32_t)(i / (type == EGM_F64 ? 2 : 4)), w);
	return type == EGM_F64 ? (double)(pair(w + 2 * (i % 2)) >> 11) * 0x1p-53 : (double)(w[i % 4] >> 8) * 0x1p-24;
}

START_TEST(test_random__uniforms_are_philox_words)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int64_t start = 0; start < 400; start += 132) {
			double y[300];
			tables[p]->uniform(300, y, &stream, start);
			for (int64_t i = 0; i < 300; i++) {
				ck_assert(egm_test_get(types[p], y, i) == expected_uniform(types[p], &stream, start + i));
			}
		}
	}
}
END_TEST

START_TEST(test_random__core_block_is_philox)
{
	for (uint32_t block = 0; block < 1000; block += 37) {
		uint32_t a[4], b[4];
		egm__rng_block(&stream, block, a);
		reference(&stream, block, b);
		ck_assert_int_eq(memcmp(a, b, sizeof a), 0);
	}
}
END_TEST

/* Box-Muller in long double from the same words. u and the fraction of the turn are those of the kernel, which are
 * exact except for u in f32, which is rounded to float on purpose. log m is within 2 eps of itself, and so is log u = e
 * log 2 + log m, whose parts do not cancel beyond half; the root halves that and rounds, the directions are within eps,
 * the product rounds: less than (1 + 1/2 + 1 + 1/2) eps r. */
static long double expected_normal(egm_dtype type, int64_t i, long double *radius)
{
	uint32_t w[4];
	long double u, t;
	if (type == EGM_F64) {
		reference(&stream, (uint32_t)(i / 2), w);
		u = ((pair(w) >> 11) + 1) * 0x1p-53L;
		t = (long double)(pair(w + 2) >> 11) * 0x1p-53L - .5L;
	} else {
		reference(&stream, (uint32_t)(i / 4), w);
		const uint32_t *v = w + i % 4 / 2 * 2;
		float rounded = (float)(v[0] >> 1) + 0.5f;
		u = rounded * 0x1p-31L;
		t = (int32_t)v[1] / 256 * 0x1p-24L;
		if ((int32_t)v[1] % 256 < 0) t -= 0x1p-24L;
	}
	*radius = sqrtl(-2 * logl(u));
	return *radius * (i % 2 ? sinl(2 * acosl(-1) * t) : cosl(2 * acosl(-1) * t));
}

START_TEST(test_random__normals_are_box_muller_of_philox_words)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		double y[2000];
		tables[p]->normal(2000, y, &stream, 8);
		for (int64_t i = 0; i < 2000; i++) {
			long double radius, want = expected_normal(types[p], i + 8, &radius);
			long double error = fabsl(egm_test_get(types[p], y, i) - want);
			ck_assert(error <= 4 * egm_test_epsilon(types[p]) * radius);
		}
	}
}
END_TEST

static void check_pieces(const egm__kernels *k, egm_dtype type, const char *all, int normal)
{
	size_t size = egm__dtype_size(type);
	_Alignas(8) char part[620 * 8];
	for (int64_t start = 0; start <= 96; start += 4) {
		for (int64_t n = 0; n <= 520; n = n == 70 ? 505 : n + 1) {
			memset(part, 0x5a, sizeof part);
			(normal ? k->normal : k->uniform)(n, part + size, &stream, start);
			ck_assert_int_eq(memcmp(part + size, all + (size_t)start * size, (size_t)n * size), 0);
			for (size_t i = 0; i < size; i++) ck_assert(part[i] == 0x5a && part[(size_t)(n + 1) * size + i] == 0x5a);
		}
	}
}

START_TEST(test_random__elements_do_not_depend_on_start_and_count)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		double all[640];
		tables[p]->normal(640, all, &stream, 0);
		check_pieces(tables[p], types[p], (char *)all, 1);
		tables[p]->uniform(640, all, &stream, 0);
		check_pieces(tables[p], types[p], (char *)all, 0);
	}
}
END_TEST

/* Two of the seven blocks of seed 1 in which a word that gives a radius is below 2, found by trying all 2^32. There u
 * is 2^-32, and the radius sqrt(-2 log u) is the largest possible. */
START_TEST(test_random__smallest_uniform_has_a_logarithm)
{
	static const struct {
		uint32_t block;
		int word;
	} cases[2] = {{91093890, 0}, {484572412, 2}};
	const egm__rng rng = {.seed = 1};
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int i = 0; i < 2 && types[p] == EGM_F32; i++) {
			uint32_t w[4];
			float z[4];
			reference(&rng, cases[i].block, w);
			ck_assert_uint_lt(w[cases[i].word], 2);
			tables[p]->normal(4, z, &rng, 4 * (int64_t)cases[i].block);
			double radius = hypot(z[cases[i].word], z[cases[i].word + 1]), want = sqrt(64 * log(2));
			ck_assert(fabs(radius - want) <= 4 * FLT_EPSILON * want);
		}
	}
}
END_TEST

/* The block counter does not carry into the step: block 0 follows block 2^32 - 1. */
START_TEST(test_random__last_block)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		int64_t per_block = types[p] == EGM_F64 ? 2 : 4, start = ((int64_t)1 << 32) * per_block - 4;
		double end[8], begin[8];
		tables[p]->uniform(8, end, &stream, start);
		tables[p]->uniform(4, begin, &stream, 0);
		for (int i = 0; i < 4; i++) {
			ck_assert(egm_test_same(types[p], end, i + 4, begin, i));
			ck_assert(egm_test_get(types[p], end, i) == expected_uniform(types[p], &stream, start + i));
		}
	}
}
END_TEST

START_TEST(test_random__seed_step_and_stream_give_other_draws)
{
	const egm__rng others[5] = {{stream.seed + 1, stream.step, stream.stream},
	                            {stream.seed ^ 0x100000000u, stream.step, stream.stream},
	                            {stream.seed, stream.step + 1, stream.stream},
	                            {stream.seed, stream.step ^ 0x100000000u, stream.stream},
	                            {stream.seed, stream.step, stream.stream + 1}};
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int k = 0; k < 5; k++) {
			double a[64], b[64];
			int equal = 0;
			tables[p]->normal(64, a, &stream, 0);
			tables[p]->normal(64, b, &others[k], 0);
			for (int i = 0; i < 64; i++) equal += egm_test_same(types[p], a, i, b, i);
			/* 24 random bits coincide in 64 places with probability 4e-6. */
			ck_assert_int_eq(equal, 0);
		}
	}
}
END_TEST

enum { MANY = 1 << 20 };

/* Each estimate has a standard deviation of sqrt(variance / n); six of them are exceeded by chance once in 5e8. */
static void within(const char *what, double mean, double expected, double variance)
{
	double bound = 6 * sqrt(variance / MANY);
	ck_assert_msg(fabs(mean - expected) <= bound, "%s is %g, not %g +- %g", what, mean, expected, bound);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double normal_cdf(double x)
{
	return erfc(-x / sqrt(2)) / 2;
}

static double uniform_cdf(double x)
{
	return x;
}

/* P(D > d) <= 2 exp(-2 n d^2) (Massart 1990), here 1e-9. Sorts x. */
static void check_kolmogorov(double *x, double (*cdf)(double))
{
	double worst = 0;
	qsort(x, MANY, sizeof *x, ascending);
	for (int i = 0; i < MANY; i++) {
		double f = cdf(x[i]);
		worst = egm_test_worse(worst, fabs(f - (double)i / MANY));
		worst = egm_test_worse(worst, fabs(f - (double)(i + 1) / MANY));
	}
	ck_assert(worst <= sqrt(log(2 / 1e-9) / (2.0 * MANY)));
}

/* Moments of N(0,1): E z^4 = 3, z^6 = 15, z^8 = 105. lag 1 correlates cosine and sine of one pair, lag 2 the two pairs
 * of a block; their squares would show a shared radius. */
static void check_moments(const double *z)
{
	double m[4] = {0}, lag[5] = {0}, squares[5] = {0}, tail = 0;
	for (int i = 0; i < MANY; i++) {
		double x = z[i];
		m[0] += x, m[1] += x * x, m[2] += x * x * x, m[3] += x * x * x * x;
		tail += fabs(x) > 4;
		for (int d = 1; d < 5; d++) {
			double y = z[(i + d) % MANY];
			lag[d] += x * y;
			squares[d] += (x * x - 1) * (y * y - 1);
		}
	}
	within("mean", m[0] / MANY, 0, 1);
	within("variance", m[1] / MANY, 1, 2);
	within("third moment", m[2] / MANY, 0, 15);
	within("fourth moment", m[3] / MANY, 3, 105 - 9);
	within("tail beyond 4", tail / MANY, erfc(4 / sqrt(2)), erfc(4 / sqrt(2)));
	for (int d = 1; d < 5; d++) {
		within("correlation", lag[d] / MANY, 0, 1);
		within("correlation of squares", squares[d] / MANY, 0, 4);
	}
}

static void check_laws(const egm__kernels *k, egm_dtype type, double *x)
{
	void *raw = malloc(MANY * sizeof(double));
	ck_assert_ptr_nonnull(raw);
	k->normal(MANY, raw, &stream, 0);
	for (int i = 0; i < MANY; i++) x[i] = (double)egm_test_get(type, raw, i);
	ck_assert_int_eq(k->all_finite(MANY, raw), 1);
	check_moments(x);
	check_kolmogorov(x, normal_cdf);
	k->uniform(MANY, raw, &stream, 0);
	for (int i = 0; i < MANY; i++) x[i] = (double)egm_test_get(type, raw, i);
	check_kolmogorov(x, uniform_cdf);
	ck_assert(x[0] >= 0 && x[MANY - 1] < 1);
	free(raw);
}

START_TEST(test_random__distributions_are_right)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	double *x = malloc(MANY * sizeof *x);
	ck_assert_ptr_nonnull(x);
	for (int p = 0; p < count; p++) check_laws(tables[p], types[p], x);
	free(x);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("random");
	TCase *tc = tcase_create("random");
	tcase_set_timeout(tc, 240);
	tcase_set_tags(tc, "R15 R24");
	tcase_add_test(tc, test_random__core_block_is_philox);
	tcase_add_test(tc, test_random__uniforms_are_philox_words);
	tcase_add_test(tc, test_random__normals_are_box_muller_of_philox_words);
	tcase_add_test(tc, test_random__elements_do_not_depend_on_start_and_count);
	tcase_add_test(tc, test_random__smallest_uniform_has_a_logarithm);
	tcase_add_test(tc, test_random__last_block);
	tcase_add_test(tc, test_random__seed_step_and_stream_give_other_draws);
	tcase_add_test(tc, test_random__distributions_are_right);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
