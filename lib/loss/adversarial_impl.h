/* SPDX-License-Identifier: MIT */
/* What a discriminator and its opponent minimise, from logits l [rows, 1] on both sides; D = sigmoid(l). */
#ifndef EGM_LOSS_ADVERSARIAL_IMPL_H
#define EGM_LOSS_ADVERSARIAL_IMPL_H

#include <core/options_impl.h>
#include <loss/loss_impl.h>

extern const egm__family egm__family_gan; /* EGM_GAN_* */

/* -E log D = E sp(-l) and -E log(1 - D) = E sp(l), [1, 1] */
egm__id egm__not_real(egm__graph *g, egm__id logit);
egm__id egm__not_fake(egm__graph *g, egm__id logit);

/* By `form`, EGM_GAN_*; `smoothing` s: the label of a real row is 1 - s. */
egm__id egm__discriminator_loss(egm__graph *g, int32_t form, egm__id real, egm__id fake, double smoothing);
/* The generator's; `real` is looked at where egm__generator_needs_real says so, else it may be EGM__NONE. */
egm__id egm__generator_loss(egm__graph *g, int32_t form, egm__id real, egm__id fake);
int egm__generator_needs_real(int32_t form);

/* What a discriminator goes down: its loss on real and fake points [batch, inputs] as term 0, and the zero-centred
 * penalty as term 1. */
typedef struct egm__contest {
	int32_t net, form, penalty_at;
	double smoothing, penalty;
} egm__contest;

void egm__contest_add(egm__phase_graph *p, const egm_loss *loss, const egm__contest *c, egm__id real, egm__id fake);

#endif
