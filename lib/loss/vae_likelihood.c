/* SPDX-License-Identifier: MIT */
/* The importance-weighted bound of each row: the logarithm of the mean of S weights. A program draws one z for each of
 * CHUNK rows; the logarithm of the sum is accumulated in double, so that a large S needs no memory. The noise of a run
 * is numbered by chunk and draw alone: a larger S adds draws to those of a smaller one. */
#include <core/size_impl.h>
#include <loss/vae_impl.h>
#include <math.h>
#include <stats/sample_impl.h>
#include <stats/steps_impl.h>
#include <string.h>

enum { CHUNK = 64, SLOT_WEIGHTS = EGM__SLOT_TERMS };

typedef struct job {
	const egm_loss *loss;
	egm__program *program;
	char *x, *weights; /* [CHUNK, columns], [CHUNK] */
	int64_t samples;
	uint64_t seed;
	egm__steps steps; /* draws for a chunk */
} job;

static egm_status compile(const egm_loss *loss, egm__program **out)
{
	egm__phase_graph p = {.batch = CHUNK};
	egm_status st = egm__graph_create(&p.graph, loss->context, loss->dtype);
	if (st != EGM_OK) return st;
	p.data = egm__leaf(p.graph, EGM__SLOT_DATA, 0, egm__shape2(CHUNK, loss->data_width));
	egm__graph_output(p.graph, egm__vae_log_weight(&p, loss), SLOT_WEIGHTS, 0);
	st = egm__graph_status(p.graph);
	if (st == EGM_OK) st = egm__program_create(out, p.graph);
	egm__graph_free(p.graph);
	return st;
}

/* log(exp a + exp b) */
static double log_add(double a, double b)
{
	double top = a > b ? a : b;
	return top == -INFINITY ? top : top + log(exp(a - top) + exp(b - top));
}

/* The n rows of a chunk, whose first is row `first` of the call. */
static egm_status run_chunk(job *j, int64_t first, int64_t n, double *out)
{
	egm_status st = EGM_OK;
	const egm_loss *loss = j->loss;
	void *bases[EGM__MAX_SLOTS] = {[EGM__SLOT_DATA] = j->x, [SLOT_WEIGHTS] = j->weights};
	for (int32_t i = 0; i < loss->n_nets; i++) bases[EGM__SLOT_NET + i] = loss->nets[i]->parameters;
	for (int64_t i = 0; i < n; i++) out[i] = -INFINITY;
	for (int64_t s = 0; s < j->samples; s++) {
		egm__program_run(j->program, bases, j->seed, (uint64_t)(first / CHUNK) << 32 ^ (uint64_t)s);
		for (int64_t i = 0; i < n; i++) {
			double w = egm__number(loss->dtype, j->weights, i);
			if (!isfinite(w))
				EGM_FAIL(EGM_ERR_NONFINITE, "the log weight of row %lld, draw %lld is %s, must be finite",
				         (long long)(first + i), (long long)s, egm__nonfinite_name(w));
			out[i] = log_add(out[i], w);
		}
		if (s == j->samples - 1) /* before the callback sees them */
			for (int64_t i = 0; i < n; i++) out[i] -= log((double)j->samples);
		EGM_TRY(egm__steps_count(&j->steps));
	}
out:
	return st;
}

static egm_status check(const egm_loss *loss, egm_array x, int64_t samples, egm_out log_likelihoods)
{
	egm_status st = EGM_OK;
	if (!loss) EGM_FAIL(EGM_ERR_ARGUMENT, "loss is NULL");
	if (strcmp(loss->kind, "vae") != 0) EGM_FAIL(EGM_ERR_ARGUMENT, "loss is %s, must be vae", loss->kind);
	EGM_TRY(egm__sample_check(x, "x", loss->dtype, loss->data_width, 1));
	EGM_TRY(egm__out_fits(log_likelihoods, "log_likelihoods", EGM_F64, x.rows, 1));
	if (samples < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "samples is %lld, must be at least 1", (long long)samples);
out:
	return st;
}

/* A Bernoulli decoder needs values of 0 and 1, or shares between them. */
static egm_status check_shares(const egm_loss *loss, const void *x, int64_t rows)
{
	const egm_vae_options *o = loss->options;
	int64_t n = o->decoder == EGM_DECODER_BERNOULLI ? rows * loss->data_width : 0;
	for (int64_t i = 0; i < n; i++) {
		double value = egm__number(loss->dtype, x, i);
		if (!(value >= 0 && value <= 1))
			return egm__fail(EGM_ERR_ARGUMENT, "row %lld, column %lld (from 0) of x is %g, must be in [0, 1]",
			                 (long long)(i / loss->data_width), (long long)(i % loss->data_width), value);
	}
	return EGM_OK;
}

static egm_status run(job *j, const char *x, int64_t rows, int64_t columns, double *log_likelihoods)
{
	egm_status st = EGM_OK;
	egm_context *context = j->loss->context;
	size_t element = egm__dtype_size(j->loss->dtype), row = (size_t)columns * element;
	j->x = egm__alloc_zero(context, CHUNK, row);
	j->weights = egm__alloc_zero(context, CHUNK, element);
	if (!j->x || !j->weights)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for %d rows of %lld numbers", CHUNK, (long long)columns);
	EGM_TRY(compile(j->loss, &j->program));
	for (int64_t first = 0; first < rows; first += CHUNK) {
		int64_t n = rows - first < CHUNK ? rows - first : CHUNK;
		memcpy(j->x, x + (size_t)first * row, (size_t)n * row);
		EGM_TRY(run_chunk(j, first, n, log_likelihoods + first));
	}
	EGM_TRY(egm__steps_finish(&j->steps));
out:
	egm__program_free(j->program);
	egm__free(context, j->x);
	egm__free(context, j->weights);
	return st;
}

egm_status egm_loss_vae_log_likelihood(const egm_loss *loss, egm_array x, int64_t samples, uint64_t seed,
                                       egm_out log_likelihoods, egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	union {
		const egm_loss *given;
		egm_loss *retained; /* the callback may free the loss */
	} l = {loss};
	int64_t total;
	job j = {.loss = loss, .samples = samples, .seed = seed};
	EGM_TRY(check(loss, x, samples, log_likelihoods));
	EGM_TRY(check_shares(loss, x.data, x.rows));
	if (egm__size_mul(egm__blocks_of(x.rows, CHUNK), samples, &total)) total = INT64_MAX;
	egm__steps_start(&j.steps, loss->context, total, progress, user);
	egm__loss_retain(l.retained);
	st = run(&j, x.data, x.rows, x.columns, log_likelihoods.data);
	egm__steps_end(&j.steps);
	egm_loss_free(l.retained);
out:
	return egm__named(__func__, st);
}
