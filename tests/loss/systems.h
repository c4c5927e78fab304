/* SPDX-License-Identifier: MIT */
/* The losses of any_loss.h as a table, and their nets. */
#ifndef EGM_TESTS_SYSTEMS_H
#define EGM_TESTS_SYSTEMS_H

#include "loss_support.h"

_Static_assert((int)S_NETS == (int)EGM__MAX_NETS && (int)S_PHASES == (int)EGM__MAX_PHASES, "any_loss.h repeats both");

typedef struct s_system {
	const char *name;
	int variants, n_nets;
	int64_t width[EGM__MAX_NETS][2]; /* inputs, outputs */
	egm_status (*create)(egm_loss **out, egm_model *const *net, int variant, s_claim *claim);
} s_system;

#define S_COUNT(...) (int)(sizeof(int64_t[][2]){__VA_ARGS__} / sizeof(int64_t[2]))
#define S_MORE(name, variants, ...) {#name, variants, S_COUNT(__VA_ARGS__), {__VA_ARGS__}, s_##name},
#define S_LOSS(name, NAME, variants, arguments, ...) S_MORE(name, variants, __VA_ARGS__)
static const s_system s_systems[] = {LOSSES(S_LOSS, S_MORE)};
enum { S_SYSTEMS = sizeof s_systems / sizeof *s_systems };

/* The nets of a system, built from a seed of their own. */
static inline void s_nets(egm_context *c, const s_system *s, l_activation *activation, egm_dtype dtype, egm_model **net)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	for (int i = 0; i < s->n_nets; i++) {
		int64_t width[3] = {s->width[i][0], 3, s->width[i][1]};
		net[i] = l_net(c, names[i], 3, width, activation, dtype, (uint64_t)i + 1);
	}
}

#endif
