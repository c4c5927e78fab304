/* SPDX-License-Identifier: MIT */
/* Writing a checkpoint. */
#include <core/status_impl.h>
#include <inttypes.h>
#include <stdio.h>
#include <train/checkpoint_impl.h>

/* Metadata, with the memory of its texts. */
enum { NET_KEYS = 3, COUNTERS = 4, NAMES = 6 };
typedef struct metadata {
	int32_t n;
	egm__st_meta list[NAMES + COUNTERS + NET_KEYS * EGM__MAX_NETS];
	char counters[COUNTERS][24];
	char negatives[64];
	char keys[EGM__MAX_NETS][NET_KEYS][64];
	char moves[EGM__MAX_NETS][24];
	char rates[EGM__MAX_NETS][40];
	char *layers[EGM__MAX_NETS]; /* owned */
} metadata;

static void add_meta(metadata *m, const char *key, const char *value)
{
	m->list[m->n].key = key;
	m->list[m->n++].value = value;
}

static void add_counter(metadata *m, int32_t slot, const char *key, uint64_t value)
{
	snprintf(m->counters[slot], sizeof m->counters[slot], "%" PRIu64, value);
	add_meta(m, key, m->counters[slot]);
}

/* The learning rate is for people who compare files; restoring keeps the rates of the trainer. */
static egm_status add_net_meta(metadata *m, const egm_trainer *t, int32_t i)
{
	egm_status st = EGM_OK;
	const char *role = t->loss->keys[i];
	m->layers[i] = egm__layers_text(t->loss->nets[i]);
	if (!m->layers[i]) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the layers of network '%s'", role);
	snprintf(m->moves[i], sizeof m->moves[i], "%" PRId64, t->nets[i].moves);
	egm__exact_text(m->rates[i], sizeof m->rates[i], t->nets[i].learning_rate);
	add_meta(m, egm__net_key(m->keys[i][0], role, "layers"), m->layers[i]);
	add_meta(m, egm__net_key(m->keys[i][1], role, "moves"), m->moves[i]);
	add_meta(m, egm__net_key(m->keys[i][2], role, "learning_rate"), m->rates[i]);
out:
	return st;
}

static egm_status fill_metadata(metadata *m, const egm_trainer *t)
{
	egm_status st = EGM_OK;
	add_meta(m, "format", EGM__CHECKPOINT_FORMAT);
	add_meta(m, "format_version", EGM__CHECKPOINT_VERSION);
	add_meta(m, "loss", t->loss->kind);
	add_meta(m, "variant", t->loss->variant);
	add_meta(m, "optimizer", egm__choice_name(&egm__optimizers, t->options.optimizer));
	if (t->negatives) add_meta(m, "negatives", egm__negatives_text(m->negatives, t));
	add_counter(m, 0, "step", (uint64_t)t->steps);
	add_counter(m, 1, "batches", (uint64_t)t->batch_number);
	add_counter(m, 2, "runs", (uint64_t)t->run);
	add_counter(m, 3, "seed", t->options.seed);
	for (int32_t i = 0; i < t->loss->n_nets; i++) EGM_TRY(add_net_meta(m, t, i));
out:
	return st;
}

static egm_status save(const egm_trainer *trainer, const egm__destination *to)
{
	egm_status st = EGM_OK;
	egm_context *context = trainer ? trainer->context : NULL;
	egm__checkpoint arrays = {0};
	metadata *meta = NULL;
	if (!trainer) return egm__fail(EGM_ERR_ARGUMENT, "trainer is NULL");
	EGM_TRY(egm__destination_check(to));
	EGM_TRY(egm__trainer_idle(trainer));
	EGM_TRY(egm__checkpoint_create(&arrays, trainer));
	if (trainer->negatives) egm__sampler_stage_fill(&arrays.chains, trainer->negatives->sampler);
	meta = egm__alloc_zero(context, 1, sizeof *meta);
	if (!meta) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the texts of the file");
	EGM_TRY(fill_metadata(meta, trainer));
	EGM_TRY(egm__state_write(context, to, &arrays.entries, meta->n, meta->list));
out:
	for (int32_t i = 0; meta && i < EGM__MAX_NETS; i++) egm__free(context, meta->layers[i]);
	egm__free(context, meta);
	egm__checkpoint_clear(&arrays, trainer);
	return st;
}

egm_status egm_trainer_save(const egm_trainer *trainer, const char *path)
{
	const egm__destination to = egm__to_file(path);
	return egm__named(__func__, save(trainer, &to));
}

egm_status egm_trainer_save_memory(const egm_trainer *trainer, void *buffer, size_t size, size_t *needed)
{
	const egm__destination to = egm__to_memory(buffer, size, needed);
	return egm__named(__func__, save(trainer, &to));
}
