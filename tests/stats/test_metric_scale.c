/* SPDX-License-Identifier: MIT */
/* Samples times 2^k: metrics times 2^k, or unchanged if they have no unit, bit for bit, within the range of numbers.
 * Powers of two do not round, so any difference comes from a square or a difference that left the range. Also samples
 * whose numbers differ greatly in size. */
#include "metric_support.h"
#include <float.h>

enum { N = 130, M = 70, D = 3, MODES = 5, KINDS = 10 };

typedef struct data {
	double x[N * D], y[M * D], centers[MODES * D], sigma, bandwidths[2];
} data;

static data make(void)
{
	data d = {.sigma = .625, .bandwidths = {.75, 2.5}};
	normals(1, 0, N * D, d.x);
	normals(2, .4, M * D, d.y);
	normals(3, 0, MODES * D, d.centers);
	for (int k = 0; k < D; k++) d.x[N / 2 * D + k] = d.centers[k]; /* a row that is a centre */
	/* multiples of 2^-40, so that 2^-1030 of them are numbers too */
	for (int i = 0; i < N * D; i++) d.x[i] = ldexp(rint(ldexp(d.x[i], 40)), -40);
	for (int i = 0; i < M * D; i++) d.y[i] = ldexp(rint(ldexp(d.y[i], 40)), -40);
	for (int i = 0; i < MODES * D; i++) d.centers[i] = ldexp(rint(ldexp(d.centers[i], 40)), -40);
	return d;
}

static data scaled(const data *d, int k)
{
	data s = *d;
	for (int i = 0; i < N * D; i++) s.x[i] = ldexp(d->x[i], k);
	for (int i = 0; i < M * D; i++) s.y[i] = ldexp(d->y[i], k);
	for (int i = 0; i < MODES * D; i++) s.centers[i] = ldexp(d->centers[i], k);
	for (int i = 0; i < 2; i++) s.bandwidths[i] = ldexp(d->bandwidths[i], k);
	s.sigma = ldexp(d->sigma, k);
	return s;
}

/* The power of the unit that a distance has. */
static const int powers[KINDS] = {0, 0, 1, 1, 1, 1, 1, 2, 0, 0};

static double mmd(const data *d, int own_bandwidths)
{
	double out = NAN;
	egm_mmd_options o = EGM_MMD_OPTIONS_INIT;
	if (own_bandwidths) o.bandwidths = d->bandwidths, o.bandwidth_count = 2;
	assert_ok(egm_metric_mmd(context, egm_f64(d->x, N, D), egm_f64(d->y, M, D), &o, &out, NULL, NULL));
	return out;
}

static double sliced(const data *d, int32_t power)
{
	double out = NAN;
	egm_sliced_options o = EGM_SLICED_OPTIONS_INIT;
	o.power = power;
	o.projections = 20;
	assert_ok(egm_metric_sliced(context, egm_f64(d->x, N, D), egm_f64(d->y, M, D), &o, &out, NULL, NULL));
	return out;
}

/* Two counts and a divergence in one number. */
static double modes(const data *d)
{
	egm_mode_coverage_options o;
	egm_mode_coverage c;
	o = (egm_mode_coverage_options)EGM_MODE_COVERAGE_OPTIONS_INIT;
	o.radius = 1.5;
	c = (egm_mode_coverage)EGM_MODE_COVERAGE_INIT;
	assert_ok(egm_metric_mode_coverage(context, egm_f64(d->x, N, D), egm_f64(d->centers, MODES, D), d->sigma, &o, &c));
	return 1000 * (double)c.covered + 100 * c.high_quality + c.reverse_kl;
}

/* On a grid that is scaled too, of 5 sigma to either side. */
static double masses(const data *d)
{
	const double lower[D] = {-5 * d->sigma, -5 * d->sigma, -5 * d->sigma};
	const double upper[D] = {5 * d->sigma, 5 * d->sigma, 5 * d->sigma};
	const int64_t bins[D] = {3, 4, 5};
	double p[61], q[61], out = NAN;
	assert_ok(egm_metric_histogram(egm_f64(d->x, N, D), lower, upper, bins, egm_f64_out(p, 61, 1)));
	assert_ok(egm_metric_histogram(egm_f64(d->y, M, D), lower, upper, bins, egm_f64_out(q, 61, 1)));
	assert_ok(egm_metric_js(egm_f64(p, 61, 1), egm_f64(q, 61, 1), &out));
	return out;
}

