/* SPDX-License-Identifier: MIT */
/* What the workloads of samplers share. */
#ifndef BENCH_CHAINS_H
#define BENCH_CHAINS_H

#include "bench.h"

/* p [d, d] = Q M Q^T in the dtype of the workload, M tridiagonal with `diagonal` [d] and `beside` next to it, Q a fixed
 * orthogonal matrix. */
void bench_precision(const bench *b, int64_t d, const double *diagonal, double beside, void *p);

#endif
