/* SPDX-License-Identifier: MIT */
/* Does maximum likelihood with the default negatives give low energies to thin sets? The sets are a ring of radius 1
 * with normal deviations across it, 25 Gaussians on a grid and 8 on a circle, with five seeds each.
 *
 *   negatives [SEEDS [FIRST]]
 *
 * The seeds are FIRST (1) and those after it; they determine data, network, chains and held-out points. Each line is a
 * training. A ring is learnt if held-out points on it have a lower mean energy than its centre and than the circle of
 * radius 2; the Gaussians are if the area under the ROC curve of -U, of held-out points against a uniform box, is at
 * least 0.9. The exit code is 0 if all were learnt. */
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 5000, SIDE = 5 };
static const double SPACING = 2 / 2.828, WIDTH = 0.05 / 2.828; /* as in examples/support/toy_data.c */

static uint64_t state;

static void must(egm_status st)
{
	if (st == EGM_OK) return;
	fprintf(stderr, "negatives: %s: %s\n", egm_status_name(st), egm_last_error());
	exit(1);
}

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(state >> 12) + 0.5) * 0x1p-52;
}

static double normal(void)
{
	double u = uniform(), v = uniform();
	return sqrt(-2 * log(u)) * cos(2 * acos(-1.0) * v);
}

/* ---- points [POINTS, 2] */

static void ring(float *x, double radius, double deviation)
{
	for (int i = 0; i < POINTS; i++) {
		double angle = 2 * acos(-1.0) * uniform(), r = radius + deviation * normal();
		x[2 * i] = (float)(r * cos(angle));
		x[2 * i + 1] = (float)(r * sin(angle));
	}
}

static void on_grid(float *x)
{
	for (int i = 0; i < POINTS; i++) {
		int mode = (int)(uniform() * SIDE * SIDE);
		x[2 * i] = (float)(SPACING * (mode % SIDE - SIDE / 2) + WIDTH * normal());
		x[2 * i + 1] = (float)(SPACING * (mode / SIDE - SIDE / 2) + WIDTH * normal());
	}
}

static void on_circle(float *x)
{
	for (int i = 0; i < POINTS; i++) {
		double angle = acos(-1.0) / 4 * floor(uniform() * 8);
		x[2 * i] = (float)((2 * cos(angle) + 0.02 * normal()) / 1.414);
		x[2 * i + 1] = (float)((2 * sin(angle) + 0.02 * normal()) / 1.414);
	}
}

/* The box is half a spacing wider than the cells of the outer modes of the grid. */
static void box(float *x)
{
	for (int i = 0; i < 2 * POINTS; i++) x[i] = (float)(SPACING * (SIDE + 1) * (uniform() - 0.5));
}

/* ---- evaluation */

static double mean_energy(const egm_model *net, const float *x)
{
	static float u[POINTS];
	double sum = 0;
	must(egm_model_energy(net, egm_f32(x, POINTS, 2), egm_f32_out(u, POINTS, 1)));
	for (int i = 0; i < POINTS; i++) sum += (double)u[i];
	return sum / POINTS;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* The share of pairs of a point of `low` and one of `high` in which the first has the lower energy; ties do not occur
 * among energies of one network at different points but for a negligible share. */
static double roc_area(const egm_model *net, const float *low, const float *high)
{
	static float u[POINTS], v[POINTS];
	double pairs = 0;
	must(egm_model_energy(net, egm_f32(low, POINTS, 2), egm_f32_out(u, POINTS, 1)));
	must(egm_model_energy(net, egm_f32(high, POINTS, 2), egm_f32_out(v, POINTS, 1)));
	qsort(u, POINTS, sizeof *u, compare);
	qsort(v, POINTS, sizeof *v, compare);
	for (int i = 0, below = 0; i < POINTS; i++) {
		while (below < POINTS && u[below] < v[i]) below++;
		pairs += below;
	}
	return pairs / POINTS / POINTS;
}

/* ---- training */

typedef struct plan {
	int64_t width, steps;
	double learning_rate, average_decay;
} plan;

static egm_model *train(egm_context *context, const float *x, const plan *p, uint64_t seed)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	egm_data *data = NULL;
	egm_model *net = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	must(egm_data_copy(&data, context, egm_f32(x, POINTS, 2)));
	must(egm_model_create(&net, context, "energy", 2));
	for (int i = 0; i < 2; i++) {
		must(egm_model_dense(net, p->width));
		must(egm_model_silu(net));
	}
	must(egm_model_dense(net, 1));
	must(egm_model_build(net, EGM_F32, seed));
	must(egm_loss_ml(&loss, net, NULL));
	options.seed = seed;
	options.learning_rate = p->learning_rate;
	options.average_decay = p->average_decay;
	must(egm_trainer_create(&trainer, loss, &options));
	must(egm_trainer_fit(trainer, data, p->steps, NULL, NULL));
	if (p->average_decay > 0) {
		egm_model *average = NULL;
		must(egm_trainer_average(&average, trainer, net));
		egm_model_free(net);
		net = average;
	}
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_data_free(data);
	return net;
}

static int learn_ring(egm_context *context, double deviation, uint64_t seed)
{
	static const plan rings = {.width = 64, .steps = 2000, .learning_rate = 1e-3};
	static float x[2 * POINTS];
	state = 100 + seed;
	ring(x, 1, deviation);
	egm_model *net = train(context, x, &rings, seed);
	ring(x, 1, deviation);
	double on = mean_energy(net, x), centre, outside;
	ring(x, 0, 0);
	centre = mean_energy(net, x);
	ring(x, 2, 0);
	outside = mean_energy(net, x);
	int good = on < centre && on < outside;
	printf("ring %-4g seed %d: U %8.2f, at the centre %8.2f, at radius 2 %8.2f: %s\n", deviation, (int)seed, on, centre,
	       outside, good ? "good" : "BAD");
	fflush(stdout);
	egm_model_free(net);
	return good;
}

/* Chains do not move between the modes, so the depth of each mode drifts; the average of the weights reduces that. */
static int learn_gaussians(egm_context *context, int count, uint64_t seed)
{
	static const plan modes = {.width = 128, .steps = 3500, .learning_rate = 3e-3, .average_decay = 0.998};
	static float x[2 * POINTS], background[2 * POINTS];
	state = 100 + seed;
	void (*draw)(float *) = count == 8 ? on_circle : on_grid;
	draw(x);
	egm_model *net = train(context, x, &modes, seed);
	draw(x);
	box(background);
	double area = roc_area(net, x, background);
	printf("%d Gaussians seed %d: area under the ROC curve %.4f: %s\n", count, (int)seed, area,
	       area >= 0.9 ? "good" : "BAD");
	fflush(stdout);
	egm_model_free(net);
	return area >= 0.9;
}

int main(int argc, char **argv)
{
	static const double deviations[] = {0.2, 0.1, 0.05, 0.02};
	uint64_t seeds = argc > 1 ? (uint64_t)atoll(argv[1]) : 5, first = argc > 2 ? (uint64_t)atoll(argv[2]) : 1;
	egm_context *context = NULL;
	int bad = 0;
	must(egm_context_create(&context, NULL));
	for (int i = 0; i < 4; i++)
		for (uint64_t seed = first; seed < first + seeds; seed++) bad += !learn_ring(context, deviations[i], seed);
	for (uint64_t seed = first; seed < first + seeds; seed++) bad += !learn_gaussians(context, 25, seed);
	for (uint64_t seed = first; seed < first + seeds; seed++) bad += !learn_gaussians(context, 8, seed);
	egm_context_free(context);
	printf("%d of them bad\n", bad);
	return bad > 0;
}
