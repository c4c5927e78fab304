/* SPDX-License-Identifier: MIT */
/* Hamiltonian Monte Carlo: trajectories step by step through the functions of the kernel (reversible, volume
 * preserving, with an error of second order), then whole chains: distribution, acceptance in closed form, counters. */
#include "sampler_support.h"
#include <sampler/sampler_impl.h>

/* ---- one walker, driven by the test */

typedef struct drive {
	egm_context *context;
	egm_target *target;
	egm_sampler *sampler;
	egm__probe *probe;
	egm__walker *walker;
	double momentum[64];
} drive;

static drive start_drive(distribution *dist, double h, int64_t leapfrogs, const double *scale)
{
	drive d = {.context = threaded_context(1)};
	d.target = distribution_target(d.context, dist, NULL);
	any_kernel_options o = sampler_options(ANY_HMC, 1, h, 41);
	o.leapfrog_steps = leapfrogs;
	o.scale = scale;
	d.sampler = make_sampler(d.target, &o);
	d.walker = d.sampler->walkers;
	ck_assert_egm(egm__probe_create(&d.probe, d.target, 1, NULL));
	egm__probe_prepare(d.probe);
	return d;
}

static void end_drive(drive *d)
{
	egm__probe_free(d->probe);
	egm_sampler_free(d->sampler);
	egm_target_free(d->target);
	egm_context_free(d->context);
}

static void evaluate(const drive *d, const void *y)
{
	memcpy(d->probe->y, y, (size_t)d->sampler->dims * sizeof(double));
	d->probe->bridge[0] = d->walker->bridge;
	ck_assert_egm(egm__probe_run(d->probe, 1));
}

/* A trajectory from x with momentum p: replaces them by where it ends, whether that is accepted or not, and returns the
 * energy error. */
static double integrate(drive *d, double *x, double *p)
{
	size_t bytes = (size_t)d->sampler->dims * sizeof *x;
	egm__walker *w = d->walker;
	const egm__method *m = d->sampler->method;
	evaluate(d, x);
	egm__walker_set_point(d->sampler, w, d->probe, 0);
	memcpy(d->momentum, p, bytes);
	w->noise = (char *)d->momentum;
	double before = w->value, after, y[64];
	for (int64_t j = 0; j < d->sampler->dims; j++) before += p[j] * p[j] / 2;
	m->begin(d->sampler, w);
	do {
		m->ask(d->sampler, w, (char *)y);
		evaluate(d, y);
	} while (!m->take(d->sampler, w, d->probe, 0));
	memcpy(x, y, bytes);
	memcpy(p, d->momentum, bytes);
	after = d->probe->value[0];
	for (int64_t j = 0; j < d->sampler->dims; j++) after += p[j] * p[j] / 2;
	return after - before;
}

/* U = x^4/4 + x^2 y^2/2 + y^2/2 */
static double bent_energy(const distribution *dist, const double *x, double *gradient)
{
	double xx = x[0] * x[0];
	gradient[0] = xx * x[0] + x[0] * x[1] * x[1];
	gradient[1] = xx * x[1] + x[1];
	return xx * xx / 4 + (xx + 1) * x[1] * x[1] / 2;
}

static distribution bent_distribution(void)
{
	return (distribution){.dtype = EGM_F64, .dims = 2, .energy = bent_energy};
}

static const double bent_scale[2] = {0.7, 1.6};

/* 60 steps there, 60 back: what is left is rounding, which the flow does not blow up by more than 1e3 on the way. */
START_TEST(test_hmc__runs_backwards)
{
	distribution dist = bent_distribution();
	drive d = start_drive(&dist, 0.15, 60, _i ? bent_scale : NULL);
	double x[2] = {1.1, -0.4}, p[2] = {0.3, 1.2};
	double error = integrate(&d, x, p);
	ck_assert(fabs(x[0] - 1.1) + fabs(x[1] + 0.4) > 0.1 && fabs(error) > 1e-4);
	for (int j = 0; j < 2; j++) p[j] = -p[j];
	ck_assert_near(integrate(&d, x, p), -error, 1e-10);
	ck_assert_near(x[0], 1.1, 1e-10);
	ck_assert_near(x[1], -0.4, 1e-10);
	ck_assert_near(p[0], -0.3, 1e-10);
	ck_assert_near(p[1], -1.2, 1e-10);
	end_drive(&d);
}
END_TEST

