/* SPDX-License-Identifier: MIT */
/* Annealed importance sampling (Neal 2001, section 2). With f_k = exp(-W_b), b = b_k, f_0 the base and f_n the target,
 *   W_b(y) = b W(y) + (1 - b) |y|^2 / (2 s^2),
 * a particle starts at y_0 from the base and moves by a kernel T_k that leaves f_k invariant, one HMC transition:
 *   log w = sum over k = 1 .. n of log f_k(y_(k-1)) - log f_(k-1)(y_(k-1)) = -sum (b_k - b_(k-1)) (W - base),
 * base = |y|^2 / (2 s^2). The mean of w over particles is Z_n / Z_0 for any number of levels, however badly the kernels
 * mix, and log Z_0 = (d/2) log(2 pi s^2) is a sum over the d dimensions.
 *
 * The base is a distribution of the unconstrained coordinates y, where it has a closed form whatever the bounds. The
 * target's W is evaluated as it is and then mixed with the base, so that one formula applies with and without a prior.
 * W and its gradient at a particle are kept unmixed, so that the next level needs no evaluation to begin.
 *
 * Particles are divided among teams, one for each thread. The random numbers of a particle depend on its index alone,
 * and sums are taken in the order of particles, so results do not depend on the number of threads. */
#include <core/array_impl.h>
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <sampler/ais_impl.h>
#include <string.h>

enum { ROWS = 64, CALLBACK_ROWS = 256 };

/* Step sizes are drawn around h: a trajectory of fixed length may be a whole period of a Gaussian, and would then end
 * where it began. */
static const double JITTER = 0.3;

/* Default scale of the base with bounds. In y a uniform distribution on a box has the standard deviation 1.8, an
 * exponential distribution 1.3, and both have longer tails than a normal one. */
static const double BOUNDED_SCALE = 2;

/* Makes the random numbers differ from those of a sampler with the same seed. */
static const uint64_t SALT = UINT64_C(0x9e3779b97f4a7c15);

static const egm_ais_options defaults = EGM_AIS_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__SEED(egm_ais_options, seed, "Seed of the particles."),
    EGM__BETWEEN(egm_ais_options, particles, 2, INT32_MAX, "Number of independent particles."),
    EGM__BETWEEN(egm_ais_options, levels, 1, INT32_MAX, "Number of bridging distributions."),
    EGM__BETWEEN(egm_ais_options, leapfrog_steps, 1, INT32_MAX, "Leapfrog steps per transition."),
    EGM__WEIGHT(egm_ais_options, step_size, "Leapfrog step at every level; 0: a pilot run finds one for each level."),
    EGM__WEIGHT(egm_ais_options, base_scale, "Standard deviation of the normal base; 0: chosen from bounds and prior."),
    EGM__POSITIVE(egm_ais_options, power, "Level k of n has weight (k/n)^power; above 1: more levels near the base."),
};
EGM__OPTIONS(egm__options_ais, egm_ais_options, defaults, members);

static const egm_ais_result none = EGM_AIS_RESULT_INIT;
static const egm__option results[] = {
    EGM__RESULT(egm_ais_result, log_z, "Natural logarithm of the normalising constant."),
    EGM__RESULT(egm_ais_result, standard_error, "Standard error of log_z."),
    EGM__RESULT(egm_ais_result, ess, "Effective number of particles."),
    EGM__RESULT(egm_ais_result, acceptance, "Mean acceptance probability; NaN with one level."),
    EGM__RESULT(egm_ais_result, gradients, "Evaluations of energy and gradient, each at one point."),
    EGM__RESULT(egm_ais_result, lost, "Particles of weight 0."),
};
EGM__OPTIONS(egm__options_ais_result, egm_ais_result, none, results);

static int64_t particles_of(const egm__ais_team *t)
{
	int64_t left = t->run->options.particles - t->first;
	return left < t->run->rows ? left : t->run->rows;
}

/* Places the next particles of the team at points of the base. */
static egm_status begin_particles(egm__ais_team *t, int64_t n)
{
	egm__ais *a = t->run;
	egm_status st = egm__ais_start(t, t->first, n);
	for (int64_t i = 0; i < n; i++) a->log_weights[t->first + i] = t->walkers[i].frozen ? -INFINITY : a->log_base;
	return st;
}

