/* SPDX-License-Identifier: MIT */
/* Inside of a model: a list of layers, and one buffer with the numbers of all of their tensors. A layer kind is a row
 * of a table: its name in files, the tensors that it owns, and how it composes graph nodes.
 *
 * The files of this folder. Each calls only files in the lines above it, or before it in its line:
 *
 *     initializer, layer, spectral     what the kinds share: starting values, shapes, spectral normalisation
 *     layer_* except layer_table       the kinds, each a row egm__layer_kind
 *     evaluator_list                   compiled networks that no call is using
 *     model                            the handle: create, share, free, names
 *     network, row_numbers, statistics, buffers, summary
 *     builder, build, parameters       layers are appended, tensors get memory, numbers go in and out
 *     layer_table, evaluator           the list of kinds with its builder calls; a network compiled
 *     evaluate                         outputs and gradients for rows of the caller */
#ifndef EGM_MODEL_MODEL_IMPL_H
#define EGM_MODEL_MODEL_IMPL_H

#include <core/context_impl.h>
#include <core/rng_impl.h>
#include <egm/model.h>
#include <graph/graph_impl.h>

enum { EGM__MAX_LAYERS = 1024 };                            /* of a model, and of a file that is read */
enum { EGM__LAYER_TENSORS = 4, EGM__LAYER_PARAMETERS = 6 }; /* of a layer, at most */
enum { EGM__LAYER_REASON = 160 };                           /* bytes */

typedef struct egm__layer egm__layer;

/* The image that a row of numbers is: height x width x channels, channel fastest. All 0: the row is no image. */
typedef struct egm__geometry {
	int64_t height, width, channels;
} egm__geometry;

typedef struct egm__tensor {
	char name[24]; /* "12.weight" */
	int64_t shape[4];
	int32_t rank;
	int32_t layer;
	int64_t offset, count; /* in elements of the parameter buffer */
	int32_t trained;       /* 0: a buffer, whose part of every gradient is zero */
	int32_t not_negative;  /* its numbers are at least 0 */
	int64_t statistic;     /* offset of a running statistic among those of the model; else -1 */
} egm__tensor;

/* A number that a builder call has as an argument and a file under this name. */
typedef struct egm__layer_parameter {
	const char *name;    /* "slope" */
	int32_t integer;     /* stored as a double all the same, exact below 2^53 */
	double low, high;    /* an integer may be both */
	int32_t low_open;    /* a real number may not be low itself */
	int32_t high_closed; /* a real number may be high itself */
	int32_t is_outputs;  /* it is the layer's number of outputs, which summaries do not repeat */
} egm__layer_parameter;

typedef struct egm__layer_kind {
	const char *name;                                       /* "dense", "leaky_relu": as in files and summaries */
	egm__layer_parameter parameters[EGM__LAYER_PARAMETERS]; /* the first without a name ends them */
	int32_t drawn;                                          /* its weight is drawn as egm_model_set_initializer says */
	int32_t n_tensors;                                      /* parameter tensors, named in tensor_names */
	int32_t n_buffers;     /* the last of them are buffers: stored with the parameters, constants to derivatives */
	uint32_t not_negative; /* bit i: the numbers of tensor i are at least 0 */
	const char *tensor_names[EGM__LAYER_TENSORS];
	/* Sets outputs and output image, which equal the inputs and the input image when it is called. NULL: they stay
	 * equal. Returns not 0 with the reason if the layer does not fit its input. */
	int (*fit)(egm__layer *layer, char reason[EGM__LAYER_REASON]);
	/* How many numbers of one row the layer computes with besides its inputs and outputs. NULL: few or none. */
	int64_t (*windows)(const egm__layer *layer);
	/* The shape of a tensor, once inputs and outputs are set. */
	void (*tensor_shape)(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank);
	/* Draws starting values from `rng`, whose stream and step belong to this tensor alone. */
	void (*initialize)(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
	                   const egm__rng *rng, void *values, int64_t count);
	/* y = layer(x), where tensors[] are the leaves of its tensors. x has the shape in which the layer before left it:
	 * egm__layer_rows and its like reshape it. */
	egm__id (*apply)(egm__graph *graph, const egm__layer *layer, egm__id x, const egm__id *tensors);
	/* The same with statistics of the batch x; replaces the ids of the buffers by the nodes of their next values. NULL:
	 * no row depends on another one, in training neither. All buffers of a kind with this function are running
	 * statistics. */
	egm__id (*apply_batch)(egm__graph *graph, const egm__layer *layer, egm__id x, egm__id *tensors);
	/* One round of the iteration by which buffers approach a function of tensor 0; NULL: there is none. Cannot fail. */
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
	int refs; /* accessed by __atomic builtins; egm_model_free subtracts one */
	char name[64];
	int64_t inputs;
	egm_status failed; /* first error of a builder call */
	char failure[256];
	int32_t built;
	int32_t initializer; /* of the next layer that is drawn */
	egm_dtype dtype;
	int32_t n_layers, cap_layers;
	egm__layer *layers;
	int32_t n_tensors;
	egm__tensor *tensors;
	int64_t count;      /* parameters */
	int64_t statistics; /* those of them that are running statistics */
	void *parameters;
	uint64_t version;            /* every write to the parameters adds 1: programs may have copies in another order */
	egm__evaluators *evaluators; /* behind a pointer, so that the evaluation of a const model can change the list */
};

