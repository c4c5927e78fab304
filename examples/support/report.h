/* SPDX-License-Identifier: MIT */
/* The last line of an example on stdout: what it found, as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Begins an object, the line itself where `name` is NULL, and ends the innermost one. */
void report_open(const char *name);
void report_close(void);

/* Members of it; null for a number that is not finite. */
void report_number(const char *name, double value);
void report_integer(const char *name, long long value);
void report_bool(const char *name, bool value);
void report_numbers(const char *name, const double *values, size_t count);
void report_text(const char *name, const char *text);
/* An array of paths. */
void report_files(const char *folder, const char *const *names, size_t count);

#endif
