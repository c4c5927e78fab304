/* SPDX-License-Identifier: MIT */
/* In which order another program stores numbers. PyTorch stores an image as [channels, height, width], a model as
 * [height, width, channels]. This concerns the weights of convolutions, and every tensor with a number for each number
 * of an image that is read as a row: the columns of a dense layer after it, the rows of a dense layer before it, norms
 * in between. */
#ifndef EGM_IO_RESTORE_IMPL_H
#define EGM_IO_RESTORE_IMPL_H

#include <egm/data.h>
#include <model/model_impl.h>

/* The images whose numbers a layer's input and output rows are; all 0: the row is no image. */
typedef struct egm__restore_order {
	egm__geometry in, out;
} egm__restore_order;

/* Fills orders [n_layers]. UNSUPPORTED if the model reads the numbers of an image as one of another shape: PyTorch
 * would read them in another order, and no order of weights gives the same outputs. */
egm_status egm__restore_orders(egm__restore_order *orders, const egm_model *model, const char *path);

/* A tensor as a matrix [outer, inner]; each side may be an image. */
typedef struct egm__restore_map {
	int64_t outer, inner;
	egm__geometry outer_image, inner_image;
} egm__restore_map;

egm__restore_map egm__restore_map_of(const egm__layer *layer, const egm__tensor *tensor,
                                     const egm__restore_order *order, int pytorch);
/* Index in the file of element i of the model's tensor. */
int64_t egm__restore_source(const egm__restore_map *map, int64_t i);
/* The shape that the tensor must have in the file; returns its rank. */
int32_t egm__restore_shape(int64_t shape[4], const egm__layer *layer, const egm__tensor *tensor, int pytorch);
/* Whether the layer is a norm with a number for each number of the row. */
int egm__restore_is_norm(const egm__layer *layer);

/* ---- tensors that do not fit, for one error line */

enum { EGM__RESTORE_NAMES = 200, EGM__RESTORE_TEXT = 700 };

typedef struct egm__restore_fault_list {
	int32_t count, named;
	size_t used;
	char text[EGM__RESTORE_NAMES]; /* the first names, as many as there is room for */
} egm__restore_fault_list;

typedef struct egm__restore_faults {
	egm__restore_fault_list missing, extra, misshapen;
} egm__restore_faults;

void egm__restore_fault(egm__restore_fault_list *list, const char *format, ...) EGM__PRINTF(2, 3);
void egm__restore_faults_text(char text[EGM__RESTORE_TEXT], const egm__restore_faults *faults);

#endif
