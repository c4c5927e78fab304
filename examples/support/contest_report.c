/* SPDX-License-Identifier: MIT */
/* The results of a comparison: a table, a CSV file, JSON, and two pictures. */
#include <stdio.h>

#include "contest.h"
#include "picture.h"
#include "program.h"
#include "report.h"

enum { DRAWN = 1500 };

void contest_print_head(const contest *c)
{
	printf("%s\n%-20s %5s  %12s  %10s  %8s  %6s  %8s  %7s  %6s  %s\n", c->toy.name, "system", "modes", "high quality",
	       "reverse KL", "1e3 MMD2", "spread", "steps", "seconds", "draw", "finite");
}

void contest_print_row(const outcome *o)
{
	printf("%-20s %5d  %12.4f  %10.4f  %8.3f  %6.2f  %8lld  %7.1f  %6.1f  %s\n", o->entry->name, (int)o->score.covered,
	       o->score.high_quality, o->score.reverse_kl, 1e3 * o->mmd, o->spread, (long long)o->steps, o->seconds,
	       o->draw_seconds, o->finite ? "yes" : o->reason);
	fflush(stdout);
}

static int write_csv(const char *folder, const contest *c, const outcome *outcomes, size_t count)
{
	char path[PROGRAM_PATH], name[64];
	snprintf(name, sizeof name, "systems-%s.csv", c->toy.name);
	FILE *file = fopen(program_path(path, folder, name), "w");
	if (!file) return perror(path), -1;
	fprintf(file,
	        "data,seed,system,drawn,modes,high_quality,reverse_kl,mmd2,spread,steps,seconds,draw_seconds,finite\n");
	for (size_t i = 0; i < count; i++) {
		const outcome *o = &outcomes[i];
		fprintf(file, "%s,%llu,%s,\"%s\",%d,%.4f,%.5f,%.6f,%.4f,%lld,%.2f,%.2f,%d\n", c->toy.name,
		        (unsigned long long)c->rules.seed, o->entry->name, o->entry->about, (int)o->score.covered,
		        o->score.high_quality, o->score.reverse_kl, o->mmd, o->spread, (long long)o->steps, o->seconds,
		        o->draw_seconds, o->finite);
	}
	if (fclose(file) != 0) return perror(path), -1;
	return 0;
}

/* ---- pictures */

static int draw_samples(const char *folder, const contest *c, const outcome *outcomes, size_t count)
{
	char path[PROGRAM_PATH], name[64], notes[CONTEST_SYSTEMS][48];
	picture_points sets[CONTEST_SYSTEMS][2];
	picture_scatter panels[CONTEST_SYSTEMS];
	size_t shown = c->rules.samples < DRAWN ? (size_t)c->rules.samples : DRAWN;
	for (size_t i = 0; i < count; i++) {
		const outcome *o = &outcomes[i];
		snprintf(notes[i], sizeof notes[i], "%d of %zu modes, share %.2f", (int)o->score.covered, c->toy.modes,
		         o->score.high_quality);
		sets[i][0] = (picture_points){"data", c->points, DRAWN, 1, {0.72, 0.78, 0.86}};
		sets[i][1] = (picture_points){"samples", o->samples, shown, 0.6, {0.8, 0.1, 0.1}};
		panels[i] =
		    (picture_scatter){o->entry->name, o->finite ? notes[i] : "training failed", sets[i], o->finite ? 2 : 1};
	}
	snprintf(name, sizeof name, "systems-%s.png", c->toy.name);
	return picture_scatters(program_path(path, folder, name), panels, count, c->toy.extent);
}

static int draw_shares(const char *folder, const contest *c, const outcome *outcomes, size_t count)
{
	char path[PROGRAM_PATH], name[64], title[96];
	picture_curve curves[CONTEST_SYSTEMS];
	size_t drawn = 0;
	for (size_t i = 0; i < count; i++)
		if (outcomes[i].looks > 1)
			curves[drawn++] =
			    (picture_curve){outcomes[i].entry->name, outcomes[i].time, outcomes[i].share, outcomes[i].looks};
	if (drawn == 0) return 0;
	snprintf(name, sizeof name, "shares-%s.png", c->toy.name);
	snprintf(title, sizeof title, "Share of samples within 3 sigma of a mode: %s", c->toy.name);
	picture_chart chart = {title, "seconds of training, one core", "share", curves, drawn, NULL};
	return picture_race(program_path(path, folder, name), &chart);
}

void contest_print_json(const contest *c, const outcome *outcomes, size_t count)
{
	report_open(NULL);
	report_text("data", c->toy.name);
	report_integer("seed", (long long)c->rules.seed);
	report_open("systems");
	for (size_t i = 0; i < count; i++) {
		const outcome *o = &outcomes[i];
		report_open(o->entry->name);
		report_integer("modes", o->score.covered);
		report_number("high_quality", o->score.high_quality);
		report_number("reverse_kl", o->score.reverse_kl);
		report_number("mmd2", o->mmd);
		report_number("spread", o->spread);
		report_number("seconds", o->seconds);
		report_number("draw_seconds", o->draw_seconds);
		report_integer("steps", o->steps);
		report_bool("finite", o->finite);
		report_close();
	}
	report_close();
	report_close();
}

int contest_save(const contest *c, const outcome *outcomes, size_t count, const char *folder)
{
	int failed = write_csv(folder, c, outcomes, count) != 0;
	failed |= draw_samples(folder, c, outcomes, count) != 0;
	failed |= draw_shares(folder, c, outcomes, count) != 0;
	return failed ? -1 : 0;
}
