/* SPDX-License-Identifier: MIT */
/* A file is replaced as a whole or not at all: when system calls fail, the disk is full, or the process is killed. Each
 * saved file is one tensor of N equal numbers, so that a mixture of two files shows. */
#include "fault_io.h"
#include "io_support.h"
#include "st_files.h"
#include <io/safetensors_impl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { N = 40000 };

static egm_context *context;
static char folder[PATH_MAX - 300], path[PATH_MAX];

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	ck_assert_int_lt(snprintf(folder, sizeof folder, "%.3700s/folder", io_folder), (int)sizeof folder);
	snprintf(path, sizeof path, "%s/state", folder);
	io_remove(folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
}

static void teardown(void)
{
	fault.call = FAULT_NONE;
	egm_context_free(context);
	io_remove(folder);
}

static egm_status save(uint64_t generation)
{
	static uint64_t values[N];
	for (int i = 0; i < N; i++) values[i] = generation;
	const egm__st_tensor t = {"generation", EGM__ST_U64, 1, {N}, values, N};
	return st_file_write(context, path, 1, &t, 0, NULL);
}

static uint64_t load(void)
{
	egm__safetensors *file;
	egm_status st = st_file_read(&file, context, path, NULL);
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
	const uint64_t *values = egm__safetensors_at(file, 0)->data;
	uint64_t generation = values[0];
	/* One assertion for all: each of Check's is a message to its parent. */
	int wrong = 0;
	for (int i = 0; i < N; i++) wrong += values[i] != generation;
	ck_assert_int_eq(wrong, 0);
	egm__safetensors_free(file);
	return generation;
}

/* ---- failing system calls */

static const struct {
	const char *name;
	fault_call call;
	int error;
} faults[] = {
    {"open", FAULT_OPEN, EACCES},   {"open", FAULT_OPEN, EMFILE},    {"write", FAULT_WRITE, EIO},
    {"write", FAULT_WRITE, ENOSPC}, {"fsync", FAULT_FSYNC, EIO},     {"fchmod", FAULT_FCHMOD, EPERM},
    {"close", FAULT_CLOSE, EIO},    {"rename", FAULT_RENAME, EXDEV},
};

/* How many calls of one kind a save makes. */
static long count_calls(fault_call call)
{
	fault.call = call;
	fault.at = fault.seen = 0;
	ck_assert_int_eq(save(1), EGM_OK);
	fault.call = FAULT_NONE;
	return fault.seen;
}

/* The folder's own fsync comes after the rename: the new file is in place then, and whole. The two close calls after
 * the file's own are on descriptors that were only read; what they say changes nothing. */
START_TEST(test_file__a_failing_call_leaves_the_old_file)
{
	ck_assert_int_eq(save(1), EGM_OK);
	long calls = count_calls(faults[_i].call);
	ck_assert_int_ge(calls, 1);
	for (long at = 1; at <= calls; at++) {
		ck_assert_int_eq(save(1), EGM_OK);
		fault.call = faults[_i].call;
		fault.error = faults[_i].error;
		fault.at = at;
		fault.seen = 0;
		egm_status st = save(2);
		fault.call = FAULT_NONE;
		int late = at > 1 && (faults[_i].call == FAULT_FSYNC || faults[_i].call == FAULT_CLOSE);
		if (!(late && faults[_i].call == FAULT_CLOSE)) {
			io_expect(faults[_i].name, st, EGM_ERR_IO, strerror(faults[_i].error));
			io_expect(faults[_i].name, st, EGM_ERR_IO, path);
		}
		ck_assert_uint_eq(load(), late ? 2 : 1);
		ck_assert_int_eq(io_entries(folder, NULL), 1);
	}
}
END_TEST

START_TEST(test_file__interrupted_and_short_calls_are_no_failures)
{
	static const struct {
		fault_call call;
		int error;
	} rows[] = {{FAULT_OPEN, EINTR},  {FAULT_WRITE, EINTR}, {FAULT_WRITE, 0},    {FAULT_FSYNC, EINTR},
	            {FAULT_PREAD, EINTR}, {FAULT_PREAD, 0},     {FAULT_CLOSE, EINTR}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (long at = 1; at <= 8; at++) {
			fault.call = rows[i].call;
			fault.error = rows[i].error;
			fault.at = at;
			fault.seen = 0;
			ck_assert_int_eq(save((uint64_t)at), EGM_OK);
			ck_assert_uint_eq(load(), (uint64_t)at);
			fault.call = FAULT_NONE;
		}
	}
}
END_TEST

