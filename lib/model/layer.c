/* SPDX-License-Identifier: MIT */
/* How layers read the numbers of a net: as rows, as images, as pixels. And the two layers that say nothing else. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <stdio.h>

/* ---- shapes */

static int64_t rows_of(const egm__graph *graph, const egm__layer *layer, egm__id x)
{
	return x == EGM__NONE ? 1 : egm__shape_count(egm__graph_shape(graph, x)) / layer->inputs;
}

egm__id egm__layer_rows(egm__graph *graph, const egm__layer *layer, egm__id x)
{
	return egm__reshape(graph, x, egm__shape2(rows_of(graph, layer, x), layer->inputs));
}

egm__id egm__layer_image(egm__graph *graph, const egm__layer *layer, egm__id x)
{
	const egm__geometry *i = &layer->in;
	egm__shape shape = {4, {rows_of(graph, layer, x), i->height, i->width, i->channels}};
	return egm__reshape(graph, x, shape);
}

egm__id egm__layer_pixels(egm__graph *graph, const egm__layer *layer, egm__id x)
{
	int64_t channels = egm__layer_channels(layer), pixels = layer->inputs / channels;
	return egm__reshape(graph, x, egm__shape2(rows_of(graph, layer, x) * pixels, channels));
}

int64_t egm__layer_channels(const egm__layer *layer)
{
	return layer->in.channels ? layer->in.channels : layer->inputs;
}

/* ---- fitting */

/* INT32_MAX numbers of one row are far beyond what a batch of them takes, and every size made of fewer fits. */
int egm__layer_becomes(egm__layer *layer, egm__geometry out, char reason[EGM__LAYER_REASON])
{
	int64_t pixels, count;
	if (egm__size_mul(out.height, out.width, &pixels) || egm__size_mul(pixels, out.channels, &count) ||
	    count > INT32_MAX) {
		snprintf(reason, EGM__LAYER_REASON,
		         "an image of %lldx%lldx%lld has more than the %d numbers that a layer may have", (long long)out.height,
		         (long long)out.width, (long long)out.channels, INT32_MAX);
		return 1;
	}
	layer->out = out;
	layer->outputs = count;
	return 0;
}

int egm__layer_wants_image(const egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	if (layer->in.channels) return 0;
	snprintf(reason, EGM__LAYER_REASON,
	         "its input is a row of %lld numbers and no image: egm_model_image says how to read it",
	         (long long)layer->inputs);
	return 1;
}

static int image_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	const double *p = layer->parameters;
	egm__geometry out = {(int64_t)p[0], (int64_t)p[1], (int64_t)p[2]};
	if (egm__layer_becomes(layer, out, reason)) return 1;
	if (layer->outputs == layer->inputs) return 0;
	snprintf(reason, EGM__LAYER_REASON,
	         "height %lld x width %lld x channels %lld is %lld, must be the %lld numbers of a row",
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

egm_status egm_model_image(egm_model *model, int64_t height, int64_t width, int64_t channels)
{
	return egm__named(__func__,
	                  egm__model_add(model, "image", EGM__NUMBERS((double)height, (double)width, (double)channels)));
}

egm_status egm_model_flatten(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "flatten", NULL));
}
