/* SPDX-License-Identifier: MIT */
/* Annealed importance sampling, against integrals in closed form. One run's error is compared with its own standard
 * error, which many small runs show to be what it says. */
#include "sampler_support.h"
#include <stddef.h>

static egm_context *context;
static egm_target *target;

static void setup(void)
{
	context = threaded_context(1);
	target = NULL;
}

static void teardown(void)
{
	egm_target_free(target);
	egm_context_free(context);
}

static egm_target_options target_options(void)
{
	egm_target_options o;
	ck_assert_egm(egm_target_options_init(&o, sizeof o));
	return o;
}

static egm_ais_options ais_options(int64_t particles, int64_t levels, uint64_t seed)
{
	egm_ais_options o;
	ck_assert_egm(egm_ais_options_init(&o, sizeof o));
	o.particles = particles;
	o.levels = levels;
	o.seed = seed;
	return o;
}

static egm_ais_result run_ais(const egm_ais_options *options, double *log_weights)
{
	egm_ais_result r;
	ck_assert_egm(egm_ais_result_init(&r, sizeof r));
	ck_assert_egm(egm_ais_run(target, options, &r, log_weights));
	return r;
}

static egm_ais_result ais_of_law(law *l, const egm_target_options *to, const egm_ais_options *o)
{
	target = law_target(context, l, to);
	egm_ais_result r = run_ais(o, NULL);
	egm_target_free(target);
	target = NULL;
	return r;
}

static double gaussian_log_z(int64_t dims, double s)
{
	return (double)dims / 2 * log(2 * M_PI * s * s);
}

/* ---- energies */

/* Two dimensions, variances 1, correlation numbers[0]. */
static double correlated_energy(const law *l, const double *x, double *g)
{
	double r = l->numbers[0], k = 1 / (1 - r * r);
	g[0] = k * (x[0] - r * x[1]);
	g[1] = k * (x[1] - r * x[0]);
	return (x[0] * g[0] + x[1] * g[1]) / 2;
}

static double linear_energy(const law *l, const double *x, double *g)
{
	double u = 0;
	for (int64_t j = 0; j < l->dims; j++) {
		g[j] = l->numbers[0];
		u += l->numbers[0] * x[j];
	}
	return u;
}

/* N(0, 1) where |x| is at most numbers[0], numbers[1] beyond. */
static double walled_energy(const law *l, const double *x, double *g)
{
	g[0] = x[0];
	return fabs(x[0]) > l->numbers[0] ? l->numbers[1] : x[0] * x[0] / 2;
}

static double unknown_energy(const law *l, const double *x, double *g)
{
	for (int64_t j = 0; j < l->dims; j++) g[j] = 0;
	return NAN;
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
		law l = normal_law(EGM_F64, cases[i].dims, k, k);
		egm_ais_options o = ais_options(32, 20, 3);
		o.base_scale = cases[i].s;
		egm_ais_result r = ais_of_law(&l, NULL, &o);
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
	law l = {.dtype = EGM_F64, .dims = 5, .energy = linear_energy};
	egm_target_options to = target_options();
	to.prior_scale = 0.3;
	egm_ais_options o = ais_options(16, 10, 1);
	egm_ais_result r = ais_of_law(&l, &to, &o);
	ck_assert_near(r.log_z, gaussian_log_z(5, 0.3), 1e-12);
	ck_assert_near(r.standard_error, 0, 1e-12);
}
END_TEST

typedef struct integral {
	const char *name;
	law law;
	double log_z;
	double beta, prior_scale, base_scale;
	double lower, upper; /* of every dimension */
} integral;

