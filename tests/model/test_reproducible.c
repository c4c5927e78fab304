/* SPDX-License-Identifier: MIT */
/* A result does not depend on other rows, on rows that follow, on the thread, or on the run. */
#include <fixture.h>
#include <pthread.h>

static const net_spec energy_net = {
    5, 5, {{"dense", 23, 0}, {"silu", 0, 0}, {"dense", 17, 0}, {"leaky_relu", 0, 0.2}, {"dense", 1, 0}}};
static const net_spec generator_net = {3, 3, {{"dense", 259, 0}, {"tanh", 0, 0}, {"dense", 7, 0}}};
enum { COLUMNS = 5, OUTPUTS = 7, MAX_ROWS = 600 };

/* ---- R15: the place of a row in the batch
 *
 * A row has the same bits at any place, with the library's own products. A BLAS does not promise it: OpenBLAS 0.3.21
 * rounds the rows at the edges of its tiles differently (Haswell in f32, SkylakeX in f64). */

static const net_spec own_net = {37,
                                 7,
                                 {{"layer_norm", 0, 1e-5},
                                  {"gelu", 0, 0},
                                  {"elu", 0, 1},
                                  {"silu", 0, 0},
                                  {"softplus", 0, 0},
                                  {"tanh", 0, 0},
                                  {"layer_norm", 0, 1e-5}}};
/* Wide enough for products to be spread over threads, widths that no micro-kernel divides. */
static const net_spec wide_net = {
    101, 5, {{"dense", 259, 0}, {"gelu", 0, 0}, {"layer_norm", 0, 1e-5}, {"dense", 131, 0}, {"dense", 1, 0}}};
enum { WIDEST = 101 };

typedef struct batch {
	double x[MAX_ROWS * WIDEST], y[MAX_ROWS * WIDEST], g[MAX_ROWS * WIDEST];
} batch;
static batch straight, moved;

static const int64_t place_rows[] = {13, 16, 50, 200, 256, 600};
enum { PLACES = sizeof place_rows / sizeof *place_rows };

/* A context of its own code path and threads in place of the fixture's; 0 when the CPU lacks the path. Loop tests run
 * over the places of each path. */
static int on_path(int32_t threads, int loop)
{
	egm_context *c = egm_test_own_context_on(threads, EGM_TEST_FIRST_PATH + loop / PLACES);
	if (!c) return 0;
	egm_context_free(context);
	context = c;
	return 1;
}

static int64_t new_place(int64_t row, int64_t rows)
{
	return (row * 7 + 3) % rows; /* a permutation, as rows is no multiple of 7 */
}

/* The same rows in two orders. The values, or a single output and its gradient. */
static void run_moved(const net_spec *net, egm_dtype dtype, int64_t rows, int with_gradient)
{
	egm_model *model = new_model(context, "place", net, dtype, 8);
	size_t wide = (size_t)net->inputs * (dtype == EGM_F32 ? sizeof(float) : sizeof(double));
	fill_numbers(5, rows * net->inputs, moved.x);
	store(dtype, rows * net->inputs, moved.x, straight.x);
	for (int64_t r = 0; r < rows; r++)
		memcpy((char *)moved.x + (size_t)new_place(r, rows) * wide, (char *)straight.x + (size_t)r * wide, wide);
	for (int k = 0; k < 2; k++) {
		batch *b = k ? &moved : &straight;
		ck_assert_int_eq(with_gradient ? egm_model_energy_gradient(model, egm_array_of(dtype, b->x, rows, net->inputs),
		                                                           egm_out_of(dtype, b->y, rows, 1),
		                                                           egm_out_of(dtype, b->g, rows, net->inputs))
		                               : egm_model_run(model, egm_array_of(dtype, b->x, rows, net->inputs),
		                                               egm_out_of(dtype, b->y, rows, egm_model_outputs(model))),
		                 EGM_OK);
	}
	egm_model_free(model);
}

START_TEST(test_reproducible__place_does_not_matter_without_products)
{
	const int64_t rows = place_rows[_i % PLACES];
	for (int k = 0; k < 2 && on_path(1, _i); k++) {
		egm_dtype dtype = k ? EGM_F64 : EGM_F32;
		size_t wide = (size_t)own_net.inputs * (k ? sizeof(double) : sizeof(float));
		run_moved(&own_net, dtype, rows, 0);
		for (int64_t r = 0; r < rows; r++) {
			size_t to = (size_t)new_place(r, rows);
			ck_assert(!memcmp((char *)straight.y + (size_t)r * wide, (char *)moved.y + to * wide, wide));
		}
	}
}
END_TEST

