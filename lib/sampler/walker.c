/* SPDX-License-Identifier: MIT */
/* Single walkers and chains: random decisions, moves, and whether they are frozen. Walker i has the same range of every
 * random stream whatever the other walkers are. */
#include <core/rng_impl.h>
#include <sampler/sampler_impl.h>
#include <string.h>

double egm__walker_uniform(const egm_sampler *s, const egm__walker *w, uint32_t k)
{
	uint32_t words[4];
	egm__rng rng = {.seed = s->options.seed, .step = w->answers, .stream = EGM__STREAM_DECISION};
	egm__rng_block(&rng, (uint32_t)(w->index * 32 + k / 2), words);
	return egm__rng_unit(words + k % 2 * 2);
}

void egm__walker_set_point(const egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	size_t bytes = (size_t)egm__point_bytes(s);
	memcpy(w->x, (char *)probe->y + (size_t)row * bytes, bytes);
	memcpy(w->gradient, (char *)probe->gradient + (size_t)row * bytes, bytes);
	w->value = probe->value[row];
	w->energy = probe->energy[row];
	w->jacobian = probe->jacobian[row];
	w->evaluated = 1;
}

int egm__chain_is_frozen(const egm_sampler *s, int64_t chain)
{
	for (int64_t l = 0; l < s->levels; l++)
		if (s->walkers[chain * s->levels + l].frozen) return 1;
	return 0;
}

int64_t egm__sampler_first_frozen(const egm_sampler *s, int64_t *count)
{
	int64_t first = -1;
	*count = 0;
	for (int64_t c = 0; c < s->options.chains; c++) {
		if (!egm__chain_is_frozen(s, c)) continue;
		++*count;
		if (first < 0 || s->chains[c].transitions < s->chains[first].transitions) first = c;
	}
	return first;
}
