/* SPDX-License-Identifier: MIT */
/* Option structs and result structs: the rules that all of them share, and functions that describe them.
 *
 *  - Every option struct has an initialiser with the defaults. A program starts from it and changes some members. NULL
 *    instead of the struct means all defaults:
 *
 *        egm_gan_options options = EGM_GAN_OPTIONS_INIT;
 *        options.penalty = 10;
 *
 *  - The first member, struct_size, is the size of the struct that the program was compiled with; initialisers set it.
 *    Later releases append members. Members that an older program does not have get their defaults.
 *  - If a member is 0, and 0 is outside of its range or its comment says so, the default is used.
 *  - Members that point to arrays or texts may be NULL, which is their default, unless the comment says otherwise.
 *  - A program initialises a result struct, too, with its EGM_..._INIT, and passes its address. The library writes at
 *    most struct_size bytes.
 *
 * Errors of options and results. The message names the member and its value:
 *  - EGM_ERR_ARGUMENT if a member is out of its range, or if struct_size is too small or too large to be the size of
 *    the struct;
 *  - EGM_ERR_UNSUPPORTED if a newer program has set an option that this release does not have.
 *
 * The functions below describe the structs, so that bindings, command lines and documentation need no copy of names,
 * defaults and ranges. A program in C does not need these functions. */
#ifndef EGM_OPTIONS_H
#define EGM_OPTIONS_H

#include <egm/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Kind of a member of a struct, which determines its C type. */
enum {
	EGM_OPTION_INT32 = 1,     /**< int32_t */
	EGM_OPTION_INT64 = 2,     /**< int64_t */
	EGM_OPTION_UINT64 = 3,    /**< uint64_t */
	EGM_OPTION_DOUBLE = 4,    /**< double */
	EGM_OPTION_CHOICE = 5,    /**< int32_t, one of `choices` */
	EGM_OPTION_FLAG = 6,      /**< int32_t, 0 or 1 */
	EGM_OPTION_BITS = 7,      /**< int32_t, bitwise or of any of `choices`; 0: none */
	EGM_OPTION_CHARACTER = 8, /**< int32_t, the code of an ASCII character */
	EGM_OPTION_RESERVED = 9,  /**< int32_t, must be 0 */
	EGM_OPTION_NUMBERS = 20,  /**< const double *, an array whose length is in the help, or NULL */
	EGM_OPTION_TEXT = 21,     /**< const char *, a string or NULL */
	EGM_OPTION_TEXTS = 22,    /**< const char *const *, strings whose number is in the help, or NULL */
	EGM_OPTION_HANDLE = 23,   /**< pointer to a handle or a constant of the library, or NULL */
	EGM_OPTION_CALLBACK = 30, /**< pointer to a function, or NULL */
	EGM_OPTION_USER = 31      /**< void *, which the library passes to a callback */
};

/** A named value of EGM_OPTION_CHOICE and EGM_OPTION_BITS. */
typedef struct egm_choice {
	const char *name; /**< in lower case, without the family: "hinge" for EGM_GAN_HINGE */
	int64_t value;
} egm_choice;

/** Description of one member of a struct. All texts and arrays are constant and belong to the library.
 *
 *  In an option struct, 0 is never an error if the member has a default: 0 means the default if zero_is_default is 1;
 *  otherwise it means what the help says, mostly that something is off.
 *
 *  Defaults and the ends of ranges are doubles. Those of integers are exact, because they are below 2^53. If a range
 *  has no limit on one side, its end there is -INFINITY or INFINITY and open: an integer may then have any value of its
 *  type, and a double must be finite. Conditions that involve two members are not part of a range; they are in the
 *  comments of the structs. */
typedef struct egm_option {
	size_t struct_size;
	const char *name;     /**< "learning_rate" */
	const char *help;     /**< one line, with the unit of a number */
	int64_t offset;       /**< of the member in the struct, in bytes */
	int64_t size;         /**< of the member, in bytes */
	int32_t kind;         /**< EGM_OPTION_* */
	int32_t required;     /**< 1: the member has no default, and a program must set it */
	double default_value; /**< 0 for pointers, whose default is NULL */
	double low, high;     /**< range of a number: low <= value <= high; 0 for pointers and in results */
	int32_t low_open;     /**< 1: low < value */
	int32_t high_open;    /**< 1: value < high */
	/** 1: 0 means the default, because 0 is outside of the range or has no meaning of its own. */
	int32_t zero_is_default;
	int32_t choice_count;      /**< 0 if there are no choices */
	const egm_choice *choices; /**< [choice_count]; NULL if there are none */
	const char *family;        /**< first part of the constants' names, "EGM_GAN_"; NULL if there are no choices */
} egm_option;

/* clang-format off */
#define EGM_OPTION_INIT {sizeof(egm_option), NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL}
/* clang-format on */

/** Returns the name of struct `index`, from 0, for example "egm_gan_options"; NULL after the last one. The list
 *  contains all structs of the headers that begin with struct_size: options, whose names end with "_options", and
 *  results. Its order may differ between releases. */
EGM_API const char *egm_options_type(int32_t index);
/** Returns sizeof the struct in this release; 0 if there is no struct of that name. */
EGM_API size_t egm_options_size(const char *type);
/** Returns the number of members of a struct, without struct_size; 0 if there is no struct of that name. */
EGM_API int32_t egm_options_count(const char *type);
/** Returns the index of a member, from 0; -1 if there is no struct or member of that name. */
EGM_API int32_t egm_options_find(const char *type, const char *name);
/** Describes member `index` of a struct, from 0, in the order of the struct. `out` begins as EGM_OPTION_INIT.
 *  EGM_ERR_ARGUMENT if there is no such struct or member. */
EGM_API EGM_CHECKED egm_status egm_options_describe(const char *type, int32_t index, egm_option *out);
/** Writes the defaults to the first `size` bytes of a struct and sets struct_size = size, as its initialiser does in C.
 *  EGM_ERR_ARGUMENT if there is no such struct, or if `size` cannot be its size in any release. */
EGM_API EGM_CHECKED egm_status egm_options_init(const char *type, void *options, size_t size);

#ifdef __cplusplus
}
#endif
#endif
