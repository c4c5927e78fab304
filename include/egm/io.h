/* SPDX-License-Identifier: MIT */
#ifndef EGM_IO_H
#define EGM_IO_H

#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Samples to train on: a row-major array [rows, columns] of finite f32 or f64 numbers, and the shape it came with. */
typedef struct egm_data egm_data;

typedef struct egm_data_options {
	size_t struct_size;
	/** EGM_F32 (default) or EGM_F64: what the numbers are stored as. */
	int32_t dtype;
	/** CSV: lines to skip before the first row, default 0. */
	int32_t skip_lines;
	/** Each number read becomes scale * number + offset; defaults 1 and 0. Bytes to [-1, 1]: 1/127.5 and -1. */
	double scale;
	double offset;
	/** Refuses a file whose numbers would take more bytes than this once stored; default 8 GiB. */
	uint64_t max_bytes;
	/** Read no more than this many rows; 0 (default): all. */
	int64_t max_rows;
	/** CSV: the character between numbers, default ','. */
	int32_t delimiter;
	int32_t reserved; /**< 0 */
} egm_data_options;

EGM_API egm_status egm_data_options_init(egm_data_options *options, size_t size);

/** Copies x [rows, columns]. NONFINITE names row and column. */
EGM_API egm_status egm_data_create(egm_data **out, egm_context *context, egm_dtype dtype, const void *x, int64_t rows,
                                   int64_t columns);
/** Reads an IDX file, plain or gzip: types u8, i8, i16, i32, f32, f64; first size = rows, the others are flattened. */
EGM_API egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Reads an NPY file of version 1 to 3: f4 f8 u1 i4 i8 of either byte order; C order, or any order in one dimension.
 *  First size = rows, the others are flattened; a one-dimensional array is one column. */
EGM_API egm_status egm_data_load_npy(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Reads numbers in text, one row a line, plain or gzip. The decimal sign is the point in every locale. Empty lines are
 *  passed over; a line of another width is FORMAT and named. */
EGM_API egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Writes an array [rows, columns] as NPY version 1, the file replaced as a whole or not at all. */
EGM_API egm_status egm_npy_save(egm_context *context, const char *path, egm_dtype dtype, const void *x, int64_t rows,
                                int64_t columns);
EGM_API void egm_data_free(egm_data *data);

EGM_API int64_t egm_data_rows(const egm_data *data);
EGM_API int64_t egm_data_columns(const egm_data *data);
EGM_API egm_dtype egm_data_dtype(const egm_data *data);
/** The sizes before flattening, rows first, in shape[0 .. rank-1], rank <= 8; returns the rank. */
EGM_API int32_t egm_data_shape(const egm_data *data, int64_t shape[8]);
/** The numbers, row-major, borrowed. */
EGM_API const void *egm_data_values(const egm_data *data);

/** What a loader grants a file that it does not trust. */
typedef struct egm_load_options {
	size_t struct_size;
	/** Largest header, in bytes, default 1 MiB. Reading it takes up to 32 times as much memory for a short time. */
	uint64_t max_header_bytes;
	/** Largest sum of all tensors, in bytes, default 8 GiB. */
	uint64_t max_data_bytes;
	/** egm_model_load: largest count of numbers that one row may need: its inputs, the outputs of all layers, and the
	 *  windows of the largest convolution, width x height x kernel^2 x channels. Evaluation holds up to that many
	 * numbers for each of 16 rows or more. 0 (default): 1024 for each input, output and parameter of the network, but
	 * at least 2^22 and at most 2^26, so that a file of 300 bytes cannot ask for gigabytes. Checkpoints and sampler
	 * files are read into networks that the program has built, and have no such limit. */
	uint64_t max_row_numbers;
} egm_load_options;

EGM_API egm_status egm_load_options_init(egm_load_options *options, size_t size);

/** Writes a safetensors file: the parameters under their tensor names, the layers in the metadata. The file is written
 *  beside `path`, flushed to disk and renamed, so that at any moment `path` is the old file or the new one, whole. It
 *  keeps the permissions of a file that it replaces, and has them before the first byte is written. What a killed save
 *  has left beside `path` is removed by the next one. EGM_ERR_NONFINITE if a parameter is not finite; the old file
 *  stays. */
EGM_API egm_status egm_model_save(const egm_model *model, const char *path);
/** Reads what egm_model_save wrote, also after another tool has written the file again and kept its metadata. Trusts
 *  nothing in the file; EGM_ERR_NONFINITE if a parameter is not finite, EGM_ERR_UNSUPPORTED if the file is beyond a
 * limit of the options, which the message names. options may be NULL. */
EGM_API egm_status egm_model_load(egm_model **out, egm_context *context, const char *path,
                                  const egm_load_options *options);

/** In which order a file has the numbers of images: see egm_model_restore. */
enum {
	EGM_LAYOUT_AUTO = 1,   /**< EGM_LAYOUT_EGM if the metadata says that the file is ours, else EGM_LAYOUT_PYTORCH */
	EGM_LAYOUT_EGM = 2,    /**< height, width, channels: shapes and order are those of egm_model_tensor */
	EGM_LAYOUT_PYTORCH = 3 /**< channels, height, width */
};

typedef struct egm_restore_options {
	size_t struct_size;
	/** EGM_LAYOUT_*, default EGM_LAYOUT_AUTO. */
	int32_t layout;
	/** 1: a bias of a dense layer or a convolution that the file lacks becomes 0, as for PyTorch's bias=False. Default
	 * 0: it is missing. */
	int32_t zero_bias;
	/** What stands before the name of a layer in the file, for example "critic.". Tensors with other names are left
	 *  alone. NULL (default): nothing stands before it. Read during the call alone. */
	const char *prefix;
	uint64_t max_header_bytes; /**< as in egm_load_options */
	uint64_t max_data_bytes;   /**< as in egm_load_options */
} egm_restore_options;

EGM_API egm_status egm_restore_options_init(egm_restore_options *options, size_t size);

/** Reads the weights in a safetensors file into a built model, for example those that PyTorch wrote:
 *  safetensors.torch.save_file(net.state_dict(), path), net an nn.Sequential whose modules are the model's layers, one
 *  by one. The file needs no metadata. Each tensor of the model must be there, under the name of egm_model_tensor:
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
 *  one [in, out, kernel, kernel], and it is permuted. So is what has a number for each number of an image: the columns
 *  of a dense layer that reads an image, the rows and the bias of one whose output becomes an image, layer norms, and
 *  batch norms of such rows. Images that go in and come out, as rows too, remain in the order height, width, channels.
 *
 *  Numbers are converted to the model's dtype, rounded to nearest: F16, BF16, F32 and F64 are read. options may be
 *  NULL. A call that fails leaves the model as it was. EGM_ERR_STATE if the model is not built. EGM_ERR_FORMAT names
 *  tensors that are missing, that belong to no layer, or that have another shape; EGM_ERR_SHAPE if the shapes alone
 *  differ. EGM_ERR_DTYPE if a tensor has another type. EGM_ERR_NONFINITE if a number is not finite in the model's
 *  dtype. EGM_ERR_UNSUPPORTED if the model reads an image as one of another shape, where EGM_LAYOUT_PYTORCH has no
 *  meaning. Since 0.5. */
EGM_API egm_status egm_model_restore(egm_model *model, const char *path, const egm_restore_options *options);

#ifdef __cplusplus
}
#endif
#endif
