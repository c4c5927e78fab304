/* SPDX-License-Identifier: MIT */
/* Mixtures of columns in different units, with outliers, and of rows with weights. */
#include "mixture_reference.h"
#include "mixture_support.h"

#include <string.h>

enum { D = 4, ROWS = 4000 };

static egm_context *context;
static double x[ROWS * D], other[ROWS * D];

static void setup(void)
{
	context = new_context();
}

static void teardown(void)
{
	egm_context_free(context);
}

static egm_mixture *fit_weighted(const double *rows, const double *weights, int64_t n, int64_t d,
                                 const egm_mixture_options *o, egm_mixture_result *r)
{
	egm_mixture *m = NULL;
	*r = (egm_mixture_result)EGM_MIXTURE_RESULT_INIT;
	ck_assert_egm(egm_mixture_fit(&m, context, egm_f64(rows, n, d), weights ? egm_f64(weights, n, 1) : egm_no_array(),
	                              o, r, NULL, NULL));
	return m;
}

static egm_mixture *fit(const double *rows, int64_t n, int64_t d, const egm_mixture_options *o, egm_mixture_result *r)
{
	return fit_weighted(rows, NULL, n, d, o, r);
}

static mixture_numbers fit_numbers(const double *rows, int64_t n, int64_t d, const egm_mixture_options *o,
                                   egm_mixture_result *r)
{
	egm_mixture *m = fit(rows, n, d, o, r);
	mixture_numbers numbers = read_mixture(m);
	egm_mixture_free(m);
	return numbers;
}

/* ---- against scikit-learn: the rows of mixture_reference.py */

static int64_t make_income(void)
{
	uint64_t random = 31;
	for (int r = 0; r < 4000; r++) {
		double rate = random_signed(&random) < 0 ? 0.01 : 0.03;
		x[2 * r] = 3e4 + 1e4 * random_normal(&random);
		x[2 * r + 1] = rate + 0.002 * random_normal(&random);
	}
	return 4000;
}

static int64_t make_three(const double *units)
{
	const double means[3][3] = {{0, 0, 0}, {6, 1, -2}, {-3, 5, 4}};
	uint64_t random = 32;
	for (int r = 0; r < 1500; r++) {
		double n[3];
		for (int j = 0; j < 3; j++) n[j] = random_normal(&random);
		for (int j = 0; j < 3; j++) x[3 * r + j] = (means[r % 3][j] + n[j] + (j ? 0.5 * n[j - 1] : 0)) * units[j];
	}
	return 1500;
}

static int64_t make_rows(const char *name)
{
	if (!strcmp(name, "income")) return make_income();
	return make_three(!strcmp(name, "decades") ? (const double[]){1e-6, 1, 1e6} : (const double[]){1, 1, 1});
}

static int32_t kind_of(const char *name)
{
	return !strcmp(name, "full")   ? EGM_COVARIANCE_FULL
	       : !strcmp(name, "diag") ? EGM_COVARIANCE_DIAGONAL
	                               : EGM_COVARIANCE_SPHERICAL;
}

/* The component of n whose mean's last column is number `rank` in ascending order. */
static int64_t component_of_rank(const mixture_numbers *n, int64_t rank)
{
	for (int64_t k = 0; k < n->k; k++) {
		int64_t below = 0;
		for (int64_t i = 0; i < n->k; i++) below += n->m[i * n->d + n->d - 1] < n->m[k * n->d + n->d - 1];
		if (below == rank) return k;
	}
	return -1;
}

/* Both climb until a step gains 1e-14 nats. The groups are 5 deviations apart or more, so that a step leaves less than
 * a tenth of what is missing, and a gain of 1e-14 is an error of some 1e-7 deviations. 1e-6 of what a number is
 * measured in: a deviation of its column. */
