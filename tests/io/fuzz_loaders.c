/* SPDX-License-Identifier: MIT */
/* Feeds bytes to every loader, from memory: the first byte selects the loader, the rest is the file. What a loader
 * accepts must be as its header says: finite numbers, aligned tensors.
 *
 * With -DEGM_LIBFUZZER and clang -fsanitize=fuzzer this is a libFuzzer target. Otherwise it has a main: it replays the
 * files given as arguments, or tries RUNS mutations of valid files, always the same ones, so that an ordinary run of
 * the tests under sanitizers covers the errors. */
#include <egm/data.h>
#include <io/safetensors_impl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the first byte picks; the readers of arrays come last. */
static egm_status (*const arrays[])(egm_data **, egm_context *, const void *, size_t,
                                    const egm_data_options *) = {egm_data_load_idx_memory, egm_data_load_npy_memory};
enum { CONTAINER, MODEL, SAVED, TABLE, ARRAYS, IDX = ARRAYS, NPY, LOADERS };
enum { MAX_BYTES = 1 << 20 };
_Static_assert(LOADERS - ARRAYS == sizeof arrays / sizeof *arrays, "a number for each array");

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static egm_context *context;
static egm_model *built;     /* of the layers of a seed: what its weights are restored into */
static const uint8_t *bytes; /* the file */
static size_t size;
static long accepted[LOADERS], restored;

static void require(int condition, const char *what)
{
	if (condition) return;
	fprintf(stderr, "broken promise: %s (%s)\n", what, egm_last_error());
	abort();
}

static egm_model *seed_model(void)
{
	egm_model *model;
	require(egm_model_create(&model, context, "seed", 2) == EGM_OK, "a model");
	egm_model_dense(model, 3);
	egm_model_leaky_relu(model, 0.2);
	egm_model_layer_norm(model, 1e-5);
	egm_model_dense(model, 1);
	require(egm_model_build(model, EGM_F32, 1) == EGM_OK, "a built model");
	return model;
}

static void set_up(void)
{
	if (context) return;
	require(egm_context_create(&context, NULL) == EGM_OK, "a context");
	built = seed_model();
}

static void put(const uint8_t *file, size_t n)
{
	bytes = file;
	size = n;
}

static void try_container(const egm_load_options *o)
{
	egm__safetensors *file;
	const egm__origin from = egm__from_memory(bytes, size);
	if (egm__safetensors_read_from(&file, context, &from, o, 0) != EGM_OK) {
		require(!file, "no container after a failure");
		return;
	}
	accepted[CONTAINER]++;
	for (int32_t i = 0; i < egm__safetensors_count(file); i++) {
		static const size_t widths[] = {0, 4, 8, 8, 1};
		const egm__st_tensor *t = egm__safetensors_at(file, i);
		require((uintptr_t)t->data % 64 == 0, "aligned tensors");
		require(egm__safetensors_find(file, t->name) == t, "names of their own");
		unsigned sum = 0;
		for (size_t k = 0; k < (size_t)t->count * widths[t->dtype]; k++) sum += ((const unsigned char *)t->data)[k];
		require(sum <= 255u * MAX_BYTES, "readable tensors");
	}
	egm__safetensors_free(file);
}

static void try_model(const egm_load_options *o)
{
	egm_model *model;
	if (egm_model_load_memory(&model, context, bytes, size, o) != EGM_OK) {
		require(!model, "no model after a failure");
		return;
	}
	accepted[MODEL]++;
	for (int32_t i = 0; i < egm_model_tensor_count(model); i++) {
		const char *name;
		int64_t shape[4];
		int32_t rank;
		require(egm_model_tensor_shape(model, i, &name, shape, &rank) == EGM_OK && rank >= 1, "tensors");
	}
	egm_model_free(model);
}

static void try_restore(void)
{
	enum { MOST = 64 };
	float values[MOST];
	int64_t n = egm_model_parameter_count(built);
	if (egm_model_restore_memory(built, bytes, size, NULL) != EGM_OK) return;
	restored++;
	require(n <= MOST && egm_model_parameters(built, egm_f32_out(values, n, 1)) == EGM_OK, "parameters");
	for (int64_t i = 0; i < n; i++) require(isfinite(values[i]), "finite parameters");
}

static void try_data(int loader)
{
	egm_data_options o = EGM_DATA_OPTIONS_INIT;
	egm_data *data;
	o.dtype = EGM_F64;
	o.max_bytes = MAX_BYTES;
	if (arrays[loader - ARRAYS](&data, context, bytes, size, &o) != EGM_OK) {
		require(!data, "no data after a failure");
		return;
	}
	accepted[loader]++;
	const double *x = egm_data_values(data);
	for (int64_t i = 0; i < egm_data_rows(data) * egm_data_columns(data); i++)
		require(isfinite(x[i]), "finite numbers");
	egm_data_free(data);
}

