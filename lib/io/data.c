/* SPDX-License-Identifier: MIT */
/* The samples a net is trained on, and the way from bytes of a file to finite numbers of the type asked for.
 * A number is converted to double, scaled there, and rounded to the stored type. Only integers of 64 bits are not
 * always exact as double; without scaling they are rounded straight to the stored type, so that all are rounded once.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <core/options_impl.h>
#include <core/rounding_impl.h>
#include <core/size_impl.h>
#include <io/csv_table_impl.h>
#include <io/data_impl.h>
#include <io/options_impl.h>
#include <tensor/shape_impl.h>

enum { CHUNK = 4096 };

size_t egm__element_size(egm__element element)
{
	static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 4, 8, 2, 2, 4, 8, 1};
	return sizes[element];
}

static size_t stored_size(int32_t dtype)
{
	return dtype == EGM_F64 ? sizeof(double) : sizeof(float);
}

/* Characters that are part of a number or of a line's end cannot stand between numbers. */
static int delimiter_allowed(int32_t c)
{
	return c > 0 && c < 127 && c != '\n' && c != '\r' && !strchr("0123456789+-.eE", (int)c);
}

/* *merged has every member filled. */
static egm_status check_arguments(egm_data_options *merged, egm_data **out, const egm_context *context,
                                  const char *path, const egm_data_options *options)
{
	egm_status st = EGM_OK;
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "data: out is NULL");
	*out = NULL;
	if (!context || !path) EGM_FAIL(EGM_ERR_ARGUMENT, "data: %s is NULL", context ? "path" : "context");
	EGM_TRY(egm__options_check(&egm__options_data, merged, options));
	if (!delimiter_allowed(merged->delimiter))
		EGM_FAIL(EGM_ERR_ARGUMENT, "data: character %d cannot stand between numbers", (int)merged->delimiter);
out:
	return st;
}

egm_status egm__data_load(egm_data **out, egm_context *context, const char *path, const egm_data_options *options,
                          egm__data_reader *read)
{
	egm_status st = EGM_OK;
	egm_data_options o;
	EGM_TRY(check_arguments(&o, out, context, path, options));
	uint32_t mode = egm__round_nearest();
	st = read(out, context, path, &o);
	egm__round_restore(mode);
out:
	return st;
}

static int unscaled(const egm_data_options *o)
{
	return o->scale == 1.0 && o->offset == 0.0;
}

int egm__data_store(void *values, int64_t i, double number, const egm_data_options *o)
{
	/* Without scaling the sign of a zero is kept: -0 + 0 would be 0. */
	double y = unscaled(o) ? number : o->scale * number + o->offset;
	if (o->dtype == EGM_F64) {
		((double *)values)[i] = y;
		return isfinite(y);
	}
	((float *)values)[i] = (float)y;
	return isfinite(((float *)values)[i]);
}

egm_status egm__data_nonfinite(const char *path, int64_t i, int64_t columns, double number)
{
	char value[32];
	snprintf(value, sizeof value, "%g", number);
	return egm__fail(EGM_ERR_NONFINITE, "%s: row %" PRId64 ", column %" PRId64 " (from 0): %s %s", path, i / columns,
	                 i % columns, isfinite(number) ? value : egm__nonfinite_name(number),
	                 isfinite(number) ? "is out of range once scaled and stored" : "is not finite");
}

egm_status egm__data_create(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	int64_t columns = 1, count, bytes;
	*out = NULL;
	for (int32_t i = 1; i < rank; i++) {
		if (egm__size_mul(columns, shape[i], &columns)) EGM_FAIL(EGM_ERR_FORMAT, "%s: sizes overflow", path);
	}
	if (shape[0] < 1 || columns < 1)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %" PRId64 " rows of %" PRId64 " numbers: nothing to read", path, shape[0],
		         columns);
	if (egm__size_mul(shape[0], columns, &count) || egm__size_mul(count, (int64_t)stored_size(dtype), &bytes))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %" PRId64 " rows of %" PRId64 " numbers overflow", path, shape[0], columns);
	if ((uint64_t)bytes > max_bytes)
		EGM_FAIL(EGM_ERR_UNSUPPORTED,
		         "%s: %" PRId64 " rows of %" PRId64 " numbers take %" PRId64 " bytes, max_bytes is %" PRIu64, path,
		         shape[0], columns, bytes, max_bytes);
	d = egm__alloc_zero(context, 1, sizeof *d);
	if (!d) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for a handle", path);
	d->values = egm__alloc(context, count, stored_size(dtype));
	if (!d->values) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " bytes of data", path, bytes);
	d->dtype = dtype;
	d->rank = rank;
	memcpy(d->shape, shape, (size_t)rank * sizeof *shape);
	d->rows = shape[0];
	d->columns = columns;
	d->context = context;
	egm__context_retain(context);
	*out = d;
out:
	if (st != EGM_OK) egm__free(context, d);
	return st;
}

void egm__data_retain(egm_data *data)
{
	__atomic_add_fetch(&data->holds, 1, __ATOMIC_RELAXED);
}

void egm_data_free(egm_data *data)
{
	if (!data || __atomic_fetch_sub(&data->holds, 1, __ATOMIC_ACQ_REL) > 0) return;
	egm_context *context = data->context;
	egm__table_free(data->table);
	egm__free(context, data->values);
	egm__free(context, data);
	egm_context_free(context);
}

