/* SPDX-License-Identifier: MIT */
/* Detects that training by maximum likelihood diverges. Chains with the distribution q = exp(-U)/Z satisfy
 *   E_q[U] - E_p[U] = H(q) - H(p) - KL(p || q),
 * p the distribution of the data, H entropies. The gap on the left is therefore at most the difference of entropies:
 * ln(ratio) for each dimension in which q is wider than p by that ratio. Energies of the chains are far higher if an
 * unstable step moves them out of the valleys, or if they reject all proposals. Training then raises U at their points,
 * which makes U steeper and the chains worse, so that the gap grows exponentially. Energies are far lower if chains
 * fall into a valley away from the data faster than training fills it.
 *
 * The limit allows 20 nats per dimension, a ratio of 5e8, and 100 nats for chains that lag behind a new energy. Chains
 * that always begin at noise, or that cool down from higher temperatures, are far from q by design. The limit stopped
 * two such trainings of examples/compare_systems at gaps of 160 and 220 that might have recovered, so theirs is ten
 * times as large. Exponential growth exceeds it as well: ml_pcd on 25 Gaussians and ml_short_run on 8 (seed 11)
 * exceeded 1400 at steps 6568 and 1939; without the limit U at the data grew to 3e5 at step 7476 and 4e4 at step 4000.
 * Because single batches vary, averages extend over some 50 runs, and the gap of a run is clipped to CLIP limits. From
 * a gap of 0, at least 15 runs in a row are needed to exceed the limit: CLIP (1 - DECAY^15) = 1.05. */
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
