/* SPDX-License-Identifier: MIT */
/* A target, and evaluating it at many points at once.
 *
 * Chains move in unconstrained coordinates y; x(y) is the point that the energy sees:
 *   no bound: x = y      below: x = l + e^y      above: x = u - e^-y      both: x = l + (u - l) sigmoid(y)
 * each dimension on its own, increasing in y. What the kernels move on is the density of y,
 *   W(y) = beta U(x(y)) + precision ||x(y)||^2 / 2 - log |dx/dy|,
 * so that no kernel knows of bounds, temperatures or priors. */
#ifndef EGM_SAMPLER_TARGET_IMPL_H
#define EGM_SAMPLER_TARGET_IMPL_H

#include <compile/program_impl.h>
#include <egm/sampler.h>
#include <model/model_impl.h>

/* The weights of energy and prior at one point: those of the target, or of a density on the way to it. */
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
	/* A graph of U [rows, 1] at x [rows, dims], parameters of net i in slot EGM__SLOT_TARGET_NET + i; NULL for a
	 * callback. gradient: set by the function where it knows dU/dx, left EGM__NONE for the engine to find. */
	egm__id (*build)(const egm_target *target, egm__graph *graph, egm__id x, egm__id *gradient);
	egm_model *nets[EGM__TARGET_NETS]; /* retained; NULL where there is none */
	/* 1: where x and dU/dx are finite U is, up to an overflow. A chain that needs no energies then does without them.
	 */
	int32_t gradient_suffices;
	const void *constants; /* base pointer of slot EGM__SLOT_TARGET_CONSTANTS, for a build function's own arrays */
	egm_energy_fn callback;
	void *user;
	const uint64_t *version;     /* rises when the energy of the callback changes; NULL: it never does */
	void (*release)(void *user); /* of `user`, when the target is gone; NULL: nothing to do */
	int32_t lacks_memory;        /* 1: the callback is the library's, and stops for want of memory alone */
	int32_t concurrent;
	int64_t callback_rows;
	double *lower, *upper; /* [dims]; both NULL without bounds */
};

/* Slots of a target's program. The nets and the constants keep their values while a sampler runs. */
enum {
	EGM__SLOT_TARGET_X = 1,
	EGM__SLOT_TARGET_U,
	EGM__SLOT_TARGET_GRADIENT,
	EGM__SLOT_TARGET_CONSTANTS,
	EGM__SLOT_TARGET_NET
};

/* An empty target with checked options: what the public functions and the benchmarks fill in. */
egm_status egm__target_create(egm_target **out, egm_context *context, egm_dtype dtype, int64_t dims,
                              double default_prior, const egm_target_options *options);
void egm__target_retain(egm_target *target);
/* Changes whenever a net of the target has got other parameters. */
uint64_t egm__target_version(const egm_target *target);

/* n rows of unconstrained coordinates to points, and back; -1, or the index (row * dims + dimension) of the first value
 * that lies on or outside of its bounds. Both arrays may be one. */
void egm__target_to_points(const egm_target *target, int64_t rows, const void *y, void *x);
int64_t egm__target_from_points(const egm_target *target, int64_t rows, const void *x, void *y);
/* The smallest normal number of the dtype (or 0) above l. */
double egm__bounds_innermost(egm_dtype dtype, double l);
/* With bounds: the same as to_points, and log |dx/dy| of each row. t [rows, dims] of the dtype receives the
 * exponentials that egm__bounds_backward needs to turn dV/dx in `gradient` into d(V - log |dx/dy|)/dy. */
void egm__bounds_forward(const egm_target *target, int64_t rows, const void *y, void *x, void *t, double *jacobian);
void egm__bounds_backward(const egm_target *target, int64_t rows, const void *y, const void *t, void *gradient);

/* The target compiled for up to `rows` points, with the buffers of a call. Used by one thread at a time. */
typedef struct egm__probe {
	egm_target *target; /* borrowed */
	int64_t rows;
	egm__program *program; /* NULL for a callback */
	void *y;               /* in: [rows, dims] */
	egm__bridge *bridge;   /* in: [rows] */
	void *gradient;        /* out: [rows, dims] dW/dy */
	int32_t finite_y;      /* in: 1: all of y is finite, which spares a search; a run makes it 0 */
	int reason;            /* out: what the callback returned that stopped a run */
	double *value;         /* out: [rows] W; NaN also where a gradient is not finite while W is */
	double *energy;        /* out: [rows] U */
	double *jacobian;      /* out: [rows] log |dx/dy| */
	void *x;               /* [rows, dims]; y itself without bounds */
	void *u;               /* [rows] of the dtype */
	void *t;               /* [rows, dims] for the bounds; NULL without */
} egm__probe;

/* `sibling` NULL, or a probe of the same target and size, itself made without one, whose compiled program is shared; it
 * must outlive this one. */
egm_status egm__probe_create(egm__probe **out, egm_target *target, int64_t rows, egm__probe *sibling);
void egm__probe_free(egm__probe *probe); /* NULL allowed */
/* Before the first run and after the nets changed, once for a probe and all its siblings. */
void egm__probe_prepare(egm__probe *probe);
/* Trades y and gradient for arrays of the same size from the same context. */
void egm__probe_exchange(egm__probe *probe, char **y, char **gradient);
/* Evaluates rows 0 .. rows-1. Fails when the callback stops, and for nothing else; allocates nothing. */
egm_status egm__probe_run(egm__probe *probe, int64_t rows);
/* That failure, for the thread that made the call. */
egm_status egm__probe_stopped(const egm__probe *probe);
/* Whether egm__probe_run_gradient has something to leave out. */
int egm__probe_has_gradient_alone(const egm__probe *probe);
/* The same, but of value all it tells is where it would not be finite, and of energy and jacobian nothing. */
void egm__probe_run_gradient(egm__probe *probe, int64_t rows);
/* Whether row i of a whole run would have a finite value in a run of the gradient alone. */
int egm__probe_gradient_usable(const egm__probe *probe, int64_t i);
/* Evaluates the target's own V at points that the caller wrote to x: value = V, gradient = dV/dx, not finite where they
 * are not. */
egm_status egm__probe_run_points(egm__probe *probe, int64_t rows);

#endif
