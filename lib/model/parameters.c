/* SPDX-License-Identifier: MIT */
/* The parameters of a model as arrays, all together or tensor by tensor: read, replaced, clipped. */
#include <math.h>
#include <model/evaluator_impl.h>
#include <string.h>
#include <tensor/finite_impl.h>
#include <tensor/kernels_impl.h>

/* ---- the tensors */

egm_status egm_model_tensor_shape(const egm_model *model, int32_t index, const char **name, int64_t shape[4],
                                  int32_t *rank)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_ready(model));
	if (!name || !shape || !rank) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", !name ? "name" : shape ? "rank" : "shape");
	if (index < 0 || index >= model->n_tensors)
		EGM_FAIL(EGM_ERR_ARGUMENT, "index is %d, must be at least 0 and below the %d tensors of model '%s'", index,
		         model->n_tensors, model->name);
	const egm__tensor *t = &model->tensors[index];
	*name = t->name;
	memcpy(shape, t->shape, sizeof t->shape);
	*rank = t->rank;
out:
	return egm__named(__func__, st);
}

static egm_status find_tensor(const egm_model *model, const char *name, const egm__tensor **out)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_ready(model));
	if (!name) EGM_FAIL(EGM_ERR_ARGUMENT, "name is NULL");
	for (int32_t i = 0; i < model->n_tensors; i++) {
		*out = &model->tensors[i];
		if (!strcmp((*out)->name, name)) return EGM_OK;
	}
	EGM_FAIL(EGM_ERR_ARGUMENT, "model '%s' has no tensor '%.40s'; egm_model_tensor_shape gives the names", model->name,
	         name);
out:
	return st;
}

/* ---- get and set */

static egm_status check_finite(const egm_model *model, const egm__tensor *t, const void *values)
{
	int64_t at = egm__first_nonfinite(model->context, model->dtype, values, t->count);
	if (at < 0) return EGM_OK;
	return egm__fail(EGM_ERR_NONFINITE, "%s[%lld] of model '%s' is %s, must be finite", t->name, (long long)at,
	                 model->name, egm__nonfinite_name(egm__number(model->dtype, values, at)));
}

/* All numbers are finite, and at least 0 if the layer takes a root of them. */
static egm_status check_values(const egm_model *model, const egm__tensor *t, const void *values)
{
	egm_status st = EGM_OK;
	EGM_TRY(check_finite(model, t, values));
	for (int64_t i = 0; t->not_negative && i < t->count; i++) {
		double value = egm__number(model->dtype, values, i);
		if (value < 0)
			EGM_FAIL(EGM_ERR_ARGUMENT, "%s[%lld] of model '%s' is %g, must be at least 0", t->name, (long long)i,
			         model->name, value);
	}
out:
	return st;
}

egm_status egm_model_parameters(const egm_model *model, egm_out out)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_ready(model));
	if (!model->count && (out.rows == 0 || out.columns == 0)) goto out;
	EGM_TRY(egm__out_fits(out, "out", model->dtype, model->count, 1));
	memcpy(out.data, model->parameters, (size_t)model->count * egm__dtype_size(model->dtype));
out:
	return egm__named(__func__, st);
}

egm_status egm_model_set_parameters(egm_model *model, egm_array values)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__model_ready(model));
	if (!model->count && (values.rows == 0 || values.columns == 0)) goto out;
	EGM_TRY(egm__array_counts(values, "values", model->dtype, model->count));
	const size_t size = egm__dtype_size(model->dtype);
	for (int32_t i = 0; i < model->n_tensors; i++) {
		const egm__tensor *t = &model->tensors[i];
		EGM_TRY(check_values(model, t, (const char *)values.data + (size_t)t->offset * size));
	}
	memcpy(model->parameters, values.data, (size_t)model->count * size);
	model->version++;
out:
	return egm__named(__func__, st);
}

/* Adds the name of the tensor to an error of its array. */
static egm_status for_tensor(const egm__tensor *t, egm_status st)
{
	return st == EGM_OK ? st : egm__fail(st, "tensor '%s': %s", t->name, egm__last_text());
}

egm_status egm_model_tensor(const egm_model *model, const char *name, egm_out out)
{
	egm_status st = EGM_OK;
	const egm__tensor *t = NULL;
	EGM_TRY(find_tensor(model, name, &t));
	EGM_TRY(for_tensor(t, egm__out_fits(out, "out", model->dtype, t->count, 1)));
	memcpy(out.data, egm__tensor_values(model, t), (size_t)t->count * egm__dtype_size(model->dtype));
out:
	return egm__named(__func__, st);
}

egm_status egm_model_set_tensor(egm_model *model, const char *name, egm_array values)
{
	egm_status st = EGM_OK;
	const egm__tensor *t = NULL;
	EGM_TRY(find_tensor(model, name, &t));
	EGM_TRY(for_tensor(t, egm__array_counts(values, "values", model->dtype, t->count)));
	EGM_TRY(check_values(model, t, values.data));
	memcpy(egm__tensor_values(model, t), values.data, (size_t)t->count * egm__dtype_size(model->dtype));
	model->version++;
	/* the buffers of a layer are functions of its tensor 0 */
	if (t == &model->tensors[model->layers[t->layer].first_tensor])
		egm__model_recompute_buffers(model, t->layer, t->layer + 1, 0);
out:
	return egm__named(__func__, st);
}

/* Clips parameters first .. end-1 to [-bound, bound]. */
static void clip_range(const egm_model *model, double bound, int64_t first, int64_t end)
{
	if (model->dtype == EGM_F32) {
		float *w = model->parameters, b = (float)bound;
		for (int64_t i = first; i < end; i++) w[i] = w[i] < -b ? -b : w[i] > b ? b : w[i];
	} else {
		double *w = model->parameters;
		for (int64_t i = first; i < end; i++) w[i] = w[i] < -bound ? -bound : w[i] > bound ? bound : w[i];
	}
}

void egm__model_clip_part(const egm_model *model, double bound, int64_t first, int64_t count)
{
	for (int32_t i = 0; i < model->n_tensors; i++) {
		const egm__tensor *t = &model->tensors[i];
		int64_t from = t->offset > first ? t->offset : first;
		int64_t end = t->offset + t->count < first + count ? t->offset + t->count : first + count;
		if (t->trained) clip_range(model, bound, from, end);
	}
}

void egm__model_clip(egm_model *model, double bound)
{
	egm__model_clip_part(model, bound, 0, model->count);
	model->version++;
}
