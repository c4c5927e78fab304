/* SPDX-License-Identifier: MIT */
/* Random networks that begin and end with a layer of a chosen kind, for the points at which losses differentiate. */
#ifndef EGM_TESTS_SLOPE_NETS_H
#define EGM_TESTS_SLOPE_NETS_H

#include "loss_support.h"

enum {
	LAYER_DENSE,
	LAYER_SPECTRAL_DENSE,
	LAYER_RELU,
	LAYER_LEAKY,
	LAYER_ELU_ONE,
	LAYER_ELU,
	LAYER_SOFTPLUS,
	LAYER_SILU,
	LAYER_TANH,
	LAYER_SIGMOID,
	LAYER_GELU,
	LAYER_LAYER_NORM,
	LAYER_IMAGE,
	LAYER_CONV,
	LAYER_CONV_HALF,
	LAYER_SPECTRAL_CONV,
	LAYER_TRANSPOSE,
	LAYER_TRANSPOSE_DOUBLE,
	LAYER_POOL,
	LAYER_UPSAMPLE,
	LAYER_NONE,
	LAYER_BATCH_NORM, /* last; only in networks that are not differentiated by their input */
	LAYER_KINDS
};

typedef struct image_size {
	int64_t h, w, c;
} image_size;

static inline int64_t random_below(uint64_t *random, int64_t n)
{
	return (int64_t)((random_signed(random) + 1) / 2 * (double)n) % n;
}

static inline void must(egm_status st)
{
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
}

/* A row of n numbers as an image whose sides are 1, 2 or 4. */
static inline image_size image_of(int64_t n, uint64_t *random)
{
	image_size i = {1, 1, n};
	int64_t h = (int64_t)1 << random_below(random, 3), w = (int64_t)1 << random_below(random, 3);
	if (i.c % h == 0) i.h = h, i.c /= h;
	if (i.c % w == 0) i.w = w, i.c /= w;
	return i;
}

static inline int is_image_layer(int kind)
{
	return kind >= LAYER_IMAGE && kind <= LAYER_UPSAMPLE;
}

/* The image that a last layer of this kind makes `out` of. */
static inline image_size image_before(int kind, image_size out, uint64_t *random)
{
	image_size in = out;
	if (kind >= LAYER_CONV && kind <= LAYER_TRANSPOSE_DOUBLE) in.c = 1 + random_below(random, 3);
	if (kind == LAYER_CONV_HALF || kind == LAYER_POOL) in.h *= 2, in.w *= 2;
	if ((kind == LAYER_TRANSPOSE_DOUBLE || kind == LAYER_UPSAMPLE) && out.h % 2 == 0 && out.w % 2 == 0)
		in.h /= 2, in.w /= 2;
	return in;
}

