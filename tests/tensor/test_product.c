/* SPDX-License-Identifier: MIT */
/* The product kernels, with R packed in advance and not: against a sum in long double, and bit for bit against products
 * of their parts. */
#include <stdio.h>

#include "paths.h"

enum { GUARD = 7 };

/* ck_assert writes to a pipe even if it passes, which takes too long for every element of a matrix. */
#define EXPECT(condition, ...)                       \
	do {                                             \
		if (!(condition)) ck_abort_msg(__VA_ARGS__); \
	} while (0)

typedef struct problem {
	const egm__kernels *table;
	egm_dtype type;
	egm__product p;
	int64_t ldb;
	int tb;
	void *a, *b, *packed, *c, *before;
} problem;

/* Rows of ld elements. The first `columns` of a row are numbers in (-1, 1); the others, and GUARD elements after the
 * last row, are NaN with a payload, which must be neither used nor written. Misaligned by one element. */
static void *matrix(egm_dtype type, int64_t rows, int64_t columns, int64_t ld, uint64_t seed)
{
	size_t size = egm__dtype_size(type);
	char *x = malloc((size_t)(rows * ld + 1 + GUARD) * size);
	ck_assert_ptr_nonnull(x);
	memset(x, 0xff, (size_t)(rows * ld + 1 + GUARD) * size);
	x += size;
	for (int64_t i = 0; i < rows * ld; i++)
		if (i % ld < columns) egm_test_set(type, x, i, 2 * egm_test_random(&seed) - 1);
	return x;
}

static void drop(const problem *o, void *x)
{
	if (x) free((char *)x - egm__dtype_size(o->type));
}

static egm__product sizes_of(int64_t rows, int64_t columns, int64_t k, double alpha, double beta)
{
	return (egm__product){.rows = rows, .columns = columns, .k = k, .left_step = 1, .alpha = alpha, .beta = beta};
}

static problem make(const egm__kernels *table, egm_dtype type, egm__product p, int tb, int64_t gap)
{
	problem o = {.table = table, .type = type, .tb = tb};
	int64_t rows_b = tb ? p.columns : p.k, columns_b = tb ? p.k : p.columns,
	        count = table->packed_count(p.columns, p.k);
	p.left_row = p.k + gap;
	p.ldc = p.columns + gap;
	o.ldb = columns_b + gap;
	o.p = p;
	o.a = matrix(type, p.rows, p.k, p.left_row, 1);
	o.b = matrix(type, rows_b, columns_b, o.ldb, 2);
	o.c = matrix(type, p.rows, p.columns, p.ldc, 3);
	o.before = matrix(type, p.rows, p.columns, p.ldc, 3);
	ck_assert_int_ge(count, p.columns * p.k);
	size_t bytes = (size_t)count * egm__dtype_size(type);
	o.packed = egm_test_aligned(bytes + 64, 64);
	ck_assert_ptr_nonnull(o.packed);
	memset(o.packed, 0xff, bytes + 64);
	return o;
}

static void pack(const problem *o)
{
	o->table->pack(o->p.columns, o->p.k, o->b, o->ldb, o->tb, o->packed);
	size_t bytes = (size_t)o->table->packed_count(o->p.columns, o->p.k) * egm__dtype_size(o->type);
	for (size_t i = 0; i < 64; i++)
		EXPECT(((unsigned char *)o->packed)[bytes + i] == 0xff, "pack writes behind what it asked for");
}

static void done(problem *o)
{
	drop(o, o->a);
	drop(o, o->b);
	drop(o, o->c);
	drop(o, o->before);
	egm_test_aligned_free(o->packed);
}

static const char *name(const problem *o)
{
	static char text[160];
	snprintf(text, sizeof text, "%s %s %lldx%lldx%lld tb %d beta %g", o->table->name, egm__dtype_name(o->type),
	         (long long)o->p.rows, (long long)o->p.columns, (long long)o->p.k, o->tb, o->p.beta);
	return text;
}

/* ---- the oracle */

static int64_t index_b(const problem *o, int64_t l, int64_t j)
{
	return o->tb ? j * o->ldb + l : l * o->ldb + j;
}

/* Any order of k products and k - 1 sums, fused or not, is within gamma_k sum |a||b| (Higham 2002, section 3.1); alpha,
 * beta and the last sum add three roundings. gamma_n = n u / (1 - n u) < n eps here. */
