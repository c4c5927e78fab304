/* SPDX-License-Identifier: MIT */
/* Steps of EM and fits: against the formulas, for known distributions, and in limiting cases. */
#include "mixture_support.h"

static egm_context *context;
static egm_mixture *mixture;
static double x[MOST_ROWS * MOST_DIMS];

static void setup(void)
{
	context = new_context();
	mixture = NULL;
}

static void teardown(void)
{
	egm_mixture_free(mixture);
	egm_context_free(context);
}

static void replace(egm_mixture *by)
{
	egm_mixture_free(mixture);
	mixture = by;
}

static double step(int64_t rows, int64_t d)
{
	double log_likelihood = NAN;
	ck_assert_egm(egm_mixture_step(mixture, egm_f64(x, rows, d), egm_no_array(), &log_likelihood));
	return log_likelihood;
}

static void fit(int64_t rows, int64_t d, const egm_mixture_options *o, egm_mixture_result *r)
{
	egm_mixture *found = NULL;
	*r = (egm_mixture_result)EGM_MIXTURE_RESULT_INIT;
	ck_assert_egm(egm_mixture_fit(&found, context, egm_f64(x, rows, d), egm_no_array(), o, r, NULL, NULL));
	replace(found);
}

/* ---- a step */

/* K16: N(+-m, 1) with equal weights, data +-2: m' = 2 tanh(2m), and the likelihood is that of x = 2 by symmetry. 4 ulp
 * of the exponentials and a few of the sums: 1e-14. 1.9986513 is also the limit. */
START_TEST(test_mixture__two_means_follow_the_hyperbolic_tangent)
{
	const double digits[] = {1, 1.9280552, 1.9982115, 1.9986490, 1.9986513};
	const float data32[] = {2, -2};
	const double data64[] = {2, -2};
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i % 3);
	o.fixed = EGM_MIXTURE_FIX_WEIGHTS | EGM_MIXTURE_FIX_COVARIANCES;
	mixture_numbers n = {.k = 2, .d = 1, .w = {1, 1}, .m = {1, -1}, .c = {1, 1}};
	mixture = create_mixture(context, &n, &o);
	double m = 1, last = -INFINITY, log_likelihood;
	for (int i = 0; i < 30; i++) {
		n = read_mixture(mixture);
		ck_assert_near(n.m[0], m, 1e-14);
		ck_assert_near(n.m[1], -m, 1e-14);
		if (i < 5) ck_assert_near(n.m[0], digits[i], 5e-8);
		ck_assert(n.w[0] == 0.5 && n.w[1] == 0.5 && n.c[0] == 1 && n.c[1] == 1);
		ck_assert_egm(egm_mixture_step(
		    mixture,
		    egm_array_of(_i < 3 ? EGM_F32 : EGM_F64, _i < 3 ? (const void *)data32 : (const void *)data64, 2, 1),
		    egm_no_array(), &log_likelihood));
		double off = 2 - m, far = 2 + m;
		ck_assert_near(log_likelihood, log((exp(-off * off / 2) + exp(-far * far / 2)) / 2 / sqrt(2 * M_PI)), 1e-14);
		ck_assert(log_likelihood >= last - 1e-15);
		last = log_likelihood;
		m = 2 * tanh(2 * m);
	}
}
END_TEST

