/* SPDX-License-Identifier: MIT */
/* Trains every generative system of the library on points in the plane, each for the same time, and compares what they
 * draw: a table, a picture with a panel for each, and the share of good samples over time.
 *
 * systems.c lists the systems; how one is set up is a function of some ten lines in systems_*.c. Settings were chosen
 * by hand for a minute or two on one core, each system's for itself: the table says what was got out of a system here,
 * not which is best elsewhere. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "picture.h"
#include "program.h"
#include "progress.h"
#include "systems.h"

enum { DRAWN = 1500, ENTRIES_MAX = 64 };

typedef struct settings {
	const char *data, *out, *system;
	double seconds;
	int64_t seed, steps, samples, threads;
	int list;
	unsigned char chosen[ENTRIES_MAX];
} settings;

/* ---- the command line */

static void list_systems(void)
{
	for (size_t i = 0; i < system_count; i++) printf("%-20s drawn: %s\n", systems[i].name, systems[i].about);
}

static void choose(settings *s, char **argv)
{
	char reason[256];
	if (!s->system) memset(s->chosen, 1, sizeof s->chosen);
	for (const char *name = s->system; name; name = strchr(name, ',') ? strchr(name, ',') + 1 : NULL) {
		size_t length = strcspn(name, ","), i = 0;
		while (i < system_count && (strlen(systems[i].name) != length || strncmp(systems[i].name, name, length) != 0))
			i++;
		snprintf(reason, sizeof reason, "--system: there is no '%.*s'; --list names them", (int)length, name);
		if (i == system_count) program_misuse(argv, reason);
		s->chosen[i] = 1;
	}
}

static void read_settings(settings *s, int argc, char **argv)
{
	const program_option options[] = {
	    {"out", OPTION_TEXT, &s->out, 0, 0, "folder for the results; made if missing"},
	    {"data", OPTION_TEXT, &s->data, 0, 0, "25gaussians, 8gaussians or both"},
	    {"system", OPTION_TEXT, &s->system, 0, 0, "names with commas between; all without"},
	    {"list", OPTION_FLAG, &s->list, 0, 0, "name the systems and exit"},
	    {"seconds", OPTION_NUMBER, &s->seconds, 1e-3, 1e6, "processor time for the training of each system"},
	    {"steps", OPTION_INTEGER, &s->steps, 0, 1e12,
	     "training steps in place of seconds, for equal results; 0: seconds"},
	    {"samples", OPTION_INTEGER, &s->samples, 2, 1e6, "samples of each system, and chains where it has some"},
	    {"seed", OPTION_INTEGER, &s->seed, 0, 1e15, "of data, nets, training and samples"},
	    {"threads", OPTION_INTEGER, &s->threads, 1, 256, "threads at most"},
	};
	int rest = program_options(argc, argv, "--out DIR [options]",
	                           "Trains every generative system on points in the plane and compares their samples.",
	                           options, sizeof options / sizeof options[0]);
	if (rest != argc) program_misuse(argv, "unexpected argument");
	choose(s, argv);
	if (s->list) list_systems(), exit(EXIT_SUCCESS);
	if (!s->out) program_misuse(argv, "--out DIR is missing");
	if (strcmp(s->data, "25gaussians") != 0 && strcmp(s->data, "8gaussians") != 0 && strcmp(s->data, "both") != 0)
		program_misuse(argv, "--data: expected 25gaussians, 8gaussians or both");
}

/* ---- reports */

static void print_head(const contest *c)
{
	printf("%s\n%-20s %5s  %12s  %10s  %8s  %6s  %8s  %7s  %6s  %s\n", c->law.name, "system", "modes", "high quality",
	       "reverse KL", "1e3 MMD2", "spread", "steps", "seconds", "draw", "finite");
}

static void print_row(const outcome *o)
{
	printf("%-20s %5d  %12.4f  %10.4f  %8.3f  %6.2f  %8lld  %7.1f  %6.1f  %s\n", o->entry->name, (int)o->score.covered,
	       o->score.high_quality, o->score.reverse_kl, 1e3 * o->mmd, o->spread, (long long)o->steps, o->seconds,
	       o->draw_seconds, o->finite ? "yes" : o->reason);
	fflush(stdout);
}