/* The first byte of the file picks the options; the rest is the table, which is then read again with the dictionaries
 * of the first reading and must be the same. */
static void try_table(void)
{
	egm_csv_options o = EGM_CSV_OPTIONS_INIT;
	egm_data *data, *again;
	if (size < 1) return;
	uint8_t how = *bytes;
	put(bytes + 1, size - 1);
	o.dtype = EGM_F64;
	o.max_bytes = MAX_BYTES;
	o.delimiter = ",; \t"[how & 3];
	o.text = EGM_CSV_TEXT_REFUSE + (how >> 2 & 3) % 3;
	o.header = EGM_CSV_HEADER_DETECT + (how >> 4 & 3) % 3;
	o.replace_missing = how >> 6 & 1;
	o.decimal = how >> 7 && o.delimiter != ',' ? ',' : '.';
	if (egm_data_load_csv_memory(&data, context, bytes, size, &o) != EGM_OK) {
		require(!data, "no table after a failure");
		return;
	}
	accepted[TABLE]++;
	const double *x = egm_data_values(data);
	int64_t rows = egm_data_rows(data), columns = egm_data_columns(data);
	for (int64_t i = 0; i < rows * columns; i++) require(isfinite(x[i]), "finite numbers");
	for (int64_t i = 0; i < columns; i++) {
		egm_column c = {.struct_size = sizeof c};
		require(egm_data_column(data, i, &c) == EGM_OK && c.field >= 1, "columns");
		for (int64_t k = 1; k < c.word_count; k++) require(strcmp(c.words[k - 1], c.words[k]) < 0, "sorted words");
	}
	o.like = data;
	require(egm_data_load_csv_memory(&again, context, bytes, size, &o) == EGM_OK, "a table like itself");
	require(egm_data_rows(again) == rows && egm_data_columns(again) == columns, "the same sizes");
	require(memcmp(egm_data_values(again), x, (size_t)(rows * columns) * sizeof *x) == 0, "the same numbers");
	egm_data_free(again);
	egm_data_free(data);
}

/* Saved again, the data have the same bytes, or those of another order of the tensors. */
static void try_saved_data(const egm_load_options *o)
{
	static uint8_t saved[2 * MAX_BYTES];
	egm_data *data, *again;
	size_t n = 0;
	if (egm_data_load_memory(&data, context, bytes, size, o) != EGM_OK) {
		require(!data, "no data after a failure");
		return;
	}
	accepted[SAVED]++;
	require(egm_data_save_memory(data, saved, sizeof saved, &n) == EGM_OK, "data that can be saved");
	require(egm_data_load_memory(&again, context, saved, n, o) == EGM_OK, "data that can be loaded again");
	int64_t columns = egm_data_columns(data);
	size_t width = egm_data_dtype(data) == EGM_F64 ? 8 : 4;
	require(columns == egm_data_columns(again), "the same columns");
	require(memcmp(egm_data_values(data), egm_data_values(again), (size_t)(egm_data_rows(data) * columns) * width) == 0,
	        "the same numbers");
	for (int64_t i = 0; i < columns; i++) {
		egm_column a = {.struct_size = sizeof a}, b = a;
		require(egm_data_column(data, i, &a) == EGM_OK && egm_data_column(again, i, &b) == EGM_OK, "columns");
		require(a.kind == b.kind && a.field == b.field && a.word_count == b.word_count, "the same columns");
		for (int64_t k = 0; k < a.word_count; k++) require(strcmp(a.words[k], b.words[k]) == 0, "the same words");
	}
	egm_data_free(again);
	egm_data_free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	egm_load_options o = EGM_LOAD_OPTIONS_INIT;
	if (n < 1) return 0;
	set_up();
	put(input + 1, n - 1);
	o.max_header_bytes = 65536;
	o.max_data_bytes = MAX_BYTES;
	int loader = input[0] % LOADERS;
	if (loader == CONTAINER) {
		try_container(&o);
		try_restore();
	} else if (loader == MODEL) {
		try_model(&o);
	} else if (loader == TABLE) {
		try_table();
	} else if (loader == SAVED) {
		try_saved_data(&o);
	} else {
		try_data(loader);
	}
	return 0;
}

#ifndef EGM_LIBFUZZER
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

enum { RUNS = 200000, MAX_SEED = 4096 };

typedef struct seed {
	size_t n;
	uint8_t bytes[MAX_SEED];
} seed;

