/* SPDX-License-Identifier: MIT */
/* The state of a compilation: its arrays with an entry for each node, and the list of drafts. */
#include <compile/passes_impl.h>
#include <string.h>

/* Three blocks, by the type of the entry. */
egm_status egm__lower_allocate(egm__lower *l)
{
	egm_context *c = l->p->context;
	size_t n = (size_t)l->g->n + 1;
	l->live = egm__alloc_zero(c, n * 6, 1);
	l->uses = egm__alloc_zero(c, n * 8, sizeof *l->uses);
	l->offset = egm__alloc_zero(c, n, sizeof *l->offset);
	if (!l->live || !l->uses || !l->offset) return egm__fail(EGM_ERR_MEMORY, "no memory for %zu nodes", n);
	l->sum = l->live + n, l->absorbed = l->live + 2 * n, l->stored = l->live + 3 * n;
	l->bound = l->live + 4 * n, l->is_output = l->live + 5 * n;
	l->at = l->uses + n, l->first = l->uses + 2 * n, l->buffer = l->uses + 3 * n;
	l->slot = l->uses + 4 * n, l->value = l->uses + 5 * n, l->stamp = l->uses + 6 * n;
	l->window = l->uses + 7 * n;
	for (size_t i = 0; i < n; i++) l->at[i] = l->first[i] = l->buffer[i] = l->window[i] = l->stamp[i] = -1;
	return EGM_OK;
}

void egm__lower_release(egm__lower *l)
{
	egm_context *c = l->p->context;
	for (int32_t i = 0; i < l->n_drafts; i++) {
		egm__free(c, l->drafts[i].members);
		egm__free(c, l->drafts[i].stores);
	}
	void *owned[] = {l->drafts, l->live, l->uses, l->offset};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(c, owned[i]);
	egm__graph_free(l->resolved);
}

void *egm__lower_grow(egm__lower *l, void *array, int32_t *cap, int32_t n, size_t size)
{
	if (n < *cap) return array;
	int32_t grown = *cap ? 2 * *cap : 8;
	void *r = egm__realloc(l->p->context, array, grown, size);
	if (!r) {
		l->status = egm__fail(EGM_ERR_MEMORY, "no memory for a program");
		return NULL;
	}
	*cap = grown;
	return r;
}

egm__draft *egm__draft_new(egm__lower *l, egm__kernel_kind kind, egm__id node)
{
	egm__draft *d = egm__lower_grow(l, l->drafts, &l->cap_drafts, l->n_drafts, sizeof *d);
	if (!d) return NULL;
	l->drafts = d;
	d = &l->drafts[l->n_drafts++];
	memset(d, 0, sizeof *d);
	d->kind = kind;
	d->node = node;
	return d;
}

egm__draft *egm__draft_alone(egm__lower *l, egm__kernel_kind kind, egm__id node)
{
	egm__draft *d = egm__draft_new(l, kind, node);
	if (!d) return NULL;
	l->at[node] = l->first[node] = l->n_drafts - 1;
	l->stored[node] = 1;
	return d;
}
