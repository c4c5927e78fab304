/* SPDX-License-Identifier: MIT */
/* The option and result structs of all headers as data: for bindings, command lines and documentation, which need not
 * copy names, defaults and ranges. A program in C uses the structs and their initialisers, EGM_..._OPTIONS_INIT. */
#ifndef EGM_OPTIONS_H
#define EGM_OPTIONS_H

#include <egm/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Type of a member of a struct. */
enum {
	EGM_OPTION_INT32 = 1,     /**< int32_t */
	EGM_OPTION_INT64 = 2,     /**< int64_t */
	EGM_OPTION_UINT64 = 3,    /**< uint64_t */
	EGM_OPTION_DOUBLE = 4,    /**< double */
	EGM_OPTION_CHOICE = 5,    /**< int32_t, one of `choices` */
	EGM_OPTION_FLAG = 6,      /**< int32_t, 0 or 1 */
	EGM_OPTION_BITS = 7,      /**< int32_t, `choices` joined by or; 0: none */
	EGM_OPTION_CHARACTER = 8, /**< int32_t, the number of an ASCII character */
	EGM_OPTION_RESERVED = 9,  /**< int32_t, 0 */
	EGM_OPTION_NUMBERS = 20,  /**< const double *, whose length the help names, or NULL */
	EGM_OPTION_TEXT = 21,     /**< const char *, a string or NULL */
	EGM_OPTION_TEXTS = 22,    /**< const char *const *, strings whose number the help names, or NULL */
	EGM_OPTION_HANDLE = 23,   /**< pointer to something of the library, or NULL */
	EGM_OPTION_CALLBACK = 30, /**< pointer to a function, or NULL */
	EGM_OPTION_USER = 31      /**< void *, which the library hands to a callback */
};

/** A named value of EGM_OPTION_CHOICE and EGM_OPTION_BITS. */
typedef struct egm_choice {
	const char *name; /**< in small letters, without what the family has in common: "hinge" for EGM_GAN_HINGE */
	int64_t value;
} egm_choice;

/** One member of a struct. All texts and arrays are constant and belong to the library.
 *
 *  In every options struct 0 means the default if it is outside of the range of the member (zero_is_default), and
 *  otherwise what the help says, mostly off. It is never an error if the member has a default.
 *
 *  Defaults and the ends of ranges are doubles. Those of integers are below 2^53, so they are exact. A number without a
 *  limit has -INFINITY or INFINITY as an open end of its range: an integer can then be as large as its type allows, and
 *  a double must be finite. Conditions between two members are not part of a range: the comment of the struct says
 *  them. */
typedef struct egm_option {
	size_t struct_size;
	const char *name;     /**< "learning_rate" */
	const char *help;     /**< one line, with the unit of a number */
	int64_t offset;       /**< in the struct, in bytes */
	int64_t size;         /**< of the member, in bytes */
	int32_t kind;         /**< EGM_OPTION_* */
	int32_t required;     /**< 1: it has no default and must be set */
	double default_value; /**< 0 for pointers, whose default is NULL */
	double low, high;     /**< of numbers: low <= value <= high; 0 for pointers and in results */
	int32_t low_open;     /**< 1: low < value */
	int32_t high_open;    /**< 1: value < high */
	/** 1: 0 means the default, because it is outside of the range or would make no sense. */
	int32_t zero_is_default;
	int32_t choice_count;
	const egm_choice *choices; /**< [choice_count]; NULL if there are none */
	const char *family;        /**< what the names of the constants begin with: "EGM_GAN_"; NULL without choices */
} egm_option;

/* clang-format off */
#define EGM_OPTION_INIT {sizeof(egm_option), NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL}
/* clang-format on */

/** Name of struct `index` (from 0), for example "egm_gan_options"; NULL after the last one. The list contains all
 *  structs of the headers that begin with struct_size: options, whose names end with "_options", and results. The order
 *  may differ between releases. */
EGM_API const char *egm_options_type(int32_t index);
/** sizeof the struct in this release; 0 if there is no struct of that name. */
EGM_API size_t egm_options_size(const char *type);
/** Number of its members, without struct_size; 0 if there is no struct of that name. */
EGM_API int32_t egm_options_count(const char *type);
/** Index of a member; -1 if there is none of that name. */
EGM_API int32_t egm_options_find(const char *type, const char *name);
/** Describes member `index` (from 0, in the order of the struct). `out` begins as EGM_OPTION_INIT.
 *  EGM_ERR_ARGUMENT if there is no such struct or member. */
EGM_API EGM_CHECKED egm_status egm_options_describe(const char *type, int32_t index, egm_option *out);
/** Writes the defaults into the first `size` bytes of a struct, and struct_size = size, as its initialiser does in C.
 *  EGM_ERR_ARGUMENT if there is no such struct, or if `size` cannot be its size in any release. */
EGM_API EGM_CHECKED egm_status egm_options_init(const char *type, void *options, size_t size);

#ifdef __cplusplus
}
#endif
#endif
