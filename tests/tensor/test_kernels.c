/* SPDX-License-Identifier: MIT */
/* Elementwise kernels and reductions: every kernel on every code path, against long double. */
#include "tile_oracle.h"

/* All are exact in float, so that their rounding is not part of the error. */
static const double constants[3] = {-1.5, 0.25, 0.3125};

enum { MARGIN = 32, LONGEST = 513 + 2 * MARGIN };

/* 1 .. 70, 512, 513 */
static int64_t next_size(int64_t n)
{
	return n == 70 ? 512 : n + 1;
}

typedef struct arrays {
	egm_dtype type;
	_Alignas(64) char a[LONGEST * 8], b[LONGEST * 8], y[LONGEST * 8], alias[LONGEST * 8];
} arrays;

static arrays *make_arrays(egm_dtype type, int op, uint64_t seed)
{
	arrays *x = egm_test_aligned(sizeof *x, 64);
	ck_assert_ptr_nonnull(x);
	x->type = type;
	for (int i = 0; i < LONGEST; i++) {
		egm_test_set(type, x->a, i, tile_argument(op, type, &seed));
		egm_test_set(type, x->b, i, tile_argument(op, type, &seed));
		egm_test_set(type, x->y, i, 12345);
	}
	return x;
}

static void check_values(const arrays *x, int op, int64_t first, int64_t n, const char *path)
{
	for (int64_t i = 0; i < LONGEST; i++) {
		long double got = egm_test_get(x->type, x->y, i);
		if (i < first || i >= first + n) {
			ck_assert_msg(got == 12345, "%s wrote outside, at %lld", tile_names[op], (long long)(i - first));
			continue;
		}
		long double a = egm_test_get(x->type, x->a, op == EGM__TILE_SPLAT ? first : i);
		long double b = egm_test_get(x->type, x->b, tile_uses_b_array(op) ? i : first);
		long double want = tile_value(op, a, b, constants), bound = tile_bound(op, x->type, a, b, constants);
		ck_assert_msg(fabsl(got - want) <= bound, "%s %s %s of %Lg, %Lg: %Lg, not %Lg; error / bound = %Lg", path,
		              egm__dtype_name(x->type), tile_names[op], a, b, got, want, fabsl(got - want) / bound);
	}
}

/* y = a and y = b give the bits of a separate y. */
static void check_aliases(const egm__kernels *k, arrays *x, int op, int64_t first, int64_t n)
{
	size_t size = egm__dtype_size(x->type), at = (size_t)first * size;
	memcpy(x->alias, x->a, sizeof x->a);
	k->tile[op](n, x->alias + at, x->alias + at, tile_uses_b(op) ? x->b + at : NULL, constants);
	ck_assert_int_eq(memcmp(x->alias + at, x->y + at, (size_t)n * size), 0);
	if (tile_uses_b_array(op)) {
		memcpy(x->alias, x->b, sizeof x->b);
		k->tile[op](n, x->alias + at, x->a + at, x->alias + at, constants);
		ck_assert_int_eq(memcmp(x->alias + at, x->y + at, (size_t)n * size), 0);
	}
}

/* An element gives the same result alone as in an array. */
static void check_position(const egm__kernels *k, arrays *x, int op, int64_t first, int64_t n)
{
	size_t size = egm__dtype_size(x->type);
	if (op == EGM__TILE_SPLAT) return;
	for (int64_t i = first; i < first + n; i++) {
		size_t at = (size_t)i * size, b_at = tile_uses_b_array(op) ? at : (size_t)first * size;
		k->tile[op](1, x->alias, x->a + at, x->b + b_at, constants);
		ck_assert_msg(egm_test_same(x->type, x->alias, 0, x->y, i), "%s: element %lld of %lld", tile_names[op],
		              (long long)(i - first), (long long)n);
	}
}

static void check_tile(const egm__kernels *k, egm_dtype type, int op)
{
	size_t size = egm__dtype_size(type);
	for (int64_t n = 1; n <= 513; n = next_size(n)) {
		int64_t first = MARGIN + n % 5;
		size_t at = (size_t)first * size;
		arrays *x = make_arrays(type, op, (uint64_t)(1000 * op + n));
		k->tile[op](n, x->y + at, x->a + at, x->b + at, constants);
		check_values(x, op, first, n, k->name);
		check_aliases(k, x, op, first, n);
		check_position(k, x, op, first, n);
		egm_test_aligned_free(x);
	}
}

START_TEST(test_kernels__elementwise_within_bounds_on_every_path)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) check_tile(tables[p], types[p], _i);
}
END_TEST

START_TEST(test_kernels__empty_arrays_are_unchanged)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	double y = 7, b = 1;
	for (int p = 0; p < count; p++) {
		for (int op = 0; op < EGM__TILE_COUNT; op++) tables[p]->tile[op](0, &y, &y, &b, constants);
		ck_assert(tables[p]->sum(0, &y) == 0);
		ck_assert(tables[p]->sum_squares(0, &y) == 0);
		ck_assert_int_eq(tables[p]->all_finite(0, &y), 1);
	}
	ck_assert(y == 7);
}
END_TEST

typedef struct special {
	int op;
	double a, y;
} special;

