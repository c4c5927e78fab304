/* SPDX-License-Identifier: MIT */
/* V and dV/dx of targets: against differences, and against densities in closed form. */
#include <target_support.h>

static double square_norm(const double *x, int64_t n)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
	return sum;
}

/* ---- energies in x */

START_TEST(test_model__is_beta_u_plus_prior)
{
	const double betas[] = {1, 2.5, 0.3}, taus[] = {0, 0, 0.7};
	egm_model *u = net(context, "u", 3, "8 tanh 6 softplus 1", EGM_F64);
	double x[12], energy[4], v[4];
	draw_all(1, 12, 2, x);
	ck_assert_egm(egm_model_energy(u, egm_f64(x, 4, 3), egm_f64_out(energy, 4, 1)));
	for (int variant = 0; variant < 3; variant++) {
		egm_target_options o = target_options();
		egm_target *t;
		o.beta = betas[variant];
		o.prior_scale = taus[variant];
		ck_assert_egm(egm_target_model(&t, u, &o));
		ck_assert_int_eq(egm_target_dims(t), 3);
		ck_assert_int_eq(egm_target_dtype(t), EGM_F64);
		ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 4, egm_target_dims(t)), egm_f64_out(v, 4, 1), egm_no_out()));
		for (int i = 0; i < 4; i++) {
			double want = o.beta * energy[i];
			if (o.prior_scale > 0) want += square_norm(x + 3 * i, 3) / (2 * o.prior_scale * o.prior_scale);
			ck_assert(fabs(v[i] - want) <= 1e-13 * (1 + fabs(want))); /* a dozen roundings */
		}
		check_gradient(t, x, 4);
		egm_target_free(t);
	}
	egm_model_free(u);
}
END_TEST

/* A sampler reads u and v of a spectral layer where the model keeps them, sees a new weight, and moves none of them. */
START_TEST(test_model__spectral_layers_are_as_they_stand)
{
	egm_model *u = net(context, "u", 3, "s8 tanh s6 softplus s1", EGM_F64);
	double x[12], weight[24], energy[4], v[4], g[12], before[256], after[256];
	int64_t count = egm_model_parameter_count(u);
	egm_target *t;
	ck_assert_int_le(count, 256);
	draw_all(1, 12, 2, x);
	draw_all(9, 24, 1, weight);
	ck_assert_egm(egm_target_model(&t, u, NULL));
	for (int k = 0; k < 2; k++) {
		if (k) ck_assert_egm(egm_model_set_tensor(u, "0.weight", egm_f64(weight, 24, 1)));
		ck_assert_egm(egm_model_parameters(u, egm_f64_out(before, count, 1)));
		ck_assert_egm(egm_model_energy(u, egm_f64(x, 4, 3), egm_f64_out(energy, 4, 1)));
		ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 4, egm_target_dims(t)), egm_f64_out(v, 4, 1),
		                                  egm_f64_out(g, 4, egm_target_dims(t))));
		/* roundings of sums of at most 8 terms, in another order; over the s of the random u and v above */
		for (int i = 0; i < 4; i++) ck_assert(fabs(v[i] - energy[i]) <= 1e-12 * (1 + fabs(energy[i])));
		check_gradient(t, x, 4);
		ck_assert_egm(egm_model_parameters(u, egm_f64_out(after, count, 1)));
		ck_assert_mem_eq(before, after, (size_t)count * sizeof *before);
	}
	egm_target_free(t);
	egm_model_free(u);
}
END_TEST

/* The box changes where x may be, not what V is there. */
START_TEST(test_model__bounds_leave_v_alone)
{
	const double lower[3] = {-3, -INFINITY, -3}, upper[3] = {3, 3, INFINITY};
	egm_model *u = net(context, "u", 3, "8 tanh 1", EGM_F64);
	egm_target_options o = target_options();
	egm_target *t, *plain;
	double x[12], v[4], w[4], g[12], h[12];
	draw_all(2, 12, 2, x);
	o.beta = 1.5;
	o.prior_scale = 0.9;
	ck_assert_egm(egm_target_model(&plain, u, &o));
	o.lower = lower;
	o.upper = upper;
	ck_assert_egm(egm_target_model(&t, u, &o));
	ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 4, egm_target_dims(t)), egm_f64_out(v, 4, 1),
	                                  egm_f64_out(g, 4, egm_target_dims(t))));
	ck_assert_egm(egm_target_evaluate(plain, egm_f64(x, 4, egm_target_dims(plain)), egm_f64_out(w, 4, 1),
	                                  egm_f64_out(h, 4, egm_target_dims(plain))));
	ck_assert_mem_eq(v, w, sizeof v);
	ck_assert_mem_eq(g, h, sizeof g);
	check_gradient(t, x, 4);
	egm_target_free(t);
	egm_target_free(plain);
	egm_model_free(u);
}
END_TEST

