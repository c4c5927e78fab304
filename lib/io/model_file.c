/* SPDX-License-Identifier: MIT */
/* A model as a safetensors file: its tensors under their names, everything else in the metadata:
 *
 *   format "egm-model", format_version "1", egm_version, name, dtype "f32" or "f64",
 *   architecture  {"inputs":784,"layers":[{"kind":"dense","units":512,"init":"fan_in_uniform"},
 *                                         {"kind":"leaky_relu","slope":0.2}, ...]}
 *
 * A layer has the parameters of its kind's table, and "init" if its weight is drawn. Kinds, initialisers and parameters
 * are words and not numbers, so the table of layers may be reordered. The reader builds the layers, compares their
 * shapes with the tensors in the file, and only then allocates parameters: a short file cannot cause a large
 * allocation. Numbers that are not finite are rejected on saving too, because they would replace a good file by one
 * that cannot be loaded. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <core/size_impl.h>
#include <core/status_impl.h>
#include <egm/version.h>
#include <io/file_impl.h>
#include <io/json_impl.h>
#include <io/options_impl.h>
#include <io/safetensors_impl.h>
#include <io/text_impl.h>
#include <model/model_impl.h>

static const char *dtype_word(egm_dtype dtype)
{
	return dtype == EGM_F64 ? "f64" : "f32";
}

/* NONFINITE, or FORMAT for a negative number where none may be, with tensor and index. */
static egm_status check_values(const char *path, const char *name, egm_dtype dtype, const void *values, int64_t count,
                               int not_negative)
{
	for (int64_t i = 0; i < count; i++) {
		double v = egm__number(dtype, values, i);
		if (!isfinite(v))
			return egm__fail(EGM_ERR_NONFINITE, "%s: %s[%" PRId64 "] is %s, must be finite", path, name, i,
			                 egm__nonfinite_name(v));
		if (not_negative && v < 0)
			return egm__fail(EGM_ERR_FORMAT, "%s: %s[%" PRId64 "] is %g, must be at least 0", path, name, i, v);
	}
	return EGM_OK;
}

/* ---- saving */

static egm_status append_layer(egm__text *t, const egm__layer *layer)
{
	egm_status st = EGM_OK;
	const egm__layer_kind *kind = layer->kind;
	EGM_TRY(egm__text_format(t, "{\"kind\":\"%s\"", kind->name));
	for (int32_t i = 0; i < egm__layer_parameter_count(kind); i++) {
		EGM_TRY(egm__text_format(t, ",\"%s\":", kind->parameters[i].name));
		if (kind->parameters[i].integer)
			EGM_TRY(egm__text_format(t, "%" PRId64, (int64_t)layer->parameters[i]));
		else
			EGM_TRY(egm__text_real(t, layer->parameters[i]));
	}
	if (kind->drawn) EGM_TRY(egm__text_format(t, ",\"init\":\"%s\"", egm__initializer_name(layer->initializer)));
	EGM_TRY(egm__text_append(t, "}", 1));
out:
	return st;
}

static egm_status describe(egm__text *t, const egm_model *model)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__text_format(t, "{\"inputs\":%" PRId64 ",\"layers\":[", model->inputs));
	for (int32_t i = 0; i < model->n_layers; i++) {
		if (i) EGM_TRY(egm__text_append(t, ",", 1));
		EGM_TRY(append_layer(t, &model->layers[i]));
	}
	EGM_TRY(egm__text_append(t, "]}", 2));
out:
	return st;
}

static egm_status list_tensors(egm__st_tensor *list, const egm_model *model, const char *path)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < model->n_tensors; i++) {
		const egm__tensor *t = &model->tensors[i];
		const void *data = egm__tensor_values(model, t);
		EGM_TRY(check_values(path, t->name, model->dtype, data, t->count, t->not_negative));
		list[i] =
		    (egm__st_tensor){.name = t->name, .dtype = model->dtype, .rank = t->rank, .data = data, .count = t->count};
		memcpy(list[i].shape, t->shape, (size_t)t->rank * sizeof *t->shape);
	}
out:
	return st;
}

static egm_status save(const egm_model *model, const egm__destination *to)
{
	egm_status st = EGM_OK;
	egm__st_tensor *list = NULL;
	char version[48];
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "model is NULL");
	egm__text text = {.context = model->context};
	EGM_TRY(egm__destination_check(to));
	EGM_TRY(egm__model_ready(model));
	list = egm__alloc(model->context, (size_t)model->n_tensors + 1, sizeof *list);
	if (!list) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for a list of %d tensors", to->path, (int)model->n_tensors);
	EGM_TRY(list_tensors(list, model, to->path));
	EGM_TRY(describe(&text, model));
	snprintf(version, sizeof version, "%d.%d.%d", EGM_VERSION_MAJOR, EGM_VERSION_MINOR, EGM_VERSION_PATCH);
	const egm__st_meta meta[] = {{"format", "egm-model"},
	                             {"format_version", "1"},
	                             {"egm_version", version},
	                             {"name", model->name},
	                             {"dtype", dtype_word(model->dtype)},
	                             {"architecture", text.bytes}};
	EGM_TRY(egm__safetensors_write_to(model->context, to, model->n_tensors, list, 6, meta));
