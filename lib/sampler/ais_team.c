/* SPDX-License-Identifier: MIT */
/* Moving the particles of one team, for the pilot and the run itself: all of them make the same steps at the same time,
 * by the leapfrog of hmc.c on walkers without a sampler. */
#include <core/rng_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/ais_impl.h>
#include <string.h>

static char *row_of(const egm__ais_team *t, char *rows, int64_t i)
{
	return rows + i * t->run->s.row_bytes;
}

double egm__ais_base(const egm__ais *a, const char *y)
{
	return a->precision / 2 * egm__row_square(&a->s, y);
}

/* Returns W_b and writes its gradient, at y with W = value and its gradient. */
static double mix(const egm__ais *a, double b, const char *y, double value, const char *gradient, char *mixed)
{
	egm__row_lin(&a->s, mixed, b, gradient, (1 - b) * a->precision, y);
	return b * value + (1 - b) * egm__ais_base(a, y);
}

/* Evaluates the walkers that asked, mixed for hmc.c, with W in the place of U. */
static egm_status evaluate(egm__ais_team *t, int64_t n, double b)
{
	const egm__ais *a = t->run;
	egm__probe *p = t->probe, *m = &t->mixed;
	size_t bytes = (size_t)egm__point_bytes(&a->s);
	egm_status st = egm__probe_run(p, n);
	if (st != EGM_OK) return egm__probe_stopped(p);
	t->gradients += n;
	for (int64_t i = 0; i < n; i++) {
		size_t at = (size_t)i * bytes;
		m->energy[i] = p->value[i];
		m->value[i] = mix(a, b, (char *)p->y + at, p->value[i], (char *)p->gradient + at, (char *)m->gradient + at);
		t->asked[i]->answers++;
	}
	return EGM_OK;
}

static void draw_noise(egm__ais_team *t, int64_t n)
{
	const egm_sampler *s = &t->run->s;
	int64_t stride = egm__noise_stride(s->dims);
	egm__rng rng = {.seed = s->options.seed, .step = t->walkers[0].clock, .stream = EGM__STREAM_MOMENTUM};
	s->table->normal(n * stride, t->noise, &rng, t->walkers[0].index * stride);
	for (int64_t i = 0; i < n; i++) {
		t->walkers[i].noise = t->noise + i * stride * (int64_t)egm__dtype_size(s->target->dtype);
		t->walkers[i].clock++;
	}
}

/* Copies the unmixed gradient of a walker that has moved to row `row` of the last evaluation. */
static void keep_gradient(egm__ais_team *t, egm__walker *w, int64_t row)
{
	size_t bytes = (size_t)t->run->s.dims * egm__dtype_size(t->run->s.target->dtype);
	memcpy(row_of(t, t->gradient, w - t->walkers), (char *)t->probe->gradient + (size_t)row * bytes, bytes);
}

egm_status egm__ais_start(egm__ais_team *t, int64_t first, int64_t n)
{
	egm_sampler *s = &t->run->s;
	size_t bytes = (size_t)egm__point_bytes(s);
	for (int64_t i = 0; i < n; i++) {
		egm__walker *w = t->asked[i] = &t->walkers[i];
		w->index = first + i;
		w->clock = w->answers = 0;
		w->accept_sum = 0;
	}
	draw_noise(t, n);
	for (int64_t i = 0; i < n; i++) {
		char *y = (char *)t->probe->y + (size_t)i * bytes;
		egm__row_lin(s, y, 1 / sqrt(t->run->precision), t->walkers[i].noise, 0, t->walkers[i].noise);
	}
	egm_status st = evaluate(t, n, 0);
	for (int64_t i = 0; i < n && st == EGM_OK; i++) {
		egm__walker_set_point(s, &t->walkers[i], &t->mixed, i);
		keep_gradient(t, &t->walkers[i], i);
		t->walkers[i].frozen = !isfinite(t->walkers[i].energy);
	}
	return st;
}

