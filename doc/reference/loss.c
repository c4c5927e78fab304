/* SPDX-License-Identifier: MIT */
/* Losses: networks become a loss, whose terms have names. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	egm_context *context = NULL;
	egm_model *critic = NULL, *generator = NULL;
	egm_loss *loss = NULL;
	egm_wgan_options options = EGM_WGAN_OPTIONS_INIT;
	options.penalty_kind = EGM_PENALTY_ONE_SIDED;
	int failed = egm_context_create(&context, NULL) || egm_model_create(&critic, context, "critic", 2) ||
	             egm_model_dense(critic, 16) || egm_model_silu(critic) || egm_model_dense(critic, 1) ||
	             egm_model_build(critic, EGM_F32, 1) || egm_model_create(&generator, context, "generator", 4) ||
	             egm_model_dense(generator, 16) || egm_model_silu(generator) || egm_model_dense(generator, 2) ||
	             egm_model_build(generator, EGM_F32, 2) || egm_loss_wgan(&loss, critic, generator, &options);
	if (failed) fprintf(stderr, "%s\n", egm_last_error());
	for (int32_t i = 0; i < egm_loss_term_count(loss); i++) printf("%s\n", egm_loss_term_name(loss, i));
	egm_loss_free(loss);
	egm_model_free(generator);
	egm_model_free(critic);
	egm_context_free(context);
	return failed;
}
