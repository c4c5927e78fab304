/* SPDX-License-Identifier: MIT */
/* The settings that a long run was started with, beside its checkpoint, so that no later piece goes on with others. */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "options.h"

enum { RUN_RECORD = 2048 };

/* Fills `text` with a line "name value" for each option but those named in `unbound`, which NULL ends. It names what
 * may change between two pieces: an option that nobody thought of had better not. Numbers have 15 digits, as many as a
 * double keeps of what was typed. */
void run_record_text(char text[RUN_RECORD], const program_option *options, const char *const *unbound);

/* Ends the program with 2 and one line on stderr, which names an option and both its values, unless the file holds
 * `text`. A missing file is refused too: checkpoint and curve do not say what an older run was started with. Who knows
 * it copies the file of a new run. */
void run_record_check(const char *text, const char *path);

/* Writes it, or ends the program. */
void run_record_save(const char *text, const char *path);

#endif
