/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy on single digits, Adam with a learning rate that falls to 0. */
#include "digit_classifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "progress.h"

enum { ROW = DIGIT_PIXELS + DIGITS, BATCH = 128 };

void digits_load(labelled_images *digits, egm_context *context, const char *folder)
{
	labelled_images_load(digits, context, folder, 0);
	if (digits->height == DIGIT_SIDE && digits->width == DIGIT_SIDE) return;
	fprintf(stderr, "%s: images of %lld x %lld are not MNIST's\n", folder, (long long)digits->height,
	        (long long)digits->width);
	exit(EXIT_FAILURE);
}

static egm_model *make_net(egm_context *context, uint64_t seed)
{
	egm_model *net = NULL;
	check(egm_model_create(&net, context, "classifier", DIGIT_PIXELS));
	egm_model_image(net, DIGIT_SIDE, DIGIT_SIDE, 1);
	egm_model_conv(net, 32, 5, 2, 2);
	egm_model_relu(net);
	egm_model_conv(net, 64, 5, 2, 2);
	egm_model_relu(net);
	egm_model_dense(net, 128);
	egm_model_relu(net);
	egm_model_dense(net, DIGITS);
	check(egm_model_build(net, EGM_F32, seed));
	return net;
}

/* Rows of an image followed by its label, one-hot. */
static egm_data *labelled_rows(egm_context *context, const labelled_images *digits)
{
	egm_data *data = NULL;
	float *rows = program_alloc((size_t)digits->first * ROW, sizeof *rows);
	for (int64_t i = 0; i < digits->first; i++) {
		memcpy(rows + i * ROW, digits->pixels + i * DIGIT_PIXELS, DIGIT_PIXELS * sizeof *rows);
		if (digits->labels[i] < DIGITS) rows[i * ROW + DIGIT_PIXELS + digits->labels[i]] = 1;
	}
	check(egm_data_copy(&data, context, egm_f32(rows, digits->first, ROW)));
	free(rows);
	return data;
}

static void fit(egm_loss *loss, const egm_data *rows, int64_t steps, uint64_t seed)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	egm_trainer *trainer = NULL;
	progress watch;
	options.seed = seed;
	options.batch = BATCH;
	options.learning_rate = 1e-3;
	options.beta1 = 0.9;
	options.beta2 = 0.999;
	options.schedule = EGM_SCHEDULE_LINEAR;
	options.schedule_steps = steps;
	check(egm_trainer_create(&trainer, loss, &options));
	progress_start(&watch, loss, 0, steps, 0);
	progress_fit(&watch, trainer, rows, steps);
	if (progress_over(&watch)) {
		fprintf(stderr, "stopped before the classifier was ready\n");
		exit(EXIT_FAILURE);
	}
	progress_free(&watch);
	egm_trainer_free(trainer);
}

egm_model *digit_classifier_train(egm_context *context, const labelled_images *digits, int64_t steps, uint64_t seed)
{
	egm_loss *loss = NULL;
	egm_model *net = make_net(context, seed);
	egm_data *rows = labelled_rows(context, digits);
	check(egm_loss_cross_entropy(&loss, net, NULL));
	fit(loss, rows, steps, seed);
	egm_data_free(rows);
	egm_loss_free(loss);
	return net;
}

egm_model *digit_classifier_load(egm_context *context, const char *path)
{
	egm_model *net = NULL;
	check(egm_model_load(&net, context, path, NULL));
	if (egm_model_inputs(net) == DIGIT_PIXELS && egm_model_outputs(net) == DIGITS && egm_model_dtype(net) == EGM_F32)
		return net;
	fprintf(stderr, "%s: a network of %lld inputs and %lld outputs is no classifier of digits\n", path,
	        (long long)egm_model_inputs(net), (long long)egm_model_outputs(net));
	exit(EXIT_FAILURE);
}

void digit_classifier_verdicts(const egm_model *net, const float *pixels, int64_t count, unsigned char *verdicts)
{
	float *logits = program_alloc((size_t)count * DIGITS, sizeof *logits);
	check(egm_model_run(net, egm_f32(pixels, count, DIGIT_PIXELS), egm_f32_out(logits, count, DIGITS)));
	for (int64_t i = 0; i < count; i++) {
		const float *of = logits + i * DIGITS;
		verdicts[i] = 0;
		for (unsigned char k = 1; k < DIGITS; k++)
			if (of[k] > of[verdicts[i]]) verdicts[i] = k;
	}
	free(logits);
}

double digit_classifier_accuracy(const egm_model *net, const labelled_images *digits)
{
	int64_t count = digits->count - digits->first, right = 0;
	unsigned char *verdicts = program_alloc((size_t)count, 1);
	digit_classifier_verdicts(net, digits->pixels + digits->first * DIGIT_PIXELS, count, verdicts);
	for (int64_t i = 0; i < count; i++) right += verdicts[i] == digits->labels[digits->first + i];
	free(verdicts);
	return (double)right / (double)count;
}
