/* SPDX-License-Identifier: MIT */
/* Options of a trainer and of its negatives. Adam's betas are those of the WGAN-GP and maximum-entropy-generator
 * papers (0.5, 0.9) and not Adam's own (0.9, 0.999): adversarial training is what this trainer does most. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <train/trainer_impl.h>

static const egm_trainer_options defaults = EGM_TRAINER_OPTIONS_INIT;

static const egm_choice optimizer_choices[] = {
    {"adam", EGM_OPTIMIZER_ADAM}, {"rmsprop", EGM_OPTIMIZER_RMSPROP}, {"sgd", EGM_OPTIMIZER_SGD}};
static EGM__FAMILY(optimizers, "EGM_OPTIMIZER_", optimizer_choices);
static const egm_choice schedule_choices[] = {
    {"constant", EGM_SCHEDULE_CONSTANT}, {"linear", EGM_SCHEDULE_LINEAR}, {"cosine", EGM_SCHEDULE_COSINE}};
static EGM__FAMILY(schedules, "EGM_SCHEDULE_", schedule_choices);
static const egm__option members[] = {
    EGM__SEED(egm_trainer_options, seed, "Seed of noise and shuffling."),
    EGM__COUNT(egm_trainer_options, batch, "Rows of a mini-batch."),
    EGM__CHOICE(egm_trainer_options, optimizer, optimizers, "Which optimiser moves the networks."),
    EGM__CHOICE(egm_trainer_options, schedule, schedules, "How the learning rate falls."),
    EGM__WEIGHT(egm_trainer_options, schedule_steps, "Steps after which a schedule has reached its final fraction."),
    EGM__WEIGHT(egm_trainer_options, warmup_steps, "Steps over which the learning rate grows from near 0."),
    EGM__BETWEEN(egm_trainer_options, final_fraction, 0, 1, "Share of the learning rate that a schedule ends at."),
    EGM__POSITIVE(egm_trainer_options, learning_rate, "Learning rate, which a schedule multiplies."),
    EGM__BELOW_ONE(egm_trainer_options, beta1, "Decay of the mean of the gradients (adam)."),
    EGM__BELOW_ONE(egm_trainer_options, beta2, "Decay of the mean of the squared gradients (adam, rmsprop)."),
    EGM__POSITIVE(egm_trainer_options, epsilon, "Added to the root of the mean square (adam, rmsprop)."),
    EGM__BELOW_ONE(egm_trainer_options, momentum, "Decay of the sum of the gradients (sgd)."),
    EGM__WEIGHT(egm_trainer_options, clip_norm, "L2 norm to which larger gradients of a network are scaled; 0: never."),
    EGM__BELOW_ONE(egm_trainer_options, average_decay, "Decay of the averaged parameters; 0: no averages are kept."),
};
EGM__OPTIONS(egm__options_trainer, egm_trainer_options, defaults, members);

/* The numbers as the kernels see them: an epsilon that is 0 in f32 would make 0/0 of a zero gradient. */
egm_status egm__trainer_check_dtype(const egm_trainer_options *o, egm_dtype dtype)
{
	if (dtype != EGM_F32) return EGM_OK;
	if (!(o->epsilon * sqrt(1 - o->beta2) >= (double)FLT_MIN))
		return egm__fail(EGM_ERR_ARGUMENT, "epsilon %g is too small for f32", o->epsilon);
	if (!(o->learning_rate <= (double)FLT_MAX))
		return egm__fail(EGM_ERR_ARGUMENT, "learning_rate is %g, which is infinite in f32", o->learning_rate);
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
static EGM__FAMILY(starts, "EGM_NEGATIVES_", start_choices);
static const egm__option negatives_members[] = {
    EGM__CHOICE(egm_negatives_options, start, starts, "Where chains start: at data, in a replay buffer, or at noise."),
    EGM__FLAG(egm_negatives_options, adapt_step,
              "1: the step size follows the acceptance rate between batches, up to that of the sampler."),
    EGM__FLAG(egm_negatives_options, near_data,
              "Whether chains that start anew start near the data, else at noise (pcd)."),
    EGM__RESERVED(egm_negatives_options, reserved),
    EGM__COUNT(egm_negatives_options, steps, "Transitions for each batch."),
    EGM__WEIGHT(egm_negatives_options, buffer,
                "Rows of the replay buffer (pcd), at least a batch; 0: 10000, or a batch if that is more."),
    EGM__BETWEEN(egm_negatives_options, restart, 0, 1, "Share of the chains that start anew in each batch (pcd)."),
};
EGM__OPTIONS(egm__options_negatives, egm_negatives_options, negatives_defaults, negatives_members);

static const egm_negatives_statistics no_statistics = EGM_NEGATIVES_STATISTICS_INIT;
static const egm__option statistics_members[] = {
    EGM__RESULT(egm_negatives_statistics, acceptance, "Mean acceptance probability of the last batch."),
    EGM__RESULT(egm_negatives_statistics, step_size, "Step size in use."),
    EGM__RESULT(egm_negatives_statistics, restarted, "Share of the chains of the last batch that started anew."),
    EGM__RESULT(egm_negatives_statistics, ran_away,
                "Average share of the chains that ran away and started anew (pcd)."),
    EGM__RESULT(egm_negatives_statistics, gap, "Average energy of the negatives minus that of the data, in nats."),
    EGM__RESULT(egm_negatives_statistics, gap_limit, "Training ends with EGM_ERR_DIVERGED where |gap| exceeds this."),
};
EGM__OPTIONS(egm__options_negatives_statistics, egm_negatives_statistics, no_statistics, statistics_members);