START_TEST(test_mixture__agrees_with_scikit_learn)
{
	int64_t rows = make_rows(references[_i].rows), k = references[_i].components, d = references[_i].dims;
	egm_mixture_options o = mixture_options(k, kind_of(references[_i].kind));
	egm_mixture_result r;
	o.tolerance = 1e-14;
	o.max_iterations = 5000;
	mixture_numbers n = fit_numbers(x, rows, d, &o, &r);
	ck_assert_near(r.log_likelihood, references[_i].log_likelihood, 1e-9);
	for (int64_t rank = 0; rank < k; rank++) {
		const int64_t c = component_of_rank(&n, rank);
		const double *covariance = references[_i].covariances + rank * d * d;
		ck_assert_int_ge(c, 0);
		ck_assert_near(n.w[c], references[_i].weights[rank], 1e-6);
		for (int64_t i = 0; i < d; i++) {
			double sd = sqrt(covariance[i * d + i]);
			ck_assert_near(n.m[c * d + i], references[_i].means[rank * d + i], 1e-6 * sd);
			for (int64_t j = 0; j < d; j++)
				ck_assert_near(n.c[(c * d + i) * d + j], covariance[i * d + j],
				               1e-6 * sd * sqrt(covariance[j * d + j]));
		}
	}
}
END_TEST

/* All rows end in the group that made them: rates are 5 deviations from the middle between them. With one floor for
 * both columns half of the rows did not, and the likelihood was -13.5. */
START_TEST(test_mixture__rates_beside_incomes_find_their_group)
{
	static double share[2 * ROWS];
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i);
	egm_mixture_result r;
	int64_t rows = make_income(), wrong = 0;
	egm_mixture *m = fit(x, rows, 2, &o, &r);
	mixture_numbers n = read_mixture(m);
	ck_assert_egm(
	    egm_mixture_responsibilities(m, egm_f64(x, rows, 2), egm_f64_out(share, rows, egm_mixture_components(m))));
	int64_t high = component_of_rank(&n, 1);
	for (int64_t i = 0; i < rows; i++) wrong += (share[2 * i + high] > 0.5) != (x[2 * i + 1] > 0.02);
	ck_assert_int_eq(wrong, 0);
	/* of the distribution: -(log 2 + log 1e4 + log 0.002 + log 2 pi + 1) = -6.5268, deviation of log p 1: 5 /
	 * sqrt(4000) */
	ck_assert_near(r.log_likelihood, -6.5268, 0.08);
	egm_mixture_free(m);
}
END_TEST

/* ---- units */

/* K31. k groups with more or fewer rows than they need, so that floors bind and do not. Powers of two round nothing but
 * log det C, by 1e-15, of which the shares are made. A fit of up to 200 steps carries that on; what is seen is 1e-12.
 */
