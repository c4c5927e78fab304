/* SPDX-License-Identifier: MIT */
/* Bounded coordinates: the four maps, their inverses, and log |dx/dy| in the density of unconstrained coordinates. */
#include <float.h>
#include <target_support.h>

/* One coordinate of each kind in turn. */
static const double lower[4] = {-INFINITY, 2, -INFINITY, -1}, upper[4] = {INFINITY, INFINITY, 3, 4};
static const double unit_lower[4] = {0, 0, 0, 0}, unit_upper[4] = {1, 1, 1, 1};

static int zero_energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	int64_t dims = *(const int64_t *)user;
	for (int64_t i = 0; i < rows; i++) ((double *)energies)[i] = 0;
	for (int64_t i = 0; i < rows * dims; i++) ((double *)gradients)[i] = 0;
	return 0;
}

static int sum_of_x(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	int64_t dims = *(const int64_t *)user;
	for (int64_t i = 0; i < rows; i++) {
		((double *)energies)[i] = 0;
		for (int64_t d = 0; d < dims; d++) {
			((double *)energies)[i] += ((const double *)x)[i * dims + d];
			((double *)gradients)[i * dims + d] = 1;
		}
	}
	return 0;
}

static egm_target *boxed(egm_dtype dtype, int64_t dims, const double *low, const double *high, egm_energy_fn energy)
{
	static int64_t width;
	egm_target_options o = target_options();
	egm_target *t;
	width = dims;
	o.lower = low;
	o.upper = high;
	ck_assert_egm(egm_target_callback(&t, context, dtype, dims, &o, energy, &width, NULL));
	return t;
}

/* ---- the maps */

static double closed_form(int kind, double y)
{
	switch (kind) {
	case 0:
		return y;
	case 1:
		return 2 + exp(y);
	case 2:
		return 3 - exp(-y);
	default:
		return -1 + 5 / (1 + exp(-y));
	}
}

START_TEST(test_bounds__maps_match_their_formulas)
{
	egm_target *t = boxed(EGM_F64, 4, lower, upper, zero_energy);
	for (double y = -8; y <= 8; y += 0.37) {
		double at[4] = {y, y, y, y}, x[4];
		egm__target_to_points(t, 1, at, x);
		/* a few roundings of numbers up to the larger of bound and exponential */
		for (int k = 0; k < 4; k++)
			ck_assert(fabs(x[k] - closed_form(k, y)) <= 4 * DBL_EPSILON * (5 + fabs(closed_form(k, y))));
	}
	egm_target_free(t);
}
END_TEST

/* x keeps eps |x| of itself, which at a distance r from its nearest bound is eps |x| / r of y; a logarithm and the
 * storing of y add some eps (1 + |y|). */
START_TEST(test_bounds__round_trip)
{
	const egm_dtype dtype = _i % 2 ? EGM_F32 : EGM_F64;
	const double eps = _i % 2 ? (double)FLT_EPSILON : DBL_EPSILON;
	const double *low = _i < 2 ? lower : unit_lower, *high = _i < 2 ? upper : unit_upper;
	egm_target *t = boxed(dtype, 4, low, high, zero_energy);
	for (double from = -30; from <= 30; from += 0.61) {
		double same[4] = {from, from, from, from}, y[4], x[4], back[4];
		store(dtype, 4, same, y);
		egm__target_to_points(t, 1, y, x);
		ck_assert_int_eq(egm__target_from_points(t, 1, x, back), -1);
		for (int d = 0; d < 4; d++) {
			double point = number_at(dtype, x, d), was = number_at(dtype, y, d), is = number_at(dtype, back, d);
			double r = fmin(point - low[d], high[d] - point);
			ck_assert(r > 0);
			double tolerance = eps * (4 * fmin(fabs(point), 1e30) / fmin(r, 1e30) + 4 + 4 * fabs(was));
			if (isinf(low[d]) && isinf(high[d])) tolerance = 0;
			ck_assert_msg(fabs(is - was) <= tolerance || r <= 2 * eps * fabs(point), "%g: %g came back as %g", from,
			              was, is);
		}
	}
	egm_target_free(t);
}
END_TEST

/* Number i of N rising y: the whole range of the dtype, closely where exponentials leave it. */
enum { N_RISING = 2041 };

static double rising(int i, double most)
{
	if (i < 20) return -most * pow(10, -i);
	if (i > N_RISING - 21) return most * pow(10, i - (N_RISING - 1));
	return i - 20 - 1000;
}

