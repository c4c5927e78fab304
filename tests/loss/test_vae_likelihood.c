/* SPDX-License-Identifier: MIT */
/* The importance-weighted bound: exact if the encoder is exact, otherwise below and rising with S, and for each row
 * independent of the other rows. */
#include "loss_support.h"
#include "ppca.h"

enum { ROWS = 150 }; /* three chunks, the last not full */

static egm_context *context;
static egm_model *encoder, *decoder;
static egm_loss *loss;
static egm_vae_options options;
static egm_test_allocator a;

static void setup(void)
{
	context = new_context();
	encoder = decoder = NULL;
	loss = NULL;
	options = (egm_vae_options)EGM_VAE_OPTIONS_INIT;
}

static void teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(encoder);
	egm_model_free(decoder);
	egm_context_free(context);
}

static void create(void)
{
	ck_assert_msg(egm_loss_vae(&loss, encoder, decoder, &options) == EGM_OK, "%s", egm_last_error());
}

static void put(egm_model *m, const char *tensor, int n, const double *values)
{
	float narrow[64];
	for (int i = 0; i < n; i++) narrow[i] = (float)values[i];
	const void *numbers = egm_model_dtype(m) == EGM_F32 ? (const void *)narrow : (const void *)values;
	ck_assert_int_eq(egm_model_set_tensor(m, tensor, egm_array_of(egm_model_dtype(m), numbers, n, 1)), EGM_OK);
}

/* `wider` is added to the logarithms of the encoder's variances */
static void at_principal_components(double angle, double wider, egm_dtype dtype)
{
	ppca p = ppca_solution(angle);
	for (int j = PPCA_K; j < 2 * PPCA_K; j++) p.encoder_bias[j] += wider;
	encoder = dense_net(context, "encoder", 2, (int64_t[]){PPCA_D, 2 * PPCA_K}, NULL, dtype, 1);
	decoder = dense_net(context, "decoder", 2, (int64_t[]){PPCA_K, PPCA_D}, NULL, dtype, 1);
	put(encoder, "0.weight", 2 * PPCA_K * PPCA_D, p.encoder);
	put(encoder, "0.bias", 2 * PPCA_K, p.encoder_bias);
	put(decoder, "0.weight", PPCA_D * PPCA_K, p.decoder);
	put(decoder, "0.bias", PPCA_D, (double[PPCA_D]){0});
	create();
}

static void bound(const double *x, int64_t rows, int64_t columns, int64_t samples, uint64_t seed, double *out)
{
	egm_status st = egm_loss_vae_log_likelihood(loss, egm_f64(x, rows, columns), samples, seed,
	                                            egm_f64_out(out, rows, 1), NULL, NULL);
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
}

static void scatter(double *x, int64_t n)
{
	uint64_t random = 9;
	for (int64_t i = 0; i < n; i++) x[i] = 2 * random_normal(&random);
}

/* ---- the value */

/* K15. q(x|z) N(z) / p(z|x) = q(x) whatever z is: any S gives log q(x), at any point. Squares of up to 50 in doubles,
 * 1e-13; in f32 fifty times 6e-8 times a handful of roundings. */
