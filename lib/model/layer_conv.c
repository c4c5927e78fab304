/* SPDX-License-Identifier: MIT */
/* Convolutions of images [h, w, in] with square kernels, as in PyTorch but with channels last:
 *
 *     conv            y[i, j, o] = b[o] + sum W[o, ky, kx, c] x[i stride + ky - padding, j stride + kx - padding, c]
 *     conv_transpose  y[i, j, o] = b[o] + sum W[c, ky, kx, o] x[y, x, c]  over i = y stride + ky - padding, j likewise
 *
 * where x is 0 outside of the image. spectral_conv divides W, read as a matrix [out, kh kw in], by its largest singular
 * value. Bias and what follows are computed on a matrix [pixels, channels]. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <stdio.h>

enum { CHANNELS, KERNEL, STRIDE, PADDING, OUTPUT_PADDING };
enum { WEIGHT = EGM__WEIGHT, BIAS = EGM__BIAS };

static int64_t parameter(const egm__layer *layer, int which)
{
	return (int64_t)layer->parameters[which];
}

static egm__window window_of(const egm__layer *layer)
{
	int32_t k = (int32_t)parameter(layer, KERNEL), s = (int32_t)parameter(layer, STRIDE);
	int32_t p = (int32_t)parameter(layer, PADDING);
	return (egm__window){.kernel = {k, k}, .stride = {s, s}, .padding = {p, p}};
}

/* ---- sizes */

static int check_padding(const egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	long long padding = parameter(layer, PADDING), kernel = parameter(layer, KERNEL);
	if (padding < kernel) return 0;
	snprintf(reason, EGM__LAYER_REASON,
	         "padding is %lld, must be below the kernel, %lld, so that no window has zeros alone", padding, kernel);
	return 1;
}

/* A convolution computes with the windows of a row, side by side. */
static int check_windows(const egm__layer *layer, int64_t pixels, int64_t channels, char reason[EGM__LAYER_REASON])
{
	int64_t kernel = parameter(layer, KERNEL), count;
	if (!egm__size_mul(pixels, kernel * kernel, &count) && !egm__size_mul(count, channels, &count) &&
	    count <= INT32_MAX)
		return 0;
	snprintf(reason, EGM__LAYER_REASON,
	         "%lld windows of %lldx%lldx%lld numbers are too large, must have at most %d together", (long long)pixels,
	         (long long)kernel, (long long)kernel, (long long)channels, INT32_MAX);
	return 1;
}

/* Both fit in an int32_t. */
static int64_t conv_windows(const egm__layer *layer)
{
	int64_t kernel = parameter(layer, KERNEL);
	return layer->out.height * layer->out.width * kernel * kernel * layer->in.channels;
}

static int64_t transpose_windows(const egm__layer *layer)
{
	int64_t kernel = parameter(layer, KERNEL);
	return layer->in.height * layer->in.width * kernel * kernel * layer->out.channels;
}

static int conv_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	const egm__geometry *in = &layer->in;
	int64_t kernel = parameter(layer, KERNEL), stride = parameter(layer, STRIDE), padding = parameter(layer, PADDING);
	int64_t height = in->height + 2 * padding - kernel, width = in->width + 2 * padding - kernel;
	if (egm__layer_wants_image(layer, reason) || check_padding(layer, reason)) return 1;
	if (height < 0 || width < 0) {
		snprintf(reason, EGM__LAYER_REASON, "kernel is %lld, must be at most the image of %lldx%lld with padding %lld",
		         (long long)kernel, (long long)in->height, (long long)in->width, (long long)padding);
		return 1;
	}
	egm__geometry out = {height / stride + 1, width / stride + 1, parameter(layer, CHANNELS)};
	return egm__layer_becomes(layer, out, reason) || check_windows(layer, out.height * out.width, in->channels, reason);
}

static int transpose_fit(egm__layer *layer, char reason[EGM__LAYER_REASON])
{
	const egm__geometry *in = &layer->in;
	int64_t kernel = parameter(layer, KERNEL), stride = parameter(layer, STRIDE), padding = parameter(layer, PADDING);
	int64_t beyond = parameter(layer, OUTPUT_PADDING), grown = kernel - 2 * padding + beyond;
	egm__geometry out = {(in->height - 1) * stride + grown, (in->width - 1) * stride + grown,
	                     parameter(layer, CHANNELS)};
	if (egm__layer_wants_image(layer, reason) || check_padding(layer, reason)) return 1;
	if (beyond >= stride) {
		snprintf(reason, EGM__LAYER_REASON, "output_padding is %lld, must be below the stride, %lld", (long long)beyond,
		         (long long)stride);
		return 1;
	}
	if (out.height < 1 || out.width < 1) {
		snprintf(reason, EGM__LAYER_REASON, "padding is %lld, must leave at least one pixel of an image of %lldx%lld",
		         (long long)padding, (long long)in->height, (long long)in->width);
		return 1;
	}
	return egm__layer_becomes(layer, out, reason) || check_windows(layer, in->height * in->width, out.channels, reason);
}

