/* SPDX-License-Identifier: MIT */
/* Runs the graph that a function builds, by program or by interpreter, in f32 or f64, on inputs that f32 represents
 * exactly. */
#ifndef EGM_TESTS_PROGRAM_RUNS_H
#define EGM_TESTS_PROGRAM_RUNS_H

#include <float.h>
#include <graph/graph_support.h>

enum { IN = 1, OUT = 8, MOST = 1 << 18 };

/* Writes a graph from slot IN to slot OUT; returns the number of outputs. */
typedef int64_t build_graph(egm__graph *g);

static double in64[MOST], out64[MOST], want[MOST];
static float in32[MOST], out32[MOST];

static inline void fill(uint64_t seed)
{
	uint64_t random = seed;
	for (int i = 0; i < MOST; i++) in32[i] = (float)(in64[i] = (float)graph_random(&random));
}

/* Writes the outputs to out64 or out32; returns their number. */
static inline int64_t run(egm_context *c, egm_dtype dtype, build_graph *build, int interpret)
{
	egm__graph *g = NULL;
	egm__program *p = NULL;
	void *in = dtype == EGM_F64 ? (void *)in64 : in32, *out = dtype == EGM_F64 ? (void *)out64 : out32;
	void *bases[EGM__MAX_SLOTS] = {[IN] = in, [OUT] = out};
	memset(out, 0, MOST * egm__dtype_size(dtype));
	ck_assert_int_eq(egm__graph_create(&g, c, dtype), EGM_OK);
	int64_t n = build(g);
	ck_assert_msg(egm__graph_status(g) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_le(n, MOST);
	if (interpret) {
		ck_assert_int_eq(egm__graph_interpret(g, bases, 3, 4), EGM_OK);
	} else {
		ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "%s", egm_last_error());
		ck_assert_uint_eq(egm__program_arena_bytes(p), egm__program_arena_used(p));
		run_on_nan(c, p, bases, 3, 4);
		egm__program_free(p);
	}
	egm__graph_free(g);
	return n;
}

#endif
