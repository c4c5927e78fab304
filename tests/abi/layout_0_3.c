/* SPDX-License-Identifier: MIT */
/* Compiles only while the structs and enumerators that release 0.3 added are where they were. */
#include "layout.h"
#include "release_0_3.h"
#include <egm.h>

SAME(egm_ml_options, 0_3, struct_size);
SAME(egm_ml_options, 0_3, regulariser);
GROWN(egm_ml_options, 0_3);

SAME(egm_gan_options, 0_3, struct_size);
SAME(egm_gan_options, 0_3, form);
SAME(egm_gan_options, 0_3, discriminator_steps);
SAME(egm_gan_options, 0_3, generator_steps);
SAME(egm_gan_options, 0_3, penalty_at);
SAME(egm_gan_options, 0_3, penalty);
SAME(egm_gan_options, 0_3, smoothing);
SAME(egm_gan_options, 0_3, step_penalty);
GROWN(egm_gan_options, 0_3);

SAME(egm_vae_options, 0_3, struct_size);
SAME(egm_vae_options, 0_3, decoder);
SAME(egm_vae_options, 0_3, reserved);
SAME(egm_vae_options, 0_3, sigma);
SAME(egm_vae_options, 0_3, beta);
GROWN(egm_vae_options, 0_3);

SAME(egm_aae_options, 0_3, struct_size);
SAME(egm_aae_options, 0_3, form);
SAME(egm_aae_options, 0_3, discriminator_steps);
SAME(egm_aae_options, 0_3, reconstruction);
SAME(egm_aae_options, 0_3, penalty);
GROWN(egm_aae_options, 0_3);

SAME(egm_ali_options, 0_3, struct_size);
SAME(egm_ali_options, 0_3, form);
SAME(egm_ali_options, 0_3, discriminator_steps);
SAME(egm_ali_options, 0_3, generator_steps);
SAME(egm_ali_options, 0_3, encoder);
SAME(egm_ali_options, 0_3, generator);
SAME(egm_ali_options, 0_3, full_terms);
SAME(egm_ali_options, 0_3, penalty);
GROWN(egm_ali_options, 0_3);

SAME(egm_wgan_options, 0_3, struct_size);
SAME(egm_wgan_options, 0_3, penalty_kind);
SAME(egm_wgan_options, 0_3, penalty_at);
SAME(egm_wgan_options, 0_3, critic_steps);
SAME(egm_wgan_options, 0_3, reserved);
SAME(egm_wgan_options, 0_3, penalty);
SAME(egm_wgan_options, 0_3, clip);
GROWN(egm_wgan_options, 0_3);

SAME(egm_ls_gan_options, 0_3, struct_size);
SAME(egm_ls_gan_options, 0_3, margin_norm);
SAME(egm_ls_gan_options, 0_3, energy_steps);
SAME(egm_ls_gan_options, 0_3, margin);
SAME(egm_ls_gan_options, 0_3, slope);
SAME(egm_ls_gan_options, 0_3, penalty);
GROWN(egm_ls_gan_options, 0_3);

SAME(egm_histogram_options, 0_3, struct_size);
SAME(egm_histogram_options, 0_3, divergence);
SAME(egm_histogram_options, 0_3, bins);
SAME(egm_histogram_options, 0_3, masses);
SAME(egm_histogram_options, 0_3, lower);
SAME(egm_histogram_options, 0_3, upper);
SAME(egm_histogram_options, 0_3, bandwidth);
SAME(egm_histogram_options, 0_3, floor);
GROWN(egm_histogram_options, 0_3);

SAME(egm_dae_options, 0_3, struct_size);
SAME(egm_dae_options, 0_3, sigma);
GROWN(egm_dae_options, 0_3);

SAME(egm_dde_options, 0_3, struct_size);
SAME(egm_dde_options, 0_3, energy_steps);
SAME(egm_dde_options, 0_3, reserved);
SAME(egm_dde_options, 0_3, sigma);
GROWN(egm_dde_options, 0_3);

SAME(egm_annealed_dsm_options, 0_3, struct_size);
SAME(egm_annealed_dsm_options, 0_3, spacing);
SAME(egm_annealed_dsm_options, 0_3, reserved);
SAME(egm_annealed_dsm_options, 0_3, sigma0);
SAME(egm_annealed_dsm_options, 0_3, sigma_low);
SAME(egm_annealed_dsm_options, 0_3, sigma_high);
GROWN(egm_annealed_dsm_options, 0_3);

SAME(egm_score_matching_options, 0_3, struct_size);
SAME(egm_score_matching_options, 0_3, form);
SAME(egm_score_matching_options, 0_3, projections);
GROWN(egm_score_matching_options, 0_3);

