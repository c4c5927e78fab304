/* SPDX-License-Identifier: MIT */
/* The fitted histogram against a plain implementation in double, also at samples on edges and far outside. Gradients
 * are compared with differences in test_systems.c, for five bins. */
#include "loss_support.h"

#include <stdio.h>

enum { MAX_BINS = 16, BATCH = 7 };

static egm_context *context;
static egm_model *generator;
static egm_loss *loss;
static egm_histogram_options options;
static int bins;
static const double *given; /* [bins] masses */
static phase_io io;

static void setup(void)
{
	context = new_context();
	generator = NULL;
	loss = NULL;
	options = (egm_histogram_options)EGM_HISTOGRAM_OPTIONS_INIT;
	memset(&io, 0, sizeof io);
	io.batch = BATCH, io.seed = 5, io.step = 6;
}

static void teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(generator);
	egm_context_free(context);
}

/* x = slope z + shift */
static void create(double slope, double shift)
{
	if (!generator) generator = linear_net(context, "generator", 1, &slope, shift);
	ck_assert_msg(egm_loss_histogram(&loss, generator, egm_f64(given, bins, 1), &options) == EGM_OK, "%s",
	              egm_last_error());
}

static void latent(double *z, int64_t n)
{
	void *bases[EGM__MAX_SLOTS] = {[1] = z};
	egm__graph *g = NULL;
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F64), EGM_OK);
	egm__graph_output(g, egm__normal(g, 0, egm__shape2(n, 1)), 1, 0);
	ck_assert_int_eq(egm__graph_interpret(g, bases, io.seed, io.step), EGM_OK);
	egm__graph_free(g);
}

/* ---- the plain implementation */

static double phi(double x)
{
	return 0.5 * erfc(-x * sqrt(0.5));
}

/* shares of samples x, before the floor */
static void naive_shares(const double *x, int n, double *q)
{
	double width = (options.upper - options.lower) / bins, h = options.bandwidth * width;
	for (int b = 0; b < bins; b++) {
		double low = options.lower + b * width, high = options.lower + (b + 1) * width;
		q[b] = 0;
		for (int i = 0; i < n; i++) {
			double above = b == bins - 1 ? 1 : phi((high - x[i]) / h);
			q[b] += (above - (b == 0 ? 0 : phi((low - x[i]) / h))) / n;
		}
	}
}

static double naive_kl(const double *a, const double *b)
{
	double sum = 0;
	for (int i = 0; i < bins; i++) sum += a[i] * log(a[i] / b[i]);
	return sum;
}

static double naive_divergence(const double *masses, const double *shares)
{
	double p[MAX_BINS], q[MAX_BINS], m[MAX_BINS], sum = 0;
	for (int i = 0; i < bins; i++) sum += masses[i];
	for (int i = 0; i < bins; i++) {
		p[i] = (1 - options.floor) * masses[i] / sum + options.floor / bins;
		q[i] = (1 - options.floor) * shares[i] + options.floor / bins;
		m[i] = (p[i] + q[i]) / 2;
	}
	if (options.divergence == EGM_DIVERGENCE_KL) return naive_kl(p, q);
	if (options.divergence == EGM_DIVERGENCE_REVERSE_KL) return naive_kl(q, p);
	if (options.divergence == EGM_DIVERGENCE_JEFFREYS) return naive_kl(p, q) + naive_kl(q, p);
	return (naive_kl(p, m) + naive_kl(q, m)) / 2;
}

/* ---- values */

static const double masses[5] = {1, 0, 3, 2, 0.5};

