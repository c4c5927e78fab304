/* SPDX-License-Identifier: MIT */
#include "support.h"

/* Networks of points. */
static void layers(egm_context *context)
{
	/* An energy of points in the plane: two hidden layers and one output. */
	egm_model *energy = NULL;
	check(egm_model_create(&energy, context, "energy", 2));
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 64);
	egm_model_silu(energy);
	egm_model_dense(energy, 1);
	check(egm_model_build(energy, EGM_F32, 1)); /* reports the first error of a layer, too */

	/* What a log or a dialogue shows of a network. */
	printf("%s: %lld numbers in, %lld out, %lld parameters\n", egm_model_name(energy),
	       (long long)egm_model_inputs(energy), (long long)egm_model_outputs(energy),
	       (long long)egm_model_parameter_count(energy));
	expect(egm_model_parameter_count(energy) == 2 * 64 + 64 + 64 * 64 + 64 + 64 + 1);

	char text[2048];
	size_t needed;
	check(egm_model_summary(energy, text, sizeof text, &needed));
	expect(needed <= sizeof text); /* otherwise the text was cut */
	printf("%s", text);

	egm_model_free(energy);

	/* relu with the initial weights that suit it. The last layer starts at 0, so that the output does. */
	egm_model *regression = NULL;
	check(egm_model_create(&regression, context, "regression", 3));
	egm_model_set_initializer(regression, EGM_INIT_HE_NORMAL);
	egm_model_dense(regression, 32);
	egm_model_relu(regression);
	egm_model_set_initializer(regression, EGM_INIT_ZEROS);
	egm_model_dense(regression, 1);
	check(egm_model_build(regression, EGM_F64, 1));

	/* Arrays for the network must have its type. */
	const double x[3] = {1, 2, 3};
	double y;
	expect(egm_model_dtype(regression) == EGM_F64);
	check(egm_model_run(regression, egm_f64(x, 1, 3), egm_f64_out(&y, 1, 1)));
	expect(y == 0);

	egm_model_free(regression);

	/* A critic whose layers have norm 1: each weight is divided by its largest singular value. */
	egm_model *critic = NULL;
	check(egm_model_create(&critic, context, "critic", 2));
	egm_model_spectral_dense(critic, 64);
	egm_model_leaky_relu(critic, 0.2);
	egm_model_spectral_dense(critic, 1);
	check(egm_model_build(critic, EGM_F32, 1));

	egm_model_free(critic);

	/* A generator with normalised hidden layers, whose outputs are in (-1, 1). */
	egm_model *generator = NULL;
	check(egm_model_create(&generator, context, "generator", 4));
	egm_model_dense(generator, 64);
	egm_model_batch_norm(generator, 1e-5, 0.1);
	egm_model_relu(generator);
	egm_model_dense(generator, 2);
	egm_model_tanh(generator);
	check(egm_model_build(generator, EGM_F32, 1));

	egm_model_free(generator);

	/* Layer normalisation instead: rows do not affect each other, so a penalty on the gradient is possible. */
	egm_model *smooth = NULL;
	check(egm_model_create(&smooth, context, "smooth", 2));
	egm_model_dense(smooth, 32);
	egm_model_layer_norm(smooth, 1e-5);
	egm_model_gelu(smooth);
	egm_model_dense(smooth, 1);
	check(egm_model_build(smooth, EGM_F32, 1));

	egm_model_free(smooth);
}

/* One activation alone, at -1 and 2. */
static void activations(egm_context *context)
{
	const double x[2] = {-1, 2};
	double y[2];

	/* max(x, 0) */
	egm_model *relu = NULL;
	check(egm_model_create(&relu, context, "relu", 2));
	egm_model_relu(relu);
	check(egm_model_build(relu, EGM_F64, 0));
	check(egm_model_run(relu, egm_f64(x, 1, 2), egm_f64_out(y, 1, 2)));
	expect(y[0] == 0 && y[1] == 2);

	/* A slope of 0.2 below 0 */
	egm_model *leaky = NULL;
	check(egm_model_create(&leaky, context, "leaky", 2));
	egm_model_leaky_relu(leaky, 0.2);
	check(egm_model_build(leaky, EGM_F64, 0));
	check(egm_model_run(leaky, egm_f64(x, 1, 2), egm_f64_out(y, 1, 2)));
	expect(y[0] == -0.2 && y[1] == 2);

	/* exp(x) - 1 below 0, to within 1e-12 */
	egm_model *elu = NULL;
	check(egm_model_create(&elu, context, "elu", 2));
	egm_model_elu(elu, 1);
	check(egm_model_build(elu, EGM_F64, 0));
	check(egm_model_run(elu, egm_f64(x, 1, 2), egm_f64_out(y, 1, 2)));
	expect(fabs(y[0] - (exp(-1) - 1)) < 1e-12 && y[1] == 2);

	/* log(1 + exp(x)) */
	egm_model *softplus = NULL;
	check(egm_model_create(&softplus, context, "softplus", 2));
	egm_model_softplus(softplus);
	check(egm_model_build(softplus, EGM_F64, 0));
	check(egm_model_run(softplus, egm_f64(x, 1, 2), egm_f64_out(y, 1, 2)));
	expect(fabs(y[1] - log(1 + exp(2))) < 1e-12);

	/* 1 / (1 + exp(-x)): a probability */
	egm_model *sigmoid = NULL;
	check(egm_model_create(&sigmoid, context, "sigmoid", 2));
	egm_model_sigmoid(sigmoid);
	check(egm_model_build(sigmoid, EGM_F64, 0));
	check(egm_model_run(sigmoid, egm_f64(x, 1, 2), egm_f64_out(y, 1, 2)));
	expect(fabs(y[1] - 1 / (1 + exp(-2))) < 1e-12);

	egm_model *all[] = {relu, leaky, elu, softplus, sigmoid};
	for (int i = 0; i < 5; i++) egm_model_free(all[i]);
}

