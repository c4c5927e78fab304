/* SPDX-License-Identifier: MIT */
/* Penalties of the slope of a network with one output. */
#ifndef EGM_LOSS_PENALTY_IMPL_H
#define EGM_LOSS_PENALTY_IMPL_H

#include <core/options_impl.h>
#include <loss/loss_impl.h>

extern const egm__family egm__family_penalty, egm__family_at; /* EGM_PENALTY_*, EGM_AT_* */

/* The noise streams of a penalty, which the rest of the phase must not use. */
enum { EGM__STREAM_PENALTY = 64, EGM__STREAM_PENALTY_OTHER };

/* E[h(slope of the network)] of kind EGM_PENALTY_* at points EGM_AT_* of the rows of `real` and `fake` [batch, inputs].
 */
egm__id egm__penalty(egm__phase_graph *p, const egm_loss *loss, int32_t net, int32_t kind, int32_t at, egm__id real,
                     egm__id fake);
/* The same as term `index`, unless its weight is 0. */
void egm__penalty_add(egm__phase_graph *p, const egm_loss *loss, int32_t index, double weight, int32_t net,
                      int32_t kind, int32_t at, egm__id real, egm__id fake);

#endif
