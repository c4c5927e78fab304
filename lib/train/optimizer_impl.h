/* SPDX-License-Identifier: MIT */
/* What moves one net: its gradient, its moments, its moving average, and how often it has moved. */
#ifndef EGM_TRAIN_OPTIMIZER_IMPL_H
#define EGM_TRAIN_OPTIMIZER_IMPL_H

#include <egm/trainer.h>
#include <model/model_impl.h>
#include <tensor/kernels_impl.h>

/* Elements that one task handles. Fixed, so that sums over a net are added in the same order for any thread count; 256
 * KiB of f32, so that the passes over a chunk find it in the second-level cache. */
enum { EGM__OPTIMIZER_CHUNK = 65536 };

typedef struct egm__optimizer {
	egm_context *context;
	const egm__kernels *kernels;
	const egm_trainer_options *options; /* borrowed from the trainer */
	egm_model *net;                     /* borrowed too */
	double clip;                        /* trained parameters are cut to [-clip, clip] after each move; 0: never */
	int64_t count;                      /* parameters */
	int32_t chunks;
	size_t element;        /* bytes of one */
	void *weights;         /* of the net */
	void *gradient;        /* written by the phase programs */
	void *m;               /* Adam: first moment; SGD: momentum buffer; else NULL */
	void *v;               /* Adam, RMSProp: second moment; else NULL */
	void *average;         /* NULL when average_decay is 0 */
	double *squares;       /* sum of squares of each chunk of the gradient; NULL when clip_norm is 0 */
	double learning_rate;  /* base, before the schedule */
	int64_t moves;         /* t of Adam's bias correction, and of the average's */
	double gradient_scale; /* what clipping asks for, from the last scan */
} egm__optimizer;

/* context is that of the trainer: nets may come from others. */
egm_status egm__optimizer_init(egm__optimizer *o, egm_context *context, egm_model *net,
                               const egm_trainer_options *options, double clip);
void egm__optimizer_clear(egm__optimizer *o);

/* Looks at the gradient and changes nothing but gradient_scale. */
typedef enum egm__scan { EGM__SCAN_OK, EGM__SCAN_NONFINITE, EGM__SCAN_OVERFLOW } egm__scan;
egm__scan egm__optimizer_scan(egm__optimizer *o);

/* One step down the gradient that was scanned last, at learning rate base * factor; then the cut, then the average of
 * what came out. */
void egm__optimizer_move(egm__optimizer *o, double factor);

/* Factor on the learning rate in the step that follows `steps` done ones: schedule times warm-up. */
double egm__schedule_factor(const egm_trainer_options *options, int64_t steps);

#endif
