/* SPDX-License-Identifier: MIT */
/* Signs that chains no longer draw from the model that they train. */
#ifndef EGM_TRAIN_WATCH_IMPL_H
#define EGM_TRAIN_WATCH_IMPL_H

#include <stdint.h>

/* Moving averages over the runs of a phase; zeros at the beginning. A checkpoint keeps them as an array of doubles. */
typedef struct egm__watch {
	double gap;      /* mean energy of the negatives minus that of the data, in nats */
	double ran_away; /* share of the chains that ran away and began anew */
} egm__watch;

enum { EGM__WATCHED = sizeof(egm__watch) / sizeof(double) };

/* The largest |gap| of a training that is sound; far_off: its chains are not near the model's
 * distribution by design. */
double egm__watch_limit(int64_t dims, int far_off);
/* The averages after a run with these values. */
egm__watch egm__watch_after(const egm__watch *now, double limit, double gap, double ran_away);
/* Whether they are beyond what a sound training has: the text says what has happened, NULL: they are not. */
const char *egm__watch_alarm(const egm__watch *w, double limit);

#endif
