/* SPDX-License-Identifier: MIT */
/* Chains as state machines. A kernel says at which point it wants the target next (`ask`) and goes on when it has the
 * answer (`take`), so that chains which stand at different places of their trajectories share one batched evaluation,
 * and a kernel is written for one chain alone. run.c drives them.
 *
 * A chain owns one walker, or with the tempered kernel one for each level of the ladder; walker c * levels + l is level
 * l of chain c, and level 0 is the one whose points are draws. Chains are cut into blocks; a block has a probe, runs
 * all its transitions by itself, and is the unit that threads share out. Nothing that a walker does depends on its
 * block. */
#ifndef EGM_SAMPLER_SAMPLER_IMPL_H
#define EGM_SAMPLER_SAMPLER_IMPL_H

#include <core/options_impl.h>
#include <core/progress_impl.h>
#include <sampler/target_impl.h>
#include <tensor/kernels_impl.h>

typedef struct egm__walker egm__walker;
typedef struct egm__adaptation egm__adaptation;

/* Where a walker stands and what the target is there. */
struct egm__walker {
	int64_t index;
	char *x;               /* [dims] unconstrained coordinates */
	char *gradient;        /* [dims] dW/dy there */
	double value;          /* W there */
	double energy;         /* U there */
	double jacobian;       /* log |dx/dy| there */
	int32_t evaluated;     /* value, energy, jacobian and gradient belong to x and bridge */
	int32_t frozen;        /* went non-finite: stays where it is */
	int32_t inside;        /* a transition has begun */
	int32_t gradient_only; /* nothing of the answer decides or is reported but the gradient: see
	                          egm__walker_answer_usable */
	int32_t inner;         /* transitions made of those that the chain's present one takes */
	egm__bridge bridge;
	double step;      /* leapfrog step h; the Langevin eps is h^2 */
	char *scale;      /* [dims] of the dtype, NULL: ones */
	char *noise;      /* [dims] N(0,1), drawn by the loop when a transition begins */
	uint64_t clock;   /* transitions begun since creation: the `step` of its random numbers */
	uint64_t answers; /* evaluations answered since creation, without those that only prime */
	uint64_t begun;   /* answers when the transition under way began: a stop takes it back to there */
	double accept;    /* acceptance probability of the last transition, NaN without a Metropolis test */
	/* counters behind egm_sampler_stats */
	int64_t transitions, gradients, divergences, leapfrogs, saturated;
	double accept_sum;
	egm__adaptation *adaptation; /* NULL when nothing is adapted */
	void *own;                   /* the kernel's: own_bytes of it, 64-byte aligned, zero at creation */
};

/* A chain: `levels` walkers that make `inner` transitions each between two draws' worth of a chain transition. */
typedef struct egm__chain {
	int64_t transitions; /* since creation: the `step` of its exchanges */
	int64_t exchanges_tried, exchanges_done;
} egm__chain;

enum { EGM__MAX_LEVELS = 256 };

/* Options as the loop reads them. */
typedef struct egm__sampler_options {
	/* what the struct of every kernel begins with */
	size_t struct_size;
	int64_t chains;
	uint64_t seed;
	double step_size, start_scale;
	const double *scale; /* [dims], the sampler's own copy */
	/* what a kernel sets in its `describe`, where it has such a thing */
	int32_t adapt_scale;
	double target_accept;
	const double *temperatures; /* [levels], the sampler's own copy: egm__sampler_keep_temperatures */
	int64_t levels;
	/* of the trajectory in hmc.c */
	int64_t leapfrog_steps;
	double jitter, divergence;
} egm__sampler_options;

/* The rows of the shared members in the table of a kernel. */
#define EGM__CHAIN_MEMBERS(type, step)                                                                           \
	EGM__COUNT(type, chains, "Number of independent chains."),                                                   \
	    EGM__SEED(type, seed, "Seed of the first points and of all transitions."),                               \
	    EGM__POSITIVE(type, step_size, step),                                                                    \
	    EGM__WEIGHT(type, start_scale,                                                                           \
	                "Standard deviation of the first points; 0: prior_scale of the target, 1 without a prior."), \
	    EGM__ARRAY(type, scale, "[dims] scale of each coordinate; NULL: ones.")

#define EGM__SAME_PLACE(type, member) (offsetof(type, member) == offsetof(egm__sampler_options, member))

