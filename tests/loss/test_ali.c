/* SPDX-License-Identifier: MIT */
/* Adversarially learned inference: the direction in which each form moves encoder and generator, the value at the
 * optimum of the discriminator, and the full terms against formulas in double. Gradients are compared with differences
 * in test_systems.c. */
#include "loss_support.h"

enum { DISCRIMINATOR, GENERATOR, ENCODER };
enum { TERM_DISCRIMINATOR, PENALTY, TERM_GENERATOR, STEP, REGRESSION };
enum { DISCRIMINATOR_PHASE, GENERATOR_PHASE, BATCH = 5 };
enum { STREAM_Z, STREAM_CODE, STREAM_X, STREAMS }; /* as the library numbers its draws */

static egm_context *context;
static egm_model *net[3];
static egm_loss *loss;
static egm_ali_options options;
static phase_io io;

static void setup(void)
{
	context = new_context();
	memset(net, 0, sizeof net);
	loss = NULL;
	options = (egm_ali_options)EGM_ALI_OPTIONS_INIT;
	memset(&io, 0, sizeof io);
	io.batch = BATCH, io.seed = 5, io.step = 6;
}

static void teardown(void)
{
	egm_loss_free(loss);
	for (int i = 0; i < 3; i++) egm_model_free(net[i]);
	egm_context_free(context);
}

