/* SPDX-License-Identifier: MIT */
/* Reads rows of numbers in text as they come; memory grows with the numbers read, never past max_bytes.
 *
 * A number is what strtod of the "C" locale takes, without hexadecimal; the caller's locale plays no part. Blanks
 * around it are passed over. "nan" and "inf" are understood in order to be refused as what they are. */
#include <inttypes.h>

#include <core/rounding_impl.h>
#include <core/size_impl.h>
#include <io/csv_impl.h>
#include <io/data_impl.h>

typedef struct reader {
	egm_context *context;
	const egm_data_options *o;
	locale_t locale;
	void *values;
	int64_t count, capacity; /* numbers */
	int64_t columns;         /* of every row; 0 before the first */
	int64_t rows;
	egm__csv csv;
} reader;

static size_t stored_size(const reader *r)
{
	return r->o->dtype == EGM_F64 ? sizeof(double) : sizeof(float);
}

/* Room for one number more. Doubles, but never asks for more than max_bytes. */
static egm_status grow(reader *r)
{
	egm_status st = EGM_OK;
	uint64_t most = r->o->max_bytes / stored_size(r);
	if (r->count < r->capacity) return EGM_OK;
	if ((uint64_t)r->count >= most)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: line %" PRId64 ": more than %" PRId64 " numbers, max_bytes is %" PRIu64,
		         r->csv.path, r->csv.line, r->count, r->o->max_bytes);
	int64_t capacity = r->capacity ? 2 * r->capacity : 256;
	if ((uint64_t)capacity > most) capacity = (int64_t)most;
	void *grown = egm__realloc(r->context, r->values, capacity, stored_size(r));
	if (!grown) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " numbers", r->csv.path, capacity);
	r->values = grown;
	r->capacity = capacity;
out:
	return st;
}

static egm_status parse_number(const reader *r, double *number)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__csv_whole(&r->csv));
	switch (egm__csv_number(r->csv.text, r->locale, '.', number)) {
	case EGM__CSV_NUMBER:
		break;
	case EGM__CSV_INFINITE:
		EGM_FAIL(EGM_ERR_NONFINITE, "%s: line %" PRId64 ", field %" PRId64 ": %s", r->csv.path, r->csv.line,
		         r->csv.field, r->csv.text);
	default:
		EGM_TRY(egm__csv_fail(&r->csv, EGM_ERR_FORMAT,
		                      "is not a number; egm_data_load_csv_table reads names, words and missing values"));
	}
out:
	return st;
}

static egm_status take_cell(reader *r)
{
	egm_status st = EGM_OK;
	double number = 0;
	if (r->columns && r->csv.field > r->columns)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: line %" PRId64 " has more than %" PRId64 " numbers", r->csv.path, r->csv.line,
		         r->columns);
	EGM_TRY(parse_number(r, &number));
	EGM_TRY(grow(r));
	if (!egm__data_store(r->values, r->count, number, r->o))
		EGM_FAIL(EGM_ERR_NONFINITE, "%s: line %" PRId64 ", field %" PRId64 ": %s is out of range", r->csv.path,
		         r->csv.line, r->csv.field, r->csv.text);
	r->count++;
out:
	return st;
}

static egm_status end_row(reader *r)
{
	if (!r->columns) r->columns = r->csv.field;
	if (r->csv.field != r->columns)
		return egm__fail(EGM_ERR_FORMAT, "%s: line %" PRId64 " has %" PRId64 " numbers, the first row has %" PRId64,
		                 r->csv.path, r->csv.row_line, r->csv.field, r->columns);
	r->rows++;
	return EGM_OK;
}

static egm_status read_rows(reader *r)
{
	egm_status st = EGM_OK;
	egm__csv_event event = EGM__CSV_ROW;
	while (event != EGM__CSV_END && (!r->o->max_rows || r->rows < r->o->max_rows)) {
		EGM_TRY(egm__csv_next(&r->csv, &event));
		if (event == EGM__CSV_CELL) EGM_TRY(take_cell(r));
		if (event == EGM__CSV_ROW) EGM_TRY(end_row(r));
	}
	if (!r->rows) EGM_FAIL(EGM_ERR_FORMAT, "%s: no row of numbers", r->csv.path);
out:
	return st;
}

/* Hands the block over, cut to size where that succeeds. */
static egm_status finish(reader *r, egm_data **out)
{
	egm_data *d = egm__alloc_zero(r->context, 1, sizeof *d);
	if (!d) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for a handle", r->csv.path);
	void *cut = egm__realloc(r->context, r->values, r->count, stored_size(r));
	*d = (egm_data){.context = r->context,
	                .dtype = (egm_dtype)r->o->dtype,
	                .rank = 2,
	                .shape = {r->rows, r->columns},
	                .rows = r->rows,
	                .columns = r->columns,
	                .values = cut ? cut : r->values};
	r->values = NULL;
	egm__context_retain(r->context);
	*out = d;
	return EGM_OK;
}

static EGM__OWN_FUNCTION egm_status load(egm_data **out, egm_context *context, const char *path,
                                         const egm_data_options *o)
{
	egm_status st = EGM_OK;
	reader *r = egm__alloc(context, 1, sizeof *r);
	if (!r) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the reader", path);
	*r = (reader){.context = context, .o = o, .csv = {.delimiter = o->delimiter, .plain = 1}};
	r->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!r->locale) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the C locale", path);
	EGM_TRY(egm__csv_open(&r->csv, context, path, o->skip_lines));
	EGM_TRY(read_rows(r));
	EGM_TRY(finish(r, out));
out:
	if (r) {
		egm__csv_close(&r->csv);
		if (r->locale) freelocale(r->locale);
		egm__free(context, r->values);
	}
	egm__free(context, r);
	return st;
}

egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	return egm__named(__func__, egm__data_load(out, context, path, options, load));
}