/* The table of a kernel. */
#define EGM__KERNEL_OPTIONS(table, type, defaults, rows)                                                               \
	_Static_assert(EGM__SAME_PLACE(type, chains) && EGM__SAME_PLACE(type, seed) && EGM__SAME_PLACE(type, step_size) && \
	                   EGM__SAME_PLACE(type, start_scale) && EGM__SAME_PLACE(type, scale),                             \
	               "begins with the shared members");                                                                  \
	EGM__OPTIONS(table, type, defaults, rows)

/* A kernel: one for each constructor of egm/sampler.h, in whose file its table and all its functions are. */
typedef struct egm__method {
	const char *name;
	const egm__options *options; /* the struct that its constructor takes */
	/* Looks at options that are in their ranges, s->own: whether they fit each other and the target, and what the loop
	 * has to know of them. NULL: nothing to do. */
	egm_status (*describe)(egm_sampler *sampler);
	int32_t metropolis; /* rejects, hence does not freeze, a point that is not finite; has an acceptance to adapt to */
	int32_t langevin;   /* step_size is eps = h^2 */
	/* Bytes of `own`; NULL: none. Rows in it want multiples of 64 bytes: egm__row_bytes. */
	size_t (*own_bytes)(const egm_sampler *sampler);
	/* Begins a transition of a primed walker: w->noise is drawn. NULL: nothing to do. */
	void (*begin)(egm_sampler *sampler, egm__walker *w);
	/* Writes the next point wanted to y [dims]; may set w->bridge and w->gradient_only for this evaluation. What it
	 * wrote stays there until the walker is asked again: walkers are asked in their order and rows only move down
	 * within a transition. */
	void (*ask)(egm_sampler *sampler, egm__walker *w, char *y);
	/* ask for neighbours at the same clock with the same step h and no scale, who will stand where they ask, n elements
	 * in all of their rows x, gradient and y. Their noise begins with element `start` of rng. 0 when an element of y is
	 * not finite. NULL: no such walkers. */
	int (*ask_block)(const egm_sampler *sampler, const egm__rng *rng, int64_t start, int64_t n, double h, char *y,
	                 const char *x, const char *gradient);
	/* The answer at y. 1: the transition is over, w stands where it ended, and w->accept is set; 0: ask again. Not
	 * called with a value that is not finite unless `metropolis`: the loop freezes the walker instead. */
	int (*take)(egm_sampler *sampler, egm__walker *w, const egm__probe *probe, int64_t row);
	/* All walkers of a chain have made their inner transitions. NULL: nothing to do. */
	void (*close)(egm_sampler *sampler, int64_t chain);
	/* Returns V at the draw of a chain's level 0 when it is not where the walker stands, and writes it unless y is
	 * NULL. NULL: the draw is where it stands. */
	double (*draw)(egm_sampler *sampler, const egm__walker *w, char *y);
} egm__method;

/* What a constructor does: makes chains of the method from the caller's options, which may be NULL. */
egm_status egm__sampler_create(egm_sampler **out, const egm__method *method, egm_target *target, const void *options);
/* The same once more, with other chains. */
egm_status egm__sampler_like(egm_sampler **out, const egm_sampler *s, int64_t chains, uint64_t seed);

/* Check an array of the options, which may be NULL, and put the sampler's own copy in its place. */
egm_status egm__sampler_keep_scale(egm_sampler *s);
egm_status egm__sampler_keep_temperatures(egm_sampler *s, const double **temperatures, int64_t levels);

/* Negatives use it where a program asks for nothing else, annealed importance sampling its own trajectory. */
extern const egm__method egm__method_mala, egm__method_hmc;

/* The trajectory of mala and hmc (hmc.c), as members of a method: tempered chains move by it too. */
size_t egm__leapfrog_bytes(const egm_sampler *s);
void egm__leapfrog_begin(egm_sampler *s, egm__walker *w);
void egm__leapfrog_ask(egm_sampler *s, egm__walker *w, char *y);
int egm__leapfrog_take(egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row);

typedef struct egm__block egm__block;

/* What a sampler is doing. While it computes, its walkers are between two states; while it asks the progress callback,
 * all chains are at their last whole transition. */
enum { EGM__IDLE, EGM__COMPUTING, EGM__ASKING };

