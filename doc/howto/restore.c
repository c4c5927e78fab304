/* SPDX-License-Identifier: MIT */
/* Weights of PyTorch in a network of the same layers:
 *
 *     nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.LeakyReLU(0.2), nn.Linear(6, 4), nn.LayerNorm(4), nn.SiLU(),
 *                   nn.Linear(4, 5), nn.ELU(0.7), nn.Linear(5, 1)) */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	const float x[5] = {-1.50532758f, -1.5294863f, 0.222766444f, -1.4066031f, -0.226759389f};
	float y;
	egm_context *context = NULL;
	egm_model *model = NULL;
	int failed = egm_context_create(&context, NULL) || egm_model_create(&model, context, "rows", 5) ||
	             egm_model_dense(model, 6) || egm_model_batch_norm(model, 1e-5, 0.1) ||
	             egm_model_leaky_relu(model, 0.2) || egm_model_dense(model, 4) || egm_model_layer_norm(model, 1e-5) ||
	             egm_model_silu(model) || egm_model_dense(model, 5) || egm_model_elu(model, 0.7) ||
	             egm_model_dense(model, 1) || egm_model_build(model, EGM_F32, 1) ||
	             egm_model_restore(model, "rows.safetensors", NULL) ||
	             egm_model_run(model, egm_f32(x, 1, 5), egm_f32_out(&y, 1, 1));
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("here %.4f, in PyTorch 1.9160\n", y);
	egm_model_free(model);
	egm_context_free(context);
	return failed;
}
