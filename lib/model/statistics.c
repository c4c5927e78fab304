/* SPDX-License-Identifier: MIT */
/* Running statistics: buffers that a net does not compute from its weight but gathers from the batches that it sees. A
 * program that runs on a batch writes what they become somewhere else, packed one behind the other; who ran it looks at
 * them and puts them into the net, or does not. */
#include <model/layer_impl.h>
#include <string.h>

int32_t egm__model_batch_layer(const egm_model *model)
{
	for (int32_t i = 0; i < model->n_layers; i++)
		if (model->layers[i].kind->apply_batch) return i;
	return -1;
}

typedef struct place {
	char *parameter; /* of the tensor */
	int64_t at;      /* in the packed array, bytes */
	size_t bytes;
} place;

/* Where tensor `index` stands; 0 when it is no running statistic. */
static int find_place(const egm_model *model, int32_t index, place *out)
{
	const egm__tensor *t = &model->tensors[index];
	int64_t element = (int64_t)egm__dtype_size(model->dtype);
	if (t->statistic < 0) return 0;
	*out =
	    (place){(char *)model->parameters + t->offset * element, t->statistic * element, (size_t)(t->count * element)};
	return 1;
}

void egm__model_get_statistics(const egm_model *model, void *out)
{
	place p;
	for (int32_t i = 0; i < model->n_tensors; i++)
		if (find_place(model, i, &p)) memcpy((char *)out + p.at, p.parameter, p.bytes);
}

void egm__model_put_statistics(egm_model *model, const void *values)
{
	place p;
	for (int32_t i = 0; i < model->n_tensors; i++)
		if (find_place(model, i, &p)) memcpy(p.parameter, (const char *)values + p.at, p.bytes);
	if (model->statistics) model->version++;
}
