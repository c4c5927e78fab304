/* SPDX-License-Identifier: MIT */
/* A mixture as a target. Its energy needs working memory: there is one slot for each thread of the context, so that a
 * running sampler allocates nothing. If all slots are taken, by samplers in other threads, a call allocates its own. */
#include <core/status_impl.h>
#include <sampler/target_impl.h>
#include <stats/mixture_impl.h>

typedef struct density {
	egm_mixture *mixture;
	int64_t each; /* doubles of a slot */
	int32_t slots;
	int *taken;     /* [slots] through __atomic builtins */
	double *memory; /* [slots, each] */
} density;

static int energy(egm_dtype dtype, int64_t rows, const void *x, void *energies, void *gradients, density *d)
{
	for (int32_t i = 0; i < d->slots; i++) {
		if (__atomic_exchange_n(&d->taken[i], 1, __ATOMIC_ACQUIRE)) continue;
		egm__mixture_energy(d->mixture, dtype, rows, x, energies, gradients, d->memory + i * d->each);
		__atomic_store_n(&d->taken[i], 0, __ATOMIC_RELEASE);
		return 0;
	}
	return (dtype == EGM_F32 ? egm__mixture_energy_f32 : egm__mixture_energy_f64)(rows, x, energies, gradients,
	                                                                              d->mixture);
}

static int energy_f32(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	return energy(EGM_F32, rows, x, energies, gradients, user);
}

static int energy_f64(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	return energy(EGM_F64, rows, x, energies, gradients, user);
}

static void release(void *user)
{
	density *d = user;
	egm_context *context = d->mixture->context; /* kept alive by the target */
	egm__free(context, d->taken);
	egm__free(context, d->memory);
	egm_mixture_free(d->mixture);
	egm__free(context, d);
}

static egm_status create(density **out, egm_mixture *mixture)
{
	egm_context *context = mixture->context;
	density *d = egm__alloc_zero(context, 1, sizeof *d);
	*out = d;
	if (!d) return egm__fail(EGM_ERR_MEMORY, "out of memory");
	egm__mixture_retain(mixture);
	*d = (density){.mixture = mixture, .each = egm__mixture_energy_count(mixture), .slots = context->threads};
	d->taken = egm__alloc_zero(context, d->slots, sizeof *d->taken);
	d->memory = egm__alloc(context, d->slots * d->each, sizeof *d->memory);
	if (d->taken && d->memory) return EGM_OK;
	return egm__fail(EGM_ERR_MEMORY, "out of memory for energies in %lld dimensions", (long long)mixture->dims);
}

egm_status egm_target_mixture(egm_target **out, egm_mixture *mixture, egm_dtype dtype,
                              const egm_target_options *options)
{
	egm_status st = EGM_OK;
	density *d = NULL;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!mixture) EGM_FAIL(EGM_ERR_ARGUMENT, "mixture is NULL");
	EGM_TRY(create(&d, mixture));
	EGM_TRY(egm_target_callback(out, mixture->context, dtype, mixture->dims, options,
	                            dtype == EGM_F32 ? energy_f32 : energy_f64, d, release));
	(*out)->lacks_memory = 1;
	(*out)->concurrent = 1;
	(*out)->version = &mixture->version;
	d = NULL;
out:
	if (d) release(d);
	return egm__named(__func__, st);
}
