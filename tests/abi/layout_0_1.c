/* SPDX-License-Identifier: MIT */
/* Compiles only while the structs and enumerators of release 0.1 are where they were. */
#include "layout.h"
#include "release_0_1.h"
#include <egm.h>

SAME(egm_context_options, 0_1, struct_size);
SAME(egm_context_options, 0_1, alloc);
SAME(egm_context_options, 0_1, dealloc);
SAME(egm_context_options, 0_1, alloc_user);
SAME(egm_context_options, 0_1, log);
SAME(egm_context_options, 0_1, log_user);
SAME(egm_context_options, 0_1, parallel);
SAME(egm_context_options, 0_1, parallel_user);
SAME(egm_context_options, 0_1, threads);
SAME(egm_context_options, 0_1, blas_threads);
SAME(egm_context_options, 0_1, simd);
SAME(egm_context_options, 0_1, reserved);
GROWN(egm_context_options, 0_1);

SAME(egm_data_options, 0_1, struct_size);
SAME(egm_data_options, 0_1, dtype);
SAME(egm_data_options, 0_1, skip_lines);
SAME(egm_data_options, 0_1, scale);
SAME(egm_data_options, 0_1, offset);
SAME(egm_data_options, 0_1, max_bytes);
SAME(egm_data_options, 0_1, max_rows);
SAME(egm_data_options, 0_1, delimiter);
SAME(egm_data_options, 0_1, reserved);
GROWN(egm_data_options, 0_1);

SAME(egm_load_options, 0_1, struct_size);
SAME(egm_load_options, 0_1, max_header_bytes);
SAME(egm_load_options, 0_1, max_data_bytes);
GROWN(egm_load_options, 0_1);

SAME(egm_energy_gan_options, 0_1, struct_size);
SAME(egm_energy_gan_options, 0_1, entropy);
SAME(egm_energy_gan_options, 0_1, marginal);
SAME(egm_energy_gan_options, 0_1, energy_steps);
SAME(egm_energy_gan_options, 0_1, reserved);
SAME(egm_energy_gan_options, 0_1, penalty);
SAME(egm_energy_gan_options, 0_1, entropy_weight);
SAME(egm_energy_gan_options, 0_1, noise);
SAME(egm_energy_gan_options, 0_1, dv_decay);
GROWN(egm_energy_gan_options, 0_1);

SAME(egm_dsm_options, 0_1, struct_size);
SAME(egm_dsm_options, 0_1, sigma);
GROWN(egm_dsm_options, 0_1);

SAME(egm_trainer_options, 0_1, struct_size);
SAME(egm_trainer_options, 0_1, seed);
SAME(egm_trainer_options, 0_1, batch);
SAME(egm_trainer_options, 0_1, optimizer);
SAME(egm_trainer_options, 0_1, schedule);
SAME(egm_trainer_options, 0_1, schedule_steps);
SAME(egm_trainer_options, 0_1, warmup_steps);
SAME(egm_trainer_options, 0_1, final_fraction);
SAME(egm_trainer_options, 0_1, learning_rate);
SAME(egm_trainer_options, 0_1, beta1);
SAME(egm_trainer_options, 0_1, beta2);
SAME(egm_trainer_options, 0_1, epsilon);
SAME(egm_trainer_options, 0_1, momentum);
SAME(egm_trainer_options, 0_1, clip_norm);
SAME(egm_trainer_options, 0_1, average_decay);
GROWN(egm_trainer_options, 0_1);

SAME(egm_progress, 0_1, struct_size);
SAME(egm_progress, 0_1, step);
SAME(egm_progress, 0_1, done);
SAME(egm_progress, 0_1, total);
SAME(egm_progress, 0_1, term_count);
SAME(egm_progress, 0_1, reserved);
SAME(egm_progress, 0_1, term_names);
SAME(egm_progress, 0_1, terms);
SAME(egm_progress, 0_1, learning_rate);
GROWN(egm_progress, 0_1);

