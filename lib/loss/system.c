/* SPDX-License-Identifier: MIT */
/* Makes a loss from the table of its system and the networks and options of the caller. */
#include <loss/system_impl.h>
#include <math.h>
#include <string.h>

egm_status egm__loss_number(const egm_loss *loss, const char *name, double value)
{
	int f32 = loss->dtype == EGM_F32;
	int tiny = value != 0 && fabs(value) < (f32 ? (double)FLT_MIN : DBL_MIN);
	if (!tiny && fabs(value) <= (f32 ? (double)FLT_MAX : DBL_MAX)) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "%s is %g, which is %s in %s; must be %s in magnitude", name, value,
	                 tiny ? "0" : "infinite", egm__dtype_name(loss->dtype), tiny ? "larger" : "smaller");
}

/* An option of either sign may become 0: there 0 is a value like its neighbours. */
static egm_status check_numbers(const egm_loss *loss, const egm__system *system)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < system->options->n; i++) {
		const egm__option *r = &system->options->rows[i];
		if (r->kind != EGM_OPTION_DOUBLE) continue;
		double value = egm__option_value(r, loss->options);
		if (r->low >= 0 || fabs(value) >= 1) EGM_TRY(egm__loss_number(loss, r->name, value));
	}
out:
	return st;
}

egm__phase *egm__phase_add(egm_loss *loss, const char *name, uint32_t moves, int32_t repeat, int32_t reads_data,
                           void (*build)(const egm_loss *loss, egm__phase_graph *p))
{
	EGM_INVARIANT(loss->n_phases < EGM__MAX_PHASES);
	egm__phase *phase = &loss->phases[loss->n_phases++];
	*phase = (egm__phase){name, moves, repeat, reads_data, build, 0, 0};
	return phase;
}

static egm_status create(egm_loss **out, const egm__system *system, egm_model *const *nets, const void *merged)
{
	egm_status st = EGM_OK;
	const char *roles[EGM__MAX_NETS] = {NULL};
	egm__net_shape shapes[EGM__MAX_NETS];
	egm_loss *loss = NULL;
	memcpy(shapes, system->nets, sizeof shapes);
	for (int32_t i = 0; i < system->n_nets; i++) roles[i] = shapes[i].role;
	EGM_TRY(egm__loss_create(&loss, system->kind, system->n_nets, nets, roles, merged, system->options->size));
	for (int32_t i = 0; i < system->n_nets; i++)
		if (system->keys[i]) loss->keys[i] = system->keys[i];
	for (int32_t i = 0; i < EGM__MAX_TERMS && system->terms[i]; i++)
		loss->term_names[loss->n_terms++] = system->terms[i];
	EGM_TRY(check_numbers(loss, system));
	EGM_TRY(system->describe(loss, shapes));
	EGM_TRY(egm__system_check_widths(loss, shapes, system->data));
	*out = loss;
out:
	if (st != EGM_OK) egm_loss_free(loss);
	return st;
}

egm_status egm__system_create(egm_loss **out, const egm__system *system, egm_model *const *nets, const void *options)
{
	enum { MOST = 256 }; /* bytes of any system's options */
	egm_status st = EGM_OK;
	union {
		char bytes[MOST];
		double aligned;
	} merged;
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	EGM_INVARIANT(system->options->size <= MOST);
	EGM_TRY(egm__options_check(system->options, merged.bytes, options));
	EGM_TRY(create(out, system, nets, merged.bytes));
out:
	return st;
}
