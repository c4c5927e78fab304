/* SPDX-License-Identifier: MIT */
/* What the subcommands of the program egm share. */
#ifndef EGM_TOOL_TOOL_H
#define EGM_TOOL_TOOL_H

#include "header.h"

extern const char tool_usage[];

/* A text of a file, at most `most` characters, in which nothing can move the cursor of a terminal. */
void tool_print_text(const char *text, size_t most);
/* "egm: PATH: ERROR" on stderr, likewise. */
void tool_print_error(const char *path, const char *error);
void tool_print_tensors(const struct header *header);
/* One line of JSON for a file, with the members of `more`, which it frees (may be NULL). Returns 0, or 1 after a
 * message on stderr. */
int tool_print_json(const char *path, const struct header *header, json_t *more);

/* The subcommand with its arguments; returns the status of the program. */
int convert(int count, char **arguments);

#endif
