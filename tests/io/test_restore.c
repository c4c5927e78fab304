/* SPDX-License-Identifier: MIT */
/* Weights written by PyTorch (tests/io/torch/write_torch.py) and read into built models give the outputs of PyTorch.
 * Tensors that do not fit are named, and the model stays unchanged. */
#include "io_support.h"
#include "st_files.h"
#include <egm/data.h>
#include <fenv.h>
#include <io/safetensors_impl.h>
#include <math.h>
#include <model/model_impl.h>

static egm_context *context;
static egm_test_allocator memory;
static char path[PATH_MAX];
static egm_restore_options options;

static void setup(void)
{
	context = egm_test_context(&memory);
	ck_assert_ptr_nonnull(context);
	snprintf(path, sizeof path, "%s", io_path("weights.safetensors"));
	options = (egm_restore_options)EGM_RESTORE_OPTIONS_INIT;
}

static void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(memory.live, 0);
	unlink(path);
}

/* ---- the models, layer by layer those of write_torch.py */

static void add_rows(egm_model *m)
{
	egm_model_dense(m, 6);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_leaky_relu(m, 0.2);
	egm_model_dense(m, 4);
	egm_model_layer_norm(m, 1e-5);
	egm_model_silu(m);
	egm_model_dense(m, 5);
	egm_model_elu(m, 0.7);
	egm_model_dense(m, 1);
}

static void add_critic(egm_model *m)
{
	egm_model_image(m, 6, 5, 2);
	egm_model_conv(m, 4, 3, 2, 1);
	egm_model_leaky_relu(m, 0.2);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_conv(m, 3, 4, 1, 1);
	egm_model_tanh(m);
	egm_model_flatten(m);
	egm_model_layer_norm(m, 1e-5);
	egm_model_dense(m, 1);
}

static void add_generator(egm_model *m)
{
	egm_model_dense(m, 8);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_relu(m);
	egm_model_image(m, 2, 1, 4);
	egm_model_conv_transpose(m, 4, 4, 2, 1, 0);
	egm_model_batch_norm(m, 1e-5, 0.1);
	egm_model_gelu(m);
	egm_model_upsample(m, 2);
	egm_model_conv_transpose(m, 2, 3, 2, 1, 1);
	egm_model_sigmoid(m);
}

static void add_image_norm(egm_model *m)
{
	egm_model_image(m, 4, 2, 3);
	egm_model_layer_norm(m, 1e-5);
	egm_model_average_pool(m, 2);
	egm_model_softplus(m);
	egm_model_flatten(m);
	egm_model_dense(m, 4);
}

static void add_spectral(egm_model *m)
{
	egm_model_image(m, 4, 5, 2);
	egm_model_spectral_conv(m, 3, 2, 1, 1);
	egm_model_relu(m);
	egm_model_flatten(m);
	egm_model_spectral_dense(m, 4);
	egm_model_tanh(m);
	egm_model_spectral_dense(m, 1);
}

static egm_model *build(int64_t inputs, void (*add)(egm_model *m), egm_dtype dtype)
{
	egm_model *m;
	ck_assert_int_eq(egm_model_create(&m, context, "net", inputs), EGM_OK);
	add(m);
	ck_assert_msg(egm_model_build(m, dtype, 3) == EGM_OK, "%s", egm_last_error());
	return m;
}

/* ---- outputs */

enum { MOST = 2000 };

/* A line of a file of outputs: rows, columns, numbers. */
static void read_line(FILE *f, double *values, int64_t *rows, int64_t *columns)
{
	long long r, c;
	ck_assert_int_eq(fscanf(f, "%lld %lld", &r, &c), 2);
	ck_assert_int_le(r * c, MOST);
	for (long long i = 0; i < r * c; i++) ck_assert_int_eq(fscanf(f, "%lf", &values[i]), 1);
	*rows = r;
	*columns = c;
}

static double at(egm_dtype dtype, const void *x, int64_t i)
{
	return dtype == EGM_F64 ? ((const double *)x)[i] : ((const float *)x)[i];
}

/* Both programs sum up to 90 products in f32 through up to 9 layers; none stretches by more than some 4, and each loses
 * a few units of 2^-24: 1e-5 of the largest output. In f64 the 9 digits of the file decide: 1e-8. */
