/* SPDX-License-Identifier: MIT */
/* What is true of every loss: exact gradients, finite numbers where gradients vanish, batches of one, shifts that
 * change nothing, f32 close to double. Loop tests run over the systems. */
#include "narrow.h"
#include "systems_fixture.h"

static phase_io other;
static egm_test_allocator a; /* of the tests that count: it outlives them, for teardown frees through it */

static void create(const system_row *s, int variant, add_activation *activation, egm_dtype dtype)
{
	drop();
	memset(&claim, 0, sizeof claim);
	build_nets(context, s, activation, dtype, net);
	ck_assert_msg(s->create(&loss, net, variant, &claim) == EGM_OK, "%s", egm_last_error());
}

/* ---- gradients */

START_TEST(test_systems__gradients_equal_differences)
{
	const system_row *s = &systems[_i];
	for (int variant = 0; variant < s->variants; variant++)
		for (int64_t batch = 1; batch <= 3; batch += 2) {
			create(s, variant, egm_model_tanh, EGM_F64);
			remember_old();
			io.batch = batch;
			for (int32_t phase = 0; phase < loss->n_phases; phase++) {
				ck_assert_int_gt(claim.phase[phase].n, 0);
				check_gradients(loss, phase, &claim.phase[phase], &io);
			}
		}
}
END_TEST

/* A phase writes gradients of the networks that move, and none of the others. */
START_TEST(test_systems__other_nets_get_no_gradient)
{
	const system_row *s = &systems[_i];
	create(s, 0, egm_model_tanh, EGM_F64);
	for (int32_t phase = 0; phase < loss->n_phases; phase++) {
		uint32_t moves = loss->phases[phase].moves;
		for (int i = 0; i < loss->n_nets; i++)
			for (int j = 0; j < MOST_PARAMETERS; j++) io.gradient[i][j] = -77;
		run_phase(loss, phase, &io);
		for (int i = 0; i < loss->n_nets; i++) {
			int written = 0;
			for (int j = 0; j < loss->nets[i]->count; j++) written += io.gradient[i][j] != -77;
			ck_assert_int_eq(written, moves >> i & 1 ? loss->nets[i]->count : 0);
		}
	}
}
END_TEST

/* ---- where slopes vanish */

static void all_finite(void)
{
	for (int i = 0; i < EGM__MAX_TERMS; i++) ck_assert(isfinite(io.terms[i]));
	for (int i = 0; i < loss->n_nets; i++)
		for (int j = 0; j < loss->nets[i]->count; j++) ck_assert(isfinite(io.gradient[i][j]));
}

static void run_all_phases(void)
{
	for (int32_t phase = 0; phase < loss->n_phases; phase++) {
		run_phase(loss, phase, &io);
		all_finite();
	}
}

/* All parameters zero: every gradient by x is exactly zero, logits and energies are equal, generators have no gradient.
 */
START_TEST(test_systems__nets_of_zeros)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_relu, egm_model_softplus};
	const double zero[MOST_PARAMETERS] = {0};
	const system_row *s = &systems[_i];
	for (int variant = 0; variant < s->variants; variant++)
		for (int kind = 0; kind < 3; kind++) {
			create(s, variant, kinds[kind], EGM_F64);
			for (int i = 0; i < s->n_nets; i++)
				ck_assert_int_eq(egm_model_set_parameters(net[i], egm_f64(zero, net[i]->count, 1)), EGM_OK);
			run_all_phases();
		}
}
END_TEST

/* The terms that a phase does not write keep what was there, whatever it was. */
START_TEST(test_systems__a_phase_names_the_terms_that_it_writes)
{
	const system_row *s = &systems[_i];
	const double before = -1e300;
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_tanh, EGM_F64);
		for (int32_t phase = 0; phase < loss->n_phases; phase++) {
			for (int i = 0; i < EGM__MAX_TERMS; i++) io.terms[i] = before;
			run_phase(loss, phase, &io);
			for (int i = 0; i < EGM__MAX_TERMS; i++) ck_assert_int_eq(io.written >> i & 1, io.terms[i] != before);
			for (int i = 0; i < claim.phase[phase].n; i++) ck_assert(io.written >> claim.phase[phase].term[i] & 1);
		}
	}
}
END_TEST

/* Real and fake, and data and negatives, are the same rows: interpolates, chords and margins have no length. */
START_TEST(test_systems__identical_real_and_fake)
{
	const system_row *s = &systems[_i];
	const double zero[MOST_PARAMETERS] = {0};
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_tanh, EGM_F64);
		for (int i = 0; i < s->n_nets; i++) /* generators of the point 0 */
			if (s->width[i][0] == LATENT_WIDTH)
				ck_assert_int_eq(egm_model_set_parameters(net[i], egm_f64(zero, net[i]->count, 1)), EGM_OK);
		memset(io.data, 0, sizeof io.data);
		io.negatives = io.data;
		run_all_phases();
	}
}
END_TEST

