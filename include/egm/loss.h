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
/** Number of terms, over all phases. */
EGM_API int32_t egm_loss_term_count(const egm_loss *loss);
/** Name of term `index`, borrowed; NULL when there is none. */
EGM_API const char *egm_loss_term_name(const egm_loss *loss, int32_t index);

/** How the entropy of the generator is held up; the third net of egm_energy_gan_create depends on it. */
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

EGM_API egm_status egm_energy_gan_options_init(egm_energy_gan_options *options, size_t size);

/** Energy GAN with a maximum-entropy generator.
 *
 *  energy phase:     E[U(x)] - E[U(G(z))] + penalty * E||grad_x U(x)||^2            x real, z ~ N(0, I); moves U
 *  generator phase:  E[U(G(z))] - entropy_weight * H                                 moves G and the third net
 *  H by `entropy`:   infogan  -E||z - E(G(z))||^2
 *                    jsd      E[-sp(-T(x, z))] - E[sp(T(x, z'))]                    sp = softplus
 *                    nwj      E[T(x, z)] - E[exp(T(x, z') - 1)]
 *                    dv       E[T(x, z)] - log E[exp T(x, z')]
 *  Source: Kumar, Ozair, Goyal, Courville, Bengio 2019, "Maximum Entropy Generators for Energy-Based Models",
 *  algorithm 1. Differs from the authors' code: the norm of the penalty runs over all dimensions of a sample and not
 *  over channels; z' is a fresh draw and not a permutation with fixed points; H is the bound itself, twice the mean
 *  of the 2B cross-entropies.
 *  Terms: energy_real, energy_fake, penalty; generator_energy, entropy (= H as above; at its optimum, in nats,
 *  I(x; z) for nwj and dv, 2 JS - 2 log 2 for jsd, JS the divergence between joint and product law).
 *  Sign: U low = likely. Shifting U by a constant changes nothing.
 *  Shapes: energy [d] -> 1; generator [k] -> d; third net as EGM_ENTROPY_* says, x before z. One dtype.
 *  Errors: SHAPE, DTYPE name the net; ARGUMENT names the option. Since 0.1.
 */
EGM_API egm_status egm_energy_gan_create(egm_loss **out, egm_model *energy, egm_model *generator, egm_model *third,
                                         const egm_energy_gan_options *options);

typedef struct egm_dsm_options {
	size_t struct_size;
	double sigma; /**< standard deviation > 0 of the noise, in data units, default 0.3 */
} egm_dsm_options;

EGM_API egm_status egm_dsm_options_init(egm_dsm_options *options, size_t size);

/** Denoising score matching of a scalar energy.
 *
 *  L = E||sigma grad U(x + sigma n) - n||^2,  n ~ N(0, I); the minimum is U = -log p_sigma, the data's law with
 *  N(0, sigma^2 I) added, up to a constant. r(y) = y - sigma^2 grad U(y) is then the mean of x given y.
 *  Source: Vincent 2011, "A connection between score matching and denoising autoencoders", eq. 10, times 2 sigma^2.
 *  Terms: score_matching. Shapes: energy [d] -> 1. Give the energy a smooth activation: with ReLU kinds the second
 *  derivative is zero almost everywhere and smooth laws cannot be represented.
 *  Errors: SHAPE if the net has not one output; ARGUMENT if sigma <= 0 or not finite. Since 0.1.
 */
EGM_API egm_status egm_dsm_create(egm_loss **out, egm_model *energy, const egm_dsm_options *options);

#ifdef __cplusplus
}
#endif
#endif
