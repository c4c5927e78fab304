/* SPDX-License-Identifier: MIT */
/* Targets, and probes, which evaluate them at many points at once.
 *
 * Chains move in unconstrained coordinates y; x(y) is the point at which the energy is evaluated:
 *   no bound: x = y      below: x = l + e^y      above: x = u - e^-y      both: x = l + (u - l) sigmoid(y)
 * separately in each dimension, increasing in y. Kernels sample exp(-W), the density of y, with
 *   W(y) = beta U(x(y)) + precision ||x(y)||^2 / 2 - log |dx/dy|,
 * so that they contain no bounds, temperatures or priors. V(x) is the same without log |dx/dy|. */
#ifndef EGM_SAMPLER_TARGET_IMPL_H
#define EGM_SAMPLER_TARGET_IMPL_H

#include <compile/program_impl.h>
#include <egm/sampler.h>
#include <float.h>
#include <model/model_impl.h>

/* The weights of energy and prior: those of the target, or of a bridging distribution on the way to it. */
typedef struct egm__bridge {
	double beta;
	double precision; /* 1 / tau^2, 0 without a prior */
} egm__bridge;

enum { EGM__TARGET_NETS = 2 };

struct egm_target {
	egm_context *context;
	int refs; /* through __atomic builtins; egm_target_free releases one */
	egm_dtype dtype;
	int64_t dims;
	egm__bridge bridge;
	/* Writes U [rows, 1] at x [rows, dims] as a graph, with the parameters of network i in slot EGM__SLOT_TARGET_NET +
	 * i; NULL for a callback. Sets *gradient to dU/dx, or leaves EGM__NONE for automatic differentiation. */
	egm__id (*build)(const egm_target *target, egm__graph *graph, egm__id x, egm__id *gradient);
	egm_model *nets[EGM__TARGET_NETS]; /* retained; NULL where there is none */
	/* 1: U is finite wherever x and dU/dx are, except for overflow. Energies that are not read are then left out. */
	int32_t gradient_suffices;
	const void *constants; /* base pointer of slot EGM__SLOT_TARGET_CONSTANTS, for arrays of the build function */
	egm_energy_fn callback;
	void *user;
	const uint64_t *version;     /* increases when the energy of the callback changes; NULL: it never does */
	void (*release)(void *user); /* frees `user` with the target; NULL: nothing to do */
	int32_t lacks_memory;        /* 1: the callback is the library's own, and only stops if out of memory */
	int32_t concurrent;
	int64_t callback_rows;
	double *lower, *upper; /* [dims]; both NULL without bounds */
};

/* Slots of the program of a target. Networks and constants do not change while a sampler runs. */
enum {
	EGM__SLOT_TARGET_X = 1,
	EGM__SLOT_TARGET_U,
	EGM__SLOT_TARGET_GRADIENT,
	EGM__SLOT_TARGET_CONSTANTS,
	EGM__SLOT_TARGET_NET
};

/* A target with checked options and no energy, which public functions and benchmarks fill in. */
egm_status egm__target_create(egm_target **out, egm_context *context, egm_dtype dtype, int64_t dims,
                              double default_prior, const egm_target_options *options);
void egm__target_retain(egm_target *target);
/* Increases whenever the parameters of a network of the target change. */
uint64_t egm__target_version(const egm_target *target);

/* Whether value stays positive, finite and not subnormal in the dtype. */
static inline int egm__is_positive_normal(egm_dtype dtype, double value)
{
	return dtype == EGM_F32 ? value >= (double)FLT_MIN && value <= (double)FLT_MAX
	                        : value >= DBL_MIN && value <= DBL_MAX;
}

/* Unconstrained coordinates to points, and back. The latter returns -1, or the index (row * dims + dimension) of the
 * first value that is on or outside of its bounds. x and y may be the same array. */
void egm__target_to_points(const egm_target *target, int64_t rows, const void *y, void *x);
int64_t egm__target_from_points(const egm_target *target, int64_t rows, const void *x, void *y);
/* The smallest number of the dtype above l that is 0 or normal. */
double egm__bounds_innermost(egm_dtype dtype, double l);
/* For targets with bounds: egm__target_to_points, with log |dx/dy| of each row and the exponentials t [rows, dims] from
 * which egm__bounds_backward turns dV/dx in `gradient` into d(V - log |dx/dy|)/dy. */
void egm__bounds_forward(const egm_target *target, int64_t rows, const void *y, void *x, void *t, double *jacobian);
void egm__bounds_backward(const egm_target *target, int64_t rows, const void *y, const void *t, void *gradient);

/* A target compiled for up to `rows` points, with input and output arrays. Used by one thread at a time. */
typedef struct egm__probe {
	egm_target *target; /* borrowed */
	int64_t rows;
	egm__program *program; /* NULL for a callback */
	void *y;               /* in: [rows, dims] */
	egm__bridge *bridge;   /* in: [rows] */
	void *gradient;        /* out: [rows, dims] dW/dy */
	int32_t finite_y;      /* in: 1: all of y is known to be finite, so the run need not check; reset by a run */
	int reason;            /* out: nonzero value by which the callback stopped a run */
	double *value;         /* out: [rows] W; NaN also if only the gradient is not finite */
	double *energy;        /* out: [rows] U */
	double *jacobian;      /* out: [rows] log |dx/dy| */
	void *x;               /* [rows, dims]; y itself without bounds */
	void *u;               /* [rows] of the dtype */
	void *t;               /* [rows, dims] for the bounds; NULL without */
} egm__probe;

/* Shares the compiled program of `sibling`, a probe of the same target and size that must outlive this one and itself
 * has no sibling; NULL: compiles one. */
egm_status egm__probe_create(egm__probe **out, egm_target *target, int64_t rows, egm__probe *sibling);
void egm__probe_free(egm__probe *probe); /* NULL allowed */
/* Needed before the first run and after networks have changed, once for a probe and all its siblings. */
void egm__probe_prepare(egm__probe *probe);
/* Exchanges y and gradient for arrays of the same size from the same context. */
void egm__probe_exchange(egm__probe *probe, char **y, char **gradient);
/* Evaluates rows 0 .. rows-1 without allocating. Fails only if the callback stops it. */
egm_status egm__probe_run(egm__probe *probe, int64_t rows);
/* Reports that failure again, in the thread of the public call. */
egm_status egm__probe_stopped(const egm__probe *probe);
/* Whether egm__probe_run_gradient may be called. */
int egm__probe_has_gradient_alone(const egm__probe *probe);
/* Evaluates gradients without energies. `value` is only finite or not, and has no other meaning. */
void egm__probe_run_gradient(egm__probe *probe, int64_t rows);
/* After egm__probe_run: whether egm__probe_run_gradient would have made the value of row i finite. */
int egm__probe_gradient_usable(const egm__probe *probe, int64_t i);
/* Evaluates the target's own V at points in x: value = V, gradient = dV/dx, whether finite or not. */
egm_status egm__probe_run_points(egm__probe *probe, int64_t rows);

#endif
