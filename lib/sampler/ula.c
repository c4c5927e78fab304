/* SPDX-License-Identifier: MIT */
/* The unadjusted Langevin algorithm: x' = x - (eps/2) C grad W + sqrt(eps C) xi. Written as the first half of a
 * leapfrog step, x' = x + h S (xi - (h/2) S grad W) with h = sqrt(eps) and C = S^2, which is what MALA proposes. */
#include <math.h>
#include <sampler/sampler_impl.h>

static size_t own_bytes(const egm_sampler *s)
{
	return (size_t)s->row_bytes;
}

static void ask(egm_sampler *s, egm__walker *w, char *y)
{
	egm__row_move(s, w, w->noise, w->noise, -w->step / 2, w->gradient, w->own);
	egm__row_move(s, w, y, w->x, w->step, w->noise, w->own);
}

static int take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	egm__walker_stand(s, w, probe, row);
	w->accept = NAN;
	return 1;
}

const egm__method egm__method_ula = {
    .kernel = EGM_SAMPLER_ULA, .name = "ula", .langevin = 1, .own_bytes = own_bytes, .ask = ask, .take = take};
