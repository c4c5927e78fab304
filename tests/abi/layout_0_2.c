/* SPDX-License-Identifier: MIT */
/* Compiles only while the structs and enumerators that release 0.2 added are where they were. */
#include "layout.h"
#include "release_0_2.h"
#include <egm.h>

SAME(egm_target_options, 0_2, struct_size);
SAME(egm_target_options, 0_2, beta);
SAME(egm_target_options, 0_2, prior_scale);
SAME(egm_target_options, 0_2, lower);
SAME(egm_target_options, 0_2, upper);
SAME(egm_target_options, 0_2, concurrent);
SAME(egm_target_options, 0_2, reserved);
SAME(egm_target_options, 0_2, rows);
GROWN(egm_target_options, 0_2);

SAME(egm_sampler_options, 0_2, struct_size);
SAME(egm_sampler_options, 0_2, kernel);
SAME(egm_sampler_options, 0_2, reserved);
SAME(egm_sampler_options, 0_2, chains);
SAME(egm_sampler_options, 0_2, seed);
SAME(egm_sampler_options, 0_2, step_size);
SAME(egm_sampler_options, 0_2, jitter);
SAME(egm_sampler_options, 0_2, start_scale);
SAME(egm_sampler_options, 0_2, target_accept);
SAME(egm_sampler_options, 0_2, scale);
SAME(egm_sampler_options, 0_2, leapfrog_steps);
SAME(egm_sampler_options, 0_2, max_depth);
SAME(egm_sampler_options, 0_2, divergence);
SAME(egm_sampler_options, 0_2, temperatures);
SAME(egm_sampler_options, 0_2, levels);
SAME(egm_sampler_options, 0_2, steps_per_level);
SAME(egm_sampler_options, 0_2, denoise);
SAME(egm_sampler_options, 0_2, adapt_scale);
SAME(egm_sampler_options, 0_2, reserved2);
GROWN(egm_sampler_options, 0_2);

SAME(egm_sampler_statistics, 0_2, struct_size);
SAME(egm_sampler_statistics, 0_2, transitions);
SAME(egm_sampler_statistics, 0_2, gradients);
SAME(egm_sampler_statistics, 0_2, acceptance);
SAME(egm_sampler_statistics, 0_2, divergences);
SAME(egm_sampler_statistics, 0_2, step_size);
SAME(egm_sampler_statistics, 0_2, leapfrogs);
SAME(egm_sampler_statistics, 0_2, saturated);
SAME(egm_sampler_statistics, 0_2, energy);
SAME(egm_sampler_statistics, 0_2, exchange);
SAME(egm_sampler_statistics, 0_2, frozen);
GROWN(egm_sampler_statistics, 0_2);

SAME(egm_ais_options, 0_2, struct_size);
SAME(egm_ais_options, 0_2, seed);
SAME(egm_ais_options, 0_2, particles);
SAME(egm_ais_options, 0_2, levels);
SAME(egm_ais_options, 0_2, leapfrog_steps);
SAME(egm_ais_options, 0_2, step_size);
SAME(egm_ais_options, 0_2, base_scale);
SAME(egm_ais_options, 0_2, power);
GROWN(egm_ais_options, 0_2);

SAME(egm_ais_result, 0_2, struct_size);
SAME(egm_ais_result, 0_2, log_z);
SAME(egm_ais_result, 0_2, standard_error);
SAME(egm_ais_result, 0_2, ess);
SAME(egm_ais_result, 0_2, acceptance);
SAME(egm_ais_result, 0_2, gradients);
SAME(egm_ais_result, 0_2, lost);
GROWN(egm_ais_result, 0_2);

SAME(egm_diagnosis, 0_2, struct_size);
SAME(egm_diagnosis, 0_2, mean);
SAME(egm_diagnosis, 0_2, sd);
SAME(egm_diagnosis, 0_2, mcse);
SAME(egm_diagnosis, 0_2, r_hat);
SAME(egm_diagnosis, 0_2, ess_bulk);
SAME(egm_diagnosis, 0_2, ess_tail);
SAME(egm_diagnosis, 0_2, ess_mean);
SAME(egm_diagnosis, 0_2, q05);
SAME(egm_diagnosis, 0_2, median);
SAME(egm_diagnosis, 0_2, q95);
GROWN(egm_diagnosis, 0_2);

_Static_assert(EGM_LATENT_ENERGY == 1, "EGM_LATENT_ENERGY has a new value");
_Static_assert(EGM_LATENT_POSTERIOR == 2, "EGM_LATENT_POSTERIOR has a new value");
_Static_assert(EGM_LATENT_PULLBACK == 3, "EGM_LATENT_PULLBACK has a new value");
_Static_assert(EGM_SAMPLER_ULA == 1, "EGM_SAMPLER_ULA has a new value");
_Static_assert(EGM_SAMPLER_MALA == 2, "EGM_SAMPLER_MALA has a new value");
_Static_assert(EGM_SAMPLER_HMC == 3, "EGM_SAMPLER_HMC has a new value");
_Static_assert(EGM_SAMPLER_NUTS == 4, "EGM_SAMPLER_NUTS has a new value");
_Static_assert(EGM_SAMPLER_ANNEALED_LANGEVIN == 5, "EGM_SAMPLER_ANNEALED_LANGEVIN has a new value");
_Static_assert(EGM_SAMPLER_TEMPERED == 6, "EGM_SAMPLER_TEMPERED has a new value");
