/* SPDX-License-Identifier: MIT */
/* How many numbers one row needs in a network. */
#include <core/size_impl.h>
#include <model/model_impl.h>

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
