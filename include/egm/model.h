/* SPDX-License-Identifier: MIT */
#ifndef EGM_MODEL_H
#define EGM_MODEL_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A network: a list of layers, and their parameters in one contiguous buffer.
 *
 *  To make one, call egm_model_create, then one function for each layer, then egm_model_build.
 *
 *  Errors of the calls that add a layer:
 *  - EGM_ERR_ARGUMENT if a number is out of its range, if the layer does not fit the one before, or if the model has
 *    1024 layers already;
 *  - EGM_ERR_STATE if the model is built already.
 *
 *  The model records the first of these errors. All later calls that add a layer, and egm_model_build, return it again,
 *  so a program needs to check only the result of egm_model_build.
 *
 *  Buffers are parameters that are not trained: u and v of spectral layers, and the running statistics of batch
 *  normalisation. They are included in parameter counts, arrays and files. Evaluation does not change them.
 *
 *  An energy U is a network with one output. It describes the probability density q(x) = exp(-U(x)) / Z, where Z is the
 *  integral of exp(-U): the lower U, the more likely x. */
typedef struct egm_model egm_model;

/** Distributions from which initial weights are drawn. N(m, v) is normal with mean m and variance v, U(a, b) is
 *  uniform. All but the default set the bias to 0. fan_in and fan_out are:
 *
 *    layer             shape of the weight           fan_in                  fan_out
 *    dense             [units, inputs]               inputs                  units
 *    conv              [out, kernel, kernel, in]     kernel^2 in             kernel^2 out
 *    conv_transpose    [in, kernel, kernel, out]     kernel^2 out            kernel^2 in
 *
 *  The last line of the table is PyTorch's definition, so that networks start from the same distribution as in PyTorch.
 *  An output number of a transposed convolution is in fact a sum of about in * (kernel / stride)^2 terms. */
enum {
	EGM_INIT_FAN_IN_UNIFORM = 1, /**< default: weight and bias U(-b, b), b = 1/sqrt(fan_in), as nn.Linear */
	EGM_INIT_GLOROT_UNIFORM = 2, /**< U(-b, b), b = sqrt(6/(fan_in+fan_out)). Glorot and Bengio 2010, eq. 16 */
	EGM_INIT_GLOROT_NORMAL = 3,  /**< N(0, 2/(fan_in+fan_out)) */
	EGM_INIT_HE_UNIFORM = 4,     /**< U(-b, b), b = sqrt(6/fan_in) */
	EGM_INIT_HE_NORMAL = 5,      /**< N(0, 2/fan_in). He et al. 2015, eq. 10 */
	EGM_INIT_LECUN_NORMAL = 6,   /**< N(0, 1/fan_in) */
	EGM_INIT_DCGAN_NORMAL = 7,   /**< N(0, 0.02^2). Radford et al. 2016, section 4. Does not apply to batch_norm */
	EGM_INIT_ZEROS = 8           /**< all weights 0 */
};

/** Creates a network without layers. `name`, 1 to 63 letters, digits, `_` or `-`, identifies it in error texts and
 *  files. `inputs` >= 1 is the number of columns of its input. */
EGM_API EGM_CHECKED egm_status egm_model_create(egm_model **out, egm_context *context, const char *name,
                                                int64_t inputs);
EGM_API void egm_model_free(egm_model *model);

