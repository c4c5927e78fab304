/* SPDX-License-Identifier: MIT */
/* Convolutional networks of an energy GAN of images, in the manner of DCGAN (Radford et al. 2016): strides instead of
 * pooling, batch norm in the generator alone, for an energy is a number of one image, whatever the others are. */
#ifndef IMAGE_NETS_H
#define IMAGE_NETS_H

#include "energy_gan.h"

enum { IMAGE_STAGES = 4 };

typedef struct image_nets {
	int64_t height, width, channels;
	int64_t kernel;                /* side of the windows; the stride is 2 */
	int64_t filters[IMAGE_STAGES]; /* channels after each convolution of the energy; 0 ends the list */
} image_nets;

/* Makes energy and generator of a gan, before gan_create. The generator goes the energy's way back. With
 * EGM_ENTROPY_INFOGAN the information network is built like the energy; a statistics network reads image and z in one
 * row, and stays dense. */
void image_nets_make(gan *g, egm_context *context, const image_nets *n, const gan_settings *settings);

#endif
