/* SPDX-License-Identifier: MIT */
/* Every adversarial form on logits alone: values and derivatives of both sides against formulas in double, logits of
 * +-1000, label smoothing, and the optimum of the discriminator. */
#include "loss_support.h"
#include <loss/adversarial_impl.h>

enum { ROWS = 4, FORMS = EGM_GAN_RELATIVISTIC_AVERAGE };
enum { REAL = 1, FAKE, VALUE, BY_REAL, BY_FAKE };

static egm_context *context;

static void setup(void)
{
	context = new_context();
}

static void teardown(void)
{
	egm_context_free(context);
}

/* ---- the formulas, in double */

static double sp(double x)
{
	return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double sigmoid(double x)
{
	return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

typedef struct sides {
	double value, by_real[ROWS], by_fake[ROWS];
} sides;

static double mean(const double *x)
{
	double sum = 0;
	for (int i = 0; i < ROWS; i++) sum += x[i] / ROWS;
	return sum;
}

/* E sp(low - high) over pairs of rows */
static void add_pairs(const double *high, const double *low, double *by_high, double *by_low, double *value)
{
	for (int i = 0; i < ROWS; i++) {
		double s = sigmoid(low[i] - high[i]) / ROWS;
		*value += sp(low[i] - high[i]) / ROWS;
		by_low[i] += s;
		by_high[i] -= s;
	}
}

/* (E sp(E low - high) + E sp(low - E high)) / 2 */
static void add_averages(const double *high, const double *low, double *by_high, double *by_low, double *value)
{
	double h = mean(high), l = mean(low), a = 0, b = 0;
	for (int i = 0; i < ROWS; i++) {
		double s = sigmoid(l - high[i]) / (2 * ROWS), t = sigmoid(low[i] - h) / (2 * ROWS);
		*value += (sp(l - high[i]) + sp(low[i] - h)) / (2 * ROWS);
		by_high[i] -= s;
		by_low[i] += t;
		a += s, b += t;
	}
	for (int i = 0; i < ROWS; i++) by_low[i] += a / ROWS, by_high[i] -= b / ROWS;
}

static sides discriminator(int form, const double *r, const double *f, double s)
{
	sides out = {0};
	if (form == EGM_GAN_RELATIVISTIC) add_pairs(r, f, out.by_real, out.by_fake, &out.value);
	if (form == EGM_GAN_RELATIVISTIC_AVERAGE) add_averages(r, f, out.by_real, out.by_fake, &out.value);
	for (int i = 0; i < ROWS && form < EGM_GAN_RELATIVISTIC; i++) {
		double value = (1 - s) * sp(-r[i]) + s * sp(r[i]) + sp(f[i]);
		double by_real = sigmoid(r[i]) - (1 - s), by_fake = sigmoid(f[i]);
		if (form == EGM_GAN_LEAST_SQUARES) {
			value = (pow(r[i] - (1 - s), 2) + f[i] * f[i]) / 2;
			by_real = r[i] - (1 - s), by_fake = f[i];
		} else if (form == EGM_GAN_HINGE) {
			value = fmax(0, 1 - r[i]) + fmax(0, 1 + f[i]);
			by_real = -(r[i] < 1), by_fake = f[i] > -1;
		}
		out.value += value / ROWS;
		out.by_real[i] = by_real / ROWS;
		out.by_fake[i] = by_fake / ROWS;
	}
	return out;
}

static sides generator(int form, const double *r, const double *f)
{
	sides out = {0};
	if (form == EGM_GAN_RELATIVISTIC) add_pairs(f, r, out.by_fake, out.by_real, &out.value);
	if (form == EGM_GAN_RELATIVISTIC_AVERAGE) add_averages(f, r, out.by_fake, out.by_real, &out.value);
	for (int i = 0; i < ROWS && form < EGM_GAN_RELATIVISTIC; i++) {
		const double value[] = {0, sp(-f[i]), -sp(f[i]), (f[i] - 1) * (f[i] - 1) / 2, -f[i]};
		const double slope[] = {0, -sigmoid(-f[i]), -sigmoid(f[i]), f[i] - 1, -1};
		out.value += value[form] / ROWS;
		out.by_fake[i] = slope[form] / ROWS;
	}
	return out;
}

/* ---- the library's */

/* Side 0: the discriminator's, 1: the generator's. */
static egm__graph *graph_of(int form, int side, double smoothing, egm_dtype dtype)
{
	egm__graph *g = NULL;
	egm__id by[2], value;
	ck_assert_int_eq(egm__graph_create(&g, context, dtype), EGM_OK);
	egm__id l[2] = {egm__leaf(g, REAL, 0, egm__shape2(ROWS, 1)), egm__leaf(g, FAKE, 0, egm__shape2(ROWS, 1))};
	value = side ? egm__generator_loss(g, form, egm__generator_needs_real(form) ? l[0] : EGM__NONE, l[1])
	             : egm__discriminator_loss(g, form, l[0], l[1], smoothing);
	egm__gradient(g, value, 2, l, by);
	egm__graph_output(g, value, VALUE, 0);
	egm__graph_output(g, by[0], BY_REAL, 0);
	egm__graph_output(g, by[1], BY_FAKE, 0);
	ck_assert_int_eq(egm__graph_status(g), EGM_OK);
	return g;
}

static sides run(int form, int side, double smoothing, const double *r, const double *f)
{
	sides out;
	double real[ROWS], fake[ROWS];
	egm__program *p = NULL;
	egm__graph *g = graph_of(form, side, smoothing, EGM_F64);
	memcpy(real, r, sizeof real);
	memcpy(fake, f, sizeof fake);
	void *bases[EGM__MAX_SLOTS] = {NULL, real, fake, &out.value, out.by_real, out.by_fake};
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	egm__program_run(p, bases, 1, 1);
	egm__program_free(p);
	egm__graph_free(g);
	return out;
}

/* Sums of four terms of vector functions with 4 ulp: 1e-14 of the largest. */
static void same(const sides *got, const sides *want)
{
	ck_assert_msg(fabs(got->value - want->value) <= 1e-14 * fmax(1, fabs(want->value)), "value %.17g, not %.17g",
	              got->value, want->value);
	for (int i = 0; i < ROWS; i++) {
		ck_assert_msg(fabs(got->by_real[i] - want->by_real[i]) <= 1e-14 * fmax(1, fabs(want->by_real[i])),
		              "by real %d: %.17g, not %.17g", i, got->by_real[i], want->by_real[i]);
		ck_assert_msg(fabs(got->by_fake[i] - want->by_fake[i]) <= 1e-14 * fmax(1, fabs(want->by_fake[i])),
		              "by fake %d: %.17g, not %.17g", i, got->by_fake[i], want->by_fake[i]);
	}
}

/* both sides of hinge's corners, logits of both signs on both sides */
static const double real[ROWS] = {0.25, -1.5, 2, 0.75}, fake[ROWS] = {-2, 0.5, -0.25, 1.25};

START_TEST(test_adversarial__discriminator_by_formula)
{
	int form = 1 + _i % FORMS, labels = _i / FORMS && form <= EGM_GAN_LEAST_SQUARES;
	sides want = discriminator(form, real, fake, labels ? 0.1 : 0), got = run(form, 0, labels ? 0.1 : 0, real, fake);
	same(&got, &want);
}
END_TEST

START_TEST(test_adversarial__generator_by_formula)
{
	sides want = generator(_i, real, fake), got = run(_i, 1, 0, real, fake);
	same(&got, &want);
}
END_TEST

/* One logit at a time by hand: sp(-1) = .3132617, sp(1) = 1.3132617, sigmoid(1) = .7310586. */
START_TEST(test_adversarial__values_by_hand)
{
	static const double one[ROWS] = {1, 1, 1, 1}, half[ROWS] = {.5, .5, .5, .5};
	static const double d[] = {0, 1.2873387, 1.2873387, .125, 1.5, .4740770, .4740770};
	static const double g[] = {0, .4740770, -.9740770, .125, -.5, .9740770, .9740770};
	ck_assert(fabs(sp(-1) - .3132617) <= 5e-8 && fabs(sp(1) - 1.3132617) <= 5e-8);
	ck_assert(fabs(run(_i, 0, 0, one, half).value - d[_i]) <= 5e-8);
	ck_assert(fabs(run(_i, 1, 0, one, half).value - g[_i]) <= 5e-8);
}
END_TEST

/* At logits of +-1000 a logarithm of a sigmoid is -inf and its slope 0/0. Each form's extremes, in closed form:
 * sp(1000) = 1000, sp(-1000) = 0 to the last bit. */
START_TEST(test_adversarial__finite_at_a_thousand)
{
	const double high[ROWS] = {1000, 1000, -1000, -1000}, low[ROWS] = {1000, -1000, 1000, -1000};
	sides want = discriminator(_i, high, low, 0), got = run(_i, 0, 0, high, low);
	same(&got, &want);
	ck_assert(got.value >= 250 && isfinite(got.value));
	want = generator(_i, high, low), got = run(_i, 1, 0, high, low);
	same(&got, &want);
	ck_assert(isfinite(got.value));
}
END_TEST

/* The same in f32: every number is 0, a half or a power of ten there. */
START_TEST(test_adversarial__finite_at_a_thousand_in_f32)
{
	float high[ROWS] = {1000, 1000, -1000, -1000}, low[ROWS] = {1000, -1000, 1000, -1000}, value, by[2][ROWS];
	const double r[ROWS] = {1000, 1000, -1000, -1000}, f[ROWS] = {1000, -1000, 1000, -1000};
	int form = 1 + _i / 2;
	void *bases[EGM__MAX_SLOTS] = {NULL, high, low, &value, by[0], by[1]};
	sides want = _i % 2 ? generator(form, r, f) : discriminator(form, r, f, 0);
	egm__program *p = NULL;
	egm__graph *g = graph_of(form, _i % 2, 0, EGM_F32);
	ck_assert_int_eq(egm__program_create(&p, g), EGM_OK);
	egm__program_run(p, bases, 1, 1);
	ck_assert(fabs((double)value - want.value) <= 1e-6 * fmax(1, fabs(want.value)));
	for (int i = 0; i < ROWS; i++) {
		ck_assert(fabs((double)by[0][i] - want.by_real[i]) <= 1e-6 * fmax(1, fabs(want.by_real[i])));
		ck_assert(fabs((double)by[1][i] - want.by_fake[i]) <= 1e-6 * fmax(1, fabs(want.by_fake[i])));
	}
	egm__program_free(p);
	egm__graph_free(g);
}
END_TEST

/* Which way each side moves a logit between the two labels: the discriminator raises the real ones and lowers the fake
 * ones, the generator raises the fake ones. */
START_TEST(test_adversarial__each_side_pulls_its_way)
{
	const double r[ROWS] = {-.5, -.25, .25, .5}, f[ROWS] = {.5, .25, .125, .75};
	sides d = run(_i, 0, 0, r, f), g = run(_i, 1, 0, r, f);
	for (int i = 0; i < ROWS; i++) {
		ck_assert(d.by_real[i] < 0);
		ck_assert(d.by_fake[i] > 0);
		ck_assert(g.by_fake[i] < 0);
	}
}
END_TEST

/* minimax and non_saturating go the same way; where the discriminator is sure, minimax has no slope left */
START_TEST(test_adversarial__minimax_saturates)
{
	const double sure[ROWS] = {-30, -30, -30, -30};
	sides m = run(EGM_GAN_MINIMAX, 1, 0, real, sure), n = run(EGM_GAN_NON_SATURATING, 1, 0, real, sure);
	ck_assert(m.by_fake[0] < 0 && m.by_fake[0] >= -1e-13);
	ck_assert(fabs(n.by_fake[0] + 1. / ROWS) <= 1e-13);
}
END_TEST

/* ---- the optimum of the discriminator */

enum { STATES = 3, DRAWS = 8 };

/* -pi E_p log D - (1 - pi) E_q log(1 - D) over a table of logits, the rows of p and q drawn as often as they count. */
typedef struct table {
	double logit[STATES], value, slope[STATES], p[DRAWS * STATES], q[DRAWS * STATES];
} table;

static void fill(double *rows, const int *count)
{
	memset(rows, 0, DRAWS * STATES * sizeof *rows);
	for (int k = 0, row = 0; k < STATES; k++)
		for (int i = 0; i < count[k]; i++) rows[row++ * STATES + k] = 1;
}

static egm__program *table_program(double prior, double smoothing)
{
	egm__graph *g = NULL;
	egm__program *program = NULL;
	egm__id slope;
	ck_assert_int_eq(egm__graph_create(&g, context, EGM_F64), EGM_OK);
	egm__id t = egm__leaf(g, 1, 0, egm__shape2(STATES, 1)), value;
	egm__id p = egm__matmul(g, egm__leaf(g, 2, 0, egm__shape2(DRAWS, STATES)), t, 0, 0);
	egm__id q = egm__matmul(g, egm__leaf(g, 3, 0, egm__shape2(DRAWS, STATES)), t, 0, 0);
	if (smoothing > 0)
		value = egm__discriminator_loss(g, EGM_GAN_NON_SATURATING, p, q, smoothing);
	else
		value = egm__add(g, egm__scale(g, egm__cross_entropy_real(g, p), prior),
		                 egm__scale(g, egm__cross_entropy_fake(g, q), 1 - prior));
	egm__gradient(g, value, 1, &t, &slope);
	egm__graph_output(g, value, 4, 0);
	egm__graph_output(g, slope, 5, 0);
	ck_assert_int_eq(egm__program_create(&program, g), EGM_OK);
	egm__graph_free(g);
	return program;
}

static void table_run(egm__program *program, table *t)
{
	void *bases[EGM__MAX_SLOTS] = {NULL, t->logit, t->p, t->q, &t->value, t->slope};
	egm__program_run(program, bases, 1, 1);
}

/* Gradient descent with the step 1 on a convex function whose second derivative is at most 1/4 and, near the optimum,
 * at least (pi p + (1 - pi) q) D (1 - D) >= .028 for the masses below: 2000 steps leave .972^2000 = 2e-25 of the
 * error. */
static void solve(egm__program *program, table *t)
{
	for (int step = 0; step < 2000; step++) {
		table_run(program, t);
		for (int k = 0; k < STATES; k++) t->logit[k] -= t->slope[k];
	}
	table_run(program, t);
}

/* D* = pi p / (pi p + (1 - pi) q); the priors 1/2, which the GAN has, give p / (p + q) and no others do. */
START_TEST(test_adversarial__optimal_discriminator_has_the_priors)
{
	const double priors[] = {.5, .25, .8}, pi = priors[_i];
	const int p[STATES] = {1, 2, 5}, q[STATES] = {4, 2, 2};
	table t = {.value = 0};
	fill(t.p, p);
	fill(t.q, q);
	egm__program *program = table_program(pi, 0);
	solve(program, &t);
	for (int k = 0; k < STATES; k++) {
		double want = pi * p[k] / (pi * p[k] + (1 - pi) * q[k]);
		ck_assert_msg(fabs(sigmoid(t.logit[k]) - want) <= 1e-13, "state %d: %.17g, not %.17g", k, sigmoid(t.logit[k]),
		              want);
	}
	egm__program_free(program);
}
END_TEST

/* With smoothing s: D* = (1 - s) p / (p + q), for the real rows count for the other label with weight s:
 * the slope of (1 - s) p sp(-l) + s p sp(l) + q sp(l) is (p + q) D - (1 - s) p. */
START_TEST(test_adversarial__optimal_discriminator_under_smoothing)
{
	const int p[STATES] = {1, 2, 5}, q[STATES] = {4, 2, 2};
	table t = {.value = 0};
	fill(t.p, p);
	fill(t.q, q);
	egm__program *program = table_program(.5, .1);
	solve(program, &t);
	for (int k = 0; k < STATES; k++) ck_assert(fabs(sigmoid(t.logit[k]) - .9 * p[k] / (p[k] + q[k])) <= 1e-13);
	egm__program_free(program);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("adversarial");
	TCase *t = tcase_create("forms");
	tcase_set_tags(t, "E21 S4");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_adversarial__discriminator_by_formula, 0, 2 * FORMS);
	tcase_add_loop_test(t, test_adversarial__generator_by_formula, 1, FORMS + 1);
	tcase_add_loop_test(t, test_adversarial__values_by_hand, 1, FORMS + 1);
	tcase_add_loop_test(t, test_adversarial__finite_at_a_thousand, 1, FORMS + 1);
	tcase_add_loop_test(t, test_adversarial__finite_at_a_thousand_in_f32, 0, 2 * FORMS);
	tcase_add_loop_test(t, test_adversarial__each_side_pulls_its_way, 1, FORMS + 1);
	tcase_add_test(t, test_adversarial__minimax_saturates);
	suite_add_tcase(s, t);
	t = tcase_create("optimum");
	tcase_set_tags(t, "K4 E25");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_adversarial__optimal_discriminator_has_the_priors, 0, 3);
	tcase_add_test(t, test_adversarial__optimal_discriminator_under_smoothing);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
