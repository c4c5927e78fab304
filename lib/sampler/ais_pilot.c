/* SPDX-License-Identifier: MIT */
/* Step sizes for annealed importance sampling, from a pilot run with particles of its own. Steps must not depend on the
 * particles that are weighted, or the mean weight would no longer be Z.
 *
 * The rule of Robbins and Monro, on log h: h grows if the mean acceptance is above ACCEPT, and shrinks if it is below.
 * The mean over the particles of the pilot has a standard deviation of about 0.3 / sqrt(64) = 0.04. With a gain of 1
 * this is the relative error of h, and a transition that no particle accepts still halves h. The first levels get more
 * transitions, because they differ most: at power 2, b quadruples from the first to the second. */
#include <math.h>
#include <sampler/ais_impl.h>

static const double ACCEPT = 0.8;

/* Makes the random numbers of the pilot differ from those of the particles. */
static const uint64_t SALT = UINT64_C(0xbb67ae8584caa73b);

static int64_t rounds_of(int64_t level)
{
	return 1 + 20 / level;
}

int64_t egm__ais_pilot_steps(int64_t levels)
{
	int64_t steps = 0;
	for (int64_t k = 1; k < levels; k++) steps += rounds_of(k);
	return steps;
}

/* Mean acceptance of the particles that are not frozen, NaN if all are; resets it. */
static double mean_acceptance(egm__ais_team *t)
{
	double sum = 0;
	int64_t alive = 0;
	for (int64_t i = 0; i < EGM__AIS_PILOT; i++) {
		egm__walker *w = &t->walkers[i];
		sum += w->accept_sum;
		alive += !w->frozen;
		w->accept_sum = 0;
	}
	return sum / (double)alive;
}

egm_status egm__ais_pilot(egm__ais *a)
{
	egm__ais_team *t = &a->teams[0];
	double h = 1 / sqrt(a->precision);
	a->s.options.seed ^= SALT;
	egm_status st = egm__ais_start(t, 0, EGM__AIS_PILOT);
	for (int64_t k = 1; k < a->options.levels && st == EGM_OK; k++) {
		for (int64_t round = rounds_of(k); round > 0 && st == EGM_OK; round--) {
			st = egm__ais_move(t, EGM__AIS_PILOT, a->levels[k].b, h);
			double accept = mean_acceptance(t);
			if (st == EGM_OK && isfinite(accept)) h *= exp(accept - ACCEPT);
			a->done++;
			if (st == EGM_OK && egm__progress_due(&a->progress)) st = egm__ais_ask(a);
		}
		a->levels[k].h = h;
	}
	a->s.options.seed ^= SALT;
	return st;
}