static double determinant(int n, double *a) /* [n, n], destroyed; no pivot needed near a unit matrix */
{
	double product = 1;
	for (int k = 0; k < n; k++) {
		product *= a[k * n + k];
		for (int i = k + 1; i < n; i++)
			for (int j = n - 1; j >= k; j--) a[i * n + j] -= a[i * n + k] / a[k * n + k] * a[k * n + j];
	}
	return product;
}

/* Differences over 2e-5: error (1e-5)^2 of the flow's third derivatives, 1e-9, and 1e-16 / 1e-5 of rounding. */
START_TEST(test_hmc__keeps_volume)
{
	distribution dist = bent_distribution();
	drive d = start_drive(&dist, 0.3, _i ? 4 : 1, bent_scale);
	const double delta = 1e-5;
	double jacobian[16];
	for (int j = 0; j < 4; j++) {
		double ends[2][4];
		for (int side = 0; side < 2; side++) {
			double *at = ends[side];
			memcpy(at, (const double[4]){0.8, 0.5, -0.6, 0.9}, 4 * sizeof *at);
			at[j] += side ? delta : -delta;
			integrate(&d, at, at + 2);
		}
		for (int i = 0; i < 4; i++) jacobian[i * 4 + j] = (ends[1][i] - ends[0][i]) / (2 * delta);
	}
	ck_assert(fabs(jacobian[0] - 1) > 0.01);
	ck_assert_near(determinant(4, jacobian), 1, 1e-7);
	end_drive(&d);
}
END_TEST

/* Over a time of 1.6 in steps of 0.1 ... 0.0125, the error falls by 4 each time, up to terms of h^2 relative. */
START_TEST(test_hmc__energy_error_is_of_second_order)
{
	distribution dist = bent_distribution();
	double last = 0;
	for (int k = 0; k < 4; k++) {
		double h = 0.1 / (1 << k), x[2] = {1.1, -0.4}, p[2] = {0.3, 1.2};
		drive d = start_drive(&dist, h, 16 << k, NULL);
		double error = integrate(&d, x, p);
		ck_assert_near(d.walker->accept, fmin(1, exp(-error)), 1e-13);
		if (k) ck_assert_near(last / error, 4, 20 * h * h);
		last = error;
		end_drive(&d);
	}
}
END_TEST

/* At 0 the gradient is 0, and the first point of a transition is h p. */
START_TEST(test_hmc__jitter_is_uniform)
{
	enum { N = 20000, BINS = 10 };
	distribution dist = bent_distribution();
	drive d = start_drive(&dist, 0.5, 1, NULL);
	d.sampler->options.jitter = 0.4;
	int64_t count[BINS] = {0};
	double squares = 0;
	for (int i = 0; i < N; i++) {
		double y[2], zero[2] = {0, 0};
		evaluate(&d, zero);
		egm__walker_set_point(d.sampler, d.walker, d.probe, 0);
		memcpy(d.momentum, (const double[2]){1, 2}, 2 * sizeof(double));
		d.walker->noise = (char *)d.momentum;
		d.walker->answers++;
		d.sampler->method->begin(d.sampler, d.walker);
		d.sampler->method->ask(d.sampler, d.walker, (char *)y);
		ck_assert(y[0] >= 0.3 && y[0] < 0.7 && fabs(y[1] - 2 * y[0]) <= 1e-15);
		count[(int)((y[0] - 0.3) / 0.4 * BINS)]++;
	}
	for (int i = 0; i < BINS; i++) squares += pow((double)count[i] - N / BINS, 2) / (N / BINS);
	ck_assert(squares <= 47); /* chi-square, 9 degrees of freedom: exceeded once in 2.5 million */
	end_drive(&d);
}
END_TEST

