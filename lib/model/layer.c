/* SPDX-License-Identifier: MIT */
/* What layers share: how they read x, what an image becomes, how many numbers their tensors have. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <stdio.h>

/* ---- reading x */

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

/* A batch of rows of INT32_MAX numbers is beyond any memory, and sizes made of fewer numbers cannot overflow. */
int egm__layer_becomes(egm__layer *layer, egm__geometry out, char reason[EGM__LAYER_REASON])
{
	int64_t pixels, count;
	if (egm__size_mul(out.height, out.width, &pixels) || egm__size_mul(pixels, out.channels, &count) ||
	    count > INT32_MAX) {
		snprintf(reason, EGM__LAYER_REASON, "an image of %lldx%lldx%lld numbers is too large, must have at most %d",
		         (long long)out.height, (long long)out.width, (long long)out.channels, INT32_MAX);
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
	         "its input is a row of %lld numbers, must be an image: call egm_model_image before it",
	         (long long)layer->inputs);
	return 1;
}

/* ---- counts */

int32_t egm__layer_parameter_count(const egm__layer_kind *kind)
{
	int32_t n = 0;
	while (n < EGM__LAYER_PARAMETERS && kind->parameters[n].name) n++;
	return n;
}

int egm__layer_tensor_count(const egm__layer *layer, int32_t which, int64_t *count)
{
	int64_t shape[4] = {1, 1, 1, 1}, bytes;
	int32_t rank = 0;
	layer->kind->tensor_shape(layer, which, shape, &rank);
	*count = 1;
	for (int32_t i = 0; i < rank; i++)
		if (egm__size_mul(*count, shape[i], count)) return 1;
	return egm__size_mul(*count, sizeof(double), &bytes);
}