/** Sets the distribution, one of EGM_INIT_*, of the initial weights of all layers that are added after this call. */
EGM_API egm_status egm_model_set_initializer(egm_model *model, int32_t initializer);
/** Adds a dense layer: y = x W^T + b, with W [units, inputs] and b [units]. */
EGM_API egm_status egm_model_dense(egm_model *model, int64_t units);
/** Adds a dense layer with spectral normalisation: y = x (W / sigma)^T + b, with W [units, inputs] and b [units].
 *
 *  sigma = u^T W v approximates the largest singular value of W by power iteration. u and v are kept from one update of
 *  the network to the next. One round of the iteration is
 *
 *    v = W^T u / |W^T u|,   u = W v / |W v|.
 *
 *  sigma is never above the largest singular value. A round multiplies the error of sigma by (s2/s1)^4, where s1 > s2
 *  are the two largest singular values of W. Derivatives treat u and v as constants: d sigma/dW = u v^T.
 *
 *  u [units] and v [inputs] are the buffers "N.u" and "N.v" of layer N. These calls set them:
 *  - egm_model_build, egm_model_set_tensor of the weight, and egm_trainer_average: 100 rounds from a random u;
 *  - each update of the network by a trainer: one round;
 *  - egm_model_set_parameters, and egm_model_set_tensor of u or v: the given numbers, which are not normalised. sigma
 *    is computed from these numbers as they are.
 *
 *  If all weights are 0, y = b and the gradient with respect to W is 0, so W stays 0.
 *  Source: Miyato et al. 2018, algorithm 1. */
EGM_API egm_status egm_model_spectral_dense(egm_model *model, int64_t units);

/* Activations. Each is a function that is applied to every number. They have no parameters to train.
 *
 * Accuracy for finite arguments: the error of a value and of a first derivative is at most 4 units in the last place of
 * the dtype, and that of a second derivative at most 8. Where a derivative is a sum that crosses 0 (silu and gelu), the
 * last place is that of its largest summand. Results below the smallest normal number become 0. For an infinite
 * argument the result is the limit of the function or derivative; for NaN it is NaN. */

/** Adds the activation max(x, 0). */
EGM_API egm_status egm_model_relu(egm_model *model);
/** Adds the activation x for x > 0, slope * x otherwise; 0 <= slope < 1. */
EGM_API egm_status egm_model_leaky_relu(egm_model *model, double slope);
/** Adds the activation x for x > 0, alpha * (exp(x) - 1) otherwise; alpha > 0. The derivative at 0 is alpha. */
EGM_API egm_status egm_model_elu(egm_model *model, double alpha);
/** Adds the activation log(1 + exp(x)). */
EGM_API egm_status egm_model_softplus(egm_model *model);
/** Adds the activation x * sigmoid(x). */
EGM_API egm_status egm_model_silu(egm_model *model);
/** Adds the activation tanh(x). */
EGM_API egm_status egm_model_tanh(egm_model *model);
/** Adds the activation 1 / (1 + exp(-x)). */
EGM_API egm_status egm_model_sigmoid(egm_model *model);
/** Adds the activation x * Phi(x), where Phi is the normal distribution function: the exact form, not the tanh
 *  approximation. */
EGM_API egm_status egm_model_gelu(egm_model *model);

/** Adds layer normalisation of each row: (x - mean) / sqrt(var + epsilon) * weight + bias.
 *
 *  var is the mean of the squared differences from the mean: its divisor is the width of the row. weight starts at 1
 *  and bias at 0. epsilon > 0, usually 1e-5. The variance is computed from the differences, so a large mean causes no
 *  error beyond the rounding of the row's own numbers. If the squares overflow (from 1e19 in f32), the result is bias.
 *  Source: Ba et al. 2016. */
EGM_API egm_status egm_model_layer_norm(egm_model *model, double epsilon);

/** Adds batch normalisation of each channel of an image, or of each column if the rows are not images:
 *
 *    (x - mean) / sqrt(var + epsilon) * weight + bias
 *
 *  weight starts at 1 and bias at 0, whatever egm_model_set_initializer says. epsilon > 0, usually 1e-5. mean and var
 *  are:
 *  - in a training step: mean and variance of the batch, over its m = rows * height * width pixels, with divisor m.
 *    Gradients are propagated through both. m must be at least 2, otherwise egm_trainer_create returns
 *    EGM_ERR_ARGUMENT;
 *  - everywhere else (egm_model_run and the other evaluations, samplers, likelihoods): the buffers running_mean, which
 *    starts at 0, and running_var, which starts at 1. Rows then do not affect each other.
 *
 *  A phase that trains this network updates the buffers after each batch that passes through the layer, in order:
 *
 *    running <- (1 - momentum) running + momentum * batch statistic,  0 < momentum <= 1, usually 0.1.
 *
 *  Here the variance of the batch is multiplied by m/(m-1), as in PyTorch. Real and generated rows are separate
 *  batches. Rows that several terms of a loss use are still one batch. A phase that does not train this network also
 *  normalises by batch statistics, but leaves the running statistics unchanged. A step that fails leaves them
 *  unchanged, too.
 *
 *  Losses that differentiate a network with respect to its input (gradient penalties, score matching) reject batch_norm
 *  there, because each row's gradient would depend on the other rows: see egm_loss.
 *  Source: Ioffe and Szegedy 2015, algorithm 1. */
