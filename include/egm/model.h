/* SPDX-License-Identifier: MIT */
#ifndef EGM_MODEL_H
#define EGM_MODEL_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A network: a list of layers and their parameters in one contiguous buffer.
 *
 *  Create it, add layers, build it. The calls that add a layer record the first error and return it from then on, and
 *  so does egm_model_build: a program may check that one result alone.
 *
 *  An energy is a network with one output: low = likely, q(x) = exp(-U(x)) / Z.
 */
typedef struct egm_model egm_model;

/** Distributions that initial weights are drawn from. All but the default set the bias to 0. fan_in and fan_out are:
 *
 *    dense             [units, inputs]               fan_in = inputs         fan_out = units
 *    conv              [out, kernel, kernel, in]     fan_in = kernel^2 in    fan_out = kernel^2 out
 *    conv_transpose    [in, kernel, kernel, out]     fan_in = kernel^2 out   fan_out = kernel^2 in
 *
 *  The last line follows PyTorch, so that a network starts from the same distribution as there. In truth each output
 *  number of a transposed convolution is a sum of about in (kernel / stride)^2 terms. */
enum {
	EGM_INIT_FAN_IN_UNIFORM = 1, /**< default. weight and bias U(-b, b), b = 1/sqrt(fan_in); PyTorch's nn.Linear */
	EGM_INIT_GLOROT_UNIFORM = 2, /**< U(-b, b), b = sqrt(6/(fan_in+fan_out)); Glorot and Bengio 2010, eq. 16 */
	EGM_INIT_GLOROT_NORMAL = 3,  /**< N(0, 2/(fan_in+fan_out)) */
	EGM_INIT_HE_UNIFORM = 4,     /**< U(-b, b), b = sqrt(6/fan_in) */
	EGM_INIT_HE_NORMAL = 5,      /**< N(0, 2/fan_in); He et al. 2015, eq. 10 */
	EGM_INIT_LECUN_NORMAL = 6,   /**< N(0, 1/fan_in) */
	EGM_INIT_DCGAN_NORMAL = 7,   /**< N(0, 0.02^2); Radford et al. 2016, section 4; not for batch_norm */
	EGM_INIT_ZEROS = 8           /**< all weights 0 */
};

/** Creates a network without layers. `name` (1 to 63 letters, digits, `_` or `-`) identifies it in error texts and
 *  files; `inputs` >= 1 is the number of columns of its input. */
EGM_API EGM_CHECKED egm_status egm_model_create(egm_model **out, egm_context *context, const char *name,
                                                int64_t inputs);
EGM_API void egm_model_free(egm_model *model);

/** Sets the distribution, EGM_INIT_*, of the initial weights of layers that are added after this call. */
EGM_API egm_status egm_model_set_initializer(egm_model *model, int32_t initializer);
/** Adds a dense layer: y = x W^T + b, W [units, inputs], b [units]. */
EGM_API egm_status egm_model_dense(egm_model *model, int64_t units);
/** Adds a dense layer with spectral normalisation: y = x (W / sigma)^T + b, W [units, inputs], b [units]. sigma = u^T W
 *  v approximates the largest singular value of W by persistent power iteration. Source: Miyato et al. 2018, algorithm
 *  1.
 *
 *  u [units] and v [inputs] are buffers, the tensors "N.u" and "N.v". Buffers are included in parameter counts, arrays
 *  and files, but they are not trained, and evaluation does not change them.
 *
 *  One round of the iteration is v = W^T u / |W^T u|, u = W v / |W v|. egm_model_build, egm_model_set_tensor of the
 *  weight and egm_trainer_average run 100 rounds from a random u. A trainer runs one round after each update of the
 *  network. sigma is never above the largest singular value; a round multiplies its error by (s2/s1)^4, where s1 > s2
 *  are the two largest singular values. Derivatives treat u and v as constants: d sigma/dW = u v^T.
 *
 *  egm_model_set_parameters, and egm_model_set_tensor of u or v, set u and v as they are given, without normalising
 *  them, and the formula above is computed with these. If all weights are 0, y = b and W gets no gradient, so it stays
 *  0. */
EGM_API egm_status egm_model_spectral_dense(egm_model *model, int64_t units);

/* Activations. Each is applied to every number and has no parameters.
 *
 * For all finite arguments the error of a value and of a slope is at most 4 units in the last place of the number type,
 * and that of a second derivative at most 8. Where a derivative is a sum that has a root (silu and gelu), the last
 * place is that of its largest summand. Results below the smallest normal number become 0. An infinite argument gives
 * the limit of the function and of its slope; NaN gives NaN. */

