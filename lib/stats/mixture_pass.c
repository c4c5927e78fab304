/* SPDX-License-Identifier: MIT */
/* A pass over data: threads take parts of the rows, and each part is read in blocks that fit the cache. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <stats/mixture_impl.h>

enum { BLOCK = EGM__MIXTURE_BLOCK };

static int64_t sums_count(const egm_mixture *m)
{
	return m->options.components * (1 + m->dims + m->spread) + m->dims;
}

static void lay_sums(const egm_mixture *m, egm__mixture_sums *s, double *at)
{
	const int64_t k = m->options.components;
	s->count = at;
	s->mean = s->count + k;
	s->scatter = s->mean + k * m->dims;
	s->block_mean = s->scatter + k * m->spread;
}

egm_status egm__mixture_pass_create(egm__mixture_pass *pass, const egm_mixture *m, const egm__mixture_data *data,
                                    int sums)
{
	int64_t parts = egm__blocks_of(egm__blocks_of(data->rows, BLOCK), EGM__MIXTURE_PART_BLOCKS);
	int64_t block = egm__mixture_block_count(m), each = block + (sums ? sums_count(m) : 0);
	if (parts > EGM__MIXTURE_PARTS) parts = EGM__MIXTURE_PARTS;
	*pass = (egm__mixture_pass){.mixture = m, .data = data, .n_parts = (int32_t)parts};
	pass->memory = egm__alloc(m->context, parts * each + (sums ? 3 * m->spread : 0), sizeof(double));
	if (!pass->memory)
		return egm__fail(EGM_ERR_MEMORY, "no memory for the work of %lld components in %lld dimensions",
		                 (long long)m->options.components, (long long)m->dims);
	for (int64_t p = 0; p < parts; p++) {
		egm__mixture_block_lay(m, &pass->parts[p].block, pass->memory + p * each);
		if (sums) lay_sums(m, &pass->parts[p].sums, pass->memory + p * each + block);
	}
	pass->spare = pass->memory + parts * each;
	return EGM_OK;
}

void egm__mixture_pass_clear(egm__mixture_pass *pass)
{
	if (pass->mixture) egm__free(pass->mixture->context, pass->memory);
}

static void run_part(int32_t index, void *argument)
{
	egm__mixture_pass *pass = argument;
	egm__mixture_part *part = &pass->parts[index];
	const egm__mixture_data *data = pass->data;
	int64_t blocks = egm__blocks_of(data->rows, BLOCK), each = blocks / pass->n_parts, more = blocks % pass->n_parts;
	int64_t from = index * each + (index < more ? index : more), to = from + each + (index < more);
	for (int64_t b = from; b < to; b++) {
		int64_t first = b * BLOCK, rows = data->rows - first < BLOCK ? data->rows - first : BLOCK;
		egm__mixture_block_load(pass->mixture, &part->block, data->dtype, data->x, first, rows);
		egm__mixture_evaluate(pass->mixture, &part->block);
		pass->visit(pass, part, first);
	}
}

void egm__mixture_pass_run(egm__mixture_pass *pass)
{
	egm__parallel(pass->mixture->context, pass->n_parts, run_part, pass);
}