out:
	egm__text_clear(&text);
	egm__free(model->context, list);
	return st;
}

egm_status egm_model_save(const egm_model *model, const char *path)
{
	const egm__destination to = egm__to_file(path);
	return egm__named(__func__, save(model, &to));
}

egm_status egm_model_save_memory(const egm_model *model, void *buffer, size_t size, size_t *needed)
{
	const egm__destination to = egm__to_memory(buffer, size, needed);
	return egm__named(__func__, save(model, &to));
}

/* ---- loading */

typedef struct loader {
	egm_context *context;
	const char *path;
	egm__safetensors *file;
	egm_dtype dtype;
	egm_model *model;
} loader;

/* An argument error of the builder is an error of the file here. */
static egm_status forward(const loader *l, egm_status st)
{
	char text[512];
	if (st == EGM_OK || st == EGM_ERR_MEMORY) return st;
	snprintf(text, sizeof text, "%s", egm__last_text());
	return egm__fail(st == EGM_ERR_UNSUPPORTED ? st : EGM_ERR_FORMAT, "%s: %s", l->path, text);
}

static egm_status get_meta(const loader *l, const char *key, const char **value)
{
	*value = egm__safetensors_meta(l->file, key);
	return *value ? EGM_OK : egm__fail(EGM_ERR_FORMAT, "%s: metadata has no '%s'", l->path, key);
}

static egm_status check_format(loader *l)
{
	egm_status st = EGM_OK;
	const char *format, *version, *dtype;
	char text[64];
	format = egm__safetensors_meta(l->file, "format");
	if ((!format || egm__st_is_framework(format)) && !egm__safetensors_meta(l->file, "architecture"))
		EGM_FAIL(EGM_ERR_FORMAT,
		         "%s: has no 'architecture' in its metadata, as egm_model_save writes it; egm_model_restore reads the "
		         "weights of other programs into a built model",
		         l->path);
	EGM_TRY(get_meta(l, "format", &format));
	if (strcmp(format, "egm-model") != 0 && !egm__st_is_framework(format))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: format is '%s', must be 'egm-model'", l->path, egm__printable(text, format));
	EGM_TRY(get_meta(l, "format_version", &version));
	if (strcmp(version, "1") != 0)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: format_version is '%s', must be '1'", l->path,
		         egm__printable(text, version));
	EGM_TRY(get_meta(l, "dtype", &dtype));
	if (strcmp(dtype, "f32") != 0 && strcmp(dtype, "f64") != 0)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: dtype is '%s', must be 'f32' or 'f64'", l->path, egm__printable(text, dtype));
	l->dtype = strcmp(dtype, "f64") == 0 ? EGM_F64 : EGM_F32;
out:
	return st;
}

/* An integer in [least, 2^31 - 1]; `where` names its layer in errors. */
static egm_status get_size(const loader *l, const json_t *object, const char *where, const char *key, int64_t least,
                           int64_t *out)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_integer(value))
		return egm__fail(EGM_ERR_FORMAT, "%s: architecture: %s'%s' is not an integer", l->path, where, key);
	*out = json_integer_value(value);
	if (*out < least)
		return egm__fail(EGM_ERR_FORMAT, "%s: architecture: %s'%s' is %" PRId64 ", must be at least %" PRId64, l->path,
		                 where, key, *out, least);
	if (*out > INT32_MAX)
		return egm__fail(EGM_ERR_UNSUPPORTED, "%s: architecture: %s'%s' is %" PRId64 ", must be at most %d", l->path,
		                 where, key, *out, INT32_MAX);
	return EGM_OK;
}

static egm_status get_parameter(const loader *l, const json_t *layer, const char *where, const egm__layer_parameter *p,
                                double *out)
{
	egm_status st = EGM_OK;
	int64_t integer;
	if (p->integer) {
		EGM_TRY(get_size(l, layer, where, p->name, (int64_t)p->low, &integer));
		*out = (double)integer;
		goto out;
	}
	const json_t *value = json_object_get(layer, p->name);
	if (!json_is_number(value))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: architecture: %s'%s' is not a number", l->path, where, p->name);
	*out = json_number_value(value);
out:
	return st;
}