/** max(x, 0). */
EGM_API egm_status egm_model_relu(egm_model *model);
/** x for x > 0, otherwise slope * x; 0 <= slope < 1. */
EGM_API egm_status egm_model_leaky_relu(egm_model *model, double slope);
/** x for x > 0, otherwise alpha * (exp(x) - 1); alpha > 0. The slope at 0 is alpha. */
EGM_API egm_status egm_model_elu(egm_model *model, double alpha);
/** log(1 + exp(x)). */
EGM_API egm_status egm_model_softplus(egm_model *model);
/** x * sigmoid(x). */
EGM_API egm_status egm_model_silu(egm_model *model);
/** tanh(x). */
EGM_API egm_status egm_model_tanh(egm_model *model);
/** 1 / (1 + exp(-x)). */
EGM_API egm_status egm_model_sigmoid(egm_model *model);
/** x * Phi(x), Phi the normal distribution function: the exact form, not the tanh approximation. */
EGM_API egm_status egm_model_gelu(egm_model *model);

/** Layer normalisation of each row: (x - mean) / sqrt(var + epsilon) * weight + bias. var is the mean of the squared
 *  differences from the mean (divided by the width). weight starts at 1 and bias at 0; epsilon > 0, usually 1e-5. Mean
 *  and variance are computed from differences, so a constant that is added to a row costs only the digits that the row
 *  itself loses. Where the squares overflow (from 1e19 in f32) the result is bias. Source: Ba et al. 2016. */
EGM_API egm_status egm_model_layer_norm(egm_model *model, double epsilon);

/** Batch normalisation of each channel of an image, or of each column if the rows are not images: (x - mean) / sqrt(var
 *  + epsilon) * weight + bias. weight starts at 1 and bias at 0, whatever egm_model_set_initializer says; epsilon > 0,
 *  usually 1e-5. Source: Ioffe and Szegedy 2015, algorithm 1.
 *
 *  Inside a training step mean and var are those of the batch, over its m = rows x height x width pixels, with divisor
 *  m, and gradients run through both. Everywhere else (egm_model_run and its siblings, samplers, likelihoods) they are
 *  the buffers running_mean, which starts at 0, and running_var, which starts at 1, and rows do not affect each other.
 *
 *  A phase that trains this network updates the buffers with each batch that passes through it, in order:
 *  running <- (1 - momentum) running + momentum * batch statistic, where the variance is multiplied by m/(m-1), as in
 *  PyTorch; 0 < momentum <= 1, usually 0.1. Real and generated rows are separate batches. Rows that several terms of a
 *  loss use are one batch. A phase that does not train this network also normalises by batch statistics, but leaves the
 *  running statistics unchanged. So does a step that fails.
 *
 *  Losses that differentiate a network with respect to its input (gradient penalties, score matching) reject batch_norm
 *  there, because each row's gradient would depend on the other rows. */
EGM_API egm_status egm_model_batch_norm(egm_model *model, double epsilon, double momentum);

/* Images. An image is a row of height x width x channels numbers in this order, with the channels of a pixel side by
 * side: channel c of pixel (y, x) is number (y * width + x) * channels + c. Activations and normalisations keep the
 * image. Dense layers read it as a row, and their output is a row. */

/** Reads the row as an image from here on; height * width * channels must be its number of columns. Computes
 *  nothing. */
EGM_API egm_status egm_model_image(egm_model *model, int64_t height, int64_t width, int64_t channels);
/** Reads the image as a plain row from here on: batch_norm then normalises each column. Computes nothing. */
EGM_API egm_status egm_model_flatten(egm_model *model);
/** Adds a convolution of the image [h, w, in] to [oh, ow, channels], oh = (h + 2 padding - kernel) / stride + 1 rounded
 *  down, ow likewise:
 *
 *    y[i, j, o] = b[o] + sum over ky, kx < kernel and c of
 *                 W[o, ky, kx, c] x[i stride + ky - padding, j stride + kx - padding, c]
 *
 *  x is 0 outside of the image. The kernel is not flipped. W [channels, kernel, kernel, in], b [channels]: PyTorch's
 *  nn.Conv2d with its weight permuted to (0, 2, 3, 1). 1 <= kernel, stride <= 32767; 0 <= padding < kernel. An image
 *  may have up to 2^31 - 1 numbers, and so may all windows of one image together, oh ow kernel^2 in. */
