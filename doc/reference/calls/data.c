/* SPDX-License-Identifier: MIT */
#include "support.h"

/* Row i of a grid of 100 points on a line, which is computed when it is needed. */
static int fill(const int64_t *indices, int64_t count, void *out, void *user)
{
	(void)user;
	for (int64_t i = 0; i < count; i++) ((float *)out)[i] = 0.01f * (float)indices[i];
	return 0;
}

static void arrays(egm_context *context)
{
	/* A copy of an array: the array may change afterwards. */
	float points[100][2];
	for (int i = 0; i < 100; i++) points[i][0] = cosf(0.1f * i), points[i][1] = sinf(0.1f * i);
	egm_data *copy = NULL;
	check(egm_data_copy(&copy, context, egm_f32(points[0], 100, 2)));

	/* A view needs no memory, but the array must stay as it is until the data are freed. */
	egm_data *view = NULL;
	check(egm_data_view(&view, context, egm_f32(points[0], 100, 2)));
	expect(egm_data_values(view) == points);

	/* Rows that a function computes: see `fill` in the whole program. */
	egm_data *computed = NULL;
	check(egm_data_callback(&computed, context, EGM_F32, 100, 1, fill, NULL, NULL));

	/* Some rows, in the order that is asked for. */
	const int64_t indices[3] = {99, 0, 50};
	float rows[3];
	check(egm_data_read(computed, indices, egm_f32_out(rows, 3, 1)));
	expect(rows[0] == 0.01f * 99 && rows[1] == 0 && rows[2] == 0.01f * 50);

	/* What a program needs to know before it makes a network for data. */
	printf("%lld rows, %lld columns, %s\n", (long long)egm_data_rows(copy), (long long)egm_data_columns(copy),
	       egm_data_dtype(copy) == EGM_F32 ? "float" : "double");

	/* All numbers at once. They are NULL if they are not in memory. */
	const float *values = egm_data_values(copy);
	expect(values[1 * 2 + 0] == points[1][0]); /* row 1, column 0 */
	expect(egm_data_values(computed) == NULL);

	egm_data_free(copy);
	egm_data_free(view);
	egm_data_free(computed);
}

static void files(egm_context *context)
{
	/* Results for NumPy: numpy.load("energies.npy") reads them. */
	const float energies[4] = {0.5f, -1, 2, 3};
	check(egm_array_save_npy(context, egm_f32(energies, 4, 1), "energies.npy"));

	/* An array that numpy.save wrote, here as double: the default is float. */
	egm_data *data = NULL;
	egm_data_options options = EGM_DATA_OPTIONS_INIT;
	options.dtype = EGM_F64;
	check(egm_data_load_npy(&data, context, "energies.npy", &options));
	expect(egm_data_rows(data) == 4 && ((const double *)egm_data_values(data))[1] == -1);

	egm_data_free(data);

	/* A file that is larger than memory: rows are read when training needs them. */
	egm_data *large = NULL;
	check(egm_data_open_npy(&large, context, "energies.npy", NULL));
	expect(egm_data_rows(large) == 4);

	egm_data_free(large);

	/* Two images of 2 x 2 bytes in the format of MNIST: 4 bytes of type and rank, the sizes, and the pixels. */
	const unsigned char idx[24] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 255, 0, 255, 255, 0, 255, 0};
	FILE *file = fopen("images-idx3-ubyte", "wb");
	expect(file && fwrite(idx, 1, sizeof idx, file) == sizeof idx && fclose(file) == 0);

	/* Images of bytes as numbers from -1 to 1, as networks need them. */
	egm_data *images = NULL;
	egm_data_options scaled = EGM_DATA_OPTIONS_INIT;
	scaled.scale = 1 / 127.5;
	scaled.offset = -1;
	check(egm_data_load_idx(&images, context, "images-idx3-ubyte", &scaled));
	expect(egm_data_columns(images) == 4);

	/* The shape before the pixels became columns. */
	int64_t shape[8];
	int32_t rank = egm_data_shape(images, shape);
	expect(rank == 3 && shape[0] == 2 && shape[1] == 2 && shape[2] == 2);

	egm_data_free(images);

	/* The same file, larger than memory. It must not be compressed. */
	egm_data *opened = NULL;
	check(egm_data_open_idx(&opened, context, "images-idx3-ubyte", &scaled));
	expect(egm_data_rows(opened) == 2);

	egm_data_free(opened);

	/* The bytes of such a file that the program has in memory, for example from an archive. */
	egm_data *memory = NULL;
	check(egm_data_load_idx_memory(&memory, context, idx, sizeof idx, NULL));
	expect(((const float *)egm_data_values(memory))[1] == 255);

	egm_data_free(memory);

	/* An NPY file in memory: 128 bytes of header in this example, then the numbers. */
	unsigned char npy[128 + sizeof energies];
	file = fopen("energies.npy", "rb");
	expect(file && fread(npy, 1, sizeof npy, file) == sizeof npy && fclose(file) == 0);
	egm_data *received = NULL;
	check(egm_data_load_npy_memory(&received, context, npy, sizeof npy, NULL));
	expect(memcmp(egm_data_values(received), energies, sizeof energies) == 0);

	egm_data_free(received);
}

static void tables(egm_context *context)
{
	/* A table of numbers and words. Each word becomes a column that is 0 or 1. */
	const char *table = "size,color\n1.5,red\n2.5,blue\n";
	egm_data *data = NULL;
	egm_csv_options options = EGM_CSV_OPTIONS_INIT;
	options.text = EGM_CSV_TEXT_ONE_HOT;
	check(egm_data_load_csv_memory(&data, context, table, strlen(table), &options));

	/* What each column means: size, color = blue, color = red. */
	for (int64_t i = 0; i < egm_data_columns(data); i++) {
		egm_column column = EGM_COLUMN_INIT;
		check(egm_data_column(data, i, &column));
		printf("%s%s%s\n", column.name, column.word ? " = " : "", column.word ? column.word : "");
	}

	/* The data with names and words, to score new rows later. */
	check(egm_data_save(data, "table.safetensors"));
	egm_data *training = NULL;
	check(egm_data_load(&training, context, "table.safetensors", NULL));

	FILE *file = fopen("new.csv", "w");
	expect(file && fputs("size,color\n7,red\n", file) >= 0 && fclose(file) == 0);

	/* New rows get the columns of the training data. */
	egm_data *new_rows = NULL;
	egm_csv_options as_before = EGM_CSV_OPTIONS_INIT;
	as_before.like = training;
	check(egm_data_load_csv(&new_rows, context, "new.csv", &as_before));
	const float *row = egm_data_values(new_rows);
	expect(row[0] == 7 && row[1] == 0 && row[2] == 1);

	/* To memory and back: first the size, then the bytes. */
	size_t size;
	check(egm_data_save_memory(data, NULL, 0, &size));
	void *bytes = malloc(size);
	expect(bytes != NULL);
	check(egm_data_save_memory(data, bytes, size, NULL));
	egm_data *again = NULL;
	check(egm_data_load_memory(&again, context, bytes, size, NULL));
	expect(egm_data_rows(again) == 2 && egm_data_columns(again) == 3);

	free(bytes);
	egm_data_free(again);
	egm_data_free(new_rows);
	egm_data_free(training);
	egm_data_free(data);
}

int main(void)
{
	egm_context *context = NULL;
	check(egm_context_create(&context, NULL));
	arrays(context);
	files(context);
	tables(context);
	egm_context_free(context);
	return 0;
}
