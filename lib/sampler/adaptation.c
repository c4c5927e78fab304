/* SPDX-License-Identifier: MIT */
/* Adaptation of step sizes and scales in a warm-up, for each walker from its own transitions alone.
 *
 * Step: dual averaging (Hoffman and Gelman 2014, eq. 6 and section 3.2.1) of x = log h. With a_m the acceptance of the
 * m-th transition and delta the target,
 *     x_m    = mu - sqrt(m) / gamma * 1 / (m + t0) * sum_{i <= m} (delta - a_i)
 *     xbar_m = m^-kappa x_m + (1 - m^-kappa) xbar_{m-1},
 * gamma = 0.05, t0 = 10, kappa = 0.75, mu = log(10 h0). The next transition uses exp(x_m), sampling uses exp(xbar).
 * Langevin kernels adapt h = sqrt(eps), not eps: acceptance depends on the leapfrog step in all kernels (mala is hmc of
 * one step), so gamma means the same for all of them.
 *
 * Scale: the standard deviation of each coordinate over a window of n points, shrunk as in Stan (var_adaptation.hpp),
 *     s^2 = n / (n + 5) var x + 5 / (n + 5) q,   q = sqrt(var x / var g),
 * g the gradient. Stan uses 1e-3 in place of q, which has the unit of x^2: a coordinate of standard deviation 1e-6 then
 * got the scale 0.003, and a chain 4 independent draws out of 2000. q has the right unit: if a coordinate is multiplied
 * by c, so is its scale, bit for bit if c is a power of two. For a normal coordinate q is the variance without sampling
 * error, even if the window covers little of the distribution, so that the scale of a slow coordinate grows quickly. q
 * alone is not used. It is the diagonal of Fisher's divergence (nutpie): for a normal distribution with covariance C it
 * is sqrt(C_ii / (C^-1)_ii), and it yields fewer effective draws than C_ii if coordinates are correlated (arK of
 * posteriordb: 14 instead of 21 per 1000 gradients).
 * Where g hardly changes within a window, as for a softplus energy away from its kink, q is far too large, 1e10 var x
 * and more, and chains would spend the next window with steps of that size. So q is at most 100 var x: at n = 200 s is
 * then at most two standard deviations, and at n = 25 the scale of a slow coordinate can still grow by a factor of 4.
 *
 * First scales: before the first window q alone is used. Every FIRST_SCALES transitions sqrt(q) replaces all scales, if
 * the ratios of sqrt(q) to the current scales differ among coordinates by more than TOO_WIDE. Otherwise scales stay as
 * they are, bit for bit. Without first scales and with standard deviations from 1e-6 to 1e6, all coordinates move by
 * 1e-6 at a time, trees of nuts reach max_depth for a hundred transitions, and the windows begin before the chain has
 * reached the distribution.
 *
 * New scales change the meaning of the step. After a window, h is chosen such that the geometric mean over coordinates
 * of the physical steps h s_i stays what dual averaging had found. In a mean the errors of d estimates cancel, and the
 * mean of logarithms does not depend on the units of coordinates. If the scales change by very different factors, this
 * h is too small, by less than the range of these factors; mu, which is ten times as large, soon corrects it. With
 * first scales, which do change by very different factors, the physical step is kept for the coordinate that had
 * limited h: the one whose scale shrinks most. Stan instead doubles or halves h until the acceptance of one step
 * crosses 0.8. That needs further gradients outside of any transition, for a value that ten transitions would find.
 *
 * Because of mu the first transitions use steps that are ten times too long. The first five have a weight of 0.30 in
 * xbar after ten transitions, of 0.07 after twenty. Mean acceptance with xbar on N(0, I_10): mala 0 after two
 * transitions, 0.62 after 10 (single chains 0.07), 0.68 after 20 (0.2); nuts 0.67 after two and 0.90 after 10. So xbar
 * is used after AVERAGED transitions or more; after fewer, the step stays what it was before them. At least 25
 * transitions follow every window. mu = log h after windows would need as many transitions, and ends with steps that
 * are 3 to 5 % shorter, with an acceptance further above the target. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <sampler/windows_impl.h>
#include <string.h>

struct egm__adaptation {
	double start; /* the step when dual averaging last began */
	double mu, error_sum, log_step, log_mean;
	/* the step of the transition at which the warm-up was stopped */
	double paused;
	int64_t m; /* transitions since dual averaging last began */
	int64_t t; /* transitions of the warm-up */
	egm__windows windows;
	int64_t n;         /* points in the window */
	double *mean, *m2; /* [dims] mean of these points, and sum of squares about it (Welford 1962); NULL: no scales */
	double *slope_mean, *slope_m2; /* [dims] the same of their gradients */
};

