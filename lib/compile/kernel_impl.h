/* SPDX-License-Identifier: MIT */
/* A compiled program: a flat list of kernel calls over memory whose places are fixed. resolve.c makes the graph that
 * is compiled, mark.c looks at it as a whole, lower.c and fuse.c choose the kernels, emit.c and emit_group.c write them
 * out, plan.c places the buffers, execute.c runs the list. */
#ifndef EGM_COMPILE_KERNEL_IMPL_H
#define EGM_COMPILE_KERNEL_IMPL_H

#include <graph/op_impl.h>
#include <compile/program_impl.h>
#include <tensor/gemm_impl.h>

enum {
	EGM__TILE_SIZE = 512,    /* elements of a tile register: all registers of a group stay in the first cache */
	EGM__BLOCK_SIZE = 16384, /* elements that one task works on; partial sums are kept by block, so that the number of
	                            threads does not show in a result */
	EGM__SLOT_ARENA = 0,
	EGM__PACK_ALIGN = 64
};

/* Memory as a kernel sees it. buffer >= 0 names an arena buffer until plan.c turns it into slot 0. */
typedef struct egm__mem {
	int32_t buffer;
	int32_t slot;
	int64_t offset;
	int64_t s[EGM__MAX_RANK];
} egm__mem;

/* y, a, b: a register number, or ~index of a memory operand. */
typedef struct egm__instr {
	int32_t op;
	int32_t y, a, b;
	double c[3];
} egm__instr;

/* A sum that ends a fused pass. partial: arena buffer for one value (kind 3) or one row (kind 1) a block. */
typedef struct egm__closer {
	int32_t kind; /* axes: 1 rows, 2 columns, 3 both */
	int32_t source;
	int32_t out;
	egm__mem partial;
} egm__closer;

/* Elementwise instructions over rows x columns; leading axes are unravelled from the row number. */
typedef struct egm__group {
	egm__shape shape;
	int64_t rows, columns;
	int32_t flat; /* every operand is contiguous or one number: rows = 1 */
	int32_t n_instr, n_mem, n_closer, n_regs;
	int64_t per_block, n_blocks; /* rows of a block, or columns when there is one row */
	egm__instr *instr;
	egm__mem *mem;
	egm__closer *closer;
} egm__group;

typedef enum egm__kernel_kind {
	EGM__KERNEL_GROUP,
	EGM__KERNEL_GEMM,
	EGM__KERNEL_PACKED,  /* the same, with the right factor packed by egm__program_prepare */
	EGM__KERNEL_NOISE,   /* into a */
	EGM__KERNEL_MAX,     /* of a [shape] into b */
	EGM__KERNEL_COPY,    /* a [shape], any strides, to b, contiguous */
	EGM__KERNEL_PATCHES, /* these four: windows over `image`, from a to b, both contiguous */
	EGM__KERNEL_FOLD,
	EGM__KERNEL_BLOCK_SUM,
	EGM__KERNEL_REPEAT,
	EGM__KERNEL_CONV /* a product with windows over `image`, conv.c */
} egm__kernel_kind;

/* A product with windows, P of rows x kh kw c, as `gemm` has it, in blocks of `per_block` units: lines, or images of a
 * fold. a: image, b: the other factor; of a fold a, b: the factors. */
typedef struct egm__conv_plan {
	enum {
		EGM__CONV_LEFT,  /* P op(B) */
		EGM__CONV_RIGHT, /* op(A) P */
		EGM__CONV_FOLD   /* fold of op(A) op(B) = P */
	} role;
	int64_t units, rows; /* rows of P in a unit */
	int64_t per_block, blocks;
	int64_t groups, width;    /* columns of P at a time: those of one line of a window, or all */
	int64_t parts;            /* that may run at once */
	int64_t patches, scratch; /* bytes of a thread: of P, and of all */
	egm__mem partial;         /* a C for each part, where parts add to one C; buffer -1: none */
} egm__conv_plan;

typedef struct egm__kernel {
	egm__kernel_kind kind;
	egm__group group;
	egm__gemm gemm;
	egm__mem a, b, c;
	egm__shape shape;
	int32_t axes;
	uint32_t stream;
	int32_t uniform;
	int32_t pack;    /* packed: which factor */
	uint32_t serves; /* bit s: output slot s depends on what it computes */
	egm__image image;
	egm__conv_plan conv;
} egm__kernel;

/* A right factor in a fixed slot and its packed copy, `at` bytes into the program's packed memory. */
typedef struct egm__pack {
	egm__mem b; /* offset in elements */
	int64_t n, k, ldb;
	int32_t tb;
	int64_t at;
} egm__pack;

typedef struct egm__buffer {
	int64_t bytes, offset;
	int32_t first, last; /* kernels between which it holds a value */
} egm__buffer;

struct egm__program {
	egm_context *context;
	egm_dtype dtype;
	const egm__kernels *table;
	int32_t n_kernels, cap_kernels;
	egm__kernel *kernels;
	int32_t n_buffers, cap_buffers;
	egm__buffer *buffers;
	char *arena; /* where it works */
	char *owned; /* the same, NULL where it is the caller's */
	size_t arena_bytes;
	int64_t scratch_at;    /* arena offset of what a kernel works in: tile registers, patches, panels of a product */
	int64_t scratch_bytes; /* of a thread */
	double flops;
	int32_t n_packs, cap_packs;
	egm__pack *packs;
	int64_t packed_bytes;
	char *packed;
	const egm__program *origin; /* of a clone: who owns all but the arena */
};