EGM_API egm_status egm_model_batch_norm(egm_model *model, double epsilon, double momentum);

/* Images. An image is a row of height x width x channels numbers in this order, with the channels of a pixel side by
 * side: channel c of pixel (y, x) is number (y * width + x) * channels + c. Convolutions, pooling and upsampling need
 * an image as their input, otherwise they return EGM_ERR_ARGUMENT. The output of activations and normalisations of an
 * image is an image. Dense layers read an image as a row, and their output is a row. */

/** Declares that the row is an image from here on. height * width * channels must be its number of columns. Computes
 *  nothing. */
EGM_API egm_status egm_model_image(egm_model *model, int64_t height, int64_t width, int64_t channels);
/** Declares that the image is a plain row from here on: batch_norm then normalises each column. Computes nothing. */
EGM_API egm_status egm_model_flatten(egm_model *model);
/** Adds a convolution of the image [h, w, in] to [oh, ow, channels]:
 *
 *    y[i, j, o] = b[o] + sum over ky, kx < kernel and c of
 *                 W[o, ky, kx, c] x[i stride + ky - padding, j stride + kx - padding, c]
 *
 *  oh = (h + 2 padding - kernel) / stride + 1, rounded down, and ow likewise. x is 0 outside of the image. The kernel
 *  is not flipped. 1 <= kernel, stride <= 32767; 0 <= padding < kernel. The numbers of an image, and those in all
 *  windows of one image, oh * ow * kernel^2 * in, are limited to 2^31 - 1.
 *
 *  W is [channels, kernel, kernel, in], and b is [channels]. This is PyTorch's nn.Conv2d with its weight permuted to
 *  (0, 2, 3, 1). */
EGM_API egm_status egm_model_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding);
/** Adds a transposed convolution of the image [h, w, in] to [oh, ow, channels]: the adjoint of a convolution from
 *  [oh, ow, channels] to [h, w, in], plus a bias. Each input number x[i, j, c] adds
 *
 *    W[c, ky, kx, o] x[i, j, c]   to   y[i stride + ky - padding, j stride + kx - padding, o]
 *
 *  oh = (h - 1) stride - 2 padding + kernel + output_padding, and ow likewise. 0 <= output_padding < stride; the other
 *  ranges are those of egm_model_conv.
 *
 *  W is [in, kernel, kernel, channels], and b is [channels]. This is PyTorch's nn.ConvTranspose2d with its weight
 *  permuted to (0, 2, 3, 1). */
EGM_API egm_status egm_model_conv_transpose(egm_model *model, int64_t channels, int64_t kernel, int64_t stride,
                                            int64_t padding, int64_t output_padding);
/** Adds a convolution as egm_model_conv, with W / sigma instead of W.
 *
 *  sigma is the largest singular value of W as a matrix [channels, kernel^2 in]. The buffers u [channels] and v
 *  [kernel^2 in], the rounds of iteration and the derivative of sigma are as in egm_model_spectral_dense. sigma is not
 *  the norm of the convolution as a map between images: with stride 1 that norm may be up to `kernel` times as large.
 *  Source: Miyato et al. 2018, section 2.1. */
EGM_API egm_status egm_model_spectral_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride,
                                           int64_t padding);
