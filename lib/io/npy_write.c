/* SPDX-License-Identifier: MIT */
/* Writes NPY version 1 as NumPy does: text padded with spaces to a multiple of 64 bytes, the last of them a newline. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <core/array_impl.h>
#include <core/status_impl.h>
#include <egm/data.h>
#include <io/file_impl.h>

enum { PREAMBLE = 128, FIXED = 10 };

typedef struct array {
	const void *x;
	size_t bytes;
	unsigned char preamble[PREAMBLE];
} array;

/* The longest text, with two sizes of 19 digits, has 97 bytes of the 118, so the preamble always has 128. */
static void fill_preamble(array *a, egm_dtype dtype, int64_t rows, int64_t columns)
{
	char order = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? '>' : '<';
	char text[PREAMBLE];
	int n =
	    snprintf(text, sizeof text, "{'descr': '%cf%d', 'fortran_order': False, 'shape': (%" PRId64 ", %" PRId64 "), }",
	             order, dtype == EGM_F64 ? 8 : 4, rows, columns);
	memset(a->preamble, ' ', PREAMBLE);
	memcpy(a->preamble, "\x93NUMPY\x01\x00", 8);
	a->preamble[8] = PREAMBLE - FIXED;
	a->preamble[9] = 0;
	memcpy(a->preamble + FIXED, text, (size_t)n);
	a->preamble[PREAMBLE - 1] = '\n';
}

static egm_status write_array(egm__writer *w, void *user)
{
	egm_status st = EGM_OK;
	const array *a = user;
	EGM_TRY(egm__append(w, a->preamble, PREAMBLE));
	EGM_TRY(egm__append(w, a->x, a->bytes));
out:
	return st;
}

egm_status egm_array_save_npy(egm_context *context, egm_array x, const char *path)
{
	egm_status st = EGM_OK;
	array a = {.x = x.data};
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__path_check(path));
	EGM_TRY(egm__array_fits(x, "x", 0, 0));
	a.bytes = (size_t)(x.rows * x.columns) * (x.dtype == EGM_F64 ? sizeof(double) : sizeof(float));
	fill_preamble(&a, x.dtype, x.rows, x.columns);
	EGM_TRY(egm__file_replace(context, path, write_array, &a));
out:
	return egm__named(__func__, st);
}
