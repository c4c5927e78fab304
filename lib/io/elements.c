/* SPDX-License-Identifier: MIT */
/* Converts numbers of files to the type that is stored. A number is converted to double, scaled, and rounded to the
 * stored type. 64-bit integers are not always exact as double; without scaling they are rounded directly to the stored
 * type, so that every number is rounded once. */
#include <math.h>
#include <string.h>

#include <io/data_impl.h>

enum { BLOCK = 512 };

size_t egm__element_size(egm__element element)
{
	static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 4, 8, 2, 2, 4, 8, 1};
	return sizes[element];
}

int egm__data_unscaled(const egm_data_options *o)
{
	return o->scale == 1.0 && o->offset == 0.0;
}

int egm__data_store(void *values, int64_t i, double number, const egm_data_options *o)
{
	/* Without scaling, -0 stays -0, which -0 + 0 is not. */
	double y = egm__data_unscaled(o) ? number : o->scale * number + o->offset;
	if (o->dtype == EGM_F64) {
		((double *)values)[i] = y;
		return isfinite(y);
	}
	((float *)values)[i] = (float)y;
	return isfinite(((float *)values)[i]);
}

/* memcpy, because raw is not aligned. */
#define EACH(type, value)                             \
	do {                                              \
		for (int64_t i = 0; i < n; i++) {             \
			type x;                                   \
			memcpy(&x, raw + i * sizeof x, sizeof x); \
			out[i] = (value);                         \
		}                                             \
	} while (0)

#define CASE(kind, type, value) \
	case EGM__ELEMENT_##kind:   \
		EACH(type, value);      \
		break

static void to_double(double *out, const unsigned char *raw, int64_t n, egm__element element)
{
	switch (element) {
		CASE(U8, uint8_t, x);
		CASE(I8, int8_t, x);
		CASE(I16, int16_t, x);
		CASE(I32, int32_t, x);
		CASE(I64, int64_t, (double)x);
		CASE(F32, float, (double)x);
		CASE(F64, double, x);
		CASE(F16, uint16_t, (double)egm__half(x));
		CASE(U16, uint16_t, x);
		CASE(U32, uint32_t, x);
		CASE(U64, uint64_t, (double)x);
		CASE(BOOL, uint8_t, x != 0);
	}
}

/* Integers of 64 bits, rounded once. */
static void to_float(float *out, const unsigned char *raw, int64_t n, egm__element element)
{
	if (element == EGM__ELEMENT_I64) EACH(int64_t, (float)x);
	if (element == EGM__ELEMENT_U64) EACH(uint64_t, (float)x);
}

static int64_t first_nonfinite(const void *values, egm_dtype dtype, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		if (!isfinite(egm__number(dtype, values, i))) return i;
	return -1;
}

/* Stores a block, scaled; returns the index of the first number that is then not finite, or -1. Loops without branches,
 * because rows on demand are converted again for each mini-batch. */
static int64_t store_f32(float *out, const double *x, int64_t n, const egm_data_options *o)
{
	int bad = 0;
	if (egm__data_unscaled(o))
		for (int64_t i = 0; i < n; i++) out[i] = (float)x[i];
	else
		for (int64_t i = 0; i < n; i++) out[i] = (float)(o->scale * x[i] + o->offset);
	for (int64_t i = 0; i < n; i++) bad |= !isfinite(out[i]);
	return bad ? first_nonfinite(out, EGM_F32, n) : -1;
}

static int64_t store_f64(double *out, const double *x, int64_t n, const egm_data_options *o)
{
	int bad = 0;
	if (egm__data_unscaled(o))
		memcpy(out, x, (size_t)n * sizeof *x);
	else
		for (int64_t i = 0; i < n; i++) out[i] = o->scale * x[i] + o->offset;
	for (int64_t i = 0; i < n; i++) bad |= !isfinite(out[i]);
	return bad ? first_nonfinite(out, EGM_F64, n) : -1;
}

static int64_t store_block(void *out, const double *x, int64_t n, const egm_data_options *o)
{
	return o->dtype == EGM_F64 ? store_f64(out, x, n, o) : store_f32(out, x, n, o);
}

int64_t egm__elements_store(void *values, unsigned char *raw, int64_t n, const egm__array *array,
                            const egm_data_options *o, double *number)
{
	double block[BLOCK];
	size_t width = egm__element_size(array->element), stored = o->dtype == EGM_F64 ? 8 : 4;
	int whole = array->element == EGM__ELEMENT_I64 || array->element == EGM__ELEMENT_U64;
	if (array->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)) egm__reverse_each(raw, (size_t)n, width);
	for (int64_t first = 0; first < n; first += BLOCK) {
		int64_t count = n - first < BLOCK ? n - first : BLOCK;
		char *out = (char *)values + (size_t)first * stored;
		const unsigned char *in = raw + (size_t)first * width;
		if (whole && o->dtype == EGM_F32 && egm__data_unscaled(o)) {
			to_float((float *)(void *)out, in, count, array->element);
			continue;
		}
		to_double(block, in, count, array->element);
		int64_t flaw = store_block(out, block, count, o);
		if (flaw < 0) continue;
		*number = block[flaw];
		return first + flaw;
	}
	return -1;
}
