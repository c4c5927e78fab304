/* SPDX-License-Identifier: MIT */
#include <autodiff/op_impl.h>

const egm__op *const egm__op_table[] = {&egm__op_leaf,      &egm__op_const,     &egm__op_noise,
                                        &egm__op_add,       &egm__op_mul,       &egm__op_affine,
                                        &egm__op_exp,       &egm__op_log,       &egm__op_sqrt,
                                        &egm__op_recip,     &egm__op_tanh,      &egm__op_sigmoid,
                                        &egm__op_softplus,  &egm__op_erf,       &egm__op_leaky,
                                        &egm__op_step,      &egm__op_stop,      &egm__op_sum,
                                        &egm__op_max,       &egm__op_broadcast, &egm__op_reshape,
                                        &egm__op_transpose, &egm__op_slice,     &egm__op_pad,
                                        &egm__op_concat,    &egm__op_matmul,    NULL};
