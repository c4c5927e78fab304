/* SPDX-License-Identifier: MIT */
/* Values of the entropy terms for the best statistics network, which is known here.
 *
 * x = g z + s n is Gaussian, of correlation r with z, r^2 = g^2 / (g^2 + s^2). The log ratio of the joint distribution
 * and the product of its marginals is
 *
 *   R(x, z) = ln((g^2 + s^2) / s^2) / 2 - (x - g z)^2 / (2 s^2) + x^2 / (2 (g^2 + s^2)),
 *
 * two squares of linear forms, of which quadratic_net makes a network. The information is I = -ln(1 - r^2) / 2. The
 * best T is R for jsd and dv and 1 + R for nwj; then H = 2 JS - 2 ln 2, I, and I. At the best T the derivative of H by
 * g is that of I (the derivative by T is zero there): g / (g^2 + s^2). */
#include "loss_support.h"

enum { GENERATOR_PHASE = 1, GENERATOR_ENERGY = 3, ENTROPY = 4, BATCH = 20000, RUNS = 24 };

static egm_context *context;
static egm_model *energy, *generator, *information;
static egm_loss *loss;
static egm_energy_gan_options options;
static phase_io io;

static void setup(void)
{
	context = new_context();
	energy = generator = information = NULL;
	loss = NULL;
	options = (egm_energy_gan_options)EGM_ENERGY_GAN_OPTIONS_INIT;
	memset(&io, 0, sizeof io);
	io.batch = BATCH, io.seed = 5;
}

static void teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_model_free(generator);
	egm_model_free(information);
	egm_context_free(context);
}

static void create(void)
{
	if (!energy) energy = linear_net(context, "energy", 1, (double[]){0}, 0);
	ck_assert_msg(egm_loss_energy_gan(&loss, energy, generator, information, &options) == EGM_OK, "%s",
	              egm_last_error());
}

/* the best T for x = g z + s n */
static void at_optimum(int32_t entropy, double g, double s)
{
	double forms[4] = {1, -g, 1, 0}, squares[2] = {-1 / (s * s), 1 / (g * g + s * s)};
	double constant = 0.5 * log((g * g + s * s) / (s * s)) + (entropy == EGM_ENTROPY_NWJ);
	options.entropy = entropy;
	options.noise = s;
	generator = linear_net(context, "generator", 1, &g, 0);
	information = quadratic_net(context, "information", 2, 2, forms, squares, constant);
	create();
}

static const struct known {
	int32_t entropy;
	double g, s, value, most;
} values[] = {
    /* r = .9: g = .9 / sqrt(1 - .81) at s = 1 */
    {EGM_ENTROPY_JSD, 2.0647416, 1, 2 * 0.2145531 - 1.3862944, 2e-3},
    {EGM_ENTROPY_NWJ, 2.0647416, 1, 0.8303656, 1e-2},
    {EGM_ENTROPY_DV, 2.0647416, 1, 0.8303656, 1e-2},
    {EGM_ENTROPY_JSD, 0.5773503, 1, 2 * 0.0369208 - 1.3862944, 2e-3}, /* r = .5 */
    {EGM_ENTROPY_NWJ, 0.5773503, 1, 0.1438410, 2e-3},
    {EGM_ENTROPY_DV, 0.5773503, 1, 0.1438410, 2e-3},
    {EGM_ENTROPY_NWJ, 0.5, 0.5, 0.3465736, 3e-3}, /* g = s */
    {EGM_ENTROPY_DV, 1, 1, 0.3465736, 3e-3},
};

START_TEST(test_entropy__value_at_the_best_statistics)
{
	const struct known *k = &values[_i];
	sample_mean m = {0};
	at_optimum(k->entropy, k->g, k->s);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, GENERATOR_PHASE, &io);
		sample_mean_add(&m, io.terms[ENTROPY]);
	}
	sample_mean_check("H", &m, k->value, k->most);
}
END_TEST

