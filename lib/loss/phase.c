/* SPDX-License-Identifier: MIT */
/* What a phase consists of: noise and terms, and from them the graph and the program with their gradients. */
#include <core/status_impl.h>
#include <loss/loss_impl.h>

egm__id egm__latent(egm__phase_graph *p, const egm_loss *loss, int32_t net, uint32_t stream)
{
	return egm__normal(p->graph, stream, egm__shape2(p->batch, loss->nets[net]->inputs));
}

egm__id egm__noisy(egm__phase_graph *p, egm__id x, double sigma, uint32_t stream)
{
	egm__id n = egm__normal(p->graph, stream, *egm__graph_shape(p->graph, x));
	return egm__add(p->graph, x, egm__scale(p->graph, n, sigma));
}

void egm__term_add(egm__phase_graph *p, int32_t index, egm__id value, double weight)
{
	EGM_INVARIANT(p->n_terms < EGM__MAX_TERMS);
	p->terms[p->n_terms++] = (egm__term){index, value, EGM__NONE, weight};
}

static egm__id objective(egm__phase_graph *p)
{
	egm__graph *g = p->graph;
	egm__id sum = egm__const(g, 0, egm__shape2(1, 1));
	for (int32_t i = 0; i < p->n_terms; i++) {
		const egm__term *t = &p->terms[i];
		egm__graph_output(g, t->value, EGM__SLOT_TERMS, t->index);
		egm__id minimised = t->surrogate == EGM__NONE ? t->value : t->surrogate;
		sum = egm__add(g, sum, egm__scale(g, egm__reshape(g, minimised, egm__shape2(1, 1)), t->weight));
	}
	return sum;
}

/* The gradients of the trained tensors, at the offsets of the tensors. Buffers have none: their part of the gradient
 * keeps the zeros with which it was allocated. */
static void output_gradients(egm__phase_graph *p, const egm_loss *loss, uint32_t moves, egm__id y, egm__id *leaves,
                             egm__id *gradients)
{
	int32_t n = 0, k = 0;
	for (int32_t net = 0; net < loss->n_nets; net++)
		for (int32_t t = 0; (moves >> net & 1) && t < loss->nets[net]->n_tensors; t++)
			if (loss->nets[net]->tensors[t].trained)
				leaves[n++] = egm__model_leaf(p->graph, loss->nets[net], EGM__SLOT_NET + net, t);
	egm__gradient(p->graph, y, n, leaves, gradients);
	for (int32_t net = 0; net < loss->n_nets; net++)
		for (int32_t t = 0; (moves >> net & 1) && t < loss->nets[net]->n_tensors; t++) {
			const egm__tensor *tensor = &loss->nets[net]->tensors[t];
			if (tensor->trained) egm__graph_output(p->graph, gradients[k++], EGM__SLOT_GRADIENT + net, tensor->offset);
		}
}

/* The running statistics after the last batch of the networks that the phase trains. */
static void output_statistics(egm__phase_graph *p, const egm_loss *loss, uint32_t moves)
{
	for (int32_t net = 0; net < loss->n_nets; net++) {
		const egm_model *m = loss->nets[net];
		int64_t first = egm__loss_first_statistic(loss, net);
		for (int32_t t = 0; (moves >> net & 1) && t < m->n_tensors; t++)
			if (m->tensors[t].statistic >= 0 && p->statistics[net][t] != EGM__NONE)
				egm__graph_output(p->graph, p->statistics[net][t], EGM__SLOT_STATISTICS,
				                  first + m->tensors[t].statistic);
	}
}

static int32_t tensors_in_all(const egm_loss *loss)
{
	int32_t n = 1;
	for (int32_t i = 0; i < loss->n_nets; i++) n += loss->nets[i]->n_tensors;
	return n;
}

static void begin_statistics(egm__phase_graph *p, const egm_loss *loss, egm__id *ids)
{
	for (int32_t net = 0; net < loss->n_nets; net++) {
		p->statistics[net] = ids;
		for (int32_t t = 0; t < loss->nets[net]->n_tensors; t++) *ids++ = EGM__NONE;
	}
}

egm_status egm__loss_write(const egm_loss *loss, int32_t phase, int64_t batch, egm__graph *g, uint32_t *terms)
{
	egm__phase_graph p = {.graph = g, .batch = batch};
	const egm__phase *ph = &loss->phases[phase];
	egm_status st = EGM_OK;
	int32_t n = tensors_in_all(loss);
	egm__id *ids = egm__alloc(loss->context, (size_t)n * 3, sizeof *ids); /* leaves, gradients, statistics */
	if (!ids) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %d gradients", n);
	p.data = egm__leaf(p.graph, EGM__SLOT_DATA, 0, egm__shape2(batch, loss->data_width));
	p.negatives = EGM__NONE;
	if (ph->reads_negatives)
		p.negatives = egm__leaf(p.graph, EGM__SLOT_NEGATIVES, 0, egm__shape2(batch, loss->data_width));
	for (int32_t i = 0; i < loss->n_state; i++) {
		p.state[i] = egm__leaf(p.graph, EGM__SLOT_STATE, i, egm__shape2(1, 1));
		p.state_next[i] = EGM__NONE;
	}
	begin_statistics(&p, loss, ids + 2 * (size_t)n);
	ph->build(loss, &p);
	*terms = 0;
	for (int32_t i = 0; i < p.n_terms; i++) *terms |= 1u << p.terms[i].index;
	output_gradients(&p, loss, ph->moves, objective(&p), ids, ids + n);
	output_statistics(&p, loss, ph->moves);
	for (int32_t i = 0; i < loss->n_state; i++)
		if (p.state_next[i] != EGM__NONE) egm__graph_output(p.graph, p.state_next[i], EGM__SLOT_STATE, i);
	st = egm__graph_status(g);
out:
	egm__free(loss->context, ids);
	return st;
}

egm_status egm__loss_compile(const egm_loss *loss, int32_t phase, int64_t batch, egm__program **out, uint32_t *terms)
{
	egm__graph *g = NULL;
	*out = NULL;
	egm_status st = egm__graph_create(&g, loss->context, loss->dtype);
	if (st == EGM_OK) st = egm__loss_write(loss, phase, batch, g, terms);
	if (st == EGM_OK) st = egm__program_compile(out, g);
	egm__graph_free(g);
	return st;
}