START_TEST(test_histogram__value_equals_the_plain_one)
{
	static const double generators[4][2] = {{0.5, 0.1}, {0, 0.2}, {5, -3}, {0, 50}}; /* spread, on an edge, wide, out */
	double x[BATCH], q[5];
	options.divergence = EGM_DIVERGENCE_KL + _i % 4;
	bins = 5;
	given = masses;
	options.lower = -2, options.upper = 3;
	options.bandwidth = _i % 3 ? 0.5 : 0.05;
	options.floor = 0.01;
	create(generators[_i / 4][0], generators[_i / 4][1]);
	latent(x, BATCH);
	for (int i = 0; i < BATCH; i++) x[i] = generators[_i / 4][0] * x[i] + generators[_i / 4][1];
	naive_shares(x, BATCH, q);
	run_phase(loss, 0, &io);
	/* logarithms of shares of at least .002 that cancel to 1e-16: 1e-13; erfc against erf: 1e-15 of a share */
	double want = naive_divergence(masses, q);
	ck_assert_msg(fabs(io.terms[0] - want) <= 1e-12, "%.15g, not %.15g", io.terms[0], want);
}
END_TEST

/* Where all samples are out of reach there is nothing to follow: the gradient is 0 and finite. On an edge, and next to
 * it, it is the derivative of the value. */
START_TEST(test_histogram__gradient_equals_differences)
{
	static const double shifts[4] = {0.2, -2, 3, 1.7};
	phase_objective o = {1, {0}, {1}};
	options.divergence = EGM_DIVERGENCE_KL + _i % 4;
	bins = 5;
	given = masses;
	options.lower = -2, options.upper = 3;
	options.floor = 0.01;
	create(_i % 2 ? 0.3 : 0, shifts[_i / 4]);
	check_gradients(loss, 0, &o, &io);
	SET_TENSOR(generator, "0.bias", 1e6);
	run_phase(loss, 0, &io);
	ck_assert(io.gradient[0][0] == 0 && io.gradient[0][1] == 0 && isfinite(io.terms[0]));
}
END_TEST

/* One sample far below, all in the first bin; far above, all in the last; the masses the same, so 0. The outermost bins
 * reach to infinity: shares sum to 1 wherever the sample is, or the divergence would not be 0. */
START_TEST(test_histogram__mass_outside_counts_to_the_outermost)
{
	const double first[4] = {2, 0, 0, 0}, last[4] = {0, 0, 0, 7};
	options.divergence = EGM_DIVERGENCE_KL + _i % 4;
	bins = 4;
	given = _i / 4 ? last : first;
	create(0, _i / 4 ? 1e8 : -1e8);
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0]) <= 1e-15);
}
END_TEST

/* The gradient goes towards the missing mass: bins of [-1, 1] with all of it on the right, G at 0. */
START_TEST(test_histogram__generator_moves_to_the_masses)
{
	const double right[4] = {0, 0, 0, 1};
	options.divergence = EGM_DIVERGENCE_KL + _i;
	bins = 4;
	given = right;
	create(0, 0.3);
	run_phase(loss, 0, &io);
	ck_assert(io.gradient[0][1] < -0.1);
}
END_TEST

/* E20: {.1, .9} against {0, 1}. JS is .035974; what often goes by its name, half of the sum of both divergences, is
 * infinite, and shows here as growing by .1 ln 10 for each tenth of the floor. */
START_TEST(test_histogram__js_is_the_true_one)
{
	const double p[2] = {0.1, 0.9};
	double jeffreys[2];
	bins = 2;
	given = p;
	options.divergence = EGM_DIVERGENCE_JS;
	options.floor = 1e-12;
	create(0, 100); /* all in the second bin */
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] - 0.035974) <= 5e-7);
	options.divergence = EGM_DIVERGENCE_JEFFREYS;
	for (int i = 0; i < 2; i++) {
		egm_loss_free(loss);
		options.floor = i ? 1e-9 : 1e-8;
		create(0, 100);
		run_phase(loss, 0, &io);
		jeffreys[i] = io.terms[0];
	}
	ck_assert(fabs(jeffreys[1] - jeffreys[0] - 0.1 * log(10)) <= 1e-6);
	ck_assert(jeffreys[1] > 1.5);
}
END_TEST

/* JS of distributions that share no bin is ln 2, less what the floor makes them share: below floor ln(1/floor) times
 * some. */
