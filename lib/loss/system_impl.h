/* SPDX-License-Identifier: MIT */
/* What distinguishes one system from another, as a table: its options, its networks with their widths, its terms.
 * The file of a system contains this table, the functions that write its phases, and nothing else. */
#ifndef EGM_LOSS_SYSTEM_IMPL_H
#define EGM_LOSS_SYSTEM_IMPL_H

#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <loss/loss_impl.h>

/* A network and its widths as formulas of letters: "d" for the data, "k" for the latent space, "d+k", "2k", "1". The
 * value of a letter comes from the first network with a width of this letter alone. */
typedef struct egm__net_shape {
	const char *role, *inputs, *outputs;
} egm__net_shape;

typedef struct egm__system {
	const char *kind; /* "vae" */
	const egm__options *options;
	int32_t n_nets;
	egm__net_shape nets[EGM__MAX_NETS];
	const char *keys[EGM__MAX_NETS];   /* of networks whose key in checkpoints is not their role */
	const char *data;                  /* formula of the width of a row of data; NULL: "d" */
	const char *terms[EGM__MAX_TERMS]; /* in the order of their indices, then NULL */
	/* Reads loss->options, adds the phases, sets other members of the loss, may change widths. */
	egm_status (*describe)(egm_loss *loss, egm__net_shape *nets);
} egm__system;

/* All of egm_loss_<kind>. The networks are in the order of system->nets; options may be NULL. */
egm_status egm__system_create(egm_loss **out, const egm__system *system, egm_model *const *nets, const void *options);
/* SHAPE unless the widths of the networks fit the formulas of `shapes`. Sets loss->data_width by the formula `data`. */
egm_status egm__system_check_widths(egm_loss *loss, const egm__net_shape *shapes, const char *data);
/* ARGUMENT if the dtype of the networks turns the value into 0 (also by having no subnormal numbers) or infinity. All
 * options are checked before `describe`, which checks what it computes from them. */
egm_status egm__loss_number(const egm_loss *loss, const char *name, double value);

/* Appends a phase. */
egm__phase *egm__phase_add(egm_loss *loss, const char *name, uint32_t moves, int32_t repeat, int32_t reads_data,
                           void (*build)(const egm_loss *loss, egm__phase_graph *p));

#endif
