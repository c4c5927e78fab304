/* SPDX-License-Identifier: MIT */
#ifndef EGM_LOSS_H
#define EGM_LOSS_H

#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a training minimises: networks, the phases of a training step, and the terms of each phase.
 *
 *  Each kind of loss has one function that creates it from networks and an options struct. `options` may be NULL. The
 *  loss keeps its networks alive. A loss never changes, so several trainers may use it, one after the other.
 *
 *  Notation of this header:
 *  - [a] -> b is a network with a inputs and b outputs.
 *  - d is the number of columns of the data, and k is the number of dimensions of the latent variable z ~ N(0, I).
 *  - E is a mean over the mini-batch. ||.|| is the Euclidean norm of one row. n ~ N(0, I) is noise.
 *  - U is an energy: low U means likely, q(x) = exp(-U(x)) / Z.
 *  - G is a generator or decoder, and e is an encoder.
 *  - l is the output of a discriminator, a logit, and D = 1 / (1 + exp(-l)). sp(a) = log(1 + exp(a)) is softplus.
 *  - A phase trains only the networks that are named at the right of its formula.
 *
 *  Terms: a penalty, a regularizer or a reconstruction of weight 0 is not computed, and its term stays NaN. Exceptions,
 *  which are always computed and shown:
 *  - the penalty and the entropy of egm_loss_energy_gan;
 *  - the divergence of egm_loss_vae.
 *
 *  Errors of all functions that create a loss, in addition to those that each of them names:
 *  - EGM_ERR_ARGUMENT if an option is out of its range, or if it becomes 0 or infinite when converted to the networks'
 *    dtype. The message names the option;
 *  - EGM_ERR_ARGUMENT if two of the networks are the same handle; EGM_ERR_STATE if one is not built;
 *  - EGM_ERR_DTYPE if the networks do not all have the same dtype;
 *  - EGM_ERR_SHAPE if a network has another number of inputs or outputs than the others need;
 *  - EGM_ERR_ARGUMENT if a network contains egm_model_batch_norm and the loss differentiates it with respect to its
 *    input, because each row's gradient would depend on the other rows. That concerns:
 *    - the energies of egm_loss_dsm, egm_loss_annealed_dsm, egm_loss_score_matching and egm_loss_dde;
 *    - the energy of egm_loss_ml, because its chains follow that gradient;
 *    - an energy, critic or discriminator with a penalty of weight > 0. With weight 0 the energy of egm_loss_energy_gan
 *      may contain batch_norm, but the term of the penalty then stays NaN. */
typedef struct egm_loss egm_loss;

EGM_API void egm_loss_free(egm_loss *loss);

/** Returns the number of terms in all phases together. */
EGM_API int32_t egm_loss_term_count(const egm_loss *loss);
/** Returns the name of term `index`, from 0. The text belongs to the loss. NULL if there is no such term. */
EGM_API const char *egm_loss_term_name(const egm_loss *loss, int32_t index);

/* ---- energy GAN */
/** Estimator H of the generator's entropy. It also determines the information network of egm_loss_energy_gan: an
 *  encoder e, [d] -> k, for infogan; a statistics network T, [d+k] -> 1, for the others. */
enum {
	EGM_ENTROPY_INFOGAN = 1, /**< minus the squared error of an encoder. Kumar et al. 2019 */
	EGM_ENTROPY_JSD = 2,     /**< Jensen-Shannon bound on the information I(x; z) */
	EGM_ENTROPY_NWJ = 3,     /**< bound on I(x; z), exact at the optimum. Nguyen et al. 2010 */
	EGM_ENTROPY_DV = 4       /**< bound on I(x; z); its gradient uses a moving average. Belghazi et al. 2018 */
};
/** How z' is drawn for the pairs (x, z') of the product distribution p(x) p(z'). */
enum {
	EGM_MARGINAL_FRESH = 1,      /**< z' is a new draw; default */
	EGM_MARGINAL_DERANGEMENT = 2 /**< z' is z with its rows shifted by one, so no pair stays together; batch >= 2 */
};

typedef struct egm_energy_gan_options {
	size_t struct_size;
	int32_t entropy;       /**< EGM_ENTROPY_*, default EGM_ENTROPY_JSD */
	int32_t marginal;      /**< EGM_MARGINAL_*, default EGM_MARGINAL_FRESH */
	int32_t energy_steps;  /**< energy phases for each generator phase, >= 1, default 5 */
	int32_t reserved;      /**< must be 0 */
	double penalty;        /**< weight >= 0 of the penalty, default 0.1, which suits 2 columns. Images need about 10,
	                            energies that are to score rows about 100 */
	double entropy_weight; /**< weight >= 0 of the entropy, default 1 */
	/** Standard deviation sigma >= 0, in data units, of noise on the rows that the bound reads: x = G(z) + sigma n.
	 *  infogan ignores it. 0 (default) is the published setting: if the generator is injective, I(G(z); z) is infinite,
	 *  and only the smoothness of the statistics network then yields a gradient. With sigma > 0 the information is
	 *  finite, and its gradient tends to that of the entropy. */
	double noise;
	double dv_decay; /**< for EGM_ENTROPY_DV: decay in [0, 1) of the moving average, default 0.99 */
} egm_energy_gan_options;

