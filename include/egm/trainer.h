/* SPDX-License-Identifier: MIT */
#ifndef EGM_TRAINER_H
#define EGM_TRAINER_H

#include <egm/data.h>
#include <egm/loss.h>
#include <egm/sampler.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Moves the nets of a loss: optimiser state, learning rate, mini-batches, averages, checkpoints. */
typedef struct egm_trainer egm_trainer;

enum {
	EGM_OPTIMIZER_ADAM = 1,    /**< Kingma and Ba 2015, algorithm 1, bias-corrected */
	EGM_OPTIMIZER_RMSPROP = 2, /**< v = beta2 v + (1-beta2) g^2; w -= lr g / (sqrt(v) + epsilon) */
	EGM_OPTIMIZER_SGD = 3      /**< b = momentum b + g; w -= lr b */
};
/** The learning rate is `learning_rate` times this factor, t = step / schedule_steps, at most 1; f = final_fraction. */
enum {
	EGM_SCHEDULE_CONSTANT = 1,
	EGM_SCHEDULE_LINEAR = 2, /**< 1 - (1-f) t */
	EGM_SCHEDULE_COSINE = 3  /**< f + (1-f) (1 + cos(pi t)) / 2 */
};

typedef struct egm_trainer_options {
	size_t struct_size;
	uint64_t seed;          /**< of noise and shuffling, default 0 */
	int64_t batch;          /**< rows of a mini-batch, >= 1, default 64 */
	int32_t optimizer;      /**< EGM_OPTIMIZER_*, default Adam */
	int32_t schedule;       /**< EGM_SCHEDULE_*, default constant */
	int64_t schedule_steps; /**< > 0 unless constant */
	int64_t warmup_steps;   /**< the factor grows linearly from 1/warmup_steps to 1 over these first; default 0 */
	double final_fraction;  /**< in [0, 1], default 0 */
	double learning_rate;   /**< > 0, default 1e-4 */
	double beta1;           /**< in [0, 1), default 0.5 */
	double beta2;           /**< in [0, 1), default 0.9 */
	double epsilon;         /**< > 0, default 1e-8 */
	double momentum;        /**< in [0, 1), default 0.9; SGD alone */
	double clip_norm;       /**< gradients of a net are scaled to this L2 norm when above; 0 (default): never */
	double average_decay;   /**< in [0, 1): decay of egm_trainer_average; 0 (default): no averages are kept */
} egm_trainer_options;

#define EGM_TRAINER_OPTIONS_INIT                                                                                      \
	{                                                                                                                 \
		sizeof(egm_trainer_options), 0, 64, EGM_OPTIMIZER_ADAM, EGM_SCHEDULE_CONSTANT, 0, 0, 0, 1e-4, 0.5, 0.9, 1e-8, \
		    0.9, 0, 0                                                                                                 \
	}

/** Compiles the phases of the loss for the batch size and sets up the optimiser. Keeps the loss alive. */
EGM_API EGM_CHECKED egm_status egm_trainer_create(egm_trainer **out, egm_loss *loss,
                                                  const egm_trainer_options *options);
EGM_API void egm_trainer_free(egm_trainer *trainer);

/** Does `steps` training steps on shuffled mini-batches of `data`, NULL for a loss that takes none. One step = every
 *  phase of the loss as often as the loss says, each with a mini-batch of its own; rows left over at the end of an
 *  epoch wait for the next shuffle. progress is called after every step and may be NULL.
 *
 *  EGM_ERR_SHAPE and EGM_ERR_DTYPE if the data do not fit the networks, or if they have fewer rows than a mini-batch.
 *  EGM_ERR_NONFINITE names the loss term whose value is not finite, or the network (by its role, for example "critic")
 *  whose gradient or squared gradient norm is not finite. All networks are then left as they were before that phase. A
 *  step so long that parameters overflow is reported by the next one. EGM_ERR_DIVERGED with egm_loss_ml: see
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

/** Where the chains of egm_loss_ml's negative samples start. */
enum {
	EGM_NEGATIVES_CD = 1,       /**< at the rows of the mini-batch: contrastive divergence. Hinton 2002 */
	EGM_NEGATIVES_PCD = 2,      /**< where earlier chains ended: persistent, from a replay buffer. Tieleman 2008 */
	EGM_NEGATIVES_SHORT_RUN = 3 /**< at noise, always. Nijkamp et al. 2019 */
};

