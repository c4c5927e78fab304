/* SPDX-License-Identifier: MIT */
/* A compiled phase multiplies no more matrices than the formulas say.
 *
 * A product m x n x k costs 2mnk. For B rows through a network of dense layers 1 .. L, F is the cost of a forward pass,
 * the sum of 2 B in_l out_l over the layers l; F1 and FL are those of the first and the last layer. The gradient with
 * respect to all weights costs F, the adjoint of the first hidden layer F - F1, that of the input F.
 *
 *  energy at x and at G(z), penalty |dU/dx|^2 at x   F_G + 7F - FL - F1
 *  entropy of G by a network H on 2B rows            3F_G - F1_G + 2F_E + 3F_H
 *  critic with penalty at interpolates               F_G + 2 (3F - F1) + 4F - FL
 *  score matching, smooth activation                 6F - F1 - 3FL
 *
 * Products in which m, n or k is 1 become elementwise work and are counted on neither side. Here these are the products
 * of the last layer, whose width is 1. With F' = F - FL, the sum over the other layers, the formulas become
 *
 *  F_G + 7F' - F1;  3F_G - F1_G + 2F_E' + 3F_H';  F_G + 10F' - 2 F1;  6F' - F1 */
#include <graph/graph_support.h>
#include <model/model_impl.h>

enum { BATCH = 6, DATA = 3, LATENT = 2, SLOT_U = 2, SLOT_G = 3, SLOT_H = 4 };

static egm_context *context;
static egm__graph *g;
static egm_model *energy, *generator, *statistics;

typedef struct cost {
	double all, first; /* F' and F1 */
} cost;

/* 2 rows in out over the layers with more than one output */
static cost forward(int64_t rows, int n, const int64_t *width)
{
	cost c = {0, 2.0 * (double)(rows * width[0] * width[1])};
	for (int i = 0; i + 1 < n; i++)
		if (width[i + 1] > 1) c.all += 2.0 * (double)(rows * width[i] * width[i + 1]);
	return c;
}

static egm_model *net(const char *name, int n, const int64_t *width, egm_status (*activation)(egm_model *))
{
	egm_model *m = NULL;
	ck_assert_int_eq(egm_model_create(&m, context, name, width[0]), EGM_OK);
	for (int i = 1; i < n; i++) {
		egm_model_dense(m, width[i]);
		if (i + 1 < n) activation(m);
	}
	ck_assert_msg(egm_model_build(m, EGM_F32, 1) == EGM_OK, "%s", egm_last_error());
	return m;
}

static egm_status leaky(egm_model *m)
{
	return egm_model_leaky_relu(m, 0.2);
}

/* sizes all different, so that no two products cost the same */
static const int64_t e_width[] = {DATA, 16, 24, 8, 1}, g_width[] = {LATENT, 12, 20, DATA},
                     h_width[] = {DATA + LATENT, 14, 10, 18, 1};

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F32), EGM_OK);
	generator = net("generator", 4, g_width, egm_model_relu);
	statistics = net("statistics", 5, h_width, leaky);
}

static void teardown(void)
{
	egm__graph_free(g);
	egm_model_free(energy);
	egm_model_free(generator);
	egm_model_free(statistics);
	egm_context_free(context);
}

static egm__id data(void)
{
	return egm__leaf(g, 1, 0, egm__shape2(BATCH, DATA));
}

static egm__id fake(void)
{
	return egm__model_apply(g, generator, SLOT_G, egm__normal(g, 0, egm__shape2(BATCH, LATENT)));
}

/* The operations of a program for y and its gradients with respect to all tensors of the networks. */
static double flops(egm__id y, int n_nets, egm_model *const *nets, const int32_t *slots)
{
	egm__id leaf[32] = {0}, d[32];
	int32_t n = 0;
	for (int i = 0; i < n_nets; i++)
		for (int32_t t = 0; t < nets[i]->n_tensors; t++) leaf[n++] = egm__model_leaf(g, nets[i], slots[i], t);
	egm__gradient(g, y, n, leaf, d);
	egm__graph_output(g, y, 8, 0);
	for (int32_t i = 0; i < n; i++) egm__graph_output(g, d[i], 9, 1000 * i);
	egm__program *p = NULL;
	ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "%s", egm_last_error());
	ck_assert_uint_eq(egm__program_arena_bytes(p), egm__program_arena_used(p));
	double f = egm__program_flops(p);
	egm__program_free(p);
	return f;
}

static egm__id slope_at(egm__id u, egm__id x)
{
	egm__id d;
	egm__gradient(g, u, 1, &x, &d);
	return d;
}

