/* SPDX-License-Identifier: MIT */
#ifndef EGM_MODEL_H
#define EGM_MODEL_H

#include <egm/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A net: a list of layers and their parameters in one contiguous buffer.
 *
 *  Create it, add layers, build it. The calls that add a layer record the first error and return it from then on, and
 *  so does egm_model_build: a program may check that one result alone.
 *
 *  An energy is a net with one output: low = likely, q(x) = exp(-U(x)) / Z.
 */
typedef struct egm_model egm_model;

/** Law from which a weight is drawn. Dense [units, inputs]: fan_in = inputs, fan_out = units. Convolution [out, kernel,
 *  kernel, in]: kernel^2 in and kernel^2 out. Transposed convolution [in, kernel, kernel, out]: kernel^2 out and
 *  kernel^2 in, PyTorch's reading, so that a net starts by the law that it has there; in truth a number of its output
 *  is a sum of about in (kernel / stride)^2. */
enum {
	EGM_INIT_FAN_IN_UNIFORM = 1, /**< default. weight and bias U(-b, b), b = 1/sqrt(fan_in); PyTorch's nn.Linear */
	EGM_INIT_GLOROT_UNIFORM = 2, /**< U(-b, b), b = sqrt(6/(fan_in+fan_out)); Glorot and Bengio 2010, eq. 16 */
	EGM_INIT_GLOROT_NORMAL = 3,  /**< N(0, 2/(fan_in+fan_out)) */
	EGM_INIT_HE_UNIFORM = 4,     /**< U(-b, b), b = sqrt(6/fan_in) */
	EGM_INIT_HE_NORMAL = 5,      /**< N(0, 2/fan_in); He et al. 2015, eq. 10 */
	EGM_INIT_LECUN_NORMAL = 6,   /**< N(0, 1/fan_in) */
	EGM_INIT_DCGAN_NORMAL = 7,   /**< N(0, 0.02^2); Radford et al. 2016, section 4; of batch_norm none is drawn */
	EGM_INIT_ZEROS = 8
	/* all but the default set the bias to zero */
};

/** `name` (1 to 63 letters, digits, `_` or `-`) names the net in error texts and files; `inputs` >= 1 is the width of
 *  a row. */
EGM_API EGM_CHECKED egm_status egm_model_create(egm_model **out, egm_context *context, const char *name,
                                                int64_t inputs);
EGM_API void egm_model_free(egm_model *model);

/** The law for the dense layers and convolutions added after this call, EGM_INIT_*. */
EGM_API egm_status egm_model_set_initializer(egm_model *model, int32_t initializer);
/** y = x W^T + b, W [units, inputs], b [units]. */
EGM_API egm_status egm_model_dense(egm_model *model, int64_t units);
/** Spectral normalisation: y = x (W / sigma)^T + b, W [units, inputs], b [units], sigma = u^T W v: the largest singular
 *  value of W by persistent power iteration; Miyato et al. 2018, algorithm 1. u [units] and v [inputs], the tensors
 *  "N.u" and "N.v", are buffers: they stand among the parameters, in counts, arrays and files, but are not trained, and
 *  evaluating does not move them.
 *
 *  A round is v = W^T u / |W^T u|, u = W v / |W v|. egm_model_build, egm_model_set_tensor of the weight and
 *  egm_trainer_average run 100 from a random u; after each move of the net a trainer runs one. A round shrinks the
 *  error of sigma, which is from below, by (s2/s1)^4; s1 > s2 are the largest singular values. To a derivative u and v
 *  are constants: d sigma/dW = u v^T. What egm_model_set_parameters, or egm_model_set_tensor of u or v, gives them is
 *  taken as it is, of any length: the net is what the formula says. A weight of zeros makes y = b and gets no gradient,
 *  so it stays zero. */
EGM_API egm_status egm_model_spectral_dense(egm_model *model, int64_t units);

/* Activations. Each is applied to every number and has no parameters. For all finite arguments, small, negative and
 * huge ones included, the error of a value and of a slope is at most 4 units in the last place of the number type, that
 * of a second derivative 8. Where a derivative is a sum that has a root (silu and gelu), the last place is that of its
 * largest summand.
 * Results below the smallest normal number become 0. An infinite argument gives the limit of the function and of its
 * slope; NaN gives NaN. */

