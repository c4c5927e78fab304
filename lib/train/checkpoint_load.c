/* SPDX-License-Identifier: MIT */
/* Reading a checkpoint. First everything in the file is compared with the trainer, then, with nothing left that can
 * fail, it is taken over. */
#include <core/status_impl.h>
#include <inttypes.h>
#include <string.h>
#include <train/checkpoint_impl.h>

/* Far beyond any run, and so far below INT64_MAX that no counter overflows afterwards. */
#define LARGEST_COUNTER ((uint64_t)1 << 62)

typedef struct counters {
	uint64_t step, batches, runs, seed, moves[EGM__MAX_NETS];
} counters;

static egm_status require_meta(const egm__safetensors *file, const char *path, const char *key, const char **value)
{
	egm_status st = EGM_OK;
	*value = egm__safetensors_meta(file, key);
	if (!*value) EGM_FAIL(EGM_ERR_FORMAT, "%s: the checkpoint has no '%s'", path, key);
out:
	return st;
}

static egm_status expect_meta(const egm__safetensors *file, const char *path, const char *key, const char *expected)
{
	egm_status st = EGM_OK;
	const char *value;
	EGM_TRY(require_meta(file, path, key, &value));
	if (strcmp(value, expected) != 0)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is '%.60s' in the checkpoint, '%s' in the trainer", path, key, value,
		         expected);
out:
	return st;
}

/* Digits alone: no sign, no space, no locale. */
static egm_status read_counter(const egm__safetensors *file, const char *path, const char *key, uint64_t largest,
                               uint64_t *out)
{
	egm_status st = EGM_OK;
	const char *text, *digit;
	uint64_t value = 0;
	EGM_TRY(require_meta(file, path, key, &text));
	for (digit = text; *digit >= '0' && *digit <= '9'; digit++) {
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value))
			break;
	}
	if (*digit || digit == text || value > largest)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is '%.40s', not a count up to %" PRIu64, path, key, text, largest);
	*out = value;
out:
	return st;
}

static egm_status expect_layers(const egm__safetensors *file, const char *path, const egm_trainer *t, int32_t net)
{
	egm_status st = EGM_OK;
	char key[64];
	const char *value;
	size_t same = 0, start = 0;
	int layer = 0;
	char *expected = egm__layers_text(t->loss->nets[net]);
	if (!expected) EGM_FAIL(EGM_ERR_MEMORY, "egm_trainer_load: no memory for the layers of a net");
	EGM_TRY(require_meta(file, path, egm__net_key(key, t->loss->roles[net], "layers"), &value));
	if (strcmp(value, expected) == 0) goto out;
	for (; value[same] && value[same] == expected[same]; same++)
		if (value[same] == ';') {
			layer++;
			start = same + 2;
		}
	if (start > strlen(value) || start > strlen(expected)) start = same;
	EGM_FAIL(EGM_ERR_FORMAT, "%s: net '%s' differs from layer %d on: '%.40s' in the checkpoint, '%.40s' in the trainer",
	         path, t->loss->roles[net], layer, value + start, expected + start);
out:
	egm__free(t->context, expected);
	return st;
}

static egm_status check_metadata(const egm__safetensors *file, const char *path, const egm_trainer *t, counters *c)
{
	egm_status st = EGM_OK;
	char key[64];
	EGM_TRY(expect_meta(file, path, "format", EGM__CHECKPOINT_FORMAT));
	EGM_TRY(expect_meta(file, path, "format_version", EGM__CHECKPOINT_VERSION));
	EGM_TRY(expect_meta(file, path, "loss", t->loss->kind));
	EGM_TRY(expect_meta(file, path, "variant", t->loss->variant));
	EGM_TRY(expect_meta(file, path, "optimizer", egm__optimizer_name(t->options.optimizer)));
	EGM_TRY(read_counter(file, path, "step", LARGEST_COUNTER, &c->step));
	EGM_TRY(read_counter(file, path, "batches", LARGEST_COUNTER, &c->batches));
	EGM_TRY(read_counter(file, path, "runs", LARGEST_COUNTER, &c->runs));
	EGM_TRY(read_counter(file, path, "seed", UINT64_MAX, &c->seed));
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		EGM_TRY(expect_layers(file, path, t, i));
		egm__net_key(key, t->loss->roles[i], "moves");
		EGM_TRY(read_counter(file, path, key, LARGEST_COUNTER, &c->moves[i]));
	}
out:
	return st;
}

static egm_status check_tensor(const egm__safetensors *file, const char *path, const egm_trainer *t,
                               const egm__entry *e)
{
	egm_status st = EGM_OK;
	const egm__st_tensor *found = egm__safetensors_find(file, e->name);
	int64_t flaw;
	if (!found) EGM_FAIL(EGM_ERR_FORMAT, "%s: the checkpoint has no '%s', the trainer has", path, e->name);
	if (found->dtype != (int32_t)t->loss->dtype)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: '%s' is not %s in the checkpoint", path, e->name,
		         egm__dtype_name(t->loss->dtype));
	if (found->rank != e->rank || memcmp(found->shape, e->shape, (size_t)e->rank * sizeof *e->shape) != 0)
		EGM_FAIL(EGM_ERR_FORMAT,
		         "%s: '%s' has %lld numbers of rank %d in the checkpoint, %lld of rank %d in the trainer", path,
		         e->name, (long long)found->count, (int)found->rank, (long long)e->count, (int)e->rank);
	flaw = egm__entry_flaw(t, e, found->data);
	if (flaw >= 0)
		EGM_FAIL(EGM_ERR_NONFINITE, "%s: '%s' is %s at index %lld", path, e->name,
		         e->not_negative ? "negative or not finite" : "not finite", (long long)flaw);
out:
	return st;
}

static int is_entry(const egm__entries *entries, const char *name)
{
	for (int32_t i = 0; i < entries->n; i++)
		if (strcmp(entries->list[i].name, name) == 0) return 1;
	return 0;
}

static egm_status check_tensors(const egm__safetensors *file, const char *path, const egm_trainer *t,
                                const egm__entries *entries)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < entries->n; i++) EGM_TRY(check_tensor(file, path, t, &entries->list[i]));
	for (int32_t i = 0; i < egm__safetensors_count(file) && egm__safetensors_count(file) > entries->n; i++) {
		const char *name = egm__safetensors_at(file, i)->name;
		if (!is_entry(entries, name))
			EGM_FAIL(EGM_ERR_FORMAT, "%s: the checkpoint has '%.60s', the trainer has not", path, name);
	}
out:
	return st;
}

static void take_over(egm_trainer *t, const egm__safetensors *file, const egm__entries *entries, const counters *c)
{
	for (int32_t i = 0; i < entries->n; i++) {
		const egm__entry *e = &entries->list[i];
		memcpy(e->values, egm__safetensors_find(file, e->name)->data, (size_t)e->count * t->element);
	}
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
	egm__safetensors *file = NULL;
	egm__entries entries = {0, NULL};
	counters c = {0};
	if (!trainer || !path) EGM_FAIL(EGM_ERR_ARGUMENT, "egm_trainer_load: %s is NULL", trainer ? "path" : "trainer");
	EGM_TRY(egm__safetensors_read(&file, trainer->context, path, options));
	EGM_TRY(egm__entries_create(&entries, trainer));
	EGM_TRY(check_metadata(file, path, trainer, &c));
	EGM_TRY(check_tensors(file, path, trainer, &entries));
	take_over(trainer, file, &entries, &c);
out:
	egm__safetensors_free(file);
	if (trainer) egm__free(trainer->context, entries.list);
	return st;
}