static void check_element(const problem *o, int64_t i, int64_t j)
{
	const egm__product *p = &o->p;
	long double sum = 0, magnitudes = 0, old = p->beta == 0 ? 0 : egm_test_get(o->type, o->before, i * p->ldc + j);
	for (int64_t l = 0; l < p->k; l++) {
		long double x =
		    egm_test_get(o->type, o->a, i * p->left_row + l) * egm_test_get(o->type, o->b, index_b(o, l, j));
		sum += x;
		magnitudes += fabsl(x);
	}
	long double want = p->alpha * sum + old, got = egm_test_get(o->type, o->c, i * p->ldc + j);
	long double bound =
	    (long double)(p->k + 3) * egm_test_epsilon(o->type) * (fabs(p->alpha) * magnitudes + fabsl(old));
	EXPECT(fabsl(got - want) <= bound, "%s (%lld, %lld): %Lg, not %Lg", name(o), (long long)i, (long long)j, got, want);
}

static void check_guards(const problem *o)
{
	const egm__product *p = &o->p;
	size_t size = egm__dtype_size(o->type);
	const char *c = o->c;
	for (int64_t i = -1; i < p->rows * p->ldc + GUARD; i++) {
		if (i >= 0 && i < p->rows * p->ldc && i % p->ldc < p->columns) continue;
		for (size_t b = 0; b < size; b++)
			EXPECT((c + i * (int64_t)size)[b] == (char)0xff, "%s writes beside C, at %lld", name(o), (long long)i);
	}
}

/* ---- R not packed, L by rows or by columns, C or its transpose: the bits of the packed product */

enum { LEFT_BY_COLUMNS = 1, TRANSPOSED = 2 };

static void *turned(const problem *o, const void *x, int64_t rows, int64_t columns, int64_t ld, int64_t new_ld)
{
	void *y = matrix(o->type, columns, rows, new_ld, 1);
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < columns; j++)
			egm_test_set(o->type, y, j * new_ld + i, (double)egm_test_get(o->type, x, i * ld + j));
	return y;
}

static void multiply_in_place(const problem *o, egm__product p, const void *a, void *c)
{
	size_t bytes = (size_t)o->table->product_room(p.k) * egm__dtype_size(o->type);
	unsigned char *scratch = egm_test_aligned(bytes + 64, 64);
	ck_assert_ptr_nonnull(scratch);
	memset(scratch, 0xff, bytes + 64);
	p.right_column = o->tb ? o->ldb : 1;
	p.right_step = o->tb ? 1 : o->ldb;
	o->table->product(&p, a, o->b, c, scratch);
	for (size_t i = 0; i < 64; i++) EXPECT(scratch[bytes + i] == 0xff, "%s writes behind its scratch", name(o));
	egm_test_aligned_free(scratch);
}

static void same_in_place(const problem *o, int form)
{
	egm__product p = o->p;
	problem r = *o;
	int64_t m = p.rows, n = p.columns, gap = form % 3;
	void *left = NULL, *c = form & TRANSPOSED ? turned(o, o->before, m, n, p.ldc, m + gap) : NULL;
	r.c = matrix(o->type, m, n, p.ldc, 3);
	if (form & LEFT_BY_COLUMNS) {
		left = turned(o, o->a, m, p.k, p.left_row, m + gap);
		p.left_row = 1;
		p.left_step = m + gap;
	}
	p.transposed = form & TRANSPOSED ? 1 : 0;
	if (c) p.ldc = m + gap;
	multiply_in_place(o, p, left ? left : o->a, c ? c : r.c);
	if (c) {
		problem t = *o;
		t.c = c;
		t.p.rows = n, t.p.columns = m, t.p.ldc = m + gap;
		check_guards(&t);
	} else {
		check_guards(&r);
	}
	for (int64_t i = 0; i < m; i++)
		for (int64_t j = 0; j < n; j++) {
			if (c) egm_test_set(o->type, r.c, i * o->p.ldc + j, (double)egm_test_get(o->type, c, j * (m + gap) + i));
			if (n == 1)
				check_element(&r, i, j);
			else
				EXPECT(egm_test_same(o->type, r.c, i * o->p.ldc + j, o->c, i * o->p.ldc + j),
				       "%s form %d differs at (%lld, %lld)", name(o), form, (long long)i, (long long)j);
		}
	drop(o, left);
	drop(o, c);
	drop(o, r.c);
}

static void run_and_check(const egm__kernels *table, egm_dtype type, egm__product p, int tb, int64_t gap)
{
	problem o = make(table, type, p, tb, gap);
	pack(&o);
	table->multiply(&o.p, o.a, o.packed, o.c);
	for (int64_t i = 0; i < p.rows; i++)
		for (int64_t j = 0; j < p.columns; j++) check_element(&o, i, j);
	check_guards(&o);
	for (int form = 0; form < 4 && p.k > 0; form++) same_in_place(&o, form);
	done(&o);
}

