/* SPDX-License-Identifier: MIT */
/* The optimiser of one network: gradient, moments, moving average, and number of moves. */
#ifndef EGM_TRAIN_OPTIMIZER_IMPL_H
#define EGM_TRAIN_OPTIMIZER_IMPL_H

#include <egm/trainer.h>
#include <model/model_impl.h>
#include <tensor/kernels_impl.h>

/* Elements of a chunk, fixed so that sums are added in the same order for any number of threads. 256 KiB of f32 fit in
 * the second-level cache, which matters because a chunk is passed over several times. */
enum { EGM__OPTIMIZER_CHUNK = 65536 };

typedef struct egm__optimizer {
	egm_context *context;
	const egm__kernels *kernels;
	const egm_trainer_options *options; /* borrowed from the trainer */
	egm_model *net;                     /* borrowed too */
	double clip;                        /* trained parameters are clipped to [-clip, clip] after each move; 0: never */
	int64_t count;                      /* parameters */
	int32_t chunks;
	size_t element;        /* bytes of one parameter */
	void *weights;         /* of the network */
	void *gradient;        /* written by the programs of phases */
	void *m;               /* Adam: first moment; SGD: momentum buffer; else NULL */
	void *v;               /* Adam, RMSProp: second moment; else NULL */
	void *average;         /* NULL when average_decay is 0 */
	double *squares;       /* sum of squares of each chunk of the gradient; NULL when clip_norm is 0 */
	double learning_rate;  /* before the schedule */
	int64_t moves;         /* t in Adam's bias correction and in the decay of the average */
	double gradient_scale; /* factor by which the norm is clipped, from the last scan */
} egm__optimizer;

/* context is that of the trainer; networks may have others. */
egm_status egm__optimizer_init(egm__optimizer *o, egm_context *context, egm_model *net,
                               const egm_trainer_options *options, double clip);
void egm__optimizer_clear(egm__optimizer *o);

/* Checks that the gradient is finite, and sets gradient_scale. */
typedef enum egm__scan { EGM__SCAN_OK, EGM__SCAN_NONFINITE, EGM__SCAN_OVERFLOW } egm__scan;
egm__scan egm__optimizer_scan(egm__optimizer *o);

/* One move by the gradient that was scanned last, with the learning rate learning_rate * factor; then clips the
 * parameters, then updates their average. */
void egm__optimizer_move(egm__optimizer *o, double factor);

/* Factor of the learning rate after `steps` steps: schedule times warm-up (schedule.c). */
double egm__schedule_factor(const egm_trainer_options *options, int64_t steps);

#endif