START_TEST(test_mixture__a_unit_changes_no_responsibility)
{
	static double share[2][600 * MOST_COMPONENTS];
	uint64_t random = 900 + (uint64_t)_i;
	const int32_t kind = EGM_COVARIANCE_FULL + _i % 3;
	const int64_t k = 1 + _i / 3 % 4, d = 1 + _i / 5 % 4, rows = 8 + _i * 37 % 590;
	mixture_numbers truth = random_mixture(&random, EGM_COVARIANCE_FULL, 1 + _i % 3, d), n[2];
	double unit[D], log_units = 0;
	egm_mixture_options o = mixture_options(k, kind);
	egm_mixture_result r[2];
	draw_mixture(&truth, &random, rows, x);
	for (int64_t j = 0; j < d; j++) {
		unit[j] = _i % 2 ? ldexp(1, (int)(40 * random_signed(&random))) : random_signed(&random) < 0 ? 1e-6 : 1e6;
		if (kind == EGM_COVARIANCE_SPHERICAL) unit[j] = unit[0];
		log_units += log(unit[j]);
	}
	for (int64_t i = 0; i < rows * d; i++) other[i] = x[i] * unit[i % d];
	for (int u = 0; u < 2; u++) {
		egm_mixture *m = fit(u ? other : x, rows, d, &o, &r[u]);
		n[u] = read_mixture(m);
		ck_assert_egm(egm_mixture_responsibilities(m, egm_f64(u ? other : x, rows, d),
		                                           egm_f64_out(share[u], rows, egm_mixture_components(m))));
		egm_mixture_free(m);
	}
	const double tolerance = 1e-9;
	ck_assert_int_eq(r[1].iterations, r[0].iterations);
	ck_assert_int_eq(r[1].start, r[0].start);
	ck_assert_near(r[1].log_likelihood + log_units, r[0].log_likelihood, tolerance);
	for (int64_t i = 0; i < rows * k; i++) ck_assert_near(share[1][i], share[0][i], tolerance);
	for (int64_t c = 0; c < k; c++)
		for (int64_t i = 0; i < d; i++) {
			double sd = sqrt(n[0].c[(c * d + i) * d + i]);
			ck_assert_near(n[1].m[c * d + i] / unit[i], n[0].m[c * d + i], tolerance * (sd + fabs(n[0].m[c * d + i])));
			for (int64_t j = 0; j < d; j++)
				ck_assert_near(n[1].c[(c * d + i) * d + j] / unit[i] / unit[j], n[0].c[(c * d + i) * d + j],
				               tolerance * sd * sqrt(n[0].c[(c * d + j) * d + j]));
		}
}
END_TEST

/* Two groups 5 deviations apart: every start ends at the one maximum, in one order of the components or the other. The
 * first is kept; roundings of the likelihood, which units change, would choose another in most of these. */
START_TEST(test_mixture__rounding_chooses_no_start)
{
	uint64_t random = 400;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL);
	egm_mixture_result r;
	for (int i = 0; i < 600; i++) x[i] = random_normal(&random) + (i / 2 % 2 ? 5 : 0);
	o.starts = 8;
	o.tolerance = 1e-15;
	for (o.seed = 0; o.seed < 20; o.seed++) {
		egm_mixture_free(fit(x, 300, 2, &o, &r));
		ck_assert_int_eq(r.start, 0);
	}
}
END_TEST

/* Under the floors of the columns the likelihood never falls either, and C_k - diag f has no negative eigenvalue: with
 * 1e-9 of f added it has a Cholesky factor. Tolerance as in test_mixture__likelihood_never_falls. */
START_TEST(test_mixture__floors_of_columns_are_kept)
{
	uint64_t random = 1300 + (uint64_t)_i;
	const int32_t kind = EGM_COVARIANCE_FULL + _i % 3;
	const int64_t k = 2 + _i / 3 % 4, d = 1 + _i / 5 % 4, rows = 6 + _i * 7 % 40;
	mixture_numbers truth = random_mixture(&random, EGM_COVARIANCE_FULL, 2, d), n = random_mixture(&random, kind, k, d);
	double floors[D], factor[D * D], last = -INFINITY, now;
	egm_mixture_options o = mixture_options(k, kind);
	draw_mixture(&truth, &random, rows, x);
	for (int64_t j = 0; j < d && kind != EGM_COVARIANCE_SPHERICAL; j++) {
		double unit = pow(10, 3 * random_signed(&random));
		for (int64_t i = 0; i < rows; i++) x[i * d + j] *= unit;
		for (int64_t c = 0; c < k; c++) n.m[c * d + j] *= unit;
		for (int64_t i = 0; i < k * d * d; i++) n.c[i] *= (i / d % d == j ? unit : 1) * (i % d == j ? unit : 1);
	}
	egm_mixture *m = create_mixture(context, &n, &o);
	ck_assert_egm(egm_mixture_floors(m, egm_f64_out(floors, egm_mixture_dims(m), 1)));
	ck_assert(floors[0] == 0);
	for (int i = 0; i < 60; i++) {
		ck_assert_egm(egm_mixture_step(m, egm_f64(x, rows, d), egm_no_array(), &now));
		ck_assert_msg(now >= last - 1e-10 * fmax(1, fabs(last)), "step %d: %.17g after %.17g", i, now, last);
		last = now;
	}
	ck_assert_egm(egm_mixture_floors(m, egm_f64_out(floors, egm_mixture_dims(m), 1)));
	n = read_mixture(m);
	for (int64_t c = 0; c < k; c++) {
		for (int64_t i = 0; i < d; i++) n.c[(c * d + i) * d + i] -= (1 - 1e-9) * floors[i];
		ck_assert_int_eq(egm__cholesky(d, n.c + c * d * d, 0, factor), 0);
	}
	egm_mixture_free(m);
}
END_TEST

