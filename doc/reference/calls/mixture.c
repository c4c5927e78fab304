/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	double x[40], weights[40]; /* two clusters, at 0 and at 10; each row counts once */
	for (int i = 0; i < 40; i++) x[i] = (i % 2 ? 10 : 0) + 0.1 * (i % 7 - 3), weights[i] = 1;
	egm_context *context = NULL;
	check(egm_context_create(&context, NULL));

	/* Two components, fitted to rows. */
	egm_mixture *fitted = NULL;
	egm_mixture_options options = EGM_MIXTURE_OPTIONS_INIT;
	egm_mixture_result result = EGM_MIXTURE_RESULT_INIT;
	options.components = 2;
	check(egm_mixture_fit(&fitted, context, egm_f64(x, 40, 1), egm_no_array(), &options, &result, NULL, NULL));
	expect(result.converged && result.dead == 0);

	/* What was found. In one dimension a full covariance is one variance. */
	double shares[2], means[2], variances[2];
	expect(egm_mixture_components(fitted) == 2 && egm_mixture_dims(fitted) == 1);
	expect(egm_mixture_covariance(fitted) == EGM_COVARIANCE_FULL);
	check(egm_mixture_parameters(fitted, egm_f64_out(shares, 2, 1), egm_f64_out(means, 2, 1),
	                             egm_f64_out(variances, 2, 1)));
	printf("means %.1f and %.1f\n", means[0], means[1]);

	/* The smallest variance that the fit allows. */
	double floor_of_column;
	check(egm_mixture_floors(fitted, egm_f64_out(&floor_of_column, 1, 1)));
	expect(0 < floor_of_column && floor_of_column < variances[0]);

	/* A row in a cluster is likelier than one between them. */
	const double questions[2] = {0, 5};
	double log_density[2];
	check(egm_mixture_log_density(fitted, egm_f64(questions, 2, 1), egm_f64_out(log_density, 2, 1)));
	expect(log_density[0] > log_density[1]);

	/* To which cluster a row belongs: shares that sum to 1. */
	double r[2][2];
	check(egm_mixture_responsibilities(fitted, egm_f64(questions, 2, 1), egm_f64_out(r[0], 2, 2)));
	expect(fabs(r[0][0] + r[0][1] - 1) < 1e-12);

	/* New rows, as float or double. */
	float drawn[100];
	check(egm_mixture_sample(fitted, 1, egm_f32_out(drawn, 100, 1)));
	for (int i = 0; i < 100; i++) expect(fabsf(drawn[i]) < 5 || fabsf(drawn[i] - 10) < 5);

	/* A mixture of one's own, with equal weights: a start for EM that is chosen by hand. */
	const double first_means[2] = {-1, 12}, first_variances[2] = {4, 4};
	egm_mixture *own = NULL;
	check(egm_mixture_create(&own, context, egm_no_array(), egm_f64(first_means, 2, 1), egm_f64(first_variances, 2, 1),
	                         NULL));

	/* EM step by step, until the mean log likelihood no longer grows. */
	double before = -INFINITY, now;
	check(egm_mixture_step(own, egm_f64(x, 40, 1), egm_f64(weights, 40, 1), &now));
	while (now - before > 1e-6) {
		before = now;
		check(egm_mixture_step(own, egm_f64(x, 40, 1), egm_f64(weights, 40, 1), &now));
	}
	expect(fabs(now - result.log_likelihood) < 1e-3);

	egm_mixture_free(own);
	egm_mixture_free(fitted);
	egm_context_free(context);
	return 0;
}
