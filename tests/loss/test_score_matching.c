/* SPDX-License-Identifier: MIT */
/* Explicit and sliced score matching against traces in closed form, and against each other. */
#include "score_fixture.h"

enum { D = 3, UNITS = 4, RUNS = 4000 };

static void create(int32_t form, int32_t projections)
{
	egm_score_matching_options o = EGM_SCORE_MATCHING_OPTIONS_INIT;
	o.form = form;
	o.projections = projections;
	CREATED(egm_loss_score_matching(&loss, nets[0], &o));
}

static void random_data(int n)
{
	uint64_t random = 3;
	for (int i = 0; i < n; i++) io.data[i] = random_signed(&random);
}

/* Third derivatives of U: the gradient of a Laplacian by the parameters. */
START_TEST(test_score_matching__gradient_equals_differences)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_silu, egm_model_softplus, egm_model_gelu,
	                                 egm_model_sigmoid};
	random_data(9);
	io.batch = _i % 2 ? 3 : 1;
	nets[0] = dense_net(context, "energy", 4, (int64_t[]){3, 4, 3, 1}, kinds[_i / 4], EGM_F64, 1);
	create(_i / 2 % 2 ? EGM_SCORE_SLICED : EGM_SCORE_EXPLICIT, 2);
	phase_objective o = {1, {0}, {1}};
	check_gradients(loss, 0, &o, &io);
}
END_TEST

/* ---- values */

/* U = v . tanh(W x + b): grad = W^T (v (1 - t^2)), Laplacian = sum_j |w_j|^2 v_j (-2 t_j (1 - t_j^2)). */
static double tanh_objective(const double *x, int rows)
{
	double w[UNITS * D], b[UNITS], v[UNITS], sum = 0;
	ck_assert_int_eq(egm_model_tensor(nets[0], "0.weight", egm_f64_out(w, UNITS * D, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(nets[0], "0.bias", egm_f64_out(b, UNITS, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(nets[0], "2.weight", egm_f64_out(v, UNITS, 1)), EGM_OK);
	for (int i = 0; i < rows; i++, x += D) {
		double gradient[D] = {0}, laplacian = 0;
		for (int j = 0; j < UNITS; j++) {
			double a = b[j], length = 0;
			for (int k = 0; k < D; k++) {
				a += w[j * D + k] * x[k];
				length += w[j * D + k] * w[j * D + k];
			}
			double t = tanh(a), slope = 1 - t * t;
			for (int k = 0; k < D; k++) gradient[k] += v[j] * slope * w[j * D + k];
			laplacian += length * v[j] * -2 * t * slope;
		}
		for (int k = 0; k < D; k++) sum += gradient[k] * gradient[k] / 2;
		sum -= laplacian;
	}
	return sum / rows;
}

static void tanh_net(void)
{
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){D, UNITS, 1}, egm_model_tanh, EGM_F64, 4);
	SET_TENSOR(nets[0], "0.bias", 0.3, -0.4, 0.1, 0.6);
}

START_TEST(test_score_matching__explicit_value)
{
	random_data(5 * D);
	tanh_net();
	create(EGM_SCORE_EXPLICIT, 1);
	io.batch = 5;
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] - tanh_objective(io.data, 5)) <= 1e-14);
}
END_TEST

static void see_value(void *user)
{
	sample_mean_add(user, io.terms[0]);
}

/* Unbiased: the mean over directions is the explicit value. */
START_TEST(test_score_matching__sliced_value_is_unbiased)
{
	sample_mean m = {0};
	random_data(5 * D);
	tanh_net();
	create(EGM_SCORE_SLICED, _i ? 4 : 1);
	io.batch = 5;
	run_often(0, RUNS, see_value, &m);
	sample_mean_check("sliced", &m, tanh_objective(io.data, 5), 0.02);
}
END_TEST

/* U = x^T A x/2: |A x|^2/2 - tr A, and sliced v^T A v has variance 2 |A|_F^2/n over n directions. A = 2 l1 l1^T + l2
 * l2^T - l3 l3^T/2 with l of small integers, not diagonal. The sample variance of 4000 draws of a form in three normals
 * of any signs has relative standard error below sqrt((kurtosis - 1)/4000) = sqrt(14/4000) = 0.06 (one squared normal,
 * the worst, has kurtosis 15). */
