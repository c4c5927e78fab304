/* SPDX-License-Identifier: MIT */
/* A saved model is loaded bit by bit as it was; a file that describes another model, or none, is rejected. */
#include "st_files.h"
#include "st_support.h"
#include <egm/data.h>
#include <inttypes.h>
#include <io/safetensors_impl.h>
#include <math.h>
#include <model/model_impl.h>
#include <stddef.h>

static egm_context *context;
static egm_test_allocator memory;
static char path[PATH_MAX];

static void setup(void)
{
	context = egm_test_context(&memory);
	ck_assert_ptr_nonnull(context);
	snprintf(path, sizeof path, "%s", io_path("model.safetensors"));
}

static void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(memory.live, 0);
	unlink(path);
}

/* Every kind of layer, and parameters that have no short decimal form. */
static egm_model *every_layer(egm_dtype dtype)
{
	egm_model *m;
	ck_assert_int_eq(egm_model_create(&m, context, "every-Layer_1", 3), EGM_OK);
	egm_model_set_initializer(m, EGM_INIT_HE_NORMAL);
	egm_model_dense(m, 5);
	egm_model_leaky_relu(m, 0.1 + 0.2);
	egm_model_set_initializer(m, EGM_INIT_ZEROS);
	egm_model_dense(m, 4);
	egm_model_set_initializer(m, EGM_INIT_HE_UNIFORM);
	egm_model_spectral_dense(m, 6);
	egm_model_elu(m, 1.0 / 3);
	egm_model_layer_norm(m, 1e-5);
	egm_model_relu(m);
	egm_model_softplus(m);
	egm_model_silu(m);
	egm_model_tanh(m);
	egm_model_sigmoid(m);
	egm_model_gelu(m);
	egm_model_set_initializer(m, EGM_INIT_FAN_IN_UNIFORM);
	egm_model_dense(m, 1);
	ck_assert_int_eq(egm_model_build(m, dtype, 7), EGM_OK);
	return m;
}

