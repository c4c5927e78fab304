/* SPDX-License-Identifier: MIT */
/* Step sizes and scales, found during a warm-up for each walker from its own transitions alone.
 *
 * Step: dual averaging (Hoffman and Gelman 2014, eq. 6 and section 3.2.1) of x = log h. With a_m the acceptance of the
 * m-th transition, delta the target,
 *     x_m    = mu - sqrt(m) / gamma * 1 / (m + t0) * sum_{i <= m} (delta - a_i)
 *     xbar_m = m^-kappa x_m + (1 - m^-kappa) xbar_{m-1},
 * gamma = 0.05, t0 = 10, kappa = 0.75, mu = log(10 h0): the next transition uses exp(x_m), sampling exp(xbar). The
 * Langevin kernels adapt h = sqrt(eps) and not eps: the leapfrog step is what acceptance scales with in all kernels
 * (mala is hmc of one step), so the paper's gamma means one thing.
 *
 * Scale: the standard deviation of each coordinate over a window of n points, shrunk as in Stan (var_adaptation.hpp),
 *     s^2 = n / (n + 5) var x + 5 / (n + 5) q,   q = sqrt(var x / var g),
 * g the gradient. Stan has 1e-3 for q, a number with the unit of x^2: a coordinate of deviation 1e-6 then got 0.003,
 * and a chain 4 independent draws of 2000. q has the unit that it needs, so that a coordinate times c has scales times
 * c, for powers of two in every bit. For a normal coordinate q is its variance, without sampling error, however little
 * of it the window has seen, so that a slow coordinate soon grows to its scale. Not q alone, which is the diagonal of
 * Fisher's divergence (nutpie): of a normal distribution with covariance C it is sqrt(C_ii / (C^-1)_ii), and yields
 * fewer effective draws than C_ii where coordinates are correlated (arK of posteriordb: 14 per 1000 gradients, not 21).
 * Where a window saw a part in which g hardly changes, as that of an energy of softplus behind its kink, q is far too
 * large, 1e10 and more times var x, and chains then spend the next window at steps of that size. So q is 100 var x at
 * most: at n = 200 that makes s two deviations, at n = 25 it lets a slow coordinate grow by four.
 *
 * First scales: before the first window q is all that is asked. Every FIRST_SCALES transitions it replaces scales that
 * are apart from it by factors that differ by TOO_WIDE among coordinates. Without that, coordinates of deviations 1e-6
 * to 1e6 let each other move by 1e-6 at a time, trees of nuts reach max_depth for a hundred transitions, and the
 * windows begin before the chain has arrived. What is nearly right already is left alone, in every bit.
 *
 * With a new scale the old step means something else. Behind a window its start is set so that the geometric mean over
 * coordinates of the physical steps h s_i stays what dual averaging had found: a mean, so that the errors of d
 * estimates cancel; of the logarithm, so that no unit of a coordinate counts more than another. When the scales had
 * differed by large factors that is too small, by less than the range of the scales, and mu, ten times as large, goes
 * for more at once. Behind first scales, which did differ by large factors, the physical step of the coordinate that
 * had limited h stays: that whose scale shrinks most. Stan searches instead, doubling or halving until the acceptance
 * of one step crosses 0.8: further gradients, outside of any transition, for a start that some ten transitions bring
 * within reach of its goal.
 *
 * The same mu makes the first transitions try steps that are ten times too long, and the first five weigh 0.30 in xbar
 * after ten transitions, 0.07 after twenty. Mean acceptance with xbar on N(0, I_10): mala 0 after two transitions, 0.62
 * after 10 (single chains 0.07), 0.68 after 20 (0.2), nuts 0.67 after two and 0.90 after 10. So xbar counts from
 * AVERAGED transitions on, below that the step stays what it was when they began, and a window has 25 transitions or
 * more behind it. mu = log h behind windows would need as many, and ends with steps that are 3 to 5 % shorter, further
 * above the target. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <sampler/windows_impl.h>
#include <string.h>

struct egm__adaptation {
	double start; /* the step when dual averaging began again */
	double mu, error_sum, log_step, log_mean;
	/* The step that was being tried when the warm-up was stopped. */
	double paused;
	int64_t m; /* transitions since dual averaging began again */
	int64_t t; /* transitions of the warm-up */
	egm__windows windows;
	int64_t n;                     /* points in the window */
	double *mean, *m2;             /* [dims] of them, and the sum of squares about it (Welford 1962); NULL: no scales */
	double *slope_mean, *slope_m2; /* [dims] of their gradients */
};