START_TEST(test_vae_likelihood__exact_posterior_is_exact)
{
	static double x[ROWS * PPCA_D], out[ROWS];
	static float narrow[ROWS * PPCA_D];
	const int64_t samples = _i / 2 ? 7 : 1;
	egm_dtype dtype = _i % 2 ? EGM_F32 : EGM_F64;
	double mean = 0, tolerance = dtype == EGM_F32 ? 2e-5 : 1e-13;
	at_principal_components(0, 0, dtype);
	scatter(x, (int64_t)ROWS * PPCA_D);
	ppca_points(x);
	for (int i = 0; i < ROWS * PPCA_D; i++) narrow[i] = (float)x[i];
	ck_assert_int_eq(egm_loss_vae_log_likelihood(
	                     loss, egm_array_of(dtype, dtype == EGM_F32 ? (void *)narrow : (void *)x, ROWS, PPCA_D),
	                     samples, 3, egm_f64_out(out, ROWS, 1), NULL, NULL),
	                 EGM_OK);
	for (int i = 0; i < ROWS; i++) {
		double want = ppca_log_density(x + (ptrdiff_t)i * PPCA_D);
		ck_assert_msg(fabs(out[i] - want) <= tolerance * fmax(1, fabs(want)), "row %d: %.12g, not %.12g", i, out[i],
		              want);
	}
	for (int i = 0; i < PPCA_POINTS; i++) mean += out[i] / PPCA_POINTS;
	ck_assert(fabs(mean - PPCA_LOG_LIKELIHOOD) <= fmax(5e-8, 8 * tolerance)); /* the value has 7 decimals */
}
END_TEST

/* At 45 degrees and variances too wide by exp(1/2), one draw lacks KL(N(m, D) || N(m, M^-1)), D = exp(1/2) / M_ii, in
 * the mean: the gap of a diagonal encoder and (exp w - 1 - w)/2 for each dimension. Each larger S adds what five
 * standard errors of the difference cannot be; and the likelihood stays above. */
START_TEST(test_vae_likelihood__rises_with_samples)
{
	enum { N = 512 * PPCA_POINTS };
	static double x[N * PPCA_D], out[3][N];
	sample_mean level[3] = {{0}}, rise[2] = {{0}};
	const double wider = 0.5, lacks = 0.5 * log(9.0 / 8) + exp(wider) - 1 - wider;
	at_principal_components(acos(-1.0) / 4, wider, EGM_F64);
	for (int i = 0; i < N / PPCA_POINTS; i++) ppca_points(x + (ptrdiff_t)i * PPCA_POINTS * PPCA_D);
	for (int k = 0; k < 3; k++) {
		bound(x, N, PPCA_D, (int64_t[]){1, 4, 64}[k], (uint64_t)k, out[k]);
		for (int i = 0; i < N; i++) sample_mean_add(&level[k], out[k][i] - ppca_log_density(x + (ptrdiff_t)i * PPCA_D));
	}
	sample_mean_check("S = 1", &level[0], -lacks, 0.015);
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < N; i++) sample_mean_add(&rise[k], out[k + 1][i] - out[k][i]);
		double mean = rise[k].sum / N, se = sqrt((rise[k].squares / N - mean * mean) / (N - 1));
		ck_assert_msg(mean > 5 * se, "from S = %d: %g +- %g", k ? 4 : 1, mean, se);
	}
	/* Of S weights of relative variance v the bound lacks about v/2S; v = det M sqrt(det D) / sqrt(det(2M - D^-1)) - 1
	 * = 0.2: 0.1 (0.21 in truth), 0.025 and 0.0016. The gate adds five standard errors of 0.002. */
	double mean = level[2].sum / N, se = sqrt((level[2].squares / N - mean * mean) / (N - 1));
	ck_assert(mean <= 5 * se && mean >= -0.012);
}
END_TEST

/* Bernoulli: two pixels over one latent. log q(x) by the trapezoid over [-12, 12], whose error for smooth and decaying
 * functions is below rounding; 4000 draws leave a standard error of 0.01 or less. */
