/* SPDX-License-Identifier: MIT */
/* Running statistics: buffers that are means over the batches seen in training. A program that runs on a batch does not
 * change them: it writes their next values into a packed array, and the trainer copies these into the model if the step
 * succeeds. */
#include <model/layer_impl.h>
#include <string.h>

int32_t egm__model_batch_layer(const egm_model *model)
{
	for (int32_t i = 0; i < model->n_layers; i++)
		if (model->layers[i].kind->apply_batch) return i;
	return -1;
}

static size_t bytes_of(const egm_model *model, int64_t count)
{
	return (size_t)count * egm__dtype_size(model->dtype);
}

void egm__model_get_statistics(const egm_model *model, void *out)
{
	for (const egm__tensor *t = model->tensors; t < model->tensors + model->n_tensors; t++)
		if (t->statistic >= 0)
			memcpy((char *)out + bytes_of(model, t->statistic), egm__tensor_values(model, t),
			       bytes_of(model, t->count));
}

void egm__model_put_statistics(egm_model *model, const void *values)
{
	for (const egm__tensor *t = model->tensors; t < model->tensors + model->n_tensors; t++)
		if (t->statistic >= 0)
			memcpy(egm__tensor_values(model, t), (const char *)values + bytes_of(model, t->statistic),
			       bytes_of(model, t->count));
	if (model->statistics) model->version++;
}
