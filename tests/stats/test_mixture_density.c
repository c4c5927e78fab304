/* SPDX-License-Identifier: MIT */
/* Densities, energies and draws of a mixture against its definition. */
#include "mixture_support.h"

enum { ROWS = 150 }; /* three blocks, the last one not full */

static egm_context *context;
static egm_mixture *mixture;
static mixture_numbers numbers;
static double x[MOST_ROWS * MOST_DIMS];

/* Numbers of the loop index: kind, 1 to 5 components, 1 to 5 dimensions. */
static void setup_random(int i)
{
	uint64_t random = 50 + (uint64_t)i;
	int32_t kind = EGM_COVARIANCE_FULL + i % 3;
	egm_mixture_options o = mixture_options(1 + i % 5, kind);
	numbers = random_mixture(&random, kind, 1 + i % 5, 1 + i / 3 % 5);
	mixture = create_mixture(context, &numbers, &o);
	for (int64_t j = 0; j < ROWS * numbers.d; j++) x[j] = 8 * random_signed(&random);
}

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

/* |y|^2 / 2 reaches 1000, with rounding 1e-16 of it times a condition number of 20: 1e-11 leaves a digit. */
START_TEST(test_mixture__density_is_what_the_definition_says)
{
	static double p[ROWS], r[ROWS * MOST_COMPONENTS];
	setup_random(_i);
	const int64_t k = numbers.k, d = numbers.d;
	ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(x, ROWS, d), egm_f64_out(p, ROWS, 1)));
	ck_assert_egm(egm_mixture_responsibilities(mixture, egm_f64(x, ROWS, d),
	                                           egm_f64_out(r, ROWS, egm_mixture_components(mixture))));
	for (int64_t i = 0; i < ROWS; i++) {
		long double share[MOST_COMPONENTS];
		double sum = 0;
		ck_assert_near(p[i], reference_log_density(&numbers, x + i * d, share), 1e-11);
		for (int64_t j = 0; j < k; j++) {
			ck_assert_near(r[i * k + j], share[j], 1e-11);
			sum += r[i * k + j];
		}
		ck_assert_near(sum, 1, 1e-15 * MOST_COMPONENTS);
	}
}
END_TEST

/* h = 1e-4: truncation h^2/6 U''' with U''' of mixtures below 1e3 where components change places, rounding 1e-13 / h:
 * 1e-5 covers the first. */
START_TEST(test_mixture__energy_gradient_equals_differences)
{
	static double u[ROWS], g[ROWS * MOST_DIMS], p[ROWS];
	const double h = 1e-4;
	setup_random(_i);
	const int64_t d = numbers.d;
	ck_assert_int_eq(egm__mixture_energy_f64(ROWS, x, u, g, mixture), 0);
	ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(x, ROWS, d), egm_f64_out(p, ROWS, 1)));
	for (int64_t i = 0; i < ROWS; i++) {
		ck_assert(u[i] == -p[i]);
		for (int64_t j = 0; j < d; j++) {
			long double share[MOST_COMPONENTS], f[2];
			double at[MOST_DIMS];
			memcpy(at, x + i * d, (size_t)d * sizeof *at);
			for (int side = 0; side < 2; side++) {
				at[j] = x[i * d + j] + (side ? h : -h);
				f[side] = -reference_log_density(&numbers, at, share);
			}
			double want = (double)((f[1] - f[0]) / (2 * h));
			ck_assert_near(g[i * d + j], want, 1e-5 * fmax(1, fabs(want)));
		}
	}
}
END_TEST

/* Floats in, doubles inside, floats out: half an ulp of the result. One row alone gives the bits of the row among
 * others, gradients may be left out. */
START_TEST(test_mixture__energies_of_either_dtype_and_any_number_of_rows)
{
	static double u[ROWS], g[ROWS * MOST_DIMS];
	static float x32[ROWS * MOST_DIMS], u32[ROWS], g32[ROWS * MOST_DIMS];
	setup_random(_i);
	const int64_t d = numbers.d;
	for (int64_t i = 0; i < ROWS * d; i++) x[i] = x32[i] = (float)x[i];
	ck_assert_int_eq(egm__mixture_energy_f64(ROWS, x, u, g, mixture), 0);
	ck_assert_int_eq(egm__mixture_energy_f32(ROWS, x32, u32, g32, mixture), 0);
	for (int64_t i = 0; i < ROWS; i++) {
		double one, gradient[MOST_DIMS];
		ck_assert(u32[i] == (float)u[i]);
		for (int64_t j = 0; j < d; j++) ck_assert(g32[i * d + j] == (float)g[i * d + j]);
		ck_assert_int_eq(egm__mixture_energy_f64(1, x + i * d, &one, gradient, mixture), 0);
		ck_assert_near(one, u[i], 1e-13 * fabs(u[i]));
		for (int64_t j = 0; j < d; j++) ck_assert_near(gradient[j], g[i * d + j], 1e-12 * fmax(1, fabs(gradient[j])));
		ck_assert_int_eq(egm__mixture_energy_f64(1, x + i * d, &one, NULL, mixture), 0);
		ck_assert_near(one, u[i], 1e-13 * fabs(u[i]));
	}
}
END_TEST

/* Far out one component is alone: at t = 1000 from N(0, 1) and N(1, 1) with equal weights log p = log w - log(2 pi)/2 -
 * (t - 1)^2/2, where densities themselves are 0. At 1e200 even the logarithm is beyond double. */
