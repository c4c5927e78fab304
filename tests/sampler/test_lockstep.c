/* SPDX-License-Identifier: MIT */
/* Chains that the loop moves a whole block at a time: ULA without scales in dimensions that are multiples of 4. With
 * a scale of ones, which changes no number, the same chains are moved one by one. Both must agree in every bit, also
 * if a chain freezes, if the callback stops the call, and if the block does not compute energies. */
#include "sampler_support.h"

#include <sampler/target_impl.h>

enum { DRAWS = 6, MOST_DIMS = 100, MOST_CHAINS = 130 };

typedef struct outcome {
	egm_status status;
	/* of either dtype */
	_Alignas(double) unsigned char draws[DRAWS * MOST_CHAINS * MOST_DIMS * 8];
	_Alignas(double) unsigned char energies[DRAWS * MOST_CHAINS * 8];
	_Alignas(double) unsigned char points[MOST_CHAINS * MOST_DIMS * 8];
	egm_sampler_statistics stats;
} outcome;

static any_kernel_options march_options(int64_t chains, const double *scale)
{
	any_kernel_options options = sampler_options(ANY_ULA, chains, 0.3, 71);
	options.scale = scale;
	options.start_scale = 0.3; /* inside of every wall */
	return options;
}

static void watch(egm_sampler *sampler, egm_dtype dtype, int energies, outcome *o)
{
	memset(o, 0, sizeof *o);
	o->status = egm_sampler_run(sampler, DRAWS, 3, draws_out(sampler, DRAWS, o->draws),
	                            energies_out(sampler, DRAWS, energies ? o->energies : NULL), NULL, NULL);
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, dtype, o->points)));
	o->stats = (egm_sampler_statistics)EGM_SAMPLER_STATISTICS_INIT;
	ck_assert_egm(egm_sampler_stats(sampler, -1, &o->stats));
	egm_sampler_free(sampler);
}

static void run(distribution *dist, const egm_target_options *box, int64_t chains, const double *scale, outcome *o)
{
	any_kernel_options options = march_options(chains, scale);
	dist->calls = 0;
	watch(sampler_of(dist, box, &options), dist->dtype, 1, o);
}

static void assert_same(const outcome *block, const outcome *one_by_one)
{
	ck_assert_int_eq(block->status, one_by_one->status);
	ck_assert_mem_eq(block->draws, one_by_one->draws, sizeof block->draws);
	ck_assert_mem_eq(block->energies, one_by_one->energies, sizeof block->energies);
	ck_assert_mem_eq(block->points, one_by_one->points, sizeof block->points);
	ck_assert_mem_eq(&block->stats, &one_by_one->stats, sizeof block->stats);
}

/* Both ways; the outcome of both. */
static outcome *check_same(distribution *dist, const egm_target_options *box, int64_t chains)
{
	static outcome one_by_one, block;
	double ones[MOST_DIMS];
	for (int i = 0; i < MOST_DIMS; i++) ones[i] = 1;
	run(dist, box, chains, ones, &one_by_one);
	run(dist, box, chains, NULL, &block);
	assert_same(&block, &one_by_one);
	return &block;
}

static const int64_t dims[] = {4, 100}, chains[] = {1, 7, MOST_CHAINS};

START_TEST(test_lockstep__same_bits_as_one_by_one)
{
	for (int i = 0; i < 12; i++) {
		distribution dist = normal_distribution(i % 2 ? EGM_F32 : EGM_F64, dims[i / 2 % 2], 0.5, 3);
		ck_assert_int_eq(check_same(&dist, NULL, chains[i / 4])->status, EGM_OK);
	}
}
END_TEST

START_TEST(test_lockstep__same_bits_in_a_box)
{
	double lower[4] = {-1, -INFINITY, -2, -INFINITY}, upper[4] = {1, INFINITY, INFINITY, 0.5};
	egm_target_options box = target_options();
	box.lower = lower;
	box.upper = upper;
	distribution dist = normal_distribution(EGM_F64, 4, 0.5, 3);
	ck_assert_int_eq(check_same(&dist, &box, 7)->status, EGM_OK);
}
END_TEST

/* Unknown beyond |x_0| = numbers[3], where a few of the chains get to. */
static double walled_energy(const distribution *dist, const double *x, double *gradient)
{
	double u = normal_energy(dist, x, gradient);
	return fabs(x[0]) > dist->numbers[3] ? NAN : u;
}

START_TEST(test_lockstep__a_chain_that_freezes)
{
	distribution dist = normal_distribution(EGM_F64, 4, 1, 1);
	dist.energy = walled_energy;
	dist.numbers[3] = 2.2;
	const outcome *o = check_same(&dist, NULL, 60);
	ck_assert_int_eq(o->status, EGM_OK);
	ck_assert_int_gt(o->stats.frozen, 0);
	ck_assert_int_lt(o->stats.frozen, 60);
	ck_assert_int_gt(o->stats.transitions, (60 - o->stats.frozen) * DRAWS * 3);
}
END_TEST

