/* SPDX-License-Identifier: MIT */
/* Calls that report to a progress callback, which may stop them. They are compared with the same call without a
 * callback: results must not depend on whether and when it is asked, and the parts of a stopped call must equal the
 * whole, bit for bit. */
#include "loop_fixture.h"
#include <pthread.h>
#include <stdio.h>

enum { CHAINS = 11, DRAWS = 7, THIN = 3 };

typedef struct outcome {
	_Alignas(double) unsigned char draws[DRAWS][CHAINS * LOOP_MOST * 8];
	_Alignas(double) unsigned char energies[DRAWS][CHAINS * 8];
	_Alignas(double) unsigned char points[CHAINS * LOOP_MOST * 8];
	egm_sampler_statistics stats[CHAINS];
} outcome;

static size_t draw_bytes(const loop_target *t)
{
	return (size_t)(CHAINS * t->dims) * (t->dtype == EGM_F32 ? 4 : 8);
}

static size_t energy_bytes(const loop_target *t)
{
	return CHAINS * (size_t)(t->dtype == EGM_F32 ? 4 : 8);
}

static const unsigned char *draw_at(const outcome *o, const loop_target *t, int64_t draw)
{
	return (const unsigned char *)o->draws + draw_bytes(t) * (size_t)draw;
}

static void look(egm_sampler *sampler, const loop_target *t, outcome *o)
{
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, t->dtype, o->points)));
	for (int64_t c = 0; c < CHAINS; c++) o->stats[c] = sampler_stats(sampler, c);
}

/* Draws follow each other, so both arrays are filled from their beginning. */
static void assert_same(const outcome *a, const outcome *b)
{
	ck_assert_mem_eq(a->draws, b->draws, sizeof a->draws);
	ck_assert_mem_eq(a->energies, b->energies, sizeof a->energies);
	ck_assert_mem_eq(a->points, b->points, sizeof a->points);
	ck_assert_mem_eq(a->stats, b->stats, sizeof a->stats);
}

/* ---- runs */

/* _i: kernel and target. Without a callback, with one that never stops, on one thread and on three; in pieces. */
START_TEST(test_progress__pieces_are_the_whole)
{
	static outcome whole, other;
	for (int way = 0; way < 4; way++) {
		outcome *o = way ? &other : &whole;
		stopper never = {.at = INT64_MAX};
		loop_target t;
		open_target(&t, _i / LOOP_KERNELS, way == 2 ? 3 : 1);
		any_kernel_options options = loop_options(1 + _i % LOOP_KERNELS, CHAINS);
		egm_sampler *sampler = make_sampler(t.target, &options);
		memset(o, 0, sizeof *o);
		if (way < 3) {
			ck_assert_egm(egm_sampler_run(sampler, DRAWS, THIN, draws_out(sampler, DRAWS, o->draws),
			                              energies_out(sampler, DRAWS, o->energies), way ? stop_from : NULL, &never));
		} else {
			run_in_pieces(sampler, DRAWS, THIN, o->draws, draw_bytes(&t), o->energies, energy_bytes(&t));
		}
		look(sampler, &t, o);
		if (way == 1 || way == 2)
			ck_assert(never.calls > 1 && never.done == DRAWS * THIN && never.total == DRAWS * THIN);
		if (way) assert_same(o, &whole);
		egm_sampler_free(sampler);
		close_target(&t);
	}
}
END_TEST

typedef struct witness {
	egm_sampler *sampler;
	const loop_target *target;
	const outcome *whole; /* of a run with draws at every transition */
	pthread_t caller;
	int64_t stop_at, done;
} witness;

/* All chains are at draw `done`, with its energy, and the counters agree. */
static int sees_whole_transitions(const egm_progress *p, void *user)
{
	witness *w = (witness *)user;
	outcome now;
	ck_assert(pthread_equal(w->caller, pthread_self()));
	memset(&now, 0, sizeof now);
	look(w->sampler, w->target, &now);
	ck_assert_mem_eq(now.points, draw_at(w->whole, w->target, p->done - 1), draw_bytes(w->target));
	for (int64_t c = 0; c < CHAINS; c++) {
		ck_assert_int_eq(now.stats[c].transitions, p->done);
		double energy = number_at(w->target->dtype, w->whole->energies, (p->done - 1) * CHAINS + c),
		       seen = now.stats[c].energy;
		ck_assert((w->target->dtype == EGM_F32 ? (double)(float)seen : seen) == energy);
	}
	w->done = p->done;
	return p->done >= w->stop_at;
}

