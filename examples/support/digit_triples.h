/* SPDX-License-Identifier: MIT */
/* Stacked MNIST (Metz et al. 2017): three random digits are the red, green and blue of one image, 1000 modes that are
 * known to be equally likely. Which of them a generator has is counted by a classifier of single digits. */
#ifndef DIGIT_TRIPLES_H
#define DIGIT_TRIPLES_H

#include <egm.h>

#include "digit_classifier.h"

enum { TRIPLE_CHANNELS = 3, TRIPLE_VALUES = DIGIT_PIXELS * TRIPLE_CHANNELS, TRIPLE_MODES = 1000 };

/* Fresh images without an end, in rounds of `count`, [28, 28, 3] in [-1, 1], each of three digits of the first file
 * drawn at random. A round depends on the seed and its number alone, so the stream needs the memory of one and
 * continues from any. */
typedef struct triple_stream {
	egm_context *context;
	const labelled_images *digits;
	int64_t count;
	uint64_t seed;
	egm_data *pool; /* the images of `round`, NULL before the first */
	int64_t round;
} triple_stream;

/* Borrowed until the next call. */
const egm_data *triple_stream_at(triple_stream *s, int64_t round);
void triple_stream_free(triple_stream *s);

typedef struct triple_modes {
	int64_t modes; /* of TRIPLE_MODES, with one sample at least */
	double kl;     /* KL(p || uniform) in nats, p the shares of the modes */
} triple_modes;

/* Counts `samples` images of the generator. */
triple_modes triple_modes_generated(const egm_model *generator, const egm_model *classifier, int64_t samples,
                                    uint64_t seed);
/* The same of fresh triples of the digits: what a perfect generator would get. (1000 - 1) / 2N from the number of
 * samples, and 0.0043 since MNIST's digits are not equally frequent. */
triple_modes triple_modes_drawn(const labelled_images *digits, const egm_model *classifier, int64_t samples,
                                uint64_t seed);

#endif
