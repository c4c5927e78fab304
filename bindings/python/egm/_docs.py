# SPDX-License-Identifier: MIT
"""The comments of the headers; bindings/python/stubs.py writes this file."""
DOCS = {
    "loss_energy_gan": r"""
Creates the loss of an energy GAN: an energy, and a generator of samples with low energy and high entropy.

  energy phase:     E[U(x)] - E[U(G(z))] + penalty * E||grad U(x)||^2, x data              trains U
  generator phase:  E[U(G(z))] - entropy_weight * H                       trains G and the information network

The option `entropy` chooses H, where z' is drawn as the option `marginal` says:

  infogan  -E||z - e(G(z))||^2
  jsd      E[-sp(-T(x, z))] - E[sp(T(x, z'))]
  nwj      E[T(x, z)] - E[exp(T(x, z') - 1)]
  dv       E[T(x, z)] - log E[exp T(x, z')], whose gradient divides by a moving average of E[exp T(x, z')]

Networks: energy [d] -> 1; generator [k] -> d; information as EGM_ENTROPY_* says, with the columns of x before those
of z. A constant added to U changes nothing. Terms: energy_real, energy_fake, penalty, generator_energy, entropy.
The entropy is H. With the best T it is I(x; z) in nats for nwj and dv. For jsd it is 2 JS - 2 log 2, where JS is
the Jensen-Shannon divergence between the joint and the product distribution of x and z.
Source: Kumar, Ozair, Goyal, Courville, Bengio 2019, "Maximum Entropy Generators for Energy-Based Models",
algorithm 1. Differences from the authors' code:
- the norm in the penalty runs over all dimensions of a sample, not over channels;
- z' is a new draw, not a permutation with fixed points;
- H is the bound itself: for jsd, -2 times the mean of the 2B cross-entropies of a batch of B rows.""",
    "loss_dsm": r"""
Creates the loss of denoising score matching: an energy whose gradient predicts the noise in noisy data.

  L = E||sigma grad U(x + sigma n) - n||^2

The minimum is U = -log p_sigma up to a constant, where p_sigma is the distribution of the data plus noise
N(0, sigma^2 I). r(y) = y - sigma^2 grad U(y) is then the mean of x given y = x + sigma n.
Networks: energy [d] -> 1, with a smooth activation. With relu and its relatives the second derivative is zero
almost everywhere, and smooth distributions cannot be represented. Terms: score_matching.
Source: Vincent 2011, "A connection between score matching and denoising autoencoders", eq. 10, times 2 sigma^2.""",
    "loss_ml": r"""
Creates the loss of maximum likelihood: an energy that is low at data and high at samples of its own distribution.

  L = E[U(x)] - E[U(y)] + regularizer * E[U(x)^2 + U(y)^2]

x are data. y are negative samples: points from the model's distribution q = exp(-U) / Z, which are not
differentiated. The trainer draws them with Markov chains, see egm_trainer_set_negatives. If y is distributed as q
and there is no regularizer, the gradient of L is that of -E log q(x).
Networks: energy [d] -> 1. Terms: energy_data, energy_negative, regularizer.
Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence". Differences:
- the regularizer is off by default, because it fixes the constant of the energy;
- a loss that is not finite is an error.""",
    "loss_gan": r"""
Creates the loss of a generative adversarial network: a discriminator of real rows x from generated rows G(z).

  discriminator phase:  its objective in EGM_GAN_* + penalty * E||grad l||^2               trains D
  generator phase:      its objective in EGM_GAN_* + step_penalty * E||G(z) - G_old(z)||^2 trains G

G_old is the generator as it was before the first generator phase of the training step, so the step penalty is 0 in
that phase. Its square is summed over the dimensions of the data. With step_penalty = 1/(2 sigma^2) it is the KL
divergence between the joint distributions of (x, z) of the new and the old generator, where x = G(z) + sigma n.
This is an upper bound of the divergence between their distributions of x.
Networks: discriminator [d] -> 1, generator [k] -> d. Sign: high l means real. Terms: discriminator, penalty,
generator, step.
Source: Goodfellow et al. 2014; step penalty: Su 2018, arXiv 1807.05936, whose code computes the mean over
dimensions instead of the sum, and multiplies it by 5.""",
    "loss_vae": r"""
Creates the loss of a variational autoencoder: an encoder to a distribution of z, and a decoder back to x.

  L = E[-log q(x|z)] + beta * E[KL(p(z|x) || N(0, I))]

z = m(x) + s(x) n is a draw from the encoder's distribution p(z|x) = N(m, diag s^2). With beta = 1, -L is a lower
bound of E log q(x).
Networks: encoder [d] -> 2k, means m, then logarithms of the variances s^2; decoder as EGM_DECODER_* says. Terms:
reconstruction, divergence. L is in nats, because constants are kept; other code often drops them.
Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", eq. 10, one draw; beta: Higgins et al. 2017.""",
    "loss_aae": r"""
Creates the loss of an adversarial autoencoder: a GAN of latent codes, whose generator is an encoder, and a decoder.

  discriminator phase:  its objective in EGM_GAN_*, z ~ N(0, I) real, e(x) generated
                        + penalty * E||grad l(z)||^2                                       trains D
  autoencoder phase:    the generator's objective in EGM_GAN_*, at e(x)
                        + reconstruction * E||x - G(e(x))||^2                              trains e and G

Networks: discriminator [k] -> 1, encoder e [d] -> k, decoder G [k] -> d. Sign: high l means a draw of N(0, I).
Terms: discriminator, penalty, encoder, reconstruction.
Source: Makhzani et al. 2016, who minimise the reconstruction in a phase of its own.""",
    "loss_ali": r"""
Creates the loss of adversarially learned inference: a discriminator of pairs (x, z), a generator and an encoder.

  discriminator phase:  -E_p log D(x, e(x)) - E_q log(1 - D(G(z), z)) + penalty * E_p||grad l||^2  trains D
  generator phase:      its objective in EGM_ALI_*, and with full_terms                            trains G and e
                        + E KL(q(x|z) || q_old(x|z)) + E_q[log p_old(z|x) - log p(z|x)]

q_old and p_old are the networks as they were before the first generator phase of the training step. The two full
terms are the part of KL(q(x,z) || p(x,z)) that the discriminator does not estimate. With EGM_ALI_DERIVED only the
second of them moves the encoder towards the pairs of the generator.
Networks: discriminator [d+k] -> 1, with the columns of x before those of z; generator [k] -> d, or 2d if Gaussian;
encoder [d] -> k, or 2k if Gaussian. Sign: high D means a pair of p. Terms: discriminator, penalty, generator, step,
regression. The last two are the full terms.
Source: Dumoulin et al. 2017, "Adversarially learned inference"; Donahue et al. 2017 (BiGAN).""",
    "loss_wgan": r"""
Creates the loss of a Wasserstein GAN: a critic D whose gradient is penalised, and a generator.

  critic phase:     E[D(G(z))] - E[D(x)] + penalty * E[h(g)]                               trains D
  generator phase:  -E[D(G(z))]                                                            trains G

The options penalty_kind and penalty_at choose h and the points at which g is the norm of grad D. Usual settings:
- the defaults: WGAN-GP;
- `clip` > 0 and penalty 0: the original form, with clipped weights;
- a critic of spectral layers, such as egm_model_spectral_dense, and usually penalty 0: Miyato et al. 2018.
Networks: critic D [d] -> 1, generator [k] -> d. Sign: high D means real, so -D is an energy. To sample from it,
negate weight and bias of the last layer of an egm_model_clone of the critic (egm_model_set_tensor). Terms:
critic_real, critic_fake, penalty, generator. critic_real - critic_fake estimates the distance W1.
Source: Arjovsky et al. 2017, algorithm 1 (clip); Gulrajani et al. 2017, eq. 3. Differences from much public code:
- the norm runs over all dimensions of a sample;
- each sample has one interpolation weight;
- the penalty is differentiated exactly.""",
    "loss_ls_gan": r"""
Creates the loss of a loss-sensitive GAN: an energy that separates data from generated rows by a margin.

  energy phase:     E[c(margin * ||x - G(z)|| + U(x) - U(G(z)))] + penalty * E||grad U||^2  trains U
  generator phase:  E[U(G(z))]                                                              trains G

c(a) = max(a, slope * a); a slope other than 0 is the generalised form of the source.
Networks: energy [d] -> 1, generator [k] -> d. Terms: energy_real, energy_fake, comparison, penalty,
generator_energy. The first two are shown, but not minimised.
Source: Qi 2020, "Loss-sensitive generative adversarial networks on Lipschitz densities". Difference: there is no
separate term E[U(x)].""",
    "loss_histogram": r"""
Creates the loss of a generator of one number that is fitted to a histogram.

`masses` [bins], of either dtype, are numbers >= 0 with any sum > 0. p are the masses divided by their sum. The loss
is the divergence between p and q, the shares of G(z) in the bins. A normal kernel spreads each sample over the
bins, which makes q differentiable. Samples outside of [lower, upper] count in the outermost bins. The loss reads no
data: call egm_trainer_fit with NULL.

At the minimum, G(z) plus the kernel's noise has the shares p, so the variance of G(z) itself is smaller by
(bandwidth * bin width)^2. Use large batches: with B rows the divergence is too high by about (bins - 1) / (2 B).
Networks: generator [k] -> 1. Terms: divergence, in nats.

Errors in addition to those of egm_loss:
- EGM_ERR_SHAPE unless masses has 2 to 2^20 numbers;
- EGM_ERR_ARGUMENT if a mass is negative or not finite, or if their sum is 0;
- EGM_ERR_ARGUMENT if the networks' dtype cannot represent the bins, the bandwidth or the floor of one bin.""",
    "loss_dae": r"""
Creates the loss of a denoising autoencoder: a network r that removes the noise from noisy data.

  L = E||r(x + sigma n) - x||^2

At the minimum r(y) is the mean of x given y = x + sigma n. (r(y) - y) / sigma^2 is then the score grad log
p_sigma(y), where p_sigma is the distribution of the data plus noise N(0, sigma^2 I). The distribution of r(y) is
narrower than that of x.
Networks: denoiser r [d] -> d. Terms: reconstruction.
Source: Vincent et al. 2008; the score: Alain and Bengio 2014.""",
    "loss_dde": r"""
Creates the loss of a generator that minimises KL(q_sigma || p_sigma) with two denoising density estimators.

  energy phase:     E||sigma grad U_q(y + sigma n) - n||^2, y = G(z)                        trains U_q
  generator phase:  E[U_p(G(z) + sigma n) - U_q(G(z) + sigma n)]                            trains G

q_sigma and p_sigma are the distributions of G(z) and of the data, each plus noise N(0, sigma^2 I). U_p is
data_energy, which must have been trained before, with egm_loss_dsm and the same sigma. It does not change. U_q is
sample_energy. If U_q = -log q_sigma, the gradient of the generator is exactly that of the divergence. The loss
reads no data: call egm_trainer_fit with NULL.
Networks: data_energy [d] -> 1, sample_energy [d] -> 1, generator [k] -> d. Terms: score_matching, generator.
Source: Bigdeli et al. 2020, "Learning generative models using denoising density estimators", whose energies have
the opposite sign.""",
    "loss_annealed_dsm": r"""
Creates the loss of annealed denoising score matching: one energy over many noise levels.

  L = E||(sigma0^2/sigma) grad U(x + sigma n) - n||^2, with a sigma of its own for each row

This is the squared error of the denoiser y - sigma0^2 grad U(y), weighted by 1/sigma^2. If sigma_low = sigma_high =
sigma0, it is egm_loss_dsm. To sample, use egm_sampler_annealed_langevin with `denoise` = sigma0.
Networks: energy [d] -> 1, with a smooth activation as for egm_loss_dsm. Terms: score_matching.
Source: Li, Chen, Sommer 2019, "Learning energy-based models in high-dimensional spaces with multi-scale denoising
score matching".""",
    "loss_score_matching": r"""
Creates the loss of score matching without noise: an energy whose gradient is that of -log p.

  L = E[||grad U(x)||^2 / 2 - Laplacian U(x)]

The minimum is U = -log p up to a constant, where p is the distribution of the data.
Networks: energy [d] -> 1, with a smooth activation. With relu and its relatives the Laplacian is 0, and only a
constant U minimises L. Terms: score_matching.
Source: Hyvarinen 2005, theorem 1; sliced: Song et al. 2019, the form with reduced variance.""",
    "loss_cross_entropy": r"""
Creates the loss of a classifier f.

  L = E[-sum_j t_j log softmax(f(x))_j], in nats, j = 1 .. k

A row of the data has d + k columns: the point x, then its target t. t is one-hot for a label, and contains the
probabilities of the classes in general. t is neither checked nor normalised: its sum is the weight of the row in
the mean, so a row whose t is 0 does not count. Label smoothing replaces t by (1 - s) t + s (sum t) / k. At the
minimum softmax(f(x)) is E[t | x]. A constant added to all k outputs changes nothing.
Networks: classifier f [d] -> k logits, k >= 2; EGM_ERR_SHAPE if it has 1 output. Terms: cross_entropy.
Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs"; smoothing:
Szegedy et al. 2016, "Rethinking the inception architecture for computer vision".""",
    "sampler_ula": r"""
Creates a sampler with unadjusted Langevin steps (ULA). It never rejects, so its stationary distribution has an
error of O(eps). It has no warm-up.
Source: Roberts and Tweedie 1996.""",
    "sampler_mala": r"""
Creates a sampler with Metropolis-adjusted Langevin steps (MALA), whose stationary distribution is exact. Source:
Roberts and Tweedie 1996.""",
    "sampler_hmc": r"""
Creates a sampler with Hamiltonian Monte Carlo (HMC), with leapfrog steps. Its stationary distribution is exact.
Source: Neal 2011, section 5.3.""",
    "sampler_nuts": r"""
Creates a no-U-turn sampler (NUTS), multinomial with biased progressive sampling. Its stationary distribution is
exact. Source: Betancourt 2017, appendix A.""",
    "sampler_annealed_langevin": r"""
Creates a sampler with annealed Langevin passes, for energies that were trained over noise levels
(egm_loss_annealed_dsm). One transition is one pass: ULA steps at each temperature, from the first to the last, from
the present point of the chain. With the option `denoise`, draws are denoised. There is no warm-up.
Source: Li, Chen, Sommer 2019.

EGM_ERR_ARGUMENT if a temperature is above the one before it; EGM_ERR_UNSUPPORTED if denoise > 0 and the target has
bounds.""",
    "sampler_tempered": r"""
Creates a sampler with parallel tempering: each chain has one MALA walker at each temperature, and after
steps_per_level steps neighbouring temperatures exchange their points. Draws are the points at temperature 1.
Source: Geyer 1991.

EGM_ERR_ARGUMENT if the temperatures do not rise from 1.""",
    "model_set_initializer": r"""
Sets the distribution, one of EGM_INIT_*, of the initial weights of all layers that are added after this call.""",
    "model_dense": r"""
Adds a dense layer: y = x W^T + b, with W [units, inputs] and b [units].""",
    "model_spectral_dense": r"""
Adds a dense layer with spectral normalisation: y = x (W / sigma)^T + b, with W [units, inputs] and b [units].

sigma = u^T W v approximates the largest singular value of W by power iteration. u and v are kept from one update of
the network to the next. One round of the iteration is

  v = W^T u / |W^T u|,   u = W v / |W v|.

sigma is never above the largest singular value. A round multiplies the error of sigma by (s2/s1)^4, where s1 > s2
are the two largest singular values of W. Derivatives treat u and v as constants: d sigma/dW = u v^T.

u [units] and v [inputs] are the buffers "N.u" and "N.v" of layer N. These calls set them:
- egm_model_build, egm_model_set_tensor of the weight, and egm_trainer_average: 100 rounds from a random u;
- each update of the network by a trainer: one round;
- egm_model_set_parameters, and egm_model_set_tensor of u or v: the given numbers, which are not normalised. sigma
  is computed from these numbers as they are.

If all weights are 0, y = b and the gradient with respect to W is 0, so W stays 0.
Source: Miyato et al. 2018, algorithm 1.""",
    "model_relu": r"""
Adds the activation max(x, 0).""",
    "model_leaky_relu": r"""
Adds the activation x for x > 0, slope * x otherwise; 0 <= slope < 1.""",
    "model_elu": r"""
Adds the activation x for x > 0, alpha * (exp(x) - 1) otherwise; alpha > 0. The derivative at 0 is alpha.""",
    "model_softplus": r"""
Adds the activation log(1 + exp(x)).""",
    "model_silu": r"""
Adds the activation x * sigmoid(x).""",
    "model_tanh": r"""
Adds the activation tanh(x).""",
    "model_sigmoid": r"""
Adds the activation 1 / (1 + exp(-x)).""",
    "model_gelu": r"""
Adds the activation x * Phi(x), where Phi is the normal distribution function: the exact form, not the tanh
approximation.""",
    "model_layer_norm": r"""
Adds layer normalisation of each row: (x - mean) / sqrt(var + epsilon) * weight + bias.

var is the mean of the squared differences from the mean: its divisor is the width of the row. weight starts at 1
and bias at 0. epsilon > 0, usually 1e-5. The variance is computed from the differences, so a large mean causes no
error beyond the rounding of the row's own numbers. If the squares overflow (from 1e19 in f32), the result is bias.
Source: Ba et al. 2016.""",
    "model_batch_norm": r"""
Adds batch normalisation of each channel of an image, or of each column if the rows are not images:

  (x - mean) / sqrt(var + epsilon) * weight + bias

weight starts at 1 and bias at 0, whatever egm_model_set_initializer says. epsilon > 0, usually 1e-5. mean and var
are:
- in a training step: mean and variance of the batch, over its m = rows * height * width pixels, with divisor m.
  Gradients are propagated through both. m must be at least 2, otherwise egm_trainer_create returns
  EGM_ERR_ARGUMENT;
- everywhere else (egm_model_run and the other evaluations, samplers, likelihoods): the buffers running_mean, which
  starts at 0, and running_var, which starts at 1. Rows then do not affect each other.

A phase that trains this network updates the buffers after each batch that passes through the layer, in order:

  running <- (1 - momentum) running + momentum * batch statistic,  0 < momentum <= 1, usually 0.1.

Here the variance of the batch is multiplied by m/(m-1), as in PyTorch. Real and generated rows are separate
batches. Rows that several terms of a loss use are still one batch. A phase that does not train this network also
normalises by batch statistics, but leaves the running statistics unchanged. A step that fails leaves them
unchanged, too.

Losses that differentiate a network with respect to its input (gradient penalties, score matching) reject batch_norm
there, because each row's gradient would depend on the other rows: see egm_loss.
Source: Ioffe and Szegedy 2015, algorithm 1.""",
    "model_image": r"""
Declares that the row is an image from here on. height * width * channels must be its number of columns. Computes
nothing.""",
    "model_flatten": r"""
Declares that the image is a plain row from here on: batch_norm then normalises each column. Computes nothing.""",
    "model_conv": r"""
Adds a convolution of the image [h, w, in] to [oh, ow, channels]:

  y[i, j, o] = b[o] + sum over ky, kx < kernel and c of
               W[o, ky, kx, c] x[i stride + ky - padding, j stride + kx - padding, c]

oh = (h + 2 padding - kernel) / stride + 1, rounded down, and ow likewise. x is 0 outside of the image. The kernel
is not flipped. 1 <= kernel, stride <= 32767; 0 <= padding < kernel. The numbers of an image, and those in all
windows of one image, oh * ow * kernel^2 * in, are limited to 2^31 - 1.

W is [channels, kernel, kernel, in], and b is [channels]. This is PyTorch's nn.Conv2d with its weight permuted to
(0, 2, 3, 1).""",
    "model_conv_transpose": r"""
Adds a transposed convolution of the image [h, w, in] to [oh, ow, channels]: the adjoint of a convolution from
[oh, ow, channels] to [h, w, in], plus a bias. Each input number x[i, j, c] adds

  W[c, ky, kx, o] x[i, j, c]   to   y[i stride + ky - padding, j stride + kx - padding, o]

oh = (h - 1) stride - 2 padding + kernel + output_padding, and ow likewise. 0 <= output_padding < stride; the other
ranges are those of egm_model_conv.

W is [in, kernel, kernel, channels], and b is [channels]. This is PyTorch's nn.ConvTranspose2d with its weight
permuted to (0, 2, 3, 1).""",
    "model_spectral_conv": r"""
Adds a convolution as egm_model_conv, with W / sigma instead of W.

sigma is the largest singular value of W as a matrix [channels, kernel^2 in]. The buffers u [channels] and v
[kernel^2 in], the rounds of iteration and the derivative of sigma are as in egm_model_spectral_dense. sigma is not
the norm of the convolution as a map between images: with stride 1 that norm may be up to `kernel` times as large.
Source: Miyato et al. 2018, section 2.1.""",
    "model_average_pool": r"""
Adds average pooling: replaces each square of size x size pixels by its mean, 1 <= size <= 32767. The output is
[height / size, width / size, channels], rounded down. Pixels that do not fill a square are left out.""",
    "model_upsample": r"""
Adds upsampling: repeats each pixel factor x factor times, 1 <= factor <= 32767. The output is
[factor height, factor width, channels].""",
    "model_build": r"""
Builds the model: allocates the parameters and draws their initial values. Those of a tensor depend on `seed` and on
the index of the tensor.

Errors:
- the first error of a call that added a layer;
- EGM_ERR_STATE if the model is built already, or if it has no layer;
- EGM_ERR_ARGUMENT if `dtype` is not EGM_F32 or EGM_F64.""",
    "model_restore": r"""
Reads the weights in a safetensors file into a built model, for example weights of PyTorch. Since 0.5.

In PyTorch, safetensors.torch.save_file(sequential.state_dict(), path) writes such a file, where `sequential` is an
nn.Sequential whose modules are the layers of the model, one by one. The file needs no metadata. Each tensor of the
model must be in the file, under the name that egm_model_tensor_shape writes. N is the number of the layer:

  dense, conv, conv_transpose     nn.Linear, nn.Conv2d, nn.ConvTranspose2d: N.weight, N.bias
  layer_norm                      nn.LayerNorm: N.weight, N.bias
  batch_norm                      nn.BatchNorm1d, nn.BatchNorm2d: N.weight, N.bias, N.running_mean, N.running_var;
                                  N.num_batches_tracked is ignored
  spectral_dense, spectral_conv   the same modules in spectral_norm: weight, u and v may also be N.weight_orig,
                                  N.weight_u, N.weight_v, or N.parametrizations.weight.original,
                                  N.parametrizations.weight.0._u and _v. A file may lack u and v: they are then
                                  computed from the weight as in egm_model_set_tensor
  image, flatten                  nn.Unflatten(1, (channels, height, width)), nn.Flatten
  average_pool, upsample          nn.AvgPool2d(size), nn.Upsample(scale_factor=factor)
  activations                     the modules of the same names; nothing is stored

EGM_LAYOUT_PYTORCH permutes these tensors. Inputs and outputs of the model keep the order height, width, channels:
- the weight of a convolution, which is [out, in, kernel, kernel] in the file, and that of a transposed one, which
  is [in, out, kernel, kernel];
- the columns of a dense layer that reads an image;
- the rows and the bias of a dense layer whose output becomes an image;
- layer normalisation of an image, and layer or batch normalisation of a row whose numbers are those of an image.

The types F16, BF16, F32 and F64 are read. Numbers are converted to the model's dtype, rounded to nearest. `options`
may be NULL.

Errors, after which the model is unchanged:
- EGM_ERR_STATE if the model is not built;
- EGM_ERR_IO if the file cannot be read;
- EGM_ERR_FORMAT if the file is malformed, if tensors are missing or belong to no layer, or if a running variance is
  negative. The message lists the tensors, also those of another shape;
- EGM_ERR_SHAPE if tensors have other shapes than in the model, and nothing else is wrong;
- EGM_ERR_DTYPE if a tensor has a type that is not read;
- EGM_ERR_NONFINITE if a number is not finite in the model's dtype;
- EGM_ERR_UNSUPPORTED if the file exceeds a limit of the options;
- EGM_ERR_UNSUPPORTED with EGM_LAYOUT_PYTORCH if the model reads the numbers of an image as an image of another
  shape, because PyTorch does that in another order.""",
    "model_restore_memory": r"""
Does the same with the bytes of such a file in memory.""",
}
