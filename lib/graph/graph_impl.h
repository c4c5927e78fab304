/* SPDX-License-Identifier: MIT */
/* A graph of array operations: nodes in the order of their making, so that a node's inputs always have smaller ids.
 *
 * Building looks like the formula: egm__mean(g, egm__mul(g, a, b)). A call that fails records the first error in the
 * graph and returns EGM__NONE, which every later call passes on; egm__graph_status tells at the end. Nodes are
 * simplified and shared as they are made: asking twice for the same thing gives the same id.
 *
 * Derivatives are ordinary nodes, so a gradient can be differentiated again, to any order.
 */
#ifndef EGM_GRAPH_GRAPH_IMPL_H
#define EGM_GRAPH_GRAPH_IMPL_H

#include <core/context_impl.h>
#include <tensor/image_impl.h>
#include <tensor/shape_impl.h>

typedef struct egm__graph egm__graph;
typedef int32_t egm__id;
enum { EGM__NONE = -1, EGM__MAX_INPUTS = 6, EGM__MAX_SLOTS = 20 };

/* Where a leaf's numbers come from and where an output goes: a slot is a base pointer given when the program runs, 1 to
 * EGM__MAX_SLOTS - 1. Slot 0 is the program's own memory. */

egm_status egm__graph_create(egm__graph **out, egm_context *context, egm_dtype dtype);
void egm__graph_free(egm__graph *g);
egm_status egm__graph_status(const egm__graph *g); /* restores the text of the first error */
egm_context *egm__graph_context(const egm__graph *g);
egm_dtype egm__graph_dtype(const egm__graph *g);
const egm__shape *egm__graph_shape(const egm__graph *g, egm__id x);
/* For tests: with 0, nodes are kept as asked for. */
void egm__graph_set_simplify(egm__graph *g, int on);
/* Leaves of this slot keep their values from one egm__program_prepare to the next: products with such a leaf as their
 * right factor read a copy in an order of their own. Call it before the first product is made; no output goes there. */
void egm__graph_fix_slot(egm__graph *g, int32_t slot);
/* The node's value is written, contiguous, at `offset` elements of `slot`. */
void egm__graph_output(egm__graph *g, egm__id x, int32_t slot, int64_t offset);

/* leaves */
egm__id egm__leaf(egm__graph *g, int32_t slot, int64_t offset, egm__shape shape); /* contiguous there */
egm__id egm__const(egm__graph *g, double value, egm__shape shape);
egm__id egm__normal(egm__graph *g, uint32_t stream, egm__shape shape);  /* N(0,1), new at each run */
egm__id egm__uniform(egm__graph *g, uint32_t stream, egm__shape shape); /* U[0,1) */

/* elementwise; binary ones broadcast sizes of 1, and nothing else */
egm__id egm__add(egm__graph *g, egm__id a, egm__id b);
egm__id egm__sub(egm__graph *g, egm__id a, egm__id b);
egm__id egm__mul(egm__graph *g, egm__id a, egm__id b);
egm__id egm__div(egm__graph *g, egm__id a, egm__id b); /* a times recip b */
egm__id egm__affine(egm__graph *g, egm__id x, double scale, double shift);
egm__id egm__scale(egm__graph *g, egm__id x, double scale);
egm__id egm__neg(egm__graph *g, egm__id x);
egm__id egm__square(egm__graph *g, egm__id x);
egm__id egm__exp(egm__graph *g, egm__id x);
egm__id egm__ln(egm__graph *g, egm__id x);
egm__id egm__sqrt(egm__graph *g, egm__id x);  /* derivative 1/2 recip(sqrt x): 0 at 0 */
egm__id egm__recip(egm__graph *g, egm__id x); /* 1/x, 0 at 0 */
egm__id egm__tanh(egm__graph *g, egm__id x);
egm__id egm__sigmoid(egm__graph *g, egm__id x);
egm__id egm__softplus(egm__graph *g, egm__id x);
egm__id egm__erf(egm__graph *g, egm__id x);
egm__id egm__leaky(egm__graph *g, egm__id x, double slope); /* slope 0: relu */
egm__id egm__step(egm__graph *g, egm__id x, double below);  /* x > 0 ? 1 : below; derivative 0 */
egm__id egm__relu(egm__graph *g, egm__id x);
egm__id egm__elu(egm__graph *g, egm__id x, double alpha); /* slope alpha at 0 */
egm__id egm__silu(egm__graph *g, egm__id x);
egm__id egm__gelu(egm__graph *g, egm__id x);
/* scale s(rate x) s(-rate x), s the sigmoid: the slopes of sigmoid (1, 1) and tanh (4, 2) */
egm__id egm__logistic(egm__graph *g, egm__id x, double scale, double rate);
egm__id egm__stop(egm__graph *g, egm__id x); /* the same value, derivative 0 */

