/* SPDX-License-Identifier: MIT */
/* The distribution of every initialiser: moments up to the fourth and support; and what the draws depend on. */
#include <math.h>
#include <model/model_impl.h>
#include <reference.h>

enum { FAN_IN = 300, FAN_OUT = 200, N = FAN_IN * FAN_OUT };

/* 5 standard errors: one false alarm in 1.7 million for a comparison that is normal in the limit. */
static const double sigmas = 5;

static float weights32[N];
static double weights[N], bias[FAN_OUT];

/* Weights and bias of dense(FAN_OUT) on FAN_IN inputs, as doubles. */
static void draw(int32_t initializer, egm_dtype dtype, uint64_t seed)
{
	egm_context *context = new_context();
	egm_model *model;
	ck_assert_int_eq(egm_model_create(&model, context, "law", FAN_IN), EGM_OK);
	egm_model_set_initializer(model, initializer);
	egm_model_dense(model, FAN_OUT);
	ck_assert_int_eq(egm_model_build(model, dtype, seed), EGM_OK);
	void *raw = dtype == EGM_F32 ? (void *)weights32 : (void *)weights;
	ck_assert_int_eq(egm_model_tensor(model, "0.bias", egm_out_of(dtype, raw, FAN_OUT, 1)), EGM_OK);
	for (int i = 0; i < FAN_OUT; i++) bias[i] = at(dtype, raw, i);
	ck_assert_int_eq(egm_model_tensor(model, "0.weight", egm_out_of(dtype, raw, N, 1)), EGM_OK);
	if (dtype == EGM_F32)
		for (int i = 0; i < N; i++) weights[i] = weights32[i];
	egm_model_free(model);
	egm_context_free(context);
}

/* n numbers with mean 0, variance `variance` and fourth moment kappa * variance^2 (normal 3, uniform 9/5):
 * the mean has variance v/n, the mean square (kappa-1) v^2/n. */
static void check_moments(const double *w, int n, double variance, double kappa)
{
	double m1 = 0, m2 = 0, m4 = 0;
	for (int i = 0; i < n; i++) {
		m1 += w[i] / n;
		m2 += w[i] * w[i] / n;
		m4 += w[i] * w[i] * w[i] * w[i] / n;
	}
	ck_assert(fabs(m1) <= sigmas * sqrt(variance / n));
	ck_assert_msg(fabs(m2 / variance - 1) <= sigmas * sqrt((kappa - 1) / n), "variance %g, not %g", m2, variance);
	/* the sample kurtosis of normal numbers has variance 24/n, that of uniform ones less */
	ck_assert(fabs(m4 / (m2 * m2) - kappa) <= sigmas * sqrt(24.0 / n));
}

/* |w| <= b, up to the rounding of b to f32, and near b: none of n beyond b (1 - 20/n) has probability exp(-20). */
static void check_support(const double *w, int n, double b)
{
	double largest = 0;
	for (int i = 0; i < n; i++) largest = egm_test_worse(largest, fabs(w[i]));
	ck_assert(largest <= b * (1 + 0x1p-23));
	ck_assert(largest >= b * (1 - 20.0 / n));
}

static void check_zero(const double *w, int n)
{
	for (int i = 0; i < n; i++) ck_assert(w[i] == 0);
}

static void check_uniform(int32_t initializer, egm_dtype dtype, double b)
{
	draw(initializer, dtype, 11);
	check_moments(weights, N, b * b / 3, 1.8);
	check_support(weights, N, b);
}

static void check_normal(int32_t initializer, egm_dtype dtype, double variance)
{
	draw(initializer, dtype, 11);
	check_moments(weights, N, variance, 3);
	check_zero(bias, FAN_OUT);
}

static const egm_dtype dtypes[2] = {EGM_F32, EGM_F64};

START_TEST(test_initializers__default_is_that_of_pytorch)
{
	double b = 1 / sqrt(FAN_IN);
	check_uniform(EGM_INIT_FAN_IN_UNIFORM, dtypes[_i], b);
	check_moments(bias, FAN_OUT, b * b / 3, 1.8);
	check_support(bias, FAN_OUT, b);
}
END_TEST

START_TEST(test_initializers__follow_their_law)
{
	egm_dtype dtype = dtypes[_i];
	check_uniform(EGM_INIT_GLOROT_UNIFORM, dtype, sqrt(6.0 / 500));
	check_zero(bias, FAN_OUT);
	check_uniform(EGM_INIT_HE_UNIFORM, dtype, sqrt(6.0 / 300));
	check_zero(bias, FAN_OUT);
	check_normal(EGM_INIT_GLOROT_NORMAL, dtype, 2.0 / 500);
	check_normal(EGM_INIT_HE_NORMAL, dtype, 2.0 / 300);
	check_normal(EGM_INIT_LECUN_NORMAL, dtype, 1.0 / 300);
	check_normal(EGM_INIT_DCGAN_NORMAL, dtype, 4e-4);
	draw(EGM_INIT_ZEROS, dtype, 11);
	check_zero(weights, N);
	check_zero(bias, FAN_OUT);
}
END_TEST

