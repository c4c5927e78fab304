/* SPDX-License-Identifier: MIT */
/* Frechet distance of fitted Gaussians. The rows m + r_i and m - r_i, i = 1 .. n, have the mean m and the covariance
 * 2 R^T R / (2 n - 1), so samples of any covariance are made exactly. */
#include "metric_support.h"

enum { MOST = 24 };

static double frechet(const double *x, int64_t n, const double *y, int64_t m, int64_t columns)
{
	double out = NAN;
	assert_ok(egm_metric_frechet(context, egm_f64(x, n, columns), egm_f64(y, m, columns), &out, NULL, NULL));
	return out;
}

/* x [2 n, d] from r [n, d] */
static void make(const double *r, int64_t n, int64_t d, double mean, double *x)
{
	for (int64_t i = 0; i < n; i++)
		for (int64_t k = 0; k < d; k++) {
			x[2 * i * d + k] = mean + r[i * d + k];
			x[(2 * i + 1) * d + k] = mean - r[i * d + k];
		}
}

/* Diagonal covariances: |m1 - m2|^2 + sum (s1 - s2)^2, the means 3 apart in every column. 1e-13: of a trace of 100. */
START_TEST(test_frechet__of_diagonal_gaussians)
{
	enum { D = 6 };
	double r[D * D] = {0}, q[D * D] = {0}, x[2 * D * D], y[2 * D * D], want = D * 9, scale = sqrt(2.0 / (2 * D - 1));
	for (int k = 0; k < D; k++) {
		r[k * D + k] = k + 1;
		q[k * D + (k == 2 ? 3 : k == 3 ? 2 : k)] = 5 - k; /* any order of the rows; one width is 0 */
	}
	for (int k = 0; k < D; k++) want += pow(scale * ((k + 1) - (5 - (k == 2 ? 3 : k == 3 ? 2 : k))), 2);
	make(r, D, D, 1, x);
	make(q, D, D, 4, y);
	assert_close(frechet(x, 2 * D, y, 2 * D, D), want, 1e-13 * 100);
	assert_close(frechet(y, 2 * D, x, 2 * D, D), want, 1e-13 * 100);
}
END_TEST

/* The trace of (C1 C2)^(1/2) of two 2 x 2 matrices: its eigenvalues a, b have (a + b)^2 = tr C1 C2 + 2 sqrt(det C1 C2).
 */
static double cross_trace(const double *r, const double *q, double scale)
{
	double c[2][3]; /* C = [[0], [1]; [1], [2]] */
	for (int s = 0; s < 2; s++) {
		const double *a = s ? q : r;
		c[s][0] = scale * (a[0] * a[0] + a[2] * a[2]);
		c[s][1] = scale * (a[0] * a[1] + a[2] * a[3]);
		c[s][2] = scale * (a[1] * a[1] + a[3] * a[3]);
	}
	double determinant = pow(scale * (r[0] * r[3] - r[1] * r[2]) * scale * (q[0] * q[3] - q[1] * q[2]), 2);
	return sqrt(c[0][0] * c[1][0] + 2 * c[0][1] * c[1][1] + c[0][2] * c[1][2] + 2 * sqrt(determinant));
}

/* Reflects every row of x [rows, d] at the hyperplane of v. */
static void reflect(double *x, int64_t rows, int64_t d, const double *v)
{
	double square = 0;
	for (int64_t k = 0; k < d; k++) square += v[k] * v[k];
	for (int64_t i = 0; i < rows; i++) {
		double dot = 0;
		for (int64_t k = 0; k < d; k++) dot += v[k] * x[i * d + k];
		for (int64_t k = 0; k < d; k++) x[i * d + k] -= 2 * dot / square * v[k];
	}
}

/* Blocks of 2 x 2 that do not commute, then turned so that no entry is 0: the distance is the sum over the blocks.
 * 1e-12 of the trace: Jacobi's rotations and the sums before it, some d = 24 roundings in a row. */
START_TEST(test_frechet__of_matrices_that_do_not_commute)
{
	int64_t d = 2 * _i;
	static double r[MOST * MOST], q[MOST * MOST], x[2 * MOST * MOST], y[2 * MOST * MOST], v[MOST];
	double want = 0, trace = 0, scale = 2 / (2 * (double)d - 1);
	uint64_t state = (uint64_t)_i;
	memset(r, 0, sizeof r);
	memset(q, 0, sizeof q);
	for (int64_t b = 0; b < d; b += 2) {
		double one[4], two[4];
		for (int k = 0; k < 4; k++) {
			one[k] = normal(&state) * pow(10, -(double)b / 8);
			two[k] = normal(&state);
			r[(b + k / 2) * d + b + k % 2] = one[k];
			q[(b + k / 2) * d + b + k % 2] = two[k];
			trace += scale * (one[k] * one[k] + two[k] * two[k]);
		}
		want -= 2 * cross_trace(one, two, scale);
	}
	want += trace;
	make(r, d, d, 0, x);
	make(q, d, d, 0, y);
	for (int k = 0; k < 2; k++) {
		normals(state + (uint64_t)k, 0, d, v);
		reflect(x, 2 * d, d, v);
		reflect(y, 2 * d, d, v);
	}
	assert_close(frechet(x, 2 * d, y, 2 * d, d), want, 1e-12 * trace);
}
END_TEST

