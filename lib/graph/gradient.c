/* SPDX-License-Identifier: MIT */
/* Derivatives by reverse accumulation. The adjoint of a node is the sum of the contributions of the nodes that use it.
 * Contributions are ordinary nodes, so the result can be differentiated again. */
#include <graph/op_impl.h>
#include <string.h>

/* Sets dep for the nodes up to y that depend on wrt, and for wrt themselves. */
static void mark_dependents(const egm__graph *g, egm__id y, int32_t n, const egm__id *wrt, unsigned char *dep)
{
	for (int32_t i = 0; i < n; i++)
		if (wrt[i] <= y) dep[wrt[i]] = 1;
	for (egm__id id = 0; id <= y; id++)
		for (int i = 0; i < g->nodes[id].n_in; i++) dep[id] |= dep[g->nodes[id].in[i]];
}

/* Adds the contributions of node id to the adjoints of its inputs. */
static void add_contributions(egm__graph *g, egm__id id, egm__id *adjoint, const unsigned char *dep)
{
	egm__node n = g->nodes[id]; /* a copy: emitting may move the array */
	if (adjoint[id] == EGM__NONE || !n.op->adjoint) return;
	for (int i = 0; i < n.n_in; i++) {
		if (!dep[n.in[i]]) continue;
		egm__id part = n.op->adjoint(g, id, adjoint[id], i);
		if (part == EGM__NONE) continue;
		egm__id *sum = &adjoint[n.in[i]];
		*sum = *sum == EGM__NONE ? part : egm__add(g, *sum, part);
	}
}

void egm__gradient(egm__graph *g, egm__id y, int32_t n, const egm__id *wrt, egm__id *out)
{
	for (int32_t i = 0; i < n; i++) out[i] = EGM__NONE;
	if (y < 0 || g->status != EGM_OK) return;
	for (int32_t i = 0; i < n; i++) {
		if (wrt[i] < 0) return;
		if (egm__is_variable(g, wrt[i])) continue;
		egm__graph_fail(g, EGM_ERR_UNSUPPORTED,
		                "gradient: node %d is computed by %s; must be a leaf, noise or a variable", wrt[i],
		                g->nodes[wrt[i]].op->name);
		return;
	}
	unsigned char *dep = egm__alloc_zero(g->context, (size_t)y + 1, 1);
	egm__id *adjoint = egm__alloc(g->context, (size_t)y + 1, sizeof *adjoint);
	if (!dep || !adjoint) {
		egm__graph_fail(g, EGM_ERR_MEMORY, "no memory for the gradients of %d nodes", y + 1);
		goto out;
	}
	for (egm__id id = 0; id <= y; id++) adjoint[id] = EGM__NONE;
	mark_dependents(g, y, n, wrt, dep);
	adjoint[y] = egm__const(g, 1, g->nodes[y].shape);
	for (egm__id id = y; id >= 0; id--)
		if (dep[id]) add_contributions(g, id, adjoint, dep);
	for (int32_t i = 0; i < n; i++) {
		int reached = wrt[i] <= y && adjoint[wrt[i]] != EGM__NONE;
		out[i] = reached ? adjoint[wrt[i]] : egm__const(g, 0, g->nodes[wrt[i]].shape);
	}
out:
	egm__free(g->context, dep);
	egm__free(g->context, adjoint);
}
