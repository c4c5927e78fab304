/* SPDX-License-Identifier: MIT */
/* Batch normalisation (Ioffe and Szegedy 2015, algorithms 1 and 2), for each of the c channels of m = n h w pixels:
 *
 *     mu = x_0 + sum (x - x_0) / m,  d = x - mu,  v = sum d^2 / m,  y = d / sqrt(v + epsilon) * weight + bias,
 *     running_mean <- (1 - momentum) running_mean + momentum mu,  running_var the same with v m / (m - 1).
 *
 * x_0 is the first pixel; layer_layer_norm.c says why the mean is one of differences. Weight and 1/sqrt are multiplied
 * first, as c numbers, which saves a pass over the pixels. If rows are independent, mu and v are the running statistics
 * and y is linear in x. Names, momentum and the unbiased running variance are those of PyTorch. */
#include <math.h>
#include <model/layer_impl.h>

enum { WEIGHT, BIAS, MEAN, VARIANCE };
enum { EPSILON, MOMENTUM };

static void tensor_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	*rank = 1;
	shape[0] = egm__layer_channels(layer);
}

static void initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                       const egm__rng *rng, void *values, int64_t count)
{
	egm__initialize_constant(which == WEIGHT || which == VARIANCE ? 1 : 0, context, dtype, values, count);
}

/* centred [m, c], variance [1, c] */
static egm__id standardise(egm__graph *graph, const egm__layer *layer, egm__id centred, egm__id variance,
                           const egm__id *tensors)
{
	egm__id root = egm__sqrt(graph, egm__affine(graph, variance, 1, layer->parameters[EPSILON]));
	egm__id factor = egm__mul(graph, egm__recip(graph, root), tensors[WEIGHT]);
	return egm__add(graph, egm__mul(graph, centred, factor), tensors[BIAS]);
}

static egm__id apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	egm__id centred = egm__sub(graph, egm__layer_pixels(graph, layer, x), tensors[MEAN]);
	return standardise(graph, layer, centred, tensors[VARIANCE], tensors);
}

static egm__id running_mean_of(egm__graph *graph, const egm__layer *layer, egm__id running, egm__id now, double factor)
{
	double momentum = layer->parameters[MOMENTUM];
	egm__id of_batch = egm__scale(graph, now, momentum * factor);
	return egm__add(graph, egm__scale(graph, running, 1 - momentum), of_batch);
}

static egm__id apply_batch(egm__graph *graph, const egm__layer *layer, egm__id x, egm__id *tensors)
{
	x = egm__layer_pixels(graph, layer, x);
	if (x == EGM__NONE) return x;
	double m = (double)egm__graph_shape(graph, x)->d[0];
	egm__id first = egm__stop(graph, egm__slice(graph, x, 0, 0, 1)); /* [1, c] */
	x = egm__sub(graph, x, first);
	egm__id mean = egm__scale(graph, egm__sum(graph, x, 1u << 0), 1 / m); /* [1, c], of x - first */
	egm__id centred = egm__sub(graph, x, mean);                           /* [m, c] */
	egm__id variance = egm__scale(graph, egm__sum(graph, egm__square(graph, centred), 1u << 0), 1 / m);
	egm__id y = standardise(graph, layer, centred, variance, tensors);
	tensors[MEAN] = running_mean_of(graph, layer, tensors[MEAN], egm__add(graph, first, mean), 1);
	tensors[VARIANCE] = running_mean_of(graph, layer, tensors[VARIANCE], variance, m > 1 ? m / (m - 1) : 1);
	return y;
}

const egm__layer_kind egm__kind_batch_norm = {
    .name = "batch_norm",
    .parameters = {{"epsilon", .low = 0, .high = INFINITY, .low_open = 1},
                   {"momentum", .low = 0, .high = 1, .low_open = 1, .high_closed = 1}},
    .n_tensors = 4,
    .n_buffers = 2,
    .not_negative = 1u << VARIANCE,
    .tensor_names = {"weight", "bias", "running_mean", "running_var"},
    .tensor_shape = tensor_shape,
    .initialize = initialize,
    .apply = apply,
    .apply_batch = apply_batch};
