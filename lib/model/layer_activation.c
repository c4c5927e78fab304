/* SPDX-License-Identifier: MIT */
/* The layers without parameters of their own: one function at every element. */
#include <math.h>
#include <model/layer_impl.h>

static egm__id apply_relu(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__relu(graph, x);
}

static egm__id apply_leaky_relu(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__leaky(graph, x, layer->parameters[0]);
}

static egm__id apply_elu(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__elu(graph, x, layer->parameters[0]);
}

static egm__id apply_softplus(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__softplus(graph, x);
}

static egm__id apply_silu(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__silu(graph, x);
}

static egm__id apply_tanh(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__tanh(graph, x);
}

static egm__id apply_sigmoid(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__sigmoid(graph, x);
}

static egm__id apply_gelu(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__gelu(graph, x);
}

const egm__layer_kind egm__kind_relu = {.name = "relu", .apply = apply_relu};
const egm__layer_kind egm__kind_leaky_relu = {
    .name = "leaky_relu", .parameters = {{"slope", .low = 0, .high = 1}}, .apply = apply_leaky_relu};
const egm__layer_kind egm__kind_elu = {
    .name = "elu", .parameters = {{"alpha", .low = 0, .high = INFINITY, .low_open = 1}}, .apply = apply_elu};
const egm__layer_kind egm__kind_softplus = {.name = "softplus", .apply = apply_softplus};
const egm__layer_kind egm__kind_silu = {.name = "silu", .apply = apply_silu};
const egm__layer_kind egm__kind_tanh = {.name = "tanh", .apply = apply_tanh};
const egm__layer_kind egm__kind_sigmoid = {.name = "sigmoid", .apply = apply_sigmoid};
const egm__layer_kind egm__kind_gelu = {.name = "gelu", .apply = apply_gelu};

egm_status egm_model_relu(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "relu", NULL));
}

egm_status egm_model_leaky_relu(egm_model *model, double slope)
{
	return egm__named(__func__, egm__model_add(model, "leaky_relu", EGM__NUMBERS(slope)));
}

egm_status egm_model_elu(egm_model *model, double alpha)
{
	return egm__named(__func__, egm__model_add(model, "elu", EGM__NUMBERS(alpha)));
}

egm_status egm_model_softplus(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "softplus", NULL));
}

egm_status egm_model_silu(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "silu", NULL));
}

egm_status egm_model_tanh(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "tanh", NULL));
}

egm_status egm_model_sigmoid(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "sigmoid", NULL));
}

egm_status egm_model_gelu(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "gelu", NULL));
}
