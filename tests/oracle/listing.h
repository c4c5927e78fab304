/* SPDX-License-Identifier: MIT */
/* Listings of programs, for tests and for people, and figures that only tests need. Each listing returns the bytes that
 * it needs, its end included; buffer may be NULL if size is 0. */
#ifndef EGM_TESTS_ORACLE_LISTING_H
#define EGM_TESTS_ORACLE_LISTING_H

#include <compile/passes_impl.h>

/* The kernels, one or more lines each. */
size_t egm__program_describe(const egm__program *p, char *buffer, size_t size);
/* The highest arena byte that a kernel uses: must equal the size asked for. */
size_t egm__program_arena_used(const egm__program *p);
/* Floating point operations of the products, 2mnk each. */
double egm__program_flops(const egm__program *p);

/* Parts of the state of a compilation, which the pass in brackets has just set. */
size_t egm__list_graph(const egm__lower *l, char *buffer, size_t size);   /* the nodes that outputs need [resolve] */
size_t egm__list_marks(const egm__lower *l, char *buffer, size_t size);   /* sums of products [mark] */
size_t egm__list_windows(const egm__lower *l, char *buffer, size_t size); /* fused windows [windows] */
size_t egm__list_drafts(const egm__lower *l, char *buffer, size_t size);  /* kernels chosen [lower, outputs] */
size_t egm__list_kernels(const egm__lower *l, char *buffer, size_t size); /* kernels with their buffers [emit] */
size_t egm__list_groups(const egm__lower *l, char *buffer, size_t size);  /* groups alone [registers] */
size_t egm__list_packs(const egm__lower *l, char *buffer, size_t size);   /* packed products [pack] */
size_t egm__list_served(const egm__lower *l, char *buffer, size_t size);  /* outputs of each kernel [serve] */
size_t egm__list_buffers(const egm__lower *l, char *buffer, size_t size); /* the arena [plan] */

#endif