/** Adds average pooling: replaces each square of size x size pixels by its mean, 1 <= size <= 32767. The output is
 *  [height / size, width / size, channels], rounded down. Pixels that do not fill a square are left out. */
EGM_API egm_status egm_model_average_pool(egm_model *model, int64_t size);
/** Adds upsampling: repeats each pixel factor x factor times, 1 <= factor <= 32767. The output is
 *  [factor height, factor width, channels]. */
EGM_API egm_status egm_model_upsample(egm_model *model, int64_t factor);

/** Builds the model: allocates the parameters and draws their initial values. Those of a tensor depend on `seed` and on
 *  the index of the tensor.
 *
 *  Errors:
 *  - the first error of a call that added a layer;
 *  - EGM_ERR_STATE if the model is built already, or if it has no layer;
 *  - EGM_ERR_ARGUMENT if `dtype` is not EGM_F32 or EGM_F64. */
EGM_API EGM_CHECKED egm_status egm_model_build(egm_model *model, egm_dtype dtype, uint64_t seed);

/* Properties of a model. Before egm_model_build all except name and inputs are 0. */

/** Returns the name, which belongs to the model. */
EGM_API const char *egm_model_name(const egm_model *model);
/** Returns the number of columns of the input. */
EGM_API int64_t egm_model_inputs(const egm_model *model);
/** Returns the number of columns of the output. */
EGM_API int64_t egm_model_outputs(const egm_model *model);
/** Returns the type of the parameters, inputs and outputs. */
EGM_API egm_dtype egm_model_dtype(const egm_model *model);
/** Returns the number of parameters in all tensors together, including buffers. */
EGM_API int64_t egm_model_parameter_count(const egm_model *model);
/** Returns the number of parameter tensors, including buffers. */
EGM_API int32_t egm_model_tensor_count(const egm_model *model);
/** Writes name, shape and rank of tensor `index`, from 0.
 *
 *  `rank` receives the number of sizes, at most 4, and `shape` the sizes. Names are "0.weight", "0.bias" and so on. As
 *  in PyTorch's nn.Sequential, layers without parameters are counted, too. The name belongs to the model.
 *  EGM_ERR_ARGUMENT if there is no such tensor, EGM_ERR_STATE if the model is not built. */
EGM_API EGM_CHECKED egm_status egm_model_tensor_shape(const egm_model *model, int32_t index, const char **name,
                                                      int64_t shape[4], int32_t *rank);

/* Parameters as arrays, in the dtype of the model. All calls return EGM_ERR_STATE if the model is not built. A failed
 * call that sets parameters changes nothing. */

/** Copies all parameters, including buffers, to out [egm_model_parameter_count], in the order of the tensors. */
EGM_API EGM_CHECKED egm_status egm_model_parameters(const egm_model *model, egm_out out);
/** Sets all parameters, including buffers, from values [egm_model_parameter_count], in the order of the tensors.
 *
 *  Errors, which name the tensor and the index in it:
 *  - EGM_ERR_NONFINITE if a number is not finite;
 *  - EGM_ERR_ARGUMENT if a running variance of batch normalisation is negative. */
EGM_API EGM_CHECKED egm_status egm_model_set_parameters(egm_model *model, egm_array values);
/** Copies the tensor `name` to out, which has as many numbers as the tensor. EGM_ERR_ARGUMENT if there is no such
 *  tensor. */
EGM_API EGM_CHECKED egm_status egm_model_tensor(const egm_model *model, const char *name, egm_out out);
/** Sets the tensor `name` from values, which has as many numbers as the tensor. Setting the weight of a spectral layer
 *  also recomputes u and v of this layer; to set u and v too, set them afterwards. EGM_ERR_ARGUMENT if there is no such
 *  tensor; other errors are those of egm_model_set_parameters. */
EGM_API EGM_CHECKED egm_status egm_model_set_tensor(egm_model *model, const char *name, egm_array values);