START_TEST(test_flops__energy_phase)
{
	energy = net("energy", 5, e_width, leaky);
	egm__id x = data(), real = egm__model_apply(g, energy, SLOT_U, x);
	egm__id u_fake = egm__model_apply(g, energy, SLOT_U, fake());
	egm__id penalty = egm__mean(g, egm__row_sum(g, egm__square(g, slope_at(real, x))));
	egm__id y = egm__sub(g, egm__mean(g, real), egm__mean(g, u_fake));
	cost e = forward(BATCH, 5, e_width), gen = forward(BATCH, 4, g_width);
	double f = flops(egm__add(g, y, egm__scale(g, penalty, 0.1)), 1, &energy, (int32_t[]){SLOT_U});
	ck_assert(f == gen.all + 7 * e.all - e.first);
}
END_TEST

START_TEST(test_flops__generator_phase)
{
	energy = net("energy", 5, e_width, leaky);
	egm__id z = egm__normal(g, 0, egm__shape2(BATCH, LATENT)), x = fake();
	egm__id joint[2] = {x, z}, product[2] = {x, egm__normal(g, 1, egm__shape2(BATCH, LATENT))};
	egm__id rows[2] = {egm__concat(g, 2, joint, 1), egm__concat(g, 2, product, 1)};
	egm__id t = egm__model_apply(g, statistics, SLOT_H, egm__concat(g, 2, rows, 0));
	egm__id a = egm__mean(g, egm__softplus(g, egm__neg(g, egm__slice(g, t, 0, 0, BATCH))));
	egm__id b = egm__mean(g, egm__softplus(g, egm__slice(g, t, 0, BATCH, BATCH)));
	egm__id y = egm__add(g, egm__mean(g, egm__model_apply(g, energy, SLOT_U, x)), egm__add(g, a, b));
	egm_model *nets[2] = {generator, statistics};
	cost e = forward(BATCH, 5, e_width), gen = forward(BATCH, 4, g_width), h = forward(2 * BATCH, 5, h_width);
	double f = flops(y, 2, nets, (int32_t[]){SLOT_G, SLOT_H});
	ck_assert(f == 3 * gen.all - gen.first + 2 * e.all + 3 * h.all);
}
END_TEST

START_TEST(test_flops__critic_with_penalty_at_interpolates)
{
	energy = net("energy", 5, e_width, leaky);
	egm__id x = data(), xf = fake(), a = egm__uniform(g, 2, egm__shape2(BATCH, 1));
	egm__id between = egm__variable(g, egm__add(g, xf, egm__mul(g, a, egm__sub(g, x, xf))));
	egm__id d = egm__sub(g, egm__mean(g, egm__model_apply(g, energy, SLOT_U, xf)),
	                     egm__mean(g, egm__model_apply(g, energy, SLOT_U, x)));
	egm__id norm = egm__row_norm(g, slope_at(egm__model_apply(g, energy, SLOT_U, between), between));
	egm__id y = egm__add(g, d, egm__scale(g, egm__mean(g, egm__square(g, egm__affine(g, norm, 1, -1))), 10));
	cost e = forward(BATCH, 5, e_width), gen = forward(BATCH, 4, g_width);
	ck_assert(flops(y, 1, &energy, (int32_t[]){SLOT_U}) == gen.all + 10 * e.all - 2 * e.first);
}
END_TEST

START_TEST(test_flops__score_matching)
{
	energy = net("energy", 5, e_width, egm_model_silu);
	egm__id n = egm__normal(g, 0, egm__shape2(BATCH, DATA));
	egm__id at = egm__variable(g, egm__add(g, data(), egm__scale(g, n, 0.3)));
	egm__id residual = egm__sub(g, egm__scale(g, slope_at(egm__model_apply(g, energy, SLOT_U, at), at), 0.3), n);
	egm__id y = egm__mean(g, egm__row_sum(g, egm__square(g, residual)));
	cost e = forward(BATCH, 5, e_width);
	ck_assert(flops(y, 1, &energy, (int32_t[]){SLOT_U}) == 6 * e.all - e.first);
}
END_TEST

/* The network of the last test with leaky units, whose second derivatives cost nothing. */
START_TEST(test_flops__piecewise_linear_nets_pay_no_second_derivative)
{
	energy = net("energy", 5, e_width, leaky);
	egm__id x = data(), slope = slope_at(egm__model_apply(g, energy, SLOT_U, x), x);
	cost e = forward(BATCH, 5, e_width);
	egm__id y = egm__mean(g, egm__row_sum(g, egm__square(g, slope)));
	ck_assert(flops(y, 1, &energy, (int32_t[]){SLOT_U}) == 4 * e.all);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flops");
	TCase *t = tcase_create("phases");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_flops__energy_phase);
	tcase_add_test(t, test_flops__generator_phase);
	tcase_add_test(t, test_flops__critic_with_penalty_at_interpolates);
	tcase_add_test(t, test_flops__score_matching);
	tcase_add_test(t, test_flops__piecewise_linear_nets_pay_no_second_derivative);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
