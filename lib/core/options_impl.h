/* SPDX-License-Identifier: MIT */
/* Option structs that grow: the first member is size_t struct_size, members are only ever appended. */
#ifndef EGM_CORE_OPTIONS_IMPL_H
#define EGM_CORE_OPTIONS_IMPL_H

#include <egm/status.h>

/* The body of every egm_*_options_init: copies the first `size` bytes of `defaults` (full_size bytes) to `options`,
 * clears what a newer caller has beyond them, and records size. ARGUMENT if options is NULL or size cannot hold
 * struct_size. */
egm_status egm__options_init(const char *type, void *options, size_t size, const void *defaults, size_t full_size);

/* Merges a caller's options over defaults already in `merged`: NULL leaves the defaults; a shorter struct_size leaves
 * the members beyond; a longer one with a non-zero tail is UNSUPPORTED; a struct_size of nonsense is ARGUMENT. */
egm_status egm__options_merge(const char *type, void *merged, size_t full_size, const void *options);

#endif
