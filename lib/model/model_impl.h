/* SPDX-License-Identifier: MIT */
/* Inside a model. A layer kind is a row of a table: what a file calls it, which tensors it owns, and how it composes
 * graph nodes; `layer_table.c` lists them. */
#ifndef EGM_MODEL_MODEL_IMPL_H
#define EGM_MODEL_MODEL_IMPL_H

#include <core/context_impl.h>
#include <core/rng_impl.h>
#include <egm/model.h>
#include <graph/graph_impl.h>

enum { EGM__MAX_LAYERS = 1024 };                            /* of a net, and of a file that is read */
enum { EGM__LAYER_TENSORS = 4, EGM__LAYER_PARAMETERS = 6 }; /* of a layer, at most */
enum { EGM__LAYER_REASON = 160 };                           /* bytes */

typedef struct egm__layer egm__layer;

/* How a row is read: height x width x channels, channels side by side. All 0 where it is a row and nothing else. */
typedef struct egm__geometry {
	int64_t height, width, channels;
} egm__geometry;

typedef struct egm__tensor {
	char name[24]; /* "12.weight" */
	int64_t shape[4];
	int32_t rank;
	int32_t layer;
	int64_t offset, count; /* in elements of the parameter buffer */
	int32_t trained;       /* 0: a buffer; its part of a gradient is zero */
	int32_t not_negative;  /* no number of it may be below 0 */
	int64_t statistic;     /* a running statistic: its place among those of the model; else -1 */
} egm__tensor;

/* A number that a builder call takes and a file names. */
typedef struct egm__layer_parameter {
	const char *name;    /* "slope" */
	int32_t integer;     /* held as a double all the same, exact below 2^53 */
	double low, high;    /* of an integer both are allowed */
	int32_t low_open;    /* of a real: low itself is refused */
	int32_t high_closed; /* of a real: high itself is allowed */
	int32_t is_outputs;  /* it is the layer's number of outputs: summaries and checkpoints do not say it twice */
} egm__layer_parameter;

typedef struct egm__layer_kind {
	const char *name;                                       /* "dense", "leaky_relu": as in files and summaries */
	egm__layer_parameter parameters[EGM__LAYER_PARAMETERS]; /* up to the first without a name */
	int32_t drawn;         /* its weight is drawn by the law of egm_model_set_initializer */
	int32_t n_tensors;     /* parameter tensors, named in tensor_names */
	int32_t n_buffers;     /* the last of them: kept with the parameters, constant to every derivative */
	uint32_t not_negative; /* bit i: no number of tensor i may be below 0 */
	const char *tensor_names[EGM__LAYER_TENSORS];
	/* From inputs, input image and parameters to outputs and output image, both as the inputs' when it is called; NULL:
	 * they stay so. Not 0: the layer does not fit, for the reason written. */
	int (*fit)(egm__layer *layer, char reason[EGM__LAYER_REASON]);
	/* Numbers of one row that it computes with besides its inputs and outputs; NULL: none that count. */
	int64_t (*windows)(const egm__layer *layer);
	/* Shapes of its tensors, for a layer with inputs and outputs known. */
	void (*tensor_shape)(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank);
	/* Starting values, drawn from `rng` (its stream and step are the tensor's own). */
	void (*initialize)(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
	                   const egm__rng *rng, void *values, int64_t count);
	/* y = layer(x); tensors[] are its parameter leaves. x holds the rows in whatever shape the layer before left them:
	 * see egm__layer_rows and its like. */
	egm__id (*apply)(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors);
	/* The same on a whole batch whose statistics it takes; ids of buffers become what these are afterwards. NULL: rows
	 * do not see one another, training or not. The buffers of a kind that has it are running statistics. */
	egm__id (*apply_batch)(egm__graph *graph, const egm__layer *layer, egm__id x, egm__id *tensors);
	/* Lets the buffers follow tensor 0, one round; NULL: they do not. Allocates nothing, cannot fail. */
	void (*refresh)(const egm__layer *layer, egm_context *context, egm_dtype dtype, void *const *tensors);
} egm__layer_kind;

struct egm__layer {
	const egm__layer_kind *kind;
	int64_t inputs, outputs;
	egm__geometry in, out;
	double parameters[EGM__LAYER_PARAMETERS];
	int32_t initializer; /* EGM_INIT_* */
	int32_t first_tensor;
};

