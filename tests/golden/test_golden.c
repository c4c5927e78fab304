/* SPDX-License-Identifier: MIT */
/* Every file that a release wrote can be read, and gives what that release computed: outputs and gradients of networks,
 * averages, counters, the next steps and draws. files.txt lists the files; a release adds a folder and lines, no code.
 *
 * Tolerances are relative to the largest number of an array. What depends only on the file differs by rounding: sums of
 * up to 72 products through up to 12 layers, each of which loses at most some 10 units in the last place (2^-24 and
 * 2^-53) and amplifies earlier errors by less than 4 in total: 1e-5 and 1e-12 leave a factor of 10. The steps after a
 * load repeat this 3 x (phases) times and divide by square roots of small second moments, for which 100 times as much
 * is allowed; so it is for draws of a sampler, with up to 7 x 20 leapfrog steps between two draws. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "scenes.h"
#include <io/io_support.h>

#define FOLDER GOLDEN_FOLDER "/"

enum { MOST_FILES = 1000 };

static struct {
	char kind[16], name[40], release[16], which[16];
} files[MOST_FILES];
static int n_files;

static void read_list(void)
{
	char line[256];
	FILE *list = fopen(FOLDER "files.txt", "r");
	while (list && n_files < MOST_FILES && fgets(line, sizeof line, list)) {
		if (*line == '#' || *line == '\n') continue;
		int n = sscanf(line, "%15s %39s %15s %15s", files[n_files].kind, files[n_files].name, files[n_files].release,
		               files[n_files].which);
		if (n >= 3) n_files++;
	}
	if (list) fclose(list);
}

/* ---- the numbers of the release, one array a line: label, count, numbers */

typedef struct expected {
	FILE *text;
	const char *file;
	double tolerance;
	int arrays;
} expected;

static void compare(golden_notes *notes, const char *label, const double *values, size_t n)
{
	expected *e = notes->user;
	char found[64];
	size_t count;
	double largest = 1e-6, wanted[GOLDEN_MOST];
	ck_assert_msg(fscanf(e->text, "%63s %zu", found, &count) == 2, "%s: no line for %s", e->file, label);
	ck_assert_str_eq(found, label);
	ck_assert_msg(count == n && n <= GOLDEN_MOST, "%s: %s has %zu numbers, not %zu", e->file, label, n, count);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(fscanf(e->text, "%lf", &wanted[i]), 1);
		if (fabs(wanted[i]) > largest) largest = fabs(wanted[i]);
	}
	double tolerance = e->tolerance * (strncmp(label, "next", 4) == 0 ? 100 : 1);
	for (size_t i = 0; i < n; i++) {
		int same = isnan(wanted[i]) ? isnan(values[i]) : fabs(values[i] - wanted[i]) <= tolerance * largest;
		ck_assert_msg(same, "%s: %s[%zu] is %.17g, the release had %.17g", e->file, label, i, values[i], wanted[i]);
	}
	e->arrays++;
}

/* ---- the three kinds of files */

static egm_status read_model(const char *path, const char *name, egm_context *context, golden_notes *notes)
{
	egm_model *m;
	GOLDEN_TRY(egm_model_load(&m, context, path, NULL));
	ck_assert_str_eq(egm_model_name(m), name);
	egm_status st = golden_observe_net(notes, "net", m);
	egm_model_free(m);
	return st;
}

static egm_status read_checkpoint(const char *path, const char *name, egm_context *context, golden_notes *notes,
                                  int next)
{
	golden_run r;
	int i = 0;
	while (i < GOLDEN_TRAINING_COUNT && strcmp(golden_trainings[i].name, name) != 0) i++;
	ck_assert_msg(i < GOLDEN_TRAINING_COUNT, "no scene '%s'", name);
	GOLDEN_TRY(golden_run_create(&r, &golden_trainings[i], context));
	GOLDEN_TRY(egm_trainer_restore(r.trainer, path, NULL));
	egm_status st = golden_observe_run(notes, &r, &golden_trainings[i], next);
	golden_run_clear(&r);
	return st;
}

static egm_status read_sampler(const char *path, const char *name, egm_context *context, golden_notes *notes, int next)
{
	egm_sampler *s;
	int i = 0;
	while (i < GOLDEN_SAMPLER_COUNT && strcmp(golden_samplers[i].name, name) != 0) i++;
	ck_assert_msg(i < GOLDEN_SAMPLER_COUNT, "no scene '%s'", name);
	GOLDEN_TRY(golden_sampler_create(&s, &golden_samplers[i], context));
	GOLDEN_TRY(egm_sampler_restore(s, path, NULL));
	egm_status st = golden_observe_sampler(notes, s, &golden_samplers[i], next);
	egm_sampler_free(s);
	return st;
}