START_TEST(test_model__f32_follows_f64)
{
	double values[512], x[12], v[4], g[12];
	float xf[12], vf[4], gf[12];
	egm_model *u = net(context, "u", 3, "8 tanh 1", EGM_F64), *uf = net(context, "uf", 3, "8 tanh 1", EGM_F32);
	egm_target_options o = target_options();
	egm_target *t, *tf;
	ck_assert_egm(egm_model_parameters(u, egm_f64_out(values, egm_model_parameter_count(u), 1)));
	set_all(uf, values);
	o.beta = 2;
	o.prior_scale = 0.5;
	ck_assert_egm(egm_target_model(&t, u, &o));
	ck_assert_egm(egm_target_model(&tf, uf, &o));
	draw_all(3, 12, 1, x);
	store(EGM_F32, 12, x, xf);
	ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 4, egm_target_dims(t)), egm_f64_out(v, 4, 1),
	                                  egm_f64_out(g, 4, egm_target_dims(t))));
	ck_assert_egm(egm_target_evaluate(tf, egm_f32(xf, 4, egm_target_dims(tf)), egm_f32_out(vf, 4, 1),
	                                  egm_f32_out(gf, 4, egm_target_dims(tf))));
	/* some tens of roundings of 6e-8 in numbers of up to 10 */
	for (int i = 0; i < 4; i++) ck_assert(fabs(v[i] - (double)vf[i]) <= 1e-5);
	for (int i = 0; i < 12; i++) ck_assert(fabs(g[i] - (double)gf[i]) <= 1e-5);
	egm_target_free(t);
	egm_target_free(tf);
	egm_model_free(u);
	egm_model_free(uf);
}
END_TEST

/* ---- energies in z */