const egm__layer_kind *egm__layer_kind_find(const char *name); /* NULL: no such kind */
int32_t egm__layer_parameter_count(const egm__layer_kind *kind);
const char *egm__initializer_name(int32_t initializer); /* "fan_in_uniform"; NULL: no such one */
int32_t egm__initializer_find(const char *name);        /* 0: no such one */

typedef struct egm__evaluators egm__evaluators; /* compiled programs that no call is using, and their lock */

struct egm_model {
	egm_context *context;
	int refs; /* through __atomic builtins; egm_model_free releases one */
	char name[64];
	int64_t inputs;
	egm_status failed; /* first error of a builder call */
	char failure[256];
	int32_t built;
	int32_t initializer; /* for the next layer that is drawn */
	egm_dtype dtype;
	int32_t n_layers, cap_layers;
	egm__layer *layers;
	int32_t n_tensors;
	egm__tensor *tensors;
	int64_t count;      /* parameters */
	int64_t statistics; /* how many of them are running statistics */
	void *parameters;
	uint64_t version; /* who writes to the parameters adds 1: programs may hold copies in an order of their own */
	egm__evaluators *evaluators; /* behind a pointer, so that evaluating a const model can take and give them */
};

/* A model without name, inputs and layers; NULL with the error set if memory is short. */
egm_model *egm__model_create_empty(egm_context *context);
static inline void *egm__tensor_values(const egm_model *model, const egm__tensor *tensor)
{
	return (char *)model->parameters + (size_t)tensor->offset * egm__dtype_size(model->dtype);
}

void egm__model_retain(egm_model *model);
/* Whether the model may be used: ARGUMENT for NULL, STATE for one that is not built. */
egm_status egm__model_ready(const egm_model *model);
/* Whether a builder call may go on: ARGUMENT for NULL, STATE for a model that is built, its error for one that failed.
 */
egm_status egm__model_open(const egm_model *model);

/* What the builder calls and the file reader share: checks and appends a layer with the parameters of its kind's table,
 * NULL where that is empty. Records the first error. */
egm_status egm__model_add(egm_model *model, const egm__layer_kind *kind, const double *parameters);
/* egm_model_build without drawing values: parameters are zero. The file reader fills them. */
egm_status egm__model_allocate(egm_model *model, egm_dtype dtype);
int64_t egm__model_outputs(const egm_model *model); /* also before build */
/* The numbers that one row needs, as max_row_numbers of egm_load_options counts them, also before build. *layer: the
 * one that needs most, *own: how many those are. */
int64_t egm__model_row_numbers(const egm_model *model, int32_t *layer, int64_t *own);
/* Copies the running statistics out of the parameters and into them, [model->statistics]. */
void egm__model_get_statistics(const egm_model *model, void *out);
void egm__model_put_statistics(egm_model *model, const void *values);
/* The first layer that sees the rows of a batch together, -1 if there is none. */
int32_t egm__model_batch_layer(const egm_model *model);
/* Cuts every trained parameter to [-bound, bound]. */
void egm__model_clip(egm_model *model, double bound);
/* The same of parameters first .. first+count-1. It leaves the version alone, so that threads may share a model. */
void egm__model_clip_part(const egm_model *model, double bound, int64_t first, int64_t count);

/* Draws a tensor from (seed, its index). */
void egm__model_draw(egm_model *model, int32_t tensor, uint64_t seed);
/* One round of every layer's refresh: after the parameters have moved a little, as by an optimiser. */
void egm__model_refresh(egm_model *model);
/* Draws the buffers of layers first .. end-1 anew and refreshes them until they have settled: after the parameters were
 * replaced. What the buffers held does not matter. */
void egm__model_settle(egm_model *model, int32_t first, int32_t end, uint64_t seed);

/* The net at x [rows, inputs], parameters as leaves of `slot` (their base pointer is bound when the program runs).
 * Every row for itself: statistics are the running ones. */
egm__id egm__model_apply(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x);
/* The same with the statistics of the batch x. `tensors` [n_tensors]: in, what each running statistic is, EGM__NONE:
 * its leaf; out, what it is after this batch; NULL: nobody wants to know. */
egm__id egm__model_apply_batch(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x, egm__id *tensors);
/* The leaf of a parameter tensor: the same node that egm__model_apply used. */
egm__id egm__model_leaf(egm__graph *graph, const egm_model *model, int32_t slot, int32_t tensor);

#endif
