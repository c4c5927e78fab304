/* SPDX-License-Identifier: MIT */
/* The numbers of chains in a file. Random numbers have no state: every draw is a function of the seed, the walker, and
 * the counters `clock` and `answers`. Energies and gradients are evaluated again after a load, except those of frozen
 * chains, so energies are saved for these, NaN if there is none. The own memory of a kernel is not needed between
 * transitions.
 *
 * One table lists the members of a walker for writing and for reading. Numbers are first copied to a stage, so that a
 * load can check the whole file before it changes a walker. */
#include <core/status_impl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <train/sampler_stage_impl.h>

enum {
	REAL,
	COUNT,
	FLAG,
	INNER
}; /* double; int64_t or uint64_t; int32_t, 0 or 1; int32_t up to `inner` of the sampler */

typedef struct column {
	const char *name;
	size_t offset; /* in egm__walker or egm__chain */
	int32_t kind, rule;
} column;

static const column of_walkers[] = {
    {"step", offsetof(egm__walker, step), REAL, EGM__RULE_POSITIVE},
    {"value", offsetof(egm__walker, value), REAL, EGM__RULE_FINITE_OR_NAN},
    {"energy", offsetof(egm__walker, energy), REAL, EGM__RULE_FINITE},
    {"jacobian", offsetof(egm__walker, jacobian), REAL, EGM__RULE_FINITE},
    {"accept_sum", offsetof(egm__walker, accept_sum), REAL, EGM__RULE_NOT_NEGATIVE},
    {"clock", offsetof(egm__walker, clock), COUNT, 0},
    {"answers", offsetof(egm__walker, answers), COUNT, 0},
    {"transitions", offsetof(egm__walker, transitions), COUNT, 0},
    {"gradients", offsetof(egm__walker, gradients), COUNT, 0},
    {"divergences", offsetof(egm__walker, divergences), COUNT, 0},
    {"leapfrogs", offsetof(egm__walker, leapfrogs), COUNT, 0},
    {"saturated", offsetof(egm__walker, saturated), COUNT, 0},
    {"inner", offsetof(egm__walker, inner), INNER, 0},
    {"frozen", offsetof(egm__walker, frozen), FLAG, 0},
};
static const column of_chains[] = {
    {"chain.transitions", offsetof(egm__chain, transitions), COUNT, 0},
    {"chain.exchanges_tried", offsetof(egm__chain, exchanges_tried), COUNT, 0},
    {"chain.exchanges_done", offsetof(egm__chain, exchanges_done), COUNT, 0},
};
enum { N_WALKERS = sizeof of_walkers / sizeof *of_walkers, N_CHAINS = sizeof of_chains / sizeof *of_chains };

static egm__entry *add_entry(egm__sampler_stage *g, const char *name, int32_t dtype, int64_t rows, int64_t columns)
{
	egm__entry *e = &g->list[g->entries.n++];
	snprintf(e->name, sizeof e->name, "%s%s", g->prefix, name);
	e->dtype = dtype;
	e->rank = columns ? 2 : 1;
	e->shape[0] = rows;
	e->shape[1] = columns;
	e->count = columns ? rows * columns : rows;
	return e;
}

static egm__entry *add_columns(egm__sampler_stage *g, const egm_sampler *s, const column *columns, int32_t n,
                               int64_t rows)
{
	egm__entry *first = &g->list[g->entries.n];
	for (int32_t i = 0; i < n; i++) {
		egm__entry *e = add_entry(g, columns[i].name, columns[i].kind == REAL ? EGM__ST_F64 : EGM__ST_U64, rows, 0);
		e->rule = columns[i].rule;
		e->most = columns[i].kind == COUNT ? EGM__STATE_LARGEST : columns[i].kind == INNER ? (uint64_t)s->inner : 1;
	}
	return first;
}

/* Scales of each walker, one shared scale, or none. */
static egm__entry *add_scale(egm__sampler_stage *g, const egm_sampler *s)
{
	egm__entry *e = NULL;
	if (s->options.adapt_scale)
		e = add_entry(g, "scale", (int32_t)s->target->dtype, s->n_walkers, s->dims);
	else if (s->options.scale)
		e = add_entry(g, "scale", (int32_t)s->target->dtype, s->dims, 0);
	if (e) e->rule = EGM__RULE_NOT_NEGATIVE; /* a tiny scale in f64 is 0 in f32 */
	return e;
}