START_TEST(test_reproducible__place_does_not_matter)
{
	const int64_t rows = place_rows[_i % PLACES], n = wide_net.inputs;
	for (int k = 0; k < 2 && on_path(1 + _i % 3, _i); k++) {
		egm_dtype dtype = k ? EGM_F64 : EGM_F32;
		run_moved(&wide_net, dtype, rows, 1);
		for (int64_t r = 0; r < rows; r++) {
			int64_t to = new_place(r, rows);
			ck_assert(at(dtype, straight.y, r) == at(dtype, moved.y, to));
			for (int64_t i = 0; i < n; i++)
				ck_assert(at(dtype, straight.g, r * n + i) == at(dtype, moved.g, to * n + i));
		}
	}
}
END_TEST

/* Nor does the number of rows, whichever program it needs, or of threads. */
START_TEST(test_reproducible__number_of_rows_does_not_matter)
{
	static double y[MAX_ROWS], slopes[MAX_ROWS * WIDEST];
	static const int32_t threads[] = {1, 2, 3, 5};
	const int64_t rows = place_rows[_i % PLACES], n = wide_net.inputs;
	for (int k = 0; k < 2 && on_path(1, _i); k++) {
		egm_dtype dtype = k ? EGM_F64 : EGM_F32;
		size_t size = k ? sizeof(double) : sizeof(float);
		run_moved(&wide_net, dtype, MAX_ROWS, 1);
		for (int t = 0; t < 4 && on_path(threads[t], _i); t++) {
			egm_model *model = new_model(context, "fewer", &wide_net, dtype, 8);
			ck_assert_int_eq(egm_model_energy_gradient(model, egm_array_of(dtype, straight.x, rows, n),
			                                           egm_out_of(dtype, y, rows, 1),
			                                           egm_out_of(dtype, slopes, rows, n)),
			                 EGM_OK);
			ck_assert(!memcmp(y, straight.y, (size_t)rows * size));
			ck_assert(!memcmp(slopes, straight.g, (size_t)(rows * n) * size));
			egm_model_free(model);
		}
	}
}
END_TEST

START_TEST(test_reproducible__same_call_gives_the_same_bits)
{
	static double y[MAX_ROWS], slopes[MAX_ROWS * WIDEST];
	const int64_t rows = place_rows[_i % PLACES];
	for (int k = 0; k < 2 && on_path(1, _i); k++) {
		egm_dtype dtype = k ? EGM_F64 : EGM_F32;
		size_t size = k ? sizeof(double) : sizeof(float);
		run_moved(&wide_net, dtype, rows, 1);
		/* another model with its own buffers, run twice */
		egm_model *model = new_model(context, "again", &wide_net, dtype, 8);
		for (int i = 0; i < 2; i++) {
			ck_assert_int_eq(egm_model_energy_gradient(model, egm_array_of(dtype, straight.x, rows, WIDEST),
			                                           egm_out_of(dtype, y, rows, 1),
			                                           egm_out_of(dtype, slopes, rows, WIDEST)),
			                 EGM_OK);
			ck_assert(!memcmp(y, straight.y, (size_t)rows * size));
			ck_assert(!memcmp(slopes, straight.g, (size_t)(rows * WIDEST) * size));
		}
		egm_model_free(model);
	}
}
END_TEST

/* ---- samples */

static void check_prefix(egm_dtype dtype)
{
	static double long_run[MAX_ROWS * OUTPUTS], short_run[MAX_ROWS * OUTPUTS];
	static const int64_t counts[] = {1, 2, 16, 63, 64, 65, 257};
	size_t row = OUTPUTS * (dtype == EGM_F32 ? sizeof(float) : sizeof(double));
	egm_model *model = new_model(context, "prefix", &generator_net, dtype, 4);
	ck_assert_int_eq(egm_model_generate(model, 42, egm_out_of(dtype, long_run, MAX_ROWS, egm_model_outputs(model))),
	                 EGM_OK);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		ck_assert_int_eq(
		    egm_model_generate(model, 42, egm_out_of(dtype, short_run, counts[i], egm_model_outputs(model))), EGM_OK);
		ck_assert(!memcmp(long_run, short_run, (size_t)counts[i] * row));
	}
	/* and no row comes again, in this chunk or another */
	for (size_t r = 1; r < MAX_ROWS; r++)
		for (size_t q = 0; q < r; q++) ck_assert(memcmp((char *)long_run + r * row, (char *)long_run + q * row, row));
	ck_assert_int_eq(egm_model_generate(model, 43, egm_out_of(dtype, short_run, 1, egm_model_outputs(model))), EGM_OK);
	ck_assert(memcmp(long_run, short_run, row));
	egm_model_free(model);
}

