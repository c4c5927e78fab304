/* SPDX-License-Identifier: MIT */
/* Batch normalisation in every system: rejected, with the reason, if the loss needs the gradient of the network at
 * single rows (E28), and with exact gradients through the batch everywhere else. */
#include "systems_fixture.h"
#include <loss/score_impl.h>
#include <stdio.h>

static egm_status norm_and_tanh(egm_model *m)
{
	egm_status st = egm_model_batch_norm(m, 0.1, 0.25);
	return st == EGM_OK ? egm_model_tanh(m) : st;
}

/* The networks of a system, the one of index `normed` with a norm (-1: none). */
static void make_nets(const system_row *s, int normed)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	drop();
	for (int i = 0; i < s->n_nets; i++) {
		int64_t width[3] = {s->width[i][0], 3, s->width[i][1]};
		net[i] = dense_net(context, names[i], 3, width, i == normed ? norm_and_tanh : egm_model_tanh, EGM_F64,
		                   (uint64_t)i + 1);
	}
}

static void expect_rejection(const system_row *s, egm_status st, int n, const char *with)
{
	char end[160], middle[64];
	snprintf(end, sizeof end,
	         "is batch_norm, with which the gradient at one row depends on the other rows of its batch; %s", with);
	snprintf(middle, sizeof middle, ": layer 1 of ");
	ck_assert_msg(st == EGM_ERR_ARGUMENT, "%s, net %d: %s", s->name, n, egm_status_name(st));
	ck_assert_ptr_null(loss);
	ck_assert_msg(strstr(egm_last_error(), end) && strstr(egm_last_error(), middle), "%s: %s", s->name,
	              egm_last_error());
}

START_TEST(test_batch_norm_systems__rejected_by_row_and_exact_by_batch)
{
	const system_row *s = &systems[_i];
	for (int variant = 0; variant < s->variants; variant++)
		for (int n = 0; n < s->n_nets; n++) {
			make_nets(s, n);
			memset(&claim, 0, sizeof claim);
			memset(io.gradient, 0, sizeof io.gradient); /* of buffers it stays that */
			egm_status st = s->create(&loss, net, variant, &claim);
			if (claim.by_row[n]) {
				expect_rejection(s, st, n, claim.by_row[n]);
				continue;
			}
			ck_assert_msg(st == EGM_OK, "%s, net %d: %s", s->name, n, egm_last_error());
			remember_old();
			for (int32_t phase = 0; phase < loss->n_phases; phase++)
				check_gradients(loss, phase, &claim.phase[phase], &io);
		}
}
END_TEST

