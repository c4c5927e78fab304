/* SPDX-License-Identifier: MIT */
/* Files of chains: the arrays of sampler_stage.c, and texts that say to which sampler they belong. */
#include <core/status_impl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <train/sampler_stage_impl.h>

#define SAMPLER_FORMAT "egm-sampler"
#define SAMPLER_VERSION "1"

enum { TEXTS = 8 };

typedef struct texts {
	char numbers[4][24];
	egm__st_meta list[TEXTS];
} texts;

static void fill_texts(texts *t, const egm_sampler *s)
{
	int64_t levels = s->options.levels > 0 ? s->options.levels : 1;
	const int64_t sizes[] = {s->options.chains, s->dims, levels};
	for (int i = 0; i < 3; i++) snprintf(t->numbers[i], sizeof t->numbers[i], "%" PRId64, sizes[i]);
	snprintf(t->numbers[3], sizeof t->numbers[3], "%" PRIu64, s->options.seed);
	const egm__st_meta list[TEXTS] = {{"format", SAMPLER_FORMAT},  {"format_version", SAMPLER_VERSION},
	                                  {"kernel", s->method->name}, {"dtype", egm__dtype_name(s->target->dtype)},
	                                  {"chains", t->numbers[0]},   {"dims", t->numbers[1]},
	                                  {"levels", t->numbers[2]},   {"seed", t->numbers[3]}};
	memcpy(t->list, list, sizeof list);
}

static egm_status save(const egm_sampler *s, const egm__destination *to)
{
	egm_status st = EGM_OK;
	egm__sampler_stage g = {0};
	texts t;
	if (!s) return egm__fail(EGM_ERR_ARGUMENT, "sampler is NULL");
	EGM_TRY(egm__destination_check(to));
	EGM_TRY(egm__sampler_idle(s, 1));
	EGM_TRY(egm__sampler_stage_create(&g, s, ""));
	egm__sampler_stage_fill(&g, s);
	fill_texts(&t, s);
	EGM_TRY(egm__state_write(s->context, to, &g.entries, TEXTS, t.list));
out:
	egm__free(s->context, g.block);
	return st;
}

egm_status egm_sampler_save(const egm_sampler *s, const char *path)
{
	const egm__destination to = egm__to_file(path);
	return egm__named(__func__, save(s, &to));
}

egm_status egm_sampler_save_memory(const egm_sampler *s, void *buffer, size_t size, size_t *needed)
{
	const egm__destination to = egm__to_memory(buffer, size, needed);
	return egm__named(__func__, save(s, &to));
}

static egm_status read_state(egm_sampler *s, const egm__state *file, egm__sampler_stage *g, uint64_t *seed)
{
	egm_status st = EGM_OK;
	texts t;
	fill_texts(&t, s);
	EGM_TRY(egm__state_expect_format(file, SAMPLER_FORMAT));
	for (int i = 1; i < TEXTS; i++)
		if (strcmp(t.list[i].key, "seed") != 0) EGM_TRY(egm__state_expect(file, t.list[i].key, t.list[i].value));
	EGM_TRY(egm__state_counter(file, "seed", UINT64_MAX, seed));
	EGM_TRY(egm__sampler_stage_create(g, s, ""));
	EGM_TRY(egm__state_check(file, s->context, &g->entries));
	egm__state_take(file, &g->entries);
	EGM_TRY(egm__sampler_stage_check(g, s, file->path));
out:
	return st;
}

static egm_status restore(egm_sampler *s, const egm__origin *from, const egm_load_options *options)
{
	egm_status st = EGM_OK;
	egm__state file = {.path = from->path, .file = "the file", .owner = "the sampler"};
	egm__sampler_stage g = {0};
	uint64_t seed;
	if (!s) return egm__fail(EGM_ERR_ARGUMENT, "sampler is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__sampler_idle(s, 0));
	EGM_TRY(egm__safetensors_read_from(&file.contents, s->context, from, options, 0));
	EGM_TRY(read_state(s, &file, &g, &seed));
	egm__adaptation_free(s);
	egm__sampler_stage_apply(&g, s, seed);
out:
	egm__safetensors_free(file.contents);
	egm__free(s->context, g.block);
	return st;
}

egm_status egm_sampler_restore(egm_sampler *s, const char *path, const egm_load_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, restore(s, &from, options));
}

egm_status egm_sampler_restore_memory(egm_sampler *s, const void *bytes, size_t size, const egm_load_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, restore(s, &from, options));
}
