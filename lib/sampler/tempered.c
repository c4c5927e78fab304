/* SPDX-License-Identifier: MIT */
/* Parallel tempering (Geyer 1991): the walkers of a chain move by MALA, walker l on
 *   W_l(y) = (beta / T_l) U(x(y)) + precision |x(y)|^2 / 2 - log |dx/dy|,
 * and after every `steps_per_level` transitions a Metropolis move exchanges the points of neighbouring levels i and j.
 * On the product of their distributions its ratio is
 *   exp(-W_i(y_j) - W_j(y_i) + W_i(y_i) + W_j(y_j)) = exp((beta_i - beta_j) (U_i - U_j)),
 * because prior and Jacobian of a point are the same at every level and cancel.
 *
 * Pairs (0,1), (2,3), ... and (1,2), (3,4), ... alternate. A point then moves in one direction along the levels for as
 * long as it is accepted; random pairs would turn it back half of the time (Okabe et al. 2001; Syed et al. 2022). */
#include <core/rng_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>

static const egm_tempered_options defaults = EGM_TEMPERED_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHAIN_MEMBERS(egm_tempered_options,
                       "Langevin step eps at temperature 1; the step at temperature T starts at eps * T."),
    EGM__ARRAY(egm_tempered_options, temperatures,
               "[levels] Temperatures, which divide the energy and rise from 1; NULL: 1, with one level."),
    EGM__BETWEEN(egm_tempered_options, levels, 1, EGM__MAX_LEVELS, "Number of temperatures."),
    EGM__BETWEEN(egm_tempered_options, steps_per_level, 1, INT32_MAX, "MALA steps between exchanges."),
    EGM__RANGE(egm_tempered_options, target_accept, 0, 1, 1, 1, "Mean acceptance probability that a warm-up aims at."),
};
EGM__KERNEL_OPTIONS(egm__options_tempered, egm_tempered_options, defaults, members);

static egm_status describe(egm_sampler *s)
{
	egm_tempered_options *o = s->own;
	const double *t = o->temperatures;
	for (int64_t l = 0; t && l < o->levels; l++)
		if (l == 0 ? t[0] != 1 : !(t[l] > t[l - 1]))
			return egm__fail(EGM_ERR_ARGUMENT, "temperatures[%lld] is %g, must be %s%g: temperatures rise from 1",
			                 (long long)l, t[l], l ? "above " : "", l ? t[l - 1] : 1);
	s->levels = o->levels;
	s->inner = o->steps_per_level;
	s->options.target_accept = o->target_accept;
	return egm__sampler_keep_temperatures(s, &o->temperatures, o->levels);
}

/* Uniform in [0, 1), 53 bits, for the exchange of walker `index` with its warmer neighbour after this transition. */
static double uniform(const egm_sampler *s, const egm__chain *chain, int64_t index)
{
	uint32_t words[4];
	egm__rng rng = {.seed = s->options.seed, .step = (uint64_t)chain->transitions, .stream = EGM__STREAM_EXCHANGE};
	egm__rng_block(&rng, (uint32_t)index, words);
	return egm__rng_unit(words);
}

/* Moves `to` to the point of `from`. W follows from U; the gradient must be evaluated with the new weights. */
static void take_point(egm__walker *to, const egm__walker *from)
{
	to->x = from->x;
	to->energy = from->energy;
	to->jacobian = from->jacobian;
	to->value = from->value + (to->bridge.beta - from->bridge.beta) * from->energy;
	to->evaluated = 0;
}

static void exchange(egm__walker *a, egm__walker *b)
{
	egm__walker before = *a;
	take_point(a, b);
	take_point(b, &before);
}

static void close_chain(egm_sampler *s, int64_t index)
{
	egm__chain *chain = &s->chains[index];
	egm__walker *w = &s->walkers[index * s->levels];
	int64_t first = s->levels > 2 ? chain->transitions % 2 : 0; /* a single pair does not alternate */
	for (int64_t l = first; l + 1 < s->levels; l += 2) {
		egm__walker *cold = &w[l], *warm = &w[l + 1];
		double log_ratio = (cold->bridge.beta - warm->bridge.beta) * (cold->energy - warm->energy);
		chain->exchanges_tried++;
		if (!(uniform(s, chain, cold->index) < exp(log_ratio))) continue;
		exchange(cold, warm);
		chain->exchanges_done++;
	}
}

static const egm__method method = {.name = "tempered",
                                   .options = &egm__options_tempered,
                                   .describe = describe,
                                   .metropolis = 1,
                                   .langevin = 1,
                                   .own_bytes = egm__leapfrog_bytes,
                                   .begin = egm__leapfrog_begin,
                                   .ask = egm__leapfrog_ask,
                                   .take = egm__leapfrog_take,
                                   .close = close_chain};

egm_status egm_sampler_tempered(egm_sampler **out, egm_target *target, const egm_tempered_options *options)
{
	return egm__named(__func__, egm__sampler_create(out, &method, target, options));
}
