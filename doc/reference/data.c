/* SPDX-License-Identifier: MIT */
/* Data: from an array, to a file, and back from a table of text. */
#include <egm.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	const char *table = "size,color\n1.5,red\n2.5,blue\n";
	float row[3];
	const int64_t second = 1;
	egm_context *context = NULL;
	egm_data *data = NULL;
	egm_csv_options options = EGM_CSV_OPTIONS_INIT;
	options.text = EGM_CSV_TEXT_ONE_HOT; /* a column for each word */
	int failed = egm_context_create(&context, NULL) ||
	             egm_data_load_csv_memory(&data, context, table, strlen(table), &options) ||
	             egm_data_read(data, &second, egm_f32_out(row, 1, 3));
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("%lld rows; the second: size %.1f, blue %.0f, red %.0f\n", (long long)egm_data_rows(data), row[0],
		       row[1], row[2]);
	egm_data_free(data);
	egm_context_free(context);
	return failed;
}