static void create(void)
{
	egm_status st = egm_loss_ali(&loss, net[DISCRIMINATOR], net[GENERATOR], net[ENCODER], &options);
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* ---- E24: logits l = x or l = z, and coders of one point, so that what moves a bias is the derivative by a logit */

/* The derivatives by the logits of p and q: -(1 - D), -(1 - D); 1 - D, -D; D, -(1 - D). At D = 1/2 these are the
 * (-1/2, -1/2), (1/2, -1/2), (1/2, -1/2) of E24. */
static void by_logits(int32_t form, double l_p, double l_q, double out[2])
{
	double p = sigmoid(l_p), q = sigmoid(l_q);
	out[0] = form == EGM_ALI_DERIVED ? -(1 - p) : form == EGM_ALI_MINIMAX ? 1 - p : p;
	out[1] = form == EGM_ALI_MINIMAX ? -q : -(1 - q);
}

static void of_points(double l_p, double l_q, const double weights[2])
{
	net[DISCRIMINATOR] = linear_net(context, "discriminator", 2, weights, 0);
	net[GENERATOR] = linear_net(context, "generator", 1, (double[]){0}, l_q);
	net[ENCODER] = linear_net(context, "encoder", 1, (double[]){0}, l_p);
	create();
	run_phase(loss, GENERATOR_PHASE, &io);
}

START_TEST(test_ali__forms_push_as_their_formulas)
{
	static const double levels[3][2] = {{0, 0}, {1.3, -0.4}, {-2, 3}};
	const double *l = levels[_i / 3];
	double want[2], got[2];
	options.form = EGM_ALI_DERIVED + _i % 3;
	by_logits(options.form, l[0], l[1], want);
	of_points(l[0], l[1], (double[]){0, 1}); /* l = z: that of p is E's bias */
	got[0] = io.gradient[ENCODER][1];
	teardown();
	context = new_context();
	of_points(l[0], l[1], (double[]){1, 0}); /* l = x: that of q is G's bias */
	got[1] = io.gradient[GENERATOR][1];
	for (int i = 0; i < 2; i++) ck_assert(fabs(got[i] - want[i]) <= 1e-15);
	if (_i >= 3) return;
	ck_assert(fabs(got[0] - (options.form == EGM_ALI_DERIVED ? -0.5 : 0.5)) <= 1e-15);
	ck_assert(fabs(got[1] + 0.5) <= 1e-15);
}
END_TEST

/* The generator always increases the logit. The encoder decreases it, except under `derived`, where it too moves its
 * pairs to larger logits. */
START_TEST(test_ali__encoder_is_pushed_the_wrong_way_by_derived_alone)
{
	double encoder = 0;
	options.form = EGM_ALI_DERIVED + _i;
	of_points(0.3, 0.2, (double[]){0.5, 2});
	encoder = -io.gradient[ENCODER][1]; /* the way of descent */
	ck_assert(-io.gradient[GENERATOR][1] > 0);
	ck_assert(options.form == EGM_ALI_DERIVED ? encoder > 0 : encoder < 0);
}
END_TEST

/* p at (1, 0), q at (-1, z): the weight of x goes up, so that l is high on p. */
START_TEST(test_ali__discriminator_is_high_on_data)
{
	of_points(0, -1, (double[]){0, 0});
	for (int i = 0; i < BATCH; i++) io.data[i] = 1;
	run_phase(loss, DISCRIMINATOR_PHASE, &io);
	/* -E x_p (1 - D) + E x_q D at D = 1/2 */
	ck_assert(fabs(io.gradient[DISCRIMINATOR][0] + 1) <= 1e-15);
	ck_assert(fabs(io.terms[TERM_DISCRIMINATOR] - 2 * log(2)) <= 1e-15);
}
END_TEST

/* K4: x is 0 or 1, p = {.1, .9}, q = {0, 1}, without z. At the optimum l = log p/q (40 for infinity), the term is
 * ln 4 - 2 JS, JS = .035974, and the gradient of the discriminator is 0 up to the rounding of 40, 7e-15. */
START_TEST(test_ali__discriminator_at_its_optimum)
{
	net[DISCRIMINATOR] = linear_net(context, "discriminator", 2, (double[]){log(0.9) - 40, 0}, 40);
	net[GENERATOR] = linear_net(context, "generator", 1, (double[]){0}, 1);
	net[ENCODER] = linear_net(context, "encoder", 1, (double[]){0}, 0);
	create();
	io.batch = 10;
	for (int i = 0; i < 10; i++) io.data[i] = i != 3;
	run_phase(loss, DISCRIMINATOR_PHASE, &io);
	ck_assert(fabs(io.terms[TERM_DISCRIMINATOR] - (1.3862944 - 2 * 0.035974)) <= 2e-6);
	ck_assert(fabs(io.gradient[DISCRIMINATOR][0]) <= 1e-14 && fabs(io.gradient[DISCRIMINATOR][2]) <= 1e-14);
}
END_TEST

/* l = x^2/2: the penalty is E x^2 with the x of p, 2, and not the generator's 1; quadratic_net is that up to 1e-4 x^2.
 */
START_TEST(test_ali__penalty_is_the_slope_over_pairs_of_p)
{
	options.penalty = 0.5;
	net[DISCRIMINATOR] = quadratic_net(context, "discriminator", 2, 1, (double[]){1, 0}, (double[]){1}, 0);
	net[GENERATOR] = linear_net(context, "generator", 1, (double[]){0}, 1);
	net[ENCODER] = linear_net(context, "encoder", 1, (double[]){0}, 5);
	create();
	for (int i = 0; i < BATCH; i++) io.data[i] = 2;
	run_phase(loss, DISCRIMINATOR_PHASE, &io);
	ck_assert(fabs(io.terms[PENALTY] - 4) <= 1e-3);
	egm_loss_free(loss);
	egm_model_free(net[DISCRIMINATOR]);
	net[DISCRIMINATOR] = linear_net(context, "discriminator", 2, (double[]){0.6, -0.8}, 0);
	create();
	run_phase(loss, DISCRIMINATOR_PHASE, &io);
	ck_assert(fabs(io.terms[PENALTY] - 1) <= 1e-15); /* over x and z */
}
END_TEST

/* ---- full terms: linear Gaussian networks in one dimension, a discriminator of zero */

/* mean = w[0] t + b[0], log variance = w[1] t + b[1] */
typedef struct line {
	double w[2], b[2];
} line;

static const line generator = {{0.8, -0.3}, {0.4, 0.2}}, generator_old = {{0.7, -0.1}, {0.6, 0.1}};
static const line encoder = {{0.5, 0.2}, {-0.1, -0.4}}, encoder_old = {{0.3, 0.25}, {0.1, -0.6}};

static egm_model *coder(const char *name, const line *l)
{
	egm_model *m = dense_net(context, name, 2, (int64_t[]){1, 2}, NULL, EGM_F64, 1);
	set_tensor(m, "0.weight", 2, l->w);
	set_tensor(m, "0.bias", 2, l->b);
	return m;
}

static void full(int different)
{
	static double old[2][4];
	uint64_t random = 3;
	options.form = EGM_ALI_DERIVED;
	options.encoder = options.generator = EGM_CODER_GAUSSIAN;
	options.full_terms = 1;
	net[DISCRIMINATOR] = linear_net(context, "discriminator", 2, (double[]){0, 0}, 0);
	net[GENERATOR] = coder("generator", &generator);
	net[ENCODER] = coder("encoder", &encoder);
	create();
	memcpy(old[0], &generator_old, sizeof old[0]);
	memcpy(old[1], &encoder_old, sizeof old[1]);
	if (different) io.old[GENERATOR] = old[0], io.old[ENCODER] = old[1];
	for (int i = 0; i < BATCH; i++) io.data[i] = random_signed(&random);
	run_phase(loss, GENERATOR_PHASE, &io);
}

/* The draws of a run: a draw is a function of seed, stream, step and place. */
static void draws(double out[STREAMS][BATCH])
{
	void *bases[EGM__MAX_SLOTS] = {[1] = out};
	egm__graph *g = NULL;
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F64), EGM_OK);
	for (uint32_t i = 0; i < STREAMS; i++)
		egm__graph_output(g, egm__normal(g, i, egm__shape2(BATCH, 1)), 1, (int64_t)i * BATCH);
	ck_assert_int_eq(egm__graph_interpret(g, bases, io.seed, io.step), EGM_OK);
	egm__graph_free(g);
}

