/* SPDX-License-Identifier: MIT */
/* The results of an example, as JSON in its last line on stdout. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Begin an object, or the line itself if `name` is NULL; end the innermost object. */
void report_open(const char *name);
void report_close(void);

/* Write members of the object; a number that is not finite is null. */
void report_number(const char *name, double value);
void report_integer(const char *name, long long value);
void report_bool(const char *name, bool value);
void report_numbers(const char *name, const double *values, size_t count);
void report_text(const char *name, const char *text);
/* Writes an array of paths. */
void report_files(const char *folder, const char *const *names, size_t count);

#endif
