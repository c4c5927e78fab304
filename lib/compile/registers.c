/* SPDX-License-Identifier: MIT */
/* Few registers for each group, so that all of them, which are memory of a thread, fit into the first cache. */
#include <compile/passes_impl.h>

/* last[r]: the last instruction that reads register r; n_instr, if a sum does. */
static void find_last_readers(const egm__group *gr, int32_t *last)
{
	for (int32_t i = 0; i < gr->n_instr; i++) {
		const egm__instr *in = &gr->instr[i];
		if (in->a >= 0) last[in->a] = i;
		if (in->b >= 0) last[in->b] = i;
	}
	for (int32_t i = 0; i < gr->n_sums; i++)
		if (gr->sums[i].source >= 0) last[gr->sums[i].source] = gr->n_instr;
}

/* Each register gets the lowest free number, which is free again after its last reader. Returns how many it takes. */
static int32_t rename_registers(egm__group *gr, const int32_t *last, int32_t *real, unsigned char *busy)
{
	int32_t used = 0;
	for (int32_t i = 0; i < gr->n_instr; i++) {
		egm__instr *in = &gr->instr[i];
		int32_t a = in->a, b = in->b;
		if (a >= 0) in->a = real[a];
		if (b >= 0) in->b = real[b];
		if (in->y >= 0) {
			int32_t r = 0;
			while (busy[r]) r++;
			busy[r] = 1;
			real[in->y] = r;
			if (r + 1 > used) used = r + 1;
			in->y = r;
		}
		if (a >= 0 && last[a] == i) busy[real[a]] = 0;
		if (b >= 0 && last[b] == i) busy[real[b]] = 0;
	}
	for (int32_t i = 0; i < gr->n_sums; i++)
		if (gr->sums[i].source >= 0) gr->sums[i].source = real[gr->sums[i].source];
	return used;
}

static egm_status assign_registers(egm_context *context, egm__group *gr)
{
	if (!gr->n_regs) return EGM_OK;
	egm_status st = EGM_OK;
	int32_t n = gr->n_regs;
	int32_t *last = egm__alloc_zero(context, (size_t)n * 2 + 1, sizeof *last);
	unsigned char *busy = egm__alloc_zero(context, n, 1);
	if (last && busy) {
		find_last_readers(gr, last);
		gr->n_regs = rename_registers(gr, last, last + n, busy);
	} else {
		st = egm__fail(EGM_ERR_MEMORY, "no memory for %d registers", n);
	}
	egm__free(context, last);
	egm__free(context, busy);
	return st;
}

egm_status egm__pass_registers(egm__lower *l)
{
	egm__program *p = l->p;
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < p->n_kernels && st == EGM_OK; i++)
		if (p->kernels[i].kind == EGM__KERNEL_GROUP) st = assign_registers(p->context, &p->kernels[i].group);
	return st;
}