static double measure(const data *d, int kind)
{
	double out = NAN;
	if (kind < 2) return mmd(d, kind);
	if (kind < 4) return sliced(d, kind - 1);
	if (kind == 8) return modes(d);
	if (kind == 9) return masses(d);
	if (kind == 6)
		assert_ok(egm_metric_median(context, egm_f64(d->x, N, D), egm_f64(d->y, M, D), &out));
	else if (kind == 7)
		assert_ok(egm_metric_frechet(context, egm_f64(d->x, N, D), egm_f64(d->y, M, D), &out, NULL, NULL));
	else
		assert_ok(egm_metric_energy(context, egm_f64(d->x, N, D), egm_f64(d->y, M, D), kind - 3, &out, NULL, NULL));
	return out;
}

/* Data of size 4 go with 2^1020 to 2^1022 and with 2^-1030 to 2^-1028, where numbers have 46 bits left and a
 * projection, a sum of three products, is rounded to 2^-1074 each time; so is the median that MMD takes for a
 * bandwidth, which is 2^-44 of it. Results, of size 1, are numbers from 2^-1022 on. */
START_TEST(test_scale__distances_have_the_unit_of_the_data)
{
	int kind = _i % KINDS;
	egm_context_free(context);
	context = egm_test_context_on(1, EGM_TEST_FIRST_PATH + _i / KINDS);
	if (!context) return; /* the CPU lacks it */
	data one = make();
	double expected = measure(&one, kind);
	ck_assert(expected > 1e-3);
	for (int k = -1030; k <= 1020; k += k < -990 || k >= 990 ? 5 : 45) {
		data d = scaled(&one, k);
		if (powers[kind] * k > 1020 || powers[kind] * k < -1060) continue; /* a square that is not a number */
		double got = measure(&d, kind), want = ldexp(expected, powers[kind] * k);
		double rounding = kind == 0 && k < -1000          ? 0x1p-44
		                  : powers[kind] == 1 && k < -960 ? 8 * 0x1p-1074
		                  : powers[kind] * k < -1000      ? 0x1p-1074
		                                                  : 0;
		ck_assert_msg(fabs(got - want) <= rounding, "kind %d times 2^%d: %.17g, not %.17g", kind, k, got, want);
	}
}
END_TEST

static void narrow(const double *x, int count, int k, float *out)
{
	for (int i = 0; i < count; i++) out[i] = (float)ldexp(rint(16 * x[i]), k - 4);
}

/* Floats to the ends of their range, on multiples of 1/16: their squares are in the range of double. */
START_TEST(test_scale__floats_to_the_ends_of_their_range)
{
	static const int ends[] = {0, -145, -126, -64, 64, 125};
	data d = make();
	float x[N * D], y[M * D];
	double first[4] = {0}, got[4];
	for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
		narrow(d.x, N * D, ends[e], x);
		narrow(d.y, M * D, ends[e], y);
		assert_ok(egm_metric_mmd(context, egm_f32(x, N, D), egm_f32(y, M, D), NULL, &got[0], NULL, NULL));
		assert_ok(egm_metric_energy(context, egm_f32(x, N, D), egm_f32(y, M, D), EGM_ESTIMATOR_UNBIASED, &got[1], NULL,
		                            NULL));
		assert_ok(egm_metric_sliced(context, egm_f32(x, N, D), egm_f32(y, M, D), NULL, &got[2], NULL, NULL));
		assert_ok(egm_metric_frechet(context, egm_f32(x, N, D), egm_f32(y, M, D), &got[3], NULL, NULL));
		if (e == 0) memcpy(first, got, sizeof got);
		for (int i = 0; i < 4; i++) ck_assert(got[i] == ldexp(first[i], ends[e] * (i == 3 ? 2 : i > 0)));
	}
}
END_TEST

