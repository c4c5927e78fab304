/* SPDX-License-Identifier: MIT */
/* From calls to a built model. The first call that fails leaves its status and text in the model; every later one
 * returns them, so that a caller may look at egm_model_build alone. What build itself fails with is not kept: after
 * an allocation that failed it may be called again. */
#include <core/size_impl.h>
#include <model/layer_impl.h>
#include <stdio.h>
#include <string.h>

/* Whether the builder call may go on: the model is there, unfinished and has not failed yet. */
static egm_status check_open(const egm_model *model, const char *call)
{
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "%s: model is NULL", call);
	if (model->built)
		return egm__fail(EGM_ERR_STATE, "%s: model '%s' is built and cannot change any more", call, model->name);
	return model->failed == EGM_OK ? EGM_OK : egm__fail(model->failed, "%s", model->failure);
}

static egm_status keep_failure(egm_model *model, egm_status st)
{
	if (st == EGM_OK) return st;
	model->failed = st;
	snprintf(model->failure, sizeof model->failure, "%s", egm_last_error());
	return st;
}

/* ---- layers */

static egm_status check_parameter(const egm_model *model, const egm__layer_kind *kind, double parameter)
{
	int above = kind->low_open ? parameter > kind->low : parameter >= kind->low;
	if (!kind->parameter || (above && parameter < kind->high)) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "model '%s': layer %d (%s): %s %g is not in %c%g, %g)", model->name,
	                 model->n_layers, kind->name, kind->parameter, parameter, kind->low_open ? '(' : '[', kind->low,
	                 kind->high);
}

static egm_status check_sizes(const egm_model *model, const egm__layer *layer)
{
	const egm__layer_kind *kind = layer->kind;
	int64_t count;
	for (int32_t i = 0; i < kind->n_tensors; i++)
		if (egm__layer_tensor_count(layer, i, &count))
			return egm__fail(EGM_ERR_ARGUMENT,
			                 "model '%s': layer %d (%s): the %s for %lld inputs and %lld outputs has too many elements",
			                 model->name, model->n_layers, kind->name, kind->tensor_names[i], (long long)layer->inputs,
			                 (long long)layer->outputs);
	return EGM_OK;
}

static egm_status make_room(egm_model *model)
{
	if (model->n_layers == EGM__MAX_LAYERS)
		return egm__fail(EGM_ERR_ARGUMENT, "model '%s': more than %d layers", model->name, EGM__MAX_LAYERS);
	if (model->n_layers < model->cap_layers) return EGM_OK;
	int32_t cap = model->cap_layers ? 2 * model->cap_layers : 8;
	egm__layer *grown = egm__realloc(model->context, model->layers, (size_t)cap, sizeof *grown);
	if (!grown) return egm__fail(EGM_ERR_MEMORY, "model '%s': out of memory for %d layers", model->name, cap);
	model->layers = grown;
	model->cap_layers = cap;
	return EGM_OK;
}

static egm_status append(egm_model *model, const char *name, int64_t units, double parameter)
{
	egm_status st = EGM_OK;
	const egm__layer_kind *kind = egm__layer_kind_find(name);
	if (!kind) EGM_FAIL(EGM_ERR_ARGUMENT, "model '%s': there is no layer kind '%.40s'", model->name, name);
	if (kind->has_units ? units < 1 : units != 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "model '%s': layer %d (%s): units %lld, must be %s", model->name, model->n_layers,
		         name, (long long)units, kind->has_units ? "at least 1" : "0: the layer keeps its width");
	EGM_TRY(check_parameter(model, kind, parameter));
	egm__layer layer = {.kind = kind, .inputs = egm__model_outputs(model), .initializer = model->initializer};
	layer.outputs = kind->has_units ? units : layer.inputs;
	layer.parameter = kind->parameter ? parameter : 0;
	EGM_TRY(check_sizes(model, &layer));
	EGM_TRY(make_room(model));
	model->layers[model->n_layers++] = layer;
out:
	return st;
}

egm_status egm__model_add(egm_model *model, const char *kind, int64_t units, double parameter)
{
	egm_status st = check_open(model, kind);
	return st == EGM_OK ? keep_failure(model, append(model, kind, units, parameter)) : st;
}

egm_status egm_model_set_initializer(egm_model *model, int32_t initializer)
{
	egm_status st = check_open(model, "set_initializer");
	if (st != EGM_OK) return st;
	if (!egm__initializer_name(initializer))
		return keep_failure(
		    model, egm__fail(EGM_ERR_ARGUMENT, "model '%s': there is no initializer %d", model->name, initializer));
	model->initializer = initializer;
	return EGM_OK;
}

