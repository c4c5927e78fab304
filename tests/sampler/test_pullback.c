/* SPDX-License-Identifier: MIT */
/* The pullback density against determinants from differences of the generator, and in closed form. */
#include <oracle/interpret.h>
#include <oracle/listing.h>
#include <target_support.h>

/* log det J^T J, J [m, k] of the generator by differences, by elimination with pivots in long double. */
static double reference_log_det(const egm_model *g, const double *z)
{
	int64_t k = egm_model_inputs(g), m = egm_model_outputs(g);
	double moved[8], up[32], down[32], h = 1e-5;
	long double jacobian[32][8], a[8][8], sum = 0;
	for (int64_t j = 0; j < k; j++) {
		memcpy(moved, z, (size_t)k * sizeof *z);
		moved[j] = z[j] + h;
		ck_assert_egm(egm_model_run(g, egm_f64(moved, 1, k), egm_f64_out(up, 1, egm_model_outputs(g))));
		moved[j] = z[j] - h;
		ck_assert_egm(egm_model_run(g, egm_f64(moved, 1, k), egm_f64_out(down, 1, egm_model_outputs(g))));
		for (int64_t i = 0; i < m; i++) jacobian[i][j] = ((long double)up[i] - down[i]) / (2 * h);
	}
	for (int64_t i = 0; i < k; i++)
		for (int64_t j = 0; j < k; j++) {
			a[i][j] = 0;
			for (int64_t l = 0; l < m; l++) a[i][j] += jacobian[l][i] * jacobian[l][j];
		}
	for (int64_t c = 0; c < k; c++) {
		int64_t pivot = c;
		for (int64_t i = c; i < k; i++)
			if (fabsl(a[i][c]) > fabsl(a[pivot][c])) pivot = i;
		for (int64_t j = 0; j < k; j++) {
			long double kept = a[c][j];
			a[c][j] = a[pivot][j];
			a[pivot][j] = kept;
		}
		sum += logl(fabsl(a[c][c]));
		for (int64_t i = c + 1; i < k; i++)
			for (int64_t j = k - 1; j >= c; j--) a[i][j] -= a[i][c] / a[c][c] * a[c][j];
	}
	return (double)sum;
}

START_TEST(test_pullback__matches_a_dense_jacobian)
{
	static const struct {
		int64_t k, m;
		const char *generator;
	} cases[] = {{1, 1, "6 tanh 1"},     {1, 5, "6 tanh 5"},          {2, 2, "7 tanh 2"},   {2, 5, "7 tanh norm 5"},
	             {3, 4, "9 softplus 4"}, {5, 9, "9 tanh 9 softplus"}, {8, 12, "12 tanh 12"}};
	const double beta = 1.7;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		int64_t k = cases[c].k, m = cases[c].m;
		egm_model *u = net(context, "u", m, "6 tanh 1", EGM_F64),
		          *g = net(context, "g", k, cases[c].generator, EGM_F64);
		egm_target_options o = target_options();
		egm_target *t;
		double z[24], x[36], energy[3], v[3];
		o.beta = beta;
		draw_all(5 + c, 3 * k, 1, z);
		ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, &o));
		ck_assert_egm(egm_model_run(g, egm_f64(z, 3, k), egm_f64_out(x, 3, egm_model_outputs(g))));
		ck_assert_egm(egm_model_energy(u, egm_f64(x, 3, m), egm_f64_out(energy, 3, 1)));
		ck_assert_egm(egm_target_evaluate(t, egm_f64(z, 3, egm_target_dims(t)), egm_f64_out(v, 3, 1), egm_no_out()));
		for (int i = 0; i < 3; i++) {
			double want = beta * energy[i] - reference_log_det(g, z + i * k) / 2;
			/* entries of J to 1e-9, and a condition number of J^T J of some thousands for k = 8 */
			ck_assert_msg(fabs(v[i] - want) <= 1e-6, "k %lld: %.12g, want %.12g", (long long)k, v[i], want);
		}
		check_gradient(t, z, 3);
		egm_target_free(t);
		egm_model_free(u);
		egm_model_free(g);
	}
}
END_TEST

/* G z = A z + b with A = [[2, 1], [0, 3], [1, -1]]: A^T A = [[5, 1], [1, 11]], whose determinant is 54. */
START_TEST(test_pullback__linear_generator)
{
	const double a[] = {2, 1, 0, 3, 1, -1, 0.3, -0.2, 0.5}, weights[] = {1, 2, -1, 0.25};
	egm_model *u = net(context, "u", 3, "1", EGM_F64), *g = net(context, "g", 2, "3", EGM_F64);
	egm_target *t;
	double z[2] = {0.7, -1.1}, v, gradient[2];
	set_all(g, a);
	set_all(u, weights);
	ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, NULL));
	ck_assert_egm(egm_target_evaluate(t, egm_f64(z, 1, egm_target_dims(t)), egm_f64_out(&v, 1, 1),
	                                  egm_f64_out(gradient, 1, egm_target_dims(t))));
	double x[3] = {2 * z[0] + z[1] + 0.3, 3 * z[1] - 0.2, z[0] - z[1] + 0.5};
	double want = x[0] + 2 * x[1] - x[2] + 0.25 - log(54.) / 2;
	ck_assert(fabs(v - want) <= 1e-14 * 20);
	ck_assert(fabs(gradient[0] - 1) <= 1e-14 * 10); /* (1, 2, -1) A, and nothing from a constant determinant */
	ck_assert(fabs(gradient[1] - 8) <= 1e-14 * 10);
	egm_target_free(t);
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

