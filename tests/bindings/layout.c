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
	STRUCT(egm_restore_options, M(layout), M(zero_bias), M(prefix), M(max_header_bytes), M(max_data_bytes));
	STRUCT(egm_target_options, M(beta), M(prior_scale), M(lower), M(upper), M(concurrent), M(reserved), M(rows));
	STRUCT(egm_sampler_options, M(kernel), M(reserved), M(chains), M(seed), M(step_size), M(jitter), M(start_scale),
	       M(target_accept), M(scale), M(leapfrog_steps), M(max_depth), M(divergence), M(temperatures), M(levels),
	       M(steps_per_level), M(denoise), M(adapt_scale), M(reserved2));
	STRUCT(egm_sampler_statistics, M(transitions), M(gradients), M(acceptance), M(divergences), M(step_size),
	       M(leapfrogs), M(saturated), M(energy), M(exchange), M(frozen));
	STRUCT(egm_ais_options, M(seed), M(particles), M(levels), M(leapfrog_steps), M(step_size), M(base_scale), M(power),
	       M(progress), M(user));
	STRUCT(egm_ais_result, M(log_z), M(standard_error), M(ess), M(acceptance), M(gradients), M(lost));
	STRUCT(egm_mixture_options, M(components), M(covariance), M(fixed), M(covariance_floor), M(seed), M(starts),
	       M(max_iterations), M(tolerance), M(row_weights), M(progress), M(user));
	STRUCT(egm_mixture_result, M(log_likelihood), M(covariance_floor), M(iterations), M(start), M(dead), M(converged),
	       M(reserved));
	STRUCT(egm_diagnosis, M(mean), M(sd), M(mcse), M(r_hat), M(ess_bulk), M(ess_tail), M(ess_mean), M(q05), M(median),
	       M(q95));
}

static void data(void)
{
	STRUCT(egm_data_options, M(dtype), M(skip_lines), M(scale), M(offset), M(max_bytes), M(max_rows), M(delimiter),
	       M(reserved));
	STRUCT(egm_csv_options, M(dtype), M(header), M(text), M(unknown), M(delimiter), M(decimal), M(comment),
	       M(skip_lines), M(replace_missing), M(max_words), M(missing_value), M(max_rows), M(max_bytes), M(columns),
	       M(column_count), M(text_columns), M(text_column_count), M(like));
	STRUCT(egm_column, M(kind), M(reserved), M(field), M(name), M(word), M(word_count), M(words), M(missing));
	N(EGM_CSV_HEADER_DETECT), N(EGM_CSV_HEADER_YES), N(EGM_CSV_HEADER_NO);
	N(EGM_CSV_TEXT_REFUSE), N(EGM_CSV_TEXT_CODES), N(EGM_CSV_TEXT_ONE_HOT);
	N(EGM_CSV_UNKNOWN_REFUSE), N(EGM_CSV_UNKNOWN_CODE);
	N(EGM_COLUMN_NUMBER), N(EGM_COLUMN_CODES), N(EGM_COLUMN_ONE_HOT);
}

static void losses(void)
{
	STRUCT(egm_ml_options, M(regulariser));
	STRUCT(egm_energy_gan_options, M(entropy), M(marginal), M(energy_steps), M(reserved), M(penalty), M(entropy_weight),
	       M(noise), M(dv_decay));
	STRUCT(egm_gan_options, M(form), M(discriminator_steps), M(generator_steps), M(penalty_at), M(penalty),
	       M(smoothing), M(step_penalty));
	STRUCT(egm_vae_options, M(decoder), M(reserved), M(sigma), M(beta));
	STRUCT(egm_aae_options, M(form), M(discriminator_steps), M(reconstruction), M(penalty));
	STRUCT(egm_ali_options, M(form), M(discriminator_steps), M(generator_steps), M(encoder), M(generator),
	       M(full_terms), M(penalty));
	STRUCT(egm_wgan_options, M(penalty_kind), M(penalty_at), M(critic_steps), M(reserved), M(penalty), M(clip));
	STRUCT(egm_ls_gan_options, M(margin_norm), M(energy_steps), M(margin), M(slope), M(penalty));
	STRUCT(egm_histogram_options, M(divergence), M(bins), M(masses), M(lower), M(upper), M(bandwidth), M(floor));
	STRUCT(egm_dae_options, M(sigma));
	STRUCT(egm_dde_options, M(energy_steps), M(reserved), M(sigma));
	STRUCT(egm_dsm_options, M(sigma));
	STRUCT(egm_annealed_dsm_options, M(spacing), M(reserved), M(sigma0), M(sigma_low), M(sigma_high));
	STRUCT(egm_score_matching_options, M(form), M(projections));
	STRUCT(egm_cross_entropy_options, M(label_smoothing));
}

