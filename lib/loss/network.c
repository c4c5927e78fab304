/* SPDX-License-Identifier: MIT */
/* Networks inside a phase. Most compute each row separately. One with batch normalisation depends on the whole batch,
 * so it matters to which batches it is applied, in which order and how often: here it is applied once to each batch,
 * and losses that need single rows reject it. */
#include <core/status_impl.h>
#include <loss/loss_impl.h>
#include <stdio.h>

int64_t egm__loss_first_statistic(const egm_loss *loss, int32_t net)
{
	int64_t sum = 0;
	for (int32_t i = 0; i < net; i++) sum += loss->nets[i]->statistics;
	return sum;
}

int64_t egm__loss_statistics(const egm_loss *loss)
{
	return egm__loss_first_statistic(loss, loss->n_nets);
}

static int uses_batch_statistics(const egm__phase_graph *p, const egm_loss *loss, int32_t net)
{
	return p->statistics[net] && egm__model_batch_layer(loss->nets[net]) >= 0;
}

static egm__id apply_batch(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x)
{
	for (int32_t i = 0; i < p->n_applications; i++)
		if (p->applications[i].net == net && p->applications[i].x == x) return p->applications[i].y;
	egm__id y = egm__model_apply_batch(p->graph, loss->nets[net], EGM__SLOT_NET + net, x, p->statistics[net]);
	EGM_INVARIANT(p->n_applications < EGM__MAX_APPLICATIONS);
	p->applications[p->n_applications++] = (egm__application){net, x, y};
	return y;
}

egm__id egm__net(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x)
{
	if (uses_batch_statistics(p, loss, net)) return apply_batch(p, loss, net, x);
	return egm__model_apply(p->graph, loss->nets[net], EGM__SLOT_NET + net, x);
}

egm__id egm__net_old(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x)
{
	if (uses_batch_statistics(p, loss, net))
		return egm__model_apply_batch(p->graph, loss->nets[net], EGM__SLOT_OLD + net, x, NULL);
	return egm__model_apply(p->graph, loss->nets[net], EGM__SLOT_OLD + net, x);
}

egm__id egm__net_slope(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x)
{
	egm__id slope, point = egm__variable(p->graph, x);
	EGM_INVARIANT(egm__model_batch_layer(loss->nets[net]) < 0); /* egm__loss_reject_batch_norm */
	egm__gradient(p->graph, egm__net(p, loss, net, point), 1, &point, &slope);
	return slope;
}

void egm__net_both(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id a, egm__id b, egm__id out[2])
{
	egm__id rows[2] = {a, b};
	if (uses_batch_statistics(p, loss, net)) {
		for (int i = 0; i < 2; i++) out[i] = egm__net(p, loss, net, rows[i]);
		return;
	}
	egm__id y = egm__net(p, loss, net, egm__concat(p->graph, 2, rows, 0));
	for (int i = 0; i < 2; i++) out[i] = egm__slice(p->graph, y, 0, i * p->batch, p->batch);
}

egm_status egm__loss_reject_batch_norm(const egm_loss *loss, int32_t net, const char *what, double weight)
{
	const egm_model *m = loss->nets[net];
	char with[80] = "this loss allows no such layer";
	int32_t layer = egm__model_batch_layer(m);
	if (layer < 0 || (what && !(weight > 0))) return EGM_OK;
	if (what) snprintf(with, sizeof with, "%s is %g, must be 0", what, weight);
	return egm__fail(
	    EGM_ERR_ARGUMENT,
	    "layer %d of %s '%s' is %s, with which the gradient at one row depends on the other rows of its batch; %s",
	    layer, loss->roles[net], m->name, m->layers[layer].kind->name, with);
}

/* Batch normalisation needs at least two numbers for a variance. */
static egm_status check_variances(const egm_loss *loss, int32_t net, int64_t batch)
{
	const egm_model *m = loss->nets[net];
	for (int32_t i = 0; i < m->n_layers; i++) {
		const egm__layer *layer = &m->layers[i];
		int one_pixel = !layer->in.channels || layer->in.channels == layer->inputs;
		if (layer->kind->apply_batch && one_pixel && batch < 2)
			return egm__fail(
			    EGM_ERR_ARGUMENT,
			    "batch is %lld, must be at least 2: layer %d (%s) of %s '%s' needs the variance of a channel",
			    (long long)batch, i, layer->kind->name, loss->roles[net], m->name);
	}
	return EGM_OK;
}

egm_status egm__loss_check_batch(const egm_loss *loss, int64_t batch)
{
	egm_status st = EGM_OK;
	if (batch < loss->min_batch)
		EGM_FAIL(EGM_ERR_ARGUMENT, "batch is %lld, must be at least %lld for %s", (long long)batch,
		         (long long)loss->min_batch, loss->kind);
	for (int32_t i = 0; i < loss->n_nets; i++) EGM_TRY(check_variances(loss, i, batch));
out:
	return st;
}
