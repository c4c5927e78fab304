/* SPDX-License-Identifier: MIT */
/* Watches whether the chains of negatives still sample the model. */
#ifndef EGM_TRAIN_WATCH_IMPL_H
#define EGM_TRAIN_WATCH_IMPL_H

#include <stdint.h>

/* Moving averages over the runs of a phase, 0 at first. A checkpoint saves them as an array of doubles. */
typedef struct egm__watch {
	double gap;      /* mean energy of the negatives minus that of the data, in nats */
	double ran_away; /* fraction of the chains that ran away and were restarted */
} egm__watch;

enum { EGM__WATCHED = sizeof(egm__watch) / sizeof(double) };

/* The largest |gap| of a training that does not diverge. far_off: its chains are far from the model by design. */
double egm__watch_limit(int64_t dims, int far_off);
/* The averages after a run with these values. */
egm__watch egm__watch_after(const egm__watch *now, double limit, double gap, double ran_away);
/* What has happened if the averages are beyond their limits, to follow "the negatives"; NULL if they are not. */
const char *egm__watch_alarm(const egm__watch *w, double limit);

#endif
