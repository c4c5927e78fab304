/* SPDX-License-Identifier: MIT */
/* Collects draws in bounded memory.
 *
 * Draw g = 0, 1, 2, ... is kept if `stride` divides g. When the store is full and the next draw is due, every second
 * kept draw is dropped and stride doubles. So the kept draws are always an evenly thinned run from the first draw on,
 * and depend only on the sequence of draws, not on how it was split into calls. A reservoir would keep a random subset,
 * whose autocorrelation says nothing.
 *
 * Mean and sum of squared deviations of all draws are updated (Welford 1962): for the k-th value x
 *     d = x - m,   m += d / k,   s += d (x - m),
 * in a unit of each column, which falls when the square of a draw would leave the range. */
#include <core/array_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <stats/diagnostics_impl.h>
#include <string.h>

enum { DEFAULT_CAPACITY = 4096, LEAST_CAPACITY = 8, FIRST_ROOM = 64 };

static egm_status check_create(int64_t chains, int64_t dims, int64_t capacity)
{
	int64_t count;
	if (chains < 1 || dims < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "chains is %lld and dims is %lld, both must be at least 1",
		                 (long long)chains, (long long)dims);
	if (capacity != 0 && capacity < LEAST_CAPACITY)
		return egm__fail(EGM_ERR_ARGUMENT, "capacity is %lld, must be 0 or at least %d", (long long)capacity,
		                 LEAST_CAPACITY);
	if (egm__size_mul(chains, dims, &count) || egm__size_mul(count, sizeof(double), &count))
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "chains is %lld and dims is %lld, must be smaller: their product is more than memory can hold",
		                 (long long)chains, (long long)dims);
	return EGM_OK;
}

egm_status egm_diagnostics_create(egm_diagnostics **out, egm_context *context, int64_t chains, int64_t dims,
                                  int64_t capacity)
{
	egm_status st = EGM_OK;
	egm_diagnostics *d = NULL;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(check_create(chains, dims, capacity));
	d = egm__alloc_zero(context, 1, sizeof *d);
	if (!d) EGM_FAIL(EGM_ERR_MEMORY, "no memory for diagnostics");
	egm__context_retain(context);
	*d = (egm_diagnostics){.context = context, .chains = chains, .dims = dims, .row = chains * dims, .stride = 1};
	d->capacity = capacity ? capacity : DEFAULT_CAPACITY;
	d->unit = egm__alloc_zero(context, d->row, 4 * sizeof *d->unit);
	if (!d->unit)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for the moments of %lld chains of %lld dimensions", (long long)chains,
		         (long long)dims);
	d->mean = d->unit + d->row;
	d->square = d->mean + d->row;
	d->latest = d->square + d->row;
	for (int64_t i = 0; i < d->row; i++) d->unit[i] = egm__diagnostics_unit(0);
	*out = d;
	d = NULL;
out:
	egm_diagnostics_free(d);
	return egm__named(__func__, st);
}

void egm_diagnostics_free(egm_diagnostics *diagnostics)
{
	if (!diagnostics) return;
	egm_context *context = diagnostics->context;
	egm__free(context, diagnostics->draws);
	egm__free(context, diagnostics->unit);
	egm__free(context, diagnostics);
	egm_context_free(context);
}

static egm_status check_draws(const egm_diagnostics *d, egm_array draws)
{
	int64_t total;
	if (!d) return egm__fail(EGM_ERR_ARGUMENT, "diagnostics is NULL");
	egm_status st = egm__array_fits(draws, "draws", 0, d->dims);
	if (st != EGM_OK) return st;
	if (draws.rows % d->chains)
		return egm__fail(EGM_ERR_SHAPE, "draws has %lld rows, must have a multiple of %lld, one for each chain",
		                 (long long)draws.rows, (long long)d->chains);
	if (egm__size_add(d->given, draws.rows / d->chains, &total))
		return egm__fail(EGM_ERR_ARGUMENT, "draws has %lld rows, must have fewer: the number of all draws overflows",
		                 (long long)draws.rows);
	return EGM_OK;
}

static egm_status check_finite(const egm_diagnostics *d, egm_array draws)
{
	for (int64_t i = 0; i < draws.rows * d->dims; i++) {
		double value = egm__number(draws.dtype, draws.data, i);
		if (!isfinite(value))
			return egm__fail(EGM_ERR_NONFINITE, "draw %lld of chain %lld is %s in dimension %lld, must be finite",
			                 (long long)(i / d->row), (long long)(i % d->row / d->dims), egm__nonfinite_name(value),
			                 (long long)(i % d->dims));
	}
	return EGM_OK;
}

