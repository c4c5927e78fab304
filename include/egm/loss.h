/* SPDX-License-Identifier: MIT */
#ifndef EGM_LOSS_H
#define EGM_LOSS_H

#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is minimised: the nets, the phases of a training step, and the terms of each phase.
 *  A loss keeps its nets alive. It is constant after creation and may be shared by trainers that run one at a time. */
typedef struct egm_loss egm_loss;

EGM_API void egm_loss_free(egm_loss *loss);

/* Every system below is made in the same way: an options struct with its defaults (NULL stands for them), a function
 * that takes nets and options. Where a net is described as [a] -> b, a is its inputs and b its outputs; d is the width
 * of the data, k that of the latent variable. Errors: EGM_ERR_ARGUMENT if an option is out of range, or if it becomes 0
 * or infinite when converted to the networks' dtype; the message names the option. EGM_ERR_SHAPE, EGM_ERR_DTYPE and
 * EGM_ERR_STATE name a network that does not fit.
 * A penalty, a regulariser or a reconstruction of weight 0 is not computed and its term stays NaN, but for the penalty
 * of egm_loss_energy_gan, which is shown; so are the entropy there and the divergence of egm_loss_vae.
 *
 * A net with egm_model_batch_norm is ARGUMENT where a loss takes the slope of the net at single rows, which would
 * depend on the other rows of the batch: an energy, critic or discriminator under a penalty of weight > 0 (of
 * egm_loss_energy_gan too, where the penalty is then not shown), the energies of egm_loss_ml, whose chains follow
 * that slope, and of all losses that match scores: egm_loss_dsm, egm_loss_annealed_dsm, egm_loss_score_matching,
 * egm_loss_dde.
 *
 * E is a mean over the mini-batch, z ~ N(0, I), n ~ N(0, I) of the shape at hand, sp = softplus, D = sigmoid(l). */

/** Number of terms, over all phases. */
EGM_API int32_t egm_loss_term_count(const egm_loss *loss);
/** Name of term `index`, borrowed; NULL when there is none. */
EGM_API const char *egm_loss_term_name(const egm_loss *loss, int32_t index);

/** How the entropy of the generator is held up; the information network of egm_loss_energy_gan depends on it. */
enum {
	EGM_ENTROPY_INFOGAN = 1, /**< E||z - E(x)||^2; encoder: data width -> latent width. Kumar et al. 2019 */
	EGM_ENTROPY_JSD = 2,     /**< Jensen-Shannon bound on I(x; z); statistics net: data + latent width -> 1 */
	EGM_ENTROPY_NWJ = 3,     /**< E[T] - E'[exp(T - 1)], exact at the optimum; Nguyen et al. 2010 */
	EGM_ENTROPY_DV = 4       /**< E[T] - log E'[exp T] with a moving average in the gradient; Belghazi et al. 2018 */
};
/** Where the pairs of the product law p(x) p(z') come from. */
enum {
	EGM_MARGINAL_FRESH = 1,      /**< z' a new draw (default) */
	EGM_MARGINAL_DERANGEMENT = 2 /**< z' = the rows of z moved on by one: no pair is left as it was; batch >= 2 */
};

typedef struct egm_energy_gan_options {
	size_t struct_size;
	int32_t entropy;       /**< EGM_ENTROPY_*, default EGM_ENTROPY_JSD */
	int32_t marginal;      /**< EGM_MARGINAL_*, default EGM_MARGINAL_FRESH */
	int32_t energy_steps;  /**< energy phases for each generator phase, >= 1, default 5 */
	int32_t reserved;      /**< 0 */
	double penalty;        /**< lambda >= 0 of the zero-centred penalty, default 0.1 (toys; images 10, scores 100) */
	double entropy_weight; /**< weight >= 0 of the entropy term, default 1 */
	/** sigma >= 0: the bounds look at x = G(z) + sigma n, n ~ N(0, I). Default 0, the published setting, under which
	 *  I(G(z); z) is infinite for an injective generator and only the critic's smoothness gives a gradient; with
	 *  sigma > 0 the information is finite and its gradient tends to that of the entropy. infogan ignores it. */
	double noise;
	double dv_decay; /**< decay in [0, 1) of the moving average of `dv`, default 0.99 */
} egm_energy_gan_options;

