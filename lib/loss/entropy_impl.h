/* SPDX-License-Identifier: MIT */
/* Entropy terms of a generator: bounds of the information between a latent and what is generated from it. */
#ifndef EGM_LOSS_ENTROPY_IMPL_H
#define EGM_LOSS_ENTROPY_IMPL_H

#include <loss/loss_impl.h>

/* The entropy H of kind `entropy` (EGM_ENTROPY_*) that egm_loss_energy_gan defines, from z [batch, k], x = G(z) [batch,
 * d] and the information network. `fresh` is an independent draw of z, for EGM_MARGINAL_FRESH. Appends the term with
 * weight -weight; dv uses states 0 and 1. */
typedef struct egm__entropy {
	int32_t entropy, marginal, information, term;
	double weight, dv_decay;
} egm__entropy;

void egm__entropy_term(egm__phase_graph *p, const egm_loss *loss, const egm__entropy *o, egm__id x, egm__id z,
                       egm__id fresh);

#endif
