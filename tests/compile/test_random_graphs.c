/* SPDX-License-Identifier: MIT */
/* Random formulas with first and second derivatives: whatever the simplifier, the fusion and the memory plan make of
 * them, the numbers are those of the interpreter on the graph as it was written.
 *
 * Tolerance: everything is computed in double, in chains of some 30 operations with condition numbers below ten or so
 * and in sums of at most 150 terms. The largest error seen is 1e-12 of the largest output. 1e-9 is a thousand times
 * that, and still far below the error of a wrong operand, which changes the first digits. */
#include "random_graph.h"

enum { R_SLOT_MORE = R_SLOT_OUT + 1 }; /* every second output */

static unsigned char is_more[R_OUT];

static void r_output(maker *m, egm__id id)
{
	static int more;
	int64_t n = egm__shape_count(egm__graph_shape(m->g, id));
	ck_assert_int_le(m->out_at + n, R_OUT);
	more = m->out_at > 0 && !more;
	egm__graph_output(m->g, id, more ? R_SLOT_MORE : R_SLOT_OUT, m->out_at);
	memset(is_more + m->out_at, more, (size_t)n);
	m->out_at += n;
}

static egm__id r_weigh(maker *m, egm__id sum, egm__id y)
{
	egm__id w = egm__mul(m->g, y, r_leaf(m, *egm__graph_shape(m->g, y)));
	return egm__add(m->g, sum, egm__reshape(m->g, egm__sum(m->g, w, 15), egm__shape2(1, 1)));
}

/* First and second derivatives of a weighted sum of some nodes, with respect to leaves and inner nodes. */
static void r_derivatives(maker *m)
{
	egm__id wrt[5], d[5], s = egm__const(m->g, 0, egm__shape2(1, 1));
	int32_t n = 1 + (int32_t)r_below(m, 5);
	for (int i = 0; i < 3; i++) s = r_weigh(m, s, m->pool[r_pick(m)]);
	for (int32_t i = 0; i < n; i++) wrt[i] = m->anchor[r_below(m, m->n_anchors)];
	for (int order = 1; order <= 2; order++) {
		egm__gradient(m->g, s, n, wrt, d);
		ck_assert_msg(egm__graph_status(m->g) == EGM_OK, "%s", egm_last_error());
		s = egm__const(m->g, 0, egm__shape2(1, 1));
		for (int32_t i = 0; i < n; i++) {
			ck_assert(egm__shape_equal(egm__graph_shape(m->g, d[i]), egm__graph_shape(m->g, wrt[i])));
			r_output(m, d[i]);
			s = r_weigh(m, s, d[i]);
		}
	}
}

/* Numbers that are both read and written: each gets one element of a node, at times the old value of another. */
static void r_state(maker *m, const egm__id *state)
{
	for (int i = 0; i < R_STATE; i++) {
		int64_t kind = r_below(m, 5), j = r_below(m, R_STATE);
		egm__id x = state[j];
		if (kind == 0) continue;
		if (kind == 2) x = egm__affine(m->g, x, -0.5, 0.25);
		if (kind == 3) x = egm__tanh(m->g, egm__mul(m->g, x, state[i]));
		if (kind == 4) x = egm__mean(m->g, m->pool[r_pick(m)]);
		egm__graph_output(m->g, egm__reshape(m->g, x, egm__shape2(1, 1)), R_SLOT_STATE, i);
	}
}

/* The graph of a seed. Returns the number of elements in R_SLOT_OUT. */
static int64_t r_build(egm__graph *g, uint64_t seed)
{
	maker m = {.g = g, .state = seed * 2654435761u + 1, .size = {1}};
	egm__id state[R_STATE];
	for (int i = 0; i < 20; i++) r_below(&m, 2);
	for (int i = 1; i < 4; i++) m.size[i] = 1 + r_below(&m, 7);
	for (int i = 0; i < 4; i++) r_push(&m, r_leaf(&m, r_shape(&m)), 1), m.anchor[m.n_anchors++] = m.pool[i];
	for (int i = 0; i < R_STATE; i++) state[i] = egm__leaf(g, R_SLOT_STATE, i, egm__shape2(1, 1));
	r_push(&m, state[0], 1);
	int64_t steps = 3 + r_below(&m, 30);
	for (int64_t i = 0; i < steps; i++) r_grow(&m);
	r_derivatives(&m);
	for (int64_t i = 0, n = 1 + r_below(&m, 5); i < n; i++) r_output(&m, m.pool[r_below(&m, m.n)]);
	r_output(&m, m.pool[0]);
	r_state(&m, state);
	ck_assert_msg(egm__graph_status(g) == EGM_OK, "%s", egm_last_error());
	return m.out_at;
}