/* Makes room for those of n more draws that are kept. It doubles, so that single draws rarely copy the store. */
static egm_status reserve(egm_diagnostics *d, int64_t n)
{
	int64_t need = d->kept + (n - 1) / d->stride + 1, room = d->room < FIRST_ROOM ? FIRST_ROOM : 2 * d->room, count;
	if (need > d->capacity) need = d->capacity;
	if (need <= d->room) return EGM_OK;
	if (room < need) room = need;
	if (room > d->capacity) room = d->capacity;
	double *draws = NULL;
	if (!egm__size_mul(room, d->row, &count)) draws = egm__realloc(d->context, d->draws, count, sizeof *draws);
	if (!draws)
		return egm__fail(EGM_ERR_MEMORY, "no memory for %lld draws of %lld chains and %lld dimensions", (long long)room,
		                 (long long)d->chains, (long long)d->dims);
	d->draws = draws;
	d->room = room;
	return EGM_OK;
}

static void drop_every_second(egm_diagnostics *d)
{
	int64_t kept = (d->kept + 1) / 2;
	size_t bytes = (size_t)d->row * sizeof *d->draws;
	for (int64_t i = 1; i < kept; i++) memcpy(d->draws + i * d->row, d->draws + 2 * i * d->row, bytes);
	d->kept = kept;
	d->stride *= 2;
}

double egm__diagnostics_unit(double largest)
{
	int exponent = largest > 0 ? ilogb(largest) : -1000;
	return ldexp(1, exponent < -1000 ? 1000 : exponent > 1000 ? -1000 : -exponent);
}

void egm__diagnostics_rescale(double *x, int64_t n)
{
	double largest = 0;
	for (int64_t i = 0; i < n; i++) largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
	double unit = egm__diagnostics_unit(largest);
	for (int64_t i = 0; i < n; i++) x[i] *= unit;
}

/* The unit falls until the draw is below 2^500. Numbers below 2^-537, whose squares underflow then, are negligible
 * beside the draw that made the unit fall. */
static double unit_for(egm_diagnostics *d, int64_t i, double x)
{
	if (!(fabs(x) * d->unit[i] > 0x1p500)) return d->unit[i];
	double unit = egm__diagnostics_unit(fabs(x)), ratio = unit / d->unit[i];
	d->mean[i] *= ratio;
	d->square[i] = d->square[i] * ratio * ratio;
	return d->unit[i] = unit;
}

/* x [chains, dims] */
static void add_draw(egm_diagnostics *d, const double *x)
{
	double k = (double)(d->given + 1);
	for (int64_t i = 0; i < d->row; i++) {
		double value = x[i] * unit_for(d, i, x[i]), delta = value - d->mean[i];
		d->mean[i] += delta / k;
		d->square[i] += delta * (value - d->mean[i]);
	}
	if (d->given % d->stride == 0 && d->kept == d->capacity) drop_every_second(d);
	if (d->given % d->stride == 0) memcpy(d->draws + d->kept++ * d->row, x, (size_t)d->row * sizeof *x);
	d->given++;
}

egm_status egm_diagnostics_add(egm_diagnostics *diagnostics, egm_array draws)
{
	egm_status st = EGM_OK;
	egm_diagnostics *d = diagnostics;
	EGM_TRY(check_draws(d, draws));
	EGM_TRY(check_finite(d, draws));
	int64_t n = draws.rows / d->chains;
	EGM_TRY(reserve(d, n));
	for (int64_t t = 0; t < n; t++) {
		for (int64_t i = 0; i < d->row; i++) d->latest[i] = egm__number(draws.dtype, draws.data, t * d->row + i);
		add_draw(d, d->latest);
	}
out:
	return egm__named(__func__, st);
}

egm_status egm_diagnostics_count(const egm_diagnostics *diagnostics, int64_t *given, int64_t *kept)
{
	if (!diagnostics) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "diagnostics is NULL"));
	if (given) *given = diagnostics->given;
	if (kept) *kept = diagnostics->kept;
	return EGM_OK;
}

egm_status egm__diagnostics_check(const egm_diagnostics *d, int64_t dim, int64_t chain)
{
	if (!d) return egm__fail(EGM_ERR_ARGUMENT, "diagnostics is NULL");
	if (dim < 0 || dim >= d->dims)
		return egm__fail(EGM_ERR_ARGUMENT, "dim is %lld, must be in [0, %lld]", (long long)dim, (long long)d->dims - 1);
	if (chain < -1 || chain >= d->chains)
		return egm__fail(EGM_ERR_ARGUMENT, "chain is %lld, must be in [-1, %lld], -1 for all", (long long)chain,
		                 (long long)d->chains - 1);
	return EGM_OK;
}
