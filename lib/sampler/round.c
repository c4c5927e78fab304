/* SPDX-License-Identifier: MIT */
/* One round of a block: every walker that has transitions left names a point, the target is evaluated at all of these
 * points at once, and every walker receives its answer. Then chains that have ended a transition write their draw. */
#include <core/rng_impl.h>
#include <math.h>
#include <sampler/block_impl.h>
#include <string.h>

/* Noise for walkers from .. to-1, which have the same clock. */
static void draw_noise(const egm__block *b, int64_t from, int64_t to)
{
	const egm_sampler *s = b->sampler;
	const egm__walker *w = &s->walkers[b->first + from];
	int64_t stride = egm__noise_stride(s->dims);
	egm__rng rng = {.seed = s->options.seed, .step = w->clock, .stream = EGM__STREAM_MOMENTUM};
	s->table->normal((to - from) * stride, w->noise, &rng, w->index * stride);
}

int egm__walker_has_work(const egm__advance *a, const egm__block *b, int64_t i)
{
	const egm__walker *w = &a->s->walkers[b->first + i];
	int64_t chain = a->s->levels == 1 ? i : i / a->s->levels; /* a division costs as much as all the rest */
	return b->made[chain] < a->until && w->inner < a->s->inner && !w->frozen;
}

/* Draws the noise of the walkers that begin a transition in this round, of consecutive ones together. */
static void begin_transitions(const egm__advance *a, egm__block *b)
{
	egm_sampler *s = a->s;
	int64_t from = 0, n = 0; /* consecutive walkers that begin */
	for (int64_t i = 0; i <= b->count; i++) {
		egm__walker *w = i < b->count ? &s->walkers[b->first + i] : NULL;
		int begins = w && w->evaluated && !w->inside && egm__walker_has_work(a, b, i);
		if (n && (!begins || w->clock + 1 != s->walkers[b->first + from].clock)) {
			draw_noise(b, from, from + n);
			n = 0;
		}
		if (!begins) continue;
		if (!n) from = i;
		n++;
		w->clock++;
		w->begun = w->answers;
		w->inside = 1;
		w->noise = b->noise + i * egm__noise_stride(s->dims) * egm__element_bytes(s->target->dtype);
	}
	if (!s->method->begin) return;
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = &s->walkers[b->first + i];
		if (w->inside == 1) s->method->begin(s, w);
		if (w->inside) w->inside = 2;
	}
}

int egm__advance_reports(const egm__advance *a, int64_t made)
{
	return made == a->n * a->thin || (a->energies && made % a->thin == 0);
}

/* Returns how many walkers asked; *energy: whether one of them needs its energy. Kernels with ask_block always do, as
 * their walkers move to the point that they ask for. */
static int64_t ask_all(const egm__advance *a, egm__block *b, int *energy)
{
	egm_sampler *s = a->s;
	int64_t n = 0, bytes = egm__point_bytes(s);
	*energy = 0;
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = &s->walkers[b->first + i];
		if (!egm__walker_has_work(a, b, i)) continue;
		char *y = (char *)b->probe->y + n * bytes;
		egm__bridge rest = w->bridge;
		w->gradient_only = w->evaluated && s->method->ask_block && !egm__advance_reports(a, b->made[i] + 1);
		if (w->evaluated)
			s->method->ask(s, w, y);
		else
			memcpy(y, w->x, (size_t)bytes);
		b->probe->bridge[n] = w->bridge;
		w->bridge = rest;
		*energy |= !w->gradient_only || s->method->ask_block;
		b->asked[n++] = w;
	}
	return n;
}

/* The energy of a point that was never evaluated is NaN. */
static void freeze(egm__block *b, egm__walker *w)
{
	if (!w->evaluated) w->value = NAN;
	w->frozen = 1;
	w->inside = 0;
	int64_t chain = w->index / b->sampler->levels;
	if (b->froze < 0 || chain < b->froze) b->froze = chain;
}

static void end_transition(egm_sampler *s, egm__walker *w)
{
	w->inside = 0;
	w->inner++;
	w->transitions++;
	if (isfinite(w->accept)) w->accept_sum += w->accept;
	if (w->adaptation) egm__adaptation_update(s, w);
}

void egm__block_take(egm__block *b, int64_t n)
{
	egm_sampler *s = b->sampler;
	b->may_begin = 0;
	for (int64_t i = 0; i < n; i++) {
		egm__walker *w = b->asked[i];
		w->gradients++;
		if (w->evaluated)
			w->answers++; /* evaluating a known point again, after a load or a change, must not change the draws */
		if (!egm__walker_answer_usable(w, b->probe, i) && !(w->evaluated && s->method->metropolis))
			freeze(b, w);
		else if (!w->evaluated)
			egm__walker_set_point(s, w, b->probe, i);
		else if (s->method->take(s, w, b->probe, i))
			end_transition(s, w);
		else
			continue;
		b->may_begin = 1;
	}
}

void egm__chain_write(const egm__advance *a, int64_t chain, int64_t draw)
{
	egm_sampler *s = a->s;
	const egm__walker *w = &s->walkers[chain * s->levels];
	int64_t at = draw * s->options.chains + chain, bytes = egm__point_bytes(s);
	double energy = w->value + w->jacobian;
	char *x = a->draws ? a->draws + at * bytes : NULL;
	if (s->method->draw)
		energy = s->method->draw(s, w, x);
	else if (x)
		memcpy(x, w->x, (size_t)bytes);
	if (x && s->target->lower) egm__target_to_points(s->target, 1, x, x);
	if (a->energies) egm__number_put(s->target->dtype, a->energies, at, energy);
}

void egm__block_close(const egm__advance *a, egm__block *b)
{
	egm_sampler *s = a->s;
	int64_t levels = s->levels, first = levels == 1 ? b->first : b->first / levels;
	for (int64_t c = 0; c * levels < b->count; c++) {
		egm__walker *w = &s->walkers[b->first + c * levels];
		int64_t chain = first + c, done = 0;
		while (done < levels && w[done].inner == s->inner) done++;
		if (done < levels) continue;
		for (int64_t l = 0; l < levels; l++) w[l].inner = 0;
		if (s->method->close) s->method->close(s, chain);
		s->chains[chain].transitions++;
		if (++b->made[c] % a->thin == 0) egm__chain_write(a, chain, b->made[c] / a->thin - 1);
	}
}

egm_status egm__block_evaluate(egm__advance *a, egm__block *b, int64_t n, int energy)
{
	if (__atomic_load_n(&a->stop, __ATOMIC_RELAXED)) return EGM_ERR_STOPPED;
	if (!energy && egm__probe_has_gradient_alone(b->probe)) {
		egm__probe_run_gradient(b->probe, n);
		return EGM_OK;
	}
	egm_status st = egm__probe_run(b->probe, n);
	if (st != EGM_OK) __atomic_store_n(&a->stop, 1, __ATOMIC_RELAXED);
	return st;
}

egm_status egm__block_round(egm__advance *a, egm__block *b, int64_t *n)
{
	int energy;
	if (b->may_begin) begin_transitions(a, b);
	*n = ask_all(a, b, &energy);
	if (*n == 0) return EGM_OK;
	egm_status st = egm__block_evaluate(a, b, *n, energy);
	if (st != EGM_OK) return st;
	egm__block_take(b, *n);
	if (b->may_begin) egm__block_close(a, b);
	return EGM_OK;
}