static void check_equal(const egm_model *a, const egm_model *b)
{
	static double x[200], y[200];
	char s[4096], t[4096];
	int64_t n = egm_model_parameter_count(a);
	size_t width = egm_model_dtype(a) == EGM_F64 ? 8 : 4;
	ck_assert_str_eq(egm_model_name(a), egm_model_name(b));
	ck_assert_int_eq(egm_model_dtype(a), egm_model_dtype(b));
	ck_assert_int_eq(n, egm_model_parameter_count(b));
	ck_assert_int_le(n, 200);
	ck_assert_int_eq(egm_model_parameters(a, egm_out_of(egm_model_dtype(a), x, n, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(b, egm_out_of(egm_model_dtype(b), y, n, 1)), EGM_OK);
	ck_assert_mem_eq(x, y, (size_t)n * width);
	ck_assert_int_eq(egm_model_summary(a, s, sizeof s, NULL), EGM_OK);
	ck_assert_int_eq(egm_model_summary(b, t, sizeof t, NULL), EGM_OK);
	ck_assert_str_eq(s, t);
}

START_TEST(test_model_file__round_trip)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	egm_model *saved = every_layer(dtype), *loaded;
	ck_assert_int_eq(egm_model_save(saved, path), EGM_OK);
	io_expect("load", egm_model_load(&loaded, context, path, NULL), EGM_OK, NULL);
	check_equal(saved, loaded);
	/* Saved again, the file has the same bytes: layer parameters came back exactly, too. */
	size_t n, m;
	unsigned char *first = io_read(path, &n);
	ck_assert_int_eq(egm_model_save(loaded, path), EGM_OK);
	unsigned char *second = io_read(path, &m);
	ck_assert_uint_eq(n, m);
	ck_assert_mem_eq(first, second, n);
	/* The energy at a point, bit for bit. */
	const double x[3] = {0.5, -1.25, 2};
	const float f[3] = {0.5f, -1.25f, 2};
	double u = 0, v = 0;
	const void *point = dtype == EGM_F64 ? (const void *)x : f;
	ck_assert_int_eq(egm_model_energy(saved, egm_array_of(dtype, point, 1, 3), egm_out_of(dtype, &u, 1, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_energy(loaded, egm_array_of(dtype, point, 1, 3), egm_out_of(dtype, &v, 1, 1)), EGM_OK);
	ck_assert_mem_eq(&u, &v, sizeof u);
	free(first);
	free(second);
	egm_model_free(saved);
	egm_model_free(loaded);
}
END_TEST

/* Every layer of images; what a file says of them, a release may not change. */
static egm_model *image_layers(egm_dtype dtype)
{
	egm_model *m;
	ck_assert_int_eq(egm_model_create(&m, context, "images", 32), EGM_OK);
	egm_model_image(m, 4, 4, 2);
	egm_model_conv(m, 3, 2, 1, 1);
	egm_model_batch_norm(m, 0.1 + 0.2, 1.0 / 3);
	egm_model_average_pool(m, 2);
	egm_model_set_initializer(m, EGM_INIT_DCGAN_NORMAL);
	egm_model_conv_transpose(m, 1, 3, 2, 1, 1);
	egm_model_upsample(m, 2);
	egm_model_spectral_conv(m, 2, 3, 3, 0);
	egm_model_flatten(m);
	egm_model_batch_norm(m, 1e-5, 1);
	ck_assert_msg(egm_model_build(m, dtype, 7) == EGM_OK, "%s", egm_last_error());
	return m;
}

START_TEST(test_model_file__images_come_back)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	egm_model *saved = image_layers(dtype), *loaded;
	egm__safetensors *file;
	/* running statistics that are not the first ones */
	const double v[3] = {0.5, 0, 3};
	const float f[3] = {0.5f, 0, 3};
	ck_assert_int_eq(egm_model_set_tensor(saved, "2.running_var", egm_array_of(dtype, _i ? (const void *)v : f, 3, 1)),
	                 EGM_OK);
	ck_assert_int_eq(egm_model_save(saved, path), EGM_OK);
	io_expect("load", egm_model_load(&loaded, context, path, NULL), EGM_OK, NULL);
	check_equal(saved, loaded);
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	ck_assert_str_eq(
	    egm__safetensors_meta(file, "architecture"),
	    "{\"inputs\":32,\"layers\":[{\"kind\":\"image\",\"height\":4,\"width\":4,\"channels\":2},"
	    "{\"kind\":\"conv\",\"channels\":3,\"kernel\":2,\"stride\":1,\"padding\":1,\"init\":\"fan_in_uniform\"},"
	    "{\"kind\":\"batch_norm\",\"epsilon\":0.30000000000000004,\"momentum\":0.3333333333333333},"
	    "{\"kind\":\"average_pool\",\"size\":2},"
	    "{\"kind\":\"conv_transpose\",\"channels\":1,\"kernel\":3,\"stride\":2,\"padding\":1,\"output_padding\":1,"
	    "\"init\":\"dcgan_normal\"},{\"kind\":\"upsample\",\"factor\":2},"
	    "{\"kind\":\"spectral_conv\",\"channels\":2,\"kernel\":3,\"stride\":3,\"padding\":0,\"init\":\"dcgan_normal\"},"
	    "{\"kind\":\"flatten\"},{\"kind\":\"batch_norm\",\"epsilon\":1e-05,\"momentum\":1}]}");
	const egm__st_tensor *t = egm__safetensors_find(file, "1.weight");
	ck_assert(t && t->rank == 4 && t->shape[0] == 3 && t->shape[1] == 2 && t->shape[2] == 2 && t->shape[3] == 2);
	t = egm__safetensors_find(file, "2.running_var");
	ck_assert(t && t->rank == 1 && t->shape[0] == 3 && egm__number(dtype, t->data, 2) == 3);
	egm__safetensors_free(file);
	egm_model_free(saved);
	egm_model_free(loaded);
}
END_TEST

START_TEST(test_model_file__is_a_plain_safetensors_file)
{
	egm_model *m;
	egm__safetensors *file;
	const float w[6] = {1, 2, 3, 4, 5, 6};
	ck_assert_int_eq(egm_model_create(&m, context, "net", 3), EGM_OK);
	egm_model_dense(m, 2);
	egm_model_leaky_relu(m, 0.2);
	ck_assert_int_eq(egm_model_build(m, EGM_F32, 1), EGM_OK);
	ck_assert_int_eq(egm_model_set_tensor(m, "0.weight", egm_f32(w, 6, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_save(m, path), EGM_OK);
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	ck_assert_int_eq(egm__safetensors_count(file), 2);
	const egm__st_tensor *t = egm__safetensors_find(file, "0.weight");
	ck_assert(t && t->rank == 2 && t->shape[0] == 2 && t->shape[1] == 3);
	ck_assert_mem_eq(t->data, w, sizeof w);
	ck_assert_str_eq(egm__safetensors_meta(file, "format"), "egm-model");
	ck_assert_str_eq(egm__safetensors_meta(file, "format_version"), "1");
	ck_assert_str_eq(egm__safetensors_meta(file, "name"), "net");
	ck_assert_str_eq(egm__safetensors_meta(file, "dtype"), "f32");
	ck_assert_str_eq(egm__safetensors_meta(file, "architecture"),
	                 "{\"inputs\":3,\"layers\":[{\"kind\":\"dense\",\"units\":2,\"init\":\"fan_in_uniform\"},"
	                 "{\"kind\":\"leaky_relu\",\"slope\":0.2}]}");
	egm__safetensors_free(file);
	egm_model_free(m);
}
END_TEST

/* ---- files that were never saved by us; a good one is: two inputs, a dense layer of one unit, f32 */

#define LAYERS(layers) "{\"inputs\":2,\"layers\":[" layers "]}"
#define DENSE "{\"kind\":\"dense\",\"units\":1,\"init\":\"zeros\"}"
#define GOOD LAYERS(DENSE)

#define IMAGE(h, w, c) "{\"kind\":\"image\",\"height\":" #h ",\"width\":" #w ",\"channels\":" #c "}"
#define CONV(channels, kernel, stride, padding)                                                                     \
	"{\"kind\":\"conv\",\"channels\":" channels ",\"kernel\":" kernel ",\"stride\":" stride ",\"padding\":" padding \
	",\"init\":\"zeros\"}"

typedef struct file_row {
	const char *row, *format, *version, *dtype, *name, *architecture;
	egm_status status;
	const char *needle;
} file_row;

static const file_row rows[] = {
    {"good", "egm-model", "1", "f32", "n", GOOD, EGM_OK, NULL},
    {"format", "egm-sampler", "1", "f32", "n", GOOD, EGM_ERR_FORMAT, "format is 'egm-sampler', must be 'egm-model'"},
    {"format of a tool", "pt", "1", "f32", "n", GOOD, EGM_OK, NULL},
    {"format of a tool alone", "pt", NULL, NULL, NULL, NULL, EGM_ERR_FORMAT, "egm_model_restore reads the weights"},
    {"no metadata", NULL, NULL, NULL, NULL, NULL, EGM_ERR_FORMAT, "egm_model_restore reads the weights"},
    {"no format", NULL, "1", "f32", "n", GOOD, EGM_ERR_FORMAT, "no 'format'"},
    {"version", "egm-model", "2", "f32", "n", GOOD, EGM_ERR_UNSUPPORTED, "format_version is '2'"},
    {"no version", "egm-model", NULL, "f32", "n", GOOD, EGM_ERR_FORMAT, "no 'format_version'"},
    {"dtype", "egm-model", "1", "f16", "n", GOOD, EGM_ERR_FORMAT, "dtype is 'f16'"},
    {"other dtype", "egm-model", "1", "f64", "n", GOOD, EGM_ERR_DTYPE, "'0.weight' has another type, must be f64"},
    {"name", "egm-model", "1", "f32", "a/b", GOOD, EGM_ERR_FORMAT, "name"},
    {"no name", "egm-model", "1", "f32", NULL, GOOD, EGM_ERR_FORMAT, "no 'name'"},
    {"no architecture", "egm-model", "1", "f32", "n", NULL, EGM_ERR_FORMAT, "no 'architecture'"},
    {"JSON", "egm-model", "1", "f32", "n", "{\"inputs\":", EGM_ERR_FORMAT, "architecture is not valid JSON"},
    {"array", "egm-model", "1", "f32", "n", "[]", EGM_ERR_FORMAT, "architecture begins"},
    {"no inputs", "egm-model", "1", "f32", "n", "{\"layers\":[" DENSE "]}", EGM_ERR_FORMAT,
     "'inputs' is not an integer"},
    {"inputs 0", "egm-model", "1", "f32", "n", "{\"inputs\":0,\"layers\":[" DENSE "]}", EGM_ERR_FORMAT,
     "'inputs' is 0"},
    {"third member", "egm-model", "1", "f32", "n", "{\"inputs\":2,\"layers\":[" DENSE "],\"x\":1}", EGM_ERR_FORMAT,
     "has 3 members"},
    {"no layers", "egm-model", "1", "f32", "n", "{\"inputs\":2,\"layers\":[]}", EGM_ERR_FORMAT, "no layers"},
    {"layers object", "egm-model", "1", "f32", "n", "{\"inputs\":2,\"layers\":{}}", EGM_ERR_FORMAT, "no layers"},
    {"unknown kind", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"attention\"}"), EGM_ERR_UNSUPPORTED,
     "layer 0 has kind 'attention', unknown to this library"},
    {"no kind", "egm-model", "1", "f32", "n", LAYERS("{\"units\":1}"), EGM_ERR_FORMAT, "layer 0 has no kind"},
    {"layer a number", "egm-model", "1", "f32", "n", LAYERS("1"), EGM_ERR_FORMAT, "layer 0 has no kind"},
    {"no units", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"dense\",\"init\":\"zeros\"}"), EGM_ERR_FORMAT,
     "'units' is not an integer"},
    {"units -1", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"dense\",\"units\":-1,\"init\":\"zeros\"}"),
     EGM_ERR_FORMAT, "'units' is -1"},
    {"units 1.0", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"dense\",\"units\":1.0,\"init\":\"zeros\"}"),
     EGM_ERR_FORMAT, "'units' is not an integer"},
    {"units 2^31", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"dense\",\"units\":2147483648,\"init\":\"zeros\"}"),
     EGM_ERR_UNSUPPORTED, "'units' is 2147483648"},
    {"units 2^31-1", "egm-model", "1", "f32", "n",
     LAYERS("{\"kind\":\"dense\",\"units\":2147483647,\"init\":\"zeros\"}"), EGM_ERR_SHAPE,
     "'0.weight': size 0 is 1, must be 2147483647"},
    {"units 2^31-1 twice", "egm-model", "1", "f32", "n",
     LAYERS("{\"kind\":\"dense\",\"units\":2147483647,\"init\":\"zeros\"},"
            "{\"kind\":\"dense\",\"units\":2147483647,\"init\":\"zeros\"}"),
     EGM_ERR_FORMAT, "has too many numbers, for 2147483647 inputs and 2147483647 outputs, must fit in memory"},
    {"init", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"dense\",\"units\":1,\"init\":\"ones\"}"), EGM_ERR_FORMAT,
     "has init 'ones', must be an initialiser"},
    {"no init", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"dense\",\"units\":1}"), EGM_ERR_FORMAT,
     "has init ''"},
    {"slope 2", "egm-model", "1", "f32", "n", LAYERS(DENSE ",{\"kind\":\"leaky_relu\",\"slope\":2}"), EGM_ERR_FORMAT,
     "slope"},
    {"slope text", "egm-model", "1", "f32", "n", LAYERS(DENSE ",{\"kind\":\"leaky_relu\",\"slope\":\"0\"}"),
     EGM_ERR_FORMAT, "'slope' is not a number"},
    {"slope for relu", "egm-model", "1", "f32", "n", LAYERS(DENSE ",{\"kind\":\"relu\",\"slope\":0}"), EGM_ERR_FORMAT,
     "layer 1 (relu) has 2 members, must have 1"},
    {"A16 missing", "egm-model", "1", "f32", "n", LAYERS(DENSE "," DENSE), EGM_ERR_FORMAT, "'1.weight' is missing"},
    {"A16 extra", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"relu\"}"), EGM_ERR_FORMAT,
     "'0.bias' belongs to no layer"},
    {"image of another width", "egm-model", "1", "f32", "n", LAYERS(IMAGE(3, 1, 1)), EGM_ERR_FORMAT,
     "height 3 x width 1 x channels 1 is 3, must be 2, the numbers of a row"},
    {"image 2^31", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2147483648, 1, 1)), EGM_ERR_UNSUPPORTED,
     "'height' is 2147483648, must be at most 2147483647"},
    {"image 0", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2, 0, 1)), EGM_ERR_FORMAT, "'width' is 0"},
    {"image that overflows", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2147483647, 2147483647, 2147483647)),
     EGM_ERR_FORMAT, "numbers is too large, must have at most 2147483647"},
    {"image with init", "egm-model", "1", "f32", "n",
     LAYERS("{\"kind\":\"image\",\"height\":2,\"width\":1,\"channels\":1,\"init\":\"zeros\"}"), EGM_ERR_FORMAT,
     "layer 0 (image) has 5 members, must have 4"},
    {"conv without an image", "egm-model", "1", "f32", "n", LAYERS(CONV("1", "1", "1", "0")), EGM_ERR_FORMAT,
     "layer 0 (conv) of model 'n': its input is a row of 2 numbers, must be an image"},
    {"conv without stride", "egm-model", "1", "f32", "n",
     LAYERS(IMAGE(2, 1, 1) ",{\"kind\":\"conv\",\"channels\":1,\"kernel\":1,\"padding\":0,\"init\":\"zeros\"}"),
     EGM_ERR_FORMAT, "'stride' is not an integer"},
    {"conv without init", "egm-model", "1", "f32", "n",
     LAYERS(IMAGE(2, 1, 1) ",{\"kind\":\"conv\",\"channels\":1,\"kernel\":1,\"stride\":1,\"padding\":0}"),
     EGM_ERR_FORMAT, "has init ''"},
    {"conv padding -1", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2, 1, 1) "," CONV("1", "1", "1", "-1")),
     EGM_ERR_FORMAT, "layer 1 (conv): 'padding' is -1"},
    {"conv kernel 1.5", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2, 1, 1) "," CONV("1", "1.5", "1", "0")),
     EGM_ERR_FORMAT, "'kernel' is not an integer"},
    {"conv kernel 32768", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2, 1, 1) "," CONV("1", "32768", "1", "0")),
     EGM_ERR_FORMAT, "kernel of layer 1 (conv) of model 'n' is 32768, must be at most 32767"},
    {"conv kernel 3", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2, 1, 1) "," CONV("1", "3", "1", "0")), EGM_ERR_FORMAT,
     "kernel is 3, must be at most the image of 2x1 with padding 0"},
    {"conv of many channels", "egm-model", "1", "f32", "n",
     LAYERS(IMAGE(2, 1, 1) "," CONV("2147483647", "1", "1", "0")), EGM_ERR_FORMAT,
     "an image of 2x1x2147483647 numbers is too large, must have at most 2147483647"},
    {"conv of many windows", "egm-model", "1", "f32", "n", LAYERS(IMAGE(2, 1, 1) "," CONV("1", "32767", "1", "32766")),
     EGM_ERR_FORMAT, "must have at most 2147483647"},
    {"upsampled far", "egm-model", "1", "f32", "n",
     LAYERS(IMAGE(2, 1, 1) ",{\"kind\":\"upsample\",\"factor\":32767},{\"kind\":\"upsample\",\"factor\":32767}"),
     EGM_ERR_FORMAT, "must have at most 2147483647"},
    {"momentum 0", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"batch_norm\",\"epsilon\":1,\"momentum\":0}"),
     EGM_ERR_FORMAT, "momentum of layer 0 (batch_norm) of model 'n' is 0, must be in (0, 1]"},
    {"no momentum", "egm-model", "1", "f32", "n", LAYERS("{\"kind\":\"batch_norm\",\"epsilon\":1}"), EGM_ERR_FORMAT,
     "layer 0 (batch_norm): 'momentum' is not a number"},
    {"A16 mis-shaped", "egm-model", "1", "f32", "n", "{\"inputs\":3,\"layers\":[" DENSE "]}", EGM_ERR_SHAPE,
     "'0.weight': size 1 is 2, must be 3"},
};

