/* SPDX-License-Identifier: MIT */
/* EM from several starts, each until a step gains no more than the tolerance; the best result is kept. EM climbs to a
 * nearby maximum of the likelihood, and several starts are the only remedy for a poor one. */
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <stats/mixture_impl.h>
#include <string.h>

/* In nats. Starts that end at the same maximum differ by rounding, which must not decide the order of components. */
static const double EQUAL = 1e-10;

static const egm_mixture_result none = EGM_MIXTURE_RESULT_INIT;
static const egm__option members[] = {
    EGM__RESULT(egm_mixture_result, log_likelihood, "Mean log density of the rows, in nats."),
    EGM__RESULT(egm_mixture_result, covariance_floor, "Smallest floor of a variance among the columns."),
    EGM__RESULT(egm_mixture_result, iterations, "Steps of EM from the start that was kept."),
    EGM__RESULT(egm_mixture_result, start, "Index of the start that was kept, from 0."),
    EGM__RESULT(egm_mixture_result, dead, "Number of components that ended without rows."),
    EGM__FLAG(egm_mixture_result, converged, "1 if the last step gained no more than the tolerance."),
    EGM__RESERVED(egm_mixture_result, reserved),
};
EGM__OPTIONS(egm__options_mixture_result, egm_mixture_result, none, members);

/* The progress callback, the steps done, and whether it stopped the fit. */
typedef struct report {
	egm_progress_fn callback;
	void *user;
	int64_t done;
	int stopped;
} report;

static int ask(report *a, const egm_mixture_options *o, double log_likelihood)
{
	static const char *const names[] = {"log_likelihood"};
	egm_progress p = {.struct_size = sizeof p, .term_count = 1, .term_names = names, .terms = &log_likelihood};
	p.step = p.done = ++a->done;
	if (egm__size_mul(o->starts, o->max_iterations, &p.total)) p.total = INT64_MAX;
	return a->callback && a->callback(&p, a->user);
}

/* Steps of EM until one gains no more than the tolerance. */
static egm_status run_em(egm_mixture *m, egm__mixture_pass *pass, report *a, egm_mixture_result *r)
{
	egm_status st = EGM_OK;
	r->iterations = r->converged = 0;
	EGM_TRY(egm__mixture_expect(pass, &r->log_likelihood));
	while (!r->converged && !a->stopped && r->iterations < m->options.max_iterations) {
		double before = r->log_likelihood;
		EGM_TRY(egm__mixture_maximise(m, pass));
		EGM_TRY(egm__mixture_expect(pass, &r->log_likelihood));
		r->iterations++;
		r->converged = r->log_likelihood - before <= m->options.tolerance;
		a->stopped = ask(a, &m->options, r->log_likelihood);
	}
	r->dead = 0;
	for (int64_t k = 0; k < m->options.components; k++) r->dead += !egm__mixture_has_rows(pass->parts[0].sums.count[k]);
out:
	return st;
}

/* trial and best have the same shape. */
static egm_status run_all_starts(egm_mixture *trial, egm_mixture *best, egm__mixture_pass *pass, double *distances,
                                 report *a, egm_mixture_result *r)
{
	egm_status st = EGM_OK;
	for (int64_t s = 0; s < trial->options.starts && !a->stopped; s++) {
		egm_mixture_result found = {.start = s};
		EGM_TRY(egm__mixture_start(trial, pass->data, s, distances));
		EGM_TRY(run_em(trial, pass, a, &found));
		if (s > 0 && !(found.log_likelihood > r->log_likelihood + EQUAL)) continue;
		egm__mixture_numbers numbers = trial->now;
		trial->now = best->now;
		best->now = numbers;
		*r = found;
	}
out:
	return st;
}

/* STOPPED, by the callback, is the only failure that returns a mixture. */
static egm_status fit(egm_mixture **out, egm_mixture *trial, const egm__mixture_data *data, egm_mixture_result *r,
                      report *a)
{
	egm_status st = EGM_OK;
	egm_mixture *best = NULL;
	egm__mixture_pass pass = {0};
	double *distances = NULL;
	EGM_TRY(egm__mixture_pass_create(&pass, trial, data, 1));
	EGM_TRY(egm__mixture_find_units(trial, data));
	EGM_TRY(egm__mixture_make(&best, trial->context, &trial->options, trial->dims));
	memcpy(best->units, trial->units, 2 * (size_t)trial->dims * sizeof *best->units);
	distances = egm__alloc(trial->context, data->rows, sizeof *distances);
	if (!distances) EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld distances", (long long)data->rows);
	EGM_TRY(run_all_starts(trial, best, &pass, distances, a, r));
	r->covariance_floor = egm__mixture_least_floor(best);
	*out = best;
	best = NULL;
	if (a->stopped)
		EGM_FAIL(EGM_ERR_STOPPED, "the callback stopped it after step %lld, start %lld is the best so far",
		         (long long)a->done, (long long)r->start);
out:
	egm__free(trial->context, distances);
	egm_mixture_free(best);
	egm__mixture_pass_clear(&pass);
	return st;
}

egm_status egm_mixture_fit(egm_mixture **out, egm_context *context, egm_array x, egm_array row_weights,
                           const egm_mixture_options *options, egm_mixture_result *result, egm_progress_fn progress,
                           void *user)
{
	egm_status st = EGM_OK;
	egm_mixture *trial = NULL;
	egm_mixture_options o;
	egm_mixture_result r = none;
	egm__mixture_data data;
	report a = {.callback = progress, .user = user};
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__options_check(&egm__options_mixture, &o, options));
	EGM_TRY(egm__result_check("egm_mixture_result", result));
	EGM_TRY(egm__mixture_data_take(&data, x, row_weights, 0));
	if (o.components > x.rows) /* before memory for them is allocated */
		EGM_FAIL(EGM_ERR_ARGUMENT, "components is %lld, must be at most the %lld rows of x", (long long)o.components,
		         (long long)x.rows);
	EGM_TRY(egm__mixture_make(&trial, context, &o, x.columns));
	st = fit(out, trial, &data, &r, &a);
	if (*out && result) egm__options_init("egm_mixture_result", result, result->struct_size, &r, sizeof r);
out:
	egm_mixture_free(trial);
	return egm__named(__func__, st);
}