static const integral integrals[] = {
    {"N(0, 0.3^2)", {EGM_F64, 10, normal_energy, {1 / 0.09, 1 / 0.09}, 0, 0, 0}, -2.85034271121, 0, 0, 0, 0, 0},
    {"N(0, 3^2)", {EGM_F64, 10, normal_energy, {1 / 9.0, 1 / 9.0}, 0, 0, 0}, 20.1755082187, 0, 0, 0, 0, 0},
    {"base 3", {EGM_F64, 10, normal_energy, {1, 1}, 0, 0, 0}, 9.18938533205, 0, 0, 3, 0, 0},
    {"beside 0", {EGM_F64, 3, normal_energy, {1, 1, 2}, 0, 0, 0}, 2.75681559961, 0, 0, 0, 0, 0},
    /* log(2 pi) + log(1 - r^2) / 2 */
    {"r = 0.9", {EGM_F64, 2, correlated_energy, {0.9}, 0, 0, 0}, 1.00751146300, 0, 0, 0, 0, 0},
    {"beta", {EGM_F64, 4, normal_energy, {1, 1}, 0, 0, 0}, 2.28945977170, 2, 0, 0, 0, 0},
    /* precision beta + 1/tau^2 = 2.25 */
    {"prior", {EGM_F64, 4, normal_energy, {1, 1}, 0, 0, 0}, 2.05389370039, 2, 2, 0, 0, 0},
    {"prior, base 1", {EGM_F64, 4, normal_energy, {1, 1}, 0, 0, 0}, 2.05389370039, 2, 2, 1, 0, 0},
    {"Exp(1)", {EGM_F64, 3, linear_energy, {1}, 0, 0, 0}, 0, 0, 0, 0, 0, INFINITY},
    {"Exp(5) above 2", {EGM_F64, 2, linear_energy, {5}, 0, 0, 0}, -23.2188758248682, 0, 0, 0, 2, INFINITY},
    {"below", {EGM_F64, 1, linear_energy, {-1}, 0, 0, 0}, 7, 0, 0, 0, -INFINITY, 7},
    {"volume of a box", {EGM_F64, 3, linear_energy, {0}, 0, 0, 0}, 5.49306144334, 0, 0, 0, -2, 4.24025146916},
    /* half normal, prior precision 1 + 1/4: log(sqrt(2 pi / 1.25) / 2) */
    {"half", {EGM_F64, 1, normal_energy, {1, 1}, 0, 0, 0}, 0.114219576988, 0, 2, 0, 0, INFINITY},
    {"f32", {EGM_F32, 10, normal_energy, {1 / 0.09, 1 / 0.09}, 0, 0, 0}, -2.85034271121, 0, 0, 0, 0, 0},
};

static void options_of_integral(const integral *c, egm_target_options *to, double *lower, double *upper)
{
	*to = target_options();
	if (c->beta > 0) to->beta = c->beta;
	if (c->prior_scale > 0) to->prior_scale = c->prior_scale;
	if (c->lower == 0 && c->upper == 0) return;
	for (int64_t j = 0; j < c->law.dims; j++) lower[j] = c->lower, upper[j] = c->upper;
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
		law l = c->law;
		egm_ais_options o = ais_options(256, 200, seed);
		o.base_scale = c->base_scale;
		egm_ais_result r = ais_of_law(&l, &to, &o);
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
 * silu(t) + silu(-t) = t^2/2 - t^4/24 + ...: the net is quadratic to 1e-4^2 l^2 / 12, nothing beside the standard
 * error.
 */
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
	ck_assert_egm(egm_model_set_tensor(g, "0.weight", EGM_F64, a, X * Z));
	ck_assert_egm(egm_model_set_tensor(g, "0.bias", EGM_F64, zeros, X));
	ck_assert_egm(egm_model_create(&u, context, "energy", X));
	ck_assert_egm(egm_model_dense(u, UNITS));
	ck_assert_egm(egm_model_silu(u));
	ck_assert_egm(egm_model_dense(u, 1));
	ck_assert_egm(egm_model_build(u, EGM_F64, 1));
	ck_assert_egm(egm_model_set_tensor(u, "0.weight", EGM_F64, w, UNITS * X));
	ck_assert_egm(egm_model_set_tensor(u, "0.bias", EGM_F64, zeros, UNITS));
	ck_assert_egm(egm_model_set_tensor(u, "2.weight", EGM_F64, v, UNITS));
	ck_assert_egm(egm_model_set_tensor(u, "2.bias", EGM_F64, zeros, 1));
	egm_target_options to;
	ck_assert_egm(egm_target_options_init(&to, sizeof to));
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
 * of 3.3 % and 1.5 %; 4.5 of those, and 2 % for an error that is itself estimated and a law that is skewed. */
START_TEST(test_ais__unbiased_and_honest_about_its_error)
{
	enum { RUNS = 200 };
	double sum = 0, squares = 0, truth = gaussian_log_z(2, 0.5);
	int within_one = 0, within_two = 0;
	law l = normal_law(EGM_F64, 2, 4, 4);
	target = law_target(context, &l, NULL);
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
	law l = normal_law(EGM_F64, DIMS, 3, 3);
	target = law_target(context, &l, NULL);
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
	law l = normal_law(EGM_F64, 4, 0.2, 5);
	target = law_target(context, &l, NULL);
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
		law l = {.dtype = EGM_F64, .dims = 1, .energy = linear_energy, .numbers = {0.5}};
		const double lower = sign * 4000.0;
		egm_target_options to = target_options();
		to.lower = &lower;
		egm_ais_options o = ais_options(256, 100, 2);
		egm_ais_result r = ais_of_law(&l, &to, &o);
		ck_assert_near(r.log_z, -sign * 2000 + M_LN2, 4.5 * r.standard_error);
		ck_assert(r.standard_error < 0.1);
	}
}
END_TEST

