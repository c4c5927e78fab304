/* SPDX-License-Identifier: MIT */
/* Annealed importance sampling: the call (ais.c), moving particles (ais_team.c), the pilot run that finds step sizes
 * (ais_pilot.c), and estimates from the weights (ais_weights.c). */
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
	egm__probe mixed;  /* for hmc.c: value and gradient of W_b, and W in the place of U */
	egm__walker *walkers;
	egm__walker **asked; /* the walker that asked for row i of the probe */
	char *rows;          /* of the walkers */
	char *gradient;      /* dW/dy at each walker */
	char *noise;
	int64_t first;     /* first of the current particles, options.particles or more at the end */
	int64_t level;     /* of the current particles */
	int64_t done;      /* levels that the team has made, over all of its particles */
	int64_t gradients; /* evaluations at one point */
	egm_status status;
} egm__ais_team;

struct egm__ais {
	egm_sampler s; /* only the members that the kernel reads */
	egm_ais_options options;
	double precision, log_base;
	egm__ais_level *levels;       /* [options.levels + 1] */
	double *log_weights, *accept; /* [particles] */
	int64_t rows;                 /* particles that a team moves at a time */
	int32_t n_teams;
	int32_t stopped;     /* through __atomic builtins */
	int64_t portion;     /* levels of each team until the next progress callback */
	int64_t done, total; /* levels, those of the pilot first */
	egm__progress progress;
	egm__ais_team *teams;
};

/* Allocates a team. All teams share the program of the first. */
egm_status egm__ais_team_create(egm__ais *run, egm__ais_team *team);
void egm__ais_team_free(egm__ais_team *team, egm_context *context);
/* -log of the base at y, without its normaliser. */
double egm__ais_base(const egm__ais *run, const char *y);
/* Particles first .. first+n-1 at points of the base; those that are not finite there are frozen. */
egm_status egm__ais_start(egm__ais_team *team, int64_t first, int64_t n);
/* Calls the progress callback; EGM_ERR_STOPPED if it says so. */
egm_status egm__ais_ask(egm__ais *run);
/* One HMC transition of each of n particles on W_b with step h; adds to their accept_sum. */
egm_status egm__ais_move(egm__ais_team *team, int64_t n, double b, double h);
/* Transitions of the pilot; each is a step for the progress callback. */
int64_t egm__ais_pilot_steps(int64_t levels);
/* Fills in h of every level. */
egm_status egm__ais_pilot(egm__ais *run);
/* Computes r from the weights. Those that are not finite become -INFINITY; EGM_ERR_NONFINITE if all do. */
egm_status egm__ais_conclude(const egm__ais *run, egm_ais_result *r);

#endif