#define EGM_ENERGY_GAN_OPTIONS_INIT                                                                \
	{                                                                                              \
		sizeof(egm_energy_gan_options), EGM_ENTROPY_JSD, EGM_MARGINAL_FRESH, 5, 0, 0.1, 1, 0, 0.99 \
	}

/** Energy GAN with a maximum-entropy generator.
 *
 *  energy phase:     E[U(x)] - E[U(G(z))] + penalty * E||grad_x U(x)||^2    moves U; x real, z ~ N(0, I)
 *  generator phase:  E[U(G(z))] - entropy_weight * H                        moves G and the information network
 *
 *  H by `entropy`, with z' as `marginal` says and sp = softplus:
 *   infogan  -E||z - E(G(z))||^2
 *   jsd      E[-sp(-T(x, z))] - E[sp(T(x, z'))]
 *   nwj      E[T(x, z)] - E[exp(T(x, z') - 1)]
 *   dv       E[T(x, z)] - log E[exp T(x, z')]
 *
 *  Source: Kumar, Ozair, Goyal, Courville, Bengio 2019, "Maximum Entropy Generators for Energy-Based Models", algorithm
 *  1. Differs from the authors' code: the norm of the penalty runs over all dimensions of a sample and not over
 *  channels; z' is a fresh draw and not a permutation with fixed points; H is the bound itself, twice the mean of the
 *  2B cross-entropies.
 *  Terms: energy_real, energy_fake, penalty; generator_energy, entropy, which is H. At its optimum H is I(x; z) in nats
 *  for nwj and dv, and 2 JS - 2 log 2 for jsd, JS the divergence between the joint and the product distribution.
 *  Sign: U low = likely. Shifting U by a constant changes nothing.
 *  Networks, of one dtype: energy [d] -> 1; generator [k] -> d; information as EGM_ENTROPY_* says, with x before z.
 *  Errors: EGM_ERR_SHAPE and EGM_ERR_DTYPE name the network, EGM_ERR_ARGUMENT the option. Since 0.1.
 */
EGM_API EGM_CHECKED egm_status egm_loss_energy_gan(egm_loss **out, egm_model *energy, egm_model *generator,
                                                   egm_model *information, const egm_energy_gan_options *options);

typedef struct egm_dsm_options {
	size_t struct_size;
	double sigma; /**< standard deviation > 0 of the noise, in data units, default 0.3 */
} egm_dsm_options;

#define EGM_DSM_OPTIONS_INIT         \
	{                                \
		sizeof(egm_dsm_options), 0.3 \
	}

/** Denoising score matching of a scalar energy.
 *
 *  L = E||sigma grad U(x + sigma n) - n||^2,  n ~ N(0, I); the minimum is U = -log p_sigma, the data's law with
 *  N(0, sigma^2 I) added, up to a constant. r(y) = y - sigma^2 grad U(y) is then the mean of x given y.
 *  Source: Vincent 2011, "A connection between score matching and denoising autoencoders", eq. 10, times 2 sigma^2.
 *  Terms: score_matching. Shapes: energy [d] -> 1. Give the energy a smooth activation: with ReLU kinds the second
 *  derivative is zero almost everywhere and smooth laws cannot be represented.
 *  Errors: EGM_ERR_SHAPE if the network has not one output; EGM_ERR_ARGUMENT if sigma is negative or not finite.
 *  Since 0.1.
 */
EGM_API EGM_CHECKED egm_status egm_loss_dsm(egm_loss **out, egm_model *energy, const egm_dsm_options *options);

/* ---- maximum likelihood */

typedef struct egm_ml_options {
	size_t struct_size;
	double regulariser; /**< alpha >= 0, default 0 */
} egm_ml_options;

#define EGM_ML_OPTIONS_INIT       \
	{                             \
		sizeof(egm_ml_options), 0 \
	}