/* ---- lost particles */

/* Base and target agree inside of the walls: weights are 1 or 0, and log Z is a count. */
START_TEST(test_ais__lost_particles_weigh_nothing)
{
	enum { N = 400 };
	double lw[N], share = erf(1.5 / M_SQRT2);
	int64_t lost = 0;
	law l = {.dtype = EGM_F64, .dims = 1, .energy = walled_energy, .numbers = {1.5, _i ? NAN : INFINITY}};
	target = law_target(context, &l, NULL);
	egm_ais_options o = ais_options(N, 20, 8);
	egm_ais_result r = run_ais(&o, lw);
	for (int i = 0; i < N; i++) lost += lw[i] == -INFINITY;
	ck_assert_int_eq(r.lost, lost);
	ck_assert(lost > 0);
	ck_assert_near(r.log_z, gaussian_log_z(1, 1) + log((double)(N - lost) / N), 1e-12);
	ck_assert_near(r.ess, (double)(N - lost), 1e-9);
	/* the mean of N weights 0 or 1 */
	ck_assert_near(r.standard_error, sqrt((double)lost / (double)(N - lost) / (N - 1)), 1e-12);
	ck_assert_near((double)(N - lost) / N, share, 4.5 * sqrt(share * (1 - share) / N));
}
END_TEST

/* After an error the result is as it was. */
static void check_untouched(const egm_ais_result *r, const double *lw, int64_t n)
{
	egm_ais_result fresh;
	ck_assert_egm(egm_ais_result_init(&fresh, sizeof fresh));
	ck_assert(!memcmp(r, &fresh, sizeof fresh));
	for (int64_t i = 0; i < n; i++) ck_assert(lw[i] == 7);
}

START_TEST(test_ais__all_lost_is_nonfinite)
{
	enum { N = 10 };
	double lw[N];
	egm_ais_result r;
	ck_assert_egm(egm_ais_result_init(&r, sizeof r));
	for (int i = 0; i < N; i++) lw[i] = 7;
	law l = {.dtype = EGM_F64, .dims = 2, .energy = unknown_energy};
	target = law_target(context, &l, NULL);
	egm_ais_options o = ais_options(N, 5, 1);
	ck_assert_int_eq(egm_ais_run(target, &o, &r, lw), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "ais: all 10 particles began where the target is not finite");
	check_untouched(&r, lw, N);
}
END_TEST

/* ---- threads, stops, memory, misuse */

