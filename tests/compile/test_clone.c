/* SPDX-License-Identifier: MIT */
/* Clones of a program, which threads run at once, and the memory of programs with packed factors. */
#include "packed_net.h"
#include <pthread.h>

typedef struct worker {
	egm__program *p;
	float out[ROWS * ROW_OUT];
	const float *expected;
	int wrong;
} worker;

static void *work(void *argument)
{
	worker *w = argument;
	void *bases[EGM__MAX_SLOTS] = {[WEIGHTS] = weights32, [IN] = in32, [OUT] = w->out};
	for (int i = 0; i < 50; i++) {
		memset(w->out, 0, sizeof w->out);
		egm__program_run(w->p, bases, 0, (uint64_t)i);
		w->wrong += memcmp(w->out, w->expected, sizeof w->out) != 0;
	}
	return NULL;
}

START_TEST(test_clone__clones_run_at_once)
{
	static worker workers[3];
	egm_context *c = egm_test_context_on(2, EGM_SIMD_AUTO);
	pthread_t threads[3];
	fill(21);
	egm__program *p = compile(c, EGM_F32, 1, ROWS);
	workers[0].p = p;
	ck_assert_int_eq(egm__program_clone(&workers[1].p, p), EGM_OK);
	ck_assert_int_eq(egm__program_clone(&workers[2].p, workers[1].p), EGM_OK);
	prepare(p); /* for all of them */
	run(p, 0, ROWS);
	for (int i = 0; i < 3; i++) {
		workers[i].expected = out32;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_int_eq(workers[i].wrong, 0);
	}
	egm__program_free(workers[1].p); /* its own clone needs p alone */
	egm__program_run(workers[2].p, (void *[EGM__MAX_SLOTS]){[WEIGHTS] = weights32, [IN] = in32, [OUT] = out64}, 0, 0);
	ck_assert(!memcmp(out64, out32, ROWS * ROW_OUT * sizeof *out32));
	egm__program_free(workers[2].p);
	egm__program_free(p);
	egm_context_free(c);
}
END_TEST

/* ---- memory */

START_TEST(test_clone__prepare_and_run_allocate_nothing)
{
	egm_test_allocator a = {0};
	egm_context *c = egm_test_context(&a);
	egm__program *clone = NULL;
	fill(22);
	egm__program *p = compile(c, EGM_F32, 1, 32);
	ck_assert_int_eq(egm__program_clone(&clone, p), EGM_OK);
	long calls = a.calls;
	for (int i = 0; i < 5; i++) {
		prepare(p);
		run(p, 0, 32);
		run(clone, 0, 32);
	}
	ck_assert_int_eq(a.calls, calls);
	egm__program_free(clone);
	egm__program_free(p);
	egm_context_free(c);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

static egm_status compile_and_clone(void *context)
{
	egm__program *p = compile(context, EGM_F32, 1, 4), *clone = NULL;
	egm_status st = p ? egm__program_clone(&clone, p) : EGM_ERR_MEMORY;
	if (st != EGM_OK) ck_assert_ptr_null(clone);
	egm__program_free(clone);
	egm__program_free(p);
	return st;
}

START_TEST(test_clone__every_allocation_may_fail)
{
	egm_test_allocator a = {0};
	egm_context *c = egm_test_context(&a);
	ck_assert_int_gt(egm_test_fail_each(&a, compile_and_clone, c), 20);
	egm_context_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clone");
	TCase *t = tcase_create("clone");
	tcase_set_tags(t, "R1 R24");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_clone__clones_run_at_once);
	tcase_add_test(t, test_clone__prepare_and_run_allocate_nothing);
	tcase_add_test(t, test_clone__every_allocation_may_fail);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