START_TEST(test_mixture__far_from_all_components)
{
	const double w[2] = {1, 1}, m[2] = {0, 1}, c[2] = {1, 1}, at[3] = {1000, -1000, 1e200};
	double p[3], r[6], u[3], g[3];
	egm_mixture_options o = mixture_options(2, EGM_COVARIANCE_FULL + _i);
	ck_assert_egm(egm_mixture_create(&mixture, context, egm_f64(w, 2, 1), egm_f64(m, 2, 1), egm_f64(c, 2, 1), &o));
	ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(at, 3, 1), egm_f64_out(p, 3, 1)));
	ck_assert_near(p[0], log(0.5) - 0.5 * log(2 * M_PI) - 999.0 * 999 / 2, 1e-9);
	ck_assert_near(p[1], log(0.5) - 0.5 * log(2 * M_PI) - 1e6 / 2, 1e-9);
	ck_assert(p[2] == -INFINITY);
	ck_assert_egm(
	    egm_mixture_responsibilities(mixture, egm_f64(at, 2, 1), egm_f64_out(r, 2, egm_mixture_components(mixture))));
	ck_assert(r[0] == 0 && r[1] == 1 && r[2] == 1 && r[3] == 0);
	ck_assert_int_eq(
	    egm_mixture_responsibilities(mixture, egm_f64(at, 3, 1), egm_f64_out(r, 3, egm_mixture_components(mixture))),
	    EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "egm_mixture_responsibilities: the density of row 2 is 0, must be above 0: the "
	                                   "row is too far from every component");
	ck_assert_int_eq(egm_mixture_step(mixture, egm_f64(at, 3, 1), egm_no_array(), NULL), EGM_ERR_NONFINITE);
	ck_assert_int_eq(egm__mixture_energy_f64(3, at, u, g, mixture), 0);
	ck_assert(u[2] == INFINITY);
	ck_assert_near(g[0], 999, 1e-12);
	ck_assert_near(g[1], -1000, 1e-12);
	ck_assert_int_eq(egm__mixture_energy_f64(1, &(double){NAN}, u, g, mixture), 0);
	ck_assert(isnan(u[0]) && isnan(g[0]));
}
END_TEST

/* ---- draws */

/* Row i depends on the seed and on i; f32 is f64 rounded. */
START_TEST(test_mixture__draws_are_rows_of_one_stream)
{
	enum { N = 100 };
	static double few[N * MOST_DIMS], many[3 * N * MOST_DIMS], other[N * MOST_DIMS];
	static float single[N * MOST_DIMS];
	setup_random(_i);
	ck_assert_egm(egm_mixture_sample(mixture, 5, egm_f64_out(few, N, egm_mixture_dims(mixture))));
	ck_assert_egm(egm_mixture_sample(mixture, 5, egm_f64_out(many, 3 * N, egm_mixture_dims(mixture))));
	ck_assert_egm(egm_mixture_sample(mixture, 6, egm_f64_out(other, N, egm_mixture_dims(mixture))));
	ck_assert_egm(egm_mixture_sample(mixture, 5, egm_f32_out(single, N, egm_mixture_dims(mixture))));
	for (int64_t i = 0; i < N * numbers.d; i++) {
		ck_assert(few[i] == many[i] && single[i] == (float)few[i]);
		ck_assert(few[i] != other[i] && few[i] != many[i + N * numbers.d]);
	}
}
END_TEST

/* Mean and second moments of 20,000 draws: E x_i = sum w m_i, E x_i x_j = sum w (C_ij + m_i m_j), with the standard
 * errors of the sample itself; five of them. */
START_TEST(test_mixture__draws_have_the_moments)
{
	setup_random(_i);
	const int64_t d = numbers.d, k = numbers.k;
	ck_assert_egm(egm_mixture_sample(mixture, 11, egm_f64_out(x, MOST_ROWS, egm_mixture_dims(mixture))));
	for (int64_t i = 0; i < d; i++)
		for (int64_t j = -1; j <= i; j++) {
			sample_mean got = {0};
			double want = 0;
			for (int64_t r = 0; r < MOST_ROWS; r++) sample_mean_add(&got, x[r * d + i] * (j < 0 ? 1 : x[r * d + j]));
			for (int64_t c = 0; c < k; c++) {
				const double *m = numbers.m + c * d;
				want += numbers.w[c] * (j < 0 ? m[i] : numbers.c[(c * d + i) * d + j] + m[i] * m[j]);
			}
			sample_mean_check("moment", &got, want, 0.2);
		}
}
END_TEST

/* A weight of 0 is never drawn. */
START_TEST(test_mixture__weightless_components_are_not_drawn)
{
	const double w[4] = {0, 3, 0, 0}, m[4] = {-100, 0, 100, 200}, c[4] = {1, 1, 1, 1};
	egm_mixture_options o = mixture_options(4, EGM_COVARIANCE_SPHERICAL);
	ck_assert_egm(egm_mixture_create(&mixture, context, egm_f64(w, 2, 1), egm_f64(m, 2, 1), egm_f64(c, 2, 1), &o));
	ck_assert_egm(egm_mixture_sample(mixture, 1, egm_f64_out(x, 5000, egm_mixture_dims(mixture))));
	for (int i = 0; i < 5000; i++) ck_assert(fabs(x[i]) < 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mixture_density");
	TCase *t = tcase_create("density");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__density_is_what_the_definition_says, 0, 45);
	tcase_add_loop_test(t, test_mixture__energy_gradient_equals_differences, 0, 45);
	tcase_add_loop_test(t, test_mixture__energies_of_either_dtype_and_any_number_of_rows, 0, 15);
	tcase_add_loop_test(t, test_mixture__far_from_all_components, 0, 3);
	suite_add_tcase(s, t);
	t = tcase_create("draws");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_mixture__draws_are_rows_of_one_stream, 0, 15);
	tcase_add_loop_test(t, test_mixture__draws_have_the_moments, 0, 15);
	tcase_add_test(t, test_mixture__weightless_components_are_not_drawn);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
