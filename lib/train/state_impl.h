/* SPDX-License-Identifier: MIT */
/* State files: checkpoints of trainers, and chains of samplers. Such a file is a safetensors file with a list of arrays
 * and a few texts. Writing and reading use the same list, so that they cannot disagree. Reading checks everything
 * before it changes anything. */
#ifndef EGM_TRAIN_STATE_IMPL_H
#define EGM_TRAIN_STATE_IMPL_H

#include <io/safetensors_impl.h>
#include <model/model_impl.h>

/* More than any training or run counts, and so far below INT64_MAX that no counter overflows afterwards. */
#define EGM__STATE_LARGEST ((uint64_t)1 << 62)

/* Which numbers an array may have. The last two are for arrays with a number for each parameter of a network: those
 * that its tensors may have; finite, and 0 for tensors that are not trained, which another number would move. */
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
	uint64_t most;        /* of EGM__ST_U64: the largest allowed number */
	const egm_model *net; /* for EGM__RULE_PARAMETERS and EGM__RULE_MOMENT: the network */
} egm__entry;

typedef struct egm__entries {
	int32_t n;
	egm__entry *list;
} egm__entries;

size_t egm__entry_bytes(const egm__entry *entry);

/* Writes arrays and texts, and replaces an existing file as a whole. Fails with EGM_ERR_NONFINITE if a number would be
 * rejected on reading, so that the last good file is kept. */
egm_status egm__state_write(egm_context *context, const egm__destination *to, const egm__entries *entries,
                            int32_t n_meta, const egm__st_meta *meta);

/* A file that was read, and the names of the file and of the object in error texts: "the checkpoint", "the trainer". */
typedef struct egm__state {
	egm__safetensors *contents;
	const char *path, *file, *owner;
} egm__state;

egm_status egm__state_require(const egm__state *state, const char *key, const char **value);
egm_status egm__state_expect(const egm__state *state, const char *key, const char *expected);
/* For the key "format": tools that rewrite a file may have replaced it by the name of a framework. */
egm_status egm__state_expect_format(const egm__state *state, const char *expected);
/* A count of decimal digits only, whatever the locale. */
egm_status egm__state_counter(const egm__state *state, const char *key, uint64_t largest, uint64_t *out);
/* Checks that the file has these arrays and no others, with numbers that they may have. */
egm_status egm__state_check(const egm__state *state, egm_context *context, const egm__entries *entries);
/* Copies the numbers of the file to the arrays, after egm__state_check. */
void egm__state_take(const egm__state *state, const egm__entries *entries);

#endif