/* Networks of images. */
static void images(egm_context *context)
{
	/* From a grey image of 8 x 8 pixels to 10 numbers. Stride 2 halves the sides. */
	egm_model *reader = NULL;
	check(egm_model_create(&reader, context, "reader", 8 * 8));
	egm_model_image(reader, 8, 8, 1);
	egm_model_conv(reader, 16, 3, 2, 1); /* 16 channels, kernel 3, stride 2, padding 1: [4, 4, 16] */
	egm_model_silu(reader);
	egm_model_average_pool(reader, 2); /* [2, 2, 16] */
	egm_model_dense(reader, 10);
	check(egm_model_build(reader, EGM_F32, 1));

	/* From 4 numbers to an image: a dense layer makes the smallest image, the others double its sides. */
	egm_model *writer = NULL;
	check(egm_model_create(&writer, context, "writer", 4));
	egm_model_dense(writer, 2 * 2 * 16);
	egm_model_image(writer, 2, 2, 16);
	egm_model_conv_transpose(writer, 8, 4, 2, 1, 0); /* [4, 4, 8] */
	egm_model_silu(writer);
	egm_model_upsample(writer, 2);      /* [8, 8, 8] */
	egm_model_conv(writer, 1, 3, 1, 1); /* [8, 8, 1] */
	check(egm_model_build(writer, EGM_F32, 2));
	expect(egm_model_outputs(writer) == 8 * 8);

	/* A critic of colour images with 3 channels, with spectral normalisation. */
	egm_model *critic = NULL;
	check(egm_model_create(&critic, context, "critic", 8 * 8 * 3));
	egm_model_image(critic, 8, 8, 3);
	egm_model_spectral_conv(critic, 16, 4, 2, 1);
	egm_model_leaky_relu(critic, 0.2);
	egm_model_flatten(critic); /* says what follows: a row of 4 * 4 * 16 numbers */
	egm_model_spectral_dense(critic, 1);
	check(egm_model_build(critic, EGM_F32, 3));

	egm_model_free(reader);
	egm_model_free(writer);
	egm_model_free(critic);
}

static void parameters(egm_context *context)
{
	egm_model *model = network(context, "energy", 2, 1);

	/* The tensors: names as in PyTorch's nn.Sequential. */
	for (int32_t i = 0; i < egm_model_tensor_count(model); i++) {
		const char *name;
		int64_t shape[4];
		int32_t rank;
		check(egm_model_tensor_shape(model, i, &name, shape, &rank));
		printf("%s: %d sizes, the first %lld\n", name, rank, (long long)shape[0]);
	}

	/* All parameters as one vector: for an optimiser of one's own, or to go back to them. */
	int64_t count = egm_model_parameter_count(model);
	float *kept = malloc((size_t)count * sizeof *kept);
	expect(kept != NULL);
	check(egm_model_parameters(model, egm_f32_out(kept, count, 1)));

	/* One tensor: the weights of the last layer, multiplied by -1. The energy becomes a score, high = likely. */
	float weight[16], bias;
	check(egm_model_tensor(model, "2.weight", egm_f32_out(weight, 1, 16)));
	check(egm_model_tensor(model, "2.bias", egm_f32_out(&bias, 1, 1)));
	for (int i = 0; i < 16; i++) weight[i] = -weight[i];
	bias = -bias;
	check(egm_model_set_tensor(model, "2.weight", egm_f32(weight, 1, 16)));
	check(egm_model_set_tensor(model, "2.bias", egm_f32(&bias, 1, 1)));

	/* Back to the parameters that were kept. */
	check(egm_model_set_parameters(model, egm_f32(kept, count, 1)));

	free(kept);

	/* A copy can change without the original. */
	egm_model *copy = NULL;
	check(egm_model_clone(&copy, model));
	check(egm_model_set_tensor(copy, "2.bias", egm_f32(&bias, 1, 1)));

	egm_model_free(copy);
	egm_model_free(model);
}