/* ---- shifts */

/* A constant of 8 added to a network's output costs three bits: 1e-13 of numbers of order 1 to 10. */
START_TEST(test_systems__shifts_change_no_gradient)
{
	const system_row *s = &systems[_i];
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_tanh, EGM_F64);
		for (int32_t phase = 0; phase < loss->n_phases; phase++) {
			other = io;
			run_phase(loss, phase, &io);
			for (int i = 0; i < s->n_nets; i++) {
				double *bias = (double *)net[i]->parameters + net[i]->count - 1, keep = *bias;
				if (!(claim.shiftable >> i & 1)) continue;
				*bias += 8;
				run_phase(loss, phase, &other);
				*bias = keep;
				for (int j = 0; j < s->n_nets; j++)
					for (int64_t k = 0; k < net[j]->count; k++)
						ck_assert(fabs(io.gradient[j][k] - other.gradient[j][k]) <= 1e-12);
			}
		}
	}
}
END_TEST

/* ---- f32 */

/* The f32 program against the interpreter in double on the same f32 parameters: some hundred roundings of 6e-8 of the
 * largest number, 1e-5; differences of shares in `histogram` lose another power of ten. */
START_TEST(test_systems__f32_follows_double)
{
	const system_row *s = &systems[_i];
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_silu, EGM_F32);
		for (int32_t phase = 0; phase < loss->n_phases; phase++) {
			narrow n[2];
			memset(n, 0, sizeof n);
			for (int side = 0; side < 2; side++) {
				for (int i = 0; i < 64; i++) n[side].data[i] = (float)io.data[i];
				for (int i = 0; i < 64; i++) n[side].negatives[i] = (float)negatives[i];
				run_narrow(loss, phase, 3, &n[side], side);
			}
			check_narrow(loss->kind, n[1].terms, n[0].terms, EGM__MAX_TERMS, 1);
			for (int i = 0; i < s->n_nets; i++)
				check_narrow(loss->kind, n[1].gradient[i], n[0].gradient[i], MOST_PARAMETERS, 1);
		}
	}
}
END_TEST

/* ---- rejections and memory */

static egm_status create_any(const system_row *s, int variant, egm_loss **out)
{
	loss_claim c;
	return s->create(out, net, variant, &c);
}

START_TEST(test_systems__rejects_nets_that_do_not_fit)
{
	const system_row *s = &systems[_i];
	create(s, 0, egm_model_tanh, EGM_F64);
	for (int i = 0; i < s->n_nets; i++)
		for (int kind = 0; kind < 3; kind++) {
			egm_model *keep = net[i];
			egm_loss *none = loss;
			const int64_t width[2] = {s->width[i][0], s->width[i][1] == 1 ? 2 : 1};
			net[i] = kind == 0 ? NULL : dense_net(context, "odd", 2, width, NULL, kind == 1 ? EGM_F32 : EGM_F64, 1);
			egm_status st = create_any(s, 0, &none);
			/* only the other networks fix the dtype: a single network may have either */
			int fits = s->n_nets == 1 && kind == 1;
			if (!fits || st != EGM_ERR_SHAPE)
				ck_assert_int_eq(st, kind == 0 ? EGM_ERR_ARGUMENT : kind == 1 ? EGM_ERR_DTYPE : EGM_ERR_SHAPE);
			ck_assert_ptr_null(none);
			egm_model_free(net[i]);
			net[i] = keep;
		}
}
END_TEST

typedef struct creation {
	const system_row *system;
	int variant;
} creation;

static egm_status life(void *user)
{
	const creation *u = user;
	egm_loss *l = NULL;
	egm_status st = create_any(u->system, u->variant, &l);
	return compile_phases(st, l);
}

START_TEST(test_systems__every_allocation_may_fail)
{
	creation u = {&systems[_i], systems[_i].variants - 1};
	egm_context_free(context);
	context = egm_test_context(&a);
	build_nets(context, u.system, egm_model_tanh, EGM_F64, net);
	egm_test_fail_each(&a, life, &u);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("systems");
	TCase *t = tcase_create("all");
	tcase_set_tags(t, "E9 E21 E30 K1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_systems__gradients_equal_differences, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__other_nets_get_no_gradient, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__a_phase_names_the_terms_that_it_writes, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__nets_of_zeros, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__identical_real_and_fake, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__shifts_change_no_gradient, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__f32_follows_double, 0, SYSTEMS);
	tcase_add_loop_test(t, test_systems__rejects_nets_that_do_not_fit, 0, SYSTEMS);
	suite_add_tcase(suite, t);
	t = tcase_create("memory");
	tcase_set_tags(t, "R1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_systems__every_allocation_may_fail, 0, SYSTEMS);
	suite_add_tcase(suite, t);
	return egm_test_main(suite);
}