static void expect_outputs(const char *name, const egm_model *m, int is_f64)
{
	static double x[MOST], y[MOST], got[MOST];
	static float narrow[MOST];
	int64_t rows, columns, outputs;
	double largest = 0, tolerance = is_f64 ? 1e-8 : 1e-5;
	char file[PATH_MAX];
	snprintf(file, sizeof file, TORCH_FOLDER "/%s.txt", name);
	FILE *f = fopen(file, "r");
	ck_assert_msg(f != NULL, "%s", file);
	read_line(f, x, &rows, &columns);
	read_line(f, y, &rows, &outputs);
	fclose(f);
	ck_assert_int_eq(columns, egm_model_inputs(m));
	ck_assert_int_eq(outputs, egm_model_outputs(m));
	for (int64_t i = 0; i < rows * columns; i++) narrow[i] = (float)x[i];
	egm_dtype dtype = egm_model_dtype(m);
	const void *in = dtype == EGM_F64 ? (const void *)x : narrow;
	ck_assert_int_eq(
	    egm_model_run(m, egm_array_of(dtype, in, rows, columns), egm_out_of(dtype, got, rows, egm_model_outputs(m))),
	    EGM_OK);
	for (int64_t i = 0; i < rows * outputs; i++) largest = fmax(largest, fabs(y[i]));
	for (int64_t i = 0; i < rows * outputs; i++)
		ck_assert_msg(fabs(at(dtype, got, i) - y[i]) <= tolerance * largest,
		              "%s: output %lld is %.9g, PyTorch has %.9g", name, (long long)i, at(dtype, got, i), y[i]);
}

static const struct {
	const char *file, *outputs, *prefix;
	int64_t inputs;
	void (*add)(egm_model *m);
	egm_dtype dtype;
	int zero_bias, is_f64;
} nets[] = {
    {"rows", "rows", NULL, 5, add_rows, EGM_F32, 0, 0},
    {"rows_no_bias", "rows_no_bias", NULL, 5, add_rows, EGM_F32, 1, 0},
    {"half", "half", NULL, 5, add_rows, EGM_F32, 0, 0},
    {"bfloat", "bfloat", NULL, 5, add_rows, EGM_F32, 0, 0},
    {"bfloat", "bfloat", NULL, 5, add_rows, EGM_F64, 0, 0},
    {"critic", "critic", NULL, 60, add_critic, EGM_F32, 0, 0},
    {"critic", "critic", NULL, 60, add_critic, EGM_F64, 0, 0},
    {"double", "double", NULL, 60, add_critic, EGM_F64, 0, 1},
    {"double", "double", NULL, 60, add_critic, EGM_F32, 0, 0},
    {"image_norm", "image_norm", NULL, 24, add_image_norm, EGM_F32, 0, 0},
    {"spectral", "spectral", NULL, 40, add_spectral, EGM_F32, 0, 0},
    {"spectral_parametrized", "spectral_parametrized", NULL, 40, add_spectral, EGM_F32, 0, 0},
    {"generator", "generator", NULL, 3, add_generator, EGM_F32, 0, 0},
    {"both", "both_critic", "critic.", 60, add_critic, EGM_F32, 0, 0},
    {"both", "both_generator", "generator.", 3, add_generator, EGM_F32, 0, 0},
};

START_TEST(test_restore__outputs_are_those_of_pytorch)
{
	egm_model *m = build(nets[_i].inputs, nets[_i].add, nets[_i].dtype);
	char file[PATH_MAX];
	snprintf(file, sizeof file, TORCH_FOLDER "/%s.safetensors", nets[_i].file);
	options.prefix = nets[_i].prefix;
	options.zero_bias = nets[_i].zero_bias;
	io_expect(file, egm_model_restore(m, file, &options), EGM_OK, NULL);
	expect_outputs(nets[_i].outputs, m, nets[_i].is_f64);
	egm_model_free(m);
}
END_TEST

/* ---- files of our own */

