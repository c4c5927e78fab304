/* SPDX-License-Identifier: MIT */
/* From layers to a built model. All tensors are in one buffer, in the order of layers and one right behind another, so
 * that an optimiser moves one array. A clone of a built model is laid out and filled in the same way. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <stdio.h>
#include <string.h>

/* ---- building */

typedef struct layout {
	int32_t n; /* tensors */
	int64_t count, statistics;
} layout;

/* Adds a tensor to the sum; returns 1 if that overflows. */
static int lay_out_tensor(layout *sum, const egm__layer *layer, int32_t number, int32_t which, egm__tensor *out)
{
	const egm__layer_kind *kind = layer->kind;
	egm__tensor t = {.layer = number, .offset = sum->count, .shape = {1, 1, 1, 1}, .statistic = -1};
	t.trained = which < kind->n_tensors - kind->n_buffers;
	t.not_negative = kind->not_negative >> which & 1;
	snprintf(t.name, sizeof t.name, "%d.%s", number, kind->tensor_names[which]);
	kind->tensor_shape(layer, which, t.shape, &t.rank);
	if (egm__layer_tensor_count(layer, which, &t.count)) return 1;
	if (kind->apply_batch && !t.trained) {
		t.statistic = sum->statistics;
		sum->statistics += t.count;
	}
	if (out) *out = t;
	sum->n++;
	return egm__size_add(sum->count, t.count, &sum->count);
}

/* Counts the tensors, and describes them in `tensors` unless that is NULL. Returns 1 if their sum overflows. */
static int lay_out(egm_model *model, egm__tensor *tensors, layout *sum)
{
	*sum = (layout){0};
	for (int32_t l = 0; l < model->n_layers; l++) {
		egm__layer *layer = &model->layers[l];
		layer->first_tensor = sum->n;
		for (int32_t i = 0; i < layer->kind->n_tensors; i++)
			if (lay_out_tensor(sum, layer, l, i, tensors ? &tensors[sum->n] : NULL)) return 1;
	}
	return 0;
}

egm_status egm__model_allocate(egm_model *model, egm_dtype dtype)
{
	egm_status st = EGM_OK;
	egm__tensor *tensors = NULL;
	void *parameters = NULL;
	layout sum;
	int64_t bytes;
	EGM_TRY(egm__model_open(model));
	if (dtype != EGM_F32 && dtype != EGM_F64)
		EGM_FAIL(EGM_ERR_ARGUMENT, "dtype is %d, must be EGM_F32 or EGM_F64", (int)dtype);
	if (model->n_layers == 0) EGM_FAIL(EGM_ERR_STATE, "model '%s' has no layer, must have at least 1", model->name);
	if (lay_out(model, NULL, &sum) || egm__size_mul(sum.count, (int64_t)egm__dtype_size(dtype), &bytes))
		EGM_FAIL(EGM_ERR_ARGUMENT, "the parameters of model '%s' in %d layers are too many, must fit in memory",
		         model->name, model->n_layers);
	tensors = egm__alloc_zero(model->context, (size_t)sum.n + 1, sizeof *tensors);
	parameters = egm__alloc_zero(model->context, sum.count + 1, egm__dtype_size(dtype));
	if (!tensors || !parameters)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld parameters of model '%s'", (long long)sum.count, model->name);
	lay_out(model, tensors, &sum);
	model->tensors = tensors;
	model->n_tensors = sum.n;
	model->parameters = parameters;
	model->count = sum.count;
	model->statistics = sum.statistics;
	model->dtype = dtype;
	model->built = 1;
	model->version++;
	return EGM_OK;
out:
	if (model) egm__free(model->context, tensors);
	if (model) egm__free(model->context, parameters);
	return st;
}

egm_status egm_model_build(egm_model *model, egm_dtype dtype, uint64_t seed)
{
	egm_status st = egm__model_allocate(model, dtype);
	if (st != EGM_OK) return egm__named(__func__, st);
	for (int32_t i = 0; i < model->n_tensors; i++) egm__model_draw(model, i, seed);
	egm__model_recompute_buffers(model, 0, model->n_layers, seed);
	return EGM_OK;
}

/* ---- copying */

/* Copies the layers, and the kept error of a model that is not built. */
static egm_status copy_layers(egm_model *copy, const egm_model *model)
{
	memcpy(copy->name, model->name, sizeof copy->name);
	memcpy(copy->failure, model->failure, sizeof copy->failure);
	copy->inputs = model->inputs;
	copy->failed = model->failed;
	copy->initializer = model->initializer;
	if (model->n_layers == 0) return EGM_OK;
	copy->layers = egm__alloc(copy->context, model->n_layers, sizeof *copy->layers);
	if (!copy->layers)
		return egm__fail(EGM_ERR_MEMORY, "no memory for %d layers of model '%s'", model->n_layers, model->name);
	memcpy(copy->layers, model->layers, (size_t)model->n_layers * sizeof *copy->layers);
	copy->n_layers = copy->cap_layers = model->n_layers;
	return EGM_OK;
}

egm_status egm_model_clone(egm_model **out, const egm_model *model)
{
	egm_status st = EGM_OK;
	egm_model *copy = NULL;
	if (!out) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "out is NULL"));
	*out = NULL;
	if (!model) EGM_FAIL(EGM_ERR_ARGUMENT, "model is NULL");
	copy = egm__model_create_empty(model->context);
	if (!copy) return egm__named(__func__, EGM_ERR_MEMORY);
	EGM_TRY(copy_layers(copy, model));
	if (model->built) {
		EGM_TRY(egm__model_allocate(copy, model->dtype));
		memcpy(copy->parameters, model->parameters, (size_t)model->count * egm__dtype_size(model->dtype));
		copy->version++;
	}
	*out = copy;
	copy = NULL;
out:
	egm_model_free(copy);
	return egm__named(__func__, st);
}
