/* SPDX-License-Identifier: MIT */
/* Trains every generative system of the library on points in the plane, each for the same time, and compares their
 * samples: in a table, in a picture with a panel for each system, and by the share of good samples over time.
 *
 * systems.c lists the systems; a function of about ten lines in systems_*.c sets up each. The settings of each system
 * were chosen by hand for a training of a minute or two on one core: the table shows what was achieved with a system
 * here, not which system is best elsewhere. */
#include <egm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/contest.h"
#include "support/options.h"
#include "support/program.h"
#include "support/systems.h"

/* --data chooses one of TOY_*, or both. */
enum { BOTH = TOY_SWISSROLL };

typedef struct settings {
	const char *out, *system;
	int32_t data;
	double seconds;
	int64_t steps, samples, threads;
	uint64_t seed;
	bool list, chosen[CONTEST_SYSTEMS];
} settings;

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
		snprintf(reason, sizeof reason, "--system: there is no '%.*s'; --list shows the names", (int)length, name);
		if (i == system_count) options_misuse(argv, reason);
		s->chosen[i] = true;
	}
}

static void read_settings(settings *s, int argc, char **argv)
{
	program_option options[] = {
	    OPTION_TEXT("out", &s->out, "Folder for the results; created if missing."),
	    OPTION_CHOICE("data", &s->data, TOY_25GAUSSIANS, "25gaussians|8gaussians|both: The distribution."),
	    OPTION_TEXT("system", &s->system, "Names, separated by commas; without it all systems."),
	    OPTION_FLAG("list", &s->list, "List the systems and exit."),
	    OPTION_NUMBER("seconds", &s->seconds, 1e-3, 1e6, "Processor time for the training of each system."),
	    OPTION_NUMBER("steps", &s->steps, 0, 1e12,
	                  "Training steps instead of seconds, so that results are equal; 0: seconds."),
	    OPTION_NUMBER("samples", &s->samples, 2, 1e6, "Samples of each system, and chains if it has chains."),
	    OPTION_NUMBER("seed", &s->seed, 0, 1e15, "Seed of data, networks, training and samples."),
	    OPTION_NUMBER("threads", &s->threads, 1, 256, "Threads at most."),
	    OPTIONS_END,
	};
	options_read(argc, argv, "--out DIR [options]",
	             "Trains every generative system on points in the plane and compares their samples.", options, 0);
	choose(s, argv);
	if (s->list) list_systems(), exit(EXIT_SUCCESS);
	if (!s->out) options_misuse(argv, "--out is missing");
}

/* Systems that were finished before a signal or an error are reported. */
static egm_status compare(const settings *s, egm_context *context, int32_t toy, bool *failed)
{
	contest c;
	outcome outcomes[CONTEST_SYSTEMS];
	size_t count = 0;
	const contest_rules rules = {toy, s->seed, s->seconds, s->steps, s->samples};
	egm_status status = contest_start(&c, context, &rules);
	contest_print_head(&c);
	for (size_t i = 0; i < system_count && status == EGM_OK; i++) {
		if (!s->chosen[i]) continue;
		status = contest_run(&c, &systems[i], &outcomes[count]);
		if (status == EGM_OK)
			contest_print_row(&outcomes[count++]);
		else
			free(outcomes[count].samples);
	}
	if (count > 0) {
		contest_print_json(&c, outcomes, count);
		*failed |= contest_save(&c, outcomes, count, s->out) != 0;
	}
	for (size_t i = 0; i < count; i++) free(outcomes[i].samples);
	contest_free(&c);
	return status;
}

int main(int argc, char **argv)
{
	settings s = {.data = TOY_25GAUSSIANS, .seconds = 90, .seed = 1, .samples = 10000, .threads = 1};
	bool failed = false;
	egm_status status = EGM_OK;
	read_settings(&s, argc, argv);
	program_folder(s.out);
	egm_context *context = program_context(s.threads);
	for (int32_t toy = TOY_25GAUSSIANS; toy <= TOY_8GAUSSIANS && status == EGM_OK; toy++)
		if (s.data == toy || s.data == BOTH) status = compare(&s, context, toy, &failed);
	check(status);
	egm_context_free(context);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