/* One step by the formulas of mixture.h, in two passes and long double. `floor` is one that does not bind for full. */
static void naive_step(mixture_numbers *n, int32_t kind, int32_t fixed, double floor, int64_t rows)
{
	static long double share[MOST_ROWS][MOST_COMPONENTS];
	const int64_t d = n->d;
	for (int64_t r = 0; r < rows; r++) reference_log_density(n, x + r * d, share[r]);
	for (int64_t k = 0; k < n->k; k++) {
		long double count = 0, mean[MOST_DIMS] = {0}, s[MOST_DIMS * MOST_DIMS] = {0}, trace = 0;
		for (int64_t r = 0; r < rows; r++) count += share[r][k];
		for (int64_t r = 0; r < rows; r++)
			for (int64_t i = 0; i < d; i++) mean[i] += share[r][k] * x[r * d + i] / count;
		if (!(fixed & EGM_MIXTURE_FIX_WEIGHTS)) n->w[k] = (double)(count / rows);
		for (int64_t i = 0; i < d && !(fixed & EGM_MIXTURE_FIX_MEANS); i++) n->m[k * d + i] = (double)mean[i];
		for (int64_t r = 0; r < rows; r++)
			for (int64_t i = 0; i < d; i++)
				for (int64_t j = 0; j < d; j++)
					s[i * d + j] += share[r][k] * ((long double)x[r * d + i] - n->m[k * d + i]) *
					                ((long double)x[r * d + j] - n->m[k * d + j]) / count;
		for (int64_t i = 0; i < d; i++) trace += s[i * d + i];
		for (int64_t i = 0; i < d * d && !(fixed & EGM_MIXTURE_FIX_COVARIANCES); i++) {
			double v = (double)(kind == EGM_COVARIANCE_SPHERICAL ? trace / d : s[i]);
			if (kind != EGM_COVARIANCE_FULL) v = i % (d + 1) ? 0 : fmax(v, floor);
			n->c[k * d * d + i] = v;
		}
	}
}

/* Numbers of order 1 to 10 from at most 600 rows; condition numbers up to 100 multiply the rounding of the densities:
 * 1e-16 * 100 * 100 (exponents) leaves two digits to 1e-10. */
START_TEST(test_mixture__a_step_is_what_the_formulas_say)
{
	uint64_t random = 77 + (uint64_t)_i;
	int32_t kind = EGM_COVARIANCE_FULL + _i % 3, fixed = _i / 3 % 8;
	const int64_t k = 1 + _i % 5, d = 1 + _i % 4, rows = 1 + _i * 13 % 600;
	mixture_numbers n = random_mixture(&random, kind, k, d), truth = random_mixture(&random, kind, k, d);
	draw_mixture(&truth, &random, rows, x);
	egm_mixture_options o = mixture_options(k, kind);
	o.fixed = fixed;
	o.covariance_floor = kind == EGM_COVARIANCE_FULL ? 1e-12 : 0.4;
	mixture = create_mixture(context, &n, &o);
	if (kind == EGM_COVARIANCE_FULL && rows < 50) return; /* singular: the floor binds */
	long double before = 0, share[MOST_COMPONENTS];
	for (int64_t r = 0; r < rows; r++) before += reference_log_density(&n, x + r * d, share) / rows;
	ck_assert_near(step(rows, d), before, 1e-11);
	naive_step(&n, kind, fixed, o.covariance_floor, rows);
	mixture_numbers got = read_mixture(mixture);
	for (int64_t i = 0; i < k; i++) ck_assert_near(got.w[i], n.w[i], 1e-10);
	for (int64_t i = 0; i < k * d; i++) ck_assert_near(got.m[i], n.m[i], 1e-10);
	for (int64_t i = 0; i < k * d * d; i++) ck_assert_near(got.c[i], n.c[i], 1e-10);
}
END_TEST

/* The likelihood never falls: all kinds, all that can be fixed, more components than the data have clusters, floors
 * that bind. A mean of log p is off by a rounding of |y|^2 and of L: 1e-16 * 100 * cond(L), cond <= sqrt(100 / 1e-4) =
 * 1e3: 1e-11; ten times that is allowed. */
