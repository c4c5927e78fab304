/* SPDX-License-Identifier: MIT */
/* Chains as state machines. A kernel names the point at which it needs the target next (`ask`) and continues when it
 * gets the answer (`take`). A kernel is therefore written for one chain, and chains at different stages of their
 * trajectories share one batched evaluation. advance.c runs them.
 *
 * A chain has one walker, or one for each temperature with the tempered kernel: walker c * levels + l is level l of
 * chain c, and the points of level 0 are the draws. Chains are divided into blocks. A block has its own probe, makes
 * all its transitions by itself, and is the unit of work for threads. The results of a walker do not depend on its
 * block. */
#ifndef EGM_SAMPLER_SAMPLER_IMPL_H
#define EGM_SAMPLER_SAMPLER_IMPL_H

#include <core/options_impl.h>
#include <core/progress_impl.h>
#include <math.h>
#include <sampler/target_impl.h>
#include <tensor/kernels_impl.h>

typedef struct egm__walker egm__walker;
typedef struct egm__adaptation egm__adaptation;

/* A point that moves, and the target at that point. */
struct egm__walker {
	int64_t index;
	char *x;               /* [dims] unconstrained coordinates */
	char *gradient;        /* [dims] dW/dy at x */
	double value;          /* W at x */
	double energy;         /* U at x */
	double jacobian;       /* log |dx/dy| at x */
	int32_t evaluated;     /* value, energy, jacobian and gradient belong to x and bridge */
	int32_t frozen;        /* the target was not finite: the walker stays at x */
	int32_t inside;        /* a transition has begun */
	int32_t gradient_only; /* the kernel needs no energy in this answer: see egm__walker_answer_usable */
	int32_t inner;         /* transitions made within the current transition of the chain */
	egm__bridge bridge;
	double step;      /* leapfrog step h; the Langevin eps is h^2 */
	char *scale;      /* [dims] of the dtype, NULL: ones */
	char *noise;      /* [dims] N(0,1), drawn by the loop when a transition begins */
	uint64_t clock;   /* transitions begun since creation: the `step` of its random numbers */
	uint64_t answers; /* evaluations since creation, except those of a point where the walker already is */
	uint64_t begun;   /* `answers` at the start of the current transition, restored if the call is stopped */
	double accept;    /* acceptance probability of the last transition, NaN without a Metropolis test */
	/* counters of egm_sampler_stats */
	int64_t transitions, gradients, divergences, leapfrogs, saturated;
	double accept_sum;
	egm__adaptation *adaptation; /* NULL when nothing is adapted */
	void *own;                   /* memory of the kernel: own_bytes, 64-byte aligned, zero at creation */
};

/* A chain of `levels` walkers. In one transition of the chain each walker makes `inner` transitions. */
typedef struct egm__chain {
	int64_t transitions; /* since creation: the `step` of its exchanges */
	int64_t exchanges_tried, exchanges_done;
} egm__chain;

enum { EGM__MAX_LEVELS = 256 };

/* The options that the loop reads. */
typedef struct egm__sampler_options {
	/* the members with which the struct of every kernel begins */
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size, start_scale;
	const double *scale; /* [dims], the sampler's own copy */
	/* set by `describe` of the kernels that have them */
	int32_t adapt_scale;
	double target_accept;
	const double *temperatures; /* [levels], the sampler's own copy: egm__sampler_keep_temperatures */
	int64_t levels;
	/* of the trajectory in hmc.c */
	int64_t leapfrog_steps;
	double jitter, divergence;
} egm__sampler_options;

/* Rows of the shared members in the option table of a kernel. */
#define EGM__CHAIN_MEMBERS(type, step)                                                                              \
	EGM__COUNT(type, chains, "Number of independent chains."),                                                      \
	    EGM__SEED(type, seed, "Seed of the first points and of all transitions."),                                  \
	    EGM__POSITIVE(type, step_size, step),                                                                       \
	    EGM__WEIGHT(type, start_scale,                                                                              \
	                "Standard deviation of the first points; 0: prior_scale of the target, or 1 without a prior."), \
	    EGM__ARRAY(type, scale, "[dims] Scale of each coordinate; NULL: 1 for all.")

#define EGM__SAME_PLACE(type, member) (offsetof(type, member) == offsetof(egm__sampler_options, member))

/* The option table of a kernel. */
#define EGM__KERNEL_OPTIONS(table, type, defaults, rows)                                                               \
	_Static_assert(EGM__SAME_PLACE(type, chains) && EGM__SAME_PLACE(type, seed) && EGM__SAME_PLACE(type, step_size) && \
	                   EGM__SAME_PLACE(type, start_scale) && EGM__SAME_PLACE(type, scale),                             \
	               "begins with the shared members");                                                                  \
	EGM__OPTIONS(table, type, defaults, rows)