/* J e_j comes from differentiating J^T w by w, noise that must be gone from what is computed. */
START_TEST(test_pullback__draws_no_noise)
{
	static char listing[100000];
	egm_model *u = net(context, "u", 3, "4 tanh 1", EGM_F64);
	egm_model *g = net(context, "g", 2, "6 tanh 5 softplus 4 norm 4 sigmoid 4 relu 3", EGM_F64);
	egm_target *t;
	egm__probe *p;
	ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, NULL));
	ck_assert_egm(egm__probe_create(&p, t, 5, NULL));
	ck_assert_uint_lt(egm__program_describe(p->program, listing, sizeof listing), sizeof listing);
	ck_assert_ptr_null(strstr(listing, "noise"));
	egm__probe_free(p);
	egm_target_free(t);
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* G(z) = softplus(z), each coordinate alone: J = diag(sigmoid z), and with U = sum x
 * V = sum softplus(z) - log sigmoid(z), dV/dz = sigmoid(z) - (1 - sigmoid(z)). */
START_TEST(test_pullback__softplus_in_closed_form)
{
	for (int64_t k = 1; k <= 8; k++) {
		double z[16], v[2], gradient[16], ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
		egm_model *u = net(context, "u", k, "1", EGM_F64), *g = net(context, "g", k, "softplus", EGM_F64);
		egm_target *t;
		ones[k] = 0; /* the bias */
		set_all(u, ones);
		draw_all(20, 2 * k, 3, z);
		ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, NULL));
		ck_assert_egm(egm_target_evaluate(t, egm_f64(z, 2, egm_target_dims(t)), egm_f64_out(v, 2, 1),
		                                  egm_f64_out(gradient, 2, egm_target_dims(t))));
		for (int64_t row = 0; row < 2; row++) {
			double want = 0;
			for (int64_t j = row * k; j < (row + 1) * k; j++) {
				want += log1p(exp(z[j])) - log(sigmoid(z[j]));
				ck_assert(fabs(gradient[j] - (2 * sigmoid(z[j]) - 1)) <= 1e-13);
			}
			ck_assert(fabs(v[row] - want) <= 1e-13 * (1 + want));
		}
		egm_target_free(t);
		egm_model_free(u);
		egm_model_free(g);
	}
}
END_TEST

/* ---- singular Jacobians */

static void expect_singular(egm_model *u, egm_model *g, const double *z, int finite)
{
	egm_dtype dtype = egm_model_dtype(g);
	egm_target *t;
	double point[8], v, gradient[8];
	store(dtype, egm_model_inputs(g), z, point);
	ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, NULL));
	ck_assert_egm(egm_target_evaluate(t, egm_array_of(dtype, point, 1, egm_target_dims(t)), egm_out_of(dtype, &v, 1, 1),
	                                  egm_out_of(dtype, gradient, 1, egm_target_dims(t))));
	double value = number_at(dtype, &v, 0);
	ck_assert_msg(finite ? isfinite(value) : value == INFINITY, "%g", value);
	egm_target_free(t);
}

/* Dead units make J zero; a waist of one unit makes its columns parallel, up to roundings that must not pass for a
 * determinant. */
START_TEST(test_pullback__singular_is_infinite)
{
	egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	egm_model *u = net(context, "u", 3, "4 tanh 1", dtype), *dead = net(context, "dead", 2, "3 relu", dtype);
	egm_model *waist = net(context, "waist", 2, "1 tanh 3", dtype),
	          *three = net(context, "three", 3, "2 tanh 3", dtype);
	const double off[] = {1, 0, 0, 1, 1, 1, -1, -1, -1};
	set_all(dead, off);
	expect_singular(u, dead, (const double[]){-5, -5}, 0);
	expect_singular(u, dead, (const double[]){5, 5}, 1);
	expect_singular(u, dead, (const double[]){5, -5}, 0); /* only the first unit is alive */
	uint64_t seed = 9;
	for (int i = 0; i < 50; i++) {
		double z[3] = {draw(&seed), draw(&seed), draw(&seed)};
		expect_singular(u, waist, z, 0);
		expect_singular(u, three, z, 0);
	}
	egm_model_free(u);
	egm_model_free(dead);
	egm_model_free(waist);
	egm_model_free(three);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler/pullback");
	TCase *tc = fixture_case(suite, "pullback", "E7 K11", setup, teardown);
	tcase_add_test(tc, test_pullback__matches_a_dense_jacobian);
	tcase_add_test(tc, test_pullback__draws_no_noise);
	tcase_add_test(tc, test_pullback__linear_generator);
	tcase_add_test(tc, test_pullback__softplus_in_closed_form);
	tcase_add_loop_test(tc, test_pullback__singular_is_infinite, 0, 2);
	return egm_test_main(suite);
}
