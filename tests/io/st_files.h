/* SPDX-License-Identifier: MIT */
/* Safetensors files read and written by their path, without models. */
#ifndef EGM_TESTS_ST_FILES_H
#define EGM_TESTS_ST_FILES_H

#include <io/safetensors_impl.h>

static inline egm_status st_file_read(egm__safetensors **out, egm_context *context, const char *path,
                                      const egm_load_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__safetensors_read_from(out, context, &from, options, 0);
}

static inline egm_status st_file_read_any(egm__safetensors **out, egm_context *context, const char *path,
                                          const egm_load_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__safetensors_read_from(out, context, &from, options, 1);
}

static inline egm_status st_file_write(egm_context *context, const char *path, int32_t n, const egm__st_tensor *tensors,
                                       int32_t n_meta, const egm__st_meta *meta)
{
	const egm__destination to = egm__to_file(path);
	return egm__safetensors_write_to(context, &to, n, tensors, n_meta, meta);
}

#endif
