/* SPDX-License-Identifier: MIT */
/* Fast rounds of a block whose walkers begin and end every transition together and always move to the point that they
 * ask for (ula). The kernel computes all rows in one pass, and nothing is copied: the evaluated rows become those of
 * the walkers. Rounds are repeated up to the next draw, and only then are the members of the walkers updated.
 *
 * Between two draws no energy is needed; it is not computed if the gradient suffices (egm_target). If a walker then
 * freezes, the energies at the current points of the block are evaluated afterwards. */
#include <core/rng_impl.h>
#include <math.h>
#include <sampler/block_impl.h>
#include <string.h>

static int in_step(const egm__advance *a, const egm__block *b)
{
	const egm_sampler *s = a->s;
	const egm__walker *w = &s->walkers[b->first];
	if (!s->method->ask_block || w->scale || s->levels > 1 || s->inner > 1 || egm__noise_stride(s->dims) != s->dims)
		return 0;
	for (int64_t i = 0; i < b->count; i++)
		if (!w[i].evaluated || w[i].clock != w->clock || w[i].step != w->step || b->made[i] != b->made[0] ||
		    !egm__walker_has_work(a, b, i))
			return 0;
	return 1;
}

/* Also before a progress callback, which may read the energies of the chains. */
static int needs_energy(const egm__advance *a, const egm__block *b, int64_t made)
{
	return egm__advance_reports(a, made) || made == a->until || !egm__probe_has_gradient_alone(b->probe);
}

/* Asks all and evaluates, `done` rounds after the walkers were last updated. */
static egm_status round_of(egm__advance *a, egm__block *b, int64_t done, int energy)
{
	egm_sampler *s = a->s;
	const egm__walker *w = &s->walkers[b->first];
	egm__rng rng = {.seed = s->options.seed, .step = w->clock + 1 + (uint64_t)done, .stream = EGM__STREAM_MOMENTUM};
	int finite =
	    s->method->ask_block(s, &rng, w->index * s->dims, b->count * s->dims, w->step, b->probe->y, b->x, b->gradient);
	b->probe->finite_y = finite;
	return egm__block_evaluate(a, b, b->count, energy);
}

/* An energy that was only evaluated for a progress callback has no effect: see egm__walker_answer_usable. */
static int all_usable(const egm__advance *a, const egm__block *b, int64_t made)
{
	int finite = 1, reports = egm__advance_reports(a, made);
	for (int64_t i = 0; i < b->count; i++)
		finite &= isfinite(b->probe->value[i]) || (!reports && egm__probe_gradient_usable(b->probe, i));
	return finite;
}

static void copy_energies(egm__block *b)
{
	egm__walker *w = &b->sampler->walkers[b->first];
	for (int64_t i = 0; i < b->count; i++) {
		w[i].value = b->probe->value[i];
		w[i].energy = b->probe->energy[i];
		w[i].jacobian = b->probe->jacobian[i];
	}
}

/* All walkers have made `done` transitions and, if `inside`, have begun another one. */
static void update_walkers(const egm__advance *a, egm__block *b, int64_t done, int inside)
{
	egm_sampler *s = b->sampler;
	egm__walker *w = &s->walkers[b->first];
	egm__block_place(b);
	for (int64_t i = 0; i < b->count; i++) {
		b->asked[i] = &w[i];
		b->made[i] += done;
		s->chains[b->first + i].transitions += done;
		w[i].transitions += done;
		w[i].gradients += done;
		w[i].answers += (uint64_t)done;
		w[i].clock += (uint64_t)(done + inside);
		w[i].begun = w[i].answers;
		w[i].inside = inside;
		w[i].gradient_only = !egm__advance_reports(a, b->made[i] + 1);
		if (done) w[i].accept = NAN;
	}
}

static void write_draws(const egm__advance *a, const egm__block *b)
{
	if (b->made[0] % a->thin) return;
	for (int64_t i = 0; i < b->count; i++) egm__chain_write(a, b->first + i, b->made[i] / a->thin - 1);
}

/* Ends a round in which a walker freezes. stale: the energies at the points of the others are not known. */
static void end_lockstep(const egm__advance *a, egm__block *b, int stale)
{
	egm__block_take(b, b->count);
	if (stale) {
		memcpy(b->probe->y, b->x, (size_t)(b->count * egm__point_bytes(b->sampler)));
		(void)egm__probe_run(b->probe, b->count); /* programs cannot be stopped */
		copy_energies(b);
	}
	egm__block_close(a, b);
}

egm_status egm__block_lockstep(egm__advance *a, egm__block *b)
{
	egm_status st = EGM_OK;
	for (int finite = 1; st == EGM_OK && finite && in_step(a, b);) {
		int64_t done = 0, to_draw = a->thin - b->made[0] % a->thin, to_question = a->until - b->made[0];
		if (to_question < to_draw) to_draw = to_question;
		int energy = 1, stale = 0; /* whether this round has energies; whether those of the walkers are out of date */
		for (int64_t i = 0; i < b->count; i++) b->probe->bridge[i] = a->s->walkers[b->first + i].bridge;
		while (done < to_draw) {
			energy = needs_energy(a, b, b->made[0] + done + 1);
			st = round_of(a, b, done, energy);
			finite = st == EGM_OK && all_usable(a, b, b->made[0] + done + 1);
			if (!finite) break;
			egm__probe_exchange(b->probe, &b->x, &b->gradient);
			if (energy) copy_energies(b);
			stale = !energy;
			done++;
		}
		update_walkers(a, b, done, !finite);
		if (finite)
			write_draws(a, b);
		else if (st == EGM_OK)
			end_lockstep(a, b, stale || !energy);
	}
	return st;
}
