/* SPDX-License-Identifier: MIT */
/* The trajectories of nuts: all points and the result of each are compared with a recursion written from the sources
 * (Hoffman and Gelman 2014, algorithm 6, with the criterion and the checks across seams of Stan); then counters,
 * bits and energies. The recursion only gets the directions, which it reads from the points that nuts asks for. */
#include "exact_draws.h"
#include <sampler/sampler_impl.h>

enum { DIMS = 3, MOST_STEPS = 64 };

/* ---- recording: the points asked for, and the momentum half a step before each */

typedef struct recorder {
	distribution dist;
	egm_sampler *sampler;
	int n;
	double x[MOST_STEPS][DIMS], half[MOST_STEPS][DIMS];
} recorder;

static int record_call(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	recorder *r = user;
	ck_assert_int_eq(rows, 1);
	if (r->sampler->walkers[0].noise) {
		ck_assert_int_lt(r->n, MOST_STEPS);
		memcpy(r->x[r->n], x, (size_t)r->dist.dims * sizeof(double));
		memcpy(r->half[r->n++], r->sampler->walkers[0].noise, (size_t)r->dist.dims * sizeof(double));
	}
	*(double *)energies = r->dist.energy(&r->dist, x, gradients);
	return 0;
}

/* ---- the oracle */

typedef struct state {
	double x[DIMS], p[DIMS], g[DIMS], u;
} state;

typedef struct oracle {
	const recorder *r;
	int dims;
	double h, scale[DIMS], start;
	int steps;                            /* made */
	int valid;                            /* the first of them, in subtrees that persisted */
	int seams, spans, trees, divergences; /* why trajectories ended */
} oracle;

typedef struct branch {
	double first[DIMS], last[DIMS], rho[DIMS];
} branch;

static void leap(const oracle *o, state *z, int direction)
{
	double h = direction * o->h;
	for (int i = 0; i < o->dims; i++) z->p[i] -= h / 2 * o->scale[i] * z->g[i];
	for (int i = 0; i < o->dims; i++) z->x[i] += h * o->scale[i] * z->p[i];
	z->u = o->r->dist.energy(&o->r->dist, z->x, z->g);
	for (int i = 0; i < o->dims; i++) z->p[i] -= h / 2 * o->scale[i] * z->g[i];
}

static double inner(int n, const double *a, const double *b)
{
	double sum = 0;
	for (int i = 0; i < n; i++) sum += a[i] * b[i];
	return sum;
}

static double hamiltonian(const oracle *o, const state *z)
{
	return z->u + inner(o->dims, z->p, z->p) / 2;
}

static int agrees(const oracle *o, const double *x, const double *y)
{
	double most = 0;
	for (int i = 0; i < o->dims; i++) most = egm_test_worse(most, fabs(x[i] - y[i]) / (1 + fabs(x[i])));
	return most <= 1e-9; /* 64 steps of rounding at 1e-16, times what the banana stretches them */
}

static int criterion(const oracle *o, const double *p, const double *q, const double *rho)
{
	return inner(o->dims, p, rho) > 0 && inner(o->dims, q, rho) > 0;
}

/* a and b meet at a->last and b->first. Returns 0 if the trajectory continues, 1 if the whole turns back, 2 if only a
 * part across the seam does. */
static int turns(const oracle *o, const branch *a, const branch *b, branch *whole)
{
	double with_first[DIMS], with_last[DIMS];
	*whole = *a;
	memcpy(whole->last, b->last, sizeof whole->last);
	for (int i = 0; i < o->dims; i++) {
		whole->rho[i] = a->rho[i] + b->rho[i];
		with_first[i] = a->rho[i] + b->first[i];
		with_last[i] = a->last[i] + b->rho[i];
	}
	if (!criterion(o, whole->first, whole->last, whole->rho)) return 1;
	return criterion(o, a->first, b->first, with_first) && criterion(o, a->last, b->last, with_last) ? 0 : 2;
}

static int build(oracle *o, int depth, state *z, int direction, branch *out)
{
	branch a, b;
	if (depth == 0) {
		leap(o, z, direction);
		ck_assert_int_lt(o->steps, o->r->n);
		ck_assert_msg(agrees(o, z->x, o->r->x[o->steps]), "step %d goes elsewhere", o->steps);
		o->steps++;
		memcpy(out->first, z->p, sizeof z->p);
		memcpy(out->last, z->p, sizeof z->p);
		memcpy(out->rho, z->p, sizeof z->p);
		if (hamiltonian(o, z) - o->start <= 1000) return 1;
		o->divergences++;
		return 0;
	}
	if (!build(o, depth - 1, z, direction, &a) || !build(o, depth - 1, z, direction, &b)) return 0;
	int turned = turns(o, &a, &b, out);
	o->spans += turned == 1;
	o->seams += turned == 2;
	return !turned;
}

