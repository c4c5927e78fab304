/* SPDX-License-Identifier: MIT */
/* Penalties E[h(g)] of a slope g, by default g = ||grad D(x)|| over all dimensions of a row:
 *
 *  two_sided     h = (g - 1)^2          zero_centered  h = g^2
 *  one_sided     h = max(0, g - 1)^2    linear         h = max(g, 1)
 *
 * The points x are real rows, fake rows, both, or f + a (r - f) with one uniform number a for each pair of rows.
 *
 * finite_*: g = |D(x) - D(y)| / ||x - y|| for two such points of the same pair, the slope of a chord, which is at most
 * the largest gradient on it. Where the points coincide there is no chord, and the row contributes 0.
 *
 * The gradient is a node like any other, so its own gradient is exact. The derivative of ||.|| at 0 is 0. */
#include <loss/penalty_impl.h>

static const egm_choice kinds[] = {{"two_sided", EGM_PENALTY_TWO_SIDED},
                                   {"one_sided", EGM_PENALTY_ONE_SIDED},
                                   {"linear", EGM_PENALTY_LINEAR},
                                   {"zero_centered", EGM_PENALTY_ZERO_CENTERED},
                                   {"finite_two_sided", EGM_PENALTY_FINITE_TWO_SIDED},
                                   {"finite_linear", EGM_PENALTY_FINITE_LINEAR}};
EGM__FAMILY(egm__family_penalty, "EGM_PENALTY_", kinds);

static const egm_choice places[] = {
    {"interpolates", EGM_AT_INTERPOLATES}, {"real", EGM_AT_REAL}, {"fake", EGM_AT_FAKE}, {"both", EGM_AT_BOTH}};
EGM__FAMILY(egm__family_at, "EGM_AT_", places);

/* Slopes [rows, 1] and their squares; mask is 1 for the rows that have one (EGM__NONE: all have). */
typedef struct slopes {
	egm__id slope, square, mask;
} slopes;

static egm__id interpolate(egm__phase_graph *p, egm__id real, egm__id fake, uint32_t stream)
{
	egm__id a = egm__uniform(p->graph, stream, egm__shape2(p->batch, 1));
	return egm__add(p->graph, fake, egm__mul(p->graph, a, egm__sub(p->graph, real, fake)));
}

static egm__id points(egm__phase_graph *p, int32_t at, egm__id real, egm__id fake)
{
	egm__id both[2] = {real, fake};
	switch (at) {
	case EGM_AT_REAL:
		return real;
	case EGM_AT_FAKE:
		return fake;
	case EGM_AT_BOTH:
		return egm__concat(p->graph, 2, both, 0);
	default:
		return interpolate(p, real, fake, EGM__STREAM_PENALTY);
	}
}

static slopes of_gradient(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x)
{
	egm__graph *g = p->graph;
	egm__id square = egm__row_sum(g, egm__square(g, egm__net_slope(p, loss, net, x)));
	return (slopes){egm__sqrt(g, square), square, EGM__NONE};
}

static slopes of_chord(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id real, egm__id fake)
{
	egm__graph *g = p->graph;
	egm__id x = interpolate(p, real, fake, EGM__STREAM_PENALTY);
	egm__id y = interpolate(p, real, fake, EGM__STREAM_PENALTY_OTHER);
	egm__id at_y = egm__net(p, loss, net, y), rise = egm__sub(g, egm__net(p, loss, net, x), at_y);
	egm__id run = egm__row_norm(g, egm__sub(g, x, y));
	egm__id ratio = egm__div(g, rise, run); /* 0 where run is 0 */
	egm__id falling = egm__relu(g, egm__neg(g, ratio)), slope = egm__add(g, egm__relu(g, ratio), falling);
	egm__id square = egm__square(g, ratio);
	return (slopes){slope, square, egm__step(g, run, 0)};
}

static egm__id penalty_of(egm__graph *g, int32_t kind, const slopes *s)
{
	egm__id above = egm__affine(g, s->slope, 1, -1);
	switch (kind) {
	case EGM_PENALTY_ZERO_CENTERED:
		return s->square;
	case EGM_PENALTY_ONE_SIDED:
		return egm__square(g, egm__relu(g, above));
	case EGM_PENALTY_LINEAR:
	case EGM_PENALTY_FINITE_LINEAR:
		return egm__affine(g, egm__relu(g, above), 1, 1);
	default:
		return egm__square(g, above);
	}
}

egm__id egm__penalty(egm__phase_graph *p, const egm_loss *loss, int32_t net, int32_t kind, int32_t at, egm__id real,
                     egm__id fake)
{
	egm__graph *g = p->graph;
	int chord = kind == EGM_PENALTY_FINITE_TWO_SIDED || kind == EGM_PENALTY_FINITE_LINEAR;
	slopes s = chord ? of_chord(p, loss, net, real, fake) : of_gradient(p, loss, net, points(p, at, real, fake));
	egm__id h = penalty_of(g, kind, &s);
	return egm__mean(g, s.mask == EGM__NONE ? h : egm__mul(g, h, s.mask));
}

void egm__penalty_add(egm__phase_graph *p, const egm_loss *loss, int32_t index, double weight, int32_t net,
                      int32_t kind, int32_t at, egm__id real, egm__id fake)
{
	if (weight > 0) egm__term_add(p, index, egm__penalty(p, loss, net, kind, at, real, fake), weight);
}
