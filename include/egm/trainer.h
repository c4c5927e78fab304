/* SPDX-License-Identifier: MIT */
#ifndef EGM_TRAINER_H
#define EGM_TRAINER_H

#include <egm/data.h>
#include <egm/loss.h>
#include <egm/sampler.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Trains the networks of a loss. A trainer keeps the loss alive, and contains the optimiser's state, the learning
 *  rates, the order of the mini-batches, averages of the parameters, and for egm_loss_ml the chains that draw negative
 *  samples.
 *
 *  Callbacks, while egm_trainer_fit runs:
 *  - The progress callback may call every function of the trainer except egm_trainer_fit, which returns EGM_ERR_STATE.
 *    egm_trainer_restore and egm_trainer_set_negatives take effect from the next step on.
 *  - In the callback that writes rows (egm_data_fn), all functions of the trainer that return a status return
 *    EGM_ERR_STATE.
 *  - If a callback frees the trainer or the data, they are freed when egm_trainer_fit returns. */
typedef struct egm_trainer egm_trainer;

/** Optimiser. g is the gradient, w are the weights, and lr is the learning rate. */
enum {
	EGM_OPTIMIZER_ADAM = 1,    /**< Adam with bias correction. Kingma and Ba 2015, algorithm 1 */
	EGM_OPTIMIZER_RMSPROP = 2, /**< v = beta2 v + (1-beta2) g^2; w -= lr g / (sqrt(v) + epsilon) */
	EGM_OPTIMIZER_SGD = 3      /**< b = momentum b + g; w -= lr b */
};
/** Schedule: the factor by which the learning rate is multiplied in a step. t = steps done / schedule_steps, at most 1;
 *  f = final_fraction. */
enum {
	EGM_SCHEDULE_CONSTANT = 1, /**< 1 */
	EGM_SCHEDULE_LINEAR = 2,   /**< 1 - (1-f) t */
	EGM_SCHEDULE_COSINE = 3    /**< f + (1-f) (1 + cos(pi t)) / 2 */
};

typedef struct egm_trainer_options {
	size_t struct_size;
	uint64_t seed;          /**< seed of noise and shuffling, default 0 */
	int64_t batch;          /**< rows of a mini-batch, >= 1, default 64 */
	int32_t optimizer;      /**< EGM_OPTIMIZER_*, default EGM_OPTIMIZER_ADAM */
	int32_t schedule;       /**< EGM_SCHEDULE_*, default EGM_SCHEDULE_CONSTANT */
	int64_t schedule_steps; /**< steps until the schedule ends, >= 1. There is no default; EGM_SCHEDULE_CONSTANT does
	                             not need it */
	int64_t warmup_steps;   /**< number of first steps in which the learning rate is also multiplied by a second factor,
	                             which grows linearly from 1/warmup_steps to 1; 0 (default): no warm-up */
	double final_fraction;  /**< factor in [0, 1] at the end of the schedule, default 0 */
	double learning_rate;   /**< > 0, default 1e-4 */
	double beta1;           /**< for Adam: decay in [0, 1) of the mean of g, default 0.5 */
	double beta2;           /**< for Adam and RMSprop: decay in [0, 1) of the mean of g^2, default 0.9 */
	double epsilon;         /**< for Adam and RMSprop: > 0, default 1e-8 */
	double momentum;        /**< for SGD: decay in [0, 1) of the sum of g, default 0.9 */
	double clip_norm;       /**< largest L2 norm >= 0 of the gradient of a network; a larger gradient is scaled down to
	                             it. 0 (default): no clipping */
	double average_decay;   /**< decay in [0, 1) of the averages of egm_trainer_average; 0 (default): no averages are
	                             kept */
} egm_trainer_options;

#define EGM_TRAINER_OPTIONS_INIT                                                                                      \
	{                                                                                                                 \
		sizeof(egm_trainer_options), 0, 64, EGM_OPTIMIZER_ADAM, EGM_SCHEDULE_CONSTANT, 0, 0, 0, 1e-4, 0.5, 0.9, 1e-8, \
		    0.9, 0, 0                                                                                                 \
	}

/** Creates a trainer: compiles the phases of the loss for the batch size and sets up the optimiser.
 *
 *  `options` may be NULL. The trainer keeps the loss alive. Errors:
 *  - EGM_ERR_ARGUMENT if an option is out of its range or cannot be represented in the networks' dtype;
 *  - EGM_ERR_ARGUMENT if `batch` is 1 and the loss has EGM_MARGINAL_DERANGEMENT, or if a layer of egm_model_batch_norm
 *    would see a single pixel. */
