/* SPDX-License-Identifier: MIT */
#include "wgangp.h"

#include <loss/loss_impl.h>

enum { CRITIC, GENERATOR };

static egm__id fake(const egm_loss *loss, egm__phase_graph *p)
{
	egm__shape s = egm__shape2(p->batch, loss->nets[GENERATOR]->inputs);
	return egm__net(p, loss, GENERATOR, egm__normal(p->graph, 0, s));
}

/* Fake and real go through the critic as one batch. */
static void build_critic(const egm_loss *loss, egm__phase_graph *p)
{
	egm__graph *g = p->graph;
	int64_t n = p->batch;
	egm__id rows[2] = {fake(loss, p), p->data};
	egm__id d = egm__net(p, loss, CRITIC, egm__concat(g, 2, rows, 0));
	egm__id a = egm__uniform(g, 1, egm__shape2(n, 1));
	egm__id between = egm__add(g, rows[0], egm__mul(g, a, egm__sub(g, rows[1], rows[0])));
	egm__id at = egm__net(p, loss, CRITIC, between), slope;
	egm__gradient(g, at, 1, &between, &slope);
	egm__id excess = egm__affine(g, egm__row_norm(g, slope), 1, -1);
	egm__term_add(p, 0, egm__mean(g, egm__slice(g, d, 0, 0, n)), 1);
	egm__term_add(p, 1, egm__mean(g, egm__slice(g, d, 0, n, n)), -1);
	egm__term_add(p, 2, egm__mean(g, egm__square(g, excess)), 10);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	egm__term_add(p, 3, egm__mean(p->graph, egm__net(p, loss, CRITIC, fake(loss, p))), -1);
}

egm_status bench_wgangp_create(egm_loss **out, egm_model *critic, egm_model *generator)
{
	static const char *const roles[] = {"critic", "generator"};
	static const char *const terms[] = {"critic_fake", "critic_real", "penalty", "generator"};
	egm_model *nets[] = {critic, generator};
	egm_status st = egm__loss_create(out, "wgangp", 2, nets, roles, "", 1);
	if (st != EGM_OK) return st;
	egm_loss *loss = *out;
	loss->n_phases = 2;
	loss->phases[0] = (egm__phase){"critic", 1, 1, 1, build_critic};
	loss->phases[1] = (egm__phase){"generator", 2, 1, 0, build_generator};
	loss->n_terms = 4;
	for (int i = 0; i < 4; i++) loss->term_names[i] = terms[i];
	return EGM_OK;
}
