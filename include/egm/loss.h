/* SPDX-License-Identifier: MIT */
#ifndef EGM_LOSS_H
#define EGM_LOSS_H

#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What training minimises: networks, the phases of a training step, and the terms of each phase. A loss keeps its
 *  networks alive. It is constant after creation and may be shared by trainers that run one at a time. */
typedef struct egm_loss egm_loss;

EGM_API void egm_loss_free(egm_loss *loss);

/* Every loss is made in the same way, by a function of networks and options. `options` NULL: the defaults.
 *
 * Notation: a network [a] -> b has a inputs and b outputs. d is the number of columns of the data, k that of the latent
 * variable. E is a mean over the mini-batch, z ~ N(0, I), n ~ N(0, I) of the shape at hand, sp = softplus,
 * D = sigmoid(l). A phase "moves" the networks that it trains. All networks of a loss have one dtype.
 *
 * Errors: EGM_ERR_ARGUMENT if an option is out of range, or if it becomes 0 or infinite when converted to the networks'
 * dtype; the message names the option. EGM_ERR_SHAPE, EGM_ERR_DTYPE and EGM_ERR_STATE (not built) name a network that
 * does not fit.
 *
 * A penalty, a regularizer or a reconstruction of weight 0 is not computed, and its term stays NaN. Exceptions, which
 * are always computed and shown: the penalty and the entropy of egm_loss_energy_gan, and the divergence of
 * egm_loss_vae.
 *
 * Batch normalisation (egm_model_batch_norm) is EGM_ERR_ARGUMENT in a network that a loss differentiates with respect
 * to its input, because each row's gradient would depend on the other rows:
 * - an energy, critic or discriminator under a penalty of weight > 0. With weight 0 the network of egm_loss_energy_gan
 *   may have it, and the penalty is then not shown;
 * - the energy of egm_loss_ml, whose chains follow that gradient;
 * - the energies of egm_loss_dsm, egm_loss_annealed_dsm, egm_loss_score_matching and egm_loss_dde. */

/** Number of terms in all phases together. */
EGM_API int32_t egm_loss_term_count(const egm_loss *loss);
/** Name of term `index`, from 0, which belongs to the loss; NULL if there is no such term. */
EGM_API const char *egm_loss_term_name(const egm_loss *loss, int32_t index);

/* ---- energy GAN */

/** Estimator of the generator's entropy, and with it the information network of egm_loss_energy_gan: an encoder E,
 *  [d] -> k, for infogan, and a statistics network T, [d+k] -> 1, for the others. E' is a mean over pairs (x, z'). */
enum {
	EGM_ENTROPY_INFOGAN = 1, /**< E||z - E(x)||^2. Kumar et al. 2019 */
	EGM_ENTROPY_JSD = 2,     /**< Jensen-Shannon bound on I(x; z) */
	EGM_ENTROPY_NWJ = 3,     /**< E[T] - E'[exp(T - 1)], exact at the optimum. Nguyen et al. 2010 */
	EGM_ENTROPY_DV = 4       /**< E[T] - log E'[exp T], moving average in the gradient. Belghazi et al. 2018 */
};
/** Source of the pairs (x, z') from the product distribution p(x) p(z'). */
enum {
	EGM_MARGINAL_FRESH = 1,      /**< z' is a new draw; default */
	EGM_MARGINAL_DERANGEMENT = 2 /**< z' = the rows of z shifted by one, so that no pair stays together; batch >= 2 */
};