static const special specials[] = {
    {EGM__TILE_EXP, -INFINITY, 0},
    {EGM__TILE_EXP, INFINITY, INFINITY},
    {EGM__TILE_EXP, 0, 1},
    {EGM__TILE_EXP, 1e4, INFINITY},
    {EGM__TILE_EXP, -1e4, 0},
    {EGM__TILE_LOG, 0, -INFINITY},
    {EGM__TILE_LOG, -1, NAN},
    {EGM__TILE_LOG, INFINITY, INFINITY},
    {EGM__TILE_LOG, 1, 0},
    {EGM__TILE_LOG, -INFINITY, NAN},
    {EGM__TILE_SQRT, 0, 0},
    {EGM__TILE_SQRT, -1, NAN},
    {EGM__TILE_SQRT, INFINITY, INFINITY},
    {EGM__TILE_RECIP, 0, 0},
    {EGM__TILE_RECIP, -0.0, 0},
    {EGM__TILE_RECIP, INFINITY, 0},
    {EGM__TILE_TANH, INFINITY, 1},
    {EGM__TILE_TANH, -INFINITY, -1},
    {EGM__TILE_TANH, 0, 0},
    {EGM__TILE_SIGMOID, 1e4, 1},
    {EGM__TILE_SIGMOID, -1e4, 0},
    {EGM__TILE_SIGMOID, INFINITY, 1},
    {EGM__TILE_SIGMOID, -INFINITY, 0},
    {EGM__TILE_SIGMOID, 0, .5},
    {EGM__TILE_SOFTPLUS, 1e4, 1e4},
    {EGM__TILE_SOFTPLUS, -1e4, 0},
    {EGM__TILE_SOFTPLUS, INFINITY, INFINITY},
    {EGM__TILE_SOFTPLUS, -INFINITY, 0},
    {EGM__TILE_ERF, INFINITY, 1},
    {EGM__TILE_ERF, -INFINITY, -1},
    {EGM__TILE_ERF, 0, 0},
    {EGM__TILE_STEP, 0, -1.5},
    {EGM__TILE_STEP, INFINITY, 1},
    {EGM__TILE_STEP, -INFINITY, -1.5},
    {EGM__TILE_LEAKY, INFINITY, INFINITY},
    {EGM__TILE_LEAKY, -INFINITY, INFINITY},
};

START_TEST(test_kernels__special_values)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	const special *s = &specials[_i];
	for (int p = 0; p < count; p++) {
		double a[20], y[20];
		for (int i = 0; i < 20; i++) egm_test_set(types[p], a, i, i == 3 || i == 17 ? s->a : 0.5);
		tables[p]->tile[s->op](20, y, a, NULL, constants);
		for (int i = 3; i < 20; i += 14) {
			long double got = egm_test_get(types[p], y, i);
			ck_assert_msg(isnan(s->y) ? isnan(got) : got == s->y, "%s %s %s of %g: %Lg", tables[p]->name,
			              egm__dtype_name(types[p]), tile_names[s->op], s->a, got);
		}
		ck_assert(isfinite(egm_test_get(types[p], y, 2)) && isfinite(egm_test_get(types[p], y, 18)));
	}
}
END_TEST

START_TEST(test_kernels__nan_in_gives_nan_out)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types), op = _i;
	for (int p = 0; p < count && op != EGM__TILE_FILL; p++) {
		for (int at = 0; at < 37; at++) {
			double a[37], b[37], y[37];
			for (int i = 0; i < 37; i++) {
				egm_test_set(types[p], a, i, i == at ? NAN : 0.5);
				egm_test_set(types[p], b, i, 0.25);
			}
			tables[p]->tile[op](37, y, a, b, constants);
			for (int i = 0; i < 37; i++) {
				int expected = op == EGM__TILE_SPLAT ? at == 0 : i == at;
				ck_assert_int_eq(isnan(egm_test_get(types[p], y, i)) != 0, expected);
			}
			if (!tile_uses_b_array(op)) continue;
			tables[p]->tile[op](37, y, b, a, constants);
			ck_assert(isnan(egm_test_get(types[p], y, at)));
		}
	}
}
END_TEST

START_TEST(test_kernels__copy_keeps_every_bit)
{
	const double copy[3] = {1, 0, 0};
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		uint64_t a[21], y[21], state = 5;
		for (int i = 0; i < 21; i++) {
			egm_test_random(&state);
			a[i] = i % 3 ? state : i % 2 ? 0x8000000080000000u : 0x7ff0123456789abcu;
		}
		tables[p]->tile[EGM__TILE_AFFINE](21, y, a, NULL, copy);
		ck_assert_int_eq(memcmp(a, y, 21 * egm__dtype_size(types[p])), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernels");
	TCase *tc = tcase_create("elementwise");
	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "R24");
	tcase_add_loop_test(tc, test_kernels__elementwise_within_bounds_on_every_path, 0, EGM__TILE_COUNT);
	tcase_add_test(tc, test_kernels__empty_arrays_are_unchanged);
	tcase_add_test(tc, test_kernels__copy_keeps_every_bit);
	suite_add_tcase(suite, tc);
	tc = tcase_create("special");
	tcase_set_tags(tc, "R16 R24");
	tcase_add_loop_test(tc, test_kernels__special_values, 0, (int)(sizeof specials / sizeof *specials));
	tcase_add_loop_test(tc, test_kernels__nan_in_gives_nan_out, 0, EGM__TILE_COUNT);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
