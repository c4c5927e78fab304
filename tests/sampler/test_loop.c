/* SPDX-License-Identifier: MIT */
/* A chain depends on the seed and on its index, but not on the number of other chains, on threads, or on how a run
 * is divided into calls. Bits are compared, for every kernel on every kind of target. */
#include "loop_fixture.h"
#include <pthread.h>
#include <sampler/target_impl.h>

/* _i: kernel and target */
static int32_t kernel_of(int i)
{
	return 1 + i % LOOP_KERNELS;
}

static int target_of(int i)
{
	return i / LOOP_KERNELS;
}

static record run_target(loop_target *t, int i, int64_t chains, int64_t n, int64_t thin)
{
	any_kernel_options o = loop_options(kernel_of(i), chains);
	egm_sampler *sampler = make_sampler(t->target, &o);
	record r = record_run(sampler, t, chains, n, thin, EGM_OK);
	egm_sampler_free(sampler);
	close_target(t);
	return r;
}

static record run_alone(int i, int32_t threads, int64_t chains, int64_t n, int64_t thin)
{
	loop_target t;
	open_target(&t, target_of(i), threads);
	return run_target(&t, i, chains, n, thin);
}

/* An energy that is not read is not computed, unless the target does not permit this. */
START_TEST(test_loop__energies_that_nobody_reads_change_nothing)
{
	loop_target t;
	record spared = run_alone(_i, 1, 9, 4, 3);
	open_target(&t, target_of(_i), 1);
	t.target->gradient_suffices = 0;
	record all = run_target(&t, _i, 9, 4, 3);
	for (int64_t n = 0; n < 4; n++)
		for (int64_t c = 0; c < 9; c++) assert_same_draw(&all, n, &spared, n, c);
	free_record(&all);
	free_record(&spared);
}
END_TEST

START_TEST(test_loop__chains_do_not_see_each_other_nor_threads)
{
	enum { MANY = 67, N = 6 };
	record all = run_alone(_i, 1, MANY, N, 1);
	for (int k = 0; k < 5; k++) {
		const int64_t chains[] = {1, 3, 64, MANY, MANY};
		const int32_t threads[] = {1, 2, 3, 2, 3};
		record r = run_alone(_i, threads[k], chains[k], N, 1);
		for (int64_t n = 0; n < N; n++)
			for (int64_t c = 0; c < chains[k]; c++) assert_same_draw(&all, n, &r, n, c);
		free_record(&r);
	}
	free_record(&all);
}
END_TEST

START_TEST(test_loop__a_cut_run_and_a_thinned_one_are_the_same_run)
{
	enum { CHAINS = 5, N = 12, FIRST = 5 };
	record all = run_alone(_i, 1, CHAINS, N, 1), thinned = run_alone(_i, 1, CHAINS, N / 3, 3);
	loop_target t;
	open_target(&t, target_of(_i), 2);
	any_kernel_options o = loop_options(kernel_of(_i), CHAINS);
	egm_sampler *sampler = make_sampler(t.target, &o);
	record first = record_run(sampler, &t, CHAINS, FIRST, 1, EGM_OK);
	record rest = record_run(sampler, &t, CHAINS, N - FIRST, 1, EGM_OK);
	for (int64_t c = 0; c < CHAINS; c++) {
		for (int64_t n = 0; n < N; n++)
			assert_same_draw(&all, n, n < FIRST ? &first : &rest, n < FIRST ? n : n - FIRST, c);
		for (int64_t n = 0; n < N / 3; n++) assert_same_draw(&all, 3 * n + 2, &thinned, n, c);
	}
	record *each[] = {&all, &thinned, &first, &rest};
	for (int i = 0; i < 4; i++) free_record(each[i]);
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

/* Draws and energies may each be NULL, and change nothing by it. */
START_TEST(test_loop__nothing_has_to_be_written)
{
	enum { CHAINS = 3 };
	record all = run_alone(_i, 1, CHAINS, 4, 1);
	loop_target t;
	open_target(&t, target_of(_i), 1);
	any_kernel_options o = loop_options(kernel_of(_i), CHAINS);
	egm_sampler *sampler = make_sampler(t.target, &o);
	double draws[CHAINS * LOOP_MOST], energies[CHAINS];
	ck_assert_egm(egm_sampler_run(sampler, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), egm_no_out(), NULL, NULL));
	for (int64_t i = 0; i < CHAINS * t.dims; i++)
		ck_assert(number_at(t.dtype, draws, i) == all.draws.draws[CHAINS * t.dims + i]);
	ck_assert_egm(egm_sampler_run(sampler, 1, 1, egm_no_out(), energies_out(sampler, 1, energies), NULL, NULL));
	for (int64_t i = 0; i < CHAINS; i++) ck_assert(number_at(t.dtype, energies, i) == all.energies[2 * CHAINS + i]);
	record last = record_run(sampler, &t, CHAINS, 1, 1, EGM_OK);
	for (int64_t c = 0; c < CHAINS; c++) assert_same_draw(&all, 3, &last, 0, c);
	free_record(&all);
	free_record(&last);
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

/* Points are where the last draw was (annealed chains rest where they were before denoising, which is off here), and
 * putting the chains there does not change what they do next: bit for bit without bounds, up to the rounding of y(x(y))
 * with them. */
START_TEST(test_loop__points_go_out_and_in)
{
	enum { CHAINS = 4 };
	record all = run_alone(_i, 1, CHAINS, 5, 1);
	loop_target t;
	open_target(&t, target_of(_i), 1);
	any_kernel_options o = loop_options(kernel_of(_i), CHAINS);
	egm_sampler *sampler = make_sampler(t.target, &o);
	record start = record_run(sampler, &t, CHAINS, 3, 1, EGM_OK);
	double points[CHAINS * LOOP_MOST];
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, t.dtype, points)));
	for (int64_t i = 0; i < CHAINS * t.dims; i++)
		ck_assert(number_at(t.dtype, points, i) == start.draws.draws[2 * CHAINS * t.dims + i]);
	int tempered = kernel_of(_i) == ANY_TEMPERED; /* its hotter levels have other points, and move */
	ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, t.dtype, points)));
	ck_assert(isnan(sampler_stats(sampler, -1).energy));
	record rest = record_run(sampler, &t, CHAINS, 2, 1, EGM_OK);
	for (int64_t i = 0; i < 2 * CHAINS * t.dims && !tempered; i++) {
		double x = rest.draws.draws[i], y = all.draws.draws[3 * CHAINS * t.dims + i];
		ck_assert_near(x, y, target_of(_i) % WIDE <= LATENT ? 0 : 1e-11);
	}
	ck_assert_int_eq(sampler_stats(sampler, 0).transitions, sampler_stats(sampler, 1).transitions);
	record *each[] = {&all, &start, &rest};
	for (int i = 0; i < 3; i++) free_record(each[i]);
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