START_TEST(test_vae_likelihood__bernoulli_against_quadrature)
{
	const double x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, w[2] = {1.5, -0.7}, b[2] = {0.2, 0.4};
	double out[4], sum = 0;
	options.decoder = EGM_DECODER_BERNOULLI;
	options.beta = 3; /* has no part in it */
	encoder = dense_net(context, "encoder", 2, (int64_t[]){2, 2}, NULL, EGM_F64, 1);
	decoder = dense_net(context, "decoder", 2, (int64_t[]){1, 2}, NULL, EGM_F64, 1);
	SET_TENSOR(encoder, "0.weight", 0.5, -0.3, 0, 0);
	SET_TENSOR(encoder, "0.bias", 0, 0);
	set_tensor(decoder, "0.weight", 2, w);
	set_tensor(decoder, "0.bias", 2, b);
	create();
	bound(x[0], 4, 2, 4000, 1, out);
	for (int i = 0; i < 4; i++) {
		double q = 0;
		for (double z = -12; z <= 12; z += 0.01) {
			double p = 0.01 * exp(-0.5 * z * z) / sqrt(2 * acos(-1.0));
			for (int j = 0; j < 2; j++) p /= 1 + exp((x[i][j] > 0 ? -1 : 1) * (w[j] * z + b[j]));
			q += p;
		}
		ck_assert_msg(fabs(out[i] - log(q)) <= 0.05, "row %d: %g, not %g", i, out[i], log(q));
		sum += exp(out[i]);
	}
	ck_assert(fabs(sum - 1) <= 0.05);
}
END_TEST

/* ---- rows and draws */

START_TEST(test_vae_likelihood__a_row_does_not_see_the_others)
{
	static double x[ROWS * PPCA_D], all[ROWS], few[ROWS], moved[ROWS];
	at_principal_components(0.5, 1, EGM_F64);
	scatter(x, (int64_t)ROWS * PPCA_D);
	bound(x, ROWS, PPCA_D, 5, 3, all);
	bound(x, 70, PPCA_D, 5, 3, few);
	ck_assert_mem_eq(all, few, 70 * sizeof *all);
	for (int i = 0; i < ROWS; i++)
		if (i != 10 && i != 140) x[i * PPCA_D] += 1;
	bound(x, ROWS, PPCA_D, 5, 3, moved);
	for (int i = 0; i < ROWS; i++) ck_assert_int_eq(moved[i] == all[i], i == 10 || i == 140);
	bound(x, ROWS, PPCA_D, 5, 4, few);
	for (int i = 0; i < ROWS; i++) ck_assert(few[i] != moved[i]); /* another seed */
	bound(x, ROWS, PPCA_D, 5, 4, all);
	ck_assert_mem_eq(all, few, sizeof all);
	for (int i = 0; i < ROWS; i++) memcpy(x + (ptrdiff_t)i * PPCA_D, x, PPCA_D * sizeof *x);
	bound(x, ROWS, PPCA_D, 5, 4, all); /* the same point in every row and chunk has other draws each time */
	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < i; j++) ck_assert(all[i] != all[j]);
}
END_TEST

/* A mean of S weights is at least one of them over S: with an encoder so wide that weights differ by many nats, this
 * would fail in many rows if S changed the draws. */
START_TEST(test_vae_likelihood__more_samples_keep_the_first)
{
	static double x[ROWS * PPCA_D], one[ROWS], four[ROWS];
	at_principal_components(0, 5, EGM_F64);
	scatter(x, (int64_t)ROWS * PPCA_D);
	bound(x, ROWS, PPCA_D, 1, 3, one);
	bound(x, ROWS, PPCA_D, 4, 3, four);
	for (int i = 0; i < ROWS; i++) ck_assert(four[i] >= one[i] - log(4) - 1e-12 * fabs(one[i]));
}
END_TEST

/* ---- rejections */

static void rejected(egm_status got, egm_status want, const char *text)
{
	ck_assert_int_eq(got, want);
	ck_assert_str_eq(egm_last_error(), text);
}

