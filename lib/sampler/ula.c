/* SPDX-License-Identifier: MIT */
/* The unadjusted Langevin algorithm: x' = x - (eps/2) C grad W + sqrt(eps C) xi, computed as the first half of a
 * leapfrog step, the proposal of MALA: x' = x + h S (xi - (h/2) S grad W), h = sqrt(eps), C = S^2. */
#include <core/status_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>

static const egm_ula_options defaults = EGM_ULA_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHAIN_MEMBERS(egm_ula_options, "Langevin step eps."),
};
EGM__KERNEL_OPTIONS(egm__options_ula, egm_ula_options, defaults, members);

static void ask(egm_sampler *s, egm__walker *w, char *y)
{
	egm__row_leap(s, w, y, w->x, w->gradient, -w->step / 2, w->step);
}

static int ask_block(const egm_sampler *s, const egm__rng *rng, int64_t start, int64_t n, double h, char *y,
                     const char *x, const char *gradient)
{
	return s->table->langevin(n, y, x, gradient, rng, start, -h / 2, h);
}

static int take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	egm__walker_set_point(s, w, probe, row);
	w->accept = NAN;
	return 1;
}

static const egm__method method = {
    .name = "ula", .options = &egm__options_ula, .langevin = 1, .ask = ask, .ask_block = ask_block, .take = take};

egm_status egm_sampler_ula(egm_sampler **out, egm_target *target, const egm_ula_options *options)
{
	return egm__named(__func__, egm__sampler_create(out, &method, target, options));
}
