/* SPDX-License-Identifier: MIT */
/* Reads weights of another program into a built model. The file names its tensors as PyTorch's nn.Sequential does and
 * as a model does: number of the layer, dot, name. First the tensors of model and file are matched; then all numbers
 * are converted into a copy; only then the model changes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <core/rounding_impl.h>
#include <core/status_impl.h>
#include <io/options_impl.h>
#include <io/restore_impl.h>
#include <io/safetensors_format_impl.h>

typedef struct restorer {
	egm_model *model;
	const egm__origin *from;
	const char *path, *prefix;
	egm_restore_options options;
	int pytorch; /* the layout */
	egm__safetensors *file;
	const egm__st_entry **sources; /* for each tensor of the model; NULL: none is found or needed */
	egm__restore_order *orders;    /* for each layer */
	unsigned char *used;           /* for each tensor of the file, whether it is used */
	char *values;                  /* the next parameters of the model */
	egm__restore_faults faults;
} restorer;

static const egm__layer *layer_of(const restorer *r, int32_t tensor)
{
	return &r->model->layers[r->model->tensors[tensor].layer];
}

/* ---- finding */

/* The entry PREFIX LAYER.NAME of the file; NULL: there is none. */
static const egm__st_entry *find(restorer *r, int32_t layer, const char *name)
{
	char full[EGM__ST_MAX_NAME + 1];
	int n = snprintf(full, sizeof full, "%s%d.%s", r->prefix, (int)layer, name);
	if (n < 0 || n >= (int)sizeof full) return NULL;
	for (int32_t i = 0; i < r->file->count; i++) {
		if (strcmp(r->file->entries[i].tensor.name, full) != 0) continue;
		r->used[i] = 1;
		return &r->file->entries[i];
	}
	return NULL;
}

/* By the name in the model, or those of PyTorch's spectral_norm, of its old form and as a parametrisation. */
static const egm__st_entry *find_tensor(restorer *r, int32_t tensor)
{
	static const char *const others[][3] = {{"weight", "weight_orig", "parametrizations.weight.original"},
	                                        {"u", "weight_u", "parametrizations.weight.0._u"},
	                                        {"v", "weight_v", "parametrizations.weight.0._v"}};
	const egm__tensor *t = &r->model->tensors[tensor];
	const char *name = strchr(t->name, '.') + 1;
	const egm__st_entry *found = find(r, t->layer, name);
	for (int i = 0; i < 3 && layer_of(r, tensor)->kind->refresh; i++) {
		if (strcmp(name, others[i][0]) != 0) continue;
		for (int k = 1; k < 3 && !found; k++) found = find(r, t->layer, others[i][k]);
	}
	return found;
}

/* Whether the file may lack it: vectors of a spectral layer follow from its weight, and a bias may be 0. */
static int is_optional(const restorer *r, int32_t tensor)
{
	const egm__tensor *t = &r->model->tensors[tensor];
	const char *name = strchr(t->name, '.') + 1;
	const egm__layer *layer = layer_of(r, tensor);
	if (layer->kind->refresh && !t->trained) return 1;
	return r->options.zero_bias && layer->kind->drawn && strcmp(name, "bias") == 0;
}

static void find_all(restorer *r)
{
	for (int32_t i = 0; i < r->model->n_tensors; i++) {
		r->sources[i] = find_tensor(r, i);
		if (!r->sources[i] && !is_optional(r, i))
			egm__restore_fault(&r->faults.missing, "%s%s", r->prefix, r->model->tensors[i].name);
	}
	/* A count of batches, which PyTorch's batch_norm writes and a model does not need. */
	for (int32_t l = 0; l < r->model->n_layers; l++)
		if (r->model->layers[l].kind->apply_batch) find(r, l, "num_batches_tracked");
	size_t n = strlen(r->prefix);
	for (int32_t i = 0; i < r->file->count; i++) {
		const char *name = r->file->entries[i].tensor.name;
		if (!r->used[i] && strncmp(name, r->prefix, n) == 0) egm__restore_fault(&r->faults.extra, "%s", name);
	}
}

/* ---- checking */

static void shape_text(char text[96], const int64_t *shape, int32_t rank)
{
	size_t used = (size_t)snprintf(text, 96, "[");
	for (int32_t i = 0; i < rank && used < 80; i++)
		used += (size_t)snprintf(text + used, 96 - used, "%s%" PRId64, i ? ", " : "", shape[i]);
	snprintf(text + used, 96 - used, "]");
}