/* Evaluation of a built model at x [rows, egm_model_inputs]. All arrays have the dtype of the model. The first call of
 * each function compiles a program; later calls with a similar number of rows allocate nothing. The bits of a row do
 * not depend on the other rows of the call, but calls with different numbers of rows may round differently.
 *
 * Errors:
 * - EGM_ERR_STATE if the model is not built;
 * - EGM_ERR_NONFINITE if an input or a result is not finite. The message names the row; earlier rows may have been
 *   written. */

/** Computes the output of the network at x: y [rows, egm_model_outputs]. */
EGM_API EGM_CHECKED egm_status egm_model_run(const egm_model *model, egm_array x, egm_out y);
/** Computes the energy at x: energies [rows] = U(x). EGM_ERR_SHAPE if the network has more than one output. */
EGM_API EGM_CHECKED egm_status egm_model_energy(const egm_model *model, egm_array x, egm_out energies);
/** Computes the energy at x and its gradient: energies [rows] = U(x), which may be egm_no_out(), and gradients
 *  [rows, egm_model_inputs] = dU/dx. EGM_ERR_SHAPE if the network has more than one output. */
EGM_API EGM_CHECKED egm_status egm_model_energy_gradient(const egm_model *model, egm_array x, egm_out energies,
                                                         egm_out gradients);
/** Computes the output of the network at random inputs z ~ N(0, I): samples [rows, egm_model_outputs], as many rows as
 *  samples.rows says. z of row i depends only on `seed` and i, so the bits of a row do not depend on how many rows
 *  follow. */
EGM_API EGM_CHECKED egm_status egm_model_generate(const egm_model *model, uint64_t seed, egm_out samples);

/** Creates an independent copy of a model, built or not, with its parameters. */
EGM_API EGM_CHECKED egm_status egm_model_clone(egm_model **out, const egm_model *model);
/** Writes a table of layers, shapes and counts to `buffer`, as text of at most `size` bytes including the closing zero.
 *  A longer text is cut. `needed` (may be NULL) receives the size of the whole text. `buffer` may be NULL if size
 *  is 0. */
EGM_API EGM_CHECKED egm_status egm_model_summary(const egm_model *model, char *buffer, size_t size, size_t *needed);

/* ---- files */

/** Limits for files that are not trusted. In each member 0 means the default. */
typedef struct egm_load_options {
	size_t struct_size;
	/** Largest header, in bytes, default 1 MiB. Reading it needs up to 32 times as much memory. */
	uint64_t max_header_bytes;
	/** Largest sum of all tensors, in bytes, default 8 GiB. */
	uint64_t max_data_bytes;
	/** For egm_model_load: largest number of values that one row may need in an evaluation. That is the sum of its
	 *  inputs, the outputs of all layers, and the windows of the largest convolution, width x height x kernel^2 x
	 *  channels. 0 (default): 1024 for each input, output and parameter of the network, but at least 2^22 and at most
	 *  2^26.
	 *
	 *  Memory that such a network needs, however small its file is:
	 *  - an evaluation: that many values for each of 16 rows at a time. With 2^22 values these are at most 512 MiB.
	 *    More rows at a time are evaluated only if they need at most 2^26 values;
	 *  - an evaluation with gradients: twice as much, at most 1 GiB with 2^22 values;
	 *  - a sampler: that many values for each chain; egm_target_ais: for 64 particles in each thread.
	 *
	 *  Checkpoints, sampler files and data contain no network and ignore this member. */
	uint64_t max_row_numbers;
} egm_load_options;

#define EGM_LOAD_OPTIONS_INIT                                             \
	{                                                                     \
		sizeof(egm_load_options), UINT64_C(1) << 20, UINT64_C(8) << 30, 0 \
	}

/** Writes the model to a safetensors file: the parameters under their tensor names, and the layers in the metadata.
 *
 *  The file is replaced as a whole, as by all functions of the library that write files:
 *  - The new file is written beside `path`, flushed to disk and renamed. At any moment `path` is the whole old file or
 *    the whole new one.
 *  - It has the permissions of the file that it replaces. They are set before the first byte is written.
 *  - If the process is killed during a save, the next save removes the incomplete file beside `path`.
 *
 *  Errors, after which the old file is unchanged:
 *  - EGM_ERR_STATE if the model is not built;
 *  - EGM_ERR_NONFINITE if a parameter is not finite;
 *  - EGM_ERR_IO if the file cannot be written. */
