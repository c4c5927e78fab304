/* SPDX-License-Identifier: MIT */
/* A folder for the files of one test program, and whole files read and written without the library. */
#ifndef EGM_TESTS_IO_SUPPORT_H
#define EGM_TESTS_IO_SUPPORT_H

#include <dirent.h>
#include <egm/status.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support.h>
#include <sys/stat.h>
#include <unistd.h>

static char io_folder[PATH_MAX - 300];
static char io_path_text[PATH_MAX];

/* To be called once, before Check forks. */
static inline void io_folder_create(void)
{
	const char *base = getenv("TMPDIR");
	snprintf(io_folder, sizeof io_folder, "%s/egm-test-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(io_folder)) {
		perror(io_folder);
		exit(99);
	}
}

/* "folder/name", valid until the next call. */
static inline const char *io_path(const char *name)
{
	snprintf(io_path_text, sizeof io_path_text, "%s/%.255s", io_folder, name);
	return io_path_text;
}

/* Calls each(path) for every entry of a folder; returns how many there are. */
static inline int io_entries(const char *folder, void (*each)(const char *path))
{
	DIR *dir = opendir(folder);
	int n = 0;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		char path[PATH_MAX];
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
		n++;
		snprintf(path, sizeof path, "%.3800s/%.255s", folder, e->d_name);
		if (each) each(path);
	}
	if (dir) closedir(dir);
	return n;
}

static inline void io_remove(const char *path)
{
	struct stat info;
	if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
		io_entries(path, io_remove);
		rmdir(path);
	} else {
		unlink(path);
	}
}

static inline void io_folder_remove(void)
{
	io_remove(io_folder);
}

/* egm_test_main with the folder around it. */
static inline int io_test_main(Suite *suite)
{
	io_folder_create();
	int failed = egm_test_main(suite);
	io_folder_remove();
	return failed;
}

static inline void io_write(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* The bytes of a file, to be freed, with a zero after them. */
static inline unsigned char *io_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f);
	rewind(f);
	unsigned char *bytes = malloc(*n + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, *n, f), *n);
	bytes[*n] = 0;
	fclose(f);
	return bytes;
}

/* The last call failed as it should, and says so. */
static inline void io_expect(const char *row, egm_status got, egm_status status, const char *needle)
{
	ck_assert_msg(got == status, "%s: %s, not %s: %s", row, egm_status_name(got), egm_status_name(status),
	              egm_last_error());
	if (status != EGM_OK && needle)
		ck_assert_msg(strstr(egm_last_error(), needle) != NULL, "%s: '%s' is not in '%s'", row, needle,
		              egm_last_error());
}

/* "call: path: ..." */
static inline int io_names_path(const char *text, const char *call, const char *path)
{
	size_t n = strlen(call), m = strlen(path);
	return strncmp(text, call, n) == 0 && strncmp(text + n, ": ", 2) == 0 && strncmp(text + n + 2, path, m) == 0 &&
	       text[n + 2 + m] == ':';
}

#endif