static const float good_weight[2] = {1, 2}, good_bias[1] = {3};
static const egm__st_tensor good_tensors[] = {{"0.weight", EGM__ST_F32, 2, {1, 2}, good_weight, 2},
                                              {"0.bias", EGM__ST_F32, 1, {1}, good_bias, 1}};

static void write_file(const file_row *r, int32_t n, const egm__st_tensor *tensors)
{
	const egm__st_meta all[] = {{"format", r->format},
	                            {"format_version", r->version},
	                            {"dtype", r->dtype},
	                            {"name", r->name},
	                            {"architecture", r->architecture}};
	egm__st_meta some[5];
	int32_t n_meta = 0;
	for (int i = 0; i < 5; i++) {
		if (all[i].value) some[n_meta++] = all[i];
	}
	ck_assert_int_eq(st_file_write(context, path, n, tensors, n_meta, some), EGM_OK);
}

static void refuse(const char *row, const egm_load_options *options, egm_status status, const char *needle)
{
	egm_model *model = (egm_model *)&model;
	long live = memory.live;
	egm_status st = egm_model_load(&model, context, path, options);
	io_expect(row, st, status, needle);
	if (status == EGM_OK) {
		egm_model_free(model);
	} else {
		ck_assert_ptr_null(model);
		ck_assert_msg(io_names_path(egm_last_error(), "egm_model_load", path), "%s: no path in '%s'", row,
		              egm_last_error());
	}
	ck_assert_msg(memory.live == live, "%s: %ld blocks left", row, memory.live - live);
}

