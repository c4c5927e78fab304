/* SPDX-License-Identifier: MIT */
/* What operating systems do differently: os_posix*.c for Linux and macOS, os_windows*.c for Windows. meson.build takes
 * the files of one system; no other file of the library depends on it. Files are read by os_<system>_read.c and
 * replaced by os_<system>_replace.c, which report errors; errors need the text functions of os_<system>.c. */
#ifndef EGM_CORE_OS_IMPL_H
#define EGM_CORE_OS_IMPL_H

#include <egm/status.h>
#include <pthread.h>

/* ---- memory */
/* Aligned memory; NULL if there is none. */
void *egm__os_alloc(size_t size, size_t alignment);
void egm__os_free(void *pointer);

/* Memory of zeros from the system alone, without malloc; NULL if there is none. */
void *egm__os_map(size_t bytes);
void egm__os_unmap(void *pointer, size_t bytes);

/* ---- processors, threads and processes */
/* How many processors this process may use; 0 if the system does not tell. */
int32_t egm__os_processors(void);

/* pthread_create for a thread that leaves signals to the threads of the host program. */
int egm__os_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

/* Whether this process is a forked child of the one that made something. */
typedef struct egm__fork_mark {
	int64_t pid;         /* the process that made the mark */
	unsigned char *page; /* a page with a 1 that the kernel clears in a forked child; NULL if it cannot */
} egm__fork_mark;

egm__fork_mark egm__fork_mark_create(void);
void egm__fork_mark_free(egm__fork_mark *mark);
int egm__fork_is_child(const egm__fork_mark *mark);

/* ---- libraries that are opened by their names */
/* Opens a library for ever, which finds its own functions before those of the program; NULL if that fails. */
void *egm__os_library_open(const char *name);
/* The address of a function; NULL if the library has none of this name. */
void *egm__os_library_find(void *library, const char *function);
/* Why the last call of egm__os_library_open by this thread failed. */
const char *egm__os_library_error(char *buffer, size_t size);

/* ---- text */
/* What an errno means. strerror may share a buffer between threads. */
const char *egm__os_error_text(int error, char *buffer, size_t size);

/* From begin to end, text and numbers of this thread convert as in the "C" locale. begin returns 0, and changes
 * nothing, if there is no memory. */
typedef struct egm__os_locale {
	void *c, *before;
} egm__os_locale;

int egm__os_locale_begin(egm__os_locale *locale);
void egm__os_locale_end(const egm__os_locale *locale);

/* strtod in the "C" locale, for any number of calls with the same `c`; create returns NULL if there is no memory. */
void *egm__os_strtod_create(void);
void egm__os_strtod_free(void *c);
double egm__os_strtod(const char *text, char **end, void *c);

/* ---- files; paths are UTF-8 on Windows */
/* Opens a regular file for reading; IO for anything else. */
egm_status egm__os_file_open(int *fd, int64_t *size, const char *path);
void egm__os_file_close(int fd);
/* The size now; -1, with errno, if it cannot be found out. */
int64_t egm__os_file_size(int fd);
/* Reads up to n bytes from `offset` on, without a position that threads would share: how many, 0 at the end, or -1 with
 * errno. */
int64_t egm__os_file_read(int fd, void *bytes, size_t n, int64_t offset);

/* A new file that takes the place of `path` as a whole: begin, write any number of times, commit; then end, whether or
 * not one of these failed. Without a commit the old file is unchanged and no new one is left. The members belong to the
 * system's file. */
enum { EGM__OS_PATH = 4096 };
typedef struct egm__os_replacement {
	const char *path; /* of the caller, for error texts */
	char target[EGM__OS_PATH], temporary[EGM__OS_PATH];
	int fd, lock, folder; /* `lock` is a duplicate of `fd` that is closed last */
	int created, exists;
	unsigned mode; /* permissions of the file to be replaced, if it exists */
} egm__os_replacement;

egm_status egm__os_replace_begin(egm__os_replacement *r, const char *path);
egm_status egm__os_replace_write(egm__os_replacement *r, const void *bytes, size_t n);
egm_status egm__os_replace_commit(egm__os_replacement *r);
void egm__os_replace_end(egm__os_replacement *r);

#endif