#define EGM_ENERGY_GAN_OPTIONS_INIT                                                                \
	{                                                                                              \
		sizeof(egm_energy_gan_options), EGM_ENTROPY_JSD, EGM_MARGINAL_FRESH, 5, 0, 0.1, 1, 0, 0.99 \
	}

/** Creates the loss of an energy GAN: an energy, and a generator of samples with low energy and high entropy.
 *
 *    energy phase:     E[U(x)] - E[U(G(z))] + penalty * E||grad U(x)||^2, x data              trains U
 *    generator phase:  E[U(G(z))] - entropy_weight * H                       trains G and the information network
 *
 *  The option `entropy` chooses H, where z' is drawn as the option `marginal` says:
 *
 *    infogan  -E||z - e(G(z))||^2
 *    jsd      E[-sp(-T(x, z))] - E[sp(T(x, z'))]
 *    nwj      E[T(x, z)] - E[exp(T(x, z') - 1)]
 *    dv       E[T(x, z)] - log E[exp T(x, z')], whose gradient divides by a moving average of E[exp T(x, z')]
 *
 *  Networks: energy [d] -> 1; generator [k] -> d; information as EGM_ENTROPY_* says, with the columns of x before those
 *  of z. A constant added to U changes nothing. Terms: energy_real, energy_fake, penalty, generator_energy, entropy.
 *  The entropy is H. With the best T it is I(x; z) in nats for nwj and dv. For jsd it is 2 JS - 2 log 2, where JS is
 *  the Jensen-Shannon divergence between the joint and the product distribution of x and z.
 *  Source: Kumar, Ozair, Goyal, Courville, Bengio 2019, "Maximum Entropy Generators for Energy-Based Models",
 *  algorithm 1. Differences from the authors' code:
 *  - the norm in the penalty runs over all dimensions of a sample, not over channels;
 *  - z' is a new draw, not a permutation with fixed points;
 *  - H is the bound itself: for jsd, -2 times the mean of the 2B cross-entropies of a batch of B rows. */
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

/** Creates the loss of denoising score matching: an energy whose gradient predicts the noise in noisy data.
 *
 *    L = E||sigma grad U(x + sigma n) - n||^2
 *
 *  The minimum is U = -log p_sigma up to a constant, where p_sigma is the distribution of the data plus noise
 *  N(0, sigma^2 I). r(y) = y - sigma^2 grad U(y) is then the mean of x given y = x + sigma n.
 *  Networks: energy [d] -> 1, with a smooth activation. With relu and its relatives the second derivative is zero
 *  almost everywhere, and smooth distributions cannot be represented. Terms: score_matching.
 *  Source: Vincent 2011, "A connection between score matching and denoising autoencoders", eq. 10, times 2 sigma^2. */
EGM_API EGM_CHECKED egm_status egm_loss_dsm(egm_loss **out, egm_model *energy, const egm_dsm_options *options);

/* ---- maximum likelihood */
typedef struct egm_ml_options {
	size_t struct_size;
	double regularizer; /**< weight >= 0 of the regularizer, default 0 */
} egm_ml_options;

#define EGM_ML_OPTIONS_INIT       \
	{                             \
		sizeof(egm_ml_options), 0 \
	}

/** Creates the loss of maximum likelihood: an energy that is low at data and high at samples of its own distribution.
 *
 *    L = E[U(x)] - E[U(y)] + regularizer * E[U(x)^2 + U(y)^2]
 *
 *  x are data. y are negative samples: points from the model's distribution q = exp(-U) / Z, which are not
 *  differentiated. The trainer draws them with Markov chains, see egm_trainer_set_negatives. If y is distributed as q
 *  and there is no regularizer, the gradient of L is that of -E log q(x).
 *  Networks: energy [d] -> 1. Terms: energy_data, energy_negative, regularizer.
 *  Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence". Differences:
 *  - the regularizer is off by default, because it fixes the constant of the energy;
 *  - a loss that is not finite is an error. */
EGM_API EGM_CHECKED egm_status egm_loss_ml(egm_loss **out, egm_model *energy, const egm_ml_options *options);