/** Maximum likelihood of an energy: L = E[U(x)] - E[U(y)] + regulariser * E[U(x)^2 + U(y)^2], x data, y points of the
 *  model's law that count as constants. Without the regulariser its gradient is that of -E log q(x), q = exp(-U) / Z,
 *  when y is distributed as q. The trainer draws y: egm_trainer_set_negatives.
 *  Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence". Differs from common code:
 *  the regulariser is off by default, since it moves the energy's zero; and a loss that is not finite is an error.
 *  Terms: energy_data, energy_negative, regulariser. Nets: energy [d] -> 1. Sign: U low = likely. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_ml(egm_loss **out, egm_model *energy, const egm_ml_options *options);

/* ---- generative adversarial nets */

/** What discriminator and generator minimise; r = l(x), f = l(G(z)), l the discriminator's output, a logit. */
enum {
	EGM_GAN_NON_SATURATING = 1,      /**< E sp(-r) + E sp(f); E sp(-f). Goodfellow et al. 2014 */
	EGM_GAN_MINIMAX = 2,             /**< the same; -E sp(f) */
	EGM_GAN_LEAST_SQUARES = 3,       /**< E (r-1)^2/2 + E f^2/2; E (f-1)^2/2. Mao et al. 2017 */
	EGM_GAN_HINGE = 4,               /**< E max(0, 1-r) + E max(0, 1+f); -E f. Lim and Ye 2017 */
	EGM_GAN_RELATIVISTIC = 5,        /**< E sp(f - r) over pairs of rows; E sp(r - f). Jolicoeur-Martineau 2019 */
	EGM_GAN_RELATIVISTIC_AVERAGE = 6 /**< (E sp(Ef - r) + E sp(f - Er))/2; (E sp(r - Ef) + E sp(Er - f))/2 */
};
/** The function h of a penalty E[h(g)] on the slope g of a net: the norm of its gradient over all dimensions of one
 *  sample, or the slope of a chord between two points of the same pair. Finite at a zero gradient. */
enum {
	EGM_PENALTY_TWO_SIDED = 1,        /**< (g - 1)^2. Gulrajani et al. 2017 */
	EGM_PENALTY_ONE_SIDED = 2,        /**< max(0, g - 1)^2. Petzka et al. 2018 */
	EGM_PENALTY_LINEAR = 3,           /**< max(g, 1): the objective has no minimum where W1 > penalty */
	EGM_PENALTY_ZERO_CENTRED = 4,     /**< g^2. Mescheder et al. 2018 (there with gamma / 2 = penalty) */
	EGM_PENALTY_FINITE_TWO_SIDED = 5, /**< (g - 1)^2 on chords between two interpolates */
	EGM_PENALTY_FINITE_LINEAR = 6     /**< max(g, 1) on them */
};
/** Where a penalty looks; chords know interpolates alone. */
enum {
	EGM_AT_INTERPOLATES = 1, /**< a x + (1-a) G(z), a ~ U[0,1), one for each pair */
	EGM_AT_REAL = 2,
	EGM_AT_FAKE = 3,
	EGM_AT_BOTH = 4 /**< the mean over the rows of both */
};

typedef struct egm_gan_options {
	size_t struct_size;
	int32_t form;                /**< EGM_GAN_*, default EGM_GAN_NON_SATURATING */
	int32_t discriminator_steps; /**< discriminator phases in a training step, >= 1, default 1 */
	int32_t generator_steps;     /**< generator runs after them, >= 1, default 1 */
	int32_t penalty_at;          /**< EGM_AT_*, default EGM_AT_REAL */
	double penalty;              /**< weight >= 0 of the zero-centred penalty on l, default 0 */
	double smoothing;            /**< s in [0, 1): the label of real rows is 1 - s; default 0. Not for hinge and the
	                                  relativistic forms, which have no labels */
	double step_penalty; /**< lambda >= 0 of the incremental regulariser, default 0; needs generator_steps >= 2 */
} egm_gan_options;

#define EGM_GAN_OPTIONS_INIT                                                        \
	{                                                                               \
		sizeof(egm_gan_options), EGM_GAN_NON_SATURATING, 1, 1, EGM_AT_REAL, 0, 0, 0 \
	}