START_TEST(test_initializers__seed_decides_alone)
{
	static double first[N];
	int equal = 0;
	draw(EGM_INIT_HE_NORMAL, EGM_F64, 5);
	memcpy(first, weights, sizeof first);
	draw(EGM_INIT_HE_NORMAL, EGM_F64, 5);
	ck_assert(!memcmp(first, weights, sizeof first));
	draw(EGM_INIT_HE_NORMAL, EGM_F64, 6);
	for (int i = 0; i < N; i++) equal += first[i] == weights[i];
	ck_assert_int_eq(equal, 0);
}
END_TEST

START_TEST(test_initializers__tensors_do_not_share_draws)
{
	net_spec net = {8, 3, {{"dense", 8, 0}, {"tanh", 0, 0}, {"dense", 8, 0}}};
	double a[64], b[64], c[64];
	int equal = 0;
	egm_context *context = new_context();
	egm_model *two = new_model(context, "two", &net, EGM_F64, 9);
	ck_assert_int_eq(egm_model_tensor(two, "0.weight", egm_f64_out(a, 64, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(two, "2.weight", egm_f64_out(b, 64, 1)), EGM_OK);
	for (int i = 0; i < 64; i++) equal += a[i] == b[i];
	ck_assert_int_eq(equal, 0);
	/* what follows a tensor does not change it */
	net.n = 1;
	egm_model *one = new_model(context, "one", &net, EGM_F64, 9);
	ck_assert_int_eq(egm_model_tensor(one, "0.weight", egm_f64_out(c, 64, 1)), EGM_OK);
	ck_assert(!memcmp(a, c, sizeof a));
	egm_model_free(one);
	egm_model_free(two);
	egm_context_free(context);
}
END_TEST

START_TEST(test_initializers__hold_for_the_layers_after_the_call)
{
	double w[3][16];
	egm_context *context = new_context();
	egm_model *model;
	ck_assert_int_eq(egm_model_create(&model, context, "order", 4), EGM_OK);
	egm_model_dense(model, 4);
	egm_model_set_initializer(model, EGM_INIT_ZEROS);
	egm_model_dense(model, 4);
	egm_model_set_initializer(model, EGM_INIT_DCGAN_NORMAL);
	egm_model_dense(model, 4);
	egm_model_set_initializer(model, EGM_INIT_ZEROS);
	ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(model, "0.weight", egm_f64_out(w[0], 16, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(model, "1.weight", egm_f64_out(w[1], 16, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(model, "2.weight", egm_f64_out(w[2], 16, 1)), EGM_OK);
	for (int i = 0; i < 16; i++) {
		ck_assert(w[0][i] != 0 && fabs(w[0][i]) <= 0.5);
		ck_assert(w[1][i] == 0);
		ck_assert(w[2][i] != 0 && fabs(w[2][i]) <= 0.02 * 6); /* beyond 6 deviations: 2e-9 */
	}
	egm_model_free(model);
	egm_context_free(context);
}
END_TEST

START_TEST(test_initializers__layer_norm_starts_as_identity)
{
	net_spec net = {5, 1, {{"layer_norm", 0, 1e-5}}};
	double w[10];
	egm_context *context = new_context();
	egm_model *model = new_model(context, "norm", &net, EGM_F64, 1);
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(w, 10, 1)), EGM_OK);
	for (int i = 0; i < 10; i++) ck_assert(w[i] == (i < 5 ? 1 : 0));
	egm_model_free(model);
	egm_context_free(context);
}
END_TEST

START_TEST(test_initializers__are_found_by_name)
{
	for (int32_t i = EGM_INIT_FAN_IN_UNIFORM; i <= EGM_INIT_ZEROS; i++) {
		ck_assert_ptr_nonnull(egm__initializer_name(i));
		ck_assert_int_eq(egm__initializer_find(egm__initializer_name(i)), i);
	}
	ck_assert_str_eq(egm__initializer_name(EGM_INIT_LECUN_NORMAL), "lecun_normal");
	ck_assert_ptr_null(egm__initializer_name(0));
	ck_assert_ptr_null(egm__initializer_name(EGM_INIT_ZEROS + 1));
	ck_assert_ptr_null(egm__initializer_name(INT32_MIN));
	ck_assert_int_eq(egm__initializer_find("xavier"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("initializers");
	TCase *tc = tcase_create("initializers");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_initializers__default_is_that_of_pytorch, 0, 2);
	tcase_add_loop_test(tc, test_initializers__follow_their_law, 0, 2);
	tcase_add_test(tc, test_initializers__seed_decides_alone);
	tcase_add_test(tc, test_initializers__tensors_do_not_share_draws);
	tcase_add_test(tc, test_initializers__hold_for_the_layers_after_the_call);
	tcase_add_test(tc, test_initializers__layer_norm_starts_as_identity);
	tcase_add_test(tc, test_initializers__are_found_by_name);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
