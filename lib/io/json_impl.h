/* SPDX-License-Identifier: MIT */
#ifndef EGM_IO_JSON_IMPL_H
#define EGM_IO_JSON_IMPL_H

#include <core/context_impl.h>
#include <jansson.h>

/* Parses n bytes as one JSON object without duplicate keys. FORMAT has the words of jansson after `path` and `what`,
 * such as "header". json_decref frees the object. */
egm_status egm__json_load(json_t **out, egm_context *context, const char *bytes, size_t n, const char *path,
                          const char *what);

#endif