EGM_API egm_status egm_model_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding);
/** Adds a transposed convolution of the image [h, w, in] to [oh, ow, channels], oh = (h - 1) stride - 2 padding +
 *  kernel + output_padding, ow likewise: the adjoint of a convolution from [oh, ow, channels] to [h, w, in], and a
 *  bias. Each input x[i, j, c] adds
 *
 *    W[c, ky, kx, o] x[i, j, c]   to   y[i stride + ky - padding, j stride + kx - padding, o]
 *
 *  W [in, kernel, kernel, channels], b [channels]: PyTorch's nn.ConvTranspose2d with its weight permuted to
 *  (0, 2, 3, 1). 0 <= output_padding < stride; the other ranges are those of egm_model_conv. */
EGM_API egm_status egm_model_conv_transpose(egm_model *model, int64_t channels, int64_t kernel, int64_t stride,
                                            int64_t padding, int64_t output_padding);
/** Adds egm_model_conv with W / sigma instead of W. sigma is the largest singular value of W as a matrix [channels,
 *  kernel^2 in], with buffers u [channels] and v [kernel^2 in], rounds and derivative as in egm_model_spectral_dense.
 *  Source: Miyato et al. 2018, section 2.1. sigma is not the norm of the convolution as a map between images: with
 *  stride 1 that may be up to kernel times as large. */
EGM_API egm_status egm_model_spectral_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride,
                                           int64_t padding);
/** Replaces each square of size x size pixels by its mean, 1 <= size <= 32767: [height / size, width / size, channels],
 *  rounded down. Rows and columns of pixels that do not fill a square are left out. */
EGM_API egm_status egm_model_average_pool(egm_model *model, int64_t size);
/** Repeats each pixel factor x factor times, 1 <= factor <= 32767: [factor height, factor width, channels]. */
EGM_API egm_status egm_model_upsample(egm_model *model, int64_t factor);

/** Allocates the parameters and draws their initial values, each from (seed, its index). Returns the error that a call
 *  of the builder recorded; EGM_ERR_STATE if the model is built already. */
EGM_API EGM_CHECKED egm_status egm_model_build(egm_model *model, egm_dtype dtype, uint64_t seed);

/* Properties of a model. Before egm_model_build the counts are 0. */
EGM_API const char *egm_model_name(const egm_model *model);
EGM_API int64_t egm_model_inputs(const egm_model *model);
EGM_API int64_t egm_model_outputs(const egm_model *model);
EGM_API egm_dtype egm_model_dtype(const egm_model *model);
/** Number of parameters in all tensors together, including buffers. */
EGM_API int64_t egm_model_parameter_count(const egm_model *model);
/** Number of parameter tensors, including buffers. */
EGM_API int32_t egm_model_tensor_count(const egm_model *model);
/** Name and shape of tensor `index`, from 0. Names are "0.weight", "0.bias" and so on; as in PyTorch's nn.Sequential,
 *  layers without parameters are counted, too. `rank` receives the number of sizes, at most 4, and `shape` the sizes.
 *  The name belongs to the model. EGM_ERR_ARGUMENT if there is no such tensor. */
EGM_API EGM_CHECKED egm_status egm_model_tensor_shape(const egm_model *model, int32_t index, const char **name,
                                                      int64_t shape[4], int32_t *rank);

/** Copies all parameters, including buffers, in the order of the tensors: out [egm_model_parameter_count]. */
EGM_API EGM_CHECKED egm_status egm_model_parameters(const egm_model *model, egm_out out);
/** Sets all parameters, in the same order. EGM_ERR_NONFINITE names the tensor and the index of a number that is not
 *  finite, EGM_ERR_ARGUMENT those of a running variance below 0; the model is then unchanged. */
EGM_API EGM_CHECKED egm_status egm_model_set_parameters(egm_model *model, egm_array values);
/** Copies one tensor, by its name: out has as many numbers as its shape. EGM_ERR_ARGUMENT if there is no such tensor.
 */
EGM_API EGM_CHECKED egm_status egm_model_tensor(const egm_model *model, const char *name, egm_out out);
/** Sets one tensor, by its name, with the errors of egm_model_set_parameters. Setting a spectral weight also recomputes
 *  u and v of its layer: to set these too, set them afterwards. */
EGM_API EGM_CHECKED egm_status egm_model_set_tensor(egm_model *model, const char *name, egm_array values);

/* Evaluation of a built model at x [rows, egm_model_inputs]. EGM_ERR_NONFINITE names the row in which an input or a
 * result is not finite; earlier rows may then have been written. EGM_ERR_STATE if the model is not built. The first
 * call of each function compiles a program; later calls with a similar number of rows allocate nothing. */

