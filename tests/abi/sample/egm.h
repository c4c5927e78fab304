/* SPDX-License-Identifier: MIT */
/* The header of a small library, with one of everything that the public headers have. broken.sh changes a copy. */
#ifndef EGM_SAMPLE_H
#define EGM_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define EGM_API __attribute__((visibility("default")))

typedef enum egm_status {
	EGM_OK = 0,
	EGM_ERR_ARGUMENT = -1,
	EGM_ERR_STATE = -2,
} egm_status;

/* Values of an option, which is an int32_t */
enum {
	EGM_FORM_FIRST = 1,
	EGM_FORM_SECOND = 2,
};

typedef struct egm_thing egm_thing;

typedef struct egm_array {
	const void *data;
	int64_t rows;
} egm_array;

typedef int (*egm_progress_fn)(int64_t step, const double *terms, void *user);

typedef struct egm_thing_options {
	size_t struct_size;
	double scale;
	const double *weights;
	int32_t form;
	int32_t steps;
	int32_t last;
} egm_thing_options;

#define EGM_THING_OPTIONS_INIT                                     \
	{                                                              \
		sizeof(egm_thing_options), 1.0, NULL, EGM_FORM_FIRST, 0, 0 \
	}

typedef struct egm_thing_result {
	size_t struct_size;
	double value;
} egm_thing_result;

/* Holds another by value, so that the other cannot grow */
typedef struct egm_pair_options {
	size_t struct_size;
	egm_thing_result first;
	int64_t after;
} egm_pair_options;

static inline egm_array egm_f64(const double *data, int64_t rows)
{
	egm_array array;
	array.data = data;
	array.rows = rows;
	return array;
}

EGM_API egm_status egm_thing_create(egm_thing **out, egm_array points, const egm_thing_options *options);
EGM_API egm_status egm_thing_pair(egm_thing **out, const egm_pair_options *options);
EGM_API egm_status egm_thing_run(egm_thing *thing, int64_t steps, int64_t thin, egm_progress_fn progress, void *user);
EGM_API egm_status egm_thing_read(const egm_thing *thing, egm_thing_result *result);
EGM_API int64_t egm_thing_count(const egm_thing *thing);
EGM_API void egm_thing_free(egm_thing *thing);

#endif
