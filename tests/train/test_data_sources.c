/* SPDX-License-Identifier: MIT */
/* Training on rows that are not in the memory of the library: the bits are those of a training on the copied set,
 * wherever the rows come from; memory does not grow with the data; files and callbacks may fail between two
 * mini-batches. */
#include "train_support.h"
#include <math.h>
#include <train/trainer_impl.h>

enum { ROWS = 53, COLUMNS = 6, LATENT = 2, BATCH = 8 };

static char path[PATH_MAX];

static void find_path(void)
{
	snprintf(path, sizeof path, "%s", io_path("set"));
}

/* A trainer of the two-network toy, whose data are the test's. */
static void pair_open(pair *p, egm_context *context, egm_dtype dtype, int64_t columns)
{
	p->context = context;
	if (!context) ck_assert_int_eq(egm_context_create(&p->context, NULL), EGM_OK);
	p->energy = toy_net(p->context, "energy", columns, 5, 1, dtype);
	p->generator = toy_net(p->context, "generator", LATENT, 5, columns, dtype);
	p->loss = toy_pair(p->energy, p->generator);
	ck_assert_ptr_nonnull(p->loss);
	p->options = (egm_trainer_options)EGM_TRAINER_OPTIONS_INIT;
	p->options.batch = BATCH;
	p->options.learning_rate = 0.01;
	p->options.seed = 5;
	OK(egm_trainer_create(&p->trainer, p->loss, &p->options));
}

/* The checkpoint: networks, moments, counters, and so all that training has done. To be freed. */
static unsigned char *state_of(const pair *p, size_t *n)
{
	OK(egm_trainer_save_memory(p->trainer, NULL, 0, n));
	unsigned char *bytes = malloc(*n);
	OK(egm_trainer_save_memory(p->trainer, bytes, *n, n));
	return bytes;
}

static void assert_same_state(const pair *a, const pair *b, const char *what)
{
	size_t m, n;
	unsigned char *x = state_of(a, &m), *y = state_of(b, &n);
	ck_assert_msg(m == n && memcmp(x, y, n) == 0, "%s: the states differ", what);
	free(x);
	free(y);
}

static egm_data *data_copy(egm_context *context, egm_dtype dtype, const void *x, int64_t rows, int64_t columns)
{
	egm_data *d = NULL;
	OK(egm_data_copy(&d, context, egm_array_of(dtype, x, rows, columns)));
	return d;
}

/* ---- the same bits */

typedef struct rows_of {
	const egm_data *whole;
	int calls, fails_at;
	pair *uses; /* calls functions of the trainer that waits */
	void (*use)(pair *p);
} rows_of;

static int fill(const int64_t *indices, int64_t count, void *out, void *user)
{
	rows_of *r = user;
	if (r->use) r->use(r->uses);
	int64_t columns = egm_data_columns(r->whole);
	size_t row = (size_t)columns * (egm_data_dtype(r->whole) == EGM_F64 ? 8 : 4);
	for (int64_t i = 0; i < count; i++)
		memcpy((char *)out + (size_t)i * row, (const char *)egm_data_values(r->whole) + (size_t)indices[i] * row, row);
	return ++r->calls == r->fails_at;
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NATIVE ">"
#else
#define NATIVE "<"
#endif

enum { NPY_F32, NPY_F64, NPY_U8, IDX, KINDS };

static void write_set(int kind)
{
	static unsigned char bytes[128 + ROWS * COLUMNS * 8];
	static const size_t widths[] = {4, 8, 1, 1};
	static const char *const types[] = {NATIVE "f4", NATIVE "f8", "|u1"};
	size_t head = kind == IDX ? 12 : 128;
	uint32_t state = 1;
	if (kind != IDX) {
		memset(bytes, ' ', 128);
		memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10);
		int n = sprintf((char *)bytes + 10, "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", types[kind],
		                ROWS, COLUMNS);
		bytes[10 + n] = ' ';
		bytes[127] = '\n';
	} else {
		memcpy(bytes, (const unsigned char[12]){0, 0, 8, 2, 0, 0, 0, ROWS, 0, 0, 0, COLUMNS}, 12);
	}
	for (size_t i = 0; i < ROWS * COLUMNS; i++) {
		state = state * 1664525u + 1013904223u;
		unsigned char *at = bytes + head + i * widths[kind];
		float narrow = (float)(state >> 8) * 0x1p-23f - 1;
		double wide = (double)state * 0x1p-31 - 1;
		if (kind == NPY_F32) memcpy(at, &narrow, 4);
		if (kind == NPY_F64) memcpy(at, &wide, 8);
		if (kind >= NPY_U8) *at = (unsigned char)(state >> 24);
	}
	io_write(path, bytes, head + ROWS * COLUMNS * widths[kind]);
}