EGM_API EGM_CHECKED egm_status egm_model_save(const egm_model *model, const char *path);
/** Writes the same bytes to `buffer` [size], and their number to `needed`.
 *
 *  To learn the number alone, set buffer NULL and size 0. `needed` may be NULL if there is a buffer. EGM_ERR_ARGUMENT
 *  if size is too small: `needed` is then written, and the buffer is unchanged. Other errors are those of
 *  egm_model_save. */
EGM_API EGM_CHECKED egm_status egm_model_save_memory(const egm_model *model, void *buffer, size_t size, size_t *needed);
/** Creates a built model from a file of egm_model_save, which another tool may have rewritten if it kept the metadata.
 *
 *  Nothing in the file is trusted. `options` may be NULL.
 *
 *  Errors, which name the file and what is wrong in it:
 *  - EGM_ERR_IO if the file cannot be read;
 *  - EGM_ERR_FORMAT if it is malformed, if it is not a file of egm_model_save, or if a running variance is negative;
 *  - EGM_ERR_SHAPE, EGM_ERR_DTYPE if a tensor does not fit its layer or the dtype of the model;
 *  - EGM_ERR_NONFINITE if a parameter is not finite;
 *  - EGM_ERR_UNSUPPORTED if the file exceeds a limit of the options, or if a newer version of the library wrote it. */