START_TEST(test_model_file__foreign_files)
{
	write_file(&rows[_i], 2, good_tensors);
	refuse(rows[_i].row, NULL, rows[_i].status, rows[_i].needle);
}
END_TEST

START_TEST(test_model_file__foreign_tensors)
{
	egm__st_tensor t[3] = {good_tensors[0], good_tensors[1], good_tensors[1]};
	write_file(&rows[0], 1, t);
	refuse("A16 no bias", NULL, EGM_ERR_FORMAT, "'0.bias' is missing");
	static const char *const names[] = {"0.extra", "1.weight", "00.weight", "0.weight2", "-1.weight", "weight"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		t[2].name = names[i];
		write_file(&rows[0], 3, t);
		refuse("A16 extra", NULL, EGM_ERR_FORMAT, "belongs to no layer");
	}
	t[0].rank = 1;
	t[0].shape[0] = 2;
	write_file(&rows[0], 2, t);
	refuse("A16 rank", NULL, EGM_ERR_SHAPE, "has 1 dimensions, must have 2");
	const float bad[2] = {1, NAN};
	t[0] = good_tensors[0];
	t[0].data = bad;
	write_file(&rows[0], 2, t);
	refuse("R16", NULL, EGM_ERR_NONFINITE, "0.weight[1] is nan");
}
END_TEST