static void training(void)
{
	STRUCT(egm_trainer_options, M(seed), M(batch), M(optimizer), M(schedule), M(schedule_steps), M(warmup_steps),
	       M(final_fraction), M(learning_rate), M(beta1), M(beta2), M(epsilon), M(momentum), M(clip_norm),
	       M(average_decay));
	STRUCT(egm_negatives_options, M(start), M(reserved), M(steps), M(buffer), M(restart), M(adapt_step), M(reserved2));
	STRUCT(egm_negatives_statistics, M(acceptance), M(step_size), M(restarted), M(ran_away), M(gap), M(gap_limit));
	STRUCT(egm_progress, M(step), M(done), M(total), M(term_count), M(reserved), M(term_names), M(terms),
	       M(learning_rate));
}

static void loss_numbers(void)
{
	N(EGM_ENTROPY_INFOGAN), N(EGM_ENTROPY_JSD), N(EGM_ENTROPY_NWJ), N(EGM_ENTROPY_DV);
	N(EGM_MARGINAL_FRESH), N(EGM_MARGINAL_DERANGEMENT);
	N(EGM_GAN_NON_SATURATING), N(EGM_GAN_MINIMAX), N(EGM_GAN_LEAST_SQUARES), N(EGM_GAN_HINGE), N(EGM_GAN_RELATIVISTIC),
	    N(EGM_GAN_RELATIVISTIC_AVERAGE);
	N(EGM_PENALTY_TWO_SIDED), N(EGM_PENALTY_ONE_SIDED), N(EGM_PENALTY_LINEAR), N(EGM_PENALTY_ZERO_CENTRED),
	    N(EGM_PENALTY_FINITE_TWO_SIDED), N(EGM_PENALTY_FINITE_LINEAR);
	N(EGM_AT_INTERPOLATES), N(EGM_AT_REAL), N(EGM_AT_FAKE), N(EGM_AT_BOTH);
	N(EGM_DECODER_GAUSSIAN), N(EGM_DECODER_GAUSSIAN_LEARNED), N(EGM_DECODER_BERNOULLI);
	N(EGM_ALI_DERIVED), N(EGM_ALI_MINIMAX), N(EGM_ALI_SWAPPED), N(EGM_CODER_POINT), N(EGM_CODER_GAUSSIAN);
	N(EGM_MARGIN_L1), N(EGM_MARGIN_L2);
	N(EGM_DIVERGENCE_KL), N(EGM_DIVERGENCE_REVERSE_KL), N(EGM_DIVERGENCE_JEFFREYS), N(EGM_DIVERGENCE_JS);
	N(EGM_SPACING_LINEAR), N(EGM_SPACING_GEOMETRIC), N(EGM_SCORE_EXPLICIT), N(EGM_SCORE_SLICED);
}

static void numbers(void)
{
	N(EGM_LATENT_ENERGY), N(EGM_LATENT_POSTERIOR), N(EGM_LATENT_PULLBACK);
	N(EGM_SAMPLER_ULA), N(EGM_SAMPLER_MALA), N(EGM_SAMPLER_HMC), N(EGM_SAMPLER_NUTS), N(EGM_SAMPLER_ANNEALED_LANGEVIN),
	    N(EGM_SAMPLER_TEMPERED);
	N(EGM_COVARIANCE_FULL), N(EGM_COVARIANCE_DIAGONAL), N(EGM_COVARIANCE_SPHERICAL);
	N(EGM_OPTIMIZER_ADAM), N(EGM_OPTIMIZER_RMSPROP), N(EGM_OPTIMIZER_SGD);
	N(EGM_SCHEDULE_CONSTANT), N(EGM_SCHEDULE_LINEAR), N(EGM_SCHEDULE_COSINE);
	N(EGM_NEGATIVES_CD), N(EGM_NEGATIVES_PCD), N(EGM_NEGATIVES_SHORT_RUN);
	N(EGM_LAYOUT_AUTO), N(EGM_LAYOUT_EGM), N(EGM_LAYOUT_PYTORCH);
	N(EGM_F32), N(EGM_F64);
	N(EGM_ERR_ARGUMENT), N(EGM_ERR_STATE), N(EGM_ERR_SHAPE), N(EGM_ERR_DTYPE), N(EGM_ERR_MEMORY), N(EGM_ERR_NONFINITE),
	    N(EGM_ERR_DIVERGED), N(EGM_ERR_IO), N(EGM_ERR_FORMAT), N(EGM_ERR_UNSUPPORTED), N(EGM_ERR_STOPPED);
}

int main(void)
{
	handles();
	data();
	losses();
	training();
	loss_numbers();
	numbers();
	return 0;
}