/* A kernel. Each constructor of egm/sampler.h has one, in a file with its option table and all its functions. */
typedef struct egm__method {
	const char *name;
	const egm__options *options; /* the struct that its constructor takes */
	/* Checks that the options s->own, each of which is in its range, fit each other and the target, and copies those
	 * that the loop reads to s->options. NULL: nothing to do. */
	egm_status (*describe)(egm_sampler *sampler);
	int32_t metropolis; /* rejects points that are not finite instead of freezing, and has an acceptance to adapt to */
	int32_t langevin;   /* step_size is eps = h^2 */
	/* Bytes of `own`; NULL: none. A row in it has egm__row_bytes, a multiple of 64. */
	size_t (*own_bytes)(const egm_sampler *sampler);
	/* Begins a transition of an evaluated walker; w->noise has been drawn. NULL: nothing to do. */
	void (*begin)(egm_sampler *sampler, egm__walker *w);
	/* Writes the next point to evaluate to y [dims]; may set w->bridge and w->gradient_only for this evaluation. y
	 * stays unchanged until the walker is asked again, because walkers are asked in order and the row of a walker only
	 * decreases within a transition. */
	void (*ask)(egm_sampler *sampler, egm__walker *w, char *y);
	/* `ask` for consecutive walkers at once, for a kernel that always moves to the point it asks for. They have the
	 * same clock and step h and no scale; x, gradient and y have n elements, and the noise begins at element `start` of
	 * rng. Returns 0 if an element of y is not finite. NULL: the kernel has no such function. */
	int (*ask_block)(const egm_sampler *sampler, const egm__rng *rng, int64_t start, int64_t n, double h, char *y,
	                 const char *x, const char *gradient);
	/* Receives the answer at y. Returns 1 if the transition is over, with w at its end point and w->accept set, 0 to be
	 * asked again. Without `metropolis` it only receives finite values; otherwise the loop freezes the walker. */
	int (*take)(egm_sampler *sampler, egm__walker *w, const egm__probe *probe, int64_t row);
	/* Called when all walkers of a chain have made their inner transitions. NULL: nothing to do. */
	void (*close)(egm_sampler *sampler, int64_t chain);
	/* Writes the draw of walker w of level 0 to y, unless y is NULL, and returns V there. NULL: the draw is w->x. */
	double (*draw)(egm_sampler *sampler, const egm__walker *w, char *y);
} egm__method;

/* The body of every constructor: makes chains of the method. `options` may be NULL. */
egm_status egm__sampler_create(egm_sampler **out, const egm__method *method, egm_target *target, const void *options);
/* A sampler with the method, target and options of s, but another number of chains and another seed. */
egm_status egm__sampler_like(egm_sampler **out, const egm_sampler *s, int64_t chains, uint64_t seed);

/* Check an array of the options, which may be NULL, and replace it by a copy that the sampler owns. */
egm_status egm__sampler_keep_scale(egm_sampler *s);
egm_status egm__sampler_keep_temperatures(egm_sampler *s, const double **temperatures, int64_t levels);

/* mala is the default kernel of negatives; annealed importance sampling uses the trajectory of hmc. */
extern const egm__method egm__method_mala, egm__method_hmc;

/* The leapfrog trajectory of hmc, mala and tempered (hmc.c), as members of a method. */
size_t egm__leapfrog_bytes(const egm_sampler *s);
void egm__leapfrog_begin(egm_sampler *s, egm__walker *w);
void egm__leapfrog_ask(egm_sampler *s, egm__walker *w, char *y);
int egm__leapfrog_take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row);

typedef struct egm__block egm__block;

/* What a sampler is doing. During a progress callback (ASKING) all chains are at the end of a transition; while it is
 * COMPUTING they may be within one. */
enum { EGM__IDLE, EGM__COMPUTING, EGM__ASKING };

struct egm_sampler {
	egm_context *context;
	egm_target *target; /* retained */
	const egm__method *method;
	egm__sampler_options options;
	void *own; /* options of the kernel, merged with the defaults; its arrays are the copies in `options` */
	const egm__kernels *table;
	int64_t dims, levels, inner, n_walkers;
	int64_t row_bytes; /* dims elements, rounded up to 64 bytes */
	egm__walker *walkers;
	egm__chain *chains;
	char *rows;       /* memory of the scales of walkers */
	char *owns;       /* memory of `own` of all walkers */
	uint64_t version; /* of the target when walkers were last evaluated */
	int32_t n_blocks;
	egm__block *blocks;
	egm__progress progress; /* of the call under way */
	const char *call;       /* name of the public function that is running; NULL: none */
	int32_t busy;           /* EGM__IDLE, ...; accessed by __atomic builtins, as callbacks run on other threads */
	int32_t free_pending;   /* 1: freed from its own callback; the running call frees it at its end */
	int64_t warmup_left;    /* transitions left of a stopped warm-up that can be continued; 0: none */
};