EGM_API EGM_CHECKED egm_status egm_model_load(egm_model **out, egm_context *context, const char *path,
                                              const egm_load_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_model_load_memory(egm_model **out, egm_context *context, const void *bytes,
                                                     size_t size, const egm_load_options *options);

/** Order of the numbers of an image in a file of weights, for egm_model_restore. */
enum {
	EGM_LAYOUT_AUTO = 1,   /**< EGM_LAYOUT_EGM if the metadata says that libegm wrote the file, else
	                            EGM_LAYOUT_PYTORCH */
	EGM_LAYOUT_EGM = 2,    /**< height, width, channels: shapes are those of egm_model_tensor_shape */
	EGM_LAYOUT_PYTORCH = 3 /**< channels, height, width */
};

typedef struct egm_restore_options {
	size_t struct_size;
	/** EGM_LAYOUT_*, default EGM_LAYOUT_AUTO. */
	int32_t layout;
	/** What happens if the file lacks the bias of a dense layer or a convolution, as with PyTorch's bias=False. 1: the
	 *  bias becomes 0. 0 (default): EGM_ERR_FORMAT. */
	int32_t zero_bias;
	/** Text before the name of each layer in the file, for example "critic.". Tensors whose names do not begin with it
	 *  are ignored. NULL (default): no text. Only read during the call. */
	const char *prefix;
	uint64_t max_header_bytes; /**< largest header, in bytes, as in egm_load_options, default 1 MiB */
	uint64_t max_data_bytes;   /**< largest sum of all tensors, in bytes, default 8 GiB */
} egm_restore_options;

#define EGM_RESTORE_OPTIONS_INIT                                                                    \
	{                                                                                               \
		sizeof(egm_restore_options), EGM_LAYOUT_AUTO, 0, NULL, UINT64_C(1) << 20, UINT64_C(8) << 30 \
	}

/** Reads the weights in a safetensors file into a built model, for example weights of PyTorch. Since 0.5.
 *
 *  In PyTorch, safetensors.torch.save_file(sequential.state_dict(), path) writes such a file, where `sequential` is an
 *  nn.Sequential whose modules are the layers of the model, one by one. The file needs no metadata. Each tensor of the
 *  model must be in the file, under the name that egm_model_tensor_shape writes. N is the number of the layer:
 *
 *    dense, conv, conv_transpose     nn.Linear, nn.Conv2d, nn.ConvTranspose2d: N.weight, N.bias
 *    layer_norm                      nn.LayerNorm: N.weight, N.bias
 *    batch_norm                      nn.BatchNorm1d, nn.BatchNorm2d: N.weight, N.bias, N.running_mean, N.running_var;
 *                                    N.num_batches_tracked is ignored
 *    spectral_dense, spectral_conv   the same modules in spectral_norm: weight, u and v may also be N.weight_orig,
 *                                    N.weight_u, N.weight_v, or N.parametrizations.weight.original,
 *                                    N.parametrizations.weight.0._u and _v. A file may lack u and v: they are then
 *                                    computed from the weight as in egm_model_set_tensor
 *    image, flatten                  nn.Unflatten(1, (channels, height, width)), nn.Flatten
 *    average_pool, upsample          nn.AvgPool2d(size), nn.Upsample(scale_factor=factor)
 *    activations                     the modules of the same names; nothing is stored
 *
 *  EGM_LAYOUT_PYTORCH permutes these tensors. Inputs and outputs of the model keep the order height, width, channels:
 *  - the weight of a convolution, which is [out, in, kernel, kernel] in the file, and that of a transposed one, which
 *    is [in, out, kernel, kernel];
 *  - the columns of a dense layer that reads an image;
 *  - the rows and the bias of a dense layer whose output becomes an image;
 *  - layer normalisation of an image, and layer or batch normalisation of a row whose numbers are those of an image.
 *
 *  The types F16, BF16, F32 and F64 are read. Numbers are converted to the model's dtype, rounded to nearest. `options`
 *  may be NULL.
 *
 *  Errors, after which the model is unchanged:
 *  - EGM_ERR_STATE if the model is not built;
 *  - EGM_ERR_IO if the file cannot be read;
 *  - EGM_ERR_FORMAT if the file is malformed, if tensors are missing or belong to no layer, or if a running variance is
 *    negative. The message lists the tensors, also those of another shape;
 *  - EGM_ERR_SHAPE if tensors have other shapes than in the model, and nothing else is wrong;
 *  - EGM_ERR_DTYPE if a tensor has a type that is not read;
 *  - EGM_ERR_NONFINITE if a number is not finite in the model's dtype;
 *  - EGM_ERR_UNSUPPORTED if the file exceeds a limit of the options;
 *  - EGM_ERR_UNSUPPORTED with EGM_LAYOUT_PYTORCH if the model reads the numbers of an image as an image of another
 *    shape, because PyTorch does that in another order. */
EGM_API EGM_CHECKED egm_status egm_model_restore(egm_model *model, const char *path,
                                                 const egm_restore_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_model_restore_memory(egm_model *model, const void *bytes, size_t size,
                                                        const egm_restore_options *options);
/** Writes the parameters to a safetensors file that PyTorch reads into an nn.Sequential of the same layers, by
 *  sequential.load_state_dict(safetensors.torch.load_file(path)). It is the inverse of egm_model_restore with
 *  EGM_LAYOUT_PYTORCH, which gives a model of the same layers the same bits again. Since 0.5.
 *
 *  The modules, names and permutations are those of egm_model_restore. In particular:
 *  - spectral layers have the names of torch.nn.utils.parametrizations.spectral_norm;
 *  - layer normalisation of an image has the shape [channels, height, width];
 *  - N.num_batches_tracked is left out, which load_state_dict accepts.
 *
 *  The layers are not in the file: egm_model_load does not read it, egm_model_restore does.
 *
 *  Errors, after which the old file is unchanged:
 *  - EGM_ERR_UNSUPPORTED if the model reads the numbers of an image as an image of another shape;
 *  - those of egm_model_save. */
EGM_API EGM_CHECKED egm_status egm_model_save_pytorch(const egm_model *model, const char *path);
/** Writes the same bytes to memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_model_save_pytorch_memory(const egm_model *model, void *buffer, size_t size,
                                                             size_t *needed);

#ifdef __cplusplus
}
#endif
#endif