/* _i: the file, as f32 and as f64. 8 steps take 16 batches, 6 an epoch. */
START_TEST(test_sources__the_same_bits)
{
	const int kind = _i / 2;
	const egm_dtype dtype = _i % 2 ? EGM_F64 : EGM_F32;
	pair p[4] = {0};
	egm_data_options o = EGM_DATA_OPTIONS_INIT;
	egm_data *whole, *data[4];
	find_path();
	write_set(kind);
	for (int k = 0; k < 4; k++) pair_open(&p[k], k ? p[0].context : NULL, dtype, COLUMNS);
	o.dtype = dtype;
	o.scale = kind >= NPY_U8 ? 1 / 127.5 : 1;
	o.offset = kind >= NPY_U8 ? -1 : 0;
	OK((kind == IDX ? egm_data_load_idx : egm_data_load_npy)(&whole, p[0].context, path, &o));
	rows_of rows = {.whole = whole};
	const void *x = egm_data_values(whole);
	data[0] = data_copy(p[0].context, dtype, x, ROWS, COLUMNS);
	OK(egm_data_view(&data[1], p[0].context, egm_array_of(dtype, x, ROWS, COLUMNS)));
	OK(egm_data_callback(&data[2], p[0].context, dtype, ROWS, COLUMNS, fill, &rows, NULL));
	OK((kind == IDX ? egm_data_open_idx : egm_data_open_npy)(&data[3], p[0].context, path, &o));
	for (int k = 0; k < 4; k++) OK(egm_trainer_fit(p[k].trainer, data[k], 8, NULL, NULL));
	ck_assert_int_eq(rows.calls, 16);
	assert_same_state(&p[0], &p[1], "view");
	assert_same_state(&p[0], &p[2], "callback");
	assert_same_state(&p[0], &p[3], "open file");
	egm_data_free(whole);
	for (int k = 3; k >= 0; k--) {
		egm_data_free(data[k]);
		if (k) p[k].context = NULL; /* the first one's */
		pair_close(&p[k]);
	}
}
END_TEST

/* ---- memory */

typedef struct peak {
	egm_test_allocator live;
	long peak;
} peak;

static void *peak_alloc(size_t size, size_t alignment, void *user)
{
	peak *p = user;
	void *block = egm_test_alloc(size, alignment, &p->live);
	if (p->live.bytes > p->peak) p->peak = p->live.bytes;
	return block;
}

static void peak_dealloc(void *block, size_t size, void *user)
{
	egm_test_dealloc(block, size, &((peak *)user)->live);
}

/* What a set of 20,000 rows of 64 numbers, 5 MB, takes beside the trainer: the order of its rows, 8 bytes each, and
 * while it is opened the 64 KiB through which its head is read; with them the handles, within 4 KiB. The copied set
 * takes its 5 MB more: that is what the bound would find. */
