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

/* The same, as many rows at a time as the first cache holds. */
static void march(egm_sampler *s, egm__walker *w, int64_t n, char *y)
{
	enum { AT_ONCE = 1024 };
	const double kick[3] = {1, -w->step / 2, 0}, drift[3] = {1, w->step, 0};
	int64_t rows = s->dims < AT_ONCE ? AT_ONCE / s->dims : 1, bytes = egm__point_bytes(s);
	for (int64_t i = 0; i < n; i += rows) {
		int64_t count = (n - i < rows ? n - i : rows) * s->dims;
		s->table->tile[EGM__TILE_LIN_VV](count, w[i].noise, w[i].noise, w[i].gradient, kick);
		s->table->tile[EGM__TILE_LIN_VV](count, y + i * bytes, w[i].x, w[i].noise, drift);
	}
}

static int take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	egm__walker_stand(s, w, probe, row);
	w->accept = NAN;
	return 1;
}

const egm__method egm__method_ula = {.kernel = EGM_SAMPLER_ULA,
                                     .name = "ula",
                                     .langevin = 1,
                                     .own_bytes = own_bytes,
                                     .ask = ask,
                                     .march = march,
                                     .take = take};
