/* SPDX-License-Identifier: MIT */
/* What every loss has to hold, whatever it computes: exact gradients, finite numbers where slopes vanish, batches of
 * one, shifts that change nothing, f32 that follows double. Loop tests run over s_systems. */
#include "systems.h"
#include <stdio.h>

static egm_context *context;
static egm_model *net[EGM__MAX_NETS];
static egm_loss *loss;
static s_claim claim;
static l_sheet sheet, other;
static double negatives[64], old[EGM__MAX_NETS][L_MAX_PARAMETERS];
static egm_test_allocator a; /* of the tests that count: it outlives them, for teardown frees through it */

static void setup(void)
{
	uint64_t random = 11;
	context = l_context();
	memset(&sheet, 0, sizeof sheet);
	sheet.batch = 3, sheet.seed = 5, sheet.step = 6;
	for (int i = 0; i < 64; i++) sheet.data[i] = 0.5 + 0.5 * l_random(&random);
	for (int i = 0; i < 64; i++) negatives[i] = l_random(&random);
	sheet.negatives = negatives;
}

static void drop(void)
{
	egm_loss_free(loss);
	loss = NULL;
	for (int i = 0; i < EGM__MAX_NETS; i++) {
		egm_model_free(net[i]);
		net[i] = NULL;
	}
}

static void teardown(void)
{
	drop();
	egm_context_free(context);
}

static void create(const s_system *s, int variant, l_activation *activation, egm_dtype dtype)
{
	drop();
	memset(&claim, 0, sizeof claim);
	s_nets(context, s, activation, dtype, net);
	ck_assert_msg(s->create(&loss, net, variant, &claim) == EGM_OK, "%s", egm_last_error());
}

/* Old parameters a little off today's, so that what compares the two has something to do. */
static void remember_old(void)
{
	uint64_t random = 17;
	for (int32_t i = 0; i < loss->n_nets; i++) {
		const double *w = loss->nets[i]->parameters;
		for (int64_t j = 0; j < loss->nets[i]->count; j++) old[i][j] = w[j] + 0.1 * l_random(&random);
		sheet.old[i] = other.old[i] = old[i];
	}
}

/* ---- gradients */

START_TEST(test_systems__gradients_equal_differences)
{
	const s_system *s = &s_systems[_i];
	for (int variant = 0; variant < s->variants; variant++)
		for (int64_t batch = 1; batch <= 3; batch += 2) {
			create(s, variant, egm_model_tanh, EGM_F64);
			remember_old();
			sheet.batch = batch;
			for (int32_t phase = 0; phase < loss->n_phases; phase++) {
				ck_assert_int_gt(claim.phase[phase].n, 0);
				l_check_gradients(loss, phase, &claim.phase[phase], &sheet);
			}
		}
}
END_TEST

/* A phase writes gradients of the nets that move, and none of the others. */
START_TEST(test_systems__other_nets_get_no_gradient)
{
	const s_system *s = &s_systems[_i];
	create(s, 0, egm_model_tanh, EGM_F64);
	for (int32_t phase = 0; phase < loss->n_phases; phase++) {
		uint32_t moves = loss->phases[phase].moves;
		for (int i = 0; i < loss->n_nets; i++)
			for (int j = 0; j < L_MAX_PARAMETERS; j++) sheet.gradient[i][j] = -77;
		l_run(loss, phase, &sheet);
		for (int i = 0; i < loss->n_nets; i++) {
			int written = 0;
			for (int j = 0; j < loss->nets[i]->count; j++) written += sheet.gradient[i][j] != -77;
			ck_assert_int_eq(written, moves >> i & 1 ? loss->nets[i]->count : 0);
		}
	}
}
END_TEST

/* ---- where slopes vanish */

static void all_finite(void)
{
	for (int i = 0; i < EGM__MAX_TERMS; i++) ck_assert(isfinite(sheet.terms[i]));
	for (int i = 0; i < loss->n_nets; i++)
		for (int j = 0; j < loss->nets[i]->count; j++) ck_assert(isfinite(sheet.gradient[i][j]));
}

static void run_all_phases(void)
{
	for (int32_t phase = 0; phase < loss->n_phases; phase++) {
		l_run(loss, phase, &sheet);
		all_finite();
	}
}

