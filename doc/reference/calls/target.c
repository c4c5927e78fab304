/* SPDX-License-Identifier: MIT */
#include "support.h"

/* U(x) = x^2 / 2 in one dimension: a standard normal distribution. */
static int normal(int64_t rows, const void *points, void *energies, void *gradients, void *user)
{
	const double *x = points;
	double *u = energies, *g = gradients;
	(void)user;
	for (int64_t i = 0; i < rows; i++) u[i] = x[i] * x[i] / 2, g[i] = x[i];
	return 0;
}

int main(void)
{
	egm_context *context = NULL;
	check(egm_context_create(&context, NULL));
	egm_model *energy = network(context, "energy", 2, 1), *generator = network(context, "generator", 3, 2);

	/* The energy of a network, with a prior that keeps chains within about 5 of the origin. */
	egm_target *model = NULL;
	egm_target_options options = EGM_TARGET_OPTIONS_INIT;
	options.prior_scale = 5;
	check(egm_target_model(&model, energy, &options));

	/* The inputs z of a generator whose outputs have a low energy. egm_model_run turns draws of z into points. */
	egm_target *latent = NULL;
	check(egm_target_latent(&latent, energy, generator, EGM_LATENT_POSTERIOR, NULL));
	expect(egm_target_dims(latent) == 3 && egm_target_dtype(latent) == EGM_F32);

	/* A density of the program, on x > 0: half of a normal distribution. */
	egm_target *positive = NULL;
	const double lower = 0;
	egm_target_options bounded = EGM_TARGET_OPTIONS_INIT;
	bounded.lower = &lower;
	check(egm_target_callback(&positive, context, EGM_F64, 1, &bounded, normal, NULL, NULL));

	/* Does the function compute what it should? */
	const double x[2] = {1, 2};
	double v[2], gradient[2];
	check(egm_target_evaluate(positive, egm_f64(x, 2, 1), egm_f64_out(v, 2, 1), egm_f64_out(gradient, 2, 1)));
	expect(v[0] == 0.5 && v[1] == 2 && gradient[0] == 1 && gradient[1] == 2);

	/* Its integral is sqrt(pi / 2). Five standard errors are exceeded once in two million seeds. */
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	check(egm_target_ais(positive, NULL, &result, egm_no_out(), NULL, NULL));
	printf("log Z = %.3f +- %.3f\n", result.log_z, result.standard_error);
	expect(fabs(result.log_z - log(acos(-1) / 2) / 2) < 5 * result.standard_error);

	const double means[2] = {-3, 3}, variances[2] = {1, 1};
	egm_mixture *mixture = NULL;
	check(egm_mixture_create(&mixture, context, egm_no_array(), egm_f64(means, 2, 1), egm_f64(variances, 2, 1), NULL));

	/* A density that is known, to try chains on: two normal distributions. */
	egm_target *known = NULL;
	check(egm_target_mixture(&known, mixture, EGM_F64, NULL));

	/* Samplers keep their target alive, so a program may free its handle at once. */
	egm_sampler *sampler = NULL;
	check(egm_sampler_nuts(&sampler, known, NULL));
	egm_target_free(known);

	egm_sampler_free(sampler);
	egm_mixture_free(mixture);
	egm_target_free(positive);
	egm_target_free(latent);
	egm_target_free(model);
	egm_model_free(generator);
	egm_model_free(energy);
	egm_context_free(context);
	return 0;
}
