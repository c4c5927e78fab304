/* SPDX-License-Identifier: MIT */
/* Reads rows of numbers in text. The bytes run through a small state machine, one field at a time, so that a line may
 * be of any length while a field is limited; memory grows with the numbers read, never past max_bytes.
 *
 * A number is what strtod of the "C" locale takes, without hexadecimal; the caller's locale plays no part. Blanks
 * around it are passed over. "nan" and "inf" are understood in order to be refused as what they are. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <core/size_impl.h>
#include <io/data_impl.h>

enum { MAX_FIELD = 1024, CHUNK = 16384, DONE = -1 };

typedef struct reader {
	egm_context *context;
	egm__stream *stream;
	const char *path;
	const egm_data_options *o;
	locale_t locale;
	void *values;
	int64_t count, capacity; /* numbers */
	int64_t columns;         /* of every row; 0 before the first */
	int64_t rows, line;      /* line: from 1 */
	int64_t field;           /* fields of this line so far */
	size_t length;           /* bytes of the field at hand */
	size_t at, filled;
	char text[MAX_FIELD + 1];
	char bytes[CHUNK];
} reader;

static egm_status next_byte(reader *r, int *byte)
{
	egm_status st = EGM_OK;
	if (r->at == r->filled) {
		r->at = 0;
		EGM_TRY(egm__stream_read(r->stream, r->bytes, CHUNK, &r->filled));
	}
	*byte = r->at < r->filled ? (unsigned char)r->bytes[r->at++] : DONE;
out:
	return st;
}

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
		         r->path, r->line, r->count, r->o->max_bytes);
	int64_t capacity = r->capacity ? 2 * r->capacity : 256;
	if ((uint64_t)capacity > most) capacity = (int64_t)most;
	void *grown = egm__realloc(r->context, r->values, capacity, stored_size(r));
	if (!grown) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " numbers", r->path, capacity);
	r->values = grown;
	r->capacity = capacity;
out:
	return st;
}

static int is_nonfinite_word(const char *text)
{
	if (*text == '+' || *text == '-') text++;
	return strcasecmp(text, "nan") == 0 || strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0;
}

static egm_status parse_number(const reader *r, double *number)
{
	egm_status st = EGM_OK;
	char text[64], *end;
	if (is_nonfinite_word(r->text))
		EGM_FAIL(EGM_ERR_NONFINITE, "%s: line %" PRId64 ", field %" PRId64 ": %s", r->path, r->line, r->field + 1,
		         r->text);
	*number = strtod_l(r->text, &end, r->locale);
	if (!r->length || *end || r->text[strspn(r->text, "0123456789+-.eE")])
		EGM_FAIL(EGM_ERR_FORMAT, "%s: line %" PRId64 ", field %" PRId64 ": '%s' is not a number", r->path, r->line,
		         r->field + 1, egm__printable(text, r->text));
out:
	return st;
}

static egm_status end_field(reader *r)
{
	egm_status st = EGM_OK;
	double number = 0;
	while (r->length &&
	       (r->text[r->length - 1] == ' ' || r->text[r->length - 1] == '\t' || r->text[r->length - 1] == '\r'))
		r->length--;
	r->text[r->length] = 0;
	EGM_TRY(parse_number(r, &number));
	EGM_TRY(grow(r));
	if (!egm__data_store(r->values, r->count, number, r->o))
		EGM_FAIL(EGM_ERR_NONFINITE, "%s: line %" PRId64 ", field %" PRId64 ": %s is out of range", r->path, r->line,
		         r->field + 1, r->text);
	r->count++;
	r->field++;
	r->length = 0;
out:
	return st;
}

/* Nothing but blanks since the last delimiter? */
static int field_is_blank(const reader *r)
{
	for (size_t i = 0; i < r->length; i++) {
		if (r->text[i] != ' ' && r->text[i] != '\t' && r->text[i] != '\r') return 0;
	}
	return 1;
}

