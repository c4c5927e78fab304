/* SPDX-License-Identifier: MIT */
/* When maximum likelihood has gone wrong. Chains that are distributed as q = exp(-U)/Z satisfy
 *   E_q[U] - E_p[U] = H(q) - H(p) - KL(p || q),
 * p the distribution of the data, H entropies: the gap is at most the difference of entropies, ln(ratio) for each
 * dimension in which q is wider than p by that ratio. Chains that an unstable step throws out of the valleys, or that
 * reject all proposals, have energies far above: training then raises U where they are, which makes it steeper and
 * their state worse, so that the gap grows exponentially. Far below are chains that fall into a valley away from the
 * data faster than training fills it.
 *
 * The limit allows 20 nats a dimension, a ratio of 5e8, and 100 for chains that lag behind a new energy. Chains that
 * always begin at noise, or that come down from higher temperatures, are far off q by design. Two trainings of theirs
 * in examples/compare_systems were stopped by that limit, at gaps of 160 and 220; nobody looked what would have become
 * of them. Their limit is therefore ten times as large. A growth that is exponential passes it all the same: ml_pcd on
 * 25 Gaussians and ml_short_run on 8 (seed 11) passed 1400 at steps 6568 and 1939, and without the alarm U at the data
 * went on to 3e5 at step 7476 and 4e4 at step 4000. Runs vary, and one batch proves nothing: averages go over some 50
 * runs, and a run counts as at most CLIP limits, so that from rest it takes 15 in a row, as bad as can be, to raise an
 * alarm: CLIP (1 - DECAY^15) = 1.05.
 */
#include <math.h>
#include <stddef.h>
#include <train/watch_impl.h>

static const double DECAY = 0.98, CLIP = 4, PER_DIMENSION = 20, LAG = 100, MOST_RAN_AWAY = 0.5, FAR_OFF = 10;

double egm__watch_limit(int64_t dims, int far_off)
{
	return (far_off ? FAR_OFF : 1) * (LAG + PER_DIMENSION * (double)dims);
}

egm__watch egm__watch_after(const egm__watch *now, double limit, double gap, double ran_away)
{
	double most = CLIP * limit;
	return (egm__watch){.gap = DECAY * now->gap + (1 - DECAY) * fmax(-most, fmin(gap, most)),
	                    .ran_away = DECAY * now->ran_away + (1 - DECAY) * ran_away};
}

const char *egm__watch_alarm(const egm__watch *w, double limit)
{
	if (!(w->ran_away <= MOST_RAN_AWAY)) return "run away";
	if (!(w->gap <= limit)) return "have far higher energies than the data";
	if (!(w->gap >= -limit)) return "have far lower energies than the data";
	return NULL;
}