static void turn_round(branch *b)
{
	branch copy = *b;
	memcpy(b->first, copy.last, sizeof b->first);
	memcpy(b->last, copy.first, sizeof b->last);
}

/* The trajectory that began at z: how many steps, which of them count. 1 when it saturated. */
static int follow(oracle *o, const state *z, int max_depth)
{
	state ends[2] = {*z, *z};
	branch tree, subtree, whole;
	memcpy(tree.first, z->p, sizeof z->p);
	memcpy(tree.last, z->p, sizeof z->p);
	memcpy(tree.rho, z->p, sizeof z->p);
	o->start = hamiltonian(o, z);
	o->steps = o->valid = 0;
	for (int depth = 0; depth < max_depth; depth++) {
		state ahead = ends[1];
		leap(o, &ahead, 1);
		int forward = o->steps < o->r->n && agrees(o, ahead.x, o->r->x[o->steps]);
		if (!build(o, depth, &ends[forward], forward ? 1 : -1, &subtree)) return 0;
		o->valid = o->steps;
		if (!forward) turn_round(&tree);
		int turned = turns(o, &tree, &subtree, &whole);
		tree = whole;
		if (!forward) turn_round(&tree);
		o->trees += turned == 1;
		o->seams += turned == 2;
		if (turned) return 0;
	}
	return 1;
}

/* The momentum that the recorded transition from x began with. */
static void begin_at(const oracle *o, const double *x, state *z)
{
	double along = 0;
	memcpy(z->x, x, sizeof z->x);
	z->u = o->r->dist.energy(&o->r->dist, x, z->g);
	for (int i = 0; i < o->dims; i++) along += (o->r->x[0][i] - x[i]) / o->scale[i] * o->r->half[0][i];
	for (int i = 0; i < o->dims; i++)
		z->p[i] = o->r->half[0][i] + (along > 0 ? 1 : -1) * o->h / 2 * o->scale[i] * z->g[i];
}

/* `transitions` of one chain, each followed. Returns how they ended. */
static oracle follow_chain(distribution dist, double h, const double *scale, int max_depth, int transitions)
{
	recorder r = {.dist = dist};
	oracle o = {.r = &r, .dims = (int)dist.dims, .h = h};
	egm_context *context = threaded_context(1);
	egm_target *target = NULL;
	any_kernel_options options = sampler_options(ANY_NUTS, 1, h, 31);
	double x[DIMS] = {0}, next[DIMS] = {0};
	int64_t saturated = 0;
	for (int i = 0; i < DIMS; i++) o.scale[i] = scale ? scale[i] : 1;
	options.scale = scale;
	options.max_depth = max_depth;
	ck_assert_egm(egm_target_callback(&target, context, EGM_F64, dist.dims, NULL, record_call, &r, NULL));
	r.sampler = make_sampler(target, &options);
	ck_assert_egm(egm_sampler_set_points(r.sampler, points_in(r.sampler, EGM_F64, x)));
	for (int t = 0; t < transitions; t++) {
		state z;
		r.n = 0;
		ck_assert_egm(egm_sampler_run(r.sampler, 1, 1, draws_out(r.sampler, 1, next), egm_no_out(), NULL, NULL));
		begin_at(&o, x, &z);
		saturated += follow(&o, &z, max_depth);
		ck_assert_int_eq(r.n, o.steps);
		int stayed = memcmp(x, next, sizeof x) == 0, found = 0;
		for (int i = 0; i < o.valid; i++) found += memcmp(r.x[i], next, (size_t)dist.dims * sizeof *next) == 0;
		ck_assert_int_eq(stayed + found, 1);
		memcpy(x, next, sizeof x);
	}
	ck_assert_int_eq(sampler_stats(r.sampler, 0).saturated, saturated);
	ck_assert_int_eq(sampler_stats(r.sampler, 0).divergences, o.divergences);
	egm_sampler_free(r.sampler);
	egm_target_free(target);
	egm_context_free(context);
	return o;
}