/* ---- generative adversarial networks */
/** Objectives of a discriminator and its generator, as "discriminator; generator". r = l(x) at data, f = l(G(z)). */
enum {
	EGM_GAN_NON_SATURATING = 1,      /**< E sp(-r) + E sp(f); E sp(-f). Goodfellow et al. 2014 */
	EGM_GAN_MINIMAX = 2,             /**< E sp(-r) + E sp(f); -E sp(f). Goodfellow et al. 2014 */
	EGM_GAN_LEAST_SQUARES = 3,       /**< E (r-1)^2/2 + E f^2/2; E (f-1)^2/2. Mao et al. 2017 */
	EGM_GAN_HINGE = 4,               /**< E max(0, 1-r) + E max(0, 1+f); -E f. Lim and Ye 2017 */
	EGM_GAN_RELATIVISTIC = 5,        /**< E sp(f - r) over pairs of rows; E sp(r - f). Jolicoeur-Martineau 2019 */
	EGM_GAN_RELATIVISTIC_AVERAGE = 6 /**< (E sp(Ef - r) + E sp(f - Er))/2; (E sp(r - Ef) + E sp(Er - f))/2 */
};
/** Function h of a penalty E[h(g)]. g is the norm of the network's gradient with respect to all dimensions of one
 *  sample. With the FINITE kinds, g is the slope of a chord between two points of the same pair (x, G(z)). The gradient
 *  of the penalty is finite at g = 0, too. */
enum {
	EGM_PENALTY_TWO_SIDED = 1,        /**< (g - 1)^2. Gulrajani et al. 2017 */
	EGM_PENALTY_ONE_SIDED = 2,        /**< max(0, g - 1)^2. Petzka et al. 2018 */
	EGM_PENALTY_LINEAR = 3,           /**< max(g, 1). The objective has no minimum if the distance W1 > penalty */
	EGM_PENALTY_ZERO_CENTERED = 4,    /**< g^2. Mescheder et al. 2018, whose gamma / 2 is `penalty` */
	EGM_PENALTY_FINITE_TWO_SIDED = 5, /**< (g - 1)^2 on the chord between two interpolates */
	EGM_PENALTY_FINITE_LINEAR = 6     /**< max(g, 1) on such a chord */
};
/** Points at which a penalty is computed. The FINITE kinds accept only EGM_AT_INTERPOLATES. */
enum {
	EGM_AT_INTERPOLATES = 1, /**< a x + (1-a) G(z), with one a ~ U[0, 1) for each pair of rows */
	EGM_AT_REAL = 2,         /**< x */
	EGM_AT_FAKE = 3,         /**< G(z) */
	EGM_AT_BOTH = 4          /**< x and G(z): the mean over all of them */
};

typedef struct egm_gan_options {
	size_t struct_size;
	int32_t form;                /**< EGM_GAN_*, default EGM_GAN_NON_SATURATING */
	int32_t discriminator_steps; /**< discriminator phases in a training step, >= 1, default 1 */
	int32_t generator_steps;     /**< generator phases after them, >= 1, default 1 */
	int32_t penalty_at;          /**< EGM_AT_*, default EGM_AT_REAL */
	double penalty;              /**< weight >= 0 of the zero-centred penalty on l, default 0 */
	double smoothing;            /**< s in [0, 1), default 0: real rows have the label 1 - s. Must be 0 for hinge and
	                                  the relativistic forms, which have no labels */
	double step_penalty; /**< weight >= 0 of the incremental regularizer, default 0; needs generator_steps >= 2 */
} egm_gan_options;

#define EGM_GAN_OPTIONS_INIT                                                        \
	{                                                                               \
		sizeof(egm_gan_options), EGM_GAN_NON_SATURATING, 1, 1, EGM_AT_REAL, 0, 0, 0 \
	}

/** Creates the loss of a generative adversarial network: a discriminator of real rows x from generated rows G(z).
 *
 *    discriminator phase:  its objective in EGM_GAN_* + penalty * E||grad l||^2               trains D
 *    generator phase:      its objective in EGM_GAN_* + step_penalty * E||G(z) - G_old(z)||^2 trains G
 *
 *  G_old is the generator as it was before the first generator phase of the training step, so the step penalty is 0 in
 *  that phase. Its square is summed over the dimensions of the data. With step_penalty = 1/(2 sigma^2) it is the KL
 *  divergence between the joint distributions of (x, z) of the new and the old generator, where x = G(z) + sigma n.
 *  This is an upper bound of the divergence between their distributions of x.
 *  Networks: discriminator [d] -> 1, generator [k] -> d. Sign: high l means real. Terms: discriminator, penalty,
 *  generator, step.
 *  Source: Goodfellow et al. 2014; step penalty: Su 2018, arXiv 1807.05936, whose code computes the mean over
 *  dimensions instead of the sum, and multiplies it by 5. */
