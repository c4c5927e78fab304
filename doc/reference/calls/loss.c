/* SPDX-License-Identifier: MIT */
#include "support.h"

/* Three steps on `data`, to see that every term which the loss computes is finite. */
static void learn(egm_loss *loss, const egm_data *data)
{
	egm_trainer *trainer = NULL;
	check(egm_trainer_create(&trainer, loss, NULL));
	check(egm_trainer_fit(trainer, data, 3, NULL, NULL));

	/* The terms by their names. A term of weight 0 is not computed, and is NaN. */
	for (int32_t i = 0; i < egm_loss_term_count(loss); i++)
		printf("%s %.3f\n", egm_loss_term_name(loss, i), egm_trainer_term(trainer, i));

	egm_trainer_free(trainer);
	egm_loss_free(loss); /* the networks remain */
}

/* Losses that learn an energy. */
static void energies(egm_context *context, const egm_data *data)
{
	egm_model *energy = network(context, "energy", 2, 1);
	egm_loss *loss = NULL;

	/* Denoising: sigma is below the size of the details that the energy should show. */
	egm_dsm_options denoising = EGM_DSM_OPTIONS_INIT;
	denoising.sigma = 0.1;
	check(egm_loss_dsm(&loss, energy, &denoising));

	learn(loss, data);

	/* Denoising at noise from 0.1, the size of a detail, to 1, the size of the data. */
	egm_annealed_dsm_options annealed = EGM_ANNEALED_DSM_OPTIONS_INIT;
	annealed.sigma0 = annealed.sigma_low = 0.1;
	annealed.sigma_high = 1;
	check(egm_loss_annealed_dsm(&loss, energy, &annealed));

	learn(loss, data);

	/* Without noise. Below about 10 columns, the exact Laplacian costs little. */
	egm_score_matching_options exact = EGM_SCORE_MATCHING_OPTIONS_INIT;
	exact.form = EGM_SCORE_EXPLICIT;
	check(egm_loss_score_matching(&loss, energy, &exact));

	learn(loss, data);

	/* Maximum likelihood. The trainer draws the negative samples: see egm_trainer_set_negatives. */
	check(egm_loss_ml(&loss, energy, NULL));

	learn(loss, data);
	egm_model_free(energy);
}

/* Losses that learn a generator of points from 2 random numbers. */
static void generators(egm_context *context, const egm_data *data)
{
	egm_model *energy = network(context, "energy", 2, 1), *generator = network(context, "generator", 2, 2);
	egm_model *statistics = network(context, "statistics", 2 + 2, 1);
	egm_loss *loss = NULL;

	/* A discriminator with the zero-centred penalty, with which training converges. */
	egm_gan_options gan = EGM_GAN_OPTIONS_INIT;
	gan.penalty = 0.1;
	check(egm_loss_gan(&loss, energy, generator, &gan)); /* the output of `energy` is a logit here, high on data */

	learn(loss, data);

	/* A critic whose gradient is at most 1 between data and generated points. */
	egm_wgan_options wgan = EGM_WGAN_OPTIONS_INIT;
	wgan.penalty_kind = EGM_PENALTY_ONE_SIDED;
	check(egm_loss_wgan(&loss, energy, generator, &wgan));

	learn(loss, data);

	/* An energy that separates real from generated points by their distance. */
	egm_ls_gan_options sensitive = EGM_LS_GAN_OPTIONS_INIT;
	sensitive.margin_norm = EGM_MARGIN_L2;
	sensitive.penalty = 0.02;
	check(egm_loss_ls_gan(&loss, energy, generator, &sensitive));

	learn(loss, data);

	/* An energy, and a generator of high entropy. The third network reads a point and its 2 random numbers. */
	egm_energy_gan_options entropic = EGM_ENERGY_GAN_OPTIONS_INIT;
	entropic.energy_steps = 1;
	entropic.entropy_weight = 0.01;
	check(egm_loss_energy_gan(&loss, energy, generator, statistics, &entropic));

	learn(loss, data);

	egm_model *known = network(context, "known", 2, 1); /* trained before, with egm_loss_dsm and the same sigma */

	/* A generator from an energy that is known. No data: egm_trainer_fit gets NULL. */
	egm_dde_options estimator = EGM_DDE_OPTIONS_INIT;
	estimator.sigma = 0.1;
	check(egm_loss_dde(&loss, known, energy, generator, &estimator));

	learn(loss, NULL);

	egm_model *number = network(context, "number", 1, 1);

	/* A generator of one number with the shares 1/4, 1/2, 1/4 in three bins of [0, 3]. No data. */
	const double masses[3] = {1, 2, 1};
	egm_histogram_options bins = EGM_HISTOGRAM_OPTIONS_INIT;
	bins.lower = 0;
	bins.upper = 3;
	check(egm_loss_histogram(&loss, number, egm_f64(masses, 3, 1), &bins));

	learn(loss, NULL);
	egm_model *all[] = {number, known, energy, generator, statistics};
	for (int i = 0; i < 5; i++) egm_model_free(all[i]);
}

