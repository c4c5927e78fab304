/* SPDX-License-Identifier: MIT */
/* Normal distributions as nodes against formulas in double, and their reparameterised draws. */
#include "loss_support.h"
#include <loss/gaussian_impl.h>

enum { ROWS = 3, N = 2, SLOT_IN = 1, SLOT_OUT = 2, SLOT_GRADIENT = 3, STREAM = 7 };

static egm_context *context;
static egm__graph *g;
/* [ROWS, 2N] each: means, then logarithms of variances */
static const double q_numbers[ROWS * 2 * N] = {1, -0.5, 0.3, -0.7, 0, 2, 0.1, 1.5, -1, 0.25, -2, 0};
static const double r_numbers[ROWS * 2 * N] = {0.5, 0.5, -0.2, 0.4, 1, -1, 0.7, 0.2, -1, 0.25, -2, 0};

static void setup(void)
{
	context = new_context();
	g = NULL;
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F64), EGM_OK);
}

static void teardown(void)
{
	egm__graph_free(g);
	egm_context_free(context);
}

static void run(void *in, double *out, double *gradient, uint64_t step)
{
	void *bases[EGM__MAX_SLOTS] = {[SLOT_IN] = in, [SLOT_OUT] = out, [SLOT_GRADIENT] = gradient};
	egm__program *p = NULL;
	ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "%s", egm_last_error());
	egm__program_run(p, bases, 3, step);
	egm__program_free(p);
}

static double log_normal(double x, double mean, double log_variance)
{
	double s = exp(0.5 * log_variance), t = (x - mean) / s;
	return -log(s * sqrt(2 * acos(-1.0))) - 0.5 * t * t;
}

/* KL of two normal distributions in one dimension, in standard deviations */
static double kl(double m, double v, double n, double w)
{
	double s = exp(0.5 * v), t = exp(0.5 * w);
	return log(t / s) + (s * s + (m - n) * (m - n)) / (2 * t * t) - 0.5;
}

/* K17: mean 1, sd 1: 1/2; mean 0, variance 4: (4 - 1 - ln 4)/2 */
START_TEST(test_gaussian__divergence_from_the_prior_has_known_values)
{
	const double known[2][3] = {{1, 0, 0.5}, {0, 1.3862943611198906, 0.8068528194400547}};
	double in[2] = {known[_i][0], known[_i][1]}, out = 0;
	egm__gaussian q = egm__gaussian_split(g, egm__leaf(g, SLOT_IN, 0, egm__shape2(1, 2)));
	egm__graph_output(g, egm__gaussian_kl(g, &q, NULL), SLOT_OUT, 0);
	run(in, &out, NULL, 0);
	ck_assert(fabs(out - known[_i][2]) <= 1e-15);
}
END_TEST

/* Some ten roundings of numbers up to 10: 1e-14. */
START_TEST(test_gaussian__divergences_and_log_densities_equal_the_formulas)
{
	double in[2][ROWS * 2 * N], out[3][ROWS];
	egm__gaussian node[2];
	memcpy(in[0], q_numbers, sizeof in[0]);
	memcpy(in[1], r_numbers, sizeof in[1]);
	for (int i = 0; i < 2; i++)
		node[i] = egm__gaussian_split(g, egm__leaf(g, SLOT_IN, i * ROWS * 2 * N, egm__shape2(ROWS, 2 * N)));
	egm__graph_output(g, egm__gaussian_kl(g, &node[0], &node[1]), SLOT_OUT, 0);
	egm__graph_output(g, egm__gaussian_kl(g, &node[0], NULL), SLOT_OUT, ROWS);
	egm__graph_output(g, egm__gaussian_nll(g, &node[0], node[1].mean), SLOT_OUT, 2 * ROWS);
	run(in, out[0], NULL, 0);
	for (int row = 0; row < ROWS; row++) {
		const double *q = q_numbers + row * 2 * N, *r = r_numbers + row * 2 * N;
		double want[3] = {0, 0, 0};
		for (int i = 0; i < N; i++) {
			want[0] += kl(q[i], q[N + i], r[i], r[N + i]);
			want[1] += kl(q[i], q[N + i], 0, 0);
			want[2] -= log_normal(r[i], q[i], q[N + i]);
		}
		for (int i = 0; i < 3; i++) ck_assert(fabs(out[i][row] - want[i]) <= 1e-14 * fmax(1, fabs(want[i])));
	}
	ck_assert(out[0][ROWS - 1] == 0); /* the last rows are the same distribution */
}
END_TEST

