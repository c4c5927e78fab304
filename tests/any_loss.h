/* SPDX-License-Identifier: MIT */
/* Every loss with every option that changes a formula, with networks of a few parameters: for the tests of all losses,
 * of their options and of the ABI. Data have 3 columns (those of histogram none), the latent space has 2 dimensions. */
#ifndef EGM_TESTS_ANY_LOSS_H
#define EGM_TESTS_ANY_LOSS_H

#include <egm/loss.h>

enum { DATA_WIDTH = 3, LATENT_WIDTH = 2, MOST_NETS = 4, MOST_PHASES = 3 };

/* LOSS(name, NAME, variants, arguments before the options, inputs and outputs of each network), where the arguments are
 * chosen from the networks `n` and an array `masses`. MORE(name, variants, networks): variants that need other
 * networks. Variants are made by variant_<name> below. tests/bindings/test_python_training.py reads the lines of LOSS,
 * too. */
/* clang-format off */
#define LOSSES(LOSS, MORE) \
	LOSS(ml, ML, 2, (n[0]), {DATA_WIDTH, 1}) \
	LOSS(gan, GAN, 12, (n[0], n[1]), {DATA_WIDTH, 1}, {LATENT_WIDTH, DATA_WIDTH}) \
	LOSS(vae, VAE, 2, (n[0], n[1]), {DATA_WIDTH, 2 * LATENT_WIDTH}, {LATENT_WIDTH, DATA_WIDTH}) \
	MORE(vae_learned, 1, {DATA_WIDTH, 2 * LATENT_WIDTH}, {LATENT_WIDTH, 2 * DATA_WIDTH}) \
	LOSS(aae, AAE, 6, (n[0], n[1], n[2]), {LATENT_WIDTH, 1}, {DATA_WIDTH, LATENT_WIDTH}, {LATENT_WIDTH, DATA_WIDTH}) \
	LOSS(ali, ALI, 3, (n[0], n[1], n[2]), {DATA_WIDTH + LATENT_WIDTH, 1}, {LATENT_WIDTH, DATA_WIDTH}, {DATA_WIDTH, LATENT_WIDTH}) \
	MORE(ali_gaussian, 2, {DATA_WIDTH + LATENT_WIDTH, 1}, {LATENT_WIDTH, 2 * DATA_WIDTH}, {DATA_WIDTH, 2 * LATENT_WIDTH}) \
	LOSS(wgan, WGAN, 19, (n[0], n[1]), {DATA_WIDTH, 1}, {LATENT_WIDTH, DATA_WIDTH}) \
	LOSS(ls_gan, LS_GAN, 8, (n[0], n[1]), {DATA_WIDTH, 1}, {LATENT_WIDTH, DATA_WIDTH}) \
	LOSS(histogram, HISTOGRAM, 4, (n[0], masses), {LATENT_WIDTH, 1}) \
	LOSS(dae, DAE, 1, (n[0]), {DATA_WIDTH, DATA_WIDTH}) \
	LOSS(dde, DDE, 1, (n[0], n[1], n[2]), {DATA_WIDTH, 1}, {DATA_WIDTH, 1}, {LATENT_WIDTH, DATA_WIDTH}) \
	LOSS(energy_gan, ENERGY_GAN, 2, (n[0], n[1], n[2]), {DATA_WIDTH, 1}, {LATENT_WIDTH, DATA_WIDTH}, {DATA_WIDTH + LATENT_WIDTH, 1}) \
	LOSS(dsm, DSM, 1, (n[0]), {DATA_WIDTH, 1}) \
	LOSS(annealed_dsm, ANNEALED_DSM, 2, (n[0]), {DATA_WIDTH, 1}) \
	LOSS(score_matching, SCORE_MATCHING, 3, (n[0]), {DATA_WIDTH, 1}) \
	LOSS(cross_entropy, CROSS_ENTROPY, 2, (n[0]), {DATA_WIDTH, LATENT_WIDTH})
/* clang-format on */
#define LOSSES_NONE(...)
#define LOSSES_ARGUMENTS(...) __VA_ARGS__

/* The objective of a phase: weighted terms. */
typedef struct phase_objective {
	int n, term[4];
	double weight[4];
} phase_objective;

/* What the header promises: the objective of each phase; which networks may be shifted by a constant without a change
 * of any gradient; and with which end of the message batch_norm is rejected in networks whose gradient is needed at
 * single rows. */
typedef struct loss_claim {
	phase_objective phase[MOST_PHASES];
	uint32_t shiftable;
	const char *by_row[MOST_NETS]; /* NULL: batch_norm is allowed */
} loss_claim;
#define BY_ROW "this loss allows no such layer"