START_TEST(test_batch_norm_systems__energy_gan)
{
	egm_energy_gan_options o = EGM_ENERGY_GAN_OPTIONS_INIT;
	net[0] = dense_net(context, "energy", 3, (int64_t[]){DATA_WIDTH, 3, 1}, norm_and_tanh, EGM_F64, 1);
	net[1] = dense_net(context, "generator", 3, (int64_t[]){LATENT_WIDTH, 3, DATA_WIDTH}, norm_and_tanh, EGM_F64, 2);
	net[2] =
	    dense_net(context, "information", 3, (int64_t[]){DATA_WIDTH + LATENT_WIDTH, 3, 1}, norm_and_tanh, EGM_F64, 3);
	ck_assert_int_eq(egm_loss_energy_gan(&loss, net[0], net[1], net[2], &o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(
	    egm_last_error(),
	    "egm_loss_energy_gan: layer 1 of energy 'energy' is batch_norm, with which the gradient at one row "
	    "depends on the other rows of its batch; penalty is 0.1, must be 0");
	o.penalty = 0;
	ck_assert_int_eq(egm_loss_energy_gan(&loss, net[0], net[1], net[2], &o), EGM_OK);
	check_gradients(loss, 0, &(phase_objective){2, {0, 1}, {1, -1}}, &io);
	check_gradients(loss, 1, &(phase_objective){2, {3, 4}, {1, -1}}, &io);
	ck_assert(io.terms[2] == 0); /* the penalty is not shown */
}
END_TEST

/* gan, variant 7: where the generator is the one of old, the regularizer is 0, batch statistics or not. */
START_TEST(test_batch_norm_systems__a_net_equals_its_old_self)
{
	make_nets(&systems[1], 1);
	ck_assert_int_eq(systems[1].create(&loss, net, 7, &claim), EGM_OK);
	run_phase(loss, 2, &io); /* old parameters are today's */
	ck_assert(io.terms[3] == 0 && io.terms[2] != 0);
}
END_TEST

/* Nets without: grad U of a row has the same bits whatever the other rows are. */
START_TEST(test_batch_norm_systems__without_it_rows_are_alone)
{
	double x[4][DATA_WIDTH], score[2][4][DATA_WIDTH];
	void *bases[EGM__MAX_SLOTS] = {NULL};
	make_nets(&systems[0], -1);
	ck_assert_int_eq(egm_loss_ml(&loss, net[0], NULL), EGM_OK);
	egm__phase_graph p = {.batch = 4};
	egm__program *program = NULL;
	ck_assert_int_eq(egm__graph_create(&p.graph, context, EGM_F64), EGM_OK);
	egm__id leaf = egm__leaf(p.graph, EGM__SLOT_DATA, 0, egm__shape2(4, DATA_WIDTH));
	egm__graph_output(p.graph, egm__net_slope(&p, loss, 0, leaf), EGM__SLOT_TERMS, 0);
	ck_assert_int_eq(egm__program_create(&program, p.graph), EGM_OK);
	for (int run = 0; run < 2; run++) {
		for (int i = 0; i < 4 * DATA_WIDTH; i++)
			x[i / DATA_WIDTH][i % DATA_WIDTH] = 0.1 * i + (i / DATA_WIDTH == 2 ? 0 : 3 * run);
		bases[EGM__SLOT_DATA] = x;
		bases[EGM__SLOT_NET] = net[0]->parameters;
		bases[EGM__SLOT_TERMS] = score[run];
		egm__program_run(program, bases, 0, 0);
	}
	ck_assert_mem_eq(score[0][2], score[1][2], sizeof score[0][2]);
	ck_assert(memcmp(score[0][1], score[1][1], sizeof score[0][1]) != 0);
	egm__program_free(program);
	egm__graph_free(p.graph);
}
END_TEST

/* A likelihood is no training step: log weights by running statistics, a row for itself. */
START_TEST(test_batch_norm_systems__likelihood_is_row_by_row)
{
	double x[3][DATA_WIDTH] = {{0.1, 0.2, 0.3}, {-1, 0, 1}, {2, 2, -1}}, all[3], one;
	make_nets(&systems[2], 1);
	ck_assert_int_eq(egm_loss_vae(&loss, net[0], net[1], NULL), EGM_OK);
	ck_assert_msg(egm_loss_vae_log_likelihood(loss, egm_f64(x[0], 3, DATA_WIDTH), 10, 4, egm_f64_out(all, 3, 1), NULL,
	                                          NULL) == EGM_OK,
	              "%s", egm_last_error());
	ck_assert_int_eq(
	    egm_loss_vae_log_likelihood(loss, egm_f64(x[0], 1, DATA_WIDTH), 10, 4, egm_f64_out(&one, 1, 1), NULL, NULL),
	    EGM_OK);
	ck_assert(one == all[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("batch_norm_systems");
	TCase *t = tcase_create("all");
	tcase_set_tags(t, "E28");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_batch_norm_systems__rejected_by_row_and_exact_by_batch, 0, SYSTEMS);
	tcase_add_test(t, test_batch_norm_systems__energy_gan);
	tcase_add_test(t, test_batch_norm_systems__a_net_equals_its_old_self);
	tcase_add_test(t, test_batch_norm_systems__without_it_rows_are_alone);
	tcase_add_test(t, test_batch_norm_systems__likelihood_is_row_by_row);
	suite_add_tcase(suite, t);
	return egm_test_main(suite);
}
