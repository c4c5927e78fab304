/* SPDX-License-Identifier: MIT */
/* Rows in chunks: every count of rows gives what single rows give, a row gives the same bits at any place, threads may
 * share a model, and what is not finite is named and not handed out. */
#include <float.h>
#include <pthread.h>
#include <reference.h>

static const net_spec energy_net = {
    5, 5, {{"dense", 23, 0}, {"silu", 0, 0}, {"dense", 17, 0}, {"leaky_relu", 0, 0.2}, {"dense", 1, 0}}};
static const net_spec generator_net = {3, 3, {{"dense", 19, 0}, {"tanh", 0, 0}, {"dense", 7, 0}}};
enum { COLUMNS = 5, OUTPUTS = 7, MAX_ROWS = 600 };

static egm_context *context;
static egm_test_allocator allocator;

static void setup(void)
{
	memset(&allocator, 0, sizeof allocator);
	context = egm_test_context(&allocator);
	ck_assert_ptr_nonnull(context);
}

static void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(allocator.live, 0);
}

static double x[MAX_ROWS * COLUMNS], u[MAX_ROWS], g[MAX_ROWS * COLUMNS];

START_TEST(test_evaluate__chunks_equal_single_rows)
{
	static const int64_t counts[] = {1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 600};
	egm_model *model = new_model(context, "chunks", &energy_net, EGM_F64, 4);
	fill_numbers(1, MAX_ROWS * COLUMNS, x);
	for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
		ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x, counts[k], COLUMNS, u, g), EGM_OK);
		for (int64_t r = 0; r < counts[k]; r++) {
			double one, slope[COLUMNS], alone;
			ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x + r * COLUMNS, 1, COLUMNS, &one, slope),
			                 EGM_OK);
			ck_assert_int_eq(egm_model_energy(model, EGM_F64, x + r * COLUMNS, 1, COLUMNS, &alone), EGM_OK);
			/* products of another size may add in another order: 23 terms below 1, three layers, 2^-53 each */
			ck_assert(fabs(u[r] - one) <= 1e-14 && fabs(u[r] - alone) <= 1e-14);
			for (int i = 0; i < COLUMNS; i++) ck_assert(fabs(g[r * COLUMNS + i] - slope[i]) <= 1e-14);
		}
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__writes_its_rows_and_no_more)
{
	egm_model *model = new_model(context, "bounds", &generator_net, EGM_F64, 4);
	double in[17 * 3], out[17 * OUTPUTS + 1];
	fill_numbers(2, 17 * 3, in);
	for (int64_t rows = 1; rows <= 17; rows++) {
		for (int i = 0; i <= 17 * OUTPUTS; i++) out[i] = 1234;
		ck_assert_int_eq(egm_model_run(model, EGM_F64, in, rows, 3, out), EGM_OK);
		for (int64_t i = 0; i <= 17 * OUTPUTS; i++) ck_assert((out[i] == 1234) == (i >= rows * OUTPUTS));
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__gradient_without_energies)
{
	double with[40 * COLUMNS];
	egm_model *model = new_model(context, "null", &energy_net, EGM_F64, 4);
	fill_numbers(3, 40 * COLUMNS, x);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x, 40, COLUMNS, u, with), EGM_OK);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x, 40, COLUMNS, NULL, g), EGM_OK);
	ck_assert(!memcmp(g, with, sizeof with));
	egm_model_free(model);
}
END_TEST

/* ---- R15: the same bits at any place of the batch */

static void check_permuted(egm_dtype dtype, int64_t rows)
{
	static double moved[MAX_ROWS * COLUMNS], u2[MAX_ROWS], g2[MAX_ROWS * COLUMNS], raw[MAX_ROWS * COLUMNS];
	egm_model *model = new_model(context, "place", &energy_net, dtype, 8);
	size_t size = dtype == EGM_F32 ? sizeof(float) : sizeof(double), wide = COLUMNS * size;
	fill_numbers(5, rows * COLUMNS, x);
	store(dtype, rows * COLUMNS, x, raw);
	/* row r moves to (r * 7 + 3) mod rows, a permutation as rows is no multiple of 7 */
	for (int64_t r = 0; r < rows; r++)
		memcpy((char *)moved + (size_t)((r * 7 + 3) % rows) * wide, (char *)raw + (size_t)r * wide, wide);
	ck_assert_int_eq(egm_model_energy_gradient(model, dtype, raw, rows, COLUMNS, u, g), EGM_OK);
	ck_assert_int_eq(egm_model_energy_gradient(model, dtype, moved, rows, COLUMNS, u2, g2), EGM_OK);
	for (int64_t r = 0; r < rows; r++) {
		size_t to = (size_t)((r * 7 + 3) % rows);
		ck_assert(!memcmp((char *)u + (size_t)r * size, (char *)u2 + to * size, size));
		ck_assert(!memcmp((char *)g + (size_t)r * wide, (char *)g2 + to * wide, wide));
	}
	egm_model_free(model);
}