static egm_model *small_net(egm_context *c, egm_dtype dtype)
{
	egm_model *net = NULL;
	ck_assert_egm(egm_model_create(&net, c, "energy", 3));
	ck_assert_egm(egm_model_dense(net, 16));
	ck_assert_egm(egm_model_softplus(net));
	ck_assert_egm(egm_model_dense(net, 1));
	ck_assert_egm(egm_model_build(net, dtype, 5));
	return net;
}

/* What a thread has in hand is 64 particles: 200 make four loads of uneven size. */
START_TEST(test_ais__threads_change_no_bit)
{
	enum { N = 200 };
	double first[N], other[N];
	egm_ais_result a, b;
	egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	for (int32_t threads = 1; threads <= 3; threads++) {
		egm_context *c = threaded_context(threads);
		egm_model *net = small_net(c, dtype);
		egm_target_options to;
		ck_assert_egm(egm_target_options_init(&to, sizeof to));
		to.prior_scale = 1.5;
		ck_assert_egm(egm_target_model(&target, net, &to));
		egm_ais_options o = ais_options(N, 12, 6);
		b = run_ais(&o, threads == 1 ? first : other);
		if (threads == 1) a = b;
		ck_assert(!memcmp(&a, &b, sizeof a));
		ck_assert(threads == 1 || !memcmp(first, other, sizeof first));
		egm_target_free(target);
		egm_model_free(net);
		egm_context_free(c);
		target = NULL;
	}
}
END_TEST

static int quadratic(int64_t rows, const void *x, void *u, void *g, void *user)
{
	int64_t *most = user;
	if (rows > __atomic_load_n(most, __ATOMIC_RELAXED)) __atomic_store_n(most, rows, __ATOMIC_RELAXED);
	for (int64_t i = 0; i < rows; i++) {
		double v = ((const double *)x)[i];
		((double *)u)[i] = v * v;
		((double *)g)[i] = 2 * v;
	}
	return 0;
}

/* Callbacks: as many points a call as they ask for, and the same weights however they are cut. A particle is the same
 * in a larger run, pilot included. */
START_TEST(test_ais__callbacks_and_counts_change_no_bit)
{
	enum { N = 300 };
	double first[N], other[N];
	for (int pass = 0; pass < 5; pass++) {
		egm_context *c = threaded_context(pass == 2 || pass == 3 ? 3 : 1);
		int64_t most = 0;
		egm_target_options to = target_options();
		to.concurrent = pass > 0;
		to.rows = pass == 0 ? to.rows : pass == 3 ? 1 : 48;
		ck_assert_egm(egm_target_callback(&target, c, EGM_F64, 1, quadratic, &most, &to));
		egm_ais_options o = ais_options(pass == 4 ? 77 : N, 12, 6);
		run_ais(&o, pass == 0 ? first : other);
		ck_assert_int_eq(most, pass == 0 ? 256 : pass == 3 ? 1 : 48);
		if (pass > 0) ck_assert(!memcmp(first, other, (size_t)o.particles * sizeof *first));
		egm_target_free(target);
		egm_context_free(c);
		target = NULL;
	}
}
END_TEST

START_TEST(test_ais__seeds_differ)
{
	enum { N = 20 };
	double a[N], b[N];
	law l = normal_law(EGM_F64, 1, 3, 3);
	target = law_target(context, &l, NULL);
	for (int i = 0; i < 2; i++) {
		egm_ais_options o = ais_options(N, 5, i ? UINT64_C(1) << 40 : 0);
		run_ais(&o, i ? b : a);
	}
	for (int i = 0; i < N; i++) {
		ck_assert(a[i] != b[i]);
		for (int j = 0; j < i; j++) ck_assert(a[i] != a[j]);
	}
}
END_TEST