EGM_API EGM_CHECKED egm_status egm_trainer_create(egm_trainer **out, egm_loss *loss,
                                                  const egm_trainer_options *options);
EGM_API void egm_trainer_free(egm_trainer *trainer);

/** Makes `steps` >= 0 training steps on shuffled mini-batches of `data`.
 *
 *  In one step every phase of the loss is repeated as often as the options of the loss say (for example critic_steps),
 *  each time with the next mini-batch. If fewer rows than a mini-batch remain at the end of an epoch, they are skipped,
 *  and all rows are shuffled again. `data` is NULL for losses that read no data. `progress` may be NULL; it is called
 *  after every step.
 *
 *  Errors:
 *  - EGM_ERR_SHAPE, EGM_ERR_DTYPE if the data do not fit the networks, or if they have fewer rows than a mini-batch;
 *  - EGM_ERR_NONFINITE if a number is not finite: the value of a loss term, the gradient, the squared gradient norm or
 *    a running statistic of a network. The message names the term, or the network by its role, for example "critic". If
 *    an update makes parameters overflow, the next step returns this error;
 *  - EGM_ERR_DIVERGED with egm_loss_ml: see egm_trainer_set_negatives;
 *  - EGM_ERR_STOPPED if `progress` stopped the call;
 *  - the errors of egm_data_read, if the rows of the data are not in memory. The next call repeats the step that needed
 *    these rows.
 *
 *  If a step fails, all networks are left as they were before the phase that failed. The updates of earlier phases of
 *  the step remain. */
EGM_API EGM_CHECKED egm_status egm_trainer_fit(egm_trainer *trainer, const egm_data *data, int64_t steps,
                                               egm_progress_fn progress, void *user);

/** Where the chains that draw the negative samples of egm_loss_ml start. */
enum {
	EGM_NEGATIVES_CD = 1,       /**< at the rows of the mini-batch: contrastive divergence (CD). Hinton 2002 */
	EGM_NEGATIVES_PCD = 2,      /**< where earlier chains ended, from a replay buffer: persistent CD. Tieleman 2008 */
	EGM_NEGATIVES_SHORT_RUN = 3 /**< always at noise. Nijkamp et al. 2019 */
};

typedef struct egm_negatives_options {
	size_t struct_size;
	int32_t start; /**< EGM_NEGATIVES_*, default EGM_NEGATIVES_PCD */
	/** 1: after each batch the step size of all chains is adapted towards the sampler's option target_accept, but never
	 *  exceeds the sampler's step_size. EGM_ERR_ARGUMENT for kernels without a Metropolis test (ula,
	 *  annealed_langevin). 0 (default): the step size is not adapted. Ignored if `sampler` is NULL: the step size is
	 *  then adapted. */
	int32_t adapt_step;
	/** For pcd: where a chain begins anew. 1: near the data. 0 (default): at noise. Ignored if `sampler` is NULL:
	 *  chains then begin anew near the data. */
	int32_t near_data;
	int32_t reserved; /**< must be 0 */
	int64_t steps;    /**< transitions of each chain for each batch, >= 1, default 20 */
	int64_t buffer;   /**< for pcd: rows of the replay buffer, at least the rows of a batch. 0 (default): the larger of
	                       10000 and the rows of a batch */
	double restart;   /**< for pcd: share in [0, 1] of the chains that begin anew in each batch, default 0.05 */
} egm_negatives_options;

#define EGM_NEGATIVES_OPTIONS_INIT                                             \
	{                                                                          \
		sizeof(egm_negatives_options), EGM_NEGATIVES_PCD, 0, 0, 0, 20, 0, 0.05 \
	}