EGM_API EGM_CHECKED egm_status egm_loss_gan(egm_loss **out, egm_model *discriminator, egm_model *generator,
                                            const egm_gan_options *options);

/* ---- variational autoencoder */
/** Distribution q(x|z) that the output of a decoder describes. */
enum {
	EGM_DECODER_GAUSSIAN = 1,         /**< decoder [k] -> d, the means of N(mean, sigma^2 I); sigma is an option */
	EGM_DECODER_GAUSSIAN_LEARNED = 2, /**< decoder [k] -> 2d: means, then logarithms of variances */
	EGM_DECODER_BERNOULLI = 3         /**< decoder [k] -> d: logits. The data are in [0, 1] */
};

typedef struct egm_vae_options {
	size_t struct_size;
	int32_t decoder;  /**< EGM_DECODER_*, default EGM_DECODER_GAUSSIAN */
	int32_t reserved; /**< must be 0 */
	double sigma;     /**< standard deviation > 0 of EGM_DECODER_GAUSSIAN, in data units, default 1 */
	double beta;      /**< weight >= 0 of the divergence, default 1, which makes the objective a bound */
} egm_vae_options;

#define EGM_VAE_OPTIONS_INIT                                   \
	{                                                          \
		sizeof(egm_vae_options), EGM_DECODER_GAUSSIAN, 0, 1, 1 \
	}

/** Creates the loss of a variational autoencoder: an encoder to a distribution of z, and a decoder back to x.
 *
 *    L = E[-log q(x|z)] + beta * E[KL(p(z|x) || N(0, I))]
 *
 *  z = m(x) + s(x) n is a draw from the encoder's distribution p(z|x) = N(m, diag s^2). With beta = 1, -L is a lower
 *  bound of E log q(x).
 *  Networks: encoder [d] -> 2k, means m, then logarithms of the variances s^2; decoder as EGM_DECODER_* says. Terms:
 *  reconstruction, divergence. L is in nats, because constants are kept; other code often drops them.
 *  Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", eq. 10, one draw; beta: Higgins et al. 2017. */
EGM_API EGM_CHECKED egm_status egm_loss_vae(egm_loss **out, egm_model *encoder, egm_model *decoder,
                                            const egm_vae_options *options);
/** Estimates the log likelihood of each row of x [rows, d] under a variational autoencoder.
 *
 *  log_likelihoods, f64 [rows], receives the importance-weighted bounds, in nats:
 *
 *    log 1/S sum_s q(x|z_s) N(z_s; 0, I) / p(z_s|x),  z_s ~ p(z|x),  S = `samples` >= 1.
 *
 *  The mean of a bound over seeds is below log q(x), and rises to log q(x) as S grows. beta has no influence. x has the
 *  networks' dtype. The draws depend only on (seed, row, s), so the result for a row does not depend on the other rows.
 *  `progress` may be NULL. A step is one draw for each row of a block of 64 rows. The callback may free the loss.
 *
 *  Errors:
 *  - EGM_ERR_ARGUMENT if `loss` is not from egm_loss_vae;
 *  - EGM_ERR_ARGUMENT if a number of x is outside of [0, 1] and the decoder is EGM_DECODER_BERNOULLI;
 *  - EGM_ERR_NONFINITE if a number of x or an importance weight is not finite. The message names the row; earlier rows
 *    may have been written;
 *  - EGM_ERR_STOPPED if `progress` stopped the call. The first 64 * (done / samples) rows are then written, where
 *    `done` is that of the last report and the quotient is rounded down. Later rows are undefined.
 *  Source: Burda et al. 2016, "Importance weighted autoencoders", eq. 8. */
EGM_API EGM_CHECKED egm_status egm_loss_vae_log_likelihood(const egm_loss *loss, egm_array x, int64_t samples,
                                                           uint64_t seed, egm_out log_likelihoods,
                                                           egm_progress_fn progress, void *user);

/* ---- adversarial autoencoder */
typedef struct egm_aae_options {
	size_t struct_size;
	int32_t form;                /**< EGM_GAN_*, default EGM_GAN_NON_SATURATING */
	int32_t discriminator_steps; /**< discriminator phases in a training step, >= 1, default 1 */
	double reconstruction;       /**< weight >= 0 of the reconstruction, default 1 */
	double penalty;              /**< weight >= 0 of the zero-centred penalty at z, default 0 */
} egm_aae_options;