static seed seeds[16];
static int n_seeds;
static uint64_t state = 0x853c49e6748fea9bu;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % below;
}

static void add_seed(int loader, const void *file, size_t n)
{
	seed *s = &seeds[n_seeds++];
	require(n + 1 <= MAX_SEED, "a short seed");
	s->bytes[0] = (uint8_t)loader;
	memcpy(s->bytes + 1, file, n);
	s->n = n + 1;
}

static void add_model(int loader, const egm_model *model)
{
	uint8_t file[MAX_SEED];
	size_t n;
	require(egm_model_save_memory(model, file, sizeof file, &n) == EGM_OK, "a saved model");
	add_seed(loader, file, n);
}

/* Data of a table with names, codes, one-hot columns and a missing value. */
static void add_data(void)
{
	static const char table[] = "n,w,v\n1,b,x\n?,a,y\n";
	uint8_t file[MAX_SEED];
	size_t n;
	for (int32_t text = EGM_CSV_TEXT_CODES; text <= EGM_CSV_TEXT_ONE_HOT; text++) {
		egm_csv_options o = EGM_CSV_OPTIONS_INIT;
		egm_data *data;
		o.text = text;
		o.replace_missing = 1;
		require(egm_data_load_csv_memory(&data, context, table, sizeof table - 1, &o) == EGM_OK, "a table");
		require(egm_data_save_memory(data, file, sizeof file, &n) == EGM_OK, "saved data");
		add_seed(SAVED, file, n);
		egm_data_free(data);
	}
}

/* Layers with several numbers, which bytes are to change. */
static void add_images(void)
{
	egm_model *model;
	require(egm_model_create(&model, context, "images", 8) == EGM_OK, "a model");
	egm_model_image(model, 2, 4, 1);
	egm_model_conv(model, 2, 2, 1, 1);
	egm_model_batch_norm(model, 1e-5, 0.1);
	egm_model_average_pool(model, 2);
	egm_model_conv_transpose(model, 1, 3, 2, 1, 1);
	egm_model_upsample(model, 2);
	egm_model_spectral_conv(model, 1, 1, 2, 0);
	require(egm_model_build(model, EGM_F32, 1) == EGM_OK, "a built model");
	add_model(MODEL, model);
	egm_model_free(model);
}

static void add_saved(void)
{
	egm_model *model = seed_model();
	add_model(CONTAINER, model);
	add_model(MODEL, model);
	egm_model_free(model);
	add_images();
	add_data();
}

