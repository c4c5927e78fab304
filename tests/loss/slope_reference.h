/* SPDX-License-Identifier: MIT */
/* Written by slope_reference.py with PyTorch 2.13.0+cpu, Python 3.11.7. */
#ifndef EGM_TESTS_SLOPE_REFERENCE_H
#define EGM_TESTS_SLOPE_REFERENCE_H

/* clang-format off */
static const struct slope_reference {
	const char *loss, *generator, *critic;
	int width; /* of the data */
	double penalty, gradient;
} slope_references[] = {
	{"gan",
	 "dense 32, image 4 4 2, conv_transpose 2 3 1 1 0, tanh",
	 "image 4 4 2, conv 3 3 1 1, silu, conv 2 3 2 1, silu, dense 1",
	 32, 0.20283153304683874, -6.0603906749304635},
	{"gan",
	 "dense 16, image 2 2 4, batch_norm 1e-5 0.1, relu, conv_transpose 3 5 2 2 1, relu, conv_transpose 1 5 2 2 1, tanh",
	 "image 8 8 1, conv 4 5 2 2, leaky_relu 0.2, conv 5 5 2 2, leaky_relu 0.2, dense 1",
	 64, 3.3639475411544146, -3.5970307807659823},
	{"wgan",
	 "dense 7, tanh, dense 6, elu 1",
	 "layer_norm 0.01, dense 5, silu, dense 1",
	 6, 0.93711131778027246, 0.89324542347373748},
	{"wgan",
	 "dense 7, tanh, dense 6, elu 1",
	 "gelu, dense 5, silu, dense 1",
	 6, 0.95197176080390644, 0.11814467884153997},
	{"wgan",
	 "dense 7, tanh, dense 6, elu 1",
	 "elu 0.7, dense 5, silu, dense 1",
	 6, 0.91925268257406734, -0.074679325054008455},
	{"gan",
	 "dense 32, image 4 4 2, average_pool 2",
	 "dense 4, dense 5, silu, dense 1",
	 8, 0.0073393773089136588, -0.17161948168978677},
	{"gan",
	 "dense 32, image 4 4 2, average_pool 2",
	 "silu, dense 5, silu, dense 1",
	 8, 0.056004311047990994, -0.17605158935268572},
	{"gan",
	 "dense 32, image 4 4 2, average_pool 2",
	 "gelu, dense 5, silu, dense 1",
	 8, 0.058618758253962476, -0.16359443704883775},
	{"gan",
	 "dense 32, image 4 4 2, average_pool 2",
	 "elu 0.7, dense 5, silu, dense 1",
	 8, 0.14253402516790364, -0.31274194171685843},
	{"gan",
	 "dense 32, image 4 4 2, average_pool 2",
	 "layer_norm 0.01, dense 5, silu, dense 1",
	 8, 0.15248724797461577, -1.730362088351534},
};
/* clang-format on */

#endif