#define EGM_AAE_OPTIONS_INIT                                     \
	{                                                            \
		sizeof(egm_aae_options), EGM_GAN_NON_SATURATING, 1, 1, 0 \
	}

/** Creates the loss of an adversarial autoencoder: a GAN of latent codes, whose generator is an encoder, and a decoder.
 *
 *    discriminator phase:  its objective in EGM_GAN_*, z ~ N(0, I) real, e(x) generated
 *                          + penalty * E||grad l(z)||^2                                       trains D
 *    autoencoder phase:    the generator's objective in EGM_GAN_*, at e(x)
 *                          + reconstruction * E||x - G(e(x))||^2                              trains e and G
 *
 *  Networks: discriminator [k] -> 1, encoder e [d] -> k, decoder G [k] -> d. Sign: high l means a draw of N(0, I).
 *  Terms: discriminator, penalty, encoder, reconstruction.
 *  Source: Makhzani et al. 2016, who minimise the reconstruction in a phase of its own. */
EGM_API EGM_CHECKED egm_status egm_loss_aae(egm_loss **out, egm_model *discriminator, egm_model *encoder,
                                            egm_model *decoder, const egm_aae_options *options);

/* ---- adversarially learned inference, bidirectional GAN */
/** Objective of generator and encoder. p is the distribution of the pairs (x, e(x)), and q that of the pairs (G(z), z).
 *
 *  At D = 1/2 the gradient with respect to the logits of p and q is (1/2, -1/2), but (-1/2, -1/2) with EGM_ALI_DERIVED,
 *  which thus moves the encoder to where the discriminator sees pairs of p. To match p and q it needs full_terms. */
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
	int32_t discriminator_steps; /**< discriminator phases in a training step, >= 1, default 1 */
	int32_t generator_steps;     /**< generator phases after them, >= 1, default 1 */
	int32_t encoder;             /**< EGM_CODER_*, default EGM_CODER_POINT (BiGAN) */
	int32_t generator;           /**< EGM_CODER_*, default EGM_CODER_POINT */
	int32_t full_terms;          /**< 1: adds two terms; needs EGM_ALI_DERIVED and two Gaussian networks. Default 0 */
	double penalty;              /**< weight >= 0 of the zero-centred penalty at the pairs of p, default 0 */
} egm_ali_options;

#define EGM_ALI_OPTIONS_INIT                                                                   \
	{                                                                                          \
		sizeof(egm_ali_options), EGM_ALI_SWAPPED, 1, 1, EGM_CODER_POINT, EGM_CODER_POINT, 0, 0 \
	}

/** Creates the loss of adversarially learned inference: a discriminator of pairs (x, z), a generator and an encoder.
 *
 *    discriminator phase:  -E_p log D(x, e(x)) - E_q log(1 - D(G(z), z)) + penalty * E_p||grad l||^2  trains D
 *    generator phase:      its objective in EGM_ALI_*, and with full_terms                            trains G and e
 *                          + E KL(q(x|z) || q_old(x|z)) + E_q[log p_old(z|x) - log p(z|x)]
 *
 *  q_old and p_old are the networks as they were before the first generator phase of the training step. The two full
 *  terms are the part of KL(q(x,z) || p(x,z)) that the discriminator does not estimate. With EGM_ALI_DERIVED only the
 *  second of them moves the encoder towards the pairs of the generator.
 *  Networks: discriminator [d+k] -> 1, with the columns of x before those of z; generator [k] -> d, or 2d if Gaussian;
 *  encoder [d] -> k, or 2k if Gaussian. Sign: high D means a pair of p. Terms: discriminator, penalty, generator, step,
 *  regression. The last two are the full terms.
 *  Source: Dumoulin et al. 2017, "Adversarially learned inference"; Donahue et al. 2017 (BiGAN). */
EGM_API EGM_CHECKED egm_status egm_loss_ali(egm_loss **out, egm_model *discriminator, egm_model *generator,
                                            egm_model *encoder, const egm_ali_options *options);

/* ---- Wasserstein and loss-sensitive GAN */
typedef struct egm_wgan_options {
	size_t struct_size;
	int32_t penalty_kind; /**< EGM_PENALTY_*, default EGM_PENALTY_TWO_SIDED */
	int32_t penalty_at;   /**< EGM_AT_*, default EGM_AT_INTERPOLATES, the only one for the FINITE kinds */
	int32_t critic_steps; /**< critic phases in a training step, >= 1, default 5 */
	int32_t reserved;     /**< must be 0 */
	double penalty;       /**< weight >= 0 of the penalty, default 10 */
	double clip;          /**< c >= 0: each update clips the critic's parameters to [-c, c]; 0 (default): no clipping */
} egm_wgan_options;