typedef struct egm_negatives_options {
	size_t struct_size;
	int32_t start; /**< EGM_NEGATIVES_*, default EGM_NEGATIVES_PCD */
	/** 1: after each batch the step of all chains is adapted towards target_accept of the sampler, and never exceeds
	 *  the given step_size. EGM_ERR_ARGUMENT for kernels without a Metropolis test (ula, annealed_langevin). 0
	 *  (default): the step stays as given. Ignored without a sampler, where it is always adapted. */
	int32_t adapt_step;
	/** pcd: 1: chains that begin anew begin near the data; 0 (default): at noise. Ignored without a sampler, where they
	 *  always begin near the data. */
	int32_t near_data;
	int32_t reserved; /**< 0 */
	int64_t steps;    /**< transitions for each batch, >= 1, default 20 */
	int64_t buffer;   /**< pcd: rows, at least a batch; 0 (default): 10000, or a batch where that is more */
	double restart;   /**< pcd: share in [0, 1] of the chains that begin anew, default 0.05 */
} egm_negatives_options;

#define EGM_NEGATIVES_OPTIONS_INIT                                             \
	{                                                                          \
		sizeof(egm_negatives_options), EGM_NEGATIVES_PCD, 0, 0, 0, 20, 0, 0.05 \
	}

/** Sets how a trainer of egm_loss_ml draws negative samples from now on. Without this call all defaults are used.
 *
 *  `sampler`: any sampler on a target of the loss's energy, with a temperature, a prior or bounds. The trainer makes
 *  chains of its own with its kernel, options and target: as many as the batch has rows, with the trainer's seed. The
 *  sampler itself does not move and may be freed. NULL: mala on the energy as it is, with jitter 0.9, whose step is
 *  adapted during training and is at most 0.1.
 *  The widespread "step a, noise s" of image models is ula with step_size s^2 and beta 2 a / s^2. Noise is where a
 *  sampler starts its chains: N(0, start_scale^2 I), before the transform of bounds. Any existing buffer is discarded.
 *
 *  A persistent chain (pcd) runs away if its energy or gradient is not finite, or if one of its coordinates is more
 *  than 100 times as large as every number of the mini-batch and of the starts. Its row of the buffer then begins anew.
 *
 *  Near the data a persistent chain begins anew at a row of the mini-batch plus a draw of N(0, h_j^2) in each column j:
 *  h_j is the standard deviation of the column in the mini-batch times batch^(-1/(dims + 4)) (Scott 1992, Multivariate
 *  Density Estimation). Bounds transform that sum as they do noise, and a row outside of them is replaced by noise. The
 *  rows of a new buffer are noise in any case.
 *
 *  egm_trainer_fit then returns these errors, with networks and buffer as they were before that phase:
 *  - EGM_ERR_NONFINITE if the energy or gradient of a chain is not finite, with pcd only if that remains so after it
 *    began anew several times.
 *  - EGM_ERR_DIVERGED if over some 50 steps the mean energies of negatives and data differ by more than 100 + 20 dims
 *    nats (ten times that with short_run, and with annealed_langevin on several temperatures), or if more than half of
 *    the chains run away. The message gives the energies, the step and the acceptance of the chains, and what would be
 *    right.
 *
 *  Errors, with what was set before still in use: EGM_ERR_STATE if the loss reads no negatives; EGM_ERR_ARGUMENT if the
 *  target of `sampler` is not egm_target_model of the loss's energy, or names an option that is out of its range. */
EGM_API EGM_CHECKED egm_status egm_trainer_set_negatives(egm_trainer *trainer, const egm_sampler *sampler,
                                                         const egm_negatives_options *options);

/** How the chains behind a trainer's negative samples are doing. Averages are moving ones over some 50 steps, which
 *  begin at 0 and are kept in checkpoints. */
