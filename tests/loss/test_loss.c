/* SPDX-License-Identifier: MIT */
/* What losses share: rejections that name the cause, ownership, memory. */
#include "loss_support.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>

static egm_context *context;
static egm_loss *loss;
static egm_energy_gan_options gan;
static egm_dsm_options dsm;
static egm_test_allocator a; /* of the tests that count: it outlives them, for teardown frees through it */

enum { U, G, T, ENCODER, N_NETS };
static egm_model *net[N_NETS];

static void create_nets(egm_dtype dtype)
{
	net[U] = dense_net(context, "u", 3, (int64_t[]){3, 4, 1}, egm_model_tanh, dtype, 1);
	net[G] = dense_net(context, "g", 3, (int64_t[]){2, 3, 3}, egm_model_tanh, dtype, 2);
	net[T] = dense_net(context, "t", 3, (int64_t[]){5, 4, 1}, egm_model_tanh, dtype, 3);
	net[ENCODER] = dense_net(context, "e", 2, (int64_t[]){3, 2}, NULL, dtype, 3);
}

static void setup(void)
{
	context = new_context();
	loss = (void *)context; /* must become NULL on failure */
	gan = (egm_energy_gan_options)EGM_ENERGY_GAN_OPTIONS_INIT;
	dsm = (egm_dsm_options)EGM_DSM_OPTIONS_INIT;
	create_nets(EGM_F64);
}

static void teardown(void)
{
	for (int i = 0; i < N_NETS; i++) egm_model_free(net[i]);
	egm_context_free(context);
}

static void rejected(egm_status got, egm_status want, const char *text)
{
	ck_assert_int_eq(got, want);
	ck_assert_ptr_null(loss);
	ck_assert_str_eq(egm_last_error(), text);
	loss = (void *)context;
}

START_TEST(test_loss__defaults_are_those_of_the_header)
{
	ck_assert_int_eq(gan.entropy, EGM_ENTROPY_JSD);
	ck_assert_int_eq(gan.marginal, EGM_MARGINAL_FRESH);
	ck_assert_int_eq(gan.energy_steps, 5);
	ck_assert_int_eq(gan.reserved, 0);
	ck_assert(gan.penalty == 0.1 && gan.entropy_weight == 1 && gan.noise == 0 && gan.dv_decay == 0.99);
	ck_assert(dsm.sigma == 0.3);
}
END_TEST

/* ---- options */

static const struct bad_option {
	size_t offset;
	double value; /* of a double member, or of an int32_t one when `whole` */
	int whole;
	const char *text;
} bad_options[] = {
    {offsetof(egm_energy_gan_options, entropy), -1, 1,
     "egm_loss_energy_gan: entropy is -1, must be one of EGM_ENTROPY_* (1 to 4)"},
    {offsetof(egm_energy_gan_options, entropy), 5, 1,
     "egm_loss_energy_gan: entropy is 5, must be one of EGM_ENTROPY_* (1 to 4)"},
    {offsetof(egm_energy_gan_options, marginal), -1, 1,
     "egm_loss_energy_gan: marginal is -1, must be EGM_MARGINAL_FRESH (1) or EGM_MARGINAL_DERANGEMENT (2)"},
    {offsetof(egm_energy_gan_options, marginal), 3, 1,
     "egm_loss_energy_gan: marginal is 3, must be EGM_MARGINAL_FRESH (1) or EGM_MARGINAL_DERANGEMENT (2)"},
    {offsetof(egm_energy_gan_options, energy_steps), -1, 1,
     "egm_loss_energy_gan: energy_steps is -1, must be at least 1"},
    {offsetof(egm_energy_gan_options, penalty), -1, 0,
     "egm_loss_energy_gan: penalty is -1, must be at least 0 and finite"},
    {offsetof(egm_energy_gan_options, penalty), NAN, 0,
     "egm_loss_energy_gan: penalty is nan, must be at least 0 and finite"},
    {offsetof(egm_energy_gan_options, penalty), INFINITY, 0,
     "egm_loss_energy_gan: penalty is inf, must be at least 0 and finite"},
    {offsetof(egm_energy_gan_options, entropy_weight), -0.5, 0,
     "egm_loss_energy_gan: entropy_weight is -0.5, must be at least 0 and finite"},
    {offsetof(egm_energy_gan_options, noise), -0.5, 0,
     "egm_loss_energy_gan: noise is -0.5, must be at least 0 and finite"},
    {offsetof(egm_energy_gan_options, noise), NAN, 0,
     "egm_loss_energy_gan: noise is nan, must be at least 0 and finite"},
    {offsetof(egm_energy_gan_options, reserved), 7, 1, "egm_loss_energy_gan: reserved is 7, must be 0"},
    {offsetof(egm_energy_gan_options, dv_decay), 1, 0, "egm_loss_energy_gan: dv_decay is 1, must be in [0, 1)"},
    {offsetof(egm_energy_gan_options, dv_decay), -0.1, 0, "egm_loss_energy_gan: dv_decay is -0.1, must be in [0, 1)"},
    {offsetof(egm_energy_gan_options, dv_decay), NAN, 0, "egm_loss_energy_gan: dv_decay is nan, must be in [0, 1)"},
};

