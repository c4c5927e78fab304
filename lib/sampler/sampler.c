/* SPDX-License-Identifier: MIT */
/* Making and freeing a sampler, and the first points of its chains. */
#include <core/array_impl.h>
#include <core/rng_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <string.h>

/* Computes sizes, and checks that the counters of the random numbers suffice for all walkers. */
static egm_status measure(egm_sampler *s)
{
	const egm__sampler_options *o = &s->options;
	int64_t numbers, bytes, block = s->target->dtype == EGM_F32 ? 4 : 2;
	s->row_bytes = egm__row_bytes(s->target->dtype, s->dims);
	if (egm__size_mul(o->chains, s->levels, &s->n_walkers) || s->n_walkers >= INT64_C(1) << 27 ||
	    egm__size_mul(s->n_walkers, s->dims + 3, &numbers) || numbers / block >= INT64_C(1) << 32 ||
	    egm__size_mul(s->n_walkers, 4 * s->row_bytes, &bytes))
		return egm__fail(
		    EGM_ERR_ARGUMENT,
		    "%lld chains of %lld levels in %lld dimensions, must be fewer: memory or random numbers do not suffice",
		    (long long)o->chains, (long long)s->levels, (long long)s->dims);
	return EGM_OK;
}

/* The initial scale of a walker, in its dtype. */
static void write_scale(const egm_sampler *s, char *row)
{
	const double *scale = s->options.scale;
	for (int64_t j = 0; j < s->dims; j++) egm__number_put(s->target->dtype, row, j, scale ? scale[j] : 1);
}

/* s->rows has a shared scale, then one for each walker if scales are adapted. Blocks have the points and gradients. */
static void place_walker(egm_sampler *s, int64_t i, size_t own_bytes)
{
	egm__walker *w = &s->walkers[i];
	double temperature = s->levels > 1 ? s->options.temperatures[i % s->levels] : 1;
	w->index = i;
	if (s->options.adapt_scale)
		w->scale = s->rows + (1 + i) * s->row_bytes;
	else if (s->options.scale)
		w->scale = s->rows;
	w->own = own_bytes ? s->owns + (size_t)i * own_bytes : NULL;
	w->step = s->method->langevin ? sqrt(s->options.step_size * temperature) : s->options.step_size;
	w->bridge = s->target->bridge;
	w->bridge.beta /= temperature;
	w->value = w->accept = NAN;
	if (w->scale) write_scale(s, w->scale);
}

static egm_status create_walkers(egm_sampler *s)
{
	egm_status st = EGM_OK;
	size_t own_bytes = s->method->own_bytes ? (s->method->own_bytes(s) + 63) / 64 * 64 : 0;
	int64_t n = s->n_walkers;
	s->walkers = egm__alloc_zero(s->context, n, sizeof *s->walkers);
	s->chains = egm__alloc_zero(s->context, s->options.chains, sizeof *s->chains);
	s->rows = egm__alloc_zero(s->context, 1 + n * s->options.adapt_scale, s->row_bytes);
	if (own_bytes) s->owns = egm__alloc_zero(s->context, n, own_bytes);
	if (!s->walkers || !s->chains || !s->rows || (own_bytes && !s->owns))
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %lld chains in %lld dimensions", (long long)s->options.chains,
		         (long long)s->dims);
	for (int64_t i = 0; i < s->n_walkers; i++) place_walker(s, i, own_bytes);
out:
	return st;
}

static double start_scale(const egm_sampler *s)
{
	double scale = s->options.start_scale, precision = s->target->bridge.precision;
	if (scale > 0) return scale;
	return precision > 0 ? 1 / sqrt(precision) : 1;
}

void egm__start_draw(const egm_sampler *s, const egm__rng *rng, int64_t i, void *y)
{
	s->table->normal(s->dims, y, rng, i * egm__noise_stride(s->dims));
	s->table->tile[EGM__TILE_AFFINE](s->dims, y, y, NULL, (const double[3]){start_scale(s), 0, 0});
}

