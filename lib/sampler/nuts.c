/* SPDX-License-Identifier: MIT */
/* The no-U-turn sampler. A trajectory of leapfrog steps doubles, each time in a random direction of time, until it
 * turns back; the next state is one of its points, drawn with probability proportional to exp(-H). Betancourt 2017,
 * appendix A, with the checks across the seam of two subtrees that Stan has since 2.21.
 *
 * A doubling builds a subtree of as many points as the tree has. A tree persists (does not turn back) if p . rho > 0
 * for the momenta p at its two ends, rho the sum of all of its momenta (appendix A.4). Every aligned span of 2^k points
 * in a subtree must persist as well, or the trajectory would depend on the point at which it started. The checks across
 * the seam of two neighbouring spans a, b also test a with the first point of b, and the last point of a with b.
 * Without them, an orbit that closes between the two ends of a tree continues until max_depth. (The chain is correct
 * with or without these checks; they save gradients.)
 *
 * Momenta are in scaled coordinates, p ~ N(0, I), where velocity and momentum are the same vector: p . rho is Stan's
 * p_sharp . rho. The spans on the stack are like the digits of a binary counter, so memory is O(max_depth) rows. Each
 * new point of a subtree becomes its proposal with a probability equal to its share of the weight so far. This yields
 * the same distribution as Stan's draws between halves, with one row instead of one per level. Both directions of time
 * are integrated away from the start; the checks are symmetric, so nothing else depends on the direction. */
#include <core/status_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <string.h>

enum { MAX_DEPTH = 16 }; /* of a tree */

static const egm_nuts_options defaults = EGM_NUTS_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHAIN_MEMBERS(egm_nuts_options, "Leapfrog step h; a warm-up starts from it."),
    EGM__RANGE(egm_nuts_options, target_accept, 0, 1, 1, 1, "Mean acceptance probability that a warm-up aims at."),
    EGM__POSITIVE(egm_nuts_options, divergence, "Energy error above which a trajectory ends as divergent."),
    EGM__BETWEEN(egm_nuts_options, max_depth, 1, MAX_DEPTH,
                 "Largest depth of a tree: a transition has at most 2^max_depth - 1 leapfrog steps."),
    EGM__FLAG(egm_nuts_options, adapt_scale, "1: a warm-up also estimates the scale of each coordinate."),
};
EGM__KERNEL_OPTIONS(egm__options_nuts, egm_nuts_options, defaults, members);

static const egm_nuts_options *own(const egm_sampler *s)
{
	return s->own;
}

static egm_status describe(egm_sampler *s)
{
	s->options.target_accept = own(s)->target_accept;
	s->options.adapt_scale = own(s)->adapt_scale;
	return EGM_OK;
}

/* 2^k consecutive points of a trajectory. */
typedef struct span {
	char *p[2]; /* [dims] momenta at both ends; 0: in a subtree the end nearer to the start, in the tree the past */
	char *rho;  /* [dims] sum of all its momenta */
	int64_t points;
} span;

typedef struct place {
	char *x, *gradient; /* [dims] */
	double value, energy, jacobian;
} place;

typedef struct trajectory {
	char *x[2], *gradient[2]; /* [dims] both ends of the tree: past, future */
	char *scratch, *sum;      /* [dims] */
	span tree;
	span spans[MAX_DEPTH]; /* spans of the subtree that is being built, largest first */
	int32_t n_spans;
	int32_t forward; /* direction of the subtree: the index of the end that moves */
	int32_t moved;   /* 1: the transition ends at sample, 0: at its start */
	int32_t depth;
	place sample;                       /* of the tree */
	place proposal;                     /* of the subtree */
	double start;                       /* H at the start of the transition */
	double tree_weight, subtree_weight; /* log of the sum of exp(start - H) */
	double accept_sum;
	int64_t steps, points; /* leapfrog steps of the transition; points of the subtree */
} trajectory;

enum { HEAD = (sizeof(trajectory) + 63) / 64 * 64, FIXED_ROWS = 13, SPAN_ROWS = 3 };

/* k of egm__walker_uniform. A transition begins after the answer that ended the one before, which used the other k. */
enum { DRAW_POINT, DRAW_TREE, DRAW_DIRECTION, DRAW_FIRST_DIRECTION };