START_TEST(test_score_matching__quadratic_energy)
{
	const double l[3][D] = {{1, 1, 0}, {0, 1, -1}, {1, 0, 1}}, q[3] = {2, 1, -0.5};
	const int n = _i ? 4 : 1;
	double a[D][D] = {{0}}, trace = 0, squares = 0, half = 0;
	sample_mean m = {0};
	random_data(D);
	for (int i = 0; i < D; i++)
		for (int j = 0; j < D; j++)
			for (int k = 0; k < 3; k++) a[i][j] += q[k] * l[k][i] * l[k][j];
	for (int i = 0; i < D; i++) {
		double row = 0;
		trace += a[i][i];
		for (int j = 0; j < D; j++) {
			squares += a[i][j] * a[i][j];
			row += a[i][j] * io.data[j];
		}
		half += row * row / 2;
	}
	nets[0] = quadratic_net(context, "energy", D, 3, l[0], q, 0);
	create(EGM_SCORE_EXPLICIT, 1);
	io.batch = 1;
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] - (half - trace)) <= 1e-3); /* second derivatives of the network: A^2 l^2/2 relative */
	egm_loss_free(loss);
	create(EGM_SCORE_SLICED, n);
	run_often(0, RUNS, see_value, &m);
	double mean = m.sum / m.n, variance = m.squares / m.n - mean * mean;
	ck_assert(fabs(mean - (half - trace)) <= 5 * sqrt(2 * squares / n / RUNS) + 1e-3);
	ck_assert(fabs(variance / (2 * squares / n) - 1) <= 5 * 0.06);
}
END_TEST

/* Data of second moment s^2: L = theta^2 s^2/2 - theta, least at theta = 1/s^2 with the value -1/(2 s^2): U = -log p.
 * The sliced slope has standard error sqrt(2/20000) = 0.01 from E v^2. */
START_TEST(test_score_matching__best_quadratic_energy)
{
	enum { BATCH = 20000 };
	const double s = _i ? 2 : 0.5, theta = 1 / (s * s);
	exact_normal_data(0, s, BATCH, 11);
	nets[0] = quadratic_net(context, "energy", 1, 1, (double[]){1}, &theta, 0);
	io.batch = BATCH;
	create(EGM_SCORE_EXPLICIT, 1);
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] + theta / 2) <= 1e-3 * theta);
	ck_assert(fabs(derivative_by_factor(0)) <= 1e-3);
	egm_loss_free(loss);
	create(EGM_SCORE_SLICED, 1);
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] + theta / 2) <= 5 * 0.01 * theta);
	ck_assert(fabs(derivative_by_factor(0)) <= 5 * 0.01);
}
END_TEST

/* E29: a ReLU energy has no Laplacian almost everywhere, and what is left, E|grad U|^2/2, is least at U constant. */
START_TEST(test_score_matching__relu_nets_see_no_laplacian)
{
	double gradient[3 * D], want = 0;
	random_data(3 * D);
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){D, UNITS, 1}, egm_model_relu, EGM_F64, 1);
	ck_assert_int_eq(
	    egm_model_energy_gradient(nets[0], egm_f64(io.data, 3, D), egm_no_out(), egm_f64_out(gradient, 3, D)), EGM_OK);
	for (int i = 0; i < 3 * D; i++) want += gradient[i] * gradient[i] / 6;
	io.batch = 3;
	for (int32_t form = EGM_SCORE_EXPLICIT; form <= EGM_SCORE_SLICED; form++) {
		egm_loss_free(loss);
		create(form, 1);
		run_phase(loss, 0, &io);
		ck_assert(want > 0 && fabs(io.terms[0] - want) <= 1e-14);
	}
}
END_TEST

/* ---- contract */

/* 64 dimensions are the most that the explicit form allows: U = sum tanh(x_i)/i needs a unit each, which is
 * more parameters than the tests have memory for; one unit over all has the Laplacian |w|^2 v (-2 t (1 - t^2)). */