/* Draws the first points. Fails if a scale or bounds make one infinite in the dtype. */
static egm_status draw_starts(egm_sampler *s)
{
	egm__rng rng = {.seed = s->options.seed, .stream = EGM__STREAM_START};
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__walker *w = &s->walkers[i];
		egm__start_draw(s, &rng, i, w->x);
		egm__target_to_points(s->target, 1, w->x, w->gradient); /* not in use yet */
		if (!s->table->all_finite(s->dims, w->gradient))
			return egm__fail(EGM_ERR_ARGUMENT,
			                 "start_scale is %g, must be less: the first point of chain %lld is not finite in %s",
			                 start_scale(s), (long long)(i / s->levels), egm__dtype_name(s->target->dtype));
	}
	return EGM_OK;
}

/* Merges the options of the program with the defaults of the kernel, and copies those that the loop reads. */
static egm_status take_options(egm_sampler *s, const void *options)
{
	egm_status st = EGM_OK;
	const egm__options *table = s->method->options;
	s->own = egm__alloc_zero(s->context, 1, (int64_t)table->size);
	if (!s->own) EGM_FAIL(EGM_ERR_MEMORY, "out of memory");
	EGM_TRY(egm__options_check(table, s->own, options));
	memcpy(&s->options, s->own, offsetof(egm__sampler_options, scale));
	s->dims = s->target->dims;
	s->levels = s->inner = s->options.levels = 1;
	EGM_TRY(egm__sampler_keep_scale(s));
	if (s->method->describe) EGM_TRY(s->method->describe(s));
out:
	return st;
}

egm_status egm__sampler_create(egm_sampler **out, const egm__method *method, egm_target *target, const void *options)
{
	egm_status st = EGM_OK;
	egm_sampler *s = NULL;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!target) EGM_FAIL(EGM_ERR_ARGUMENT, "target is NULL");
	s = egm__alloc_zero(target->context, 1, sizeof *s);
	if (!s) EGM_FAIL(EGM_ERR_MEMORY, "out of memory");
	s->context = target->context;
	egm__context_retain(s->context);
	s->target = target;
	egm__target_retain(target);
	s->method = method;
	s->table = egm__kernels_get(s->context->simd, target->dtype);
	s->version = UINT64_MAX;
	EGM_TRY(take_options(s, options));
	EGM_TRY(measure(s));
	EGM_TRY(create_walkers(s));
	EGM_TRY(egm__blocks_create(s));
	EGM_TRY(draw_starts(s));
	*out = s;
	s = NULL;
out:
	egm_sampler_free(s);
	return st;
}

egm_status egm__sampler_like(egm_sampler **out, const egm_sampler *s, int64_t chains, uint64_t seed)
{
	egm_context *context = s->context;
	size_t size = s->method->options->size;
	egm__sampler_options *own = egm__alloc(context, 1, (int64_t)size); /* the members that all kernels share */
	*out = NULL;
	if (!own) return egm__fail(EGM_ERR_MEMORY, "out of memory");
	memcpy(own, s->own, size);
	own->chains = chains;
	own->seed = seed;
	egm_status st = egm__sampler_create(out, s->method, s->target, own);
	egm__free(context, own);
	return st;
}

void egm_sampler_free(egm_sampler *s)
{
	if (!s) return;
	if (__atomic_load_n(&s->busy, __ATOMIC_SEQ_CST) != EGM__IDLE) {
		__atomic_store_n(&s->free_pending, 1, __ATOMIC_SEQ_CST);
		return;
	}
	egm_context *context = s->context;
	egm__adaptation_free(s);
	egm__blocks_free(s);
	egm_target_free(s->target);
	void *owned[] = {s->owns,
	                 s->rows,
	                 s->chains,
	                 s->walkers,
	                 (double *)(uintptr_t)s->options.scale,
	                 (double *)(uintptr_t)s->options.temperatures,
	                 s->own,
	                 s};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(context, owned[i]);
	egm_context_free(context);
}

int64_t egm_sampler_chains(const egm_sampler *sampler)
{
	return sampler ? sampler->options.chains : 0;
}

int64_t egm_sampler_dims(const egm_sampler *sampler)
{
	return sampler ? sampler->dims : 0;
}

egm_dtype egm_sampler_dtype(const egm_sampler *sampler)
{
	return sampler ? sampler->target->dtype : (egm_dtype)0;
}