/* ---- what trajectories make */

/* E17: without the last half of a kick the variances were 0.96, 0.95, 3.0, 0.37, 0.64. */
START_TEST(test_hmc__variance_of_a_normal_distribution_is_one)
{
	static const struct {
		double h;
		int64_t leapfrogs;
	} plan[] = {{0.1, 10}, {0.5, 3}, {1.2, 2}, {1.7, 5}, {0.9, 1}};
	distribution dist = normal_distribution(_i < 5 ? EGM_F64 : EGM_F32, 1, 1, 1);
	any_kernel_options o = sampler_options(ANY_HMC, 200, plan[_i % 5].h, 42);
	o.leapfrog_steps = plan[_i % 5].leapfrogs;
	sample s = sample_distribution(&dist, NULL, &o, 30, 1000, 1);
	assert_normal(&s, 0, 0, 1);
	free(s.draws);
}
END_TEST

/* L steps on N(0, 1) are a matrix A with determinant 1, and the energy error x^T (A^T A - 1) x / 2 in (x, p): as for
 * MALA the mean acceptance is 2 P(F < 1/m), m the larger eigenvalue of A^T A, F Fisher's with d and d degrees. */
static double mean_acceptance(double h, int64_t leapfrogs, int64_t d)
{
	double a[4] = {1, 0, 0, 1}, trace = 0;
	const double step[4] = {1 - h * h / 2, h, -h + h * h * h / 4, 1 - h * h / 2};
	for (int64_t i = 0; i < leapfrogs; i++) {
		double b[4];
		for (int k = 0; k < 4; k++) b[k] = step[k / 2 * 2] * a[k % 2] + step[k / 2 * 2 + 1] * a[2 + k % 2];
		memcpy(a, b, sizeof a);
	}
	for (int k = 0; k < 4; k++) trace += a[k] * a[k];
	double m = (trace + sqrt(trace * trace - 4)) / 2;
	return d == 1 ? 4 / acos(-1) * atan(sqrt(1 / m)) : 2 / (1 + m);
}

START_TEST(test_hmc__acceptance_of_normal_distributions)
{
	enum { CHAINS = 200 };
	int64_t d = _i % 2 + 1, leapfrogs = _i / 2 ? 7 : 2;
	double h = _i / 2 ? 0.8 : 1.4, each[CHAINS];
	distribution dist = normal_distribution(EGM_F64, d, 1, 1);
	any_kernel_options o = sampler_options(ANY_HMC, CHAINS, h, 43);
	o.leapfrog_steps = leapfrogs;
	egm_sampler *sampler = sampler_of(&dist, NULL, &o);
	ck_assert_egm(egm_sampler_run(sampler, 500, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	for (int64_t c = 0; c < CHAINS; c++) each[c] = sampler_stats(sampler, c).acceptance;
	sample s = {1, CHAINS, 1, each};
	ck_assert_expect(&s, mean_of, 0, 0, mean_acceptance(h, leapfrogs, d));
	ck_assert_int_eq(dist.rows, CHAINS * (500 * leapfrogs + 1));
	ck_assert_int_eq(sampler_stats(sampler, 5).gradients, 500 * leapfrogs + 1);
	ck_assert_near(sampler_stats(sampler, 5).leapfrogs, (double)leapfrogs, 0);
	ck_assert_near(sampler_stats(sampler, 5).step_size, h, 0);
	egm_sampler_free(sampler);
}
END_TEST

/* h L is once round the circle: without jitter every draw is the one before. */
START_TEST(test_hmc__jitter_breaks_a_resonance)
{
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	any_kernel_options o = sampler_options(ANY_HMC, 100, 2 * acos(-1) / 50, 44);
	o.leapfrog_steps = 50;
	o.jitter = _i ? 0.3 : 0;
	sample s = sample_distribution(&dist, NULL, &o, 0, 40, 1);
	double moved = 0;
	for (int64_t i = 0; i + 100 < 40 * 100; i++) moved += pow(s.draws[i + 100] - s.draws[i], 2);
	moved /= 39 * 100;
	ck_assert(_i ? moved > 0.5 : moved < 0.01); /* of 2 when draws are independent */
	free(s.draws);
}
END_TEST

/* h = 2.5 is unstable on N(0, 1): the error grows fourfold a step, beyond any `divergence`, and in 1000 steps beyond
 * what is finite. Chains stay, and say so. */
START_TEST(test_hmc__divergences_are_rejected_and_counted)
{
	distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
	any_kernel_options o = sampler_options(ANY_HMC, 5, 2.5, 45);
	o.leapfrog_steps = _i ? 1000 : 20;
	egm_sampler *sampler = sampler_of(&dist, NULL, &o);
	double before[10], after[10];
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, before)));
	ck_assert_egm(egm_sampler_run(sampler, 10, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, after)));
	ck_assert_mem_eq(before, after, sizeof before);
	egm_sampler_statistics all = sampler_stats(sampler, -1);
	ck_assert_int_eq(all.transitions, 50);
	ck_assert_int_eq(all.divergences, 50);
	ck_assert_int_eq(all.frozen, 0);
	ck_assert_near(all.acceptance, 0, 1e-12);
	ck_assert(_i ? all.leapfrogs < 500 : all.leapfrogs == 20); /* no steps after a point that is not finite */
	egm_sampler_free(sampler);
}
END_TEST

