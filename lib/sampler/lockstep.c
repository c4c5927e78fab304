/* SPDX-License-Identifier: MIT */
/* A block in step: its chains begin and end every transition together and stand where they asked. Passes go over all
 * rows at once, and nothing is copied: the rows that were evaluated become those of the walkers. Rounds follow one
 * another up to the next draw, and only then do the walkers hear of them.
 *
 * Between two draws nobody asks for the energy, and where the target is tame it is left out. Should a walker freeze
 * there, the energies of the points where the block stands are evaluated then. */
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

/* Before a question too: the callback may look at the chains. */
static int needs_energy(const egm__advance *a, const egm__block *b, int64_t made)
{
	return egm__advance_reports(a, made) || made == a->until || !egm__probe_has_gradient_alone(b->probe);
}

/* Round `done` after the walkers last heard: asks all and evaluates. */
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

/* An energy that was evaluated for the sake of a question decides nothing: see egm__walker_answer_usable. */
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

/* `done` transitions of all walkers, and the beginning of one more when `inside`. */
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

/* A round that not all came through. stale: the others know where they stand, and not what the energy is there. */
static void end_lockstep(const egm__advance *a, egm__block *b, int stale)
{
	egm__block_take(b, b->count);
	if (stale) {
		memcpy(b->probe->y, b->x, (size_t)(b->count * egm__point_bytes(b->sampler)));
		(void)egm__probe_run(b->probe, b->count); /* a program never stops */
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
		int energy = 1, stale = 0; /* of the round; of what the walkers know */
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