START_TEST(test_file__a_failing_read_is_named)
{
	egm__safetensors *file;
	ck_assert_int_eq(save(1), EGM_OK);
	load(); /* the first time, jansson reads a seed for its tables */
	for (long at = 1; at <= 3; at++) {
		fault.call = FAULT_PREAD;
		fault.error = EIO;
		fault.at = at;
		fault.seen = 0;
		io_expect("read", st_file_read(&file, context, path, NULL), EGM_ERR_IO, "read: ");
		ck_assert_ptr_nonnull(strstr(egm_last_error(), strerror(EIO)));
		ck_assert_ptr_null(file);
		fault.call = FAULT_NONE;
	}
}
END_TEST

/* ---- the real system refuses */

START_TEST(test_file__no_room)
{
	ck_assert_int_eq(save(1), EGM_OK);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100000, RLIM_INFINITY}), 0);
	io_expect("limit", save(2), EGM_ERR_IO, "File too large");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
	ck_assert_uint_eq(load(), 1);
	ck_assert_int_eq(io_entries(folder, NULL), 1);
}
END_TEST

START_TEST(test_file__no_place)
{
	static const char *const names[] = {"absent/state", "state/below", "", "."};
	static const char *const needles[] = {"No such file", "Not a directory", "not a regular file",
	                                      "not a regular file"};
	ck_assert_int_eq(save(1), EGM_OK);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		io_expect(names[i], save(2), EGM_ERR_IO, needles[i]);
	}
	memset(path, 'x', sizeof path - 1);
	io_expect("long name", save(2), EGM_ERR_IO, "name too long");
	snprintf(path, sizeof path, "/dev/full");
	io_expect("device", save(2), EGM_ERR_IO, "not a regular file");
	ck_assert_int_eq(access("/dev/full", F_OK), 0);
	snprintf(path, sizeof path, "%s/state", folder);
	ck_assert_uint_eq(load(), 1);
	ck_assert_int_eq(io_entries(folder, NULL), 1);
}
END_TEST

/* 255 bytes are the longest name that common file systems take; the temporary one must not need more. */
START_TEST(test_file__longest_name)
{
	size_t n = strlen(folder);
	memcpy(path, folder, n);
	path[n] = '/';
	memset(path + n + 1, 'x', 255);
	path[n + 256] = 0;
	ck_assert_int_eq(save(3), EGM_OK);
	ck_assert_uint_eq(load(), 3);
	ck_assert_int_eq(io_entries(folder, NULL), 1);
}
END_TEST

START_TEST(test_file__relative_name)
{
	ck_assert_int_eq(chdir(folder), 0);
	snprintf(path, sizeof path, "here");
	ck_assert_int_eq(save(5), EGM_OK);
	ck_assert_uint_eq(load(), 5);
	ck_assert_int_eq(io_entries(".", NULL), 1);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(test_file__permissions_and_links_stay)
{
	struct stat info;
	char link[PATH_MAX];
	umask(022);
	ck_assert_int_eq(save(1), EGM_OK);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, 0644);
	ck_assert_int_eq(chmod(path, 0600), 0);
	snprintf(link, sizeof link, "%s/link", folder);
	ck_assert_int_eq(symlink("state", link), 0);
	memcpy(path, link, sizeof path);
	ck_assert_int_eq(save(2), EGM_OK);
	ck_assert_int_eq(lstat(link, &info), 0);
	ck_assert(S_ISLNK(info.st_mode));
	ck_assert_int_eq(stat(link, &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, 0600);
	snprintf(path, sizeof path, "%s/state", folder);
	ck_assert_uint_eq(load(), 2);
	ck_assert_int_eq(io_entries(folder, NULL), 2);
}
END_TEST

/* The permissions come back whatever they are, none at all too; and at no moment from its creation on was the new file
 * open to anybody whom the old one did not let in, but for its owner. */
START_TEST(test_file__permissions_before_the_first_byte)
{
	static const mode_t modes[] = {0600, 0640, 0400, 0444, 0000, 0020, 0755, 0666, 0004, 0200};
	mode_t mode = modes[_i];
	struct stat info;
	umask(0);
	ck_assert_int_eq(save(1), EGM_OK);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, 0666); /* a new file: what the umask leaves */
	ck_assert_int_eq(chmod(path, mode), 0);
	fault.modes = 0;
	ck_assert_int_eq(save(2), EGM_OK);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, mode);
	ck_assert_int_eq(fault.modes & ~(mode | 0600), 0);
}
END_TEST

