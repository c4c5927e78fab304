/* SPDX-License-Identifier: MIT */
/* Networks: layers, evaluation with a gradient, and a file. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	const float x[2][2] = {{0, 0}, {1, 2}};
	float u[2], gradient[2][2];
	egm_context *context = NULL;
	egm_model *energy = NULL, *loaded = NULL;
	int failed =
	    egm_context_create(&context, NULL) || egm_model_create(&energy, context, "energy", 2) ||
	    egm_model_dense(energy, 16) || egm_model_silu(energy) || egm_model_dense(energy, 1) ||
	    egm_model_build(energy, EGM_F32, 1) || egm_model_save(energy, "reference.safetensors") ||
	    egm_model_load(&loaded, context, "reference.safetensors", NULL) ||
	    egm_model_energy_gradient(loaded, egm_f32(x[0], 2, 2), egm_f32_out(u, 2, 1), egm_f32_out(gradient[0], 2, 2));
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("U(1, 2) = %.2f, gradient (%.2f, %.2f)\n", u[1], gradient[1][0], gradient[1][1]);
	egm_model_free(loaded);
	egm_model_free(energy);
	egm_context_free(context);
	return failed;
}