_Static_assert(EGM_OK == 0, "EGM_OK has a new value");
_Static_assert(EGM_ERR_ARGUMENT == -1, "EGM_ERR_ARGUMENT has a new value");
_Static_assert(EGM_ERR_STATE == -2, "EGM_ERR_STATE has a new value");
_Static_assert(EGM_ERR_SHAPE == -10, "EGM_ERR_SHAPE has a new value");
_Static_assert(EGM_ERR_DTYPE == -20, "EGM_ERR_DTYPE has a new value");
_Static_assert(EGM_ERR_MEMORY == -30, "EGM_ERR_MEMORY has a new value");
_Static_assert(EGM_ERR_NONFINITE == -40, "EGM_ERR_NONFINITE has a new value");
_Static_assert(EGM_ERR_IO == -50, "EGM_ERR_IO has a new value");
_Static_assert(EGM_ERR_FORMAT == -60, "EGM_ERR_FORMAT has a new value");
_Static_assert(EGM_ERR_UNSUPPORTED == -70, "EGM_ERR_UNSUPPORTED has a new value");
_Static_assert(EGM_ERR_STOPPED == -80, "EGM_ERR_STOPPED has a new value");
_Static_assert(EGM_F32 == 1, "EGM_F32 has a new value");
_Static_assert(EGM_F64 == 2, "EGM_F64 has a new value");
_Static_assert(EGM_SIMD_AUTO == 0, "EGM_SIMD_AUTO has a new value");
_Static_assert(EGM_SIMD_PORTABLE == 1, "EGM_SIMD_PORTABLE has a new value");
_Static_assert(EGM_SIMD_AVX2 == 2, "EGM_SIMD_AVX2 has a new value");
_Static_assert(EGM_SIMD_AVX512 == 3, "EGM_SIMD_AVX512 has a new value");
_Static_assert(EGM_LOG_WARNING == 1, "EGM_LOG_WARNING has a new value");
_Static_assert(EGM_LOG_INFO == 2, "EGM_LOG_INFO has a new value");
_Static_assert(EGM_FEATURE_GZIP == 1, "EGM_FEATURE_GZIP has a new value");
_Static_assert(EGM_FEATURE_LIBMVEC == 2, "EGM_FEATURE_LIBMVEC has a new value");
_Static_assert(EGM_INIT_FAN_IN_UNIFORM == 1, "EGM_INIT_FAN_IN_UNIFORM has a new value");
_Static_assert(EGM_INIT_GLOROT_UNIFORM == 2, "EGM_INIT_GLOROT_UNIFORM has a new value");
_Static_assert(EGM_INIT_GLOROT_NORMAL == 3, "EGM_INIT_GLOROT_NORMAL has a new value");
_Static_assert(EGM_INIT_HE_UNIFORM == 4, "EGM_INIT_HE_UNIFORM has a new value");
_Static_assert(EGM_INIT_HE_NORMAL == 5, "EGM_INIT_HE_NORMAL has a new value");
_Static_assert(EGM_INIT_LECUN_NORMAL == 6, "EGM_INIT_LECUN_NORMAL has a new value");
_Static_assert(EGM_INIT_DCGAN_NORMAL == 7, "EGM_INIT_DCGAN_NORMAL has a new value");
_Static_assert(EGM_INIT_ZEROS == 8, "EGM_INIT_ZEROS has a new value");
_Static_assert(EGM_ENTROPY_INFOGAN == 1, "EGM_ENTROPY_INFOGAN has a new value");
_Static_assert(EGM_ENTROPY_JSD == 2, "EGM_ENTROPY_JSD has a new value");
_Static_assert(EGM_ENTROPY_NWJ == 3, "EGM_ENTROPY_NWJ has a new value");
_Static_assert(EGM_ENTROPY_DV == 4, "EGM_ENTROPY_DV has a new value");
_Static_assert(EGM_MARGINAL_FRESH == 1, "EGM_MARGINAL_FRESH has a new value");
_Static_assert(EGM_MARGINAL_DERANGEMENT == 2, "EGM_MARGINAL_DERANGEMENT has a new value");
_Static_assert(EGM_OPTIMIZER_ADAM == 1, "EGM_OPTIMIZER_ADAM has a new value");
_Static_assert(EGM_OPTIMIZER_RMSPROP == 2, "EGM_OPTIMIZER_RMSPROP has a new value");
_Static_assert(EGM_OPTIMIZER_SGD == 3, "EGM_OPTIMIZER_SGD has a new value");
_Static_assert(EGM_SCHEDULE_CONSTANT == 1, "EGM_SCHEDULE_CONSTANT has a new value");
_Static_assert(EGM_SCHEDULE_LINEAR == 2, "EGM_SCHEDULE_LINEAR has a new value");
_Static_assert(EGM_SCHEDULE_COSINE == 3, "EGM_SCHEDULE_COSINE has a new value");