/* ---- tensors: a weight is [a channels, kernel, kernel, b channels] */

static void shape_of(const egm__layer *layer, int64_t a, int64_t b, int32_t which, int64_t shape[4], int32_t *rank)
{
	*rank = which == WEIGHT ? 4 : 1;
	shape[0] = which == WEIGHT ? a : layer->out.channels;
	if (which != WEIGHT) return;
	shape[1] = shape[2] = parameter(layer, KERNEL);
	shape[3] = b;
}

static void conv_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	shape_of(layer, layer->out.channels, layer->in.channels, which, shape, rank);
}

static void transpose_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	shape_of(layer, layer->in.channels, layer->out.channels, which, shape, rank);
}

static void spectral_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	(which <= BIAS ? conv_shape : egm__spectral_shape)(layer, which, shape, rank);
}

/* fan_in counts the last channels of the weight, fan_out the first. For a transposed convolution these are its outputs
 * and its inputs, as in PyTorch. */
static void initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                       const egm__rng *rng, void *values, int64_t count)
{
	int64_t shape[4] = {1, 1, 1, 1}, square = parameter(layer, KERNEL) * parameter(layer, KERNEL);
	int32_t rank;
	layer->kind->tensor_shape(layer, WEIGHT, shape, &rank);
	int64_t fan_in = square * shape[3], fan_out = square * shape[0];
	if (which == WEIGHT)
		egm__initialize_weight(layer->initializer, fan_in, fan_out, context, dtype, rng, values, count);
	else
		egm__initialize_bias(layer->initializer, fan_in, context, dtype, rng, values, count);
}

static void spectral_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                                const egm__rng *rng, void *values, int64_t count)
{
	(which <= BIAS ? initialize : egm__spectral_initialize)(layer, which, context, dtype, rng, values, count);
}

/* ---- nodes */

static egm__id product(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	const egm__window w = window_of(layer);
	return egm__conv(graph, egm__layer_image(graph, layer, x), tensors[WEIGHT], &w);
}

static egm__id conv_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__add(graph, product(graph, layer, x, tensors), tensors[BIAS]);
}

static egm__id spectral_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	return egm__spectral_apply(graph, product(graph, layer, x, tensors), tensors);
}

static egm__id transpose_apply(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors)
{
	const egm__window w = window_of(layer);
	const egm__geometry *out = &layer->out;
	egm__id image = egm__layer_image(graph, layer, x);
	egm__id y = egm__conv_transpose(graph, image, tensors[WEIGHT], &w, out->height, out->width);
	if (y == EGM__NONE) return y;
	int64_t rows = egm__graph_shape(graph, y)->d[0];
	y = egm__reshape(graph, y, egm__shape2(rows * out->height * out->width, out->channels));
	return egm__add(graph, y, tensors[BIAS]);
}

/* ---- rows of the table */

#define WINDOW                                                                                                      \
	EGM__SIZE("channels", INT32_MAX), EGM__SIZE("kernel", EGM__MOST_PIXELS), EGM__SIZE("stride", EGM__MOST_PIXELS), \
	    EGM__INTEGER("padding", 0, EGM__MOST_PIXELS)

const egm__layer_kind egm__kind_conv = {.name = "conv",
                                        .parameters = {WINDOW},
                                        .drawn = 1,
                                        .n_tensors = 2,
                                        .tensor_names = {"weight", "bias"},
                                        .fit = conv_fit,
                                        .windows = conv_windows,
                                        .tensor_shape = conv_shape,
                                        .initialize = initialize,
                                        .apply = conv_apply};
const egm__layer_kind egm__kind_conv_transpose = {
    .name = "conv_transpose",
    .parameters = {WINDOW, EGM__INTEGER("output_padding", 0, EGM__MOST_PIXELS)},
    .drawn = 1,
    .n_tensors = 2,
    .tensor_names = {"weight", "bias"},
    .fit = transpose_fit,
    .windows = transpose_windows,
    .tensor_shape = transpose_shape,
    .initialize = initialize,
    .apply = transpose_apply};
const egm__layer_kind egm__kind_spectral_conv = {.name = "spectral_conv",
                                                 .parameters = {WINDOW},
                                                 .drawn = 1,
                                                 .n_tensors = 4,
                                                 .n_buffers = 2,
                                                 .tensor_names = {"weight", "bias", "u", "v"},
                                                 .fit = conv_fit,
                                                 .windows = conv_windows,
                                                 .tensor_shape = spectral_shape,
                                                 .initialize = spectral_initialize,
                                                 .apply = spectral_apply,
                                                 .refresh = egm__spectral_refresh};