/* Whichever call stops, in the pilot or after it, with one thread or three. */
START_TEST(test_ais__stop_from_the_callback)
{
	enum { N = 300 };
	double lw[N];
	egm_ais_result r;
	for (long call = 1; call < 400; call += call < 5 ? 1 : 37) {
		egm_test_allocator allocator = {0};
		egm_context *c = egm_test_context(&allocator);
		egm_target_options to = target_options();
		to.concurrent = call % 2;
		law l = normal_law(EGM_F64, 2, 1, 1);
		l.stop_at = call;
		for (int i = 0; i < N; i++) lw[i] = 7;
		ck_assert_egm(egm_ais_result_init(&r, sizeof r));
		target = law_target(c, &l, &to);
		egm_ais_options o = ais_options(N, 20, 1);
		ck_assert_int_eq(egm_ais_run(target, &o, &r, lw), EGM_ERR_STOPPED);
		check_untouched(&r, lw, N);
		ck_assert_int_eq(l.calls, call);
		egm_target_free(target);
		egm_context_free(c);
		ck_assert_int_eq(allocator.live, 0);
		target = NULL;
	}
	egm_context *c = threaded_context(3);
	law l = normal_law(EGM_F64, 2, 1, 1);
	egm_target_options to = target_options();
	to.concurrent = 1;
	l.stop_at = 3000; /* the pilot of 64 particles makes 2 x 5 x 92 calls */
	target = law_target(c, &l, &to);
	egm_ais_options o = ais_options(2000, 20, 1);
	ck_assert_int_eq(egm_ais_run(target, &o, &r, NULL), EGM_ERR_STOPPED);
	ck_assert_str_eq(egm_last_error(), "ais: the energy callback stopped the run");
	ck_assert(l.calls <= 3000 + 2 * 2 * 6); /* nobody goes beyond the level in hand, 2 calls an evaluation */
	egm_target_free(target);
	egm_context_free(c);
	target = NULL;
}
END_TEST

/* R1: every allocation failing once. */
START_TEST(test_ais__every_allocation_may_fail)
{
	for (int kind = 0; kind < 2; kind++) {
		long fail_at = 0;
		egm_status st;
		do {
			egm_test_allocator allocator = {0};
			egm_context *c = egm_test_context(&allocator);
			egm_model *net = kind ? small_net(c, EGM_F64) : NULL;
			law l = normal_law(EGM_F64, 2, 1, 1);
			egm_target_options to = target_options();
			to.prior_scale = 1;
			if (kind)
				ck_assert_egm(egm_target_model(&target, net, &to));
			else
				target = law_target(c, &l, &to);
			egm_ais_result r;
			ck_assert_egm(egm_ais_result_init(&r, sizeof r));
			egm_ais_options o = ais_options(4, 3, 1);
			allocator.fail_at = allocator.calls + ++fail_at;
			st = egm_ais_run(target, &o, &r, NULL);
			ck_assert(st == EGM_OK || st == EGM_ERR_MEMORY);
			if (st != EGM_OK) check_untouched(&r, NULL, 0);
			egm_target_free(target);
			egm_model_free(net);
			egm_context_free(c);
			ck_assert_int_eq(allocator.live, 0);
			target = NULL;
		} while (st != EGM_OK);
		ck_assert(fail_at > 10);
	}
}
END_TEST