egm_status egm_data_copy(egm_data **out, egm_context *context, egm_array x)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	const int64_t shape[2] = {x.rows, x.columns};
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__array_fits(x, "x", 0, 0));
	int64_t count = x.rows * x.columns;
	for (int64_t i = 0; i < count; i++) {
		double number = egm__number(x.dtype, x.data, i);
		if (!isfinite(number)) EGM_TRY(egm__data_nonfinite("x", i, x.columns, number));
	}
	EGM_TRY(egm__data_create(&d, context, x.dtype, 2, shape, "x", UINT64_MAX));
	memcpy(d->values, x.data, (size_t)count * stored_size(x.dtype));
	*out = d;
out:
	return egm__named(__func__, st);
}

/* IEEE binary16: 1 bit of sign, 5 of exponent, 10 of fraction. Exact. */
static double half(uint16_t bits)
{
	int exponent = bits >> 10 & 31, fraction = bits & 1023;
	double size = exponent == 31  ? (fraction ? (double)NAN : (double)INFINITY)
	              : exponent == 0 ? ldexp(fraction, -24)
	                              : ldexp(1024 + fraction, exponent - 25);
	return bits >> 15 ? -size : size;
}

typedef union number {
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	float f32;
	double f64;
} number;

static double to_double(number u, egm__element element)
{
	switch (element) {
	case EGM__ELEMENT_U8:
		return u.u8;
	case EGM__ELEMENT_I8:
		return u.i8;
	case EGM__ELEMENT_I16:
		return u.i16;
	case EGM__ELEMENT_I32:
		return u.i32;
	case EGM__ELEMENT_I64:
		return (double)u.i64;
	case EGM__ELEMENT_F32:
		return (double)u.f32;
	case EGM__ELEMENT_F16:
		return half(u.u16);
	case EGM__ELEMENT_U16:
		return u.u16;
	case EGM__ELEMENT_U32:
		return u.u32;
	case EGM__ELEMENT_U64:
		return (double)u.u64;
	case EGM__ELEMENT_BOOL:
		return u.u8 != 0;
	case EGM__ELEMENT_F64:
		break;
	}
	return u.f64;
}

/* Stores element i, whose bytes have this machine's order. A load through memcpy: raw has no alignment. */
static egm_status store(egm_data *d, int64_t i, const unsigned char *raw, egm__element element, const char *path,
                        const egm_data_options *o)
{
	number u;
	memcpy(&u, raw, egm__element_size(element));
	if ((element == EGM__ELEMENT_I64 || element == EGM__ELEMENT_U64) && o->dtype == EGM_F32 && unscaled(o)) {
		((float *)d->values)[i] = element == EGM__ELEMENT_I64 ? (float)u.i64 : (float)u.u64;
		return EGM_OK;
	}
	double value = to_double(u, element);
	return egm__data_store(d->values, i, value, o) ? EGM_OK : egm__data_nonfinite(path, i, d->columns, value);
}

/* Where the elements of a file go that come one after the other. */
typedef struct walk {
	const egm__array *array;
	int64_t at, rows; /* index of the next in values, row by row; rows that are kept */
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

static egm_status read_values(egm_data *d, egm__stream *stream, const egm__array *array, const egm_data_options *o)
{
	egm_status st = EGM_OK;
	unsigned char raw[CHUNK * 8];
	walk w;
	size_t width = egm__element_size(array->element);
	int swap = array->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	/* In Fortran order the numbers of the rows that are not kept lie between the others. */
	int64_t count = (array->fortran ? array->shape[0] : d->rows) * d->columns;
	start_walk(&w, array, d->rows);
	for (int64_t first = 0; first < count; first += CHUNK) {
		size_t n = count - first < CHUNK ? (size_t)(count - first) : CHUNK;
		EGM_TRY(egm__stream_exact(stream, raw, n * width, "the numbers"));
		if (swap) egm__reverse_each(raw, n, width);
		for (size_t k = 0; k < n; k++) {
			if (w.index[0] < w.rows)
				EGM_TRY(store(d, w.at, raw + k * width, array->element, egm__stream_path(stream), o));
			step(&w);
		}
	}
out:
	return st;
}

/* Does the file have the bytes that its sizes promise? Asked before memory is taken for them. */
static egm_status check_promise(egm__stream *stream, size_t width, int32_t rank, const int64_t *shape)
{
	egm_status st = EGM_OK;
	int64_t bytes = (int64_t)width;
	for (int32_t i = 0; i < rank; i++) {
		if (egm__size_mul(bytes, shape[i], &bytes))
			EGM_FAIL(EGM_ERR_FORMAT, "%s: sizes overflow at size %" PRId64, egm__stream_path(stream), shape[i]);
	}
	if (bytes > egm__stream_limit(stream))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: truncated: its sizes take %" PRId64 " bytes, it can hold %" PRId64,
		         egm__stream_path(stream), bytes, egm__stream_limit(stream));
out:
	return st;
}

egm_status egm__data_read(egm_data **out, egm_context *context, egm__stream *stream, const egm__array *array,
                          const egm_data_options *o)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	int64_t wanted[8];
	memcpy(wanted, array->shape, sizeof wanted);
	int all = !o->max_rows || wanted[0] <= o->max_rows;
	if (!all) wanted[0] = o->max_rows;
	EGM_TRY(check_promise(stream, egm__element_size(array->element), array->rank, array->shape));
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

int64_t egm_data_rows(const egm_data *data)
{
	return data ? data->rows : 0;
}

int64_t egm_data_columns(const egm_data *data)
{
	return data ? data->columns : 0;
}

egm_dtype egm_data_dtype(const egm_data *data)
{
	return data ? data->dtype : (egm_dtype)0;
}

int32_t egm_data_shape(const egm_data *data, int64_t shape[8])
{
	if (!data || !shape) return 0;
	memcpy(shape, data->shape, (size_t)data->rank * sizeof *shape);
	return data->rank;
}

const void *egm_data_values(const egm_data *data)
{
	return data ? data->values : NULL;
}
