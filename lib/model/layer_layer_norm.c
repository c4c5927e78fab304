/* SPDX-License-Identifier: MIT */
/* Layer normalisation (Ba et al. 2016, eq. 4), for a row x of width n:
 *
 *     d = x - x_0,  m = sum d / n,  c = d - m,  v = sum c^2 / n,  y = c / sqrt(v + epsilon) * gain + bias.
 *
 * v is the mean of c^2 and not the mean of x^2 minus the square of a mean, which loses all digits if the mean is large.
 * m is a mean of differences to the first number of the row, because the rounding error of a large mean would be an
 * error of c. c does not depend on x_0 as a reference, so no derivative is taken through it. Gain and bias are named
 * weight and bias, as in PyTorch. */
#include <math.h>
#include <model/layer_impl.h>

enum { GAIN, BIAS };

static void tensor_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	*rank = 1;
	shape[0] = layer->outputs;
}

static void initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                       const egm__rng *rng, void *values, int64_t count)
{
	egm__initialize_constant(which == GAIN ? 1 : 0, context, dtype, values, count);
}

static egm__id apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	double each = 1 / (double)layer->inputs;
	x = egm__layer_rows(graph, layer, x);
	x = egm__sub(graph, x, egm__stop(graph, egm__slice(graph, x, 1, 0, 1))); /* [rows, n] */
	egm__id mean = egm__scale(graph, egm__row_sum(graph, x), each);          /* [rows, 1] */
	egm__id centred = egm__sub(graph, x, mean);                              /* [rows, n] */
	egm__id variance = egm__scale(graph, egm__row_sum(graph, egm__square(graph, centred)), each);
	egm__id inverse = egm__recip(graph, egm__sqrt(graph, egm__affine(graph, variance, 1, layer->parameters[0])));
	egm__id normed = egm__mul(graph, centred, inverse);
	return egm__add(graph, egm__mul(graph, normed, tensors[GAIN]), tensors[BIAS]);
}

const egm__layer_kind egm__kind_layer_norm = {.name = "layer_norm",
                                              .parameters = {{"epsilon", .low = 0, .high = INFINITY, .low_open = 1}},
                                              .n_tensors = 2,
                                              .tensor_names = {"weight", "bias"},
                                              .tensor_shape = tensor_shape,
                                              .initialize = initialize,
                                              .apply = apply};
