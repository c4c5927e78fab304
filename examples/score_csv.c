/* SPDX-License-Identifier: MIT */
/* Loads a saved energy and prints U(x) for each row x of a CSV file, and with --gradient also ||grad U(x)||: the two
 * anomaly scores that an energy gives. High = unlike the data that the energy was trained on.
 *
 * The file may have a header, comments and missing values (read as 0). Words are read as one-hot columns, whose
 * dictionaries must be those of the training data: --like names that file. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

typedef struct scores {
	egm_dtype dtype; /* of the model, and so of all arrays here */
	int64_t rows, columns;
	void *energies, *gradients; /* [rows], [rows, columns] */
} scores;

static double number(egm_dtype dtype, const void *values, int64_t index)
{
	return dtype == EGM_F32 ? (double)((const float *)values)[index] : ((const double *)values)[index];
}

static egm_status score(scores *s, const egm_model *energy, const egm_data *data)
{
	size_t size = s->dtype == EGM_F32 ? sizeof(float) : sizeof(double);
	s->rows = egm_data_rows(data);
	s->columns = egm_data_columns(data);
	s->energies = program_alloc((size_t)s->rows, size);
	s->gradients = program_alloc((size_t)s->rows * (size_t)s->columns, size);
	return egm_model_energy_gradient(energy, egm_array_of(s->dtype, egm_data_values(data), s->rows, s->columns),
	                                 egm_out_of(s->dtype, s->energies, s->rows, 1),
	                                 egm_out_of(s->dtype, s->gradients, s->rows, s->columns));
}

static void print(const scores *s, int with_gradient)
{
	for (int64_t i = 0; i < s->rows; i++) {
		double squares = 0;
		for (int64_t k = 0; k < s->columns; k++) squares += pow(number(s->dtype, s->gradients, i * s->columns + k), 2);
		printf("%.9g", number(s->dtype, s->energies, i));
		if (with_gradient) printf(",%.9g", sqrt(squares));
		printf("\n");
	}
}

/* The rows to score; with `like`, the path of the training data, in the columns and the dictionaries of these. A word
 * that they do not have is 0 in all columns. */
static egm_status read_rows(egm_data **out, egm_context *context, const char *path, const char *like,
                            egm_csv_options *reading)
{
	egm_data *trained_on = NULL;
	reading->unknown = EGM_CSV_UNKNOWN_CODE;
	reading->replace_missing = 1;
	if (!like) return egm_data_load_csv(out, context, path, reading);
	reading->text = EGM_CSV_TEXT_ONE_HOT;
	TRY(egm_data_load_csv(&trained_on, context, like, reading));
	reading->like = trained_on;
	egm_status status = egm_data_load_csv(out, context, path, reading);
	egm_data_free(trained_on);
	return status;
}

/* What the command line says of the file; 0 if it is no sense. */
static int describe_file(egm_csv_options *reading, const char *header, const char *delimiter)
{
	if (header && strcmp(header, "yes") != 0 && strcmp(header, "no") != 0) return 0;
	if (delimiter && strlen(delimiter) != 1) return 0;
	if (header) reading->header = *header == 'y' ? EGM_CSV_HEADER_YES : EGM_CSV_HEADER_NO;
	if (delimiter) reading->delimiter = *delimiter;
	return 1;
}

int main(int argc, char **argv)
{
	int64_t skip = 0, threads = 2;
	const char *like = NULL, *columns = NULL, *header = NULL, *delimiter = NULL;
	int with_gradient = 0;
	const program_option options[] = {
	    {"skip", OPTION_INTEGER, &skip, 0, 1e6, "lines before the first row"},
	    {"gradient", OPTION_FLAG, &with_gradient, 0, 0, "print ||grad U(x)|| as a second column"},
	    {"like", OPTION_TEXT, &like, 0, 0, "the CSV file of the training data, if it has words"},
	    {"columns", OPTION_TEXT, &columns, 0, 0, "a range of columns, as 1-41, or the name of one; default all"},
	    {"header", OPTION_TEXT, &header, 0, 0, "yes or no, where the first line does not tell"},
	    {"delimiter", OPTION_TEXT, &delimiter, 0, 0, "between fields; a blank: runs of blanks and tabs; default ,"},
	    {"threads", OPTION_INTEGER, &threads, 1, 256, "threads at most"},
	};
	int first = program_options(argc, argv, "[options] ENERGY.safetensors ROWS.csv",
	                            "Prints the energy of each row: low = likely.", options, 7);
	if (argc - first != 2) program_misuse(argv, "expected a model and a CSV file");

	egm_context *context = NULL;
	egm_model *energy = NULL;
	egm_data *data = NULL;
	egm_csv_options reading;
	scores s = {0};
	egm_status status = program_context(&context, threads);
	if (status == EGM_OK) status = egm_model_load(&energy, context, argv[first], NULL);
	if (status == EGM_OK) status = reading = (egm_csv_options)EGM_CSV_OPTIONS_INIT;
	if (status == EGM_OK) {
		s.dtype = egm_model_dtype(energy);
		reading.dtype = (int32_t)s.dtype;
		reading.skip_lines = (int32_t)skip;
		reading.columns = columns ? &columns : NULL;
		reading.column_count = columns != NULL;
		if (!describe_file(&reading, header, delimiter))
			program_misuse(argv, "--header is yes or no, --delimiter one character");
		status = read_rows(&data, context, argv[first + 1], like, &reading);
	}
	if (status == EGM_OK) status = score(&s, energy, data);
	if (status == EGM_OK)
		print(&s, with_gradient);
	else
		fprintf(stderr, "%s\n", egm_last_error());

	free(s.energies);
	free(s.gradients);
	egm_data_free(data);
	egm_model_free(energy);
	egm_context_free(context);
	return status == EGM_OK && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
