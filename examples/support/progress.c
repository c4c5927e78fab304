/* SPDX-License-Identifier: MIT */
/* On a terminal, one line is overwritten five times a second; elsewhere, as in a log, there is a line every ten
 * seconds. */
#include "progress.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "picture.h"
#include "program.h"

enum { LINE = 512 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static double now_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double cpu_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(progress *p, const egm_loss *loss, int64_t first, int64_t steps, double minutes)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	memset(p, 0, sizeof *p);
	p->first = first;
	p->last = steps > 0 ? first + steps : 0;
	p->limit = 60 * minutes;
	p->stride = 1;
	p->term_count = (size_t)egm_loss_term_count(loss);
	if (p->term_count > PROGRESS_TERMS) p->term_count = PROGRESS_TERMS;
	double *numbers = program_alloc((p->term_count + 1) * PROGRESS_POINTS, sizeof *numbers);
	p->step = numbers;
	for (size_t i = 0; i < p->term_count; i++) {
		p->names[i] = egm_loss_term_name(loss, (int32_t)i);
		p->terms[i] = numbers + (i + 1) * PROGRESS_POINTS;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	p->started = p->paused = p->shown = now_seconds();
}

void progress_free(progress *p)
{
	free(p->step);
	memset(p, 0, sizeof *p);
}

double progress_seconds(const progress *p)
{
	return now_seconds() - p->started;
}

int progress_over(const progress *p)
{
	return interrupted != 0 || p->out_of_time;
}

/* ---- the history */

static void halve(progress *p)
{
	p->points /= 2;
	for (size_t i = 0; i < p->points; i++) {
		p->step[i] = p->step[2 * i + 1];
		for (size_t t = 0; t < p->term_count; t++) p->terms[t][i] = 0.5 * (p->terms[t][2 * i] + p->terms[t][2 * i + 1]);
	}
	p->stride *= 2;
}

static void remember(progress *p, const egm_progress *now)
{
	for (size_t t = 0; t < p->term_count; t++) p->sums[t] += now->terms[t];
	if (++p->in_point < p->stride) return;
	p->step[p->points] = (double)now->step;
	for (size_t t = 0; t < p->term_count; t++) {
		p->terms[t][p->points] = p->sums[t] / (double)p->in_point;
		p->sums[t] = 0;
	}
	p->in_point = 0;
	if (++p->points == PROGRESS_POINTS) halve(p);
}

int progress_draw(const progress *p, const char *path)
{
	picture_curve curves[PROGRESS_TERMS];
	picture_chart charts[PROGRESS_TERMS + 1] = {{"Energies", "step", "energy", curves, 0, NULL}};
	size_t energies = 0, others = 0;
	for (size_t t = 0; t < p->term_count; t++)
		if (strstr(p->names[t], "energy"))
			curves[energies++] = (picture_curve){p->names[t], p->step, p->terms[t], p->points};
	for (size_t t = 0; t < p->term_count; t++)
		if (!strstr(p->names[t], "energy")) {
			picture_curve *curve = &curves[energies + others];
			*curve = (picture_curve){p->names[t], p->step, p->terms[t], p->points};
			charts[++others] = (picture_chart){p->names[t], "step", "loss term", curve, 1, NULL};
		}
	charts[0].count = energies;
	return energies > 0 ? picture_charts(path, charts, others + 1) : picture_charts(path, charts + 1, others);
}

/* ---- the line */

/* Share of the run that is done, relative to the limit that will be reached first. */
static double share_done(const progress *p, const egm_progress *now)
{
	double by_steps = p->last > p->first ? (double)(now->step - p->first) / (double)(p->last - p->first) : 0;
	double by_time = p->limit > 0 ? progress_seconds(p) / p->limit : 0;
	return fmin(fmax(by_steps, by_time), 1);
}

static void clock_text(char text[40], double seconds)
{
	long long s = isfinite(seconds) && seconds < 359999 ? llround(seconds) : 359999;
	snprintf(text, 40, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

/* Number of characters that fit on the line: a line that wraps cannot be overwritten. */
static int line_width(int terminal)
{
	struct winsize size;
	if (!terminal || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return LINE - 1;
	return size.ws_col - 1;
}

static void show(const progress *p, const egm_progress *now, int terminal)
{
	enum { CELLS = 20 };
	char line[LINE], bar[CELLS + 1], left[40];
	double share = share_done(p, now);
	for (int i = 0; i < CELLS; i++) bar[i] = i < (int)(share * CELLS) ? '#' : '.';
	bar[CELLS] = '\0';
	clock_text(left, share > 0 ? progress_seconds(p) * (1 - share) / share : INFINITY);
	size_t used =
	    (size_t)snprintf(line, LINE, "[%s] %3.0f%% %s left  step %lld", bar, 100 * share, left, (long long)now->step);
	for (size_t t = 0; t < p->term_count && used < LINE; t++)
		if (!isnan(now->terms[t])) /* NaN: an option switches the term off */
			used += (size_t)snprintf(line + used, LINE - used, "  %s %.3g", p->names[t], now->terms[t]);
	fprintf(stderr, terminal ? "\r%.*s\033[K" : "%.*s\n", line_width(terminal), line);
}

int progress_step(const egm_progress *now, void *user)
{
	progress *p = user;
	int terminal = isatty(STDERR_FILENO), last = now->step == p->last;
	double time = now_seconds();
	remember(p, now);
	if (last || time - p->shown >= (terminal ? 0.2 : 10)) {
		show(p, now, terminal);
		p->shown = time;
	}
	if (p->limit > 0 && time - p->started >= p->limit) p->out_of_time = 1;
	if (progress_over(p)) return 1;
	if (p->pause_after <= 0 || time - p->paused < p->pause_after) return 0;
	p->paused = time;
	return 1;
}

void progress_fit(progress *p, egm_trainer *trainer, const egm_data *data, int64_t steps)
{
	egm_status status = egm_trainer_fit(trainer, data, steps, progress_step, p);
	program_clear();
	if (status != EGM_ERR_STOPPED) check(status);
}
