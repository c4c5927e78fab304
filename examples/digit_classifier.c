/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy on single digits, Adam with a learning rate that falls to 0. */
#include "digit_classifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "progress.h"

enum { ROW = DIGIT_PIXELS + DIGITS, BATCH = 128 };

static egm_status make_net(egm_model **out, egm_context *context, uint64_t seed)
{
	TRY(egm_model_create(out, context, "classifier", DIGIT_PIXELS));
	egm_model_image(*out, DIGIT_SIDE, DIGIT_SIDE, 1);
	egm_model_conv(*out, 32, 5, 2, 2);
	egm_model_relu(*out);
	egm_model_conv(*out, 64, 5, 2, 2);
	egm_model_relu(*out);
	egm_model_dense(*out, 128);
	egm_model_relu(*out);
	egm_model_dense(*out, DIGITS);
	return egm_model_build(*out, EGM_F32, seed);
}

/* Each image with its label, one-hot, behind it. */
static egm_status labelled_rows(egm_data **out, egm_context *context, const labelled_images *digits)
{
	float *rows = program_alloc((size_t)digits->first * ROW, sizeof *rows);
	for (int64_t i = 0; i < digits->first; i++) {
		memcpy(rows + i * ROW, digits->pixels + i * DIGIT_PIXELS, DIGIT_PIXELS * sizeof *rows);
		if (digits->labels[i] < DIGITS) rows[i * ROW + DIGIT_PIXELS + digits->labels[i]] = 1;
	}
	egm_status status = egm_data_copy(out, context, egm_f32(rows, digits->first, ROW));
	free(rows);
	return status;
}

static egm_status fit(egm_loss *loss, const egm_data *rows, int64_t steps, uint64_t seed)
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
	TRY(egm_trainer_create(&trainer, loss, &options));
	progress_start(&watch, loss, 0, steps, 0);
	egm_status status = egm_trainer_fit(trainer, rows, steps, progress_step, &watch);
	progress_clear();
	progress_free(&watch);
	egm_trainer_free(trainer);
	return status;
}

egm_status digit_classifier_train(egm_model **out, egm_context *context, const labelled_images *digits, int64_t steps,
                                  uint64_t seed)
{
	egm_loss *loss = NULL;
	egm_data *rows = NULL;
	TRY(make_net(out, context, seed));
	egm_status status = egm_loss_cross_entropy(&loss, *out, NULL);
	if (status == EGM_OK) status = labelled_rows(&rows, context, digits);
	if (status == EGM_OK) status = fit(loss, rows, steps, seed);
	egm_data_free(rows);
	egm_loss_free(loss);
	return status;
}

egm_status digit_classifier_load(egm_model **out, egm_context *context, const char *path)
{
	TRY(egm_model_load(out, context, path, NULL));
	if (egm_model_inputs(*out) == DIGIT_PIXELS && egm_model_outputs(*out) == DIGITS && egm_model_dtype(*out) == EGM_F32)
		return EGM_OK;
	fprintf(stderr, "%s: a net of %lld inputs and %lld outputs is no classifier of digits\n", path,
	        (long long)egm_model_inputs(*out), (long long)egm_model_outputs(*out));
	exit(EXIT_FAILURE);
}

egm_status digit_classifier_verdicts(const egm_model *net, const float *pixels, int64_t count, unsigned char *verdicts)
{
	float *logits = program_alloc((size_t)count * DIGITS, sizeof *logits);
	egm_status status =
	    egm_model_run(net, egm_f32(pixels, count, DIGIT_PIXELS), egm_f32_out(logits, count, egm_model_outputs(net)));
	for (int64_t i = 0; i < count && status == EGM_OK; i++) {
		const float *of = logits + i * DIGITS;
		verdicts[i] = 0;
		for (unsigned char k = 1; k < DIGITS; k++)
			if (of[k] > of[verdicts[i]]) verdicts[i] = k;
	}
	free(logits);
	return status;
}

egm_status digit_classifier_accuracy(const egm_model *net, const labelled_images *digits, double *accuracy)
{
	int64_t count = digits->count - digits->first, right = 0;
	unsigned char *verdicts = program_alloc((size_t)count, 1);
	egm_status status = digit_classifier_verdicts(net, digits->pixels + digits->first * DIGIT_PIXELS, count, verdicts);
	for (int64_t i = 0; i < count; i++) right += verdicts[i] == digits->labels[digits->first + i];
	*accuracy = (double)right / (double)count;
	free(verdicts);
	return status;
}