#define OBJECTIVE(...) \
	(phase_objective)  \
	{                  \
		__VA_ARGS__    \
	}

static inline egm_status variant_ml(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_ml_options o = EGM_ML_OPTIONS_INIT;
	o.regularizer = variant ? 0.3 : 0;
	c->phase[0] = OBJECTIVE(2 + variant, {0, 1, 2}, {1, -1, 0.3});
	c->shiftable = variant ? 0 : 1;
	c->by_row[0] = BY_ROW;
	return egm_loss_ml(out, net[0], &o);
}

/* 6 forms; then smoothing, the regularizer, and penalties at 4 kinds of points */
static inline egm_status variant_gan(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_gan_options o = EGM_GAN_OPTIONS_INIT;
	o.form = variant < 6 ? EGM_GAN_NON_SATURATING + variant : EGM_GAN_LEAST_SQUARES;
	if (variant == 6) o.smoothing = 0.1;
	if (variant == 7) o.step_penalty = 0.7, o.generator_steps = 2;
	if (variant >= 8) o.penalty = 0.4, o.penalty_at = EGM_AT_INTERPOLATES + variant - 8;
	c->phase[0] = OBJECTIVE(1 + (variant >= 8), {0, 1}, {1, 0.4});
	c->phase[1] = OBJECTIVE(1, {2}, {1});
	c->phase[2] = OBJECTIVE(2, {2, 3}, {1, 0.7}); /* the second run of the generator, only of variant 7 */
	c->shiftable = o.form >= EGM_GAN_RELATIVISTIC;
	if (variant >= 8) c->by_row[0] = "penalty is 0.4, must be 0";
	return egm_loss_gan(out, net[0], net[1], &o);
}

static inline egm_status variant_vae(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_vae_options o = EGM_VAE_OPTIONS_INIT;
	o.decoder = variant ? EGM_DECODER_BERNOULLI : EGM_DECODER_GAUSSIAN;
	o.sigma = 0.8;
	o.beta = 0.6;
	c->phase[0] = OBJECTIVE(2, {0, 1}, {1, 0.6});
	return egm_loss_vae(out, net[0], net[1], &o);
}

static inline egm_status variant_vae_learned(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_vae_options o = EGM_VAE_OPTIONS_INIT;
	o.decoder = EGM_DECODER_GAUSSIAN_LEARNED;
	c->phase[0] = OBJECTIVE(2, {0, 1}, {1, 1});
	return egm_loss_vae(out, net[0], net[1], &o);
}

static inline egm_status variant_aae(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_aae_options o = EGM_AAE_OPTIONS_INIT;
	o.form = EGM_GAN_NON_SATURATING + variant;
	o.reconstruction = 2;
	o.penalty = variant % 2 ? 0.3 : 0;
	c->phase[0] = OBJECTIVE(1 + variant % 2, {0, 1}, {1, 0.3});
	c->phase[1] = OBJECTIVE(2, {2, 3}, {1, 2});
	c->shiftable = o.form >= EGM_GAN_RELATIVISTIC;
	if (variant % 2) c->by_row[0] = "penalty is 0.3, must be 0";
	return egm_loss_aae(out, net[0], net[1], net[2], &o);
}

static inline egm_status variant_ali(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_ali_options o = EGM_ALI_OPTIONS_INIT;
	o.form = EGM_ALI_DERIVED + variant;
	o.penalty = variant ? 0.3 : 0;
	c->phase[0] = OBJECTIVE(variant ? 2 : 1, {0, 1}, {1, 0.3});
	c->phase[1] = OBJECTIVE(1, {2}, {1});
	if (variant) c->by_row[0] = "penalty is 0.3, must be 0";
	return egm_loss_ali(out, net[0], net[1], net[2], &o);
}

/* both networks Gaussian, with and without the full terms */
static inline egm_status variant_ali_gaussian(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_ali_options o = EGM_ALI_OPTIONS_INIT;
	o.form = EGM_ALI_DERIVED;
	o.encoder = o.generator = EGM_CODER_GAUSSIAN;
	o.full_terms = variant;
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	c->phase[1] = OBJECTIVE(variant ? 3 : 1, {2, 3, 4}, {1, 1, 1});
	return egm_loss_ali(out, net[0], net[1], net[2], &o);
}

