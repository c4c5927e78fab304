/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void program_clear(void)
{
	if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

void check(egm_status status)
{
	if (status == EGM_OK) return;
	program_clear();
	fprintf(stderr, "%s\n", egm_last_error());
	exit(EXIT_FAILURE);
}

void check_done(int result)
{
	if (result != 0) exit(EXIT_FAILURE);
}

void *program_alloc(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);
	if (memory) return memory;
	fprintf(stderr, "no memory for %zu x %zu bytes\n", count, size);
	exit(EXIT_FAILURE);
}

egm_context *program_context(int64_t threads)
{
	egm_context *context = NULL;
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	options.threads = (int32_t)(cores >= 1 && cores < threads ? cores : threads);
	check(egm_context_create(&context, &options));
	return context;
}

static _Noreturn void fail_at(const char *path, int error)
{
	fprintf(stderr, "%s: %s\n", path, strerror(error));
	exit(EXIT_FAILURE);
}

void program_folder(const char *path)
{
	char part[PROGRAM_PATH];
	struct stat found;
	size_t length = strlen(path);
	if (length == 0 || length > PROGRAM_PATH - 256) fail_at("--out", length ? ENAMETOOLONG : ENOENT);
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0') continue;
		part[i] = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST) fail_at(part, errno);
		part[i] = path[i];
	}
	/* EEXIST above may also mean that there is a file of that name. */
	if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode)) fail_at(path, ENOTDIR);
	if (access(path, W_OK | X_OK) != 0) fail_at(path, errno);
}

const char *program_path(char buffer[PROGRAM_PATH], const char *folder, const char *name)
{
	snprintf(buffer, PROGRAM_PATH, "%s/%s", folder, name);
	return buffer;
}