/** Generative adversarial net.
 *
 *  discriminator phase:  as EGM_GAN_* says, + penalty * E||grad l||^2                        moves D
 *  generator phase:      as EGM_GAN_* says, + step_penalty * E||G(z) - G_old(z)||^2          moves G
 *  G_old is the generator as it was when this phase began; the square is summed over the data's dimensions, so that
 *  step_penalty = 1/(2 sigma^2) makes it the KL of the joint laws of (x, z) with noise sigma, which is at least that of
 *  the laws of x. The first of the generator's runs does not feel it.
 *  Source: Goodfellow et al. 2014; Su 2018, arXiv 1807.05936, for the regulariser, whose code means over dimensions and
 *  multiplies by 5.
 *  Terms: discriminator, penalty, generator, step. Nets: discriminator [d] -> 1, generator [k] -> d. Sign: l high =
 *  real. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_gan(egm_loss **out, egm_model *discriminator, egm_model *generator,
                                            const egm_gan_options *options);

/* ---- variational autoencoder */

/** The law q(x|z) that a decoder's output stands for. */
enum {
	EGM_DECODER_GAUSSIAN = 1,         /**< [k] -> d: N(mean, sigma^2 I), sigma an option */
	EGM_DECODER_GAUSSIAN_LEARNED = 2, /**< [k] -> 2d: means, then logarithms of variances */
	EGM_DECODER_BERNOULLI = 3         /**< [k] -> d logits; data in [0, 1] */
};

typedef struct egm_vae_options {
	size_t struct_size;
	int32_t decoder;  /**< EGM_DECODER_*, default EGM_DECODER_GAUSSIAN */
	int32_t reserved; /**< 0 */
	double sigma;     /**< standard deviation > 0 of EGM_DECODER_GAUSSIAN, in data units, default 1 */
	double beta;      /**< weight >= 0 of the divergence, default 1, which makes the objective a bound */
} egm_vae_options;

#define EGM_VAE_OPTIONS_INIT                                   \
	{                                                          \
		sizeof(egm_vae_options), EGM_DECODER_GAUSSIAN, 0, 1, 1 \
	}

/** Variational autoencoder: L = E[-log q(x|z)] + beta * E[KL(p(z|x) || N(0, I))], z = m(x) + s(x) n from the encoder's
 *  p(z|x) = N(m, diag s^2). At beta = 1, -L is a lower bound of E log q(x).
 *  Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", eq. 10 with one draw; beta: Higgins et al. 2017.
 *  Differs: constants are kept, so that L is in nats.
 *  Terms: reconstruction, divergence. Nets: encoder [d] -> 2k, means, then logarithms of variances; decoder as
 *  EGM_DECODER_* says. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_vae(egm_loss **out, egm_model *encoder, egm_model *decoder,
                                            const egm_vae_options *options);
/** log_likelihoods, f64 [rows]: the importance-weighted bound log 1/S sum_s q(x|z_s) N(z_s) / p(z_s|x), z_s ~ p(z|x),
 * of each row of x, in nats; with S = `samples` >= 1 it rises to log q(x) as S grows, in the mean. Draws depend on
 * (seed, row, s): a row's value does not depend on the other rows. beta has no part in it. Burda et al. 2016, eq. 8.
 * EGM_ERR_ARGUMENT if `loss` is not from egm_loss_vae, or if x is outside of [0, 1] for EGM_DECODER_BERNOULLI.
 * EGM_ERR_NONFINITE names the row, and rows before it may then have been written.
 *
 *  progress may be NULL. A step is one draw for each row of a block of 64 rows. If the callback stops the call, it
 *  returns EGM_ERR_STOPPED. The first 64 * (done / samples) rows are then written, with `done` of the last report and
 *  the quotient rounded down; later rows are undefined. The callback may free the loss. */
EGM_API EGM_CHECKED egm_status egm_loss_vae_log_likelihood(const egm_loss *loss, egm_array x, int64_t samples,
                                                           uint64_t seed, egm_out log_likelihoods,
                                                           egm_progress_fn progress, void *user);

/* ---- adversarial autoencoder */

typedef struct egm_aae_options {
	size_t struct_size;
	int32_t form;                /**< EGM_GAN_*, default EGM_GAN_NON_SATURATING */
	int32_t discriminator_steps; /**< >= 1, default 1 */
	double reconstruction;       /**< lambda >= 0, default 1 */
	double penalty;              /**< weight >= 0 of the zero-centred penalty at the prior's points, default 0 */
} egm_aae_options;