/* 4 kinds of penalty at 4 kinds of points, 2 on chords, none */
static inline egm_status variant_wgan(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.penalty = variant < 18 ? 1.5 : 0;
	o.penalty_kind = variant < 16 ? EGM_PENALTY_TWO_SIDED + variant / 4 : EGM_PENALTY_FINITE_TWO_SIDED + variant % 2;
	o.penalty_at = variant < 16 ? EGM_AT_INTERPOLATES + variant % 4 : EGM_AT_INTERPOLATES;
	c->phase[0] = OBJECTIVE(variant < 18 ? 3 : 2, {0, 1, 2}, {-1, 1, 1.5});
	c->phase[1] = OBJECTIVE(1, {3}, {1});
	c->shiftable = 1;
	if (variant < 18) c->by_row[0] = "penalty is 1.5, must be 0";
	return egm_loss_wgan(out, net[0], net[1], &o);
}

static inline egm_status variant_ls_gan(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	static const double slopes[] = {0, 0.3, 1, -0.5};
	egm_ls_gan_options o = EGM_LS_GAN_OPTIONS_INIT;
	o.margin_norm = variant % 2 ? EGM_MARGIN_L2 : EGM_MARGIN_L1;
	o.slope = slopes[variant / 2];
	o.margin = 0.2;
	o.penalty = variant / 2 == 1 ? 0.4 : 0;
	c->phase[0] = OBJECTIVE(o.penalty > 0 ? 2 : 1, {2, 3}, {1, 0.4});
	c->phase[1] = OBJECTIVE(1, {4}, {1});
	c->shiftable = 1;
	if (variant / 2 == 1) c->by_row[0] = "penalty is 0.4, must be 0";
	return egm_loss_ls_gan(out, net[0], net[1], &o);
}

static inline egm_status variant_histogram(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	static const double masses[] = {1, 0, 3, 2, 0.5};
	egm_histogram_options o = EGM_HISTOGRAM_OPTIONS_INIT;
	o.divergence = EGM_DIVERGENCE_KL + variant;
	o.floor = 0.01;
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	return egm_loss_histogram(out, net[0], egm_f64(masses, 5, 1), &o);
}

static inline egm_status variant_dae(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	return egm_loss_dae(out, net[0], NULL);
}

static inline egm_status variant_dde(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	c->phase[0] = c->phase[1] = OBJECTIVE(1, {0}, {1});
	c->phase[1].term[0] = 1;
	c->shiftable = 3;
	c->by_row[0] = c->by_row[1] = BY_ROW;
	return egm_loss_dde(out, net[0], net[1], net[2], NULL);
}

/* two of the information bounds */
static inline egm_status variant_energy_gan(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_energy_gan_options o = EGM_ENERGY_GAN_OPTIONS_INIT;
	o.entropy = variant ? EGM_ENTROPY_NWJ : EGM_ENTROPY_JSD;
	o.entropy_weight = 0.7;
	c->phase[0] = OBJECTIVE(3, {0, 1, 2}, {1, -1, 0.1});
	c->phase[1] = OBJECTIVE(2, {3, 4}, {1, -0.7});
	c->shiftable = 1;
	c->by_row[0] = "penalty is 0.1, must be 0";
	return egm_loss_energy_gan(out, net[0], net[1], net[2], &o);
}

static inline egm_status variant_dsm(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	c->shiftable = 1;
	c->by_row[0] = BY_ROW;
	return egm_loss_dsm(out, net[0], NULL);
}

static inline egm_status variant_annealed_dsm(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_annealed_dsm_options o = EGM_ANNEALED_DSM_OPTIONS_INIT;
	o.spacing = EGM_SPACING_LINEAR + variant;
	o.sigma0 = 0.5;
	o.sigma_low = 0.3;
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	c->shiftable = 1;
	c->by_row[0] = BY_ROW;
	return egm_loss_annealed_dsm(out, net[0], &o);
}

static inline egm_status variant_score_matching(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_score_matching_options o = EGM_SCORE_MATCHING_OPTIONS_INIT;
	o.form = variant ? EGM_SCORE_SLICED : EGM_SCORE_EXPLICIT;
	o.projections = variant ? variant : 1;
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	c->shiftable = 1;
	c->by_row[0] = BY_ROW;
	return egm_loss_score_matching(out, net[0], &o);
}

/* plain, and with smoothed labels; targets are any numbers */
static inline egm_status variant_cross_entropy(egm_loss **out, egm_model *const *net, int variant, loss_claim *c)
{
	egm_cross_entropy_options o = EGM_CROSS_ENTROPY_OPTIONS_INIT;
	o.label_smoothing = variant ? 0.3 : 0;
	c->phase[0] = OBJECTIVE(1, {0}, {1});
	return egm_loss_cross_entropy(out, net[0], &o);
}

#endif
