/* SPDX-License-Identifier: MIT */
/* Mixtures: two clusters are found, and new rows scored. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	static double x[40];
	const double questions[2] = {0, 5};
	double log_density[2];
	for (int i = 0; i < 40; i++) x[i] = (i % 2 ? 10 : 0) + 0.1 * (i % 7 - 3);
	egm_context *context = NULL;
	egm_mixture *mixture = NULL;
	egm_mixture_options options = EGM_MIXTURE_OPTIONS_INIT;
	options.components = 2;
	int failed = egm_context_create(&context, NULL) ||
	             egm_mixture_fit(&mixture, context, egm_f64(x, 40, 1), egm_no_array(), &options, NULL, NULL, NULL) ||
	             egm_mixture_log_density(mixture, egm_f64(questions, 2, 1), egm_f64_out(log_density, 2, 1));
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("log density in a cluster %.1f, between them %.1f\n", log_density[0], log_density[1]);
	egm_mixture_free(mixture);
	egm_context_free(context);
	return failed;
}
