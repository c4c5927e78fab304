/* SPDX-License-Identifier: MIT */
/* A loss as data: its networks and, for each phase of a training step, which of them it trains, how often it runs, what
 * it reads, and a function that writes its terms as graph nodes. The file of a system fills this in; compiling, running
 * and moving the networks is the same for all. */
#ifndef EGM_LOSS_LOSS_IMPL_H
#define EGM_LOSS_LOSS_IMPL_H

#include <compile/program_impl.h>
#include <egm/loss.h>
#include <model/model_impl.h>

enum { EGM__MAX_NETS = 4, EGM__MAX_PHASES = 3, EGM__MAX_TERMS = 8, EGM__MAX_STATE = 4, EGM__MAX_APPLICATIONS = 16 };

/* Slots of a phase's program. */
enum {
	EGM__SLOT_DATA = 1,       /* in: mini-batch [batch, data width] */
	EGM__SLOT_TERMS = 2,      /* out: all terms of the loss; a phase writes only its own */
	EGM__SLOT_STATE = 3,      /* in and out: n_state numbers that the loss keeps between runs */
	EGM__SLOT_NET = 4,        /* in: parameters of network i at EGM__SLOT_NET + i */
	EGM__SLOT_GRADIENT = 8,   /* out: gradient of network i, laid out as its parameters, at EGM__SLOT_GRADIENT + i */
	EGM__SLOT_OLD = 12,       /* in: parameters of network i as `keeps` of a phase copied them, at EGM__SLOT_OLD + i */
	EGM__SLOT_NEGATIVES = 16, /* in: draws of the model [batch, data width] */
	EGM__SLOT_CONSTANTS = 17, /* in: numbers of the loss itself */
	EGM__SLOT_STATISTICS = 18 /* out: running statistics of all networks after the phase, packed in their order;
	                             those of networks that the phase does not train, or does not apply, are not written */
};

/* A term of a phase: its value (any shape with one element) and its weight in the objective that the phase minimises. A
 * term whose gradient is not that of its value has a surrogate, which enters the objective instead. */
typedef struct egm__term {
	int32_t index; /* into term_names */
	egm__id value;
	egm__id surrogate; /* EGM__NONE: the same as value */
	double weight;
} egm__term;

/* A network with batch statistics applied to x. It is applied once to each x, however often that is asked for. */
typedef struct egm__application {
	int32_t net;
	egm__id x, y;
} egm__application;

typedef struct egm__phase_graph {
	egm__graph *graph;
	int64_t batch;
	egm__id data;                       /* leaf [batch, data width] */
	egm__id negatives;                  /* the same; EGM__NONE if the phase reads none */
	egm__id state[EGM__MAX_STATE];      /* leaves [1, 1] */
	egm__id state_next[EGM__MAX_STATE]; /* the builder sets these; EGM__NONE leaves a state as it is */
	int32_t n_terms;
	egm__term terms[EGM__MAX_TERMS];
	/* By network and tensor, the running statistics so far: egm__model_apply_batch. NULL outside of training, where
	 * networks normalise by running statistics. */
	egm__id *statistics[EGM__MAX_NETS];
	int32_t n_applications;
	egm__application applications[EGM__MAX_APPLICATIONS];
} egm__phase_graph;

typedef struct egm__phase {
	const char *name;
	uint32_t moves; /* bit i: the phase trains network i */
	int32_t repeat; /* runs in a training step, one after another */
	int32_t reads_data;
	/* Appends the terms of the phase. Errors are recorded in the graph. */
	void (*build)(const egm_loss *loss, egm__phase_graph *p);
	int32_t reads_negatives; /* of network 0, the energy */
	uint32_t keeps; /* bit i: the parameters of network i are copied before the first of the runs, for egm__net_old in
	                   this phase and later ones */
} egm__phase;

struct egm_loss {
	egm_context *context;
	int refs;            /* through __atomic builtins */
	const char *kind;    /* "energy_gan": as in checkpoints */
	const char *variant; /* "jsd", in which a checkpoint must agree too; "": none */
	int32_t n_nets;
	egm_model *nets[EGM__MAX_NETS];   /* retained */
	const char *roles[EGM__MAX_NETS]; /* "energy", "generator" */
	const char *keys[EGM__MAX_NETS];  /* the same in checkpoints */
	double clip[EGM__MAX_NETS];       /* parameters of network i are clipped to [-clip, clip] after each move; 0: not */
	int64_t data_width;
	egm_dtype dtype;
	int64_t min_batch;
	int32_t n_phases;
	egm__phase phases[EGM__MAX_PHASES];
	int32_t n_terms;
	const char *term_names[EGM__MAX_TERMS];
	int32_t n_state;
	double state_start[EGM__MAX_STATE];
	void *constants; /* EGM__SLOT_CONSTANTS, owned; NULL: none */
	int64_t n_constants;
	void *options; /* of the system, in the memory after the loss */
};

/* ARGUMENT if the network has batch normalisation, for losses that need its gradient at single rows: those whose option
 * `what` is `weight` > 0, or with `what` NULL all. */
egm_status egm__loss_reject_batch_norm(const egm_loss *loss, int32_t net, const char *what, double weight);
/* ARGUMENT if the batch has too few rows. */
egm_status egm__loss_check_batch(const egm_loss *loss, int64_t batch);
/* How many running statistics all networks have, and those before network `net`. */
int64_t egm__loss_statistics(const egm_loss *loss);
int64_t egm__loss_first_statistic(const egm_loss *loss, int32_t net);

/* A loss without phases and terms. Checks that the networks are built, different and of one dtype. */
egm_status egm__loss_create(egm_loss **out, const char *kind, int32_t n_nets, egm_model *const *nets,
                            const char *const *roles, const void *options, size_t options_size);
void egm__loss_retain(egm_loss *loss);

/* The network applied to x. One with batch normalisation normalises by the statistics of x and updates its running
 * statistics: by each x once, in the order in which they are first asked for. */
egm__id egm__net(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x);
/* The same with the parameters that `keeps` copied. It normalises by batch statistics where egm__net does, so that both
 * are equal while their parameters are, and updates no running statistics. */
egm__id egm__net_old(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x);
/* The network applied to a and b [batch, inputs] as one batch of twice the rows, because one product of twice the
 * height is faster than two. With batch normalisation they are two batches, a first. */
void egm__net_both(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id a, egm__id b, egm__id out[2]);
/* The gradient of the network by x at each row, [batch, inputs], for any node x. */
egm__id egm__net_slope(egm__phase_graph *p, const egm_loss *loss, int32_t net, egm__id x);
/* z ~ N(0, I) for the inputs of a network, [batch, inputs]. */
egm__id egm__latent(egm__phase_graph *p, const egm_loss *loss, int32_t net, uint32_t stream);
/* x + sigma n, n ~ N(0, I). */
egm__id egm__noisy(egm__phase_graph *p, egm__id x, double sigma, uint32_t stream);
void egm__term_add(egm__phase_graph *p, int32_t index, egm__id value, double weight);

/* Writes what phase `phase` computes at a batch size into a graph of the loss's dtype: terms, next states, and the
 * gradients and running statistics of the networks that it trains. Bit i of *terms: it writes term i. */
egm_status egm__loss_write(const egm_loss *loss, int32_t phase, int64_t batch, egm__graph *g, uint32_t *terms);
/* The program of that graph, without an arena. */
egm_status egm__loss_compile(const egm_loss *loss, int32_t phase, int64_t batch, egm__program **out, uint32_t *terms);

#endif
