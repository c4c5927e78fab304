/* SPDX-License-Identifier: MIT */
/* The command line of an example is a table: getopt_long reads the words by it, --help is printed from it, and values
 * are checked against it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <egm.h>
#include <stdbool.h>

/* An option and where its value goes. What stands there before is the default. Tables are written with the macros
 * below and end with OPTIONS_END. */
typedef struct program_option {
	const char *name;
	int kind;
	void *value;
	double low, high;
	int limits; /* LIMIT_* */
	const char *help;
} program_option;

enum {
	KIND_INT32 = 1,
	KIND_INT64,
	KIND_UINT64,
	KIND_DOUBLE,
	KIND_TEXT,
	KIND_REQUIRED, /* a text that has no default */
	KIND_FLAG,
	KIND_CHOICE,
	KIND_MEMBER /* until options_read has asked the library */
};
enum { LIMIT_LOW_OPEN = 1, LIMIT_HIGH_OPEN = 2 };

/* clang-format off */
/* `value` points to an int32_t, int64_t, uint64_t or double; low and high are both inclusive. */
#define OPTION_NUMBER(name, value, low, high, help) {name, KIND_OF(*(value)), value, low, high, 0, help}
/* A const char *, and a bool that the option sets. */
#define OPTION_TEXT(name, value, help) {name, KIND_TEXT, value, 0, 0, 0, help}
#define OPTION_REQUIRED(name, value, help) {name, KIND_REQUIRED, value, 0, 0, 0, help}
#define OPTION_FLAG(name, value, help) {name, KIND_FLAG, value, 0, 0, 0, help}
/* An int32_t. The help begins with the words that are accepted, "dense|conv: ..."; the first one is `first`. */
#define OPTION_CHOICE(name, value, first, help) {name, KIND_CHOICE, value, first, 0, 0, help}
/* A member of one of the library's structs, which says itself what its range is and what it does. */
#define OPTION_MEMBER(name, type, object, member) \
	{name, KIND_MEMBER, &(1 ? (object) : (type *)NULL)->member, 0, 0, 0, #type "." #member}
#define OPTIONS_END {NULL, 0, NULL, 0, 0, 0, NULL}
#define KIND_OF(x) _Generic(x, int32_t: KIND_INT32, int64_t: KIND_INT64, uint64_t: KIND_UINT64, double: KIND_DOUBLE)
/* clang-format on */

/* Reads the options and returns the index in argv of the first of `operands` words that follow them. --help prints the
 * table and ends the program with 0. Everything else that is not as the table says, or a number of operands that is
 * not `operands`, ends it with 2. `usage` is what --help prints after the program's name, `summary` the text below.
 * Members of the library are described in the table afterwards. */
int options_read(int argc, char **argv, const char *usage, const char *summary, program_option *options, int operands);

/* Says what is wrong with the command line and ends the program with 2. */
void options_misuse(char **argv, const char *reason);

/* The value as it would be typed; returns its length as snprintf does. */
int options_value(const program_option *option, char *text, size_t room);

#endif