static egm_status end_line(reader *r)
{
	egm_status st = EGM_OK;
	int blank = field_is_blank(r);
	/* A line of spaces is empty; between spaces as delimiters one at the line's end stands for nothing. */
	if (!blank || (r->field && r->o->delimiter != ' ')) EGM_TRY(end_field(r));
	if (r->field) {
		if (!r->columns) r->columns = r->field;
		if (r->field != r->columns)
			EGM_FAIL(EGM_ERR_FORMAT, "%s: line %" PRId64 " has %" PRId64 " numbers, the first row has %" PRId64,
			         r->path, r->line, r->field, r->columns);
		r->rows++;
	}
	r->field = 0;
	r->length = 0;
out:
	return st;
}

static egm_status take_byte(reader *r, int byte)
{
	egm_status st = EGM_OK;
	if (byte == r->o->delimiter) {
		/* A run of spaces is one delimiter: tables are aligned with it. */
		if (byte == ' ' && field_is_blank(r)) return EGM_OK;
		if (r->columns && r->field >= r->columns)
			EGM_FAIL(EGM_ERR_FORMAT, "%s: line %" PRId64 " has more than %" PRId64 " numbers", r->path, r->line,
			         r->columns);
		return end_field(r);
	}
	if (!r->length && (byte == ' ' || byte == '\t')) return EGM_OK;
	if (r->length == MAX_FIELD)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: line %" PRId64 ", field %" PRId64 ": longer than %d bytes", r->path, r->line,
		         r->field + 1, MAX_FIELD);
	/* A zero byte would end the text early. */
	r->text[r->length++] = (char)(byte ? byte : '?');
out:
	return st;
}

static egm_status skip_lines(reader *r)
{
	egm_status st = EGM_OK;
	int byte = 0;
	for (r->line = 1; r->line <= r->o->skip_lines && byte != DONE; r->line++) {
		do EGM_TRY(next_byte(r, &byte));
		while (byte != '\n' && byte != DONE);
	}
out:
	return st;
}

/* A byte order mark, as some spreadsheets write it. */
static egm_status skip_mark(reader *r)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__stream_read(r->stream, r->bytes, CHUNK, &r->filled));
	if (r->filled >= 3 && memcmp(r->bytes, "\xef\xbb\xbf", 3) == 0) r->at = 3;
out:
	return st;
}

static egm_status read_rows(reader *r)
{
	egm_status st = EGM_OK;
	int byte = 0;
	EGM_TRY(skip_mark(r));
	EGM_TRY(skip_lines(r));
	while (byte != DONE && (!r->o->max_rows || r->rows < r->o->max_rows)) {
		EGM_TRY(next_byte(r, &byte));
		if (byte == '\n' || byte == DONE) {
			EGM_TRY(end_line(r));
			r->line++;
		} else {
			EGM_TRY(take_byte(r, byte));
		}
	}
	if (!r->rows) EGM_FAIL(EGM_ERR_FORMAT, "%s: no row of numbers", r->path);
out:
	return st;
}

/* Hands the block over, cut to size where that succeeds. */
static egm_status finish(reader *r, egm_data **out)
{
	egm_data *d = egm__alloc_zero(r->context, 1, sizeof *d);
	if (!d) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for a handle", r->path);
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

egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	egm_status st = EGM_OK;
	egm_data_options o;
	reader *r = NULL;
	EGM_TRY(egm__data_arguments(&o, out, context, path, options));
	r = egm__alloc(context, 1, sizeof *r);
	if (!r) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the reader", path);
	*r = (reader){.context = context, .path = path, .o = &o};
	r->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!r->locale) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the C locale", path);
	EGM_TRY(egm__stream_open(&r->stream, context, path, 1));
	EGM_TRY(read_rows(r));
	EGM_TRY(finish(r, out));
out:
	if (r) {
		egm__stream_free(r->stream);
		if (r->locale) freelocale(r->locale);
		egm__free(context, r->values);
	}
	egm__free(context, r);
	return st;
}
