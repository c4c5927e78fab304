/* SPDX-License-Identifier: MIT */
/* What the programs of the tutorial share: an end when a call fails, and points to learn from. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Every call returns EGM_OK, or an error that egm_last_error() explains. */
static inline void check(egm_status status)
{
	if (status == EGM_OK) return;
	fprintf(stderr, "%s\n", egm_last_error());
	exit(EXIT_FAILURE);
}

/* A random number in [0, 1), from a generator that is the same everywhere. */
static inline float uniform(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (float)(*state >> 40) / 16777216;
}

/* Two half circles of radius 1 that face each other, "two moons", with noise of standard deviation 0.1. */
static inline void moons(float (*x)[2], int64_t n, uint64_t seed)
{
	for (int64_t i = 0; i < n; i++) {
		float angle = 3.1415927f * uniform(&seed), noise[2];
		for (int j = 0; j < 2; j++) {
			noise[j] = -6;
			for (int k = 0; k < 12; k++) noise[j] += uniform(&seed); /* nearly normal, with variance 1 */
		}
		x[i][0] = (i % 2 ? 0.5f - cosf(angle) : cosf(angle) - 0.5f) + 0.1f * noise[0];
		x[i][1] = (i % 2 ? 0.25f - sinf(angle) : sinf(angle) - 0.25f) + 0.1f * noise[1];
	}
}

#endif
