/* SPDX-License-Identifier: MIT */
#ifndef EGM_BENCH_WGANGP_H
#define EGM_BENCH_WGANGP_H

#include <egm.h>

/* The loss of workloads W2 and W3: Wasserstein GAN with the two-sided gradient penalty at interpolates, weight 10, the
 * critic D high on real. D phase: E[D(G(z))] - E[D(x)] + 10 E(||grad D(xh)|| - 1)^2; G phase: -E[D(G(z))]. */
egm_status bench_wgangp_create(egm_loss **out, egm_model *critic, egm_model *generator);

#endif