START_TEST(test_vae_likelihood__rejects_arguments_by_name)
{
	double x[PPCA_D] = {0}, out[2];
	float narrow[PPCA_D] = {0};
	egm_loss *dsm = NULL;
	at_principal_components(0, 0, EGM_F64);
	rejected(egm_loss_vae_log_likelihood(NULL, egm_f64(x, 1, PPCA_D), 1, 0, egm_f64_out(out, 1, 1), NULL, NULL),
	         EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: loss is NULL");
	rejected(egm_loss_vae_log_likelihood(loss, egm_array_of(EGM_F64, NULL, 1, PPCA_D), 1, 0, egm_f64_out(out, 1, 1),
	                                     NULL, NULL),
	         EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: x is NULL");
	rejected(
	    egm_loss_vae_log_likelihood(loss, egm_f64(x, 1, PPCA_D), 1, 0, egm_out_of(EGM_F64, NULL, 1, 1), NULL, NULL),
	    EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: log_likelihoods is NULL");
	rejected(egm_loss_vae_log_likelihood(loss, egm_f32(narrow, 1, PPCA_D), 1, 0, egm_f64_out(out, 1, 1), NULL, NULL),
	         EGM_ERR_DTYPE, "egm_loss_vae_log_likelihood: x is f32, must be f64");
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, 1, 3), 1, 0, egm_f64_out(out, 1, 1), NULL, NULL),
	         EGM_ERR_SHAPE, "egm_loss_vae_log_likelihood: x has 3 columns, must have 4");
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, 0, PPCA_D), 1, 0, egm_f64_out(out, 0, 1), NULL, NULL),
	         EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: x has 0 rows of 4 numbers, must have at least 1 of each");
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, 1, PPCA_D), 0, 0, egm_f64_out(out, 1, 1), NULL, NULL),
	         EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: samples is 0, must be at least 1");
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, 1, PPCA_D), 1, 0, egm_f64_out(out, 2, 1), NULL, NULL),
	         EGM_ERR_SHAPE,
	         "egm_loss_vae_log_likelihood: log_likelihoods has room for 2 x 1 numbers, must have room for 1 x 1");
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, 1, PPCA_D), 1, 0, egm_f32_out(narrow, 1, 1), NULL, NULL),
	         EGM_ERR_DTYPE, "egm_loss_vae_log_likelihood: log_likelihoods is f32, must be f64");
	egm_model *energy = linear_net(context, "u", PPCA_D, x, 0);
	ck_assert_int_eq(egm_loss_dsm(&dsm, energy, NULL), EGM_OK);
	rejected(egm_loss_vae_log_likelihood(dsm, egm_f64(x, 1, PPCA_D), 1, 0, egm_f64_out(out, 1, 1), NULL, NULL),
	         EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: loss is dsm, must be vae");
	egm_loss_free(dsm);
	egm_model_free(energy);
}
END_TEST

START_TEST(test_vae_likelihood__rejects_numbers_by_their_place)
{
	static double x[ROWS * PPCA_D], out[ROWS];
	at_principal_components(0, 0, EGM_F64);
	x[100 * PPCA_D + 2] = _i ? INFINITY : NAN;
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, ROWS, PPCA_D), 1, 0, egm_f64_out(out, ROWS, 1), NULL, NULL),
	         EGM_ERR_NONFINITE,
	         _i ? "egm_loss_vae_log_likelihood: row 100, column 2 (from 0) of x is inf, must be finite"
	            : "egm_loss_vae_log_likelihood: row 100, column 2 (from 0) of x is nan, must be finite");
	x[100 * PPCA_D + 2] = 1e200; /* its square is not */
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, ROWS, PPCA_D), 1, 0, egm_f64_out(out, ROWS, 1), NULL, NULL),
	         EGM_ERR_NONFINITE,
	         "egm_loss_vae_log_likelihood: the log weight of row 100, draw 0 is -inf, must be finite");
}
END_TEST