static int same_shape(const egm__st_tensor *t, const int64_t *shape, int32_t rank)
{
	return t->rank == rank && (!rank || memcmp(t->shape, shape, (size_t)rank * sizeof *shape) == 0);
}

static void check_shape(restorer *r, int32_t tensor)
{
	const egm__tensor *t = &r->model->tensors[tensor];
	const egm__st_tensor *source = &r->sources[tensor]->tensor;
	const egm__layer *layer = layer_of(r, tensor);
	int64_t wanted[4], other[4];
	char found[96], needed[96];
	int32_t rank = egm__restore_shape(wanted, layer, t, r->pytorch);
	if (same_shape(source, wanted, rank)) return;
	/* PyTorch stores the norm of an image as an image. A row is none: its sizes are 0, as a file may have them. */
	const int64_t image[3] = {layer->in.channels, layer->in.height, layer->in.width};
	int of_image = layer->in.channels && egm__restore_is_norm(layer);
	if (r->pytorch && rank == 1 && of_image && same_shape(source, image, 3)) return;
	shape_text(found, source->shape, source->rank);
	shape_text(needed, wanted, rank);
	rank = egm__restore_shape(other, layer, t, !r->pytorch);
	egm__restore_fault(&r->faults.misshapen, "%s is %s, must be %s%s", source->name, found, needed,
	                   same_shape(source, other, rank) ? " (it fits the other layout)" : "");
}

/* If the file has the model's first tensor after a prefix, the model is a module of a larger one there. */
static void guess_prefix(char text[96], const restorer *r)
{
	const char *wanted = r->model->n_tensors ? r->model->tensors[0].name : "";
	size_t n = strlen(wanted);
	text[0] = 0;
	for (int32_t i = 0; n && !r->sources[0] && !text[0] && i < r->file->count; i++) {
		const char *name = r->file->entries[i].tensor.name;
		size_t length = strlen(name);
		if (length < n + 2 || length > n + 60 || strcmp(name + length - n, wanted) != 0) continue;
		if (name[length - n - 1] == '.') snprintf(text, 96, "is the prefix '%.*s'? ", (int)(length - n), name);
	}
}

static egm_status check_all(restorer *r)
{
	egm_status st = EGM_OK;
	char text[EGM__RESTORE_TEXT], prefix[96];
	find_all(r);
	for (int32_t i = 0; i < r->model->n_tensors; i++)
		if (r->sources[i]) check_shape(r, i);
	if (r->faults.missing.count || r->faults.extra.count || r->faults.misshapen.count) {
		int shape = !r->faults.missing.count && !r->faults.extra.count;
		egm__restore_faults_text(text, &r->faults);
		guess_prefix(prefix, r);
		EGM_FAIL(shape ? EGM_ERR_SHAPE : EGM_ERR_FORMAT, "%s: %sfor model '%s' %s", r->path, prefix, r->model->name,
		         text);
	}
	for (int32_t i = 0; i < r->model->n_tensors; i++) {
		const egm__st_entry *e = r->sources[i];
		if (e && e->tensor.dtype != EGM__ST_F32 && e->tensor.dtype != EGM__ST_F64)
			EGM_FAIL(EGM_ERR_DTYPE, "%s: tensor '%s' is %s, must be F16, BF16, F32 or F64", r->path, e->tensor.name,
			         e->type->name);
	}
out:
	return st;
}

/* ---- converting */

static egm_status check_value(const restorer *r, const egm__tensor *t, const egm__st_tensor *source, int64_t at,
                              double read, double kept)
{
	if (!isfinite(read))
		return egm__fail(EGM_ERR_NONFINITE, "%s: %s[%" PRId64 "] is %s, must be finite", r->path, source->name, at,
		                 egm__nonfinite_name(read));
	if (!isfinite(kept))
		return egm__fail(EGM_ERR_NONFINITE, "%s: %s[%" PRId64 "] is %g, must be finite in f32", r->path, source->name,
		                 at, read);
	if (t->not_negative && read < 0)
		return egm__fail(EGM_ERR_FORMAT, "%s: %s[%" PRId64 "] is %g, must be at least 0", r->path, source->name, at,
		                 read);
	return EGM_OK;
}