SAME(egm_negatives_options, 0_3, struct_size);
SAME(egm_negatives_options, 0_3, start);
SAME(egm_negatives_options, 0_3, reserved);
SAME(egm_negatives_options, 0_3, steps);
SAME(egm_negatives_options, 0_3, buffer);
SAME(egm_negatives_options, 0_3, restart);
GROWN(egm_negatives_options, 0_3);

SAME(egm_mmd_options, 0_3, struct_size);
SAME(egm_mmd_options, 0_3, bandwidths);
SAME(egm_mmd_options, 0_3, bandwidth_count);
SAME(egm_mmd_options, 0_3, estimator);
SAME(egm_mmd_options, 0_3, reserved);
GROWN(egm_mmd_options, 0_3);

SAME(egm_sliced_options, 0_3, struct_size);
SAME(egm_sliced_options, 0_3, seed);
SAME(egm_sliced_options, 0_3, projections);
SAME(egm_sliced_options, 0_3, power);
SAME(egm_sliced_options, 0_3, reserved);
GROWN(egm_sliced_options, 0_3);

SAME(egm_mode_options, 0_3, struct_size);
SAME(egm_mode_options, 0_3, weights);
SAME(egm_mode_options, 0_3, radius);
SAME(egm_mode_options, 0_3, least_points);
GROWN(egm_mode_options, 0_3);

SAME(egm_mode_coverage, 0_3, struct_size);
SAME(egm_mode_coverage, 0_3, covered);
SAME(egm_mode_coverage, 0_3, high_quality);
SAME(egm_mode_coverage, 0_3, reverse_kl);
SAME(egm_mode_coverage, 0_3, kl_floor);
GROWN(egm_mode_coverage, 0_3);

SAME(egm_ranking, 0_3, struct_size);
SAME(egm_ranking, 0_3, positives);
SAME(egm_ranking, 0_3, prevalence);
SAME(egm_ranking, 0_3, auroc);
SAME(egm_ranking, 0_3, average_precision);
SAME(egm_ranking, 0_3, least_average_precision);
SAME(egm_ranking, 0_3, best_f1);
SAME(egm_ranking, 0_3, best_threshold);
SAME(egm_ranking, 0_3, flagged);
SAME(egm_ranking, 0_3, precision);
SAME(egm_ranking, 0_3, recall);
SAME(egm_ranking, 0_3, f1);
SAME(egm_ranking, 0_3, f1_of_chance);
SAME(egm_ranking, 0_3, f1_of_everything);
GROWN(egm_ranking, 0_3);

SAME(egm_mixture_options, 0_3, struct_size);
SAME(egm_mixture_options, 0_3, components);
SAME(egm_mixture_options, 0_3, covariance);
SAME(egm_mixture_options, 0_3, fixed);
SAME(egm_mixture_options, 0_3, covariance_floor);
SAME(egm_mixture_options, 0_3, seed);
SAME(egm_mixture_options, 0_3, starts);
SAME(egm_mixture_options, 0_3, max_iterations);
SAME(egm_mixture_options, 0_3, tolerance);
GROWN(egm_mixture_options, 0_3);

SAME(egm_mixture_result, 0_3, struct_size);
SAME(egm_mixture_result, 0_3, log_likelihood);
SAME(egm_mixture_result, 0_3, covariance_floor);
SAME(egm_mixture_result, 0_3, iterations);
SAME(egm_mixture_result, 0_3, start);
SAME(egm_mixture_result, 0_3, dead);
SAME(egm_mixture_result, 0_3, converged);
SAME(egm_mixture_result, 0_3, reserved);
GROWN(egm_mixture_result, 0_3);

