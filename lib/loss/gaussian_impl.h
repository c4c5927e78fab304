/* SPDX-License-Identifier: MIT */
/* Normal distributions with a diagonal covariance whose parameters are nodes: the outputs of encoders and decoders. */
#ifndef EGM_LOSS_GAUSSIAN_IMPL_H
#define EGM_LOSS_GAUSSIAN_IMPL_H

#include <loss/loss_impl.h>

/* Row i: N(mean_i, diag exp(log_variance_i)), both [rows, n]. */
typedef struct egm__gaussian {
	egm__id mean, log_variance;
} egm__gaussian;

/* From the two halves of a network's output [rows, 2n]. */
egm__gaussian egm__gaussian_split(egm__graph *g, egm__id output);
/* sigma is the same for all rows and dimensions. */
egm__gaussian egm__gaussian_fixed(egm__graph *g, egm__id mean, double sigma);
/* mean + sigma n [rows, n], n from `stream`: reparameterised, so that gradients pass through it. */
egm__id egm__gaussian_draw(egm__graph *g, const egm__gaussian *q, uint32_t stream);
/* -log q(x), [rows, 1] */
egm__id egm__gaussian_nll(egm__graph *g, const egm__gaussian *q, egm__id x);
/* KL(q || r), [rows, 1]; r NULL: N(0, I) */
egm__id egm__gaussian_kl(egm__graph *g, const egm__gaussian *q, const egm__gaussian *r);

#endif
