/* SPDX-License-Identifier: MIT */
/* Life of a model: made, shared by counted references, copied, freed; and what it tells about itself. */
#include <core/size_impl.h>
#include <model/evaluator_impl.h>
#include <string.h>

/* As many as a layer may have units. */
static const int64_t MOST_INPUTS = (int64_t)1 << 62;

static int is_name_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

static egm_status check_name(const char *name)
{
	size_t length = strnlen(name, 64), good = 0;
	while (good < length && is_name_character(name[good])) good++;
	if (length == 0 || length > 63)
		return egm__fail(EGM_ERR_ARGUMENT, "name '%.64s' has %s characters, must have 1 to 63", name,
		                 length ? "64 or more" : "no");
	if (good < length)
		return egm__fail(EGM_ERR_ARGUMENT, "character %zu of name '%s' must be a letter, a digit, _ or -", good + 1,
		                 name);
	return EGM_OK;
}

static void release(egm_model *model)
{
	egm_context *context = model->context;
	egm__evaluators_free(context, model->evaluators);
	egm__free(context, model->parameters);
	egm__free(context, model->tensors);
	egm__free(context, model->layers);
	egm__free(context, model);
	egm_context_free(context);
}

/* Room for a model with the lock that its evaluations need; NULL when memory is short. */
static egm_model *create_empty(egm_context *context)
{
	egm_model *model = egm__alloc_zero(context, 1, sizeof *model);
	if (!model) {
		egm__fail(EGM_ERR_MEMORY, "no memory for a model");
		return NULL;
	}
	model->context = context;
	egm__context_retain(context);
	model->refs = 1;
	model->initializer = EGM_INIT_FAN_IN_UNIFORM;
	if (egm__evaluators_create(&model->evaluators, context) == EGM_OK) return model;
	release(model);
	return NULL;
}

egm_status egm_model_create(egm_model **out, egm_context *context, const char *name, int64_t inputs)
{
	egm_status st = EGM_OK;
	if (!out) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "out is NULL"));
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	if (!name) EGM_FAIL(EGM_ERR_ARGUMENT, "name is NULL");
	EGM_TRY(check_name(name));
	if (inputs < 1 || inputs > MOST_INPUTS)
		EGM_FAIL(EGM_ERR_ARGUMENT, "inputs is %lld, must be at %s %lld", (long long)inputs,
		         inputs < 1 ? "least" : "most", inputs < 1 ? 1LL : (long long)MOST_INPUTS);
	egm_model *model = create_empty(context);
	if (!model) return egm__named(__func__, EGM_ERR_MEMORY);
	memcpy(model->name, name, strlen(name) + 1);
	model->inputs = inputs;
	*out = model;
out:
	return egm__named(__func__, st);
}

void egm__model_retain(egm_model *model)
{
	__atomic_add_fetch(&model->refs, 1, __ATOMIC_RELAXED);
}

void egm_model_free(egm_model *model)
{
	if (model && __atomic_sub_fetch(&model->refs, 1, __ATOMIC_ACQ_REL) == 0) release(model);
}

/* The layers and, of an unfinished model, its first error. */
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
	copy = create_empty(model->context);
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

int64_t egm__model_outputs(const egm_model *model)
{
	return model->n_layers ? model->layers[model->n_layers - 1].outputs : model->inputs;
}

/* No sum can overflow: a layer has at most INT32_MAX outputs or windows, or the outputs of the one before, and the
 * first layer of a file at most INT32_MAX inputs; the count saturates for models that a program builds. */
int64_t egm__model_row_numbers(const egm_model *model, int32_t *layer, int64_t *own)
{
	int64_t sum = model->inputs, most = 0;
	*layer = 0;
	*own = -1;
	for (int32_t i = 0; i < model->n_layers; i++) {
		const egm__layer *l = &model->layers[i];
		int64_t windows = l->kind->windows ? l->kind->windows(l) : 0, numbers;
		if (egm__size_add(sum, l->outputs, &sum)) sum = INT64_MAX;
		if (egm__size_add(l->outputs, windows, &numbers)) numbers = INT64_MAX;
		if (windows > most) most = windows;
		if (numbers <= *own) continue;
		*layer = i;
		*own = numbers;
	}
	return egm__size_add(sum, most, &sum) ? INT64_MAX : sum;
}

const char *egm_model_name(const egm_model *model)
{
	return model ? model->name : "";
}

int64_t egm_model_inputs(const egm_model *model)
{
	return model ? model->inputs : 0;
}

int64_t egm_model_outputs(const egm_model *model)
{
	return model && model->built ? egm__model_outputs(model) : 0;
}

egm_dtype egm_model_dtype(const egm_model *model)
{
	return model ? model->dtype : (egm_dtype)0;
}

int64_t egm_model_parameter_count(const egm_model *model)
{
	return model ? model->count : 0;
}

int32_t egm_model_tensor_count(const egm_model *model)
{
	return model ? model->n_tensors : 0;
}
