/* SPDX-License-Identifier: MIT */
/* Trains every system for the same time on the same data, and scores its samples. */
#ifndef CONTEST_H
#define CONTEST_H

#include <egm.h>

#include "systems.h"
#include "toy_data.h"

enum { CONTEST_POINTS = 100000, CONTEST_LOOKS = 12, CONTEST_SYSTEMS = 64 };

/* Rules that are the same for all systems of a comparison. */
typedef struct contest_rules {
	int32_t toy; /* TOY_* */
	uint64_t seed;
	double seconds; /* of training for each system */
	int64_t steps;  /* > 0: number of steps instead of the seconds */
	int64_t samples;
} contest_rules;

typedef struct contest {
	contest_rules rules;
	toy_distribution toy;
	egm_context *context;
	float *points; /* [CONTEST_POINTS, 2] */
	egm_data *data;
	/* The present system. An entry without a set-up draws from the networks of the entry before it. */
	learner learner;
	const system_entry *trained;
	int64_t trained_steps;
	double trained_seconds;
} contest;

/* Seconds are processor time of all threads, so that other programs on the machine do not count. */
typedef struct outcome {
	const system_entry *entry;
	/* 0: a loss, a gradient or a chain was not finite, or the training diverged; see `reason`. Scores are NaN */
	int finite;
	char reason[256];
	egm_mode_coverage score;
	double spread; /* toy_spread */
	double mmd;    /* squared, unbiased: around 0, also negative, if the samples are as good as data */
	int64_t steps;
	double seconds, draw_seconds;
	float *samples; /* [samples, 2], freed by the caller */
	/* The high-quality share of averaged networks during training. If samples are drawn in two ways, it is that of the
	 * first way. */
	double time[CONTEST_LOOKS + 1], share[CONTEST_LOOKS + 1];
	size_t looks;
} outcome;

egm_status contest_start(contest *c, egm_context *context, const contest_rules *rules);
void contest_free(contest *c);

/* Trains `entry` and scores its samples. If the training is not finite or diverges, that is an outcome, not an error. A
 * signal is EGM_ERR_STOPPED. */
egm_status contest_run(contest *c, const system_entry *entry, outcome *o);

/* Print the table, and the same as JSON. */
void contest_print_head(const contest *c);
void contest_print_row(const outcome *o);
void contest_print_json(const contest *c, const outcome *outcomes, size_t count);
/* Writes systems-DATA.csv, systems-DATA.png with a panel for each system, and shares-DATA.png with the share of good
 * samples over time; DATA is the name of the distribution. Returns 0, or -1 with the reason on stderr. */
int contest_save(const contest *c, const outcome *outcomes, size_t count, const char *folder);

#endif