/* _i: kernel and target, on three threads */
START_TEST(test_progress__what_is_seen_and_written_at_a_stop)
{
	static outcome whole, part;
	const int32_t kernel = 1 + _i % LOOP_KERNELS;
	loop_target t;
	if (kernel == ANY_ANNEALED_LANGEVIN)
		return; /* draws are not the points of the chain: see the tests of annealed Langevin */
	open_target(&t, _i / LOOP_KERNELS, 3);
	any_kernel_options options = loop_options(kernel, CHAINS);
	egm_sampler *sampler = make_sampler(t.target, &options);
	memset(&whole, 0, sizeof whole);
	ck_assert_egm(egm_sampler_run(sampler, DRAWS, 1, draws_out(sampler, DRAWS, whole.draws),
	                              energies_out(sampler, DRAWS, whole.energies), NULL, NULL));
	egm_sampler_free(sampler);
	for (int64_t stop_at = 1; stop_at <= DRAWS; stop_at += 3) { /* where no draw is made and no energy asked for */
		sampler = make_sampler(t.target, &options);
		witness w = {sampler, &t, &whole, pthread_self(), stop_at, 0};
		ck_assert_int_eq(egm_sampler_run(sampler, 1, DRAWS, egm_no_out(), egm_no_out(), sees_whole_transitions, &w),
		                 EGM_ERR_STOPPED);
		egm_sampler_free(sampler);
	}
	for (int64_t stop_at = 1; stop_at <= DRAWS; stop_at += 2) {
		sampler = make_sampler(t.target, &options);
		witness w = {sampler, &t, &whole, pthread_self(), stop_at, 0};
		memset(&part, 0x55, sizeof part);
		ck_assert_int_eq(egm_sampler_run(sampler, DRAWS, 1, draws_out(sampler, DRAWS, part.draws),
		                                 energies_out(sampler, DRAWS, part.energies), sees_whole_transitions, &w),
		                 EGM_ERR_STOPPED);
		char text[128];
		snprintf(text, sizeof text, "progress callback stopped the call after %d of %d transitions", (int)w.done,
		         DRAWS);
		ck_assert_msg(strstr(egm_last_error(), text), "%s", egm_last_error());
		ck_assert_mem_eq(part.draws, whole.draws, draw_bytes(&t) * (size_t)w.done);
		ck_assert_mem_eq(part.energies, whole.energies, energy_bytes(&t) * (size_t)w.done);
		const unsigned char *rest = draw_at(&part, &t, w.done);
		while (rest < &part.draws[0][0] + sizeof part.draws) ck_assert_uint_eq(*rest++, 0x55);
		egm_sampler_free(sampler);
	}
	close_target(&t);
}
END_TEST

/* ---- warm-ups */

enum { STEPS = 160 }; /* two windows of scales */

static void after_warmup(egm_sampler *sampler, const loop_target *t, outcome *o, double scales[CHAINS][LOOP_MOST])
{
	memset(o, 0, sizeof *o);
	look(sampler, t, o);
	for (int64_t c = 0; c < CHAINS; c++)
		ck_assert_egm(egm_sampler_scale(sampler, c, egm_f64_out(scales[c], egm_sampler_dims(sampler), 1)));
	ck_assert_egm(egm_sampler_run(sampler, DRAWS, THIN, draws_out(sampler, DRAWS, o->draws),
	                              energies_out(sampler, DRAWS, o->energies), NULL, NULL));
}

static egm_sampler *adapting_sampler(const loop_target *t, int32_t kernel)
{
	any_kernel_options options = loop_options(kernel, CHAINS);
	if (kernel != ANY_TEMPERED) options.adapt_scale = 1;
	return make_sampler(t->target, &options);
}

static const int32_t adapting[] = {ANY_MALA, ANY_HMC, ANY_NUTS, ANY_TEMPERED};

/* _i: kernel and target */
START_TEST(test_progress__a_warmup_in_pieces_is_the_whole)
{
	static outcome whole, pieces;
	double scales[2][CHAINS][LOOP_MOST] = {{{0}}};
	loop_target t;
	open_target(&t, _i / 4, 1);
	egm_sampler *sampler = adapting_sampler(&t, adapting[_i % 4]);
	ck_assert_egm(egm_sampler_warmup(sampler, STEPS, NULL, NULL));
	after_warmup(sampler, &t, &whole, scales[0]);
	egm_sampler_free(sampler);
	sampler = adapting_sampler(&t, adapting[_i % 4]);
	for (int64_t left = STEPS, piece = 0; left > 0; piece++) {
		stopper s = {.at = 1 + piece % 7};
		ck_assert_int_eq(egm_sampler_warmup(sampler, left, stop_from, &s), s.done >= s.at ? EGM_ERR_STOPPED : EGM_OK);
		ck_assert_int_eq(s.total, left);
		left -= s.done;
		ck_assert_int_eq(sampler_stats(sampler, 0).transitions, 0);
	}
	after_warmup(sampler, &t, &pieces, scales[1]);
	assert_same(&pieces, &whole);
	ck_assert_mem_eq(scales[0], scales[1], sizeof scales[0]);
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

/* A warm-up of which `left` transitions are left. */
static void stop_warmup(egm_sampler *sampler, int64_t left)
{
	for (int64_t now = STEPS; now > left; now--) {
		stopper s = {.at = 1};
		ck_assert_int_eq(egm_sampler_warmup(sampler, now, stop_from, &s), EGM_ERR_STOPPED);
		ck_assert_int_eq(s.done, 1);
	}
}

/* Three transitions end a warm-up that is continued with another step than it had; a new warm-up of three leaves the
 * step alone, as it averages fewer than 10. _i: what happens between, nothing the first time */
START_TEST(test_progress__what_ends_a_stopped_warmup)
{
	double points[CHAINS * LOOP_MOST];
	loop_target t;
	open_target(&t, CALLBACK, 1);
	egm_sampler *sampler = adapting_sampler(&t, ANY_MALA);
	stop_warmup(sampler, _i == 3 ? 4 : 3);
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points)));
	double before = sampler_stats(sampler, 0).step_size;
	if (_i == 1) ck_assert_egm(egm_sampler_run(sampler, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	if (_i == 2) ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, points)));
	ck_assert_egm(egm_sampler_warmup(sampler, 3, NULL, NULL));
	double after = sampler_stats(sampler, 0).step_size;
	ck_assert(_i ? after == before : after != before);
	egm_sampler_free(sampler);
	close_target(&t);
}
END_TEST

