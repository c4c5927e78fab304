/* SPDX-License-Identifier: MIT */
/* Compiling: every pass in its order. */
#include <compile/passes_impl.h>

const egm__pass egm__passes[] = {
    {"resolve", egm__pass_resolve},
    {"mark", egm__pass_mark},
    {"windows", egm__pass_windows},
    {"lower", egm__pass_lower},
    {"outputs", egm__pass_outputs},
    {"emit", egm__pass_emit},
    {"registers", egm__pass_registers},
    {"pack", egm__pass_pack},
    {"serve", egm__pass_serve},
    {"plan", egm__pass_plan},
    {NULL, NULL},
};

egm_status egm__program_compile(egm__program **out, const egm__graph *g)
{
	egm__lower l = {.g = g};
	*out = NULL;
	egm_status st = egm__graph_status(g);
	if (st == EGM_OK) st = egm__program_empty(&l.p, g);
	if (st != EGM_OK) return st;
	for (const egm__pass *pass = egm__passes; pass->run && st == EGM_OK; pass++) st = pass->run(&l);
	egm__lower_release(&l);
	if (st == EGM_OK)
		*out = l.p;
	else
		egm__program_free(l.p);
	return st;
}

egm_status egm__program_create(egm__program **out, const egm__graph *g)
{
	egm_status st = egm__program_compile(out, g);
	if (st == EGM_OK) st = egm__program_own(*out);
	if (st == EGM_OK) return EGM_OK;
	egm__program_free(*out);
	*out = NULL;
	return st;
}
