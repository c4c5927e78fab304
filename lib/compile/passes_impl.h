/* SPDX-License-Identifier: MIT */
/* The passes of the compiler, in their order, and the state that each hands on to the next. A file calls only files
 * further down this list: emit* call blocks, conv_plan, place and view; outputs and lower call fuse; all call draft.
 * README.md shows a small loss after each pass. */
#ifndef EGM_COMPILE_PASSES_IMPL_H
#define EGM_COMPILE_PASSES_IMPL_H

#include <compile/kernel_impl.h>

/* A value that a group writes to the middle of another node's memory or to the caller's. */
typedef struct egm__store {
	egm__id value;  /* EGM__NONE: zeros */
	egm__id target; /* the node to whose memory it is written, at `at`; EGM__NONE: to slot */
	egm__strides at;
	int32_t slot;
} egm__store;

/* A kernel that has been chosen and not been written out. */
typedef struct egm__draft {
	egm__kernel_kind kind;
	egm__id node;   /* what it computes; groups have members and stores instead */
	egm__id matmul; /* products: the factors; node is what they are added to */
	double alpha, beta;
	egm__shape shape; /* group */
	int32_t n_members, cap_members, n_stores, cap_stores;
	egm__id *members;
	egm__store *stores;
} egm__draft;

/* The state of a compilation. The arrays have an entry for each node of g. */
typedef struct egm__lower {
	const egm__graph *g;
	egm__graph *resolved; /* g, if it had to be made; else NULL */
	egm__program *p;
	egm_status status;
	int32_t n_drafts, cap_drafts;
	egm__draft *drafts;
	unsigned char *live;      /* an output needs it */
	unsigned char *is_output; /* it is one */
	unsigned char *sum;       /* a product, or a sum of products alone */
	unsigned char *absorbed;  /* the sum that reads it computes it */
	unsigned char *stored;    /* its value goes to memory */
	unsigned char *bound;     /* that memory is the caller's: slot and offset */
	int32_t *uses;            /* how many inputs of live nodes it is */
	int32_t *at;              /* the kernel that completes it; -1 before, or if none does */
	int32_t *first;           /* the first kernel that writes it */
	int32_t *buffer;          /* of the arena; -1: none */
	int32_t *slot;
	int64_t *offset;
	egm__id *window; /* of fused patches and their matrix: the patches; of a fused fold: its product; else EGM__NONE */
	int32_t *value;  /* emit_group.c: its register or ~operand in the group that `stamp` names */
	int32_t *stamp;
} egm__lower;

/* ---- the passes */

egm_status egm__pass_resolve(egm__lower *l);   /* resolve.c: a graph without variables and stops */
egm_status egm__pass_mark(egm__lower *l);      /* mark.c: needed nodes, their uses, sums of products */
egm_status egm__pass_windows(egm__lower *l);   /* windows.c: windows that are never written to memory */
egm_status egm__pass_lower(egm__lower *l);     /* lower.c: chooses the kernels */
egm_status egm__pass_outputs(egm__lower *l);   /* outputs.c: which nodes are written to the caller's memory */
egm_status egm__pass_emit(egm__lower *l);      /* emit.c: writes the kernels out, with their operands and buffers */
egm_status egm__pass_registers(egm__lower *l); /* registers.c: few registers for each group */
egm_status egm__pass_pack(egm__lower *l);      /* pack.c: products whose right factor is packed once */
egm_status egm__pass_serve(egm__lower *l);     /* serve.c: which outputs each kernel works for */
egm_status egm__pass_plan(egm__lower *l);      /* plan.c: one arena for all buffers */

typedef struct egm__pass {
	const char *name;
	egm_status (*run)(egm__lower *l);
} egm__pass;

/* compile.c: all of them; the last has no function. */
extern const egm__pass egm__passes[];

/* ---- what passes call, by file, upper ones first */

/* emit_group.c, emit_conv.c, emit_product.c: write out the kernel of draft number `kernel`. */
void egm__emit_group(egm__lower *l, int32_t kernel);
void egm__emit_conv(egm__lower *l, int32_t kernel);
void egm__emit_gemm(egm__lower *l, int32_t kernel);
/* The product of a draft, with both factors whole and contiguous. */
egm__gemm egm__emit_product(const egm__lower *l, const egm__draft *d);
/* The windows of the image op n on an image, in elements of the program. */
egm__image egm__emit_windows(const egm__lower *l, const egm__node *n, const egm__shape *image);

/* blocks.c: one long row for a complete group if its operands allow it, then blocks for the threads. */
void egm__cut_into_blocks(egm__lower *l, egm__group *group, int32_t kernel);

/* place.c: the memory of a node as kernel `reader` finds it; a buffer is made for it if it has none. */
egm__mem egm__memory(egm__lower *l, egm__id id, int32_t reader);
/* The same for a node that may be a chain of views. */
egm__mem egm__view_memory(egm__lower *l, egm__id id, int32_t reader);
int32_t egm__buffer_new(egm__lower *l, int64_t bytes, int32_t first);

/* fuse.c */
/* What a reader needs: tiles need neighbours along the last axis that are one element apart or the same element,
 * products a leading dimension, images contiguous memory. */
typedef enum egm__layout {
	EGM__LAYOUT_TILES,
	EGM__LAYOUT_PRODUCT,
	EGM__LAYOUT_ANY,
	EGM__LAYOUT_CONTIGUOUS
} egm__layout;

/* Has a group over `shape` compute the node. */
void egm__into_group(egm__lower *l, egm__id id, const egm__shape *shape);
/* Has a group over `shape`, no kernel before `earliest`, write a value. */
void egm__store_into(egm__lower *l, egm__id value, const egm__shape *shape, egm__store store, int32_t earliest);
/* Makes a node readable for a kernel. Returns the node to wait for: id, or the node that it is a view of. */
egm__id egm__ensure_memory(egm__lower *l, egm__id id, egm__layout want);
/* Has a kernel write a node that none computes to memory: a view or a leaf is copied, any other computed. */
void egm__force(egm__lower *l, egm__id id);

/* windows.c: the fused patches behind operand `which` of a product, or EGM__NONE. */
egm__id egm__fused_patches(const egm__lower *l, egm__id product, int which);

/* view.c */
egm__strides egm__contiguous(const egm__shape *s);
/* Along the axes that have more than one element. */
int egm__strides_equal(const egm__shape *s, const int64_t *x, const int64_t *y);
/* The node behind a chain of views whose memory kernel `reader` reads, and the strides that the chain makes of it. 0 if
 * a view cannot be expressed by strides. */
int egm__view_root(const egm__lower *l, egm__id id, int32_t reader, egm__id *root, egm__strides *st);
/* Whether kernel `reader` reads the leaf where the caller has it, and not a copy made by an earlier kernel. */
int egm__is_callers_leaf(const egm__lower *l, egm__id id, int32_t reader);

/* draft.c */
egm_status egm__lower_allocate(egm__lower *l);
void egm__lower_release(egm__lower *l);
/* Room for one more element behind n of them. NULL, and an error in l, if there is no memory. */
void *egm__lower_grow(egm__lower *l, void *array, int32_t *cap, int32_t n, size_t size);
egm__draft *egm__draft_new(egm__lower *l, egm__kernel_kind kind, egm__id node);
/* A kernel that computes the whole of a node, into memory. */
egm__draft *egm__draft_alone(egm__lower *l, egm__kernel_kind kind, egm__id node);

#endif
