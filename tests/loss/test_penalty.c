/* SPDX-License-Identifier: MIT */
/* The zero-centred penalty of the energy GAN: values by hand, and the points where penalties are singular. */
#include "gan_fixture.h"

/* The norm runs over all dimensions of a sample: 1 + 1 + 1 + 1. */
START_TEST(test_penalty__linear_critic_on_four_inputs)
{
	energy = linear_net(context, "energy", 4, (double[]){1, 1, 1, 1}, 0.3);
	generator = point(4, (double[]){0, 0, 0, 0});
	create_energy_only(4, 1);
	run_phase(loss, ENERGY, &io);
	ck_assert(fabs(io.terms[PENALTY] - 4) <= 1e-14);
}
END_TEST

/* d(penalty)/d(parameter) = gradient with weight 1 less gradient with weight 0 */
static void penalty_gradient(int64_t latent, double *out)
{
	for (int i = 0; i < 2; i++) {
		options.penalty = i;
		create_energy_only(energy->inputs, latent);
		run_phase(loss, ENERGY, i ? &io : &other);
		other.batch = io.batch;
	}
	for (int i = 0; i < MOST_PARAMETERS; i++) out[i] = io.gradient[ENERGY][i] - other.gradient[ENERGY][i];
}

/* U = v tanh(w x), v = w = 1, x = 1/2: g = 1 - t^2 = .7864477, g^2 = .6185000, d(g^2)/dw = .6653611; ReLU: 2 v^2 w */
START_TEST(test_penalty__values_by_hand)
{
	double d[MOST_PARAMETERS];
	energy = dense_net(context, "energy", 3, (int64_t[]){1, 1, 1}, _i ? egm_model_relu : egm_model_tanh, EGM_F64, 1);
	generator = point(1, (double[]){0.25});
	SET_TENSOR(energy, "0.weight", _i ? 3 : 1);
	SET_TENSOR(energy, "0.bias", 0);
	SET_TENSOR(energy, "2.weight", _i ? 2 : 1);
	SET_TENSOR(energy, "2.bias", 0);
	for (int i = 0; i < 3; i++) io.data[i] = 0.5;
	other = io;
	penalty_gradient(1, d);
	if (_i) {
		ck_assert(fabs(io.terms[PENALTY] - 36) <= 1e-13);
		ck_assert(fabs(d[0] - 2 * 4 * 3) <= 1e-12);
		ck_assert(fabs(d[1]) <= 1e-13); /* no second derivative, so no gradient by the bias */
	} else {
		double t = tanh(0.5), g = 1 - t * t;
		ck_assert(fabs(t - 0.4621172) <= 5e-8 && fabs(g - 0.7864477) <= 5e-8);
		ck_assert(fabs(io.terms[PENALTY] - 0.6185000) <= 5e-8);
		ck_assert(fabs(d[0] - 0.6653611) <= 5e-8);
		ck_assert(fabs(d[0] - 2 * g * g * (1 - 2 * 0.5 * t)) <= 1e-13);
	}
}
END_TEST

static void all_finite(const double *x, int n)
{
	for (int i = 0; i < n; i++) ck_assert(isfinite(x[i]));
}

/* Weights of zero: the gradient of U is exactly zero, and so are the penalty and its gradient. */
START_TEST(test_penalty__zero_gradient_is_finite)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_relu, egm_model_softplus};
	double zero[MOST_PARAMETERS] = {0};
	energy = dense_net(context, "energy", 4, (int64_t[]){2, 3, 3, 1}, kinds[_i], EGM_F64, 1);
	generator = point(2, (double[]){1, 2});
	ck_assert_int_eq(egm_model_set_parameters(energy, egm_f64(zero, energy->count, 1)), EGM_OK);
	options.penalty = 10;
	create_energy_only(2, 1);
	run_phase(loss, ENERGY, &io);
	ck_assert(io.terms[PENALTY] == 0);
	all_finite(io.terms, 3);
	all_finite(io.gradient[ENERGY], MOST_PARAMETERS);
}
END_TEST

START_TEST(test_penalty__identical_real_and_fake_batch)
{
	energy = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_tanh, EGM_F64, 1);
	generator = point(2, (double[]){0.5, -0.25});
	options.penalty = 0;
	for (int i = 0; i < 6; i++) io.data[i] = i % 2 ? -0.25 : 0.5;
	create_energy_only(2, 1);
	run_phase(loss, ENERGY, &io);
	ck_assert(io.terms[REAL] == io.terms[FAKE]);
	ck_assert(io.terms[PENALTY] > 0); /* shown though its weight is 0 */
	for (int i = 0; i < energy->count; i++) ck_assert(fabs(io.gradient[ENERGY][i]) <= 1e-15);
}
END_TEST

/* A batch twice over: each sample has its own norm, so the penalty and its gradient are the same. */
START_TEST(test_penalty__batch_twice_over_is_the_same)
{
	double once[MOST_PARAMETERS], twice[MOST_PARAMETERS], value;
	energy = dense_net(context, "energy", 3, (int64_t[]){3, 4, 1}, egm_model_tanh, EGM_F64, 1);
	generator = point(3, (double[]){0, 0, 0});
	other = io;
	penalty_gradient(1, once);
	value = io.terms[PENALTY];
	memcpy(io.data + 9, io.data, 9 * sizeof(double));
	io.batch = 6;
	other = io;
	penalty_gradient(1, twice);
	ck_assert(fabs(io.terms[PENALTY] - value) <= 1e-14);
	for (int i = 0; i < energy->count; i++) ck_assert(fabs(once[i] - twice[i]) <= 1e-13);
}
END_TEST

/* L = w x_r - w x_f + lambda w^2 has its minimum at w = (x_f - x_r) / (2 lambda). */
START_TEST(test_penalty__linear_critic_stands_still_at_its_optimum)
{
	const double xr = 1.5, xf = -0.5, lambda = 10, w = (xf - xr) / (2 * lambda);
	energy = linear_net(context, "energy", 1, &w, 0);
	generator = point(1, &xf);
	options.penalty = lambda;
	for (int i = 0; i < 3; i++) io.data[i] = xr;
	create_energy_only(1, 1);
	run_phase(loss, ENERGY, &io);
	ck_assert(fabs(io.gradient[ENERGY][0]) <= 1e-14);
	ck_assert(fabs(io.terms[PENALTY] - w * w) <= 1e-16);
	SET_TENSOR(energy, "0.weight", w + 0.1);
	run_phase(loss, ENERGY, &io);
	ck_assert(fabs(io.gradient[ENERGY][0] - 2 * lambda * 0.1) <= 1e-13);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("penalty");
	TCase *t = tcase_create("penalty");
	tcase_set_tags(t, "E8 E9 E10 E29 K1 K5");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_penalty__linear_critic_on_four_inputs);
	tcase_add_loop_test(t, test_penalty__values_by_hand, 0, 2);
	tcase_add_loop_test(t, test_penalty__zero_gradient_is_finite, 0, 3);
	tcase_add_test(t, test_penalty__identical_real_and_fake_batch);
	tcase_add_test(t, test_penalty__batch_twice_over_is_the_same);
	tcase_add_test(t, test_penalty__linear_critic_stands_still_at_its_optimum);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
