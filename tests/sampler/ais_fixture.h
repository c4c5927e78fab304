/* SPDX-License-Identifier: MIT */
/* Runs of annealed importance sampling on a target of the test. */
#ifndef EGM_TESTS_SAMPLER_AIS_FIXTURE_H
#define EGM_TESTS_SAMPLER_AIS_FIXTURE_H

#include "sampler_fixture.h"

static inline egm_ais_options ais_options(int64_t particles, int64_t levels, uint64_t seed)
{
	egm_ais_options o = EGM_AIS_OPTIONS_INIT;
	o.particles = particles;
	o.levels = levels;
	o.seed = seed;
	return o;
}

static inline egm_ais_result run_ais(const egm_ais_options *options, double *log_weights)
{
	egm_ais_result r = EGM_AIS_RESULT_INIT;
	ck_assert_egm(egm_target_ais(target, options, &r, egm_f64_out(log_weights, options->particles, 1), NULL, NULL));
	return r;
}

static inline double gaussian_log_z(int64_t dims, double s)
{
	return (double)dims / 2 * log(2 * M_PI * s * s);
}

#endif
