/* SPDX-License-Identifier: MIT */
/* A pass over the rows of a table. Each pass checks the number of fields, since the file may change between passes. */
#include <inttypes.h>

#include <io/csv_table_impl.h>

enum { LEAST_WORD_BYTES = 1 << 20 };

egm_status egm__csv_begin(egm__csv_load *l)
{
	egm__csv_close(&l->csv);
	l->csv.delimiter = l->o.delimiter;
	l->csv.comment = l->o.comment < 0 ? 0 : l->o.comment;
	return egm__csv_open(&l->csv, l->context, l->from, l->o.skip_lines);
}

egm_status egm__csv_keep(egm__csv_load *l)
{
	uint64_t most = l->o.max_bytes > LEAST_WORD_BYTES ? l->o.max_bytes : LEAST_WORD_BYTES;
	l->word_bytes += l->csv.length + 1 + sizeof(char *);
	if (l->word_bytes <= most) return EGM_OK;
	return egm__fail(EGM_ERR_UNSUPPORTED,
	                 "%s: line %" PRId64 ", field %" PRId64
	                 ": names and words need more than max_bytes allows, must need at most %" PRIu64 " bytes",
	                 l->path, l->csv.line, l->csv.field, most);
}

/* *column: the column of the table that the cell belongs to; NULL: it is not read. FORMAT: a cell too many. */
static egm_status column_of(const egm__csv_load *l, egm__column **column)
{
	const egm__csv *csv = &l->csv;
	int64_t width = l->head.width;
	*column = NULL;
	if (csv->field <= width) {
		if (l->used[csv->field - 1]) *column = &l->table->columns[l->used[csv->field - 1] - 1];
		return *column ? egm__csv_whole(csv) : EGM_OK;
	}
	if (csv->field == width + 1 && !csv->length && !csv->quoted) return EGM_OK; /* after a delimiter at the end */
	return egm__fail(EGM_ERR_FORMAT,
	                 "%s: line %" PRId64 " has more fields, must have %" PRId64 " as line %" PRId64 "%s", l->path,
	                 csv->row_line, width, l->head.line, width == 1 ? "; is the delimiter right?" : "");
}

static egm_status check_row(const egm__csv_load *l)
{
	if (l->csv.field >= l->head.width) return EGM_OK;
	return egm__fail(EGM_ERR_FORMAT,
	                 "%s: line %" PRId64 " has %" PRId64 " fields, must have %" PRId64 " as line %" PRId64, l->path,
	                 l->csv.row_line, l->csv.field, l->head.width, l->head.line);
}

egm_status egm__csv_each_row(egm__csv_load *l, int64_t rows, egm_status (*use)(egm__csv_load *, egm__column *))
{
	egm_status st = EGM_OK;
	egm__csv_event event = EGM__CSV_ROW;
	egm__column *column;
	int header = l->head.is_header;
	EGM_TRY(egm__csv_begin(l));
	l->rows = 0;
	while (!rows || l->rows < rows) {
		EGM_TRY(egm__csv_next(&l->csv, &event));
		if (event == EGM__CSV_END) break;
		if (event == EGM__CSV_CELL && !header) {
			EGM_TRY(column_of(l, &column));
			if (column) EGM_TRY(use(l, column));
		} else if (event == EGM__CSV_ROW) {
			if (!header) EGM_TRY(check_row(l));
			l->rows += !header;
			header = 0;
		}
	}
out:
	return st;
}