/* The bound in terms of BCE, the mean of the 2B cross-entropies by which it is often written: BCE = -H/2 = ln 2 - JSD.
 * K10: JSD .2145531 and .0369208 for r = .9 and .5, BCE .4785941 and .6562264. */
START_TEST(test_entropy__cross_entropy_is_log_two_less_the_divergence)
{
	const double r = _i ? 0.5 : 0.9, known = _i ? 0.6562264 : 0.4785941;
	sample_mean m = {0};
	at_optimum(EGM_ENTROPY_JSD, r / sqrt(1 - r * r), 1);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, GENERATOR_PHASE, &io);
		sample_mean_add(&m, -io.terms[ENTROPY] / 2);
	}
	sample_mean_check("BCE", &m, known, 1e-3);
}
END_TEST

/* K10, infogan: x = r z1 + sqrt(1 - r^2) z2 has correlation r with z1, and the best guess is r x, which misses by
 * 1 - r^2 = .19; of z2, guessed as 0, it misses 1. A Gaussian guess of variance v = 1 bounds I(x; z1) by
 * ln(2 pi e)/2 - ln(2 pi)/2 - .19/2 = .405, .425 below I = .8303656: the fixed variance is not the best. */
START_TEST(test_entropy__infogan_bound_of_fixed_variance)
{
	const double r = 0.9;
	sample_mean m = {0}, slope = {0};
	options.entropy = EGM_ENTROPY_INFOGAN;
	generator = linear_net(context, "generator", 2, (double[]){r, sqrt(1 - r * r)}, 0);
	information = dense_net(context, "information", 2, (int64_t[]){1, 2}, NULL, EGM_F64, 1);
	SET_TENSOR(information, "0.weight", r, 0);
	SET_TENSOR(information, "0.bias", 0, 0);
	create();
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, GENERATOR_PHASE, &io);
		sample_mean_add(&m, 0.5 + (io.terms[ENTROPY] + 1) / 2);
		sample_mean_add(&slope, io.gradient[2][0]);
	}
	sample_mean_check("bound", &m, 0.405, 2e-3);
	sample_mean_check("d/dr", &slope, 0, 4e-3); /* r is the best slope */
	ck_assert(m.sum / m.n < 0.8303656);
}
END_TEST

/* E22, the published setting: G injective and no noise. T = K - M (x - g z)^2/2 separates the pairs for every g, so
 * that jsd is at its ceiling 2 ln 2 - 2 ln 2 = 0 for every scale, and no gradient of it reaches the generator. At M g^2
 * = 10^9 and K = 40 a fresh z' is separated unless it is within 3e-4 of z: of 64, none. With noise of 1 the same g
 * have informations from .005 to 2.3. */
START_TEST(test_entropy__without_noise_every_scale_is_as_good)
{
	const double scales[3] = {0.1, 1, 10}, g = scales[_i], top = 40;
	options.entropy = EGM_ENTROPY_JSD;
	generator = linear_net(context, "generator", 1, &g, 0);
	information = quadratic_net(context, "information", 2, 1, (double[]){1, -g}, (double[]){-1e9 / (g * g)}, top);
	create();
	io.batch = 64, io.step = 1;
	run_phase(loss, GENERATOR_PHASE, &io);
	ck_assert_msg(io.terms[ENTROPY] >= -1e-6 && io.terms[ENTROPY] <= 0, "%g", io.terms[ENTROPY]);
	ck_assert_msg(fabs(io.gradient[1][0]) <= 1e-6, "%g", io.gradient[1][0]);
}
END_TEST

/* with permutation or with fresh draws: the pairs are independent either way */
START_TEST(test_entropy__derangement_has_the_same_value)
{
	sample_mean m = {0};
	options.marginal = EGM_MARGINAL_DERANGEMENT;
	at_optimum(EGM_ENTROPY_NWJ, 1, 1);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, GENERATOR_PHASE, &io);
		sample_mean_add(&m, io.terms[ENTROPY]);
	}
	sample_mean_check("H", &m, 0.3465736, 3e-3);
}
END_TEST

