/* SPDX-License-Identifier: MIT */
/* Convolutional networks for an energy GAN of images, as in DCGAN (Radford et al. 2016): strides instead of pooling,
 * and batch normalisation only in the generator, because the energy of an image must not depend on the other images. */
#ifndef IMAGE_NETS_H
#define IMAGE_NETS_H

#include "energy_gan.h"

enum { IMAGE_STAGES = 4 };

typedef struct image_nets {
	int64_t height, width, channels;
	int64_t kernel;                /* side of the windows; the stride is 2 */
	int64_t filters[IMAGE_STAGES]; /* channels after each convolution of the energy; 0 ends the list */
} image_nets;

/* Creates energy and generator of a gan; call it before gan_create. The generator has the layers of the energy in
 * reverse order. With EGM_ENTROPY_INFOGAN the information network has the layers of the energy; a statistics network is
 * dense, because it reads image and z as one row. */
void image_nets_make(gan *g, egm_context *context, const image_nets *n, const gan_settings *settings);

#endif
