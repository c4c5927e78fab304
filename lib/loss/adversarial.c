/* SPDX-License-Identifier: MIT */
/* Losses of a discriminator and of its generator, from the logits r = l(x) and f = l(G(z)). sp = softplus;
 * log D = -sp(-l) and log(1 - D) = -sp(l), so that the logarithm of a sigmoid is never computed.
 *
 *                        discriminator                                    generator
 *  non_saturating        E sp(-r) + E sp(f)                               E sp(-f)
 *  minimax               the same                                         -E sp(f)
 *  least_squares         E (r - 1)^2 / 2 + E f^2 / 2                      E (f - 1)^2 / 2
 *  hinge                 E max(0, 1 - r) + E max(0, 1 + f)                -E f
 *  relativistic          E sp(f - r), rows in pairs                       E sp(r - f)
 *  relativistic_average  (E sp(Ef - r) + E sp(f - Er)) / 2                (E sp(r - Ef) + E sp(Er - f)) / 2
 *
 * Label smoothing s replaces sp(-r) by (1 - s) sp(-r) + s sp(r), and the target 1 of least_squares by 1 - s. */
#include <loss/adversarial_impl.h>
#include <loss/penalty_impl.h>

static const egm_choice forms[] = {
    {"non_saturating", EGM_GAN_NON_SATURATING}, {"minimax", EGM_GAN_MINIMAX},
    {"least_squares", EGM_GAN_LEAST_SQUARES},   {"hinge", EGM_GAN_HINGE},
    {"relativistic", EGM_GAN_RELATIVISTIC},     {"relativistic_average", EGM_GAN_RELATIVISTIC_AVERAGE}};
EGM__FAMILY(egm__family_gan, "EGM_GAN_", forms);

egm__id egm__cross_entropy_real(egm__graph *g, egm__id logit)
{
	return egm__cross_entropy_fake(g, egm__neg(g, logit));
}

egm__id egm__cross_entropy_fake(egm__graph *g, egm__id logit)
{
	return egm__mean(g, egm__softplus(g, logit));
}

/* E (l - target)^2 / 2 */
static egm__id half_square(egm__graph *g, egm__id logit, double target)
{
	return egm__scale(g, egm__mean(g, egm__square(g, egm__affine(g, logit, 1, -target))), 0.5);
}

/* E max(0, 1 + side l) */
static egm__id hinge(egm__graph *g, egm__id logit, double side)
{
	return egm__mean(g, egm__relu(g, egm__affine(g, logit, side, 1)));
}

static egm__id cross_entropy(egm__graph *g, egm__id real, egm__id fake, double smoothing)
{
	egm__id kept = egm__scale(g, egm__cross_entropy_real(g, real), 1 - smoothing);
	egm__id moved = egm__scale(g, egm__cross_entropy_fake(g, real), smoothing);
	egm__id of_fake = egm__cross_entropy_fake(g, fake);
	return egm__add(g, egm__add(g, kept, moved), of_fake);
}

/* Small if `high` is above the mean of `low`, and `low` below the mean of `high`. */
static egm__id average_pairs(egm__graph *g, egm__id high, egm__id low)
{
	egm__id a = egm__cross_entropy_fake(g, egm__sub(g, egm__mean(g, low), high));
	egm__id b = egm__cross_entropy_fake(g, egm__sub(g, low, egm__mean(g, high)));
	return egm__scale(g, egm__add(g, a, b), 0.5);
}

egm__id egm__discriminator_loss(egm__graph *g, int32_t form, egm__id real, egm__id fake, double smoothing)
{
	egm__id of_fake;
	switch (form) {
	case EGM_GAN_LEAST_SQUARES:
		of_fake = half_square(g, fake, 0);
		return egm__add(g, half_square(g, real, 1 - smoothing), of_fake);
	case EGM_GAN_HINGE:
		of_fake = hinge(g, fake, 1);
		return egm__add(g, hinge(g, real, -1), of_fake);
	case EGM_GAN_RELATIVISTIC:
		return egm__cross_entropy_fake(g, egm__sub(g, fake, real));
	case EGM_GAN_RELATIVISTIC_AVERAGE:
		return average_pairs(g, real, fake);
	default:
		return cross_entropy(g, real, fake, smoothing);
	}
}

egm__id egm__generator_loss(egm__graph *g, int32_t form, egm__id real, egm__id fake)
{
	switch (form) {
	case EGM_GAN_MINIMAX:
		return egm__neg(g, egm__cross_entropy_fake(g, fake));
	case EGM_GAN_LEAST_SQUARES:
		return half_square(g, fake, 1);
	case EGM_GAN_HINGE:
		return egm__neg(g, egm__mean(g, fake));
	case EGM_GAN_RELATIVISTIC:
		return egm__cross_entropy_fake(g, egm__sub(g, real, fake));
	case EGM_GAN_RELATIVISTIC_AVERAGE:
		return average_pairs(g, fake, real);
	default:
		return egm__cross_entropy_real(g, fake);
	}
}

int egm__generator_needs_real(int32_t form)
{
	return form == EGM_GAN_RELATIVISTIC || form == EGM_GAN_RELATIVISTIC_AVERAGE;
}

void egm__discriminator_add(egm__phase_graph *p, const egm_loss *loss, const egm__discriminator *d, egm__id real,
                            egm__id fake)
{
	egm__id l[2];
	egm__net_both(p, loss, d->net, real, fake, l);
	egm__term_add(p, 0, egm__discriminator_loss(p->graph, d->form, l[0], l[1], d->smoothing), 1);
	egm__penalty_add(p, loss, 1, d->penalty, d->net, EGM_PENALTY_ZERO_CENTERED, d->penalty_at, real, fake);
}
