/* SPDX-License-Identifier: MIT */
/* y = x (W / s)^T + b, s the largest singular value of W [outputs, inputs]: spectral.c. */
#include <model/layer_impl.h>

static void tensor_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	(which <= EGM__DENSE_BIAS ? egm__dense_shape : egm__spectral_shape)(layer, which, shape, rank);
}

static void initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                       const egm__rng *rng, void *values, int64_t count)
{
	(which <= EGM__DENSE_BIAS ? egm__dense_initialize : egm__spectral_initialize)(layer, which, context, dtype, rng,
	                                                                              values, count);
}

static egm__id apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	x = egm__layer_rows(graph, layer, x);
	return egm__spectral_apply(graph, egm__matmul(graph, x, tensors[EGM__DENSE_WEIGHT], 0, 1), tensors);
}

const egm__layer_kind egm__kind_spectral_dense = {.name = "spectral_dense",
                                                  .parameters = {EGM__UNITS},
                                                  .drawn = 1,
                                                  .n_tensors = 4,
                                                  .n_buffers = 2,
                                                  .tensor_names = {"weight", "bias", "u", "v"},
                                                  .fit = egm__dense_fit,
                                                  .tensor_shape = tensor_shape,
                                                  .initialize = initialize,
                                                  .apply = apply,
                                                  .refresh = egm__spectral_refresh};

egm_status egm_model_spectral_dense(egm_model *model, int64_t units)
{
	return egm__named(__func__, egm__model_add(model, "spectral_dense", EGM__NUMBERS((double)units)));
}
