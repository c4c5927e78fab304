/* SPDX-License-Identifier: MIT */
/* The layer kinds and what their files share. A new kind is a file that defines a row and its name in layer_table.c. */
#ifndef EGM_MODEL_LAYER_IMPL_H
#define EGM_MODEL_LAYER_IMPL_H

#include <model/model_impl.h>

extern const egm__layer_kind egm__kind_dense, egm__kind_relu, egm__kind_leaky_relu, egm__kind_elu, egm__kind_softplus,
    egm__kind_silu, egm__kind_tanh, egm__kind_sigmoid, egm__kind_gelu, egm__kind_layer_norm, egm__kind_spectral_dense;

/* Elements of a tensor of a layer; 1 when it would take more bytes than a size can say. */
int egm__layer_tensor_count(const egm__layer *layer, int32_t which, int64_t *count);

/* The weight and bias of a dense layer, tensors 0 and 1 of every kind that is one. */
enum { EGM__DENSE_WEIGHT, EGM__DENSE_BIAS };
void egm__dense_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank);
void egm__dense_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                           const egm__rng *rng, void *values, int64_t count);

/* Draws a weight matrix by a law, EGM_INIT_*. */
void egm__initialize_weight(int32_t initializer, int64_t fan_in, int64_t fan_out, egm_context *context, egm_dtype dtype,
                            const egm__rng *rng, void *values, int64_t count);
/* The bias that goes with it. */
void egm__initialize_bias(int32_t initializer, int64_t fan_in, egm_context *context, egm_dtype dtype,
                          const egm__rng *rng, void *values, int64_t count);
void egm__initialize_constant(double value, egm_context *context, egm_dtype dtype, void *values, int64_t count);

#endif
