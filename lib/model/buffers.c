/* SPDX-License-Identifier: MIT */
/* Buffers: tensors among the parameters that no derivative reaches and no optimiser moves. A layer's kind makes them
 * follow its weight, one round a call; here rounds are run: one after each small move of the net, many from a fresh
 * draw after the weight was replaced. A fresh draw, because what the old weight left may be blind to the new one: u =
 * (1, 0), settled on diag(3, 1), would stay (1, 0) on diag(1, 3). */
#include <core/cpu_impl.h>
#include <model/layer_impl.h>

/* Rounds in which a buffer settles. Fixed, so that the result is a function of the weight alone: a rule that stops when
 * little changes would stop at a saddle. */
enum { SETTLING_ROUNDS = 100 };

static void refresh_layer(egm_model *model, const egm__layer *layer, int rounds)
{
	void *tensors[EGM__LAYER_TENSORS] = {NULL};
	for (int32_t i = 0; i < layer->kind->n_tensors; i++)
		tensors[i] = egm__tensor_values(model, &model->tensors[layer->first_tensor + i]);
	uint32_t mode = egm__cpu_fp_flush();
	for (int i = 0; i < rounds; i++) layer->kind->refresh(layer, model->context, model->dtype, tensors);
	egm__cpu_fp_set(mode);
	model->version++;
}

void egm__model_refresh(egm_model *model)
{
	for (int32_t l = 0; l < model->n_layers; l++)
		if (model->layers[l].kind->refresh) refresh_layer(model, &model->layers[l], 1);
}

void egm__model_settle(egm_model *model, int32_t first, int32_t end, uint64_t seed)
{
	for (int32_t l = first; l < end; l++) {
		const egm__layer *layer = &model->layers[l];
		if (!layer->kind->refresh) continue;
		for (int32_t i = layer->kind->n_tensors - layer->kind->n_buffers; i < layer->kind->n_tensors; i++)
			egm__model_draw(model, layer->first_tensor + i, seed);
		refresh_layer(model, layer, SETTLING_ROUNDS);
	}
}