START_TEST(test_mixture__likelihood_never_falls)
{
	uint64_t random = 1000 + (uint64_t)_i;
	int32_t kind = EGM_COVARIANCE_FULL + _i % 3;
	const int64_t k = 1 + _i / 3 % 6, d = 1 + _i / 5 % 5, rows = 5 + _i * 37 % 300;
	mixture_numbers truth = random_mixture(&random, kind, 1 + _i % 4, d), n = random_mixture(&random, kind, k, d);
	draw_mixture(&truth, &random, rows, x);
	egm_mixture_options o = mixture_options(k, kind);
	o.fixed = _i % 4 ? 0 : _i / 4 % 8;
	o.covariance_floor = _i % 2 ? 1e-4 : 0.2; /* random_mixture is above 0.3 */
	mixture = create_mixture(context, &n, &o);
	double last = -INFINITY;
	for (int i = 0; i < 60; i++) {
		double now = step(rows, d);
		ck_assert_msg(now >= last - 1e-10 * fmax(1, fabs(last)), "step %d: %.17g after %.17g", i, now, last);
		last = now;
	}
}
END_TEST

/* log det C + tr(C^-1 S) */
static long double deviance(int64_t d, const double *c, const double *s)
{
	long double inverse[MOST_DIMS * MOST_DIMS], sum = inverse_of(d, c, inverse);
	for (int64_t i = 0; i < d * d; i++) sum += inverse[i] * s[i];
	return sum;
}

/* No covariance above the floor is better than the one that is found, near or far: 200 each. S has rank 1 to d. The
 * smallest C is 1e-2, so rounding of C^-1 S is 1e-14. */
START_TEST(test_mixture__lifted_covariance_is_the_constrained_maximum)
{
	uint64_t random = 5 + (uint64_t)_i;
	const int64_t d = 1 + _i % 5, rank = 1 + _i / 5 % d;
	const double floor = 0.01;
	double s[MOST_DIMS * MOST_DIMS] = {0}, c[MOST_DIMS * MOST_DIMS], other[MOST_DIMS * MOST_DIMS],
	                     work[2 * MOST_DIMS * MOST_DIMS];
	for (int64_t p = 0; p < rank; p++) {
		double v[MOST_DIMS], scale = pow(10, -p);
		for (int64_t i = 0; i < d; i++) v[i] = random_signed(&random);
		for (int64_t i = 0; i < d * d; i++) s[i] += scale * v[i / d] * v[i % d];
	}
	memcpy(c, s, sizeof c);
	egm__mixture_raise_eigenvalues(d, c, floor, work);
	long double best = deviance(d, c, s);
	/* feasible: C - f I has no negative eigenvalue, C - f I + 1e-12 a Cholesky factor */
	ck_assert_int_eq(egm__cholesky(d, c, floor - 1e-12, work), 0);
	for (int t = 0; t < 400; t++) {
		double b[MOST_DIMS * MOST_DIMS], far = t % 2 ? 1 : 1e-3;
		random_covariance(&random, EGM_COVARIANCE_FULL, d, 0, b);
		for (int64_t i = 0; i < d * d; i++)
			other[i] = (1 - far) * c[i] + far * ((t % 4 < 2 ? s[i] : 0) + b[i] + (i % (d + 1) ? 0 : floor));
		ck_assert_msg(deviance(d, other, s) >= best - 1e-12L, "%d: %.17Lg below %.17Lg", t, deviance(d, other, s),
		              best);
	}
}
END_TEST

/* Two dimensions have their eigenvectors in closed form: S = R diag(4, f/100) R^T, turned by an angle. */
START_TEST(test_mixture__lift_in_the_plane)
{
	const double angle = 0.1 + 0.37 * _i, cs = cos(angle), sn = sin(angle), small = 1e-8, floor = 1e-6;
	double c[4], work[8];
	const double s[4] = {4 * cs * cs + small * sn * sn, (4 - small) * cs * sn, (4 - small) * cs * sn,
	                     4 * sn * sn + small * cs * cs};
	const double want[4] = {4 * cs * cs + floor * sn * sn, (4 - floor) * cs * sn, (4 - floor) * cs * sn,
	                        4 * sn * sn + floor * cs * cs};
	memcpy(c, s, sizeof c);
	egm__mixture_raise_eigenvalues(2, c, floor, work);
	for (int i = 0; i < 4; i++) ck_assert_near(c[i], want[i], 1e-14); /* roundings of 4 */
	memcpy(c, s, sizeof c);
	egm__mixture_raise_eigenvalues(2, c, small / 2, work);
	for (int i = 0; i < 4; i++) ck_assert_near(c[i], s[i], 0);
}
END_TEST

