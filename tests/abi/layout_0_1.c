/* SPDX-License-Identifier: MIT */
/* Compiles only while the structs and enumerators of release 0.1 are where they were: members may be appended, none
 * moves, changes its size or goes. */
#include "release_0_1.h"
#include <egm.h>

#define SAME(type, member)                                                               \
	_Static_assert(offsetof(type, member) == offsetof(type##_0_1, member) &&             \
	                   sizeof(((type *)0)->member) == sizeof(((type##_0_1 *)0)->member), \
	               #type "." #member " moved or changed its size since 0.1")
#define GROWN(type) _Static_assert(sizeof(type) >= sizeof(type##_0_1), #type " is shorter than in 0.1")

SAME(egm_context_options, struct_size);
SAME(egm_context_options, alloc);
SAME(egm_context_options, dealloc);
SAME(egm_context_options, alloc_user);
SAME(egm_context_options, log);
SAME(egm_context_options, log_user);
SAME(egm_context_options, parallel);
SAME(egm_context_options, parallel_user);
SAME(egm_context_options, threads);
SAME(egm_context_options, blas_threads);
SAME(egm_context_options, simd);
SAME(egm_context_options, reserved);
GROWN(egm_context_options);

SAME(egm_data_options, struct_size);
SAME(egm_data_options, dtype);
SAME(egm_data_options, skip_lines);
SAME(egm_data_options, scale);
SAME(egm_data_options, offset);
SAME(egm_data_options, max_bytes);
SAME(egm_data_options, max_rows);
SAME(egm_data_options, delimiter);
SAME(egm_data_options, reserved);
GROWN(egm_data_options);

SAME(egm_load_options, struct_size);
SAME(egm_load_options, max_header_bytes);
SAME(egm_load_options, max_data_bytes);
GROWN(egm_load_options);

SAME(egm_energy_gan_options, struct_size);
SAME(egm_energy_gan_options, entropy);
SAME(egm_energy_gan_options, marginal);
SAME(egm_energy_gan_options, energy_steps);
SAME(egm_energy_gan_options, reserved);
SAME(egm_energy_gan_options, penalty);
SAME(egm_energy_gan_options, entropy_weight);
SAME(egm_energy_gan_options, noise);
SAME(egm_energy_gan_options, dv_decay);
GROWN(egm_energy_gan_options);

SAME(egm_dsm_options, struct_size);
SAME(egm_dsm_options, sigma);
GROWN(egm_dsm_options);

SAME(egm_trainer_options, struct_size);
SAME(egm_trainer_options, seed);
SAME(egm_trainer_options, batch);
SAME(egm_trainer_options, optimizer);
SAME(egm_trainer_options, schedule);
SAME(egm_trainer_options, schedule_steps);
SAME(egm_trainer_options, warmup_steps);
SAME(egm_trainer_options, final_fraction);
SAME(egm_trainer_options, learning_rate);
SAME(egm_trainer_options, beta1);
SAME(egm_trainer_options, beta2);
SAME(egm_trainer_options, epsilon);
SAME(egm_trainer_options, momentum);
SAME(egm_trainer_options, clip_norm);
SAME(egm_trainer_options, average_decay);
GROWN(egm_trainer_options);

SAME(egm_progress, struct_size);
SAME(egm_progress, step);
SAME(egm_progress, done);
SAME(egm_progress, total);
SAME(egm_progress, term_count);
SAME(egm_progress, reserved);
SAME(egm_progress, term_names);
SAME(egm_progress, terms);
SAME(egm_progress, learning_rate);
GROWN(egm_progress);

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