/* Calls f for each path and type, with a new generator. */
static void each_path(void (*f)(const egm__kernels *, egm_dtype, uint64_t *))
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int i = 0; i < count; i++) {
		uint64_t random = 11;
		f(tables[i], types[i], &random);
	}
}

static int64_t below(uint64_t *random, int64_t n)
{
	return (int64_t)(egm_test_random(random) * (double)n);
}

/* Every number of columns 1..70 with every remainder of rows, k from 0 on. */
static void all_sizes(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	for (int64_t n = 1; n <= 70; n++)
		for (int64_t m = 1; m <= 70; m += 1 + below(random, 7)) {
			egm__product p = sizes_of(m, n, below(random, 71), n % 3 ? 1 : -0.75, (double)(m % 2));
			run_and_check(table, type, p, (int)(n + m) % 2, below(random, 3));
		}
	for (int64_t k = 1; k <= 70; k++) run_and_check(table, type, sizes_of(9, k, k, 1, 0), (int)(k % 2), 1);
}

START_TEST(test_product__matches_naive_for_every_size)
{
	each_path(all_sizes);
}
END_TEST

/* Every tile of every path, alone and after a whole one: at most 16 rows, and panels of at most 4 vectors. */
static void every_tile(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	for (int64_t m = 1; m <= 17; m++)
		for (int64_t n = 1; n <= 4 * table->lanes + 1; n++) {
			egm__product p = sizes_of(m, n, 1 + below(random, 7), n % 3 ? 1 : -0.75, (double)(m % 2));
			run_and_check(table, type, p, (int)(n + m) % 2, below(random, 3));
		}
}

START_TEST(test_product__every_tile_matches_naive)
{
	each_path(every_tile);
}
END_TEST

/* More rows than a block has, panels of all widths, and sums of several accumulators. */
static void large(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	static const int64_t sizes[][3] = {{101, 150, 130}, {200, 49, 33},  {64, 100, 100}, {13, 1, 500}, {99, 2, 1},
	                                   {1, 257, 300},   {50, 70, 1100}, {7, 130, 513},  {61, 9, 512}};
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (int form = 0; form < 4; form++) {
			egm__product p = sizes_of(sizes[s][0], sizes[s][1], sizes[s][2], 1.5, form & 1);
			run_and_check(table, type, p, form >> 1, below(random, 2));
		}
}

START_TEST(test_product__matches_naive_for_larger_sizes)
{
	each_path(large);
}
END_TEST

/* ---- bits */

/* Rows i .. i + m - 1 and columns j .. j + n - 1 of a product, computed alone. */
static problem part(const problem *o, int64_t i, int64_t m, int64_t j, int64_t n)
{
	problem s = make(o->table, o->type, sizes_of(m, n, o->p.k, o->p.alpha, o->p.beta), o->tb, 1);
	for (int64_t r = 0; r < m; r++) {
		for (int64_t l = 0; l < o->p.k; l++)
			egm_test_set(o->type, s.a, r * s.p.left_row + l,
			             (double)egm_test_get(o->type, o->a, (i + r) * o->p.left_row + l));
		for (int64_t q = 0; q < n; q++)
			egm_test_set(o->type, s.c, r * s.p.ldc + q,
			             (double)egm_test_get(o->type, o->before, (i + r) * o->p.ldc + j + q));
	}
	for (int64_t l = 0; l < o->p.k; l++)
		for (int64_t q = 0; q < n; q++)
			egm_test_set(o->type, s.b, index_b(&s, l, q), (double)egm_test_get(o->type, o->b, index_b(o, l, j + q)));
	pack(&s);
	s.table->multiply(&s.p, s.a, s.packed, s.c);
	return s;
}

static void same_as_part(const problem *o, int64_t i, int64_t m, int64_t j, int64_t n)
{
	problem s = part(o, i, m, j, n);
	for (int64_t r = 0; r < m; r++)
		for (int64_t q = 0; q < n; q++)
			EXPECT(egm_test_same(o->type, o->c, (i + r) * o->p.ldc + j + q, s.c, r * s.p.ldc + q),
			       "%s: rows %lld + %lld, columns %lld + %lld on their own differ at (%lld, %lld)", name(o),
			       (long long)i, (long long)m, (long long)j, (long long)n, (long long)r, (long long)q);
	done(&s);
}