START_TEST(test_ais__misuse)
{
	law l = normal_law(EGM_F64, 2, 1, 1);
	target = law_target(context, &l, NULL);
	egm_ais_result r;
	ck_assert_egm(egm_ais_result_init(&r, sizeof r));
	ck_assert_int_eq(egm_ais_run(NULL, NULL, &r, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_ais_run(target, NULL, NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_ais_options_init(NULL, 8), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_ais_result_init(NULL, 8), EGM_ERR_ARGUMENT);
	const struct {
		size_t member;
		int64_t value;
	} counts[] = {{offsetof(egm_ais_options, particles), 1},
	              {offsetof(egm_ais_options, particles), -5},
	              {offsetof(egm_ais_options, particles), INT64_MAX},
	              {offsetof(egm_ais_options, particles), INT64_C(1) << 30},
	              {offsetof(egm_ais_options, levels), 0},
	              {offsetof(egm_ais_options, levels), INT64_MAX},
	              {offsetof(egm_ais_options, leapfrog_steps), 0},
	              {offsetof(egm_ais_options, leapfrog_steps), INT64_MAX},
	              {offsetof(egm_ais_options, struct_size), 3}};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		egm_ais_options o = ais_options(4, 3, 1);
		memcpy((char *)&o + counts[i].member, &counts[i].value, sizeof counts[i].value);
		ck_assert_msg(egm_ais_run(target, &o, &r, NULL) == EGM_ERR_ARGUMENT, "count %zu", i);
	}
	const size_t numbers[] = {offsetof(egm_ais_options, step_size), offsetof(egm_ais_options, base_scale),
	                          offsetof(egm_ais_options, power)};
	const double values[] = {-1, NAN, INFINITY, -INFINITY, 0};
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < (i == 2 ? 5 : 4); j++) {
			egm_ais_options o = ais_options(4, 3, 1);
			memcpy((char *)&o + numbers[i], &values[j], sizeof values[j]);
			ck_assert_msg(egm_ais_run(target, &o, &r, NULL) == EGM_ERR_ARGUMENT, "number %zu, value %g", i, values[j]);
		}
	check_untouched(&r, NULL, 0);
	ck_assert_int_eq(l.calls, 0);
}
END_TEST

/* A program of an older header has a shorter result: nothing beyond it is written. */
START_TEST(test_ais__short_result)
{
	law l = normal_law(EGM_F64, 2, 1, 1);
	target = law_target(context, &l, NULL);
	egm_ais_options o = ais_options(4, 3, 1);
	egm_ais_result whole = run_ais(&o, NULL), r;
	memset(&r, 0x5a, sizeof r);
	ck_assert_egm(egm_ais_result_init(&r, offsetof(egm_ais_result, ess)));
	ck_assert_egm(egm_ais_run(target, &o, &r, NULL));
	ck_assert(r.log_z == whole.log_z && r.standard_error == whole.standard_error);
	ck_assert_int_eq(r.struct_size, offsetof(egm_ais_result, ess));
	for (size_t i = offsetof(egm_ais_result, ess); i < sizeof r; i++) ck_assert(((char *)&r)[i] == 0x5a);
}
END_TEST

static TCase *new_case(Suite *suite, const char *name, const char *tags)
{
	TCase *tc = tcase_create(name);
	tcase_set_tags(tc, tags);
	tcase_set_timeout(tc, 240);
	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("ais");
	TCase *tc = new_case(suite, "integrals", "K20 E16 E17");
	tcase_add_test(tc, test_ais__exact_where_base_and_target_agree);
	tcase_add_test(tc, test_ais__prior_is_the_base);
	tcase_add_loop_test(tc, test_ais__known_integrals, 0, (int)(sizeof integrals / sizeof *integrals));
	tcase_add_test(tc, test_ais__latent_posterior);
	tc = new_case(suite, "honesty", "K20 E16 E17");
	tcase_add_loop_test(tc, test_ais__unbiased_and_honest_about_its_error, 0, 2);
	tcase_add_test(tc, test_ais__one_level_is_importance_sampling);
	tcase_add_test(tc, test_ais__result_follows_from_the_weights);
	tcase_add_test(tc, test_ais__weights_of_any_size);
	tcase_add_loop_test(tc, test_ais__lost_particles_weigh_nothing, 0, 2);
	tcase_add_test(tc, test_ais__all_lost_is_nonfinite);
	tc = new_case(suite, "contract", "R1 R15 R17 R18 R19");
	tcase_add_loop_test(tc, test_ais__threads_change_no_bit, 0, 2);
	tcase_add_test(tc, test_ais__callbacks_and_counts_change_no_bit);
	tcase_add_test(tc, test_ais__seeds_differ);
	tcase_add_test(tc, test_ais__stop_from_the_callback);
	tcase_add_test(tc, test_ais__every_allocation_may_fail);
	tcase_add_test(tc, test_ais__misuse);
	tcase_add_test(tc, test_ais__short_result);
	return egm_test_main(suite);
}
