/* SPDX-License-Identifier: MIT */
/* A model as a table for people:
 *
 *     model 'energy': f32, 2 inputs, 1 outputs, 257 parameters
 *       #  layer          inputs   outputs  parameters
 *       0  dense               2        64         192  weight [64, 2], bias [64]
 *       1  leaky_relu         64        64           0  slope 0.2
 */
#include <model/layer_impl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct text {
	char *buffer;
	size_t size, used; /* used: bytes of the whole text so far, also of what did not fit */
} text;

__attribute__((format(printf, 2, 3))) static void append(text *t, const char *format, ...)
{
	va_list args;
	int room = t->used < t->size;
	va_start(args, format);
	int n = vsnprintf(room ? t->buffer + t->used : NULL, room ? t->size - t->used : 0, format, args);
	va_end(args);
	if (n > 0) t->used += (size_t)n;
}

/* The decimal sign is the point whatever the locale. */
static void append_number(text *t, const char *name, double value)
{
	char number[32];
	snprintf(number, sizeof number, "%.9g", value);
	char *comma = strchr(number, ',');
	if (comma) *comma = '.';
	append(t, "  %s %s", name, number);
}

static int64_t layer_parameters(const egm__layer *layer)
{
	int64_t sum = 0, count;
	for (int32_t i = 0; i < layer->kind->n_tensors; i++)
		if (!egm__layer_tensor_count(layer, i, &count)) sum += count;
	return sum;
}

static void append_layer(text *t, int32_t index, const egm__layer *layer)
{
	const egm__layer_kind *kind = layer->kind;
	/* a name wider than its column takes from the blanks before the inputs */
	append(t, "%3d  %s%*lld  %8lld  %10lld", index, kind->name, 21 - (int)strlen(kind->name), (long long)layer->inputs,
	       (long long)layer->outputs, (long long)layer_parameters(layer));
	for (int32_t i = 0; i < kind->n_tensors; i++) {
		egm__shape shape = {.d = {1, 1, 1, 1}};
		char numbers[64];
		kind->tensor_shape(layer, i, shape.d, &shape.rank);
		append(t, "%s%s %s", i ? ", " : "  ", kind->tensor_names[i], egm__shape_text(&shape, numbers));
	}
	if (kind->parameter) append_number(t, kind->parameter, layer->parameter);
	append(t, "\n");
}

egm_status egm_model_summary(const egm_model *model, char *buffer, size_t size, size_t *needed)
{
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "summary: model is NULL");
	if (!buffer && size) return egm__fail(EGM_ERR_ARGUMENT, "summary: buffer of %zu bytes is NULL", size);
	text t = {buffer, size, 0};
	int64_t count = 0;
	for (int32_t i = 0; i < model->n_layers; i++) count += layer_parameters(&model->layers[i]);
	append(&t, "model '%s': %s, %lld inputs, %lld outputs, %lld parameters\n", model->name,
	       model->built ? egm__dtype_name(model->dtype) : "not built", (long long)model->inputs,
	       (long long)egm__model_outputs(model), (long long)count);
	append(&t, "  #  layer          inputs   outputs  parameters\n");
	for (int32_t i = 0; i < model->n_layers; i++) append_layer(&t, i, &model->layers[i]);
	if (needed) *needed = t.used + 1;
	return EGM_OK;
}
