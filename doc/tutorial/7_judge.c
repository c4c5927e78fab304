/* SPDX-License-Identifier: MIT */
/* Step 7: a program of your own: it loads both networks, draws, and measures how good the draws are. */
#include "support.h"

enum { N = 2000 };

int main(void)
{
	egm_context *context;
	egm_model *energy, *generator;
	check(egm_context_create(&context, NULL));
	check(egm_model_load(&energy, context, "energy.safetensors", NULL));
	check(egm_model_load(&generator, context, "generator.safetensors", NULL));

	static float drawn[N][2], fresh[N][2], other[N][2], box[N][2], u[N];
	check(egm_model_generate(generator, 2, egm_f32_out(drawn[0], N, 2)));
	moons(fresh, N, 3);
	moons(other, N, 4);
	uint64_t seed = 5;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < 2; j++) box[i][j] = 4 * uniform(&seed) - 2;

	float(*sets[3])[2] = {other, drawn, box};
	const char *names[3] = {"data", "generator", "uniform box"};
	for (int i = 0; i < 3; i++) {
		double distance, mean = 0;
		check(egm_metric_energy(context, egm_f32(sets[i][0], N, 2), egm_f32(fresh[0], N, 2), EGM_ESTIMATOR_BIASED,
		                        &distance, NULL, NULL));
		check(egm_model_energy(energy, egm_f32(sets[i][0], N, 2), egm_f32_out(u, N, 1)));
		for (int k = 0; k < N; k++) mean += (double)u[k] / N;
		printf("%-12s energy distance to fresh data %.4f, mean energy %.1f\n", names[i], distance, mean);
	}

	egm_model_free(generator);
	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
