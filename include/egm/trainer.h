/* SPDX-License-Identifier: MIT */
#ifndef EGM_TRAINER_H
#define EGM_TRAINER_H

#include <egm/data.h>
#include <egm/loss.h>
#include <egm/sampler.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Trains the networks of a loss: optimiser state, learning rate, mini-batches, averages, checkpoints. */
typedef struct egm_trainer egm_trainer;

/** Optimiser; g is the gradient, w the weights, lr the learning rate. */
enum {
	EGM_OPTIMIZER_ADAM = 1,    /**< Kingma and Ba 2015, algorithm 1, bias-corrected */
	EGM_OPTIMIZER_RMSPROP = 2, /**< v = beta2 v + (1-beta2) g^2; w -= lr g / (sqrt(v) + epsilon) */
	EGM_OPTIMIZER_SGD = 3      /**< b = momentum b + g; w -= lr b */
};
/** Factor that multiplies `learning_rate`; t = step / schedule_steps, at most 1; f = final_fraction. */
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
	int64_t schedule_steps; /**< > 0; has no default, but may be 0 with EGM_SCHEDULE_CONSTANT */
	int64_t warmup_steps;   /**< first steps, over which another factor grows linearly from 1/warmup_steps to 1;
	                             0 (default): none */
	double final_fraction;  /**< in [0, 1], factor at the end of the schedule, default 0 */
	double learning_rate;   /**< > 0, default 1e-4 */
	double beta1;           /**< in [0, 1), default 0.5; of Adam */
	double beta2;           /**< in [0, 1), default 0.9; of Adam and RMSprop */
	double epsilon;         /**< > 0, default 1e-8; of Adam and RMSprop */
	double momentum;        /**< in [0, 1), default 0.9; of SGD */
	double clip_norm;       /**< L2 norm to which larger gradients of a network are scaled; 0 (default): never */
	double average_decay;   /**< in [0, 1): decay of egm_trainer_average; 0 (default): no averages are kept */
} egm_trainer_options;

#define EGM_TRAINER_OPTIONS_INIT                                                                                      \
	{                                                                                                                 \
		sizeof(egm_trainer_options), 0, 64, EGM_OPTIMIZER_ADAM, EGM_SCHEDULE_CONSTANT, 0, 0, 0, 1e-4, 0.5, 0.9, 1e-8, \
		    0.9, 0, 0                                                                                                 \
	}

/** Creates a trainer, which keeps the loss alive: compiles the phases of the loss for the batch size and sets up the
 *  optimiser. `options` NULL: the defaults. */
EGM_API EGM_CHECKED egm_status egm_trainer_create(egm_trainer **out, egm_loss *loss,
                                                  const egm_trainer_options *options);
EGM_API void egm_trainer_free(egm_trainer *trainer);

/** Does `steps` >= 0 training steps on shuffled mini-batches of `data`, which is NULL for losses that take none. In one
 *  step every phase of the loss is repeated as often as the loss says, each time with its own mini-batch. Rows that are
 *  left over at the end of an epoch are skipped until the next shuffle. progress is called after every step and may be
 *  NULL.
 *
 *  EGM_ERR_SHAPE and EGM_ERR_DTYPE if the data do not fit the networks, or if they have fewer rows than a mini-batch.
 *  EGM_ERR_NONFINITE names the loss term whose value is not finite, or the network (by its role, for example "critic")
 *  whose gradient or squared gradient norm is not finite. All networks are then left as they were before that phase. If
 *  an update makes parameters overflow, the next step reports it. EGM_ERR_DIVERGED with egm_loss_ml: see
 *  egm_trainer_set_negatives. Where the rows of the data are not in memory (egm_data_callback, egm_data_open_npy), also
 *  the errors of egm_data_read, with all networks as they were before the phase that needed the rows; the next call
 *  repeats that step.
 *
 *  The callback can call every function of the trainer except egm_trainer_fit, which returns EGM_ERR_STATE.
 *  egm_trainer_restore and egm_trainer_set_negatives take effect from the next step on, and egm_trainer_free frees the
 *  trainer when this call returns. The callback can also free the data.
 */
EGM_API EGM_CHECKED egm_status egm_trainer_fit(egm_trainer *trainer, const egm_data *data, int64_t steps,
                                               egm_progress_fn progress, void *user);

/** Where the chains that draw the negative samples of egm_loss_ml start. */
enum {
	EGM_NEGATIVES_CD = 1,       /**< at the rows of the mini-batch: contrastive divergence. Hinton 2002 */
	EGM_NEGATIVES_PCD = 2,      /**< where earlier chains ended: persistent, from a replay buffer. Tieleman 2008 */
	EGM_NEGATIVES_SHORT_RUN = 3 /**< always at noise. Nijkamp et al. 2019 */
};

