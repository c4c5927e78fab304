/* SPDX-License-Identifier: MIT */
/* Every system with every option that changes a formula, over nets of a few parameters: what tests of all losses walk
 * through. d = 3 columns of data (histogram: none), k = 2 latent ones. */
#ifndef EGM_TESTS_SYSTEMS_H
#define EGM_TESTS_SYSTEMS_H

#include "loss_support.h"

enum { S_D = 3, S_K = 2, S_PHASES = EGM__MAX_PHASES };

/* What the header says each phase goes down, and which nets may be shifted by a constant without any gradient moving.
 */
typedef struct s_claim {
	l_objective phase[S_PHASES];
	uint32_t shiftable;
} s_claim;

typedef struct s_system {
	const char *name;
	int variants, n_nets;
	int64_t width[EGM__MAX_NETS][2]; /* inputs, outputs */
	egm_status (*create)(egm_loss **out, egm_model *const *net, int variant, s_claim *claim);
} s_system;

#define S_OBJECTIVE(...) \
	(l_objective)        \
	{                    \
		__VA_ARGS__      \
	}

static inline egm_status s_ml(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_ml_options o = EGM_ML_OPTIONS_INIT;
	o.regulariser = variant ? 0.3 : 0;
	c->phase[0] = S_OBJECTIVE(2 + variant, {0, 1, 2}, {1, -1, 0.3});
	c->shiftable = variant ? 0 : 1;
	return egm_loss_ml(out, net[0], &o);
}

/* 6 forms; then smoothing, the regulariser, and penalties at 4 kinds of points */
static inline egm_status s_gan(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_gan_options o = EGM_GAN_OPTIONS_INIT;
	o.form = variant < 6 ? EGM_GAN_NON_SATURATING + variant : EGM_GAN_LEAST_SQUARES;
	if (variant == 6) o.smoothing = 0.1;
	if (variant == 7) o.step_penalty = 0.7, o.generator_steps = 2;
	if (variant >= 8) o.penalty = 0.4, o.penalty_at = EGM_AT_INTERPOLATES + variant - 8;
	c->phase[0] = S_OBJECTIVE(1 + (variant >= 8), {0, 1}, {1, 0.4});
	c->phase[1] = S_OBJECTIVE(1, {2}, {1});
	c->phase[2] = S_OBJECTIVE(2, {2, 3}, {1, 0.7}); /* the generator's second run, of variant 7 alone */
	c->shiftable = o.form >= EGM_GAN_RELATIVISTIC;
	return egm_loss_gan(out, net[0], net[1], &o);
}

static inline egm_status s_vae(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_vae_options o = EGM_VAE_OPTIONS_INIT;
	o.decoder = variant ? EGM_DECODER_BERNOULLI : EGM_DECODER_GAUSSIAN;
	o.sigma = 0.8;
	o.beta = 0.6;
	c->phase[0] = S_OBJECTIVE(2, {0, 1}, {1, 0.6});
	return egm_loss_vae(out, net[0], net[1], &o);
}

static inline egm_status s_vae_learned(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_vae_options o = EGM_VAE_OPTIONS_INIT;
	o.decoder = EGM_DECODER_GAUSSIAN_LEARNED;
	c->phase[0] = S_OBJECTIVE(2, {0, 1}, {1, 1});
	return egm_loss_vae(out, net[0], net[1], &o);
}

static inline egm_status s_aae(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_aae_options o = EGM_AAE_OPTIONS_INIT;
	o.form = EGM_GAN_NON_SATURATING + variant;
	o.reconstruction = 2;
	o.penalty = variant % 2 ? 0.3 : 0;
	c->phase[0] = S_OBJECTIVE(1 + variant % 2, {0, 1}, {1, 0.3});
	c->phase[1] = S_OBJECTIVE(2, {2, 3}, {1, 2});
	c->shiftable = o.form >= EGM_GAN_RELATIVISTIC;
	return egm_loss_aae(out, net[0], net[1], net[2], &o);
}

static inline egm_status s_ali(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_ali_options o = EGM_ALI_OPTIONS_INIT;
	o.form = EGM_ALI_DERIVED + variant;
	o.penalty = variant ? 0.3 : 0;
	c->phase[0] = S_OBJECTIVE(variant ? 2 : 1, {0, 1}, {1, 0.3});
	c->phase[1] = S_OBJECTIVE(1, {2}, {1});
	return egm_loss_ali(out, net[0], net[1], net[2], &o);
}

/* both nets Gaussian, with and without the full terms */
static inline egm_status s_ali_gaussian(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_ali_options o = EGM_ALI_OPTIONS_INIT;
	o.form = EGM_ALI_DERIVED;
	o.encoder = o.generator = EGM_CODER_GAUSSIAN;
	o.full_terms = variant;
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	c->phase[1] = S_OBJECTIVE(variant ? 3 : 1, {2, 3, 4}, {1, 1, 1});
	return egm_loss_ali(out, net[0], net[1], net[2], &o);
}

/* 4 kinds of penalty at 4 kinds of points, 2 on chords, none */
static inline egm_status s_wgan(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.penalty = variant < 18 ? 1.5 : 0;
	o.penalty_kind = variant < 16 ? EGM_PENALTY_TWO_SIDED + variant / 4 : EGM_PENALTY_FINITE_TWO_SIDED + variant % 2;
	o.penalty_at = variant < 16 ? EGM_AT_INTERPOLATES + variant % 4 : EGM_AT_INTERPOLATES;
	c->phase[0] = S_OBJECTIVE(variant < 18 ? 3 : 2, {0, 1, 2}, {-1, 1, 1.5});
	c->phase[1] = S_OBJECTIVE(1, {3}, {1});
	c->shiftable = 1;
	return egm_loss_wgan(out, net[0], net[1], &o);
}

