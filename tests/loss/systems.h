/* SPDX-License-Identifier: MIT */
/* The losses of any_loss.h as a table, and their networks. */
#ifndef EGM_TESTS_SYSTEMS_H
#define EGM_TESTS_SYSTEMS_H

#include "loss_support.h"

_Static_assert((int)MOST_NETS == (int)EGM__MAX_NETS && (int)MOST_PHASES == (int)EGM__MAX_PHASES,
               "any_loss.h repeats both");

typedef struct system_row {
	const char *name;
	int variants, n_nets;
	int64_t width[EGM__MAX_NETS][2]; /* inputs, outputs */
	egm_status (*create)(egm_loss **out, egm_model *const *net, int variant, loss_claim *claim);
} system_row;

#define COUNT_NETS(...) (int)(sizeof(int64_t[][2]){__VA_ARGS__} / sizeof(int64_t[2]))
#define SYSTEM_ROW(name, variants, ...) {#name, variants, COUNT_NETS(__VA_ARGS__), {__VA_ARGS__}, variant_##name},
#define SYSTEM_OF_LOSS(name, NAME, variants, arguments, ...) SYSTEM_ROW(name, variants, __VA_ARGS__)
static const system_row systems[] = {LOSSES(SYSTEM_OF_LOSS, SYSTEM_ROW)};
enum { SYSTEMS = sizeof systems / sizeof *systems };

/* The networks of a system, each built from its own seed. */
static inline void build_nets(egm_context *c, const system_row *s, add_activation *activation, egm_dtype dtype,
                              egm_model **net)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	for (int i = 0; i < s->n_nets; i++) {
		int64_t width[3] = {s->width[i][0], 3, s->width[i][1]};
		net[i] = dense_net(c, names[i], 3, width, activation, dtype, (uint64_t)i + 1);
	}
}

#endif
