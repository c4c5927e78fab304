/* SPDX-License-Identifier: MIT */
/* Optimisers, on the parameters of a network as one array.
 *
 * The array is divided into chunks of fixed size, which threads share. The operations on an element do not depend on
 * the number of threads, and the only sum, the squared norm for clipping, is added chunk by chunk in order. Update,
 * clipping to the box and moving average of a chunk follow each other while it is in the cache.
 *
 * Move t updates the average by y <- c y + (1 - c) w, c = min(average_decay, (t - 1)/(t + 8)): see `keep_share`.
 *
 * The corrections of Adam and the decay of the average are computed from t each time, not updated as products, so that
 * a checkpoint needs only t and resumes with the same bits. */
#include <core/cpu_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include <train/optimizer_impl.h>

static egm_status allocate_state(egm__optimizer *o, const char *name)
{
	egm_status st = EGM_OK;
	size_t n = (size_t)o->count;
	int32_t kind = o->options->optimizer;
	int failed = !(o->gradient = egm__alloc_zero(o->context, n, o->element));
	if (kind != EGM_OPTIMIZER_RMSPROP) failed |= !(o->m = egm__alloc_zero(o->context, n, o->element));
	if (kind != EGM_OPTIMIZER_SGD) failed |= !(o->v = egm__alloc_zero(o->context, n, o->element));
	if (o->options->average_decay > 0) failed |= !(o->average = egm__alloc(o->context, n, o->element));
	if (o->options->clip_norm > 0) failed |= !(o->squares = egm__alloc_zero(o->context, o->chunks, sizeof(double)));
	if (failed)
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the optimiser of network '%s' with %lld parameters", name,
		         (long long)o->count);
	if (o->average) memcpy(o->average, o->weights, n * o->element);
out:
	return st;
}

egm_status egm__optimizer_init(egm__optimizer *o, egm_context *context, egm_model *net,
                               const egm_trainer_options *options, double clip)
{
	egm_status st = EGM_OK;
	int64_t chunks = egm__blocks_of(net->count, EGM__OPTIMIZER_CHUNK);
	memset(o, 0, sizeof *o);
	o->context = context;
	o->kernels = egm__kernels_get(context->simd, net->dtype);
	o->options = options;
	o->net = net;
	o->clip = clip;
	o->count = net->count;
	o->element = egm__dtype_size(net->dtype);
	o->weights = net->parameters;
	o->learning_rate = options->learning_rate;
	o->gradient_scale = 1;
	if (chunks > INT32_MAX)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "network '%s' has %lld parameters, must have at most %lld", net->name,
		         (long long)net->count, (long long)INT32_MAX * EGM__OPTIMIZER_CHUNK);
	o->chunks = (int32_t)chunks;
	EGM_TRY(allocate_state(o, net->name));
out:
	if (st != EGM_OK) egm__optimizer_clear(o);
	return st;
}

void egm__optimizer_clear(egm__optimizer *o)
{
	void *owned[] = {o->gradient, o->m, o->v, o->average, o->squares};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(o->context, owned[i]);
	memset(o, 0, sizeof *o);
}

static int64_t chunk_count(const egm__optimizer *o, int32_t chunk)
{
	int64_t left = o->count - (int64_t)chunk * EGM__OPTIMIZER_CHUNK;
	return left < EGM__OPTIMIZER_CHUNK ? left : EGM__OPTIMIZER_CHUNK;
}

static void *chunk_at(const egm__optimizer *o, void *values, int32_t chunk)
{
	return values ? (char *)values + (size_t)chunk * EGM__OPTIMIZER_CHUNK * o->element : NULL;
}

typedef struct scan_job {
	egm__optimizer *o;
	int nonfinite, overflow; /* set by any thread */
} scan_job;

static void scan_chunk(int32_t chunk, void *argument)
{
	scan_job *job = argument;
	const egm__optimizer *o = job->o;
	const void *g = chunk_at(o, o->gradient, chunk);
	int64_t n = chunk_count(o, chunk);
	if (!o->kernels->all_finite(n, g)) __atomic_store_n(&job->nonfinite, 1, __ATOMIC_RELAXED);
	if (!o->squares && !o->v) return;
	double squares = o->kernels->sum_squares(n, g);
	/* Clipping scales gradients before they are squared; without it a second moment would become infinite for good. */
	if (o->squares)
		o->squares[chunk] = squares;
	else if (!(squares <= (o->element == sizeof(float) ? FLT_MAX : DBL_MAX)))
		__atomic_store_n(&job->overflow, 1, __ATOMIC_RELAXED);
}

