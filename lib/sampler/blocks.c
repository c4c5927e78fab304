/* SPDX-License-Identifier: MIT */
/* How chains are divided into blocks, and the memory of a block. */
#include <core/size_impl.h>
#include <sampler/block_impl.h>

enum {
	MAX_ROWS = 64, /* of a block: the activations of a network for so many points fit in the second-level cache */
	TILE_ROWS = 8  /* that a packed matrix product computes at a time */
};

/* The rows that the busiest thread evaluates in a round. Every block, also the last, computes all of its rows. */
static int64_t rows_of_a_round(const egm_sampler *s, int64_t size)
{
	return egm__blocks_of(egm__blocks_of(s->options.chains, size), s->context->threads) * size;
}

/* Makes blocks a few tiles smaller where this distributes chains more evenly over threads, but at most by a quarter:
 * with smaller blocks the weights of a network are read too often. */
static int64_t trim(const egm_sampler *s, int64_t size)
{
	int64_t best = size;
	if (s->levels > 1 || size % TILE_ROWS) return size;
	for (int64_t i = size - TILE_ROWS; 4 * i >= 3 * size; i -= TILE_ROWS)
		if (rows_of_a_round(s, i) < rows_of_a_round(s, best)) best = i;
	return best;
}

/* Chains of a block. The bits of a network's row do not depend on the other rows, so the size of a block may depend on
 * the number of threads. The calls of a callback have the size that the program asked for. */
static int64_t chains_of_block(const egm_sampler *s)
{
	const egm_target *t = s->target;
	int64_t chains = s->options.chains, threads = s->context->threads;
	if (t->callback && !t->concurrent) return chains;
	int64_t most = (t->callback ? t->callback_rows : MAX_ROWS) / s->levels;
	if (most < 1) most = 1;
	if (most > chains) most = chains;
	if (t->callback) return most;
	int64_t n = egm__blocks_of(chains, most);
	n = egm__blocks_of(n, threads) * threads;
	if (n > chains) n = chains;
	int64_t size = egm__blocks_of(chains, n), rest = size % TILE_ROWS;
	/* more than half a tile costs as much as a whole one */
	if (s->levels == 1 && rest > TILE_ROWS / 2) size += TILE_ROWS - rest;
	return trim(s, size < most ? size : most);
}

void egm__block_place(const egm__block *b)
{
	int64_t bytes = egm__point_bytes(b->sampler);
	for (int64_t i = 0; i < b->count; i++) {
		b->sampler->walkers[b->first + i].x = b->x + i * bytes;
		b->sampler->walkers[b->first + i].gradient = b->gradient + i * bytes;
	}
}

static egm_status create_block(egm_sampler *s, egm__block *b, int64_t rows)
{
	egm_status st = EGM_OK;
	size_t noise = (size_t)(b->count * egm__noise_stride(s->dims)), points = (size_t)(rows * s->dims);
	size_t element = egm__dtype_size(s->target->dtype);
	b->sampler = s;
	b->x = egm__alloc_zero(s->context, points, element);
	b->gradient = egm__alloc_zero(s->context, points, element);
	b->noise = egm__alloc_zero(s->context, noise, element);
	b->asked = egm__alloc_zero(s->context, b->count, sizeof *b->asked);
	b->made = egm__alloc_zero(s->context, b->count, sizeof *b->made);
	if (!b->x || !b->gradient || !b->noise || !b->asked || !b->made)
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for a block of %lld chains", (long long)b->count);
	egm__block_place(b);
	EGM_TRY(egm__probe_create(&b->probe, s->target, rows, b == s->blocks ? NULL : s->blocks[0].probe));
out:
	return st;
}

egm_status egm__blocks_create(egm_sampler *s)
{
	egm_status st = EGM_OK;
	int64_t size = chains_of_block(s), n = egm__blocks_of(s->options.chains, size);
	s->blocks = n > INT32_MAX ? NULL : egm__alloc_zero(s->context, n, sizeof *s->blocks);
	if (!s->blocks) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %lld blocks of chains", (long long)n);
	s->n_blocks = (int32_t)n;
	for (int64_t i = 0; i < n; i++) {
		egm__block *b = &s->blocks[i];
		int64_t chains = s->options.chains - i * size < size ? s->options.chains - i * size : size;
		b->first = i * size * s->levels;
		b->count = chains * s->levels;
		EGM_TRY(create_block(s, b, size * s->levels));
	}
out:
	return st;
}

void egm__blocks_free(egm_sampler *s)
{
	for (int32_t i = s->n_blocks - 1; i >= 0 && s->blocks; i--) {
		egm__block *b = &s->blocks[i];
		egm__probe_free(b->probe);
		void *owned[] = {b->x, b->gradient, b->noise, b->asked, b->made};
		for (size_t j = 0; j < sizeof owned / sizeof *owned; j++) egm__free(s->context, owned[j]);
	}
	egm__free(s->context, s->blocks);
}
