/* SPDX-License-Identifier: MIT */
/* The structs and enumerators that release 0.3 added, copied from its headers and never changed again. */
#ifndef EGM_TESTS_ABI_RELEASE_0_3_H
#define EGM_TESTS_ABI_RELEASE_0_3_H

#include <stddef.h>
#include <stdint.h>

typedef struct egm_ml_options_0_3 {
	size_t struct_size;
	double regulariser;
} egm_ml_options_0_3;

typedef struct egm_gan_options_0_3 {
	size_t struct_size;
	int32_t form;
	int32_t discriminator_steps;
	int32_t generator_steps;
	int32_t penalty_at;
	double penalty;
	double smoothing;
	double step_penalty;
} egm_gan_options_0_3;

typedef struct egm_vae_options_0_3 {
	size_t struct_size;
	int32_t decoder;
	int32_t reserved;
	double sigma;
	double beta;
} egm_vae_options_0_3;

typedef struct egm_aae_options_0_3 {
	size_t struct_size;
	int32_t form;
	int32_t discriminator_steps;
	double reconstruction;
	double penalty;
} egm_aae_options_0_3;

typedef struct egm_ali_options_0_3 {
	size_t struct_size;
	int32_t form;
	int32_t discriminator_steps;
	int32_t generator_steps;
	int32_t encoder;
	int32_t generator;
	int32_t full_terms;
	double penalty;
} egm_ali_options_0_3;

typedef struct egm_wgan_options_0_3 {
	size_t struct_size;
	int32_t penalty_kind;
	int32_t penalty_at;
	int32_t critic_steps;
	int32_t reserved;
	double penalty;
	double clip;
} egm_wgan_options_0_3;

typedef struct egm_ls_gan_options_0_3 {
	size_t struct_size;
	int32_t margin_norm;
	int32_t energy_steps;
	double margin;
	double slope;
	double penalty;
} egm_ls_gan_options_0_3;

typedef struct egm_histogram_options_0_3 {
	size_t struct_size;
	int32_t divergence;
	int32_t bins;
	const double *masses;
	double lower, upper;
	double bandwidth;
	double floor;
} egm_histogram_options_0_3;

typedef struct egm_dae_options_0_3 {
	size_t struct_size;
	double sigma;
} egm_dae_options_0_3;

typedef struct egm_dde_options_0_3 {
	size_t struct_size;
	int32_t energy_steps;
	int32_t reserved;
	double sigma;
} egm_dde_options_0_3;

typedef struct egm_annealed_dsm_options_0_3 {
	size_t struct_size;
	int32_t spacing;
	int32_t reserved;
	double sigma0;
	double sigma_low, sigma_high;
} egm_annealed_dsm_options_0_3;

typedef struct egm_score_matching_options_0_3 {
	size_t struct_size;
	int32_t form;
	int32_t projections;
} egm_score_matching_options_0_3;

typedef struct egm_negatives_options_0_3 {
	size_t struct_size;
	int32_t start;
	int32_t reserved;
	int64_t steps;
	int64_t buffer;
	double restart;
} egm_negatives_options_0_3;

typedef struct egm_mmd_options_0_3 {
	size_t struct_size;
	const double *bandwidths;
	int64_t bandwidth_count;
	int32_t estimator;
	int32_t reserved;
} egm_mmd_options_0_3;

typedef struct egm_sliced_options_0_3 {
	size_t struct_size;
	uint64_t seed;
	int64_t projections;
	int32_t power;
	int32_t reserved;
} egm_sliced_options_0_3;

typedef struct egm_mode_options_0_3 {
	size_t struct_size;
	const double *weights;
	double radius;
	int64_t least_points;
} egm_mode_options_0_3;

typedef struct egm_mode_coverage_0_3 {
	size_t struct_size;
	int64_t covered;
	double high_quality;
	double reverse_kl;
	double kl_floor;
} egm_mode_coverage_0_3;

typedef struct egm_ranking_0_3 {
	size_t struct_size;
	int64_t positives;
	double prevalence;
	double auroc;
	double average_precision;
	double least_average_precision;
	double best_f1;
	double best_threshold;
	double flagged;
	double precision;
	double recall;
	double f1;
	double f1_of_chance;
	double f1_of_everything;
} egm_ranking_0_3;

typedef struct egm_mixture_options_0_3 {
	size_t struct_size;
	int64_t components;
	int32_t covariance;
	int32_t fixed;
	double covariance_floor;
	uint64_t seed;
	int64_t starts;
	int64_t max_iterations;
	double tolerance;
} egm_mixture_options_0_3;

typedef struct egm_mixture_result_0_3 {
	size_t struct_size;
	double log_likelihood;
	double covariance_floor;
	int64_t iterations;
	int64_t start;
	int64_t dead;
	int32_t converged;
	int32_t reserved;
} egm_mixture_result_0_3;

#endif
