/* SPDX-License-Identifier: MIT */
/* Random nets that begin and end with a layer of a chosen kind: what meets at a point by which a loss takes a slope. */
#ifndef EGM_TESTS_SLOPE_NETS_H
#define EGM_TESTS_SLOPE_NETS_H

#include "loss_support.h"

enum {
	P_DENSE,
	P_SPECTRAL_DENSE,
	P_RELU,
	P_LEAKY,
	P_ELU_ONE,
	P_ELU,
	P_SOFTPLUS,
	P_SILU,
	P_TANH,
	P_SIGMOID,
	P_GELU,
	P_LAYER_NORM,
	P_IMAGE,
	P_CONV,
	P_CONV_HALF,
	P_SPECTRAL_CONV,
	P_TRANSPOSE,
	P_TRANSPOSE_DOUBLE,
	P_POOL,
	P_UPSAMPLE,
	P_NONE,
	P_BATCH_NORM, /* last: in nets alone whose slope nobody takes */
	P_KINDS
};

typedef struct p_image {
	int64_t h, w, c;
} p_image;

static inline int64_t p_below(uint64_t *random, int64_t n)
{
	return (int64_t)((l_random(random) + 1) / 2 * (double)n) % n;
}

static inline void p_ok(egm_status st)
{
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
}

/* A row of n numbers as an image whose sides are 1, 2 or 4. */
static inline p_image p_image_of(int64_t n, uint64_t *random)
{
	p_image i = {1, 1, n};
	int64_t h = (int64_t)1 << p_below(random, 3), w = (int64_t)1 << p_below(random, 3);
	if (i.c % h == 0) i.h = h, i.c /= h;
	if (i.c % w == 0) i.w = w, i.c /= w;
	return i;
}

static inline int p_is_image(int kind)
{
	return kind >= P_IMAGE && kind <= P_UPSAMPLE;
}

/* The image that a last layer of this kind makes `out` of. */
static inline p_image p_before(int kind, p_image out, uint64_t *random)
{
	p_image in = out;
	if (kind >= P_CONV && kind <= P_TRANSPOSE_DOUBLE) in.c = 1 + p_below(random, 3);
	if (kind == P_CONV_HALF || kind == P_POOL) in.h *= 2, in.w *= 2;
	if ((kind == P_TRANSPOSE_DOUBLE || kind == P_UPSAMPLE) && out.h % 2 == 0 && out.w % 2 == 0) in.h /= 2, in.w /= 2;
	return in;
}

/* The layer; of images, from `in` to `out`. A first layer is given an `out` that fits. */
static inline egm_status p_layer(egm_model *m, int kind, int64_t units, p_image in, p_image out)
{
	switch (kind) {
	case P_DENSE:
		return egm_model_dense(m, units);
	case P_SPECTRAL_DENSE:
		return egm_model_spectral_dense(m, units);
	case P_RELU:
		return egm_model_relu(m);
	case P_LEAKY:
		return egm_model_leaky_relu(m, 0.2);
	case P_ELU_ONE:
		return egm_model_elu(m, 1);
	case P_ELU:
		return egm_model_elu(m, 0.7);
	case P_SOFTPLUS:
		return egm_model_softplus(m);
	case P_SILU:
		return egm_model_silu(m);
	case P_TANH:
		return egm_model_tanh(m);
	case P_SIGMOID:
		return egm_model_sigmoid(m);
	case P_GELU:
		return egm_model_gelu(m);
	case P_LAYER_NORM:
		return egm_model_layer_norm(m, 1e-2);
	case P_IMAGE:
		return egm_model_flatten(m);
	case P_CONV:
		return egm_model_conv(m, out.c, 3, 1, 1);
	case P_SPECTRAL_CONV:
		return egm_model_spectral_conv(m, out.c, 1, 1, 0);
	case P_CONV_HALF:
		return out.h == in.h ? egm_model_conv(m, out.c, 1, 1, 0) : egm_model_conv(m, out.c, 2, 2, 0);
	case P_TRANSPOSE:
		return egm_model_conv_transpose(m, out.c, 3, 1, 1, 0);
	case P_TRANSPOSE_DOUBLE:
		return out.h == in.h ? egm_model_conv_transpose(m, out.c, 1, 1, 0, 0)
		                     : egm_model_conv_transpose(m, out.c, 2, 2, 0, 0);
	case P_POOL:
		return egm_model_average_pool(m, out.h == in.h ? 1 : 2);
	case P_UPSAMPLE:
		return egm_model_upsample(m, out.h == in.h ? 1 : 2);
	case P_BATCH_NORM:
		return egm_model_batch_norm(m, 1e-2, 0.1);
	default:
		return EGM_OK;
	}
}

/* What a first layer of this kind makes of `in`. */
static inline p_image p_after(int kind, p_image in, uint64_t *random)
{
	p_image out = in;
	if (kind >= P_CONV && kind <= P_TRANSPOSE_DOUBLE) out.c = 1 + p_below(random, 3);
	if ((kind == P_CONV_HALF || kind == P_POOL) && in.h % 2 == 0 && in.w % 2 == 0) out.h /= 2, out.w /= 2;
	if (kind == P_TRANSPOSE_DOUBLE || kind == P_UPSAMPLE) out.h *= 2, out.w *= 2;
	return out;
}

/* inputs -> first -> an activation or none -> dense -> an activation or none -> last -> the same -> outputs. Trained
 * tensors are random, biases too. */
static inline egm_model *p_net(egm_context *c, const char *name, int64_t inputs, int64_t outputs, int first, int last,
                               uint64_t *random)
{
	static const int between[] = {P_NONE, P_NONE, P_TANH, P_SILU, P_ELU_ONE, P_GELU, P_LEAKY, P_SOFTPLUS};
	egm_model *m = NULL;
	p_ok(egm_model_create(&m, c, name, inputs));
	p_image in = p_image_of(inputs, random), out = p_image_of(outputs, random);
	if (p_is_image(first)) p_ok(egm_model_image(m, in.h, in.w, in.c));
	p_ok(p_layer(m, first, 2 + p_below(random, 4), in, p_after(first, in, random)));
	p_ok(p_layer(m, between[p_below(random, 8)], 0, in, in));
	if (last > P_SPECTRAL_DENSE) {
		p_image before = p_before(last, out, random);
		p_ok(egm_model_dense(m, before.h * before.w * before.c));
		if (p_is_image(last)) p_ok(egm_model_image(m, before.h, before.w, before.c));
		in = before;
	} else if (p_below(random, 2)) {
		p_ok(egm_model_dense(m, 2 + p_below(random, 3)));
	}
	p_ok(p_layer(m, between[p_below(random, 8)], 0, in, in));
	p_ok(p_layer(m, last, outputs, in, out));
	if (last != P_BATCH_NORM) p_ok(p_layer(m, between[p_below(random, 8)], 0, in, in));
	p_ok(egm_model_build(m, EGM_F64, (uint64_t)p_below(random, 1 << 20)));
	for (int32_t t = 0; t < m->n_tensors; t++)
		for (int64_t i = 0; m->tensors[t].trained && i < m->tensors[t].count; i++)
			((double *)m->parameters)[m->tensors[t].offset + i] += 0.3 * l_random(random);
	return m;
}

#endif