/* Moves the particles to the next level; after the last one the team continues with other particles. */
static egm_status next_level(egm__ais_team *t)
{
	egm__ais *a = t->run;
	egm_status st = EGM_OK;
	int64_t n = particles_of(t), levels = a->options.levels;
	if (t->level == 0) st = begin_particles(t, n);
	const int64_t k = ++t->level;
	for (int64_t i = 0; i < n && st == EGM_OK; i++) {
		const egm__walker *w = &t->walkers[i];
		if (w->frozen) continue;
		a->log_weights[t->first + i] -= (a->levels[k].b - a->levels[k - 1].b) * (w->energy - egm__ais_base(a, w->x));
	}
	t->done++;
	if (st == EGM_OK && k < levels) return egm__ais_move(t, n, a->levels[k].b, a->levels[k].h);
	for (int64_t i = 0; i < n; i++) a->accept[t->first + i] = t->walkers[i].accept_sum;
	t->first += a->n_teams * a->rows;
	t->level = 0;
	return st;
}

static void run_team(int32_t index, void *argument)
{
	egm__ais *a = argument;
	egm__ais_team *t = &a->teams[index];
	for (int64_t left = a->portion; left > 0 && t->first < a->options.particles; left--) {
		if (__atomic_load_n(&a->stopped, __ATOMIC_RELAXED)) return;
		t->status = next_level(t);
		if (t->status != EGM_OK) __atomic_store_n(&a->stopped, 1, __ATOMIC_RELAXED);
	}
}

static egm_status run_all(egm__ais *a)
{
	egm_status st = EGM_OK;
	const int64_t pilot = a->done;
	while (a->done < a->total && st == EGM_OK) {
		a->portion = egm__progress_portion(&a->progress);
		egm__parallel(a->s.context, a->n_teams, run_team, a);
		a->done = pilot;
		for (int32_t i = 0; i < a->n_teams; i++) {
			if (a->teams[i].status != EGM_OK) /* stopped by its own callback: the others only end early */
				return egm__probe_stopped(a->teams[i].probe);
			a->done += a->teams[i].done;
		}
		st = egm__ais_ask(a);
	}
	return st;
}

/* ---- making */

static int with_pilot(const egm__ais *a)
{
	return a->options.step_size == 0 && a->options.levels > 1;
}

static egm_status count_steps(egm__ais *a, int64_t groups)
{
	int64_t pilot = with_pilot(a) ? egm__ais_pilot_steps(a->options.levels) : 0;
	if (!egm__size_mul(groups, a->options.levels, &a->total) && !egm__size_add(a->total, pilot, &a->total))
		return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "%lld particles at %lld levels, must be fewer: the steps cannot be counted",
	                 (long long)a->options.particles, (long long)a->options.levels);
}

/* Fills in the sampler that hmc.c reads, and checks that the counters of random numbers suffice for all particles. */
static egm_status measure(egm__ais *a, egm_target *target)
{
	egm_sampler *s = &a->s;
	int64_t particles = a->options.particles, block = target->dtype == EGM_F32 ? 4 : 2, numbers;
	*s = (egm_sampler){.context = target->context, .target = target, .method = &egm__method_hmc, .levels = 1};
	s->options.seed = a->options.seed ^ SALT;
	s->options.leapfrog_steps = a->options.leapfrog_steps;
	s->options.jitter = JITTER;
	s->table = egm__kernels_get(s->context->simd, target->dtype);
	s->dims = target->dims;
	s->row_bytes = egm__row_bytes(target->dtype, s->dims);
	if (particles >= INT64_C(1) << 27 || egm__size_mul(particles, s->dims + 3, &numbers) ||
	    numbers / block >= INT64_C(1) << 32)
		return egm__fail(
		    EGM_ERR_ARGUMENT,
		    "%lld particles in %lld dimensions, must be fewer: the counters of random numbers do not suffice",
		    (long long)a->options.particles, (long long)s->dims);
	a->rows = target->callback && !target->concurrent ? CALLBACK_ROWS : ROWS;
	int64_t teams = egm__blocks_of(a->options.particles, a->rows), threads = s->context->threads;
	a->n_teams = target->callback && !target->concurrent ? 1 : (int32_t)(teams < threads ? teams : threads);
	return count_steps(a, teams);
}

