/* SPDX-License-Identifier: MIT */
/* The network as nodes of a graph, one layer after another. */
#include <model/model_impl.h>

/* A vector is a row; any other tensor is a matrix [first size, product of the others]. */
egm__id egm__model_leaf(egm__graph *graph, const egm_model *model, int32_t slot, int32_t tensor)
{
	const egm__tensor *t = &model->tensors[tensor];
	int64_t rows = t->rank == 1 ? 1 : t->shape[0];
	return egm__leaf(graph, slot, t->offset, egm__shape2(rows, t->count / rows));
}

/* One layer. batch: not 0, if statistics of the batch count; known: see `tensors` of egm__model_apply_batch. */
static egm__id apply_layer(egm__graph *graph, const egm_model *model, const egm__layer *layer, int32_t slot, egm__id x,
                           int batch, egm__id *known)
{
	const egm__layer_kind *kind = layer->kind;
	egm__id tensors[EGM__LAYER_TENSORS] = {EGM__NONE, EGM__NONE, EGM__NONE, EGM__NONE};
	for (int32_t i = 0; i < kind->n_tensors; i++) {
		int32_t tensor = layer->first_tensor + i;
		tensors[i] = known && known[tensor] != EGM__NONE ? known[tensor] : egm__model_leaf(graph, model, slot, tensor);
	}
	if (!batch || !kind->apply_batch) return kind->apply(graph, layer, x, tensors);
	x = kind->apply_batch(graph, layer, x, tensors);
	for (int32_t i = kind->n_tensors - kind->n_buffers; known && i < kind->n_tensors; i++)
		known[layer->first_tensor + i] = tensors[i];
	return x;
}

static egm__id apply_layers(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x, int batch,
                            egm__id *known)
{
	if (x == EGM__NONE) return x;
	int64_t rows = egm__graph_shape(graph, x)->d[0];
	for (int32_t l = 0; l < model->n_layers; l++)
		x = apply_layer(graph, model, &model->layers[l], slot, x, batch, known);
	return egm__reshape(graph, x, egm__shape2(rows, egm__model_outputs(model)));
}

egm__id egm__model_apply(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x)
{
	return apply_layers(graph, model, slot, x, 0, NULL);
}

egm__id egm__model_apply_batch(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x, egm__id *tensors)
{
	return apply_layers(graph, model, slot, x, 1, tensors);
}