static inline egm_status s_ls_gan(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	static const double slopes[] = {0, 0.3, 1, -0.5};
	egm_ls_gan_options o = EGM_LS_GAN_OPTIONS_INIT;
	o.margin_norm = variant % 2 ? EGM_MARGIN_L2 : EGM_MARGIN_L1;
	o.slope = slopes[variant / 2];
	o.margin = 0.2;
	o.penalty = variant / 2 == 1 ? 0.4 : 0;
	c->phase[0] = S_OBJECTIVE(o.penalty > 0 ? 2 : 1, {2, 3}, {1, 0.4});
	c->phase[1] = S_OBJECTIVE(1, {4}, {1});
	c->shiftable = 1;
	return egm_loss_ls_gan(out, net[0], net[1], &o);
}

static inline egm_status s_histogram(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	static const double masses[] = {1, 0, 3, 2, 0.5};
	egm_histogram_options o = EGM_HISTOGRAM_OPTIONS_INIT;
	o.divergence = EGM_DIVERGENCE_KL + variant;
	o.floor = 0.01;
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	return egm_loss_histogram(out, net[0], egm_f64(masses, 5, 1), &o);
}

static inline egm_status s_dae(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	return egm_loss_dae(out, net[0], NULL);
}

static inline egm_status s_dde(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	c->phase[0] = c->phase[1] = S_OBJECTIVE(1, {0}, {1});
	c->phase[1].term[0] = 1;
	c->shiftable = 3;
	return egm_loss_dde(out, net[0], net[1], net[2], NULL);
}

static inline egm_status s_dsm(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	c->shiftable = 1;
	return egm_loss_dsm(out, net[0], NULL);
}

static inline egm_status s_annealed(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_annealed_dsm_options o = EGM_ANNEALED_DSM_OPTIONS_INIT;
	o.spacing = EGM_SPACING_LINEAR + variant;
	o.sigma0 = 0.5;
	o.sigma_low = 0.3;
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	c->shiftable = 1;
	return egm_loss_annealed_dsm(out, net[0], &o);
}

static inline egm_status s_score(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_score_matching_options o = EGM_SCORE_MATCHING_OPTIONS_INIT;
	o.form = variant ? EGM_SCORE_SLICED : EGM_SCORE_EXPLICIT;
	o.projections = variant ? variant : 1;
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	c->shiftable = 1;
	return egm_loss_score_matching(out, net[0], &o);
}

/* plain, and with smoothed labels; targets are any numbers */
static inline egm_status s_cross_entropy(egm_loss **out, egm_model *const *net, int variant, s_claim *c)
{
	egm_cross_entropy_options o = EGM_CROSS_ENTROPY_OPTIONS_INIT;
	o.label_smoothing = variant ? 0.3 : 0;
	c->phase[0] = S_OBJECTIVE(1, {0}, {1});
	return egm_loss_cross_entropy(out, net[0], &o);
}

static const s_system s_systems[] = {
    {"ml", 2, 1, {{S_D, 1}}, s_ml},
    {"gan", 12, 2, {{S_D, 1}, {S_K, S_D}}, s_gan},
    {"vae", 2, 2, {{S_D, 2 * S_K}, {S_K, S_D}}, s_vae},
    {"vae learned", 1, 2, {{S_D, 2 * S_K}, {S_K, 2 * S_D}}, s_vae_learned},
    {"aae", 6, 3, {{S_K, 1}, {S_D, S_K}, {S_K, S_D}}, s_aae},
    {"ali", 3, 3, {{S_D + S_K, 1}, {S_K, S_D}, {S_D, S_K}}, s_ali},
    {"ali gaussian", 2, 3, {{S_D + S_K, 1}, {S_K, 2 * S_D}, {S_D, 2 * S_K}}, s_ali_gaussian},
    {"wgan", 19, 2, {{S_D, 1}, {S_K, S_D}}, s_wgan},
    {"ls_gan", 8, 2, {{S_D, 1}, {S_K, S_D}}, s_ls_gan},
    {"histogram", 4, 1, {{S_K, 1}}, s_histogram},
    {"dae", 1, 1, {{S_D, S_D}}, s_dae},
    {"dde", 1, 3, {{S_D, 1}, {S_D, 1}, {S_K, S_D}}, s_dde},
    {"dsm", 1, 1, {{S_D, 1}}, s_dsm},
    {"annealed_dsm", 2, 1, {{S_D, 1}}, s_annealed},
    {"score_matching", 3, 1, {{S_D, 1}}, s_score},
    {"cross_entropy", 2, 1, {{S_D, S_K}}, s_cross_entropy},
};
enum { S_SYSTEMS = sizeof s_systems / sizeof *s_systems };

/* The nets of a system, built from a seed of their own. */
static inline void s_nets(egm_context *c, const s_system *s, l_activation *activation, egm_dtype dtype, egm_model **net)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	for (int i = 0; i < s->n_nets; i++) {
		int64_t width[3] = {s->width[i][0], 3, s->width[i][1]};
		net[i] = l_net(c, names[i], 3, width, activation, dtype, (uint64_t)i + 1);
	}
}

#endif
