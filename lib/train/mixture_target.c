/* SPDX-License-Identifier: MIT */
/* A mixture as a target: where loss and sampler, which do not know of each other, meet. */
#include <core/status_impl.h>
#include <loss/mixture_impl.h>
#include <sampler/target_impl.h>

static void release(void *mixture)
{
	egm_mixture_free(mixture);
}

/* Its energy works on memory of its own, so threads may share it. */
egm_status egm_target_mixture(egm_target **out, egm_mixture *mixture, egm_dtype dtype,
                              const egm_target_options *options)
{
	egm_status st = EGM_OK;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!mixture) EGM_FAIL(EGM_ERR_ARGUMENT, "mixture is NULL");
	EGM_TRY(egm_target_callback(out, mixture->context, dtype, mixture->dims, options,
	                            dtype == EGM_F32 ? egm__mixture_energy_f32 : egm__mixture_energy_f64, mixture,
	                            release));
	egm__mixture_retain(mixture);
	(*out)->concurrent = 1;
out:
	return egm__named(__func__, st);
}
