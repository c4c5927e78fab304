/* SPDX-License-Identifier: MIT */
/* Owns the nodes and outputs of a graph, and finds a node by its content. Nodes are shared when they are made rather
 * than in a later pass: a penalty and an energy at the same points then use the same nodes from the start, and
 * everything that is built on equal nodes is equal again. */
#include <graph/op_impl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

egm_status egm__graph_create(egm__graph **out, egm_context *context, egm_dtype dtype)
{
	*out = NULL;
	egm__graph *g = egm__alloc_zero(context, 1, sizeof *g);
	if (!g) return egm__fail(EGM_ERR_MEMORY, "no memory for a graph");
	g->context = context;
	egm__context_retain(context);
	g->dtype = dtype;
	g->simplify = 1;
	*out = g;
	return EGM_OK;
}

void egm__graph_free(egm__graph *g)
{
	if (!g) return;
	egm_context *context = g->context;
	egm__free(context, g->nodes);
	egm__free(context, g->outputs);
	egm__free(context, g->table);
	egm__free(context, g);
	egm_context_free(context);
}

egm_status egm__graph_status(const egm__graph *g)
{
	return g->status == EGM_OK ? EGM_OK : egm__fail(g->status, "%s", g->error);
}

egm_dtype egm__graph_dtype(const egm__graph *g)
{
	return g->dtype;
}

const egm__shape *egm__graph_shape(const egm__graph *g, egm__id x)
{
	static const egm__shape none = {1, {1, 1, 1, 1}};
	return x < 0 ? &none : &g->nodes[x].shape;
}

void egm__graph_fix_slot(egm__graph *g, int32_t slot)
{
	EGM_INVARIANT(slot > 0 && slot < EGM__MAX_SLOTS);
	g->fixed |= 1u << slot;
}

egm__id egm__graph_fail(egm__graph *g, egm_status code, const char *format, ...)
{
	if (g->status == EGM_OK) {
		va_list args;
		va_start(args, format);
		vsnprintf(g->error, sizeof g->error, format, args);
		va_end(args);
		g->status = code;
	}
	return EGM__NONE;
}

void egm__graph_output(egm__graph *g, egm__id x, int32_t slot, int64_t offset)
{
	if (x < 0 || g->status != EGM_OK) return;
	if (g->n_out == g->cap_out) {
		int32_t cap = g->cap_out ? 2 * g->cap_out : 16;
		egm__output *grown = egm__realloc(g->context, g->outputs, cap, sizeof *grown);
		if (!grown) {
			egm__graph_fail(g, EGM_ERR_MEMORY, "no memory for %d outputs", cap);
			return;
		}
		g->outputs = grown;
		g->cap_out = cap;
	}
	g->outputs[g->n_out++] = (egm__output){x, slot, offset};
}

/* ---- sharing */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
	return h * 0xff51afd7ed558ccdu;
}

static uint64_t hash_node(const egm__node *n)
{
	uint64_t h = (uint64_t)(uintptr_t)n->op;
	uint64_t bits[2];
	memcpy(bits, n->c, sizeof bits);
	for (int i = 0; i < n->n_in; i++) h = mix(h, (uint64_t)n->in[i]);
	for (int i = 0; i < EGM__MAX_RANK; i++) h = mix(h, (uint64_t)n->shape.d[i]);
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) h = mix(h, bits[i]);
	for (size_t i = 0; i < sizeof n->a / sizeof *n->a; i++) h = mix(h, (uint64_t)n->a[i]);
	return h ^ (h >> 29);
}

static int same_node(const egm__node *x, const egm__node *y)
{
	return x->op == y->op && x->n_in == y->n_in && !memcmp(x->in, y->in, (size_t)x->n_in * sizeof x->in[0]) &&
	       egm__shape_equal(&x->shape, &y->shape) && !memcmp(x->c, y->c, sizeof x->c) &&
	       !memcmp(x->a, y->a, sizeof x->a);
}

/* The table entry of an equal node, or the free entry where one belongs. */
static int32_t *find_entry(const egm__graph *g, const egm__node *n)
{
	uint32_t mask = (uint32_t)g->table_size - 1;
	for (uint32_t i = (uint32_t)hash_node(n) & mask;; i = (i + 1) & mask) {
		int32_t *entry = &g->table[i];
		if (!*entry || same_node(&g->nodes[*entry - 1], n)) return entry;
	}
}

/* Room for one more node; the table stays at most half full. */
static int make_room(egm__graph *g)
{
	if (g->n < g->cap) return 1;
	int32_t cap = g->cap ? 2 * g->cap : 64;
	egm__node *nodes = egm__realloc(g->context, g->nodes, cap, sizeof *nodes);
	if (!nodes) return 0;
	g->nodes = nodes;
	int32_t *table = egm__alloc_zero(g->context, (size_t)cap * 2, sizeof *table);
	if (!table) return 0;
	egm__free(g->context, g->table);
	g->table = table;
	g->table_size = cap * 2;
	g->cap = cap;
	for (int32_t i = 0; i < g->n; i++) {
		int32_t *entry = find_entry(g, &g->nodes[i]);
		if (!*entry) *entry = i + 1;
	}
	return 1;
}

egm__id egm__share(egm__graph *g, const egm__node *n)
{
	if (!make_room(g)) return egm__graph_fail(g, EGM_ERR_MEMORY, "no memory for node %d", g->n);
	int32_t *entry = find_entry(g, n);
	if (*entry) return *entry - 1;
	g->nodes[g->n] = *n;
	*entry = ++g->n;
	return g->n - 1;
}

egm_status egm__complete_shape(egm__node *n)
{
	char text[64];
	for (int i = n->shape.rank; i < EGM__MAX_RANK; i++) n->shape.d[i] = 1;
	if (egm__shape_count(&n->shape) <= EGM__MOST_ELEMENTS) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "%s: the shape is %s; must have at most 2^48 elements", n->op->name,
	                 egm__shape_text(&n->shape, text));
}
