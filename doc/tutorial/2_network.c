/* SPDX-License-Identifier: MIT */
/* Step 2: a network that is an energy. */
#include "support.h"

int main(void)
{
	egm_context *context;
	egm_model *energy;
	check(egm_context_create(&context, NULL));
	check(egm_model_create(&energy, context, "energy", 2)); /* 2 inputs */
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 1); /* 1 output: the energy */
	check(egm_model_build(energy, EGM_F32, 1));

	char text[1000];
	check(egm_model_summary(energy, text, sizeof text, NULL));
	printf("%s", text);

	const float x[2][2] = {{0, 0}, {5, 5}};
	float u[2];
	check(egm_model_energy(energy, egm_f32(x[0], 2, 2), egm_f32_out(u, 2, 1)));
	printf("before training: U(0, 0) = %.1f, U(5, 5) = %.1f\n", u[0], u[1]);

	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