/* Wherever y is, x lies strictly inside of its bounds or is infinite where there is none, and never falls as y rises:
 * what was drawn can be given back to the library. */
START_TEST(test_bounds__points_stay_inside)
{
	const double most = _i ? (double)FLT_MAX : DBL_MAX;
	const egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	const double low[] = {0, 0.1, -0.1, -INFINITY, -INFINITY, 1e-3, -1, 16777216, -5e-324};
	const double high[] = {INFINITY, 0.3, 0, 0, 0.1, 1, 0, 16777220, INFINITY};
	enum { DIMS = sizeof low / sizeof *low };
	egm_target *t = boxed(dtype, DIMS, low, high, zero_energy);
	double last[DIMS], y[DIMS], x[DIMS], back[DIMS];
	for (int d = 0; d < DIMS; d++) last[d] = -INFINITY;
	for (int i = 0; i < N_RISING; i++) {
		double from = rising(i, most);
		for (int d = 0; d < DIMS; d++) back[d] = from;
		store(dtype, DIMS, back, y);
		egm__target_to_points(t, 1, y, x);
		for (int d = 0; d < DIMS; d++) {
			double point = number_at(dtype, x, d);
			int inside = (point > low[d] || point == -INFINITY) && (point < high[d] || point == INFINITY);
			ck_assert_msg(inside, "y %g, [%g, %g]: %.17g", from, low[d], high[d], point);
			ck_assert_msg(isfinite(point) || isinf(point > 0 ? high[d] : low[d]), "y %g: %g", from, point);
			ck_assert_msg(point >= last[d], "y %g, [%g, %g]: %.17g after %.17g", from, low[d], high[d], point, last[d]);
			last[d] = point;
		}
		int64_t out = egm__target_from_points(t, 1, x, back);
		ck_assert(out < 0 || isinf(number_at(dtype, x, out)));
	}
	egm_target_free(t);
}
END_TEST

START_TEST(test_bounds__names_the_first_value_outside)
{
	egm_target *t = boxed(EGM_F64, 4, lower, upper, zero_energy);
	const double good[4] = {-9, 2.5, 2.5, 0};
	const struct {
		int dimension;
		double value;
	} bad[] = {{1, 2}, {1, 1.5}, {1, NAN}, {2, 3}, {2, 7}, {3, -1}, {3, 4}, {3, -1.5}, {3, 5}, {3, NAN}};
	double x[8], y[8];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		memcpy(x, good, sizeof good);
		memcpy(x + 4, good, sizeof good);
		ck_assert_int_eq(egm__target_from_points(t, 2, x, y), -1);
		x[4 + bad[i].dimension] = bad[i].value;
		ck_assert_int_eq(egm__target_from_points(t, 2, x, y), 4 + bad[i].dimension);
	}
	egm_target_free(t);
}
END_TEST

START_TEST(test_bounds__one_array_for_both)
{
	egm_target *t = boxed(EGM_F64, 4, lower, upper, zero_energy);
	double y[8], x[8], same[8];
	draw_all(3, 8, 2, y);
	egm__target_to_points(t, 2, y, x);
	memcpy(same, y, sizeof y);
	egm__target_to_points(t, 2, same, same);
	ck_assert_mem_eq(x, same, sizeof x);
	egm__target_from_points(t, 2, x, y);
	egm__target_from_points(t, 2, same, same);
	ck_assert_mem_eq(y, same, sizeof y);
	egm_target_free(t);
}
END_TEST

/* Without a box, or with one that is infinite on all sides, x is y and no memory is spent on it. */
START_TEST(test_bounds__infinite_box_is_none)
{
	const double low[2] = {-INFINITY, -INFINITY}, high[2] = {INFINITY, INFINITY}, one[2] = {INFINITY, 1};
	egm_target *t = boxed(EGM_F64, 2, low, high, zero_energy), *half = boxed(EGM_F64, 2, low, one, zero_energy);
	egm__probe *p;
	double y[2] = {-0.0, 3}, x[2];
	ck_assert_ptr_null(t->lower);
	ck_assert_ptr_nonnull(half->lower);
	ck_assert_egm(egm__probe_create(&p, t, 5, NULL));
	ck_assert_ptr_eq(p->x, p->y);
	egm__probe_free(p);
	egm__target_to_points(t, 1, y, x);
	ck_assert_mem_eq(y, x, sizeof x);
	egm_target_free(t);
	egm_target_free(half);
}
END_TEST

/* ---- the density of y */

