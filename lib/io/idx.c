/* SPDX-License-Identifier: MIT */
/* IDX, the format of the MNIST files: two zero bytes, a type, the number of dimensions, each size as a big-endian u32,
 * then the numbers, big-endian, last index fastest. */
#include <io/data_impl.h>
#include <stdio.h>

static egm__element element_of(unsigned char code)
{
	switch (code) {
	case 0x08:
		return EGM__ELEMENT_U8;
	case 0x09:
		return EGM__ELEMENT_I8;
	case 0x0b:
		return EGM__ELEMENT_I16;
	case 0x0c:
		return EGM__ELEMENT_I32;
	case 0x0d:
		return EGM__ELEMENT_F32;
	case 0x0e:
		return EGM__ELEMENT_F64;
	default:
		return (egm__element)0;
	}
}

static egm_status reject(const egm__stream *stream, const unsigned char magic[2])
{
	char what[64];
	snprintf(what, sizeof what, "is not an IDX file: begins %02x %02x, must begin 00 00", magic[0], magic[1]);
	return egm__stream_reject(stream, what);
}

static egm_status read_head(egm__stream *stream, egm__array *array)
{
	egm_status st = EGM_OK;
	const char *path = egm__stream_path(stream);
	unsigned char magic[4], size[4];
	EGM_TRY(egm__stream_exact(stream, magic, sizeof magic, "the IDX header"));
	if (magic[0] || magic[1]) EGM_TRY(reject(stream, magic));
	array->element = element_of(magic[2]);
	if (!array->element)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has IDX type 0x%02x, must be 0x08, 0x09 or 0x0b to 0x0e", path, magic[2]);
	if (magic[3] == 0) EGM_FAIL(EGM_ERR_FORMAT, "%s: has 0 dimensions, must have 1 to 8", path);
	if (magic[3] > 8) EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: has %d dimensions, must have 1 to 8", path, magic[3]);
	array->big_endian = 1;
	array->rank = magic[3];
	for (int32_t i = 0; i < array->rank; i++) {
		EGM_TRY(egm__stream_exact(stream, size, sizeof size, "the IDX sizes"));
		array->shape[i] = (int64_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
	}
out:
	return st;
}

static const egm__array_format idx = {.gzip = 1, .read_head = read_head};

egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, egm__data_load(out, context, &from, options, &idx));
}

egm_status egm_data_load_idx_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                    const egm_data_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, egm__data_load(out, context, &from, options, &idx));
}

egm_status egm_data_open_idx(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	return egm__named(__func__, egm__data_open(out, context, path, options, &idx));
}