START_TEST(test_latent__values_and_gradients)
{
	egm_model *u = net(context, "u", 4, "6 tanh 1", EGM_F64), *g = net(context, "g", 2, "5 softplus 4", EGM_F64);
	double z[8], x[16], energy[4], v[4];
	draw_all(4, 8, 1.5, z);
	ck_assert_egm(egm_model_run(g, egm_f64(z, 4, 2), egm_f64_out(x, 4, egm_model_outputs(g))));
	ck_assert_egm(egm_model_energy(u, egm_f64(x, 4, 4), egm_f64_out(energy, 4, 1)));
	for (int kind = EGM_LATENT_ENERGY; kind <= EGM_LATENT_POSTERIOR; kind++)
		for (int variant = 0; variant < 2; variant++) {
			egm_target_options o = target_options();
			egm_target *t;
			double tau = kind == EGM_LATENT_POSTERIOR ? 1 : 0;
			if (variant) {
				o.beta = 3;
				if (tau > 0) o.prior_scale = tau = 0.6;
			}
			ck_assert_egm(egm_target_latent(&t, u, g, kind, variant ? &o : NULL));
			ck_assert_int_eq(egm_target_dims(t), 2);
			ck_assert_egm(
			    egm_target_evaluate(t, egm_f64(z, 4, egm_target_dims(t)), egm_f64_out(v, 4, 1), egm_no_out()));
			for (int i = 0; i < 4; i++) {
				double want = o.beta * energy[i] + (tau > 0 ? square_norm(z + 2 * i, 2) / (2 * tau * tau) : 0);
				ck_assert(fabs(v[i] - want) <= 1e-13 * (1 + fabs(want)));
			}
			check_gradient(t, z, 4);
			egm_target_free(t);
		}
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

/* Mean and variance of x = G(z) and the integral, by the trapezoidal rule over z: for smooth densities that vanish at
 * the ends its error falls faster than any power of the spacing. */
typedef struct moments {
	double mass, mean, variance;
} moments;

static moments moments_of(const egm_target *target, const egm_model *generator, double from, double to, int64_t n)
{
	static double z[20001], v[20001], x[20001];
	moments l = {0};
	double h = (to - from) / (double)(n - 1), square = 0;
	ck_assert(n <= 20001);
	for (int64_t i = 0; i < n; i++) z[i] = from + h * (double)i;
	ck_assert_egm(
	    egm_target_evaluate(target, egm_f64(z, n, egm_target_dims(target)), egm_f64_out(v, n, 1), egm_no_out()));
	ck_assert_egm(egm_model_run(generator, egm_f64(z, n, 1), egm_f64_out(x, n, egm_model_outputs(generator))));
	for (int64_t i = 0; i < n; i++) {
		double p = exp(-v[i]) * h;
		l.mass += p;
		l.mean += p * x[i];
		square += p * x[i] * x[i];
	}
	l.mean /= l.mass;
	l.variance = square / l.mass - l.mean * l.mean;
	return l;
}

/* K11 with softplus in the place of exp, both of which map the line to the half line: U = x. With the Jacobian
 * x ~ Exp(1), mass, mean and variance 1; without it the integral grows with the range of z for ever. */
START_TEST(test_latent__exponential_distribution_needs_the_jacobian)
{
	const double one[2] = {1, 0};
	egm_model *u = net(context, "u", 1, "1", EGM_F64), *g = net(context, "g", 1, "softplus", EGM_F64);
	egm_target *with, *without;
	set_all(u, one);
	ck_assert_egm(egm_target_latent(&with, u, g, EGM_LATENT_PULLBACK, NULL));
	ck_assert_egm(egm_target_latent(&without, u, g, EGM_LATENT_ENERGY, NULL));
	moments l = moments_of(with, g, -60, 60, 20001); /* e^-60 is cut off on either side */
	ck_assert(fabs(l.mass - 1) <= 1e-10);
	ck_assert(fabs(l.mean - 1) <= 1e-10);
	ck_assert(fabs(l.variance - 1) <= 1e-10);
	double near = moments_of(without, g, -100, 60, 20001).mass, far = moments_of(without, g, -200, 60, 20001).mass;
	ck_assert(fabs(far - near - 100) <= 1e-2); /* exp(-U) is 1 there; the ends count half */
	egm_target_free(with);
	egm_target_free(without);
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

/* ---- quadratics: U = x^2 / (2 s^2) of x = G(z), through the graph and through a callback */

static const double spread = 1.0;

static egm__id build_quadratic(const egm_target *target, egm__graph *g, egm__id z, egm__id *gradient)
{
	egm__id x = egm__model_apply(g, target->nets[1], EGM__SLOT_TARGET_NET + 1, z);
	return egm__scale(g, egm__row_sum(g, egm__square(g, x)), 1 / (2 * spread * spread));
}

typedef struct line {
	double a, s;
} line;

static int call_quadratic(int64_t rows, const void *z, void *energies, void *gradients, void *user)
{
	const line *l = user;
	for (int64_t i = 0; i < rows; i++) {
		double x = l->a * ((const double *)z)[i];
		((double *)energies)[i] = x * x / (2 * l->s * l->s);
		((double *)gradients)[i] = l->a * x / (l->s * l->s);
	}
	return 0;
}

/* K11: G = a z, a = 1, s = 1: x has the variance s^2 = 1 without a prior and a^2 s^2 / (a^2 + s^2) = 1/2 with one. */
START_TEST(test_latent__gaussian_distribution)
{
	const double identity[2] = {1, 0};
	egm_model *g = net(context, "g", 1, "1", EGM_F64);
	line l = {1, 1};
	set_all(g, identity);
	for (int prior = 0; prior < 2; prior++) {
		egm_target *built, *called;
		egm_target_options o = target_options();
		double z = 0.8, v[2], gradient[2], want = prior ? 0.5 : 1;
		o.prior_scale = prior;
		ck_assert_egm(egm__target_create(&built, context, EGM_F64, 1, 0, &o));
		built->nets[1] = g;
		egm__model_retain(g);
		built->build = build_quadratic;
		ck_assert_egm(egm_target_callback(&called, context, EGM_F64, 1, &o, call_quadratic, &l, NULL));
		ck_assert(fabs(moments_of(built, g, -12, 12, 4001).variance - want) <= 1e-10);
		ck_assert(fabs(moments_of(called, g, -12, 12, 4001).variance - want) <= 1e-10);
		ck_assert_egm(egm_target_evaluate(built, egm_f64(&z, 1, egm_target_dims(built)), egm_f64_out(&v[0], 1, 1),
		                                  egm_f64_out(&gradient[0], 1, egm_target_dims(built))));
		ck_assert_egm(egm_target_evaluate(called, egm_f64(&z, 1, egm_target_dims(called)), egm_f64_out(&v[1], 1, 1),
		                                  egm_f64_out(&gradient[1], 1, egm_target_dims(called))));
		for (int i = 0; i < 2; i++) {
			ck_assert(fabs(v[i] - z * z / 2 / want) <= 1e-15);
			ck_assert(fabs(gradient[i] - z / want) <= 1e-15 * 2);
		}
		egm_target_free(built);
		egm_target_free(called);
	}
	egm_model_free(g);
}
END_TEST

/* The same with a prior that egm_target_latent brings: where U is flat, x = G(z) has the distribution of the generator.
 */
START_TEST(test_latent__posterior_of_a_flat_energy_is_the_generator)
{
	const double nothing[2] = {0, 0.4}, stretch[2] = {1.7, 0.2};
	egm_model *u = net(context, "u", 1, "1", EGM_F64), *g = net(context, "g", 1, "1", EGM_F64);
	egm_target *t;
	set_all(u, nothing);
	set_all(g, stretch);
	ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_POSTERIOR, NULL));
	moments l = moments_of(t, g, -12, 12, 4001);
	ck_assert(fabs(l.mean - 0.2) <= 1e-10);
	ck_assert(fabs(l.variance - 1.7 * 1.7) <= 1e-10);
	egm_target_free(t);
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

/* ---- a density that is none */

/* E7: with G = tanh the integral of exp(-U(G(z))) over z has no end; the log says so, unless something bounds z. */
START_TEST(test_latent__warns_of_an_improper_energy)
{
	const double low[2] = {-1, -1}, high[2] = {1, 1}, half[2] = {1, INFINITY};
	egm_model *u = net(context, "u", 3, "4 tanh 1", EGM_F64), *open = net(context, "open", 2, "4 softplus 3", EGM_F64);
	const struct {
		const char *layers;
		const char *text;
	} bounded[] = {{"3 tanh", "layer 1 of generator 'g' is tanh,"},
	               {"3 sigmoid", "layer 1 of generator 'g' is sigmoid,"},
	               {"4 tanh 3", "layer 1 of generator 'g' is tanh,"},
	               {"4 norm 3", "layer 1 of generator 'g' is layer_norm,"}};
	egm_target_options o = target_options();
	egm_target *t;
	ck_assert_egm(egm_target_latent(&t, u, open, EGM_LATENT_ENERGY, NULL));
	egm_target_free(t);
	ck_assert_int_eq(warnings, 0);
	for (int i = 0; i < 4; i++) {
		egm_model *g = net(context, "g", 2, bounded[i].layers, EGM_F64);
		o.lower = o.upper = NULL;
		warnings = 0;
		ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_ENERGY, &o));
		egm_target_free(t);
		ck_assert_int_eq(warnings, 1);
		ck_assert_msg(strstr(warning, bounded[i].text), "%s", warning);
		o.lower = low;
		o.upper = half;
		ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_ENERGY, &o));
		egm_target_free(t);
		ck_assert_int_eq(warnings, 2);
		o.upper = high;
		ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_ENERGY, &o));
		egm_target_free(t);
		ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_POSTERIOR, NULL));
		egm_target_free(t);
		ck_assert_int_eq(warnings, 2);
		egm_model_free(g);
	}
	egm_model_free(u);
	egm_model_free(open);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler/targets");
	TCase *tc = fixture_case(suite, "energies", "E6", setup, teardown);
	tcase_add_test(tc, test_model__is_beta_u_plus_prior);
	tcase_add_test(tc, test_model__spectral_layers_are_as_they_stand);
	tcase_add_test(tc, test_model__bounds_leave_v_alone);
	tcase_add_test(tc, test_model__f32_follows_f64);
	tc = fixture_case(suite, "latent", "E7 K11", setup, teardown);
	tcase_add_test(tc, test_latent__values_and_gradients);
	tcase_add_test(tc, test_latent__exponential_distribution_needs_the_jacobian);
	tcase_add_test(tc, test_latent__gaussian_distribution);
	tcase_add_test(tc, test_latent__posterior_of_a_flat_energy_is_the_generator);
	tcase_add_test(tc, test_latent__warns_of_an_improper_energy);
	return egm_test_main(suite);
}
