/* SPDX-License-Identifier: MIT */
/* Buffers that follow a weight: tensors among the parameters that no derivative reaches and no optimiser moves, such as
 * the singular vectors of spectral normalisation. A layer's kind computes one round of the iteration. One round follows
 * each small move of the weight; after the weight was replaced, many rounds start from a fresh draw. The draw is fresh
 * because the old buffer may be orthogonal to what it must find: u = (1, 0), exact for diag(3, 1), stays (1, 0) for
 * diag(1, 3). */
#include <core/cpu_impl.h>
#include <model/layer_impl.h>

/* A fixed number, because a rule that stops when little changes would stop at a saddle point. */
enum { FRESH_ROUNDS = 100 };

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

void egm__model_recompute_buffers(egm_model *model, int32_t first, int32_t end, uint64_t seed)
{
	for (int32_t l = first; l < end; l++) {
		const egm__layer *layer = &model->layers[l];
		if (!layer->kind->refresh) continue;
		for (int32_t i = layer->kind->n_tensors - layer->kind->n_buffers; i < layer->kind->n_tensors; i++)
			egm__model_draw(model, layer->first_tensor + i, seed);
		refresh_layer(model, layer, FRESH_ROUNDS);
	}
}
