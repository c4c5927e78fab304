/* SPDX-License-Identifier: MIT */
#include "plane_energy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"
#include "plane.h"
#include "program.h"
#include "progress.h"

enum { DRAWN = 1500, GRID = 240, CELLS = GRID * GRID };

static egm_model *make_net(egm_context *context, uint64_t seed)
{
	egm_model *net = NULL;
	check(egm_model_create(&net, context, "energy", 2));
	for (int i = 0; i < 3; i++) {
		egm_model_dense(net, 128);
		egm_model_silu(net);
	}
	egm_model_dense(net, 1);
	check(egm_model_build(net, EGM_F32, seed));
	return net;
}

egm_model *plane_energy_learn(egm_context *context, const float *points, int64_t count, plane_training *training,
                              const char *folder)
{
	egm_model *net = make_net(context, training->seed), *energy = NULL;
	egm_data *data = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	progress watch;
	char path[PROGRAM_PATH];
	check(egm_data_copy(&data, context, egm_f32(points, count, 2)));
	check(egm_loss_dsm(&loss, net, &training->dsm));
	options.seed = training->seed;
	options.batch = 512;
	options.learning_rate = 2e-3;
	options.beta1 = 0.9;
	options.beta2 = 0.99;
	options.schedule = EGM_SCHEDULE_COSINE;
	options.schedule_steps = training->steps;
	options.average_decay = 0.995;
	check(egm_trainer_create(&trainer, loss, &options));
	progress_start(&watch, loss, 0, training->steps, training->minutes);
	progress_fit(&watch, trainer, data, training->steps);
	check(egm_trainer_average(&energy, trainer, net));
	training->steps = egm_trainer_steps(trainer);
	check_done(progress_draw(&watch, program_path(path, folder, "losses.png")));
	progress_free(&watch);
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_data_free(data);
	egm_model_free(net);
	return energy;
}

/* Colours cover values up to 8 nats above the lowest value of the distribution. */
void plane_energy_draw(const egm_model *energy, double log_z, const toy_distribution *toy, double sigma,
                       const float *points, const char *folder)
{
	char path[PROGRAM_PATH], title[96];
	float *centers = plane_centres(toy->extent, GRID);
	double *u = plane_energies(energy, toy->extent, GRID), *of_law = program_alloc(CELLS, sizeof *of_law),
	       least = INFINITY;
	for (int i = 0; i < CELLS; i++) {
		of_law[i] = -toy_log_density(toy, &centers[2 * i], sigma);
		least = fmin(least, of_law[i]);
	}
	for (int i = 0; i < CELLS; i++) {
		of_law[i] = fmin(of_law[i], least + 8);
		u[i] = fmin(fmax(u[i] + log_z, least), least + 8);
	}
	snprintf(title, sizeof title, "%s with noise of %g", toy->name, sigma);
	const picture_points data = {"held-out points", points, DRAWN, 1, {1, 1, 1}};
	const picture_panel panels[2] = {{{title, "-log p", of_law, GRID, toy->extent}, &data, 1},
	                                 {{"Learnt energy + log Z", "-log q", u, GRID, toy->extent}, &data, 1}};
	check_done(picture_densities(program_path(path, folder, "density.png"), panels, 2));
	free(centers);
	free(u);
	free(of_law);
}