/* Any part. Of two columns or more it has at least two, because one alone is a sum in another order. */
static void random_parts(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	for (int round = 0; round < 30; round++) {
		egm__product p = sizes_of(1 + below(random, 120), 1 + below(random, 120), 1 + below(random, 150), 0, 0);
		if (round % 7 == 0) p.k += 500;
		p.alpha = round % 3 ? 1 : 0.3;
		p.beta = round % 2;
		if (round % 10 == 0) p.columns = 1;
		problem o = make(table, type, p, (int)below(random, 2), below(random, 3));
		pack(&o);
		table->multiply(&o.p, o.a, o.packed, o.c);
		for (int cut = 0; cut < 8; cut++) {
			int64_t i = below(random, p.rows), m = 1 + below(random, p.rows - i);
			int64_t j = p.columns == 1 ? 0 : below(random, p.columns - 1),
			        n = p.columns == 1 ? 1 : 2 + below(random, p.columns - j - 1);
			same_as_part(&o, i, cut % 2 ? m : 1, cut % 3 ? 0 : j, cut % 3 ? p.columns : n);
		}
		done(&o);
	}
}

START_TEST(test_product__parts_have_the_bits_of_the_whole)
{
	each_path(random_parts);
}
END_TEST

/* Every row alone has the same bits; equal rows give equal bits at every position. */
static void rows_alone(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	for (int64_t m = 1; m <= 40; m += 13)
		for (int64_t n = 2; n < 120; n += 19) {
			problem o = make(table, type, sizes_of(m, n, 1 + below(random, 200), 1, 0), 1, 0);
			pack(&o);
			table->multiply(&o.p, o.a, o.packed, o.c);
			for (int64_t i = 0; i < m; i++) same_as_part(&o, i, 1, 0, n);
			done(&o);
		}
}

START_TEST(test_product__bits_of_a_row_do_not_depend_on_others)
{
	each_path(rows_alone);
}
END_TEST

/* ---- NaN and infinity */

/* A non-finite element of A affects its row, one of B its column, and nothing else. With beta = 0, C does not matter.
 */
static void not_finite(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	static const double bad[] = {NAN, INFINITY};
	static const int64_t columns[] = {1, 5, 37, 100};
	for (int round = 0; round < 8; round++) {
		int64_t n = columns[round / 2], m = 21, k = 19, row = below(random, m), column = below(random, n);
		problem o = make(table, type, sizes_of(m, n, k, 1, 0), round & 1, 1);
		for (int64_t i = 0; i < m * o.p.ldc; i++)
			if (i % o.p.ldc < n) egm_test_set(type, o.c, i, NAN);
		egm_test_set(type, o.a, row * o.p.left_row + below(random, k), bad[round % 2]);
		egm_test_set(type, o.b, index_b(&o, below(random, k), column), bad[(round + 1) % 2]);
		pack(&o);
		table->multiply(&o.p, o.a, o.packed, o.c);
		for (int64_t i = 0; i < m; i++)
			for (int64_t j = 0; j < n; j++) {
				if (i == row || j == column)
					EXPECT(!isfinite((double)egm_test_get(type, o.c, i * o.p.ldc + j)), "%s", name(&o));
				else
					check_element(&o, i, j);
			}
		check_guards(&o);
		done(&o);
	}
}

START_TEST(test_product__nan_and_infinity_propagate)
{
	each_path(not_finite);
}
END_TEST

static void no_size(const egm__kernels *table, egm_dtype type, uint64_t *random)
{
	(void)type;
	(void)random;
	ck_assert_int_eq(table->packed_count(INT64_MAX, 1), -1);
	ck_assert_int_eq(table->packed_count(1, INT64_MAX), -1);
	ck_assert_int_eq(table->packed_count((int64_t)1 << 32, (int64_t)1 << 32), -1);
	ck_assert_int_eq(table->packed_count(0, 5), 0);
	ck_assert_int_eq(table->packed_count(5, 0), 0);
}

START_TEST(test_product__sizes_that_do_not_fit)
{
	each_path(no_size);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("product");
	TCase *tc = tcase_create("tiles");
	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "R14 R15 R24");
	tcase_add_test(tc, test_product__every_tile_matches_naive);
	tcase_add_test(tc, test_product__parts_have_the_bits_of_the_whole);
	tcase_add_test(tc, test_product__bits_of_a_row_do_not_depend_on_others);
	tcase_add_test(tc, test_product__nan_and_infinity_propagate);
	tcase_add_test(tc, test_product__sizes_that_do_not_fit);
	suite_add_tcase(suite, tc);
	tc = tcase_create("product");
	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "R14 R24 long");
	tcase_add_test(tc, test_product__matches_naive_for_every_size);
	tcase_add_test(tc, test_product__matches_naive_for_larger_sizes);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
