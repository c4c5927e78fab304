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

/* The state of a compilation after a pass that worked on: the graph, */
size_t egm__list_graph(const egm__lower *l, char *buffer, size_t size);
/* what is known of each node, */
size_t egm__list_marks(const egm__lower *l, char *buffer, size_t size);
/* the drafts with the memory of their nodes, */
size_t egm__list_drafts(const egm__lower *l, char *buffer, size_t size);
/* the kernels with the outputs that they serve, */
size_t egm__list_served(const egm__lower *l, char *buffer, size_t size);
/* the buffers, with their places once they are planned. */
size_t egm__list_buffers(const egm__lower *l, char *buffer, size_t size);

#endif
