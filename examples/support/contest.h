/* SPDX-License-Identifier: MIT */
/* Gives every system the same time on the same data, and judges what it draws. */
#ifndef CONTEST_H
#define CONTEST_H

#include <egm.h>

#include "systems.h"
#include "toy_data.h"

enum { CONTEST_POINTS = 100000, CONTEST_LOOKS = 12, CONTEST_SYSTEMS = 64 };

/* What is the same for all systems of a comparison. */
typedef struct contest_rules {
	int32_t law; /* TOY_* */
	uint64_t seed;
	double seconds; /* of training for each system */
	int64_t steps;  /* > 0: so many steps in place of the seconds */
	int64_t samples;
} contest_rules;

typedef struct contest {
	contest_rules rules;
	toy_law law;
	egm_context *context;
	float *points; /* [CONTEST_POINTS, 2] */
	egm_data *data;
	/* The system at work: an entry without a set-up draws from the networks of the one before. */
	learner learner;
	const system_entry *trained;
	int64_t trained_steps;
	double trained_seconds;
} contest;

/* Seconds are processor time of all threads, so that other programs on the machine do not count. */
typedef struct outcome {
	const system_entry *entry;
	/* 0: a loss, a gradient or a chain was not, or the training diverged; `reason` says so, scores are NaN */
	int finite;
	char reason[256];
	egm_mode_coverage score;
	double spread; /* toy_law_spread */
	double mmd;    /* squared, unbiased: around 0, also below, when the samples are as good as data */
	int64_t steps;
	double seconds, draw_seconds;
	float *samples; /* [samples, 2], freed by the caller */
	/* The high-quality share as training went on, of averaged networks; the way there of a system drawn in two ways is
	 * that of the first. */
	double time[CONTEST_LOOKS + 1], share[CONTEST_LOOKS + 1];
	size_t looks;
} outcome;

egm_status contest_start(contest *c, egm_context *context, const contest_rules *rules);
void contest_free(contest *c);

/* Trains `entry` and scores its samples. What is not finite or diverges is an outcome, not an error; a signal is
 * EGM_ERR_STOPPED. */
egm_status contest_run(contest *c, const system_entry *entry, outcome *o);

/* The table, and the same as JSON. */
void contest_print_head(const contest *c);
void contest_print_row(const outcome *o);
void contest_print_json(const contest *c, const outcome *outcomes, size_t count);
/* systems-LAW.csv, systems-LAW.png with a panel for each system, and shares-LAW.png with the share of good samples over
 * time. 0, or -1 with the reason on stderr. */
int contest_save(const contest *c, const outcome *outcomes, size_t count, const char *folder);

#endif