/* ---- what is left of killed saves */

static void make(const char *name)
{
	char file[PATH_MAX];
	snprintf(file, sizeof file, "%s/%s", folder, name);
	io_write(file, "x", 1);
}

static int is_there(const char *name)
{
	char file[PATH_MAX];
	struct stat info;
	snprintf(file, sizeof file, "%s/%s", folder, name);
	return lstat(file, &info) == 0;
}

START_TEST(test_file__strays_are_removed)
{
	static const char *const strays[] = {"state.0123456789abcdef.tmp", "state.ffffffffffffffff.tmp"};
	static const char *const others[] = {"state.tmp",
	                                     "state.0123456789abcde.tmp",
	                                     "state.0123456789abcdef0.tmp",
	                                     "state.0123456789ABCDEF.tmp",
	                                     "state.0123456789abcdef.tmp2",
	                                     "state.0123456789abcdef",
	                                     "state2.0123456789abcdef.tmp",
	                                     "xstate.0123456789abcdef.tmp",
	                                     "stat.0123456789abcdef.tmp"};
	char link[PATH_MAX], below[PATH_MAX];
	for (int i = 0; i < 2; i++) make(strays[i]);
	for (int i = 0; i < 9; i++) make(others[i]);
	snprintf(link, sizeof link, "%s/state.aaaaaaaaaaaaaaaa.tmp", folder);
	ck_assert_int_eq(symlink("state.tmp", link), 0);
	snprintf(below, sizeof below, "%s/state.bbbbbbbbbbbbbbbb.tmp", folder);
	ck_assert_int_eq(mkdir(below, 0700), 0);
	ck_assert_int_eq(save(1), EGM_OK);
	for (int i = 0; i < 2; i++) ck_assert_msg(!is_there(strays[i]), "%s", strays[i]);
	for (int i = 0; i < 9; i++) ck_assert_msg(is_there(others[i]), "%s", others[i]);
	ck_assert_int_eq(io_entries(folder, NULL), 9 + 3);
}
END_TEST

/* A file of mode 0444 is replaced by one that has this mode while it is flushed to disk. Root opens everything, so a
 * process without rights does it. */
START_TEST(test_file__strays_of_a_read_only_file)
{
	const char *name = "state.0123456789abcdef.tmp";
	char file[PATH_MAX];
	int status;
	make(name);
	snprintf(file, sizeof file, "%s/%s", folder, name);
	ck_assert_int_eq(chmod(file, 0444), 0);
	if (geteuid() == 0) {
		const char *const all[] = {io_folder, folder, file};
		for (int i = 0; i < 3; i++) ck_assert_int_eq(chown(all[i], 65534, 65534), 0);
	}
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		if (geteuid() == 0 && setuid(65534) != 0) _exit(1);
		if (access(folder, W_OK) != 0) _exit(2); /* root's own folder for temporary files */
		_exit(save(1) != EGM_OK);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 1);
	if (WEXITSTATUS(status) == 2) fprintf(stderr, "# skipped: TMPDIR is closed to others\n");
	ck_assert(WEXITSTATUS(status) == 2 || !is_there(name));
}
END_TEST

/* The name of the temporary file has the first 200 bytes of the target's. */
START_TEST(test_file__strays_of_a_long_name)
{
	char name[300];
	memset(name, 'y', 250);
	name[250] = 0;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	strcpy(name + 200, ".0123456789abcdef.tmp");
	make(name);
	ck_assert_int_eq(save(1), EGM_OK);
	ck_assert_int_eq(io_entries(folder, NULL), 1);
}
END_TEST

static egm_status save_within(egm__writer *w, void *user)
{
	ck_assert_int_eq(egm__append(w, "outer", 5), EGM_OK);
	ck_assert_int_eq(io_entries(folder, NULL), *(int *)user ? 2 : 1);
	ck_assert_int_eq(save(7), EGM_OK);
	ck_assert_uint_eq(load(), 7);
	ck_assert_int_eq(io_entries(folder, NULL), 2);
	return EGM_OK;
}

