/* SPDX-License-Identifier: MIT */
/* The handle of data: created, shared, freed, read. Its numbers are copied, viewed, or come from a source. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <core/array_impl.h>
#include <core/size_impl.h>
#include <io/csv_table_impl.h>
#include <io/data_impl.h>
#include <tensor/finite_impl.h>
#include <tensor/shape_impl.h>

egm_status egm__data_nonfinite(const char *path, int64_t i, int64_t columns, double number)
{
	char value[32];
	snprintf(value, sizeof value, "%g", number);
	return egm__fail(EGM_ERR_NONFINITE, "%s: row %" PRId64 ", column %" PRId64 " (from 0) is %s, must be finite%s",
	                 path, i / columns, i % columns, isfinite(number) ? value : egm__nonfinite_name(number),
	                 isfinite(number) ? " once it is scaled and stored" : "");
}

egm_status egm__data_handle(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	int64_t columns = 1, count, bytes;
	*out = NULL;
	for (int32_t i = 1; i < rank; i++)
		if (egm__size_mul(columns, shape[i], &columns))
			EGM_FAIL(EGM_ERR_FORMAT, "%s: its sizes must fit in memory", path);
	if (shape[0] < 1 || columns < 1)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has %" PRId64 " rows of %" PRId64 " numbers, must have at least 1 of each", path,
		         shape[0], columns);
	if (egm__size_mul(shape[0], columns, &count) || egm__size_mul(count, (int64_t)egm__dtype_size(dtype), &bytes))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has %" PRId64 " rows of %" PRId64 " numbers, must fit in memory", path, shape[0],
		         columns);
	if ((uint64_t)bytes > max_bytes)
		EGM_FAIL(EGM_ERR_UNSUPPORTED,
		         "%s: %" PRId64 " rows of %" PRId64 " numbers need %" PRId64
		         " bytes, must be at most max_bytes, %" PRIu64,
		         path, shape[0], columns, bytes, max_bytes);
	d = egm__alloc_zero(context, 1, sizeof *d);
	if (!d) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for a handle", path);
	d->dtype = dtype;
	d->rank = rank;
	memcpy(d->shape, shape, (size_t)rank * sizeof *shape);
	d->rows = shape[0];
	d->columns = columns;
	d->context = context;
	egm__context_retain(context);
	*out = d;
out:
	return st;
}

egm_status egm__data_create(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	*out = NULL;
	EGM_TRY(egm__data_handle(&d, context, dtype, rank, shape, path, max_bytes));
	d->values = d->owned = egm__alloc(context, d->rows * d->columns, egm__dtype_size(dtype));
	if (!d->values)
		EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " rows of %" PRId64 " numbers", path, d->rows,
		         d->columns);
	*out = d;
	d = NULL;
out:
	egm_data_free(d);
	return st;
}

egm_status egm__data_check_rows(const egm_data *data, const int64_t *rows, int64_t count, const void *out,
                                const char *path)
{
	int64_t columns = data->columns, at = egm__first_nonfinite(data->context, data->dtype, out, count * columns);
	if (at < 0) return EGM_OK;
	return egm__data_nonfinite(path, rows[at / columns] * columns + at % columns, columns,
	                           egm__number(data->dtype, out, at));
}

void egm__data_retain(egm_data *data)
{
	__atomic_add_fetch(&data->more_refs, 1, __ATOMIC_RELAXED);
}

void egm_data_free(egm_data *data)
{
	if (!data || __atomic_fetch_sub(&data->more_refs, 1, __ATOMIC_ACQ_REL) > 0) return;
	egm_context *context = data->context;
	if (data->source) data->source->free(data->source);
	egm__table_free(data->table);
	egm__free(context, data->owned);
	egm__free(context, data);
	egm_context_free(context);
}

static egm_status check_array(egm_array x)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__array_fits(x, "x", 0, 0));
	int64_t count = x.rows * x.columns;
	for (int64_t i = 0; i < count; i++) {
		double number = egm__number(x.dtype, x.data, i);
		if (!isfinite(number)) EGM_TRY(egm__data_nonfinite("x", i, x.columns, number));
	}
out:
	return st;
}

static egm_status create(egm_data **out, egm_context *context, egm_array x, int copy)
{
	egm_status st = EGM_OK;
	egm_data *d = NULL;
	const int64_t shape[2] = {x.rows, x.columns};
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(check_array(x));
	EGM_TRY((copy ? egm__data_create : egm__data_handle)(&d, context, x.dtype, 2, shape, "x", UINT64_MAX));
	if (copy)
		memcpy(d->owned, x.data, (size_t)(x.rows * x.columns) * egm__dtype_size(x.dtype));
	else
		d->values = x.data;
	*out = d;
out:
	return st;
}

egm_status egm_data_copy(egm_data **out, egm_context *context, egm_array x)
{
	return egm__named(__func__, create(out, context, x, 1));
}

egm_status egm_data_view(egm_data **out, egm_context *context, egm_array x)
{
	return egm__named(__func__, create(out, context, x, 0));
}

static egm_status check_indices(const egm_data *data, const int64_t *rows, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		if (rows[i] < 0 || rows[i] >= data->rows)
			return egm__fail(EGM_ERR_ARGUMENT, "index %" PRId64 " is %" PRId64 ", must be a row from 0 to %" PRId64, i,
			                 rows[i], data->rows - 1);
	}
	return EGM_OK;
}

egm_status egm__data_rows(const egm_data *data, const int64_t *rows, int64_t count, void *out)
{
	size_t row = (size_t)data->columns * egm__dtype_size(data->dtype);
	if (data->source) return data->source->read(data->source, data, rows, count, out);
	for (int64_t i = 0; i < count; i++)
		memcpy((char *)out + (size_t)i * row, (const char *)data->values + (size_t)rows[i] * row, row);
	return EGM_OK;
}

egm_status egm_data_read(const egm_data *data, const int64_t *indices, egm_out out)
{
	egm_status st = EGM_OK;
	union {
		const egm_data *given;
		egm_data *shared; /* retained, because a callback may free it */
	} d = {data};
	if (!data || !indices) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", data ? "indices" : "data");
	EGM_TRY(egm__out_fits(out, "out", data->dtype, out.rows, data->columns));
	EGM_TRY(check_indices(data, indices, out.rows));
	egm__data_retain(d.shared);
	st = egm__data_rows(data, indices, out.rows, out.data);
	egm_data_free(d.shared);
out:
	return egm__named(__func__, st);
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