START_TEST(test_evaluate__place_in_the_batch_does_not_matter)
{
	static const int64_t counts[] = {13, 16, 50, 200, 256, 600};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		check_permuted(EGM_F32, counts[i]);
		check_permuted(EGM_F64, counts[i]);
	}
}
END_TEST

/* ---- R8: one model, several threads */

enum { THREADS = 8, CALLS = 300 };

typedef struct worker {
	const egm_model *model;
	int wrong;
} worker;

static double serial_u[MAX_ROWS], serial_g[MAX_ROWS * COLUMNS];

/* Counts of rows that take each of the three programs in turn. Check's macros are kept out of threads. */
static void *work(void *argument)
{
	static const int64_t counts[] = {3, 40, 100, 16, 300};
	static const double *const all = x;
	worker *w = argument;
	double *mine = malloc(sizeof u + sizeof g), *slopes = mine + MAX_ROWS;
	for (int i = 0; mine && i < CALLS; i++) {
		int64_t rows = counts[i % 5];
		int value_only = i % 2;
		/* the serial results come from calls with the same counts of rows: see fill_serial */
		egm_status st = value_only ? egm_model_energy(w->model, EGM_F64, all, rows, COLUMNS, mine)
		                           : egm_model_energy_gradient(w->model, EGM_F64, all, rows, COLUMNS, mine, slopes);
		for (int64_t r = 0; r < rows; r++) w->wrong += !(st == EGM_OK && fabs(mine[r] - serial_u[r]) <= 1e-14);
		for (int64_t r = 0; !value_only && r < rows * COLUMNS; r++)
			w->wrong += !(fabs(slopes[r] - serial_g[r]) <= 1e-14);
	}
	if (!mine) w->wrong = 1;
	free(mine);
	return NULL;
}

START_TEST(test_evaluate__threads_share_a_model)
{
	pthread_t threads[THREADS];
	worker workers[THREADS];
	egm_model *model = new_model(context, "shared", &energy_net, EGM_F64, 4);
	fill_numbers(6, MAX_ROWS * COLUMNS, x);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x, 300, COLUMNS, serial_u, serial_g), EGM_OK);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (worker){model, 0};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(workers[i].wrong, 0);
	}
	egm_model_free(model);
}
END_TEST

/* The bits, for threads that all make the same call. */
static void *work_bits(void *argument)
{
	worker *w = argument;
	double mine[100], slopes[100 * COLUMNS];
	for (int i = 0; i < CALLS; i++) {
		egm_status st = egm_model_energy_gradient(w->model, EGM_F64, x, 100, COLUMNS, mine, slopes);
		w->wrong += st != EGM_OK || memcmp(mine, serial_u, sizeof mine) || memcmp(slopes, serial_g, sizeof slopes);
	}
	return NULL;
}

START_TEST(test_evaluate__threads_get_the_serial_bits)
{
	pthread_t threads[THREADS];
	worker workers[THREADS];
	egm_model *model = new_model(context, "shared", &energy_net, EGM_F64, 4);
	fill_numbers(6, MAX_ROWS * COLUMNS, x);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x, 100, COLUMNS, serial_u, serial_g), EGM_OK);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (worker){model, 0};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work_bits, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(workers[i].wrong, 0);
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__later_calls_allocate_nothing)
{
	egm_model *model = new_model(context, "warm", &energy_net, EGM_F32, 4);
	float xf[100 * COLUMNS] = {0}, uf[100], gf[100 * COLUMNS];
	static const int64_t counts[] = {1, 30, 100};
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(egm_model_energy(model, EGM_F32, xf, counts[i], COLUMNS, uf), EGM_OK);
		ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F32, xf, counts[i], COLUMNS, uf, gf), EGM_OK);
	}
	long calls = allocator.calls;
	for (int64_t rows = 1; rows <= 100; rows++) {
		ck_assert_int_eq(egm_model_energy(model, EGM_F32, xf, rows, COLUMNS, uf), EGM_OK);
		ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F32, xf, rows, COLUMNS, uf, gf), EGM_OK);
	}
	ck_assert_int_eq(allocator.calls, calls);
	egm_model_free(model);
}
END_TEST

