/* SPDX-License-Identifier: MIT */
/* e^x, log, tanh and erf of lib/tensor/template_math.h, which replace glibc's libmvec where it is missing, on every
 * code path. Where libmvec is there, meson compiles the kernels a second time without it, for this program. */
#include "paths.h"
#include <core/cpu_impl.h>

typedef struct function {
	int op;
	const char *name;
	double (*f32)(double);
	long double (*f64)(long double);
	int odd;
	long double bound; /* of the error, in ulp */
} function;

/* The bounds. u is 1 ulp of numbers from 1/2 to 1; a number below that rounds by u/4 or less. Roundings that are not
 * named, and the errors of the polynomials, are at most 1/4 ulp of the result together.
 *  - exp: 1 + p is at least 0.7, where 1 ulp is u. r < 0.35 and p < 0.42 round by u/4 each, 1 + p by u/2.
 *  - log: n log 2 + log(1 + f), where |log(1 + f)| < 0.35 rounds by half an ulp of the sum at most, and the sum by
 * half.
 *  - tanh: the worst is 1 - q, q = 2 e / (1 + e) = 1/2, e = 1/3, at 0.55. The error of e is at most 1.25 ulp of it,
 * which is 0.6 u, and changes q 1.13 times as much; 1 + e rounds by u, which changes q by 3/8 u; q rounds by u/4, and
 * the difference by u/2.
 *  - erf: the worst is 1 - q, q = 2 Phi(-sqrt(2) x) = 0.16, at 1. The quotient and e^(-x^2) have relative errors of at
 *    most 8 roundings, 8 u q together, and the difference rounds by u/2.
 * The largest errors in ulp among all 2^32 floats and 10^7 doubles are 1.05, 0.87, 1.52 and 1.45. */
static const function functions[] = {
    {EGM__TILE_EXP, "exp", exp, expl, 0, 1.25L},
    {EGM__TILE_LOG, "log", log, logl, 0, 1.25L},
    {EGM__TILE_TANH, "tanh", tanh, tanhl, 1, 2},
    {EGM__TILE_ERF, "erf", erf, erfl, 1, 2},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions, BLOCK = 1000 };

/* Arguments and results of one kernel. */
typedef struct block {
	const egm__kernels *table;
	egm_dtype type;
	const function *f;
	int64_t n;
	_Alignas(64) char x[BLOCK * 8], y[BLOCK * 8];
} block;

static void compute(block *b)
{
	static const double none[3];
	b->table->tile[b->f->op](b->n, b->y, b->x, NULL, none);
}

/* Is `got` the value `want`, at most `bound` ulp away? An infinite value, or an infinite result, must be equal. */
static int agrees(egm_dtype type, long double want, long double got, long double bound)
{
	long double rounded = type == EGM_F64 ? (long double)(double)want : (long double)(float)want;
	int digits = type == EGM_F64 ? DBL_MANT_DIG : FLT_MANT_DIG, least = type == EGM_F64 ? -1074 : -149, exponent;
	if (isnan(want)) return isnan(got);
	if (isinf(rounded) || isinf(got)) return rounded == got;
	frexpl(want, &exponent);
	return fabsl(got - want) <= bound * ldexpl(1, exponent - digits > least ? exponent - digits : least);
}

/* A double serves as the exact value for floats, and long double for doubles; where that is a double, it has an error
 * of up to 1 ulp itself. */
static void check(block *b)
{
	long double bound = b->f->bound + (b->type == EGM_F64 && LDBL_MANT_DIG == DBL_MANT_DIG);
	compute(b);
	for (int64_t i = 0; i < b->n; i++) {
		long double x = egm_test_get(b->type, b->x, i), got = egm_test_get(b->type, b->y, i);
		long double want = b->type == EGM_F64 ? b->f->f64(x) : (long double)b->f->f32((double)x);
		int right_sign = !b->f->odd || isnan(x) || !signbit(got) == !signbit(x);
		if (right_sign && agrees(b->type, want, got, bound)) continue; /* each assertion of Check is a system call */
		ck_abort_msg("%s %s %s of %La: %La, not %La", b->table->name, egm__dtype_name(b->type), b->f->name, x, got,
		             want);
	}
}

