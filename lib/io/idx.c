/* SPDX-License-Identifier: MIT */
/* IDX, the format of the MNIST files: two zero bytes, a type, the number of dimensions, each size as a big-endian u32,
 * then the numbers, big-endian, first size slowest. */
#include <io/data_impl.h>

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

static egm_status read_header(egm__stream *stream, egm__element *element, int32_t *rank, int64_t shape[8])
{
	egm_status st = EGM_OK;
	const char *path = egm__stream_path(stream);
	unsigned char magic[4], size[4];
	EGM_TRY(egm__stream_exact(stream, magic, sizeof magic, "the IDX header"));
	if (magic[0] || magic[1])
		EGM_FAIL(EGM_ERR_FORMAT, "%s: not an IDX file: begins %02x %02x, not 00 00", path, magic[0], magic[1]);
	*element = element_of(magic[2]);
	if (!*element) EGM_FAIL(EGM_ERR_FORMAT, "%s: unknown IDX type 0x%02x", path, magic[2]);
	if (magic[3] == 0) EGM_FAIL(EGM_ERR_FORMAT, "%s: IDX file of 0 dimensions", path);
	if (magic[3] > 8) EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: %d dimensions, at most 8 are read", path, magic[3]);
	*rank = magic[3];
	for (int32_t i = 0; i < *rank; i++) {
		EGM_TRY(egm__stream_exact(stream, size, sizeof size, "the IDX sizes"));
		shape[i] = (int64_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
	}
out:
	return st;
}

egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	egm_status st = EGM_OK;
	egm_data_options o;
	egm__stream *stream = NULL;
	egm__element element = (egm__element)0;
	int32_t rank = 0;
	int64_t shape[8];
	EGM_TRY(egm__data_arguments(&o, out, context, path, options));
	EGM_TRY(egm__stream_open(&stream, context, path, 1));
	EGM_TRY(read_header(stream, &element, &rank, shape));
	EGM_TRY(egm__data_read(out, context, stream, element, 1, rank, shape, &o));
out:
	egm__stream_free(stream);
	return st;
}