static egm_status get_kind(const loader *l, const json_t *layer, int index, const egm__layer_kind **kind)
{
	char text[64];
	const char *name = json_string_value(json_object_get(layer, "kind"));
	if (!name) return egm__fail(EGM_ERR_FORMAT, "%s: architecture: layer %d has no kind", l->path, index);
	*kind = egm__layer_kind_find(name);
	if (*kind) return EGM_OK;
	return egm__fail(EGM_ERR_UNSUPPORTED, "%s: architecture: layer %d has kind '%s', unknown to this library", l->path,
	                 index, egm__printable(text, name));
}

static egm_status set_initializer(const loader *l, const json_t *layer, int index)
{
	char text[64];
	const char *name = json_string_value(json_object_get(layer, "init"));
	int32_t initializer = name ? egm__initializer_find(name) : 0;
	if (!initializer)
		return egm__fail(EGM_ERR_FORMAT, "%s: architecture: layer %d has init '%s', must be an initialiser", l->path,
		                 index, egm__printable(text, name ? name : ""));
	return egm_model_set_initializer(l->model, initializer);
}

static egm_status add_layer(const loader *l, const json_t *layer, int index)
{
	egm_status st = EGM_OK;
	const egm__layer_kind *kind;
	double parameters[EGM__LAYER_PARAMETERS];
	char where[64];
	EGM_TRY(get_kind(l, layer, index, &kind));
	int32_t n = egm__layer_parameter_count(kind);
	size_t members = 1 + (size_t)n + (kind->drawn ? 1 : 0);
	snprintf(where, sizeof where, "layer %d (%s): ", index, kind->name);
	for (int32_t i = 0; i < n; i++) EGM_TRY(get_parameter(l, layer, where, &kind->parameters[i], &parameters[i]));
	if (kind->drawn) EGM_TRY(set_initializer(l, layer, index));
	if (json_object_size(layer) != members)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: architecture: layer %d (%s) has %zu members, must have %zu", l->path, index,
		         kind->name, json_object_size(layer), members);
	EGM_TRY(forward(l, egm__model_add(l->model, kind, parameters)));
out:
	return st;
}

static egm_status build_layers(loader *l, const json_t *architecture)
{
	egm_status st = EGM_OK;
	const char *name;
	int64_t inputs;
	const json_t *layers = json_object_get(architecture, "layers");
	size_t n = json_array_size(layers);
	EGM_TRY(get_meta(l, "name", &name));
	EGM_TRY(get_size(l, architecture, "", "inputs", 1, &inputs));
	if (!json_is_array(layers) || n == 0)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: architecture has no layers, must have at least 1", l->path);
	if (n > EGM__MAX_LAYERS)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: architecture has %zu layers, must have at most %d", l->path, n,
		         EGM__MAX_LAYERS);
	if (json_object_size(architecture) != 2)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: architecture has %zu members, must have 2", l->path,
		         json_object_size(architecture));
	EGM_TRY(forward(l, egm_model_create(&l->model, l->context, name, inputs)));
	for (size_t i = 0; i < n; i++) EGM_TRY(add_layer(l, json_array_get(layers, i), (int)i));
out:
	return st;
}

static egm_status read_architecture(loader *l)
{
	egm_status st = EGM_OK;
	json_t *architecture = NULL;
	const char *text;
	EGM_TRY(get_meta(l, "architecture", &text));
	EGM_TRY(egm__json_load(&architecture, l->context, text, strlen(text), l->path, "architecture"));
	EGM_TRY(build_layers(l, architecture));
out:
	json_decref(architecture);
	return st;
}

static egm_status check_tensor(const loader *l, const egm__layer *layer, int index, int32_t which)
{
	egm_status st = EGM_OK;
	char name[40];
	int64_t shape[4] = {0};
	int32_t rank = 0;
	snprintf(name, sizeof name, "%d.%s", index, layer->kind->tensor_names[which]);
	layer->kind->tensor_shape(layer, which, shape, &rank);
	const egm__st_tensor *t = egm__safetensors_find(l->file, name);
	if (!t) EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s' is missing", l->path, name);
	if (t->dtype != (int32_t)l->dtype)
		EGM_FAIL(EGM_ERR_DTYPE, "%s: tensor '%s' has another type, must be %s by the metadata", l->path, name,
		         dtype_word(l->dtype));
	if (t->rank != rank)
		EGM_FAIL(EGM_ERR_SHAPE, "%s: tensor '%s' has %d dimensions, must have %d", l->path, name, (int)t->rank,
		         (int)rank);
	for (int32_t i = 0; i < rank; i++) {
		if (t->shape[i] != shape[i])
			EGM_FAIL(EGM_ERR_SHAPE, "%s: tensor '%s': size %d is %" PRId64 ", must be %" PRId64, l->path, name, (int)i,
			         t->shape[i], shape[i]);
	}
	EGM_TRY(check_values(l->path, name, l->dtype, t->data, t->count, layer->kind->not_negative >> which & 1));
out:
	return st;
}