/* reductions; axes is a bit mask, reduced sizes become 1. A maximum takes axes at one end only. */
egm__id egm__sum(egm__graph *g, egm__id x, uint32_t axes);
egm__id egm__max(egm__graph *g, egm__id x, uint32_t axes); /* derivative 0: a shift for stable exponentials */
egm__id egm__mean(egm__graph *g, egm__id x);               /* over everything: [1, 1] for rank 2 */
egm__id egm__row_sum(egm__graph *g, egm__id x);            /* over all axes but the first */
egm__id egm__mean_square_norm(egm__graph *g, egm__id x);   /* of rows: E||x||^2 */
/* Euclidean, over all axes but the first; finite gradient at 0. Squares are not scaled: numbers below 1e-19 in f32, or
 * 1e-154 in f64, count as 0, and above 1e19 or 1e154 the norm is infinite. */
egm__id egm__row_norm(egm__graph *g, egm__id x);
egm__id egm__log_sum_exp(egm__graph *g, egm__id x, uint32_t axes);
/* x - log_sum_exp(x), without adding to the logarithm the maximum that x brings along: off by 2 roundings of x - max x
 * and those of the logarithm, so that exp of it is by |x - max x| u at most, u one rounding. */
egm__id egm__log_softmax(egm__graph *g, egm__id x, uint32_t axes);

/* shape */
egm__id egm__broadcast(egm__graph *g, egm__id x, egm__shape shape);
egm__id egm__reshape(egm__graph *g, egm__id x, egm__shape shape);
egm__id egm__transpose(egm__graph *g, egm__id x); /* rank 2 */
egm__id egm__slice(egm__graph *g, egm__id x, int32_t axis, int64_t start, int64_t count);
egm__id egm__pad(egm__graph *g, egm__id x, int32_t axis, int64_t before, int64_t after); /* with zeros */
egm__id egm__concat(egm__graph *g, int32_t n, const egm__id *x, int32_t axis);

/* products; ta, tb: the operand is used transposed. Rank 2. */
egm__id egm__matmul(egm__graph *g, egm__id a, egm__id b, int ta, int tb);
/* x W^T + b, W [out, in], b [1, out] */
egm__id egm__linear(egm__graph *g, egm__id x, egm__id weight, egm__id bias);

/* Images [n, h, w, c]. patches: x [n, h, w, c] -> [n, oh, ow, kh kw c], o = (h + 2 padding - kernel) / stride + 1
 * rounded down, zeros outside the image, elements in the order ky, kx, c. fold is its adjoint: p [n, oh, ow, kh kw c]
 * -> [n, height, width, c], every element added to where patches read it. SHAPE for a kernel or stride below 1, padding
 * below 0, a kernel larger than the image with its padding, another rank. */
egm__id egm__patches(egm__graph *g, egm__id x, const egm__window *w);
egm__id egm__fold(egm__graph *g, egm__id p, const egm__window *w, int64_t height, int64_t width);
/* x [n, h, w, c], weight [o, kh kw c] -> [n oh ow, o] */
egm__id egm__conv(egm__graph *g, egm__id x, egm__id weight, const egm__window *w);
/* x [n, h, w, c], weight [c, kh kw o] -> [n, height, width, o], of which x has the windows */
egm__id egm__conv_transpose(egm__graph *g, egm__id x, egm__id weight, const egm__window *w, int64_t height,
                            int64_t width);
/* Sums over blocks of height x width pixels side by side, [n, h, w, c] -> [n, h / height, w / width, c], both without a
 * rest; and its adjoint, each pixel a block of equal ones. */
egm__id egm__block_sum(egm__graph *g, egm__id x, int64_t height, int64_t width);
egm__id egm__repeat(egm__graph *g, egm__id x, int64_t height, int64_t width);
egm__id egm__average_pool(egm__graph *g, egm__id x, int64_t size);
egm__id egm__upsample(egm__graph *g, egm__id x, int64_t factor); /* nearest */

/* x as a point by which a derivative will be taken: what is built on it is built on nothing below it. A leaf, noise and
 * a variable are such points already. Asked twice for the same node, it is one point, so that a penalty and an energy
 * at it share what they have in common. It costs nothing in a compiled program. */
egm__id egm__variable(egm__graph *g, egm__id x);
/* out[i] = d sum(y) / d wrt[i], in the shape of wrt[i]; zeros where y does not depend on it. Each wrt is a leaf, noise
 * or an egm__variable that y was built on; any other node is an error of the graph, because y may have been built
 * around it. */
void egm__gradient(egm__graph *g, egm__id y, int32_t n, const egm__id *wrt, egm__id *out);

#endif
