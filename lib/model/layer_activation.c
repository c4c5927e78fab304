/* SPDX-License-Identifier: MIT */
/* Activations: one function of each element, without tensors. */
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
