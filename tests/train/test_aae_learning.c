/* SPDX-License-Identifier: MIT */
/* The adversarial autoencoder end to end with linear networks on Gaussian data, where the solution is known. The
 * bounds are twice the largest error for seeds 1 to 5. */
#include "adversarial_training.h"

/* Data in the plane with variances 4 and 1/4 along axes turned by 30 degrees, exactly. */
static void plane(double *x)
{
	static double a[POINTS], b[POINTS];
	double dot = 0;
	ring_standard(a, 9);
	ring_standard(b, 10);
	for (int i = 0; i < POINTS; i++) dot += a[i] * b[i] / POINTS;
	for (int i = 0; i < POINTS; i++) {
		double u = 2 * a[i], v = .5 * (b[i] - dot * a[i]) / sqrt(1 - dot * dot);
		x[2 * i] = sqrt(.75) * u - .5 * v;
		x[2 * i + 1] = .5 * u + sqrt(.75) * v;
	}
}

typedef struct code {
	double mean[2], covariance[3], miss; /* covariance: 00, 01, 11; miss: E|x - G(E(x))|^2 */
} code;

static code look(const ring *r, const double *x, int64_t k)
{
	static float narrow[2 * POINTS], z[2 * POINTS], back[2 * POINTS];
	code c = {{0}, {0}, 0};
	for (int i = 0; i < 2 * POINTS; i++) narrow[i] = (float)x[i];
	RING_OK(egm_model_run(r->generator, egm_f32(narrow, POINTS, 2),
	                      egm_f32_out(z, POINTS, egm_model_outputs(r->generator))));
	RING_OK(egm_model_run(r->decoder, egm_f32(z, POINTS, k), egm_f32_out(back, POINTS, egm_model_outputs(r->decoder))));
	for (int i = 0; i < 2 * POINTS; i++) c.miss += pow((double)back[i] - x[i], 2) / POINTS;
	for (int64_t i = 0; i < k * POINTS; i++) c.mean[i % k] += (double)z[i] / POINTS;
	for (int i = 0; i < POINTS; i++) {
		double a = (double)z[k * i] - c.mean[0], b = (double)z[k * i + k - 1] - c.mean[k - 1];
		c.covariance[0] += a * a / POINTS;
		c.covariance[1] += a * b / POINTS;
		c.covariance[2] += b * b / POINTS;
	}
	return c;
}

/* k = 1: the best linear code is the first principal axis at any scale, which leaves 1/4; the discriminator sets the
 * scale, and the two do not disagree: code N(0, 1), miss 1/4. k = 2: nothing is left, and the code is white. The miss
 * cannot be below 1/4, resp. 0 (Eckart and Young). Seeds 1 to 5: mean .015, variance .032, miss 1e-4 off at most. */
START_TEST(test_aae__linear_code_is_white_and_principal)
{
	static double x[2 * POINTS];
	const double least = _i == 1 ? .25 : 0;
	egm_aae_options o = EGM_AAE_OPTIONS_INIT;
	ring r = ring_open(EGM_F32, 1);
	o.penalty = 1;
	r.judge = ring_net(&r, "discriminator", _i, 2, 32, 1, egm_model_silu, 0, 10 + SEED);
	r.generator = ring_net(&r, "encoder", 2, 0, 0, _i, NULL, 0, 20 + SEED);
	r.decoder = ring_net(&r, "decoder", _i, 0, 0, 2, NULL, 0, 30 + SEED);
	RING_OK(egm_loss_aae(&r.loss, r.judge, r.generator, r.decoder, &o));
	plane(x);
	ring_data(&r, x, POINTS, 2);
	ring_schedule(&r, 5e-3, 2000);
	r.options.batch = 256;
	ring_trainer(&r);
	ring_fit(&r, 2000);
	code c = look(&r, x, _i);
	ck_assert_msg(c.miss >= least * (1 - 1e-5) && c.miss <= least + .005, "miss %.4f", c.miss);
	for (int i = 0; i < _i; i++) {
		ck_assert_msg(fabs(c.mean[i]) <= .05, "mean %d: %.4f", i, c.mean[i]);
		ck_assert_msg(fabs(c.covariance[2 * i] - 1) <= .1, "variance %d: %.4f", i, c.covariance[2 * i]);
	}
	if (_i == 2) ck_assert_msg(fabs(c.covariance[1]) <= .1, "covariance %.4f", c.covariance[1]);
	ring_close(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aae_learning");
	TCase *t = tcase_create("linear");
	tcase_set_tags(t, "S7");
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, test_aae__linear_code_is_white_and_principal, 1, 3);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