static double w_at(egm__probe *p, const double *y, double *gradient)
{
	size_t bytes = (size_t)p->target->dims * sizeof *y;
	memcpy(p->y, y, bytes);
	p->bridge[0] = p->target->bridge;
	ck_assert_egm(egm__probe_run(p, 1));
	if (gradient) memcpy(gradient, p->gradient, bytes);
	return p->value[0];
}

/* E4. For Exp(1) on the half line W(y) = x(y) - y and dW/dy = e^y - 1, in these very bits. */
START_TEST(test_bounds__exponential_distribution)
{
	const double low = 0;
	egm_target *t = boxed(EGM_F64, 1, &low, NULL, sum_of_x);
	egm__probe *p;
	double mass = 0, mean = 0, square = 0, gradient, h = 0.01;
	ck_assert_egm(egm__probe_create(&p, t, 1, NULL));
	for (int i = 0; i <= 4400; i++) { /* trapezoidal rule; e^-40 is cut off below, e^-50 above */
		double y = -40 + h * i, w = w_at(p, &y, &gradient), x = exp(y);
		ck_assert(w == x - y);
		ck_assert(gradient == x - 1);
		mass += h * exp(-w);
		mean += h * x * exp(-w);
		square += h * x * x * exp(-w);
	}
	ck_assert(fabs(mass - 1) <= 1e-12);
	ck_assert(fabs(mean - 1) <= 1e-12);
	ck_assert(fabs(square - 2) <= 1e-12);
	egm__probe_free(p);
	egm_target_free(t);
}
END_TEST

/* With U = 0 and all kinds of bounds, W = -log |dx/dy|: the slopes of x by differences, and dW/dy by those of W. */
START_TEST(test_bounds__jacobian_and_its_derivative)
{
	egm_target *t = boxed(EGM_F64, 4, lower, upper, zero_energy);
	egm__probe *p;
	const double h = 1e-5;
	ck_assert_egm(egm__probe_create(&p, t, 1, NULL));
	for (double y0 = -6; y0 <= 6; y0 += 0.47) {
		double y[4] = {y0, -y0, y0 / 2, y0 + 0.1}, gradient[4], sum = 0, up[4], down[4], moved[4];
		double w = w_at(p, y, gradient);
		ck_assert(p->jacobian[0] == -w);
		ck_assert(p->energy[0] == 0);
		for (int d = 0; d < 4; d++) {
			memcpy(moved, y, sizeof y);
			moved[d] += h;
			double above = w_at(p, moved, NULL);
			egm__target_to_points(t, 1, moved, up);
			moved[d] -= 2 * h;
			double below = w_at(p, moved, NULL);
			egm__target_to_points(t, 1, moved, down);
			sum += log((up[d] - down[d]) / (2 * h));
			/* W of some tens has roundings of 1e-15, 1e-10 in a difference by 2e-5 */
			ck_assert(fabs((above - below) / (2 * h) - gradient[d]) <= 1e-9);
		}
		/* x of some units has roundings of 1e-15, and its slope is e^-6 at least: 1e-15 / 2e-5 / e^-6 */
		ck_assert(fabs(w + sum) <= 1e-7);
	}
	egm__probe_free(p);
	egm_target_free(t);
}
END_TEST

/* In many dimensions, at y = 0 where each has the slope w/4, and away from it; products of slopes would underflow. */
START_TEST(test_bounds__many_dimensions)
{
	enum { MANY = 2500 };
	static double low[MANY], high[MANY], y[MANY];
	double want = 0, away = 0;
	egm__probe *p;
	for (int d = 0; d < MANY; d++) {
		high[d] = 1 + d % 3;
		want -= log(high[d] / 4);
	}
	egm_target *t = boxed(EGM_F64, MANY, low, high, zero_energy);
	ck_assert_egm(egm__probe_create(&p, t, 1, NULL));
	/* 2500 roundings in sums of up to 3000 */
	ck_assert(fabs(w_at(p, y, NULL) - want) <= 1e-9);
	draw_all(6, MANY, 5, y);
	for (int d = 0; d < MANY; d++) away -= log(high[d]) - log1p(exp(y[d])) - log1p(exp(-y[d]));
	ck_assert(fabs(w_at(p, y, NULL) - away) <= 1e-9);
	egm__probe_free(p);
	egm_target_free(t);
}
END_TEST