START_TEST(test_vae_likelihood__rejects_what_is_no_share)
{
	double x[4] = {0, 1, 0.5, 1.5}, out[2];
	options.decoder = EGM_DECODER_BERNOULLI;
	encoder = dense_net(context, "encoder", 2, (int64_t[]){2, 2}, NULL, EGM_F64, 1);
	decoder = dense_net(context, "decoder", 2, (int64_t[]){1, 2}, NULL, EGM_F64, 1);
	create();
	rejected(egm_loss_vae_log_likelihood(loss, egm_f64(x, 2, 2), 1, 0, egm_f64_out(out, 2, 1), NULL, NULL),
	         EGM_ERR_ARGUMENT, "egm_loss_vae_log_likelihood: row 1, column 1 (from 0) of x is 1.5, must be in [0, 1]");
	x[3] = 1;
	ck_assert_int_eq(egm_loss_vae_log_likelihood(loss, egm_f64(x, 2, 2), 1, 0, egm_f64_out(out, 2, 1), NULL, NULL),
	                 EGM_OK);
}
END_TEST

/* ---- stops */

typedef struct stopper {
	int64_t at, done, total;
} stopper;

static int stop_from(const egm_progress *p, void *user)
{
	stopper *s = (stopper *)user;
	ck_assert(p->done > s->done && p->step == p->done);
	s->done = p->done;
	s->total = p->total;
	return p->done >= s->at;
}

/* Reports change no bit; after a stop the blocks of 64 rows are written whose 5 draws were done. */
START_TEST(test_vae_likelihood__stops)
{
	enum { SAMPLES = 5, DRAWS = 3 * SAMPLES };
	static double x[ROWS * PPCA_D], whole[ROWS], out[ROWS];
	at_principal_components(1, 0.3, EGM_F64);
	scatter(x, (int64_t)ROWS * PPCA_D);
	bound(x, ROWS, PPCA_D, SAMPLES, 4, whole);
	for (int64_t at = 1; at <= DRAWS + 1; at++) {
		stopper s = {.at = at};
		for (int i = 0; i < ROWS; i++) out[i] = NAN;
		egm_status st = egm_loss_vae_log_likelihood(loss, egm_f64(x, ROWS, PPCA_D), SAMPLES, 4,
		                                            egm_f64_out(out, ROWS, 1), stop_from, &s);
		ck_assert_int_eq(st, at <= DRAWS ? EGM_ERR_STOPPED : EGM_OK);
		ck_assert(s.total == DRAWS && s.done >= (at <= DRAWS ? at : DRAWS));
		int64_t rows = s.done / SAMPLES * 64 < ROWS ? s.done / SAMPLES * 64 : ROWS;
		ck_assert_mem_eq(out, whole, (size_t)rows * sizeof *out);
	}
}
END_TEST

static egm_status two_draws(void *x)
{
	double out[PPCA_POINTS];
	return egm_loss_vae_log_likelihood(loss, egm_f64(x, PPCA_POINTS, PPCA_D), 2, 0, egm_f64_out(out, PPCA_POINTS, 1),
	                                   NULL, NULL);
}

START_TEST(test_vae_likelihood__every_allocation_may_fail)
{
	double x[PPCA_POINTS * PPCA_D];
	teardown();
	context = egm_test_context(&a);
	at_principal_components(0, 0, EGM_F64);
	ppca_points(x);
	ck_assert_int_gt(egm_test_fail_each(&a, two_draws, x), 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vae_likelihood");
	TCase *t = tcase_create("bound");
	tcase_set_tags(t, "K15");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_vae_likelihood__exact_posterior_is_exact, 0, 4);
	tcase_add_test(t, test_vae_likelihood__rises_with_samples);
	tcase_add_test(t, test_vae_likelihood__bernoulli_against_quadrature);
	tcase_add_test(t, test_vae_likelihood__a_row_does_not_see_the_others);
	tcase_add_test(t, test_vae_likelihood__more_samples_keep_the_first);
	suite_add_tcase(s, t);
	tcase_add_test(t, test_vae_likelihood__stops);
	t = tcase_create("rejections");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_vae_likelihood__rejects_arguments_by_name);
	tcase_add_loop_test(t, test_vae_likelihood__rejects_numbers_by_their_place, 0, 2);
	tcase_add_test(t, test_vae_likelihood__rejects_what_is_no_share);
	tcase_add_test(t, test_vae_likelihood__every_allocation_may_fail);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