START_TEST(test_histogram__js_of_disjoint_laws_is_log_two)
{
	const double p[2] = {1, 0};
	bins = 2;
	given = p;
	options.divergence = EGM_DIVERGENCE_JS;
	options.floor = 1e-9;
	create(0, 100);
	run_phase(loss, 0, &io);
	ck_assert(io.terms[0] <= log(2) && io.terms[0] >= log(2) - 1e-7);
}
END_TEST

/* Uniform masses against G on [0, 1] spread evenly by the kernel: the expected divergence of B draws over K bins is
 * (K - 1)/2B when samples are counted whole. The kernel smooths the counts, so that here it is less. */
START_TEST(test_histogram__floor_of_a_batch_is_at_most_the_counting_one)
{
	enum { K = 8, B = 200 };
	double p[K];
	sample_mean m = {0};
	bins = K;
	given = p;
	options.lower = -4, options.upper = 4;
	options.bandwidth = 0.02; /* hardly any kernel */
	options.floor = 1e-9;
	for (int i = 0; i < K; i++) p[i] = phi(i == K - 1 ? 100 : -3 + i) - phi(i == 0 ? -100 : -4 + i);
	options.divergence = EGM_DIVERGENCE_REVERSE_KL; /* KL(q || p): finite where q has nothing */
	create(1, 0);
	io.batch = B;
	for (io.step = 1; io.step <= 400; io.step++) {
		run_phase(loss, 0, &io);
		sample_mean_add(&m, io.terms[0]);
	}
	/* bins of mass .0013 are seldom hit, where the expansion behind (K - 1)/2B is coarse: within a fifth */
	double want = (K - 1) / (2.0 * B), mean = m.sum / m.n;
	ck_assert_msg(fabs(mean - want) <= 0.2 * want, "%g, not %g", mean, want);
}
END_TEST

/* ---- what is given */

START_TEST(test_histogram__masses_are_copied_and_normalised)
{
	double numbers[3] = {1, 2, 1}, before;
	bins = 3;
	given = numbers;
	create(0.5, 0.1);
	run_phase(loss, 0, &io);
	before = io.terms[0];
	numbers[0] = 100;
	run_phase(loss, 0, &io);
	ck_assert(io.terms[0] == before);
	egm_loss_free(loss);
	numbers[0] = 1e300, numbers[1] = 2e300, numbers[2] = 1e300;
	create(0.5, 0.1);
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] - before) <= 1e-15);
}
END_TEST

static void rejected_as(egm_model *net, egm_array masses_of, egm_status want, const char *text)
{
	char all[300];
	snprintf(all, sizeof all, "egm_loss_histogram: %s", text);
	ck_assert_int_eq(egm_loss_histogram(&loss, net, masses_of, &options), want);
	ck_assert_ptr_null(loss);
	ck_assert_str_eq(egm_last_error(), all);
}

static void rejected(egm_model *net, const char *text)
{
	rejected_as(net, egm_f64(given, bins, 1), EGM_ERR_ARGUMENT, text);
}