/* Losses that learn a code z of 1 number for each point, and the way back. */
static void coders(egm_context *context, const egm_data *data)
{
	egm_model *encoder = network(context, "encoder", 2, 1), *decoder = network(context, "decoder", 1, 2);
	egm_model *prior = network(context, "prior", 1, 1), *pairs = network(context, "pairs", 2 + 1, 1);
	egm_model *gaussian = network(context, "gaussian", 2, 2 * 1); /* mean and log variance of z */
	egm_loss *loss = NULL;

	/* A variational autoencoder. sigma is what the decoder may miss, in data units. */
	egm_vae_options vae = EGM_VAE_OPTIONS_INIT;
	vae.sigma = 0.1;
	check(egm_loss_vae(&loss, gaussian, decoder, &vae));

	/* How likely rows are: bounds of log q(x) by 100 draws each. */
	const float x[2][2] = {{1, 0}, {5, 5}};
	double bounds[2];
	check(egm_loss_vae_log_likelihood(loss, egm_f32(x[0], 2, 2), 100, 1, egm_f64_out(bounds, 2, 1), NULL, NULL));
	expect(bounds[0] > bounds[1]);

	learn(loss, data);

	/* An adversarial autoencoder: a discriminator makes the codes normal. */
	egm_aae_options aae = EGM_AAE_OPTIONS_INIT;
	aae.penalty = 0.1;
	check(egm_loss_aae(&loss, prior, encoder, decoder, &aae));

	learn(loss, data);

	/* Codes without a reconstruction term: a discriminator of pairs (x, z), x first. */
	egm_ali_options ali = EGM_ALI_OPTIONS_INIT;
	ali.penalty = 0.1;
	check(egm_loss_ali(&loss, pairs, decoder, encoder, &ali));

	learn(loss, data);

	egm_model *denoiser = network(context, "denoiser", 2, 2);

	/* A network that removes noise of standard deviation 0.2. */
	egm_dae_options dae = EGM_DAE_OPTIONS_INIT;
	dae.sigma = 0.2;
	check(egm_loss_dae(&loss, denoiser, &dae));

	learn(loss, data);
	egm_model *all[] = {encoder, decoder, prior, pairs, gaussian, denoiser};
	for (int i = 0; i < 6; i++) egm_model_free(all[i]);
}

static void labels(egm_context *context)
{
	static float rows[100][2 + 2]; /* a point and its one-hot class: left or right */
	for (int i = 0; i < 100; i++) {
		rows[i][0] = cosf(0.1f * i), rows[i][1] = sinf(0.1f * i);
		rows[i][rows[i][0] < 0 ? 2 : 3] = 1;
	}
	egm_data *labelled = NULL;
	egm_loss *loss = NULL;
	check(egm_data_view(&labelled, context, egm_f32(rows[0], 100, 4)));
	egm_model *classifier = network(context, "classifier", 2, 2);

	/* A classifier of points into 2 classes. The rows of the data have 2 + 2 columns: point and one-hot class. */
	egm_cross_entropy_options options = EGM_CROSS_ENTROPY_OPTIONS_INIT;
	options.label_smoothing = 0.05;
	check(egm_loss_cross_entropy(&loss, classifier, &options));

	learn(loss, labelled);
	egm_model_free(classifier);
	egm_data_free(labelled);
}

int main(void)
{
	float points[100][2];
	for (int i = 0; i < 100; i++) points[i][0] = cosf(0.1f * i), points[i][1] = sinf(0.1f * i);
	egm_context *context = NULL;
	egm_data *data = NULL;
	check(egm_context_create(&context, NULL));
	check(egm_data_copy(&data, context, egm_f32(points[0], 100, 2)));
	energies(context, data);
	generators(context, data);
	coders(context, data);
	labels(context);
	egm_data_free(data);
	egm_context_free(context);
	return 0;
}
