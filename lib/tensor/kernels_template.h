/* SPDX-License-Identifier: MIT */
/* All kernels of one code path, written once with GNU vector types of VECTOR_BYTES and included by kernels_portable.c,
 * kernels_avx2.c, kernels_avx512.c and kernels_neon.c. Explicit vectors, rather than loops that a compiler may
 * vectorise, have two advantages: gcc and clang give the same speed and the same bits, and the tail of an array runs
 * through the same vector code as its body, with the unused lanes filled. The result for an element therefore never
 * depends on its position.
 *
 * T is the element type, V a vector of LANES elements, B the integer vector that a comparison of two V gives, W its
 * unsigned form. FN(name) is the name with the suffix of T. */
#include <core/size_impl.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include <tensor/kernel_paths_impl.h>

#include "template_lanes.h"

#include "template_constants.h"
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

#define T float
#define V vf
#define B vf_bits
#define W vf_words
#define LANES F32_LANES
#define FN(name) name##_f32
#define SHIFTER (0x1.8p23 + 127 + 40)
#define LOWERED_SHIFTER (0x1.8p23 + 127 - 40)
#define TWO_TO_RAISED 0x1p40
#define FRACTION_BITS 23
#define LOG2_HIGH 0.693359375
#define LOG2_LOW -2.12194440e-4
#define LEAST_EXPONENT -115
#define MOST_EXPONENT 89
#define LEAST_NORMAL FLT_MIN
#define LEAST_DEVIATIONS -15
#define SCALE SCALE_F32
#define EXP_TAIL exp_tail_f32, COUNT(exp_tail_f32)
#define LOG_TAIL log_tail_f32, COUNT(log_tail_f32)
#define NORMAL_P normal_p_f32, COUNT(normal_p_f32)
#define NORMAL_N normal_n_f32, COUNT(normal_n_f32)
#define TANH_TAIL tanh_tail_f32, COUNT(tanh_tail_f32)
#define ERF_TAIL erf_tail_f32, COUNT(erf_tail_f32)
#include "template_functions.h"
#if !EGM_HAVE_MVEC
#include "template_math.h"
#endif

#include "template_tile.h"

#include "template_reduce.h"

#include "template_optimizer.h"

#include "template_random.h"

#include "template_sampler.h"

#include "template_pack.h"

#include "template_product.h"
#undef T
#undef V
#undef B
#undef W
#undef LANES
#undef FN
#undef SHIFTER
#undef LOWERED_SHIFTER
#undef TWO_TO_RAISED
#undef FRACTION_BITS
#undef LOG2_HIGH
#undef LOG2_LOW
#undef LEAST_EXPONENT
#undef MOST_EXPONENT
#undef LEAST_NORMAL
#undef LEAST_DEVIATIONS
#undef SCALE
#undef EXP_TAIL
#undef LOG_TAIL
#undef NORMAL_P
#undef NORMAL_N
#undef TANH_TAIL
#undef ERF_TAIL

#define T double
#define V vd
#define B vd_bits
#define W vq
#define LANES F64_LANES
#define FN(name) name##_f64
#define SHIFTER (0x1.8p52 + 1023 + 100)
#define LOWERED_SHIFTER (0x1.8p52 + 1023 - 100)
#define TWO_TO_RAISED 0x1p100
#define FRACTION_BITS 52
#define LOG2_HIGH 6.93147180369123816490e-01
#define LOG2_LOW 1.90821492927058770002e-10
#define LEAST_EXPONENT -777
#define MOST_EXPONENT 710
#define LEAST_NORMAL DBL_MIN
#define LEAST_DEVIATIONS -39.4
#define SCALE SCALE_F64
#define EXP_TAIL exp_tail_f64, COUNT(exp_tail_f64)
#define LOG_TAIL log_tail_f64, COUNT(log_tail_f64)
#define NORMAL_P normal_p_f64, COUNT(normal_p_f64)
#define NORMAL_N normal_n_f64, COUNT(normal_n_f64)
#define TANH_TAIL tanh_tail_f64, COUNT(tanh_tail_f64)
#define ERF_TAIL erf_tail_f64, COUNT(erf_tail_f64)
#include "template_functions.h"
#if !EGM_HAVE_MVEC
#include "template_math.h"
#endif

#include "template_tile.h"

#include "template_reduce.h"

#include "template_optimizer.h"

#include "template_random.h"

#include "template_sampler.h"

#include "template_pack.h"

#include "template_product.h"

#define TILE_f32(name, text) [EGM__TILE_##name] = tile_##name##_f32,
#define TILE_f64(name, text) [EGM__TILE_##name] = tile_##name##_f64,
#define TABLE(suffix, width)                                                                                      \
	{                                                                                                             \
		.name = PATH_NAME, .tile = {EGM__TILES(TILE_##suffix)}, .sum = sum_##suffix,                              \
		.sum_squares = sum_squares_##suffix, .dot = dot_##suffix, .max = max_##suffix,                            \
		.accumulate = accumulate_##suffix, .all_finite = all_finite_##suffix, .adam = adam_##suffix,              \
		.rmsprop = rmsprop_##suffix, .sgd = sgd_##suffix, .average = average_##suffix, .normal = normal_##suffix, \
		.uniform = uniform_##suffix, .leapfrog = leapfrog_##suffix, .langevin = langevin_##suffix,                \
		.packed_count = packed_count_##suffix, .pack = pack_##suffix, .multiply = multiply_##suffix,              \
		.product_room = product_room_##suffix, .product = product_##suffix, .lanes = width, .depth = DEPTH        \
	}

const egm__kernels PATH_TABLE[2] = {TABLE(f32, F32_LANES), TABLE(f64, F64_LANES)};