typedef struct normal {
	double m, v;
} normal;

static normal at(const line *l, double t)
{
	return (normal){l->w[0] * t + l->b[0], exp(l->w[1] * t + l->b[1])};
}

static double nll(normal q, double x)
{
	return 0.5 * (log(2 * acos(-1.0) * q.v) + (x - q.m) * (x - q.m) / q.v);
}

static double kl(normal q, normal r)
{
	return 0.5 * (log(r.v / q.v) + (q.v + (q.m - r.m) * (q.m - r.m)) / r.v - 1);
}

START_TEST(test_ali__full_terms_equal_the_formulas)
{
	double n[STREAMS][BATCH], step = 0, regression = 0;
	full(1);
	draws(n);
	for (int i = 0; i < BATCH; i++) {
		double z = n[STREAM_Z][i];
		normal now = at(&generator, z);
		double x = now.m + sqrt(now.v) * n[STREAM_X][i];
		step += kl(now, at(&generator_old, z)) / BATCH;
		regression += (nll(at(&encoder, x), z) - nll(at(&encoder_old, x), z)) / BATCH;
	}
	ck_assert(step > 0.01 && fabs(regression) > 0.01);
	ck_assert(fabs(io.terms[STEP] - step) <= 1e-14);
	ck_assert(fabs(io.terms[REGRESSION] - regression) <= 1e-14 * fmax(1, fabs(regression)));
	ck_assert(fabs(io.terms[TERM_GENERATOR] - 2 * log(2)) <= 1e-15);
}
END_TEST

/* In the first run of a phase old = now: both terms are 0, neither contributes to the gradient of the generator, and
 * that of the encoder is exactly that of -E_q log p(z|x), whose derivatives by mean and log variance are (m - z)/v and
 * (1 - (z - m)^2/v)/2. */
START_TEST(test_ali__first_run_is_a_regression_of_the_encoder)
{
	double n[STREAMS][BATCH], want[4] = {0};
	full(0);
	draws(n);
	ck_assert(io.terms[STEP] == 0 && io.terms[REGRESSION] == 0);
	for (int i = 0; i < BATCH; i++) {
		double z = n[STREAM_Z][i];
		normal g = at(&generator, z);
		double x = g.m + sqrt(g.v) * n[STREAM_X][i];
		normal e = at(&encoder, x);
		double by_mean = (e.m - z) / e.v / BATCH, by_variance = 0.5 * (1 - (z - e.m) * (z - e.m) / e.v) / BATCH;
		want[0] += by_mean * x, want[1] += by_variance * x; /* weights, then biases */
		want[2] += by_mean, want[3] += by_variance;
	}
	for (int i = 0; i < 4; i++) {
		ck_assert(fabs(io.gradient[ENCODER][i] - want[i]) <= 1e-14 * fmax(1, fabs(want[i])));
		ck_assert(fabs(io.gradient[GENERATOR][i]) <= 1e-15);
	}
}
END_TEST

