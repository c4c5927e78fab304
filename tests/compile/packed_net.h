/* SPDX-License-Identifier: MIT */
/* The program of a network as a sampler has it: weights in a fixed slot, energies and their gradients with respect to
 * the inputs. */
#ifndef EGM_TESTS_PACKED_NET_H
#define EGM_TESTS_PACKED_NET_H

#include <compile/kernel_impl.h>
#include <graph/graph_support.h>

enum { WEIGHTS = 1, IN = 2, OUT = 8, MOST = 1 << 14, WIDTH = 24, ROWS = 101 };

/* Inputs, two hidden layers, the energy. */
static const int64_t widths[] = {WIDTH, 50, 33, 1};
enum { LAYERS = 3, ROW_OUT = 1 + WIDTH };

static double weights64[MOST], in64[MOST], out64[MOST];
static float weights32[MOST], in32[MOST], out32[MOST];

static inline void fill(uint64_t seed)
{
	uint64_t random = seed;
	for (int i = 0; i < MOST; i++) {
		weights32[i] = (float)(weights64[i] = (float)(0.3 * graph_random(&random)));
		in32[i] = (float)(in64[i] = (float)graph_random(&random));
	}
}

static inline void set_bases(egm_dtype dtype, void *bases[EGM__MAX_SLOTS])
{
	memset(bases, 0, EGM__MAX_SLOTS * sizeof *bases);
	bases[WEIGHTS] = dtype == EGM_F64 ? (void *)weights64 : weights32;
	bases[IN] = dtype == EGM_F64 ? (void *)in64 : in32;
	bases[OUT] = dtype == EGM_F64 ? (void *)out64 : out32;
}

/* Energies [rows, 1] at OUT, then gradients [rows, WIDTH]. */
static inline void build_net(egm__graph *g, int64_t rows)
{
	egm__id x = egm__leaf(g, IN, 0, egm__shape2(rows, WIDTH)), h = x, d;
	int64_t at = 0;
	for (int i = 0; i < LAYERS; i++) {
		int64_t k = widths[i], n = widths[i + 1];
		egm__id w = egm__leaf(g, WEIGHTS, at, egm__shape2(n, k));
		egm__id b = egm__leaf(g, WEIGHTS, at + n * k, egm__shape2(1, n));
		h = egm__linear(g, h, w, b);
		if (i < LAYERS - 1) h = i ? egm__tanh(g, h) : egm__leaky(g, h, 0.2);
		at += n * (k + 1);
	}
	ck_assert_int_le(at, MOST);
	egm__gradient(g, h, 1, &x, &d);
	egm__graph_output(g, h, OUT, 0);
	egm__graph_output(g, d, OUT, rows);
}

/* The program of the network; NULL if memory fails, as in the tests of that alone. */
static inline egm__program *compile(egm_context *c, egm_dtype dtype, int fixed, int64_t rows)
{
	egm__graph *g = NULL;
	egm__program *p = NULL;
	if (egm__graph_create(&g, c, dtype) != EGM_OK) return NULL;
	if (fixed) egm__graph_fix_slot(g, WEIGHTS);
	build_net(g, rows);
	if (egm__program_create(&p, g) != EGM_OK) {
		ck_assert_ptr_null(p);
		ck_assert_ptr_nonnull(strstr(egm_last_error(), "memory"));
	}
	egm__graph_free(g);
	return p;
}

/* Runs a prepared program on the inputs from `first_row` on and writes the result to out64, floats as doubles. */
static inline void run(egm__program *p, int64_t first_row, int64_t rows)
{
	void *bases[EGM__MAX_SLOTS];
	set_bases(p->dtype, bases);
	size_t size = egm__dtype_size(p->dtype);
	bases[IN] = (char *)bases[IN] + (size_t)(first_row * WIDTH) * size;
	egm__program_run(p, bases, 0, 0);
	for (int64_t i = 0; i < rows * ROW_OUT && p->dtype == EGM_F32; i++) out64[i] = out32[i];
}

static inline void prepare(egm__program *p)
{
	void *bases[EGM__MAX_SLOTS];
	set_bases(p->dtype, bases);
	bases[IN] = bases[OUT] = NULL; /* reads the fixed slots alone */
	egm__program_prepare(p, bases);
}

#endif