#define EGM_AAE_OPTIONS_INIT                                     \
	{                                                            \
		sizeof(egm_aae_options), EGM_GAN_NON_SATURATING, 1, 1, 0 \
	}

/** Adversarial autoencoder: the encoder is the generator of the latent code.
 *
 *  discriminator phase:  as in egm_loss_gan, z ~ N(0, I) real, E(x) fake                moves D
 *  autoencoder phase:    the generator's loss of EGM_GAN_* at E(x)
 *                        + reconstruction * E||x - G(E(x))||^2                             moves E and G
 *  Source: Makhzani et al. 2016, there with reconstruction in a phase of its own.
 *  Terms: discriminator, penalty, encoder, reconstruction. Nets: discriminator [k] -> 1, encoder [d] -> k,
 *  decoder [k] -> d. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_aae(egm_loss **out, egm_model *discriminator, egm_model *encoder,
                                            egm_model *decoder, const egm_aae_options *options);

/* ---- adversarially learned inference, bidirectional GAN */

/** What generator and encoder minimise; p the pairs (x, E(x)), q the pairs (G(z), z). At D = 1/2 the gradients by the
 *  logits of p and q are (-1/2, -1/2), (1/2, -1/2), (1/2, -1/2): `derived` alone pushes the encoder where the
 *  discriminator wants it, and needs full_terms to match. */
enum {
	EGM_ALI_DERIVED = 1, /**< -E_p log D - E_q log D */
	EGM_ALI_MINIMAX = 2, /**< E_p log D + E_q log(1 - D) */
	EGM_ALI_SWAPPED = 3  /**< -E_p log(1 - D) - E_q log D. Dumoulin et al. 2017, algorithm 1 */
};
/** What the output of an encoder or a generator stands for. */
enum {
	EGM_CODER_POINT = 1,   /**< the value itself: n numbers for a width of n */
	EGM_CODER_GAUSSIAN = 2 /**< a draw from N(m, diag s^2): 2n numbers, means, then logarithms of variances */
};

typedef struct egm_ali_options {
	size_t struct_size;
	int32_t form;                /**< EGM_ALI_*, default EGM_ALI_SWAPPED */
	int32_t discriminator_steps; /**< >= 1, default 1 */
	int32_t generator_steps;     /**< >= 1, default 1 */
	int32_t encoder;             /**< EGM_CODER_*, default EGM_CODER_POINT (BiGAN) */
	int32_t generator;           /**< EGM_CODER_*, default EGM_CODER_POINT */
	int32_t full_terms;          /**< 1: the two terms below; EGM_ALI_DERIVED with both nets Gaussian. Default 0 */
	double penalty;              /**< weight >= 0 of the zero-centred penalty at the pairs of p, default 0 */
} egm_ali_options;

#define EGM_ALI_OPTIONS_INIT                                                                   \
	{                                                                                          \
		sizeof(egm_ali_options), EGM_ALI_SWAPPED, 1, 1, EGM_CODER_POINT, EGM_CODER_POINT, 0, 0 \
	}

/** Adversarially learned inference: a discriminator of pairs (x, z).
 *
 *  discriminator phase:  -E_p log D(x, E(x)) - E_q log(1 - D(G(z), z))                     moves D
 *  generator phase:      as EGM_ALI_* says                                                 moves G and E
 *   full_terms:          + E KL(q(x|z) || q_old(x|z)) + E_q[log p_old(z|x) - log p(z|x)], old = as the phase began:
 *                        what is left of KL(q(x,z) || p(x,z)) beside the discriminator. The last term is the encoder's
 *                        only pull towards the generator's pairs under EGM_ALI_DERIVED.
 *  Source: Dumoulin et al. 2017, "Adversarially learned inference"; Donahue et al. 2017 (BiGAN).
 *  Terms: discriminator, penalty, generator, step, regression. Nets: discriminator [d+k] -> 1, x before z; generator
 *  [k] -> d or 2d; encoder [d] -> k or 2k. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_ali(egm_loss **out, egm_model *discriminator, egm_model *generator,
                                            egm_model *encoder, const egm_ali_options *options);

/* ---- Wasserstein and loss-sensitive GANs */