/* dI/dg = g / (g^2 + s^2): 1/2 at g = s = 1; as s falls it goes to 1/g, the derivative of the entropy ln g. */
START_TEST(test_entropy__gradient_of_the_information)
{
	const double gs[3][2] = {{1, 1}, {0.5, 0.5}, {1, 0.6}};
	double g = gs[_i][0], s = gs[_i][1];
	sample_mean m = {0};
	at_optimum(EGM_ENTROPY_NWJ, g, s);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, GENERATOR_PHASE, &io);
		sample_mean_add(&m, -io.gradient[1][0]); /* U = 0: the objective is -H */
	}
	sample_mean_check("dI/dg", &m, g / (g * g + s * s), 0.02);
}
END_TEST

/* The best statistics network does not move: the gradient by its last weights and bias is zero in the mean. */
START_TEST(test_entropy__best_statistics_are_stationary)
{
	sample_mean m[3] = {{0}, {0}, {0}};
	at_optimum(EGM_ENTROPY_JSD + _i, 1, 1);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		io.state[0] = io.state[1] = 0; /* dv: each run its own average */
		run_phase(loss, GENERATOR_PHASE, &io);
		/* parameters of 2-4-1: 8 weights, 4 biases, 4 weights, 1 bias */
		sample_mean_add(&m[0], (io.gradient[2][12] + io.gradient[2][13]) / (QUADRATIC_SCALE * QUADRATIC_SCALE));
		sample_mean_add(&m[1], (io.gradient[2][14] + io.gradient[2][15]) / (QUADRATIC_SCALE * QUADRATIC_SCALE));
		sample_mean_add(&m[2], io.gradient[2][16]);
	}
	for (int i = 0; i < 3; i++) sample_mean_check("dH/dT", &m[i], 0, 0.02);
}
END_TEST

/* min over g of theta g^2/2 - H(g z): with s > 0 the information replaces the entropy and the optimum is
 * g^2 + s^2 = 1/theta; s -> 0 gives the exact g = 1/sqrt(theta) (.5 at theta 4). The loss has no option for the exact
 * entropy. */
START_TEST(test_entropy__generator_stands_still_at_its_optimum)
{
	const double theta = 4, s = 0.3, g = sqrt(1 / theta - s * s);
	sample_mean m = {0}, u = {0};
	energy = quadratic_net(context, "energy", 1, 1, (double[]){1}, &theta, 0);
	at_optimum(EGM_ENTROPY_NWJ, g, s);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, GENERATOR_PHASE, &io);
		sample_mean_add(&m, io.gradient[1][0]);
		sample_mean_add(&u, io.terms[GENERATOR_ENERGY]);
	}
	sample_mean_check("d/dg", &m, 0, 0.04);
	sample_mean_check("E U(G)", &u, theta * g * g / 2, 2e-3);
}
END_TEST

/* T = -K (x - z)^2 with x = z: 0 where a pair is left as it was, far below elsewhere, so that nwj shows the share of
 * fixed points: H = -share / e. A random permutation leaves one in B on average. */
START_TEST(test_entropy__marginal_pairs_hold_no_joint_pair)
{
	options.entropy = EGM_ENTROPY_NWJ;
	options.marginal = _i ? EGM_MARGINAL_DERANGEMENT : EGM_MARGINAL_FRESH;
	generator = linear_net(context, "generator", 1, (double[]){1}, 0);
	information = quadratic_net(context, "information", 2, 1, (double[]){1, -1}, (double[]){-2e9}, 0);
	create();
	for (int64_t batch = 2; batch <= 8; batch++)
		for (io.step = 1; io.step <= 50; io.step++) {
			io.batch = batch;
			run_phase(loss, GENERATOR_PHASE, &io);
			ck_assert(fabs(io.terms[ENTROPY]) <= 1e-6);
		}
}
END_TEST