/* All parameters zero: every gradient by x is exactly zero, logits and energies are equal, generators stand still. */
START_TEST(test_systems__nets_of_zeros)
{
	l_activation *const kinds[] = {egm_model_tanh, egm_model_relu, egm_model_softplus};
	const double zero[L_MAX_PARAMETERS] = {0};
	const s_system *s = &s_systems[_i];
	for (int variant = 0; variant < s->variants; variant++)
		for (int kind = 0; kind < 3; kind++) {
			create(s, variant, kinds[kind], EGM_F64);
			for (int i = 0; i < s->n_nets; i++)
				ck_assert_int_eq(egm_model_set_parameters(net[i], EGM_F64, zero, net[i]->count), EGM_OK);
			run_all_phases();
		}
}
END_TEST

/* Real and fake, and data and negatives, are the same rows: interpolates, chords and margins have no length. */
START_TEST(test_systems__identical_real_and_fake)
{
	const s_system *s = &s_systems[_i];
	const double zero[L_MAX_PARAMETERS] = {0};
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_tanh, EGM_F64);
		for (int i = 0; i < s->n_nets; i++) /* generators of the point 0 */
			if (s->width[i][0] == S_K)
				ck_assert_int_eq(egm_model_set_parameters(net[i], EGM_F64, zero, net[i]->count), EGM_OK);
		memset(sheet.data, 0, sizeof sheet.data);
		sheet.negatives = sheet.data;
		run_all_phases();
	}
}
END_TEST

/* ---- shifts */

/* A constant of 8 added to a net's output costs three bits: 1e-13 of numbers of order 1 to 10. */
START_TEST(test_systems__shifts_change_no_gradient)
{
	const s_system *s = &s_systems[_i];
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_tanh, EGM_F64);
		for (int32_t phase = 0; phase < loss->n_phases; phase++) {
			other = sheet;
			l_run(loss, phase, &sheet);
			for (int i = 0; i < s->n_nets; i++) {
				double *bias = (double *)net[i]->parameters + net[i]->count - 1, keep = *bias;
				if (!(claim.shiftable >> i & 1)) continue;
				*bias += 8;
				l_run(loss, phase, &other);
				*bias = keep;
				for (int j = 0; j < s->n_nets; j++)
					for (int64_t k = 0; k < net[j]->count; k++)
						ck_assert(fabs(sheet.gradient[j][k] - other.gradient[j][k]) <= 1e-12);
			}
		}
	}
}
END_TEST

/* ---- f32 */

typedef struct narrow {
	float data[64], negatives[64], terms[EGM__MAX_TERMS], state[EGM__MAX_STATE];
	float gradient[EGM__MAX_NETS][L_MAX_PARAMETERS];
} narrow;

static void run_narrow(int32_t phase, narrow *n, int compiled)
{
	void *bases[EGM__MAX_SLOTS] = {[EGM__SLOT_DATA] = n->data,
	                               [EGM__SLOT_TERMS] = n->terms,
	                               [EGM__SLOT_STATE] = n->state,
	                               [EGM__SLOT_NEGATIVES] = n->negatives,
	                               [EGM__SLOT_CONSTANTS] = loss->constants};
	egm__graph *g = NULL;
	egm__program *p = NULL;
	for (int i = 0; i < loss->n_nets; i++) {
		bases[EGM__SLOT_NET + i] = bases[EGM__SLOT_OLD + i] = loss->nets[i]->parameters;
		bases[EGM__SLOT_GRADIENT + i] = n->gradient[i];
	}
	ck_assert_int_eq(egm__loss_graph(loss, phase, 3, &g), EGM_OK);
	ck_assert_int_eq(egm__loss_compile(loss, phase, 3, &p), EGM_OK);
	ck_assert_int_eq(egm__program_own(p), EGM_OK);
	if (compiled)
		egm__program_run(p, bases, 1, 1);
	else
		ck_assert_int_eq(egm__graph_interpret(g, bases, 1, 1), EGM_OK);
	egm__program_free(p);
	egm__graph_free(g);
}

static void follow(const float *got, const float *want, int64_t n)
{
	double scale = 1;
	for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs((double)want[i]));
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(fabs((double)got[i] - (double)want[i]) <= 1e-4 * scale, "%s: %g, %g", loss->kind, (double)got[i],
		              (double)want[i]);
}

/* The f32 program against the interpreter in double on the same f32 parameters: some hundred roundings of 6e-8 of the
 * largest number, 1e-5; differences of shares in `histogram` lose another power of ten. */