static const double GAMMA = 0.05, T0 = 10, KAPPA = 0.75;
static const double LOG_STEP_MOST = 300; /* exp of it and of twice it are finite and not 0 */
enum { AVERAGED = 10 };                  /* transitions that make an average worth more than the step before */
static const double MOST_RATIO = 100;    /* q / var x in a window */
enum { FIRST_SCALES = 20 };              /* transitions between first scales */
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

/* With new scales. */
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

static double get(const egm_sampler *s, const char *row, int64_t i)
{
	return s->target->dtype == EGM_F32 ? (double)((const float *)(const void *)row)[i]
	                                   : ((const double *)(const void *)row)[i];
}

static void put(const egm_sampler *s, char *row, int64_t i, double value)
{
	if (s->target->dtype == EGM_F32)
		((float *)(void *)row)[i] = (float)value;
	else
		((double *)(void *)row)[i] = value;
}

/* `value` becomes the n-th that mean and m2 are of. */
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
		add_value(get(s, w->x, i), a->n, &a->mean[i], &a->m2[i]);
		add_value(get(s, w->gradient, i), a->n, &a->slope_mean[i], &a->slope_m2[i]);
	}
}

static void clear_window(const egm_sampler *s, egm__adaptation *a)
{
	memset(a->mean, 0, (size_t)(4 * s->dims) * sizeof *a->mean);
	a->n = 0;
}

/* q of coordinate i; not finite when its gradient never changed. */
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

/* The estimate for coordinate i, or its old scale where points never moved or their squares left the range of numbers.
 */
static double new_scale(const egm_sampler *s, const egm__walker *w, int64_t i,
                        double (*estimate)(const egm__adaptation *, int64_t))
{
	const int f32 = s->target->dtype == EGM_F32;
	const double scale = estimate(w->adaptation, i);
	if (scale >= (f32 ? (double)FLT_MIN : DBL_MIN) && scale <= (f32 ? (double)FLT_MAX : DBL_MAX)) return scale;
	return get(s, w->scale, i);
}

/* Estimates replace the walker's scales. Mean over coordinates of log(old / new). */
static double renew_scale(const egm_sampler *s, egm__walker *w, double (*estimate)(const egm__adaptation *, int64_t))
{
	double sum = 0;
	for (int64_t i = 0; i < s->dims; i++) {
		double old = get(s, w->scale, i), scale = new_scale(s, w, i, estimate);
		put(s, w->scale, i, scale);
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

/* First scales, where those in use are far from them. */
static void set_first_scales(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	double least = INFINITY, most = 0;
	for (int64_t i = 0; i < s->dims; i++) {
		double change = new_scale(s, w, i, curvature_scale) / get(s, w->scale, i);
		least = fmin(least, change);
		most = fmax(most, change);
	}
	if (most > TOO_WIDE * least) {
		renew_scale(s, w, curvature_scale);
		restart_averaging(w, a->log_mean - log(least));
	}
	clear_window(s, a);
}

/* Behind transition t. Looks have AVERAGED transitions or more behind them, as an average of steps needs. */
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
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory to adapt %lld chains in %lld dimensions", (long long)s->options.chains,
		         (long long)s->dims);
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

/* What sampling uses from here on. */
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
