/* SPDX-License-Identifier: MIT */
/* What the programs of this folder share. Each paragraph of them is an example, which the site shows below the
 * functions that it calls. */
#ifndef CALLS_SUPPORT_H
#define CALLS_SUPPORT_H

#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program if a call failed. */
static inline void check(egm_status status)
{
	if (status == EGM_OK) return;
	fprintf(stderr, "%s\n", egm_last_error());
	exit(EXIT_FAILURE);
}

/* Ends the program unless a result is what the example says. */
#define expect(condition)                                          \
	do {                                                           \
		if (!(condition)) {                                        \
			fprintf(stderr, "%d: not %s\n", __LINE__, #condition); \
			exit(EXIT_FAILURE);                                    \
		}                                                          \
	} while (0)

/* A network with one hidden layer of 16 silu units. */
static inline egm_model *network(egm_context *context, const char *name, int64_t inputs, int64_t outputs)
{
	egm_model *model = NULL;
	check(egm_model_create(&model, context, name, inputs));
	egm_model_dense(model, 16);
	egm_model_silu(model);
	egm_model_dense(model, outputs);
	check(egm_model_build(model, EGM_F32, 1));
	return model;
}

#endif
