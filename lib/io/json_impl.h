/* SPDX-License-Identifier: MIT */
#ifndef EGM_IO_JSON_IMPL_H
#define EGM_IO_JSON_IMPL_H

#include <core/context_impl.h>
#include <jansson.h>

/* Reads one JSON object out of n bytes, duplicate keys refused. FORMAT gives jansson's words, with `path` and `what`
 * ("header") before them. The object is freed with json_decref. */
egm_status egm__json_load(json_t **out, egm_context *context, const char *bytes, size_t n, const char *path,
                          const char *what);

#endif