static double unit_of(const double *column, int64_t rows, const double *weights)
{
	egm_mixture *m = NULL;
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_FULL);
	egm__mixture_data data;
	o.covariance_floor = 1; /* that a column may be constant */
	ck_assert_egm(egm__mixture_make(&m, context, &o, 1));
	ck_assert_egm(egm__mixture_data_take(&data, egm_f64(column, rows, 1),
	                                     weights ? egm_f64(weights, rows, 1) : egm_no_array(), 1));
	ck_assert_egm(egm__mixture_find_units(m, &data));
	double unit = m->units[0];
	egm_mixture_free(m);
	return unit;
}

/* 1000 rows: quantiles of N(0, 1) to 16 digits are from Python's statistics.NormalDist; the others are counted. */
START_TEST(test_mixture__unit_of_a_column)
{
	enum { N = 1000 };
	static double column[N], weights[N];
	const double half[3] = {1.3489795003921634, 3.0682410887050917, 4.307749388122911};
	const struct {
		int ones;
		double unit;
	} zeros_and_ones[] = {{500, 1 / half[0]}, {251, 1 / half[0]}, {249, 1 / half[1]},
	                      {63, 1 / half[1]},  {62, 1 / half[2]},  {16, 1 / half[2]},
	                      {15, 1 / half[2]},  {1, 1 / half[2]},   {0, 1}};
	for (size_t i = 0; i < sizeof zeros_and_ones / sizeof *zeros_and_ones; i++) {
		for (int r = 0; r < N; r++) column[r] = r * 7 % N < zeros_and_ones[i].ones;
		ck_assert_near(unit_of(column, N, NULL), zeros_and_ones[i].unit, 1e-15);
	}
	for (int r = 0; r < N; r++) column[r] = r * 7 % N;
	ck_assert_near(unit_of(column, N, NULL), 500 / half[0], 1e-12); /* rows 250 and 750: values 249 and 749 */
	column[0] = 1e8;
	ck_assert_near(unit_of(column, N, NULL), 500 / half[0], 1.1 / half[0]);
	for (int r = 0; r < N; r++) column[r] = -0.3;
	ck_assert_near(unit_of(column, N, NULL), 0.3, 1e-16);
	for (int r = 0; r < N; r++) column[r] = 0;
	ck_assert(unit_of(column, N, NULL) == 1);
	/* weights: rows 0 .. 3 of 4 count 1, 2, 3, 2 times; of 8 the quartiles are the 2nd and the 6th */
	ck_assert_near(unit_of((double[]){10, 20, 30, 40}, 4, (double[]){1, 2, 3, 2}), 10 / half[0], 1e-14);
	ck_assert_near(unit_of((double[]){10, 20, 30, 40}, 4, (double[]){3e-300, 0, 0, 2e-300}), 30 / half[0], 1e-14);
	/* a row of weight 0 is not there */
	memset(weights, 0, sizeof weights);
	for (int r = 0; r < N; r++) column[r] = r == 5 ? 1e300 : r % 2;
	for (int r = 0; r < N; r++) weights[r] = r != 5;
	ck_assert_near(unit_of(column, N, weights), 1 / half[0], 1e-15);
}
END_TEST

