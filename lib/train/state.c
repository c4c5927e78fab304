/* SPDX-License-Identifier: MIT */
/* Writing and reading the arrays and texts of a state file, with all checks of their contents. */
#include <core/status_impl.h>
#include <inttypes.h>
#include <io/file_impl.h>
#include <math.h>
#include <string.h>
#include <tensor/finite_impl.h>
#include <train/state_impl.h>

static const char *dtype_name(int32_t dtype)
{
	return dtype == EGM__ST_U64 ? "u64" : egm__dtype_name((egm_dtype)dtype);
}

size_t egm__entry_bytes(const egm__entry *entry)
{
	return (size_t)entry->count * (entry->dtype == EGM__ST_F32 ? 4 : 8);
}

/* ---- which numbers an array may have */

static int allows(const egm__entry *entry, double x)
{
	if (entry->rule == EGM__RULE_FINITE_OR_NAN) return !isinf(x);
	if (!isfinite(x)) return 0;
	return entry->rule == EGM__RULE_FINITE || x > 0 || (entry->rule == EGM__RULE_NOT_NEGATIVE && x == 0);
}

static double number_at(const egm__entry *entry, const void *values, int64_t i)
{
	return entry->dtype == EGM__ST_F64 ? ((const double *)values)[i] : ((const float *)values)[i];
}

/* For an array with a number for each parameter of a network. */
static int64_t find_flaw_by_tensor(const egm__entry *entry, const void *values)
{
	for (int32_t t = 0; t < entry->net->n_tensors; t++) {
		const egm__tensor *tensor = &entry->net->tensors[t];
		int no_negative = entry->rule == EGM__RULE_PARAMETERS && tensor->not_negative;
		int zeros = entry->rule == EGM__RULE_MOMENT && !tensor->trained;
		for (int64_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
			double x = number_at(entry, values, i);
			if (!isfinite(x) || (no_negative && x < 0) || (zeros && x != 0)) return i;
		}
	}
	return -1;
}

/* Index of the first number that breaks the rule of the array; -1: none. */
static int64_t find_flaw(egm_context *context, const egm__entry *entry, const void *values)
{
	if (entry->dtype == EGM__ST_U64) {
		for (int64_t i = 0; i < entry->count; i++)
			if (((const uint64_t *)values)[i] > entry->most) return i;
		return -1;
	}
	if (entry->rule == EGM__RULE_FINITE)
		return egm__first_nonfinite(context, (egm_dtype)entry->dtype, values, entry->count);
	if (entry->net) return find_flaw_by_tensor(entry, values);
	for (int64_t i = 0; i < entry->count; i++)
		if (!allows(entry, number_at(entry, values, i))) return i;
	return -1;
}

/* Reports the number at index `flaw`. */
static egm_status reject(const char *where, const egm__entry *entry, const void *values, int64_t flaw)
{
	static const char *const words[] = {"not finite",
	                                    "negative or not finite",
	                                    "not positive or not finite",
	                                    "not finite",
	                                    "a negative variance, or not finite",
	                                    "not zero for a number that is not trained, or not finite"};
	if (entry->dtype == EGM__ST_U64)
		return egm__fail(EGM_ERR_FORMAT, "%s: '%s' is %" PRIu64 " at index %lld, must be at most %" PRIu64, where,
		                 entry->name, ((const uint64_t *)values)[flaw], (long long)flaw, entry->most);
	return egm__fail(EGM_ERR_NONFINITE, "%s: '%s' is %s at index %lld", where, entry->name, words[entry->rule],
	                 (long long)flaw);
}

/* ---- writing */

egm_status egm__state_write(egm_context *context, const egm__destination *to, const egm__entries *entries,
                            int32_t n_meta, const egm__st_meta *meta)
{
	egm_status st = EGM_OK;
	egm__st_tensor *tensors = egm__alloc_zero(context, entries->n, sizeof *tensors);
	if (!tensors) EGM_FAIL(EGM_ERR_MEMORY, "%s: out of memory for the header of %d arrays", to->path, (int)entries->n);
	for (int32_t i = 0; i < entries->n; i++) {
		const egm__entry *e = &entries->list[i];
		int64_t flaw = find_flaw(context, e, e->values);
		if (flaw >= 0) EGM_TRY(reject(to->path, e, e->values, flaw));
		tensors[i].name = e->name;
		tensors[i].dtype = e->dtype;
		tensors[i].rank = e->rank;
		memcpy(tensors[i].shape, e->shape, sizeof e->shape);
		tensors[i].data = e->values;
		tensors[i].count = e->count;
	}
	EGM_TRY(egm__safetensors_write_to(context, to, entries->n, tensors, n_meta, meta));
out:
	egm__free(context, tensors);
	return st;
}

