/* SPDX-License-Identifier: MIT */
/* Prints how this compiler lays out the structs that the Python module spells again, and the numbers it repeats:
 * "struct member offset size", "struct - - size" and "name value" in lines. */
#include <egm.h>
#include <stdio.h>

#define STRUCT(type, ...)                                                          \
	do {                                                                           \
		typedef type layout;                                                       \
		const char *name = #type;                                                  \
		printf("%s - - %zu\n", name, sizeof(layout)), M(struct_size), __VA_ARGS__; \
	} while (0)
#define M(member) printf("%s " #member " %zu %zu\n", name, offsetof(layout, member), sizeof(((layout *)NULL)->member))
#define N(name) printf(#name " %d\n", (int)(name))

static void handles(void)
{
	STRUCT(egm_context_options, M(alloc), M(dealloc), M(alloc_user), M(log), M(log_user), M(parallel), M(parallel_user),
	       M(threads), M(blas_threads), M(simd), M(reserved));
	STRUCT(egm_target_options, M(beta), M(prior_scale), M(lower), M(upper), M(concurrent), M(reserved), M(rows));
	STRUCT(egm_sampler_options, M(kernel), M(reserved), M(chains), M(seed), M(step_size), M(jitter), M(start_scale),
	       M(target_accept), M(scale), M(leapfrog_steps), M(max_depth), M(divergence), M(temperatures), M(levels),
	       M(steps_per_level), M(denoise), M(adapt_scale), M(reserved2));
	STRUCT(egm_sampler_statistics, M(transitions), M(gradients), M(acceptance), M(divergences), M(step_size),
	       M(leapfrogs), M(saturated), M(energy), M(exchange), M(frozen));
	STRUCT(egm_ais_options, M(seed), M(particles), M(levels), M(leapfrog_steps), M(step_size), M(base_scale), M(power));
	STRUCT(egm_ais_result, M(log_z), M(standard_error), M(ess), M(acceptance), M(gradients), M(lost));
	STRUCT(egm_diagnosis, M(mean), M(sd), M(mcse), M(r_hat), M(ess_bulk), M(ess_tail), M(ess_mean), M(q05), M(median),
	       M(q95));
}

static void numbers(void)
{
	N(EGM_LATENT_ENERGY), N(EGM_LATENT_POSTERIOR), N(EGM_LATENT_PULLBACK);
	N(EGM_SAMPLER_ULA), N(EGM_SAMPLER_MALA), N(EGM_SAMPLER_HMC), N(EGM_SAMPLER_NUTS), N(EGM_SAMPLER_ANNEALED_LANGEVIN),
	    N(EGM_SAMPLER_TEMPERED);
	N(EGM_F32), N(EGM_F64);
	N(EGM_ERR_ARGUMENT), N(EGM_ERR_STATE), N(EGM_ERR_SHAPE), N(EGM_ERR_DTYPE), N(EGM_ERR_MEMORY), N(EGM_ERR_NONFINITE),
	    N(EGM_ERR_IO), N(EGM_ERR_FORMAT), N(EGM_ERR_UNSUPPORTED), N(EGM_ERR_STOPPED);
}

int main(void)
{
	handles();
	numbers();
	return 0;
}
