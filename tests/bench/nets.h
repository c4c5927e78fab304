/* SPDX-License-Identifier: MIT */
/* The networks of the workloads. A list of widths ends with 0. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include "bench.h"

#include <egm/model.h>

enum { BENCH_RELU, BENCH_LEAKY, BENCH_SILU };

/* The networks of W2 and W6. */
extern const int64_t bench_generator[], bench_critic[];

egm_model *bench_mlp(bench *b, const char *name, const int64_t *widths, int activation, int tanh_last);
/* Forward products at a batch size, in flop; those of the first and the last layer in *first and *last. */
double bench_forward(const int64_t *widths, double batch, double *first, double *last);

#endif
