/* SPDX-License-Identifier: MIT */
/* The inside of a graph: its nodes, and what an op is. An op is one table, egm__op, and the builder functions that emit
 * it. The compiler sees an op only as its class, its kernel and its strides; the few ops that it looks for by name are
 * declared below. */
#ifndef EGM_GRAPH_OP_IMPL_H
#define EGM_GRAPH_OP_IMPL_H

#include <graph/graph_impl.h>
#include <tensor/kernels_impl.h>

/* How the compiler treats an op. a and c are the arguments of the node. */
typedef enum egm__class {
	EGM__CLASS_LEAF,        /* memory of slot a[0] from element a[1] on */
	EGM__CLASS_CONST,       /* c[0] everywhere */
	EGM__CLASS_NOISE,       /* random stream a[0]; a[1] = 0 normal, 1 uniform */
	EGM__CLASS_ELEMENTWISE, /* a kernel of EGM__TILES; inputs have the shape of the node */
	EGM__CLASS_CHEAP,       /* the same, but each user computes it again: it is not stored */
	EGM__CLASS_ALIAS,       /* the value of the input, but with a rule for derivatives; compiling removes it */
	EGM__CLASS_VIEW,        /* the memory of the input, read with other strides */
	EGM__CLASS_REDUCE,      /* a matrix over axes a[0], EGM__OVER_* */
	EGM__CLASS_CONCAT,      /* inputs one after another along axis a[0] */
	EGM__CLASS_PAD,         /* the input from a[1] on along axis a[0], zeros elsewhere */
	EGM__CLASS_IMAGE,       /* windows over images: kernel a[0], a[1], stride a[2], a[3], padding a[4], a[5] */
	EGM__CLASS_MATMUL       /* a[0], a[1]: 1 transposes input 0, input 1 */
} egm__class;

/* Axes of a reduction, a mask. A reduction over the rows leaves one row. */
enum { EGM__OVER_ROWS = 1, EGM__OVER_COLUMNS = 2, EGM__OVER_BOTH = 3 };

typedef struct egm__op egm__op;

typedef struct egm__node {
	const egm__op *op;
	egm__shape shape;
	int32_t n_in;
	egm__id in[EGM__MAX_INPUTS];
	double c[2];
	int64_t a[6];
} egm__node;

/* Where a value is in memory: its first element, and the distance of neighbours along each axis, in elements. */
typedef struct egm__strides {
	int64_t offset;
	int64_t s[EGM__MAX_RANK];
} egm__strides;

/* The arguments of an evaluation in double: all arrays are contiguous. */
typedef struct egm__eval {
	const egm__node *node;
	const egm__shape *in_shape[EGM__MAX_INPUTS];
	const double *in[EGM__MAX_INPUTS];
	double *out;
} egm__eval;

struct egm__op {
	const char *name;
	egm__class cls;
	int32_t tile;   /* of an elementwise op: the kernel, EGM__TILE_*, called with the c of the node */
	int32_t is_max; /* of a reduction: 1 for a maximum, 0 for a sum */
	/* Checks the inputs of a node and sets its shape. NULL: the shape of input 0. */
	egm_status (*shape)(const egm__graph *g, egm__node *n);
	/* A simpler node with the same value, or EGM__NONE. NULL: never. */
	egm__id (*simplify)(egm__graph *g, const egm__node *n);
	/* The definition of the op. Tests compare compiled programs with it, and it computes constants. NULL for memory and
	 * noise. */
	void (*eval)(const egm__eval *e);
	/* d sum(y ybar) / d input `which`, or EGM__NONE for zero. NULL: always zero. */
	egm__id (*adjoint)(egm__graph *g, egm__id y, egm__id ybar, int which);
	/* Of a view: turns the strides of the input into those of the node. 0 if strides cannot express it. */
	int (*view)(const egm__node *n, const egm__shape *in, egm__strides *st);
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
	int simplify;   /* 0 keeps nodes as they were asked for; tests compare with that */
	uint32_t fixed; /* bit s: egm__graph_fix_slot was called for slot s */
	int32_t n, cap;
	egm__node *nodes;
	int32_t n_out, cap_out;
	egm__output *outputs;
	int32_t *table;     /* hash table of ids + 1 by open addressing; 0 is a free entry */
	int32_t table_size; /* a power of two */
};

/* The ops that other files than their own look for. */
extern const egm__op egm__op_leaf, egm__op_const, egm__op_noise, egm__op_add, egm__op_mul, egm__op_affine, egm__op_step,
    egm__op_broadcast, egm__op_reshape, egm__op_transpose, egm__op_pad, egm__op_matmul, egm__op_patches, egm__op_fold,
    egm__op_block_sum, egm__op_repeat;

/* A node has at most 2^48 elements, so that no sum of sizes in bytes overflows. */
#define EGM__MOST_ELEMENTS (INT64_C(1) << 48)

/* Sets the sizes beyond the rank to 1. EGM_ERR_SHAPE if the node has too many elements. */
egm_status egm__complete_shape(egm__node *n);
/* The node with this content: an equal one if the graph has it, else a new one. */
egm__id egm__share(egm__graph *g, const egm__node *n);
/* Makes a node: applies its shape rule, simplifies and shares. Returns EGM__NONE if an input is EGM__NONE. */
egm__id egm__emit(egm__graph *g, const egm__node *proto);
/* The same for a node whose shape rule has run. The rules of slice and pad read an argument from the shape that they
 * then overwrite, so they must not run twice. */
egm__id egm__emit_shaped(egm__graph *g, const egm__node *n);
egm__id egm__emit_unary(egm__graph *g, const egm__op *op, egm__id x, double c0, double c1);
/* Broadcasts both operands to one shape first. */
egm__id egm__emit_binary(egm__graph *g, const egm__op *op, egm__id a, egm__id b);
/* The same op with the same arguments, but applied to x. */
egm__id egm__emit_like(egm__graph *g, const egm__node *n, egm__id x);
/* An image op. height and width are those of the result of fold, and 0 otherwise. */
egm__id egm__emit_image(egm__graph *g, const egm__op *op, egm__id x, const egm__window *w, int64_t height,
                        int64_t width);
/* Records an error in the graph, unless there is one already, and returns EGM__NONE. */
egm__id egm__graph_fail(egm__graph *g, egm_status code, const char *format, ...) EGM__PRINTF(3, 4);

static inline const egm__node *egm__node_at(const egm__graph *g, egm__id id)
{
	return &g->nodes[id];
}

/* The geometry of an image op. `image` is the shape that the windows lie on: the output of fold and repeat, the input
 * of the others. EGM_ERR_SHAPE if the windows do not fit there. */
egm_status egm__image_of(const egm__node *n, const egm__shape *image, egm__image *out);

/* Whether derivatives by x can be taken: x is a variable, a leaf or noise. No simplification looks below these. */
int egm__is_variable(const egm__graph *g, egm__id x);
/* Whether x is one number everywhere; if so, `value` is that number. */
int egm__is_const(const egm__graph *g, egm__id x, double *value);
/* Splits x into a number and a node: x = scale * returned node. scale is 1 if x is not a scaled node. */
egm__id egm__split_scale(const egm__graph *g, egm__id x, double *scale);

#endif
