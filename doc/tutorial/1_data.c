/* SPDX-License-Identifier: MIT */
/* Step 1: an array becomes data. */
#include "support.h"

int main(void)
{
	static float points[4000][2];
	moons(points, 4000, 1);

	egm_context *context;
	egm_data *data;
	check(egm_context_create(&context, NULL));
	check(egm_data_copy(&data, context, egm_f32(points[0], 4000, 2)));

	printf("%lld rows, %lld columns\n", (long long)egm_data_rows(data), (long long)egm_data_columns(data));

	points[7][1] = NAN;
	egm_data *wrong;
	if (egm_data_copy(&wrong, context, egm_f32(points[0], 4000, 2)) != EGM_OK) printf("%s\n", egm_last_error());

	egm_data_free(data);
	egm_context_free(context);
	return 0;
}