START_TEST(test_histogram__rejects_masses_that_are_none)
{
	double numbers[3] = {1, 2, 1};
	generator = linear_net(context, "generator", 1, numbers, 0);
	bins = 3;
	given = numbers;
	rejected_as(generator, egm_no_array(), EGM_ERR_ARGUMENT, "masses is NULL");
	rejected_as(generator, egm_f64(numbers, 1, 1), EGM_ERR_SHAPE, "masses has 1 numbers, must have 2 to 1048576");
	rejected_as(generator, egm_f64(numbers, 1 << 20, 2), EGM_ERR_SHAPE,
	            "masses has 2097152 numbers, must have 2 to 1048576");
	rejected_as(generator, egm_f64(numbers, 0, 1), EGM_ERR_ARGUMENT,
	            "masses has 0 rows of 1 numbers, must have at least 1 of each");
	rejected_as(generator, egm_array_of((egm_dtype)3, numbers, 3, 1), EGM_ERR_ARGUMENT,
	            "masses has dtype 3, must be EGM_F32 or EGM_F64");
	numbers[1] = -0.5;
	rejected(generator, "masses[1] is -0.5, must be at least 0 and finite");
	numbers[1] = NAN;
	rejected(generator, "masses[1] is nan, must be at least 0 and finite");
	numbers[1] = INFINITY;
	rejected(generator, "masses[1] is inf, must be at least 0 and finite");
	numbers[1] = 0, numbers[0] = 0, numbers[2] = 0;
	rejected(generator, "the sum of masses is 0, must be above 0 and finite");
	numbers[0] = numbers[1] = 1.5e308;
	rejected(generator, "the sum of masses is inf, must be above 0 and finite");
	numbers[0] = numbers[1] = 1;
	options.lower = 1, options.upper = 1;
	rejected(generator, "lower is 1 and upper is 1, upper - lower must be above 0 and finite");
	options.lower = -1.5e308, options.upper = 1.5e308;
	rejected(generator, "lower is -1.5e+308 and upper is 1.5e+308, upper - lower must be above 0 and finite");
	ck_assert_int_eq(egm_loss_histogram(NULL, generator, egm_f64(numbers, 3, 1), &options), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_loss_histogram: out is NULL");
}
END_TEST

/* Masses of either dtype and of any shape, whatever that of the network: the same loss. */
START_TEST(test_histogram__masses_of_either_dtype)
{
	const double wide[4] = {1, 0.5, 3, 2};
	const float narrow[4] = {1, 0.5f, 3, 2};
	double before;
	bins = 4;
	given = wide;
	create(0.5, 0.1);
	run_phase(loss, 0, &io);
	before = io.terms[0];
	egm_loss_free(loss);
	ck_assert_int_eq(egm_loss_histogram(&loss, generator, egm_f32(narrow, 2, 2), &options), EGM_OK);
	run_phase(loss, 0, &io);
	ck_assert(io.terms[0] == before);
}
END_TEST

/* What f64 can do and f32 cannot. */
START_TEST(test_histogram__rejects_what_f32_cannot_tell_apart)
{
	double numbers[4] = {1, 2, 1, 1};
	egm_model *narrow = dense_net(context, "narrow", 2, (int64_t[]){1, 1}, NULL, EGM_F32, 1);
	bins = 4;
	given = numbers;
	options.floor = 4e-38;
	rejected(narrow, "floor is 4e-38, which is 1e-38 for each of 4 bins; must be at least 1.17549e-38 for each in f32");
	create(1, 0);
	egm_loss_free(loss);
	options.floor = 1e-4;
	options.lower = 1e7, options.upper = 1e7 + 2;
	rejected(narrow, "a bin is 0.5 wide and the bandwidth is 0.5 bins; both must be above 1.19209, the spacing of f32 "
	                 "near 1e+07");
	create(1, 0);
	egm_model_free(narrow);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("histogram");
	TCase *t = tcase_create("values");
	tcase_set_tags(t, "E20 K22");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_histogram__value_equals_the_plain_one, 0, 16);
	tcase_add_loop_test(t, test_histogram__gradient_equals_differences, 0, 16);
	tcase_add_loop_test(t, test_histogram__mass_outside_counts_to_the_outermost, 0, 8);
	tcase_add_loop_test(t, test_histogram__generator_moves_to_the_masses, 0, 4);
	tcase_add_test(t, test_histogram__js_is_the_true_one);
	tcase_add_test(t, test_histogram__js_of_disjoint_laws_is_log_two);
	tcase_add_test(t, test_histogram__floor_of_a_batch_is_at_most_the_counting_one);
	suite_add_tcase(s, t);
	t = tcase_create("masses");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_histogram__masses_are_copied_and_normalised);
	tcase_add_test(t, test_histogram__rejects_masses_that_are_none);
	tcase_add_test(t, test_histogram__masses_of_either_dtype);
	tcase_add_test(t, test_histogram__rejects_what_f32_cannot_tell_apart);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
