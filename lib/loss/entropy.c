/* SPDX-License-Identifier: MIT */
/* Bounds of the entropy of a generator by the information between z and x = G(z). T = T(x, z) on joint pairs, T' =
 * T(x, z') on independent pairs; sp = softplus.
 *
 *  infogan  H = -E||z - E(x)||^2                      a decoder of fixed variance, up to constants
 *  jsd      H = E[-sp(-T)] - E[sp(T')]                at the optimum 2 JS(joint, product) - 2 log 2
 *  nwj      H = E[T] - E[exp(T' - 1)]                 the f-divergence bound of KL; exact at T = 1 + log ratio
 *  dv       H = E[T] - log E[exp T']                  Donsker-Varadhan
 *
 * On a batch the gradient of log E[exp T'] is grad E[exp T'] / E[exp T']. It is biased, because both means come from
 * the same rows; Belghazi et al. 2018, section 3.2, divide by a moving average m of E[exp T'] instead. State 0 is log
 * m, so that exp T' may be large. State 1 is the weight w of m: 0 before the first batch, then the decay. With s = log
 * E[exp T'],
 *
 *   log m' = log(exp(log m + log w) + exp(s + log(1 - w))),
 *
 * by log-sum-exp: a batch of small T after one of large T must not overflow either. */
#include <loss/entropy_impl.h>
#include <math.h>

static egm__id marginal(egm__graph *g, const egm__entropy *o, egm__id z, egm__id fresh)
{
	int64_t rows = egm__graph_shape(g, z)->d[0];
	if (o->marginal == EGM_MARGINAL_FRESH) return fresh;
	egm__id others = egm__slice(g, z, 0, 1, rows - 1), first = egm__slice(g, z, 0, 0, 1);
	return egm__concat(g, 2, (egm__id[]){others, first}, 0);
}

/* T on both kinds of pairs. */
static void statistics(egm__phase_graph *p, const egm_loss *loss, const egm__entropy *o, egm__id x, egm__id z,
                       egm__id other, egm__id out[2])
{
	egm__graph *g = p->graph;
	egm__id joint[2] = {x, z}, product[2] = {x, other};
	egm__id pairs_of_product = egm__concat(g, 2, product, 1);
	egm__net_both(p, loss, o->information, egm__concat(g, 2, joint, 1), pairs_of_product, out);
}

static egm__id infogan(egm__phase_graph *p, const egm_loss *loss, const egm__entropy *o, egm__id x, egm__id z)
{
	egm__graph *g = p->graph;
	egm__id error = egm__sub(g, z, egm__net(p, loss, o->information, x));
	return egm__neg(g, egm__mean_square_norm(g, error));
}

static egm__id jsd(egm__graph *g, egm__id joint, egm__id product)
{
	egm__id a = egm__mean(g, egm__softplus(g, egm__neg(g, joint)));
	return egm__neg(g, egm__add(g, a, egm__mean(g, egm__softplus(g, product))));
}

static egm__id nwj(egm__graph *g, egm__id joint, egm__id product)
{
	egm__id normalisation = egm__mean(g, egm__exp(g, egm__affine(g, product, 1, -1)));
	return egm__sub(g, egm__mean(g, joint), normalisation);
}

/* The value is the bound, the surrogate has the corrected gradient. */
static void dv(egm__phase_graph *p, const egm__entropy *o, egm__id joint, egm__id product, egm__term *t)
{
	egm__graph *g = p->graph;
	double n = (double)egm__shape_count(egm__graph_shape(g, product));
	egm__id s = egm__affine(g, egm__log_sum_exp(g, product, 3), 1, -log(n));
	egm__id log_m = p->state[0], w = p->state[1];
	egm__id old = egm__add(g, log_m, egm__ln(g, w)), batch = egm__add(g, s, egm__ln(g, egm__affine(g, w, -1, 1)));
	egm__id next = egm__stop(g, egm__log_sum_exp(g, egm__concat(g, 2, (egm__id[]){old, batch}, 1), 2));
	p->state_next[0] = next;
	p->state_next[1] = egm__const(g, o->dv_decay, egm__shape2(1, 1));
	t->value = egm__sub(g, egm__mean(g, joint), s);
	egm__id ratio = egm__exp(g, egm__sub(g, s, next));
	t->surrogate = egm__sub(g, egm__mean(g, joint), ratio);
}

void egm__entropy_term(egm__phase_graph *p, const egm_loss *loss, const egm__entropy *o, egm__id x, egm__id z,
                       egm__id fresh)
{
	egm__term t = {o->term, EGM__NONE, EGM__NONE, -o->weight};
	if (o->entropy == EGM_ENTROPY_INFOGAN) {
		t.value = infogan(p, loss, o, x, z);
	} else {
		egm__id s[2];
		statistics(p, loss, o, x, z, marginal(p->graph, o, z, fresh), s);
		if (o->entropy == EGM_ENTROPY_JSD)
			t.value = jsd(p->graph, s[0], s[1]);
		else if (o->entropy == EGM_ENTROPY_NWJ)
			t.value = nwj(p->graph, s[0], s[1]);
		else
			dv(p, o, s[0], s[1], &t);
	}
	EGM_INVARIANT(p->n_terms < EGM__MAX_TERMS);
	p->terms[p->n_terms++] = t;
}
