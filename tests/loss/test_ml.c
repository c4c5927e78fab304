/* SPDX-License-Identifier: MIT */
/* Maximum likelihood with given negatives: its value and gradient, and what they do not depend on. How negatives are
 * drawn is tested in tests/train/test_negatives.c. */
#include "score_fixture.h"

enum { BATCH = 20000 };

static double negatives[MOST_DATA];

static void create(double regularizer)
{
	egm_ml_options o = EGM_ML_OPTIONS_INIT;
	o.regularizer = regularizer;
	CREATED(egm_loss_ml(&loss, nets[0], &o));
	io.negatives = negatives;
}

static void random_points(int n)
{
	uint64_t random = 3;
	for (int i = 0; i < n; i++) io.data[i] = random_signed(&random);
	for (int i = 0; i < n; i++) negatives[i] = 1.5 * random_signed(&random);
}

/* ---- value and gradient */

START_TEST(test_ml__gradient_equals_differences)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_silu, egm_model_softplus};
	const double alpha = _i % 2 ? 0.7 : 0;
	random_points(9);
	io.batch = _i % 4 < 2 ? 3 : 1;
	nets[0] = dense_net(context, "energy", 4, (int64_t[]){3, 4, 3, 1}, kinds[_i / 4], EGM_F64, 1);
	create(alpha);
	phase_objective o = {alpha > 0 ? 3 : 2, {0, 1, 2}, {1, -1, alpha}};
	check_gradients(loss, 0, &o, &io); /* the negatives are constants */
}
END_TEST

/* K2: U = theta x^2/2. With data of variance s^2 and negatives of the model's own N(0, 1/theta),
 * dL/dtheta = s^2/2 - 1/(2 theta): 0.25 at s = 1, theta = 2, and 0 at theta = 1/s^2. Both samples have their second
 * moments exactly, so that only A^2 l^2/12 of the quadratic network is left: below 1e-4 relative for |x| < 4. */
START_TEST(test_ml__gradient_of_a_quadratic_energy)
{
	const struct {
		double s, theta, slope;
	} row[] = {{1, 2, 0.25}, {1, 1, 0}, {2, 0.25, 0}, {0.5, 1, -0.375}};
	const double s = row[_i].s, theta = row[_i].theta;
	exact_normal_data(0, sqrt(1 / theta), BATCH, 12);
	memcpy(negatives, io.data, sizeof negatives);
	exact_normal_data(0, s, BATCH, 11);
	nets[0] = quadratic_net(context, "energy", 1, 1, (double[]){1}, &theta, 0);
	create(0);
	io.batch = BATCH;
	run_phase(loss, 0, &io);
	double scale = s * s / 2 + 1 / (2 * theta);
	ck_assert(fabs(s * s / 2 - 1 / (2 * theta) - row[_i].slope) <= 1e-15);
	ck_assert(fabs(derivative_by_factor(0) - row[_i].slope) <= 1e-4 * scale);
	ck_assert(fabs(io.terms[0] - theta * s * s / 2) <= 1e-4 * theta * s * s);
	ck_assert(fabs(io.terms[1] - 0.5) <= 1e-4);
}
END_TEST

/* K2: K states, U_k the weight of input k, a state a row with a 1 in it. With negatives in the shares of the model,
 * exp(-U_k)/Z = 1/8, 2/8, 5/8, dL/dU_k = p_k - exp(-U_k)/Z is the gradient of sum p_k U_k + log Z: the negative log
 * likelihood itself, by differences. Shares of eighths are exact. */
START_TEST(test_ml__gradient_of_a_table)
{
	const int p[] = {4, 2, 2}, q[] = {1, 2, 5};
	const double h = 1e-5;
	double u[3];
	for (int k = 0, row_p = 0, row_q = 0; k < 3; k++) {
		u[k] = 0.3 - log(q[k] / 8.0);
		for (int i = 0; i < p[k]; i++) io.data[3 * row_p++ + k] = 1;
		for (int i = 0; i < q[k]; i++) negatives[3 * row_q++ + k] = 1;
	}
	nets[0] = linear_net(context, "table", 3, u, 0.4);
	create(0);
	io.batch = 8;
	run_phase(loss, 0, &io);
	for (int k = 0; k < 3; k++) {
		double f[2];
		for (int side = 0; side < 2; side++) {
			double z = 0;
			f[side] = 0;
			for (int j = 0; j < 3; j++) {
				double at = u[j] + (j != k ? 0 : side ? h : -h);
				f[side] += p[j] / 8.0 * at;
				z += exp(-at);
			}
			f[side] += log(z);
		}
		ck_assert(fabs(io.gradient[0][k] - (p[k] - q[k]) / 8.0) <= 1e-15);
		ck_assert(fabs(io.gradient[0][k] - (f[1] - f[0]) / (2 * h)) <= 1e-9);
	}
	ck_assert(io.gradient[0][3] == 0);
}
END_TEST