typedef struct egm_wgan_options {
	size_t struct_size;
	int32_t penalty_kind; /**< EGM_PENALTY_*, default EGM_PENALTY_TWO_SIDED */
	int32_t penalty_at;   /**< EGM_AT_*, default EGM_AT_INTERPOLATES; chords take no other */
	int32_t critic_steps; /**< critic phases in a training step, >= 1, default 5 */
	int32_t reserved;     /**< 0 */
	double penalty;       /**< lambda >= 0, default 10 */
	double clip;          /**< c >= 0: after each move the critic's parameters are cut to [-c, c]; 0 (default): never */
} egm_wgan_options;

#define EGM_WGAN_OPTIONS_INIT                                                             \
	{                                                                                     \
		sizeof(egm_wgan_options), EGM_PENALTY_TWO_SIDED, EGM_AT_INTERPOLATES, 5, 0, 10, 0 \
	}

/** Wasserstein GAN.
 *
 *  critic phase:     E[D(G(z))] - E[D(x)] + penalty * E[h(slope of D)]                     moves D
 *  generator phase:  -E[D(G(z))]                                                           moves G
 *  Source: Arjovsky et al. 2017, algorithm 1 (clip); Gulrajani et al. 2017, eq. 3. Differs from much public code: the
 *  norm runs over all dimensions of a sample, one interpolation weight a sample, and the penalty has its own gradient.
 *  For the spectral normalisation of Miyato et al. 2018 build the critic from egm_model_spectral_dense, with penalty 0
 *  or not.
 *  Terms: critic_real, critic_fake, penalty, generator; critic_real - critic_fake estimates the distance W1.
 *  Nets: critic [d] -> 1, generator [k] -> d. Sign: D high = real: -D is an energy. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_wgan(egm_loss **out, egm_model *critic, egm_model *generator,
                                             const egm_wgan_options *options);

/** Distance between a real and a generated row. */
enum {
	EGM_MARGIN_L1 = 1, /**< sum |x_i - y_i| */
	EGM_MARGIN_L2 = 2  /**< square root of the sum of squares */
};

typedef struct egm_ls_gan_options {
	size_t struct_size;
	int32_t margin_norm;  /**< EGM_MARGIN_*, default EGM_MARGIN_L1 */
	int32_t energy_steps; /**< >= 1, default 1 */
	double margin;        /**< factor >= 0 on the distance, default 1 */
	double slope;         /**< nu in [-1, 1] of max(a, nu a); 0 (default): LS-GAN; 1: WGAN's difference */
	double penalty;       /**< weight >= 0 of the zero-centred penalty at interpolates, default 0 */
} egm_ls_gan_options;

#define EGM_LS_GAN_OPTIONS_INIT                               \
	{                                                         \
		sizeof(egm_ls_gan_options), EGM_MARGIN_L1, 1, 1, 0, 0 \
	}

/** Loss-sensitive GAN (Qi 2020, "Loss-sensitive generative adversarial networks on Lipschitz densities") and its
 *  generalised form with the slope nu.
 *
 *  energy phase:     E[c(margin * ||x - G(z)|| + U(x) - U(G(z)))], c(a) = max(a, slope a)   moves U
 *  generator phase:  E[U(G(z))]                                                             moves G
 *  Differs from the source: no E[U(x)] of its own beside the comparison.
 *  Terms: energy_real, energy_fake (shown), comparison, penalty, generator_energy. Nets: energy [d] -> 1, generator
 *  [k] -> d. Sign: U low = likely. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_ls_gan(egm_loss **out, egm_model *energy, egm_model *generator,
                                               const egm_ls_gan_options *options);

/* ---- a generator fitted to a histogram */

enum {
	EGM_DIVERGENCE_KL = 1,         /**< KL(p || q), p the given masses */
	EGM_DIVERGENCE_REVERSE_KL = 2, /**< KL(q || p) */
	EGM_DIVERGENCE_JEFFREYS = 3,   /**< the sum of both */
	EGM_DIVERGENCE_JS = 4          /**< Jensen-Shannon, at most log 2 */
};