enum { AS_WRITTEN, SIMPLIFIED, PROGRAM, PROGRAM_AS_WRITTEN, FIXED, FIXED_AS_WRITTEN, PARTS, WAYS, SEEDS = 1200 };
static const char *const ways[] = {"interpreter",
                                   "interpreter of the simplified graph",
                                   "program",
                                   "program of the graph as written",
                                   "program with fixed inputs",
                                   "program with fixed inputs of the graph as written",
                                   "program run for one slot after the other"};

typedef struct sheet {
	double in[R_IN], state[R_STATE], out[R_OUT];
} sheet;

static sheet want, got;

static void fill(sheet *s, uint64_t seed)
{
	uint64_t random = seed + 99;
	for (int i = 0; i < R_IN; i++) s->in[i] = graph_random(&random);
	for (int i = 0; i < R_STATE; i++) s->state[i] = graph_random(&random);
	for (int i = 0; i < R_OUT; i++) s->out[i] = NAN;
}

/* A run for some slots leaves undefined numbers in the others. */
static void run_parts(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint64_t seed, int64_t n, sheet *s)
{
	static double more[R_OUT];
	egm__program_run_for(p, bases, UINT32_C(1) << R_SLOT_MORE, 5, 6);
	memcpy(more, s->out, sizeof more);
	fill(s, seed);
	egm__program_run_for(p, bases, UINT32_C(1) << R_SLOT_OUT | UINT32_C(1) << R_SLOT_STATE, 5, 6);
	for (int64_t i = 0; i < n; i++)
		if (is_more[i]) s->out[i] = more[i];
}

static int64_t run(egm_context *c, uint64_t seed, int way, sheet *s)
{
	void *bases[EGM__MAX_SLOTS] = {
	    [R_SLOT_IN] = s->in, [R_SLOT_STATE] = s->state, [R_SLOT_OUT] = s->out, [R_SLOT_MORE] = s->out};
	egm__graph *g = NULL;
	egm__program *p = NULL;
	fill(s, seed);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	g->simplify = way == SIMPLIFIED || way == PROGRAM || way == FIXED || way == PARTS;
	if (way == FIXED || way == FIXED_AS_WRITTEN) egm__graph_fix_slot(g, R_SLOT_IN);
	int64_t n = r_build(g, seed);
	if (way == AS_WRITTEN || way == SIMPLIFIED) {
		ck_assert_int_eq(egm__graph_interpret(g, bases, 5, 6), EGM_OK);
	} else {
		ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "seed %llu: %s", (unsigned long long)seed,
		              egm_last_error());
		ck_assert_uint_eq(egm__program_arena_bytes(p), egm__program_arena_used(p));
		egm__program_prepare(p, bases);
		egm__program_run(p, bases, 8, 9);
		fill(s, seed);
		if (way == PARTS)
			run_parts(p, bases, seed, n, s);
		else
			egm__program_run(p, bases, 5, 6); /* the arena is dirty now */
		egm__program_free(p);
	}
	egm__graph_free(g);
	return n;
}

static void compare(uint64_t seed, int way, const char *what, int64_t n, const double *x, const double *y, double scale)
{
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(fabs(x[i] - y[i]) <= 1e-9 * scale, "seed %llu, %s: %s %lld is %.17g, interpreter %.17g",
		              (unsigned long long)seed, ways[way], what, (long long)i, x[i], y[i]);
}

static void check_seed(egm_context *c, uint64_t seed)
{
	double scale = 1;
	int64_t n = run(c, seed, AS_WRITTEN, &want);
	for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs(want.out[i]));
	for (int way = SIMPLIFIED; way < WAYS; way++) {
		ck_assert_int_eq(run(c, seed, way, &got), n);
		compare(seed, way, "output", n, got.out, want.out, scale);
		compare(seed, way, "state", R_STATE, got.state, want.state, scale);
	}
}

START_TEST(test_random_graph__all_ways_agree)
{
	egm_test_allocator a = {0};
	egm_context *c = egm_test_context(&a);
	for (uint64_t seed = 0; seed < 100; seed++) check_seed(c, (uint64_t)_i * 100 + seed);
	egm_context_free(c);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("random graphs");
	TCase *t = tcase_create("graphs");
	tcase_set_tags(t, "K1");
	tcase_add_loop_test(t, test_random_graph__all_ways_agree, 0, SEEDS / 100);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