/** y [rows, egm_model_outputs] = output of the network at x. */
EGM_API EGM_CHECKED egm_status egm_model_run(const egm_model *model, egm_array x, egm_out y);
/** energies [rows] = U(x). EGM_ERR_SHAPE if the network has more than one output. */
EGM_API EGM_CHECKED egm_status egm_model_energy(const egm_model *model, egm_array x, egm_out energies);
/** energies [rows] = U(x), or egm_no_out(), and gradients [rows, egm_model_inputs] = dU/dx. */
EGM_API EGM_CHECKED egm_status egm_model_energy_gradient(const egm_model *model, egm_array x, egm_out energies,
                                                         egm_out gradients);
/** samples [rows, egm_model_outputs] = output of the network at z ~ N(0, I). samples.rows says how many. z of row i is
 *  drawn from (seed, i), so the first rows do not depend on how many follow. */
EGM_API EGM_CHECKED egm_status egm_model_generate(const egm_model *model, uint64_t seed, egm_out samples);

/** Creates an independent copy, with its parameters. */
EGM_API EGM_CHECKED egm_status egm_model_clone(egm_model **out, const egm_model *model);
/** Writes a table of layers, shapes and counts to `buffer`, as text of at most `size` bytes including the closing zero;
 *  a longer text is cut. `needed` (may be NULL) receives the size of the whole text. buffer may be NULL if size is 0.
 */
EGM_API EGM_CHECKED egm_status egm_model_summary(const egm_model *model, char *buffer, size_t size, size_t *needed);

/* ---- files */

/** Limits for files that are not trusted. 0 means the default of a member. */
typedef struct egm_load_options {
	size_t struct_size;
	/** Largest header, in bytes, default 1 MiB. Reading it takes up to 32 times as much memory for a short time. */
	uint64_t max_header_bytes;
	/** Largest sum of all tensors, in bytes, default 8 GiB. */
	uint64_t max_data_bytes;
	/** Only of egm_model_load: largest number of values that one row may need: its inputs, the outputs of all layers,
	 *  and the windows of the largest convolution, width x height x kernel^2 x channels. 0 (default): 1024 for each
	 *  input, output and parameter of the network, but at least 2^22 and at most 2^26.
	 *
	 *  Evaluation holds up to that many values, and a gradient twice as many, for each of 16 rows at a time; more rows
	 *  at a time are evaluated only if they need at most 2^26 values. A sampler holds them for each chain,
	 *  egm_target_ais for 64 particles in each thread. At 2^22 an evaluation takes at most 512 MiB, and one with
	 *  gradients 1 GiB, however small the file is. Checkpoints, sampler files and data contain no network, so this
	 *  limit does not concern them. */
	uint64_t max_row_numbers;
} egm_load_options;

#define EGM_LOAD_OPTIONS_INIT                                             \
	{                                                                     \
		sizeof(egm_load_options), UINT64_C(1) << 20, UINT64_C(8) << 30, 0 \
	}

/** Writes a safetensors file: the parameters under their tensor names, and the layers in the metadata.
 *
 *  The file is written beside `path`, flushed to disk and renamed, so that at any moment `path` is the whole old file
 *  or the whole new one. It keeps the permissions of a file that it replaces, from before the first byte is written.
 *  The next save removes what a killed one has left beside `path`. EGM_ERR_NONFINITE if a parameter is not finite; the
 *  old file then stays. EGM_ERR_IO if the file cannot be written. */
EGM_API EGM_CHECKED egm_status egm_model_save(const egm_model *model, const char *path);
/** The same into memory: writes the bytes of the file to buffer [size], and their number to `needed`, which may be NULL
 *  if there is a buffer. With buffer NULL and size 0 it writes only `needed` and returns EGM_OK. EGM_ERR_ARGUMENT if
 *  size is too small; `needed` is written all the same. */
EGM_API EGM_CHECKED egm_status egm_model_save_memory(const egm_model *model, void *buffer, size_t size, size_t *needed);
/** Creates a built model from a file of egm_model_save, also if another tool has rewritten the file and kept its
 *  metadata. Nothing in the file is trusted. options may be NULL. EGM_ERR_IO if the file cannot be read, EGM_ERR_FORMAT
 *  if it is malformed, EGM_ERR_NONFINITE if a parameter is not finite, EGM_ERR_UNSUPPORTED if the file exceeds a limit
 *  of the options, which the message names. */
EGM_API EGM_CHECKED egm_status egm_model_load(egm_model **out, egm_context *context, const char *path,
                                              const egm_load_options *options);
