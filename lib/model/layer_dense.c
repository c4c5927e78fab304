/* SPDX-License-Identifier: MIT */
/* dense: y = x W^T + b with W [outputs, inputs] and b [outputs], as in PyTorch's nn.Linear. spectral_dense divides W by
 * its largest singular value, see spectral.c. An input image is read as a plain row. */
#include <model/layer_impl.h>

static int fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	layer->outputs = (int64_t)layer->parameters[0];
	layer->out = (egm__geometry){0};
	return 0;
}

static void shape_of(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	*rank = which == EGM__WEIGHT ? 2 : 1;
	shape[0] = layer->outputs;
	if (which == EGM__WEIGHT) shape[1] = layer->inputs;
}

static void initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                       const egm__rng *rng, void *values, int64_t count)
{
	if (which == EGM__WEIGHT)
		egm__initialize_weight(layer->initializer, layer->inputs, layer->outputs, context, dtype, rng, values, count);
	else
		egm__initialize_bias(layer->initializer, layer->inputs, context, dtype, rng, values, count);
}

static egm__id apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__linear(graph, egm__layer_rows(graph, layer, x), tensors[EGM__WEIGHT], tensors[EGM__BIAS]);
}

const egm__layer_kind egm__kind_dense = {.name = "dense",
                                         .parameters = {EGM__UNITS},
                                         .drawn = 1,
                                         .n_tensors = 2,
                                         .tensor_names = {"weight", "bias"},
                                         .fit = fit,
                                         .tensor_shape = shape_of,
                                         .initialize = initialize,
                                         .apply = apply};

/* ---- spectral_dense */

static void spectral_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	(which <= EGM__BIAS ? shape_of : egm__spectral_shape)(layer, which, shape, rank);
}

static void spectral_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                                const egm__rng *rng, void *values, int64_t count)
{
	(which <= EGM__BIAS ? initialize : egm__spectral_initialize)(layer, which, context, dtype, rng, values, count);
}

static egm__id spectral_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	x = egm__layer_rows(graph, layer, x);
	return egm__spectral_apply(graph, egm__matmul(graph, x, tensors[EGM__WEIGHT], 0, 1), tensors);
}

const egm__layer_kind egm__kind_spectral_dense = {.name = "spectral_dense",
                                                  .parameters = {EGM__UNITS},
                                                  .drawn = 1,
                                                  .n_tensors = 4,
                                                  .n_buffers = 2,
                                                  .tensor_names = {"weight", "bias", "u", "v"},
                                                  .fit = fit,
                                                  .tensor_shape = spectral_shape,
                                                  .initialize = spectral_initialize,
                                                  .apply = spectral_apply,
                                                  .refresh = egm__spectral_refresh};
