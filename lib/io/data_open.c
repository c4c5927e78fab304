/* SPDX-License-Identifier: MIT */
/* Rows on demand from an array in a file. They are read and not mapped: a file that somebody truncates is then an
 * error, where a mapped one would kill the process with SIGBUS. Nothing is kept between calls and threads share no
 * position, so any number of trainers can read at once. Rows next to one another are read together. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <core/rounding_impl.h>
#include <io/data_impl.h>
#include <io/options_impl.h>

enum { CHUNK = 32768 }; /* a whole number of elements of any type */

typedef struct open_file {
	egm__source base; /* first, since read_rows gets a pointer to it */
	char *path;
	int fd;
	int64_t start, end; /* of the numbers in the file */
	egm__array array;
	egm_data_options o;
	int direct; /* the file has the rows as they are stored, so no conversion is needed */
} open_file;

/* Reads numbers [first, first + n) of the array. */
static egm_status read_numbers(const open_file *f, int64_t first, int64_t n, int64_t columns, char *out)
{
	egm_status st = EGM_OK;
	unsigned char raw[CHUNK];
	double number;
	int64_t width = (int64_t)egm__element_size(f->array.element), most = CHUNK / width;
	size_t stored = f->o.dtype == EGM_F64 ? 8 : 4;
	if (f->direct) return egm__file_read_at(f->fd, f->path, out, (size_t)(n * width), f->start + first * width);
	for (int64_t at = 0; at < n; at += most) {
		int64_t count = n - at < most ? n - at : most;
		EGM_TRY(egm__file_read_at(f->fd, f->path, raw, (size_t)(count * width), f->start + (first + at) * width));
		int64_t flaw = egm__elements_store(out + (size_t)at * stored, raw, count, &f->array, &f->o, &number);
		if (flaw >= 0) EGM_TRY(egm__data_nonfinite(f->path, first + at + flaw, columns, number));
	}
out:
	return st;
}

/* How many of these rows, from the first on, are next to one another in the file. */
static int64_t run_length(const int64_t *rows, int64_t count)
{
	int64_t n = 1;
	while (n < count && rows[n] == rows[n - 1] + 1) n++;
	return n;
}

/* A file that was truncated is an error even if these rows are still in it. */
static egm_status check_size(const open_file *f)
{
	int64_t size = egm__os_file_size(f->fd);
	if (size < 0) return egm__io_fail(f->path, "inspect", errno);
	if (size >= f->end) return EGM_OK;
	return egm__fail(EGM_ERR_FILE,
	                 "%s: was truncated while it was open: it has %" PRId64 " bytes, its numbers end at byte %" PRId64,
	                 f->path, size, f->end);
}

static EGM__OWN_FUNCTION egm_status read_all(const open_file *f, const egm_data *data, const int64_t *rows,
                                             int64_t count, char *out)
{
	egm_status st = EGM_OK;
	size_t row = (size_t)data->columns * (data->dtype == EGM_F64 ? 8 : 4);
	for (int64_t i = 0; i < count;) {
		int64_t n = run_length(rows + i, count - i), numbers = n * data->columns;
		EGM_TRY(read_numbers(f, rows[i] * data->columns, numbers, data->columns, out + (size_t)i * row));
		i += n;
	}
	if (f->direct) EGM_TRY(egm__data_check_rows(data, rows, count, out, f->path)); /* conversion checks the others */
out:
	return st;
}

static egm_status read_rows(egm__source *source, const egm_data *data, const int64_t *rows, int64_t count, void *out)
{
	egm_status st = EGM_OK;
	const open_file *f = (const open_file *)source;
	EGM_TRY(check_size(f));
	uint32_t mode = egm__round_nearest();
	st = read_all(f, data, rows, count, out);
	egm__round_restore(mode);
out:
	return st;
}

static void free_file(egm__source *source)
{
	open_file *f = (open_file *)source;
	if (f->fd >= 0) egm__os_file_close(f->fd);
	egm__free(source->context, f->path);
	egm__free(source->context, f);
}

/* Type, shape, and where the numbers are. */
static egm_status read_head(open_file *f, const egm__array_format *format)
{
	egm_status st = EGM_OK;
	egm__stream *stream = NULL;
	const egm__origin from = egm__from_file(f->path);
	int64_t bytes;
	EGM_TRY(egm__stream_open(&stream, f->base.context, &from, 0));
	if (egm__stream_is_gzip(stream))
		EGM_FAIL(EGM_ERR_UNSUPPORTED,
		         "%s: is a gzip file, which has no place where a row begins: expand it (gzip -d) "
		         "or load it into memory",
		         f->path);
	EGM_TRY(format->read_head(stream, &f->array));
	f->start = egm__stream_position(stream);
	EGM_TRY(egm__array_check_length(&f->array, stream, &bytes));
	f->end = f->start + bytes;
	int all = !f->o.max_rows || f->array.shape[0] <= f->o.max_rows;
	if (egm__stream_limit(stream) > f->end && (all || f->array.fortran)) /* as in data_array.c */
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has more bytes, must have the %" PRId64 " that follow from its sizes", f->path,
		         f->end);
	f->fd = egm__stream_detach(stream);
out:
	egm__stream_free(stream);
	return st;
}

static egm_status check_order(const open_file *f, const egm_data *d)
{
	if (!f->array.fortran || d->columns == 1) return EGM_OK;
	return egm__fail(EGM_ERR_UNSUPPORTED,
	                 "%s: is in Fortran order, in which the %" PRId64 " numbers of a row are all "
	                 "over the file: save it in C order (numpy.ascontiguousarray) or load it into memory",
	                 f->path, d->columns);
}

static int is_direct(const open_file *f)
{
	int native = f->array.big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	egm__element same = f->o.dtype == EGM_F64 ? EGM__ELEMENT_F64 : EGM__ELEMENT_F32;
	return native && f->array.element == same && egm__data_unscaled(&f->o);
}

static egm_status create(open_file **out, egm_context *context, const char *path, const egm_data_options *o)
{
	size_t n = strlen(path) + 1;
	open_file *f = egm__alloc_zero(context, 1, sizeof *f);
	if (!f) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for an open file", path);
	*f = (open_file){.base = {context, read_rows, free_file}, .fd = -1, .o = *o};
	*out = f;
	f->path = egm__alloc(context, n, 1);
	if (!f->path) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for its path", path);
	memcpy(f->path, path, n);
	return EGM_OK;
}

egm_status egm__data_open(egm_data **out, egm_context *context, const char *path, const egm_data_options *options,
                          const egm__array_format *format)
{
	egm_status st = EGM_OK;
	open_file *f = NULL;
	egm_data *d = NULL;
	egm_data_options o;
	int64_t shape[8];
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__path_check(path));
	EGM_TRY(egm__options_check(&egm__options_data, &o, options));
	EGM_TRY(create(&f, context, path, &o));
	EGM_TRY(read_head(f, format));
	memcpy(shape, f->array.shape, sizeof shape);
	if (o.max_rows && shape[0] > o.max_rows) shape[0] = o.max_rows;
	EGM_TRY(egm__data_handle(&d, context, (egm_dtype)o.dtype, f->array.rank, shape, path, UINT64_MAX));
	EGM_TRY(check_order(f, d));
	f->direct = is_direct(f);
	d->source = &f->base;
	*out = d;
	f = NULL;
	d = NULL;
out:
	egm_data_free(d);
	if (f) free_file(&f->base);
	return st;
}
