/* SPDX-License-Identifier: MIT */
/* Energies and gradients of a target at points of the program's. */
#include <core/array_impl.h>
#include <math.h>
#include <sampler/target_impl.h>
#include <string.h>

/* The largest number of rows for which egm_target_evaluate compiles. */
enum { EVALUATE_ROWS = 64 };

static egm_status check_points(const egm_target *t, const void *x, int64_t rows)
{
	for (int64_t i = 0; i < rows * t->dims; i++) {
		int64_t row = i / t->dims, d = i % t->dims;
		double value = egm__number(t->dtype, x, i);
		if (!isfinite(value))
			return egm__fail(EGM_ERR_NONFINITE, "x is %s in row %lld, dimension %lld, must be finite",
			                 egm__nonfinite_name(value), (long long)row, (long long)d);
		if (t->lower && !(value >= t->lower[d] && value <= t->upper[d]))
			return egm__fail(EGM_ERR_ARGUMENT, "x is %g in row %lld, dimension %lld, must be in [%g, %g]", value,
			                 (long long)row, (long long)d, t->lower[d], t->upper[d]);
	}
	return EGM_OK;
}

static egm_status check_call(const egm_target *t, egm_array x, egm_out energies, egm_out gradients)
{
	egm_status st = EGM_OK;
	if (!t) EGM_FAIL(EGM_ERR_ARGUMENT, "target is NULL");
	EGM_TRY(egm__array_fits(x, "x", t->dtype, t->dims));
	EGM_TRY(egm__out_fits(energies, "energies", t->dtype, x.rows, 1));
	if (gradients.data) EGM_TRY(egm__out_fits(gradients, "gradients", t->dtype, x.rows, t->dims));
	EGM_TRY(check_points(t, x.data, x.rows));
out:
	return st;
}

static void deliver(const egm__probe *p, int64_t first, int64_t n, void *energies, void *gradients)
{
	const egm_target *t = p->target;
	size_t row_bytes = (size_t)t->dims * egm__dtype_size(t->dtype);
	for (int64_t i = 0; i < n; i++) egm__number_put(t->dtype, energies, first + i, p->value[i]);
	if (gradients) memcpy((char *)gradients + (size_t)first * row_bytes, p->gradient, (size_t)n * row_bytes);
}

static egm_status evaluate(egm_target *t, const char *x, int64_t rows, void *energies, void *gradients)
{
	egm_status st = EGM_OK;
	egm__probe *p = NULL;
	size_t row_bytes = (size_t)t->dims * egm__dtype_size(t->dtype);
	EGM_TRY(egm__probe_create(&p, t, rows < EVALUATE_ROWS ? rows : EVALUATE_ROWS, NULL));
	egm__probe_prepare(p);
	for (int64_t first = 0; first < rows; first += p->rows) {
		int64_t n = rows - first < p->rows ? rows - first : p->rows;
		memcpy(p->x, x + (size_t)first * row_bytes, (size_t)n * row_bytes);
		st = egm__probe_run_points(p, n);
		if (st != EGM_OK) goto out;
		deliver(p, first, n, energies, gradients);
	}
out:
	egm__probe_free(p);
	return st;
}

/* A target is shared by threads and therefore has no buffers: each call makes a probe, for which a network is compiled.
 * This is meant for checks; samplers have their own probes. */
egm_status egm_target_evaluate(const egm_target *target, egm_array x, egm_out energies, egm_out gradients)
{
	egm_status st = check_call(target, x, energies, gradients);
	union {
		const egm_target *given;
		egm_target *probed; /* a probe does not change its target */
	} t = {target};
	if (st != EGM_OK) return egm__named(__func__, st);
	egm__target_retain(t.probed); /* the callback may free it */
	st = evaluate(t.probed, x.data, x.rows, energies.data, gradients.data);
	egm_target_free(t.probed);
	return egm__named(__func__, st);
}
