/* SPDX-License-Identifier: MIT */
/* The formulas of dual averaging and of scales against a second implementation, in warm-ups that the test drives
 * step by step; and windows against the numbers of Stan. */
#include "exact_draws.h"
#include <sampler/sampler_impl.h>
#include <sampler/windows_impl.h>

/* ---- windows */

/* Last transitions of the windows, from 0; returns how many. */
static int windows_of(int64_t steps, int64_t last[8], egm__windows *first)
{
	int n = 0;
	egm__windows w;
	egm__windows_start(&w, steps);
	*first = w;
	for (; n < 8 && w.last < w.end; egm__windows_next(&w)) {
		last[n++] = w.last;
		if (w.last == w.end - 1) break;
	}
	return n;
}

/* Stan's windowed_adaptation.hpp with init_buffer 75, window 25, term_buffer 50: 1000 transitions have windows of 25,
 * 50, 100, 200 and 500 after the first 75. Below 150 Stan has 15 % before and 10 % after the windows; the library has
 * 15 % and half of all, at most 50, rounded down. */
START_TEST(test_adaptation__windows)
{
	static const struct {
		int64_t steps, first, end;
		int n;
		int64_t last[6];
	} table[] = {{1000, 75, 950, 5, {99, 149, 249, 449, 949}},
	             {2000, 75, 1950, 6, {99, 149, 249, 449, 849, 1949}},
	             {500, 75, 450, 4, {99, 149, 249, 449}},
	             {200, 75, 150, 2, {99, 149}},
	             {199, 75, 149, 1, {148}}, /* ours; Stan 99, 148 */
	             {151, 75, 101, 1, {100}}, /* ours; Stan 99, 100: one of a single point */
	             {150, 75, 100, 1, {99}},
	             {149, 22, 99, 1, {98}},
	             {100, 15, 50, 1, {49}},
	             {99, 14, 50, 1, {49}},
	             {50, 7, 25, 1, {24}},
	             {49, 0, 0, 0, {0}},
	             {5, 0, 0, 0, {0}},
	             {1, 0, 0, 0, {0}}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t last[8];
		egm__windows w;
		ck_assert_int_eq(windows_of(table[i].steps, last, &w), table[i].n);
		ck_assert_int_eq(w.first, table[i].first);
		ck_assert_int_eq(w.end, table[i].end);
		for (int k = 0; k < table[i].n; k++) ck_assert_int_eq(last[k], table[i].last[k]);
	}
}
END_TEST

/* Every transition of first .. end-1 is in one window, no window is shorter than 15, and 25 to 50 transitions follow.
 */
START_TEST(test_adaptation__windows_of_any_length)
{
	for (int64_t steps = 50; steps < 3000; steps++) {
		egm__windows w;
		egm__windows_start(&w, steps);
		int64_t from = w.first, end = w.end;
		ck_assert(steps - end >= 25 && steps - end <= 50 && from > 0);
		for (; from < end; from = w.last + 1, egm__windows_next(&w)) ck_assert_int_ge(w.last + 1 - from, 15);
		ck_assert_int_eq(from, end);
		ck_assert(w.last < end);
	}
}
END_TEST

/* ---- formulas: warm-ups driven by hand */

enum { STEPS = 160, DIMS = 3 };

static double acceptance(int t)
{
	return 0.5 + 0.5 * sin(t * t);
}

static double coordinate(int t, int j)
{
	return pow(10, j) * sin(1 + t * (j + 1) * 0.7) + 1000 * j;
}

/* In the window one of the three coordinates has a slope that says something, one a constant one, one a slope that
 * hardly changes. Before it slopes never change: they say nothing of first scales. */
static double slope(int t, int j)
{
	if (t < 75) return 1;
	return j == 0 ? 3 * cos(t) : j == 1 ? 5 : 1e-9 * sin(t * 1.3);
}

/* Variances of the window 75 .. 109, in two passes. */
static double variance_of(double (*value)(int t, int j), int j)
{
	double center = 0, variance = 0, n = 35;
	for (int i = 75; i < 110; i++) center += value(i, j) / n;
	for (int i = 75; i < 110; i++) variance += pow(value(i, j) - center, 2) / (n - 1);
	return variance;
}

