/* SPDX-License-Identifier: MIT */
/* Reads an array of a file, or its first rows, into memory. */
#include <inttypes.h>
#include <string.h>

#include <core/rounding_impl.h>
#include <core/size_impl.h>
#include <io/data_impl.h>
#include <io/options_impl.h>

enum { CHUNK = 4096 };

/* Where in values each element goes, in the order in which the file has them. */
typedef struct walk {
	const egm__array *array;
	int64_t at, rows; /* index of the next element in values, row by row; how many rows are stored */
	int64_t index[8], stride[8];
} walk;

static void start_walk(walk *w, const egm__array *array, int64_t rows)
{
	*w = (walk){.array = array, .rows = rows};
	int64_t stride = 1;
	for (int32_t i = array->rank; i-- > 0;) {
		w->stride[i] = stride;
		if (i) stride *= array->shape[i];
	}
}

static void step(walk *w)
{
	const egm__array *a = w->array;
	if (!a->fortran) {
		w->at++;
		return;
	}
	for (int32_t i = 0; i < a->rank; i++) {
		w->at += w->stride[i];
		if (++w->index[i] < a->shape[i]) return;
		w->at -= w->stride[i] * a->shape[i];
		w->index[i] = 0;
	}
}

/* In Fortran order, the numbers of rows that are not stored are between the others. */
static egm_status scatter(egm_data *d, egm__stream *stream, const egm__array *array, const egm_data_options *o)
{
	egm_status st = EGM_OK;
	unsigned char raw[8];
	walk w;
	double number;
	size_t width = egm__element_size(array->element), stored = o->dtype == EGM_F64 ? 8 : 4;
	int64_t count = array->shape[0] * d->columns;
	start_walk(&w, array, d->rows);
	for (int64_t k = 0; k < count; k++, step(&w)) {
		EGM_TRY(egm__stream_exact(stream, raw, width, "the numbers"));
		if (w.index[0] >= w.rows) continue;
		if (egm__elements_store((char *)d->owned + (size_t)w.at * stored, raw, 1, array, o, &number) >= 0)
			EGM_TRY(egm__data_nonfinite(egm__stream_path(stream), w.at, d->columns, number));
	}
out:
	return st;
}

static egm_status read_values(egm_data *d, egm__stream *stream, const egm__array *array, const egm_data_options *o)
{
	egm_status st = EGM_OK;
	unsigned char raw[CHUNK * 8];
	double number;
	size_t width = egm__element_size(array->element), stored = o->dtype == EGM_F64 ? 8 : 4;
	int64_t count = d->rows * d->columns;
	if (array->fortran) return scatter(d, stream, array, o);
	for (int64_t first = 0; first < count; first += CHUNK) {
		int64_t n = count - first < CHUNK ? count - first : CHUNK;
		EGM_TRY(egm__stream_exact(stream, raw, (size_t)n * width, "the numbers"));
		int64_t flaw = egm__elements_store((char *)d->owned + (size_t)first * stored, raw, n, array, o, &number);
		if (flaw >= 0) EGM_TRY(egm__data_nonfinite(egm__stream_path(stream), first + flaw, d->columns, number));
	}
out:
	return st;
}

egm_status egm__array_check_length(const egm__array *array, const egm__stream *stream, int64_t *bytes)
{
	egm_status st = EGM_OK;
	*bytes = (int64_t)egm__element_size(array->element);
	for (int32_t i = 0; i < array->rank; i++) {
		if (egm__size_mul(*bytes, array->shape[i], bytes))
			EGM_FAIL(EGM_ERR_FORMAT, "%s: its sizes up to %" PRId64 " must fit in memory", egm__stream_path(stream),
			         array->shape[i]);
	}
	if (*bytes > egm__stream_limit(stream))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: is truncated: has at most %" PRId64 " bytes, must have %" PRId64 " by its sizes",
		         egm__stream_path(stream), egm__stream_limit(stream), *bytes);
	if (!egm__stream_is_gzip(stream) && *bytes > egm__stream_limit(stream) - egm__stream_position(stream))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: is truncated: ends after %" PRId64 " bytes, within the numbers",
		         egm__stream_path(stream), egm__stream_limit(stream));
out:
	return st;
}

static egm_status read_array(egm_data **out, egm_context *context, egm__stream *stream, const egm__array *array,
                             const egm_data_options *o)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	int64_t wanted[8], bytes;
	memcpy(wanted, array->shape, sizeof wanted);
	int all = !o->max_rows || wanted[0] <= o->max_rows;
	if (!all) wanted[0] = o->max_rows;
	EGM_TRY(egm__array_check_length(array, stream, &bytes));
	EGM_TRY(egm__data_create(&d, context, (egm_dtype)o->dtype, array->rank, wanted, egm__stream_path(stream),
	                         o->max_bytes));
	EGM_TRY(read_values(d, stream, array, o));
	if (all || array->fortran) EGM_TRY(egm__stream_end(stream));
	*out = d;
	d = NULL;
out:
	egm_data_free(d);
	return st;
}

static EGM__OWN_FUNCTION egm_status load(egm_data **out, egm_context *context, const egm__origin *from,
                                         const egm_data_options *o, const egm__array_format *format)
{
	egm_status st = EGM_OK;
	egm__stream *stream = NULL;
	egm__array array = {0};
	EGM_TRY(egm__stream_open(&stream, context, from, format->gzip));
	EGM_TRY(format->read_head(stream, &array));
	EGM_TRY(read_array(out, context, stream, &array, o));
out:
	egm__stream_free(stream);
	return st;
}

egm_status egm__data_load(egm_data **out, egm_context *context, const egm__origin *from,
                          const egm_data_options *options, const egm__array_format *format)
{
	egm_status st = EGM_OK;
	egm_data_options o;
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__options_check(&egm__options_data, &o, options));
	uint32_t mode = egm__round_nearest();
	st = load(out, context, from, &o, format);
	egm__round_restore(mode);
out:
	return st;
}
