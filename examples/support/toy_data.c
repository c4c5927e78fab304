/* SPDX-License-Identifier: MIT */
/* The distributions of Gulrajani et al. 2017, from the code of "Improved Training of Wasserstein GANs":
 *
 *  25gaussians  centers 2 * {-2..2}^2, sigma 0.05, all divided by 2.828
 *  8gaussians   centers on a circle of radius 2, sigma 0.02, all divided by 1.414
 *  swissroll    (t cos t, t sin t), t = 1.5 pi (1 + 2u), u ~ U(0, 1), noise of sigma 0.25, all divided by 7.5
 *
 * The modes are taken in turn instead of at random, so that every mode has the same share of the data. */
#include "toy_data.h"

#include <math.h>
#include <string.h>

#include "program.h"

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, good enough for toy data. */
static uint64_t next_bits(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Uniform in (0, 1): adding one half keeps the logarithm in normal_pair finite. */
static double uniform(uint64_t *state)
{
	return ((double)(next_bits(state) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller 1958. */
static void normal_pair(uint64_t *state, double pair[2])
{
	double radius = sqrt(-2 * log(uniform(state))), angle = 2 * M_PI * uniform(state);
	pair[0] = radius * cos(angle);
	pair[1] = radius * sin(angle);
}

toy_distribution toy_of(int32_t which)
{
	toy_distribution toy = {.name = "swissroll", .sigma = 0.25 / 7.5, .extent = 2.4};
	if (which == TOY_25GAUSSIANS) {
		toy = (toy_distribution){.name = "25gaussians", .modes = 25, .sigma = 0.05 / 2.828, .extent = 1.9};
		for (int i = 0; i < 25; i++) {
			toy.centre[i][0] = 2 * (i / 5 - 2) / 2.828;
			toy.centre[i][1] = 2 * (i % 5 - 2) / 2.828;
		}
	} else if (which == TOY_8GAUSSIANS) {
		toy = (toy_distribution){.name = "8gaussians", .modes = 8, .sigma = 0.02 / 1.414, .extent = 1.9};
		for (int i = 0; i < 8; i++) {
			toy.centre[i][0] = 2 * cos(i * M_PI / 4) / 1.414;
			toy.centre[i][1] = 2 * sin(i * M_PI / 4) / 1.414;
		}
	}
	return toy;
}

void toy_draw(const toy_distribution *toy, uint64_t seed, float *xy, size_t count)
{
	uint64_t state = seed;
	for (size_t i = 0; i < count; i++) {
		double noise[2], point[2];
		normal_pair(&state, noise);
		if (toy->modes > 0) {
			memcpy(point, toy->centre[i % toy->modes], sizeof point);
		} else {
			double t = 1.5 * M_PI * (1 + 2 * uniform(&state));
			point[0] = t * cos(t) / 7.5;
			point[1] = t * sin(t) / 7.5;
		}
		for (int c = 0; c < 2; c++) xy[2 * i + (size_t)c] = (float)(point[c] + toy->sigma * noise[c]);
	}
}

float *toy_points(const toy_distribution *toy, uint64_t seed, size_t count)
{
	float *xy = program_alloc(count, 2 * sizeof *xy);
	toy_draw(toy, seed, xy, count);
	return xy;
}

void toy_add_noise(uint64_t seed, double sigma, float *xy, size_t count)
{
	uint64_t state = ~seed;
	for (size_t i = 0; i < count; i++) {
		double noise[2];
		normal_pair(&state, noise);
		for (size_t c = 0; c < 2; c++) xy[2 * i + c] += (float)(sigma * noise[c]);
	}
}

/* Centre i of `parts`: that of a mode, or a point on the roll. */
static void find_centre(const toy_distribution *toy, size_t i, size_t parts, double centre[2])
{
	if (toy->modes > 0) {
		memcpy(centre, toy->centre[i], 2 * sizeof *centre);
		return;
	}
	double t = 1.5 * M_PI * (1 + 2 * ((double)i + 0.5) / (double)parts);
	centre[0] = t * cos(t) / 7.5;
	centre[1] = t * sin(t) / 7.5;
}

/* The logarithm of a mean of normal densities: over the modes, or over points on the roll whose distance is much
 * smaller than the noise. The largest term is factored out, so that no sum is 0. */
double toy_log_density(const toy_distribution *toy, const float point[2], double noise)
{
	enum { STEPS = 2000 };
	size_t parts = toy->modes > 0 ? toy->modes : STEPS;
	double variance = toy->sigma * toy->sigma + noise * noise, nearest = INFINITY, sum = 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < parts; i++) {
			double centre[2], squared;
			find_centre(toy, i, parts, centre);
			squared = (point[0] - centre[0]) * (point[0] - centre[0]) + (point[1] - centre[1]) * (point[1] - centre[1]);
			if (pass == 0)
				nearest = fmin(nearest, squared);
			else
				sum += exp((nearest - squared) / (2 * variance));
		}
	return log(sum / (double)parts) - nearest / (2 * variance) - log(2 * M_PI * variance);
}

egm_status toy_score(const toy_distribution *toy, egm_context *context, const float *xy, size_t count,
                     egm_mode_coverage *score)
{
	*score = (egm_mode_coverage)EGM_MODE_COVERAGE_INIT;
	score->high_quality = score->reverse_kl = NAN;
	if (toy->modes == 0) return EGM_OK;
	return egm_metric_mode_coverage(context, egm_f32(xy, (int64_t)count, 2),
	                                egm_f64(toy->centre[0], (int64_t)toy->modes, 2), toy->sigma, NULL, score);
}

double toy_spread(const toy_distribution *toy, const float *xy, size_t count)
{
	/* E[r^2 | r <= 3 sigma] of a mode, in units of sigma^2: an integral of t e^-t over t = r^2 / (2 sigma^2). */
	const double edge = exp(-4.5), truncated = 2 * (1 - 5.5 * edge) / (1 - edge);
	double squares = 0;
	size_t near = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t m = 0; m < toy->modes; m++) {
			double dx = xy[2 * i] - toy->centre[m][0], dy = xy[2 * i + 1] - toy->centre[m][1];
			double squared = (dx * dx + dy * dy) / (toy->sigma * toy->sigma);
			if (squared <= 9) near++, squares += squared;
		}
	return near > 0 ? sqrt(squares / (double)near / truncated) : NAN;
}