/* Asks the walkers whose trajectory continues. Returns how many they are. */
static int64_t ask(egm__ais_team *t, int64_t n)
{
	egm_sampler *s = &t->run->s;
	size_t bytes = (size_t)egm__point_bytes(s);
	int64_t rows = 0;
	for (int64_t i = 0; i < n; i++) {
		egm__walker *w = &t->walkers[i];
		if (!w->inside) continue;
		egm__leapfrog_ask(s, w, (char *)t->probe->y + (size_t)rows * bytes);
		t->asked[rows++] = w;
	}
	return rows;
}

static void take(egm__ais_team *t, int64_t rows)
{
	for (int64_t i = 0; i < rows; i++) {
		egm__walker *w = t->asked[i];
		w->evaluated = 0; /* set again if the walker moves */
		if (!egm__leapfrog_take(&t->run->s, w, &t->mixed, i)) continue;
		if (w->evaluated) keep_gradient(t, w, i);
		w->inside = 0;
		w->accept_sum += w->accept;
	}
}

egm_status egm__ais_move(egm__ais_team *t, int64_t n, double b, double h)
{
	egm__ais *a = t->run;
	egm_status st = EGM_OK;
	draw_noise(t, n);
	for (int64_t i = 0; i < n; i++) {
		egm__walker *w = &t->walkers[i];
		w->inside = !w->frozen;
		if (w->frozen) continue;
		w->value = mix(a, b, w->x, w->energy, row_of(t, t->gradient, i), w->gradient);
		w->step = h;
		egm__leapfrog_begin(&a->s, w);
	}
	for (int64_t rows; st == EGM_OK && (rows = ask(t, n)) > 0;) {
		st = evaluate(t, rows, b);
		if (st == EGM_OK) take(t, rows);
	}
	return st;
}

egm_status egm__ais_ask(egm__ais *a)
{
	if (!egm__progress_ask(&a->progress, a->done, a->total)) return EGM_OK;
	return egm__fail(EGM_ERR_STOPPED, "the progress callback stopped the call after %lld of %lld steps",
	                 (long long)a->done, (long long)a->total);
}

egm_status egm__ais_team_create(egm__ais *a, egm__ais_team *t)
{
	egm_status st = EGM_OK;
	egm_context *context = a->s.context;
	int64_t rows = a->rows, row = a->s.row_bytes;
	size_t element = egm__dtype_size(a->s.target->dtype);
	size_t own = (egm__leapfrog_bytes(&a->s) + 63) / 64 * 64;
	t->run = a;
	t->first = (t - a->teams) * a->rows;
	EGM_TRY(egm__probe_create(&t->probe, a->s.target, a->rows, t == a->teams ? NULL : a->teams[0].probe));
	t->walkers = egm__alloc_zero(context, rows, sizeof *t->walkers);
	t->asked = egm__alloc_zero(context, rows, sizeof *t->asked);
	t->rows = egm__alloc_zero(context, rows, 2 * row + (int64_t)own);
	t->gradient = egm__alloc_zero(context, rows, row);
	t->noise = egm__alloc_zero(context, rows * egm__noise_stride(a->s.dims), element);
	t->mixed = *t->probe;
	t->mixed.gradient = egm__alloc_zero(context, rows * a->s.dims, element);
	t->mixed.value = egm__alloc_zero(context, 2 * rows, sizeof *t->mixed.value);
	if (!t->walkers || !t->asked || !t->rows || !t->gradient || !t->noise || !t->mixed.gradient || !t->mixed.value)
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %lld particles in %lld dimensions", (long long)a->rows,
		         (long long)a->s.dims);
	t->mixed.energy = t->mixed.value + rows;
	for (int64_t i = 0; i < rows; i++) {
		egm__walker *w = &t->walkers[i];
		w->x = t->rows + i * (2 * row + (int64_t)own);
		w->gradient = w->x + row;
		w->own = w->gradient + row;
		t->probe->bridge[i] = a->s.target->bridge;
	}
out:
	return st;
}

void egm__ais_team_free(egm__ais_team *t, egm_context *context)
{
	if (t->probe) {
		egm__free(context, t->mixed.gradient);
		egm__free(context, t->mixed.value);
	}
	egm__probe_free(t->probe);
	void *owned[] = {t->walkers, t->asked, t->rows, t->gradient, t->noise};
	for (size_t j = 0; j < sizeof owned / sizeof *owned; j++) egm__free(context, owned[j]);
}