/* The layer; of images, from `in` to `out`. A first layer is given an `out` that fits. */
static inline egm_status add_layer(egm_model *m, int kind, int64_t units, image_size in, image_size out)
{
	switch (kind) {
	case LAYER_DENSE:
		return egm_model_dense(m, units);
	case LAYER_SPECTRAL_DENSE:
		return egm_model_spectral_dense(m, units);
	case LAYER_RELU:
		return egm_model_relu(m);
	case LAYER_LEAKY:
		return egm_model_leaky_relu(m, 0.2);
	case LAYER_ELU_ONE:
		return egm_model_elu(m, 1);
	case LAYER_ELU:
		return egm_model_elu(m, 0.7);
	case LAYER_SOFTPLUS:
		return egm_model_softplus(m);
	case LAYER_SILU:
		return egm_model_silu(m);
	case LAYER_TANH:
		return egm_model_tanh(m);
	case LAYER_SIGMOID:
		return egm_model_sigmoid(m);
	case LAYER_GELU:
		return egm_model_gelu(m);
	case LAYER_LAYER_NORM:
		return egm_model_layer_norm(m, 1e-2);
	case LAYER_IMAGE:
		return egm_model_flatten(m);
	case LAYER_CONV:
		return egm_model_conv(m, out.c, 3, 1, 1);
	case LAYER_SPECTRAL_CONV:
		return egm_model_spectral_conv(m, out.c, 1, 1, 0);
	case LAYER_CONV_HALF:
		return out.h == in.h ? egm_model_conv(m, out.c, 1, 1, 0) : egm_model_conv(m, out.c, 2, 2, 0);
	case LAYER_TRANSPOSE:
		return egm_model_conv_transpose(m, out.c, 3, 1, 1, 0);
	case LAYER_TRANSPOSE_DOUBLE:
		return out.h == in.h ? egm_model_conv_transpose(m, out.c, 1, 1, 0, 0)
		                     : egm_model_conv_transpose(m, out.c, 2, 2, 0, 0);
	case LAYER_POOL:
		return egm_model_average_pool(m, out.h == in.h ? 1 : 2);
	case LAYER_UPSAMPLE:
		return egm_model_upsample(m, out.h == in.h ? 1 : 2);
	case LAYER_BATCH_NORM:
		return egm_model_batch_norm(m, 1e-2, 0.1);
	default:
		return EGM_OK;
	}
}

/* What a first layer of this kind makes of `in`. */
static inline image_size image_after(int kind, image_size in, uint64_t *random)
{
	image_size out = in;
	if (kind >= LAYER_CONV && kind <= LAYER_TRANSPOSE_DOUBLE) out.c = 1 + random_below(random, 3);
	if ((kind == LAYER_CONV_HALF || kind == LAYER_POOL) && in.h % 2 == 0 && in.w % 2 == 0) out.h /= 2, out.w /= 2;
	if (kind == LAYER_TRANSPOSE_DOUBLE || kind == LAYER_UPSAMPLE) out.h *= 2, out.w *= 2;
	return out;
}

/* inputs -> first -> an activation or none -> dense -> an activation or none -> last -> the same -> outputs. Trained
 * tensors are random, biases too. */
static inline egm_model *slope_net(egm_context *c, const char *name, int64_t inputs, int64_t outputs, int first,
                                   int last, uint64_t *random)
{
	static const int between[] = {LAYER_NONE,    LAYER_NONE, LAYER_TANH,  LAYER_SILU,
	                              LAYER_ELU_ONE, LAYER_GELU, LAYER_LEAKY, LAYER_SOFTPLUS};
	egm_model *m = NULL;
	must(egm_model_create(&m, c, name, inputs));
	image_size in = image_of(inputs, random), out = image_of(outputs, random);
	if (is_image_layer(first)) must(egm_model_image(m, in.h, in.w, in.c));
	must(add_layer(m, first, 2 + random_below(random, 4), in, image_after(first, in, random)));
	must(add_layer(m, between[random_below(random, 8)], 0, in, in));
	if (last > LAYER_SPECTRAL_DENSE) {
		image_size before = image_before(last, out, random);
		must(egm_model_dense(m, before.h * before.w * before.c));
		if (is_image_layer(last)) must(egm_model_image(m, before.h, before.w, before.c));
		in = before;
	} else if (random_below(random, 2)) {
		must(egm_model_dense(m, 2 + random_below(random, 3)));
	}
	must(add_layer(m, between[random_below(random, 8)], 0, in, in));
	must(add_layer(m, last, outputs, in, out));
	if (last != LAYER_BATCH_NORM) must(add_layer(m, between[random_below(random, 8)], 0, in, in));
	must(egm_model_build(m, EGM_F64, (uint64_t)random_below(random, 1 << 20)));
	for (int32_t t = 0; t < m->n_tensors; t++)
		for (int64_t i = 0; m->tensors[t].trained && i < m->tensors[t].count; i++)
			((double *)m->parameters)[m->tensors[t].offset + i] += 0.3 * random_signed(random);
	return m;
}

#endif
