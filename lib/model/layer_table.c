/* SPDX-License-Identifier: MIT */
/* The kinds of layers, found by the name that files use. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <string.h>

/* clang-format off */
#define LAYERS(X) \
	X(dense) X(spectral_dense) \
	X(relu) X(leaky_relu) X(elu) X(softplus) X(silu) X(tanh) X(sigmoid) X(gelu) \
	X(layer_norm) X(batch_norm) \
	X(image) X(flatten) X(average_pool) X(upsample) X(conv) X(spectral_conv) X(conv_transpose)
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
