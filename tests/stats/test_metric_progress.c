/* SPDX-License-Identifier: MIT */
/* Metrics that report their steps: what the callback is told, that it changes no bit of the result, and that a stopped
 * call writes no result. When the callback is called depends on the clock, and no test depends on that. */
#include "metric_support.h"
#include <stdio.h>

/* Of 1100 columns, strips are 64 rows: N and M are three of them, which end within a block. */
enum { N = 150, M = 140, D = 1100, FEW = 40, KINDS = 4 };

static double x[N * D], y[M * D];

typedef struct observer {
	int64_t calls, first, last, total;
	int64_t stop_at;    /* `done`; 0: never */
	egm_context *freed; /* in the first call; NULL: none */
} observer;

static int observe(const egm_progress *p, void *user)
{
	observer *o = user;
	ck_assert_uint_eq(p->struct_size, sizeof *p);
	ck_assert(p->step == p->done && p->done > o->last && p->done <= p->total);
	ck_assert(p->term_count == 0 && p->learning_rate == 0);
	ck_assert(o->calls == 0 || p->total == o->total);
	if (o->calls++ == 0) o->first = p->done;
	o->last = p->done;
	o->total = p->total;
	egm_context_free(o->freed);
	o->freed = NULL;
	return o->stop_at && p->done >= o->stop_at;
}

typedef egm_status metric(egm_context *c, egm_array a, egm_array b, double *out, egm_progress_fn progress, void *user);

static egm_status mmd(egm_context *c, egm_array a, egm_array b, double *out, egm_progress_fn progress, void *user)
{
	egm_mmd_options o = EGM_MMD_OPTIONS_INIT;
	o.bandwidths = (const double[]){40};
	o.bandwidth_count = 1;
	return egm_metric_mmd(c, a, b, &o, out, progress, user);
}

static egm_status energy(egm_context *c, egm_array a, egm_array b, double *out, egm_progress_fn progress, void *user)
{
	return egm_metric_energy(c, a, b, EGM_ESTIMATOR_UNBIASED, out, progress, user);
}

static egm_status sliced(egm_context *c, egm_array a, egm_array b, double *out, egm_progress_fn progress, void *user)
{
	return egm_metric_sliced(c, a, b, NULL, out, progress, user);
}

/* Steps: of pairs, blocks by strips. Within x 3 blocks have a first strip, and as 86 rows are left behind 64, and 22
 * behind 128, 2 have a second and 1 a third one; the same within y; x by y three times 3. Frechet: a chunk of 256 rows
 * of either, twice each, FEW rows of either root, a product, at most 60 sweeps over FEW rows. */
enum { PAIRS = 3 + 2 + 1 + 3 + 2 + 1 + 3 * 3, MOMENTS = 2 * (1 + 1) + 2 * FEW + 1 };

static const struct kind {
	const char *name;
	metric *run;
	int64_t columns, total;
	int exact; /* that many, not at most */
} kinds[KINDS] = {{"egm_metric_mmd", mmd, D, PAIRS, 1},
                  {"egm_metric_energy", energy, D, PAIRS, 1},
                  {"egm_metric_sliced", sliced, FEW, 128, 1},
                  {"egm_metric_frechet", egm_metric_frechet, FEW, MOMENTS + 60 * FEW, 0}};

static void start(void)
{
	setup();
	normals(1, 0, N * D, x);
	normals(2, 0.1, M * D, y);
}

static double measure(const struct kind *k, egm_context *c, observer *o)
{
	double out = NAN;
	assert_ok(k->run(c, egm_f64(x, N, k->columns), egm_f64(y, M, k->columns), &out, o ? observe : NULL, o));
	return out;
}

START_TEST(test_metric_progress__is_told_of_the_first_and_the_last_step)
{
	const struct kind *k = &kinds[_i];
	observer o = {0};
	measure(k, context, &o);
	ck_assert_int_eq(o.first, 1);
	ck_assert_int_eq(o.total, k->total);
	ck_assert_int_ge(o.calls, 2);
	if (k->exact)
		ck_assert_int_eq(o.last, o.total);
	else
		ck_assert(o.last > MOMENTS && (o.last - MOMENTS) % FEW == 0); /* whole sweeps */
}
END_TEST

START_TEST(test_metric_progress__changes_no_bit_on_any_number_of_threads)
{
	const struct kind *k = &kinds[_i];
	const double alone = measure(k, context, NULL);
	observer seen = {0};
	ck_assert(measure(k, context, &seen) == alone);
	for (int32_t threads = 2; threads <= 5; threads += 3) {
		egm_context *other = egm_test_context_on(threads, EGM_SIMD_AUTO);
		observer o = {0};
		ck_assert(measure(k, other, NULL) == alone);
		ck_assert(measure(k, other, &o) == alone);
		ck_assert(o.first == 1 && o.last == seen.last && o.total == seen.total);
		egm_context_free(other);
	}
}
END_TEST