START_TEST(test_sources__memory_is_that_of_the_order)
{
	enum { MANY = 20000, WIDE = 64 };
	const long order = 8L * MANY, most = order + 65536 + 4096, numbers = 4L * MANY * WIDE;
	peak memory = {0};
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	float *x = malloc((size_t)numbers);
	find_path();
	for (int i = 0; i < MANY * WIDE; i++) x[i] = (float)(i % 1000) / 1000;
	o.alloc = peak_alloc;
	o.dealloc = peak_dealloc;
	o.alloc_user = &memory;
	OK(egm_context_create(&context, &o));
	OK(egm_array_save_npy(context, egm_f32(x, MANY, WIDE), path));
	for (int copy = 0; copy < 2; copy++) {
		pair p = {0};
		pair_open(&p, context, EGM_F32, WIDE);
		long before = memory.live.bytes;
		memory.peak = before;
		OK((copy ? egm_data_load_npy : egm_data_open_npy)(&p.data, context, path, NULL));
		pair_steps(&p, 20);
		if (copy) ck_assert_int_ge(memory.peak - before, numbers);
		if (!copy) ck_assert_int_le(memory.peak - before, most);
		p.context = NULL;
		pair_close(&p);
	}
	free(x);
	egm_context_free(context);
	ck_assert_int_eq(memory.live.live, 0);
}
END_TEST

/* ---- failures */

static int cut_the_file(const egm_progress *progress, void *user)
{
	if (progress->step == *(const int *)user) ck_assert_int_eq(truncate(path, 200), 0);
	return 0;
}

/* Training stops before the step that needed the file, and continues when the file is complete again. */
START_TEST(test_sources__a_file_is_truncated_while_training)
{
	pair p = {0}, straight = {0};
	int last = 5;
	find_path();
	write_set(NPY_F32);
	pair_open(&p, NULL, EGM_F32, COLUMNS);
	pair_open(&straight, NULL, EGM_F32, COLUMNS);
	OK(egm_data_open_npy(&p.data, p.context, path, NULL));
	OK(egm_data_load_npy(&straight.data, straight.context, path, NULL));
	io_expect("cut", egm_trainer_fit(p.trainer, p.data, 20, cut_the_file, &last), EGM_ERR_FILE,
	          "was truncated while it was open");
	ck_assert_int_eq(egm_trainer_steps(p.trainer), last);
	pair_steps(&straight, last);
	assert_same_state(&p, &straight, "cut");
	io_expect("still", egm_trainer_fit(p.trainer, p.data, 1, NULL, NULL), EGM_ERR_FILE, path);
	assert_same_state(&p, &straight, "still cut");
	write_set(NPY_F32);
	pair_steps(&p, 9);
	pair_steps(&straight, 9);
	assert_same_state(&p, &straight, "restored");
	pair_close(&p);
	pair_close(&straight);
}
END_TEST

/* In the middle of a step: the critic moves twice, and the callback does not fill the second mini-batch of step 3. What
 * had moved has moved, and nothing else. */
START_TEST(test_sources__a_callback_stops_within_a_step)
{
	pair p = {0}, straight = {0};
	pair_open(&p, NULL, EGM_F64, COLUMNS);
	pair_open(&straight, NULL, EGM_F64, COLUMNS);
	straight.data = toy_data(straight.context, EGM_F64, ROWS, COLUMNS);
	rows_of rows = {.whole = straight.data, .fails_at = 6};
	OK(egm_data_callback(&p.data, p.context, EGM_F64, ROWS, COLUMNS, fill, &rows, NULL));
	io_expect("stop", egm_trainer_fit(p.trainer, p.data, 20, NULL, NULL), EGM_ERR_STOPPED, "returned 1 for 8 rows");
	ck_assert_int_eq(rows.calls, 6);
	ck_assert_int_eq(egm_trainer_steps(p.trainer), 2);
	pair_steps(&straight, 2);
	egm__trainer_keep(straight.trainer, 0);
	OK(egm__trainer_phase(straight.trainer, 0, straight.data));
	assert_same_state(&p, &straight, "stopped");
	pair_close(&p);
	pair_close(&straight);
}
END_TEST

static int fill_nan(const int64_t *indices, int64_t count, void *out, void *user)
{
	for (int64_t i = 0; i < count * COLUMNS; i++) ((double *)out)[i] = 0.5;
	for (int64_t i = 0; i < count; i++)
		if (indices[i] == 11) ((double *)out)[i * COLUMNS + 4] = NAN;
	return 0;
}