/* 999 rows N(0, I) and one at 1e8 in each column, or in one. Two components part them: variances are those of the 999,
 * within five standard errors sqrt(2 / 999) = 0.224, and the outlier's are the floor, 1e-6 of a variance of about 1; a
 * floor from the variance of all rows made them 1e7. */
START_TEST(test_mixture__one_row_far_out)
{
	uint64_t random = 77;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i % 3);
	egm_mixture_result r;
	for (int i = 0; i < 2000; i++) x[i] = random_normal(&random);
	x[2 * 500] = 1e8;
	if (_i < 3) x[2 * 500 + 1] = 1e8;
	mixture_numbers n = fit_numbers(x, 1000, 2, &o, &r);
	int64_t most = n.w[0] > n.w[1] ? 0 : 1;
	ck_assert_near(n.w[most], 0.999, 1e-9);
	for (int i = 0; i < 2; i++) {
		ck_assert_near(n.c[4 * most + 3 * i], 1, 0.224);
		ck_assert_near(n.c[4 * (1 - most) + 3 * i], 1e-6, 0.3e-6);
	}
	ck_assert_near(r.covariance_floor, 1e-6, 0.3e-6);
}
END_TEST

/* Columns without information: all equal, mostly equal. The others are fitted as without them. */
START_TEST(test_mixture__columns_that_hardly_vary)
{
	enum { N = 500 };
	uint64_t random = 12;
	egm_mixture_options o = mixture_options(2, _i ? EGM_COVARIANCE_DIAGONAL : EGM_COVARIANCE_FULL);
	egm_mixture_result r;
	double floors[4];
	for (int i = 0; i < N; i++) {
		x[4 * i] = 1e-3 * (random_normal(&random) + (i % 2 ? 20 : -20));
		x[4 * i + 1] = 0;
		x[4 * i + 2] = -4e5;
		x[4 * i + 3] = i == 44 || i == 45 ? 7 : 0;
	}
	egm_mixture *m = fit(x, N, 4, &o, &r);
	ck_assert_egm(egm_mixture_floors(m, egm_f64_out(floors, egm_mixture_dims(m), 1)));
	ck_assert_near(floors[1], 1e-6, 1e-21);
	ck_assert_near(floors[2], 1e-6 * 16e10, 1e-10);
	ck_assert_near(floors[3], 1e-6 * pow(7 / 4.307749388122911, 2), 1e-20);
	mixture_numbers n = read_mixture(m);
	for (int k = 0; k < 2; k++) {
		ck_assert_near(n.w[k], 0.5, 1e-9);
		ck_assert_near(fabs(n.m[4 * k]), 0.020, 0.0005); /* 250 rows: 1e-3 / sqrt(250) * 5 */
		ck_assert_near(n.c[16 * k], 1e-6, 0.45e-6);      /* sqrt(2 / 250) * 5 */
		ck_assert_near(n.c[16 * k + 5], floors[1], 1e-21);
		ck_assert_near(n.c[16 * k + 10], floors[2], 1e-10);
		ck_assert_near(n.c[16 * k + 15], 49 * 0.004 * 0.996, 1e-9); /* one of 250 rows each is 7 */
	}
	egm_mixture_free(m);
}
END_TEST

/* ---- weights of rows */

/* Whole weights w against each row w times, one behind the other, so that k-means++ finds the same rows. Sums of other
 * blocks: 1e-15 a sum, which up to 200 steps carry on; what is seen is 2e-11. */