/** max(x, 0). */
EGM_API egm_status egm_model_relu(egm_model *model);
/** x for x > 0, slope * x else; 0 <= slope < 1. */
EGM_API egm_status egm_model_leaky_relu(egm_model *model, double slope);
/** x for x > 0, alpha * (exp(x) - 1) else; alpha > 0. The slope at 0 is alpha. */
EGM_API egm_status egm_model_elu(egm_model *model, double alpha);
/** log(1 + exp(x)). */
EGM_API egm_status egm_model_softplus(egm_model *model);
/** x * sigmoid(x). */
EGM_API egm_status egm_model_silu(egm_model *model);
EGM_API egm_status egm_model_tanh(egm_model *model);
EGM_API egm_status egm_model_sigmoid(egm_model *model);
/** x * Phi(x), Phi the normal distribution function: the exact form, not the tanh approximation. */
EGM_API egm_status egm_model_gelu(egm_model *model);
/** Per row: (x - mean) / sqrt(var + epsilon) * gain + bias, var the mean of squares (divided by the width);
 *  gain starts at 1, bias at 0; epsilon > 0, usually 1e-5. Ba et al. 2016. If a constant is added to a row, only
 *  the digits that the row itself loses are lost: mean and variance are computed from differences. Where the squares
 *  overflow (from 1e19 in f32) the result is bias. */
EGM_API egm_status egm_model_layer_norm(egm_model *model, double epsilon);

/** Batch normalisation of each channel of an image, or each number of a row that is none: (x - mean) / sqrt(var +
 *  epsilon) * weight + bias; weight starts at 1 and bias at 0, whatever the law; epsilon > 0, usually 1e-5. Ioffe and
 *  Szegedy 2015, algorithm 1.
 *
 *  Inside a training step mean and var are those of the batch, over its m = rows x height x width pixels, var the mean
 *  of squares, and gradients run through both. Everywhere else (egm_model_run and its like, samplers, a likelihood)
 *  they are the buffers running_mean, from 0, and running_var, from 1, and a row does not see another. A phase of a
 *  loss that moves the net updates them with each batch that it puts through it, in order: running <- (1 - momentum)
 *  running + momentum x that of the batch, for running_var times m/(m-1), as PyTorch does; 0 < momentum <= 1, usually
 *  0.1. Real and generated rows are batches of their own; the same rows are one batch however many terms look at them.
 *  A phase that does not train this network also normalises by batch statistics, but leaves the running statistics
 *  unchanged. So does a step that fails.
 *
 *  Losses that differentiate a network with respect to its input (gradient penalties, score matching) reject batch_norm
 *  there, because each row's gradient would depend on the other rows. */
EGM_API egm_status egm_model_batch_norm(egm_model *model, double epsilon, double momentum);

/* Images. A row of height x width x channels numbers in this order, the channels of a pixel side by side: number
 * (y * width + x) * channels + c. Elementwise layers and the norms keep the image, dense layers read it as the row that
 * it is, and what they put out is a row. */

/** From here on the row is read as an image; height * width * channels must be its width. Computes nothing. */
EGM_API egm_status egm_model_image(egm_model *model, int64_t height, int64_t width, int64_t channels);
/** From here on the image is a row and nothing else: batch_norm then takes its numbers one by one. */
EGM_API egm_status egm_model_flatten(egm_model *model);
/** Convolution of the image [h, w, in] to [oh, ow, channels], oh = (h + 2 padding - kernel) / stride + 1 rounded down,
 *  ow likewise: y[i, j, o] = b[o] + sum over ky, kx < kernel and c of W[o, ky, kx, c] x[i stride + ky - padding, j
 *  stride + kx - padding, c], zeros outside of the image; no kernel is turned around. W [channels, kernel, kernel, in],
 *  b [channels]: PyTorch's nn.Conv2d with its weight permuted to (0, 2, 3, 1). 1 <= kernel, stride <= 32767, 0 <=
 *  padding < kernel. An image, and the kernel^2 in numbers of all windows of a row together, may have up to 2^31 - 1
 *  numbers. */
EGM_API egm_status egm_model_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride, int64_t padding);
/** The adjoint of a convolution from [oh, ow, channels] to [h, w, in], and a bias: oh = (h - 1) stride - 2 padding +
 *  kernel + output_padding, ow likewise; every x[y, x, c] adds W[c, ky, kx, o] x[y, x, c] to y[y stride + ky - padding,
 *  x stride + kx - padding, o]. W [in, kernel, kernel, channels], b [channels]: PyTorch's nn.ConvTranspose2d with its
 *  weight permuted to (0, 2, 3, 1). 0 <= output_padding < stride, the others as in egm_model_conv. */
EGM_API egm_status egm_model_conv_transpose(egm_model *model, int64_t channels, int64_t kernel, int64_t stride,
                                            int64_t padding, int64_t output_padding);