/** The same from the bytes of such a file in memory, which are only read during the call. */
EGM_API EGM_CHECKED egm_status egm_model_load_memory(egm_model **out, egm_context *context, const void *bytes,
                                                     size_t size, const egm_load_options *options);

/** Order of the numbers of images in a file: see egm_model_restore. */
enum {
	EGM_LAYOUT_AUTO = 1,   /**< EGM_LAYOUT_EGM if the metadata says that the file is ours, else EGM_LAYOUT_PYTORCH */
	EGM_LAYOUT_EGM = 2,    /**< height, width, channels: shapes and order are those of egm_model_tensor_shape */
	EGM_LAYOUT_PYTORCH = 3 /**< channels, height, width */
};

typedef struct egm_restore_options {
	size_t struct_size;
	/** EGM_LAYOUT_*, default EGM_LAYOUT_AUTO. */
	int32_t layout;
	/** 1: if the file lacks the bias of a dense layer or a convolution, as with PyTorch's bias=False, it becomes 0.
	 *  0 (default): that is an error. */
	int32_t zero_bias;
	/** The text before the name of each layer in the file, for example "critic.". Tensors whose names do not begin with
	 *  it are ignored. NULL (default): there is none. Only read during the call. */
	const char *prefix;
	uint64_t max_header_bytes; /**< as in egm_load_options, default 1 MiB */
	uint64_t max_data_bytes;   /**< as in egm_load_options, default 8 GiB */
} egm_restore_options;

#define EGM_RESTORE_OPTIONS_INIT                                                                    \
	{                                                                                               \
		sizeof(egm_restore_options), EGM_LAYOUT_AUTO, 0, NULL, UINT64_C(1) << 20, UINT64_C(8) << 30 \
	}

/** Reads the weights in a safetensors file into a built model, for example those that PyTorch wrote with
 *  safetensors.torch.save_file(net.state_dict(), path), where net is an nn.Sequential whose modules are the layers of
 *  the model, one by one. The file needs no metadata. Each tensor of the model must be in the file, under the name that
 *  egm_model_tensor_shape gives:
 *
 *    dense, conv, conv_transpose     nn.Linear, nn.Conv2d, nn.ConvTranspose2d: N.weight, N.bias
 *    layer_norm                      nn.LayerNorm: N.weight, N.bias
 *    batch_norm                      nn.BatchNorm1d, nn.BatchNorm2d: N.weight, N.bias, N.running_mean, N.running_var;
 *                                    N.num_batches_tracked is ignored
 *    spectral_dense, spectral_conv   the same modules in spectral_norm: weight, u and v also as N.weight_orig,
 *                                    N.weight_u, N.weight_v, or as N.parametrizations.weight.original,
 *                                    N.parametrizations.weight.0._u and _v. A file may lack u and v: they then follow
 *                                    the weight as in egm_model_set_tensor
 *    image, flatten                  nn.Unflatten(1, (channels, height, width)), nn.Flatten
 *    average_pool, upsample          nn.AvgPool2d(size), nn.Upsample(scale_factor=factor)
 *    activations                     their namesakes; nothing is stored
 *
 *  With EGM_LAYOUT_PYTORCH the weight of a convolution is [out, in, kernel, kernel] in the file, that of a transposed
 *  one [in, out, kernel, kernel], and it is permuted. Parameters with one number for each number of an image are
 *  permuted, too: the columns of a dense layer that reads an image, the rows and the bias of a dense layer whose output
 *  becomes an image, layer normalisation, and batch normalisation of such rows. The inputs and outputs of the model
 *  keep the order height, width, channels.
 *
 *  Numbers are converted to the model's dtype, rounded to nearest: F16, BF16, F32 and F64 are read. options may be
 *  NULL. If the call fails, the model is unchanged.
 *
 *  EGM_ERR_STATE if the model is not built. EGM_ERR_FORMAT names tensors that are missing, that belong to no layer, or
 *  that have another shape, or a running variance that is negative. EGM_ERR_SHAPE if the shapes alone differ.
 *  EGM_ERR_DTYPE if a tensor has another type. EGM_ERR_NONFINITE if a number is not finite in the model's dtype.
 *  EGM_ERR_UNSUPPORTED with EGM_LAYOUT_PYTORCH if the model reads the numbers of an image as an image of another shape:
 *  PyTorch does that in another order. Since 0.5. */
EGM_API EGM_CHECKED egm_status egm_model_restore(egm_model *model, const char *path,
                                                 const egm_restore_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_model_restore_memory(egm_model *model, const void *bytes, size_t size,
                                                        const egm_restore_options *options);

#ifdef __cplusplus
}
#endif
#endif