START_TEST(test_lockstep__a_callback_that_stops)
{
	distribution dist = normal_distribution(EGM_F64, 4, 1, 1);
	dist.stop_at = 9;
	const outcome *o = check_same(&dist, NULL, 7);
	ck_assert_int_eq(o->status, EGM_ERR_STOPPED);
	ck_assert_int_eq(o->stats.transitions, 7 * 7);
}
END_TEST

/* ---- targets with a program, whose energy the block leaves out between draws */

/* |x|^2 / 2, and beyond |x_0| = 1.2 neither energy nor gradient. */
static egm__id build_walled(const egm_target *target, egm__graph *g, egm__id x, egm__id *gradient)
{
	egm__id room = egm__affine(g, egm__square(g, egm__slice(g, x, 1, 0, 1)), -1, 1.44);
	return egm__add(g, egm__scale(g, egm__row_sum(g, egm__square(g, x)), 0.5), egm__scale(g, egm__sqrt(g, room), 1e-3));
}

static egm_target *walled_target(egm_context *context, egm_dtype dtype, int32_t gradient_suffices)
{
	egm_target *t;
	egm_target_options o = target_options();
	o.prior_scale = 2;
	ck_assert_egm(egm__target_create(&t, context, dtype, 4, 0, &o));
	t->build = build_walled;
	t->gradient_suffices = gradient_suffices;
	return t;
}

/* One by one and in blocks, with and without the energy of every step, and with and without energies of draws. */
static void check_program(egm_target *(*make)(egm_context *, egm_dtype, int32_t), egm_dtype dtype, int64_t n,
                          int freezes)
{
	static outcome one_by_one, block;
	const double ones[4] = {1, 1, 1, 1};
	for (int energies = 0; energies < 2; energies++)
		for (int32_t way = 0; way < 3; way++) {
			egm_context *context = threaded_context(1 + way % 2);
			egm_target *t = make(context, dtype, way == 2);
			any_kernel_options options = march_options(n, way ? NULL : ones);
			outcome *o = way ? &block : &one_by_one;
			watch(make_sampler(t, &options), dtype, energies, o);
			egm_target_free(t);
			egm_context_free(context);
			ck_assert_int_eq(o->status, EGM_OK);
			if (way) assert_same(&block, &one_by_one);
			ck_assert(freezes ? o->stats.frozen > 0 && o->stats.frozen < n : o->stats.frozen == 0);
		}
}

START_TEST(test_lockstep__walkers_freeze_where_the_energy_was_left_out)
{
	for (int i = 0; i < 2; i++) check_program(walled_target, i ? EGM_F32 : EGM_F64, 70, 1);
}
END_TEST

static egm_target *net_target(egm_context *context, egm_dtype dtype, int32_t gradient_suffices)
{
	egm_target *t;
	egm_model *energy;
	egm_target_options o = target_options();
	o.prior_scale = 0.8;
	o.beta = 2;
	ck_assert_egm(egm_model_create(&energy, context, "energy", 4));
	ck_assert_egm(egm_model_dense(energy, 9));
	ck_assert_egm(egm_model_silu(energy));
	ck_assert_egm(egm_model_dense(energy, 1));
	ck_assert_egm(egm_model_build(energy, dtype, 3));
	ck_assert_egm(egm_target_model(&t, energy, &o));
	ck_assert_int_eq(t->gradient_suffices, 1);
	t->gradient_suffices = gradient_suffices;
	egm_model_free(energy);
	return t;
}

START_TEST(test_lockstep__same_bits_without_energies)
{
	for (int i = 0; i < 6; i++) check_program(net_target, i % 2 ? EGM_F32 : EGM_F64, chains[i / 2], 0);
}
END_TEST

/* ---- energies that overflow */

/* |x|^2 / 2, whose energy alone is infinite, from x_0 = 1.58 on where exp overflows, and which has no gradient beyond
 * x_1 = 2. */
static egm__id build_overflow(const egm_target *target, egm__graph *g, egm__id x, egm__id *gradient)
{
	egm__id steep = egm__exp(g, egm__scale(g, egm__slice(g, x, 1, 0, 1), 450));
	egm__id room = egm__sqrt(g, egm__affine(g, egm__slice(g, x, 1, 1, 1), -1, 2));
	*gradient = egm__add(g, x, egm__scale(g, room, 1e-300));
	return egm__add(g, egm__scale(g, egm__row_sum(g, egm__square(g, x)), 0.5), egm__scale(g, steep, 1e-300));
}

