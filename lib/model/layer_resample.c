/* SPDX-License-Identifier: MIT */
/* Images made smaller and larger by whole factors: the mean of squares of pixels, and each pixel repeated. Both are put
 * together from slices and concatenations of an image's lines, looked at as a matrix; each is the other's derivative up
 * to a number, and a sum of slices has the derivative that is a concatenation. */
#include <model/layer_impl.h>
#include <stdio.h>

/* Graph nodes of a layer grow with the factor. */
#define FACTOR(name) EGM__SIZE(name, 256)

/* ---- average_pool */

static int pool_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	int64_t size = (int64_t)layer->parameters[0];
	egm__image out = layer->in;
	if (egm__layer_wants_image(layer, reason)) return 1;
	out.height /= size;
	out.width /= size;
	if (out.height && out.width) return egm__layer_becomes(layer, out, reason);
	snprintf(reason, EGM__LAYER_REASON, "size %lld is larger than the image of %lldx%lld", (long long)size,
	         (long long)layer->in.height, (long long)layer->in.width);
	return 1;
}

/* x [rows, n columns] -> [rows, columns]: the sum of its n parts */
static egm__id sum_parts(egm__graph *graph, egm__id x, int64_t n, int64_t columns)
{
	egm__id sum = egm__slice(graph, x, 1, 0, columns);
	for (int64_t i = 1; i < n; i++) sum = egm__add(graph, sum, egm__slice(graph, x, 1, i * columns, columns));
	return sum;
}

static egm__id pool_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	int64_t size = (int64_t)layer->parameters[0], rest = layer->out.width * size * layer->in.channels;
	const egm__image *out = &layer->out;
	x = egm__layer_image(graph, layer, x);
	x = egm__slice(graph, egm__slice(graph, x, 1, 0, out->height * size), 2, 0, out->width * size);
	if (x == EGM__NONE) return x;
	int64_t lines = egm__graph_shape(graph, x)->d[0] * out->height;
	x = sum_parts(graph, egm__reshape(graph, x, egm__shape2(lines, size * rest)), size, rest);
	x = egm__reshape(graph, x, egm__shape2(lines * out->width, size * out->channels));
	return egm__scale(graph, sum_parts(graph, x, size, out->channels), 1 / (double)(size * size));
}

/* ---- upsample */

static int upsample_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	int64_t factor = (int64_t)layer->parameters[0];
	egm__image out = {layer->in.height * factor, layer->in.width * factor, layer->in.channels};
	return egm__layer_wants_image(layer, reason) || egm__layer_becomes(layer, out, reason);
}

/* [rows, columns] -> [rows, n columns] */
static egm__id repeat(egm__graph *graph, egm__id x, int64_t n)
{
	if (n == 1) return x;
	egm__id half = repeat(graph, x, n / 2), parts[3] = {half, half, x};
	return egm__concat(graph, n % 2 ? 3 : 2, parts, 1);
}

static egm__id upsample_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	int64_t factor = (int64_t)layer->parameters[0], line = layer->out.width * layer->out.channels;
	x = egm__layer_pixels(graph, layer, x);
	if (x == EGM__NONE) return x;
	int64_t pixels = egm__graph_shape(graph, x)->d[0];
	x = egm__reshape(graph, repeat(graph, x, factor), egm__shape2(pixels / layer->in.width, line));
	return egm__reshape(graph, repeat(graph, x, factor), egm__shape2(pixels * factor * factor, layer->out.channels));
}

const egm__layer_kind egm__kind_average_pool = {
    .name = "average_pool", .parameters = {FACTOR("size")}, .fit = pool_fit, .apply = pool_apply};
const egm__layer_kind egm__kind_upsample = {
    .name = "upsample", .parameters = {FACTOR("factor")}, .fit = upsample_fit, .apply = upsample_apply};
