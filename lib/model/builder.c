/* SPDX-License-Identifier: MIT */
/* Builder calls before the model is built: each checks its arguments and appends a layer. The model keeps the first
 * error, and every later call returns it again, so that a program may check egm_model_build alone. An error of build
 * itself is not kept: after a failed allocation it may be called again. */
#include <math.h>
#include <model/layer_impl.h>
#include <stdio.h>
#include <string.h>

static egm_status keep_failure(egm_model *model, egm_status st)
{
	if (st == EGM_OK) return st;
	model->failed = st;
	snprintf(model->failure, sizeof model->failure, "%s", egm__last_text());
	return st;
}

static egm_status check_integer(const egm_model *model, const egm__layer_kind *kind, const egm__layer_parameter *p,
                                double value)
{
	int below = !(value >= p->low);
	char given[32] = "9223372036854775807"; /* INT64_MAX, which as a double is 2^63 */
	if (!below && value <= p->high) return EGM_OK;
	if (value != 0x1p63) snprintf(given, sizeof given, fabs(value) <= 0x1p63 ? "%.0f" : "%g", value);
	return egm__fail(EGM_ERR_ARGUMENT, "%s of layer %d (%s) of model '%s' is %s, must be at %s %.0f", p->name,
	                 model->n_layers, kind->name, model->name, given, below ? "least" : "most",
	                 below ? p->low : p->high);
}

static egm_status check_real(const egm_model *model, const egm__layer_kind *kind, const egm__layer_parameter *p,
                             double value)
{
	int above = p->low_open ? value > p->low : value >= p->low;
	int below = p->high_closed ? value <= p->high : value < p->high;
	char range[64];
	if (above && below) return EGM_OK;
	if (isinf(p->high))
		snprintf(range, sizeof range, "%s %g and finite", p->low_open ? "above" : "at least", p->low);
	else
		snprintf(range, sizeof range, "in %c%g, %g%c", p->low_open ? '(' : '[', p->low, p->high,
		         p->high_closed ? ']' : ')');
	return egm__fail(EGM_ERR_ARGUMENT, "%s of layer %d (%s) of model '%s' is %g, must be %s", p->name, model->n_layers,
	                 kind->name, model->name, value, range);
}

static egm_status take_parameters(const egm_model *model, egm__layer *layer, const double *values)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < egm__layer_parameter_count(layer->kind); i++) {
		const egm__layer_parameter *p = &layer->kind->parameters[i];
		EGM_TRY((p->integer ? check_integer : check_real)(model, layer->kind, p, values[i]));
		layer->parameters[i] = values[i];
	}
out:
	return st;
}

/* Sets inputs, outputs and images. */
static egm_status fit(const egm_model *model, egm__layer *layer)
{
	char reason[EGM__LAYER_REASON] = "";
	layer->inputs = layer->outputs = egm__model_outputs(model);
	if (model->n_layers) layer->in = layer->out = model->layers[model->n_layers - 1].out;
	if (!layer->kind->fit || !layer->kind->fit(layer, reason)) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "layer %d (%s) of model '%s': %s", model->n_layers, layer->kind->name,
	                 model->name, reason);
}

static egm_status check_sizes(const egm_model *model, const egm__layer *layer)
{
	const egm__layer_kind *kind = layer->kind;
	int64_t count;
	for (int32_t i = 0; i < kind->n_tensors; i++)
		if (egm__layer_tensor_count(layer, i, &count))
			return egm__fail(
			    EGM_ERR_ARGUMENT,
			    "%s of layer %d (%s) of model '%s' has too many numbers, for %lld inputs and %lld outputs, must "
			    "fit in memory",
			    kind->tensor_names[i], model->n_layers, kind->name, model->name, (long long)layer->inputs,
			    (long long)layer->outputs);
	return EGM_OK;
}

static egm_status make_room(egm_model *model)
{
	if (model->n_layers == EGM__MAX_LAYERS)
		return egm__fail(EGM_ERR_ARGUMENT, "model '%s' has %d layers, must not have more", model->name,
		                 EGM__MAX_LAYERS);
	if (model->n_layers < model->cap_layers) return EGM_OK;
	int32_t cap = model->cap_layers ? 2 * model->cap_layers : 8;
	egm__layer *grown = egm__realloc(model->context, model->layers, cap, sizeof *grown);
	if (!grown) return egm__fail(EGM_ERR_MEMORY, "no memory for %d layers of model '%s'", cap, model->name);
	model->layers = grown;
	model->cap_layers = cap;
	return EGM_OK;
}

static egm_status append(egm_model *model, const egm__layer_kind *kind, const double *parameters)
{
	egm_status st = EGM_OK;
	egm__layer layer = {.kind = kind, .initializer = model->initializer};
	EGM_TRY(take_parameters(model, &layer, parameters));
	EGM_TRY(fit(model, &layer));
	EGM_TRY(check_sizes(model, &layer));
	EGM_TRY(make_room(model));
	model->layers[model->n_layers++] = layer;
out:
	return st;
}

egm_status egm__model_add(egm_model *model, const egm__layer_kind *kind, const double *parameters)
{
	egm_status st = egm__model_open(model);
	return st == EGM_OK ? keep_failure(model, append(model, kind, parameters)) : st;
}

egm_status egm_model_set_initializer(egm_model *model, int32_t initializer)
{
	egm_status st = egm__model_open(model);
	if (st != EGM_OK) return egm__named(__func__, st);
	if (!egm__initializer_name(initializer))
		return egm__named(
		    __func__,
		    keep_failure(model, egm__fail(EGM_ERR_ARGUMENT,
		                                  "initializer of model '%s' is %d, must be one of EGM_INIT_* (%d to %d)",
		                                  model->name, initializer, EGM_INIT_FAN_IN_UNIFORM, EGM_INIT_ZEROS)));
	model->initializer = initializer;
	return EGM_OK;
}