/* ---- generate */

static void check_prefix(egm_dtype dtype)
{
	static double long_run[MAX_ROWS * OUTPUTS], short_run[MAX_ROWS * OUTPUTS];
	static const int64_t counts[] = {1, 2, 16, 63, 64, 65, 257};
	size_t row = OUTPUTS * (dtype == EGM_F32 ? sizeof(float) : sizeof(double));
	egm_model *model = new_model(context, "prefix", &generator_net, dtype, 4);
	ck_assert_int_eq(egm_model_generate(model, dtype, 42, MAX_ROWS, long_run), EGM_OK);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		ck_assert_int_eq(egm_model_generate(model, dtype, 42, counts[i], short_run), EGM_OK);
		ck_assert(!memcmp(long_run, short_run, (size_t)counts[i] * row));
	}
	ck_assert_int_eq(egm_model_generate(model, dtype, 43, 1, short_run), EGM_OK);
	ck_assert(memcmp(long_run, short_run, row));
	egm_model_free(model);
}

START_TEST(test_evaluate__first_samples_do_not_depend_on_the_rest)
{
	check_prefix(EGM_F32);
	check_prefix(EGM_F64);
}
END_TEST

START_TEST(test_evaluate__generate_feeds_normal_numbers)
{
	/* y = z: moments of z, bounds of 5 standard errors (mean 1/n, square 2/n, product of neighbours 1/n) */
	enum { DIMENSIONS = 3, ROWS = 4000, COUNT = ROWS * DIMENSIONS };
	static double z[COUNT];
	net_spec net = {DIMENSIONS, 1, {{"dense", DIMENSIONS, 0}}};
	double identity[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, m1 = 0, m2 = 0, beside = 0, below = 0;
	egm_model *model = new_model(context, "normal", &net, EGM_F64, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, EGM_F64, identity, 12), EGM_OK);
	ck_assert_int_eq(egm_model_generate(model, EGM_F64, 7, ROWS, z), EGM_OK);
	for (int i = 0; i < COUNT; i++) {
		m1 += z[i] / COUNT;
		m2 += z[i] * z[i] / COUNT;
		beside += i % DIMENSIONS ? z[i] * z[i - 1] / (ROWS * (DIMENSIONS - 1)) : 0;
		below += i >= DIMENSIONS ? z[i] * z[i - DIMENSIONS] / (COUNT - DIMENSIONS) : 0;
	}
	ck_assert(fabs(m1) <= 5 / sqrt(COUNT));
	ck_assert(fabs(m2 - 1) <= 5 * sqrt(2.0 / COUNT));
	ck_assert(fabs(beside) <= 5 / sqrt(ROWS * (DIMENSIONS - 1)));
	ck_assert(fabs(below) <= 5 / sqrt(COUNT - DIMENSIONS));
	egm_model_free(model);
}
END_TEST

/* ---- R16: what is not finite */