START_TEST(test_nuts__follows_the_recursion)
{
	const double scale[DIMS] = {0.5, 1.5, 4};
	oracle o = follow_chain(spread_distribution(3, 0.5, 4), 0.4, scale, 6, 3000);
	ck_assert_int_gt(o.spans, 100);
	ck_assert_int_gt(o.trees, 100);
	ck_assert_int_gt(o.seams, 100);
	o = follow_chain(spread_distribution(1, 1, 1), 0.5, NULL, 6, 1000);
	ck_assert_int_gt(o.trees, 100);
	o = follow_chain(distribution_of(correlated_energy, 2, 0.9), 0.3, NULL, 4, 3000);
	ck_assert_int_gt(o.spans, 100);
}
END_TEST

/* On the legs of a banana of width 0.1 the curvature is too large for h = 0.15. */
START_TEST(test_nuts__follows_the_recursion_to_divergences)
{
	oracle o = follow_chain(distribution_of(banana_energy, 2, 0.1), 0.15, NULL, 6, 2000);
	ck_assert_int_gt(o.divergences, 10);
	ck_assert_int_gt(o.trees, 10);
}
END_TEST

/* ---- counters */

static egm_sampler_statistics stats_after(distribution dist, const any_kernel_options *o, int64_t transitions)
{
	egm_sampler *s = sampler_on(&dist, o);
	ck_assert_egm(egm_sampler_run(s, 1, transitions, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_statistics stats = sampler_stats(s, -1);
	egm_sampler_free(s);
	return stats;
}

/* 7 steps of 0.001 turn nothing. Priming is one evaluation a chain. */
START_TEST(test_nuts__tiny_steps_saturate)
{
	any_kernel_options o = sampler_options(ANY_NUTS, 4, 1e-3, 32);
	o.max_depth = 3;
	egm_sampler_statistics stats = stats_after(spread_distribution(10, 1, 1), &o, 50);
	ck_assert_int_eq(stats.saturated, 200);
	ck_assert_int_eq(stats.transitions, 200);
	ck_assert_int_eq(stats.gradients, 7 * 200 + 4);
	ck_assert(stats.leapfrogs == 7);
	ck_assert(stats.acceptance > 0.999999);
}
END_TEST

/* Two steps of 1.9 are more than half a turn: depth 1 or 2, 1 to 3 steps. */
START_TEST(test_nuts__steps_near_the_limit_of_stability)
{
	any_kernel_options o = sampler_options(ANY_NUTS, 4, 1.9, 33);
	egm_sampler_statistics stats = stats_after(spread_distribution(1, 1, 1), &o, 500);
	ck_assert(stats.leapfrogs >= 1 && stats.leapfrogs <= 3);
	ck_assert_int_eq(stats.saturated, 0);
}
END_TEST

/* The deepest tree, twice: 2^16 - 1 steps. */
START_TEST(test_nuts__deepest_tree)
{
	any_kernel_options o = sampler_options(ANY_NUTS, 2, 1e-7, 34);
	o.max_depth = 16;
	egm_sampler_statistics stats = stats_after(spread_distribution(2, 1, 1), &o, 1);
	ck_assert(stats.leapfrogs == 65535);
	ck_assert_int_eq(stats.saturated, 2);
}
END_TEST

/* In equal dimensions all motion is one closed orbit. A tree whose halves are each a little less than half a turn, and
 * which is then nearly a whole one, passes where only whole trees are checked, and goes round for ever: without the
 * seam checks 235 steps at h = 0.2 (stan-dev/stan, issue 2799). */
START_TEST(test_nuts__no_orbit_is_followed_twice)
{
	for (double h = 0.2; h < 0.5; h += 0.01) {
		any_kernel_options o = sampler_options(ANY_NUTS, 16, h, 35);
		egm_sampler_statistics stats = stats_after(spread_distribution(100, 1, 1), &o, 30);
		/* it turns at a length of pi: the smallest tree that is longer is shorter than 2 pi */
		ck_assert_msg(stats.leapfrogs * h <= 2 * M_PI, "h = %g: %g steps", h, stats.leapfrogs);
		ck_assert_int_eq(stats.saturated, 0);
	}
}
END_TEST

/* At h = 2.5 the three narrowest of 50 dimensions are unstable: their energy error grows by 16 a step. It passes 1
 * within a step or two, and 10^6 later than the others turn. */
START_TEST(test_nuts__divergence_is_an_option)
{
	any_kernel_options o = sampler_options(ANY_NUTS, 8, 2.5, 36);
	o.divergence = 1;
	egm_sampler_statistics strict = stats_after(spread_distribution(50, 1, 100), &o, 100);
	o.divergence = 1e6;
	egm_sampler_statistics lax = stats_after(spread_distribution(50, 1, 100), &o, 100);
	ck_assert_int_ge(strict.divergences, 750);
	ck_assert(strict.leapfrogs < 1.2);
	ck_assert_int_lt(lax.divergences, 50);
	ck_assert(lax.leapfrogs > 3);
}
END_TEST

/* A gradient that is not a number is a wall like an infinite energy, and no chain freezes at it. */
static double broken_energy(const distribution *dist, const double *x, double *gradient)
{
	double u = normal_energy(dist, x, gradient);
	if (x[0] > 1) gradient[0] = NAN;
	return x[0] < -1 ? -INFINITY : u;
}

START_TEST(test_nuts__points_that_are_not_finite)
{
	distribution dist = spread_distribution(2, 1, 1);
	double x[8] = {0}, draws[8 * 50];
	dist.energy = broken_energy;
	any_kernel_options o = sampler_options(ANY_NUTS, 4, 0.5, 37);
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, x)));
	ck_assert_egm(egm_sampler_run(s, 50, 1, draws_out(s, 50, draws), egm_no_out(), NULL, NULL));
	for (int i = 0; i < 200; i++) ck_assert(fabs(draws[2 * i]) <= 1 && isfinite(draws[2 * i + 1]));
	ck_assert_int_gt(sampler_stats(s, -1).divergences, 50);
	ck_assert_int_eq(sampler_stats(s, -1).frozen, 0);
	egm_sampler_free(s);
}
END_TEST

