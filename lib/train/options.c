/* SPDX-License-Identifier: MIT */
/* Options of trainers and negatives. The default betas of Adam are those of the WGAN-GP and maximum-entropy-generator
 * papers, (0.5, 0.9), instead of Adam's own (0.9, 0.999), because most losses here are adversarial. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <train/trainer_impl.h>

static const egm_trainer_options defaults = EGM_TRAINER_OPTIONS_INIT;

static const egm_choice optimizer_choices[] = {
    {"adam", EGM_OPTIMIZER_ADAM}, {"rmsprop", EGM_OPTIMIZER_RMSPROP}, {"sgd", EGM_OPTIMIZER_SGD}};
EGM__FAMILY(egm__optimizers, "EGM_OPTIMIZER_", optimizer_choices);
static const egm_choice schedule_choices[] = {
    {"constant", EGM_SCHEDULE_CONSTANT}, {"linear", EGM_SCHEDULE_LINEAR}, {"cosine", EGM_SCHEDULE_COSINE}};
static EGM__FAMILY(schedules, "EGM_SCHEDULE_", schedule_choices);
static const egm__option members[] = {
    EGM__SEED(egm_trainer_options, seed, "Seed of the noise and of the order of the data."),
    EGM__COUNT(egm_trainer_options, batch, "Rows of a mini-batch."),
    EGM__CHOICE(egm_trainer_options, optimizer, egm__optimizers, "Optimiser of the networks."),
    EGM__CHOICE(egm_trainer_options, schedule, schedules, "How the learning rate decreases."),
    EGM__WEIGHT(egm_trainer_options, schedule_steps, "Steps after which the schedule reaches final_fraction."),
    EGM__WEIGHT(egm_trainer_options, warmup_steps,
                "Steps over which the learning rate increases at the start; 0: none."),
    EGM__BETWEEN(egm_trainer_options, final_fraction, 0, 1, "Final fraction of the learning rate in a schedule."),
    EGM__POSITIVE(egm_trainer_options, learning_rate, "Learning rate, which the schedule multiplies."),
    EGM__BELOW_ONE(egm_trainer_options, beta1, "Decay of the mean of gradients (adam)."),
    EGM__BELOW_ONE(egm_trainer_options, beta2, "Decay of the mean of squared gradients (adam, rmsprop)."),
    EGM__POSITIVE(egm_trainer_options, epsilon, "Added to the root of the mean squared gradient (adam, rmsprop)."),
    EGM__BELOW_ONE(egm_trainer_options, momentum, "Decay of the sum of gradients (sgd)."),
    EGM__WEIGHT(egm_trainer_options, clip_norm,
                "Largest L2 norm of the gradient of a network; larger ones are scaled down; 0: no limit."),
    EGM__BELOW_ONE(egm_trainer_options, average_decay, "Decay of the averages of parameters; 0: no averages."),
};
EGM__OPTIONS(egm__options_trainer, egm_trainer_options, defaults, members);

/* Kernels convert these numbers to the dtype. With an epsilon of 0 a gradient of 0 would become 0/0. */
egm_status egm__trainer_check_dtype(const egm_trainer_options *o, egm_dtype dtype)
{
	if (dtype != EGM_F32) return EGM_OK;
	if (!(o->epsilon * sqrt(1 - o->beta2) >= (double)FLT_MIN))
		return egm__fail(EGM_ERR_ARGUMENT, "epsilon is %g, must be at least %.3g for f32 with this beta2", o->epsilon,
		                 (double)FLT_MIN / sqrt(1 - o->beta2));
	if (!(o->learning_rate <= (double)FLT_MAX))
		return egm__fail(EGM_ERR_ARGUMENT, "learning_rate is %g, must be finite in f32", o->learning_rate);
	return EGM_OK;
}

egm_status egm__trainer_options_merge(egm_trainer_options *merged, const egm_trainer_options *options)
{
	egm_status st = egm__options_check(&egm__options_trainer, merged, options);
	if (st != EGM_OK || merged->schedule == EGM_SCHEDULE_CONSTANT || merged->schedule_steps > 0) return st;
	return egm__fail(EGM_ERR_ARGUMENT, "schedule_steps is %lld, must be at least 1 for the schedule %s",
	                 (long long)merged->schedule_steps, egm__choice_name(&schedules, merged->schedule));
}

/* ---- negatives */

static const egm_negatives_options negatives_defaults = EGM_NEGATIVES_OPTIONS_INIT;
static const egm_choice start_choices[] = {
    {"cd", EGM_NEGATIVES_CD}, {"pcd", EGM_NEGATIVES_PCD}, {"short_run", EGM_NEGATIVES_SHORT_RUN}};
EGM__FAMILY(egm__negatives_starts, "EGM_NEGATIVES_", start_choices);
static const egm__option negatives_members[] = {
    EGM__CHOICE(egm_negatives_options, start, egm__negatives_starts,
                "Where chains start: at the data (cd), in a replay buffer (pcd), or at noise (short_run)."),
    EGM__FLAG(egm_negatives_options, adapt_step,
              "1: the step size is adapted between batches to the acceptance, up to step_size of the sampler."),
    EGM__FLAG(egm_negatives_options, near_data, "1: restarted chains start near the data, 0: at noise (pcd)."),
    EGM__RESERVED(egm_negatives_options, reserved),
    EGM__COUNT(egm_negatives_options, steps, "Transitions per batch."),
    EGM__WEIGHT(egm_negatives_options, buffer,
                "Rows of the replay buffer, at least a batch; 0: 10000, or a batch if that is more (pcd)."),
    EGM__BETWEEN(egm_negatives_options, restart, 0, 1,
                 "Fraction of the chains that are restarted in each batch (pcd)."),
};
EGM__OPTIONS(egm__options_negatives, egm_negatives_options, negatives_defaults, negatives_members);

static const egm_negatives_statistics no_statistics = EGM_NEGATIVES_STATISTICS_INIT;
static const egm__option statistics_members[] = {
    EGM__RESULT(egm_negatives_statistics, acceptance,
                "Mean acceptance probability of the last batch; NaN without a Metropolis test."),
    EGM__RESULT(egm_negatives_statistics, step_size, "Current step size."),
    EGM__RESULT(egm_negatives_statistics, restarted, "Fraction of the chains of the last batch that were restarted."),
    EGM__RESULT(egm_negatives_statistics, ran_away,
                "Average fraction of the chains that ran away and were restarted (pcd)."),
    EGM__RESULT(egm_negatives_statistics, gap, "Average energy of the negatives minus that of the data, in nats."),
    EGM__RESULT(egm_negatives_statistics, gap_limit, "If |gap| exceeds this, training fails with EGM_ERR_DIVERGED."),
};
EGM__OPTIONS(egm__options_negatives_statistics, egm_negatives_statistics, no_statistics, statistics_members);
