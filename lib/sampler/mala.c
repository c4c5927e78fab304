/* SPDX-License-Identifier: MIT */
/* The Metropolis-adjusted Langevin algorithm: the trajectory of hmc.c with one step. */
#include <core/status_impl.h>
#include <sampler/sampler_impl.h>

static const egm_mala_options defaults = EGM_MALA_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHAIN_MEMBERS(egm_mala_options, "Langevin step eps; a warm-up starts from it."),
    EGM__BELOW_ONE(egm_mala_options, jitter, "Transitions use sqrt(eps) times a number in [1 - jitter, 1 + jitter)."),
    EGM__RANGE(egm_mala_options, target_accept, 0, 1, 1, 1, "Mean acceptance probability that a warm-up aims at."),
    EGM__FLAG(egm_mala_options, adapt_scale, "1: a warm-up also estimates the scale of each coordinate."),
    EGM__RESERVED(egm_mala_options, reserved),
};
EGM__KERNEL_OPTIONS(egm__options_mala, egm_mala_options, defaults, members);

static egm_status describe(egm_sampler *s)
{
	const egm_mala_options *o = s->own;
	s->options.jitter = o->jitter;
	s->options.target_accept = o->target_accept;
	s->options.adapt_scale = o->adapt_scale;
	return EGM_OK;
}

const egm__method egm__method_mala = {.name = "mala",
                                      .options = &egm__options_mala,
                                      .describe = describe,
                                      .metropolis = 1,
                                      .langevin = 1,
                                      .own_bytes = egm__leapfrog_bytes,
                                      .begin = egm__leapfrog_begin,
                                      .ask = egm__leapfrog_ask,
                                      .take = egm__leapfrog_take};

egm_status egm_sampler_mala(egm_sampler **out, egm_target *target, const egm_mala_options *options)
{
	return egm__named(__func__, egm__sampler_create(out, &egm__method_mala, target, options));
}