/** egm_model_conv with W / sigma in the place of W, sigma the largest singular value of W read as a matrix [channels,
 *  kernel^2 in]; buffers u [channels] and v [kernel^2 in], rounds and derivative as in egm_model_spectral_dense. Miyato
 *  et al. 2018, section 2.1. This is not the norm of the convolution as a map of images, which is up to kernel times as
 *  large: with stride 1 the layer may stretch by that. */
EGM_API egm_status egm_model_spectral_conv(egm_model *model, int64_t channels, int64_t kernel, int64_t stride,
                                           int64_t padding);
/** The mean of each square of size x size pixels, 1 <= size <= 32767: [height / size, width / size, channels], rounded
 *  down; lines that fill no square are left out. */
EGM_API egm_status egm_model_average_pool(egm_model *model, int64_t size);
/** Each pixel factor x factor times, 1 <= factor <= 32767: [factor height, factor width, channels]. */
EGM_API egm_status egm_model_upsample(egm_model *model, int64_t factor);

/** Allocates the parameters and draws them from (seed, parameter index). */
EGM_API EGM_CHECKED egm_status egm_model_build(egm_model *model, egm_dtype dtype, uint64_t seed);

/* What a built model is. Before egm_model_build the counts are 0. */
EGM_API const char *egm_model_name(const egm_model *model);
EGM_API int64_t egm_model_inputs(const egm_model *model);
EGM_API int64_t egm_model_outputs(const egm_model *model);
EGM_API egm_dtype egm_model_dtype(const egm_model *model);
/** Number of parameters, all tensors together, buffers included. */
EGM_API int64_t egm_model_parameter_count(const egm_model *model);
/** Number of parameter tensors, buffers included. */
EGM_API int32_t egm_model_tensor_count(const egm_model *model);
/** Name ("0.weight", "0.bias", ...: layer number counted over all layers, as in PyTorch's nn.Sequential) and shape of
 *  tensor `index`. `shape` receives up to 4 sizes, `rank` how many. The name is borrowed. */
EGM_API EGM_CHECKED egm_status egm_model_tensor_shape(const egm_model *model, int32_t index, const char **name,
                                                      int64_t shape[4], int32_t *rank);

/** Copies all parameters, buffers included, in the order of the tensors: out [egm_model_parameter_count]. */
EGM_API EGM_CHECKED egm_status egm_model_parameters(const egm_model *model, egm_out out);
/** Sets all of them, in the same order. NONFINITE names the tensor and the index, ARGUMENT those of a variance below 0;
 *  the model is then unchanged. */
EGM_API EGM_CHECKED egm_status egm_model_set_parameters(egm_model *model, egm_array values);
/** The same for one tensor by its name, out as many numbers as the shape says. */
EGM_API EGM_CHECKED egm_status egm_model_tensor(const egm_model *model, const char *name, egm_out out);
/** Setting a weight lets u and v of its layer follow: set these afterwards. */
EGM_API EGM_CHECKED egm_status egm_model_set_tensor(egm_model *model, const char *name, egm_array values);

/* Evaluation. x is [rows, egm_model_inputs]; a non-finite input is NONFINITE and names the row; so is a result that is
 * not finite, and rows before it may then have been written. The first call of a kind compiles a program; later ones of
 * a similar size allocate nothing. */

/** y [rows, egm_model_outputs] = the net at x. */
EGM_API EGM_CHECKED egm_status egm_model_run(const egm_model *model, egm_array x, egm_out y);
/** energies [rows] = U(x); the net must have one output. */
EGM_API EGM_CHECKED egm_status egm_model_energy(const egm_model *model, egm_array x, egm_out energies);
/** energies [rows], egm_no_out() if they are not wanted, and gradients [rows, egm_model_inputs] = dU/dx. */
EGM_API EGM_CHECKED egm_status egm_model_energy_gradient(const egm_model *model, egm_array x, egm_out energies,
                                                         egm_out gradients);
/** samples [rows, egm_model_outputs] = the net at z ~ N(0, I), as many rows as samples.rows says; z of row i is drawn
 *  from (seed, i), so the first rows do not depend on how many follow. */
EGM_API EGM_CHECKED egm_status egm_model_generate(const egm_model *model, uint64_t seed, egm_out samples);

/** An independent copy, parameters included. */
EGM_API EGM_CHECKED egm_status egm_model_clone(egm_model **out, const egm_model *model);
/** Writes a table of layers, shapes and counts, at most `size` bytes with the closing zero, and in `needed` (may be
 *  NULL) the bytes that the whole text takes. buffer may be NULL when size is 0. */
EGM_API EGM_CHECKED egm_status egm_model_summary(const egm_model *model, char *buffer, size_t size, size_t *needed);