START_TEST(test_mixture__weight_three_is_the_row_three_times)
{
	static double weights[ROWS];
	uint64_t random = 500 + (uint64_t)_i;
	const int32_t kind = EGM_COVARIANCE_FULL + _i % 3;
	const int64_t k = 1 + _i / 3 % 4, d = 1 + _i / 5 % 4, rows = 20 + _i * 37 % 700;
	mixture_numbers truth = random_mixture(&random, EGM_COVARIANCE_FULL, 1 + _i % 3, d), n[2];
	egm_mixture_options o = mixture_options(k, kind);
	egm_mixture_result r[2];
	int64_t copies = 0;
	draw_mixture(&truth, &random, rows, x);
	for (int64_t i = 0; i < rows; i++) {
		weights[i] = _i % 4 ? floor(2.5 * (random_signed(&random) + 1)) : 3; /* 0 .. 4, or all 3 */
		if (weights[i] == 0) x[i * d] = i % 2 ? 1e200 : -1e8;                /* not there, wherever it is */
		for (int64_t c = 0; c < (int64_t)weights[i] && copies < ROWS; c++, copies++)
			memcpy(other + copies * d, x + i * d, (size_t)d * sizeof *x);
	}
	n[0] = fit_numbers(other, copies, d, &o, &r[0]);
	egm_mixture *m = fit_weighted(x, weights, rows, d, &o, &r[1]);
	n[1] = read_mixture(m);
	const double tolerance = 1e-9;
	ck_assert_int_eq(r[1].iterations, r[0].iterations);
	ck_assert_int_eq(r[1].start, r[0].start);
	ck_assert_near(r[1].log_likelihood, r[0].log_likelihood, tolerance);
	for (int64_t c = 0; c < k; c++) {
		ck_assert_near(n[1].w[c], n[0].w[c], tolerance);
		for (int64_t i = 0; i < d; i++) ck_assert_near(n[1].m[c * d + i], n[0].m[c * d + i], tolerance);
		for (int64_t i = 0; i < d * d; i++)
			ck_assert_near(n[1].c[c * d * d + i], n[0].c[c * d * d + i], 10 * tolerance);
	}
	double log_likelihood;
	ck_assert_egm(egm_mixture_step(m, egm_f64(x, rows, d), egm_f64(weights, rows, 1), &log_likelihood));
	ck_assert_near(log_likelihood, r[1].log_likelihood, 1e-13 * fmax(1, fabs(log_likelihood)));
	egm_mixture_free(m);
}
END_TEST

/* One component is the weighted mean and covariance, in long double, whatever the weights are and whatever they are
 * multiplied by. The covariance is of order 1; 1e-12 are some thousand roundings. */
START_TEST(test_mixture__weighted_moments)
{
	enum { N = 400 };
	const double factors[] = {1, 1e-300, 1e300, 0.1};
	uint64_t random = 91;
	double weights[N];
	long double total = 0, mean[2] = {0}, c[4] = {0};
	for (int i = 0; i < 2 * N; i++) x[i] = 3 + random_normal(&random) + (i % 2 ? x[i - 1] / 2 : 0);
	for (int i = 0; i < N; i++) total += weights[i] = exp(random_normal(&random));
	for (int i = 0; i < 2 * N; i++) mean[i % 2] += weights[i / 2] * (long double)x[i] / total;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < 4; j++)
			c[j] += weights[i] * (x[2 * i + j / 2] - mean[j / 2]) * (x[2 * i + j % 2] - mean[j % 2]) / total;
	for (int i = 0; i < N; i++) weights[i] *= factors[_i];
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_FULL);
	egm_mixture_result r;
	egm_mixture *m = fit_weighted(x, weights, N, 2, &o, &r);
	mixture_numbers n = read_mixture(m);
	egm_mixture_free(m);
	for (int i = 0; i < 2; i++) ck_assert_near(n.m[i], mean[i], 1e-12);
	for (int i = 0; i < 4; i++) ck_assert_near(n.c[i], c[i], 1e-12);
	/* the weighted mean of log p of a normal distribution with the moments of the rows: -(d + d log 2 pi + log det C) /
	 * 2 */
	ck_assert_near(r.log_likelihood, -1 - log(2 * M_PI) - logl(c[0] * c[3] - c[1] * c[2]) / 2, 1e-12);
	ck_assert_int_eq(r.dead, 0);
}
END_TEST

