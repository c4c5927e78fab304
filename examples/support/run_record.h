/* SPDX-License-Identifier: MIT */
/* The settings with which a long run was started, in a file beside its checkpoint, so that it continues with these. */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "options.h"

enum { RUN_RECORD = 2048 };

/* Writes a line "name value" to `text` for each option that is not in `unbound`, a list that ends with NULL. `unbound`
 * names the options that may change, so that an option that was forgotten may not. Numbers have 15 digits, as many as a
 * double preserves. */
void run_record_text(char text[RUN_RECORD], const program_option *options, const char *const *unbound);

/* Ends the program with 2 if the file does not contain `text`; a line on stderr names an option and its two values. A
 * missing file also ends it, because checkpoint and curve do not contain the settings. A user who knows the settings of
 * such a run can copy the file of a new run. */
void run_record_check(const char *text, const char *path);

/* Writes the file; ends the program if that fails. */
void run_record_save(const char *text, const char *path);

#endif
