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

const egm_data *triple_stream_at(triple_stream *s, int64_t round)
{
	if (s->pool && s->round == round) return s->pool;
	float *images = program_alloc((size_t)s->count * TRIPLE_VALUES, sizeof *images);
	triple_stream_free(s);
	s->round = round;
	draw_triples(images, s->digits, s->count, mixed(mixed(s->seed) ^ (uint64_t)round));
	check(egm_data_copy(&s->pool, s->context, egm_f32(images, s->count, TRIPLE_VALUES)));
	free(images);
	return s->pool;
}

void triple_stream_free(triple_stream *s)
{
	egm_data_free(s->pool);
	s->pool = NULL;
}

/* ---- modes */

/* One piece of the count: images, their channels as images of their own, and the digits found in these. */
enum { PIECE = 1000 };

typedef struct mode_counter {
	const egm_model *generator; /* NULL: the digits are the source */
	const labelled_images *digits;
	const egm_model *classifier;
	float *images, *channels;
	unsigned char *verdicts;
	int64_t counts[TRIPLE_MODES];
} mode_counter;

static void count_piece(mode_counter *count, int64_t samples, uint64_t seed)
{
	if (count->generator)
		check(egm_model_generate(count->generator, seed, egm_f32_out(count->images, samples, TRIPLE_VALUES)));
	else
		draw_triples(count->images, count->digits, samples, mixed(seed));
	for (int64_t i = 0; i < samples; i++)
		for (int c = 0; c < TRIPLE_CHANNELS; c++)
			for (int k = 0; k < DIGIT_PIXELS; k++)
				count->channels[(i * TRIPLE_CHANNELS + c) * DIGIT_PIXELS + k] =
				    count->images[i * TRIPLE_VALUES + k * TRIPLE_CHANNELS + c];
	digit_classifier_verdicts(count->classifier, count->channels, samples * TRIPLE_CHANNELS, count->verdicts);
	for (int64_t i = 0; i < samples; i++) {
		const unsigned char *v = count->verdicts + i * TRIPLE_CHANNELS;
		count->counts[(v[0] * DIGITS + v[1]) * DIGITS + v[2]]++;
	}
}

static triple_modes count_all(mode_counter *count, int64_t samples, uint64_t seed)
{
	triple_modes found = {0, 0};
	count->images = program_alloc(PIECE * TRIPLE_VALUES, sizeof(float));
	count->channels = program_alloc(PIECE * TRIPLE_VALUES, sizeof(float));
	count->verdicts = program_alloc(PIECE * TRIPLE_CHANNELS, 1);
	for (int64_t done = 0; done < samples; done += PIECE)
		count_piece(count, samples - done < PIECE ? samples - done : PIECE, mixed(seed) + (uint64_t)done);
	free(count->images);
	free(count->channels);
	free(count->verdicts);
	for (int m = 0; m < TRIPLE_MODES; m++) {
		double share = (double)count->counts[m] / (double)samples;
		found.modes += count->counts[m] > 0;
		if (count->counts[m] > 0) found.kl += share * log(TRIPLE_MODES * share);
	}
	return found;
}

triple_modes triple_modes_generated(const egm_model *generator, const egm_model *classifier, int64_t samples,
                                    uint64_t seed)
{
	mode_counter count = {.generator = generator, .classifier = classifier};
	return count_all(&count, samples, seed);
}

triple_modes triple_modes_drawn(const labelled_images *digits, const egm_model *classifier, int64_t samples,
                                uint64_t seed)
{
	mode_counter count = {.digits = digits, .classifier = classifier};
	return count_all(&count, samples, seed);
}
