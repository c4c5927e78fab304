/* SPDX-License-Identifier: MIT */
/* The graph of a computation: what losses, samplers and networks write down and what lib/compile makes a program of.
 *
 * A node is an array of known shape: a leaf, or an op applied to earlier nodes. An id is the position of a node, so the
 * inputs of a node always have smaller ids than the node. Building a graph reads like the formula:
 * egm__mean(g, egm__mul(g, a, b)).
 *
 * Errors: the first failing call records its error in the graph and returns EGM__NONE. Every later call returns
 * EGM__NONE too, so a builder checks once, at its end, with egm__graph_status. A shape that does not fit is
 * EGM_ERR_SHAPE.
 *
 * Sharing: nodes are simplified when they are made, and an equal node is never made twice. Asking again for the same
 * thing returns the same id.
 *
 * Derivatives are ordinary nodes. A gradient can therefore be differentiated again, to any order. */
#ifndef EGM_GRAPH_GRAPH_IMPL_H
#define EGM_GRAPH_GRAPH_IMPL_H

#include <core/context_impl.h>
#include <tensor/image_impl.h>
#include <tensor/shape_impl.h>

typedef struct egm__graph egm__graph;
typedef int32_t egm__id;
enum { EGM__NONE = -1, EGM__MAX_INPUTS = 6, EGM__MAX_SLOTS = 20 };

/* A slot is a base pointer that is given when the program runs: leaves read there, outputs are written there. Slots are
 * 1 to EGM__MAX_SLOTS - 1; slot 0 is the program's own memory. */

egm_status egm__graph_create(egm__graph **out, egm_context *context, egm_dtype dtype);
void egm__graph_free(egm__graph *g);
/* The first error, with its text as the last error of the thread; EGM_OK if there was none. */
egm_status egm__graph_status(const egm__graph *g);
egm_dtype egm__graph_dtype(const egm__graph *g);
const egm__shape *egm__graph_shape(const egm__graph *g, egm__id x);
/* Declares that leaves of this slot change only at egm__program_prepare. A product whose right factor is such a leaf
 * then reads a packed copy of it. Call it before the first product is built. No output may be written to the slot. */
void egm__graph_fix_slot(egm__graph *g, int32_t slot);
/* Has the value of x written to `slot`, contiguously, from element `offset` on. */
void egm__graph_output(egm__graph *g, egm__id x, int32_t slot, int64_t offset);

/* ---- leaves */
egm__id egm__leaf(egm__graph *g, int32_t slot, int64_t offset, egm__shape shape); /* contiguous from `offset` on */
egm__id egm__const(egm__graph *g, double value, egm__shape shape);
egm__id egm__normal(egm__graph *g, uint32_t stream, egm__shape shape);  /* N(0,1), drawn anew in each run */
egm__id egm__uniform(egm__graph *g, uint32_t stream, egm__shape shape); /* U[0,1), likewise */

/* ---- elementwise. Two operands have equal sizes, or one has size 1 and is repeated; ranks are equal. */
egm__id egm__add(egm__graph *g, egm__id a, egm__id b);
egm__id egm__sub(egm__graph *g, egm__id a, egm__id b);
egm__id egm__mul(egm__graph *g, egm__id a, egm__id b);
egm__id egm__div(egm__graph *g, egm__id a, egm__id b);                     /* a times egm__recip(b) */
egm__id egm__affine(egm__graph *g, egm__id x, double scale, double shift); /* scale x + shift */
egm__id egm__scale(egm__graph *g, egm__id x, double scale);
egm__id egm__neg(egm__graph *g, egm__id x);
egm__id egm__square(egm__graph *g, egm__id x);
egm__id egm__exp(egm__graph *g, egm__id x);
egm__id egm__ln(egm__graph *g, egm__id x);
egm__id egm__sqrt(egm__graph *g, egm__id x);  /* its derivative at 0 is defined as 0 */
egm__id egm__recip(egm__graph *g, egm__id x); /* 1/x, and 0 at x = 0 */
egm__id egm__tanh(egm__graph *g, egm__id x);
egm__id egm__sigmoid(egm__graph *g, egm__id x);
egm__id egm__softplus(egm__graph *g, egm__id x);
egm__id egm__erf(egm__graph *g, egm__id x);
egm__id egm__leaky(egm__graph *g, egm__id x, double slope); /* x > 0 ? x : slope x, slope >= 0 */
egm__id egm__step(egm__graph *g, egm__id x, double below);  /* x > 0 ? 1 : below; its derivative is 0 */
egm__id egm__relu(egm__graph *g, egm__id x);
egm__id egm__elu(egm__graph *g, egm__id x, double alpha); /* x > 0 ? x : alpha (e^x - 1) */
egm__id egm__silu(egm__graph *g, egm__id x);              /* x sigmoid(x) */
egm__id egm__gelu(egm__graph *g, egm__id x);              /* x Phi(x), Phi the distribution function of N(0,1) */
/* scale s(rate x) s(-rate x), s the sigmoid: with (1, 1) the slope of the sigmoid, with (4, 2) that of tanh */
egm__id egm__logistic(egm__graph *g, egm__id x, double scale, double rate);
egm__id egm__stop(egm__graph *g, egm__id x); /* x itself, but every derivative treats it as a constant */