/* Energies of equal points cancel: data and negatives the same leave nothing to learn, bit for bit. */
START_TEST(test_ml__equal_points_cancel)
{
	random_points(9);
	memcpy(negatives, io.data, 9 * sizeof *negatives);
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){3, 4, 1}, egm_model_silu, EGM_F64, 1);
	create(0);
	io.batch = 3;
	run_phase(loss, 0, &io);
	ck_assert(io.terms[0] == io.terms[1]);
	for (int i = 0; i < nets[0]->count; i++) ck_assert(fabs(io.gradient[0][i]) <= 1e-15);
}
END_TEST

/* ---- E30 */

/* U + c: both terms are shifted, their difference and every gradient stay. c = 64 costs 6 bits of each energy, hence
 * 64 eps = 1.4e-14 on energies and none on gradients, which do not see c. */
START_TEST(test_ml__shift_of_the_energy_changes_no_gradient)
{
	static phase_io other;
	random_points(6);
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_silu, EGM_F64, 1);
	SET_TENSOR(nets[0], "2.bias", 0);
	create(0);
	io.batch = 3;
	other = io;
	run_phase(loss, 0, &io);
	SET_TENSOR(nets[0], "2.bias", 64);
	run_phase(loss, 0, &other);
	ck_assert(fabs(io.terms[0] - io.terms[1] - (other.terms[0] - other.terms[1])) <= 1e-13);
	ck_assert(fabs(other.terms[0] - io.terms[0] - 64) <= 1e-13);
	ck_assert(!memcmp(io.gradient[0], other.gradient[0], sizeof io.gradient[0]));
	ck_assert(fabs(io.gradient[0][nets[0]->count - 1]) <= 1e-15);
}
END_TEST

/* Off unless asked for: NULL for the options writes no such term. On, it is the mean square of both, by the network's
 * own energies; and its weight is alpha once, not once for each batch. */
START_TEST(test_ml__regulariser)
{
	double u[6], want = 0, plain[MOST_PARAMETERS];
	random_points(6);
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_silu, EGM_F64, 1);
	SET_TENSOR(nets[0], "2.bias", 0.5);
	CREATED(egm_loss_ml(&loss, nets[0], NULL));
	io.negatives = negatives;
	io.batch = 3;
	io.terms[2] = -7;
	run_phase(loss, 0, &io);
	ck_assert(io.terms[2] == -7);
	memcpy(plain, io.gradient[0], sizeof plain);
	egm_loss_free(loss);
	create(0.25);
	run_phase(loss, 0, &io);
	ck_assert_int_eq(egm_model_energy(nets[0], egm_f64(io.data, 3, 2), egm_f64_out(u, 3, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_energy(nets[0], egm_f64(negatives, 3, 2), egm_f64_out(u + 3, 3, 1)), EGM_OK);
	for (int i = 0; i < 6; i++) want += u[i] * u[i] / 3;
	ck_assert(fabs(io.terms[2] - want) <= 1e-14);
	/* by the last bias: 0 without it, alpha (2 E U+ + 2 E U-) with it */
	double slope = 0.25 * 2 * (u[0] + u[1] + u[2] + u[3] + u[4] + u[5]) / 3;
	int last = (int)nets[0]->count - 1;
	ck_assert(fabs(plain[last]) <= 1e-15);
	ck_assert(fabs(io.gradient[0][last] - slope) <= 1e-14);
}
END_TEST

/* ---- contract */

START_TEST(test_ml__rejects)
{
	const double bad[] = {-1, NAN, INFINITY};
	const char *const said[] = {"egm_loss_ml: regularizer is -1, must be at least 0", "regularizer is nan",
	                            "regularizer is inf"};
	egm_ml_options o;
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_silu, EGM_F64, 1);
	nets[1] = dense_net(context, "wide", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F64, 1);
	o = (egm_ml_options)EGM_ML_OPTIONS_INIT;
	ck_assert(o.regularizer == 0);
	for (int i = 0; i < 3; i++) {
		o.regularizer = bad[i];
		REJECTED(egm_loss_ml(&loss, nets[0], &o), EGM_ERR_ARGUMENT, said[i]);
	}
	REJECTED(egm_loss_ml(&loss, nets[1], NULL), EGM_ERR_SHAPE, "energy 'wide' has 2 outputs, must have 1");
	REJECTED(egm_loss_ml(&loss, NULL, NULL), EGM_ERR_ARGUMENT, "energy is NULL");
	ck_assert_int_eq(egm_loss_ml(NULL, nets[0], NULL), EGM_ERR_ARGUMENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ml");
	TCase *t = tcase_create("gradients");
	tcase_set_tags(t, "K1 K2");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_ml__gradient_equals_differences, 0, 12);
	tcase_add_loop_test(t, test_ml__gradient_of_a_quadratic_energy, 0, 4);
	tcase_add_test(t, test_ml__gradient_of_a_table);
	tcase_add_test(t, test_ml__equal_points_cancel);
	suite_add_tcase(s, t);
	t = tcase_create("offset");
	tcase_set_tags(t, "E30");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_ml__shift_of_the_energy_changes_no_gradient);
	tcase_add_test(t, test_ml__regulariser);
	tcase_add_test(t, test_ml__rejects);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
