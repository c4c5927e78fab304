/* SPDX-License-Identifier: MIT */
/* The option structs and enumerators of release 0.1, copied from its headers and never changed again. Programs compiled
 * against that release hand these layouts to every later library with the same soname. */
#ifndef EGM_TESTS_ABI_RELEASE_0_1_H
#define EGM_TESTS_ABI_RELEASE_0_1_H

#include <stddef.h>
#include <stdint.h>

typedef struct egm_context_options_0_1 {
	size_t struct_size;
	void *(*alloc)(size_t size, size_t alignment, void *user);
	void (*dealloc)(void *pointer, size_t size, void *user);
	void *alloc_user;
	void (*log)(int32_t level, const char *message, void *user);
	void *log_user;
	void (*parallel)(int32_t count, void (*task)(int32_t index, void *argument), void *argument, void *user);
	void *parallel_user;
	int32_t threads;
	int32_t blas_threads;
	int32_t simd;
	int32_t reserved;
} egm_context_options_0_1;

typedef struct egm_data_options_0_1 {
	size_t struct_size;
	int32_t dtype;
	int32_t skip_lines;
	double scale;
	double offset;
	uint64_t max_bytes;
	int64_t max_rows;
	int32_t delimiter;
	int32_t reserved;
} egm_data_options_0_1;

typedef struct egm_load_options_0_1 {
	size_t struct_size;
	uint64_t max_header_bytes;
	uint64_t max_data_bytes;
} egm_load_options_0_1;

typedef struct egm_energy_gan_options_0_1 {
	size_t struct_size;
	int32_t entropy;
	int32_t marginal;
	int32_t energy_steps;
	int32_t reserved;
	double penalty;
	double entropy_weight;
	double noise;
	double dv_decay;
} egm_energy_gan_options_0_1;

typedef struct egm_dsm_options_0_1 {
	size_t struct_size;
	double sigma;
} egm_dsm_options_0_1;

typedef struct egm_trainer_options_0_1 {
	size_t struct_size;
	uint64_t seed;
	int64_t batch;
	int32_t optimizer;
	int32_t schedule;
	int64_t schedule_steps;
	int64_t warmup_steps;
	double final_fraction;
	double learning_rate;
	double beta1;
	double beta2;
	double epsilon;
	double momentum;
	double clip_norm;
	double average_decay;
} egm_trainer_options_0_1;

typedef struct egm_progress_0_1 {
	size_t struct_size;
	int64_t step;
	int64_t done;
	int64_t total;
	int32_t term_count;
	int32_t reserved;
	const char *const *term_names;
	const double *terms;
	double learning_rate;
} egm_progress_0_1;

#endif
