/* SPDX-License-Identifier: MIT */
/* The handle of a model: created, shared by counted references, freed; its name and sizes. */
#include <model/evaluator_impl.h>
#include <string.h>

/* As many as the units that a layer may have. */
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

egm_model *egm__model_create_empty(egm_context *context)
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
	egm_model *model = egm__model_create_empty(context);
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

int64_t egm__model_outputs(const egm_model *model)
{
	return model->n_layers ? model->layers[model->n_layers - 1].outputs : model->inputs;
}

egm_status egm__model_ready(const egm_model *model)
{
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "model is NULL");
	if (!model->built)
		return egm__fail(EGM_ERR_STATE, "model '%s' is not built: call egm_model_build first", model->name);
	return EGM_OK;
}

egm_status egm__model_open(const egm_model *model)
{
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "model is NULL");
	if (model->built)
		return egm__fail(EGM_ERR_STATE, "model '%s' is built; it can only be changed before egm_model_build",
		                 model->name);
	return model->failed == EGM_OK ? EGM_OK : egm__fail(model->failed, "%s", model->failure);
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
