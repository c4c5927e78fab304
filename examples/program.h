/* SPDX-License-Identifier: MIT */
/* What every example does around its idea: read the command line, make a context and a folder, print JSON. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <egm.h>

/* Forwards a failure. What the function has made so far must belong to the caller, who frees it. */
#define TRY(call)                                    \
	do {                                             \
		egm_status try_status = (call);              \
		if (try_status != EGM_OK) return try_status; \
	} while (0)

enum { OPTION_INTEGER = 1, OPTION_NUMBER = 2, OPTION_TEXT = 3, OPTION_FLAG = 4 };

/* `value` points to int64_t, double, const char * or int, by `kind`, and holds the default. */
typedef struct program_option {
	const char *name;
	int kind;
	void *value;
	double low, high; /* both inclusive; of numbers alone */
	const char *help;
} program_option;

/* Reads `--name VALUE` pairs and returns the index in argv of the first argument that is none. --help prints the table
 * and ends the program with 0; an unknown name or a value out of its range ends it with 2. `usage` is the line of
 * --help after the program's name, `summary` the text below it. */
int program_options(int argc, char **argv, const char *usage, const char *summary, const program_option *options,
                    size_t count);

/* Says what is wrong with the command line and ends the program with 2. */
void program_misuse(char **argv, const char *reason);

/* Zeroed memory; ends the program with 1 when there is none. */
void *program_alloc(size_t count, size_t size);

/* A context with min(threads, online cores) threads. */
egm_status program_context(egm_context **out, int64_t threads);

enum { PROGRAM_PATH = 4096 };
/* Makes the folder and those above it where they are missing; 0, or -1 with the reason on stderr. */
int program_folder(const char *path);
/* folder/name in `buffer`, which is returned. A folder that program_folder accepted leaves room for the name. */
const char *program_path(char buffer[PROGRAM_PATH], const char *folder, const char *name);

/* A JSON string, and a JSON number or null when x is not finite, on stdout. */
void program_json_text(const char *text);
void program_json_number(double x);

#endif
