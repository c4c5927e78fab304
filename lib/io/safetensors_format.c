/* SPDX-License-Identifier: MIT */
/* What the safetensors format defines: 22 element types, names of tensors, names of frameworks. */
#include <string.h>

#include <io/safetensors_format_impl.h>

/* F16 and BF16 become F32 when they are read. A type with 0 is valid but not read. */
static const egm__st_type types[] = {
    {"F32", 32, EGM__ST_F32}, {"F64", 64, EGM__ST_F64},
    {"U64", 64, EGM__ST_U64}, {"U8", 8, EGM__ST_U8},
    {"F16", 16, EGM__ST_F32}, {"BF16", 16, EGM__ST_F32},
    {"BOOL", 8, 0},           {"I8", 8, 0},
    {"I16", 16, 0},           {"U16", 16, 0},
    {"I32", 32, 0},           {"U32", 32, 0},
    {"I64", 64, 0},           {"C64", 64, 0},
    {"F8_E5M2", 8, 0},        {"F8_E4M3", 8, 0},
    {"F8_E8M0", 8, 0},        {"F8_E4M3FNUZ", 8, 0},
    {"F8_E5M2FNUZ", 8, 0},    {"F6_E2M3", 6, 0},
    {"F6_E3M2", 6, 0},        {"F4", 4, 0},
};

const egm__st_type *egm__st_type_find(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0) return &types[i];
	return NULL;
}

const egm__st_type *egm__st_type_of(int32_t dtype)
{
	/* The first row with this dtype is the type that is written. */
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (dtype && types[i].dtype == dtype) return &types[i];
	return NULL;
}

int egm__st_is_framework(const char *format)
{
	static const char *const known[] = {"pt", "tf", "flax", "jax", "np", "numpy", "mlx", "paddle"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], format) == 0) return 1;
	return 0;
}

const char *egm__st_name_fault(const char *name)
{
	size_t n = strlen(name);
	if (n == 0) return "is empty";
	if (n > EGM__ST_MAX_NAME) return "is longer than 255 bytes";
	if (strcmp(name, "__metadata__") == 0) return "is reserved";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return "is a path";
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];
		if (c == '/' || c == '\\') return "has a path character";
		if (c < 0x20 || c == 0x7f) return "has a control character";
	}
	return NULL;
}