/* K22: what a fixed point costs. T = ln B on joint pairs, far below elsewhere, is the best T when one pair in B of the
 * product side is joint, as in a random permutation: BCE = (sp(-ln B) + sp(ln B)/B)/2, .0404 at B = 64 and .0128 at
 * 256. Here no pair is, and the second part is not there. */
START_TEST(test_entropy__fixed_points_do_not_cost_here)
{
	const int64_t batch = _i % 2 ? 256 : 64;
	const double b = (double)batch, published = _i % 2 ? 0.0128 : 0.0404;
	options.entropy = EGM_ENTROPY_JSD;
	options.marginal = _i / 2 ? EGM_MARGINAL_DERANGEMENT : EGM_MARGINAL_FRESH;
	generator = linear_net(context, "generator", 1, (double[]){1}, 0);
	information = quadratic_net(context, "information", 2, 1, (double[]){1, -1}, (double[]){-2e9}, log(b));
	create();
	io.batch = batch, io.step = 1;
	run_phase(loss, GENERATOR_PHASE, &io);
	double joint = log1p(1 / b), fixed = log1p(b) / b;
	ck_assert(fabs((joint + fixed) / 2 - published) <= 5e-5);
	ck_assert_msg(fabs(-io.terms[ENTROPY] - joint) <= 1e-6, "%g, not %g", -io.terms[ENTROPY], joint);
}
END_TEST

/* T = c x at the point x = b: dH/db = c - c exp(c b - 1); the first part comes through the joint pairs, the second
 * through the others. For jsd c sigmoid(-c b) - c sigmoid(c b). */
START_TEST(test_entropy__gradient_reaches_the_generator_through_both_pairs)
{
	const double c = 0.7, b = 0.4;
	options.entropy = _i ? EGM_ENTROPY_JSD : EGM_ENTROPY_NWJ;
	generator = linear_net(context, "generator", 1, (double[]){0}, b);
	information = linear_net(context, "information", 2, (double[]){c, 0}, 0);
	create();
	io.batch = 4;
	run_phase(loss, GENERATOR_PHASE, &io);
	double want = _i ? c / (1 + exp(c * b)) - c / (1 + exp(-c * b)) : c - c * exp(c * b - 1);
	ck_assert(fabs(-io.gradient[1][1] - want) <= 1e-14);
}
END_TEST

/* ---- the moving average of dv */

/* T = beta everywhere: E exp T' = exp beta. m' = d m + (1 - d) exp beta, from m = exp beta in the first run; the
 * gradient by the bias is that of E T less E exp T' / m'. exp 800 does not fit a double and need not. */
START_TEST(test_dv__average_follows_its_recursion)
{
	const double betas[6] = {0.1, 0.9, -1, 2, 800, 3}, d = 0.9;
	long double m = 0;
	options.entropy = EGM_ENTROPY_DV;
	options.dv_decay = d;
	options.entropy_weight = 0.5;
	generator = linear_net(context, "generator", 1, (double[]){1}, 0);
	information = linear_net(context, "information", 2, (double[]){0, 0}, 0);
	create();
	io.batch = 5;
	ck_assert_int_eq(loss->n_state, 2);
	for (int i = 0; i < 2; i++) io.state[i] = loss->state_start[i];
	for (int i = 0; i < 6; i++) {
		long double e = expl((long double)betas[i]);
		SET_TENSOR(information, "0.bias", betas[i]);
		run_phase(loss, GENERATOR_PHASE, &io);
		m = i == 0 ? e : (long double)d * m + (1 - (long double)d) * e;
		/* relative to betas of up to 800: a few roundings */
		ck_assert(fabs(io.state[0] - (double)logl(m)) <= 1e-13 * fmax(1, fabs((double)logl(m))));
		ck_assert(io.state[1] == d);
		ck_assert(fabs(io.terms[ENTROPY]) <= 1e-12); /* the bound itself, not what is descended */
		ck_assert(fabs(io.gradient[2][2] + 0.5 * (1 - (double)(e / m))) <= 1e-12);
	}
}
END_TEST

