/* SPDX-License-Identifier: MIT */
/* Annealed Langevin: one transition is one pass of unadjusted Langevin steps down the temperatures T, at each of which
 * the target is W_T = (beta/T) U + prior - log |dx/dy| and eps_T = step_size T (Li, Chen, Sommer 2019):
 *   x' = x - (eps_T/2) C grad W_T + sqrt(eps_T C) xi
 *      = x - (step_size/2) C (beta grad U + T grad(prior)) + sqrt(step_size T C) xi.
 * Both lines are the same chain. In the first, each level samples the distribution at temperature T with a step that is
 * proportional to T. The second is the form of the source: the drift by U is the same at every level, and the noise
 * depends on the temperature.
 *
 * The last point of a level is evaluated at the temperature of the next level, and the last point of all at T = 1, so
 * that a pass costs one gradient per step. It costs one more if the first temperature is not 1, and one more for the
 * energy of a denoised draw.
 *
 * The point of the walker only changes at the end of a pass: a callback that stops leaves it where the pass began. */
#include <core/rng_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <string.h>

static const egm_annealed_langevin_options defaults = EGM_ANNEALED_LANGEVIN_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHAIN_MEMBERS(egm_annealed_langevin_options,
                       "Langevin step eps at temperature 1; the step at temperature T is eps * T."),
    EGM__ARRAY(egm_annealed_langevin_options, temperatures,
               "[levels] Falling temperatures, which divide the energy; NULL: 1, with one level."),
    EGM__BETWEEN(egm_annealed_langevin_options, levels, 1, EGM__MAX_LEVELS, "Number of temperatures."),
    EGM__BETWEEN(egm_annealed_langevin_options, steps_per_level, 1, INT32_MAX, "Langevin steps at each temperature."),
    EGM__WEIGHT(egm_annealed_langevin_options, denoise, "Draws are x - denoise^2 grad V(x); 0: x itself."),
};
EGM__KERNEL_OPTIONS(egm__options_annealed_langevin, egm_annealed_langevin_options, defaults, members);

static const egm_annealed_langevin_options *own(const egm_sampler *s)
{
	return s->own;
}

enum {
	EVALUATE_FIRST, /* evaluate the first point at the first temperature */
	STEP,
	EVALUATE_DRAW, /* evaluate the denoised point */
	OVER
};

typedef struct pass {
	int64_t done, all; /* steps */
	int32_t phase;
	int32_t reserved;
	double value, energy, jacobian; /* at the current point of the pass */
	double drawn;                   /* V of the draw */
} pass;

enum { HEAD = 64 };
_Static_assert(sizeof(pass) <= HEAD, "rows behind the head start on a cache line");

/* Rows after the head: the current point of the pass, and the gradient there. */
static char *row_of(const egm_sampler *s, const egm__walker *w, int64_t i)
{
	return (char *)w->own + HEAD + i * s->row_bytes;
}

static size_t own_bytes(const egm_sampler *s)
{
	return (size_t)(HEAD + 2 * s->row_bytes);
}

static double temperature_of(const egm_sampler *s, int64_t step)
{
	return own(s)->temperatures ? own(s)->temperatures[step / own(s)->steps_per_level] : 1;
}

/* The weights at the point from which step `step` begins. */
static egm__bridge bridge_of(const egm_sampler *s, const pass *p, int64_t step)
{
	egm__bridge bridge = s->target->bridge;
	if (step < p->all) bridge.beta /= temperature_of(s, step);
	return bridge;
}

static egm_status describe(egm_sampler *s)
{
	egm_status st = EGM_OK;
	egm_annealed_langevin_options *o = s->own;
	const double *t = o->temperatures;
	for (int64_t l = 1; t && l < o->levels; l++)
		if (t[l] > t[l - 1])
			EGM_FAIL(EGM_ERR_ARGUMENT, "temperatures[%lld] is %g, must be at most the one before, %g", (long long)l,
			         t[l], t[l - 1]);
	if (o->denoise > 0 && s->target->lower)
		EGM_FAIL(EGM_ERR_UNSUPPORTED,
		         "denoise is %g, must be 0 with bounds: x - denoise^2 grad V(x) may lie outside of them", o->denoise);
	EGM_TRY(egm__sampler_keep_temperatures(s, &o->temperatures, o->levels));
out:
	return st;
}