/* Data at 1e8 with deviation 1: differences are exact to 1e-8, E x^2 - (E x)^2 would be 0 or 2. */
START_TEST(test_mixture__data_far_from_zero_keep_their_variance)
{
	enum { N = 3000 };
	uint64_t random = 9;
	double mean[2] = {0}, s[4] = {0};
	for (int i = 0; i < 2 * N; i++) x[i] = 1e8 + random_normal(&random) + (i % 2 ? 0.5 * x[i - 1] : 0);
	for (int i = 0; i < 2 * N; i++) mean[i % 2] += (x[i] - x[i % 2]) / N;
	for (int r = 0; r < N; r++)
		for (int i = 0; i < 4; i++)
			s[i] += (x[2 * r + i / 2] - x[i / 2] - mean[i / 2]) * (x[2 * r + i % 2] - x[i % 2] - mean[i % 2]) / N;
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_FULL);
	egm_mixture_result r;
	fit(N, 2, &o, &r);
	mixture_numbers n = read_mixture(mixture);
	for (int i = 0; i < 4; i++) ck_assert_near(n.c[i], s[i], 1e-7);
	ck_assert_near(n.m[0], x[0] + mean[0], 1e-7);
	ck_assert_int_eq(r.converged, 1);
}
END_TEST

/* ---- edges */

/* exp(-1000^2/2) is 0: the second component owns nothing. */
START_TEST(test_mixture__dead_component_keeps_its_place)
{
	uint64_t random = 4;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i % 3);
	o.fixed = _i < 3 ? 0 : EGM_MIXTURE_FIX_WEIGHTS;
	mixture_numbers n = {.k = 2, .d = 2, .w = {0.75, 0.25}, .m = {0, 0, 1000, 0}, .c = {1, 0, 0, 1, 2, 0, 0, 2}};
	for (int i = 0; i < 400; i++) x[i] = random_normal(&random);
	mixture = create_mixture(context, &n, &o);
	double last = -INFINITY;
	for (int t = 0; t < 3; t++) {
		double now = step(200, 2);
		ck_assert(now >= last);
		last = now;
		mixture_numbers got = read_mixture(mixture);
		ck_assert(got.w[0] == (_i < 3 ? 1 : 0.75) && got.w[1] == (_i < 3 ? 0 : 0.25));
		ck_assert(got.m[2] == 1000 && got.m[3] == 0 && got.c[4] == 2 && got.c[7] == 2);
	}
	double r[2], p;
	ck_assert_egm(egm_mixture_responsibilities(mixture, egm_f64((double[]){1000, 0}, 1, 2),
	                                           egm_f64_out(r, 1, egm_mixture_components(mixture))));
	ck_assert(_i >= 3 || (r[0] == 1 && r[1] == 0));
	ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(x, 1, 2), egm_f64_out(&p, 1, 1)));
	ck_assert(isfinite(p));
}
END_TEST

/* As many components as distinct rows: every component ends on one with the floor as variance; a component more is
 * rejected. */
