/* SPDX-License-Identifier: MIT */
/* Loads a saved energy and prints U(x) for each row x of a CSV file, and with --gradient also ||grad U(x)||. Both are
 * anomaly scores: high = unlike the data that the energy was trained on.
 *
 * The file may have a header, comments and missing values, which are read as 0. Words are read as one-hot columns with
 * the dictionaries of the training data, whose file --like names. */
#include <egm.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/options.h"
#include "support/program.h"

typedef struct scores {
	egm_dtype dtype; /* of the model and of all arrays here */
	int64_t rows, columns;
	void *energies, *gradients; /* [rows], [rows, columns] */
} scores;

static double number(egm_dtype dtype, const void *values, int64_t index)
{
	return dtype == EGM_F32 ? (double)((const float *)values)[index] : ((const double *)values)[index];
}

static scores score(const egm_model *energy, const egm_data *data)
{
	scores s = {egm_model_dtype(energy), egm_data_rows(data), egm_data_columns(data), NULL, NULL};
	size_t size = s.dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	s.energies = program_alloc((size_t)s.rows, size);
	s.gradients = program_alloc((size_t)s.rows * (size_t)s.columns, size);
	check(egm_model_energy_gradient(energy, egm_array_of(s.dtype, egm_data_values(data), s.rows, s.columns),
	                                egm_out_of(s.dtype, s.energies, s.rows, 1),
	                                egm_out_of(s.dtype, s.gradients, s.rows, s.columns)));
	return s;
}

static void print(const scores *s, bool with_gradient)
{
	for (int64_t i = 0; i < s->rows; i++) {
		double squares = 0;
		for (int64_t k = 0; k < s->columns; k++) squares += pow(number(s->dtype, s->gradients, i * s->columns + k), 2);
		printf("%.9g", number(s->dtype, s->energies, i));
		if (with_gradient) printf(",%.9g", sqrt(squares));
		printf("\n");
	}
}

/* Reads the rows to score. `like` is NULL or the path of the training data, whose columns and dictionaries are used; a
 * word that these do not contain is 0 in all columns. */
static egm_data *read_rows(egm_context *context, const char *path, const char *like, egm_csv_options *reading)
{
	egm_data *rows = NULL, *trained_on = NULL;
	reading->unknown = EGM_CSV_UNKNOWN_CODE;
	reading->replace_missing = 1;
	if (like) {
		reading->text = EGM_CSV_TEXT_ONE_HOT;
		check(egm_data_load_csv(&trained_on, context, like, reading));
		reading->like = trained_on;
	}
	check(egm_data_load_csv(&rows, context, path, reading));
	egm_data_free(trained_on);
	return rows;
}

int main(int argc, char **argv)
{
	egm_csv_options reading = EGM_CSV_OPTIONS_INIT;
	int64_t threads = 2;
	const char *like = NULL, *columns = NULL, *delimiter = ",";
	bool with_gradient = false;
	program_option options[] = {
	    OPTION_MEMBER("skip", egm_csv_options, &reading, skip_lines),
	    OPTION_FLAG("gradient", &with_gradient, "Print ||grad U(x)|| as a second column."),
	    OPTION_TEXT("like", &like, "The CSV file of the training data, if it has words."),
	    OPTION_TEXT("columns", &columns, "A range of columns, as 1-41, or the name of one; default all."),
	    OPTION_MEMBER("header", egm_csv_options, &reading, header),
	    OPTION_TEXT("delimiter", &delimiter, "Character between fields; a blank: runs of blanks and tabs."),
	    OPTION_NUMBER("threads", &threads, 1, 256, "Threads at most."),
	    OPTIONS_END,
	};
	int first = options_read(argc, argv, "[options] ENERGY.safetensors ROWS.csv",
	                         "Prints the energy of each row: low = likely.", options, 2);
	if (strlen(delimiter) != 1) options_misuse(argv, "--delimiter: expected one character");

	egm_context *context = program_context(threads);
	egm_model *energy = NULL;
	check(egm_model_load(&energy, context, argv[first], NULL));
	reading.dtype = (int32_t)egm_model_dtype(energy);
	reading.delimiter = *delimiter;
	reading.columns = columns ? &columns : NULL;
	reading.column_count = columns != NULL;
	egm_data *data = read_rows(context, argv[first + 1], like, &reading);
	scores s = score(energy, data);
	print(&s, with_gradient);

	free(s.energies);
	free(s.gradients);
	egm_data_free(data);
	egm_model_free(energy);
	egm_context_free(context);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
