/* SPDX-License-Identifier: MIT */
/* Each checkpoint of the training has a row, which is written before the checkpoint. If the program is killed between
 * the two, there is one row too many; reading only up to the step of the checkpoint skips it. */
#include "mode_curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "program.h"

static const char header[] = "step,cpu_seconds,modes,kl\n";

void mode_curve_add(mode_curve *curve, mode_point point)
{
	if (curve->count == curve->room) {
		curve->room = curve->room ? 2 * curve->room : 64;
		mode_point *points = program_alloc(curve->room, sizeof *points);
		if (curve->count) memcpy(points, curve->points, curve->count * sizeof *points);
		free(curve->points);
		curve->points = points;
	}
	curve->points[curve->count++] = point;
}

void mode_curve_load(mode_curve *curve, const char *path, int64_t last_step)
{
	char line[256];
	FILE *file = fopen(path, "r");
	if (!file) perror(path), exit(EXIT_FAILURE);
	int ok = fgets(line, sizeof line, file) && strcmp(line, header) == 0;
	while (ok && fgets(line, sizeof line, file)) {
		long long step, modes = -1;
		double cpu, kl = NAN;
		ok = sscanf(line, "%lld,%lf,%lld,%lf", &step, &cpu, &modes, &kl) >= 2;
		if (ok && step <= last_step) mode_curve_add(curve, (mode_point){step, cpu, modes, kl});
	}
	fclose(file);
	if (ok) return;
	fprintf(stderr, "%s: not a file of this program\n", path);
	exit(EXIT_FAILURE);
}

const mode_point *mode_curve_last_count(const mode_curve *curve)
{
	for (size_t i = curve->count; i-- > 0;)
		if (curve->points[i].modes >= 0) return &curve->points[i];
	return NULL;
}

void mode_curve_save(const mode_curve *curve, const char *path)
{
	char fresh[PROGRAM_PATH + 8];
	snprintf(fresh, sizeof fresh, "%s.new", path);
	FILE *file = fopen(fresh, "w");
	if (!file) perror(fresh), exit(EXIT_FAILURE);
	fputs(header, file);
	for (size_t i = 0; i < curve->count; i++) {
		const mode_point *p = &curve->points[i];
		fprintf(file, "%lld,%.3f,", (long long)p->step, p->cpu_seconds);
		if (p->modes >= 0)
			fprintf(file, "%lld,%.6f", (long long)p->modes, p->kl);
		else
			fputc(',', file);
		fputc('\n', file);
	}
	int failed = ferror(file);
	failed |= fclose(file);
	if (!failed && rename(fresh, path) == 0) return;
	perror(path);
	exit(EXIT_FAILURE);
}

int mode_curve_draw(const mode_curve *curve, const char *path)
{
	double *cpu = program_alloc(3 * curve->count, sizeof *cpu), *modes = cpu + curve->count, *kl = modes + curve->count;
	size_t judged = 0;
	for (size_t i = 0; i < curve->count; i++) {
		const mode_point *p = &curve->points[i];
		if (p->modes < 0) continue;
		cpu[judged] = p->cpu_seconds;
		modes[judged] = (double)p->modes;
		kl[judged++] = p->kl;
	}
	const picture_curve curves[2] = {{"modes", cpu, modes, judged}, {"kl", cpu, kl, judged}};
	const picture_chart charts[2] = {{"Modes of 1000", "CPU seconds", "modes", &curves[0], 1, NULL},
	                                 {"KL(p || uniform)", "CPU seconds", "nats", &curves[1], 1, NULL}};
	int result = judged ? picture_charts(path, charts, 2) : 0;
	free(cpu);
	return result;
}

void mode_curve_free(mode_curve *curve)
{
	free(curve->points);
	memset(curve, 0, sizeof *curve);
}
