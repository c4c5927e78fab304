/* SPDX-License-Identifier: MIT */
/* What egm_model_restore needs to know of another program: in which order it keeps numbers. PyTorch has the channels of
 * an image outside, [channels, height, width], a model has them inside, [height, width, channels]. This concerns the
 * weights of convolutions, and whatever has a number for each number of an image that is read as a row: the columns of
 * a dense layer behind it, the rows of one before it, and norms in between. */
#ifndef EGM_IO_RESTORE_IMPL_H
#define EGM_IO_RESTORE_IMPL_H

#include <egm/data.h>
#include <model/model_impl.h>

/* The images that a layer's input and output row stand for in PyTorch's order; all 0: a row like any other. */
typedef struct egm__restore_order {
	egm__geometry in, out;
} egm__restore_order;

/* Fills [n_layers]. UNSUPPORTED where the model reads the numbers of an image as one of another shape: PyTorch would
 * read them in another order, and no order of weights makes up for that. */
egm_status egm__restore_orders(egm__restore_order *orders, const egm_model *model, const char *path);

/* A tensor as a matrix [outer, inner], each of whose sides may be an image. */
typedef struct egm__restore_map {
	int64_t outer, inner;
	egm__geometry outer_image, inner_image;
} egm__restore_map;

egm__restore_map egm__restore_map_of(const egm__layer *layer, const egm__tensor *tensor,
                                     const egm__restore_order *order, int pytorch);
/* Where the file has element i of the model's tensor. */
int64_t egm__restore_source(const egm__restore_map *map, int64_t i);
/* The shape that the file's tensor has; returns its rank. */
int32_t egm__restore_shape(int64_t shape[4], const egm__layer *layer, const egm__tensor *tensor, int pytorch);
/* Is it a norm with a number for each of the row's? */
int egm__restore_is_norm(const egm__layer *layer);

/* ---- what does not fit, for one error line */

enum { EGM__RESTORE_NAMES = 200, EGM__RESTORE_TEXT = 700 };

typedef struct egm__restore_fault_list {
	int32_t count, named;
	size_t used;
	char text[EGM__RESTORE_NAMES]; /* the first of them, as far as there is room */
} egm__restore_fault_list;

typedef struct egm__restore_faults {
	egm__restore_fault_list missing, extra, misshapen;
} egm__restore_faults;

void egm__restore_fault(egm__restore_fault_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void egm__restore_faults_text(char text[EGM__RESTORE_TEXT], const egm__restore_faults *faults);

#endif
