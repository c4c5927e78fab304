/* SPDX-License-Identifier: MIT */
/* A compiled graph: making and running it. README.md shows how it is made. */
#ifndef EGM_COMPILE_PROGRAM_IMPL_H
#define EGM_COMPILE_PROGRAM_IMPL_H

#include <graph/graph_impl.h>

typedef struct egm__program egm__program;

/* Compiles the outputs of a graph; the program does not need the graph any more. It can run once it has an arena. */
egm_status egm__program_compile(egm__program **out, const egm__graph *g);
/* Gives the program an arena of its own. */
egm_status egm__program_own(egm__program *p);
/* Has the program work in memory of the caller, egm__program_arena_bytes(p) from egm__alloc. Programs that never run at
 * the same time can share it. */
void egm__program_borrow(egm__program *p, void *arena);
/* Compiles, with an arena of its own. */
egm_status egm__program_create(egm__program **out, const egm__graph *g);
void egm__program_free(egm__program *p);
/* A program with an arena of its own that shares the kernels and the packed factors of p, for threads that run the same
 * program at the same time. p must outlive it. egm__program_prepare of p also prepares its clones. */
egm_status egm__program_clone(egm__program **out, egm__program *p);
/* Packs the right factors that are in fixed slots (egm__graph_fix_slot). Must be called before the first run and after
 * each change of them, while neither p nor a clone of it runs. Reads no other slot, allocates nothing, cannot fail. */
void egm__program_prepare(egm__program *p, void *const bases[EGM__MAX_SLOTS]);
/* Runs the program. bases[slot] is the pointer of each slot that the graph uses. Noise is drawn from (seed, stream of
 * the node, step). Allocates nothing and cannot fail. One caller at a time. */
void egm__program_run(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint64_t seed, uint64_t step);
/* The same for the outputs in some slots, bit s of `slots` for slot s. Afterwards the other outputs are undefined. */
void egm__program_run_for(egm__program *p, void *const bases[EGM__MAX_SLOTS], uint32_t slots, uint64_t seed,
                          uint64_t step);
size_t egm__program_arena_bytes(const egm__program *p);

#endif