static void add_seeds(void)
{
	static const char header[] = "{\"a\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[0,4]},"
	                             "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[4,7]}}";
	static const uint8_t idx[] = {0, 0, 0x0c, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff};
	static const char npy[] = "\x93NUMPY\2\0\x46\0\0\0{'descr': '>i4', 'fortran_order': True, 'shape': (1, 2), }"
	                          "           \n\0\0\0\1\0\0\0\2";
	static const char c_order[] = "\x93NUMPY\1\0\x46\0{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }"
	                              "          \n\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40";
	static const char csv[] = "\0001,2,3\r\n-4.5e-3, +.5 ,6.\n\n7,8,9";
	/* In front of a table stand its options, see try_table. */
	static const char words[] = "\x44 a, \"b, \"\"c\"\"\" ,\xc3\xa4\r\n# e\n1,x y,?\n2, \"x\ny\" ,3,\r\n\n4,NA,-5e1";
	static const char blanks[] = "\x5a\"a 1\"  b\t-2 \n c \t d 3 # e\n";
	static const char decimals[] = "\xc1p;q;\n1,5;\"2\"\n;-3,25;\n";
	uint8_t container[sizeof header + 16] = {sizeof header - 1};
	memcpy(container + 8, header, sizeof header - 1);
	add_seed(CONTAINER, container, 8 + sizeof header - 1 + 7);
	add_seed(IDX, idx, sizeof idx);
	add_seed(NPY, npy, sizeof npy - 1);
	add_seed(TABLE, csv, sizeof csv - 1);
	add_seed(NPY, c_order, sizeof c_order - 1);
	add_seed(TABLE, words, sizeof words - 1);
	add_seed(TABLE, blanks, sizeof blanks - 1);
	add_seed(TABLE, decimals, sizeof decimals - 1);
	add_saved();
#if EGM_HAVE_ZLIB
	uint8_t packed[256];
	z_stream z = {0};
	require(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflate");
	z.next_in = (Bytef *)(uintptr_t)idx;
	z.avail_in = sizeof idx;
	z.next_out = packed;
	z.avail_out = sizeof packed;
	require(deflate(&z, Z_FINISH) == Z_STREAM_END, "a packed seed");
	add_seed(IDX, packed, sizeof packed - z.avail_out);
	deflateEnd(&z);
#endif
}

/* ---- mutations: each changes s and keeps the byte that picks the loader */

static void change_byte(seed *s)
{
	static const uint8_t special[] = {0,    1,   0x7f, 0x80, 0xff, '"',  '{',  '}',  '[', ']', ',', ':',
	                                  '\\', '-', '9',  ' ',  ';',  '\t', '\n', '\r', '#', '?', 'x'};
	uint8_t *p = s->bytes + 1 + draw(s->n - 1);
	*p = draw(2) ? special[draw(sizeof special)] : (uint8_t)(*p ^ 1u << draw(8));
}

static void change_integer(seed *s)
{
	static const uint64_t special[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, UINT64_MAX, UINT64_MAX - 7};
	uint64_t value = special[draw(sizeof special / sizeof *special)];
	size_t width = draw(2) ? 4 : 8;
	if (s->n < 1 + width) return;
	memcpy(s->bytes + 1 + draw(s->n - width), &value, width);
}

static void cut(seed *s)
{
	size_t at = 1 + draw(s->n - 1), n = 1 + draw(s->n - at);
	memmove(s->bytes + at, s->bytes + at + n, s->n - at - n);
	s->n -= n;
}

/* Inserts a piece of any seed. */
static void insert(seed *s)
{
	const seed *from = &seeds[draw((uint64_t)n_seeds)];
	size_t start = 1 + draw(from->n - 1), n = 1 + draw(from->n - start), at = 1 + draw(s->n);
	if (n > 64) n = 64;
	if (s->n + n > MAX_SEED) return;
	if (at > s->n) at = s->n;
	memmove(s->bytes + at + n, s->bytes + at, s->n - at);
	memcpy(s->bytes + at, from->bytes + start, n);
	s->n += n;
}

static void change_number(seed *s)
{
	static const char *const special[] = {
	    "9223372036854775807", "18446744073709551615", "-1", "1.0", "1e3", "2147483648", "0", "nan", "1e999"};
	size_t at = 1 + draw(s->n - 1);
	while (at < s->n && (s->bytes[at] < '0' || s->bytes[at] > '9')) at++;
	const char *text = special[draw(sizeof special / sizeof *special)];
	size_t n = strlen(text);
	if (at == s->n || s->n + n > MAX_SEED) return;
	memmove(s->bytes + at + n, s->bytes + at + 1, s->n - at - 1);
	memcpy(s->bytes + at, text, n);
	s->n += n - 1;
}

/* A container whose header kept its form is worth more: the length before it is set right. */
static void mend_length(seed *s)
{
	if ((s->bytes[0] > 1 && s->bytes[0] != 4) || s->n < 10) return;
	uint8_t *end = memrchr(s->bytes + 9, '}', s->n - 9);
	uint64_t n = end ? (uint64_t)(end - s->bytes) - 8 : 0;
	for (int i = 0; i < 8; i++) s->bytes[1 + i] = (uint8_t)(n >> (8 * i));
}

static void mutate(seed *s)
{
	static void (*const kinds[])(seed *) = {change_byte, change_integer, cut, insert, change_number};
	for (uint64_t k = 1 + draw(3); k && s->n > 1; k--) kinds[draw(5)](s);
	if (draw(2)) mend_length(s);
}

static int replay(int n, char **names)
{
	static uint8_t file[MAX_BYTES];
	for (int i = 0; i < n; i++) {
		FILE *f = fopen(names[i], "rb");
		if (!f) {
			perror(names[i]);
			return 1;
		}
		size_t got = fread(file, 1, sizeof file, f);
		fclose(f);
		LLVMFuzzerTestOneInput(file, got);
	}
	return 0;
}

int main(int argc, char **argv)
{
	set_up();
	int status = argc > 1 ? replay(argc - 1, argv + 1) : 0;
	if (argc == 1) {
		add_seeds();
		for (int i = 0; i < n_seeds; i++) {
			long before = accepted[seeds[i].bytes[0]];
			LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].n);
			require(accepted[seeds[i].bytes[0]] == before + 1, "valid seeds");
		}
		for (int run = 0; run < RUNS; run++) {
			seed s = seeds[draw((uint64_t)n_seeds)];
			mutate(&s);
			LLVMFuzzerTestOneInput(s.bytes, s.n);
		}
		for (int i = 0; i < LOADERS; i++) printf("loader %d accepted %ld files\n", i, accepted[i]);
		printf("%ld of the containers restored the model of a seed\n", restored);
		require(restored > 0, "restored weights");
	}
	egm_model_free(built);
	egm_context_free(context);
	return status;
}
#endif
