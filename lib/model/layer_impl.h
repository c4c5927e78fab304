/* SPDX-License-Identifier: MIT */
/* What the files of layers share. A new kind is a row in a file layer_*.c, and its name and builder call in
 * layer_table.c. */
#ifndef EGM_MODEL_LAYER_IMPL_H
#define EGM_MODEL_LAYER_IMPL_H

#include <model/model_impl.h>

/* The largest window, factor or stride: squares of it, and products with a size of an image, are far below 2^63. */
enum { EGM__MOST_PIXELS = 32767 };

/* Entries of a kind's table of parameters. */
#define EGM__INTEGER(text, least, most)                        \
	{                                                          \
		.name = text, .integer = 1, .low = least, .high = most \
	}
#define EGM__SIZE(text, most) EGM__INTEGER(text, 1, most)
#define EGM__UNITS                                                               \
	{                                                                            \
		.name = "units", .integer = 1, .low = 1, .high = 0x1p62, .is_outputs = 1 \
	}

/* x in the shape in which a layer reads it. To reshape contiguous numbers costs nothing, so the output of a layer of
 * pixels stays [n h w, channels] until another shape is asked for: the bias, activation and mask of a convolution are
 * then one pass. */
egm__id egm__layer_rows(egm__graph *graph, const egm__layer *layer, egm__id x);  /* [n, inputs] */
egm__id egm__layer_image(egm__graph *graph, const egm__layer *layer, egm__id x); /* [n, height, width, channels] */
egm__id egm__layer_pixels(egm__graph *graph, const egm__layer *layer,
                          egm__id x); /* [n h w, channels]; no image: rows */

/* Channels of the input image; if the row is no image, its inputs. */
int64_t egm__layer_channels(const egm__layer *layer);

/* Sets the output image and the outputs; returns not 0 with the reason if the image is too large. */
int egm__layer_becomes(egm__layer *layer, egm__geometry out, char reason[EGM__LAYER_REASON]);
/* Returns not 0 with the reason if the layer's input is no image. */
int egm__layer_wants_image(const egm__layer *layer, char reason[EGM__LAYER_REASON]);

/* Elements of a tensor of a layer; returns 1 if its bytes in double overflow an int64_t. */
int egm__layer_tensor_count(const egm__layer *layer, int32_t which, int64_t *count);

/* Tensors of the kinds with a weight; those with spectral normalisation also have u and v. */
enum { EGM__WEIGHT, EGM__BIAS, EGM__SPECTRAL_U, EGM__SPECTRAL_V };

/* Spectral normalisation of a weight, read as a matrix [first size, product of the others]. */
void egm__spectral_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank);
void egm__spectral_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                              const egm__rng *rng, void *values, int64_t count);
void egm__spectral_refresh(const egm__layer *layer, egm_context *context, egm_dtype dtype, void *const *tensors);
/* product / sigma + bias, for a product [rows, first size] */
egm__id egm__spectral_apply(egm__graph *graph, egm__id product, const egm__id *tensors);

/* Draws a weight from the distribution EGM_INIT_*. */
void egm__initialize_weight(int32_t initializer, int64_t fan_in, int64_t fan_out, egm_context *context, egm_dtype dtype,
                            const egm__rng *rng, void *values, int64_t count);
/* Draws the bias of a layer with such a weight. */
void egm__initialize_bias(int32_t initializer, int64_t fan_in, egm_context *context, egm_dtype dtype,
                          const egm__rng *rng, void *values, int64_t count);
void egm__initialize_constant(double value, egm_context *context, egm_dtype dtype, void *values, int64_t count);

#endif