/* Calls `use` with the function on every path, for both types. */
static void on_every_path(const function *f, void (*use)(block *))
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		block b = {.table = tables[p], .type = types[p], .f = f};
		use(&b);
	}
}

/* The number with these bits. */
static void put_bits(block *b, uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	if (b->type == EGM_F64) {
		memcpy(b->x + 8 * b->n++, &bits, 8);
	} else {
		memcpy(b->x + 4 * b->n++, &low, 4);
	}
}

static uint64_t bits_of(egm_dtype type, double x)
{
	float f = (float)x;
	uint64_t bits;
	uint32_t low;
	memcpy(&bits, &x, 8);
	memcpy(&low, &f, 4);
	return type == EGM_F64 ? bits : low;
}

/* Every 16411th of the 2^32 floats, and as many doubles as are in four blocks: of any magnitude, between -750 and 750,
 * between -2 and 2, and around 1. */
static void check_sample(block *b)
{
	uint64_t state = 3, stop = b->type == EGM_F64 ? 20 * BLOCK : 1 + (UINT32_MAX >> 14);
	for (uint64_t i = 0; i < stop;) {
		for (b->n = 0; b->n < BLOCK && i < stop; i++) {
			double u = 2 * egm_test_random(&state) - 1;
			if (b->type == EGM_F32) {
				put_bits(b, (uint32_t)i * 16411);
			} else if (i % 4 == 0) {
				put_bits(b, bits_of(EGM_F64, ldexp(1 + fabs(u), (int)(state % 2046) - 1022)) ^ state << 63);
			} else {
				put_bits(b, bits_of(EGM_F64, i % 4 == 1 ? 750 * u : i % 4 == 2 ? 2 * u : 1 + u / 2));
			}
		}
		check(b);
	}
}

START_TEST(test_math__dense_sample_is_within_bounds)
{
	on_every_path(&functions[_i], check_sample);
}
END_TEST

/* Of these numbers and of their negatives, each 8 neighbours on both sides, and 0 and infinity: ends of the normal and
 * of the subnormal numbers, where results overflow, become subnormal or 0, where the formulas change, and where tanh
 * and erf become 1. */
static void check_edges(block *b)
{
	int f64 = b->type == EGM_F64;
	const double centres[] = {f64 ? 0x1p-1022 : 0x1p-126,
	                          f64 ? 0x1p-1070 : 0x1p-145,
	                          f64 ? DBL_MAX : (double)FLT_MAX,
	                          f64 ? 709.78271289338397 : 88.7228391,
	                          f64 ? 708.39641853226408 : 87.3365448,
	                          f64 ? 745.13321910194122 : 103.972077,
	                          f64 ? 744.44007192138122 : 103.278930,
	                          f64 ? 777 : 115,
	                          f64 ? 710 : 89,
	                          f64 ? 0x1p-54 : 0x1p-25,
	                          f64 ? 19.061547465398498 : 9.01091290,
	                          f64 ? 5.9215871950979 : 3.91920590,
	                          M_LN2 / 2,
	                          M_SQRT1_2,
	                          M_SQRT2,
	                          0.55,
	                          1,
	                          6};
	const uint64_t sign = bits_of(b->type, -0.0), infinity = bits_of(b->type, INFINITY);
	for (size_t i = 0; i < sizeof centres / sizeof *centres; i++) {
		uint64_t bits = bits_of(b->type, centres[i]);
		for (uint64_t x = bits - 8; x <= bits + 8; x++) {
			if (x > infinity) continue;
			put_bits(b, x);
			put_bits(b, x | sign);
		}
	}
	put_bits(b, 0);
	put_bits(b, sign);
	put_bits(b, 1);
	put_bits(b, 1 | sign);
	ck_assert_int_le(b->n, BLOCK);
	check(b);
}

START_TEST(test_math__edges_are_within_bounds)
{
	on_every_path(&functions[_i], check_edges);
}
END_TEST

