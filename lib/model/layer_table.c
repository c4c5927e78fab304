/* SPDX-License-Identifier: MIT */
/* The kinds of layers, found by the name that files use. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <string.h>

static const egm__layer_kind *const table[] = {
    &egm__kind_dense,    &egm__kind_relu,       &egm__kind_leaky_relu,     &egm__kind_elu,
    &egm__kind_softplus, &egm__kind_silu,       &egm__kind_tanh,           &egm__kind_sigmoid,
    &egm__kind_gelu,     &egm__kind_layer_norm, &egm__kind_spectral_dense, &egm__kind_image,
    &egm__kind_flatten,  &egm__kind_batch_norm, &egm__kind_average_pool,   &egm__kind_upsample, &egm__kind_conv, &egm__kind_conv_transpose, &egm__kind_spectral_conv,
};

const egm__layer_kind *egm__layer_kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (!strcmp(table[i]->name, name)) return table[i];
	return NULL;
}

int32_t egm__layer_parameter_count(const egm__layer_kind *kind)
{
	int32_t n = 0;
	while (n < EGM__LAYER_PARAMETERS && kind->parameters[n].name) n++;
	return n;
}

int egm__layer_tensor_count(const egm__layer *layer, int32_t which, int64_t *count)
{
	int64_t shape[4] = {1, 1, 1, 1}, bytes;
	int32_t rank = 0;
	layer->kind->tensor_shape(layer, which, shape, &rank);
	*count = 1;
	for (int32_t i = 0; i < rank; i++)
		if (egm__size_mul(*count, shape[i], count)) return 1;
	return egm__size_mul(*count, sizeof(double), &bytes);
}
