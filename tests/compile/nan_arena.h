/* SPDX-License-Identifier: MIT */
/* Runs a program in an arena full of NaN: no result may depend on old numbers in an arena, because the programs of a
 * trainer share one. */
#ifndef EGM_TESTS_NAN_ARENA_H
#define EGM_TESTS_NAN_ARENA_H

#include <compile/program_impl.h>
#include <string.h>
#include <support.h>

static inline void run_on_nan(egm_context *c, egm__program *p, void *const bases[EGM__MAX_SLOTS], uint64_t seed,
                              uint64_t step)
{
	size_t bytes = egm__program_arena_bytes(p);
	char *arena = egm__alloc(c, bytes ? bytes : 1, 1);
	ck_assert_ptr_nonnull(arena);
	memset(arena, 0xff, bytes);
	egm__program_borrow(p, arena);
	egm__program_run(p, bases, seed, step);
	egm__free(c, arena);
}

#endif
