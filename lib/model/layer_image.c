/* SPDX-License-Identifier: MIT */
/* image and flatten: from here on, rows are images of a given shape, or plain rows. The numbers stay where they are. */
#include <model/layer_impl.h>
#include <stdio.h>

static int image_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	const double *p = layer->parameters;
	egm__geometry out = {(int64_t)p[0], (int64_t)p[1], (int64_t)p[2]};
	if (egm__layer_becomes(layer, out, reason)) return 1;
	if (layer->outputs == layer->inputs) return 0;
	snprintf(reason, EGM__LAYER_REASON,
	         "height %lld x width %lld x channels %lld is %lld, must be %lld, the numbers of a row",
	         (long long)out.height, (long long)out.width, (long long)out.channels, (long long)layer->outputs,
	         (long long)layer->inputs);
	return 1;
}

static int flatten_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	layer->out = (egm__geometry){0};
	return 0;
}

static egm__id as_it_is(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return x;
}

const egm__layer_kind egm__kind_image = {
    .name = "image",
    .parameters = {EGM__SIZE("height", INT32_MAX), EGM__SIZE("width", INT32_MAX), EGM__SIZE("channels", INT32_MAX)},
    .fit = image_fit,
    .apply = as_it_is};
const egm__layer_kind egm__kind_flatten = {.name = "flatten", .fit = flatten_fit, .apply = as_it_is};