enum { OVERFLOWS = 40 };

static uint64_t overflow_seed = 71;

static void watch_pieces(egm_sampler *sampler, int64_t n, outcome *o)
{
	memset(o, 0, sizeof *o);
	run_in_pieces(sampler, DRAWS, 3, o->draws, (size_t)n * 32, o->energies, (size_t)n * 8);
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, o->points)));
	o->stats = sampler_stats(sampler, -1);
	egm_sampler_free(sampler);
}

static void run_overflow(int32_t kernel, int64_t n, const double *scale, int pieces, outcome *o)
{
	static const double colder[2] = {1.5, 1};
	egm_target *t;
	egm_context *context = threaded_context(1);
	any_kernel_options options = march_options(n, scale);
	if (kernel != ANY_ULA) options = sampler_options(kernel, n, 0.3, 71);
	options.start_scale = 0.3;
	options.seed = overflow_seed;
	options.scale = scale;
	if (kernel == ANY_HMC) options.leapfrog_steps = 8;
	if (kernel == ANY_ANNEALED_LANGEVIN) options.temperatures = colder, options.levels = 2;
	if (kernel == ANY_ANNEALED_LANGEVIN) options.steps_per_level = 4;
	ck_assert_egm(egm__target_create(&t, context, EGM_F64, 4, 0, NULL));
	t->build = build_overflow;
	t->gradient_suffices = 1;
	if (pieces)
		watch_pieces(make_sampler(t, &options), n, o);
	else
		watch(make_sampler(t, &options), EGM_F64, 1, o);
	egm_target_free(t);
	egm_context_free(context);
}

/* If a chain freezes or is rejected early, the others of its block no longer move in step and are evaluated with
 * energies that they would not have needed. They must not depend on this, nor on the other chains. */
START_TEST(test_lockstep__an_energy_that_overflows_on_the_way)
{
	static const int32_t kernels[] = {ANY_ULA, ANY_HMC, ANY_ANNEALED_LANGEVIN};
	static outcome all, few, one_by_one;
	const double ones[4] = {1, 1, 1, 1};
	run_overflow(kernels[_i], OVERFLOWS, NULL, 0, &all);
	run_overflow(kernels[_i], OVERFLOWS, ones, 0, &one_by_one);
	assert_same(&all, &one_by_one);
	for (int64_t n = 1; n < OVERFLOWS; n++) {
		run_overflow(kernels[_i], n, NULL, 0, &few);
		for (int64_t draw = 0; draw < DRAWS; draw++) {
			ck_assert_mem_eq(few.draws + draw * n * 32, all.draws + draw * OVERFLOWS * 32, (size_t)n * 32);
			ck_assert_mem_eq(few.energies + draw * n * 8, all.energies + draw * OVERFLOWS * 8, (size_t)n * 8);
		}
	}
	if (kernels[_i] == ANY_HMC)
		ck_assert_int_gt(all.stats.divergences, 0);
	else
		ck_assert(all.stats.frozen > 0 && all.stats.frozen < OVERFLOWS);
}
END_TEST

/* A stop reads energies that are not needed otherwise. */
START_TEST(test_lockstep__an_energy_that_overflows_before_a_stop)
{
	static const int32_t kernels[] = {ANY_ULA, ANY_HMC, ANY_ANNEALED_LANGEVIN};
	static outcome whole, pieces;
	const double ones[4] = {1, 1, 1, 1}, *scale = _i % 2 ? ones : NULL;
	for (overflow_seed = 71; overflow_seed < 111; overflow_seed++) {
		run_overflow(kernels[_i / 2], OVERFLOWS, scale, 0, &whole);
		run_overflow(kernels[_i / 2], OVERFLOWS, scale, 1, &pieces);
		pieces.status = whole.status; /* that of the last call, where the others stopped */
		assert_same(&pieces, &whole);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lockstep");
	TCase *tc = new_case(suite, "lockstep", NULL);
	tcase_add_test(tc, test_lockstep__same_bits_as_one_by_one);
	tcase_add_test(tc, test_lockstep__same_bits_in_a_box);
	tcase_add_test(tc, test_lockstep__a_chain_that_freezes);
	tcase_add_test(tc, test_lockstep__a_callback_that_stops);
	tcase_add_test(tc, test_lockstep__walkers_freeze_where_the_energy_was_left_out);
	tcase_add_test(tc, test_lockstep__same_bits_without_energies);
	tcase_add_loop_test(tc, test_lockstep__an_energy_that_overflows_on_the_way, 0, 3);
	tcase_add_loop_test(tc, test_lockstep__an_energy_that_overflows_before_a_stop, 0, 6);
	return egm_test_main(suite);
}
