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
 * Scale: the standard deviation of each coordinate over a window, shrunk as in Stan,
 *     s^2 = n / (n + 5) var + 5 / (n + 5) 1e-3.
 * With a new scale the old step means something else. Its start is set so that the geometric mean over coordinates of
 * the physical steps h s_i stays what dual averaging had found: a mean, so that the errors of d estimates cancel; of
 * the logarithm, so that no unit of a coordinate counts more than another. When the scales had differed by large
 * factors that is too small, by less than the range of the scales, and mu, ten times as large, goes for more at once.
 * Stan searches instead, doubling or halving until the acceptance of one step crosses 0.8: further gradients, outside
 * of any transition, for a start that some ten transitions bring within reach of its goal.
 *
 * The same mu makes the first transitions try steps that are ten times too long, and the first five weigh 0.30 in xbar
 * after ten transitions, 0.07 after twenty. Mean acceptance with xbar on N(0, I_10): mala 0 after two transitions, 0.62
 * after 10 (single chains 0.07), 0.68 after 20 (0.2), nuts 0.67 after two and 0.90 after 10. So xbar counts from
 * AVERAGED transitions on, below that the step stays what it was when they began, and a window has 25 transitions or
 * more behind it. mu = log h behind windows would need as many, and ends with steps that are 3 to 5 % shorter, further
 * above the target. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/adaptation_impl.h>
#include <sampler/sampler_impl.h>

struct egm__adaptation {
	double start; /* the step when dual averaging began again */
	double mu, error_sum, log_step, log_mean;
	int64_t m; /* transitions since dual averaging began again */
	int64_t t; /* transitions of the warm-up */
	egm__windows windows;
	int64_t n;         /* points in the window */
	double *mean, *m2; /* [dims] of them, and the sum of squares about it (Welford 1962); NULL: no scales */
};

static const double GAMMA = 0.05, T0 = 10, KAPPA = 0.75;
static const double LOG_STEP_MOST = 300; /* exp of it and of twice it are finite and not 0 */
enum { AVERAGED = 10 };                  /* transitions that make an average worth more than the step before */

/* ---- windows */

/* A window behind which the next, twice as long, would not fit takes what is left. Stan asks this from the second
 * window on, and gives 151 transitions a last window of one point, which destroys the metric. */
static void stretch(egm__windows *w)
{
	if (w->last + 2 * w->size >= w->end) w->last = w->end - 1;
}

void egm__windows_start(egm__windows *w, int64_t steps)
{
	enum { BEFORE = 75, BASE = 25, BEHIND = 50, LEAST = 50 };
	*w = (egm__windows){0};
	if (steps < LEAST) return;
	int usual = steps >= BEFORE + BASE + BEHIND;
	w->first = usual ? BEFORE : (int64_t)(0.15 * (double)steps);
	w->end = steps - (steps / 2 < BEHIND ? steps / 2 : BEHIND);
	w->size = usual ? BASE : w->end - w->first;
	w->last = w->first + w->size - 1;
	stretch(w);
}

void egm__windows_next(egm__windows *w)
{
	w->size *= 2;
	w->last += w->size;
	stretch(w);
}

/* ---- step */

static void begin_averaging(egm__adaptation *a, double step)
{
	a->start = step;
	a->mu = log(10 * step);
	a->error_sum = a->log_mean = 0;
	a->m = 0;
}

static void average_step(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	double m = (double)++a->m, weight = pow(m, -KAPPA);
	a->error_sum += s->options.target_accept - (w->accept > 0 ? fmin(w->accept, 1) : 0);
	a->log_step = a->mu - sqrt(m) / GAMMA * a->error_sum / (m + T0);
	a->log_step = fmax(-LOG_STEP_MOST, fmin(a->log_step, LOG_STEP_MOST));
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

static void observe(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	a->n++;
	for (int64_t i = 0; i < s->dims; i++) {
		double x = get(s, w->x, i), difference = x - a->mean[i];
		a->mean[i] += difference / (double)a->n;
		a->m2[i] += difference * (x - a->mean[i]);
	}
}

/* The window's scales replace the walker's. Mean over coordinates of log(old / new). */
static double renew_scale(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	double n = (double)a->n, sum = 0;
	for (int64_t i = 0; i < s->dims; i++) {
		double variance = a->m2[i] / (n - 1), old = get(s, w->scale, i);
		double scale = sqrt(n / (n + 5) * variance + 5 / (n + 5) * 1e-3);
		if (!isfinite(scale)) scale = old;
		put(s, w->scale, i, scale);
		sum += log(old / scale);
		a->mean[i] = a->m2[i] = 0;
	}
	a->n = 0;
	return sum / (double)s->dims;
}

static void close_window(const egm_sampler *s, egm__walker *w)
{
	egm__adaptation *a = w->adaptation;
	w->step = exp(a->log_mean + renew_scale(s, w));
	begin_averaging(a, w->step);
	egm__windows_next(&a->windows);
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
	if (s->options.adapt_scale && !egm__size_mul(s->n_walkers, 2 * s->dims, &numbers))
		moments = egm__alloc_zero(s->context, numbers, sizeof *moments);
	if (!all || (s->options.adapt_scale && !moments))
		EGM_FAIL(EGM_ERR_MEMORY, "warmup: out of memory to adapt %lld chains in %lld dimensions",
		         (long long)s->options.chains, (long long)s->dims);
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__adaptation *a = s->walkers[i].adaptation = &all[i];
		begin_averaging(a, s->walkers[i].step);
		if (!moments) continue;
		egm__windows_start(&a->windows, steps);
		a->mean = moments + 2 * i * s->dims;
		a->m2 = a->mean + s->dims;
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
	if (t < a->windows.first || t >= a->windows.end) return;
	observe(s, w);
	if (t == a->windows.last) close_window(s, w);
}

void egm__adaptation_finish(egm_sampler *s)
{
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__walker *w = &s->walkers[i];
		const egm__adaptation *a = w->adaptation;
		if (a) w->step = a->m < AVERAGED ? a->start : exp(a->log_mean);
	}
	egm__adaptation_free(s);
}