START_TEST(test_mixture__components_and_distinct_rows)
{
	const double rows[8] = {0, 0, 10, 0, 0, 0, 10, 0};
	memcpy(x, rows, sizeof rows);
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i);
	egm_mixture_result r;
	fit(4, 2, &o, &r);
	/* quartiles 0 and 10: a unit of 10 / 1.349; the column of zeros has 1, and no part in the one of spherical */
	const double unit = 10 / 1.3489795003921634, square = _i == 2 ? unit * unit / 2 : unit * unit;
	const double floors[2] = {1e-6 * square, _i == 2 ? 1e-6 * square : 1e-6};
	ck_assert_near(r.covariance_floor, floors[1], 1e-20);
	mixture_numbers n = read_mixture(mixture);
	ck_assert_near(n.m[0] + n.m[2], 10, 1e-14);
	for (int k = 0; k < 2; k++) {
		ck_assert_near(n.w[k], 0.5, 1e-15);
		for (int i = 0; i < 4; i++) ck_assert_near(n.c[4 * k + i], i % 3 ? 0 : floors[i % 2], 1e-19);
	}
	ck_assert_near(r.log_likelihood, -log(2) - log(2 * M_PI) - log(floors[0] * floors[1]) / 2, 1e-13);
	egm_mixture *none = mixture;
	o.components = 3;
	ck_assert_int_eq(egm_mixture_fit(&none, context, egm_f64(x, 4, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(none);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_fit: components is 3, must be at most the 2 distinct rows of x");
	o.components = (int64_t)1 << 32; /* no machine should have to find room for these first */
	ck_assert_int_eq(egm_mixture_fit(&none, context, egm_f64(x, 4, 2), egm_no_array(), &o, NULL, NULL, NULL),
	                 EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_fit: components is 4294967296, must be at most the 4 rows of x");
}
END_TEST

/* One row, or many equal ones, determine no scale. */
START_TEST(test_mixture__data_without_variance)
{
	egm_mixture *none = NULL;
	egm_mixture_options o = mixture_options(1, EGM_COVARIANCE_FULL + _i);
	for (int i = 0; i < 9; i++) x[i] = 7 + i % 3;
	for (int64_t rows = 1; rows <= 3; rows += 2) {
		o.covariance_floor = 0;
		ck_assert_int_eq(egm_mixture_fit(&none, context, egm_f64(x, rows, 3), egm_no_array(), &o, NULL, NULL, NULL),
		                 EGM_ERR_ARGUMENT);
		ck_assert_ptr_null(none);
		ck_assert_ptr_nonnull(strstr(egm_last_error(), "covariance_floor"));
		o.covariance_floor = 0.25;
		egm_mixture_result r;
		fit(rows, 3, &o, &r);
		mixture_numbers n = read_mixture(mixture);
		for (int i = 0; i < 3; i++) ck_assert(n.m[i] == 7 + i);
		for (int i = 0; i < 9; i++) ck_assert(n.c[i] == (i % 4 ? 0 : 0.25));
	}
}
END_TEST

/* A column that never changes: its variance is the floor, the others are their own. */
START_TEST(test_mixture__constant_column)
{
	enum { N = 500 };
	uint64_t random = 12;
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i);
	egm_mixture_result r;
	for (int i = 0; i < N; i++) {
		x[3 * i] = random_normal(&random) + (i % 2 ? 20 : -20);
		x[3 * i + 1] = 0.3;
		x[3 * i + 2] = random_normal(&random);
	}
	fit(N, 3, &o, &r);
	mixture_numbers n = read_mixture(mixture);
	for (int k = 0; k < 2 && _i < 2; k++) {
		ck_assert_near(n.c[9 * k + 4], r.covariance_floor, 1e-12);
		ck_assert(n.c[9 * k] > 0.5 && n.c[9 * k + 8] > 0.5); /* 250 rows: 1 +- 0.09 */
	}
}
END_TEST

/* ---- fits */

/* 20,000 draws of three components 10 deviations apart. Memberships are then known up to 1e-6 of the rows, so standard
 * errors are those of labelled samples: w (1-w)/n, C_ii/n_k, (C_ii C_jj + C_ij^2)/n_k. Five of them: 27 comparisons
 * fail by chance once in 60,000 runs. */
START_TEST(test_mixture__recovers_three_components)
{
	uint64_t random = 321;
	const int32_t kind = EGM_COVARIANCE_FULL + _i;
	mixture_numbers truth = {.k = 3, .d = 2, .w = {0.5, 0.3, 0.2}, .m = {0, 0, 12, 3, -4, 14}};
	const double full[12] = {1, 0.6, 0.6, 2, 0.5, -0.2, -0.2, 0.7, 1.5, 0, 0, 0.3};
	for (int i = 0; i < 12; i++) truth.c[i] = i % 4 == 0 || i % 4 == 3 ? full[i] : 0;
	if (kind == EGM_COVARIANCE_FULL) memcpy(truth.c, full, sizeof full);
	for (int k = 0; k < 3 && kind == EGM_COVARIANCE_SPHERICAL; k++) truth.c[4 * k + 3] = truth.c[4 * k];
	draw_mixture(&truth, &random, MOST_ROWS, x);
	egm_mixture_options o = mixture_options(3, kind);
	egm_mixture_result r;
	fit(MOST_ROWS, 2, &o, &r);
	ck_assert(r.converged == 1 && r.dead == 0 && r.iterations < 100);
	mixture_numbers n = read_mixture(mixture);
	for (int t = 0; t < 3; t++) {
		int k = 0;
		const double *m = truth.m + 2 * t, *c = truth.c + 4 * t, rows = truth.w[t] * MOST_ROWS;
		for (int i = 1; i < 3; i++)
			if (hypot(n.m[2 * i] - m[0], n.m[2 * i + 1] - m[1]) < hypot(n.m[2 * k] - m[0], n.m[2 * k + 1] - m[1]))
				k = i;
		ck_assert_near(n.w[k], truth.w[t], 5 * sqrt(truth.w[t] * (1 - truth.w[t]) / MOST_ROWS));
		for (int i = 0; i < 2; i++) ck_assert_near(n.m[2 * k + i], m[i], 5 * sqrt(c[3 * i] / rows));
		for (int i = 0; i < 4; i++) {
			double variance = c[3 * (i / 2)] * c[3 * (i % 2)] + c[i] * c[i];
			ck_assert_near(n.c[4 * k + i], c[i], i % 3 && kind != EGM_COVARIANCE_FULL ? 0 : 5 * sqrt(variance / rows));
		}
	}
}
END_TEST

/* The result describes the end of the fit, and its likelihood is that of the returned mixture. */
START_TEST(test_mixture__result_is_that_of_the_mixture)
{
	enum { N = 700 };
	uint64_t random = 8;
	double p[N], sum = 0;
	egm_mixture_result r, one;
	mixture_numbers truth = random_mixture(&random, EGM_COVARIANCE_FULL, 3, 2);
	draw_mixture(&truth, &random, N, x);
	egm_mixture_options o = mixture_options(4, EGM_COVARIANCE_FULL + _i);
	o.starts = 6;
	o.seed = 3;
	fit(N, 2, &o, &r);
	ck_assert(r.start >= 0 && r.start < 6 && r.iterations >= 1 && r.iterations <= 200);
	ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(x, N, 2), egm_f64_out(p, N, 1)));
	for (int i = 0; i < N; i++) sum += p[i];
	ck_assert_near(r.log_likelihood, sum / N, 1e-12); /* another order of 700 terms of order 5 */
	ck_assert_near(step(N, 2), r.log_likelihood, 1e-13);
	o.starts = 1;
	fit(N, 2, &o, &one);
	ck_assert(one.log_likelihood <= r.log_likelihood);
	o.max_iterations = 2;
	o.tolerance = 0;
	fit(N, 2, &o, &one);
	ck_assert(one.converged == 0 && one.iterations == 2 && one.start == 0);
}
END_TEST

