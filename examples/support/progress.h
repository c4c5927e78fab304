/* SPDX-License-Identifier: MIT */
/* The callback of egm_trainer_fit: shows how far the training is, remembers the terms of the loss, and stops it at a
 * time limit, for a pause, or at Ctrl-C. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <egm.h>

enum { PROGRESS_TERMS = 8, PROGRESS_POINTS = 2048 };

typedef struct progress {
	int64_t first, last; /* the steps between which the program trains; last 0: no such limit */
	double limit;        /* seconds that the program may train; 0: no such limit */
	double pause_after;  /* seconds between two pauses; 0: none */
	double started, shown, paused;
	int out_of_time;

	/* The terms over the steps: point i is the mean over the steps up to step[i]. When all points are taken,
	 * neighbours are joined and each point covers twice as many steps. */
	const char *names[PROGRESS_TERMS];
	double *step, *terms[PROGRESS_TERMS];
	size_t points, term_count;
	int64_t stride, in_point;
	double sums[PROGRESS_TERMS];
} progress;

/* steps and minutes of this run, 0: no limit; `first` steps were done before it. Starts the clock, and lets SIGINT and
 * SIGTERM stop the training after the step under way; a second one ends the program. */
void progress_start(progress *p, const egm_loss *loss, int64_t first, int64_t steps, double minutes);
void progress_free(progress *p);

/* The egm_progress_fn; `user` is the progress. */
int progress_step(const egm_progress *now, void *user);
/* egm_trainer_fit with it: trains for `steps` steps or until it is stopped, which is no error. */
void progress_fit(progress *p, egm_trainer *trainer, const egm_data *data, int64_t steps);
/* Whether the last stop was for good: a signal or the time limit, and not a pause. */
int progress_over(const progress *p);
double progress_seconds(const progress *p);
/* Processor time of the program, all threads, so that other programs on the machine do not count. */
double cpu_now(void);

/* Draws the terms: one chart for those whose name contains "energy", one for each other term. 0 or -1. */
int progress_draw(const progress *p, const char *path);

#endif
