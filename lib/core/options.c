/* SPDX-License-Identifier: MIT */
/* Option structs that grow at their end, so that a program and a library of different age understand each other.
 *
 * struct_size says how much of the struct the caller's header knew. Nothing beyond it is read or written. A version
 * number would do the same only as long as everybody keeps a table of sizes; a size needs none. */
#include "core/options_impl.h"
#include "core/status_impl.h"

#include <string.h>

/* No option struct will come near it, and an uninitialised struct_size is nearly always beyond it. */
enum { SIZE_LIMIT = 4096 };

/* Every option struct holds a size_t, so its size is a multiple of that type's alignment. */
static int plausible(size_t size)
{
	return size >= sizeof(size_t) && size <= SIZE_LIMIT && size % _Alignof(size_t) == 0;
}

egm_status egm__options_init(const char *type, void *options, size_t size, const void *defaults, size_t full_size)
{
	if (!options) return egm__fail(EGM_ERR_ARGUMENT, "%s_init: options is NULL", type);
	if (!plausible(size))
		return egm__fail(EGM_ERR_ARGUMENT, "%s_init: size is %zu, expected sizeof(%s)", type, size, type);
	memset(options, 0, size);
	memcpy(options, defaults, size < full_size ? size : full_size);
	memcpy(options, &size, sizeof size);
	return EGM_OK;
}

egm_status egm__options_merge(const char *type, void *merged, size_t full_size, const void *options)
{
	size_t size;
	const unsigned char *bytes = options;
	if (!options) {
		memcpy(merged, &full_size, sizeof full_size);
		return EGM_OK;
	}
	memcpy(&size, options, sizeof size);
	if (!plausible(size))
		return egm__fail(EGM_ERR_ARGUMENT, "%s: struct_size is %zu; %s_init was not called", type, size, type);
	for (size_t i = full_size; i < size; ++i)
		if (bytes[i])
			return egm__fail(EGM_ERR_UNSUPPORTED,
			                 "%s: byte %zu of %zu is set, this library knows %zu: the program needs a newer one", type,
			                 i, size, full_size);
	memcpy(merged, options, size < full_size ? size : full_size);
	memcpy(merged, &full_size, sizeof full_size);
	return EGM_OK;
}
