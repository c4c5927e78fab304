/* SPDX-License-Identifier: MIT */
/* What every example does around its idea: end at an error, get memory, make a context and a folder. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <egm.h>

/* Ends the program with 1 and the library's message unless the call succeeded. */
void check(egm_status status);
/* The same for what failed outside of the library and has said so itself. */
void check_done(int result);

/* Empties the line of a progress bar on a terminal, so that other text can follow. */
void program_clear(void);

/* Forwards a failure. What the function has made so far must belong to the caller, who frees it. */
#define TRY(call)                                    \
	do {                                             \
		egm_status try_status = (call);              \
		if (try_status != EGM_OK) return try_status; \
	} while (0)

/* Zeroed memory; ends the program when there is none. */
void *program_alloc(size_t count, size_t size);

/* A context with min(threads, online cores) threads. */
egm_context *program_context(int64_t threads);

enum { PROGRAM_PATH = 4096 };
/* Makes the folder and those above it where they are missing, or ends the program. */
void program_folder(const char *path);
/* folder/name in `buffer`, which is returned. A folder that program_folder accepted leaves room for the name. */
const char *program_path(char buffer[PROGRAM_PATH], const char *folder, const char *name);

#endif
