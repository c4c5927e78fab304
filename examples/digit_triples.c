/* SPDX-License-Identifier: MIT */
#include "digit_triples.h"

#include <math.h>
#include <stdlib.h>

#include "program.h"

/* splitmix64: a bijection of the counter, so that streams need no state (Steele, Lea, Flood 2014). */
static uint64_t mixed(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static void draw_triples(float *images, const labelled_images *digits, int64_t count, uint64_t stream)
{
	for (int64_t i = 0; i < count; i++)
		for (int c = 0; c < TRIPLE_CHANNELS; c++) {
			uint64_t draw = mixed(stream + (uint64_t)(i * TRIPLE_CHANNELS + c));
			const float *digit = digits->pixels + draw % (uint64_t)digits->first * DIGIT_PIXELS;
			for (int p = 0; p < DIGIT_PIXELS; p++) images[i * TRIPLE_VALUES + p * TRIPLE_CHANNELS + c] = digit[p];
		}
}

egm_status digit_triples(egm_data **out, egm_context *context, const labelled_images *digits, int64_t count,
                         uint64_t seed, uint64_t round)
{
	float *images = program_alloc((size_t)count * TRIPLE_VALUES, sizeof *images);
	draw_triples(images, digits, count, mixed(mixed(seed) ^ round));
	egm_status status = egm_data_copy(out, context, egm_f32(images, count, TRIPLE_VALUES));
	free(images);
	return status;
}

/* ---- modes */

/* Judged in pieces: the images, their channels as images of their own, the verdicts on these. */
enum { PIECE = 1000 };

typedef struct judge {
	const egm_model *generator; /* NULL: the digits are the source */
	const labelled_images *digits;
	const egm_model *classifier;
	float *images, *channels;
	unsigned char *verdicts;
	int64_t counts[TRIPLE_MODES];
} judge;

static egm_status count_piece(judge *j, int64_t samples, uint64_t seed)
{
	if (j->generator)
		TRY(egm_model_generate(j->generator, seed, egm_f32_out(j->images, samples, egm_model_outputs(j->generator))));
	else
		draw_triples(j->images, j->digits, samples, mixed(seed));
	for (int64_t i = 0; i < samples; i++)
		for (int c = 0; c < TRIPLE_CHANNELS; c++)
			for (int k = 0; k < DIGIT_PIXELS; k++)
				j->channels[(i * TRIPLE_CHANNELS + c) * DIGIT_PIXELS + k] =
				    j->images[i * TRIPLE_VALUES + k * TRIPLE_CHANNELS + c];
	TRY(digit_classifier_verdicts(j->classifier, j->channels, samples * TRIPLE_CHANNELS, j->verdicts));
	for (int64_t i = 0; i < samples; i++) {
		const unsigned char *v = j->verdicts + i * TRIPLE_CHANNELS;
		j->counts[(v[0] * DIGITS + v[1]) * DIGITS + v[2]]++;
	}
	return EGM_OK;
}

static egm_status count_all(triple_modes *out, judge *j, int64_t samples, uint64_t seed)
{
	egm_status status = EGM_OK;
	j->images = program_alloc(PIECE * TRIPLE_VALUES, sizeof(float));
	j->channels = program_alloc(PIECE * TRIPLE_VALUES, sizeof(float));
	j->verdicts = program_alloc(PIECE * TRIPLE_CHANNELS, 1);
	for (int64_t done = 0; done < samples && status == EGM_OK; done += PIECE)
		status = count_piece(j, samples - done < PIECE ? samples - done : PIECE, mixed(seed) + (uint64_t)done);
	free(j->images);
	free(j->channels);
	free(j->verdicts);
	*out = (triple_modes){0, 0};
	for (int m = 0; m < TRIPLE_MODES; m++) {
		double share = (double)j->counts[m] / (double)samples;
		out->modes += j->counts[m] > 0;
		if (j->counts[m] > 0) out->kl += share * log(TRIPLE_MODES * share);
	}
	return status;
}

egm_status triple_modes_generated(triple_modes *out, const egm_model *generator, const egm_model *classifier,
                                  int64_t samples, uint64_t seed)
{
	judge j = {.generator = generator, .classifier = classifier};
	return count_all(out, &j, samples, seed);
}

egm_status triple_modes_drawn(triple_modes *out, const labelled_images *digits, const egm_model *classifier,
                              int64_t samples, uint64_t seed)
{
	judge j = {.digits = digits, .classifier = classifier};
	return count_all(out, &j, samples, seed);
}