static void begin(egm_sampler *s, egm__walker *w)
{
	pass *p = w->own;
	size_t bytes = (size_t)egm__point_bytes(s);
	p->done = 0;
	p->all = own(s)->levels * own(s)->steps_per_level;
	p->phase = temperature_of(s, 0) == 1 ? STEP : EVALUATE_FIRST;
	memcpy(row_of(s, w, 0), w->x, bytes);
	memcpy(row_of(s, w, 1), w->gradient, bytes);
}

/* The first step uses the noise that the loop has drawn, so that a pass of one step is a step of ula. The other steps
 * use another random stream, at (pass, step). */
static void draw_noise(const egm_sampler *s, egm__walker *w, const pass *p)
{
	egm__rng rng = {
	    .seed = s->options.seed, .step = w->clock * (uint64_t)p->all + (uint64_t)p->done, .stream = EGM__STREAM_INNER};
	s->table->normal(s->dims, w->noise, &rng, w->index * egm__noise_stride(s->dims));
}

/* As in ula.c, x' = x + h S (xi - (h/2) S grad W) with h = sqrt(eps_T). */
static void step(egm_sampler *s, egm__walker *w, pass *p, char *y)
{
	double h = w->step * sqrt(temperature_of(s, p->done));
	if (p->done > 0) draw_noise(s, w, p);
	egm__row_leap(s, w, y, row_of(s, w, 0), row_of(s, w, 1), -h / 2, h);
	p->done++;
}

static void ask(egm_sampler *s, egm__walker *w, char *y)
{
	pass *p = w->own;
	double sigma = own(s)->denoise;
	if (p->phase == STEP)
		step(s, w, p, y);
	else
		egm__row_lin(s, y, 1, row_of(s, w, 0), p->phase == EVALUATE_DRAW ? -sigma * sigma : 0, row_of(s, w, 1));
	w->bridge = bridge_of(s, p, p->done);
	w->gradient_only = p->done < p->all;
}

static void keep(const egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	pass *p = w->own;
	size_t bytes = (size_t)egm__point_bytes(s);
	memcpy(row_of(s, w, 0), (char *)probe->y + (size_t)row * bytes, bytes);
	memcpy(row_of(s, w, 1), (char *)probe->gradient + (size_t)row * bytes, bytes);
	p->value = probe->value[row];
	p->energy = probe->energy[row];
	p->jacobian = probe->jacobian[row];
}

static int32_t next_phase(const egm_sampler *s, const pass *p)
{
	if (p->phase == EVALUATE_DRAW) return OVER;
	if (p->done < p->all) return STEP;
	return own(s)->denoise > 0 ? EVALUATE_DRAW : OVER;
}

static int take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	pass *p = w->own;
	size_t bytes = (size_t)egm__point_bytes(s);
	if (p->phase == EVALUATE_DRAW)
		p->drawn = probe->value[row]; /* no bounds here: V = W */
	else
		keep(s, w, probe, row);
	p->phase = next_phase(s, p);
	if (p->phase != OVER) return 0;
	memcpy(w->x, row_of(s, w, 0), bytes);
	memcpy(w->gradient, row_of(s, w, 1), bytes);
	w->value = p->value;
	w->energy = p->energy;
	w->jacobian = p->jacobian;
	w->accept = NAN;
	return 1;
}

/* x - sigma0^2 grad V(x): if V = -log p of points with noise of standard deviation sigma0, this is the mean of the
 * point without noise, given x. The draw of a frozen chain is its point. */
static double draw(egm_sampler *s, const egm__walker *w, char *y)
{
	const pass *p = w->own;
	double sigma = w->frozen ? 0 : own(s)->denoise;
	if (y) egm__row_lin(s, y, 1, w->x, -sigma * sigma, w->gradient);
	return sigma > 0 ? p->drawn : w->value + w->jacobian;
}

static const egm__method method = {.name = "annealed_langevin",
                                   .options = &egm__options_annealed_langevin,
                                   .describe = describe,
                                   .langevin = 1,
                                   .own_bytes = own_bytes,
                                   .begin = begin,
                                   .ask = ask,
                                   .take = take,
                                   .draw = draw};

egm_status egm_sampler_annealed_langevin(egm_sampler **out, egm_target *target,
                                         const egm_annealed_langevin_options *options)
{
	return egm__named(__func__, egm__sampler_create(out, &method, target, options));
}