#define EGM_WGAN_OPTIONS_INIT                                                             \
	{                                                                                     \
		sizeof(egm_wgan_options), EGM_PENALTY_TWO_SIDED, EGM_AT_INTERPOLATES, 5, 0, 10, 0 \
	}

/** Creates the loss of a Wasserstein GAN: a critic D whose gradient is penalised, and a generator.
 *
 *    critic phase:     E[D(G(z))] - E[D(x)] + penalty * E[h(g)]                               trains D
 *    generator phase:  -E[D(G(z))]                                                            trains G
 *
 *  The options penalty_kind and penalty_at choose h and the points at which g is the norm of grad D. Usual settings:
 *  - the defaults: WGAN-GP;
 *  - `clip` > 0 and penalty 0: the original form, with clipped weights;
 *  - a critic of spectral layers, such as egm_model_spectral_dense, and usually penalty 0: Miyato et al. 2018.
 *  Networks: critic D [d] -> 1, generator [k] -> d. Sign: high D means real, so -D is an energy. To sample from it,
 *  negate weight and bias of the last layer of an egm_model_clone of the critic (egm_model_set_tensor). Terms:
 *  critic_real, critic_fake, penalty, generator. critic_real - critic_fake estimates the distance W1.
 *  Source: Arjovsky et al. 2017, algorithm 1 (clip); Gulrajani et al. 2017, eq. 3. Differences from much public code:
 *  - the norm runs over all dimensions of a sample;
 *  - each sample has one interpolation weight;
 *  - the penalty is differentiated exactly. */
EGM_API EGM_CHECKED egm_status egm_loss_wgan(egm_loss **out, egm_model *critic, egm_model *generator,
                                             const egm_wgan_options *options);

/** Distance ||x - y|| between a real and a generated row. */
enum {
	EGM_MARGIN_L1 = 1, /**< sum of |x_i - y_i| */
	EGM_MARGIN_L2 = 2  /**< square root of the sum of (x_i - y_i)^2 */
};

typedef struct egm_ls_gan_options {
	size_t struct_size;
	int32_t margin_norm;  /**< EGM_MARGIN_*, default EGM_MARGIN_L1 */
	int32_t energy_steps; /**< energy phases in a training step, >= 1, default 1 */
	double margin;        /**< factor >= 0 of the distance, in units of energy per data unit, default 1 */
	double slope;         /**< in [-1, 1], slope of c(a) at a < 0. 0 (default): LS-GAN; 1: the difference of a WGAN */
	double penalty;       /**< weight >= 0 of the zero-centred penalty at interpolates, default 0 */
} egm_ls_gan_options;

#define EGM_LS_GAN_OPTIONS_INIT                               \
	{                                                         \
		sizeof(egm_ls_gan_options), EGM_MARGIN_L1, 1, 1, 0, 0 \
	}

/** Creates the loss of a loss-sensitive GAN: an energy that separates data from generated rows by a margin.
 *
 *    energy phase:     E[c(margin * ||x - G(z)|| + U(x) - U(G(z)))] + penalty * E||grad U||^2  trains U
 *    generator phase:  E[U(G(z))]                                                              trains G
 *
 *  c(a) = max(a, slope * a); a slope other than 0 is the generalised form of the source.
 *  Networks: energy [d] -> 1, generator [k] -> d. Terms: energy_real, energy_fake, comparison, penalty,
 *  generator_energy. The first two are shown, but not minimised.
 *  Source: Qi 2020, "Loss-sensitive generative adversarial networks on Lipschitz densities". Difference: there is no
 *  separate term E[U(x)]. */
EGM_API EGM_CHECKED egm_status egm_loss_ls_gan(egm_loss **out, egm_model *energy, egm_model *generator,
                                               const egm_ls_gan_options *options);

/* ---- a generator fitted to a histogram */
/** Divergence between the given distribution p on bins and the generator's distribution q on these bins. */
enum {
	EGM_DIVERGENCE_KL = 1,         /**< KL(p || q) */
	EGM_DIVERGENCE_REVERSE_KL = 2, /**< KL(q || p) */
	EGM_DIVERGENCE_JEFFREYS = 3,   /**< KL(p || q) + KL(q || p) */
	EGM_DIVERGENCE_JS = 4          /**< Jensen-Shannon, at most log 2 */
};

typedef struct egm_histogram_options {
	size_t struct_size;
	int32_t divergence;  /**< EGM_DIVERGENCE_*, default EGM_DIVERGENCE_KL */
	int32_t reserved;    /**< must be 0 */
	double lower, upper; /**< lower < upper, in data units: ends of the first and the last of the equal bins. Default -1
	                          and 1, also if both are 0 */
	double bandwidth;    /**< standard deviation > 0 of the normal kernel on each sample, in bins, default 0.5 */
	double floor;        /**< in (0, 1), default 1e-4: share of p and q that is spread evenly over the bins, so that
	                          logarithms are finite */
} egm_histogram_options;

