/* SPDX-License-Identifier: MIT */
#include "lean.h"

#include <math.h>
#include <string.h>

/* Xorshift64* */
static double uniform(lean *l)
{
	l->state ^= l->state >> 12;
	l->state ^= l->state << 25;
	l->state ^= l->state >> 27;
	return (double)(l->state * 2685821657736338717u >> 11) * 0x1p-53;
}

static double square(const double *x)
{
	double sum[8] = {0};
	for (int i = 0; i + 8 <= LEAN; i += 8)
		for (int j = 0; j < 8; j++) sum[j] += x[i + j] * x[i + j];
	for (int i = LEAN / 8 * 8; i < LEAN; i++) sum[0] += x[i] * x[i];
	return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

void lean_start(lean *l)
{
	l->energy(1, l->x, &l->value, l->g, l->user);
}

static void transition(lean *l)
{
	double p[LEAN], x[LEAN], g[LEAN], value = 0, h = l->h * (1 + l->jitter * (2 * uniform(l) - 1));
	l->rng.step++;
	l->table->normal(LEAN, p, &l->rng, 0);
	double kinetic = square(p) / 2;
	memcpy(x, l->x, sizeof x);
	for (int i = 0; i < LEAN; i++) p[i] -= h / 2 * l->g[i];
	for (int64_t step = 1; step <= l->steps; step++) {
		double kick = step == l->steps ? h / 2 : h;
		for (int i = 0; i < LEAN; i++) x[i] += h * p[i];
		l->energy(1, x, &value, g, l->user);
		for (int i = 0; i < LEAN; i++) p[i] -= kick * g[i];
	}
	double accept = fmin(1, exp(l->value - value + kinetic - square(p) / 2));
	l->accept_sum += accept;
	if (uniform(l) >= accept) return;
	memcpy(l->x, x, sizeof x);
	memcpy(l->g, g, sizeof g);
	l->value = value;
}

void lean_run(lean *l, int64_t n, int64_t thin, double *draws)
{
	for (int64_t i = 0; i < n; i++) {
		for (int64_t j = 0; j < thin; j++) transition(l);
		memcpy(draws + i * LEAN, l->x, sizeof l->x);
	}
}