/* ---- sizes side by side */

/* A column that is 1e200 everywhere is in no difference, and a column of 1e-250 in no distance. */
START_TEST(test_scale__columns_of_other_sizes_do_not_count)
{
	data d = make();
	double x[N * (D + 2)], y[M * (D + 2)], got = NAN, want = NAN;
	for (int i = 0; i < N; i++) {
		memcpy(x + i * (D + 2), d.x + i * D, sizeof(double[D]));
		x[i * (D + 2) + D] = 1e200, x[i * (D + 2) + D + 1] = 1e-250 * i;
	}
	for (int i = 0; i < M; i++) {
		memcpy(y + i * (D + 2), d.y + i * D, sizeof(double[D]));
		y[i * (D + 2) + D] = 1e200, y[i * (D + 2) + D + 1] = -1e-250 * i;
	}
	assert_ok(egm_metric_mmd(context, egm_f64(x, N, D + 2), egm_f64(y, M, D + 2), NULL, &got, NULL, NULL));
	ck_assert(got == mmd(&d, 0));
	assert_ok(egm_metric_energy(context, egm_f64(x, N, D + 2), egm_f64(y, M, D + 2), EGM_ESTIMATOR_UNBIASED, &got, NULL,
	                            NULL));
	assert_ok(
	    egm_metric_energy(context, egm_f64(d.x, N, D), egm_f64(d.y, M, D), EGM_ESTIMATOR_UNBIASED, &want, NULL, NULL));
	ck_assert(got == want);
	assert_ok(egm_metric_median(context, egm_f64(x, N, D + 2), egm_f64(y, M, D + 2), &got));
	assert_ok(egm_metric_median(context, egm_f64(d.x, N, D), egm_f64(d.y, M, D), &want));
	ck_assert(got == want);
	assert_ok(egm_metric_frechet(context, egm_f64(x, N, D + 2), egm_f64(y, M, D + 2), &got, NULL, NULL));
	assert_ok(egm_metric_frechet(context, egm_f64(d.x, N, D), egm_f64(d.y, M, D), &want, NULL, NULL));
	assert_close(got, want, 1e-13 * want); /* rotations in another order */
}
END_TEST

/* One row far away, at 1e6 or at 1e300, leaves the median distance where it is: half of its pairs are the longest. A
 * centre far away changes no mode. And 20 directions that reach 1e200 in one sample are dominated by it: W_2^2 is the
 * square of the projection over N. */
START_TEST(test_scale__outliers)
{
	data near = make(), far = near;
	for (int k = 0; k < D; k++) {
		near.x[k] = 1e6, far.x[k] = -1e300;
		near.centers[k + D] = 1e6, far.centers[k + D] = 1e300;
	}
	ck_assert(measure(&near, 6) == measure(&far, 6));
	memset(near.x, 0, sizeof(double[D]));
	memset(far.x, 0, sizeof(double[D]));
	ck_assert(modes(&near) == modes(&far));
	data a = make(), b = a;
	for (int k = 0; k < D; k++) a.x[k] = 1e30, b.x[k] = 1e200;
	assert_close(sliced(&b, 2) / sliced(&a, 2), 1e170, 1e170 * 1e-12);
	memcpy(b.y, b.x, sizeof b.y); /* the outlier in both: the rest decides, of which 1e200 has nothing */
	ck_assert(sliced(&b, 2) > 0);
}
END_TEST

/* The kernel is a mean over bandwidths, whatever lies between them: 1 at equal points alone, k, and 1 everywhere. The
 * squares for one are then no squares for another. 1e-15: sums in the same order. */
