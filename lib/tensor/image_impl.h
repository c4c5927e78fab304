/* SPDX-License-Identifier: MIT */
/* Windows over images. An image of a batch is [h, w, c], its channels side by side, so that what a window reads of one
 * of its rows is one run of memory. The window at (oy, ox) reads the elements (oy stride - padding + ky, ...); outside
 * the image there are zeros. */
#ifndef EGM_TENSOR_IMAGE_IMPL_H
#define EGM_TENSOR_IMAGE_IMPL_H

#include <tensor/kernels_impl.h>

typedef struct egm__window {
	int32_t kernel[2], stride[2], padding[2]; /* height, width */
} egm__window;

/* n images of h x w pixels of c channels, and oh x ow windows over each. */
typedef struct egm__image {
	int64_t n, h, w, c, oh, ow;
	egm__window window;
	int64_t size; /* bytes of an element */
} egm__image;

/* Each computes `count` rows of its output from row `first` on, on this thread and in one order of additions, whatever
 * the rows are cut into. A row is one line of one image, or the windows of one line. */
typedef void (*egm__image_fn)(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                              int64_t count);

/* x [n, h, w, c] -> y [n, oh, ow, kh kw c] */
void egm__image_patches(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                        int64_t count);
/* x [n, oh, ow, kh kw c] -> y [n, h, w, c], every element added to where the windows read it */
void egm__image_fold(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first, int64_t count);
/* x [n, h, w, c] -> y [n, oh, ow, c], sums over windows that lie side by side: stride = kernel, no padding */
void egm__image_block_sum(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                          int64_t count);
/* x [n, oh, ow, c] -> y [n, h, w, c], each element in every place of its block */
void egm__image_repeat(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                       int64_t count);

#endif
