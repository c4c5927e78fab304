/* SPDX-License-Identifier: MIT */
/* A call that moves chains, in portions of transitions between two progress callbacks. The threads of the context share
 * the blocks. A block makes all its transitions of a portion by itself, so threads only wait for each other at the end
 * of a portion. */
#include <core/status_impl.h>
#include <sampler/block_impl.h>
#include <string.h>

/* The remaining draws of a frozen chain all are its last point. */
static void fill_frozen(const egm__advance *a, egm__block *b)
{
	int64_t levels = a->s->levels;
	for (int64_t c = 0; c < b->count / levels; c++) {
		int64_t chain = b->first / levels + c;
		if (!egm__chain_is_frozen(a->s, chain)) continue;
		for (int64_t draw = b->made[c] / a->thin; draw < a->until / a->thin; draw++) egm__chain_write(a, chain, draw);
		b->made[c] = a->until;
	}
}

/* When a callback has stopped the call, unfinished transitions are undone, with the counters of their random numbers:
 * the next call repeats them. */
static void abandon(egm__block *b)
{
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = &b->sampler->walkers[b->first + i];
		if (w->inside) {
			w->clock--;
			w->answers = w->begun;
		}
		w->inside = 0;
	}
}

static void run_block(int32_t index, void *argument)
{
	egm__advance *a = argument;
	egm__block *b = &a->s->blocks[index];
	b->may_begin = 1;
	for (int64_t n = 1; n > 0 && b->status == EGM_OK;) {
		b->status = egm__block_lockstep(a, b);
		if (b->status == EGM_OK) b->status = egm__block_round(a, b, &n);
	}
	if (b->status == EGM_OK)
		fill_frozen(a, b);
	else
		abandon(b);
}

static void prepare(egm_sampler *s)
{
	uint64_t version = egm__target_version(s->target);
	if (version == s->version) return;
	egm__probe_prepare(s->blocks[0].probe);
	for (int64_t i = 0; i < s->n_walkers; i++) s->walkers[i].evaluated = 0;
	s->version = version;
}

static void begin_blocks(egm_sampler *s)
{
	for (int32_t i = 0; i < s->n_blocks; i++) {
		egm__block *b = &s->blocks[i];
		b->status = EGM_OK;
		b->probe->reason = 0;
		b->froze = -1;
		memset(b->made, 0, (size_t)(b->count / s->levels) * sizeof *b->made);
	}
}

/* Runs all chains up to a->until. A progress callback may have changed the model since the last portion. */
static egm_status run_portion(egm__advance *a)
{
	egm_sampler *s = a->s;
	prepare(s);
	egm__parallel(s->context, s->n_blocks, run_block, a);
	int32_t stopped = -1; /* block whose own callback stopped it, rather than another block's */
	for (int32_t i = 0; i < s->n_blocks; i++)
		if (s->blocks[i].status != EGM_OK && (stopped < 0 || !s->blocks[stopped].probe->reason)) stopped = i;
	if (stopped < 0) return EGM_OK;
	return egm__probe_stopped(s->blocks[stopped].probe);
}

static egm_status ask(const egm__advance *a, int64_t total)
{
	egm_sampler *s = a->s;
	int32_t before = __atomic_exchange_n(&s->busy, EGM__ASKING, __ATOMIC_SEQ_CST);
	int stop = egm__progress_ask(&s->progress, a->until, total);
	__atomic_store_n(&s->busy, before, __ATOMIC_SEQ_CST);
	if (!stop) return EGM_OK;
	return egm__fail(EGM_ERR_STOPPED, "the progress callback stopped the call after %lld of %lld transitions per chain",
	                 (long long)a->until, (long long)total);
}

egm_status egm__sampler_advance(egm_sampler *s, int64_t n, int64_t thin, void *draws, void *energies,
                                egm_progress_fn progress, void *user, int64_t *done)
{
	egm_status st = EGM_OK;
	egm__advance a = {.s = s, .n = n, .thin = thin, .draws = draws, .energies = energies};
	const int64_t total = n * thin;
	*done = 0;
	begin_blocks(s);
	egm__progress_start(&s->progress, progress, user);
	while (a.until < total) {
		int64_t portion = egm__progress_portion(&s->progress), left = total - a.until;
		a.until += portion < left ? portion : left;
		EGM_TRY(run_portion(&a));
		*done = a.until;
		EGM_TRY(ask(&a, total));
	}
out:
	if (st != EGM_OK && *done < a.until) *done = 0;
	return st;
}
