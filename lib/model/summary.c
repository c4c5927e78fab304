/* SPDX-License-Identifier: MIT */
/* A model as a table for people:
 *
 *     model 'energy': f32, 784 inputs, 1 outputs, 3201 parameters
 *       #  layer          inputs   outputs  parameters
 *       0  image             784       784           0  height 28  width 28  channels 1
 *       1  conv              784      3136         272  weight [16, 4, 4, 1], bias [16]  28x28x1 -> 14x14x16  kernel 4
 * ... 2  leaky_relu       3136      3136           0  slope 0.2
 */
#include <model/layer_impl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct text {
	char *buffer;
	size_t size, used; /* used: bytes of the whole text so far, those that did not fit included */
} text;

EGM__PRINTF(2, 3) static void append(text *t, const char *format, ...)
{
	va_list args;
	int room = t->used < t->size;
	va_start(args, format);
	int n = vsnprintf(room ? t->buffer + t->used : NULL, room ? t->size - t->used : 0, format, args);
	va_end(args);
	if (n > 0) t->used += (size_t)n;
}

/* The decimal sign is a point in every locale. */
static void append_number(text *t, const char *name, double value)
{
	char number[32];
	snprintf(number, sizeof number, "%.9g", value);
	char *comma = strchr(number, ',');
	if (comma) *comma = '.';
	append(t, "  %s %s", name, number);
}

static void append_parameters(text *t, const egm__layer *layer)
{
	for (int32_t i = 0; i < egm__layer_parameter_count(layer->kind); i++) {
		const egm__layer_parameter *p = &layer->kind->parameters[i];
		if (!p->is_outputs) append_number(t, p->name, layer->parameters[i]);
	}
}

/* What a layer makes of an image. */
static void append_images(text *t, const egm__layer *layer)
{
	const egm__geometry *a = &layer->in, *b = &layer->out;
	if (!a->channels || !memcmp(a, b, sizeof *a)) return;
	append(t, "  %lldx%lldx%lld -> ", (long long)a->height, (long long)a->width, (long long)a->channels);
	if (b->channels)
		append(t, "%lldx%lldx%lld", (long long)b->height, (long long)b->width, (long long)b->channels);
	else
		append(t, "%lld", (long long)layer->outputs);
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
	/* a name longer than its column shortens the blanks before the inputs */
	append(t, "%3d  %s%*lld  %8lld  %10lld", index, kind->name, 21 - (int)strlen(kind->name), (long long)layer->inputs,
	       (long long)layer->outputs, (long long)layer_parameters(layer));
	for (int32_t i = 0; i < kind->n_tensors; i++) {
		egm__shape shape = {.d = {1, 1, 1, 1}};
		char numbers[64];
		kind->tensor_shape(layer, i, shape.d, &shape.rank);
		append(t, "%s%s %s", i ? ", " : "  ", kind->tensor_names[i], egm__shape_text(&shape, numbers));
	}
	append_images(t, layer);
	append_parameters(t, layer);
	append(t, "\n");
}

egm_status egm_model_summary(const egm_model *model, char *buffer, size_t size, size_t *needed)
{
	if (!model) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "model is NULL"));
	if (!buffer && size)
		return egm__named(__func__,
		                  egm__fail(EGM_ERR_ARGUMENT, "buffer is NULL and size is %zu, must be 0 then", size));
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