/* Equation (6) with all its sums, since the last restart. log h of the next transition, and of the average. */
static double averaged(const double *accept, int m, double h0, double *mean)
{
	double x = 0, bar = 0;
	for (int t = 1; t <= m; t++) {
		double sum = 0;
		for (int i = 0; i < t; i++) sum += 0.8 - accept[i];
		x = log(10 * h0) - sqrt(t) / 0.05 * sum / (t + 10);
		bar = pow(t, -0.75) * x + (1 - pow(t, -0.75)) * bar;
	}
	*mean = bar;
	return x;
}

/* 160 transitions: one window, 75 .. 109. */
START_TEST(test_adaptation__formulas)
{
	distribution dist = spread_distribution(DIMS, 1, 1);
	any_kernel_options o = sampler_options(ANY_NUTS, 1, 0.3, 51);
	const double start[DIMS] = {0.5, 7, 200};
	double accept[STEPS], h0 = 0.3, mean = 0;
	int restart = 0;
	o.scale = start;
	egm_sampler *s = sampler_on(&dist, &o);
	egm__walker *w = &s->walkers[0];
	ck_assert_egm(egm__adaptation_create(s, STEPS));
	for (int t = 0; t < STEPS; t++) {
		w->accept = accept[t] = acceptance(t);
		for (int j = 0; j < DIMS; j++) {
			((double *)(void *)w->x)[j] = coordinate(t, j);
			((double *)(void *)w->gradient)[j] = slope(t, j);
		}
		egm__adaptation_update(s, w);
		double x = averaged(accept + restart, t + 1 - restart, h0, &mean);
		if (t != 109) {
			ck_assert_near(log(w->step), x, 1e-10);
			continue;
		}
		double change = 0, scale[DIMS];
		ck_assert_egm(egm_sampler_scale(s, 0, egm_f64_out(scale, egm_sampler_dims(s), 1)));
		for (int j = 0; j < DIMS; j++) {
			double variance = variance_of(coordinate, j), n = 35;
			double q[DIMS] = {sqrt(variance / variance_of(slope, 0)), variance, 100 * variance};
			double expected = sqrt(n / (n + 5) * variance + 5 / (n + 5) * q[j]);
			ck_assert_near(scale[j] / expected, 1, 1e-9);
			change += log(start[j] / expected) / DIMS;
		}
		restart = 110;
		h0 = exp(mean + change);
		ck_assert_near(log(w->step), log(h0), 1e-9);
	}
	egm__adaptation_finish(s);
	ck_assert_near(log(w->step), mean, 1e-10);
	ck_assert_ptr_null(w->adaptation);
	egm_sampler_free(s);
}
END_TEST

/* First scales: coordinates of variances 1 and `wide`^2 by their slopes x / wide^2, at scales of 1. Behind transitions
 * 19, 39, 59 and 74, and with them the scales become 1 and wide if that is more than 100, and h is again that of the
 * first coordinate. Windows are not touched: the first begins with transition 75. */
START_TEST(test_adaptation__first_scales)
{
	const double wide = _i ? 99.9 : 100.1;
	const int begins[] = {19, 39, 59, 74};
	distribution dist = spread_distribution(2, 1, 1);
	any_kernel_options o = sampler_options(ANY_NUTS, 1, 0.3, 51);
	double accept[75], scale[2], h0 = 0.3, mean = 0;
	int restart = 0;
	egm_sampler *s = sampler_on(&dist, &o);
	egm__walker *w = &s->walkers[0];
	ck_assert_egm(egm__adaptation_create(s, STEPS));
	for (int t = 0, k = 0; t < 75; t++) {
		w->accept = accept[t] = acceptance(t);
		for (int j = 0; j < 2; j++) {
			double z = coordinate(t, 0), unit = j ? wide : 1;
			((double *)(void *)w->x)[j] = z * unit + 7 * unit;
			((double *)(void *)w->gradient)[j] = z / unit;
		}
		egm__adaptation_update(s, w);
		double x = averaged(accept + restart, t + 1 - restart, h0, &mean);
		ck_assert_egm(egm_sampler_scale(s, 0, egm_f64_out(scale, egm_sampler_dims(s), 1)));
		if (t == begins[k]) {
			ck_assert_near(scale[1], _i ? 1 : wide, 1e-9);
			if (!_i && k == 0) { /* later scales are right already */
				restart = t + 1;
				h0 = exp(mean);
				x = mean;
			}
			k++;
		}
		ck_assert_near(scale[0], 1, 1e-12);
		ck_assert_near(scale[1], t < 19 || _i ? 1 : wide, 1e-9);
		ck_assert_near(log(w->step), x, 1e-9);
	}
	egm__adaptation_finish(s);
	egm_sampler_free(s);
}
END_TEST