START_TEST(test_scale__bandwidths_far_apart)
{
	static const double widths[][3] = {{1e-300, .75, 1e300}, {1e300, 1e-300, .75}, {.75, 1e150, 1e-160}};
	data d = make();
	egm_mmd_options o = EGM_MMD_OPTIONS_INIT;
	for (int32_t e = 1; e <= 2; e++) {
		double alone = NAN, none = e == EGM_ESTIMATOR_BIASED ? 1. / N + 1. / M : 0; /* of the kernel of width 0 */
		o.estimator = e;
		o.bandwidth_count = 1;
		o.bandwidths = d.bandwidths;
		assert_ok(egm_metric_mmd(context, egm_f64(d.x, N, D), egm_f64(d.y, M, D), &o, &alone, NULL, NULL));
		for (int w = 0; w < 3; w++) {
			double got = NAN;
			o.bandwidth_count = 3;
			o.bandwidths = widths[w];
			assert_ok(egm_metric_mmd(context, egm_f64(d.x, N, D), egm_f64(d.y, M, D), &o, &got, NULL, NULL));
			assert_close(got, (alone + none) / 3, 1e-15);
		}
	}
}
END_TEST

/* Differences of the largest numbers are no numbers; distances of theirs may be: x at -a and a, y at 0 are
 * 2 a - 2 a/2 = a apart. Twice as far as a number goes is rejected. */
START_TEST(test_scale__the_largest_numbers)
{
	const double a = DBL_MAX, x[2] = {-a, a}, y[2] = {0, 0}, z[2] = {a, a}, origin = 0;
	double out = NAN;
	egm_mmd_options o;
	egm_mode_coverage c;
	assert_ok(egm_metric_energy(context, egm_f64(x, 2, 1), egm_f64(y, 2, 1), EGM_ESTIMATOR_BIASED, &out, NULL, NULL));
	assert_close(out, a, a * 1e-15);
	assert_ok(egm_metric_sliced(context, egm_f64(x, 2, 1), egm_f64(y, 2, 1), NULL, &out, NULL, NULL));
	assert_close(out, a, a * 1e-15);
	assert_ok(egm_metric_median(context, egm_f64(z, 2, 1), egm_f64(y, 2, 1), &out)); /* 0 0 a a a a */
	assert_close(out, a, a * 1e-15);
	o = (egm_mmd_options)EGM_MMD_OPTIONS_INIT;
	o.bandwidths = z;
	o.bandwidth_count = 1;
	o.estimator = EGM_ESTIMATOR_BIASED; /* 1/2 (1 + e^-2) + 1 - 2 e^-1/2 */
	assert_ok(egm_metric_mmd(context, egm_f64(x, 2, 1), egm_f64(y, 2, 1), &o, &out, NULL, NULL));
	assert_close(out, .5 + exp(-2) / 2 + 1 - 2 * exp(-.5), 1e-15);
	c = (egm_mode_coverage)EGM_MODE_COVERAGE_INIT;
	assert_ok(egm_metric_mode_coverage(context, egm_f64(x, 2, 1), egm_f64(&origin, 1, 1), a / 4, NULL, &c));
	ck_assert(c.high_quality == 0);
	assert_ok(egm_metric_mode_coverage(context, egm_f64(x, 2, 1), egm_f64(&origin, 1, 1), a / 2, NULL, &c));
	ck_assert(c.high_quality == 1);
	out = 7;
	ck_assert_int_eq(egm_metric_sliced(context, egm_f64(x, 1, 1), egm_f64(z, 1, 1), NULL, &out, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_metric_sliced: the result is inf, must be finite: it is beyond the largest number");
	ck_assert_int_eq(egm_metric_frechet(context, egm_f64(x, 2, 1), egm_f64(z, 2, 1), &out, NULL, NULL),
	                 EGM_ERR_NONFINITE);
	ck_assert_int_eq(
	    egm_metric_energy(context, egm_f64(x, 1, 1), egm_f64(z, 1, 1), EGM_ESTIMATOR_BIASED, &out, NULL, NULL),
	    EGM_ERR_NONFINITE);
	ck_assert(out == 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("scale");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_scale__distances_have_the_unit_of_the_data, 0, EGM_TEST_PATHS * KINDS);
	tcase_add_test(tc, test_scale__floats_to_the_ends_of_their_range);
	tcase_add_test(tc, test_scale__columns_of_other_sizes_do_not_count);
	tcase_add_test(tc, test_scale__outliers);
	tcase_add_test(tc, test_scale__bandwidths_far_apart);
	tcase_add_test(tc, test_scale__the_largest_numbers);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
