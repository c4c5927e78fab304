/* SPDX-License-Identifier: MIT */
/* A graph without variables and stops. Both matter only while derivatives are taken. If an output needs one of them,
 * the graph is made again without: every node that an output needs, in the old order, simplified and shared anew, so
 * that a formula is compiled as if the point in it had never been named. Later passes see no alias. */
#include <compile/passes_impl.h>

/* live[id]: an output needs the node. Returns whether one of them is an alias. */
static int mark_needed(const egm__graph *g, unsigned char *live)
{
	int aliases = 0;
	for (int32_t i = 0; i < g->n_out; i++) live[g->outputs[i].id] = 1;
	for (egm__id id = g->n - 1; id >= 0; id--) {
		const egm__node *n = &g->nodes[id];
		if (!live[id]) continue;
		aliases |= n->op->cls == EGM__CLASS_ALIAS;
		for (int i = 0; i < n->n_in; i++) live[n->in[i]] = 1;
	}
	return aliases;
}

static egm__id make_again(egm__graph *g, const egm__node *old, const egm__id *now)
{
	egm__node n = *old;
	for (int i = 0; i < n.n_in; i++) n.in[i] = now[n.in[i]];
	return n.op->cls == EGM__CLASS_ALIAS ? n.in[0] : egm__emit_shaped(g, &n);
}

static egm_status copy(egm__graph **out, const egm__graph *g, const unsigned char *live, egm__id *now)
{
	egm_status st = egm__graph_create(out, g->context, g->dtype);
	if (st != EGM_OK) return st;
	(*out)->simplify = g->simplify;
	(*out)->fixed = g->fixed;
	for (egm__id id = 0; id < g->n; id++)
		if (live[id]) now[id] = make_again(*out, &g->nodes[id], now);
	for (int32_t i = 0; i < g->n_out; i++)
		egm__graph_output(*out, now[g->outputs[i].id], g->outputs[i].slot, g->outputs[i].offset);
	return egm__graph_status(*out);
}

egm_status egm__pass_resolve(egm__lower *l)
{
	egm_status st = EGM_OK;
	const egm__graph *g = l->g;
	egm_context *c = g->context;
	unsigned char *live = egm__alloc_zero(c, (size_t)g->n + 1, 1);
	egm__id *now = egm__alloc(c, (size_t)g->n + 1, sizeof *now);
	if (!live || !now) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %d nodes", g->n);
	if (mark_needed(g, live)) {
		EGM_TRY(copy(&l->resolved, g, live, now));
		l->g = l->resolved;
	}
out:
	egm__free(c, live);
	egm__free(c, now);
	return st;
}