START_TEST(test_sources__a_row_that_is_not_finite)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, COLUMNS);
	OK(egm_data_callback(&p.data, p.context, EGM_F64, ROWS, COLUMNS, fill_nan, NULL, NULL));
	io_expect("NaN", egm_trainer_fit(p.trainer, p.data, 20, NULL, NULL), EGM_ERR_NONFINITE,
	          "row 11, column 4 (from 0) is nan, must be finite");
	pair_close(&p);
}
END_TEST

/* ---- the trainer in the callback of its data */

#define REJECTED(call) io_expect(#call, (call), EGM_ERR_STATE, "called from the callback")

static void use_trainer(pair *p)
{
	size_t n;
	double row[COLUMNS];
	const int64_t first = 0;
	io_expect("fit", egm_trainer_fit(p->trainer, p->data, 1, NULL, NULL), EGM_ERR_STATE, "from its own callback");
	REJECTED(egm_trainer_save(p->trainer, path));
	REJECTED(egm_trainer_save_memory(p->trainer, NULL, 0, &n));
	REJECTED(egm_trainer_restore(p->trainer, path, NULL));
	REJECTED(egm_trainer_restore_memory(p->trainer, path, sizeof path, NULL));
	REJECTED(egm_trainer_set_learning_rate(p->trainer, NULL, 1));
	egm_model *average = NULL;
	REJECTED(egm_trainer_average(&average, p->trainer, p->energy));
	REJECTED(egm_trainer_set_negatives(p->trainer, NULL, NULL));
	egm_negatives_statistics statistics = EGM_NEGATIVES_STATISTICS_INIT;
	REJECTED(egm_trainer_negatives_stats(p->trainer, &statistics));
	REJECTED(egm_data_read(p->data, &first, egm_f64_out(row, 1, COLUMNS)));
	ck_assert_int_ge(egm_trainer_steps(p->trainer), 0);
	ck_assert_uint_gt(egm_trainer_arena_bytes(p->trainer), 0);
	ck_assert(egm_trainer_steps(p->trainer) == 0 || isfinite(egm_trainer_term(p->trainer, 0)));
}

static void free_trainer_and_data(pair *p)
{
	egm_trainer_free(p->trainer);
	egm_data_free(p->data);
	p->trainer = NULL;
	p->data = NULL;
}

START_TEST(test_sources__the_trainer_in_the_callback_of_its_data)
{
	pair p = {0}, straight = {0};
	find_path();
	pair_open(&p, NULL, EGM_F64, COLUMNS);
	pair_open(&straight, NULL, EGM_F64, COLUMNS);
	straight.data = toy_data(straight.context, EGM_F64, ROWS, COLUMNS);
	rows_of rows = {.whole = straight.data, .uses = &p, .use = use_trainer};
	OK(egm_data_callback(&p.data, p.context, EGM_F64, ROWS, COLUMNS, fill, &rows, NULL));
	pair_steps(&p, 7);
	pair_steps(&straight, 7);
	rows.use = NULL;
	assert_same_state(&p, &straight, "used");
	/* Freed there, it trains to the end and is gone. */
	rows.use = free_trainer_and_data;
	egm_trainer *trainer = p.trainer;
	egm_data *data = p.data;
	rows.fails_at = rows.calls + 1;
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 3, NULL, NULL), EGM_ERR_STOPPED);
	ck_assert_ptr_null(p.trainer);
	pair_close(&p);
	pair_close(&straight);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("data_sources");
	TCase *tc = tcase_create("core");
	tcase_add_loop_test(tc, test_sources__the_same_bits, 0, 2 * KINDS);
	tcase_add_test(tc, test_sources__memory_is_that_of_the_order);
	tcase_add_test(tc, test_sources__a_file_is_truncated_while_training);
	tcase_add_test(tc, test_sources__a_callback_stops_within_a_step);
	tcase_add_test(tc, test_sources__a_row_that_is_not_finite);
	tcase_add_test(tc, test_sources__the_trainer_in_the_callback_of_its_data);
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