/** Sets how a trainer of egm_loss_ml draws negative samples from now on. Without this call all defaults are used.
 *
 *  `sampler` is any sampler on an egm_target_model of the loss's energy. The target may have a temperature, a prior or
 *  bounds. The sampler only describes the chains: the trainer makes chains of its own with the same kernel, options and
 *  target. There is one chain for each row of a batch, and their seed is that of the trainer. The sampler itself is not
 *  changed and may be freed. Image models in the literature often use a step a and noise of standard deviation s: that
 *  is ula with step_size s^2 and beta 2 a / s^2. If `sampler` is NULL, the chains are mala with jitter 0.9 on the
 *  energy itself, without temperature, prior or bounds. Their step size is adapted during training and is at most 0.1.
 *
 *  `options` may be NULL. Any existing replay buffer is discarded, and the rows of a new one are noise.
 *
 *  Definitions for this header:
 *  - "Noise" is the distribution from which a sampler draws its first points: N(0, start_scale^2 I), in unconstrained
 *    coordinates if there are bounds.
 *  - A chain "begins anew" if it starts at noise or near the data, not at a row of the buffer. With pcd, the share
 *    `restart` of the chains of each batch begins anew, and so does every chain that has run away.
 *  - A chain of pcd "runs away" if its energy or gradient is not finite, or if the absolute value of one of its
 *    coordinates is more than 100 times that of every number in the mini-batch and in the starting points.
 *  - "Near the data" is a row of the mini-batch plus a draw from N(0, h_j^2) in each column j. h_j is the standard
 *    deviation of the column in the mini-batch times batch^(-1/(dims + 4)). With bounds, the rows are first transformed
 *    to unconstrained coordinates; h_j and the sum are computed there. A row that is not inside of the bounds is
 *    replaced by noise, and does not count in h_j and `batch`. Source: Scott 1992, Multivariate Density Estimation.
 *
 *  Errors of this call, after which the previous settings remain in use:
 *  - EGM_ERR_STATE if the loss uses no negative samples;
 *  - EGM_ERR_ARGUMENT if the target of `sampler` is not an egm_target_model of the loss's energy;
 *  - EGM_ERR_ARGUMENT if an option is out of its range.
 *
 *  Errors of egm_trainer_fit, after which networks and buffer are as they were before the phase that failed:
 *  - EGM_ERR_NONFINITE if the energy or gradient of a chain is not finite; with pcd only if it is still not finite
 *    after the chain began anew several times;
 *  - EGM_ERR_DIVERGED if the mean energies of negatives and data differ by more than 100 + 20 dims nats, averaged over
 *    about 50 steps. With short_run, and with annealed_langevin at several temperatures, the limit is ten times as
 *    large;
 *  - EGM_ERR_DIVERGED if more than half of the chains run away, averaged over about 50 steps.
 *
 *  The message of EGM_ERR_DIVERGED contains the energies, the step size and the acceptance of the chains, and what
 *  would be right. */
EGM_API EGM_CHECKED egm_status egm_trainer_set_negatives(egm_trainer *trainer, const egm_sampler *sampler,
                                                         const egm_negatives_options *options);

/** State of the chains that draw a trainer's negative samples. Averages are moving averages over about 50 steps. They
 *  begin at 0 and are saved in checkpoints. */
typedef struct egm_negatives_statistics {
	size_t struct_size;
	double acceptance; /**< mean acceptance probability in the last batch; NaN without a Metropolis test, before the
	                        first batch, and after egm_trainer_restore */
	double step_size;  /**< step size in use (eps or h, see egm_sampler); mean over the chains */
	double restarted;  /**< share of the chains of the last batch that began anew */
	double ran_away;   /**< for pcd: average share of the chains that ran away */
	/** Average of U at the negatives minus U at the data, times the target's beta if that is below 1.
	 *  - near 0: the chains follow the model;
	 *  - far above 0: the chains are too slow, or their step size is too large;
	 *  - far below 0: the chains find regions of low energy in which there are no data. */
	double gap;
	double gap_limit; /**< egm_trainer_fit returns EGM_ERR_DIVERGED when |gap| exceeds this */
} egm_negatives_statistics;

#define EGM_NEGATIVES_STATISTICS_INIT                      \
	{                                                      \
		sizeof(egm_negatives_statistics), 0, 0, 0, 0, 0, 0 \
	}

/** Writes the statistics of the negative samples of a trainer of egm_loss_ml. `statistics` begins as
 *  EGM_NEGATIVES_STATISTICS_INIT. EGM_ERR_STATE if the loss uses no negative samples. */
EGM_API EGM_CHECKED egm_status egm_trainer_negatives_stats(const egm_trainer *trainer,
                                                           egm_negatives_statistics *statistics);

/** Returns the number of steps done, including those of a restored checkpoint. */
EGM_API int64_t egm_trainer_steps(const egm_trainer *trainer);
/** Returns the value of term `index` (egm_loss_term_name) at its last evaluation. NaN for NULL, if there is no such
 *  term, or if it has not been evaluated since the trainer was created or restored. */