/* ---- reading: texts */

egm_status egm__state_require(const egm__state *s, const char *key, const char **value)
{
	*value = egm__safetensors_meta(s->contents, key);
	return *value ? EGM_OK : egm__fail(EGM_ERR_FORMAT, "%s: %s has no '%s'", s->path, s->file, key);
}

egm_status egm__state_expect(const egm__state *s, const char *key, const char *expected)
{
	egm_status st = EGM_OK;
	const char *value;
	char shown[64];
	EGM_TRY(egm__state_require(s, key, &value));
	if (strcmp(value, expected) != 0)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is '%s' in %s, '%s' in %s", s->path, key, egm__printable(shown, value),
		         s->file, expected, s->owner);
out:
	return st;
}

egm_status egm__state_expect_format(const egm__state *s, const char *expected)
{
	const char *format = egm__safetensors_meta(s->contents, "format");
	if (format && egm__st_is_framework(format)) return EGM_OK;
	return egm__state_expect(s, "format", expected);
}

egm_status egm__state_counter(const egm__state *s, const char *key, uint64_t largest, uint64_t *out)
{
	egm_status st = EGM_OK;
	const char *text, *digit;
	uint64_t value = 0;
	char shown[64];
	EGM_TRY(egm__state_require(s, key, &text));
	for (digit = text; *digit >= '0' && *digit <= '9'; digit++) {
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value))
			break;
	}
	if (*digit || digit == text || value > largest)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is '%s', must be a count up to %" PRIu64, s->path, key,
		         egm__printable(shown, text), largest);
	*out = value;
out:
	return st;
}

/* ---- reading: arrays */

static egm_status check_array(const egm__state *s, egm_context *context, const egm__entry *e)
{
	egm_status st = EGM_OK;
	const egm__st_tensor *found = egm__safetensors_find(s->contents, e->name);
	if (!found) EGM_FAIL(EGM_ERR_FORMAT, "%s: %s has no '%s', which %s has", s->path, s->file, e->name, s->owner);
	if (found->dtype != e->dtype)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: '%s' is not %s in %s", s->path, e->name, dtype_name(e->dtype), s->file);
	if (found->rank != e->rank || memcmp(found->shape, e->shape, (size_t)e->rank * sizeof *e->shape) != 0)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: '%s' has %lld numbers of rank %d in %s, %lld of rank %d in %s", s->path, e->name,
		         (long long)found->count, (int)found->rank, s->file, (long long)e->count, (int)e->rank, s->owner);
	int64_t flaw = find_flaw(context, e, found->data);
	if (flaw >= 0) EGM_TRY(reject(s->path, e, found->data, flaw));
out:
	return st;
}

static int is_entry(const egm__entries *entries, const char *name)
{
	for (int32_t i = 0; i < entries->n; i++)
		if (strcmp(entries->list[i].name, name) == 0) return 1;
	return 0;
}

egm_status egm__state_check(const egm__state *s, egm_context *context, const egm__entries *entries)
{
	egm_status st = EGM_OK;
	int32_t n = egm__safetensors_count(s->contents);
	char shown[64];
	for (int32_t i = 0; i < entries->n; i++) EGM_TRY(check_array(s, context, &entries->list[i]));
	for (int32_t i = 0; i < n && n > entries->n; i++) {
		const char *name = egm__safetensors_at(s->contents, i)->name;
		if (!is_entry(entries, name))
			EGM_FAIL(EGM_ERR_FORMAT, "%s: %s has '%s', which %s does not have", s->path, s->file,
			         egm__printable(shown, name), s->owner);
	}
out:
	return st;
}

void egm__state_take(const egm__state *s, const egm__entries *entries)
{
	for (int32_t i = 0; i < entries->n; i++) {
		const egm__entry *e = &entries->list[i];
		memcpy(e->values, egm__safetensors_find(s->contents, e->name)->data, egm__entry_bytes(e));
	}
}