/* ---- bits */

/* Chain 0 alone, among 3 and among 64: the same draws, warm-up included. */
START_TEST(test_nuts__a_chain_does_not_know_the_others)
{
	enum { N = 20, D = 5 };
	const int64_t chains[] = {1, 3, 64};
	static double draws[N * 64 * D];
	double first[N * D];
	for (int run = 0; run < 3; run++) {
		distribution dist = distribution_of(funnel_energy, D, 0);
		any_kernel_options o = sampler_options(ANY_NUTS, chains[run], 0.3, 38);
		egm_sampler *s = sampler_on(&dist, &o);
		ck_assert_egm(egm_sampler_warmup(s, 160, NULL, NULL));
		ck_assert_egm(egm_sampler_run(s, N, 1, draws_out(s, N, draws), egm_no_out(), NULL, NULL));
		for (int i = 0; i < N; i++) {
			double *row = draws + i * chains[run] * D;
			if (run == 0) memcpy(first + i * D, row, D * sizeof *row);
			ck_assert_mem_eq(first + i * D, row, D * sizeof *row);
		}
		egm_sampler_free(s);
	}
}
END_TEST

/* ---- energies */

/* The error of the leapfrog's energy is O(h^2), so is what it costs: 1 - acceptance falls by 4 when h is halved. At
 * h = 0.2 the next term is h^2 / 4 of it, 1 %; the error of the ratio, from 64 chains of 400, is below 3 %. */
START_TEST(test_nuts__energy_error_is_of_second_order)
{
	double loss[2];
	for (int run = 0; run < 2; run++) {
		any_kernel_options o = sampler_options(ANY_NUTS, 64, run ? 0.1 : 0.2, 39);
		loss[run] = 1 - stats_after(spread_distribution(20, 1, 1), &o, 400).acceptance;
	}
	ck_assert_msg(fabs(loss[0] / loss[1] - 4) <= 0.4, "1 - acceptance fell by %g", loss[0] / loss[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nuts_trajectory");
	TCase *paths = tcase_create("paths"), *counters = tcase_create("counters"), *bits = tcase_create("bits");
	tcase_set_tags(bits, "K14");
	tcase_set_timeout(paths, 60);
	tcase_set_timeout(counters, 60);
	tcase_set_timeout(bits, 60);
	tcase_add_test(paths, test_nuts__follows_the_recursion);
	tcase_add_test(paths, test_nuts__follows_the_recursion_to_divergences);
	tcase_add_test(counters, test_nuts__tiny_steps_saturate);
	tcase_add_test(counters, test_nuts__steps_near_the_limit_of_stability);
	tcase_add_test(counters, test_nuts__deepest_tree);
	tcase_add_test(counters, test_nuts__no_orbit_is_followed_twice);
	tcase_add_test(counters, test_nuts__divergence_is_an_option);
	tcase_add_test(counters, test_nuts__points_that_are_not_finite);
	tcase_add_test(bits, test_nuts__a_chain_does_not_know_the_others);
	tcase_add_test(bits, test_nuts__energy_error_is_of_second_order);
	suite_add_tcase(suite, paths);
	suite_add_tcase(suite, counters);
	suite_add_tcase(suite, bits);
	return egm_test_main(suite);
}