static void evaluation(egm_context *context)
{
	egm_model *energy = network(context, "energy", 2, 1), *encoder = network(context, "encoder", 2, 3);

	/* The output of any network. */
	const float x[4][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
	float z[4][3];
	check(egm_model_run(encoder, egm_f32(x[0], 4, 2), egm_f32_out(z[0], 4, 3)));

	/* The energy of rows: low means likely. */
	float u[4];
	check(egm_model_energy(energy, egm_f32(x[0], 4, 2), egm_f32_out(u, 4, 1)));

	/* One step downhill from each row: the energy falls where the gradient is not 0. */
	float g[4][2], moved[4][2], after[4];
	check(egm_model_energy_gradient(energy, egm_f32(x[0], 4, 2), egm_f32_out(u, 4, 1), egm_f32_out(g[0], 4, 2)));
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 2; j++) moved[i][j] = x[i][j] - 0.1f * g[i][j];
	check(egm_model_energy(energy, egm_f32(moved[0], 4, 2), egm_f32_out(after, 4, 1)));
	for (int i = 0; i < 4; i++) expect(after[i] < u[i]);

	egm_model *generator = network(context, "generator", 3, 2);

	/* Rows of a generator: the first rows are the same, however many there are. */
	float few[2][2], many[100][2];
	check(egm_model_generate(generator, 7, egm_f32_out(few[0], 2, 2)));
	check(egm_model_generate(generator, 7, egm_f32_out(many[0], 100, 2)));
	expect(memcmp(few, many, sizeof few) == 0);

	egm_model_free(generator);
	egm_model_free(encoder);
	egm_model_free(energy);
}

static void files(egm_context *context)
{
	egm_model *energy = network(context, "energy", 2, 1), *loaded = NULL;

	/* A file contains layers and parameters. */
	check(egm_model_save(energy, "energy.safetensors"));

	/* From a file of somebody else: a limit for its tensors. */
	egm_load_options limits = EGM_LOAD_OPTIONS_INIT;
	limits.max_data_bytes = 1 << 20;
	check(egm_model_load(&loaded, context, "energy.safetensors", &limits));
	expect(egm_model_inputs(loaded) == 2);

	egm_model_free(loaded);

	/* To memory: first the size, then the bytes. */
	size_t size;
	check(egm_model_save_memory(energy, NULL, 0, &size));
	unsigned char *bytes = malloc(size);
	expect(bytes != NULL);
	check(egm_model_save_memory(energy, bytes, size, NULL));

	/* A model from bytes, for example of a database. */
	egm_model *received = NULL;
	check(egm_model_load_memory(&received, context, bytes, size, NULL));
	expect(egm_model_parameter_count(received) == egm_model_parameter_count(energy));

	egm_model_free(received);

	/* Weights alone, of PyTorch or of egm_model_save, into a network of the same layers. */
	egm_model *other = network(context, "other", 2, 1);
	check(egm_model_restore(other, "energy.safetensors", NULL));

	/* The same from memory. If a layer has another shape, the error lists the tensors. */
	check(egm_model_restore_memory(other, bytes, size, NULL));
	egm_model *wider = network(context, "wider", 3, 1);
	expect(egm_model_restore_memory(wider, bytes, size, NULL) == EGM_ERR_SHAPE);
	printf("%s\n", egm_last_error());

	/* Weights for PyTorch, which reads them by sequential.load_state_dict(load_file(path)), and back. */
	egm_restore_options layout = EGM_RESTORE_OPTIONS_INIT;
	layout.layout = EGM_LAYOUT_PYTORCH;
	check(egm_model_save_pytorch(energy, "for_pytorch.safetensors"));
	check(egm_model_restore(other, "for_pytorch.safetensors", &layout));

	/* The same in memory: first the size is asked for. */
	check(egm_model_save_pytorch_memory(energy, NULL, 0, &size));
	unsigned char *weights = malloc(size);
	expect(weights != NULL);
	check(egm_model_save_pytorch_memory(energy, weights, size, NULL));

	free(weights);
	egm_model_free(wider);
	egm_model_free(other);
	free(bytes);
	egm_model_free(energy);
}

int main(void)
{
	egm_context *context = NULL;
	check(egm_context_create(&context, NULL));
	layers(context);
	activations(context);
	images(context);
	parameters(context);
	evaluation(context);
	files(context);
	egm_context_free(context);
	return 0;
}
