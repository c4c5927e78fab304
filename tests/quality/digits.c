/* SPDX-License-Identifier: MIT */
/* Which digits does a generator draw? Trains a small classifier on MNIST (softmax cross-entropy, 784-256-10, ReLU),
 * prints its accuracy on the test set, and counts its classes for the samples of a saved generator.
 *
 *   digits --data DIR --generator FILE [--samples N] [--epochs N] [--seed S]
 *
 * The last line is JSON: test_accuracy, counts of the digits 0 to 9, largest_share. */
#include <egm.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = 784, CLASSES = 10, ROW = PIXELS + CLASSES };

static void must(egm_status st)
{
	if (st == EGM_OK) return;
	fprintf(stderr, "digits: %s: %s\n", egm_status_name(st), egm_last_error());
	exit(1);
}

static egm_data *read_idx(egm_context *context, const char *folder, const char *name, double scale, double offset)
{
	static const char *const endings[] = {".gz", ""};
	egm_data_options o = EGM_DATA_OPTIONS_INIT;
	egm_data *data = NULL;
	egm_status st = EGM_ERR_IO;
	o.scale = scale;
	o.offset = offset;
	for (int i = 0; i < 2 && st != EGM_OK; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s%s", folder, name, endings[i]);
		st = egm_data_load_idx(&data, context, path, &o);
	}
	must(st);
	return data;
}

static egm_data *labelled(egm_context *context, const egm_data *images, const egm_data *labels)
{
	int64_t n = egm_data_rows(images);
	const float *x = egm_data_values(images), *y = egm_data_values(labels);
	float *rows = calloc((size_t)n * ROW, sizeof *rows);
	egm_data *data = NULL;
	if (!rows) must(EGM_ERR_MEMORY);
	for (int64_t i = 0; i < n; i++) {
		memcpy(rows + i * ROW, x + i * PIXELS, PIXELS * sizeof *rows);
		rows[i * ROW + PIXELS + (int)y[i]] = 1;
	}
	must(egm_data_copy(&data, context, egm_f32(rows, n, ROW)));
	free(rows);
	return data;
}

/* The classes of images [n, 784]. */
static void classify(const egm_model *net, const float *images, int64_t n, int *verdict)
{
	float *logits = malloc((size_t)n * CLASSES * sizeof *logits);
	if (!logits) must(EGM_ERR_MEMORY);
	must(egm_model_run(net, egm_f32(images, n, PIXELS), egm_f32_out(logits, n, egm_model_outputs(net))));
	for (int64_t i = 0; i < n; i++) {
		verdict[i] = 0;
		for (int k = 1; k < CLASSES; k++)
			if (logits[i * CLASSES + k] > logits[i * CLASSES + verdict[i]]) verdict[i] = k;
	}
	free(logits);
}

static egm_model *train(egm_context *context, const char *folder, int epochs, uint64_t seed)
{
	egm_data *images = read_idx(context, folder, "train-images-idx3-ubyte", 1 / 127.5, -1);
	egm_data *labels = read_idx(context, folder, "train-labels-idx1-ubyte", 1, 0);
	egm_data *data = labelled(context, images, labels);
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	egm_trainer *trainer = NULL;
	egm_model *net = NULL;
	egm_loss *loss = NULL;
	must(egm_model_create(&net, context, "classifier", PIXELS));
	egm_model_dense(net, 256);
	egm_model_relu(net);
	egm_model_dense(net, CLASSES);
	must(egm_model_build(net, EGM_F32, seed));
	must(egm_loss_cross_entropy(&loss, net, NULL));
	o.seed = seed;
	o.batch = 128;
	o.learning_rate = 1e-3;
	o.beta1 = 0.9, o.beta2 = 0.999;
	o.schedule = EGM_SCHEDULE_LINEAR;
	o.schedule_steps = epochs * (egm_data_rows(data) / o.batch);
	must(egm_trainer_create(&trainer, loss, &o));
	must(egm_trainer_fit(trainer, data, o.schedule_steps, NULL, NULL));
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_data_free(data);
	egm_data_free(labels);
	egm_data_free(images);
	return net;
}

static double test_accuracy(egm_context *context, const egm_model *net, const char *folder)
{
	egm_data *images = read_idx(context, folder, "t10k-images-idx3-ubyte", 1 / 127.5, -1);
	egm_data *labels = read_idx(context, folder, "t10k-labels-idx1-ubyte", 1, 0);
	int64_t n = egm_data_rows(images), right = 0;
	const float *y = egm_data_values(labels);
	int *verdict = malloc((size_t)n * sizeof *verdict);
	if (!verdict) must(EGM_ERR_MEMORY);
	classify(net, egm_data_values(images), n, verdict);
	for (int64_t i = 0; i < n; i++) right += verdict[i] == (int)y[i];
	free(verdict);
	egm_data_free(images);
	egm_data_free(labels);
	return (double)right / (double)n;
}

static void count_samples(egm_context *context, const egm_model *net, const char *path, int64_t n, uint64_t seed,
                          double accuracy)
{
	egm_model *generator = NULL;
	float *x = malloc((size_t)n * PIXELS * sizeof *x);
	int *verdict = malloc((size_t)n * sizeof *verdict);
	int64_t counts[CLASSES] = {0}, most = 0;
	if (!x || !verdict) must(EGM_ERR_MEMORY);
	must(egm_model_load(&generator, context, path, NULL));
	if (egm_model_outputs(generator) != PIXELS) {
		fprintf(stderr, "digits: the generator has %lld outputs, not %d\n", (long long)egm_model_outputs(generator),
		        PIXELS);
		exit(1);
	}
	must(egm_model_generate(generator, seed, egm_f32_out(x, n, egm_model_outputs(generator))));
	classify(net, x, n, verdict);
	for (int64_t i = 0; i < n; i++) counts[verdict[i]]++;
	printf("{\"test_accuracy\": %.4f, \"samples\": %lld, \"counts\": [", accuracy, (long long)n);
	for (int k = 0; k < CLASSES; k++) {
		printf("%s%lld", k ? ", " : "", (long long)counts[k]);
		if (counts[k] > most) most = counts[k];
	}
	printf("], \"largest_share\": %.4f}\n", (double)most / (double)n);
	free(x);
	free(verdict);
	egm_model_free(generator);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"data", 1, 0, 'd'},   {"generator", 1, 0, 'g'}, {"samples", 1, 0, 'n'},
	                                      {"epochs", 1, 0, 'e'}, {"seed", 1, 0, 's'},      {0}};
	const char *data = NULL, *generator = NULL;
	int64_t samples = 10000;
	int epochs = 5;
	uint64_t seed = 1;
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'd')
			data = optarg;
		else if (c == 'g')
			generator = optarg;
		else if (c == 'n')
			samples = atoll(optarg);
		else if (c == 'e')
			epochs = atoi(optarg);
		else if (c == 's')
			seed = (uint64_t)atoll(optarg);
		else
			samples = 0;
	}
	if (!data || !generator || samples < 1 || epochs < 1 || optind != argc) {
		fprintf(stderr, "digits --data DIR --generator FILE [--samples N] [--epochs N] [--seed S]\n");
		return 2;
	}
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	o.threads = 2;
	must(egm_context_create(&context, &o));
	egm_model *net = train(context, data, epochs, seed);
	count_samples(context, net, generator, samples, seed, test_accuracy(context, net, data));
	egm_model_free(net);
	egm_context_free(context);
	return 0;
}
