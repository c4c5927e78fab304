/* SPDX-License-Identifier: MIT */
/* What every example needs: ending at an error, memory, a context and a folder. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <egm.h>

/* Ends the program with 1 and the library's message if the call failed. */
void check(egm_status status);
/* The same for functions of the examples, which print their own message. */
void check_done(int result);

/* Clears the line of a progress bar on a terminal, so that other text can follow. */
void program_clear(void);

/* Returns the error of a call. The caller must own, and free, what the function has created so far. */
#define TRY(call)                                    \
	do {                                             \
		egm_status try_status = (call);              \
		if (try_status != EGM_OK) return try_status; \
	} while (0)

/* Returns zeroed memory; ends the program if there is none. */
void *program_alloc(size_t count, size_t size);

/* Creates a context with min(threads, online cores) threads. */
egm_context *program_context(int64_t threads);

enum { PROGRAM_PATH = 4096 };
/* Creates the folder and the folders above it if they are missing; ends the program if that fails. */
void program_folder(const char *path);
/* Writes folder/name to `buffer`, and returns it. A folder that program_folder accepted leaves room for the name. */
const char *program_path(char buffer[PROGRAM_PATH], const char *folder, const char *name);

#endif
