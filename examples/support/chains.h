/* SPDX-License-Identifier: MIT */
/* Draws of chains as pictures, a table and JSON. Functions that draw return 0, or -1 with the reason on stderr. */
#ifndef CHAINS_H
#define CHAINS_H

#include <egm.h>

/* draws [count, chains, dims], at most 4 dims. */
typedef struct chain_draws {
	const char *name; /* of the kernel, in titles */
	const double *draws;
	size_t count, chains, dims;
} chain_draws;

/* One chart for each dimension, with the first draws of a few chains. */
int chain_traces(const char *path, const chain_draws *d);

/* Histograms of all draws, one for each dimension, with the exact density from -range[dim] to range[dim]. */
int chain_marginals(const char *path, const chain_draws *d, double (*density)(int dim, double x, const void *user),
                    const double *range, const void *user);

/* The energy of the plane as colours, with draws of all chains on it. */
int chain_plane(const char *path, const chain_draws *d, egm_energy_fn energy, double extent, void *user);

/* Print the diagnoses [dims] beside the exact standard deviations (the exact means are 0): as a table, and as JSON in
 * the last line. */
void chain_table(const chain_draws *d, const egm_diagnosis *found, const double *exact_sd,
                 const egm_sampler_statistics *statistics);
void chain_report(const chain_draws *d, const egm_diagnosis *found, const double *exact_sd,
                  const egm_sampler_statistics *statistics);

#endif