/* Quiet and signalling, of both signs, among numbers. */
static void check_nan(block *b)
{
	const uint64_t sign = bits_of(b->type, -0.0), infinity = bits_of(b->type, INFINITY);
	const uint64_t quiet = b->type == EGM_F64 ? (uint64_t)1 << 51 : (uint64_t)1 << 22;
	const uint64_t nans[] = {infinity | quiet, infinity | quiet | sign, infinity | 1, infinity | (quiet - 1) | sign};
	for (int at = 0; at < 40; at++) put_bits(b, at % 5 < 4 ? nans[at % 5] : bits_of(b->type, 0.5));
	compute(b);
	for (int64_t i = 0; i < b->n; i++) {
		uint64_t bits = 0;
		uint32_t low;
		memcpy(&low, b->y + 4 * i, 4);
		if (b->type == EGM_F64) memcpy(&bits, b->y + 8 * i, 8);
		if (b->type == EGM_F32) bits = low;
		ck_assert_int_eq(isnan(egm_test_get(b->type, b->y, i)) != 0, i % 5 < 4);
		ck_assert_msg(i % 5 == 4 || (bits & quiet), "%s %s %s: a signalling NaN", b->table->name,
		              egm__dtype_name(b->type), b->f->name);
	}
}

START_TEST(test_math__nan_gives_quiet_nan)
{
	on_every_path(&functions[_i], check_nan);
}
END_TEST

/* Where subnormal numbers are 0, all other results have the bits that they have elsewhere. */
static void check_flushing(block *b)
{
	static block kept;
	double least = b->type == EGM_F64 ? DBL_MIN : (double)FLT_MIN;
	check_edges(b);
	kept = *b;
	uint32_t mode = egm__cpu_fp_flush();
	int flushes = egm__cpu_fp_mode() != mode;
	compute(b);
	egm__cpu_fp_set(mode);
	for (int64_t i = 0; i < b->n; i++) {
		long double x = egm_test_get(b->type, b->x, i), y = egm_test_get(b->type, b->y, i);
		int same = egm_test_same(b->type, b->y, i, kept.y, i);
		int small = fabsl(x) < least || fabsl(egm_test_get(b->type, kept.y, i)) <= least;
		int flushed = flushes && small && y == (b->f->op == EGM__TILE_LOG ? -INFINITY : 0);
		int right_sign = !b->f->odd || isnan(x) || !signbit(y) == !signbit(x);
		if (right_sign && (same || flushed)) continue;
		ck_abort_msg("%s %s %s of %La: %La where subnormal numbers are 0, else %La", b->table->name,
		             egm__dtype_name(b->type), b->f->name, x, y, egm_test_get(b->type, kept.y, i));
	}
}

START_TEST(test_math__flushing_changes_subnormal_results_only)
{
	on_every_path(&functions[_i], check_flushing);
}
END_TEST

/* The arguments of check_edges, turned by 1 to 17 places, give the same bits. */
static void check_lanes(block *b)
{
	static block turned;
	size_t size = egm__dtype_size(b->type);
	check_edges(b);
	for (int64_t by = 1; by <= 17; by++) {
		turned = *b;
		size_t moved = (size_t)by * size, kept = (size_t)b->n * size - moved;
		memcpy(turned.x, b->x + moved, kept);
		memcpy(turned.x + kept, b->x, moved);
		compute(&turned);
		for (int64_t i = 0; i < b->n; i++) {
			if (egm_test_same(b->type, turned.y, i, b->y, (i + by) % b->n)) continue;
			ck_abort_msg("%s %s %s depends on the place", b->table->name, egm__dtype_name(b->type), b->f->name);
		}
	}
}

START_TEST(test_math__lanes_are_independent)
{
	on_every_path(&functions[_i], check_lanes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("math");
	TCase *tc = tcase_create("functions");
	tcase_set_tags(tc, "R16 R24");
	tcase_add_loop_test(tc, test_math__dense_sample_is_within_bounds, 0, FUNCTIONS);
	tcase_add_loop_test(tc, test_math__edges_are_within_bounds, 0, FUNCTIONS);
	tcase_add_loop_test(tc, test_math__nan_gives_quiet_nan, 0, FUNCTIONS);
	tcase_add_loop_test(tc, test_math__flushing_changes_subnormal_results_only, 0, FUNCTIONS);
	tcase_add_loop_test(tc, test_math__lanes_are_independent, 0, FUNCTIONS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
