/* SPDX-License-Identifier: MIT */
/* Random formulas with first and second derivatives: whatever the simplifier, the fusion and the memory plan make of
 * them, the numbers are those of the interpreter on the graph as it was written.
 *
 * Tolerance: all in double; sums of at most 150 terms over chains of some 30 operations, each of condition below ten or
 * so in the middle: 1e-9 of the largest output leaves three powers of ten above what is seen (1e-12), and a wrong
 * operand is wrong in the first digits. */
#include "random_graph.h"

enum { AS_WRITTEN, SIMPLIFIED, PROGRAM, PROGRAM_AS_WRITTEN, WAYS, SEEDS = 1200 };
static const char *const ways[] = {"interpreter", "interpreter of the simplified graph", "program",
                                   "program of the graph as written"};

typedef struct sheet {
	double in[R_IN], state[R_STATE], out[R_OUT];
} sheet;

static sheet want, got;

static void fill(sheet *s, uint64_t seed)
{
	uint64_t random = seed + 99;
	for (int i = 0; i < R_IN; i++) s->in[i] = t_random(&random);
	for (int i = 0; i < R_STATE; i++) s->state[i] = t_random(&random);
	for (int i = 0; i < R_OUT; i++) s->out[i] = NAN;
}

static int64_t run(egm_context *c, uint64_t seed, int way, sheet *s)
{
	void *bases[EGM__MAX_SLOTS] = {[R_SLOT_IN] = s->in, [R_SLOT_STATE] = s->state, [R_SLOT_OUT] = s->out};
	egm__graph *g = NULL;
	egm__program *p = NULL;
	fill(s, seed);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	egm__graph_set_simplify(g, way == SIMPLIFIED || way == PROGRAM);
	int64_t n = r_build(g, seed);
	if (way == AS_WRITTEN || way == SIMPLIFIED) {
		ck_assert_int_eq(egm__graph_interpret(g, bases, 5, 6), EGM_OK);
	} else {
		ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "seed %llu: %s", (unsigned long long)seed,
		              egm_last_error());
		ck_assert_uint_eq(egm__program_arena_bytes(p), egm__program_arena_used(p));
		egm__program_run(p, bases, 8, 9);
		fill(s, seed);
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