/* A save begins and ends while another one of the same file is under way: that one's file is not a stray. */
START_TEST(test_file__a_save_under_way_keeps_its_file)
{
	size_t n;
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(egm__file_replace(context, path, save_within, &again), EGM_OK);
		unsigned char *bytes = io_read(path, &n);
		ck_assert_uint_eq(n, 5);
		ck_assert_mem_eq(bytes, "outer", 5);
		free(bytes);
		ck_assert_int_eq(io_entries(folder, NULL), 1);
	}
}
END_TEST

/* Savers of one file who look for strays while others create, lock and rename theirs: each save succeeds. */
START_TEST(test_file__many_savers)
{
	enum { SAVERS = 4, SAVES = 20 };
	pid_t children[SAVERS];
	int status;
	for (int i = 0; i < SAVERS; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i]) continue;
		for (int k = 0; k < SAVES; k++)
			if (save((uint64_t)k) != EGM_OK) _exit(1);
		_exit(0);
	}
	for (int i = 0; i < SAVERS; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	load();
	ck_assert_int_eq(io_entries(folder, NULL), 1);
}
END_TEST

/* ---- killed */

/* Saves generation first, first + 1, ... until killed; one byte in the pipe once it runs. */
static void save_for_ever(uint64_t first, int ready)
{
	for (uint64_t g = first;; g++) {
		if (save(g) != EGM_OK) _exit(1);
		if (g == first && syscall(SYS_write, ready, "r", 1) != 1) _exit(2);
	}
}

/* A save takes some milliseconds; a kill comes 0 to 4 ms after the child has saved once. Each time the file is whole
 * and at least as new as that first save. With 200 kills, some hit while the temporary file exists: the next save
 * removes it, so there is never more than one. */
START_TEST(test_file__kill_at_any_moment)
{
	enum { KILLS = 200 };
	uint64_t generation = 1, random = 12345;
	int left_behind = 0;
	for (int i = 0; i < KILLS; i++) {
		int ends[2], status;
		char byte;
		ck_assert_int_eq(pipe(ends), 0);
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) save_for_ever(generation + 1, ends[1]);
		syscall(SYS_close, ends[1]);
		ck_assert_int_eq((int)read(ends[0], &byte, 1), 1);
		random = random * 6364136223846793005u + 1442695040888963407u;
		usleep((useconds_t)(random >> 33) % 4000);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status));
		syscall(SYS_close, ends[0]);
		uint64_t found = load();
		ck_assert_uint_ge(found, generation + 1);
		generation = found;
		int strays = io_entries(folder, NULL) - 1;
		ck_assert_int_le(strays, 1);
		left_behind += strays;
	}
	ck_assert_int_gt(left_behind, 0);
	ck_assert_int_eq(save(generation), EGM_OK);
	ck_assert_int_eq(io_entries(folder, NULL), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("file");
	TCase *tc = tcase_create("R2"), *killed = tcase_create("R3");
	tcase_set_tags(tc, "R2");
	tcase_set_tags(killed, "R3");
	tcase_set_timeout(killed, 240);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(killed, setup, teardown);
	tcase_add_loop_test(tc, test_file__a_failing_call_leaves_the_old_file, 0, (int)(sizeof faults / sizeof *faults));
	tcase_add_test(tc, test_file__interrupted_and_short_calls_are_no_failures);
	tcase_add_test(tc, test_file__a_failing_read_is_named);
	tcase_add_test(tc, test_file__no_room);
	tcase_add_test(tc, test_file__no_place);
	tcase_add_test(tc, test_file__longest_name);
	tcase_add_test(tc, test_file__relative_name);
	tcase_add_test(tc, test_file__permissions_and_links_stay);
	tcase_add_loop_test(tc, test_file__permissions_before_the_first_byte, 0, 10);
	tcase_add_test(tc, test_file__strays_are_removed);
	tcase_add_test(tc, test_file__strays_of_a_read_only_file);
	tcase_add_test(tc, test_file__strays_of_a_long_name);
	tcase_add_test(tc, test_file__a_save_under_way_keeps_its_file);
	tcase_add_test(tc, test_file__many_savers);
	tcase_add_test(killed, test_file__kill_at_any_moment);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, killed);
	return io_test_main(s);
}
