/* SPDX-License-Identifier: MIT */
/* The parts of the variational autoencoder that its likelihood needs. */
#ifndef EGM_LOSS_VAE_IMPL_H
#define EGM_LOSS_VAE_IMPL_H

#include <loss/gaussian_impl.h>
#include <loss/system_impl.h>

enum { EGM__VAE_ENCODER, EGM__VAE_DECODER };

/* log [q(x|z) N(z) / p(z|x)] at one draw of z for each row of the data, [batch, 1]. */
egm__id egm__vae_log_weight(egm__phase_graph *p, const egm_loss *loss);

#endif