START_TEST(test_systems__f32_follows_double)
{
	const s_system *s = &s_systems[_i];
	for (int variant = 0; variant < s->variants; variant++) {
		create(s, variant, egm_model_silu, EGM_F32);
		for (int32_t phase = 0; phase < loss->n_phases; phase++) {
			narrow n[2];
			memset(n, 0, sizeof n);
			for (int side = 0; side < 2; side++) {
				for (int i = 0; i < 64; i++) n[side].data[i] = (float)sheet.data[i];
				for (int i = 0; i < 64; i++) n[side].negatives[i] = (float)negatives[i];
				run_narrow(phase, &n[side], side);
			}
			follow(n[1].terms, n[0].terms, EGM__MAX_TERMS);
			for (int i = 0; i < s->n_nets; i++) follow(n[1].gradient[i], n[0].gradient[i], L_MAX_PARAMETERS);
		}
	}
}
END_TEST

/* ---- refusals and memory */

static egm_status create_any(const s_system *s, int variant, egm_loss **out)
{
	s_claim c;
	return s->create(out, net, variant, &c);
}

START_TEST(test_systems__refuses_nets_that_do_not_fit)
{
	const s_system *s = &s_systems[_i];
	create(s, 0, egm_model_tanh, EGM_F64);
	for (int i = 0; i < s->n_nets; i++)
		for (int kind = 0; kind < 3; kind++) {
			egm_model *keep = net[i];
			egm_loss *none = loss;
			const int64_t width[2] = {s->width[i][0], s->width[i][1] == 1 ? 2 : 1};
			net[i] = kind == 0 ? NULL : l_net(context, "odd", 2, width, NULL, kind == 1 ? EGM_F32 : EGM_F64, 1);
			egm_status st = create_any(s, 0, &none);
			/* alone in its kind: a net of f32 is as good as one of f64 */
			int fits = s->n_nets == 1 && kind == 1;
			if (!fits || st != EGM_ERR_SHAPE)
				ck_assert_int_eq(st, kind == 0 ? EGM_ERR_ARGUMENT : kind == 1 ? EGM_ERR_DTYPE : EGM_ERR_SHAPE);
			ck_assert_ptr_null(none);
			egm_model_free(net[i]);
			net[i] = keep;
		}
}
END_TEST

/* create, compile every phase, free */
static int life(const s_system *s, int variant)
{
	egm_loss *l = NULL;
	egm_status st = create_any(s, variant, &l);
	if (st != EGM_OK) ck_assert_ptr_null(l);
	for (int32_t i = 0; st == EGM_OK && i < l->n_phases; i++) {
		egm__program *p = NULL;
		st = egm__loss_compile(l, i, 4, &p);
		if (st != EGM_OK) ck_assert_ptr_null(p);
		egm__program_free(p);
	}
	egm_loss_free(l);
	ck_assert(st == EGM_OK || st == EGM_ERR_MEMORY);
	return st == EGM_OK;
}

START_TEST(test_systems__every_allocation_may_fail)
{
	const s_system *s = &s_systems[_i];
	int variant = s->variants - 1;
	egm_context_free(context);
	context = egm_test_context(&a);
	s_nets(context, s, egm_model_tanh, EGM_F64, net);
	long live = a.live, before = a.calls;
	ck_assert(life(s, variant));
	long calls = a.calls - before;
	for (a.for_ever = 0; a.for_ever < 2; a.for_ever++)
		for (long i = 1; i <= calls; i++) {
			a.fail_at = a.calls + i;
			ck_assert_msg(!life(s, variant), "%s: call %ld failed and nobody said so", s->name, i);
			a.fail_at = 0;
			ck_assert_int_eq(a.live, live);
		}
	ck_assert(life(s, variant));
	ck_assert_int_eq(a.live, live);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("systems");
	TCase *t = tcase_create("all");
	tcase_set_tags(t, "E9 E21 E30 K1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_systems__gradients_equal_differences, 0, S_SYSTEMS);
	tcase_add_loop_test(t, test_systems__other_nets_get_no_gradient, 0, S_SYSTEMS);
	tcase_add_loop_test(t, test_systems__nets_of_zeros, 0, S_SYSTEMS);
	tcase_add_loop_test(t, test_systems__identical_real_and_fake, 0, S_SYSTEMS);
	tcase_add_loop_test(t, test_systems__shifts_change_no_gradient, 0, S_SYSTEMS);
	tcase_add_loop_test(t, test_systems__f32_follows_double, 0, S_SYSTEMS);
	tcase_add_loop_test(t, test_systems__refuses_nets_that_do_not_fit, 0, S_SYSTEMS);
	suite_add_tcase(suite, t);
	t = tcase_create("memory");
	tcase_set_tags(t, "R1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_systems__every_allocation_may_fail, 0, S_SYSTEMS);
	suite_add_tcase(suite, t);
	return egm_test_main(suite);
}