/* A model without name, inputs and layers; NULL, with the error set, if there is no memory. */
egm_model *egm__model_create_empty(egm_context *context);

/* The numbers of a tensor. */
static inline void *egm__tensor_values(const egm_model *model, const egm__tensor *tensor)
{
	return (char *)model->parameters + (size_t)tensor->offset * egm__dtype_size(model->dtype);
}

void egm__model_retain(egm_model *model);
/* Whether the model may be used: ARGUMENT for NULL, STATE for one that is not built. */
egm_status egm__model_ready(const egm_model *model);
/* Whether layers may be added: ARGUMENT for NULL, STATE for a built model, the kept error of one that failed. */
egm_status egm__model_open(const egm_model *model);

/* Checks and appends a layer with the parameters of its kind's table, NULL if that is empty. Keeps the first error. */
egm_status egm__model_add(egm_model *model, const egm__layer_kind *kind, const double *parameters);
/* egm_model_build without starting values: parameters are zero. */
egm_status egm__model_allocate(egm_model *model, egm_dtype dtype);
int64_t egm__model_outputs(const egm_model *model); /* also before the model is built */
/* How many numbers one row needs, as max_row_numbers of egm_load_options counts them, also before the model is built.
 * *layer is the one that needs most, *own how many that one needs. */
int64_t egm__model_row_numbers(const egm_model *model, int32_t *layer, int64_t *own);
/* Copies the running statistics out of the parameters and into them, [model->statistics]. */
void egm__model_get_statistics(const egm_model *model, void *out);
void egm__model_put_statistics(egm_model *model, const void *values);
/* The first layer with statistics of the batch; -1: there is none. */
int32_t egm__model_batch_layer(const egm_model *model);
/* Clips every trained parameter to [-bound, bound]. */
void egm__model_clip(egm_model *model, double bound);
/* The same for parameters first .. first+count-1. It does not change the version, so that threads may share a model. */
void egm__model_clip_part(const egm_model *model, double bound, int64_t first, int64_t count);

/* Starting values of a tensor, a function of the seed and its index. */
void egm__model_draw(egm_model *model, int32_t tensor, uint64_t seed);
/* One round of every layer's refresh, for parameters that moved a little, as by a step of an optimiser. */
void egm__model_refresh(egm_model *model);
/* Computes the buffers of layers first .. end-1 again, after parameters were replaced: from a fresh draw, whatever
 * the buffers were. */
void egm__model_recompute_buffers(egm_model *model, int32_t first, int32_t end, uint64_t seed);

/* The network at x [rows, inputs], with its parameters as leaves of `slot`, whose address the caller of the program
 * gives. Rows are independent: batch_norm normalises by its running statistics. */
egm__id egm__model_apply(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x);
/* The same with statistics of the batch x. tensors [n_tensors], or NULL: on entry the node of each running statistic,
 * EGM__NONE for its leaf; on return the node of its value after this batch. */
egm__id egm__model_apply_batch(egm__graph *graph, const egm_model *model, int32_t slot, egm__id x, egm__id *tensors);
/* The leaf of a tensor, the same node that egm__model_apply uses. */
egm__id egm__model_leaf(egm__graph *graph, const egm_model *model, int32_t slot, int32_t tensor);

#endif