typedef struct egm_energy_gan_options {
	size_t struct_size;
	int32_t entropy;       /**< EGM_ENTROPY_*, default EGM_ENTROPY_JSD */
	int32_t marginal;      /**< EGM_MARGINAL_*, default EGM_MARGINAL_FRESH */
	int32_t energy_steps;  /**< energy phases for each generator phase, >= 1, default 5 */
	int32_t reserved;      /**< 0 */
	double penalty;        /**< lambda >= 0 of the zero-centred penalty, default 0.1 (toys; images 10, scores 100) */
	double entropy_weight; /**< weight >= 0 of the entropy term, default 1 */
	/** sigma >= 0: the bounds see x = G(z) + sigma n, n ~ N(0, I). Default 0, the published setting: I(G(z); z) is then
	 *  infinite for an injective generator, and only the smoothness of the statistics network gives a gradient. With
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
 *  Terms: energy_real, energy_fake, penalty, generator_energy, entropy, which is H. At its optimum H is I(x; z) in nats
 *  for nwj and dv, and 2 JS - 2 log 2 for jsd, JS the divergence between the joint and the product distribution.
 *  Networks: energy [d] -> 1; generator [k] -> d; information as EGM_ENTROPY_* says, with x before z.
 *  Sign: U low = likely. Shifting U by a constant changes nothing. */
EGM_API EGM_CHECKED egm_status egm_loss_energy_gan(egm_loss **out, egm_model *energy, egm_model *generator,
                                                   egm_model *information, const egm_energy_gan_options *options);

/* ---- denoising score matching */

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
 *  L = E||sigma grad U(x + sigma n) - n||^2,  n ~ N(0, I)
 *
 *  The minimum is U = -log p_sigma up to a constant, where p_sigma is the distribution of the data plus noise
 *  N(0, sigma^2 I). r(y) = y - sigma^2 grad U(y) is then the mean of x given y.
 *  Source: Vincent 2011, "A connection between score matching and denoising autoencoders", eq. 10, times 2 sigma^2.
 *  Terms: score_matching. Networks: energy [d] -> 1. Give the energy a smooth activation: with relu and its relatives
 *  the second derivative is zero almost everywhere, and smooth distributions cannot be represented.
 *  Sign: U low = likely. */
EGM_API EGM_CHECKED egm_status egm_loss_dsm(egm_loss **out, egm_model *energy, const egm_dsm_options *options);

/* ---- maximum likelihood */

typedef struct egm_ml_options {
	size_t struct_size;
	double regularizer; /**< alpha >= 0, default 0 */
} egm_ml_options;

#define EGM_ML_OPTIONS_INIT       \
	{                             \
		sizeof(egm_ml_options), 0 \
	}

/** Maximum likelihood of an energy.
 *
 *  L = E[U(x)] - E[U(y)] + regularizer * E[U(x)^2 + U(y)^2]
 *
 *  x are data, and y are negative samples, points from the model's distribution q = exp(-U) / Z, which are treated as
 *  constants. If y is distributed as q and there is no regularizer, the gradient of L is that of -E log q(x). The
 *  trainer draws y: see egm_trainer_set_negatives.
 *  Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence". Differs from common code:
 *  the regularizer is off by default, because it fixes the constant of the energy; and a loss that is not finite is an
 *  error.
 *  Terms: energy_data, energy_negative, regularizer. Networks: energy [d] -> 1. Sign: U low = likely. */
EGM_API EGM_CHECKED egm_status egm_loss_ml(egm_loss **out, egm_model *energy, const egm_ml_options *options);

/* ---- generative adversarial networks */

/** What the discriminator minimises; what the generator minimises. r = l(x) and f = l(G(z)), where l is the output of
 *  the discriminator, a logit. */
enum {
	EGM_GAN_NON_SATURATING = 1,      /**< E sp(-r) + E sp(f); E sp(-f). Goodfellow et al. 2014 */
	EGM_GAN_MINIMAX = 2,             /**< the same for the discriminator; -E sp(f) */
	EGM_GAN_LEAST_SQUARES = 3,       /**< E (r-1)^2/2 + E f^2/2; E (f-1)^2/2. Mao et al. 2017 */
	EGM_GAN_HINGE = 4,               /**< E max(0, 1-r) + E max(0, 1+f); -E f. Lim and Ye 2017 */
	EGM_GAN_RELATIVISTIC = 5,        /**< E sp(f - r) over pairs of rows; E sp(r - f). Jolicoeur-Martineau 2019 */
	EGM_GAN_RELATIVISTIC_AVERAGE = 6 /**< (E sp(Ef - r) + E sp(f - Er))/2; (E sp(r - Ef) + E sp(Er - f))/2 */
};
/** Function h of a penalty E[h(g)] on the slope g of a network. g is the norm of the gradient over all dimensions of
 *  one sample, or with the FINITE kinds the slope of a chord between two points of the same pair. The gradient of the
 *  penalty is finite at g = 0, too. */
enum {
	EGM_PENALTY_TWO_SIDED = 1,        /**< (g - 1)^2. Gulrajani et al. 2017 */
	EGM_PENALTY_ONE_SIDED = 2,        /**< max(0, g - 1)^2. Petzka et al. 2018 */
	EGM_PENALTY_LINEAR = 3,           /**< max(g, 1): the objective has no minimum where W1 > penalty */
	EGM_PENALTY_ZERO_CENTERED = 4,    /**< g^2. Mescheder et al. 2018 (there with gamma / 2 = penalty) */
	EGM_PENALTY_FINITE_TWO_SIDED = 5, /**< (g - 1)^2 on chords between two interpolates */
	EGM_PENALTY_FINITE_LINEAR = 6     /**< max(g, 1) on such chords */
};
/** Points at which a penalty is taken. The FINITE kinds accept EGM_AT_INTERPOLATES only. */
enum {
	EGM_AT_INTERPOLATES = 1, /**< a x + (1-a) G(z), a ~ U[0,1), one for each pair */
	EGM_AT_REAL = 2,         /**< x */
	EGM_AT_FAKE = 3,         /**< G(z) */
	EGM_AT_BOTH = 4          /**< the mean over x and G(z) */
};

typedef struct egm_gan_options {
	size_t struct_size;
	int32_t form;                /**< EGM_GAN_*, default EGM_GAN_NON_SATURATING */
	int32_t discriminator_steps; /**< discriminator phases in a training step, >= 1, default 1 */
	int32_t generator_steps;     /**< generator phases after them, >= 1, default 1 */
	int32_t penalty_at;          /**< EGM_AT_*, default EGM_AT_REAL */
	double penalty;              /**< weight >= 0 of the zero-centred penalty on l, default 0 */
	double smoothing;            /**< s in [0, 1): the label of real rows is 1 - s; default 0. Not for hinge and the
	                                  relativistic forms, which have no labels */
	double step_penalty; /**< lambda >= 0 of the incremental regularizer, default 0; needs generator_steps >= 2 */
} egm_gan_options;

#define EGM_GAN_OPTIONS_INIT                                                        \
	{                                                                               \
		sizeof(egm_gan_options), EGM_GAN_NON_SATURATING, 1, 1, EGM_AT_REAL, 0, 0, 0 \
	}

/** Generative adversarial network.
 *
 *  discriminator phase:  as EGM_GAN_* says, + penalty * E||grad l||^2                        moves D
 *  generator phase:      as EGM_GAN_* says, + step_penalty * E||G(z) - G_old(z)||^2          moves G
 *  G_old is the generator as it was before the first of the generator_steps, in which the square is therefore 0. The
 *  square is summed over the dimensions of the data. With step_penalty = 1/(2 sigma^2) the term is the KL divergence
 *  between the joint distributions of (x, z), x = G(z) + sigma n, of new and old generator, which is an upper bound of
 *  that between their distributions of x.
 *  Source: Goodfellow et al. 2014; Su 2018, arXiv 1807.05936, for the step penalty. Su's code takes the mean over
 *  dimensions and multiplies by 5.
 *  Terms: discriminator, penalty, generator, step. Networks: discriminator [d] -> 1, generator [k] -> d.
 *  Sign: l high = real. */
EGM_API EGM_CHECKED egm_status egm_loss_gan(egm_loss **out, egm_model *discriminator, egm_model *generator,
                                            const egm_gan_options *options);

/* ---- variational autoencoder */

/** Distribution q(x|z) that the output of a decoder parametrises. */
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

/** Variational autoencoder.
 *
 *  L = E[-log q(x|z)] + beta * E[KL(p(z|x) || N(0, I))]
 *
 *  z = m(x) + s(x) n is drawn from the encoder's p(z|x) = N(m, diag s^2). At beta = 1, -L is a lower bound of E log
 *  q(x). Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", eq. 10 with one draw; beta: Higgins et al.
 *  2017. Differs: constants are kept, so that L is in nats. Terms: reconstruction, divergence. Networks: encoder [d] ->
 *  2k, means, then logarithms of variances; decoder as EGM_DECODER_* says. */
EGM_API EGM_CHECKED egm_status egm_loss_vae(egm_loss **out, egm_model *encoder, egm_model *decoder,
                                            const egm_vae_options *options);
/** Estimates the log likelihood of each row x [rows, d] under a VAE, in nats: log_likelihoods, f64 [rows].
 *
 *  The estimate is the importance-weighted bound log 1/S sum_s q(x|z_s) N(z_s) / p(z_s|x), z_s ~ p(z|x), S = `samples`
 *  >= 1. In the mean it is below log q(x) and rises to it as S grows. beta has no influence. The draws depend on (seed,
 *  row, s), so the value of a row does not depend on the other rows. Source: Burda et al. 2016, eq. 8.
 *
 *  EGM_ERR_ARGUMENT if `loss` is not from egm_loss_vae, or if x is outside of [0, 1] for EGM_DECODER_BERNOULLI.
 *  EGM_ERR_NONFINITE names the row; earlier rows may then have been written.
 *
 *  A step is one draw for each row of a block of 64 rows. If progress stops the call, it returns EGM_ERR_STOPPED. The
 *  first 64 * (done / samples) rows are then written, with `done` of the last report and the quotient rounded down;
 *  later rows are undefined. The callback may free the loss. */
EGM_API EGM_CHECKED egm_status egm_loss_vae_log_likelihood(const egm_loss *loss, egm_array x, int64_t samples,
                                                           uint64_t seed, egm_out log_likelihoods,
                                                           egm_progress_fn progress, void *user);

/* ---- adversarial autoencoder */

typedef struct egm_aae_options {
	size_t struct_size;
	int32_t form;                /**< EGM_GAN_*, default EGM_GAN_NON_SATURATING */
	int32_t discriminator_steps; /**< >= 1, default 1 */
	double reconstruction;       /**< weight >= 0 of the reconstruction, default 1 */
	double penalty;              /**< weight >= 0 of the zero-centred penalty at z, default 0 */
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
 *  Terms: discriminator, penalty, encoder, reconstruction. Networks: discriminator [k] -> 1, encoder [d] -> k,
 *  decoder G [k] -> d. */
EGM_API EGM_CHECKED egm_status egm_loss_aae(egm_loss **out, egm_model *discriminator, egm_model *encoder,
                                            egm_model *decoder, const egm_aae_options *options);

/* ---- adversarially learned inference, bidirectional GAN */

/** What generator and encoder minimise. p are the pairs (x, E(x)), and q the pairs (G(z), z). At D = 1/2 the gradients
 *  with respect to the logits of p and q are (-1/2, -1/2), (1/2, -1/2), (1/2, -1/2): `derived` differs from the others
 *  in that it moves the encoder to where the discriminator sees pairs of p. To match both distributions it needs
 *  full_terms. */
enum {
	EGM_ALI_DERIVED = 1, /**< -E_p log D - E_q log D */
	EGM_ALI_MINIMAX = 2, /**< E_p log D + E_q log(1 - D) */
	EGM_ALI_SWAPPED = 3  /**< -E_p log(1 - D) - E_q log D. Dumoulin et al. 2017, algorithm 1 */
};
/** Meaning of the output of an encoder or a generator. */
enum {
	EGM_CODER_POINT = 1,   /**< the value itself: n outputs for n dimensions */
	EGM_CODER_GAUSSIAN = 2 /**< a draw from N(m, diag s^2): 2n outputs, means, then logarithms of variances */
};

typedef struct egm_ali_options {
	size_t struct_size;
	int32_t form;                /**< EGM_ALI_*, default EGM_ALI_SWAPPED */
	int32_t discriminator_steps; /**< >= 1, default 1 */
	int32_t generator_steps;     /**< >= 1, default 1 */
	int32_t encoder;             /**< EGM_CODER_*, default EGM_CODER_POINT (BiGAN) */
	int32_t generator;           /**< EGM_CODER_*, default EGM_CODER_POINT */
	/** 1: adds the two terms below; needs EGM_ALI_DERIVED and two Gaussian networks. 0 (default): off. */
	int32_t full_terms;
	double penalty; /**< weight >= 0 of the zero-centred penalty at the pairs of p, default 0 */
} egm_ali_options;

#define EGM_ALI_OPTIONS_INIT                                                                   \
	{                                                                                          \
		sizeof(egm_ali_options), EGM_ALI_SWAPPED, 1, 1, EGM_CODER_POINT, EGM_CODER_POINT, 0, 0 \
	}

/** Adversarially learned inference: a discriminator of pairs (x, z).
 *
 *  discriminator phase:  -E_p log D(x, E(x)) - E_q log(1 - D(G(z), z))                     moves D
 *  generator phase:      as EGM_ALI_* says                                                 moves G and E
 *   full_terms:          + E KL(q(x|z) || q_old(x|z)) + E_q[log p_old(z|x) - log p(z|x)]
 *
 *  q_old and p_old are the networks as they were when the phase began. The two terms are the part of KL(q(x,z) ||
 *  p(x,z)) that the discriminator does not estimate. With EGM_ALI_DERIVED only the last one moves the encoder towards
 *  the pairs of the generator. Source: Dumoulin et al. 2017, "Adversarially learned inference"; Donahue et al. 2017
 *  (BiGAN). Terms: discriminator, penalty, generator, step, regression. Networks: discriminator [d+k] -> 1, x before z;
 *  generator [k] -> d or 2d; encoder [d] -> k or 2k. Sign: D high = pairs of p. */
EGM_API EGM_CHECKED egm_status egm_loss_ali(egm_loss **out, egm_model *discriminator, egm_model *generator,
                                            egm_model *encoder, const egm_ali_options *options);

/* ---- Wasserstein and loss-sensitive GAN */

typedef struct egm_wgan_options {
	size_t struct_size;
	int32_t penalty_kind; /**< EGM_PENALTY_*, default EGM_PENALTY_TWO_SIDED */
	int32_t penalty_at;   /**< EGM_AT_*, default EGM_AT_INTERPOLATES, the only one for the FINITE kinds */
	int32_t critic_steps; /**< critic phases in a training step, >= 1, default 5 */
	int32_t reserved;     /**< 0 */
	double penalty;       /**< lambda >= 0, default 10 */
	double clip; /**< c >= 0: after each update the critic's parameters are clipped to [-c, c]; 0 (default): never */
} egm_wgan_options;

#define EGM_WGAN_OPTIONS_INIT                                                             \
	{                                                                                     \
		sizeof(egm_wgan_options), EGM_PENALTY_TWO_SIDED, EGM_AT_INTERPOLATES, 5, 0, 10, 0 \
	}

/** Wasserstein GAN.
 *
 *  critic phase:     E[D(G(z))] - E[D(x)] + penalty * E[h(slope of D)]                     moves D
 *  generator phase:  -E[D(G(z))]                                                           moves G
 *
 *  The defaults are WGAN-GP. For the original form with clipped weights set clip and penalty 0; for spectral
 *  normalisation (Miyato et al. 2018) build the critic of egm_model_spectral_dense or egm_model_spectral_conv, usually
 *  with penalty 0.
 *  Source: Arjovsky et al. 2017, algorithm 1 (clip); Gulrajani et al. 2017, eq. 3. Differs from much public code: the
 *  norm runs over all dimensions of a sample, each sample has one interpolation weight, and the penalty is
 *  differentiated exactly.
 *  Terms: critic_real, critic_fake, penalty, generator; critic_real - critic_fake estimates the distance W1.
 *  Networks: critic [d] -> 1, generator [k] -> d.
 *  Sign: D high = real, so -D is an energy: to sample from it, negate weight and bias of the last layer of an
 *  egm_model_clone of the critic (egm_model_set_tensor). */
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
	double margin;        /**< factor >= 0 of the distance, default 1 */
	double slope;         /**< nu in [-1, 1] of max(a, nu a); 0 (default): LS-GAN; 1: the difference of WGAN */
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
 *
 *  Differs from the source: there is no separate term E[U(x)].
 *  Terms: energy_real and energy_fake, which are shown but not minimised, comparison, penalty, generator_energy.
 *  Networks: energy [d] -> 1, generator [k] -> d. Sign: U low = likely. */
EGM_API EGM_CHECKED egm_status egm_loss_ls_gan(egm_loss **out, egm_model *energy, egm_model *generator,
                                               const egm_ls_gan_options *options);

/* ---- a generator fitted to a histogram */

/** Divergence between the given distribution p on bins and that of the generator, q. */
enum {
	EGM_DIVERGENCE_KL = 1,         /**< KL(p || q) */
	EGM_DIVERGENCE_REVERSE_KL = 2, /**< KL(q || p) */
	EGM_DIVERGENCE_JEFFREYS = 3,   /**< the sum of both */
	EGM_DIVERGENCE_JS = 4          /**< Jensen-Shannon, at most log 2 */
};

typedef struct egm_histogram_options {
	size_t struct_size;
	int32_t divergence;  /**< EGM_DIVERGENCE_*, default EGM_DIVERGENCE_KL */
	int32_t reserved;    /**< 0 */
	double lower, upper; /**< the bins divide [lower, upper] into equal parts; -1 and 1 by default, or if both are 0 */
	double bandwidth;    /**< > 0, in bins, of the normal kernel on the generator's samples; default 0.5 */
	double floor;        /**< in (0, 1): the share of both distributions that is spread evenly over the bins, so that
	                          logarithms are finite; default 1e-4 */
} egm_histogram_options;

#define EGM_HISTOGRAM_OPTIONS_INIT                                            \
	{                                                                         \
		sizeof(egm_histogram_options), EGM_DIVERGENCE_KL, 0, -1, 1, 0.5, 1e-4 \
	}

/** A generator of one number, fitted to a histogram. Takes no data: call egm_trainer_fit with NULL.
 *
 *  masses [bins], bins >= 2, are numbers >= 0 of either dtype with any sum > 0; p are their shares. The loss is the
 *  divergence between p and the shares q of G(z), where a normal kernel spreads each sample over the bins, which makes
 *  q differentiable. Samples beyond [lower, upper] count to the outermost bins. At the minimum, G(z) plus the kernel's
 *  noise has the shares p: the variance of G(z) itself is smaller by (bandwidth * bin width)^2. The divergence of a
 *  batch of B rows is too high by about (bins - 1) / 2B, so use large batches.
 *  Terms: divergence, in nats. Networks: generator [k] -> 1. */
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

/** Denoising autoencoder.
 *
 *  L = E||r(x + sigma n) - x||^2
 *
 *  At the minimum r(y) is the mean of x given y = x + sigma n, and (r(y) - y) / sigma^2 is the score, grad log
 *  p_sigma(y), of the distribution of the data plus noise N(0, sigma^2 I). r(y) is not distributed as x, but narrower.
 *  Source: Vincent et al. 2008; the score: Alain and Bengio 2014. Terms: reconstruction. Networks: denoiser [d] -> d.
 */
EGM_API EGM_CHECKED egm_status egm_loss_dae(egm_loss **out, egm_model *denoiser, const egm_dae_options *options);

/* ---- generator from denoising density estimators */

typedef struct egm_dde_options {
	size_t struct_size;
	int32_t energy_steps; /**< phases of the generator's energy in a training step, >= 1, default 5 */
	int32_t reserved;     /**< 0 */
	double sigma; /**< standard deviation > 0 of the noise, the one that data_energy was trained with; default 0.3 */
} egm_dde_options;

#define EGM_DDE_OPTIONS_INIT               \
	{                                      \
		sizeof(egm_dde_options), 5, 0, 0.3 \
	}

/** A generator that minimises KL(q_sigma || p_sigma), q_sigma and p_sigma the distributions of G(z) and of the data
 *  plus noise N(0, sigma^2 I). Takes no data: call egm_trainer_fit with NULL.
 *
 *  energy phase:     E||sigma grad U_q(y + sigma n) - n||^2, y = G(z)                       moves U_q
 *  generator phase:  E[U_p(G(z) + sigma n) - U_q(G(z) + sigma n)]                           moves G
 *
 *  U_p is the data_energy, which egm_loss_dsm has trained before with the same sigma; it does not change. U_q is the
 *  sample_energy. If U_q = -log q_sigma, the generator's gradient is exactly that of the divergence.
 *  Source: Bigdeli et al. 2020, "Learning generative models using denoising density estimators", there with the
 *  opposite sign of the energies.
 *  Terms: score_matching, generator. Networks: data_energy [d] -> 1, sample_energy [d] -> 1, generator [k] -> d.
 *  Sign: U low = likely. */
EGM_API EGM_CHECKED egm_status egm_loss_dde(egm_loss **out, egm_model *data_energy, egm_model *sample_energy,
                                            egm_model *generator, const egm_dde_options *options);

/* ---- annealed denoising, explicit and sliced score matching */

/** Distribution that the noise level sigma of each row is drawn from. */
enum {
	EGM_SPACING_LINEAR = 1,   /**< sigma is uniform in [sigma_low, sigma_high] */
	EGM_SPACING_GEOMETRIC = 2 /**< log sigma is uniform in [log sigma_low, log sigma_high] */
};

typedef struct egm_annealed_dsm_options {
	size_t struct_size;
	int32_t spacing;  /**< EGM_SPACING_*, default EGM_SPACING_GEOMETRIC */
	int32_t reserved; /**< 0 */
	double sigma0;    /**< > 0, noise level of the distribution that U describes, in data units, default 0.1 */
	double sigma_low, sigma_high; /**< 0 < sigma_low <= sigma_high, in data units, defaults 0.05 and 1.2 */
} egm_annealed_dsm_options;

#define EGM_ANNEALED_DSM_OPTIONS_INIT                                              \
	{                                                                              \
		sizeof(egm_annealed_dsm_options), EGM_SPACING_GEOMETRIC, 0, 0.1, 0.05, 1.2 \
	}

/** Denoising score matching of one energy over many noise levels.
 *
 *  L = E||(sigma0^2/sigma) grad U(x + sigma n) - n||^2, sigma drawn for each row
 *
 *  That is the squared error of the denoiser y - sigma0^2 grad U(y), weighted by 1/sigma^2. With sigma_low = sigma_high
 *  = sigma0 it is egm_loss_dsm. To sample, use egm_sampler_annealed_langevin with `denoise` = sigma0. Source: Li, Chen,
 *  Sommer 2019, "Learning energy-based models in high-dimensional spaces with multi-scale denoising score matching".
 *  Terms: score_matching. Networks: energy [d] -> 1, with a smooth activation. Sign: U low = likely. */
EGM_API EGM_CHECKED egm_status egm_loss_annealed_dsm(egm_loss **out, egm_model *energy,
                                                     const egm_annealed_dsm_options *options);

/** How the Laplacian of U is computed. */
enum {
	EGM_SCORE_EXPLICIT = 1, /**< exactly: d second derivatives, d <= 64 */
	EGM_SCORE_SLICED = 2    /**< unbiased estimate v^T H v, v ~ N(0, I), H the Hessian of U */
};

typedef struct egm_score_matching_options {
	size_t struct_size;
	int32_t form;        /**< EGM_SCORE_*, default EGM_SCORE_SLICED */
	int32_t projections; /**< of EGM_SCORE_SLICED: directions v for each row, 1 to 64, default 1 */
} egm_score_matching_options;

#define EGM_SCORE_MATCHING_OPTIONS_INIT                         \
	{                                                           \
		sizeof(egm_score_matching_options), EGM_SCORE_SLICED, 1 \
	}

/** Score matching without noise.
 *
 *  L = E[||grad U(x)||^2 / 2 - Laplacian U(x)]
 *
 *  The minimum is U = -log p up to a constant. Give the energy a smooth activation: with relu and its relatives the
 *  Laplacian is 0, and only a constant U minimises L.
 *  Source: Hyvarinen 2005, theorem 1; sliced: Song et al. 2019, the form with reduced variance.
 *  Terms: score_matching. Networks: energy [d] -> 1. Sign: U low = likely. */
EGM_API EGM_CHECKED egm_status egm_loss_score_matching(egm_loss **out, egm_model *energy,
                                                       const egm_score_matching_options *options);

/* ---- a classifier */

typedef struct egm_cross_entropy_options {
	size_t struct_size;
	double label_smoothing; /**< s in [0, 1): the share of each row's weight that is spread evenly over the classes;
	                             default 0 */
} egm_cross_entropy_options;

#define EGM_CROSS_ENTROPY_OPTIONS_INIT       \
	{                                        \
		sizeof(egm_cross_entropy_options), 0 \
	}

/** A classifier.
 *
 *  L = E[-sum_k t_k log softmax(f(x))_k], in nats
 *
 *  A row of data has d + k columns: the point x, then its target t, which is one-hot for a label and contains
 *  probabilities in general. t is not checked or normalised: its sum is the weight of the row in the mean, so a row of
 *  zeros does not count. Label smoothing replaces t by (1 - s) t + s (sum t) / k. At the minimum softmax(f(x)) is
 *  E[t | x]; adding a constant to all k outputs changes nothing.
 *  Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs"; smoothing:
 *  Szegedy et al. 2016, "Rethinking the inception architecture for computer vision".
 *  Terms: cross_entropy. Networks: classifier [d] -> k logits, k >= 2. */
EGM_API EGM_CHECKED egm_status egm_loss_cross_entropy(egm_loss **out, egm_model *classifier,
                                                      const egm_cross_entropy_options *options);

#ifdef __cplusplus
}
#endif
#endif
