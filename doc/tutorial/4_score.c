/* SPDX-License-Identifier: MIT */
/* Step 4: rows that the network has not seen are scored, and unusual ones are found. */
#include "support.h"

static int ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

int main(void)
{
	egm_context *context;
	egm_model *energy;
	check(egm_context_create(&context, NULL));
	check(egm_model_load(&energy, context, "energy.safetensors", NULL));

	/* The threshold: 99 of 100 usual rows have a lower energy. */
	static float usual[2000][2], u[2000];
	moons(usual, 2000, 2);
	check(egm_model_energy(energy, egm_f32(usual[0], 2000, 2), egm_f32_out(u, 2000, 1)));
	qsort(u, 2000, sizeof u[0], ascending);
	float threshold = u[1980];

	const float rows[4][2] = {{-0.5f, 0.75f}, {0.5f, -0.7f}, {0.9f, 0.9f}, {3, 0}};
	float score[4];
	check(egm_model_energy(energy, egm_f32(rows[0], 4, 2), egm_f32_out(score, 4, 1)));
	for (int i = 0; i < 4; i++)
		printf("(%4.1f, %5.2f): energy %5.1f above the median: %s\n", rows[i][0], rows[i][1], score[i] - u[1000],
		       score[i] > threshold ? "unusual" : "usual");

	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
