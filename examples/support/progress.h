/* SPDX-License-Identifier: MIT */
/* The progress callback of egm_trainer_fit: shows how far the training is, stores the terms of the loss, and stops the
 * training at a time limit, for a pause, or at Ctrl-C. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <egm.h>

enum { PROGRESS_TERMS = 8, PROGRESS_POINTS = 2048 };

typedef struct progress {
	int64_t first, last; /* the program trains from step `first` to step `last`; last 0: no such limit */
	double limit;        /* seconds that the program may train; 0: no such limit */
	double pause_after;  /* seconds between two pauses; 0: none */
	double started, shown, paused;
	int out_of_time;

	/* History of the terms: point i is the mean over the steps up to step[i]. When all points are used, neighbours are
	 * merged, and each point then covers twice as many steps. */
	const char *names[PROGRESS_TERMS];
	double *step, *terms[PROGRESS_TERMS];
	size_t points, term_count;
	int64_t stride, in_point;
	double sums[PROGRESS_TERMS];
} progress;

/* Starts the clock of a run of at most `steps` steps and `minutes` minutes, 0: no limit; `first` steps were done before
 * it. From then on SIGINT and SIGTERM stop the training after the present step, and a second signal ends the program.
 */
void progress_start(progress *p, const egm_loss *loss, int64_t first, int64_t steps, double minutes);
void progress_free(progress *p);

/* The egm_progress_fn; `user` points to the progress. */
int progress_step(const egm_progress *now, void *user);
/* Calls egm_trainer_fit with this callback: trains `steps` steps or until it stops, which is no error. */
void progress_fit(progress *p, egm_trainer *trainer, const egm_data *data, int64_t steps);
/* Returns whether the run is over, by a signal or the time limit; a pause does not end it. */
int progress_over(const progress *p);
double progress_seconds(const progress *p);
/* Processor time of all threads of the program, which does not include other programs on the machine. */
double cpu_now(void);

/* Draws the terms: one chart for those whose name contains "energy", one for each other term. Returns 0 or -1. */
int progress_draw(const progress *p, const char *path);

#endif