static const double GAMMA = 0.05, T0 = 10, KAPPA = 0.75;
static const double LOG_STEP_MOST = 300; /* exp(+-300) and exp(+-600) are finite and not 0 */
enum { AVERAGED = 10 };                  /* transitions after which xbar is better than the step before */
static const double MOST_RATIO = 100;    /* largest q / var x in a window */
enum { FIRST_SCALES = 20 };              /* transitions between two estimates of first scales */
static const double TOO_WIDE = 100;

/* ---- step */

static void begin_averaging(egm__adaptation *a, double step)
{
	a->start = step;
	a->mu = log(10 * step);
	a->error_sum = a->log_mean = 0;
	a->m = 0;
}

static double bounded(double log_step)
{
	return fmax(-LOG_STEP_MOST, fmin(log_step, LOG_STEP_MOST));
}

/* Restarts dual averaging, with new scales. */
static void restart_averaging(egm__walker *w, double log_step)
{
	w->step = exp(bounded(log_step));
	begin_averaging(w->adaptation, w->step);
}

static void average_step(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	double m = (double)++a->m, weight = pow(m, -KAPPA);
	a->error_sum += s->options.target_accept - (w->accept > 0 ? fmin(w->accept, 1) : 0);
	a->log_step = bounded(a->mu - sqrt(m) / GAMMA * a->error_sum / (m + T0));
	a->log_mean += weight * (a->log_step - a->log_mean);
	w->step = exp(a->log_step);
}

/* ---- scale */

/* Updates mean and m2 by the n-th value. */
static void add_value(double value, int64_t n, double *mean, double *m2)
{
	double difference = value - *mean;
	*mean += difference / (double)n;
	*m2 += difference * (value - *mean);
}

static void add_point(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	a->n++;
	for (int64_t i = 0; i < s->dims; i++) {
		add_value(egm__number(s->target->dtype, w->x, i), a->n, &a->mean[i], &a->m2[i]);
		add_value(egm__number(s->target->dtype, w->gradient, i), a->n, &a->slope_mean[i], &a->slope_m2[i]);
	}
}

static void clear_window(const egm_sampler *s, egm__adaptation *a)
{
	memset(a->mean, 0, (size_t)(4 * s->dims) * sizeof *a->mean);
	a->n = 0;
}

/* q of coordinate i; not finite if its gradient never changed. */
static double curvature_variance(const egm__adaptation *a, int64_t i)
{
	return sqrt(a->m2[i] / a->slope_m2[i]);
}

static double curvature_scale(const egm__adaptation *a, int64_t i)
{
	return sqrt(curvature_variance(a, i));
}

static double window_scale(const egm__adaptation *a, int64_t i)
{
	const double n = (double)a->n, variance = a->m2[i] / (n - 1);
	double q = curvature_variance(a, i);
	if (!isfinite(q)) q = variance;
	q = fmin(q, MOST_RATIO * variance);
	return sqrt(n / (n + 5) * variance + 5 / (n + 5) * q);
}

/* The estimate for coordinate i, or its old scale if the estimate is 0 or out of the range of normal numbers. */
static double new_scale(const egm_sampler *s, const egm__walker *w, int64_t i,
                        double (*estimate)(const egm__adaptation *, int64_t))
{
	const double scale = estimate(w->adaptation, i);
	if (egm__is_positive_normal(s->target->dtype, scale)) return scale;
	return egm__number(s->target->dtype, w->scale, i);
}

/* Replaces the scales of a walker by estimates. Returns the mean over coordinates of log(old / new). */
static double renew_scale(const egm_sampler *s, egm__walker *w, double (*estimate)(const egm__adaptation *, int64_t))
{
	double sum = 0;
	for (int64_t i = 0; i < s->dims; i++) {
		double old = egm__number(s->target->dtype, w->scale, i), scale = new_scale(s, w, i, estimate);
		egm__number_put(s->target->dtype, w->scale, i, scale);
		sum += log(old / scale);
	}
	return sum / (double)s->dims;
}