egm__scan egm__optimizer_scan(egm__optimizer *o)
{
	scan_job job = {o, 0, 0};
	double sum = 0, norm;
	uint32_t mode = egm__cpu_fp_flush();
	egm__parallel(o->context, o->chunks, scan_chunk, &job);
	egm__cpu_fp_set(mode);
	o->gradient_scale = 1;
	if (job.nonfinite) return EGM__SCAN_NONFINITE;
	if (job.overflow) return EGM__SCAN_OVERFLOW;
	if (!o->squares) return EGM__SCAN_OK;
	for (int32_t i = 0; i < o->chunks; i++) sum += o->squares[i];
	norm = sqrt(sum);
	/* Possible in f64 from 1e154 on, not in f32. A scale of 0 would hide the divergence. */
	if (!isfinite(norm)) return EGM__SCAN_OVERFLOW;
	if (norm > o->options->clip_norm) o->gradient_scale = o->options->clip_norm / norm;
	return EGM__SCAN_OK;
}

typedef struct move_job {
	egm__optimizer *o;
	egm__adam p;
	double keep; /* of the average */
} move_job;

static void move_chunk(int32_t chunk, void *argument)
{
	const move_job *job = argument;
	const egm__optimizer *o = job->o;
	int64_t n = chunk_count(o, chunk);
	void *w = chunk_at(o, o->weights, chunk);
	const void *g = chunk_at(o, o->gradient, chunk);
	void *m = chunk_at(o, o->m, chunk);
	void *v = chunk_at(o, o->v, chunk);
	void *average = chunk_at(o, o->average, chunk);
	switch (o->options->optimizer) {
	case EGM_OPTIMIZER_ADAM:
		o->kernels->adam(n, w, g, m, v, &job->p);
		break;
	case EGM_OPTIMIZER_RMSPROP:
		o->kernels->rmsprop(n, w, g, v, &job->p);
		break;
	case EGM_OPTIMIZER_SGD:
		o->kernels->sgd(n, w, g, m, &job->p);
		break;
	}
	if (o->clip > 0) egm__model_clip_part(o->net, o->clip, (int64_t)chunk * EGM__OPTIMIZER_CHUNK, n);
	if (average) o->kernels->average(n, average, w, job->keep);
}

/* The fraction of the average that is kept at move t = 1, 2, ... With a constant decay, decay^t of the initial network
 * would remain: 64 % after 444 moves at .999. Division by 1 - decay^t removes it, but still averages over all moves,
 * the first and worst like the last. With (t - 1)/(t + 8) the average extends over the last ninth of the moves until
 * this exceeds the horizon of the decay. The weight of the network after move k is then proportional to the product
 * k (k + 1) ... (k + 7): polynomial-decay averaging with eta = 8 (Shamir and Zhang 2013, "Stochastic gradient descent
 * for non-smooth optimization"). Implementations of diffusion models write (1 + n)/(10 + n). With t as here the first
 * move replaces the average, so that the initial network, which may be outside of the box, has no part in it. */
static double keep_share(const egm_trainer_options *options, double t)
{
	double share = (t - 1) / (t + 8);
	return share < options->average_decay ? share : options->average_decay;
}

void egm__optimizer_move(egm__optimizer *o, double factor)
{
	const egm_trainer_options *options = o->options;
	move_job job = {.o = o};
	double t = (double)++o->moves;
	job.p.learning_rate = o->learning_rate * factor;
	job.p.beta1 = options->optimizer == EGM_OPTIMIZER_SGD ? options->momentum : options->beta1;
	job.p.beta2 = options->beta2;
	job.p.epsilon = options->epsilon;
	job.p.correction1 = 1 - pow(options->beta1, t);
	job.p.correction2 = 1 - pow(options->beta2, t);
	job.p.gradient_scale = o->gradient_scale;
	job.keep = keep_share(options, t);
	uint32_t mode = egm__cpu_fp_flush();
	egm__parallel(o->context, o->chunks, move_chunk, &job);
	egm__cpu_fp_set(mode);
	o->net->version++;
}