struct egm_sampler {
	egm_context *context;
	egm_target *target; /* retained */
	const egm__method *method;
	egm__sampler_options options;
	void *own; /* the struct of the kernel: what was given, merged with the defaults; arrays are the same copies */
	const egm__kernels *table;
	int64_t dims, levels, inner, n_walkers;
	int64_t row_bytes; /* dims elements, rounded up to 64 bytes */
	egm__walker *walkers;
	egm__chain *chains;
	char *rows;       /* memory of all rows that walkers point to */
	char *owns;       /* and of what their kernel keeps */
	uint64_t version; /* of the target when walkers were primed */
	int32_t n_blocks;
	egm__block *blocks;
	egm__progress progress; /* of the call under way */
	const char *call;       /* the function that keeps the sampler busy, NULL: none */
	int32_t busy;           /* EGM__COMPUTING and so on; through __atomic builtins, callbacks run on other threads */
	int32_t free_pending;   /* freed from its own callback: the call frees it when it ends */
	int64_t warmup_left;    /* transitions of a stopped warm-up that can be continued, 0: none */
};

/* STATE when a call is under way, that is when this comes from one of the sampler's own callbacks; `reads`: it only
 * looks at the chains, which a progress callback may do. ARGUMENT for NULL. */
egm_status egm__sampler_idle(const egm_sampler *s, int reads);

/* A first point, in unconstrained coordinates: number i of the draws of rng. */
void egm__start_draw(const egm_sampler *s, const egm__rng *rng, int64_t i, void *y);

/* ---- rows: one walker's vectors, through the kernel table */

/* egm__dtype_size without a call, which a loop over walkers would notice. */
static inline int64_t egm__element_bytes(egm_dtype dtype)
{
	return dtype == EGM_F32 ? 4 : 8;
}

/* Of a point as it stands among others in a probe. */
static inline int64_t egm__point_bytes(const egm_sampler *s)
{
	return s->dims * egm__element_bytes(s->target->dtype);
}

static inline int64_t egm__row_bytes(egm_dtype dtype, int64_t dims)
{
	return (dims * egm__element_bytes(dtype) + 63) / 64 * 64;
}

/* Random numbers of walker i start at element i times this. */
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

/* x = a + b s z, s the walker's scale (ones when NULL); x may be a, `scratch` [dims] is overwritten when there is a
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

/* A kick of the momentum in w->noise, then a drift: p += kick S g, y = x + drift S p; y may be x. */
static inline void egm__row_leap(const egm_sampler *s, const egm__walker *w, char *y, const char *x, const char *g,
                                 double kick, double drift)
{
	s->table->leapfrog(s->dims, y, w->noise, x, g, w->scale, kick, drift);
}

/* Uniform in [0, 1), 53 bits: number k of what the walker decides after its latest answer, k < 64. */
double egm__walker_uniform(const egm_sampler *s, const egm__walker *w, uint32_t k);

/* Whether the answer in row `row` is good. An energy that a blind walker would not have been told, had nobody else
 * asked for one in this round, does not count: else its chain would depend on the others. */
int egm__walker_answer_usable(const egm__walker *w, const egm__probe *probe, int64_t row);

/* w stands at row `row` of the probe. */
void egm__walker_set_point(const egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row);

/* ---- adaptation during a warm-up */
egm_status egm__adaptation_create(egm_sampler *s, int64_t steps); /* for all walkers */
void egm__adaptation_free(egm_sampler *s);                /* drops what was being adapted, also by a stopped one */
void egm__adaptation_pause(egm_sampler *s, int64_t left); /* finish, but so that resume can go on */
void egm__adaptation_resume(egm_sampler *s);
void egm__adaptation_update(egm_sampler *s, egm__walker *w); /* after each transition: w->accept, w->x */
void egm__adaptation_finish(egm_sampler *s);                 /* fixes step and scale */

/* ---- the loop */
int egm__chain_is_frozen(const egm_sampler *s, int64_t chain); /* one of its walkers is */
egm_status egm__blocks_create(egm_sampler *s);
void egm__blocks_free(egm_sampler *s);
/* The chain that froze first, by its transitions, of those that are frozen; -1: none. */
int64_t egm__sampler_first_frozen(const egm_sampler *s, int64_t *count);
/* `n` draws of `thin` chain transitions each; draws, energies may be NULL. *done: transitions that every chain has made
 * or stands frozen for; less than all of them after a stop, and 0 after one by the energy callback. Fails for nothing
 * but a stop: chains may freeze. */
egm_status egm__sampler_advance(egm_sampler *s, int64_t n, int64_t thin, void *draws, void *energies,
                                egm_progress_fn progress, void *user, int64_t *done);

#endif
