/* SPDX-License-Identifier: MIT */
/* The command line of an example is a table. getopt_long reads the options of the table, values are checked against it,
 * and --help prints it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <egm.h>
#include <stdbool.h>

/* An option and the address of its value, which contains the default before options_read. Tables are written with the
 * macros below and end with OPTIONS_END. */
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
	KIND_REQUIRED, /* a text that must be given */
	KIND_FLAG,
	KIND_CHOICE,
	KIND_MEMBER /* before options_read has looked it up in the library */
};
enum { LIMIT_LOW_OPEN = 1, LIMIT_HIGH_OPEN = 2 };

/* clang-format off */
/* `value` points to an int32_t, int64_t, uint64_t or double; low and high are both inclusive. */
#define OPTION_NUMBER(name, value, low, high, help) {name, KIND_OF(*(value)), value, low, high, 0, help}
/* `value` points to a const char *; to a bool, which the option sets. */
#define OPTION_TEXT(name, value, help) {name, KIND_TEXT, value, 0, 0, 0, help}
#define OPTION_REQUIRED(name, value, help) {name, KIND_REQUIRED, value, 0, 0, 0, help}
#define OPTION_FLAG(name, value, help) {name, KIND_FLAG, value, 0, 0, 0, help}
/* `value` points to an int32_t. The help begins with the words that are accepted, "dense|conv: ..."; the first word is
 * the number `first`, the next one first + 1. */
#define OPTION_CHOICE(name, value, first, help) {name, KIND_CHOICE, value, first, 0, 0, help}
/* A member of a struct of the library, which describes its range and its meaning (egm/options.h). */
#define OPTION_MEMBER(name, type, object, member) \
	{name, KIND_MEMBER, &(1 ? (object) : (type *)NULL)->member, 0, 0, 0, #type "." #member}
#define OPTIONS_END {NULL, 0, NULL, 0, 0, 0, NULL}
#define KIND_OF(x) _Generic(x, int32_t: KIND_INT32, int64_t: KIND_INT64, uint64_t: KIND_UINT64, double: KIND_DOUBLE)
/* clang-format on */

/* Reads the options and returns the index in argv of the first of the `operands` words that follow them. --help prints
 * the name of the program, `usage`, `summary` and the table, and ends the program with 0. An option that the table does
 * not allow, or another number of words, ends the program with 2. The rows of library members are filled in. */
int options_read(int argc, char **argv, const char *usage, const char *summary, program_option *options, int operands);

/* Prints what is wrong with the command line and ends the program with 2. */
void options_misuse(char **argv, const char *reason);

/* Writes the value as it would be typed; returns its length as snprintf does. */
int options_value(const program_option *option, char *text, size_t room);

#endif