/* ---- files */

/** What a loader grants a file that it does not trust. */
typedef struct egm_load_options {
	size_t struct_size;
	/** Largest header, in bytes, default 1 MiB. Reading it takes up to 32 times as much memory for a short time. */
	uint64_t max_header_bytes;
	/** Largest sum of all tensors, in bytes, default 8 GiB. */
	uint64_t max_data_bytes;
	/** egm_model_load: largest count of numbers that one row may need: its inputs, the outputs of all layers, and the
	 *  windows of the largest convolution, width x height x kernel^2 x channels. Evaluation holds up to that many
	 *  numbers, and a gradient twice as many, for each of 16 rows at a time. More rows at a time are evaluated only
	 *  while they need 2^26 numbers at most. A sampler holds them for each chain, egm_target_ais for 64 particles of
	 *  each thread. 0 (default): 1024 for each input, output and parameter of the network, but at least 2^22 and at
	 * most 2^26. At 2^22 an evaluation takes 512 MiB at most, one with gradients 1 GiB, also of a file of 300 bytes.
	 *  Checkpoints and sampler files are read into networks that the program has built, and have no such limit. */
	uint64_t max_row_numbers;
} egm_load_options;

#define EGM_LOAD_OPTIONS_INIT                                             \
	{                                                                     \
		sizeof(egm_load_options), UINT64_C(1) << 20, UINT64_C(8) << 30, 0 \
	}

/** Writes a safetensors file: the parameters under their tensor names, the layers in the metadata. The file is written
 *  beside `path`, flushed to disk and renamed, so that at any moment `path` is the old file or the new one, whole. It
 *  keeps the permissions of a file that it replaces, and has them before the first byte is written. What a killed save
 *  has left beside `path` is removed by the next one. EGM_ERR_NONFINITE if a parameter is not finite; the old file
 *  stays. */
EGM_API EGM_CHECKED egm_status egm_model_save(const egm_model *model, const char *path);
/** The same into memory: writes the bytes of the file to buffer [size] and how many they are to `needed`, which may be
 *  NULL if there is a buffer. If size is too small, or buffer is NULL with size 0, only `needed` is written; a buffer
 *  that is too small is EGM_ERR_ARGUMENT. */
EGM_API EGM_CHECKED egm_status egm_model_save_memory(const egm_model *model, void *buffer, size_t size, size_t *needed);
/** Reads what egm_model_save wrote, also after another tool has written the file again and kept its metadata. Trusts
 *  nothing in the file; EGM_ERR_NONFINITE if a parameter is not finite, EGM_ERR_UNSUPPORTED if the file is beyond a
 *  limit of the options, which the message names. options may be NULL. */
EGM_API EGM_CHECKED egm_status egm_model_load(egm_model **out, egm_context *context, const char *path,
                                              const egm_load_options *options);
/** The same from the bytes of such a file in memory, which are only read during the call. */
EGM_API EGM_CHECKED egm_status egm_model_load_memory(egm_model **out, egm_context *context, const void *bytes,
                                                     size_t size, const egm_load_options *options);

/** In which order a file has the numbers of images: see egm_model_restore. */
enum {
	EGM_LAYOUT_AUTO = 1,   /**< EGM_LAYOUT_EGM if the metadata says that the file is ours, else EGM_LAYOUT_PYTORCH */
	EGM_LAYOUT_EGM = 2,    /**< height, width, channels: shapes and order are those of egm_model_tensor_shape */
	EGM_LAYOUT_PYTORCH = 3 /**< channels, height, width */
};

typedef struct egm_restore_options {
	size_t struct_size;
	/** EGM_LAYOUT_*, default EGM_LAYOUT_AUTO. */
	int32_t layout;
	/** 1: a bias of a dense layer or a convolution that the file lacks becomes 0, as for PyTorch's bias=False.
	 *  0 (default): it is missing. */
	int32_t zero_bias;
	/** The text before the name of each layer in the file, for example "critic.". Tensors whose names do not begin with
	 *  it are ignored. NULL (default): there is none. Only read during the call. */
	const char *prefix;
	uint64_t max_header_bytes; /**< as in egm_load_options */
	uint64_t max_data_bytes;   /**< as in egm_load_options */
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
 *  permuted, too: the columns of a dense layer that reads an image, the rows and the bias of one whose output becomes
 *  an image, layer norms, and batch norms of such rows. The inputs and outputs of the model keep the order height,
 *  width, channels.
 *
 *  Numbers are converted to the model's dtype, rounded to nearest: F16, BF16, F32 and F64 are read. options may be
 *  NULL. A call that fails leaves the model as it was.
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
