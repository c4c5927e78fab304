/* SPDX-License-Identifier: MIT */
/* Three distributions in the plane on which generative models are compared, and how well samples cover the modes. */
#ifndef TOY_DATA_H
#define TOY_DATA_H

#include <egm.h>
#include <stddef.h>
#include <stdint.h>

enum { TOY_MODES_MAX = 25 };

typedef struct toy_law {
	const char *name;
	size_t modes; /* 0: no modes to count */
	double centre[TOY_MODES_MAX][2];
	double sigma;  /* of every mode, or of the noise about the swiss roll */
	double extent; /* the data lie in [-extent, extent]^2 */
} toy_law;

enum { TOY_25GAUSSIANS = 1, TOY_8GAUSSIANS, TOY_SWISSROLL };
toy_law toy_law_of(int32_t which);

/* count points into xy [count, 2]; they depend on (law, seed, count) alone. */
void toy_law_draw(const toy_law *law, uint64_t seed, float *xy, size_t count);
/* The same in new memory, freed by the caller. */
float *toy_law_points(const toy_law *law, uint64_t seed, size_t count);

/* Adds N(0, sigma^2 I) to the points, from a stream of `seed` that toy_law_draw does not use. */
void toy_add_noise(uint64_t seed, double sigma, float *xy, size_t count);

/* Logarithm of the density at a point, of the distribution with N(0, noise^2 I) added to it. */
double toy_law_log_density(const toy_law *law, const float point[2], double noise);

/* How well points cover the modes; of a distribution without modes 0, NaN, NaN, NaN. */
egm_status toy_law_score(const toy_law *law, egm_context *context, const float *xy, size_t count,
                         egm_mode_coverage *score);

/* Of the points within 3 sigma of a centre: their standard deviation over that of the data there. 1 is right, 0 is a
 * point; NaN without such points. */
double toy_law_spread(const toy_law *law, const float *xy, size_t count);

#endif