typedef struct egm_negatives_options {
	size_t struct_size;
	int32_t start; /**< EGM_NEGATIVES_*, default EGM_NEGATIVES_PCD */
	/** 1: after each batch the step size of all chains is adapted towards target_accept of the sampler, but never
	 *  exceeds its step_size. EGM_ERR_ARGUMENT for kernels without a Metropolis test (ula, annealed_langevin). 0
	 *  (default): the step size is not adapted. Without a sampler this is ignored, and the step size is adapted. */
	int32_t adapt_step;
	/** Of pcd. 1: chains that begin anew begin near the data. 0 (default): at noise. Without a sampler this is ignored,
	 *  and they begin near the data. */
	int32_t near_data;
	int32_t reserved; /**< 0 */
	int64_t steps;    /**< transitions for each batch, >= 1, default 20 */
	int64_t buffer;   /**< of pcd: rows, at least those of a batch; 0 (default): 10000, or a batch if that is more */
	double restart;   /**< of pcd: share in [0, 1] of the chains of a batch that begin anew, default 0.05 */
} egm_negatives_options;

#define EGM_NEGATIVES_OPTIONS_INIT                                             \
	{                                                                          \
		sizeof(egm_negatives_options), EGM_NEGATIVES_PCD, 0, 0, 0, 20, 0, 0.05 \
	}

/** Sets how a trainer of egm_loss_ml draws negative samples from now on. Without this call all defaults are used.
 *
 *  `sampler` is any sampler on an egm_target_model of the loss's energy, which may have a temperature, a prior or
 *  bounds. It is only a description: the trainer makes its own chains with the same kernel, options and target, as many
 *  as the batch has rows, with the trainer's seed. The sampler itself is not changed and may be freed. NULL: mala with
 *  jitter 0.9 on the energy as it is, whose step size is adapted during training and is at most 0.1. The widespread
 *  "step a, noise s" of image models is ula with step_size s^2 and beta 2 a / s^2.
 *
 *  Any existing replay buffer is discarded, and the rows of a new one are noise. "Noise" is the distribution that a
 *  sampler draws its first points from: N(0, start_scale^2 I), before the transform of bounds.
 *
 *  A persistent chain (pcd) runs away if its energy or gradient is not finite, or if one of its coordinates is more
 *  than 100 times as large as every number of the mini-batch and of the starts. It then begins anew, and so does the
 *  share `restart` of the chains of each batch.
 *
 *  "Near the data" is a row of the mini-batch plus a draw from N(0, h_j^2) in each column j. h_j is the standard
 *  deviation of the column in the mini-batch times batch^(-1/(dims + 4)) (Scott 1992, Multivariate Density Estimation).
 *  With bounds, rows, h_j and sum are those of the coordinates before the transform of bounds, and a row that is not
 *  inside of them is replaced by noise and left out of h_j and of `batch`.
 *
 *  egm_trainer_fit then returns these errors, with networks and buffer as they were before that phase:
 *  - EGM_ERR_NONFINITE if the energy or gradient of a chain is not finite, with pcd only if that remains so after it
 *    began anew several times.
 *  - EGM_ERR_DIVERGED if over some 50 steps the mean energies of negatives and data differ by more than 100 + 20 dims
 *    nats (ten times that with short_run, and with annealed_langevin on several temperatures), or if more than half of
 *    the chains run away. The message gives the energies, the step and the acceptance of the chains, and what would be
 *    right.
 *
 *  Errors of this call, after which the previous settings remain in use: EGM_ERR_STATE if the loss uses no negative
 *  samples; EGM_ERR_ARGUMENT if the target of `sampler` is not an egm_target_model of the loss's energy, or if an
 *  option is out of its range. */
EGM_API EGM_CHECKED egm_status egm_trainer_set_negatives(egm_trainer *trainer, const egm_sampler *sampler,
                                                         const egm_negatives_options *options);

/** State of the chains that draw a trainer's negative samples. Averages are moving averages over some 50 steps, which
 *  begin at 0 and are kept in checkpoints. */
typedef struct egm_negatives_statistics {
	size_t struct_size;
	double acceptance; /**< mean acceptance probability of the last batch; NaN without a Metropolis test, before the
	                        first batch, and after egm_trainer_restore */
	double step_size;  /**< in use, as the options of the kernel give it */
	double restarted;  /**< share of the chains of the last batch that began anew, not at a row of the buffer */
	double ran_away;   /**< of pcd: average share of the chains that ran away and began anew */
	double gap; /**< average of U at the negatives minus U at the data, times the target's beta if that is below 1. Near
	               0 if the chains follow the model; far above if they are too slow or their step size is too large; far
	                 below if they find regions of low energy that the data do not fill */
	double gap_limit; /**< egm_trainer_fit returns EGM_ERR_DIVERGED when |gap| exceeds this */
} egm_negatives_statistics;

