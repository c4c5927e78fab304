/* SPDX-License-Identifier: MIT */
/* Which nodes an output needs and how many read each, and which sums are sums of products alone: a run of products that
 * add to one matrix computes these. */
#include <compile/passes_impl.h>

static void mark_live(egm__lower *l)
{
	const egm__graph *g = l->g;
	for (int32_t i = 0; i < g->n_out; i++) {
		egm__id id = g->outputs[i].id;
		l->live[id] = l->is_output[id] = 1;
	}
	for (egm__id id = g->n - 1; id >= 0; id--) {
		if (!l->live[id]) continue;
		for (int i = 0; i < g->nodes[id].n_in; i++) {
			egm__id x = g->nodes[id].in[i];
			l->live[x] = 1;
			l->uses[x]++;
		}
	}
}

static void mark_sums(egm__lower *l)
{
	const egm__graph *g = l->g;
	for (egm__id id = 0; id < g->n; id++) {
		const egm__node *n = &g->nodes[id];
		if (!l->live[id]) continue;
		int all = n->op == &egm__op_add || (n->op == &egm__op_affine && n->c[1] == 0);
		for (int i = 0; all && i < n->n_in; i++) {
			egm__id x = n->in[i];
			all = l->sum[x] && l->uses[x] == 1 && !l->is_output[x];
		}
		if (!all && n->op->cls != EGM__CLASS_MATMUL) continue;
		l->sum[id] = 1;
		for (int i = 0; n->op->cls != EGM__CLASS_MATMUL && i < n->n_in; i++) l->absorbed[n->in[i]] = 1;
	}
}

egm_status egm__pass_mark(egm__lower *l)
{
	egm_status st = egm__lower_allocate(l);
	if (st != EGM_OK) return st;
	mark_live(l);
	mark_sums(l);
	return EGM_OK;
}
