/* SPDX-License-Identifier: MIT */
/* A compiled program: a flat list of kernels whose operands have fixed places in memory. The passes make it
 * (passes_impl.h), the executor runs it. */
#ifndef EGM_COMPILE_KERNEL_IMPL_H
#define EGM_COMPILE_KERNEL_IMPL_H

#include <compile/program_impl.h>
#include <graph/op_impl.h>
#include <tensor/gemm_impl.h>

enum {
	EGM__TILE_SIZE = 512,    /* elements of a tile register: all registers of a group fit into the first cache */
	EGM__BLOCK_SIZE = 16384, /* elements that one task works on; partial sums are kept for each block, so that results
	                            do not depend on the number of threads */
	EGM__MOST_IN_GROUP = 64, /* nodes and stores of a group; each has three operands at most */
	EGM__SLOT_ARENA = 0,
	EGM__ALIGN = 64 /* bytes: buffers, scratch memory and packed factors begin at multiples of it */
};

/* The address of an operand: base of the slot + offset + sum of index x stride. An operand with `buffer` >= 0 is in
 * that buffer of the arena; plan.c then sets its slot and adds the place of the buffer. Strides are in elements, the
 * offset too until plan.c makes it bytes. */
typedef struct egm__mem {
	int32_t buffer;
	int32_t slot;
	int64_t offset;
	int64_t s[EGM__MAX_RANK];
} egm__mem;

/* y = op(a, b; c) on one tile. y, a, b: the number of a register, or ~index of a memory operand of the group. */
typedef struct egm__instr {
	int32_t op; /* EGM__TILE_* */
	int32_t y, a, b;
	double c[3];
} egm__instr;

/* A sum at the end of a group. Each block has a partial sum in `partial`: one double for a sum over both axes, one row
 * for a sum over the rows. A sum over the columns is complete with its row and has none. */
typedef struct egm__group_sum {
	int32_t axes;        /* EGM__OVER_* */
	int32_t source, out; /* as in an instruction */
	egm__mem partial;
} egm__group_sum;

/* Instructions that run one after another on each tile of rows x columns; leading axes are unravelled from the row's
 * number. */
typedef struct egm__group {
	egm__shape shape;
	int64_t rows, columns;
	int32_t flat; /* every operand is contiguous or one number, so that all is one row */
	int32_t n_instr, n_mem, n_sums, n_regs;
	int64_t per_block, n_blocks; /* rows of a block, or columns if there is one row */
	egm__instr *instr;
	egm__mem *mem;
	egm__group_sum *sums;
} egm__group;

typedef enum egm__kernel_kind {
	EGM__KERNEL_GROUP,
	EGM__KERNEL_GEMM,
	EGM__KERNEL_PACKED,  /* a product whose right factor egm__program_prepare has packed */
	EGM__KERNEL_NOISE,   /* into a */
	EGM__KERNEL_MAX,     /* of a [shape] into b */
	EGM__KERNEL_COPY,    /* a [shape], any strides, to b, contiguous */
	EGM__KERNEL_PATCHES, /* these four: windows over `image`, from a to b, both contiguous */
	EGM__KERNEL_FOLD,
	EGM__KERNEL_BLOCK_SUM,
	EGM__KERNEL_REPEAT,
	EGM__KERNEL_CONV /* a product with windows over `image` that are not in memory */
} egm__kernel_kind;

/* How a product with a matrix P of windows is cut. P has rows x kh kw c elements, as `gemm` of the kernel says. The
 * kernel works on blocks of `per_block` units; a unit is a line of windows, or in a fold an image. Operand a of the
 * kernel is the image and b the other factor; in a fold a and b are the factors. */
typedef struct egm__conv_plan {
	enum {
		EGM__CONV_LEFT,  /* P op(B) */
		EGM__CONV_RIGHT, /* op(A) P */
		EGM__CONV_FOLD   /* fold of op(A) op(B) = P */
	} role;
	int64_t units, rows; /* rows of P in a unit */
	int64_t per_block, blocks;
	int64_t groups, width;    /* columns of P made at a time: those of one line of a window, or all */
	int64_t parts;            /* that may run at once */
	int64_t patches, scratch; /* bytes of a thread: for P, and for P and the product */
	egm__mem partial;         /* a C for each part, if parts add to one C; buffer -1: none */
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
	uint32_t serves; /* bit s: the output in slot s depends on what this kernel computes */
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
	int32_t first, last; /* the first and the last kernel that use it */
} egm__buffer;

struct egm__program {
	egm_context *context;
	egm_dtype dtype;
	const egm__kernels *table;
	int32_t n_kernels;
	egm__kernel *kernels;
	int32_t n_buffers, cap_buffers;
	egm__buffer *buffers;
	char *arena; /* the memory that it works in */
	char *owned; /* the same, or NULL if it is the caller's */
	size_t arena_bytes;
	int64_t scratch_at;    /* arena offset of scratch memory: tile registers, patches, panels of a product */
	int64_t scratch_bytes; /* of a thread */
	int32_t n_packs, cap_packs;
	egm__pack *packs;
	int64_t packed_bytes;
	char *packed;
	const egm__program *origin; /* of a clone: the program that owns all but the arena */
};

static inline int64_t egm__aligned(int64_t bytes)
{
	return (bytes + EGM__ALIGN - 1) / EGM__ALIGN * EGM__ALIGN;
}

/* program.c: without kernels, in the context and dtype of the graph. */
egm_status egm__program_empty(egm__program **out, const egm__graph *g);

/* conv_plan.c: cuts a product with windows whose role, image and gemm are set. Returns the bytes of `partial`, 0 if it
 * needs none. */
int64_t egm__conv_plan_cut(egm_context *context, egm__kernel *k);
/* The product for one group of the columns of `count` units. */
egm__gemm egm__conv_plan_product(const egm__kernel *k, int64_t count);

/* execute_group.c, execute_conv.c, execute_image.c: run one kernel; a, b, c, partial, bases: where its operands are. */
void egm__run_group(const egm__program *p, const egm__kernel *k, char *const bases[EGM__MAX_SLOTS]);
void egm__run_conv(const egm__program *p, const egm__kernel *k, const void *a, const void *b, void *c, void *partial);
void egm__run_image(const egm__program *p, const egm__kernel *k, const void *a, void *b);

#endif