START_TEST(test_reproducible__first_samples_do_not_depend_on_the_rest)
{
	check_prefix(EGM_F32);
	check_prefix(EGM_F64);
}
END_TEST

/* ---- R8: one model, several threads */

enum { THREADS = 8, CALLS = 300 };

typedef struct worker {
	const egm_model *model;
	int wrong;
} worker;

static double x[MAX_ROWS * COLUMNS], serial_u[MAX_ROWS], serial_g[MAX_ROWS * COLUMNS];

static int64_t count_wrong(int64_t n, const double *got, const double *want)
{
	int64_t wrong = 0;
	for (int64_t i = 0; i < n; i++) wrong += !(got[i] == want[i]);
	return wrong;
}

/* Counts of rows that need each of the three programs in turn. Check's macros are kept out of threads. */
static void *work(void *argument)
{
	static const int64_t counts[] = {3, 40, 100, 16, 300};
	worker *w = argument;
	double energies[300], slopes[300 * COLUMNS];
	for (int i = 0; i < CALLS; i++) {
		int64_t rows = counts[i % 5];
		egm_status st;
		if (i % 2)
			st = egm_model_energy(w->model, egm_f64(x, rows, COLUMNS), egm_f64_out(energies, rows, 1));
		else
			st = egm_model_energy_gradient(w->model, egm_f64(x, rows, COLUMNS), egm_f64_out(energies, rows, 1),
			                               egm_f64_out(slopes, rows, COLUMNS));
		w->wrong += st != EGM_OK || count_wrong(rows, energies, serial_u);
		w->wrong += i % 2 == 0 && count_wrong(rows * COLUMNS, slopes, serial_g);
	}
	return NULL;
}

START_TEST(test_reproducible__threads_share_a_model)
{
	pthread_t threads[THREADS];
	worker workers[THREADS];
	egm_model *model = new_model(context, "shared", &energy_net, EGM_F64, 4);
	fill_numbers(6, MAX_ROWS * COLUMNS, x);
	ck_assert_int_eq(egm_model_energy_gradient(model, egm_f64(x, 300, COLUMNS), egm_f64_out(serial_u, 300, 1),
	                                           egm_f64_out(serial_g, 300, COLUMNS)),
	                 EGM_OK);
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
		egm_status st = egm_model_energy_gradient(w->model, egm_f64(x, 100, COLUMNS), egm_f64_out(mine, 100, 1),
		                                          egm_f64_out(slopes, 100, COLUMNS));
		w->wrong += st != EGM_OK || memcmp(mine, serial_u, sizeof mine) || memcmp(slopes, serial_g, sizeof slopes);
	}
	return NULL;
}

START_TEST(test_reproducible__threads_get_the_serial_bits)
{
	pthread_t threads[THREADS];
	worker workers[THREADS];
	egm_model *model = new_model(context, "shared", &energy_net, EGM_F64, 4);
	fill_numbers(6, MAX_ROWS * COLUMNS, x);
	ck_assert_int_eq(egm_model_energy_gradient(model, egm_f64(x, 100, COLUMNS), egm_f64_out(serial_u, 100, 1),
	                                           egm_f64_out(serial_g, 100, COLUMNS)),
	                 EGM_OK);
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

int main(void)
{
	Suite *suite = suite_create("reproducible");
	TCase *tc = new_case(suite, "reproducible", "R15");
	tcase_add_loop_test(tc, test_reproducible__place_does_not_matter_without_products, 0, EGM_TEST_PATHS * PLACES);
	tcase_add_loop_test(tc, test_reproducible__place_does_not_matter, 0, EGM_TEST_PATHS * PLACES);
	tcase_add_loop_test(tc, test_reproducible__number_of_rows_does_not_matter, 0, EGM_TEST_PATHS * PLACES);
	tcase_add_loop_test(tc, test_reproducible__same_call_gives_the_same_bits, 0, EGM_TEST_PATHS * PLACES);
	tcase_add_test(tc, test_reproducible__first_samples_do_not_depend_on_the_rest);
	tc = new_case(suite, "threads", "R8");
	tcase_add_test(tc, test_reproducible__threads_share_a_model);
	tcase_add_test(tc, test_reproducible__threads_get_the_serial_bits);
	return egm_test_main(suite);
}