static void close_window(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	restart_averaging(w, a->log_mean + renew_scale(s, w, window_scale));
	clear_window(s, a);
	egm__windows_next(&a->windows);
}

/* Uses first scales if the current ones are far from them. */
static void set_first_scales(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	double least = INFINITY, most = 0;
	for (int64_t i = 0; i < s->dims; i++) {
		double change = new_scale(s, w, i, curvature_scale) / egm__number(s->target->dtype, w->scale, i);
		least = fmin(least, change);
		most = fmax(most, change);
	}
	if (most > TOO_WIDE * least) {
		renew_scale(s, w, curvature_scale);
		restart_averaging(w, a->log_mean - log(least));
	}
	clear_window(s, a);
}

/* After transition t. First scales need AVERAGED transitions or more, for an average of steps. */
static void update_scale(const egm_sampler *s, egm__walker *w, int64_t t)
{
	egm__adaptation *a = w->adaptation;
	if (t >= a->windows.end) return;
	add_point(s, w);
	if (t >= a->windows.first) {
		if (t == a->windows.last) close_window(s, w);
		return;
	}
	int begins = t + 1 == a->windows.first;
	if ((begins || (t + 1) % FIRST_SCALES == 0) && a->n >= AVERAGED) set_first_scales(s, w);
	if (begins) clear_window(s, a);
}

/* ---- a warm-up */

egm_status egm__adaptation_create(egm_sampler *s, int64_t steps)
{
	egm_status st = EGM_OK;
	egm__adaptation *all = NULL;
	double *moments = NULL;
	int64_t numbers = 0;
	egm__adaptation_free(s);
	all = egm__alloc_zero(s->context, s->n_walkers, sizeof *all);
	if (s->options.adapt_scale && !egm__size_mul(s->n_walkers, 4 * s->dims, &numbers))
		moments = egm__alloc_zero(s->context, numbers, sizeof *moments);
	if (!all || (s->options.adapt_scale && !moments))
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the adaptation of %lld chains in %lld dimensions",
		         (long long)s->options.chains, (long long)s->dims);
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__adaptation *a = s->walkers[i].adaptation = &all[i];
		begin_averaging(a, s->walkers[i].step);
		if (!moments) continue;
		egm__windows_start(&a->windows, steps);
		a->mean = moments + 4 * i * s->dims;
		a->m2 = a->mean + s->dims;
		a->slope_mean = a->m2 + s->dims;
		a->slope_m2 = a->slope_mean + s->dims;
	}
out:
	if (st != EGM_OK) {
		egm__free(s->context, moments);
		egm__free(s->context, all);
	}
	return st;
}

void egm__adaptation_free(egm_sampler *s)
{
	egm__adaptation *all = s->walkers ? s->walkers[0].adaptation : NULL;
	s->warmup_left = 0;
	if (!all) return;
	egm__free(s->context, all->mean);
	egm__free(s->context, all);
	for (int64_t i = 0; i < s->n_walkers; i++) s->walkers[i].adaptation = NULL;
}

void egm__adaptation_update(egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	int64_t t = a->t++;
	average_step(s, w);
	update_scale(s, w, t);
}

/* Sets the steps that sampling uses. */
static void fix_steps(egm_sampler *s)
{
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__walker *w = &s->walkers[i];
		egm__adaptation *a = w->adaptation;
		if (!a) continue;
		a->paused = w->step;
		w->step = a->m < AVERAGED ? a->start : exp(a->log_mean);
	}
}

void egm__adaptation_finish(egm_sampler *s)
{
	fix_steps(s);
	egm__adaptation_free(s);
}

void egm__adaptation_pause(egm_sampler *s, int64_t left)
{
	fix_steps(s);
	s->warmup_left = left;
}

void egm__adaptation_resume(egm_sampler *s)
{
	for (int64_t i = 0; i < s->n_walkers; i++) s->walkers[i].step = s->walkers[i].adaptation->paused;
	s->warmup_left = 0;
}