/* ---- reductions. `axes` is a bit mask; the sizes of these axes become 1. The axes of a maximum must be the first ones
 * or the last ones of the shape. */
egm__id egm__sum(egm__graph *g, egm__id x, uint32_t axes);
egm__id egm__max(egm__graph *g, egm__id x, uint32_t axes); /* taken as a constant by derivatives */
egm__id egm__mean(egm__graph *g, egm__id x);               /* over all elements, every size 1 */
egm__id egm__row_sum(egm__graph *g, egm__id x);            /* over all axes but the first */
egm__id egm__mean_square_norm(egm__graph *g, egm__id x);   /* the mean of ||row||^2 over the rows */
/* The Euclidean norm over all axes but the first; its gradient at 0 is 0. Squares are not scaled: elements below 1e-19
 * in f32, or 1e-154 in f64, count as 0, and elements above 1e19 or 1e154 make the norm infinite. */
egm__id egm__row_norm(egm__graph *g, egm__id x);
egm__id egm__log_sum_exp(egm__graph *g, egm__id x, uint32_t axes); /* log sum e^x, without overflow */
/* x - log_sum_exp(x), computed as d - log sum e^d with d = x - max x. The maximum is never added to the logarithm and
 * subtracted again, so the error is 2 roundings of d and those of the logarithm; the relative error of its exponential
 * is at most |d| u, u one rounding. */
egm__id egm__log_softmax(egm__graph *g, egm__id x, uint32_t axes);

/* ---- shape */
egm__id egm__broadcast(egm__graph *g, egm__id x, egm__shape shape);
egm__id egm__reshape(egm__graph *g, egm__id x, egm__shape shape);
egm__id egm__transpose(egm__graph *g, egm__id x); /* of a matrix */
egm__id egm__slice(egm__graph *g, egm__id x, int32_t axis, int64_t start, int64_t count);
egm__id egm__pad(egm__graph *g, egm__id x, int32_t axis, int64_t before, int64_t after); /* with zeros */
egm__id egm__concat(egm__graph *g, int32_t n, const egm__id *x, int32_t axis);

/* ---- products of matrices. ta, tb: 1 uses the operand transposed. */
egm__id egm__matmul(egm__graph *g, egm__id a, egm__id b, int ta, int tb);
/* x W^T + b with weight W [out, in] and bias b [1, out] */
egm__id egm__linear(egm__graph *g, egm__id x, egm__id weight, egm__id bias);

/* ---- images [n, height, width, channels] */

/* What each window reads: x [n, h, w, c] -> [n, oh, ow, kh kw c] with oh = (h + 2 padding - kh) / stride + 1 rounded
 * down, and ow likewise. The elements of a window are in the order ky, kx, c and are 0 outside the image (im2col).
 * Kernel and stride must be at least 1, padding at least 0, and the kernel at most the padded image. */
egm__id egm__patches(egm__graph *g, egm__id x, const egm__window *w);
/* The adjoint of patches: p [n, oh, ow, kh kw c] -> [n, height, width, c]. Every element of a window is added to the
 * pixel that patches reads it from (col2im). */
egm__id egm__fold(egm__graph *g, egm__id p, const egm__window *w, int64_t height, int64_t width);
/* Convolution: x [n, h, w, c], weight [o, kh kw c] -> [n oh ow, o]. */
egm__id egm__conv(egm__graph *g, egm__id x, egm__id weight, const egm__window *w);
/* Transposed convolution: x [n, h, w, c], weight [c, kh kw o] -> [n, height, width, o]. The windows over the result are
 * h x w for each image. */
egm__id egm__conv_transpose(egm__graph *g, egm__id x, egm__id weight, const egm__window *w, int64_t height,
                            int64_t width);
/* Sums over blocks of height x width neighbouring pixels: [n, h, w, c] -> [n, h / height, w / width, c]. Both divisions
 * must be exact. */
egm__id egm__block_sum(egm__graph *g, egm__id x, int64_t height, int64_t width);
/* The adjoint of block_sum: every pixel becomes a block of equal ones. */
egm__id egm__repeat(egm__graph *g, egm__id x, int64_t height, int64_t width);
egm__id egm__average_pool(egm__graph *g, egm__id x, int64_t size);
egm__id egm__upsample(egm__graph *g, egm__id x, int64_t factor); /* nearest neighbour */

/* ---- derivatives */

/* x as a variable of differentiation: what is built on the result uses nothing below it. Without it, simplification
 * could build a formula of a computed x on the inputs of x, and the derivative by x would be zero or miss a path.
 * Leaves, noise and variables are returned unchanged. The same x always gives the same variable, so that a penalty and
 * an energy at it share nodes. A compiled program has no trace of it. */
egm__id egm__variable(egm__graph *g, egm__id x);
/* out[i] = d sum(y) / d wrt[i], in the shape of wrt[i]; zeros if y does not depend on it. Each wrt must be a leaf,
 * noise or an egm__variable that y was built on. Any other node is EGM_ERR_UNSUPPORTED, because y may have been built
 * around it. */
void egm__gradient(egm__graph *g, egm__id y, int32_t n, const egm__id *wrt, egm__id *out);

#endif
