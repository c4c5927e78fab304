/* SPDX-License-Identifier: MIT */
/* Files that hold the state of something that runs: checkpoints of trainers, chains of samplers. Each is a list of
 * arrays and a few texts. Writing and reading go through one list, so that they cannot disagree; reading compares
 * everything before anything is taken over. */
#ifndef EGM_TRAIN_STATE_IMPL_H
#define EGM_TRAIN_STATE_IMPL_H

#include <io/safetensors_impl.h>
#include <model/model_impl.h>

/* Far beyond any run, and so far below INT64_MAX that no counter overflows afterwards. */
#define EGM__STATE_LARGEST ((uint64_t)1 << 62)

/* What the numbers of an array have to be. The last two are of arrays with a number for each parameter of a net: what
 * the net's own tensors have to be, and zero where nothing is trained, as it would move a buffer. */
enum {
	EGM__RULE_FINITE,
	EGM__RULE_NOT_NEGATIVE,
	EGM__RULE_POSITIVE,
	EGM__RULE_FINITE_OR_NAN,
	EGM__RULE_PARAMETERS,
	EGM__RULE_MOMENT
};

/* An array and its name in the file. */
typedef struct egm__entry {
	char name[64];
	void *values;
	int64_t shape[4];
	int64_t count;
	int32_t dtype; /* EGM__ST_F32, EGM__ST_F64 or EGM__ST_U64 */
	int32_t rank;
	int32_t rule;         /* EGM__RULE_* */
	uint64_t most;        /* of EGM__ST_U64: the largest that may stand there */
	const egm_model *net; /* of EGM__RULE_PARAMETERS and EGM__RULE_MOMENT: whose parameters */
} egm__entry;

typedef struct egm__entries {
	int32_t n;
	egm__entry *list;
} egm__entries;

size_t egm__entry_bytes(const egm__entry *entry);

/* Writes arrays and texts, a file replaced as a whole. Numbers that a load would refuse are NONFINITE: the last
 * good file would be gone. */
egm_status egm__state_write(egm_context *context, const egm__destination *to, const egm__entries *entries,
                            int32_t n_meta, const egm__st_meta *meta);

/* A file that was read, and how error texts name it and what it is read into: "the checkpoint", "the trainer". */
typedef struct egm__state {
	egm__safetensors *contents;
	const char *path, *file, *owner;
} egm__state;

egm_status egm__state_require(const egm__state *state, const char *key, const char **value);
egm_status egm__state_expect(const egm__state *state, const char *key, const char *expected);
/* Of the key "format": tools that write a file again may have put the name of a framework there. */
egm_status egm__state_expect_format(const egm__state *state, const char *expected);
/* Digits alone: no sign, no space, no locale. */
egm_status egm__state_counter(const egm__state *state, const char *key, uint64_t largest, uint64_t *out);
/* The file has these arrays and no others, with numbers that can stand there. */
egm_status egm__state_check(const egm__state *state, egm_context *context, const egm__entries *entries);
/* Copies them, after egm__state_check. */
void egm__state_take(const egm__state *state, const egm__entries *entries);

#endif
