/* SPDX-License-Identifier: MIT */
/* A run of annealed importance sampling: the particles (ais.c), the pilot that finds its step sizes (ais_pilot.c), and
 * what follows from the weights (ais_weights.c). */
#ifndef EGM_SAMPLER_AIS_IMPL_H
#define EGM_SAMPLER_AIS_IMPL_H

#include <sampler/sampler_impl.h>

enum { EGM__AIS_PILOT = 64 }; /* particles of the pilot run; not more than a team has */

typedef struct egm__ais egm__ais;

typedef struct egm__ais_level {
	double b; /* weight of the target */
	double h; /* leapfrog step */
} egm__ais_level;

typedef struct egm__ais_team {
	egm__ais *run;
	egm__probe *probe; /* of the target itself */
	egm__probe mixed;  /* what hmc.c sees: value and gradient of W_b, and W in the place of U */
	egm__walker *walkers;
	egm__walker **asked; /* who asked for row i of the probe */
	char *rows;          /* of the walkers */
	char *gradient;      /* dW/dy where each walker stands */
	char *noise;
	int64_t first;     /* of the particles in hand, a->options.particles when there are no more */
	int64_t level;     /* that they have reached */
	int64_t done;      /* levels, all particles that the team had in hand added up */
	int64_t gradients; /* evaluations at one point */
	egm_status status;
} egm__ais_team;

struct egm__ais {
	egm_sampler s; /* the few members that a kernel reads */
	egm_ais_options options;
	double precision, log_base;
	egm__ais_level *levels;       /* [options.levels + 1] */
	double *log_weights, *accept; /* [particles] */
	int64_t rows;                 /* particles that a team has in hand */
	int32_t n_teams;
	int32_t stopped;     /* through __atomic builtins */
	int64_t portion;     /* levels until the next question, of each team */
	int64_t done, total; /* levels, those of the pilot first */
	egm__progress progress;
	egm__ais_team *teams;
};

/* Memory of a team; the first one's program is shared by the others. */
egm_status egm__ais_team_create(egm__ais *run, egm__ais_team *team);
void egm__ais_team_free(egm__ais_team *team, egm_context *context);
/* -log of the base at y, without its normaliser. */
double egm__ais_base(const egm__ais *run, const char *y);
/* Particles first .. first+n-1 at points of the base; those that are not finite there are frozen. */
egm_status egm__ais_start(egm__ais_team *team, int64_t first, int64_t n);
/* Asks the progress callback: STOPPED when it says so. */
egm_status egm__ais_ask(egm__ais *run);
/* One HMC transition of each of the n on W_b with step h; accept_sum goes up. */
egm_status egm__ais_move(egm__ais_team *team, int64_t n, double b, double h);
/* Transitions of the pilot, which are its steps. */
int64_t egm__ais_pilot_steps(int64_t levels);
/* Fills in h of every level. */
egm_status egm__ais_pilot(egm__ais *run);
/* The members of r, from the weights; those that are no number become -INFINITY. NONFINITE when all are lost. */
egm_status egm__ais_conclude(const egm__ais *run, egm_ais_result *r);

#endif
