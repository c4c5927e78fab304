/* SPDX-License-Identifier: MIT */
/* Writes the parameters of a model as PyTorch's nn.Sequential of the same layers stores them: the inverse of
 * restore.c. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/file_impl.h>
#include <io/restore_impl.h>
#include <io/safetensors_impl.h>

enum { NAME = 64 }; /* bytes of "1023.parametrizations.weight.original" and more */

typedef struct exporter {
	const egm_model *model;
	const char *path;
	egm__restore_order *orders; /* for each layer */
	egm__st_tensor *list;       /* for each tensor, as are the names */
	char (*names)[NAME];
	char *values; /* the parameters in the order of PyTorch */
} exporter;

static egm_status allocate(exporter *e)
{
	egm_context *c = e->model->context;
	size_t n = (size_t)e->model->n_tensors;
	e->orders = egm__alloc_zero(c, (size_t)e->model->n_layers + 1, sizeof *e->orders);
	e->list = egm__alloc_zero(c, n + 1, sizeof *e->list);
	e->names = egm__alloc_zero(c, n + 1, sizeof *e->names);
	e->values = egm__alloc(c, e->model->count + 1, egm__dtype_size(e->model->dtype));
	if (e->orders && e->list && e->names && e->values) return EGM_OK;
	return egm__fail(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " parameters", e->path, e->model->count);
}

/* The tensors of spectral layers have the names of torch.nn.utils.parametrizations.spectral_norm, the others the same
 * names in both programs. */
static void set_name(char name[NAME], const egm__layer *layer, const egm__tensor *t)
{
	static const char *const others[][2] = {{"weight", "parametrizations.weight.original"},
	                                        {"u", "parametrizations.weight.0._u"},
	                                        {"v", "parametrizations.weight.0._v"}};
	const char *own = strchr(t->name, '.') + 1;
	for (size_t i = 0; layer->kind->refresh && i < sizeof others / sizeof *others; i++) {
		if (strcmp(own, others[i][0]) != 0) continue;
		snprintf(name, NAME, "%d.%s", (int)t->layer, others[i][1]);
		return;
	}
	snprintf(name, NAME, "%s", t->name);
}

/* nn.LayerNorm of an image has the shape of the image. */
static int32_t shape_of(int64_t shape[4], const egm__layer *layer, const egm__tensor *t)
{
	if (!layer->in.channels || !egm__restore_is_norm(layer)) return egm__restore_shape(shape, layer, t, 1);
	shape[0] = layer->in.channels;
	shape[1] = layer->in.height;
	shape[2] = layer->in.width;
	return 3;
}

static egm_status permute(const exporter *e, const egm__layer *layer, const egm__tensor *t)
{
	size_t width = egm__dtype_size(e->model->dtype);
	const char *from = egm__tensor_values(e->model, t);
	char *to = e->values + (size_t)t->offset * width;
	egm__restore_map map = egm__restore_map_of(layer, t, &e->orders[t->layer], 1);
	EGM_INVARIANT(map.outer * map.inner == t->count);
	for (int64_t i = 0; i < t->count; i++) {
		double v = egm__number(e->model->dtype, from, i);
		if (!isfinite(v))
			return egm__fail(EGM_ERR_NONFINITE, "%s: %s[%" PRId64 "] is %s, must be finite", e->path, t->name, i,
			                 egm__nonfinite_name(v));
		memcpy(to + (size_t)egm__restore_source(&map, i) * width, from + (size_t)i * width, width);
	}
	return EGM_OK;
}

static egm_status list_tensors(exporter *e)
{
	egm_status st = EGM_OK;
	const egm_model *m = e->model;
	for (int32_t i = 0; i < m->n_tensors; i++) {
		const egm__tensor *t = &m->tensors[i];
		const egm__layer *layer = &m->layers[t->layer];
		egm__st_tensor *out = &e->list[i];
		set_name(e->names[i], layer, t);
		out->name = e->names[i];
		out->dtype = (int32_t)m->dtype;
		out->count = t->count;
		out->rank = shape_of(out->shape, layer, t);
		out->data = e->values + (size_t)t->offset * egm__dtype_size(m->dtype);
		EGM_TRY(permute(e, layer, t));
	}
out:
	return st;
}

/* The metadata are those of safetensors.torch. */
static egm_status save(const egm_model *model, const egm__destination *to)
{
	egm_status st = EGM_OK;
	const egm__st_meta meta[] = {{"format", "pt"}};
	exporter e = {.model = model, .path = to->path};
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "model is NULL");
	EGM_TRY(egm__destination_check(to));
	EGM_TRY(egm__model_ready(model));
	EGM_TRY(allocate(&e));
	EGM_TRY(egm__restore_orders(e.orders, model, to->path));
	EGM_TRY(list_tensors(&e));
	EGM_TRY(egm__safetensors_write_to(model->context, to, model->n_tensors, e.list, 1, meta));
out:
	egm__free(model->context, e.values);
	egm__free(model->context, e.names);
	egm__free(model->context, e.list);
	egm__free(model->context, e.orders);
	return st;
}

egm_status egm_model_save_pytorch(const egm_model *model, const char *path)
{
	const egm__destination to = egm__to_file(path);
	return egm__named(__func__, save(model, &to));
}

egm_status egm_model_save_pytorch_memory(const egm_model *model, void *buffer, size_t size, size_t *needed)
{
	const egm__destination to = egm__to_memory(buffer, size, needed);
	return egm__named(__func__, save(model, &to));
}
