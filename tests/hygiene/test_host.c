/* SPDX-License-Identifier: MIT */
/* Loading and using libegm.so does not change the floating-point mode, the locale, the signal handlers, the open files
 * or stdout of the host program, and the library works in a child that is forked after its use. */
#include "support.h"
#include <dirent.h>
#include <egm.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_files(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	if (!directory) return -1;
	while (readdir(directory)) count++;
	closedir(directory);
	return count;
}

/* False if something has set flush-to-zero. */
static int keeps_subnormals(void)
{
	volatile float tiny = 1e-38f, factor = 1e-3f;
	return tiny * factor > 0;
}

typedef struct host_state {
	int rounding, subnormals, files;
	char locale[256];
	sigset_t mask;
	struct sigaction actions[32];
} host_state;

static void host_look(host_state *state)
{
	memset(state, 0, sizeof *state);
	state->rounding = fegetround();
	state->subnormals = keeps_subnormals();
	state->files = open_files();
	strncpy(state->locale, setlocale(LC_ALL, NULL), sizeof state->locale - 1);
	pthread_sigmask(SIG_BLOCK, NULL, &state->mask);
	for (int i = 1; i < 32; i++) sigaction(i, NULL, &state->actions[i]);
}

static void host_compare(const host_state *before, const host_state *after)
{
	ck_assert_int_eq(before->rounding, after->rounding);
	ck_assert_int_eq(before->subnormals, after->subnormals);
	ck_assert_int_eq(before->files, after->files);
	ck_assert_str_eq(before->locale, after->locale);
	for (int i = 1; i < 32; i++) {
		ck_assert_int_eq(sigismember(&before->mask, i), sigismember(&after->mask, i));
		ck_assert_msg(before->actions[i].sa_handler == after->actions[i].sa_handler, "signal %d", i);
	}
}

/* A small use of the library: the energies of a network at 8 points. */
static int use_library(float energies[8])
{
	enum { ROWS = 8, COLUMNS = 2 };
	egm_context *context = NULL;
	egm_model *model = NULL;
	float x[ROWS * COLUMNS];
	for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)i / 8;
	int ok = egm_context_create(&context, NULL) == EGM_OK &&
	         egm_model_create(&model, context, "energy", COLUMNS) == EGM_OK && egm_model_dense(model, 32) == EGM_OK &&
	         egm_model_silu(model) == EGM_OK && egm_model_dense(model, 1) == EGM_OK &&
	         egm_model_build(model, EGM_F32, 1) == EGM_OK &&
	         egm_model_energy(model, egm_f32(x, ROWS, COLUMNS), egm_f32_out(energies, ROWS, 1)) == EGM_OK;
	egm_model_free(model);
	egm_context_free(context);
	return ok;
}

START_TEST(test_host__loading_and_use_keep_the_floating_point_mode)
{
	float energies[8];
	ck_assert_int_eq(keeps_subnormals(), 1); /* the library was loaded before main */
	ck_assert_int_eq(fesetround(FE_UPWARD), 0);
	int ok = use_library(energies), rounding = fegetround();
	fesetround(FE_TONEAREST);
	ck_assert_int_eq(ok, 1);
	ck_assert_int_eq(rounding, FE_UPWARD);
	ck_assert_int_eq(keeps_subnormals(), 1);
}
END_TEST

START_TEST(test_host__use_leaves_the_process_as_it_was)
{
	host_state before, after;
	float energies[8];
	host_look(&before);
	ck_assert_msg(use_library(energies), "%s", egm_last_error());
	host_look(&after);
	host_compare(&before, &after);
}
END_TEST

/* Runs body(argument) in a child and returns its exit code. If the child hangs, it ends after 20 minutes. */
static int in_child(int (*body)(const float *), const float *argument)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(1200);
		_exit(body(argument));
	}
	int state = 0;
	ck_assert_int_eq(waitpid(pid, &state, 0), pid);
	ck_assert_msg(WIFEXITED(state), "wait status %d", state);
	return WEXITSTATUS(state);
}

/* Descriptors 0 and 1 are free, so a descriptor that the library kept open would be one of them. */
static int with_stdout_closed(const float *expected)
{
	float energies[8];
	close(0);
	close(1);
	if (!use_library(energies)) return 1;
	if (memcmp(energies, expected, sizeof energies) != 0) return 2;
	return dup(2) == 0 ? 0 : 3;
}

static int the_same_numbers(const float *expected)
{
	float energies[8];
	if (!use_library(energies)) return 1;
	return memcmp(energies, expected, sizeof energies) ? 2 : 0;
}

START_TEST(test_host__works_with_stdin_and_stdout_closed)
{
	float expected[8];
	ck_assert_msg(use_library(expected), "%s", egm_last_error());
	ck_assert_int_eq(in_child(with_stdout_closed, expected), 0);
}
END_TEST

START_TEST(test_host__works_in_a_child_forked_after_use)
{
	float expected[8];
	ck_assert_msg(use_library(expected), "%s", egm_last_error());
	ck_assert_int_eq(in_child(the_same_numbers, expected), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hygiene");
	TCase *tc = tcase_create("host");
	tcase_set_tags(tc, "R13 R20 R21");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_host__loading_and_use_keep_the_floating_point_mode);
	tcase_add_test(tc, test_host__use_leaves_the_process_as_it_was);
	tcase_add_test(tc, test_host__works_with_stdin_and_stdout_closed);
	tcase_add_test(tc, test_host__works_in_a_child_forked_after_use);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