egm_status egm__sampler_stage_create(egm__sampler_stage *g, const egm_sampler *s, const char *prefix)
{
	egm_status st = EGM_OK;
	size_t bytes = 0;
	_Static_assert(2 + N_WALKERS + N_CHAINS <= EGM__SAMPLER_ENTRIES, "room for all arrays");
	*g = (egm__sampler_stage){.prefix = prefix, .entries = {.list = g->list}};
	g->x = add_entry(g, "x", (int32_t)s->target->dtype, s->n_walkers, s->dims);
	g->scale = add_scale(g, s);
	g->walkers = add_columns(g, s, of_walkers, N_WALKERS, s->n_walkers);
	g->chains = add_columns(g, s, of_chains, N_CHAINS, s->options.chains);
	for (int32_t i = 0; i < g->entries.n; i++) bytes += (egm__entry_bytes(&g->list[i]) + 63) / 64 * 64;
	g->block = egm__alloc_zero(s->context, 1, bytes);
	if (!g->block)
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %zu bytes of the state of %lld chains", bytes,
		         (long long)s->options.chains);
	bytes = 0;
	for (int32_t i = 0; i < g->entries.n; i++) {
		g->list[i].values = g->block + bytes;
		bytes += (egm__entry_bytes(&g->list[i]) + 63) / 64 * 64;
	}
out:
	return st;
}

static void copy(int in, void *member, void *cell, size_t bytes)
{
	memcpy(in ? member : cell, in ? cell : member, bytes);
}

/* Copies a member of an object to cell i of the array of its column, or back if `in`. */
static void copy_member(int in, const column *c, char *object, const egm__entry *e, int64_t i)
{
	uint64_t *cell = (uint64_t *)e->values + i;
	void *member = object + c->offset;
	if (c->kind == REAL || c->kind == COUNT)
		copy(in, member, cell, sizeof *cell);
	else if (in)
		*(int32_t *)member = (int32_t)*cell;
	else
		*cell = (uint64_t) * (const int32_t *)member;
}

static void copy_all(int in, const egm_sampler *s, const egm__sampler_stage *g)
{
	size_t row = (size_t)s->dims * egm__dtype_size(s->target->dtype);
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__walker *w = &s->walkers[i];
		copy(in, w->x, (char *)g->x->values + (size_t)i * row, row);
		if (s->options.adapt_scale) copy(in, w->scale, (char *)g->scale->values + (size_t)i * row, row);
		for (int32_t k = 0; k < N_WALKERS; k++) copy_member(in, &of_walkers[k], (char *)w, &g->walkers[k], i);
	}
	if (g->scale && !s->options.adapt_scale) copy(in, s->walkers[0].scale, g->scale->values, row);
	for (int64_t i = 0; i < s->options.chains; i++)
		for (int32_t k = 0; k < N_CHAINS; k++) copy_member(in, &of_chains[k], (char *)&s->chains[i], &g->chains[k], i);
}

void egm__sampler_stage_fill(egm__sampler_stage *g, const egm_sampler *s)
{
	copy_all(0, s, g);
}

void egm__sampler_stage_apply(const egm__sampler_stage *g, egm_sampler *s, uint64_t seed)
{
	copy_all(1, s, g);
	s->options.seed = seed;
	for (int64_t i = 0; i < s->n_walkers; i++) s->walkers[i].evaluated = s->walkers[i].inside = 0;
}

egm_status egm__sampler_stage_check(const egm__sampler_stage *g, const egm_sampler *s, const char *path)
{
	const egm__entry *inner = g->walkers;
	for (int32_t k = 0; of_walkers[k].kind != INNER; k++) inner++;
	for (int64_t c = 0; c < s->options.chains; c++) {
		const uint64_t *made = (const uint64_t *)inner->values + c * s->levels;
		int64_t done = 0;
		while (done < s->levels && made[done] == (uint64_t)s->inner) done++;
		if (done == s->levels)
			return egm__fail(EGM_ERR_FORMAT, "%s: '%s' is %lld for all walkers of chain %lld, must be less for one",
			                 path, inner->name, (long long)s->inner, (long long)c);
	}
	return EGM_OK;
}
