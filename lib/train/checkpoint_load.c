/* SPDX-License-Identifier: MIT */
/* Reading a checkpoint. First the whole file is compared with the trainer; only then, when nothing can fail any more,
 * is the trainer changed. */
#include <core/status_impl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <train/checkpoint_impl.h>

typedef struct counters {
	uint64_t step, batches, runs, seed, moves[EGM__MAX_NETS];
} counters;

/* Files of 0.4 and older have no watch. */
static int is_watched(const egm__state *file)
{
	return egm__safetensors_find(file->contents, "negatives.watch") != NULL;
}

static egm_status expect_layers(const egm__state *file, const egm_trainer *t, int32_t net)
{
	egm_status st = EGM_OK;
	char key[64];
	const char *value;
	size_t same = 0, start = 0;
	int layer = 0;
	char *expected = egm__layers_text(t->loss->nets[net]);
	if (!expected) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the layers of a network");
	EGM_TRY(egm__state_require(file, egm__net_key(key, t->loss->keys[net], "layers"), &value));
	if (strcmp(value, expected) == 0) goto out;
	for (; value[same] && value[same] == expected[same]; same++)
		if (value[same] == ';') {
			layer++;
			start = same + 2;
		}
	if (start > strlen(value) || start > strlen(expected)) start = same;
	EGM_FAIL(EGM_ERR_FORMAT,
	         "%s: network '%s' differs from layer %d on: '%.40s' in the checkpoint, '%.40s' in the trainer", file->path,
	         t->loss->keys[net], layer, value + start, expected + start);
out:
	egm__free(t->context, expected);
	return st;
}

/* Until 0.4 the default kernel was ula, whose arrays are those of mala. */
static egm_status expect_negatives(const egm__state *file, const egm_trainer *t)
{
	char expected[64], older[64];
	const char *value;
	egm_status st = egm__state_require(file, "negatives", &value);
	if (st != EGM_OK) return st;
	egm__negatives_text(expected, t);
	snprintf(older, sizeof older, "%.*s ula", (int)strcspn(expected, " "), expected);
	if (t->negatives->default_kernel && !is_watched(file) && strcmp(value, older) == 0) return EGM_OK;
	return egm__state_expect(file, "negatives", expected);
}

static egm_status check_metadata(const egm__state *file, const egm_trainer *t, counters *c)
{
	egm_status st = EGM_OK;
	char key[64];
	EGM_TRY(egm__state_expect_format(file, EGM__CHECKPOINT_FORMAT));
	EGM_TRY(egm__state_expect(file, "format_version", EGM__CHECKPOINT_VERSION));
	EGM_TRY(egm__state_expect(file, "loss", t->loss->kind));
	EGM_TRY(egm__state_expect(file, "variant", t->loss->variant));
	EGM_TRY(egm__state_expect(file, "optimizer", egm__choice_name(&egm__optimizers, t->options.optimizer)));
	if (t->negatives) EGM_TRY(expect_negatives(file, t));
	EGM_TRY(egm__state_counter(file, "step", EGM__STATE_LARGEST, &c->step));
	EGM_TRY(egm__state_counter(file, "batches", EGM__STATE_LARGEST, &c->batches));
	EGM_TRY(egm__state_counter(file, "runs", EGM__STATE_LARGEST, &c->runs));
	EGM_TRY(egm__state_counter(file, "seed", UINT64_MAX, &c->seed));
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		EGM_TRY(expect_layers(file, t, i));
		egm__net_key(key, t->loss->keys[i], "moves");
		EGM_TRY(egm__state_counter(file, key, EGM__STATE_LARGEST, &c->moves[i]));
	}
out:
	return st;
}

static void take_over(egm_trainer *t, const counters *c, const egm__checkpoint *arrays, int watched)
{
	t->steps = (int64_t)c->step;
	t->batch_number = (int64_t)c->batches;
	t->run = (int64_t)c->runs;
	t->options.seed = c->seed;
	t->batches.seed = c->seed;
	t->batches.epoch = -1;
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		t->nets[i].moves = (int64_t)c->moves[i];
		t->loss->nets[i]->version++;
	}
	if (t->negatives) {
		if (!watched) t->negatives->watch = (egm__watch){0};
		t->negatives->acceptance = NAN;
		egm__negatives_reseed(t->negatives, c->seed);
		egm__sampler_stage_apply(&arrays->chains, t->negatives->sampler, c->seed);
	}
	egm__trainer_clear_terms(t);
}

/* Fills the stage of the chains, because some checks need its numbers. */
static egm_status check_chains(const egm__state *file, const egm_trainer *t, const egm__checkpoint *arrays)
{
	egm_status st = EGM_OK;
	const egm__st_tensor *buffer = egm__safetensors_find(file->contents, "negatives.buffer");
	if (!t->negatives) goto out;
	egm__state_take(file, &arrays->chains.entries);
	EGM_TRY(egm__negatives_check(t->negatives, buffer ? buffer->data : NULL, file->path));
	EGM_TRY(egm__sampler_stage_check(&arrays->chains, t->negatives->sampler, file->path));
out:
	return st;
}

static egm_status restore(egm_trainer *trainer, const egm__origin *from, const egm_load_options *options)
{
	egm_status st = EGM_OK;
	egm__state file = {.path = from->path, .file = "the checkpoint", .owner = "the trainer"};
	egm__checkpoint arrays = {0};
	counters c = {0};
	if (!trainer) return egm__fail(EGM_ERR_ARGUMENT, "trainer is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__trainer_idle(trainer));
	EGM_TRY(egm__safetensors_read_from(&file.contents, trainer->context, from, options, 0));
	EGM_TRY(egm__checkpoint_create(&arrays, trainer));
	EGM_TRY(check_metadata(&file, trainer, &c));
	if (trainer->negatives && !is_watched(&file)) arrays.entries.n--;
	EGM_TRY(egm__state_check(&file, trainer->context, &arrays.entries));
	EGM_TRY(check_chains(&file, trainer, &arrays));
	egm__state_take(&file, &arrays.entries);
	take_over(trainer, &c, &arrays, is_watched(&file));
out:
	egm__safetensors_free(file.contents);
	egm__checkpoint_clear(&arrays, trainer);
	return st;
}

egm_status egm_trainer_restore(egm_trainer *trainer, const char *path, const egm_load_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, restore(trainer, &from, options));
}

egm_status egm_trainer_restore_memory(egm_trainer *trainer, const void *bytes, size_t size,
                                      const egm_load_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, restore(trainer, &from, options));
}