/* A Gaussian coder is a draw: mean and log variance move by 1 and s n/2 times the derivative by the value. Here that is
 * +-D'(l) of l = x + z at l of each pair. */
START_TEST(test_ali__gaussian_coders_are_reparameterised)
{
	double n[STREAMS][BATCH], want[2][2] = {{0}};
	options.encoder = options.generator = EGM_CODER_GAUSSIAN;
	options.form = EGM_ALI_SWAPPED;
	net[DISCRIMINATOR] = linear_net(context, "discriminator", 2, (double[]){1, 1}, 0);
	net[GENERATOR] = coder("generator", &generator);
	net[ENCODER] = coder("encoder", &encoder);
	create();
	for (int i = 0; i < BATCH; i++) io.data[i] = 0.2 * i;
	run_phase(loss, GENERATOR_PHASE, &io);
	draws(n);
	for (int i = 0; i < BATCH; i++) {
		normal e = at(&encoder, 0.2 * i), g = at(&generator, n[STREAM_Z][i]);
		double code = sqrt(e.v) * n[STREAM_CODE][i], made = sqrt(g.v) * n[STREAM_X][i], d[2];
		by_logits(EGM_ALI_SWAPPED, 0.2 * i + e.m + code, n[STREAM_Z][i] + g.m + made, d);
		want[0][0] += d[0] / BATCH, want[0][1] += d[0] * code / 2 / BATCH;
		want[1][0] += d[1] / BATCH, want[1][1] += d[1] * made / 2 / BATCH;
	}
	for (int i = 0; i < 2; i++) {
		ck_assert(fabs(io.gradient[ENCODER][2 + i] - want[0][i]) <= 1e-14);
		ck_assert(fabs(io.gradient[GENERATOR][2 + i] - want[1][i]) <= 1e-14);
	}
}
END_TEST

/* ---- rejections */

START_TEST(test_ali__full_terms_need_densities_and_derived)
{
	static const int32_t wrong[4][3] = {{EGM_ALI_MINIMAX, EGM_CODER_GAUSSIAN, EGM_CODER_GAUSSIAN},
	                                    {EGM_ALI_SWAPPED, EGM_CODER_GAUSSIAN, EGM_CODER_GAUSSIAN},
	                                    {EGM_ALI_DERIVED, EGM_CODER_POINT, EGM_CODER_GAUSSIAN},
	                                    {EGM_ALI_DERIVED, EGM_CODER_GAUSSIAN, EGM_CODER_POINT}};
	options.form = wrong[_i][0], options.encoder = wrong[_i][1], options.generator = wrong[_i][2];
	options.full_terms = 1;
	net[DISCRIMINATOR] = linear_net(context, "discriminator", 2, (double[]){0, 0}, 0);
	net[GENERATOR] = coder("generator", &generator);
	net[ENCODER] = coder("encoder", &encoder);
	ck_assert_int_eq(egm_loss_ali(&loss, net[DISCRIMINATOR], net[GENERATOR], net[ENCODER], &options), EGM_ERR_ARGUMENT);
	ck_assert_ptr_null(loss);
	ck_assert_str_eq(
	    egm_last_error(),
	    "egm_loss_ali: full_terms is 1; must be 0 unless form is EGM_ALI_DERIVED with Gaussian encoder and generator");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ali");
	TCase *t = tcase_create("signs");
	tcase_set_tags(t, "E24 K4");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_ali__forms_push_as_their_formulas, 0, 9);
	tcase_add_loop_test(t, test_ali__encoder_is_pushed_the_wrong_way_by_derived_alone, 0, 3);
	tcase_add_test(t, test_ali__discriminator_is_high_on_data);
	tcase_add_test(t, test_ali__discriminator_at_its_optimum);
	tcase_add_test(t, test_ali__penalty_is_the_slope_over_pairs_of_p);
	suite_add_tcase(s, t);
	t = tcase_create("full terms");
	tcase_set_tags(t, "E24 K18");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_ali__full_terms_equal_the_formulas);
	tcase_add_test(t, test_ali__first_run_is_a_regression_of_the_encoder);
	tcase_add_test(t, test_ali__gaussian_coders_are_reparameterised);
	tcase_add_loop_test(t, test_ali__full_terms_need_densities_and_derived, 0, 4);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