/* Far out W is linear in y, however far the exponentials have left the range of the dtype. */
START_TEST(test_bounds__far_out)
{
	egm_target *t = boxed(EGM_F64, 1, unit_lower, unit_upper, zero_energy);
	egm_target *half = boxed(EGM_F64, 1, unit_lower, NULL, zero_energy);
	egm__probe *p, *q;
	double gradient;
	ck_assert_egm(egm__probe_create(&p, t, 1, NULL));
	ck_assert_egm(egm__probe_create(&q, half, 1, NULL));
	for (double y = 40; y < 1e18; y *= 10) {
		double back = -y;
		ck_assert(w_at(p, &y, &gradient) == y);
		ck_assert(gradient == 1);
		ck_assert(w_at(p, &back, &gradient) == y);
		ck_assert(gradient == -1);
		ck_assert(w_at(q, &back, &gradient) == y);
		ck_assert(gradient == -1);
	}
	egm__probe_free(p);
	egm__probe_free(q);
	egm_target_free(t);
	egm_target_free(half);
}
END_TEST

/* x = infinity is no place to be. */
START_TEST(test_bounds__overflow_is_not_finite)
{
	egm_target *t = boxed(EGM_F64, 1, unit_lower, NULL, sum_of_x);
	egm__probe *p;
	ck_assert_egm(egm__probe_create(&p, t, 1, NULL));
	for (double y = 710; y < 1e308; y *= 3) ck_assert(!isfinite(w_at(p, &y, NULL)));
	double infinite = -INFINITY, none = NAN;
	ck_assert(!isfinite(w_at(p, &infinite, NULL)));
	ck_assert(!isfinite(w_at(p, &none, NULL)));
	egm__probe_free(p);
	egm_target_free(t);
}
END_TEST

/* A network, an inverse temperature, a prior and bounds together. */
START_TEST(test_bounds__gradient_of_a_net_in_a_box)
{
	egm_model *u = net(context, "u", 4, "8 tanh 1", EGM_F64);
	egm_target_options o = target_options();
	egm_target *t;
	egm__probe *p;
	double y[4], gradient[4], moved[4], x[4], v;
	uint64_t seed = 4;
	o.beta = 1.6;
	o.prior_scale = 2;
	o.lower = lower;
	o.upper = upper;
	ck_assert_egm(egm_target_model(&t, u, &o));
	ck_assert_egm(egm__probe_create(&p, t, 1, NULL));
	egm__probe_prepare(p);
	for (int i = 0; i < 20; i++) {
		const double h = 1e-5;
		for (int d = 0; d < 4; d++) y[d] = 2 * draw(&seed);
		double w = w_at(p, y, gradient);
		egm__target_to_points(t, 1, y, x);
		ck_assert_egm(egm_target_evaluate(t, egm_f64(x, 1, egm_target_dims(t)), egm_f64_out(&v, 1, 1), egm_no_out()));
		ck_assert(fabs(w - (v - p->jacobian[0])) <= 1e-13 * (1 + fabs(v)));
		for (int d = 0; d < 4; d++) {
			memcpy(moved, y, sizeof y);
			moved[d] = y[d] + h;
			double above = w_at(p, moved, NULL);
			moved[d] = y[d] - h;
			double slope = (above - w_at(p, moved, NULL)) / (2 * h);
			ck_assert(fabs(slope - gradient[d]) <= 1e-7 * (1 + fabs(slope)));
		}
	}
	egm__probe_free(p);
	egm_target_free(t);
	egm_model_free(u);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler/bounds");
	TCase *tc = fixture_case(suite, "maps", NULL, setup, teardown);
	tcase_add_test(tc, test_bounds__maps_match_their_formulas);
	tcase_add_loop_test(tc, test_bounds__round_trip, 0, 4);
	tcase_add_loop_test(tc, test_bounds__points_stay_inside, 0, 2);
	tcase_add_test(tc, test_bounds__names_the_first_value_outside);
	tcase_add_test(tc, test_bounds__one_array_for_both);
	tcase_add_test(tc, test_bounds__infinite_box_is_none);
	tc = fixture_case(suite, "density", "E4", setup, teardown);
	tcase_add_test(tc, test_bounds__exponential_distribution);
	tcase_add_test(tc, test_bounds__jacobian_and_its_derivative);
	tcase_add_test(tc, test_bounds__many_dimensions);
	tcase_add_test(tc, test_bounds__far_out);
	tcase_add_test(tc, test_bounds__overflow_is_not_finite);
	tcase_add_test(tc, test_bounds__gradient_of_a_net_in_a_box);
	return egm_test_main(suite);
}
