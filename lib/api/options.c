/* SPDX-License-Identifier: MIT */
/* The public description of all option and result structs, by name. The table of a struct is next to the code that uses
 * it; here they are only listed. Losses and kernels of the sampler come from the meson.build of their folders. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <loss/losses.h>
#include <sampler/kernels.h>
#include <string.h>

/* clang-format off */
#define STRUCTS(X) \
	X(context) X(progress) X(data) X(csv) X(column) X(load) X(restore) \
	EGM__LOSSES(X) \
	X(trainer) X(negatives) X(negatives_statistics) \
	X(target) X(ais) X(ais_result) \
	EGM__KERNELS(X) X(sampler_statistics) X(diagnosis) \
	X(mixture) X(mixture_result) \
	X(mmd) X(sliced) X(mode) X(mode_coverage) X(ranking) X(option)
/* clang-format on */

static const egm_option nothing = EGM_OPTION_INIT;
static const egm__option members[] = {
    EGM__RESULT(egm_option, name, "Name of the member."),
    EGM__RESULT(egm_option, help, "One line on what it is."),
    EGM__RESULT(egm_option, offset, "Its offset in the struct, in bytes."),
    EGM__RESULT(egm_option, size, "Its size, in bytes."),
    EGM__RESULT(egm_option, kind, "Its type, EGM_OPTION_*."),
    EGM__FLAG(egm_option, required, "1: it has no default and must be set."),
    EGM__RESULT(egm_option, default_value, "Its default; 0 for pointers."),
    EGM__RESULT(egm_option, low, "Lower end of its range."),
    EGM__RESULT(egm_option, high, "Upper end of its range."),
    EGM__FLAG(egm_option, low_open, "1: the range does not contain its lower end."),
    EGM__FLAG(egm_option, high_open, "1: the range does not contain its upper end."),
    EGM__FLAG(egm_option, zero_is_default, "1: 0 means the default."),
    EGM__RESULT(egm_option, choice_count, "Number of choices; 0: there are none."),
    EGM__HANDLE(egm_option, choices, "[choice_count] names and values of the choices, or NULL."),
    EGM__RESULT(egm_option, family, "What the names of the constants begin with, or NULL."),
};
EGM__OPTIONS(egm__options_option, egm_option, nothing, members);

#define DECLARED(name) extern const egm__options egm__options_##name;
#define LISTED(name) &egm__options_##name,

STRUCTS(DECLARED)
static const egm__options *const tables[] = {STRUCTS(LISTED)};
enum { TABLES = sizeof tables / sizeof *tables };

static const egm__options *find(const char *type)
{
	for (int32_t i = 0; type && i < TABLES; i++)
		if (strcmp(tables[i]->type, type) == 0) return tables[i];
	return NULL;
}

static egm_status unknown(const char *type)
{
	if (!type) return egm__fail(EGM_ERR_ARGUMENT, "type is NULL");
	return egm__fail(EGM_ERR_ARGUMENT, "type is '%s', must be a name that egm_options_type returns", type);
}

const char *egm_options_type(int32_t index)
{
	return index >= 0 && index < TABLES ? tables[index]->type : NULL;
}

size_t egm_options_size(const char *type)
{
	const egm__options *table = find(type);
	return table ? table->size : 0;
}

int32_t egm_options_count(const char *type)
{
	const egm__options *table = find(type);
	return table ? table->n : 0;
}

int32_t egm_options_find(const char *type, const char *name)
{
	const egm__options *table = find(type);
	for (int32_t i = 0; table && name && i < table->n; i++)
		if (strcmp(table->rows[i].name, name) == 0) return i;
	return -1;
}

/* Results have neither ranges nor useful defaults. */
static int is_options(const egm__options *table)
{
	const char *end = strrchr(table->type, '_');
	return end && strcmp(end, "_options") == 0;
}

static egm_option describe(const egm__options *table, const egm__option *row)
{
	egm_option o = {.struct_size = sizeof o,
	                .name = row->name,
	                .help = row->help,
	                .offset = (int64_t)row->offset,
	                .size = (int64_t)egm__option_size(row->kind),
	                .kind = row->kind};
	if (row->family) {
		o.choices = row->family->choices;
		o.choice_count = row->family->count;
		o.family = row->family->prefix;
	}
	if (!is_options(table)) return o;
	egm__option_range(row, &o.low, &o.high);
	o.low_open = row->low_open;
	o.high_open = row->high_open;
	o.default_value = egm__option_value(row, table->defaults);
	o.zero_is_default = egm__option_zero_is_default(table, row);
	o.required = egm__option_required(table, row);
	return o;
}

egm_status egm_options_describe(const char *type, int32_t index, egm_option *out)
{
	egm_status st = EGM_OK;
	const egm__options *table = find(type);
	egm_option described;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	if (!table) EGM_TRY(unknown(type));
	if (index < 0 || index >= table->n)
		EGM_FAIL(EGM_ERR_ARGUMENT, "index is %d, must be 0 to %d for %s", (int)index, (int)table->n - 1, type);
	EGM_TRY(egm__result_check("egm_option", out));
	described = describe(table, &table->rows[index]);
	EGM_TRY(egm__options_init("egm_option", out, out->struct_size, &described, sizeof described));
out:
	return egm__named(__func__, st);
}

egm_status egm_options_init(const char *type, void *options, size_t size)
{
	const egm__options *table = find(type);
	egm_status st = table ? egm__options_init(table->type, options, size, table->defaults, table->size) : unknown(type);
	return egm__named(__func__, st);
}