/* The buffers of a layer are due as its parameters are. */
START_TEST(test_model_file__foreign_buffers)
{
	const float u[1] = {1}, v[2] = {0, 1};
	const egm__st_tensor good_v = {"0.v", EGM__ST_F32, 1, {2}, v, 2};
	egm__st_tensor t[4] = {good_tensors[0], good_tensors[1], {"0.u", EGM__ST_F32, 1, {1}, u, 1}, good_v};
	const float bad[2] = {INFINITY, 1};
	file_row row = rows[0];
	row.architecture = LAYERS("{\"kind\":\"spectral_dense\",\"units\":1,\"init\":\"zeros\"}");
	write_file(&row, 4, t);
	refuse("spectral", NULL, EGM_OK, NULL);
	write_file(&row, 3, t);
	refuse("A16 no v", NULL, EGM_ERR_FORMAT, "'0.v' is missing");
	t[3].shape[0] = t[3].count = 1;
	write_file(&row, 4, t);
	refuse("A16 v of another width", NULL, EGM_ERR_SHAPE, "'0.v': size 0 is 1, must be 2");
	t[3] = good_v;
	t[3].data = bad;
	write_file(&row, 4, t);
	refuse("R16", NULL, EGM_ERR_NONFINITE, "0.v[0] is inf");
	t[3] = good_v;
	write_file(&rows[0], 4, t);
	refuse("A16 buffers of a dense layer", NULL, EGM_ERR_FORMAT, "belongs to no layer");
}
END_TEST