#define EGM_HISTOGRAM_OPTIONS_INIT                                            \
	{                                                                         \
		sizeof(egm_histogram_options), EGM_DIVERGENCE_KL, 0, -1, 1, 0.5, 1e-4 \
	}

/** Creates the loss of a generator of one number that is fitted to a histogram.
 *
 *  `masses` [bins], of either dtype, are numbers >= 0 with any sum > 0. p are the masses divided by their sum. The loss
 *  is the divergence between p and q, the shares of G(z) in the bins. A normal kernel spreads each sample over the
 *  bins, which makes q differentiable. Samples outside of [lower, upper] count in the outermost bins. The loss reads no
 *  data: call egm_trainer_fit with NULL.
 *
 *  At the minimum, G(z) plus the kernel's noise has the shares p, so the variance of G(z) itself is smaller by
 *  (bandwidth * bin width)^2. Use large batches: with B rows the divergence is too high by about (bins - 1) / (2 B).
 *  Networks: generator [k] -> 1. Terms: divergence, in nats.
 *
 *  Errors in addition to those of egm_loss:
 *  - EGM_ERR_SHAPE unless masses has 2 to 2^20 numbers;
 *  - EGM_ERR_ARGUMENT if a mass is negative or not finite, or if their sum is 0;
 *  - EGM_ERR_ARGUMENT if the networks' dtype cannot represent the bins, the bandwidth or the floor of one bin. */
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

/** Creates the loss of a denoising autoencoder: a network r that removes the noise from noisy data.
 *
 *    L = E||r(x + sigma n) - x||^2
 *
 *  At the minimum r(y) is the mean of x given y = x + sigma n. (r(y) - y) / sigma^2 is then the score grad log
 *  p_sigma(y), where p_sigma is the distribution of the data plus noise N(0, sigma^2 I). The distribution of r(y) is
 *  narrower than that of x.
 *  Networks: denoiser r [d] -> d. Terms: reconstruction.
 *  Source: Vincent et al. 2008; the score: Alain and Bengio 2014. */
EGM_API EGM_CHECKED egm_status egm_loss_dae(egm_loss **out, egm_model *denoiser, const egm_dae_options *options);

/* ---- generator from denoising density estimators */
typedef struct egm_dde_options {
	size_t struct_size;
	int32_t energy_steps; /**< energy phases in a training step, >= 1, default 5 */
	int32_t reserved;     /**< must be 0 */
	double sigma;         /**< standard deviation > 0 of the noise, in data units: that of data_energy; default 0.3 */
} egm_dde_options;

#define EGM_DDE_OPTIONS_INIT               \
	{                                      \
		sizeof(egm_dde_options), 5, 0, 0.3 \
	}

/** Creates the loss of a generator that minimises KL(q_sigma || p_sigma) with two denoising density estimators.
 *
 *    energy phase:     E||sigma grad U_q(y + sigma n) - n||^2, y = G(z)                        trains U_q
 *    generator phase:  E[U_p(G(z) + sigma n) - U_q(G(z) + sigma n)]                            trains G
 *
 *  q_sigma and p_sigma are the distributions of G(z) and of the data, each plus noise N(0, sigma^2 I). U_p is
 *  data_energy, which must have been trained before, with egm_loss_dsm and the same sigma. It does not change. U_q is
 *  sample_energy. If U_q = -log q_sigma, the gradient of the generator is exactly that of the divergence. The loss
 *  reads no data: call egm_trainer_fit with NULL.
 *  Networks: data_energy [d] -> 1, sample_energy [d] -> 1, generator [k] -> d. Terms: score_matching, generator.
 *  Source: Bigdeli et al. 2020, "Learning generative models using denoising density estimators", whose energies have
 *  the opposite sign. */
EGM_API EGM_CHECKED egm_status egm_loss_dde(egm_loss **out, egm_model *data_energy, egm_model *sample_energy,
                                            egm_model *generator, const egm_dde_options *options);

/* ---- annealed denoising, explicit and sliced score matching */
/** Distribution from which the noise level sigma of each row is drawn. */
enum {
	EGM_SPACING_LINEAR = 1,   /**< sigma is uniform in [sigma_low, sigma_high] */
	EGM_SPACING_GEOMETRIC = 2 /**< log sigma is uniform in [log sigma_low, log sigma_high] */
};