/* Second centers of k-means++ from {0, 1, 10}, given the first: D^2 over its sum. 20,000 starts, 5 deviations of a
 * share. */
START_TEST(test_mixture__centres_follow_squared_distances)
{
	enum { N = 20000 };
	const double points[3] = {0, 1, 10};
	const egm__mixture_data data = {.dtype = EGM_F64, .x = points, .rows = 3, .scale = 1, .total = 3};
	double distances[3];
	int64_t count[3][3] = {{0}};
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_SPHERICAL);
	o.covariance_floor = 1;
	ck_assert_egm(egm__mixture_make(&mixture, context, &o, 1));
	for (int s = 0; s < N; s++) {
		ck_assert_egm(egm__mixture_start(mixture, &data, s, distances));
		int place[2];
		for (int k = 0; k < 2; k++)
			for (int i = 0; i < 3; i++)
				if (mixture->now.means[k] == points[i]) place[k] = i;
		count[place[0]][place[1]]++;
	}
	for (int i = 0; i < 3; i++) {
		double first = (double)(count[i][0] + count[i][1] + count[i][2]), all = 0;
		ck_assert_near(first / N, 1.0 / 3, 5 * sqrt(2.0 / 9 / N));
		ck_assert_int_eq(count[i][i], 0);
		for (int j = 0; j < 3; j++) all += (points[j] - points[i]) * (points[j] - points[i]);
		for (int j = 0; j < 3; j++) {
			double share = (points[j] - points[i]) * (points[j] - points[i]) / all;
			ck_assert_near((double)count[i][j] / first, share, 5 * sqrt(share * (1 - share) / first));
		}
	}
}
END_TEST

