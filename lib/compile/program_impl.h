/* SPDX-License-Identifier: MIT */
/* A compiled graph: how it is made and run. */
#ifndef EGM_COMPILE_PROGRAM_IMPL_H
#define EGM_COMPILE_PROGRAM_IMPL_H

#include <graph/graph_impl.h>

typedef struct egm__program egm__program;

/* Compiles the outputs of a graph, which the program does not need any more. It runs once it has an arena. */
egm_status egm__program_compile(egm__program **out, const egm__graph *g);
/* An arena of its own. */
egm_status egm__program_own(egm__program *p);
/* One of the caller's, egm__program_arena_bytes(p) from egm__alloc, in place of any other: programs that never run at
 * once can share it. */
void egm__program_borrow(egm__program *p, void *arena);
/* Compiles, with an arena of its own. */
egm_status egm__program_create(egm__program **out, const egm__graph *g);
void egm__program_free(egm__program *p);
/* A program with an arena of its own that shares the kernels and the packed factors of p: for threads that run the same
 * program at once. p must outlive it; egm__program_prepare of p serves its clones. */
egm_status egm__program_clone(egm__program **out, egm__program *p);
/* Packs the right factors that lie in fixed slots (egm__graph_fix_slot): once before the first run and again after each
 * change of them, while neither p nor a clone of it runs. Reads no other slot. Allocates nothing and cannot fail.
 * Nothing to do without fixed slots. */
void egm__program_prepare(egm__program *p, void *const bases[EGM__MAX_SLOTS]);
/* bases[slot] is the pointer of each slot the graph uses. Noise is drawn from (seed, stream of the node, step).
 * Allocates nothing and cannot fail. One caller at a time. */
void egm__program_run(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint64_t seed, uint64_t step);
/* The same without the kernels that only outputs in other slots need: bit s of `slots` is slot s. What is left there is
 * not said. */
void egm__program_run_for(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint32_t slots, uint64_t seed,
                          uint64_t step);
size_t egm__program_arena_bytes(const egm__program *p);

#endif
