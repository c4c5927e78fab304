/* SPDX-License-Identifier: MIT */
/* Stacked MNIST (Metz et al. 2017): three random digits are the red, green and blue channels of one image, so there are
 * 1000 modes of nearly equal probability. A classifier of single digits counts the modes of a generator. */
#ifndef DIGIT_TRIPLES_H
#define DIGIT_TRIPLES_H

#include <egm.h>

#include "digit_classifier.h"

enum { TRIPLE_CHANNELS = 3, TRIPLE_VALUES = DIGIT_PIXELS * TRIPLE_CHANNELS, TRIPLE_MODES = 1000 };

/* An endless stream of images [28, 28, 3] in [-1, 1], in rounds of `count`; each image has three random digits of the
 * first file. A round depends only on the seed and its number. The stream therefore needs memory for one round only,
 * and can continue from any round. */
typedef struct triple_stream {
	egm_context *context;
	const labelled_images *digits;
	int64_t count;
	uint64_t seed;
	egm_data *pool; /* the images of `round`, NULL before the first */
	int64_t round;
} triple_stream;

/* Returns the images of a round, which are valid until the next call. */
const egm_data *triple_stream_at(triple_stream *s, int64_t round);
void triple_stream_free(triple_stream *s);

typedef struct triple_modes {
	int64_t modes; /* number of the TRIPLE_MODES modes that have at least one sample */
	double kl;     /* KL(p || uniform) in nats, where p are the shares of the modes */
} triple_modes;

/* Counts `samples` images of the generator. */
triple_modes triple_modes_generated(const egm_model *generator, const egm_model *classifier, int64_t samples,
                                    uint64_t seed);
/* Counts new triples of digits instead, which is the result of a perfect generator: a KL of (1000 - 1) / 2N because of
 * the number N of samples, and 0.0043 because the digits of MNIST are not equally frequent. */
triple_modes triple_modes_drawn(const labelled_images *digits, const egm_model *classifier, int64_t samples,
                                uint64_t seed);

#endif