#define EGM_NEGATIVES_STATISTICS_INIT                      \
	{                                                      \
		sizeof(egm_negatives_statistics), 0, 0, 0, 0, 0, 0 \
	}

/** Writes the statistics of a trainer of egm_loss_ml; may be called from a progress callback. `statistics` begins as
 *  EGM_NEGATIVES_STATISTICS_INIT. EGM_ERR_STATE if the loss uses no negative samples. */
EGM_API EGM_CHECKED egm_status egm_trainer_negatives_stats(const egm_trainer *trainer,
                                                           egm_negatives_statistics *statistics);

/** Number of steps done, including those of a restored checkpoint; 0 for NULL. */
EGM_API int64_t egm_trainer_steps(const egm_trainer *trainer);
/** Value of term `index` (egm_loss_term_name) at its last evaluation. NaN if it has not been evaluated since the
 *  trainer was created or restored, or if there is no such term. */
EGM_API double egm_trainer_term(const egm_trainer *trainer, int32_t index);
/** Size of the working memory of a step in bytes, which its phases share; fixed at creation. */
EGM_API size_t egm_trainer_arena_bytes(const egm_trainer *trainer);
/** Sets the base learning rate, > 0, of network `net` of the loss, or of all if net is NULL. EGM_ERR_ARGUMENT if `net`
 *  is not a network of the loss. */
EGM_API EGM_CHECKED egm_status egm_trainer_set_learning_rate(egm_trainer *trainer, const egm_model *net,
                                                             double learning_rate);
/** Creates a model with the moving average of the parameters of `net`.
 *
 *  Move t of the network (t = 1, 2, ...) updates the average y to c y + (1 - c) w with
 *  c = min(average_decay, (t - 1)/(t + 8)). Here w are the parameters as the move leaves them: after weight clipping,
 *  with the running statistics of batch normalisation. The first move replaces the average, so the random initial
 *  network has no part in it. Before the first move the network is its own average.
 *
 *  The average reaches back over about a ninth of the moves so far, until that exceeds the 1/(1 - average_decay) moves
 *  of a plain exponential average: at 0.999 from move 8992 on. Moves are those of this network, not training steps: for
 *  a critic that moves five times in a step the average reaches back over a fifth of the steps of its generator's.
 *
 *  The buffers u and v of spectral layers are not averaged, but computed from the averaged weight, as egm_model_build
 *  does.
 *
 *  Up to 0.4 the average began at the initial network, always kept the share average_decay of itself, and was taken
 *  before weight clipping. A checkpoint of such a release can be restored; its average fades as (t/T)^9 between moves t
 *  and T.
 *
 *  Source: polynomial-decay averaging with eta = 8, Shamir and Zhang 2013, "Stochastic gradient descent for non-smooth
 *  optimization"; it is the warm-up (1 + n)/(10 + n) of diffusion models with n = t - 2.
 *  Errors: EGM_ERR_STATE if average_decay is 0; EGM_ERR_ARGUMENT if `net` is not a network of the loss. */
EGM_API EGM_CHECKED egm_status egm_trainer_average(egm_model **out, const egm_trainer *trainer, const egm_model *net);

/** Writes a checkpoint: parameters, optimiser moments, averages, counters and seeds in a safetensors file, which is
 *  replaced as egm_model_save does. n steps, save, restore, m steps yields the same bits as n + m steps, on the same
 *  CPU, if learning rates of egm_trainer_set_learning_rate are set again. */
EGM_API EGM_CHECKED egm_status egm_trainer_save(const egm_trainer *trainer, const char *path);
/** The same into memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_trainer_save_memory(const egm_trainer *trainer, void *buffer, size_t size,
                                                       size_t *needed);
/** Reads a checkpoint into a trainer with the same kinds of networks, loss and optimiser, and into its networks.
 *  EGM_ERR_FORMAT names what differs, EGM_ERR_UNSUPPORTED the limit of the options that the file exceeds; nothing is
 *  then changed. Batch size, learning rate and schedule stay those of the trainer. `options` may be NULL.
 *
 *  A checkpoint that 0.3 or 0.4 wrote with its default negatives (ula) can be restored into a trainer with today's
 *  default negatives (mala), which continues from that buffer and that step. */
EGM_API EGM_CHECKED egm_status egm_trainer_restore(egm_trainer *trainer, const char *path,
                                                   const egm_load_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_trainer_restore_memory(egm_trainer *trainer, const void *bytes, size_t size,
                                                          const egm_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