/* 149 transitions: first scales after 19, the window 22 .. 98. Transitions between these belong to neither. */
START_TEST(test_adaptation__windows_begin_empty)
{
	distribution dist = spread_distribution(1, 1, 1);
	any_kernel_options o = sampler_options(ANY_NUTS, 1, 0.3, 51);
	egm_sampler *s = sampler_on(&dist, &o);
	egm__walker *w = &s->walkers[0];
	double scale, variance = 0, n = 77;
	ck_assert_egm(egm__adaptation_create(s, 149));
	for (int t = 0; t < 99; t++) {
		w->accept = 0.8;
		*(double *)(void *)w->x = t < 22 ? 1e6 * t : t % 7;
		egm__adaptation_update(s, w);
	}
	for (int t = 22; t < 99; t++) variance += pow(t % 7 - 3, 2) / (n - 1); /* 11 rounds of 0 .. 6, mean 3 */
	ck_assert_egm(egm_sampler_scale(s, 0, egm_f64_out(&scale, egm_sampler_dims(s), 1)));
	ck_assert_near(scale, sqrt(variance), 1e-12); /* slopes are 0: q = variance */
	egm_sampler_free(s);
}
END_TEST

/* The window of 160 transitions closes with transition 109; one chain stops there, or 9 or 10 later. Until 10 have
 * averaged the step is the one that they began with. */
START_TEST(test_adaptation__counts_averages_of_ten)
{
	const int after[] = {0, 1, 9, 10};
	distribution dist = spread_distribution(DIMS, 1, 1);
	any_kernel_options o = sampler_options(ANY_NUTS, 1, 0.3, 51);
	egm_sampler *s = sampler_on(&dist, &o);
	egm__walker *w = &s->walkers[0];
	for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
		double accept[STEPS], began = 0, mean;
		ck_assert_egm(egm__adaptation_create(s, STEPS));
		for (int t = 0; t < 110 + after[i]; t++) {
			w->accept = accept[t] = acceptance(t);
			for (int j = 0; j < DIMS; j++) ((double *)(void *)w->x)[j] = coordinate(t, j);
			egm__adaptation_update(s, w);
			if (t == 109) began = w->step;
		}
		egm__adaptation_finish(s);
		averaged(accept + 110, after[i], began, &mean);
		ck_assert_near(log(w->step), after[i] < 10 ? log(began) : mean, 1e-10);
	}
	egm_sampler_free(s);
}
END_TEST

/* Acceptances that say nothing, or the same for ever, leave a positive finite step. */
START_TEST(test_adaptation__steps_stay_numbers)
{
	const double accept[] = {0, 1, NAN, INFINITY, -1};
	for (size_t i = 0; i < sizeof accept / sizeof *accept; i++) {
		distribution dist = spread_distribution(1, 1, 1);
		any_kernel_options o = sampler_options(ANY_MALA, 1, 0.1, 52);
		egm_sampler *s = sampler_on(&dist, &o);
		ck_assert_egm(egm__adaptation_create(s, 100000));
		for (int t = 0; t < 100000; t++) {
			s->walkers[0].accept = accept[i];
			egm__adaptation_update(s, &s->walkers[0]);
			double eps = s->walkers[0].step * s->walkers[0].step;
			ck_assert(eps > 0 && isfinite(eps));
		}
		egm__adaptation_finish(s);
		ck_assert(s->walkers[0].step > 0 && isfinite(s->walkers[0].step));
		egm_sampler_free(s);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("adaptation formulas");
	TCase *tc = new_case(suite, "windows", NULL);
	tcase_add_test(tc, test_adaptation__windows);
	tcase_add_test(tc, test_adaptation__windows_of_any_length);
	tc = new_case(suite, "formulas", NULL);
	tcase_add_test(tc, test_adaptation__formulas);
	tcase_add_loop_test(tc, test_adaptation__first_scales, 0, 2);
	tcase_add_test(tc, test_adaptation__windows_begin_empty);
	tcase_add_test(tc, test_adaptation__counts_averages_of_ten);
	tcase_add_test(tc, test_adaptation__steps_stay_numbers);
	return egm_test_main(suite);
}