static egm_status convert_tensor(restorer *r, int32_t tensor)
{
	egm_status st = EGM_OK;
	const egm__tensor *t = &r->model->tensors[tensor];
	const egm__st_tensor *source = &r->sources[tensor]->tensor;
	egm__restore_map map = egm__restore_map_of(layer_of(r, tensor), t, &r->orders[t->layer], r->pytorch);
	EGM_INVARIANT(source->count == t->count && map.outer * map.inner == t->count);
	for (int64_t i = 0; i < t->count; i++) {
		int64_t at = egm__restore_source(&map, i);
		double read = egm__number((egm_dtype)source->dtype, source->data, at), kept = read;
		if (r->model->dtype == EGM_F64) {
			((double *)(void *)r->values)[t->offset + i] = read;
		} else {
			float narrow = (float)read;
			((float *)(void *)r->values)[t->offset + i] = narrow;
			kept = narrow;
		}
		EGM_TRY(check_value(r, t, source, at, read, kept));
	}
out:
	return st;
}

static EGM__OWN_FUNCTION egm_status convert_all(restorer *r)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < r->model->n_tensors; i++)
		if (r->sources[i]) EGM_TRY(convert_tensor(r, i));
out:
	return st;
}

/* ---- storing */

/* Vectors that the file lacks are computed from the new weight. */
static void refresh_vectors(restorer *r)
{
	egm_model *m = r->model;
	for (int32_t i = 0; i < m->n_tensors; i++) {
		const egm__tensor *t = &m->tensors[i];
		if (!r->sources[i] && !t->trained) egm__model_recompute_buffers(m, t->layer, t->layer + 1, 0);
	}
}

static void store(restorer *r)
{
	memcpy(r->model->parameters, r->values, (size_t)r->model->count * egm__dtype_size(r->model->dtype));
	r->model->version++;
	refresh_vectors(r);
}

/* ---- the call */

static egm_status read_file(restorer *r)
{
	egm_status st = EGM_OK;
	egm_load_options load = EGM_LOAD_OPTIONS_INIT;
	load.max_header_bytes = r->options.max_header_bytes;
	load.max_data_bytes = r->options.max_data_bytes;
	EGM_TRY(egm__safetensors_read_from(&r->file, r->model->context, r->from, &load, 1));
	const char *format = egm__safetensors_meta(r->file, "format");
	int ours = egm__safetensors_meta(r->file, "architecture") || (format && strncmp(format, "egm-", 4) == 0);
	r->pytorch = r->options.layout == EGM_LAYOUT_PYTORCH || (r->options.layout == EGM_LAYOUT_AUTO && !ours);
out:
	return st;
}

/* `values` starts as zeros, because biases that the file lacks are 0. */
static egm_status allocate(restorer *r)
{
	egm_context *c = r->model->context;
	size_t n = (size_t)r->model->n_tensors, width = egm__dtype_size(r->model->dtype);
	r->sources = egm__alloc_zero(c, n + 1, sizeof *r->sources);
	r->orders = egm__alloc_zero(c, (size_t)r->model->n_layers + 1, sizeof *r->orders);
	r->used = egm__alloc_zero(c, (size_t)r->file->count + 1, 1);
	r->values = egm__alloc_zero(c, r->model->count + 1, width);
	if (r->sources && r->orders && r->used && r->values) return EGM_OK;
	return egm__fail(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " parameters", r->path, r->model->count);
}

static egm_status restore(egm_model *model, const egm__origin *from, const egm_restore_options *options)
{
	egm_status st = EGM_OK;
	restorer r = {.model = model, .from = from, .path = from->path};
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "model is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__model_ready(model));
	EGM_TRY(egm__options_check(&egm__options_restore, &r.options, options));
	r.prefix = r.options.prefix ? r.options.prefix : "";
	EGM_TRY(read_file(&r));
	EGM_TRY(allocate(&r));
	EGM_TRY(check_all(&r));
	if (r.pytorch) EGM_TRY(egm__restore_orders(r.orders, model, from->path));
	uint32_t mode = egm__round_nearest();
	st = convert_all(&r);
	egm__round_restore(mode);
	if (st == EGM_OK) store(&r);
out:
	egm__free(model->context, r.values);
	egm__free(model->context, r.used);
	egm__free(model->context, r.orders);
	egm__free(model->context, r.sources);
	egm__safetensors_free(r.file);
	return st;
}

egm_status egm_model_restore(egm_model *model, const char *path, const egm_restore_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, restore(model, &from, options));
}

egm_status egm_model_restore_memory(egm_model *model, const void *bytes, size_t size,
                                    const egm_restore_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, restore(model, &from, options));
}