/* While lowering: a group in the making. */
typedef struct egm__store {
	egm__id value;  /* EGM__NONE: zeros */
	egm__id target; /* node whose buffer is written at `at`, or EGM__NONE: slot */
	egm__strides at;
	int32_t slot;
} egm__store;

typedef struct egm__draft {
	egm__kernel_kind kind;
	egm__id node;   /* what it computes, for all but groups */
	egm__id matmul; /* gemm: the product; node is what it adds up to */
	double alpha, beta;
	egm__shape shape; /* group */
	int32_t n_members, cap_members, n_stores, cap_stores;
	egm__id *members;
	egm__store *stores;
} egm__draft;

typedef struct egm__lower {
	const egm__graph *g;
	egm__program *p;
	egm_status status;
	int32_t n_drafts, cap_drafts;
	egm__draft *drafts;
	/* for each node */
	unsigned char *live, *sum, *absorbed, *stored, *bound, *is_output;
	int32_t *uses;
	int32_t *at;     /* kernel that computes it, -1 before or never */
	int32_t *first;  /* first kernel that writes it */
	int32_t *buffer; /* arena buffer, -1 none */
	int32_t *slot;   /* bound to memory of the caller */
	int64_t *offset;
	egm__id *window; /* conv.c: fused patches of a matrix of them, product of a fused fold; EGM__NONE */
	int32_t *value;  /* emit_group.c: register or ~operand in the current group */
	int32_t *stamp;
} egm__lower;

/* What a reader asks of memory: of tiles, neighbours along the last axis one element or none apart; of products, a
 * leading dimension; of images, no strides at all. */
typedef enum egm__layout {
	EGM__LAYOUT_TILES,
	EGM__LAYOUT_PRODUCT,
	EGM__LAYOUT_ANY,
	EGM__LAYOUT_CONTIGUOUS
} egm__layout;

/* resolve.c: the graph that is lowered, without variables and stops; NULL where g has none. */
egm_status egm__graph_resolve(egm__graph **out, const egm__graph *g);

/* memory.c */
/* The stored node behind a chain of views, as kernel `reader` finds it, and the strides that the chain makes of it. 0
 * when a view fails. */
int egm__resolve(const egm__lower *l, egm__id id, int32_t reader, egm__id *root, egm__strides *st);
egm__strides egm__contiguous(const egm__shape *s);
/* Makes id addressable for a kernel. Returns the node to wait for: id, or what it is a view of. */
egm__id egm__ensure_memory(egm__lower *l, egm__id id, egm__layout want);
/* A node that has no kernel of its own gets memory: a view or leaf is copied, a cheap node or a number computed. */
void egm__force(egm__lower *l, egm__id id);
/* The memory of a node, its buffer made on demand. */
egm__mem egm__memory(egm__lower *l, egm__id id, int32_t reader);
/* Of a node that may be a chain of views. */
egm__mem egm__view_memory(egm__lower *l, egm__id id, int32_t reader);
int32_t egm__buffer_new(egm__lower *l, int64_t bytes, int32_t first);

/* lower.c */
void *egm__lower_grow(egm__lower *l, void *array, int32_t *cap, int32_t n, size_t size);
egm__draft *egm__draft_new(egm__lower *l, egm__kernel_kind kind, egm__id node);
/* That computes the whole of a node, into memory. */
egm__draft *egm__draft_alone(egm__lower *l, egm__kernel_kind kind, egm__id node);
/* fuse.c: has a group over `shape` compute the node, or write a value, in no kernel before `earliest`. */
void egm__into_group(egm__lower *l, egm__id id, const egm__shape *shape);
void egm__store_into(egm__lower *l, egm__id value, const egm__shape *shape, egm__store store, int32_t earliest);
/* emit.c: the product that a draft multiplies by, both factors whole and in their order; counts its operations. */
egm__gemm egm__emit_product(egm__lower *l, const egm__draft *d);
/* emit_group.c, finish_group.c: the group of kernel number `kernel`; its members and stores, and then the rest. */
egm_status egm__emit_group(egm__lower *l, int32_t kernel);
egm_status egm__finish_group(egm__lower *l, int32_t kernel);

void egm__lower_mark(egm__lower *l);
egm_status egm__lower_graph(egm__lower *l);
egm_status egm__emit_kernels(egm__lower *l);
/* Fills in `serves` of all kernels, while memory still has buffers. */
egm_status egm__mark_served(egm__program *p);
egm_status egm__plan_memory(egm__program *p);

/* execute_image.c: a kernel of the image kinds. */
void egm__run_image(egm_context *context, const egm__kernels *table, const egm__kernel *k, const void *a, void *b);

/* conv.c, execute_conv.c: which products and windows are one kernel, its operands, running it. */
void egm__conv_mark(egm__lower *l);
egm__id egm__conv_patches(const egm__lower *l, egm__id product, int which);
void egm__conv_emit(egm__lower *l, int32_t kernel);
/* The product of one group of `count` units. */
egm__gemm egm__conv_block(const egm__kernel *k, int64_t count);
/* The windows of an image op on `image`, in elements of the program. */
void egm__windows_of(const egm__lower *l, const egm__node *n, const egm__shape *image, egm__image *out);
void egm__run_conv(egm_context *context, const egm__program *p, const egm__kernel *k, const void *a, const void *b,
                   void *c, void *partial);

/* Makes the product of `kernel` a packed one where its right factor, the node `right`, lies in a fixed slot. */
void egm__pack_right(egm__lower *l, int32_t kernel, egm__id right);
egm_status egm__pack_memory(egm__program *p);

#endif