typedef struct egm_negatives_statistics {
	size_t struct_size;
	double acceptance; /**< mean acceptance probability of the last batch; NaN without a Metropolis test, before the
	                        first batch, and after a load */
	double step_size;  /**< in use, as the options of the kernel give it */
	double restarted;  /**< share of the chains of the last batch that began anew, not at a row of the buffer */
	double ran_away;   /**< average share of the chains that ran away and began anew; pcd */
	double gap; /**< average of U at the negatives minus U at the data, times the target's beta where that is below
	                 1. Near 0 when chains follow the model; far above when they are too slow or their step too
	                 long, far below when they find valleys that the data do not fill */
	double gap_limit; /**< egm_trainer_fit returns EGM_ERR_DIVERGED when |gap| exceeds this */
} egm_negatives_statistics;

#define EGM_NEGATIVES_STATISTICS_INIT                      \
	{                                                      \
		sizeof(egm_negatives_statistics), 0, 0, 0, 0, 0, 0 \
	}

/** Writes the statistics of a trainer of egm_loss_ml; may be called from a progress callback. EGM_ERR_STATE if the
 *  loss reads no negatives. Since 0.5. */
EGM_API EGM_CHECKED egm_status egm_trainer_negatives_stats(const egm_trainer *trainer,
                                                           egm_negatives_statistics *statistics);

/** Steps done. */
EGM_API int64_t egm_trainer_steps(const egm_trainer *trainer);
/** Value of term `index` (egm_loss_term_name) at its last evaluation; NaN before the first, also after a load. */
EGM_API double egm_trainer_term(const egm_trainer *trainer, int32_t index);
/** Bytes of working memory of a step, which its phases share; fixed at creation. */
EGM_API size_t egm_trainer_arena_bytes(const egm_trainer *trainer);
/** Sets the base learning rate (> 0) of one net of the loss, or of all with net NULL. */
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
 *  of a plain exponential average: at 0.999 from move 8992 on. Moves are those of this network, not training steps: a
 *  critic that moves five times in a step has a horizon that is five times shorter, in steps, than its generator's.
 *
 *  The buffers u and v of spectral layers are not averaged but computed from the averaged weight, as egm_model_build
 *  does. Up to 0.4 the average began at the initial network, always kept the share average_decay of itself, and was
 *  taken before weight clipping; a checkpoint of that time can be loaded, and what it holds fades as (t/T)^9 between
 *  moves t and T. Source: polynomial-decay averaging with eta = 8, Shamir and Zhang 2013, "Stochastic gradient descent
 *  for non-smooth optimization"; it is the warm-up (1 + n)/(10 + n) of diffusion models with n = t - 2.
 *  Errors: EGM_ERR_STATE if average_decay is 0; EGM_ERR_ARGUMENT if `net` is not a network of the loss. */
EGM_API EGM_CHECKED egm_status egm_trainer_average(egm_model **out, const egm_trainer *trainer, const egm_model *net);

/** Writes parameters, optimiser moments, averages, counters and seeds as one safetensors file, replaced as a whole.
 *  n steps, save, load, m steps gives the same bits as n + m steps, on the same CPU and with the learning rates set
 *  again that egm_trainer_set_learning_rate had set. */
EGM_API EGM_CHECKED egm_status egm_trainer_save(const egm_trainer *trainer, const char *path);
/** The same into memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_trainer_save_memory(const egm_trainer *trainer, void *buffer, size_t size,
                                                       size_t *needed);
/** Reads it into a trainer that was made from the same kinds of nets, loss and optimiser; FORMAT names what differs,
 *  and nothing has then changed. The batch size, learning rate and schedule stay those of the trainer. A checkpoint
 *  that 0.3 or 0.4 wrote with its default negatives (ula) can be loaded by a trainer with the default negatives of
 *  today (mala), which continues from that buffer and that step. */
EGM_API EGM_CHECKED egm_status egm_trainer_restore(egm_trainer *trainer, const char *path,
                                                   const egm_load_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_trainer_restore_memory(egm_trainer *trainer, const void *bytes, size_t size,
                                                          const egm_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