static int write_csv(const char *folder, const contest *c, const outcome *outcomes, size_t count)
{
	char path[PROGRAM_PATH], name[64];
	snprintf(name, sizeof name, "systems-%s.csv", c->law.name);
	FILE *file = fopen(program_path(path, folder, name), "w");
	if (!file) return perror(path), -1;
	fprintf(file,
	        "data,seed,system,drawn,modes,high_quality,reverse_kl,mmd2,spread,steps,seconds,draw_seconds,finite\n");
	for (size_t i = 0; i < count; i++) {
		const outcome *o = &outcomes[i];
		fprintf(file, "%s,%llu,%s,\"%s\",%d,%.4f,%.5f,%.6f,%.4f,%lld,%.2f,%.2f,%d\n", c->law.name,
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
	char path[PROGRAM_PATH], name[64], notes[ENTRIES_MAX][48];
	picture_points sets[ENTRIES_MAX][2];
	picture_scatter panels[ENTRIES_MAX];
	size_t shown = c->rules.samples < DRAWN ? (size_t)c->rules.samples : DRAWN;
	for (size_t i = 0; i < count; i++) {
		const outcome *o = &outcomes[i];
		snprintf(notes[i], sizeof notes[i], "%d of %zu modes, share %.2f", (int)o->score.covered, c->law.modes,
		         o->score.high_quality);
		sets[i][0] = (picture_points){"data", c->points, DRAWN, 1, {0.72, 0.78, 0.86}};
		sets[i][1] = (picture_points){"samples", o->samples, shown, 0.6, {0.8, 0.1, 0.1}};
		panels[i] =
		    (picture_scatter){o->entry->name, o->finite ? notes[i] : "training failed", sets[i], o->finite ? 2 : 1};
	}
	snprintf(name, sizeof name, "systems-%s.png", c->law.name);
	return picture_scatters(program_path(path, folder, name), panels, count, c->law.extent);
}

static int draw_shares(const char *folder, const contest *c, const outcome *outcomes, size_t count)
{
	char path[PROGRAM_PATH], name[64], title[96];
	picture_curve curves[ENTRIES_MAX];
	size_t drawn = 0;
	for (size_t i = 0; i < count; i++)
		if (outcomes[i].looks > 1)
			curves[drawn++] =
			    (picture_curve){outcomes[i].entry->name, outcomes[i].time, outcomes[i].share, outcomes[i].looks};
	if (drawn == 0) return 0;
	snprintf(name, sizeof name, "shares-%s.png", c->law.name);
	snprintf(title, sizeof title, "Share of samples within 3 sigma of a mode: %s", c->law.name);
	picture_chart chart = {title, "seconds of training, one core", "share", curves, drawn, NULL};
	return picture_race(program_path(path, folder, name), &chart);
}

static void print_json(const contest *c, const outcome *outcomes, size_t count)
{
	printf("{\"data\": \"%s\", \"seed\": %llu, \"systems\": {", c->law.name, (unsigned long long)c->rules.seed);
	for (size_t i = 0; i < count; i++) {
		const outcome *o = &outcomes[i];
		const struct {
			const char *name;
			double value;
		} numbers[] = {{"high_quality", o->score.high_quality},
		               {"reverse_kl", o->score.reverse_kl},
		               {"mmd2", o->mmd},
		               {"spread", o->spread},
		               {"seconds", o->seconds},
		               {"draw_seconds", o->draw_seconds}};
		printf("%s\"%s\": {\"modes\": %d", i ? ", " : "", o->entry->name, (int)o->score.covered);
		for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
			printf(", \"%s\": ", numbers[k].name);
			program_json_number(numbers[k].value);
		}
		printf(", \"steps\": %lld, \"finite\": %s}", (long long)o->steps, o->finite ? "true" : "false");
	}
	printf("}}\n");
}

/* ---- */

/* What was finished before a signal or an error is reported all the same. */
static egm_status compare(const settings *s, egm_context *context, const char *law, int *failed)
{
	contest c;
	outcome outcomes[ENTRIES_MAX];
	size_t count = 0;
	const contest_rules rules = {law, (uint64_t)s->seed, s->seconds, s->steps, s->samples};
	egm_status status = contest_start(&c, context, &rules);
	print_head(&c);
	for (size_t i = 0; i < system_count && status == EGM_OK; i++) {
		if (!s->chosen[i]) continue;
		status = contest_run(&c, &systems[i], &outcomes[count]);
		if (status == EGM_OK)
			print_row(&outcomes[count++]);
		else
			free(outcomes[count].samples);
	}
	if (count > 0) {
		print_json(&c, outcomes, count);
		*failed |= write_csv(s->out, &c, outcomes, count) != 0 || draw_samples(s->out, &c, outcomes, count) != 0 ||
		           draw_shares(s->out, &c, outcomes, count) != 0;
	}
	for (size_t i = 0; i < count; i++) free(outcomes[i].samples);
	contest_free(&c);
	return status;
}

int main(int argc, char **argv)
{
	settings s = {.data = "25gaussians", .seconds = 90, .seed = 1, .samples = 10000, .threads = 1};
	egm_context *context = NULL;
	int failed = 0;
	read_settings(&s, argc, argv);
	if (program_folder(s.out) != 0) return EXIT_FAILURE;
	egm_status status = program_context(&context, s.threads);
	if (status == EGM_OK && strcmp(s.data, "8gaussians") != 0) status = compare(&s, context, "25gaussians", &failed);
	if (status == EGM_OK && strcmp(s.data, "25gaussians") != 0) status = compare(&s, context, "8gaussians", &failed);
	if (status != EGM_OK) {
		progress_clear();
		fprintf(stderr, "%s\n", egm_last_error());
	}
	egm_context_free(context);
	return status != EGM_OK || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