_Static_assert(EGM_GAN_NON_SATURATING == 1, "EGM_GAN_NON_SATURATING has a new value");
_Static_assert(EGM_GAN_MINIMAX == 2, "EGM_GAN_MINIMAX has a new value");
_Static_assert(EGM_GAN_LEAST_SQUARES == 3, "EGM_GAN_LEAST_SQUARES has a new value");
_Static_assert(EGM_GAN_HINGE == 4, "EGM_GAN_HINGE has a new value");
_Static_assert(EGM_GAN_RELATIVISTIC == 5, "EGM_GAN_RELATIVISTIC has a new value");
_Static_assert(EGM_GAN_RELATIVISTIC_AVERAGE == 6, "EGM_GAN_RELATIVISTIC_AVERAGE has a new value");
_Static_assert(EGM_PENALTY_TWO_SIDED == 1, "EGM_PENALTY_TWO_SIDED has a new value");
_Static_assert(EGM_PENALTY_ONE_SIDED == 2, "EGM_PENALTY_ONE_SIDED has a new value");
_Static_assert(EGM_PENALTY_LINEAR == 3, "EGM_PENALTY_LINEAR has a new value");
_Static_assert(EGM_PENALTY_ZERO_CENTRED == 4, "EGM_PENALTY_ZERO_CENTRED has a new value");
_Static_assert(EGM_PENALTY_FINITE_TWO_SIDED == 5, "EGM_PENALTY_FINITE_TWO_SIDED has a new value");
_Static_assert(EGM_PENALTY_FINITE_LINEAR == 6, "EGM_PENALTY_FINITE_LINEAR has a new value");
_Static_assert(EGM_AT_INTERPOLATES == 1, "EGM_AT_INTERPOLATES has a new value");
_Static_assert(EGM_AT_REAL == 2, "EGM_AT_REAL has a new value");
_Static_assert(EGM_AT_FAKE == 3, "EGM_AT_FAKE has a new value");
_Static_assert(EGM_AT_BOTH == 4, "EGM_AT_BOTH has a new value");
_Static_assert(EGM_DECODER_GAUSSIAN == 1, "EGM_DECODER_GAUSSIAN has a new value");
_Static_assert(EGM_DECODER_GAUSSIAN_LEARNED == 2, "EGM_DECODER_GAUSSIAN_LEARNED has a new value");
_Static_assert(EGM_DECODER_BERNOULLI == 3, "EGM_DECODER_BERNOULLI has a new value");
_Static_assert(EGM_ALI_DERIVED == 1, "EGM_ALI_DERIVED has a new value");
_Static_assert(EGM_ALI_MINIMAX == 2, "EGM_ALI_MINIMAX has a new value");
_Static_assert(EGM_ALI_SWAPPED == 3, "EGM_ALI_SWAPPED has a new value");
_Static_assert(EGM_CODER_POINT == 1, "EGM_CODER_POINT has a new value");
_Static_assert(EGM_CODER_GAUSSIAN == 2, "EGM_CODER_GAUSSIAN has a new value");
_Static_assert(EGM_MARGIN_L1 == 1, "EGM_MARGIN_L1 has a new value");
_Static_assert(EGM_MARGIN_L2 == 2, "EGM_MARGIN_L2 has a new value");
_Static_assert(EGM_DIVERGENCE_KL == 1, "EGM_DIVERGENCE_KL has a new value");
_Static_assert(EGM_DIVERGENCE_REVERSE_KL == 2, "EGM_DIVERGENCE_REVERSE_KL has a new value");
_Static_assert(EGM_DIVERGENCE_JEFFREYS == 3, "EGM_DIVERGENCE_JEFFREYS has a new value");
_Static_assert(EGM_DIVERGENCE_JS == 4, "EGM_DIVERGENCE_JS has a new value");
_Static_assert(EGM_SPACING_LINEAR == 1, "EGM_SPACING_LINEAR has a new value");
_Static_assert(EGM_SPACING_GEOMETRIC == 2, "EGM_SPACING_GEOMETRIC has a new value");
_Static_assert(EGM_SCORE_EXPLICIT == 1, "EGM_SCORE_EXPLICIT has a new value");
_Static_assert(EGM_SCORE_SLICED == 2, "EGM_SCORE_SLICED has a new value");
_Static_assert(EGM_NEGATIVES_CD == 1, "EGM_NEGATIVES_CD has a new value");
_Static_assert(EGM_NEGATIVES_PCD == 2, "EGM_NEGATIVES_PCD has a new value");
_Static_assert(EGM_NEGATIVES_SHORT_RUN == 3, "EGM_NEGATIVES_SHORT_RUN has a new value");
_Static_assert(EGM_ESTIMATOR_UNBIASED == 1, "EGM_ESTIMATOR_UNBIASED has a new value");
_Static_assert(EGM_ESTIMATOR_BIASED == 2, "EGM_ESTIMATOR_BIASED has a new value");
_Static_assert(EGM_COVARIANCE_FULL == 1, "EGM_COVARIANCE_FULL has a new value");
_Static_assert(EGM_COVARIANCE_DIAGONAL == 2, "EGM_COVARIANCE_DIAGONAL has a new value");
_Static_assert(EGM_COVARIANCE_SPHERICAL == 3, "EGM_COVARIANCE_SPHERICAL has a new value");
_Static_assert(EGM_MIXTURE_FIX_WEIGHTS == 1, "EGM_MIXTURE_FIX_WEIGHTS has a new value");
_Static_assert(EGM_MIXTURE_FIX_MEANS == 2, "EGM_MIXTURE_FIX_MEANS has a new value");
_Static_assert(EGM_MIXTURE_FIX_COVARIANCES == 4, "EGM_MIXTURE_FIX_COVARIANCES has a new value");