START_TEST(test_energy_gan__rejects_options_by_name)
{
	const struct bad_option *b = &bad_options[_i];
	int32_t whole = b->whole ? (int32_t)b->value : 0;
	if (b->whole)
		memcpy((char *)&gan + b->offset, &whole, sizeof whole);
	else
		memcpy((char *)&gan + b->offset, &b->value, sizeof b->value);
	rejected(egm_loss_energy_gan(&loss, net[U], net[G], net[T], &gan), EGM_ERR_ARGUMENT, b->text);
}
END_TEST

START_TEST(test_dsm__rejects_options_by_name)
{
	const double bad[] = {-1, -0.3, NAN, INFINITY};
	const char *const text[] = {"-1", "-0.3", "nan", "inf"};
	char want[80];
	dsm.sigma = bad[_i];
	snprintf(want, sizeof want, "egm_loss_dsm: sigma is %s, must be above 0 and finite", text[_i]);
	rejected(egm_loss_dsm(&loss, net[U], &dsm), EGM_ERR_ARGUMENT, want);
}
END_TEST

/* ---- networks */

START_TEST(test_energy_gan__rejects_nets_that_do_not_fit)
{
	rejected(egm_loss_energy_gan(&loss, net[G], net[G], net[T], &gan), EGM_ERR_ARGUMENT,
	         "egm_loss_energy_gan: energy and generator are both network 'g', must be different ones");
	rejected(egm_loss_energy_gan(&loss, net[ENCODER], net[G], net[T], &gan), EGM_ERR_SHAPE,
	         "egm_loss_energy_gan: energy 'e' has 2 outputs, must have 1");
	rejected(egm_loss_energy_gan(&loss, net[U], net[ENCODER], net[T], &gan), EGM_ERR_SHAPE,
	         "egm_loss_energy_gan: generator 'e' has 2 outputs, must have 3");
	rejected(egm_loss_energy_gan(&loss, net[U], net[G], net[ENCODER], &gan), EGM_ERR_SHAPE,
	         "egm_loss_energy_gan: information network 'e' has 3 inputs, must have 5");
	gan.entropy = EGM_ENTROPY_INFOGAN;
	rejected(egm_loss_energy_gan(&loss, net[U], net[G], net[T], &gan), EGM_ERR_SHAPE,
	         "egm_loss_energy_gan: information network 't' has 5 inputs, must have 3");
	egm_model *wide = dense_net(context, "wide", 2, (int64_t[]){3, 4}, NULL, EGM_F64, 1);
	rejected(egm_loss_energy_gan(&loss, net[U], net[G], wide, &gan), EGM_ERR_SHAPE,
	         "egm_loss_energy_gan: information network 'wide' has 4 outputs, must have 2");
	rejected(egm_loss_dsm(&loss, wide, &dsm), EGM_ERR_SHAPE, "egm_loss_dsm: energy 'wide' has 4 outputs, must have 1");
	egm_model_free(wide);
}
END_TEST

START_TEST(test_energy_gan__rejects_mixed_types_and_unbuilt_nets)
{
	egm_model *narrow = dense_net(context, "narrow", 2, (int64_t[]){2, 3}, NULL, EGM_F32, 1), *raw = NULL;
	rejected(egm_loss_energy_gan(&loss, net[U], narrow, net[T], &gan), EGM_ERR_DTYPE,
	         "egm_loss_energy_gan: generator 'narrow' is f32, must be f64 as 'u' is");
	ck_assert_int_eq(egm_model_create(&raw, context, "raw", 3), EGM_OK);
	rejected(egm_loss_energy_gan(&loss, raw, net[G], net[T], &gan), EGM_ERR_STATE,
	         "egm_loss_energy_gan: energy 'raw' is not built: call egm_model_build first");
	rejected(egm_loss_dsm(&loss, raw, &dsm), EGM_ERR_STATE,
	         "egm_loss_dsm: energy 'raw' is not built: call egm_model_build first");
	egm_model_free(narrow);
	egm_model_free(raw);
}
END_TEST

