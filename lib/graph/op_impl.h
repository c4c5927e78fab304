/* SPDX-License-Identifier: MIT */
/* What an op is. Each op_<name>.c defines one (or a few close relatives) and the builder functions that emit it. The
 * rest of the engine knows an op by its class and by the functions here alone. */
#ifndef EGM_GRAPH_OP_IMPL_H
#define EGM_GRAPH_OP_IMPL_H

#include <graph/graph_impl.h>
#include <tensor/kernels_impl.h>

/* How the compiler treats the op. */
typedef enum egm__class {
	EGM__CLASS_LEAF,        /* slot a[0], offset a[1] */
	EGM__CLASS_CONST,       /* c[0] everywhere */
	EGM__CLASS_NOISE,       /* stream a[0]; a[1] = 0 normal, 1 uniform */
	EGM__CLASS_ELEMENTWISE, /* a tile kernel; inputs have the node's shape */
	EGM__CLASS_CHEAP,       /* the same, but computed again by each user rather than stored */
	EGM__CLASS_ALIAS,       /* the input's value, which derivatives treat in another way; resolve.c takes it away */
	EGM__CLASS_VIEW,        /* the input's memory seen through other strides */
	EGM__CLASS_REDUCE,      /* rank 2; axes a[0]: 1 rows, 2 columns, 3 both */
	EGM__CLASS_CONCAT,      /* inputs side by side along axis a[0] */
	EGM__CLASS_PAD,         /* the input at a[1] along axis a[0], zeros around it */
	EGM__CLASS_IMAGE,       /* windows over images, egm__node_window */
	EGM__CLASS_MATMUL       /* transpose flags a[0], a[1] */
} egm__class;

typedef struct egm__op egm__op;

typedef struct egm__node {
	const egm__op *op;
	egm__shape shape;
	int32_t n_in;
	egm__id in[EGM__MAX_INPUTS];
	double c[2];
	int64_t a[6];
} egm__node;

/* Memory of a value: address of its first element and elements between neighbours along each axis. */
typedef struct egm__strides {
	int64_t offset;
	int64_t s[EGM__MAX_RANK];
} egm__strides;

/* For the interpreter: contiguous arrays of double. */
typedef struct egm__eval {
	const egm__node *node;
	const egm__shape *in_shape[EGM__MAX_INPUTS];
	const double *in[EGM__MAX_INPUTS];
	double *out;
} egm__eval;

struct egm__op {
	const char *name;
	egm__class cls;
	int32_t tile; /* elementwise: the kernel, EGM__TILE_*, called with the node's c */
	/* Checks the inputs of a node in the making and sets its shape. NULL: the shape of input 0. */
	egm_status (*shape)(const egm__graph *g, egm__node *n);
	/* A simpler node with the same value, or EGM__NONE. */
	egm__id (*simplify)(egm__graph *g, const egm__node *n);
	/* The definition of the op. Leaves and noise have none. */
	void (*eval)(const egm__eval *e);
	/* The part of d sum(y ybar) that flows into input `which`, or EGM__NONE for zero. */
	egm__id (*adjoint)(egm__graph *g, egm__id y, egm__id ybar, int which);
	/* Views: turns the strides of the input's memory into those of the node; 0 if that cannot be. */
	int (*view)(const egm__node *n, const egm__shape *in, egm__strides *st);
	/* Reductions: 1 for maximum, 0 for sum. */
	int32_t is_max;
};

typedef struct egm__output {
	egm__id id;
	int32_t slot;
	int64_t offset;
} egm__output;

struct egm__graph {
	egm_context *context;
	egm_dtype dtype;
	egm_status status;
	char error[256];
	int simplify;
	uint32_t fixed; /* bit s: leaves of slot s keep their values */
	int32_t n, cap;
	egm__node *nodes;
	int32_t n_out, cap_out;
	egm__output *outputs;
	int32_t *table; /* open addressing over node ids + 1, power of two entries */
	int32_t table_size;
};

/* The ops that others than their own file look for. */
extern const egm__op egm__op_leaf, egm__op_const, egm__op_noise, egm__op_add, egm__op_mul, egm__op_affine, egm__op_step,
    egm__op_broadcast, egm__op_reshape, egm__op_transpose, egm__op_pad, egm__op_matmul, egm__op_patches, egm__op_fold,
    egm__op_block_sum, egm__op_repeat;

/* Elements of a node, so that no sum of sizes in bytes wraps. */
#define EGM__MOST_ELEMENTS (INT64_C(1) << 48)

/* Sizes beyond the rank become 1. SHAPE when the node has too many elements. */
egm_status egm__complete_shape(egm__node *n);
/* The node with this content: one that the graph has already, or a new one. */
egm__id egm__share(egm__graph *g, const egm__node *n);
/* Makes the node: shape rule, simplification, sharing. Inputs may be EGM__NONE, then so is the result. */
egm__id egm__emit(egm__graph *g, const egm__node *proto);
/* The same for a node whose inputs are there and whose shape rule has run: the rules of slices and paddings read their
 * arguments where they then write the shape. */
egm__id egm__emit_shaped(egm__graph *g, const egm__node *n);
egm__id egm__emit_unary(egm__graph *g, const egm__op *op, egm__id x, double c0, double c1);
/* The sides are broadcast to one shape first: sizes are equal, or 1 on one side. */
egm__id egm__emit_binary(egm__graph *g, const egm__op *op, egm__id a, egm__id b);
/* Records an error in the graph. */
egm__id egm__graph_fail(egm__graph *g, egm_status code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline const egm__node *egm__node_at(const egm__graph *g, egm__id id)
{
	return &g->nodes[id];
}

/* The window of an image op is its a: kernel, stride, padding. `image` is the shape that its windows lie on, that of
 * its output for fold and repeat, of its input else. SHAPE when the window does not fit there. */
egm__window egm__node_window(const egm__node *n);
egm_status egm__image_of(const egm__node *n, const egm__shape *image, egm__image *out);
egm__id egm__emit_image(egm__graph *g, const egm__op *op, egm__id x, const egm__window *w, int64_t height,
                        int64_t width);
/* The unary op of n, with its parameters, of x. */
egm__id egm__emit_like(egm__graph *g, const egm__node *n, egm__id x);

/* Whether a derivative by x can be taken: x is a variable, a leaf or noise, which no rule looks below. */
int egm__is_variable(const egm__graph *g, egm__id x);

/* Whether x is one number everywhere, and which. */
int egm__is_const(const egm__graph *g, egm__id x, double *value);
/* x = scale * returned. */
egm__id egm__peel_scale(const egm__graph *g, egm__id x, double *scale);

#endif