static size_t own_bytes(const egm_sampler *s)
{
	return (size_t)(HEAD + (FIXED_ROWS + SPAN_ROWS * own(s)->max_depth) * s->row_bytes);
}

static size_t row_size(const egm_sampler *s)
{
	return (size_t)egm__point_bytes(s);
}

static void place_span(const egm_sampler *s, span *a, char **row)
{
	a->p[0] = *row;
	a->p[1] = *row + s->row_bytes;
	a->rho = *row + 2 * s->row_bytes;
	*row += SPAN_ROWS * s->row_bytes;
}

/* Assigns the rows. During a transition they are exchanged among their owners. */
static void place_rows(const egm_sampler *s, trajectory *t)
{
	char *row = (char *)t + HEAD;
	char **single[] = {&t->x[0], &t->x[1],     &t->gradient[0],     &t->gradient[1], &t->scratch,
	                   &t->sum,  &t->sample.x, &t->sample.gradient, &t->proposal.x,  &t->proposal.gradient};
	for (size_t i = 0; i < sizeof single / sizeof *single; i++, row += s->row_bytes) *single[i] = row;
	place_span(s, &t->tree, &row);
	for (int64_t i = 0; i < own(s)->max_depth; i++) place_span(s, &t->spans[i], &row);
}

static void set_span(const egm_sampler *s, span *a, const char *p)
{
	size_t size = row_size(s);
	memcpy(a->p[0], p, size);
	memcpy(a->p[1], p, size);
	memcpy(a->rho, p, size);
	a->points = 1;
}

static void swap_rows(char **a, char **b)
{
	char *row = *a;
	*a = *b;
	*b = row;
}

/* Begins a subtree at the end that u selects, with w->noise as the momentum that moves. */
static void begin_subtree(const egm_sampler *s, egm__walker *w, double u)
{
	trajectory *t = w->own;
	t->forward = u > 0.5;
	t->n_spans = 0;
	t->points = 0;
	t->subtree_weight = -INFINITY;
	memcpy(w->noise, t->tree.p[t->forward], row_size(s));
}

static void begin(egm_sampler *s, egm__walker *w)
{
	trajectory *t = w->own;
	size_t size = row_size(s);
	place_rows(s, t);
	for (int end = 0; end < 2; end++) {
		memcpy(t->x[end], w->x, size);
		memcpy(t->gradient[end], w->gradient, size);
	}
	set_span(s, &t->tree, w->noise);
	t->start = w->value + egm__row_square(s, w->noise) / 2;
	t->tree_weight = 0;
	t->accept_sum = 0;
	t->steps = 0;
	t->depth = 0;
	t->moved = 0;
	begin_subtree(s, w, egm__walker_uniform(s, w, DRAW_FIRST_DIRECTION));
}

static void ask(egm_sampler *s, egm__walker *w, char *y)
{
	trajectory *t = w->own;
	double h = t->forward ? w->step : -w->step;
	egm__row_leap(s, w, y, t->x[t->forward], t->gradient[t->forward], -h / 2, h);
}

/* ---- when a trajectory turns back */

static int persists(const egm_sampler *s, const char *p, const char *q, const char *rho)
{
	return s->table->dot(s->dims, p, rho) > 0 && s->table->dot(s->dims, q, rho) > 0;
}

/* Adds b, which follows a at the end `seam` of a, to a. Returns whether the whole persists. */
static int join(const egm_sampler *s, const trajectory *t, span *a, int seam, span *b)
{
	char *outer = a->p[!seam];
	int good = 1;
	if (b->points > 1) { /* with two points the checks across the seam are those of the whole */
		egm__row_lin(s, t->sum, 1, a->rho, 1, b->p[0]);
		good = persists(s, outer, b->p[0], t->sum);
		if (good) {
			egm__row_lin(s, t->sum, 1, b->rho, 1, a->p[seam]);
			good = persists(s, a->p[seam], b->p[1], t->sum);
		}
	}
	egm__row_lin(s, a->rho, 1, a->rho, 1, b->rho);
	good = good && persists(s, outer, b->p[1], a->rho);
	swap_rows(&a->p[seam], &b->p[1]);
	a->points += b->points;
	return good;
}

/* ---- a step's answer */

/* log(exp(a) + exp(b)); b finite */
static double log_add(double a, double b)
{
	return a > b ? a + log1p(exp(b - a)) : b + log1p(exp(a - b));
}