typedef struct egm_annealed_dsm_options {
	size_t struct_size;
	int32_t spacing;  /**< EGM_SPACING_*, default EGM_SPACING_GEOMETRIC */
	int32_t reserved; /**< must be 0 */
	double sigma0;    /**< noise level > 0 of the distribution that U describes, in data units, default 0.1 */
	double sigma_low, sigma_high; /**< 0 < sigma_low <= sigma_high, in data units, default 0.05 and 1.2 */
} egm_annealed_dsm_options;

#define EGM_ANNEALED_DSM_OPTIONS_INIT                                              \
	{                                                                              \
		sizeof(egm_annealed_dsm_options), EGM_SPACING_GEOMETRIC, 0, 0.1, 0.05, 1.2 \
	}

/** Creates the loss of annealed denoising score matching: one energy over many noise levels.
 *
 *    L = E||(sigma0^2/sigma) grad U(x + sigma n) - n||^2, with a sigma of its own for each row
 *
 *  This is the squared error of the denoiser y - sigma0^2 grad U(y), weighted by 1/sigma^2. If sigma_low = sigma_high =
 *  sigma0, it is egm_loss_dsm. To sample, use egm_sampler_annealed_langevin with `denoise` = sigma0.
 *  Networks: energy [d] -> 1, with a smooth activation as for egm_loss_dsm. Terms: score_matching.
 *  Source: Li, Chen, Sommer 2019, "Learning energy-based models in high-dimensional spaces with multi-scale denoising
 *  score matching". */
EGM_API EGM_CHECKED egm_status egm_loss_annealed_dsm(egm_loss **out, egm_model *energy,
                                                     const egm_annealed_dsm_options *options);

/** How the Laplacian of U is computed. */
enum {
	EGM_SCORE_EXPLICIT = 1, /**< exactly, by d second derivatives; d <= 64, else EGM_ERR_UNSUPPORTED */
	EGM_SCORE_SLICED = 2    /**< as the unbiased estimate v^T H v, v ~ N(0, I), where H is the Hessian of U */
};

typedef struct egm_score_matching_options {
	size_t struct_size;
	int32_t form;        /**< EGM_SCORE_*, default EGM_SCORE_SLICED */
	int32_t projections; /**< for EGM_SCORE_SLICED: directions v for each row, 1 to 64, default 1 */
} egm_score_matching_options;

#define EGM_SCORE_MATCHING_OPTIONS_INIT                         \
	{                                                           \
		sizeof(egm_score_matching_options), EGM_SCORE_SLICED, 1 \
	}

/** Creates the loss of score matching without noise: an energy whose gradient is that of -log p.
 *
 *    L = E[||grad U(x)||^2 / 2 - Laplacian U(x)]
 *
 *  The minimum is U = -log p up to a constant, where p is the distribution of the data.
 *  Networks: energy [d] -> 1, with a smooth activation. With relu and its relatives the Laplacian is 0, and only a
 *  constant U minimises L. Terms: score_matching.
 *  Source: Hyvarinen 2005, theorem 1; sliced: Song et al. 2019, the form with reduced variance. */
EGM_API EGM_CHECKED egm_status egm_loss_score_matching(egm_loss **out, egm_model *energy,
                                                       const egm_score_matching_options *options);

/* ---- a classifier */
typedef struct egm_cross_entropy_options {
	size_t struct_size;
	double label_smoothing; /**< s in [0, 1), default 0: share of a target that is spread evenly over the classes */
} egm_cross_entropy_options;

#define EGM_CROSS_ENTROPY_OPTIONS_INIT       \
	{                                        \
		sizeof(egm_cross_entropy_options), 0 \
	}

/** Creates the loss of a classifier f.
 *
 *    L = E[-sum_j t_j log softmax(f(x))_j], in nats, j = 1 .. k
 *
 *  A row of the data has d + k columns: the point x, then its target t. t is one-hot for a label, and contains the
 *  probabilities of the classes in general. t is neither checked nor normalised: its sum is the weight of the row in
 *  the mean, so a row whose t is 0 does not count. Label smoothing replaces t by (1 - s) t + s (sum t) / k. At the
 *  minimum softmax(f(x)) is E[t | x]. A constant added to all k outputs changes nothing.
 *  Networks: classifier f [d] -> k logits, k >= 2; EGM_ERR_SHAPE if it has 1 output. Terms: cross_entropy.
 *  Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs"; smoothing:
 *  Szegedy et al. 2016, "Rethinking the inception architecture for computer vision". */
EGM_API EGM_CHECKED egm_status egm_loss_cross_entropy(egm_loss **out, egm_model *classifier,
                                                      const egm_cross_entropy_options *options);

#ifdef __cplusplus
}
#endif
#endif