/* EGM_ERR_STATE if another call of s is running, which means that one of its callbacks makes this call. `reads`: this
 * call only reads the chains, which a progress callback may do. EGM_ERR_ARGUMENT if s is NULL. */
egm_status egm__sampler_idle(const egm_sampler *s, int reads);

/* Draw i of rng as a first point, in unconstrained coordinates. */
void egm__start_draw(const egm_sampler *s, const egm__rng *rng, int64_t i, void *y);

/* ---- rows: the vectors of one walker */

/* egm__dtype_size inline: a call is noticeable in a loop over walkers. */
static inline int64_t egm__element_bytes(egm_dtype dtype)
{
	return dtype == EGM_F32 ? 4 : 8;
}

/* Bytes of one point among the points of a probe. */
static inline int64_t egm__point_bytes(const egm_sampler *s)
{
	return s->dims * egm__element_bytes(s->target->dtype);
}

static inline int64_t egm__row_bytes(egm_dtype dtype, int64_t dims)
{
	return (dims * egm__element_bytes(dtype) + 63) / 64 * 64;
}

/* The random numbers of walker i start at element i * stride. */
static inline int64_t egm__noise_stride(int64_t dims)
{
	return (dims + 3) / 4 * 4;
}

/* y = a x + b z; y may be x or z. */
static inline void egm__row_lin(const egm_sampler *s, char *y, double a, const char *x, double b, const char *z)
{
	s->table->tile[EGM__TILE_LIN_VV](s->dims, y, x, z, (const double[3]){a, b, 0});
}

/* y = a x z */
static inline void egm__row_mul(const egm_sampler *s, char *y, double a, const char *x, const char *z)
{
	s->table->tile[EGM__TILE_MUL_VV](s->dims, y, x, z, (const double[3]){a, 0, 0});
}

static inline double egm__row_square(const egm_sampler *s, const char *x)
{
	return s->table->sum_squares(s->dims, x);
}

/* x = a + b S z, S the scale of the walker (1 if NULL). x may be a. `scratch` [dims] is overwritten if there is a
 * scale. */
static inline void egm__row_move(const egm_sampler *s, const egm__walker *w, char *x, const char *a, double b,
                                 const char *z, char *scratch)
{
	if (w->scale) {
		egm__row_mul(s, scratch, 1, w->scale, z);
		z = scratch;
	}
	egm__row_lin(s, x, 1, a, b, z);
}

/* Updates the momentum p = w->noise, then the position: p += kick S g, y = x + drift S p; y may be x. */
static inline void egm__row_leap(const egm_sampler *s, const egm__walker *w, char *y, const char *x, const char *g,
                                 double kick, double drift)
{
	s->table->leapfrog(s->dims, y, w->noise, x, g, w->scale, kick, drift);
}

/* Uniform in [0, 1), 53 bits: number k < 64 of those that belong to the latest answer of the walker. */
double egm__walker_uniform(const egm_sampler *s, const egm__walker *w, uint32_t k);

/* Whether the answer in row `row` is finite. For a gradient_only walker only the gradient counts, even if the energy
 * was evaluated for another walker: otherwise its chain would depend on the others. */
static inline int egm__walker_answer_usable(const egm__walker *w, const egm__probe *probe, int64_t row)
{
	return isfinite(probe->value[row]) || (w->gradient_only && egm__probe_gradient_usable(probe, row));
}

/* Moves w to the point in row `row` of the probe. */
void egm__walker_set_point(const egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row);

/* ---- adaptation during a warm-up (adaptation.c) */
egm_status egm__adaptation_create(egm_sampler *s, int64_t steps); /* for all walkers */
void egm__adaptation_free(egm_sampler *s);                        /* ends any adaptation, also a paused one */
void egm__adaptation_pause(egm_sampler *s, int64_t left);         /* finish, but egm__adaptation_resume can continue */
void egm__adaptation_resume(egm_sampler *s);
void egm__adaptation_update(egm_sampler *s, egm__walker *w); /* after each transition */
void egm__adaptation_finish(egm_sampler *s);                 /* fixes step and scale */

/* ---- the loop */
int egm__chain_is_frozen(const egm_sampler *s, int64_t chain); /* true if one of its walkers is */
egm_status egm__blocks_create(egm_sampler *s);
void egm__blocks_free(egm_sampler *s);
/* Of the frozen chains, that with the fewest transitions; -1: none. *count: how many are frozen. */
int64_t egm__sampler_first_frozen(const egm_sampler *s, int64_t *count);
/* Makes `n` draws of `thin` transitions each; draws and energies may be NULL. *done is the number of transitions that
 * every chain that is not frozen has made: less than n * thin after a stop by the progress callback, 0 after one by the
 * energy callback. Fails only if it is stopped; chains may freeze. */
egm_status egm__sampler_advance(egm_sampler *s, int64_t n, int64_t thin, void *draws, void *energies,
                                egm_progress_fn progress, void *user, int64_t *done);

#endif