/* (m1 - m2)^2 + (s1 - s2)^2. */
START_TEST(test_frechet__of_one_column)
{
	const double x[3] = {1, 2, 3}, y[4] = {10, 10, 14, 14};
	assert_close(frechet(x, 3, y, 4, 1), 100 + pow(1 - sqrt(16 / 3.0), 2), 1e-13 * 100);
}
END_TEST

/* Fewer rows than columns: covariances of rank 2. With itself 0; with what has nothing in common, the sum of traces.
 * 1e-13 of the trace, where a root of eigenvalues that are 0 up to rounding would leave 20 * 1e-8. */
START_TEST(test_frechet__of_fewer_rows_than_columns)
{
	enum { ROWS = 3, D = 20 };
	double x[ROWS * D], y[ROWS * D], left[ROWS * D] = {0}, right[ROWS * D] = {0}, traces = 0;
	normals(1, 0, ROWS * D, x);
	for (int i = 0; i < ROWS * D; i++) y[(i + D) % (ROWS * D)] = x[i];
	ck_assert(frechet(x, ROWS, x, ROWS, D) <= 1e-13 * 20);
	ck_assert(frechet(x, ROWS, y, ROWS, D) <= 1e-13 * 20); /* the same rows in another order */
	for (int i = 0; i < ROWS; i++) left[i * D + 3] = i - 1, right[i * D + 9] = 2 * (i - 1);
	traces = 1 + 4;
	assert_close(frechet(left, ROWS, right, ROWS, D), traces, 1e-14 * 5);
}
END_TEST

static double spread(const double *x, int64_t n, double *mean)
{
	double sum = 0;
	*mean = 0;
	for (int64_t i = 0; i < n; i++) *mean += x[i] / (double)n;
	for (int64_t i = 0; i < n; i++) sum += (x[i] - *mean) * (x[i] - *mean);
	return sqrt(sum / ((double)n - 1));
}

/* Around the chunk of 256 rows. */
START_TEST(test_frechet__of_many_rows)
{
	static const int64_t rows[] = {255, 256, 257, 1000};
	static double x[1000], y[1000];
	double a, b;
	normals(4, 0, 1000, x);
	for (int i = 0; i < 1000; i++) y[i] = 3 * x[i] + i / 100.0;
	for (int i = 0; i < 4; i++) {
		double wide = spread(y, rows[i], &b) - spread(x, rows[3 - i], &a);
		assert_close(frechet(x, rows[3 - i], y, rows[i], 1), (a - b) * (a - b) + wide * wide, 1e-13 * 100);
	}
}
END_TEST

/* 1e-10: a shift of 1000 costs 1e-13 of each number. */
START_TEST(test_frechet__shift_and_scale)
{
	enum { N = 600, M = 300, D = 5 };
	static double x[N * D], y[M * D];
	normals(2, 0, N * D, x);
	normals(3, 0.5, M * D, y);
	for (int i = 0; i < M; i++) y[i * D] += y[i * D + 1];
	double before = frechet(x, N, y, M, D);
	for (int i = 0; i < N * D; i++) x[i] = 3 * (x[i] + 1000);
	for (int i = 0; i < M * D; i++) y[i] = 3 * (y[i] + 1000);
	ck_assert(before > 1);
	assert_close(frechet(x, N, y, M, D), 9 * before, 1e-10);
}
END_TEST

/* Constant samples are Gaussians of width 0. */
START_TEST(test_frechet__of_points)
{
	const double x[4] = {1, 2, 1, 2}, y[4] = {4, 6, 4, 6};
	ck_assert(frechet(x, 2, y, 2, 2) == 25);
	const double far[4] = {1e200, 0, -1e200, 0};
	double out = 7;
	ck_assert_int_eq(egm_metric_frechet(context, egm_f64(far, 2, 2), egm_f64(y, 2, 2), &out, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert(out == 7);
}
END_TEST

/* Products of 90 x 90 x 256 are spread over threads. */
START_TEST(test_frechet__threads_do_not_change_a_bit)
{
	enum { N = 300, D = 90 };
	static const int32_t threads[] = {1, 2, 3, 5};
	static double x[N * D], y[N * D];
	double one = NAN, out;
	normals(5, 0, N * D, x);
	normals(6, 0.1, N * D, y);
	for (int t = 0; t < 4; t++) {
		egm_context *c = egm_test_context_on(threads[t], _i);
		if (!c) return; /* the CPU lacks it */
		assert_ok(egm_metric_frechet(c, egm_f64(x, N, D), egm_f64(y, N, D), &out, NULL, NULL));
		if (t == 0) one = out;
		ck_assert(out == one);
		egm_context_free(c);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("frechet");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_frechet__of_diagonal_gaussians);
	tcase_add_loop_test(tc, test_frechet__of_matrices_that_do_not_commute, 1, MOST / 2 + 1);
	tcase_add_test(tc, test_frechet__of_one_column);
	tcase_add_test(tc, test_frechet__of_fewer_rows_than_columns);
	tcase_add_test(tc, test_frechet__of_many_rows);
	tcase_add_test(tc, test_frechet__shift_and_scale);
	tcase_add_test(tc, test_frechet__of_points);
	tcase_add_loop_test(tc, test_frechet__threads_do_not_change_a_bit, EGM_TEST_FIRST_PATH, EGM_TEST_PATHS_END);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