START_TEST(test_score_matching__explicit_takes_64_dimensions)
{
	enum { MOST = 64, WIDE = 65 };
	static double gradient[MOST + 3];
	void *bases[EGM__MAX_SLOTS];
	egm__program *p = NULL;
	uint32_t terms;
	double w[MOST], a = 0.2, length = 0;
	random_data(MOST);
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){MOST, 1, 1}, egm_model_tanh, EGM_F64, 1);
	SET_TENSOR(nets[0], "0.bias", 0.2);
	SET_TENSOR(nets[0], "2.weight", 0.7);
	ck_assert_int_eq(egm_model_tensor(nets[0], "0.weight", egm_f64_out(w, MOST, 1)), EGM_OK);
	for (int i = 0; i < MOST; i++) {
		a += w[i] * io.data[i];
		length += w[i] * w[i];
	}
	double t = tanh(a), slope = 0.7 * (1 - t * t);
	create(EGM_SCORE_EXPLICIT, 1);
	memset(bases, 0, sizeof bases);
	bases[EGM__SLOT_DATA] = io.data;
	bases[EGM__SLOT_TERMS] = io.terms;
	bases[EGM__SLOT_NET] = nets[0]->parameters;
	bases[EGM__SLOT_GRADIENT] = gradient;
	ck_assert_msg(egm__loss_compile(loss, 0, 1, &p, &terms) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_eq(egm__program_own(p), EGM_OK);
	egm__program_run(p, bases, 1, 1);
	egm__program_free(p);
	ck_assert(fabs(io.terms[0] - (length * slope * slope / 2 + 2 * t * slope * length)) <= 1e-13);
	egm_loss_free(loss);
	loss = NULL;
	nets[1] = dense_net(context, "wide", 2, (int64_t[]){WIDE, 1}, NULL, EGM_F64, 1);
	egm_score_matching_options o = EGM_SCORE_MATCHING_OPTIONS_INIT;
	o.form = EGM_SCORE_EXPLICIT;
	REJECTED(egm_loss_score_matching(&loss, nets[1], &o), EGM_ERR_UNSUPPORTED,
	         "energy 'wide' has 65 inputs, must have at most 64 for EGM_SCORE_EXPLICIT; use EGM_SCORE_SLICED");
	CREATED(egm_loss_score_matching(&loss, nets[1], NULL));
}
END_TEST

START_TEST(test_score_matching__rejects)
{
	static const struct {
		int32_t form, projections;
		const char *text;
	} bad[] = {{-1, 1, "form is -1, must be EGM_SCORE_EXPLICIT (1) or EGM_SCORE_SLICED (2)"},
	           {3, 1, "form is 3, must be EGM_SCORE_EXPLICIT (1) or EGM_SCORE_SLICED (2)"},
	           {EGM_SCORE_SLICED, -1, "projections is -1, must be in [1, 64]"},
	           {EGM_SCORE_SLICED, 65, "projections is 65, must be in [1, 64]"}};
	egm_score_matching_options o;
	nets[0] = dense_net(context, "energy", 2, (int64_t[]){2, 1}, NULL, EGM_F64, 1);
	o = (egm_score_matching_options)EGM_SCORE_MATCHING_OPTIONS_INIT;
	ck_assert(o.form == EGM_SCORE_SLICED && o.projections == 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		o.form = bad[i].form;
		o.projections = bad[i].projections;
		REJECTED(egm_loss_score_matching(&loss, nets[0], &o), EGM_ERR_ARGUMENT, bad[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("score_matching");
	TCase *t = tcase_create("score_matching");
	tcase_set_tags(t, "K1 E29");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_score_matching__gradient_equals_differences, 0, 20);
	tcase_add_test(t, test_score_matching__explicit_value);
	tcase_add_loop_test(t, test_score_matching__sliced_value_is_unbiased, 0, 2);
	tcase_add_loop_test(t, test_score_matching__quadratic_energy, 0, 2);
	tcase_add_loop_test(t, test_score_matching__best_quadratic_energy, 0, 2);
	tcase_add_test(t, test_score_matching__relu_nets_see_no_laplacian);
	tcase_add_test(t, test_score_matching__explicit_takes_64_dimensions);
	tcase_add_test(t, test_score_matching__rejects);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
