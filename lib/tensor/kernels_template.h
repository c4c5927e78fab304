/* SPDX-License-Identifier: MIT */
/* All kernels of one code path, written once over GNU vector types of VECTOR_BYTES and included by kernels_portable.c,
 * kernels_avx2.c and kernels_avx512.c. Explicit vectors rather than loops left to the vectoriser: gcc and clang give
 * the same speed and the same bits, and a tail runs through the same vector code as the body, its unused lanes filled,
 * so that what an element becomes never depends on where in the array it stands.
 *
 * T is the element type, V a vector of LANES elements, B the integer vector that comparing two V gives. */
#include <core/size_impl.h>
#include <math.h>
#include <string.h>
#include <tensor/kernel_paths_impl.h>

#include "template_lanes.h"

#define T float
#define V vf
#define B vf_bits
#define LANES F32_LANES
#define FN(name) name##_f32
#include "template_tile.h"

#include "template_reduce.h"

#include "template_optimizer.h"

#include "template_random.h"

#include "template_leapfrog.h"

#include "template_pack.h"

#include "template_product.h"
#undef T
#undef V
#undef B
#undef LANES
#undef FN

#define T double
#define V vd
#define B vd_bits
#define LANES F64_LANES
#define FN(name) name##_f64
#include "template_tile.h"

#include "template_reduce.h"

#include "template_optimizer.h"

#include "template_random.h"

#include "template_leapfrog.h"

#include "template_pack.h"

#include "template_product.h"

#define TABLE(suffix, width)                                                                                      \
	{                                                                                                             \
		.name = PATH_NAME,                                                                                        \
		.tile = {[EGM__TILE_FILL] = fill_##suffix,         [EGM__TILE_SPLAT] = splat_##suffix,                    \
		         [EGM__TILE_AFFINE] = affine_##suffix,     [EGM__TILE_LIN_VV] = lin_vv_##suffix,                  \
		         [EGM__TILE_LIN_VS] = lin_vs_##suffix,     [EGM__TILE_MUL_VV] = mul_vv_##suffix,                  \
		         [EGM__TILE_MUL_VS] = mul_vs_##suffix,     [EGM__TILE_LEAKY] = leaky_##suffix,                    \
		         [EGM__TILE_STEP] = step_##suffix,         [EGM__TILE_EXP] = exponential_##suffix,                \
		         [EGM__TILE_LOG] = logarithm_##suffix,     [EGM__TILE_SQRT] = root_##suffix,                      \
		         [EGM__TILE_RECIP] = recip_##suffix,       [EGM__TILE_TANH] = tangent_##suffix,                   \
		         [EGM__TILE_SIGMOID] = sigmoid_##suffix,   [EGM__TILE_SOFTPLUS] = softplus_##suffix,              \
		         [EGM__TILE_ERF] = error_function_##suffix},                                                      \
		.sum = sum_##suffix, .sum_squares = sum_squares_##suffix, .dot = dot_##suffix, .max = max_##suffix,       \
		.accumulate = accumulate_##suffix, .all_finite = all_finite_##suffix, .adam = adam_##suffix,              \
		.rmsprop = rmsprop_##suffix, .sgd = sgd_##suffix, .average = average_##suffix, .normal = normal_##suffix, \
		.uniform = uniform_##suffix, .leapfrog = leapfrog_##suffix, .langevin = langevin_##suffix,                \
		.packed_count = packed_count_##suffix, .pack = pack_##suffix, .multiply = multiply_##suffix,              \
		.product_room = product_room_##suffix, .product = product_##suffix, .lanes = width, .depth = DEPTH        \
	}

const egm__kernels PATH_TABLE[2] = {TABLE(f32, F32_LANES), TABLE(f64, F64_LANES)};