/* In f32 the network's own rounding, 1e-6 of what its layers add up, is all the difference. */
START_TEST(test_loop__energies_are_those_of_the_target)
{
	enum { CHAINS = 6, N = 4 };
	loop_target t;
	open_target(&t, target_of(_i), 2);
	any_kernel_options o = loop_options(kernel_of(_i), CHAINS);
	egm_sampler *sampler = make_sampler(t.target, &o);
	double draws[N * CHAINS * LOOP_MOST], energies[N * CHAINS], again[N * CHAINS], sum = 0;
	ck_assert_egm(
	    egm_sampler_run(sampler, N, 2, draws_out(sampler, N, draws), energies_out(sampler, N, energies), NULL, NULL));
	ck_assert_egm(egm_target_evaluate(t.target, egm_array_of(t.dtype, draws, N * CHAINS, egm_target_dims(t.target)),
	                                  egm_out_of(t.dtype, again, N * CHAINS, 1), egm_no_out()));
	for (int64_t i = 0; i < N * CHAINS; i++)
		ck_assert_near(number_at(t.dtype, energies, i), number_at(t.dtype, again, i),
		               t.dtype == EGM_F32 ? 1e-5 : 1e-12);
	for (int64_t c = 0; c < CHAINS; c++) {
		double last = number_at(t.dtype, energies, (N - 1) * CHAINS + c);
		ck_assert_near(sampler_stats(sampler, c).energy, last, t.dtype == EGM_F32 ? 1e-5 : 1e-12);
		sum += last;
	}
	ck_assert_near(sampler_stats(sampler, -1).energy, sum / CHAINS, t.dtype == EGM_F32 ? 1e-5 : 1e-12);
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

/* ---- eight samplers on one target, in eight threads */

typedef struct worker {
	loop_target *t;
	any_kernel_options options;
	record record;
} worker;

enum { WORKERS = 8, WORKER_CHAINS = 3, WORKER_DRAWS = 50, WORKER_THIN = 20 };

static void *work(void *argument)
{
	worker *w = (worker *)argument;
	egm_sampler *sampler = make_sampler(w->t->target, &w->options);
	w->record = record_run(sampler, w->t, WORKER_CHAINS, WORKER_DRAWS, WORKER_THIN, EGM_OK);
	egm_sampler_free(sampler);
	return NULL;
}

START_TEST(test_loop__a_target_serves_eight_threads)
{
	static const int shared[] = {NET_32, NET_64, LATENT, CONCURRENT, WIDE + NET_32};
	loop_target t;
	open_target(&t, shared[_i], 2);
	worker alone[WORKERS], together[WORKERS];
	pthread_t threads[WORKERS];
	for (int k = 0; k < WORKERS; k++) {
		worker w = {&t, loop_options(1 + k % LOOP_KERNELS, WORKER_CHAINS), {0}};
		alone[k] = together[k] = w;
		work(&alone[k]);
	}
	for (int k = 0; k < WORKERS; k++) ck_assert_int_eq(pthread_create(&threads[k], NULL, work, &together[k]), 0);
	for (int k = 0; k < WORKERS; k++) ck_assert_int_eq(pthread_join(threads[k], NULL), 0);
	for (int k = 0; k < WORKERS; k++) {
		for (int64_t n = 0; n < WORKER_DRAWS; n++)
			for (int64_t c = 0; c < WORKER_CHAINS; c++)
				assert_same_draw(&alone[k].record, n, &together[k].record, n, c);
		free_record(&alone[k].record);
		free_record(&together[k].record);
	}
	close_target(&t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *same = new_case(suite, "the same bits", "R15 K24");
	tcase_add_loop_test(same, test_loop__chains_do_not_see_each_other_nor_threads, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(same, test_loop__a_cut_run_and_a_thinned_one_are_the_same_run, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(same, test_loop__energies_that_nobody_reads_change_nothing, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(same, test_loop__nothing_has_to_be_written, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(same, test_loop__points_go_out_and_in, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(same, test_loop__energies_are_those_of_the_target, 0, LOOP_KERNELS * LOOP_TARGETS);
	TCase *shared = new_case(suite, "threads of the caller", "R8");
	tcase_add_loop_test(shared, test_loop__a_target_serves_eight_threads, 0, 5);
	return egm_test_main(suite);
}
