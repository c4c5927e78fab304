/* SPDX-License-Identifier: MIT */
/* Computes every node into its own array. Classes, views, fusion and plans play no part. */
#include <graph/op_impl.h>
#include <oracle/interpret.h>
#include <string.h>

typedef struct oracle {
	const egm__graph *g;
	void *const *bases;
	uint64_t seed, step;
	double **value;
} oracle;

static void read_leaf(const oracle *o, const egm__node *n, double *y)
{
	int64_t count = egm__shape_count(&n->shape);
	for (int64_t i = 0; i < count; i++) y[i] = egm__number(o->g->dtype, o->bases[n->a[0]], n->a[1] + i);
}

/* The draws of the program, in the dtype of the graph. */
static egm_status draw(const oracle *o, const egm__node *n, double *y)
{
	int64_t count = egm__shape_count(&n->shape);
	const egm__kernels *table = egm__kernels_get(o->g->context->simd, o->g->dtype);
	egm__rng rng = {.seed = o->seed, .step = o->step, .stream = (uint32_t)n->a[0]};
	void *drawn = egm__alloc(o->g->context, count, egm__dtype_size(o->g->dtype));
	if (!drawn) return egm__fail(EGM_ERR_MEMORY, "no memory for the interpreter");
	if (n->a[1])
		table->uniform(count, drawn, &rng, 0);
	else
		table->normal(count, drawn, &rng, 0);
	for (int64_t i = 0; i < count; i++) y[i] = egm__number(o->g->dtype, drawn, i);
	egm__free(o->g->context, drawn);
	return EGM_OK;
}

static egm_status evaluate(const oracle *o, egm__id id)
{
	const egm__node *n = &o->g->nodes[id];
	double *y = o->value[id] = egm__alloc(o->g->context, egm__shape_count(&n->shape), sizeof *y);
	if (!y) return egm__fail(EGM_ERR_MEMORY, "no memory for node %d", id);
	if (n->op == &egm__op_noise) return draw(o, n, y);
	if (n->op == &egm__op_leaf) {
		read_leaf(o, n, y);
		return EGM_OK;
	}
	egm__eval e = {.node = n, .out = y};
	for (int i = 0; i < n->n_in; i++) {
		e.in[i] = o->value[n->in[i]];
		e.in_shape[i] = &o->g->nodes[n->in[i]].shape;
	}
	n->op->eval(&e);
	return EGM_OK;
}

static void write_output(const oracle *o, const egm__output *out)
{
	int64_t count = egm__shape_count(&o->g->nodes[out->id].shape);
	for (int64_t i = 0; i < count; i++) {
		egm__number_put(o->g->dtype, o->bases[out->slot], out->offset + i, o->value[out->id][i]);
	}
}

egm_status egm__graph_interpret(const egm__graph *g, void *const bases[EGM__MAX_SLOTS], uint64_t seed, uint64_t step)
{
	oracle o = {g, bases, seed, step, NULL};
	egm_status st = egm__graph_status(g);
	if (st != EGM_OK) return st;
	o.value = egm__alloc_zero(g->context, (size_t)g->n + 1, sizeof *o.value);
	if (!o.value) return egm__fail(EGM_ERR_MEMORY, "no memory for the interpreter");
	for (egm__id id = 0; id < g->n && st == EGM_OK; id++) st = evaluate(&o, id);
	for (int32_t i = 0; i < g->n_out && st == EGM_OK; i++) write_output(&o, &g->outputs[i]);
	for (egm__id id = 0; id < g->n; id++) egm__free(g->context, o.value[id]);
	egm__free(g->context, o.value);
	return st;
}