START_TEST(test_evaluate__names_the_row_of_a_bad_input)
{
	static const double bad[3] = {NAN, INFINITY, -INFINITY};
	egm_model *model = new_model(context, "digits", &energy_net, EGM_F64, 4);
	for (int k = 0; k < 3; k++) {
		fill_numbers(9, 300 * COLUMNS, x);
		x[299 * COLUMNS + 3] = bad[k];
		for (int i = 0; i < 300; i++) u[i] = 1234;
		ck_assert_int_eq(egm_model_energy(model, EGM_F64, x, 300, COLUMNS, u), EGM_ERR_NONFINITE);
		ck_assert_str_eq(egm_last_error(), "energy 'digits': row 299, column 3 of x is not finite");
		for (int i = 0; i < 300; i++) ck_assert(u[i] == 1234);
		ck_assert_int_eq(egm_model_run(model, EGM_F64, x, 300, COLUMNS, u), EGM_ERR_NONFINITE);
		ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, x, 300, COLUMNS, u, g), EGM_ERR_NONFINITE);
		ck_assert_int_eq(egm_model_energy(model, EGM_F64, x, 299, COLUMNS, u), EGM_OK);
	}
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__names_the_row_of_a_bad_output)
{
	/* U = FLT_MAX x: infinite for x = 2, and so in the second row of a chunk only */
	net_spec net = {1, 1, {{"dense", 1, 0}}};
	float parameters[2] = {FLT_MAX, 0}, in[20] = {0}, out[20];
	egm_model *model = new_model(context, "digits", &net, EGM_F32, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, EGM_F32, parameters, 2), EGM_OK);
	in[12] = 2;
	for (int i = 0; i < 20; i++) out[i] = 1234;
	ck_assert_int_eq(egm_model_energy(model, EGM_F32, in, 20, 1, out), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "energy 'digits': output of row 12 is not finite");
	for (int i = 0; i < 20; i++) ck_assert(out[i] == 1234);
	ck_assert_int_eq(egm_model_run(model, EGM_F32, in, 20, 1, out), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "run 'digits': output of row 12 is not finite");
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__names_the_row_of_a_bad_gradient_and_sample)
{
	/* U = softplus(M M x) has slope M M = infinity, but U(-1) = 0 is finite */
	net_spec net = {1, 3, {{"dense", 1, 0}, {"dense", 1, 0}, {"tanh", 0, 0}}};
	float parameters[4] = {FLT_MAX, 0, FLT_MAX, 0}, in[3] = {0}, out[3], slope[3];
	egm_model *model = new_model(context, "steep", &net, EGM_F32, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, EGM_F32, parameters, 4), EGM_OK);
	ck_assert_int_eq(egm_model_energy(model, EGM_F32, in, 3, 1, out), EGM_OK);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F32, in, 3, 1, out, slope), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "energy_gradient 'steep': gradient of row 0 is not finite");
	egm_model_free(model);

	net.n = 2;
	model = new_model(context, "steep", &net, EGM_F32, 4);
	ck_assert_int_eq(egm_model_set_parameters(model, EGM_F32, parameters, 4), EGM_OK);
	ck_assert_int_eq(egm_model_generate(model, EGM_F32, 1, 3, out), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(), "generate 'steep': output of row 0 is not finite");
	egm_model_free(model);
}
END_TEST

START_TEST(test_evaluate__follows_the_parameters)
{
	net_spec net = {2, 1, {{"dense", 1, 0}}};
	double parameters[3] = {2, 3, 1}, in[2] = {10, 100}, out, slope[2];
	egm_model *model = new_model(context, "fresh", &net, EGM_F64, 4);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, in, 1, 2, &out, slope), EGM_OK);
	ck_assert_int_eq(egm_model_set_parameters(model, EGM_F64, parameters, 3), EGM_OK);
	ck_assert_int_eq(egm_model_energy_gradient(model, EGM_F64, in, 1, 2, &out, slope), EGM_OK);
	ck_assert(out == 321 && slope[0] == 2 && slope[1] == 3); /* small integers: exact */
	egm_model_free(model);
}
END_TEST

static TCase *new_case(Suite *suite, const char *name, const char *tags)
{
	TCase *tc = tcase_create(name);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	if (tags) tcase_set_tags(tc, tags);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("evaluate");
	TCase *tc = new_case(suite, "rows", NULL);
	tcase_add_test(tc, test_evaluate__chunks_equal_single_rows);
	tcase_add_test(tc, test_evaluate__writes_its_rows_and_no_more);
	tcase_add_test(tc, test_evaluate__gradient_without_energies);
	tcase_add_test(tc, test_evaluate__later_calls_allocate_nothing);
	tcase_add_test(tc, test_evaluate__follows_the_parameters);
	tcase_add_test(tc, test_evaluate__generate_feeds_normal_numbers);
	tc = new_case(suite, "reproducible", "R15");
	tcase_add_test(tc, test_evaluate__place_in_the_batch_does_not_matter);
	tcase_add_test(tc, test_evaluate__first_samples_do_not_depend_on_the_rest);
	tc = new_case(suite, "threads", "R8");
	tcase_add_test(tc, test_evaluate__threads_share_a_model);
	tcase_add_test(tc, test_evaluate__threads_get_the_serial_bits);
	tc = new_case(suite, "finite", "R16");
	tcase_add_test(tc, test_evaluate__names_the_row_of_a_bad_input);
	tcase_add_test(tc, test_evaluate__names_the_row_of_a_bad_output);
	tcase_add_test(tc, test_evaluate__names_the_row_of_a_bad_gradient_and_sample);
	return egm_test_main(suite);
}
