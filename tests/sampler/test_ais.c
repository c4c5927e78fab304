/* SPDX-License-Identifier: MIT */
/* Annealed importance sampling against integrals in closed form. The error of a run is compared with its own
 * standard error, and many small runs show that this standard error is right. */
#include "ais_fixture.h"

static egm_ais_result ais_of_distribution(distribution *dist, const egm_target_options *to, const egm_ais_options *o)
{
	target = distribution_target(context, dist, to);
	egm_ais_result r = run_ais(o, NULL);
	close_sampler();
	return r;
}

/* ---- known integrals */

/* The base is the target: no weight differs from its normaliser by more than rounding, whatever the particles do. The
 * normaliser is a product over dimensions (E16: with a mean over dimensions instead of a sum the numbers below are off
 * by 1.2 and more at s = 0.5, d = 6, by more than 10 elsewhere). */
START_TEST(test_ais__exact_where_base_and_target_agree)
{
	static const struct {
		int64_t dims;
		double s, log_z;
	} cases[] = {{10, 1, 9.18938533204672742}, {6, 0.5, 0}, {8, 3, 0}, {21, 0.1, 0}, {43, 2, 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double k = 1 / (cases[i].s * cases[i].s), expected = gaussian_log_z(cases[i].dims, cases[i].s);
		distribution dist = normal_distribution(EGM_F64, cases[i].dims, k, k);
		egm_ais_options o = ais_options(32, 20, 3);
		o.base_scale = cases[i].s;
		egm_ais_result r = ais_of_distribution(&dist, NULL, &o);
		if (cases[i].log_z != 0) ck_assert_near(expected, cases[i].log_z, 1e-13); /* K20 */
		/* W - |y|^2 / (2 s^2) cancels to some 1e-16 of a value of 40 */
		ck_assert_near(r.log_z, expected, 1e-12 * fabs(expected));
		ck_assert_near(r.standard_error, 0, 1e-12);
		ck_assert_near(r.ess, 32, 1e-9);
		ck_assert_int_eq(r.lost, 0);
	}
}
END_TEST

/* A prior is the base where nothing else is asked for: U = 0 leaves every weight alone. */
START_TEST(test_ais__prior_is_the_base)
{
	distribution dist = distribution_of(linear_energy, 5, 0);
	egm_target_options to = target_options();
	to.prior_scale = 0.3;
	egm_ais_options o = ais_options(16, 10, 1);
	egm_ais_result r = ais_of_distribution(&dist, &to, &o);
	ck_assert_near(r.log_z, gaussian_log_z(5, 0.3), 1e-12);
	ck_assert_near(r.standard_error, 0, 1e-12);
}
END_TEST

typedef struct integral {
	const char *name;
	distribution distribution;
	double log_z;
	double beta, prior_scale, base_scale;
	double lower, upper; /* of every dimension */
} integral;

static const integral integrals[] = {
    {"N(0, 0.3^2)", {EGM_F64, 10, normal_energy, {1 / 0.09, 1 / 0.09}, 0, 0, 0, 0}, -2.85034271121, 0, 0, 0, 0, 0},
    {"N(0, 3^2)", {EGM_F64, 10, normal_energy, {1 / 9.0, 1 / 9.0}, 0, 0, 0, 0}, 20.1755082187, 0, 0, 0, 0, 0},
    {"base 3", {EGM_F64, 10, normal_energy, {1, 1}, 0, 0, 0, 0}, 9.18938533205, 0, 0, 3, 0, 0},
    {"beside 0", {EGM_F64, 3, normal_energy, {1, 1, 2}, 0, 0, 0, 0}, 2.75681559961, 0, 0, 0, 0, 0},
    /* log(2 pi) + log(1 - r^2) / 2 */
    {"r = 0.9", {EGM_F64, 2, correlated_energy, {0.9}, 0, 0, 0, 0}, 1.00751146300, 0, 0, 0, 0, 0},
    {"beta", {EGM_F64, 4, normal_energy, {1, 1}, 0, 0, 0, 0}, 2.28945977170, 2, 0, 0, 0, 0},
    /* precision beta + 1/tau^2 = 2.25 */
    {"prior", {EGM_F64, 4, normal_energy, {1, 1}, 0, 0, 0, 0}, 2.05389370039, 2, 2, 0, 0, 0},
    {"prior, base 1", {EGM_F64, 4, normal_energy, {1, 1}, 0, 0, 0, 0}, 2.05389370039, 2, 2, 1, 0, 0},
    {"Exp(1)", {EGM_F64, 3, linear_energy, {1}, 0, 0, 0, 0}, 0, 0, 0, 0, 0, INFINITY},
    {"Exp(5) above 2", {EGM_F64, 2, linear_energy, {5}, 0, 0, 0, 0}, -23.2188758248682, 0, 0, 0, 2, INFINITY},
    {"below", {EGM_F64, 1, linear_energy, {-1}, 0, 0, 0, 0}, 7, 0, 0, 0, -INFINITY, 7},
    {"volume of a box", {EGM_F64, 3, linear_energy, {0}, 0, 0, 0, 0}, 5.49306144334, 0, 0, 0, -2, 4.24025146916},
    /* half normal, prior precision 1 + 1/4: log(sqrt(2 pi / 1.25) / 2) */
    {"half", {EGM_F64, 1, normal_energy, {1, 1}, 0, 0, 0, 0}, 0.114219576988, 0, 2, 0, 0, INFINITY},
    {"f32", {EGM_F32, 10, normal_energy, {1 / 0.09, 1 / 0.09}, 0, 0, 0, 0}, -2.85034271121, 0, 0, 0, 0, 0},
};

static void options_of_integral(const integral *c, egm_target_options *to, double *lower, double *upper)
{
	*to = target_options();
	if (c->beta > 0) to->beta = c->beta;
	if (c->prior_scale > 0) to->prior_scale = c->prior_scale;
	if (c->lower == 0 && c->upper == 0) return;
	for (int64_t j = 0; j < c->distribution.dims; j++) lower[j] = c->lower, upper[j] = c->upper;
	to->lower = lower;
	to->upper = upper;
}

/* Within 4.5 standard errors over three seeds, each of which is small: a wrong formula is not hidden by noise. */
START_TEST(test_ais__known_integrals)
{
	const integral *c = &integrals[_i];
	double lower[16], upper[16];
	egm_target_options to;
	options_of_integral(c, &to, lower, upper);
	for (uint64_t seed = 0; seed < 3; seed++) {
		distribution dist = c->distribution;
		egm_ais_options o = ais_options(256, 200, seed);
		o.base_scale = c->base_scale;
		egm_ais_result r = ais_of_distribution(&dist, &to, &o);
		ck_assert_msg(fabs(r.log_z - c->log_z) <= 4.5 * r.standard_error, "%s: log Z = %.5f +- %.5f, is %.5f", c->name,
		              r.log_z, r.standard_error, c->log_z);
		ck_assert_msg(r.standard_error < 0.3, "%s: standard error %g", c->name, r.standard_error);
		ck_assert(r.ess > 8 && r.ess <= 256);
		ck_assert_near(r.acceptance, 0.8, 0.1); /* the pilot's aim */
		ck_assert_int_eq(r.lost, 0);
	}
}
END_TEST

/* A latent posterior: G = A z and U = sum q_i (l_i x)^2 / 2, so that the precision in z is A'L'QLA + 1/tau^2.
 * silu(t) + silu(-t) = t^2/2 - t^4/24 + ...: the network is quadratic up to 1e-4^2 l^2 / 12, far less than the standard
 * error. */
START_TEST(test_ais__latent_posterior)
{
	enum { X = 3, Z = 2, UNITS = 2 * X };
	static const double a[X * Z] = {1, 0.5, -0.3, 2, 0.7, -1}, q[X] = {1, 3, 0.5}, unit = 0.01;
	double w[UNITS * X] = {0}, v[UNITS], zeros[UNITS] = {0}, p[2][2] = {{0}};
	egm_model *g = NULL, *u = NULL;
	for (int i = 0; i < UNITS; i++) {
		w[i * X + i / 2] = i % 2 ? -unit : unit;
		v[i] = q[i / 2] / (unit * unit);
	}
	ck_assert_egm(egm_model_create(&g, context, "generator", Z));
	ck_assert_egm(egm_model_dense(g, X));
	ck_assert_egm(egm_model_build(g, EGM_F64, 1));
	ck_assert_egm(egm_model_set_tensor(g, "0.weight", egm_f64(a, X * Z, 1)));
	ck_assert_egm(egm_model_set_tensor(g, "0.bias", egm_f64(zeros, X, 1)));
	ck_assert_egm(egm_model_create(&u, context, "energy", X));
	ck_assert_egm(egm_model_dense(u, UNITS));
	ck_assert_egm(egm_model_silu(u));
	ck_assert_egm(egm_model_dense(u, 1));
	ck_assert_egm(egm_model_build(u, EGM_F64, 1));
	ck_assert_egm(egm_model_set_tensor(u, "0.weight", egm_f64(w, UNITS * X, 1)));
	ck_assert_egm(egm_model_set_tensor(u, "0.bias", egm_f64(zeros, UNITS, 1)));
	ck_assert_egm(egm_model_set_tensor(u, "2.weight", egm_f64(v, UNITS, 1)));
	ck_assert_egm(egm_model_set_tensor(u, "2.bias", egm_f64(zeros, 1, 1)));
	egm_target_options to = target_options();
	to.beta = 1.5;
	ck_assert_egm(egm_target_latent(&target, u, g, EGM_LATENT_POSTERIOR, &to));
	egm_model_free(g);
	egm_model_free(u);
	for (int i = 0; i < Z; i++)
		for (int j = 0; j < Z; j++) {
			p[i][j] = i == j;
			for (int k = 0; k < X; k++) p[i][j] += to.beta * q[k] * a[k * Z + i] * a[k * Z + j];
		}
	double expected = log(2 * M_PI) - log(p[0][0] * p[1][1] - p[0][1] * p[1][0]) / 2;
	egm_ais_options o = ais_options(1000, 100, 1);
	egm_ais_result r = run_ais(&o, NULL);
	ck_assert_near(r.log_z, expected, 4.5 * r.standard_error);
	ck_assert(r.standard_error < 0.02);
}
END_TEST

/* ---- honesty */

/* 200 runs of few particles: the mean of Z^ / Z is 1 however bad the kernels are, and the standard error is of the
 * right size. Of 200 normal errors 68.3 % and 95.4 % lie within one and two standard errors, with standard deviations
 * of 3.3 % and 1.5 %; 4.5 of those, and 2 % for an error that is itself estimated and a distribution that is skewed. */
START_TEST(test_ais__unbiased_and_honest_about_its_error)
{
	enum { RUNS = 200 };
	double sum = 0, squares = 0, truth = gaussian_log_z(2, 0.5);
	int within_one = 0, within_two = 0;
	distribution dist = normal_distribution(EGM_F64, 2, 4, 4);
	target = distribution_target(context, &dist, NULL);
	for (int i = 0; i < RUNS; i++) {
		egm_ais_options o = ais_options(100, 10, (uint64_t)i);
		if (_i) o.step_size = 3; /* accepts next to nothing: importance sampling in all but name */
		egm_ais_result r = run_ais(&o, NULL);
		double ratio = exp(r.log_z - truth), error = fabs(r.log_z - truth);
		ck_assert(_i ? r.acceptance < 0.4 : r.acceptance > 0.6);
		sum += ratio;
		squares += ratio * ratio;
		within_one += error <= r.standard_error;
		within_two += error <= 2 * r.standard_error;
	}
	double mean = sum / RUNS, sd = sqrt(squares / RUNS - mean * mean);
	ck_assert_near(mean, 1, 4.5 * sd / sqrt(RUNS));
	ck_assert_near(within_one / (double)RUNS, 0.683, 4.5 * 0.033 + 0.02);
	ck_assert_near(within_two / (double)RUNS, 0.954, 4.5 * 0.015 + 0.02);
}
END_TEST

/* Many levels that do nothing well are no worse than one: without moves the weights are those of importance sampling,
 * telescoped. */
START_TEST(test_ais__one_level_is_importance_sampling)
{
	enum { N = 64, DIMS = 3 };
	double one[N], many[N], squares = 0;
	distribution dist = normal_distribution(EGM_F64, DIMS, 3, 3);
	target = distribution_target(context, &dist, NULL);
	egm_ais_options o = ais_options(N, 1, 9);
	egm_ais_result r = run_ais(&o, one);
	ck_assert(isnan(r.acceptance));
	ck_assert_int_eq(r.gradients, N);
	o.levels = 30;
	o.step_size = 1e6;
	r = run_ais(&o, many);
	ck_assert(r.acceptance == 0);
	ck_assert_int_eq(r.gradients, N * (1 + 29 * 5));
	/* log w = log Z_base - |y|^2 (3 - 1) / 2: gives |y|^2, of mean DIMS and variance 2 DIMS */
	for (int i = 0; i < N; i++) {
		ck_assert_near(many[i], one[i], 1e-12 * (1 + fabs(one[i])));
		squares += (gaussian_log_z(DIMS, 1) - one[i]) / N;
	}
	ck_assert_near(squares, DIMS, 4.5 * sqrt(2.0 * DIMS / N));
}
END_TEST

/* log_z, its error and ess from the weights, by the definitions. */
START_TEST(test_ais__result_follows_from_the_weights)
{
	enum { N = 50 };
	double lw[N], sum = 0, squares = 0, spread = 0;
	distribution dist = normal_distribution(EGM_F64, 4, 0.2, 5);
	target = distribution_target(context, &dist, NULL);
	egm_ais_options o = ais_options(N, 20, 4);
	egm_ais_result r = run_ais(&o, lw);
	for (int i = 0; i < N; i++) {
		sum += exp(lw[i]);
		squares += exp(2 * lw[i]);
	}
	for (int i = 0; i < N; i++) spread += (exp(lw[i]) - sum / N) * (exp(lw[i]) - sum / N);
	ck_assert_near(r.log_z, log(sum / N), 1e-12 * fabs(r.log_z));
	ck_assert_near(r.ess, sum * sum / squares, 1e-10 * N);
	ck_assert_near(r.standard_error, sqrt(spread / (N - 1)) / (sum / N) / sqrt(N), 1e-10);
}
END_TEST

/* exp of the weights alone would overflow, or vanish. */
START_TEST(test_ais__weights_of_any_size)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		distribution dist = distribution_of(linear_energy, 1, 0.5);
		const double lower = sign * 4000.0;
		egm_target_options to = target_options();
		to.lower = &lower;
		egm_ais_options o = ais_options(256, 100, 2);
		egm_ais_result r = ais_of_distribution(&dist, &to, &o);
		ck_assert_near(r.log_z, -sign * 2000 + M_LN2, 4.5 * r.standard_error);
		ck_assert(r.standard_error < 0.1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ais");
	TCase *tc = fixture_case(suite, "integrals", "K20 E16 E17", setup, teardown);
	tcase_add_test(tc, test_ais__exact_where_base_and_target_agree);
	tcase_add_test(tc, test_ais__prior_is_the_base);
	tcase_add_loop_test(tc, test_ais__known_integrals, 0, (int)(sizeof integrals / sizeof *integrals));
	tcase_add_test(tc, test_ais__latent_posterior);
	tc = fixture_case(suite, "honesty", "K20 E16 E17", setup, teardown);
	tcase_add_loop_test(tc, test_ais__unbiased_and_honest_about_its_error, 0, 2);
	tcase_add_test(tc, test_ais__one_level_is_importance_sampling);
	tcase_add_test(tc, test_ais__result_follows_from_the_weights);
	tcase_add_test(tc, test_ais__weights_of_any_size);
	return egm_test_main(suite);
}
