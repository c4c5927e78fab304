/* SPDX-License-Identifier: MIT */
/* Option structs as tables: for each member its name, offset, type, range and one line of help, and for each struct its
 * defaults. Options are checked by these tables, and the public functions of egm/options.h return their contents.
 *
 *   static const egm_gan_options defaults = EGM_GAN_OPTIONS_INIT;
 *   static const egm__option members[] = {
 *       EGM__CHOICE(egm_gan_options, form, egm__gan_forms, "Which loss the two networks minimise."),
 *       EGM__WEIGHT(egm_gan_options, penalty, "Weight of the gradient penalty."),
 *   };
 *   EGM__OPTIONS(egm__options_gan, egm_gan_options, defaults, members);
 *
 * Every member but struct_size has a row, in the order of the members. Tests compare rows with the headers. The first
 * member is size_t struct_size; later versions only append members. */
#ifndef EGM_CORE_OPTIONS_IMPL_H
#define EGM_CORE_OPTIONS_IMPL_H

#include <egm/options.h>
#include <math.h>
#include <stddef.h>

/* The values of a choice. */
typedef struct egm__family {
	const char *prefix; /* "EGM_GAN_" */
	int32_t count;
	const egm_choice *choices;
} egm__family;

/* Defines a family from an array of choices {"name", VALUE}. */
#define EGM__FAMILY(family, prefix, choices) \
	const egm__family family = {prefix, (int32_t)(sizeof(choices) / sizeof *(choices)), choices}

/* The name of a value; "" if the family does not have it. */
const char *egm__choice_name(const egm__family *family, int32_t value);

typedef struct egm__option {
	const char *name;
	size_t offset;
	int32_t kind; /* EGM_OPTION_* */
	double low, high;
	int32_t low_open, high_open;
	const egm__family *family; /* of kinds CHOICE and BITS */
	const char *help;
	int32_t zero_is_default; /* 1: 0 means the default although the range contains 0 */
} egm__option;

typedef struct egm__options {
	const char *type; /* "egm_gan_options" */
	size_t size;
	const void *defaults;
	int32_t n;
	const egm__option *rows;
} egm__options;