EGM_API double egm_trainer_term(const egm_trainer *trainer, int32_t index);
/** Returns the size in bytes of the working memory of a step, which its phases share. It never changes. */
EGM_API size_t egm_trainer_arena_bytes(const egm_trainer *trainer);
/** Sets the learning rate, > 0, of the network `net` of the loss, or of all networks if `net` is NULL. The schedule
 *  still multiplies it. EGM_ERR_ARGUMENT if `net` is not a network of the loss, or if the rate is not finite in its
 *  dtype. */
EGM_API EGM_CHECKED egm_status egm_trainer_set_learning_rate(egm_trainer *trainer, const egm_model *net,
                                                             double learning_rate);
/** Creates a model with the moving average of the parameters of the network `net` of the loss.
 *
 *  Update t of the network, t = 1, 2, ..., changes the average y to
 *
 *    c y + (1 - c) w,  c = min(average_decay, (t - 1)/(t + 8)),
 *
 *  where w are the parameters after the update: after weight clipping, with the running statistics of batch
 *  normalisation.
 *  - The first update replaces the average, so the random initial network has no part in it. Before the first update
 *    the average is the initial network.
 *  - The average extends over about the last ninth of the updates so far, until that exceeds the 1/(1 - average_decay)
 *    updates of a plain exponential average. With average_decay 0.999 that is from update 8992 on.
 *  - Updates are those of this network, not training steps. If a critic is updated five times in a step, and the
 *    generator once, the average of the critic extends over a fifth as many steps as that of the generator.
 *  - The buffers u and v of spectral layers are not averaged, but computed from the averaged weight, as by
 *    egm_model_build.
 *
 *  Up to release 0.4 the average began at the initial network, c was always average_decay, and weights were averaged
 *  before clipping. A checkpoint of such a release can be restored; between updates t and T the weight of its average
 *  in y falls to (t/T)^9.
 *
 *  EGM_ERR_STATE if average_decay is 0. EGM_ERR_ARGUMENT if `net` is not a network of the loss.
 *
 *  Source: Shamir and Zhang 2013, "Stochastic gradient descent for non-smooth optimization": polynomial-decay averaging
 *  with eta = 8. c is the warm-up (1 + n)/(10 + n) that diffusion models use, with n = t - 2. */
EGM_API EGM_CHECKED egm_status egm_trainer_average(egm_model **out, const egm_trainer *trainer, const egm_model *net);

/** Writes a checkpoint to a safetensors file: parameters, optimiser moments, averages, counters and seeds, and with
 *  egm_loss_ml the chains and the replay buffer. The file is replaced as egm_model_save does, with the same errors.
 *
 *  n steps, save, restore and m steps yield the same bits as n + m steps on the same CPU. Learning rates of
 *  egm_trainer_set_learning_rate are not restored and must be set again. */
EGM_API EGM_CHECKED egm_status egm_trainer_save(const egm_trainer *trainer, const char *path);
/** Writes the same bytes to memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_trainer_save_memory(const egm_trainer *trainer, void *buffer, size_t size,
                                                       size_t *needed);
/** Reads a checkpoint into a trainer and its networks.
 *
 *  The trainer must have networks of the same layers and dtype, the same kind of loss and the same optimiser as the one
 *  that wrote the checkpoint, and must keep averages if and only if that one did. Batch size, learning rate and
 *  schedule stay those of the trainer; the seed becomes that of the checkpoint. `options` may be NULL.
 *
 *  With egm_loss_ml the batch size, and start, kernel and buffer size of the negatives must be the same, too.
 *  Exception: a checkpoint that release 0.3 or 0.4 wrote with its default negatives (ula) can be restored into a
 *  trainer with the present default negatives (mala), which continues with the buffer and the step size of the
 *  checkpoint.
 *
 *  Errors, after which trainer and networks are unchanged:
 *  - EGM_ERR_IO if the file cannot be read;
 *  - EGM_ERR_FORMAT if the file is malformed, or if it does not fit the trainer. The message names what differs;
 *  - EGM_ERR_NONFINITE if a number is not finite;
 *  - EGM_ERR_UNSUPPORTED if the file exceeds a limit of the options. */
EGM_API EGM_CHECKED egm_status egm_trainer_restore(egm_trainer *trainer, const char *path,
                                                   const egm_load_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_trainer_restore_memory(egm_trainer *trainer, const void *bytes, size_t size,
                                                          const egm_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