/* After the first step, in between, and after the last, which is as late as any. */
START_TEST(test_metric_progress__stops_without_a_result)
{
	const struct kind *k = &kinds[_i];
	observer whole = {0};
	char text[120];
	measure(k, context, &whole);
	const int64_t at[3] = {1, whole.last / 2, whole.last};
	for (int32_t threads = 1; threads <= 3; threads += 2)
		for (int i = 0; i < 3; i++) {
			egm_test_allocator a = {0};
			egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
			egm_context *counted = NULL;
			options.alloc = egm_test_alloc, options.dealloc = egm_test_dealloc, options.alloc_user = &a;
			options.threads = threads;
			assert_ok(egm_context_create(&counted, &options));
			const long live = a.live;
			observer o = {.stop_at = at[i]};
			double out = 7;
			ck_assert_int_eq(k->run(counted, egm_f64(x, N, k->columns), egm_f64(y, M, k->columns), &out, observe, &o),
			                 EGM_ERR_STOPPED);
			ck_assert(out == 7 && o.last >= at[i]);
			snprintf(text, sizeof text, "%s: the callback stopped it after step %lld of %lld", k->name,
			         (long long)o.last, (long long)k->total);
			ck_assert_str_eq(egm_last_error(), text);
			ck_assert_int_eq(a.live, live);
			egm_context_free(counted);
			ck_assert_int_eq(a.live, 0);
		}
}
END_TEST

/* The callback may free the context; the call retains it. */
START_TEST(test_metric_progress__may_free_the_context)
{
	const struct kind *k = &kinds[_i];
	const double alone = measure(k, context, NULL);
	observer o = {.freed = egm_test_context_on(2, EGM_SIMD_AUTO)};
	ck_assert(measure(k, o.freed, &o) == alone);
	ck_assert_ptr_null(o.freed);
}
END_TEST

typedef struct logged {
	egm_test_allocator memory;
	int lines;
} logged;

static void count_line(int32_t level, const char *message, void *user)
{
	logged *l = user;
	(void)level;
	(void)message;
	ck_assert_int_gt(l->memory.live, 0);
	l->lines++;
}

/* So does a call that logs what it chose. */
START_TEST(test_metric_progress__logs_to_a_context_that_it_freed)
{
	logged l = {{0}, 0};
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	observer o = {0};
	double out;
	options.alloc = egm_test_alloc, options.dealloc = egm_test_dealloc, options.alloc_user = &l.memory;
	options.log = count_line, options.log_user = &l;
	assert_ok(egm_context_create(&o.freed, &options));
	assert_ok(egm_metric_mmd(o.freed, egm_f64(x, N, 1), egm_f64(y, M, 1), NULL, &out, observe, &o));
	ck_assert(o.freed == NULL && l.lines == 1 && l.memory.live == 0);
}
END_TEST

/* The least there is to do. */
START_TEST(test_metric_progress__of_two_rows)
{
	const struct kind *k = &kinds[_i];
	const double two[2] = {0, 1}, others[2] = {2, 4};
	observer o = {0};
	double out;
	assert_ok(k->run(context, egm_f64(two, 2, 1), egm_f64(others, 2, 1), &out, observe, &o));
	ck_assert(o.first == 1 && o.last <= o.total);
	if (k->exact) ck_assert_int_eq(o.last, o.total);
}
END_TEST

/* All pairs of two strips, one by one: each r of about 47 is off by some 500 roundings, and so is each of the three
 * means, of which the result is a difference: 1e-10. */
static long double mean_distance(const double *a, int64_t n, const double *b, int64_t m)
{
	long double sum = 0;
	int64_t pairs = 0;
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = a == b ? i + 1 : 0; j < m; j++, pairs++) {
			double square = 0;
			for (int k = 0; k < D; k++) square += (a[i * D + k] - b[j * D + k]) * (a[i * D + k] - b[j * D + k]);
			sum += sqrtl(square);
		}
	return sum / (long double)pairs;
}

START_TEST(test_metric_progress__strips_have_all_pairs)
{
	long double want = 2 * mean_distance(x, N, y, M) - mean_distance(x, N, x, N) - mean_distance(y, M, y, M);
	assert_close(measure(&kinds[1], context, NULL), (double)want, 1e-10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric_progress");
	TCase *tc = tcase_create("progress");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, start, teardown);
	tcase_add_loop_test(tc, test_metric_progress__is_told_of_the_first_and_the_last_step, 0, KINDS);
	tcase_add_loop_test(tc, test_metric_progress__changes_no_bit_on_any_number_of_threads, 0, KINDS);
	tcase_add_loop_test(tc, test_metric_progress__stops_without_a_result, 0, KINDS);
	tcase_add_loop_test(tc, test_metric_progress__may_free_the_context, 0, KINDS);
	tcase_add_test(tc, test_metric_progress__logs_to_a_context_that_it_freed);
	tcase_add_loop_test(tc, test_metric_progress__of_two_rows, 0, KINDS);
	tcase_add_test(tc, test_metric_progress__strips_have_all_pairs);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
