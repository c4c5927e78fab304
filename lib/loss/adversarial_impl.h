/* SPDX-License-Identifier: MIT */
/* Losses of a discriminator and of its generator, from their logits l [rows, 1]; D = sigmoid(l). */
#ifndef EGM_LOSS_ADVERSARIAL_IMPL_H
#define EGM_LOSS_ADVERSARIAL_IMPL_H

#include <core/options_impl.h>
#include <loss/loss_impl.h>

extern const egm__family egm__family_gan; /* EGM_GAN_* */

/* -E log D = E sp(-l) and -E log(1 - D) = E sp(l), [1, 1] */
egm__id egm__cross_entropy_real(egm__graph *g, egm__id logit);
egm__id egm__cross_entropy_fake(egm__graph *g, egm__id logit);

/* `form` is EGM_GAN_*. The label of a real row is 1 - smoothing. */
egm__id egm__discriminator_loss(egm__graph *g, int32_t form, egm__id real, egm__id fake, double smoothing);
/* `real` may be EGM__NONE unless egm__generator_needs_real(form). */
egm__id egm__generator_loss(egm__graph *g, int32_t form, egm__id real, egm__id fake);
int egm__generator_needs_real(int32_t form);

/* The objective of a discriminator: its loss on real and fake points [batch, inputs] as term 0 and the zero-centred
 * penalty as term 1. */
typedef struct egm__discriminator {
	int32_t net, form, penalty_at;
	double smoothing, penalty;
} egm__discriminator;

void egm__discriminator_add(egm__phase_graph *p, const egm_loss *loss, const egm__discriminator *d, egm__id real,
                            egm__id fake);

#endif
