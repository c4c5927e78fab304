/* SPDX-License-Identifier: MIT */
/* How many numbers one row needs in a network: its inputs, the outputs of all layers, and the largest number of windows
 * of a convolution. A file of a few bytes can describe a network whose rows need more memory than there is. */
#include <core/size_impl.h>
#include <model/model_impl.h>

/* Saturates at INT64_MAX, which only models that a program builds can reach: in files, inputs, outputs and windows are
 * at most INT32_MAX each. */
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
