/* SPDX-License-Identifier: MIT */
/* The layer kinds and what their files share. A kind is a row and a builder call in a file layer_*.c,
 * and its name in layer_table.c. */
#ifndef EGM_MODEL_LAYER_IMPL_H
#define EGM_MODEL_LAYER_IMPL_H

#include <model/model_impl.h>

/* Of a window, a factor, a stride: squares and products with a size of an image stay far below 2^63. */
enum { EGM__MOST_PIXELS = 32767 };

/* Rows of a kind's table. */
#define EGM__INTEGER(text, least, most)                        \
	{                                                          \
		.name = text, .integer = 1, .low = least, .high = most \
	}
#define EGM__SIZE(text, most) EGM__INTEGER(text, 1, most)
#define EGM__UNITS                                                               \
	{                                                                            \
		.name = "units", .integer = 1, .low = 1, .high = 0x1p62, .is_outputs = 1 \
	}

/* A net's numbers in the shape that a layer reads them in. Contiguous numbers take any shape for nothing, so what is
 * made of pixels stays [n h w, channels] until a layer wants something else: bias, activation and mask of a convolution
 * are one pass. */
egm__id egm__layer_rows(egm__graph *graph, const egm__layer *layer, egm__id x);   /* [n, inputs] */
egm__id egm__layer_image(egm__graph *graph, const egm__layer *layer, egm__id x);  /* [n, height, width, channels] */
egm__id egm__layer_pixels(egm__graph *graph, const egm__layer *layer, egm__id x); /* [n h w, channels], else as rows */

/* Channels, or inputs where the row is no image. */
int64_t egm__layer_channels(const egm__layer *layer);

/* Sets outputs to those of the image `out`; not 0 with the reason when it is too large. */
int egm__layer_becomes(egm__layer *layer, egm__geometry out, char reason[EGM__LAYER_REASON]);
/* Not 0 with the reason when the layer's input is no image. */
int egm__layer_wants_image(const egm__layer *layer, char reason[EGM__LAYER_REASON]);

/* Elements of a tensor of a layer; 1 when it would take more bytes than a size can say. */
int egm__layer_tensor_count(const egm__layer *layer, int32_t which, int64_t *count);

/* The weight and bias of a dense layer or a convolution, tensors 0 and 1 of every kind that is one; u and v of those
 * with spectral normalisation. */
enum { EGM__DENSE_WEIGHT, EGM__DENSE_BIAS, EGM__SPECTRAL_U, EGM__SPECTRAL_V };
int egm__dense_fit(egm__layer *layer, char reason[EGM__LAYER_REASON]);
void egm__dense_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank);
void egm__dense_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                           const egm__rng *rng, void *values, int64_t count);

/* Spectral normalisation of a weight that is looked at as a matrix [first size, the others]. */
void egm__spectral_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank);
void egm__spectral_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                              const egm__rng *rng, void *values, int64_t count);
void egm__spectral_refresh(const egm__layer *layer, egm_context *context, egm_dtype dtype, void *const *tensors);
/* product / sigma + bias, product [rows, first size] */
egm__id egm__spectral_apply(egm__graph *graph, egm__id product, const egm__id *tensors);

/* Draws a weight matrix by a law, EGM_INIT_*. */
void egm__initialize_weight(int32_t initializer, int64_t fan_in, int64_t fan_out, egm_context *context, egm_dtype dtype,
                            const egm__rng *rng, void *values, int64_t count);
/* The bias that goes with it. */
void egm__initialize_bias(int32_t initializer, int64_t fan_in, egm_context *context, egm_dtype dtype,
                          const egm__rng *rng, void *values, int64_t count);
void egm__initialize_constant(double value, egm_context *context, egm_dtype dtype, void *values, int64_t count);

#endif