/* ---- annealed importance sampling */

static egm_target *gaussian(distribution *dist, int32_t threads)
{
	egm_target_options to = target_options();
	egm_context *context = threaded_context(threads);
	to.concurrent = 1;
	*dist = normal_distribution(EGM_F64, 2, 1, 4);
	egm_target *target = distribution_target(context, dist, &to);
	egm_context_free(context);
	return target;
}

enum { PARTICLES = 300, LEVELS = 9 };

/* Reports change nothing; a stop leaves result and weights as they were. _i: with the pilot; threads */
START_TEST(test_progress__ais)
{
	static double whole[PARTICLES], weights[PARTICLES];
	distribution dist;
	egm_target *target = gaussian(&dist, _i / 2 ? 3 : 1);
	egm_ais_options o;
	egm_ais_result r, seen;
	o = (egm_ais_options)EGM_AIS_OPTIONS_INIT;
	r = (egm_ais_result)EGM_AIS_RESULT_INIT;
	seen = (egm_ais_result)EGM_AIS_RESULT_INIT;
	o.particles = PARTICLES;
	o.levels = LEVELS;
	o.step_size = _i % 2 ? 0.3 : 0;
	ck_assert_egm(egm_target_ais(target, &o, &r, egm_f64_out(whole, PARTICLES, 1), NULL, NULL));
	stopper s = {.at = INT64_MAX};
	ck_assert_egm(egm_target_ais(target, &o, &seen, egm_f64_out(weights, PARTICLES, 1), stop_from, &s));
	ck_assert_mem_eq(weights, whole, sizeof whole);
	ck_assert_mem_eq(&seen, &r, sizeof r);
	int64_t pilot = 0; /* 1 + 20/k transitions at level k, as the header says */
	for (int64_t k = 1; k < LEVELS && _i % 2 == 0; k++) pilot += 1 + 20 / k;
	ck_assert_int_eq(s.total, pilot + (PARTICLES + 63) / 64 * LEVELS);
	ck_assert_int_eq(s.done, s.total);
	const int64_t total = s.total;
	for (int64_t at = 1; at <= total; at += 1 + at / 4) {
		s = (stopper){.at = at};
		memset(&seen, 0, sizeof seen);
		seen = (egm_ais_result)EGM_AIS_RESULT_INIT;
		for (int i = 0; i < PARTICLES; i++) weights[i] = 7;
		ck_assert_int_eq(egm_target_ais(target, &o, &seen, egm_f64_out(weights, PARTICLES, 1), stop_from, &s),
		                 EGM_ERR_STOPPED);
		char text[128];
		snprintf(text, sizeof text, "egm_target_ais: the progress callback stopped the call after %d of %d steps",
		         (int)s.done, (int)total);
		ck_assert_str_eq(egm_last_error(), text);
		for (int i = 0; i < PARTICLES; i++) ck_assert(weights[i] == 7);
		ck_assert(seen.log_z == 0 && seen.gradients == 0);
	}
	egm_target_free(target);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tc = new_case(suite, "runs", NULL);
	tcase_add_loop_test(tc, test_progress__pieces_are_the_whole, 0, LOOP_KERNELS * LOOP_TARGETS);
	tcase_add_loop_test(tc, test_progress__what_is_seen_and_written_at_a_stop, 0, LOOP_KERNELS * LOOP_TARGETS);
	tc = new_case(suite, "warm-ups", NULL);
	tcase_add_loop_test(tc, test_progress__a_warmup_in_pieces_is_the_whole, 0, 4 * LOOP_TARGETS);
	tcase_add_loop_test(tc, test_progress__what_ends_a_stopped_warmup, 0, 4);
	tc = new_case(suite, "annealed importance sampling", NULL);
	tcase_add_loop_test(tc, test_progress__ais, 0, 4);
	return egm_test_main(suite);
}
