/* SPDX-License-Identifier: MIT */
/* Denoising losses on grad U, for every system that matches scores. */
#ifndef EGM_LOSS_SCORE_IMPL_H
#define EGM_LOSS_SCORE_IMPL_H

#include <loss/loss_impl.h>

/* E||sigma grad U(x + sigma n) - n||^2, n ~ N(0, I) from `stream` */
egm__id egm__denoising_loss(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x, double sigma,
                            uint32_t stream);
/* E||(sigma0^2 / sigma) grad U(x + sigma n) - n||^2, sigma a node [rows, 1] with a level for each row */
egm__id egm__denoising_loss_levels(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x, egm__id sigma,
                                   double sigma0, uint32_t stream);

#endif