typedef struct egm_histogram_options {
	size_t struct_size;
	int32_t divergence;  /**< EGM_DIVERGENCE_*, default EGM_DIVERGENCE_KL */
	int32_t reserved;    /**< 0 */
	double lower, upper; /**< the bins cut [lower, upper] into equal parts; -1 and 1 by default, or if both are 0 */
	double bandwidth;    /**< > 0, in bins, of the normal kernel on the generator's samples; default 0.5 */
	double floor;        /**< in (0, 1): the share of both laws that is spread evenly, so that logarithms are finite;
	                          default 1e-4 */
} egm_histogram_options;

#define EGM_HISTOGRAM_OPTIONS_INIT                                            \
	{                                                                         \
		sizeof(egm_histogram_options), EGM_DIVERGENCE_KL, 0, -1, 1, 0.5, 1e-4 \
	}

/** A generator of one number fitted to binned data: masses, [bins] with bins >= 2, are numbers >= 0 of any sum > 0 in
 *  either dtype. The loss is the divergence between the shares p that they give the bins and those of G(z), each
 *  sample spread by a normal kernel over the bins, which makes it differentiable. Takes no data: egm_trainer_fit with
 *  NULL. Mass of G beyond [lower, upper] counts to the outermost bins. The minimum is that G(z) with the kernel's noise
 *  added has the masses p: G itself is narrower, by a variance of (bandwidth * bin width)^2.
 *  Terms: divergence, in nats. Nets: generator [k] -> 1. The estimate from a batch of B is too high by about
 *  (bins - 1) / 2B: give it large batches. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_histogram(egm_loss **out, egm_model *generator, egm_array masses,
                                                  const egm_histogram_options *options);

/* ---- denoising autoencoder */

typedef struct egm_dae_options {
	size_t struct_size;
	double sigma; /**< standard deviation > 0 of the noise, in data units, default 0.3 */
} egm_dae_options;

#define EGM_DAE_OPTIONS_INIT         \
	{                                \
		sizeof(egm_dae_options), 0.3 \
	}

/** Denoising autoencoder: L = E||r(x + sigma n) - x||^2; the minimum is the mean of x given y, and (r(y) - y) / sigma^2
 *  the score of the data's law with N(0, sigma^2 I) added. Its law is not that of x: a denoised draw is narrower.
 *  Source: Vincent et al. 2008; the score: Alain and Bengio 2014.
 *  Terms: reconstruction. Nets: denoiser [d] -> d. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_dae(egm_loss **out, egm_model *denoiser, const egm_dae_options *options);

/* ---- generator from denoising density estimators */

typedef struct egm_dde_options {
	size_t struct_size;
	int32_t energy_steps; /**< phases of the generator's energy in a training step, >= 1, default 5 */
	int32_t reserved;     /**< 0 */
	double sigma; /**< standard deviation > 0 of the noise, as the data's energy was trained with; default 0.3 */
} egm_dde_options;

#define EGM_DDE_OPTIONS_INIT               \
	{                                      \
		sizeof(egm_dde_options), 5, 0, 0.3 \
	}

/** A generator that goes down KL(q_sigma || p_sigma), the laws of G(z) and of the data with N(0, sigma^2 I) added.
 *
 *  energy phase:     E||sigma grad U_q(y + sigma n) - n||^2, y = G(z)                       moves U_q
 *  generator phase:  E[U_p(G(z) + sigma n) - U_q(G(z) + sigma n)]                           moves G
 *  U_p is the data's energy, trained before by egm_loss_dsm with the same sigma; it stands still. With U_q = -log
 *  q_sigma the generator's gradient is exactly that of the divergence. Takes no data: egm_trainer_fit with NULL.
 *  Source: Bigdeli et al. 2020, "Learning generative models using denoising density estimators", there with the
 *  opposite sign of the energies.
 *  Terms: score_matching, generator. Nets: data_energy [d] -> 1, sample_energy [d] -> 1, generator [k] -> d. Since 0.3.
 */
EGM_API EGM_CHECKED egm_status egm_loss_dde(egm_loss **out, egm_model *data_energy, egm_model *sample_energy,
                                            egm_model *generator, const egm_dde_options *options);

/* ---- annealed denoising, explicit and sliced score matching */

enum {
	EGM_SPACING_LINEAR = 1,   /**< sigma uniform in [sigma_low, sigma_high] */
	EGM_SPACING_GEOMETRIC = 2 /**< its logarithm */
};

