/* SPDX-License-Identifier: MIT */
/* The builder calls of the layers: each says its kind and the numbers of that kind's table. */
#include <model/model_impl.h>

/* The parameters of a kind's table. */
#define NUMBERS(...) \
	(const double[]) \
	{                \
		__VA_ARGS__  \
	}

egm_status egm_model_dense(egm_model *model, int64_t units)
{
	return egm__named(__func__, egm__model_add(model, "dense", NUMBERS((double)units)));
}

egm_status egm_model_spectral_dense(egm_model *model, int64_t units)
{
	return egm__named(__func__, egm__model_add(model, "spectral_dense", NUMBERS((double)units)));
}

egm_status egm_model_relu(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "relu", NULL));
}

egm_status egm_model_leaky_relu(egm_model *model, double slope)
{
	return egm__named(__func__, egm__model_add(model, "leaky_relu", NUMBERS(slope)));
}

egm_status egm_model_elu(egm_model *model, double alpha)
{
	return egm__named(__func__, egm__model_add(model, "elu", NUMBERS(alpha)));
}

egm_status egm_model_softplus(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "softplus", NULL));
}

egm_status egm_model_silu(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "silu", NULL));
}

egm_status egm_model_tanh(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "tanh", NULL));
}

egm_status egm_model_sigmoid(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "sigmoid", NULL));
}

egm_status egm_model_gelu(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "gelu", NULL));
}

egm_status egm_model_layer_norm(egm_model *model, double epsilon)
{
	return egm__named(__func__, egm__model_add(model, "layer_norm", NUMBERS(epsilon)));
}

egm_status egm_model_batch_norm(egm_model *model, double epsilon, double momentum)
{
	return egm__named(__func__, egm__model_add(model, "batch_norm", NUMBERS(epsilon, momentum)));
}

egm_status egm_model_image(egm_model *model, int64_t height, int64_t width, int64_t channels)
{
	return egm__named(__func__,
	                  egm__model_add(model, "image", NUMBERS((double)height, (double)width, (double)channels)));
}

egm_status egm_model_flatten(egm_model *model)
{
	return egm__named(__func__, egm__model_add(model, "flatten", NULL));
}

/* What the windows of all three convolutions are. */
#define WINDOW(channels, kernel, stride, padding) (double)channels, (double)kernel, (double)stride, (double)padding

egm_status egm_model_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding)
{
	return egm__named(__func__, egm__model_add(model, "conv", NUMBERS(WINDOW(channels, kernel, stride, padding))));
}

egm_status egm_model_spectral_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding)
{
	return egm__named(__func__,
	                  egm__model_add(model, "spectral_conv", NUMBERS(WINDOW(channels, kernel, stride, padding))));
}

egm_status egm_model_conv_transpose(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding,
                                    int64_t output_padding)
{
	return egm__named(__func__,
	                  egm__model_add(model, "conv_transpose",
	                                 NUMBERS(WINDOW(channels, kernel, stride, padding), (double)output_padding)));
}

egm_status egm_model_average_pool(egm_model *model, int64_t size)
{
	return egm__named(__func__, egm__model_add(model, "average_pool", NUMBERS((double)size)));
}

egm_status egm_model_upsample(egm_model *model, int64_t factor)
{
	return egm__named(__func__, egm__model_add(model, "upsample", NUMBERS((double)factor)));
}
