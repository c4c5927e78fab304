/* SPDX-License-Identifier: MIT */
/* Random numbers that do not come from the library. */
#ifndef EGM_TESTS_SAMPLER_RANDOM_NUMBERS_H
#define EGM_TESTS_SAMPLER_RANDOM_NUMBERS_H

#include <math.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014) to [0, 1) */
static inline double uniform(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* Box and Muller; half a spacing of `uniform` keeps the logarithm from 0. */
static inline double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state) + 0x1p-54));
	return radius * cos(2 * M_PI * uniform(state));
}

#endif
