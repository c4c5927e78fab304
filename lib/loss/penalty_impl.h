/* SPDX-License-Identifier: MIT */
/* Penalties on the slope of a net with one output, for every loss that has one. */
#ifndef EGM_LOSS_PENALTY_IMPL_H
#define EGM_LOSS_PENALTY_IMPL_H

#include <core/options_impl.h>
#include <loss/loss_impl.h>

extern const egm__family egm__family_penalty, egm__family_at; /* EGM_PENALTY_*, EGM_AT_* */

/* Noise streams that a penalty draws from; other noise of the phase keeps off them. */
enum { EGM__STREAM_PENALTY = 64, EGM__STREAM_PENALTY_OTHER };

/* E[h(slope of the net)] by `kind` (EGM_PENALTY_*) at points `at` (EGM_AT_*), between rows of `real` and `fake` [batch,
 * inputs]. */
egm__id egm__penalty(egm__phase_graph *p, const egm_loss *loss, int32_t net, int32_t kind, int32_t at, egm__id real,
                     egm__id fake);
/* The same as term `index` where its weight is not 0; without weight it costs nothing. */
void egm__penalty_add(egm__phase_graph *p, const egm_loss *loss, int32_t index, double weight, int32_t net,
                      int32_t kind, int32_t at, egm__id real, egm__id fake);

#endif