/* Whole weights times a factor: the same fit. Quartiles are met exactly by one random sum of whole weights in four, and
 * a rounded sum must not take the row beside them. 1e-310 and the least number have no normal multiple, and 2^1074 is
 * no number. Roundings of 1e-16, carried on by up to 200 steps as in the test of whole weights. */
START_TEST(test_mixture__a_common_factor_of_weights)
{
	enum { N = 300 };
	const double factors[] = {0.1, 1.0 / 3, 1e-300, 1e300, 1e-310, 0x1p-1074};
	uint64_t random = 700 + (uint64_t)_i;
	double weights[N];
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i % 3);
	egm_mixture_result r[2];
	for (int i = 0; i < 3 * N; i++) x[i] = random_normal(&random);
	for (int i = 0; i < N; i++) weights[i] = floor(2 * (random_signed(&random) + 1));
	egm_mixture_free(fit_weighted(x, weights, N, 3, &o, &r[0]));
	for (int i = 0; i < N; i++) weights[i] *= factors[_i % 6];
	egm_mixture_free(fit_weighted(x, weights, N, 3, &o, &r[1]));
	ck_assert_near(r[1].covariance_floor, r[0].covariance_floor, 1e-12 * r[0].covariance_floor);
	ck_assert_int_eq(r[1].iterations, r[0].iterations);
	ck_assert_near(r[1].log_likelihood, r[0].log_likelihood, 1e-9);
}
END_TEST

/* As test_mixture__centres_follow_squared_distances: of {0, 1, 10} with weights 1, 4, 2, and of a row without weight.
 * 20,000 starts, 5 deviations of a share. */
START_TEST(test_mixture__centres_follow_weights)
{
	enum { N = 20000 };
	const double points[4] = {0, 1, 10, 5}, weights[4] = {1, 4, 2, 0};
	egm__mixture_data data;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_SPHERICAL);
	egm_mixture *m = NULL;
	double distances[4];
	int64_t count[4][4] = {{0}};
	o.covariance_floor = 1;
	ck_assert_egm(egm__mixture_make(&m, context, &o, 1));
	ck_assert_egm(egm__mixture_data_take(&data, egm_f64(points, 4, 1), egm_f64(weights, 4, 1), 1));
	for (int s = 0; s < N; s++) {
		ck_assert_egm(egm__mixture_start(m, &data, s, distances));
		int place[2] = {0};
		for (int k = 0; k < 2; k++)
			for (int i = 0; i < 4; i++)
				if (m->now.means[k] == points[i]) place[k] = i;
		count[place[0]][place[1]]++;
	}
	for (int i = 0; i < 3; i++) {
		double first = (double)(count[i][0] + count[i][1] + count[i][2] + count[i][3]), all = 0, p = weights[i] / 7;
		ck_assert_near(first / N, p, 5 * sqrt(p * (1 - p) / N));
		for (int j = 0; j < 3; j++) all += weights[j] * (points[j] - points[i]) * (points[j] - points[i]);
		for (int j = 0; j < 4; j++) {
			double share = weights[j] * (points[j] - points[i]) * (points[j] - points[i]) / all;
			ck_assert_near((double)count[i][j] / first, share, 5 * sqrt(share * (1 - share) / first));
		}
	}
	egm_mixture_free(m);
}
END_TEST