/* Whether a layer has a tensor of this name. */
static int is_expected(const egm_model *model, const char *name)
{
	int index, end = 0;
	if (sscanf(name, "%d.%n", &index, &end) != 1 || !end || index < 0 || index >= model->n_layers) return 0;
	const egm__layer_kind *kind = model->layers[index].kind;
	for (int32_t k = 0; k < kind->n_tensors; k++) {
		char expected[40];
		snprintf(expected, sizeof expected, "%d.%s", index, kind->tensor_names[k]);
		if (strcmp(expected, name) == 0) return 1;
	}
	return 0;
}

static egm_status check_tensors(const loader *l)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < egm__safetensors_count(l->file); i++) {
		char text[64];
		const char *name = egm__safetensors_at(l->file, i)->name;
		if (!is_expected(l->model, name))
			EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s' belongs to no layer", l->path, egm__printable(text, name));
	}
	for (int32_t i = 0; i < l->model->n_layers; i++) {
		const egm__layer *layer = &l->model->layers[i];
		for (int32_t k = 0; k < layer->kind->n_tensors; k++) EGM_TRY(check_tensor(l, layer, i, k));
	}
out:
	return st;
}

enum { NUMBERS_EACH = 1024, NUMBERS_LEAST = 1 << 22, NUMBERS_MOST = 1 << 26 };

/* A real network needs at most a multiple of its inputs, outputs and parameters, all of which are in the file. */
static int64_t default_row_numbers(const loader *l)
{
	int64_t size = l->model->inputs, limit;
	if (egm__size_add(size, egm__model_outputs(l->model), &size)) return NUMBERS_MOST;
	for (int32_t i = 0; i < egm__safetensors_count(l->file); i++)
		if (egm__size_add(size, egm__safetensors_at(l->file, i)->count, &size)) return NUMBERS_MOST;
	if (egm__size_mul(size, NUMBERS_EACH, &limit) || limit > NUMBERS_MOST) return NUMBERS_MOST;
	return limit < NUMBERS_LEAST ? NUMBERS_LEAST : limit;
}

static egm_status check_row_numbers(const loader *l, uint64_t limit)
{
	int32_t layer;
	int64_t own, numbers = egm__model_row_numbers(l->model, &layer, &own);
	if (!limit) limit = (uint64_t)default_row_numbers(l);
	if ((uint64_t)numbers <= limit) return EGM_OK;
	return egm__fail(EGM_ERR_UNSUPPORTED,
	                 "%s: one row needs %" PRId64 " numbers, %" PRId64
	                 " of them in layer %d (%s), must be at most max_row_numbers, %" PRIu64,
	                 l->path, numbers, own, (int)layer, l->model->layers[layer].kind->name, limit);
}

static void copy_parameters(const loader *l)
{
	egm_model *m = l->model;
	for (int32_t i = 0; i < m->n_tensors; i++) {
		const egm__st_tensor *t = egm__safetensors_find(l->file, m->tensors[i].name);
		EGM_INVARIANT(t && t->count == m->tensors[i].count);
		memcpy(egm__tensor_values(m, &m->tensors[i]), t->data, (size_t)t->count * egm__dtype_size(l->dtype));
	}
	m->version++;
}

static egm_status load(egm_model **out, egm_context *context, const egm__origin *from, const egm_load_options *options)
{
	egm_status st = EGM_OK;
	loader l = {.context = context, .path = from->path};
	egm_load_options o;
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__options_check(&egm__options_load, &o, options));
	EGM_TRY(egm__safetensors_read_from(&l.file, context, from, options, 1)); /* weights of PyTorch are rejected below */
	EGM_TRY(check_format(&l));
	EGM_TRY(read_architecture(&l));
	EGM_TRY(check_tensors(&l));
	EGM_TRY(check_row_numbers(&l, o.max_row_numbers));
	EGM_TRY(forward(&l, egm__model_allocate(l.model, l.dtype)));
	copy_parameters(&l);
	*out = l.model;
	l.model = NULL;
out:
	egm_model_free(l.model);
	egm__safetensors_free(l.file);
	return st;
}

egm_status egm_model_load(egm_model **out, egm_context *context, const char *path, const egm_load_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, load(out, context, &from, options));
}

egm_status egm_model_load_memory(egm_model **out, egm_context *context, const void *bytes, size_t size,
                                 const egm_load_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, load(out, context, &from, options));
}