/* Makes the point in `row`, of weight exp(gain), the proposal with probability exp(gain) / the weight of the subtree.
 */
static void offer_point(const egm_sampler *s, egm__walker *w, double gain, const egm__probe *probe, int64_t row)
{
	trajectory *t = w->own;
	t->subtree_weight = log_add(t->subtree_weight, gain);
	if (!(egm__walker_uniform(s, w, DRAW_POINT) < exp(gain - t->subtree_weight))) return;
	memcpy(t->proposal.x, t->x[t->forward], row_size(s));
	memcpy(t->proposal.gradient, t->gradient[t->forward], row_size(s));
	t->proposal.value = probe->value[row];
	t->proposal.energy = probe->energy[row];
	t->proposal.jacobian = probe->jacobian[row];
}

/* Pushes the newest point, and joins spans of equal size. Returns whether all of them persist. */
static int push(const egm_sampler *s, trajectory *t, const char *p)
{
	set_span(s, &t->spans[t->n_spans++], p);
	t->points++;
	while (t->n_spans > 1) {
		span *b = &t->spans[t->n_spans - 1], *a = b - 1;
		if (a->points != b->points) break;
		if (!join(s, t, a, 1, b)) return 0;
		t->n_spans--;
	}
	return 1;
}

/* Joins a complete subtree to the tree. Its proposal becomes the sample with probability min(1, its weight / that of
 * the tree), which favours new points and leaves exp(-H) invariant (biased progressive sampling, appendix A.3.2).
 * Returns whether the tree persists. */
static int join_tree(const egm_sampler *s, egm__walker *w)
{
	trajectory *t = w->own;
	if (egm__walker_uniform(s, w, DRAW_TREE) < exp(t->subtree_weight - t->tree_weight)) {
		place sample = t->sample;
		t->sample = t->proposal;
		t->proposal = sample;
		t->moved = 1;
	}
	t->tree_weight = log_add(t->tree_weight, t->subtree_weight);
	t->depth++;
	return join(s, t, &t->tree, t->forward, &t->spans[0]);
}

static int finish(const egm_sampler *s, egm__walker *w)
{
	trajectory *t = w->own;
	w->accept = t->accept_sum / (double)t->steps;
	w->leapfrogs += t->steps;
	if (!t->moved) return 1;
	memcpy(w->x, t->sample.x, row_size(s));
	memcpy(w->gradient, t->sample.gradient, row_size(s));
	w->value = t->sample.value;
	w->energy = t->sample.energy;
	w->jacobian = t->sample.jacobian;
	return 1;
}

static int diverge(const egm_sampler *s, egm__walker *w)
{
	w->divergences++;
	return finish(s, w);
}

static int take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	trajectory *t = w->own;
	size_t size = row_size(s);
	double h = t->forward ? w->step : -w->step;
	t->steps++;
	if (!isfinite(probe->value[row])) return diverge(s, w);
	memcpy(t->x[t->forward], (char *)probe->y + (size_t)row * size, size);
	memcpy(t->gradient[t->forward], (char *)probe->gradient + (size_t)row * size, size);
	egm__row_move(s, w, w->noise, w->noise, -h / 2, t->gradient[t->forward], t->scratch);

	double gain = t->start - (probe->value[row] + egm__row_square(s, w->noise) / 2);
	t->accept_sum += gain < 0 ? exp(gain) : gain >= 0;
	if (!isfinite(gain) || -gain > own(s)->divergence) return diverge(s, w);
	offer_point(s, w, gain, probe, row);
	if (!push(s, t, w->noise)) return finish(s, w);
	if (t->points < t->tree.points) return 0;
	if (!join_tree(s, w)) return finish(s, w);
	if (t->depth == own(s)->max_depth) {
		w->saturated++;
		return finish(s, w);
	}
	begin_subtree(s, w, egm__walker_uniform(s, w, DRAW_DIRECTION));
	return 0;
}

static const egm__method method = {.name = "nuts",
                                   .options = &egm__options_nuts,
                                   .describe = describe,
                                   .metropolis = 1,
                                   .own_bytes = own_bytes,
                                   .begin = begin,
                                   .ask = ask,
                                   .take = take};

egm_status egm_sampler_nuts(egm_sampler **out, egm_target *target, const egm_nuts_options *options)
{
	return egm__named(__func__, egm__sampler_create(out, &method, target, options));
}
