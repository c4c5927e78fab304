/* SPDX-License-Identifier: MIT */
/* The interpreter of graphs, with which compiled programs are compared. */
#ifndef EGM_TESTS_ORACLE_INTERPRET_H
#define EGM_TESTS_ORACLE_INTERPRET_H

#include <graph/graph_impl.h>

/* Computes the outputs of a graph, node by node, by the definition of each op. Always in double, whatever the dtype of
 * the graph. The arguments are those of egm__program_run. */
egm_status egm__graph_interpret(const egm__graph *g, void *const bases[EGM__MAX_SLOTS], uint64_t seed, uint64_t step);

#endif
