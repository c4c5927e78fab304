/* SPDX-License-Identifier: MIT */
/* Three distributions in the plane for comparing generative models, and scores of samples from them. */
#ifndef TOY_DATA_H
#define TOY_DATA_H

#include <egm.h>
#include <stddef.h>
#include <stdint.h>

enum { TOY_MODES_MAX = 25 };

typedef struct toy_distribution {
	const char *name;
	size_t modes; /* 0: the distribution has no modes */
	double centre[TOY_MODES_MAX][2];
	double sigma;  /* standard deviation of every mode, or of the noise of the swiss roll */
	double extent; /* the data lie in [-extent, extent]^2 */
} toy_distribution;

enum { TOY_25GAUSSIANS = 1, TOY_8GAUSSIANS, TOY_SWISSROLL };
toy_distribution toy_of(int32_t which);

/* Draws `count` points to xy [count, 2], which depend only on the distribution, seed and count. */
void toy_draw(const toy_distribution *toy, uint64_t seed, float *xy, size_t count);
/* Draws points to new memory, which the caller frees. */
float *toy_points(const toy_distribution *toy, uint64_t seed, size_t count);

/* Adds N(0, sigma^2 I) to the points, from a stream of `seed` that toy_draw does not use. */
void toy_add_noise(uint64_t seed, double sigma, float *xy, size_t count);

/* Returns log p at a point, of the distribution with N(0, noise^2 I) added to it. */
double toy_log_density(const toy_distribution *toy, const float point[2], double noise);

/* Scores how well points cover the modes; 0, NaN, NaN, NaN for a distribution without modes. */
egm_status toy_score(const toy_distribution *toy, egm_context *context, const float *xy, size_t count,
                     egm_mode_coverage *score);

/* Returns the standard deviation of the points within 3 sigma of a centre, divided by that of the data there: 1 is
 * right, 0 if all are at the centre, NaN if there are none. */
double toy_spread(const toy_distribution *toy, const float *xy, size_t count);

#endif
