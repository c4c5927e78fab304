/* SPDX-License-Identifier: MIT */
/* The structs and enumerators that release 0.2 added, copied from its headers and never changed again. */
#ifndef EGM_TESTS_ABI_RELEASE_0_2_H
#define EGM_TESTS_ABI_RELEASE_0_2_H

#include <stddef.h>
#include <stdint.h>

typedef struct egm_target_options_0_2 {
	size_t struct_size;
	double beta;
	double prior_scale;
	const double *lower;
	const double *upper;
	int32_t concurrent;
	int32_t reserved;
	int64_t rows;
} egm_target_options_0_2;

typedef struct egm_sampler_options_0_2 {
	size_t struct_size;
	int32_t kernel;
	int32_t reserved;
	int64_t chains;
	uint64_t seed;
	double step_size;
	double jitter;
	double start_scale;
	double target_accept;
	const double *scale;
	int64_t leapfrog_steps;
	int64_t max_depth;
	double divergence;
	const double *temperatures;
	int64_t levels;
	int64_t steps_per_level;
	double denoise;
	int32_t adapt_scale;
	int32_t reserved2;
} egm_sampler_options_0_2;

typedef struct egm_sampler_statistics_0_2 {
	size_t struct_size;
	int64_t transitions;
	int64_t gradients;
	double acceptance;
	int64_t divergences;
	double step_size;
	double leapfrogs;
	int64_t saturated;
	double energy;
	double exchange;
	int64_t frozen;
} egm_sampler_statistics_0_2;

typedef struct egm_ais_options_0_2 {
	size_t struct_size;
	uint64_t seed;
	int64_t particles;
	int64_t levels;
	int64_t leapfrog_steps;
	double step_size;
	double base_scale;
	double power;
} egm_ais_options_0_2;

typedef struct egm_ais_result_0_2 {
	size_t struct_size;
	double log_z;
	double standard_error;
	double ess;
	double acceptance;
	int64_t gradients;
	int64_t lost;
} egm_ais_result_0_2;

typedef struct egm_diagnosis_0_2 {
	size_t struct_size;
	double mean;
	double sd;
	double mcse;
	double r_hat;
	double ess_bulk;
	double ess_tail;
	double ess_mean;
	double q05;
	double median;
	double q95;
} egm_diagnosis_0_2;

#endif
