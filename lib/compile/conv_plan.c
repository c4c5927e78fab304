/* SPDX-License-Identifier: MIT */
/* How a product with windows is cut: into blocks of lines or images, and of large windows line by line of the window.
 * The cut depends on the sizes alone, so that the number of threads does not change a bit. */
#include <compile/kernel_impl.h>
#include <core/size_impl.h>

enum {
	SCRATCH_BYTES = 262144, /* of patches at a time: they and the other factor fit into the second cache */
	GROUP_BYTES = 256,      /* a line of a window that is smaller is not worth a product of its own */
	LEAST_BLOCKS = 8        /* as many threads have work; also the largest number of partial sums */
};

static int64_t at_least(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

egm__gemm egm__conv_plan_product(const egm__kernel *k, int64_t count)
{
	const egm__conv_plan *v = &k->conv;
	egm__gemm p = k->gemm;
	if (v->role == EGM__CONV_RIGHT) {
		p.n = p.ldb = v->width;
		p.k = count * v->rows;
	} else {
		p.m = count * v->rows;
		if (v->role == EGM__CONV_LEFT)
			p.k = p.lda = v->width;
		else
			p.n = p.ldc = v->width;
	}
	return p;
}

int64_t egm__conv_plan_cut(egm_context *context, egm__kernel *k)
{
	egm__conv_plan *v = &k->conv;
	const egm__image *m = &k->image;
	int64_t line = m->window.kernel[1] * m->c;
	v->groups = line * m->size >= GROUP_BYTES ? m->window.kernel[0] : 1;
	v->width = line * m->window.kernel[0] / v->groups;
	v->rows = v->role == EGM__CONV_FOLD ? m->oh * m->ow : m->ow;
	v->units = v->role == EGM__CONV_FOLD ? m->n : m->n * m->oh;
	int64_t fit = SCRATCH_BYTES / at_least(v->rows * v->width * m->size, 1);
	v->per_block = at_least(egm__least(fit, v->units / LEAST_BLOCKS), 1);
	v->blocks = egm__blocks_of(v->units, v->per_block);
	v->parts = v->role != EGM__CONV_RIGHT ? v->blocks : v->groups > 1 ? v->groups : egm__least(v->blocks, LEAST_BLOCKS);
	v->patches = egm__aligned(v->per_block * v->rows * v->width * m->size);
	egm__gemm p = egm__conv_plan_product(k, v->per_block);
	v->scratch = v->patches + egm__gemm_serial_scratch(context, &p);
	int adds = v->role == EGM__CONV_RIGHT && v->groups == 1 && v->parts > 1;
	return adds ? v->parts * k->gemm.m * k->gemm.n * m->size : 0;
}
