/* SPDX-License-Identifier: MIT */
/* Runs a kernel that moves pixels. Tasks have rows of the output each, so that no sum depends on how many there are. */
#include <compile/kernel_impl.h>

enum { PARALLEL_ELEMENTS = 32768 /* moved by a kernel, below which one thread is enough */ };

typedef struct move {
	const egm__kernels *table;
	const egm__image *image;
	egm__image_fn fn;
	const char *x;
	char *y;
	int64_t row_bytes; /* of the output */
	int64_t rows;
	int32_t tasks;
} move;

static void move_task(int32_t index, void *argument)
{
	const move *m = argument;
	int64_t from = m->rows * index / m->tasks, to = m->rows * (index + 1) / m->tasks;
	m->fn(m->table, m->image, m->x, m->y + from * m->row_bytes, from, to - from);
}

void egm__run_image(const egm__program *p, const egm__kernel *k, const void *a, void *b)
{
	const egm__image *m = &k->image;
	move run = {.table = p->table, .image = m, .x = a, .y = b, .tasks = p->context->threads};
	int by_window = k->kind == EGM__KERNEL_PATCHES || k->kind == EGM__KERNEL_BLOCK_SUM;
	int64_t windows = m->oh * m->ow * m->window.kernel[0] * m->window.kernel[1];
	run.fn = k->kind == EGM__KERNEL_PATCHES     ? egm__image_patches
	         : k->kind == EGM__KERNEL_FOLD      ? egm__image_fold
	         : k->kind == EGM__KERNEL_BLOCK_SUM ? egm__image_block_sum
	                                            : egm__image_repeat;
	run.rows = m->n * (by_window ? m->oh : m->h);
	run.row_bytes = egm__shape_count(&k->shape) / run.rows * m->size;
	if (run.rows < run.tasks) run.tasks = (int32_t)run.rows;
	if (m->n * windows * m->c < PARALLEL_ELEMENTS) run.tasks = 1;
	egm__parallel(p->context, run.tasks, move_task, &run);
}