static void read_file(int i, const char *path, int32_t simd)
{
	char text[512];
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context;
	expected e = {.file = path, .tolerance = strstr(files[i].name, "f64") ? 1e-12 : 1e-5};
	golden_notes notes = {compare, &e};
	int next = strcmp(files[i].which, "state") != 0;
	snprintf(text, sizeof text, FOLDER "%s/%s.txt", files[i].release, files[i].name);
	e.text = fopen(text, "r");
	ck_assert_msg(e.text != NULL, "%s: %s", text, strerror(errno));
	options.simd = simd;
	ck_assert_int_eq(egm_context_create(&context, &options), EGM_OK);
	egm_status st = strcmp(files[i].kind, "model") == 0 ? read_model(path, files[i].name, context, &notes)
	                : strcmp(files[i].kind, "sampler") == 0
	                    ? read_sampler(path, files[i].name, context, &notes, next)
	                    : read_checkpoint(path, files[i].name, context, &notes, next);
	ck_assert_msg(st == EGM_OK, "%s: %s", path, egm_last_error());
	ck_assert_int_gt(e.arrays, 0);
	ck_assert_msg(!next || fscanf(e.text, "%63s", text) == EOF, "%s: nothing is compared with %s", path, text);
	fclose(e.text);
	egm_context_free(context);
}

static void golden_path(char path[512], int i)
{
	snprintf(path, 512, FOLDER "%s/%s.safetensors", files[i].release, files[i].name);
}

/* On the code path that this CPU takes, and on the portable one. */
START_TEST(test_golden__a_file_of_a_release_says_what_it_said)
{
	char path[512];
	golden_path(path, _i);
	read_file(_i, path, EGM_SIMD_AUTO);
	read_file(_i, path, EGM_SIMD_PORTABLE);
}
END_TEST

/* ---- the same file as a tool for safetensors writes it again */

/* The header with its members in reverse order and format "pt". */
static char *rewritten(const char *header, size_t n)
{
	const char *key;
	json_t *value, *old = json_loadb(header, n, 0, NULL), *reversed = json_object(), *names = json_array();
	ck_assert_ptr_nonnull(old);
	json_object_set_new(json_object_get(old, "__metadata__"), "format", json_string("pt"));
	json_object_foreach(old, key, value) json_array_append_new(names, json_string(key));
	for (size_t i = json_array_size(names); i-- > 0;) {
		key = json_string_value(json_array_get(names, i));
		json_object_set(reversed, key, json_object_get(old, key));
	}
	char *text = json_dumps(reversed, JSON_COMPACT);
	ck_assert_ptr_nonnull(text);
	json_decref(old);
	json_decref(reversed);
	json_decref(names);
	return text;
}

static void rewrite(const char *path, const char *copy)
{
	unsigned char bytes[65536], length[8] = {0};
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	size_t n = fread(bytes, 1, sizeof bytes, f), header = bytes[0] | (size_t)bytes[1] << 8;
	fclose(f);
	ck_assert(n > 8 + header && n < sizeof bytes);
	char *text = rewritten((const char *)bytes + 8, header);
	size_t again = strlen(text);
	for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)again >> (8 * i));
	f = fopen(copy, "wb");
	ck_assert_msg(f != NULL, "%s: %s", copy, strerror(errno));
	ck_assert_uint_eq(fwrite(length, 1, 8, f), 8);
	ck_assert_uint_eq(fwrite(text, 1, again, f), again);
	ck_assert_uint_eq(fwrite(bytes + 8 + header, 1, n - 8 - header, f), n - 8 - header);
	ck_assert_int_eq(fclose(f), 0);
	free(text);
}

START_TEST(test_golden__a_file_that_a_tool_wrote_again)
{
	char path[512];
	const char *copy = io_path("again.safetensors");
	golden_path(path, _i);
	rewrite(path, copy);
	read_file(_i, copy, EGM_SIMD_AUTO);
}
END_TEST

/* How many files a folder has that are to be read. */
static int files_in(const char *release)
{
	char path[512];
	snprintf(path, sizeof path, FOLDER "%s", release);
	DIR *folder = opendir(path);
	int n = 0;
	ck_assert_msg(folder != NULL, "%s: %s", path, strerror(errno));
	for (struct dirent *e; (e = readdir(folder));) n += strstr(e->d_name, ".safetensors") != NULL;
	closedir(folder);
	return n;
}

/* Every file is listed; and a run that finds no list does not pass for want of files: 0.1 to 0.4 wrote 87. */
START_TEST(test_golden__the_list_is_complete)
{
	ck_assert_int_ge(n_files, 87);
	for (int i = 0; i < n_files; i++) {
		int listed = 0;
		for (int k = 0; k < n_files; k++) listed += strcmp(files[k].release, files[i].release) == 0;
		ck_assert_msg(listed == files_in(files[i].release), "%s: %d files are listed", files[i].release, listed);
	}
}
END_TEST

int main(void)
{
	read_list();
	TCase *files_case = tcase_create("files");
	tcase_add_loop_test(files_case, test_golden__a_file_of_a_release_says_what_it_said, 0, n_files);
	tcase_add_loop_test(files_case, test_golden__a_file_that_a_tool_wrote_again, 0, n_files);
	tcase_add_test(files_case, test_golden__the_list_is_complete);
	Suite *suite = suite_create("golden");
	suite_add_tcase(suite, files_case);
	return io_test_main(suite);
}