/* The limits keep 1 / s^2 normal in the dtype, and |y|^2 finite in double. */
static egm_status set_base(egm__ais *a)
{
	const egm_target *target = a->s.target;
	double scale = a->options.base_scale, tau = target->bridge.precision;
	double least = target->dtype == EGM_F32 ? 6e-20 : 1e-150, most = target->dtype == EGM_F32 ? 9e18 : 1e150;
	const char *name = scale > 0 ? "base_scale" : "base_scale, the prior_scale of the target,";
	if (scale == 0) scale = target->lower ? BOUNDED_SCALE : tau > 0 ? 1 / sqrt(tau) : 1;
	if (!(scale >= least && scale <= most))
		return egm__fail(EGM_ERR_ARGUMENT, "%s is %g, must be in [%g, %g] for %s", name, scale, least, most,
		                 egm__dtype_name(target->dtype));
	a->precision = a->options.base_scale == 0 && !target->lower && tau > 0 ? tau : 1 / (scale * scale);
	a->log_base = (double)a->s.dims / 2 * log(2 * M_PI / a->precision);
	return EGM_OK;
}

static egm_status create_levels(egm__ais *a)
{
	int64_t n = a->options.levels, particles = a->options.particles;
	a->levels = egm__alloc(a->s.context, n + 1, sizeof *a->levels);
	a->log_weights = egm__alloc(a->s.context, particles, sizeof *a->log_weights);
	a->accept = egm__alloc_zero(a->s.context, particles, sizeof *a->accept);
	if (!a->levels || !a->log_weights || !a->accept)
		return egm__fail(EGM_ERR_MEMORY, "out of memory for %lld particles and %lld levels", (long long)particles,
		                 (long long)n);
	for (int64_t k = 0; k <= n; k++)
		a->levels[k] = (egm__ais_level){pow((double)k / (double)n, a->options.power), a->options.step_size};
	return EGM_OK;
}

static void destroy(egm__ais *a)
{
	egm_context *context = a->s.context;
	for (int32_t i = a->n_teams - 1; i >= 0 && a->teams; i--) egm__ais_team_free(&a->teams[i], context);
	void *owned[] = {a->teams, a->levels, a->log_weights, a->accept};
	for (size_t j = 0; j < sizeof owned / sizeof *owned; j++) egm__free(context, owned[j]);
}

static egm_status check_call(const egm_target *target, const egm_ais_result *result)
{
	if (!target) return egm__fail(EGM_ERR_ARGUMENT, "target is NULL");
	if (!result) return egm__fail(EGM_ERR_ARGUMENT, "result is NULL");
	return egm__result_check("egm_ais_result", result);
}

static egm_status run(egm__ais *a, egm_target *target, egm_ais_result *found)
{
	egm_status st = EGM_OK;
	EGM_TRY(measure(a, target));
	EGM_TRY(set_base(a));
	EGM_TRY(create_levels(a));
	a->teams = egm__alloc_zero(a->s.context, a->n_teams, sizeof *a->teams);
	if (!a->teams) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %d threads", (int)a->n_teams);
	for (int32_t i = 0; i < a->n_teams; i++) EGM_TRY(egm__ais_team_create(a, &a->teams[i]));
	egm__probe_prepare(a->teams[0].probe);
	if (with_pilot(a)) EGM_TRY(egm__ais_pilot(a));
	EGM_TRY(run_all(a));
	*found = none;
	EGM_TRY(egm__ais_conclude(a, found));
out:
	return st;
}

egm_status egm_target_ais(const egm_target *target, const egm_ais_options *options, egm_ais_result *result,
                          egm_out log_weights, egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	egm__ais a = {.options = defaults};
	egm_ais_result found;
	union {
		const egm_target *given;
		egm_target *probed; /* as in egm_target_evaluate */
	} t = {target};
	EGM_TRY(check_call(target, result));
	EGM_TRY(egm__options_check(&egm__options_ais, &a.options, options));
	if (log_weights.data) EGM_TRY(egm__out_fits(log_weights, "log_weights", EGM_F64, a.options.particles, 1));
	a.s.context = target->context;
	egm__target_retain(t.probed); /* its callback may free it */
	egm__progress_start(&a.progress, progress, user);
	st = run(&a, t.probed, &found);
	if (st == EGM_OK && log_weights.data)
		memcpy(log_weights.data, a.log_weights, (size_t)a.options.particles * sizeof *a.log_weights);
	if (st == EGM_OK) st = egm__options_init("egm_ais_result", result, result->struct_size, &found, sizeof found);
	destroy(&a);
	egm_target_free(t.probed);
out:
	return egm__named(__func__, st);
}
