/* SPDX-License-Identifier: MIT */
/* Optimiser passes on every code path, against scalar recurrences in long double. */
#include "paths.h"

enum { LONGEST = 515 };

/* Coefficients that are not exact in float are part of the test: kernels round them to the element type. */
static egm__adam parameters(int t)
{
	egm__adam p = {.learning_rate = 0.01, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .gradient_scale = 0.5};
	p.correction1 = 1 - pow(p.beta1, t);
	p.correction2 = 1 - pow(p.beta2, t);
	return p;
}

static int64_t next_size(int64_t n)
{
	return n == 70 ? 512 : n + 1;
}

static double gradient_at(int t, int64_t i)
{
	return sin(1 + 0.37 * (double)i + 0.7 * t) * (i % 5 ? 1 : 1e-3);
}

/* K23: in the first step m / c1 = g and v / c2 = g^2, so that w changes by lr g / (|g| + eps). */
START_TEST(test_optimizers__first_adam_step_is_the_sign)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		egm__adam adam = {1e-3, 0.9, 0.999, 1e-12, 1 - 0.9, 1 - 0.999, 1};
		double w[37] = {0}, g[37], m[37] = {0}, v[37] = {0};
		for (int i = 0; i < 37; i++) egm_test_set(types[p], g, i, (i % 2 ? -1 : 1) * pow(10, i % 5 - 2));
		tables[p]->adam(37, w, g, m, v, &adam);
		for (int i = 0; i < 37; i++) {
			/* f64: 1e-12 / |g| <= 1e-10 from epsilon, the rest is rounding. f32: constants and a dozen operations. */
			long double bound = types[p] == EGM_F64 ? 1e-8L : 12 * FLT_EPSILON;
			ck_assert(fabsl(egm_test_get(types[p], w, i) / (i % 2 ? 1e-3L : -1e-3L) - 1) <= bound);
		}
	}
}
END_TEST

typedef enum optimizer { ADAM, RMSPROP, SGD } optimizer;

/* `steps` steps of one element, as in the papers. */
static long double reference(optimizer kind, int64_t i, int steps, long double w)
{
	long double m = 0, v = 0;
	for (int t = 1; t <= steps; t++) {
		egm__adam p = parameters(t);
		long double g = gradient_at(t, i) * p.gradient_scale;
		if (kind == ADAM) {
			m = p.beta1 * m + (1 - p.beta1) * g;
			v = p.beta2 * v + (1 - p.beta2) * g * g;
			w -= p.learning_rate * (m / p.correction1) / (sqrtl(v / p.correction2) + p.epsilon);
		} else if (kind == RMSPROP) {
			v = p.beta2 * v + (1 - p.beta2) * g * g;
			w -= p.learning_rate * g / (sqrtl(v) + p.epsilon);
		} else {
			m = p.beta1 * m + g;
			w -= p.learning_rate * m;
		}
	}
	return w;
}

static void step(optimizer kind, const egm__kernels *k, int64_t n, void *w, const void *g, void *m, void *v, int t)
{
	egm__adam p = parameters(t);
	if (kind == ADAM) k->adam(n, w, g, m, v, &p);
	if (kind == RMSPROP) k->rmsprop(n, w, g, v, &p);
	if (kind == SGD) k->sgd(n, w, g, m, &p);
}

/* Ten steps of at most lr / sqrt(1 - beta2) = 0.1 (rmsprop) or lr / (1 - beta1) = 0.1 (sgd, |g| <= 1); each has a
 * relative error of some twelve roundings, amplified at most by 10 where beta1 sums cancel; and w, of size 2 at most,
 * rounds once a step. */
static void check_ten(optimizer kind, const egm__kernels *k, egm_dtype type, int64_t n)
{
	double w[LONGEST], g[LONGEST], m[LONGEST] = {0}, v[LONGEST] = {0};
	for (int64_t i = 0; i <= n; i++) egm_test_set(type, w, i, cos((double)i));
	for (int t = 1; t <= 10; t++) {
		for (int64_t i = 0; i <= n; i++) egm_test_set(type, g, i, gradient_at(t, i));
		step(kind, k, n, w, g, m, v, t);
	}
	long double eps = egm_test_epsilon(type), bound = 10 * (0.1L * 12 * 10 * eps + 2 * eps / 2);
	for (int64_t i = 0; i < n; i++) {
		double start[1];
		egm_test_set(type, start, 0, cos((double)i));
		long double want = reference(kind, i, 10, egm_test_get(type, start, 0));
		ck_assert(fabsl(egm_test_get(type, w, i) - want) <= bound);
	}
	double untouched[1];
	egm_test_set(type, untouched, 0, cos((double)n));
	ck_assert(egm_test_same(type, w, n, untouched, 0));
	ck_assert(egm_test_get(type, m, n) == 0 && egm_test_get(type, v, n) == 0);
}

START_TEST(test_optimizers__ten_steps_match_the_recurrence)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int64_t n = 1; n <= 513; n = next_size(n)) check_ten((optimizer)_i, tables[p], types[p], n);
	}
}
END_TEST

START_TEST(test_optimizers__zero_gradient_changes_nothing)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		double w[19], before[19], g[19] = {0}, m[19] = {0}, v[19] = {0};
		for (int i = 0; i < 19; i++) egm_test_set(types[p], w, i, i - 9.5);
		memcpy(before, w, sizeof w);
		step((optimizer)_i, tables[p], 19, w, g, m, v, 1);
		for (int i = 0; i < 19; i++) ck_assert(egm_test_same(types[p], w, i, before, i));
	}
}
END_TEST

START_TEST(test_optimizers__nan_gradient_affects_its_element_alone)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		double w[19], g[19], m[19] = {0}, v[19] = {0};
		for (int i = 0; i < 19; i++) {
			egm_test_set(types[p], w, i, 1);
			egm_test_set(types[p], g, i, i == 17 ? NAN : 1);
		}
		step((optimizer)_i, tables[p], 19, w, g, m, v, 1);
		for (int i = 0; i < 19; i++) ck_assert_int_eq(isnan(egm_test_get(types[p], w, i)) != 0, i == 17);
	}
}
END_TEST

START_TEST(test_optimizers__average_decays)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		double y[70], w[70], decay = 0.999;
		for (int i = 0; i < 70; i++) {
			egm_test_set(types[p], y, i, i);
			egm_test_set(types[p], w, i, -1);
		}
		tables[p]->average(69, y, w, decay);
		for (int i = 0; i < 69; i++) {
			/* Two rounded coefficients, two products, one sum. */
			long double old = (long double)decay * i, new = 1 - (long double)decay;
			long double error = fabsl(egm_test_get(types[p], y, i) - (old - new));
			ck_assert(error <= 2.5L * egm_test_epsilon(types[p]) * (old + new));
		}
		ck_assert(egm_test_get(types[p], y, 69) == 69);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("optimizers");
	TCase *tc = tcase_create("optimizers");
	tcase_set_timeout(tc, 60);
	tcase_set_tags(tc, "K23 R24");
	tcase_add_test(tc, test_optimizers__first_adam_step_is_the_sign);
	tcase_add_loop_test(tc, test_optimizers__ten_steps_match_the_recurrence, ADAM, SGD + 1);
	tcase_add_loop_test(tc, test_optimizers__zero_gradient_changes_nothing, ADAM, SGD + 1);
	tcase_add_loop_test(tc, test_optimizers__nan_gradient_affects_its_element_alone, ADAM, SGD + 1);
	tcase_add_test(tc, test_optimizers__average_decays);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
