/* SPDX-License-Identifier: MIT */
/* Systems that learn a density or its score: maximum likelihood with three kinds of negative samples, denoising in four
 * forms, and score matching without noise. Their activations are smooth, because they fit gradients of the energy.
 *
 * The modes have a standard deviation of 0.014 to 0.018 and a distance of 0.7, so chains find all of them only if they
 * start at a high temperature. A pass of annealed Langevin goes through falling temperatures T, at which U is divided
 * by T and the step is multiplied by T. It ends at T = 1 with a step that is small compared with a mode. */
#include "program.h"
#include "systems.h"

static const double ladder[] = {100, 50, 25, 12, 6, 3, 1.7, 1, 1, 1};
enum { LADDER = sizeof ladder / sizeof ladder[0] };

/* `steps` steps at each temperature from `hot` on. The first points are from N(0, I); denoise 0: the draws are the
 * last. */
static void anneal(egm_annealed_langevin_options *chains, double hot, double step_size, int64_t steps, double denoise)
{
	size_t first = 0;
	while (ladder[first] > hot) first++;
	chains->temperatures = ladder + first;
	chains->levels = (int64_t)(LADDER - first);
	chains->step_size = step_size;
	chains->steps_per_level = steps;
	chains->denoise = denoise;
}

/* Score losses are regressions: they need averages over more steps, and the usual betas of Adam. */
static egm_status energy_net(learner *l)
{
	l->training.beta1 = 0.9;
	l->training.beta2 = 0.999;
	l->transitions = 1;
	return learner_net(l, &l->energy, "energy", 2, HIDDEN_SILU, 1);
}

/* ---- maximum likelihood */

/* Each batch of negatives has made one pass from `hot` on, and a sample makes `transitions` passes. The training fits
 * the energy to this chain rather than to its limit, and samples come from the same chain. */
static egm_status ml(learner *l, int32_t start, double hot, int64_t passes)
{
	l->width = 64;
	l->depth = 2;
	l->training.learning_rate = 2e-3;
	l->with_negatives = 1;
	l->negatives.start = start;
	l->negatives.steps = 1;
	TRY(energy_net(l));
	anneal(&l->chains, hot, 6e-4, 2, 0.017);
	l->transitions = passes;
	return egm_loss_ml(&l->stages[0].loss, l->energy, NULL);
}

egm_status set_up_ml_pcd(learner *l)
{
	return ml(l, EGM_NEGATIVES_PCD, 12, 20);
}

egm_status set_up_ml_cd(learner *l)
{
	return ml(l, EGM_NEGATIVES_CD, 12, 20);
}

egm_status set_up_ml_short_run(learner *l)
{
	return ml(l, EGM_NEGATIVES_SHORT_RUN, 100, 1);
}

/* ---- denoising */

egm_status set_up_dae(learner *l)
{
	egm_dae_options options = EGM_DAE_OPTIONS_INIT;
	options.sigma = l->sigma = 0.1;
	l->training.beta1 = 0.9;
	l->training.beta2 = 0.999;
	l->step_size = 0.003; /* a third of sigma^2 */
	l->transitions = 300;
	TRY(learner_net(l, &l->generator, "denoiser", 2, HIDDEN_SILU, 2));
	return egm_loss_dae(&l->stages[0].loss, l->generator, &options);
}

egm_status set_up_dsm(learner *l)
{
	egm_dsm_options options = EGM_DSM_OPTIONS_INIT;
	options.sigma = 0.05;
	anneal(&l->chains, 100, 5e-4, 30, options.sigma);
	TRY(energy_net(l));
	return egm_loss_dsm(&l->stages[0].loss, l->energy, &options);
}

egm_status set_up_annealed_dsm(learner *l)
{
	egm_annealed_dsm_options options = EGM_ANNEALED_DSM_OPTIONS_INIT;
	options.sigma0 = 0.05;
	options.sigma_low = 0.03;
	options.sigma_high = 0.3;
	anneal(&l->chains, 100, 5e-4, 30, options.sigma0);
	TRY(energy_net(l));
	return egm_loss_annealed_dsm(&l->stages[0].loss, l->energy, &options);
}

/* A third of the time is for the energy of the data, the rest for the generator that follows it. */
egm_status set_up_dde(learner *l)
{
	egm_dsm_options data = EGM_DSM_OPTIONS_INIT;
	egm_dde_options options = EGM_DDE_OPTIONS_INIT;
	egm_model *data_energy, *sample_energy;
	data.sigma = options.sigma = 0.12;
	options.energy_steps = 3;
	TRY(learner_net(l, &data_energy, "data_energy", 2, HIDDEN_SILU, 1));
	TRY(learner_net(l, &sample_energy, "sample_energy", 2, HIDDEN_SILU, 1));
	/* KL(q || p) is small even on one mode, so the first samples of the generator must spread as widely as the data. */
	l->initializer = EGM_INIT_HE_NORMAL;
	TRY(learner_net(l, &l->generator, "generator", 2, HIDDEN_RELU, 2));
	TRY(egm_loss_dsm(&l->stages[0].loss, data_energy, &data));
	l->stages[0].share = 0.3;
	l->stages[1] = (learner_stage){.share = 0.7, .without_data = 1};
	return egm_loss_dde(&l->stages[1].loss, data_energy, sample_energy, l->generator, &options);
}

/* ---- score matching without noise */

egm_status set_up_score_matching(learner *l)
{
	egm_score_matching_options options = EGM_SCORE_MATCHING_OPTIONS_INIT;
	options.form = EGM_SCORE_EXPLICIT; /* in two dimensions the exact Laplacian needs only two derivatives */
	anneal(&l->chains, 1, 2e-4, 150, 0);
	l->depth = 2;
	l->training.learning_rate = 2e-3;
	TRY(energy_net(l));
	return egm_loss_score_matching(&l->stages[0].loss, l->energy, &options);
}