static void expect_equal(const egm_model *a, const egm_model *b)
{
	int64_t n = egm_model_parameter_count(a);
	egm_dtype dtype = egm_model_dtype(a);
	static double p[MOST], q[MOST];
	ck_assert_int_le(n, MOST);
	ck_assert_int_eq(egm_model_parameters(a, egm_out_of(dtype, p, n, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(b, egm_out_of(dtype, q, n, 1)), EGM_OK);
	ck_assert_mem_eq(p, q, (size_t)n * (dtype == EGM_F64 ? 8 : 4));
}

/* The tensors of a model alone, as a tool keeps them that knows no metadata. */
static void write_bare(const egm_model *m, int32_t leave_out)
{
	egm__st_tensor list[64];
	int32_t n = 0;
	for (int32_t i = 0; i < m->n_tensors; i++) {
		const egm__tensor *t = &m->tensors[i];
		if (i == leave_out) continue;
		list[n] = (egm__st_tensor){.name = t->name, .dtype = (int32_t)m->dtype, .rank = t->rank, .count = t->count};
		memcpy(list[n].shape, t->shape, sizeof t->shape);
		list[n++].data = (const char *)m->parameters + (size_t)t->offset * (m->dtype == EGM_F64 ? 8 : 4);
	}
	ck_assert_int_eq(st_file_write(context, path, n, list, 0, NULL), EGM_OK);
}

START_TEST(test_restore__files_of_our_own)
{
	egm_model *saved = build(60, add_critic, EGM_F64), *other = build(60, add_critic, EGM_F64);
	double bias[4] = {1, 2, 3, 4};
	ck_assert_int_eq(egm_model_set_tensor(saved, "1.bias", egm_f64(bias, 4, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_save(saved, path), EGM_OK);
	io_expect("by its metadata", egm_model_restore(other, path, NULL), EGM_OK, NULL);
	expect_equal(saved, other);
	bias[2] = 5;
	ck_assert_int_eq(egm_model_set_tensor(saved, "1.bias", egm_f64(bias, 4, 1)), EGM_OK);
	write_bare(saved, -1);
	io_expect("not said", egm_model_restore(other, path, NULL), EGM_ERR_SHAPE,
	          "1.weight is [4, 3, 3, 2], must be [4, 2, 3, 3] (it fits the other layout)");
	options.layout = EGM_LAYOUT_EGM;
	io_expect("said", egm_model_restore(other, path, &options), EGM_OK, NULL);
	expect_equal(saved, other);
	egm_model_free(saved);
	egm_model_free(other);
}
END_TEST

/* Without u and v a spectral layer has those that egm_model_set_tensor of its weight gives it. */
START_TEST(test_restore__spectral_vectors_follow)
{
	egm_model *m = build(40, add_spectral, EGM_F64), *other = build(40, add_spectral, EGM_F64);
	double weight[24];
	for (int i = 0; i < 24; i++) weight[i] = sin(i + 1.0);
	ck_assert_int_eq(egm_model_set_tensor(m, "1.weight", egm_f64(weight, 24, 1)), EGM_OK);
	options.layout = EGM_LAYOUT_EGM;
	write_bare(m, 2); /* 1.u */
	ck_assert_str_eq(m->tensors[2].name, "1.u");
	io_expect("no u", egm_model_restore(other, path, &options), EGM_OK, NULL);
	expect_equal(m, other);
	egm_model_free(m);
	egm_model_free(other);
}
END_TEST

/* ---- and back */

/* Every tensor of PyTorch's file is in the other one: its name, shape, type and bytes. Counts of batches are not. */
static void expect_same_tensors(const char *torch, const char *ours)
{
	egm__safetensors *a, *b;
	int32_t counts = 0;
	ck_assert_int_eq(st_file_read_any(&a, context, torch, NULL), EGM_OK);
	ck_assert_int_eq(st_file_read(&b, context, ours, NULL), EGM_OK);
	for (int32_t i = 0; i < egm__safetensors_count(a); i++) {
		const egm__st_tensor *t = egm__safetensors_at(a, i), *found = egm__safetensors_find(b, t->name);
		if (strstr(t->name, "num_batches_tracked")) {
			counts++;
			continue;
		}
		ck_assert_msg(found && found->dtype == t->dtype && found->rank == t->rank && found->count == t->count, "%s: %s",
		              torch, t->name);
		ck_assert_mem_eq(found->shape, t->shape, (size_t)t->rank * sizeof *t->shape);
		ck_assert_mem_eq(found->data, t->data, (size_t)t->count * (t->dtype == EGM__ST_F64 ? 8 : 4));
	}
	ck_assert_int_eq(egm__safetensors_count(b), egm__safetensors_count(a) - counts);
	ck_assert_str_eq(egm__safetensors_meta(b, "format"), "pt");
	egm__safetensors_free(a);
	egm__safetensors_free(b);
}

/* Whether the file has what a model writes: its type, all tensors, no prefix, today's names of spectral layers. */
static int has_all(int i)
{
	static const char *const others[] = {"rows_no_bias", "half", "bfloat", "both", "spectral"};
	for (size_t k = 0; k < sizeof others / sizeof *others; k++)
		if (!strcmp(nets[i].file, others[k])) return 0;
	return (nets[i].dtype == EGM_F64) == !strcmp(nets[i].file, "double");
}

START_TEST(test_restore__and_back_to_pytorch)
{
	egm_model *m = build(nets[_i].inputs, nets[_i].add, nets[_i].dtype), *again;
	char file[PATH_MAX];
	snprintf(file, sizeof file, TORCH_FOLDER "/%s.safetensors", nets[_i].file);
	options.prefix = nets[_i].prefix;
	options.zero_bias = nets[_i].zero_bias;
	io_expect(file, egm_model_restore(m, file, &options), EGM_OK, NULL);
	io_expect(file, egm_model_save_pytorch(m, path), EGM_OK, NULL);
	if (has_all(_i)) expect_same_tensors(file, path);
	again = build(nets[_i].inputs, nets[_i].add, nets[_i].dtype);
	io_expect(file, egm_model_restore(again, path, NULL), EGM_OK, NULL);
	expect_equal(m, again);
	egm_model_free(m);
	egm_model_free(again);
}
END_TEST

START_TEST(test_restore__what_is_not_written_for_pytorch)
{
	egm_model *m = build(5, add_rows, EGM_F32), *unbuilt;
	float bias[5] = {0, 0, 0, NAN, 0};
	io_expect("model", egm_model_save_pytorch(NULL, path), EGM_ERR_ARGUMENT, "model is NULL");
	io_expect("path", egm_model_save_pytorch(m, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	ck_assert_int_eq(egm_model_create(&unbuilt, context, "unbuilt", 3), EGM_OK);
	io_expect("unbuilt", egm_model_save_pytorch(unbuilt, path), EGM_ERR_STATE, "'unbuilt' is not built");
	egm_model_free(unbuilt);
	/* No call writes such a number: a loss that diverges does. */
	memcpy(egm__tensor_values(m, &m->tensors[11]), bias, sizeof bias);
	ck_assert_str_eq(m->tensors[11].name, "6.bias");
	io_expect("NaN", egm_model_save_pytorch(m, path), EGM_ERR_NONFINITE, "6.bias[3] is nan, must be finite");
	egm_model_free(m);
}
END_TEST

/* ---- refusals */

static const float ones[64] = {1, 1, 1, 1, 1, 1, 1, 1};

static void add_small(egm_model *m)
{
	egm_model_dense(m, 2);
	egm_model_batch_norm(m, 1e-5, 0.1);
}

/* A file for three inputs and two outputs, with what a row changes. */
typedef struct weights {
	const char *row, *options; /* of the row: "-name" leaves out, "+name" adds; NULL: nothing */
	egm_status status;
	const char *needle;
} weights;

static const weights refused[] = {
    {"good", NULL, EGM_OK, NULL},
    {"missing", "-0.bias", EGM_ERR_FORMAT, "for model 'net' 1 tensor is missing (0.bias)"},
    {"missing variance", "-1.running_var", EGM_ERR_FORMAT, "1 tensor is missing (1.running_var)"},
    {"extra", "+2.weight", EGM_ERR_FORMAT, "1 belongs to no layer (2.weight)"},
    {"extra name", "+fc", EGM_ERR_FORMAT, "1 belongs to no layer (fc)"},
    {"extra zero", "+00.bias", EGM_ERR_FORMAT, "1 belongs to no layer (00.bias)"},
    {"vector of a layer that has none", "+0.weight_u", EGM_ERR_FORMAT, "1 belongs to no layer (0.weight_u)"},
    {"the name of a spectral layer", "+0.weight_orig", EGM_ERR_FORMAT, "1 belongs to no layer (0.weight_orig)"},
};

static void write_small(const char *change)
{
	egm__st_tensor list[8] = {
	    {"0.weight", EGM__ST_F32, 2, {2, 3}, ones, 6},    {"0.bias", EGM__ST_F32, 1, {2}, ones, 2},
	    {"1.weight", EGM__ST_F32, 1, {2}, ones, 2},       {"1.bias", EGM__ST_F32, 1, {2}, ones, 2},
	    {"1.running_mean", EGM__ST_F32, 1, {2}, ones, 2}, {"1.running_var", EGM__ST_F32, 1, {2}, ones, 2}};
	int32_t n = 6;
	for (int32_t i = 0; change && *change == '-' && i < n; i++)
		if (strcmp(list[i].name, change + 1) == 0) list[i] = list[--n];
	if (change && *change == '+') list[n++] = (egm__st_tensor){change + 1, EGM__ST_F32, 1, {3}, ones, 3};
	ck_assert_int_eq(st_file_write(context, path, n, list, 0, NULL), EGM_OK);
}

static void expect_refused(const char *row, egm_model *m, egm_status status, const char *needle)
{
	double before[64], after[64];
	int64_t n = egm_model_parameter_count(m);
	egm_dtype dtype = egm_model_dtype(m);
	long live = memory.live;
	ck_assert_int_eq(egm_model_parameters(m, egm_out_of(dtype, before, n, 1)), EGM_OK);
	io_expect(row, egm_model_restore(m, path, &options), status, needle);
	if (status != EGM_OK) {
		ck_assert_int_eq(egm_model_parameters(m, egm_out_of(dtype, after, n, 1)), EGM_OK);
		ck_assert_mem_eq(before, after, (size_t)n * (dtype == EGM_F64 ? 8 : 4));
		ck_assert_msg(io_names_path(egm_last_error(), "egm_model_restore", path), "%s: no path in '%s'", row,
		              egm_last_error());
	}
	ck_assert_msg(memory.live == live, "%s: %ld blocks left", row, memory.live - live);
}

START_TEST(test_restore__what_does_not_fit_is_named)
{
	egm_model *m = build(3, add_small, EGM_F32);
	write_small(refused[_i].options);
	expect_refused(refused[_i].row, m, refused[_i].status, refused[_i].needle);
	egm_model_free(m);
}
END_TEST

/* The names of a module within another, and of one that is no module. */
START_TEST(test_restore__a_prefix_is_guessed)
{
	egm__st_tensor list[] = {{"a.b.1.bias", EGM__ST_F32, 1, {2}, ones, 2},
	                         {"a.b.0.weight", EGM__ST_F32, 1, {3}, ones, 3}};
	egm_model *m = build(3, add_small, EGM_F32);
	ck_assert_int_eq(st_file_write(context, path, 2, list, 0, NULL), EGM_OK);
	expect_refused("a.b.", m, EGM_ERR_FORMAT, ": is the prefix 'a.b.'? for model 'net' 6 tensors are missing");
	options.prefix = "a.";
	expect_refused("a.", m, EGM_ERR_FORMAT, ": is the prefix 'a.b.'? for model 'net' 6 tensors are missing");
	options.prefix = "a.b.";
	expect_refused("found", m, EGM_ERR_FORMAT, ": for model 'net' 4 tensors are missing");
	options.prefix = NULL;
	list[1].name = "10.weight";
	ck_assert_int_eq(st_file_write(context, path, 2, list, 0, NULL), EGM_OK);
	expect_refused("10", m, EGM_ERR_FORMAT, ": for model 'net' 6 tensors are missing");
	egm_model_free(m);
}
END_TEST

START_TEST(test_restore__all_of_it_in_one_line)
{
	egm_model *m = build(4, add_small, EGM_F32);
	write_small("-0.bias");
	expect_refused("two kinds", m, EGM_ERR_FORMAT,
	               "1 tensor is missing (0.bias); 1 has another shape (0.weight is [2, 3], must be [2, 4])");
	options.prefix = "critic.";
	expect_refused("prefix", m, EGM_ERR_FORMAT, "6 tensors are missing (critic.0.weight, critic.0.bias");
	options.prefix = "0.";
	expect_refused("prefix of others", m, EGM_ERR_FORMAT, "1 belongs to no layer (0.weight)");
	egm_model_free(m);
	m = build(3, add_rows, EGM_F32);
	write_small(NULL);
	options.prefix = "module.of.a.longer.name.";
	expect_refused("many", m, EGM_ERR_FORMAT, "14 tensors are missing (module.of.a.longer.name.0.weight, ");
	ck_assert_ptr_nonnull(strstr(egm_last_error(), " more)"));
	egm_model_free(m);
}
END_TEST

static void add_row_norm(egm_model *m)
{
	egm_model_layer_norm(m, 1e-5);
}

/* [0, 0, 0] is no image that a norm of rows could have: its tensors have no number to read. */
START_TEST(test_restore__a_norm_of_rows_has_no_image)
{
	const egm__st_tensor list[] = {{"0.weight", EGM__ST_F32, 3, {0, 0, 0}, ones, 0},
	                               {"0.bias", EGM__ST_F32, 3, {0, 0, 0}, ones, 0}};
	egm_model *m = build(3, add_row_norm, EGM_F32);
	ck_assert_int_eq(st_file_write(context, path, 2, list, 0, NULL), EGM_OK);
	expect_refused("empty image", m, EGM_ERR_SHAPE, "2 have another shape (0.weight is [0, 0, 0], must be [3]");
	egm_model_free(m);
}
END_TEST

static void write_values(int32_t dtype, const void *weight, const float *variance)
{
	const egm__st_tensor list[] = {
	    {"0.weight", dtype, 2, {2, 3}, weight, 6},        {"0.bias", EGM__ST_F32, 1, {2}, ones, 2},
	    {"1.weight", EGM__ST_F32, 1, {2}, ones, 2},       {"1.bias", EGM__ST_F32, 1, {2}, ones, 2},
	    {"1.running_mean", EGM__ST_F32, 1, {2}, ones, 2}, {"1.running_var", EGM__ST_F32, 1, {2}, variance, 2}};
	ck_assert_int_eq(st_file_write(context, path, 6, list, 0, NULL), EGM_OK);
}

START_TEST(test_restore__values)
{
	egm_model *f32 = build(3, add_small, EGM_F32), *f64 = build(3, add_small, EGM_F64);
	double w[6] = {0, 0, 0, 1e39, 0, 0};
	const float negative[2] = {1, -0.5f};
	const uint64_t whole[6] = {1};
	write_values(EGM__ST_F64, w, ones);
	expect_refused("beyond f32", f32, EGM_ERR_NONFINITE, "0.weight[3] is 1e+39, must be finite in f32");
	expect_refused("within f64", f64, EGM_OK, NULL);
	w[3] = NAN;
	write_values(EGM__ST_F64, w, ones);
	expect_refused("NaN", f64, EGM_ERR_NONFINITE, "0.weight[3] is nan");
	write_values(EGM__ST_F32, ones, negative);
	expect_refused("variance", f32, EGM_ERR_FORMAT, "1.running_var[1] is -0.5, must be at least 0");
	write_values(EGM__ST_U64, whole, ones);
	expect_refused("U64", f32, EGM_ERR_DTYPE, "tensor '0.weight' is U64, must be F16, BF16, F32 or F64");
	egm_model_free(f32);
	egm_model_free(f64);
}
END_TEST

/* 1/3 as f64 lies above 0x1.555554p-2 and nearer to 0x1.555556p-2: so in every mode of the host. */
START_TEST(test_restore__rounds_to_nearest)
{
	static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	egm_model *m = build(3, add_small, EGM_F32);
	const double w[6] = {1.0 / 3, -1.0 / 3, 0.1, -0.1, 1e-40, 3.4028235677973366e38 * (1 - 0x1p-53)};
	float got[6];
	write_values(EGM__ST_F64, w, ones);
	fesetround(modes[_i]);
	egm_status st = egm_model_restore(m, path, NULL);
	int mode = fegetround();
	fesetround(FE_TONEAREST);
	io_expect("restore", st, EGM_OK, NULL);
	ck_assert_int_eq(mode, modes[_i]);
	ck_assert_int_eq(egm_model_tensor(m, "0.weight", egm_f32_out(got, 6, 1)), EGM_OK);
	for (int i = 0; i < 6; i++) ck_assert_msg(got[i] == (float)w[i], "%d: %a", i, (double)got[i]);
	egm_model_free(m);
}
END_TEST

static void add_reshaped(egm_model *m)
{
	egm_model_image(m, 2, 2, 3);
	egm_model_flatten(m);
	egm_model_relu(m);
	egm_model_image(m, 1, 6, 2);
	egm_model_conv(m, 1, 1, 1, 0);
}

/* Numbers of an image read as another one: PyTorch would take others for a pixel. Not where both orders are one. */
static void add_same_order(egm_model *m)
{
	egm_model_image(m, 1, 1, 12);
	egm_model_flatten(m);
	egm_model_image(m, 12, 1, 1);
	egm_model_conv(m, 1, 1, 1, 0);
}

START_TEST(test_restore__images_read_as_others)
{
	const egm__st_tensor list[] = {{"4.weight", EGM__ST_F32, 4, {1, 2, 1, 1}, ones, 2},
	                               {"4.bias", EGM__ST_F32, 1, {1}, ones, 1},
	                               {"3.weight", EGM__ST_F32, 4, {1, 1, 1, 1}, ones, 1},
	                               {"3.bias", EGM__ST_F32, 1, {1}, ones, 1}};
	egm_model *m = build(12, add_reshaped, EGM_F32);
	ck_assert_int_eq(st_file_write(context, path, 2, list, 0, NULL), EGM_OK);
	expect_refused("reshaped", m, EGM_ERR_UNSUPPORTED, "layer 3 (image) of model 'net' reads the numbers of an image");
	io_expect("and back", egm_model_save_pytorch(m, path), EGM_ERR_UNSUPPORTED, "layer 3 (image) of model 'net' reads");
	egm_model_free(m);
	m = build(12, add_same_order, EGM_F32);
	ck_assert_int_eq(st_file_write(context, path, 2, list + 2, 0, NULL), EGM_OK);
	expect_refused("same order", m, EGM_OK, NULL);
	egm_model_free(m);
}
END_TEST

START_TEST(test_restore__misuse)
{
	egm_model *m = build(3, add_small, EGM_F32), *unbuilt;
	write_small(NULL);
	io_expect("model", egm_model_restore(NULL, path, NULL), EGM_ERR_ARGUMENT, "model is NULL");
	io_expect("path", egm_model_restore(m, NULL, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	ck_assert_int_eq(egm_model_create(&unbuilt, context, "unbuilt", 3), EGM_OK);
	io_expect("unbuilt", egm_model_restore(unbuilt, path, NULL), EGM_ERR_STATE, "'unbuilt' is not built");
	egm_model_free(unbuilt);
	options.layout = 4;
	io_expect("layout", egm_model_restore(m, path, &options), EGM_ERR_ARGUMENT, "layout is 4");
	options.layout = EGM_LAYOUT_AUTO;
	options.zero_bias = 2;
	io_expect("zero_bias", egm_model_restore(m, path, &options), EGM_ERR_ARGUMENT, "zero_bias is 2");
	options.zero_bias = 0;
	options.max_data_bytes = 10;
	expect_refused("limit", m, EGM_ERR_UNSUPPORTED, "must be at most max_data_bytes, 10");
	options.max_header_bytes = 10;
	expect_refused("header", m, EGM_ERR_UNSUPPORTED, "must have at most max_header_bytes, 10");
	options.max_header_bytes = 1000000;
	options.max_data_bytes = 1000000;
	io_write(path, "PK\3\4\0\0\0\0\0\0\0", 11);
	expect_refused("zip", m, EGM_ERR_FORMAT, "looks like a zip archive");
	egm_model_free(m);
}
END_TEST

static egm_status restore_small(void *user)
{
	return egm_model_restore(user, path, &options);
}

START_TEST(test_restore__every_allocation_may_fail)
{
	egm_model *m = build(3, add_small, EGM_F32);
	write_small(NULL);
	ck_assert_int_gt(egm_test_fail_each(&memory, restore_small, m), 4);
	egm_model_free(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("restore");
	TCase *tc = tcase_create("core");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_restore__outputs_are_those_of_pytorch, 0, (int)(sizeof nets / sizeof *nets));
	tcase_add_loop_test(tc, test_restore__and_back_to_pytorch, 0, (int)(sizeof nets / sizeof *nets));
	tcase_add_test(tc, test_restore__what_is_not_written_for_pytorch);
	tcase_add_test(tc, test_restore__files_of_our_own);
	tcase_add_test(tc, test_restore__spectral_vectors_follow);
	tcase_add_loop_test(tc, test_restore__what_does_not_fit_is_named, 0, (int)(sizeof refused / sizeof *refused));
	tcase_add_test(tc, test_restore__a_prefix_is_guessed);
	tcase_add_test(tc, test_restore__all_of_it_in_one_line);
	tcase_add_test(tc, test_restore__a_norm_of_rows_has_no_image);
	tcase_add_test(tc, test_restore__values);
	tcase_add_loop_test(tc, test_restore__rounds_to_nearest, 0, 4);
	tcase_add_test(tc, test_restore__images_read_as_others);
	tcase_add_test(tc, test_restore__misuse);
	tcase_add_test(tc, test_restore__every_allocation_may_fail);
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
