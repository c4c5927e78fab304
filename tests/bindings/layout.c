/* SPDX-License-Identifier: MIT */
/* Prints how this compiler lays out the structs that the Python module spells again, and the numbers it repeats:
 * "struct member offset size", "struct - - size" and "name value" in lines. */
#include <egm.h>
#include <stdio.h>

#define STRUCT(type) printf(#type " - - %zu\n", sizeof(type))
#define MEMBER(type, member) \
	printf(#type " " #member " %zu %zu\n", offsetof(type, member), sizeof(((type *)NULL)->member))
#define NUMBER(name) printf(#name " %d\n", (int)(name))

static void context_options(void)
{
	STRUCT(egm_context_options);
	MEMBER(egm_context_options, struct_size);
	MEMBER(egm_context_options, alloc);
	MEMBER(egm_context_options, dealloc);
	MEMBER(egm_context_options, alloc_user);
	MEMBER(egm_context_options, log);
	MEMBER(egm_context_options, log_user);
	MEMBER(egm_context_options, parallel);
	MEMBER(egm_context_options, parallel_user);
	MEMBER(egm_context_options, threads);
	MEMBER(egm_context_options, blas_threads);
	MEMBER(egm_context_options, simd);
	MEMBER(egm_context_options, reserved);
}

static void target_options(void)
{
	STRUCT(egm_target_options);
	MEMBER(egm_target_options, struct_size);
	MEMBER(egm_target_options, beta);
	MEMBER(egm_target_options, prior_scale);
	MEMBER(egm_target_options, lower);
	MEMBER(egm_target_options, upper);
	MEMBER(egm_target_options, concurrent);
	MEMBER(egm_target_options, reserved);
	MEMBER(egm_target_options, rows);
}

static void sampler_options(void)
{
	STRUCT(egm_sampler_options);
	MEMBER(egm_sampler_options, struct_size);
	MEMBER(egm_sampler_options, kernel);
	MEMBER(egm_sampler_options, reserved);
	MEMBER(egm_sampler_options, chains);
	MEMBER(egm_sampler_options, seed);
	MEMBER(egm_sampler_options, step_size);
	MEMBER(egm_sampler_options, jitter);
	MEMBER(egm_sampler_options, start_scale);
	MEMBER(egm_sampler_options, target_accept);
	MEMBER(egm_sampler_options, scale);
	MEMBER(egm_sampler_options, leapfrog_steps);
	MEMBER(egm_sampler_options, max_depth);
	MEMBER(egm_sampler_options, divergence);
	MEMBER(egm_sampler_options, temperatures);
	MEMBER(egm_sampler_options, levels);
	MEMBER(egm_sampler_options, steps_per_level);
	MEMBER(egm_sampler_options, denoise);
	MEMBER(egm_sampler_options, adapt_scale);
	MEMBER(egm_sampler_options, reserved2);
}

static void sampler_statistics(void)
{
	STRUCT(egm_sampler_statistics);
	MEMBER(egm_sampler_statistics, struct_size);
	MEMBER(egm_sampler_statistics, transitions);
	MEMBER(egm_sampler_statistics, gradients);
	MEMBER(egm_sampler_statistics, acceptance);
	MEMBER(egm_sampler_statistics, divergences);
	MEMBER(egm_sampler_statistics, step_size);
	MEMBER(egm_sampler_statistics, leapfrogs);
	MEMBER(egm_sampler_statistics, saturated);
	MEMBER(egm_sampler_statistics, energy);
	MEMBER(egm_sampler_statistics, exchange);
	MEMBER(egm_sampler_statistics, frozen);
}

static void ais(void)
{
	STRUCT(egm_ais_options);
	MEMBER(egm_ais_options, struct_size);
	MEMBER(egm_ais_options, seed);
	MEMBER(egm_ais_options, particles);
	MEMBER(egm_ais_options, levels);
	MEMBER(egm_ais_options, leapfrog_steps);
	MEMBER(egm_ais_options, step_size);
	MEMBER(egm_ais_options, base_scale);
	MEMBER(egm_ais_options, power);
	STRUCT(egm_ais_result);
	MEMBER(egm_ais_result, struct_size);
	MEMBER(egm_ais_result, log_z);
	MEMBER(egm_ais_result, standard_error);
	MEMBER(egm_ais_result, ess);
	MEMBER(egm_ais_result, acceptance);
	MEMBER(egm_ais_result, gradients);
	MEMBER(egm_ais_result, lost);
}

static void diagnosis(void)
{
	STRUCT(egm_diagnosis);
	MEMBER(egm_diagnosis, struct_size);
	MEMBER(egm_diagnosis, mean);
	MEMBER(egm_diagnosis, sd);
	MEMBER(egm_diagnosis, mcse);
	MEMBER(egm_diagnosis, r_hat);
	MEMBER(egm_diagnosis, ess_bulk);
	MEMBER(egm_diagnosis, ess_tail);
	MEMBER(egm_diagnosis, ess_mean);
	MEMBER(egm_diagnosis, q05);
	MEMBER(egm_diagnosis, median);
	MEMBER(egm_diagnosis, q95);
}

static void numbers(void)
{
	NUMBER(EGM_LATENT_ENERGY);
	NUMBER(EGM_LATENT_POSTERIOR);
	NUMBER(EGM_LATENT_PULLBACK);
	NUMBER(EGM_SAMPLER_ULA);
	NUMBER(EGM_SAMPLER_MALA);
	NUMBER(EGM_SAMPLER_HMC);
	NUMBER(EGM_SAMPLER_NUTS);
	NUMBER(EGM_SAMPLER_ANNEALED_LANGEVIN);
	NUMBER(EGM_SAMPLER_TEMPERED);
	NUMBER(EGM_F32);
	NUMBER(EGM_F64);
	NUMBER(EGM_ERR_ARGUMENT);
	NUMBER(EGM_ERR_STATE);
	NUMBER(EGM_ERR_SHAPE);
	NUMBER(EGM_ERR_DTYPE);
	NUMBER(EGM_ERR_MEMORY);
	NUMBER(EGM_ERR_NONFINITE);
	NUMBER(EGM_ERR_IO);
	NUMBER(EGM_ERR_FORMAT);
	NUMBER(EGM_ERR_UNSUPPORTED);
	NUMBER(EGM_ERR_STOPPED);
}

int main(void)
{
	context_options();
	target_options();
	sampler_options();
	sampler_statistics();
	ais();
	diagnosis();
	numbers();
	return 0;
}