#define EGM__OPTIONS(table, type, defaults, rows) \
	const egm__options table = {#type, sizeof(type), &(defaults), (int32_t)(sizeof(rows) / sizeof *(rows)), rows}

/* ---- rows. EGM__ZERO_IS_DEFAULT may follow the help. */

/* clang-format off */
/* The kind of a number or an array, from its C type. A row cannot have another. */
#define EGM__KIND(type, member)                    \
	_Generic(((type *)0)->member,                  \
	         int32_t: EGM_OPTION_INT32,            \
	         int64_t: EGM_OPTION_INT64,            \
	         uint64_t: EGM_OPTION_UINT64,          \
	         double: EGM_OPTION_DOUBLE,            \
	         const double *: EGM_OPTION_NUMBERS,   \
	         const char *: EGM_OPTION_TEXT,        \
	         const char *const *: EGM_OPTION_TEXTS)
/* `kind`, for a member that must be an int32_t. */
#define EGM__KIND32(type, member, kind) _Generic(((type *)0)->member, int32_t: kind)

#define EGM__ROW(type, member, kind, low, low_open, high, high_open, family, ...) \
	{#member, offsetof(type, member), kind, low, high, low_open, high_open, family, .help = __VA_ARGS__}
#define EGM__ZERO_IS_DEFAULT .zero_is_default = 1

#define EGM__RANGE(type, member, low, low_open, high, high_open, ...) \
	EGM__ROW(type, member, EGM__KIND(type, member), low, low_open, high, high_open, NULL, __VA_ARGS__)
/* low <= value <= high */
#define EGM__BETWEEN(type, member, low, high, ...) EGM__RANGE(type, member, low, 0, high, 0, __VA_ARGS__)
#define EGM__AT_LEAST(type, member, low, ...) EGM__RANGE(type, member, low, 0, INFINITY, 1, __VA_ARGS__)
/* A number of things, at least 1. */
#define EGM__COUNT(type, member, ...) EGM__AT_LEAST(type, member, 1, __VA_ARGS__)
/* At least 0. */
#define EGM__WEIGHT(type, member, ...) EGM__AT_LEAST(type, member, 0, __VA_ARGS__)
#define EGM__POSITIVE(type, member, ...) EGM__RANGE(type, member, 0, 1, INFINITY, 1, __VA_ARGS__)
#define EGM__BELOW_ONE(type, member, ...) EGM__RANGE(type, member, 0, 0, 1, 1, __VA_ARGS__)
/* Any finite number or any integer. */
#define EGM__FINITE(type, member, ...) EGM__RANGE(type, member, -INFINITY, 1, INFINITY, 1, __VA_ARGS__)
#define EGM__SEED(type, member, ...) EGM__WEIGHT(type, member, __VA_ARGS__)
#define EGM__CHOICE(type, member, family, ...) \
	EGM__ROW(type, member, EGM__KIND32(type, member, EGM_OPTION_CHOICE), 0, 0, 0, 0, &(family), __VA_ARGS__)
#define EGM__BITS(type, member, family, ...) \
	EGM__ROW(type, member, EGM__KIND32(type, member, EGM_OPTION_BITS), 0, 0, 0, 0, &(family), __VA_ARGS__)
#define EGM__FLAG(type, member, ...) \
	EGM__ROW(type, member, EGM__KIND32(type, member, EGM_OPTION_FLAG), 0, 0, 1, 0, NULL, __VA_ARGS__)
/* The code of an ASCII character, or a smaller number from `low` on with a meaning of its own. */
#define EGM__CHARACTER(type, member, low, ...) \
	EGM__ROW(type, member, EGM__KIND32(type, member, EGM_OPTION_CHARACTER), low, 0, 126, 0, NULL, __VA_ARGS__)
#define EGM__RESERVED(type, member) \
	EGM__ROW(type, member, EGM__KIND32(type, member, EGM_OPTION_RESERVED), 0, 0, 0, 0, NULL, "Must be 0.")
/* const double *, const char * or const char *const * */
#define EGM__ARRAY(type, member, ...) EGM__ROW(type, member, EGM__KIND(type, member), 0, 0, 0, 0, NULL, __VA_ARGS__)
#define EGM__HANDLE(type, member, ...) EGM__ROW(type, member, EGM_OPTION_HANDLE, 0, 0, 0, 0, NULL, __VA_ARGS__)
#define EGM__CALLBACK(type, member, ...) EGM__ROW(type, member, EGM_OPTION_CALLBACK, 0, 0, 0, 0, NULL, __VA_ARGS__)
#define EGM__USER(type, member, ...) \
	EGM__ROW(type, member, _Generic(((type *)0)->member, void *: EGM_OPTION_USER), 0, 0, 0, 0, NULL, __VA_ARGS__)
/* A member of a result, which has no range. */
#define EGM__RESULT(type, member, ...) EGM__ROW(type, member, EGM__KIND(type, member), 0, 0, 0, 0, NULL, __VA_ARGS__)
/* clang-format on */

/* ---- what is done with tables */

/* Prepares the options of a call in *merged, which has table->size bytes:
 *  - *merged is the defaults, with the options of the caller copied over them. `options` may be NULL. Members beyond a
 *    shorter struct_size keep their defaults.
 *  - EGM_ERR_ARGUMENT if struct_size cannot be a size; EGM_ERR_UNSUPPORTED if it is longer than the table and a byte
 *    beyond the table is not 0.
 *  - A member that is 0 becomes its default if its range excludes 0 or its row has EGM__ZERO_IS_DEFAULT.
 *  - EGM_ERR_ARGUMENT if a member is then out of its range, as NaN always is: "penalty is -1, must be at least 0 and
 *    finite". Conditions between members are checked by the caller.
 *  - If it fails, *merged is undefined. */
egm_status egm__options_check(const egm__options *table, void *merged, const void *options);

/* Whether 0 means the default of this member. */
int egm__option_zero_is_default(const egm__options *table, const egm__option *row);
/* Whether a program must set the member, because its default is outside of its range. */
int egm__option_required(const egm__options *table, const egm__option *row);
/* The value of the member as a double; 0 for pointers. */
double egm__option_value(const egm__option *row, const void *options);
/* The size of a member of this kind, in bytes. */
size_t egm__option_size(int32_t kind);
/* The limits of the member; those of choices and bits follow from their family. */
void egm__option_range(const egm__option *row, double *low, double *high);

/* Initialises a struct of the caller: copies the first `size` bytes of `defaults`, which has full_size bytes, to
 * `options`, clears the bytes that a newer caller has beyond them, and sets struct_size. EGM_ERR_ARGUMENT if options is
 * NULL or size cannot be a size. */
egm_status egm__options_init(const char *type, void *options, size_t size, const void *defaults, size_t full_size);

/* Checks a result struct before the result is computed: EGM_ERR_ARGUMENT if struct_size cannot be a size. The rest is
 * only written, by egm__options_init, so a newer program may have anything there. `result` may be NULL. */
egm_status egm__result_check(const char *type, const void *result);

#endif