typedef struct egm_annealed_dsm_options {
	size_t struct_size;
	int32_t spacing;              /**< EGM_SPACING_*, default EGM_SPACING_GEOMETRIC */
	int32_t reserved;             /**< 0 */
	double sigma0;                /**< > 0, the level whose law U describes, in data units, default 0.1 */
	double sigma_low, sigma_high; /**< 0 < low <= high, defaults 0.05 and 1.2 */
} egm_annealed_dsm_options;

#define EGM_ANNEALED_DSM_OPTIONS_INIT                                              \
	{                                                                              \
		sizeof(egm_annealed_dsm_options), EGM_SPACING_GEOMETRIC, 0, 0.1, 0.05, 1.2 \
	}

/** Denoising score matching of one energy over many levels: L = E||(sigma0^2/sigma) grad U(x + sigma n) - n||^2, a
 *  level drawn for each row. That is the squared error of the denoiser y - sigma0^2 grad U(y), weighed by 1/sigma^2;
 *  with sigma_low = sigma_high = sigma0 it is egm_loss_dsm. Sample by egm_sampler_annealed_langevin with `denoise` =
 *  sigma0.
 *  Source: Li, Chen, Sommer 2019, "Learning energy-based models in high-dimensional spaces with multi-scale denoising
 *  score matching". Terms: score_matching. Nets: energy [d] -> 1, with a smooth activation. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_annealed_dsm(egm_loss **out, egm_model *energy,
                                                     const egm_annealed_dsm_options *options);

enum {
	EGM_SCORE_EXPLICIT = 1, /**< the Laplacian itself: d second derivatives, d <= 64 */
	EGM_SCORE_SLICED = 2    /**< v^T H v for v ~ N(0, I), H the Hessian of U, whose mean it is */
};

typedef struct egm_score_matching_options {
	size_t struct_size;
	int32_t form;        /**< EGM_SCORE_*, default EGM_SCORE_SLICED */
	int32_t projections; /**< directions v for each row, 1 to 64, default 1; sliced alone */
} egm_score_matching_options;

#define EGM_SCORE_MATCHING_OPTIONS_INIT                         \
	{                                                           \
		sizeof(egm_score_matching_options), EGM_SCORE_SLICED, 1 \
	}

/** Score matching without noise: L = E[||grad U(x)||^2 / 2 - Laplacian U(x)], whose minimum is U = -log p up to a
 *  constant. Source: Hyvarinen 2005, theorem 1; sliced: Song et al. 2019, the form with reduced variance.
 *  Give the energy a smooth activation: with ReLU kinds the Laplacian is 0 and L has no minimum but U constant.
 *  Terms: score_matching. Nets: energy [d] -> 1. Since 0.3. */
EGM_API EGM_CHECKED egm_status egm_loss_score_matching(egm_loss **out, egm_model *energy,
                                                       const egm_score_matching_options *options);

/* ---- a classifier */

typedef struct egm_cross_entropy_options {
	size_t struct_size;
	double label_smoothing; /**< s in [0, 1): of each row's weight the share s is spread evenly over the classes;
	                             default 0 */
} egm_cross_entropy_options;

#define EGM_CROSS_ENTROPY_OPTIONS_INIT       \
	{                                        \
		sizeof(egm_cross_entropy_options), 0 \
	}

/** A classifier: L = E[-sum_k t_k log softmax(f(x))_k], in nats. A row of data is [x (d), t (k)], d + k columns: after
 *  the point its target, one-hot for a label, probabilities in general. t is not looked at: its sum is the weight of
 *  the row in the mean, a row of zeros counts for nothing. Label smoothing makes t into (1 - s) t + s (sum t) / k.
 *  The minimum is softmax(f(x)) = E[t | x]; f is free up to a constant that all k have.
 *  Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs"; smoothing:
 *  Szegedy et al. 2016, "Rethinking the inception architecture for computer vision".
 *  Terms: cross_entropy. Nets: classifier [d] -> k logits, k >= 2. Since 0.4. */
EGM_API EGM_CHECKED egm_status egm_loss_cross_entropy(egm_loss **out, egm_model *classifier,
                                                      const egm_cross_entropy_options *options);

#ifdef __cplusplus
}
#endif
#endif
