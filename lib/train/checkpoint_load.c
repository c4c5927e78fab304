/* SPDX-License-Identifier: MIT */
/* Reading a checkpoint. First everything in the file is compared with the trainer, then, with nothing left that can
 * fail, it is taken over. */
#include <core/status_impl.h>
#include <inttypes.h>
#include <string.h>
#include <train/checkpoint_impl.h>

typedef struct counters {
	uint64_t step, batches, runs, seed, moves[EGM__MAX_NETS];
} counters;

static egm_status expect_layers(const egm__state *file, const egm_trainer *t, int32_t net)
{
	egm_status st = EGM_OK;
	char key[64];
	const char *value;
	size_t same = 0, start = 0;
	int layer = 0;
	char *expected = egm__layers_text(t->loss->nets[net]);
	if (!expected) EGM_FAIL(EGM_ERR_MEMORY, "egm_trainer_load: no memory for the layers of a net");
	EGM_TRY(egm__state_require(file, egm__net_key(key, t->loss->roles[net], "layers"), &value));
	if (strcmp(value, expected) == 0) goto out;
	for (; value[same] && value[same] == expected[same]; same++)
		if (value[same] == ';') {
			layer++;
			start = same + 2;
		}
	if (start > strlen(value) || start > strlen(expected)) start = same;
	EGM_FAIL(EGM_ERR_FORMAT, "%s: net '%s' differs from layer %d on: '%.40s' in the checkpoint, '%.40s' in the trainer",
	         file->path, t->loss->roles[net], layer, value + start, expected + start);
out:
	egm__free(t->context, expected);
	return st;
}

static egm_status check_metadata(const egm__state *file, const egm_trainer *t, counters *c)
{
	egm_status st = EGM_OK;
	char key[64];
	EGM_TRY(egm__state_expect(file, "format", EGM__CHECKPOINT_FORMAT));
	EGM_TRY(egm__state_expect(file, "format_version", EGM__CHECKPOINT_VERSION));
	EGM_TRY(egm__state_expect(file, "loss", t->loss->kind));
	EGM_TRY(egm__state_expect(file, "variant", t->loss->variant));
	EGM_TRY(egm__state_expect(file, "optimizer", egm__optimizer_name(t->options.optimizer)));
	EGM_TRY(egm__state_counter(file, "step", EGM__STATE_LARGEST, &c->step));
	EGM_TRY(egm__state_counter(file, "batches", EGM__STATE_LARGEST, &c->batches));
	EGM_TRY(egm__state_counter(file, "runs", EGM__STATE_LARGEST, &c->runs));
	EGM_TRY(egm__state_counter(file, "seed", UINT64_MAX, &c->seed));
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		EGM_TRY(expect_layers(file, t, i));
		egm__net_key(key, t->loss->roles[i], "moves");
		EGM_TRY(egm__state_counter(file, key, EGM__STATE_LARGEST, &c->moves[i]));
	}
out:
	return st;
}

static void take_over(egm_trainer *t, const counters *c)
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
	egm__trainer_clear_terms(t);
}

egm_status egm_trainer_load(egm_trainer *trainer, const char *path, const egm_load_options *options)
{
	egm_status st = EGM_OK;
	egm__state file = {.path = path, .file = "the checkpoint", .owner = "the trainer"};
	egm__entries entries = {0, NULL};
	counters c = {0};
	if (!trainer || !path) EGM_FAIL(EGM_ERR_ARGUMENT, "egm_trainer_load: %s is NULL", trainer ? "path" : "trainer");
	EGM_TRY(egm__safetensors_read(&file.contents, trainer->context, path, options));
	EGM_TRY(egm__entries_create(&entries, trainer));
	EGM_TRY(check_metadata(&file, trainer, &c));
	EGM_TRY(egm__state_check(&file, trainer->context, &entries));
	egm__state_take(&file, &entries);
	take_over(trainer, &c);
out:
	egm__safetensors_free(file.contents);
	if (trainer) egm__free(trainer->context, entries.list);
	return st;
}