/* An energy of +infinity, or a gradient that is not finite, outside of |x| < 1.5: a wall, and the distribution is cut
 * there. */
static double walled_energy(const distribution *dist, const double *x, double *gradient)
{
	int outside = fabs(x[0]) >= 1.5;
	gradient[0] = outside && dist->numbers[0] > 0 ? NAN : x[0];
	return outside && !(dist->numbers[0] > 0) ? INFINITY : x[0] * x[0] / 2;
}

START_TEST(test_hmc__a_wall_cuts_the_distribution)
{
	distribution dist = {.dtype = EGM_F64, .dims = 1, .energy = walled_energy, .numbers = {_i}};
	any_kernel_options o = sampler_options(ANY_HMC, 200, 0.4, 46);
	o.leapfrog_steps = 3;
	o.start_scale = 0.1;
	sample s = sample_distribution(&dist, NULL, &o, 50, 1000, 1);
	double share = erf(1.5 / sqrt(2)), density = exp(-1.125) / sqrt(2 * acos(-1));
	ck_assert_expect(&s, mean_of, 0, 0, 0);
	ck_assert_expect(&s, square_of, 0, 0, 1 - 2 * 1.5 * density / share);
	ck_assert_expect(&s, is_below, 0, 1, 0.5 + erf(1 / sqrt(2)) / 2 / share);
	free(s.draws);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hmc");
	TCase *flow = new_case(suite, "trajectories", "K14 E17");
	tcase_add_loop_test(flow, test_hmc__runs_backwards, 0, 2);
	tcase_add_loop_test(flow, test_hmc__keeps_volume, 0, 2);
	tcase_add_test(flow, test_hmc__energy_error_is_of_second_order);
	tcase_add_test(flow, test_hmc__jitter_is_uniform);
	TCase *draws = new_case(suite, "draws", "E17");
	tcase_add_loop_test(draws, test_hmc__variance_of_a_normal_distribution_is_one, 0, 10);
	tcase_add_loop_test(draws, test_hmc__acceptance_of_normal_distributions, 0, 4);
	tcase_add_loop_test(draws, test_hmc__jitter_breaks_a_resonance, 0, 2);
	tcase_add_loop_test(draws, test_hmc__divergences_are_rejected_and_counted, 0, 2);
	tcase_add_loop_test(draws, test_hmc__a_wall_cuts_the_distribution, 0, 2);
	return egm_test_main(suite);
}