START_TEST(test_mixture__rejects_weights_by_row)
{
	const double ones[2] = {1, 1}, bad[] = {-1, NAN, INFINITY};
	const float narrow[10] = {1};
	static const char *const texts[4] = {"egm_mixture_fit: row_weights[4] is -1, must be at least 0 and finite",
	                                     "egm_mixture_fit: row_weights[4] is nan, must be at least 0 and finite",
	                                     "egm_mixture_fit: row_weights[4] is inf, must be at least 0 and finite",
	                                     "egm_mixture_fit: all 10 row_weights are 0, at least one must be above 0"};
	double weights[10] = {1, 0, 2, 1, 1, 1, 1, 1, 1, 1}, log_likelihood = 7;
	uint64_t random = 3;
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_DIAGONAL);
	egm_mixture *m = NULL, *none;
	for (int i = 0; i < 20; i++) x[i] = random_normal(&random);
	ck_assert_egm(
	    egm_mixture_create(&m, context, egm_no_array(), egm_f64((double[]){0, 0}, 1, 2), egm_f64(ones, 1, 2), &o));
	const egm_array rows = egm_f64(x, 10, 2), of_rows = egm_f64(weights, 10, 1);
	for (int i = 0; i < 4; i++) {
		if (i < 3) weights[4] = bad[i];
		if (i == 3) memset(weights, 0, sizeof weights);
		none = m;
		ck_assert_int_eq(egm_mixture_fit(&none, context, rows, of_rows, &o, NULL, NULL, NULL), EGM_ERR_ARGUMENT);
		ck_assert_ptr_null(none);
		ck_assert_str_eq(egm_last_error(), texts[i]);
		ck_assert_int_eq(egm_mixture_step(m, rows, of_rows, &log_likelihood), EGM_ERR_ARGUMENT);
		ck_assert(log_likelihood == 7);
	}
	/* two rows have weight: no third component */
	weights[0] = weights[9] = 2;
	o.components = 3;
	ck_assert_int_eq(egm_mixture_fit(&none, context, rows, of_rows, &o, NULL, NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_fit: components is 3, must be at most the 2 distinct rows of x");
	/* as many as there are rows, in double */
	ck_assert_int_eq(egm_mixture_step(m, rows, egm_f64(weights, 9, 1), NULL), EGM_ERR_SHAPE);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_step: row_weights has 9 x 1 numbers, must have 10");
	ck_assert_int_eq(egm_mixture_step(m, rows, egm_f32(narrow, 10, 1), NULL), EGM_ERR_DTYPE);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_step: row_weights is f32, must be f64");
	ck_assert_int_eq(egm_mixture_fit(&none, context, rows, egm_f64(weights, 5, 1), &o, NULL, NULL, NULL),
	                 EGM_ERR_SHAPE);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_fit: row_weights has 5 x 1 numbers, must have 10");
	ck_assert_int_eq(egm_mixture_fit(&none, context, rows, egm_f32(narrow, 10, 1), &o, NULL, NULL, NULL),
	                 EGM_ERR_DTYPE);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(egm_mixture_floors(m, egm_out_of(EGM_F64, NULL, egm_mixture_dims(m), 1)), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mixture_floors(NULL, egm_f64_out(x, egm_mixture_dims(NULL), 1)), EGM_ERR_ARGUMENT);
	mixture_numbers n = read_mixture(m);
	ck_assert(n.m[0] == 0 && n.c[0] == 1);
	egm_mixture_free(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mixture_units");
	TCase *t = tcase_create("units");
	tcase_set_tags(t, "K31");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__agrees_with_scikit_learn, 0, sizeof references / sizeof *references);
	tcase_add_loop_test(t, test_mixture__rates_beside_incomes_find_their_group, 0, 2);
	tcase_add_loop_test(t, test_mixture__a_unit_changes_no_responsibility, 0, 120);
	tcase_add_test(t, test_mixture__rounding_chooses_no_start);
	tcase_add_loop_test(t, test_mixture__floors_of_columns_are_kept, 0, 90);
	tcase_add_test(t, test_mixture__unit_of_a_column);
	tcase_add_loop_test(t, test_mixture__one_row_far_out, 0, 6);
	tcase_add_loop_test(t, test_mixture__columns_that_hardly_vary, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("weights");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__weight_three_is_the_row_three_times, 0, 80);
	tcase_add_loop_test(t, test_mixture__weighted_moments, 0, 4);
	tcase_add_loop_test(t, test_mixture__a_common_factor_of_weights, 0, 120);
	tcase_add_test(t, test_mixture__centres_follow_weights);
	tcase_add_test(t, test_mixture__rejects_weights_by_row);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
