/* SPDX-License-Identifier: MIT */
/* Windows over images. An image is [h, w, c] with its channels innermost, so that each row of a window is contiguous.
 * The window (oy, ox) reads the pixels (oy stride - padding + ky, ox stride - padding + kx), which are 0 outside the
 * image. */
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

/* Computes `count` rows of the output from row `first` on, on this thread. The order of additions does not depend on
 * first and count. A row is one line of one image, or all windows of one line. x is the whole input, y is row `first`
 * of the output. The padding may be negative if the caller reduces windows to some of their lines. */
typedef void (*egm__image_fn)(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                              int64_t count);

/* x [n, h, w, c] -> y [n, oh, ow, kh kw c] */
void egm__image_patches(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                        int64_t count);
/* x [n, oh, ow, kh kw c] -> y [n, h, w, c], every element added to the pixel that it is read from */
void egm__image_fold(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first, int64_t count);
/* the same, added to y */
void egm__image_fold_add(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                         int64_t count);
/* x [n, h, w, c] -> y [n, oh, ow, c], sums over blocks: stride = kernel, no padding */
void egm__image_block_sum(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                          int64_t count);
/* x [n, oh, ow, c] -> y [n, h, w, c], every pixel of a block the same */
void egm__image_repeat(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                       int64_t count);

#endif