START_TEST(test_mixture__threads_change_no_bit)
{
	enum { N = 3001 };
	uint64_t random = 2;
	static double p[N], first_p[N];
	mixture_numbers truth = random_mixture(&random, EGM_COVARIANCE_FULL, 3, 3), first = {0};
	draw_mixture(&truth, &random, N, x);
	for (int32_t threads = 1; threads <= 3; threads++) {
		egm_context_free(context);
		context = egm_test_context_on(threads, EGM_SIMD_AUTO);
		egm_mixture_options o = mixture_options(3, EGM_COVARIANCE_FULL);
		egm_mixture_result r;
		fit(N, 3, &o, &r);
		mixture_numbers n = read_mixture(mixture);
		ck_assert_egm(
		    egm_mixture_log_density(mixture, egm_f64(x, N, 3), egm_f64_out(threads == 1 ? first_p : p, N, 1)));
		if (threads == 1) first = n;
		ck_assert(threads == 1 || (!memcmp(&n.w, &first.w, 3 * sizeof *n.w) && !memcmp(p, first_p, sizeof p)));
		ck_assert(!memcmp(n.m, first.m, 9 * sizeof *n.m) && !memcmp(n.c, first.c, 27 * sizeof *n.c));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mixture");
	TCase *t = tcase_create("step");
	tcase_set_tags(t, "K16");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__two_means_follow_the_hyperbolic_tangent, 0, 6);
	tcase_add_loop_test(t, test_mixture__a_step_is_what_the_formulas_say, 0, 120);
	tcase_add_loop_test(t, test_mixture__likelihood_never_falls, 0, 300);
	tcase_add_loop_test(t, test_mixture__lifted_covariance_is_the_constrained_maximum, 0, 50);
	tcase_add_loop_test(t, test_mixture__lift_in_the_plane, 0, 10);
	tcase_add_test(t, test_mixture__data_far_from_zero_keep_their_variance);
	suite_add_tcase(s, t);
	t = tcase_create("edges");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__dead_component_keeps_its_place, 0, 6);
	tcase_add_loop_test(t, test_mixture__components_and_distinct_rows, 0, 3);
	tcase_add_loop_test(t, test_mixture__data_without_variance, 0, 3);
	tcase_add_loop_test(t, test_mixture__constant_column, 0, 3);
	suite_add_tcase(s, t);
	t = tcase_create("fit");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__recovers_three_components, 0, 3);
	tcase_add_loop_test(t, test_mixture__result_is_that_of_the_mixture, 0, 3);
	tcase_add_test(t, test_mixture__centres_follow_squared_distances);
	tcase_add_test(t, test_mixture__threads_change_no_bit);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
