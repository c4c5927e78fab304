/* SPDX-License-Identifier: MIT */
/* Hamiltonian Monte Carlo with the leapfrog integrator. MALA is its trajectory of one step: the proposal is that of
 * Langevin dynamics with eps = h^2, and the energy error
 *   W(x') - W(x) + |p'|^2 / 2 - |xi|^2 / 2,   p' = xi - (h/2) S (grad W(x) + grad W(x'))
 * is minus the logarithm of the Metropolis-Hastings ratio with both proposal densities, because
 * |S^-1 (x - x' + (eps/2) C grad W(x'))|^2 / (2 eps) = |p'|^2 / 2, and |xi|^2 / 2 in the same way.
 * A step costs one gradient, as that of the current point is kept.
 *
 * Momenta are in scaled coordinates, p ~ N(0, I), so that the mass matrix S^-2 never appears. */
#include <core/status_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>

static const egm_hmc_options defaults = EGM_HMC_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHAIN_MEMBERS(egm_hmc_options, "Leapfrog step h; a warm-up starts from it."),
    EGM__BELOW_ONE(egm_hmc_options, jitter, "Transitions use h times a random number in [1 - jitter, 1 + jitter)."),
    EGM__RANGE(egm_hmc_options, target_accept, 0, 1, 1, 1, "Mean acceptance probability that a warm-up aims at."),
    EGM__POSITIVE(egm_hmc_options, divergence, "Energy error above which a trajectory counts as divergent."),
    EGM__COUNT(egm_hmc_options, leapfrog_steps, "Leapfrog steps per transition."),
    EGM__FLAG(egm_hmc_options, adapt_scale, "1: a warm-up also estimates the scale of each coordinate."),
};
EGM__KERNEL_OPTIONS(egm__options_hmc, egm_hmc_options, defaults, members);

static egm_status describe(egm_sampler *s)
{
	const egm_hmc_options *o = s->own;
	s->options.jitter = o->jitter;
	s->options.target_accept = o->target_accept;
	s->options.adapt_scale = o->adapt_scale;
	s->options.divergence = o->divergence;
	s->options.leapfrog_steps = o->leapfrog_steps;
	return EGM_OK;
}

typedef struct trajectory {
	double h;       /* of this transition */
	double kinetic; /* |p|^2 / 2 at its start */
	int64_t steps, left;
	/* The point where the next step begins, and its gradient. After the first step these are rows of the probe, which
	 * stay unchanged until the walker asks again. */
	const char *at, *gradient;
} trajectory;

enum { HEAD = 64 };
_Static_assert(sizeof(trajectory) <= HEAD, "rows behind the head start on a cache line");

static char *scratch_of(egm__walker *w)
{
	return (char *)w->own + HEAD;
}

size_t egm__leapfrog_bytes(const egm_sampler *s)
{
	return (size_t)(HEAD + s->row_bytes);
}

/* The noise is the initial momentum. */
void egm__leapfrog_begin(egm_sampler *s, egm__walker *w)
{
	trajectory *t = w->own;
	double jitter = s->options.jitter;
	t->h = jitter > 0 ? w->step * (1 + jitter * (2 * egm__walker_uniform(s, w, 1) - 1)) : w->step;
	t->steps = t->left = s->options.leapfrog_steps > 1 ? s->options.leapfrog_steps : 1;
	t->kinetic = egm__row_square(s, w->noise) / 2;
	t->at = w->x;
	t->gradient = w->gradient;
}

void egm__leapfrog_ask(egm_sampler *s, egm__walker *w, char *y)
{
	trajectory *t = w->own;
	egm__row_leap(s, w, y, t->at, t->gradient, t->left == t->steps ? -t->h / 2 : -t->h, t->h);
	t->at = y;
	w->gradient_only = t->left > 1;
}

static int reject(egm__walker *w)
{
	w->accept = 0;
	w->divergences++;
	return 1;
}

int egm__leapfrog_take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	trajectory *t = w->own;
	t->gradient = (char *)probe->gradient + row * egm__point_bytes(s);
	w->leapfrogs++;
	if (!egm__walker_answer_usable(w, probe, row)) return reject(w);
	if (--t->left > 0) return 0;
	egm__row_move(s, w, w->noise, w->noise, -t->h / 2, t->gradient, scratch_of(w));
	double error = probe->value[row] - w->value + egm__row_square(s, w->noise) / 2 - t->kinetic;
	if (!isfinite(error)) return reject(w);
	w->accept = error > 0 ? exp(-error) : 1;
	if (s->options.divergence > 0 && error > s->options.divergence) w->divergences++;
	if (egm__walker_uniform(s, w, 0) < w->accept) egm__walker_set_point(s, w, probe, row);
	return 1;
}

const egm__method egm__method_hmc = {.name = "hmc",
                                     .options = &egm__options_hmc,
                                     .describe = describe,
                                     .metropolis = 1,
                                     .own_bytes = egm__leapfrog_bytes,
                                     .begin = egm__leapfrog_begin,
                                     .ask = egm__leapfrog_ask,
                                     .take = egm__leapfrog_take};

egm_status egm_sampler_hmc(egm_sampler **out, egm_target *target, const egm_hmc_options *options)
{
	return egm__named(__func__, egm__sampler_create(out, &egm__method_hmc, target, options));
}