egm_status egm_model_dense(egm_model *model, int64_t units)
{
	return egm__model_add(model, "dense", units, 0);
}

egm_status egm_model_spectral_dense(egm_model *model, int64_t units)
{
	return egm__model_add(model, "spectral_dense", units, 0);
}

egm_status egm_model_relu(egm_model *model)
{
	return egm__model_add(model, "relu", 0, 0);
}

egm_status egm_model_leaky_relu(egm_model *model, double slope)
{
	return egm__model_add(model, "leaky_relu", 0, slope);
}

egm_status egm_model_elu(egm_model *model, double alpha)
{
	return egm__model_add(model, "elu", 0, alpha);
}

egm_status egm_model_softplus(egm_model *model)
{
	return egm__model_add(model, "softplus", 0, 0);
}

egm_status egm_model_silu(egm_model *model)
{
	return egm__model_add(model, "silu", 0, 0);
}

egm_status egm_model_tanh(egm_model *model)
{
	return egm__model_add(model, "tanh", 0, 0);
}

egm_status egm_model_sigmoid(egm_model *model)
{
	return egm__model_add(model, "sigmoid", 0, 0);
}

egm_status egm_model_gelu(egm_model *model)
{
	return egm__model_add(model, "gelu", 0, 0);
}

egm_status egm_model_layer_norm(egm_model *model, double epsilon)
{
	return egm__model_add(model, "layer_norm", 0, epsilon);
}

/* ---- building */

/* Counts the tensors and, with `tensors`, writes them, one behind the other. 1 when their sum is too large. */
static int lay_out(egm_model *model, egm__tensor *tensors, int32_t *n, int64_t *count)
{
	*n = 0;
	*count = 0;
	for (int32_t l = 0; l < model->n_layers; l++) {
		egm__layer *layer = &model->layers[l];
		layer->first_tensor = *n;
		for (int32_t i = 0; i < layer->kind->n_tensors; i++, ++*n) {
			egm__tensor t = {.layer = l, .offset = *count, .shape = {1, 1, 1, 1}};
			t.trained = i < layer->kind->n_tensors - layer->kind->n_buffers;
			snprintf(t.name, sizeof t.name, "%d.%s", l, layer->kind->tensor_names[i]);
			layer->kind->tensor_shape(layer, i, t.shape, &t.rank);
			if (egm__layer_tensor_count(layer, i, &t.count) || egm__size_add(*count, t.count, count)) return 1;
			if (tensors) tensors[*n] = t;
		}
	}
	return 0;
}

egm_status egm__model_allocate(egm_model *model, egm_dtype dtype)
{
	egm_status st = EGM_OK;
	egm__tensor *tensors = NULL;
	void *parameters = NULL;
	int64_t count, bytes;
	int32_t n;
	EGM_TRY(check_open(model, "build"));
	if (dtype != EGM_F32 && dtype != EGM_F64)
		EGM_FAIL(EGM_ERR_ARGUMENT, "model '%s': dtype %d is neither EGM_F32 nor EGM_F64", model->name, (int)dtype);
	if (model->n_layers == 0) EGM_FAIL(EGM_ERR_STATE, "model '%s': build needs a layer", model->name);
	if (lay_out(model, NULL, &n, &count) || egm__size_mul(count, (int64_t)egm__dtype_size(dtype), &bytes))
		EGM_FAIL(EGM_ERR_ARGUMENT, "model '%s': its layers together have too many parameters", model->name);
	tensors = egm__alloc_zero(model->context, (size_t)n + 1, sizeof *tensors);
	parameters = egm__alloc_zero(model->context, (size_t)count + 1, egm__dtype_size(dtype));
	if (!tensors || !parameters)
		EGM_FAIL(EGM_ERR_MEMORY, "model '%s': out of memory for %lld parameters", model->name, (long long)count);
	lay_out(model, tensors, &n, &count);
	model->tensors = tensors;
	model->n_tensors = n;
	model->parameters = parameters;
	model->count = count;
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
	if (st != EGM_OK) return st;
	for (int32_t i = 0; i < model->n_tensors; i++)
		if (model->tensors[i].trained) egm__model_draw(model, i, seed);
	egm__model_settle(model, 0, model->n_layers, seed);
	return EGM_OK;
}
