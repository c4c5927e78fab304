/* SPDX-License-Identifier: MIT */
/* average_pool, the mean of squares of pixels, and upsample, which repeats pixels: images scaled by whole factors. */
#include <model/layer_impl.h>
#include <stdio.h>

/* ---- average_pool */

static int pool_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	int64_t size = (int64_t)layer->parameters[0];
	egm__geometry out = layer->in;
	if (egm__layer_wants_image(layer, reason)) return 1;
	out.height /= size;
	out.width /= size;
	if (out.height && out.width) return egm__layer_becomes(layer, out, reason);
	snprintf(reason, EGM__LAYER_REASON, "size is %lld, must be at most the image of %lldx%lld", (long long)size,
	         (long long)layer->in.height, (long long)layer->in.width);
	return 1;
}

static egm__id pool_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	int64_t size = (int64_t)layer->parameters[0];
	x = egm__layer_image(graph, layer, x);
	x = egm__slice(graph, x, 1, 0, layer->out.height * size);
	x = egm__slice(graph, x, 2, 0, layer->out.width * size);
	return egm__average_pool(graph, x, size);
}

/* ---- upsample */

static int upsample_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	int64_t factor = (int64_t)layer->parameters[0];
	egm__geometry out = {layer->in.height * factor, layer->in.width * factor, layer->in.channels};
	return egm__layer_wants_image(layer, reason) || egm__layer_becomes(layer, out, reason);
}

static egm__id upsample_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__upsample(graph, egm__layer_image(graph, layer, x), (int64_t)layer->parameters[0]);
}

const egm__layer_kind egm__kind_average_pool = {
    .name = "average_pool", .parameters = {EGM__SIZE("size", EGM__MOST_PIXELS)}, .fit = pool_fit, .apply = pool_apply};
const egm__layer_kind egm__kind_upsample = {.name = "upsample",
                                            .parameters = {EGM__SIZE("factor", EGM__MOST_PIXELS)},
                                            .fit = upsample_fit,
                                            .apply = upsample_apply};