/* Running statistics are due, too, and a variance is not below 0. */
START_TEST(test_model_file__foreign_statistics)
{
	static const float ones[2] = {1, 1}, below[2] = {1, -1};
	static const char *const names[] = {"0.weight", "0.bias", "0.running_mean", "0.running_var"};
	egm__st_tensor t[4];
	file_row row = rows[0];
	row.architecture = LAYERS("{\"kind\":\"batch_norm\",\"epsilon\":1,\"momentum\":1}");
	for (int i = 0; i < 4; i++) t[i] = (egm__st_tensor){names[i], EGM__ST_F32, 1, {2}, ones, 2};
	write_file(&row, 4, t);
	refuse("batch_norm", NULL, EGM_OK, NULL);
	write_file(&row, 3, t);
	refuse("A16 no running_var", NULL, EGM_ERR_FORMAT, "'0.running_var' is missing");
	t[3].data = below;
	write_file(&row, 4, t);
	refuse("a variance of -1", NULL, EGM_ERR_FORMAT, "0.running_var[1] is -1, must be at least 0");
	t[3].data = ones;
	t[2].data = below;
	write_file(&row, 4, t);
	refuse("a mean of -1", NULL, EGM_OK, NULL);
	/* a weight of four sizes with another order of them */
	const float w[8] = {0}, b[2] = {0};
	row.architecture = LAYERS(IMAGE(2, 1, 1) "," CONV("2", "2", "1", "1"));
	egm__st_tensor conv[2] = {{"1.weight", EGM__ST_F32, 4, {2, 2, 2, 1}, w, 8}, {"1.bias", EGM__ST_F32, 1, {2}, b, 2}};
	write_file(&row, 2, conv);
	refuse("conv", NULL, EGM_OK, NULL);
	conv[0].shape[1] = 1, conv[0].shape[3] = 2; /* as PyTorch has it */
	write_file(&row, 2, conv);
	refuse("A16 sizes of a kernel", NULL, EGM_ERR_SHAPE, "'1.weight': size 1 is 1, must be 2");
}
END_TEST