/* 1 - 2^-26 is below 1 in f64 and 1 in f32, where the moving average would never move. */
START_TEST(test_energy_gan__rejects_a_decay_that_is_one_in_f32)
{
	egm_model *u = dense_net(context, "u", 2, (int64_t[]){3, 1}, NULL, EGM_F32, 1);
	egm_model *g = dense_net(context, "g", 2, (int64_t[]){2, 3}, NULL, EGM_F32, 1);
	egm_model *t = dense_net(context, "t", 2, (int64_t[]){5, 1}, NULL, EGM_F32, 1);
	gan.dv_decay = 1 - ldexp(1, -26);
	rejected(egm_loss_energy_gan(&loss, u, g, t, &gan), EGM_ERR_ARGUMENT,
	         "egm_loss_energy_gan: dv_decay is 0.99999998509883881, which is 1 in f32; must be below 1");
	ck_assert_int_eq(egm_loss_energy_gan(&loss, net[U], net[G], net[T], &gan), EGM_OK);
	egm_loss_free(loss);
	egm_model_free(u);
	egm_model_free(g);
	egm_model_free(t);
}
END_TEST

START_TEST(test_loss__null_in_every_place)
{
	rejected(egm_loss_energy_gan(&loss, NULL, net[G], net[T], &gan), EGM_ERR_ARGUMENT,
	         "egm_loss_energy_gan: energy is NULL");
	rejected(egm_loss_energy_gan(&loss, net[U], NULL, net[T], &gan), EGM_ERR_ARGUMENT,
	         "egm_loss_energy_gan: generator is NULL");
	rejected(egm_loss_energy_gan(&loss, net[U], net[G], NULL, &gan), EGM_ERR_ARGUMENT,
	         "egm_loss_energy_gan: information network is NULL");
	rejected(egm_loss_dsm(&loss, NULL, &dsm), EGM_ERR_ARGUMENT, "egm_loss_dsm: energy is NULL");
	ck_assert_int_eq(egm_loss_energy_gan(NULL, net[U], net[G], net[T], &gan), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_loss_energy_gan: out is NULL");
	ck_assert_int_eq(egm_loss_dsm(NULL, net[U], &dsm), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_loss_dsm: out is NULL");
	egm_loss_free(NULL);
	ck_assert_int_eq(egm_loss_term_count(NULL), 0);
	ck_assert_ptr_null(egm_loss_term_name(NULL, 0));
	/* options may be NULL: the defaults */
	ck_assert_int_eq(egm_loss_energy_gan(&loss, net[U], net[G], net[T], NULL), EGM_OK);
	ck_assert_int_eq(loss->phases[0].repeat, 5);
	egm_loss_free(loss);
	ck_assert_int_eq(egm_loss_dsm(&loss, net[U], NULL), EGM_OK);
	egm_loss_free(loss);
}
END_TEST

/* ---- names of terms */

START_TEST(test_loss__terms_and_phases)
{
	static const char *const names[] = {"energy_real", "energy_fake", "penalty", "generator_energy", "entropy"};
	gan.energy_steps = 7;
	ck_assert_int_eq(egm_loss_energy_gan(&loss, net[U], net[G], net[T], &gan), EGM_OK);
	ck_assert_int_eq(egm_loss_term_count(loss), 5);
	for (int i = 0; i < 5; i++) ck_assert_str_eq(egm_loss_term_name(loss, i), names[i]);
	ck_assert_ptr_null(egm_loss_term_name(loss, 5));
	ck_assert_ptr_null(egm_loss_term_name(loss, -1));
	ck_assert_int_eq(loss->n_phases, 2);
	ck_assert_int_eq(loss->phases[0].repeat, 7);
	ck_assert_uint_eq(loss->phases[0].moves, 1);
	ck_assert_uint_eq(loss->phases[1].moves, 6);
	ck_assert_int_eq(loss->n_state, 0);
	egm_loss_free(loss);
	ck_assert_int_eq(egm_loss_dsm(&loss, net[U], &dsm), EGM_OK);
	ck_assert_int_eq(egm_loss_term_count(loss), 1);
	ck_assert_str_eq(egm_loss_term_name(loss, 0), "score_matching");
	egm_loss_free(loss);
}
END_TEST

/* Options are copied; networks and context are kept alive. */
START_TEST(test_loss__owns_what_it_needs)
{
	static phase_io io;
	dsm.sigma = 0.7;
	ck_assert_int_eq(egm_loss_dsm(&loss, net[U], &dsm), EGM_OK);
	io.batch = 2;
	run_phase(loss, 0, &io);
	double value = io.terms[0];
	dsm.sigma = -1;
	egm_model_free(net[U]);
	net[U] = NULL;
	run_phase(loss, 0, &io);
	ck_assert(io.terms[0] == value);
	egm_loss_free(loss);
}
END_TEST

/* ---- memory */

static egm_status make_gan(egm_loss **out)
{
	return egm_loss_energy_gan(out, net[U], net[G], net[T], &gan);
}

static egm_status live_gan(void *user)
{
	egm_loss *l = NULL;
	egm_status st = make_gan(&l);
	return compile_phases(st, l);
}

static egm_status live_dsm(void *user)
{
	egm_loss *l = NULL;
	egm_status st = egm_loss_dsm(&l, net[U], &dsm);
	return compile_phases(st, l);
}

START_TEST(test_loss__every_allocation_may_fail)
{
	teardown();
	context = egm_test_context(&a);
	create_nets(EGM_F64);
	gan.entropy = EGM_ENTROPY_DV;
	gan.noise = 0.5;
	ck_assert_int_gt(egm_test_fail_each(&a, _i ? live_dsm : live_gan, NULL), 20);
}
END_TEST

/* Rejected networks and options leak nothing, and a run allocates nothing. */
START_TEST(test_loss__rejections_and_runs_allocate_nothing)
{
	static phase_io io;
	egm__program *p = NULL;
	uint32_t terms;
	void *bases[EGM__MAX_SLOTS];
	teardown();
	context = egm_test_context(&a);
	create_nets(EGM_F64);
	long live = a.live;
	ck_assert_int_eq(egm_loss_energy_gan(&loss, net[U], net[G], net[ENCODER], &gan), EGM_ERR_SHAPE);
	ck_assert_int_eq(egm_loss_dsm(&loss, net[G], &dsm), EGM_ERR_SHAPE);
	ck_assert_int_eq(a.live, live);
	ck_assert_int_eq(make_gan(&loss), EGM_OK);
	ck_assert_int_eq(egm__loss_compile(loss, 1, 4, &p, &terms), EGM_OK);
	ck_assert_int_eq(egm__program_own(p), EGM_OK);
	phase_bases(loss, &io, bases);
	long calls = a.calls;
	for (int i = 0; i < 10; i++) egm__program_run(p, bases, 1, (uint64_t)i);
	ck_assert_int_eq(a.calls, calls);
	egm__program_free(p);
	egm_loss_free(loss);
	ck_assert_int_eq(a.live, live);
}
END_TEST

START_TEST(test_loss__ten_thousand_lives)
{
	teardown();
	context = egm_test_context(&a);
	create_nets(EGM_F64);
	long live = a.live;
	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(make_gan(&loss), EGM_OK);
		egm_loss_free(loss);
	}
	ck_assert_int_eq(a.live, live);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loss");
	TCase *t = tcase_create("rejections");
	tcase_set_tags(t, "R17 R18");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_loss__defaults_are_those_of_the_header);
	tcase_add_loop_test(t, test_energy_gan__rejects_options_by_name, 0, sizeof bad_options / sizeof *bad_options);
	tcase_add_loop_test(t, test_dsm__rejects_options_by_name, 0, 4);
	tcase_add_test(t, test_energy_gan__rejects_nets_that_do_not_fit);
	tcase_add_test(t, test_energy_gan__rejects_mixed_types_and_unbuilt_nets);
	tcase_add_test(t, test_energy_gan__rejects_a_decay_that_is_one_in_f32);
	tcase_add_test(t, test_loss__null_in_every_place);
	tcase_add_test(t, test_loss__terms_and_phases);
	suite_add_tcase(s, t);
	t = tcase_create("memory");
	tcase_set_tags(t, "R1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_loss__owns_what_it_needs);
	tcase_add_loop_test(t, test_loss__every_allocation_may_fail, 0, 2);
	tcase_add_test(t, test_loss__rejections_and_runs_allocate_nothing);
	tcase_add_test(t, test_loss__ten_thousand_lives);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
