/* SPDX-License-Identifier: MIT */
#include "image_nets.h"

#include <stdio.h>
#include <stdlib.h>

#include "program.h"

/* The side after a convolution, (side - 1) / 2 + 1 for odd kernels; and by how much the transposed one falls short. */
static int64_t halved(const image_nets *n, int64_t side)
{
	return (side + 2 * ((n->kernel - 1) / 2) - n->kernel) / 2 + 1;
}

static int64_t missing(const image_nets *n, int64_t side)
{
	return side - (2 * (halved(n, side) - 1) - 2 * ((n->kernel - 1) / 2) + n->kernel);
}

static int stages_of(const image_nets *n)
{
	int stages = 0;
	while (stages < IMAGE_STAGES && n->filters[stages] > 0) stages++;
	return stages;
}

/* A network from an image to numbers. egm_model_build returns the first error of its layers. */
static egm_model *make_reader(egm_context *context, const char *name, const image_nets *n, int64_t outputs,
                              uint64_t seed)
{
	egm_model *net = NULL;
	check(egm_model_create(&net, context, name, n->height * n->width * n->channels));
	egm_model_image(net, n->height, n->width, n->channels);
	for (int i = 0; i < stages_of(n); i++) {
		egm_model_conv(net, n->filters[i], n->kernel, 2, (n->kernel - 1) / 2);
		egm_model_leaky_relu(net, 0.2);
	}
	egm_model_dense(net, outputs);
	check(egm_model_build(net, EGM_F32, seed));
	return net;
}

/* A transposed convolution adds the same to height and width. */
static void check_sides(const image_nets *n)
{
	int64_t height = n->height, width = n->width;
	for (int i = 0; i < stages_of(n); i++, height = halved(n, height), width = halved(n, width)) {
		if (missing(n, height) == missing(n, width)) continue;
		fprintf(
		    stderr,
		    "images of %lld x %lld: one side is odd and one even where convolution %d begins, and no transposed one "
		    "leads back there\n",
		    (long long)n->height, (long long)n->width, i + 1);
		exit(EXIT_FAILURE);
	}
}

static void normalise(egm_model *net)
{
	egm_model_batch_norm(net, 1e-5, 0.1);
	egm_model_relu(net);
}

static egm_model *make_generator(egm_context *context, const image_nets *n, int64_t latent, uint64_t seed)
{
	int stages = stages_of(n);
	int64_t height[IMAGE_STAGES + 1] = {n->height}, width[IMAGE_STAGES + 1] = {n->width};
	egm_model *net = NULL;
	for (int i = 0; i < stages; i++) {
		height[i + 1] = halved(n, height[i]);
		width[i + 1] = halved(n, width[i]);
	}
	check(egm_model_create(&net, context, "generator", latent));
	egm_model_dense(net, height[stages] * width[stages] * n->filters[stages - 1]);
	egm_model_image(net, height[stages], width[stages], n->filters[stages - 1]);
	for (int i = stages; i-- > 0;) {
		normalise(net);
		egm_model_conv_transpose(net, i > 0 ? n->filters[i - 1] : n->channels, n->kernel, 2, (n->kernel - 1) / 2,
		                         missing(n, height[i]));
	}
	egm_model_tanh(net);
	check(egm_model_build(net, EGM_F32, seed));
	return net;
}

void image_nets_make(gan *g, egm_context *context, const image_nets *n, const gan_settings *settings)
{
	uint64_t seed = 3 * settings->training.seed;
	check_sides(n);
	g->energy = make_reader(context, "energy", n, 1, seed);
	g->generator = make_generator(context, n, settings->latent, seed + 1);
	if (settings->loss.entropy == EGM_ENTROPY_INFOGAN)
		g->information = make_reader(context, "encoder", n, settings->latent, seed + 2);
}