START_TEST(test_model_file__limits)
{
	egm_load_options o = EGM_LOAD_OPTIONS_INIT;
	static char text[1025 * 20 + 100];
	write_file(&rows[0], 2, good_tensors);
	o.max_data_bytes = 12;
	refuse("12 bytes", &o, EGM_OK, NULL);
	o.max_data_bytes = 11;
	refuse("11 bytes", &o, EGM_ERR_UNSUPPORTED, "tensors need 12 bytes, must be at most max_data_bytes, 11");
	/* A layer more than 1024. */
	size_t used = (size_t)snprintf(text, sizeof text, "{\"inputs\":2,\"layers\":[" DENSE);
	for (int i = 0; i < 1024; i++) used += (size_t)snprintf(text + used, sizeof text - used, ",{\"kind\":\"relu\"}");
	snprintf(text + used, sizeof text - used, "]}");
	file_row row = rows[0];
	row.architecture = text;
	write_file(&row, 2, good_tensors);
	refuse("1025 layers", NULL, EGM_ERR_UNSUPPORTED, "has 1025 layers, must have at most 1024");
}
END_TEST

#define UP(factor) "{\"kind\":\"upsample\",\"factor\":" factor "}"
#define POOL(size) "{\"kind\":\"average_pool\",\"size\":" size "}"
#define FOLD                                                                                 \
	"{\"kind\":\"conv_transpose\",\"channels\":1,\"kernel\":31,\"stride\":1,\"padding\":15," \
	"\"output_padding\":0,\"init\":\"zeros\"}"

/* One row's numbers by hand: inputs, outputs of all layers, and the windows of the largest convolution, 31^2 = 961 a
 * pixel. `own` are those of the layer that needs most, `usual` is what a file is allowed without options. */
static const struct cost {
	const char *what, *inputs, *layers;
	const char *kernel; /* the layer that has a weight [1, 31, 31, 1] and a bias */
	uint64_t numbers, own, usual;
	const char *named; /* NULL: allowed */
} costs[] = {
    {"up and down", "1", IMAGE(1, 1, 1) "," UP("8000") "," POOL("8000"), NULL, 64000003, 64000000, 1 << 22,
     "layer 1 (upsample)"},
    /* 2 x 1023^2 = 2093058 numbers a layer; 2^22 = 4194304 are allowed at least */
    {"two wide layers", "2", IMAGE(2, 1, 1) "," UP("1023") "," UP("1") "," POOL("1023"), NULL, 6 + 2 * 2093058, 2093058,
     1 << 22, NULL},
    {"three", "2", IMAGE(2, 1, 1) "," UP("1023") "," UP("1") "," UP("1") "," POOL("1023"), NULL, 6 + 3 * 2093058,
     2093058, 1 << 22, "layer 1 (upsample)"},
    /* 1024 for each input and output */
    {"wide itself", "8000000", "{\"kind\":\"relu\"},{\"kind\":\"tanh\"}", NULL, 24000000, 8000000, 1 << 26, NULL},
    {"as wide as may be", "2147483647", "{\"kind\":\"relu\"}", NULL, 4294967294, 2147483647, 1 << 26, "layer 0 (relu)"},
    {"windows", "40000", IMAGE(200, 200, 1) "," CONV("1", "31", "1", "15"), "1", 3 * 40000 + 40000 * 961,
     40000 + 40000 * 961, 1 << 26, NULL},
    {"windows of one pixel", "1", IMAGE(1, 1, 1) "," UP("100") "," CONV("1", "31", "1", "15") "," POOL("100"), "2",
     3 + 2 * 10000 + 10000 * 961, 10000 + 10000 * 961, 1 << 22, "layer 2 (conv)"},
    {"windows of a fold", "1", IMAGE(1, 1, 1) "," UP("100") "," FOLD "," POOL("100"), "2", 3 + 2 * 10000 + 10000 * 961,
     10000 + 10000 * 961, 1 << 22, "layer 2 (conv_transpose)"},
};