START_TEST(test_gaussian__fixed_has_one_variance)
{
	double in[4] = {1, 2, 0.5, -1}, out = 0;
	egm__id mean = egm__leaf(g, SLOT_IN, 0, egm__shape2(1, 2)), x = egm__leaf(g, SLOT_IN, 2, egm__shape2(1, 2));
	egm__gaussian q = egm__gaussian_fixed(g, mean, 0.3);
	egm__graph_output(g, egm__gaussian_nll(g, &q, x), SLOT_OUT, 0);
	run(in, &out, NULL, 0);
	double want = -log_normal(0.5, 1, 2 * log(0.3)) - log_normal(-1, 2, 2 * log(0.3));
	ck_assert(fabs(out - want) <= 1e-14 * want);
}
END_TEST

/* x = m + s n: mean and variance of 10^5 draws, within five standard errors s/sqrt(B) and v sqrt(2/B) */
START_TEST(test_gaussian__draws_have_mean_and_variance)
{
	enum { B = 100000 };
	static double out[B];
	const double mean = 1.5, v = log(0.49);
	egm__gaussian q = {egm__const(g, mean, egm__shape2(B, 1)), egm__const(g, v, egm__shape2(B, 1))};
	egm__graph_output(g, egm__gaussian_draw(g, &q, STREAM), SLOT_OUT, 0);
	run(NULL, out, NULL, 1);
	double m = 0, square = 0;
	for (int i = 0; i < B; i++) m += out[i] / B;
	for (int i = 0; i < B; i++) square += (out[i] - m) * (out[i] - m) / B;
	ck_assert(fabs(m - mean) <= 5 * 0.7 / sqrt(B));
	ck_assert(fabs(square - 0.49) <= 5 * 0.49 * sqrt(2.0 / B));
}
END_TEST

/* dx/dm = 1, dx/dv = s n / 2 with the n of the draw itself */
START_TEST(test_gaussian__draws_pass_gradients)
{
	double in[ROWS * 2 * N], x[ROWS * N], d[ROWS * 2 * N];
	memcpy(in, q_numbers, sizeof in);
	egm__id leaf = egm__leaf(g, SLOT_IN, 0, egm__shape2(ROWS, 2 * N)), gradient;
	egm__gaussian q = egm__gaussian_split(g, leaf);
	egm__id draw = egm__gaussian_draw(g, &q, STREAM);
	egm__gradient(g, draw, 1, &leaf, &gradient);
	egm__graph_output(g, draw, SLOT_OUT, 0);
	egm__graph_output(g, gradient, SLOT_GRADIENT, 0);
	run(in, x, d, 2);
	for (int row = 0; row < ROWS; row++)
		for (int i = 0; i < N; i++) {
			int at = row * 2 * N + i;
			ck_assert(d[at] == 1);
			ck_assert(fabs(d[at + N] - 0.5 * (x[row * N + i] - in[at])) <= 1e-15 * fmax(1, fabs(x[row * N + i])));
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gaussian");
	TCase *t = tcase_create("distributions");
	tcase_set_tags(t, "K17");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_gaussian__divergence_from_the_prior_has_known_values, 0, 2);
	tcase_add_test(t, test_gaussian__divergences_and_log_densities_equal_the_formulas);
	tcase_add_test(t, test_gaussian__fixed_has_one_variance);
	tcase_add_test(t, test_gaussian__draws_have_mean_and_variance);
	tcase_add_test(t, test_gaussian__draws_pass_gradients);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
