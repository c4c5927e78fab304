/* SPDX-License-Identifier: MIT */
/* The list of layer kinds: found by the name that files have, and added by builder calls. */
#include <model/layer_impl.h>
#include <string.h>

/* clang-format off */
#define LAYERS(X) \
	X(dense) X(spectral_dense) \
	X(relu) X(leaky_relu) X(elu) X(softplus) X(silu) X(tanh) X(sigmoid) X(gelu) \
	X(layer_norm) X(batch_norm) \
	X(image) X(flatten) X(average_pool) X(upsample) X(conv) X(spectral_conv) X(conv_transpose)

/* A builder call adds its kind with its numbers, in the order of the kind's table. */
#define ADD(kind, numbers) egm__named(__func__, egm__model_add(model, &egm__kind_##kind, numbers))
#define NUMBERS(...) ((const double[]){__VA_ARGS__})
#define WINDOW (double)channels, (double)kernel, (double)stride, (double)padding
/* clang-format on */

#define DECLARED(name) extern const egm__layer_kind egm__kind_##name;
#define LISTED(name) &egm__kind_##name,

LAYERS(DECLARED)
static const egm__layer_kind *const table[] = {LAYERS(LISTED)};

const egm__layer_kind *egm__layer_kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (!strcmp(table[i]->name, name)) return table[i];
	return NULL;
}

/* ---- the builder calls */

egm_status egm_model_dense(egm_model *model, int64_t units)
{
	return ADD(dense, NUMBERS((double)units));
}

egm_status egm_model_spectral_dense(egm_model *model, int64_t units)
{
	return ADD(spectral_dense, NUMBERS((double)units));
}

egm_status egm_model_relu(egm_model *model)
{
	return ADD(relu, NULL);
}

egm_status egm_model_leaky_relu(egm_model *model, double slope)
{
	return ADD(leaky_relu, NUMBERS(slope));
}

egm_status egm_model_elu(egm_model *model, double alpha)
{
	return ADD(elu, NUMBERS(alpha));
}

egm_status egm_model_softplus(egm_model *model)
{
	return ADD(softplus, NULL);
}

egm_status egm_model_silu(egm_model *model)
{
	return ADD(silu, NULL);
}

egm_status egm_model_tanh(egm_model *model)
{
	return ADD(tanh, NULL);
}

egm_status egm_model_sigmoid(egm_model *model)
{
	return ADD(sigmoid, NULL);
}

egm_status egm_model_gelu(egm_model *model)
{
	return ADD(gelu, NULL);
}

egm_status egm_model_layer_norm(egm_model *model, double epsilon)
{
	return ADD(layer_norm, NUMBERS(epsilon));
}

egm_status egm_model_batch_norm(egm_model *model, double epsilon, double momentum)
{
	return ADD(batch_norm, NUMBERS(epsilon, momentum));
}

egm_status egm_model_image(egm_model *model, int64_t height, int64_t width, int64_t channels)
{
	return ADD(image, NUMBERS((double)height, (double)width, (double)channels));
}

egm_status egm_model_flatten(egm_model *model)
{
	return ADD(flatten, NULL);
}

egm_status egm_model_average_pool(egm_model *model, int64_t size)
{
	return ADD(average_pool, NUMBERS((double)size));
}

egm_status egm_model_upsample(egm_model *model, int64_t factor)
{
	return ADD(upsample, NUMBERS((double)factor));
}

egm_status egm_model_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding)
{
	return ADD(conv, NUMBERS(WINDOW));
}

egm_status egm_model_spectral_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding)
{
	return ADD(spectral_conv, NUMBERS(WINDOW));
}

egm_status egm_model_conv_transpose(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding,
                                    int64_t output_padding)
{
	return ADD(conv_transpose, NUMBERS(WINDOW, (double)output_padding));
}