static void write_cost(const struct cost *c)
{
	static const float numbers[961];
	char text[512], names[2][16];
	egm__st_tensor conv[2] = {{names[0], EGM__ST_F32, 4, {1, 31, 31, 1}, numbers, 961},
	                          {names[1], EGM__ST_F32, 1, {1}, numbers, 1}};
	file_row row = rows[0];
	if (c->kernel) snprintf(names[0], sizeof names[0], "%s.weight", c->kernel);
	if (c->kernel) snprintf(names[1], sizeof names[1], "%s.bias", c->kernel);
	snprintf(text, sizeof text, "{\"inputs\":%s,\"layers\":[%s]}", c->inputs, c->layers);
	row.architecture = text;
	write_file(&row, c->kernel ? 2 : 0, conv);
}

/* Kept to the number, whoever set it. */
START_TEST(test_model_file__numbers_of_a_row)
{
	const struct cost *c = &costs[_i];
	char text[256];
	egm_load_options o = EGM_LOAD_OPTIONS_INIT;
	ck_assert_uint_eq(o.max_row_numbers, 0);
	write_cost(c);
	o.max_row_numbers = c->numbers;
	refuse(c->what, &o, EGM_OK, NULL);
	o.max_row_numbers--;
	snprintf(text, sizeof text, "one row needs %" PRIu64 " numbers, %" PRIu64 " of them in ", c->numbers, c->own);
	refuse(c->what, &o, EGM_ERR_UNSUPPORTED, text);
	snprintf(text, sizeof text, "in %s, must be at most max_row_numbers, %" PRIu64, c->named ? c->named : "", c->usual);
	refuse(c->what, NULL, c->named ? EGM_ERR_UNSUPPORTED : EGM_OK, c->named ? text : NULL);
	o.struct_size = offsetof(egm_load_options, max_row_numbers); /* a program that was compiled before */
	o.max_row_numbers = 1;
	refuse(c->what, &o, c->named ? EGM_ERR_UNSUPPORTED : EGM_OK, c->named ? text : NULL);
}
END_TEST

START_TEST(test_model_file__save_keeps_the_old_file)
{
	egm_model *m = every_layer(EGM_F32), *open;
	ck_assert_int_eq(egm_model_save(m, path), EGM_OK);
	ck_assert_int_eq(egm_model_create(&open, context, "open", 2), EGM_OK);
	egm_model_dense(open, 1);
	io_expect("not built", egm_model_save(open, path), EGM_ERR_STATE, "'open' is not built");
	io_expect("NULL", egm_model_save(NULL, path), EGM_ERR_ARGUMENT, "model is NULL");
	io_expect("NULL", egm_model_save(m, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	/* No public call lets a NaN in; a step gone wrong would leave it there. */
	((float *)m->parameters)[3] = NAN;
	io_expect("NaN", egm_model_save(m, path), EGM_ERR_NONFINITE, "0.weight[3] is nan");
	egm_model_free(open);
	egm_model_free(m);
	ck_assert_int_eq(egm_model_load(&m, context, path, NULL), EGM_OK);
	egm_model_free(m);
	io_expect("NULL", egm_model_load(NULL, context, path, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("NULL", egm_model_load(&m, NULL, path, NULL), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("NULL", egm_model_load(&m, context, NULL, NULL), EGM_ERR_ARGUMENT, "path is NULL");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model_file");
	TCase *tc = tcase_create("round trip"), *attack = tcase_create("A16");
	tcase_set_tags(tc, "R15");
	tcase_set_tags(attack, "R6 R16");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(attack, setup, teardown);
	tcase_add_loop_test(tc, test_model_file__round_trip, 0, 2);
	tcase_add_loop_test(tc, test_model_file__images_come_back, 0, 2);
	tcase_add_test(tc, test_model_file__is_a_plain_safetensors_file);
	tcase_add_test(tc, test_model_file__save_keeps_the_old_file);
	tcase_add_loop_test(attack, test_model_file__foreign_files, 0, (int)(sizeof rows / sizeof *rows));
	tcase_add_test(attack, test_model_file__foreign_tensors);
	tcase_add_test(attack, test_model_file__foreign_buffers);
	tcase_add_test(attack, test_model_file__foreign_statistics);
	tcase_add_test(attack, test_model_file__limits);
	tcase_add_loop_test(attack, test_model_file__numbers_of_a_row, 0, (int)(sizeof costs / sizeof *costs));
	suite_add_tcase(s, tc);
	suite_add_tcase(s, attack);
	return io_test_main(s);
}
