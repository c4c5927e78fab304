/* SPDX-License-Identifier: MIT */
/* What tells one system from another, as a table: its options, its nets with their widths, its terms.
 * A system's file holds this table, the functions that write its phases, and nothing else. */
#ifndef EGM_LOSS_SYSTEM_IMPL_H
#define EGM_LOSS_SYSTEM_IMPL_H

#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <loss/loss_impl.h>
#include <stddef.h>

/* A net and its widths as formulas of letters: "d" the data's, "k" the latent one, "d+k", "2k", "1". A letter is what
 * the first net says that has it alone. */
typedef struct egm__net_shape {
	const char *role, *inputs, *outputs;
} egm__net_shape;

typedef struct egm__system {
	const char *kind; /* "vae" */
	const egm__options *options;
	int32_t n_nets;
	egm__net_shape nets[EGM__MAX_NETS];
	const char *keys[EGM__MAX_NETS];   /* of nets that checkpoints call by another name than their role */
	const char *data;                  /* the width of a row of data, as a formula; NULL: "d" */
	const char *terms[EGM__MAX_TERMS]; /* in the order of their indices, then NULL */
	/* Reads loss->options, adds phases and what else there is; may change widths by the options. */
	egm_status (*describe)(egm_loss *loss, egm__net_shape *nets);
} egm__system;

/* Everything that egm_*_create does. Nets as in system->nets; options may be NULL. */
egm_status egm__system_create(egm_loss **out, const egm__system *system, egm_model *const *nets, const void *options);
/* SHAPE unless the widths of the networks fit the formulas of `shapes`; sets the width of the data (NULL: "d"). */
egm_status egm__system_check_widths(egm_loss *loss, const egm__net_shape *shapes, const char *data);
/* ARGUMENT for a number that the nets' dtype, in which subnormal numbers are 0, has as 0 or infinity: a weight that
 * weighs nothing, noise that is none. Options are looked at before `describe`, which asks about what it makes of them.
 */
egm_status egm__system_number(const egm_loss *loss, const char *name, double value);
egm_status egm__loss_number(egm_dtype dtype, const char *name, double value);

/* The next phase. */
egm__phase *egm__phase_add(egm_loss *loss, const char *name, uint32_t moves, int32_t repeat, int32_t reads_data,
                           void (*build)(const egm_loss *loss, egm__phase_graph *p));

#endif