/* The gradient is g_T - c g_s with c = E exp T' / m': linear in c. c = 1 is checked against differences in
 * test_energy_gan.c, c = 0 is the gradient of E T alone; here a c between them. */
START_TEST(test_dv__gradient_is_corrected_by_the_average)
{
	double g[3][MOST_PARAMETERS], c[3];
	options.entropy = EGM_ENTROPY_DV;
	options.dv_decay = 0.9;
	generator = linear_net(context, "generator", 1, (double[]){0.7}, 0);
	information = dense_net(context, "information", 3, (int64_t[]){2, 4, 1}, egm_model_tanh, EGM_F64, 3);
	create();
	io.batch = 3, io.step = 1;
	const double log_m[3] = {0, 0.3, 200}, w[3] = {0, 0.9, 0.9};
	double s = 0;
	for (int i = 0; i < 3; i++) {
		io.state[0] = log_m[i], io.state[1] = w[i];
		run_phase(loss, GENERATOR_PHASE, &io);
		if (i == 0) s = io.state[0]; /* the batch's own log E exp T' */
		double m = w[i] * exp(log_m[i]) + (1 - w[i]) * exp(s);
		c[i] = exp(s) / m;
		ck_assert(fabs(io.state[0] - log(m)) <= 1e-13 * fmax(1, log(m)));
		memcpy(g[i], io.gradient[2], sizeof g[i]);
	}
	ck_assert(fabs(c[0] - 1) <= 1e-15 && c[1] > 0.1 && c[1] < 0.9 + 1 && c[2] < 1e-80);
	for (int i = 0; i < 17; i++) ck_assert(fabs(g[1][i] - (g[2][i] + c[1] * (g[0][i] - g[2][i]))) <= 1e-13);
}
END_TEST

START_TEST(test_dv__a_phase_without_it_leaves_the_state_alone)
{
	options.entropy = EGM_ENTROPY_DV;
	generator = linear_net(context, "generator", 1, (double[]){1}, 0);
	information = linear_net(context, "information", 2, (double[]){1, 1}, 0);
	create();
	io.batch = 3;
	io.state[0] = 0.25, io.state[1] = 0.5;
	run_phase(loss, 0, &io);
	ck_assert(io.state[0] == 0.25 && io.state[1] == 0.5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("entropy");
	TCase *t = tcase_create("information");
	tcase_set_tags(t, "K3 K10 E22");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_entropy__value_at_the_best_statistics, 0, sizeof values / sizeof *values);
	tcase_add_loop_test(t, test_entropy__cross_entropy_is_log_two_less_the_divergence, 0, 2);
	tcase_add_test(t, test_entropy__infogan_bound_of_fixed_variance);
	tcase_add_loop_test(t, test_entropy__without_noise_every_scale_is_as_good, 0, 3);
	tcase_add_test(t, test_entropy__derangement_has_the_same_value);
	tcase_add_loop_test(t, test_entropy__gradient_of_the_information, 0, 3);
	tcase_add_loop_test(t, test_entropy__best_statistics_are_stationary, 0, 3);
	tcase_add_test(t, test_entropy__generator_stands_still_at_its_optimum);
	suite_add_tcase(s, t);
	t = tcase_create("pairs");
	tcase_set_tags(t, "E23 K22");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_entropy__marginal_pairs_hold_no_joint_pair, 0, 2);
	tcase_add_loop_test(t, test_entropy__fixed_points_do_not_cost_here, 0, 4);
	tcase_add_loop_test(t, test_entropy__gradient_reaches_the_generator_through_both_pairs, 0, 2);
	tcase_add_test(t, test_dv__average_follows_its_recursion);
	tcase_add_test(t, test_dv__gradient_is_corrected_by_the_average);
	tcase_add_test(t, test_dv__a_phase_without_it_leaves_the_state_alone);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
